//! Foreign text made fit for Markdown, HTML and Mermaid. Everything that could be markup is written as a character
//! reference, which all three show as the character and never read as structure.

use std::fmt::Write as _;

/// The longest piece of foreign text that is shown, in characters.
const LONGEST: usize = 1000;

/// What stays as it is: it opens nothing in any of the three.
fn harmless(c: char) -> bool {
    c.is_ascii_alphanumeric() || " ,;/?-".contains(c)
}

/// One line of a thousand characters at most, without what moves the cursor, turns text around or has no width.
fn characters(text: &str) -> impl Iterator<Item = char> {
    let hidden = |c: &char| {
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || ('\u{e0000}'..='\u{e0fff}').contains(c)
    };
    let more = text.chars().nth(LONGEST).map(|_| '…');
    let line = text.chars().take(LONGEST).filter(move |c| !hidden(c));
    line.map(|c| if c.is_control() { ' ' } else { c }).chain(more)
}

/// Text that Markdown shows as it is, in a sentence, a list or a table's cell. What stands between backticks is shown
/// as code, in which nothing is markup either.
pub(super) fn plain(text: &str) -> String {
    let line: String = characters(text.trim()).collect();
    let parts: Vec<&str> = line.split('`').collect();
    // An odd backtick opens nothing.
    if parts.len().is_multiple_of(2) {
        return escaped(&line);
    }
    let part = |(at, part): (usize, &&str)| match (at % 2, part.is_empty()) {
        (0, _) => escaped(part),
        (_, true) => "&#96;&#96;".to_owned(),
        (_, false) => format!("<code>{}</code>", escaped(part)),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text as code. Not by backticks: what stands between those can't be escaped.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(&characters(text.trim()).collect::<String>()))
}

fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut before = ' ';
    for c in line.chars() {
        // Behind a `w` a full stop may make a web address, which would become a link.
        if harmless(c) || !c.is_ascii() || (c == '.' && !before.eq_ignore_ascii_case(&'w')) {
            out.push(c);
        } else {
            // A string takes every character.
            let _ = write!(out, "&#{};", u32::from(c));
        }
        before = c;
    }
    out
}

/// The text of a Mermaid node or edge, to stand between double quotes.
pub(super) fn label(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in characters(text.trim()).take(60) {
        if harmless(c) || !c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

/// A link whose text is Markdown already. Anything but an https address is no link; a query or a password in it is
/// left out, since either may be a secret.
pub(super) fn link(shown: &str, address: &str) -> String {
    match harmless_address(address) {
        Some(address) => format!("[{shown}](<{address}>)"),
        None => shown.to_owned(),
    }
}

/// The addresses among the lines of a text that somebody else wrote, as `link` would lead to them.
pub fn addresses(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().filter_map(|line| harmless_address(line.trim()))
}

/// An https address without user, query and fragment, in which nothing can end it early.
fn harmless_address(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    let plain_host = |b: u8| b.is_ascii_alphanumeric() || b".-:".contains(&b);
    if host.is_empty() || !host.bytes().all(plain_host) || path.len() > 1000 {
        return None;
    }
    let mut out = format!("https://{host}");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~%+:@,=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}
