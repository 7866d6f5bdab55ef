//! Which names are programs'.

/// What begins the name that GitLab gives a service account of an instance, a group or a project. Nothing else that it tells
/// of one says that it is no person's.
const SERVICE: &str = "service_account_";

/// Whether a name is a program's: GitHub's apps, and GitLab's tokens of projects and groups and its service accounts.
pub(super) fn is_bot(name: &str) -> bool {
    let of_token = |prefix: &str| {
        let number = name.strip_prefix(prefix).and_then(|rest| rest.split_once("_bot"));
        number.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    name.ends_with("[bot]") || of_token("project_") || of_token("group_") || name.starts_with(SERVICE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_the_names_that_forges_give_them() {
        for name in [
            "dependabot[bot]",
            "project_12_bot",
            "group_7_bot_0a1b2c",
            "service_account_0a1b2c",
            "service_account_group_345_6818db827ac5f0a5",
            "service_account_project_42_6818db827ac5f0a5",
        ] {
            assert!(is_bot(name), "{name}");
        }
        for name in ["bot", "project_bot", "project_x_bot", "service_account", "ann_service_account_1"] {
            assert!(!is_bot(name), "{name}");
        }
    }
}
