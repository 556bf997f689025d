//! Histories of transactions, and which levels of isolation they satisfy.
//!
//! - [`history`]: [`Transactions`], the history, in compact form, and its [`Builder`].

pub mod history;

pub use history::{
    Builder, Conventions, Draft, Initial, List, Moment, Mop, Objects, Seen, Sessions, Step, Transaction,
    Transactions, TransactionsError,
};
