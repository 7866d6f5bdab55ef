//! What every client of Amazon's services shares: where region, credentials and address come from, what is told of each
//! request, how long an answer may be, and what it means when there is none. What is asked, and what an answer means, stays
//! with the service's own crate.

mod answer_size;
mod cause;
mod confiding;
mod sign_in;
mod surroundings;
mod telling;
mod unanswered;

pub use answer_size::{AnswerSize, LONGEST};
pub use cause::{causes, harmless};
pub use confiding::Confiding;
pub use sign_in::{CredentialsProvider, SignIn};
pub use surroundings::{Surroundings, no_region};
pub use telling::Telling;
pub use unanswered::{Asked, unanswered};
