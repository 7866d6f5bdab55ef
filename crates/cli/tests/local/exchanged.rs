//! Sources that hold something else by the time of a move than was published: told with what is there.

use crate::around::AroundStores;
use crate::own_release::{config, published};
use crate::stage::{Stage, contents};
use promote_core::exit::ExitStatus;
use promote_core::layer::{Around, Call, Layer, Method, Pending};
use promote_core::port::{Bucket, ProviderError};
use std::path::PathBuf;
use std::sync::Arc;

/// A file gets other bytes of the same length and times right before a request.
#[derive(Debug, Clone)]
struct Meddled {
    /// Before the first of these.
    before: Method,
    /// With a key that begins so.
    below: &'static str,
    file: PathBuf,
}

impl Layer for Meddled {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if call.method == self.before && call.key.starts_with(self.below) {
            let kept = std::fs::metadata(&self.file).unwrap().modified().unwrap();
            std::fs::write(&self.file, "six").unwrap();
            std::fs::File::options().write(true).open(&self.file).unwrap().set_modified(kept).unwrap();
        }
        send().await
    }
}

/// Once the plan is made nobody looks at the files any more before they are written; and while one is.
#[test]
fn other_bytes_between_the_plan_and_the_write_are_refused_with_both_digests() {
    for (before, below) in [(Method::Write, ".promote/shop/lanes/"), (Method::Copy, "live/")] {
        let stage = Stage::with(&config("releases/{sha}/", "live/{env}/"));
        stage.write("out/a", "one");
        if before == Method::Write {
            for number in 0..40 {
                stage.write(&format!("out/more/{number}"), "more");
            }
        }
        stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
        let commit = stage.git(&["rev-parse", "HEAD"]);
        let file = stage.path().join(format!("releases/{commit}/a"));
        let meddled = Meddled { before, below, file };
        let meddled = AroundStores(|store: Arc<dyn Bucket>| -> Arc<dyn Bucket> {
            Arc::new(Around::new(store, meddled.clone()))
        });
        let answer = stage.run_on(&["to", "staging", &commit, "--yes"], &meddled).ends(ExitStatus::Conflict);
        for text in ["one", "six"] {
            let digest = promote_core::digest::Digest::of(text.as_bytes()).to_string();
            assert!(answer.err.contains(&digest), "{below}: {}", answer.err);
        }
        assert!(answer.err.contains("No target was written"), "{below}: {}", answer.err);
        assert!(!stage.has("live/staging/a") && !stage.has("live/staging/more/1"), "{below}");
        let status = stage.run(&["status", "staging", "--json"]).ends(ExitStatus::Ok).json();
        assert!(status["environments"][0]["open"].is_null(), "{below}");
    }
}

/// A folder, an empty one too, in the place of a file of a release's own folder is other content, as a link or a pipe is.
#[test]
fn a_folder_in_place_of_a_file_of_a_release_is_told_as_what_it_is() {
    for target in ["live/{env}.json", "live/{env}/"] {
        let (stage, commit) = published("releases/{sha}/", target, "out");
        let file = stage.path().join(format!("releases/{commit}/a"));
        std::fs::remove_file(&file).unwrap();
        for below in ["", "x"] {
            std::fs::create_dir_all(file.join(below)).unwrap();
            for line in [&["plan", "staging", &commit][..], &["to", "staging", &commit, "--yes"]] {
                let answer = stage.run(line).ends(ExitStatus::Conflict);
                assert!(answer.all().contains("a` is a folder, and was published as"), "{}", answer.all());
            }
            std::fs::write(file.join("y"), "inside").unwrap();
        }
        assert!(!stage.has("live"));
    }
}

/// Other bytes in the very file, of the same length and times: the copy hashes them, and says both digests.
#[test]
fn other_bytes_in_the_very_file_are_refused_with_both_digests() {
    let overwrite = "touch -r $f ref; printf two | dd of=$f conv=notrunc status=none; touch -r ref $f";
    for make in [overwrite, "printf two > $f"] {
        let text = format!("f=releases/$(cat go).txt; {make}");
        let stage = Stage::with(&format!(
            "{}prepare = \"if [ -e go ]; then {text}; fi\"\n",
            config("releases/{sha}.txt", "live/{env}.txt")
        ));
        stage.write("out/a", "one");
        stage.run(&["publish", "out/a"]).ends(ExitStatus::Ok);
        let commit = stage.git(&["rev-parse", "HEAD"]);
        stage.write("go", &commit);
        let answer = stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Conflict);
        for text in ["one", "two"] {
            let digest = promote_core::digest::Digest::of(text.as_bytes()).to_string();
            assert!(answer.err.contains(&digest), "{make}: {}", answer.err);
        }
        assert!(answer.err.contains("No target was written"), "{make}: {}", answer.err);
        assert!(!stage.has("live/staging.txt"), "{make}");
    }
}

/// The same in a file of a release's own folder, in place and behind a pointer: nothing of the folder moves.
#[test]
fn other_bytes_in_the_very_file_of_a_folder_are_refused_with_both_digests() {
    let overwrite = "touch -r $f ref; printf six | dd of=$f conv=notrunc status=none; touch -r ref $f";
    for (target, many) in [("live/{env}/", 0), ("live/{env}.json", 0), ("live/{env}/", 1200)] {
        let text = format!("f=releases/$(cat go)/a; {overwrite}");
        let stage = Stage::with(&format!(
            "{}prepare = \"if [ -e go ]; then {text}; fi\"\n",
            config("releases/{sha}/", target)
        ));
        stage.write("out/a", "one");
        stage.write("out/b", "two");
        for number in 0..many {
            stage.write(&format!("out/many/{number}"), "some");
        }
        stage.run(&["publish", "out"]).ends(ExitStatus::Ok);
        let commit = stage.git(&["rev-parse", "HEAD"]);
        stage.write("go", &commit);
        let answer = stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Conflict);
        for text in ["one", "six"] {
            let digest = promote_core::digest::Digest::of(text.as_bytes()).to_string();
            assert!(answer.err.contains(&digest), "{target}: {}", answer.err);
        }
        assert!(answer.err.contains("No target was written"), "{target}: {}", answer.err);
        assert!(!stage.has("live/staging") && !stage.has("live/staging.json"), "{target}");
    }
}

/// What was put back by hand is read once and remembered; other bytes in the very file, with its times kept, are not it.
#[test]
fn what_was_put_back_by_hand_and_changed_in_place_is_refused() {
    for (source, target, given) in
        [("releases/{sha}.txt", "live/{env}.txt", "out/a"), ("releases/{sha}/", "live/{env}.json", "out")]
    {
        let (stage, commit) = published(source, target, given);
        let file = match given {
            "out" => format!("releases/{commit}/a"),
            _ => format!("releases/{commit}.txt"),
        };
        stage.run(&["to", "staging", &commit, "--yes"]).ends(ExitStatus::Ok);
        let there = contents(&stage.path().join("live"));
        stage.shell(&format!("cp {file} x; mv x {file}"));
        stage.run(&["verify", "--bytes"]).ends(ExitStatus::Ok);
        let in_place = format!("touch -r {file} ref; printf six | dd of={file} conv=notrunc status=none");
        stage.shell(&format!("{in_place}; touch -r ref {file}"));
        let again = ["to", "staging", &commit, "--redeploy", "--yes"];
        let answer = stage.run(&again).ends(ExitStatus::Conflict);
        for text in ["one", "six"] {
            let digest = promote_core::digest::Digest::of(text.as_bytes()).to_string();
            assert!(answer.err.contains(&digest), "{target}: {}", answer.err);
        }
        assert_eq!(contents(&stage.path().join("live")), there, "{target}");
    }
}
