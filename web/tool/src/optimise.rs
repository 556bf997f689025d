//! Making the program smaller with binaryen's `wasm-opt`, if a working one is found.
//!
//! Looked for in `WASM_OPT`, on the search path, and among npm's packages; fetched by npm into the build folder where npm
//! is. Version 108, which some systems still package, writes broken modules: it is passed over, and every output is
//! validated before it is taken.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::error::{Error, Result};
use crate::workspace::{Workspace, on_path};

/// What npm is asked for.
const NPM_PACKAGE: &str = "binaryen@132";
/// The last version known to write broken modules.
const BROKEN: u32 = 108;
/// How many bytes every module begins with, before its sections.
const HEADER: usize = 8;
/// `-O1`, after a compiler that has optimised for size already: `-Oz` takes fifteen times as long and makes a module that is
/// smaller as it is but larger with brotli. Then functions are put in the order of their names, so that what was compiled
/// from the same source for one type and for the next stands side by side: brotli makes two parts in a hundred less of it.
/// Then what the compiler may have used; `wasm-opt` refuses a module that uses more than it is told.
const ARGUMENTS: [&str; 12] = [
    "-O1",
    "--debuginfo",
    "--reorder-functions-by-name",
    "--strip-producers",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
    "--enable-extended-const",
];

/// A `wasm-opt` that can be used.
pub struct Optimiser {
    program: PathBuf,
    version: u32,
}

impl Optimiser {
    /// Finds one, or says why there is none.
    pub fn find(workspace: &Workspace) -> std::result::Result<Self, String> {
        let fetched = workspace.target.join("binaryen");
        let in_npm = |folder: &Path| folder.join("node_modules").join(".bin").join("wasm-opt");
        let mut passed_over = Vec::new();
        let candidates = [
            env::var_os("WASM_OPT").map(PathBuf::from),
            on_path(&["wasm-opt"]),
            Some(in_npm(&workspace.root)),
            Some(in_npm(&fetched)),
        ];
        for program in candidates.into_iter().flatten() {
            match version_of(&program) {
                Some(version) if version > BROKEN => return Ok(Self { program, version }),
                Some(version) => passed_over.push(format!("{} is version {version}", program.display())),
                None => {}
            }
        }
        let npm = on_path(&["npm"]).ok_or_else(|| none_of(&passed_over, "there is no npm to fetch one"))?;
        fetch(&npm, &fetched).map_err(|why| none_of(&passed_over, &why))?;
        let program = in_npm(&fetched);
        match version_of(&program) {
            Some(version) if version > BROKEN => Ok(Self { program, version }),
            _ => Err(none_of(&passed_over, "the one npm fetched does not run (it needs node)")),
        }
    }

    /// Part of the name under which an optimised program is kept.
    pub fn key(&self) -> String {
        format!("{} {}", self.version, ARGUMENTS.join(" "))
    }

    /// One line on which it is.
    pub fn sentence(&self) -> String {
        format!("optimiser: wasm-opt {}", self.version)
    }

    /// Writes `input`, made smaller, to `output`.
    ///
    /// # Errors
    /// When it fails, or when what it wrote is not a valid module.
    pub fn run(&self, input: &Path, output: &Path) -> Result<()> {
        let program = || self.program.display().to_string();
        let status = Command::new(&self.program)
            .args(ARGUMENTS)
            .arg(input)
            .arg("-o")
            .arg(output)
            .status()
            .map_err(|error| Error::Program { program: program(), how: error.to_string() })?;
        if !status.success() {
            return Err(Error::Program { program: program(), how: status.to_string() });
        }
        let bytes = fs::read(output).map_err(Error::file("reading", output))?;
        validate(&bytes).map_err(|why| Error::Program {
            program: program(),
            how: format!("wrote a module that is not valid: {why}"),
        })
    }
}

/// A module without its functions' names, which nobody reads in a page.
///
/// # Errors
/// If it is no module.
pub fn without_names(module: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let mut rest = Vec::with_capacity(module.len());
    // Where what has been looked at ends: each section begins where the one before it ends.
    let mut seen = 0;
    for part in wasmparser::Parser::new(0).parse_all(module) {
        let part = part.map_err(|error| error.to_string())?;
        let Some((_, section)) = part.as_section() else { continue };
        let has_names =
            matches!(&part, wasmparser::Payload::CustomSection(section) if section.name() == "name");
        if !has_names {
            rest.extend_from_slice(&module[seen..section.end]);
        } else if seen == 0 {
            rest.extend_from_slice(&module[..HEADER]);
        }
        seen = section.end;
    }
    rest.extend_from_slice(&module[seen..]);
    Ok(rest)
}

fn none_of(passed_over: &[String], why: &str) -> String {
    let seen = if passed_over.is_empty() {
        String::new()
    } else {
        format!(" ({}, which writes broken modules)", passed_over.join("; "))
    };
    format!(
        "optimiser: none, so the bundle is larger than it need be: no wasm-opt newer than {BROKEN} found{seen}, and {why}; \
         install npm, or binaryen and set WASM_OPT"
    )
}

fn version_of(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    version_in(&String::from_utf8_lossy(&output.stdout))
}

/// The number in `wasm-opt version 132 (version_132)`.
fn version_in(line: &str) -> Option<u32> {
    line.split_whitespace().find_map(|word| word.parse().ok())
}

fn fetch(npm: &Path, folder: &Path) -> std::result::Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let output = Command::new(npm)
        .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
        .arg(folder)
        .arg(NPM_PACKAGE)
        .output()
        .map_err(|error| format!("npm did not start: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("npm could not fetch {NPM_PACKAGE}")) }
}

/// Whether a browser could take this module.
pub fn validate(module: &[u8]) -> std::result::Result<(), String> {
    wasmparser::Validator::new().validate_all(module).map(|_| ()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_left_out_and_nothing_else() {
        let header = b"\0asm\x01\0\0\0".as_slice();
        let types = [1, 4, 1, 0x60, 0, 0].as_slice();
        let names = [0, 9, 4, b'n', b'a', b'm', b'e', 0, 2, 1, b'm'].as_slice();
        let other = [0, 3, 1, b'x', 7].as_slice();
        let of = |parts: &[&[u8]]| parts.concat();
        for (module, rest) in [
            (of(&[header, types, names, other]), of(&[header, types, other])),
            (of(&[header, names, types]), of(&[header, types])),
            (of(&[header, other, names]), of(&[header, other])),
            (of(&[header, types]), of(&[header, types])),
        ] {
            validate(&module).unwrap();
            assert_eq!(without_names(&module).unwrap(), rest);
        }
        assert!(without_names(b"no module").is_err());
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version_in("wasm-opt version 132 (version_132)\n"), Some(132));
        assert_eq!(version_in("wasm-opt version 108"), Some(108));
        assert_eq!(version_in("command not found"), None);
    }

    #[test]
    fn a_broken_module_is_noticed() {
        let empty = b"\0asm\x01\0\0\0";
        assert_eq!(validate(empty), Ok(()));
        // A type section of one function type whose parameter has a type there is none of.
        let broken = b"\0asm\x01\0\0\0\x01\x05\x01\x60\x01\x01\0";
        assert!(validate(broken).is_err());
        assert!(validate(b"not a module").is_err());
    }

    #[test]
    fn without_one_the_line_says_what_was_passed_over() {
        let line = none_of(&["/usr/bin/wasm-opt is version 108".to_owned()], "there is no npm to fetch one");
        assert!(line.contains("/usr/bin/wasm-opt is version 108, which writes broken modules"), "{line}");
        assert!(line.contains("install npm"), "{line}");
    }
}
