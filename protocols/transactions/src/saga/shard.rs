//! A shard: keeps accounts and seats, does steps and undoes them, each once.
//!
//! Messages come late, twice, or in the wrong order; what is asked for has a key, and the key is written down with what
//! was done, in one record. A key that is known is not done again, and what was to be said about it is said again. An
//! undoing that finds nothing to undo is written down too: the step may still be on its way, and must then be refused.

use super::fact::Fact;
use super::log::{Change, Contents, Log, Parcel, Record};
use super::message::{Message, Outcome};
use super::order::{Item, Key, OrderId, Show, Step};
use super::outbox::Outbox;
use super::settings::Potholes;
use super::{Context, Timer};
use crate::bank::{Account, Branches, Coins, Reason};
use serde::Serialize;
use sim::{ActorId, Recovery, SyncId};

/// A shard.
#[derive(Clone, Debug, Serialize)]
pub struct Shard {
    id: ActorId,
    branches: Branches,
    /// How many shows there are, and how many seats for each.
    shows: (u8, u64),
    outbox: Outbox,
}

impl Shard {
    /// Starts, from what its log says alone.
    pub fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Self {
        context.require(!recovery.corrupt, || "a record of its log is damaged".to_owned());
        let settings = context.settings();
        let (branches, shows) = (settings.branches, (settings.shows, settings.seats));
        context.fact(Fact::Keeps { records: log.records().len() });
        Self { id: context.me(), branches, shows, outbox: Outbox::new(log, context) }
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        self.outbox.log()
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        self.outbox.durable()
    }

    /// What is in each of its accounts, the till among them where it is here.
    pub fn balances(&self) -> impl Iterator<Item = (Account, Coins)> {
        balances(self.id, &self.branches, self.log())
    }

    /// How many seats are left for each show here.
    pub fn seats(&self) -> impl Iterator<Item = (Show, u64)> {
        seats(self.id, &self.branches, self.shows, self.log())
    }

    /// A message came.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Do { key, item, settled } => self.on_do(from, key, item, settled, context),
            Message::Got { key } => self.outbox.arrived(key, context),
            Message::Look { client, number } => {
                let balances = self.balances().collect();
                context.send(from, Message::Seen { client, number, balances });
            }
            _ => {}
        }
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        if timer == Timer::Relay {
            self.outbox.on_timer(context);
        }
    }

    /// Records are durable.
    pub fn on_synced(&mut self, sync: SyncId) {
        self.outbox.on_synced(sync);
    }

    fn on_do(&mut self, from: ActorId, key: Key, item: Item, settled: OrderId, context: &mut Context<'_>) {
        if key.order < self.log().settled {
            return context.note(|| format!("order {} is over: this is an old message", key.order));
        }
        let Potholes { no_keys, undo_without_key, forgets_undo, .. } = context.settings().potholes;
        let blind = no_keys || (undo_without_key && key.undo);
        if !blind && self.log().keys.contains_key(&key) {
            context.fact(Fact::Known { key });
            return self.outbox.say_again(key, context);
        }
        let (outcome, change) = self.work(key, item, context);
        let parcel = Parcel { to: from, what: Contents::Came(outcome) };
        if forgets_undo && key.undo && change.is_none() {
            return context.send(from, Message::Came { key, outcome });
        }
        self.outbox.commit(Record::Step { key, outcome, change, settled }, Some((key, parcel)), context);
        match outcome {
            Outcome::Done if change.is_some() => {
                let times = self.log().times(key.order, key.step, key.undo);
                context.fact(Fact::Did { key, item, times });
            }
            Outcome::Done => context.fact(Fact::Nothing { key }),
            Outcome::Refused(reason) => context.fact(Fact::Refused { key, reason }),
        }
    }

    /// What becomes of a step, or of its undoing, and what that changes.
    fn work(&self, key: Key, item: Item, context: &mut Context<'_>) -> (Outcome, Option<Change>) {
        let undone = self.log().keys.contains_key(&Key { undo: true, ..key });
        if !key.undo && undone {
            context.note(|| format!("{key} comes after its undoing, and must not happen any more"));
            return (Outcome::Refused(Reason::Cancelled), None);
        }
        if key.undo && self.log().times(key.order, key.step, false) == 0 {
            context.note(|| format!("{key}: there is nothing to undo, and there must be nothing later"));
            return (Outcome::Done, None);
        }
        let balance = |account| self.log().balance(account, self.branches.opening);
        match (key.step, key.undo) {
            (Step::Charge, false) => {
                let left = balance(item.account) - item.price;
                if left < Coins(0) {
                    return (Outcome::Refused(Reason::NotEnough(item.account)), None);
                }
                (Outcome::Done, Some(Change::Balance(item.account, left)))
            }
            (Step::Charge, true) => {
                (Outcome::Done, Some(Change::Balance(item.account, balance(item.account) + item.price)))
            }
            (Step::Book, undo) => {
                let seats = self.log().seats(item.show, self.shows.1);
                match (undo, seats.checked_sub(1)) {
                    (true, _) => (Outcome::Done, Some(Change::Seats(item.show, seats + 1))),
                    (false, Some(left)) => (Outcome::Done, Some(Change::Seats(item.show, left))),
                    (false, None) => (Outcome::Refused(Reason::SoldOut(item.show.name())), None),
                }
            }
            (Step::Pay, undo) => {
                let by = if undo { -item.price } else { item.price };
                (Outcome::Done, Some(Change::Balance(Account::TILL, balance(Account::TILL) + by)))
            }
        }
    }
}

/// What a shard's log says is in each of its accounts.
pub(super) fn balances<'a>(
    shard: ActorId,
    branches: &Branches,
    log: &'a Log,
) -> impl Iterator<Item = (Account, Coins)> + use<'a> {
    let opening = branches.opening;
    let till = (branches.shard_of(Account::TILL) == shard).then_some(Account::TILL);
    branches.on(shard).chain(till).map(move |account| (account, log.balance(account, opening)))
}

/// How many seats a shard's log says are left for each show it sells.
pub(super) fn seats<'a>(
    shard: ActorId,
    branches: &Branches,
    (shows, at_first): (u8, u64),
    log: &'a Log,
) -> impl Iterator<Item = (Show, u64)> + use<'a> {
    let branches = *branches;
    let here = (0..shows).map(Show).filter(move |show| show.shard(&branches) == shard);
    here.map(move |show| (show, log.seats(show, at_first)))
}

#[cfg(test)]
impl Shard {
    /// A shard that has found this log and done nothing since.
    pub(super) fn of_log(id: ActorId, settings: &super::settings::Settings, log: &Log) -> Self {
        let shows = (settings.shows, settings.seats);
        Self { id, branches: settings.branches, shows, outbox: Outbox::of_log(log) }
    }
}
