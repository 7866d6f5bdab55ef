//! Which jobs may take a role: those of this repository that promote to these environments, by what their tokens say.

use super::Purpose;
use super::aws::{Policy, trust};
use promote_core::automatic::environments;
use promote_core::config::{Config, Environment, ForgeKind};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;

/// The trust policy for AWS. `remote`: the address of the remote `origin`, where there is one.
///
/// # Errors
/// When it is not known which repository's jobs are meant.
pub(crate) fn policy(
    config: &Config,
    purpose: Purpose,
    named: &[&Environment],
    remote: Option<&str>,
    account: &str,
) -> Result<Policy, Failure> {
    let found = remote.and_then(place);
    let forge = config.forge.as_ref();
    let repository =
        forge.and_then(|forge| forge.repository.clone()).or(found.as_ref().map(|(_, path)| path.clone()));
    let repository = repository.ok_or_else(|| {
        Failure::new(ExitStatus::Missing, "no repository is known whose jobs could be trusted")
            .hint("give it a remote `origin`, or write `[forge]` with `kind` and `repository`")
    })?;
    let host = found.map_or_else(String::new, |(host, _)| host);
    let gitlab = match forge {
        Some(forge) => forge.kind == ForgeKind::Gitlab,
        None => host.contains("gitlab"),
    };
    let moved = match purpose {
        Purpose::To => named.to_vec(),
        Purpose::Publish => environments(config),
        Purpose::Read | Purpose::Block => Vec::new(),
    };
    let branch = crate::generate::branch(config);
    let mut subjects: Vec<String> = match gitlab {
        true => vec![format!("project_path:{repository}:ref_type:branch:ref:{branch}")],
        false => moved.iter().map(|one| format!("repo:{repository}:environment:{}", one.name)).collect(),
    };
    if subjects.is_empty() {
        subjects.push(format!("repo:{repository}:ref:refs/heads/{branch}"));
    }
    Ok(match gitlab {
        true => {
            let server = if host.is_empty() { "gitlab.com" } else { &host };
            trust(account, server, "sts.amazonaws.com", &subjects)
        }
        false => trust(account, "token.actions.githubusercontent.com", "sts.amazonaws.com", &subjects),
    })
}

/// Host and path of a remote's address, as git takes it.
pub(crate) fn place(remote: &str) -> Option<(String, String)> {
    let rest = remote.split_once("://").map_or(remote, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_once(['/', ':'])?;
    // A port may stand between.
    let path =
        path.split_once('/').filter(|(port, _)| port.parse::<u16>().is_ok()).map_or(path, |(_, rest)| rest);
    let path = path.trim_matches('/').trim_end_matches(".git");
    (!host.is_empty() && path.contains('/')).then(|| (host.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_remotes_are_read() {
        for remote in [
            "https://github.com/acme/shop.git",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com:22/acme/shop",
            "https://user:x@github.com/acme/shop/",
        ] {
            assert_eq!(place(remote), Some(("github.com".to_owned(), "acme/shop".to_owned())), "{remote}");
        }
        for odd in ["/srv/git/shop.git", "../shop", "shop"] {
            assert_eq!(place(odd).filter(|(host, _)| host == "github.com"), None, "{odd}");
        }
    }
}
