//! Reading the text of `promote.toml`, and showing what is wrong with it.

use crate::app::{App, Stop};
use promote_core::config::Config;
use std::path::Path;

/// Reads the text; what is wrong is shown at once.
pub(crate) fn read(app: &App<'_>, file: &Path, text: &str) -> Result<Config, Stop> {
    Ok(app.connect.config(file, text)?)
}
