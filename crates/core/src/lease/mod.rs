//! When somebody else's unfinished promotion may be taken over. Nothing proves that a process is gone; how long ago it was
//! heard of hints at it: by the lane's newest record, or by a sign of life beside the records while what it runs takes
//! long. Who takes over makes sure that what the earlier process runs has heard of it before anything of the kind runs
//! again.

mod early;
mod heard;
mod hearing;
mod term;

pub use early::{TooEarly, too_early};
pub use heard::Heard;
pub(crate) use hearing::until_heard;
pub use hearing::{heard, word};
pub use term::{HEARD, HINT, LOOK, SHORT, SIGN, STOP, going_back, is_fresh, judge};
pub(crate) use term::{ways_on, words};
