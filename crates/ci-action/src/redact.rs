//! Addresses in foreign text, without what may be a secret in them: user, password and query.

/// The text with the user part and the query of every address in it replaced.
pub(crate) fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>\\".contains(c);
        let (address, behind) = after.split_at(after.find(ends).unwrap_or(after.len()));
        let host = address.find(['/', '?', '#']).unwrap_or(address.len());
        let (authority, path) = address.split_at(host);
        match authority.rsplit_once('@') {
            Some((_, host)) => out.push_str(&format!("***@{host}")),
            None => out.push_str(authority),
        }
        match path.split_once('?') {
            Some((path, query)) if !query.is_empty() => out.push_str(&format!("{path}?***")),
            _ => out.push_str(path),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_what_may_be_secret() {
        for (text, wanted) in [
            (
                "see https://a:b@h/x?sig=y&z#f \"http://h?q\" end",
                "see https://***@h/x?*** \"http://h?***\" end",
            ),
            ("s3://bucket/key.zip and :// alone", "s3://bucket/key.zip and :// alone"),
            ("https://h/a@b", "https://h/a@b"),
            ("://@?://x?y", "://***@?***"),
        ] {
            assert_eq!(redacted(text), wanted, "{text}");
        }
    }
}
