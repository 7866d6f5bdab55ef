//! Making records that follow from a head, and appending those that may be tried again on a newer head.

use crate::config::Environment;
use crate::context::PromotionContext;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{
    AppendError, Genesis, Head, Kind, LedgerError, Override, Record, Seq, State, Why, not_taken, record,
};
use crate::names::LaneName;
use crate::ports::Ports;
use crate::request::Request;

/// Makes records of one lane for one request.
#[derive(Debug, Clone)]
pub struct Writer<'w> {
    /// The ports.
    pub ports: &'w Ports,
    /// The environment.
    pub environment: &'w Environment,
    /// The request.
    pub request: &'w Request,
    /// The ledger's genesis and its id.
    pub genesis: &'w (Genesis, Digest),
    /// The rules that were gone past. What was met was not, whatever the request says.
    pub overrides: Vec<Override>,
}

impl<'w> Writer<'w> {
    /// A writer for this request.
    pub fn new(
        ports: &'w Ports,
        genesis: &'w (Genesis, Digest),
        environment: &'w Environment,
        request: &'w Request,
    ) -> Self {
        Self { ports, environment, request, genesis, overrides: request.overrides_once() }
    }

    /// A writer for this promotion.
    pub fn of(context: PromotionContext<'w>) -> Self {
        let PromotionContext { ports, environment, plan, snapshot, request, .. } = context;
        let mut writer = Self::new(ports, &snapshot.genesis, environment, request);
        writer.overrides.retain(|one| plan.goes_past(&one.rule));
        writer
    }

    /// The record after `head`.
    ///
    /// # Errors
    /// When no such record may follow.
    pub fn record(&self, head: &Head, kind: Kind, fill: impl FnOnce(&mut Record)) -> Result<Record, Failure> {
        self.after(Some(head), kind, fill)
    }

    /// The record after `head`, or the first one.
    ///
    /// # Errors
    /// When no such record may follow.
    pub fn after(
        &self,
        head: Option<&Head>,
        kind: Kind,
        fill: impl FnOnce(&mut Record),
    ) -> Result<Record, Failure> {
        let state = head.map(|head| head.state().clone()).unwrap_or_default();
        let mut record = self.blank(head, kind);
        fill(&mut record);
        record.needs().clone_into(&mut record.schema);
        record.state = state.after(&record).map_err(|misfit| {
            Failure::new(ExitStatus::Conflict, format!("{}: {misfit}", self.environment.name))
                .hint(format!("`promote status {}` shows what is there", self.environment.name))
        })?;
        Ok(record)
    }

    fn blank(&self, head: Option<&Head>, kind: Kind) -> Record {
        let request = self.request;
        Record {
            schema: record::SCHEMA.to_owned(),
            ledger: self.genesis.0.ledger.clone(),
            lane: self.environment.lane.clone(),
            seq: head.map_or(Seq(1), |head| head.record.seq.next()),
            prev: head.map_or(self.genesis.1, |head| head.id),
            nonce: self.ports.nonce(),
            kind,
            at: self.ports.clock.now(),
            prev_stored_at: head.map(|head| head.stored_at),
            actor: request.actor.to_write(),
            why: Why {
                reason: request.reason.clone(),
                notes: request.notes.clone(),
                overrides: self.overrides.clone(),
            },
            intent: None,
            commit: None,
            abort: None,
            outcome: None,
            observe: None,
            freeze: None,
            mark: None,
            state: State::default(),
        }
    }
}

/// Appends a record that does not depend on a plan (a freeze, a hold, an outcome): when somebody else was first, it
/// is made anew on the newer head, unless `still` says that it makes no sense there.
///
/// # Errors
/// When it may not follow, or the store does not take it.
pub async fn append_after(
    writer: &Writer<'_>,
    lane: &LaneName,
    head: Option<Head>,
    kind: Kind,
    still: impl Fn(Option<&Head>) -> Result<(), Failure>,
    fill: impl Fn(&mut Record),
) -> Result<Head, Failure> {
    let name = &writer.environment.name;
    let mut head = head;
    for _ in 0..64 {
        still(head.as_ref())?;
        let record = writer.after(head.as_ref(), kind, &fill)?;
        match writer.ports.ledger.append(&record).await {
            Ok(head) => return Ok(head),
            Err(AppendError::Lost { .. }) => {
                head = writer.ports.ledger.reader().head(lane).await.map_err(LedgerError::read_failure)?;
            }
            Err(error) => return Err(not_appended(error, name.as_str())),
        }
    }
    Err(Failure::new(ExitStatus::Conflict, format!("{name} is being changed by others all the time"))
        .hint("try again in a moment"))
}

/// A record that could not be appended, and on which nothing else depends.
pub(crate) fn not_appended(error: AppendError, what: &str) -> Failure {
    match error {
        AppendError::Refused { source, .. } => not_taken(&format!("writing the ledger for {what}"), source),
        AppendError::Unknown { .. } => Failure::new(
            ExitStatus::Unfinished,
            format!("whether the ledger took the record for {what} is not known"),
        )
        .hint(format!("`promote status {what}` shows whether it did"))
        .caused_by(error),
        other => Failure::new(ExitStatus::Failed, format!("the record for {what} can't be written"))
            .caused_by(other),
    }
}

/// Who wrote the record that was found instead of ours, in words.
pub(super) fn named(found: &[u8]) -> String {
    match Record::from_bytes(found) {
        Ok(record) => {
            let what = record.intent.as_ref().map_or_else(
                || format!("{:?}", record.kind).to_lowercase(),
                |intent| format!("promotion of {}", intent.release.commit.short(7)),
            );
            format!("by {} ({what}, record {})", crate::names::escape(&record.actor.name), record.seq)
        }
        Err(_) => "by something that is not a record".to_owned(),
    }
}
