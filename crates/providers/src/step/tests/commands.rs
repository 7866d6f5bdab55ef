//! Shell commands: what they are told, how they end, and that nothing of them stays behind.

use super::*;
use std::path::Path;

const LONG: Duration = Duration::from_secs(60);

async fn run(steps: &SystemSteps, step: &Step) -> (StepReport, Vec<String>) {
    let heard = Heard::default();
    let report = steps.run(step, &context(), LONG, &heard).await;
    (report, heard.lines())
}

#[tokio::test]
async fn a_command_is_run_as_written_with_its_variables() {
    let (base, steps) = runner(&[("TRACEPARENT", "00-abc-def-01"), ("FROM_OUTSIDE", "yes sir")]);
    std::fs::create_dir(base.path().join("prod")).unwrap();
    let mut step =
        command("echo \"$PROMOTE_SHA {sha} $TRACEPARENT\"; echo \"$GIVEN|$REFERRED\" >&2; basename \"$PWD\"");
    step.env = [("GIVEN", "a b"), ("REFERRED", "$FROM_OUTSIDE"), ("PROMOTE_SHA", "forged")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    step.workdir = Some(template("{env}"));
    let (report, mut lines) = run(&steps, &step).await;
    assert_eq!((report.end, report.summary.as_str()), (StepEnd::Succeeded, "exit status 0"));
    // The two streams may arrive in either order.
    lines.sort();
    assert_eq!(
        lines,
        ["a b|yes sir", "a93be01f4c7d2e8b6a5094d3c2b1a0f9e8d7c6b5 {sha} 00-abc-def-01", "prod"]
    );
}

#[tokio::test]
async fn a_command_has_no_input_and_leads_its_group() {
    let (_base, steps) = runner(&[]);
    let text = "cat; echo \"$0 $# $(ps -o pgid= -p $$ | tr -d ' ') $$\"";
    let (report, lines) = run(&steps, &command(text)).await;
    assert_eq!(report.end, StepEnd::Succeeded, "{report:?}");
    let words: Vec<&str> = lines[0].split(' ').collect();
    assert_eq!(words[..2], ["/bin/sh", "0"]);
    assert_eq!(words[2], words[3], "as it would be without anybody watching");
}

#[tokio::test]
async fn the_exit_status_says_how_it_ended() {
    let (_base, steps) = runner(&[]);
    for (text, end, summary) in [
        ("exit 3", StepEnd::Failed, "exit status 3"),
        ("exit 2", StepEnd::Succeeded, "exit status 2: there are changes"),
        ("no-such-command-here", StepEnd::Errored, "exit status 127: a command was not found"),
        ("./", StepEnd::Errored, "exit status 126: a command can't be executed"),
        ("kill -9 $$", StepEnd::Errored, "killed by signal 9"),
        // The same, of a command that the shell runs.
        (
            "sh -c 'kill -9 $$'; exit $?",
            StepEnd::Errored,
            "exit status 137: a command was killed by signal 9",
        ),
        ("exit 129", StepEnd::Errored, "exit status 129: a command was killed by signal 1"),
        ("exit 143", StepEnd::Errored, "exit status 143: a command was killed by signal 15"),
        ("exit 192", StepEnd::Errored, "exit status 192: a command was killed by signal 64"),
        ("exit 128", StepEnd::Failed, "exit status 128"),
        ("exit 193", StepEnd::Failed, "exit status 193"),
        ("exit 255", StepEnd::Failed, "exit status 255"),
    ] {
        let action = StepAction::Run { command: text.to_owned(), changed: Some(2), saves: None };
        let (report, _) = run(&steps, &step(action)).await;
        assert_eq!((report.end, report.summary.as_str()), (end, summary), "{text}");
    }
}

#[tokio::test]
async fn what_can_not_be_started_is_an_error_and_not_a_failure() {
    let (_base, steps) = runner(&[]);
    let mut unset = command("true");
    unset.env.insert("X".to_owned(), "$NOT_SET_ANYWHERE".to_owned());
    let (report, _) = run(&steps, &unset).await;
    assert_eq!(
        (report.end, report.summary.as_str()),
        (StepEnd::Errored, "the variable `NOT_SET_ANYWHERE` is not set")
    );
    for folder in ["../elsewhere", "/tmp", "missing"] {
        let mut step = command("true");
        step.workdir = Some(template(folder));
        assert_eq!(run(&steps, &step).await.0.end, StepEnd::Errored, "{folder}");
    }
    let mut step = command("echo \"$PATH\"");
    step.env.insert("PATH".to_owned(), "/nowhere".to_owned());
    let (report, lines) = run(&steps, &step).await;
    assert_eq!((report.end, lines), (StepEnd::Succeeded, vec!["/nowhere".to_owned()]));
}

#[tokio::test]
async fn outputs_and_the_end_of_what_was_said_are_kept_without_secrets() {
    let (_base, steps) = runner(&[("DEPLOY_TOKEN", "tok-12345678"), ("ELSE", "referred-to")]);
    let mut step = command(
        "echo schema=0042 >> $PROMOTE_OUTPUT; echo t=$DEPLOY_TOKEN >> $PROMOTE_OUTPUT; echo \"$DEPLOY_TOKEN and $X\"; echo oops >> $PROMOTE_OUTPUT",
    );
    step.env.insert("X".to_owned(), "$ELSE".to_owned());
    let (report, lines) = run(&steps, &step).await;
    assert_eq!(report.outputs["schema"], "0042");
    assert_eq!(report.outputs["t"], "***");
    assert_eq!(lines[0], "*** and ***");
    assert!(report.tail.starts_with("*** and ***\n1 line of `$PROMOTE_OUTPUT`"), "{}", report.tail);
}

#[tokio::test]
async fn a_saved_file_is_hashed() {
    let (_base, steps) = runner(&[]);
    let saving = |command: &str, file: &str| {
        step(StepAction::Run { command: command.to_owned(), changed: None, saves: Some(file.to_owned()) })
    };
    let (report, _) = run(&steps, &saving("printf abc > plan.bin", "plan.bin")).await;
    let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(report.outputs["saved-sha256"], digest);
    for bad in ["missing.bin", "../x"] {
        assert_eq!(run(&steps, &saving("true", bad)).await.0.end, StepEnd::Errored, "{bad}");
    }
}

/// Whether a process still runs; one that ended and was not reaped yet does not.
fn runs(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit(')').next().and_then(|rest| rest.trim().chars().next()).is_some_and(|state| state != 'Z')
}

async fn gone(file: &Path) {
    let pid = std::fs::read_to_string(file).unwrap();
    for _ in 0..500 {
        if !runs(pid.trim()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {pid} still runs");
}

#[tokio::test]
async fn at_the_end_of_its_time_a_command_ends_with_all_it_started() {
    let (base, steps) = runner(&[]);
    let heard = Heard::default();
    let text = "trap 'echo ending' TERM; sleep 600 & echo $! > child; wait; echo told";
    let report = steps.run(&command(text), &context(), Duration::from_millis(700), &heard).await;
    assert_eq!(report.end, StepEnd::TimedOut, "{report:?}");
    assert!(report.tail.contains("ending"), "{report:?}");
    gone(&base.path().join("child")).await;
}

#[tokio::test]
async fn an_interruption_ends_a_command() {
    let (base, steps) = runner(&[]);
    let stop = steps.interruption.clone();
    let marker = base.path().join("child");
    let stopper = async {
        while !marker.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.interrupt();
    };
    let heard = Heard::default();
    let (context, step) = (context(), command("sleep 600 & echo $! > new; mv new child; wait"));
    let (report, ()) = tokio::join!(steps.run(&step, &context, LONG, &heard), stopper);
    assert_eq!(report.end, StepEnd::Interrupted, "{report:?}");
    gone(&marker).await;
}

#[tokio::test]
async fn what_a_command_leaves_running_does_not_hold_the_step() {
    let (base, steps) = runner(&[]);
    let (report, lines) = run(&steps, &command("sleep 600 & echo $! > child; echo done")).await;
    assert_eq!((report.end, lines), (StepEnd::Succeeded, vec!["done".to_owned()]));
    // It held on to the step's output, so it was ended with it.
    gone(&base.path().join("child")).await;
}

#[tokio::test]
async fn a_step_that_is_given_up_leaves_nothing_running() {
    let (base, steps) = runner(&[]);
    let marker = base.path().join("child");
    let heard = Heard::default();
    let (context, step) = (context(), command("sleep 600 & echo $! > new; mv new child; wait"));
    let started = async {
        while !marker.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        report = steps.run(&step, &context, LONG, &heard) => panic!("it ended: {report:?}"),
        () = started => {}
    }
    gone(&marker).await;
}
