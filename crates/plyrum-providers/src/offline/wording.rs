//! The words by which a question shows what it wants, as data: English first, then Russian. Words are separated
//! by spaces, phrases by bars; all are folded (small letters, `е` for `ё`).

/// Beginnings of words that ask for a summary.
pub(super) const SUMMARY: &str = "summar tldr gist overview digest recap outline condense abridge кратк коротк вкратц перескаж \
    пересказ резюм суммир обобщ выжимк саммари конспект излож тезис сократ";
/// Phrases that do.
pub(super) const SUMMARY_PHRASES: &str = "tl;dr|in short|key points|main points|main idea|key takeaways|о чем|в чем суть|самое главное|\
    основные мысли|главная мысль|основная мысль|что здесь написано|что тут написано|about what|\
    say about it";
/// Phrases that ask what something is, or is for.
pub(super) const DEFINITION_PHRASES: &str = "what is|what's|what are|what does|what do|whats|purpose|what for|who is|tell me about|describe|\
    explain|что такое|что это|что за|кто такой|кто такая|для чего|зачем нуж|что делает|чем занимается|\
    назначение|расскажи|опиши|объясни";
/// Things that are for something, unlike texts, which say something.
pub(super) const THINGS: &str = "проект репозитор программ утилит библиотек приложен пакет";
/// Stems of words that name the text or the answer itself, or only ask: they say nothing about what is looked for.
pub(super) const FRAME: &str = "project repo repositori tool program librari app applic text file document readm articl page \
    packag crate softwar attach input stdin content thing stuff purpos goal tell describ explain show \
    give pleas summari summar tldr gist overview recap outlin condens digest point key main idea \
    sentenc word short brief bullet list name find quot extract answer question code tl dr work help made make done happen exist happened \
    know say mean kind like get takeaway one two three four five many much abov follow does whats use \
    код быва происход работ проект репозитор программ утилит библиотек приложен текст файл документ стат страниц \
    пакет письм вещ назначен цел расскаж опиш объясн покаж дай пожалуйст кратк коротк вкратц перескаж \
    пересказ резюм сут главн основн мысл предложен слов пункт списк назов перечисл найд выдел ответ \
    вопрос помог знач так нужн нуж дела чем содержан здес тут написа одн дв двум тре трех эт сдела \
    излож обобщ выжимк самар тезис конспект напиш посл";
/// Beginnings of words that make commands and code welcome.
pub(super) const CODE: &str = "code command example snippet instal run build compile usage start invoke cli script код команд \
    пример установ запус собра сборк скрипт вызва";
/// Beginnings of words that ask for a list.
pub(super) const LIST: &str =
    "list bullet enumerate features which options steps перечисл списк спис пункт каки шаги";
/// Verbs that quoting cannot do.
pub(super) const WRITING: &str = "write translate rewrite implement refactor fix compose generate create convert improve draft \
    напиши переведи перепиши исправь сочини придумай создай сгенерируй реализуй улучши составь";
/// First words of questions and of requests that quoting can answer.
pub(super) const ASKING: &str = "what who when where why how which whose is are does do did can summarise summarize extract find \
    list name tell explain describe show answer quote tldr что кто когда где почему зачем как какой \
    какая какие какое сколько чей куда откуда о найди выдели назови перечисли расскажи опиши объясни \
    покажи ответь дай в";
/// Beginnings of words for pieces of an answer that can be counted.
pub(super) const COUNTED: &str =
    "sentence point bullet item line thing takeaway предложен пункт фраз тезис строк мысл";
