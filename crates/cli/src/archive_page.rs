//! A finished archive as a page: its digest, then what is in it, then what is worth telling.

use promote_view::{Page, Style, Text};

/// The page of an archive; `about` is what is told of it behind the number of its files.
pub(crate) fn page(digest: &str, file: &str, members: u64, about: &str, warnings: &[String]) -> Page {
    let mut page = Page::default();
    page.line(Text::new(digest, Style::Strong).and(format!("  {file}"), Style::Plain));
    let plural = if members == 1 { "" } else { "s" };
    page.line(Text::new(format!("  {members} file{plural}, {about}"), Style::Dim));
    for warning in warnings {
        page.line(Text::new("! ", Style::Warn).and(warning, Style::Plain));
    }
    page
}
