//! What is wrong with a project's file, drawn at its place: the line, a mark under what is meant, and what to do about it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use promote_core::config::{Diagnostic, Severity};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::fmt;
use std::ops::Range;

/// What is wrong with a project's file. `Display` draws each mistake at its line and column, without colour. Secrets that
/// stand in the file are not shown.
///
/// ```
/// let folder = std::env::temp_dir().join(format!("promote-mistakes-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("promote.toml"), "project = \"shop\"\nenvironments = [\"prod\"]\nsorce = \"x\"\n")?;
/// let error = promote::open(&folder).build().unwrap_err();
/// let promote::Error::Mistakes(mistakes) = &error else { panic!("{error}") };
/// assert!(mistakes.found().iter().any(|one| one.line == 3));
/// assert!(error.to_string().contains("3 | sorce = \"x\""), "{error}");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Mistakes {
    file: String,
    text: String,
    found: Vec<Diagnostic>,
}

impl Mistakes {
    /// Those of a text that is called `file`.
    pub fn new(file: impl Into<String>, text: impl Into<String>, found: Vec<Diagnostic>) -> Self {
        Self { file: file.into(), text: text.into(), found }
    }

    /// Each with its place; errors first, and warnings and advice as far as they could be found.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Each drawn as people know it from compilers, with an empty line behind it.
    pub fn drawn(&self, colour: bool) -> String {
        draw(&self.file, &self.text, &self.found, colour)
    }

    /// The same as a failure, one sentence for each error.
    pub fn into_failure(self) -> Failure {
        let wrong = self.found.iter().filter(|one| one.severity == Severity::Error);
        let sentence =
            |one: &Diagnostic| format!("line {}, column {}: {}", one.line, one.column, one.message);
        let failure = Failure::new(ExitStatus::Usage, format!("`{}` can't be used", self.file));
        wrong.fold(failure, |failure, one| failure.state(sentence(one)))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.drawn(false).trim_end())
    }
}

/// Each mistake with its place. The text of the file is left out: it may have secrets in it that nobody recognises.
impl fmt::Debug for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |one: &Diagnostic| format!("{}:{}:{}: {}", self.file, one.line, one.column, one.message);
        f.debug_list().entries(self.found.iter().map(place)).finish()
    }
}

impl std::error::Error for Mistakes {}

fn draw(path: &str, text: &str, found: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    // A secret that is refused because it stands in the file must not be shown by the very refusal.
    let text = &*promote_core::config::masked(text);
    let mut out = String::new();
    for one in found {
        let level = match one.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Advice => Level::INFO.with_name("advice"),
        };
        let mut snippet = Snippet::source(text).path(path);
        let kinds = std::iter::once((AnnotationKind::Primary, &one.primary))
            .chain(one.secondary.iter().map(|label| (AnnotationKind::Context, label)));
        for (kind, label) in kinds {
            let mark = kind.span(within(text, &label.span));
            snippet = snippet.annotation(match label.text.as_str() {
                "" => mark,
                remark => mark.label(remark),
            });
        }
        let mut report: Vec<Group<'_>> = vec![level.primary_title(&one.message).element(snippet)];
        report.extend(
            one.hint
                .as_deref()
                .map(|hint| Group::with_title(Level::HELP.with_name("hint").secondary_title(hint))),
        );
        out.push_str(&renderer.render(&report));
        out.push_str("\n\n");
    }
    out
}

/// A span that can't lie outside the text, whatever the text was when it was found.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let end = text.len();
    let (from, to) = (span.start.min(end), span.end.min(end));
    if text.get(from..to.max(from)).is_some() { from..to.max(from) } else { end..end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promote_core::config::{ReadContext, read};

    #[test]
    fn a_secret_in_the_file_is_not_shown() {
        let text = "project = \"a\"\nenvironments = [\"x\"]\nsource = \"r/{sha}.zip\"\ntarget = \"d/{env}.zip\"\n\
                    [notify]\nslack = \"https://hooks.slack.com/services/T0CANARY0/B0CANARY0/canarycanarycanary0000\"\n";
        let context = ReadContext {
            default_project: None,
            variables: &|_| None,
            version: semver::Version::new(0, 1, 0),
            schemes: &[],
        };
        let mistakes = Mistakes::new("promote.toml", text, read(text, &context).unwrap_err());
        for page in
            [mistakes.to_string(), format!("{mistakes:?}"), format!("{:?}", crate::Error::from(mistakes))]
        {
            assert!(page.contains("webhook") && !page.to_lowercase().contains("canary"), "{page}");
        }
    }

    /// Not every secret is known by its looks: only lines with a mistake are shown, whoever shows it.
    #[test]
    fn a_program_that_ends_with_a_mistake_shows_no_other_line_of_the_file() {
        let text = "project = \"a\"\nenvironments = [\"x\"]\nsource = \"r/{sha}.zip\"\ntarget = \"d/{env}.zip\"\n\
                    deploy = \"curl -u admin:hunter2-canary https://acme.example\"\n\n\nsorce = \"x\"\n";
        let context = ReadContext {
            default_project: None,
            variables: &|_| None,
            version: semver::Version::new(0, 1, 0),
            schemes: &[],
        };
        let mistakes = Mistakes::new("promote.toml", text, read(text, &context).unwrap_err());
        for page in [format!("{mistakes:?}"), format!("{:#?}", crate::Error::from(mistakes))] {
            assert!(page.contains("sorce") && !page.contains("canary"), "{page}");
        }
    }
}
