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

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::history::Outcome;
use crate::table::{self, Index};
use crate::value::Value;

/// What the keys of a history hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objects {
    /// Lists: transactions append to them and read them whole (Elle's list-append).
    Lists,
    /// Registers: transactions write and read them (Elle's rw-register).
    Registers,
}

/// What a key holds before anyone wrote to it. Lists always begin empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Initial {
    /// Nothing: a read of it returns [`Value::Nil`].
    #[default]
    Nothing,
    /// This value, as if a transaction before all others had written it to every key.
    Written(Value),
    /// Nobody said. A value that is read but that nobody wrote is then the initial one of its key.
    Unstated,
}

/// Whether a level of isolation keeps the order in which one process ran its transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sessions {
    /// Only levels that say so: the strong session ones and those above (Adya, Elle).
    #[default]
    WhereNamed,
    /// Every level (Biswas and Enea; AWDIT, PolySI, Plume, Cobra).
    Always,
}

/// What the history's format leaves unsaid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conventions {
    /// What a key holds at first.
    pub initial: Initial,
    /// Which levels keep the order of a process.
    pub sessions: Sessions,
}

impl Conventions {
    /// Histories of Jepsen and Elle: keys hold nothing at first, sessions count where a level names them.
    pub fn jepsen() -> Self {
        Self::default()
    }

    /// AWDIT's text: a value nobody wrote is the initial one; sessions always count.
    pub fn awdit() -> Self {
        Self { initial: Initial::Unstated, sessions: Sessions::Always }
    }

    /// Text of Plume and PolySI: an implicit first transaction writes 0 to every key; sessions always count.
    pub fn plume() -> Self {
        Self { initial: Initial::Written(Value::Int(0)), sessions: Sessions::Always }
    }

    /// JSON of dbcop: keys hold nothing at first; sessions always count.
    pub fn dbcop() -> Self {
        Self { initial: Initial::Nothing, sessions: Sessions::Always }
    }
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Its position among the events of the history.
    pub at: u64,
    /// The time, in nanoseconds since some origin, where known. Shown, never reasoned with.
    pub time: Option<i64>,
}

impl Moment {
    /// The moment of the event at position `at`.
    pub fn at(at: u64) -> Self {
        Self { at, time: None }
    }
}

/// One step of a transaction, as it is handed to a [`Builder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Appends `value` to the list under `key`.
    Append {
        /// The key.
        key: Value,
        /// The element.
        value: Value,
    },
    /// Writes `value` to the register under `key`.
    Write {
        /// The key.
        key: Value,
        /// The value.
        value: Value,
    },
    /// Reads what is under `key`.
    Read {
        /// The key.
        key: Value,
        /// What it returned: a list where keys hold lists; `Nil` for what nobody wrote; none if not known.
        seen: Option<Value>,
    },
}

/// One transaction, as it is handed to a [`Builder`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The caller's own number for it, such as its place in a file. Nothing depends on it.
    pub label: u64,
    /// The process (session) that ran it.
    pub process: u64,
    /// When it began, where known.
    pub began: Option<Moment>,
    /// When its outcome became known, where known.
    pub ended: Option<Moment>,
    /// What became of it.
    pub outcome: Outcome,
    /// What it did, in order.
    pub steps: Vec<Step>,
}

/// Why a [`Builder`] refused a transaction. It is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransactionsError {
    /// An append to a register, or a write to a list.
    #[error(
        "transaction {label} {does} key {key}, but the keys of this history hold {hold}; check it as the model it is of"
    )]
    WrongStep {
        /// The transaction.
        label: u64,
        /// What it does: "appends to" or "writes".
        does: &'static str,
        /// The key.
        key: Value,
        /// What keys hold here.
        hold: &'static str,
    },
    /// A read of a list that returned something else.
    #[error(
        "transaction {label} read {seen} under key {key}, where a list was expected; appends build lists"
    )]
    NotAList {
        /// The transaction.
        label: u64,
        /// The key.
        key: Value,
        /// What it returned.
        seen: Value,
    },
    /// It ended before it began.
    #[error(
        "transaction {label} ends at position {ended}, before it begins at {began}; positions must grow with time"
    )]
    EndsBeforeItBegins {
        /// The transaction.
        label: u64,
        /// Where it begins.
        began: u64,
        /// Where it ends.
        ended: u64,
    },
    /// Two transactions of one process at once.
    #[error(
        "transaction {label} of process {process} begins at position {began}, while transaction {other} of the same process runs until {ended}; a process runs one at a time, in the order in which they are added"
    )]
    Overlaps {
        /// The transaction.
        label: u64,
        /// The process.
        process: u64,
        /// Where it begins.
        began: u64,
        /// The one before it.
        other: u64,
        /// Where that one ends.
        ended: u64,
    },
    /// Positions end two below the largest number, and everything is counted in 32 bits.
    #[error(
        "transaction {label}: more transactions, steps or values, or larger positions, than a history holds"
    )]
    TooLarge {
        /// The transaction.
        label: u64,
    },
}

/// A moment that is not known, in the compact form.
const NEVER: u64 = u64::MAX;
/// A time that is not known, in the compact form.
const TIMELESS: i64 = i64::MIN;
/// More of anything than this is too much: the rest of 32 bits is kept for marks.
const LIMIT: usize = (u32::MAX / 4) as usize;

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

    /// The longest list that reads of a key agree on, in the order in which they were added. It may hold elements
    /// that only transactions of unknown outcome, or failed ones, have seen.
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
        let mut then = Transactions { records: Vec::new(), steps: Vec::new(), ..self.clone() };
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
                let mut packed = *packed;
                if runs && !matches!(packed.kind, Kind::Append | Kind::Write) {
                    (packed.kind, packed.operand) = (Kind::ReadUnknown, 0);
                }
                then.steps.push(packed);
            }
            record.steps_end = then.steps.len() as u32;
            then.records.push(record);
        }
        then
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

/// Builds a history, transaction by transaction.
#[derive(Clone, Debug)]
pub struct Builder {
    history: Transactions,
    initial_value: Value,
    by_key: Index,
    by_version: Index,
    by_process: Index,
    /// For each process the number of its last transaction.
    last: Vec<u32>,
}

impl Builder {
    /// A builder of an empty history.
    pub fn new(objects: Objects, conventions: Conventions) -> Self {
        let initial_value = match (&conventions.initial, objects) {
            (Initial::Written(value), Objects::Registers) => value.clone(),
            _ => Value::Nil,
        };
        Self {
            history: Transactions::new(objects, conventions),
            initial_value,
            by_key: Index::default(),
            by_version: Index::default(),
            by_process: Index::default(),
            last: Vec::new(),
        }
    }

    /// The history so far.
    pub fn history(&self) -> &Transactions {
        &self.history
    }

    /// The history, complete.
    pub fn finish(self) -> Transactions {
        self.history
    }

    /// Adds a transaction and returns its number. Those of one process must come in the order in which it ran
    /// them; among processes any order will do.
    ///
    /// # Errors
    /// If the transaction does not fit the history; then nothing was added.
    pub fn add(&mut self, draft: &Draft) -> Result<u32, TransactionsError> {
        self.check_steps(draft)?;
        self.check_moments(draft)?;
        self.check_size(draft)?;
        let process = self.process(draft.process);
        let happened = draft.outcome == Outcome::Ok;
        for step in &draft.steps {
            let packed = self.pack(step, happened);
            self.history.steps.push(packed);
        }
        let place = self.history.len();
        let (began, began_time) = packed(draft.began);
        let (ended, ended_time) = packed(draft.ended);
        self.history.records.push(Record {
            label: draft.label,
            began,
            ended,
            began_time,
            ended_time,
            steps_end: self.history.steps.len() as u32,
            process,
            outcome: draft.outcome,
        });
        self.last[process as usize] = place;
        Ok(place)
    }

    fn check_steps(&self, draft: &Draft) -> Result<(), TransactionsError> {
        let label = draft.label;
        let wrong = |does, key: &Value, hold| {
            Err(TransactionsError::WrongStep { label, does, key: key.clone(), hold })
        };
        for step in &draft.steps {
            match (step, self.history.objects) {
                (Step::Append { key, .. }, Objects::Registers) => {
                    return wrong("appends to", key, "registers");
                }
                (Step::Write { key, .. }, Objects::Lists) => return wrong("writes", key, "lists"),
                (Step::Read { key, seen: Some(seen) }, Objects::Lists)
                    if !matches!(seen, Value::Nil | Value::List(_)) =>
                {
                    return Err(TransactionsError::NotAList { label, key: key.clone(), seen: seen.clone() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_moments(&self, draft: &Draft) -> Result<(), TransactionsError> {
        let label = draft.label;
        let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
        let (began, ended) = (at(draft.began), at(draft.ended));
        if began.max(ended).is_some_and(|at| at >= NEVER - 1) {
            return Err(TransactionsError::TooLarge { label });
        }
        if let (Some(began), Some(ended)) = (began, ended)
            && ended < began
        {
            return Err(TransactionsError::EndsBeforeItBegins { label, began, ended });
        }
        let Some(process) = self.find_process(draft.process) else { return Ok(()) };
        let before = &self.history.records[self.last[process as usize] as usize];
        // One of unknown outcome has no end of its own, but the process went on after it.
        let until = if before.ended == NEVER { before.began } else { before.ended };
        match began.or(ended) {
            Some(began) if until != NEVER && began < until => Err(TransactionsError::Overlaps {
                label,
                process: draft.process,
                began,
                other: before.label,
                ended: until,
            }),
            _ => Ok(()),
        }
    }

    /// Whether everything the transaction could add still fits 32 bits.
    fn check_size(&self, draft: &Draft) -> Result<(), TransactionsError> {
        let mut elements = draft.steps.len();
        for step in &draft.steps {
            if let Step::Read { seen: Some(Value::List(list)), .. } = step {
                elements = elements.saturating_add(list.len() + 1);
            }
        }
        let Transactions { records, steps, versions, lists, .. } = &self.history;
        let most = records.len().max(steps.len()).max(versions.len()).max(lists.len());
        if most.saturating_add(elements.saturating_mul(2)) >= LIMIT {
            return Err(TransactionsError::TooLarge { label: draft.label });
        }
        Ok(())
    }

    fn pack(&mut self, step: &Step, happened: bool) -> Packed {
        match step {
            Step::Append { key, value } => {
                let key = self.key(key);
                Packed { key, operand: self.version(key, value), kind: Kind::Append }
            }
            Step::Write { key, value } => {
                let key = self.key(key);
                Packed { key, operand: self.version(key, value), kind: Kind::Write }
            }
            Step::Read { key, seen } => {
                let key = self.key(key);
                match seen {
                    Some(seen) if happened && self.history.objects == Objects::Lists => {
                        let elements: &[Value] = if let Value::List(list) = seen { list } else { &[] };
                        self.pack_list(key, elements)
                    }
                    Some(seen) if happened => {
                        Packed { key, operand: self.version(key, seen), kind: Kind::ReadVersion }
                    }
                    _ => Packed { key, operand: 0, kind: Kind::ReadUnknown },
                }
            }
        }
    }

    fn pack_list(&mut self, key: u32, elements: &[Value]) -> Packed {
        let Transactions { spines, versions, .. } = &self.history;
        let spine = &spines[key as usize];
        let agrees = |(version, value): (&u32, &Value)| versions[*version as usize].value == *value;
        let shared = spine.iter().zip(elements).take_while(|pair| agrees(*pair)).count();
        let length = spine.len();
        if shared < length && shared < elements.len() {
            let begin = self.history.lists.len() as u32;
            self.history.lists.push(elements.len() as u32);
            for place in 0..elements.len() {
                let version = match self.history.spines[key as usize].get(place) {
                    Some(version) if place < shared => *version,
                    _ => self.version(key, &elements[place]),
                };
                self.history.lists.push(version);
            }
            return Packed { key, operand: begin, kind: Kind::ReadList };
        }
        for value in &elements[shared..] {
            let version = self.version(key, value);
            self.history.spines[key as usize].push(version);
        }
        Packed { key, operand: elements.len() as u32, kind: Kind::ReadSpine }
    }

    fn key(&mut self, name: &Value) -> u32 {
        let Self { history, by_key, .. } = self;
        let hash = table::hash_of(name);
        if let Some(key) = by_key.find(hash, |at| history.keys[at as usize] == *name) {
            return key;
        }
        let key = history.keys.len() as u32;
        history.keys.push(name.clone());
        history.spines.push(Vec::new());
        by_key.insert(hash, key, |at| table::hash_of(&history.keys[at as usize]));
        let value = self.initial_value.clone();
        let initial = self.version(key, &value);
        self.history.initial.push(initial);
        key
    }

    fn version(&mut self, key: u32, value: &Value) -> u32 {
        let Self { history, by_version, .. } = self;
        let versions = &mut history.versions;
        let hash = table::hash_of(&(key, value));
        let is_it = |at: u32| versions[at as usize].key == key && versions[at as usize].value == *value;
        if let Some(version) = by_version.find(hash, is_it) {
            return version;
        }
        let version = versions.len() as u32;
        versions.push(Version { key, value: value.clone() });
        by_version.insert(hash, version, |at| {
            table::hash_of(&(versions[at as usize].key, &versions[at as usize].value))
        });
        version
    }

    fn find_process(&self, name: u64) -> Option<u32> {
        self.by_process.find(table::hash_of(&name), |at| self.history.processes[at as usize] == name)
    }

    fn process(&mut self, name: u64) -> u32 {
        if let Some(process) = self.find_process(name) {
            return process;
        }
        let process = self.history.processes.len() as u32;
        self.history.processes.push(name);
        let processes = &self.history.processes;
        self.by_process.insert(table::hash_of(&name), process, |at| table::hash_of(&processes[at as usize]));
        self.last.push(0);
        process
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(elements: &[i64]) -> Option<Value> {
        Some(Value::from(elements.iter().map(|element| Value::Int(*element)).collect::<Vec<_>>()))
    }

    fn draft(process: u64, steps: Vec<Step>) -> Draft {
        Draft { process, outcome: Outcome::Ok, steps, ..Draft::default() }
    }

    fn append(key: &str, value: i64) -> Step {
        Step::Append { key: key.into(), value: value.into() }
    }

    fn read(key: &str, seen: Option<Value>) -> Step {
        Step::Read { key: key.into(), seen }
    }

    #[test]
    fn lists_come_back_as_they_were_read() {
        let mut builder = Builder::new(Objects::Lists, Conventions::jepsen());
        let reads: [&[i64]; 6] = [&[1, 2], &[], &[1, 2, 3], &[1, 3], &[1], &[2, 1, 3, 1]];
        let steps = std::iter::once(append("x", 1)).chain(reads.map(|seen| read("x", list(seen)))).collect();
        let place = builder.add(&draft(7, steps)).unwrap();
        let history = builder.finish();
        assert_eq!(
            history.words(place),
            "append x 1, read x [1 2], read x [], read x [1 2 3], read x [1 3], read x [1], read x [2 1 3 1]"
        );
        assert_eq!(history.spine(0).len(), 3);
        assert_eq!(history.process_name(history.process(place)), 7);
        let on_spine: Vec<Option<u32>> = history
            .steps(place)
            .filter_map(|mop| match mop {
                Mop::Read { seen: Seen::List(list), .. } => Some(list.spine_length()),
                _ => None,
            })
            .collect();
        assert_eq!(on_spine, [Some(2), Some(0), Some(3), None, Some(1), None]);
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut builder = Builder::new(Objects::Lists, Conventions::jepsen());
        let spanning = |label, began, ended| Draft {
            label,
            began: Some(Moment::at(began)),
            ended: Some(Moment::at(ended)),
            ..draft(1, vec![append("x", label as i64)])
        };
        builder.add(&spanning(1, 2, 5)).unwrap();
        let write = Step::Write { key: "x".into(), value: 1.into() };
        let refusals = [
            (draft(1, vec![write]), "writes key x, but the keys of this history hold lists"),
            (draft(1, vec![read("x", Some(3.into()))]), "read 3 under key x, where a list was expected"),
            (spanning(2, 9, 8), "ends at position 8, before it begins at 9"),
            (spanning(2, 4, 8), "while transaction 1 of the same process runs until 5"),
            (spanning(2, u64::MAX - 1, u64::MAX), "larger positions"),
        ];
        for (refused, because) in refusals {
            let error = builder.add(&refused).unwrap_err().to_string();
            assert!(error.contains(because), "{error}");
        }
        let history = builder.history();
        assert_eq!((history.len(), history.steps_total(), history.versions()), (1, 1, 2));
        builder.add(&spanning(2, 6, 7)).unwrap();
        assert!(builder.history().precedes(0, 1) && !builder.history().precedes(1, 0));
    }

    #[test]
    fn as_of_a_moment_the_rest_is_open_or_gone() {
        let mut builder = Builder::new(Objects::Registers, Conventions::jepsen());
        for (process, began, ended) in [(1, 1, 3), (2, 2, 6), (1, 5, 7)] {
            let steps = vec![read("x", Some(Value::Nil)), Step::Write { key: "y".into(), value: 3.into() }];
            let moment = |at| Some(Moment { at, time: Some(at as i64 * 100) });
            builder
                .add(&Draft { began: moment(began), ended: moment(ended), ..draft(process, steps) })
                .unwrap();
        }
        let then = builder.history().as_of(4);
        assert_eq!(then.len(), 2);
        assert_eq!(then.words(0), "read x nothing, write y 3");
        assert_eq!(then.words(1), "read x, write y 3");
        assert_eq!(then.outcome(1), Outcome::Open);
        assert_eq!(then.get(0).ended, Some(Moment { at: 3, time: Some(300) }));
    }

    #[test]
    fn an_implicit_first_write_is_the_initial_version() {
        let mut builder = Builder::new(Objects::Registers, Conventions::plume());
        let place = builder.add(&draft(1, vec![read("x", Some(0.into()))])).unwrap();
        let history = builder.finish();
        let seen = history.steps(place).next();
        assert_eq!(seen, Some(Mop::Read { key: 0, seen: Seen::Version(history.initial(0)) }));
    }
}
