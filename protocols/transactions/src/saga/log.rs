//! What is written: the saga log of the orchestrator, the keys and the books of the shards, and everybody's outbox.
//!
//! One record is one local transaction. What it changes and what it wants said to others stand in the same record: so
//! neither can be without the other, whenever the power fails.

use super::message::Outcome;
use super::order::{Item, Key, OrderId, Show, Step};
use crate::bank::answer::Reason;
use crate::bank::{Account, Coins, Fold};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, Chunks};
use std::fmt;

/// What is to be said to somebody, until it is known to have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parcel {
    /// To whom.
    pub to: ActorId,
    /// What.
    pub what: Contents,
}

/// What is in a parcel; its key says what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Contents {
    /// From the orchestrator: do this.
    Do(Item),
    /// From a shard: it came out so.
    Came(Outcome),
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// This step is being done.
    Doing(Step),
    /// This step is being undone, done or not; and then those before it.
    Undoing(Step, Reason),
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Ending {
    /// All steps are done.
    Done,
    /// All that was done is undone.
    Undone(Reason),
}

/// What a shard makes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Change {
    /// An account holds this now.
    Balance(Account, Coins),
    /// So many seats are left.
    Seats(Show, u64),
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// The orchestrator takes an order on.
    Begin {
        /// Its number.
        order: OrderId,
        /// Whose.
        client: ActorId,
        /// The number of the client's request.
        number: u64,
        /// What is bought.
        item: Item,
    },
    /// An order goes on to another stage.
    Move {
        /// Which.
        order: OrderId,
        /// Where to.
        stage: Stage,
    },
    /// An order is over.
    End {
        /// Which.
        order: OrderId,
        /// How.
        ending: Ending,
    },
    /// A shard did, undid or refused a step.
    Step {
        /// Which.
        key: Key,
        /// How it came out.
        outcome: Outcome,
        /// What it changed.
        change: Option<Change>,
        /// All orders before this one are over: their keys can be forgotten.
        settled: OrderId,
    },
    /// A parcel has arrived. Not forced: at worst it is sent again.
    Arrived(Key),
}

/// A record, and what is to be said because of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What became so.
    pub record: Record,
    /// What is to be said, in the same local transaction.
    pub parcel: Option<(Key, Parcel)>,
}

impl Record {
    /// Which order it is about.
    pub fn order(&self) -> OrderId {
        match self {
            Record::Begin { order, .. } | Record::Move { order, .. } | Record::End { order, .. } => *order,
            Record::Step { key, .. } | Record::Arrived(key) => key.order,
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Begin { order, .. } => write!(f, "begin {order}"),
            Record::Move { order, stage: Stage::Doing(step) } => {
                write!(f, "{}", Key { order: *order, step: *step, undo: false })
            }
            Record::Move { order, stage: Stage::Undoing(step, _) } => {
                write!(f, "{}", Key { order: *order, step: *step, undo: true })
            }
            Record::End { order, ending: Ending::Done } => write!(f, "done {order}"),
            Record::End { order, ending: Ending::Undone(_) } => write!(f, "undone {order}"),
            Record::Step { key, outcome: Outcome::Done, .. } => write!(f, "{key}"),
            Record::Step { key, outcome: Outcome::Refused(_), .. } => write!(f, "no {key}"),
            Record::Arrived(key) => write!(f, "sent {key}"),
        }
    }
}

/// An order that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Whose.
    pub client: ActorId,
    /// The number of the client's request.
    pub number: u64,
    /// What is bought.
    pub item: Item,
    /// How far it is.
    pub stage: Stage,
}

/// What the orchestrator remembers of a client: its newest request, and how that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The request's number.
    pub number: u64,
    /// How it ended, where it did.
    pub ending: Option<Ending>,
}

/// What a shard remembers of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// How it came out.
    pub outcome: Outcome,
    /// How often it changed anything: once, or never where it was refused or there was nothing to undo.
    pub times: u32,
}

/// A log and what its records make.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log {
    records: Chunks<Record>,
    /// Orders begun.
    pub begun: u64,
    /// Orders that are not over.
    pub open: SortedMap<OrderId, Open>,
    /// What the orchestrator remembers of its clients.
    pub sessions: SortedMap<ActorId, Session>,
    /// What was done and must not be done again.
    pub keys: SortedMap<Key, Mark>,
    balances: SortedMap<Account, Coins>,
    seats: SortedMap<Show, u64>,
    /// Seats sold by orders whose keys are forgotten.
    pub sold: u64,
    /// All orders before this one are over.
    pub settled: OrderId,
    /// What is to be said.
    pub outbox: SortedMap<Key, Parcel>,
}

impl Fold for Log {
    type Record = Entry;

    fn written(&self) -> u64 {
        self.records.len()
    }

    fn apply(&mut self, entry: &Entry) {
        self.records.push(entry.record);
        match entry.record {
            Record::Begin { order, client, number, item } => {
                self.begun = self.begun.max(order.0);
                self.sessions.insert(client, Session { number, ending: None });
                let stage = Stage::Doing(Step::Charge);
                self.open.insert(order, Open { client, number, item, stage });
            }
            // Whatever was to be said about the stage before is either known to have arrived or no longer meant.
            Record::Move { order, stage } => {
                self.say_no_more(order);
                if let Some(open) = self.open.get_mut(&order) {
                    open.stage = stage;
                }
            }
            Record::End { order, ending } => {
                self.say_no_more(order);
                if let Some(open) = self.open.remove(&order)
                    && let Some(session) =
                        self.sessions.get_mut(&open.client).filter(|s| s.number == open.number)
                {
                    session.ending = Some(ending);
                }
            }
            Record::Step { key, outcome, change, settled } => {
                let mark = self.keys.entry(key).or_insert(Mark { outcome, times: 0 });
                mark.outcome = outcome;
                mark.times += u32::from(change.is_some());
                match change {
                    Some(Change::Balance(account, coins)) => drop(self.balances.insert(account, coins)),
                    Some(Change::Seats(show, seats)) => drop(self.seats.insert(show, seats)),
                    None => {}
                }
                self.forget(settled);
            }
            Record::Arrived(key) => drop(self.outbox.remove(&key)),
        }
        if let Some((key, parcel)) = entry.parcel {
            self.outbox.insert(key, parcel);
        }
    }
}

impl Log {
    fn say_no_more(&mut self, order: OrderId) {
        self.outbox.retain(|key, _| key.order != order);
    }

    /// Keys of orders that are over are forgotten: nobody asks for them again, and an old message is known by its number.
    fn forget(&mut self, settled: OrderId) {
        if settled <= self.settled {
            return;
        }
        self.settled = settled;
        let booked = |log: &Self, order, undo| {
            log.keys.get(&Key { order, step: Step::Book, undo }).is_some_and(|mark| mark.times > 0)
        };
        let over: Vec<OrderId> = self
            .keys
            .keys()
            .filter(|key| key.step == Step::Book && key.order < settled)
            .map(|k| k.order)
            .collect();
        let mut counted = OrderId(0);
        for order in over {
            if order != counted && booked(self, order, false) && !booked(self, order, true) {
                self.sold += 1;
            }
            counted = order;
        }
        self.keys.retain(|key, _| key.order >= settled);
    }

    /// What is in an account.
    pub fn balance(&self, account: Account, opening: Coins) -> Coins {
        let opening = if account == Account::TILL { Coins(0) } else { opening };
        self.balances.get(&account).copied().unwrap_or(opening)
    }

    /// How many seats are left.
    pub fn seats(&self, show: Show, at_first: u64) -> u64 {
        self.seats.get(&show).copied().unwrap_or(at_first)
    }

    /// Accounts that are no longer as they were opened, and what is in them.
    pub fn moved(&self) -> impl Iterator<Item = (Account, Coins)> {
        self.balances.iter().map(|(account, coins)| (*account, *coins))
    }

    /// How often a step changed anything.
    pub fn times(&self, order: OrderId, step: Step, undo: bool) -> u32 {
        self.keys.get(&Key { order, step, undo }).map_or(0, |mark| mark.times)
    }

    /// All records.
    pub fn records(&self) -> &Chunks<Record> {
        &self.records
    }
}
