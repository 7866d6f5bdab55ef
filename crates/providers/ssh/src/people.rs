//! Who is one person: lines with a name in common are of the same one, in any case of letters, so that nobody counts
//! twice by a second key under a second name. The person is called by the first of the names in the file.

use crate::principals::Principals;
use std::collections::BTreeSet;

/// The names of the person of each line, in the order of the file; none for a line with a pattern, which is nobody's.
pub(crate) fn of(lines: &[&Principals]) -> Vec<Vec<String>> {
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
    let all: Vec<_> =
        lines.iter().filter(|line| line.pattern().is_none()).flat_map(|line| &line.names).collect();
    let of_group = |group: &BTreeSet<String>| {
        let mut names: Vec<String> = Vec::new();
        for name in all.iter().filter(|name| group.contains(&name.to_lowercase())) {
            if !names.contains(name) {
                names.push((*name).clone());
            }
        }
        names
    };
    let of_line =
        |names: &BTreeSet<String>| groups.iter().find(|group| !group.is_disjoint(names)).map(of_group);
    folded.iter().map(|names| of_line(names).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_all_names_that_meet() {
        let lines: Vec<_> = ["b@x k", "a@x k", "B@x,c@y k", "*@x,a@x k", "d@x,c@y k", "e@x k", "e@x,a@x k"]
            .iter()
            .map(|line| Principals::read(line).unwrap().0)
            .collect();
        let people = of(&lines.iter().collect::<Vec<_>>());
        let (a, b) = (vec!["a@x", "e@x"], vec!["b@x", "B@x", "c@y", "d@x"]);
        assert_eq!(people, [b.clone(), a.clone(), b.clone(), vec![], b, a.clone(), a]);
    }
}
