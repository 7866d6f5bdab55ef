//! What promote.toml names, for those who help with names: suggestions and completions. Nothing where there is no file, or
//! one that can't be read; saying what is wrong with it is left to the commands.

use crate::app::env::Env;
use promote_core::config::{Config, ReadContext, read};
use promote_providers::config_file;
use std::ffi::OsString;
use std::path::PathBuf;

/// The configuration that a command line would read; `None` when it would not get far.
pub(crate) fn config(env: &Env, arguments: &[OsString]) -> Option<Config> {
    let named = named(arguments).or_else(|| env.variable("PROMOTE_CONFIG").map(PathBuf::from));
    let file = match named {
        Some(path) => env.folder.join(path),
        None => {
            let found = config_file::find(&env.folder)?;
            config_file::trusted(&found).ok()?;
            found
        }
    };
    let text = config_file::text(&file, "").ok()?;
    let context = ReadContext {
        // Which project it is does not matter to what it names.
        default_project: "project".parse().ok(),
        variables: &|name| env.variables.get(name).cloned(),
        version: semver::Version::parse(promote::VERSION).ok()?,
        schemes: &[],
    };
    read(&text, &context).ok().map(|(config, _)| config)
}

/// The environments, in the order of promotion.
pub(crate) fn environments(config: &Config) -> Vec<&str> {
    config.stages.iter().flatten().map(|name| name.as_str()).collect()
}

/// The file that `--config` names.
fn named(arguments: &[OsString]) -> Option<PathBuf> {
    let texts: Vec<&str> = arguments.iter().map(|one| one.to_str().unwrap_or_default()).collect();
    let joined = texts.iter().find_map(|one| one.strip_prefix("--config="));
    let apart = texts.windows(2).find_map(|pair| match pair {
        ["--config", path] => Some(*path),
        _ => None,
    });
    joined.or(apart).map(PathBuf::from)
}
