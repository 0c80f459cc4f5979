//! How an error is told: `error: what happened`, `hint: what to try`, and the exit code of its kind.

use crate::out;
use crate::russian;
use crate::sanitize::clean;
use crate::text::{say, words};
use clap::error::ErrorKind as ClapKind;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_words::{Lang, Words};
use std::process::ExitCode;

/// Tells an error on standard error and gives its exit code.
pub(crate) fn tell(fault: &Fault) -> ExitCode {
    out::err(&clean(&told(words(), fault)));
    ExitCode::from(fault.kind.exit_code())
}

/// What happened, and on a line of its own what to try, in the user's language where its text is known. What stays
/// English stands under what kind of error it is; what is Russian needs no such heading.
pub(crate) fn told(words: &Words, fault: &Fault) -> String {
    let message = &*words.told(&fault.message);
    let what = if words.lang() == Lang::Ru && is_russian(message) {
        say!(in words, "error", message = message)
    } else {
        words.with(&heading(fault.kind), &[("message", message.into())])
    };
    match &fault.hint {
        Some(hint) => format!("{what}\n{}", say!(in words, "hint", hint = &*words.told(hint))),
        None => what,
    }
}

/// The message that heads an error of this kind.
fn heading(kind: ErrorKind) -> String {
    format!("error-{}", kind.as_str().replace('_', "-"))
}

fn is_russian(message: &str) -> bool {
    message.chars().next().is_some_and(|first| matches!(first, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
}

/// Wrong words on the command line; also `--help` and `--version`, which are no errors.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = match error.kind() {
        ClapKind::DisplayHelp | ClapKind::DisplayVersion => 0,
        _ => ErrorKind::Usage.exit_code(),
    };
    match russian::usage_error(error) {
        Some(told) => out::err(&clean(&told)),
        None => {
            let _closed_pipe = error.print();
        }
    }
    ExitCode::from(code)
}

/// A fault of the user's input.
pub(crate) fn wrong_use(message: impl Into<String>) -> Fault {
    Fault::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_heading() {
        let (en, ru) = (Words::new(Lang::En), Words::new(Lang::Ru));
        let mut headings = std::collections::BTreeSet::new();
        for kind in ErrorKind::ALL {
            assert!(en.has(&heading(*kind)), "{}", kind.as_str());
            let fault = Fault::new(*kind, "it broke").hint("plyrum doctor");
            assert_eq!(told(&en, &fault), "error: it broke\nhint: plyrum doctor");
            let told = told(&ru, &fault);
            let (what, hint) = told.split_once('\n').unwrap();
            let heading = what.strip_prefix("ошибка: ").and_then(|rest| rest.strip_suffix(": it broke"));
            assert!(headings.insert(heading.unwrap().to_owned()), "{what}: another kind has this heading");
            assert_eq!(hint, "подсказка: plyrum doctor");
        }
    }

    #[test]
    fn what_other_crates_say_is_told_in_russian() {
        let words = Words::new(Lang::Ru);
        let check = |kind, message: &str, hint: &str, russian: &str| {
            assert_eq!(told(&words, &Fault::new(kind, message).hint(hint)), russian);
        };
        check(
            ErrorKind::NotFound,
            "there is no model `gpt`",
            "did you mean `lab/gpt`? plyrum models list shows all",
            "ошибка: нет модели «gpt»\nподсказка: возможно, «lab/gpt»? plyrum models list покажет все",
        );
        check(
            ErrorKind::Auth,
            "lab/fast cannot be used: the variable LAB_KEY is not set in the daemon",
            "export LAB_KEY=… and run `plyrum daemon restart`, or use api_key = { file = \"…\" }",
            "ошибка: нельзя использовать lab/fast: переменная LAB_KEY у демона не задана\n\
             подсказка: задайте export LAB_KEY=… и выполните `plyrum daemon restart`, или возьмите api_key = { file = \"…\" }",
        );
        check(
            ErrorKind::Budget,
            "this can cost up to 2 RUB, and 1.50 of 300 RUB is left (plyrum budget set day)",
            "`plyrum budget set day RUB` raises it; or shorten the prompt, or take a cheaper model",
            "ошибка: это может стоить до 2 ₽, а осталось 1,50 из 300 ₽ (plyrum budget set day)\n\
             подсказка: его повысит `plyrum budget set day RUB`; или сократите запрос, или возьмите модель дешевле",
        );
        check(
            ErrorKind::ProviderUnavailable,
            "provider `lab`: no response headers within 30 s (limit `headers`)",
            "plyrum doctor",
            "ошибка: провайдер «lab»: заголовков ответа нет за 30 с (предел `headers`)\nподсказка: plyrum doctor",
        );
        check(
            ErrorKind::Storage,
            "не удаётся прочитать /a: b: No such file or directory (os error 2)",
            "look at /a",
            "ошибка: не удаётся прочитать /a: b: нет такого файла или каталога (ошибка ОС 2)\nподсказка: посмотрите /a",
        );
    }

    #[test]
    fn an_error_in_russian_needs_no_heading() {
        let words = Words::new(Lang::Ru);
        let own = wrong_use(say!(in words, "fault-no-command"));
        assert_eq!(told(&words, &own), "ошибка: не сказано, какую команду проверить");
    }
}
