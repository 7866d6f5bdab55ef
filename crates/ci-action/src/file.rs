//! The runner's files for outputs and summaries. Every value is written between delimiters that nobody can guess,
//! so that no value can end early and begin another.

use std::path::Path;

/// Why a value could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file can't be written.
    #[error("`{path}` can't be written")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A name or value holds the delimiter, or the name is none.
    #[error("`{0}` can't be written: its name or value would end it early")]
    Delimiter(String),
}

/// Appends `name` with `value` to the file of outputs. `nonce`: 16 random bytes.
///
/// # Errors
/// When the file is not there or can't be written, the name or value holds the delimiter, or the name is none.
pub fn append_value(path: &Path, name: &str, value: &str, nonce: [u8; 16]) -> Result<(), FileError> {
    let digits: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    let delimiter = format!("ghadelimiter_{digits}");
    if name.contains(&delimiter)
        || value.contains(&delimiter)
        || name.contains(['\n', '\r', '='])
        || name.contains("<<")
    {
        return Err(FileError::Delimiter(promote_core::names::escape(name)));
    }
    append_text(path, &format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// Appends text to a file that is there.
///
/// # Errors
/// When the file is not there or can't be written.
pub fn append_text(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |source| FileError::Io { path: path.display().to_string(), source };
    promote_providers::written::append(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_early() {
        let file = tempfile::NamedTempFile::new().unwrap();
        append_value(file.path(), "a", "1\nb=2\nEOF", [7; 16]).unwrap();
        let delimiter = format!("ghadelimiter_{}", "07".repeat(16));
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, format!("a<<{delimiter}\n1\nb=2\nEOF\n{delimiter}\n"));
        assert!(append_value(file.path(), "a", &delimiter, [7; 16]).is_err());
        assert!(append_value(file.path(), "a=b", "x", [7; 16]).is_err());
        assert!(append_value(Path::new("/nowhere/at/all"), "a", "x", [7; 16]).is_err());
    }
}
