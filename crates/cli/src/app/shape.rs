//! What a document that `--json` prints is called, and its fields: all that is told of one before there is any.

use promote_core::report::Document;

/// A document that a command prints with `--json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// What it says it is.
    pub(crate) schema: &'static str,
    /// Its fields, in order.
    pub(crate) fields: &'static [&'static str],
}

/// The shape of a document.
pub(crate) const fn shape<D: Document>() -> Shape {
    Shape { schema: D::SCHEMA, fields: D::FIELDS }
}
