//! `promote schema`.

use super::{adopt, check, config, init, pack};
use crate::app::{App, Ended};
use crate::page::{Page, Style, Text};
use clap::Args;
use promote_core::config::reference;
use promote_core::exit::ExitStatus;
use promote_core::report::{
    DecisionReport, DiffReport, Document, FailureReport, HistoryReport, OutcomeReport, PromotionReport,
    ReleaseShow, StatusReport, VerifyReport,
};
use serde::Serialize;

/// Name the documents that `--json` prints, and the keys of promote.toml
///
/// Each document says in `schema` what it is. Within a number fields are only added.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote schema\n  promote schema --json=keys")]
pub(crate) struct SchemaArgs {}

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
    meaning: &'static str,
}

impl Document for SchemaReport {
    const SCHEMA: &'static str = "promote/schema@1";
    const FIELDS: &'static [&'static str] = &["schema", "documents", "keys"];
}

fn row<D: Document>() -> DocumentRow {
    DocumentRow { schema: D::SCHEMA, fields: D::FIELDS }
}

pub(crate) fn run(app: &App<'_>) -> Ended {
    let mut documents = vec![
        row::<StatusReport>(),
        row::<HistoryReport>(),
        row::<ReleaseShow>(),
        row::<PromotionReport>(),
        row::<DiffReport>(),
        row::<VerifyReport>(),
        row::<DecisionReport>(),
        row::<OutcomeReport>(),
        row::<FailureReport>(),
        row::<crate::publication::PublishReport>(),
        row::<pack::PackReport>(),
        row::<crate::saying::SaidReport>(),
        row::<crate::blocking::BlockReport>(),
        row::<adopt::AdoptReport>(),
        row::<check::CheckReport>(),
        row::<config::ConfigReport>(),
        row::<crate::health::DoctorReport>(),
        row::<init::InitReport>(),
        row::<crate::demonstration::DemoReport>(),
        row::<SchemaReport>(),
    ];
    documents.sort_by_key(|document| document.schema);
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
    page.hint("`promote schema --json=keys` lists the keys of promote.toml");
    page
}
