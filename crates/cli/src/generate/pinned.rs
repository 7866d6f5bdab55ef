//! The references of actions that a team chose: `actions/checkout@<commit>`. They are the team's, so they are taken over
//! from the file that is there.

use std::collections::BTreeMap;

/// The references in a workflow, by the action's name. Our own action is known by its last name, whoever publishes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pinned(BTreeMap<String, String>);

impl Pinned {
    /// Reads them from a workflow's text.
    pub(crate) fn of(text: &str) -> Self {
        let uses = text.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("- ").unwrap_or(line).trim_start().strip_prefix("uses:")
        });
        let entries = uses.filter_map(|written| {
            let written = written.trim();
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/@ #".contains(&b);
            let (name, _) = written.split_once('@')?;
            written.bytes().all(plain).then(|| (key(name).to_owned(), written.to_owned()))
        });
        Self(entries.collect())
    }

    /// What to write behind `uses:` for an action whose usual reference is this.
    pub(super) fn uses(&self, usual: &str) -> String {
        let name = usual.split_once('@').map_or(usual, |(name, _)| name);
        self.0.get(key(name)).cloned().unwrap_or_else(|| usual.to_owned())
    }
}

fn key(name: &str) -> &str {
    if name.ends_with("/promote") { "promote" } else { name }
}

#[cfg(test)]
mod tests {
    use super::Pinned;

    #[test]
    fn what_the_team_pinned_stays() {
        let pinned = Pinned::of(
            "      - uses: actions/checkout@0123456789abcdef # v5.0.1\n        uses: acme/promote@v1.2.3\n      - uses: x/y@${{ a }}\n",
        );
        assert_eq!(pinned.uses("actions/checkout@v5"), "actions/checkout@0123456789abcdef # v5.0.1");
        assert_eq!(pinned.uses("OWNER/promote@v1"), "acme/promote@v1.2.3");
        assert_eq!(pinned.uses("x/y@v2"), "x/y@v2", "an expression is no reference");
    }
}
