//! Histories of transactions, and which levels of isolation they satisfy.
//!
//! - [`lattice`]: the models, what implies what, which anomaly rules out which; the map of it.
//! - [`history`]: [`Transactions`], the history, in compact form, and its [`Builder`].

mod cycles;
mod depend;
pub mod evidence;
mod examine;
mod explain;
mod facts;
mod graph;
pub mod history;
pub mod lattice;
mod search;
mod story;
mod weak;

pub use evidence::{Because, Cases, Expected, Finding, Link, Proof};
pub use examine::{Answer, Examination, Goal, Reason, Report, Witness};
pub use history::{
    Builder, Conventions, Draft, Initial, List, Moment, Mop, Objects, Seen, Sessions, Step, Transaction,
    Transactions, TransactionsError,
};
pub use lattice::{Anomaly, Model, Models, Order, Shape, Status, Statuses};
pub use story::{Named, Sentence, Story};
