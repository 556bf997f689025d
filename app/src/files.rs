//! Where a file that was asked for goes: on a desktop to the disk, in a page to the browser's downloads.

pub use inner::{folder, save};

#[cfg(not(target_arch = "wasm32"))]
mod inner {
    use std::env;
    use std::fs::OpenOptions;
    use std::io::{ErrorKind, Write};
    use std::path::{Path, PathBuf};

    /// So many files of one name are told apart by a number.
    const MOST_ALIKE: u32 = 1_000;

    /// Where files go whose name says nothing of a folder: to the downloads, where there are some, else to this folder.
    pub fn folder() -> PathBuf {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from);
        let downloads = home.map(|home| home.join("Downloads")).filter(|folder| folder.is_dir());
        downloads.or_else(|| env::current_dir().ok()).unwrap_or_default()
    }

    /// Writes a new file; one that is there is never written over, a number is put into the name instead.
    ///
    /// # Errors
    /// The sentence that says why it could not be written.
    pub fn save(name: &str, bytes: &[u8]) -> Result<String, String> {
        let name = name.trim();
        let asked = if Path::new(name).is_absolute() { PathBuf::from(name) } else { folder().join(name) };
        let cannot =
            |path: &Path, error: &std::io::Error| format!("{} cannot be written: {error}", path.display());
        for number in 1..=MOST_ALIKE {
            let path = numbered(&asked, number);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    let written = file.write_all(bytes).and_then(|()| file.sync_all());
                    written.map_err(|error| cannot(&path, &error))?;
                    return Ok(format!("Saved as {}", path.display()));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot(&path, &error)),
            }
        }
        Err(format!("{} and {MOST_ALIKE} names like it are taken: choose another", asked.display()))
    }

    /// `raft.svg`, then `raft-2.svg`; before the first dot, so that all of `.perfetto.json` stays the ending.
    fn numbered(path: &Path, number: u32) -> PathBuf {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if number < 2 || name.is_empty() {
            return path.to_owned();
        }
        let (stem, ending) = name.split_at(name.find('.').unwrap_or(name.len()));
        path.with_file_name(format!("{stem}-{number}{ending}"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn nothing_is_written_over() {
            let folder = env::temp_dir().join(format!("potholes-files-{}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("a folder for the test");
            let name = folder.join("a.perfetto.json");
            let name = name.to_string_lossy();
            assert!(save(&name, b"one").expect("it is new").ends_with("a.perfetto.json"));
            assert!(save(&name, b"two").expect("another name is free").ends_with("a-2.perfetto.json"));
            assert_eq!(std::fs::read(&*name).expect("it is there"), b"one");
            let wrong = save(&folder.join("no/such/folder.svg").to_string_lossy(), b"").unwrap_err();
            assert!(wrong.contains("cannot be written"), "{wrong}");
            std::fs::remove_dir_all(&folder).expect("the test's own folder");
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod inner {
    use std::path::PathBuf;
    use wasm_bindgen::{JsCast, JsValue};

    /// A page knows no folders.
    pub fn folder() -> PathBuf {
        PathBuf::new()
    }

    /// Offers the bytes as a download of that name.
    ///
    /// # Errors
    /// The sentence that says why the browser takes them not.
    pub fn save(name: &str, bytes: &[u8]) -> Result<String, String> {
        offer(name.trim(), bytes)
            .map(|()| format!("Saved as {}", name.trim()))
            .map_err(|_| "This browser does not let the page save a file".to_owned())
    }

    /// A link to the bytes, pressed once, and taken back.
    fn offer(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
        let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
        let blob = web_sys::Blob::new_with_u8_array_sequence(&parts)?;
        let address = web_sys::Url::create_object_url_with_blob(&blob)?;
        let document = web_sys::window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
        let link = document.create_element("a")?.dyn_into::<web_sys::HtmlAnchorElement>()?;
        link.set_href(&address);
        link.set_download(name);
        link.click();
        web_sys::Url::revoke_object_url(&address)
    }
}
