//! Every kind of key: what `ssh-keygen` signs with it is known as its holder's, and what a security key signs as well.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod stage;

use promote_port::port::{Presence, Signers, Uncounted};
use promote_ssh::AllowedSigners;
use stage::security_key::SecurityKey;
use stage::{MESSAGE, NAMESPACE, Stage, finish, now, ours, run, signed};
use std::process::Command;

#[test]
fn what_ssh_keygen_signs_with_any_key_is_its_holders() {
    let stage = Stage::new();
    for (name, options) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
        ("rsa2048", &["-t", "rsa", "-b", "2048"]),
        ("rsa3072", &["-t", "rsa", "-b", "3072"]),
    ] {
        let public = stage.key(name, options);
        let list = format!("{name}@x {public}\n");
        for hash in ["hashalg=sha256", "hashalg=sha512"] {
            // Several, since the numbers of ECDSA differ in length.
            for _ in 0..8 {
                let signature = stage.sign(name, NAMESPACE, MESSAGE, &["-O", hash]);
                let by = ours(&list, &signed(&signature)).unwrap();
                assert_eq!((by.principal, by.presence), (format!("{name}@x"), None));
                let shown = run(Command::new("ssh-keygen").args(["-l", "-f"]).arg(stage.path(name)), b"");
                let shown = String::from_utf8(shown.stdout).unwrap();
                assert!(shown.contains(&format!(" {} ", by.fingerprint)), "{shown}");
            }
        }
    }
}

#[test]
fn weak_and_foreign_keys_are_no_ones() {
    let stage = Stage::new();
    let weak = stage.key("weak", &["-t", "rsa", "-b", "1024"]);
    let wrong = AllowedSigners::read(&format!("a@x {weak}\n"), "list").unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "`list`, line 1, column 5: an RSA key has 2048 to 8192 bits, and this one 1024"
    );
    let known = stage.key("known", &["-t", "ed25519"]);
    let signature = stage.sign("weak", NAMESPACE, MESSAGE, &[]);
    let refused = ours(&format!("a@x {known}\n"), &signed(&signature)).unwrap_err();
    assert!(matches!(refused, Uncounted::Unsupported { .. }), "{refused}");
    stage.key("other", &["-t", "ed25519"]);
    let signature = stage.sign("other", NAMESPACE, MESSAGE, &[]);
    let refused = ours(&format!("a@x {known}\n"), &signed(&signature)).unwrap_err();
    assert!(matches!(refused, Uncounted::UnknownKey { .. }), "{refused}");
}

#[test]
fn a_security_key_must_say_that_somebody_touched_it() {
    let stage = Stage::new();
    for key in [SecurityKey::ed25519(), SecurityKey::ecdsa()] {
        let list = format!("a@x {}\n", key.public());
        for (flags, wanted) in
            [(0x01, Some(Presence::Touched)), (0x05, Some(Presence::Verified)), (0x04, None), (0x00, None)]
        {
            let signature = key.sign(MESSAGE, flags, flags);
            let verdict = ours(&list, &signed(&signature));
            match wanted {
                Some(presence) => assert_eq!(verdict.unwrap().presence, Some(presence)),
                None => {
                    assert_eq!(verdict.unwrap_err(), Uncounted::NoPresence { principal: "a@x".to_owned() })
                }
            }
            // The real one doesn't ask for a touch; all else it judges as we do.
            assert!(stage.openssh(&list, "a@x", &signed(&signature)), "{flags}");
        }
        let forged = key.sign(MESSAGE, 0x01, 0x00);
        assert_eq!(ours(&list, &signed(&forged)), Err(Uncounted::OtherBytes));
        assert!(!stage.openssh(&list, "a@x", &signed(&forged)));
    }
}

#[test]
fn people_and_holders_are_told_by_what_their_keys_may_do() {
    let stage = Stage::new();
    let keys: Vec<_> =
        ["a", "b", "c", "d", "e"].iter().map(|name| stage.key(name, &["-t", "ed25519"])).collect();
    let list = format!(
        "b@x {}\na@x,ann@x namespaces=\"promote-*\" {}\nc@x valid-before=\"20260101Z\" {}\n*@x {}\nANN@x {}\n",
        keys[1], keys[0], keys[2], keys[3], keys[4]
    );
    let list = AllowedSigners::read(&list, "list").unwrap();
    assert_eq!(list.people(NAMESPACE, now()), ["b@x", "a@x"]);
    assert_eq!(list.people("file", now()), ["b@x", "a@x"], "the second key of the one has no limits");
    let print = |name: &str| {
        let shown = finish(Command::new("ssh-keygen").args(["-l", "-f"]).arg(stage.path(name)), b"").stdout;
        String::from_utf8(shown).unwrap().split(' ').nth(1).unwrap().to_owned()
    };
    for (name, wanted) in
        [("a", Some("a@x")), ("b", Some("b@x")), ("c", None), ("d", None), ("e", Some("a@x"))]
    {
        assert_eq!(
            list.holder(&print(name), NAMESPACE, now()).and_then(|names| names.first().cloned()).as_deref(),
            wanted,
            "{name}"
        );
    }
    let signature = stage.sign("e", NAMESPACE, MESSAGE, &[]);
    let by = list.signed_by(&signed(&signature)).unwrap();
    assert_eq!((by.person.as_str(), by.principal.as_str()), ("a@x", "ANN@x"));
    assert_eq!(by.names, ["a@x", "ann@x", "ANN@x"]);
}
