//! No circles: of two files, one may use the other, never both. Each crate's module graph is computed from its sources; a
//! group of files that use each other fails here, with its ties by name. So does a tie from a layer of the core to a higher one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod graph;

use graph::{Graph, tie};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every crate.
const CRATES: &[&str] = &[
    "crates/core",
    "crates/core/port",
    "crates/core/testing",
    "crates/core/view",
    "crates/artifacts",
    "crates/providers",
    "crates/providers/git",
    "crates/providers/local",
    "crates/providers/quay",
    "crates/providers/aws",
    "crates/providers/s3",
    "crates/providers/ssh",
    "crates/providers/codepipeline",
    "crates/providers/gcs",
    "crates/promote",
    "crates/cli",
    "crates/ci-action",
];

/// The rooms of the core, the files and folders right below its root, from the lowest layer to the highest. A room knows its
/// own layer and those below it.
const LAYERS: &[(&str, &[&str])] = &[
    ("words", &["finding", "name_word", "pattern", "pointer", "version", "window"]),
    ("what is built on the ports", &["decorator", "follow", "relay", "watched"]),
    (
        "what is configured, stored and recorded",
        &[
            "config",
            "content",
            "event",
            "exit",
            "failure",
            "folder",
            "ledger",
            "placing",
            "ports",
            "trusted_hosts",
        ],
    ),
    (
        "what is asked",
        &[
            "gates",
            "invocation",
            "mirror",
            "place",
            "proposal",
            "reason",
            "relocated",
            "request",
            "standing",
            "vote",
        ],
    ),
    ("deciding", &["deploying", "kept", "lease", "plan", "rule", "snapshot"]),
    ("reading the world", &["observe", "remember", "undo"]),
    (
        "carrying out",
        &[
            "ahead",
            "apply",
            "approve",
            "context",
            "evidence",
            "import",
            "init_ledger",
            "lookout",
            "marks",
            "publish",
            "retention",
            "steps",
        ],
    ),
    ("the flow", &["flow"]),
    ("telling of it", &["interruption", "report", "tell"]),
    ("what moves by itself", &["advance", "automatic"]),
];

/// The room that a file lies in; `None` for the root itself.
fn room(file: &str) -> Option<&str> {
    let room = file.split('/').next().unwrap_or(file).trim_end_matches(".rs");
    (room != "lib").then_some(room)
}

/// Ties that lead from a layer to a higher one, and rooms that have no layer.
fn upward(graph: &Graph, layers: &[(&str, &[&str])]) -> Vec<String> {
    let layer =
        |file: &str| layers.iter().position(|(_, rooms)| room(file).is_some_and(|it| rooms.contains(&it)));
    let mut found = Vec::new();
    for (user, ties) in &graph.ties {
        for (used, names) in ties {
            let homeless =
                [user, used].into_iter().filter(|file| layer(file).is_none() && room(file).is_some());
            found.extend(homeless.map(|file| format!("{file} lies in no layer")));
            if let (Some(low), Some(high)) = (layer(user), layer(used))
                && low < high
            {
                let (low, high) = (layers[low].0, layers[high].0);
                found.push(format!("{}, from \"{low}\" to \"{high}\"", tie(user, used, names)));
            }
        }
    }
    found
}

fn sources(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(folder).join("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(found.len() > 3, "the walk found only {} files in {folder}", found.len());
    found
}

fn planted(files: &[(&str, &str)]) -> Graph {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    graph::read(&files.collect())
}

/// The ties of all circles.
fn ties(graph: &Graph) -> Vec<String> {
    graph.circles().into_iter().flat_map(|circle| circle.ties).collect()
}

#[test]
fn files_use_each_other_in_one_direction() {
    let mut findings = Vec::new();
    for folder in CRATES {
        for circle in graph::read(&sources(folder)).circles() {
            findings.push(format!("{folder}, {} files: {}", circle.files.len(), circle.files.join(" ")));
            findings.extend(circle.ties.iter().map(|tie| format!("  {tie}")));
        }
    }
    assert!(findings.is_empty(), "move what both need to a file below both:\n{}", findings.join("\n"));
}

#[test]
fn the_core_knows_nothing_above_itself() {
    let layers: &[(&str, &[&str])] = &[("words", &["names"]), ("records", &["ledger"]), ("rules", &["rule"])];
    let graph = planted(&[
        ("lib.rs", "pub mod names; pub mod ledger; pub mod rule; pub mod new;"),
        ("names.rs", "pub struct Name;"),
        ("ledger/mod.rs", "mod entry; pub use entry::Entry;"),
        ("ledger/entry.rs", "use crate::rule::Finding; pub struct Entry(Finding, crate::names::Name);"),
        ("rule.rs", "use crate::ledger::Entry; pub struct Finding; pub struct Rule(Entry);"),
        ("new.rs", "pub struct New(crate::names::Name);"),
    ]);
    assert_eq!(
        upward(&graph, layers),
        [
            "ledger/entry.rs -> rule.rs: crate::rule::Finding, from \"records\" to \"rules\"",
            "new.rs lies in no layer",
        ]
    );
    let found = upward(&graph::read(&sources("crates/core")), LAYERS);
    assert!(found.is_empty(), "move what is needed down, or what needs it up:\n  {}", found.join("\n  "));
}

#[test]
fn every_crate_is_looked_at() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap().iter().filter_map(|it| it.as_str());
    let mut members: Vec<&str> = members.filter(|folder| !folder.starts_with("tests")).collect();
    let mut looked: Vec<&str> = CRATES.to_vec();
    members.sort_unstable();
    looked.sort_unstable();
    assert_eq!(looked, members);
}

#[test]
fn a_circle_of_two_files_is_found() {
    let graph = planted(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn f(_: &crate::a::A) {}"),
    ]);
    assert_eq!(ties(&graph), ["a.rs -> b.rs: crate::b::B", "b.rs -> a.rs: crate::a::A"]);
}

#[test]
fn a_circle_through_a_re_export_is_found() {
    let graph = planted(&[
        ("lib.rs", "mod a; pub mod b;"),
        ("a.rs", "use crate::b::Deep; pub struct A(Deep);"),
        ("b/mod.rs", "mod deep; pub use deep::Inner as Deep;"),
        ("b/deep.rs", "pub struct Inner; impl Inner { fn a() -> Option<crate::a::A> { None } }"),
    ]);
    let found = ties(&graph);
    assert_eq!(found, ["a.rs -> b/deep.rs: crate::b::Deep", "b/deep.rs -> a.rs: crate::a::A"]);
}

#[test]
fn a_circle_through_a_name_that_comes_with_all_others_is_found() {
    let graph = planted(&[
        ("lib.rs", "mod a; pub mod b;"),
        ("a.rs", "use crate::b::Inner; pub enum A { One(Inner) }"),
        ("b/mod.rs", "mod deep; pub use deep::*;"),
        ("b/deep.rs", "pub struct Inner; fn f() { use crate::a::A::*; }"),
    ]);
    assert_eq!(ties(&graph), ["a.rs -> b/deep.rs: crate::b::Inner", "b/deep.rs -> a.rs: crate::a::A"]);
}

#[test]
fn a_circle_through_super_is_found() {
    let graph = planted(&[
        ("lib.rs", "mod room;"),
        ("room/mod.rs", "mod x;\nmod y;\npub use y::Y;"),
        ("room/x.rs", "use super::{Y, y}; pub(super) struct X(Y); fn f() { y::g(); }"),
        ("room/y.rs", "pub struct Y; pub(super) fn g() { let _ = matches!(1, super::x::ONE); }"),
    ]);
    assert_eq!(
        ties(&graph),
        ["room/x.rs -> room/y.rs: super::Y, y::g", "room/y.rs -> room/x.rs: super::x::ONE"]
    );
}

#[test]
fn a_parent_that_uses_its_child_is_no_room_for_what_the_child_needs() {
    let parent = "mod child; pub struct Facts; pub fn all() { child::check(); }";
    let child = "use super::Facts; pub fn check() -> Option<Facts> { None }";
    let graph = planted(&[("lib.rs", "mod parent;"), ("parent.rs", parent), ("parent/child.rs", child)]);
    let both = ["parent.rs -> parent/child.rs: child::check", "parent/child.rs -> parent.rs: super::Facts"];
    assert_eq!(ties(&graph), both);
    // The same where the parent passes on what it uses itself.
    let parent = "mod child; pub use child::Part; pub struct Facts(Part);";
    let child = "pub struct Part; fn f(_: super::Facts) {}";
    let graph = planted(&[("lib.rs", "mod parent;"), ("parent.rs", parent), ("parent/child.rs", child)]);
    assert_eq!(graph.circles().len(), 1);
}

#[test]
fn a_circle_of_three_is_one_group() {
    let graph = planted(&[
        ("main.rs", "mod a; mod b; mod c; fn main() { a::run(); }"),
        ("a.rs", "pub fn run() { crate::b::run(); }"),
        ("b.rs", "use crate::c; pub fn run() { c::run(); }"),
        ("c.rs", "#[serde(with = \"crate::a::text\")] pub struct C; pub fn run() {}"),
    ]);
    let circles = graph.circles();
    assert_eq!(circles.len(), 1);
    assert_eq!(circles[0].files, ["a.rs", "b.rs", "c.rs"]);
}

#[test]
fn what_only_passes_on_or_tests_is_no_tie() {
    let graph = planted(&[
        ("lib.rs", "pub mod a; pub mod b; pub use a::A; mod tests_of { }"),
        (
            "a.rs",
            "//! Of crate::b::B.\npub struct A; #[cfg(test)] mod tests { use crate::b::B; fn f(_: B) {} }",
        ),
        ("b.rs", "use crate::A; use std::fmt; pub struct B(A); impl fmt::Debug for B {}"),
    ]);
    assert_eq!(ties(&graph), Vec::<String>::new());
    assert_eq!(
        graph.ties["b.rs"].iter().map(|(used, names)| tie("b.rs", used, names)).collect::<Vec<_>>(),
        ["b.rs -> a.rs: crate::A"]
    );
}
