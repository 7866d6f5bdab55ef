//! Publishing a release once more: everything of it must lie where it was put, as it was published.

use crate::published::{file, foreign, kinds};
use crate::stage::{End, Stage, commit, files, image, zip};
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::location::Key;
use promote_core::publish::Published;

const FOLDERS: [&str; 2] = ["rules", "config"];

fn stages() -> Vec<(&'static str, Stage)> {
    kinds().into_iter().map(|(what, kind)| (what, Stage::ready(kind))).collect()
}

fn app(digit: char) -> Key {
    format!("app/{}.zip", commit(digit)).parse().unwrap()
}

#[track_caller]
fn done(stage: &Stage, digit: char, what: &str) -> Published {
    let end =
        stage.try_publish(&stage.ports(), digit).unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
    assert!(!end.new, "{what}");
    end
}

/// Refused, with the digests of what lies there and of what was published; nothing is written.
#[track_caller]
fn refused(stage: &Stage, digit: char, (found, published): (&str, &str), what: &str) {
    let before = stage.store.snapshot();
    let failure = stage.try_publish(&stage.ports(), digit).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Conflict, "{what}: {failure:?}");
    let told = failure.state.join(" ");
    for text in [found, published] {
        assert!(told.contains(&Digest::of(text.as_bytes()).to_string()), "{what}: {told}");
    }
    assert_eq!(before, stage.store.snapshot(), "{what}");
}

#[test]
fn other_bytes_at_a_source_are_refused_whatever_it_is() {
    for (kind, stage) in stages() {
        let other = zip('c').to_uppercase();
        stage.store.put(&app('c'), other.clone()).unwrap();
        refused(&stage, 'c', (&other, &zip('c')), kind);
        // Put right, it is the release again.
        stage.store.put(&app('c'), zip('c')).unwrap();
        assert!(done(&stage, 'c', kind).standing.missing.is_empty(), "{kind}");
        for folder in FOLDERS {
            let path = "deep/changes.yaml";
            let other = foreign('c', path);
            stage.store.put(&file('c', path, folder), other.clone()).unwrap();
            refused(&stage, 'c', (&other, &files('c')[path]), &format!("{kind}, {folder}"));
            stage.store.put(&file('c', path, folder), files('c')[path].clone()).unwrap();
            done(&stage, 'c', kind);
        }
    }
}

#[test]
fn what_is_gone_is_put_there_again_and_said() {
    for (kind, stage) in stages() {
        let manifest = file('c', ".promote-folder.json", "rules");
        let gone =
            [app('c'), file('c', "always.txt", "config"), file('c', "deep/changes.yaml", "rules"), manifest];
        for key in gone {
            let bytes = stage.store.bytes(&key).unwrap();
            stage.store.remove(&key);
            let end = done(&stage, 'c', kind);
            assert_eq!(end.standing.missing.len(), 1, "{kind}, {key}: {end:?}");
            let said = end.standing.gone().join(" ");
            assert!(said.contains(key.as_str().trim_end_matches(".promote-folder.json")), "{kind}: {said}");
            // The tokens that a folder's manifest notes are others where files were written anew.
            if key.as_str().ends_with(".promote-folder.json") {
                assert!(stage.store.bytes(&key).is_some(), "{kind}, {key}");
            } else {
                assert_eq!(stage.store.bytes(&key), Some(bytes), "{kind}, {key}");
            }
            assert_eq!(done(&stage, 'c', kind).standing.gone(), Vec::<String>::new(), "{kind}, {key}");
        }
        let end = stage.to("staging", 'c');
        assert!(matches!(end, End::Done(_)), "{kind}: {end:?}");
    }
}

#[test]
fn an_image_that_is_gone_must_be_pushed_again() {
    let (_, stage) = stages().remove(0);
    let tag: Key = "c".repeat(8).parse().unwrap();
    stage.registry.remove(&tag);
    let refused = stage.try_publish(&stage.ports(), 'c').unwrap_err();
    assert_eq!(refused.exit, ExitStatus::Missing, "{refused:?}");
    assert!(refused.state.join(" ").contains(&Digest::of(image('c').as_bytes()).to_string()), "{refused:?}");
    stage.push('c');
    done(&stage, 'c', "pushed again");
}
