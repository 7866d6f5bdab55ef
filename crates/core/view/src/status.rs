//! A status as a page.

use crate::page::{Mark, Node, Page, Rows, Sign, Style, Text};
use crate::words::{beginning, count, marks, moment, short, span};
use chrono_tz::Tz;
use promote_core::report::{EnvironmentStatus, Next, Standing, StatusReport};

/// The page.
pub fn page(report: &StatusReport, zone: Tz) -> Page {
    let mut page = Page::default();
    page.headline(
        Sign::None,
        Text::new(&report.project, Style::Strong).and(format!("  {}", report.file), Style::Dim),
    );
    page.blank();
    page.picture(picture(report, |_| Mark::None));
    let rows = report.environments.iter().map(|one| row(one, zone)).collect();
    let head = ["ENVIRONMENT", "RUNNING", "COMMIT", "SINCE", "STATE", "BY"];
    page.rows(Rows::new(&head, rows).columns(5));
    page.blank();
    if let Some(frozen) = &report.frozen {
        let until = frozen.until.map_or_else(
            || "until it is lifted".to_owned(),
            |until| format!("until {}", moment(until, zone)),
        );
        let by = if frozen.by.is_empty() { String::new() } else { format!(" by {}", frozen.by) };
        let link = frozen.link.as_ref().map_or_else(String::new, |link| format!(" ({link})"));
        page.line(format!("  Everything is frozen {until}{by}: {}{link}.", frozen.reason));
    }
    for environment in &report.environments {
        remarks(&mut page, environment, zone);
    }
    page.closing(format!("as of {}", moment(report.at, zone)));
    if !report.ledger.begun {
        page.line("  Nothing is recorded yet.");
        page.hint("`promote publish` begins the ledger and puts the first release in place");
        return page;
    }
    if report.frozen.is_some() {
        page.hint("`promote unfreeze --all` lifts the freeze of everything");
    }
    for environment in &report.environments {
        hints(&mut page, environment);
    }
    page
}

/// What runs where, with a mark on an environment.
pub(crate) fn picture(report: &StatusReport, mark: impl Fn(&str) -> Mark) -> Vec<Node> {
    let lines = |one: &EnvironmentStatus| {
        let running = one.running.as_ref().map(|running| match &running.version {
            Some(version) => format!("{} {version}", running.short()),
            None => running.short().to_owned(),
        });
        running.into_iter().chain([standing(one).words()]).collect()
    };
    let node = |one: &EnvironmentStatus| Node {
        name: one.name.clone(),
        lines: lines(one),
        from: one.from.clone(),
        auto: one.auto,
        mark: mark(&one.name),
    };
    report.environments.iter().map(node).collect()
}

fn row(environment: &EnvironmentStatus, zone: Tz) -> Vec<Text> {
    let name = Text::new(&environment.name, Style::Strong);
    let Some(running) = &environment.running else {
        let none = || Text::plain("-");
        return vec![name, none(), none(), none(), standing(environment)];
    };
    let commit = running.subject.as_deref().or(running.version.as_deref()).unwrap_or("-");
    let since = format!("{} ({})", moment(running.since, zone), span(running.since_s));
    vec![
        name,
        running.sha.as_deref().map_or_else(|| Text::plain(running.short()), Text::commit),
        beginning(commit, 48, Style::Plain),
        Text::plain(span(running.since_s)).in_full(since),
        standing(environment),
        Text::plain(&running.by),
    ]
}

fn standing(environment: &EnvironmentStatus) -> Text {
    let text = match environment.standing {
        Standing::Empty => Text::new("- nothing yet", Style::Dim),
        Standing::Unfinished => Text::new("! unfinished", Style::Warn),
        Standing::Drift => Text::new("✗ drift", Style::Bad),
        Standing::Verified => Text::new("✓ verified", Style::Good),
        Standing::Deploying => Text::new("… deploying", Style::Warn),
        Standing::Failed => Text::new("✗ failed", Style::Bad),
        Standing::TimedOut => Text::new("? timed out", Style::Warn),
        Standing::NotVerified => Text::new("? not verified", Style::Warn),
    };
    let text = if environment.frozen.is_some() { text.and(", frozen", Style::Accent) } else { text };
    let text = if environment.hold.is_some() { text.and(", held", Style::Accent) } else { text };
    match environment.running.as_ref().map(|running| marks(&running.allowed)) {
        Some(marks) => text.and(marks, Style::Warn),
        None => text,
    }
}

fn remarks(page: &mut Page, environment: &EnvironmentStatus, zone: Tz) {
    let name = &environment.name;
    if let Some(open) = &environment.open {
        page.line(format!(
            "  {name}: promotion {} of {} by {} is unfinished, begun {}; {}.",
            open.promotion,
            short(&open.sha),
            open.by,
            moment(open.since, zone),
            heard(open.alive, open.last_s)
        ));
        for words in &environment.holds {
            page.line(format!("  {name}: {words}."));
        }
    }
    if let Some(running) = environment.running.as_ref().filter(|running| !running.allowed.is_empty()) {
        page.line(format!("  {name}: {} was published {}.", running.short(), running.allowed.join(" and ")));
    }
    if let Some(deploying) = &environment.deploying {
        let heard = match deploying.left {
            true => String::new(),
            false => format!("; {}", heard(deploying.alive, deploying.last_s)),
        };
        page.line(format!("  {name}: {}{heard}.", deploying.words));
    }
    for words in &environment.drift {
        page.line(format!("  {name}: {words}."));
    }
    if let Some(problem) = &environment.problem {
        page.line(format!("  {name}: its target could not be read: {problem}."));
    }
    if let Some(frozen) = &environment.frozen {
        let until = frozen.until.map_or_else(
            || "until it is lifted".to_owned(),
            |until| format!("until {}", moment(until, zone)),
        );
        page.line(format!("  {name} is frozen {until} by {}: {}.", frozen.by, frozen.reason));
    }
    if let Some(hold) = &environment.hold {
        page.line(format!("  {name} is held by {}: {}.", hold.by, hold.reason));
    }
    if let Some(next) = &environment.next {
        if let Some(commits) = next.commits.filter(|commits| *commits > 0) {
            page.line(format!("  {name} is {} behind {}.", count(commits, "commit"), next.from));
        }
        page.line(format!("  {}", movable(name, next, zone)));
    }
}

/// Whether whoever is at something was heard of lately.
fn heard(alive: bool, last_s: i64) -> String {
    match alive {
        true => format!("alive, {} ago", span(last_s)),
        false => format!("no sign of life for {}", span(last_s)),
    }
}

fn movable(name: &str, next: &Next, zone: Tz) -> String {
    let sha = match next.allowed.as_slice() {
        [] => short(&next.sha).to_owned(),
        some => format!("{} ({})", short(&next.sha), some.join(", ")),
    };
    let unmet: Vec<_> = next.rules.iter().filter(|rule| !rule.met).collect();
    match (next.ready, next.ready_at, unmet.as_slice()) {
        (true, ..) => format!("{sha} may go to {name}."),
        (_, Some(at), _) => {
            format!("{sha} may go to {name} from {} on.", moment(at, zone))
        }
        (_, _, [only]) => format!("{sha} may not go to {name} yet: {} ({}).", only.detail, only.rule),
        (_, _, several) => {
            let mut names: Vec<&str> = Vec::new();
            for rule in several.iter().map(|rule| rule.rule.as_str()) {
                // Asked of several environments that move along, a rule is still one.
                if !names.contains(&rule) {
                    names.push(rule);
                }
            }
            let verb = if names.len() == 1 { "is" } else { "are" };
            format!("{sha} may not go to {name} yet: {} {verb} not met.", names.join(", "))
        }
    }
}

/// How the first release of a lane is undone.
fn first(page: &mut Page, environment: &EnvironmentStatus) {
    if environment.first {
        back(page, environment);
    }
}

/// What undoing comes to.
fn back(page: &mut Page, environment: &EnvironmentStatus) {
    if let Some(undo) = &environment.undo {
        page.hint(match environment.first {
            true => promote_core::undo::first(undo, &environment.stays),
            false => format!("`{undo}` puts back what was there before"),
        });
    }
}

/// What a release that may not move needs before it is resumed.
fn not_resumed(sha: &str) -> String {
    format!("`promote show {}` shows why it may not be resumed", short(sha))
}

/// What is there, tried again, where that may be.
fn again(page: &mut Page, environment: &EnvironmentStatus, wait: &str, does: &str) {
    let Some(sha) = &environment.barred else {
        return page.hint(format!("{wait}`promote resume {}` {does}", environment.name));
    };
    page.hint(format!("{wait}{}", not_resumed(sha)));
    if !environment.first {
        back(page, environment);
    }
}

fn hints(page: &mut Page, environment: &EnvironmentStatus) {
    let name = &environment.name;
    match environment.standing {
        // Neither goes on while the targets are not what is recorded.
        Standing::Unfinished if !environment.drift.is_empty() => {
            page.hint(format!("`promote verify {name}` shows what differs"));
        }
        Standing::Unfinished => {
            let back = environment.undo.as_ref().map(|undo| match environment.stays.as_slice() {
                [] => format!(", `{undo}` goes back"),
                some => format!(", `{undo}` goes back, and {}", some.join(", and ")),
            });
            let wait = match environment.open.as_ref().is_some_and(|open| open.alive) {
                true => "wait for its end; when its process is gone, ",
                false => "",
            };
            match &environment.barred {
                None => {
                    page.hint(format!("{wait}`promote resume {name}` goes on{}", back.unwrap_or_default()))
                }
                Some(sha) => page.hint(format!("{wait}{}{}", not_resumed(sha), back.unwrap_or_default())),
            }
        }
        Standing::Drift => page.hint(format!("`promote verify {name}` shows what differs")),
        Standing::Failed if environment.undo.is_some() => back(page, environment),
        Standing::Failed => page.hint(promote_core::undo::onward(name, environment.barred.is_none())),
        // What was adopted was brought by no promotion, so there are no steps of one to run again.
        Standing::NotVerified
            if environment.running.as_ref().is_some_and(|there| there.promotion.is_none()) =>
        {
            environment.again.iter().for_each(|again| {
                page.hint(format!("`{again}` moves what was adopted again, and verifies it"));
            });
        }
        Standing::Deploying if environment.deploying.as_ref().is_some_and(|one| one.alive) => {
            let gone = "wait for its end; when its process is gone, ";
            again(page, environment, gone, "runs its steps again");
            first(page, environment);
        }
        Standing::Deploying if environment.deploying.as_ref().is_some_and(|one| one.left) => {
            again(page, environment, "", "runs its steps and records how they end");
            first(page, environment);
        }
        Standing::TimedOut | Standing::Deploying | Standing::NotVerified => {
            again(page, environment, "", "runs its steps again and records how they end");
            first(page, environment);
        }
        // What can't be looked at can't be planned either.
        Standing::Verified | Standing::Empty
            if environment.next.is_some() && environment.problem.is_none() =>
        {
            page.hint(format!("`promote plan {name}` shows what would happen"));
        }
        Standing::Verified | Standing::Empty => {}
    }
}
