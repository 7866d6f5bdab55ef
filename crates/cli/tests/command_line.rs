//! No command line makes the reader of arguments panic, and what it refuses it can say. The same number of cases each time.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use clap::Command;
use proptest::prelude::*;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::sync::{LazyLock, Mutex};

/// Every command, flag and value that the command line itself names.
fn words(command: &Command, all: &mut Vec<String>) {
    all.push(command.get_name().to_owned());
    for argument in command.get_arguments() {
        all.extend(argument.get_long().map(|long| format!("--{long}")));
        all.extend(argument.get_short().map(|short| format!("-{short}")));
        let values = argument.get_possible_values();
        all.extend(values.iter().map(|value| value.get_name().to_owned()));
    }
    for inner in command.get_subcommands() {
        words(inner, all);
    }
}

fn word() -> impl Strategy<Value = OsString> {
    let mut known = Vec::new();
    words(&promote_cli::command_line(), &mut known);
    let odd = [
        "",
        "-",
        "--",
        "---",
        "--=",
        "=",
        "--yes=",
        "--yes=maybe",
        "--config=",
        "-vvvvvvvv",
        "-qv",
        "prod",
        "uat",
        "abcd",
        "0123456789abcdef0123456789abcdef01234567",
        "latest",
        "\u{1b}[2J",
        "é",
        "a\nb",
        "ticket=OPS-7",
        "=x",
        "99999999999999",
        "-1",
        "1e9",
        "30m",
        "soak",
        "@file",
        "$(id)",
        "../x",
    ];
    prop_oneof![
        6 => prop::sample::select(known).prop_map(OsString::from),
        3 => prop::sample::select(odd.to_vec()).prop_map(OsString::from),
        1 => any::<String>().prop_map(OsString::from),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(OsString::from_vec),
        1 => Just(OsString::from("x".repeat(2000))),
    ]
}

/// Made once, since that takes longer than to read a line.
static LINE: LazyLock<Mutex<Command>> = LazyLock::new(|| Mutex::new(promote_cli::command_line()));

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_command_line_is_read_or_refused(words in prop::collection::vec(word(), 0..8)) {
        let line = std::iter::once(OsString::from("promote")).chain(words);
        let mut command = LINE.lock().unwrap();
        if let Err(error) = command.try_get_matches_from_mut(line) {
            prop_assert!(!error.render().to_string().is_empty());
        }
    }
}
