//! Several pipelines side by side, and what all of them come to.

use super::{Ending, Follow, Followed, one};
use crate::port::{StepEnd, StepProgress};
use futures_util::future::join_all;
use std::collections::BTreeMap;

impl Follow<'_> {
    /// Follows all of them side by side until each has ended or the time is over. One that fails does not end the
    /// others: what they do to the environment should be known before anything is put back.
    pub async fn run(&self, progress: &dyn StepProgress) -> Followed {
        let all = self.names.iter().map(|name| one::run(self, name, progress));
        let endings: Vec<(&String, Ending)> = self.names.iter().zip(join_all(all).await).collect();
        let worst = endings.iter().max_by_key(|(_, ending)| weight(ending.end));
        let Some((_, worst)) = worst else {
            return Followed {
                end: StepEnd::Errored,
                summary: "no pipeline is named".to_owned(),
                detail: Vec::new(),
                executions: BTreeMap::new(),
            };
        };
        let same: Vec<&str> = endings
            .iter()
            .filter(|(_, ending)| ending.end == worst.end)
            .map(|(_, ending)| ending.summary.as_str())
            .collect();
        let mut detail = Vec::new();
        for (_, ending) in &endings {
            if ending.end != worst.end {
                detail.push(ending.summary.clone());
            }
            detail.extend(ending.detail.iter().cloned());
        }
        let executions = endings
            .iter()
            .filter_map(|(name, ending)| Some((format!("execution.{name}"), ending.execution.clone()?)))
            .collect();
        Followed { end: worst.end, summary: same.join("; "), detail, executions }
    }
}

/// Which of several ends is told first: a proof that the release is bad before anything that is not known.
const fn weight(end: StepEnd) -> u8 {
    match end {
        StepEnd::Succeeded => 0,
        StepEnd::Superseded => 1,
        StepEnd::TimedOut => 2,
        StepEnd::Errored => 3,
        StepEnd::Interrupted => 4,
        StepEnd::Failed => 5,
    }
}
