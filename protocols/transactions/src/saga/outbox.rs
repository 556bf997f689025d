//! The transactional outbox: what a node wants said is written in the same record as what it did, and relayed from there
//! until it is known to have arrived.
//!
//! Two writes where there is one would be wrong both ways round. Said first, and the power fails: others act on what
//! never was. Written first, and the power fails: nobody ever hears of it.

use super::Context;
use super::log::{Contents, Entry, Log, Parcel, Record};
use super::message::Message;
use super::order::{Key, OrderId};
use super::{Timer, settings::Potholes};
use crate::bank::{Alarm, Disk};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, SyncId, Time};

/// A node's log and what is to be said because of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outbox {
    disk: Disk<Log>,
    /// When each parcel is sent again, by the node's own clock.
    due: SortedMap<Key, Time>,
    relays: Alarm,
}

impl Outbox {
    /// What was found on the disk. All that was to be said may not have been: it is said again.
    pub fn new(log: &Log, context: &mut Context<'_>) -> Self {
        let mut outbox = Self { disk: Disk::new(log), due: SortedMap::new(), relays: Alarm::default() };
        outbox.due = log.outbox.keys().map(|key| (*key, Time::ZERO)).collect();
        outbox.relay(context);
        outbox
    }

    /// The log, durable or not.
    pub fn log(&self) -> &Log {
        self.disk.log()
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        self.disk.durable()
    }

    /// A sync is done.
    pub fn on_synced(&mut self, sync: SyncId) {
        self.disk.on_synced(sync);
    }

    /// One local transaction: what becomes so, and what is to be said because of it.
    pub fn commit(&mut self, record: Record, parcel: Option<(Key, Parcel)>, context: &mut Context<'_>) {
        let Potholes { outbox_apart, .. } = context.settings().potholes;
        if outbox_apart {
            // The mistake: the message is no part of what is written. It leaves at once, and only once.
            if let Some((key, parcel)) = parcel {
                context.send(parcel.to, self.message(key, parcel));
            }
            self.disk.force(Entry { record, parcel: None }, context);
            return;
        }
        self.disk.force(Entry { record, parcel }, context);
        if let Some((key, parcel)) = parcel {
            self.disk.send(parcel.to, self.message(key, parcel), context);
            self.due.insert(key, context.monotonic() + context.settings().resend);
        }
        self.set_timer(context);
    }

    /// Says something that follows from what is written, once that is durable.
    pub fn say(&self, to: ActorId, message: Message, context: &mut Context<'_>) {
        self.disk.send(to, message, context);
    }

    /// A parcel has arrived.
    pub fn arrived(&mut self, key: Key, context: &mut Context<'_>) {
        if self.log().outbox.contains_key(&key) {
            self.disk.write(Entry { record: Record::Arrived(key), parcel: None }, context);
            self.set_timer(context);
        }
    }

    /// Says at once what is to be said about this, where it has not arrived.
    pub fn say_again(&self, key: Key, context: &mut Context<'_>) {
        if let Some(parcel) = self.log().outbox.get(&key) {
            self.disk.send(parcel.to, self.message(key, *parcel), context);
        }
    }

    /// The timer went off: sends again what has not arrived for too long.
    pub fn on_timer(&mut self, context: &mut Context<'_>) {
        self.relays.rang();
        self.relay(context);
    }

    fn relay(&mut self, context: &mut Context<'_>) {
        let (now, resend) = (context.monotonic(), context.settings().resend);
        self.due.retain(|key, _| self.disk.log().outbox.contains_key(key));
        // A hand may have fired the timer early: then the one that waits longest is meant.
        let first = self.due.values().min().copied().unwrap_or(now);
        let due: Vec<Key> =
            self.due.iter().filter(|(_, due)| **due <= now.max(first)).map(|(key, _)| *key).collect();
        for key in due {
            let once = key.undo && context.settings().potholes.undo_once;
            let Some(parcel) = self.log().outbox.get(&key).filter(|_| !once) else {
                self.due.remove(&key);
                continue;
            };
            context.note(|| format!("{key} has not arrived yet, as far as I know"));
            self.disk.send(parcel.to, self.message(key, *parcel), context);
            self.due.insert(key, now + resend);
        }
        self.set_timer(context);
    }

    fn message(&self, key: Key, parcel: Parcel) -> Message {
        match parcel.what {
            Contents::Do(item) => Message::Do { key, item, settled: settled(self.log()) },
            Contents::Came(outcome) => Message::Came { key, outcome },
        }
    }

    fn set_timer(&mut self, context: &mut Context<'_>) {
        self.due.retain(|key, _| self.disk.log().outbox.contains_key(key));
        self.relays.set(Timer::Relay, self.due.values().min().copied(), context);
    }
}

#[cfg(test)]
impl Outbox {
    /// That of a node that has found this log and said nothing since.
    pub(super) fn of_log(log: &Log) -> Self {
        Self { disk: Disk::new(log), due: SortedMap::new(), relays: Alarm::default() }
    }
}

/// All orders before this one are over, as an orchestrator's log has it.
pub(super) fn settled(log: &Log) -> OrderId {
    log.open.keys().next().copied().unwrap_or(OrderId(log.begun + 1))
}
