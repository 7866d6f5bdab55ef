//! What goes over the wire, shown: with `-v` each request, and always that one is sent again after a second without an
//! answer, so that nobody looks at nothing.

use crate::app::screen::Screen;
use crate::args::Global;
use crate::page::{Style, Text};
use promote_core::port::wire::{Listening, Wire, listen};
use std::cell::RefCell;
use std::time::Duration;

type Hear = Box<dyn Fn(&Wire)>;

thread_local! {
    /// Who else hears, as long as a command runs.
    static MORE: RefCell<Vec<Hear>> = const { RefCell::new(Vec::new()) };
}

/// Before that, sending a request again is nothing that anybody waits for.
const SILENT: Duration = Duration::from_secs(1);

/// Shows what happens on the wire as long as it is kept.
#[derive(Debug)]
pub(crate) struct Shown(#[expect(dead_code, reason = "it listens as long as it lives")] Listening);

impl Drop for Shown {
    fn drop(&mut self) {
        MORE.with(|more| more.borrow_mut().clear());
    }
}

/// Begins to show.
pub(crate) fn show(global: &Global, screen: &Screen) -> Shown {
    let (screen, verbose) = (screen.clone(), global.verbose > 0);
    let silent = global.quiet || global.events;
    let heard = listen(move |wire| {
        let line = match wire {
            _ if silent => None,
            Wire::Asked { method, host, path, status, took } if verbose => {
                let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
                let line = format!("  {method:<6} {status}  {host}{path}  {} ms", took.as_millis());
                Some(Text::new(line, Style::Dim))
            }
            Wire::Again { whom, why, wait, tried } if *tried + *wait >= SILENT => {
                let line = format!("  {whom}: {why}; trying again in {:.1} s", wait.as_secs_f32());
                Some(Text::new(line, Style::Warn))
            }
            _ => None,
        };
        line.iter().for_each(|line| screen.say(line));
        MORE.with(|more| more.borrow().iter().for_each(|hear| hear(wire)));
    });
    Shown(heard)
}

/// Has somebody else hear as well, as long as the command runs.
pub(crate) fn and(hear: impl Fn(&Wire) + 'static) {
    MORE.with(|more| more.borrow_mut().push(Box::new(hear)));
}
