//! What a command writes to `$PROMOTE_OUTPUT`: `key=value` lines that are kept in the ledger. The file is foreign
//! text and may be anything.

use super::collected::escaped;
use super::masked::Secrets;
use crate::opened;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The most pairs that are kept.
const PAIRS: usize = 32;
/// The longest value in bytes, as it is kept.
const VALUE: usize = 1024;
/// The longest file in bytes.
const FILE: u64 = 64 * 1024;

/// Reads the pairs; the second part says what was left out, for people.
pub(super) fn read(path: &Path, secrets: &Secrets) -> (BTreeMap<String, String>, Vec<String>) {
    // The command may have put a link or a pipe in its place.
    let plain = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let mut bytes = Vec::new();
    let opened = opened::regular(path).ok().filter(|_| plain);
    let read = opened.map(|file| file.take(FILE + 1).read_to_end(&mut bytes));
    match read {
        Some(Ok(_)) => {}
        // A command that removed it wrote nothing.
        _ => return (BTreeMap::new(), Vec::new()),
    }
    if bytes.len() as u64 > FILE {
        return (
            BTreeMap::new(),
            vec![format!("`$PROMOTE_OUTPUT` has more than {} KiB and was left out", FILE / 1024)],
        );
    }
    pairs(&String::from_utf8_lossy(&bytes), secrets)
}

fn pairs(text: &str, secrets: &Secrets) -> (BTreeMap<String, String>, Vec<String>) {
    let mut kept = BTreeMap::new();
    let mut odd = 0;
    let mut over = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let pair = line.split_once('=').filter(|(key, _)| is_key(key.trim()));
        let Some((key, value)) = pair else {
            odd += 1;
            continue;
        };
        if kept.len() >= PAIRS && !kept.contains_key(key.trim()) {
            over += 1;
            continue;
        }
        let mut value: String = secrets.mask(value.trim()).chars().flat_map(escaped).collect();
        while value.len() > VALUE {
            value.pop();
        }
        kept.insert(key.trim().to_owned(), value);
    }
    let mut said = Vec::new();
    if odd > 0 {
        said.push(match odd {
            1 => "1 line of `$PROMOTE_OUTPUT` is not `key=value` and was left out".to_owned(),
            odd => format!("{odd} lines of `$PROMOTE_OUTPUT` are not `key=value` and were left out"),
        });
    }
    if over > 0 {
        said.push(format!("`$PROMOTE_OUTPUT` contains more than {PAIRS} keys: {over} were left out"));
    }
    (kept, said)
}

/// Whether a text can be a key: 1 to 64 of letters, digits, `_`, `-` and `.`.
fn is_key(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variables;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_within_bounds(pieces in prop::collection::vec(
            prop_oneof![
                3 => prop::sample::select(vec!["key", "=", "\n", "\r\n", " ", "\u{1b}[2J", "\u{202e}", "s3cr3t-value", "\0"])
                    .prop_map(str::to_owned),
                1 => any::<String>(),
            ],
            0..150,
        )) {
            let variables: Variables = [("A_TOKEN", "s3cr3t-value")].into_iter().collect();
            let (kept, said) = pairs(&pieces.concat(), &Secrets::new(&variables, []));
            prop_assert!(kept.len() <= PAIRS && said.len() <= 2);
            for (key, value) in &kept {
                prop_assert!(is_key(key) && value.len() <= VALUE && !value.contains("s3cr3t-value"), "{key} {value}");
                prop_assert!(!value.chars().any(|c| c.is_control() || c == '\u{202e}'), "{value:?}");
            }
        }
    }

    #[test]
    fn a_pipe_that_the_command_put_in_its_place_is_not_waited_for() {
        use rustix::fs::{CWD, Mode, mkfifoat};
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("output");
        mkfifoat(CWD, &place, Mode::RUSR | Mode::WUSR).unwrap();
        let secrets = Secrets::new(&Variables::default(), []);
        assert_eq!(read(&place, &secrets), (BTreeMap::new(), Vec::new()));
    }

    #[test]
    fn pairs_are_bounded_escaped_and_masked() {
        let variables: Variables = [("A_TOKEN", "s3cr3t-value")].into_iter().collect();
        let secrets = Secrets::new(&variables, []);
        let mut text =
            "schema=0042\nschema = 0043\nnot a pair\nbad key=1\nt=s3cr3t-value\u{1b}[1m\n".to_owned();
        for n in 0..40 {
            text.push_str(&format!("k{n:02}={}\n", "é".repeat(900)));
        }
        let (kept, said) = pairs(&text, &secrets);
        assert_eq!(kept["schema"], "0043");
        assert_eq!(kept["t"], "***\\u{1b}[1m");
        assert_eq!(kept.len(), PAIRS);
        assert!(kept.values().all(|value| value.len() <= VALUE));
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("2 lines") && said[1].ends_with("10 were left out"), "{said:?}");
    }
}
