//! `promote pack`.

use crate::app::command::{Command, outside};
use crate::app::json::JsonSelection;
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use crate::archive_page;
use crate::automatic::BuildOutput;
use crate::written;
use clap::Args;
use promote_artifacts::git::{GitError, GitRepository};
use promote_artifacts::pack::Own;
use promote_artifacts::ready::{self, Made, Out, PackSource};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::port::History;
use promote_core::report::Document;
use promote_providers::destination::Destination;
use promote_providers::written::{open, pipe};
use promote_view::{Page, Text};
use serde::Serialize;
use std::path::PathBuf;

/// Make the archive only, and print its digest
///
/// The same commit gives the same bytes on every machine. Without PATH the commit is packed as `[pack]` says, its
/// build command run first; with PATH, that folder or file as it is. Nothing is uploaded.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote pack\n  promote pack --commit v1.4.0 --out app.zip\n  promote pack dist --out dist.zip"
)]
pub(crate) struct PackArgs {
    /// A folder or file to pack as it is
    #[arg(value_name = "PATH", conflicts_with = "commit")]
    path: Option<PathBuf>,

    /// The commit: its beginning, a tag or a branch; the work tree's when left out
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,

    /// Where to write the archive; named after the commit or folder when left out
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Pack although the build's work tree is not what was committed
    #[arg(long)]
    allow_dirty: bool,
}

/// The archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PackReport {
    schema: &'static str,
    /// The file.
    file: String,
    /// The commit, when one was packed.
    sha: Option<String>,
    /// Its digest.
    digest: String,
    /// The digest of what is in it.
    content: String,
    /// Its length in bytes.
    size: u64,
    /// How many members it has.
    members: u64,
    /// The number of the pack format.
    format: u32,
    /// What is worth telling.
    warnings: Vec<String>,
}

impl Document for PackReport {
    const SCHEMA: &'static str = "promote/pack@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "file", "sha", "digest", "content", "size", "members", "format", "warnings"];
}

impl Command for PackArgs {
    const NAME: &'static str = "pack";
    const ELSEWHERE: &'static [&'static str] = &["build", "zip", "package"];
    const DOCUMENTS: &'static [Shape] = &[shape::<PackReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &PackArgs) -> CommandResult {
    let (what, sha, name) = match &args.path {
        Some(path) => {
            let path = app.env.folder.join(path);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            (PackSource::Path(path, written::own(app)), None, name.unwrap_or_else(|| "archive".to_owned()))
        }
        None => of_commit(app, args).await?,
    };
    let shown = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.zip")));
    let file = app.env.folder.join(&shown);
    let failed = |error| written::failed(&shown, error);
    written::refuse_kept(app, &shown).map_err(failed)?;
    let destination = Destination::of(&file, &app.env.folder).map_err(failed)?;
    let answers_too = destination.is_standard_output();
    if answers_too && app.json() != JsonSelection::None {
        let what = "the archive and the document can't both go to the standard output";
        return Err(Failure::new(ExitStatus::Usage, what).hint("give `--out` a file").into());
    }
    let waiting = || {
        let what = format!("waiting for somebody to read the pipe `{}`", shown.display());
        app.screen.say(&Text::plain(what));
    };
    let out = match &destination {
        Destination::File(place) => Out::File(place.clone()),
        Destination::Stream(place) => match pipe(place, waiting).await.map_err(failed)? {
            Some(pipe) => Out::Open(pipe),
            None => Out::Open(open(place).map_err(failed)?),
        },
    };
    if let Out::File(place) = &out {
        written::has_folder(place).map_err(failed)?;
    }
    let Made { packed, mut warnings, dirty } = ready::pack(what, out, args.allow_dirty).await?;
    warnings.extend(dirty.map(|dirty| format!("dirty: {}", dirty.said())));
    let report = PackReport {
        schema: PackReport::SCHEMA,
        file: shown.display().to_string(),
        sha,
        digest: packed.digest.to_string(),
        content: packed.content.to_string(),
        size: packed.size,
        members: packed.members,
        format: packed.format,
        warnings,
    };
    match answers_too {
        true => app.screen.note(&page(&report)),
        false => app.tell(true, &report, || page(&report))?,
    }
    Ok(ExitStatus::Ok)
}

async fn of_commit(
    app: &App<'_>,
    args: &PackArgs,
) -> Result<(PackSource, Option<String>, String), crate::app::Stop> {
    let name = args.commit.as_deref().unwrap_or("HEAD");
    let project = app.project()?;
    let repository = GitRepository::open(&project.base).map_err(|error| {
        let hint = error.hint();
        let what = match &error {
            GitError::NoRepository { .. } => "no git repository to pack a commit from",
            _ => "the repository can't be read, and a commit is packed from it",
        };
        let failure = Failure::new(ExitStatus::Missing, what);
        hint.into_iter()
            .fold(failure.caused_by(error), Failure::hint)
            .hint("`promote pack FOLDER` packs a folder")
    })?;
    let found = repository.resolve(name).await;
    let found = found.map_err(|error| Failure::from_read("reading the repository", error))?;
    let commit = found.ok_or_else(|| {
        Failure::new(
            ExitStatus::Missing,
            format!("no commit, branch or tag `{}` in the repository", promote_core::names::escape(name)),
        )
    })?;
    let pack = project.config.pack.clone().unwrap_or_default();
    if pack.build.is_some() {
        let ports = app.ports(&project).await?;
        let (config, said) = (&project.config, BuildOutput(&app.screen));
        let dirty = ready::build(&ports, config, &repository, &commit.id, args.allow_dirty, &said).await?;
        if let Some(dirty) = dirty {
            app.screen.say(&Text::plain(format!("dirty: {}", dirty.said())));
        }
    }
    let short = commit.id.short(12).to_owned();
    let own = Own::of(&project.config, &project.base);
    Ok((PackSource::Commit(repository, commit.id.clone(), pack, own), Some(commit.id.to_string()), short))
}

fn page(report: &PackReport) -> Page {
    let PackReport { digest, file, members, size, content, format, warnings, .. } = report;
    let about = format!("{size} bytes, contents {content}, pack format {format}");
    archive_page::page(digest, file, *members, &about, warnings)
}
