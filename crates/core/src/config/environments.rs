//! The environments: each one's table over the defaults at the top level, with the default rules.

use super::artifacts::{self, Owner, Spot};
use super::diagnostic::Diagnostic;
use super::evidence;
use super::judge;
use super::layers::Layers;
use super::model::{Approvals, Environment, Notify, OnFailure, StrengthLevel, WhileDeploying};
use super::order::{Order, tier_of};
use super::reading::{Reading, Table, integer, several};
use super::steps;
use crate::names::{EnvironmentName, LaneName, ProjectName, escape};
use crate::step::Step;
use crate::suggest::closest;
use crate::template::{Template, Values};
use crate::tier::Tier;
use std::ops::Range;
use std::time::Duration;

/// An environment, with what later checks need.
#[derive(Debug)]
pub(super) struct Draft<'a, 't> {
    pub(super) environment: Environment,
    pub(super) spots: Vec<Spot>,
    /// Where findings about the environment as a whole are shown.
    pub(super) span: Range<usize>,
    pub(super) layers: Layers<'a, 't>,
}

/// The time for a step, where none is given.
const TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Reads all environments, in order.
pub(super) fn read<'a, 't>(
    reading: &mut Reading<'_, '_>,
    root: &'a Table<'t>,
    order: &Order,
    project: &ProjectName,
) -> Vec<Draft<'a, 't>> {
    let tables = root.get("env").and_then(|env| env.get_ref().as_table());
    let mut missing = false;
    let mut drafts = Vec::new();
    for (name, named) in &order.named {
        let own = tables.and_then(|tables| tables.get(name.as_str()));
        let layers = Layers::new(own.and_then(|own| own.get_ref().as_table()), Some(root));
        let owner = Owner { env: name, project, span: named, starts: false, prune: false };
        // What one environment misses, the others most likely miss as well: once is enough.
        let spots = if missing { None } else { artifacts::read(reading, &layers, owner) };
        missing |= spots.is_none();
        for value in layers.get("needs").map(several).unwrap_or_default() {
            artifacts::place(reading, value, owner);
        }
        let span = own.map_or_else(|| named.clone(), |own| own.span());
        let environment = environment(reading, &layers, order, owner, spots.as_deref().unwrap_or_default());
        drafts.extend(environment.map(|environment| Draft {
            environment,
            spots: spots.unwrap_or_default(),
            span,
            layers,
        }));
    }
    drafts
}

fn environment(
    reading: &mut Reading<'_, '_>,
    keys: &Layers<'_, '_>,
    order: &Order,
    owner: Owner<'_>,
    spots: &[Spot],
) -> Option<Environment> {
    let name = owner.env.clone();
    let stage = order.stage(&name)?;
    let from = from(reading, keys, order, &name, stage);
    let soak = keys.duration("soak").unwrap_or_default();
    if let Some(value) = keys.own("soak").filter(|_| from.is_empty() && !soak.is_zero()) {
        let message = format!("`soak` has no effect: `{name}` promotes from no other environment");
        reading.found.push(Diagnostic::warning(value.span(), message));
    }
    let settled =
        Values { env: Some(name.clone()), project: Some(owner.project.clone()), ..Values::default() };
    let settle = |key| keys.text(key).map(|text| steps::settle(text, &settled));
    let workdir: Option<Template> = keys.parsed("workdir");
    let run = |key| steps::read(keys.get(key), &settled, workdir.as_ref());
    let context = reading.context;
    let needs = keys.get("needs").map(several).unwrap_or_default();
    let tier = tier(reading, keys, order, owner, stage);
    Some(Environment {
        lane: name.as_str().parse::<LaneName>().ok()?,
        tier,
        auto: keys.flag("auto").unwrap_or(stage == 0),
        artifacts: spots.iter().map(|spot| spot.artifact.clone()).collect(),
        needs: needs
            .into_iter()
            .filter_map(|need| super::locations::template(need.get_ref().as_str()?, context).ok())
            .collect(),
        branch: settle("branch"),
        soak,
        approvals: approvals(reading, keys),
        checks: super::checks::read(reading, keys),
        evidence: evidence::read(reading, keys),
        versions: keys.parsed("versions"),
        freeze: keys.list("freeze"),
        open: keys.list("open"),
        notes: keys.list("notes"),
        plan: run("plan"),
        prepare: run("prepare"),
        deploy: run("deploy"),
        verify: run("verify"),
        on_failure: if keys.text("on-failure") == Some("rollback") {
            OnFailure::Rollback
        } else {
            OnFailure::Stop
        },
        while_deploying: while_deploying(reading, keys, &run("deploy")),
        timeout: keys.duration("timeout").unwrap_or(TIMEOUT),
        workdir: workdir.clone(),
        url: settle("url"),
        hold: keys.flag("hold").unwrap_or(true),
        notify: notify(&keys.below("notify"), tier),
        from,
        name,
    })
}

/// `from`, or the whole stage before.
fn from(
    reading: &mut Reading<'_, '_>,
    keys: &Layers<'_, '_>,
    order: &Order,
    name: &EnvironmentName,
    stage: usize,
) -> Vec<EnvironmentName> {
    let Some(value) = keys.get("from") else {
        return stage.checked_sub(1).and_then(|before| order.stages.get(before)).cloned().unwrap_or_default();
    };
    let mut list: Vec<EnvironmentName> = Vec::new();
    for item in several(value) {
        let Some(Ok(from)) = item.get_ref().as_str().map(str::parse::<EnvironmentName>) else { continue };
        match order.stage(&from) {
            None => {
                let label = match closest(from.as_str(), order.named.iter().map(|(name, _)| name.as_str())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "not one of them".to_owned(),
                };
                let message = format!(
                    "`{name}` promotes from `{}`, which is not in `environments`",
                    escape(from.as_str())
                );
                let found = Diagnostic::error(item.span(), message).label(label);
                reading.found.push(found.also(order.span.clone(), "the environments"));
            }
            Some(other) if other >= stage => {
                let message = format!("`{name}` promotes from `{from}`, which does not come before it");
                let found = Diagnostic::error(item.span(), message);
                reading.found.push(found.also(order.span.clone(), "the order"));
            }
            Some(_) if list.contains(&from) => {
                reading.error(item.span(), format!("`{from}` is listed twice in `from`"));
            }
            Some(_) => list.push(from),
        }
    }
    list
}

fn tier(
    reading: &mut Reading<'_, '_>,
    keys: &Layers<'_, '_>,
    order: &Order,
    owner: Owner<'_>,
    stage: usize,
) -> Tier {
    match keys.text("tier") {
        Some("production") => return Tier::Production,
        Some("staging") => return Tier::Staging,
        Some("test") => return Tier::Test,
        Some("development") => return Tier::Development,
        // Any other was refused.
        Some(_) => return tier_of(owner.env.as_str()).unwrap_or(Tier::Production),
        None => {}
    }
    tier_of(owner.env.as_str()).unwrap_or_else(|| {
        let last = stage + 1 == order.stages.len();
        let (tier, word) = if last { (Tier::Production, "production") } else { (Tier::Staging, "staging") };
        let message = format!("`{}` does not tell its tier, so `{word}` is assumed", owner.env);
        let found = Diagnostic::advice(owner.span.clone(), message);
        reading
            .found
            .push(found.hint(format!("write `tier = \"{word}\"` in `[env.{}]`, or another", owner.env)));
        tier
    })
}

/// `while-deploying`: a newer promotion may overtake only where what deploys puts the older one aside by itself.
fn while_deploying(reading: &mut Reading<'_, '_>, keys: &Layers<'_, '_>, deploy: &[Step]) -> WhileDeploying {
    let Some(value) =
        keys.get("while-deploying").filter(|_| keys.text("while-deploying") == Some("supersede"))
    else {
        return WhileDeploying::Refuse;
    };
    let Some(why) = judge::overtaking(deploy) else { return WhileDeploying::Supersede };
    let found = Diagnostic::error(
        value.span(),
        "`supersede` needs `deploy` steps that are pipelines which supersede by themselves",
    )
    .label(why)
    .hint("only `codepipeline` does; leave `while-deploying` out, or write `refuse`");
    reading.found.push(found);
    WhileDeploying::Refuse
}

/// A count, or a table; a table lies over a count as over `{ count = … }`.
fn approvals(reading: &mut Reading<'_, '_>, keys: &Layers<'_, '_>) -> Approvals {
    let count = |value: Option<&super::reading::Value<'_>>| {
        value.and_then(integer).and_then(|count| u32::try_from(count).ok())
    };
    let Some(value) = keys.get("approvals") else { return Approvals::default() };
    if let Some(count) = count(Some(value)) {
        return Approvals { count, ..Approvals::default() };
    }
    let inner = keys.below("approvals");
    if let Some(value) = inner.get("strength").filter(|_| inner.text("strength") == Some("signed"))
        && keys.base("signers").is_none()
    {
        let found =
            Diagnostic::error(value.span(), "`signed` needs `signers`, the file of those whose keys count");
        reading.found.push(
            found.label("nobody's signature counts").hint("write `signers = \"allowed_signers\"` at the top"),
        );
    }
    Approvals {
        count: inner.number("count").or_else(|| count(keys.base("approvals"))).unwrap_or(1),
        from: inner.list("from"),
        expires: inner.duration("expires"),
        own: inner.flag("self").unwrap_or(false),
        reviews: inner.flag("reviews").unwrap_or(false),
        strength: match inner.text("strength") {
            Some("claimed") => StrengthLevel::Claimed,
            Some("signed") => StrengthLevel::Signed,
            _ => StrengthLevel::Verified,
        },
    }
}

/// What is told where the file does not say; of production, that it took something as well.
const TOLD: [&str; 5] = ["waiting", "failed", "rolled-back", "overridden", "drift"];

fn notify(keys: &Layers<'_, '_>, tier: Tier) -> Notify {
    let also = (tier == Tier::Production).then_some("succeeded");
    let on = match keys.get("on") {
        Some(_) => keys.list("on"),
        None => TOLD.into_iter().chain(also).map(str::to_owned).collect(),
    };
    Notify {
        slack: keys.owned("slack"),
        webhook: keys.owned("webhook"),
        cdevents: keys.owned("cdevents"),
        on,
    }
}
