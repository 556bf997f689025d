//! Published figures of spread and of disruption, made again.

use sim::figure::Figure;

/// All of them.
pub const FIGURES: &[Figure] = &[];
