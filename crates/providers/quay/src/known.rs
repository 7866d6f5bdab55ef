//! Registries of which it is known beforehand how they want to be signed in to, so that no first request is refused and
//! none has to wait for another. A registry that says otherwise has the last word.
//!
//! No password goes elsewhere by this than it would by the registry's own word: to its own host, or to the one server
//! of its vendor. So a pattern takes the whole host, with nothing in it that others than the vendor could register.

use crate::credentials::{Credentials, Secret};
use crate::environment::Environment;
use crate::realm::Realm;
use crate::repository::{Repository, is_safe};
use crate::sign_in::Scheme;
use reqwest::Url;

/// How the repository's registry is signed in to, if it is one of those below. `quay.io` (or the host in
/// `PROMOTE_QUAY_HOST`), `ghcr.io` and `registry.gitlab.com` by the challenges that they send; Docker Hub by
/// <https://docs.docker.com/reference/api/registry/auth/>; `public.ecr.aws` by its challenge, and the same address in
/// Amazon's own `install-graph-explorer-lc.sh` (aws/graph-explorer). The others have functions of their own.
pub(crate) fn scheme(
    repository: &Repository,
    environment: &Environment,
    credentials: Option<&Credentials>,
) -> Option<Scheme> {
    let host = repository.host.as_str();
    let (address, service) = match host {
        _ if host == environment.quay_host() => (repository.url("/v2/auth").ok()?, host),
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => {
            (Url::parse("https://auth.docker.io/token").ok()?, "registry.docker.io")
        }
        "ghcr.io" => (repository.url("/token").ok()?, host),
        "registry.gitlab.com" => (Url::parse("https://gitlab.com/jwt/auth").ok()?, "container_registry"),
        "public.ecr.aws" => (repository.url("/token/").ok()?, host),
        _ if is_amazon(host) => return Some(Scheme::Basic),
        _ if is_azure(host) => (repository.url("/oauth2/token").ok()?, host),
        _ if is_google(host) => (repository.url("/v2/token").ok()?, host),
        _ => (gitlab(repository, environment, credentials)?, "container_registry"),
    };
    Some(Scheme::Bearer(Realm { url: address, service: Some(service.to_owned()) }))
}

/// One part of a host's name.
fn is_label(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// A private registry of Amazon's, which takes name and password with every request: section "Using HTTP API
/// authentication" of <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html>. The hosts are those
/// that awslabs/amazon-ecr-credential-helper knows in the commercial and Chinese regions.
fn is_amazon(host: &str) -> bool {
    let Some(name) = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))
    else {
        return false;
    };
    let Some((account, region)) = name.split_once(".dkr.ecr.").or_else(|| name.split_once(".dkr.ecr-fips."))
    else {
        return false;
    };
    account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && is_label(region)
}

/// A registry of Azure's, which gives tokens on its own host: <https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md>,
/// section on `/oauth2/token`, and the answers recorded in Azure/azure-sdk-for-js below `sdk/containerregistry`.
fn is_azure(host: &str) -> bool {
    host.strip_suffix(".azurecr.io").is_some_and(is_label)
}

/// A registry of Google's, which gives tokens on its own host: the challenge stands in the source of Google's client
/// Jib (GoogleContainerTools/jib, `RegistryClient`), Artifact Registry's `LOCATION-docker.pkg.dev/v2/token` in the
/// messages that Google's pages on troubleshooting Cloud Functions show. The hosts are the vendor's own, for
/// <https://cloud.google.com/artifact-registry/docs/docker/names> and, of `gcr.io`,
/// <https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr>.
fn is_google(host: &str) -> bool {
    matches!(host, "gcr.io" | "us.gcr.io" | "eu.gcr.io" | "asia.gcr.io")
        || host.strip_suffix("-docker.pkg.dev").is_some_and(is_label)
}

/// The token server of the GitLab whose job this is, when the registry is that GitLab's own:
/// <https://docs.gitlab.com/ci/variables/predefined_variables/> for the variables, and
/// <https://docs.gitlab.com/administration/packages/container_registry_troubleshooting/> for `/jwt/auth` and its service.
///
/// `CI_REGISTRY` is often set to somebody else's registry by hand. So this holds for the job's own token only, which is
/// GitLab's, and for nobody.
fn gitlab(
    repository: &Repository,
    environment: &Environment,
    credentials: Option<&Credentials>,
) -> Option<Url> {
    let own = match credentials.map(|found| &found.secret) {
        None => true,
        Some(Secret::Pair { password, .. }) => environment.get("CI_JOB_TOKEN") == Some(password),
        Some(Secret::Refresh(_)) => false,
    };
    let mut url = Url::parse(environment.get("CI_SERVER_URL")?).ok()?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && is_safe(&url, &repository.host);
    if !own || !plain || environment.get("CI_REGISTRY") != Some(&repository.host) {
        return None;
    }
    let path = format!("{}/jwt/auth", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(host: &str, pairs: &[(&str, &str)], credentials: Option<&Credentials>) -> Option<String> {
        let repository = Repository::parse(&format!("{host}/acme/app")).unwrap();
        let environment = pairs.iter().copied().collect();
        scheme(&repository, &environment, credentials).map(|scheme| scheme.written())
    }

    #[test]
    fn known_registries_are_told_from_those_that_look_like_them() {
        for (host, expected) in [
            ("quay.io", "https://quay.io/v2/auth?service=quay.io"),
            ("docker.io", "https://auth.docker.io/token?service=registry.docker.io"),
            ("registry-1.docker.io", "https://auth.docker.io/token?service=registry.docker.io"),
            ("ghcr.io", "https://ghcr.io/token?service=ghcr.io"),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth?service=container_registry"),
            ("public.ecr.aws", "https://public.ecr.aws/token/?service=public.ecr.aws"),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "password"),
            ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "password"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "password"),
            ("acme.azurecr.io", "https://acme.azurecr.io/oauth2/token?service=acme.azurecr.io"),
            (
                "acme-c2b4a6.azurecr.io",
                "https://acme-c2b4a6.azurecr.io/oauth2/token?service=acme-c2b4a6.azurecr.io",
            ),
            ("gcr.io", "https://gcr.io/v2/token?service=gcr.io"),
            ("eu.gcr.io", "https://eu.gcr.io/v2/token?service=eu.gcr.io"),
            (
                "europe-west3-docker.pkg.dev",
                "https://europe-west3-docker.pkg.dev/v2/token?service=europe-west3-docker.pkg.dev",
            ),
        ] {
            assert_eq!(found(host, &[], None).as_deref(), Some(expected), "{host}");
        }
        for host in [
            "quay.io.example.com",
            "evilquay.io",
            "docker.io.example",
            "localhost:5000",
            "public.ecr.aws.example",
            "evilpublic.ecr.aws",
            "x.public.ecr.aws",
            "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
            "1234567890123.dkr.ecr.eu-central-1.amazonaws.com",
            "acme.dkr.ecr.eu-central-1.amazonaws.com",
            "x.123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.evilamazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.cn.evil",
            "123456789012.dkr.ecr.evil.example.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com:5000",
            "evilazurecr.io",
            "azurecr.io",
            "acme.azurecr.io.evil.example",
            "acme.azurecr.io:5000",
            "acme.data.azurecr.io",
            "acme-.azurecr.io",
            "evilgcr.io",
            "x.evilgcr.io",
            "evil.gcr.io",
            "gcr.io.evil.example",
            "docker.pkg.dev",
            "europe-docker.pkg.dev.evil.example",
            "evil.europe-docker.pkg.dev",
            "europe-npm.pkg.dev",
            "europe-docker.evilpkg.dev",
            "europe-dockerxpkg.dev",
        ] {
            assert_eq!(found(host, &[], None), None, "{host}");
        }
    }

    #[test]
    fn a_gitlab_is_known_in_its_own_jobs_and_told_its_own_token_only() {
        let job = |server: &'static str, registry: &'static str| {
            [("CI_SERVER_URL", server), ("CI_REGISTRY", registry), ("CI_JOB_TOKEN", "job-token")]
        };
        let pair = |password: &str| {
            let secret = Secret::Pair { user: "gitlab-ci-token".to_owned(), password: password.to_owned() };
            Credentials { secret, origin: "a file".to_owned() }
        };
        let own = job("https://gitlab.example/", "registry.example:5050");
        let server = Some("https://gitlab.example/jwt/auth?service=container_registry".to_owned());
        assert_eq!(found("registry.example:5050", &own, Some(&pair("job-token"))), server);
        assert_eq!(found("registry.example:5050", &own, None), server);
        let below = job("https://example.com/gitlab", "registry.example");
        let server = Some("https://example.com/gitlab/jwt/auth?service=container_registry".to_owned());
        assert_eq!(found("registry.example", &below, None), server);
        let near = job("http://127.0.0.1:8080", "localhost:5050");
        let server = Some("http://127.0.0.1:8080/jwt/auth?service=container_registry".to_owned());
        assert_eq!(found("localhost:5050", &near, None), server);

        // Somebody else's password is not GitLab's business.
        assert_eq!(found("registry.example:5050", &own, Some(&pair("canary"))), None);
        let kept =
            Credentials { secret: Secret::Refresh("job-token".to_owned()), origin: "a file".to_owned() };
        assert_eq!(found("registry.example:5050", &own, Some(&kept)), None);
        assert_eq!(found("registry.example:5050", &own[..2], Some(&pair("canary"))), None);
        for (server, registry) in [
            ("http://gitlab.example", "registry.example"),
            ("http://127.0.0.1:8080", "registry.example"),
            ("http://gitlab.example", "localhost:5050"),
            ("https://me:canary@gitlab.example", "registry.example"),
            ("https://gitlab.example/?x", "registry.example"),
            ("https://gitlab.example/#x", "registry.example"),
            ("gitlab.example", "registry.example"),
        ] {
            assert_eq!(found(registry, &job(server, registry), None), None, "{server}");
        }
        assert_eq!(found("registry.example", &own, None), None);
        assert_eq!(found("registry.example", &[("CI_REGISTRY", "registry.example")], None), None);
        // A registry that has a vendor is not GitLab's, whatever the variable says.
        let hub = job("https://gitlab.example", "docker.io");
        assert!(found("docker.io", &hub, None).unwrap().starts_with("https://auth.docker.io/"));
    }
}
