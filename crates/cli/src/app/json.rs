//! JSON documents on standard output: the whole of it, some of its fields, or their names.

use crate::app::shape::Shape;
use crate::args::Global;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::visible_json;
use promote_core::report::Document;
use serde_json::Value;

/// What `--json` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonSelection {
    /// No JSON.
    None,
    /// Everything.
    Whole,
    /// These fields.
    Fields(Vec<String>),
    /// The names of the fields.
    Names,
}

impl JsonSelection {
    /// Reads `--json` and `--format json`.
    pub(crate) fn of(global: &Global) -> Self {
        match global.json.as_deref() {
            None if global.format == crate::args::Format::Json => Self::Whole,
            None => Self::None,
            Some("") => Self::Whole,
            Some("?") => Self::Names,
            Some(fields) => Self::Fields(fields.split(',').map(|field| field.trim().to_owned()).collect()),
        }
    }

    /// Refuses fields that the document does not have, before anything is done. A field of another document that the command may
    /// print instead, such as the decision where nothing moves, is taken as well.
    pub(crate) fn check(
        &self,
        known: &'static [&'static str],
        documents: &'static [Shape],
    ) -> Result<(), Failure> {
        let Self::Fields(fields) = self else { return Ok(()) };
        // Which document it is depends on what is found only where the command was not told to look alone.
        let open = documents.first().is_some_and(|first| first.fields == known);
        let elsewhere = |field: &str| open && documents.iter().any(|one| one.fields.contains(&field));
        for field in fields {
            if known.contains(&field.as_str()) || elsewhere(field) {
                continue;
            }
            let shown = promote_core::names::escape(field);
            let failure = Failure::new(ExitStatus::Usage, format!("unknown field `{shown}`"));
            let failure = match promote_core::suggest::closest(field, known.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure,
            };
            return Err(failure.hint(format!("its fields are {}", known.join(", "))));
        }
        Ok(())
    }

    /// The text of a document. Fields that were asked for and are another document's are `null`.
    pub(crate) fn text<D: Document>(&self, document: &D) -> Result<String, Failure> {
        let failed = |error| {
            Failure::new(ExitStatus::Failed, "the document can't be written as JSON").caused_by(error)
        };
        let text = match self {
            Self::Fields(fields) => {
                let mut value = serde_json::to_value(document).map_err(failed)?;
                if let Value::Object(map) = &mut value {
                    map.retain(|name, _| name == "schema" || fields.iter().any(|field| field == name));
                    for field in fields {
                        map.entry(field.as_str()).or_insert(Value::Null);
                    }
                }
                serde_json::to_string_pretty(&value)
            }
            _ => serde_json::to_string_pretty(document),
        };
        Ok(format!("{}\n", visible_json(&text.map_err(failed)?)))
    }
}
