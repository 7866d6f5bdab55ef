//! A verification as a page.

use crate::page::{Page, Sign, Style, Text};
use crate::words::{count, digest, last, moment, short};
use chrono_tz::Tz;
use promote_core::invocation::Invocation;
use promote_core::lease::going_back;
use promote_core::report::{LedgerCheck, OpenPromotion, RecordedTarget, TargetCheck, VerifyReport};

/// The page.
pub fn page(report: &VerifyReport, zone: Tz) -> Page {
    let mut page = Page::default();
    let sign = if report.matches { Sign::Good } else { Sign::Bad };
    page.headline(sign, title(report));
    page.blank();
    let targets: Vec<&TargetCheck> = report.targets.iter().flatten().collect();
    for target in &targets {
        let beside = targets.iter().filter(|one| one.environment == target.environment);
        check(&mut page, target, &Beside::of(beside.copied()), zone);
    }
    for source in report.sources.iter().flatten().filter(|source| source.detail.is_some()) {
        let what = placed(&source.source, |name| format!("source   {name}"));
        page.line(match source.matches {
            true => Text::plain("  ").and("? ", Style::Warn).then(what),
            false => bad(what),
        });
        page.line(format!("             {}", source.detail.as_deref().unwrap_or_default()));
    }
    for chain in report.chains.iter().flatten() {
        let what = format!("ledger   {}: {}", chain.lane, plural(chain.records));
        if chain.intact {
            page.line(good(format!("{what}, chain intact")));
        } else {
            page.line(bad(format!("{what}, chain broken")));
            for fault in &chain.faults {
                page.line(format!("             {fault}"));
            }
        }
    }
    if let Some(found) = &report.ledger {
        ledger(&mut page, found);
    }
    page
}

/// What lies beside the chains, what nothing proves, and what no check finds.
fn ledger(page: &mut Page, found: &LedgerCheck) {
    let what = format!(
        "ledger   {} and {}",
        count(several(found.releases), "release"),
        count(several(found.words), "mark")
    );
    if found.intact {
        page.line(good(format!("{what} on them, as the records name them")));
    } else {
        page.line(bad(format!("{what} on them: not what they should be")));
        for fault in &found.faults {
            page.line(format!("             {fault}"));
        }
    }
    let unproven = [
        (found.unnamed_manifests, "manifest", "that no record names yet"),
        (found.named_by_artifacts, "manifest", "of which records name the artifacts alone"),
        (found.unnamed_words, "mark", "that no record names yet"),
    ];
    for (number, kind, why) in unproven.into_iter().filter(|(number, ..)| *number > 0) {
        let line = format!("  not proven: {} {why}", count(several(number), kind));
        page.line(Text::new(line, Style::Dim));
    }
    page.blank();
    page.line(Text::new("A check of a ledger can't find:", Style::Dim));
    for limit in &found.not_found {
        page.line(Text::new(format!("  {limit}"), Style::Dim));
    }
}

fn several(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn plural(records: usize) -> String {
    if records == 1 { "1 entry".to_owned() } else { format!("{records} entries") }
}

fn title(report: &VerifyReport) -> Text {
    let project = report.project.as_deref().unwrap_or("ledger");
    let targets = report.targets.iter().flatten();
    let wrong = targets.clone().filter(|target| !target.matches).count();
    let unread = targets.clone().filter(|target| target.unread).count();
    let broken = report.chains.iter().flatten().filter(|chain| !chain.intact).count()
        + usize::from(report.ledger.as_ref().is_some_and(|ledger| !ledger.intact));
    let changed = report.sources.iter().flatten().filter(|source| !source.matches).count();
    let unknown = report.sources.iter().flatten().filter(|source| source.state == "unknown").count();
    let words = match (wrong, broken) {
        (0, 0) if changed > 0 && unknown == changed => {
            format!("{} can't be checked", count(changed, "source"))
        }
        (0, 0) if changed > 0 => format!("{} changed since", count(changed - unknown, "source")),
        (0, 0) => "everything matches".to_owned(),
        (0, _) => "the ledger can't be trusted".to_owned(),
        (wrong, _) if wrong == unread => {
            format!("{} can't be compared with the ledger", count(wrong, "target"))
        }
        (wrong, _) => {
            let verb = if wrong == 1 { "does" } else { "do" };
            format!("{wrong} of {} {verb} not match", count(targets.count(), "target"))
        }
    };
    Text::new(format!("{project}: {words}"), Style::Strong)
}

fn good(text: impl Into<Text>) -> Text {
    Text::plain("  ").and("✓ ", Style::Good).then(text.into())
}

fn bad(text: impl Into<Text>) -> Text {
    Text::plain("  ").and("✗ ", Style::Bad).then(text.into())
}

/// What is said of a location: of its last name, and in full of the whole.
fn placed(location: &str, said: impl Fn(&str) -> String) -> Text {
    Text::plain(said(last(location))).in_full(said(&format!("`{location}`")))
}

/// What is wrong with the targets of an environment: all of them move together, so each hint is about all of them.
#[derive(Default)]
struct Beside {
    /// Whether something inside a folder differs, or a target is missing: that can't be recorded as it is.
    broken: bool,
    /// Whether something lies there that no promotion replaces.
    odd: bool,
    /// Whether somebody else wrote a target.
    drifted: bool,
}

impl Beside {
    fn of<'t>(targets: impl Iterator<Item = &'t TargetCheck>) -> Self {
        targets.fold(Self::default(), |all, target| {
            let wrong = !target.matches && !target.unread;
            let absent = !target.unread && target.recorded_at.is_none() && target.found.is_none();
            Self {
                broken: all.broken || absent || target.unfit || wrong && !target.inside.is_empty(),
                odd: all.odd || wrong && target.odd,
                drifted: all.drifted || target.drifted,
            }
        })
    }
}

/// The ways to bring ledger and targets together again.
fn ways(page: &mut Page, target: &TargetCheck, beside: &Beside) {
    let name = &target.environment;
    if target.recorded_at.is_some() {
        let brings = target
            .back
            .as_ref()
            .map(|line| format!(", or `{line}` brings what is recorded to the new place"));
        page.hint(format!("put the old `target` back into the file{}", brings.unwrap_or_default()));
        return;
    }
    if beside.odd {
        page.hint(
            "put a file in place of each thing that is none, or remove it, then run the same command again",
        );
        return;
    }
    match (&target.back, target.recorded.as_ref().and_then(|recorded| recorded.sha.as_deref())) {
        (Some(line), _) => page.hint(format!("`{line}` puts the recorded release back")),
        (None, Some(sha)) => {
            let line = Invocation::new("plan").word(name).word(short(sha)).including(&target.along);
            page.hint(format!("`{line}` says what keeps the recorded release from being put back"));
        }
        (None, None) => {}
    }
    if !beside.broken {
        page.hint(format!("`promote adopt {name} --reason TEXT` records what is there now"));
    }
}

fn check(page: &mut Page, target: &TargetCheck, beside: &Beside, zone: Tz) {
    let name = &target.environment;
    let recorded = target.recorded.as_ref();
    let sha = recorded.and_then(|recorded| recorded.sha.as_deref()).map_or("what was adopted", short);
    let marks = recorded.map(|recorded| crate::words::marks(&recorded.allowed)).unwrap_or_default();
    if target.matches {
        let line = good(placed(&target.target, |last| match recorded {
            Some(_) => format!("{name:<8} {last} is {sha}{marks}, as recorded"),
            None => format!("{name:<8} {last} is not there, as recorded"),
        }));
        page.line(match &target.open {
            Some(open) => line.and(format!("; promotion {} is unfinished", open.promotion), Style::Warn),
            None => line,
        });
        left_over(page, target);
        return;
    }
    page.line(bad(placed(&target.target, |last| match recorded {
        _ if target.unread => format!("{name:<8} {last} can't be compared with the ledger"),
        _ if target.recorded_at.is_some() => {
            format!("{name:<8} {} of {sha}{marks} is not where it was put", target.artifact)
        }
        Some(recorded) if same(recorded, target) => {
            format!("{name:<8} {last} has the bytes of {sha}{marks}, and was written again")
        }
        Some(_) => format!("{name:<8} {last} is not {sha}{marks}"),
        None => format!("{name:<8} {last} is there, and nothing is recorded"),
    })));
    if !target.inside.is_empty() {
        let inside = target.inside.join("; ");
        let whole = target.detail.as_deref().and_then(|detail| detail.strip_suffix(&inside));
        let whole = whole.map(|whole| whole.trim_end_matches("; ")).filter(|whole| !whole.is_empty());
        for line in whole.into_iter().chain(target.inside.iter().map(String::as_str)) {
            page.line(format!("             {line}"));
        }
        left_over(page, target);
        match (&target.open, recorded, &target.found) {
            (Some(open), ..) => unended(page, (target, beside), open, zone),
            (None, Some(_), _) if target.stays => {
                page.hint(
                    "no promotion takes these files away: delete them; with `prune = true` the next one does",
                );
            }
            (None, Some(_), _) => ways(page, target, beside),
            (None, None, _) if target.recorded_at.is_some() => ways(page, target, beside),
            (None, None, _) if target.unread => {
                page.hint("`promote verify --ledger` checks the whole chain");
            }
            (None, None, _) => page.hint(format!("`promote to {name} COMMIT` brings a release there")),
        }
        return;
    }
    page.full(|page| {
        if let Some(detail) = &target.detail {
            page.line(format!("             {detail}"));
        }
    });
    if let Some(recorded) = recorded {
        page.line(format!(
            "             recorded  {}, entry {}, {} by {}",
            recorded.sha256.as_deref().map_or_else(|| "unknown digest".to_owned(), digest),
            recorded.entry,
            moment(recorded.since, zone),
            recorded.by
        ));
    }
    match &target.found {
        Some(found) => {
            let by = match &found.promotion {
                Some(promotion) => format!("by promotion {promotion}"),
                None => "not by promote".to_owned(),
            };
            page.line(format!(
                "             found     {}, written {}, {by}",
                found.sha256.as_deref().map_or_else(|| format!("{} bytes", found.size), digest),
                moment(found.stored_at, zone)
            ));
            if let Some(stamp) = &found.sha {
                page.line(format!("             it says   it is {}", short(stamp)));
            }
        }
        None => {
            let files = target.detail.as_deref().filter(|_| target.target.ends_with('/'));
            page.line(format!("             found     {}", files.unwrap_or("nothing")));
        }
    }
    if let Some(open) = &target.open {
        unended(page, (target, beside), open, zone);
        return;
    }
    ways(page, target, beside);
}

/// Whether what was found is, byte for byte, what is recorded.
fn same(recorded: &RecordedTarget, target: &TargetCheck) -> bool {
    let found = target.found.as_ref().and_then(|found| found.sha256.as_ref());
    found.is_some() && found == recorded.sha256.as_ref() && target.inside.is_empty()
}

/// What earlier releases left in a folder.
fn left_over(page: &mut Page, target: &TargetCheck) {
    for line in &target.left_over {
        page.line(Text::new(format!("             {line}"), Style::Dim));
    }
    if !target.left_over.is_empty() {
        let why = "             earlier releases had it; without `prune = true` it stays";
        page.line(Text::new(why, Style::Dim));
    }
}

/// The promotion that has not ended, and the ways on.
fn unended(page: &mut Page, (target, beside): (&TargetCheck, &Beside), open: &OpenPromotion, zone: Tz) {
    page.line(format!(
        "             open      promotion {} of {}, {} by {}",
        open.promotion,
        short(&open.sha),
        moment(open.since, zone),
        open.by
    ));
    if target.recorded_at.is_some() {
        page.hint("put the `target` of the ledger back into the file, then run the same command again");
        return;
    }
    // Neither goes on by itself over what somebody else wrote.
    let past = if beside.drifted { " --override drift --reason TEXT" } else { "" };
    let (name, comes_to) = (&target.environment, going_back(open.action));
    let back = open.undo.as_ref().map(|back| format!(", `{back}{past}` {comes_to}"));
    page.hint(format!("`promote resume {name}{past}` finishes it{}", back.unwrap_or_default()));
}
