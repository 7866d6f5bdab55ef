//! What must hold of a configuration that no reader has read: one that a program built in code. What the reader tells of a
//! file at its place is told here in words, by the same rules.

use super::judge;
use super::locations::{self, ParsedLocation};
use super::model::{Artifact, ArtifactKind, Config, Environment, WhileDeploying};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{StoreId, is_scheme};
use crate::names::EnvironmentName;
use crate::step::StepAction;
use crate::template::{Template, Values};
use std::collections::{BTreeMap, BTreeSet};

impl Config {
    /// Whether everything holds that the reader of `promote.toml` makes sure of, for a configuration that was built in code
    /// or changed after it was read. A configuration that was read and left alone passes.
    ///
    /// # Errors
    /// `Usage`, with a sentence about each mistake.
    pub fn check(&self) -> Result<(), Failure> {
        let mut found = Vec::new();
        stages(self, &mut found);
        let mut spots = Vec::new();
        for settings in self.environments.values() {
            environment(self, settings, &mut spots, &mut found);
        }
        lanes(self, &mut found);
        apart(self, &spots, &mut found);
        if found.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(ExitStatus::Usage, "the configuration can't be used");
        Err(found.into_iter().fold(failure, |failure, one| failure.state(format!("{one}."))))
    }
}

/// A location of an artifact that writes or reads.
struct Spot<'c> {
    environment: &'c EnvironmentName,
    artifact: &'c str,
    source: ParsedLocation,
    target: Option<ParsedLocation>,
}

fn stages(config: &Config, found: &mut Vec<String>) {
    let mut named = BTreeSet::new();
    if config.stages.is_empty() {
        found.push("there is no environment".to_owned());
    }
    for stage in &config.stages {
        if stage.is_empty() {
            found.push("a stage has no environment".to_owned());
        }
        for name in stage {
            if !named.insert(name) {
                found.push(format!("`{name}` stands in the stages twice"));
            }
            if !config.environments.contains_key(name) {
                found.push(format!("a stage names `{name}`, and there is no such environment"));
            }
        }
    }
    for (name, settings) in &config.environments {
        if !named.contains(name) {
            found.push(format!("no stage names `{name}`"));
        }
        if *name != settings.name {
            found.push(format!("the environment `{}` is kept under the name `{name}`", settings.name));
        }
    }
}

fn environment<'c>(
    config: &'c Config,
    settings: &'c Environment,
    spots: &mut Vec<Spot<'c>>,
    found: &mut Vec<String>,
) {
    let name = &settings.name;
    let stage = |name: &EnvironmentName| config.stages.iter().position(|stage| stage.contains(name));
    for from in &settings.from {
        match (stage(from), stage(name)) {
            (None, _) => {
                found.push(format!("`{name}` promotes from `{from}`, and there is no such environment"))
            }
            (Some(from_stage), Some(own)) if from_stage >= own => {
                found.push(format!("`{name}` promotes from `{from}`, which does not come before it"));
            }
            _ => {}
        }
    }
    if settings.artifacts.is_empty() {
        found.push(format!("`{name}` has no artifact"));
    }
    if settings.while_deploying == WhileDeploying::Supersede
        && let Some(why) = judge::overtaking(&settings.deploy)
    {
        found
            .push(format!("a newer promotion to `{name}` can't supersede one that is being deployed: {why}"));
    }
    let mut names = BTreeSet::new();
    for artifact in &settings.artifacts {
        if !names.insert(artifact.name()) {
            found.push(format!("two artifacts of `{name}` are called `{}`", artifact.name()));
        }
        match spot(config, settings, artifact) {
            Ok(spot) => spots.push(spot),
            Err(why) => found.extend(
                why.into_iter().map(|why| format!("`{name}`, artifact `{}`: {why}", artifact.name())),
            ),
        }
    }
    for need in &settings.needs {
        if let Err(why) = place(config, name, need) {
            found.push(format!("`{name}` needs `{need}`: {why}"));
        }
    }
}

/// What a location names, filled in for one environment.
fn place(config: &Config, name: &EnvironmentName, template: &Template) -> Result<ParsedLocation, String> {
    let text =
        locations::render(template, Some(name), Some(&config.project)).ok_or("it can't be filled in")?;
    // Whether a program brings a store along for its scheme is asked where the stores are opened.
    let scheme = text.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    locations::classify(&text, scheme.as_slice()).map_err(|(message, _)| message)
}

fn spot<'c>(
    config: &Config,
    settings: &'c Environment,
    artifact: &'c Artifact,
) -> Result<Spot<'c>, Vec<String>> {
    let name = &settings.name;
    let told = |why: String| vec![why];
    let source = place(config, name, &artifact.source).map_err(told)?;
    let mut found: Vec<String> = Vec::new();
    if source.kind() != artifact.kind {
        found.push(format!("its source `{}` is of another kind than it says", artifact.source));
    }
    let why = |fault: judge::Fault| match fault.label {
        Some(label) => format!("{}: {label}", fault.message),
        None => fault.message,
    };
    found.extend(judge::source(&artifact.source, source.kind()).map(why));
    let starts = settings
        .deploy
        .iter()
        .any(|step| matches!(step.action, StepAction::CodePipeline { start: true, .. }));
    let target = match (&artifact.target, source.kind()) {
        (None, ArtifactKind::Git) => None,
        (None, ArtifactKind::Object) if starts => None,
        (None, _) => {
            found.push("it has no target".to_owned());
            None
        }
        (Some(_), ArtifactKind::Git) => {
            found.push("the commit itself moves, so there is no target".to_owned());
            None
        }
        (Some(template), _) => Some(place(config, name, template).map_err(told)?),
    };
    found.extend(target.as_ref().and_then(|target| judge::pair(&source, target)).map(why));
    match found.is_empty() {
        true => Ok(Spot { environment: name, artifact: artifact.name(), source, target }),
        false => Err(found),
    }
}

/// Environments are of one lane exactly when they read the same targets.
fn lanes(config: &Config, found: &mut Vec<String>) {
    let mut lane_of = BTreeMap::new();
    for lane in &config.lanes {
        for name in &lane.environments {
            if lane_of.insert(name, &lane.name).is_some() {
                found.push(format!("`{name}` is in two lanes"));
            }
        }
    }
    let targets = |settings: &Environment| -> BTreeSet<String> {
        let values = Values {
            env: Some(settings.name.clone()),
            project: Some(config.project.clone()),
            ..Values::default()
        };
        let filled = |template: &Template| {
            template.fill(&values).map_or_else(|_| template.to_string(), |filled| filled.to_string())
        };
        settings.artifacts.iter().filter_map(|artifact| artifact.target.as_ref()).map(filled).collect()
    };
    for settings in config.environments.values() {
        let name = &settings.name;
        match lane_of.get(name) {
            Some(lane) if **lane == settings.lane => {}
            _ => found.push(format!(
                "`{name}` says that it moves with the lane `{}`, which does not name it",
                settings.lane
            )),
        }
        for other in config.environments.values().filter(|other| other.name > *name) {
            let (mine, theirs) = (targets(settings), targets(other));
            let same = !mine.is_empty() && mine == theirs;
            if same != (settings.lane == other.lane) {
                found.push(match same {
                    true => format!(
                        "`{name}` and `{}` read the same targets, and are not in one lane",
                        other.name
                    ),
                    false => format!(
                        "`{name}` and `{}` are in one lane, and do not read the same targets",
                        other.name
                    ),
                });
            }
        }
    }
}

/// No target may change a source, another lane's target or the ledger.
fn apart(config: &Config, spots: &[Spot<'_>], found: &mut Vec<String>) {
    let ledger = &config.ledger;
    let ledger = ParsedLocation::Store {
        store: ledger.store.clone(),
        key: ledger.prefix.as_str().to_owned(),
        folder: true,
    };
    let of = |spot: &Spot<'_>| format!("artifact `{}` of `{}`", spot.artifact, spot.environment);
    let lane = |spot: &Spot<'_>| config.environments.get(spot.environment).map(|settings| &settings.lane);
    // A branch is a place of its own.
    let branch = matches!(config.ledger.store, StoreId::Git(_));
    for (at, spot) in spots.iter().enumerate() {
        let meets = |place: &ParsedLocation| !branch && ledger.touches(place);
        if meets(&spot.source) || spot.target.as_ref().is_some_and(meets) {
            found.push(format!("the ledger and {} overlap", of(spot)));
        }
        let Some(target) = &spot.target else { continue };
        for other in spots.iter().filter(|other| other.source.touches(target)) {
            found.push(format!("the target of {} and the source of {} overlap", of(spot), of(other)));
        }
        for other in spots.iter().take(at).filter(|other| {
            let twins = lane(other) == lane(spot) && other.environment != spot.environment;
            !twins && other.target.as_ref().is_some_and(|other| other.touches(target))
        }) {
            found.push(format!("the targets of {} and of {} overlap", of(other), of(spot)));
        }
    }
}
