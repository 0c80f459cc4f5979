//! The words by which prompts show what kind of work they want, English and Russian. Data: see `cues` for the
//! pattern language. Weights: 6 decides alone, 3 is strong, 1 and 2 only add up.

use plyrum_protocol::Intent::{
    self, Brainstorm, ChatRoleplay, CodeDebugExplain, CodeWrite, DataAnalysis, ExtractClassify, Math,
    PlanAdvise, QaFactual, Reasoning, RewriteEdit, Shell, Summarize, Translate, WriteCreative,
};

use crate::cues::Row;

pub(crate) const TABLE: &[Row<Intent>] = &[
    // Summaries
    (
        Summarize,
        6,
        "^summar*|summarise|summarize|summary of|tldr|tl dr|^condense|^recap|gist of|brief summary|\
         in a nutshell|sum the|^sum up|key takeaways|main points|key points|кратко перескаж*|перескаж*|\
         ^кратко|суммир*|резюмир*|краткое содержание|о чем этот|о чем эта|о чем это|выжимк*|^обобщи|\
         законспектируй|вкратце|основные мысли|главные мысли|главное из",
    ),
    (
        Summarize,
        4,
        "summarization|outline of|key points from|main points one|short cards|main takeaways|abstract of",
    ),
    (
        Summarize,
        3,
        "highlights|condense*|in brief|brief manner|the article|following article|the discussion|тезисы",
    ),
    // Translation
    (
        Translate,
        7,
        "translat*|^переведи*|перевод|переведите|how do you say|how do they say|how would you say|\
         how would i say|how do i say|how to say|how you say|say in french|word for",
    ),
    (
        Translate,
        3,
        "in french|in spanish|in german|in italian|in russian|in japanese|in chinese|in english|\
         into english|into french|into german|into spanish|into russian|to french|to spanish|to german|\
         to russian|from english|на английский|на русский|на немецкий|на французский|по английски|\
         с английского|say hello|say goodbye|in korean|in portuguese|in hindi|in hawaiian|in mandarin|\
         in thai|in vietnamese|in arabic|in latin|in polish|in finnish|in swahili|in greek|people say|\
         in france|in spain|in china|in brazil|in germany|in italy|in japan",
    ),
    // Code: to be written
    (
        CodeWrite,
        6,
        "write a function|write function|write a python|python function|write a program|implement a|\
         write code|write a script|write a class|write a regex|write me a regex|write me a function|\
         write me a script|write me a program|write me a python|add a test|add tests|write tests|write unit tests|\
         write a dockerfile|write a makefile|write a sql|write a rust|\
         write a javascript|write a java|write a c|write a go|html page|css file|function to find|\
         function to check|a function that|create a function|complete the function|\
         complete the following code|python program|regular expression*|write an sql|напиши функци*|\
         напиши код|напиши программ*|напиши скрипт|реализуй*|напиши класс|напиши тест*|сверстай|\
         напиши регулярн*|напиши запрос|напиши модуль|напиши мне функци*|напиши мне скрипт|\
         напиши мне программ*|добавь тест*|напиши dockerfile|напиши регулярк*",
    ),
    (
        CodeWrite,
        3,
        "function|functions|class|refactor*|endpoint|component|unit test*|docker*|dockerfile|script|\
         ^implement*|code for|in python|in rust|in javascript|in java|in typescript|in golang|in c|\
         in kotlin|using python|algorithm|boilerplate|parser|api client|latex code|функци*|скрипт*|код|\
         на питоне|на python|на rust|тест*|класс|в python|в питоне|на javascript|на js|на java|на go|на typescript",
    ),
    (
        CodeWrite,
        2,
        "return|returns|given list|given array|given string|array|string|tuple|dictionary|integer list|\
         matrix|substring|api|json|html|css|sql|bash|code",
    ),
    // Code: fix, review, explain
    (
        CodeDebugExplain,
        7,
        "fix bugs|fix the bug|fix this bug|fix a bug|fix my code|fix bug|find the bug|complete the assertion|debug*|what does this code|\
         what does this function|explain this code|explain the code|description of the code|\
         review this code|code review|syntax error|stack trace|traceback|doesn't compile|\
         does not compile|why does this code|what is wrong with this code|output of this code|\
         result of this code|this code do|what's wrong with my|исправь ошибк*|исправь баг*|найди ошибк*|\
         объясни код|объясни этот код|что делает этот код|что делает эта функция|почему не работает|\
         почему не компилируется|почему падает|отлад*|ревью*|разбери код|найди баг*|почини*|pull request|merge request|review my code|программа падает|код падает|\
         приложение падает|скрипт падает|сервис падает",
    ),
    (
        CodeDebugExplain,
        6,
        "executing the provided code|provided code|following code snippet|revise the following code|\
         code snippet|fails to boot|parsing error|does this error mean|i get an error|i am getting|\
         i'm getting",
    ),
    (
        CodeDebugExplain,
        3,
        "bug|bugs|error|exception|panic|segfault|crash*|fix|fix this|refactor this|explain this|\
         assertion|implementation|programming problem|not working|doesn't work|fails with|throws|\
         undefined|null pointer|borrow checker|compile error|ошибк*|баг|баги|падает|не работает|\
         исключени*|компил*|warning|the provided|this code|following code|following error|my code|\
         i wrote|i have a problem|i am trying|i'm trying|the error",
    ),
    // Work for a shell
    (
        Shell,
        6,
        "bash command|shell command|command line|linux command|terminal command|one liner|git command|\
         команд* linux|команд* bash|bash one|командой|в терминале|shell script to|which command",
    ),
    (
        Shell,
        3,
        "^list|^display|^show|^print|^start|^stop|^restart|^delete|^remove|^install|^uninstall|^update|\
         ^upgrade|^search|^convert|^run|^open|^download|^upload|^copy|^move|^rename|^set|^enable|\
         ^disable|^check|^get|^create|^add|^edit|^extract|^compress|^mount|^unmount|^connect|^configure|\
         ^build|^clone|^execute|^launch|^kill|^send|^view|^specify|^use|^output|^generate|^read|^rebuild|\
         ^reset|^switch|^scan|^monitor|^log|^login|^export|^import|^dump|^backup|^restore|^sync|^push|\
         ^pull|^commit|^save|^load|^query|^force|^filter|^find|^perform|^append|^interactively|\
         ^recursively|^change|^compile|^initialize|^verify|^test|^apply|^replace|^sort|^split|^join|\
         ^merge|^decrypt|^encrypt|^sign|^attach|^detach|^ping|^render|^format|^lint|^clear|^clean|\
         ^synchronize|^retrieve|^fetch|^publish|^deploy|^tag|^pause|^resume|^analyze|^benchmark|^dry|\
         ^watch|^wait|^toggle|^register|^unset|^invoke|^record|^play|^capture|^limit|^exclude|^include|\
         ^ignore|^return|^suppress|^refresh|^preview|^inspect|^validate|^browse|^вывести|^показать|\
         ^установить|^удалить|^создать|^запустить|^остановить|^перезапустить|^скачать|^загрузить|\
         ^обновить|^добавить|^найти|^открыть|^скопировать|^переместить|^переименовать|^распаковать|\
         ^сжать|^клонировать|^выполнить|^отобразить|^собрать|^проверить|^изменить|^включить|^отключить|\
         ^просмотреть|^получить|^преобразовать|^конвертировать|^отправить|^подключить*|^задать|^указать|\
         ^использовать|^искать|^экспортировать|^импортировать|^сохранить|^извлечь|^переключить*|^слить|\
         ^печатать|^напечатать|^настроить|^сбросить|^объединить|^разделить|^войти|^очистить|^выпустить|\
         ^инициализировать|^отсортировать|^заменить|^покажи|^удали|^создай|^запусти|^останови|^найди|\
         ^скопируй|^распакуй|^отформатировать|^сгенерировать|^записать|^считать|^прочитать|\
         ^принудительно|^рекурсивно|^интерактивно|^посмотреть|^перечислить|^опубликовать|^применить|\
         ^ограничить|^исключить|^игнорировать|^вывод|^сделать|^установи|^обнови|^перезапусти|^скачай|^собери|^закоммить|^смонтируй|^заархивируй|\
         ^переименуй|^перемести|^очисти|^клонируй|^выведи|^открой|^выполни|^убей|^отключи|^включи|^сожми|^загрузи|^убить|^завершить|^начать|^перейти|\
         ^восстановить|^зашифровать|^расшифровать|^подписать|^jump|^dismiss|^reattach|^skip|^explicitly|\
         ^pretty|^write captured|^make a|^поиск|^просмотр|^установка|^запуск|^создание|^удаление",
    ),
    (
        Shell,
        2,
        "file|files|directory|directories|folder|folders|port|process|processes|package|packages|\
         repository|repositories|branch|commit|commits|command|stdin|stdout|stderr|interactive*|specific|\
         specified|remote|host|kernel|interface|archive|image|container*|recursiv*|verbose|service|\
         services|disk|partition|mount*|ssh|http|https|server|daemon|cluster|user's|permission*|symlink*|\
         log|logs|config*|configuration|environment|variable|shell|tar|zip|gzip|grep|curl|git|docker|\
         kubernetes|systemd|systemctl|vim|tmux|apt|brew|chmod|npm|pip|cron*|path|url|filesystem|device|devices|clipboard|keyboard|regex|\
         wildcard|network|ip|dns|credentials|profile|session|sessions|root|sudo|database|metadata|debug|\
         output|format|mode|quietly|timestamp|plugin*|dependenc*|version|workspace|default|current|given|\
         option*|argument*|using|line|lines|checksum|certificate*|template*|manifest|subcommand|prompt|\
         delimiter|pdf|png|jpeg|video|audio|файл*|каталог*|директори*|папк*|порт|процесс*|пакет*|\
         репозитори*|ветк*|коммит*|команд*|хост*|архив*|образ*|контейнер*|рекурсивно|служб*|диск*|\
         раздел*|сервер*|кластер*|пользовател*|журнал*|конфигурац*|переменн*|оболочк*|устройств*|сесси*|\
         указанн*|заданн*|определенн*|текущ*|удаленн*|вывод*|формат*|режим*|плагин*|зависимост*|верси*|\
         по умолчанию|интерактивн*|используя|строк*|сертификат*|шаблон*|ключ*|буфер*|терминал*|\
         интерфейс*|параметр*|правами|прав|лог|логи",
    ),
    // Mathematics
    (
        Math,
        6,
        "square root|derivative|integral of|solve for|solve the equation|find the value of|find the sum|\
         units digit|greatest common|least common multiple|how many different ways|in simplest form|\
         simplest radical|common fraction|probability that|what is the probability|what is the remainder|\
         find all values|find the number of|compute the|evaluate the|nearest integer|positive integer*|\
         real numbers|sum of the two numbers|prove that|квадратный корень|реши уравнение|производн*|\
         вычисли*|чему равн*|найди сумму|докажи что|вероятность того",
    ),
    (
        Math,
        3,
        "equation|polynomial|triangle|perimeter|radius|circumference|modulo|remainder|divisible|\
         divided by|multiplied by|times|plus|minus|percent of|percentage|average speed|profit|per cent|\
         interest rate|how much money|how many more|in total|altogether|how many minutes|how many hours|\
         per hour|per day|per week|each day|calculate|arithmetic|geometric sequence|factorial|matrix|\
         vectors|subtract*|addition|ratio of|сколько всего|сколько стоит|сколько денег|процент*|осталось|\
         сколько раз|за день|в неделю|в час|уравнени*|треугольник*|площадь|скорость|дробь",
    ),
    (
        Math,
        2,
        "how many|how much|total|cost|costs|dollars|twice|half|each|left|bought|sells|sold|spent|earns|\
         sum|product|digits|number|сколько|рублей|долларов|каждый|каждая|каждую|купил*|продал*|половин*|\
         вдвое|больше чем|минут|часов|яблок|стоит|стоят|всего",
    ),
    // Reasoning
    (
        Reasoning,
        6,
        "valid and sound|logically valid|deductive|premise*|logic puzzle|riddle|syllogism|\
         logical structure|argument is valid|can we conclude|cause and effect|which conclusion|\
         step by step reasoning|логическ*|загадк*|силлогизм*|следует ли|причина и следствие",
    ),
    (
        Reasoning,
        4,
        "which is heavier|heavier|how many are left|were left|what happened to|ends in|what helps|\
         would you|did they|makes you|if you see|are you likely|lead to|causes|could lead",
    ),
    (
        Reasoning,
        3,
        "what would likely|most likely|would someone|would a person|would people|might someone|\
         might a person|might they|likely to find|where would you|where could you|where can you|\
         where might|could a|would a|could you find|did any|would you expect|is it possible|\
         in order to what|what is likely|would you find|do people|can you use|what do people|what might|\
         if someone|clues|puzzle|houses|constraints|deduce|почему люди|логично ли|вытекает",
    ),
    (
        Reasoning,
        2,
        "^would|^could|^did|^does|^is|^are|^do|^was|^were|^has|^if|^can|^will|someone|person|likely|\
         might|cause|effect|conclude|therefore|imply|implies|reason|what did he|what would|\
         what should he|feel*|where do|^though|^because|^when|^after|would|could|he|she|они|если|\
         следовательно|вывод",
    ),
    // Facts
    (
        QaFactual,
        3,
        "^who|^when|^which|^where is|^where was|^what year|^what is the name|^what are the|^who was|\
         ^who is|^in which|^what was the|^how did|^what is a|^what is the|^name the|who wrote|who won|\
         who played|who sang|who is the|capital of|meaning of|difference between|differences between|\
         ^define|definition of|what does it mean|history of|^tell me about|^explain|population of|\
         ^что такое|^кто|^когда|^где|^в каком году|^какой|^какая|^какие|^расскажи о|^расскажи про|\
         ^объясни|столица|в чем разница|чем отличается|определение|^на каком|^как называется|\
         ^сколько лет",
    ),
    (
        QaFactual,
        2,
        "^what|^where|^why|^how|first|last|film|movie|song|singer|band|actor|actress|series|season|\
         episode|president|king|queen|war|country|city|river|album|author|novel|world|century|born|died|\
         founded|invented|discovered|located|played by|name of|known as|called|title|character|football|\
         team|champion*|олимпи*|президент|война|страна|город|река|автор|век|основан*|изобрел*|родил*",
    ),
    // New texts
    (
        WriteCreative,
        6,
        "write a story|short story|write a poem|write a song|song lyrics|lyrics for|write an essay|\
         write a letter|write an email|write a tweet|write a blog|blog post|cover letter|screenplay|\
         fanfic*|write a scene|write a dialogue|write a script for|haiku|limerick|sonnet|write a speech|\
         press release|write a review|write a description|product description|напиши стих*|\
         напиши истори*|напиши рассказ|напиши сказк*|напиши песн*|напиши басн*|напиши эссе|напиши письмо|\
         напиши пост|напиши сценарий|сочини*|стихотворен*|напиши статью|напиши поздравлен*|\
         напиши объявлен*|придумай истори*|сочинение",
    ),
    (
        WriteCreative,
        4,
        "poem|story|lyrics|essay|novel about|scene|dialogue|monologue|short stories|fairy tale|parody|\
         rap|verse|chapter|episode of|script|rhyme*|romantic|write me|write an|in the style of|\
         fan fiction|narrat*|storyline|plot|tweet|caption|email to|letter to|article about|рассказ|\
         сказк*|стихи|стих|эссе|поэм*|песн*|письмо|сценарий|haiku|a letter|title for your|\
         continue the text|recommendation letter|write a short|write a humorous|write good|write a funny|\
         fictional|make a song|generate lyrics|generate a story|make a story|slogan|headline",
    ),
    (
        WriteCreative,
        2,
        "^write|^compose|^create|^continue|^generate|^draft|characters|character|funny|humor*|anime|\
         vivid|tone|dramatic|emotional|universe|protagonist|draft|напиши|персонаж*|герой",
    ),
    // Changed texts
    (
        RewriteEdit,
        6,
        "^rewrite|^paraphrase|^rephrase|paraphrase the|passive form|in passive|active to passive|\
         plural form|the plural|plurals of|plural of|negated version|^negate|proofread*|grammar|\
         more formal|less formal|formal tone|shorten this|improve this|^reword|higher english|\
         opposite fact|correct the|fix the grammar|spelling|replace all|^edit|make it shorter|\
         fill in the blank|перепиши*|перефразир*|исправь грамматик*|исправь текст|сделай короче|\
         сделай текст|отредактируй*|поправь*|улучши текст|вычитай|замени все",
    ),
    (
        RewriteEdit,
        3,
        "^convert the sentence|^change the|the sentence|given sentence|original meaning|without changing|\
         better phrase|wording|polite*|formal|informal|the following sentence|стиль|вежлив*|орфографи*|\
         пунктуац*|предложение",
    ),
    // Extraction and classification
    (
        ExtractClassify,
        6,
        "^classify|^categorize|^categorise|^extract the|extract all|sentiment|which category|\
         what category|belongs to|list of categories|what type of thing|identify the|named entit*|\
         pick the category|label each|first letter|positive or negative|spam|topic of|\
         is this question asking|asking about|^tag each|классифиц*|^извлеки|извлечь|определи тональност*|\
         тональность|выдели имена|к какой категории|отнеси к|найди все имена|выпиши все|\
         определи категори*|спам",
    ),
    (
        ExtractClassify,
        4,
        "asking about|best descriptor|rate from|on a scale|degree in which|same meaning|\
         start with the letter|begin with the|words from the sentence|all the words|entities in|\
         list all the|select the|output same|common word|larger of|which of these",
    ),
    (
        ExtractClassify,
        3,
        "classify|category|categories|extract|label|labels|ontology|which of the following|keywords from|\
         given text|in the input|from the list|detect if|determine whether the text|is this review|\
         question is asking|larger animal|starting with|starts with|rhymes with|belong|относится|\
         категори*|метк*|ключевые слова",
    ),
    // Plans and advice
    (PlanAdvise, 7, "what should i|should i|что мне делать|стоит ли мне"),
    (
        PlanAdvise,
        6,
        "itinerary|study plan|meal plan|workout plan|travel plan|daily plan|schedule for|plan a|plan my|\
         plan for|roadmap|comprehensive strategy|how can i improve|how do i|\
         how can i|how should i|any tips|advice|steps to|recipe for|how long does it take|\
         how long should|составь план|план на|план тренировок|распорядок|маршрут на|посоветуй*|\
         как мне|дай совет|дорожн* карт*|как лучше|как подготовиться|\
         пошаговый план|рецепт",
    ),
    (
        PlanAdvise,
        4,
        "things to do|there to do|there to see|to do in|checklist|ways to|what do i do|what can i do|\
         can i sue|i ought|should be|when should|my credit score|checklist for|to eat|how can one|\
         how does one",
    ),
    (
        PlanAdvise,
        3,
        "recommend*|schedule|strategy|routine|goals|tips|guide|how to|^design a|^develop a|\
         ^create a plan|^plan|^how would i|^how long|^tell me how|safe to|do i need|best way|change my|\
         change a|cook*|calories|ingredient*|health*|as a beginner|guidelines|what steps|как научиться|\
         как сделать|как начать|как правильно|график|стратеги*|рекоменд*|советы|подготов*|^как",
    ),
    // Ideas
    (
        Brainstorm,
        6,
        "brainstorm*|ideas for|give me ideas|come up with|ideas about|list of ideas|names for|\
         suggest names|suggest some|some ideas|think of|new hypotheses|hypotheses|what are some|\
         book ideas|gift ideas|создай список идей|придумай название|придумай имя|придумай имена|идеи для|\
         накидай|варианты названи*|предложи варианты|мозгов* штурм|придумай* идеи|предложи иде*|\
         подкинь иде*",
    ),
    (
        Brainstorm,
        4,
        "list a few|provide a list|provide us with a list|create a list|list of the best|five most|\
         pros of|pros and cons|list of|proverb|a few popular|might like|similar to",
    ),
    (
        Brainstorm,
        3,
        "ideas|suggest*|creative|topics|subtopics|list of questions|interview questions|make a list|\
         ^list some|give some|^recommend|choose the best|possible names|please suggest|идеи|идей|\
         предложи|придумай|варианты",
    ),
    // Tables and data
    (
        DataAnalysis,
        6,
        "dataset|data set|csv|dataframe|pandas|column|columns|correlation|outlier*|standard deviation|\
         regression|normally distributed|normal distribution|linear model|machine learning model|\
         missing values|histogram|sql query|in the table|group by|null hypothesis|t test|p value|\
         preprocessing|датасет*|таблиц*|столбец|столбц*|корреляц*|выброс*|стандартное отклонение|\
         регресси*|гистограмм*|запрос sql|по данным|сгруппируй*|xlsx",
    ),
    (
        DataAnalysis,
        3,
        "mean|median|average|minimum|maximum|descending|ascending|distinct|ordered by|sorted by|\
         number of|for each|of each|the number|names and|name and|ids of|id of|id and|ids|of all|\
         how many|count of|what are the names|find the name|find the names|list the|show the|show all|\
         give the|return the|return all|grouped|at least|more than|highest|lowest|most common|along with|\
         alphabetical*|salary|records|rows|distribution|feature|среднее|медиан*|максимальн*|минимальн*|\
         по возрастанию|по убыванию|записи|строки таблицы|распределени*|with the most|with the largest|\
         with the highest|with the lowest|most number of|less than|in each|and number|first name|\
         last name|details of|details for|descriptions for|information about|do not have|that have|\
         who have|does not have|linear regression|new feature|and capacity|smallest number",
    ),
    (
        DataAnalysis,
        2,
        "^count|^what is the average|^how many|^find the|^list the|^show|^which|^return|^calculate the|\
         ^what are|whose|who have|that have|students|employees|airlines|flights|owners|dogs|singers|\
         concerts|stadium*|courses|departments|documents|matches|players|countries|cars|tv|cities|\
         professionals|templates|high schoolers|shops|orders",
    ),
    // Conversation
    (
        ChatRoleplay,
        6,
        "your name|are you|do you like|do you have|your favorite|your favourite|your hobbies|\
         who made you|who created you|who programmed you|your age|old are you|were you|where do you live|\
         you born|you from|talking to|a bot|chatbot|how are you|what's up|nice to meet|thank you|thanks|\
         ^hello|^hi|^hey|good morning|good night|goodbye|bye|i love you|tell me a joke|are human|a human|\
         act as|pretend you|pretend to be|roleplay|role play|you are a|as a pirate|let's play|\
         like a pirate|your boss|you a computer|you a robot|do you know|can you speak|what can you|\
         meaning of life|how would yoda|do you|what are you|who are you|как дела|как тебя зовут|ты кто|\
         кто ты|привет|спасибо|давай поиграем|представь что ты|ты пират|веди себя как|сыграй роль|\
         расскажи анекдот|расскажи шутку|ты робот|ты человек|сколько тебе лет|доброе утро|пока|\
         что ты умеешь|смысл жизни|ты любишь",
    ),
    (
        ChatRoleplay,
        2,
        "you|your|you're|youre|yourself|me|i'm|ты|тебя|тебе|твой|твоя|joke|funny|ai|feelings|bored|\
         conversation|chat|as a superhero|superhero",
    ),
];
