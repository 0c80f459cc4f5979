# lists

# Сессии
sessions-all = Все беседы
sessions-here = Беседы этого проекта
sessions-hits = { $n ->
    [one] { $n } сообщение
    [few] { $n } сообщения
   *[many] { $n } сообщений
} со словами «{ $words }»
sessions-loading = читаем…
sessions-behind = ещё не попали в поиск: { $n }
sessions-none = Бесед пока нет.
sessions-no-hits = Ничего такого не говорили.
sessions-untitled = (без названия)
sessions-turns = { $n ->
    [one] { $n } ход
    [few] { $n } хода
   *[many] { $n } ходов
}
sessions-search = найти:
sessions-rename = название:
sessions-typing = enter — принять · esc — нет
sessions-delete = Удалить тексты этой беседы навсегда? Её стоимость останется в книгах.
sessions-delete-yes = удалить
sessions-delete-no = оставить (как и любая другая клавиша)
ago-moment = только что
ago-short-minutes = { $n } мин назад
ago-short-hours = { $n } ч назад
ago-short-days = { $n } дн. назад

# Аудит
audit-newest = Последние записи
audit-filtered = Записи, где { $filter }
audit-filter = фильтр:
audit-loading = читаем…
audit-records = { $n ->
    [one] { $n } запись
    [few] { $n } записи
   *[many] { $n } записей
}
audit-records-more = последние записи: { $n }
audit-none = Таких записей нет.
audit-unasked = Цепочку здесь ещё не проверяли: v проверит.
audit-verifying = проверяем каждую запись…
audit-whole = цела: записей { $n }, файлов { $files }, конец { $head }
audit-broken = НАРУШЕНА после { $n } целых записей: { $problem }

# Модели и провайдеры
models-ready = готово моделей: { $ready } из { $n }
models-filtered = со словами «{ $words }»
models-search = найти:
models-model = модель
models-provider = провайдер
models-state = состояние
models-context = контекст
models-output = ответ
models-price = ввод / вывод за млн
models-origin = откуда
models-loading = спрашиваем демон…
models-none = Таких моделей нет.
models-free = бесплатно
models-unpriced = цена неизвестна
models-only-when-named = только по имени
models-is-ready = готова
models-is-not-ready = не готова
models-tokens = токенов: { $n }
models-of-provider = готово { $ready } из { $n }
models-not-asked = за сутки не спрашивали
models-day = { $n ->
    [one] { $n } обращение
    [few] { $n } обращения
   *[many] { $n } обращений
} за сутки, { $cost }
models-failed = не удалось: { $n }
models-cut = оборвалось: { $n }
models-cancelled = отменено: { $n }
models-retries = повторено: { $n }
