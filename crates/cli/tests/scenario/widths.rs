//! What is written for people, at terminals of 60, 80 and 120 columns: every row folds between words, and a command that a
//! person copies stays in one piece.

use crate::stage::{Stage, commit};
use insta::assert_snapshot;

fn width(line: &str) -> usize {
    line.chars().count()
}

/// What the columns can't hold because it is one piece: a command in backticks, an address, a path.
fn one_piece(line: &str, columns: usize) -> bool {
    let line = line.trim();
    let command = line.starts_with('`') && line.matches('`').count() == 2;
    command || !line.contains(' ') || line.split(' ').any(|word| width(word) + 8 > columns)
}

fn told(columns: usize, lines: &[&str]) -> String {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.terminal = true;
    stage.columns = Some(columns);
    stage.variables.insert("NO_COLOR".to_owned(), "1".to_owned());
    for line in lines {
        stage.tell(line);
    }
    let shown = stage.transcript().to_owned();
    let wide: Vec<&str> = shown
        .lines()
        .filter(|line| !line.starts_with("$ ") && width(line) > columns && !one_piece(line, columns))
        .collect();
    assert!(wide.is_empty(), "{columns}: {wide:#?}\n{shown}");
    // A command that was broken would leave a backtick without its partner in its line.
    let broken: Vec<&str> =
        shown.lines().filter(|line| !line.matches('`').count().is_multiple_of(2)).collect();
    assert!(broken.is_empty(), "{columns}: {broken:#?}\n{shown}");
    shown
}

#[test]
fn topics_fold() {
    for columns in [60, 80, 120] {
        let topics = ["rules", "releases", "exit-codes", "environment", "formats", "completion"];
        let lines: Vec<String> = topics.map(|topic| format!("promote help {topic}")).into();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_snapshot!(format!("topics-at-{columns}"), told(columns, &lines));
    }
}

#[test]
fn plans_explanations_and_clean_ups_fold() {
    for columns in [60, 80, 120] {
        let newest = commit('e');
        let lines = [
            format!("promote plan prod {newest}"),
            format!("promote explain prod {newest}"),
            format!("promote to prod {newest} --yes"),
            "promote prune".to_owned(),
            "promote doctor".to_owned(),
            "promote to Prod".to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_snapshot!(format!("pages-at-{columns}"), told(columns, &lines));
    }
}
