//! Which store a bucket in memory plays: what it honours, what it says about itself, and how it makes its tokens.

use promote_port::port::{Capabilities, CopyGuard, FenceClass};

/// How tokens come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Every write has a new one, as in a local folder and in Google Cloud Storage.
    Unique,
    /// It follows from the content alone, as S3's ETag: the same bytes written again bring the old token back.
    Content,
}

/// The behaviour of a bucket. All fields are open, so that a test can take one ability away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryKind {
    /// What the bucket really honours. A condition that it does not check is ignored without a word, as bad stores
    /// do. `probe` finds exactly this.
    pub truth: Capabilities,
    /// Whether `capabilities` claims nothing, since only a probe can tell.
    pub must_probe: bool,
    /// How tokens come about.
    pub tokens: Tokens,
    /// Whether the store computes a SHA-256 and says it.
    pub vouches: bool,
    /// Whether times are cut to whole seconds.
    pub whole_seconds: bool,
    /// Whether keys are listed part by part, as stores do that keep folders, and not by their bytes.
    pub by_parts: bool,
    /// Whether a listing of few objects tells their contents, as Google's does of a ledger's documents.
    pub tells_contents: bool,
    /// Whether the tags of objects may not be read.
    pub hides_tags: bool,
}

/// Five gibibytes, S3's limit of a single put.
const PUT_LIMIT: u64 = 5 << 30;
/// Five tebibytes, S3's limit of an object in parts.
const PARTS_LIMIT: u64 = 5 << 40;

impl MemoryKind {
    /// Like the local folder: unique tokens, versions, and a fence that is checked together with the write.
    pub fn local_like() -> Self {
        Self {
            truth: Capabilities {
                create: true,
                replace: true,
                copy: CopyGuard::ConditionalCopy,
                source_pin: true,
                versioned: true,
                stamps: true,
                tokens_tell: true,
                folders: false,
                trusted_answers: true,
                fence: FenceClass::Atomic,
                expiry_s: 0,
                allowance_s: 0,
                put_limit: PUT_LIMIT,
                write_limit: Some(PARTS_LIMIT),
                notes: Vec::new(),
            },
            must_probe: false,
            tokens: Tokens::Unique,
            vouches: true,
            whole_seconds: false,
            by_parts: false,
            tells_contents: false,
            hides_tags: false,
        }
    }

    /// Like S3 with versioning: tokens made from the content, and requests that expire 30 seconds after they were
    /// begun.
    pub fn s3_like() -> Self {
        let mut kind = Self::local_like();
        kind.truth.fence = FenceClass::Expiring;
        kind.truth.expiry_s = 30;
        kind.truth.allowance_s = 30;
        kind.tokens = Tokens::Content;
        kind.whole_seconds = true;
        kind
    }

    /// Like Google Cloud Storage: a generation that never comes back, and no SHA-256.
    pub fn gcs_like() -> Self {
        let mut kind = Self::local_like();
        kind.truth.fence = FenceClass::Exact;
        kind.vouches = false;
        kind.tells_contents = true;
        kind
    }

    /// Like a store of S3's protocol that keeps its objects in folders and lists them as these lie: SeaweedFS.
    pub fn by_folder() -> Self {
        Self { by_parts: true, ..Self::s3_like() }
    }

    /// Like S3, but claiming nothing before it was probed.
    pub fn unprobed() -> Self {
        Self { must_probe: true, ..Self::s3_like() }
    }

    /// Like a registry of images: a tag moves without any condition, keeps no metadata, and is told by the digest of
    /// what it names.
    pub fn registry_like() -> Self {
        let mut kind = Self::s3_like();
        kind.truth = Capabilities {
            copy: CopyGuard::Observed,
            source_pin: true,
            stamps: false,
            trusted_answers: true,
            allowance_s: 30,
            ..nothing()
        };
        kind
    }

    /// A compatible store that ignores conditions on copies; `best` is the best guarded way that is left.
    pub fn without_conditional_copy(best: CopyGuard) -> Self {
        let mut kind = Self::s3_like();
        kind.truth.copy = best;
        kind.truth.fence = FenceClass::Advisory;
        kind.truth.allowance_s = 0;
        kind
    }

    /// A compatible store that ignores every condition and keeps no versions.
    pub fn ignoring_conditions() -> Self {
        Self { truth: nothing(), must_probe: true, ..Self::s3_like() }
    }

    /// What `capabilities` answers.
    pub(super) fn claim(&self) -> Capabilities {
        if !self.must_probe {
            return self.truth.clone();
        }
        // How it is signed is no matter of what the store honours.
        Capabilities { expiry_s: self.truth.expiry_s, allowance_s: self.truth.allowance_s, ..nothing() }
    }
}

/// The capabilities of a store about which nothing is known.
fn nothing() -> Capabilities {
    Capabilities {
        create: false,
        replace: false,
        copy: CopyGuard::None,
        source_pin: false,
        versioned: false,
        stamps: true,
        tokens_tell: true,
        folders: false,
        trusted_answers: false,
        fence: FenceClass::Advisory,
        expiry_s: 0,
        allowance_s: 0,
        put_limit: PUT_LIMIT,
        write_limit: None,
        notes: Vec::new(),
    }
}
