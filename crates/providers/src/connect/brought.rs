//! What a program brings along beside promote's own stores: stores for schemes of its own, single stores that are open
//! already, and credentials that stand in no file.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::location::{StoreId, is_scheme};
use promote_core::names::escape;
use promote_core::port::Bucket;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The opened stores, by name.
pub type Stores = BTreeMap<StoreId, Arc<dyn Bucket>>;

/// Opens a store of a scheme, by its name: what stands between `://` and the first slash. Sends no request.
pub type Opener = Arc<dyn Fn(&str) -> Result<Arc<dyn Bucket>, Failure> + Send + Sync>;

/// Credentials for one bucket that stand in no file and no variable.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// For a bucket of S3: asked for whenever a request is signed and the last ones have expired.
    #[cfg(feature = "s3")]
    Aws(promote_s3::CredentialsProvider),
    /// For a bucket of Google Cloud Storage.
    #[cfg(feature = "gcs")]
    Google(promote_gcs::SignIn),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(feature = "s3")]
            Self::Aws(_) => "Credentials::Aws",
            #[cfg(feature = "gcs")]
            Self::Google(_) => "Credentials::Google",
            #[cfg(not(any(feature = "s3", feature = "gcs")))]
            _ => "Credentials",
        })
    }
}

/// What is brought along. The default is nothing.
#[derive(Clone, Default)]
pub struct Brought {
    schemes: BTreeMap<String, Opener>,
    stores: Stores,
    credentials: BTreeMap<String, Credentials>,
}

impl Brought {
    /// Stores for a scheme of its own.
    ///
    /// # Errors
    /// `Usage` when the text is no scheme, or means something else already.
    pub fn scheme(&mut self, scheme: &str, open: Opener) -> Result<(), Failure> {
        if !is_scheme(scheme) {
            return Err(Failure::new(
                ExitStatus::Usage,
                format!("`{}` can't be the scheme of a store", escape(scheme)),
            )
            .hint("2 to 32 lower-case letters, digits, `+` and `-`, a letter first; `s3`, `https` and the like are taken"));
        }
        self.schemes.insert(scheme.to_owned(), open);
        Ok(())
    }

    /// A store that is open already, used as it is: nothing is sent again, and no limit is kept to.
    pub fn store(&mut self, id: StoreId, bucket: Arc<dyn Bucket>) {
        self.stores.insert(id, bucket);
    }

    /// Credentials for a bucket, in place of those that the settings or the machine name.
    pub fn credentials(&mut self, bucket: &str, credentials: Credentials) {
        self.credentials.insert(bucket.to_owned(), credentials);
    }

    /// The schemes, for the reader of the configuration.
    pub fn schemes(&self) -> Vec<&str> {
        self.schemes.keys().map(String::as_str).collect()
    }

    /// The store that is open already.
    pub(super) fn opened(&self, id: &StoreId) -> Option<Arc<dyn Bucket>> {
        self.stores.get(id).cloned()
    }

    /// Opens a store of a scheme.
    pub(super) fn open(&self, id: &StoreId, scheme: &str, name: &str) -> Result<Arc<dyn Bucket>, Failure> {
        let open = self.schemes.get(scheme).ok_or_else(|| {
            Failure::new(ExitStatus::Usage, format!("`{id}`: nobody brings along a store for `{scheme}://`"))
        })?;
        open(name)
    }

    /// The credentials for a bucket of this kind of store.
    ///
    /// # Errors
    /// `Usage` when those that were brought along are for another kind.
    #[cfg(any(feature = "s3", feature = "gcs"))]
    pub(super) fn of<T>(
        &self,
        id: &StoreId,
        bucket: &str,
        fit: impl Fn(&Credentials) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(given) = self.credentials.get(bucket) else { return Ok(None) };
        match fit(given) {
            Some(fitting) => Ok(Some(fitting)),
            None => Err(Failure::new(
                ExitStatus::Usage,
                format!("`{id}`: the credentials that were given for it are for another kind of store"),
            )
            .state("Nothing was sent.")),
        }
    }

    /// Refuses credentials that nothing would use: somebody meant something by them.
    pub(super) fn all_used(&self, stores: &Stores) -> Result<(), Failure> {
        let used = |bucket: &String| {
            stores.keys().any(|id| matches!(id, StoreId::S3(name) | StoreId::Gcs(name) if name == bucket))
        };
        match self.credentials.keys().find(|bucket| !used(bucket)) {
            None => Ok(()),
            Some(bucket) => Err(Failure::new(
                ExitStatus::Usage,
                format!(
                    "credentials were given for `{}`, and no location is in a bucket of that name",
                    escape(bucket)
                ),
            )),
        }
    }
}

impl fmt::Debug for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brought")
            .field("schemes", &self.schemes())
            .field("stores", &self.stores)
            .field("credentials", &self.credentials)
            .finish()
    }
}
