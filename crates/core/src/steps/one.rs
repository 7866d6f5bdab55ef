//! Running one step, with its repetitions, beside looking whether the promotion still has its place in the lane. A step of
//! one that was taken over or overtaken is told to stop, and let go when it does not.

use crate::config::{Environment, Step};
use crate::event::{Event, Events};
use crate::lease::STOP;
use crate::ledger::{Sign, StepRecord};
use crate::lookout::{Lookout, Lost};
use crate::port::{StepContext, StepEnd, StepProgress, StepReport};
use crate::ports::Ports;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::task::AtomicWaker;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// Where a step runs.
pub(super) struct StepRun<'p> {
    pub(super) ports: &'p Ports,
    pub(super) environment: &'p Environment,
    pub(super) lookout: &'p Lookout<'p>,
    pub(super) phase: &'p str,
}

/// Hears what a step prints, and tells it to stop.
struct Lines {
    phase: String,
    events: Arc<dyn Events>,
    stopped: AtomicBool,
    waker: AtomicWaker,
}

impl Lines {
    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.waker.wake();
    }
}

impl StepProgress for Lines {
    fn line(&self, line: &str) {
        self.events.hear(&Event::StepLine { phase: self.phase.clone(), line: line.to_owned() });
    }

    fn note(&self, note: &str) {
        self.events.hear(&Event::StepNote { phase: self.phase.clone(), note: note.to_owned() });
    }

    fn stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(|context| {
            self.waker.register(context.waker());
            match self.stopped.load(Ordering::Acquire) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        }))
    }
}

impl StepRun<'_> {
    /// Runs a step to its end, or until the promotion lost its place.
    pub(super) async fn run(&self, step: &Step, context: &StepContext, sign: Option<Sign>) -> StepRecord {
        // Many short steps take as long as one that is looked after.
        self.lookout.show_life().await;
        let (phase, name) = (self.phase.to_owned(), step.name());
        self.ports.events.hear(&Event::StepStarted { phase: phase.clone(), name: name.clone() });
        let mut report = self.once(step, context, sign).await;
        for _ in 0..step.retries {
            let settled = matches!(report.end, StepEnd::Succeeded | StepEnd::Interrupted);
            if settled || self.lookout.lost().is_some() {
                break;
            }
            report = self.once(step, context, None).await;
        }
        let finished =
            Event::StepFinished { phase: phase.clone(), name: name.clone(), report: report.clone() };
        self.ports.events.hear(&finished);
        StepRecord { phase, name, report }
    }

    async fn once(&self, step: &Step, context: &StepContext, sign: Option<Sign>) -> StepReport {
        if let Some(lost) = self.lookout.glance().await {
            return stopped(&lost, None);
        }
        let lines = Lines {
            phase: self.phase.to_owned(),
            events: Arc::clone(&self.ports.events),
            stopped: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        };
        let timeout = step.timeout.unwrap_or(self.environment.timeout);
        let running = self.ports.steps.run(step, context, timeout, &lines);
        let (lost, running) = match select(running, pin!(self.lookout.beside(sign))).await {
            Either::Left((report, _)) => return report,
            Either::Right(ended) => ended,
        };
        lines.note(&format!("the promotion was {}; the step is stopped", lost.words()));
        lines.stop();
        match select(running, self.ports.clock.sleep(STOP)).await {
            Either::Left((report, _)) => stopped(&lost, Some(report)),
            Either::Right(_) => stopped(&lost, None),
        }
    }
}

/// What is left of a step that was stopped.
fn stopped(lost: &Lost, report: Option<StepReport>) -> StepReport {
    let report = report.unwrap_or_else(|| StepReport {
        end: StepEnd::Superseded,
        summary: String::new(),
        tail: String::new(),
        outputs: BTreeMap::new(),
        took_s: 0,
    });
    StepReport {
        end: StepEnd::Superseded,
        summary: format!("stopped: the promotion was {}", lost.words()),
        ..report
    }
}
