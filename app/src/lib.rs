//! The workbench: the window, and the command line of the same program.
//!
//! Knows: runs, lessons and labs by their erased types; egui.
//! Never knows: a protocol's types.
//!
//! | module | holds |
//! |-|-|
//! | [`shell`] | [`App`]: the layout by the room there is; the one place that sees both state and screen |
//! | [`state`] | everything the window knows, as plain values with tests |
//! | [`action`], [`command`] | what a part may ask for; what the window can be told, with its keys |
//! | [`canvas`], [`lower`], [`strip`], [`timeline`], [`panels`] | the cluster, what stands under it, what stands around it |
//! | [`plot`] | curves, on axes: over the time of a run, and made of many runs |
//! | [`widgets`], [`icons`], [`theme`], [`paint`], [`amount`] | what all of that is made of |
//! | [`workshop`] | makes figures of many runs, beside the window |
//! | [`dropped`] | files dropped onto the window |
//! | [`pursuit`], [`fates`] | a search, and futures tried, behind the window |
//! | [`raster`], [`picture`] | the same without a screen |
//! | [`lens`] | what is in the light: causes of something, or what one node can know |
//! | [`export`], [`files`] | a part of a run as a file: its bytes, and where they go |
//! | `cli` | the command line, on desktops |

pub mod action;
pub mod amount;
pub mod canvas;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod command;
pub mod dropped;
pub mod export;
pub mod fates;
pub mod files;
pub mod icons;
pub mod lens;
pub mod lower;
pub mod paint;
pub mod panels;
pub mod picture;
pub mod plot;
pub mod pursuit;
pub mod raster;
pub mod shell;
#[cfg(target_arch = "wasm32")]
mod spare;
pub mod state;
pub mod strip;
pub mod theme;
pub mod timeline;
pub mod widgets;
pub mod workshop;

pub use shell::App;
pub use state::current_link;
