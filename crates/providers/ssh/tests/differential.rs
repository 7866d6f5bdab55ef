//! Our verdict beside that of `ssh-keygen -Y verify`: the same over a table, and never a yes where it says no, whatever
//! is done to a signature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod stage;

use promote_port::port::{Signed, Signers, Uncounted};
use promote_ssh::AllowedSigners;
use stage::security_key::{SecurityKey, armored, bytes};
use stage::{MESSAGE, NAMESPACE, Stage, at, ours, run, signed};
use std::process::{Command, Stdio};

#[test]
fn the_table_is_judged_alike() {
    let stage = Stage::new();
    let (key, other) = (stage.key("k", &["-t", "ed25519"]), stage.key("o", &["-t", "ed25519"]));
    let signature = stage.sign("k", NAMESPACE, MESSAGE, &[]);
    let good = signed(&signature);
    let second = stage.sign("o", NAMESPACE, MESSAGE, &[]);
    let (two, swapped) = (format!("{signature}{second}"), format!("{second}{signature}"));
    let (crlf, before) = (signature.replace('\n', "\r\n"), format!("\n{signature}"));
    let plain = format!("a@x {key}\n");
    let window = format!("a@x valid-after=\"20260601Z\",valid-before=\"20260701Z\" {key}\n");
    let renewed = format!("a@x valid-before=\"20260101Z\" {key}\na@x valid-after=\"20260601Z\" {key}\n");
    let space = |list: &str| format!("a@x namespaces=\"{list}\" {key}\n");
    let time = |text: &str| Signed { at: at(text), ..good };
    let is = |wanted: bool| move |verdict: &Result<String, Uncounted>| verdict.is_ok() == wanted;
    type Expected = Box<dyn Fn(&Result<String, Uncounted>) -> bool>;
    let cases: Vec<(&str, String, Signed<'_>, Expected)> = vec![
        ("plain", plain.clone(), good, Box::new(is(true))),
        ("within", window.clone(), good, Box::new(is(true))),
        ("first second", window.clone(), time("2026-06-01T00:00:00Z"), Box::new(is(true))),
        ("last second", window.clone(), time("2026-07-01T00:00:00Z"), Box::new(is(true))),
        (
            "early",
            window.clone(),
            time("2026-05-31T23:59:59Z"),
            Box::new(|v| matches!(v, Err(Uncounted::NotYetValid { .. }))),
        ),
        (
            "late",
            window,
            time("2026-07-01T00:00:01Z"),
            Box::new(|v| matches!(v, Err(Uncounted::Expired { .. }))),
        ),
        ("renewed", renewed, good, Box::new(is(true))),
        ("purpose", space("git,promote-approval@v1"), good, Box::new(is(true))),
        ("pattern", space("promote-*"), good, Box::new(is(true))),
        (
            "left out",
            space("*,!promote-approval@v1"),
            good,
            Box::new(|v| matches!(v, Err(Uncounted::NamespaceNotAllowed { .. }))),
        ),
        (
            "git only",
            space("git"),
            good,
            Box::new(|v| matches!(v, Err(Uncounted::NamespaceNotAllowed { .. }))),
        ),
        (
            "other purpose",
            plain.clone(),
            Signed { namespace: "file", ..good },
            Box::new(|v| matches!(v, Err(Uncounted::OtherNamespace { .. }))),
        ),
        (
            "other bytes",
            plain.clone(),
            Signed { message: b"{}\n", ..good },
            Box::new(|v| matches!(v, Err(Uncounted::OtherBytes))),
        ),
        (
            "no newline",
            plain.clone(),
            Signed { message: &MESSAGE[..MESSAGE.len() - 1], ..good },
            Box::new(|v| matches!(v, Err(Uncounted::OtherBytes))),
        ),
        (
            "other key",
            format!("a@x {other}\n"),
            good,
            Box::new(|v| matches!(v, Err(Uncounted::UnknownKey { .. }))),
        ),
        ("nobody", "# none\n".to_owned(), good, Box::new(is(false))),
        ("two in one text", plain.clone(), Signed { signature: &two, ..good }, Box::new(is(true))),
        ("the other first", plain.clone(), Signed { signature: &swapped, ..good }, Box::new(is(false))),
        (
            "something before",
            plain.clone(),
            Signed { signature: &before, ..good },
            Box::new(|v| matches!(v, Err(Uncounted::NotASignature { .. }))),
        ),
        ("empty", plain.clone(), Signed { signature: "", ..good }, Box::new(is(false))),
        ("quoted", format!("\"a@x\" {key}\n"), good, Box::new(is(true))),
        ("several names", format!("a@x,b@x\t{key}\n"), good, Box::new(is(true))),
        ("UTC", format!("a@x valid-before=\"20270101UTC\" {key}\n"), good, Box::new(is(true))),
        ("windows", format!("a@x {key}\r\n"), good, Box::new(is(true))),
    ];
    for (name, list, signed, expected) in cases {
        let verdict = ours(&list, &signed).map(|by| by.principal);
        assert!(expected(&verdict), "{name}: {verdict:?}");
        let theirs = stage.openssh(&list, "a@x", &signed);
        assert_eq!(verdict.is_ok(), theirs, "{name}: {verdict:?}");
        assert!(verdict.is_err() || verdict == Ok("a@x".to_owned()), "{name}");
    }
    // Where OpenSSH is lenient, we are not.
    let wild = ours(&format!("*@x {key}\n"), &good);
    assert_eq!(wild, Err(Uncounted::Wildcard { pattern: "*@x".to_owned() }));
    assert!(stage.openssh(&format!("*@x {key}\n"), "a@x", &good));
    assert!(matches!(ours(&plain, &signed(&crlf)), Err(Uncounted::NotASignature { .. })));
    assert!(!stage.openssh(&plain, "b@x", &good), "of another person");
}

/// Every byte changed: no panic, and no yes that `ssh-keygen` doesn't say.
#[test]
fn no_changed_signature_counts_unless_openssh_takes_it() {
    let stage = Stage::new();
    let list = format!("a@x {}\n", stage.key("k", &["-t", "ed25519"]));
    let signature = stage.sign("k", NAMESPACE, MESSAGE, &[]);
    let mut counted = 0;
    for place in 0..signature.len() {
        for bit in [0x01, 0x20] {
            let mut changed = signature.clone().into_bytes();
            changed[place] ^= bit;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let verdict = ours(&list, &signed(&changed));
            // The real one is asked of each once, and again wherever we say yes.
            if verdict.is_ok() || bit == 0x01 {
                let theirs = stage.openssh(&list, "a@x", &signed(&changed));
                assert!(verdict.is_err() || theirs, "byte {place} ^ {bit:#x}");
            }
            counted += usize::from(verdict.is_ok());
        }
    }
    assert_eq!(counted, 0, "what lies between the marks has one form");
}

#[test]
fn no_change_of_the_bytes_inside_counts() {
    let stage = Stage::new();
    for (kind, options) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
        ("rsa", &["-t", "rsa"]),
    ] {
        let list = AllowedSigners::read(&format!("a@x {}\n", stage.key(kind, options)), "list").unwrap();
        let signature = bytes(&stage.sign(kind, NAMESPACE, MESSAGE, &[]));
        assert!(list.signed_by(&signed(&armored(&signature))).is_ok());
        none_counts(&list, &signature);
    }
    for key in [SecurityKey::ed25519(), SecurityKey::ecdsa()] {
        let list = AllowedSigners::read(&format!("a@x {}\n", key.public()), "list").unwrap();
        none_counts(&list, &bytes(&key.sign(MESSAGE, 0x01, 0x01)));
    }
}

fn none_counts(list: &AllowedSigners, signature: &[u8]) {
    let refused = |changed: &[u8], what: &str| {
        let verdict = list.signed_by(&signed(&armored(changed)));
        assert!(verdict.is_err(), "{what}");
        assert!(!verdict.unwrap_err().to_string().is_empty());
    };
    for place in 0..signature.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = signature.to_vec();
            changed[place] ^= change;
            refused(&changed, &format!("byte {place} ^ {change:#x}"));
        }
        refused(&signature[..place], &format!("cut at {place}"));
        refused(&[&signature[..place], &[0], &signature[place..]].concat(), &format!("zero at {place}"));
        refused(&[&signature[..place], &signature[place + 1..]].concat(), &format!("without {place}"));
    }
    refused(&[signature, &[0]].concat(), "one more byte");
}

/// A list in which one letter was changed: whoever it then names, `ssh-keygen` takes for that name as well.
#[test]
fn no_changed_list_names_anybody_whom_openssh_does_not() {
    let stage = Stage::new();
    let key = stage.key("k", &["-t", "ed25519"]);
    let signature = stage.sign("k", NAMESPACE, MESSAGE, &[]);
    let good = signed(&signature);
    let options = "namespaces=\"git,promote-*\",valid-after=\"20260101Z\",valid-before=\"20270101UTC\"";
    let mut named = 0;
    for list in [format!("\"a@x,b c\" {options} {key} me"), format!(" a@x,b@x\t{key} #")] {
        let places: Vec<_> = list.char_indices().map(|(at, _)| at).collect();
        for place in places {
            for letter in [" ", "\t", "\"", "\\", ",", "*", "!", "#", "=", "Z", "\\\"", ""] {
                let (before, after) = list.split_at(place);
                let changed = [before, letter, &after[1..]].concat();
                let Ok(read) = AllowedSigners::read(&changed, "list") else { continue };
                let Ok(by) = read.signed_by(&good) else { continue };
                named += 1;
                assert!(stage.openssh(&changed, &by.principal, &good), "{changed}");
            }
        }
    }
    assert!(named > 100, "only {named} of the changed lists name anybody");
}

/// What anybody can do by hand with a document whose first line is signed.
#[test]
fn a_document_can_be_checked_with_openssh_alone() {
    let stage = Stage::new();
    let list = stage.write("allowed", format!("alice@x {}\n", stage.key("k", &["-t", "ed25519"])));
    let line = "{\"document\":\"record\",\"by\":\"alice\"}\n";
    let signature = stage.sign("k", "promote-record@v1", line.as_bytes(), &[]);
    let document = format!("{line}{signature}");
    let (first, rest) = document.split_at(document.find('\n').unwrap() + 1);
    let read = AllowedSigners::read(&std::fs::read_to_string(&list).unwrap(), "allowed").unwrap();
    let whole = Signed { namespace: "promote-record@v1", message: first.as_bytes(), ..signed(rest) };
    assert_eq!(read.signed_by(&whole).unwrap().principal, "alice@x");

    let file = stage.write("f", &document);
    let script = "head -1 \"$1\" | ssh-keygen -Y verify -f \"$2\" -I alice@x -n promote-record@v1 -s <(tail -n +2 \"$1\")";
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", script, "check"]).arg(&file).arg(&list).stdin(Stdio::null());
    let said = String::from_utf8(run(&mut shell, b"").stdout).unwrap();
    assert!(said.starts_with("Good \"promote-record@v1\" signature for alice@x"), "{said}");
}
