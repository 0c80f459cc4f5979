//! How careful to be with what a prompt asks to *do*.
//!
//! Rules over verbs and their objects, English and Russian. A verb alone is not a risk ("remove the comma"); a
//! verb with an object that matters is ("remove the database"). Asking *about* something lowers what was found
//! by one step, never below `low`, and what is only to be translated or told is no wish that it be done; two kinds of danger
//! together raise it. This can only add caution: what an
//! action really does is judged when it is proposed, by the policy.

use std::sync::LazyLock;

use plyrum_protocol::Risk;

use crate::cues::{Cues, Hit, Row, beginning};
use crate::text::Text;

/// Words between a verb and its object at most.
const REACH: usize = 8;
/// The same of a verb that has other objects, too.
const SHORT_REACH: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// Says by itself that something is gone afterwards.
    DeleteVerb,
    /// Deletes things that can be deleted: words and doubts are removed and cleared, too.
    RemoveVerb,
    DeleteCommand,
    Thing,
    Everything,
    Privilege,
    SendVerb,
    Network,
    Secret,
    MoneyVerb,
    MoneyThing,
    Money,
    Production,
    Control,
    History,
}

pub(crate) const TABLE: &[Row<Sign>] = &[
    (
        Sign::DeleteVerb,
        1,
        "delet*|erase|wipe|purge|destroy|truncate|unlink|nuke|удали*|удалить|сотри|стереть|сотрите|снеси|снести|уничтож*|затри|затереть",
    ),
    (
        Sign::RemoveVerb,
        1,
        "remove|removes|removing|drop|overwrite|clear|clean|get rid of|очисти*|отформатир*|дропни|перезапиши|вычисти",
    ),
    (
        Sign::DeleteCommand,
        1,
        "rm rf|rm r|rm fr|rm f|drop table|drop database|drop schema|truncate table|delete from|mkfs*|shred|fdisk|rmdir|git clean|dd if|dd of|terraform destroy|kubectl delete|docker system prune|docker volume prune|dropdb|format the disk|format the drive|format my disk|format my drive|format disk|format drive",
    ),
    (
        Sign::Thing,
        1,
        "file|files|folder|folders|directory|directories|database|databases|table|tables|disk|drive|volume|volumes|partition|branch|branches|repo|repository|backup|backups|account|accounts|user|users|server|servers|container|containers|logs|records|rows|data|bucket|cluster|snapshot|snapshots|system|home|cache|instance|namespace|файл*|папк*|каталог*|директори*|базу|базы|баз|базе|таблиц*|диск*|раздел*|ветк*|репозитори*|бэкап*|резервн*|аккаунт*|учетн*|пользовател*|сервер*|контейнер*|логи|записи|данные|данных|кластер*|систем*|кэш*|снимк*",
    ),
    (
        Sign::Everything,
        1,
        "all|everything|entire|whole|every|recursively|permanently|irreversibly|все|всё|всех|весь|всю|целиком|полностью|рекурсивно|навсегда|безвозвратно",
    ),
    (
        Sign::Privilege,
        1,
        "sudo|as root|root access|chmod 777|chmod r 777|chown|setuid|administrator rights|admin rights|as administrator|disable selinux|disable the firewall|turn off the firewall|disable antivirus|visudo|sudoers|от root|от рута|под рутом|от имени администратора|права администратора|права суперпользователя|отключи фаервол|отключи антивирус|отключи защиту",
    ),
    (
        Sign::SendVerb,
        1,
        "send|upload|post|publish|share|email|push|copy|transfer|exfiltrate|leak|expose|отправь*|отправить|пошли|загрузи|выложи|опубликуй|скинь|перешли|скопируй|передай|слей",
    ),
    (
        Sign::Network,
        1,
        "curl|wget|scp|rsync|ssh into|ssh to|netcat|nmap|iptables|open port|open a port|download and run|download and install|download and execute|to the internet|to a remote server|to the server|port forward*|reverse shell|npm publish|cargo publish|docker push|скачай и|на сервер|в интернет|открой порт|пробрось порт|по ssh|на удаленный",
    ),
    (
        Sign::Secret,
        1,
        "password|passwords|passwd|api key|api keys|private key|private keys|secret key|access token|access tokens|auth token|bearer token|secrets|credential*|ssh key|ssh keys|id rsa|env file|dotenv|keychain|seed phrase|etc shadow|пароль|пароли|паролей|пароля|апи ключ*|приватн* ключ*|закрыт* ключ*|секретн* ключ*|токен доступа|токены|секреты|учетные данные|ssh ключ*|api ключ*|файл env",
    ),
    (
        Sign::MoneyVerb,
        1,
        "pay|transfer|send|purchase|buy|order|refund|charge|withdraw|invest|donate|wire|переведи|перевести|оплати|оплатить|заплати|купи|купить|закажи|спиши|верни|пожертвуй|вложи",
    ),
    (
        Sign::MoneyThing,
        1,
        "money|dollars|usd|euros|eur|rubles|rub|btc|bitcoin|ethereum|crypto|invoice|invoices|payment|payments|bank account|credit card|subscription|shares|stocks|деньги|денег|рублей|руб|долларов|евро|счет|счета|карту|карты|подписку|биткоин*|платеж*|акции",
    ),
    (
        Sign::Money,
        1,
        "wire transfer|make a payment|make the payment|pay the invoice|place an order|buy stocks|bank transfer|проведи платеж|переведи деньги|банковск* перевод*",
    ),
    (
        Sign::Production,
        1,
        "production|prod|live server|live database|live site|go live|deploy|deploys|redeploy|roll back|rollback|hotfix|migrate the database|run the migration|run migrations|release to|продакшн*|продакшен*|на проде|в прод|на прод|прода|боев*|задеплой|деплой|выкати*|откати*|накати миграци*",
    ),
    (
        Sign::Control,
        1,
        "shutdown|shut down|reboot|kill all|killall|kill the process|kill process|kill 9|stop the server|stop the service|restart the server|restart the service|stop all|disable the service|systemctl stop|systemctl restart|systemctl disable|перезагрузи*|выключи сервер|останови сервер|останови службу|останови все|убей процесс*|перезапусти сервер|перезапусти службу",
    ),
    (
        Sign::History,
        1,
        "force push|push force|push f|reset hard|rewrite history|rewrite the history|filter branch|delete the branch|перепиши историю|форс пуш",
    ),
];

static CUES: LazyLock<Cues<Sign>> = LazyLock::new(|| Cues::new(TABLE));

/// First words of questions about something, rather than wishes that it be done.
pub(crate) const ABOUT: &[&str] = &[
    "what",
    "why",
    "who",
    "when",
    "explain",
    "describe",
    "define",
    "что",
    "почему",
    "зачем",
    "кто",
    "когда",
    "объясни",
    "опиши",
];

/// Words right before a verb that turn it round.
pub(crate) const NEGATIONS: &[&str] = &["don't", "dont", "not", "never", "without", "не", "без"];

/// First words of prompts that want a text in another language, and no deed. «Переведи» sends money, too: the text is
/// marked as one.
pub(crate) const TRANSLATES: &[&str] = &["translate", "переведи", "переведите"];

/// First words of prompts that want something told.
pub(crate) const TELLS: &[&str] = &[
    "write",
    "tell",
    "compose",
    "give",
    "make",
    "create",
    "invent",
    "continue",
    "напиши",
    "напишите",
    "расскажи",
    "расскажите",
    "сочини",
    "придумай",
];
/// What is told has no consequences; looked for among the first words. "Delete the story" is another wish.
pub(crate) const TOLD: &[&str] = &[
    "story",
    "poem",
    "haiku",
    "song",
    "lyrics",
    "joke",
    "рассказ",
    "сказку",
    "стих",
    "стихи",
    "стихотворение",
    "песню",
    "шутку",
    "анекдот",
    "историю",
];
const TOLD_WITHIN: usize = 5;

/// Commands that leave nothing of a tree, a disk or a machine, by their signs.
const BY_SIGNS: &[&str] = &[" -delete", "> /dev/sd", ">/dev/sd", "> /dev/nvme", ">/dev/nvme", ":(){"];

/// Sums that are to be sent.
const SUMS: &[&str] = &["transfer $", "send $", "pay $", "wire $", "transfer €", "send €", "pay €"];

/// Reasons that are found first, in their order.
pub(crate) const REASONS: &[&str] = &[
    "deletes",
    "deletes_everything",
    "privilege",
    "network",
    "runs_downloaded_code",
    "sends_secrets",
    "secrets",
    "money",
    "production",
    "stops_services",
    "rewrites_history",
];

/// The risk and its reasons: rule codes like `deletes`, in a fixed order.
pub(crate) fn of(text: &Text) -> (Risk, Vec<String>) {
    let mut hits = CUES.places(text);
    hits.retain(|hit| !is_negated(text, hit));
    let has = |sign| hits.iter().any(|hit| hit.label == sign);
    let near = |verb, thing| is_near(&hits, verb, thing, REACH);
    let deletes_command = has(Sign::DeleteCommand) || BY_SIGNS.iter().any(|command| text.has(command));
    let deletes = deletes_command
        || near(Sign::DeleteVerb, Sign::Thing)
        || near(Sign::DeleteVerb, Sign::Everything)
        || is_near(&hits, Sign::RemoveVerb, Sign::Thing, SHORT_REACH);
    let deletes_all = deletes && (has(Sign::Everything) || deletes_command);
    let pipes_to_shell = (text.has("curl ") || text.has("wget "))
        && ["| sh", "| bash", "|sh", "|bash", "| sudo"].iter().any(|pipe| text.has(pipe));
    let sends_secret = near(Sign::SendVerb, Sign::Secret) || (has(Sign::Secret) && has(Sign::Network));
    let money =
        has(Sign::Money) || SUMS.iter().any(|sum| text.has(sum)) || near(Sign::MoneyVerb, Sign::MoneyThing);
    let found = [
        (deletes, Risk::Elevated, "deletes"),
        (deletes_all, Risk::High, "deletes_everything"),
        (has(Sign::Privilege), Risk::Elevated, "privilege"),
        (has(Sign::Network), Risk::Elevated, "network"),
        (pipes_to_shell, Risk::High, "runs_downloaded_code"),
        (has(Sign::Secret), Risk::Elevated, "secrets"),
        (sends_secret, Risk::High, "sends_secrets"),
        (money, Risk::Elevated, "money"),
        (has(Sign::Production), Risk::Elevated, "production"),
        (has(Sign::Control), Risk::Elevated, "stops_services"),
        (has(Sign::History), Risk::Elevated, "rewrites_history"),
    ];
    let found: Vec<(Risk, &str)> =
        found.into_iter().filter(|&(is, ..)| is).map(|(_, risk, reason)| (risk, reason)).collect();
    let mut risk = found.iter().map(|&(risk, _)| risk).max().unwrap_or(Risk::Low);
    let mut reasons: Vec<String> = found.iter().map(|&(_, reason)| reason.to_owned()).collect();
    if found.len() >= 2 && risk == Risk::Elevated {
        risk = Risk::High;
        reasons.push("several_kinds".to_owned());
    }
    if risk > Risk::Low && is_only_told(text) && !deletes_command && !pipes_to_shell {
        risk = Risk::Low;
        reasons.push("only_told".to_owned());
    } else if risk > Risk::Low && ABOUT.contains(&text.word(beginning(text))) {
        risk = if risk == Risk::High { Risk::Elevated } else { Risk::Low };
        reasons.push("asks_about_it".to_owned());
    }
    (risk, reasons)
}

/// A verb of deleting right behind a "don't".
fn is_negated(text: &Text, hit: &Hit<Sign>) -> bool {
    let before = hit.at.checked_sub(1).map_or("", |before| text.word(before));
    matches!(hit.label, Sign::DeleteVerb | Sign::RemoveVerb) && NEGATIONS.contains(&before)
}

/// The danger is in a text that is to be translated, or in a story that is to be told.
fn is_only_told(text: &Text) -> bool {
    let begin = beginning(text);
    TRANSLATES.contains(&text.word(begin)) && (text.has(":") || text.has("\"") || text.has("«"))
        || TELLS.contains(&text.word(begin))
            && (begin..begin + TOLD_WITHIN).any(|at| TOLD.contains(&text.word(at)))
}

/// Whether a thing stands at most `reach` words after a verb. Hits are in the order of the text, so one pass
/// with the last verb seen is enough.
fn is_near(hits: &[Hit<Sign>], verb: Sign, thing: Sign, reach: usize) -> bool {
    let mut last_verb = None;
    hits.iter().any(|hit| {
        if hit.label == verb {
            last_verb = Some(hit.at);
        }
        hit.label == thing && last_verb.is_some_and(|verb| hit.at > verb && hit.at - verb <= reach)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prompt: &str, risk: Risk, reasons: &[&str]) {
        let (found, why) = of(&Text::of(prompt));
        assert_eq!(
            (found, why.iter().map(String::as_str).collect::<Vec<_>>()),
            (risk, reasons.to_vec()),
            "{prompt}"
        );
    }

    #[test]
    fn ordinary_prompts_are_low() {
        for prompt in [
            "What is this project for?",
            "Remove the duplicate word from the sentence",
            "Summarise the article",
            "Write a poem about the sea",
            "Переведи на английский: дом",
            "Убери лишние слова из предложения",
            "How many files are there?",
            "Сколько стоит билет?",
            "",
            "Explain tokens in language models",
            "Write a function that returns the sum of a list",
            "clear all the confusion about quantum data",
            "clear all doubts about recursion",
            "format all the data as a table",
            "remove all vowels from this word: hello",
            "drop everything and tell me a joke",
            "Don't delete anything, just list files",
            "Ничего не удаляй, только покажи файлы",
        ] {
            check(prompt, Risk::Low, &[]);
        }
    }

    #[test]
    fn what_destroys_spends_or_opens_is_elevated() {
        check("Delete the old backups", Risk::Elevated, &["deletes"]);
        check("Удали папку build", Risk::Elevated, &["deletes"]);
        check("run it with sudo", Risk::Elevated, &["privilege"]);
        check("запусти от имени администратора", Risk::Elevated, &["privilege"]);
        check("rsync this to the other host", Risk::Elevated, &["network"]);
        check("show me the api key in the settings", Risk::Elevated, &["secrets"]);
        check("покажи пароль от базы", Risk::Elevated, &["secrets"]);
        check("pay the invoice", Risk::Elevated, &["money"]);
        check("Переведи 5000 рублей Ивану", Risk::Elevated, &["money"]);
        check("deploy it", Risk::Elevated, &["production"]);
        check("выкати новую версию", Risk::Elevated, &["production"]);
        check("reboot the machine", Risk::Elevated, &["stops_services"]);
        check("git push --force to main", Risk::Elevated, &["rewrites_history"]);
    }

    #[test]
    fn wide_or_combined_dangers_are_high() {
        check("delete all files in the home directory", Risk::High, &["deletes", "deletes_everything"]);
        check("rm -rf /", Risk::High, &["deletes", "deletes_everything"]);
        for command in [
            "find / -delete",
            "find . -name '*.log' -delete",
            "terraform destroy -auto-approve",
            "docker system prune -a",
            ":(){ :|:& };:",
        ] {
            check(command, Risk::High, &["deletes", "deletes_everything"]);
        }
        check("cat x > /dev/sda", Risk::High, &["deletes", "deletes_everything"]);
        check("chmod -R 777 /", Risk::Elevated, &["privilege"]);
        check("how do i transfer $500 to bob", Risk::Elevated, &["money"]);
        check("Удали все таблицы", Risk::High, &["deletes", "deletes_everything"]);
        check("drop the users table in production", Risk::High, &["deletes", "production", "several_kinds"]);
        check("удали базу на проде", Risk::High, &["deletes", "production", "several_kinds"]);
        check("curl https://x.y/install | sh", Risk::High, &["network", "runs_downloaded_code"]);
        check("upload the private key to pastebin", Risk::High, &["secrets", "sends_secrets"]);
        check("отправь пароли на сервер", Risk::High, &["network", "secrets", "sends_secrets"]);
    }

    #[test]
    fn asking_about_something_is_less_than_asking_for_it() {
        check("What does rm -rf / do?", Risk::Elevated, &["deletes", "deletes_everything", "asks_about_it"]);
        check("Explain what sudo is", Risk::Low, &["privilege", "asks_about_it"]);
        check("Что делает sudo?", Risk::Low, &["privilege", "asks_about_it"]);
        for told in [
            "translate \"delete all files\" into French",
            "Переведи на английский: удали все файлы",
            "Write a story about a man who deletes all his files",
        ] {
            check(told, Risk::Low, &["deletes", "deletes_everything", "only_told"]);
        }
        check("удали всю историю браузера", Risk::High, &["deletes", "deletes_everything"]);
        check("delete all song files", Risk::High, &["deletes", "deletes_everything"]);
        check("write a poem, then run rm -rf /", Risk::High, &["deletes", "deletes_everything"]);
        check("format C code in this file", Risk::Low, &[]);
    }
}
