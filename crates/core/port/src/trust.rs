//! Which hosts credentials may be sent to: those of the vendor whose credentials they are, this machine, and those that a
//! person or a pipeline allows. A file that came with a checkout allows nothing. Where lists of hosts are kept, and
//! which hosts a project names, is for those to find out who reach them.

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

mod vendor;

pub use vendor::{Vendor, is_token_server};

/// A host that something would be sent to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    name: String,
    port: u16,
}

impl Host {
    /// A name or address as a URL has it, and the port that is reached.
    pub fn new(name: &str, port: u16) -> Self {
        let name = name.trim_start_matches('[').trim_end_matches([']', '.']);
        Self { name: name.to_ascii_lowercase(), port }
    }

    /// Its name or address, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        self.name == "localhost" || self.name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// As a list of hosts has it.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = crate::names::escape(&self.name);
        match (name.contains(':'), self.port) {
            (false, 443) => f.write_str(&name),
            (false, port) => write!(f, "{name}:{port}"),
            (true, 443) => write!(f, "[{name}]"),
            (true, port) => write!(f, "[{name}]:{port}"),
        }
    }
}

/// One entry of a list: `HOST`, `HOST:PORT`, `*.DOMAIN` or `*.DOMAIN:PORT`. Without a port, every port of the host is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// The name, or the domain that it has to lie in.
    name: String,
    below: bool,
    port: Option<u16>,
}

impl Pattern {
    fn fits(&self, host: &Host) -> bool {
        let named = match self.below {
            true => {
                host.name.strip_suffix(&self.name).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
            }
            false => host.name == self.name,
        };
        named && self.port.is_none_or(|port| port == host.port)
    }
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or("its port is none");
        let text = text.to_ascii_lowercase();
        if text.contains("://") {
            return Err("it is an address; the host alone is meant");
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (name, rest) = rest.split_once(']').ok_or("its bracket is not closed")?;
            name.parse::<Ipv6Addr>().map_err(|_| "the part in brackets is not an address")?;
            let port = match rest.strip_prefix(':') {
                None if rest.is_empty() => None,
                None => return Err("only a port may follow the bracket"),
                Some(digits) => Some(port(digits)?),
            };
            return Ok(Self { name: name.to_owned(), below: false, port });
        }
        let (name, port) = match text.split_once(':') {
            Some((name, digits)) => (name, Some(port(digits)?)),
            None => (text.as_str(), None),
        };
        let (name, below) = name.strip_prefix("*.").map_or((name, false), |domain| (domain, true));
        let name = name.strip_suffix('.').unwrap_or(name);
        let letters = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if !name.split('.').all(letters) {
            return Err("it is not a host name");
        }
        if below && !name.contains('.') {
            return Err("a whole top-level domain belongs to nobody; name more of it");
        }
        Ok(Self { name: name.to_owned(), below, port })
    }
}

/// The hosts that somebody allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Pattern>);

impl Allowed {
    /// Reads a list that is separated by commas, as a variable has it.
    ///
    /// # Errors
    /// The entry that is none, and why.
    pub fn listed(text: &str) -> Result<Self, (String, &'static str)> {
        Self::each(text.split(',').map(str::trim).filter(|entry| !entry.is_empty()))
    }

    /// What is allowed by entries, each a host or a host with a port.
    ///
    /// # Errors
    /// The entry that is none, and why.
    pub fn each<'t>(entries: impl IntoIterator<Item = &'t str>) -> Result<Self, (String, &'static str)> {
        let one = |entry: &str| entry.parse().map_err(|why| (crate::names::escape(entry), why));
        entries.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Those and these.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Those and one host.
    #[must_use]
    pub fn and_host(mut self, host: &Host) -> Self {
        self.0.push(Pattern { name: host.name.clone(), below: false, port: Some(host.port) });
        self
    }

    /// Whether the host is among them, or this machine.
    pub fn has(&self, host: &Host) -> bool {
        host.is_loopback() || self.0.iter().any(|pattern| pattern.fits(host))
    }
}

#[cfg(test)]
mod tests;
