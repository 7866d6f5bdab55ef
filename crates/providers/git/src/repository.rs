//! The repository around `promote.toml`: where its objects lie, which remote holds the ledger, and who commits.

use crate::process::{Git, LOCAL, finish, path};
use crate::settings;
use crate::stderr::{About, reason};
use promote_port::port::{ErrorKind, ProviderError};
use std::path::PathBuf;

/// Who commits when git knows nobody: a container that runs a pipeline often has no identity.
const NOBODY: &str = "promote <promote@localhost>";

/// What was found out about the repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    /// The folder of its objects.
    pub(crate) objects: PathBuf,
    /// The remote that holds the branch; `None` in a repository without one.
    pub(crate) remote: Option<String>,
    /// Whether ssh may be told not to ask: it is not when the user says how ssh is to be called.
    pub(crate) plain_ssh: bool,
    /// The private reference under which the branch is kept here.
    pub(crate) kept: String,
}

impl Repository {
    /// Looks at the repository. `wanted`: the remote that the user names, instead of `origin`.
    pub(crate) async fn open(
        git: &Git,
        about: About<'_>,
        wanted: Option<&str>,
    ) -> Result<Self, ProviderError> {
        let branch = about.branch;
        let whole = format!("refs/heads/{branch}");
        let said = git
            .local("rev-parse", &["--show-object-format", "--git-path", "objects"])
            .await
            .map_err(|error| about.not_run(error))?;
        let mut lines = said.out.splitn(2, |byte| *byte == b'\n');
        let (true, Some((format, objects))) = (said.well(), lines.next().zip(lines.next())) else {
            return Err(no_repository(git, about, &said.err));
        };
        if format != b"sha1" {
            let format = String::from_utf8_lossy(format);
            let message = format!("the repository names objects by `{format}`, and only `sha1` is supported");
            return Err(about.error(ErrorKind::Unsupported, message));
        }
        let checked = git.local("check-ref-format", &[&whole]).await.map_err(|error| about.not_run(error))?;
        if !checked.well() {
            return Err(about.error(ErrorKind::Invalid, "git takes no branch of this name").refusal());
        }
        let settings = git
            .local("config", &["--null", "--list", "--show-scope"])
            .await
            .map_err(|error| about.not_run(error))?;
        if !settings.well() {
            let what = format!("git can't read its configuration: {}", reason(&settings.err));
            return Err(about.error(ErrorKind::Invalid, what).refusal());
        }
        let settings = String::from_utf8_lossy(&settings.out).into_owned();
        let settings = settings::read(&settings);
        let names = || settings.iter().map(|setting| setting.key);
        let mut remotes: Vec<&str> =
            names().filter_map(|name| name.strip_prefix("remote.")?.strip_suffix(".url")).collect();
        remotes.sort_unstable();
        remotes.dedup();
        let remote = choose(about, &remotes, wanted)?;
        settings::judge(about, &settings, remote, &|name| std::env::var(name).ok())?;
        if let Some(remote) = remote {
            outside(git, about, remote).await?;
        }
        let plain_ssh = names().all(|name| name != "core.sshcommand")
            && ["GIT_SSH_COMMAND", "GIT_SSH"].iter().all(|name| std::env::var_os(name).is_none());
        Ok(Self {
            objects: git.base().join(path(objects)),
            remote: remote.map(str::to_owned),
            plain_ssh,
            kept: format!("refs/promote/ledger/{branch}"),
        })
    }

    /// The id that a reference leads to.
    pub(crate) async fn reference(
        git: &Git,
        about: About<'_>,
        name: &str,
    ) -> Result<Option<String>, ProviderError> {
        let said = git
            .local("rev-parse", &["--verify", "--quiet", &format!("{name}^{{commit}}")])
            .await
            .map_err(|error| about.not_run(error))?;
        Ok(said.well().then(|| said.line()).filter(|id| is_id(id)))
    }
}

/// Refuses a remote whose repository came with the checkout. Where it lies is told by git, which knows what stands for what.
async fn outside(git: &Git, about: About<'_>, remote: &str) -> Result<(), ProviderError> {
    let top = git.local("rev-parse", &["--show-toplevel"]).await.map_err(|error| about.not_run(error))?;
    let top = if top.well() { path(&top.out) } else { git.base().to_path_buf() };
    for way in [&["get-url", "--all"][..], &["get-url", "--push", "--all"]] {
        let arguments = [way, &["--", remote]].concat();
        let said = git.local("remote", &arguments).await.map_err(|error| about.not_run(error))?;
        for address in said.out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            settings::outside(about, address, &top)?;
        }
    }
    Ok(())
}

/// Who commits, as `NAME <EMAIL>`: the user's own git identity, else a made-up one.
pub(crate) async fn identity(git: &Git) -> String {
    let mut command = git.command("var");
    command.arg("GIT_COMMITTER_IDENT");
    let said = finish(command, None, LOCAL).await.unwrap_or_default();
    let line = said.line();
    match line.rfind('>') {
        Some(end) if said.well() && !line.contains(['\0', '\n']) => {
            line.get(..=end).unwrap_or(NOBODY).to_owned()
        }
        _ => NOBODY.to_owned(),
    }
}

/// Whether a text is a whole object name.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The remote that holds the ledger: the one that is wanted, `origin`, or the only one.
fn choose<'r>(
    about: About<'_>,
    remotes: &[&'r str],
    wanted: Option<&str>,
) -> Result<Option<&'r str>, ProviderError> {
    let found = |name: &str| remotes.iter().copied().find(|remote| *remote == name);
    if let Some(wanted) = wanted {
        return found(wanted).map(Some).ok_or_else(|| {
            let message = format!("there is no remote `{}`", promote_port::names::escape(wanted));
            about
                .error(ErrorKind::Invalid, message)
                .hint("`PROMOTE_LEDGER_REMOTE` names one of those that `git remote` lists")
        });
    }
    match (found("origin"), remotes) {
        (Some(origin), _) => Ok(Some(origin)),
        (None, []) => Ok(None),
        (None, [only]) if !only.starts_with('-') => Ok(Some(only)),
        (None, _) => Err(about
            .error(ErrorKind::Invalid, "can't tell which remote has the ledger")
            .hint(format!("set `PROMOTE_LEDGER_REMOTE` to one of {}", remotes.join(", ")))),
    }
}

fn no_repository(git: &Git, about: About<'_>, err: &str) -> ProviderError {
    let message = format!("`{}` is in no git repository: {}", git.base().display(), reason(err));
    let error = about.error(ErrorKind::NotFound, message);
    if err.contains("dubious ownership") {
        let named = err.split_once(" at '").and_then(|(_, rest)| Some(rest.split_once("'\n")?.0));
        let top = named.map_or_else(|| git.base().display().to_string(), str::to_owned);
        return error.hint(format!(
            "another user owns it; if you trust it: `git config --global --add safe.directory {}`",
            promote_port::shell::quoted(&top)
        ));
    }
    error.hint("run promote inside a clone of the repository, or give the ledger another place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remote_is_never_guessed() {
        let about = About { store: "git:x", branch: "x", remote: None };
        type Case =
            (&'static [&'static str], Option<&'static str>, Result<Option<&'static str>, &'static str>);
        let cases: [Case; 7] = [
            (&["origin", "upstream"], None, Ok(Some("origin"))),
            (&["upstream"], None, Ok(Some("upstream"))),
            (&[], None, Ok(None)),
            (&["a", "b"], None, Err("which remote")),
            (&["origin", "b"], Some("b"), Ok(Some("b"))),
            (&["origin"], Some("c"), Err("no remote `c`")),
            (&[], Some("--upload-pack=x"), Err("no remote `--upload-pack=x`")),
        ];
        for (remotes, wanted, expected) in cases {
            match (choose(about, remotes, wanted), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(words)) => assert!(error.message.contains(words), "{error}"),
                (found, _) => panic!("{remotes:?} {wanted:?}: {found:?}"),
            }
        }
    }
}
