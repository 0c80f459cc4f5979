//! Words that mean the same to someone who asks about a text, in both languages: a Russian question over an
//! English README finds its answer by these. Beginnings of words, so that inflection does not matter.

/// Each group is one concept.
const GROUPS: &[&[&str]] = &[
    &["install", "setup", "установ", "инсталл"],
    &["build", "compil", "собра", "сборк", "компил"],
    &["run", "start", "launch", "запус", "запуст", "стартов"],
    &["test", "тест"],
    &["licen", "лиценз"],
    &[
        "error",
        "fail",
        "panic",
        "fatal",
        "except",
        "crash",
        "deni",
        "cannot",
        "refus",
        "broke",
        "ошибк",
        "сбой",
        "сбо",
        "упал",
        "отказ",
        "сломал",
    ],
    &["config", "setting", "option", "настро", "конфиг", "параметр", "опц"],
    &["version", "release", "верс", "релиз", "выпуск"],
    &["price", "cost", "pay", "fee", "rate", "цен", "стоим", "стоит", "плат", "тариф"],
    &["money", "bill", "budget", "balance", "деньг", "счет", "бюджет", "баланс"],
    &["delet", "remov", "удал", "стере"],
    &["author", "maintain", "written", "автор", "создател", "написа"],
    &["secur", "safe", "protect", "безопас", "защит"],
    &["key", "token", "secret", "credential", "password", "ключ", "секрет", "парол"],
    &["model", "модел"],
    &["provider", "провайдер", "поставщик"],
    &["server", "сервер"],
    &["database", "storage", "store", "хран", "данн"],
    &["network", "internet", "offline", "сет", "интернет", "офлайн"],
    &["fast", "speed", "quick", "performance", "latency", "slow", "быстр", "скорост", "производит", "медлен"],
    &["require", "depend", "need", "prerequisite", "треб", "завис", "нужен", "нужно", "необходим"],
    &["support", "поддерж"],
    &["language", "язык"],
    &["user", "client", "пользоват", "клиент"],
    &["file", "файл"],
    &["command", "команд"],
    &["log", "audit", "journal", "лог", "журнал", "аудит"],
    &["feature", "capab", "возможн", "функц"],
    &["limit", "maximum", "лимит", "огранич", "максим", "предел"],
    &["architect", "structure", "design", "архитект", "структур", "устро"],
    &["change", "chang", "update", "upgrade", "измен", "обнов"],
    &["contribut", "develop", "разработ", "участ"],
    &["port", "address", "порт", "адрес"],
    &["memory", "память", "памят"],
    &[
        "often",
        "frequen",
        "every",
        "everi",
        "interval",
        "daily",
        "hourly",
        "schedul",
        "часто",
        "кажд",
        "ежедневн",
        "интервал",
        "расписан",
    ],
    &["meeting", "встреч", "совещан", "заседан"],
    &["decid", "decis", "agreed", "agre", "решен", "решил", "договор"],
    &["polic", "rule", "политик", "правил"],
    &["tool", "instrument", "инструмент"],
    &["step", "stage", "шаг", "этап"],
    &["answer", "repl", "respon", "ответ"],
    &["size", "large", "big", "размер", "больш"],
    &["daemon", "демон", "служб"],
    &["retri", "retry", "repeat", "повтор"],
    &["where", "locat", "path", "путь", "располож", "находит"],
    &["reason", "cause", "caus", "motiv", "причин", "мотив"],
    &["found", "establish", "основан", "основал", "создан"],
    &["born", "birth", "родил", "рожден"],
    &["die", "death", "died", "умер", "смерт", "погиб"],
];

/// Whether a stem begins as a concept does. A stem may be a letter or two shorter: stemmers cut "install".
pub(super) fn begins(stem: &str, start: &str) -> bool {
    stem.starts_with(start)
        || (stem.len() >= 5 && start.strip_prefix(stem).is_some_and(|rest| rest.chars().count() <= 2))
}

/// Other beginnings that mean what `word` means; empty for a word of no group.
pub(super) fn kin(word: &str) -> impl Iterator<Item = &'static str> {
    GROUPS
        .iter()
        .filter(move |group| group.iter().any(|start| word.starts_with(start)))
        .flat_map(|group| group.iter().copied())
}

/// A Russian stem in Latin letters, by sound: "токен" is "token". Empty for what has no Russian letters.
pub(super) fn in_latin(stem: &str) -> String {
    const SOUNDS: &[(char, &str)] = &[
        ('а', "a"),
        ('б', "b"),
        ('в', "v"),
        ('г', "g"),
        ('д', "d"),
        ('е', "e"),
        ('ж', "zh"),
        ('з', "z"),
        ('и', "i"),
        ('й', "i"),
        ('к', "k"),
        ('л', "l"),
        ('м', "m"),
        ('н', "n"),
        ('о', "o"),
        ('п', "p"),
        ('р', "r"),
        ('с', "s"),
        ('т', "t"),
        ('у', "u"),
        ('ф', "f"),
        ('х', "h"),
        ('ц', "ts"),
        ('ч', "ch"),
        ('ш', "sh"),
        ('щ', "sch"),
        ('ы', "y"),
        ('э', "e"),
        ('ю', "yu"),
        ('я', "ya"),
    ];
    stem.chars()
        .filter_map(|letter| SOUNDS.iter().find(|(known, _)| *known == letter))
        .map(|&(_, sound)| sound)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concept_is_one_in_both_languages() {
        assert!(kin("установить").any(|start| "installation".starts_with(start)));
        assert!(kin("failed").any(|start| "ошибка".starts_with(start)));
        assert_eq!(kin("zebra").count(), 0);
        assert_eq!((in_latin("токен").as_str(), in_latin("token").as_str()), ("token", ""));
    }
}
