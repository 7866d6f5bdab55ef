//! The list of the gates and locators in force in a lane, from the configuration.

use crate::config::{Artifact, Config, Environment, Forge, ForgeKind, Step, StrengthLevel, Tier};
use crate::digest::Digest;
use crate::ledger::{GateList, Gates};
use crate::names::LaneName;
use crate::template::{Template, Values};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many bytes of JSON the list may take: it lies in a record beside the writes and the findings.
const MOST: usize = 6 * 1024;

/// A text that is longer is told by its digest.
const LONGEST: usize = 300;

type Keys = BTreeMap<String, Vec<String>>;

/// The gates and locators that the configuration puts on a lane.
pub fn in_force(config: &Config, lane: &LaneName) -> Gates {
    let environments = config.lanes.iter().find(|one| one.name == *lane).into_iter();
    let environments = environments.flat_map(|lane| &lane.environments);
    let list: GateList = environments
        .filter_map(|name| Some((name.clone(), keys(config, config.environments.get(name)?))))
        .collect();
    let list = bounded(list);
    Gates { digest: Digest::of(&json(&list)), list }
}

fn json(list: &GateList) -> Vec<u8> {
    // Texts by texts always serialise.
    serde_json::to_vec(list).unwrap_or_default()
}

fn keys(config: &Config, environment: &Environment) -> Keys {
    let mut keys = Keys::new();
    let mut put = |key: &str, values: Vec<String>| {
        if !values.is_empty() {
            keys.insert(key.to_owned(), values.into_iter().map(short).collect());
        }
    };
    let texts =
        |list: &[Template]| -> Vec<String> { list.iter().map(|one| one.as_str().to_owned()).collect() };
    let flag = |on: bool| -> Vec<String> { on.then(|| "true".to_owned()).into_iter().collect() };
    let windows = |list: &[crate::window::Window]| -> Vec<String> {
        list.iter().map(|window| window.as_str().to_owned()).collect()
    };
    let place = &config.ledger;
    put("ledger", vec![format!("{}/{}/", place.store, place.prefix)]);
    put("tier", vec![tier(environment.tier).to_owned()]);
    put("from", environment.from.iter().map(ToString::to_string).collect());
    put("auto", flag(environment.auto));
    put("branch", environment.branch.iter().cloned().collect());
    put("soak", time(environment.soak).into_iter().collect());
    let approvals = &environment.approvals;
    if approvals.count > 0 {
        put("approvals.count", vec![approvals.count.to_string()]);
        put("approvals.from", approvals.from.clone());
        put("approvals.expires", approvals.expires.and_then(time).into_iter().collect());
        put("approvals.self", flag(approvals.own));
        put("approvals.reviews", flag(approvals.reviews));
        // Left out where it is the least that was asked for before there was a choice.
        let strength = Some(approvals.strength).filter(|it| *it != StrengthLevel::Verified);
        put("approvals.strength", strength.map(|it| it.as_str().to_owned()).into_iter().collect());
    }
    if approvals.count > 0 || !environment.checks.is_empty() {
        put("forge", config.forge.iter().flat_map(forge).collect());
    }
    if let Some(file) = &config.signers {
        let digest = file.text.as_ref().map(|text| Digest::of(text.as_bytes()).to_string());
        put("signers", std::iter::once(file.path.clone()).chain(digest).collect());
    }
    put("checks", environment.checks.iter().map(ToString::to_string).collect());
    put("evidence", environment.evidence.iter().map(|one| one.name.to_string()).collect());
    for one in &environment.evidence {
        put(&format!("evidence.{}.max-age", one.name), one.max_age.and_then(time).into_iter().collect());
        let strength = Some(one.strength).filter(|it| *it != StrengthLevel::Verified);
        let strength = strength.map(|it| it.as_str().to_owned());
        put(&format!("evidence.{}.strength", one.name), strength.into_iter().collect());
    }
    put("versions", environment.versions.iter().map(ToString::to_string).collect());
    put("freeze", windows(&environment.freeze));
    put("open", windows(&environment.open));
    if !environment.freeze.is_empty() || !environment.open.is_empty() {
        put("timezone", vec![config.timezone.name().to_owned()]);
    }
    put("notes", environment.notes.clone());
    put("needs", texts(&environment.needs));
    put("hold", flag(environment.hold));
    put("verify", environment.verify.iter().map(step).collect());
    let values = Values {
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        ..Values::default()
    };
    for artifact in &environment.artifacts {
        put(&key(artifact, "source"), vec![filled(&artifact.source, &values)]);
        put(&key(artifact, "target"), artifact.target.iter().map(|target| filled(target, &values)).collect());
    }
    keys
}

/// Who is asked for people and checks, as the file has it.
fn forge(forge: &Forge) -> Vec<String> {
    let kind = match forge.kind {
        ForgeKind::Github => "github",
        ForgeKind::Gitlab => "gitlab",
    };
    std::iter::once(kind.to_owned()).chain(forge.repository.clone()).chain(forge.api.clone()).collect()
}

fn key(artifact: &Artifact, what: &str) -> String {
    match &artifact.name {
        Some(name) => format!("artifact.{name}.{what}"),
        None => what.to_owned(),
    }
}

/// With the environment's and the project's name in it: a place, not a pattern that moves with the name.
pub(crate) fn filled(template: &Template, values: &Values) -> String {
    template.fill(values).map_or_else(|_| template.as_str().to_owned(), |filled| filled.as_str().to_owned())
}

/// What a step is, and a digest of all that is written of it: its text may be long, and no one's business.
fn step(step: &Step) -> String {
    let digest = Digest::of(format!("{:?} {:?} {:?}", step.action, step.env, step.workdir).as_bytes()).hex();
    let name: String = step.name().chars().take(60).collect();
    format!("{name} ({})", digest.get(..12).unwrap_or_default())
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Development => "development",
        Tier::Test => "test",
        Tier::Staging => "staging",
        Tier::Production => "production",
    }
}

/// A time as it may be written in the file; `None` for none.
fn time(time: Duration) -> Option<String> {
    let mut left = time.as_secs();
    let mut text = String::new();
    for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")] {
        if left / size > 0 {
            text.push_str(&format!("{}{unit}", left / size));
        }
        left %= size;
    }
    Some(text).filter(|text| !text.is_empty())
}

fn short(text: String) -> String {
    if text.len() > LONGEST { Digest::of(text.as_bytes()).to_string() } else { text }
}

/// The list as it fits a record: where there is too much of it, long values are told by their digest, and in the end
/// all of an environment is. Such a value can still be told from another, only not read.
fn bounded(list: GateList) -> GateList {
    if json(&list).len() <= MOST {
        return list;
    }
    let digest = |values: &Vec<String>| vec![Digest::of(values.join("\n").as_bytes()).to_string()];
    let hashed: GateList = list
        .iter()
        .map(|(name, keys)| {
            let short = |values: &Vec<String>| {
                if values.join("").len() > 64 { digest(values) } else { values.clone() }
            };
            (name.clone(), keys.iter().map(|(key, values)| (key.clone(), short(values))).collect())
        })
        .collect();
    if json(&hashed).len() <= MOST {
        return hashed;
    }
    let whole = |keys: &Keys| {
        let tier = keys.get("tier").map(|tier| ("tier".to_owned(), tier.clone()));
        let all = serde_json::to_vec(keys).unwrap_or_default();
        tier.into_iter().chain([("all".to_owned(), vec![Digest::of(&all).to_string()])]).collect()
    };
    list.iter().map(|(name, keys)| (name.clone(), whole(keys))).collect()
}
