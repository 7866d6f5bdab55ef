//! The repository's own settings, as far as they make git run programs or reach the remote in another way. A `.git` may have
//! come as files, with an archive or a copied folder, and then somebody else wrote them. So they count only where the
//! person or the pipeline says the same outside of the repository.

use crate::process::path;
use crate::stderr::About;
use promote_port::names::escape;
use promote_port::port::{ErrorKind, ProviderError};
use std::path::Path;

/// One setting, as `git config --list --show-scope --null` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting<'t> {
    scope: &'t str,
    /// Section and name in lower case, what stands between them as it is.
    pub(crate) key: &'t str,
    pub(crate) value: &'t str,
}

impl Setting<'_> {
    /// Whether it stands in the repository.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.scope, "local" | "worktree")
    }
}

/// All settings that git gives.
pub(crate) fn read(text: &str) -> Vec<Setting<'_>> {
    let mut parts = text.split('\0');
    let mut found = Vec::new();
    while let (Some(scope), Some(pair)) = (parts.next(), parts.next()) {
        // One without a value is on.
        let (key, value) = pair.split_once('\n').unwrap_or((pair, "true"));
        found.push(Setting { scope, key, value });
    }
    found
}

/// What a setting does that only the user may want; `None` when it is harmless here. `remote` is the one that is talked to.
fn hazard(setting: &Setting<'_>, remote: Option<&str>) -> Option<&'static str> {
    const PROGRAM: Option<&str> = Some("makes git run a program");
    const WAY: Option<&str> = Some("makes git reach the remote in another way");
    let (section, name) = setting.key.split_once('.')?;
    let (middle, name) = name.rsplit_once('.').map_or((None, name), |(middle, name)| (Some(middle), name));
    let value = setting.value;
    match (section, middle, name) {
        ("core", None, "sshcommand" | "gitproxy" | "askpass" | "alternaterefscommand") => PROGRAM,
        // An empty one takes those before it away.
        ("credential", _, "helper") if value.is_empty() => None,
        ("credential", _, "helper") => PROGRAM,
        ("remote", Some(of), "uploadpack" | "receivepack" | "vcs") if Some(of) == remote => PROGRAM,
        ("remote", Some(of), "proxy" | "proxyauthmethod") if Some(of) == remote => WAY,
        ("protocol", _, "allow") if !matches!(value, "never" | "user") => WAY,
        ("http", _, name) => match (name, value) {
            (
                "extraheader"
                | "version"
                | "postbuffer"
                | "lowspeedlimit"
                | "lowspeedtime"
                | "useragent"
                | "maxrequests"
                | "minsessions"
                | "emptyauth"
                | "noepsv"
                | "sslcert"
                | "sslkey"
                | "sslcertpasswordprotected"
                | "sslversion"
                | "maxretries"
                | "retryafter",
                _,
            )
            | ("sslverify", "true" | "1" | "yes" | "on")
            | ("followredirects", "false" | "initial") => None,
            _ => WAY,
        },
        _ => None,
    }
}

/// Refuses the first setting of the repository that only the user may make. `own` gives a variable of the environment.
pub(crate) fn judge(
    about: About<'_>,
    all: &[Setting<'_>],
    remote: Option<&str>,
    own: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ProviderError> {
    for setting in all.iter().filter(|setting| setting.is_local()) {
        let Some(what) = hazard(setting, remote) else { continue };
        let same = |other: &Setting<'_>| {
            !other.is_local() && (other.key, other.value) == (setting.key, setting.value)
        };
        if all.iter().any(same) || is_runners(setting, own) {
            continue;
        }
        let key = escape(setting.key);
        let what = format!("the repository's own configuration {what}: `{key}`");
        return Err(about
            .error(ErrorKind::Denied, what)
            .hint(format!("`git config --show-origin --get-all '{key}'` shows it"))
            .hint(format!(
                "if it is yours, say so outside of the repository: `export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0='{key}' GIT_CONFIG_VALUE_0=\"$(git config --get '{key}')\"`"
            )));
    }
    Ok(())
}

/// What GitLab's runner writes: the certificates of its own server, in the file that it names to the job.
fn is_runners(setting: &Setting<'_>, own: &dyn Fn(&str) -> Option<String>) -> bool {
    let runner = own("GITLAB_CI").is_some_and(|value| value != "false");
    runner
        && setting.key.ends_with(".sslcainfo")
        && own("CI_SERVER_TLS_CA_FILE").as_deref() == Some(setting.value)
}

/// Refuses a remote that is a repository inside the work tree: what came with the checkout would run its hooks.
pub(crate) fn outside(about: About<'_>, address: &[u8], top: &Path) -> Result<(), ProviderError> {
    let place = match address.strip_prefix(b"file://") {
        Some(place) => place,
        None if address.windows(3).any(|part| part == b"://") => return Ok(()),
        None => address,
    };
    // What is no path on this machine, such as `git@host:owner/name`, does not exist as one.
    let (Ok(place), Ok(top)) = (top.join(path(place)).canonicalize(), top.canonicalize()) else {
        return Ok(());
    };
    if !place.starts_with(&top) {
        return Ok(());
    }
    let what = format!(
        "the remote is a repository inside the work tree, `{}`",
        escape(&String::from_utf8_lossy(address))
    );
    Err(about
        .error(ErrorKind::Denied, what)
        .hint("a remote elsewhere can hold the ledger; `PROMOTE_LEDGER_REMOTE` names it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'_> = About { store: "git:x", branch: "x", remote: Some("origin") };

    fn judged(text: &str, variables: &[(&str, &str)]) -> Option<String> {
        let own = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        judge(ABOUT, &read(text), Some("origin"), &own)
            .err()
            .map(|error| format!("{error} {}", error.hints.join(" ")))
    }

    #[test]
    fn settings_of_a_repository_that_came_as_files_do_nothing() {
        for pair in [
            "core.sshcommand\ntouch /tmp/x; ssh",
            "core.gitproxy\n/tmp/x",
            "core.askpass\n/tmp/x",
            "core.alternaterefscommand\n/tmp/x",
            "credential.helper\n!/tmp/x",
            "credential.https://Host.example.helper\n!/tmp/x",
            "remote.origin.uploadpack\n/tmp/x",
            "remote.origin.receivepack\n/tmp/x",
            "remote.origin.vcs\nevil",
            "remote.origin.proxy\nhttp://evil.example",
            "protocol.ext.allow\nalways",
            "protocol.allow\nalways",
            "http.proxy\nhttp://evil.example",
            "http.https://github.com/.proxy\nhttp://evil.example",
            "http.sslverify\nfalse",
            "http.sslcainfo\n/tmp/ca.pem",
            "http.curloptresolve\ngithub.com:443:10.0.0.1",
            "http.cookiefile\n/tmp/x",
            "http.savecookies",
            "http.followredirects\ntrue",
            "http.anything-new\nx",
        ] {
            for scope in ["local", "worktree"] {
                let told = judged(&format!("{scope}\0{pair}\0"), &[]).unwrap_or_else(|| panic!("{pair}"));
                let key = pair.split('\n').next().unwrap();
                assert!(told.contains(&format!("`{key}`")) && told.contains("GIT_CONFIG_KEY_0"), "{told}");
            }
            // The person's own, and the same said by the person, count.
            let value = pair.split_once('\n').map_or("true", |(_, value)| value);
            let key = pair.split('\n').next().unwrap();
            for scope in ["system", "global", "command"] {
                assert_eq!(judged(&format!("{scope}\0{pair}\0"), &[]), None, "{pair}");
                let both = format!("{scope}\0{key}\n{value}\0local\0{pair}\0");
                assert_eq!(judged(&both, &[]), None, "{pair}");
                let other = format!("{scope}\0{key}\nother\0local\0{pair}\0");
                assert!(judged(&other, &[]).is_some(), "{pair}");
            }
        }
    }

    #[test]
    fn what_is_harmless_stays() {
        for pair in [
            "remote.origin.url\nhttps://github.com/acme/shop",
            "remote.other.uploadpack\n/tmp/x",
            "http.https://github.com/.extraheader\nAUTHORIZATION: basic x",
            "http.postbuffer\n1",
            "http.sslverify\ntrue",
            "credential.helper\n",
            "core.hookspath\n/tmp/x",
            "core.fsmonitor\n/tmp/x",
            "protocol.version\n2",
            "user.name\nx",
        ] {
            assert_eq!(judged(&format!("local\0{pair}\0"), &[]), None, "{pair}");
        }
        let certificates = "local\0http.https://git.acme.example.sslcainfo\n/builds/ca.pem\0";
        let runner = [("GITLAB_CI", "true"), ("CI_SERVER_TLS_CA_FILE", "/builds/ca.pem")];
        assert_eq!(judged(certificates, &runner), None);
        assert!(judged(certificates, &runner[1..]).is_some());
        assert!(
            judged(certificates, &[("GITLAB_CI", "true"), ("CI_SERVER_TLS_CA_FILE", "/other")]).is_some()
        );
    }

    #[test]
    fn a_remote_inside_the_work_tree_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("top");
        std::fs::create_dir_all(top.join("evil.git")).unwrap();
        std::fs::create_dir_all(folder.path().join("good.git")).unwrap();
        let within = |address: &str| outside(ABOUT, address.as_bytes(), &top).is_err();
        let absolute = top.join("evil.git").display().to_string();
        for bad in
            ["evil.git", "./evil.git", "../top/evil.git", ".", &absolute, &format!("file://{absolute}")]
        {
            assert!(within(bad), "{bad}");
        }
        let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"caf\xe9.git");
        std::fs::create_dir_all(top.join(odd)).unwrap();
        assert!(outside(ABOUT, b"caf\xe9.git", &top).is_err());
        std::os::unix::fs::symlink(top.join("evil.git"), folder.path().join("link.git")).unwrap();
        assert!(within("../link.git"));
        for good in
            ["../good.git", "https://github.com/a/b", "git@github.com:a/b", "ssh://x/evil.git", "nowhere"]
        {
            assert!(!within(good), "{good}");
        }
    }
}
