//! A `.git` that came as files, from somebody else: whoever looks at the ledger runs nothing of it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod stage;

use promote_port::port::{BucketReader, ErrorKind};
use stage::{Stage, create, git, key};

#[tokio::test]
async fn no_program_that_the_repository_names_is_run() {
    let stage = Stage::new();
    create(&stage.bucket(&stage.clone("first")), "shop/a.json", "ours").await.unwrap();
    let ran = stage.folder().join("ran");
    let program = format!("touch {} ;", ran.display());
    for (name, value) in [
        ("remote.origin.uploadpack", format!("{program} git-upload-pack")),
        ("remote.origin.receivepack", format!("{program} git-receive-pack")),
        ("core.sshCommand", format!("{program} ssh")),
        ("core.gitProxy", stage.program("proxy", "touch $DIR/ran").display().to_string()),
        ("core.alternateRefsCommand", program.clone()),
        ("credential.helper", format!("!{program}")),
        ("core.askPass", stage.program("ask", "touch $DIR/ran").display().to_string()),
    ] {
        let clone = stage.clone(&format!("clone-{}", name.replace('.', "-")));
        git(&clone, &["config", name, &value]);
        let bucket = stage.bucket(&clone);
        for end in [
            bucket.get(&key("shop/a.json"), 100).await.map(drop),
            create(&bucket, &format!("shop/{}.json", name.to_lowercase()), "x").await.map(drop),
        ] {
            let error = end.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Denied, "{name}: {error}");
            assert!(error.message.contains(&format!("`{}`", name.to_lowercase())), "{error}");
        }
        assert!(!ran.exists(), "{name}");
    }
    // What is switched off is not worth a refusal: hooks, and the monitor of files.
    let clone = stage.clone("quiet");
    let hook = stage.program("hook", "touch $DIR/ran");
    for name in ["reference-transaction", "pre-push", "post-index-change", "post-checkout", "pre-auto-gc"] {
        std::fs::copy(&hook, clone.join(".git/hooks").join(name)).unwrap();
    }
    git(&clone, &["config", "core.fsmonitor", hook.to_str().unwrap()]);
    let bucket = stage.bucket(&clone);
    create(&bucket, "shop/quiet.json", "x").await.unwrap();
    assert!(bucket.get(&key("shop/a.json"), 100).await.unwrap().is_some());
    assert!(!ran.exists());
}

#[tokio::test]
async fn a_remote_that_came_along_runs_no_hook() {
    let stage = Stage::new();
    let clone = stage.clone("one");
    git(&clone, &["init", "-q", "--bare", "evil.git"]);
    let hook = stage.program("hook", "touch $DIR/ran");
    std::fs::create_dir_all(clone.join("evil.git/hooks")).unwrap();
    std::fs::copy(&hook, clone.join("evil.git/hooks/pre-receive")).unwrap();
    let inside = clone.join("evil.git").display().to_string();
    for (name, value) in [("remote.origin.url", inside.as_str()), ("remote.origin.pushurl", inside.as_str())]
    {
        let before = git(&clone, &["config", "remote.origin.url"]);
        git(&clone, &["config", name, value]);
        let error = create(&stage.bucket(&clone), "shop/a.json", "x").await.unwrap_err();
        assert!(error.kind == ErrorKind::Denied && error.message.contains("inside the work tree"), "{error}");
        git(&clone, &["config", "remote.origin.url", &before]);
    }
    git(&clone, &["config", "--unset", "remote.origin.pushurl"]);
    let rule = format!("url.{inside}.insteadOf");
    let before = git(&clone, &["config", "remote.origin.url"]);
    git(&clone, &["config", &rule, &before]);
    let error = create(&stage.bucket(&clone), "shop/a.json", "x").await.unwrap_err();
    assert!(error.message.contains("inside the work tree"), "{error}");
    assert!(!stage.folder().join("ran").exists());
}
