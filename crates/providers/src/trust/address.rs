//! The host that an address leads to.

use promote_core::trust::Host;
use url::Url;

/// The host of an address, and the whole of it.
pub(super) fn address(text: &str) -> Option<(Host, Url)> {
    let url = Url::parse(text).ok()?;
    let host = host(&url)?;
    Some((host, url))
}

/// The host that an address leads to.
pub(crate) fn host(url: &Url) -> Option<Host> {
    Some(Host::new(url.host_str()?, url.port_or_known_default()?))
}
