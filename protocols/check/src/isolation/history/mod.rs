//! Histories of transactions, in compact form.
//!
//! A [`Builder`] takes one [`Draft`] after the other and interns what they name: keys, processes, and *versions*.
//! A version is a pair of a key and a value: what a write or an append brings into the world and a read sees.
//! All are small numbers from then on; [`Transactions::value`] and its like give the words back.
//!
//! # Lists
//! Reads of a list are mostly prefixes of one another. Per key the builder keeps one list, the *spine*, which
//! grows with the reads that extend it: a read that is a prefix of it is stored as a length. Only a read that
//! branches off is stored element by element. So a read costs twelve bytes however long its list is.
//!
//! # Order and time
//! The transactions of one process must be added in the order in which it ran them. Positions ([`Moment::at`])
//! are any numbers that grow with time, such as the line in a file; a transaction was over before another began
//! if it ended at a smaller position than the other began at. Histories without them say nothing of real time.
//!
//! # Outcomes
//! As those of single operations ([`Outcome`]): a failed transaction surely did not happen, one of unknown outcome
//! (or still open) may take effect at any later moment or never. What it read is not known, whatever it says.

mod builder;
mod draft;

use std::fmt::{self, Write as _};

use crate::history::Outcome;
use crate::value::Value;

pub use builder::Builder;
pub use draft::{Conventions, Draft, Initial, Moment, Objects, Sessions, Step, TransactionsError};

/// A moment that is not known, in the compact form.
const NEVER: u64 = u64::MAX;
/// A time that is not known, in the compact form.
const TIMELESS: i64 = i64::MIN;
/// More of anything than this is too much: the rest of 32 bits is kept for marks and for the joints of graphs.
const LIMIT: usize = 1 << 27;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Append,
    Write,
    /// Nobody knows what was seen.
    ReadUnknown,
    /// The operand is the version seen.
    ReadVersion,
    /// The operand is a length: so much of the key's spine.
    ReadSpine,
    /// The operand is where in `lists` its length stands, followed by its elements.
    ReadList,
}

/// A step in the compact form: twelve bytes.
#[derive(Clone, Copy, Debug)]
struct Packed {
    key: u32,
    operand: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    label: u64,
    began: u64,
    ended: u64,
    began_time: i64,
    ended_time: i64,
    /// Where its steps end; they begin where those of the transaction before end.
    steps_end: u32,
    process: u32,
    outcome: Outcome,
}

/// A list as some transaction read it. [`Transactions::list`] gives its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    key: u32,
    operand: u32,
    on_spine: bool,
}

impl List {
    /// The length, if it is a beginning of the spine of its key.
    pub fn spine_length(self) -> Option<u32> {
        self.on_spine.then_some(self.operand)
    }
}

/// What a read saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nobody knows.
    Unknown,
    /// This version of a register; [`Transactions::initial`] of the key for what was there at first.
    Version(u32),
    /// This list.
    List(List),
}

/// One step of a transaction: a micro-operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mop {
    /// Appends the value of a version to a list.
    Append {
        /// The key.
        key: u32,
        /// Key and value.
        version: u32,
    },
    /// Writes the value of a version to a register.
    Write {
        /// The key.
        key: u32,
        /// Key and value.
        version: u32,
    },
    /// Reads a key.
    Read {
        /// The key.
        key: u32,
        /// What was seen.
        seen: Seen,
    },
}

impl Mop {
    /// The key it touches.
    pub fn key(self) -> u32 {
        match self {
            Mop::Append { key, .. } | Mop::Write { key, .. } | Mop::Read { key, .. } => key,
        }
    }

    /// The version that it brings into the world, if it does.
    pub fn writes(self) -> Option<u32> {
        match self {
            Mop::Append { version, .. } | Mop::Write { version, .. } => Some(version),
            Mop::Read { .. } => None,
        }
    }
}

/// One transaction of a history, without its steps ([`Transactions::steps`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The caller's own number for it.
    pub label: u64,
    /// Number of the process that ran it: [`Transactions::process_name`].
    pub process: u32,
    /// When it began, where known.
    pub began: Option<Moment>,
    /// When its outcome became known, where known.
    pub ended: Option<Moment>,
    /// What became of it.
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    key: u32,
    value: Value,
}

/// A history of transactions. Transactions, keys, versions and processes are numbered from 0.
#[derive(Clone, Debug)]
pub struct Transactions {
    objects: Objects,
    conventions: Conventions,
    records: Vec<Record>,
    steps: Vec<Packed>,
    keys: Vec<Value>,
    /// For each key the version that it holds at first.
    initial: Vec<u32>,
    versions: Vec<Version>,
    spines: Vec<Vec<u32>>,
    lists: Vec<u32>,
    processes: Vec<u64>,
}

impl Transactions {
    /// An empty history.
    pub fn new(objects: Objects, conventions: Conventions) -> Self {
        Self {
            objects,
            conventions,
            records: Vec::new(),
            steps: Vec::new(),
            keys: Vec::new(),
            initial: Vec::new(),
            versions: Vec::new(),
            spines: Vec::new(),
            lists: Vec::new(),
            processes: Vec::new(),
        }
    }

    /// What keys hold.
    pub fn objects(&self) -> Objects {
        self.objects
    }

    /// What the format leaves unsaid.
    pub fn conventions(&self) -> &Conventions {
        &self.conventions
    }

    /// How many transactions there are.
    pub fn len(&self) -> u32 {
        self.records.len() as u32
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many keys there are.
    pub fn keys(&self) -> u32 {
        self.keys.len() as u32
    }

    /// How many versions there are, initial ones included.
    pub fn versions(&self) -> u32 {
        self.versions.len() as u32
    }

    /// How many processes there are.
    pub fn processes(&self) -> u32 {
        self.processes.len() as u32
    }

    /// How many steps there are in all.
    pub fn steps_total(&self) -> u32 {
        self.steps.len() as u32
    }

    /// The transaction with this number.
    pub fn get(&self, place: u32) -> Transaction {
        let record = &self.records[place as usize];
        Transaction {
            label: record.label,
            process: record.process,
            began: unpacked(record.began, record.began_time),
            ended: unpacked(record.ended, record.ended_time),
            outcome: record.outcome,
        }
    }

    /// What became of a transaction.
    pub fn outcome(&self, place: u32) -> Outcome {
        self.records[place as usize].outcome
    }

    /// Number of the process that ran a transaction.
    pub fn process(&self, place: u32) -> u32 {
        self.records[place as usize].process
    }

    /// Where among all steps those of a transaction stand.
    pub fn step_range(&self, place: u32) -> std::ops::Range<u32> {
        let begin = match place.checked_sub(1) {
            Some(before) => self.records[before as usize].steps_end,
            None => 0,
        };
        begin..self.records[place as usize].steps_end
    }

    /// The steps of a transaction, in order. What one that did not surely happen has read is unknown.
    pub fn steps(&self, place: u32) -> impl DoubleEndedIterator<Item = Mop> + ExactSizeIterator + Clone + '_ {
        let range = self.step_range(place);
        self.steps[range.start as usize..range.end as usize].iter().map(|packed| self.mop(*packed))
    }

    /// The step with this number among all.
    pub fn step(&self, number: u32) -> Mop {
        self.mop(self.steps[number as usize])
    }

    fn mop(&self, packed: Packed) -> Mop {
        let Packed { key, operand, kind } = packed;
        match kind {
            Kind::Append => Mop::Append { key, version: operand },
            Kind::Write => Mop::Write { key, version: operand },
            Kind::ReadUnknown => Mop::Read { key, seen: Seen::Unknown },
            Kind::ReadVersion => Mop::Read { key, seen: Seen::Version(operand) },
            Kind::ReadSpine => Mop::Read { key, seen: Seen::List(List { key, operand, on_spine: true }) },
            Kind::ReadList => Mop::Read { key, seen: Seen::List(List { key, operand, on_spine: false }) },
        }
    }

    /// The elements of a list: versions of its key, the oldest first.
    pub fn list(&self, list: List) -> &[u32] {
        if list.on_spine {
            return &self.spines[list.key as usize][..list.operand as usize];
        }
        let begin = list.operand as usize + 1;
        &self.lists[begin..begin + self.lists[list.operand as usize] as usize]
    }

    /// The spine of a key. Some transaction that is ok has read exactly this list, and every list that is not a
    /// beginning of it branches off from it.
    pub fn spine(&self, key: u32) -> &[u32] {
        &self.spines[key as usize]
    }

    /// The name of a key.
    pub fn key_name(&self, key: u32) -> &Value {
        &self.keys[key as usize]
    }

    /// The version that a key holds at first: its value is `Nil` unless the conventions say otherwise.
    pub fn initial(&self, key: u32) -> u32 {
        self.initial[key as usize]
    }

    /// The key of a version.
    pub fn key_of(&self, version: u32) -> u32 {
        self.versions[version as usize].key
    }

    /// The value of a version.
    pub fn value(&self, version: u32) -> &Value {
        &self.versions[version as usize].value
    }

    /// The process as the caller numbered it.
    pub fn process_name(&self, process: u32) -> u64 {
        self.processes[process as usize]
    }

    /// Whether one transaction was over before another began. One of unknown outcome is never over.
    pub fn precedes(&self, earlier: u32, later: u32) -> bool {
        let (earlier, later) = (&self.records[earlier as usize], &self.records[later as usize]);
        let is_over = matches!(earlier.outcome, Outcome::Ok | Outcome::Failed);
        is_over && later.began != NEVER && earlier.ended < later.began
    }

    /// Whether every transaction that is ok has both its moments, and every other its beginning.
    pub fn has_real_time(&self) -> bool {
        self.records
            .iter()
            .all(|record| record.began != NEVER && (record.outcome != Outcome::Ok || record.ended != NEVER))
    }

    /// The history as it stood right after the event at `position`: later transactions are gone, those that were
    /// running are open. Transactions keep their order, but not their numbers. Without positions all of it.
    pub fn as_of(&self, position: u64) -> Transactions {
        let mut then = Transactions {
            keys: self.keys.clone(),
            initial: self.initial.clone(),
            versions: self.versions.clone(),
            processes: self.processes.clone(),
            spines: vec![Vec::new(); self.keys.len()],
            ..Transactions::new(self.objects, self.conventions.clone())
        };
        for place in 0..self.len() {
            let mut record = self.records[place as usize];
            if record.began != NEVER && record.began > position {
                continue;
            }
            let runs = record.ended != NEVER && record.ended > position;
            if runs {
                (record.ended, record.ended_time, record.outcome) = (NEVER, TIMELESS, Outcome::Open);
            }
            let range = self.step_range(place);
            for packed in &self.steps[range.start as usize..range.end as usize] {
                let packed = self.packed_again(*packed, runs, &mut then);
                then.steps.push(packed);
            }
            record.steps_end = then.steps.len() as u32;
            then.records.push(record);
        }
        then
    }

    /// A step as it is stored in `then`, the history as of some moment at which its transaction still `runs` or not.
    fn packed_again(&self, packed: Packed, runs: bool, then: &mut Transactions) -> Packed {
        let Packed { key, kind, .. } = packed;
        match self.mop(packed) {
            Mop::Read { .. } if runs => Packed { key, operand: 0, kind: Kind::ReadUnknown },
            Mop::Read { seen: Seen::List(list), .. } => {
                let elements = self.list(list);
                let spine = &then.spines[key as usize];
                let shared = spine.iter().zip(elements).take_while(|(ours, theirs)| ours == theirs).count();
                then.store_list(key, shared, &elements[shared..])
            }
            _ => Packed { kind, ..packed },
        }
    }

    /// Stores a list that shares so many elements with the spine of its key and goes on with `rest`.
    fn store_list(&mut self, key: u32, shared: usize, rest: &[u32]) -> Packed {
        let spine = &mut self.spines[key as usize];
        let length = shared + rest.len();
        if shared < spine.len() && !rest.is_empty() {
            let operand = self.lists.len() as u32;
            self.lists.push(length as u32);
            self.lists.extend_from_slice(&spine[..shared]);
            self.lists.extend_from_slice(rest);
            return Packed { key, operand, kind: Kind::ReadList };
        }
        spine.extend_from_slice(rest);
        Packed { key, operand: length as u32, kind: Kind::ReadSpine }
    }

    /// Bytes of memory that the history takes, as far as it knows: texts are not counted.
    pub fn bytes(&self) -> u64 {
        let spines: usize = self.spines.iter().map(|spine| spine.capacity() * 4 + 24).sum();
        let rest = self.records.capacity() * size_of::<Record>()
            + self.steps.capacity() * size_of::<Packed>()
            + (self.keys.capacity()) * size_of::<Value>()
            + self.versions.capacity() * size_of::<Version>()
            + (self.initial.capacity() + self.lists.capacity()) * 4
            + self.processes.capacity() * 8;
        (spines + rest) as u64
    }

    /// A transaction in words: `append x 3, read y [1 2]`.
    pub fn words(&self, place: u32) -> String {
        let mut words = String::new();
        for mop in self.steps(place) {
            if !words.is_empty() {
                words.push_str(", ");
            }
            // Writing to a String cannot fail.
            let _ = write!(words, "{}", MopWords { history: self, mop });
        }
        words
    }
}

struct MopWords<'a> {
    history: &'a Transactions,
    mop: Mop,
}

impl fmt::Display for MopWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { history, mop } = *self;
        let key = history.key_name(mop.key());
        match mop {
            Mop::Append { version, .. } => write!(f, "append {key} {}", history.value(version)),
            Mop::Write { version, .. } => write!(f, "write {key} {}", history.value(version)),
            Mop::Read { seen: Seen::Unknown, .. } => write!(f, "read {key}"),
            Mop::Read { seen: Seen::Version(version), .. } => {
                write!(f, "read {key} {}", history.value(version))
            }
            Mop::Read { seen: Seen::List(list), .. } => {
                write!(f, "read {key} [")?;
                for (place, version) in history.list(list).iter().enumerate() {
                    let gap = if place > 0 { " " } else { "" };
                    write!(f, "{gap}{}", history.value(*version))?;
                }
                f.write_str("]")
            }
        }
    }
}

fn unpacked(at: u64, time: i64) -> Option<Moment> {
    (at != NEVER).then_some(Moment { at, time: (time != TIMELESS).then_some(time) })
}

fn packed(moment: Option<Moment>) -> (u64, i64) {
    match moment {
        Some(Moment { at, time }) => (at, time.unwrap_or(TIMELESS)),
        None => (NEVER, TIMELESS),
    }
}
