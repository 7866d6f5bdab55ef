//! Every exit of every command is held against the table of exit codes: the code and the document say the same, and
//! what the table says of the targets is so, whatever goes wrong and at whichever request.

use crate::cut_off::killed;
use crate::stage::{CONFIG, Next, Outside, Stage, printed};
use promote_cli::{Stream, run};
use promote_core::exit::ExitStatus;
use promote_core::port::ErrorKind;
use promote_testing::decorator::{Fault, FaultPlan};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// What is done to a project before, in which everything could go on.
type Given = fn(&mut Stage);

/// What a command comes to when nothing goes wrong.
struct Row {
    command: &'static str,
    /// A line that ends well; `None` where that needs a real folder, repository or pipeline.
    well: Option<&'static str>,
    /// Whether it changes something, or only looks.
    acts: bool,
    given: Given,
}

const fn looks(command: &'static str, well: &'static str) -> Row {
    Row { command, well: Some(well), acts: false, given: |_| {} }
}

const fn acts(command: &'static str, well: &'static str, given: Given) -> Row {
    Row { command, well: Some(well), acts: true, given }
}

const fn elsewhere(command: &'static str) -> Row {
    Row { command, well: None, acts: false, given: |_| {} }
}

/// One for each command.
const ROWS: [Row; 42] = [
    acts("to", "promote to prod --yes", |_| {}),
    looks("plan", "promote plan prod"),
    looks("status", "promote status"),
    looks("history", "promote history"),
    looks("show", "promote show bbbb"),
    looks("diff", "promote diff uat prod"),
    acts("rollback", "promote rollback uat --yes", |_| {}),
    acts("advance", "promote advance", |_| {}),
    acts("resume", "promote resume prod --yes", timed_out),
    looks("verify", "promote verify"),
    elsewhere("watch"),
    looks("explain", "promote explain prod"),
    elsewhere("publish"),
    elsewhere("pack"),
    elsewhere("verify-archive"),
    acts("freeze", "promote freeze uat --reason INC-1", |_| {}),
    acts("unfreeze", "promote unfreeze uat --yes", |stage| {
        stage.quietly("promote freeze uat --reason INC-1")
    }),
    acts("hold", "promote hold uat --reason INC-1", |_| {}),
    acts("unhold", "promote unhold uat --yes", |stage| stage.quietly("promote hold uat --reason INC-1")),
    acts("block", "promote block eeee --reason INC-1", |_| {}),
    acts("unblock", "promote unblock eeee", |stage| stage.quietly("promote block eeee --reason INC-1")),
    acts("pin", "promote pin eeee --reason INC-1", |_| {}),
    acts("unpin", "promote unpin eeee", |stage| stage.quietly("promote pin eeee --reason INC-1")),
    acts("record", "promote record load eeee --result passed", |_| {}),
    looks("prune", "promote prune"),
    acts("approve", "promote approve prod --yes", asking),
    acts("reject", "promote reject prod --yes --reason INC-1", asking),
    acts("adopt", "promote adopt uat --yes --reason INC-1", |stage| stage.tamper("shop/uat.zip", "by hand")),
    elsewhere("import"),
    looks("check", "promote check"),
    looks("config", "promote config show"),
    looks("ci", "promote ci github --stdout"),
    elsewhere("doctor"),
    elsewhere("notify"),
    looks("iam", "promote iam aws"),
    elsewhere("init"),
    elsewhere("demo"),
    looks("schema", "promote schema"),
    looks("completions", "promote completions bash"),
    looks("man", "promote man"),
    looks("version", "promote version"),
    looks("help", "promote help"),
];

/// Production asks for an approval, of anyone under any name.
fn asking(stage: &mut Stage) {
    let asks = "approvals = { count = 1, strength = \"claimed\", self = true }";
    let text = CONFIG.trim_start().replace("[env.prod]\n", &format!("[env.prod]\n{asks}\n"));
    std::fs::write(stage.folder.path().join("promote.toml"), text).unwrap();
}

fn timed_out(stage: &mut Stage) {
    stage.step(Next::TimesOut);
    stage.tell("promote to prod --yes");
}

fn failed(stage: &mut Stage) {
    stage.step(Next::Fails);
    stage.tell("promote to prod --yes");
}

fn open(stage: &mut Stage) {
    configured(stage, "prepare = { run = \"./prepare\" }\n");
    killed(stage, "promote to prod --yes");
}

fn configured(stage: &Stage, more: &str) {
    std::fs::write(stage.folder.path().join("promote.toml"), format!("{}{more}", CONFIG.trim_start()))
        .unwrap();
}

fn ready(given: Given) -> Stage {
    let mut stage = Stage::ready();
    stage.days(3);
    given(&mut stage);
    stage
}

/// What a line came to in a copy of the project's state.
struct Ended {
    exit: ExitStatus,
    out: String,
    err: String,
    outside: Outside,
}

fn carried(stage: &Stage, line: &str, prepare: impl FnOnce(&mut Outside)) -> Ended {
    let mut outside = stage.outside.copy();
    prepare(&mut outside);
    let mut env = stage.env();
    env.signals = Arc::new(outside.clone());
    let words = line.split(' ').map(OsString::from).collect();
    let (exit, out, err) = printed(words, &env, &outside);
    Ended { exit, out, err, outside }
}

/// The targets, with their tokens and bytes.
fn targets(outside: &Outside) -> Vec<String> {
    let all = outside.bucket.snapshot();
    let target = |key: &str| ["staging", "uat", "prod"].iter().any(|name| key == format!("shop/{name}.zip"));
    let found = all.iter().filter(|(key, _)| target(key.as_str()));
    found.map(|(key, (object, bytes))| format!("{key} {:?} {bytes:?}", object.token)).collect()
}

/// Holds what a line with `--json` came to against the table.
fn hold(stage: &Stage, line: &str, ended: &Ended) {
    let Ended { exit, out, err, outside } = ended;
    let told = || format!("{line} ended with {}\n{out}{err}", exit.name());
    let document: Value = serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {}", told()));
    if document.get("exit").is_some() {
        assert_eq!(document["exit"], exit.name(), "{}", told());
    }
    if document.get("code").is_some() {
        assert_eq!(document["code"], exit.code(), "{}", told());
    }
    let (before, now) = (targets(&stage.outside), targets(outside));
    match exit.code() {
        1..=6 => assert_eq!(before, now, "a target was written: {}", told()),
        // What is resumed or found in place was moved before.
        7 | 9 if !line.contains("resume") && document["decision"] != "nothing-to-do" => {
            assert_ne!(before, now, "nothing was moved: {}", told())
        }
        10 => assert_eq!(stage.outside.bucket.snapshot(), outside.bucket.snapshot(), "{}", told()),
        11 => {
            // What names no environment moves the first one.
            let names = ["uat", "prod"];
            let name = names.into_iter().find(|name| line.split(' ').any(|word| word == *name));
            let words = ["promote", "resume", name.unwrap_or("staging"), "--yes"];
            let words = words.map(OsString::from).into();
            let (exit, out, err) = printed(words, &stage.env(), outside);
            assert_eq!(exit, ExitStatus::Ok, "it can't be resumed: {}\n{out}{err}", told());
        }
        _ => {}
    }
}

#[test]
fn every_command_has_a_row_and_ends_well_or_with_wrong_usage_as_the_table_says() {
    let known: BTreeSet<String> =
        promote_cli::command_line().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.command.to_owned()).collect();
    assert_eq!(known, rows, "each command has a row here");
    for row in &ROWS {
        let stage = ready(row.given);
        for wrong in
            ["--nonsense --json", "--json --nonsense", "--json=a,b --nonsense", "--format json --nonsense"]
        {
            let line = format!("promote {} {wrong}", row.command);
            let ended = carried(&stage, &line, |_| {});
            assert_eq!(ended.exit, ExitStatus::Usage, "{line}\n{}{}", ended.out, ended.err);
            let document: Value =
                serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(
                (&document["schema"], &document["exit"]),
                (&"promote/failure@1".into(), &"usage".into()),
                "{line}"
            );
        }
        if let Some(well) = row.well {
            let ended = carried(&stage, well, |_| {});
            assert_eq!(ended.exit, ExitStatus::Ok, "{well}\n{}{}", ended.out, ended.err);
        }
    }
}

/// A disk without space.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn output_that_cannot_be_written_changes_no_exit_of_an_act() {
    for row in &ROWS {
        let Some(well) = row.well else { continue };
        let stage = ready(row.given);
        for more in ["", " --json"] {
            // What prints text refuses that before it writes anything.
            if !more.is_empty() && ["completions", "help", "man"].contains(&row.command) {
                continue;
            }
            let outside = stage.outside.copy();
            let err = Arc::new(Mutex::new(Vec::new()));
            let (full, told): (Stream, Stream) = (Arc::new(Mutex::new(Full)), err.clone());
            let words = format!("{well}{more}").split(' ').map(OsString::from).collect();
            let exit = run(words, &stage.env(), &full, &told, &outside);
            let err = String::from_utf8(err.lock().unwrap().clone()).unwrap();
            let wanted = if row.acts { ExitStatus::Ok } else { ExitStatus::Failed };
            assert_eq!(exit, wanted, "{well}{more}\n{err}");
            assert!(err.contains("writing the output failed"), "{well}{more}\n{err}");
            let same = targets(&stage.outside) == targets(&outside);
            assert!(row.acts || same, "{well}{more}");
        }
    }
}

#[test]
fn help_that_cannot_be_written_is_a_failure_and_said() {
    let stage = Stage::ready();
    for line in ["--help", "-h", "to --help", "--version", "help", "help to", "help rules", "version"] {
        let err = Arc::new(Mutex::new(Vec::new()));
        let (full, told): (Stream, Stream) = (Arc::new(Mutex::new(Full)), err.clone());
        let words = format!("promote {line}").split(' ').map(OsString::from).collect();
        let exit = run(words, &stage.env(), &full, &told, &stage.outside);
        let err = String::from_utf8(err.lock().unwrap().clone()).unwrap();
        assert_eq!(exit, ExitStatus::Failed, "{line}\n{err}");
        assert!(err.contains("writing the output failed"), "{line}\n{err}");
    }
}

#[test]
fn each_exit_is_what_the_table_says() {
    let nothing: Given = |_| {};
    let lines: [(&str, ExitStatus, Given, Option<Next>); 29] = [
        ("promote to prod", ExitStatus::Usage, nothing, None),
        ("promote to prod cccc --yes", ExitStatus::Blocked, nothing, None),
        ("promote plan prod cccc --exit-code", ExitStatus::Blocked, nothing, None),
        ("promote rollback uat --to cccc --yes", ExitStatus::Blocked, nothing, None),
        ("promote to nowhere --yes", ExitStatus::Missing, nothing, None),
        ("promote to prod ffff --yes", ExitStatus::Missing, nothing, None),
        ("promote freeze nowhere --reason x", ExitStatus::Missing, nothing, None),
        ("promote to prod --yes", ExitStatus::Conflict, open, None),
        ("promote freeze prod --reason x", ExitStatus::Conflict, open, None),
        ("promote adopt prod --yes --reason INC-1", ExitStatus::Conflict, open, None),
        ("promote import prod --yes", ExitStatus::Conflict, nothing, None),
        ("promote to prod --yes", ExitStatus::DeployFailed, nothing, Some(Next::Fails)),
        ("promote resume prod --yes", ExitStatus::DeployFailed, timed_out, Some(Next::Fails)),
        (
            "promote to prod --yes",
            ExitStatus::RolledBack,
            |stage| configured(stage, "on-failure = \"rollback\"\n"),
            Some(Next::Fails),
        ),
        ("promote to prod --yes", ExitStatus::Timeout, nothing, Some(Next::TimesOut)),
        ("promote plan prod --exit-code", ExitStatus::Differs, nothing, None),
        ("promote verify", ExitStatus::Differs, |stage| stage.tamper("shop/uat.zip", "by hand"), None),
        ("promote to prod --yes", ExitStatus::Interrupted, nothing, Some(Next::Hangs)),
        ("promote to prod --yes", ExitStatus::Terminated, nothing, Some(Next::Hangs)),
        ("promote status", ExitStatus::Ok, nothing, None),
        // Found in place: as the first run ended.
        ("promote to prod --yes", ExitStatus::DeployFailed, failed, None),
        ("promote to prod --yes", ExitStatus::Timeout, timed_out, None),
        ("promote advance", ExitStatus::Ok, failed, None),
        ("promote to uat --yes", ExitStatus::Ok, nothing, None),
        ("promote to prod --dry-run", ExitStatus::Ok, failed, None),
        // To look is no failure, whatever is found.
        ("promote to prod --dry-run", ExitStatus::Ok, nothing, None),
        ("promote to prod cccc --dry-run", ExitStatus::Blocked, nothing, None),
        ("promote plan prod cccc", ExitStatus::Ok, nothing, None),
        ("promote explain prod cccc", ExitStatus::Ok, nothing, None),
    ];
    for (line, wanted, given, next) in lines {
        let stage = ready(given);
        let line = format!("{line} --json");
        let ended = carried(&stage, &line, |outside| {
            outside.terminates.store(wanted == ExitStatus::Terminated, Ordering::SeqCst);
            outside.next.lock().unwrap().extend(next);
        });
        assert_eq!(ended.exit, wanted, "{line}\n{}{}", ended.out, ended.err);
        hold(&stage, &line, &ended);
        if wanted == ExitStatus::RolledBack {
            let bytes = |outside: &Outside| outside.bucket.bytes(&"shop/prod.zip".parse().unwrap());
            assert_eq!(bytes(&stage.outside), bytes(&ended.outside), "the release before is back");
        }
    }
}

#[test]
fn whatever_goes_wrong_at_a_request_the_exit_tells_the_truth() {
    let mut reached = BTreeSet::new();
    for row in &ROWS {
        let Some(well) = row.well.filter(|_| {
            !matches!(row.command, "ci" | "iam" | "schema" | "completions" | "man" | "version" | "help")
        }) else {
            continue;
        };
        let (stage, line) = (ready(row.given), format!("{well} --json"));
        let calls = {
            let counted = carried(&stage, &line, |_| {});
            counted.outside.faults.calls()
        };
        let faults = [
            Fault::RequestLost(ErrorKind::Denied),
            Fault::RequestLost(ErrorKind::Unavailable),
            Fault::RequestLost(ErrorKind::Conflict),
            Fault::AnswerLost,
        ];
        for n in 1..=calls {
            for fault in faults {
                let ended =
                    carried(&stage, &line, |outside| outside.faults = FaultPlan::new().with(n, fault));
                reached.insert(ended.exit);
                hold(&stage, &line, &ended);
            }
        }
    }
    for exit in [ExitStatus::Failed, ExitStatus::Denied, ExitStatus::Conflict, ExitStatus::Unfinished] {
        assert!(reached.contains(&exit), "{} was never reached: {reached:?}", exit.name());
    }
}
