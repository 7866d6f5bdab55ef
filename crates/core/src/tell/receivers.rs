//! Whom the environments of a lane tell, as the file names them. Where they are is for whoever reaches them.

use crate::config::{Config, Environment};
use crate::names::{EnvironmentName, LaneName};

/// An incoming webhook of Slack.
pub const SLACK: &str = "slack";
/// Any webhook.
pub const WEBHOOK: &str = "webhook";

/// Whom an environment tells.
pub fn receivers(environment: &Environment) -> Vec<&'static str> {
    let notify = &environment.notify;
    let slack = notify.slack.as_ref().map(|_| SLACK);
    slack.into_iter().chain(notify.webhook.as_ref().map(|_| WEBHOOK)).collect()
}

/// The environment of a lane for which something is told: the one that was asked for, where it is known and tells anybody;
/// else the first that does.
pub(super) fn teller<'c>(
    config: &'c Config,
    lane: &LaneName,
    asked: Option<&EnvironmentName>,
) -> Option<&'c Environment> {
    let lanes = config.lanes.iter().filter(|known| known.name == *lane);
    let members =
        lanes.flat_map(|known| &known.environments).filter_map(|name| config.environments.get(name));
    let mut told = members.filter(|it| !receivers(it).is_empty());
    let asked = asked.and_then(|name| config.environments.get(name)).filter(|it| it.lane == *lane);
    asked.filter(|it| !receivers(it).is_empty()).or_else(|| told.next())
}
