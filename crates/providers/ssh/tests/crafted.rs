//! Signatures that no program makes, or none that is installed here: in other forms than OpenSSH's, by weak and by rare
//! algorithms. `ssh-keygen -Y verify` is asked as well.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod stage;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use promote_port::port::Uncounted;
use stage::crafted::{armored, bytes, fields, number, over, split, unwrapped, wrapped};
use stage::security_key::SecurityKey;
use stage::{MESSAGE, NAMESPACE, Stage, ours, signed};

/// What OpenSSH leaves unread could hold anything, so one signature could have many forms.
#[test]
fn the_reserved_field_is_empty() {
    let stage = Stage::new();
    let list = format!("a@x {}\n", stage.key("k", &["-t", "ed25519"]));
    let signature = bytes(&stage.sign("k", NAMESPACE, MESSAGE, &[]));
    let end = signature.windows(NAMESPACE.len()).position(|part| part == NAMESPACE.as_bytes()).unwrap();
    let (before, after) = signature.split_at(end + NAMESPACE.len());
    let filled = armored(&[before, &[0, 0, 0, 1, b'x'], &after[4..]].concat());
    assert!(matches!(ours(&list, &signed(&filled)), Err(Uncounted::NotASignature { .. })));
    assert!(stage.openssh(&list, "a@x", &signed(&filled), None), "lenient");
}

#[test]
fn nothing_follows_within_a_signature() {
    let stage = Stage::new();
    let longer = |list: &str, text: &str| {
        let (key, signature) = unwrapped(text);
        assert_eq!(wrapped(&key, &signature), text.to_owned(), "put together as it was");
        let text = wrapped(&key, &[signature.as_slice(), &[0]].concat());
        assert!(matches!(ours(list, &signed(&text)), Err(Uncounted::NotASignature { .. })), "{list}");
        assert!(!stage.openssh(list, "a@x", &signed(&text), None), "{list}");
    };
    for (name, options) in [("e", &["-t", "ed25519"][..]), ("p", &["-t", "ecdsa"]), ("r", &["-t", "rsa"])] {
        let list = format!("a@x {}\n", stage.key(name, options));
        let text = armored(&bytes(&stage.sign(name, NAMESPACE, MESSAGE, &[])));
        assert!(ours(&list, &signed(&text)).is_ok());
        longer(&list, &text);
        let (key, signature) = unwrapped(&text);
        let parts = split(&signature);
        let text = wrapped(&key, &fields(&[&parts[0], &[parts[1].as_slice(), &[0]].concat()]));
        assert!(ours(&list, &signed(&text)).is_err(), "{list}");
        assert!(!stage.openssh(&list, "a@x", &signed(&text), None), "{list}");
    }
    for key in [SecurityKey::ed25519(), SecurityKey::ecdsa()] {
        longer(&format!("a@x {}\n", key.public()), &key.sign(MESSAGE, 1, 1));
    }
}

#[test]
fn an_algorithm_is_that_of_its_key() {
    let stage = Stage::new();
    for (name, options) in [("e", &["-t", "ed25519"][..]), ("p", &["-t", "ecdsa"])] {
        let list = format!("a@x {}\n", stage.key(name, options));
        let (key, signature) = unwrapped(&stage.sign(name, NAMESPACE, MESSAGE, &[]));
        let made = &split(&signature)[1];
        for other in
            ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "sk-ssh-ed25519@openssh.com"]
        {
            let text = wrapped(&key, &fields(&[other.as_bytes(), made]));
            let theirs = stage.openssh(&list, "a@x", &signed(&text), None);
            assert_eq!(ours(&list, &signed(&text)).is_ok(), theirs, "{name} {other}");
        }
    }
}

#[test]
fn rsa_counts_with_sha_2_alone() {
    let stage = Stage::new();
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    // In DER: the headers of 8 bytes, the modulus after its zero, a header of 2 bytes, the exponent.
    let public = pair.public_key().as_ref();
    assert_eq!(public.len(), 8 + 257 + 2 + 3);
    let key = fields(&[b"ssh-rsa", &number(&public[267..]), &number(&public[8..265])]);
    let list = format!("a@x ssh-rsa {}\n", STANDARD.encode(&key));
    let made = |how: &'static dyn RsaEncoding, message: &[u8]| {
        let mut out = vec![0; pair.public_modulus_len()];
        pair.sign(how, &SystemRandom::new(), &over(message), &mut out).unwrap();
        out
    };
    let (short, long) = (made(&RSA_PKCS1_SHA256, MESSAGE), made(&RSA_PKCS1_SHA512, MESSAGE));
    for (name, signature, counts) in [
        ("rsa-sha2-256", &short, true),
        ("rsa-sha2-512", &long, true),
        ("rsa-sha2-512", &short, false),
        ("rsa-sha2-256", &long, false),
        ("ssh-rsa", &short, false),
        ("rsa-sha2-1024", &long, false),
    ] {
        let text = wrapped(&key, &fields(&[name.as_bytes(), signature]));
        let verdict = ours(&list, &signed(&text));
        assert_eq!(verdict.is_ok(), counts, "{name}: {verdict:?}");
        assert_eq!(stage.openssh(&list, "a@x", &signed(&text), None), counts, "{name}");
    }
    let text = wrapped(&key, &fields(&[b"ssh-rsa", &short]));
    assert!(ours(&list, &signed(&text)).unwrap_err().to_string().contains("SHA-1"));
    // Some agents leave out zeros at the beginning: one of 256 signatures has one.
    let (message, signature) = (0_u32..)
        .map(|number| (number.to_string(), made(&RSA_PKCS1_SHA512, number.to_string().as_bytes())))
        .find(|(_, signature)| signature[0] == 0)
        .unwrap();
    for (form, counts) in [(signature[1..].to_vec(), true), ([&[0], signature.as_slice()].concat(), false)] {
        let text = wrapped(&key, &fields(&[b"rsa-sha2-512", &form]));
        let signed = promote_port::port::Signed { message: message.as_bytes(), ..signed(&text) };
        assert_eq!(ours(&list, &signed).is_ok(), counts);
        assert_eq!(stage.openssh(&list, "a@x", &signed, None), counts);
    }
}
