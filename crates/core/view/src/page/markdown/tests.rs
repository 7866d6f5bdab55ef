//! Nothing foreign is markup, a page keeps to its limit and says what it leaves out, and each kind of part has a form.

use super::*;
use crate::page::addresses;
use crate::page::escape::label;
use crate::page::{Mark, Node};

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
    assert!(plain(&"x".repeat(4000)).chars().count() == 1001);
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
    assert_eq!(addresses(said).collect::<Vec<_>>(), ["https://host.example/b"]);
}

#[test]
fn a_page_keeps_its_head_and_its_end_and_names_the_rest() {
    let mut page = Page::default();
    page.headline(Sign::Bad, "head");
    let rows: Vec<Vec<Text>> =
        (0..500).map(|n| vec![Text::plain(format!("row {n} {}", "x".repeat(50)))]).collect();
    page.listing("Commits", vec![], Rows::new(&["SUBJECT"], rows.clone()).of(700));
    page.listing("Steps", vec![], Rows::new(&[], rows));
    page.line("y".repeat(900));
    page.line("z".repeat(900));
    page.line("w".repeat(900));
    page.line("v".repeat(900));
    page.closing("to undo");
    let text = page.limited(&Links::default(), 8_000);
    assert!(text.len() <= 8_000, "{text}");
    assert!(text.starts_with("## ✗ head\n\n### Commits\n\n| Subject |\n| --- |\n| row 0 "), "{text}");
    assert!(text.contains(" more\n") && text.contains("yyy") && !text.contains("vvv"), "{text}");
    let end = "There was no room for: steps, some lines.\n\n<sub>to undo</sub>\n";
    assert!(text.ends_with(end), "{text}");
}

/// Each kind of part, as a full page draws it and as a terminal does.
#[test]
fn a_page_is_drawn_in_full_and_in_brief() {
    let mut page = Page::default();
    page.headline(Sign::Error, Text::plain("it failed"));
    page.blank();
    page.full(|page| page.line(Text::plain("from ").then(Text::commit(&"a".repeat(40)))));
    page.brief(|page| page.line("a line of a terminal"));
    page.line(Text::new("✗ ", Style::Bad).and("prod", Style::Strong).and(" is off", Style::Plain));
    page.line("    - why");
    page.line("2. not a list");
    page.field("Reason", vec![Text::plain("INC-7")]);
    page.items(
        "Move",
        vec![vec![Text::new("a.zip", Style::Literal), Text::plain("1 kB").in_full("1024 bytes")]; 2],
    );
    let row = |name: &str, more: &str| {
        vec![Text::new("✓ ", Style::Good).and(name, Style::Plain), Text::plain("met"), Text::plain(more)]
    };
    let rows = vec![row("soak", "for: 2h"), row("approvals", "by: ann"), row("order", "")];
    page.listing("Rules", vec![], Rows::new(&["RULE", "FOUND", "EVIDENCE"], rows).columns(2).most(2));
    page.picture(vec![Node {
        name: "prod".into(),
        lines: vec!["aaaaaaa".into()],
        from: vec![],
        auto: false,
        mark: Mark::Moved,
    }]);
    page.hint("`promote status` shows it");
    page.closing("as of now");
    let job = |name: &str| match name {
        "CI_PROJECT_URL" => Some("https://ci.example/shop".to_owned()),
        _ => None,
    };
    let brief = page.within(false, None) + &page.hints(false, None);
    insta::assert_snapshot!(format!("{}\n=== in brief\n{brief}", page.markdown(&Links::of_job(job))));
}
