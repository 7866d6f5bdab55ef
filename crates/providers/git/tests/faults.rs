//! What goes wrong between a clone and its remote: races, lost requests and answers, a branch that is protected,
//! rewritten or somebody else's; and that nothing of the user's is touched on the way.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it counted"
)]

mod stage;

use futures_util::future::join_all;
use promote_git::GitBucket;
use promote_port::port::{Bucket, BucketReader, ErrorKind, Precondition, Token};
use stage::{BRANCH, Stage, create, git, key};
use std::path::Path;
use std::time::Duration;

#[tokio::test]
async fn of_many_clones_one_creates_and_nothing_is_lost() {
    let stage = Stage::new();
    let clones: Vec<_> = (0..4).map(|n| stage.clone(&format!("clone{n}"))).collect();
    let buckets: Vec<_> = (0..32).map(|n| stage.bucket(&clones[n % 4])).collect();
    let same = buckets.iter().enumerate().map(|(n, bucket)| async move {
        create(bucket, "shop/lanes/prod/log/1.json", &format!("racer {n}")).await
    });
    let ends = join_all(same).await;
    let winners: Vec<usize> = (0..32).filter(|n| ends[*n].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{ends:?}");
    for error in ends.iter().filter_map(|end| end.as_ref().err()) {
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    }
    assert_eq!(stage.at_remote("shop/lanes/prod/log/1.json"), Some(format!("racer {}", winners[0])));

    let own = buckets.iter().enumerate().map(|(n, bucket)| async move {
        create(bucket, &format!("shop/lanes/l{n}/log/1.json"), &format!("own {n}")).await
    });
    for end in join_all(own).await {
        end.unwrap();
    }
    for n in 0..32 {
        assert_eq!(stage.at_remote(&format!("shop/lanes/l{n}/log/1.json")), Some(format!("own {n}")));
    }
    assert_eq!(stage.log().len(), 33);
    // Whoever looks now is shown what all of them wrote.
    for clone in &clones {
        let bucket = stage.bucket(clone);
        let page = bucket.list("shop/lanes/", None, 100).await.unwrap();
        assert_eq!((page.objects.len(), page.more), (33, false));
    }
}

#[tokio::test]
async fn a_push_whose_answer_is_lost_is_found_again() {
    let stage = Stage::new();
    let clone = stage.clone("one");
    let cut = "for word in \"$@\"; do case $word in push) git \"$@\" >/dev/null 2>&1; \
               echo 'fatal: the remote end hung up unexpectedly' >&2; exit 128;; esac; done; exec git \"$@\"";
    let bucket = GitBucket::with_program(stage.program("cut", cut), &clone, BRANCH, None);
    let object = create(&bucket, "shop/a.json", "ours").await.unwrap();
    assert_eq!((object.size, stage.at_remote("shop/a.json").as_deref()), (4, Some("ours")));
    assert_eq!(bucket.head(&key("shop/a.json")).await.unwrap(), Some(object));

    // Neither the answer nor the look afterwards comes through: that is said, and the next run finds it.
    let silent = "for word in \"$@\"; do case $word in \
                  push) git \"$@\" >/dev/null 2>&1; touch \"$DIR/down\"; exit 128;; \
                  fetch) test -e \"$DIR/down\" && { echo 'fatal: Could not resolve host: x' >&2; exit 128; };; esac; \
                  done; exec git \"$@\"";
    let bucket = GitBucket::with_program(stage.program("silent", silent), &clone, BRANCH, None);
    let error = create(&bucket, "shop/b.json", "ours too").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    let (_, found) = stage.bucket(&clone).get(&key("shop/b.json"), 100).await.unwrap().unwrap();
    assert_eq!(found, "ours too");
}

#[tokio::test]
async fn a_push_that_never_arrived_is_not_known_and_can_be_sent_again() {
    let stage = Stage::new();
    let clone = stage.clone("one");
    let lost = "for word in \"$@\"; do case $word in push) kill -9 $$;; esac; done; exec git \"$@\"";
    let bucket = GitBucket::with_program(stage.program("lost", lost), &clone, BRANCH, None);
    let error = create(&bucket, "shop/a.json", "first").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert_eq!(stage.at_remote("shop/a.json"), None);

    // Killed between the commit and the push: nothing of it is to be seen, and others go on.
    let hang = "for word in \"$@\"; do case $word in push) sleep 600;; esac; done; exec git \"$@\"";
    let bucket = GitBucket::with_program(stage.program("hang", hang), &clone, BRANCH, None);
    let cut_off = tokio::time::timeout(Duration::from_secs(2), create(&bucket, "shop/a.json", "second"));
    assert!(cut_off.await.is_err());
    let other = stage.bucket(&stage.clone("two"));
    assert!(other.get(&key("shop/a.json"), 10).await.unwrap().is_none());
    create(&other, "shop/a.json", "third").await.unwrap();
    let error = create(&stage.bucket(&clone), "shop/a.json", "fourth").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert_eq!(stage.at_remote("shop/a.json").as_deref(), Some("third"));
}

#[tokio::test]
async fn a_protected_branch_says_how_to_allow_it() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let hook = stage.remote().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho 'error: GH006: Protected branch update failed' >&2\nexit 1\n")
        .unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let bucket = stage.bucket(&stage.clone("one"));
    let error = create(&bucket, "shop/a.json", "x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(error.message.contains("GH006: Protected branch update failed"), "{error}");
    assert!(error.hints.iter().any(|hint| hint.contains("without a review")), "{:?}", error.hints);
    assert_eq!(bucket.conversations(), 3, "a look, a push, and a look whether somebody was first");
}

#[tokio::test]
async fn a_branch_of_code_is_refused_and_left_alone() {
    let stage = Stage::new();
    let clone = stage.clone("one");
    let before = git(&stage.remote(), &["rev-parse", "main"]);
    let bucket = GitBucket::open(&clone, "main", None);
    for error in [
        create(&bucket, "shop/a.json", "x").await.unwrap_err(),
        bucket.list("shop/", None, 10).await.unwrap_err(),
        bucket.get(&key("app.txt"), 100).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
        assert!(error.message.contains("something else than a ledger"), "{error}");
    }
    assert_eq!(git(&stage.remote(), &["rev-parse", "main"]), before);
}

#[tokio::test]
async fn records_that_are_taken_away_are_missed() {
    let stage = Stage::new();
    let bucket = stage.bucket(&stage.clone("one"));
    create(&bucket, "shop/a.json", "a").await.unwrap();
    create(&bucket, "shop/b.json", "b").await.unwrap();
    git(&stage.remote(), &["update-ref", &format!("refs/heads/{BRANCH}"), &format!("{BRANCH}~1")]);
    let clone = stage.folder().join("one");
    let error = stage.bucket(&clone).list("shop/", None, 10).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
    assert!(error.hints.iter().any(|hint| hint.contains("update-ref -d")), "{:?}", error.hints);
    git(&stage.remote(), &["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    let error = stage.bucket(&clone).list("shop/", None, 10).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
    assert!(error.message.contains("is gone"), "{error}");
    // A clone that never saw them can't miss them.
    let page = stage.bucket(&stage.clone("two")).list("shop/", None, 10).await.unwrap();
    assert_eq!(page.objects, []);
}

/// Everything of a clone that is the user's: branches, index, work tree, configuration.
fn users_own(clone: &Path) -> (String, Vec<u8>, String, String) {
    (
        git(clone, &["for-each-ref", "refs/heads", "refs/tags"]) + &git(clone, &["rev-parse", "HEAD"]),
        std::fs::read(clone.join(".git/index")).unwrap(),
        git(clone, &["status", "--porcelain", "--branch"]),
        std::fs::read_to_string(clone.join(".git/config")).unwrap(),
    )
}

#[tokio::test]
async fn nothing_of_the_users_is_touched() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let clone = stage.clone("one");
    git(&clone, &["checkout", "-q", "--detach"]);
    std::fs::write(clone.join("app.txt"), "changed\n").unwrap();
    std::fs::write(clone.join("staged.txt"), "staged\n").unwrap();
    git(&clone, &["add", "staged.txt"]);
    for hook in ["pre-push", "pre-commit", "reference-transaction", "post-index-change"] {
        let path = clone.join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "#!/bin/sh\ntouch ../hook-ran hook-ran\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = users_own(&clone);
    std::fs::remove_file(stage.folder().join("hook-ran")).ok();
    std::fs::remove_file(clone.join("hook-ran")).ok();
    let folder = clone.join("deep/below");
    std::fs::create_dir_all(&folder).unwrap();
    let bucket = GitBucket::open(&folder, BRANCH, None);
    create(&bucket, "shop/a.json", "a").await.unwrap();
    create(&stage.bucket(&stage.clone("two")), "shop/b.json", "b").await.unwrap();
    create(&bucket, "shop/c.json", "c").await.unwrap();
    assert_eq!(bucket.list("shop/", None, 10).await.unwrap().objects.len(), 3);
    assert!(!clone.join("hook-ran").exists() && !stage.folder().join("hook-ran").exists(), "a hook ran");
    assert_eq!(users_own(&clone), before);
    assert_eq!(stage.log(), ["add shop/c.json", "add shop/b.json", "add shop/a.json"]);
    assert_eq!(stage.at_remote(".promote-ledger").as_deref(), Some("promote/ledger-branch@1\n"));
    let parents = git(&stage.remote(), &["log", "--format=%P", BRANCH]);
    assert_eq!(parents.lines().count(), 2, "the branch begins by itself: {parents}");
}

#[tokio::test]
async fn shallow_and_anonymous_clones_of_pipelines_do() {
    let stage = Stage::new();
    let first = stage.bucket(&stage.clone("one"));
    for n in 0..3 {
        create(&first, &format!("shop/{n}.json"), "x").await.unwrap();
    }
    let remote = format!("file://{}", stage.remote().display());
    git(stage.folder(), &["clone", "-q", "--depth=1", "--no-tags", &remote, "shallow"]);
    let shallow = stage.folder().join("shallow");
    // No identity is configured, and git is told not to make one up.
    let nobody = "unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL EMAIL; \
                  GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 exec git -c user.useConfigOnly=true \"$@\"";
    let bucket = GitBucket::with_program(stage.program("nobody", nobody), &shallow, BRANCH, None);
    create(&bucket, "shop/3.json", "x").await.unwrap();
    let page = bucket.list("shop/", None, 10).await.unwrap();
    assert_eq!(page.objects.len(), 4);
    let author = git(&stage.remote(), &["log", "-1", "--format=%an <%ae> %cn", BRANCH]);
    assert_eq!(author, "promote <promote@localhost> promote");
    assert_eq!(git(&shallow, &["rev-parse", "--is-shallow-repository"]), "true");
}

#[tokio::test]
async fn one_look_serves_a_round() {
    let stage = Stage::new();
    let clone = stage.clone("one");
    create(&stage.bucket(&clone), "shop/ledger.json", "genesis").await.unwrap();
    let bucket = stage.bucket(&clone);
    for _ in 0..3 {
        assert!(bucket.get(&key("shop/ledger.json"), 100).await.unwrap().is_some());
    }
    for prefix in ["shop/lanes/a/log/", "shop/lanes/b/log/", "shop/releases/1/"] {
        assert_eq!(bucket.list(prefix, None, 1).await.unwrap().objects, []);
    }
    assert!(bucket.head(&key("shop/missing.json")).await.unwrap().is_none());
    assert_eq!(bucket.conversations(), 1);
    create(&bucket, "shop/lanes/a/log/1.json", "1").await.unwrap();
    assert_eq!(bucket.list("shop/lanes/a/log/", None, 1).await.unwrap().objects.len(), 1);
    assert_eq!(bucket.conversations(), 2, "an own push is a look, too");
    create(&stage.bucket(&clone), "shop/lanes/a/log/0.json", "0").await.unwrap();
    // Asked again, so somebody waits for something: another look.
    assert_eq!(
        bucket.list("shop/lanes/a/log/", None, 1).await.unwrap().objects[0].key,
        key("shop/lanes/a/log/0.json")
    );
    assert_eq!(bucket.conversations(), 3);
}

#[tokio::test]
async fn what_can_not_be_reached_is_named() {
    let stage = Stage::new();
    let clone = stage.clone("one");
    git(&clone, &["remote", "set-url", "origin", "/nowhere/remote.git"]);
    let error = stage.bucket(&clone).list("", None, 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert!(error.message.contains("`origin`"), "{error}");
    git(&clone, &["remote", "set-url", "origin", "http://bot:secret@127.0.0.1:9/x.git"]);
    let error = stage.bucket(&clone).list("", None, 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let error = create(&stage.bucket(&clone), "a", "x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    let error = stage.bucket(stage.folder()).list("", None, 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    let absent = GitBucket::with_program(stage.folder().join("no-git"), &clone, BRANCH, None);
    let error = absent.list("", None, 1).await.unwrap_err();
    assert!(error.message.contains("could not be started"), "{error}");
    let error = GitBucket::open(&clone, "a..b", None).list("", None, 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
}

#[tokio::test]
async fn nothing_lies_below_an_object() {
    let stage = Stage::new();
    let bucket = stage.bucket(&stage.alone("alone"));
    create(&bucket, "a/b", "x").await.unwrap();
    for bad in ["a/b/c", "a/b/c/d", "a", ".promote-ledger", "README.md"] {
        let error = create(&bucket, bad, "y").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{bad}: {error}");
    }
    assert!(bucket.head(&key("README.md")).await.unwrap().is_none());
    let listed = bucket.list("", None, 10).await.unwrap().objects;
    assert_eq!(listed.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["a/b"]);
    let stale = Precondition::Matches(Token("0".repeat(40)));
    assert_eq!(bucket.delete(&key("a/b"), &stale).await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(bucket.conversations(), 0, "there is no remote to talk to");
}

/// More objects than are looked up one by one: each still has the time of its own commit.
#[tokio::test]
async fn times_are_those_of_the_commits() {
    let stage = Stage::new();
    let clone = stage.alone("alone");
    let writer = stage.bucket(&clone);
    for n in 0..30 {
        create(&writer, &format!("shop/{n:02}"), "x").await.unwrap();
    }
    // The same tree in commits of known times.
    let commits = git(&clone, &["rev-list", "--reverse", BRANCH]);
    let mut parent = String::new();
    for (n, commit) in commits.lines().enumerate() {
        let tree = git(&clone, &["rev-parse", &format!("{commit}^{{tree}}")]);
        let name = ["-p".to_owned(), parent.clone()];
        let who = format!("T <t@example.com> {} +0100", 1_700_000_000 + n * 60);
        let mut text = format!("tree {tree}\n");
        if !parent.is_empty() {
            text += &format!("parent {}\n", name[1]);
        }
        text += &format!("author {who}\ncommitter {who}\n\nx\n");
        let file = stage.folder().join("commit");
        std::fs::write(&file, text).unwrap();
        parent = git(&clone, &["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
    }
    git(&clone, &["update-ref", &format!("refs/heads/{BRANCH}"), &parent]);
    let expected = |n: usize| 1_700_000_000 + n as i64 * 60;
    let reader = stage.bucket(&clone);
    let listed = reader.list("shop/", None, 100).await.unwrap().objects;
    let times: Vec<i64> = listed.iter().map(|one| one.stored_at.timestamp()).collect();
    assert_eq!(times, (0..30).map(expected).collect::<Vec<_>>());
    let reader = stage.bucket(&clone);
    for n in (0..30).rev() {
        let head = reader.head(&key(&format!("shop/{n:02}"))).await.unwrap().unwrap();
        assert_eq!(head.stored_at.timestamp(), expected(n), "{n}");
    }
}

#[tokio::test]
async fn a_remote_that_is_a_mirror_keeps_a_ledger() {
    let stage = Stage::new();
    let clone = stage.clone("mirror");
    git(&clone, &["config", "remote.origin.mirror", "true"]);
    let bucket = stage.bucket(&clone);
    create(&bucket, "a/one", "1").await.unwrap();
    assert_eq!(stage.at_remote("a/one").as_deref(), Some("1"));
    assert!(stage.at_main_is_there());
}
