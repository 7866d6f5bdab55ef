//! A project in memory, its people, and the transcript of what they do.

use crate::hint::words::split;
use crate::hint::{Ended, all_work};
use async_trait::async_trait;
use promote_cli::{Ask, Connect, Env, Fixed, Signal, Signals, Site, Stream, run};
use promote_core::commit::CommitId;
use promote_core::config::{Config, LedgerPlace, Step};
use promote_core::event::Silent;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::folder::Entry;
use promote_core::init_ledger::init_ledger;
use promote_core::layer::Around;
use promote_core::ledger::{Actor, Ledger};
use promote_core::location::StoreId;
use promote_core::names::ProjectName;
use promote_core::port::{
    Body, Bucket, Clock, Commit, Entropy, StepContext, StepEnd, StepProgress, StepReport, StepRunner,
};
use promote_core::ports::Ports;
use promote_core::publish::{Given, Publication, publish};
use promote_providers::identity::IdentityToken;
use promote_testing::decorator::{FaultPlan, Faulty};
use promote_testing::memory::{MemoryBucket, MemoryKind, MemoryWorld, SeededEntropy, VirtualClock};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const CONFIG: &str = r#"
project = "shop"
environments = ["staging", "uat", "prod"]
source = "s3://acme-releases/shop/{sha}.zip"
target = "s3://acme-releases/shop/{env}.zip"
ledger = "s3://acme-releases/.promote/shop/"

[env.staging]
tier = "test"

[env.uat]
tier = "staging"

[env.prod]
tier = "production"
soak = "2d"
deploy = { run = "./deploy" }
"#;

/// What the next step does; well, when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Fails,
    TimesOut,
    /// It never ends; a signal comes instead.
    Hangs,
    /// The process is killed meanwhile.
    Dies,
}

/// Everything outside the process.
#[derive(Debug, Clone)]
pub(crate) struct Outside {
    pub(crate) bucket: MemoryBucket,
    pub(crate) clock: VirtualClock,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) next: Arc<Mutex<VecDeque<Next>>>,
    pub(crate) commits: Arc<Mutex<Vec<Commit>>>,
    pub(crate) signal: Arc<AtomicBool>,
    pub(crate) actor: Arc<Mutex<String>>,
    /// What the pipeline's server says of who acts.
    pub(crate) token: Arc<Mutex<IdentityToken>>,
    /// Whether every request takes a second.
    pub(crate) far: Arc<AtomicBool>,
    /// Whether the stores answer at all.
    pub(crate) reachable: Arc<AtomicBool>,
    /// What goes wrong at the stores, and at which request.
    pub(crate) faults: FaultPlan,
    /// Whether a signal asks to terminate.
    pub(crate) terminates: Arc<AtomicBool>,
}

impl Outside {
    fn ports_of(&self, config: &Config, events: Arc<dyn promote_core::event::Events>) -> Ports {
        let LedgerPlace { store, prefix } = &config.ledger;
        let bucket: Arc<dyn Bucket> = if self.far.load(Ordering::SeqCst) {
            Arc::new(Around::new(Arc::new(self.bucket.clone()), crate::rounds::Far(self.clock.clone())))
        } else {
            Arc::new(self.bucket.clone())
        };
        let bucket: Arc<dyn Bucket> = Arc::new(Faulty::around(bucket, self.faults.clone()));
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Ports {
            stores: [(store.clone(), Arc::clone(&bucket))].into(),
            ledger: Ledger::new(bucket, prefix.clone(), Arc::clone(&clock)),
            clock,
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
            history: Some(Arc::new(self.clone())),
            people: Default::default(),
            steps: Arc::new(self.clone()),
            events,
        }
    }
}

#[async_trait]
impl Connect for Outside {
    async fn ports(&self, site: Site<'_>) -> Result<Ports, Failure> {
        assert!(self.reachable.load(Ordering::SeqCst), "this command must not reach the outside");
        Ok(self.ports_of(site.config, site.events))
    }

    fn project_name(&self, _base: &Path) -> Option<ProjectName> {
        None
    }

    fn actor(&self, _env: &Env) -> Actor {
        actor(&self.actor.lock().unwrap())
    }

    async fn identity(&self, _env: &Env) -> IdentityToken {
        self.token.lock().unwrap().clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

#[async_trait]
impl StepRunner for Outside {
    async fn run(
        &self,
        _step: &Step,
        context: &StepContext,
        timeout: Duration,
        progress: &dyn StepProgress,
    ) -> StepReport {
        progress.line("rolling \u{1b}[2Jout");
        let next = self.next.lock().unwrap().pop_front();
        if next == Some(Next::Hangs) {
            self.signal.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        if next == Some(Next::Dies) {
            std::panic::resume_unwind(Box::new("killed"));
        }
        self.clock.advance(Duration::from_secs(90));
        let (end, summary) = match next {
            Some(Next::Fails) => (StepEnd::Failed, "exit status 1".to_owned()),
            Some(Next::TimesOut) => (StepEnd::TimedOut, format!("no end after {} s", timeout.as_secs())),
            _ => (StepEnd::Succeeded, format!("{} runs", &context.variables["PROMOTE_SHA"][..7])),
        };
        let outputs = BTreeMap::new();
        StepReport { end, summary, tail: "too many instances failed".to_owned(), outputs, took_s: 90 }
    }
}

#[async_trait]
impl Signals for Outside {
    async fn next(&self) -> Signal {
        while !self.signal.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        self.signal.store(false, Ordering::SeqCst);
        if self.terminates.load(Ordering::SeqCst) { Signal::Terminate } else { Signal::Interrupt }
    }
}

/// Answers typed in advance.
#[derive(Debug, Default)]
struct Answers(Mutex<VecDeque<String>>);

impl Ask for Answers {
    fn line(&self) -> std::io::Result<Option<String>> {
        Ok(self.0.lock().unwrap().pop_front())
    }
}

pub(crate) fn actor(name: &str) -> Actor {
    Actor::claimed(name, "local-user")
}

/// The commit `aaaa…`, `bbbb…`, of one digit.
pub(crate) fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

/// A project and the transcript of what is done with it.
pub(crate) struct Stage {
    pub(crate) outside: Outside,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) terminal: bool,
    pub(crate) columns: Option<usize>,
    pub(crate) rows: Option<usize>,
    answers: Arc<Answers>,
    transcript: String,
}

impl Stage {
    pub(crate) fn empty(config: &str) -> Self {
        let clock = VirtualClock::default();
        let memory = MemoryWorld::new(clock.clone());
        let bucket = memory.bucket(StoreId::S3("acme-releases".to_owned()), MemoryKind::s3_like());
        let outside = Outside {
            bucket,
            clock,
            entropy: Arc::new(SeededEntropy::new(7)),
            next: Arc::default(),
            commits: Arc::default(),
            signal: Arc::default(),
            actor: Arc::new(Mutex::new("alice".to_owned())),
            token: Arc::new(Mutex::new(IdentityToken::None)),
            far: Arc::default(),
            reachable: Arc::new(AtomicBool::new(true)),
            faults: FaultPlan::new(),
            terminates: Arc::default(),
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("promote.toml"), config.trim_start()).unwrap();
        Self {
            outside,
            folder,
            variables: BTreeMap::new(),
            terminal: false,
            columns: None,
            rows: None,
            answers: Arc::default(),
            transcript: String::new(),
        }
    }

    /// Releases a to e are published; a is everywhere, b in staging and uat.
    pub(crate) fn ready() -> Self {
        let mut stage = Self::empty(CONFIG);
        for digit in ['a', 'b', 'c', 'd', 'e'] {
            stage.publish(digit, &format!("work on {digit}"));
        }
        for (environment, digit) in [("staging", 'a'), ("uat", 'a')] {
            stage.quietly(&format!("promote to {environment} {} --yes", commit(digit)));
        }
        stage.days(3);
        stage.quietly("promote to prod --yes");
        for environment in ["staging", "uat"] {
            stage.quietly(&format!("promote to {environment} bbbb --yes"));
        }
        stage.days(1);
        stage
    }

    pub(crate) fn days(&self, days: u64) {
        self.outside.clock.advance(Duration::from_secs(days * 86_400));
    }

    /// The configuration, where there is one.
    pub(crate) fn config(&self) -> Option<Config> {
        let text = std::fs::read_to_string(self.folder.path().join("promote.toml")).ok()?;
        let context = promote_core::config::ReadContext {
            default_project: None,
            variables: &|_| None,
            version: "0.1.0".parse().unwrap(),
            schemes: &[],
        };
        promote_core::config::read(&text, &context).ok().map(|(config, _)| config)
    }

    pub(crate) fn publish(&mut self, digit: char, subject: &str) {
        self.outside.clock.advance(Duration::from_secs(60));
        let config = self.config().unwrap();
        let ports = self.outside.ports_of(&config, Arc::new(Silent));
        let at = self.outside.clock.now();
        let id = commit(digit);
        let author = if digit == 'b' { "bob" } else { "carol" }.to_owned();
        let known = Commit { id: id.clone(), subject: subject.to_owned(), author, committed_at: at };
        self.outside.commits.lock().unwrap().push(known);
        let body = Body::Bytes(bytes::Bytes::from(format!("the bytes of {digit}")));
        let artifacts = config.environments.values().flat_map(|settings| &settings.artifacts);
        let given = match artifacts.clone().any(|one| one.source.as_str().ends_with('/')) {
            true => Given::Folder(vec![Entry::new("app.txt", false, body).unwrap()]),
            false => Given::Object { body, content: None },
        };
        let publication = Publication {
            commit: id,
            subject: Some(subject.to_owned()),
            committed_at: Some(at),
            version: None,
            branches: vec!["main".to_owned()],
            artifacts: [("main".to_owned(), given)].into(),
            built: "given".to_owned(),
            allowed: Default::default(),
            actor: actor("ci"),
        };
        let work = async {
            init_ledger(&ports, &config).await.unwrap();
            publish(&ports, &config, &publication).await.unwrap();
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
    }

    /// Types an answer in advance.
    pub(crate) fn answer(&self, line: &str) {
        self.answers.0.lock().unwrap().push_back(line.to_owned());
    }

    /// What the next step does.
    pub(crate) fn step(&self, next: Next) {
        self.outside.next.lock().unwrap().push_back(next);
    }

    /// Somebody writes a target with plain tools.
    pub(crate) fn tamper(&self, key: &str, bytes: &'static str) {
        self.outside.bucket.put(&key.parse().unwrap(), bytes).unwrap();
    }

    /// Runs a command line (quotes are understood) and gives status, standard output and standard error. Its hints
    /// must work.
    pub(crate) fn run(&self, line: &str) -> (ExitStatus, String, String) {
        let words = split(line);
        let (exit, out, err) =
            printed(words.iter().map(OsString::from).collect(), &self.env(), &self.outside);
        let ended = Ended { exit, out, err };
        all_work(&words, &ended, self);
        (ended.exit, ended.out, ended.err)
    }

    /// Runs a command line whose both streams are this one.
    pub(crate) fn run_into(&self, line: &str, stream: impl std::io::Write + Send + 'static) -> ExitStatus {
        let stream: Stream = Arc::new(Mutex::new(stream));
        run(
            split(line).into_iter().map(OsString::from).collect(),
            &self.env(),
            &stream,
            &stream,
            &self.outside,
        )
    }

    pub(crate) fn env(&self) -> Env {
        Env {
            variables: self.variables.clone(),
            folder: self.folder.path().to_path_buf(),
            input_terminal: self.terminal,
            output_terminal: self.terminal,
            error_terminal: self.terminal,
            dimensions: Arc::new(Fixed { columns: self.columns, rows: self.rows }),
            keyboard: Arc::clone(&self.answers) as Arc<dyn Ask>,
            signals: Arc::new(self.outside.clone()),
        }
    }

    /// Runs a command line that must end well.
    pub(crate) fn quietly(&self, line: &str) {
        let (status, out, err) = self.run(line);
        assert_eq!(status, ExitStatus::Ok, "{line}\n{out}{err}");
    }

    /// Runs a command line and keeps it in the transcript.
    pub(crate) fn tell(&mut self, line: &str) -> ExitStatus {
        let (status, out, err) = self.run(line);
        let folder = self.folder.path().display().to_string();
        self.transcript.push_str(&format!("$ {line}\n"));
        for (name, text) in [("stdout", out), ("stderr", err)] {
            if !text.is_empty() {
                let text = text.replace(&folder, "FOLDER").replace('\r', "<CR>").replace('\u{1b}', "<ESC>");
                self.transcript.push_str(&format!("--- {name}\n{text}"));
                if !text.ends_with('\n') {
                    self.transcript.push_str("<no end of line>\n");
                }
            }
        }
        self.transcript.push_str(&format!("--- exit {} ({})\n\n", status.code(), status.name()));
        status
    }

    /// The transcript so far.
    pub(crate) fn transcript(&self) -> &str {
        &self.transcript
    }
}

/// What a command line prints, and how it ends.
pub(crate) fn printed(line: Vec<OsString>, env: &Env, outside: &Outside) -> (ExitStatus, String, String) {
    let (out, err) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (out_stream, err_stream): (Stream, Stream) = (out.clone(), err.clone());
    let status = run(line, env, &out_stream, &err_stream, outside);
    let text = |bytes: &Mutex<Vec<u8>>| String::from_utf8(bytes.lock().unwrap().clone()).unwrap();
    (status, text(&out), text(&err))
}
