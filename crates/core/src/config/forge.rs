//! `[forge]`: where the repository lies, and when promotions are shown there.

use super::diagnostic::Diagnostic;
use super::layers::Layers;
use super::reading::{Reading, Table};
use crate::names::escape;

/// `[forge]`: where the repository lies, and what is shown there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forge {
    /// Which one.
    pub kind: ForgeKind,
    /// `OWNER/NAME`, or the path of GitLab's project; `None` when the remote tells.
    pub repository: Option<String>,
    /// The address of its API, or `$NAME` of a variable that holds it; `None` for github.com and gitlab.com.
    pub api: Option<String>,
    /// When promotions are shown there.
    pub deployments: Mirroring,
}

/// Which forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgeKind {
    /// GitHub, or a server of GitHub's.
    Github,
    /// GitLab.
    Gitlab,
}

/// When a promotion is shown on the forge's environment pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mirroring {
    /// Unless the job that promotes is shown there by itself.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

pub(super) fn read(reading: &mut Reading<'_, '_>, root: &Table<'_>) -> Option<Forge> {
    let value = root.get("forge")?;
    let keys = Layers::new(Some(value.get_ref().as_table()?), None);
    let kind = match keys.text("kind") {
        Some("github") => ForgeKind::Github,
        Some("gitlab") => ForgeKind::Gitlab,
        // Any other was refused.
        Some(_) => return None,
        None => {
            let found = Diagnostic::error(value.span(), "`[forge]` has no `kind`");
            reading.found.push(found.hint("`kind = \"github\"` or `kind = \"gitlab\"`"));
            return None;
        }
    };
    if let (Some(name), Some(written)) = (keys.text("repository"), keys.get("repository"))
        && !is_repository(kind, name)
    {
        let found = Diagnostic::error(written.span(), format!("`{}` names no repository", escape(name)));
        reading.found.push(found.hint(match kind {
            ForgeKind::Github => "for example `acme/billing-api`",
            ForgeKind::Gitlab => "for example `acme/backend/billing-api`",
        }));
    }
    Some(Forge {
        kind,
        repository: keys.owned("repository"),
        api: keys.owned("api"),
        deployments: match keys.text("deployments") {
            Some("always") => Mirroring::Always,
            Some("never") => Mirroring::Never,
            _ => Mirroring::Auto,
        },
    })
}

/// Whether a text is a path of a repository: it becomes part of an address.
pub(super) fn is_repository(kind: ForgeKind, text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !matches!(part, "." | "..")
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let parts: Vec<&str> = text.split('/').collect();
    let count = match kind {
        ForgeKind::Github => parts.len() == 2,
        ForgeKind::Gitlab => parts.len() >= 2,
    };
    count && text.len() <= 255 && parts.into_iter().all(part)
}

impl ForgeKind {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
        }
    }

    /// Whether a text is a path of a repository there.
    pub fn is_repository(self, text: &str) -> bool {
        is_repository(self, text)
    }
}
