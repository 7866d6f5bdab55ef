//! Workflow commands: lines on standard output that the runner acts upon
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).

/// A message as it stands in a command.
pub fn escape_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value as it stands in a command.
pub fn escape_property(text: &str) -> String {
    escape_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Foreign text made fit for the log: no control characters, and nothing that the runner takes for a command, in
/// the new form or the old one, which it finds anywhere in a line.
pub fn harmless(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    plain.replace("::", ":\u{200b}:").replace("##[", "#\u{200b}#[")
}

/// An annotation: `error`, `warning` or `notice`. The runner keeps 4096 characters.
pub(crate) fn annotation(kind: &str, title: &str, message: &str, place: Option<(&str, u32, u32)>) -> String {
    let cut: String = message.chars().take(4000).collect();
    let place = place.map_or_else(String::new, |(file, line, column)| {
        format!(",file={},line={line},col={column}", escape_property(file))
    });
    format!("::{kind} title={}{place}::{}", escape_property(title), escape_message(&cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_does_not_become_a_command() {
        assert_eq!(
            annotation("error", "a:b,c", "100%\n::set-output name=x::y", Some(("promote.toml", 3, 1))),
            "::error title=a%3Ab%2Cc,file=promote.toml,line=3,col=1::100%25%0A::set-output name=x::y"
        );
        let line = harmless("x ::add-mask::y ##[error]z \u{1b}[31m");
        assert!(!line.contains("::") && !line.contains("##[") && !line.contains('\u{1b}'), "{line}");
    }
}
