//! What can go wrong for whoever calls `cargo web`, in their words, with what to do next.

use std::io;
use std::path::{Path, PathBuf};

/// A reason for the tool to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No way to compile for the browser.
    #[error(
        "cannot compile for the browser on this machine: {why}\n\
         with rustup and a network:  rustup target add wasm32-unknown-unknown\n\
         on Debian, without rustup:  apt-get install rustc-web cargo-web rust-web-src lld-19"
    )]
    NoToolchain {
        /// What was looked for and not found.
        why: String,
    },
    /// No browser to drive.
    #[error(
        "no Chromium found to test with; on Debian: apt-get install chromium; elsewhere install Chrome or Chromium, \
         or name one: CHROMIUM=/path/to/chrome cargo web test"
    )]
    NoBrowser,
    /// A file or folder refused.
    #[error("{doing} {}: {source}", path.display())]
    File {
        /// What was being done, as in "reading".
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program we called failed; it has said why on standard error.
    #[error("{program} failed ({how})")]
    Program {
        /// Its name.
        program: String,
        /// Its exit status, or why it could not start.
        how: String,
    },
    /// `wasm-bindgen` refused the compiled program.
    #[error("binding the program to JavaScript: {0}")]
    Bind(String),
    /// The bundle outgrew what a visitor should have to load.
    #[error("the bundle is {brotli} bytes with brotli, more than the {limit} it may have")]
    TooLarge {
        /// Its size.
        brotli: usize,
        /// What it may have.
        limit: usize,
    },
    /// The page is asked for and not built.
    #[error("no page in {}: run `cargo web build` first", .0.display())]
    NotBuilt(PathBuf),
    /// The browser did not do what it was told, or the page is not as it should be.
    #[error("{0}")]
    Page(String),
    /// Some scenarios of `cargo web test` failed; each has been reported.
    #[error("{failed} of {all} scenarios failed")]
    Scenarios {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
    },
    /// An argument makes no sense.
    #[error("{0}")]
    Request(String),
}

impl Error {
    /// For `map_err` on a file operation.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// What the process exits with: 1 when what was asked for failed, 2 when it could not be tried.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoToolchain { .. } | Self::NoBrowser | Self::NotBuilt(_) | Self::Request(_) => 2,
            _ => 1,
        }
    }
}

/// What everything here returns.
pub type Result<T> = std::result::Result<T, Error>;
