//! Hashing of state and traces: a [`Serializer`] that mixes whatever a value serialises to into 64 bits.
//!
//! The same everywhere, in every build: integers count by value as 64-bit words (128-bit ones as two), never by their
//! width in memory, so that no `usize` shows; strings and bytes as their length and little-endian words; an enum by the
//! index of its variant; sequences and maps with their length. No names, no addresses, no hasher of the library.

use crate::random::{finish, mix};
use serde::ser::{self, Serialize, Serializer};
use std::fmt;

/// Stands where a length is not known beforehand; the end is then marked instead.
const UNKNOWN_LENGTH: u64 = u64::MAX;
/// Marks the end of a sequence whose length was not known, and a value that cannot be serialised.
const END: u64 = 0x656e_6421_656e_6421;

/// The hash of one value.
#[inline]
pub fn of<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut hash = 0;
    absorb(&mut hash, value);
    finish(hash)
}

/// Mixes a value into a rolling hash: the order of the calls counts.
#[inline]
pub fn absorb<T: Serialize + ?Sized>(hash: &mut u64, value: &T) {
    let mut digester = Digester { hash: *hash };
    let outcome = value.serialize(&mut digester);
    *hash = if outcome.is_ok() { digester.hash } else { mix(digester.hash, END) };
}

/// The serialiser: all of a value goes into `hash`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digester {
    hash: u64,
}

impl Digester {
    #[inline]
    fn word(&mut self, word: u64) {
        self.hash = mix(self.hash, word);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let mut words = bytes.chunks_exact(8);
        for chunk in &mut words {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(word));
        }
    }
}

/// A value whose own `Serialize` refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this value refuses to be serialised")]
pub struct Refused;

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Refused
    }
}

macro_rules! words {
    ($($method:ident($type:ty)),*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Refused> {
            self.word(value as u64);
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Digester {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = &'a mut Digester;
    type SerializeTupleStruct = &'a mut Digester;
    type SerializeTupleVariant = &'a mut Digester;
    type SerializeMap = Sequence<'a>;
    type SerializeStruct = &'a mut Digester;
    type SerializeStructVariant = &'a mut Digester;

    words!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_char(char)
    );

    #[inline]
    fn serialize_i128(self, value: i128) -> Result<(), Refused> {
        self.serialize_u128(value as u128)
    }
    #[inline]
    fn serialize_u128(self, value: u128) -> Result<(), Refused> {
        self.word(value as u64);
        self.word((value >> 64) as u64);
        Ok(())
    }
    #[inline]
    fn serialize_f32(self, value: f32) -> Result<(), Refused> {
        self.serialize_f64(f64::from(value))
    }
    #[inline]
    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        self.word(value.to_bits());
        Ok(())
    }
    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.bytes(text.as_bytes());
        Ok(())
    }
    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Refused> {
        self.bytes(bytes);
        Ok(())
    }
    #[inline]
    fn serialize_none(self) -> Result<(), Refused> {
        self.word(0);
        Ok(())
    }
    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.word(1);
        value.serialize(self)
    }
    #[inline]
    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }
    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Refused> {
        Ok(())
    }
    #[inline]
    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), Refused> {
        self.word(u64::from(index));
        Ok(())
    }
    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }
    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.word(u64::from(index));
        value.serialize(self)
    }
    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'a>, Refused> {
        Ok(Sequence::begin(self, length))
    }
    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Sequence<'a>, Refused> {
        Ok(Sequence::begin(self, length))
    }
    #[inline]
    fn serialize_tuple(self, _length: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }
    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.word(u64::from(index));
        Ok(self)
    }
    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.word(u64::from(index));
        Ok(self)
    }
    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// A sequence or map being mixed in.
#[derive(Debug)]
pub struct Sequence<'a> {
    digester: &'a mut Digester,
    open: bool,
}

impl<'a> Sequence<'a> {
    #[inline]
    fn begin(digester: &'a mut Digester, length: Option<usize>) -> Self {
        digester.word(length.map_or(UNKNOWN_LENGTH, |n| n as u64));
        Self { digester, open: length.is_none() }
    }

    #[inline]
    fn finish(self) {
        if self.open {
            self.digester.word(END);
        }
    }
}

impl ser::SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Refused;
    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut *self.digester)
    }
    #[inline]
    fn end(self) -> Result<(), Refused> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeMap for Sequence<'_> {
    type Ok = ();
    type Error = Refused;
    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        key.serialize(&mut *self.digester)
    }
    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut *self.digester)
    }
    #[inline]
    fn end(self) -> Result<(), Refused> {
        self.finish();
        Ok(())
    }
}

macro_rules! fixed_shape {
    ($($trait:ident::$method:ident($($key:ty)?)),*) => {$(
        impl ser::$trait for &mut Digester {
            type Ok = ();
            type Error = Refused;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Result<(), Refused> {
                value.serialize(&mut **self)
            }
            #[inline]
            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        }
    )*};
}

fixed_shape!(
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(&'static str),
    SerializeStructVariant::serialize_field(&'static str)
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(serde::Serialize)]
    enum Shape {
        Empty,
        Wrapped(u16),
        Pair(i32, String),
        Named { at: usize, of: Option<i64> },
    }

    fn everything() -> Vec<u64> {
        vec![
            of(&0u8),
            of(&1u64),
            of(&-1i64),
            of(&(1u128 << 100)),
            of("potholes"),
            of("nine bytes"),
            of(&vec![1u32, 2, 3]),
            of(&BTreeMap::from([(1u8, "a"), (2, "b")])),
            of(&Shape::Empty),
            of(&Shape::Wrapped(7)),
            of(&Shape::Pair(-7, "seven".to_owned())),
            of(&Shape::Named { at: 5, of: Some(-9) }),
            of(&Shape::Named { at: 5, of: None }),
            of(&1.5f64),
            of(&(true, 'x')),
        ]
    }

    /// Hard-coded, so that native, wasm, debug and release are held to the same numbers.
    #[test]
    fn the_same_hash_everywhere() {
        assert_eq!(everything(), KNOWN);
    }

    const KNOWN: [u64; 15] = [
        10357519086311344877,
        16475209711374874282,
        17196330493330111693,
        11005508330027266727,
        13948734411557979704,
        9720842931728994133,
        17300048243320518811,
        6152222801746876295,
        10357519086311344877,
        1362623237966850956,
        2870454091979160415,
        8741815823161031938,
        2832013334595960134,
        8903368724771217250,
        11770101967216914059,
    ];

    /// Within one type: shapes are not in the hash, so `0` and an empty list may well be the same.
    #[test]
    fn different_values_differ() {
        fn all_differ(mut hashes: Vec<u64>) {
            let count = hashes.len();
            hashes.sort_unstable();
            hashes.dedup();
            assert_eq!(hashes.len(), count);
        }
        all_differ((0..50_000u64).map(|n| of(&n)).collect());
        all_differ(
            (0..64)
                .map(|bit| of(&(1u64 << bit, 0u64)))
                .chain((0..64).map(|bit| of(&(0u64, 1u64 << bit))))
                .collect(),
        );
        all_differ((0..300usize).map(|n| of(&vec![0u8; n])).collect());
        all_differ((0..300usize).map(|n| of(&"\0".repeat(n))).collect());
        let lists: [&[&[u8]]; 6] = [&[&[1, 2], &[]], &[&[1], &[2]], &[&[1, 2]], &[&[], &[1, 2]], &[], &[&[]]];
        all_differ(lists.iter().map(of).collect());
        let shapes = [Shape::Empty, Shape::Wrapped(0), Shape::Wrapped(1), Shape::Pair(0, String::new())];
        all_differ(shapes.iter().map(of).collect());
    }

    #[test]
    fn widths_do_not_show_and_order_does() {
        assert_eq!(of(&7u8), of(&7usize));
        assert_eq!(of(&-7i8), of(&-7isize));
        let (mut ab, mut ba) = (0, 0);
        absorb(&mut ab, "a");
        absorb(&mut ab, "b");
        absorb(&mut ba, "b");
        absorb(&mut ba, "a");
        assert_ne!(ab, ba);
    }

    #[test]
    fn a_refusal_still_leaves_a_hash() {
        struct Refuses;
        impl Serialize for Refuses {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(ser::Error::custom("no"))
            }
        }
        assert_ne!(of(&Refuses), of(&()));
    }
}
