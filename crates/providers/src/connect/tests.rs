//! What a configuration is connected to, and what is refused.

use super::*;
use crate::{Interruption, SystemClock, SystemEntropy, SystemSteps, Variables};
use promote_core::config::{Approvals, Artifact, ArtifactKind, Environment, Notify, OnFailure, Tier};
use promote_core::event::Silent;
use promote_core::template::Template;
use std::collections::BTreeMap;
use std::time::Duration;

fn services() -> Services {
    Services {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        history: None,
        people: promote_core::ports::People::default(),
        steps: Arc::new(SystemSteps::new(".", Variables::default(), Interruption::default())),
        events: Arc::new(Silent),
        ledger_remote: None,
    }
}

fn environment(source: &str, target: &str) -> Environment {
    let artifact = Artifact {
        name: None,
        source: Template::parse(source).unwrap(),
        target: Some(Template::parse(target).unwrap()),
        kind: ArtifactKind::Object,
        prune: false,
    };
    Environment {
        name: "prod".parse().unwrap(),
        lane: "prod".parse().unwrap(),
        tier: Tier::Production,
        from: vec![],
        auto: false,
        artifacts: vec![artifact],
        needs: vec![],
        branch: None,
        soak: Duration::ZERO,
        approvals: Approvals::default(),
        checks: vec![],
        evidence: vec![],
        versions: None,
        freeze: vec![],
        open: vec![],
        notes: vec![],
        plan: vec![],
        prepare: vec![],
        deploy: vec![],
        verify: vec![],
        on_failure: OnFailure::Stop,
        while_deploying: promote_core::config::WhileDeploying::Refuse,
        timeout: Duration::from_secs(60),
        workdir: None,
        url: None,
        hold: true,
        notify: Notify::default(),
    }
}

fn config(ledger: LedgerPlace, source: &str, target: &str) -> Config {
    let environment = environment(source, target);
    Config {
        project: "billing".parse().unwrap(),
        timezone: "UTC".parse().unwrap(),
        stages: vec![vec![environment.name.clone()]],
        lanes: vec![],
        environments: BTreeMap::from([(environment.name.clone(), environment)]),
        ledger,
        pack: None,
        stores: BTreeMap::new(),
        required_version: None,
        render: None,
        host: None,
        signers: None,
        forge: None,
        frozen: None,
        unacted: Vec::new(),
        effective: vec![],
    }
}

fn in_store(store: StoreId) -> LedgerPlace {
    LedgerPlace { store, prefix: ".promote/billing".parse().unwrap() }
}

fn connected(config: &Config) -> Result<Ports, Failure> {
    connect(config, Path::new("."), &Trust::default(), services())
}

#[cfg(all(feature = "s3", feature = "local"))]
#[test]
fn every_bucket_of_sources_targets_and_ledger_is_opened() {
    let config = config(in_store(StoreId::Local), "s3://acme-releases/{sha}.zip", "s3://acme-prod/prod.zip");
    let ports = connected(&config).unwrap();
    let names: Vec<String> = ports.stores.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["local folder", "s3://acme-prod", "s3://acme-releases"]);
    let shown: Vec<String> = ports.stores.values().map(ToString::to_string).collect();
    assert!(shown.contains(&"s3://acme-prod".to_owned()), "{shown:?}");
    assert_eq!(ports.ledger.reader().root().as_str(), ".promote/billing");
}

#[test]
fn what_can_not_be_reached_is_named() {
    let store = StoreId::Memory("acme-releases".to_owned());
    let memory =
        config(in_store(store), "memory://acme-releases/{sha}.zip", "memory://acme-releases/prod.zip");
    let failure = connected(&memory).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert!(failure.message.contains("memory://acme-releases"), "{}", failure.message);
}

#[cfg(all(feature = "git", feature = "local"))]
#[test]
fn a_branch_holds_a_ledger() {
    let branch = StoreId::Git("promote-ledger".to_owned());
    let ports = connected(&config(in_store(branch), "{sha}.zip", "prod.zip")).unwrap();
    let names: Vec<String> = ports.stores.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["local folder", "git:promote-ledger"]);
    assert_eq!(ports.ledger.bucket().to_string(), "git:promote-ledger");
}

#[test]
fn credentials_that_would_not_be_used_are_refused() {
    let store = StoreId::S3("acme-releases".to_owned());
    let mut config = config(in_store(store), "s3://acme-releases/{sha}.zip", "s3://acme-releases/prod.zip");
    let settings = StoreSettings { credentials: Some("$ACME_KEYS".to_owned()), ..StoreSettings::default() };
    config.stores.insert("acme-releases".to_owned(), settings);
    let failure = connected(&config).unwrap_err();
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert!(failure.message.contains("`acme-releases`"), "{}", failure.message);
}

#[cfg(feature = "gcs")]
#[test]
fn a_bucket_of_google_takes_a_file_of_credentials_and_no_profile() {
    let store = StoreId::Gcs("acme-releases".to_owned());
    let mut config = config(in_store(store), "gs://acme-releases/{sha}.zip", "gs://acme-releases/prod.zip");
    let settings = StoreSettings { credentials: Some("$ACME_KEYS".to_owned()), ..StoreSettings::default() };
    config.stores.insert("acme-releases".to_owned(), settings.clone());
    let ports = connected(&config).unwrap();
    assert_eq!(ports.stores.values().map(ToString::to_string).collect::<Vec<_>>(), ["gs://acme-releases"]);
    let base = Path::new("/project");
    let read = |config: &Config| google_settings(config, "acme-releases", base).unwrap().credentials;
    assert_eq!(read(&config).as_deref(), Some("$ACME_KEYS"));
    let file = StoreSettings { credentials: Some("keys/ci.json".to_owned()), ..settings.clone() };
    config.stores.insert("acme-releases".to_owned(), file);
    assert_eq!(read(&config).as_deref(), Some("/project/keys/ci.json"));
    let profile = StoreSettings { profile: Some("acme".to_owned()), ..settings };
    config.stores.insert("acme-releases".to_owned(), profile);
    assert!(connected(&config).unwrap_err().message.contains("`profile` of `acme-releases`"));
}

#[test]
fn a_world_needs_its_ledger() {
    let config = config(in_store(StoreId::Local), "{sha}.zip", "prod.zip");
    let failure = ports(&config, Stores::new(), services()).unwrap_err();
    assert!(failure.message.contains("`local folder` was not connected"), "{}", failure.message);
}

#[cfg(all(feature = "quay", feature = "local"))]
#[test]
fn repositories_of_images_are_opened_and_take_credentials_alone() {
    let image = |tag: &str| format!("quay.io/acme/app:{tag}");
    let mut config = config(in_store(StoreId::Local), &image("{sha:8}"), &image("prod"));
    let names: Vec<String> = connected(&config).unwrap().stores.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["local folder", "quay.io/acme/app"]);
    let region = StoreSettings { region: Some("eu".to_owned()), ..StoreSettings::default() };
    config.stores.insert("quay.io/acme/app".to_owned(), region);
    assert!(connected(&config).unwrap_err().message.contains("does not have"));
    let unset =
        StoreSettings { credentials: Some("$PROMOTE_NO_SUCH".to_owned()), ..StoreSettings::default() };
    config.stores.insert("quay.io/acme/app".to_owned(), unset);
    assert!(connected(&config).unwrap_err().message.contains("`PROMOTE_NO_SUCH` is not set"));
}

#[cfg(all(feature = "quay", feature = "local"))]
#[test]
fn repositories_of_one_registry_are_signed_in_to_in_one_way() {
    let mut config = config(
        in_store(StoreId::Local),
        "registry.example/acme/app:{sha:8}",
        "registry.example/acme/live:prod",
    );
    let mut say = |name: &str, sign_in: &str| {
        let settings = StoreSettings { sign_in: Some(sign_in.to_owned()), ..StoreSettings::default() };
        config.stores.insert(format!("registry.example/acme/{name}"), settings);
        connected(&config).map(|_| ())
    };
    say("app", "https://registry.example/token?service=x").unwrap();
    say("live", "https://registry.example/token?service=x").unwrap();
    let failure = say("live", "password").unwrap_err();
    let told: Vec<String> = promote_core::failure::causes(&failure).map(ToString::to_string).collect();
    let told = format!("{}: {}", failure.message, told.join(": "));
    assert_eq!(failure.exit, ExitStatus::Usage);
    assert!(
        told.contains("registry.example/acme/app") && told.contains("registry.example/acme/live"),
        "{told}"
    );
    let failure = say("live", "http://tokens.example/auth").unwrap_err();
    let key = "`store.registry.example/acme/live.sign-in`";
    assert!(failure.exit == ExitStatus::Denied && failure.message.contains(key), "{}", failure.message);
}
