//! What people and models usually run in a project: at least nine of ten without asking.

use crate::corpus::COMMANDS;
use crate::world::{ALLOW, World, policy};

#[test]
fn nine_of_ten_everyday_commands_are_allowed_in_a_workspace() {
    let world = World::new();
    let workspace = policy("workspace");
    let mut asked = Vec::new();
    let mut as_words = 0;
    let mut words_allowed = 0;
    for command in COMMANDS {
        if world.shell(&workspace, command).verdict != ALLOW {
            asked.push(*command);
        }
        if let Ok(commands) = plyrum_tools::recognise(command)
            && let [only] = commands.as_slice()
            && only.words.iter().all(|word| !word.pattern)
        {
            as_words += 1;
            words_allowed += usize::from(world.run(&workspace, &only.argv()).verdict == ALLOW);
        }
    }
    let allowed = COMMANDS.len() - asked.len();
    println!(
        "everyday: {allowed} of {} strings, {words_allowed} of {as_words} as words; asked: {asked:?}",
        COMMANDS.len()
    );
    assert!(COMMANDS.len() >= 150 && as_words >= 150);
    assert!(allowed * 10 >= COMMANDS.len() * 9, "asked: {asked:#?}");
    assert!(words_allowed * 10 >= as_words * 9);
}

#[test]
fn reading_needs_no_answer_where_only_reading_is_allowed_and_nothing_does_under_ask() {
    let world = World::new();
    let (read_only, ask, ci) = (policy("read-only"), policy("ask"), policy("ci"));
    for (command, reads) in
        [("git status", true), ("cat a.txt", true), ("cargo test", false), ("touch x", false)]
    {
        assert_eq!(world.shell(&read_only, command).verdict == ALLOW, reads, "{command}");
        assert_ne!(world.shell(&ask, command).verdict, ALLOW, "{command}");
        assert_eq!(world.shell(&ci, command).verdict, ALLOW, "{command}");
    }
}
