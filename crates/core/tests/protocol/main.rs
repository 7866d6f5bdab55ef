//! The protocol under faults: crashes at every call, lost answers, late requests, races, and the request budget.

mod budget;
mod crash;
mod invariants;
mod race;
mod stage;
mod takeover;
