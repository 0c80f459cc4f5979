# Промежутки, размеры и времена: числа со своими словами. Между числом и единицей — неразрывный пробел.

span-ms = { $n } мс
span-s = { $n } с

size-b = { $n } Б
size-kib = { $n } КиБ
size-mib = { $n } МиБ
size-gib = { $n } ГиБ
size-tib = { $n } ТиБ

ago-now = только что
ago-seconds = { $n } с назад
ago-minutes = { $n } мин назад
ago-hours = { $n } ч назад
ago-days = { $n ->
    [one] { $n } день назад
    [few] { $n } дня назад
   *[many] { $n } дней назад
}

money-unpriced = цена неизвестна
money-and-unpriced = { $cost } + без цены: { $n }
