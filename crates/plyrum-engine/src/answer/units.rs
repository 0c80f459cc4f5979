//! Units beside a number: which words and signs name the same one.
//!
//! Where two texts name a unit, "5 dollars" and "$5" are the same and "5 euros" is not; the words of a phrase may come in
//! several spellings, forms and two languages. What is not here is compared as any other word. Left out on purpose: letters
//! that mean something else more often ("г" is a year as often as a gram, "in" and «с» are prepositions).

/// Spellings of one unit in a line, lower case; the first one is its name.
const UNITS: [&str; 67] = [
    "unit units ед единица единицы единиц",
    "usd $ dollar dollars bucks доллар доллара долларов",
    "eur € euro euros евро",
    "rub ₽ ruble rubles rouble roubles руб р рубль рубля рублей",
    "gbp £",
    "jpy ¥ yen иена иены иен",
    "cny yuan юань юаня юаней",
    "inr ₹ rupee rupees рупия рупии рупий",
    "krw ₩ won",
    "uah ₴ гривна гривны гривен",
    "kzt ₸ тенге",
    "try ₺",
    "pound pounds lb lbs фунт фунта фунтов",
    "cent cents ¢ цент цента центов",
    "kopeck kopecks коп копейка копейки копеек",
    "percent % pct процент процента процентов",
    "‰ промилле",
    "km kilometer kilometers kilometre kilometres км километр километра километров",
    "m meter meters metre metres м метр метра метров",
    "dm decimeter decimeters decimetre decimetres дм дециметр дециметра дециметров",
    "cm centimeter centimeters centimetre centimetres см сантиметр сантиметра сантиметров",
    "mm millimeter millimeters millimetre millimetres мм миллиметр миллиметра миллиметров",
    "mile miles mi миля мили миль",
    "yard yards yd yds ярд ярда ярдов",
    "foot feet ft фут фута футов",
    "inch inches дюйм дюйма дюймов",
    "m² m2 м² м2 кв.м sqm",
    "km² km2 км² км2",
    "cm² cm2 см² см2",
    "foot² ft² ft2 sqft",
    "mile² mi²",
    "inch² in²",
    "m³ m3 м³ м3 куб.м кубометр кубометра кубометров",
    "cm³ cm3 см³ см3 cc",
    "hectare hectares ha га гектар гектара гектаров",
    "acre acres акр акра акров",
    "l liter liters litre litres л литр литра литров",
    "ml milliliter milliliters millilitre millilitres мл миллилитр миллилитра миллилитров",
    "gallon gallons gal галлон галлона галлонов",
    "cup cups",
    "g gram grams gramme grammes гр грамм грамма граммов",
    "kg kilo kilos kilogram kilograms kilogramme kilogrammes кг кило килограмм килограмма килограммов",
    "mg milligram milligrams мг миллиграмм миллиграмма миллиграммов",
    "t ton tons tonne tonnes т тонна тонны тонн",
    "oz ounce ounces унция унции унций",
    "s sec secs second seconds сек секунда секунды секунд секунду",
    "ms millisecond milliseconds мс миллисекунда миллисекунды миллисекунд",
    "min mins minute minutes мин минута минуты минут минуту",
    "h hr hrs hour hours ч час часа часов",
    "day days день дня дней",
    "week weeks wk wks неделя недели недель неделю",
    "month months мес месяц месяца месяцев",
    "year years yr yrs год года году лет",
    "am a.m",
    "pm p.m",
    "km/h kmh kph км/ч",
    "m/s м/с",
    "mile/h mph",
    "° degree degrees deg градус градуса градусов",
    "°c celsius цельсия",
    "°f fahrenheit",
    "bit bits бит бита битов",
    "byte bytes байт байта байтов",
    "kb kilobyte kilobytes кб килобайт килобайта килобайтов",
    "mb megabyte megabytes мб мегабайт мегабайта мегабайтов",
    "gb gigabyte gigabytes гб гигабайт гигабайта гигабайтов",
    "tb terabyte terabytes тб терабайт терабайта терабайтов",
];
/// Words before a unit of length that make one of area or space of it.
const POWERS: [(&str, &str); 2] = [
    ("square sq квадратный квадратных квадратного квадратные кв", "²"),
    ("cubic cu кубический кубических кубического кубические куб", "³"),
];

/// The name of the unit that a word or sign in lower case stands for.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    let spellings = UNITS.iter().find(|spellings| super::is_in(spellings, word))?;
    spellings.split(' ').next()
}

/// The name of the unit that two words stand for: "square meters".
pub(super) fn power(word: &str, next: &str) -> Option<String> {
    let (_, power) = POWERS.iter().find(|(words, _)| super::is_in(words, word))?;
    Some(format!("{}{power}", unit(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_spelling_stands_for_one_unit() {
        let all: Vec<&str> = UNITS.iter().flat_map(|spellings| spellings.split(' ')).collect();
        let each: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), each.len());
        assert!(all.iter().all(|word| !word.is_empty() && *word == word.to_lowercase()));
    }

    #[test]
    fn spellings_forms_and_languages_are_one_unit() {
        for (one, other) in [("$", "долларов"), ("км", "kilometers"), ("%", "процентов"), ("m2", "м²")]
        {
            assert_eq!(unit(one), unit(other));
            assert!(unit(one).is_some(), "{one}");
        }
        assert_eq!(power("square", "meters").as_deref(), unit("м2"));
        assert_eq!(power("куб", "см").as_deref(), unit("cc"));
        assert_eq!((unit("apples"), power("square", "apples")), (None, None));
    }
}
