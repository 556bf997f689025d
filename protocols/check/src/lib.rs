//! Histories and what they satisfy.
//! Knows: nothing of this workspace.
//! Never knows: a simulator, a protocol, a screen; the wall clock, threads, I/O, any order a hash map leaks.
//!
//! Feed a [`Judge`] the events of a run as they come; ask it for the [`Verdict`] whenever it is to be shown; when
//! it is broken let [`Judge::explain`] find the [`Evidence`], in slices.
//!
//! ```
//! use check::{Cell, Invocation, Judge, Outcome, Value, Verdict};
//! use smallvec::smallvec;
//!
//! let mut judge = Judge::new(Cell::KeyValue);
//! judge.invoke(1, Invocation::write(0, 2, None, "milk"))?;
//! judge.complete(2, 0, Outcome::Ok, smallvec![])?;
//! judge.invoke(3, Invocation::write(1, 2, None, "salt"))?;
//! judge.complete(4, 1, Outcome::Ok, smallvec![])?;
//! judge.invoke(5, Invocation::read(2, 2, None))?;
//! judge.complete(6, 2, Outcome::Ok, smallvec![Value::from("milk")])?;
//! assert_eq!(judge.verdict(), Verdict::Broken { at: 6, key: None });
//! assert_eq!(judge.verdict_at(5), Verdict::Holds);
//!
//! let mut explain = judge.explain().expect("it is broken");
//! while !explain.advance(1000) {}
//! let story = explain.evidence().expect("it is done").story();
//! assert_eq!(
//!     story.headline,
//!     "c2 read milk, although before that it had been told ok for writing salt. No order of the operations allows both."
//! );
//! # Ok::<(), check::JudgeError>(())
//! ```
//!
//! # What is here
//! - [`read`] and [`mod@write`]: histories from and as files; [`mod@check`]: what a history from a file keeps.
//! - [`history`]: [`Value`], [`Operation`], [`Invocation`], [`Outcome`], [`History`] (built from events in order).
//! - [`models`]: [`Model`], the trait of objects; [`Cell`], the model of registers and key-value stores.
//! - [`linearizable`]: [`linearizable::zones::Zones`], live; [`linearizable::search::Search`], any model, in slices.
//! - [`consistency`]: what one object keeps short of linearizability: sequential, causal, sessions, staleness and more.
//! - [`isolation`]: histories of transactions and the levels of isolation they satisfy.
//! - [`judge`]: [`Judge`]: `invoke`, `complete`, `work`, `verdict`, `verdict_at`, `witness`, `explain`.
//! - [`live`]: [`Judges`]: all guarantees of one run, of any model, as it grows.
//! - [`evidence`]: [`Explain`] (`advance`, `evidence`), [`Evidence`], [`Why`], and [`Story`], the sentences.

pub mod check;
pub mod consistency;
pub mod evidence;
mod few;
pub mod history;
pub mod isolation;
pub mod judge;
pub mod linearizable;
pub mod live;
pub mod models;
pub mod names;
pub mod read;
pub mod story;
mod table;
pub mod value;
pub mod write;

pub use evidence::{Because, Evidence, Explain, Why};
pub use history::{History, HistoryError, Invocation, Operation, Outcome};
pub use judge::{Judge, JudgeError, Verdict};
pub use live::Judges;
pub use models::{Cell, CellCall, Model, ModelError};
pub use story::{Proof, Story};
pub use value::{Value, Values};
