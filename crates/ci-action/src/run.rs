//! One run of the action: secrets masked, configuration read, the command carried out, and its answer written.

use crate::answer::Answer;
use crate::asked::{Act, Manner};
use crate::heard::Heard;
use crate::input::Inputs;
use crate::log::Log;
use crate::stopping::Stopping;
use crate::workflow::{ANNOTATIONS, Kind, Place};
use crate::{advancing, installing, looking, promotion, publishing, shown};
use async_trait::async_trait;
use futures_util::future::{Either, select};
use promote_core::config::{Config, Diagnostic, Severity};
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use promote_core::ledger::Actor;
use promote_core::mirror::Closing;
use promote_core::report::markdown::Links;
use promote_core::world::World;
use promote_providers::identity::{self, Found};
use promote_providers::step::Secrets;
use promote_providers::{Mirror, Trust, Variables};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

/// What the runner gives.
#[derive(Clone)]
pub struct Surroundings {
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The folder to start from.
    pub folder: PathBuf,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Surroundings({} variables, {})", self.variables.len(), self.folder.display())
    }
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum Unread {
    /// What is wrong in the file.
    Wrong(Vec<Diagnostic>),
    /// It can't be read at all.
    Failure(Failure),
}

/// Where a run reaches the outside.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Reads the configuration, with what is worth knowing about it.
    ///
    /// # Errors
    /// When it can't be read, or is wrong.
    fn config(&self, path: &Path, surroundings: &Surroundings) -> Result<(Config, Vec<Diagnostic>), Unread>;
    /// Reaches the stores of a configuration. Sends no request.
    ///
    /// # Errors
    /// When it names a store that can't be reached by this version.
    async fn world(
        &self,
        config: &Config,
        base: &Path,
        surroundings: &Surroundings,
        events: Arc<dyn Events>,
    ) -> Result<World, Failure>;
    /// Who acts.
    fn actor(&self, surroundings: &Surroundings) -> Actor;
    /// What the pipeline's server says of who acts. `hide` is given the token before anything is done with it.
    async fn identity(&self, surroundings: &Surroundings, hide: &(dyn for<'t> Fn(&'t str) + Sync)) -> Found;
    /// The address of the remote `origin`, where `base` lies in a repository that has one.
    fn remote(&self, base: &Path) -> Option<String>;
    /// 16 random bytes.
    fn nonce(&self) -> [u8; 16];
    /// The folder that the programs lie in.
    fn programs(&self) -> Option<PathBuf>;
    /// Returns when the job is cancelled, with the exit status that says so.
    async fn cancelled(&self) -> ExitStatus;
}

/// Everything that a command needs.
pub(crate) struct Site<'a> {
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) log: &'a Log,
    pub(crate) heard: Arc<Heard>,
    pub(crate) manner: Manner,
    pub(crate) config: Config,
    pub(crate) base: PathBuf,
    pub(crate) file: String,
    pub(crate) world: World,
    pub(crate) actor: Actor,
    pub(crate) links: Links,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) stopping: &'a Stopping,
}

/// Runs the action once.
pub async fn run(
    surroundings: &Surroundings,
    out: Box<dyn Write + Send>,
    connect: &dyn Connect,
) -> ExitStatus {
    let inputs = Inputs::new(&surroundings.variables);
    let on = |name: &str, value: &str| surroundings.variables.get(name).is_some_and(|it| it == value);
    let token: String = connect.nonce().iter().map(|byte| format!("{byte:02x}")).collect();
    let log = Log::new(out, on("GITHUB_ACTIONS", "true"), on("RUNNER_DEBUG", "1"), token);
    let variables: Variables = surroundings.variables.iter().collect();
    log.hide(Secrets::new(&variables, [inputs.get("token")]));
    log.debug(&format!("promote-action {}", env!("CARGO_PKG_VERSION")));
    let heard = Arc::new(Heard::new(log.clone()));
    let stopping = Stopping::default();
    let ended = {
        let work = pin!(act(surroundings, &inputs, &log, connect, &heard, &stopping));
        match select(work, connect.cancelled()).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right((exit, _)) => Err(exit),
        }
    };
    let carried = match ended {
        Ok(done) => done,
        // What was under way is let go before the ledger is told of it.
        Err(exit) => Err(stopping.failure(exit, &heard, &log, connect).await),
    };
    let answer = carried.unwrap_or_else(|failure| {
        log.annotate(Kind::Error, "promote", &told(&failure), None);
        Answer::failed(&failure, inputs.get("to"))
    });
    log.end_group();
    let exit = answer.exit();
    match answer.write(surroundings, &inputs, connect, &log, exit) {
        Ok(()) => exit,
        Err(message) => {
            log.annotate(Kind::Error, "promote", &message, None);
            // What was moved is moved: the status tells of that, and the annotation of the rest.
            let moved = answer.values.get("promotion").is_some_and(|id| !id.is_empty());
            if exit == ExitStatus::Ok && !moved { ExitStatus::Failed } else { exit }
        }
    }
}

/// A failure as the message of an annotation.
fn told(failure: &Failure) -> String {
    let mut text = failure.to_string();
    for sentence in &failure.state {
        let _ = write!(text, "\n{sentence}");
    }
    for cause in causes(failure) {
        let _ = write!(text, "\ncaused by: {cause}");
    }
    for hint in &failure.hints {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

async fn act(
    surroundings: &Surroundings,
    inputs: &Inputs<'_>,
    log: &Log,
    connect: &dyn Connect,
    heard: &Arc<Heard>,
    stopping: &Stopping,
) -> Result<Answer, Failure> {
    let (act, manner) = (Act::of(inputs)?, Manner::of(inputs)?);
    if act == Act::Install {
        return installing::install(surroundings, connect, log);
    }
    let given = inputs.get("config");
    let path = surroundings.folder.join(if given.is_empty() { "promote.toml" } else { given });
    let (config, remarks) = match connect.config(&path, surroundings) {
        Ok(read) => read,
        Err(Unread::Failure(failure)) => return Err(failure),
        Err(Unread::Wrong(found)) => {
            let failure = mistakes(log, surroundings, &path, &found);
            return Ok(Answer::failed(&failure, inputs.get("to")));
        }
    };
    if !config.unacted.is_empty() && act.changes() {
        let failure = mistakes(log, surroundings, &path, &config.unacted);
        return Ok(Answer::failed(&failure, inputs.get("to")));
    }
    for what in config.unacted() {
        log.annotate(
            Kind::Warning,
            "promote.toml",
            &format!("{what}; nothing can be written until it is taken out"),
            None,
        );
    }
    let variables: Variables = surroundings.variables.iter().collect();
    let named = config.named_variables();
    let named = named.into_iter().filter_map(|name| variables.get(name));
    log.hide(Secrets::new(&variables, named.chain([inputs.get("token")])));
    for remark in remarks {
        log.debug(&format!("line {}: {}", remark.line, remark.message));
    }
    let base = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let trust = Trust::of(&variables)?;
    let file = shown_file(surroundings, &path);
    trust.check(&config, &base, &file)?;
    let mut actor = connect.actor(surroundings);
    if act.changes() {
        let found = connect.identity(surroundings, &|token| log.hide_too(token)).await;
        actor = identity::evidence(actor, &found);
        identity::required(&variables, &actor)?;
    }
    let mirror = shown::mirror(
        &shown::Here { surroundings, inputs, config: &config, actor: &actor },
        heard,
        &trust,
        || connect.remote(&base),
    );
    stopping.telling(&mirror);
    let events = Arc::clone(&mirror) as Arc<dyn Events>;
    let world = connect.world(&config, &base, surroundings, events).await?;
    let (links, heard) = (links(surroundings), Arc::clone(heard));
    let site = Site {
        surroundings,
        inputs,
        log,
        heard,
        manner,
        config,
        base,
        file,
        world,
        actor,
        links,
        mirror,
        stopping,
    };
    let end = match act {
        Act::Promote | Act::Plan | Act::Rollback => promotion::run(&site, act).await,
        Act::Status => looking::status(&site).await,
        Act::Verify => looking::verify(&site).await,
        Act::Publish => publishing::publish(&site).await,
        Act::Advance => advancing::advance(&site).await,
        Act::Install => installing::install(surroundings, connect, log),
    };
    if end.is_err() {
        site.shown(Closing::Failed).await;
    }
    end
}

/// The file as people know it.
fn shown_file(surroundings: &Surroundings, path: &Path) -> String {
    let workspace = surroundings.file("GITHUB_WORKSPACE").unwrap_or_else(|| surroundings.folder.clone());
    path.strip_prefix(&workspace).unwrap_or(path).display().to_string()
}

/// Each mistake as an annotation at its place, as many as the runner keeps; all of them in the failure.
fn mistakes(log: &Log, surroundings: &Surroundings, path: &Path, found: &[Diagnostic]) -> Failure {
    let file = shown_file(surroundings, path);
    let errors: Vec<&Diagnostic> = found.iter().filter(|one| one.severity == Severity::Error).collect();
    let most = if errors.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { ANNOTATIONS };
    for one in errors.iter().take(most) {
        let mut message = one.message.clone();
        for more in [Some(&one.primary.text).filter(|text| !text.is_empty()), one.hint.as_ref()] {
            message.extend(more.map(|more| format!("\n{more}")));
        }
        let place = Place {
            file: file.clone(),
            line: one.line,
            end_line: one.end_line,
            column: one.column,
            // Ours is the column behind the last one.
            end_column: one.end_column.saturating_sub(1).max(one.column),
        };
        log.annotate(Kind::Error, "promote.toml", &message, Some(&place));
    }
    if errors.len() > most {
        let rest: Vec<String> =
            errors.iter().skip(most).map(|one| format!("line {}: {}", one.line, one.message)).collect();
        log.annotate(Kind::Error, &format!("{} more mistakes", rest.len()), &rest.join("\n"), None);
    }
    let plural = if errors.len() == 1 { "" } else { "s" };
    let mut failure =
        Failure::new(ExitStatus::Usage, format!("`{file}` has {} mistake{plural}", errors.len()));
    failure.state.extend(
        errors.iter().map(|one| format!("line {}, column {}: {}", one.line, one.column, one.message)),
    );
    failure.hint("`promote check` shows each mistake at its place")
}

/// Where commits of this repository can be looked at.
fn links(surroundings: &Surroundings) -> Links {
    let get = |name: &str| {
        let value = surroundings.variables.get(name).filter(|value| !value.is_empty());
        value.map(|value| promote_providers::actor::plain(value))
    };
    match (get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), get("CI_PROJECT_URL")) {
        (Some(server), Some(repository), _) => Links {
            commit: Some(format!("{server}/{repository}/commit/")),
            compare: Some(format!("{server}/{repository}/compare/")),
        },
        (_, _, Some(project)) => Links {
            commit: Some(format!("{project}/-/commit/")),
            compare: Some(format!("{project}/-/compare/")),
        },
        _ => Links::default(),
    }
}
