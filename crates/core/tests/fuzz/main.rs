//! Whatever is read from outside, damaged: no reader panics or runs for ever, and what a reader takes is what it writes.
//! The same number of cases each time, from small seeds.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

#[allow(dead_code, reason = "the stages of other tests use all of it")]
#[path = "../acting/mod.rs"]
mod acting;
mod damage;
#[allow(dead_code, reason = "the tests of rules use all of it")]
#[path = "../rules/facts.rs"]
mod facts;
#[allow(dead_code, reason = "the protocol's tests use all of it")]
#[path = "../protocol/stage.rs"]
mod stage;

use damage::{damaged, text};
use facts::Case;
use promote_core::config::{ReadContext, read};
use promote_core::folder::FolderManifest;
use promote_core::ledger::{Manifest, Record};
use promote_core::location::{Key, Location};
use promote_core::plan::{Decision, plan, saved};
use promote_core::pointer::Pointer;
use promote_core::request::Wanted;
use promote_core::tag::ReleaseTag;
use promote_core::template::{Template, Values};
use promote_core::trust::Host;
use promote_core::window::Window;
use proptest::prelude::*;

/// How often each reader is tried.
const CASES: u32 = 2000;

/// A list of values inside each other, for every reader of JSON.
fn deep() -> Vec<u8> {
    let (open, close) = ("{\"schema\":[".repeat(5000), "]}".repeat(5000));
    format!("{open}{close}").into_bytes()
}

fn records() -> Vec<Vec<u8>> {
    let golden = [
        &include_bytes!("../golden/record-abort.json")[..],
        include_bytes!("../golden/record-commit.json"),
        include_bytes!("../golden/record-freeze.json"),
        include_bytes!("../golden/record-hold.json"),
        include_bytes!("../golden/record-intent.json"),
        include_bytes!("../golden/record-mark.json"),
        include_bytes!("../golden/record-observe.json"),
        include_bytes!("../golden/record-outcome.json"),
    ];
    golden.iter().map(|seed| seed.to_vec()).chain([deep()]).collect()
}

fn plans() -> Vec<Vec<u8>> {
    let case = Case::new();
    let plan = match plan(&case.config, &case.environment, &case.snapshot, &case.request) {
        Decision::Allowed(plan) => *plan,
        Decision::NothingToDo(nothing) => nothing.plan,
        Decision::Refused(refusal) => refusal.plan,
    };
    vec![serde_json::to_vec_pretty(&plan).unwrap(), deep()]
}

fn manifests() -> Vec<Vec<u8>> {
    vec![serde_json::to_vec(&Case::new().snapshot.candidate.manifest).unwrap(), deep()]
}

fn folders() -> Vec<Vec<u8>> {
    let file = |path: &str| promote_core::folder::FolderFile {
        path: path.parse().unwrap(),
        size: 3,
        executable: false,
        sha256: promote_core::digest::Digest::of(b"abc"),
        token: None,
    };
    vec![FolderManifest::new(vec![file("a"), file("b/c.html")]).unwrap().to_bytes(), deep()]
}

#[test]
fn what_is_too_deep_or_too_long_is_refused() {
    let prod = "prod".parse().unwrap();
    let deep = deep();
    assert!(Record::from_bytes(&deep).is_err() && Pointer::from_bytes(&deep).is_err());
    assert!(saved::parse(&deep, "x.plan", &prod).is_err() && FolderManifest::from_bytes(&deep).is_err());
    assert!(serde_json::from_slice::<Manifest>(&deep).is_err());
    let long = |limit: usize, seed: &[u8]| {
        let mut bytes = seed.to_vec();
        bytes.resize(limit + 1, b' ');
        bytes
    };
    let pointer = include_bytes!("seeds/pointer.json");
    assert!(Pointer::from_bytes(pointer).is_ok());
    assert!(Pointer::from_bytes(&long(promote_core::pointer::LIMIT, pointer)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_are_read_or_refused(bytes in damaged(records())) {
        if let Ok(record) = Record::from_bytes(&bytes) {
            let again = record.to_bytes().unwrap();
            prop_assert_eq!(Record::from_bytes(&again).unwrap(), record);
        }
    }

    #[test]
    fn saved_plans_are_read_or_refused(bytes in damaged(plans())) {
        let environment = "prod".parse().unwrap();
        if let Ok(plan) = saved::parse(&bytes, "x.plan", &environment) {
            let again = serde_json::to_vec(&plan).unwrap();
            prop_assert_eq!(saved::parse(&again, "x.plan", &environment).unwrap().digest(), plan.digest());
        }
    }

    #[test]
    fn manifests_are_read_or_refused(bytes in damaged(manifests())) {
        if let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) {
            let again = serde_json::to_vec(&manifest).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Manifest>(&again).unwrap(), manifest);
        }
    }

    #[test]
    fn manifests_of_folders_are_read_or_refused(bytes in damaged(folders())) {
        if let Ok(manifest) = FolderManifest::from_bytes(&bytes) {
            prop_assert_eq!(FolderManifest::from_bytes(&manifest.to_bytes()).unwrap(), manifest);
        }
    }

    #[test]
    fn pointers_are_read_or_refused(bytes in damaged(vec![include_bytes!("seeds/pointer.json").to_vec(), deep()])) {
        Pointer::from_bytes(&bytes).ok();
    }

    #[test]
    fn files_are_read_or_refused(text in text(&[include_str!("../../src/config/tests/teams/objects.toml"), include_str!("../../src/config/tests/teams/folders.toml"), include_str!("../../src/config/tests/teams/terraform.toml")])) {
        let variables = |name: &str| (name == "BUCKET").then(|| "acme-releases".to_owned());
        let context = ReadContext {
            default_project: Some("repository".parse().unwrap()),
            variables: &variables,
            version: semver::Version::new(0, 1, 0), schemes: &[] };
        if let Err(found) = read(&text, &context) {
            prop_assert!(found.iter().all(|one| text.get(one.primary.span.clone()).is_some() && one.line >= 1));
        }
    }

    #[test]
    fn a_persons_own_file_is_read_or_refused(text in text(&["trust-hosts = [\"minio.acme.dev\", \"*.acme.dev:8443\"]\n"])) {
        if promote_core::trusted_hosts::read(&text).is_ok() {
            let added = promote_core::trusted_hosts::added(&text, &Host::new("minio.acme.dev", 9000)).unwrap();
            prop_assert!(promote_core::trusted_hosts::read(&added).is_ok(), "{text:?} {added:?}");
        }
    }

    #[test]
    fn windows_are_read_or_refused(text in text(&[
        "Fri 16:00 .. Mon 08:00", "daily 22:00 .. 06:00", "2026-12-20 .. 2027-01-04", "Mon-Fri 09:00 .. 17:00",
        "2026-03-29 02:30 .. 2026-03-29 03:30",
    ])) {
        if let Err(error) = Window::parse(&text) {
            prop_assert!(text.get(error.offset..error.offset + error.len).is_some(), "{text:?}");
        }
    }

    #[test]
    fn templates_are_read_or_refused(text in text(&[
        "{env}/{sha:8}.zip", "{project}-{version}-{date:%Y-%m-%d}", "${BUCKET}/x-{timestamp}", "{{sha}}",
    ])) {
        match Template::parse(&text) {
            Ok(template) => drop(template.render(&Values::default())),
            Err(error) => prop_assert!(text.get(error.offset..error.offset + error.len).is_some(), "{text:?}"),
        }
    }

    #[test]
    fn templates_of_tags_read_tags_or_refuse_them(
        template in text(&["{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}", "d{date:%Y-%m-%d}", "v{version}"]),
        tag in text(&["prod-33242e93-17-04-2021.1618577888", "d2021-04-09.1", "v1.2.3-rc.1"]),
    ) {
        if let Ok(template) = Template::parse(&template) {
            template.read(&tag);
        }
        if let Ok(tag) = ReleaseTag::parse(&tag) {
            tag.when();
        }
    }

    #[test]
    fn locations_are_what_they_are_written_as(text in text(&[
        "s3://acme/a/prod.zip", "gs://acme/a/b/", "quay.io/acme/app:prod", "local/releases/x.zip", "localhost:5000/a:b",
    ])) {
        if let Ok(location) = text.parse::<Location>() {
            prop_assert_eq!(location.to_string().parse::<Location>().unwrap(), location);
        }
        if let Ok(key) = text.parse::<Key>() {
            prop_assert_eq!(key.as_str(), &text);
        }
        text.parse::<Wanted>().ok();
        promote_core::duration::parse(&text).ok();
        promote_core::pattern::excess(&text);
    }
}
