//! Every key of `promote.toml`, once: name, what it takes, default, meaning. The check for unknown keys, the JSON Schema
//! and the reference page are all made from these tables, so they can't say different things.

use super::key::key;
pub(super) use super::key::{Key, KeySupport, Owner, Shape};
pub(super) use super::step_keys::{ACTIONS, STEP};

use Shape::{
    Address, Bool, Duration, Endpoint, Filled, Folder, Integer, Ledger, Link, List, Location, Name, Named,
    OrTable, Order, Path, Pattern, Region, Secret, Settled, Several, SignIn, Steps, Table, Template, Text,
    TimeZone, Timeout, Versions, Window, Word,
};

pub(super) const TIERS: &[&str] = &["production", "staging", "test", "development"];
pub(super) const EVENTS: &[&str] =
    &["waiting", "started", "succeeded", "failed", "rolled-back", "overridden", "drift"];

/// Keys that stand at the top level only.
pub(super) static PROJECT: &[Key] = &[
    key("project", Name, "name of the repository", "The project's name: what its ledger is about."),
    key(
        "environments",
        Order,
        "",
        "The environments in the order of promotion. A nested array is a stage of parallel ones: `[\"dev\", [\"uat\", \"perf\"], \"prod\"]`. None is called what means another release: `previous`, `latest`, `head`, `current`, `newest`, `stable`, `main`, `master`, or 4 to 40 digits of a commit.",
    ),
    key(
        "ledger",
        Ledger,
        ".promote/PROJECT/ beside the first source",
        "Where the ledger is kept: a folder in a bucket (`s3://BUCKET/PREFIX/`), a local folder, or `git:BRANCH`. Required when no source is in a bucket or folder.",
    ),
    key(
        "timezone",
        TimeZone,
        "UTC",
        "The time zone of windows and of times shown to people, such as `Europe/Berlin`.",
    ),
    key(
        "required-version",
        Versions,
        "any",
        "Which versions of promote may be used with this file: a semver requirement such as `>=0.2`.",
    ),
    key(
        "signers",
        Path,
        "none",
        "An OpenSSH allowed-signers file: approvals that are signed by a key in it count as `signed`.",
    ),
    key("pack", Table(PACK), "none", "What `promote pack` and `promote publish` put into the archive."),
    key(
        "render",
        Table(RENDER),
        "none",
        "The templates that `promote publish` renders once per environment.",
    )
    .unacted(),
    key("host", Table(HOST), "none", "What each host runs when it takes a release.").unacted(),
    key(
        "store",
        Named(Owner::Store, STORE),
        "none",
        "How to reach one bucket, or one repository of images: `[store.BUCKET]`, `[store.\"HOST/REPOSITORY\"]`.",
    ),
    key(
        "forge",
        Table(FORGE),
        "none",
        "Where the repository is, so that its environment pages show promotions: `[forge]`.",
    ),
    key(
        "env",
        Named(Owner::Environment, ENVIRONMENT),
        "none",
        "Settings of one environment: `[env.NAME]`. They override those at the top level.",
    ),
];

/// Keys that stand at the top level as a default for all environments, or in `[env.NAME]`.
pub(super) static ENVIRONMENT: &[Key] = &[
    key(
        "source",
        Location,
        "",
        "Where a release is kept, named by its commit: `s3://BUCKET/{sha}.zip`, `gs://…`, `HOST/REPOSITORY:{sha}`, a local path, or `git`. A trailing `/` means a folder.",
    ),
    key(
        "target",
        Location,
        "",
        "What the environment reads. With `{timestamp}` in it every promotion writes a new name; without it the one name is overwritten.",
    ),
    key(
        "artifact",
        Named(Owner::Artifact, ARTIFACT),
        "one, unnamed",
        "Several artifacts of one release, moved in the order written: `[artifact.NAME]`.",
    ),
    key("needs", List(&Location), "none", "Locations that must exist first but are not moved."),
    key(
        "prune",
        Bool,
        "false",
        "For folders: delete from the target whatever the source does not have; a plan names what no release put there.",
    ),
    key(
        "from",
        Several(&Name),
        "the stage before, all of it",
        "The environments in which a release must have been verified before.",
    ),
    key("auto", Bool, "true for the first stage", "May move without being asked."),
    key("branch", Settled, "any", "The commit must be on this branch."),
    key("soak", Duration, "0", "How long a release must have run, verified, in every environment of `from`."),
    key(
        "approvals",
        OrTable(&Integer(0, 20), APPROVALS),
        "0",
        "How many people must approve, or a table that says more.",
    ),
    key(
        "checks",
        List(&OrTable(&Text, CHECK)),
        "none",
        "Commit statuses, check runs and jobs that must be green: their names, or tables that say where they come from.",
    ),
    key(
        "evidence",
        List(&OrTable(&Name, EVIDENCE)),
        "none",
        "Results that must be there for these bytes, such as `[\"integration\", { name = \"load\", max-age = \"14d\" }]`. `promote record` writes them, and so does a `verify` step with a name for its own.",
    ),
    key("versions", Versions, "any", "A semver requirement on the release's tag, such as `>=1.4, <2`."),
    key(
        "freeze",
        List(&Window),
        "none",
        "Windows in which nothing moves, such as `Fri 16:00 .. Mon 08:00`. A freeze wins over `open`.",
    ),
    key(
        "open",
        Filled(&Window, "always"),
        "always",
        "Windows in which alone something moves, such as `Mon-Thu 09:00 .. 16:00`.",
    ),
    key("notes", List(&Text), "none", "Texts that the promoter must give."),
    key("plan", Steps, "none", "Shown for approval before the move.").unacted(),
    key("prepare", Steps, "none", "Run before the move."),
    key("deploy", Steps, "none", "Run after the move."),
    key("verify", Steps, "none", "Run last, to prove it."),
    key("on-failure", Word(&["stop", "rollback"]), "stop", "What a failed deployment leads to."),
    key(
        "while-deploying",
        Word(&["refuse", "supersede"]),
        "refuse",
        "What a newer promotion does while an older one is being deployed. `supersede` only where every `deploy` step is a `codepipeline`.",
    ),
    key(
        "hold",
        Bool,
        "true",
        "Whether a rollback makes automation leave the environment alone until a person lifts it.",
    ),
    key("timeout", Timeout, "30m", "The time for each step that names none."),
    key(
        "workdir",
        Folder,
        "folder of promote.toml",
        "The folder in which commands run; it lies in that of `promote.toml`.",
    ),
    key("url", Link, "none", "Shown wherever the environment is."),
    key("tier", Word(TIERS), "from the name", "How dangerous the environment is to change."),
    key("notify", Table(NOTIFY), "none", "Who is told what happens."),
];

pub(super) static ARTIFACT: &[Key] = &[
    key("source", Location, "", "Where this artifact is kept."),
    key("target", Location, "", "What the environment reads."),
    key(
        "prune",
        Bool,
        "the environment's",
        "For folders: delete from the target whatever the source does not have; a plan names what no release put there.",
    ),
];

pub(super) static APPROVALS: &[Key] = &[
    key("count", Integer(0, 20), "1", "How many people must approve."),
    key(
        "from",
        Filled(&Text, "anyone"),
        "anyone",
        "Whose approvals count: people, or teams such as `@acme/leads`.",
    ),
    key("expires", Duration, "never", "How long an approval is valid."),
    key(
        "self",
        Bool,
        "false",
        "Whether the approval of who asks for the promotion, or wrote what is new, counts.",
    ),
    key("reviews", Bool, "false", "Whether approving reviews of the pull requests count."),
    key(
        "strength",
        Word(&["claimed", "verified", "signed"]),
        "verified",
        "How well it must be known who approves: `claimed`, as anyone can type it; `verified`, by a token of the pipeline or an account of the forge; `signed`, by a key of `signers`.",
    ),
];

pub(super) static CHECK: &[Key] = &[
    key("name", Text, "", "The name of the check."),
    key(
        "app",
        Text,
        "any, or a status",
        "On GitHub: the app that must have made it, such as `github-actions`.",
    ),
    key(
        "workflow",
        Path,
        "any",
        "On GitHub: the file of the workflow that it must be a job of, such as `.github/workflows/ci.yml`.",
    ),
    key("event", Text, "any", "On GitHub: what must have set off that workflow, such as `push`."),
];

pub(super) static EVIDENCE: &[Key] = &[
    key("name", Name, "", "Of what it is the result."),
    key("max-age", Timeout, "any age", "How old the newest result may be."),
    key(
        "strength",
        Word(&["claimed", "verified"]),
        "verified",
        "How well it must be known who wrote it down: `claimed`, as anyone can type it; `verified`, by a token of the pipeline.",
    ),
];

pub(super) static NOTIFY: &[Key] = &[
    key("slack", Secret, "none", "An incoming webhook of Slack; always a variable: `$SLACK_WEBHOOK_URL`."),
    key(
        "webhook",
        Address,
        "none",
        "Any webhook, which gets the event as a document: a variable or an https address. The host of an address in the file must be allowed in the same way as an `endpoint`.",
    ),
    key("cdevents", Address, "none", "A receiver of CDEvents: a variable or an https address.").unacted(),
    key(
        "on",
        List(&Word(EVENTS)),
        "waiting, failed, rolled-back, overridden, drift",
        "Which events are told; left out, for production `succeeded` too.",
    ),
];

pub(super) static PACK: &[Key] = &[
    key("build", Text, "none", "Run first, in the work tree."),
    key(
        "include",
        Filled(&Path, "the commit's whole tree"),
        "the commit's tree",
        "Paths to take: those in git from the commit, build output from the work tree.",
    ),
    key("exclude", List(&Pattern), "none", "Patterns to leave out."),
    key("root", Path, "none", "Stripped from every path."),
];

pub(super) static RENDER: &[Key] = &[
    key("templates", Template, "", "The folder of templates (`*.j2`)."),
    key("values", List(&Template), "none", "Files of values; later ones win."),
];

pub(super) static HOST: &[Key] = &[
    key("prepare", Steps, "none", "Run by one host only, under a lease."),
    key("deploy", Steps, "none", "Run by every host."),
    key("verify", Steps, "none", "Run by every host afterwards."),
];

pub(super) static STORE: &[Key] = &[
    key("region", Region, "from the environment", "The bucket's region."),
    key(
        "endpoint",
        Endpoint,
        "the vendor's",
        "Another address: https, or http on this machine only. Your credentials go there, so a host that is not the vendor's must be allowed by `PROMOTE_TRUST_HOSTS`, your own configuration file or an answer.",
    ),
    key("path-style", Bool, "false", "The bucket in the path instead of the host name."),
    key("profile", Text, "from the environment", "The named profile whose credentials are used."),
    key(
        "credentials",
        Text,
        "from the environment",
        "A file of credentials: its path, or a variable that holds it.",
    ),
    key(
        "sign-in",
        SignIn,
        "what the registry answers",
        "For images: how the registry is signed in to, so that it need not be asked first. `none`, `password` with every request, or the address of its token server, `https://HOST/PATH?service=NAME`. What the registry itself says has the last word.",
    ),
    key(
        "expiry",
        Duration,
        "30s",
        "After what time the store refuses a request of ours; 5 seconds to 5 minutes.",
    ),
    key("allowance", Duration, "1m", "The time granted to a copy that the store has begun; at most a day."),
];

pub(super) static FORGE: &[Key] = &[
    key("kind", Word(&["github", "gitlab"]), "", "Which forge it is."),
    key(
        "repository",
        Text,
        "that of the remote `origin`",
        "The repository there: `OWNER/NAME`, for GitLab the project's path. Left out, it is read from the remote when that is on the forge of `api`.",
    ),
    key(
        "api",
        Address,
        "that of github.com or gitlab.com",
        "The address of the forge's API, such as `https://github.example.com/api/v3` or `https://gitlab.example.com/api/v4`. The token is sent there, so a host of your own must be allowed in the same way.",
    ),
    key(
        "deployments",
        Word(&["auto", "always", "never"]),
        "auto",
        "When a promotion is shown there: `auto` unless the job that promotes is shown there by itself.",
    ),
];

/// Where each table stands, for people, and its keys.
pub(super) static TABLES: &[(&str, &[Key])] = &[
    ("at the top level", PROJECT),
    ("at the top level or in `[env.NAME]`", ENVIRONMENT),
    ("in `[artifact.NAME]`", ARTIFACT),
    ("in `approvals`", APPROVALS),
    ("in a table of `checks`", CHECK),
    ("in an entry of `evidence`", EVIDENCE),
    ("in `[notify]`", NOTIFY),
    ("in a step", ACTIONS),
    ("in a step", STEP),
    ("in `[pack]`", PACK),
    ("in `[render]`", RENDER),
    ("in `[host]`", HOST),
    ("in `[store.BUCKET]`", STORE),
    ("in `[forge]`", FORGE),
];
