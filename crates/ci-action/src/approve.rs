//! approve and reject: whoever started the job says yes or no to a release, by the name that the job's token proves.

use crate::action_result::ActionResult;
use crate::input::Inputs;
use crate::request::{Act, RELEASE, environment, wrong};
use crate::site::Site;
use crate::workflow::Kind;
use promote::{Approval, Error, Failure};

/// What is said.
fn asked(act: Act, inputs: &Inputs<'_>) -> Result<Approval, Failure> {
    let mut approval = Approval::of(environment(inputs)?.as_str()).map_err(Error::into_failure)?;
    if let Some(text) = inputs.text(RELEASE).map_err(wrong)? {
        approval = approval.release(text).map_err(Error::into_failure)?;
    }
    if act == Act::Reject {
        approval = approval.rejecting();
    }
    let (reason, content) = (inputs.get("reason"), inputs.get("content"));
    if !reason.is_empty() {
        approval = approval.reason(reason);
    }
    if !content.is_empty() {
        approval = approval.content(content).map_err(Error::into_failure)?;
    }
    Ok(if inputs.boolean("dry-run", false).map_err(wrong)? { approval.only_looking() } else { approval })
}

/// Says it.
pub(crate) async fn approve(site: &Site<'_>, act: Act) -> Result<ActionResult, Failure> {
    let report = site.project.approve(asked(act, site.inputs)?).await.map_err(Error::into_failure)?;
    let (status, says) = match (report.changed, report.dry_run) {
        (true, _) => (report.answer, "is"),
        (false, true) => ("planned", "would be"),
        (false, false) => ("unchanged", "is already"),
    };
    let mut answer = ActionResult::new(status, &report);
    answer.values.insert("environment", report.environment.clone());
    answer.values.insert("version", report.sha.clone());
    answer.values.insert("previous", report.replaces.clone().unwrap_or_default());
    let short = report.sha.get(..7).unwrap_or(&report.sha);
    let text = format!("{short} {says} {} for {} by {}", report.answer, report.environment, report.by);
    site.log.annotate(Kind::Notice, status, &text, None);
    answer.summary = Some(promote_view::approval::page(&report));
    Ok(answer)
}
