//! Asking an address until its answer holds a text. The address is the team's own words, so it may lie in a private
//! network; where it sends us is not, so another host is never followed.

use super::collected::escaped;
use super::masked::Secrets;
use super::pauses::{self, Pauses};
use super::system::{StepOutcome, SystemSteps};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use promote_core::port::{StepContext, StepEnd, StepProgress};
use promote_core::template::{RenderError, Template, variable};
use reqwest::{Client, Response, redirect};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How much of an answer is looked at, in bytes.
const BODY: usize = 1024 * 1024;
/// How many times an address may send us elsewhere on its own host.
const REDIRECTS: usize = 5;

pub(super) async fn wait(
    steps: &SystemSteps,
    url: &Template,
    expect: Option<&Template>,
    context: &StepContext,
    timeout: Duration,
    progress: &dyn StepProgress,
) -> StepOutcome {
    let asked = match prepare(steps, url, expect, context) {
        Ok(asked) => asked,
        Err(why) => return StepOutcome::errored(why),
    };
    let begun = Instant::now();
    let mut pauses = Pauses::new(steps.first_wait, timeout);
    let mut last = String::from("it was never asked");
    let mut told = String::new();
    loop {
        let asking = tokio::time::timeout(pauses.answer(begun.elapsed()), asked.ask());
        let heard = tokio::select! {
            () = steps.interruption.wait() => return interrupted(&last),
            () = progress.stopped() => return interrupted(&last),
            heard = asking => heard,
        };
        match heard {
            Ok(Ok(summary)) => return StepOutcome::new(StepEnd::Succeeded, summary),
            Ok(Err(said)) => last = said,
            // The answer was not complete: what was heard before tells more.
            Err(_) if !told.is_empty() => {}
            Err(_) => last = "no answer".to_owned(),
        }
        if last != told {
            progress.line(&last);
            told.clone_from(&last);
        }
        let Some(wait) = pauses.next(begun.elapsed()) else { break };
        tokio::select! {
            () = steps.interruption.wait() => return interrupted(&last),
            () = progress.stopped() => return interrupted(&last),
            () = tokio::time::sleep(wait) => {}
        }
    }
    let after = pauses::told(begun.elapsed());
    let mut ended = StepOutcome::new(StepEnd::Failed, format!("not as expected after {after}: {last}"));
    ended.tail = last;
    ended
}

fn interrupted(last: &str) -> StepOutcome {
    StepOutcome::new(StepEnd::Interrupted, format!("interrupted; last heard: {last}"))
}

/// What to ask, and for what.
struct HttpRequest {
    client: Client,
    url: Url,
    expect: Option<String>,
    secrets: Secrets,
    /// Whether the address came from a variable, as those do that are secrets as a whole.
    hidden: bool,
}

fn prepare(
    steps: &SystemSteps,
    url: &Template,
    expect: Option<&Template>,
    context: &StepContext,
) -> Result<HttpRequest, String> {
    let mut referred = Vec::new();
    let text = match variable(url.as_str()) {
        None => url.render(&context.values).map_err(|error: RenderError| error.to_string())?,
        Some(name) => {
            let found = steps.variables.get(name);
            let value = found.ok_or_else(|| format!("the variable `{name}` is not set"))?;
            referred.push(value);
            value.to_owned()
        }
    };
    let url = Url::parse(&text).map_err(|error| format!("the address can't be read: {error}"))?;
    // As it is sent, and may come back.
    let pair = STANDARD.encode(format!("{}:{}", url.username(), url.password().unwrap_or_default()));
    let hidden = !referred.is_empty();
    let secrets = steps.secrets(referred.into_iter().chain([pair.as_str()]));
    let near = crate::trust::is_here(&url);
    if url.scheme() != "https" && !(url.scheme() == "http" && near) {
        return Err("only https addresses and this machine are asked".to_owned());
    }
    let expect = expect.map(|expect| expect.render(&context.values)).transpose();
    let expect = expect.map_err(|error| error.to_string())?;
    let policy = redirect::Policy::custom(|attempt| {
        let first = attempt.previous().first();
        let same = first.is_some_and(|first| {
            first.host() == attempt.url().host()
                && first.port_or_known_default() == attempt.url().port_or_known_default()
                && first.scheme() == attempt.url().scheme()
        });
        if same && attempt.previous().len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
    });
    let builder = Client::builder()
        .user_agent(promote_core::USER_AGENT)
        .redirect(policy)
        .referer(false)
        .connect_timeout(ANSWER)
        .timeout(ANSWER);
    // What runs on this machine is not to be asked through a proxy.
    let builder = if near { builder.no_proxy() } else { builder };
    let client = builder.build().map_err(|error| format!("no HTTPS on this machine: {}", cause(&error)))?;
    Ok(HttpRequest { client, url, expect, secrets, hidden })
}

impl HttpRequest {
    /// Asks once: what it says when that is what was hoped for, else what it says instead.
    async fn ask(&self) -> Result<String, String> {
        let request = self.client.get(self.url.clone());
        let answer = crate::sent::told(request, |url| self.shown(url)).await;
        let answer = answer.map_err(|error| self.clean(&cause(&error)))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(format!("{status}, and leads to another place that is not followed"));
        }
        let body = body(answer).await.map_err(|error| self.clean(&cause(&error)))?;
        let first = body.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
        let said = format!("{status}: {}", self.clean(first.trim()));
        match &self.expect {
            _ if !status.is_success() => Err(said),
            None => Ok(format!("answers {status}")),
            Some(text) if body.contains(text.as_str()) => Ok(format!("says {}", self.clean(text))),
            Some(_) => Err(said),
        }
    }

    /// The address as it is told: of one that is nobody's business no more than who is asked.
    fn shown(&self, url: &Url) -> String {
        match self.hidden {
            true => format!("{}/…", url.origin().ascii_serialization()),
            false => self.secrets.mask(url.as_str()),
        }
    }

    /// Foreign text made fit to show: masked, one line, at most 200 characters.
    fn clean(&self, text: &str) -> String {
        self.secrets.mask(text).chars().take(200).flat_map(escaped).collect()
    }
}

async fn body(mut answer: Response) -> Result<String, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        let room = BODY - bytes.len();
        bytes.extend(piece.iter().take(room));
        if bytes.len() >= BODY {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The innermost cause, without the address: it may hold a secret.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER.as_secs());
    }
    let innermost = promote_core::failure::causes(error).last();
    innermost.map_or_else(|| "it can't be reached".to_owned(), ToString::to_string)
}
