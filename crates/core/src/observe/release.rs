//! From the name of a release to everything known of it. A release is what was published: a commit with a manifest
//! in the ledger.

use super::barred::{barred, is_barred};
use super::by_name::{refused, tagged};
use super::previous::previous;
use super::{evidence, folders};
use crate::commit::{CommitId, CommitPrefix};
use crate::config::{Config, Environment};
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::others;
use crate::ledger::manifest::FILE;
use crate::ledger::{Action, Block, BuiltArtifact, Head, LedgerError, ReleaseEntry, ReleaseRef, State, Word};
use crate::names::EnvironmentName;
use crate::port::Object;
use crate::ports::ReadPorts;
use crate::request::{Request, Wanted};
use crate::snapshot::{Candidate, Doom, Findings, Opened};
use crate::undo::{Way, onward, stuck, way};
use futures_util::future::{join, try_join, try_join_all};
use std::collections::BTreeMap;

/// The one published release whose commit begins with `prefix`.
///
/// # Errors
/// `Missing` when there is none or more than one.
pub async fn resolve_prefix(
    view: &ReadPorts,
    prefix: &CommitPrefix,
) -> Result<(CommitId, ReleaseEntry), Failure> {
    let found = view.ledger.releases_of(prefix).await.map_err(LedgerError::read_failure)?;
    let mut published = found.iter().filter(|(_, entry)| entry.published.is_some());
    match (published.next(), published.next()) {
        (Some((commit, entry)), None) => Ok((commit.clone(), entry.clone())),
        (None, _) => Err(unpublished(view, prefix.as_str()).await),
        _ => {
            let names: Vec<&str> = found.keys().take(5).map(|commit| commit.short(12)).collect();
            Err(Failure::new(
                ExitStatus::Missing,
                format!("`{prefix}` fits more than one release: {}", names.join(", ")),
            )
            .hint("give more digits of the commit"))
        }
    }
}

/// That a commit was never published; how it would be, where the repository knows it.
pub(crate) async fn unpublished(view: &ReadPorts, name: &str) -> Failure {
    let known = match &view.history {
        Some(history) => history.resolve(name).await.ok().flatten().is_some(),
        None => false,
    };
    let failure = Failure::new(ExitStatus::Missing, format!("release `{name}` was never published"));
    match known {
        true => failure.hint(format!("`promote publish --commit {name}` puts it in place")),
        false => failure.hint("`promote history` names the releases that were moved"),
    }
}

/// The request with a name that is no environment of this project taken for a tag.
pub(super) fn settled(config: &Config, request: &Request) -> Request {
    let mut request = request.clone();
    if let Wanted::Environment(name) = &request.wanted
        && !config.environments.contains_key(name)
    {
        request.wanted = Wanted::Tag(name.to_string());
    }
    request
}

/// Where a name that is nothing known may have been meant for.
fn unknown(config: &Config, message: String, name: &str) -> Failure {
    let failure = Failure::new(ExitStatus::Missing, message);
    match crate::suggest::closest(name, config.environments.keys().map(EnvironmentName::as_str)) {
        Some(near) => failure.hint(format!("did you mean the environment `{near}`?")),
        None => failure,
    }
}

/// What is known of a release that was named by commit or tag; `None` when its name depends on the ledger's heads.
pub(super) async fn named(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    request: &Request,
) -> Result<Option<Candidate>, Failure> {
    let commit = match &request.wanted {
        Wanted::Unnamed | Wanted::Previous | Wanted::Environment(_) => return Ok(None),
        Wanted::Moving(name) => return Err(refused(view, name).await?),
        Wanted::Commit(prefix) => match prefix.full() {
            Some(commit) => commit,
            None => resolve_prefix(view, prefix).await?.0,
        },
        Wanted::Tag(tag) => {
            let Some(history) = &view.history else {
                let message = format!("no release `{tag}`, and no git repository here to look it up in");
                return Err(unknown(config, message, tag));
            };
            match tagged(history.as_ref(), tag).await? {
                Some(commit) => commit,
                None => {
                    return Err(unknown(config, format!("no release `{tag}`"), tag).hint(
                        "`git fetch --tags` gets the tags of the remote; `promote history` lists releases",
                    ));
                }
            }
        }
    };
    candidate(view, config, environment, &commit).await.map(Some)
}

/// The commit that is meant when none is named; `None` where nothing was there that could come back.
pub(super) fn unnamed(
    environment: &Environment,
    request: &Request,
    heads: &BTreeMap<EnvironmentName, Option<Head>>,
    adopted: Option<&ReleaseRef>,
) -> Result<Option<CommitId>, Failure> {
    let empty = State::default();
    let state_of =
        |name: &EnvironmentName| heads.get(name).and_then(Option::as_ref).map_or(&empty, Head::state);
    let running = |name: &EnvironmentName| state_of(name).release().map(|release| release.commit.clone());
    let nothing = |name: &EnvironmentName| {
        Failure::new(ExitStatus::Missing, format!("no release is recorded in {name} yet"))
            .hint(format!("`promote status {name}` shows what may be moved there"))
    };
    let here = state_of(&environment.name);
    match &request.wanted {
        Wanted::Environment(name) => running(name).map(Some).ok_or_else(|| nothing(name)),
        Wanted::Unnamed if request.action == Action::Promote => {
            if let Some(open) = here.open.as_ref().filter(|_| request.take_over.is_wanted()) {
                return Ok(Some(open.release.commit.clone()));
            }
            match environment.from.as_slice() {
                [] => Err(Failure::new(
                    ExitStatus::Usage,
                    format!("{} is the first environment, so the release must be named", environment.name),
                )
                .hint(format!("`promote to {} COMMIT`", environment.name))),
                [only] => running(only).map(Some).ok_or_else(|| nothing(only)),
                several => {
                    let mut found: Vec<CommitId> = several.iter().filter_map(running).collect();
                    found.sort();
                    found.dedup();
                    match found.as_slice() {
                        [] => Err(nothing(several.first().unwrap_or(&environment.name))),
                        [one] => Ok(Some(one.clone())),
                        _ => Err(Failure::new(
                            ExitStatus::Usage,
                            format!("the environments before {} run different releases", environment.name),
                        )
                        .hint("name the one that is meant")),
                    }
                }
            }
        }
        Wanted::Unnamed if request.action == Action::Redeploy => {
            running(&environment.name).map(Some).ok_or_else(|| nothing(&environment.name))
        }
        // Where nothing was there before, what was begun or did not succeed is taken away again.
        _ => Ok(previous(here)
            .or_else(|| adopted.map(|release| release.commit.clone()))
            .or_else(|| begun(here, request))),
    }
}

/// That nothing was before, with the way that is left: back to what was not verified, or on.
///
/// # Errors
/// What the store answered.
pub(super) async fn no_way_back(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    head: Option<&Head>,
) -> Result<Failure, Failure> {
    let name = &environment.name;
    let failure = Failure::new(ExitStatus::Missing, format!("{name} has no verified release to go back to"));
    let (empty, others, unlisted) = (State::default(), others(config, environment), BTreeMap::new());
    let here = head.map_or(&empty, Head::state);
    let way = |barred: &_| way(here, name, &others, None, false, barred);
    let barred = barred(&view.ledger, &unlisted, |barred| way(barred).and_then(|way| way.to)).await?;
    Ok(match (way(&barred), here.release()) {
        (Some(Way { line, .. }), _) => failure.hint(format!("`{line}` puts back what was not verified")),
        (None, Some(there)) if stuck(here) => {
            let again = !is_barred(&view.ledger, &there.commit, &unlisted).await?;
            failure.hint(onward(name.as_str(), again))
        }
        _ => failure.hint(format!("`promote history {name}` shows what was there")),
    })
}

/// What was brought where nothing was before, and may only be undone.
fn begun(state: &State, request: &Request) -> Option<CommitId> {
    let may = state.open.is_none() || request.take_over.is_wanted();
    state.undoable().filter(|_| may).map(|release| release.commit.clone())
}

/// Everything that is known of one release.
///
/// # Errors
/// `Missing` when it was never published, or what a store answered.
pub async fn candidate(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    commit: &CommitId,
) -> Result<Candidate, Failure> {
    Box::pin(gathered(view, config, environment, commit, None)).await
}

/// The same for whoever checks what is there: a source in whose place lies what can't be one (a symbolic link) stops
/// nothing. Says which these are, by the name of their entry in the manifest, and why.
///
/// # Errors
/// As [`candidate`].
pub(crate) async fn checked(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    commit: &CommitId,
) -> Result<(Candidate, BTreeMap<String, String>), Failure> {
    let mut wrong = BTreeMap::new();
    let found = Box::pin(gathered(view, config, environment, commit, Some(&mut wrong))).await?;
    Ok((found, wrong))
}

async fn gathered(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    commit: &CommitId,
    mut wrong: Option<&mut BTreeMap<String, String>>,
) -> Result<Candidate, Failure> {
    let manifest = async { view.ledger.stored_manifest(commit).await.map_err(LedgerError::read_failure) };
    let entry = async { view.ledger.listed_release(commit).await.map_err(LedgerError::read_failure) };
    let local = async {
        let Some(history) = &view.history else { return Ok((None, Vec::new())) };
        let on_branch = async {
            match &environment.branch {
                // Not being able to tell is an answer of its own here: the rule is then not met.
                Some(branch) => history.on_branch(commit, branch).await.ok().flatten(),
                None => None,
            }
        };
        let tags = async {
            match history.tags(commit).await {
                // Where the version decides, a repository that can't be read must not look like one without tags.
                Err(error) if by_version(environment) => {
                    Err(Failure::from_read("reading the tags of the release", error))
                }
                found => Ok(found.unwrap_or_default()),
            }
        };
        let (on_branch, tags) = join(on_branch, tags).await;
        Ok((on_branch, tags?))
    };
    // The usual place of each source is looked at in the same round; the manifest has the last word on where it is.
    let guess = guesses(config, environment, commit);
    let sources = async {
        let looks = guess.iter().map(|(name, location)| async move {
            let store = view.store(&location.store)?;
            let whole = environment.artifacts.iter().any(|one| one.name() == name && folders::is_read(one));
            Ok::<_, Failure>((location, folders::open(&**store, location, whole).await))
        });
        try_join_all(looks).await
    };
    let ((manifest, entry), (looked, (on_branch, tags))) =
        try_join(try_join(manifest, entry), try_join(sources, local)).await?;
    let Some((manifest, digest)) = manifest else { return Err(unpublished(view, commit.as_str()).await) };
    let (mut found, mut opened) = (BTreeMap::new(), BTreeMap::new());
    for artifact in &environment.artifacts {
        let Some((entry, built)) = manifest.artifact(artifact.name(), &environment.name) else { continue };
        let early = looked.iter().find(|(location, _)| **location == built.location);
        let (object, folder) = match early {
            Some((_, Ok((object, folder)))) if !moved_on(built, object.as_ref()) => {
                (object.clone(), folder.clone())
            }
            _ => match (source(view, built, folders::is_read(artifact)).await, &mut wrong) {
                (Ok(found), _) => found,
                (Err(failure), Some(wrong)) if failure.is_finding() => {
                    wrong.insert(entry, failure.words());
                    continue;
                }
                (Err(failure), _) => return Err(failure),
            },
        };
        opened.extend(folder.map(|folder| (entry.clone(), folder)));
        found.insert(entry, object);
    }
    let mut read = BTreeMap::from([(FILE.to_owned(), digest)]);
    let words = Word::ALL.into_iter().filter(|word| entry.number(*word) > 0);
    let words = try_join_all(words.map(|word| said(view, commit, word, &entry)));
    let asked = evidence::asked(config, &environment.lane);
    let (words, evidence) = try_join(words, evidence::evidence(view, commit, asked, &entry)).await?;
    let (mut blocked, mut doomed) = (None, None);
    for (word, said, digest) in words {
        read.extend(digest.map(|digest| (word.rest(entry.number(word)), digest)));
        match word {
            Word::Block => blocked = said,
            Word::Doom => doomed = said,
            Word::Pin | Word::Erase => {}
        }
    }
    for (name, stored) in evidence.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one))) {
        let digest = stored.digest.filter(|_| stored.content.is_ok());
        read.extend(digest.map(|digest| (format!("evidence/{name}/{}", stored.file), digest)));
    }
    // That they are gone counts also where nobody says any more that they were to go.
    let lost = || Block { reason: String::new(), by: String::new(), at: view.clock.now() };
    let doomed = doomed.or_else(|| entry.gone.map(|_| lost()));
    let doomed = doomed.map(|said| Doom { said, begun: entry.erasing() || entry.gone.is_some() });
    let findings = Findings { last: entry.seen, ..Findings::default() };
    let (identities, folders) = (BTreeMap::new(), opened);
    let sources = found;
    Ok(Candidate {
        manifest,
        blocked,
        doomed,
        on_branch,
        tags,
        read,
        sources,
        folders,
        identities,
        findings,
        evidence,
    })
}

/// Whether it depends on the release's version if, or to where, it moves.
fn by_version(environment: &Environment) -> bool {
    let targets = environment.artifacts.iter().filter_map(|artifact| artifact.target.as_ref());
    let mut named = targets.chain(&environment.needs);
    environment.versions.is_some() || named.any(crate::template::Template::uses_version)
}

/// What the newest entry of a word says, where that is in force, and the digest of what is stored. A block whose entry
/// can't be found or read any more still counts, and so does one that such an entry would lift.
async fn said(
    view: &ReadPorts,
    commit: &CommitId,
    word: Word,
    entry: &ReleaseEntry,
) -> Result<(Word, Option<Block>, Option<Digest>), Failure> {
    let newest = view.ledger.newest_said(commit, word, entry).await.map_err(LedgerError::read_failure)?;
    let holds = match word {
        Word::Block => entry.blocked() || newest.said.is_none(),
        Word::Doom => entry.doomed(),
        Word::Pin | Word::Erase => false,
    };
    let digest = newest.digest;
    Ok((word, holds.then(|| newest.or_lost(view.clock.now())), digest))
}

/// Whether the tag of an image names something else than when the release was published. The image itself is then
/// looked for by its digest, which nobody can move.
fn moved_on(built: &BuiltArtifact, found: Option<&Object>) -> bool {
    built.location.is_image() && found.and_then(|object| object.sha256) != Some(built.sha256)
}

/// A source as it lies. `whole`: of a folder, all files will matter.
pub(super) async fn source(
    view: &ReadPorts,
    built: &BuiltArtifact,
    whole: bool,
) -> Result<(Option<Object>, Option<Opened>), Failure> {
    let store = view.store(&built.location.store)?;
    let failed = |error| Failure::from_read_of(&built.location, error);
    let (found, opened) = folders::open(&**store, &built.location, whole).await.map_err(failed)?;
    if !moved_on(built, found.as_ref()) {
        return Ok((found, opened));
    }
    let Ok(digest) = built.sha256.to_string().parse() else { return Ok((found, opened)) };
    Ok((store.head(&digest).await.map_err(failed)?, opened))
}

fn guesses(
    config: &Config,
    environment: &Environment,
    commit: &CommitId,
) -> Vec<(String, crate::location::Location)> {
    let values = crate::template::Values {
        sha: Some(commit.clone()),
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        ..Default::default()
    };
    environment
        .artifacts
        .iter()
        .filter(|artifact| artifact.kind != crate::config::ArtifactKind::Git)
        .filter_map(|artifact| {
            Some((artifact.name().to_owned(), crate::place::locate(&artifact.source, &values).ok()?))
        })
        .collect()
}
