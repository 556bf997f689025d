//! Linearizability: every operation takes effect at one moment between its invocation and its completion
//! (Herlihy and Wing 1990).
//!
//! - [`zones`]: cells, live and near linear, where each value is written at most once.
//! - [`search`]: any model, exponential at worst, in slices.
//! - [`unfold`]: histories of texts and lists that grow, turned into such of values that are written once.
//!
//! [`Fast`] is what the live judge asks of an algorithm that decides at once; [`Linearized`] says which a model has.

pub mod search;
pub(crate) mod tree;
pub mod unfold;
pub mod zones;

use std::fmt::Debug;

use smallvec::SmallVec;

use crate::history::Outcome;
use crate::models::{Any, Bank, Cell, Counter, Lock, Log, Model, Mutex, Queue, Registers, Set};
use crate::names::ModelName;

/// The history has something that the fast way cannot decide, such as a value that was written twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecidable;

/// Where and why no order exists any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Position of the event that broke it.
    pub at: u64,
    /// Operations (numbered by invocation) that cannot be ordered, given that every other one may or may not
    /// have happened at any time.
    pub suspects: SmallVec<[u32; 4]>,
}

/// An algorithm that judges one object as its history grows, and is never behind. Operations are numbered from 0 in the
/// order in which they are told. Once it cannot decide, or once the history broke, nobody tells it more.
pub trait Fast<C>: Clone + Debug + Default {
    /// An operation begins at position `at`. Returns its number.
    ///
    /// # Errors
    /// If it cannot judge a history with this operation.
    fn invoke(&mut self, at: u64, call: &C) -> Result<u32, Undecidable>;

    /// An operation of which nothing is known, not even when it ran: it may have happened at any time or never.
    ///
    /// # Errors
    /// As [`Self::invoke`].
    fn forgotten(&mut self, call: &C) -> Result<u32, Undecidable>;

    /// The outcome of an operation becomes known at position `at`; `call` is what it did or saw, `None` if it surely did
    /// not happen.
    ///
    /// # Errors
    /// If it cannot judge a history with this outcome.
    fn complete(
        &mut self,
        number: u32,
        at: u64,
        outcome: Outcome,
        call: Option<&C>,
    ) -> Result<(), Undecidable>;

    /// Where the history broke, if it did.
    fn breach(&self) -> Option<&Breach>;

    /// A legal order of what is certain, as operation numbers. Meaningful while nothing is broken.
    fn order(&self) -> Vec<u32>;
}

/// A model whose histories the live judge can take: it says which algorithm decides them at once, where one does.
pub trait Linearized: Model {
    /// That algorithm, [`SearchOnly`] if there is none.
    type Fast: Fast<Self::Call>;

    /// The model's name, if it is one of ours: proofs are told in its words.
    fn name(&self) -> Option<ModelName> {
        None
    }
}

/// No algorithm but the general search.
#[derive(Clone, Copy, Debug, Default)]
pub struct SearchOnly;

impl<C> Fast<C> for SearchOnly {
    fn invoke(&mut self, _at: u64, _call: &C) -> Result<u32, Undecidable> {
        Err(Undecidable)
    }

    fn forgotten(&mut self, _call: &C) -> Result<u32, Undecidable> {
        Err(Undecidable)
    }

    fn complete(
        &mut self,
        _number: u32,
        _at: u64,
        _outcome: Outcome,
        _call: Option<&C>,
    ) -> Result<(), Undecidable> {
        Err(Undecidable)
    }

    fn breach(&self) -> Option<&Breach> {
        None
    }

    fn order(&self) -> Vec<u32> {
        Vec::new()
    }
}

impl Linearized for Cell {
    type Fast = zones::Zones;

    fn name(&self) -> Option<ModelName> {
        Some(match self {
            Cell::Register => ModelName::Register,
            Cell::CasRegister => ModelName::CasRegister,
            Cell::KeyValue => ModelName::Kv,
        })
    }
}

impl Linearized for Any {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(Any::name(self))
    }
}

impl Linearized for Counter {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Counter)
    }
}

impl Linearized for Set {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Set)
    }
}

impl Linearized for Queue {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Queue)
    }
}

impl Linearized for Log {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Log)
    }
}

impl Linearized for Mutex {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Mutex)
    }
}

impl Linearized for Lock {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Lock)
    }
}

impl Linearized for Bank {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::Bank)
    }
}

impl Linearized for Registers {
    type Fast = SearchOnly;

    fn name(&self) -> Option<ModelName> {
        Some(ModelName::MultiRegister)
    }
}
