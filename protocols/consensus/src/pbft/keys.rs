//! Who said it: digests and signatures (section 2).
//!
//! Everybody has a key pair, everybody knows everybody's public key, and whoever does not hold a private key cannot sign
//! in its owner's name. That is all the protocol asks of cryptography, and here it is real: digests are SHA-512 cut to
//! 256 bits, signatures are Ed25519. A key is derived from its owner's name alone, so that runs repeat. Nobody signs but
//! through [`sign`], as whom the kernel says it is; what lies sign is in [`super::lies`], with the liar's own key.
//!
//! A signature takes some 50 microseconds, a hundred times as long as everything else that an event costs. So [`Keys`]
//! remembers what was signed: who said what, and the signature. A signature that is the remembered one needs no
//! arithmetic; any other is verified for real, and a forged one fails. Whether something is remembered changes how long
//! an answer takes and nothing else, so a run stays a function of its parameters and commands.
//!
//! For long sweeps there are [`Scheme::Tags`]: a keyed hash stands for the signature. Nobody's code here computes one in
//! another's name, so they cannot be forged either, and a test holds that a run goes the same way with both.

use super::Context;
use ed25519_dalek::{Signature as Ed25519, Signer, SigningKey};
use serde::Serialize;
use sha2::{Digest as _, Sha512};
use sim::ActorId;
use sim::ordered::SortedMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Signatures that are remembered at most; then all are forgotten.
const MEMORY: usize = 20_000;

/// The digest of a request, a state, a set of messages. Whoever finds two texts with the same digest may forge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Digest(pub [u64; 4]);

impl Digest {
    /// Of the null request (section 4.4): nothing is asked for.
    pub const NULL: Self = Self([0; 4]);
}

impl fmt::Display for Digest {
    /// Enough of it to tell it from others: `3fa9c1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NULL { f.write_str("null") } else { write!(f, "{:06x}", self.0[0] >> 40) }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a digest is made of, piece by piece; each is told from its neighbours by its length.
pub struct Hashing(Sha512);

impl Hashing {
    /// Nothing yet. Texts of different kinds begin with different words.
    pub fn new(kind: u64) -> Self {
        let mut hashing = Self(Sha512::new());
        hashing.word(kind);
        hashing
    }

    /// A number.
    pub fn word(&mut self, word: u64) {
        self.0.update(word.to_le_bytes());
    }

    /// Several.
    pub fn words(&mut self, words: &[u64]) {
        self.word(words.len() as u64);
        words.iter().for_each(|word| self.word(*word));
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// Their digest.
    pub fn digest(self) -> Digest {
        let bytes = self.0.finalize();
        let mut words = [0; 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            let mut eight = [0; 8];
            eight.copy_from_slice(chunk);
            *word = u64::from_le_bytes(eight);
        }
        Digest(words)
    }
}

/// What is signed: the kind of message and its contents, of which what is long goes in as a digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Statement(pub [u64; 8]);

impl Statement {
    fn bytes(&self) -> [u8; 64] {
        bytes(&self.0)
    }
}

/// How messages are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// A keyed hash that only its maker computes here.
    Tags,
}

/// A signature under some statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Signature {
    /// 64 bytes.
    Ed25519([u64; 8]),
    /// A tag.
    Tag(u64),
}

impl Signature {
    /// As words of a digest.
    pub fn words(&self) -> &[u64] {
        match self {
            Signature::Ed25519(words) => words,
            Signature::Tag(word) => std::slice::from_ref(word),
        }
    }

    /// By which scheme it was made.
    pub fn scheme(&self) -> Scheme {
        match self {
            Signature::Ed25519(_) => Scheme::Ed25519,
            Signature::Tag(_) => Scheme::Tags,
        }
    }
}

fn bytes(words: &[u64; 8]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn words(bytes: &[u8; 64]) -> [u64; 8] {
    let mut words = [0; 8];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut eight = [0; 8];
        eight.copy_from_slice(chunk);
        *word = u64::from_le_bytes(eight);
    }
    words
}

/// The private key of an actor.
fn private_key(of: ActorId) -> SigningKey {
    let mut text = Sha512::new();
    text.update(b"potholes: the key of ");
    text.update(of.raw().to_le_bytes());
    let mut seed = [0; 32];
    for (byte, hashed) in seed.iter_mut().zip(text.finalize()) {
        *byte = hashed;
    }
    SigningKey::from_bytes(&seed)
}

/// What an actor's tag for a statement is.
fn tag(of: ActorId, statement: &Statement) -> u64 {
    let secret = sim::random::finish(sim::random::mix(0x7461_6773, u64::from(of.raw())));
    sim::random::finish(statement.0.iter().fold(secret, |hash, word| sim::random::mix(hash, *word)))
}

/// Signs as this actor, without anybody's memory.
pub(super) fn sign_alone(by: ActorId, scheme: Scheme, statement: &Statement) -> Signature {
    match scheme {
        Scheme::Ed25519 => Signature::Ed25519(words(&private_key(by).sign(&statement.bytes()).to_bytes())),
        Scheme::Tags => Signature::Tag(tag(by, statement)),
    }
}

/// Signs as whoever has this context.
pub(super) fn sign(statement: &Statement, context: &Context<'_>) -> Signature {
    context.settings().keys.sign(context.me(), statement)
}

/// What was signed: by whom, what, and the signature.
#[derive(Default)]
struct Memory {
    keys: SortedMap<ActorId, SigningKey>,
    signed: SortedMap<(ActorId, Statement), [u64; 8]>,
}

impl Memory {
    fn key(&mut self, of: ActorId) -> &SigningKey {
        self.keys.entry(of).or_insert_with(|| private_key(of))
    }

    fn remember(&mut self, by: ActorId, statement: &Statement, signature: [u64; 8]) {
        if self.signed.len() >= MEMORY {
            self.signed.clear();
        }
        self.signed.insert((by, *statement), signature);
    }
}

/// Everybody's keys. Copies share one memory.
#[derive(Clone)]
pub struct Keys {
    scheme: Scheme,
    memory: Arc<Mutex<Memory>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.scheme)
    }
}

impl Keys {
    /// Nothing signed yet.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, memory: Arc::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        // Whoever panicked while holding it left a cache behind, complete or not: either will do.
        act(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sign(&self, by: ActorId, statement: &Statement) -> Signature {
        if self.scheme == Scheme::Tags {
            return Signature::Tag(tag(by, statement));
        }
        self.with(|memory| {
            if let Some(signature) = memory.signed.get(&(by, *statement)) {
                return Signature::Ed25519(*signature);
            }
            let signature = words(&memory.key(by).sign(&statement.bytes()).to_bytes());
            memory.remember(by, statement, signature);
            Signature::Ed25519(signature)
        })
    }

    /// Whether this is the signature of `by` under that statement.
    pub fn verify(&self, by: ActorId, statement: &Statement, signature: &Signature) -> bool {
        match (self.scheme, signature) {
            (Scheme::Tags, Signature::Tag(word)) => *word == tag(by, statement),
            (Scheme::Ed25519, Signature::Ed25519(signature)) => self.with(|memory| {
                if memory.signed.get(&(by, *statement)) == Some(signature) {
                    return true;
                }
                let public = memory.key(by).verifying_key();
                let genuine =
                    public.verify_strict(&statement.bytes(), &Ed25519::from_bytes(&bytes(signature))).is_ok();
                if genuine {
                    memory.remember(by, statement, *signature);
                }
                genuine
            }),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N1: ActorId = ActorId::node(1);
    const N2: ActorId = ActorId::node(2);

    #[test]
    fn only_the_owner_of_a_key_signs_with_it() {
        for scheme in [Scheme::Ed25519, Scheme::Tags] {
            let keys = Keys::new(scheme);
            let (said, other) = (Statement([1, 2, 3, 4, 5, 6, 7, 8]), Statement([1, 2, 3, 4, 5, 6, 7, 9]));
            let signature = keys.sign(N1, &said);
            // With the memory that signed, and with one that has never heard of it.
            for keys in [&keys, &Keys::new(scheme)] {
                assert!(keys.verify(N1, &said, &signature));
                assert!(!keys.verify(N2, &said, &signature), "in the name of another");
                assert!(!keys.verify(N1, &other, &signature), "under another statement");
                assert!(!keys.verify(N1, &said, &keys.sign(N2, &said)), "by another");
            }
            assert_eq!(signature, sign_alone(N1, scheme, &said));
        }
    }

    #[test]
    fn any_bit_changed_makes_a_signature_false() {
        let keys = Keys::new(Scheme::Ed25519);
        let said = Statement([7; 8]);
        let Signature::Ed25519(good) = keys.sign(N1, &said) else { panic!("not the scheme asked for") };
        for bit in (0..512).step_by(37) {
            let mut bent = good;
            bent[bit / 64] ^= 1 << (bit % 64);
            assert!(!keys.verify(N1, &said, &Signature::Ed25519(bent)), "bit {bit}");
        }
        assert!(!keys.verify(N1, &said, &Signature::Tag(tag(N1, &said))), "of another scheme");
    }

    #[test]
    fn a_full_memory_forgets_and_goes_on() {
        let keys = Keys::new(Scheme::Ed25519);
        let said = Statement([9; 8]);
        let signature = keys.sign(N1, &said);
        keys.with(|memory| {
            for n in 0..MEMORY as u64 {
                memory.remember(N2, &Statement([n; 8]), [0; 8]);
            }
            assert!(memory.signed.len() <= MEMORY);
        });
        assert!(keys.verify(N1, &said, &signature));
    }

    #[test]
    fn digests_tell_texts_apart() {
        let digest = |texts: &[&str]| {
            let mut hashing = Hashing::new(1);
            texts.iter().for_each(|text| hashing.text(text));
            hashing.digest()
        };
        assert_eq!(digest(&["ab"]), digest(&["ab"]));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(Hashing::new(1).digest(), Hashing::new(2).digest());
        assert_ne!(digest(&[]), Digest::NULL);
        assert_eq!((digest(&["ab"]).to_string().len(), Digest::NULL.to_string()), (6, "null".to_owned()));
    }

    /// RFC 8032, section 7.1, test 2: one byte, and the signature it has there.
    #[test]
    fn the_signatures_are_those_of_the_standard() {
        let secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        let unhex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let key = SigningKey::from_bytes(&unhex(secret).try_into().unwrap());
        assert_eq!(key.sign(&[0x72]).to_bytes().to_vec(), unhex(expected));
    }
}
