//! Every command and whether it writes, found out by running it; and that each one that does asks for a proof of who acts,
//! where that is wanted.

use crate::stage::{CONFIG, Stage, contents};
use promote_cli::Providers;
use promote_core::exit::ExitStatus;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What is done to a project before.
type Given = fn(&Stage);

/// A command, with everything that it asks for.
struct Line {
    words: &'static [&'static str],
    does: Does,
    given: Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It changes what is in the stores.
    Writes,
    /// The same, at a service that there is none of here.
    WritesElsewhere,
    /// It only looks.
    Looks,
}

const fn writes(words: &'static [&'static str], given: Given) -> Line {
    Line { words, does: Does::Writes, given }
}

const fn looks(words: &'static [&'static str]) -> Line {
    Line { words, does: Does::Looks, given: published }
}

const fn elsewhere(words: &'static [&'static str]) -> Line {
    Line { words, does: Does::WritesElsewhere, given: published }
}

/// At least one for each command, and one for each flag that makes a command write.
const LINES: [Line; 46] = [
    writes(&["to", "uat", "--yes"], published),
    writes(&["rollback", "staging", "--yes"], twice),
    writes(&["resume", "staging", "--yes"], failed),
    writes(&["advance", "--yes"], unmoved),
    writes(&["publish"], committed),
    writes(&["freeze", "uat", "--reason", "x"], published),
    writes(&["unfreeze", "uat", "--yes"], frozen),
    writes(&["hold", "uat", "--reason", "x"], published),
    writes(&["unhold", "uat", "--yes"], held),
    writes(&["block", "v1.0.0", "--reason", "x"], published),
    writes(&["unblock", "v1.0.0"], blocked),
    writes(&["pin", "v1.0.0", "--reason", "x"], published),
    writes(&["unpin", "v1.0.0"], pinned),
    writes(&["approve", "uat", "--yes"], asking),
    writes(&["reject", "uat", "--reason", "x", "--yes"], asking),
    writes(&["record", "load", "v1.0.0", "--result", "passed", "--yes"], published),
    writes(&["adopt", "staging", "--reason", "x", "--yes"], by_hand),
    writes(&["prune", "--keep", "0", "--older-than", "1d", "--yes"], aged),
    writes(&["import", "--yes"], lost),
    // The store of folders here is known to any ledger.
    elsewhere(&["doctor", "--probe"]),
    writes(
        &[
            "--config",
            "new.toml",
            "init",
            "--project",
            "shop",
            "--environments",
            "prod",
            "--place",
            "other",
            "--begin",
        ],
        lost,
    ),
    elsewhere(&["watch", "staging", "--approve", "Approve/Manual"]),
    elsewhere(&["watch", "staging", "--reject", "Approve/Manual", "--comment", "no"]),
    elsewhere(&["watch", "staging", "--rollback-stage", "Deploy"]),
    looks(&["plan", "uat"]),
    looks(&["status"]),
    looks(&["history"]),
    looks(&["show", "v1.0.0"]),
    looks(&["diff", "staging", "staging"]),
    looks(&["verify", "--bytes", "--ledger"]),
    looks(&["explain", "uat"]),
    looks(&["pack"]),
    looks(&["verify-archive", "given.zip"]),
    looks(&["check"]),
    looks(&["config", "show"]),
    looks(&["ci", "github", "--stdout"]),
    looks(&["iam", "aws"]),
    looks(&["doctor"]),
    looks(&["notify", "--test"]),
    looks(&["schema"]),
    looks(&["completions", "bash"]),
    looks(&["man"]),
    looks(&["version"]),
    looks(&["help"]),
    looks(&["demo"]),
    looks(&["init", "--help"]),
];

fn published(stage: &Stage) {
    stage.git(&["tag", "v1.0.0"]);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let commit = stage.git(&["rev-parse", "HEAD"]);
    stage.write("given.zip", stage.read(&format!("releases/{commit}.zip")));
}

fn twice(stage: &Stage) {
    published(stage);
    committed(stage);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
}

fn failed(stage: &Stage) {
    stage.write(
        "promote.toml",
        format!("{}[env.staging]\ndeploy = {{ run = \"test -e ok\" }}\n", CONFIG.trim_start()),
    );
    stage.run(&["publish", "--allow-dirty"]).ends(ExitStatus::DeployFailed);
    stage.write("ok", "");
}

fn unmoved(stage: &Stage) {
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
}

fn committed(stage: &Stage) {
    stage.commit("feat: second");
}

/// An environment that asks for an approval, of anyone under any name.
fn asking(stage: &Stage) {
    let text = String::from_utf8(stage.read("promote.toml")).unwrap();
    let asks = "[env.uat]\napprovals = { count = 1, strength = \"claimed\", self = true }\n";
    stage.write("promote.toml", format!("{text}{asks}"));
    stage.commit("feat: ask");
    published(stage);
}

fn frozen(stage: &Stage) {
    published(stage);
    stage.run(&["freeze", "uat", "--reason", "x"]).ends(ExitStatus::Ok);
}

fn held(stage: &Stage) {
    published(stage);
    stage.run(&["hold", "uat", "--reason", "x"]).ends(ExitStatus::Ok);
}

fn blocked(stage: &Stage) {
    published(stage);
    stage.run(&["block", "v1.0.0", "--reason", "x"]).ends(ExitStatus::Ok);
}

fn pinned(stage: &Stage) {
    published(stage);
    stage.run(&["pin", "v1.0.0", "--reason", "x"]).ends(ExitStatus::Ok);
}

fn by_hand(stage: &Stage) {
    published(stage);
    stage.write("deployed/staging.zip", "by hand");
}

/// A release that nothing needs any more.
fn aged(stage: &Stage) {
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    let old = stage.git(&["rev-parse", "HEAD"]);
    committed(stage);
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let manifest = stage.path().join(format!(".promote/shop/releases/{old}/manifest.json"));
    let file = std::fs::File::options().write(true).open(manifest).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(100 * 86_400)).unwrap();
}

/// A ledger that was lost, beside targets that were not.
fn lost(stage: &Stage) {
    published(stage);
    std::fs::remove_dir_all(stage.path().join(".promote")).unwrap();
}

/// What the stores hold.
fn stores(stage: &Stage) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = contents(&stage.path());
    let kept = ["releases", "deployed", "other", ".promote"].map(|name| stage.path().join(name));
    found.retain(|(file, _)| kept.iter().any(|folder| file.starts_with(folder)));
    found
}

/// A project as a line expects it.
fn project(line: &Line) -> Stage {
    let stage = Stage::with(CONFIG);
    (line.given)(&stage);
    stage
}

#[test]
fn every_command_has_a_line_and_those_that_ask_before_they_act_have_one_that_writes() {
    let command_line = promote_cli::command_line();
    let named = |does: fn(Does) -> bool| -> BTreeSet<&str> {
        let lines = LINES.iter().filter(|line| does(line.does));
        lines.filter_map(|line| line.words.iter().find(|word| known(&command_line, word)).copied()).collect()
    };
    let all: BTreeSet<&str> = command_line.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(named(|_| true), all, "each command has a line here");
    let asks = |command: &&clap::Command| command.get_arguments().any(|one| one.get_id() == "yes");
    let acting: BTreeSet<&str> =
        command_line.get_subcommands().filter(asks).map(clap::Command::get_name).collect();
    let writing = named(|does| does != Does::Looks);
    assert!(acting.is_subset(&writing), "{:?} have no line that writes", acting.difference(&writing));
}

fn known(command_line: &clap::Command, word: &str) -> bool {
    command_line.get_subcommands().any(|command| command.get_name() == word)
}

#[test]
fn what_writes_asks_for_a_proof_of_who_acts_where_one_is_wanted_and_what_looks_does_not() {
    for line in &LINES {
        let words = line.words;
        let (free, mut guarded) = (project(line), project(line));
        let before = stores(&free);
        let done = free.run_on(words, &Providers);
        match line.does {
            Does::Writes => {
                assert!(stores(&free) != before, "{words:?} wrote nothing: {}", done.all());
            }
            Does::Looks => {
                assert!(stores(&free) == before, "{words:?} writes, so it must be guarded");
            }
            Does::WritesElsewhere => {}
        }
        guarded.variables.push(("PROMOTE_REQUIRE_OIDC", "1".to_owned()));
        let before = stores(&guarded);
        let wanted = if line.does == Does::Looks { done.exit } else { ExitStatus::Denied };
        let answer = guarded.run_on(words, &Providers);
        assert_eq!(answer.exit, wanted, "{words:?}: {}", answer.all());
        assert!(stores(&guarded) == before, "{words:?} wrote");
        if wanted == ExitStatus::Denied {
            assert!(answer.err.contains("`PROMOTE_REQUIRE_OIDC` asks for that"), "{words:?}: {}", answer.err);
        }
    }
}

#[test]
fn yes_is_said_to_be_needed_by_those_that_ask_and_by_no_others() {
    let command_line = promote_cli::command_line();
    for line in LINES.iter().filter(|line| line.does == Does::Writes) {
        let name = line.words.iter().find(|word| known(&command_line, word)).unwrap();
        let command = command_line.find_subcommand(name).unwrap();
        let yes = command.get_arguments().find(|one| one.get_id() == "yes");
        let Some(help) = yes.and_then(|yes| yes.get_help()).map(ToString::to_string) else { continue };
        let words: Vec<&str> = line.words.iter().copied().filter(|word| *word != "--yes").collect();
        let stage = project(line);
        let before = stores(&stage);
        let done = stage.run_on(&words, &Providers);
        let asks = help.contains("needed where there is no terminal");
        let wanted = if asks { ExitStatus::Usage } else { ExitStatus::Ok };
        assert_eq!(done.exit, wanted, "{words:?}, {help}: {}", done.all());
        let wrote = stores(&stage) != before;
        assert_eq!(wrote, !asks && *name != "prune", "{words:?}, {help}: {}", done.all());
    }
}
