//! Saying yes or no to a release that is to go to an environment. Nothing moves.

use crate::promotion::environment;
use crate::{Error, Project, runtime};
use promote_core::approve::{answer, ask};
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Answer;
use promote_core::names::EnvironmentName;
use promote_core::report::ApprovalReport;
use promote_core::request::{Request, Wanted, WantedError};

/// A yes or a no, by whoever the project was opened as. It counts where the name is proven: by a token of the pipeline, or by
/// a signature with the key that was given to [`Builder::signing_with`](crate::Builder::signing_with).
///
/// ```
/// use promote::Approval;
///
/// # fn main() -> Result<(), promote::Error> {
/// let yes = Approval::of("prod")?.release("a93be01")?;
/// let no = Approval::of("prod")?.rejecting().reason("the migration is not ready");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is said before it is given to a project"]
pub struct Approval {
    environment: EnvironmentName,
    release: Wanted,
    answer: Answer,
    reason: Option<String>,
    content: Option<Digest>,
    dry_run: bool,
}

impl Approval {
    /// A yes to what runs in the environment before.
    ///
    /// # Errors
    /// `Usage` when it is no name of an environment.
    pub fn of(environment: &str) -> Result<Self, Error> {
        Ok(Self {
            environment: self::environment(environment)?,
            release: Wanted::Unnamed,
            answer: Answer::Approved,
            reason: None,
            content: None,
            dry_run: false,
        })
    }

    /// To this release: a commit or the beginning of one, a tag, or an environment that it runs in.
    ///
    /// # Errors
    /// `Usage` when the text names no release.
    pub fn release(self, release: &str) -> Result<Self, Error> {
        let release =
            release.parse().map_err(|odd: WantedError| Failure::new(ExitStatus::Usage, odd.to_string()))?;
        Ok(Self { release, ..self })
    }

    /// A no, which needs a reason.
    pub fn rejecting(self) -> Self {
        Self { answer: Answer::Rejected, ..self }
    }

    /// Why; kept in the ledger.
    pub fn reason(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }

    /// Only when this is what would be answered: the content as a plan tells it, `sha256:` and 64 digits.
    ///
    /// # Errors
    /// `Usage` when it is no digest.
    pub fn content(self, content: &str) -> Result<Self, Error> {
        let digest = content.parse();
        let content = digest.map_err(|_| {
            Failure::new(ExitStatus::Usage, "the content is `sha256:` and 64 lower-case hexadecimal digits")
        })?;
        Ok(Self { content: Some(content), ..self })
    }

    /// Only to look what it would be.
    pub fn only_looking(self) -> Self {
        Self { dry_run: true, ..self }
    }
}

impl Project {
    /// Says yes or no to a release.
    ///
    /// # Errors
    /// `Usage` when the environment asks for no approvals, or a reason is needed; `Blocked` when the yes would not count;
    /// `Conflict` when the content is another one; `Denied` when who acts has to be proven and is not; and when the ledger
    /// does not take it.
    pub async fn approve(&self, approval: Approval) -> Result<ApprovalReport, Error> {
        runtime::whole()?;
        let (ports, config) = (&self.site().ports, &self.site().config);
        let Approval { environment, release, answer: said, reason, content, dry_run } = approval;
        config.to_write()?;
        let actor = self.identified().await?;
        let request = Request { reason, ..Request::promote(environment, release, actor) };
        let asked = Box::pin(ask(ports, config, &request, said, content)).await?;
        let mut report = ApprovalReport::of(&asked, said, dry_run);
        if !dry_run && !asked.said {
            let done = Box::pin(answer(ports, config, &request, said, &asked)).await?;
            report.answered(&done);
        }
        Ok(report)
    }
}
