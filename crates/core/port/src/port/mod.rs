//! The ports: what the core asks of the outside world, split into reading and writing halves so that the compiler
//! knows that planning needs read rights only. Implementations live in the provider crates.

mod bucket;
mod capabilities;
mod causes;
mod clock;
mod confided;
mod deployments;
mod error;
mod forge;
mod history;
mod object;
pub mod order;
mod pace;
pub mod pipeline;
mod settings;
mod signatures;
mod step;
mod stored;
pub mod wire;

pub use bucket::{
    Blob, Body, Bucket, BucketReader, ByteStream, Condition, Fence, PinnedSource, Precondition,
};
pub use capabilities::{Capabilities, CopyGuard, FenceClass};
pub use causes::Cause;
pub use clock::{Clock, Entropy, clock_is_off};
pub use confided::Confided;
pub use deployments::{Deployment, DeploymentState, Deployments, Made, News};
pub use error::{ErrorKind, ProviderError};
pub use forge::{
    Account, ChangeRequest, Check, CheckState, Forge, Review, ReviewState, ReviewedCommit, WrittenCommit,
};
pub use history::{Author, Commit, History};
pub use object::{Checksums, Headers, Metadata, Names, Object, Page, Token, VersionId};
pub use pace::Pace;
pub use pipeline::Pipelines;
pub use settings::StoreSettings;
pub use signatures::{NotSigned, Presence, Signed, SignedBy, Signer, Signers, SigningError, Uncounted};
pub use step::{StepContext, StepEnd, StepProgress, StepReport, StepRunner, StepTarget};
pub use stored::Stored;
