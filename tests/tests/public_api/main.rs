//! What a program that links `promote` can name, compared with what was landed last: `crates/promote/api.txt`. Whoever takes
//! something away, or changes it, is told what breaks; what is new is written down on purpose as well.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod listing;
mod source;

use listing::{Crates, interface};
use source::Sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The crates whose items `promote` passes on, and itself.
fn crates() -> Crates {
    let folders = [
        ("promote", "crates/promote"),
        ("promote_core", "crates/core"),
        ("promote_port", "crates/core/port"),
        ("promote_providers", "crates/providers"),
        ("promote_testing", "crates/core/testing"),
    ];
    folders.map(|(name, folder)| (name, Sources::of(&root().join(folder).join("src/lib.rs")))).into()
}

/// What is gone, and what is new.
fn compared(landed: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<String> {
    let gone = landed.difference(now).map(|line| format!("breaks: {line}"));
    gone.chain(now.difference(landed).map(|line| format!("new:    {line}"))).collect()
}

#[test]
fn the_public_interface_is_what_was_landed() {
    let file = root().join("crates/promote/api.txt");
    let now = interface(&crates(), "promote");
    if std::env::var_os("PROMOTE_WRITE_API").is_some() {
        let text: String = now.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&file, text).unwrap();
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let landed = text.lines().map(str::to_owned).collect();
    let found = compared(&landed, &now);
    assert!(
        found.is_empty(),
        "the interface of the crate `promote` is another one:\n  {}\n\
         What breaks is for a version with another first number (before 1.0: another second one), and stands in \
         CHANGELOG.md.\n\
         `PROMOTE_WRITE_API=1 cargo test -p promote-tests --all-features --test public_api` accepts it.",
        found.join("\n  ")
    );
}

/// A listing that overlooks something would say that nothing broke.
#[test]
fn a_listing_has_what_is_passed_on_and_what_types_can_do() {
    let now = interface(&crates(), "promote");
    for line in [
        "fn promote::open(path: impl AsRef<Path>) -> Builder",
        "enum promote::Ended #[non_exhaustive]",
        "variant promote::Ended::Refused",
        "field promote::Ending.exit: ExitStatus",
        "fn promote::Promotion::to(environment: &str) -> Result<Self, Error>",
        "impl Termination for promote::Ending",
        "impl Clone for promote::Project",
        "field promote::port::PinnedSource.size: u64",
        "variant promote::port::CopyGuard::ConditionalCopy",
        "field promote::Happening::Bytes.done: u64",
        "mod promote::port",
    ] {
        assert!(now.contains(line), "{line}\n{}", now.iter().cloned().collect::<Vec<_>>().join("\n"));
    }
    assert!(now.iter().any(|line| line.starts_with("const promote::VERSION: &str")));
}

#[test]
fn what_is_gone_breaks_and_what_is_new_is_told() {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let found = compared(&lines(&["fn a()", "fn b(x: u8)"]), &lines(&["fn a()", "fn b(x: u16)"]));
    assert_eq!(found, ["breaks: fn b(x: u8)", "new:    fn b(x: u16)"]);
    assert!(compared(&lines(&["fn a()"]), &lines(&["fn a()"])).is_empty());
}
