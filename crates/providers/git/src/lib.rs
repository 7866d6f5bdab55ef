//! A branch of a git repository as the home of a ledger, for teams that have no bucket. A key is a path in the
//! branch's tree; creating an object is one commit and one push, and the push that is refused because somebody else
//! was first is the lost compare-and-swap. Everything is done by git's plumbing: no work tree, index or branch of the
//! user's is touched, nothing asks for input, and no hook of the team's runs. What the objects mean is the core's.

mod bucket;
mod commit;
mod listing;
mod objects;
mod process;
mod remote;
mod repository;
mod settings;
mod stderr;
mod times;
mod view;

pub use bucket::GitBucket;
