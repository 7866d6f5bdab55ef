//! A terminal without a person: the command runs on a pseudo-terminal of the kernel's, and what it writes is shown on an
//! emulated screen, so that tests see what a person would see, and nothing else of how it came to be.

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take before the test is given up. Nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(90);

/// Rows enough for all that a test's command writes: nothing scrolls away.
const ROWS: u16 = 200;

/// What begins each line that is written again.
const AGAIN: &[u8] = b"\r\x1b[K";

/// A terminal with a command in it.
pub struct PseudoTerminal {
    pty: Arc<Pty>,
    child: Child,
    written: Receiver<Vec<u8>>,
    emulator: vt100::Parser,
    /// All that was written.
    pub raw: Vec<u8>,
    /// The rows that went on in the next one, since they were wider than the terminal.
    pub wrapped: Vec<String>,
}

impl std::fmt::Debug for PseudoTerminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PseudoTerminal").field("screen", &self.screen()).finish_non_exhaustive()
    }
}

impl PseudoTerminal {
    /// Runs the command on a terminal of so many columns.
    ///
    /// # Errors
    /// When there is no pseudo-terminal, or the command can't be started.
    pub fn run(command: Command, columns: u16) -> std::io::Result<Self> {
        let (pty, other_end) = open().map_err(std::io::Error::other)?;
        pty.resize(Size::new(ROWS, columns)).map_err(std::io::Error::other)?;
        let child = command.spawn(other_end).map_err(std::io::Error::other)?;
        let pty = Arc::new(pty);
        let (tell, written) = channel();
        let reading = Arc::clone(&pty);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end is an error on Linux: nobody has the other side open any more.
            while let Ok(read @ 1..) = (&*reading).read(&mut buffer) {
                let Some(part) = buffer.get(..read) else { return };
                if tell.send(part.to_vec()).is_err() {
                    return;
                }
            }
        });
        let emulator = vt100::Parser::new(rows(ROWS), rows(columns), 0);
        Ok(Self { pty, child, written, emulator, raw: Vec::new(), wrapped: Vec::new() })
    }

    /// What is on the screen, without the blank rows at its end.
    pub fn screen(&self) -> String {
        self.emulator.screen().contents().trim_end().to_owned()
    }

    /// The emulated screen, with looks and cursor.
    pub fn emulated(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    /// Shows what is written until the screen is as expected.
    ///
    /// # Errors
    /// With what is on the screen, when the command ends before that.
    pub fn until(&mut self, mut expected: impl FnMut(&str) -> bool) -> std::io::Result<()> {
        let begun = Instant::now();
        while !expected(&self.screen()) {
            match self.written.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(part) => self.show(&part),
                Err(_) => return Err(std::io::Error::other(format!("never shown:\n{}", self.screen()))),
            }
        }
        Ok(())
    }

    /// Shows what is written until its last line was written anew so many times.
    ///
    /// # Errors
    /// When the command ends before that.
    pub fn redrawn(&mut self, times: usize) -> std::io::Result<()> {
        let count = |raw: &[u8]| raw.windows(AGAIN.len()).filter(|part| *part == AGAIN).count();
        let wanted = count(&self.raw) + times;
        let begun = Instant::now();
        while count(&self.raw) < wanted {
            match self.written.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(part) => self.show(&part),
                Err(_) => return Err(std::io::Error::other(format!("not redrawn:\n{}", self.screen()))),
            }
        }
        Ok(())
    }

    /// Types these characters.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn types(&self, keys: &str) -> std::io::Result<()> {
        (&*self.pty).write_all(keys.as_bytes())
    }

    /// Makes the terminal so many columns wide. What is on its way meanwhile may be of the width before, so it is forgotten
    /// what wrapped up to the second line that is written again from now on.
    ///
    /// # Errors
    /// When the size can't be set, or the command ends before it has written those.
    pub fn resize(&mut self, columns: u16) -> std::io::Result<()> {
        let before = self.wrapped.len();
        while let Ok(part) = self.written.try_recv() {
            self.show(&part);
        }
        self.pty.resize(Size::new(ROWS, columns)).map_err(std::io::Error::other)?;
        self.emulator.screen_mut().set_size(rows(ROWS), rows(columns));
        self.redrawn(2)?;
        self.wrapped.truncate(before);
        Ok(())
    }

    /// Shows all that the command still writes; its exit code, `None` when a signal ended it.
    ///
    /// # Errors
    /// When it does not end.
    pub fn ended(&mut self) -> std::io::Result<Option<i32>> {
        let begun = Instant::now();
        loop {
            match self.written.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(part) => self.show(&part),
                Err(RecvTimeoutError::Disconnected) => return Ok(self.child.wait()?.code()),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(std::io::Error::other(format!("it does not end:\n{}", self.screen())));
                }
            }
        }
    }

    /// Each line by itself, since the next one may take back what wrapped.
    fn show(&mut self, part: &[u8]) {
        self.raw.extend_from_slice(part);
        for line in part.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            self.emulator.process(line);
            let screen = self.emulator.screen();
            let (last, _) = screen.cursor_position();
            let columns = screen.size().1.get();
            let wrapped = (0..=last).filter(|row| screen.row_wrapped(*row));
            let wide: Vec<String> = wrapped
                .filter_map(|row| screen.rows(0, columns).nth(usize::from(row)))
                .filter(|row| !self.wrapped.contains(row))
                .collect();
            self.wrapped.extend(wide);
        }
    }
}

impl Drop for PseudoTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rows(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}
