//! The rules that keep the workspace in shape: who may depend on whom, what the core never touches, how files open
//! and are named. Each rule is a function from text to findings, tried on a planted violation before it is trusted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

const LONGEST_FILE: usize = 400;

/// What the core must not name: all of the outside comes to it through its ports.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Utc::now",
    "Local::now",
    "tokio",
    "reqwest",
    "getrandom",
    "rand",
    "println",
    "eprintln",
    "print",
    "eprint",
    "dbg",
];

/// Plain values that happen to live there.
const INSIDE: &[&str] = &["std::process::ExitCode"];

const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// Written in two halves, or this file would break its own rule.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below `folder`, with its path from the root and its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((name, read(&path)));
            }
        }
    }
    found.sort();
    found
}

fn all_sources() -> Vec<(String, String)> {
    let found = [sources("crates"), sources("tests")].concat();
    assert!(found.len() > 20, "the walk found only {} Rust files", found.len());
    found
}

/// Runs `rule` over files and fails with everything it finds.
fn check(files: &[(String, String)], rule: impl Fn(&str, &str) -> Vec<String>, advice: &str) {
    let findings: Vec<_> = files
        .iter()
        .flat_map(|(name, text)| rule(name, text).into_iter().map(move |it| format!("{name}: {it}")))
        .collect();
    assert!(findings.is_empty(), "{advice}:\n  {}", findings.join("\n  "));
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `line` has `needle` as whole words.
fn names(line: &str, needle: &str) -> bool {
    let open_end = |rest: &str| !needle.ends_with(is_word) || !rest.starts_with(is_word);
    line.match_indices(needle)
        .any(|(at, _)| !line[..at].ends_with(is_word) && open_end(&line[at + needle.len()..]))
}

/// The lines of a file that are shipped code, with their numbers: no comments, no test modules as rustfmt lays them out.
fn shipped(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        if line.trim() == "#[cfg(test)]" {
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indent}}}");
            let opens = lines.next().is_some_and(|(_, next)| next.ends_with('{'));
            while opens && lines.next().is_some_and(|(_, inner)| inner != end) {}
            continue;
        }
        kept.push((at + 1, line));
    }
    kept
}

/// `std::{fs, io::{self, Read}}` as `std::fs`, `std::io::self`, `std::io::Read`.
fn flattened(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts.iter().flat_map(|part| flattened(part)).map(|part| format!("{}{part}", prefix.trim())).collect()
}

fn touches_the_outside(_: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut import: Option<(usize, String)> = None;
    for (number, line) in shipped(text) {
        if let Some((_, tree)) = &mut import {
            tree.push_str(line.trim());
        } else if line.trim_start().trim_start_matches("pub ").starts_with("use ") {
            import = Some((number, line.trim().to_owned()));
        }
        let (number, written) = match import.take() {
            Some((from, tree)) if tree.ends_with(';') => (from, flattened(tree.trim_end_matches(';'))),
            Some(open) => {
                import = Some(open);
                continue;
            }
            None => (number, vec![line.to_owned()]),
        };
        let written = written
            .iter()
            .map(|line| INSIDE.iter().fold(line.clone(), |line, value| line.replace(value, "")));
        let written: Vec<_> = written.collect();
        let named = |needle: &&&str| written.iter().any(|line| names(line, needle));
        found.extend(OUTSIDE.iter().filter(named).map(|needle| format!("line {number} names `{needle}`")));
    }
    found
}

/// Lines that read a variable of the process. What depends on one gets `Variables`, so that it can be tested.
fn reads_the_environment(name: &str, text: &str) -> Vec<String> {
    let reads = |line: &str| {
        ["env::var", "env::var_os", "env::vars", "env::vars_os"].iter().any(|it| names(line, it))
    };
    let lines = shipped(text).into_iter().filter(|(_, line)| reads(line));
    lines
        .filter(|_| name != "crates/providers/src/variables.rs")
        .map(|(at, _)| format!("line {at}"))
        .collect()
}

/// The one file that asks Cargo for the version of all.
const VERSIONED: &str = "crates/core/port/src/lib.rs";

fn has_a_version_of_its_own(name: &str, text: &str) -> Vec<String> {
    let asks = |line: &&str| line.contains(concat!("CARGO_PKG_", "VERSION"));
    let asks = text.lines().find(asks).filter(|_| name != VERSIONED);
    asks.map(|line| format!("`{}`", line.trim())).into_iter().collect()
}

fn does_not_open_with_its_purpose(_: &str, text: &str) -> Vec<String> {
    let opens = text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 12);
    if opens { vec![] } else { vec!["its first line is not `//! ` and what the file is for".into()] }
}

fn has_an_empty_name(name: &str, _: &str) -> Vec<String> {
    let parts = name.trim_end_matches(".rs").split('/');
    parts
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| format!("`{part}` does not say what it holds"))
        .collect()
}

fn is_too_long(_: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines > LONGEST_FILE { vec![format!("{lines} lines, more than {LONGEST_FILE}")] } else { vec![] }
}

fn is_unfinished(_: &str, text: &str) -> Vec<String> {
    let marks = |line| UNFINISHED.iter().filter(move |mark| names(line, mark));
    text.lines()
        .enumerate()
        .flat_map(|(at, line)| marks(line).map(move |m| format!("line {} says `{m}`", at + 1)))
        .collect()
}

/// The workspace crates that `package`, lying in `folder`, may link; `None` for one that may link any.
fn allowed(package: &str, folder: &str) -> Option<Vec<&'static str>> {
    Some(match package {
        "promote-tests" => return None,
        "promote-stand-ins" => vec!["promote-port"],
        "promote-cli" | "promote-action" => {
            vec!["promote", "promote-core", "promote-artifacts", "promote-providers", "promote-view"]
        }
        // What other programs link, and what both frontends are to stand on.
        // The suite for stores of one's own goes along where it is asked for.
        "promote" => vec!["promote-core", "promote-artifacts", "promote-providers", "promote-testing"],
        "promote-core" | "promote-testing" => vec!["promote-port"],
        "promote-artifacts" | "promote-view" => vec!["promote-core"],
        // The one crate that knows every vendor: whatever lies below its folder.
        "promote-providers" => return None,
        // Two services of one vendor, which are reached in one way.
        "promote-s3" | "promote-codepipeline" => vec!["promote-port", "promote-aws"],
        _ if folder.starts_with("crates/providers/") => vec!["promote-port"],
        _ => vec![],
    })
}

/// Dependencies that ship, by package name. Those of tests are free.
fn dependencies(manifest: &Table) -> Vec<String> {
    let tables = |from: &Table| {
        let of = |kind: &str| from.get(kind).and_then(toml::Value::as_table).cloned().unwrap_or_default();
        of("dependencies").into_iter().chain(of("build-dependencies")).collect::<Vec<_>>()
    };
    let targets = manifest.get("target").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let of_targets = targets.values().filter_map(toml::Value::as_table).flat_map(tables).collect::<Vec<_>>();
    let package = |(key, value): (String, toml::Value)| {
        value.get("package").and_then(toml::Value::as_str).map_or(key, str::to_owned)
    };
    tables(manifest).into_iter().chain(of_targets).map(package).collect()
}

fn links_against_the_direction(folder: &str, manifest: &str) -> Vec<String> {
    let manifest: Table = manifest.parse().unwrap();
    let package = manifest["package"]["name"].as_str().unwrap();
    let is_ours = |name: &String| name == "promote" || name.starts_with("promote-");
    let ours = dependencies(&manifest).into_iter().filter(is_ours);
    let vendor = |name: &str| folder == "crates/providers" && !FRONT.contains(&name);
    match allowed(package, folder) {
        None if folder != "crates/providers" => vec![],
        None => ours.filter(|name| !vendor(name)).map(|name| format!("`{package}` links `{name}`")).collect(),
        Some(may) => ours
            .filter(|name| !may.contains(&name.as_str()))
            .map(|name| format!("`{package}` links `{name}`"))
            .collect(),
    }
}

/// What no provider may know.
const FRONT: &[&str] = &[
    "promote",
    "promote-cli",
    "promote-action",
    "promote-artifacts",
    "promote-testing",
    "promote-view",
    "promote-stand-ins",
    "promote-tests",
];

fn manifests() -> Vec<(String, String)> {
    let workspace: Table = read(&root().join("Cargo.toml")).parse().unwrap();
    let members = workspace["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap().to_owned());
    members.map(|folder| (folder.clone(), read(&root().join(folder).join("Cargo.toml")))).collect()
}

/// Packages of a lock file that `deny.toml` bans.
fn banned(rules: &str, lock: &str) -> Vec<String> {
    let (rules, lock): (Table, Table) = (rules.parse().unwrap(), lock.parse().unwrap());
    let mut bans = BTreeMap::new();
    for rule in rules["bans"]["deny"].as_array().unwrap() {
        let (name, versions) =
            rule["crate"].as_str().map(|it| it.split_once('@').unwrap_or((it, "*"))).unwrap();
        bans.insert(name, semver::VersionReq::parse(versions).unwrap());
    }
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let packages =
        lock["package"].as_array().unwrap().iter().map(|it| (text(it, "name"), text(it, "version")));
    packages
        .filter(|(name, version)| {
            bans.get(name.as_str()).is_some_and(|ban| ban.matches(&version.parse().unwrap()))
        })
        .map(|(name, version)| format!("`{name}` {version}"))
        .collect()
}

#[test]
fn the_core_does_not_touch_the_outside() {
    for planted in [
        "use std::{fmt, fs};",
        "use std::{\n    fmt,\n    time::{Duration, SystemTime},\n};",
        "let now = std::time::Instant::now();",
        "fn f() {\n    println!(\"x\");\n}",
        "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n\nuse std::env;",
        "pub async fn f() { tokio::spawn(g()); }",
    ] {
        assert_eq!(touches_the_outside("planted.rs", planted).len(), 1, "{planted}");
    }
    let clean = "// std::fs\nuse std::fmt;\nuse std::{process::ExitCode};\nlet random = instantly(operand);\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}";
    assert_eq!(touches_the_outside("clean.rs", clean), Vec::<String>::new());
    let core = ["crates/core/src", "crates/core/port/src", "crates/core/view/src"].map(sources).concat();
    assert!(core.len() > 10, "the walk found only {} files of the core", core.len());
    check(&core, touches_the_outside, "the core meets the outside through its ports only");
}

#[test]
fn one_file_reads_the_environment() {
    for planted in
        ["let home = std::env::var(\"HOME\");", "use std::env;\nfor (name, _) in env::vars_os() {}"]
    {
        assert_eq!(reads_the_environment("planted.rs", planted).len(), 1, "{planted}");
    }
    // Vendor crates read what their vendors' own programs read.
    let mut shipped = [sources("crates/providers/src"), sources("crates/promote/src")].concat();
    shipped.retain(|(name, _)| !name.ends_with("/tests.rs"));
    check(&shipped, reads_the_environment, "take `Variables` in place of the process's");
}

#[test]
fn crates_link_in_one_direction() {
    let planted = |name: &str, folder: &str, links: &str| {
        let manifest = format!("[package]\nname = \"{name}\"\n[dependencies]\n{links}.workspace = true\n");
        links_against_the_direction(folder, &manifest).len()
    };
    assert_eq!(planted("promote-core", "crates/core", "promote-artifacts"), 1);
    assert_eq!(planted("promote-s3", "crates/providers/s3", "promote-local"), 1);
    assert_eq!(planted("promote-providers", "crates/providers", "promote-cli"), 1);
    assert_eq!(planted("promote-cli", "crates/cli", "promote-action"), 1);
    assert_eq!(planted("promote-cli", "crates/cli", "promote-s3"), 1);
    assert_eq!(planted("promote", "crates/promote", "promote-cli"), 1);
    assert_eq!(planted("promote", "crates/promote", "promote-s3"), 1);
    assert_eq!(planted("promote-providers", "crates/providers", "promote"), 1);
    assert_eq!(planted("promote-core", "crates/core", "promote"), 1);
    assert_eq!(planted("promote-action", "crates/ci-action", "promote"), 0);
    assert_eq!(
        planted("promote-new", "crates/new", "promote-core"),
        1,
        "a crate without a place in the order"
    );
    assert_eq!(planted("promote-providers", "crates/providers", "promote-s3"), 0);
    assert_eq!(planted("promote-s3", "crates/providers/s3", "promote-port"), 0);
    assert_eq!(planted("promote-s3", "crates/providers/s3", "promote-core"), 1);
    assert_eq!(planted("promote-s3", "crates/providers/s3", "promote-aws"), 0);
    assert_eq!(planted("promote-gcs", "crates/providers/gcs", "promote-aws"), 1);
    assert_eq!(planted("promote-port", "crates/core/port", "promote-core"), 1);
    for folder in ["core", "providers", "cli"] {
        let product = format!("promote-{folder}");
        assert_eq!(planted(&product, &format!("crates/{folder}"), "promote-testing"), 1, "{product}");
    }
    let renamed = "[package]\nname = \"promote-core\"\n[target.'cfg(unix)'.dependencies]\nx = { package = \"promote-s3\" }\n";
    assert_eq!(links_against_the_direction("crates/core", renamed).len(), 1);
    let manifests = manifests();
    assert!(manifests.len() >= 8, "the workspace has only {} members", manifests.len());
    check(
        &manifests,
        links_against_the_direction,
        "frontends link providers, providers link vendors, vendors know the ports alone",
    );
}

#[test]
fn no_banned_crate_is_in_the_lock_file() {
    let rules = read(&root().join("deny.toml"));
    let planted = "[[package]]\nname = \"rustls\"\nversion = \"0.21.12\"\n[[package]]\nname = \"rustls\"\nversion = \"0.23.1\"\n\
                   [[package]]\nname = \"openssl-sys\"\nversion = \"0.9.1\"\n";
    assert_eq!(banned(&rules, planted), ["`rustls` 0.21.12", "`openssl-sys` 0.9.1"]);
    assert_eq!(
        banned(&rules, &read(&root().join("Cargo.lock"))),
        Vec::<String>::new(),
        "deny.toml says why for each"
    );
}

#[test]
fn every_file_opens_with_its_purpose() {
    assert_eq!(does_not_open_with_its_purpose("planted.rs", "use std::fmt;\n").len(), 1);
    assert_eq!(does_not_open_with_its_purpose("planted.rs", "//!\n").len(), 1);
    check(
        &all_sources(),
        does_not_open_with_its_purpose,
        "say what the file is for and what it leaves to others",
    );
}

#[test]
fn there_is_one_version() {
    let own = concat!("const V: &str = env!(\"CARGO_PKG_", "VERSION\");");
    assert_eq!(has_a_version_of_its_own("planted.rs", own).len(), 1);
    assert_eq!(has_a_version_of_its_own(VERSIONED, own).len(), 0);
    check(&all_sources(), has_a_version_of_its_own, "`promote::VERSION` is that of all crates and programs");
}

#[test]
fn no_file_has_an_empty_name() {
    assert_eq!(has_an_empty_name("crates/core/src/util.rs", "").len(), 1);
    assert_eq!(has_an_empty_name("crates/core/src/common/mod.rs", "").len(), 1);
    assert_eq!(has_an_empty_name("crates/core/src/commonplace.rs", "").len(), 0);
    check(&all_sources(), has_an_empty_name, "name a file after what it holds");
}

#[test]
fn no_file_is_too_long() {
    assert_eq!(is_too_long("planted.rs", &"\n".repeat(LONGEST_FILE + 1)).len(), 1);
    let mut shipped = all_sources();
    shipped.retain(|(name, _)| !format!("/{name}").contains("/tests/") && !name.ends_with("/tests.rs"));
    check(&shipped, is_too_long, "split it by what its parts are for");
}

#[test]
fn nothing_is_left_unfinished() {
    for mark in UNFINISHED {
        assert_eq!(is_unfinished("planted.rs", &format!("// {mark} later")).len(), 1, "{mark}");
    }
    check(
        &all_sources(),
        is_unfinished,
        "finish it, or say in an issue or in docs/shortcomings.md what is missing",
    );
}
