//! Reading is strict where two readers could differ, and tolerant where a later version adds something.

use crate::samples::{LEDGER, all_kinds, append, genesis, move_to, stored};
use promote_core::digest::Digest;
use promote_core::ledger::record::{LIMIT, RecordError, SCHEMA};
use promote_core::ledger::{Kind, PromotionId, Record, Seq, check_chain};

fn text(kind: &str) -> String {
    let (_, record) = all_kinds().into_iter().find(|(name, _)| *name == kind).unwrap();
    String::from_utf8(record.to_bytes().unwrap()).unwrap()
}

/// The sample with one place changed, which must be there.
fn changed(kind: &str, from: &str, to: &str) -> String {
    let text = text(kind);
    assert!(text.contains(from), "{kind} has no {from}");
    text.replacen(from, to, 1)
}

fn refused(bytes: impl AsRef<[u8]>) -> String {
    Record::from_bytes(bytes.as_ref()).expect_err("it must be refused").to_string()
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    for (from, to) in [
        // Named twice: at the top, in a part, in a map of free names, in an array, and in what is not known.
        (r#""lane":"prod""#, r#""lane":"prod","lane":"prod""#),
        (r#""seq":"4""#, r#""seq":"4","seq":"5""#),
        (r#""action":"promote""#, r#""action":"promote","action":"rollback""#),
        (r#""artifacts":{"#, r#""artifacts":{"main":"sha256:00","#),
        (r#""ticket":"OPS-7""#, r#""ticket":"OPS-7","ticket":"OPS-8""#),
        (r#""need_s":7"#, r#""need_s":7,"need_s":8"#),
        (r#""nonce":"#, r#""later":{"a":[{"b":1,"b":2}]},"nonce":"#),
    ] {
        let said = refused(changed("intent", from, to));
        assert!(said.contains("twice"), "{to}: {said}");
    }
}

#[test]
fn what_is_no_record_of_this_version_is_refused() {
    for (from, to) in [
        (r#""seq":"4""#, r#""seq":4"#),
        (r#""seq":"4""#, r#""seq":4.0"#),
        (r#""seq":"4""#, r#""seq":"4.0""#),
        (r#""seq":"4""#, r#""seq":"04""#),
        (r#""seq":"4""#, r#""seq":"0""#),
        (r#""seq":"4""#, r#""seq":"+4""#),
        (r#""seq":"4""#, r#""seq":"""#),
        (r#""seq":"4""#, r#""seq":"18446744073709551616""#),
        (r#""kind":"intent""#, r#""kind":"teleport""#),
        (r#""kind":"intent""#, r#""kind":"Intent""#),
        (r#""lane":"prod""#, r#""lane":"../prod""#),
        (r#""prev":"sha256:"#, r#""prev":"md5:"#),
        (r#""at":"2026-01-05"#, r#""at":"2026-13-05"#),
        (r#""target":"s3://acme-releases/shop/prod.zip""#, r#""target":"s3://acme-releases/../prod.zip""#),
        (r#""when":{"matches":"#, r#""when":{"perhaps":"#),
        (r#""size":14"#, r#""size":-14"#),
        (r#""size":14"#, r#""size":14.5"#),
        (r#""schema":"#, r#""scheme":"#),
    ] {
        let said = refused(changed("intent", from, to));
        assert!(said.starts_with("not a record"), "{to}: {said}");
    }
    for bytes in [&b""[..], b"\n", b"{}", b"[]", b"null", b"\xff\xfe", b"{\"schema\"", b"\n{}"] {
        refused(bytes);
    }
    let deep = "[".repeat(40_000);
    assert!(refused(deep).contains("recursion"));
}

#[test]
fn a_record_of_another_schema_says_which() {
    let said = refused(changed("intent", SCHEMA, "promote/record@2\\u001b[2J"));
    assert_eq!(
        said,
        r"its schema is `promote/record@2\u{1b}[2J`, this version reads `promote/record@1` and `promote/record@2`"
    );
}

#[test]
fn a_record_says_what_its_kind_promises() {
    for kind in ["commit", "abort", "outcome", "observe", "freeze", "mark"] {
        let said = refused(changed("intent", r#""kind":"intent""#, &format!(r#""kind":"{kind}""#)));
        assert!(said.contains("does not say so"), "{kind}: {said}");
    }
}

#[test]
fn a_record_has_at_most_48_kibibytes_with_its_signatures() {
    let mut bytes = text("intent").into_bytes();
    bytes.resize(LIMIT, b'x');
    assert!(Record::from_bytes(&bytes).is_ok());
    bytes.push(b'x');
    assert!(matches!(Record::from_bytes(&bytes), Err(RecordError::TooLarge(size)) if size == LIMIT + 1));
    let (_, mut record) = all_kinds().remove(0);
    record.why.reason = Some("x".repeat(LIMIT));
    assert!(matches!(record.to_bytes(), Err(RecordError::TooLarge(_))));
}

#[test]
fn signatures_after_the_first_line_are_hashed_and_not_read() {
    let mut heads = Vec::new();
    move_to(&mut heads, 'b');
    let plain = heads.last().unwrap().clone();
    let mut bytes = plain.record.to_bytes().unwrap();
    bytes.extend(b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n\xff\n");
    assert_eq!(Record::from_bytes(&bytes).unwrap().seq, plain.record.seq);
    // The record after it names the hash of all of it: taking the signature away breaks the chain.
    heads.last_mut().unwrap().id = Digest::of(&bytes);
    append(&mut heads, Kind::Hold, |_, _| {});
    assert_eq!(check_chain(&LEDGER.to_owned(), genesis(), &heads).faults, []);
    let last = heads.len() - 2;
    heads[last] = plain;
    assert_eq!(check_chain(&LEDGER.to_owned(), genesis(), &heads).faults.len(), 1);
}

#[test]
fn what_a_later_version_keeps_in_the_state_is_carried_on() {
    let mut heads = Vec::new();
    move_to(&mut heads, 'b');
    // A later version appends a record that says more.
    let mut later = append(&mut heads, Kind::Hold, |_, _| {});
    heads.pop();
    let line = String::from_utf8(later.to_bytes().unwrap()).unwrap();
    let line = line.replacen(r#""state":{"#, r#""state":{"paused":{"by":["bob"]},"#, 1);
    later = Record::from_bytes(line.as_bytes()).unwrap();
    assert_eq!(later.state.more["paused"]["by"][0], "bob");
    heads.push(stored(&later));
    let next = append(&mut heads, Kind::Unhold, |_, _| {});
    assert_eq!(next.state.more["paused"]["by"][0], "bob");
    assert!(String::from_utf8(next.to_bytes().unwrap()).unwrap().contains(r#""paused":{"by":["bob"]}"#));
    // And this version does not call that a fault, although it does not know how it came about.
    assert_eq!(check_chain(&LEDGER.to_owned(), genesis(), &heads).faults, []);
}

#[test]
fn promotion_ids_sort_by_time() {
    let at = |millis: i64| chrono::DateTime::from_timestamp_millis(millis).unwrap();
    let mut last = None;
    for millis in [0, 1, 31, 32, 1_023, 1_024, 1_767_603_600_000, 1_767_603_600_001, 253_402_300_799_999] {
        for nonce in [[0; 16], [255; 16]] {
            let id = PromotionId::new(at(millis), nonce);
            assert_eq!(id.0.len(), 16);
            assert!(
                id.0.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() && !b"ILOU".contains(&b))
            );
            assert!(last.is_none_or(|last| last < id), "{millis}");
            last = Some(id);
        }
    }
    // A clock before 1970 is no panic.
    assert_eq!(PromotionId::new(at(-1), [0; 16]).0, "0".repeat(16));
    assert_eq!(Seq(u64::MAX).next(), Seq(u64::MAX));
}
