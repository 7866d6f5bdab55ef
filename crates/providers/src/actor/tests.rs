//! Who is taken to act under the variables that CI systems set.

use super::*;

fn found(pairs: &[(&str, &str)]) -> Actor {
    detect_with(&pairs.iter().copied().collect(), "laptop", || None)
}

#[test]
fn github_names_the_one_who_triggered_the_run_and_its_page() {
    let actor = found(&[
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_ACTOR", "alice"),
        ("GITHUB_TRIGGERING_ACTOR", "bob"),
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "acme/billing"),
        ("GITHUB_RUN_ID", "42"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_WORKFLOW", "release"),
        ("GITHUB_TOKEN", "ghs_secret"),
    ]);
    assert_eq!((actor.name.as_str(), actor.source.as_str()), ("bob", "github-actions"));
    assert_eq!(actor.strength, "claimed");
    assert_eq!(actor.details["run"], "https://github.example/acme/billing/actions/runs/42/attempts/2");
    assert_eq!((&*actor.details["attempt"], &*actor.details["workflow"]), ("2", "release"));
    assert!(!format!("{actor:?}").contains("ghs_secret"));
}

#[test]
fn every_system_is_told_from_the_others() {
    for system in &SYSTEMS {
        let mut set = vec![("CI", "true"), (system.marker, "true")];
        set.extend(system.actor.first().map(|name| (*name, "carol")));
        let actor = found(&set);
        assert_eq!(actor.source, system.source);
        let wanted = if system.actor.is_empty() { system.source } else { "carol" };
        assert_eq!(actor.name, wanted, "{}", system.source);
    }
}

#[test]
fn a_person_is_named_with_the_machine() {
    let actor = found(&[("USER", "dan"), ("GITHUB_ACTIONS", "false")]);
    assert_eq!((actor.name.as_str(), actor.source.as_str()), ("dan", "local-user"));
    assert_eq!(actor.details["host"], "laptop");
    assert_eq!(found(&[]).name, "unknown");
    assert_eq!(detect_with(&Variables::default(), "laptop", || Some("erin".to_owned())).name, "erin");
    assert_eq!(found(&[("CI", "1")]).source, "ci");
}

#[test]
fn a_given_name_goes_first_and_what_was_found_is_kept() {
    let actor = found(&[
        ("USER", "dan"),
        ("PROMOTE_ACTOR", "eve\u{1b}[31m\n"),
        ("PROMOTE_RUN_URL", "https://u:p@ci.example/7"),
    ]);
    assert_eq!(actor.name, "eve[31m");
    assert_eq!(actor.details["detected"], "dan");
    assert_eq!(actor.details["run"], "https://ci.example/7");
}

#[test]
fn addresses_keep_no_secrets() {
    for (text, kept) in [
        ("https://ci.example/run/7?token=canary&attempt=2#log", "https://ci.example/run/7?attempt=2"),
        ("https://user:canary@ci.example/7", "https://ci.example/7"),
        ("https://ci.example/_build/results?buildId=42", "https://ci.example/_build/results?buildId=42"),
        ("https://ci.example?X-Amz-Signature=canary", "https://ci.example"),
        ("https://ci.example/a#access_token=canary", "https://ci.example/a"),
        ("Alice?", "Alice?"),
    ] {
        assert_eq!(plain(text), kept);
        let variables = [("PROMOTE_RUN_URL", text), ("CI", "1")].into_iter().collect();
        assert_eq!(detect(&variables, "host").details["run"], kept);
    }
}
