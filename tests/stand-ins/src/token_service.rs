//! Stand-ins on loopback for the services that hand out tokens: a CI's own (by URL), Google's token exchange, its
//! impersonation and its refresh. Each checks what it is given and remembers it; none of the tokens is worth anything.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What the CI's service wants in `Authorization` before it gives a token.
pub const CI_TOKEN: &str = "bearer geheim-of-the-ci";
/// The token of the CI, about who is running.
pub const SUBJECT: &str = "geheim-subject-token";
/// What the exchange gives for it.
pub const EXCHANGED: &str = "geheim-exchanged-token";
/// What impersonation gives for that.
pub const IMPERSONATED: &str = "geheim-impersonated-token";
/// What a refresh token of a person gives.
pub const REFRESHED: &str = "geheim-refreshed-token";
/// The audience of the exchange.
pub const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/gh";

/// Where a service account is acted as.
const IMPERSONATE: &str =
    "/v1/projects/-/serviceAccounts/ci@acme.iam.gserviceaccount.com:generateAccessToken";

/// A running stand-in. Ends with the process.
#[derive(Debug)]
pub struct TokenService {
    /// Base address, without a slash at the end.
    pub address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

/// A request as far as it matters here.
struct Asked {
    line: String,
    headers: BTreeMap<String, String>,
    body: String,
}

fn read(stream: &TcpStream) -> std::io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let fields = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers: BTreeMap<String, String> =
        fields.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    Ok(Asked { line: lines.into_iter().next().unwrap_or_default(), headers, body })
}

/// Status and body for a request.
fn answer(asked: &Asked) -> (u16, Value) {
    let form: BTreeMap<String, String> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let shown = asked.headers.get("authorization").map(String::as_str).unwrap_or_default();
    let (method, path) = asked.line.split_once(' ').unwrap_or_default();
    match (method, path.split([' ', '?']).next().unwrap_or_default()) {
        ("GET", "/ci") if shown == CI_TOKEN => (200, json!({"value": SUBJECT})),
        ("POST", "/v1/token") if given("subject_token") == SUBJECT && given("audience") == AUDIENCE => (
            200,
            json!({"access_token": EXCHANGED, "token_type": "Bearer", "expires_in": 3600,
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}),
        ),
        ("POST", "/v1/token") => {
            let said = "The audience in ID Token does not match the expected audience.";
            (
                400,
                json!({"error": "invalid_grant", "error_description": said, "echo": given("subject_token")}),
            )
        }
        ("POST", IMPERSONATE)
            if shown == format!("Bearer {EXCHANGED}") || shown == format!("Bearer {REFRESHED}") =>
        {
            (200, json!({"accessToken": IMPERSONATED, "expireTime": "2099-01-01T00:00:00Z"}))
        }
        ("POST", "/oauth") if asked.body.contains("geheim-refresh") => (
            200,
            json!({"access_token": REFRESHED, "token_type": "Bearer", "expires_in": 3600, "scope": "x"}),
        ),
        _ => (403, json!({"error": "access_denied", "echo": shown})),
    }
}

impl TokenService {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = format!("http://{}", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Ok(asked) = read(&stream) else { continue };
                log.lock().unwrap_or_else(PoisonError::into_inner).push(asked.line.clone());
                let (status, body) = answer(&asked);
                let body = body.to_string();
                // A client that is gone needs no answer.
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                     connection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Ok(Self { address, seen })
    }

    /// The first lines of all requests so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A file of credentials as Google's own CI action leaves it: the CI's token by URL.
    pub fn by_url(&self, impersonate: bool) -> Value {
        self.external(
            &json!({"url": format!("{}/ci?audience=x", self.address), "headers": {"Authorization": CI_TOKEN},
                "format": {"type": "json", "subject_token_field_name": "value"}}),
            impersonate,
        )
    }

    /// The same with the CI's token in a file.
    pub fn by_file(&self, file: &std::path::Path, impersonate: bool) -> Value {
        self.external(&json!({"file": file.to_string_lossy()}), impersonate)
    }

    fn external(&self, source: &Value, impersonate: bool) -> Value {
        let mut all = json!({"type": "external_account", "audience": AUDIENCE,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("{}/v1/token", self.address), "credential_source": source});
        if impersonate {
            all["service_account_impersonation_url"] = json!(format!("{}{IMPERSONATE}", self.address));
        }
        all
    }

    /// A person's own credentials, as `gcloud auth application-default login` leaves them.
    pub fn of_person(&self) -> Value {
        json!({"type": "authorized_user", "client_id": "id", "client_secret": "geheim",
            "refresh_token": "geheim-refresh", "token_uri": format!("{}/oauth", self.address)})
    }

    /// A person who acts as a service account.
    pub fn impersonated(&self) -> Value {
        json!({"type": "impersonated_service_account", "source_credentials": self.of_person(),
            "service_account_impersonation_url": format!("{}{IMPERSONATE}", self.address)})
    }
}
