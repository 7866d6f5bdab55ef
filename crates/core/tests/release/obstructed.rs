//! What is in the way of a folder's files, in any store that says that it keeps folders.

use crate::stage::{End, PROJECT, Stage};
use promote_testing::memory::MemoryKind;

#[test]
fn content_that_stays_is_refused_wherever_folders_are_kept() {
    let file = PROJECT.replace("prune  = true\n", "");
    for folders in [true, false] {
        let mut kind = MemoryKind::local_like();
        kind.truth.folders = folders;
        let stage = Stage::ready_with(&file, kind);
        stage.store.put(&"live/prod/only-b.txt/x".parse().unwrap(), "by hand").unwrap();
        match stage.to("prod", 'b') {
            End::Refused(why) if folders => {
                assert!(why.contains("can't become the file `only-b.txt`"), "{why}");
            }
            End::Done(_) if !folders => assert_eq!(stage.bytes("live/prod/only-b.txt").unwrap(), "b"),
            other => panic!("folders: {folders}: {other:?}"),
        }
    }
}
