//! What a key of `promote.toml` is: what it takes, and what this version makes of it. Which keys there are is
//! [`super::keys`]'.

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Bool,
    /// A whole number from, to.
    Integer(i64, i64),
    /// Any text; `$NAME` stands for a variable.
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    /// A name: `a-z`, `0-9`, `-`.
    Name,
    /// `30m`.
    Duration,
    /// A duration that something may take, so not nothing.
    Timeout,
    /// A time window.
    Window,
    /// A semver requirement.
    Versions,
    /// The name of a time zone.
    TimeZone,
    /// A text with all placeholders.
    Template,
    /// A text with `{env}` and `{project}` only, known as soon as the file is read.
    Settled,
    /// A location, with placeholders and `${NAME}`.
    Location,
    /// Where the ledger lies.
    Ledger,
    /// `$NAME` or an https address.
    Address,
    /// `$NAME` or an address that a step asks, with all placeholders.
    Asked,
    /// The address of a page for people, with `{env}` and `{project}`.
    Link,
    /// The name of a region.
    Region,
    /// `$NAME` only.
    Secret,
    /// The address of a store.
    Endpoint,
    /// How a registry is signed in to.
    SignIn,
    /// A relative path.
    Path,
    /// A relative path with all placeholders.
    Folder,
    /// A pattern that paths fit.
    Pattern,
    /// The order of the environments.
    Order,
    /// An array.
    List(&'static Shape),
    /// An array with something in it: one with nothing reads as *none*, and would mean what stands here.
    Filled(&'static Shape, &'static str),
    /// One, or an array.
    Several(&'static Shape),
    /// A table with these keys.
    Table(&'static [Key]),
    /// The one, or the table.
    OrTable(&'static Shape, &'static [Key]),
    /// Tables with names of one's own.
    Named(Owner, &'static [Key]),
    /// Names of variables with texts.
    Variables,
    /// A step or an array of them.
    Steps,
}

/// Whose names the tables of [`Shape::Named`] carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Environment,
    Artifact,
    Store,
}

/// What this version makes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySupport {
    /// It does what the key says.
    Acted,
    /// It reads the key and does nothing about it, so it writes nothing as long as the key stands there.
    Unacted,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// As it would be written; empty where there is none.
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
    pub(super) standing: KeySupport,
}

pub(super) const fn key(name: &'static str, shape: Shape, default: &'static str, doc: &'static str) -> Key {
    Key { name, shape, default, doc, standing: KeySupport::Acted }
}

impl Key {
    pub(super) const fn unacted(self) -> Self {
        Self { standing: KeySupport::Unacted, ..self }
    }
}
