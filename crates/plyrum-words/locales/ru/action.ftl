# Как показывается действие, прежде чем его разрешат. Точно: то, что могло бы скрыть или солгать, делает видимым код.

## Действие

action-files = { $n ->
    [one] { $n } файл
    [few] { $n } файла
   *[many] { $n } файлов
}
action-not-understood = { $tool } (не разобрано)
action-todo = к выполнению:
action-file-create = создать { $path }
action-file-remove = удалить { $path }
action-file-change = изменить { $path }
action-around = в { $place }, не дольше { $seconds } с, без сети
action-around-network = в { $place }, не дольше { $seconds } с, С ДОСТУПОМ К СЕТИ
action-check = по разу на каждое предложение (не больше { $n }), пока одно не пройдёт: оно записывается в { $file } в копии рабочего каталога, в песочнице
action-search = { $tool } { $pattern } в { $path }

## Почему, до какого срока, кем

action-row = { $approval }  { $status }  запуск { $run }
action-why = спрашивается, потому что: { $why }
action-rule-for = --session и --always разрешат в этом рабочем каталоге:
action-rule-would = «всегда» разрешит здесь:
action-answer-before = ответить до { $deadline }: plyrum approve { $approval }
action-by = ответ дан: { $by }
action-by-because = ответ дан: { $by }: { $reason }
approval-pending = ждёт ответа
approval-approved = одобрено
approval-denied = отклонено
approval-expired = срок истёк
approval-executed = выполнено

## Чем закончилось

action-exit = код выхода { $code }
action-done = готово
action-failed = не удалось: { $why }
action-changed = { $n ->
    [one] изменён { $n } файл
    [few] изменено { $n } файла
   *[many] изменено { $n } файлов
}

## Вопрос в терминале

choose-help = цифра или стрелки и enter; esc — нет
choose-once = да, один раз
choose-no = нет
choose-no-why = нет, и объяснить модели почему
choose-no-end = нет, и завершить запуск
choose-session = да, и то же самое в этой сессии
choose-always = да, и всегда в этом рабочем каталоге
choose-reason = почему нет?
