//! Reading: anyone's history, from anyone's file.
//!
//! [`read`] takes a file as a stream and gives a history; what it holds beside that is one event's text. [`import`]
//! does the same with bytes that are in memory, such as those of a file dropped onto the window.
//!
//! ```
//! use check::read::{Options, Subject, import};
//!
//! let file = b"{:process 0, :type :invoke, :f :write, :value 3}
//!              {:process 0, :type :ok, :f :write, :value 3}
//!              {:process 1, :type :invoke, :f :read, :value nil}";
//! let imported = import("history.edn", file, &Options::default())?;
//! assert_eq!((imported.format.name(), imported.model.name()), ("edn", "register"));
//! let Subject::Objects(history) = imported.subject else { panic!("no transactions here") };
//! assert_eq!(history.operations().len(), 2);
//! assert_eq!(imported.origins[1].line(), 3);
//! # Ok::<(), check::read::ReadError>(())
//! ```
//!
//! # From bytes to a history
//! | step | module |
//! |-|-|
//! | which form the file has | `format` |
//! | bytes, with line and column | `source` |
//! | values of EDN and JSON, one event at a time | `syntax`, `tape` |
//! | what an event says | `event` |
//! | which events belong together | `pairing`, and then `objects` or `transactions` |
//! | what the operations are done to, and what their values mean | `shape` |
//! | forms without EDN or JSON | `etcd`, `text` (AWDIT, Plume, dbcop's); dbcop's documents: `dbcop`, `bincode` |
//!
//! Every trap that such files hold is named where it is dealt with.
//!
//! # Limits
//! What no history needs is refused with the place where it stands, so that no file can fill the stack or the memory:
//! values nested more than [`DEPTH_MOST`] deep, a text of more than [`TOKEN_MOST`] bytes, a line of more than
//! [`LINE_MOST`], an event of more than [`VALUES_MOST`] values, more than [`OPERATIONS_MOST`] operations. Processes,
//! open operations and lines are limited by memory alone.

mod bincode;
mod dbcop;
mod error;
mod etcd;
mod event;
mod events;
mod format;
mod imported;
mod objects;
mod pairing;
pub(crate) mod shape;
mod source;
mod syntax;
mod tape;
mod text;
mod transactions;
mod values;

use std::io::Read;

use crate::names::ModelName;
use crate::value::Value;
use source::Source;

pub use error::{Cause, ReadError};
pub use format::Format;
pub use imported::{Imported, Mark, Origin, Subject};

/// How deep values may be nested.
pub const DEPTH_MOST: u32 = 64;
/// How many bytes a single text may have.
pub const TOKEN_MOST: usize = 16 << 20;
/// How many bytes a line may have, in forms where lines matter.
pub const LINE_MOST: usize = 64 << 20;
/// How many values a single event may have.
pub const VALUES_MOST: usize = 16_000_000;
/// How many operations a history may have.
pub const OPERATIONS_MOST: u64 = 500_000_000;

/// What the caller knows better than the file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The form of the file.
    pub format: Option<Format>,
    /// What the operations were done to.
    pub model: Option<ModelName>,
    /// Whether each value is `[key value]`.
    pub independent: Independent,
    /// What a register's read of nil means.
    pub nil_reads: Option<NilReads>,
    /// What each object holds before the first operation, where that is not nothing.
    pub initial: Option<Value>,
}

/// Whether each value of a Jepsen history is `[key value]`: operations on independent objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Independent {
    /// If it cannot well be anything else: every value is such a pair, and reads ask with `[key nil]`.
    #[default]
    IfPlain,
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// What it means that a read of a register brought nil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NilReads {
    /// Nothing was there.
    Absent,
    /// Nobody knows what was there, as Knossos takes it.
    Unknown,
}

/// Reads a history from a file called `name`.
///
/// # Errors
/// If it is none, or contradicts itself: with the line, and what to do.
pub fn read(name: &str, file: &mut dyn Read, options: &Options) -> Result<Imported, ReadError> {
    let mut source = Source::new(file);
    let format = match options.format {
        Some(format) => format,
        None => match format::guess(name, source.rest()) {
            Ok(format) => format,
            // A file that cannot be read looks empty.
            Err(wrong) => return Err(source.failure().unwrap_or(wrong)),
        },
    };
    match format {
        Format::Edn | Format::Json | Format::Lines | Format::Porcupine => {
            events::read(&mut source, format, options)
        }
        Format::Etcd => etcd::read(&mut source, options),
        Format::Awdit => text::awdit(&mut source, options),
        Format::Plume => text::plume(&mut source, options),
        Format::Dbcop => dbcop::read(&mut source, options),
        Format::DbcopText => text::dbcop(&mut source, options),
        Format::Bincode => bincode::read(&mut source, options),
    }
}

/// The same from bytes in memory.
///
/// # Errors
/// As [`read`].
pub fn import(name: &str, mut bytes: &[u8], options: &Options) -> Result<Imported, ReadError> {
    read(name, &mut bytes, options)
}
