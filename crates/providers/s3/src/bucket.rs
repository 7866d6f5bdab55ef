//! A bucket as it is named and reached, and what holds of it as long as nothing was found out.

use crate::connection::{Connection, Limits};
use promote_aws::SignIn;
use promote_port::port::StoreSettings;
use promote_port::port::{Capabilities, CopyGuard, FenceClass};
use std::fmt;
use std::time::Duration;

/// One bucket of S3 or of a compatible store.
#[derive(Debug)]
pub struct S3Bucket {
    pub(crate) name: String,
    expiry_s: u32,
    allowance_s: u32,
    pub(crate) limits: Limits,
    pub(crate) connection: Connection,
}

impl S3Bucket {
    /// The bucket of this name, reached as `settings` say. Costs nothing: files are read and connections made when
    /// the first request is sent. What `settings` leave open comes from the places that every AWS tool reads.
    pub fn connect(bucket: &str, settings: &StoreSettings) -> Self {
        Self::sign_in(bucket, settings, SignIn::Usual)
    }

    /// The same with an own way to sign in. With [`SignIn::Keys`] the machine's AWS settings are not read at all.
    pub fn sign_in(bucket: &str, settings: &StoreSettings, sign_in: SignIn) -> Self {
        Self {
            name: bucket.to_owned(),
            expiry_s: settings.expiry_s.unwrap_or(30),
            allowance_s: settings.allowance_s.unwrap_or(60),
            limits: Limits::default(),
            connection: Connection::new(settings.clone(), sign_in),
        }
    }

    /// The same bucket with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Why the bucket can't hold a ledger by its very kind.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        self.name.ends_with("--x-s3").then_some(
            "a directory bucket lists its keys in no order and not after a given key, so it can hold no ledger",
        )
    }

    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_secs(self.expiry_s.into())
    }

    /// What holds as long as nothing was found out.
    pub(crate) fn nothing_known(&self) -> Capabilities {
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
            expiry_s: self.expiry_s,
            allowance_s: self.allowance_s,
            put_limit: self.limits.put,
            write_limit: None,
            notes: Vec::new(),
        }
    }
}

impl fmt::Display for S3Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name)
    }
}
