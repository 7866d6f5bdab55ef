//! "Did you mean …?": the known word nearest to one that is not known. Showing it is the caller's work.

/// The word of `known` that `word` was most likely meant to be: at most a third of its letters differ (and at least
/// one may), letters swapped with their neighbour counting once. Ties go to the first. Long words have none.
pub fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase().replace('_', "-");
    let letters = word.chars().take(65).count();
    if letters == 0 || letters > 64 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let far = strsim::osa_distance(&word, &candidate.to_lowercase());
        let limit = (letters.max(candidate.chars().count()) / 3).max(1);
        if far <= limit && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["approvals", "source", "env", "on-failure"];
        for (word, wanted) in [
            ("aprovals", Some("approvals")),
            ("soruce", Some("source")),
            ("Env", Some("env")),
            ("on_failure", Some("on-failure")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(closest(word, known), wanted, "{word}");
        }
        assert_eq!(closest(&"x".repeat(100_000), known), None);
    }
}
