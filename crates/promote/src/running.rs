//! A promotion that is about to run: who is asked on the way, and what stops it. It begins when it is awaited.

use crate::interruption::{Stop, never};
use crate::promotion::Purpose;
use crate::question::{Confirm, Nobody, Question, Questions};
use crate::{Ending, Error, Project, Promotion, carry};
use futures_util::future::BoxFuture;
use promote_core::exit::ExitStatus;
use promote_core::ledger::Action;
use promote_core::request::{Request, TakeOver};
use std::fmt;

/// A promotion that runs when it is awaited.
///
/// ```no_run
/// use promote::{ExitStatus, Promotion};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// let ending = project
///     .promote(Promotion::to("prod")?)
///     .confirm(|question| question.report.environment != "prod")
///     .until(|| async {
///         tokio::signal::ctrl_c().await.ok();
///         ExitStatus::Interrupted
///     })
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "it runs when it is awaited"]
pub struct Running<'p> {
    project: &'p Project,
    promotion: Promotion,
    purpose: Purpose,
    dry_run: bool,
    questions: Box<dyn Questions + 'p>,
    stop: Stop<'p>,
}

impl<'p> Running<'p> {
    fn new(project: &'p Project, promotion: Promotion, purpose: Purpose) -> Self {
        Self { project, promotion, purpose, dry_run: false, questions: Box::new(Nobody), stop: never() }
    }

    /// Does everything up to the first write, and nothing from there on: who acts must be proven where that is asked for, and
    /// the decision is told.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Asked once it is known what would be written, and before anything is: `false` ends it, and nothing is changed.
    pub fn confirm(self, ask: impl Fn(&Question<'_>) -> bool + Send + Sync + 'p) -> Self {
        self.asking(Confirm(ask))
    }

    /// Asked on the way, whatever there is to ask.
    pub fn asking(mut self, questions: impl Questions + 'p) -> Self {
        self.questions = Box::new(questions);
        self
    }

    /// Stops when this is over, with the exit status that says why. How far it got is recorded then, unless the next future that
    /// this gives is over, too; what is left is said in the error. A state that stays, such as a token that was cancelled, is
    /// one wish to stop and no second one. What had ended stays an ending: see [`Ending::exit`].
    pub fn until<F>(mut self, stop: impl Fn() -> F + Send + Sync + 'p) -> Self
    where
        F: Future<Output = ExitStatus> + Send + 'p,
    {
        self.stop = Box::new(move || Box::pin(stop()));
        self
    }
}

impl<'p> IntoFuture for Running<'p> {
    type Output = Result<Ending, Error>;
    type IntoFuture = BoxFuture<'p, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { project, promotion, purpose, dry_run, questions, stop } = self;
            let asked = carry::Asking { project, promotion: &promotion, purpose, dry_run };
            carry::run(asked, &*questions, &stop).await
        })
    }
}

impl fmt::Debug for Running<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("purpose", &self.purpose)
            .field("promotion", &self.promotion)
            .finish_non_exhaustive()
    }
}

impl Project {
    /// Looks at everything and says what [`promote`](Self::promote) would do. Needs read rights only; who may write spares the
    /// next look what had to be read.
    pub fn plan(&self, promotion: Promotion) -> Running<'_> {
        Running::new(self, promotion, Purpose::Plan)
    }

    /// The same as [`plan`](Self::plan), and writes nothing anywhere, whoever asks.
    pub fn explain(&self, promotion: Promotion) -> Running<'_> {
        Running::new(self, promotion, Purpose::Explain)
    }

    /// Moves a release: looks at everything, decides by the rules, writes the targets, runs the deploy and verify steps, and
    /// records how it ended. A rule that is not met is an ending, and so is a deployment that failed.
    pub fn promote(&self, promotion: Promotion) -> Running<'_> {
        Running::new(self, promotion, Purpose::Promote)
    }

    /// Puts back what ran before and was verified, or the release that the promotion names. What somebody began and did not
    /// end is undone once nothing was heard of it for a minute.
    pub fn roll_back(&self, promotion: Promotion) -> Running<'_> {
        let request = Request { action: Action::Rollback, ..taking_over(promotion.request) };
        Running::new(self, Promotion { request, ..promotion }, Purpose::Promote)
    }

    /// Goes on with what is open in the environment that the promotion names, whoever began it, once nothing was heard of it
    /// for a minute. Where the release was moved and its deployment did not succeed, the steps run again.
    pub fn resume(&self, promotion: Promotion) -> Running<'_> {
        Running::new(self, promotion, Purpose::Resume)
    }
}

fn taking_over(request: Request) -> Request {
    match request.take_over {
        TakeOver::No => Request { take_over: TakeOver::WhenStale, ..request },
        TakeOver::WhenStale | TakeOver::Confirmed => request,
    }
}

/// Over when the process is asked to stop: by ctrl-C, and on Unix by a request to terminate. For
/// [`Running::until`].
///
/// ```no_run
/// # use promote::Promotion;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// let ending = project.promote(Promotion::to("prod")?).until(promote::signals).await?;
/// # Ok(()) }
/// ```
pub async fn signals() -> ExitStatus {
    let interrupt = async {
        // Without a handler the signal ends the process, which is right as well.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => ExitStatus::Interrupted,
        () = terminated() => ExitStatus::Terminated,
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
