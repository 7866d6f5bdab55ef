//! What git says when something goes wrong, as errors of the port: who may do what about it, and what it means for a
//! push that was under way.

use crate::process::CommandOutput;
use promote_port::names::visible;
use promote_port::port::{ErrorKind, ProviderError};

/// What became of a command that talked to the remote and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Not signed in, or a right is missing.
    Denied,
    /// There is no such repository.
    NoRepository,
    /// The remote was never reached.
    Unreached,
    /// The connection was lost on the way, or something that is not understood: anything may have happened.
    Doubtful,
}

/// Words in git's (untranslated) messages, and in those of ssh and of the usual servers, most telling first.
const TELLING: [(&str, Cause); 37] = [
    ("authentication failed", Cause::Denied),
    ("could not read username", Cause::Denied),
    ("could not read password", Cause::Denied),
    ("terminal prompts disabled", Cause::Denied),
    ("unable to get password", Cause::Denied),
    ("invalid credentials", Cause::Denied),
    ("http basic: access denied", Cause::Denied),
    ("permission denied", Cause::Denied),
    ("host key verification failed", Cause::Denied),
    ("denied to ", Cause::Denied),
    ("access denied", Cause::Denied),
    ("access not granted", Cause::Denied),
    ("not authorized", Cause::Denied),
    ("unauthorized", Cause::Denied),
    ("not allowed to push", Cause::Denied),
    ("returned error: 401", Cause::Denied),
    ("returned error: 403", Cause::Denied),
    ("http 401", Cause::Denied),
    ("http 403", Cause::Denied),
    ("service not enabled", Cause::Denied),
    ("insufficient permission", Cause::Denied),
    ("returned error: 404", Cause::NoRepository),
    ("repository not found", Cause::NoRepository),
    ("does not appear to be a git repository", Cause::NoRepository),
    ("not found: did you run git update-server-info", Cause::NoRepository),
    ("' not found", Cause::NoRepository),
    ("rpc failed", Cause::Doubtful),
    ("hung up", Cause::Doubtful),
    ("unexpected disconnect", Cause::Doubtful),
    ("early eof", Cause::Doubtful),
    // Git says this of the request before anything is sent.
    ("unable to access '", Cause::Unreached),
    ("could not resolve", Cause::Unreached),
    ("connection refused", Cause::Unreached),
    ("no route to host", Cause::Unreached),
    ("network is unreachable", Cause::Unreached),
    ("unable to connect to", Cause::Unreached),
    ("transport '", Cause::Unreached),
];

/// What the words on standard error mean.
pub(crate) fn cause(err: &str) -> Cause {
    let low = err.to_lowercase();
    TELLING.iter().find(|(words, _)| low.contains(words)).map_or(Cause::Doubtful, |(_, cause)| *cause)
}

/// The line of standard error that says what went wrong: harmless, short, without credentials.
pub(crate) fn reason(err: &str) -> String {
    let lines = || err.lines().map(str::trim).filter(|line| !line.is_empty());
    let pick = |starts: &'static [&'static str]| {
        lines().find(move |line| starts.iter().any(|start| line.starts_with(start)))
    };
    let line = pick(&["fatal: ", "ERROR: ", "remote: error: ", "remote: fatal: "])
        .or_else(|| pick(&["error: ", "remote: ", " ! "]))
        .or_else(|| lines().next())
        .unwrap_or("git did not say why");
    let line = ["fatal: ", "error: ", "remote: error: ", "remote: "]
        .iter()
        .fold(line, |line, start| line.strip_prefix(start).unwrap_or(line));
    visible(&without_credentials(line).chars().take(240).collect::<String>())
}

/// The text with `user:password@` and queries taken out of addresses.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let over = |c: char| c.is_whitespace() || matches!(c, '\'' | '"');
        let (address, rest) = part.split_at(part.find(over).unwrap_or(part.len()));
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
        clean.push_str("://");
        clean.push_str(host.rsplit('@').next().unwrap_or(host));
        clean.push_str(path);
        clean.push_str(rest);
    }
    clean
}

/// What a command needs to be told about, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// The store, as `Display` names it.
    pub(crate) store: &'a str,
    /// The branch.
    pub(crate) branch: &'a str,
    /// The remote, when there is one.
    pub(crate) remote: Option<&'a str>,
}

impl About<'_> {
    /// An error about the branch.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, self.store, self.branch, message)
    }

    /// Git could not be run, or took too long, before anything was sent.
    pub(crate) fn not_run(&self, error: std::io::Error) -> ProviderError {
        match error.kind() {
            std::io::ErrorKind::NotFound => self
                .error(ErrorKind::Invalid, "`git` could not be started")
                .hint("install git and put it on the PATH")
                .refusal(),
            _ => self.error(ErrorKind::Unavailable, "git could not do its work"),
        }
        .caused_by(error)
    }

    /// A local command failed.
    pub(crate) fn failed(&self, command: &str, said: &CommandOutput) -> ProviderError {
        let kind = match cause(&said.err) {
            Cause::Denied => ErrorKind::Denied,
            _ => ErrorKind::Unavailable,
        };
        self.error(kind, format!("`git {command}` failed: {}", reason(&said.err)))
    }

    /// A command that talked to the remote failed. `writing`: it was a push, which needs more rights.
    pub(crate) fn remote_failed(&self, err: &str, writing: bool) -> ProviderError {
        let remote = self.remote.unwrap_or("the remote");
        let reason = reason(err);
        match cause(err) {
            Cause::Denied if writing => self
                .error(ErrorKind::Denied, format!("`{remote}` does not let you push: {reason}"))
                .hint("sign in with a token or key that may push to this repository")
                .hint("in GitHub Actions, the job needs `permissions: contents: write`, and a checkout that keeps its credentials"),
            Cause::Denied => self
                .error(ErrorKind::Denied, format!("`{remote}` does not let you in: {reason}"))
                .hint("git must be able to fetch without asking: store a token with a credential helper, or load the key into ssh-agent"),
            Cause::NoRepository => self
                .error(ErrorKind::NotFound, format!("`{remote}` leads to no repository: {reason}"))
                .hint(format!("`git remote -v` shows where `{remote}` leads")),
            Cause::Unreached | Cause::Doubtful => self
                .error(ErrorKind::Unavailable, format!("`{remote}` can't be reached: {reason}"))
                .hint(format!("`git fetch {remote}` shows whether the remote answers")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood() {
        for (err, expected) in [
            (
                "fatal: could not read Username for 'https://x.example': terminal prompts disabled",
                Cause::Denied,
            ),
            (
                "fatal: unable to access 'https://x.example/a.git/': The requested URL returned error: 403",
                Cause::Denied,
            ),
            (
                "git@x.example: Permission denied (publickey).\nfatal: Could not read from remote repository.",
                Cause::Denied,
            ),
            ("fatal: unable to access 'http://x/': Failed to connect to x port 80", Cause::Unreached),
            ("fatal: unable to access 'http://x/': The requested URL returned error: 503", Cause::Unreached),
            ("ssh: Could not resolve hostname x: Name or service not known", Cause::Unreached),
            ("error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502", Cause::Doubtful),
            (
                "send-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly",
                Cause::Doubtful,
            ),
            ("fatal: '/srv/x.git' does not appear to be a git repository", Cause::NoRepository),
            ("fatal: repository 'https://x.example/a.git/' not found", Cause::NoRepository),
            ("something new", Cause::Doubtful),
            ("", Cause::Doubtful),
        ] {
            assert_eq!(cause(err), expected, "{err}");
        }
    }

    #[test]
    fn credentials_never_reach_a_message() {
        let err = "fatal: unable to access 'https://bot:gho_secret@x.example/a.git/': no\n";
        assert_eq!(reason(err), "unable to access 'https://x.example/a.git/': no");
        assert_eq!(
            without_credentials("ssh://git@x.example:22/a and https://a:b@y"),
            "ssh://x.example:22/a and https://y"
        );
        assert_eq!(
            without_credentials(
                "'https://u@y/a.git?private_token=geheim/': no; https://y?t=geheim, \"https://z/#geheim\""
            ),
            "'https://y/a.git': no; https://y \"https://z/\""
        );
        assert_eq!(reason(""), "git did not say why");
    }
}
