//! Beginning a ledger: find out what the stores honour, refuse those that can't guard a write, and write the
//! genesis.

use crate::config::Config;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::genesis::{Probed, SCHEMA};
use crate::ledger::{AppendError, Genesis, LedgerError, key, not_taken};
use crate::location::StoreId;
use crate::observe::{begun, never_begun};
use crate::port::Capabilities;
use crate::ports::{Ports, stores_of};

/// The ledger's genesis; begins the ledger when there is none. Says whether it was begun now.
///
/// # Errors
/// When the ledger's store does not check conditions (`Usage`), or what a store answered.
pub async fn init_ledger(ports: &Ports, config: &Config) -> Result<(Genesis, Digest, bool), Failure> {
    config.to_write()?;
    let reader = ports.ledger.reader();
    if let Some((genesis, id)) = begun(reader, config).await? {
        return Ok((genesis, id, false));
    }
    if let Some((genesis, id)) = never_begun(reader, config).await? {
        return Ok((genesis, id, false));
    }
    let mut probes = Vec::new();
    for store in stores_of(config) {
        let capabilities = probe(ports, &store).await?;
        probes.push(Probed { store, capabilities, at: ports.clock.now() });
    }
    let genesis = Genesis {
        schema: SCHEMA.to_owned(),
        project: config.project.clone(),
        ledger: ports.nonce(),
        at: ports.clock.now(),
        probes,
    };
    let store = &config.ledger.store;
    if let Some(found) = genesis.capabilities(store) {
        ledger_needs(store, found)?;
    }
    match ports.ledger.begin(&genesis).await {
        Ok(id) => Ok((genesis, id, true)),
        Err(AppendError::Lost { .. }) => match begun(reader, config).await? {
            Some((genesis, id)) => Ok((genesis, id, false)),
            None => Err(Failure::new(ExitStatus::Failed, "the ledger's genesis comes and goes")),
        },
        Err(AppendError::Refused { source, .. }) => Err(not_taken("beginning the ledger", source)),
        Err(error) => Err(Failure::new(ExitStatus::Unfinished, "whether the ledger was begun is not known")
            .hint("run the same command again")
            .caused_by(error)),
    }
}

/// Finds out what one store honours: by its nature, or by writing below the ledger's scratch prefix.
///
/// # Errors
/// What the store answered.
pub async fn probe(ports: &Ports, store: &StoreId) -> Result<Capabilities, Failure> {
    let bucket = ports.store(store)?;
    let by_nature = bucket.capabilities();
    if by_nature.known() {
        return Ok(by_nature);
    }
    let scratch = key::scratch(ports.ledger.reader().root(), ports.entropy.nonce()).map_err(|error| {
        Failure::new(ExitStatus::Usage, "the ledger's location is too long").caused_by(error)
    })?;
    bucket.probe(&scratch).await.map_err(|error| Failure::from_read(&format!("probing `{store}`"), error))
}

/// Probes the stores that neither the genesis nor an earlier probe knows, and keeps what was found.
///
/// # Errors
/// What a store answered.
pub async fn probe_missing(
    ports: &Ports,
    config: &Config,
    genesis: &Genesis,
) -> Result<Vec<Probed>, Failure> {
    let mut found = Vec::new();
    let reader = ports.ledger.reader();
    for store in stores_of(config) {
        let known = genesis.capabilities(&store).is_some()
            || ports.store(&store)?.capabilities().known()
            || reader.probed(&store).await.map_err(LedgerError::read_failure)?.is_some();
        if known {
            continue;
        }
        let probed = Probed { capabilities: probe(ports, &store).await?, at: ports.clock.now(), store };
        let place = key::probe(reader.root(), &probed.store).map_err(|error| {
            Failure::new(ExitStatus::Usage, "the ledger's location is too long").caused_by(error)
        })?;
        match ports.ledger.put(&place, &probed).await {
            Ok(()) | Err(AppendError::Lost { .. }) => found.push(probed),
            Err(error) => {
                return Err(
                    Failure::new(ExitStatus::Failed, "what was found out could not be kept").caused_by(error)
                );
            }
        }
    }
    Ok(found)
}

/// Refuses a store that can't hold a ledger.
///
/// # Errors
/// `Usage`, with what the store lacks.
pub fn ledger_needs(store: &StoreId, found: &Capabilities) -> Result<(), Failure> {
    if found.create {
        return Ok(());
    }
    let mut failure = Failure::new(
        ExitStatus::Usage,
        format!("`{store}` can't hold a ledger: it ignores what must hold of an object when it is written, or does not keep to it when several write at once"),
    )
    .state("Two promotions at once would overwrite each other's records there, and nobody would see it.")
    .hint("use a store that checks `If-None-Match` and `If-Match` on puts, or `ledger = \"s3://OTHER-BUCKET/prefix/\"`");
    for note in &found.notes {
        failure = failure.state(note.clone());
    }
    Err(failure)
}
