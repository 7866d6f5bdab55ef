//! `deploying`: from the commit to the outcome the lane takes nothing else. Two deployments side by side end with
//! whichever is slower, whatever the ledger says.

use super::{Facts, Finding};
use crate::config::WhileDeploying;
use crate::deploying::Deploying;
use crate::lease;
use crate::ledger::Action;

/// Whether every environment of the lane says that a newer promotion may overtake.
fn supersedes(facts: &Facts<'_>) -> bool {
    let lane = facts.config.lanes.iter().find(|lane| lane.name == facts.environment.lane);
    let members = lane.into_iter().flat_map(|lane| &lane.environments);
    let others = members.filter(|name| **name != facts.environment.name);
    let settings = others.filter_map(|name| facts.config.environments.get(name));
    std::iter::once(facts.environment)
        .chain(settings)
        .all(|settings| settings.while_deploying == WhileDeploying::Supersede)
}

pub(crate) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let found = Deploying::seen(facts.config, facts.snapshot)?;
    let last = facts.snapshot.last_heard()?;
    let name = &facts.environment.name;
    let now = facts.snapshot.taken_at;
    let what = found.words(now);
    let request = facts.request;
    let same = found.release.as_ref().is_some_and(|there| there.commit == facts.release.commit);
    let resumes = request.take_over.is_wanted() && request.action == Action::Promote && same;
    let finding = if resumes {
        // What nobody waits for has no process that could still run.
        let judged = if found.left { Ok(()) } else { lease::judge(request.take_over, last, now) };
        match judged {
            Ok(()) => Finding::met("deploying", format!("{what}; it is taken over")),
            Err(at) => Finding::unmet("deploying", format!("{what}; {}", lease::words(last, now)))
                .opens(at)
                .hint(lease::ways_on("resume", facts.config, facts.environment)),
        }
    } else if now >= found.until {
        Finding::met("deploying", format!("{what}; its time is over, and how it ended is not recorded"))
    } else if supersedes(facts) {
        Finding::met("deploying", format!("{what}; `while-deploying` lets a newer promotion overtake it"))
    } else {
        let ways = match found.left {
            true => format!("`promote resume {name}` runs its steps"),
            false => format!(
                "wait for its end (`promote status {name}`); `promote resume {name}` goes on when its process is gone"
            ),
        };
        Finding::unmet("deploying", what)
            .hint(format!("{ways}, `--override deploying --reason TEXT` overtakes it"))
    };
    Some(found.evidence().fold(finding, |finding, (name, value)| finding.with(name, value)))
}
