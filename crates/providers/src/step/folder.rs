//! The folder in which a command runs: the project's own, or one below it, whatever links lie on the way.

use promote_core::config::Step;
use promote_core::names::escape;
use promote_core::port::StepContext;
use std::path::{Component, Path, PathBuf};

/// The step's folder, or why there is none.
pub(super) fn of(base: &Path, step: &Step, context: &StepContext) -> Result<PathBuf, String> {
    let Some(template) = &step.workdir else { return Ok(base.to_path_buf()) };
    let text = template.render(&context.values).map_err(|error| format!("workdir: {error}"))?;
    inside(base, &text)
}

/// `base` and a relative path below it, resolved.
pub(super) fn inside(base: &Path, text: &str) -> Result<PathBuf, String> {
    let relative = Path::new(text);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain {
        return Err(format!("`{}` leaves the project's folder", escape(text)));
    }
    let resolve = |path: &Path| path.canonicalize().map_err(|error| format!("`{}`: {error}", escape(text)));
    let root = resolve(base)?;
    let found = resolve(&root.join(relative))?;
    if found.starts_with(&root) {
        Ok(found)
    } else {
        Err(format!("`{}` leaves the project's folder", escape(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_can_not_be_left() {
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir(base.path().join("app")).unwrap();
        std::os::unix::fs::symlink("/", base.path().join("out")).unwrap();
        assert!(inside(base.path(), "app").unwrap().ends_with("app"));
        assert!(inside(base.path(), "./app").is_ok());
        for bad in ["..", "/tmp", "app/../..", "out", "missing"] {
            assert!(inside(base.path(), bad).is_err(), "{bad}");
        }
    }
}
