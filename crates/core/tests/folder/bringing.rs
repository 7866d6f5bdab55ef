//! Bringing an environment's folder to a release, without trouble.

use crate::stage::{Files, How, Read, Stage, files, key, kinds, metadata, stages, to};
use promote_core::folder::{FolderManifest, FolderSync, ReadBefore};
use promote_core::ledger::TargetMove;
use promote_core::port::{BucketReader as _, Condition, ErrorKind, Fence, FenceClass, Precondition, Token};
use promote_testing::decorator::{Log, Method, Recording};
use promote_testing::memory::MemoryKind;
use std::sync::Arc;

#[test]
fn a_release_comes_the_next_follows_and_the_first_comes_back() {
    for (name, stage) in stages() {
        let one = files(&[("a.yaml", "1"), ("bin/run.sh", "#!"), ("gone.txt", "x"), ("same", "s")]);
        let two = files(&[("a.yaml", "2"), ("bin/run.sh", "#!"), ("new/deep/er", "n"), ("same", "s")]);
        stage.publish('a', &one);
        stage.publish('b', &two);
        stage.bring(&to('a')).unwrap();
        stage.holds('a', &one, &name);
        let object = stage.bring(&to('b')).unwrap();
        stage.holds('b', &two, &name);
        assert_eq!(object.key, stage.target().key, "{name}");
        assert_eq!(object.metadata.get("promote-actor").map(String::as_str), Some("ann"), "{name}");
        stage.bring(&to('a')).unwrap();
        stage.holds('a', &one, &name);
        assert!(stage.manifest().unwrap().files[1].executable, "{name}");
    }
}

#[test]
fn each_file_says_what_it_is() {
    for (name, stage) in stages() {
        let text = "<p>hello</p>";
        stage.publish('a', &files(&[("page.html", text), ("blob", "?")]));
        stage.bring(&to('a')).unwrap();
        let (page, _) = stage.to.snapshot()[&key("env/page.html")].clone();
        assert_eq!(page.headers.content_type.as_deref(), Some("text/html"), "{name}");
        let digest = promote_core::digest::Digest::of(text.as_bytes()).hex();
        let expected = [("promote-commit", "c"), ("promote-id", "p1"), ("promote-sha256", &digest)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(page.metadata, expected.into(), "{name}");
        let (blob, _) = stage.to.snapshot()[&key("env/blob")].clone();
        assert_eq!(blob.headers.content_type.as_deref(), Some("application/octet-stream"), "{name}");
    }
}

#[test]
fn what_the_release_lacks_stays_unless_it_is_to_be_removed() {
    for (name, stage) in stages() {
        let (one, two) = (files(&[("a", "1"), ("old", "x")]), files(&[("a", "2")]));
        stage.publish('a', &one);
        stage.publish('b', &two);
        stage.bring(&to('a')).unwrap();
        stage.by_hand("stray", "by hand");
        stage.bring(&How { prune: false, ..to('b') }).unwrap();
        assert_eq!(stage.there(), files(&[("a", "2"), ("old", "x"), ("stray", "by hand")]), "{name}");
        stage.says('b', &name);
        // It is removed once that is wanted, also when no file changes.
        stage.bring(&to('b')).unwrap();
        stage.holds('b', &two, &name);
    }
}

/// Only what the plan saw is removed, and what promotions put there: a file that came after it stays, and so does one that was
/// written again.
#[test]
fn what_came_after_the_plan_stays_unless_a_promotion_put_it_there() {
    for just_now in [false, true] {
        for (name, stage) in stages() {
            stage.publish('a', &files(&[("a", "1"), ("old", "x")]));
            stage.publish('b', &files(&[("a", "2")]));
            stage.bring(&to('a')).unwrap();
            stage.by_hand("seen", "by hand");
            stage.by_hand("changed", "by hand");
            let moved = stage.moved('b');
            let condition = Condition { when: moved.when.clone(), way: moved.way, fence: None };
            let read = stage.read(&to('b'));
            stage.by_hand("came", "by hand");
            stage.by_hand("changed", "again");
            stage.late("late", "of an earlier promotion");
            let end = stage.carry_out(&moved, &condition, ReadBefore { just_now, ..read.known() });
            // What was listed just now may be out of date all the same: then it ends, and is looked at once more.
            assert_eq!(end.is_err(), just_now, "{name}: {end:?}");
            if just_now {
                stage.carry_out(&moved, &condition, read.known()).unwrap();
            }
            assert_eq!(
                stage.there(),
                files(&[("a", "2"), ("came", "by hand"), ("changed", "again")]),
                "{name}"
            );
        }
    }
}

#[test]
fn ledgers_and_folders_inside_are_left_alone() {
    let stage = Stage::within(MemoryKind::gcs_like());
    stage.publish('a', &files(&[("a", "1")]));
    stage.by_hand(".promote/shop/ledger.json", "{}");
    stage.by_hand("inner/.promote-folder.json", "{}");
    stage.by_hand("inner/x", "x");
    stage.bring(&to('a')).unwrap();
    let left = [".promote/shop/ledger.json", "a", "inner/.promote-folder.json", "inner/x"];
    assert_eq!(stage.there().keys().collect::<Vec<_>>(), left);
}

#[test]
fn a_file_written_by_hand_is_written_again() {
    for (name, stage) in stages() {
        let one = files(&[("a", "1"), ("b", "2")]);
        stage.publish('a', &one);
        stage.bring(&to('a')).unwrap();
        stage.by_hand("a", "9");
        stage.to.remove(&key("env/b"));
        stage.bring(&How { promotion: "p2", ..to('a') }).unwrap();
        stage.holds('a', &one, &name);
    }
}

#[test]
fn everything_is_written_anew_for_whoever_takes_over() {
    let stage = Stage::within(MemoryKind::gcs_like());
    let one = files(&[("a", "1"), ("b", "2")]);
    stage.publish('a', &one);
    stage.bring(&to('a')).unwrap();
    let tokens = |stage: &Stage| {
        stage.manifest().unwrap().files.into_iter().map(|file| file.token.unwrap()).collect::<Vec<_>>()
    };
    let before = tokens(&stage);
    stage.bring(&to('a')).unwrap();
    assert_eq!(tokens(&stage), before);
    stage.bring(&How { everything: true, ..to('a') }).unwrap();
    assert!(tokens(&stage).iter().zip(&before).all(|(now, before)| now != before));
    stage.holds('a', &one, "taken over");
}

#[test]
fn a_file_gives_way_to_a_folder_and_a_folder_to_a_file() {
    for (name, stage) in stages() {
        let (one, two) = (files(&[("a", "1"), ("b/c", "2")]), files(&[("a/x", "3"), ("b", "4")]));
        stage.publish('a', &one);
        stage.publish('b', &two);
        stage.bring(&to('a')).unwrap();
        stage.bring(&to('b')).unwrap();
        stage.holds('b', &two, &name);
    }
}

#[test]
fn a_manifest_that_was_changed_since_the_plan_stops_it_before_anything_is_written() {
    let both = |known| stages().into_iter().map(move |(name, stage)| (name, stage, known));
    for (name, stage, known) in [true, false].into_iter().flat_map(both) {
        let what = format!("{name}, known: {known}");
        let one = files(&[("a", "1")]);
        stage.publish('a', &one);
        stage.publish('b', &files(&[("a", "2")]));
        let conflict = |moved: &TargetMove, when: Precondition, read: &Read| {
            let end = stage.carry_out(moved, &Condition::on(when), read.known());
            assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict, "{what}");
        };
        let how = How { known, ..to('b') };
        let (planned, read) = (stage.moved('b'), stage.read(&how));
        stage.bring(&to('a')).unwrap();
        conflict(&planned, planned.when.clone(), &read);
        let other = Token("other".to_owned());
        conflict(&planned, Precondition::Matches(other.clone()), &read);
        // Somebody wrote the manifest between the plan and the move.
        let foreign =
            Read { target: stage.read(&how).target.map(|(_, it)| (other.clone(), it)), ..stage.read(&how) };
        conflict(&planned, Precondition::Matches(other), &foreign);
        stage.holds('a', &one, &what);
        let (planned, read) = (stage.moved('b'), stage.read(&how));
        stage.to.remove(&stage.target().key);
        conflict(&planned, planned.when.clone(), &read);
        assert_eq!(stage.there(), one, "{what}");
    }
}

/// What a plan read is of use only when it is what the move is allowed to replace, and what was published.
#[test]
fn what_was_read_before_is_believed_only_where_it_fits() {
    for (name, stage) in stages() {
        let (one, two) = (files(&[("a", "1"), ("b", "2")]), files(&[("a", "3"), ("b", "2")]));
        stage.publish('a', &one);
        stage.publish('b', &two);
        let before = stage.read(&to('a'));
        stage.bring(&to('a')).unwrap();
        let (planned, read) = (stage.moved('b'), stage.read(&to('b')));
        let condition = Condition::on(planned.when.clone());
        let wrong = Read { source: before.source, target: read.target.clone(), ..Read::default() };
        let end = stage.carry_out(&planned, &condition, wrong.known());
        assert_eq!(end.unwrap_err().kind, ErrorKind::Corrupt, "{name}: another release's files");
        stage.holds('a', &one, &name);
        // Of another token: read anew, whatever it says.
        let lies = FolderManifest::new(Vec::new()).unwrap();
        let target = Some((Token("older".to_owned()), lies));
        let old = Read { source: read.source, target, ..Read::default() };
        stage.carry_out(&planned, &condition, old.known()).unwrap();
        stage.holds('b', &two, &name);
    }
}

#[test]
fn each_write_carries_the_fence() {
    let stage = Stage::within(MemoryKind::local_like());
    stage.publish('a', &files(&[("a", "1"), ("b", "2")]));
    let moved = stage.moved('a');
    let slot = key(".promote/shop/next");
    let fence = Some(Fence { slot: slot.clone() });
    let condition = Condition { fence, ..Condition::absent() };
    stage.to.put(&slot, "taken").unwrap();
    let end = stage.carry_out(&moved, &condition, ReadBefore::default());
    assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    assert!(stage.there().is_empty());
    assert_eq!(stage.to.capabilities().fence, FenceClass::Atomic);
}

/// What is spawned on a runtime of several threads must be able to move between them.
#[test]
fn the_futures_can_be_sent() {
    fn sendable<T: Send>(_: &T) {}
    let stage = Stage::within(MemoryKind::gcs_like());
    stage.publish('a', &files(&[("a", "1")]));
    let (moved, metadata, condition) = (stage.moved('a'), &metadata("p1"), &Condition::absent());
    let (prune, everything, known, standing, done) = (true, false, ReadBefore::default(), None, None);
    let (from, to, clock, moved) = (&stage.from, &stage.to, stage.to.world().clock(), &moved);
    let bringing =
        FolderSync { from, to, moved, metadata, condition, prune, everything, clock, known, standing, done };
    sendable(&bringing.run());
    sendable(&promote_core::folder::check(&stage.to, &moved.target, None, true));
    let (at, commit) = (stage.release('a'), crate::stage::commit('a'));
    sendable(&crate::stage::put(&stage.from, &at, &commit, Vec::new()));
}

#[test]
fn a_source_that_is_not_what_was_published_is_refused() {
    for (name, stage) in stages() {
        stage.publish('a', &files(&[("a", "1"), ("b", "2")]));
        let moved = stage.moved('a');
        let condition = Condition::absent();
        let run = || stage.carry_out(&moved, &condition, ReadBefore::default());
        stage.from.put(&key("rel/a/b"), "longer").unwrap();
        let kind = run().unwrap_err().kind;
        assert!(matches!(kind, ErrorKind::Corrupt | ErrorKind::Unknown), "{name}: {kind:?}");
        stage.from.remove(&key("rel/a/b"));
        let kind = run().unwrap_err().kind;
        assert!(matches!(kind, ErrorKind::NotFound | ErrorKind::Unknown), "{name}: {kind:?}");
        let manifest = &stage.release('a').key;
        stage
            .from
            .put(manifest, promote_core::folder::FolderManifest::new(Vec::new()).unwrap().to_bytes())
            .unwrap();
        assert_eq!(run().unwrap_err().kind, ErrorKind::Corrupt, "{name}");
        stage.from.remove(manifest);
        assert_eq!(run().unwrap_err().kind, ErrorKind::NotFound, "{name}");
        assert!(stage.manifest().is_none(), "{name}");
    }
}

#[test]
fn rubbish_in_place_of_the_manifest_is_written_over_when_the_plan_saw_it() {
    for (name, stage) in stages() {
        let one = files(&[("a", "1")]);
        stage.publish('a', &one);
        stage.by_hand(".promote-folder.json", "rubbish");
        stage.by_hand("a", "1");
        stage.bring(&to('a')).unwrap();
        stage.holds('a', &one, &name);
    }
}

#[test]
fn a_location_that_is_no_folder_is_refused() {
    let stage = Stage::within(MemoryKind::gcs_like());
    stage.publish('a', &files(&[("a", "1")]));
    let mut moved = stage.moved('a');
    moved.target.key = key("env/current.json");
    let end = stage.carry_out(&moved, &Condition::absent(), ReadBefore::default());
    assert_eq!(end.unwrap_err().kind, ErrorKind::Invalid);
}

/// No bytes pass through the client inside one store, and nothing but the manifest is copied by no copy.
#[test]
fn a_store_copies_by_itself() {
    // The manifests are read once: by the plan, else by the move, which then reads what it copies, too: nobody vouches
    // for the tokens that it finds.
    let read: &[&str] = &["env/.promote-folder.json", "rel/b/.promote-folder.json", "rel/b/a", "rel/b/b"];
    let both = [(true, &[][..]), (false, read)];
    for ((name, kind), (known, read)) in
        kinds().into_iter().flat_map(|kind| both.map(|one| (kind.clone(), one)))
    {
        let stage = Stage::within(kind);
        stage.publish('a', &files(&[("a", "1"), ("b", "2")]));
        stage.publish('b', &files(&[("a", "3"), ("b", "4")]));
        stage.bring(&to('a')).unwrap();
        let log = Log::new();
        let recorded = Recording::around(Arc::new(stage.to.clone()), log.clone());
        stage.bring_on(&recorded, &recorded, &How { known, ..to('b') }).unwrap();
        let gets: Vec<_> =
            log.calls().into_iter().filter(|call| call.method == Method::Get).map(|call| call.key).collect();
        assert_eq!(gets, read, "{name}");
        let writes = log.calls().into_iter().filter(|call| call.method == Method::Write).count();
        assert_eq!(writes, 1, "{name}");
    }
}

/// A ledger is known by its genesis: it stays wherever it is, and a file that only has the name of one goes as others do.
#[test]
fn a_ledger_inside_the_target_stays() {
    let genesis = r#"{"schema":"promote/ledger@9","project":"other"}"#;
    let ledger = [
        ("led/ledger.json", genesis),
        ("led/lanes/prod/log/999/999/999/998.json", "{}"),
        ("led/of/a/newer/version", "?"),
    ];
    let no_ledger =
        [("data/ledger.json", r#"{"rows":1}"#), ("data/x", "x"), ("deep/ledger.json", ""), ("deep/x", "x")];
    for (name, stage) in stages() {
        let two = files(&[("a", "2")]);
        stage.publish('a', &files(&[("a", "1"), ("old", "x")]));
        stage.publish('b', &two);
        stage.bring(&to('a')).unwrap();
        ledger.iter().chain(&no_ledger).for_each(|(path, text)| stage.by_hand(path, text));
        stage.bring(&to('b')).unwrap();
        let expected: Files = ledger.iter().chain(&[("a", "2")]).copied().map(owned).collect();
        assert_eq!(stage.there(), expected, "{name}");
    }
}

/// The same of one in the very place of the folder: what a ledger is known to have stays.
#[test]
fn a_ledger_in_the_place_of_the_target_stays() {
    for (name, stage) in stages() {
        stage.publish('a', &files(&[("a", "1")]));
        for (path, text) in [
            ("ledger.json", r#"{"schema":"promote/ledger@1"}"#),
            ("lanes/prod/log/999/999/999/998.json", "{}"),
            ("notes.txt", "x"),
        ] {
            stage.by_hand(path, text);
        }
        stage.bring(&to('a')).unwrap();
        let there: Vec<String> = stage.there().into_keys().collect();
        assert_eq!(there, ["a", "lanes/prod/log/999/999/999/998.json", "ledger.json"], "{name}");
    }
}

fn owned((path, text): (&str, &str)) -> (String, String) {
    (path.to_owned(), text.to_owned())
}
