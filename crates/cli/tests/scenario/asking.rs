//! What somebody at a terminal is asked and shown: commits before production, a list where no environment is named, the
//! commit behind a name that moves, long pages in a pager, a status that goes on.

use crate::stage::{Stage, commit};
use insta::assert_snapshot;
use promote_core::exit::ExitStatus;
use std::sync::atomic::Ordering;

fn at_a_terminal() -> Stage {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.terminal = true;
    stage.columns = Some(100);
    stage
}

#[test]
fn the_prompt_before_production_lists_the_commits() {
    let mut stage = at_a_terminal();
    stage.answer("no");
    stage.tell("promote to prod");
    assert_snapshot!(stage.transcript());
    let (_, _, err) = stage.run("promote to prod --yes");
    assert!(!err.contains("Brings"), "nobody is asked: {err}");
}

#[test]
fn where_no_environment_is_named_one_is_picked_from_a_list() {
    let mut stage = at_a_terminal();
    for answers in [vec!["3", "no"], vec!["uat"], vec!["7"], vec![""], vec![]] {
        answers.iter().for_each(|answer| stage.answer(answer));
        stage.tell("promote to");
    }
    stage.answer("2");
    let (exit, out, _) = stage.run("promote plan");
    assert!(exit == ExitStatus::Ok && out.contains("shop: uat"), "{out}");
    stage.terminal = false;
    stage.tell("promote to");
    assert_snapshot!(stage.transcript());
}

#[test]
fn names_that_move_are_taken_at_a_terminal_and_refused_in_scripts() {
    let mut stage = at_a_terminal();
    stage.quietly("promote to staging eeee --yes");
    for name in ["HEAD", "main", "feature/x"] {
        stage.terminal = true;
        stage.answer("n");
        let (exit, _, err) = stage.run(&format!("promote to uat {name}"));
        assert_eq!(exit, ExitStatus::Interrupted, "{err}");
        assert!(err.contains(&format!("`{name}` is eeeeeee now: work on e")), "{err}");
        let (_, out, _) = stage.run(&format!("promote plan uat {name}"));
        assert!(out.contains("→ eeeeeee"), "{out}");
        let (exit, _, err) = stage.run(&format!("promote to uat {name} --yes"));
        assert_eq!(exit, ExitStatus::Usage, "nobody would see the commit: {err}");
        stage.terminal = false;
        let (exit, _, err) = stage.run(&format!("promote to uat {name} --yes"));
        assert_eq!(exit, ExitStatus::Usage, "{err}");
        assert!(err.contains(&format!("promote needs a fixed commit; `{name}` is eeeeeee now")), "{err}");
        assert!(err.contains(commit('e').short(12)), "{err}");
    }
    let (exit, _, err) = stage.run("promote to uat latest --yes");
    assert!(exit == ExitStatus::Usage && err.contains("promote needs a fixed commit"), "{err}");
}

#[test]
fn what_asks_nothing_refuses_names_that_move_also_at_a_terminal() {
    let mut stage = at_a_terminal();
    for terminal in [true, false] {
        stage.terminal = terminal;
        for command in ["block", "unblock", "pin", "unpin", "adopt uat --as"] {
            for name in ["HEAD", "main", "feature/x"] {
                let reason = if command.starts_with("un") { "" } else { " --reason x" };
                let (exit, _, err) = stage.run(&format!("promote {command} {name}{reason} --yes"));
                assert_eq!(exit, ExitStatus::Usage, "{command} {name}: {err}");
                let now = format!("promote needs a fixed commit; `{name}` is eeeeeee now");
                assert!(err.contains(&now), "{command} {name}: {err}");
            }
            let reason = if command.starts_with("un") { "" } else { " --reason x" };
            let (exit, _, err) = stage.run(&format!("promote {command} nothing{reason} --yes"));
            assert_eq!(exit, ExitStatus::Missing, "{command}: {err}");
            assert!(err.contains("no release `nothing`"), "{command}: {err}");
        }
    }
    for name in ["HEAD", "main", "feature/x"] {
        let (exit, out, err) = stage.run(&format!("promote show {name}"));
        assert!(exit == ExitStatus::Ok && out.contains("eeeeeee"), "{name}: {out}{err}");
    }
}

#[test]
fn long_pages_are_read_in_a_pager_at_a_terminal_alone() {
    let mut stage = at_a_terminal();
    let paged = stage.folder.path().join("paged");
    stage.variables.insert("PROMOTE_PAGER".to_owned(), format!("cp /dev/stdin {}", paged.display()));
    stage.rows = Some(5);
    let (_, out, _) = stage.run("promote history");
    let read = std::fs::read_to_string(&paged).unwrap();
    assert!(out.is_empty() && read.contains("WHEN") && read.lines().count() > 5, "{out}{read}");
    std::fs::remove_file(&paged).unwrap();
    for (line, rows, terminal) in [
        ("promote history --no-pager", 5, true),
        ("promote history", 5, false),
        ("promote history", 500, true),
        ("promote history --format plain", 5, true),
        ("promote history --json", 5, true),
    ] {
        (stage.rows, stage.terminal) = (Some(rows), terminal);
        let (_, out, _) = stage.run(line);
        assert!(!out.is_empty() && !paged.exists(), "{line}");
    }
    (stage.rows, stage.terminal) = (Some(5), true);
    for pager in ["", "cat", "no-such-pager"] {
        stage.variables.insert("PROMOTE_PAGER".to_owned(), pager.to_owned());
        assert!(stage.run("promote history").1.contains("WHEN"), "{pager}");
    }
}

#[test]
fn a_status_goes_on_until_it_is_interrupted() {
    let mut stage = at_a_terminal();
    let once = stage.run("promote status").1;
    stage.outside.signal.store(true, Ordering::SeqCst);
    let (exit, out, _) = stage.run("promote status --watch");
    assert_eq!(exit, ExitStatus::Interrupted);
    assert!(out.starts_with("\u{1b}[?1049h") && out.ends_with(&format!("\u{1b}[?1049l{once}")), "{out:?}");
    // Longer than the terminal, and with a pager that would keep it all: it stays without one.
    stage.rows = Some(5);
    stage.variables.insert("PROMOTE_PAGER".to_owned(), "true".to_owned());
    stage.outside.signal.store(true, Ordering::SeqCst);
    let (exit, out, _) = stage.run("promote status --watch");
    assert!(exit == ExitStatus::Interrupted && out.ends_with(&once), "{out:?}");
    stage.terminal = false;
    let (exit, _, err) = stage.run("promote status --watch");
    assert!(exit == ExitStatus::Usage && err.contains("needs a terminal"), "{err}");
}

/// What a new terminal shows: `promote`, its help, and the question before production.
#[test]
fn pages_fit_terminals_of_any_width_with_colour_and_without() {
    for columns in [60, 80, 120] {
        for (look, variable) in
            [("colour", None), ("plain", Some(("NO_COLOR", "1"))), ("dumb", Some(("TERM", "dumb")))]
        {
            let mut stage = at_a_terminal();
            stage.columns = Some(columns);
            stage.variables.extend(variable.map(|(name, value)| (name.to_owned(), value.to_owned())));
            stage.answer("no");
            for line in ["promote", "promote help", "promote to prod"] {
                stage.tell(line);
            }
            let shown = stage.transcript();
            assert_eq!(shown.contains("<ESC>"), look == "colour", "{look}\n{shown}");
            if look == "plain" {
                let tables = shown.lines().filter(|line| line.starts_with("  ") && !line.ends_with('.'));
                let wide: Vec<&str> = tables.filter(|line| line.chars().count() > columns).collect();
                assert!(wide.is_empty(), "{columns}: {wide:#?}");
            }
            if look == "plain" || columns == 80 {
                assert_snapshot!(format!("at-{columns}-{look}"), shown);
            }
        }
    }
}
