//! Moves what is automatic and open: for schedules, for pushes, and for what follows a publication. Safe to run as often
//! as one likes, and at the same time as itself: whoever comes second is told who was first, and goes on.
//!
//! What is tried is chosen in [`choice`]; whether it may move is decided by the same rules, and moved in the same way,
//! as when a person asks.

pub mod choice;
mod watch;

pub use watch::Watch;

use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::deploying::Deploying;
use crate::exit::ExitStatus;
use crate::failure::{Failure, causes};
use crate::flow::{Done, Wait, Ways, carry_out, decide};
use crate::lease::{self, Heard};
use crate::ledger::{Action, Actor, Head, LedgerError, Manifest, OutcomeResult, Restored, State};
use crate::names::EnvironmentName;
use crate::observe::{begun, heads};
use crate::plan::{Decision, Refusal};
use crate::ports::{Ports, ReadPorts};
use crate::report::Moved;
use crate::request::{Request, Wanted};
use crate::standing;
use crate::undo;
use choice::{Choice, LaneFacts, Published};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// Among how many releases, those that were published last, the newest is looked for.
const RECENT: usize = 20;

fn ended(environment: &EnvironmentName, result: &str, why: Vec<String>) -> Moved {
    Moved {
        environment: environment.to_string(),
        result: result.to_owned(),
        why,
        sha: None,
        opens_at: None,
        promotion: None,
        undo: None,
        exit: ExitStatus::Ok,
        deployments: Vec::new(),
    }
}

fn of(moved: Moved, commit: &CommitId) -> Moved {
    Moved { sha: Some(commit.to_string()), ..moved }
}

/// Moves every automatic environment of `config` that may take something, in their order; only those in `names` when any
/// are named. With `dry_run` nothing is moved, and each environment is judged by how things are now.
///
/// # Errors
/// `Usage` when a named environment is not automatic, or `Missing` when it is not there. What goes wrong in one
/// environment is in its answer, and the others are still tried.
pub async fn advance(
    ports: &Ports,
    config: &Config,
    names: &[EnvironmentName],
    actor: &Actor,
    dry_run: bool,
    watch: &dyn Watch,
) -> Result<Vec<Moved>, Failure> {
    if !dry_run {
        config.to_write()?;
    }
    begun(ports.ledger.reader(), config).await?;
    for name in names {
        let settings = crate::observe::environment(config, name)?;
        if !settings.auto {
            return Err(Failure::new(ExitStatus::Usage, format!("{name} is not automatic"))
                .hint(format!(
                    "`promote status {name}` shows what may be moved there by hand; `auto = true` makes it automatic"
                )));
        }
    }
    let mut all = Vec::new();
    for settings in choice::automatic(config) {
        let lane = config.lanes.iter().find(|lane| lane.name == settings.lane);
        let mut members = lane.into_iter().flat_map(|lane| &lane.environments);
        if names.is_empty() || members.any(|name| names.contains(name)) {
            let errand = EnvironmentAdvance { ports, config, settings, actor, dry_run, watch };
            all.push(errand.run().await.unwrap_or_else(|failure| failed(settings, &failure)));
        }
    }
    Ok(all)
}

/// What is told of an environment that could not be looked after.
pub(crate) fn failed(settings: &Environment, failure: &Failure) -> Moved {
    let words = std::iter::once(failure.to_string()).chain(causes(failure).map(ToString::to_string));
    let mut why = vec![words.collect::<Vec<_>>().join(": ")];
    why.extend(failure.state.clone());
    why.extend(failure.hints.clone());
    Moved { exit: failure.exit, ..ended(&settings.name, "error", why) }
}

/// The request that automation makes for one release.
pub fn request(
    config: &Config,
    settings: &Environment,
    commit: &CommitId,
    actor: &Actor,
) -> Result<Request, Failure> {
    let prefix = commit.as_str().parse().map_err(|error: crate::commit::CommitError| {
        Failure::new(ExitStatus::Failed, "no commit").caused_by(error)
    })?;
    let mut request = Request::promote(settings.name.clone(), Wanted::Commit(prefix), actor.clone());
    request.automatic = true;
    request.include = choice::along(config, settings);
    Ok(request)
}

/// One environment.
struct EnvironmentAdvance<'a> {
    ports: &'a Ports,
    config: &'a Config,
    settings: &'a Environment,
    actor: &'a Actor,
    dry_run: bool,
    watch: &'a dyn Watch,
}

impl EnvironmentAdvance<'_> {
    async fn run(&self) -> Result<Moved, Failure> {
        let view = self.ports.view();
        let (config, settings) = (self.config, self.settings);
        let commits = match look(&view, config, settings).await? {
            Choice::Try(commits) => commits,
            Choice::Busy(who) => return Ok(ended(&settings.name, "busy", vec![who])),
            Choice::Nothing(why, exit) => {
                let exit = if self.dry_run { ExitStatus::Ok } else { exit };
                let why = why.into_iter().collect();
                return Ok(Moved { exit, ..ended(&settings.name, "unchanged", why) });
            }
        };
        let mut refused = None;
        for commit in &commits {
            let request = request(config, settings, commit, self.actor)?;
            let (mut moved, end) = tried(self.ports, config, &request, self.dry_run, self.watch).await?;
            // What somebody changed behind a release's back is a person's matter: an older one would only hide it.
            if end == End::Settled {
                return Ok(moved);
            }
            // A schedule meets what was rolled back again and again, and leaves it be.
            if moved.exit == ExitStatus::RolledBack {
                moved.exit = ExitStatus::Blocked;
            }
            // The newest one's reasons are those that matter.
            refused.get_or_insert(moved);
        }
        Ok(refused.unwrap_or_else(|| ended(&settings.name, "unchanged", Vec::new())))
    }
}

/// Reads what choosing needs, and chooses.
async fn look(view: &ReadPorts, config: &Config, settings: &Environment) -> Result<Choice, Failure> {
    let mut names: Vec<&EnvironmentName> = settings.from.iter().collect();
    names.push(&settings.name);
    let mut heads: BTreeMap<EnvironmentName, Head> = heads(view, config, names)
        .await?
        .into_iter()
        .filter_map(|(name, head)| Some((name, head?)))
        .collect();
    let own = heads.remove(&settings.name);
    let heard = lease::heard(view, config, own.as_ref()).await?;
    let deploying = own.as_ref().zip(heard.as_ref());
    let deploying = deploying.and_then(|(head, heard)| Deploying::of(config, head, &heard.word));
    let last = heard.as_ref().map(Heard::last);
    let state = own.map(|head| head.record.state).unwrap_or_default();
    let states: BTreeMap<EnvironmentName, State> =
        heads.into_iter().map(|(name, head)| (name, head.record.state)).collect();
    let published = if settings.from.is_empty() { recent(view, settings).await? } else { Vec::new() };
    let now =
        view.ledger.bucket().now().await.map_err(|error| Failure::from_read("asking for the time", error))?;
    let deploying = deploying.as_ref();
    Ok(choice::choose(
        config,
        settings,
        LaneFacts { state: &state, deploying, last, upstream: &states, published: &published, now },
    ))
}

/// The releases that were published last, of those whose artifacts are left.
async fn recent(view: &ReadPorts, settings: &Environment) -> Result<Vec<Published>, Failure> {
    let entries = view.ledger.every_release().await.map_err(LedgerError::read_failure)?;
    let mut all: Vec<(DateTime<Utc>, CommitId)> = entries
        .into_iter()
        .filter(|(_, entry)| entry.gone.is_none())
        .filter_map(|(commit, entry)| Some((entry.published?, commit)))
        .collect();
    all.sort();
    let reads = all.into_iter().rev().take(RECENT).map(|(published_at, commit)| async move {
        let manifest = view.ledger.manifest(&commit).await.map_err(LedgerError::read_failure)?;
        let Some(manifest) = manifest else { return Ok::<_, Failure>(None) };
        let on_branch = match (&settings.branch, &view.history) {
            // No branch will ever hold it: it is left to whoever asks for it by name.
            _ if manifest.allowed.unmerged.is_some() => false,
            (None, _) => true,
            (Some(branch), history) => {
                let told = match history {
                    Some(history) => history.on_branch(&commit, branch).await.ok().flatten(),
                    None => None,
                };
                told.unwrap_or_else(|| manifest.branches.contains(branch))
            }
        };
        Ok(Some(Published { commit, committed_at: manifest.committed_at, published_at, on_branch }))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// Whether an environment takes another release where it did not take this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Rules alone keep it from this release.
    Next,
    /// It moved, or stays as it is.
    Settled,
}

/// Decides one request and carries it out. Being refused, having nothing to do and coming second are answers.
///
/// # Errors
/// When the world can't be read, or the move could neither be made nor be left.
pub async fn attempt(
    ports: &Ports,
    config: &Config,
    request: &Request,
    dry_run: bool,
    watch: &dyn Watch,
) -> Result<Moved, Failure> {
    Ok(tried(ports, config, request, dry_run, watch).await?.0)
}

async fn tried(
    ports: &Ports,
    config: &Config,
    request: &Request,
    dry_run: bool,
    watch: &dyn Watch,
) -> Result<(Moved, End), Failure> {
    let name = &request.environment;
    let (snapshot, decision) = Box::pin(decide(&ports.view(), config, request)).await?;
    if let Some(moved) = unmerged(request, &snapshot.candidate.manifest, &decision) {
        return Ok((moved, End::Next));
    }
    let plan = match decision {
        Decision::NothingToDo(nothing) => {
            // Run again, it ends as it did when it brought the release.
            let state = snapshot.state();
            let why = if nothing.pending { standing::unsettled(name, &state) } else { None };
            let exit = if dry_run { ExitStatus::Ok } else { standing::exit(&state, false) };
            let unchanged = Moved { exit, ..ended(name, "unchanged", why.into_iter().collect()) };
            return Ok((of(unchanged, &nothing.plan.release.commit), End::Settled));
        }
        Decision::Refused(refusal) => {
            if !dry_run {
                watch.refused(&refusal);
            }
            return Ok(refused(name, &refusal));
        }
        Decision::Allowed(plan) => plan,
    };
    let commit = &plan.release.commit;
    if dry_run {
        return Ok((of(ended(name, "ready", Vec::new()), commit), End::Settled));
    }
    watch.begins(&plan);
    let done = carry_out(ports, config, &plan, &snapshot, request, Wait::Yes).await;
    watch.ends();
    match done {
        Ok(done) => Ok((carried(name, &done, done.ways(&ports.view()).await), End::Settled)),
        Err(failure) if failure.exit == ExitStatus::Conflict => {
            let why = std::iter::once(failure.to_string()).chain(failure.state).collect();
            Ok((of(ended(name, "overtaken", why), commit), End::Settled))
        }
        Err(failure) => Err(failure),
    }
}

/// A release whose commit is on no branch is moved by whoever asks for it by name, never by itself.
fn unmerged(request: &Request, manifest: &Manifest, decision: &Decision) -> Option<Moved> {
    let unmerged = manifest.allowed.unmerged.as_ref()?;
    if !request.automatic || matches!(decision, Decision::NothingToDo(_)) {
        return None;
    }
    let (name, short) = (&request.environment, manifest.commit.short(12));
    let why = format!(
        "unmerged: it was made for {}, and never moves by itself; `promote to {name} {short}` moves it",
        unmerged.of
    );
    let moved = Moved { exit: ExitStatus::Blocked, ..ended(name, "blocked", vec![why]) };
    Some(of(moved, &manifest.commit))
}

fn refused(name: &EnvironmentName, refusal: &Refusal) -> (Moved, End) {
    let unmet = || refusal.plan.findings.iter().filter(|finding| !finding.passes());
    let why = unmet()
        .map(|finding| format!("{}: {}", finding.rule, finding.detail))
        .chain(refusal.obstacles.clone());
    let opens: Option<Vec<DateTime<Utc>>> = unmet().map(|finding| finding.opens_at).collect();
    // That somebody else's promotion is open was not so a moment ago: it is being moved.
    let name_used = unmet().any(|finding| finding.rule == "target-name");
    let busy = refusal.exit == ExitStatus::Conflict && refusal.obstacles.is_empty() && !name_used;
    let result = if busy { "busy" } else { "blocked" };
    let undone = unmet().any(|finding| finding.rule == "rolled-back");
    // Retention deletes what nobody needs: that its artifacts are missing is no surprise.
    let doomed = unmet().any(|finding| finding.rule == "doomed");
    let by_rules = refusal.exit == ExitStatus::Blocked || doomed;
    let moved = Moved {
        opens_at: opens.filter(|_| refusal.obstacles.is_empty()).and_then(|opens| opens.into_iter().max()),
        exit: match result {
            "busy" => ExitStatus::Ok,
            _ if undone => ExitStatus::RolledBack,
            _ => refusal.exit,
        },
        ..of(ended(name, result, why.collect()), &refusal.plan.release.commit)
    };
    (moved, if by_rules && !busy { End::Next } else { End::Settled })
}

fn carried(name: &EnvironmentName, done: &Done, ways: Ways) -> Moved {
    let result = match (done.plan.action, done.result) {
        (Action::Promote, OutcomeResult::Succeeded) => "promoted",
        (_, OutcomeResult::Succeeded) => "succeeded",
        (_, OutcomeResult::Failed) => "failed",
        (_, OutcomeResult::Errored) => "errored",
        (_, OutcomeResult::TimedOut) => "timed-out",
        (_, OutcomeResult::Superseded) => "superseded",
        (_, OutcomeResult::Interrupted) => "interrupted",
    };
    let failed = done.steps.last().filter(|_| done.result != OutcomeResult::Succeeded);
    let mut why: Vec<String> = failed
        .map(|step| format!("{} {}: {}", step.phase, step.name, step.report.summary))
        .into_iter()
        .collect();
    match &done.undone {
        Some(Ok(back)) if back.plan.action == Action::Undo => {
            let left = back.restored.iter().filter_map(Restored::told);
            why.push("it was undone: no release was there before".to_owned());
            why.extend(left);
        }
        Some(Ok(back)) => {
            let how = if back.exit == ExitStatus::Ok { "" } else { ", but did not succeed either" };
            why.push(format!("{} was put back{how}", back.plan.release.commit.short(7)));
        }
        Some(Err(reason)) => why.push(format!("it could not be put back: {reason}")),
        None => {}
    }
    let Ways { back, onward } = ways;
    // Said already, and with where it leads.
    let mut undo = back.filter(|_| onward.is_none()).map(|way| way.line.to_string());
    why.extend(onward);
    if !done.stays.is_empty() {
        why.extend(undo.take().map(|line| undo::told(line, &done.stays)));
    }
    Moved {
        promotion: Some(done.promotion.to_string()),
        undo,
        exit: done.exit,
        ..of(ended(name, result, why), &done.plan.release.commit)
    }
}
