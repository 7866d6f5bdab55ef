//! Commands that are named in a text keep the file that this command was told of with `--config`: typed without it, they
//! would find another file, or none.

use promote_core::invocation::quoted;
use promote_core::names::visible_json;
use serde_json::Value;

/// The text, in which each command in backticks names the file.
pub(crate) fn text(text: &str, file: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let parts = line.split('`').enumerate();
        let last = line.matches('`').count();
        // A backtick without its fellow quotes nothing.
        let parts = parts.map(|(at, part)| match at % 2 == 1 && at < last {
            true => command(part, file),
            false => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("`")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The document, in which each command names the file; `None` when it is no document.
pub(crate) fn document(json: &str, file: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    walk("", &mut value, file);
    Some(format!("{}\n", visible_json(&serde_json::to_string_pretty(&value).ok()?)))
}

fn walk(name: &str, value: &mut Value, file: &str) {
    match value {
        Value::String(whole) if matches!(name, "command" | "undo" | "again") => *whole = command(whole, file),
        Value::String(said) => *said = text(said, file),
        Value::Array(all) => all.iter_mut().for_each(|one| walk(name, one, file)),
        Value::Object(all) => all.iter_mut().for_each(|(name, one)| walk(name, one, file)),
        _ => {}
    }
}

fn command(line: &str, file: &str) -> String {
    let reads = line.starts_with("promote ") && !line.starts_with("promote init");
    match reads && !line.contains("--config") && !line.contains("--help") {
        true => format!("{line} --config {}", quoted(file)),
        false => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_backticks_name_the_file_and_nothing_else_does() {
        let said = "hint: `promote to prod` moves it, `--yes` or `promote --help`\nan odd ` and `promote x";
        assert_eq!(
            text(said, "my shop.toml"),
            "hint: `promote to prod --config 'my shop.toml'` moves it, `--yes` or `promote --help`\nan odd ` and `promote x"
        );
        let json =
            document(r#"{"undo":"promote rollback prod","b":["`promote status`"]}"#, "x.toml").unwrap();
        assert!(json.contains("promote rollback prod --config x.toml"), "{json}");
        assert!(json.contains("`promote status --config x.toml`"), "{json}");
    }
}
