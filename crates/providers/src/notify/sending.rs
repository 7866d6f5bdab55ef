//! Sending one message: three tries within the time that is left, waiting as long as the receiver asks for where that fits.
//! Nobody is followed elsewhere, and nothing of the address comes into what is said.

use super::receiver::Receiver;
use super::{signature::signature, slack};
use crate::https;
use crate::sent::told;
use promote_core::names::visible;
use promote_core::tell::{Notice, SLACK};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// How often it is tried.
const TRIES: u32 = 3;
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(4);
/// The wait after the first try; the next one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);
/// The largest answer that is looked at, in bytes.
const LARGEST: usize = 64 * 1024;

/// Why a try did not succeed.
enum Fault {
    /// Another try may help, after this time where the receiver names one.
    Passing(String, Option<Duration>),
    /// No other try helps.
    Lasting(String),
}

impl Receiver {
    /// Sends a message; what the receiver said to it. `until`: when there is no more time.
    ///
    /// # Errors
    /// Why it was not taken, as a sentence without the address.
    pub async fn send(&self, notice: &Notice, until: Instant) -> Result<String, String> {
        let client = https::client(&self.url, ANSWER, HeaderMap::new())
            .map_err(|_| "there is no HTTPS on this machine".to_owned())?;
        let (mut pause, mut last) = (PAUSE, "there was no time left".to_owned());
        for number in 1..=TRIES {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let tried = tokio::time::timeout(left.min(ANSWER), self.ask(&client, notice)).await;
            let wait = match tried {
                Ok(Ok(said)) => return Ok(said),
                Ok(Err(Fault::Lasting(why))) => return Err(why),
                Ok(Err(Fault::Passing(why, wait))) => {
                    last = why;
                    wait.unwrap_or(pause)
                }
                Err(_) => {
                    last = format!("no answer within {} s", ANSWER.as_secs());
                    pause
                }
            };
            // Whoever is asked may name any number of seconds.
            if number == TRIES || wait >= until.saturating_duration_since(Instant::now()) {
                break;
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
        Err(last)
    }

    async fn ask(&self, client: &Client, notice: &Notice) -> Result<String, Fault> {
        let document = if self.kind == SLACK {
            serde_json::to_vec(&slack::message(notice))
        } else {
            serde_json::to_vec(notice)
        };
        let body = document.map_err(|_| Fault::Lasting("the message can't be written".to_owned()))?;
        let mut request = client.post(self.url.clone()).header("content-type", "application/json");
        if self.kind != SLACK {
            request = request.headers(self.headers(notice, &body));
        }
        let answer = told(request.body(body), |url| self.shown(url)).await;
        let answer = answer.map_err(|error| Fault::Passing(cause(&error), None))?;
        let status = answer.status();
        let wait =
            answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let wait = wait.map(Duration::from_secs);
        let text = https::body(answer, LARGEST).await.unwrap_or_default();
        self.judge(status, &String::from_utf8_lossy(&text), wait)
    }

    /// What an answer means.
    fn judge(&self, status: StatusCode, text: &str, wait: Option<Duration>) -> Result<String, Fault> {
        let word = text.lines().next().unwrap_or_default().trim();
        let slack = self.kind == SLACK;
        if status.is_success() && (!slack || word == "ok") {
            return Ok(format!("answers {}", status.as_u16()));
        }
        let said = match slack.then(|| slack::meaning(status.as_u16(), word)).flatten() {
            Some((what, way)) => format!("{what}: {way}"),
            None if status.is_success() => "it answers what no webhook of Slack answers".to_owned(),
            None if status.is_redirection() => "it leads to another place, which is not followed".to_owned(),
            None => {
                let words: String = visible(&self.secrets.mask(word)).chars().take(120).collect();
                let more = if words.is_empty() { String::new() } else { format!(": {words}") };
                format!("it answers {}{more}", status.as_u16())
            }
        };
        let said = match wait {
            Some(wait) => format!("{said} (it asks to wait {} s)", wait.as_secs()),
            None => said,
        };
        match status.as_u16() {
            408 | 429 | 500.. => Err(Fault::Passing(said, wait)),
            _ => Err(Fault::Lasting(said)),
        }
    }

    fn headers(&self, notice: &Notice, body: &[u8]) -> HeaderMap {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: &str| {
            headers.extend(
                HeaderValue::from_str(value)
                    .ok()
                    .map(|value| (reqwest::header::HeaderName::from_static(name), value)),
            );
        };
        put("promote-id", &notice.id);
        put("promote-event", notice.event.as_str());
        put("promote-timestamp", &now);
        if let Some(secret) = &self.secret {
            put("promote-signature", &signature(secret, &now, body));
        }
        headers
    }
}

/// What went wrong on the way, in words that hold nothing of the address.
fn cause(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it can't be reached"
    } else {
        "the connection broke before it answered"
    };
    what.to_owned()
}
