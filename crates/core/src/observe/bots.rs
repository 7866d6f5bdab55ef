//! Which names are programs'.

/// Whether a name is a program's: GitHub's apps, and GitLab's tokens of projects and groups.
pub(super) fn is_bot(name: &str) -> bool {
    let of_token = |prefix: &str| {
        let number = name.strip_prefix(prefix).and_then(|rest| rest.split_once("_bot"));
        number.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    name.ends_with("[bot]") || of_token("project_") || of_token("group_")
}
