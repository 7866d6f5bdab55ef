//! Repositories of images: all of a process share their connections, sign-ins and what was read.

#[cfg(feature = "quay")]
mod with_quay {
    use crate::Trust;
    use promote_core::config::{Config, StoreSettings};
    use promote_core::exit::ExitStatus;
    use promote_core::failure::Failure;
    use promote_core::location::StoreId;
    use promote_core::port::Bucket;
    use promote_core::trust::Allowed;
    use promote_quay::Environment;
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, OnceLock};

    /// Made when the first repository is opened.
    pub(in crate::connect) struct Registries {
        made: OnceLock<(promote_quay::Registries, Environment)>,
        allowed: Allowed,
    }

    impl Registries {
        /// Registries whose passwords may also be shown to the hosts that somebody allows.
        pub(in crate::connect) fn trusting(trust: &Trust) -> Self {
            Self { made: OnceLock::new(), allowed: trust.allowed() }
        }

        pub(in crate::connect) fn repository(
            &self,
            id: &StoreId,
            name: &str,
            config: &Config,
            base: &Path,
        ) -> Result<Arc<dyn Bucket>, Failure> {
            let (registries, environment) = self.made.get_or_init(|| {
                let environment = Environment::of_process();
                let registries =
                    promote_quay::Registries::trusting(environment.clone(), self.allowed.clone());
                (registries, environment)
            });
            let settings = config.stores.get(name).cloned().unwrap_or_default();
            only_of_registries(name, &settings)?;
            if let Some(sign_in) = &settings.sign_in {
                registries.sign_in(name, sign_in).map_err(|error| {
                    Failure::new(ExitStatus::Usage, format!("`sign-in` of `{name}` can't be kept to"))
                        .caused_by(error)
                })?;
            }
            let file = settings.credentials.map(|text| file(name, &text, environment, base)).transpose()?;
            let bucket = registries.repository(name, file).map_err(|error| {
                Failure::new(ExitStatus::Usage, format!("`{id}` is not a repository of images"))
                    .caused_by(error)
            })?;
            Ok(Arc::new(bucket))
        }
    }

    /// Settings of other kinds of stores are refused: somebody meant something by them.
    fn only_of_registries(name: &str, settings: &StoreSettings) -> Result<(), Failure> {
        let given = StoreSettings { credentials: None, sign_in: None, ..settings.clone() };
        if given == StoreSettings::default() {
            return Ok(());
        }
        let what = format!("`[store.\"{name}\"]` has settings that a repository of images does not have");
        Err(Failure::new(ExitStatus::Usage, what)
            .hint("it has `credentials`, a file such as Docker's `config.json`, and `sign-in`"))
    }

    fn file(name: &str, text: &str, environment: &Environment, base: &Path) -> Result<PathBuf, Failure> {
        let Some(variable) = text.strip_prefix('$') else { return Ok(base.join(text)) };
        let path = environment.get(variable).ok_or_else(|| {
            let what = format!("`credentials` of `{name}`: the variable `{variable}` is not set");
            Failure::new(ExitStatus::Usage, what)
        })?;
        Ok(base.join(path))
    }
}

#[cfg(not(feature = "quay"))]
mod without {
    use crate::Trust;
    use promote_core::config::Config;
    use promote_core::failure::Failure;
    use promote_core::location::StoreId;
    use promote_core::port::Bucket;
    use std::path::Path;
    use std::sync::Arc;

    pub(in crate::connect) struct Registries;

    impl Registries {
        pub(in crate::connect) fn trusting(_trust: &Trust) -> Self {
            Self
        }

        #[allow(clippy::unused_self)] // With the feature it is used.
        pub(in crate::connect) fn repository(
            &self,
            id: &StoreId,
            _name: &str,
            _config: &Config,
            _base: &Path,
        ) -> Result<Arc<dyn Bucket>, Failure> {
            Err(crate::connect::unsupported::unsupported(id, "registries of images"))
        }
    }
}

#[cfg(feature = "quay")]
pub(super) use with_quay::Registries;
#[cfg(not(feature = "quay"))]
pub(super) use without::Registries;
