//! From what happens to what the forge is told: one deployment for each environment that a promotion moves, begun when
//! the intent is in the ledger, and told its end whatever that is.

use crate::commit::CommitId;
use crate::config::Config;
use crate::event::{Event, TakenOver};
use crate::ledger::{Action, OutcomeResult, PromotionId};
use crate::names::EnvironmentName;
use crate::port::{Deployment, DeploymentState};

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// This begins.
    Begin(Deployment),
    /// What stands for these is over: another came instead.
    Settle(Deployment),
    /// The deployment of this promotion in this environment stands like this.
    Tell {
        /// The promotion.
        promotion: PromotionId,
        /// The environment.
        environment: EnvironmentName,
        /// How it stands.
        state: DeploymentState,
        /// One line about that.
        words: String,
    },
}

/// How the flow ended that was listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// It ended by itself, well or not; what is told of it was heard.
    Done,
    /// It could not go on.
    Failed,
    /// Somebody stopped it.
    CutOff,
}

/// A promotion that was begun and whose end was not heard.
#[derive(Debug)]
struct Current {
    promotion: PromotionId,
    moves: Vec<EnvironmentName>,
    committed: bool,
    follows: bool,
}

/// What was heard so far.
#[derive(Debug)]
pub struct Trail<'c> {
    config: &'c Config,
    current: Option<Current>,
}

impl<'c> Trail<'c> {
    /// Nothing was heard yet.
    pub fn new(config: &'c Config) -> Self {
        Self { config, current: None }
    }

    /// What an event leads to.
    pub fn hear(&mut self, event: &Event) -> Vec<Order> {
        match event {
            Event::Intent { promotion, action, release, moves, follows, over, .. } => {
                let mut orders = self.close(Closing::Failed);
                let mut earlier = Vec::new();
                match over {
                    Some(TakenOver { promotions, release: other }) if other != release => {
                        orders.extend(moves.iter().map(|name| {
                            Order::Settle(self.deployment(promotion, promotions, name, other, None))
                        }));
                    }
                    Some(TakenOver { promotions, .. }) => earlier.clone_from(promotions),
                    None => {}
                }
                let begin = |name| self.deployment(promotion, &earlier, name, release, Some(*action));
                orders.extend(moves.iter().map(begin).map(Order::Begin));
                let (promotion, moves) = (promotion.clone(), moves.clone());
                self.current = Some(Current { promotion, moves, committed: false, follows: *follows });
                orders
            }
            Event::Again { promotion, release, moves } => self.again(promotion, release, moves),
            Event::StageBack { promotion, environment, release } => {
                let mut orders = self.again(promotion, release, std::slice::from_ref(environment));
                orders.extend(self.end(DeploymentState::Failed, "a stage of its pipeline went back"));
                orders
            }
            Event::Committed { .. } => {
                let follows = self.current.as_mut().is_some_and(|current| {
                    current.committed = true;
                    current.follows
                });
                if follows { Vec::new() } else { self.end(DeploymentState::Succeeded, "it has the release") }
            }
            Event::Aborted { .. } => self.end(DeploymentState::Canceled, "withdrawn; nothing was written"),
            Event::Undone { .. } => {
                self.end(DeploymentState::Canceled, "what was brought before it is undone")
            }
            Event::Outcome { result, .. } => {
                let (state, words) = outcome(*result);
                self.end(state, words)
            }
            _ => Vec::new(),
        }
    }

    /// What is left to be told when nothing more is heard.
    pub fn close(&mut self, how: Closing) -> Vec<Order> {
        let committed = self.current.as_ref().is_some_and(|current| current.committed);
        let (state, words) = match (how, committed) {
            // It was not waited for: whoever resumes it tells the end.
            (Closing::Done, true) => {
                self.current = None;
                return Vec::new();
            }
            (Closing::Done | Closing::Failed, false) => {
                (DeploymentState::Errored, "not finished; it can be resumed or rolled back")
            }
            (Closing::Failed, true) => (DeploymentState::Errored, "how its deployment ended is not recorded"),
            (Closing::CutOff, false) => {
                (DeploymentState::Canceled, "interrupted; it can be resumed or rolled back")
            }
            (Closing::CutOff, true) => {
                (DeploymentState::Canceled, "interrupted; how its deployment ended is not known")
            }
        };
        self.end(state, words)
    }

    /// What was told before is gone on with.
    fn again(
        &mut self,
        promotion: &PromotionId,
        release: &CommitId,
        moves: &[EnvironmentName],
    ) -> Vec<Order> {
        let mut orders = self.close(Closing::Failed);
        orders.extend(moves.iter().map(|name| {
            let mut again = self.deployment(promotion, &[], name, release, None);
            again.again = true;
            Order::Begin(again)
        }));
        let (promotion, moves) = (promotion.clone(), moves.to_vec());
        self.current = Some(Current { promotion, moves, committed: true, follows: true });
        orders
    }

    fn end(&mut self, state: DeploymentState, words: &str) -> Vec<Order> {
        let Some(Current { promotion, moves, .. }) = self.current.take() else { return Vec::new() };
        let tell = |environment| Order::Tell {
            words: format!("promotion {promotion}: {words}"),
            promotion: promotion.clone(),
            environment,
            state,
        };
        moves.into_iter().map(tell).collect()
    }

    fn deployment(
        &self,
        promotion: &PromotionId,
        earlier: &[PromotionId],
        name: &EnvironmentName,
        commit: &CommitId,
        action: Option<Action>,
    ) -> Deployment {
        let settings = self.config.environments.get(name);
        let verb = match action {
            Some(Action::Rollback) => "rollback",
            Some(Action::Redeploy) => "redeployment",
            Some(Action::Undo) => "undoing",
            Some(Action::Promote) | None => "promotion",
        };
        Deployment {
            promotion: promotion.clone(),
            earlier: earlier.to_vec(),
            again: !earlier.is_empty(),
            environment: name.clone(),
            commit: commit.clone(),
            // An environment that the file does not name is no less dangerous than any other.
            tier: settings.map_or(crate::config::Tier::Production, |settings| settings.tier),
            branch: settings.and_then(|settings| settings.branch.clone()),
            description: format!("{verb} {promotion} of {} to {name}", self.config.project),
        }
    }
}

const fn outcome(result: OutcomeResult) -> (DeploymentState, &'static str) {
    match result {
        OutcomeResult::Succeeded => (DeploymentState::Succeeded, "its deployment succeeded"),
        OutcomeResult::Failed => (DeploymentState::Failed, "its deployment failed"),
        OutcomeResult::Errored => (DeploymentState::Errored, "whether its deployment succeeded is unknown"),
        OutcomeResult::TimedOut => (DeploymentState::Errored, "its deployment did not end in time"),
        OutcomeResult::Superseded => {
            (DeploymentState::Canceled, "its deployment was replaced by a newer one")
        }
        OutcomeResult::Interrupted => (DeploymentState::Canceled, "its deployment was interrupted"),
    }
}

#[cfg(test)]
mod tests;
