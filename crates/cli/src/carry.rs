//! From a request to a promotion that was carried out: decide, show, ask, move, and say what came of it. The same for
//! `to`, `rollback` and `resume`.

use crate::app::confirm::confirm;
use crate::app::json::JsonSelection;
use crate::app::question::terminal;
use crate::app::writing::Writing;
use crate::app::{App, CommandResult, Stop};
use crate::args::{ConfirmArgs, Format, Waiting};
use crate::gitlab::Facts;
use crate::in_full::InFull;
use crate::interrupt::or_signal;
use crate::interruption::cut_off;
use crate::taking_over::{Taken, take_over};
use promote_core::config::{Config, Tier};
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::{Done, Wait, carry_out, decide, finish, resuming};
use promote_core::interruption::InFlight;
use promote_core::lease::{self, TooEarly};
use promote_core::ledger::Action;
use promote_core::mirror::{Closing, Mirrored};
use promote_core::observe::environment;
use promote_core::plan::saved::unchanged;
use promote_core::plan::{Decision, Nothing, Plan};
use promote_core::ports::Ports;
use promote_core::remember::remember;
use promote_core::report::{DecisionReport, OutcomeReport};
use promote_core::request::{Request, TakeOver};
use promote_core::snapshot::Snapshot;
use promote_core::standing;
use promote_view::Page;
use promote_view::decision as decision_view;
use promote_view::words::span;
use std::sync::Arc;

/// What is to be carried out, and how.
pub(crate) struct Move<'a> {
    /// What is asked.
    pub(crate) request: Request,
    /// The plan that it must come to.
    pub(crate) saved: Option<Plan>,
    /// Whether to ask, and whether to do it at all.
    pub(crate) changing: &'a ConfirmArgs,
    /// How long to wait.
    pub(crate) waiting: &'a Waiting,
    /// Whether the deployment of what is there already is to be finished.
    pub(crate) finish: bool,
}

impl Move<'_> {
    /// Whether this waits for, or asks about, somebody who may still be at it. What else refuses a `resume` may have
    /// changed when the wait is over; a person is not asked where that refuses it anyway.
    fn is_held_up(&self, early: &TooEarly, snapshot: &Snapshot, terminal: bool) -> bool {
        // What was moved already is left alone: nobody is taken over from.
        let leaves = self.waiting.no_wait && snapshot.state().open.is_none();
        let worth_it = early.alone || (self.finish && !terminal);
        worth_it && !leaves && !self.changing.dry_run
    }
}

/// Carries a request out, and gathers for later jobs what came of it.
pub(crate) async fn carry(
    app: &App<'_>,
    writing: Writing,
    mut wanted: Move<'_>,
    facts: &mut Facts,
) -> CommandResult {
    let Writing { mut project, actor } = writing;
    facts.concern(&wanted.request.environment);
    set_timeout(&mut project.config, &wanted);
    let project = &project;
    let config = &project.config;
    let settings = environment(config, &wanted.request.environment)?;
    wanted.request.actor = actor;
    let progress = app.progress();
    let mirror = app.mirror(project, &wanted.request.actor, Arc::new(progress.clone()));
    let ports = app.ports_with(project, Arc::clone(&mirror) as Arc<dyn Events>).await?;
    let view = ports.view();
    let asks = !wanted.changing.yes || wanted.changing.dry_run;
    crate::moving::settle(app, &view, config, &mut wanted.request, asks).await?;
    let (snapshot, decision) = loop {
        let found = Box::pin(decide(&view, config, &wanted.request)).await;
        progress.rest();
        let found = found?;
        let early = lease::too_early(&found.1, &wanted.request);
        let early = early.filter(|early| wanted.is_held_up(early, &found.0, terminal(app)));
        let Some(early) = early else { break found };
        match take_over(app, &progress, wanted.changing, &early, wanted.request.action).await? {
            Taken::No => break found,
            Taken::Confirmed => wanted.request.take_over = TakeOver::Confirmed,
            // Whoever was at it may have ended it meanwhile.
            Taken::Waited if wanted.finish => {
                wanted.request = resuming(&view, config, wanted.request).await?;
            }
            Taken::Waited => {}
        }
    };
    if wanted.changing.dry_run || !matches!(decision, Decision::Allowed(_)) {
        // What is carried out remembers by itself.
        remember(&ports, &snapshot, &wanted.request.actor).await;
    }
    facts.decided(settings, &snapshot, &decision, wanted.changing.dry_run);
    if let Some(saved) = &wanted.saved {
        unchanged(saved, &decision)?;
    }
    let mut report = DecisionReport::of(&view, config, settings, &decision).await;
    let taken = wanted.request.take_over == TakeOver::Confirmed;
    report.command = report.command.map(|line| wanted.waiting.typed(line)).map(|line| match taken {
        true => format!("{line} --take-over"),
        false => line,
    });
    if wanted.changing.dry_run {
        let in_full = InFull::look(app, &view, config, &wanted.request.actor).await;
        app.show(&report, || in_full.decided(&report, config))?;
        return Ok(report.exit);
    }
    let severe = matches!(wanted.request.action, Action::Rollback | Action::Undo);
    let what = match &decision {
        Decision::Refused(_) => {
            let in_full = InFull::look(app, &view, config, &wanted.request.actor).await;
            return refused(app, &report, &in_full.decided(&report, config), config);
        }
        Decision::NothingToDo(nothing) if wanted.finish && nothing.pending && !wanted.waiting.no_wait => {
            app.screen.note(&decision_view::again(&report));
            What::Finish(nothing)
        }
        Decision::NothingToDo(_) => {
            report.exit = standing::exit(&snapshot.state(), !wanted.waiting.no_wait);
            let in_full = InFull::look(app, &view, config, &wanted.request.actor).await;
            return nothing(app, &report, &in_full.decided(&report, config));
        }
        Decision::Allowed(plan) => {
            let before = past(&snapshot, plan);
            let listed = asks && crate::app::question::terminal(app) && settings.tier == Tier::Production;
            app.screen.note(&decision_view::summary(&report, config.timezone, before, listed));
            What::Plan(plan)
        }
    };
    wanted.request.asked = confirm(app, wanted.changing, settings, severe)?;
    let errand = Errand {
        app,
        ports: &ports,
        config,
        snapshot: &snapshot,
        request: &wanted.request,
        decision: &report,
    };
    progress.begin(decision.plan());
    let wait = !wanted.waiting.no_wait;
    let done = match or_signal(app.env, &progress, errand.run(&what, wait)).await {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => {
            progress.rest();
            app.screen.message("\n");
            app.mirrored(&mirror, Closing::Failed).await;
            return Err(failure.into());
        }
        Err(signal) => {
            let in_flight =
                InFlight { ports: ports.clone(), config: config.clone(), request: wanted.request.clone() };
            return Err(cut_off(app, &progress, &mirror, signal, &in_flight).await);
        }
    };
    facts.done(&done);
    let took = progress.elapsed().num_seconds();
    progress.rest();
    let (shown, stopped) = app.mirrored(&mirror, Closing::Done).await;
    let exit = errand.ended(&done, wait || !done.plan.follows, took, &shown).await?;
    Ok(exit.or_stopped(stopped))
}

/// What is carried out.
enum What<'p> {
    Plan(&'p Plan),
    Finish(&'p Nothing),
}

/// One promotion that is being carried out.
pub(crate) struct Errand<'a> {
    app: &'a App<'a>,
    ports: &'a Ports,
    config: &'a Config,
    snapshot: &'a Snapshot,
    request: &'a Request,
    decision: &'a DecisionReport,
}

impl Errand<'_> {
    async fn run(&self, what: &What<'_>, wait: bool) -> Result<Done, Failure> {
        let (ports, config) = (self.ports, self.config);
        match what {
            What::Finish(nothing) => finish(ports, config, nothing, self.snapshot, self.request).await,
            What::Plan(plan) => {
                let wait = if wait { Wait::Yes } else { Wait::No };
                carry_out(ports, config, plan, self.snapshot, self.request, wait).await
            }
        }
    }

    /// Says what came of it.
    async fn ended(&self, done: &Done, waited: bool, took_s: i64, shown: &[Mirrored]) -> CommandResult {
        let report = OutcomeReport::of(done, waited, took_s).shown(shown);
        let in_full = InFull::look(self.app, &self.ports.view(), self.config, &self.request.actor).await;
        let page = in_full.done(self.decision, &report, self.config);
        if done.exit == ExitStatus::Ok {
            self.app.tell(true, &report, || page)?;
        } else {
            self.app.screen.message("\n");
            if let Err(failure) = self.app.screen.complain_of(&page) {
                self.app.unshown(&failure);
            }
            if self.app.json() != JsonSelection::None {
                self.app.tell(true, &report, Page::default)?;
            }
        }
        Ok(done.exit)
    }
}

/// `--timeout` is for every step that comes after the move.
fn set_timeout(config: &mut Config, wanted: &Move<'_>) {
    let Some(timeout) = wanted.waiting.timeout else { return };
    if let Some(settings) = config.environments.get_mut(&wanted.request.environment) {
        settings.timeout = timeout;
        for step in settings.deploy.iter_mut().chain(&mut settings.verify) {
            step.timeout = None;
        }
    }
}

fn refused(app: &App<'_>, report: &DecisionReport, whole: &Page, config: &Config) -> CommandResult {
    app.screen.complain(&decision_view::refused(report, config.timezone));
    match app.json() {
        JsonSelection::None if app.screen.format == Format::Markdown => app.screen.page(whole)?,
        JsonSelection::None => {}
        // The fields that were asked for are those of an outcome, which there is none of.
        _ => app.screen.data(&JsonSelection::Whole.text(report)?)?,
    }
    Err(Stop::AlreadyReported(report.exit))
}

/// The release is there already. That its deployment failed is not passed over.
fn nothing(app: &App<'_>, report: &DecisionReport, page: &Page) -> CommandResult {
    match app.json() {
        JsonSelection::None => app.screen.page(page)?,
        _ => app.screen.data(&JsonSelection::Whole.text(report)?)?,
    }
    Ok(report.exit)
}

/// What is taken over; for a rollback, that the release ran here before, and for how long.
fn past(snapshot: &Snapshot, plan: &Plan) -> Option<String> {
    if let Some(open) = snapshot.state().open {
        let back = matches!(plan.action, Action::Rollback | Action::Undo);
        let what = match (back, open.action) {
            (true, Action::Rollback) => "puts back what was there before rollback",
            (true, _) => "undoes promotion",
            (false, _) => "goes on with promotion",
        };
        return Some(format!("{what} {} of {} by {}", open.promotion, open.release.commit.short(7), open.by));
    }
    let state = snapshot.state();
    if let Some(there) = state.current.as_ref().filter(|_| plan.action == Action::Undo) {
        return Some(format!("undoes the first release here, moved by {}", there.by));
    }
    if plan.action != Action::Rollback {
        return None;
    }
    let past = state.trail.iter().find(|past| past.release.commit == plan.release.commit)?;
    let ran = span((past.until.time() - past.since.time()).num_seconds().max(0));
    let verified = if past.verified.is_some() { " and was verified" } else { "" };
    Some(format!("which ran here for {ran}{verified}"))
}
