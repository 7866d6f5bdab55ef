//! Showing what is wrong with `promote.toml`, at its place in the file.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use promote_core::config::{Diagnostic, Severity};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;

/// The diagnostics as people know them from compilers, each with an empty line behind it.
pub(crate) fn shown(path: &str, text: &str, found: &[Diagnostic], colour: bool) -> String {
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
fn within(text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let end = text.len();
    let (from, to) = (span.start.min(end), span.end.min(end));
    if text.get(from..to.max(from)).is_some() { from..to.max(from) } else { end..end }
}

/// The same as a failure, one sentence for each.
pub(crate) fn failure(path: &str, found: &[Diagnostic]) -> Failure {
    let wrong = found.iter().filter(|one| one.severity == Severity::Error);
    let sentence = |one: &Diagnostic| format!("line {}, column {}: {}", one.line, one.column, one.message);
    let failure = Failure::new(ExitStatus::Usage, format!("`{path}` can't be used"));
    wrong.fold(failure, |failure, one| failure.state(sentence(one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_file_is_not_shown() {
        let text = "project = \"a\"\nenvironments = [\"x\"]\nsource = \"r/{sha}.zip\"\ntarget = \"d/{env}.zip\"\n\
                    [notify]\nslack = \"https://hooks.slack.com/services/T0CANARY0/B0CANARY0/canarycanarycanary0000\"\n";
        let context = promote_core::config::ReadContext {
            default_project: None,
            variables: &|_| None,
            version: semver::Version::new(0, 1, 0),
            schemes: &[],
        };
        let found = promote_core::config::read(text, &context).unwrap_err();
        let page = shown("promote.toml", text, &found, false);
        assert!(page.contains("slack") && !page.to_lowercase().contains("canary"), "{page}");
    }
}
