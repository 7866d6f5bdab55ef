//! What the acceptance tests in `tests/tests/` share: real servers. The tests themselves live there, by subject.

pub mod server;
