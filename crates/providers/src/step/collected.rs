//! The output of a command while it runs: cut into lines, masked, told to whoever follows, and its end kept.

use super::masked::Secrets;
use promote_core::port::StepProgress;
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of the end is kept, in bytes.
const TAIL: usize = 4 * 1024;
/// The longest line that is shown, in bytes.
const LINE: usize = 16 * 1024;

/// Both streams of a command, line by line in the order of their arrival.
pub(super) struct Collected<'p> {
    progress: &'p dyn StepProgress,
    secrets: &'p Secrets,
    tail: Mutex<String>,
}

impl<'p> Collected<'p> {
    pub(super) fn new(progress: &'p dyn StepProgress, secrets: &'p Secrets) -> Self {
        Self { progress, secrets, tail: Mutex::default() }
    }

    /// Reads one stream to its end. An error of the pipe is its end.
    pub(super) async fn read(&self, mut stream: impl AsyncRead + Unpin) {
        let mut line = Vec::new();
        let mut dropped = 0_usize;
        let mut piece = vec![0; 8 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut piece).await {
            for byte in piece.iter().take(count) {
                match byte {
                    b'\n' => {
                        self.take(&mut line, &mut dropped);
                    }
                    byte if line.len() < LINE => line.push(*byte),
                    _ => dropped += 1,
                }
            }
        }
        if !line.is_empty() {
            self.take(&mut line, &mut dropped);
        }
    }

    /// Says a line of our own.
    pub(super) fn note(&self, line: &str) {
        self.keep(&self.secrets.mask(line));
    }

    /// The end of what was said: whole lines where they fit, control characters escaped.
    pub(super) fn tail(&self) -> String {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).trim_end().to_owned()
    }

    fn take(&self, line: &mut Vec<u8>, dropped: &mut usize) {
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if *dropped > 0 {
            // A secret that was cut in two would not be found, so its first half goes as well.
            line.truncate(line.len().saturating_sub(self.secrets.longest()));
        }
        let mut text = self.secrets.mask(&String::from_utf8_lossy(line));
        if *dropped > 0 {
            text.push_str(" … (a long line was cut)");
        }
        self.keep(&text);
        line.clear();
        *dropped = 0;
    }

    fn keep(&self, line: &str) {
        self.progress.line(line);
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(line.chars().flat_map(escaped));
        tail.push('\n');
        let over = tail.len().saturating_sub(TAIL);
        if over > 0 {
            let from = tail.char_indices().map(|(at, _)| at).find(|at| *at >= over).unwrap_or(tail.len());
            let line_end = tail.get(from..).and_then(|rest| rest.find('\n')).map(|at| from + at + 1);
            // Whole lines, unless there is only a part of one.
            let cut = line_end.filter(|at| *at < tail.len()).unwrap_or(from);
            tail.drain(..cut);
        }
    }
}

/// A character as it can be shown and stored: control characters and marks that turn text around are escaped.
pub(super) fn escaped(c: char) -> impl Iterator<Item = char> {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escape = (c.is_control() && c != '\t') || turns;
    let (one, many) = if escape { (None, Some(c.escape_default())) } else { (Some(c), None) };
    one.into_iter().chain(many.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variables;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl StepProgress for Heard {
        fn line(&self, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }
    }

    async fn read(bytes: &[u8]) -> (Vec<String>, String) {
        let variables: Variables = [("A_TOKEN", "s3cr3t-value")].into_iter().collect();
        let secrets = Secrets::new(&variables, []);
        let heard = Heard::default();
        let collected = Collected::new(&heard, &secrets);
        collected.read(bytes).await;
        let tail = collected.tail();
        (heard.0.into_inner().unwrap(), tail)
    }

    #[tokio::test]
    async fn lines_are_cut_masked_and_escaped() {
        let (lines, tail) = read(b"one\r\ntwo s3cr3t-value\n\x1b[2Jthree\xff").await;
        assert_eq!(lines, ["one", "two ***", "\u{1b}[2Jthree\u{fffd}"]);
        assert_eq!(tail, "one\ntwo ***\n\\u{1b}[2Jthree\u{fffd}");
    }

    #[tokio::test]
    async fn only_the_end_is_kept_in_whole_lines() {
        let text: String = (0..2000).map(|n| format!("line {n}\n")).collect();
        let (lines, tail) = read(text.as_bytes()).await;
        assert_eq!(lines.len(), 2000);
        assert!(tail.len() <= TAIL && tail.len() > TAIL - 20, "{}", tail.len());
        assert!(tail.starts_with("line ") && tail.ends_with("line 1999"));
    }

    #[tokio::test]
    async fn a_secret_at_the_cut_of_a_long_line_does_not_show() {
        let mut text = "x".repeat(LINE - 6);
        text.push_str("s3cr3t-value\n");
        let (lines, tail) = read(text.as_bytes()).await;
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains("s3cr") && lines[0].ends_with("(a long line was cut)"));
        assert!(!tail.contains("s3cr") && tail.len() <= TAIL);
    }
}
