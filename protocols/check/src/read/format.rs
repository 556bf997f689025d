//! Which form a file has, seen from how it begins.

use super::bincode;
use super::error::{Cause, ReadError};
use crate::names::names;

names! {
    /// The form of a file.
    Format, "format",
    /// Jepsen's history: EDN, one map a line or one list of maps.
    Edn = "edn",
    /// The same as JSON, as elle-cli takes it: one list of objects, or one object a line.
    Json = "json",
    /// Our own: an object of JSON a line. See [`crate::write`].
    Lines = "lines",
    /// Jepsen's text log, as Porcupine's test data of etcd has it: `INFO  jepsen.util - 3 :invoke :cas [1 2]`.
    Etcd = "etcd",
    /// Porcupine's histories of a key-value store: a map of EDN a line, with a `:key`.
    Porcupine = "porcupine",
    /// AWDIT's text: `r KEY VALUE`, `w KEY VALUE`; `---` ends a transaction, `===` a session.
    Awdit = "awdit",
    /// The text of Plume and PolySI: `w(key,value,session,transaction)`.
    Plume = "plume",
    /// dbcop's JSON: sessions of transactions of events.
    Dbcop = "dbcop",
    /// dbcop's text: `[x:=1 y==2]`, a session's transactions until `---`.
    DbcopText = "dbcop-text",
    /// dbcop's and PolySI's binary form: `history.bincode`.
    Bincode = "bincode",
}

/// What to do with a file that is not read here.
fn refused(what: &'static str, instead: &'static str) -> ReadError {
    ReadError::whole(Cause::Refused { what, instead })
}

/// The form of a file that begins with `head`; `name` is what the file is called.
///
/// # Errors
/// If it is a form that is recognised but not read here, or none that is recognised.
pub(crate) fn guess(name: &str, head: &[u8]) -> Result<Format, ReadError> {
    let ending =
        name.rsplit(['/', '\\']).next().unwrap_or_default().rsplit_once('.').map_or("", |(_, end)| end);
    if head.starts_with(b"JEPSEN") || ending == "jepsen" {
        return Err(refused(
            "this is Jepsen's binary store (test.jepsen)",
            "give the history.edn that lies beside it",
        ));
    }
    if head.iter().take(4096).any(|byte| *byte < 9 || (14..27).contains(byte)) {
        if ending == "bincode" || bincode::begins(head) {
            return Ok(Format::Bincode);
        }
        return Err(match ending {
            "log" => refused(
                "this is a binary log of Cobra",
                "convert its folder to text: AWDIT's `convert` writes Plume's text from it",
            ),
            _ => ReadError::whole(Cause::Binary),
        });
    }
    let begin = skip_comments(head);
    if begin.is_empty() {
        return Err(ReadError::whole(Cause::Empty));
    }
    from_text(begin).ok_or_else(|| {
        let first = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown: String = String::from_utf8_lossy(first).chars().take(40).collect();
        let found = format!("it begins with “{}”", shown.trim_end());
        ReadError::whole(Cause::Unrecognised { found, known: Format::known() })
    })
}

fn from_text(begin: &[u8]) -> Option<Format> {
    let inner = after_blanks(&begin[1..]);
    match begin[0] {
        b'{' => Some(of_map(begin)),
        b'#' => Some(Format::Edn),
        b'[' | b'(' => match inner.first() {
            Some(b'{') => Some(match of_map(inner) {
                // A list of our own lines is plain JSON.
                Format::Lines => Format::Json,
                other => other,
            }),
            Some(b'[') => Some(Format::Dbcop),
            Some(b'#' | b';' | b')') => Some(Format::Edn),
            Some(b']') => Some(Format::Json),
            _ => {
                let line = inner.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let steps = line.windows(2).any(|two| two == b":=" || two == b"==");
                steps.then_some(Format::DbcopText)
            }
        },
        b'r' | b'w' => match begin.get(1) {
            Some(b'(') => Some(Format::Plume),
            Some(b' ' | b'\t') => Some(Format::Awdit),
            _ => None,
        },
        b'-' | b'=' if begin.starts_with(b"--") || begin.starts_with(b"==") => Some(Format::Awdit),
        _ => {
            let line = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let has = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
            let is_log = has(b"jepsen") || [&b":invoke"[..], b":ok", b":fail", b":info"].into_iter().any(has);
            is_log.then_some(Format::Etcd)
        }
    }
}

/// The form of a file whose first map begins here.
fn of_map(map: &[u8]) -> Format {
    let line = &map[..map.len().min(2000)];
    let has = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
    if after_blanks(&map[1..]).first() != Some(&b'"') {
        // Only the first map counts: later ones are somebody else's.
        let first = line.split(|byte| *byte == b'}').next().unwrap_or_default();
        let says = |word: &[u8]| first.windows(word.len()).any(|window| window == word);
        // Our own EDN has keys too, and says the exact values besides.
        let keyed = says(b":key ") && !says(b":input ");
        return if keyed { Format::Porcupine } else { Format::Edn };
    }
    let named = after_blanks(&map[1..]);
    if named.starts_with(b"\"potholes\"") || has(b"\"key\":") && has(b"\"type\":") {
        Format::Lines
    } else if has(b"\"type\"") {
        Format::Json
    } else if [&b"\"params\""[..], b"\"data\"", b"\"events\"", b"\"sessions\""].into_iter().any(has) {
        Format::Dbcop
    } else {
        Format::Json
    }
}

fn after_blanks(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',');
    &text[text.iter().take_while(|byte| blank(byte)).count()..]
}

/// The text after blank lines and lines that are comments: `; ..` of EDN, `// ..` of dbcop.
fn skip_comments(mut text: &[u8]) -> &[u8] {
    loop {
        text = after_blanks(text);
        if !text.starts_with(b";") && !text.starts_with(b"//") {
            return text;
        }
        let line = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        text = &text[line..];
    }
}
