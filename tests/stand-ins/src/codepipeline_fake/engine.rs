//! What pipelines do: executions that pass from action to action as time goes by, wait before stages that are occupied or
//! closed, are overtaken there, wait for people, fail, and are stopped.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

/// How a pipeline is made.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The bucket that its source action watches.
    pub bucket: String,
    /// The key in it.
    pub key: String,
    /// The stages after `Source`, each with its actions; one called `Approval` waits for a person.
    pub stages: Vec<(String, Vec<String>)>,
    /// Whether an execution that waits is overtaken by a newer one (`SUPERSEDED`), or keeps its turn (`QUEUED`).
    pub superseding: bool,
    /// What the source action says of `PollForSourceChanges`.
    pub polls: bool,
    /// Whether a start may name another key (`AllowOverrideForS3ObjectKey`).
    pub any_key: bool,
    /// Whether no rule tells it of writes: it begins when somebody starts it.
    pub deaf: bool,
}

impl Shape {
    /// `Source`, `Build`, `Deploy`, which is started by a rule.
    pub fn of(bucket: &str, key: &str) -> Self {
        let stage = |name: &str, action: &str| (name.to_owned(), vec![action.to_owned()]);
        Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            stages: vec![stage("Build", "CodeBuild"), stage("Deploy", "CodeDeploy")],
            superseding: true,
            polls: false,
            any_key: false,
            deaf: false,
        }
    }

    /// The same with an approval between `Source` and the rest.
    #[must_use]
    pub fn with_approval(mut self) -> Self {
        self.stages.insert(0, ("Approve".to_owned(), vec!["Approval".to_owned()]));
        self
    }
}

/// What one execution does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How long after the write it begins.
    pub late: Duration,
    /// How long each action takes.
    pub each: Duration,
    /// The action that fails, with its message and link.
    pub fails: Option<(String, String, String)>,
    /// Whether the write is told twice, so that a second execution begins.
    pub twice: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { late: Duration::from_millis(50), each: Duration::from_millis(100), fails: None, twice: false }
    }
}

/// A version of an object that was written.
#[derive(Debug, Clone, Default)]
pub struct Landed {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version; without one, CodePipeline has nothing to take.
    pub version: Option<String>,
    /// What the object's metadata says for people.
    pub summary: Option<String>,
}

/// One action of one execution.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) stage: String,
    pub(crate) action: String,
    pub(crate) id: String,
    pub(crate) began: SystemTime,
    pub(crate) status: &'static str,
    pub(crate) message: Option<String>,
    pub(crate) link: Option<String>,
    /// The token of an approval.
    pub(crate) token: Option<String>,
}

/// One execution.
#[derive(Debug, Clone)]
pub(crate) struct Exec {
    pub(crate) id: String,
    pub(crate) pipeline: String,
    pub(crate) version: String,
    pub(crate) summary: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) trigger: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) stop_reason: Option<String>,
    pub(crate) began: SystemTime,
    pub(crate) plan: Plan,
    pub(crate) runs: Vec<Run>,
    /// The stage that it is in, and the one before which it waits.
    pub(crate) stage: usize,
    pub(crate) waits: bool,
    /// The stage after which it ends.
    pub(crate) until: usize,
}

/// One pipeline.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) shape: Shape,
    pub(crate) stages: Vec<(String, Vec<String>)>,
    pub(crate) closed: BTreeMap<String, String>,
    pub(crate) executions: Vec<Exec>,
    plans: VecDeque<Plan>,
    /// Writes that were told and have not started an execution yet.
    coming: Vec<(SystemTime, Landed, Plan)>,
    pub(crate) tokens: BTreeMap<String, String>,
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) pipelines: BTreeMap<String, Pipeline>,
    pub(crate) throttled: u32,
    pub(crate) refused: BTreeMap<String, (String, String)>,
    pub(crate) requests: Vec<(String, serde_json::Value)>,
    count: u64,
}

impl World {
    pub(crate) fn add(&mut self, name: &str, shape: Shape) {
        let mut stages = vec![("Source".to_owned(), vec!["Zip".to_owned()])];
        stages.extend(shape.stages.iter().cloned());
        let pipeline = Pipeline {
            shape,
            stages,
            closed: BTreeMap::new(),
            executions: Vec::new(),
            plans: VecDeque::new(),
            coming: Vec::new(),
            tokens: BTreeMap::new(),
        };
        self.pipelines.insert(name.to_owned(), pipeline);
    }

    pub(crate) fn plan(&mut self, name: &str, plans: impl IntoIterator<Item = Plan>) {
        if let Some(pipeline) = self.pipelines.get_mut(name) {
            pipeline.plans.extend(plans);
        }
    }

    pub(crate) fn close(&mut self, name: &str, stage: &str, reason: Option<&str>) {
        let Some(pipeline) = self.pipelines.get_mut(name) else { return };
        match reason {
            Some(reason) => pipeline.closed.insert(stage.to_owned(), reason.to_owned()),
            None => pipeline.closed.remove(stage),
        };
    }

    /// A number nobody else has, in the form of the service's ids.
    pub(crate) fn id(&mut self) -> String {
        self.count += 1;
        format!("{:08x}-5e1f-4a3c-9d2b-{:012x}", std::process::id(), self.count)
    }

    pub(crate) fn landed(&mut self, landed: &Landed) {
        let now = SystemTime::now();
        for pipeline in self.pipelines.values_mut() {
            if (pipeline.shape.bucket.as_str(), pipeline.shape.key.as_str())
                != (&*landed.bucket, &*landed.key)
                || pipeline.shape.deaf
            {
                continue;
            }
            let plan = pipeline.plans.pop_front().unwrap_or_default();
            // A bucket without versions gives the source action nothing to name.
            if landed.version.is_none() {
                continue;
            }
            if plan.twice {
                let again =
                    Plan { twice: false, late: plan.late + Duration::from_millis(150), ..Plan::default() };
                pipeline.coming.push((now + again.late, landed.clone(), again));
            }
            pipeline.coming.push((now + plan.late, landed.clone(), plan));
        }
        self.advance();
    }

    /// Begins an execution.
    pub(crate) fn begin(
        &mut self,
        name: &str,
        landed: &Landed,
        trigger: &'static str,
        plan: Option<Plan>,
    ) -> Option<String> {
        let id = self.id();
        let pipeline = self.pipelines.get_mut(name)?;
        let plan = plan.or_else(|| pipeline.plans.pop_front()).unwrap_or_default();
        let until = pipeline.stages.len().saturating_sub(1);
        pipeline.executions.push(Exec {
            id: id.clone(),
            pipeline: name.to_owned(),
            version: landed.version.clone().unwrap_or_default(),
            summary: landed.summary.clone(),
            status: "InProgress",
            trigger,
            kind: "STANDARD",
            stop_reason: None,
            began: SystemTime::now(),
            plan,
            runs: Vec::new(),
            stage: 0,
            waits: true,
            until,
        });
        Some(id)
    }

    /// Lets everything happen that has become due.
    pub(crate) fn advance(&mut self) {
        let now = SystemTime::now();
        let names: Vec<String> = self.pipelines.keys().cloned().collect();
        for name in names {
            let due = self.pipelines.get_mut(&name).map(|pipeline| {
                let (mut due, later): (Vec<_>, Vec<_>) =
                    std::mem::take(&mut pipeline.coming).into_iter().partition(|(at, ..)| *at <= now);
                pipeline.coming = later;
                due.sort_by_key(|(at, ..)| *at);
                due
            });
            for (_, landed, plan) in due.unwrap_or_default() {
                self.begin(&name, &landed, "CloudWatchEvent", Some(plan));
            }
            let mut ids: VecDeque<String> = (0..64).map(|_| self.id()).collect();
            if let Some(pipeline) = self.pipelines.get_mut(&name) {
                while pipeline.step(now, &mut ids) && !ids.is_empty() {}
            }
        }
    }
}

impl Pipeline {
    /// What the newest execution waits for.
    pub(crate) fn waits_for(&self) -> Option<String> {
        let newest = self.executions.last().filter(|one| one.status == "InProgress")?;
        let answer = newest.runs.iter().find(|run| run.status == "InProgress" && run.token.is_some());
        let stage = || newest.waits.then(|| self.stages.get(newest.stage).map(|(name, _)| name.clone()));
        answer.map(|run| format!("{}/{}", run.stage, run.action)).or_else(|| stage().flatten())
    }

    /// Moves the first execution that can move by one action or stage; says whether there was one.
    fn step(&mut self, now: SystemTime, ids: &mut VecDeque<String>) -> bool {
        self.overtake();
        (0..self.executions.len()).any(|at| self.step_one(at, now, ids))
    }

    /// Of those that wait before the same stage, only the newest stays.
    fn overtake(&mut self) {
        if !self.shape.superseding {
            return;
        }
        let waiting = |one: &Exec| one.status == "InProgress" && one.waits;
        for at in 0..self.executions.len() {
            let Some(stage) = self.executions.get(at).filter(|one| waiting(one)).map(|one| one.stage) else {
                continue;
            };
            let newer = self.executions.iter().skip(at + 1).any(|one| waiting(one) && one.stage == stage);
            if newer && let Some(old) = self.executions.get_mut(at) {
                old.status = "Superseded";
            }
        }
    }

    fn is_free(&self, stage: usize, but: usize) -> bool {
        let in_it =
            |one: &Exec| !one.waits && one.stage == stage && matches!(one.status, "InProgress" | "Stopping");
        !self.executions.iter().enumerate().any(|(at, one)| at != but && in_it(one))
    }

    fn step_one(&mut self, at: usize, now: SystemTime, ids: &mut VecDeque<String>) -> bool {
        let Some(one) = self.executions.get(at) else { return false };
        let stage = one.stage;
        let Some((name, actions)) = self.stages.get(stage).cloned() else { return false };
        if one.status == "Stopping" && !one.runs.iter().any(|run| run.status == "InProgress") {
            return self.set(at, "Stopped");
        }
        if one.status != "InProgress" && one.status != "Stopping" {
            return false;
        }
        if one.waits {
            let earlier = !self.shape.superseding
                && self
                    .executions
                    .iter()
                    .take(at)
                    .any(|it| it.waits && it.status == "InProgress" && it.stage == stage);
            if earlier || self.closed.contains_key(&name) || !self.is_free(stage, at) {
                return false;
            }
            if let Some(one) = self.executions.get_mut(at) {
                one.waits = false;
            }
            return true;
        }
        let Some(one) = self.executions.get_mut(at) else { return false };
        let each = one.plan.each;
        let fails = one.plan.fails.clone();
        let stopping = one.status == "Stopping";
        for action in &actions {
            let Some(run) = one.runs.iter_mut().find(|run| run.stage == name && run.action == *action) else {
                if stopping {
                    return self.set(at, "Stopped");
                }
                let id = ids.pop_front().unwrap_or_default();
                let token = (action == "Approval").then(|| format!("token-{id}"));
                one.runs.push(Run {
                    stage: name.clone(),
                    action: action.clone(),
                    id,
                    began: now,
                    status: "InProgress",
                    message: None,
                    link: None,
                    token,
                });
                return true;
            };
            if run.status == "InProgress" {
                if run.token.is_some() || run.began + each > now {
                    return false;
                }
                run.status = "Succeeded";
                if let Some((_, message, link)) = fails.filter(|(bad, ..)| bad == action) {
                    run.status = "Failed";
                    (run.message, run.link) = (Some(message), Some(link));
                }
                return true;
            }
            if run.status == "Failed" {
                return self.set(at, "Failed");
            }
        }
        if stage >= one.until {
            return self.set(at, "Succeeded");
        }
        if stopping {
            return self.set(at, "Stopped");
        }
        one.stage += 1;
        one.waits = true;
        true
    }

    fn set(&mut self, at: usize, status: &'static str) -> bool {
        if let Some(one) = self.executions.get_mut(at) {
            one.status = status;
        }
        true
    }
}
