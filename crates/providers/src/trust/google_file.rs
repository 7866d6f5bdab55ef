//! The addresses in a file of Google's credentials: Google's library sends tokens, and what other files hold, to them.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::trust::Host;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The hosts that the file names, each once. One that is no JSON names none.
///
/// # Errors
/// When there is something that can't be read.
pub(super) fn hosts(path: &Path) -> Result<BTreeSet<Host>, Failure> {
    let mut found = BTreeSet::new();
    if !path.exists() {
        // Whoever needs it says so.
        return Ok(found);
    }
    let text = crate::config_file::regular(path)
        .map_err(|failure| failure.hint("`credentials` in `promote.toml` names it"))?;
    // The parser's own words may hold part of the file.
    let json: Value = serde_json::from_str(&text).map_err(|_| {
        Failure::new(ExitStatus::Denied, format!("the credentials in `{}` are no JSON", path.display()))
    })?;
    collect(&json, &mut found);
    Ok(found)
}

fn collect(value: &Value, found: &mut BTreeSet<Host>) {
    match value {
        Value::String(text) => found.extend(super::address::address(text).map(|(host, _)| host)),
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str().filter(|_| key == "universe_domain") {
                    Some("googleapis.com") => {}
                    Some(domain) => found.extend([Host::new(domain, 443)]),
                    None => collect(value, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether it is the machine's own service for identities, which every cloud has at this address.
pub(super) fn is_machine(host: &Host) -> bool {
    matches!(host.name(), "169.254.169.254" | "fd00:ec2::254" | "metadata.google.internal")
}
