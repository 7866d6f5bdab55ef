//! Tells others of promotions while they run, and of what was not told before. What is told is read from the ledger, so that
//! whoever wrote a record, it is told once, and what was lost is told by the next command that writes there. Nothing of
//! this fails a promotion.

use super::{Receiver, Surroundings};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use promote_core::config::{Config, Environment};
use promote_core::digest::Digest;
use promote_core::event::Event;
use promote_core::exit::ExitStatus;
use promote_core::ledger::{Actor, Ledger, LedgerError, Seq, Untold};
use promote_core::names::{EnvironmentName, LaneName};
use promote_core::plan::Refusal;
use promote_core::port::Clock;
use promote_core::report::VerifyReport;
use promote_core::tell::{Notice, OwedNotice, drifted, owed, receivers, refused};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long the end of a promotion waits for receivers, and for the ledger to take what was told.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long receivers may take, so that there is time to write down what they took.
const SENDING: Duration = Duration::from_secs(13);

enum Heard {
    /// The ledger has more of this lane than it had; from this record on, where that is known.
    Lane(LaneName, Option<Seq>),
    /// Something that no record holds.
    Found(Box<Notice>),
    End,
}

/// Hears what happens, for receivers.
#[derive(Debug)]
pub struct Teller {
    config: Config,
    /// `None` where nobody is told.
    line: Option<UnboundedSender<Heard>>,
    work: Mutex<Option<JoinHandle<()>>>,
    warnings: Arc<Mutex<Vec<String>>>,
    lanes: BTreeMap<EnvironmentName, LaneName>,
    /// The lane of the promotion that was heard of last.
    current: Mutex<Option<LaneName>>,
}

impl Teller {
    /// Tells those whom the project's environments name; nobody where none names anyone. Needs a runtime of tokio.
    pub fn new(config: &Config, (ledger, clock): (Ledger, Arc<dyn Clock>), around: Surroundings) -> Self {
        let telling: BTreeSet<&LaneName> = config
            .environments
            .values()
            .filter(|settings| !receivers(settings).is_empty())
            .map(|settings| &settings.lane)
            .collect();
        let lanes = config.environments.values().filter(|settings| telling.contains(&settings.lane));
        let lanes = lanes.map(|settings| (settings.name.clone(), settings.lane.clone())).collect();
        let config = config.clone();
        let warnings = Arc::<Mutex<Vec<String>>>::default();
        let (mut line, mut work) = (None, None);
        if !telling.is_empty() {
            let (sender, heard) = unbounded_channel();
            let worker = Worker {
                config: config.clone(),
                ledger,
                clock,
                around,
                warnings: Arc::clone(&warnings),
                given_up: BTreeSet::new(),
            };
            (line, work) = (Some(sender), Some(tokio::spawn(worker.listen(heard))));
        }
        Self { config, line, work: Mutex::new(work), warnings, lanes, current: Mutex::default() }
    }

    /// Tells of what was refused, where that is something that others are told.
    pub fn refused(&self, refusal: &Refusal, by: &Actor) {
        if let Some(notice) = refused(&self.config, refusal, by) {
            self.found(notice);
        }
    }

    /// Tells of targets that a check found changed past `promote`.
    pub fn drifted(&self, report: &VerifyReport, at: DateTime<Utc>) {
        drifted(&self.config, report, at).into_iter().for_each(|notice| self.found(notice));
    }

    /// Tells what no record holds: that a promotion waits, that a target was changed.
    fn found(&self, notice: Notice) {
        if let Some(line) = &self.line {
            let _ = line.send(Heard::Found(Box::new(notice)));
        }
    }

    /// Looks at what there is to tell of an environment.
    pub fn look(&self, environment: &EnvironmentName, since: Option<Seq>) {
        let lane = self.lanes.get(environment);
        if let (Some(line), Some(lane)) = (&self.line, lane) {
            *lock(&self.current) = Some(lane.clone());
            let _ = line.send(Heard::Lane(lane.clone(), since));
        }
    }

    /// Tells what is left to be told. Ends within 15 seconds.
    pub async fn finish(&self) {
        let work = lock(&self.work).take();
        if let (Some(line), Some(mut work)) = (&self.line, work) {
            let _ = line.send(Heard::End);
            let why = match tokio::time::timeout(PATIENCE, &mut work).await {
                Ok(Ok(())) => return,
                Ok(Err(_)) => "telling others broke off by a fault of promote".to_owned(),
                Err(_) => {
                    work.abort();
                    format!("not everybody was told within {} s", PATIENCE.as_secs())
                }
            };
            lock(&self.warnings).push(format!("{why}; {BOTH}"));
        }
    }

    /// What could not be told up to now, each once. `stopped`: that somebody did not wait for the end of it.
    pub fn told(&self, stopped: Option<ExitStatus>) -> Vec<String> {
        if let (Some(exit), Some(_)) = (stopped, &self.line) {
            if let Some(work) = lock(&self.work).take() {
                work.abort();
            }
            lock(&self.warnings).push(format!("{} before everybody was told; {BOTH}", exit.stopped()));
        }
        std::mem::take(&mut *lock(&self.warnings))
    }
}

/// What becomes of a record that was not told.
const LATER: &str = "the next command that writes there tells it";
/// What becomes of what no record holds, such as that a promotion waits: nothing is left to tell it by.
const AGAIN: &str = "the next command that finds it tells it";
/// What becomes of either.
const BOTH: &str = "the next command that writes there, or finds the same, tells it";

impl Teller {
    /// Something happened.
    pub(crate) fn hear(&self, event: &Event) {
        match event {
            Event::Intent { environment, seq, .. } => self.look(environment, Some(*seq)),
            Event::Again { moves, .. } => {
                let lane = moves.iter().find_map(|name| self.lanes.get(name));
                *lock(&self.current) = lane.cloned();
            }
            Event::Committed { .. }
            | Event::Aborted { .. }
            | Event::Undone { .. }
            | Event::Outcome { .. } => {
                if let (Some(line), Some(lane)) = (&self.line, lock(&self.current).clone()) {
                    let _ = line.send(Heard::Lane(lane, None));
                }
            }
            _ => {}
        }
    }
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whoever tells, one lane after the other.
struct Worker {
    config: Config,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    around: Surroundings,
    warnings: Arc<Mutex<Vec<String>>>,
    /// Who took nothing in this run: who refuses one thing is not kept busy with the next.
    given_up: BTreeSet<(EnvironmentName, &'static str)>,
}

impl Worker {
    async fn listen(mut self, mut heard: UnboundedReceiver<Heard>) {
        let mut since: BTreeMap<LaneName, Option<Seq>> = BTreeMap::new();
        while let Some(first) = heard.recv().await {
            // What happened meanwhile is told by one look.
            let (mut lanes, mut ends) = (BTreeSet::new(), false);
            let mut next = Some(first);
            while let Some(one) = next.take().or_else(|| heard.try_recv().ok()) {
                match one {
                    Heard::End => ends = true,
                    Heard::Found(notice) => self.once(&notice).await,
                    Heard::Lane(lane, from) => {
                        let known = since.entry(lane.clone()).or_default();
                        *known = known.or(from);
                        lanes.insert(lane);
                    }
                }
            }
            for lane in lanes {
                let from = since.get(&lane).copied().flatten();
                if let Err(error) = self.catch_up(&lane, from).await {
                    let why = LedgerError::read_failure(error);
                    self.warn(format!("what there is to tell of {lane} can't be read: {why}"));
                }
            }
            if ends {
                return;
            }
        }
    }

    /// Tells what is owed of a lane, and writes down what was told.
    async fn catch_up(&mut self, lane: &LaneName, since: Option<Seq>) -> Result<(), LedgerError> {
        let Some(owed) = owed(self.ledger.reader(), &self.config, lane, since).await? else { return Ok(()) };
        if owed.settled {
            return Ok(());
        }
        let until = Instant::now() + SENDING;
        let mut by_receiver: BTreeMap<(EnvironmentName, &'static str), Vec<&OwedNotice>> = BTreeMap::new();
        for one in &owed.notices {
            let Ok(name) = one.notice.environment.parse::<EnvironmentName>() else { continue };
            for receiver in &one.receivers {
                by_receiver.entry((name.clone(), receiver)).or_default().push(one);
            }
        }
        let sends = by_receiver.iter().map(|((name, receiver), all)| {
            let notices = all.iter().map(|one| &one.notice).collect();
            self.to_one(name, receiver, (notices, LATER), until)
        });
        let sent = join_all(sends).await;
        let (mut missing, mut given_up) = (Vec::new(), Vec::new());
        for ((who, all), taken) in by_receiver.iter().zip(sent) {
            let rest = all.iter().skip(taken);
            missing.extend(rest.map(|one| Untold { seq: one.seq, receiver: who.1.to_owned() }));
            given_up.extend((taken < all.len()).then(|| who.clone()));
        }
        self.given_up.extend(given_up);
        let told = owed.told(missing, self.clock.now());
        if let Err(error) = self.ledger.tell(&told).await {
            self.warn(format!(
                "what was told of {lane} can't be written down, and may be told again: {error}"
            ));
        }
        Ok(())
    }

    /// Sends some notices to one receiver, one after the other, and says how many of them it took. `later`: what becomes of
    /// the others.
    async fn to_one(
        &self,
        name: &EnvironmentName,
        kind: &'static str,
        (notices, later): (Vec<&Notice>, &str),
        until: Instant,
    ) -> usize {
        if self.given_up.contains(&(name.clone(), kind)) {
            return 0;
        }
        let Some(settings) = self.config.environments.get(name) else { return 0 };
        let receiver = match Receiver::of(settings, kind, &self.around) {
            Ok(receiver) => receiver,
            Err(why) => {
                self.warn(untold(settings, kind, notices.len(), (&why, later)));
                return 0;
            }
        };
        for (taken, notice) in notices.iter().enumerate() {
            if let Err(why) = receiver.send(notice, until).await {
                let left = notices.len() - taken;
                self.warn(untold(settings, &receiver.to_string(), left, (&why, later)));
                return taken;
            }
        }
        notices.len()
    }

    /// Tells what no record holds, unless just that was told.
    async fn once(&mut self, notice: &Notice) {
        let Some(settings) =
            self.config.environments.values().find(|one| one.name.as_str() == notice.environment).cloned()
        else {
            return;
        };
        if !settings.notify.on.iter().any(|name| name == notice.event.as_str()) {
            return;
        }
        let until = Instant::now() + SENDING;
        for kind in receivers(&settings) {
            // Each receiver is told for itself: that one did not take it is no reason to tell the other again.
            let content = Digest::of(format!("{kind} {}", notice.id).as_bytes());
            match self.ledger.reader().is_told_once(&settings.lane, &content).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    let why = LedgerError::read_failure(error);
                    self.warn(format!("what was told of {} can't be read: {why}", settings.name));
                    continue;
                }
            }
            if self.to_one(&settings.name, kind, (vec![notice], AGAIN), until).await == 0 {
                self.given_up.insert((settings.name.clone(), kind));
                continue;
            }
            let said = (notice.event.as_str(), self.clock.now());
            if let Err(error) = self.ledger.tell_once(&settings.lane, &content, said).await {
                self.warn(format!(
                    "what was told of {} can't be written down, and may be told again: {error}",
                    settings.name
                ));
            }
        }
    }

    fn warn(&self, what: String) {
        lock(&self.warnings).push(what);
    }
}

fn untold(settings: &Environment, receiver: &str, count: usize, (why, later): (&str, &str)) -> String {
    let what = if count == 1 { "what happened".to_owned() } else { format!("{count} messages") };
    let name = &settings.name;
    format!("{what} in {name} was not told to {receiver}: {why}; {later}")
}

#[cfg(test)]
mod tests;
