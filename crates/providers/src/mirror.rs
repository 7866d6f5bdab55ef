//! Tells a forge of promotions while they run: what happens is heard and passed on to whoever listened before, and told
//! to the forge beside it, and to whom the project tells what happens. Nothing of this delays or fails a promotion; what
//! could not be told is a warning.

use crate::notify::Teller;
use crate::{Variables, forge};
use futures_util::future::join;
use promote_core::config::{Config, Forge};
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::ledger::{Actor, PromotionId};
use promote_core::mirror::{Closing, Mirrored, Order, Trail, wanted};
use promote_core::names::EnvironmentName;
use promote_core::port::{Deployment, DeploymentState, Deployments, Made, News, ProviderError};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// How long the end of a promotion waits for the forge.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reaches the forge, once there is something to tell.
pub type Opening = Pin<Box<dyn Future<Output = Result<Arc<dyn Deployments>, ProviderError>> + Send>>;

/// What came of telling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MirrorOutcome {
    /// The deployments that the forge shows.
    pub deployments: Vec<Mirrored>,
    /// What it does not show, and what to do about that; one sentence each.
    pub warnings: Vec<String>,
}

enum MirrorInput {
    Event(Box<Event>),
    End(Closing),
}

/// Hears what happens, for the forge and for somebody else.
#[derive(Debug)]
pub struct Mirror {
    inner: Arc<dyn Events>,
    /// `None` where nothing is to be told.
    line: Option<UnboundedSender<MirrorInput>>,
    work: Mutex<Option<JoinHandle<()>>>,
    told: Arc<Mutex<MirrorOutcome>>,
    /// Who tells others, once the ledger is at hand.
    teller: OnceLock<Teller>,
}

impl Mirror {
    /// Tells nobody: what is heard is passed on.
    pub fn silent(inner: Arc<dyn Events>) -> Self {
        Self { inner, line: None, work: Mutex::default(), told: Arc::default(), teller: OnceLock::new() }
    }

    /// Tells the project's forge, where the project wants that and the forge does not show this job by itself; nobody
    /// elsewhere. `reach` is the way to the forge, and asked for where it is needed.
    pub fn of_job(
        inner: Arc<dyn Events>,
        config: &Config,
        (variables, actor): (&Variables, &Actor),
        reach: impl FnOnce(&Forge) -> forge::Access,
    ) -> Self {
        let job = forge::job(variables, actor);
        let Some(forge) = config.forge.as_ref().filter(|forge| wanted(forge, job)) else {
            return Self::silent(inner);
        };
        let access = reach(forge);
        let opening = Box::pin(async move { forge::open(&access).await });
        Self::new(inner, config, actor.details.get("run").cloned(), opening)
    }

    /// Tells the forge that `opening` reaches. `log` is where this run can be looked at. Needs a runtime of tokio.
    pub fn new(inner: Arc<dyn Events>, config: &Config, log: Option<String>, opening: Opening) -> Self {
        let (line, heard) = unbounded_channel();
        let told = Arc::<Mutex<MirrorOutcome>>::default();
        let teller =
            ForgeTeller { told: Arc::clone(&told), config: config.clone(), log, made: BTreeMap::new() };
        let work = tokio::spawn(teller.listen(heard, opening));
        Self { inner, line: Some(line), work: Mutex::new(Some(work)), told, teller: OnceLock::new() }
    }

    /// Tells others as well, from now on.
    pub fn tells(&self, teller: Teller) {
        // Whoever tells already goes on doing so.
        let _ = self.teller.set(teller);
    }

    /// Who tells others, where anybody does.
    pub fn teller(&self) -> Option<&Teller> {
        self.teller.get()
    }

    /// Tells what is left to be told, unless `stop` is over before, which then says how: [`Mirror::finish`], and what came of it.
    pub async fn close(
        &self,
        how: Closing,
        stop: impl Future<Output = ExitStatus>,
    ) -> (MirrorOutcome, Option<ExitStatus>) {
        let stopped = tokio::select! {
            biased;
            () = self.finish(how) => None,
            exit = stop => Some(exit),
        };
        (self.told(stopped), stopped)
    }

    /// Tells what is left to be told. Ends within 20 seconds. Whoever drops it waits no longer; what was begun goes on for as
    /// long as the runtime does.
    pub async fn finish(&self, how: Closing) {
        let others = async {
            if let Some(teller) = self.teller.get() {
                teller.finish().await;
            }
        };
        join(self.finish_forge(how), others).await;
    }

    async fn finish_forge(&self, how: Closing) {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(line), Some(mut work)) = (&self.line, work) {
            let _ = line.send(MirrorInput::End(how));
            if tokio::time::timeout(PATIENCE, &mut work).await.is_err() {
                work.abort();
                let late = format!(
                    "the forge did not answer within {} s; what it shows may be old",
                    PATIENCE.as_secs()
                );
                self.lock().warnings.push(late);
            }
        }
    }

    /// What came of telling up to now. Each warning is given once. `stopped`: that somebody did not wait for the end of it.
    pub fn told(&self, stopped: Option<ExitStatus>) -> MirrorOutcome {
        let mut told = self.lock();
        if let (Some(exit), Some(_)) = (stopped, &self.line) {
            let early =
                format!("{} before the forge was told everything; what it shows may be old", exit.stopped());
            told.warnings.push(early);
        }
        let mut warnings = std::mem::take(&mut told.warnings);
        warnings.extend(self.teller.get().map(|teller| teller.told(stopped)).unwrap_or_default());
        MirrorOutcome { deployments: told.deployments.clone(), warnings }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, MirrorOutcome> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Mirror {
    fn hear(&self, event: &Event) {
        // Lines of output are many, and nothing to a forge.
        if let (Some(line), false) = (&self.line, matches!(event, Event::StepLine { .. })) {
            let _ = line.send(MirrorInput::Event(Box::new(event.clone())));
        }
        if let Some(teller) = self.teller.get() {
            teller.hear(event);
        }
        self.inner.hear(event);
    }
}

/// Whoever tells the forge, one thing after the other.
struct ForgeTeller {
    told: Arc<Mutex<MirrorOutcome>>,
    config: Config,
    log: Option<String>,
    made: BTreeMap<(PromotionId, EnvironmentName), Made>,
}

impl ForgeTeller {
    async fn listen(mut self, mut heard: UnboundedReceiver<MirrorInput>, opening: Opening) {
        let config = self.config.clone();
        let mut trail = Trail::new(&config);
        let mut opening = Some(opening);
        let mut forge = None;
        while let Some(one) = heard.recv().await {
            let (orders, last) = match one {
                MirrorInput::Event(event) => (trail.hear(&event), false),
                MirrorInput::End(how) => (trail.close(how), true),
            };
            for order in orders {
                if let (Order::Begin(wanted), None, None) = (&order, &opening, &forge) {
                    let Deployment { promotion, environment, .. } = wanted;
                    self.lock()
                        .warnings
                        .push(format!("promotion {promotion} of {environment} is not shown there either"));
                }
                if let Some(opening) = opening.take() {
                    forge = match opening.await {
                        Ok(forge) => Some(forge),
                        Err(error) => {
                            self.warn("this promotion is not shown there", &error);
                            None
                        }
                    };
                }
                if let Some(reached) = &forge
                    && self.carry_out(&**reached, order).await.is_err()
                {
                    // Who refuses one thing refuses the next: one warning is enough.
                    forge = None;
                }
            }
            if last {
                return;
            }
        }
    }

    async fn carry_out(&mut self, forge: &dyn Deployments, order: Order) -> Result<(), ()> {
        match order {
            Order::Begin(wanted) => self.begin(forge, &wanted).await,
            Order::Settle(wanted) => {
                let found = forge.find(&wanted).await;
                let words = "another promotion took over from it";
                let end = match found {
                    Ok(None) => return Ok(()),
                    Ok(Some(made)) => {
                        forge
                            .tell(&made, &self.news(&wanted.environment, DeploymentState::Canceled, words))
                            .await
                    }
                    Err(error) => Err(error),
                };
                end.map_err(|error| {
                    self.warn("it may go on showing the promotion before as under way", &error);
                })
            }
            Order::Tell { promotion, environment, state, words } => {
                let Some(made) = self.made.get(&(promotion.clone(), environment.clone())) else {
                    return Ok(());
                };
                let end = forge.tell(made, &self.news(&environment, state, &words)).await;
                end.map_err(|error| {
                    self.warn(
                        &format!("how promotion {promotion} of {environment} ended is not shown there"),
                        &error,
                    );
                })
            }
        }
    }

    async fn begin(&mut self, forge: &dyn Deployments, wanted: &Deployment) -> Result<(), ()> {
        let Deployment { promotion, environment, .. } = wanted;
        let made = match forge.begin(wanted).await {
            Ok(made) => made,
            Err(error) => {
                self.warn(&format!("promotion {promotion} of {environment} is not shown there"), &error);
                return Err(());
            }
        };
        let shown = Mirrored {
            forge: forge.kind(),
            environment: environment.to_string(),
            promotion: promotion.to_string(),
            made: made.clone(),
        };
        self.lock().deployments.push(shown);
        let news = self.news(environment, DeploymentState::Running, &wanted.description);
        let end = forge.tell(&made, &news).await;
        self.made.insert((promotion.clone(), environment.clone()), made);
        // Its end may be told all the same.
        end.or_else(|error| match error.kind {
            promote_core::port::ErrorKind::Unavailable | promote_core::port::ErrorKind::Unknown => Ok(()),
            _ => {
                self.warn(
                    &format!("that promotion {promotion} of {environment} is under way is not shown there"),
                    &error,
                );
                Err(())
            }
        })
    }

    fn news(&self, environment: &EnvironmentName, state: DeploymentState, words: &str) -> News {
        let settings = self.config.environments.get(environment);
        let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        News {
            state,
            description: words.to_owned(),
            log: self.log.clone().filter(web),
            url: settings.and_then(|settings| settings.url.clone()).filter(web),
        }
    }

    fn warn(&self, what: &str, error: &ProviderError) {
        let causes = promote_core::failure::causes(error).map(ToString::to_string);
        let words = std::iter::once(error.message.clone()).chain(causes).collect::<Vec<_>>().join(": ");
        let mut sentence = format!("{} (`{}`): {what}: {words}", error.provider, error.subject);
        for hint in &error.hints {
            sentence.push_str("; ");
            sentence.push_str(hint);
        }
        self.lock().warnings.push(sentence);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, MirrorOutcome> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
