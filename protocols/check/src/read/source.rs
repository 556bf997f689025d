//! The bytes of a file, one after another, and where each stands.
//!
//! A [`Source`] holds one block of the file at a time. It answers with bytes and not with errors, so that the loops
//! over them stay plain: a file that cannot be read on ends, and [`Source::failure`] says why.

use std::io::{self, Read};

use super::error::{Cause, ReadError};

/// How much of the file is held. The first block is what the format is guessed from.
const BLOCK: usize = 1 << 16;

/// A place in a file: line and column, both from 1. The column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub line: u64,
    pub column: u64,
}

/// A file, read block by block.
pub(crate) struct Source<'a> {
    input: &'a mut dyn Read,
    block: Box<[u8]>,
    at: usize,
    filled: usize,
    /// How many bytes came before this block.
    before: u64,
    line: u64,
    /// How many bytes come before this line.
    line_start: u64,
    ended: bool,
    failure: Option<io::Error>,
}

impl<'a> Source<'a> {
    /// The first block of `input`, without a mark of its encoding.
    pub(crate) fn new(input: &'a mut dyn Read) -> Self {
        let mut source = Self {
            input,
            block: vec![0; BLOCK].into_boxed_slice(),
            at: 0,
            filled: 0,
            before: 0,
            line: 1,
            line_start: 0,
            ended: false,
            failure: None,
        };
        source.fill();
        if source.rest().starts_with(b"\xef\xbb\xbf") {
            source.at = 3;
            source.line_start = 3;
        }
        source
    }

    /// What is left of this block: at the beginning of a file, its head.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.block[self.at..self.filled]
    }

    /// Why the file could not be read to its end.
    pub(crate) fn failure(&mut self) -> Option<ReadError> {
        let place = self.place();
        self.failure.take().map(|error| ReadError::at(place, Cause::Unreadable(error.to_string())))
    }

    /// Where the next byte stands.
    pub(crate) fn place(&self) -> Place {
        let column = (self.before + self.at as u64).saturating_sub(self.line_start) + 1;
        Place { line: self.line, column }
    }

    /// The next byte, which stays the next one.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        if self.at == self.filled && !self.refill() {
            return None;
        }
        Some(self.block[self.at])
    }

    /// The next byte.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            self.line_start = self.before + self.at as u64;
        }
        Some(byte)
    }

    /// Appends bytes to `text` as long as `wanted` holds. These must not be line breaks.
    #[inline]
    pub(crate) fn take_while(&mut self, text: &mut Vec<u8>, most: usize, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some() && text.len() <= most {
            let rest = self.rest();
            let run = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
            text.extend_from_slice(&rest[..run]);
            self.at += run;
            if self.at < self.filled {
                return;
            }
        }
    }

    /// Passes over bytes, which must not be line breaks.
    #[inline]
    pub(crate) fn skip_while(&mut self, unwanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&unwanted) {
            let rest = self.rest();
            self.at += rest.iter().position(|byte| !unwanted(*byte)).unwrap_or(rest.len());
        }
    }

    /// A whole number of few digits that stands here, all of it in this block, and after which `ends` holds: what most
    /// values are.
    #[inline]
    pub(crate) fn small_number(&mut self, ends: impl Fn(u8) -> bool) -> Option<i64> {
        let rest = self.rest();
        let negative = rest.first() == Some(&b'-');
        let digits = &rest[usize::from(negative)..];
        let count = digits.iter().take(18).take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 || !digits.get(count).is_some_and(|byte| ends(*byte)) {
            return None;
        }
        let number =
            digits[..count].iter().fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
        self.at += count + usize::from(negative);
        Some(if negative { -number } else { number })
    }

    /// Goes on to the next line.
    pub(crate) fn skip_line(&mut self) {
        while let Some(byte) = self.next() {
            if byte == b'\n' {
                return;
            }
        }
    }

    /// The next line without its end into `text`, which is emptied first. `None` at the end of the file.
    ///
    /// # Errors
    /// If the line is longer than `most` bytes, or no text.
    pub(crate) fn line<'t>(
        &mut self,
        text: &'t mut Vec<u8>,
        most: usize,
    ) -> Result<Option<&'t str>, ReadError> {
        text.clear();
        let start = self.place();
        if self.peek().is_none() {
            return Ok(None);
        }
        self.take_while(text, most, |byte| byte != b'\n');
        if text.len() > most {
            return Err(ReadError::at(start, Cause::LineTooLong(most as u64)));
        }
        self.next();
        if text.last() == Some(&b'\r') {
            text.pop();
        }
        match std::str::from_utf8(text) {
            Ok(line) => Ok(Some(line)),
            Err(wrong) => {
                let column = wrong.valid_up_to() as u64 + 1;
                Err(ReadError::at(Place { line: start.line, column }, Cause::NotText))
            }
        }
    }

    fn refill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.before += self.filled as u64;
        self.at = 0;
        self.filled = 0;
        self.fill();
        self.filled > 0
    }

    fn fill(&mut self) {
        while self.filled < self.block.len() {
            match self.input.read(&mut self.block[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(more) => self.filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error);
                    self.ended = true;
                }
            }
            if self.ended {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_across_blocks() {
        let text = format!("\u{feff}ab\n{}\ncd", "x".repeat(3 * BLOCK));
        let mut bytes = text.as_bytes();
        let mut source = Source::new(&mut bytes);
        let mut buffer = Vec::new();
        assert_eq!(source.line(&mut buffer, 10), Ok(Some("ab")));
        assert_eq!(source.place(), Place { line: 2, column: 1 });
        assert_eq!(source.line(&mut buffer, 4 * BLOCK).unwrap().map(str::len), Some(3 * BLOCK));
        assert_eq!((source.next(), source.place()), (Some(b'c'), Place { line: 3, column: 2 }));
        assert_eq!((source.next(), source.next()), (Some(b'd'), None));
    }

    #[test]
    fn lines_that_are_too_long_or_no_text_are_refused() {
        let mut bytes: &[u8] = b"abcdef\nok\r\na\xff";
        let mut source = Source::new(&mut bytes);
        let mut buffer = Vec::new();
        let long = source.line(&mut buffer, 4).unwrap_err();
        assert_eq!((long.line, long.cause), (Some(1), Cause::LineTooLong(4)));
        source.skip_line();
        assert_eq!(source.line(&mut buffer, 4), Ok(Some("ok")));
        let wrong = source.line(&mut buffer, 4).unwrap_err();
        assert_eq!((wrong.line, wrong.column, wrong.cause), (Some(3), Some(2), Cause::NotText));
    }

    #[test]
    fn a_file_that_breaks_off_says_why() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the cable is out"))
            }
        }
        let mut broken = Broken;
        let mut source = Source::new(&mut broken);
        assert_eq!(source.next(), None);
        let failure = source.failure().unwrap().to_string();
        assert_eq!(failure, "line 1, column 1: the file cannot be read on: the cable is out");
    }
}
