//! Addresses on the web, as far as the reader must know them: encrypted, or on this machine; without a password.

use super::variables::Wrong;
use crate::names::escape;
use core::net::{Ipv4Addr, Ipv6Addr};

/// What is wrong with an address that data is sent to. With `path` it may have a path and a query.
pub(super) fn check(text: &str, path: bool) -> Option<Wrong> {
    let wrong = |message: String, hint: &str| {
        Some(Wrong { place: 0..text.len(), message, hint: (!hint.is_empty()).then(|| hint.to_owned()) })
    };
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        _ => {
            return wrong(
                format!("`{}` is not an https address", escape(text)),
                "for example `https://host.example`",
            );
        }
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if authority.contains('@') {
        return wrong("an address can't hold a user or a password".to_owned(), "");
    }
    let Some(host) = host(authority) else {
        return wrong(
            format!("`{}` names no host", escape(authority)),
            "for example `https://host.example:9000`",
        );
    };
    if !secure && !is_loopback(host) {
        return wrong(format!("`http` is for this machine only, not for `{}`", escape(host)), "use `https`");
    }
    if !path && !matches!(tail, "" | "/") {
        return wrong("an endpoint has no path".to_owned(), "for example `https://host.example:9000`");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return wrong("an address has no spaces".to_owned(), "");
    }
    None
}

/// What is wrong with an address that a step asks. A host with a placeholder is only known when the step runs.
pub(super) fn asked(text: &str) -> Option<Wrong> {
    let wrong = |message: String, hint: &str| {
        Some(Wrong { place: 0..text.len(), message, hint: Some(hint.to_owned()) })
    };
    let Some((secure, authority)) = authority(text) else {
        return wrong(format!("`{}` is not an address", escape(text)), "it begins with `https://`");
    };
    if authority.is_empty() {
        return wrong(
            format!("`{}` names no host", escape(text)),
            "for example `https://host.example/version`",
        );
    }
    if !secure && !authority.contains('{') && !host(authority).is_some_and(is_loopback) {
        let message = format!("`http` is for this machine only, not for `{}`", escape(authority));
        return wrong(message, "use `https`");
    }
    None
}

/// What is wrong with an address that people open: links of other kinds do things where they are shown.
pub(super) fn link(text: &str) -> Option<Wrong> {
    let named = authority(text).is_some_and(|(_, authority)| !authority.is_empty());
    let odd = |c: char| c.is_control() || c.is_whitespace();
    (!named || text.contains(odd)).then(|| Wrong {
        place: 0..text.len(),
        message: format!("`{}` is not the address of a page", escape(text)),
        hint: Some("it begins with `https://` or `http://`".to_owned()),
    })
}

/// Whether an address is encrypted, and its `HOST:PORT`.
fn authority(text: &str) -> Option<(bool, &str)> {
    let (secure, rest) = match text.strip_prefix("https://") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("http://")?),
    };
    rest.split(['/', '?', '#', '\\']).next().map(|authority| (secure, authority))
}

/// The host of `HOST:PORT`, when both are well-formed.
pub(super) fn host(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        inside.parse::<Ipv6Addr>().ok()?;
        (inside, after)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, after) = authority.split_at(end);
        let letters = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        (Some(host).filter(|host| letters && !host.is_empty())?, after)
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Some(host),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse::<u16>().ok().filter(|port| *port > 0).map(|_| host)
        }
        _ => None,
    }
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for good in [
            "https://s3.example",
            "https://10.0.0.1:9000/",
            "http://localhost:9000",
            "http://127.0.0.1:1",
            "http://[::1]:80",
            "https://[fe80::1]",
        ] {
            assert_eq!(check(good, false), None, "{good}");
        }
        for (bad, message) in [
            ("http://10.0.0.1:9000", "`http` is for this machine only, not for `10.0.0.1`"),
            ("http://169.254.169.254", "`http` is for this machine only, not for `169.254.169.254`"),
            (
                "http://localhost.evil.example",
                "`http` is for this machine only, not for `localhost.evil.example`",
            ),
            (
                "http://127.0.0.1.evil.example",
                "`http` is for this machine only, not for `127.0.0.1.evil.example`",
            ),
            ("ftp://x", "`ftp://x` is not an https address"),
            ("https://", "`` names no host"),
            ("https://a:0", "`a:0` names no host"),
            ("https://a:99999", "`a:99999` names no host"),
            ("https://[::1", "`[::1` names no host"),
            ("https://me@host", "an address can't hold a user or a password"),
            ("https://host/path", "an endpoint has no path"),
            ("https://ho st", "`ho st` names no host"),
        ] {
            assert_eq!(check(bad, false).unwrap().message, message, "{bad}");
        }
        assert_eq!(check("https://host.example/hook?x=1", true), None);
        assert_eq!(check("https://host.example/a b", true).unwrap().message, "an address has no spaces");
    }
}
