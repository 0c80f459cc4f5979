# lists

# Сессии
conversations-all = Все беседы
conversations-here = Беседы этого проекта
conversations-hits = { $n ->
    [one] { $n } сообщение
    [few] { $n } сообщения
   *[many] { $n } сообщений
} со словами «{ $words }»
conversations-hits-more = { $n ->
    [one] Последнее { $n } сообщение
    [few] Последние { $n } сообщения
   *[many] Последние { $n } сообщений
} со словами «{ $words }»
conversations-loading = читаем…
conversations-behind = ещё не попали в поиск: { $n }
conversations-none = Бесед пока нет.
conversations-no-hits = Ничего такого не говорили.
conversations-untitled = (без названия)
conversations-turns = { $n ->
    [one] { $n } ход
    [few] { $n } хода
   *[many] { $n } ходов
}
conversations-search = найти:
conversations-rename = название:
conversations-typing = enter — принять · esc — нет
conversations-delete = Удалить «{ $title }» навсегда? Всё сказанное исчезнет; стоимость останется в учёте.
conversations-delete-yes = удалить
conversations-delete-no = оставить (как и любая другая клавиша)
conversations-question = вопрос
conversations-answer = ответ
conversations-attachment = вложение
conversations-begun = начата { $ago }
conversations-copy-of = копия { $session }
ago-moment = только что
ago-short-minutes = { $n } мин назад
ago-short-hours = { $n } ч назад
ago-short-days = { $n } дн. назад

# Аудит
record-newest = Последние записи
record-filtered = Записи, где { $filter }
record-filter = фильтр:
record-loading = читаем…
record-records = { $n ->
    [one] { $n } запись
    [few] { $n } записи
   *[many] { $n } записей
}
record-records-more = последние записи: { $n }
record-none = Таких записей нет.
record-unasked = Цепочку здесь ещё не проверяли: v проверит.
record-verifying = проверяем каждую запись… { $n ->
        [0] { "" }
       *[other] уже { $n }
    }
record-whole = цела: записей { $n }, файлов { $files }, конец { $head }
record-broken = НАРУШЕНА после { $n } целых записей: { $problem }

# Модели и провайдеры
providers-ready = готово моделей: { $ready } из { $n }
providers-filtered = со словами «{ $words }»
providers-search = найти:
providers-model = модель
providers-provider = провайдер
providers-state = состояние
providers-context = контекст
providers-pictures = картинки
providers-takes-pictures = принимает
providers-takes-none = не принимает
providers-takes-unknown = неизвестно, не посылаются
providers-output = ответ
providers-price = ввод / вывод за млн
providers-origin = откуда
providers-loading = спрашиваем демон…
providers-none = Таких моделей нет.
providers-empty = Ни одна модель не настроена: plyrum doctor скажет, чего не хватает.
providers-lately = за сутки
providers-free = бесплатно
providers-unpriced = цена неизвестна
providers-only-when-named = только по имени
providers-is-ready = готова
providers-is-not-ready = не готова
providers-tokens = токенов: { $n }
providers-of-provider = готово { $ready } из { $n }
providers-rests = не обращаемся ещё { $time }: ошибок подряд { $n }
providers-is-tried = проверяется снова: ошибок подряд { $n }
providers-is-busy = идёт { $n } из { $limit }
providers-has-a-queue = идёт { $n } из { $limit }, ждёт { $waiting }
providers-models = модели
providers-no-models = моделей нет
providers-wire = протокол
providers-address = адрес
providers-key = ключ
providers-proxy = прокси
providers-environment = окружение
providers-certificates = сертификаты
providers-limit = одновременно
providers-at-a-time = { $n ->
    [one] { $n } запрос
    [few] { $n } запроса
   *[many] { $n } запросов
}
providers-its-version = версия
providers-not-known = данных за сутки нет
providers-not-asked = за сутки не спрашивали
providers-day = { $n ->
    [one] { $n } обращение
    [few] { $n } обращения
   *[many] { $n } обращений
} за сутки, { $cost }
providers-failed = не удалось: { $n }
providers-cut = оборвалось: { $n }
providers-cancelled = отменено: { $n }
providers-retries = повторено: { $n }
