//! What is said where not everybody was told.

use super::*;
use promote_core::config::{ReadContext, read};

fn config() -> Config {
    let text = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"s3://acme/{sha}.zip\"\n\
                target = \"s3://acme/{env}.zip\"\nnotify = { slack = \"$HOOK\" }\n";
    let context = ReadContext {
        default_project: None,
        variables: &|_| None,
        version: "0.1.0".parse().unwrap(),
        schemes: &[],
    };
    read(text, &context).unwrap().0
}

fn teller(work: JoinHandle<()>) -> (Teller, UnboundedReceiver<Heard>) {
    let (sender, heard) = unbounded_channel();
    let teller = Teller {
        config: config(),
        line: Some(sender),
        work: Mutex::new(Some(work)),
        warnings: Arc::default(),
        lanes: BTreeMap::new(),
        current: Mutex::default(),
    };
    (teller, heard)
}

#[tokio::test]
async fn who_tells_and_breaks_off_has_not_told() {
    let (fine, _heard) = teller(tokio::spawn(async {}));
    fine.finish().await;
    assert!(fine.told(None).is_empty());
    let (broken, _heard) = teller(tokio::spawn(async { panic!("a fault") }));
    broken.finish().await;
    let said = broken.told(None);
    assert!(said.len() == 1 && said[0].starts_with("telling others broke off by a fault"), "{said:?}");
    assert!(said[0].ends_with(BOTH), "{said:?}");
}

#[tokio::test]
async fn what_no_record_holds_is_told_by_who_finds_it_again() {
    let config = config();
    let settings = config.environments.values().next().unwrap();
    let one = untold(settings, "slack", 1, ("it can't be reached", AGAIN));
    assert_eq!(
        one,
        "what happened in prod was not told to slack: it can't be reached; the next command that finds it tells it"
    );
}
