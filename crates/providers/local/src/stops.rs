//! A writer is killed before each single change of the file system, and the store must show the old object or the
//! new one, never anything else. For power failures the order in which things become durable is checked.

use crate::error::{Outcome, Trouble};
use crate::steps::{Act, Steps};
use crate::store::Store;
use crate::walk;
use promote_port::digest::Digest;
use promote_port::location::{Key, Location, StoreId};
use promote_port::port::{
    Body, Condition, ErrorKind, Headers, Metadata, Object, PinnedSource, Precondition, Token,
};
use std::io::Read;
use std::path::Path;

const TARGET: &str = "deep/below/prod.zip";

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn stamp(text: &str) -> Metadata {
    [("promote-seq".to_owned(), text.to_owned())].into()
}

fn write(store: &Store, at: &str, content: &str, when: Precondition) -> Outcome<Object> {
    let body = Body::Bytes(content.to_owned().into());
    store.write(&key(at), &body, &Headers::default(), &stamp(content), &Condition::on(when))
}

/// Content, metadata and token, after checking that they belong together.
fn look(root: &Path, at: &str) -> Option<(String, Metadata, Token)> {
    let store = Store::new(root.to_owned(), Steps::default());
    let mut found = store.open(&key(at), None).unwrap()?;
    let object = store.object(&key(at), &found).unwrap();
    let mut content = String::new();
    found.file.read_to_string(&mut content).unwrap();
    assert_eq!(object.sha256, Some(Digest::of(content.as_bytes())));
    assert_eq!(object.size, content.len() as u64);
    let again = store.open(&key(at), object.version.as_ref()).unwrap();
    assert_eq!(again.map(|it| it.state()), Some(object.token.0.clone()));
    Some((content, object.metadata, object.token))
}

fn keys(root: &Path) -> Vec<String> {
    let store = Store::new(root.to_owned(), Steps::default());
    let (page, _) = walk::list(&store, "", None, 1000).unwrap();
    page.objects.into_iter().map(|object| object.key.to_string()).collect()
}

/// A way to change the target: what is there before, the change, and the content afterwards.
struct Change {
    name: &'static str,
    prepare: fn(&Path),
    act: fn(&Store) -> Outcome<()>,
    after: Option<&'static str>,
}

fn fresh(root: &Path) -> Store {
    Store::new(root.to_owned(), Steps::default())
}

fn present_token(store: &Store) -> Outcome<Token> {
    let found = store.head(&key(TARGET))?;
    found.map(|object| object.token).ok_or_else(|| Trouble::conflict("the target is gone"))
}

fn copy(store: &Store) -> Outcome<()> {
    let source = store.head(&key("release.zip"))?.ok_or_else(|| Trouble::conflict("the source is gone"))?;
    let from = PinnedSource {
        location: Location { store: StoreId::Local, key: source.key },
        token: source.token,
        version: source.version,
        sha256: Digest::of(b"new"),
        size: source.size,
        headers: source.headers,
    };
    let condition = Condition::on(Precondition::Matches(present_token(store)?));
    store.copy(&from, &key(TARGET), &stamp("new"), &condition).map(drop)
}

fn changes() -> Vec<Change> {
    let old = |root: &Path| drop(write(&fresh(root), TARGET, "old", Precondition::Absent).unwrap());
    vec![
        Change {
            name: "the first write of all",
            prepare: |_| {},
            act: |store| write(store, TARGET, "new", Precondition::Absent).map(drop),
            after: Some("new"),
        },
        Change {
            name: "a create beside others",
            prepare: |root| drop(write(&fresh(root), "deep/other", "x", Precondition::Absent).unwrap()),
            act: |store| write(store, TARGET, "new", Precondition::Absent).map(drop),
            after: Some("new"),
        },
        Change {
            name: "a replacement",
            prepare: old,
            act: |store| {
                let token = present_token(store)?;
                write(store, TARGET, "new", Precondition::Matches(token)).map(drop)
            },
            after: Some("new"),
        },
        Change {
            name: "a replacement of what was placed by hand",
            prepare: |root| {
                std::fs::create_dir_all(root.join("deep/below")).unwrap();
                std::fs::write(root.join(TARGET), "by hand").unwrap();
            },
            act: |store| {
                let token = present_token(store)?;
                write(store, TARGET, "new", Precondition::Matches(token)).map(drop)
            },
            after: Some("new"),
        },
        Change {
            name: "a copy",
            prepare: |root| {
                write(&fresh(root), TARGET, "old", Precondition::Absent).unwrap();
                write(&fresh(root), "release.zip", "new", Precondition::Absent).unwrap();
            },
            act: copy,
            after: Some("new"),
        },
        Change {
            name: "a deletion",
            prepare: old,
            act: |store| store.delete(&key(TARGET), &Precondition::Matches(present_token(store)?)),
            after: None,
        },
    ]
}

/// What was found, with the token of what was described: of what was not, the token is another one once it is touched, as
/// it is by the link that keeps it.
fn known(found: &Option<(String, Metadata, Token)>) -> Option<(&str, &Metadata, Option<&str>)> {
    let (content, metadata, token) = found.as_ref()?;
    Some((content, metadata, Some(token.0.as_str()).filter(|token| !token.starts_with("hand-"))))
}

#[test]
fn a_writer_killed_anywhere_leaves_old_or_new() {
    for change in changes() {
        let mut stops = 0;
        loop {
            let root = tempfile::tempdir().unwrap();
            (change.prepare)(root.path());
            let (before, keys_before) = (look(root.path(), TARGET), keys(root.path()));
            let steps = Steps::stopping_after(stops);
            let end = (change.act)(&Store::new(root.path().to_owned(), steps.clone()));
            let context = format!("{} stopped after {stops}: {end:?}", change.name);
            let after = look(root.path(), TARGET);
            let content = after.as_ref().map(|(content, ..)| content.as_str());
            match &end {
                Err(trouble) if trouble.kind != ErrorKind::Unknown => {
                    assert_eq!(known(&after), known(&before), "a definite error after an effect: {context}");
                    assert_eq!(keys(root.path()), keys_before, "{context}");
                }
                Err(_) => assert!(known(&after) == known(&before) || content == change.after, "{context}"),
                Ok(()) => assert_eq!(content, change.after, "{context}"),
            }
            if content == Some("new") {
                assert_eq!(after.as_ref().unwrap().1, stamp("new"), "{context}");
            }
            // Whoever comes next can go on, whatever was left lying about, and finds the way back.
            let when = after.map_or(Precondition::Absent, |(.., token)| Precondition::Matches(token));
            write(&fresh(root.path()), TARGET, "next", when).unwrap();
            assert_eq!(look(root.path(), TARGET).unwrap().0, "next", "{context}");
            if let Some((content, _, token)) = before {
                let version = promote_port::port::VersionId(token.0);
                let mut kept = fresh(root.path()).open(&key(TARGET), Some(&version)).unwrap().unwrap();
                let mut bytes = String::new();
                kept.file.read_to_string(&mut bytes).unwrap();
                assert_eq!(bytes, content, "{context}");
            }
            if steps.trace().len() < stops {
                break;
            }
            stops += 1;
        }
        assert!(stops > 5, "{} has only {stops} steps", change.name);
    }
}

/// What must be durable before the object appears, and is not; and whether the appearance itself is durable in the
/// end.
fn not_durable(trace: &[(Act, String)]) -> Vec<String> {
    let appears =
        |(act, path): &(Act, String)| path == TARGET && matches!(act, Act::Link | Act::Rename | Act::Remove);
    let Some(moment) = trace.iter().position(appears) else { return vec!["the target".to_owned()] };
    let folder_of = |path: &str| {
        path.trim_end_matches('/').rsplit_once('/').map_or(String::new(), |(it, _)| format!("{it}/"))
    };
    let synced = |from: usize, to: usize, act: Act, path: &str| {
        trace[from..to].iter().any(|(did, at)| *did == act && at == path)
    };
    let mut missing = Vec::new();
    for (at, (act, path)) in trace.iter().enumerate().take(moment) {
        let durable = match act {
            Act::Fill => synced(at, moment, Act::SyncFile, path),
            // A draft's name and the lock need not outlive anything.
            Act::Create if path.contains("/tmp/") || path.ends_with("/lock") => true,
            Act::Create | Act::MakeFolder | Act::Link | Act::Rename => {
                synced(at, moment, Act::SyncFolder, &folder_of(path))
            }
            Act::SyncFile | Act::SyncFolder | Act::Remove => true,
        };
        if !durable {
            missing.push(format!("{act:?} {path}"));
        }
    }
    if !synced(moment, trace.len(), Act::SyncFolder, &folder_of(TARGET)) {
        missing.push("the appearance".to_owned());
    }
    missing
}

#[test]
fn everything_is_durable_before_the_object_appears() {
    for change in changes() {
        let root = tempfile::tempdir().unwrap();
        (change.prepare)(root.path());
        let steps = Steps::default();
        (change.act)(&Store::new(root.path().to_owned(), steps.clone())).unwrap();
        let trace = steps.trace();
        assert_eq!(not_durable(&trace), Vec::<String>::new(), "{}: {trace:#?}", change.name);
        // The rule must find out each file that is left in the cache, and a lost appearance.
        for (at, (act, path)) in trace.iter().enumerate() {
            if *act == Act::SyncFile || (*act == Act::SyncFolder && path == "deep/below/") {
                let mut careless = trace.clone();
                careless.remove(at);
                let twice = careless.iter().filter(|step| **step == trace[at]).count() > 0;
                assert!(twice || !not_durable(&careless).is_empty(), "{}: {act:?} {path}", change.name);
            }
        }
    }
}
