//! Why something could not be done: mistakes of the file, each drawn at its place, or a failure with the state that things
//! are in.

use crate::hint;
use crate::mistakes::Mistakes;
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use std::fmt;
use std::io::Write as _;
use std::process::{ExitCode, Termination};

/// Why something could not be done. That a rule keeps a release from moving is no error: it is an [`Ending`](crate::Ending).
///
/// `{}` shows one line, for mistakes of the file each of them with its line drawn; `{:#}` shows the state of things, the
/// causes and what to do next as well, and so does `{:?}`.
///
/// A `main` that gives a `Result` exits with 1 whatever the error is: that is how Rust ends such a program. One that gives what
/// [`Termination::report`] says of an error tells it on standard error and exits as the command does.
///
/// ```
/// use promote::{Ending, Error, Promotion};
/// use std::process::{ExitCode, Termination};
///
/// # fn in_tokio<T>(it: impl Future<Output = T>) -> T {
/// #     tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(it)
/// # }
/// async fn promoted() -> Result<Ending, Error> {
///     promote::open("no/such/folder").build()?.promote(Promotion::to("prod")?).await
/// }
///
/// let error = in_tokio(promoted()).unwrap_err();
/// assert_eq!(error.exit(), promote::ExitStatus::Missing);
/// assert!(error.to_string().contains("there is no file"));
/// assert_eq!(error.report(), ExitCode::from(5));
/// ```
#[non_exhaustive]
pub enum Error {
    /// The project's file can't be used.
    Mistakes(Mistakes),
    /// It was stopped while nothing was open, so that nothing is left to go on with: what it did before stands.
    Stopped(ExitStatus),
    /// Anything else.
    Failure(Failure),
}

impl Error {
    /// What a command that ends with this exits with.
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Mistakes(_) => ExitStatus::Usage,
            Self::Stopped(exit) => *exit,
            Self::Failure(failure) => failure.exit,
        }
    }

    /// What state things are in now, in full sentences; empty when nothing was changed and that is plain.
    pub fn state(&self) -> &[String] {
        match self {
            Self::Mistakes(_) | Self::Stopped(_) => &[],
            Self::Failure(failure) => &failure.state,
        }
    }

    /// What to do next, one each, with the calls of this crate in place of command lines. What only the command can do is left
    /// out; [`Error::into_failure`] has all of it, in the command's words.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Mistakes(_) | Self::Stopped(_) => Vec::new(),
            Self::Failure(failure) => {
                failure.hints.iter().filter_map(|hint| hint::for_a_program(hint)).collect()
            }
        }
    }

    /// The same as the command tells it.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Mistakes(mistakes) => mistakes.into_failure(),
            Self::Stopped(exit) => {
                Failure::new(exit, exit.stopped()).state("No promotion is open because of it.")
            }
            Self::Failure(failure) => failure,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Mistakes> for Error {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistakes(mistakes)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = match self {
            Self::Mistakes(mistakes) => return fmt::Display::fmt(mistakes, f),
            Self::Stopped(exit) => {
                return write!(f, "{}, and no promotion is open because of it", exit.stopped());
            }
            Self::Failure(failure) => failure,
        };
        f.write_str(&failure.message)?;
        if !f.alternate() {
            return Ok(());
        }
        for sentence in &failure.state {
            write!(f, "\n{sentence}")?;
        }
        for cause in causes(failure) {
            write!(f, "\ncaused by: {cause}")?;
        }
        self.hints().iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

/// The same as `{:#}`: what a program shows that ends with an error by chance is for people, and shows no part of a file that may
/// have secrets in it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

/// Tells the error on standard error, and exits as the command does.
impl Termination for Error {
    fn report(self) -> ExitCode {
        // Who closed the other end wants to read no more.
        writeln!(std::io::stderr(), "error: {self:#}").ok();
        self.exit().into()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Mistakes(_) | Self::Stopped(_) => None,
            Self::Failure(failure) => failure.source(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_form_has_state_causes_and_hints_that_help_a_program() {
        let failure = Failure::new(ExitStatus::Denied, "the bucket can't be read")
            .state("Nothing was changed.")
            .hint("grant `s3:GetObject`")
            .hint("`promote doctor` finds out more")
            .hint("`promote resume prod` goes on")
            .caused_by(std::io::Error::other("403"));
        let error = Error::from(failure);
        assert_eq!(error.to_string(), "the bucket can't be read");
        assert_eq!(
            format!("{error:#}"),
            "the bucket can't be read\nNothing was changed.\ncaused by: 403\nhint: grant `s3:GetObject`\n\
             hint: `Project::resume(Promotion::to(\"prod\")?)` goes on"
        );
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "403");
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert_eq!(error.into_failure().hints.len(), 3);
    }

    #[test]
    fn a_program_that_ends_with_an_error_exits_as_the_command_does() {
        for exit in
            [ExitStatus::Denied, ExitStatus::Conflict, ExitStatus::Unfinished, ExitStatus::Interrupted]
        {
            assert_eq!(Error::from(Failure::new(exit, "it did")).report(), ExitCode::from(exit));
        }
        assert_eq!(Error::Stopped(ExitStatus::Terminated).report(), ExitCode::from(143));
    }
}
