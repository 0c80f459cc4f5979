//! Russian: words, money, and the keys of a Cyrillic layout.

use super::{ENTER, last_run_is, open, quit};
use crate::world::{Reply, Script, World};

fn russian() -> World {
    World::new().with_env("PLYRUM_LANG", "ru")
}

#[test]
fn the_screen_speaks_russian_and_money_has_its_comma() {
    let world = russian();
    let screen = open(&world);
    let picture = screen.sees("Добро пожаловать в Plyrum.");
    assert!(picture.has("Нажмите enter, чтобы попробовать") && picture.has("сначала спросит"), "{picture}");
    screen.types_ahead(ENTER);
    let picture = screen.sees("offline/query ·");
    assert!(picture.row("offline/query ·").ends_with("0,00 ₽"), "{picture}");
    assert!(picture.has("Что Plyrum обещает про деньги?"), "{picture}");
    screen.sees("каждая сумма денег — одно число");
    quit(screen);
    world.is_sound();
}

#[test]
fn ctrl_and_the_key_of_c_stops_on_a_cyrillic_layout_too() {
    let world = russian();
    let fake = world.lab(Script::new().then(Reply::sse().text("Жил-был ").gate("never").end(9, 5)));
    let screen = open(&world);
    screen.types_ahead("Расскажи сказку: ёж, щука, 字, 👩‍🚀");
    let picture = screen.sees("Расскажи сказку: ёж, щука");
    assert!(picture.cursor.is_some(), "{picture}");
    screen.types_ahead(ENTER);
    screen.sees("Жил-был");
    screen.types_ahead("\u{1b}[1089;5u"); // ctrl and с
    screen.sees("Остановлено.");
    last_run_is(&world, "cancelled");
    let asked = fake.requests()[0].json().to_string();
    assert!(asked.contains("Расскажи сказку: ёж, щука, 字, 👩‍🚀"), "{asked}");
    screen.types_ahead("\u{1b}[1074;5u"); // ctrl and в: the key of d
    super::leaves(screen, 0);
    world.is_sound();
}
