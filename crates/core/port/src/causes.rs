//! The chain of causes of an error, for whoever draws or searches it.

use std::error::Error;

/// The chain of causes of an error, outermost first, without the error itself.
pub fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| {
        let cause: &'e (dyn Error + 'static) = *cause;
        cause.source()
    })
}
