//! Where commits of a repository can be looked at.

use super::text::Link;

/// Where commits can be looked at: addresses that end with a slash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The commit's name is put behind it.
    commit: Option<String>,
    /// `FROM...TO` is put behind it.
    compare: Option<String>,
}

impl Links {
    /// As the variables of a job on GitHub or GitLab tell.
    pub fn of_job(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let base = match (get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), get("CI_PROJECT_URL")) {
            (Some(server), Some(repository), _) => Some(format!("{server}/{repository}")),
            (_, _, Some(project)) => Some(format!("{project}/-")),
            _ => None,
        };
        let below = |what: &str| base.as_ref().map(|base| format!("{base}/{what}/"));
        Self { commit: below("commit"), compare: below("compare") }
    }

    /// The address that a link leads to, where there is one.
    pub(super) fn address(&self, link: &Link) -> Option<String> {
        match link {
            Link::Commit(sha) => self.commit.as_ref().map(|base| format!("{base}{sha}")),
            Link::Between(from, to) => self.compare.as_ref().map(|base| format!("{base}{from}...{to}")),
            Link::Page(address) => Some(address.clone()),
        }
    }
}
