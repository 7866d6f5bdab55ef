//! Objects as Google's JSON describes them, turned into the port's words and back: the generation is the token and the
//! version. Google keeps no SHA-256 of its own, so none is told.

use crate::exchange::Operation;
use crate::inline_content;
use chrono::{DateTime, Utc};
use promote_port::location::Key;
use promote_port::port::{
    ErrorKind, Headers, Metadata, Object, Precondition, ProviderError, Token, VersionId,
};
use serde::{Deserialize, Serialize};

/// The object, as answers describe it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) generation: String,
    /// Left out by servers that leave out what is zero.
    pub(crate) size: Option<String>,
    time_created: Option<DateTime<Utc>>,
    pub(crate) crc32c: Option<String>,
    content_type: Option<String>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    pub(crate) md5_hash: Option<String>,
    pub(crate) metadata: Option<Metadata>,
}

/// The object, as requests describe it: everything that is to hold of it, so that a store which adds to a source's
/// description makes the same object as one that replaces it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crc32c: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_disposition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_encoding: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_language: Option<&'a str>,
    metadata: &'a Metadata,
}

/// What is to be written, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) key: &'a Key,
    pub(crate) headers: &'a Headers,
    pub(crate) metadata: &'a Metadata,
    pub(crate) when: &'a Precondition,
}

impl<'a> Target<'a> {
    /// The description as a body of JSON.
    pub(crate) fn described(&self, crc32c: Option<&'a str>) -> Result<String, serde_json::Error> {
        let headers = self.headers;
        serde_json::to_string(&Description {
            name: self.key.as_str(),
            crc32c,
            content_type: headers.content_type.as_deref(),
            cache_control: headers.cache_control.as_deref(),
            content_disposition: headers.content_disposition.as_deref(),
            content_encoding: headers.content_encoding.as_deref(),
            content_language: headers.content_language.as_deref(),
            metadata: self.metadata,
        })
    }
}

/// The generation that a token or version names. `0`, which to Google means that there is no object, is none.
pub(crate) fn generation(text: &str) -> Option<&str> {
    let number = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
    (number && !text.starts_with('0')).then_some(text)
}

/// The generation that must be there, `0` for none, nothing for any.
pub(crate) fn guard<'w>(
    operation: &Operation<'_>,
    when: &'w Precondition,
) -> Result<Option<&'w str>, ProviderError> {
    match when {
        Precondition::Any => Ok(None),
        Precondition::Absent => Ok(Some("0")),
        Precondition::Matches(token) => match generation(&token.0) {
            Some(number) => Ok(Some(number)),
            None => {
                Err(operation.error(ErrorKind::Conflict, "what was expected there never was a generation"))
            }
        },
    }
}

impl Resource {
    /// Its length. One that is not told is that of an object without content, unless a checksum says otherwise.
    fn bytes(&self) -> Option<u64> {
        let of_nothing = |told: &Option<String>, nothing| told.as_deref().is_none_or(|told| told == nothing);
        match &self.size {
            Some(size) => size.parse().ok(),
            None if of_nothing(&self.crc32c, "AAAAAA==")
                && of_nothing(&self.md5_hash, "1B2M2Y8AsgTpgAmY7PhCfg==") =>
            {
                Some(0)
            }
            None => None,
        }
    }

    /// The port's description. `None` when something in it is missing or no number.
    pub(crate) fn object(self, key: &Key) -> Option<Object> {
        let generation = generation(&self.generation)?.to_owned();
        (self.name == key.as_str()).then_some(())?;
        Some(Object {
            key: key.clone(),
            size: self.bytes()?,
            token: Token(generation.clone()),
            version: Some(VersionId(generation)),
            sha256: None,
            stored_at: self.time_created?,
            headers: Headers {
                content_type: self.content_type,
                cache_control: self.cache_control,
                content_disposition: self.content_disposition,
                content_encoding: self.content_encoding,
                content_language: self.content_language,
                // Its objects have no such header.
                expires: None,
            },
            metadata: self
                .metadata
                .unwrap_or_default()
                .into_iter()
                .map(|(name, value)| (name.to_lowercase(), value))
                .filter(|(name, _)| name != inline_content::NAME)
                .collect(),
            checksums: [("crc32c", self.crc32c), ("md5", self.md5_hash)]
                .into_iter()
                .filter_map(|(name, sum)| Some((name.to_owned(), sum?)))
                .collect(),
        })
    }
}

/// The object that an answer describes.
pub(crate) fn told(
    operation: &Operation<'_>,
    key: &Key,
    resource: Resource,
) -> Result<Object, ProviderError> {
    resource.object(key).ok_or_else(|| {
        operation
            .nonsense("the answer lacks name, size, generation or time of the object, or is about another")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_above_zero_is_a_generation() {
        for good in ["1", "1763711990123456", "9223372036854775807"] {
            assert_eq!(generation(good), Some(good));
        }
        for bad in ["", "0", "00", "01", "-1", "+1", "1e3", "nonsense", "99999999999999999999", " 1"] {
            assert_eq!(generation(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_object_without_content_may_come_without_its_length() {
        let size = |more: &str| {
            let text =
                format!(r#"{{"name":"a","generation":"7","timeCreated":"2026-01-05T09:00:00Z"{more}}}"#);
            let resource: Resource = serde_json::from_str(&text).unwrap();
            resource.object(&"a".parse().unwrap()).map(|object| object.size)
        };
        assert_eq!(size(""), Some(0));
        assert_eq!(size(r#","crc32c":"AAAAAA==","md5Hash":"1B2M2Y8AsgTpgAmY7PhCfg==""#), Some(0));
        assert_eq!(size(r#","crc32c":"hNgb/g==""#), None, "an answer that was cut");
        assert_eq!(size(r#","md5Hash":"xMpCOKC5I4INzFCab3WEmw==""#), None);
        assert_eq!(size(r#","size":"""#), None);
        assert_eq!(size(r#","size":"7""#), Some(7));
    }

    #[test]
    fn a_description_of_another_object_is_none() {
        let text = r#"{"name":"a","generation":"7","size":"3","timeCreated":"2026-01-05T09:00:00.123Z",
            "metadata":{"Promote-ID":"x"},"etag":"CAE="}"#;
        let resource: Resource = serde_json::from_str(text).unwrap();
        assert!(resource.clone().object(&"b".parse().unwrap()).is_none());
        let object = resource.object(&"a".parse().unwrap()).unwrap();
        assert_eq!((object.size, object.token.0.as_str()), (3, "7"));
        assert_eq!(object.metadata, Metadata::from([("promote-id".into(), "x".into())]));
        for bad in
            [r#"{"name":"a","generation":"7","size":"3"}"#, r#"{"name":"a","generation":"0","size":"3"}"#]
        {
            let resource: Resource = serde_json::from_str(bad).unwrap();
            assert!(resource.object(&"a".parse().unwrap()).is_none());
        }
    }
}
