//! Approvals that people sign with their ssh keys: given and counted by the command, and checked by everybody else with
//! `ssh-keygen` alone.

use crate::stage::{Answer, CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A project whose production asks for `asks`, with a release that is ready for it, and Bob's and Carol's keys.
fn asking(asks: &str) -> Stage {
    let config = format!("{}signers = \"signers\"\n[env.prod]\n{asks}\n", CONFIG.trim_start());
    let stage = Stage::with(&config);
    let mut list = String::new();
    for name in ["bob", "carol"] {
        let key = public_key(&stage, name);
        list.push_str(&format!("{name}@example.com,{name} {key}\n"));
    }
    public_key(&stage, "eve");
    stage.write("signers", list);
    stage.commit("feat: signers");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    stage
}

/// Makes somebody's key, and gives the public half.
fn public_key(stage: &Stage, name: &str) -> String {
    let file = stage.path().join("out").join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(&file);
    assert!(command.status().unwrap().success());
    String::from_utf8(stage.read(&format!("out/{name}.pub"))).unwrap().trim().to_owned()
}

fn says(stage: &Stage, command: &str, who: &str, more: &[&str]) -> Answer {
    let key = format!("out/{who}");
    stage.run(&[&[command, "prod", "--yes", "--key", key.as_str()][..], more].concat())
}

fn stored(stage: &Stage) -> Vec<PathBuf> {
    let sha = stage.git(&["rev-parse", "HEAD"]);
    let folder = stage.path().join(format!(".promote/shop/lanes/prod/approvals/{sha}"));
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn two_signed_approvals_open_production_and_ssh_keygen_alone_checks_them() {
    let stage = asking("approvals = { count = 2, strength = \"signed\" }");
    let refused = stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("approvals  0 of 2"), "{}", refused.all());
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    let again = says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    assert!(again.out.contains("already"), "{}", again.all());
    let refused = stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("1 of 2: bob@example.com (signed)"), "{}", refused.all());
    let json = says(&stage, "approve", "carol", &["--json"]).ends(ExitStatus::Ok).json();
    assert_eq!((&json["strength"], &json["rule"]["passes"]), (&"signed".into(), &true.into()), "{json}");
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    let file = stored(&stage).remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    for (change, told) in [("{", "can't be read"), ("", "is missing, which records name")] {
        match change {
            "" => std::fs::remove_file(&file).unwrap(),
            _ => std::fs::write(&file, change).unwrap(),
        }
        let found = stage.run(&["verify", "--ledger"]).ends(ExitStatus::Differs);
        assert!(found.out.contains(told), "{}", found.out);
    }
    let reason = text.replacen("\"actor\"", "\"reason\":\"x\",\"actor\"", 1);
    std::fs::write(&file, reason).unwrap();
    let found = stage.run(&["verify", "--ledger"]).ends(ExitStatus::Differs);
    assert!(found.out.contains("was changed: a record names another one"), "{}", found.out);
    std::fs::write(&file, &text).unwrap();
    stage.run(&["verify", "--ledger"]).ends(ExitStatus::Ok);
    for file in stored(&stage) {
        let who = ["bob", "carol"].into_iter().filter(|who| {
            let script = "ssh-keygen -Y verify -f signers -I \"$2@example.com\" -n promote-approval@v1 \
                          -s <(tail -n +2 \"$1\") < <(head -n 1 \"$1\")";
            let mut command = Command::new("bash");
            command.current_dir(stage.path()).args(["-c", script, "bash"]).arg(&file).arg(who);
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
        });
        assert_eq!(who.count(), 1, "{}", file.display());
    }
}

#[test]
fn a_key_of_nobody_and_a_name_that_anyone_can_type_approve_nothing() {
    let mut stage = asking("approvals = 1");
    says(&stage, "approve", "eve", &[]).ends(ExitStatus::Blocked);
    stage.variables.push(("PROMOTE_ACTOR", "bob".to_owned()));
    stage.variables.push(("HOME", "/nowhere".to_owned()));
    let refused = stage.run(&["approve", "prod", "--yes"]).ends(ExitStatus::Denied);
    assert!(refused.err.contains("no key that may sign"), "{}", refused.err);
    // Where nobody could sign, the name alone is what is left, and it is refused for what it is.
    let config = String::from_utf8(stage.read("promote.toml")).unwrap();
    stage.write("promote.toml", config.replace("signers = \"signers\"\n", ""));
    let refused = stage.run(&["approve", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("the name is claimed, and the file asks for verified"), "{}", refused.err);
    assert_eq!(stored(&stage), [] as [PathBuf; 0]);
    stage.write(
        "promote.toml",
        config
            .replace("signers = \"signers\"\n", "")
            .replace("approvals = 1", "approvals = { strength = \"claimed\" }"),
    );
    stage.run(&["approve", "prod", "--yes"]).ends(ExitStatus::Ok);
    assert_eq!(stored(&stage).len(), 1, "the name was all that was in the way");
}

#[test]
fn a_signature_is_over_just_these_bytes_and_a_key_counts_as_long_as_it_is_listed() {
    let stage = asking("approvals = 1");
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    let file = stored(&stage).remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    let list = String::from_utf8(stage.read("signers")).unwrap();
    let plan = || stage.run(&["plan", "prod"]).ends(ExitStatus::Ok).out;
    assert!(plan().contains("1 of 1: bob@example.com (signed)"), "{}", plan());
    // Another time in what was signed.
    std::fs::write(&file, text.replacen("\"at\":\"2", "\"at\":\"1", 1)).unwrap();
    assert!(plan().contains("was changed later"), "{}", plan());
    let (line, _) = text.split_once('\n').unwrap();
    std::fs::write(
        &file,
        format!("{line}\n-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"),
    )
    .unwrap();
    assert!(plan().contains("not an SSH signature"), "{}", plan());
    // A good signature of another approval, by somebody else whose word would count.
    std::fs::write(&file, &text).unwrap();
    says(&stage, "approve", "carol", &[]).ends(ExitStatus::Ok);
    let carols = stored(&stage).into_iter().find(|other| *other != file).unwrap();
    let other = std::fs::read_to_string(&carols).unwrap();
    let (_, signature) = other.split_once('\n').unwrap();
    std::fs::remove_file(&carols).unwrap();
    std::fs::write(&file, format!("{line}\n{signature}")).unwrap();
    assert!(plan().contains("0 of 1") && plan().contains("was changed later"), "{}", plan());
    std::fs::write(&file, format!("{line}\n")).unwrap();
    assert!(plan().contains("the name is claimed"), "{}", plan());
    std::fs::write(&file, &text).unwrap();
    let expired = list.replacen("ssh-ed25519", "valid-before=\"20200101Z\" ssh-ed25519", 1);
    stage.write("signers", expired);
    assert!(plan().contains("was valid until"), "{}", plan());
    stage.write("signers", list.lines().skip(1).collect::<Vec<_>>().join("\n") + "\n");
    assert!(plan().contains("nobody in the list of signers has the key"), "{}", plan());
    stage.write("signers", "not a list\n");
    let broken = stage.run(&["plan", "prod"]).ends(ExitStatus::Usage);
    assert!(broken.err.contains("line 1"), "{}", broken.err);
}

#[test]
fn a_rejection_ends_it_until_somebody_says_why_it_may_go_after_all() {
    let stage = asking("approvals = 1");
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    says(&stage, "reject", "carol", &["--reason", "the migration is not ready"]).ends(ExitStatus::Ok);
    let refused = stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(
        refused.all().contains("rejected by carol@example.com (signed): the migration"),
        "{}",
        refused.all()
    );
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Usage);
    says(&stage, "approve", "bob", &["--reason", "it is ready now"]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn the_author_and_who_asks_approve_nothing_of_their_own() {
    let mut stage = asking("approvals = 1");
    stage.variables.push(("PROMOTE_ACTOR", "bob".to_owned()));
    // Who approves does not ask for the promotion.
    for more in [&["--json"][..], &["--json", "--dry-run"]] {
        let said = says(&stage, "approve", "bob", more).ends(ExitStatus::Ok).json();
        assert_eq!(said["rule"]["detail"], "1 of 1: bob@example.com (signed)", "{said}");
    }
    let refused = stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("who asks for the promotion can't approve it"), "{}", refused.all());
    stage.variables.pop();
    stage.run(&["to", "prod", "--yes", "--dry-run"]).ends(ExitStatus::Ok);
    let list = String::from_utf8(stage.read("signers")).unwrap();
    // Bob's key is Alice's, who wrote what is new.
    stage.write("signers", list.replace("bob@example.com,bob", "alice@example.com"));
    let refused = says(&stage, "approve", "bob", &[]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("who wrote what is new here can't approve it"), "{}", refused.err);
}

#[test]
fn what_was_shown_is_what_is_approved() {
    let stage = asking("approvals = 1");
    let content = says(&stage, "approve", "bob", &["--dry-run", "--json"]).json()["content"].clone();
    let content = content.as_str().unwrap();
    let other = format!("sha256:{}", "0".repeat(64));
    says(&stage, "approve", "bob", &["--content", &other]).ends(ExitStatus::Conflict);
    assert_eq!(stored(&stage), [] as [PathBuf; 0]);
    says(&stage, "approve", "bob", &["--content", content]).ends(ExitStatus::Ok);
}

#[test]
fn a_signer_who_is_added_on_a_branch_is_shown_and_needs_a_reason_in_production() {
    let stage = asking("approvals = 1");
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
    let list = String::from_utf8(stage.read("signers")).unwrap();
    let eve = String::from_utf8(stage.read("out/eve.pub")).unwrap();
    stage.write("signers", format!("{list}eve@example.com {eve}"));
    stage.commit("feat: next");
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    stage.run(&["to", "uat", "--yes"]).ends(ExitStatus::Ok);
    says(&stage, "approve", "eve", &[]).ends(ExitStatus::Ok);
    let refused = stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("prod: `signers` was"), "{}", refused.all());
}

#[test]
fn an_approval_of_another_ledger_closes_the_gate() {
    let stage = asking("approvals = 1");
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    let file = stored(&stage).remove(0);
    let other = std::fs::read_to_string(&file).unwrap();
    let id = other.split_once("\"ledger\":\"").unwrap().1.get(..32).unwrap().to_owned();
    std::fs::write(&file, other.replace(&id, &"0".repeat(32))).unwrap();
    let refused = stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Blocked);
    assert!(refused.all().contains("it was written for another ledger"), "{}", refused.all());
}

#[test]
fn a_key_that_expired_before_its_approval_was_used_counts_no_more() {
    let stage = asking("approvals = 1");
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    // As if it had been signed last year, when the key was valid.
    let file = stored(&stage).remove(0);
    let last = std::time::SystemTime::now() - std::time::Duration::from_secs(400 * 86_400);
    std::fs::File::options().append(true).open(&file).unwrap().set_modified(last).unwrap();
    let list = String::from_utf8(stage.read("signers")).unwrap();
    let year = chrono::Utc::now() - chrono::TimeDelta::days(30);
    let until = format!("valid-before=\"{}Z\" ssh-ed25519", year.format("%Y%m%d"));
    stage.write("signers", list.replacen("ssh-ed25519", &until, 1));
    let plan = stage.run(&["plan", "prod"]).ends(ExitStatus::Ok).out;
    assert!(plan.contains("was valid until"), "{plan}");
}

#[test]
fn every_name_of_a_key_is_looked_for_when_it_is_said_whose_approvals_count() {
    let stage = asking("approvals = { from = [\"bob\"] }");
    says(&stage, "approve", "carol", &[]).ends(ExitStatus::Blocked);
    says(&stage, "approve", "bob", &[]).ends(ExitStatus::Ok);
    stage.run(&["to", "prod", "--yes"]).ends(ExitStatus::Ok);
}

#[test]
fn who_puts_something_into_a_merge_has_written_it_and_who_only_merges_has_not() {
    let stage = asking("approvals = 1");
    let bob = ["-c", "user.name=Bob", "-c", "user.email=bob@example.com"];
    stage.git(&["checkout", "--quiet", "-b", "side"]);
    stage.write("side.txt", "side");
    stage.commit("feat: side");
    stage.git(&["checkout", "--quiet", "main"]);
    stage.write("main.txt", "main");
    stage.git(&["add", "--all"]);
    stage.git(&["commit", "--quiet", "--message", "feat: main"]);
    let merge = ["merge", "--quiet", "--no-ff", "--no-commit", "side"];
    stage.git(&[&bob[..], &merge].concat());
    stage.git(&[&bob[..], &["commit", "--quiet", "--message", "merge"]].concat());
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let merge = stage.git(&["rev-parse", "HEAD"]);
    says(&stage, "approve", "bob", &[&merge, "--dry-run"]).ends(ExitStatus::Ok);
    stage.write("evil.txt", "evil");
    stage.git(&["add", "--all"]);
    stage.git(&[&bob[..], &["commit", "--quiet", "--amend", "--message", "merge"]].concat());
    stage.run(&["publish"]).ends(ExitStatus::Ok);
    let merge = stage.git(&["rev-parse", "HEAD"]);
    let refused = says(&stage, "approve", "bob", &[&merge, "--dry-run"]).ends(ExitStatus::Blocked);
    assert!(refused.err.contains("who wrote what is new here"), "{}", refused.err);
}
