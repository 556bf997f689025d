//! `potholes completions`.

use std::io::Write;

use super::{Bad, HELD};

/// Prints what a shell needs to complete the commands.
pub(crate) fn print(shell: clap_complete::Shell, command: &mut clap::Command) -> Result<u8, Bad> {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "potholes", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(HELD)
}
