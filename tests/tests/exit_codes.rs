//! The table of exit codes in the book says what the program does.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use promote_core::exit::ExitStatus;
use std::path::Path;

/// Code and name of each row of the table whose first cell is a number.
fn rows(text: &str) -> Vec<(u8, String)> {
    let cells =
        |line: &str| -> Vec<String> { line.split('|').skip(1).map(|cell| cell.trim().to_owned()).collect() };
    let lines = text.lines().filter(|line| line.starts_with('|')).map(cells);
    lines.filter_map(|row| Some((row.first()?.parse().ok()?, row.get(1)?.clone()))).collect()
}

#[test]
fn the_book_has_every_exit_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/exit-codes.md");
    let book = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let known: Vec<(u8, String)> =
        ExitStatus::ALL.iter().map(|status| (status.code(), status.name().to_owned())).collect();
    assert_eq!(rows(&book), known);
}
