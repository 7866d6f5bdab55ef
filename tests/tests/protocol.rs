//! Our half of the runner's protocol against GitHub's own toolkit, and against a reader of the runner's rules that is not
//! ours; the workflows and `action.yml` against a linter and the published schemas.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

use promote_action::{FileSpan, Inputs, Kind, annotation, append_value, escape_message, harmless, seen};
use promote_tests::runner::pairs;
use promote_tests::server::tool;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Values that try to break out, to end early, to be large, or to be read in another way.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        " ",
        "plain",
        "  trimmed\t",
        "one\ntwo",
        "one\r\ntwo\r\n",
        "\n\nlines\n\n  \n of blanks \n",
        "::error::x",
        "##[error]x",
        "x ::add-mask::y",
        "a=b",
        "a<<EOF\nb\nEOF",
        "ghadelimiter_",
        "EOF\nstatus<<EOF\npromoted\nEOF",
        "%0A%0D%25%3A%2C",
        "100% :, \u{1b}[31m\u{7}\u{0}",
        "\u{feff}bom\u{feff}",
        "\u{85}next line\u{85}",
        "\u{a0}wide\u{3000}",
        "\u{202e}txt",
        "ß → 🚀",
        "$(id) `id` ${{ secrets.X }} \"'\\",
        "true",
        "True",
        "TRUE",
        "false",
        "False",
        "FALSE",
        "yes",
        "tRue",
        "1",
    ]
    .map(str::to_owned)
    .into();
    all.push("0123456789abcde\n".repeat(65_536));
    all
}

/// What a script of ours in `tests/protocol` prints for a document.
fn node(script: &str, arguments: &[&Path], variables: &BTreeMap<String, String>, asked: &Value) -> Value {
    let mut child = Command::new("node")
        .arg(Path::new(HERE).join("protocol").join(script))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node 20 or later");
    let text = asked.to_string();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{script}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{script}: {error}"))
}

fn modules() -> PathBuf {
    tool("node-toolkit").unwrap()
}

#[test]
fn inputs_are_read_as_the_toolkit_reads_them() {
    // A variable can't hold a zero byte, and no more than 128 KiB.
    let values: Vec<String> =
        hostile().iter().map(|value| value.replace('\0', "").chars().take(100_000).collect()).collect();
    let name = |at: usize| format!("some in-put {at}");
    let variables: BTreeMap<String, String> = values
        .iter()
        .enumerate()
        .map(|(at, value)| (format!("INPUT_SOME_IN-PUT_{at}"), value.clone()))
        .collect();
    let names: Vec<String> = (0..values.len()).map(name).collect();
    let asked = json!({ "inputs": names, "values": [], "commands": [] });
    let told = node("toolkit.mjs", &[&modules()], &variables, &asked);
    let ours = Inputs::new(&variables);
    for (at, theirs) in told["inputs"].as_array().unwrap().iter().enumerate() {
        let (name, shown) = (name(at), promote_core::names::escape(&values[at]));
        assert_eq!(theirs["text"].as_str(), Some(ours.get(&name)), "{shown}");
        // An input that is not given has no boolean for the toolkit, and its default for us.
        let boolean = if ours.get(&name).is_empty() { None } else { ours.boolean(&name, false).ok() };
        assert_eq!(theirs["boolean"]["value"].as_bool(), boolean, "{shown}");
        // The toolkit keeps a line of blanks as an empty entry; nothing can be named by it.
        let lines: Vec<&str> = theirs["lines"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines, ours.lines(&name), "{shown}");
    }
    assert_eq!(told["inputs"].as_array().unwrap().len(), values.len());
}

/// The text with its delimiters replaced, each of which must be of chance.
fn undelimited(text: &str) -> String {
    let delimiter = text.split_once("<<").and_then(|(_, rest)| rest.split_once('\n')).unwrap().0;
    let chance = delimiter.strip_prefix("ghadelimiter_").unwrap();
    assert!(chance.chars().filter(char::is_ascii_hexdigit).count() == 32, "{delimiter}");
    text.replace(delimiter, "DELIMITER")
}

#[test]
fn files_are_written_as_the_toolkit_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let values = hostile();
    let asked: Vec<Value> = values
        .iter()
        .enumerate()
        .map(|(at, value)| json!({ "name": format!("out-{at}"), "value": value }))
        .collect();
    let variables = BTreeMap::from([
        ("GITHUB_OUTPUT".to_owned(), path("their-output").display().to_string()),
        ("GITHUB_ENV".to_owned(), path("their-env").display().to_string()),
    ]);
    let told = node(
        "toolkit.mjs",
        &[&modules()],
        &variables,
        &json!({ "inputs": [], "values": asked, "commands": [] }),
    );
    let all = path("all");
    std::fs::write(&all, "").unwrap();
    for (at, value) in values.iter().enumerate() {
        let file = path("ours");
        std::fs::write(&file, "").unwrap();
        let nonce = [u8::try_from(at).unwrap() + 1; 16];
        append_value(&file, &format!("out-{at}"), value, nonce).unwrap();
        append_value(&all, &format!("out-{at}"), value, nonce).unwrap();
        let ours = std::fs::read_to_string(&file).unwrap();
        assert_eq!(undelimited(&ours), undelimited(told["files"][at]["output"].as_str().unwrap()), "{at}");
        std::fs::write(&file, "").unwrap();
        append_value(&file, &format!("PROMOTE_TEST_out-{at}"), value, nonce).unwrap();
        let ours = std::fs::read_to_string(&file).unwrap();
        assert_eq!(undelimited(&ours), undelimited(told["files"][at]["env"].as_str().unwrap()), "{at}");
    }
    // All of them in one file, read by two readers that know nothing of how it was written.
    let text = std::fs::read_to_string(&all).unwrap();
    let wanted: BTreeMap<String, String> =
        values.iter().enumerate().map(|(at, value)| (format!("out-{at}"), value.clone())).collect();
    assert_eq!(pairs(&text).unwrap(), wanted);
    let read = node(
        "runner.mjs",
        &[],
        &BTreeMap::new(),
        &json!([{ "file": text }, { "file": "a<<b\nc" }, { "file": "x" }]),
    );
    assert_eq!(read[0]["pairs"], serde_json::to_value(&wanted).unwrap());
    assert_eq!(read[1]["error"], "Matching delimiter not found");
    assert_eq!(read[2]["error"], "Invalid format 'x'");
    // What would end early is refused, and so is a file that is not there.
    let token = format!("ghadelimiter_{}", "07".repeat(16));
    for (name, value) in
        [("a", token.as_str()), (token.as_str(), "a"), ("a=b", "c"), ("a<<b", "c"), ("a\nb", "c")]
    {
        assert!(append_value(&all, name, value, [7; 16]).is_err(), "{name}");
    }
    assert!(append_value(&path("missing"), "a", "b", [7; 16]).is_err());
    assert_eq!(std::fs::read_to_string(&all).unwrap(), text);
}

#[test]
fn commands_are_those_of_the_toolkit() {
    let values: Vec<String> = hostile().into_iter().filter(|value| value.len() < 4000).collect();
    let mut asked = Vec::new();
    let mut ours = Vec::new();
    for value in &values {
        let place = FileSpan { file: "a,b:c.toml".into(), line: 3, end_line: 3, column: 2, end_column: 9 };
        for kind in [Kind::Error, Kind::Warning, Kind::Notice] {
            let name = format!("{kind:?}").to_lowercase();
            // What nobody would see is written out before.
            let shown = seen(value);
            let properties = json!({ "title": shown, "file": place.file, "startLine": 3, "endLine": 3, "startColumn": 2, "endColumn": 9 });
            asked.push(json!({ "kind": name, "message": shown, "properties": properties }));
            ours.push(annotation(kind, value, value, Some(&place)));
        }
        asked.push(json!({ "kind": "add-mask", "message": value }));
        ours.push(format!("::add-mask::{}", escape_message(value)));
        asked.push(json!({ "kind": "debug", "message": value }));
        ours.push(format!("::debug::{}", escape_message(value)));
    }
    let told = node(
        "toolkit.mjs",
        &[&modules()],
        &BTreeMap::new(),
        &json!({ "inputs": [], "values": [], "commands": asked }),
    );
    let sorted = |command: &str| {
        // The toolkit gives properties in an order of its own, and leaves out an empty title.
        let command = command.trim_end_matches('\n');
        let (head, message) = command.trim_start_matches("::").split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let mut properties: Vec<&str> =
            properties.split(',').filter(|one| !one.is_empty() && *one != "title=").collect();
        properties.sort_unstable();
        format!("{name} {properties:?} {message}")
    };
    for (ours, theirs) in ours.iter().zip(told["commands"].as_array().unwrap()) {
        assert_eq!(sorted(ours), sorted(theirs.as_str().unwrap()));
        assert!(!ours.contains(['\n', '\r']), "one line: {ours}");
    }
    // Nothing that went through `harmless` is a command, for a reader that looks for both forms.
    let logs: Vec<Value> = values.iter().map(|value| json!({ "log": harmless(value) })).collect();
    for read in node("runner.mjs", &[], &BTreeMap::new(), &Value::Array(logs)).as_array().unwrap() {
        assert_eq!(*read, json!({ "commands": [], "stopped": false }));
    }
    let control = node("runner.mjs", &[], &BTreeMap::new(), &json!([{ "log": "x ##[error]y\n ::debug::z" }]));
    assert_eq!(control[0]["commands"], json!(["error", "debug"]), "the reader finds what is there");
}

#[test]
fn workflows_and_action_pass_the_linters() {
    let root = Path::new(HERE).parent().unwrap();
    let workflows = [".github/workflows/release.yml", ".github/workflows/ci.yml"];
    let lint = |files: &[PathBuf]| {
        Command::new("node")
            .arg(Path::new(HERE).join("protocol/lint.mjs"))
            .arg(modules())
            .args(files)
            .output()
            .unwrap()
    };
    let output = lint(&workflows.map(|name| root.join(name)));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let bad = tempfile::Builder::new().suffix(".yml").tempfile().unwrap();
    std::fs::write(bad.path(), "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n").unwrap();
    let output = lint(&[bad.path().to_owned()]);
    assert!(!output.status.success(), "a planted injection is found");
    let check = |schema: &str, files: &[PathBuf]| {
        Command::new(tool("check-jsonschema").unwrap())
            .args(["--builtin-schema", schema])
            .args(files)
            .output()
            .unwrap()
    };
    let output = check("vendor.github-workflows", &workflows.map(|name| root.join(name)));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = check("vendor.github-actions", &[root.join("action.yml")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!check("vendor.github-actions", &[bad.path().to_owned()]).status.success());
}
