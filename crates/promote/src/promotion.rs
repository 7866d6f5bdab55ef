//! What is asked: one release to one environment, and on what terms.

use crate::Error;
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
pub use promote_core::flow::Wait;
use promote_core::ledger::{Action, Actor, Override};
use promote_core::names::EnvironmentName;
use promote_core::plan::{Plan, saved};
use promote_core::request::{Request, TakeOver, Wanted};
use promote_core::{reason, rule};
use promote_providers::opened;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::time::Duration;

/// What is done with a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is told, and nothing is written anywhere.
    Explain,
    /// It is told.
    Plan,
    /// It is carried out.
    Promote,
    /// What somebody began is gone on with, and the steps of what is there run again where they did not succeed.
    Resume,
}

impl Purpose {
    /// Whether it is told what would be done, and nothing else.
    pub(crate) const fn is_told(self) -> bool {
        matches!(self, Self::Explain | Self::Plan)
    }
}

/// A promotion that is asked for. Nothing is looked at before it is given to
/// [`Project::plan`](crate::Project::plan) or [`Project::promote`](crate::Project::promote).
///
/// ```
/// use promote::{Promotion, Wait};
///
/// # fn main() -> Result<(), promote::Error> {
/// let promotion = Promotion::to("prod")?
///     .release("v1.4.0")?
///     .note("ticket", "INC-123")
///     .going_past("soak", "INC-123: payments are down")?
///     .wait(Wait::No);
/// assert!(Promotion::to("Not A Name").is_err());
/// assert!(Promotion::to("prod")?.release("latest")?.going_past("soka", "because").is_err());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is done before it is given to a project"]
pub struct Promotion {
    pub(crate) request: Request,
    pub(crate) saved: Option<Box<Plan>>,
    pub(crate) wait: Wait,
    pub(crate) timeout: Option<Duration>,
    /// Whether the deployment of the very release that is asked for is gone on with.
    pub(crate) rejoin: bool,
    /// Whether a name that moves is taken as the commit that it is now.
    pub(crate) settles: bool,
}

/// The environment of this name.
///
/// # Errors
/// `Usage` when that is none.
pub(crate) fn environment(name: &str) -> Result<EnvironmentName, Error> {
    name.parse().map_err(odd).map_err(Error::from)
}

fn odd(error: impl std::fmt::Display) -> Failure {
    Failure::new(ExitStatus::Usage, error.to_string())
}

impl Promotion {
    /// What runs in the environment before, to this one.
    ///
    /// # Errors
    /// `Usage` when it is no name of an environment. Whether there is such an environment is asked later.
    pub fn to(environment: &str) -> Result<Self, Error> {
        let environment = self::environment(environment)?;
        // Who acts is known when it is carried out.
        Ok(Self::of(Request::promote(environment, Wanted::Unnamed, nobody())))
    }

    /// Exactly what a saved plan says, or nothing: when the world no longer leads to it, that is a conflict. `name` is what the
    /// plan is called in messages.
    ///
    /// # Errors
    /// `Usage` when it is no plan for this environment.
    pub fn of_plan(environment: &str, plan: &[u8], name: &str) -> Result<Self, Error> {
        let environment = self::environment(environment)?;
        let plan = saved::parse(plan, name, &environment)?;
        let request = saved::request(&plan, nobody())?;
        Ok(Self { saved: Some(Box::new(plan)), ..Self::of(request) })
    }

    /// The same from a file.
    ///
    /// # Errors
    /// `Missing` when there is no such file, `Usage` when it can't be read or is no plan for this environment.
    pub fn of_plan_file(environment: &str, file: impl AsRef<Path>, name: &str) -> Result<Self, Error> {
        let unread = |error: std::io::Error| {
            let exit = match error.kind() {
                ErrorKind::NotFound => ExitStatus::Missing,
                _ => ExitStatus::Usage,
            };
            Failure::new(exit, format!("the plan `{name}` can't be read")).caused_by(error)
        };
        let mut bytes = Vec::new();
        opened::regular(file.as_ref())
            .and_then(|opened| opened.take(saved::LIMIT + 1).read_to_end(&mut bytes))
            .map_err(unread)?;
        if bytes.len() as u64 > saved::LIMIT {
            return Err(Failure::new(ExitStatus::Usage, format!("`{name}` is too large to be a plan")).into());
        }
        Self::of_plan(environment, &bytes, name)
    }

    pub(crate) fn of(request: Request) -> Self {
        Self { request, saved: None, wait: Wait::Yes, timeout: None, rejoin: false, settles: false }
    }

    /// This release: a commit or the beginning of one, a tag, `previous`, or the name of the environment that it runs in.
    ///
    /// # Errors
    /// `Usage` when the text can name none of these.
    pub fn release(mut self, name: &str) -> Result<Self, Error> {
        self.request.wanted = name.parse().map_err(odd)?;
        Ok(self)
    }

    /// An environment that reads the same target and moves along.
    ///
    /// # Errors
    /// `Usage` when it is no name of an environment.
    pub fn include(mut self, environment: &str) -> Result<Self, Error> {
        self.request.include.push(self::environment(environment)?);
        Ok(self)
    }

    /// A text that the environment asks for.
    pub fn note(mut self, name: &str, text: &str) -> Self {
        self.request.notes.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Why, as it is recorded.
    ///
    /// # Errors
    /// `Usage` when the text says nothing, or has several lines.
    pub fn reason(mut self, reason: &str) -> Result<Self, Error> {
        self.request.reason = reason::allowed(Some(reason))?;
        Ok(self)
    }

    /// Goes past a rule once, for this reason, which is recorded.
    ///
    /// # Errors
    /// `Usage` when there is no such rule, nobody may go past it, or the reason says nothing.
    pub fn going_past(mut self, rule: &str, reason: &str) -> Result<Self, Error> {
        let rule = rule::to_override(rule)?.name.to_owned();
        let reason = reason::needed(Some(reason), "an override")?;
        self.request.overrides.push(Override { rule, reason });
        Ok(self)
    }

    /// Whether what somebody else began and did not end may be gone on with, or undone.
    pub fn take_over(mut self, how: TakeOver) -> Self {
        self.request.take_over = how;
        self
    }

    /// Writes and deploys the release again, although it is there.
    pub fn again(mut self) -> Self {
        self.request.action = Action::Redeploy;
        self
    }

    /// Goes on with a deployment of the very release that is asked for, once nothing was heard of it for a minute: for a job
    /// that is run again after it was cut off.
    pub fn rejoining(mut self) -> Self {
        self.rejoin = true;
        self
    }

    /// Takes a name that moves, such as `HEAD` or a branch, as the commit that it is now, of which
    /// [`Questions::settled`](crate::Questions::settled) is told: for whoever shows that to somebody before anything is done. Without it, such a
    /// name is refused.
    pub fn settling_names(mut self) -> Self {
        self.settles = true;
        self
    }

    /// Whether what follows the move is waited for.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// The time for each step after the move, in place of the file's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The rules that it goes past.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.request.overrides.iter().map(|one| one.rule.as_str())
    }

    /// The configuration with the times that were asked for.
    pub(crate) fn timed(&self, config: &Config) -> Config {
        let mut config = config.clone();
        if let (Some(timeout), Some(settings)) =
            (self.timeout, config.environments.get_mut(&self.request.environment))
        {
            settings.timeout = timeout;
            for step in settings.deploy.iter_mut().chain(&mut settings.verify) {
                step.timeout = None;
            }
        }
        config
    }
}

/// What was put together as the core has it. Who acts, and what is done, are the project's to say.
impl From<Request> for Promotion {
    fn from(request: Request) -> Self {
        Self::of(request)
    }
}

fn nobody() -> Actor {
    Actor::claimed("", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_for_every_step_after_the_move() {
        let text = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"r/{sha}.zip\"\ntarget = \"t/{env}.zip\"\n\
                    deploy = [{ run = \"true\", timeout = \"9m\" }]\n";
        let context = promote_core::config::ReadContext {
            default_project: None,
            variables: &|_| None,
            version: semver::Version::new(0, 1, 0),
            schemes: &[],
        };
        let (config, _) = promote_core::config::read(text, &context).unwrap();
        let asked = Promotion::to("prod").unwrap().timeout(Duration::from_secs(7)).timed(&config);
        let prod = &asked.environments[&"prod".parse::<EnvironmentName>().unwrap()];
        assert_eq!((prod.timeout, prod.deploy[0].timeout), (Duration::from_secs(7), None));
        let left = Promotion::to("prod").unwrap().timed(&config);
        assert_eq!(left, config);
    }
}
