//! Where things are: the workspace, its build folder, the page.

use std::env;
use std::path::{Path, PathBuf};

/// The folders the tool works in.
pub struct Workspace {
    /// The root of the workspace.
    pub root: PathBuf,
    /// Where the browser's build goes: apart from the desktop's, so that neither waits for the other's lock.
    pub target: PathBuf,
    /// The finished page.
    pub dist: PathBuf,
}

impl Workspace {
    /// As this tool was compiled, with `CARGO_TARGET_DIR` if it is set.
    pub fn here() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.ancestors().nth(2).unwrap_or(manifest).to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) if !dir.is_empty() => root.join(dir),
            _ => root.join("target").join("web"),
        };
        let dist = root.join("web").join("dist");
        Self { root, target, dist }
    }
}

/// The first file of one of these names on the search path.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let exe = env::consts::EXE_SUFFIX;
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(format!("{name}{exe}"))))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_workspace() {
        let workspace = Workspace::here();
        assert!(workspace.root.join("Cargo.lock").is_file());
        assert!(workspace.root.join("web").join("tool").is_dir());
    }
}
