//! Locations as the file writes them: which kind of place each names, and whether two of them touch. What a location
//! names is told from a sample, filled in with made-up values, so that placeholders need no rules of their own.

use super::model::{ArtifactKind, LedgerPlace};
use super::reading::ReadContext;
use super::variables::{self, Wrong, replace};
use crate::commit::CommitId;
use crate::location::{Key, StoreId, image_parts, is_bucket, is_image_path, is_other};
use crate::names::{EnvironmentName, ProjectName, escape};
use crate::same_store::repository;
use crate::template::{Template, Values, variable};
use chrono::DateTime;

/// What a location names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ParsedLocation {
    /// The commit itself.
    Git,
    /// `HOST/REPOSITORY:TAG`.
    Image(String),
    /// An object or a folder. The key has no slash at its end; a folder's may be empty.
    Store { store: StoreId, key: String, folder: bool },
}

/// A fragment and what to do about it.
type Fault = (String, Option<String>);

const KNOWN: &str = "known are `s3://BUCKET/KEY`, `gs://BUCKET/KEY`, `HOST/REPOSITORY:TAG`, `git` and paths relative to `promote.toml`";

fn known(schemes: &[&str]) -> String {
    let own = schemes.iter().map(|scheme| format!(", `{scheme}://NAME/KEY`"));
    own.fold(KNOWN.to_owned(), |known, own| known + &own)
}

impl ParsedLocation {
    pub(super) fn kind(&self) -> ArtifactKind {
        match self {
            Self::Git => ArtifactKind::Git,
            Self::Image(_) => ArtifactKind::Image,
            Self::Store { folder: true, .. } => ArtifactKind::Folder,
            Self::Store { folder: false, .. } => ArtifactKind::Object,
        }
    }

    /// Whether it can be the small object that says which folder is meant.
    pub(super) fn is_pointer(&self) -> bool {
        matches!(self, Self::Store { folder: false, key, .. } if key.ends_with(".json"))
    }

    /// Whether writing one may change the other: they are the same, or one lies in the other.
    pub(super) fn touches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Image(a), Self::Image(b)) => match (image_parts(a), image_parts(b)) {
                (Some((a, tag)), Some((b, other))) => tag == other && repository(a) == repository(b),
                _ => a == b,
            },
            (
                Self::Store { store: s, key: a, folder: wide_a },
                Self::Store { store: t, key: b, folder: wide_b },
            ) => s == t && (a == b || *wide_a && within(a, b) || *wide_b && within(b, a)),
            _ => false,
        }
    }
}

/// Whether `key` lies in the folder.
fn within(folder: &str, key: &str) -> bool {
    folder.is_empty() || key.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Reads a location: variables first, then placeholders.
pub(super) fn template(text: &str, context: &ReadContext<'_>) -> Result<Template, Vec<Wrong>> {
    if variable(text).is_some() {
        return Err(vec![Wrong {
            place: 0..text.len(),
            message: "a location must be known when the file is read".to_owned(),
            hint: Some(format!("write `${{{}}}`", text.trim_start_matches('$'))),
        }]);
    }
    let replaced = replace(text, context.variables)?;
    // Paths are relative to `promote.toml` as they are, and one place has one spelling.
    let path = replaced.text.trim_start_matches("./");
    let cut = replaced.text.len() - path.len();
    variables::template(path).map_err(|wrong| {
        let place = wrong.place.start + cut..wrong.place.end + cut;
        vec![Wrong { place: replaced.origin(place), ..wrong }]
    })
}

/// Reads the ledger's location. It is one for all environments and releases.
pub(super) fn ledger_template(text: &str, context: &ReadContext<'_>) -> Result<Template, Vec<Wrong>> {
    let whole = |message: &str, hint: Option<&str>| {
        Err(vec![Wrong { place: 0..text.len(), message: message.to_owned(), hint: hint.map(str::to_owned) }])
    };
    let template = template(text, context)?;
    let moving = template.uses_env() || template.uses_sha() || template.uses_version();
    if moving || template.uses_timestamp() || template.uses_date() {
        return whole("there is one ledger, so only `{project}` can stand here", None);
    }
    match template.as_str().strip_prefix("git:") {
        Some(branch) if !is_branch(branch) => {
            whole(&format!("`{}` is not a branch", escape(branch)), Some("for example `git:promote-ledger`"))
        }
        Some(_) => Ok(template),
        // Whether the rest is a place is the same question for every value of `{project}`.
        None => match render(&template, None, None).as_deref().map(|text| classify(text, context.schemes)) {
            Some(Ok(ParsedLocation::Store { key, .. })) if !key.is_empty() => Ok(template),
            Some(Ok(_)) => whole(
                "the ledger is kept in a folder of a bucket, in a local folder, or on a branch",
                Some("for example `s3://BUCKET/.promote/PROJECT/` or `git:promote-ledger`"),
            ),
            Some(Err((message, hint))) => whole(&message, hint.as_deref()),
            None => whole("it can't be filled in", None),
        },
    }
}

fn is_branch(text: &str) -> bool {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-{}".contains(&b));
    letters
        && (1..=200).contains(&text.len())
        && !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && !text.contains("..")
        && !text.contains("//")
}

/// What a checked ledger location means.
pub(super) fn ledger(template: &Template, project: &ProjectName, schemes: &[&str]) -> Option<LedgerPlace> {
    let text = render(template, None, Some(project))?;
    if let Some(branch) = text.strip_prefix("git:") {
        // The branch is the ledger's alone, so the prefix need only tell projects of one repository apart.
        return Some(LedgerPlace {
            store: StoreId::Git(branch.to_owned()),
            prefix: project.as_str().parse().ok()?,
        });
    }
    match classify(&text, schemes) {
        Ok(ParsedLocation::Store { store, key, .. }) => {
            Some(LedgerPlace { store, prefix: key.parse::<Key>().ok()? })
        }
        _ => None,
    }
}

/// The template filled in for one environment, with made-up values for the rest.
pub(super) fn render(
    template: &Template,
    env: Option<&EnvironmentName>,
    project: Option<&ProjectName>,
) -> Option<String> {
    let values = Values {
        sha: "0123456789abcdef0123456789abcdef01234567".parse::<CommitId>().ok(),
        version: Some("0.0.0".to_owned()),
        env: env.cloned().or_else(|| "env".parse().ok()),
        project: project.cloned().or_else(|| "project".parse().ok()),
        at: DateTime::from_timestamp(1_600_000_000, 0),
    };
    template.render(&values).ok()
}

/// What a filled-in location names. `schemes`: those of stores beside promote's own.
///
/// # Errors
/// When it names nothing that promote knows.
pub(super) fn classify(text: &str, schemes: &[&str]) -> Result<ParsedLocation, Fault> {
    if text == "git" {
        return Ok(ParsedLocation::Git);
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let store = match scheme {
            "s3" => StoreId::S3(bucket.to_owned()),
            "gs" => StoreId::Gcs(bucket.to_owned()),
            "memory" => StoreId::Memory(bucket.to_owned()),
            scheme if schemes.contains(&scheme) => {
                if !is_other(bucket) {
                    let hint = "letters, digits, `-`, `_` and `.`, a letter or digit at both ends";
                    return Err((
                        format!("`{}` is not a store's name", escape(bucket)),
                        Some(hint.to_owned()),
                    ));
                }
                StoreId::Other { scheme: scheme.to_owned(), name: bucket.to_owned() }
            }
            _ => return Err((format!("`{}://` is not known", escape(scheme)), Some(known(schemes)))),
        };
        if !matches!(store, StoreId::Other { .. }) && !is_bucket(bucket) {
            let hint = "3 to 63 lower-case letters, digits, `-` and `.`, a letter or digit at both ends";
            return Err((format!("`{}` is not a bucket's name", escape(bucket)), Some(hint.to_owned())));
        }
        return stored(store, key, text.ends_with('/'));
    }
    if image_parts(text).is_some() {
        let rest = text.split_once('/').map_or("", |(_, rest)| rest);
        return image(text, rest);
    }
    if text.contains(':') {
        return Err((
            format!("`{}` is neither a path nor an image with its registry", escape(text)),
            Some(format!(
                "an image is written `HOST/REPOSITORY:TAG`, for example `docker.io/{}`",
                escape(text)
            )),
        ));
    }
    stored(StoreId::Local, text, text.ends_with('/'))
}

fn stored(store: StoreId, key: &str, folder: bool) -> Result<ParsedLocation, Fault> {
    if store == StoreId::Local && key.starts_with('/') {
        return Err((
            format!("`{}` is an absolute path", escape(key)),
            Some("a plain location is a path below the folder of `promote.toml`".to_owned()),
        ));
    }
    let key = if folder { key.strip_suffix('/').unwrap_or(key) } else { key };
    // A whole bucket is a folder; the whole folder of the project is not.
    if key.is_empty() && folder && store != StoreId::Local {
        return Ok(ParsedLocation::Store { store, key: String::new(), folder });
    }
    match key.parse::<Key>() {
        Ok(key)
            if store == StoreId::Local
                && let Some(whose) = reserved(key.as_str()) =>
        {
            Err((format!("`{key}` is {whose}"), Some("use a separate location".to_owned())))
        }
        Ok(key) => Ok(ParsedLocation::Store { store, key: key.as_str().to_owned(), folder }),
        Err(error) if store == StoreId::Local => {
            Err((format!("`{}` can't be a path here: {}", escape(key), error.why()), Some(KNOWN.to_owned())))
        }
        Err(error) => Err((error.to_string(), Some(KNOWN.to_owned()))),
    }
}

/// Whose a path in the project's folder is that can be no place of artifacts or of a ledger; in any spelling, since not
/// every file system tells capitals apart.
fn reserved(key: &str) -> Option<&'static str> {
    let is = |part: &str, name: &str| part.eq_ignore_ascii_case(name);
    let first = key.split('/').next().unwrap_or_default();
    match first {
        _ if key.split('/').any(|part| is(part, ".git")) => Some("in git's own folder"),
        _ if is(first, "promote.toml") => Some("this configuration itself"),
        _ if is(first, ".promote-store") => Some("in the local store's own folder"),
        _ => None,
    }
}

fn image(text: &str, rest: &str) -> Result<ParsedLocation, Fault> {
    let (repository, tag) = rest.rsplit_once(':').unwrap_or((rest, ""));
    if rest.contains('@') {
        return Err((
            "an image is named by its tag here; promote finds and keeps the digest".to_owned(),
            Some("write `HOST/REPOSITORY:{sha}`".to_owned()),
        ));
    }
    if !is_image_path(repository) {
        let hint = "lower-case letters, digits, `.`, `_`, `-` and `/`";
        return Err((
            format!("`{}` is not an image's repository", escape(repository)),
            Some(hint.to_owned()),
        ));
    }
    let letters = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if tag.is_empty() || tag.len() > 128 || !letters || tag.starts_with(['.', '-']) {
        let hint = "1 to 128 letters, digits, `.`, `_` and `-`, with no `.` or `-` at the start";
        return Err((format!("`{}` is not an image's tag", escape(tag)), Some(hint.to_owned())));
    }
    Ok(ParsedLocation::Image(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classify(text: &str) -> Result<ParsedLocation, Fault> {
        super::classify(text, &[])
    }

    #[test]
    fn a_scheme_is_known_where_the_program_brings_its_store() {
        let place = super::classify("acme://Vault_1/a/b.zip", &["acme"]).unwrap();
        let store = StoreId::Other { scheme: "acme".to_owned(), name: "Vault_1".to_owned() };
        assert_eq!(place, ParsedLocation::Store { store, key: "a/b.zip".to_owned(), folder: false });
        let (unknown, hint) = super::classify("acm://vault/a", &["acme"]).unwrap_err();
        assert_eq!(unknown, "`acm://` is not known");
        assert!(hint.unwrap().ends_with("`acme://NAME/KEY`"));
        assert!(super::classify("acme://-/a", &["acme"]).unwrap_err().0.contains("is not a store's name"));
        assert!(classify("acme://vault/a").is_err());
    }

    #[test]
    fn places_are_told_apart() {
        for (text, kind) in [
            ("git", ArtifactKind::Git),
            ("s3://acme/a/b.zip", ArtifactKind::Object),
            ("gs://acme-prod/", ArtifactKind::Folder),
            ("releases/x.zip", ArtifactKind::Object),
            ("deploy/prod/", ArtifactKind::Folder),
            ("quay.io/acme/x:prod", ArtifactKind::Image),
            ("localhost:5000/x:1", ArtifactKind::Image),
            ("releases.d/x", ArtifactKind::Object),
            ("deploy/promote.toml", ArtifactKind::Object),
            (".github/x", ArtifactKind::Object),
            ("s3://acme/.git/x", ArtifactKind::Object),
        ] {
            assert_eq!(classify(text).map(|place| place.kind()), Ok(kind), "{text}");
        }
        for (text, part) in [
            ("oci://x/y", "`oci://` is not known"),
            ("s3://Acme/x", "is not a bucket's name"),
            ("s3://acme", "is not a key"),
            ("s3://acme/../x", "is not a key"),
            ("/etc/passwd", "is an absolute path"),
            ("/etc/x/", "is an absolute path"),
            ("", "can't be a path here"),
            ("/", "is an absolute path"),
            ("acme/x:prod", "neither a path nor an image"),
            ("quay.io/Acme/x:prod", "is not an image's repository"),
            ("quay.io/acme/x:-prod", "is not an image's tag"),
            ("quay.io/acme/x@sha256:00", "named by its tag"),
            ("quay.io/../x:a", "is not an image's repository"),
            ("promote.toml", "is this configuration itself"),
            ("Promote.TOML", "is this configuration itself"),
            ("promote.toml/", "is this configuration itself"),
            (".git/hooks/pre-push", "is in git's own folder"),
            (".GIT/", "is in git's own folder"),
            ("vendor/lib/.git/config", "is in git's own folder"),
            (".promote-store/x", "is in the local store's own folder"),
            ("./promote.toml", "can't be a path here"),
            ("x/../promote.toml", "can't be a path here"),
        ] {
            assert!(classify(text).unwrap_err().0.contains(part), "{text}: {:?}", classify(text));
        }
    }

    #[test]
    fn places_touch_when_one_lies_in_the_other() {
        let touch = |a: &str, b: &str| {
            let (a, b) = (classify(a).unwrap(), classify(b).unwrap());
            assert_eq!(a.touches(&b), b.touches(&a));
            a.touches(&b)
        };
        assert!(touch("s3://acme/a", "s3://acme/a"));
        assert!(touch("s3://acme/a/", "s3://acme/a/b"));
        assert!(touch("s3://acme/", "s3://acme/b"));
        assert!(touch("s3://acme/a/", "s3://acme/a"));
        assert!(touch("docker.io/app:prod", "index.docker.io/library/app:prod"));
        assert!(touch("quay.io/acme/app:prod", "quay.io:443/acme/app:prod"));
        assert!(touch("localhost:5000/app:prod", "127.0.0.1:5000/app:prod"));
        assert!(!touch("docker.io/app:prod", "docker.io/library/app:uat"));
        assert!(!touch("quay.io/app:prod", "quay.io/library/app:prod"));
        assert!(!touch("s3://acme/a/", "s3://acme/ab"));
        assert!(!touch("s3://acme/a", "s3://acme/a/b"));
        assert!(!touch("s3://acme/a", "gs://acme/a"));
        assert!(!touch("git", "git"));
    }
}
