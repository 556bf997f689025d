//! [`Kind`]: the models by name.

use serde::{Deserialize, Serialize};

/// What kind of object a history is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// [`super::Cell::Register`].
    Register,
    /// [`super::Cell::CasRegister`].
    CasRegister,
    /// [`super::Cell::KeyValue`].
    #[serde(rename = "kv")]
    KeyValue,
    /// [`super::Counter`].
    Counter,
    /// [`super::Set`].
    Set,
    /// [`super::Queue`].
    Queue,
    /// [`super::Log`].
    Log,
    /// [`super::Mutex`].
    Mutex,
    /// [`super::Lock`].
    Lock,
    /// [`super::Bank`].
    Bank,
    /// [`super::Registers`].
    #[serde(rename = "multi-register")]
    Registers,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 11] = [
        Kind::Register,
        Kind::CasRegister,
        Kind::KeyValue,
        Kind::Counter,
        Kind::Set,
        Kind::Queue,
        Kind::Log,
        Kind::Mutex,
        Kind::Lock,
        Kind::Bank,
        Kind::Registers,
    ];

    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Register => "register",
            Kind::CasRegister => "cas-register",
            Kind::KeyValue => "kv",
            Kind::Counter => "counter",
            Kind::Set => "set",
            Kind::Queue => "queue",
            Kind::Log => "log",
            Kind::Mutex => "mutex",
            Kind::Lock => "lock",
            Kind::Bank => "bank",
            Kind::Registers => "multi-register",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
