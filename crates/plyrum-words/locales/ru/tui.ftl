# Экран: слова беседы, панели шагов, одобрений и то, что общее для всех экранов.

app-name = Plyrum
too-small = Окно слишком мало для Plyrum.

# Экраны
screen-chat = Беседа
screen-lifecycle = Шаги
screen-approvals = Одобрения
screen-sessions = Сессии
screen-audit = Аудит
screen-usage = Расход
screen-models = Модели и провайдеры
new-conversation = новая беседа

# Первая строка
header-approvals = { $n ->
    [one] { $n } вопрос
    [few] { $n } вопроса
   *[many] { $n } вопросов
}
header-offline-daemon = нет демона
header-context = контекст { $percent } %
mode-default = сначала спросит
mode-plan = только план
mode-policy = политика: { $name }

# Последняя строка
status-today = сегодня { $today }
status-left = осталось { $left }
hint-send = отправить
hint-newline = строка
hint-mode = кому можно
hint-palette = команды
hint-help = справка
hint-stop = стоп
hint-queue = в очередь
hint-steer = сказать сейчас
hint-lifecycle = шаги
hint-scroll = листать
hint-bottom = конец
hint-copy = копия
hint-copy-code = копия кода
hint-details = подробно
hint-write = писать
hint-no = нет
hint-open = открыть
hint-drop = убрать
hint-finish = хватит
hint-next-run = другой запуск
hint-back = назад
hint-answer = ответ
hint-next-question = следующий
hint-chat = беседа
hint-pane = панель
hint-period = период
hint-filter = фильтр
hint-expand = раскрыть
hint-freeze = замереть
hint-export = выгрузить
hint-resume = продолжить
hint-search = поиск
hint-fork = копия
hint-rename = имя
hint-delete = удалить
hint-verify = проверить
hint-choose = выбрать
hint-next = дальше
hint-close = закрыть

# Ход беседы
turn-sending = отправляется…
turn-waits = ждём первых слов
turn-reasons = модель думает
turn-provisional = первое предложение; ответ его заменит
turn-ending = останавливается; израсходованное записывается
turn-parked = ждёт одобрения; ответить может любой клиент
turn-asks = ждёт вашего ответа
turn-cancelled = Остановлено. Написанное до этого остаётся, счёт — ниже.
turn-degraded = Меньше, чем задумано: некоторые модели не ответили.
turn-hint = что попробовать: { $hint }
turn-forked = Это копия; исходная беседа осталась как была.
no-conversation = Беседы ещё нет.
screen-turn-rewound = взято назад: модели об этом не говорят
screen-turn-inherited = из беседы, с которой снята эта копия
screen-picture = { $name } (картинка, { $size })
bill-over-direct = на { $extra } дороже одной модели
tool-asked = спрашивает
tool-more-lines = … ещё { $n ->
    [one] { $n } строка
    [few] { $n } строки
   *[many] { $n } строк
}
more-below = ниже есть ещё
more-below-live = ниже пишется ответ

notice-shrunk = { $from } стал { $to }: { $reason }
notice-retried = повтор через { $after }: { $cause }
notice-retried-as-asked = повтор через { $after }, как просит провайдер (Retry-After): { $cause }
notice-queued = ждёт очереди: у { $provider } идёт { $limit ->
    [one] { $limit } запрос
    [few] { $limit } запроса
   *[many] { $limit } запросов
}, больше он не берёт
notice-resting = { $provider }: ошибок подряд { $n }, не обращаемся к нему { $time }
notice-passed-over = { $model } пропускаем ещё { $time }: её провайдер слишком часто не отвечал подряд
notice-not-recorded = дальнейшее не записывается: { $reason }
notice-hedged = ответа нет уже { $after }: спрашиваем ещё и { $model }
notice-fallback = спрашиваем { $to }, потому что { $from }: { $cause }
notice-tool-refused = шаг { $step } вызвал инструмент { $tool }, которого ему не давали: ничего не сделано
notice-votes = голоса: { $groups }
notice-votes-open = голоса: { $groups }; двух одинаковых нет
notice-checked-passes = { $step } проходит проверку
notice-checked-exit = { $step } не проходит проверку: код выхода { $code }
notice-checked-why = { $step } не проходит проверку: { $why }
notice-budget = израсходовано { $percent } % бюджета ({ $scope }): { $spent } из { $limit }
notice-refused = нужно занять { $needed }, а есть { $available } ({ $setting })
notice-provider-says = провайдер говорит, что это стоило { $says }; по его цене здесь выходит { $charged }
scope-run = запуск
scope-session = сессия
scope-day = день
scope-month = месяц
scope-persona = персона
scope-project = проект
scope-provider = провайдер

# Запрос
price-free = бесплатно
queued = далее { $n }:
queue-back = То, что ждало, снова в редакторе и не отправлено.
queue-full = В очереди больше нет места; ваш текст снова в редакторе.
no-such-command = Нет команды /{ $name }. Все команды покажет ctrl+p.
no-such-profile = Профиль — это cheap, balanced или best.
no-such-effort = Усилие — это low, medium или high.
asked-effort = усилие { $effort }
asked-with = Отныне: { $what }
copied = Скопировано: { $bytes ->
    [one] { $bytes } байт
    [few] { $bytes } байта
   *[many] { $bytes } байт
}.
nothing-to-copy = Копировать пока нечего.
no-code-to-copy = В последнем ответе нет кода.
nothing-to-undo = Нет завершённого запуска, который можно отменить.
nothing-to-compact = Сжимать нечего, или беседа занята.
undone = { $n ->
    [one] { $n } файл возвращён
    [few] { $n } файла возвращены
   *[many] { $n } файлов возвращены
}{ $left ->
    [0] .
   *[other] ; не тронуто: { $left } — plyrum undo last
}
rewound = Взято назад. Текст снова в редакторе.
rewind-hint = ещё раз esc — взять последний ход назад
quit-hint = ещё раз ctrl+c — выход
run-goes-on = Запуск продолжается: его найдёт /runs.
run-goes-on-elsewhere = Запуск { $run } продолжается в своей беседе: его покажет /attach { $run }.
mouse-on = Колесо листает. Выделять текст — с клавишей shift.
mouse-off = Мышь у терминала: выделяйте текст как обычно.
keys-only-here = { $names } задан в этой оболочке, но не в демоне: plyrum daemon restart
answered-by = Ответ дал { $by }

# Демон
link-down = { $why } · ищем его; набранное не пропадёт
link-back = Демон снова на месте.
notify-approval = Plyrum: действие ждёт вашего ответа
notify-finished = Plyrum: ответ готов
farewell-run = Запуск { $run } продолжается: plyrum runs attach { $run }
farewell-session = Чтобы продолжить: plyrum -s { $session }

# Списки
pick-command = Что сделать
pick-model = Модель
pick-persona = Персона
pick-plan = План
pick-run = Запуски
pick-any-model = выберет маршрутизатор
pick-nothing = ничего не подходит

command-new = начать новую беседу
command-sessions = найти, продолжить или скопировать беседу
command-resume = продолжить беседу: её имя или last
command-fork = снять копию с этой беседы
command-rename = назвать эту беседу
command-rewind = взять последние ходы назад
command-compact = заменить старые ходы кратким пересказом
command-model = выбрать модель или auto
command-persona = выбрать персону
command-plan = выбрать план: direct, moa, vote, …
command-profile = cheap, balanced или best
command-effort = low, medium или high: как долго думать
command-approve = кому можно действовать: ask, read-only, workspace, plan
command-runs = последние запуски; присоединиться к идущему
command-attach = следить за запуском по имени
command-lifecycle = шаги последнего запуска
command-finish = ответить тем, что уже предложено
command-approvals = вопросы, которые ждут
command-undo = вернуть файлы, изменённые последним запуском
command-copy = скопировать последний ответ
command-code = скопировать последний кусок кода
command-details = показывать сделанное целиком или кратко
command-usage = деньги и расход
command-audit = записи аудита
command-models = модели, цены, состояние
command-mouse = листать колесом или оставить мышь терминалу
command-help = клавиши
command-quit = выйти; идущие запуски сохранятся

# Справка
help-title = Клавиши
help-everywhere = Везде
help-composer = Когда пишете
help-pager = Когда читаете (tab при пустом запросе)
help-approval = Когда спрашивают о действии
help-lifecycle = Шаги
help-list = Списки
help-usage = Расход
help-line = Когда набираете строку
help-commands = После /

# Шаги
lifecycle-step = шаг
lifecycle-model = модель
lifecycle-state = состояние
lifecycle-first = начало
lifecycle-time = время
lifecycle-tokens = токены
lifecycle-cost = цена
lifecycle-more-steps = и ещё { $n }
lifecycle-proposals = предложений: { $have } из { $of }
lifecycle-writes = пишет { $model }
lifecycle-held = не больше { $held }
lifecycle-none = Запусков пока нет.
lifecycle-none-more = Спросите что-нибудь: шаги появятся здесь сразу.
lifecycle-no-text = Слов, которые здесь хранились бы, нет.
lifecycle-not-droppable = Убрать можно только предложение, которое ещё пишется.
phase-waiting = ждёт
phase-queued = ждёт очереди
phase-connecting = спрошен
phase-first-token = начинает
phase-streaming = пишет
phase-done = готово
phase-cut = оборвано
phase-late = опоздал
phase-failed = ошибка
phase-cancelled = прекращён
phase-skipped = не нужен
kind-answer = отвечает
kind-propose = предлагает
kind-aggregate = пишет ответ из предложений
kind-vote = берёт самый частый ответ
kind-select = выбирает одно предложение
kind-tool = действует
quorum-quorum = Достаточно: { $have } из { $of } предложений
quorum-agreement = { $have } из { $of } предложений, и два совпали
quorum-weighed-agreement = { $have } из { $of } предложений, и самые весомые совпали
quorum-duplicates = { $have } из { $of } предложений, и они повторяют друг друга
quorum-one-fits = Годится без изменений: { $have } из { $of } предложений
quorum-finish-now = По вашей просьбе хватило { $have } из { $of } предложений
quorum-code-with-tests = { $have } из { $of } предложений, одно проходит проверку
quorum-none-passed = { $have } из { $of } предложений, и ни одно не проходит проверку

# Одобрения
approval-title = Можно это сделать?
approval-place = { $at } из { $of }
approval-deadline = осталось { $left }
approval-create = создать { $path }
approval-change = изменить { $path }
approval-remove = удалить { $path }
approval-because = спрашивает, потому что { $why }
approval-rule = «всегда» сохранит для этой рабочей папки правило:
approval-yes = да, в этот раз
approval-no = нет
approval-why = нет, и сказать модели почему
approval-end = нет, и закончить запуск
approval-session = да, и такое же в этой сессии
approval-always = да, и всегда в этой рабочей папке
approval-reason = почему нет?
approval-keys = цифра, или стрелки и enter · esc — нет
approval-more = ↓ ещё { $n ->
    [one] { $n } строка
    [few] { $n } строки
   *[many] { $n } строк
}: pgdn
approval-sent = отправлено…
duration-seconds = { $n } с
duration-minutes = { $n } мин
duration-hours = { $n } ч
duration-days = { $n } дн.
screen-approvals-none = Ничто не ждёт ответа.
approvals-none-more = Здесь появится то, о чём спрашивают запуски всех клиентов, и отложенное тоже.

# Первый экран
first-welcome = Добро пожаловать в Plyrum.
first-ready = О чём речь?
first-looking = ищем модели…
first-models = { $n ->
    [one] готова { $n } модель
    [few] готовы { $n } модели
   *[many] готово { $n } моделей
}
first-offline-only = отвечает по тексту, который вы дадите: без ключа, без сети, бесплатно
first-offline-too = цитирует данный ему текст, бесплатно
first-try = **Нажмите enter, чтобы попробовать прямо сейчас**, без всяких ключей.
first-add-key = Дайте провайдеру ключ: `plyrum providers login openai`. Или задайте `OPENAI_API_KEY` и `plyrum daemon restart`.
first-add-model = `plyrum providers list` покажет всех и причину, почему кто не используется; `--scan` поищет местные серверы.
first-doctor = `plyrum doctor` скажет, что и где искали.
first-ask = Пишите и жмите **enter**. Цена видна над запросом ещё до отправки.
first-commands = `/` начинает команду, **ctrl+p** покажет их все, **?** — клавиши.
first-files = `@` называет файл, который пойдёт вместе с запросом.
first-shell = `!` выполняет вашу команду по той же политике, что и команды модели.
first-resume = `/sessions` продолжит прежнюю беседу.
try-prompt = Что Plyrum обещает про деньги?
try-text =
    Plyrum — рабочее место для разговора с языковыми моделями в терминале. Ключами, деньгами и записями владеет демон; экран только показывает.
    Деньги на каждый запрос занимаются до его отправки, и ни один предел никогда не превышается. Plyrum обещает, что каждая сумма денег — одно число, точное до миллионной доли рубля, где бы её ни показывали.
    Ничто не выполняется без политики или записанного одобрения. Смесь моделей показывает свои шаги, предложения и цену.
    Всё это говорит по-русски и работает в любом терминале.
