//! The host that an address leads to, and which addresses anything is sent to.

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

/// Whether an address leads to this machine.
pub(crate) fn is_here(url: &Url) -> bool {
    host(url).is_some_and(|host| host.is_loopback())
}

/// An address that may be asked: https, or http on this machine; without a password.
pub(crate) fn trusted(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let sound = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
    (sound && url.username().is_empty() && url.password().is_none()).then_some(url)
}
