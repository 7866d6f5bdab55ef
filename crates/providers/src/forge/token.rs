//! The token by which the forge is reached: named variables first, the forge's own command line last, and that only
//! where a person sits before it.

use super::access::{Access, GITHUB_TOKENS, TOKEN};
use super::repository::ForgeRepository;
use promote_core::config::ForgeKind;
use promote_core::port::{ErrorKind, ProviderError};
use std::process::Stdio;
use std::time::Duration;

/// How long the forge's own command line may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A token. Has no `Debug` that shows it.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: String,
    /// The header that it is sent in.
    pub(super) header: &'static str,
    /// What stands before it there.
    pub(super) scheme: &'static str,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({})", self.header)
    }
}

fn bearer(value: &str) -> Token {
    Token { value: value.trim().to_owned(), header: "authorization", scheme: "Bearer " }
}

/// The first that there is.
pub(super) async fn find(access: &Access, place: &ForgeRepository) -> Result<Token, ProviderError> {
    let variable = |names: &[&str]| names.iter().find_map(|name| access.variables.get(name)).map(bearer);
    let found = match place.kind {
        ForgeKind::Github => match variable(&GITHUB_TOKENS) {
            None if access.person => asked(&place.host()).await,
            found => found,
        },
        // A job's own token may make deployments since GitLab 16.2, and has a header of its own.
        ForgeKind::Gitlab => variable(&[TOKEN, "GITLAB_TOKEN"]).or_else(|| {
            let value = access.variables.get("CI_JOB_TOKEN")?.trim().to_owned();
            Some(Token { value, header: "job-token", scheme: "" })
        }),
    };
    found.ok_or_else(|| {
        let other = match place.kind {
            ForgeKind::Github => "`GITHUB_TOKEN`, or sign in with `gh auth login`",
            ForgeKind::Gitlab => "`GITLAB_TOKEN`",
        };
        ProviderError::new(
            ErrorKind::Denied,
            place.kind.name(),
            &place.repository,
            "there is no token for it",
        )
        .hint(format!("set `{TOKEN}` or {other}"))
    })
}

/// What `gh` is signed in with.
async fn asked(host: &str) -> Option<Token> {
    let child = tokio::process::Command::new("gh")
        .args(["auth", "token", "--hostname", host])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, child).await.ok()?.ok()?;
    let value = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let value = value.trim();
    let sound = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then(|| bearer(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trust;
    use promote_core::config::{Forge, Mirroring};

    #[tokio::test]
    async fn named_variables_go_first() {
        let all = [
            (TOKEN, "first"),
            ("GITHUB_TOKEN", "second"),
            ("GH_TOKEN", "third"),
            ("GITLAB_TOKEN", "fourth"),
            ("CI_JOB_TOKEN", "fifth"),
        ];
        for (kind, from, value, header) in [
            (ForgeKind::Github, 0, "first", "authorization"),
            (ForgeKind::Github, 1, "second", "authorization"),
            (ForgeKind::Github, 2, "third", "authorization"),
            (ForgeKind::Gitlab, 0, "first", "authorization"),
            (ForgeKind::Gitlab, 1, "fourth", "authorization"),
            (ForgeKind::Gitlab, 4, "fifth", "job-token"),
        ] {
            let repository = Some("acme/shop".to_owned());
            let forge = Forge { kind, repository, api: None, deployments: Mirroring::Auto };
            let variables = all[from..].iter().copied().collect();
            let access = Access { forge, variables, remote: None, person: false, trust: Trust::default() };
            let place = ForgeRepository::of(&access).unwrap();
            let token = find(&access, &place).await.unwrap();
            assert_eq!((token.value.as_str(), token.header), (value, header), "{from}");
            assert!(!format!("{token:?}").contains(value));
            let none = Access { variables: [("CI", "true")].into_iter().collect(), ..access };
            let error = find(&none, &place).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Denied);
            assert!(error.hints[0].contains(TOKEN), "{error:?}");
        }
    }
}
