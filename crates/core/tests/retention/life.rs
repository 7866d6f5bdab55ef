//! A release from its publication until it is gone.

use crate::old::{clean, entry, fates, grace, kinds, stage, strict, there, whole};
use crate::release::{End, actor, commit, files, name, run, wanted};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::port::{Body, Bucket, Condition, Headers, Metadata, Precondition};
use promote_core::request::Request;
use promote_core::retention::{Fate, Policy, pin, unpin};
use promote_testing::memory::MemoryKind;
use std::time::Duration;

#[test]
fn what_nothing_needs_is_doomed_waited_for_and_deleted() {
    for (kind, memory) in kinds() {
        let stage = stage(memory);
        let ports = stage.ports();
        // Everything is new by the policy that holds when none is named.
        assert!(
            block_on(fates(&ports, &stage.config, &Policy::default()))
                .unwrap()
                .values()
                .all(|fate| *fate == Fate::Keep)
        );
        let stray = format!("rules/{}/by-hand.txt", commit('c'));
        stage.store.put(&stray.parse().unwrap(), "mine");
        let first = block_on(clean(&ports, &stage.config, &strict())).unwrap();
        assert_eq!((first.doomed.clone(), first.gone.len()), (vec![commit('c')], 0), "{kind}");
        assert!(entry(&stage, 'c').doomed());
        // It is refused now, and deleted by nobody.
        assert!(
            matches!(stage.to("staging", 'c'), End::Refused(why) if why.contains("promote") || why.contains("doomed"))
        );
        let second = block_on(clean(&ports, &stage.config, &strict())).unwrap();
        assert_eq!(second, Default::default(), "{kind}: the grace is not over");
        assert!(there(&stage, 'c').0.len() > 5);
        grace(&stage);
        let third = block_on(clean(&ports, &stage.config, &strict())).unwrap();
        assert_eq!(third.gone, [commit('c')], "{kind}");
        let erased = &third.erased[&commit('c')];
        let objects: u64 = erased.iter().map(|one| one.objects).sum();
        assert_eq!(objects as usize, 2 * (files('c').len() + 1) + 2, "{kind}: {erased:?}");
        assert!(erased.iter().all(|one| one.left.is_empty()), "{kind}: {erased:?}");
        let strays: Vec<&String> = erased.iter().flat_map(|one| &one.strays).collect();
        assert_eq!(strays, ["by-hand.txt"], "{kind}");
        assert_eq!(there(&stage, 'c'), (vec![stray], false), "{kind}");
        assert!(whole(&stage, 'a') && whole(&stage, 'b'), "{kind}");
        assert!(entry(&stage, 'c').gone.is_some());
        let fourth = block_on(clean(&ports, &stage.config, &strict())).unwrap();
        assert_eq!(fourth, Default::default(), "{kind}: nothing is left to do");
        let End::Refused(why) = stage.to("staging", 'c') else { panic!("{kind}: it is gone") };
        assert!(why.contains("being deleted, or are gone"), "{kind}: {why}");
        let late =
            block_on(pin(&ports, &stage.config, &commit('c'), Some("needed"), &actor("bob"))).unwrap_err();
        assert_eq!(late.exit, ExitStatus::Missing, "{kind}");
    }
}

#[test]
fn a_pin_keeps_a_release_and_lifts_its_doom() {
    let stage = stage(MemoryKind::s3_like());
    let ports = stage.ports();
    block_on(clean(&ports, &stage.config, &strict())).unwrap();
    let pinned = block_on(pin(&ports, &stage.config, &commit('c'), Some("an audit"), &actor("bob"))).unwrap();
    assert!(pinned.changed && pinned.lifted && !pinned.late);
    let again = block_on(pin(&ports, &stage.config, &commit('c'), Some("an audit"), &actor("bob"))).unwrap();
    assert_eq!(again, Default::default());
    grace(&stage);
    assert_eq!(block_on(clean(&ports, &stage.config, &strict())).unwrap(), Default::default());
    assert!(whole(&stage, 'c'));
    assert!(matches!(stage.to("staging", 'c'), End::Done(_)));
    assert!(block_on(unpin(&ports, &stage.config, &commit('c'), None, &actor("bob"))).unwrap());
    assert!(!block_on(unpin(&ports, &stage.config, &commit('c'), None, &actor("bob"))).unwrap());
    let unknown = block_on(pin(&ports, &stage.config, &commit('f'), Some("x"), &actor("bob"))).unwrap_err();
    assert_eq!(unknown.exit, ExitStatus::Missing);
}

#[test]
fn what_was_changed_stays_and_is_told() {
    for (kind, memory) in kinds() {
        let stage = stage(memory);
        let ports = stage.ports();
        let sha = commit('c');
        block_on(clean(&ports, &stage.config, &strict())).unwrap();
        grace(&stage);
        let other = "other bytes of the";
        stage.store.put(&format!("app/{sha}.zip").parse().unwrap(), other.get(..12).unwrap());
        stage.store.put(&format!("config/{sha}/always.txt").parse().unwrap(), "the same for EVER");
        let (tag, any) = ("cccccccc".parse().unwrap(), Condition::on(Precondition::Any));
        let image = Body::Bytes(Bytes::from_static(b"another image"));
        block_on(stage.registry.write(&tag, image, &Headers::default(), &Metadata::new(), &any)).unwrap();
        let done = block_on(clean(&ports, &stage.config, &strict())).unwrap();
        let left: Vec<&String> = done.erased[&sha].iter().flat_map(|one| &one.left).collect();
        assert_eq!(left.len(), 3, "{kind}: {left:?}");
        let (keys, image) = there(&stage, 'c');
        assert_eq!(keys, [format!("app/{sha}.zip"), format!("config/{sha}/always.txt")], "{kind}");
        assert!(image, "{kind}");
        assert_eq!(done.gone, [sha], "{kind}: nothing of the release is left");
    }
}

#[test]
fn what_can_not_be_read_stops_it() {
    let stage = stage(MemoryKind::s3_like());
    let ports = stage.ports();
    let before = stage.store.keys();
    for (key, bytes) in [
        (".promote/shop/lanes/qa/log/999/999/999/998.json".to_owned(), "{}"),
        (".promote/shop/lanes/note.txt".to_owned(), "x"),
        (
            format!(".promote/shop/releases/{}/manifest.json", "f".repeat(40)),
            "{\"schema\":\"promote/manifest@2\"}",
        ),
    ] {
        let key = key.parse().unwrap();
        stage.store.put(&key, bytes);
        let failure = block_on(clean(&ports, &stage.config, &strict())).unwrap_err();
        assert_eq!(failure.exit, ExitStatus::Failed, "{key}: {failure}");
        stage.store.remove(&key);
        assert_eq!(stage.store.keys(), before, "{key}");
    }
}

#[test]
fn what_was_looked_at_long_ago_begins_nothing() {
    let stage = stage(MemoryKind::s3_like());
    let ports = stage.ports();
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let decided = block_on(promote_core::flow::decide(&ports.view(), &stage.config, &request)).unwrap();
    let (snapshot, promote_core::plan::Decision::Allowed(plan)) = decided else { panic!("it is allowed") };
    let before = stage.store.keys();
    stage.clock.advance(Duration::from_secs(30 * 60 + 1));
    let carried = promote_core::flow::carry_out(
        &ports,
        &stage.config,
        &plan,
        &snapshot,
        &request,
        promote_core::flow::Wait::Yes,
    );
    let failure = block_on(carried).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Conflict);
    assert_eq!(failure.message, "the state that was checked is 30m 1s old");
    assert_eq!(stage.store.keys(), before);
    stage.clock.set(promote_core::port::Clock::now(&stage.clock) - TimeDelta::seconds(1));
    let carried = promote_core::flow::carry_out(
        &ports,
        &stage.config,
        &plan,
        &snapshot,
        &request,
        promote_core::flow::Wait::Yes,
    );
    block_on(carried).unwrap();
    assert!(matches!(block_on(run(&ports, &stage.config, request)), End::Nothing));
}

#[test]
fn a_lane_that_the_file_names_no_more_keeps_its_release() {
    let mut stage = stage(MemoryKind::local_like());
    let text = crate::release::PROJECT.replace("[\"staging\", \"prod\"]", "[\"staging\"]");
    stage.config = crate::release::config(&text);
    grace(&stage);
    let fates = block_on(fates(&stage.ports(), &stage.config, &strict())).unwrap();
    assert_eq!(fates[&commit('a')], Fate::Keep);
    assert_eq!(fates[&commit('c')], Fate::Doom);
}

#[test]
fn an_entry_that_can_not_be_read_lifts_no_pin() {
    for (number, text) in [(2, "zz"), (2, ""), (4, "{}"), (1, "zz")] {
        let stage = stage(MemoryKind::s3_like());
        let ports = stage.ports();
        let (config, c) = (&stage.config, commit('c'));
        for at in 1..number {
            match at % 2 {
                1 => drop(block_on(pin(&ports, config, &c, Some("audit"), &actor("bob"))).unwrap()),
                _ => assert!(block_on(unpin(&ports, config, &c, None, &actor("bob"))).unwrap()),
            }
        }
        let place = format!(".promote/shop/releases/{c}/pin/{number:06}.json");
        stage.store.put(&place.parse().unwrap(), text);
        assert!(entry(&stage, 'c').pinned(), "{number} {text:?}");
        for _ in 0..3 {
            assert_eq!(block_on(clean(&ports, config, &strict())).unwrap(), Default::default());
            grace(&stage);
        }
        assert!(whole(&stage, 'c'), "{number} {text:?}");
        assert!(block_on(unpin(&ports, config, &c, None, &actor("bob"))).unwrap());
        assert_eq!(block_on(clean(&ports, config, &strict())).unwrap().doomed, [c], "{number} {text:?}");
    }
}
