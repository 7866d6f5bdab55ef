//! The failure for a store that this program was built without, or that lives in no place of its own.

use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::location::StoreId;

/// `what` names the kind in the plural.
pub(super) fn unsupported(id: &StoreId, what: &str) -> Failure {
    Failure::new(ExitStatus::Usage, format!("`{id}`: this version of promote can't reach {what}"))
        .hint("`s3://BUCKET/…`, `gs://BUCKET/…`, images and paths below the folder of `promote.toml` can be reached")
}
