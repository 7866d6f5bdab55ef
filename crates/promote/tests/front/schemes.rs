//! A store of one's own beside promote's own, in one project.

use crate::stage::Stage;
use promote::{Ended, Error, ExitStatus, Promotion};

const BOTH: &str = "project = \"shop\"\nenvironments = [\"staging\", \"prod\"]\nledger = \"acme://vault/ledger/\"\n\
                    source = \"acme://vault/releases/{sha}.zip\"\ntarget = \"deploy/{env}.zip\"\n";

#[tokio::test]
async fn a_release_goes_from_an_own_store_to_a_folder() {
    let stage = Stage::new(BOTH);
    let project = stage.project();
    project.publish("HEAD").await.unwrap();
    let moved = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    assert_eq!(moved.ended, Ended::Moved, "{}", moved.json());
    let source = stage.bucket.keys().into_iter().find(|key| key.as_str().starts_with("releases/")).unwrap();
    let target = std::fs::read(stage.folder.path().join("deploy/prod.zip")).unwrap();
    assert_eq!(stage.bucket.bytes(&source).unwrap(), target);
    let verified = project.verify(&[], promote::report::Depth::default()).await.unwrap();
    assert!(verified.matches, "{verified:?}");
}

#[test]
fn a_scheme_that_nobody_brings_along_is_a_mistake_at_its_place() {
    let stage = Stage::new(BOTH);
    let error = promote::open(stage.folder.path()).build().unwrap_err();
    let Error::Mistakes(mistakes) = &error else { panic!("{error}") };
    assert!(mistakes.found().iter().any(|one| one.message == "`acme://` is not known"), "{error}");
}

#[test]
fn what_is_brought_along_and_can_not_be_used_is_refused() {
    let stage = Stage::new(BOTH);
    let taken = stage.opening(&[]).scheme("https", |_| unreachable!()).build().unwrap_err();
    assert_eq!(taken.to_string(), "`https` can't be the scheme of a store");
    let credentials = promote::Credentials::Google(Default::default());
    let unused = stage.opening(&[]).credentials("nowhere", credentials).build().unwrap_err();
    assert_eq!(unused.exit(), ExitStatus::Usage);
    assert!(unused.to_string().contains("`nowhere`"), "{unused}");
}
