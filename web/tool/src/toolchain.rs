//! Which compiler makes the browser's program. The first of these that is there:
//! the target rustup has installed; the target rustup can fetch; Debian's packaged compiler, which builds the standard
//! library from its packaged source.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::error::{Error, Result};
use crate::workspace::on_path;

/// What we compile for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A way to compile for the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The compiler in use has the target.
    Installed,
    /// rustup has just fetched the target.
    Fetched,
    /// Debian's `rustc-web` with this linker.
    Debian {
        /// Path of `wasm-ld`.
        linker: PathBuf,
    },
}

/// What a machine can be asked; tests answer for one.
pub trait Machine {
    /// Does the compiler in use have the target?
    fn has_target(&self) -> bool;
    /// Lets rustup fetch it; tells whether it is there now.
    fn fetch_target(&self) -> bool;
    /// The linker of Debian's way, or which packages are missing for it.
    fn debian(&self) -> std::result::Result<PathBuf, Vec<&'static str>>;
}

/// Chooses.
///
/// # Errors
/// When there is no way at all; the message names what to install.
pub fn choose(machine: &impl Machine) -> Result<Toolchain> {
    if machine.has_target() {
        return Ok(Toolchain::Installed);
    }
    if machine.fetch_target() {
        return Ok(Toolchain::Fetched);
    }
    match machine.debian() {
        Ok(linker) => Ok(Toolchain::Debian { linker }),
        Err(missing) => Err(Error::NoToolchain {
            why: format!(
                "the compiler has no {TARGET}, rustup could not fetch it, and of Debian's packages {} missing",
                if let [one] = missing[..] {
                    format!("{one} is")
                } else {
                    format!("{} are", missing.join(", "))
                }
            ),
        }),
    }
}

impl Toolchain {
    /// One line on which it is.
    pub fn sentence(&self) -> String {
        match self {
            Self::Installed => format!("compiler: the one in use, which has {TARGET}"),
            Self::Fetched => format!("compiler: the one in use; rustup has fetched {TARGET} for it"),
            Self::Debian { linker } => format!(
                "compiler: Debian's rustc-web with its own standard library, linked by {}",
                linker.file_name().unwrap_or_default().to_string_lossy()
            ),
        }
    }

    /// `cargo build` for the browser, up to the arguments that say what.
    pub fn cargo_build(&self) -> Command {
        let mut command = match self {
            Self::Installed | Self::Fetched => {
                Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
            }
            Self::Debian { .. } => Command::new(DEBIAN_CARGO),
        };
        command.args(["build", "--target", TARGET]);
        if let Self::Debian { linker } = self {
            let path = env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(PathBuf::from("/usr/bin")).chain(env::split_paths(&path));
            if let Ok(path) = env::join_paths(folders) {
                command.env("PATH", path);
            }
            command
                .env("RUSTC", DEBIAN_RUSTC)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                // Building the standard library is unstable; the packaged compiler is a stable one.
                .env("RUSTC_BOOTSTRAP", "1")
                // Those of the toolchain that runs this tool would be loaded into another compiler.
                .env_remove("LD_LIBRARY_PATH")
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("RUSTDOC")
                .arg("-Zbuild-std=std,panic_abort")
                // Sorting alone is a twentieth of the program without this.
                .arg("-Zbuild-std-features=optimize_for_size");
        }
        command
    }
}

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// The machine we are on.
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn has_target(&self) -> bool {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        let output = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
        let Ok(output) = output else { return false };
        let folder = String::from_utf8_lossy(&output.stdout);
        let Ok(files) = fs::read_dir(folder.trim()) else { return false };
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
    }

    fn fetch_target(&self) -> bool {
        let Some(rustup) = on_path(&["rustup"]) else { return false };
        // Its words would alarm where the next way works; where none does, our own message says what to do.
        let status = Command::new(rustup)
            .args(["target", "add", TARGET])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success()) && self.has_target()
    }

    fn debian(&self) -> std::result::Result<PathBuf, Vec<&'static str>> {
        let mut missing = Vec::new();
        for (file, package) in
            [(DEBIAN_RUSTC, "rustc-web"), (DEBIAN_CARGO, "cargo-web"), (DEBIAN_STD, "rust-web-src")]
        {
            if !Path::new(file).is_file() {
                missing.push(package);
            }
        }
        let linkers: Vec<String> = (15..=30)
            .rev()
            .map(|version| format!("wasm-ld-{version}"))
            .chain(["wasm-ld".to_owned()])
            .collect();
        let linkers: Vec<&str> = linkers.iter().map(String::as_str).collect();
        let linker = on_path(&linkers);
        if linker.is_none() {
            missing.push("lld-19");
        }
        match linker {
            Some(linker) if missing.is_empty() => Ok(linker),
            _ => Err(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake {
        has: bool,
        fetches: bool,
        missing: Vec<&'static str>,
    }

    impl Machine for Fake {
        fn has_target(&self) -> bool {
            self.has
        }
        fn fetch_target(&self) -> bool {
            self.fetches
        }
        fn debian(&self) -> std::result::Result<PathBuf, Vec<&'static str>> {
            if self.missing.is_empty() {
                Ok(PathBuf::from("/usr/bin/wasm-ld-19"))
            } else {
                Err(self.missing.clone())
            }
        }
    }

    fn chosen(has: bool, fetches: bool, missing: &[&'static str]) -> Result<Toolchain> {
        choose(&Fake { has, fetches, missing: missing.to_vec() })
    }

    #[test]
    fn the_first_way_that_is_there_is_taken() {
        assert_eq!(chosen(true, true, &[]).unwrap(), Toolchain::Installed);
        assert_eq!(chosen(false, true, &[]).unwrap(), Toolchain::Fetched);
        let debian = chosen(false, false, &[]).unwrap();
        assert_eq!(
            debian.sentence(),
            "compiler: Debian's rustc-web with its own standard library, linked by wasm-ld-19"
        );
    }

    #[test]
    fn with_none_the_message_says_what_to_install() {
        let error = chosen(false, false, &["rust-web-src", "lld-19"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let message = error.to_string();
        assert!(message.contains("rust-web-src, lld-19 are missing"), "{message}");
        assert!(message.contains("rustup target add wasm32-unknown-unknown"), "{message}");
        assert!(message.contains("apt-get install"), "{message}");
    }
}
