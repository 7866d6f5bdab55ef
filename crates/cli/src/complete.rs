//! What shells complete: commands and flags, and names from promote.toml and the git repository. No store, registry or
//! forge is asked. Bash and PowerShell put what they are offered on the line as it is, so that a tag or file of a checkout
//! could run a command: only words that mean nothing to a shell are offered.

use crate::app::env::Env;
use crate::command::completions::ASKED;
use crate::{known, topic};
use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::CompleteEnv;
use promote_artifacts::git::GitRepository;
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::rule::RULES;
use std::ffi::{OsStr, OsString};

/// How many tags and how many commits are offered.
const NEWEST: usize = 30;

/// Answers a shell that asks what may come next; `None` when none asks. To be called before anything else is done.
pub fn complete(arguments: Vec<OsString>) -> Option<ExitStatus> {
    std::env::var_os(ASKED)?;
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(line).var(ASKED).bin("promote").completer("promote");
    match asked.try_complete(arguments, folder.as_deref()) {
        Ok(true) => Some(ExitStatus::Ok),
        Ok(false) => None,
        Err(_) => Some(ExitStatus::Usage),
    }
}

/// The command line, each argument with what may stand there.
fn line() -> Command {
    with(crate::cli::command_line())
}

fn with(command: Command) -> Command {
    command.mut_args(known_values).mut_subcommands(with)
}

fn known_values(argument: Arg) -> Arg {
    let name = argument.get_value_names().and_then(<[_]>::first).map(|name| name.as_str().to_owned());
    // The same word may stand for a few that are listed: what `iam --for` takes is no command.
    if !argument.get_possible_values().is_empty() {
        return argument;
    }
    let is_path =
        matches!(argument.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    let values: fn(&OsStr) -> Vec<CompletionCandidate> = match name.as_deref() {
        Some("ENV" | "ENV,…") => environments,
        Some("RELEASE" | "COMMIT" | "ID|RELEASE") => releases,
        Some("RULE") => rules,
        Some("TOPIC") => topics,
        Some("COMMAND") => commands,
        Some("PATH") if argument.get_long().is_none() => builds,
        _ if is_path => paths,
        _ => return argument,
    };
    argument.add(ArgValueCompleter::new(values))
}

fn config() -> Option<Config> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    known::config(&Env::of_process(), &arguments)
}

/// Whether every shell takes the word as it stands.
fn is_plain(word: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || "/_-.,+=:@%".contains(c);
    !word.is_empty() && !word.starts_with('=') && word.chars().all(known)
}

/// Those that begin as the word does, and are not in its list already.
fn beginning(word: &OsStr, all: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let word = word.to_string_lossy();
    let listed = listed();
    let fitting = all
        .into_iter()
        .filter(|(value, _)| value.starts_with(&*word) && is_plain(value) && !listed.contains(value));
    fitting
        .map(|(value, help)| CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into())))
        .collect()
}

/// What stands before the last comma of the word that is completed.
fn listed() -> Vec<String> {
    let words: Vec<String> = std::env::args_os()
        .skip_while(|one| one != "--")
        .skip(1)
        .map(|one| one.to_string_lossy().into_owned())
        .collect();
    let place = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse::<usize>().ok());
    let word = place.map_or(words.last(), |place| words.get(place)).map(String::as_str).unwrap_or_default();
    let values =
        if word.starts_with("--") { word.split_once('=').map_or("", |(_, values)| values) } else { word };
    values.rsplit_once(',').map_or_else(Vec::new, |(all, _)| all.split(',').map(str::to_owned).collect())
}

fn environments(word: &OsStr) -> Vec<CompletionCandidate> {
    let config = config();
    let known = config.as_ref().map(known::environments).unwrap_or_default();
    beginning(word, known.into_iter().map(|name| (name.to_owned(), String::new())))
}

fn releases(word: &OsStr) -> Vec<CompletionCandidate> {
    let env = Env::of_process();
    let config = config();
    let known = config.as_ref().map(known::environments).unwrap_or_default();
    let mut all: Vec<(String, String)> =
        known.into_iter().map(|name| (name.to_owned(), format!("what runs in {name}"))).collect();
    all.push(("previous".to_owned(), "what ran there before".to_owned()));
    if let Some((tags, commits)) = recent(&env) {
        all.extend(tags.into_iter().map(|tag| (tag, "tag".to_owned())));
        let shown = |text: &str| promote_view::Text::plain(text).content();
        all.extend(commits.iter().map(|one| (one.id.short(7).to_owned(), shown(&one.subject))));
    }
    beginning(word, all)
}

fn recent(env: &Env) -> Option<(Vec<String>, Vec<promote_core::port::Commit>)> {
    let repository = GitRepository::open(&env.folder).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(repository.recent(NEWEST)).ok()
}

fn rules(word: &OsStr) -> Vec<CompletionCandidate> {
    let all = RULES.iter().filter(|rule| rule.overridable);
    beginning(word, all.map(|rule| (rule.name.to_owned(), rule.about.to_owned())))
}

fn topics(word: &OsStr) -> Vec<CompletionCandidate> {
    let all = topic::ALL.iter().map(|topic| (topic.name.to_owned(), "topic".to_owned()));
    let mut found = beginning(word, all);
    found.extend(commands(word));
    found
}

fn commands(word: &OsStr) -> Vec<CompletionCandidate> {
    let line = crate::cli::command_line();
    let about = |one: &Command| one.get_about().map(ToString::to_string).unwrap_or_default();
    beginning(word, line.get_subcommands().map(|one| (one.get_name().to_owned(), about(one))))
}

/// Files and folders.
fn paths(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = PathCompleter::any().complete(word);
    found.retain(|one| one.get_value().to_str().is_some_and(is_plain));
    found
}

/// A file or folder, where there are several artifacts behind `NAME=`.
fn builds(word: &OsStr) -> Vec<CompletionCandidate> {
    let text = word.to_string_lossy();
    if let Some((name, path)) = text.split_once('=') {
        return paths(OsStr::new(path)).into_iter().map(|one| one.add_prefix(format!("{name}="))).collect();
    }
    let config = config();
    let artifacts = config.iter().flat_map(artifacts).map(|name| (format!("{name}="), "artifact".to_owned()));
    let mut found = beginning(word, artifacts);
    found.extend(paths(word));
    found
}

/// The names of the artifacts, where there are several.
fn artifacts(config: &Config) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in
        config.environments.values().flat_map(|one| &one.artifacts).filter_map(|one| one.name.as_ref())
    {
        if !all.iter().any(|known| known == name.as_str()) {
            all.push(name.to_string());
        }
    }
    all
}
