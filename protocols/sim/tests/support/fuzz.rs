//! Texts for the fuzz tests of decoders, in every crate that has one: random bytes, and damage to texts that are valid.
//! The same seed gives the same texts.

use sim::random::{Draw, Purpose};

/// What is put in where it is not expected: numbers at and beyond every limit, signs of the grammars, odd Unicode.
const ODD: &[&str] = &[
    "0",
    "-1",
    "1",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "1e308",
    "-0.0",
    "0.0000000000000000001",
    "NaN",
    "1000h",
    "1001h",
    "1ns",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "\u{2028}",
    "e\u{301}",
    "𝒏1",
    "n１",
    "🕳",
    "→",
    "->",
    "|",
    ";",
    ":",
    "=",
    "#",
    "+",
    "\"",
    "\\",
    "\\u0000",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "**",
    "`",
    "\n",
    "\r\n",
    "\t",
    "    ",
    "@leader",
    "*",
    "n0",
    "n32768",
    "c99",
];

/// Gives `check` so many texts, each drawn anew from these valid ones.
///
/// # Panics
/// When `check` does; the text is then printed.
pub fn texts(count: u64, valid: &[&str], mut check: impl FnMut(&str)) {
    for case in 0..count {
        let mut draw = Draw::new(0x0dd, Purpose::Workload, case, 0, 0);
        let bytes = if draw.chance(500) { noise(&mut draw) } else { damaged(&mut draw, valid) };
        let text = String::from_utf8_lossy(&bytes);
        let told = OnPanic(&text);
        check(&text);
        std::mem::forget(told);
    }
}

/// Prints the text that was at fault, while a panic goes by.
struct OnPanic<'a>(&'a str);

impl Drop for OnPanic<'_> {
    fn drop(&mut self) {
        eprintln!("the text at fault: {:?}", self.0);
    }
}

fn noise(draw: &mut Draw) -> Vec<u8> {
    (0..draw.below(80)).map(|_| draw.word() as u8).collect()
}

/// A valid text with one to eight pieces of damage.
fn damaged(draw: &mut Draw, valid: &[&str]) -> Vec<u8> {
    let pick = |draw: &mut Draw| valid[draw.below(valid.len() as u64) as usize].as_bytes();
    let mut bytes = pick(draw).to_vec();
    let most = draw.below(8);
    for _ in 0..=draw.below(most + 1) {
        let from = draw.below(bytes.len() as u64 + 1) as usize;
        let most = (bytes.len() - from).min(24) as u64;
        let to = from + draw.below(most + 1) as usize;
        match draw.below(8) {
            0 => bytes.insert(from, draw.word() as u8),
            1 if from < bytes.len() => bytes[from] ^= 1 << draw.below(8),
            2 => drop(bytes.drain(from..to)),
            3 => bytes.truncate(from),
            4 => {
                // A piece many times over: depth, length, and lists that are too long.
                let piece = bytes[from..to].repeat(draw.below(60) as usize);
                bytes.splice(from..from, piece);
            }
            5 => {
                let other = pick(draw);
                let at = draw.below(other.len() as u64 + 1) as usize;
                let end = (at + draw.below(40) as usize).min(other.len());
                bytes.splice(from..to, other[at..end].iter().copied());
            }
            _ => {
                let odd = ODD[draw.below(ODD.len() as u64) as usize];
                bytes.splice(from..to, odd.bytes());
            }
        }
    }
    bytes
}
