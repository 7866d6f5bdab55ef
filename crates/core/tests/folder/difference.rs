//! Differences: a table, and what holds for all of them.

use crate::stage::key;
use chrono::DateTime;
use promote_core::digest::Digest;
use promote_core::folder::{Difference, FolderFile, FolderManifest, SCHEMA, change, difference};
use promote_core::port::{Headers, Metadata, Object, Precondition, Token};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn file(path: &str, text: &str, token: Option<&str>) -> FolderFile {
    FolderFile {
        path: key(path),
        size: text.len() as u64,
        executable: false,
        sha256: Digest::of(text.as_bytes()),
        token: token.map(|token| Token(token.to_owned())),
    }
}

fn manifest(files: Vec<FolderFile>) -> FolderManifest {
    FolderManifest { schema: SCHEMA.to_owned(), of: None, files }
}

fn object(path: &str, text: &str, token: &str, vouches: bool) -> Object {
    Object {
        key: key(path),
        size: text.len() as u64,
        token: Token(token.to_owned()),
        version: None,
        sha256: vouches.then(|| Digest::of(text.as_bytes())),
        stored_at: DateTime::default(),
        headers: Headers::default(),
        metadata: Metadata::new(),
        checksums: Default::default(),
    }
}

/// The difference of one file `f` holding `new`.
fn one(listed: Option<(&str, &str, bool)>, known: Option<(&str, &str)>, everything: bool) -> String {
    let source = manifest(vec![file("f", "new", None)]);
    let listed: Vec<_> = listed.into_iter().map(|(text, token, sha)| object("f", text, token, sha)).collect();
    let known = known.map(|(text, token)| manifest(vec![file("f", text, Some(token))]));
    let found = difference(&source, &listed, known.as_ref(), &|_| true, everything);
    assert_eq!((found.clear.len(), found.remove.len(), found.strays), (0, 0, 0));
    match (found.write.as_slice(), found.keep.as_slice()) {
        ([], [kept]) => format!("keep {}", kept.token.as_ref().unwrap()),
        ([write], []) => {
            let look = if write.look { ", look first" } else { "" };
            match &write.when {
                Precondition::Absent => format!("create{look}"),
                Precondition::Matches(token) => format!("replace {token}{look}"),
                Precondition::Any => panic!("a write without a condition"),
            }
        }
        _ => panic!("{found:?}"),
    }
}

#[test]
fn a_file_is_right_by_the_stores_word_or_by_the_noted_token() {
    for (listed, known, everything, expected) in [
        (None, None, false, "create"),
        (None, Some(("new", "1")), false, "create"),
        // The store vouches, whatever the manifest says.
        (Some(("new", "1", true)), None, false, "keep 1"),
        (Some(("new", "1", true)), Some(("old", "0")), false, "keep 1"),
        (Some(("old", "1", true)), Some(("new", "1")), false, "replace 1"),
        // The manifest knows the very token.
        (Some(("new", "1", false)), Some(("new", "1")), false, "keep 1"),
        (Some(("old", "1", false)), Some(("old", "1")), false, "replace 1"),
        (Some(("older", "1", false)), Some(("older", "1")), false, "replace 1"),
        // The token says it, but the length does not fit.
        (Some(("longer", "1", false)), Some(("new", "1")), false, "replace 1"),
        // Somebody wrote: by a promotion that was killed, or by hand.
        (Some(("old", "2", false)), Some(("new", "1")), false, "replace 2, look first"),
        (Some(("new", "2", false)), None, false, "replace 2, look first"),
        (Some(("longer", "2", false)), Some(("new", "1")), false, "replace 2"),
        // Everything is written, right or not.
        (Some(("new", "1", true)), Some(("new", "1")), true, "replace 1"),
        (Some(("new", "2", false)), None, true, "replace 2"),
        (None, None, true, "create"),
    ] {
        assert_eq!(one(listed, known, everything), expected, "{listed:?} {known:?} {everything}");
    }
}

fn removed(source: &[&str], listed: &[&str], prune: bool) -> (Vec<String>, Vec<String>, usize) {
    let source = manifest(source.iter().map(|path| file(path, "x", None)).collect());
    let listed: Vec<_> = listed.iter().map(|path| object(path, "x", "1", true)).collect();
    let Difference { clear, remove, strays, .. } = difference(&source, &listed, None, &|_| prune, false);
    let names = |files: Vec<(_, _)>| {
        files.into_iter().map(|(path, _): (promote_core::location::Key, _)| path.to_string()).collect()
    };
    (names(clear), names(remove), strays)
}

#[test]
fn what_is_removed_is_what_nobody_needs() {
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (source, listed, clear, remove) in [
        (&["a"][..], &["a", "b"][..], &[][..], &["b"][..]),
        (&[], &["a"], &[], &["a"]),
        // Manifests, ledgers and the local store's own folder stay, and so do folders that are promoted by themselves.
        (&["a"], &[".promote-folder.json", ".promote/shop/ledger.json", ".promote-store/lock"], &[], &[]),
        (&["a"], &["sub/.promote-folder.json", "sub/x", "sub/y/z", "submarine"], &[], &["submarine"]),
        // A file in place of a folder, and the other way round.
        (&["a/b"], &["a", "b"], &["a"], &["b"]),
        (&["a"], &["a/b/c", "a.b"], &["a/b/c"], &["a.b"]),
        (&["a-b", "a/b/c"], &["a/b", "a/bc"], &["a/b"], &["a/bc"]),
    ] {
        assert_eq!(removed(source, listed, true), (texts(clear), texts(remove), 0), "{source:?} {listed:?}");
        let strays = clear.len() + remove.len();
        assert_eq!(removed(source, listed, false), (Vec::new(), Vec::new(), strays), "{source:?} {listed:?}");
    }
}

#[test]
fn a_plan_counts_what_changes() {
    let source = manifest(vec![
        file("a", "1", None),
        file("b", "two", None),
        file("c", "3", None),
        file("d", "4", None),
    ]);
    let target =
        manifest(vec![file("a", "1", Some("t")), file("b", "2", Some("t")), file("x", "9", Some("t"))]);
    let listed =
        |paths: &[&str]| paths.iter().map(|path| object(path, "x", "t", false)).collect::<Vec<Object>>();
    let left = listed(&["a", "b", "x"]);
    let found = change(&source, Some(&target), Some(&left));
    assert_eq!(found.to_string(), "2 added, 1 changed, 1 removed");
    assert_eq!((found.bytes, found.files()), (5, 4));
    assert_eq!(change(&source, Some(&target), None).to_string(), "2 added, 1 changed");
    assert_eq!(change(&source, None, Some(&[])).to_string(), "4 added");
    assert_eq!(change(&source, Some(&source), Some(&left[..2])).to_string(), "no file changes");
    let none = manifest(Vec::new());
    assert_eq!(change(&none, Some(&target), Some(&left)).to_string(), "3 removed");
    // What somebody removed already is not removed, and what nobody needs to know of is not told.
    let others =
        listed(&[".promote-folder.json", "a", "b", "hand/1", "hand/2", "inner/.promote-folder.json"]);
    let found = change(&source, Some(&target), Some(&others));
    assert_eq!(found.to_string(), "2 added, 1 changed, 2 others removed");
    let strangers = found.strangers.unwrap();
    assert_eq!((strangers.count, strangers.told(1)), (2, "`hand/1` and 1 more".to_owned()));
    assert_eq!(strangers.told(2), "`hand/1`, `hand/2`");
    assert_eq!(change(&source, Some(&target), None).strangers, None);
}

#[test]
fn strangers_are_the_same_only_as_they_lie_there() {
    let source = manifest(vec![file("a", "1", None)]);
    let found = |objects: &[Object]| change(&source, None, Some(objects)).strangers.unwrap();
    let one = |path: &str, token: &str| object(path, "x", token, false);
    let planned = found(&[one("b", "1"), one("c", "1")]);
    assert_eq!(planned, found(&[one("a", "9"), one("b", "1"), one("c", "1")]));
    for other in [vec![one("b", "2"), one("c", "1")], vec![one("b", "1"), one("d", "1")], vec![one("b", "1")]]
    {
        assert_ne!(planned, found(&other), "{other:?}");
    }
    let many: Vec<_> = (0..100).map(|n| one(&format!("f{n:03}"), "1")).collect();
    let many = found(&many);
    assert_eq!((many.count, many.named.len()), (100, 20));
    assert!(many.told(2).ends_with("`f001` and 98 more"), "{}", many.told(2));
}

/// Small worlds: paths by content, where content is one of three letters.
fn world() -> impl Strategy<Value = BTreeMap<String, char>> {
    prop::collection::btree_map("[a-d](/[a-b]){0,1}x", prop::sample::select(vec!['1', '2', '3']), 0..8)
}

/// A token that is made by the content alone, as S3's, or by content and place of writing.
fn token(content: char, unique: Option<usize>) -> String {
    unique.map_or_else(|| content.to_string(), |n| format!("{content}{n}"))
}

proptest! {
    /// Carrying a difference out gives the source, whatever was there, and then nothing is left to do.
    #[test]
    fn carried_out_it_leaves_no_difference(
        source in world(), before in world(), hand in world(), unique: bool, vouches: bool, everything: bool, prune: bool,
    ) {
        let tokens = |n: usize| unique.then_some(n);
        let files = |world: &BTreeMap<String, char>, n| manifest(world.iter().map(|(path, content)| {
            file(path, &content.to_string(), Some(token(*content, tokens(n)).as_str()))
        }).collect());
        let wanted = files(&source, 0).source();
        let known = files(&before, 1);
        // What the last promotion left, and then somebody's hand.
        let mut there: BTreeMap<String, (char, usize)> = before.iter().map(|(path, content)| (path.clone(), (*content, 1))).collect();
        there.extend(hand.iter().map(|(path, content)| (path.clone(), (*content, 2))));
        let list = |there: &BTreeMap<String, (char, usize)>| there.iter().map(|(path, (content, n))| {
            object(path, &content.to_string(), &token(*content, tokens(*n)), vouches)
        }).collect::<Vec<_>>();
        let found = difference(&wanted, &list(&there), Some(&known), &|_| prune, everything);
        prop_assert_eq!(found.keep.len() + found.write.len(), source.len());
        prop_assert!(!everything || found.keep.is_empty());
        for kept in &found.keep {
            prop_assert_eq!(there[kept.path.as_str()].0, source[kept.path.as_str()], "kept what is wrong");
        }
        for write in &found.write {
            let path = write.file.path.as_str();
            match &write.when {
                Precondition::Absent => prop_assert!(!there.contains_key(path)),
                Precondition::Matches(seen) => {
                    let (content, n) = there[path];
                    prop_assert_eq!(&seen.0, &token(content, tokens(n)));
                }
                Precondition::Any => prop_assert!(false, "a write without a condition"),
            }
        }
        let strays = there.keys().filter(|path| !source.contains_key(*path)).count();
        prop_assert_eq!(found.clear.len() + found.remove.len(), if prune { strays } else { 0 });
        prop_assert_eq!(found.strays, if prune { 0 } else { strays });
        for (path, _) in found.clear.iter().chain(&found.remove) {
            there.remove(path.as_str());
        }
        let mut after = found.keep.clone();
        for write in &found.write {
            let path = write.file.path.as_str();
            there.insert(path.to_owned(), (source[path], 3));
            after.push(FolderFile { token: Some(Token(token(source[path], tokens(3)))), ..write.file.clone() });
        }
        let again = difference(&wanted, &list(&there), Some(&manifest(after)), &|_| prune, false);
        prop_assert!(again.is_empty(), "{again:?}");
        prop_assert_eq!(again.keep.len(), source.len());
    }
}
