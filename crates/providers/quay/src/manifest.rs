//! Manifests as registries keep them: exact bytes under a media type, named by their digest. Never written anew, only
//! read for what they refer to.

use crate::foreign::harmless;
use bytes::Bytes;
use promote_port::digest::Digest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// All that is taken. A registry that does not hear one of these may convert what it has to what it hears.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1";

/// The longest manifest that is read: what registries take at most, and then some.
pub(crate) const LONGEST: usize = 8 << 20;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// The bytes of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) bytes: Bytes,
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
}

/// Something that a manifest refers to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) size: u64,
}

impl Descriptor {
    /// Whether it is of a kind that a registry need not have: a layer that may not be given away, and is fetched from
    /// its vendor. Who pushes can put it into the registry all the same.
    pub(crate) fn may_lie_elsewhere(&self) -> bool {
        self.media_type.contains("foreign") || self.media_type.contains("nondistributable")
    }
}

/// What of a manifest is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
}

/// The settings inside an image, as far as they are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ImageSettings {
    config: Option<Inner>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

impl ImageSettings {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.config.as_ref()?.labels.as_ref()?.get(name).map(String::as_str)
    }
}

/// The digest in a text such as `sha256:…`; other kinds of digests are not known.
pub(crate) fn digest_of(text: &str) -> Option<Digest> {
    Digest::from_hex(text.strip_prefix("sha256:")?).ok()
}

/// The text of a digest, as registries write it.
pub(crate) fn written(digest: &Digest) -> String {
    format!("sha256:{}", digest.hex())
}

impl Manifest {
    /// Takes what a registry answered. `said` is the content type of the answer.
    pub(crate) fn new(bytes: Bytes, said: Option<&str>) -> Self {
        let body: Body = serde_json::from_slice(&bytes).unwrap_or_default();
        let said = said.map(|said| said.split(';').next().unwrap_or_default().trim());
        // A registry that serves files does not know; the manifest does, or its shape tells.
        let media_type = match said.filter(|said| said.contains("manifest") || said.contains("index")) {
            Some(said) => said.to_owned(),
            None => body.media_type.unwrap_or_else(|| {
                let index = body.manifests.is_some();
                if index { INDEX.to_owned() } else { IMAGE.to_owned() }
            }),
        };
        Self { digest: Digest::of(&bytes), bytes, media_type }
    }

    /// Why it is no manifest, or what it says of its own kind that is not what it was taken for: two readers would take it for
    /// two images.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let Ok(body) = serde_json::from_slice::<Body>(&self.bytes) else {
            return Some("it is not the JSON of a manifest".to_owned());
        };
        if body.manifests.is_some() && (body.layers.is_some() || body.config.is_some()) {
            return Some("it is an index and an image at once".to_owned());
        }
        let own = body.media_type.filter(|own| *own != self.media_type)?;
        Some(format!("it calls itself `{}` and comes as `{}`", harmless(&own), harmless(&self.media_type)))
    }

    /// Whether it is of the first kind, which says nothing about its digest and can't be moved.
    pub(crate) fn is_first_kind(&self) -> bool {
        self.media_type.contains("manifest.v1+") && self.media_type.contains("docker")
    }

    fn body(&self) -> Body {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The manifests that it is made of, for an index.
    pub(crate) fn children(&self) -> Vec<Descriptor> {
        self.body().manifests.unwrap_or_default()
    }

    /// The image's settings.
    pub(crate) fn settings(&self) -> Option<Descriptor> {
        self.body().config
    }

    /// The blobs that must be there before it: settings and layers. One may [lie elsewhere](Descriptor::may_lie_elsewhere).
    pub(crate) fn blobs(&self) -> Vec<Descriptor> {
        let body = self.body();
        body.config.into_iter().chain(body.layers.unwrap_or_default()).collect()
    }

    /// What it is attached to.
    pub(crate) fn subject(&self) -> Option<Descriptor> {
        self.body().subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_answers_then_the_manifests_then_its_shape() {
        let of =
            |body: &'static str, said| Manifest::new(Bytes::from_static(body.as_bytes()), said).media_type;
        assert_eq!(of("{}", Some("application/vnd.oci.image.index.v1+json; charset=x")), INDEX);
        assert_eq!(of(r#"{"mediaType":"a/manifest"}"#, Some("application/octet-stream")), "a/manifest");
        assert_eq!(of(r#"{"manifests":[]}"#, None), INDEX);
        assert_eq!(of(r#"{"layers":[]}"#, Some("application/json")), IMAGE);
        let first =
            Manifest::new(Bytes::new(), Some("application/vnd.docker.distribution.manifest.v1+prettyjws"));
        assert!(first.is_first_kind());
        let second =
            Manifest::new(Bytes::new(), Some("application/vnd.docker.distribution.manifest.v2+json"));
        assert!(!second.is_first_kind());
        assert!(!Manifest::new(Bytes::new(), Some(IMAGE)).is_first_kind());
    }

    #[test]
    fn a_manifest_that_two_readers_take_for_two_things_is_found() {
        let of = |body: &'static str, said| {
            Manifest::new(Bytes::from_static(body.as_bytes()), said).contradiction()
        };
        for (body, said) in [
            (r#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#, Some(IMAGE)),
            (r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#, Some(INDEX)),
            (r#"{"mediaType":"x/y","layers":[]}"#, Some(IMAGE)),
            (r#"{"manifests":[],"layers":[]}"#, Some(INDEX)),
            (r#"{"manifests":[],"config":{"digest":"sha256:c"}}"#, None),
            (r#"{"layers":[],"layers":[]}"#, None),
            (r#"{"layers":[{"digest":7}]}"#, Some(IMAGE)),
            ("<html>sign in</html>", Some(IMAGE)),
            ("", None),
        ] {
            assert!(of(body, said).is_some(), "{body}");
        }
        for (body, said) in [
            (r#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#, Some(INDEX)),
            (
                r#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
                Some("application/json"),
            ),
            (r#"{"layers":[]}"#, Some(IMAGE)),
            (r#"{"manifests":[]}"#, None),
        ] {
            assert_eq!(of(body, said), None, "{body}");
        }
    }

    #[test]
    fn layers_that_may_lie_elsewhere_are_known() {
        let body = r#"{"config":{"digest":"sha256:c"},"layers":[{"digest":"sha256:l"},
            {"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":"sha256:f"}]}"#;
        let found = Manifest::new(Bytes::from_static(body.as_bytes()), None).blobs();
        let known: Vec<_> =
            found.iter().map(|blob| (blob.digest.as_str(), blob.may_lie_elsewhere())).collect();
        assert_eq!(known, [("sha256:c", false), ("sha256:l", false), ("sha256:f", true)]);
    }
}
