//! `action.yml` and the book's page about it are made from the action's own tables, and the launcher keeps to the rules
//! for scripts that a stranger's values reach. `PROMOTE_WRITE_DOCS=1 cargo test -p promote-tests --test action_yml`
//! writes both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use promote_action::{INPUTS, OUTPUTS};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- made from the code: begin -->\n";
const END: &str = "<!-- made from the code: end -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn same(name: &str, wanted: &str) {
    if std::env::var_os("PROMOTE_WRITE_DOCS").is_some() {
        std::fs::write(root().join(name), wanted).unwrap();
    }
    assert_eq!(read(name), wanted, "PROMOTE_WRITE_DOCS=1 cargo test -p promote-tests --test action_yml");
}

fn quoted(text: &str) -> String {
    assert!(!text.contains(['"', '\\', '\n']), "{text}");
    format!("\"{text}\"")
}

/// How a composite action has to hand an input over: the runner does not do it by itself.
fn variable(input: &str) -> String {
    format!("INPUT_{}", input.to_uppercase().replace('-', "_"))
}

#[test]
fn action_yml_is_made_from_the_tables() {
    let mut text = "# Made from the tables in crates/ci-action/src/metadata.rs; a test says how, and fails when it is stale.\n\
        name: promote\n\
        description: Promote a release to an environment, with rules and a ledger\n\
        author: the promote developers\n\
        branding: { icon: arrow-up-circle, color: green }\n\
        inputs:\n"
        .to_owned();
    for input in INPUTS {
        writeln!(text, "  {}:", input.name).unwrap();
        writeln!(text, "    description: {}", quoted(input.about)).unwrap();
        writeln!(text, "    required: false\n    default: {}", quoted(input.default)).unwrap();
    }
    text.push_str("outputs:\n");
    for output in OUTPUTS {
        writeln!(text, "  {}:", output.name).unwrap();
        writeln!(text, "    description: {}", quoted(output.about)).unwrap();
        writeln!(text, "    value: ${{{{ steps.run.outputs.{} }}}}", output.name).unwrap();
    }
    text.push_str(
        "runs:\n  using: composite\n  steps:\n    - id: run\n      \
         shell: bash --noprofile --norc -euo pipefail {0}\n      \
         run: exec \"$BASH\" --noprofile --norc -euo pipefail \"$GITHUB_ACTION_PATH/action/main.sh\"\n      \
         env:\n        BASH_ENV: \"\"\n",
    );
    for input in INPUTS {
        writeln!(text, "        {}: ${{{{ inputs.{} }}}}", variable(input.name), input.name).unwrap();
    }
    same("action.yml", &text);
}

#[test]
fn every_input_and_output_is_in_the_reference() {
    let mut text = "## Inputs\n\n| input | default | |\n|---|---|---|\n".to_owned();
    for input in INPUTS {
        let default =
            if input.default.is_empty() { "–".to_owned() } else { format!("`{}`", input.default) };
        writeln!(text, "| `{}` | {default} | {} |", input.name, input.about).unwrap();
    }
    text.push_str("\n## Outputs\n\n| output | |\n|---|---|\n");
    for output in OUTPUTS {
        writeln!(text, "| `{}` | {} |", output.name, output.about).unwrap();
    }
    let name = "docs/reference/github-action.md";
    let page = read(name);
    let (before, rest) = page.split_once(BEGIN).expect("where the made part begins");
    let (_, after) = rest.split_once(END).expect("where it ends");
    same(name, &format!("{before}{BEGIN}\n{}\n\n{END}{after}", text.trim()));
}

/// Every `run:` of a workflow or action, with what belongs to it.
fn scripts(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let bare = line.trim_start().trim_start_matches("- ");
        let Some(first) = bare.strip_prefix("run:") else { continue };
        let depth = line.len() - bare.len();
        let mut script = first.to_owned();
        while let Some(more) =
            lines.next_if(|next| next.trim().is_empty() || next.len() - next.trim_start().len() > depth)
        {
            script.push('\n');
            script.push_str(more);
        }
        found.push(script);
    }
    found
}

#[test]
fn no_value_is_pasted_into_a_script() {
    assert_eq!(scripts("- run: a\n  env: x\n- run: |\n    b ${{ x }}\n\n    c\n").len(), 2);
    assert!(scripts("- run: |\n    b ${{ x }}\n").iter().any(|script| script.contains("${{")));
    let mut seen = 0;
    for name in ["action.yml", ".github/workflows/release.yml", ".github/workflows/ci.yml"] {
        for script in scripts(&read(name)) {
            seen += 1;
            assert!(!script.contains("${{"), "{name}: {script}");
        }
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn foreign_actions_are_pinned_by_commit() {
    for name in [".github/workflows/release.yml", ".github/workflows/ci.yml"] {
        let text = read(name);
        let uses: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
            .collect();
        assert!(!uses.is_empty());
        for one in uses {
            let (commit, version) = one
                .split_once('@')
                .and_then(|(_, rest)| rest.split_once(" # v"))
                .unwrap_or_else(|| panic!("{name}: {one}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()) && !version.is_empty(),
                "{name}: {one}"
            );
        }
    }
}

#[test]
fn bases_of_the_image_are_pinned_by_digest() {
    let text = read("Containerfile");
    let bases: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(bases.len(), 2, "{bases:?}");
    for base in bases {
        let digest = base.split(' ').next().and_then(|name| name.split_once("@sha256:"));
        let hex = digest.map_or("", |(_, hex)| hex);
        assert!(hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()), "{base}");
    }
}

#[test]
fn the_launcher_stays_short() {
    let text = read("action/main.sh");
    assert!(
        text.lines().count() < 80 && !text.contains("${{") && !text.contains("eval"),
        "{}",
        text.lines().count()
    );
}
