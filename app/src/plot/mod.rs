//! Curves on axes, in the language of the rest of the window: over the time of a run ([`curves`]), and made of many runs
//! ([`chart`]).
//!
//! Painted by ourselves, not by a plotting library: the curves of a run stand on the time line's own axis, also where that
//! is spaced by event, and share its hands and its cursor; and every curve has a name that a screen reader says.
//!
//! | module | holds |
//! |-|-|
//! | [`scale`] | values along an axis, by themselves or by their logarithm; round ticks; pure |
//! | [`ink`] | lines, dashed lines, steps, gaps |
//! | [`curves`] | plots over the time of a run, one under the other |
//! | [`chart`] | one picture with axes, legend and what is said of it |
//! | `svg` | such a picture as a file, on desktops |

pub mod chart;
pub mod curves;
pub mod ink;
pub mod scale;
#[cfg(not(target_arch = "wasm32"))]
pub mod svg;
