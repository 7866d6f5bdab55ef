//! What the runner would make of a log: nothing foreign is acted upon, nothing secret is shown, limits are kept.

use super::*;
use promote_providers::Variables;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log(commands: bool) -> (Log, Shared) {
    let shared = Shared::default();
    (Log::new(Box::new(shared.clone()), commands, true, "ab".repeat(16)), shared)
}

fn said(shared: &Shared) -> String {
    String::from_utf8(shared.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn foreign_text_stands_in_a_fence_and_groups_are_flat() {
    let (log, shared) = log(true);
    log.group("deploy: a\n::x::");
    log.foreign("::error::x\u{1b}[2J\r##[group]y");
    log.foreign("more");
    log.group("verify");
    log.say("done ::x::");
    log.end_group();
    log.end_group();
    let token = "ab".repeat(16);
    let wanted = format!(
        "::group::deploy: a::x::\n::stop-commands::{token}\n::error::x[2J\n##[group]y\nmore\n::{token}::\n\
         ::endgroup::\n::group::verify\ndone :\u{200b}:x:\u{200b}:\n::endgroup::\n"
    );
    assert_eq!(said(&shared), wanted);
}

#[test]
fn secrets_are_masked_before_they_could_be_shown() {
    let (log, shared) = log(true);
    let variables: Variables = [("MY_TOKEN", "canary-value%1\nsecond-line")].into_iter().collect();
    log.hide(Secrets::new(&variables, ["referred-canary"]));
    log.hide(Secrets::new(&variables, ["referred-canary"]));
    log.say("a canary-value%1 b");
    log.foreign("referred-canary https://u:p@h/?q=1");
    log.annotate(Kind::Error, "referred-canary", "second-line", None);
    let text = said(&shared);
    let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    assert_eq!(text.lines().count() - shown.len(), 4, "{text}");
    assert!(
        !shown.iter().any(|line| ["canary", "second-line", "u:p", "q=1"].iter().any(|it| line.contains(it))),
        "{text}"
    );
    // Where no runner reads, saying what to mask would give it away.
    let (plain, shared) = self::log(false);
    plain.hide(Secrets::new(&variables, []));
    plain.foreign("::x:: second-line");
    assert_eq!(said(&shared), ":\u{200b}:x:\u{200b}: ***\n");
}

#[test]
fn no_more_annotations_than_the_runner_keeps() {
    let (log, shared) = log(true);
    for n in 0..12 {
        log.annotate(Kind::Warning, "t", &format!("number {n}"), None);
    }
    log.annotate(Kind::Error, "t", "x", None);
    log.debug("a\nb");
    let text = said(&shared);
    assert_eq!(text.matches("::warning ").count(), 10);
    assert!(text.contains("number 11") && text.contains("::error title=t::x\n::debug::a%0Ab\n"), "{text}");
}
