//! Rows with days, the imported book, and lists of others: which price holds, and what an import takes.

#![expect(clippy::expect_used, reason = "a test fails by panicking, with the reason")]

use std::collections::BTreeMap;

use plyrum_billing_client::{Billing, Fee, MicroRub, PerMillion, RateCard, Rates, Tier, Usage};
use plyrum_catalog::import::{self, Change, Claim, Feed, Glob, Listed, Selection, Verdict};
use plyrum_catalog::{
    BOOK_HEAD, BookSection, Catalog, Day, ModelId, PriceBook, PriceOrigin, PriceRow, PriceState, ProviderId,
    Sections, book_text,
};
use proptest::prelude::*;

const LITELLM: &str = include_str!("lists/litellm.json");
const OPENROUTER: &str = include_str!("lists/openrouter.json");

const LAB: &str = r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9001/v1"

[models."lab/dated"]
provider = "lab"
name = "dated-1"
context_tokens = 1000
price = { currency = "RUB", input = "100", output = "100" }
prices = [
  { from = "2026-12-01", currency = "RUB", input = "150", output = "150", source = "a letter", as_of = "2026-11-20" },
  { from = "2027-01-01", currency = "RUB", input = "200", output = "200" },
]

[models."lab/bare"]
provider = "lab"
name = "fast-1"
context_tokens = 1000

[models."lab/mapped"]
provider = "lab"
name = "whatever"
context_tokens = 1000
price_of = "openrouter/vendor/deep-1"

[fx]
USD = { rate = "80", date = "2026-11-20", source = "a test" }
"#;

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn catalog(text: &str, book: &str) -> Catalog {
    let user: Sections = toml::from_str(text).expect("parses");
    Catalog::build_with(&Sections::default(), &Sections::default(), &user, &book_of(book)).expect("valid")
}

fn book_of(text: &str) -> PriceBook {
    let section: BookSection = toml::from_str(text).expect("parses");
    PriceBook::build(&section).expect("valid")
}

fn listed(text: &str) -> BTreeMap<String, Listed> {
    let list = import::read(text, &Selection::default()).expect("a list");
    list.models.into_iter().map(|listed| (listed.name.clone(), listed)).collect()
}

fn changes(list: &str, catalog: &Catalog, book: &PriceBook) -> Vec<Change> {
    let list = import::read(list, &Selection::default()).expect("a list");
    import::diff(&list, catalog, book, day("2026-11-22"), "a test")
}

/// The book after everything that is new or changed was taken.
fn taken(book: &str, changes: &[Change]) -> String {
    let taken = changes.iter().filter(|change| matches!(change.verdict, Verdict::New | Verdict::Changed));
    let rows = taken
        .map(|change| book_text(change.model.as_ref().expect("named"), change.row.as_ref().expect("priced")));
    rows.fold(if book.is_empty() { BOOK_HEAD.to_owned() } else { book.to_owned() }, |text, row| text + &row)
}

fn input_price(catalog: &Catalog, model: &str) -> Option<String> {
    match &catalog.model(model).expect("configured").price {
        PriceState::Known(row) => row.card.base.input.map(|price| price.to_string()),
        PriceState::Unknown => None,
    }
}

#[test]
fn a_row_holds_from_its_first_day_until_the_day_before_the_next() {
    let catalog = catalog(LAB, "");
    for (on, price) in [
        ("1990-01-01", "100.00"),
        ("2026-11-30", "100.00"),
        ("2026-12-01", "150.00"),
        ("2026-12-31", "150.00"),
        ("2027-01-01", "200.00"),
        ("2099-12-31", "200.00"),
    ] {
        assert_eq!(input_price(&catalog.at(day(on)), "lab/dated").as_deref(), Some(price), "{on}");
    }
}

#[test]
fn without_a_day_a_price_that_depends_on_one_is_unknown_and_never_guessed() {
    let catalog = catalog(LAB, "");
    let usage = Usage { input: 1, ..Usage::default() };
    let error = catalog.charge("lab/dated", &usage).expect_err("no day was said");
    assert_eq!(error.code(), "price_unknown");
    assert!(error.to_string().contains("depends on the day"), "{error}");
    assert_eq!(catalog.at(day("2026-12-01")).charge("lab/dated", &usage), Ok(MicroRub::new(150)));
}

#[test]
fn before_its_first_day_a_price_is_unknown() {
    let only = LAB.replace("price = { currency = \"RUB\", input = \"100\", output = \"100\" }\n", "");
    let catalog = catalog(&only, "").at(day("2026-11-30"));
    let error = catalog.price_basis("lab/dated").expect_err("not yet");
    assert!(error.to_string().contains("2026-11-30"), "{error}");
}

#[test]
fn days_do_not_make_another_version_and_figures_do() {
    let catalog = catalog(LAB, "");
    let version = |on| catalog.at(day(on)).price_basis("lab/dated").expect("priced").price_version;
    assert_eq!(version("2026-12-01"), version("2026-12-31"));
    assert_ne!(version("2026-11-30"), version("2026-12-01"));
    let moved = LAB.replace("from = \"2026-12-01\"", "from = \"2026-11-01\"");
    let moved = self::catalog(&moved, "").at(day("2026-11-30"));
    assert_eq!(moved.price_basis("lab/dated").expect("priced").price_version, version("2026-12-01"));
}

#[test]
fn two_rows_of_one_day_and_days_that_are_none_are_blamed_where_they_stand() {
    for (old, new, piece, word) in [
        ("from = \"2027-01-01\"", "from = \"2026-12-01\"", "\"2026-12-01\"", "holds from 2026-12-01"),
        ("from = \"2027-01-01\"", "from = \"2027-02-30\"", "\"2027-02-30\"", "from must be a day"),
        ("as_of = \"2026-11-20\"", "as_of = \"soon\"", "\"soon\"", "as_of must be a day"),
        ("source = \"a letter\"", "source = \"\"", "\"\"", "source is empty"),
        (
            "from = \"2027-01-01\", ",
            "",
            "{ currency = \"RUB\", input = \"200\", output = \"200\" }",
            "no day either",
        ),
        ("price_of = \"openrouter/vendor/deep-1\"", "price_of = \"a b\"", "\"a b\"", "price_of has a blank"),
    ] {
        assert!(LAB.contains(old));
        let text = LAB.replacen(old, new, 1);
        let user: Sections = toml::from_str(&text).expect("parses");
        let errors = Catalog::build(&Sections::default(), &user).expect_err(word);
        assert!(errors[0].message.contains(word), "{}", errors[0].message);
        assert_eq!(text.get(errors[0].span.clone().expect("a place")), Some(piece));
    }
}

#[test]
fn an_imported_price_is_for_models_without_one_of_their_own_by_id_name_or_map() {
    let book = r#"
[[row]]
model = "lab/dated"
price = { from = "2026-01-01", currency = "USD", input = "9", output = "9" }
[[row]]
model = "lab/fast-1"
price = { from = "2026-01-01", currency = "USD", input = "3", output = "9" }
[[row]]
model = "openrouter/vendor/deep-1"
price = { from = "2026-01-01", currency = "USD", input = "4", output = "9" }
[[row]]
model = "lab/mapped"
price = { from = "2026-01-01", currency = "USD", input = "5", output = "9" }
"#;
    let at = catalog(LAB, book).at(day("2026-11-22"));
    assert_eq!(input_price(&at, "lab/dated").as_deref(), Some("100.00"), "the user's own goes before");
    assert_eq!(input_price(&at, "lab/bare").as_deref(), Some("3.00"), "by provider and name");
    assert_eq!(input_price(&at, "lab/mapped").as_deref(), Some("4.00"), "by the map, not by the id");
    let by_id = format!(
        "{book}[[row]]\nmodel = \"lab/bare\"\nprice = {{ from = \"2026-01-01\", currency = \"USD\", input = \"6\", output = \"9\" }}\n"
    );
    let at = catalog(LAB, &by_id).at(day("2026-11-22"));
    assert_eq!(input_price(&at, "lab/bare").as_deref(), Some("6.00"), "the id goes before the name");
    assert_eq!(input_price(&at.at(day("2025-12-31")), "lab/bare"), None, "not yet imported then");
}

#[test]
fn of_two_imports_of_one_day_the_later_holds_and_the_earlier_stays() {
    let row = |price| {
        format!(
            "[[row]]\nmodel = \"lab/fast-1\"\nprice = {{ from = \"2026-11-22\", currency = \"USD\", input = \"{price}\", output = \"9\" }}\n"
        )
    };
    let book = row(3) + &row(4);
    assert_eq!(book_of(&book).rows("lab/fast-1").len(), 2);
    let at = catalog(LAB, &book).at(day("2026-11-22"));
    assert_eq!(input_price(&at, "lab/bare").as_deref(), Some("4.00"));
}

#[test]
fn a_book_row_without_a_day_is_blamed() {
    let text = "[[row]]\nmodel = \"a/b\"\nprice = { currency = \"USD\", input = \"1\", output = \"1\" }\n";
    let errors = PriceBook::build(&toml::from_str(text).expect("parses")).expect_err("no day");
    assert!(errors[0].message.contains("`from`") && errors[0].span.is_some(), "{errors:?}");
}

#[test]
fn litellm_figures_are_read_exactly_from_their_digits() {
    let models = listed(LITELLM);
    assert_eq!(models.len(), 11, "all but the sample");
    let per = |micro| Some(PerMillion::new(micro));
    let Claim::Price(fast) = &models["fast-1"].price else { panic!("priced") };
    assert_eq!(
        fast.base,
        Rates {
            input: per(3_000_000),
            output: per(15_000_000),
            cache_read: per(300_000),
            ..Rates::default()
        }
    );
    let Claim::Price(deep) = &models["lab/deep-1"].price else { panic!("priced") };
    assert_eq!(models["lab/deep-1"].model.as_ref().map(ModelId::as_str), Ok("lab/deep-1"));
    let expected = RateCard {
        base: Rates {
            input: per(1_250_000),
            output: per(10_000_000),
            cache_read: per(125_000),
            cache_write_5m: per(1_562_500),
            cache_write_1h: per(2_500_000),
            reasoning: per(20_000_000),
        },
        unit_fees: BTreeMap::from([("web_search".to_owned(), Fee::new(35_000))]),
        tiers: vec![Tier {
            above_input_tokens: 200_000,
            price: Rates {
                input: per(2_500_000),
                output: per(15_000_000),
                cache_write_1h: per(5_000_000),
                ..Rates::default()
            },
        }],
        ..RateCard::default()
    };
    assert_eq!(*deep, expected);
    assert_eq!(models["lab/deep-1"].left_out, ["input_cost_per_audio_token"]);
    let Claim::Price(search) = &models["search-1"].price else { panic!("priced") };
    assert_eq!((search.request_fee, search.unit_fees.len()), (Some(Fee::new(5_000)), 0), "searches differ");
}

#[test]
fn litellm_models_that_cannot_be_charged_exactly_are_not_taken_and_told_why() {
    let models = listed(LITELLM);
    for (name, word) in [("gratis-1", "is 0"), ("half-1", "no output price")] {
        assert!(matches!(&models[name].price, Claim::Unknown(why) if why.contains(word)), "{name}");
    }
    for (name, word) in [("noisy-1", "six decimals"), ("graded-1", "tiered_pricing"), ("broken-1", "object")]
    {
        assert!(matches!(&models[name].price, Claim::Refused(why) if why.contains(word)), "{name}");
    }
    assert_eq!(models["vectors-1"].price, Claim::NotText);
    assert!(models["nobody's"].model.is_err() && models["bad name"].model.is_err());
}

#[test]
fn openrouter_figures_and_overrides_become_meters_fees_and_tiers() {
    let models = listed(OPENROUTER);
    let per = |micro| Some(PerMillion::new(micro));
    let Claim::Price(fast) = &models["vendor/fast-1"].price else { panic!("priced") };
    let rates = Rates {
        input: per(3_000_000),
        output: per(15_000_000),
        cache_read: per(300_000),
        cache_write_5m: per(3_750_000),
        cache_write_1h: per(6_000_000),
        reasoning: None,
    };
    assert_eq!((fast.base, fast.request_fee), (rates, None), "a zero is not a price");
    assert_eq!(models["vendor/fast-1"].model.as_ref().map(ModelId::as_str), Ok("openrouter/vendor/fast-1"));
    let Claim::Price(deep) = &models["vendor/deep-1"].price else { panic!("priced") };
    assert_eq!(deep.request_fee, Some(Fee::new(2_000)));
    assert_eq!(deep.unit_fees["images"], Fee::new(5_000));
    let thresholds: Vec<u64> = deep.tiers.iter().map(|tier| tier.above_input_tokens).collect();
    assert_eq!(thresholds, [200_000, 500_000], "at least 200 001 is above 200 000");
    assert_eq!(deep.at(200_001).input, per(2_500_000));
    for (name, word) in
        [("vendor/auto", "varies"), ("vendor/fast-1:free", "is 0"), ("vendor/silent", "pricing")]
    {
        assert!(matches!(&models[name].price, Claim::Unknown(why) if why.contains(word)), "{name}");
    }
    for (name, word) in [
        ("vendor/fine", "six decimals"),
        ("vendor/nightly", "utc_start"),
        ("vendor/falling", "order"),
        ("vendor/rebate", "discount"),
        ("?", "no id"),
    ] {
        assert!(matches!(&models[name].price, Claim::Refused(why) if why.contains(word)), "{name}");
    }
}

#[test]
fn a_selection_takes_what_is_meant_and_gives_it_the_users_provider() {
    let selection = Selection {
        only: vec![Glob::new("vendor/f*-1")],
        provider: Some(ProviderId::new("mine").expect("an id")),
        ..Selection::default()
    };
    let list = import::read(OPENROUTER, &selection).expect("a list");
    assert_eq!((list.feed, list.total, list.models.len()), (Feed::OpenRouter, 10, 1));
    assert_eq!(list.models[0].model.as_ref().map(ModelId::as_str), Ok("mine/vendor/fast-1"));
    let forced = Selection { feed: Some(Feed::OpenRouter), ..Selection::default() };
    assert!(import::read(LITELLM, &forced).is_err(), "not the shape that was said");
}

#[test]
fn two_entries_that_would_be_one_model_are_refused_where_they_differ() {
    let entry = |name: &str, price| {
        format!(
            r#""{name}": {{"litellm_provider": "lab", "input_cost_per_token": {price}, "output_cost_per_token": 1e-6}}"#
        )
    };
    let read = |text: &str| import::read(text, &Selection::default()).expect("a list").models;
    let same = read(&format!("{{{}, {}}}", entry("x", "1e-6"), entry("lab/x", "0.000001")));
    assert!(same.len() == 1 && matches!(same[0].price, Claim::Price(_)), "{same:?}");
    let differ = read(&format!("{{{}, {}}}", entry("x", "1e-6"), entry("lab/x", "2e-6")));
    assert!(differ.iter().all(|listed| matches!(listed.price, Claim::Refused(_))), "{differ:?}");
    let twice = read(&format!("{{{}, {}}}", entry("x", "1e-6"), entry("x", "2e-6")));
    assert!(twice.iter().all(|listed| matches!(listed.price, Claim::Refused(_))), "{twice:?}");
}

#[test]
fn what_is_no_list_is_refused_with_a_reason() {
    let error = |text: &str| import::read(text, &Selection::default()).expect_err("no list").to_string();
    for text in ["", "[]", "7", "{", "{\"a\": 1}x"] {
        assert!(error(text).contains("JSON"), "{text}");
    }
    for text in ["{}", "{\"a\": 1}"] {
        assert!(error(text).contains("neither"), "{text}");
    }
    assert!(error(&("{\"a\":".repeat(65) + "1" + &"}".repeat(65))).contains("deeper"));
    assert!(error(&"[".repeat(1_000_000)).contains("deeper"));
    let many: Vec<String> = (0..=import::MAX_MODELS).map(|n| format!("\"m{n}\": {{}}")).collect();
    assert!(error(&format!("{{{}}}", many.join(","))).contains("20000"));
    assert!(
        error(&format!("{{{}, {}}}", many.join(","), "\"a\": 1,".repeat(1000) + "\"a\": 1"))
            .contains("more than")
    );
    assert!(error(&format!("{{\"data\": [{}]}}", vec!["{}"; 20_001].join(","))).contains("20000"));
    assert!(error(&format!("{{\"data\": [{}]}}", vec!["1"; 30_000].join(","))).contains("20000"));
}

#[test]
fn a_second_import_of_the_same_list_changes_nothing() {
    for list in [LITELLM, OPENROUTER] {
        let catalog = catalog(LAB, "").at(day("2026-11-22"));
        let first = changes(list, &catalog, &PriceBook::default());
        let new = first.iter().filter(|change| change.verdict == Verdict::New).count();
        assert!(new >= 2);
        let text = taken("", &first);
        let second = changes(list, &catalog, &book_of(&text));
        assert_eq!(second.iter().filter(|change| change.verdict == Verdict::Unchanged).count(), new);
        assert_eq!(taken(&text, &second), text);
    }
}

#[test]
fn a_changed_price_is_a_further_row_and_a_jump_waits_for_a_second_word() {
    let catalog = catalog(LAB, "").at(day("2026-11-22"));
    let text = taken("", &changes(LITELLM, &catalog, &PriceBook::default()));
    let verdict = |list: &str| {
        let changes = changes(list, &catalog, &book_of(&text));
        let change = changes.into_iter().find(|change| change.name == "fast-1").expect("listed");
        (change.verdict, change.figures.into_iter().map(|figure| figure.figure).collect::<Vec<_>>())
    };
    let fast = |old: &str, new: &str| LITELLM.replacen(old, new, 1);
    assert_eq!(verdict(&fast("3e-06", "4e-06")).0, Verdict::Changed);
    assert_eq!(verdict(&fast("3e-06", "1.5e-05")).0, Verdict::Jump);
    assert_eq!(verdict(&fast("3e-06", "6e-07")).0, Verdict::Jump);
    assert_eq!(verdict(&fast("3e-06", "6.1e-07")).0, Verdict::Changed);
    let without_cache_price = fast("\"cache_read_input_token_cost\": 3e-07,", "");
    assert_eq!(
        verdict(&without_cache_price),
        (Verdict::Jump, vec!["cache_read".to_owned()]),
        "0.30 became 3.00"
    );
}

#[test]
fn a_users_own_price_is_what_a_jump_is_measured_by_where_nothing_was_imported() {
    let dear = LAB.replace(
        "name = \"fast-1\"\n",
        "name = \"fast-1\"\nprice = { currency = \"USD\", input = \"30\", output = \"15\" }\n",
    );
    let catalog = catalog(&dear, "").at(day("2026-11-22"));
    let changes = changes(LITELLM, &catalog, &PriceBook::default());
    let change = changes.iter().find(|change| change.name == "fast-1").expect("listed");
    assert_eq!(change.verdict, Verdict::Jump);
}

#[test]
fn an_exchange_rate_is_old_after_thirty_days_and_early_before_its_own() {
    let catalog = catalog(LAB, "");
    assert_eq!(catalog.fx_notes(day("2026-12-20")), Vec::<String>::new(), "thirty days");
    assert!(catalog.fx_notes(day("2026-12-21"))[0].contains("31 days old"));
    assert!(catalog.fx_notes(day("2026-11-19"))[0].contains("a day to come"));
    assert_eq!(catalog.fx["USD"].age_days(day("2026-11-20")), Some(0));
}

prop_compose! {
    fn rates()(prices in proptest::array::uniform6(proptest::option::of(0..=10_000_000_000_000_u64))) -> Rates {
        let [input, output, cache_read, cache_write_5m, cache_write_1h, reasoning] =
            prices.map(|price| price.map(PerMillion::new));
        Rates { input, output, cache_read, cache_write_5m, cache_write_1h, reasoning }
    }
}

proptest! {
    #[test]
    fn a_row_that_was_written_is_read_back_the_same(
        base in rates(),
        fee in proptest::option::of(0..=1_000_000_000_000_000_u64),
        units in proptest::collection::btree_map("[a-z_\"\\\\ ]{1,8}", 0..=1_000_000_000_000_000_u64, 0..3),
        tiers in proptest::collection::btree_map(0..=1_000_000_u64, rates(), 0..4),
        source in "[^\\p{C}]{1,40}",
    ) {
        let card = RateCard {
            base,
            request_fee: fee.map(Fee::new),
            unit_fees: units.into_iter().map(|(name, fee)| (name, Fee::new(fee))).collect(),
            tiers: tiers.into_iter().map(|(above_input_tokens, price)| Tier { above_input_tokens, price }).collect(),
        };
        let row = PriceRow {
            from: Some(day("2026-11-22")),
            as_of: Some(day("2026-11-21")),
            source: Some(source),
            ..PriceRow::new("USD", card, PriceOrigin::Imported)
        };
        let model = ModelId::new("lab/\"quoted\\").expect("an id");
        let book = book_of(&(BOOK_HEAD.to_owned() + &book_text(&model, &row)));
        prop_assert_eq!(book.rows(model.as_str()), [row]);
    }

    #[test]
    fn whatever_a_list_says_its_second_import_adds_nothing(
        figures in proptest::collection::vec((0..=50_000_u64, 0..=50_000_u64, proptest::option::of(0..=50_000_u64)), 1..6),
        earlier in proptest::collection::vec(1..=50_000_u64, 0..3),
    ) {
        let entry = |(at, (input, output, cached)): (usize, &(u64, u64, Option<u64>))| {
            let cached = cached.map(|n| format!(r#", "cache_read_input_token_cost": {n}e-9"#)).unwrap_or_default();
            format!(r#""m{at}": {{"litellm_provider": "lab", "input_cost_per_token": {input}e-9, "output_cost_per_token": {output}E-09{cached}}}"#)
        };
        let list = format!("{{{}}}", figures.iter().enumerate().map(entry).collect::<Vec<_>>().join(","));
        let row = |price: &u64| {
            format!("[[row]]\nmodel = \"lab/m0\"\nprice = {{ from = \"2026-01-01\", currency = \"USD\", input = \"{price}\", output = \"1\" }}\n")
        };
        let before = earlier.iter().map(row).collect::<Vec<_>>().concat();
        let catalog = catalog(LAB, "").at(day("2026-11-22"));
        let first = taken(&before, &changes(&list, &catalog, &book_of(&before)));
        let second = changes(&list, &catalog, &book_of(&first));
        prop_assert!(second.iter().all(|change| !matches!(change.verdict, Verdict::New | Verdict::Changed)));
        prop_assert_eq!(taken(&first, &second), first.clone());
        prop_assert!(first.starts_with(&before), "what was there stays");
    }

    #[test]
    fn no_text_makes_a_list_panic(text in ".{0,200}") {
        let _ = import::read(&text, &Selection::default());
    }

    #[test]
    fn the_row_that_holds_is_the_latest_that_has_begun(days in proptest::collection::btree_set(1..=28_u8, 1..8), on in 1..=28_u8) {
        let rows: Vec<String> = days
            .iter()
            .map(|day| format!("[[row]]\nmodel = \"lab/fast-1\"\nprice = {{ from = \"2026-11-{day:02}\", currency = \"USD\", input = \"{day}\", output = \"1\" }}\n"))
            .collect();
        let at = catalog(LAB, &rows.concat()).at(day(&format!("2026-11-{on:02}")));
        let expected = days.iter().filter(|day| **day <= on).max().map(|day| format!("{day}.00"));
        prop_assert_eq!(input_price(&at, "lab/bare"), expected);
    }
}
