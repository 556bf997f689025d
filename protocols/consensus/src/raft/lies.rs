//! How a node may lie. Raft promises nothing against it: terms, votes and entries are believed as they are said. With one
//! liar among five its promises break, and what breaks them is told to be outside of them; PBFT is what stands it.
//!
//! A liar works as the others do, and what it sends is bent on its way out.
//!
//! | lie | what it does |
//! |-|-|
//! | `equivocate` | sends every node with an odd number other values in place of those that clients wrote |
//! | `swap` | sends those to everyone it is told to lie to |
//! | `vote-twice` | says yes to whoever asks for its vote |
//! | `higher-term` | claims to be in a term far beyond everybody's |
//! | `silent` | says nothing |

use super::log::{Entry, Payload, Term};
use super::message::{Body, Message};
use super::store::{Command, Operation};
use sim::ActorId;
use std::sync::Arc;

/// The names of the lies.
pub(super) const LIES: &[&str] = &["equivocate", "swap", "vote-twice", "higher-term", "silent"];

/// How far beyond everybody's the claimed term is.
const BEYOND: u64 = 10;

/// A message as the liar sends it; none where that lie does not change it.
pub(super) fn bend(message: &Message, how: &str, to: ActorId) -> Option<Message> {
    let with = |body| Some(Message { term: message.term, body });
    match (how, &message.body) {
        ("equivocate", _) if !is_lied_to(to) => None,
        ("equivocate" | "swap", Body::Append { previous, entries, committed, round }) => {
            let entries: Arc<[Entry]> = entries.iter().map(other_entry).collect();
            let (previous, committed, round) = (*previous, *committed, *round);
            with(Body::Append { previous, entries, committed, round })
        }
        ("vote-twice", Body::VoteReply { granted: false }) => with(Body::VoteReply { granted: true }),
        ("vote-twice", Body::PreVoteReply { about, granted: false }) => {
            with(Body::PreVoteReply { about: *about, granted: true })
        }
        // What is said to clients is of no term.
        ("higher-term", _) if message.term > Term(0) => {
            Some(Message { term: Term(message.term.0 + BEYOND), body: message.body.clone() })
        }
        _ => None,
    }
}

/// Whether the liar keeps a message back.
pub(super) fn withholds(how: &str) -> bool {
    how == "silent"
}

fn is_lied_to(to: ActorId) -> bool {
    to.is_node() && to.number() % 2 == 1
}

/// The entry with another value where a client wrote one: `no-milk` for `milk`.
fn other_entry(entry: &Entry) -> Entry {
    let Payload::Command(command) = &entry.payload else { return entry.clone() };
    let other = |value: &Arc<str>| format!("no-{value}").into();
    let operation = match command.operation.clone() {
        Operation::Put { key, value } => Operation::Put { key, value: other(&value) },
        Operation::Append { key, value } => Operation::Append { key, value: other(&value) },
        Operation::Cas { key, from, to } => Operation::Cas { key, from, to: other(&to) },
        Operation::Get { key } => Operation::Get { key },
    };
    Entry { term: entry.term, payload: Payload::Command(Arc::new(Command { operation, ..**command })) }
}

#[cfg(test)]
mod tests {
    use super::super::log::{EntryId, LogIndex};
    use super::*;

    fn append() -> Message {
        let operation = Operation::Put { key: "list".into(), value: "milk".into() };
        let command = Command { client: ActorId::client(1), sequence: 1, operation };
        let entries = Arc::from([Entry { term: Term(1), payload: Payload::Command(Arc::new(command)) }]);
        let body = Body::Append { previous: EntryId::new(1, 1), entries, committed: LogIndex(1), round: 3 };
        Message { term: Term(1), body }
    }

    #[test]
    fn lies_change_what_they_are_about_and_nothing_else() {
        use sim::Message as _;
        let n3 = ActorId::node(3);
        let bent = bend(&append(), "equivocate", n3).unwrap();
        assert_eq!((bent.term, bent.label()), (Term(1), "add no-milk".to_owned()));
        assert!(bend(&append(), "equivocate", ActorId::node(2)).is_none());
        assert!(bend(&append(), "swap", ActorId::node(2)).is_some());
        let denied = Message { term: Term(4), body: Body::VoteReply { granted: false } };
        assert_eq!(bend(&denied, "vote-twice", n3).unwrap().label(), "yes");
        assert_eq!(bend(&denied, "higher-term", n3).unwrap().term, Term(14));
        assert!(bend(&denied, "equivocate", n3).is_none() && bend(&append(), "vote-twice", n3).is_none());
        assert!(withholds("silent") && !withholds("equivocate"));
    }
}
