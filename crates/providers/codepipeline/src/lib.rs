//! AWS CodePipeline behind the port [`Pipelines`](promote_port::port::Pipelines): one request a call, answers turned
//! into plain data, failures that name the right that is missing. Waiting and deciding is done in `promote_core::follow`.

mod answers;
mod calls;
mod connection;
mod failure;

pub use connection::{CodePipelines, Settings};
pub use promote_aws::SignIn;
