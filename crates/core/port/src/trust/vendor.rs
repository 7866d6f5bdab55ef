//! The hosts that vendors run themselves and that serve what their credentials are for. Hosts below a vendor's domain where
//! its customers run programs of their own (`execute-api`, `compute`, `elb` of Amazon's) are not among them.

use super::Host;

/// Whose credentials are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vendor {
    /// Amazon: S3.
    Amazon,
    /// Google: Cloud Storage, and the services that hand out tokens.
    Google,
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
}

impl Vendor {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amazon => "AWS",
            Self::Google => "Google Cloud",
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
        }
    }

    /// Whether the host is one of its own, for what its credentials are for.
    pub fn owns(self, host: &Host) -> bool {
        let name = host.name();
        host.port == 443
            && match self {
                Self::Amazon => is_s3(name),
                Self::Google => is_google(name),
                // With data residency an enterprise has a name of its own, on GitHub's servers:
                // <https://docs.github.com/enterprise-cloud@latest/admin/data-residency>
                Self::Github => {
                    name == "api.github.com"
                        || name
                            .strip_prefix("api.")
                            .and_then(|rest| rest.strip_suffix(".ghe.com"))
                            .is_some_and(is_label)
                }
                Self::Gitlab => name == "gitlab.com",
            }
    }
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The endpoints of S3: <https://docs.aws.amazon.com/general/latest/gr/s3.html>, and those of its interface endpoints in a
/// private network: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html>.
fn is_s3(name: &str) -> bool {
    let Some(rest) = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"))
    else {
        return false;
    };
    let labels: Vec<&str> = rest.split('.').collect();
    match labels.as_slice() {
        ["s3" | "s3-accelerate"] | ["s3-accelerate", "dualstack"] => true,
        ["s3" | "s3-fips", region] | ["s3" | "s3-fips", "dualstack", region] => is_label(region),
        ["bucket", endpoint, "s3", region, "vpce"] => endpoint.starts_with("vpce-") && is_label(region),
        [old] => old.strip_prefix("s3-").is_some_and(|region| is_label(region) && region != "website"),
        _ => false,
    }
}

/// Google's API by its usual names, those of a region (<https://cloud.google.com/storage/docs/regional-endpoints>) and
/// those of a private network (<https://cloud.google.com/vpc/docs/configure-private-google-access>).
fn is_google(name: &str) -> bool {
    if name == "accounts.google.com" {
        return true;
    }
    let Some(rest) = name.strip_suffix(".googleapis.com") else { return false };
    let services = ["storage", "www", "oauth2", "sts", "iamcredentials", "private", "restricted"];
    let mut labels = rest.split('.');
    let service = labels.next().is_some_and(|service| services.contains(&service));
    match (labels.next(), labels.next(), labels.next()) {
        (None, ..) | (Some("mtls"), None, _) => service,
        (Some(region), Some("rep"), None) => service && is_label(region),
        _ => false,
    }
}

/// Whether a registry's password may be shown to a server that hands out tokens for it: one at the same host, which has the
/// same certificate, or the one of the registry's vendor.
pub fn is_token_server(registry: &str, server: &Host) -> bool {
    let registry = registry.to_ascii_lowercase();
    let name = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => registry.split(':').next().unwrap_or_default(),
    };
    let vendors = match name {
        // <https://docs.docker.com/reference/api/registry/auth/>
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "auth.docker.io",
        // By the challenge that it sends.
        "registry.gitlab.com" => "gitlab.com",
        _ => "",
    };
    server.name() == name || (server.name() == vendors && server.port == 443)
}
