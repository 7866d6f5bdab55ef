//! One process's dealings with registries: connections, who signs in where, tokens, the registries' clocks. Every
//! request goes through here; what it means is left to those who send it.

use crate::body::whole;
use crate::call::{Call, Payload};
use crate::challenge::Challenge;
use crate::confiding::confided;
use crate::credentials::{self, Credentials, Secret};
use crate::elsewhere;
use crate::environment::Environment;
use crate::failure::{ErrorAnswer, Operation};
use crate::host::Host;
use crate::known;
use crate::realm::Realm;
use crate::repository::{Repository, is_loopback};
use crate::sign_in::{KnownScheme, Scheme};
use crate::token::{self, Token};
use chrono::{DateTime, Utc};
use promote_port::port::{ErrorKind, ProviderError};
use promote_port::trust::Allowed;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Client, Response, redirect};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Gate, OnceCell};

/// How long reaching a host may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a registry may be silent, before an answer and in the middle of one.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);

/// Shared by all repositories of a process.
pub(crate) struct Session {
    pub(crate) environment: Environment,
    /// How long a registry may be silent.
    pub(crate) timeout: Duration,
    /// Who may see passwords beside the registry that they are for.
    allowed: Allowed,
    /// Made when first needed, since loading the roots of trust takes its time. This machine is never reached through
    /// a proxy.
    far: OnceLock<Result<Client, String>>,
    near: OnceLock<Result<Client, String>>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    tokens: Gate<HashMap<(String, Vec<String>), Token>>,
    files: Mutex<BTreeMap<String, PathBuf>>,
    found: Mutex<BTreeMap<String, Arc<OnceCell<Option<Credentials>>>>>,
}

/// What a token is asked for. Who is signed in asks for what a promotion needs in all, so that one token does.
fn actions(operation: &Operation<'_>, signed_in: bool) -> &'static str {
    match (signed_in, operation.right) {
        (false, _) => "pull",
        (true, "delete") => "pull,push,delete",
        (true, _) => "pull,push",
    }
}

/// Whether a token comes from where a challenge says; one that was only guessed may have come from elsewhere.
fn said(scheme: Option<&Scheme>, realm: &str, service: Option<&String>) -> bool {
    matches!(scheme, Some(Scheme::Bearer(known)) if known.url.as_str() == realm && known.service.as_ref() == service)
}

/// Whether a token server is there and gives no token; also one that can't be reached, unless the registry itself would
/// not be reached either.
fn is_an_answer(error: &ProviderError, scheme: Option<&Scheme>, repository: &Repository) -> bool {
    let answered = error.source.as_ref().is_some_and(|cause| cause.downcast_ref::<ErrorAnswer>().is_some());
    let own = repository.url("/").ok();
    let elsewhere = matches!(scheme, Some(Scheme::Bearer(realm)) if own.is_some_and(|own| own.origin() != realm.url.origin()));
    answered || elsewhere || error.kind == ErrorKind::Corrupt
}

/// Whether a token server said that the name may not have this, and not that it does not know the name.
fn is_forbidden(error: &ProviderError) -> bool {
    error
        .source
        .as_ref()
        .and_then(|cause| cause.downcast_ref::<ErrorAnswer>())
        .is_some_and(|said| said.status == 403)
}

fn client(near: bool) -> Result<Client, String> {
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        // Who follows knows what may be shown there.
        .redirect(redirect::Policy::none())
        .user_agent(promote_port::USER_AGENT);
    let builder = if near { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| error.to_string())
}

impl Session {
    pub(crate) fn new(environment: Environment, allowed: Allowed, timeout: Duration) -> Self {
        Self {
            environment,
            timeout,
            allowed,
            far: OnceLock::new(),
            near: OnceLock::new(),
            hosts: Mutex::default(),
            tokens: Gate::default(),
            files: Mutex::default(),
            found: Mutex::default(),
        }
    }

    /// Takes a repository's credentials from this file.
    pub(crate) fn name_file(&self, repository: &Repository, path: PathBuf) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(repository.name.clone(), path);
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(name.to_owned()).or_default())
    }

    pub(crate) fn client(&self, operation: &Operation<'_>) -> Result<&Client, ProviderError> {
        let near = is_loopback(&operation.repository.host);
        let kept = if near { &self.near } else { &self.far };
        kept.get_or_init(|| client(near)).as_ref().map_err(|why| {
            operation.wrong("no connection can be made from this machine").caused_by(why.clone())
        })
    }

    /// Who signs in to the repository, looked for once.
    pub(crate) async fn credentials(
        &self,
        repository: &Repository,
    ) -> Result<Option<Credentials>, ProviderError> {
        let cell = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(found.entry(repository.name.clone()).or_default())
        };
        let named = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(&repository.name).cloned();
        let look = || credentials::find(&self.environment, &self.allowed, named.as_deref(), repository);
        cell.get_or_try_init(look).await.cloned()
    }

    /// The registry's time by its last answer, if there was one.
    pub(crate) fn time(&self, repository: &Repository) -> Option<DateTime<Utc>> {
        self.host(&repository.host).time()
    }

    /// Says beforehand how the repository's host is signed in to.
    pub(crate) fn tell(&self, repository: &Repository, scheme: Scheme) -> Result<(), ProviderError> {
        let host = self.host(&repository.host);
        let (told, by) = host.told.get_or_init(|| (scheme.clone(), repository.name.clone()));
        if *told == scheme {
            return Ok(());
        }
        let what = format!("`{by}` is at the same registry and signs in differently");
        Err(ProviderError::new(ErrorKind::Invalid, repository, "sign-in", what)
            .hint("what is said of one of them holds for the whole registry")
            .refusal())
    }

    fn beforehand(
        &self,
        host: &Host,
        repository: &Repository,
        credentials: Option<&Credentials>,
    ) -> Option<Scheme> {
        let told = host.told.get().map(|(scheme, _)| scheme.clone());
        told.or_else(|| known::scheme(repository, &self.environment, credentials))
    }

    /// The value of `sign-in` that would have saved a request or a round trip, once the host has said what it wants.
    pub(crate) fn advice(&self, repository: &Repository) -> Option<String> {
        let host = self.host(&repository.host);
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&repository.name).cloned();
        let credentials = found.as_ref().and_then(|found| found.get()).and_then(Option::as_ref);
        let known = host.scheme().clone().filter(|known| known.sure)?.scheme;
        let written = known.written();
        let new = self.beforehand(&host, repository, credentials).as_ref() != Some(&known);
        // What the file could not say is not recommended.
        (new && Scheme::parse(repository, &written).ok() == Some(known)).then_some(written)
    }

    /// Sends a request, signing in as the registry asks. The answer may have any status but one that a fresh sign-in
    /// could change.
    pub(crate) async fn send(&self, mut call: Call<'_>) -> Result<Response, ProviderError> {
        let repository = call.operation.repository;
        let own = repository.url("/")?;
        if !elsewhere::is_same(&call.url, &own) {
            return elsewhere::sent(self.client(&call.operation)?, self.timeout, &mut call, (None, None))
                .await;
        }
        let host = self.host(&repository.host);
        let credentials = self.credentials(repository).await?;
        let actions = actions(&call.operation, credentials.is_some());
        let mut scopes = vec![format!("repository:{}:{actions}", repository.path)];
        scopes.extend(call.also.map(|other| format!("repository:{}:pull", other.path)));
        let beforehand = self.beforehand(&host, repository, credentials.as_ref());
        if let Some(scheme) = &beforehand {
            host.scheme().get_or_insert(KnownScheme { scheme: scheme.clone(), sure: false });
        }
        // What was said beforehand of other credentials is not said of these.
        let known = || {
            let known = host.scheme().clone();
            known.filter(|known| known.sure || Some(&known.scheme) == beforehand.as_ref())
        };
        let mut gate = None;
        if known().is_none() {
            let held = host.first.lock().await;
            gate = known().is_none().then_some(held);
        }
        let mut fresh = false;
        let mut failed = None;
        for _ in 0..3 {
            let (mut scheme, sure) = known().map_or((None, true), |known| (Some(known.scheme), known.sure));
            let signed = match self
                .authorization(scheme.as_ref(), &scopes, credentials.as_ref(), &call.operation)
                .await
            {
                // Only the host itself can say whether that was its token server at all.
                Err(error) if !sure && is_an_answer(&error, scheme.as_ref(), repository) => {
                    failed = Some((scheme.replace(Scheme::Nothing), error));
                    None
                }
                end => end?,
            };
            fresh |= signed.as_ref().is_some_and(|(_, new)| *new);
            let header = signed.as_ref().map(|(header, _)| header);
            let with = (header, credentials.as_ref());
            let answer =
                elsewhere::sent(self.client(&call.operation)?, self.timeout, &mut call, with).await?;
            if !elsewhere::is_same(answer.url(), &own) {
                // What another server says of signing in is not the registry's word.
                return Ok(answer);
            }
            host.hear_time(answer.headers());
            if matches!(call.body, Payload::Stream(_)) {
                return Ok(answer);
            }
            if answer.status().as_u16() != 401 {
                host.content(scheme, signed.is_some());
                return Ok(answer);
            }
            let asked = answer.headers().get_all(WWW_AUTHENTICATE).iter();
            let asked = asked.filter_map(|value| value.to_str().ok()).find_map(Challenge::parse);
            let bearer = matches!(scheme, Some(Scheme::Bearer(_)));
            let pair = credentials.as_ref().is_some_and(|found| matches!(found.secret, Secret::Pair { .. }));
            match asked {
                Some(Challenge::Basic) if pair && (signed.is_none() || bearer) => host.learn(Scheme::Basic),
                Some(Challenge::Bearer { realm, service, .. })
                    if !fresh || !said(scheme.as_ref(), &realm, service.as_ref()) =>
                {
                    let confided = confided(answer.headers(), credentials.as_ref());
                    let realm = Realm::of(repository, &realm, service, &confided)?;
                    if credentials.is_some() {
                        elsewhere::shown_to(&realm, &call.operation, &self.environment, &self.allowed)?;
                    }
                    let said = Scheme::Bearer(realm);
                    host.learn(said.clone());
                    // The server that failed was the right one.
                    if let Some((_, error)) = failed.take().filter(|(tried, _)| *tried == Some(said)) {
                        return Err(error);
                    }
                    if let Some((header, _)) = signed {
                        self.forget(&header).await;
                    }
                }
                _ => {
                    return self
                        .unwelcome(answer, &call.operation, credentials.as_ref(), scheme.as_ref())
                        .await;
                }
            }
            drop(gate.take());
        }
        Err(call.operation.error(ErrorKind::Denied, "the registry asks to sign in again and again"))
    }

    /// The header to sign in with, and whether it was made just now.
    async fn authorization(
        &self,
        scheme: Option<&Scheme>,
        scopes: &[String],
        credentials: Option<&Credentials>,
        operation: &Operation<'_>,
    ) -> Result<Option<(HeaderValue, bool)>, ProviderError> {
        let (header, fresh) = match (scheme, credentials.map(|credentials| &credentials.secret)) {
            // A host that has not said what it wants is shown its own password: where that is enough, no refusal has to
            // be waited for, and where it is not, the refusal says what is wanted.
            (None | Some(Scheme::Basic), Some(Secret::Pair { user, password })) => {
                use base64::Engine as _;
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
                (format!("Basic {pair}"), false)
            }
            (Some(Scheme::Bearer(realm)), _) => {
                let repository = operation.repository;
                // Others wait here meanwhile: they want the same token.
                let mut tokens = self.tokens.lock().await;
                let key = (repository.host.clone(), scopes.to_vec());
                let serves = |(other, token): &(&(String, Vec<String>), &Token)| {
                    other.0 == key.0 && key.1.iter().all(|scope| other.1.contains(scope)) && token.holds()
                };
                match tokens.iter().find(serves).map(|(_, token)| token) {
                    Some(token) => (format!("Bearer {}", token.text), false),
                    None => {
                        let client = (self.client(operation)?, self.timeout);
                        let token = match token::fetch(client, realm, scopes, credentials, operation).await {
                            // Most give what they can of what is asked for; some refuse all of it.
                            Err(error) if !operation.effect && is_forbidden(&error) => {
                                let less: Vec<_> =
                                    scopes.iter().map(|it| it.replace(":pull,push", ":pull")).collect();
                                token::fetch(client, realm, &less, credentials, operation).await?
                            }
                            end => end?,
                        };
                        let header = format!("Bearer {}", token.text);
                        tokens.insert(key, token);
                        (header, true)
                    }
                }
            }
            _ => return Ok(None),
        };
        let mut value = HeaderValue::from_str(&header)
            .map_err(|_| operation.wrong("name and password can't be sent: they hold control characters"))?;
        value.set_sensitive(true);
        Ok(Some((value, fresh)))
    }

    /// Drops a token that was refused, unless somebody has renewed it already.
    async fn forget(&self, header: &HeaderValue) {
        let mut tokens = self.tokens.lock().await;
        let refused = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
        tokens.retain(|_, token| Some(token.text.as_str()) != refused);
    }

    async fn unwelcome(
        &self,
        answer: Response,
        operation: &Operation<'_>,
        credentials: Option<&Credentials>,
        scheme: Option<&Scheme>,
    ) -> Result<Response, ProviderError> {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = whole(answer, 1 << 16, self.timeout).await.unwrap_or_default();
        // With a token the registry has said who we are; with a password it has not even accepted that.
        Err(match scheme {
            Some(Scheme::Bearer(_)) => operation.refused(status, &headers, &body, credentials),
            _ => operation.no_token(status, &headers, &body, credentials),
        })
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("environment", &self.environment).finish_non_exhaustive()
    }
}
