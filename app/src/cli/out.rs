//! Where text goes: the answer, and what is said beside it. A reader that goes away is no error: nothing more is written,
//! and the exit code says what it would have.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::{Bad, Surroundings};

/// Standard output, standard error, and what else a command needs of the machine.
pub(crate) struct Out<'s, 'a> {
    around: &'s mut Surroundings<'a>,
    closed: bool,
    progress: bool,
}

impl<'s, 'a> Out<'s, 'a> {
    pub(super) fn new(around: &'s mut Surroundings<'a>) -> Self {
        Self { around, closed: false, progress: false }
    }

    /// One line of the answer.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Bad> {
        self.clear();
        if self.closed {
            return Ok(());
        }
        let out = &mut self.around.out;
        let written = out.write_all(format!("{text}\n").as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.closed = true,
            other => other?,
        }
        Ok(())
    }

    /// One JSON document.
    pub(super) fn document(&mut self, document: &impl Serialize) -> Result<(), Bad> {
        let text = serde_json::to_string(document)?;
        self.line(&text)
    }

    /// Whether nobody reads the answer any more.
    pub(super) fn closed(&self) -> bool {
        self.closed
    }

    /// One line for a person, beside the answer.
    pub(super) fn complain(&mut self, text: &str) {
        self.clear();
        // Nobody is left to tell when this fails.
        let _ = writeln!(self.around.err, "{}", harmless(text));
    }

    /// How far it is, where a person watches: it replaces itself.
    pub(super) fn progress(&mut self, text: &str) {
        if self.around.watched {
            self.progress = true;
            let _ = self.show(text);
        }
    }

    /// Takes the progress away.
    fn clear(&mut self) {
        if std::mem::take(&mut self.progress) {
            let _ = self.show("");
        }
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        write!(self.around.err, "\r\x1b[2K{text}")?;
        self.around.err.flush()
    }

    /// Opens the window.
    pub(super) fn window(&self, opened: Option<super::Opens>) -> Result<(), String> {
        (self.around.window)(opened)
    }

    /// Whether a person watches.
    pub(super) fn is_watched(&self) -> bool {
        self.around.watched
    }

    /// What Ctrl-C sets.
    pub(super) fn interrupted(&self) -> Arc<AtomicBool> {
        (self.around.interrupted)()
    }
}

/// A message without what a terminal would obey, or a reader would be misled by: it may quote a file of somebody else's.
pub(super) fn harmless(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}
