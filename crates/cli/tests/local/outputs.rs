//! Where outputs go: through a person's own link, never over the configuration in use nor into git's own folder.

use crate::stage::{CONFIG, Stage};
use promote_core::exit::ExitStatus;
use std::os::unix::fs::symlink;

#[test]
fn an_archive_goes_through_ones_own_link_and_to_what_is_no_file() {
    let stage = Stage::with(CONFIG);
    stage.write("dist/a", "one");
    let own = tempfile::tempdir().unwrap();
    let at = |name: &str| own.path().join(name);
    std::fs::write(at("before.zip"), "before").unwrap();
    symlink("before.zip", at("link")).unwrap();
    symlink("new.zip", at("dangling")).unwrap();
    symlink("/dev/null", at("device")).unwrap();
    for name in ["link", "dangling", "device"] {
        stage.run(&["pack", "dist", "--out", at(name).to_str().unwrap()]).ends(ExitStatus::Ok);
        assert!(at(name).is_symlink(), "{name} is still a link");
    }
    for name in ["before.zip", "new.zip"] {
        assert!(std::fs::read(at(name)).unwrap().starts_with(b"PK"), "{name}");
    }
    // What is open is written to at its end; nothing is made beside it.
    use std::os::fd::AsRawFd as _;
    let open = std::fs::File::create(at("open.zip")).unwrap();
    let path = format!("/dev/fd/{}", open.as_raw_fd());
    stage.run(&["pack", "dist", "--out", &path]).ends(ExitStatus::Ok);
    assert_eq!(std::fs::read(at("open.zip")).unwrap(), std::fs::read(at("new.zip")).unwrap());
}

#[test]
fn the_configuration_in_use_and_gits_own_files_are_not_written_over() {
    let stage = Stage::with(CONFIG);
    stage.write("dist/a", "one");
    let git = stage.read(".git/config");
    let (config, own) = (stage.read("promote.toml"), tempfile::tempdir().unwrap());
    symlink(stage.path().join("promote.toml"), own.path().join("link")).unwrap();
    let link = own.path().join("link");
    for out in ["promote.toml", "./dist/../promote.toml", link.to_str().unwrap(), ".git/config"] {
        for command in [&["schema"][..], &["pack", "dist"]] {
            let said = stage.run(&[command, &["--out", out]].concat()).ends(ExitStatus::Failed).err;
            let why = if out == ".git/config" { "is git's own" } else { "the configuration in use" };
            assert!(said.contains(why), "{command:?} {out}: {said}");
        }
    }
    assert_eq!((stage.read("promote.toml"), stage.read(".git/config")), (config, git));
}

#[test]
fn what_the_project_keeps_is_not_written_over() {
    let stage = Stage::with(CONFIG);
    stage.write("dist/a", "one");
    let commit = stage.commit("feat: two");
    stage.write("out/kept", "");
    stage.run(&["pack", "dist", "--out", "out/app.zip"]).ends(ExitStatus::Ok);
    stage.run(&["publish", "out/app.zip", "--allow-dirty"]).ends(ExitStatus::Ok);
    stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
    let (release, target) = (format!("releases/{commit}.zip"), "deployed/staging.zip");
    let ledger = ".promote/shop/ledger.json";
    let own = tempfile::tempdir().unwrap();
    let link = own.path().join("link");
    symlink(stage.path().join(target), &link).unwrap();
    let before = [release.as_str(), target, ledger].map(|name| stage.read(name));
    // What is not there yet is a place of the project's, too.
    let places = [&release, target, ledger, link.to_str().unwrap(), "deployed/prod.zip", ".promote-store/x"];
    for out in places {
        let commands = [
            &["schema", "--out", out][..],
            &["pack", "dist", "--out", out],
            &["plan", "uat", &commit, "--out", out],
            &["to", "uat", &commit, "--yes", "--dotenv", out],
            &["rollback", "staging", "--yes", "--annotations", out],
            &["publish", "out/app.zip", "--allow-dirty", "--dotenv", out],
        ];
        for command in commands {
            let said = stage.run(command).ends(ExitStatus::Failed).err;
            let known = ["the project keeps releases, targets or its ledger there", "is promote's own"];
            assert!(known.iter().any(|why| said.contains(why)), "{command:?}: {said}");
        }
    }
    assert_eq!(before, [release.as_str(), target, ledger].map(|name| stage.read(name)));
    assert!(!stage.has("deployed/uat.zip"), "nothing was moved");
    stage.run(&["schema", "--out", "deployed.json"]).ends(ExitStatus::Ok);
}
