//! Writing how a deployment ended, with what its steps left behind as far as a record holds it.

use crate::apply::{Writer, append_after};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Head, Kind, Outcome, OutcomeResult, StepRecord};

/// Writes how a deployment ended.
///
/// # Errors
/// When another promotion came after the commit, or the ledger does not take the record.
pub async fn outcome(
    writer: &Writer<'_>,
    commit: Head,
    result: OutcomeResult,
    ran: &[StepRecord],
) -> Result<Head, Failure> {
    let settings = writer.environment;
    let Some(of) = commit.state().committed else {
        return Err(Failure::new(ExitStatus::Failed, format!("nothing was committed in {}", settings.name)));
    };
    let still = |head: Option<&Head>| {
        let state = head.map(Head::state);
        if state.is_some_and(|state| state.open.is_none() && state.committed == Some(of)) {
            return Ok(());
        }
        Err(Failure::new(
            ExitStatus::Conflict,
            format!("{} was changed by somebody else meanwhile", settings.name),
        )
        .hint(format!("`promote history {}` shows how", settings.name)))
    };
    append_after(writer, &settings.lane, Some(commit), Kind::Outcome, still, |record| {
        record.outcome = Some(Outcome { of, result, steps: bounded(ran) });
    })
    .await
}

/// How many bytes of a record the steps may take.
const STEPS: usize = 12 * 1024;

/// Steps as they fit a record. What they printed and put out is foreign, and is measured as it is written: a control
/// character takes six bytes there. The ends of tails are kept longest, then names and ends of steps alone.
pub(super) fn bounded(ran: &[StepRecord]) -> Vec<StepRecord> {
    let mut share = STEPS / ran.len().max(1);
    loop {
        let kept: Vec<StepRecord> = ran.iter().map(|step| cut(step, share)).collect();
        let fits = serde_json::to_vec(&kept).is_ok_and(|json| json.len() <= STEPS);
        if fits || share == 0 {
            return kept;
        }
        share /= 2;
    }
}

/// One step of which each text is no longer than `share` bytes; values that are longer are left out.
fn cut(step: &StepRecord, share: usize) -> StepRecord {
    let mut step = step.clone();
    step.name.truncate(head_of(&step.name, share.max(60)));
    let report = &mut step.report;
    report.summary.truncate(head_of(&report.summary, share.clamp(60, 400)));
    let mut left = share;
    report.outputs.retain(|name, value| {
        let size = name.len() + value.len();
        let fits = size <= left;
        left -= if fits { size } else { 0 };
        fits
    });
    let tail = &mut report.tail;
    if tail.len() > share {
        let from = tail.len() - share;
        *tail = tail.split_off((from..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(from));
    }
    step
}

/// The last place at which a text may be cut to have at most `limit` bytes.
fn head_of(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
