//! Recording what is there: only what is not recorded yet, and as the release that it is.

use crate::stage::{End, Stage, actor, commit, config, image, name, registry_id, store_id};
use bytes::Bytes;
use futures_executor::block_on;
use promote_core::init_ledger::init_ledger;
use promote_core::marks::{Adopted, adopt};
use promote_core::port::{Body, Bucket, Condition, Headers, Metadata, Precondition};
use promote_core::publish::{Publication, publish};
use promote_core::request::{Request, Wanted};
use promote_testing::memory::{MemoryKind, MemoryWorld, SeededEntropy, VirtualClock};
use std::sync::Arc;
use std::time::Duration;

/// One image, whose tag moves: a registry keeps no mark of who moved it.
const IMAGE: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
source       = "registry.test/acme/shop:{sha:8}"
target       = "registry.test/acme/shop:{env}"
ledger       = "memory://store/.promote/shop/"
"#;

fn of_images() -> Stage {
    let clock = VirtualClock::default();
    let memory = MemoryWorld::new(clock.clone());
    let stage = Stage {
        store: memory.bucket(store_id(), MemoryKind::s3_like()),
        registry: memory.bucket(registry_id(), MemoryKind::registry_like()),
        clock,
        config: config(IMAGE),
        entropy: Arc::new(SeededEntropy::new(7)),
    };
    for digit in ['a', 'b', 'c'] {
        stage.clock.advance(Duration::from_secs(60));
        by_hand(&stage, &digit.to_string().repeat(8), digit);
        block_on(init_ledger(&stage.ports(), &stage.config)).unwrap();
        let publication = Publication {
            commit: commit(digit),
            subject: None,
            committed_at: None,
            version: None,
            branches: Vec::new(),
            artifacts: Default::default(),
            allowed: Default::default(),
            built: "given".to_owned(),
            actor: actor("ci"),
        };
        block_on(publish(&stage.ports(), &stage.config, &publication)).unwrap();
    }
    stage
}

/// Moves a tag past promote.
fn by_hand(stage: &Stage, tag: &str, digit: char) {
    let body = Body::Bytes(Bytes::from(image(digit)));
    let any = Condition::on(Precondition::Any);
    let (headers, none) = (Headers::default(), Metadata::new());
    block_on(stage.registry.write(&tag.parse().unwrap(), body, &headers, &none, &any)).unwrap();
}

fn adopted(stage: &Stage, environment: &str) -> Adopted {
    let mut request = Request::promote(name(environment), Wanted::Unnamed, actor("bob"));
    request.reason = Some("by hand".to_owned());
    block_on(adopt(&stage.ports(), &stage.config, &request, None)).unwrap()
}

fn commit_of(adopted: &Adopted) -> Option<promote_core::commit::CommitId> {
    adopted.release.as_ref().map(|release| release.commit.clone())
}

fn moves(stage: &Stage, environment: &str, digit: char) {
    stage.clock.advance(Duration::from_secs(3600));
    assert!(matches!(stage.to(environment, digit), End::Done(_)));
}

#[test]
fn adopting_a_matching_verified_target_records_nothing_and_keeps_it_verified() {
    for stage in [Stage::ready(MemoryKind::s3_like()), Stage::ready(MemoryKind::gcs_like()), of_images()] {
        moves(&stage, "staging", 'c');
        let before = stage.state("staging");
        assert!(before.current.as_ref().unwrap().verified.is_some());
        stage.clock.advance(Duration::from_secs(3600));
        let found = adopted(&stage, "staging");
        assert_eq!((found.head.is_none(), commit_of(&found)), (true, Some(commit('c'))));
        assert_eq!(stage.state("staging"), before, "still verified, and since when it was");
    }
}

#[test]
fn adopting_an_image_that_promote_itself_wrote_names_its_release() {
    let stage = of_images();
    moves(&stage, "staging", 'a');
    moves(&stage, "prod", 'a');
    moves(&stage, "staging", 'b');
    // What was here before comes back by hand.
    by_hand(&stage, "staging", 'a');
    let found = adopted(&stage, "staging");
    assert_eq!((found.head.is_some(), commit_of(&found)), (true, Some(commit('a'))));
    assert!(stage.state("staging").current.unwrap().verified.is_none(), "nobody verified that it runs again");
    // What only its manifest tells.
    by_hand(&stage, "prod", 'c');
    assert_eq!(commit_of(&adopted(&stage, "prod")), Some(commit('c')));
    // What is recorded once is not recorded again; what no release has is.
    assert!(adopted(&stage, "prod").head.is_none());
    by_hand(&stage, "prod", 'x');
    let foreign = adopted(&stage, "prod");
    assert_eq!((foreign.head.is_some(), commit_of(&foreign)), (true, None));
    assert!(adopted(&stage, "prod").head.is_none());
}
