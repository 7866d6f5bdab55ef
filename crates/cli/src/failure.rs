//! Showing failures: what went wrong, what state things are in now, the causes once, and what to do next.

use crate::page::{Page, Style, Text};
use promote_core::failure::{Failure, causes};

/// A failure as a page.
pub(crate) fn page(failure: &Failure) -> Page {
    let mut page = Page::default();
    page.line(Text::new("error: ", Style::Bad).and(&failure.message, Style::Strong));
    if !failure.state.is_empty() {
        page.blank();
        for sentence in &failure.state {
            page.line(Text::marked(sentence));
        }
    }
    let mut said = failure.message.clone();
    let mut first = true;
    for cause in causes(failure) {
        let text = cause.to_string();
        // A cause that the line above already quotes says nothing new.
        if said.contains(&text) {
            continue;
        }
        if first {
            page.blank();
            page.line(Text::new("caused by:", Style::Strong));
            first = false;
        }
        page.line(Text::plain("  ").and(&text, Style::Plain));
        said = text;
    }
    for hint in &failure.hints {
        page.hint(hint);
    }
    page
}

/// A failure and its causes, in one line.
pub(crate) fn line(failure: &Failure) -> String {
    let all: Vec<String> =
        std::iter::once(failure.to_string()).chain(causes(failure).map(ToString::to_string)).collect();
    all.join(": ")
}
