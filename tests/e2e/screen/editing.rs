//! The user's own editor, on the prompt.

use super::{CTRL_C, CTRL_D, CTRL_G, ENTER, is_restored, open, special};
use crate::world::{Reply, Script, World};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A world whose editor is this script of shell.
fn with_editor(script: &str) -> World {
    let world = World::new();
    let path = world.beside("editor");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(world.beside("tmp")).unwrap();
    let tmp = world.beside("tmp").to_str().unwrap().to_owned();
    world.with_env("EDITOR", path.to_str().unwrap()).with_env("TMPDIR", &tmp)
}

#[test]
fn an_editor_has_the_terminal_for_itself_and_its_text_becomes_the_prompt() {
    let world =
        with_editor("cp \"$1\" ../seen; echo now edit; read wait; printf \"by the\\neditor\\n\" > \"$1\"");
    let fake = world.lab(Script::new().then(Reply::answer("Read.", 9, 5)));
    let screen = open(&world);
    screen.types_ahead("a draft");
    screen.sees("a draft");
    screen.types_ahead(CTRL_G);
    let picture =
        screen.until("the editor is there", |picture| !picture.is_alternate && picture.has("now edit"));
    assert!(
        picture.cursor.is_some() && screen.is_as_before(),
        "the editor's terminal is a usual one: {picture}"
    );
    assert_eq!(special(&screen.modes()), Vec::<&str>::new());
    assert_eq!(fs::read_to_string(world.beside("seen")).unwrap(), "a draft");
    screen.types_ahead("\n");
    let picture = screen.sees("by the");
    assert!(picture.is_alternate && picture.has("editor") && !picture.has("a draft"), "{picture}");
    screen.types_ahead(ENTER);
    screen.sees("Read.");
    assert!(fake.requests()[0].json().to_string().contains("by the\\neditor"));
    screen.types_ahead(CTRL_D);
    is_restored(&screen.waited(), 0);
    // The daemon has files of its own there.
    let is_draft = |entry: &fs::DirEntry| entry.path().join("prompt.md").exists();
    assert_eq!(fs::read_dir(world.beside("tmp")).unwrap().flatten().filter(is_draft).count(), 0);
}

#[test]
fn what_an_editor_kept_before_it_failed_is_there_and_undone_in_one_step() {
    let world = with_editor("echo kept > \"$1\"; exit 3");
    let screen = open(&world);
    screen.types_ahead("a draft");
    screen.sees("a draft");
    screen.types_ahead(CTRL_G);
    let picture = screen.sees("editor` failed");
    assert!(picture.is_alternate && picture.has("kept") && !picture.has("a draft"), "{picture}");
    screen.types_ahead("\u{1f}"); // ctrl+_
    screen.sees("a draft");
    screen.types_ahead(CTRL_C);
    screen.loses("a draft");
    screen.types_ahead(CTRL_D);
    is_restored(&screen.waited(), 0);
}

#[test]
fn the_signals_of_an_editors_keys_are_not_for_the_screen() {
    // What ctrl+c sends goes to every process of the terminal's group, the screen among them.
    let world = with_editor("trap '' INT; kill -INT 0; echo ended on its own > \"$1\"");
    let screen = open(&world);
    screen.types_ahead("a draft");
    screen.sees("a draft");
    screen.types_ahead(CTRL_G);
    let picture = screen.sees("ended on its own");
    assert!(picture.is_alternate, "{picture}");
    screen.types_ahead(CTRL_C);
    screen.loses("ended on its own");
    screen.types_ahead(CTRL_D);
    is_restored(&screen.waited(), 0);
}
