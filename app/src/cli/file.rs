//! Files that a command writes: whole, or not at all. What was there before stays until the new one is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Bad;

/// Writes a file of these bytes.
pub(super) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Bad> {
    filled(path, |file| file.write_all(bytes.as_ref()))
}

/// Writes a file piece by piece.
pub(super) fn filled(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Bad> {
    put(path, fill).map_err(|error| Bad::file(path, error))
}

fn put(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let there = fs::metadata(path).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        // A pipe, or a terminal: it takes what comes.
        let mut file = BufWriter::new(File::create(path)?);
        return fill(&mut file).and_then(|()| file.flush());
    }
    // Through a link the file it names is written, and the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = File::create(&beside).and_then(|file| {
        if let Some(there) = &there {
            file.set_permissions(there.permissions())?;
        }
        let mut file = BufWriter::new(file);
        fill(&mut file)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&beside, &path)
    });
    if written.is_err() {
        // It may never have come to be.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_whole_leaves_what_was_there() {
        let folder = std::env::temp_dir().join(format!("potholes-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("run.txt");
        write(&path, "good").unwrap();
        let full = |file: &mut BufWriter<File>| {
            file.write_all(b"half")?;
            file.flush()?;
            Err(io::Error::other("the disk is full"))
        };
        assert!(filled(&path, full).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "good");
        write(&path, "better").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "better");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing lies beside it");
        fs::remove_dir_all(&folder).unwrap();
    }
}
