//! Lists of signers: every mistake is told at its line, and nothing counts then.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod stage;

use promote_port::port::Signers;
use promote_ssh::AllowedSigners;
use stage::{NAMESPACE, Stage, now};

fn mistakes(list: &str) -> String {
    AllowedSigners::read(list, "list").unwrap_err().to_string()
}

#[test]
fn every_mistake_is_told_at_its_line() {
    let stage = Stage::new();
    let (key, other) = (stage.key("k", &["-t", "ed25519"]), stage.key("o", &["-t", "ecdsa"]));
    let encoded = key.split(' ').nth(1).unwrap();
    for (line, wanted) in [
        (key.clone(), "line 1, column 1: the line begins with a key"),
        ("a@x".to_owned(), "line 1, column 4: the key is missing"),
        ("a@x namespaces=\"a\"".to_owned(), "line 1, column 19: the key is missing"),
        (
            format!("ä@x cert-authority {key}"),
            "line 1, column 5: keys that certify other keys are not supported",
        ),
        (
            format!("a@x valid-after=\"20260101\" {key}"),
            "line 1, column 17: `valid-after`: a time without `Z`",
        ),
        (format!("a@x namespaces=\"a {key}"), "line 1, column 5: a quote in the options is left open"),
        (format!("a@x no-touch-required {key}"), "line 1, column 5: `no-touch-required` is neither"),
        (format!("a@x ssh-dss {encoded}"), "line 1, column 5: keys of the kind `ssh-dss` are not supported"),
        (format!("a@x ssh-rsa {encoded}"), "line 1, column 5: the key can't be read: it is of another kind"),
        (
            format!("a@x ssh-ed25519 {}", &encoded[..40]),
            "line 1, column 5: the key can't be read: it ends in",
        ),
        (
            format!("a@x ssh-ed25519 {encoded}A"),
            "line 1, column 5: the key can't be read: it is not whole base64",
        ),
        (
            format!("a@x {}", key.replace("ssh-ed25519", "ssh-dss")),
            "line 1, column 5: keys of the kind `ssh-dss`",
        ),
        ("a@x ssh-ed25519".to_owned(), "line 1, column 5: the key can't be read: a kind such as"),
        (
            "a@x ssh-ed25519-cert-v01@openssh.com AAAA".to_owned(),
            "line 1, column 5: certificates are not supported",
        ),
        (format!("\u{feff}a@x {key}"), "line 1, column 1: a control character or a byte order mark"),
        (format!("a@x\0 {key}"), "line 1, column 4: a control character"),
        (format!("a@x,,b@x {key}"), "line 1, column 5: a name is empty"),
        (format!("a@x {key}\nb@x {key}"), "line 2: the key SHA256:"),
        (format!("a@x {key}\n*@x {key}"), "line 2: the key SHA256:"),
    ] {
        let told = mistakes(&line);
        assert!(told.starts_with(&format!("`list`, {wanted}")), "{line}\n{told}");
    }
    let many = mistakes(&format!("# ours\r\n\r\na@x\r\nb@x {other}\nc@x {other}\n"));
    assert_eq!(many.lines().count(), 2, "{many}");
    assert!(many.contains("line 3,") && many.contains("line 5:"), "{many}");
    let fine =
        format!("  # ours\n\t\na@x {key}\nA@x valid-after=\"20300101Z\" {key} home\r\n\"B C\" {other}");
    let fine = AllowedSigners::read(&fine, "list").unwrap();
    assert_eq!(fine.people(NAMESPACE, now()), ["a@x", "B C"]);
}

#[test]
fn an_application_key_off_its_curve_is_no_key() {
    let stage = Stage::new();
    let public = stage.key("k", &["-t", "ecdsa", "-b", "256"]);
    let encoded = public.split(' ').nth(1).unwrap();
    let broken =
        encoded.replacen(&encoded[100..104], if &encoded[100..104] == "AAAA" { "BBBB" } else { "AAAA" }, 1);
    let told = mistakes(&format!("a@x ecdsa-sha2-nistp256 {broken}"));
    assert!(told.contains("not on its curve"), "{told}");
}
