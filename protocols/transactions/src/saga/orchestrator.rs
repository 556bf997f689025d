//! The orchestrator: takes orders on, has their steps done one after another, and has them undone where one is refused or
//! takes too long (Garcia-Molina and Salem 1987, sections 3 to 5).
//!
//! It goes backwards until the seat is booked, and only forwards after that: the last step can be refused by nobody, and
//! is asked for until it is done. All it knows stands in its log, and whatever it wants done stands there too.

use super::fact::Fact;
use super::log::{Contents, Ending, Log, Parcel, Record, Stage};
use super::message::{Message, Outcome};
use super::order::{Item, Key, OrderId, Step, Wanted};
use super::outbox::Outbox;
use super::{Context, Timer};
use crate::bank::{Account, Alarm, Answer, Coins, Reason, Reply, Request};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, Recovery, SyncId, Time};
use std::sync::Arc;

/// An audit: what shards have said so far.
#[derive(Clone, Debug, Serialize)]
struct Audit {
    number: u64,
    seen: SortedMap<ActorId, Arc<[(Account, Coins)]>>,
}

/// The orchestrator.
#[derive(Clone, Debug, Serialize)]
pub struct Orchestrator {
    outbox: Outbox,
    /// Until when each order may still go either way, by its own clock.
    patience: SortedMap<OrderId, Time>,
    loses_patience: Alarm,
    /// By client. Nothing of them is written: who asks again is told anew.
    audits: SortedMap<ActorId, Audit>,
    /// What was last made known of how many orders are open, how many being undone, and the money on its way.
    shown: (u64, u64, Coins),
}

impl Orchestrator {
    /// Starts, from what its log says alone.
    pub fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Self {
        context.require(!recovery.corrupt, || "a record of its log is damaged".to_owned());
        context.fact(Fact::Orchestrates { open: log.open.len() as u64, records: log.records().len() });
        let until = context.monotonic() + context.settings().patience;
        let mut orchestrator = Self {
            outbox: Outbox::new(log, context),
            patience: log.open.keys().map(|order| (*order, until)).collect(),
            loses_patience: Alarm::default(),
            audits: SortedMap::new(),
            shown: (0, 0, Coins(0)),
        };
        orchestrator.settle(context);
        orchestrator
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        self.outbox.log()
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        self.outbox.durable()
    }

    /// A message came.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Request(request) => self.on_request(from, &request, context),
            Message::Came { key, outcome } => self.on_came(from, key, outcome, context),
            Message::Seen { client, number, balances } => {
                self.on_seen(from, client, number, balances, context)
            }
            _ => {}
        }
        self.settle(context);
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Relay => self.outbox.on_timer(context),
            Timer::Patience => {
                self.loses_patience.rang();
                self.on_impatience(context);
            }
            Timer::Client(_) => {}
        }
        self.settle(context);
    }

    /// Records are durable.
    pub fn on_synced(&mut self, sync: SyncId) {
        self.outbox.on_synced(sync);
    }

    // --- requests ---

    fn on_request(&mut self, from: ActorId, request: &Request<Wanted>, context: &mut Context<'_>) {
        match request.ask {
            Wanted::Audit => self.audit(from, request.number, context),
            Wanted::Seat { show, account } => {
                let item = Item { show, account, price: context.settings().price };
                self.on_order(from, request.number, item, context);
            }
        }
    }

    /// The client's number is a key like any other: an order that is known is not taken on again.
    fn on_order(&mut self, client: ActorId, number: u64, item: Item, context: &mut Context<'_>) {
        let session = self.log().sessions.get(&client).copied();
        match session.filter(|session| session.number >= number) {
            Some(session) if session.number > number => {
                context.note(|| format!("{client} has asked for something later than request {number}"));
            }
            Some(session) => {
                context.fact(Fact::Recognised { client, number });
                if let Some(ending) = session.ending {
                    self.answer(client, number, ending, context);
                }
            }
            None => match self.impossible(item, context) {
                Some(reason) => self.answer(client, number, Ending::Undone(reason), context),
                None => self.begin(client, number, item, context),
            },
        }
    }

    fn impossible(&self, item: Item, context: &Context<'_>) -> Option<Reason> {
        let settings = context.settings();
        if !settings.branches.has(item.account) {
            return Some(Reason::NoAccount(item.account));
        }
        (item.show.0 >= settings.shows).then(|| Reason::SoldOut(item.show.name()))
    }

    fn begin(&mut self, client: ActorId, number: u64, item: Item, context: &mut Context<'_>) {
        let order = OrderId(self.log().begun + 1);
        context.fact(Fact::Begun { order, client, item });
        let key = Key { order, step: Step::Charge, undo: false };
        self.patience.insert(order, context.monotonic() + context.settings().patience);
        let parcel = self.parcel(key, item, context);
        self.outbox.commit(Record::Begin { order, client, number, item }, Some(parcel), context);
    }

    fn parcel(&self, key: Key, item: Item, context: &Context<'_>) -> (Key, Parcel) {
        (key, Parcel { to: key.step.shard(&item, &context.settings().branches), what: Contents::Do(item) })
    }

    fn answer(&self, client: ActorId, number: u64, ending: Ending, context: &mut Context<'_>) {
        let answer = match ending {
            Ending::Done => Answer::Done,
            Ending::Undone(reason) => Answer::Refused(reason),
        };
        self.outbox.say(client, Message::Reply(Reply { number, answer }), context);
    }

    // --- steps ---

    fn on_came(&mut self, from: ActorId, key: Key, outcome: Outcome, context: &mut Context<'_>) {
        let stage = self.log().open.get(&key.order).map(|open| open.stage);
        let meant = match stage {
            Some(Stage::Doing(step)) => key.step == step && !key.undo,
            Some(Stage::Undoing(step, _)) => key.step == step && key.undo,
            None => false,
        };
        if meant {
            self.go_on(key, outcome, context);
        } else {
            context.note(|| format!("{key} is no longer waited for"));
        }
        // Only now that the log knows it may the shard stop saying it.
        self.outbox.say(from, Message::Got { key }, context);
    }

    /// What comes after a step that came out so.
    fn go_on(&mut self, key: Key, outcome: Outcome, context: &mut Context<'_>) {
        let Some(open) = self.log().open.get(&key.order).copied() else { return };
        match (open.stage, outcome) {
            (Stage::Doing(Step::Charge), Outcome::Done) => {
                self.go_to(key.order, Stage::Doing(Step::Book), context)
            }
            (Stage::Doing(Step::Book), Outcome::Done) => {
                self.go_to(key.order, Stage::Doing(Step::Pay), context)
            }
            (Stage::Doing(Step::Pay), Outcome::Done) => self.end(key.order, Ending::Done, context),
            (Stage::Doing(Step::Charge), Outcome::Refused(reason)) => {
                self.end(key.order, Ending::Undone(reason), context);
            }
            (Stage::Doing(Step::Book), Outcome::Refused(reason)) => {
                self.go_to(key.order, Stage::Undoing(Step::Charge, reason), context);
            }
            (Stage::Doing(Step::Pay), Outcome::Refused(reason)) => {
                context.note(|| format!("{key} cannot be refused, and was: {reason}"));
            }
            // Undone in the opposite order.
            (Stage::Undoing(Step::Book, reason), _) => {
                self.go_to(key.order, Stage::Undoing(Step::Charge, reason), context);
            }
            (Stage::Undoing(_, reason), _) => self.end(key.order, Ending::Undone(reason), context),
        }
    }

    fn go_to(&mut self, order: OrderId, stage: Stage, context: &mut Context<'_>) {
        let Some(open) = self.log().open.get(&order).copied() else { return };
        let (step, undo) = match stage {
            Stage::Doing(step) => (step, false),
            Stage::Undoing(step, _) => (step, true),
        };
        if undo || step == Step::Pay {
            self.patience.remove(&order);
        }
        let key = Key { order, step, undo };
        context.fact(Fact::Goes { key });
        let parcel = self.parcel(key, open.item, context);
        self.outbox.commit(Record::Move { order, stage }, Some(parcel), context);
    }

    fn end(&mut self, order: OrderId, ending: Ending, context: &mut Context<'_>) {
        let Some(open) = self.log().open.get(&order).copied() else { return };
        self.patience.remove(&order);
        context.fact(Fact::Ended { order, item: open.item, ending });
        self.outbox.commit(Record::End { order, ending }, None, context);
        self.answer(open.client, open.number, ending, context);
    }

    /// Orders that take too long are undone, as long as they can be. Whether the step they are at was done nobody knows
    /// here: it is undone all the same, and the shard remembers that, should it hear of the step only later.
    fn on_impatience(&mut self, context: &mut Context<'_>) {
        let now = context.monotonic();
        let first = self.patience.values().min().copied().unwrap_or(now);
        let late: Vec<OrderId> = self
            .patience
            .iter()
            .filter(|(_, until)| **until <= now.max(first))
            .map(|(order, _)| *order)
            .collect();
        for order in late {
            self.patience.remove(&order);
            let stage = self.log().open.get(&order).map(|open| open.stage);
            if let Some(Stage::Doing(step @ (Step::Charge | Step::Book))) = stage {
                context.fact(Fact::Cancelled { order });
                self.go_to(order, Stage::Undoing(step, Reason::Cancelled), context);
            }
        }
    }

    // --- audits ---

    /// Asks every shard what is there, one when it likes: whatever is on its way in between is missed, or seen twice.
    fn audit(&mut self, client: ActorId, number: u64, context: &mut Context<'_>) {
        let audit = self.audits.entry(client).or_insert_with(|| Audit { number, seen: SortedMap::new() });
        match audit.number.cmp(&number) {
            std::cmp::Ordering::Less => *audit = Audit { number, seen: SortedMap::new() },
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => return,
        }
        for shard in context.settings().branches.shards() {
            if !audit.seen.contains_key(&shard) {
                context.send(shard, Message::Look { client, number });
            }
        }
    }

    fn on_seen(
        &mut self,
        from: ActorId,
        client: ActorId,
        number: u64,
        balances: Arc<[(Account, Coins)]>,
        context: &mut Context<'_>,
    ) {
        let Some(audit) = self.audits.get_mut(&client).filter(|audit| audit.number == number) else { return };
        audit.seen.insert(from, balances);
        if context.settings().branches.shards().any(|shard| !audit.seen.contains_key(&shard)) {
            return;
        }
        let mut all: Vec<(Account, Coins)> =
            audit.seen.values().flat_map(|seen| seen.iter().copied()).collect();
        all.sort_unstable();
        self.audits.remove(&client);
        context.fact(Fact::Audited { client, total: all.iter().map(|(_, coins)| *coins).sum() });
        context.send(client, Message::Reply(Reply { number, answer: Answer::Balances(all.into()) }));
    }

    // --- timers, and what is made known of how things stand ---

    fn settle(&mut self, context: &mut Context<'_>) {
        self.loses_patience.set(Timer::Patience, self.patience.values().min().copied(), context);
        let open = &self.log().open;
        let undoing = open.values().filter(|open| matches!(open.stage, Stage::Undoing(..))).count() as u64;
        let charged = open.values().filter(|open| open.stage != Stage::Doing(Step::Charge));
        let shown = (open.len() as u64, undoing, charged.map(|open| open.item.price).sum());
        if shown != self.shown {
            self.shown = shown;
            context.fact(Fact::Orders { open: shown.0, undoing: shown.1, on_its_way: shown.2 });
        }
    }
}
