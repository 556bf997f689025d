//! What one does with runs: playback, branches, links, scripts, sweeps. No window.
//!
//! Knows: the kernel, the checkers, the catalogue of labs.
//! Never knows: a screen, the wall clock, threads, I/O. Everything long is `advance(n events)` or `work(n events)`;
//! whose thread that is, and how much at a time, is the caller's.
//!
//! | module | holds |
//! |-|-|
//! | [`run`](mod@run), [`text`], [`link`] | [`Run`], the value everything is a function of; as text, and as a link |
//! | [`playback`] | [`Playback`]: a run and the moment shown: time travel, acting, branches, undo |
//! | [`history`] | the kernel's operations as the checkers take them |
//! | [`judge`] | verdicts of a run's prefix, kept up with it as it grows |
//! | [`promises`] | guarantees that are no matter of order alone: `no-lost-write`, `progress`; and whose fault it is |
//! | [`hunt`] | breaking a promise on purpose, and making what was found small |
//! | [`why`] | from an event back to what made it so |
//! | [`cone`] | all that an event depended on, and all that depended on it |
//! | [`fate`] | the point of no return: at which step a run's end was decided |
//! | [`compare`] | the first difference between two ways a run went |
//! | [`export`] | a run as a drawing, and as files of other tools |
//! | [`report`], [`api`] | a whole run executed, and the JSON of it |
//! | [`sweep`] | the same run under many seeds |
//! | [`plot`](mod@plot) | curves over the time of one run |
//! | [`figure`] | curves made of many runs: published figures made again, distributions |

pub mod api;
mod cause;
pub mod compare;
pub mod cone;
pub mod export;
pub mod fate;
pub mod figure;
pub mod history;
pub mod hunt;
pub mod judge;
pub mod link;
pub mod playback;
pub mod plot;
pub mod promises;
pub mod report;
pub mod run;
pub mod sweep;
pub mod text;
pub mod why;

pub use api::run_json;
pub use judge::{Evidence, LiveVerdict};
pub use link::BadLink;
pub use playback::{Acted, Branch, Playback, Progress};
pub use promises::Blame;
pub use report::{Report, execute};
pub use run::{Opened, Run};
pub use text::BadRun;
pub use why::Step;
