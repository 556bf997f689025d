//! The parts of the window around the canvas. Each paints what it is given and asks for what a hand wants; none changes the
//! run.
//!
//! | module | shows |
//! |-|-|
//! | [`top`] | the line on top: lab, controls, clock, lamps, search |
//! | [`chips`], [`branches`] | what is broken now, undo; the ways this run has gone |
//! | [`fate`] | the point of no return |
//! | [`lesson`] | the lesson |
//! | [`inspector`], [`verdict`] | what is selected; the verdict and its proof |
//! | [`commands`], [`settings`], [`client`] | the run's list, its parameters, a client's hand |
//! | [`break_it`] | the search for a run that breaks a promise |
//! | [`palette`], [`run_until`], [`export`], [`pages`] | what lies over the desk |
//! | [`beside`] | another run beside this one |
//! | [`gallery`], [`assignment`] | infamous failures; something to bring about |
//! | [`models`] | the map of consistency models |
//! | [`history`] | a history from a file, in place of the run |
//! | [`first`] | what a newcomer sees |
//! | [`toasts`] | short messages |

pub mod assignment;
pub mod beside;
pub mod branches;
pub mod break_it;
pub mod chips;
pub mod client;
pub mod commands;
pub mod export;
pub mod fate;
pub mod figures;
pub mod first;
pub mod gallery;
pub mod history;
pub mod inspector;
pub mod lesson;
pub mod models;
pub mod pages;
pub mod palette;
pub mod run_until;
pub mod settings;
pub mod toasts;
pub mod top;
pub mod verdict;
