//! Nothing foreign is markup, and a page keeps to its limit and says what it leaves out.

use super::page::Page;
use super::*;

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "![x](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "a|b\n| c | d |",
    "```mermaid\nflowchart LR",
    "@team #123 $x$ **bold** _it_ ~~gone~~ `code`",
    "end\"] --> x; click x href \"https://evil.example\"",
    "&lt;b&gt; &#60; %%{init: {}}%%",
    "\u{202e}txt\u{200b}\u{1b}[31m\r\n::error::x",
    "https://evil.example www.evil.example a@b.example",
];

#[test]
fn foreign_text_is_no_markup() {
    for text in HOSTILE {
        for made in [plain(text), label(text)] {
            let made = made.replace("<code>", "").replace("</code>", "");
            let bare: String = made
                .split(['&', '#'])
                .map(|part| part.split_once(';').map_or(part, |(_, rest)| rest))
                .collect();
            assert!(
                !bare.contains([
                    '<', '>', '|', '`', '[', ']', '(', ')', '*', '_', '~', '@', '$', '"', '\n', ':', '!'
                ]),
                "{made}"
            );
            assert!(
                !made.chars().any(|c| c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c)),
                "{made}"
            );
        }
    }
    assert_eq!(plain("fix(ui): 2 <b>"), "fix&#40;ui&#41;&#58; 2 &#60;b&#62;");
    assert_eq!(plain("see `a|b` at www.x.y."), "see <code>a&#124;b</code> at www&#46;x.y.");
    assert_eq!(plain("an odd ` and ``"), "an odd &#96; and &#96;&#96;");
    assert_eq!(label("a\"b#c"), "a#34;b#35;c");
    assert!(plain(&"x".repeat(4000)).chars().count() == 301);
}

#[test]
fn only_harmless_addresses_are_links() {
    assert_eq!(
        link("x", "https://me:secret@host.example/a b)/?token=secret#f"),
        "[x](<https://host.example/a%20b%29/>)"
    );
    for no in [
        "http://host.example/",
        "javascript:alert(1)",
        "https://",
        "https://a\"b/",
        "//x",
        "data:text/html,x",
    ] {
        assert_eq!(link("x", no), "x", "{no}");
    }
}

#[test]
fn addresses_are_found_among_other_lines() {
    let said = "stage Build failed\n https://me:x@host.example/b?token=secret \nsee https://a.example\nhttp://b.example/\n";
    assert_eq!(super::addresses(said).collect::<Vec<_>>(), ["https://host.example/b"]);
}

#[test]
fn a_page_keeps_its_head_and_names_the_rest() {
    let mut page = Page::new(8_000);
    page.block("the headline", "## head");
    let rows: Vec<String> = (0..500).map(|n| format!("- row {n} {}", "x".repeat(50))).collect();
    page.rows("Commits", "", &rows, 700);
    page.rows("Steps", "", &rows, rows.len());
    page.block("the end", &"y".repeat(9_000));
    let text = page.end("to undo\n");
    assert!(text.len() <= 8_000 && text.starts_with("## head\n\n### Commits\n\n- row 0 "), "{text}");
    assert!(
        text.contains("more.\n") && text.ends_with("There was no room for: steps, the end.\n\nto undo\n"),
        "{text}"
    );
}
