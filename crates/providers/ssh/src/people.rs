//! Who is one person: lines with a name in common are of the same one, in any case of letters, so that nobody counts
//! twice by a second key under a second name. The person is called by the first of the names in the file.

use crate::principals::Principals;
use std::collections::BTreeSet;

/// The person of each line; `None` for a line with a pattern, which is nobody's.
pub(crate) fn of(lines: &[&Principals]) -> Vec<Option<String>> {
    let folded: Vec<BTreeSet<String>> = lines
        .iter()
        .map(|line| match line.pattern() {
            Some(_) => BTreeSet::new(),
            None => line.names.iter().map(|name| name.to_lowercase()).collect(),
        })
        .collect();
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for names in folded.iter().filter(|names| !names.is_empty()) {
        let (same, others) = groups.into_iter().partition::<Vec<_>, _>(|group| !group.is_disjoint(names));
        groups = others;
        groups.push(same.into_iter().flatten().chain(names.iter().cloned()).collect());
    }
    let first = |group: &BTreeSet<String>| {
        let of_group = |name: &&String| group.contains(&name.to_lowercase());
        let named = lines.iter().filter(|line| line.pattern().is_none()).flat_map(|line| &line.names);
        named.into_iter().find(of_group).cloned()
    };
    let of_line =
        |names: &BTreeSet<String>| groups.iter().find(|group| !group.is_disjoint(names)).and_then(first);
    folded.iter().map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_name() {
        let lines: Vec<_> = ["b@x k", "a@x k", "B@x,c@y k", "*@x,a@x k", "d@x,c@y k", "e@x k", "e@x,a@x k"]
            .iter()
            .map(|line| Principals::read(line).unwrap().0)
            .collect();
        let people = of(&lines.iter().collect::<Vec<_>>());
        let people: Vec<_> = people.iter().map(Option::as_deref).collect();
        let (a, b) = (Some("a@x"), Some("b@x"));
        assert_eq!(people, [b, a, b, None, b, a, a]);
    }
}
