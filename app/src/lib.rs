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
//! | [`widgets`], [`icons`], [`theme`] | what all of that is made of |
//! | [`pursuit`] | a search that goes on behind the window |
//! | [`raster`], [`picture`] | the same without a screen |
//! | `cli` | the command line, on desktops |

pub mod action;
pub mod canvas;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod command;
pub mod icons;
pub mod lower;
pub mod panels;
pub mod picture;
pub mod pursuit;
pub mod raster;
pub mod shell;
pub mod state;
pub mod strip;
pub mod theme;
pub mod timeline;
pub mod widgets;

pub use shell::App;
pub use state::current_link;
