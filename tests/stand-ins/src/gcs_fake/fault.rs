//! Faults made to order: which requests they hit, and what then happens.

use serde::{Deserialize, Serialize};

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The connection closes before anything is done.
    DropRequest,
    /// It is done, and the connection closes without an answer.
    DropAnswer,
    /// It is refused, before anything is done.
    Refuse {
        /// The status.
        status: u16,
        /// Google's word for it, such as `rateLimitExceeded`.
        reason: String,
        /// Seconds in `Retry-After`.
        retry_after: Option<u64>,
    },
    /// It is done, and answered with this status nevertheless.
    Lie {
        /// The status.
        status: u16,
    },
    /// It is done and never answered.
    Stall,
    /// The answer ends after so many bytes of its body.
    Cut {
        /// Bytes.
        after: usize,
    },
    /// It is done, and its answer has this body instead.
    Instead {
        /// The body.
        body: String,
    },
    /// An upload keeps so many bytes of the piece, and the connection closes.
    Keep {
        /// Bytes.
        bytes: usize,
    },
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Hits requests with this method only; any when empty.
    #[serde(default)]
    pub method: String,
    /// Hits requests whose address has this in it.
    #[serde(default)]
    pub address: String,
    /// How many such requests pass before.
    #[serde(default)]
    pub pass: usize,
    /// How many are hit.
    #[serde(default = "once")]
    pub times: usize,
    /// What happens.
    pub what: What,
}

fn once() -> usize {
    1
}

impl Fault {
    /// Hits the next request with this method whose address has `address` in it.
    pub fn next(method: &str, address: &str, what: What) -> Self {
        Self { method: method.to_owned(), address: address.to_owned(), pass: 0, times: 1, what }
    }

    /// The same, so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The same, after so many others have passed.
    #[must_use]
    pub fn after(mut self, pass: usize) -> Self {
        self.pass = pass;
        self
    }
}

/// What hits this request, if anything does. Orders that are used up are forgotten.
pub(super) fn hit(orders: &mut Vec<Fault>, method: &str, address: &str) -> Option<What> {
    let fits = |order: &Fault| {
        (order.method.is_empty() || order.method == method) && address.contains(&order.address)
    };
    let at = orders.iter().position(fits)?;
    let order = orders.get_mut(at)?;
    if order.pass > 0 {
        order.pass -= 1;
        return None;
    }
    let what = order.what.clone();
    order.times = order.times.saturating_sub(1);
    if order.times == 0 {
        orders.remove(at);
    }
    Some(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_hit_what_they_name_and_are_used_up() {
        let mut orders = vec![Fault::next("POST", "rewriteTo", What::DropAnswer).times(2).after(1)];
        let mut hits = |method, address| hit(&mut orders, method, address).is_some();
        assert!(!hits("GET", "/rewriteTo/") && !hits("POST", "/o"));
        assert!(!hits("POST", "/rewriteTo/"), "the first passes");
        assert!(hits("POST", "/rewriteTo/") && hits("POST", "/rewriteTo/"));
        assert!(!hits("POST", "/rewriteTo/"));
        assert!(orders.is_empty());
    }
}
