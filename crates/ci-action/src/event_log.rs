//! What happens while a promotion runs, as lines and groups of the step's log.

use crate::log::Log;
use promote::port::StepEnd;
use promote::{Event, Events};

/// Hears events and says them.
#[derive(Debug)]
pub(crate) struct EventLog(Log);

impl EventLog {
    /// Says what happens on this log.
    pub(crate) fn new(log: Log) -> Self {
        Self(log)
    }
}

impl Events for EventLog {
    fn hear(&self, event: &Event) {
        let log = &self.0;
        match event {
            Event::Intent { promotion, environment, seq, .. } => {
                log.say(&format!("promotion {promotion} of {environment} is open (record {seq})"));
            }
            Event::Again { promotion, .. } => {
                log.say(&format!("the steps of promotion {promotion} run again"));
            }
            Event::StageBack { promotion, .. } => {
                log.say(&format!("a stage of the pipeline of promotion {promotion} went back"));
            }
            Event::Reading { source, done: 0, size } => {
                log.say(&format!(
                    "{source}: {size} bytes are read, since its store does not tell what they are"
                ));
            }
            Event::Bytes { doing, what, done, size } => {
                log.debug(&format!("{doing} {what}: {done} of {size} bytes"));
            }
            Event::Reading { source, done, size } => log.debug(&format!("{source}: {done} of {size} bytes")),
            Event::Waiting { until, seconds, why } => {
                log.say(&format!("waiting {seconds} s, until {}: {why}", until.format("%H:%M:%S UTC")));
            }
            Event::Moving { target } => log.debug(&format!("writing {target}")),
            Event::Moved { target, wrote: true } => log.say(&format!("{target} has the release")),
            Event::Moved { target, wrote: false } => log.say(&format!("{target} held the release already")),
            Event::Doubt { target, why } => {
                log.say(&format!("{target}: the answer was lost, it is read back"));
                log.foreign(why);
            }
            Event::Committed { promotion, seq } => {
                log.say(&format!("promotion {promotion} is committed (record {seq})"));
            }
            Event::Aborted { why } => {
                log.say("withdrawn; nothing was written");
                log.foreign(why);
            }
            Event::Undone { left } => {
                log.say("what was begun is undone");
                left.iter().for_each(|what| log.say(what));
            }
            Event::StepStarted { phase, name } => log.group(&format!("{phase}: {name}")),
            Event::StepLine { line, .. } => log.foreign(line),
            Event::StepNote { note, .. } => log.say(note),
            Event::StepFinished { phase, name, report } => {
                log.end_group();
                let sign = if report.end == StepEnd::Succeeded { "✓" } else { "✗" };
                log.say(&format!("{sign} {phase}: {name} ({} s): {}", report.took_s, report.summary));
            }
            Event::Outcome { .. } => {}
            Event::Erased { release, location, left } => {
                let short = release.short(7);
                match left {
                    None => log.say(&format!("{location} of {short} is deleted")),
                    Some(why) => log.foreign(&format!("{location} of {short}: {why}")),
                }
            }
            Event::RollingBack { environment } => {
                log.say(&format!("{environment}: putting back what was there before"));
            }
        }
    }
}
