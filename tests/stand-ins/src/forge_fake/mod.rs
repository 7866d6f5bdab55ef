//! GitHub's and GitLab's deployments, and what they say of people and commits, on this machine, as their documentation has them: what is left out gets the forge's
//! default, what is wrong is refused in its words. It can be made worse, to see what comes of that.

mod github;
mod github_people;
mod gitlab;
mod gitlab_people;
pub mod people;
pub mod runs;

use crate::quay_fake::http::{self, Received, Reply};
use crate::quay_fake::{decoded, pairs};
use people::PeopleSaid;
use runs::RunsSaid;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The repository that both forges have.
pub const REPOSITORY: &str = "acme/lanes";
/// The token that both take.
pub const TOKEN: &str = "forge-canary-0123456789abcdef";

/// Ways to be difficult, all off at first.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    /// What the next requests are answered instead.
    pub refuse: Option<Refusal>,
    /// So many requests that make something from now on take effect, and their answer is 502.
    pub lose: usize,
    /// The token may only read.
    pub reader: bool,
    /// The default branch can't be merged into any commit.
    pub conflict: bool,
    /// Checks of commits are not green.
    pub red: bool,
    /// What was sent as an object comes back as text.
    pub textual: bool,
    /// What a request is answered whose path holds this: the status, and what it says.
    pub closed: Option<(&'static str, u16, &'static str)>,
    /// How many entries a page has; zero for all.
    pub page: usize,
}

/// An answer to requests that are not even looked at.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// How many requests get it.
    pub times: usize,
    /// The status.
    pub status: u16,
    /// A header with it.
    pub header: Option<(&'static str, String)>,
    /// What it says.
    pub message: String,
}

/// A deployment.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number.
    pub id: u64,
    /// What was asked for, with defaults.
    pub asked: Value,
    /// Each status that it was told or had, oldest first.
    pub statuses: Vec<Value>,
}

impl Row {
    /// How it stands.
    pub fn state(&self) -> &str {
        self.statuses.last().and_then(|status| status["state"].as_str()).unwrap_or("pending")
    }

    /// A field of what was asked for.
    pub fn asked(&self, name: &str) -> &str {
        self.asked[name].as_str().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct State {
    habits: Habits,
    commits: BTreeSet<String>,
    rows: Vec<Row>,
    environments: BTreeMap<String, u64>,
    log: Vec<String>,
    people: PeopleSaid,
    runs: RunsSaid,
    exchanges: Vec<Exchange>,
}

/// A request and its answer, for who compares them with a forge's own description.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// `GET`, …
    pub method: String,
    /// Path and query below the API's address.
    pub target: String,
    /// What was sent.
    pub sent: Value,
    /// The status of the answer.
    pub status: u16,
    /// The answer.
    pub body: Value,
}

/// A request, taken apart.
struct Asked {
    method: String,
    /// The path below the API, in parts.
    path: Vec<String>,
    query: BTreeMap<String, String>,
    body: Value,
    base: String,
}

type Answer = (u16, Value);

/// The fake.
#[derive(Debug, Clone)]
pub struct ForgeFake {
    address: String,
    state: Arc<Mutex<State>>,
}

impl ForgeFake {
    /// Starts one that knows these commits; it lives as long as the process.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(commits: &[String]) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let state = State { commits: commits.iter().cloned().collect(), ..State::default() };
        let fake = Self { address, state: Arc::new(Mutex::new(state)) };
        let shared = fake.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), fake) = (stream, shared.clone()) else { continue };
                // A connection that breaks is its client's business.
                std::thread::spawn(move || http::serve(&stream, |request| fake.answer(request)));
            }
        });
        Ok(fake)
    }

    /// The address of an API: `github` or `gitlab`.
    pub fn api(&self, kind: &str) -> String {
        let version = if kind == "github" { "v3" } else { "v4" };
        format!("{}/api/{version}", self.address)
    }

    /// `[forge]` of a file.
    pub fn table(&self, kind: &str) -> String {
        format!("[forge]\nkind = \"{kind}\"\nrepository = \"{REPOSITORY}\"\napi = \"{}\"\n", self.api(kind))
    }

    /// Changes its habits.
    pub fn set(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.lock().habits);
    }

    /// Changes what it knows of people and commits.
    pub fn say(&self, change: impl FnOnce(&mut PeopleSaid)) {
        change(&mut self.lock().people);
    }

    /// Changes what runs come to.
    pub fn runs<T>(&self, change: impl FnOnce(&mut RunsSaid) -> T) -> T {
        change(&mut self.lock().runs)
    }

    /// All requests with their answers.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lock().exchanges.clone()
    }

    /// The deployments, oldest first.
    pub fn rows(&self) -> Vec<Row> {
        self.lock().rows.clone()
    }

    /// Every request since the last call: `METHOD /path STATUS`.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Received) -> Reply {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let mut parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let version =
            if parts.len() >= 2 { parts.drain(..2).nth(1).unwrap_or_default() } else { String::new() };
        let asked = Asked {
            method: request.method.clone(),
            path: parts,
            query: pairs(query).into_iter().collect(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
            base: format!("{}/api/{version}", self.address),
        };
        let mut state = self.lock();
        let ((status, body), mut headers) = state.told(&version, request, &asked);
        let (status, body) = state.paged(&asked, &path.replace("%2F", "/"), (status, body), &mut headers);
        let (status, body) = conditional(request, (status, body), &mut headers);
        let below = request.target.splitn(4, '/').nth(3).unwrap_or_default();
        let (method, target, sent) = (request.method.clone(), format!("/{below}"), asked.body.clone());
        state.exchanges.push(Exchange { method, target, sent, status, body: body.clone() });
        state.log.push(format!("{} {} {status}", request.method, request.target));
        Reply { status, headers, body: body.to_string().into_bytes() }
    }
}

/// An answer that is still the one that is asked about is not sent again.
fn conditional(request: &Received, answer: Answer, headers: &mut Vec<(&'static str, String)>) -> Answer {
    if request.method != "GET" || answer.0 != 200 {
        return answer;
    }
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    answer.1.to_string().hash(&mut hasher);
    let etag = format!("W/\"{:016x}\"", hasher.finish());
    let same = request.header("if-none-match") == Some(&etag);
    headers.push(("ETag", etag));
    if same { (304, Value::Null) } else { answer }
}

impl State {
    /// One page of a list, with the way to the next.
    fn paged(
        &self,
        asked: &Asked,
        path: &str,
        answer: Answer,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Answer {
        let (status, mut body) = answer;
        let most = self.habits.page;
        let list = match &mut body {
            Value::Array(items) => Some(items),
            Value::Object(map) => {
                let lists = ["check_runs", "statuses", "workflow_runs", "commits"];
                lists
                    .iter()
                    .find(|name| map.contains_key(**name))
                    .and_then(|name| map.get_mut(*name)?.as_array_mut())
            }
            _ => None,
        };
        if let Some(items) = list.filter(|_| most > 0 && status == 200) {
            let page: usize = asked.query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let all = std::mem::take(items);
            if all.len() > page * most {
                let mut query: Vec<String> = asked
                    .query
                    .iter()
                    .filter(|(name, _)| *name != "page")
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                query.push(format!("page={}", page + 1));
                let link = format!(
                    "<{}{path}?{}>; rel=\"next\", <https://elsewhere.example/?page=9>; rel=\"last\"",
                    "https://elsewhere.example",
                    query.join("&")
                );
                headers.push(("Link", link));
            }
            *items = all.into_iter().skip((page - 1) * most).take(most).collect();
        }
        (status, body)
    }

    fn told(
        &mut self,
        version: &str,
        request: &Received,
        asked: &Asked,
    ) -> (Answer, Vec<(&'static str, String)>) {
        if let Some(refusal) = self.habits.refuse.as_mut().filter(|refusal| refusal.times > 0) {
            refusal.times -= 1;
            let body = json!({ "message": refusal.message });
            return ((refusal.status, body), refusal.header.iter().cloned().collect());
        }
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let job = request.header("job-token").is_some_and(|token| token == TOKEN);
        let writes = asked.method != "GET";
        let closed = self.habits.closed.filter(|(part, ..)| request.target.contains(part));
        let answer = match version {
            _ if closed.is_some() => {
                let (_, status, words) = closed.unwrap_or_default();
                (
                    status,
                    json!({ "message": words, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
                )
            }
            _ if bearer != Some(TOKEN) && !job => (401, json!({ "message": "Bad credentials" })),
            "v3" if job => (401, json!({ "message": "Requires authentication" })),
            "v3" if writes && self.habits.reader => {
                (403, json!({ "message": "Resource not accessible by personal access token" }))
            }
            "v4" if writes && self.habits.reader => (403, json!({ "message": "403 Forbidden" })),
            "graphql" => self.github_graphql(asked),
            "v3" => {
                let known = self.github_runs(asked).or_else(|| self.github_people(asked));
                known.unwrap_or_else(|| self.github(asked))
            }
            "v4" if job => self.gitlab(asked, job),
            "v4" => {
                let known = self.gitlab_runs(asked).or_else(|| self.gitlab_people(asked));
                known.unwrap_or_else(|| self.gitlab(asked, job))
            }
            _ => (404, json!({ "message": "Not Found" })),
        };
        if writes && answer.0 < 300 && self.habits.lose > 0 {
            self.habits.lose -= 1;
            return ((502, json!({ "message": "Server Error" })), Vec::new());
        }
        (answer, Vec::new())
    }

    fn row(&mut self, id: &str) -> Option<&mut Row> {
        let id: u64 = id.parse().ok()?;
        self.rows.iter_mut().find(|row| row.id == id)
    }

    fn add(&mut self, asked: Value) -> Row {
        let id = 4_000_000_000 + self.rows.len() as u64;
        let row = Row { id, asked, statuses: Vec::new() };
        self.rows.push(row.clone());
        row
    }
}
