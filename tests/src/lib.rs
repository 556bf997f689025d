//! Tests that cross crates. They walk the catalogue of labs and the list of lessons, so that no lab can lack what every
//! lab owes, and hold what ARCHITECTURE.md says.
//!
//! | module | holds |
//! |-|-|
//! | `layers` | who may depend on whom |
//! | `labs` | what every lab says about itself, and that it is true of the rest of the workspace |
//! | `sweeps` | nothing breaks while every pothole is off; a run repeats |
//! | `potholes` | every pothole is found |
//! | `liars` | what one liar does to Raft, and does not to PBFT |
//! | `small` | "break it for me" finds what was planted, and makes it about as small as a person does |
//! | `hashes` | fifty runs and their trace hashes, the same in every build |

#[cfg(test)]
mod hashes;
#[cfg(test)]
mod labs;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod liars;
#[cfg(test)]
mod potholes;
#[cfg(test)]
mod small;
#[cfg(test)]
mod spread;
#[cfg(test)]
mod sweeps;
