//! `cargo web build`: compile, bind, optimise, write the page, measure it.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use crate::dist::{self, File};
use crate::error::{Error, Result};
use crate::optimise::{self, Optimiser};
use crate::toolchain::{self, TARGET, ThisMachine, Toolchain};
use crate::workspace::Workspace;

/// How to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it is published: profile `web`, optimised, its size checked.
    Release,
    /// As fast as it builds: profile `dev`, as large as it gets.
    Quick,
}

/// Builds the page into `workspace.dist`.
///
/// # Errors
/// When a step fails, or the page is too large.
pub fn build(workspace: &Workspace, kind: Kind) -> Result<()> {
    let began = Instant::now();
    let toolchain = toolchain::choose(&ThisMachine)?;
    println!("{}", toolchain.sentence());
    let compiled = compile(workspace, &toolchain, kind)?;
    let (wasm, script) = bind(workspace, &compiled)?;
    let wasm = match kind {
        Kind::Release => optimise(workspace, wasm)?,
        Kind::Quick => wasm,
    };
    let wasm = optimise::without_names(&wasm).map_err(Error::Bind)?;
    let files = dist::page(wasm, script);
    let small =
        |file: &File| kept(workspace, "br", "brotli 11", &file.bytes, || Ok(dist::brotli(&file.bytes)));
    let sizes = match kind {
        Kind::Release => dist::write(&workspace.dist, &files, Some(&small))?,
        Kind::Quick => dist::write(&workspace.dist, &files, None)?,
    };
    println!("{}", dist::table(&sizes));
    if let Some(over) = dist::over_the_aim(&sizes) {
        println!("that is {over} bytes more than the {} it should take with brotli", dist::AIM);
    }
    println!("web/dist is built, in {:.0} s", began.elapsed().as_secs_f64());
    if kind == Kind::Release { dist::check(&sizes) } else { Ok(()) }
}

/// Runs the compiler; hands back the module's path.
fn compile(workspace: &Workspace, toolchain: &Toolchain, kind: Kind) -> Result<PathBuf> {
    let (profile, folder) = match kind {
        Kind::Release => ("web", "web"),
        Kind::Quick => ("dev", "debug"),
    };
    let mut cargo = toolchain.cargo_build();
    cargo
        .current_dir(&workspace.root)
        .args(["--package", "potholes-web", "--lib", "--profile", profile, "--target-dir"])
        .arg(&workspace.target);
    set_flags(&mut cargo, workspace);
    let failed = |how: String| Error::Program { program: "the compiler".to_owned(), how };
    let status = cargo.status().map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    Ok(workspace.target.join(TARGET).join(folder).join("potholes_web.wasm"))
}

/// SIMD, which every current browser has: the part of egui that draws glyphs has a form for it, and the form without is
/// a quarter of the whole bundle. And panic messages that name source files as in the workspace and by crate, not as on the
/// machine that built them: so the same sources make the same page wherever they lie. Flags that somebody has set are left
/// alone.
fn set_flags(cargo: &mut Command, workspace: &Workspace) {
    let set = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"];
    if set.iter().any(|name| env::var_os(name).is_some()) {
        return;
    }
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=.", workspace.root.display())];
    let registry = home.map(|home| home.join("registry").join("src"));
    for index in registry.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
        flags.push(format!("--remap-path-prefix={}=crates", index.path().display()));
    }
    flags.sort();
    flags.push("-Ctarget-feature=+simd128".to_owned());
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
}

/// What `wasm-bindgen` does: the module with its bindings resolved, and the JavaScript that loads it.
fn bind(workspace: &Workspace, compiled: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let folder = workspace.target.join("bound");
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name("potholes")
        .web(true)
        .map_err(refused)?
        .typescript(false)
        // The optimiser orders functions by them; see `optimise`.
        .remove_name_section(false)
        .remove_producers_section(true)
        // The page hands the module over itself, to show how far it has come.
        .omit_default_module_path(true)
        .generate(&folder)
        .map_err(refused)?;
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(Error::file("reading", &path))
    };
    Ok((read(dist::WASM)?, read(dist::SCRIPT)?))
}

fn refused(error: impl Display) -> Error {
    Error::Bind(format!("{error:#}"))
}

fn optimise(workspace: &Workspace, wasm: Vec<u8>) -> Result<Vec<u8>> {
    let optimiser = match Optimiser::find(workspace) {
        Ok(optimiser) => optimiser,
        Err(why) => {
            eprintln!("{why}");
            return Ok(wasm);
        }
    };
    println!("{}", optimiser.sentence());
    let result = kept(workspace, "wasm", &optimiser.key(), &wasm, || {
        let input = workspace.target.join("bound").join(dist::WASM);
        let output = workspace.target.join("bound").join("optimised.wasm");
        optimiser.run(&input, &output)?;
        fs::read(&output).map_err(Error::file("reading", &output))
    });
    match result {
        Ok(small) => Ok(small),
        Err(error) => {
            eprintln!("optimiser: left out: {error}");
            optimise::validate(&wasm).map_err(Error::Bind)?;
            Ok(wasm)
        }
    }
}

/// The result of slow work on `bytes`, from the last time if there was one: a build that changed nothing takes seconds.
fn kept(
    workspace: &Workspace,
    extension: &str,
    how: &str,
    bytes: &[u8],
    work: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let key = [File { name: how.to_owned(), bytes: bytes.to_vec() }];
    let folder = workspace.target.join("kept");
    let path = folder.join(format!("{:016x}.{extension}", dist::content_hash(&key)));
    if let Ok(known) = fs::read(&path) {
        return Ok(known);
    }
    let result = work()?;
    fs::create_dir_all(&folder).map_err(Error::file("making", &folder))?;
    fs::write(&path, &result).map_err(Error::file("writing", &path))?;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binder_is_of_the_version_of_the_bindings() {
        let lock = fs::read_to_string(Workspace::here().root.join("Cargo.lock")).unwrap();
        let version = |name: &str| {
            let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap().1;
            entry.split_once('"').unwrap().0.to_owned()
        };
        assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
    }

    #[test]
    fn slow_work_is_done_once() {
        let target = env::temp_dir().join(format!("potholes-kept-{}", std::process::id()));
        let workspace = Workspace { root: target.clone(), target: target.clone(), dist: target.clone() };
        let first = kept(&workspace, "br", "twice", b"ab", || Ok(b"abab".to_vec())).unwrap();
        let again = kept(&workspace, "br", "twice", b"ab", || panic!("worked again")).unwrap();
        assert_eq!(first, again);
        let other = kept(&workspace, "br", "thrice", b"ab", || Ok(b"ababab".to_vec())).unwrap();
        assert_ne!(first, other);
        fs::remove_dir_all(&target).unwrap();
    }
}
