//! `promote schema`.

use crate::app::command::Command;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::written;
use clap::{Args, ValueEnum};
use promote_core::config::reference;
use promote_core::exit::ExitStatus;
use promote_core::report::{Document, FailureReport};
use promote_view::{Page, Style, Text};
use serde::Serialize;
use std::path::PathBuf;

/// Print the JSON Schema of promote.toml, or name the documents that `--json` prints
///
/// Editors check and complete promote.toml with the schema. Each document says in `schema` what it is; within a
/// number fields are only added.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote schema --out promote.schema.json\n  promote schema documents\n  promote schema documents --json=keys"
)]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value_t = Of::File)]
    of: Of,

    /// Write the JSON Schema of promote.toml into this file, which `#:schema` in promote.toml names to editors
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    /// The file promote.toml, as a JSON Schema
    File,
    /// The documents that `--json` prints, with their fields
    Documents,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SchemaReport {
    schema: &'static str,
    /// The documents.
    documents: Vec<DocumentRow>,
    /// The keys of `promote.toml`.
    keys: Vec<KeyEntry>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DocumentRow {
    /// What it says it is.
    schema: &'static str,
    /// Its fields, in order.
    fields: &'static [&'static str],
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct KeyEntry {
    /// Where it stands.
    place: &'static str,
    /// Its name.
    name: &'static str,
    /// What it takes.
    takes: String,
    /// Its default; empty where there is none.
    default: &'static str,
    /// What it means.
    meaning: String,
}

impl Document for SchemaReport {
    const SCHEMA: &'static str = "promote/schema@1";
    const FIELDS: &'static [&'static str] = &["schema", "documents", "keys"];
}

impl Command for SchemaArgs {
    const NAME: &'static str = "schema";
    const DOCUMENTS: &'static [Shape] = &[shape::<SchemaReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        run(app, self)
    }
}

fn run(app: &App<'_>, args: &SchemaArgs) -> CommandResult {
    if let Some(out) = args.out.as_ref().filter(|_| args.of == Of::File) {
        let text = format!("{:#}\n", promote_core::config::schema());
        written::replace(app, out, &text)
            .map_err(|error| written::failed(out, error).state("What was there is as it was."))?;
        return Ok(ExitStatus::Ok);
    }
    if args.of == Of::File {
        app.screen.data(&format!("{:#}\n", promote_core::config::schema()))?;
        return Ok(ExitStatus::Ok);
    }
    let mut documents = (app.program.documents)();
    documents.push(shape::<FailureReport>());
    documents.sort_by_key(|document| document.schema);
    documents.dedup();
    let documents =
        documents.into_iter().map(|Shape { schema, fields }| DocumentRow { schema, fields }).collect();
    let keys = reference().into_iter().map(|key| KeyEntry {
        place: key.place,
        name: key.name,
        takes: key.takes,
        default: key.default,
        meaning: key.meaning,
    });
    let report = SchemaReport { schema: SchemaReport::SCHEMA, documents, keys: keys.collect() };
    app.show(&report, || page(&report))?;
    Ok(ExitStatus::Ok)
}

fn page(report: &SchemaReport) -> Page {
    let mut page = Page::default();
    let rows = report.documents.iter().map(|document| {
        vec![Text::new(document.schema, Style::Literal), Text::plain(document.fields.join(", "))]
    });
    page.table(&["DOCUMENT", "FIELDS"], rows.collect());
    page.hint("`promote schema documents --json=keys` lists the keys of promote.toml");
    page
}
