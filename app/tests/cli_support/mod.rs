//! The command line as a function: what it said, and its exit code.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use potholes::cli::{Surroundings, main_with};

/// What a command said.
pub struct Said {
    /// Its exit code.
    pub code: u8,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Does what the words after `potholes` say. There is no window, and Ctrl-C was pressed if `interrupted`.
pub fn say_if(words: &[&str], interrupted: bool) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = say_to(words, &mut out, &mut err, interrupted);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code, out: text(out), err: text(err) }
}

/// The same, to whatever reads it.
pub fn say_to(words: &[&str], out: &mut dyn Write, err: &mut dyn Write, interrupted: bool) -> u8 {
    let flag = Arc::new(AtomicBool::new(interrupted));
    let mut surroundings = Surroundings {
        out,
        err,
        watched: false,
        window: &|_| Err("there is no display here.".to_owned()),
        interrupted: &move || flag.clone(),
    };
    let args = std::iter::once("potholes").chain(words.iter().copied()).map(OsString::from);
    main_with(args, &mut surroundings)
}

/// A folder of its own for a test, removed at its end.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    /// Makes it.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("potholes-cli-{}-{next}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
