//! The state machine: a key-value store, and the sessions that make each request take effect once (§8; Ongaro 2014,
//! §6.3).
//!
//! A client numbers its requests and has one open at a time, so a session needs only the newest number and its answer.
//! Sessions are part of the state machine: every node filters the same entries out, and a snapshot carries them. They
//! never expire, for clients are few and never restart.

use serde::Serialize;
use sim::ActorId;
use sim::ordered::SortedMap;
use sim::story::Value;
use std::sync::Arc;

/// The key whose name need not be said: the shopping list.
pub const LIST: &str = "list";

/// What a client asks of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Operation {
    /// Reads a key.
    Get {
        /// Which.
        key: Arc<str>,
    },
    /// Sets a key.
    Put {
        /// Which.
        key: Arc<str>,
        /// To what.
        value: Arc<str>,
    },
    /// Sets a key if it holds what is expected.
    Cas {
        /// Which.
        key: Arc<str>,
        /// Expected; none is an absent key.
        from: Option<Arc<str>>,
        /// To what.
        to: Arc<str>,
    },
    /// Adds to the end of a key's value.
    Append {
        /// Which.
        key: Arc<str>,
        /// What is added.
        value: Arc<str>,
    },
}

/// An absent value as a person writes and reads it.
pub const NOTHING: &str = "nothing";

impl Operation {
    /// The key it is about.
    pub fn key(&self) -> &Arc<str> {
        match self {
            Operation::Get { key }
            | Operation::Put { key, .. }
            | Operation::Cas { key, .. }
            | Operation::Append { key, .. } => key,
        }
    }

    /// As histories name it.
    pub fn function(&self) -> &'static str {
        match self {
            Operation::Get { .. } => "read",
            Operation::Put { .. } => "write",
            Operation::Cas { .. } => "cas",
            Operation::Append { .. } => "append",
        }
    }

    /// As messages and verbs name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Operation::Get { .. } => "get",
            Operation::Put { .. } => "put",
            Operation::Cas { .. } => "cas",
            Operation::Append { .. } => "extend",
        }
    }

    /// Whether it changes nothing.
    pub fn is_read(&self) -> bool {
        matches!(self, Operation::Get { .. })
    }

    /// What a history holds as given.
    pub fn input(&self) -> Vec<Value> {
        let text = |value: &Arc<str>| Value::Text(Arc::clone(value));
        match self {
            Operation::Get { .. } => Vec::new(),
            Operation::Put { value, .. } | Operation::Append { value, .. } => vec![text(value)],
            Operation::Cas { from, to, .. } => vec![from.as_ref().map_or(Value::Nil, text), text(to)],
        }
    }

    /// The value it would leave: `milk`, or its change: `milk→tea`; with the key unless that is the list: `x=1`.
    pub fn text(&self) -> String {
        let prefix = if &**self.key() == LIST { String::new() } else { format!("{}=", self.key()) };
        match self {
            Operation::Get { key } => key.to_string(),
            Operation::Put { value, .. } => format!("{prefix}{value}"),
            Operation::Append { value, .. } => format!("{prefix}…{value}"),
            Operation::Cas { from, to, .. } => {
                format!("{prefix}{}→{to}", from.as_deref().unwrap_or(NOTHING))
            }
        }
    }

    /// How it reads on a time line: `write milk`, `read`, `swap milk→tea`.
    pub fn label(&self) -> String {
        match self {
            Operation::Get { key } if &**key == LIST => "read".to_owned(),
            Operation::Get { key } => format!("read {key}"),
            Operation::Put { .. } => format!("write {}", self.text()),
            Operation::Append { .. } => format!("append {}", self.text()),
            Operation::Cas { .. } => format!("swap {}", self.text()),
        }
    }
}

/// A request as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Whose.
    pub client: ActorId,
    /// Its number among that client's requests; a retry has the same.
    pub sequence: u64,
    /// What.
    pub operation: Operation,
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Response {
    /// Done.
    Done,
    /// The value read; none is an absent key.
    Value(Option<Arc<str>>),
    /// A compare-and-set found this instead, and changed nothing.
    Mismatch(Option<Arc<str>>),
    /// A later request of the same session was applied already: this one never will be.
    Late,
}

/// The newest request of a client, and what it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Its number.
    pub sequence: u64,
    /// Its answer.
    pub response: Response,
}

/// The key-value store with its sessions. Copies share what they have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Store {
    values: Arc<SortedMap<Arc<str>, Arc<str>>>,
    sessions: Arc<SortedMap<ActorId, Session>>,
}

impl Store {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        self.values.get(key)
    }

    /// All keys and values, by key.
    pub fn values(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.values.iter()
    }

    /// All sessions, by client.
    pub fn sessions(&self) -> impl Iterator<Item = (&ActorId, &Session)> {
        self.sessions.iter()
    }

    /// The session of a client.
    pub fn session(&self, client: ActorId) -> Option<&Session> {
        self.sessions.get(&client)
    }

    /// The answer of a request that was applied before, or [`Response::Late`] for one that never will be.
    pub fn seen(&self, client: ActorId, sequence: u64) -> Option<Response> {
        let session = self.sessions.get(&client)?;
        match sequence.cmp(&session.sequence) {
            std::cmp::Ordering::Less => Some(Response::Late),
            std::cmp::Ordering::Equal => Some(session.response.clone()),
            std::cmp::Ordering::Greater => None,
        }
    }

    /// Applies a request, whether it was applied before or not, and remembers it in its session.
    pub fn apply(&mut self, command: &Command) -> Response {
        let response = self.perform(&command.operation);
        let session = Session { sequence: command.sequence, response: response.clone() };
        Arc::make_mut(&mut self.sessions).insert(command.client, session);
        response
    }

    fn perform(&mut self, operation: &Operation) -> Response {
        match operation {
            Operation::Get { key } => Response::Value(self.get(key).cloned()),
            Operation::Put { key, value } => {
                Arc::make_mut(&mut self.values).insert(Arc::clone(key), Arc::clone(value));
                Response::Done
            }
            Operation::Append { key, value } => {
                let grown = match self.get(key) {
                    Some(old) => format!("{old}{value}").into(),
                    None => Arc::clone(value),
                };
                Arc::make_mut(&mut self.values).insert(Arc::clone(key), grown);
                Response::Done
            }
            Operation::Cas { key, from, to } => {
                let found = self.get(key).cloned();
                if found != *from {
                    return Response::Mismatch(found);
                }
                Arc::make_mut(&mut self.values).insert(Arc::clone(key), Arc::clone(to));
                Response::Done
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(sequence: u64, operation: Operation) -> Command {
        Command { client: ActorId::client(1), sequence, operation }
    }

    #[test]
    fn a_session_remembers_the_newest_request_and_its_answer() {
        let mut store = Store::default();
        let swap = |from: Option<&str>, to: &str| Operation::Cas {
            key: "x".into(),
            from: from.map(Into::into),
            to: to.into(),
        };
        let client = ActorId::client(1);
        assert_eq!(store.seen(client, 1), None);
        assert_eq!(store.apply(&command(1, swap(None, "a"))), Response::Done);
        assert_eq!(store.seen(client, 1), Some(Response::Done));
        let mismatch = Response::Mismatch(Some("a".into()));
        assert_eq!(store.apply(&command(2, swap(Some("b"), "c"))), mismatch);
        assert_eq!(store.seen(client, 2), Some(mismatch));
        assert_eq!(store.seen(client, 1), Some(Response::Late));
        assert_eq!(store.seen(client, 3), None);
    }

    #[test]
    fn operations_read_as_a_person_says_them() {
        let put = |key: &str| Operation::Put { key: key.into(), value: "milk".into() };
        assert_eq!(put(LIST).label(), "write milk");
        assert_eq!(put("x").text(), "x=milk");
        let swap = Operation::Cas { key: LIST.into(), from: None, to: "tea".into() };
        assert_eq!(swap.label(), "swap nothing→tea");
    }

    #[test]
    fn appends_grow_a_text() {
        let mut store = Store::default();
        for (sequence, value) in [(1, "a"), (2, "b")] {
            let operation = Operation::Append { key: "x".into(), value: value.into() };
            assert_eq!(store.apply(&command(sequence, operation)), Response::Done);
        }
        assert_eq!(store.get("x").map(|v| &**v), Some("ab"));
    }
}
