//! A step that starts a run on a forge: whether its name can be one, and that nothing secret is handed to a run, which
//! everybody sees who sees the run.

use super::diagnostic::Diagnostic;
use super::forge::ForgeKind;
use super::reading::{Reading, Value, in_order};
use crate::names::escape;
use crate::template::variable;

/// Checks the name that the action has, and the step's `env`.
pub(super) fn check(reading: &mut Reading<'_, '_>, action: &str, name: &Value<'_>, env: Option<&Value<'_>>) {
    let (fits, what, example): (fn(&str) -> bool, _, _) = match action {
        "github" => (
            is_workflow,
            "file of a workflow",
            "for example `github = \"smoke.yml\"`, the file below `.github/workflows`",
        ),
        "gitlab" => (is_project, "path of a project", "for example `gitlab = \"acme/backend/tests\"`"),
        _ => return,
    };
    if let Some(text) = name.get_ref().as_str().filter(|text| !text.contains('{') && !fits(text)) {
        let found = Diagnostic::error(name.span(), format!("`{}` is no {what}", escape(text)));
        reading.found.push(found.hint(example));
    }
    let Some(env) = env.and_then(|env| env.get_ref().as_table()) else { return };
    for (_, _, value) in in_order(env) {
        let Some(known) = value.get_ref().as_str().and_then(variable) else { continue };
        if !known.starts_with("PROMOTE_") {
            let found =
                Diagnostic::error(value.span(), format!("everybody who sees the run would see `${known}`"));
            reading.found.push(found.hint(
                "write the value, or one of promote's own such as `$PROMOTE_SHA`; secrets of a run are kept at the forge",
            ));
        }
    }
}

fn is_workflow(text: &str) -> bool {
    let file = text.strip_suffix(".yml").or_else(|| text.strip_suffix(".yaml"));
    let letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    file.is_some_and(|name| !name.is_empty() && !name.starts_with('.') && letters(name))
}

fn is_project(text: &str) -> bool {
    ForgeKind::Gitlab.is_repository(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_workflow_or_a_project() {
        for (text, workflow, project) in [
            ("smoke.yml", true, false),
            ("smoke-test_2.yaml", true, false),
            (".github/workflows/smoke.yml", false, true),
            ("../smoke.yml", false, false),
            (".yml", false, false),
            ("smoke", false, false),
            ("smoke.yml?x", false, false),
            ("acme/tests", false, true),
            ("acme/a/b", false, true),
        ] {
            assert_eq!((is_workflow(text), is_project(text)), (workflow, project), "{text}");
        }
    }
}
