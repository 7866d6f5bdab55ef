//! Reading a copy of a ledger from a folder, as any tool that copies objects to files makes it.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::record;
use promote_core::names::LaneName;
use promote_core::report::{Document, VerifyReport, check_copy};
use std::collections::BTreeMap;
use std::path::Path;

/// Checks the chains of a copied ledger.
pub(crate) fn check(folder: &Path) -> Result<VerifyReport, Failure> {
    let genesis = read(&folder.join("ledger.json"), promote_core::ledger::genesis::LIMIT)?;
    let mut lanes: BTreeMap<LaneName, Vec<(String, bytes::Bytes)>> = BTreeMap::new();
    let root = folder.join("lanes");
    for name in names(&root)? {
        let Ok(lane) = name.parse::<LaneName>() else {
            return Err(Failure::new(
                ExitStatus::Failed,
                format!("`{}` is no lane of a ledger", promote_core::names::shown(&name)),
            ));
        };
        let mut records = Vec::new();
        walk(&root.join(&name).join("log"), 0, &mut records)?;
        lanes.insert(lane, records);
    }
    let (project, chains) = check_copy(&genesis.into(), &lanes)?;
    Ok(VerifyReport {
        schema: VerifyReport::SCHEMA,
        project: Some(project),
        matches: chains.iter().all(|chain| chain.intact),
        targets: None,
        sources: None,
        chains: Some(chains),
    })
}

/// Records lie three folders deep; nothing lies deeper.
fn walk(folder: &Path, depth: usize, records: &mut Vec<(String, bytes::Bytes)>) -> Result<(), Failure> {
    for name in names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() && depth < 3 {
            walk(&path, depth + 1, records)?;
        } else {
            let bytes = read(&path, record::LIMIT)?;
            records.push((path.display().to_string(), bytes.into()));
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| unread(folder, error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unread(folder, error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// One byte more than the limit may be read, so that a file that is too long is refused and not cut.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| unread(path, error))?;
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|error| unread(path, error))?;
    Ok(bytes)
}

fn unread(path: &Path, error: std::io::Error) -> Failure {
    let exit = match error.kind() {
        std::io::ErrorKind::NotFound => ExitStatus::Missing,
        std::io::ErrorKind::PermissionDenied => ExitStatus::Denied,
        _ => ExitStatus::Failed,
    };
    Failure::new(exit, format!("`{}` can't be read", path.display()))
        .hint("name the folder that holds `ledger.json` and `lanes`")
        .caused_by(error)
}
