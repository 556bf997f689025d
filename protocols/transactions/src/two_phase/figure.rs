//! Figures.

use sim::figure::Figure;

pub(super) const FIGURES: &[Figure] = &[];
