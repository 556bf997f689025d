//! A run and a moment as a link: the run's text, deflated where that is shorter, in base64url without padding, after one
//! character that says which of the two it is.
//!
//! A link comes from anywhere: its length, what it inflates to and what is then read all have limits.

use crate::run::{Opened, Run};
use crate::text::{BadRun, LONGEST_TEXT};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sim::lab::Lab;
use sim::time::Moment;

/// First character of a link whose text stands as it is.
const PLAIN: char = '1';
/// First character of a link whose text is deflated.
const DEFLATED: char = '2';
/// The longest link, in characters: what the longest text takes undeflated.
pub const LONGEST_LINK: usize = LONGEST_TEXT / 3 * 4 + 8;

/// A link that cannot be opened.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadLink {
    /// Nothing after the `#`, or no `#` in an address.
    #[error("there is no run in this link: what follows the # is missing. Copy the whole address")]
    Empty,
    /// A version that is not known here.
    #[error(
        "this link begins with “{0}”, which no link known here does: a newer version of Potholes may open it"
    )]
    Version(char),
    /// Not base64url.
    #[error(
        "this link is damaged: it holds characters that no link has, or was cut off. Copy the whole address"
    )]
    Letters,
    /// Does not inflate.
    #[error("this link is damaged: what it holds does not unpack. Copy the whole address")]
    Packed,
    /// Not text.
    #[error("this link is damaged: what it holds is no text. Copy the whole address")]
    NotText,
    /// Too long, packed or unpacked.
    #[error("this link is too long: a run's text is at most {} kB", LONGEST_TEXT / 1024)]
    TooLong,
    /// Text, but not a run's.
    #[error("the run in this link cannot be read, {0}")]
    Run(#[from] BadRun),
}

impl Run {
    /// The link to this run at a moment, without `#`.
    pub fn to_link(&self, shown: Moment, digest: Option<u64>) -> String {
        let text = self.write(Some(shown), digest);
        let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 9);
        let (version, bytes) =
            if packed.len() < text.len() { (DEFLATED, packed.as_slice()) } else { (PLAIN, text.as_bytes()) };
        let mut link = String::from(version);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut link);
        link
    }

    /// Opens a link: `#…`, a whole address, or what follows the `#`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_link(text: &str) -> Result<Opened, BadLink> {
        Ok(Run::parse(&unpack(text)?)?)
    }

    /// Opens a link to a run of this lab, which need not be in the catalogue.
    ///
    /// # Errors
    /// As [`Run::from_link`].
    pub fn from_link_of(lab: &'static dyn Lab, text: &str) -> Result<Opened, BadLink> {
        Ok(Run::parse_of(lab, &unpack(text)?)?)
    }
}

/// The text of a link.
///
/// # Errors
/// When it is damaged or too long.
pub fn unpack(link: &str) -> Result<String, BadLink> {
    let link = link.trim();
    let body = match link.rsplit_once('#') {
        Some((_, body)) => body,
        None if link.contains("://") => return Err(BadLink::Empty),
        None => link,
    };
    if body.len() > LONGEST_LINK {
        return Err(BadLink::TooLong);
    }
    let mut letters = body.chars();
    let version = letters.next().ok_or(BadLink::Empty)?;
    if version != PLAIN && version != DEFLATED {
        return Err(BadLink::Version(version));
    }
    let bytes = URL_SAFE_NO_PAD.decode(letters.as_str()).map_err(|_| BadLink::Letters)?;
    let bytes = if version == PLAIN { bytes } else { inflate(&bytes)? };
    if bytes.len() > LONGEST_TEXT {
        return Err(BadLink::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| BadLink::NotText)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, BadLink> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
    decompress_to_vec_with_limit(bytes, LONGEST_TEXT).map_err(|wrong| match wrong.status {
        TINFLStatus::HasMoreOutput => BadLink::TooLong,
        _ => BadLink::Packed,
    })
}
