//! Promotes finished builds from one environment to the next, for programs that link it: a project is opened, asked what may
//! move, and told to move it. What is decided and recorded is the same as with the command `promote`, and so are the ledger,
//! the rules and the exit statuses; any number of programs and people may work on one project at a time.
//!
//! ```no_run
//! use promote::Promotion;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
//! let project = promote::open(".").build()?;
//! let ending = project.promote(Promotion::to("prod")?).await?;
//! println!("{}", ending.headline());
//! # Ok(()) }
//! ```
//!
//! # Guards
//!
//! What keeps the command from promoting keeps a program from it, too, unless it leaves a guard out by name. Variables that a
//! program gives ([`Builder::variables`]) leave none out:
//!
//! | guard | refuses | left out by |
//! |---|---|---|
//! | freeze | promotions, not rollbacks, while `CI_DEPLOY_FREEZE` is set | [`Builder::without_freeze_guard`] |
//! | identity | what changes something, while `PROMOTE_REQUIRE_OIDC` asks for a proof of who acts and there is none | [`Builder::without_identity_guard`] |
//! | owner of the file | a folder whose `promote.toml`, or which itself, belongs to another user | [`Builder::without_owner_guard`] |
//! | trusted hosts | a file that sends credentials to a host that nobody allows | [`Builder::trust_host`], for one host |
//! | keys that nothing acts on | to write while the file asks for what this version does not do | [`Builder::without_unacted_guard`] |
//! | a sound configuration | one that was built in code and no reader would take | never |
//! | a whole runtime | a runtime of tokio without input and output or timers | never |
//!
//! # What a dropped future leaves
//!
//! Work stops where it is awaited. A promotion whose future is dropped before it wrote its intent leaves nothing; after
//! that it leaves a promotion that is open, or a deployment whose end is not recorded: [`Project::resume`] goes on with it
//! and [`Project::roll_back`] goes back, from any machine. No target is half written without the ledger saying so. To stop in
//! an orderly way, give [`Running::until`] a future: how far it got is recorded then, and said in the [`Error`].
//!
//! # What is promised
//!
//! What this crate names itself stays as it is within a version's first number, or is marked as on its way out; its types
//! may grow. What is in the modules [`port`] and `conformance` is for stores of one's own, and changes only with a word in
//! the change log. Of the crates below nothing is promised.
//!
//! One process may have any number of projects open. Everything is `Send`; a runtime of tokio with `enable_all` is needed. One
//! that lacks something is refused before anything is done, by a panic of tokio's where panics abort.

mod advance;
mod approve;
mod builder;
mod carry;
mod ending;
mod error;
mod events;
mod file;
mod guard;
mod hint;
mod interruption;
mod marks;
mod mirroring;
mod mistakes;
mod project;
mod promotion;
mod publish;
mod question;
mod reading;
mod running;
mod runtime;
mod verify;
mod watch;

pub use advance::{Advance, Advanced};
pub use approve::Approval;
pub use builder::Builder;
pub use ending::{Ended, Ending};
pub use error::Error;
pub use events::{EventStream, Happened, Happening};
pub use marks::Mark;
pub use mistakes::Mistakes;
pub use project::Project;
pub use promotion::{Promotion, Wait};
pub use publish::{Publish, Published};
pub use question::{Asked, Early, Question, Questions};
pub use running::{Running, signals};
pub use verify::Verify;
pub use watch::Watched;

#[doc(inline)]
pub use promote_core::VERSION;
#[doc(inline)]
pub use promote_core::config::Config;
#[doc(inline)]
pub use promote_core::event::{Event, Events};
#[doc(inline)]
pub use promote_core::exit::ExitStatus;
#[doc(inline)]
pub use promote_core::failure::Failure;
#[doc(inline)]
pub use promote_core::ledger::Actor;
#[doc(inline)]
pub use promote_core::request::TakeOver;
#[doc(inline)]
pub use promote_providers::{Credentials, Trust, Variables};

/// What stores, clocks, signers and steps of one's own are made of.
///
/// The type of [`Ports::ledger`](port::Ports) is not here: a ledger takes records without asking any rule, so whoever makes
/// one, for [`Builder::connected`], links `promote-core`, and goes without what this crate promises.
pub mod port {
    pub use promote_core::config::Step;
    pub use promote_core::digest::Digest;
    pub use promote_core::location::{Key, Location, StoreId};
    pub use promote_core::port::*;
    pub use promote_core::ports::{People, Ports};
}

/// The documents that a project answers with: plain data, the same as the command's JSON.
pub mod report {
    pub use promote_core::report::*;
}

/// The suite that every store must pass, and a store in memory that passes it.
#[cfg(feature = "conformance")]
pub mod conformance {
    pub use promote_testing::conformance::*;
    pub use promote_testing::memory::{MemoryBucket, MemoryKind};
}

/// The chapters of the book that are about this crate: their code is compiled with it.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../docs/embedding.md")]
    struct Embedding;
    #[doc = include_str!("../../../docs/writing-a-store.md")]
    struct WritingAStore;
}

use std::path::Path;

/// The project whose file this is, or whose file `promote.toml` lies in this folder. Nothing is read before
/// [`Builder::build`].
///
/// ```no_run
/// # fn main() -> Result<(), promote::Error> {
/// let project = promote::open("deploy/promote.toml").build()?;
/// # Ok(()) }
/// ```
pub fn open(path: impl AsRef<Path>) -> Builder {
    Builder::of_file(path.as_ref())
}

/// A project whose configuration was built in code. Plain paths in it are relative to `base`. It is held to everything that
/// the reader of a file makes sure of.
pub fn with_config(config: Config, base: impl AsRef<Path>) -> Builder {
    Builder::of_config(config, base.as_ref())
}
