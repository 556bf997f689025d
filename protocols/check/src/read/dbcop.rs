//! dbcop's JSON: a list of sessions, each a list of transactions `{"events": [..], "committed": true}`, whose events are
//! `{"Read": {"variable": 0, "version": 1}}`, `["r", 0, 1]`, or of older versions
//! `{"write": false, "variable": 0, "value": 1, "success": true}`. The list may stand under `"data"` in an object that
//! also says how it was made.

use crate::history::Outcome;
use crate::isolation::{Draft, Step};
use crate::value::Value;

use super::Options;
use super::error::{Cause, ReadError};
use super::format::Format;
use super::imported::{Imported, Origin};
use super::source::{Place, Source};
use super::syntax::{Dialect, Reader};
use super::tape::{Item, Kind};
use super::text::{dbcop_history, imported};
use super::values::Interner;

struct Document {
    interner: Interner,
    drafts: Vec<(Draft, Origin)>,
    sessions: u64,
    place: Place,
}

/// Reads the document.
pub(super) fn read(source: &mut Source<'_>, options: &Options) -> Result<Imported, ReadError> {
    let place = source.place();
    let mut document = Document { interner: Interner::default(), drafts: Vec::new(), sessions: 0, place };
    let mut reader = Reader::new(source, Dialect::Json);
    while let Some((tape, place)) = reader.event()? {
        document.place = place;
        if let Some(root) = tape.root() {
            document.part(root)?;
        }
    }
    imported(Format::Dbcop, options, dbcop_history(document.drafts, options)?, document.sessions)
}

impl Document {
    fn wrong(&self, what: &str, found: Item<'_>) -> ReadError {
        let session = self.sessions;
        let cause = format!("expected {what} in session {session}, found {}", found.shown());
        ReadError::at(self.place, Cause::BadDocument(cause))
    }

    /// A session, or the object around all of them.
    fn part(&mut self, root: Item<'_>) -> Result<(), ReadError> {
        if root.kind() == Kind::List {
            return self.session(root);
        }
        let data = root.pairs().find(|(name, _)| matches!(name.text(), Some("data" | "sessions")));
        match data {
            Some((_, sessions)) if sessions.kind() == Kind::List => {
                sessions.items().try_for_each(|session| self.session(session))
            }
            _ => Err(self.wrong("a list of sessions", root)),
        }
    }

    fn session(&mut self, session: Item<'_>) -> Result<(), ReadError> {
        if session.kind() != Kind::List {
            return Err(self.wrong("a list of transactions", session));
        }
        for transaction in session.items() {
            self.transaction(transaction)?;
        }
        self.sessions += 1;
        Ok(())
    }

    fn transaction(&mut self, transaction: Item<'_>) -> Result<(), ReadError> {
        let mut draft = Draft {
            label: self.drafts.len() as u64,
            process: self.sessions,
            outcome: Outcome::Ok,
            ..Draft::default()
        };
        let mut events = None;
        for (name, item) in transaction.pairs() {
            match name.text() {
                Some("events") => events = Some(item),
                Some("committed" | "success") if item.text() == Some("false") => {
                    draft.outcome = Outcome::Failed;
                }
                _ => {}
            }
        }
        let Some(events) = events.filter(|events| events.kind() == Kind::List) else {
            return Err(self.wrong("a transaction with a list of events", transaction));
        };
        for event in events.items() {
            match self.step(event) {
                Some(Some(step)) => draft.steps.push(step),
                Some(None) => {}
                None => return Err(self.wrong("an event such as {\"Read\": {..}}", event)),
            }
        }
        self.drafts.push((draft, Origin::on_line(self.place.line)));
        Ok(())
    }

    /// The step of an event: none if it had no effect, nothing if it is no event.
    fn step(&mut self, event: Item<'_>) -> Option<Option<Step>> {
        if let Some([name, key, value]) = event.parts::<3>() {
            return Some(Some(self.made(name.text()? == "w", name.text()? == "r", key, value)?));
        }
        let mut fields = event;
        let mut writes = None;
        if let Some((name, inner)) = event.pairs().next()
            && let Some(name @ ("Read" | "Write")) = name.text()
        {
            (fields, writes) = (inner, Some(name == "Write"));
        }
        let (mut key, mut value, mut success) = (None, None, true);
        for (name, item) in fields.pairs() {
            match name.text() {
                Some("variable") => key = Some(item),
                Some("version" | "value") => value = Some(item),
                Some("write") => writes = Some(item.text() == Some("true")),
                Some("success") => success = item.text() != Some("false"),
                _ => {}
            }
        }
        let writes = writes?;
        let step = self.made(writes, !writes, key?, value?)?;
        // A write without success is one of a transaction that failed; a read without brought nothing.
        Some(success.then_some(step))
    }

    fn made(&mut self, writes: bool, reads: bool, key: Item<'_>, value: Item<'_>) -> Option<Step> {
        let key = self.interner.value(key);
        let value: Value = self.interner.value(value);
        match (writes, reads) {
            (true, _) => Some(Step::Write { key, value }),
            (_, true) => Some(Step::Read { key, seen: Some(value) }),
            _ => None,
        }
    }
}
