//! Workflow commands: lines on standard output that the runner acts upon
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).

use promote_core::names::acts;

/// The most annotations of a kind that the runner keeps of one step.
pub const ANNOTATIONS: usize = 10;

/// The most characters of an annotation that the runner keeps.
pub const CHARACTERS: usize = 4096;

/// A message as it stands in a command.
pub fn escape_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value as it stands in a command.
pub fn escape_property(text: &str) -> String {
    escape_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// The text in which characters that turn others around, or are not seen, stand as escapes. Control characters are left to who
/// knows whether they may stand there.
pub fn seen(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) && !c.is_control() { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Text of our own that may hold a foreign name, made fit for the log: no control characters, none that is not seen, and
/// nothing that the runner takes for a command, in the new form or the old one, which it finds anywhere in a line.
pub fn harmless(text: &str) -> String {
    let plain: String =
        seen(text).chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    plain.replace("::", ":\u{200b}:").replace("##[", "#\u{200b}#[")
}

/// A line of foreign text as it stands between stop-commands: without control characters.
pub(crate) fn line(text: &str) -> String {
    seen(text).chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

/// How bad an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The step fails.
    Error,
    /// It does not, but somebody should look.
    Warning,
    /// Worth knowing.
    Notice,
}

impl Kind {
    /// The command's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// A place in a file. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpan {
    /// The file, relative to the workspace.
    pub file: String,
    /// Where it begins.
    pub line: u32,
    /// Where it ends.
    pub end_line: u32,
    /// The first column.
    pub column: u32,
    /// The last column.
    pub end_column: u32,
}

/// An annotation as a command.
pub fn annotation(kind: Kind, title: &str, message: &str, place: Option<&FileSpan>) -> String {
    let cut = |text: &str, most: usize| -> String {
        match text.char_indices().nth(most) {
            Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
            None => text.to_owned(),
        }
    };
    let place = place.map_or_else(String::new, |place| {
        let mut text =
            format!(",file={},line={},endLine={}", escape_property(&place.file), place.line, place.end_line);
        // The runner refuses columns of a place that spans lines.
        if place.line == place.end_line {
            text += &format!(",col={},endColumn={}", place.column, place.end_column);
        }
        text
    });
    let (title, message) = (seen(title), seen(message));
    let (title, message) = (escape_property(&cut(&title, 200)), escape_message(&cut(&message, CHARACTERS)));
    format!("::{} title={title}{place}::{message}", kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_does_not_become_a_command() {
        let place = FileSpan { file: "a,b.toml".into(), line: 3, end_line: 3, column: 1, end_column: 9 };
        assert_eq!(
            annotation(Kind::Error, "a:b,c", "100%\n::set-output name=x::y", Some(&place)),
            "::error title=a%3Ab%2Cc,file=a%2Cb.toml,line=3,endLine=3,col=1,endColumn=9::100%25%0A::set-output name=x::y"
        );
        let spans = annotation(Kind::Notice, "", "x", Some(&FileSpan { end_line: 4, ..place }));
        assert_eq!(spans, "::notice title=,file=a%2Cb.toml,line=3,endLine=4::x");
        assert!(annotation(Kind::Warning, "t", &"ü".repeat(9000), None).chars().count() < 4096 + 40);
        for text in ["x ::add-mask::y ##[error]z \u{1b}[31m", "\r::x::"] {
            let said = harmless(text);
            assert!(!said.contains("::") && !said.contains("##[") && !said.contains('\u{1b}'), "{said}");
            assert!(!line(text).contains(char::is_control));
        }
    }

    #[test]
    fn what_turns_text_around_or_is_not_seen_stands_as_an_escape() {
        for (c, shown) in [('\u{202e}', "\\u{202e}"), ('\u{200b}', "\\u{200b}"), ('\u{e0041}', "\\u{e0041}")]
        {
            let text = format!("deploy {c}piz.x");
            for said in [
                harmless(&text),
                line(&text),
                annotation(Kind::Error, &text, "", None),
                annotation(Kind::Error, "", &text, None),
            ] {
                assert!(said.contains(&format!("deploy {shown}piz.x")) && !said.contains(c), "{said:?}");
            }
        }
    }
}
