//! The book's table of rules names the rules that there are.

use promote_core::rule::RULES;

#[test]
fn the_book_names_every_rule_and_whether_it_can_be_gone_past() {
    let book = include_str!("../../../../docs/reference/rules.md");
    let rows: Vec<Vec<&str>> = book
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let written: Vec<(String, &str, &str)> =
        rows.iter().map(|row| (row[0].trim_matches('`').to_owned(), row[2], row[3])).collect();
    let yes = |so: bool| if so { "yes" } else { "no" };
    let real: Vec<(String, &str, &str)> =
        RULES.iter().map(|rule| (rule.name.to_owned(), yes(rule.overridable), yes(rule.again))).collect();
    assert_eq!(written, real, "name, overridable, asked again when resuming");
    for rule in RULES {
        assert!(book.contains(&format!("\n### `{}`\n", rule.name)), "{rule:?} has no section");
    }
}
