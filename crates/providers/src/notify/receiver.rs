//! Who is told: where the address of a receiver comes from, and whether it may be sent to. An address in a variable is a
//! secret, and its host the choice of whoever set it; one in the file came with the checkout, and is allowed like any
//! other host that a file names.

use crate::step::Secrets;
use crate::trust::{HOSTS, host, trusted};
use crate::{Trust, Variables};
use promote_core::config::Environment;
use promote_core::tell::{SLACK, WEBHOOK};
use promote_core::template::variable;
use std::fmt;
use url::Url;

/// The variable that holds the secret by which webhooks tell that a message is ours.
pub const SECRET: &str = "PROMOTE_WEBHOOK_SECRET";

/// What the surroundings say of receivers.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The variables of the process.
    pub variables: Variables,
    /// The hosts that somebody allows.
    pub trust: Trust,
}

/// Whom something is sent to. Has no `Debug` that shows the address.
#[derive(Clone)]
#[cfg_attr(not(feature = "notify"), allow(dead_code, reason = "nothing is sent"))]
pub struct Receiver {
    pub(super) kind: &'static str,
    /// As the file writes it: `$NAME`, or the address.
    pub(super) written: String,
    pub(super) url: Url,
    /// Whether the address is a secret as a whole.
    pub(super) hidden: bool,
    pub(super) secret: Option<String>,
    pub(super) secrets: Secrets,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("kind", &self.kind)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`{}`)", self.kind, self.written)
    }
}

impl Receiver {
    /// The receiver that an environment calls so: `slack` or `webhook`.
    ///
    /// # Errors
    /// Why nothing can be sent there, as a sentence without the address.
    pub fn of(environment: &Environment, kind: &'static str, around: &Surroundings) -> Result<Self, String> {
        let notify = &environment.notify;
        let written = match kind {
            SLACK => notify.slack.as_ref(),
            WEBHOOK => notify.webhook.as_ref(),
            _ => None,
        };
        let Some(written) = written.cloned() else {
            return Err(format!("{} names no {kind}", environment.name));
        };
        let name = variable(&written);
        let text = match name {
            None => written.as_str(),
            Some(name) => around
                .variables
                .get(name)
                .ok_or_else(|| format!("{kind}: the variable `{name}` is not set"))?
                .trim(),
        };
        let place = trusted(text).and_then(|url| Some((host(&url)?, url)));
        let (host, url) = place
            .ok_or_else(|| format!("{kind} (`{written}`): only https addresses and this machine are told"))?;
        // What a pipeline fills with words of a commit is nobody's choice.
        let chosen = name.is_some_and(|name| !is_the_pipelines(name));
        if !chosen && !host.is_loopback() && !around.trust.allowed().has(&host) {
            return Err(format!(
                "{kind} (`{written}`): nobody has allowed that anything is sent to `{host}`; \
                 `{HOSTS}={host}` allows it, and so does a variable in place of the address"
            ));
        }
        let secret = around.variables.get(SECRET).filter(|_| kind == WEBHOOK).map(str::to_owned);
        let referred = name.map(|_| text).into_iter().chain(secret.as_deref());
        let secrets = Secrets::new(&around.variables, referred);
        Ok(Self { kind, hidden: name.is_some(), url, secret, secrets, written: written.clone() })
    }

    /// Which kind it is: `slack` or `webhook`.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The address as it may be told.
    #[cfg(feature = "notify")]
    pub(super) fn shown(&self, url: &Url) -> String {
        match self.hidden {
            true => format!("{}/…", url.origin().ascii_serialization()),
            false => self.secrets.mask(url.as_str()),
        }
    }
}

/// Whether a variable is one that the server of a pipeline fills, with words of commits and branches among others.
fn is_the_pipelines(name: &str) -> bool {
    const SERVERS: [&str; 8] =
        ["CI_", "GITHUB_", "GITLAB_", "BUILD_", "SYSTEM_", "BITBUCKET_", "CIRCLE_", "BUILDKITE_"];
    SERVERS.iter().any(|server| name.starts_with(server))
}

#[cfg(test)]
mod tests;
