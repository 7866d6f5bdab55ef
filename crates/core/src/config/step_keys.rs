//! The keys of a step of `promote.toml`: what it does, and what goes with that. How they are read is [`super::steps`]'.

use super::key::{Key, Shape, key};

use Shape::{Asked, Bool, Folder, Integer, Name, Path, Settled, Several, Template, Text, Timeout, Variables};

/// Keys of a step that say what it does; exactly one of them stands in it.
pub(super) static ACTIONS: &[Key] = &[
    key("run", Text, "", "A shell command, with `$PROMOTE_*` in its environment. Nothing is pasted into it."),
    key(
        "codepipeline",
        Several(&Template),
        "",
        "Wait for the execution that our object version started in these pipelines.",
    ),
    key(
        "github",
        Settled,
        "",
        "Dispatch this workflow of the repository, such as `smoke.yml`, and follow the run to its end. `env` has its inputs.",
    ),
    key(
        "gitlab",
        Settled,
        "",
        "Start a pipeline in this project, such as `acme/tests`, and follow it to its end. It gets `PROMOTE_*` and what is in `env` as variables.",
    ),
    key("http", Asked, "", "Ask this address until the answer contains the text of `expect`."),
    key("receipts", Integer(1, 10_000), "", "Wait until this many hosts report the release.").unacted(),
];

/// Keys that go with some or all actions.
pub(super) static STEP: &[Key] = &[
    key("expect", Template, "any successful answer", "With `http`: the text that the answer must hold."),
    key(
        "start",
        Bool,
        "false",
        "With `codepipeline`: start the execution with the version that was just written, instead of waiting for the pipeline's own trigger.",
    ),
    key("ref", Template, "the default branch", "With `github` and `gitlab`: the ref it runs on."),
    key("changed", Integer(1, 255), "none", "With `run`: the exit status that means \"there are changes\"."),
    key(
        "saves",
        Path,
        "none",
        "With `run`: a file that is kept and hashed; approvals are bound to the hash.",
    ),
    key("timeout", Timeout, "that of the environment", "The time for this step."),
    key("retries", Integer(0, 20), "0", "How often it is tried again."),
    key(
        "evidence",
        Name,
        "none",
        "In `verify`: the name under which the result is kept, for environments that ask for it in their `evidence`.",
    ),
    key(
        "env",
        Variables,
        "none",
        "Further variables; a value `$NAME` is read when the step runs. With `github` and `gitlab`, `$NAME` is one of promote's own, such as `$PROMOTE_SHA`.",
    ),
    key(
        "workdir",
        Folder,
        "that of the environment",
        "With `run`: the folder in which it runs, below that of `promote.toml`, not below the environment's.",
    ),
];
