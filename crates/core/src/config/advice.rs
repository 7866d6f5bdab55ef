//! What a file may say, but would better not.

use super::diagnostic::Diagnostic;
use super::environments::Draft;
use crate::tier::Tier;

use super::reading::Reading;

/// Tells it for every environment that customers use.
pub(super) fn give(reading: &mut Reading<'_, '_>, drafts: &[Draft<'_, '_>]) {
    for draft in drafts.iter().filter(|draft| draft.environment.tier == Tier::Production) {
        let env = &draft.environment;
        let name = &env.name;
        let open = env.approvals.count == 0
            && env.soak.is_zero()
            && env.checks.is_empty()
            && env.evidence.is_empty()
            && env.freeze.is_empty()
            && env.open.is_empty()
            && env.verify.is_empty();
        if open {
            let found = Diagnostic::advice(
                draft.span.clone(),
                format!("{name} has no soak, and nothing else protects it"),
            );
            reading.found.push(
                found.hint("`soak = \"1d\"` waits, `freeze` and `open` name times, `verify` proves it"),
            );
        }
        let misspelt = draft.layers.get("from").is_some_and(|from| reading.found.is_bad(&from.span()));
        if env.from.is_empty() && !misspelt {
            let unasked = if env.auto { ", and without being asked" } else { "" };
            let message = format!("{name} takes releases that were verified nowhere before{unasked}");
            let found = Diagnostic::advice(draft.span.clone(), message);
            reading.found.push(found.hint("put an environment before it in `environments`"));
        } else if env.auto {
            let found = Diagnostic::advice(draft.span.clone(), format!("{name} moves without being asked"));
            reading.found.push(found.hint("`auto = false` makes it wait for a person"));
        }
    }
}
