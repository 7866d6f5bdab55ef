//! The rights that a command needs on what a configuration names, and no more: collected here, written as policies by
//! [`aws`] and [`google`].
//!
//! The ledger is only ever added to, and a release is written once, so neither is ever given to be deleted.

pub(crate) mod aws;
pub(crate) mod google;
pub(crate) mod trust;

#[cfg(test)]
mod tests;

use promote_core::advance::choice::along;
use promote_core::automatic::environments;
use promote_core::config::{Artifact, ArtifactKind, Config, Environment, StepAction};
use promote_core::location::StoreId;
use promote_core::template::{Template, Values};

/// What somebody means to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Purpose {
    /// status, history, show, diff, plan, explain, verify, doctor
    Read,
    /// publish, with the move to the first automatic environments
    Publish,
    /// to, rollback, resume, advance, adopt, freeze, hold
    To,
    /// block, unblock, freeze --all, unfreeze --all
    Block,
}

/// Objects of one bucket: a key in which `?` and `*` stand for any character and any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Objects {
    pub(crate) bucket: StoreId,
    pub(crate) key: String,
    /// Whether what is there is written over.
    pub(crate) replaced: bool,
}

/// A repository of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// `HOST/PATH`.
    pub(crate) name: String,
    pub(crate) written: bool,
}

/// What is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) reads: Vec<Objects>,
    pub(crate) writes: Vec<Objects>,
    pub(crate) deletes: Vec<Objects>,
    /// Whether stores are tried when the ledger is begun.
    pub(crate) probes: bool,
    pub(crate) repositories: Vec<Repository>,
    /// Pipelines of AWS that are followed; `*` stands for any text.
    pub(crate) pipelines: Vec<String>,
    /// Whether any of them is started, too.
    pub(crate) starts: bool,
}

impl Rights {
    /// What `purpose` needs in these environments.
    pub(crate) fn of(config: &Config, purpose: Purpose, named: &[&Environment]) -> Self {
        let mut rights = Self::default();
        let all = || config.in_order();
        // Whoever moves one environment has no business with the targets of others.
        let (sources, targets): (Vec<&Environment>, Vec<&Environment>) = match purpose {
            Purpose::Read => (all().collect(), all().collect()),
            Purpose::Publish => (all().collect(), environments(config)),
            Purpose::To => {
                let moved: Vec<&Environment> =
                    named.iter().flat_map(|one| config.moved(one, &along(config, one))).collect();
                (moved.clone(), moved)
            }
            Purpose::Block => (Vec::new(), Vec::new()),
        };
        for environment in sources {
            let sources = environment.artifacts.iter().map(|artifact| &artifact.source);
            sources.chain(&environment.needs).for_each(|place| rights.may_read(config, environment, place));
        }
        for environment in targets {
            let targets = environment.artifacts.iter().filter_map(|artifact| artifact.target.as_ref());
            targets.for_each(|place| rights.may_read(config, environment, place));
        }
        let ledger = config.ledger.prefix.as_str();
        rights.read(&config.ledger.store, format!("{ledger}/*"));
        match purpose {
            Purpose::Read => {}
            Purpose::Publish => {
                rights.probes = true;
                let firsts = environments(config);
                for environment in all() {
                    for artifact in &environment.artifacts {
                        rights.place(config, environment, artifact, &artifact.source, false);
                    }
                }
                for environment in &firsts {
                    rights.targets(config, environment);
                }
                for part in ["ledger.json", "releases/*"] {
                    rights.write(&config.ledger.store, format!("{ledger}/{part}"), false);
                }
                for environment in &firsts {
                    rights.lane(config, environment);
                    rights.follows(config, environment);
                }
                let scratch = format!("{ledger}/scratch/*");
                rights.write(&config.ledger.store, scratch.clone(), true);
                rights.delete(&config.ledger.store, scratch);
            }
            Purpose::To => {
                for environment in named {
                    for moved in config.moved(environment, &along(config, environment)) {
                        rights.targets(config, moved);
                        rights.follows(config, moved);
                    }
                    rights.lane(config, environment);
                }
            }
            Purpose::Block => {
                rights.write(&config.ledger.store, format!("{ledger}/releases/*"), false);
                rights.write(&config.ledger.store, format!("{ledger}/freeze/*"), false);
            }
        }
        rights
    }

    fn may_read(&mut self, config: &Config, environment: &Environment, place: &Template) {
        match settled(config, environment, place) {
            Some((StoreId::Image(name), _)) => self.repository(name, false),
            Some((store, key)) => {
                // The folder that it lies in; in the root of a bucket, the object alone.
                let fixed = key.split(['?', '*']).next().unwrap_or_default();
                let folder = fixed.rfind('/').and_then(|end| fixed.get(..end));
                self.read(&store, folder.map_or(key.clone(), |folder| format!("{folder}/*")));
            }
            None => {}
        }
    }

    fn targets(&mut self, config: &Config, environment: &Environment) {
        for artifact in &environment.artifacts {
            if let Some(target) = &artifact.target {
                self.place(config, environment, artifact, target, true);
            }
        }
    }

    fn place(
        &mut self,
        config: &Config,
        environment: &Environment,
        artifact: &Artifact,
        place: &Template,
        target: bool,
    ) {
        if artifact.kind == ArtifactKind::Git {
            return;
        }
        match settled(config, environment, place) {
            Some((StoreId::Image(name), _)) => self.repository(name, true),
            Some((store, key)) => {
                if target && artifact.prune {
                    self.delete(&store, key.clone());
                }
                self.write(&store, key, target);
            }
            None => {}
        }
    }

    fn lane(&mut self, config: &Config, environment: &Environment) {
        let key = format!("{}/lanes/{}/*", config.ledger.prefix, environment.lane);
        self.write(&config.ledger.store, key, false);
    }

    fn follows(&mut self, config: &Config, environment: &Environment) {
        let steps = environment.deploy.iter().chain(&environment.verify);
        for step in steps {
            if let StepAction::CodePipeline { names, start } = &step.action {
                self.starts |= *start;
                for name in names {
                    let name = pattern(&filled(config, environment, name));
                    if !self.pipelines.contains(&name) {
                        self.pipelines.push(name);
                    }
                }
            }
        }
    }

    fn read(&mut self, bucket: &StoreId, key: String) {
        once(&mut self.reads, Objects { bucket: bucket.clone(), key, replaced: false });
    }

    fn write(&mut self, bucket: &StoreId, key: String, replaced: bool) {
        once(&mut self.writes, Objects { bucket: bucket.clone(), key, replaced });
    }

    fn delete(&mut self, bucket: &StoreId, key: String) {
        once(&mut self.deletes, Objects { bucket: bucket.clone(), key, replaced: true });
    }

    fn repository(&mut self, name: String, written: bool) {
        match self.repositories.iter_mut().find(|known| known.name == name) {
            Some(known) => known.written |= written,
            None => self.repositories.push(Repository { name, written }),
        }
    }
}

fn once(list: &mut Vec<Objects>, one: Objects) {
    if !list.contains(&one) {
        list.push(one);
    }
}

/// A place with everything filled in that its environment settles: its store, and its key with `?` and `*`.
fn settled(config: &Config, environment: &Environment, place: &Template) -> Option<(StoreId, String)> {
    let text = filled(config, environment, place);
    let store = text.parse::<Template>().ok()?.store()?;
    let key = match &store {
        StoreId::Image(_) | StoreId::Local | StoreId::Git(_) => text,
        _ => text.split_once("://")?.1.split_once('/')?.1.to_owned(),
    };
    // A folder is everything in it; the folder of a whole bucket has no name.
    let key = if key.is_empty() || key.ends_with('/') { format!("{key}*") } else { key };
    Some((store, pattern(&key)))
}

fn filled(config: &Config, environment: &Environment, place: &Template) -> String {
    let values = Values {
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        ..Values::default()
    };
    place.fill(&values).map_or_else(|_| place.to_string(), |filled| filled.to_string())
}

/// The text with `?` for each digit of a commit and `*` for everything else that is not known before.
fn pattern(text: &str) -> String {
    let text = text.replace("{{", "{").replace("}}", "}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (inner, behind) = after.split_once('}').unwrap_or((after, ""));
        match inner.split_once(':') {
            None if inner == "sha" => out.push_str(&"?".repeat(40)),
            Some(("sha", digits)) => out.push_str(&"?".repeat(digits.parse().unwrap_or(40))),
            _ => out.push('*'),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
