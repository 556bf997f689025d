//! dbcop's binary form, `history.bincode`, which PolySI writes as well: little-endian numbers of eight bytes, booleans of
//! one, texts as their length and their bytes. First come five numbers (which history, how many nodes, variables,
//! transactions a session, events a transaction) and three texts (about it, begun, ended); then the sessions, each the
//! number of its transactions and these: the number of events, the events (writes?, variable, value, success?), and whether
//! it committed. Nothing is taken from the numbers at the beginning: they are not always right.

use crate::history::Outcome;
use crate::isolation::{Draft, Step};
use crate::value::Value;

use super::error::{Cause, ReadError};
use super::format::Format;
use super::imported::{Imported, Origin};
use super::source::Source;
use super::text::{dbcop_history, imported};
use super::{OPERATIONS_MOST, Options};

/// How many bytes the texts at the beginning may have.
const TEXT_MOST: u64 = 1 << 16;

/// Whether a binary file that begins like this may be one.
pub(super) fn begins(head: &[u8]) -> bool {
    let number = |at: usize| {
        let bytes: Option<[u8; 8]> = head.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_le_bytes)
    };
    let mut at = 40;
    for _ in 0..3 {
        let Some(length) = number(at).filter(|length| *length <= 256) else { return false };
        let text = head.get(at + 8..at + 8 + length as usize);
        if text.is_none_or(|text| !text.iter().all(u8::is_ascii)) {
            return false;
        }
        at += 8 + length as usize;
    }
    number(at).is_some_and(|sessions| sessions < 1 << 32)
}

/// What is read, and where in it.
struct Reader<'a, 'b> {
    source: &'a mut Source<'b>,
    /// How many bytes were read.
    at: u64,
    session: u64,
    transaction: u64,
}

impl Reader<'_, '_> {
    fn wrong(&self, what: &str) -> ReadError {
        let Self { at, session, transaction, .. } = self;
        let cause = format!(
            "{what} at byte {at}, in transaction {transaction} of session {session}, counted from 0: it was cut off, or it \
             is no history of dbcop's"
        );
        ReadError::whole(Cause::BadDocument(cause))
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        match self.source.next() {
            Some(byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => Err(self.source.failure().unwrap_or_else(|| self.wrong("the file ends"))),
        }
    }

    fn number(&mut self) -> Result<u64, ReadError> {
        let mut bytes = [0; 8];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(u64::from_le_bytes(bytes))
    }

    fn boolean(&mut self) -> Result<bool, ReadError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.wrong("there is something that is neither yes (1) nor no (0)")),
        }
    }

    fn value(&mut self) -> Result<Value, ReadError> {
        let number = self.number()?;
        Ok(i64::try_from(number).map_or_else(|_| Value::Word(number.to_string().into()), Value::Int))
    }

    fn text(&mut self) -> Result<(), ReadError> {
        let length = self.number()?;
        if length > TEXT_MOST {
            return Err(self.wrong("there is a text of absurd length"));
        }
        (0..length).try_for_each(|_| self.byte().map(drop))
    }

    /// A transaction, without what had no success.
    fn draft(&mut self) -> Result<Draft, ReadError> {
        let mut draft = Draft { process: self.session, ..Draft::default() };
        for _ in 0..self.number()? {
            let writes = self.boolean()?;
            let (key, value) = (self.value()?, self.value()?);
            if self.boolean()? {
                draft.steps.push(if writes {
                    Step::Write { key, value }
                } else {
                    Step::Read { key, seen: Some(value) }
                });
            }
        }
        draft.outcome = if self.boolean()? { Outcome::Ok } else { Outcome::Failed };
        Ok(draft)
    }
}

/// Reads the file.
pub(super) fn read(source: &mut Source<'_>, options: &Options) -> Result<Imported, ReadError> {
    let mut reader = Reader { source, at: 0, session: 0, transaction: 0 };
    let mut drafts: Vec<(Draft, Origin)> = Vec::new();
    for _ in 0..5 {
        reader.number()?;
    }
    for _ in 0..3 {
        reader.text()?;
    }
    let sessions = reader.number()?;
    for session in 0..sessions {
        reader.session = session;
        for transaction in 0..reader.number()? {
            reader.transaction = transaction;
            let draft = Draft { label: drafts.len() as u64, ..reader.draft()? };
            if drafts.len() as u64 >= OPERATIONS_MOST {
                return Err(ReadError::whole(Cause::TooMany(OPERATIONS_MOST)));
            }
            if !draft.steps.is_empty() {
                drafts.push((draft, Origin::on_line(0)));
            }
        }
    }
    imported(Format::Bincode, options, dbcop_history(drafts, options)?, sessions.min(reader.at))
}
