# Что говорит командная строка. Команды, флаги, ключи и коды остаются такими, как их набирают.

## Ошибки и замечания

error = ошибка: { $message }
hint = подсказка: { $hint }
notice = примечание: { $text }
note = примечание: { $text }
warning = предупреждение: { $text }

## Ошибки с английским текстом — под их видом

error-failed = ошибка: не удалось: { $message }
error-provider-rejected = ошибка: провайдер отклонил запрос: { $message }
error-context-too-long = ошибка: не помещается в контекст модели: { $message }
error-storage = ошибка: диск или файлы: { $message }
error-interrupted = ошибка: запуск прерван: { $message }
error-cancelled-elsewhere = ошибка: запуск отменён другим клиентом: { $message }
error-internal = ошибка: сбой в самом Plyrum: { $message }
error-usage = ошибка: неверный вызов: { $message }
error-not-found = ошибка: не найдено: { $message }
error-ambiguous = ошибка: неоднозначно: { $message }
error-config = ошибка: конфигурация: { $message }
error-auth = ошибка: нет ключа или он не принят: { $message }
error-provider-unavailable = ошибка: провайдер недоступен: { $message }
error-approval-denied = ошибка: действие отклонено: { $message }
error-approval-needed = ошибка: нужно одобрение: { $message }
error-parked = ошибка: запуск ждёт одобрения: { $message }
error-budget = ошибка: не хватает бюджета: { $message }
error-balance = ошибка: не хватает средств на балансе: { $message }
error-price-unknown = ошибка: цена неизвестна: { $message }
error-provider-quota = ошибка: исчерпана квота у провайдера: { $message }
error-daemon-unreachable = ошибка: демон недоступен: { $message }
error-version-mismatch = ошибка: версии не совместимы: { $message }
error-schema-not-met = ошибка: ответ не подходит под схему: { $message }
error-turn-limit = ошибка: исчерпан предел ходов: { $message }
error-timeout = ошибка: время вышло: { $message }
error-cancelled = ошибка: отменено: { $message }

## На что может наткнуться любая команда

fault-stdout = не удаётся писать в стандартный вывод: { $why }
fault-stdin = не удаётся прочитать стандартный ввод: { $why }
fault-answer = не удаётся прочитать ответ: { $why }
fault-json = не удаётся записать JSON: { $why }
fault-id = не удаётся создать идентификатор: { $why }
fault-start = не удаётся начать: { $why }
fault-bad-row = в книге учёта есть строка с неверным идентификатором: { $why }
fault-read = не удаётся прочитать { $path }: { $why }
fault-write = не удаётся записать { $path }: { $why }
fault-create = не удаётся создать { $path }: { $why }
fault-write-to = не удаётся писать в { $path }: { $why }
fault-nothing-yet = ещё ничего не спрашивали
hint-ask = plyrum ask "ваш вопрос"
hint-more-of-id = наберите больше знаков идентификатора
hint-new-file = назовите файл, которого ещё нет
hint-say-yes = добавьте --yes
fault-time-range = время вне допустимых пределов
fault-clock = часы показывают недопустимое время

## Состояния

status-running = выполняется
status-succeeded = успешно
status-degraded = неполно
status-failed = неудача
status-cancelled = отменён
status-interrupted = прерван
status-parked = ждёт одобрения
status-detached = идёт сам по себе
outcome-ok = успешно
outcome-cut = оборвано
outcome-cancelled = отменено
outcome-failed = неудача
quality-reported = от провайдера
quality-estimated = оценка
quality-missing = нет данных
check-ok = ок
check-fail = СБОЙ
yes = да
no = нет
unknown = неизвестно
no-limit = без предела
total = всего

## Заголовки и подписи

col-run = запуск
col-started = начат
col-status = состояние
col-plan = план
col-session = сессия
col-cost = стоимость
col-model = модель
col-persona = персона
col-description = описание
col-steps = шаги
col-step = шаг
col-kind = вид
col-members = участников
col-models = модели
col-after = после
col-from = откуда
col-ready = готова
col-pictures = картинки
col-context = контекст
col-input-m = вход/млн
col-output-m = выход/млн
col-currency = валюта
col-key = ключ
col-value = значение
col-runs = запусков
col-attempts = попыток
col-requests = запросов
col-input = вход
col-cached = из кеша
col-output = выход
col-before = раньше
col-change = изменение
col-over-direct = сверх direct
col-right = верно
col-policy = политика
col-rule = правило
col-verdict = решение
col-matches = подходит
col-why = почему
col-at = где
col-budget = бюджет
col-per = за
col-limit = предел
col-spent = потрачено
col-held = занято
col-left = осталось
col-used = доля
col-set-by = задан
col-last-used = последний раз
col-turns = ходов
col-project = проект
col-title = название
col-asked = спрошено
col-told = для модели
col-bytes-asked = байт вопроса
col-answered = ответа
col-price = цена
col-input-rub = вход ₽
col-output-rub = выход ₽
col-also = ещё
col-since = с
col-where = где
col-version = версия
col-meter = счётчик
by-model = модель
by-provider = провайдер
by-persona = персона
by-role = роль
by-session = сессия
by-project = проект
by-day = день
by-hour = час

## plyrum ask: до запуска

fault-many-files = приложить можно не больше { $n ->
    [one] { $n } файла
    [few] { $n } файлов
   *[many] { $n } файлов
}
fault-many-pictures = с одним запросом можно послать не больше { $n ->
    [one] { $n } картинки
    [few] { $n } картинок
   *[many] { $n } картинок
}
fault-nothing-to-ask = нечего спрашивать: нет ни вопроса, ни файла, и стандартный ввод пуст
fault-directory = это каталог: { $path }; --file принимает файлы
fault-schema-directory = это каталог: { $path }; --schema принимает файл
fault-schema-too-large = слишком велико: { $path }; схема может занимать { $kib } КиБ
fault-schema = схема { $path }: { $why }
hint-schema = схема выглядит так: {"{"}"type": "object", "properties": {"{"}"name": {"{"}"type": "string"{"}"}{"}"}{"}"}
fault-too-large = слишком велико: { $what }; всё приложенное может занимать { $mib } МиБ
hint-attach-less = приложите меньше или сначала обрежьте, например с помощью head -c
fault-picture-too-large = слишком велико: { $what }; одна картинка может занимать { $kib } КиБ
hint-smaller-picture = уменьшите её или вырежьте то, что важно
fault-not-utf8 = это не текст в UTF-8 (не читается байт { $at }) и не PNG, JPEG, WebP или GIF: { $what }
hint-iconv = сначала перекодируйте, например: iconv -f CP1251 -t UTF-8
standard-input = стандартный ввод
standard-output = стандартный вывод
fault-stdin-failed = чтение стандартного ввода не удалось
ask-waits-for-file = ожидается конец { $path }
fault-file-timeout = файл { $path } не закончился за { $seconds } с
ask-waits-for-stdin = ожидается конец стандартного ввода; --no-stdin спросит без него
fault-stdin-timeout = стандартный ввод не закончился за { $seconds } с
hint-no-stdin = --no-stdin спросит без него
fault-not-a-prompt = это не вопрос

## plyrum ask: если конец раньше времени

fault-output-cut = вывод прерван сигналом
fault-left-early = команда завершена раньше запуска
hint-explain-bill = plyrum explain { $run } покажет счёт
fault-does-not-end-run = демон не завершает запуск
fault-daemon-died = демон погиб посреди запуска
hint-explain-cost = plyrum explain { $run } покажет, во что он обошёлся
hint-runs-list = plyrum runs list покажет, что с ним стало
fault-cancelled-early = отменено до начала запуска
hint-taken-all-the-same = возможно, он всё же принят: plyrum runs list
fault-signals = не удаётся принимать сигналы: { $why }
fault-parked = запуск { $run } приостановлен: действие ждёт одобрения { $approval }
hint-parked = plyrum approvals list покажет его; { $resume } или plyrum deny { $approval }
fault-result = результат не удаётся записать: { $why }
fault-no-code = в ответе нет блока кода
hint-no-extract = спросите без --extract, чтобы увидеть ответ
fault-daemon-gone = демона больше нет

## plyrum ask: что говорится по дороге

ask-offline = модель не настроена, поэтому отвечает встроенный экстрактор без сети: он цитирует данный ему текст и ничего не выдумывает. Чтобы спросить модель, дайте провайдеру ключ: plyrum providers list
ask-key-not-in-daemon = переменная задана в этой оболочке, но не у демона: { $names }; plyrum daemon restart
ask-context = контекст { $model }: { $used } из { $of } токенов; ходов послано: { $sent }, ещё в сводке: { $summarised }
ask-context-nearly-full = разговор занимает { $used } токенов из { $limit }, отведённых под него у { $model }; скоро самые старые ходы перестанут посылаться: plyrum sessions compact
ask-context-shortened = прежние ходы ({ $turns }) слишком велики для { $model } (токенов: { $of }) и посылаются без приложенного
ask-context-left-out = самые старые ходы ({ $turns }) не помещаются в { $model } (токенов: { $of }) и не посылаются; plyrum sessions compact поставит на их место сводку
ask-again = повтор через { $wait }: { $cause }
ask-again-as-asked = повтор через { $wait }, как просит провайдер (Retry-After): { $cause }
ask-queued = ждёт очереди: у { $provider } идёт { $limit ->
    [one] { $limit } запрос
    [few] { $limit } запроса
   *[many] { $limit } запросов
}, больше он не берёт
ask-resting = { $provider }: ошибок подряд { $n }, до { $at } к нему не обращаемся
ask-passed-over = { $model } не спрашиваем: её провайдер слишком часто не отвечал подряд и отдыхает до { $at }
ask-once-more = ещё один запрос: { $cause }
ask-became = { $from } заменён на { $to }: { $why }
ask-budget = израсходовано { $percent } бюджета { $scope }: { $spent } из { $limit } ({ $setting })
ask-provider-says = по словам провайдера, это стоило { $says }, по здешней цене — { $ours }: посмотрите plyrum explain
ask-not-recorded = дальнейшее не записывается: { $why }
ask-fallback = вместо { $from } спрашиваем { $to }: { $cause }
ask-hedged = ответа нет уже { $took }: спрашиваем ещё и { $model }
ask-tool-refused = шаг { $step } вызвал инструмент { $tool }, которого ему не давали: ничего не сделано
ask-nobody-cheaper = каскад здесь ничего не сбережёт: двух моделей дешевле и почти не хуже { $model } нет, спрашиваем только её
ask-checked-passes = { $step } проходит проверку
ask-checked-exit = { $step } не проходит проверку: код выхода { $code }
ask-checked-why = { $step } не проходит проверку: { $why }
ask-approved = одобрено
ask-by-rule = политика { $policy }, правило «{ $rule }»
ask-resolved-approved = одобрено: { $by }
ask-resolved-denied = отклонено: { $by }
ask-resolved-expired = срок истёк: { $by }
ask-answer = Ответ:
ask-degraded = ответ короче, чем мог бы быть: он дошёл до предела вывода или потерял шаг
ask-over-hold = провайдер израсходовал больше удержанного на { $over }; plyrum explain { $run }
ask-cost = { $cost } · { $model } · вход { $input }, выход { $output }{ $quality } · { $took } · запуск { $run }
ask-cost-labelled = Стоимость: { $cost } · { $model } · вход { $input }, выход { $output }{ $quality } · { $took } · запуск { $run }
ask-over-direct = { $cost } (на { $extra } дороже direct)
ask-no-model = без модели

## plyrum ask -v и --dry-run

step-accepted = сессия { $session }, персона { $persona }
step-routed = намерение { $intent }, риск { $risk }, язык { $language }
step-planned = план { $plan }, { $price }
step-held = занято { $amount }
step-hold-refused = удержание отклонено: нужно { $needed }, есть { $there } ({ $setting })
step-attempt = попытка { $attempt }: { $model }, № { $try }
step-queued-so-long = очередь подошла через { $took }
step-probe = этот запрос проверяет, отвечает ли провайдер снова
step-first-token = первый токен через { $took }
step-attempt-finished = { $outcome } через { $took }, { $cost }
step-quorum = предложений: { $have } из { $of } через { $took } ({ $why })
step-late = шаг { $step } опоздал
step-votes = голоса: { $groups }
step-votes-open = голоса: { $groups }; двух одинаковых нет
step-unfit = ответ шага { $step } не годится: { $why }
dry-plan = план { $plan }
dry-price = цена { $price }
dry-price-unknown = цена неизвестна
price-range = от { $low } до { $high }
dry-unpriced = цена неизвестна и сюда не входит: { $models }
dry-check = проверка каждого предложения в { $file }: { $command }
because = потому что: { $reason }

## plyrum approvals, approve, deny, undo

approvals-none = ничто не ждёт ответа
approvals-deadline = срок ответа
fault-answered-before = на вопрос { $approval } уже ответили: { $status } ({ $by })
hint-first-answer = считается первый ответ: plyrum approvals list --all
approvals-answered = { $status } { $approval }: { $action }
undo-restored = восстановлено { $path }
undo-removed = удалено { $path }
undo-left = оставлено { $path }
undo-nothing = { $workspace }: всё так, как было до запуска

## plyrum audit

fault-audit = журнал аудита: { $why }
fault-since-until = начало позже конца: --since должно быть раньше --until
audit-exported = { $n ->
    [one] { $n } запись
    [few] { $n } записи
   *[many] { $n } записей
} в { $path }; проверить их: plyrum audit verify --file { $path }
audit-only-last = показаны только последние: { $limit }; -n покажет больше
audit-nothing-pruned = пока ничего не удалено: добавьте --yes; plyrum audit export сохранит копию
audit-prune-none = нет файла, в котором все записи старше { $before }
audit-prune-file = { $file }  записи с { $first } по { $last }, байт: { $bytes }
audit-pruned = { $files ->
    [one] { $files } файл
    [few] { $files } файла
   *[many] { $files } файлов
}, записей: { $records }, байт: { $bytes } — удалено
audit-would-prune = { $files ->
    [one] { $files } файл
    [few] { $files } файла
   *[many] { $files } файлов
}, записей: { $records }, байт: { $bytes } — было бы удалено
audit-ok = ок: { $records ->
    [one] { $records } запись
    [few] { $records } записи
   *[many] { $records } записей
} в { $files ->
    [one] { $files } файле
    [few] { $files } файлах
   *[many] { $files } файлах
}, последний хеш { $head }
audit-ok-from = ок: { $records ->
    [one] { $records } запись
    [few] { $records } записи
   *[many] { $records } записей
} в { $files ->
    [one] { $files } файле
    [few] { $files } файлах
   *[many] { $files } файлах
}, начиная с записи { $first }, последний хеш { $head }
audit-broken = ПОВРЕЖДЕНО после { $records ->
    [one] { $records } исправной записи
    [few] { $records } исправных записей
   *[many] { $records } исправных записей
}: { $problem }
audit-no-head = нет
audit-record = запись { $seq }
audit-forged = журнал продолжается за концом, который книга учёта помнит с последней остановки: записи подделаны или книга — более старая копия
audit-no-ledger = журнал рассказывает о движениях ({ $n }), а книги учёта рядом нет

## plyrum balance

fault-top-up-zero = пополнение на 0 рублей ничего не добавляет
balance-paid-debt = { $paid } из этого ушло на погашение долга
balance-mode = режим
balance-posted = на счёте
balance-held = занято
balance-available = доступно

## plyrum bench

hint-make-report = создайте его: scripts/cost-report.sh
fault-no-report = это не отчёт о стоимости: { $path }: { $why }
fault-report = отчёт { $path }: { $why }
bench-total = всего { $total }, основание: { $evidence }
bench-replayed = Те же планы, воспроизведённые на записанных ответах настоящих моделей:

## plyrum feedback

feedback-taken = { $verdict }, учтено для { $model } в области { $domains } (запуск { $run })
feedback-same = { $verdict }: о запуске { $run } это уже сказано
feedback-back = оценка снята: для { $model } в области { $domains } она больше не учитывается (запуск { $run })
feedback-nothing = о запуске { $run } ничего не сказано, снимать нечего
feedback-good = хорошо
feedback-bad = плохо
hint-bench-data = назовите каталог с данными: --data КАТАЛОГ
fault-bench-name = нет ни группы, ни стратегии `{ $name }`
hint-bench-names = есть: { $names }
bench-cell = { $panel } · { $task } · вопросов: { $questions } · лучшая модель { $best } · хотя бы одна права в { $oracle } %
bench-kept = Группы, которым общее голосование помогает, в пунктах к лучшей, и сколько от этого сохраняется:
bench-drawn = Группы из пяти почти равных, взятые наугад из всех записанных моделей, в пунктах к лучшей:
bench-quorum = Когда готова группа из шести, в миллисекундах: все или кворум из пяти с отсрочкой:
bench-reading = Ответы в полных текстах прочитаны так же, как в данных: { $tasks }
bench-calibration = Кто допущен к голосованию, по этим ответам:
col-arm = стратегия
col-accuracy = верно, %
col-over-best = к лучшей
col-interval = 95 %
col-over-vote = к голосованию
col-task = задание
col-panels = групп
col-kept = сохранено
col-vote-wins = голосование лучше
col-vote-over-best = голосуют все
col-auto-over-best = auto
col-auto-loses = auto хуже
col-size = замер
col-all-p50 = все, p50
col-all-p95 = все, p95
col-quorum-p50 = кворум, p50
col-quorum-p95 = кворум, p95
col-p95-saved = p95 короче
col-late = опоздало
col-calls = запросов
col-chars = знаков
col-p50 = p50, мс
col-p95 = p95, мс
col-domain = область
col-made-from = по чему
col-too-weak = отсев от, ‰
col-min-members = участников
col-shipped = в программе
word-yes = да
word-no = нет
fault-no-weights = в этой программе нет весов маршрутизатора: решают одни правила
bench-weights = Веса { $weights }; доли — от единицы, времена — в микросекундах
col-figure = показатель
col-rows = строк
col-aim = цель
col-reached = достигнута
col-rows-of = на чём
col-was = было
col-taken-for = принято за

## plyrum budget

budget-none = ни один бюджет не задан: plyrum budget set day 300
budget-each = каждый
budget-day = день
budget-month = месяц
budget-total = всё время
budget-set-day = на день: { $limit }
budget-set-month = на месяц: { $limit }
budget-set-each-run = на каждый запуск: { $limit }
budget-set-each-session = на каждую сессию: { $limit }
budget-set = { $scope }: { $limit }
budget-set-per-day = { $scope } в день: { $limit }
budget-set-per-month = { $scope } в месяц: { $limit }
budget-set-in-all = { $scope } за всё время: { $limit }
fault-budget-per = у бюджета { $scope } нет --per
fault-budget-which = не сказано, чей бюджет: { $scope }:ИМЯ
fault-budget-on = бюджет нельзя задать на «{ $scope }»
hint-budget-on = day, month, run, session[:ID], persona:NAME, provider:NAME или project[:DIR]
fault-dir = каталог { $dir }: { $why }
fault-dir-text = путь каталога { $dir } — не текст
fault-two-ways = сумму «{ $text }» можно понять двояко
hint-two-ways = напишите 1000 или, если это один рубль, 1.000
fault-no-amount = это не сумма в рублях: «{ $text }»: { $why }
fault-negative = сумма не может быть отрицательной: «{ $text }»

## plyrum config

config-fine = всё в порядке
hint-config = исправьте файл; plyrum config check

## plyrum daemon

fault-does-not-end = демон не завершается
fault-process-does-not-end = демон (процесс { $pid }) не завершается
hint-force = plyrum daemon stop --force убьёт его, и следующий старт проведёт оставшееся; plyrum daemon logs
hint-device = система не может его завершить: он ждёт устройство
hint-lock = plyrum daemon logs; номер процесса — в daemon.lock
daemon-killed-silent = процесс { $pid } не отвечал и был убит
daemon-killed-endless = процесс { $pid } не завершался и был убит
daemon-cancels = { $n ->
    [one] отменяется и проводится { $n } запуск
    [few] отменяются и проводятся { $n } запуска
   *[many] отменяются и проводятся { $n } запусков
}; plyrum daemon drain дал бы сначала закончить
daemon-audit-problem = журнал аудита не записывается, поэтому платные запуски не начинаются: { $problem }
daemon-audit-broken = журнал аудита оказался повреждён: { $what } (plyrum audit verify)
daemon-running = работает: процесс { $pid }, версия { $build }, { $runs ->
    [one] { $runs } активный запуск
    [few] { $runs } активных запуска
   *[many] { $runs } активных запусков
}
daemon-books = завершается: процесс { $pid } проводит выполненное
daemon-draining = завершается: процесс { $pid }, версия { $build }, осталось { $runs ->
    [one] { $runs } запуск
    [few] { $runs } запуска
   *[many] { $runs } запусков
}
daemon-stuck = завис: процесс { $pid } жив и не отвечает
daemon-deaf = не слушает: блокировка у процесса { $pid }; он медленно стартует или завис
daemon-stopped = не работает; запустится сам, когда понадобится
fault-no-log = журнала ещё нет
fault-file = файл { $path }: { $why }

## plyrum doctor

doctor-daemon = демон
doctor-home = каталоги
doctor-config = настройки
doctor-environment = окружение
doctor-sandbox = песочница
doctor-models = модели
doctor-place = диск
doctor-copies = копии
doctor-ledger = учёт
doctor-audit = аудит
doctor-cannot-audit = он не может писать журнал аудита: { $problem }
doctor-cannot-audit-hint = пока не сможет, платные запуски не начинаются; он пробует сам
doctor-audit-broken = он нашёл журнал аудита повреждённым: { $what }
doctor-daemon-running = { $status }; у него окружение той оболочки, что его запустила
doctor-home-is = данные в { $data }, сокет { $socket }
doctor-config-is = { $path }: { $providers ->
    [one] { $providers } провайдер
    [few] { $providers } провайдера
   *[many] { $providers } провайдеров
}, { $models ->
    [one] { $models } модель
    [few] { $models } модели
   *[many] { $models } моделей
}
doctor-none = нет
doctor-environment-is = эта оболочка: PLYRUM_HOME, PLYRUM_LANG, LC_ALL, LC_MESSAGES, LANG, TZ, NO_COLOR; демон берёт у своего запустившего: ключи провайдеров, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE (переменные с ключами здесь: { $keys })
fault-program = неизвестно, где лежит эта программа: { $why }
doctor-sandbox-full = полная: bubblewrap и seccomp, { $n ->
    [one] выдержана { $n } проверка
    [few] выдержано { $n } проверки
   *[many] выдержано { $n } проверок
}; политики могут разрешать команды
doctor-sandbox-part = { $level }: о каждой команде спрашивается всякий раз, что бы ни говорили политики ({ $failed })
doctor-models-config = неизвестно, пока не исправлена конфигурация
doctor-models-daemon = неизвестно, пока не работает демон: ключи читает он
doctor-models-auto = готово { $ready } из { $all }; выбирает маршрутизатор
doctor-models-default = готово { $ready } из { $all }; модель по умолчанию, { $model }, готова
doctor-models-default-not = готово { $ready } из { $all }; модель по умолчанию, { $model }, не готова: { $why }
doctor-models-unknown = демон её не знает
doctor-models-hint = plyrum models list; после смены переменной окружения: plyrum daemon restart
doctor-local = { $dir } — на местном диске
doctor-shared = { $dir } — на { $kind }, доступной и другим машинам: книга учёта цела, только пока ею пользуется одна из них
doctor-network = { $dir } — на { $kind }, сетевой файловой системе, где журнал SQLite не работает: книга учёта там не открывается
doctor-network-hint = укажите в PLYRUM_HOME каталог на местном диске
doctor-nothing = ещё ничего не проведено
doctor-original = эта книга учёта — не копия
doctor-copy = этот каталог — копия: та же книга учёта всё ещё лежит в { $path }
doctor-copy-hint = пользуйтесь одной из двух: обе тратили бы одни и те же деньги, и каждая не знала бы трат другой
doctor-proofs = { $n ->
    [one] сходится { $n } проверка
    [few] сходятся { $n } проверки
   *[many] сходятся { $n } проверок
}

## plyrum ledger

ledger-log-intact = журнал аудита таков, каким был записан
ledger-log-verified = { $n ->
    [one] проверена { $n } запись
    [few] проверены { $n } записи
   *[many] проверено { $n } записей
}
fault-reason-empty = причина (--reason) пуста
hint-reason = скажите почему — для того, кто будет читать книги
ledger-corrected = исправлено на { $amount }; на счёте { $posted }, доступно { $available }

## plyrum models, plans, personas

plan-head = { $plan }: { $description } ({ $fan }, откуда: { $from })
models-pictures = да
models-no-pictures = нет
models-ready = да
models-named-only = да, только по имени
models-not-ready = нет: { $why }
models-left-out = { $n ->
    [one] { $provider }: { $n } имя из списка не может быть идентификатором и пропущено
    [few] { $provider }: { $n } имени из списка не могут быть идентификаторами и пропущены
   *[many] { $provider }: { $n } имён из списка не могут быть идентификаторами и пропущены
}
models-nobody-to-ask = спросить некого: причины покажет plyrum providers list
models-no-list = { $provider } не дал списка, остаётся прежний: { $why }
models-renewed = { $provider }: моделей { $n }, новых { $added }, исчезло { $gone }

## plyrum bench overhead

fault-rounds = для --rounds годится число от 1 до { $most }
fault-bench-daemon = демона этого замера больше нет
fault-bench-answer = в ответе не было ни одного токена
bench-left = не удалено: { $path }
bench-median = медиана, мс
bench-p95 = p95
bench-worst = худшее
bench-warm-ask = plyrum ask, демон готов, вся команда
bench-first = первый токен через демона
bench-raw-first = первый токен, простой HTTP-клиент
bench-fsync = один сброс на диск
bench-long = ответ из { $n } токенов через демона
bench-raw-long = то же, простой HTTP-клиент
bench-sum = Прибавлено к первому токену сверх одного сброса: { $first } мс. Прибавлено к каждому токену: { $delta } мкс.

## plyrum providers

col-provider = провайдер
col-usable = готов
col-wire = протокол
providers-not-ready = нет
providers-resting = отдыхает до { $at }: ошибок подряд { $n }
providers-probing = проверяется снова: ошибок подряд { $n }
providers-queue = да, идёт запросов: { $n } из { $limit }, ждёт: { $waiting }
providers-by-proxy = через прокси { $proxy } ({ $origin })
providers-ca = сертификаты из { $files }
providers-origin-environment = окружение
providers-busy = да, идёт запросов: { $n } из { $limit }
providers-version = да, версия { $version }
providers-none-found = Других серверов на этой машине не найдено; искали: { $names }.
providers-found = Найден { $preset } по адресу { $url }: { $models }. Добавить: plyrum providers add { $preset }
providers-in-the-open = ключ уходит туда открыто (http)
providers-added = { $name } добавлен в { $file }. Его модели: plyrum models list --refresh --provider { $name }
providers-replaced = Он заменяет провайдера { $name }, который идёт с Plyrum.
providers-replaced-key = Ключ по-прежнему берётся из { $variable }; другую переменную задаёт --key-env.
providers-answered = { $name } отвечает: { $models ->
    [one] { $models } модель
    [few] { $models } модели
   *[many] { $models } моделей
} в списке, { $ms } мс
providers-key-of = Ключ { $name } (не показывается):
providers-key-kept = Ключ хранится в { $file }; прочесть его можете только вы.
providers-key-untried = У { $name } нет списка моделей, поэтому проверить ключ не на чем.
providers-key-gone = Ключ из { $file } удалён.
providers-variable-first = { $name } задана в этой оболочке: если она есть и у демона, берётся она.
fault-provider-offline = провайдер { $name } — часть Plyrum и остаётся собой: выберите другое имя
fault-provider-kind = сервер { $name } здесь не известен: укажите --kind и --url
fault-no-provider = нет провайдера { $name }
fault-login-elsewhere = ключ { $name } берётся из файла или команды, как сказано в config.toml: меняйте там
fault-no-key = ключа { $name }, введённого через login, нет
key-called-off = отменено
fault-key-empty = ключ пуст
fault-key-blank = в ключе есть пробелы или управляющие символы
fault-key-long = ключ длиннее 16 КиБ

## plyrum explain

explain-run = запуск { $run } · { $status } · план { $plan } · { $at }
explain-no-request = запросов не было
explain-total = всего { $amount }
explain-total-unpriced = всего: цена неизвестна
explain-repeats = { $amount } из этого — за повторы
explain-wasted = { $amount } из этого — за неудачные, оборванные или отменённые попытки
explain-extra = на { $amount } дороже, чем спросить одну лучшую модель
explain-unbilled = без списания { $n ->
    [one] { $n } попытка
    [few] { $n } попытки
   *[many] { $n } попыток
}: не отправлены или ничего не израсходовали
explain-unpriced = без известной цены { $n ->
    [one] { $n } попытка
    [few] { $n } попытки
   *[many] { $n } попыток
}
explain-unresolved = не закрыта или возвращена
explain-try-unpriced = попытка № { $try }, потому что предыдущая: { $cause }; сколько стоил этот повтор, неизвестно
explain-try = попытка № { $try }, потому что предыдущая: { $cause }; этот повтор стоил { $amount }
explain-fallback = запасной вариант вместо { $model } у { $provider }: { $cause }
explain-check-passed = код прошёл проверку за { $took }
explain-check-exit = код не прошёл проверку: код выхода { $code }, спустя { $took }
explain-check-why = код не прошёл проверку: { $why }
explain-hedged = спрошена рядом с { $attempt }: та молчала { $took }
explain-after = повторена через { $took }
explain-after-as-asked = повторена через { $took }, как просил провайдер (Retry-After)
explain-queued = ждала очереди к { $provider }: { $took }; в других числах этого времени нет
explain-probe = проверяла, отвечает ли { $provider } снова
explain-rest = после неё к { $provider } не обращались до { $at }: ошибок подряд { $n }
explain-routed = понято как { $intent } ({ $confidence }), { $shape }; риск { $risk }
explain-planned = этот план: { $reasons }
explain-votes = голоса, подсчёт шага { $step }:
explain-votes-open = голоса, подсчёт шага { $step }, двух одинаковых нет:
votes-line = { $answer }: { $who }
votes-untold = ответа не разобрать
explain-passed-over = { $model } не спрашивали: её провайдер слишком часто не отвечал подряд и отдыхал до { $at }
explain-never-sent = не отправлялась: удержание возвращено
explain-nothing-used = ничего не израсходовано и не сообщено: не списано ничего
explain-open = ещё не закрыта
explain-usage = расход
explain-cache = кеш
explain-per-million = за миллион
explain-each = за штуку
explain-no-price = цена неизвестна
explain-sum = сумма
explain-exchange = курс
explain-rate = RUB за { $currency } (курс { $version })
explain-in-rubles = в рублях
explain-rounded = RUB, однажды округлено вверх
explain-price-version = версия цены
explain-cost = стоимость
explain-owed = долг
explain-over-its-hold = сверх удержания
explain-provider-says = по провайдеру
explain-from-ours = { $amount } от нашего
explain-estimated = оценено по байтам: провайдер ничего не сообщил
explain-estimated-wrong = оценено по байтам: сообщение провайдера не может быть верным: { $raw }
explain-held = удержано { $amount }
explain-over-by = сверх удержания на { $amount }
explain-same = пересчитано: то же
explain-limited = пересчитано: { $amount }, но оценка не бывает больше удержания
explain-no-figure = пересчитывать нечего
explain-different = пересчитано: РАСХОДИТСЯ, { $amount }
explain-different-none = пересчитано: РАСХОДИТСЯ, нет числа
explain-review = отмечено для проверки
cache-hit = попадание
cache-first = мимо: первый запрос сессии к этой модели
cache-changed = мимо: сообщение { $message } отличается от прежнего запроса
cache-short = мимо: общих токенов не больше { $tokens }, а провайдеры кешируют от { $least }
cache-expired = мимо: минут с прежнего запроса — { $minutes }, а провайдеры хранят около 5
cache-missed = мимо: провайдер не воспользовался им по неизвестной здесь причине
cache-unknown = неизвестно: провайдер этого не сообщил

## plyrum policy

fault-no-ask-policy = нет политики «ask»
policy-dry = не записано:
policy-written = записано в { $path }:
fault-rule-names = правило называет команду, путь или хост
hint-rule = plyrum policy add --verdict allow --why 'своя программа' -- cargo run
fault-rule = правило: { $why }
fault-no-effect = правило ничего не изменит: { $why }
policy-matched = из записанных действий ({ $all }) подошло бы { $n }
policy-matched-last = из последних записанных действий ({ $all }) подошло бы { $n }
fault-cwd = текущий каталог: { $why }
policy-removed = правило { $rule } удалено из { $path }
fault-one-object = инструмент проверяется на одном пути или адресе
fault-no-tool = нет инструмента «{ $tool }»
fault-no-command = не сказано, какую команду проверить
fault-long-line = строка стандартного ввода длиннее 1 МиБ
fault-not-json = строка стандартного ввода — не строка JSON: { $why }
policy-by-rule = по правилу «{ $rule }» в { $file }:{ $line }
policy-by-none = ни по одному из правил { $file }

## plyrum prices

fault-list = список { $path }: { $why }
hint-list = скачайте список заново; --from называет его формат
fault-provider = неверный --provider: { $why }
fault-no-file = нет такого файла: { $path }
prices-none-asked = ни одной из запрошенных
prices-counts = { $feed }: в списке { $total }, { $counts }
prices-count = { $verdict }: { $n }
prices-new = новая
prices-changed = изменилась
prices-jump = скачок
prices-unknown = неизвестна
prices-refused = отвергнута
prices-not-text = не для текста
prices-unchanged = прежняя
prices-not-told = не сказано
prices-not-read = не прочитано: { $names }
prices-added = { $n ->
    [one] добавлена { $n } цена
    [few] добавлены { $n } цены
   *[many] добавлено { $n } цен
} в { $path }
prices-nothing = добавлять нечего: ни одна цена не изменилась
fault-jumps = не взято: { $n ->
    [one] { $n } цена
    [few] { $n } цены
   *[many] { $n } цен
}, впятеро больше или меньше действующей
hint-jumps = посмотрите её в списке выше, затем возьмите с --allow-jumps --only МОДЕЛЬ
fault-nothing-added-terminal = ничего не добавлено: нет терминала, чтобы спросить согласия
hint-list-yes = посмотрите список выше, затем добавьте --yes
prices-confirm = добавить { $n ->
    [one] { $n } цену
    [few] { $n } цены
   *[many] { $n } цен
} в { $path }? [y/N]
fault-nothing-added = ничего не добавлено
hint-another-import = другой импорт успел раньше: повторите команду и посмотрите её список
hint-fewer-models = возьмите меньше моделей с --only
prices-tiers-fees = ступени, сборы
prices-tiers = ступени
prices-fees = сборы
prices-not-holding = { $model } (не действует)
prices-unknown-why = неизвестна: под неё нельзя ни удержать, ни списать (config.toml или plyrum prices import)
prices-holds = действует
prices-always = всегда
prices-from = с
prices-where = где
prices-source = источник
prices-seen = увидена
prices-version = версия
prices-label = цена
prices-above = { $meter } при входе больше { $n } токенов
prices-no-rate = нет курса
prices-per-million-tokens = за миллион токенов
prices-per-request = за запрос
prices-per-unit = за штуку
prices-of-day = цены на { $day } (UTC), за миллион токенов; plyrum prices list МОДЕЛЬ покажет всё об одной
prices-fx = 1 { $currency } = { $rate } ₽, считается как { $charged } ({ $date }, { $source })
prices-fx-age = 1 { $currency } = { $rate } ₽, считается как { $charged } ({ $date }, { $n ->
    [one] давность { $n } день
    [few] давность { $n } дня
   *[many] давность { $n } дней
}, { $source })
fault-day = это не день вроде 2026-11-20: --on { $text }
hint-did-you-mean = возможно, «{ $near }»? plyrum prices list --all покажет все
hint-prices-all = plyrum prices list --all покажет все
fault-no-model = нет цен модели «{ $model }»
fault-unit = неверный --unit { $text }: пишите так: web_search=2
fault-price-unknown = цена: { $why }
hint-price-unknown = plyrum prices import ФАЙЛ или цена в config.toml
quote-head = { $model }, цены на { $day } (версия { $version }), 1 { $currency } = { $fx } ₽
quote-cost = стоимость
quote-hold = удержание

## plyrum route

route-intent = намерение
route-risk = риск
route-domains = области
route-answer = ответ
route-plan = план
route-model = модель
route-not = исключена
route-router = решили
route-because = потому что: { $reason }
route-expected = прямой ответ: около { $cost }, { $took }
route-cost = прямой ответ: около { $cost }
route-latency = прямой ответ: около { $took }
route-quality = права в { $quality } случаев: { $grounds }
route-stated = указано в настройках
route-measured = измерено на { $n ->
    [one] { $n } записанном ответе
    [few] { $n } записанных ответах
   *[many] { $n } записанных ответах
}
route-verdicts = ваши оценки: хорошо — { $good }, плохо — { $bad }

## plyrum runs

runs-none = запусков ещё не было
label-run = запуск
label-session = сессия
label-status = состояние
label-plan = план
label-model = модель
label-cost = стоимость
label-error = ошибка
fault-session-unreadable = сессию { $session } не удаётся прочитать: { $why }
fault-not-finished = запуск { $run } не закончен

## plyrum sessions

sessions-none = сессий ещё нет
sessions-none-of-project = у этого проекта нет сессий
sessions-behind = { $n ->
    [one] { $n } сессии
    [few] { $n } сессий
   *[many] { $n } сессий
} ещё нет в указателе; повторите чуть позже
sessions-nothing-found = ничего не найдено
fault-no-words = не сказано, что искать
fault-dir-look = не удаётся открыть каталог { $dir }: { $why }
fault-dir-utf8 = путь каталога { $dir } — не в UTF-8
hint-dir = назовите существующий каталог
sessions-resumed = сессия { $session } ({ $title }) теперь последняя: plyrum ask -c "…"
label-title = название
label-project = проект
label-copy = копия
label-begun = начата
label-last-used = последний раз
label-context = контекст
sessions-copy-of = сессии { $session } до запуска { $run }
sessions-cost = { $cost }, ходов: { $turns }
meter-used = { $percent } · около { $used } из { $of } токенов { $model } (прежним ходам можно занять { $limit }): посылается ходов: { $sent }
meter-shortened = (из них урезано: { $n })
meter-summarised = сводкой заменено: { $n }
meter-left-out = самых старых не помещается: { $n }
turn-sent = посылается
turn-summarised = в сводке
turn-left-out = не помещается
turn-unanswered = без ответа
turn-rewound = взят назад
turn-summary = сводка
turn-old-summary = старая сводка
turn-inherited = { $state } (из исходной)
sessions-earlier = … прежних ходов: { $n }
sessions-from-now-on = с этого момента: { $meter }
sessions-summary-cut = сводка оборвалась и ничего не заменяет; ходы посылаются, как прежде
sessions-more-to-compact = не все старые ходы поместились в один запрос; следующий раз возьмёт остальные
fault-short-id = идентификатор «{ $id }» слишком короток, чтобы удалять без вопроса
hint-short-id = наберите больше знаков или уберите --yes
sessions-deleted = сессия { $session } удалена; её стоимость остаётся в учёте
sessions-copies = её слова остались в копиях: { $copies }
sessions-what = { $session } (ходов: { $turns }, «{ $title }»)
sessions-confirm = удалить сессию { $what }? Вернуть её будет нельзя. [y/N]
fault-nothing-deleted-terminal = ничего не удалено: нет терминала, чтобы спросить согласия
fault-nothing-deleted = ничего не удалено
role-user = вы
role-attachment = приложение
role-answer = ответ

## plyrum statusline

statusline-today = сегодня
statusline-month = месяц
statusline-held = занято
statusline-left = осталось
statusline-why = statusline: { $why }
fault-figure = неизвестное число в --format: «{ $name }»
hint-figure = есть { $names } и { $last }

## plyrum transcript

transcript-session = сессия { $session }
transcript-copy = копия сессии { $session }
transcript-run = запуск { $run }
transcript-taken-back = взято назад
transcript-original = из исходной
transcript-summary = Сводка всего до запуска { $run }
transcript-you = Вы: { $prompt }
transcript-with = приложено: { $name }
transcript-picture = { $name } (картинка, { $size })
transcript-answer = Ответ: { $answer }
transcript-cost = Стоимость: { $cost } · { $model } · { $status }
fault-empty-id = пустой идентификатор не называет сессии
fault-no-session = нет ни сессии, ни запуска «{ $id }»
fault-several-sessions = под «{ $id }» подходит несколько сессий: { $one }, { $other }
fault-deleted = сессия { $session } удалена { $at }
hint-deleted = её стоимость осталась в plyrum usage --by session
transcript-bad-line = строку сессии { $session } не удаётся прочитать: { $why }
hint-new-file-writable = назовите новый файл в каталоге, куда можно писать

## plyrum usage

usage-nothing = ещё ничего не израсходовано
usage-nothing-of-that = ничего из этого за это время не израсходовано
usage-estimates =   включает оценки: о части попыток провайдер не сообщил расход
usage-new = новое
usage-same = столько же
fault-zone = нет часового пояса «{ $zone }»
hint-zone = назовите его, например, Europe/Moscow или UTC
fault-many-rows = получилось бы больше { $n ->
    [one] { $n } строки
    [few] { $n } строк
   *[many] { $n } строк
}
hint-later-since = укажите более поздний --since
fault-compare = не сказано, какое время сравнивать (--compare)
hint-compare = добавьте --since 7d, --today или --month
fault-moment = это не дата, не время и не промежуток: { $flag } «{ $text }»
hint-moment = напишите 2026-11-01, 2026-11-01T09:00:00Z или промежуток вроде 7d или 12h

## plyrum sessions export

export-untitled = Сессия
export-session = сессия `{ $session }`
export-project = проект `{ $project }`
export-copy = копия сессии `{ $session }`
export-cost = { $turns ->
    [one] { $turns } ход
    [few] { $turns } хода
   *[many] { $turns } ходов
}, { $cost }
export-summary = Сводка до запуска { $run }
export-you = Вы
export-with = Приложено: `{ $name }`
export-original = в исходной
export-answer = Ответ

## plyrum --plain

plain-help = /new начинает другую беседу, /quit заканчивает, ! выполняет команду, @ называет файл
plain-no-command = команды /{ $name } здесь нет
plain-too-long = строка длиннее { $kib } КиБ: ничего не отправлено
plain-not-text = строка не в UTF-8: ничего не отправлено
plain-too-long-hint = длинные тексты отправляет plyrum ask -f ФАЙЛ

# plyrum replay

replay-status = статус { $status }
replay-no-response = ответа не было
replay-first-byte = первый байт через { $ms } мс
replay-whole = всего { $ms } мс
replay-call = вызов { $tool } { $arguments }
replay-usage = расход: вход { $input } (из кэша { $cached }), выход { $output }
replay-end = конец: { $end } ({ $why })
replay-differs = при нарезке числом { $seed } те же байты дают другие события
replay-empty = в этой кассете нет ни одного целого обмена
replay-torn = в конце — { $size } обмена, запись которого оборвалась
replay-same = { $n ->
    [one] { $n } обмен: события одни и те же при { $seeds } нарезках
    [few] { $n } обмена: события одни и те же при { $seeds } нарезках
   *[many] { $n } обменов: события одни и те же при { $seeds } нарезках
}
replay-not-same = { $n ->
    [one] { $n } обмен при другой нарезке байтов даёт другие события (проверено нарезок: { $seeds })
    [few] { $n } обмена при другой нарезке байтов дают другие события (проверено нарезок: { $seeds })
   *[many] { $n } обменов при другой нарезке байтов дают другие события (проверено нарезок: { $seeds })
}
