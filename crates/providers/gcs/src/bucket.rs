//! A bucket as it is named and reached, and what holds of it as long as nothing was found out.

use crate::connection::{Connection, Limits};
use crate::credentials::SignIn;
use promote_port::port::StoreSettings;
use promote_port::port::{Capabilities, CopyGuard, FenceClass};
use std::fmt;

/// One bucket of Google Cloud Storage, or of something that speaks its JSON API.
#[derive(Debug)]
pub struct GcsBucket {
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) connection: Connection,
}

impl GcsBucket {
    /// The bucket of this name, reached as `settings` say. Costs nothing: files are read and connections made when
    /// the first request is sent. What `settings` leave open comes from where every Google tool looks:
    /// `STORAGE_EMULATOR_HOST`, and the application default credentials.
    pub fn connect(bucket: &str, settings: &StoreSettings) -> Self {
        let sign_in = match &settings.credentials {
            Some(given) => SignIn::configured(given),
            None => SignIn::Usual,
        };
        Self::sign_in(bucket, settings, sign_in)
    }

    /// The same with an own way to sign in.
    pub fn sign_in(bucket: &str, settings: &StoreSettings, sign_in: SignIn) -> Self {
        Self {
            name: bucket.to_owned(),
            limits: Limits::default(),
            connection: Connection::new(settings.endpoint.clone(), sign_in),
        }
    }

    /// The same bucket with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl fmt::Display for GcsBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gs://{}", self.name)
    }
}

/// What holds as long as nothing was found out. Requests don't expire: a generation never comes back, and that
/// fences off late ones where conditions hold.
pub(crate) fn nothing_known() -> Capabilities {
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
        put_limit: 5 << 40,
        write_limit: Some(5 << 40),
        notes: Vec::new(),
    }
}
