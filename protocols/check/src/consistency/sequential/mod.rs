//! Sequential consistency (Lamport 1979): one order of all operations that keeps the order of each session, and in which
//! every answer is right. Unlike linearizability it says nothing of time, and must be judged over all keys at once.
//!
//! To decide it is NP-complete even where each value is written once (Gibbons and Korach 1997). [`cells`] decides nearly
//! all such histories by what must come before what; [`search`] decides any model's, within a budget.

mod cells;
mod search;

pub(super) use cells::Cells;
pub(super) use search::Search;

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
}
