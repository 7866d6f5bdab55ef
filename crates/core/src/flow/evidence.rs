//! What the `verify` steps of a deployment leave as evidence. It is written before the outcome, and that it can't be written
//! fails nothing: what asks for it stays closed, and says how it is recorded by hand.

use crate::context::PromotionContext;
use crate::event::Event;
use crate::evidence::{SeenResult, of, record};
use crate::invocation::Invocation;
use crate::ledger::{EvidenceResult, PromotionId, StepRecord};
use crate::port::StepEnd;
use futures_util::future::join_all;

/// Writes down how the steps ended that have a name for it. A step whose end says nothing of the release leaves nothing.
pub(super) async fn leave(context: PromotionContext<'_>, promotion: &PromotionId, ran: &[StepRecord]) {
    let PromotionContext { ports, plan, snapshot, request, .. } = context;
    let moved = context.moved();
    let steps = moved.iter().flat_map(|moved| moved.verify.iter().map(move |step| (&moved.name, step)));
    let records = ran.iter().filter(|record| record.phase == "verify");
    let named = steps.zip(records).filter_map(|((environment, step), record)| {
        let result = match record.report.end {
            StepEnd::Succeeded => EvidenceResult::Passed,
            StepEnd::Failed => EvidenceResult::Failed,
            _ => return None,
        };
        let name = step.evidence.clone()?;
        let environment = Some(environment.clone());
        Some(SeenResult { name, result, environment, url: None, reason: None })
    });
    let writes = named.map(|seen| async {
        let (name, result) = (seen.name.clone(), seen.result.as_str());
        let place = (&snapshot.genesis.0.ledger, &plan.release);
        let evidence = of(ports, place, seen, &request.actor, Some(promotion.clone()));
        let note = match record(ports, &evidence).await {
            Ok(()) => format!("`{name}` {result}, kept as evidence"),
            Err(failure) => {
                let line = Invocation::new("record").word(&name).word(plan.release.commit.short(7));
                let line = line.option("--result", result);
                format!("`{name}` {result}, and that is not recorded: {failure}; `{line}` records it")
            }
        };
        ports.events.hear(&Event::StepNote { phase: "verify".to_owned(), note });
    });
    join_all(writes).await;
}
