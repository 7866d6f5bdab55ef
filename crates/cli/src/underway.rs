//! What is under way and may be cut off. Until something may be written, or is waited for, a signal ends the process at once,
//! as always: nobody who is asked at a terminal is kept from leaving.

use crate::app::App;
use crate::interrupt::or_signal;
use crate::progress::Progress;
use promote_core::exit::ExitStatus;
use promote_core::plan::Plan;
use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// What is under way.
pub(crate) struct Underway<'a> {
    app: &'a App<'a>,
    /// Shows it.
    pub(crate) progress: &'a Progress,
    /// Whether signals are listened for.
    listens: watch::Sender<bool>,
    /// Whether the lines of something are still open, which its end closes.
    open: AtomicBool,
}

impl<'a> Underway<'a> {
    /// Nothing yet.
    pub(crate) fn new(app: &'a App<'a>, progress: &'a Progress) -> Self {
        Self { app, progress, listens: watch::Sender::new(false), open: AtomicBool::new(false) }
    }

    /// Somebody else is waited for, which may be cut off.
    pub(crate) fn waits(&self) {
        self.open.store(true, Ordering::Relaxed);
        self.listens.send_replace(true);
    }

    /// This begins.
    pub(crate) fn begins(&self, plan: &Plan) {
        self.progress.begin(plan);
        self.waits();
    }

    /// It was carried out.
    pub(crate) fn done(&self) {
        self.open.store(false, Ordering::Relaxed);
        self.progress.rest();
    }

    /// It is cut off, or failed: what is said next begins on a line of its own.
    pub(crate) fn cut(&self) {
        if self.open.swap(false, Ordering::Relaxed) {
            self.progress.rest();
            self.app.screen.message("\n");
        }
    }

    /// Over when the next signal comes; meanwhile it is shown that what is under way lives.
    pub(crate) async fn stopped(&self) -> ExitStatus {
        // It is never closed, since it is held here.
        let _ = self.listens.subscribe().wait_for(|listens| *listens).await;
        match or_signal(self.app.env, self.progress, pending::<Infallible>()).await {
            Ok(never) => match never {},
            Err(signal) => {
                self.cut();
                signal.exit()
            }
        }
    }
}
