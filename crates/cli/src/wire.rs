//! What goes over the wire, shown: with `-v` each request, and always whom an answer is waited for longer than a second, and
//! that a request is sent again, so that nobody looks at nothing. The same is not said over and over.

use crate::app::screen::Screen;
use crate::args::Global;
use futures_util::future::{Either, select};
use promote_core::port::wire::{Listening, Wire, listen};
use promote_view::{Style, Text};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::time::{Duration, Instant};

type Hear = Box<dyn Fn(&Wire)>;

thread_local! {
    /// Who else hears, as long as a command runs.
    static MORE: RefCell<Vec<Hear>> = const { RefCell::new(Vec::new()) };
    /// Who is waited for, as long as a command runs that may say so.
    static WAITING: RefCell<Option<Waiting>> = const { RefCell::new(None) };
}

/// Before that, waiting for an answer or sending a request again is nothing that anybody waits for.
const SILENT: Duration = Duration::from_secs(1);

/// What was said of one who does not answer is said again after this long.
const SAID: Duration = Duration::from_secs(10);

/// Who is waited for, and what was said of that.
struct Waiting {
    screen: Screen,
    /// How many requests, and since when.
    hosts: BTreeMap<String, (usize, Instant)>,
    /// Whom that was said of, and when.
    told: BTreeMap<String, Instant>,
}

impl Waiting {
    fn hear(&mut self, wire: &Wire, now: Instant) {
        match wire {
            Wire::Asking { host } => self.hosts.entry(host.clone()).or_insert((0, now)).0 += 1,
            Wire::Settled { host } => {
                if let Some((count, since)) = self.hosts.get_mut(host) {
                    // Who answers one request is there; the others are waited for from now on.
                    (*count, *since) = (count.saturating_sub(1), now);
                    if *count == 0 {
                        self.hosts.remove(host);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether this was said of `whom` just now; if not, it counts as said.
    fn is_said(&mut self, whom: &str, now: Instant) -> bool {
        let said = self.told.get(whom).is_some_and(|told| now.duration_since(*told) < SAID);
        if !said {
            self.told.insert(whom.to_owned(), now);
        }
        said
    }

    /// Whom nothing was heard from for a while, and that this was not said of.
    fn overdue(&mut self, now: Instant) -> Vec<String> {
        let late = self.hosts.iter().filter(|(_, (_, since))| now.duration_since(*since) >= SILENT);
        let late: Vec<String> = late.map(|(host, _)| host.clone()).collect();
        late.into_iter().filter(|host| !self.is_said(host, now)).collect()
    }
}

/// Shows what happens on the wire as long as it is kept.
#[derive(Debug)]
pub(crate) struct WireLog(#[expect(dead_code, reason = "it listens as long as it lives")] Listening);

impl Drop for WireLog {
    fn drop(&mut self) {
        MORE.with(|more| more.borrow_mut().clear());
        WAITING.with(|waiting| *waiting.borrow_mut() = None);
    }
}

/// Begins to show.
pub(crate) fn show(global: &Global, screen: &Screen) -> WireLog {
    let silent = global.quiet || global.events;
    let waiting = Waiting { screen: screen.clone(), hosts: BTreeMap::new(), told: BTreeMap::new() };
    WAITING.with(|place| *place.borrow_mut() = (!silent).then_some(waiting));
    let (screen, verbose) = (screen.clone(), global.verbose > 0);
    let heard = listen(move |wire| {
        let now = Instant::now();
        let line = match wire {
            _ if silent => None,
            Wire::Asked { method, host, path, status, took } if verbose => {
                let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
                let line = format!("  {method:<6} {status}  {host}{path}  {} ms", took.as_millis());
                Some(Text::new(line, Style::Dim))
            }
            Wire::Again { whom, why, wait, tried }
                if *tried + *wait >= SILENT && (verbose || !said(whom, now)) =>
            {
                let line = format!("  {whom}: {why}; trying again in {:.1} s", wait.as_secs_f32());
                Some(Text::new(line, Style::Warn))
            }
            _ => None,
        };
        WAITING.with(|waiting| waiting.borrow_mut().iter_mut().for_each(|waiting| waiting.hear(wire, now)));
        line.iter().for_each(|line| screen.say(line));
        MORE.with(|more| more.borrow().iter().for_each(|hear| hear(wire)));
    });
    WireLog(heard)
}

fn said(whom: &str, now: Instant) -> bool {
    WAITING.with(|waiting| waiting.borrow_mut().as_mut().is_some_and(|waiting| waiting.is_said(whom, now)))
}

/// Has somebody else hear as well, as long as the command runs.
pub(crate) fn and(hear: impl Fn(&Wire) + 'static) {
    MORE.with(|more| more.borrow_mut().push(Box::new(hear)));
}

/// Runs a command to its end; meanwhile it is said whom an answer is waited for.
pub(crate) async fn watched<T>(flow: impl Future<Output = T>) -> T {
    match select(pin!(flow), pin!(waits())).await {
        Either::Left((done, _)) => done,
        Either::Right((never, _)) => match never {},
    }
}

async fn waits() -> Infallible {
    loop {
        tokio::time::sleep(SILENT / 4).await;
        let late = WAITING.with(|waiting| {
            let mut waiting = waiting.borrow_mut();
            let late = |waiting: &mut Waiting| (waiting.screen.clone(), waiting.overdue(Instant::now()));
            waiting.as_mut().map(late)
        });
        let Some((screen, late)) = late.filter(|(_, late)| !late.is_empty()) else { continue };
        let text = format!("  waiting for {} to answer", late.join(", "));
        screen.say(&Text::new(text, Style::Dim));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::env::Env;
    use crate::app::screen::Stream;
    use std::sync::{Arc, Mutex};

    #[test]
    fn who_does_not_answer_is_named_after_a_second_and_not_again_at_once() {
        let nowhere: Stream = Arc::new(Mutex::new(Vec::new()));
        let screen = Screen::early(&[], &Env::of_process(), &nowhere, &nowhere);
        let mut waiting = Waiting { screen, hosts: BTreeMap::new(), told: BTreeMap::new() };
        let asking = |host: &str| Wire::Asking { host: host.to_owned() };
        let settled = |host: &str| Wire::Settled { host: host.to_owned() };
        let begun = Instant::now();
        let after = |millis: u64| begun + Duration::from_millis(millis);
        waiting.hear(&asking("slow"), after(0));
        waiting.hear(&asking("slow"), after(0));
        waiting.hear(&asking("quick"), after(0));
        waiting.hear(&settled("quick"), after(100));
        assert_eq!(waiting.overdue(after(900)), Vec::<String>::new());
        assert_eq!(waiting.overdue(after(1_000)), ["slow"]);
        assert_eq!(waiting.overdue(after(5_000)), Vec::<String>::new(), "it was said");
        assert_eq!(waiting.overdue(after(11_000)), ["slow"], "and is said again");
        // One of the two was answered: somebody is there, so the other is not late yet.
        waiting.hear(&settled("slow"), after(30_000));
        assert_eq!(waiting.overdue(after(30_500)), Vec::<String>::new());
        assert_eq!(waiting.overdue(after(31_000)), ["slow"]);
        waiting.hear(&settled("slow"), after(31_100));
        assert_eq!(waiting.overdue(after(90_000)), Vec::<String>::new());
    }
}
