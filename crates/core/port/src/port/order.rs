//! The orders in which stores list their keys. Which of the two a store has is nobody's business but its own: whoever
//! lists may rely only on what holds in both.

use std::cmp::Ordering;

/// Compares keys part by part, as a store does that keeps folders: a folder's keys come where the folder's name does,
/// so that `x/a` comes before `x.py` and before `x-eu/a`. By bytes, it is the other way round.
pub fn by_parts(one: &str, two: &str) -> Ordering {
    one.split('/').cmp(two.split('/'))
}

/// Whether `key` comes after `place` in every order that a store may have. Between two keys of which that can't be
/// said either way, only the store knows.
pub fn surely_after(key: &str, place: &str) -> bool {
    key > place && by_parts(key, place).is_gt()
}

/// Finds out whether keys come in an order that a store may have: in one of the two, from the first to the last.
#[derive(Debug, Clone, Copy)]
pub struct Ascent {
    bytes: bool,
    parts: bool,
}

impl Default for Ascent {
    fn default() -> Self {
        Self { bytes: true, parts: true }
    }
}

impl Ascent {
    /// Takes in that `key` came after `last`. `false` once that fits neither order.
    pub fn step(&mut self, last: &str, key: &str) -> bool {
        self.bytes &= key > last;
        self.parts &= by_parts(key, last).is_gt();
        self.bytes || self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_where_their_names_do() {
        let mut keys = ["x.py", "x-eu/a", "x/b", "x/a/c", "x", "x/a.b", "xa", "w"];
        keys.sort_unstable_by(|one, two| by_parts(one, two));
        assert_eq!(keys, ["w", "x", "x/a/c", "x/a.b", "x/b", "x-eu/a", "x.py", "xa"]);
    }

    #[test]
    fn what_is_surely_after_is_so_in_both_orders() {
        assert!(surely_after("x/b", "x/a") && surely_after("y", "x/a") && surely_after("x/a", "x"));
        assert!(!surely_after("x.py", "x/a") && !surely_after("x/a", "x.py") && !surely_after("x", "x"));
    }

    #[test]
    fn one_order_holds_from_the_first_key_to_the_last() {
        let runs = |keys: &[&str]| {
            let mut ascent = Ascent::default();
            keys.windows(2).all(|pair| ascent.step(pair[0], pair[1]))
        };
        assert!(runs(&["x", "x-eu/a", "x.py", "x/a"]) && runs(&["x", "x/a", "x-eu/a", "x.py"]));
        assert!(!runs(&["x/a", "x.py", "y/a", "y.py", "y/b"]), "by parts first, by bytes then");
        assert!(!runs(&["b", "a"]) && !runs(&["a", "a"]));
    }
}
