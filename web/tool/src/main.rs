//! `cargo web`.
fn main() {}
