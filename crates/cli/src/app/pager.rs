//! A page that is longer than the terminal is read in a pager, as git and gh do.

use crate::app::env::Env;
use crate::args::Global;
use std::io::Write;
use std::process::{Command, Stdio};

/// A program that shows text page by page.
#[derive(Debug, Clone)]
pub(crate) struct Pager {
    program: String,
    arguments: Vec<String>,
    /// Whether `less` is told how to behave, since nobody else did.
    settings: bool,
    rows: usize,
}

impl Pager {
    /// The one of `PROMOTE_PAGER`, of `PAGER`, or `less`; `None` where nobody would see it, or nobody wants it.
    pub(crate) fn of(global: &Global, env: &Env) -> Option<Self> {
        let seen = env.output_terminal && env.input_terminal && !env.is_ci();
        if global.no_pager || !seen || env.variable("TERM") == Some("dumb") {
            return None;
        }
        let variable = |name: &str| env.variables.get(name).cloned();
        let line =
            variable("PROMOTE_PAGER").or_else(|| variable("PAGER")).unwrap_or_else(|| "less".to_owned());
        // Never by a shell: the first word is the program.
        let mut words = line.split_whitespace().map(str::to_owned);
        let program = words.next().filter(|program| program != "cat")?;
        let settings = env.variable("LESS").is_none();
        Some(Self { program, arguments: words.collect(), settings, rows: env.dimensions.rows()? })
    }

    /// Shows a text that is longer than the terminal; whether it did.
    pub(crate) fn show(&self, text: &str) -> bool {
        if text.lines().count() < self.rows {
            return false;
        }
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped());
        if self.settings {
            command.env("LESS", "FRX");
        }
        let _left_to_it = interrupts();
        let Ok(mut pager) = command.spawn() else { return false };
        if let Some(mut input) = pager.stdin.take() {
            // That somebody has read enough is no failure.
            let _ = input.write_all(text.as_bytes());
        }
        let _ = pager.wait();
        true
    }
}

/// As long as this is kept, ctrl-C is the pager's: the end of this process would leave it alone at the terminal.
#[cfg(unix)]
fn interrupts() -> Option<(Option<tokio::runtime::Runtime>, tokio::signal::unix::Signal)> {
    let kind = tokio::signal::unix::SignalKind::interrupt();
    if tokio::runtime::Handle::try_current().is_ok() {
        return Some((None, tokio::signal::unix::signal(kind).ok()?));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let signal = {
        let _inside = runtime.enter();
        tokio::signal::unix::signal(kind).ok()?
    };
    Some((Some(runtime), signal))
}

#[cfg(not(unix))]
const fn interrupts() {}
