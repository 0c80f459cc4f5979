# Расходы. Названия панелей и показателей короткие: ширина панели 36 знаков.

usage-title = Расходы
usage-page-overview = Обзор
usage-page-groups = На что
usage-page-waste = Кэш и сбои
usage-page-time = Дни и часы

usage-now = Сейчас
usage-spans = Бюджеты
usage-total = За период
usage-books = Счёт
usage-by-model = Модели
usage-by-provider = Провайдеры
usage-by-role = Роли
usage-by-persona = Персоны
usage-by-project = Проекты
usage-by-session = Сеансы
usage-cache = Кэш
usage-failures = Сбои
usage-days = 30 дней
usage-heat = Дни недели и часы, 4 недели

usage-today = Сегодня
usage-week = Эта неделя
usage-month = Этот месяц
usage-30-days = 30 дней
usage-all-time = Всё время
usage-last-days = { $n ->
    [one] (за { $n } день)
    [few] (за { $n } дня)
   *[many] (за { $n } дней)
}

usage-run = Этот запуск
usage-session = Этот сеанс
usage-context = Занято контекста
usage-burn = За последний час
usage-left = Можно потратить
usage-no-limit = без ограничений
usage-none = –
usage-last-day = Последние 24 часа

usage-of-limit = из { $limit }
usage-name-of-limit = { $name } из { $limit }
usage-projected = ожидается к концу

usage-cost = Стоимость
usage-without-price = Без цены
screen-usage-unpriced = без цены
usage-unpriced-attempts = { $n ->
    [one] { $n } запрос
    [few] { $n } запроса
   *[many] { $n } запросов
}
usage-before = Прежде
screen-usage-same = столько же
screen-usage-new = впервые
usage-runs-attempts = Запуски / запросы
usage-tokens = Токены вх/вых
usage-estimated = Оценочно
usage-estimated-attempts = { $n ->
    [one] { $n } запрос
    [few] { $n } запроса
   *[many] { $n } запросов
}
usage-thousand = { $n } тыс.
usage-million = { $n } млн
usage-milliard = { $n } млрд

usage-head-runs = запуски
usage-head-attempts = запросы
usage-head-input = вход
usage-head-cached = из кэша
usage-head-output = выход
usage-more = ещё { $n }
usage-no-project = (без проекта)
screen-usage-nothing = за этот период ничего

usage-available = Доступно
usage-posted = Проведено
usage-held = Удержано (открыто)
usage-debt = Долг
usage-sums = Суммы
usage-agree = сходятся
usage-disagree = НЕ СХОДЯТСЯ
usage-review = Стоит проверить
usage-proof = Сверка книг
usage-proof-key = проверить: v
usage-proof-busy = идёт…
usage-proof-ok = сходится ({ $ago })
usage-proof-wrong = { $n ->
    [one] { $n } ОШИБКА
    [few] { $n } ОШИБКИ
   *[many] { $n } ОШИБОК
}

usage-hit-rate = Прочитано из кэша
usage-saved = Сэкономлено
usage-written = Уплачено за запись
usage-of-newest = (последние { $n })
usage-causes = { $n ->
    [one] Причины ({ $n } последний)
    [few] Причины ({ $n } последних)
   *[many] Причины ({ $n } последних)
}
usage-lost-at-most = потеряно до
usage-cause-hit = из кэша
usage-cause-first = первый в сеансе
usage-cause-changed = начало изменилось
usage-cause-short = слишком короткий
usage-cause-expired = кэш устарел
usage-cause-missed = мимо по неизвестной причине
usage-cause-not-reported = провайдер не сообщил

usage-failed = Не удались
usage-cut = Оборвались
usage-cancelled = Отменены
usage-retries = Повторы

usage-dearest-day = Больше всего: { $day }
usage-weekday-1 = Пн
usage-weekday-2 = Вт
usage-weekday-3 = Ср
usage-weekday-4 = Чт
usage-weekday-5 = Пт
usage-weekday-6 = Сб
usage-weekday-7 = Вс

usage-ago-now = только что
usage-ago-minutes = { $n } мин назад
usage-ago-hours = { $n } ч назад
usage-ago-days = { $n ->
    [one] { $n } день назад
    [few] { $n } дня назад
   *[many] { $n } дней назад
}

usage-loading = читаю книгу расходов…
usage-fault = не читается
usage-stale = не обновляется: { $ago }
usage-frozen = ЗАМОРОЖЕНО ({ $ago })
usage-empty = Пока ничего не потрачено.
usage-empty-hint = Спросите что-нибудь, и здесь будет видно, сколько это стоит.

usage-key-period = период
usage-key-filter = фильтр
usage-key-pane = панель
usage-key-expand = раскрыть
usage-key-freeze = заморозить
usage-key-export = экспорт
usage-key-verify = сверка
usage-export-as = Сохранить как: 1 CSV · 2 JSON · esc нет
usage-export-busy = записываю…
usage-exported = Записано: { $path }
usage-filter-hint = model=… persona=… project=… since=7d · tab дополняет
usage-filter-wrong = Это не фильтр: { $part }. Можно:

usage-legend-estimated = ~ есть оценки
usage-legend-unpriced = +? у части нет цены
usage-unfiltered = (без фильтра)
