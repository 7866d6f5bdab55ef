//! The file that `promote init` writes: short, with a comment where a team will most likely go on.

use crate::names::{EnvironmentName, ProjectName};
use crate::template::Template;
use std::fmt::Write;

/// A file for a project with these environments, in order, that reads without errors when the locations are right ones.
/// Written in TOML 1.0, which all editors read. Texts are quoted, so that none can add a line of its own.
pub fn template(
    project: &ProjectName,
    envs: &[EnvironmentName],
    source: &Template,
    target: &Template,
    ledger: Option<&str>,
) -> String {
    let names: Vec<String> = envs.iter().map(|env| quoted(env.as_str())).collect();
    let mut out = String::new();
    let last = envs.last();
    let lines = [
        // Editors read it: `promote schema --out promote.schema.json` makes the file.
        "#:schema ./promote.schema.json".to_owned(),
        String::new(),
        format!("project      = {}", quoted(project.as_str())),
        format!("environments = [{}]    # the order of promotion", names.join(", ")),
        "# timezone   = \"Europe/Berlin\"    # of the windows below".to_owned(),
        String::new(),
        "# Where each build is kept, named by its commit; CI writes it once, with `promote publish`."
            .to_owned(),
        format!("source = {}", quoted(source.as_str())),
    ];
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    if let Some(ledger) = ledger {
        let _ = writeln!(out, "# Who moved what when; a registry keeps no such records.");
        let _ = writeln!(out, "ledger = {}", quoted(ledger));
    }
    // A commit that moves by itself has no target.
    if source.as_str() != "git" {
        let _ = writeln!(out, "# What each environment reads; promotion copies the build there.");
        let _ = writeln!(out, "target = {}", quoted(target.as_str()));
    }
    out.push_str(
        "\n# What follows the move: a command, or a URL to check.\n\
         # deploy = \"make deploy\"                           # with $PROMOTE_ENV and $PROMOTE_SHA\n\
         # verify = { http = \"https://HOST/version\", expect = \"{sha}\" }\n",
    );
    if let Some(last) = last {
        let _ = write!(out, "\n[env.{last}]\n");
        if envs.len() > 1 {
            let before = envs.iter().rev().nth(1).map_or("", |env| env.as_str());
            let _ = writeln!(
                out,
                "soak = \"1h\"                                      # minimum time verified in {before} first",
            );
        }
        out.push_str(
            "# freeze  = [\"Fri 16:00 .. Mon 08:00\"]             # nothing moves then\n\
             # on-failure = \"rollback\"                          # put the release before back\n",
        );
    }
    let bucket = source.as_str().strip_prefix("s3://").and_then(|rest| rest.split('/').next());
    if let Some(bucket) = bucket.filter(|bucket| !bucket.contains(['{', '"', '\\', '.'])) {
        let _ = write!(
            out,
            "\n# [store.{bucket}]\n# endpoint = \"https://HOST\"                        # a server that is not AWS's\n"
        );
    }
    out
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ReadContext, read};

    #[test]
    fn what_is_written_reads_without_findings_also_with_its_comments_in_force() {
        for (source, target, ledger) in [
            ("s3://acme/{sha}.zip", "s3://acme/{env}.zip", ""),
            ("releases/{sha}.zip", "deploy/{env}.zip", ""),
            ("git", "", "ledger = \"git:x\"\n"),
            (
                "quay.io/acme/x:{sha:8}",
                "quay.io/acme/x:{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}",
                "ledger = \"git:x\"\n",
            ),
            ("a\"b\\/{sha}", "c/{env}", ""),
        ] {
            let Ok(source) = Template::parse(source) else { panic!("{source}") };
            let target = Template::parse(target).unwrap();
            let envs = ["staging", "uat", "prod"].map(|env| env.parse().unwrap());
            let text = format!(
                "{ledger}{}",
                template(&"billing-api".parse().unwrap(), &envs, &source, &target, None)
            );
            let context = ReadContext {
                default_project: None,
                variables: &|_| None,
                version: semver::Version::new(0, 1, 0),
                schemes: &[],
            };
            let hostile = source.as_str().contains('\\');
            match read(&text, &context) {
                Ok((config, findings)) => {
                    assert!(findings.is_empty() && !hostile, "{findings:?}\n{text}");
                    assert_eq!(config.stages.len(), 3);
                }
                // A backslash is refused as a location, at its place, and not as a mistake of TOML.
                Err(found) => assert!(
                    hostile && found.iter().all(|f| f.message.contains("can't be a path here")),
                    "{found:?}\n{text}"
                ),
            }
            // Every comment that is a key can be used as it stands, `deploy` once.
            let mut seen = false;
            let used: String = text
                .lines()
                .filter(|line| !line.starts_with("# deploy") || !std::mem::replace(&mut seen, true))
                .map(|line| match line.strip_prefix("# ") {
                    Some(rest) if rest.contains(" = ") || rest.starts_with("[store.") => format!("{rest}\n"),
                    _ => format!("{line}\n"),
                })
                .collect();
            assert!(hostile || read(&used, &context).is_ok(), "{:?}\n{used}", read(&used, &context));
        }
    }
}
