//! Whether credentials may be sent where the project's file says: nobody is asked about vendors and about hosts that are
//! allowed already; a person at a terminal is asked about others, once; without one, the command ends before any request.

use crate::app::App;
use crate::app::project::Project;
use crate::app::question::{ask, forbidden, is_yes, terminal};
use crate::written;
use promote_core::failure::Failure;
use promote_providers::Trust;
use promote_providers::trust::Sending;
use std::path::Path;

/// Whom credentials may be sent to, when the project keeps to it.
pub(crate) fn agreed(app: &App<'_>, project: &Project) -> Result<Trust, Failure> {
    if let Some(trust) = app.trust.get() {
        trust.check(&project.config, &project.base, &project.shown(app.env))?;
        return Ok(trust.clone());
    }
    let mut trust = Trust::of(&app.env.variables.iter().collect())?;
    while let Some(sending) = trust.unknown(&project.config, &project.base)?.into_iter().next() {
        let file = project.shown(app.env);
        if !terminal(app) || forbidden(app) {
            return Err(trust.refused(&sending, &file));
        }
        let lines = [format!("{}.", sending.words(&file)), "Who runs that host sees them.".to_owned()];
        if !is_yes(&ask(app, &lines, &format!("Trust `{}` from now on? [y/N]", sending.host))?) {
            return Err(trust.refused(&sending, &file));
        }
        remember(app, &trust, &sending)?;
        trust = trust.and_host(&sending.host);
    }
    Ok(app.trust.get_or_init(|| trust).clone())
}

/// Writes the host into the person's own file.
fn remember(app: &App<'_>, trust: &Trust, sending: &Sending) -> Result<(), Failure> {
    let Some((file, text)) = trust.remembering(&sending.host)? else { return Ok(()) };
    let folder = file.parent().unwrap_or(Path::new("."));
    let made = std::fs::create_dir_all(folder).and_then(|()| written::replace(app, &file, &text));
    made.map_err(|error| written::failed(&file, error).state("Nothing was sent."))
}
