//! What is not there, what fits twice, and what nobody confirmed.

use crate::stage::Stage;
use insta::assert_snapshot;

#[test]
fn what_is_missing_is_named_with_what_is_there() {
    let mut stage = Stage::ready();
    stage.publish('1', "one");
    stage.tell("promote to pord");
    stage.tell("promote to uat ffff --yes");
    stage.tell("promote to uat v9.9.9 --yes");
    stage.tell("promote to uat latest --yes");
    stage.tell("promote show 0000000000000000");
    stage.tell("promote diff uat nowhere");
    stage.tell("promote rollback staging --to cccc --yes");
    assert_snapshot!(stage.transcript());
}

#[test]
fn nothing_is_done_unconfirmed() {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.tell("promote to prod");
    stage.terminal = true;
    stage.variables.insert("NO_COLOR".to_owned(), "1".to_owned());
    stage.tell("promote to prod --no-input");
    stage.tell("promote to prod");
    stage.variables.insert("CI".to_owned(), "true".to_owned());
    stage.tell("promote to prod");
    assert_snapshot!(stage.transcript());
}

#[test]
fn a_broken_chain_is_found_online_and_in_a_copy() {
    let mut stage = Stage::ready();
    let root = ".promote/shop/";
    let copy = stage.folder.path().join("copy");
    let save = |stage: &Stage| {
        for (key, (_, bytes)) in stage.outside.bucket.snapshot() {
            if let Some(rest) = key.as_str().strip_prefix(root) {
                let path = copy.join(rest);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
    };
    save(&stage);
    stage.tell("promote verify --offline copy");
    let key = format!("{root}lanes/staging/log/999/999/999/997.json");
    let text =
        String::from_utf8(stage.outside.bucket.bytes(&key.parse().unwrap()).unwrap().to_vec()).unwrap();
    let forged = text.replace("\"alice\"", "\"mallory\"");
    assert_ne!(text, forged);
    stage.outside.bucket.put(&key.parse().unwrap(), forged).unwrap();
    save(&stage);
    stage.tell("promote verify --ledger");
    stage.tell("promote verify --offline copy");
    stage.tell("promote verify --offline nowhere");
    assert_snapshot!(stage.transcript());
}
