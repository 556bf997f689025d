//! EDN and JSON, one value at a time.
//!
//! A [`Reader`] puts the next event of a file onto its [`Tape`]: the next value at the outside, or the next element of
//! the list that the file is. So one map a line, one list of maps, and several of either are all the same to it. Of EDN
//! it takes all that printers of Clojure write: comments, commas as blanks, tags (which it leaves out: `#tag value` is
//! the value), `#_` and metadata (left out with their value), sets, characters, ratios, any symbol. Of JSON it takes all.
//! What has no parts and is neither text nor a whole number of 64 bits is kept as it was written.

use super::error::{Cause, ReadError};
use super::source::{Place, Source};
use super::tape::{Kind, Tape};
use super::{DEPTH_MOST, TOKEN_MOST, VALUES_MOST};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Edn,
    Json,
}

/// Something that was opened and must be closed.
#[derive(Clone, Copy, Debug)]
struct Open {
    what: &'static str,
    close: u8,
    place: Place,
}

impl Open {
    fn unclosed(self) -> Cause {
        let Place { line, column } = self.place;
        Cause::Unclosed { what: self.what, close: self.close as char, line, column }
    }
}

/// What a value began with.
enum Begun {
    /// It is on the tape.
    Value,
    /// It was left out: a comment, metadata.
    Nothing,
    /// It closes what was open.
    Closed,
}

/// The events of a file.
pub(crate) struct Reader<'s, 'a> {
    source: &'s mut Source<'a>,
    dialect: Dialect,
    tape: Tape,
    token: Vec<u8>,
    /// The list that the file is.
    outer: Option<Open>,
}

impl<'s, 'a> Reader<'s, 'a> {
    pub(crate) fn new(source: &'s mut Source<'a>, dialect: Dialect) -> Self {
        Self { source, dialect, tape: Tape::default(), token: Vec::new(), outer: None }
    }

    /// The next event: its tape and the line it begins in; `None` at the end of the file.
    ///
    /// # Errors
    /// Where the file is not written as it should be.
    pub(crate) fn event(&mut self) -> Result<Option<(&Tape, Place)>, ReadError> {
        loop {
            self.tape.clear();
            self.skip_blanks();
            let place = self.source.place();
            let Some(byte) = self.source.peek() else { return self.end().map(|()| None) };
            if self.outer.is_none() && matches!(byte, b'[' | b'(') {
                self.source.next();
                self.outer =
                    Some(Open { what: "list", close: if byte == b'[' { b']' } else { b')' }, place });
                continue;
            }
            match self.value(self.outer, 0)? {
                Begun::Value => return Ok(Some((&self.tape, place))),
                Begun::Nothing => {}
                Begun::Closed => self.outer = None,
            }
        }
    }

    fn end(&mut self) -> Result<(), ReadError> {
        if let Some(failure) = self.source.failure() {
            return Err(failure);
        }
        self.outer.map_or(Ok(()), |open| Err(self.wrong(open.unclosed())))
    }

    fn wrong(&self, cause: Cause) -> ReadError {
        ReadError::at(self.source.place(), cause)
    }

    fn skip_blanks(&mut self) {
        loop {
            self.source.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b',' | 0x0b | 0x0c));
            let Some(byte) = self.source.peek() else { return };
            match byte {
                b'\n' => {
                    self.source.next();
                }
                b';' if self.dialect == Dialect::Edn => self.source.skip_line(),
                _ => return,
            }
        }
    }

    /// Puts the next value onto the tape, or closes `within`.
    fn value(&mut self, within: Option<Open>, depth: u32) -> Result<Begun, ReadError> {
        if self.tape.len() >= VALUES_MOST {
            return Err(self.wrong(Cause::EventTooLong(VALUES_MOST as u64)));
        }
        if let Some(number) = self.source.small_number(ends_token) {
            self.tape.int(number);
            return Ok(Begun::Value);
        }
        let place = self.source.place();
        let Some(byte) = self.source.peek() else {
            let failure = self.source.failure();
            let unclosed = within.map_or(Cause::Empty, Open::unclosed);
            return Err(failure.unwrap_or_else(|| self.wrong(unclosed)));
        };
        match byte {
            b'[' => self.parts(Kind::List, Open { what: "list", close: b']', place }, depth)?,
            b'(' if self.dialect == Dialect::Edn => {
                self.parts(Kind::List, Open { what: "list", close: b')', place }, depth)?;
            }
            b'{' => self.parts(Kind::Map, Open { what: "map", close: b'}', place }, depth)?,
            b'"' => {
                self.source.next();
                self.text(place, false)?;
            }
            b']' | b')' | b'}' => {
                return match within {
                    Some(open) if open.close == byte => {
                        self.source.next();
                        Ok(Begun::Closed)
                    }
                    Some(Open { what, close, place: Place { line, column } }) => {
                        let (found, close) = (byte as char, close as char);
                        Err(self.wrong(Cause::WrongClose { found, what, close, line, column }))
                    }
                    None => Err(self.wrong(Cause::ClosesNothing(byte as char))),
                };
            }
            b'#' if self.dialect == Dialect::Edn => return self.dispatch(within, depth),
            b'^' if self.dialect == Dialect::Edn => {
                // Metadata stands before the value it is about.
                self.source.next();
                return self.left_out(within, depth);
            }
            _ => self.atom(place)?,
        }
        Ok(Begun::Value)
    }

    /// Everything up to what closes `open`, whose first byte is next.
    fn parts(&mut self, kind: Kind, open: Open, depth: u32) -> Result<(), ReadError> {
        if depth >= DEPTH_MOST {
            return Err(self.wrong(Cause::TooDeep(DEPTH_MOST)));
        }
        self.source.next();
        let opened = self.tape.open(kind);
        let mut count = 0_u32;
        loop {
            self.skip_blanks();
            if kind == Kind::Map && self.dialect == Dialect::Json && count % 2 == 1 {
                if self.source.peek() == Some(b':') {
                    self.source.next();
                }
                self.skip_blanks();
            }
            match self.value(Some(open), depth + 1)? {
                Begun::Value => count += 1,
                Begun::Nothing => {}
                Begun::Closed => break,
            }
        }
        if kind == Kind::Map && count % 2 == 1 {
            return Err(self.wrong(Cause::OddMap));
        }
        self.tape.close(opened);
        Ok(())
    }

    /// Reads a value and forgets it.
    fn left_out(&mut self, within: Option<Open>, depth: u32) -> Result<Begun, ReadError> {
        if depth >= DEPTH_MOST {
            return Err(self.wrong(Cause::TooDeep(DEPTH_MOST)));
        }
        let before = self.tape.len();
        self.skip_blanks();
        loop {
            match self.value(within, depth + 1)? {
                Begun::Nothing => self.skip_blanks(),
                Begun::Value => break,
                Begun::Closed => return Ok(Begun::Closed),
            }
        }
        self.tape.truncate(before);
        Ok(Begun::Nothing)
    }

    /// What begins with `#`.
    fn dispatch(&mut self, within: Option<Open>, depth: u32) -> Result<Begun, ReadError> {
        let place = self.source.place();
        self.source.next();
        match self.source.peek() {
            Some(b'{') => {
                self.parts(Kind::Set, Open { what: "set", close: b'}', place }, depth)?;
                Ok(Begun::Value)
            }
            Some(b'_') => {
                self.source.next();
                self.left_out(within, depth)
            }
            Some(b'"') => {
                self.source.next();
                self.text(place, true)?;
                Ok(Begun::Value)
            }
            Some(b'#') => {
                // ##Inf, ##NaN
                self.source.next();
                self.token(place)?;
                self.word(place, "##")?;
                Ok(Begun::Value)
            }
            Some(b'!') => {
                self.source.skip_line();
                Ok(Begun::Nothing)
            }
            _ => {
                // A tag says how its value was made; the value says what it is.
                self.token(place)?;
                if depth >= DEPTH_MOST {
                    return Err(self.wrong(Cause::TooDeep(DEPTH_MOST)));
                }
                self.skip_blanks();
                self.value(within, depth + 1)
            }
        }
    }

    /// A token without quotes into `self.token`.
    fn token(&mut self, place: Place) -> Result<(), ReadError> {
        self.token.clear();
        let json = self.dialect == Dialect::Json;
        self.source
            .take_while(&mut self.token, TOKEN_MOST, |byte| !(ends_token(byte) || json && byte == b':'));
        if self.token.len() > TOKEN_MOST {
            return Err(ReadError::at(place, Cause::TokenTooLong(TOKEN_MOST as u64)));
        }
        Ok(())
    }

    /// A number, a keyword, a symbol, a character.
    fn atom(&mut self, place: Place) -> Result<(), ReadError> {
        self.token(place)?;
        if let Some(number) = whole_number(&self.token) {
            self.tape.int(number);
            return Ok(());
        }
        let bad = |found: String| Err(ReadError::at(place, Cause::BadValue(found)));
        match self.token.as_slice() {
            b"" => {
                let byte = self.source.next().unwrap_or_default();
                return bad(format!("`{}`", byte.escape_ascii()));
            }
            b"nil" if self.dialect == Dialect::Edn => self.tape.nil(),
            b"null" if self.dialect == Dialect::Json => self.tape.nil(),
            b"\\" if self.dialect == Dialect::Edn => {
                // A character that would end a token: `\(`, `\,`.
                let byte = self.source.next().unwrap_or(b' ');
                self.token.push(if byte.is_ascii() { byte } else { b'?' });
                self.word(place, "")?;
            }
            token if self.dialect == Dialect::Json && !is_json(token) => {
                return bad(shown(&self.token));
            }
            _ => self.word(place, "")?,
        }
        Ok(())
    }

    /// Puts the token onto the tape as a word.
    fn word(&mut self, place: Place, before: &str) -> Result<(), ReadError> {
        let Ok(token) = std::str::from_utf8(&self.token) else {
            return Err(ReadError::at(place, Cause::NotText));
        };
        let first = token.bytes().next().unwrap_or_default();
        if first.is_ascii_digit() || matches!(first, b'-' | b'+') {
            // One way of writing a fraction, as equal ones are equal: 1.50 is 1.5.
            let number = token.parse::<f64>().ok().filter(|number| number.is_finite());
            let exact = token.bytes().filter(u8::is_ascii_digit).count() <= 15;
            if let Some(number) = number.filter(|_| exact) {
                self.tape.text(Kind::Word, &format!("{number:?}"));
                return Ok(());
            }
        }
        if before.is_empty() {
            self.tape.text(Kind::Word, token);
        } else {
            self.tape.text(Kind::Word, &format!("{before}{token}"));
        }
        Ok(())
    }

    /// A text, whose opening quote was taken. In a `raw` one nothing but a quote is escaped.
    fn text(&mut self, place: Place, raw: bool) -> Result<(), ReadError> {
        self.token.clear();
        let unclosed = Open { what: "text", close: b'"', place };
        loop {
            self.source.take_while(&mut self.token, TOKEN_MOST, |byte| {
                byte != b'"' && byte != b'\\' && byte != b'\n'
            });
            if self.token.len() > TOKEN_MOST {
                return Err(ReadError::at(place, Cause::TokenTooLong(TOKEN_MOST as u64)));
            }
            match self.source.next() {
                None => {
                    let failure = self.source.failure();
                    return Err(failure.unwrap_or_else(|| self.wrong(unclosed.unclosed())));
                }
                Some(b'"') => break,
                Some(b'\\') if raw => {
                    self.token.push(b'\\');
                    self.token.extend(self.source.next());
                }
                Some(b'\\') => self.escape()?,
                Some(byte) => self.token.push(byte),
            }
        }
        match std::str::from_utf8(&self.token) {
            Ok(text) => {
                self.tape.text(Kind::Text, text);
                Ok(())
            }
            Err(_) => Err(ReadError::at(place, Cause::NotText)),
        }
    }

    fn escape(&mut self) -> Result<(), ReadError> {
        let place = self.source.place();
        let plain = match self.source.next() {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(same @ (b'"' | b'\\' | b'/' | b'\'')) => same,
            Some(b'u') => return self.unicode(place),
            Some(octal @ b'0'..=b'7') => {
                let mut number = u32::from(octal - b'0');
                while let Some(more @ b'0'..=b'7') = self.source.peek()
                    && number < 0o40
                {
                    self.source.next();
                    number = number * 8 + u32::from(more - b'0');
                }
                self.push_char(number);
                return Ok(());
            }
            Some(other) if other.is_ascii_graphic() => {
                return Err(ReadError::at(place, Cause::BadEscape(other as char)));
            }
            _ => return Err(ReadError::at(place, Cause::BadEscape('?'))),
        };
        self.token.push(plain);
        Ok(())
    }

    fn unicode(&mut self, place: Place) -> Result<(), ReadError> {
        let high = self.hex(place)?;
        let half = |half| ReadError::at(place, Cause::LoneSurrogate(half));
        if (0xdc00..0xe000).contains(&high) {
            return Err(half(high));
        }
        if !(0xd800..0xdc00).contains(&high) {
            self.push_char(high);
            return Ok(());
        }
        // Characters beyond 16 bits are written as two.
        for expected in [b'\\', b'u'] {
            if self.source.peek() != Some(expected) {
                return Err(half(high));
            }
            self.source.next();
        }
        let low = self.hex(place)?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(half(high));
        }
        self.push_char(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        Ok(())
    }

    fn hex(&mut self, place: Place) -> Result<u32, ReadError> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.source.next().and_then(|byte| (byte as char).to_digit(16));
            let digit = digit.ok_or_else(|| ReadError::at(place, Cause::BadEscape('u')))?;
            number = number * 16 + digit;
        }
        Ok(number)
    }

    fn push_char(&mut self, number: u32) {
        let char = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.token.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Whether a token ends before this byte.
#[inline]
fn ends_token(byte: u8) -> bool {
    const ENDS: [bool; 256] = {
        let mut ends = [false; 256];
        let mut byte = 0;
        while byte <= b' ' as usize {
            ends[byte] = true;
            byte += 1;
        }
        let signs = b",\"[]{}();";
        let mut at = 0;
        while at < signs.len() {
            ends[signs[at] as usize] = true;
            at += 1;
        }
        ends
    };
    ENDS[byte as usize]
}

/// A whole number of 64 bits, also as Clojure writes large ones (`12N`).
fn whole_number(token: &[u8]) -> Option<i64> {
    let (negative, digits) = match token {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, token),
    };
    let digits = digits.strip_suffix(b"N").unwrap_or(digits);
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut number = 0_i64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Downwards: there is one more negative number.
        number = number.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(number) } else { number.checked_neg() }
}

/// Whether JSON knows the token: a truth value or a number.
fn is_json(token: &[u8]) -> bool {
    matches!(token, b"true" | b"false")
        || token.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-')
            && token
                .iter()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
}

/// A token for a message, shortened.
fn shown(token: &[u8]) -> String {
    let text = String::from_utf8_lossy(token);
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().count() > 40 {
        short.push('…');
    }
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All events of a text, as they are shown, or what is wrong.
    fn shown(text: &str, dialect: Dialect) -> Result<Vec<String>, String> {
        let mut bytes = text.as_bytes();
        let mut source = Source::new(&mut bytes);
        let mut reader = Reader::new(&mut source, dialect);
        let mut events = Vec::new();
        while let Some((tape, _)) = reader.event().map_err(|wrong| wrong.to_string())? {
            events.extend(tape.root().map(super::super::tape::Item::shown));
        }
        Ok(events)
    }

    fn edn(text: &str) -> Result<Vec<String>, String> {
        shown(text, Dialect::Edn)
    }

    #[test]
    fn edn_in_every_variant() {
        for text in
            ["{:a 1}\n{:b [2]}", "[{:a 1} {:b [2]}]", "({:a 1,,,} ; no\n{:b (2)})", "[{:a 1}]\n[{:b [2]}]"]
        {
            assert_eq!(edn(text).unwrap(), ["{:a 1}", "{:b [2]}"], "{text}");
        }
        let tagged = "#jepsen.history.Op{:a #inst \"2020\", :b #{1 nil}, #_:c #_[1 2] :d ^{:m 1} x}";
        assert_eq!(edn(tagged).unwrap(), ["{:a \"2020\" :b #{1 nil} :d x}"]);
        let scalars =
            "{:a -5N :b 1/2 :c 1.50 :d \\a :e \\( :f true :g ##Inf :h 12345678901234567890 :i foo/bar}";
        let mut bytes = scalars.as_bytes();
        let mut source = Source::new(&mut bytes);
        let mut reader = Reader::new(&mut source, Dialect::Edn);
        let (tape, _) = reader.event().unwrap().unwrap();
        let words: Vec<String> = tape.root().unwrap().pairs().map(|(_, value)| value.shown()).collect();
        let expected = ["-5", "1/2", "1.5", "\\a", "\\(", "true", "##Inf", "12345678901234567890", "foo/bar"];
        assert_eq!(words, expected);
    }

    #[test]
    fn texts_and_their_escapes() {
        let text = r#""a\"\\\n\u00e9\ud83d\ude00\101\/ ü""#;
        let mut bytes = text.as_bytes();
        let mut source = Source::new(&mut bytes);
        let mut reader = Reader::new(&mut source, Dialect::Json);
        let (tape, _) = reader.event().unwrap().unwrap();
        assert_eq!(tape.root().unwrap().text(), Some("a\"\\\né😀A/ ü"));
    }

    #[test]
    fn json_is_read_alike() {
        let text = r#"[{"type":"ok","value":[["r",1,null]],"x":true},{"a":{"b":{}},"c":-1.5e3}]"#;
        let events = [r#"{"type" "ok" "value" [["r" 1 nil]] "x" t…"#, r#"{"a" {"b" {}} "c" -1500.0}"#];
        assert_eq!(shown(text, Dialect::Json).unwrap(), events);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let deep = "[".repeat(1000);
        let cases = [
            (
                "{:a 1\n :b [1 2",
                "line 2, column 9: the file ends inside the list that begins at line 2, column 5",
            ),
            ("[{:a 1}", "line 1, column 8: the file ends inside the list that begins at line 1, column 1"),
            ("{:a \"x", "line 1, column 7: the file ends inside the text that begins at line 1, column 5"),
            ("{:a ]}", "line 1, column 5: `]` here, but the map that begins at line 1, column 1 is open"),
            ("{:a}", "line 1, column 5: the map that ends here has a key without a value"),
            ("{:a 1}}", "line 1, column 7: `}` closes nothing here"),
            ("{:a \"\\q\"}", "line 1, column 7: `\\q` is no escape"),
            ("{:a \u{0}}", "line 1, column 5: `\\x00` is not how a value is written"),
            (&deep, "line 1, column 66: values are nested more than 64 deep here"),
        ];
        for (text, told) in cases {
            let wrong = edn(text).unwrap_err();
            assert!(wrong.starts_with(told), "{wrong}");
        }
        let wrong = shown("{\"a\": nope}", Dialect::Json).unwrap_err();
        assert_eq!(wrong, "line 1, column 7: `nope` is not how a value is written");
    }
}
