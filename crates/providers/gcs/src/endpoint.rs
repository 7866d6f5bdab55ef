//! Where the API is: Google's own address, one of the settings, or the emulator that `STORAGE_EMULATOR_HOST` names.
//! The addresses of single calls are made here, so that every name is encoded in one place.

use promote_port::location::Key;
use reqwest::Url;
use std::net::IpAddr;

/// Google's own address.
const GOOGLE: &str = "https://storage.googleapis.com";

/// The address of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    base: Url,
    /// Whether it stands in for Google, so that nobody's rights may be needed or shown there.
    pub(crate) emulator: bool,
}

/// Why an address can't be used.
pub(crate) type Refused = (String, &'static str);

const SAFE: &str = "use https, or http on this machine only";

impl Endpoint {
    /// The address of the settings, else of the emulator, else Google's. `emulator` is what `STORAGE_EMULATOR_HOST`
    /// holds, with or without a scheme.
    pub(crate) fn find(settings: Option<&str>, emulator: Option<&str>) -> Result<Self, Refused> {
        match (settings, emulator.map(str::trim).filter(|text| !text.is_empty())) {
            (Some(text), _) => Self::read(text, "endpoint", false),
            (None, Some(text)) if text.contains("://") => Self::read(text, "STORAGE_EMULATOR_HOST", true),
            (None, Some(text)) => Self::read(&format!("http://{text}"), "STORAGE_EMULATOR_HOST", true),
            (None, None) => Self::read(GOOGLE, "endpoint", false),
        }
    }

    fn read(text: &str, named: &str, emulator: bool) -> Result<Self, Refused> {
        let refused = |why: &str| (format!("`{named}` {why}"), SAFE);
        let base = Url::parse(text).map_err(|_| refused("is no address"))?;
        let plain = base.username().is_empty()
            && base.password().is_none()
            && base.query().is_none()
            && base.fragment().is_none()
            && matches!(base.path(), "" | "/");
        if !plain {
            return Err(refused("is more than a scheme, a host and a port"));
        }
        match base.scheme() {
            "https" => Ok(Self { base, emulator }),
            "http" if is_loopback(&base) => Ok(Self { base, emulator: true }),
            "http" => Err(refused("sends everything in the clear over the network")),
            _ => Err(refused("has neither https nor http")),
        }
    }

    /// Whether nothing leaves this machine on the way there.
    pub(crate) fn is_plain(&self) -> bool {
        self.base.scheme() == "http"
    }

    /// The address of a call below this root, such as `storage/v1`. Each part is one segment of the path, whatever
    /// is in it.
    pub(crate) fn call(&self, root: &str, parts: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(root.split('/')).extend(parts);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The address of an object's content by the XML API.
    pub(crate) fn object(&self, bucket: &str, key: &Key) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().push(bucket).extend(key.as_str().split('/'));
        }
        url
    }

    /// The address of an upload in progress, when it is one at this endpoint: content and rights go nowhere else.
    pub(crate) fn session(&self, location: &str) -> Option<Url> {
        let url = Url::parse(location).ok()?;
        (url.origin() == self.base.origin() && url.username().is_empty() && url.password().is_none())
            .then_some(url)
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_come_first_and_only_this_machine_is_spoken_to_in_the_clear() {
        let found = |settings, emulator| Endpoint::find(settings, emulator);
        let google = found(None, None).unwrap();
        assert!(!google.emulator && !google.is_plain());
        assert_eq!(found(None, Some(" ")), Ok(google));
        for name in ["127.0.0.1:4443", "http://localhost:4443", "http://[::1]:4443/", "[::1]:4443"] {
            let emulator = found(None, Some(name)).unwrap();
            assert!(emulator.emulator && emulator.is_plain(), "{name}");
        }
        assert!(found(None, Some("https://gcs.test")).unwrap().emulator);
        let own = found(Some("https://storage.example.com"), Some("localhost:1")).unwrap();
        assert!(!own.emulator);
        assert!(found(Some("http://127.0.0.1:1"), None).unwrap().emulator);
        for bad in ["gcs.test:4443", "http://10.0.0.1", "ftp://localhost", "http://localhost/path", "", "::"]
        {
            let refused = found(Some(bad), None).is_err();
            assert!(refused, "{bad}");
        }
        assert!(found(None, Some("gcs:4443")).is_err(), "another machine in the clear");
    }

    #[test]
    fn names_stay_one_segment() {
        let endpoint = Endpoint::find(Some("http://127.0.0.1:1"), None).unwrap();
        let url = endpoint.call("storage/v1", &["b", "x_y", "o", "a/b c%+?#ä"], &[("prefix", "a/+ &")]);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:1/storage/v1/b/x_y/o/a%2Fb%20c%25+%3F%23%C3%A4?prefix=a%2F%2B+%26"
        );
        let url = endpoint.object("x_y", &"a/b c%?#ä".parse().unwrap());
        assert_eq!(url.as_str(), "http://127.0.0.1:1/x_y/a/b%20c%25%3F%23%C3%A4");
    }

    #[test]
    fn an_upload_goes_on_at_the_same_address_only() {
        let endpoint = Endpoint::find(Some("http://127.0.0.1:1"), None).unwrap();
        assert!(endpoint.session("http://127.0.0.1:1/upload?upload_id=7").is_some());
        for bad in ["http://127.0.0.1:2/upload", "https://127.0.0.1:1/", "/upload", "http://a@127.0.0.1:1/"] {
            assert!(endpoint.session(bad).is_none(), "{bad}");
        }
    }
}
