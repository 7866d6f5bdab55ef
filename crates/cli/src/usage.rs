//! Wrong arguments, help and version: clap's answers in this program's words.

use crate::app::env::Env;
use crate::app::json::JsonSelection;
use crate::app::screen::Screen;
use crate::{command, known};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::{NameError, is_name};
use promote_core::report::FailureReport;
use std::ffi::OsString;

/// Shows what clap answers instead of parsed arguments: as a document as well, where the arguments ask for one.
pub(crate) fn show(error: &clap::Error, arguments: &[OsString], env: &Env, screen: &Screen) -> ExitStatus {
    let rendered = error.render();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let text = if screen.out_colour { rendered.ansi().to_string() } else { rendered.to_string() };
        return match screen.data(&text) {
            Ok(()) => ExitStatus::Ok,
            Err(failure) => {
                screen.complain(&promote_view::failure::page(&FailureReport::of(&failure)));
                failure.exit
            }
        };
    }
    let failure = {
        let incomplete = (error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)
            .then(|| unfinished(arguments))
            .flatten();
        let message = match incomplete {
            Some((command, _)) => format!("a command is missing after `{command}`"),
            None => message(error),
        };
        let failure = Failure::new(ExitStatus::Usage, message);
        let failure = hints(error, arguments, env).into_iter().fold(failure, Failure::hint);
        let page = promote_view::failure::page(&FailureReport::of(&failure));
        screen.complain(&page);
        failure
    };
    if wants_document(arguments)
        && let Ok(text) = JsonSelection::Whole.text(&FailureReport::of(&failure))
    {
        let _ = screen.data(&text);
    }
    failure.exit
}

/// Where the commands are listed.
const LISTED: &str = "`promote --help` lists the commands";

/// Whether arguments that could not be understood ask for JSON.
fn wants_document(arguments: &[OsString]) -> bool {
    let texts: Vec<&str> =
        arguments.iter().map(|one| one.to_str().unwrap_or_default()).take_while(|one| *one != "--").collect();
    texts.iter().any(|one| *one == "--json" || one.starts_with("--json=") || *one == "--format=json")
        || texts.windows(2).any(|pair| pair == ["--format", "json"])
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The name that was given where an environment is named, when it can be no environment's.
fn misnamed(error: &clap::Error) -> Option<&NameError> {
    let why = std::error::Error::source(error)?.downcast_ref::<NameError>()?;
    (why.kind == "environment").then_some(why)
}

fn message(error: &clap::Error) -> String {
    if let Some(name) = misnamed(error) {
        return format!("no environment `{}`", name.shown);
    }
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("no command `{name}`")
        }
        ErrorKind::UnknownArgument => format!("unknown argument `{argument}`"),
        ErrorKind::MissingRequiredArgument => format!("`{}` is missing", plain(&argument)),
        ErrorKind::InvalidValue if value.is_empty() => format!("`{}` needs a value", plain(&argument)),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string);
            match why {
                // Most of our own messages name the value.
                Some(why) if why.contains(&format!("`{value}`")) => why,
                Some(why) => format!("invalid value `{value}` for `{}`: {why}", plain(&argument)),
                None => format!("invalid value `{value}` for `{}`", plain(&argument)),
            }
        }
        ErrorKind::ArgumentConflict => {
            let other = text(error, ContextKind::PriorArg).unwrap_or_default();
            match other.is_empty() || other == argument {
                true => format!("`{}` is given more than once", plain(&argument)),
                false => format!("`{}` can't be used together with `{}`", plain(&argument), plain(&other)),
            }
        }
        ErrorKind::NoEquals => format!("`{}` takes its value after `=`", plain(&argument)),
        _ => first_line(&error.render().to_string()),
    }
}

/// clap shows values in angle brackets; so do we, without its dots.
fn plain(argument: &str) -> String {
    argument.trim_end_matches("...").to_owned()
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or("wrong arguments");
    line.trim_start_matches("error: ").to_owned()
}

/// The command that was most likely meant.
fn nearest(name: &str, arguments: &[OsString], env: &Env) -> Option<String> {
    let lower = name.to_lowercase();
    if let Some(here) = command::all().find(|entry| entry.elsewhere.contains(&lower.as_str())) {
        return Some(here.name.to_owned());
    }
    let config = known::config(env, arguments);
    if config.is_some_and(|config| known::environments(&config).contains(&name)) {
        return Some(format!("promote to {name}"));
    }
    let line = crate::cli::command_line();
    let known = line.get_subcommands().map(clap::Command::get_name);
    promote_core::suggest::closest(name, known).map(str::to_owned)
}

/// The command that was given without the one that it needs after it, and the first of those.
fn unfinished(arguments: &[OsString]) -> Option<(String, String)> {
    let line = crate::cli::command_line();
    let mut given = arguments.iter().skip(1).filter_map(|one| one.to_str());
    let command = given.find_map(|one| line.get_subcommands().find(|known| known.get_name() == one))?;
    let first = command.get_subcommands().next()?;
    Some((command.get_name().to_owned(), first.get_name().to_owned()))
}

fn hints(error: &clap::Error, arguments: &[OsString], env: &Env) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(name) = misnamed(error) {
        let config = known::config(env, arguments);
        let known = config.as_ref().map(known::environments).unwrap_or_default();
        let lower = name.shown.to_ascii_lowercase().replace('_', "-");
        let near = promote_core::suggest::closest(&lower, known.iter().copied()).map(str::to_owned);
        return vec![match near.or_else(|| (known.is_empty() && is_name(&lower)).then_some(lower)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => {
                "an environment is named by lower-case letters, digits and `-`".to_owned()
            }
            None => format!("the environments are {}", known.join(", ")),
        }];
    }
    if let Some(name) = text(error, ContextKind::InvalidSubcommand) {
        let near = nearest(&name, arguments, env);
        return vec![near.map_or_else(|| LISTED.to_owned(), |near| format!("did you mean `{near}`?"))];
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        && let Some((command, first)) = unfinished(arguments)
    {
        return vec![format!("`promote {command} {first}` is one; `promote {command} --help` lists them")];
    }
    let given = text(error, ContextKind::InvalidValue);
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        let near = text(error, kind);
        // clap finds names alike that nobody would mistake for each other.
        let alike = |near: &String| match (kind, &given) {
            (ContextKind::SuggestedValue, Some(given)) => {
                promote_core::suggest::closest(given, [near.as_str()]).is_some()
            }
            _ => true,
        };
        if let Some(near) = near.filter(alike) {
            hints.push(format!("did you mean `{near}`?"));
        }
    }
    if let Some(values) = text(error, ContextKind::ValidValue).filter(|values| !values.is_empty()) {
        hints.push(format!("possible values: {values}"));
    }
    if !hints.is_empty() {
        return hints;
    }
    if text(error, ContextKind::InvalidArg).is_some_and(|argument| argument.contains("RELEASE")) {
        hints.push(
            "give the commit or its beginning: `promote history` and `promote status` name them".to_owned(),
        );
    }
    let known = crate::cli::command_line();
    let named = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let command = named.filter_map(|argument| known.find_subcommand(argument)).next();
    hints.push(match (command, text(error, ContextKind::Usage)) {
        (None, _) => LISTED.to_owned(),
        (Some(command), Some(usage)) => {
            let usage = fitting(&usage.trim().replace("Usage: ", "usage: "), command);
            format!("{usage} (`promote {} --help` explains)", command.get_name())
        }
        (Some(command), None) => format!("`promote {} --help` explains", command.get_name()),
    });
    hints
}

/// A usage without what something before it excludes: clap shows whatever was given, and would refuse it.
fn fitting(usage: &str, command: &clap::Command) -> String {
    let argument = |word: &str| {
        let name = word.trim_matches(['<', '>', '[', ']', '.']);
        command.get_arguments().find(|one| match word.strip_prefix("--") {
            Some(long) => one.get_long() == Some(long),
            None => {
                let named = one.get_value_names().and_then(|names| names.first());
                one.is_positional() && name != word && named.is_some_and(|named| named.as_str() == name)
            }
        })
    };
    let conflicts = |one: &clap::Arg, other: &clap::Arg| {
        command.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id())
    };
    let (mut kept, mut shown) = (Vec::<&clap::Arg>::new(), Vec::new());
    let mut words = usage.split(' ');
    while let Some(word) = words.next() {
        let found = argument(word);
        let option = found.filter(|one| !one.is_positional());
        let value = option.filter(|one| one.get_action().takes_values()).and_then(|_| words.next());
        if let Some(one) = found {
            if kept.iter().any(|other| conflicts(one, other) || conflicts(other, one)) {
                continue;
            }
            kept.push(one);
        }
        shown.push(word);
        shown.extend(value);
    }
    shown.join(" ")
}
