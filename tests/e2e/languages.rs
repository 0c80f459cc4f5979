//! What people read is in their language; what programs read is the same in all.

use crate::world::{Call, LAB_KEY, Reply, Script, World, eventually};

fn in_russian<const N: usize>(world: &World, args: [&str; N]) -> Call {
    world.plyrum(args).env("PLYRUM_LANG", "ru")
}

/// Lines of Latin letters alone, which nobody put into Russian.
fn english_lines(text: &str) -> Vec<&str> {
    let is_english = |line: &&str| {
        line.chars().filter(char::is_ascii_lowercase).count() > 3
            && !line.chars().any(|c| ('а'..='я').contains(&c))
    };
    text.lines().filter(is_english).collect()
}

#[test]
fn a_question_and_its_bill_are_told_in_russian() {
    let world = World::new();
    let asked = in_russian(&world, ["ask", "-v", "О чём этот проект?"])
        .stdin("Светлица переименовывает снимки.")
        .run();
    asked.answers("Светлица");
    let says = |part: &str| assert!(asked.stderr.contains(part), "`{part}` is not in\n{asked}");
    says("примечание: модель не настроена, поэтому отвечает встроенный экстрактор без сети");
    says("· сессия ");
    says("0,00 ₽ · ");
    says(" · запуск ");
    assert_eq!(english_lines(&asked.stderr), [""; 0], "{asked}");

    let usage = in_russian(&world, ["usage"]).run();
    let head = usage.ok().lines().next().unwrap_or_default();
    assert_eq!(
        head.split_whitespace().take(3).collect::<Vec<_>>(),
        ["модель", "запусков", "попыток"],
        "{usage}"
    );
    let balance = in_russian(&world, ["balance", "show"]).run();
    let lines: Vec<&str> = balance.ok().lines().collect();
    assert_eq!(lines[1..], ["на счёте  0,00 ₽", "занято    0,00 ₽", "доступно  без предела"], "{balance}");
    let runs = in_russian(&world, ["runs", "list"]).run();
    assert!(runs.ok().contains("состояние") && runs.stdout.contains("  успешно"), "{runs}");
    let said = in_russian(&world, ["transcript", "show"]).run();
    assert!(said.ok().contains("\nВы: О чём") && said.stdout.contains("\nОтвет: "), "{said}");
    let bill = in_russian(&world, ["explain"]).run();
    assert!(bill.ok().contains("· успешно · план ") && bill.stdout.contains("пересчитано: то же"), "{bill}");
}

#[test]
fn the_plain_labels_are_russian_too() {
    let world = World::new();
    let asked = in_russian(&world, ["ask", "--plain", "-v", "Что это?"]).stdin("Это камень.").run();
    assert!(asked.ok().starts_with("Ответ:\n"), "{asked}");
    assert!(asked.stderr.lines().any(|line| line.starts_with("Стоимость: ")), "{asked}");
}

#[test]
fn errors_of_the_daemon_are_told_in_russian() {
    let world = World::new();
    let unknown = in_russian(&world, ["ask", "-m", "nowhere/none", "hello"]).run();
    assert_eq!(unknown.code, 2, "{unknown}");
    assert_eq!(
        unknown.stderr, "ошибка: нет модели «nowhere/none»\nподсказка: plyrum models list покажет все\n",
        "{unknown}"
    );

    let own = in_russian(&world, ["transcript", "show", "nothing-like-it"]).run();
    assert_eq!(
        own.stderr,
        "ошибка: нет ни сессии, ни запуска «nothing-like-it»\nподсказка: plyrum sessions list\n"
    );
    let words = in_russian(&world, ["usage", "--since", "вчера"]).run();
    assert!(
        words.stderr.starts_with("ошибка: это не дата, не время и не промежуток: --since «вчера»\n"),
        "{words}"
    );
}

#[test]
fn the_doctor_and_lists_of_nothing_speak_russian() {
    let world = World::new();
    let waiting = in_russian(&world, ["approvals", "list"]).run();
    assert_eq!((waiting.ok(), waiting.stderr.as_str()), ("", "ничто не ждёт ответа\n"));
    let doctor = in_russian(&world, ["doctor"]).run();
    for name in [
        "каталоги",
        "настройки",
        "окружение",
        "демон",
        "модели",
        "песочница",
        "диск",
        "копии",
        "учёт",
        "аудит",
    ] {
        assert!(
            doctor.ok().lines().any(|line| line.starts_with(&format!("ок   {name}"))),
            "{name}: {doctor}"
        );
    }
    assert_eq!(english_lines(&doctor.stdout), [""; 0], "{doctor}");
}

#[test]
fn what_programs_read_is_the_same_in_every_language() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let fake = world.lab_with_key(Script::new().always(Reply::answer("an answer", 5, 9)));
    world.plyrum(["ask", "hello"]).run().ok();
    // What `doctor` counts is all there.
    eventually("the run is closed on record", || {
        let records = world.json(["audit", "search", "--json"]);
        records.as_array().is_some_and(|records| records.iter().any(|record| record["kind"] == "run"))
    });
    let both = |args: &str| {
        let line = format!("\"$PLYRUM\" {args}");
        let [en, ru] = ["en", "ru"].map(|lang| world.sh(&line).env("PLYRUM_LANG", lang).run());
        assert!(!en.stdout.is_empty(), "{args}: {en}");
        assert_eq!((en.code, &en.stdout), (ru.code, &ru.stdout), "{args}");
        assert!(!ru.stderr.chars().any(|c| ('а'..='я').contains(&c)), "{args}: {ru}");
    };
    for args in [
        "usage --json",
        "usage --csv",
        "balance show --json",
        "budget list --json",
        "doctor --json",
        "runs list --json",
        "runs show --json",
        "explain --json",
        "statusline --json",
        "models list --json",
        "plans list --json",
        "personas list --json",
        "sessions list --json",
        "sessions show --json",
        "transcript show --json",
        "transcript export --format json",
        "approvals list --json",
        "prices list --json",
        "ledger reconcile --json",
        "config check --json",
        "audit verify --json",
        "route --json hello",
        "policy test --json -- ls",
        "ask --json -m nowhere/none hello",
        "ask -o stream-json -m nowhere/none hello",
        "ask --dry-run --json hello",
    ] {
        both(args);
    }
    drop(fake);
}

#[test]
fn the_strongest_variable_chooses_the_language() {
    let world = World::new();
    let told = |variables: &[(&str, &str)]| {
        let call = world.plyrum(["sessions", "list"]);
        variables.iter().fold(call, |call, (name, value)| call.env(name, value)).run().stderr
    };
    let (english, russian) = ("there is no session yet\n", "сессий ещё нет\n");
    assert_eq!(told(&[]), english);
    assert_eq!(told(&[("LANG", "ru_RU.UTF-8")]), russian);
    assert_eq!(told(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C")]), english);
    assert_eq!(told(&[("LANG", "ru_RU.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")]), english);
    assert_eq!(told(&[("LANG", "ru_RU.UTF-8"), ("PLYRUM_LANG", "en")]), english);
    assert_eq!(told(&[("LC_ALL", "C"), ("PLYRUM_LANG", "ru")]), russian);
    assert_eq!(told(&[("LANG", "ru_RU.UTF-8"), ("PLYRUM_LANG", "auto")]), russian);
}

#[test]
fn the_users_file_chooses_a_language_and_the_variable_is_stronger() {
    let world = World::new();
    world.config("[defaults]\nlang = \"ru\"\n");
    let balance = |lang: &str| {
        let call = world.plyrum(["balance", "show"]).env("PLYRUM_LANG", lang).env("LC_ALL", "C").run();
        call.ok().to_owned()
    };
    assert!(balance("").contains("на счёте"), "{}", balance(""));
    assert!(!balance("en").contains("на счёте"));
}

#[test]
fn help_and_errors_of_usage_are_told_in_the_language_of_the_user() {
    let world = World::new();
    let help = in_russian(&world, ["ask", "-h"]).run();
    assert!(
        help.ok().starts_with("Задать вопрос; ответ идёт в стандартный вывод\n\nВызов: plyrum ask "),
        "{help}"
    );
    assert!(help.stdout.contains("\nАргументы:\n") && help.stdout.contains("\nФлаги:\n"), "{help}");
    assert!(help.stdout.contains("[по\u{a0}умолчанию:\u{a0}text]"), "{help}");
    let long = in_russian(&world, ["help", "usage"]).run();
    assert!(long.ok().contains("\nПримеры:\n  plyrum usage"), "{long}");

    let check = |args: &str, ru: &str, en: &str| {
        let line = format!("\"$PLYRUM\" {args}");
        let [in_ru, in_en] = ["ru", "en"].map(|lang| world.sh(&line).env("PLYRUM_LANG", lang).run());
        assert_eq!((in_ru.code, in_en.code), (2, 2), "{in_ru}\n{in_en}");
        assert!(in_ru.stderr.starts_with(&format!("ошибка: {ru}\nподсказка: ")), "{in_ru}");
        assert!(in_en.stderr.starts_with(&format!("error: {en}\n")), "{in_en}");
    };
    check("ask --modle x", "неизвестный флаг: --modle", "unexpected argument '--modle' found");
    check(
        "runs cancel",
        "не хватает обязательного: <RUN>",
        "the following required arguments were not provided:",
    );
    check("sesions", "нет такой команды: sesions", "unrecognized subcommand 'sesions'");

    // A group without a command shows its help, and is an error all the same.
    let group = in_russian(&world, ["runs"]).run();
    assert!(group.code == 2 && group.stderr.contains("\nКоманды:\n  list "), "{group}");
    let english = world.plyrum(["ask", "-h"]).env("PLYRUM_LANG", "en").run();
    assert!(
        english.ok().starts_with("Ask a question; the answer goes to standard output\n\nUsage: "),
        "{english}"
    );
}
