//! The ledger's genesis, and whether it is this project's: asked here, once, whatever the command. What is read or
//! written in the ledger of another project is never meant.

use crate::config::Config;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Genesis, Head, LedgerReader, key};
use crate::ports::ReadPorts;

/// The ledger's genesis and its id, where the ledger was begun.
///
/// # Errors
/// `Usage` when it is another project's ledger, or what the store answered.
pub async fn begun(ledger: &LedgerReader, config: &Config) -> Result<Option<(Genesis, Digest)>, Failure> {
    let found = ledger.genesis().await.map_err(|error| error.beginning(ledger))?;
    match &found {
        Some((genesis, _)) if genesis.project != config.project => Err(foreign(ledger, config, genesis)),
        _ => Ok(found),
    }
}

/// The same where none was found: whether there never was one, or it was lost while all that it began is still there. Such a
/// ledger must not be begun anew, since nothing in it would belong to the new one.
///
/// # Errors
/// `Failed` when it was lost; else as [`begun`].
pub async fn never_begun(
    ledger: &LedgerReader,
    config: &Config,
) -> Result<Option<(Genesis, Digest)>, Failure> {
    let looking = |error| Failure::from_read("listing the ledger", error);
    let page = ledger.bucket().list(&format!("{}/", ledger.root()), None, 1).await.map_err(looking)?;
    let scratch = key::scratch_prefix(ledger.root());
    let Some(left) = page.objects.first().filter(|object| !object.key.as_str().starts_with(&scratch)) else {
        return Ok(None);
    };
    // Somebody else may just have begun it.
    if let Some(found) = begun(ledger, config).await? {
        return Ok(Some(found));
    }
    let place = key::genesis(ledger.root()).map_or_else(|_| "ledger.json".to_owned(), |key| key.to_string());
    Err(Failure::new(
        ExitStatus::Failed,
        format!("the ledger in {} has lost its beginning, `{place}`", ledger.bucket()),
    )
    .state(format!("`{}` is still there. Nothing was changed.", left.key))
    .hint(format!("put `{place}` back, from a backup or from an old version of that object")))
}

/// The same; a project without a ledger has published nothing yet.
///
/// # Errors
/// `Missing` when there is none; else as [`never_begun`].
pub async fn genesis(view: &ReadPorts, config: &Config) -> Result<(Genesis, Digest), Failure> {
    if let Some(found) = begun(&view.ledger, config).await? {
        return Ok(found);
    }
    never_begun(&view.ledger, config).await?.ok_or_else(|| {
        Failure::new(
            ExitStatus::Missing,
            format!("no ledger in {} below `{}` yet", view.ledger.bucket(), view.ledger.root()),
        )
        .hint("`promote publish` begins one and puts the first release in place")
    })
}

/// The genesis for a command that writes: refused as well while the file asks for what this version does not do.
///
/// # Errors
/// As [`genesis`] and [`Config::to_write`].
pub async fn genesis_to_write(view: &ReadPorts, config: &Config) -> Result<(Genesis, Digest), Failure> {
    config.to_write()?;
    genesis(view, config).await
}

fn foreign(ledger: &LedgerReader, config: &Config, genesis: &Genesis) -> Failure {
    let (theirs, ours) = (&genesis.project, &config.project);
    let at = config.effective.iter().find(|one| one.env.is_none() && one.key == "ledger");
    let place = match at.and_then(|one| one.line) {
        Some(line) => format!("Line {line} of `promote.toml` names it."),
        None => "It is where the ledger is when `ledger` is not set.".to_owned(),
    };
    let message = format!(
        "the ledger in {} below `{}` belongs to the project `{theirs}`, not to `{ours}`",
        ledger.bucket(),
        ledger.root()
    );
    Failure::new(ExitStatus::Usage, message).state(place).state("Nothing was changed.").hint(format!(
        "name another place with `ledger = …`, or write `project = \"{theirs}\"` if it is that project"
    ))
}

/// Refuses records that were brought from another ledger.
pub(crate) fn belongs<'h>(
    genesis: &Genesis,
    heads: impl IntoIterator<Item = &'h Head>,
) -> Result<(), Failure> {
    match heads.into_iter().find(|head| head.record.ledger != genesis.ledger) {
        None => Ok(()),
        Some(head) => Err(Failure::new(ExitStatus::Failed, "the ledger can't be trusted")
            .state(format!("Record {} of {} comes from another ledger.", head.record.seq, head.record.lane))
            .hint("`promote verify --ledger` checks the whole chain")),
    }
}
