//! Sequential consistency (Lamport 1979): one order of all operations that keeps the order of each session, and in which
//! every answer is right. Unlike linearizability it says nothing of time, and must be judged over all keys at once.
//!
//! So a read may show what by the clock another session only asks to write later: that is not linearizable, and sequential
//! none the less.
//!
//! What is linearizable is sequential, too, and that is mostly found at once. To decide it is NP-complete even where each
//! value is written once (Gibbons and Korach 1997). [`cells`] decides nearly all such histories by what must come before
//! what; [`search`] decides any model's, within a budget.

mod cells;
mod search;
mod together;

use self::cells::Cells;
use self::search::Search;
use self::together::Together;
use super::Setting;
use crate::history::{History, Operation};
use crate::judge::{Core, Verdict, events_of};
use crate::models::{Any, Cell, Registers};
use crate::names::ModelName;

/// How far it is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Not yet.
    Open,
    /// There is an order: operations as places in the history.
    Holds(Vec<u32>),
    /// There is none.
    Broken,
    /// It is not plain which of several writes was seen, or something else that this way cannot decide.
    Unfit,
    /// It would take more memory than is given to it.
    TooLarge,
}

/// So many numbers may be kept, four bytes each, whatever they are.
const NUMBERS_MOST: u64 = 100_000_000;

/// A way to decide it, in steps.
pub(super) trait Way: Send {
    /// How far it is.
    fn answer(&self) -> &Answer;

    /// Works for about so many steps, and takes them off.
    fn work(&mut self, budget: &mut u64);
}

/// The way for a history: what must come before what where that is enough, else the search.
pub(super) fn decide(model: ModelName, history: &History, setting: &Setting) -> Box<dyn Way> {
    if matches!(model, ModelName::Register | ModelName::CasRegister | ModelName::Kv) {
        if let Some(order) = linear(history) {
            return Box::new(Decided(Answer::Holds(order)));
        }
        let cells = Cells::new(history);
        if *cells.answer() != Answer::Unfit {
            return Box::new(cells);
        }
    }
    search(model, history, setting)
}

/// The search, whatever the history.
pub(super) fn search(model: ModelName, history: &History, setting: &Setting) -> Box<dyn Way> {
    let model = match Any::of(model, setting.accounts.clone()) {
        Some(model) => model,
        // All keys together are one object.
        None => Any::Registers(Registers),
    };
    let is_one = matches!(model, Any::Registers(_));
    let several = history.operations().windows(2).any(|pair| pair[0].key != pair[1].key);
    if several && !is_one {
        Box::new(Search::new(Together(model), history))
    } else {
        Box::new(Search::new(model, history))
    }
}

/// What is plain at once.
struct Decided(Answer);

impl Way for Decided {
    fn answer(&self) -> &Answer {
        &self.0
    }

    fn work(&mut self, _budget: &mut u64) {}
}

/// An order that keeps even time, where that is found at once: most histories that have an order have such a one.
fn linear(history: &History) -> Option<Vec<u32>> {
    let mut core = Core::new(Cell::KeyValue);
    let operations: Vec<&Operation> = history.operations().iter().collect();
    for (_, place, completes) in events_of(&operations) {
        if completes {
            core.complete(history, place);
        } else {
            core.invoke(history, place);
        }
        if core.verdict_at(u64::MAX) != Verdict::Holds {
            return None;
        }
    }
    core.witness(history)?.into_iter().map(|id| history.place(id)).collect()
}
