//! Secrets are not shown: the values of variables that are secrets by their name, or were referred to as `$NAME`,
//! are replaced in everything a step says, in whatever form it says them.

use super::disguised;
use crate::Variables;
use promote_core::secret_name::may_be_secret;

/// What stands for a secret.
const MASK: &str = "***";
/// Shorter values are left alone: masking `on` or `1234` would eat the text and protect nothing.
const SHORTEST: usize = 8;

/// What is secret in an address: its user and password, its query as a whole and each value in it, and whatever in its path
/// is too long for a word, as in the addresses of webhooks. Nothing of a text that is none.
fn parts(address: &str) -> impl Iterator<Item = &str> {
    /// `deployment-status` is a word, `B024BE7LH0a1b2c3d4e5` is none.
    const WORD: usize = 20;
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let user = host.rsplit_once('@').map_or("", |(user, _)| user);
    let values = query.split(['&', '#']).filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    let long = path.split('/').filter(|part| part.len() >= WORD);
    user.split_once(':')
        .into_iter()
        .map(|(_, password)| password)
        .chain([user, query])
        .chain(values)
        .chain(long)
}

/// The password in an address: of `postgres://app:password@db.example/shop`, for one.
fn password(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?']).next()?;
    host.rsplit_once('@')?.0.split_once(':').map(|(_, password)| password)
}

/// The secrets that a step could say. Has no `Debug` that shows them.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
    /// They and their other forms, the longest first, so that one that holds another is masked as a whole.
    said: Vec<String>,
}

impl Secrets {
    /// Those among all variables, and those that were referred to.
    pub fn new<'v>(variables: &'v Variables, referred: impl IntoIterator<Item = &'v str>) -> Self {
        let all = || variables.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
        let by_name = all().filter(|(name, _)| may_be_secret(name)).map(|(_, value)| value);
        // Whatever it is called, an address with a password in it has one.
        let in_addresses = all().filter_map(|(_, value)| password(value));
        let mut values: Vec<String> = by_name
            .chain(in_addresses)
            .chain(referred)
            // A key of several lines is said line by line, and of an address a part.
            .flat_map(|value| std::iter::once(value).chain(value.lines()).chain(parts(value)))
            .map(str::trim)
            .filter(|value| value.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        values.sort();
        values.dedup();
        let mut said: Vec<String> = values.iter().flat_map(|value| disguised::forms(value)).collect();
        said.extend(values.iter().cloned());
        said.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        said.dedup();
        Self { values, said }
    }

    /// These and one more.
    #[must_use]
    pub fn and(mut self, value: &str) -> Self {
        let all = std::mem::take(&mut self.values);
        Self::new(&Variables::default(), all.iter().map(String::as_str).chain([value]))
    }

    /// Each of them, for whoever else has to hide them.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }

    /// The length of the longest in bytes.
    pub(super) fn longest(&self) -> usize {
        self.said.first().map_or(0, String::len)
    }

    /// The text without them.
    pub fn mask(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for value in &self.said {
            if out.contains(value) {
                out = out.replace(value, MASK);
            }
        }
        out
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_by_name_and_by_reference() {
        let variables: Variables = [
            ("DEPLOY_TOKEN", "abcdefgh-long"),
            ("deploy_key", "-----BEGIN\nline-of-the-key\n"),
            ("SHORT_SECRET", "abc"),
            ("PLAIN", "visible-value"),
            ("OTHER_PASSWORD", "abcdefgh"),
            ("DB_PASS", "pass-of-the-db"),
            ("DATABASE_URL", "postgres://app:in-the-address@db.example/shop"),
        ]
        .into_iter()
        .collect();
        let secrets = Secrets::new(&variables, ["referred-value", "tiny"]);
        let said = "abcdefgh-long abcdefgh line-of-the-key abc visible-value referred-value tiny";
        assert_eq!(secrets.mask(said), "*** *** *** abc visible-value *** tiny");
        let said = "pass-of-the-db postgres://app:in-the-address@db.example/shop";
        assert_eq!(secrets.mask(said), "*** postgres://app:***@db.example/shop");
    }

    #[test]
    fn other_forms_of_a_secret_are_masked() {
        let variables: Variables = [("DEPLOY_TOKEN", "s3cr3t&\"value")].into_iter().collect();
        let secrets = Secrets::new(&variables, []);
        let said = "Basic dXNlcjpzM2NyM3QmInZhbHVl q=s3cr3t%26%22value {\"t\":\"s3cr3t&\\\"value\"} s3cr3t&amp;&quot;value";
        assert_eq!(secrets.mask(said), "Basic dXNlcjp*** q=*** {\"t\":\"***\"} ***");
        assert_eq!(secrets.values().collect::<Vec<_>>(), ["s3cr3t&\"value"]);
    }

    #[test]
    fn what_is_secret_in_an_address_is_masked_by_itself_too() {
        let address =
            "https://acme:pass-word@h.example/services/T024/B024BE7LH0a1b2c3d4e5?sig=signature&v=1#f";
        let secrets = Secrets::new(&Variables::default(), [address]);
        let said = format!("{address} pass-word signature B024BE7LH0a1b2c3d4e5 h.example services T024 acme");
        assert_eq!(secrets.mask(&said), "*** *** *** *** h.example services T024 acme");
        let none = Secrets::new(&Variables::default(), ["a plain-text: value?x=long-enough"]);
        assert_eq!(none.mask("long-enough"), "long-enough");
    }
}
