//! The finished page: the program, its JavaScript, and the files of `web/page` with the version filled in.
//!
//! The version is a hash of everything in it, so the same sources make the same page, and a changed page has another name
//! for each of its files (`?v=`). Beside each file that a server may send compressed lies its brotli form.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// What the program and its JavaScript should take with brotli, in bytes. Raft, its lessons and the window alone do; with
/// nine labs and the judge of histories from files they do not, until those are loaded when they are first asked for.
pub const AIM: usize = 1_500_000;
/// What they may take: more is an error.
pub const LIMIT: usize = 2_000_000;
/// The program.
pub const WASM: &str = "potholes_bg.wasm";
/// Its JavaScript.
pub const SCRIPT: &str = "potholes.js";

/// The files of the page, as in `web/page`.
const PAGE: [(&str, &str); 6] = [
    ("index.html", include_str!("../../page/index.html")),
    ("page.js", include_str!("../../page/page.js")),
    ("mirror.js", include_str!("../../page/mirror.js")),
    ("sw.js", include_str!("../../page/sw.js")),
    ("manifest.webmanifest", include_str!("../../page/manifest.webmanifest")),
    ("icon.svg", include_str!("../../page/icon.svg")),
];

/// One file of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name; there are no folders.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The page's files, with `{{hash}}`, `{{wasm_bytes}}` and `{{files}}` filled in.
pub fn page(wasm: Vec<u8>, script: Vec<u8>) -> Vec<File> {
    let wasm_bytes = wasm.len().to_string();
    let file = |name: &str, bytes: Vec<u8>| File { name: name.to_owned(), bytes };
    let mut files = vec![file(WASM, wasm), file(SCRIPT, script)];
    files.extend(PAGE.iter().map(|(name, text)| file(name, text.as_bytes().to_vec())));
    let hash = format!("{:016x}", content_hash(&files));
    // What the service worker keeps beside the page itself. Scripts and program are asked for by version.
    let kept: Vec<String> = files
        .iter()
        .filter(|file| !["index.html", "sw.js"].contains(&file.name.as_str()))
        .map(|file| {
            let versioned = file.name.ends_with(".js") || file.name.ends_with(".wasm");
            if versioned { format!("{}?v={hash}", file.name) } else { file.name.clone() }
        })
        .collect();
    for file in files.iter_mut().filter(|file| PAGE.iter().any(|(name, _)| *name == file.name)) {
        let text = String::from_utf8_lossy(&file.bytes)
            .replace("{{hash}}", &hash)
            .replace("{{wasm_bytes}}", &wasm_bytes)
            .replace("{{files}}", &kept.join(" "));
        file.bytes = text.into_bytes();
    }
    files
}

/// FNV-1a over names, lengths and contents: it names a version, it guards nothing.
pub fn content_hash(files: &[File]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        take(file.name.as_bytes());
        take(&(file.bytes.len() as u64).to_le_bytes());
        take(&file.bytes);
    }
    hash
}

/// With brotli at its best.
pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut small = Vec::new();
    let mut input = bytes;
    // Neither a slice nor a vector can fail to be read or written.
    let _ = brotli::BrotliCompress(&mut input, &mut small, &parameters);
    small
}

/// What gzip at its best would make of it, in bytes: header and trailer take 18.
pub fn gzip_size(bytes: &[u8]) -> usize {
    miniz_oxide::deflate::compress_to_vec(bytes, 9).len() + 18
}

/// A file's sizes.
pub struct Sizes {
    /// Its name.
    pub name: String,
    /// As it is.
    pub plain: usize,
    /// With gzip.
    pub gzip: usize,
    /// With brotli, if that was made.
    pub brotli: Option<usize>,
}

/// Makes a file's brotli form, or remembers it.
pub type Small<'a> = &'a dyn Fn(&File) -> Result<Vec<u8>>;

/// Writes the page to a folder, which then holds nothing else, and measures it; with brotli forms if `small` is given.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, files: &[File], small: Option<Small<'_>>) -> Result<Vec<Sizes>> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::file("emptying", folder))?;
    }
    fs::create_dir_all(folder).map_err(Error::file("making", folder))?;
    let mut sizes = Vec::new();
    for file in files {
        let path = folder.join(&file.name);
        fs::write(&path, &file.bytes).map_err(Error::file("writing", &path))?;
        let small = small.map(|small| small(file)).transpose()?;
        if let Some(small) = &small {
            let path = folder.join(format!("{}.br", file.name));
            fs::write(&path, small).map_err(Error::file("writing", &path))?;
        }
        sizes.push(Sizes {
            name: file.name.clone(),
            plain: file.bytes.len(),
            gzip: gzip_size(&file.bytes),
            brotli: small.map(|small| small.len()),
        });
    }
    Ok(sizes)
}

/// A line a file, and the sum.
pub fn table(sizes: &[Sizes]) -> String {
    let mut lines = vec![format!("{:24}{:>12}{:>12}{:>12}", "bytes", "plain", "gzip", "brotli")];
    let total = Sizes {
        name: "together".to_owned(),
        plain: sizes.iter().map(|size| size.plain).sum(),
        gzip: sizes.iter().map(|size| size.gzip).sum(),
        brotli: sizes.iter().map(|size| size.brotli).sum(),
    };
    for size in sizes.iter().chain([&total]) {
        let brotli = size.brotli.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        lines.push(format!("{:24}{:>12}{:>12}{:>12}", size.name, size.plain, size.gzip, brotli));
    }
    lines.join("\n")
}

/// By how many bytes the page misses [`AIM`], if it does.
pub fn over_the_aim(sizes: &[Sizes]) -> Option<usize> {
    let brotli: usize = sizes.iter().filter_map(|size| size.brotli).sum();
    brotli.checked_sub(AIM).filter(|over| *over > 0)
}

/// Whether the page is small enough for a visitor.
///
/// # Errors
/// When everything together takes more than [`LIMIT`] with brotli.
pub fn check(sizes: &[Sizes]) -> Result<()> {
    let brotli = sizes.iter().filter_map(|size| size.brotli).sum();
    if brotli > LIMIT { Err(Error::TooLarge { brotli, limit: LIMIT }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(files: &'a [File], name: &str) -> &'a str {
        std::str::from_utf8(&files.iter().find(|file| file.name == name).unwrap().bytes).unwrap()
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let files = page(vec![1, 2, 3], b"export {}".to_vec());
        for (name, _) in PAGE {
            assert!(!text(&files, name).contains("{{"), "{name}");
        }
        assert!(text(&files, "page.js").contains("Number('3')"));
    }

    #[test]
    fn the_version_follows_the_content() {
        let version = |files: &[File]| {
            let worker = text(files, "sw.js");
            worker.split_once("VERSION = '").unwrap().1[..16].to_owned()
        };
        let first = page(vec![1, 2, 3], b"export {}".to_vec());
        assert_eq!(version(&first), version(&page(vec![1, 2, 3], b"export {}".to_vec())));
        assert_ne!(version(&first), version(&page(vec![1, 2, 4], b"export {}".to_vec())));
        assert_ne!(version(&first), version(&page(vec![1, 2, 3], b"export { }".to_vec())));
        let hash = version(&first);
        assert!(text(&first, "index.html").contains(&format!("page.js?v={hash}")));
        assert!(text(&first, "sw.js").contains(&format!("potholes_bg.wasm?v={hash} potholes.js?v={hash}")));
    }

    #[test]
    fn the_page_asks_nobody_else_for_anything() {
        for (name, content) in PAGE {
            let elsewhere = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"), "{name}");
            assert!(
                !content.contains("src=\"/") && !content.contains("href=\"/"),
                "{name} is tied to a path"
            );
        }
    }

    #[test]
    fn a_page_too_large_is_refused() {
        let size =
            |brotli| Sizes { name: WASM.to_owned(), plain: 9_000_000, gzip: 3_000_000, brotli: Some(brotli) };
        assert!(check(&[size(LIMIT)]).is_ok());
        let error = check(&[size(LIMIT), size(1)]).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert!(error.to_string().contains("2000001 bytes"));
    }

    #[test]
    fn brotli_and_gzip_make_it_smaller() {
        let words = "the road to a distributed system ".repeat(200).into_bytes();
        assert!(brotli(&words).len() < 100);
        assert!(gzip_size(&words) < 200);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut brotli(&words).as_slice(), &mut back).unwrap();
        assert_eq!(back, words);
    }
}
