//! What surrounds the process: variables, the folder, terminals, the keyboard, signals. Given as a value, so that
//! tests make their own.

use crate::app::dimensions::{Dimensions, ProcessTerminal};
use crate::app::signal::{ProcessSignals, Signals};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

/// A variable of the environment that promote reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
}

/// Every variable that promote itself reads. Vendors' own variables (`AWS_PROFILE` and the like) are read by their
/// libraries; variables that `promote.toml` names as `$NAME` are read when they are needed.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "PROMOTE_CONFIG",
        about: "the file to read instead of searching for promote.toml; `--config` wins",
    },
    Variable {
        name: "PROMOTE_TRUST_HOSTS",
        about: "hosts that credentials may be sent to beside their vendors', with commas between them: `minio.acme.example:9000,*.corp.example`",
    },
    Variable {
        name: "PROMOTE_ACTOR",
        about: "the name that is recorded as yours, where nothing stronger is known",
    },
    Variable {
        name: "PROMOTE_ID_TOKEN",
        about: "a token that the pipeline's server signed for the audience `promote`; its claims are recorded, it is not",
    },
    Variable {
        name: "PROMOTE_ID_AUDIENCE",
        about: "the audience that the token must be signed for, instead of `promote`",
    },
    Variable {
        name: "PROMOTE_ID_ISSUER",
        about: "who must have signed the token, where neither GitHub nor GitLab runs this",
    },
    Variable {
        name: "PROMOTE_REQUIRE_OIDC",
        about: "refuse to change anything unless such a token proves who acts, when set and neither empty, `0` nor `false`",
    },
    Variable {
        name: "GITLAB_CI",
        about: "leave promote.env and promote-annotations.json, and fold the log, when set and neither empty nor `false`",
    },
    Variable {
        name: "CI_DEPLOY_FREEZE",
        about: "every environment counts as frozen, when set and not empty",
    },
    Variable {
        name: "CI_DEBUG_TRACE",
        about: "say everything, as with `-vv`, when `true` or `1`; `RUNNER_DEBUG` likewise",
    },
    Variable {
        name: "PROMOTE_FORGE_TOKEN",
        about: "the token for the forge of `[forge]`, before `GITHUB_TOKEN`, `GH_TOKEN`, `GITLAB_TOKEN` and `CI_JOB_TOKEN`; never printed, and no step gets it",
    },
    Variable {
        name: "PROMOTE_WEBHOOK_SECRET",
        about: "the secret by which `webhook` of `[notify]` tells that a message is promote's; never printed, and no step gets it",
    },
    Variable {
        name: "PROMOTE_JOB_DEPLOYS",
        about: "when `false`, a job of GitHub says that it has `deployment: false`, so that promotions are shown there by promote",
    },
    Variable {
        name: "PROMOTE_LEDGER_REMOTE",
        about: "the git remote that holds the branch of `ledger = \"git:BRANCH\"`, instead of `origin`",
    },
    Variable {
        name: "PROMOTE_COMPLETE",
        about: "the shell that asks what may come next; set by the script of `promote completions` alone",
    },
    Variable {
        name: "PROMOTE_PAGER",
        about: "the program that shows long pages at a terminal, before `PAGER`; none when empty or `cat`",
    },
    Variable {
        name: "PAGER",
        about: "that program, where `PROMOTE_PAGER` is not set; `less` without either",
    },
    Variable { name: "PROMOTE_NO_INPUT", about: "never ask, as with `--no-input`, when set and not empty" },
    Variable {
        name: "CI",
        about: "no prompts and no cursor movement, when set and neither empty nor `false`",
    },
    Variable { name: "NO_COLOR", about: "no colour, when set and not empty" },
    Variable {
        name: "CLICOLOR_FORCE",
        about: "colour even where there is no terminal, when set and neither empty nor `0`",
    },
    Variable { name: "CLICOLOR", about: "no colour, when `0`" },
    Variable { name: "TERM", about: "no colour and no cursor movement, when `dumb`" },
];

/// Reads the keyboard.
pub trait Ask: Debug + Send + Sync {
    /// One line without its end, or `None` at the end of the input.
    fn line(&self) -> std::io::Result<Option<String>>;
}

/// What surrounds the process.
#[derive(Debug, Clone)]
pub struct Env {
    /// The variables whose value is text.
    pub variables: BTreeMap<String, String>,
    /// The current folder.
    pub folder: PathBuf,
    /// Whether the keyboard is at hand.
    pub input_terminal: bool,
    /// Whether data goes to a terminal.
    pub output_terminal: bool,
    /// Whether messages go to a terminal.
    pub error_terminal: bool,
    /// How large the terminal is.
    pub dimensions: Arc<dyn Dimensions>,
    /// The keyboard.
    pub keyboard: Arc<dyn Ask>,
    /// Signals.
    pub signals: Arc<dyn Signals>,
}

impl Env {
    /// The real surroundings.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            input_terminal: std::io::stdin().is_terminal(),
            output_terminal: std::io::stdout().is_terminal(),
            error_terminal: std::io::stderr().is_terminal(),
            dimensions: Arc::new(ProcessTerminal),
            keyboard: Arc::new(Keyboard),
            signals: Arc::new(ProcessSignals),
        }
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// How wide a page of help may be.
    pub(crate) fn width(&self) -> usize {
        self.dimensions.columns().unwrap_or(100).clamp(40, 100)
    }

    /// Whether a continuous-integration service runs this.
    pub fn is_ci(&self) -> bool {
        self.variable("CI").is_some_and(|value| value != "false")
    }
}

/// Standard input.
#[derive(Debug)]
struct Keyboard;

impl Ask for Keyboard {
    fn line(&self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}
