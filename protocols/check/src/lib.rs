//! Histories and what they satisfy. Knows no simulator.
