//! Time windows of `freeze` and `open`: `Fri 16:00 .. Mon 08:00`, `Mon-Thu 09:00 .. 16:00`,
//! `2026-12-20 .. 2027-01-03`, in the project's named time zone.

/// One window, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    text: String,
}
