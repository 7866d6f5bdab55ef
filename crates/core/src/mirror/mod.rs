//! What a forge's environment page is told of a promotion: whether at all ([`wanted`]), and what ([`Trail`]). Pure; the
//! telling is done by whoever holds [`crate::port::Deployments`].

mod trail;
mod wanted;

pub use trail::{Closing, Order, Trail};
pub use wanted::{Job, wanted};

use crate::port::Made;
use serde::Serialize;

/// A deployment that was made or gone on with, as documents show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mirrored {
    /// The forge: `github` or `gitlab`.
    pub forge: &'static str,
    /// The environment.
    pub environment: String,
    /// The promotion that it stands for.
    pub promotion: String,
    /// The forge's number and addresses of it.
    #[serde(flatten)]
    pub made: Made,
}
