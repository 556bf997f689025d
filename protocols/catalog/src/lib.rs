//! The list of labs.
