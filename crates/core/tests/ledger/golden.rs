//! The format's contract: records written by the first version are read for ever, and written the same.
//! `PROMOTE_GOLDEN=write` writes the files anew; a changed file is a changed format.

use crate::samples::all_kinds;
use promote_core::ledger::Record;
use std::path::PathBuf;

#[test]
fn records_of_every_kind_keep_their_bytes() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let samples = all_kinds();
    assert_eq!(samples.len(), 10, "one of each kind");
    for (kind, record) in samples {
        let file = folder.join(format!("record-{kind}.json"));
        let bytes = record.to_bytes().unwrap();
        if std::env::var_os("PROMOTE_GOLDEN").is_some_and(|value| value == "write") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &bytes).unwrap();
        }
        let golden = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&golden), "{kind} is written");
        assert_eq!(Record::from_bytes(&golden).unwrap(), record, "{kind} is read");
    }
}

#[test]
fn every_kind_is_in_its_own_part_and_nowhere_else() {
    for (kind, record) in all_kinds() {
        let json: serde_json::Value = serde_json::from_slice(&record.to_bytes().unwrap()).unwrap();
        assert_eq!(json["kind"], kind);
        for part in ["intent", "commit", "abort", "outcome", "observe", "freeze", "mark"] {
            assert_eq!(json.get(part).is_some(), part == kind, "{part} in {kind}");
        }
        assert!(json["seq"].is_string(), "numbers of records are strings");
    }
}
