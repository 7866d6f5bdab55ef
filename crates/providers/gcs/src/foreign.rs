//! What others say, made fit to be shown.

/// Foreign text fit to be shown: no control characters, at most 300 characters.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
