//! What somebody sees at a terminal, on a pseudo-terminal of the kernel's with an emulated screen: the live line never
//! wraps however wide the terminal is and becomes, nothing of it is left over, and the terminal is as it was afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use promote_tests::project::Project;
use promote_tests::pseudo_terminal::PseudoTerminal;
use pty_process::blocking::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// A name of a step that is wider than any terminal here.
const CONFIG: &str = r#"
project = "shop"
environments = ["uat", "prod"]
source = "shop/{sha}.bin"
target = "shop/{env}.bin"

[env.uat]
tier = "test"
deploy = { run = "while [ ! -e go ]; do sleep 0.1; done # and a comment that makes the name of this step wider than any terminal that a test here has, so that it must be cut in all of them" }

[env.prod]
tier = "production"
"#;

/// A project with two releases, the older one in every environment.
fn project() -> Project {
    let project = Project::new(PROGRAM).unwrap();
    project.write("promote.toml", CONFIG).unwrap();
    project.write("go", "").unwrap();
    for text in ["one", "two"] {
        project.commit("a.txt", text, &format!("feat: {text}")).unwrap();
        project.write("app.bin", text).unwrap();
        project.done(&["publish", "app.bin", "--no-move"]).unwrap();
        if text == "one" {
            let commit = project.git(&["rev-parse", "HEAD"]).unwrap();
            project.done(&["to", "uat", commit.trim(), "--yes"]).unwrap();
            project.done(&["to", "prod", commit.trim(), "--yes"]).unwrap();
        }
    }
    std::fs::remove_file(project.folder().join("go")).unwrap();
    project
}

fn newest(project: &Project) -> String {
    project.git(&["rev-parse", "HEAD"]).unwrap().trim().to_owned()
}

/// The command on a terminal, as somebody at it has it.
fn at_terminal(project: &Project, columns: u16, line: &[&str], variables: &[(&str, &str)]) -> PseudoTerminal {
    let command = Command::new(PROGRAM)
        .args(line)
        .current_dir(project.folder())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", project.folder())
        .env("PROMOTE_ACTOR", "alice")
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied());
    PseudoTerminal::run(command, columns).unwrap()
}

/// The live line, where there is one.
fn live(screen: &str) -> Option<&str> {
    screen.lines().last().filter(|line| line.trim_start().starts_with('…'))
}

#[test]
fn no_line_of_the_live_display_wraps_also_when_the_terminal_is_made_narrower() {
    for (columns, later) in [(60, 40), (80, 60), (120, 61)] {
        let project = project();
        let release = newest(&project);
        let mut terminal = at_terminal(&project, columns, &["to", "uat", &release, "--yes"], &[]);
        terminal.until(|screen| live(screen).is_some_and(|line| line.ends_with('s'))).unwrap();
        let shown = terminal.screen();
        let line = live(&shown).unwrap();
        assert!(line.contains("deploy") && line.contains('…'), "{shown}");
        assert!(line.chars().count() < usize::from(columns), "{shown}");
        for columns in [later, columns, later] {
            terminal.resize(columns).unwrap();
            let shown = terminal.screen();
            let last = live(&shown).unwrap();
            assert!(last.chars().count() < usize::from(columns), "{columns}: {shown}");
            assert_eq!(
                shown.matches("… deploy").count(),
                1,
                "one live line, nothing left of others:\n{shown}"
            );
        }
        std::fs::write(project.folder().join("go"), "").unwrap();
        assert_eq!(terminal.ended().unwrap(), Some(0), "{}", terminal.screen());
        let shown = terminal.screen();
        assert!(live(&shown).is_none() && !shown.contains("… deploy"), "{shown}");
        assert!(shown.contains("✓ deploy"), "{shown}");
        assert_eq!(terminal.wrapped, Vec::<String>::new(), "{columns}: {shown}");
        assert!(
            !terminal.emulated().hide_cursor() && terminal.emulated().cursor_position().1 == 0,
            "{shown}"
        );
    }
}

/// Light and dark are the terminal's own colours: none but the sixteen that every theme sets is used.
#[test]
fn looks_follow_the_terminal_and_the_variables() {
    let project = project();
    let release = newest(&project);
    std::fs::write(project.folder().join("go"), "").unwrap();
    for (variables, colours, moves) in [
        (&[("COLORFGBG", "15;0")][..], true, true),
        (&[("COLORFGBG", "0;15")][..], true, true),
        (&[("NO_COLOR", "1")][..], false, true),
        (&[("TERM", "dumb")][..], false, false),
    ] {
        let mut terminal =
            at_terminal(&project, 80, &["to", "uat", &release, "--redeploy", "--yes"], variables);
        assert_eq!(terminal.ended().unwrap(), Some(0), "{}", terminal.screen());
        let raw = String::from_utf8_lossy(&terminal.raw).into_owned();
        let sequences: Vec<&str> = raw.split("\u{1b}[").skip(1).collect();
        let coloured = sequences.iter().any(|part| {
            part.split(|c: char| c.is_alphabetic())
                .next()
                .is_some_and(|code| part.get(code.len()..).is_some_and(|rest| rest.starts_with('m')))
        });
        assert_eq!(coloured, colours, "{variables:?}: {raw:?}");
        assert_eq!(raw.contains("\u{1b}[K"), moves, "{variables:?}: {raw:?}");
        assert!(moves || sequences.is_empty(), "{variables:?}: {raw:?}");
        assert!(!raw.contains("38;") && !raw.contains("48;"), "{variables:?}: {raw:?}");
        let shown = terminal.screen();
        assert!(shown.contains("✓ deploy") || shown.contains("deploy   while"), "{shown}");
        assert!(!shown.contains('\u{fffd}') && !shown.contains("[0m"), "{shown}");
    }
}

#[test]
fn the_question_before_production_and_the_list_of_environments_are_answered_at_the_terminal() {
    for columns in [60, 80, 120] {
        let project = project();
        std::fs::write(project.folder().join("go"), "").unwrap();
        let release = newest(&project);
        project.done(&["to", "uat", &release, "--yes"]).unwrap();
        let mut terminal = at_terminal(&project, columns, &["to"], &[]);
        terminal
            .until(|screen| screen.contains("Which environment?") && screen.ends_with("Number or name:"))
            .unwrap();
        terminal.types("2\r").unwrap();
        terminal.until(|screen| screen.ends_with("Type prod to go ahead:")).unwrap();
        assert!(terminal.screen().contains("feat: two"), "{}", terminal.screen());
        terminal.types("prod\r").unwrap();
        assert_eq!(terminal.ended().unwrap(), Some(0), "{}", terminal.screen());
        assert_eq!(terminal.wrapped, Vec::<String>::new(), "{}", terminal.screen());
        assert_eq!(
            project.document(&["status"]).unwrap()["environments"][1]["running"]["sha"],
            release.as_str()
        );
    }
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let project = project();
    let release = newest(&project);
    let before = project.document(&["status"]).unwrap()["ledger"]["entries"].clone();
    let mut terminal =
        at_terminal(&project, 80, &["to", "prod", &release, "--override", "from", "--reason", "a test"], &[]);
    terminal.until(|screen| screen.ends_with("Type prod to go ahead:")).unwrap();
    terminal.types("\u{3}").unwrap();
    let code = terminal.ended().unwrap();
    assert!(matches!(code, None | Some(130)), "{code:?} {}", terminal.screen());
    assert!(!terminal.emulated().hide_cursor() && !terminal.emulated().alternate_screen());
    assert_eq!(project.document(&["status"]).unwrap()["ledger"]["entries"], before, "nothing was changed");

    let mut terminal = at_terminal(&project, 80, &["to", "uat", &release, "--yes"], &[]);
    terminal.until(|screen| live(screen).is_some_and(|line| line.ends_with('s'))).unwrap();
    terminal.types("\u{3}").unwrap();
    assert_eq!(terminal.ended().unwrap(), Some(130), "{}", terminal.screen());
    let shown = terminal.screen();
    assert!(live(&shown).is_none() && !shown.contains("… deploy"), "{shown}");
    assert!(shown.contains("promote resume uat"), "it says how to go on: {shown}");
    assert!(!terminal.emulated().hide_cursor() && !terminal.emulated().alternate_screen(), "{shown}");
    assert_eq!(terminal.emulated().cursor_position().1, 0, "the shell's prompt begins its own line: {shown}");
    assert_eq!(terminal.wrapped, Vec::<String>::new(), "{shown}");

    let mut terminal = at_terminal(&project, 80, &["status", "--watch"], &[]);
    terminal.until(|screen| screen.contains("prod")).unwrap();
    assert!(terminal.emulated().alternate_screen());
    terminal.types("\u{3}").unwrap();
    assert_eq!(terminal.ended().unwrap(), Some(130));
    assert!(!terminal.emulated().alternate_screen() && !terminal.emulated().hide_cursor());
}
