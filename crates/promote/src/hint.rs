//! Hints as a program can follow them: a command line that a hint names is told as the call that does the same.

/// The hint with calls in place of command lines; `None` where only the command can do what it names.
pub(crate) fn for_a_program(hint: &str) -> Option<String> {
    let mut told = String::with_capacity(hint.len());
    // Every second part stands between backquotes.
    for (index, part) in hint.split('`').enumerate() {
        let quoted = index % 2 == 1;
        told.push_str(if index == 0 { "" } else { "`" });
        match part.strip_prefix("promote ").filter(|_| quoted) {
            Some(line) => told.push_str(&call(line)?),
            // A flag alone is one of the command that was typed.
            None if quoted && part.starts_with("--") => return None,
            None => told.push_str(part),
        }
    }
    Some(told)
}

/// The call that does what a command line does.
fn call(line: &str) -> Option<String> {
    if line.contains(['\'', '"', '\\']) {
        // What a shell reads in another way is not told in a wrong one.
        return None;
    }
    let mut words = line.split_whitespace();
    let (command, rest): (&str, Vec<&str>) = (words.next()?, words.collect());
    match (command, rest.as_slice()) {
        ("to", rest) => promotion("promote", rest),
        ("rollback", rest) => promotion("roll_back", rest),
        ("resume", rest) => promotion("resume", rest),
        ("plan", rest) => promotion("plan", rest),
        ("status", []) => Some("Project::status(&[])".to_owned()),
        ("status", [name]) => Some(format!("Project::status(&[{}])", text(name))),
        ("history", []) => Some("Project::history".to_owned()),
        ("history", [name]) => Some(format!("Project::history(Some({}), …)", text(name))),
        ("verify", []) => Some("Project::verify".to_owned()),
        ("verify", ["--ledger"]) => Some("Project::verify` with `Depth::chains".to_owned()),
        ("verify", ["--bytes"]) => Some("Project::verify` with `Depth::bytes".to_owned()),
        ("watch", []) => Some("Project::watch".to_owned()),
        ("watch", [name]) => Some(format!("Project::watch({})", text(name))),
        ("publish", []) => Some("Project::publish".to_owned()),
        ("publish", ["--commit", name]) => Some(format!("Project::publish({})", text(name))),
        ("publish", ["PATH"]) => Some("Publish::path".to_owned()),
        ("freeze" | "unfreeze" | "hold" | "unhold", [name, reason @ ..]) => {
            mark(command, "environment", name, reason)
        }
        ("block" | "unblock" | "pin" | "unpin", [name, reason @ ..]) => {
            mark(command, "release", name, reason)
        }
        _ => None,
    }
}

/// A promotion with its terms.
fn promotion(method: &str, words: &[&str]) -> Option<String> {
    let (environment, mut rest) = words.split_first()?;
    let mut asked = format!("Promotion::to({})?", text(environment));
    let reason = words.windows(2).find(|pair| pair[0] == "--reason").map(|pair| pair[1]);
    let mut goes_past = false;
    if let Some((release, behind)) = rest.split_first().filter(|(word, _)| !word.starts_with("--")) {
        asked.push_str(&format!(".release({})?", text(release)));
        rest = behind;
    }
    while let Some((flag, behind)) = rest.split_first() {
        let (term, taken) = match (*flag, behind.first()) {
            ("--redeploy", _) => (".again()".to_owned(), 0),
            ("--take-over", _) => (".take_over(TakeOver::Confirmed)".to_owned(), 0),
            ("--to", Some(release)) => (format!(".release({})?", text(release)), 1),
            ("--include", Some(name)) => (format!(".include({})?", text(name)), 1),
            ("--override", Some(rule)) => {
                goes_past = true;
                (format!(".going_past({}, {})?", text(rule), text(reason.unwrap_or("REASON"))), 1)
            }
            ("--reason", Some(_)) if goes_past => (String::new(), 1),
            ("--reason", Some(reason)) => (format!(".reason({})?", text(reason)), 1),
            ("--note", Some(note)) => {
                let (name, said) = note.split_once('=')?;
                (format!(".note({}, {})", text(name), text(said)), 1)
            }
            _ => return None,
        };
        asked.push_str(&term);
        rest = behind.get(taken..)?;
    }
    Some(format!("Project::{method}({asked})"))
}

fn mark(command: &str, what: &str, name: &str, reason: &[&str]) -> Option<String> {
    let mut letters = command.chars();
    let variant: String = letters.next()?.to_uppercase().chain(letters).collect();
    let reason = match reason {
        [] => "None".to_owned(),
        ["--reason", reason] => format!("Some({})", text(reason)),
        _ => return None,
    };
    Some(format!("Project::mark(Mark::{variant} {{ {what}: {} }}, {reason})", text(name)))
}

/// A word as a literal; what stands for any (`TEXT`) stays as it is.
fn text(word: &str) -> String {
    match word.chars().all(|letter| letter.is_ascii_uppercase()) {
        true => word.to_owned(),
        false => format!("\"{word}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_told_as_the_call_that_does_the_same() {
        for (hint, told) in [
            ("grant `s3:GetObject`", "grant `s3:GetObject`"),
            ("`promote status prod` shows its state", "`Project::status(&[\"prod\"])` shows its state"),
            (
                "`promote resume prod` goes on, `promote rollback prod --include demo` goes back",
                "`Project::resume(Promotion::to(\"prod\")?)` goes on, \
                 `Project::roll_back(Promotion::to(\"prod\")?.include(\"demo\")?)` goes back",
            ),
            (
                "`promote rollback prod --to ccccccc --override from --reason TEXT` goes back",
                "`Project::roll_back(Promotion::to(\"prod\")?.release(\"ccccccc\")?.going_past(\"from\", TEXT)?)` goes back",
            ),
            (
                "`promote to prod a93be01 --redeploy --note ticket=7` writes it again",
                "`Project::promote(Promotion::to(\"prod\")?.release(\"a93be01\")?.again().note(\"ticket\", \"7\"))` \
                 writes it again",
            ),
            (
                "`promote pin a93be01 --reason TEXT` keeps it",
                "`Project::mark(Mark::Pin { release: \"a93be01\" }, Some(TEXT))` keeps it",
            ),
            (
                "`promote verify --ledger` checks the whole chain",
                "`Project::verify` with `Depth::chains` checks the whole chain",
            ),
        ] {
            assert_eq!(for_a_program(hint).as_deref(), Some(told));
        }
    }

    #[test]
    fn what_only_the_command_does_is_left_out() {
        for hint in [
            "`promote doctor` finds out more",
            "`promote to prod --note 'ticket=a b'` does",
            "`promote plan prod --out FILE` saves one",
            "`--yes` goes ahead without asking",
            "`promote resume prod` goes on, or `promote adopt prod --reason TEXT`",
        ] {
            assert_eq!(for_a_program(hint), None, "{hint}");
        }
    }
}
