//! Names of things in a run: actors, events, messages, operations, syncs. Each prints itself as a person would say it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A node (`n1`, `n2`, …) or a client (`c1`, …). Numbers start at 1.
///
/// Nodes sort before clients, and by number among themselves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActorId(u16);

/// The bit that tells a client from a node.
const CLIENT: u16 = 0x8000;

impl ActorId {
    /// The `number`-th node, from 1.
    pub const fn node(number: u16) -> Self {
        Self(number & !CLIENT)
    }

    /// The `number`-th client, from 1.
    pub const fn client(number: u16) -> Self {
        Self(number | CLIENT)
    }

    /// Whether this is a client.
    pub const fn is_client(self) -> bool {
        self.0 & CLIENT != 0
    }

    /// Whether this is a node.
    pub const fn is_node(self) -> bool {
        !self.is_client()
    }

    /// Its number among its kind, from 1.
    pub const fn number(self) -> u16 {
        self.0 & !CLIENT
    }

    /// The actor of that [`ActorId::raw`].
    pub(crate) const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// Both in one number: what the order of events and the digest use.
    pub const fn raw(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_client() { 'c' } else { 'n' }, self.number())
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that names no actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” names no node or client: write n1, n2, … or c1, c2, …")]
pub struct NotAnActor(pub String);

impl FromStr for ActorId {
    type Err = NotAnActor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAnActor(text.chars().take(20).collect());
        let (client, digits) = match text.as_bytes() {
            [b'n', ..] => (false, &text[1..]),
            [b'c', ..] => (true, &text[1..]),
            _ => return Err(wrong()),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        match digits.parse::<u16>() {
            Ok(number) if (1..CLIENT).contains(&number) => {
                Ok(if client { Self::client(number) } else { Self::node(number) })
            }
            _ => Err(wrong()),
        }
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number! {
    /// The how-manieth event of a run, from 0: its position in the trace.
    EventId
}
number! {
    /// The how-manieth message of a run, from 0. A name for the trace; it orders nothing.
    MessageId
}
number! {
    /// The how-manieth client operation of a run, from 0: one invocation over all its retries.
    OperationId
}
number! {
    /// A sync that a node asked of its disk; they finish in the order they were asked for.
    SyncId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_print_and_parse() {
        for id in [ActorId::node(1), ActorId::node(100), ActorId::client(3)] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for wrong in ["", "n", "n0", "x1", "n1x", "n99999", "c-1", "n+1", "é1"] {
            assert!(wrong.parse::<ActorId>().is_err(), "{wrong}");
        }
        assert!(ActorId::node(9) < ActorId::client(1));
    }
}
