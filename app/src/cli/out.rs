//! Standard output and standard error. A reader that goes away is an error like any other, never a panic.

use std::io::{self, IsTerminal, Write};

/// One line of the answer.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// One line for a person, beside the answer.
pub(crate) fn complain(text: &str) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How far it is, on a terminal only: it replaces itself.
pub(crate) fn progress(text: &str) {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[2K{text}");
        let _ = out.flush();
    }
}

/// Takes the progress away.
pub(crate) fn progress_done() {
    progress("");
}
