//! A promotion's own place in its lane while its steps run: whether somebody took over from it or overtook it is looked
//! for now and then, others are shown that it lives, and what it writes there follows what it has seen.

use crate::apply::{Writer, not_appended};
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::lease::{LOOK, SHORT, SIGN};
use crate::ledger::{
    Action, Alive, AppendError, Head, Kind, LedgerError, Mark, OutcomeResult, PromotionId, Record,
    ReleaseRef, Seq, Sign, alive,
};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many records are read at a look: more can't have come in between.
const MOST: usize = 64;

/// How a promotion lost its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Somebody goes on with the same promotion, or undoes it.
    TakenOver,
    /// Another promotion came after its commit.
    Superseded,
    /// Whoever ran its steps has recorded how they ended.
    Ended(OutcomeResult),
}

/// Who has the lane now instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// How.
    pub how: Loss,
    /// By whom.
    pub by: String,
    /// The release that comes instead, where that is known already.
    pub release: Option<ReleaseRef>,
}

impl Lost {
    /// What happened, in words that fit behind `was`.
    pub fn words(&self) -> String {
        let by = crate::names::escape(&self.by);
        match (self.how, &self.release) {
            (Loss::TakenOver, _) => format!("taken over by {by}"),
            (Loss::Superseded, Some(release)) => {
                format!("superseded by {by}, who moves {}", release.commit.short(7))
            }
            (Loss::Superseded, None) => format!("superseded by {by}"),
            (Loss::Ended(_), _) => format!("ended by {by}"),
        }
    }
}

/// What a promotion holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holding {
    /// Its intent is open.
    Open,
    /// It is committed, and its steps run.
    Committed { of: Digest },
}

#[derive(Debug)]
struct Seen {
    /// The newest record that takes nothing from us.
    head: Head,
    /// The nonces of what we wrote or tried to: a record whose answer was never heard is ours all the same.
    own: Vec<String>,
    lost: Option<Lost>,
    /// When others were shown last that this process lives, by the clock that nobody sets.
    shown: Duration,
    /// When the lane was looked at last, by the same clock.
    looked: Duration,
    /// The number of the newest sign of life, where that is known.
    sign: Option<u32>,
}

/// Looks after one promotion's place.
#[derive(Debug)]
pub struct Lookout<'w> {
    writer: Writer<'w>,
    holding: Holding,
    promotion: PromotionId,
    /// The record that began what goes on.
    since: Seq,
    seen: Mutex<Seen>,
}

impl<'w> Lookout<'w> {
    /// Of a promotion whose intent is this record.
    pub fn open(writer: Writer<'w>, intent: Head) -> Self {
        let promotion = intent.record.intent.as_ref().map(|intent| intent.promotion.clone());
        let promotion = promotion.unwrap_or_else(|| PromotionId(String::new()));
        Self::new(writer, Holding::Open, promotion, intent.record.seq, intent)
    }

    /// Of a promotion that is committed in the state after this record. `None` when nothing is.
    pub fn committed(writer: Writer<'w>, head: Head) -> Option<Self> {
        let state = head.state();
        let (of, current) = (state.committed?, state.current.as_ref()?);
        let promotion = current.promotion.clone().unwrap_or_else(|| PromotionId(String::new()));
        let since = current.since.seq;
        Some(Self::new(writer, Holding::Committed { of }, promotion, since, head))
    }

    fn new(writer: Writer<'w>, holding: Holding, promotion: PromotionId, since: Seq, head: Head) -> Self {
        let shown = writer.ports.clock.steady();
        let seen = Seen { own: Vec::new(), head, lost: None, shown, looked: shown, sign: None };
        Self { writer, holding, promotion, since, seen: Mutex::new(seen) }
    }

    /// Who has the lane instead, as far as was seen.
    pub fn lost(&self) -> Option<Lost> {
        self.with(|seen| seen.lost.clone())
    }

    /// The newest record that was seen.
    pub fn head(&self) -> Head {
        self.with(|seen| seen.head.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who has the lane instead; the lane is looked at once more where that was last done a while ago, as after a wait. What
    /// can't be read is looked for again while the step runs.
    pub async fn glance(&self) -> Option<Lost> {
        let since = self.writer.ports.clock.steady().saturating_sub(self.with(|seen| seen.looked));
        if since >= LOOK {
            let _ = self.look().await;
        }
        self.lost()
    }

    /// Reads what came into the lane since the last look.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn look(&self) -> Result<Option<Lost>, Failure> {
        let (last, lost) = self.with(|seen| (seen.head.record.seq, seen.lost.clone()));
        if lost.is_some() {
            return Ok(lost);
        }
        let reader = self.writer.ports.ledger.reader();
        let lane = &self.writer.environment.lane;
        let now = self.writer.ports.clock.steady();
        let newest = reader.newest(lane).await.map_err(LedgerError::read_failure)?;
        self.with(|seen| seen.looked = now);
        let Some(count) = newest.and_then(|newest| newest.0.checked_sub(last.0)).filter(|count| *count > 0)
        else {
            return Ok(None);
        };
        let count = usize::try_from(count).unwrap_or(MOST).min(MOST);
        let mut heads = reader.page(lane, None, count).await.map_err(LedgerError::read_failure)?;
        heads.retain(|head| head.record.seq > last);
        heads.reverse();
        Ok(self.take(heads))
    }

    /// Takes in records, oldest first.
    fn take(&self, heads: Vec<Head>) -> Option<Lost> {
        self.with(|seen| {
            for head in heads {
                let foreign = !seen.own.contains(&head.record.nonce);
                match &mut seen.lost {
                    // What came right after says which release it is.
                    Some(lost) if lost.release.is_none() => {
                        lost.release = brought(&head.record);
                    }
                    Some(_) => {}
                    None if foreign => seen.lost = self.lost_to(&head.record),
                    None => {}
                }
                seen.head = head;
            }
            seen.lost.clone()
        })
    }

    /// Ends when the place is lost. What can't be read is looked for again. Until then others are shown that this process
    /// lives.
    pub async fn until_lost(&self) -> Lost {
        loop {
            self.writer.ports.clock.sleep(LOOK).await;
            if let Ok(Some(lost)) = self.look().await {
                return lost;
            }
            self.show_life().await;
        }
    }

    /// What comes of `act`, and beside it others are shown that this process lives.
    pub async fn living<T>(&self, act: impl Future<Output = T>) -> T {
        let life = async {
            loop {
                self.writer.ports.clock.sleep(LOOK).await;
                self.show_life().await;
            }
        };
        match select(pin!(act), pin!(life)).await {
            Either::Left((came, _)) => came,
            Either::Right((never, _)) => match never {},
        }
    }

    /// Gives a sign of life, unless the place is lost or one was given lately. One that can't be written is given at the
    /// next look: nothing but a take-over by somebody who takes this process for gone hangs on it.
    pub async fn show_life(&self) {
        let ports = self.writer.ports;
        let now = ports.clock.steady();
        let (due, known) =
            self.with(|seen| (seen.lost.is_none() && now.saturating_sub(seen.shown) >= SIGN, seen.sign));
        if !due {
            return;
        }
        let lane = &self.writer.environment.lane;
        let last = match known {
            Some(last) => last,
            // Who resumes goes on behind the signs of the one before.
            None => match ports.ledger.reader().alive(lane, self.since).await {
                Ok(found) => found.map_or(0, |found| found.number),
                Err(_) => return,
            },
        };
        let sign = Alive {
            schema: alive::SCHEMA.to_owned(),
            promotion: self.promotion.clone(),
            by: self.writer.request.actor.name.clone(),
            at: ports.clock.now(),
        };
        let given = ports.ledger.show_life(lane, (self.since, last.saturating_add(1)), &sign).await;
        self.with(|seen| match given {
            Ok(()) => (seen.sign, seen.shown) = (Some(last.saturating_add(1)), now),
            Err(_) => seen.sign = None,
        });
    }

    /// The same, beside a step: one that is done at once costs nothing. `sign` is said once, where it can be.
    pub async fn beside(&self, sign: Option<Sign>) -> Lost {
        self.writer.ports.clock.sleep(SHORT).await;
        let first = match sign {
            Some(sign) => self.say(sign).await.map(Result::err),
            None => self.look().await,
        };
        match first {
            Ok(Some(lost)) => lost,
            Ok(None) | Err(_) => self.until_lost().await,
        }
    }

    /// Writes a sign of life after what is committed.
    ///
    /// # Errors
    /// When the ledger can't be read or does not take it; inside, who has the lane instead.
    pub async fn say(&self, sign: Sign) -> Result<Result<Head, Lost>, Failure> {
        if self.holding == Holding::Open {
            return Ok(Ok(self.head()));
        }
        let label = sign.words().unwrap_or_else(|| "taken over".to_owned());
        let mark = Mark { of: self.promotion.clone(), label, sign: Some(sign) };
        self.append(Kind::Mark, |record| record.mark = Some(mark.clone())).await
    }

    /// Appends a record, on whatever was said of the lane meanwhile, unless the place is lost.
    ///
    /// # Errors
    /// When the ledger can't be read or does not take it; inside, who has the lane instead.
    pub async fn append(
        &self,
        kind: Kind,
        fill: impl Fn(&mut Record),
    ) -> Result<Result<Head, Lost>, Failure> {
        let name = &self.writer.environment.name;
        for _ in 0..MOST {
            if let Some(lost) = self.lost() {
                return Ok(Err(lost));
            }
            let record = self.writer.record(&self.head(), kind, &fill)?;
            self.with(|seen| seen.own.push(record.nonce.clone()));
            let now = self.writer.ports.clock.steady();
            match self.writer.ports.ledger.append(&record).await {
                Ok(head) => {
                    self.with(|seen| (seen.head, seen.shown, seen.looked) = (head.clone(), now, now));
                    return Ok(Ok(head));
                }
                Err(AppendError::Lost { .. }) => {
                    self.look().await?;
                }
                Err(error) => return Err(not_appended(error, name.as_str())),
            }
        }
        Err(Failure::new(ExitStatus::Unfinished, format!("{name} is being changed by others all the time"))
            .hint(format!("`promote status {name}` shows what is there")))
    }

    /// Who has the lane, when this record of somebody else took it.
    fn lost_to(&self, record: &Record) -> Option<Lost> {
        let lost = |how| Some(Lost { how, by: record.actor.name.clone(), release: brought(record) });
        let Holding::Committed { of } = &self.holding else { return lost(Loss::TakenOver) };
        if let Some(outcome) = record.outcome.as_ref().filter(|outcome| outcome.of == *of) {
            return match outcome.result {
                OutcomeResult::Superseded if outcome.steps.is_empty() => lost(Loss::Superseded),
                result => lost(Loss::Ended(result)),
            };
        }
        let signed = record.mark.as_ref().filter(|mark| mark.sign.is_some() && mark.of == self.promotion);
        match record.kind {
            _ if signed.is_some() => lost(Loss::TakenOver),
            Kind::Intent | Kind::Commit | Kind::Outcome | Kind::Observe => lost(Loss::Superseded),
            _ => None,
        }
    }
}

/// The release that an intent brings; what undoes brings none.
fn brought(record: &Record) -> Option<ReleaseRef> {
    let intent = record.intent.as_ref().filter(|intent| intent.action != Action::Undo);
    intent.map(|intent| intent.release.clone())
}
