//! What is known of the branch, and when to look again. A look costs a conversation with the remote, so one look
//! serves all questions of a round: a key that was found is never asked for again, since a ledger's objects do not
//! change; what was not found and what was listed is looked at anew when the look is old, or when the same question
//! is asked twice, because whoever asks twice waits for something.

use crate::commit::{MARK, MARKED};
use crate::objects::{ObjectKind, Objects};
use crate::process::Git;
use crate::remote;
use crate::repository::{Repository, identity};
use crate::stderr::About;
use crate::times::Times;
use chrono::{DateTime, Utc};
use promote_port::port::{ErrorKind, ProviderError};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OnceCell};

/// How long one look serves.
const FRESH: Duration = Duration::from_secs(5);

/// A look at the branch.
#[derive(Debug)]
struct Look {
    /// The commit that it ended with; `None` when there is no branch yet.
    head: Option<String>,
    at: Instant,
    asked: HashSet<String>,
}

/// The branch as it is known here.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) git: Git,
    pub(crate) name: String,
    pub(crate) shown: String,
    wanted: Option<String>,
    repository: OnceCell<Repository>,
    identity: OnceCell<String>,
    look: Mutex<Option<Look>>,
    objects: Mutex<Option<Objects>>,
    times: Mutex<Times>,
    conversations: AtomicUsize,
}

impl Branch {
    pub(crate) fn new(git: Git, name: String, wanted: Option<String>) -> Self {
        Self {
            git,
            shown: format!("git:{name}"),
            name,
            wanted,
            repository: OnceCell::new(),
            identity: OnceCell::new(),
            look: Mutex::new(None),
            objects: Mutex::new(None),
            times: Mutex::new(Times::default()),
            conversations: AtomicUsize::new(0),
        }
    }

    /// How often the remote was talked to.
    pub(crate) fn conversations(&self) -> usize {
        self.conversations.load(Ordering::Relaxed)
    }

    /// What errors are about.
    pub(crate) fn about(&self) -> About<'_> {
        let remote = self.repository.get().and_then(|repository| repository.remote.as_deref());
        About { store: &self.shown, branch: &self.name, remote }
    }

    /// The repository around it.
    pub(crate) async fn repository(&self) -> Result<&Repository, ProviderError> {
        let open = || Repository::open(&self.git, self.about(), self.wanted.as_deref());
        self.repository.get_or_try_init(open).await
    }

    /// Who commits.
    pub(crate) async fn identity(&self) -> &str {
        self.identity.get_or_init(|| identity(&self.git)).await
    }

    /// The commit that the branch ended with at the last look, however old it is.
    pub(crate) async fn last(&self) -> Result<Option<String>, ProviderError> {
        let mut look = self.look.lock().await;
        match &*look {
            Some(look) => Ok(look.head.clone()),
            None => self.renew(&mut look).await,
        }
    }

    /// The commit that the branch ends with, looked at anew when the question needs it.
    pub(crate) async fn for_question(&self, question: &str) -> Result<Option<String>, ProviderError> {
        let mut look = self.look.lock().await;
        if let Some(look) = &mut *look
            && look.at.elapsed() <= FRESH
            && look.asked.insert(question.to_owned())
        {
            return Ok(look.head.clone());
        }
        let head = self.renew(&mut look).await?;
        if let Some(look) = &mut *look {
            look.asked.insert(question.to_owned());
        }
        Ok(head)
    }

    /// The commit that the branch ends with now.
    pub(crate) async fn now(&self) -> Result<Option<String>, ProviderError> {
        let mut look = self.look.lock().await;
        self.renew(&mut look).await
    }

    async fn renew(&self, look: &mut Option<Look>) -> Result<Option<String>, ProviderError> {
        let repository = self.repository().await?;
        let known = match look {
            Some(look) => look.head.clone(),
            None if repository.remote.is_some() => {
                Repository::reference(&self.git, self.about(), &repository.kept).await?
            }
            None => None,
        };
        if repository.remote.is_some() {
            self.conversations.fetch_add(1, Ordering::Relaxed);
        }
        let at = Instant::now();
        let head = remote::fetch(&self.git, repository, self.about(), known.as_deref()).await?;
        let trusted = look.as_ref().is_some_and(|look| look.head.is_some());
        if let (Some(head), false) = (&head, trusted) {
            self.is_ours(head).await?;
        }
        *look = Some(Look { head: head.clone(), at, asked: HashSet::new() });
        Ok(head)
    }

    /// Refuses a branch that holds something else: a push there would add records to somebody's code.
    async fn is_ours(&self, head: &str) -> Result<(), ProviderError> {
        match self.ask(&format!("{head}:{MARK}"), 1024).await? {
            ObjectKind::Blob(mark) if mark.content.as_deref() == Some(MARKED.as_bytes()) => Ok(()),
            ObjectKind::Blob(_) => Err(self
                .about()
                .error(ErrorKind::Unsupported, "a newer version of promote began this ledger")),
            _ => Err(self
                .about()
                .error(ErrorKind::Invalid, "the branch has something else than a ledger")
                .hint(
                    "name a branch in `ledger = \"git:BRANCH\"` that does not exist yet: promote begins it",
                )),
        }
    }

    /// Makes the branch end with `commit`, if it still ends with `parent`.
    pub(crate) async fn push(
        &self,
        commit: &str,
        parent: Option<&str>,
    ) -> Result<remote::Pushed, ProviderError> {
        let repository = self.repository().await?;
        if repository.remote.is_some() {
            self.conversations.fetch_add(1, Ordering::Relaxed);
        }
        let mut look = self.look.lock().await;
        let at = Instant::now();
        let end = remote::push(&self.git, repository, self.about(), commit, parent).await;
        if matches!(end, remote::Pushed::Done) {
            *look = Some(Look { head: Some(commit.to_owned()), at, asked: HashSet::new() });
            if repository.remote.is_some() {
                // Keeps what was seen, so that a branch that is cut short later is noticed. Another process may
                // have done so already.
                let old = parent.unwrap_or("0000000000000000000000000000000000000000");
                let _ = self.git.local("update-ref", &[&repository.kept, commit, old]).await;
            }
        }
        Ok(end)
    }

    /// One object, of which at most `limit` bytes are wanted.
    pub(crate) async fn ask(&self, name: &str, limit: usize) -> Result<ObjectKind, ProviderError> {
        let mut objects = self.objects.lock().await;
        // Taken out while it is talked to: a conversation that was cut off is never gone on with.
        let mut running = match objects.take() {
            Some(running) => running,
            None => Objects::start(&self.git).map_err(|error| self.about().not_run(error))?,
        };
        let found = running.ask(name, limit).await.map_err(|error| self.about().not_run(error))?;
        *objects = Some(running);
        Ok(found)
    }

    /// When each of these paths, with the object that lies there, was written.
    pub(crate) async fn times(
        &self,
        commit: &str,
        wanted: &[(&str, &str)],
    ) -> Result<Vec<DateTime<Utc>>, ProviderError> {
        let mut times = self.times.lock().await;
        times.of(&self.git, commit, wanted).await.map_err(|error| self.about().not_run(error))
    }

    /// Remembers when a path was written.
    pub(crate) async fn learn(&self, path: &str, id: &str, at: DateTime<Utc>) {
        self.times.lock().await.learn(path, id, at);
    }
}
