//! Damage to a text: what a mistake, a broken disk or somebody hostile makes of what was right once.

use proptest::prelude::*;

/// What is put in, more likely to hurt than any byte.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\r",
    "\0",
    " ",
    "null",
    "true",
    "-1",
    "1e999",
    "0",
    "é",
    "\u{feff}",
    "\u{202e}",
    "\u{9b}",
    "\u{10ffff}",
    "\\u0000",
    "\\ud800",
    "18446744073709551616",
    "..",
    "/",
    "../",
    "//",
    "{sha}",
    "{env",
    "${A}",
    "{{",
    "%",
    "%Y",
    "%Q",
    ".. ",
    "24:00",
    "2026-02-30",
    "999999999d",
    "sha256:",
    "s3://",
    "gs://",
    "file:",
    "@",
    "=",
    "#",
    "'''",
    "[[",
    "--",
    "*",
    "{,}",
    "promote/record@9",
];

/// One change at a place, which is taken within the text's length.
#[derive(Debug, Clone)]
enum Change {
    Set(usize, u8),
    Remove(usize, usize),
    Insert(usize, &'static str, usize),
    Repeat(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0usize..1 << 20;
    prop_oneof![
        2 => (at.clone(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (at.clone(), 1usize..40).prop_map(|(at, many)| Change::Remove(at, many)),
        5 => (at.clone(), prop::sample::select(PIECES), prop_oneof![9 => Just(1usize), 1 => Just(3000)])
            .prop_map(|(at, piece, times)| Change::Insert(at, piece, times)),
        2 => (at, 1usize..60, 1usize..4).prop_map(|(at, many, times)| Change::Repeat(at, many, times)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let place = |at: usize| at % (bytes.len() + 1);
    match change {
        Change::Set(at, byte) => {
            let at = place(*at);
            if let Some(old) = bytes.get_mut(at) {
                *old = *byte;
            }
        }
        Change::Remove(at, many) => {
            let at = place(*at);
            let end = (at + many).min(bytes.len());
            bytes.drain(at..end);
        }
        Change::Insert(at, piece, times) => {
            let at = place(*at);
            bytes.splice(at..at, piece.repeat(*times).into_bytes());
        }
        Change::Repeat(at, many, times) => {
            let at = place(*at);
            let end = (at + many).min(bytes.len());
            let piece = bytes.get(at..end).unwrap_or_default().repeat(*times);
            bytes.splice(at..at, piece);
        }
    }
}

/// One of these seeds with some damage, or with none.
pub(crate) fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(seeds), prop::collection::vec(change(), 0..5)).prop_map(|(mut bytes, changes)| {
        for change in &changes {
            apply(&mut bytes, change);
        }
        bytes
    })
}

/// The same of texts.
pub(crate) fn text(seeds: &'static [&'static str]) -> impl Strategy<Value = String> {
    damaged(seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect())
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
