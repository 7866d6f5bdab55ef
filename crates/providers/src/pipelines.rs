//! Which account and region a project's pipelines are reached in: those of the bucket that they take from, since a
//! pipeline and its source bucket lie together.

use promote_core::config::{Config, StoreSettings};
use promote_core::location::StoreId;
use promote_core::port::{Pipelines, StepTarget};
use promote_core::template::{Template, Values};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The names that a step gives, filled in and checked before they are put into a request.
///
/// # Errors
/// When a placeholder has no value, or the result is no name of a pipeline.
pub fn names(templates: &[Template], values: &Values) -> Result<Vec<String>, String> {
    let one = |template: &Template| {
        let name = template.render(values).map_err(|error| error.to_string())?;
        let fits = (1..=100).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte));
        if fits {
            Ok(name)
        } else {
            Err(format!("`{}` is no name of a pipeline", promote_core::names::escape(&name)))
        }
    };
    templates.iter().map(one).collect()
}

/// The way to the pipelines of a project. Making it sends nothing.
#[derive(Debug, Clone, Default)]
pub struct PipelineAccess {
    stores: BTreeMap<String, StoreSettings>,
    given: Option<Arc<dyn Pipelines>>,
}

impl PipelineAccess {
    /// As `config` and the machine say.
    pub fn of(config: &Config) -> Self {
        Self { stores: config.stores.clone(), given: None }
    }

    /// Always this one.
    pub fn given(pipelines: Arc<dyn Pipelines>) -> Self {
        Self { stores: BTreeMap::new(), given: Some(pipelines) }
    }

    /// The pipelines beside these targets. `None` when this version was built without them.
    pub fn beside(&self, targets: &[StepTarget]) -> Option<Arc<dyn Pipelines>> {
        let bucket = targets.iter().find_map(|target| match &target.location.store {
            StoreId::S3(name) => Some(name.as_str()),
            _ => None,
        });
        self.near(bucket)
    }

    /// The pipelines near a bucket. `None` when this version was built without them.
    pub fn near(&self, bucket: Option<&str>) -> Option<Arc<dyn Pipelines>> {
        if let Some(given) = &self.given {
            return Some(Arc::clone(given));
        }
        connect(bucket.and_then(|bucket| self.stores.get(bucket)))
    }
}

#[cfg(feature = "codepipeline")]
#[allow(clippy::unnecessary_wraps)] // Without the feature there are none.
fn connect(store: Option<&StoreSettings>) -> Option<Arc<dyn Pipelines>> {
    // The bucket's endpoint is that of S3 and says nothing about this service.
    let settings = promote_codepipeline::Settings {
        region: store.and_then(|store| store.region.clone()),
        profile: store.and_then(|store| store.profile.clone()),
        endpoint: None,
    };
    Some(Arc::new(promote_codepipeline::CodePipelines::connect(settings)))
}

#[cfg(not(feature = "codepipeline"))]
fn connect(_store: Option<&StoreSettings>) -> Option<Arc<dyn Pipelines>> {
    None
}
