//! Foreign text can't drive the terminal, and colour comes only where it is wanted.

use crate::stage::{CONFIG, Next, Stage};
use promote_core::exit::ExitStatus;

#[test]
fn no_control_character_of_foreign_text_reaches_a_stream() {
    let mut stage = Stage::empty(CONFIG);
    stage.publish('a', "fix\u{1b}[2J\u{202e}\u{7}evil\u{9b}31m");
    *stage.outside.actor.lock().unwrap() = "mal\u{1b}]0;lory".to_owned();
    stage.quietly("promote to staging aaaa --yes");
    stage.quietly("promote to uat --yes");
    stage.days(3);
    stage.step(Next::Fails);
    for line in [
        "promote plan prod",
        "promote to prod --yes -vv",
        "promote status",
        "promote history",
        "promote show aaaa",
        "promote explain prod",
        "promote diff uat prod",
        "promote to prod \"\u{1b}[2J\"",
        "promote \u{1b}[2J",
        "promote status --json=\u{1b}[2J",
        "promote status --format markdown",
        "promote status --json",
        "promote plan prod --json",
        "promote history --json",
        "promote show aaaa --json",
        "promote diff uat prod --json --config promote.toml",
        "promote to prod --yes --events",
        "promote to prod \"\u{9b}31m\u{202e}\" --json",
    ] {
        let (_, out, err) = stage.run(line);
        for text in [out, err] {
            let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(bad, None, "{line:?}: {text:?}");
        }
    }
}

#[test]
fn colour_follows_flags_and_variables() {
    let mut stage = Stage::ready();
    let coloured = |stage: &Stage, line: &str| stage.run(line).1.contains('\u{1b}');
    assert!(!coloured(&stage, "promote status"));
    assert!(coloured(&stage, "promote status --color always"));
    stage.terminal = true;
    assert!(coloured(&stage, "promote status"));
    assert!(!coloured(&stage, "promote status --color=never"));
    assert!(!coloured(&stage, "promote status --format plain"));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
        stage.variables = [(name.to_owned(), value.to_owned())].into();
        assert!(!coloured(&stage, "promote status"), "{name}");
    }
    stage.terminal = false;
    stage.variables = [("CLICOLOR_FORCE".to_owned(), "1".to_owned())].into();
    assert!(coloured(&stage, "promote status"));
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    #[derive(Debug)]
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let stage = Stage::ready();
    assert_eq!(stage.run_into("promote status", Gone), ExitStatus::Ok);
    stage.days(3);
    assert_eq!(stage.run_into("promote to prod --yes", Gone), ExitStatus::Ok);
    assert_eq!(stage.run("promote verify").0, ExitStatus::Ok);
}
