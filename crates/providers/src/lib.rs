//! What every frontend needs to reach the outside: the stores that a configuration names, this machine's clock and
//! chance, who is acting and what proves it, and the running of steps. What to do with them is decided in `promote-core`.

pub mod actor;
pub mod config_file;
pub mod connect;
pub mod destination;
pub mod fault;
pub mod forge;
#[cfg(any(feature = "forge", feature = "identity", feature = "notify"))]
mod https;
pub mod identity;
pub mod interruption;
pub mod machine;
pub mod mirror;
pub mod notify;
pub mod opened;
pub mod pipelines;
pub mod proposal;
#[cfg(any(feature = "forge", feature = "identity", feature = "http-step", feature = "notify"))]
mod sent;
pub mod signers;
pub mod step;
pub mod trust;
pub mod variables;
pub mod written;

pub use connect::{Brought, Credentials, Opener, Services, connect, connect_with};
pub use interruption::Interruption;
pub use machine::{SystemClock, SystemEntropy};
pub use mirror::Mirror;
pub use pipelines::PipelineAccess;
pub use step::SystemSteps;
pub use trust::Trust;
pub use variables::Variables;
