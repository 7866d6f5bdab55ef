//! Wrong arguments, wrong files, and help: none of these reaches the outside.

use crate::stage::{CONFIG, Stage};
use insta::assert_snapshot;
use promote_core::exit::ExitStatus;
use std::sync::atomic::Ordering;

fn stage() -> Stage {
    let stage = Stage::empty(CONFIG);
    stage.outside.reachable.store(false, Ordering::SeqCst);
    stage
}

#[test]
fn wrong_arguments_end_with_2_and_a_hint() {
    let mut stage = stage();
    for line in [
        "promote prmote",
        "promote deploy prod",
        "promote validate",
        "promote staging",
        "promote help sook",
        "promote history -n 0",
        "promote history -n abc",
        "promote history prod --before 0",
        "promote to",
        "promote to prod --yess",
        "promote to PROD",
        "promote to QA",
        "promote to prod --note ticket",
        "promote to prod --timeout soon",
        "promote to prod --plan x --reason y",
        "promote status --json=env",
        "promote status --json=?",
        "promote to prod --json=?",
        "promote to prod --dry-run --json=?",
        "promote history --before 3",
        "promote status --json --format plain",
        "promote status --config nowhere.toml",
    ] {
        stage.tell(line);
    }
    assert_snapshot!(stage.transcript());
}

/// A value that an argument takes, by what it is called.
fn sample(argument: &clap::Arg) -> Option<String> {
    if !argument.get_action().takes_values() {
        return None;
    }
    let name = argument.get_value_names().and_then(|names| names.first());
    Some(filled(name.map_or("", |name| name.as_str())).to_owned())
}

fn filled(name: &str) -> &'static str {
    match name {
        "ENV" => "prod",
        "RELEASE" => "aaaaaaa",
        "NAME=TEXT" => "a=b",
        "TIME" => "1h",
        "ENTRY" => "3",
        "STAGE/ACTION" => "Deploy/Yes",
        _ => "x",
    }
}

/// The words of an argument with a value.
fn given(argument: &clap::Arg) -> Vec<String> {
    let long = argument.get_long().map(|long| format!("--{long}"));
    long.into_iter().chain(sample(argument)).collect()
}

#[test]
fn no_usage_that_is_shown_after_a_conflict_is_refused_itself() {
    let stage = stage();
    let line = promote_cli::command_line();
    let mut shown = 0;
    for command in line.get_subcommands() {
        for one in command.get_arguments() {
            for other in command.get_arg_conflicts_with(one) {
                // Some of them need one more.
                for more in [&[][..], &["--comment", "why", "--reason", "why"]] {
                    let more = more.iter().map(|word| (*word).to_owned());
                    let name = command.get_name().to_owned();
                    // An operand has its meaning by its place.
                    let place = command
                        .get_positionals()
                        .next()
                        .filter(|first| ![one, other].map(clap::Arg::get_id).contains(&first.get_id()));
                    let words: Vec<String> = ["promote".to_owned(), name]
                        .into_iter()
                        .chain(place.and_then(sample))
                        .chain(given(one))
                        .chain(given(other))
                        .chain(more)
                        .collect();
                    let (status, _, err) = stage.run(&words.join(" "));
                    assert_eq!(status, promote_core::exit::ExitStatus::Usage, "{words:?}: {err}");
                    let Some((_, usage)) = err.split_once("usage: ") else { continue };
                    let usage = usage.split(" (`").next().unwrap();
                    let filled: Vec<String> = usage
                        .split(' ')
                        .map(|word| match word.trim_matches(['<', '>', '[', ']', '.']) {
                            bare if bare == word => word.to_owned(),
                            bare => filled(bare).to_owned(),
                        })
                        .collect();
                    shown += 1;
                    let read = promote_cli::command_line().try_get_matches_from(&filled);
                    assert!(read.is_ok(), "{words:?} shows {usage}: {read:?}");
                }
            }
        }
    }
    assert!(shown > 10, "{shown}");
}

#[test]
fn mistakes_in_the_file_are_shown_at_their_place() {
    let mut stage = stage();
    let text = "project = \"shop\"\nenvironments = [\"staging\", \"uat\"]\nsource = \"a/{sha}.zip\"\n\
                target = \"b/{env}.zip\"\n\n[env.uat]\nfrom = \"qa\"\naprovals = 2\n";
    std::fs::write(stage.folder.path().join("promote.toml"), text).unwrap();
    stage.tell("promote status");
    stage.tell("promote status --json");
    std::fs::write(stage.folder.path().join("promote.toml"), "project = \"sh\u{1b}[2Jop\n").unwrap();
    stage.tell("promote status");
    std::fs::remove_file(stage.folder.path().join("promote.toml")).unwrap();
    std::fs::create_dir(stage.folder.path().join(".git")).unwrap();
    stage.tell("promote status");
    assert_snapshot!(stage.transcript());
}

#[test]
fn help_and_version_need_no_file() {
    let mut stage = stage();
    std::fs::remove_file(stage.folder.path().join("promote.toml")).unwrap();
    stage.tell("promote --version");
    stage.tell("promote version");
    stage.tell("promote version --json");
    stage.tell("promote");
    stage.tell("promote -h");
    stage.tell("promote to --help");
    stage.tell("promote plan -h");
    assert_snapshot!(stage.transcript());
}

#[test]
fn topics_are_explained_without_a_file() {
    let mut stage = stage();
    std::fs::remove_file(stage.folder.path().join("promote.toml")).unwrap();
    for line in [
        "promote help rules",
        "promote help releases",
        "promote help exit codes",
        "promote help environment variables",
        "promote help formats",
        "promote help completion",
        "promote help config show",
    ] {
        stage.tell(line);
    }
    assert_snapshot!(stage.transcript());
}

#[test]
fn without_a_command_the_status_of_the_project_is_shown() {
    let mut stage = Stage::ready();
    assert_eq!(stage.run("promote"), stage.run("promote status"));
    assert_eq!(stage.run("promote --json"), stage.run("promote status --json"));
    stage.columns = Some(60);
    stage.tell("promote help");
    stage.columns = Some(80);
    stage.tell("promote help");
    assert_snapshot!(stage.transcript());
}

#[test]
fn what_prints_text_refuses_to_print_json() {
    let stage = Stage::ready();
    for line in
        ["promote help", "promote help rules", "promote help to", "promote man", "promote completions bash"]
    {
        for wish in ["--json", "--format json"] {
            let (exit, out, err) = stage.run(&format!("{line} {wish}"));
            assert_eq!(exit, ExitStatus::Usage, "{line} {wish}: {err}");
            assert!(err.contains("not JSON") && err.contains("leave out `--json`"), "{err}");
            assert!(out.contains("promote/failure@1"), "{out}");
        }
    }
}
