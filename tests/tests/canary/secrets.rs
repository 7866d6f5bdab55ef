//! Every kind of secret that a person or a job has, each with a text of its own that must come out nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::path::Path;

/// Stands in every secret.
pub(crate) const MARK: &str = "c4nary";
/// Who signs in to registries.
pub(crate) const USER: &str = "acme";

/// The secret of this kind.
pub(crate) fn secret(kind: &str) -> String {
    format!("{MARK}-{kind}-5f2e9d71")
}

/// Variables that hold nothing but a secret: all of the trade's and `promote`'s own.
const VARIABLES: &[&str] = &[
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITLAB_TOKEN",
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "INPUT_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "PROMOTE_FORGE_TOKEN",
    "PROMOTE_REGISTRY_PASSWORD",
    "PROMOTE_QUAY_TOKEN",
    "QUAY_API_TOKEN",
    "QUAY_PASSWORD",
    // Of a step: by its name, and by being referred to.
    "MY_PASSWORD",
    "HOOK",
];

/// Those that are for `promote` alone, so that no step may see them.
pub(crate) const OWN: &[&str] = &[
    "INPUT_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_RUNTIME_TOKEN",
    "PROMOTE_FORGE_TOKEN",
    "PROMOTE_ID_TOKEN",
];

/// Addresses with a user, a password and a query, as systems of pipelines and proxies have them.
const ADDRESSES: &[&str] = &[
    "PROMOTE_RUN_URL",
    "CI_JOB_URL",
    "CI_PIPELINE_URL",
    "CI_PROJECT_URL",
    "CI_REPOSITORY_URL",
    "BUILD_URL",
    "GITHUB_SERVER_URL",
    "HTTPS_PROXY",
    "ALL_PROXY",
];

/// All variables with a secret. `host` is a server of this machine; `folder` is outside of the project.
pub(crate) fn variables(host: &str, folder: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut all: BTreeMap<String, String> =
        VARIABLES.iter().map(|name| ((*name).to_owned(), secret(name))).collect();
    for name in ADDRESSES {
        let address = format!("http://{USER}:{}@{host}/{name}?sig={}", secret(name), secret("query"));
        all.insert((*name).to_owned(), address);
    }
    let query = secret("oidc-query");
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "AKIDTEST".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("PROMOTE_ACTOR", "alice".to_owned()),
        ("PROMOTE_REGISTRY_HOST", host.to_owned()),
        ("PROMOTE_REGISTRY_USERNAME", USER.to_owned()),
        ("PROMOTE_QUAY_HOST", host.to_owned()),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("http://{host}/oidc?api={query}")),
        ("DOCKER_CONFIG", folder.display().to_string()),
        ("GOOGLE_APPLICATION_CREDENTIALS", folder.join("google.json").display().to_string()),
        ("HOOK_URL", format!("http://{USER}:{}@{host}/hook?sig={}", secret("hook"), secret("hook-query"))),
        ("STORE_URL", format!("http://{USER}:{}@{host}/?sig={}", secret("store"), secret("store-query"))),
    ] {
        all.insert(name.to_owned(), value);
    }
    std::fs::create_dir_all(folder)?;
    let pair = STANDARD.encode(format!("{USER}:{}", secret("docker")));
    let docker = serde_json::json!({ "auths": {
        "docker.example": { "auth": pair },
        "kept.example": { "identitytoken": secret("identity") },
    }});
    std::fs::write(folder.join("config.json"), docker.to_string())?;
    let google = serde_json::json!({
        "type": "authorized_user", "client_id": "id", "client_secret": secret("google-client"),
        "refresh_token": secret("google-refresh"), "token_uri": format!("http://{host}/google"),
    });
    std::fs::write(folder.join("google.json"), google.to_string())?;
    Ok(all)
}

/// The same secret as a server may see and repeat it.
fn spelled() -> Vec<String> {
    let pairs = ["PROMOTE_REGISTRY_PASSWORD", "docker"]
        .map(|kind| STANDARD.encode(format!("{USER}:{}", secret(kind))));
    pairs.into_iter().chain([MARK.to_owned()]).collect()
}

/// The first secret in a text, with a little of what stands around it.
pub(crate) fn found(text: &str) -> Option<String> {
    let at = spelled().iter().filter_map(|spelled| text.find(spelled.as_str())).min()?;
    let around = text.char_indices().filter(|(i, _)| *i + 160 >= at && *i < at + 80).map(|(_, c)| c);
    Some(around.collect())
}
