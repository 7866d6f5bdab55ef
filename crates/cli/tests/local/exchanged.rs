//! Sources that hold something else by the time of a move than was published: told with what is there.

use crate::own_release::{config, published};
use crate::stage::Stage;
use promote_core::exit::ExitStatus;

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
