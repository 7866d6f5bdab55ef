//! What a project keeps on this disk and belongs in no commit, left out of git by lines in `.gitignore`: added at its end, and
//! nothing that is there is changed. Whether there is a repository is left to the caller.

use crate::app::App;
use crate::app::project::Project;
use crate::written::refuse_links;
use promote_core::config::Config;
use promote_core::location::StoreId;
use promote_providers::{opened, written};
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::path::{Path, PathBuf};

/// How much of a `.gitignore` is read, in bytes: a larger one is left alone.
const LARGEST: u64 = 1 << 20;

/// Lines that are to be added.
#[derive(Debug)]
pub(crate) struct Ignoring {
    file: PathBuf,
    /// The lines, each a folder as git's pattern: from the folder of the file, with slashes at both ends.
    pub(crate) lines: Vec<String>,
}

impl Ignoring {
    /// What is missing in the file beside `promote.toml`; `None` where nothing is.
    pub(crate) fn of(project: &Project) -> Option<Self> {
        let file = project.base.join(".gitignore");
        let text = text(&file).unwrap_or_default();
        let there = |folder: &str| text.lines().any(|line| line.trim().trim_matches('/') == folder);
        let kept: Vec<String> = kept(&project.config).iter().map(|folder| pattern(folder)).collect();
        let missing = kept.iter().filter(|folder| !there(folder));
        let lines: Vec<String> = missing.map(|folder| format!("/{folder}/")).collect();
        (!lines.is_empty()).then_some(Self { file, lines })
    }

    /// Adds them.
    ///
    /// # Errors
    /// When the file is no regular file of text, a link in the checkout, or can't be written.
    pub(crate) fn write(&self, app: &App<'_>) -> Result<()> {
        refuse_links(&self.file, &app.env.folder)?;
        let lines = format!("{}\n", self.lines.join("\n"));
        match text(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                File::create_new(&self.file)?.write_all(lines.as_bytes())
            }
            Err(error) => Err(error),
            Ok(text) => {
                let begin = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                written::append(&self.file, &format!("{begin}{lines}"))
            }
        }
    }
}

/// A folder's name as git's pattern that fits it alone: what means more there is marked, as gitignore(5) says
/// (<https://git-scm.com/docs/gitignore#_pattern_format>). With a slash before it `#` and `!` mean themselves.
fn pattern(folder: &str) -> String {
    let mark = |c: char| if "\\*?[]".contains(c) { vec!['\\', c] } else { vec![c] };
    folder.chars().flat_map(mark).collect()
}

/// The text of a file that may be there.
fn text(file: &Path) -> Result<String> {
    let mut text = String::new();
    opened::regular(file)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(Error::new(ErrorKind::InvalidData, "it is too large"));
    }
    Ok(text)
}

/// The folders beside `promote.toml` in which releases, targets and the ledger lie, in order, without slashes at their ends.
fn kept(config: &Config) -> Vec<String> {
    let artifacts = config.environments.values().flat_map(|one| &one.artifacts);
    let places = artifacts.flat_map(|one| std::iter::once(&one.source).chain(&one.target));
    let local = places.filter(|one| one.store() == Some(StoreId::Local));
    let folders = local.filter_map(|one| one.start().split_once('/'));
    let mut kept: Vec<String> = folders.map(|(folder, _)| folder.to_owned()).collect();
    if config.ledger.store == StoreId::Local {
        kept.extend(config.ledger.prefix.as_str().split('/').next().map(str::to_owned));
    }
    if !kept.is_empty() {
        kept.push(".promote-store".to_owned());
    }
    kept.sort();
    kept.dedup();
    kept
}
