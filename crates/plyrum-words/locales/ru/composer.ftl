# Запрос, который пишется.

composer-placeholder = Спросите о чём угодно · @ файл · / команда · ! оболочка · ? справка
composer-placeholder-busy = enter или tab — в очередь · alt+s — сказать сейчас
composer-earlier = { $lines ->
    [one] [прежний запрос: { $lines } строка]
    [few] [прежний запрос: { $lines } строки]
   *[many] [прежний запрос: { $lines } строк]
}
composer-pasted = { $lines ->
    [one] [вставка №{ $number }: { $lines } строка]
    [few] [вставка №{ $number }: { $lines } строки]
   *[many] [вставка №{ $number }: { $lines } строк]
}
composer-search = поиск:
composer-search-none = ничего не найдено
composer-too-long = В запросе не больше 128 КиБ: остальное положите в файл и назовите его через @
