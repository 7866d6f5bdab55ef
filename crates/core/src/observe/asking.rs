//! What is asked of a forge for the environments that move: plain data, made before anything is sent.

use crate::config::{Environment, RequiredCheck};
use std::collections::BTreeSet;

/// That checks are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedChecks {
    /// Whether the workflows that they are jobs of are, too.
    pub(super) origins: bool,
}

impl AskedChecks {
    /// What these environments ask; `None` where none of them asks for any.
    pub(crate) fn of<'e>(environments: impl IntoIterator<Item = &'e Environment>) -> Option<Self> {
        let wanted: Vec<&RequiredCheck> = environments.into_iter().flat_map(|one| &one.checks).collect();
        let origins = wanted.iter().any(|one| one.needs_workflow());
        (!wanted.is_empty()).then_some(Self { origins })
    }
}

/// What of people is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct AskedVotes {
    /// Whether reviews count somewhere.
    pub(super) reviews: bool,
    /// Whether the word of who wrote what is new does not count somewhere.
    pub(super) authors: bool,
    /// The teams whose members count.
    pub(super) teams: BTreeSet<String>,
    /// The branch that each environment where reviews count takes releases from, beside the default branch.
    pub(super) branches: Vec<Option<String>>,
}

impl AskedVotes {
    /// What these environments ask.
    pub(crate) fn of<'e>(environments: impl IntoIterator<Item = &'e Environment>) -> Self {
        let mut asked = Self::default();
        for environment in environments {
            let approvals = &environment.approvals;
            if approvals.count == 0 {
                continue;
            }
            if approvals.reviews {
                asked.reviews = true;
                asked.branches.push(environment.branch.clone());
            }
            asked.authors |= !approvals.own;
            asked.teams.extend(approvals.from.iter().filter(|name| name.starts_with('@')).cloned());
        }
        asked
    }
}
