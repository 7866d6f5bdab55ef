//! Where output goes and whether it is coloured. Data to standard output, everything else to standard error; a
//! reader that went away is no error.

use crate::app::dimensions::Dimensions;
use crate::app::env::Env;
use crate::app::pager::Pager;
use crate::args::{Colour, Format, Global};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_view::{Links, Page, Text};
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What takes a line back that was left open.
const CLEAR: &str = "\r\u{1b}[K";

/// Something to write to, shared between a command and its progress.
pub type Stream = Arc<Mutex<dyn Write + Send>>;

/// Standard output and standard error, and how to write to them.
#[derive(Clone)]
pub(crate) struct Screen {
    out: Stream,
    err: Stream,
    /// Whether data is coloured.
    pub(crate) out_colour: bool,
    /// Whether messages are coloured.
    pub(crate) err_colour: bool,
    /// The form of the data.
    pub(crate) format: Format,
    quiet: bool,
    /// Whether a program reads the messages: each is one JSON object a line, as the events are.
    events: bool,
    /// Whether the last message was left open, to be written again: the next one takes its place.
    open: Arc<AtomicBool>,
    /// How wide the terminal is at the moment.
    dimensions: Arc<dyn Dimensions>,
    /// Whether data goes to a terminal.
    out_terminal: bool,
    /// Whether messages go to a terminal.
    err_terminal: bool,
    /// What long pages are read in.
    pager: Option<Pager>,
    /// The file that was named with `--config`: whoever types a command that is named here needs it as well.
    config: Option<String>,
    /// Where commits can be looked at.
    links: Links,
}

impl Screen {
    /// As the flags and the surroundings say.
    pub(crate) fn new(global: &Global, env: &Env, out: &Stream, err: &Stream) -> Self {
        let format = if global.json.is_some() { Format::Json } else { global.format };
        Self {
            out: Arc::clone(out),
            err: Arc::clone(err),
            out_colour: coloured(global.color, env, env.output_terminal) && format == Format::Human,
            err_colour: coloured(global.color, env, env.error_terminal) && !global.events,
            format,
            quiet: global.quiet,
            events: global.events,
            open: Arc::default(),
            dimensions: Arc::clone(&env.dimensions),
            out_terminal: env.output_terminal,
            err_terminal: env.error_terminal,
            pager: Pager::of(global, env),
            config: global.config.as_ref().map(|path| path.display().to_string()),
            links: Links::of_job(|name| env.variable(name).map(str::to_owned)),
        }
    }

    /// Before the arguments are understood: only `--color` is looked for.
    pub(crate) fn early(arguments: &[OsString], env: &Env, out: &Stream, err: &Stream) -> Self {
        let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
        let colour = match () {
            () if texts.contains(&"--color=never") => Colour::Never,
            () if texts.contains(&"--color=always") => Colour::Always,
            () if texts.windows(2).any(|pair| pair == ["--color", "never"]) => Colour::Never,
            () if texts.windows(2).any(|pair| pair == ["--color", "always"]) => Colour::Always,
            () => Colour::Auto,
        };
        Self {
            out: Arc::clone(out),
            err: Arc::clone(err),
            out_colour: coloured(colour, env, env.output_terminal),
            err_colour: coloured(colour, env, env.error_terminal),
            format: Format::Human,
            quiet: false,
            events: texts.contains(&"--events"),
            open: Arc::default(),
            dimensions: Arc::clone(&env.dimensions),
            out_terminal: env.output_terminal,
            err_terminal: env.error_terminal,
            pager: None,
            config: None,
            links: Links::default(),
        }
    }

    /// Writes data as it is, a document on one line where events are; in a document, commands name the file that this one was told of.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let named = match (&self.config, self.format) {
            (Some(file), Format::Json) => crate::named::document(text, file),
            _ => None,
        };
        let text = named.as_deref().unwrap_or(text);
        match self.events && text.starts_with('{') {
            // Who reads lines gets the document as one. A text of JSON has no line break of its own.
            true => self.put(&format!("{}\n", text.lines().map(str::trim_start).collect::<String>())),
            false => self.put(text),
        }
    }

    /// How wide data may be; `None` where no terminal shows it.
    fn out_columns(&self) -> Option<usize> {
        self.dimensions.columns().filter(|_| self.out_terminal)
    }

    /// How wide messages may be; `None` where no terminal shows them.
    pub(crate) fn err_columns(&self) -> Option<usize> {
        self.dimensions.columns().filter(|_| self.err_terminal && !self.events)
    }

    fn put(&self, text: &str) -> Result<(), Failure> {
        self.close();
        match write(&self.out, text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::new(ExitStatus::Failed, "writing the output failed").caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes a message. That nobody reads it is no reason to stop.
    pub(crate) fn message(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.events {
            let text = self.named(text.to_owned());
            if !text.trim().is_empty() {
                let said = serde_json::json!({ "event": "message", "text": text.trim() });
                self.event(&format!("{}\n", promote_core::names::visible_json(&said.to_string())));
            }
            return;
        }
        let taken_back = if self.open.swap(false, Ordering::Relaxed) { CLEAR } else { "" };
        let _ = write(&self.err, &format!("{taken_back}{}", self.named(text.to_owned())));
    }

    /// Writes a line that a program reads. That nobody reads it is no reason to stop.
    pub(crate) fn event(&self, line: &str) {
        let _ = write(&self.err, line);
    }

    /// Writes a message whose last line is written again when the next one comes.
    pub(crate) fn open_message(&self, text: &str) {
        self.message(text);
        self.open.store(!self.events, Ordering::Relaxed);
    }

    /// Takes back a line that was left open.
    pub(crate) fn close(&self) {
        if self.open.swap(false, Ordering::Relaxed) {
            let _ = write(&self.err, CLEAR);
        }
    }

    /// A text whose commands name the file that this one was told of.
    fn named(&self, text: String) -> String {
        match &self.config {
            Some(file) => crate::named::text(&text, file),
            None => text,
        }
    }

    /// Writes a line of a message.
    pub(crate) fn say(&self, line: &Text) {
        let lines = match self.err_columns() {
            Some(columns) => line.wrapped(columns, 0),
            None => vec![line.clone()],
        };
        let shown: String = lines.iter().map(|line| format!("{}\n", line.shown(self.err_colour))).collect();
        self.message(&shown);
    }

    /// Shows a page as data, in the form that was asked for; its hints go to standard error.
    pub(crate) fn page(&self, page: &Page) -> Result<(), Failure> {
        self.paged(page, self.pager.as_ref())
    }

    /// Shows a page that stays on the terminal after something was interrupted: nobody who ends a command waits for a pager.
    pub(crate) fn page_left_behind(&self, page: &Page) -> Result<(), Failure> {
        self.paged(page, None)
    }

    fn paged(&self, page: &Page, pager: Option<&Pager>) -> Result<(), Failure> {
        let text = match self.format {
            Format::Markdown => {
                page.clone().changed(|text| self.named(text.to_owned())).markdown(&self.links)
            }
            Format::Plain => self.named(page.plain()),
            Format::Human | Format::Json => self.named(page.within(self.out_colour, self.out_columns())),
        };
        let pager = pager.filter(|_| self.format == Format::Human);
        if !pager.is_some_and(|pager| pager.show(&text)) {
            self.put(&text)?;
        }
        if self.format == Format::Human && !self.quiet {
            self.message(&page.hints(self.err_colour, self.err_columns()));
        }
        Ok(())
    }

    /// Shows a page in the place of the whole terminal; `None` gives the terminal back.
    pub(crate) fn redraw(&self, page: Option<&Page>) -> Result<(), Failure> {
        self.put(&match page {
            Some(page) => {
                format!("\u{1b}[?1049h\u{1b}[H\u{1b}[2J{}", page.within(self.out_colour, self.out_columns()))
            }
            None => "\u{1b}[?1049l".to_owned(),
        })
    }

    /// Shows a page as a message whatever was said of being quiet: why something did not happen.
    pub(crate) fn complain(&self, page: &Page) {
        self.message(&page.within(self.err_colour, self.err_columns()));
        self.message(&page.hints(self.err_colour, self.err_columns()));
    }

    /// Shows why something failed or was refused: as a message, and in Markdown as data as well.
    pub(crate) fn complain_of(&self, page: &Page) -> Result<(), Failure> {
        self.complain(page);
        if self.format == Format::Markdown { self.page(page) } else { Ok(()) }
    }

    /// Shows a page as a message, before a question or during a promotion.
    pub(crate) fn note(&self, page: &Page) {
        if !self.quiet {
            self.complain(page);
        }
    }
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("format", &self.format).finish_non_exhaustive()
    }
}

fn write(stream: &Stream, text: &str) -> std::io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn coloured(wish: Colour, env: &Env, terminal: bool) -> bool {
    match wish {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if env.variable("NO_COLOR").is_some() => false,
        Colour::Auto if env.variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        Colour::Auto => {
            terminal && env.variable("TERM") != Some("dumb") && env.variable("CLICOLOR") != Some("0")
        }
    }
}
