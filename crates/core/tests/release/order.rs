//! What a release of several artifacts does when nothing goes wrong.

use crate::stage::{End, Stage, actor, commit, name, run, wanted};
use futures_executor::block_on;
use promote_core::ledger::Shape;
use promote_core::plan::Decision;
use promote_core::port::{Bucket, BucketReader};
use promote_core::request::{Request, Wanted};
use promote_testing::memory::MemoryKind;

#[test]
fn artifacts_move_in_the_order_written_and_all_hold_the_release() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        let End::Done(done) = stage.to("prod", 'b') else { panic!("b is moved") };
        let names: Vec<&str> = done.plan.targets.iter().map(|target| target.name()).collect();
        assert_eq!(names, ["image", "config", "rules", "app"]);
        assert_eq!(done.plan.targets[1].shape, Shape::Folder { prune: true });
        assert!(matches!(done.plan.targets[2].shape, Shape::Pointer { .. }));
        assert_eq!(stage.held("prod"), [Some('b'); 3]);
        let source = done.plan.targets[1].source.sha256;
        assert_eq!(stage.manifest("prod").of, Some(source));
        // The tag is a new one each time, and names the very image.
        let tag = done.plan.targets[0].target.key.clone();
        assert!(tag.as_str().starts_with("prod-bbbbbbbb-"), "{tag}");
        let image = block_on(stage.registry.head(&tag)).unwrap().unwrap();
        assert_eq!(image.sha256, Some(done.plan.targets[0].source.sha256));
        assert!(matches!(stage.to("prod", 'b'), End::Nothing), "it is there already");
    }
}

#[test]
fn a_rollback_brings_every_artifact_back() {
    let stage = Stage::ready(MemoryKind::gcs_like());
    assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
    let back = Request::rollback(name("prod"), Wanted::Previous, actor("bob"));
    let end = block_on(run(&stage.ports(), &stage.config, back));
    assert!(matches!(end, End::Done(_)), "{end:?}");
    assert_eq!(stage.held("prod"), [Some('a'); 3]);
    assert_eq!(stage.state("prod").release().unwrap().commit, commit('a'));
}

#[test]
fn a_tag_that_was_moved_after_the_release_was_published_changes_nothing() {
    // Somebody pushes another image under the release's own tag; what was published is what is promoted.
    let stage = Stage::ready(MemoryKind::s3_like());
    let any = promote_core::port::Condition::on(promote_core::port::Precondition::Any);
    let tag = "bbbbbbbb".parse().unwrap();
    let other = promote_core::port::Body::Bytes(bytes::Bytes::from_static(b"{\"other\":1}"));
    block_on(stage.registry.write(&tag, other, &Default::default(), &Default::default(), &any)).unwrap();
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let (_, decision) =
        block_on(promote_core::flow::decide(&stage.ports().view(), &stage.config, &request)).unwrap();
    // A bucket in memory has no digests as keys, so the image can't be found any more: it is refused, not replaced.
    let Decision::Refused(refusal) = decision else { panic!("{decision:?}") };
    assert!(refusal.obstacles[0].contains("registry.test/acme/shop:bbbbbbbb"), "{:?}", refusal.obstacles);
}
