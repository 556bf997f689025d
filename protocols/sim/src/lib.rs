//! The kernel: virtual time, nodes, network, disks, clocks, faults, trace.
//!
//! Knows: nothing of this workspace.
//! Never knows: a protocol, a checker, a screen; the wall clock, threads, I/O, any order a hash map leaks.
//!
//! A protocol implements [`Protocol`]: pure handlers over plain state. [`World`] runs one cluster of it; everything
//! above the kernel sees it erased, as a [`Lab`] that starts [`Running`] clusters. What happened goes into a [`Trace`],
//! whose [`Story`] a time line draws; how the cluster stands at a moment is a [`View`].
//!
//! | module | holds |
//! |-|-|
//! | [`time`], [`ids`] | [`Time`], [`Span`]; [`ActorId`] (`n1`, `c1`), [`MessageId`], [`OperationId`], [`EventId`] |
//! | [`protocol`] | what a protocol is: [`Protocol`], [`Event`], [`Message`], [`Fact`], [`Monitor`] |
//! | [`context`] | the effects a handler may have: [`Context`] |
//! | [`command`] | what a hand, a script, a lesson or chaos does to a run: [`Command`], and its one parser |
//! | [`parameter`] | a lab's parameters and potholes |
//! | [`lab`] | the erased [`Lab`] and [`Running`] |
//! | [`figure`] | what a lab shows as curves: plots over a run, published figures |
//! | [`view`], [`story`], [`trace`], [`facts`] | the cluster at a moment; its past as lanes, arrows, bands; all records |
//! | [`kernel`], [`world`] | the engine: the part that knows only handles, and the part that is generic |
//! | [`chaos`] | a seeded mix of the faults a lab claims to stand |
//! | [`digest`], [`random`], [`chunks`], [`pages`] | hashing, keyed draws, growing data: that shares its past, that never moves |

pub mod chaos;
pub mod chunks;
pub mod clock;
pub mod command;
pub mod context;
pub mod digest;
pub mod disk;
pub mod facts;
pub mod figure;
pub mod ids;
pub(crate) mod kernel;
pub mod lab;
pub mod network;
pub mod ordered;
pub mod pages;
pub mod parameter;
pub mod protocol;
pub mod random;
pub mod story;
pub mod time;
pub mod trace;
pub mod view;
pub mod world;

pub use chunks::Chunks;
pub use command::{Command, TimedCommand};
pub use context::Context;
pub use ids::{ActorId, EventId, MessageId, OperationId, SyncId};
pub use lab::{Lab, LabOf, Running};
pub use parameter::{Parameter, Parameters, Value as ParameterValue};
pub use protocol::{Event, Fact, Message, Monitor, Protocol, Recovery};
pub use story::Story;
pub use time::{Moment, Span, Time};
pub use trace::{Recorder, Trace};
pub use view::View;
pub use world::World;
