//! A hint is a command that works now. Whatever a scenario prints as a command, and every flag that a hint names, is
//! carried out in a copy of the scenario's state, and must do what it was named for. Making the copy is left to the
//! scenarios.

mod reading;
pub(crate) mod words;

use promote_core::exit::ExitStatus;
use reading::Hint;
use std::collections::BTreeSet;
use std::ffi::OsString;

/// Commands whose output is made of other commands, or is read by another program: there is no hint in it.
const SILENT: [&str; 7] = ["demo", "completions", "man", "schema", "help", "--help", "-h"];

/// Commands that find something: that they do is no failure.
const FINDERS: [&str; 6] = ["verify", "plan", "check", "doctor", "diff", "ci"];

/// Hints that can't be carried out here, by a part of theirs, and why.
const LEFT: [(&str, &str); 5] = [
    ("PATH", "only its reader knows the file"),
    ("app.zip", "only its reader knows the file"),
    ("FOLDER", "only its reader knows the folder"),
    ("promote init", "it asks, and nobody answers here"),
    ("promote publish", "what is built is not at hand where releases are made in memory"),
];

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// What a scenario lends to those who try its hints.
pub(crate) trait Copied {
    /// Runs a command line in a new copy of the state, where every step goes well.
    fn run(&self, line: Vec<OsString>) -> Ended;

    /// Published releases, newest first.
    fn releases(&self) -> Vec<String>;

    /// The environments, in their order.
    fn environments(&self) -> Vec<String>;

    /// Whether there is something to publish.
    fn builds(&self) -> bool;
}

/// Fails the scenario unless each hint that `line` printed works.
pub(crate) fn all_work(line: &[String], ended: &Ended, copy: &dyn Copied) {
    if let Some(why) = fails(line, ended, copy) {
        panic!("{why}");
    }
}

/// Why a hint that `line` printed does not work; `None` when all do.
pub(crate) fn fails(line: &[String], ended: &Ended, copy: &dyn Copied) -> Option<String> {
    // A page of help names commands with what is to be filled in.
    if ended.out.contains("Usage: promote")
        || SILENT.iter().any(|silent| line.iter().any(|word| word == silent))
    {
        return None;
    }
    for hint in reading::of(&ended.out, &ended.err) {
        let left = LEFT.iter().find(|(part, _)| hint.text.contains(part));
        if left.is_some_and(|(part, _)| !part.starts_with("promote publish") || !copy.builds()) {
            continue;
        }
        println!("hint tried: {}", hint.text);
        if let Err(why) = works(line, &hint, ended.exit, copy) {
            let (line, exit) = (line.join(" "), ended.exit.name());
            return Some(format!(
                "`{line}` ended with {exit} and said:\n{}\n`{}` does not work: {why}",
                hint.said, hint.text
            ));
        }
    }
    None
}

/// Whether one hint works with some of the values that may be filled in.
fn works(line: &[String], hint: &Hint, first: ExitStatus, copy: &dyn Copied) -> Result<(), String> {
    let own = words::split(&hint.text);
    let typed: Vec<String> = if hint.is_command() {
        own
    } else {
        // A reason that a hint names stands for the one that was given.
        let given = line.iter().position(|word| word == "--reason" && own.contains(word));
        let kept = line
            .iter()
            .enumerate()
            .filter(|(at, _)| given.is_none_or(|given| *at != given && *at != given + 1));
        let kept = kept.map(|(_, word)| word).filter(|word| !hint.without.contains(word));
        kept.cloned().chain(own).collect()
    };
    let mut why = String::new();
    for filled in words::filled(&typed, &copy.releases(), &copy.environments())? {
        let filled = confirmed(filled)?;
        let ended = copy.run(filled.iter().map(OsString::from).collect());
        // Where an end is told beforehand, it is the end that is meant.
        if ended.exit == ExitStatus::DeployFailed && hint.said.contains("makes it end with 7") {
            return Ok(());
        }
        // Here the same person would do it.
        if ended.exit == ExitStatus::Blocked && hint.said.contains("by somebody else") {
            return Ok(());
        }
        match judged(&filled, &ended, line, first, copy) {
            Ok(()) => return Ok(()),
            Err(found) => why = format!("`{}` {found}", filled.join(" ")),
        }
    }
    Err(why)
}

/// The line as somebody types it who need not be asked; it must be one that promote understands.
fn confirmed(mut words: Vec<String>) -> Result<Vec<String>, String> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let known = promote_cli::command_line();
    let command = words.get(1).and_then(|name| known.find_subcommand(name));
    let asks = command.is_some_and(|command| command.get_arguments().any(|one| one.get_id() == "yes"));
    if asks && !words.iter().any(|word| word == "--yes" || word == "--help") {
        words.insert(2, "--yes".to_owned());
    }
    match promote_cli::command_line().try_get_matches_from(&words) {
        Ok(_) => Ok(words),
        Err(error) if matches!(error.kind(), DisplayHelp | DisplayVersion) => Ok(words),
        Err(error) => Err(format!("`{}` is no command: {error}", words.join(" "))),
    }
}

/// Whether a command did what it was named for: it ended well, or rules keep it off that kept the first one off as
/// well, and fewer of them; or it moved what it should, and a step that failed before fails again.
fn judged(
    filled: &[String],
    ended: &Ended,
    line: &[String],
    first: ExitStatus,
    copy: &dyn Copied,
) -> Result<(), String> {
    let finds = FINDERS.iter().any(|name| filled.get(1).is_some_and(|word| word == name));
    // Who approves is somebody else, whose name is proven.
    let denied = matches!(ended.exit, ExitStatus::Denied | ExitStatus::Blocked);
    if denied && filled.get(1).is_some_and(|word| word == "approve") {
        return Ok(());
    }
    let told = || format!("ended with {}:\n{}{}", ended.exit.name(), ended.out, ended.err);
    match ended.exit {
        ExitStatus::Ok => Ok(()),
        ExitStatus::Differs if finds => Ok(()),
        ExitStatus::DeployFailed | ExitStatus::Timeout if first == ended.exit => Ok(()),
        ExitStatus::Blocked => {
            let (before, now) = (unmet(line, copy), unmet(filled, copy));
            let better = now.is_subset(&before) && now.len() < before.len();
            better.then_some(()).ok_or_else(|| format!("{}(before: {before:?}, now: {now:?})", told()))
        }
        _ => Err(told()),
    }
}

/// The rules that keep a command from moving anything.
fn unmet(line: &[String], copy: &dyn Copied) -> BTreeSet<String> {
    let mut line: Vec<OsString> =
        line.iter().filter(|word| !word.starts_with("--json")).map(OsString::from).collect();
    line.push("--json".into());
    let answer = copy.run(line);
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap_or_default();
    let rules = document["rules"].as_array().cloned().unwrap_or_default();
    let unmet = rules.iter().filter(|rule| rule["met"] == false);
    unmet.filter_map(|rule| rule["rule"].as_str().map(str::to_owned)).collect()
}
