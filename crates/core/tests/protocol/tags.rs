//! Tags of a source that may not be read: a plan tells it where a copy goes without them, and nobody asks elsewhere.

use crate::stage::{End, Stage, actor, name, run, wanted};
use futures_executor::block_on;
use promote_core::flow::decide;
use promote_core::port::CopyGuard;
use promote_core::request::Request;
use promote_testing::decorator::Method;
use promote_testing::memory::MemoryKind;

/// What a plan says of the guard, and how often tags were asked for.
fn planned(copy: CopyGuard, hides_tags: bool) -> (String, usize) {
    let kind = MemoryKind::without_conditional_copy(copy);
    let stage = Stage::ready(MemoryKind { hides_tags, ..kind });
    let (ports, log) = stage.recorded();
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let (_, decision) = block_on(decide(&ports.view(), &stage.config, &request)).unwrap();
    let guard = decision.plan().findings.iter().find(|finding| finding.rule == "guard");
    let told = guard.map(|finding| finding.detail.clone()).unwrap_or_default();
    let asked = log.calls().iter().filter(|call| call.method == Method::Tags).count();
    assert!(
        matches!(block_on(run(&ports, &stage.config, request)), End::Done(_)),
        "it is no reason to refuse"
    );
    (told, asked)
}

#[test]
fn a_plan_says_when_tags_can_not_go_along() {
    let (told, asked) = planned(CopyGuard::ConditionalComplete, true);
    assert!(told.contains("has tags may not be asked (`s3:GetObjectTagging`)"), "{told}");
    assert_eq!(asked, 1);
    let (told, asked) = planned(CopyGuard::ConditionalComplete, false);
    assert!(!told.contains("tags"), "{told}");
    assert_eq!(asked, 1);
    // One request carries them over, and what passes through this machine takes none.
    for copy in [CopyGuard::ConditionalCopy, CopyGuard::ConditionalPut] {
        let (told, asked) = planned(copy, true);
        assert!(!told.contains("tags"), "{told}");
        assert_eq!(asked, 0);
    }
}
