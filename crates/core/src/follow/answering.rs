//! Finding what waits for a person in the execution that carries our write. An approval of another execution is never
//! taken for it.

use super::matching;
use crate::port::pipeline::Waiting;
use crate::port::{Pipelines, ProviderError, StepTarget};

/// What waits in a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    /// In the execution that took our write.
    pub ours: Vec<Waiting>,
    /// In others: `STAGE/ACTION`.
    pub others: Vec<String>,
}

/// What waits for a person in a pipeline now.
///
/// # Errors
/// When the pipeline can't be looked at. A declaration that may not be read is gone without.
pub async fn waits(
    pipelines: &dyn Pipelines,
    name: &str,
    targets: &[StepTarget],
) -> Result<Waits, ProviderError> {
    let declared = match pipelines.describe(name).await {
        Ok(declared) => Some(declared),
        Err(error) if error.lacks_right() => None,
        Err(error) => return Err(error),
    };
    let wanted = matching::wanted(declared.as_ref(), targets, true).unwrap_or_default();
    let recent = pipelines.recent(name, matching::since(&wanted)).await?;
    let carrying = |id: &str| recent.iter().any(|one| one.id == id && matching::carries(one, &wanted));
    let mut found = Waits::default();
    for stage in pipelines.stages(name).await? {
        let is_ours = !wanted.is_empty() && stage.execution.as_deref().is_some_and(carrying);
        for waiting in stage.waiting {
            if is_ours {
                found.ours.push(waiting);
            } else {
                found.others.push(format!("{}/{}", waiting.stage, waiting.action));
            }
        }
    }
    Ok(found)
}
