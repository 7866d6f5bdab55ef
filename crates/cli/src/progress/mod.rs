//! What happens while a promotion runs, on standard error: lines with a sign on a terminal, lines with the elapsed
//! time in a log, JSON lines for machines. It also remembers how far things got, for an interruption.

mod lines;
mod now;

use crate::app::env::Env;
use crate::app::screen::Screen;
use crate::args::Global;
use lines::Style;
use now::{NOTHING, Now};
use promote_core::event::{Event, Events};
use promote_core::interruption::Checkpoint;
use promote_core::plan::Plan;
use promote_core::port::Clock;
use promote_core::port::wire::Wire;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hears events and shows them.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    screen: Screen,
    style: Style,
    clock: Arc<dyn Clock>,
    now: Arc<Mutex<Now>>,
}

impl Progress {
    /// As the flags and the surroundings say.
    pub(crate) fn new(screen: Screen, env: &Env, global: &Global, clock: Arc<dyn Clock>) -> Self {
        let live = env.error_terminal && !env.is_ci() && env.variable("TERM") != Some("dumb");
        let style = match () {
            () if global.events => Style::Json,
            () if global.quiet => Style::Silent,
            () if live => Style::Live { output: global.verbose > 0 },
            () => Style::Log { output: global.verbose > 0, folded: crate::gitlab::in_job(env) },
        };
        let now = Now {
            began: clock.now(),
            to: String::new(),
            from: String::new(),
            checkpoint: Checkpoint::default(),
            doing: None,
        };
        Self { screen, style, clock, now: Arc::new(Mutex::new(now)) }
    }

    /// Begins to measure, for this plan.
    pub(crate) fn begin(&self, plan: &Plan) {
        let mut now = self.lock();
        now.began = self.clock.now();
        now.to = plan.release.commit.short(7).to_owned();
        now.from = plan.from.as_ref().map_or(NOTHING, |from| from.commit.short(7)).to_owned();
        now.checkpoint = Checkpoint::default();
    }

    /// How far things got.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        self.lock().checkpoint.clone()
    }

    /// Ends a line that is still being shown.
    pub(crate) fn rest(&self) {
        let mut now = self.lock();
        self.screen.close();
        // A part that was cut off would hide what is said of it.
        let cut = now.doing.take().filter(|(_, phase, _)| phase != "move");
        if let (Style::Log { folded: true, .. }, Some((since, phase, _))) = (self.style, cut) {
            let name = crate::gitlab::sections::name(&phase, since);
            self.screen.message(&crate::gitlab::sections::end(&name, self.clock.now()));
        }
    }

    /// Shows, until it is dropped, that a step is still under way.
    pub(crate) async fn beat(&self) -> Infallible {
        let Some(pause) = lines::pause(self.style) else { return std::future::pending().await };
        loop {
            tokio::time::sleep(pause).await;
            let now = self.lock();
            let at = self.clock.now();
            let still = now.doing.as_ref().map(|(since, phase, what)| {
                lines::still(self.style, at - now.began, at - *since, (phase, what), self.columns())
            });
            if let Some(shown) = still {
                self.write(&shown);
            }
        }
    }

    /// How wide the line may be that is written again: the terminal may have been made narrower since the last time.
    fn columns(&self) -> usize {
        self.screen.err_columns().unwrap_or(80)
    }

    fn write(&self, shown: &lines::EventLines) {
        let text = shown.text(self.screen.err_colour);
        match shown.is_open() {
            true => self.screen.open_message(&text),
            false if self.style == Style::Json => self.screen.event(&text),
            false => self.screen.message(&text),
        }
    }

    /// Shows what goes over the wire of something large: how much of it, and what it is.
    pub(crate) fn watch_wire(&self) {
        let told = self.clone();
        crate::wire::and(move |wire| match wire {
            Wire::Bytes { doing, what, done, size } => told.bytes(doing, what, *done, *size),
            Wire::Doing { doing, what } => {
                let since = told.clock.now();
                told.lock().doing = Some((since, (*doing).to_owned(), what.clone()));
            }
            Wire::Asked { .. } | Wire::Asking { .. } | Wire::Settled { .. } | Wire::Again { .. } => {}
        });
    }

    /// So much of something large was packed, checked or sent.
    fn bytes(&self, doing: &'static str, what: &str, done: u64, size: u64) {
        let at = self.clock.now();
        let name = promote_view::words::last(what).to_owned();
        let far = match done.saturating_mul(100).checked_div(size) {
            Some(percent) => format!("{name}  {percent} % of {}", promote_view::words::size(size)),
            None => format!("{name}  {}", promote_view::words::size(done)),
        };
        let ended = size > 0 && done >= size;
        let mut now = self.lock();
        let same = now.doing.as_ref().filter(|(_, phase, what)| phase == doing && what.starts_with(&name));
        let since = same.map_or(at, |(since, ..)| *since);
        let shown = match self.style {
            Style::Live { .. } => {
                Some(lines::still(self.style, at - now.began, at - since, (doing, &far), self.columns()))
            }
            Style::Json => {
                let (doing, what) = (doing.to_owned(), what.to_owned());
                let event = Event::Bytes { doing, what, done, size };
                Some(lines::shown(self.style, &event, &now, at, self.columns()))
            }
            Style::Silent | Style::Log { .. } => None,
        };
        now.doing = (!ended).then(|| (since, doing.to_owned(), far));
        drop(now);
        match shown {
            Some(_) if ended && self.style != Style::Json => self.screen.close(),
            Some(shown) => self.write(&shown),
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Progress {
    fn hear(&self, event: &Event) {
        let at = self.clock.now();
        let mut now = self.lock();
        now.checkpoint.hear(event);
        now.remember(event, at);
        let shown = lines::shown(self.style, event, &now, at, self.columns());
        match event {
            Event::Moved { .. } | Event::StepFinished { .. } => now.doing = None,
            Event::RollingBack { .. } => {
                let now = &mut *now;
                std::mem::swap(&mut now.to, &mut now.from);
            }
            _ => {}
        }
        drop(now);
        self.write(&shown);
    }
}
