//! Watches the invariants as things happen.
//!
//! [`Watch`] keeps a ledger of its own: for every order what shards have done of it and how often, and what each shard's
//! accounts and shows hold. So money that stands in no account must be that of an order on its way, and nothing else.

use super::fact::Fact;
use super::invariants::At;
use super::log::Ending;
use super::order::{Item, Key, OrderId, Step};
use super::settings::Settings;
use super::shard::Shard;
use super::{Actor, Saga};
use crate::bank::{Branches, ClientFact, Coins, Reason};
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Span, Time};
use std::sync::Arc;

/// What was seen of an order.
#[derive(Clone, Debug)]
struct Seen {
    item: Item,
    /// Taken on then.
    since: Time,
    ending: Option<Ending>,
    /// How often each step was done and undone.
    times: SortedMap<(Step, bool), u32>,
}

impl Seen {
    fn done(&self, step: Step, undo: bool) -> bool {
        self.times.get(&(step, undo)).is_some_and(|times| *times > 0)
    }

    /// Done, and not undone.
    fn stands(&self, step: Step) -> bool {
        self.done(step, false) && !self.done(step, true)
    }

    /// Taken out of an account and put into none.
    fn on_its_way(&self) -> Coins {
        let way = self.ending.is_none() && self.stands(Step::Charge) && !self.done(Step::Pay, false);
        if way { self.item.price } else { Coins(0) }
    }

    /// A seat that is not free: held while the order is on its way, sold once it is done.
    fn takes_seat(&self) -> bool {
        self.stands(Step::Book) && !matches!(self.ending, Some(Ending::Undone(_)))
    }

    /// Whether what was done fits how it ended.
    fn fits(&self) -> bool {
        let stands = [Step::Charge, Step::Book, Step::Pay].map(|step| self.stands(step));
        match self.ending {
            None => true,
            Some(Ending::Done) => stands == [true; 3],
            Some(Ending::Undone(_)) => stands == [false; 3],
        }
    }
}

/// What a shard holds.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    coins: Coins,
    seats: u64,
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    branches: Branches,
    /// How long an order may take once all is mended.
    ending: Span,
    /// Since when all is mended.
    calm: Option<Time>,
    /// Orders on their way, and the newest that are over.
    orders: Arc<SortedMap<OrderId, Seen>>,
    /// Seats sold by orders that are no longer remembered.
    sold: u64,
    all_seats: u64,
    held: SortedMap<ActorId, Held>,
    /// How many records each node has written.
    records: SortedMap<ActorId, u64>,
}

/// Orders that are over and remembered: nothing should ever happen to them again.
const ENDED: usize = 64;

impl Monitor<Saga> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        let branches = settings.branches;
        let log = super::log::Log::default();
        let opened = |shard| Held {
            coins: super::shard::balances(shard, &branches, &log).map(|(_, coins)| coins).sum(),
            seats: super::shard::seats(shard, &branches, (settings.shows, settings.seats), &log)
                .map(|(_, seats)| seats)
                .sum(),
        };
        Self {
            branches,
            ending: settings.ending(),
            calm: None,
            orders: Arc::default(),
            sold: 0,
            all_seats: u64::from(settings.shows) * settings.seats,
            held: branches.shards().map(|shard| (shard, opened(shard))).collect(),
            records: SortedMap::new(),
        }
    }

    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, Saga>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        match happening {
            Happening::Fact(Fact::Client(fact)) => {
                if let ClientFact::GaveUp { .. } = fact {
                    report.reached(At::GaveUp.place());
                }
            }
            Happening::Fact(fact) => {
                self.fact(at, fact, report);
                if let Some(Actor::Shard(shard)) = state {
                    self.look(actor, shard, report);
                }
                self.count(at, report);
            }
            Happening::Crashed => self.calm = None,
            Happening::Started => self.started(actor, state, report),
            Happening::Healed => self.calm = Some(at),
            Happening::Disturbed => self.calm = None,
        }
        if let Some(written) = state.and_then(Actor::log).map(|log| log.records().len()) {
            self.records.insert(actor, written);
        }
    }
}

impl Watch {
    fn fact(&mut self, at: Time, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Begun { order, item, .. } => {
                let seen = Seen { item: *item, since: at, ending: None, times: SortedMap::new() };
                Arc::make_mut(&mut self.orders).insert(*order, seen);
            }
            Fact::Did { key, item, times } => self.did(at, *key, *item, *times, report),
            Fact::Ended { order, ending, .. } => self.ended(*order, *ending, report),
            Fact::Cancelled { .. } => report.reached(At::Cancelled.place()),
            Fact::Refused { reason: Reason::SoldOut(_), .. } => report.reached(At::SoldOut.place()),
            Fact::Refused { reason: Reason::NotEnough(_), .. } => report.reached(At::NotEnough.place()),
            Fact::Refused { reason: Reason::Cancelled, .. } => report.reached(At::Overtaken.place()),
            Fact::Known { .. } => report.reached(At::Known.place()),
            Fact::Recognised { .. } => report.reached(At::Retry.place()),
            Fact::Orchestrates { open: 1.., .. } => report.reached(At::Survives.place()),
            Fact::Audited { total, .. } if *total < self.branches.total() => {
                report.reached(At::Misses.place())
            }
            _ => {}
        }
    }

    fn did(&mut self, at: Time, key: Key, item: Item, times: u32, report: &mut Report) {
        let new = || Seen { item, since: at, ending: None, times: SortedMap::new() };
        let seen = Arc::make_mut(&mut self.orders).entry(key.order).or_insert_with(new);
        seen.times.insert((key.step, key.undo), times);
        if times > 1 {
            report.broken(At::Once.place(), format!("{key} has happened {times} times"));
        }
        if !seen.fits() {
            report.broken(
                At::Atomic.place(),
                format!("order {} is over, and {} happens now", key.order, key.verb()),
            );
        }
    }

    fn ended(&mut self, order: OrderId, ending: Ending, report: &mut Report) {
        let orders = Arc::make_mut(&mut self.orders);
        let Some(seen) = orders.get_mut(&order) else { return };
        seen.ending = Some(ending);
        if !seen.fits() {
            report.broken(At::Atomic.place(), misfit(order, seen));
        }
        match ending {
            Ending::Done => report.reached(At::Done.place()),
            Ending::Undone(_) if !seen.times.is_empty() => report.reached(At::Undone.place()),
            Ending::Undone(_) => {}
        }
        // The oldest that are over are let go; their seats stay sold.
        let over: Vec<OrderId> =
            orders.iter().filter(|(_, seen)| seen.ending.is_some()).map(|(order, _)| *order).collect();
        for order in over.iter().take(over.len().saturating_sub(ENDED)) {
            if let Some(seen) = orders.remove(order) {
                self.sold += u64::from(seen.takes_seat());
            }
        }
    }

    /// What a node found in its log decides what was done there, and what was taken on.
    fn started(&mut self, who: ActorId, state: Option<&Actor>, report: &mut Report) {
        let Some(log) = state.and_then(Actor::log) else { return };
        if log.records().len() < self.records.get(&who).copied().unwrap_or(0) {
            report.reached(At::LostRecord.place());
        }
        let branches = self.branches;
        let orders = Arc::make_mut(&mut self.orders);
        match state {
            Some(Actor::Shard(shard)) => {
                for (order, seen) in orders.iter_mut().filter(|(order, _)| **order >= log.settled) {
                    let item = seen.item;
                    for ((step, undo), times) in &mut seen.times {
                        if step.shard(&item, &branches) == who {
                            *times = log.times(*order, *step, *undo);
                        }
                    }
                    if !seen.fits() {
                        report.broken(At::Atomic.place(), misfit(*order, seen));
                    }
                }
                self.look(who, shard, report);
            }
            // An order whose beginning was lost was never taken on, unless something has been done of it.
            _ => orders.retain(|order, seen| {
                seen.ending.is_some() || log.open.contains_key(order) || !seen.times.is_empty()
            }),
        }
    }

    /// What a shard's accounts and shows hold.
    fn look(&mut self, who: ActorId, shard: &Shard, report: &mut Report) {
        let mut held = Held::default();
        for (account, coins) in shard.balances() {
            held.coins += coins;
            if coins < Coins(0) {
                report.broken(At::Overdrawn.place(), format!("{account} holds {coins} at {who}"));
            }
        }
        held.seats = shard.seats().map(|(_, seats)| seats).sum();
        self.held.insert(who, held);
    }

    fn count(&mut self, at: Time, report: &mut Report) {
        let in_accounts: Coins = self.held.values().map(|held| held.coins).sum();
        let on_its_way: Coins = self.orders.values().map(Seen::on_its_way).sum();
        let (found, total) = (in_accounts + on_its_way, self.branches.total());
        if found != total {
            let sentence = format!(
                "{found} coins are there, {total} there should be: {in_accounts} in accounts, {on_its_way} on their way"
            );
            report.broken(At::Conservation.place(), sentence);
        }
        let free: u64 = self.held.values().map(|held| held.seats).sum();
        let taken = self.sold + self.orders.values().filter(|seen| seen.takes_seat()).count() as u64;
        if free + taken != self.all_seats {
            let all = self.all_seats;
            let sentence = format!("{free} seats are free and {taken} are taken, of {all}");
            report.broken(At::Conservation.place(), sentence);
        }
        let Some(calm) = self.calm else { return };
        for (order, seen) in self.orders.iter().filter(|(_, seen)| seen.ending.is_none()) {
            if at > calm.max(seen.since) + self.ending {
                let sentence =
                    format!("order {order}, taken on at {}, is not over, and all is mended", seen.since);
                report.broken(At::Ends.place(), sentence);
            }
        }
    }
}

fn misfit(order: OrderId, seen: &Seen) -> String {
    let told = [Step::Charge, Step::Book, Step::Pay].map(|step| {
        let key = Key { order, step, undo: false };
        match (seen.done(step, false), seen.done(step, true)) {
            (true, false) => format!("{} done", key.verb()),
            (true, true) => format!("{} undone", key.verb()),
            (false, _) => format!("{} not done", key.verb()),
        }
    });
    let how = if seen.ending == Some(Ending::Done) { "done" } else { "undone" };
    format!("order {order} is said to be {how}: {}", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::invariants::INVARIANTS;
    use super::super::log::{Change, Entry, Log, Record};
    use super::super::message::Outcome;
    use super::super::order::Show;
    use super::super::settings::PARAMETERS;
    use super::*;
    use crate::bank::{Account, Fold};

    const N1: ActorId = ActorId::node(1);
    const N2: ActorId = ActorId::node(2);
    const ITEM: Item = Item { show: Show(0), account: Account(0), price: Coins(15) };
    const ORDER: OrderId = OrderId(1);

    fn watch() -> Watch {
        let parameters = Parameters::defaults(PARAMETERS);
        Watch::new(&Settings::of(&parameters), &parameters)
    }

    /// What is said to be broken after these facts, a second apart. Sums are moved as the facts say.
    fn after(watch: &mut Watch, facts: &[Fact]) -> Vec<usize> {
        let mut report = Report::default();
        for (second, fact) in (1..).zip(facts) {
            if let Fact::Did { key, .. } = fact {
                let held = watch.held.get_mut(&N2).unwrap();
                match key.verb() {
                    "charge" => held.coins = held.coins - ITEM.price,
                    "refund" | "pay" => held.coins += ITEM.price,
                    "book" => held.seats -= 1,
                    _ => held.seats += 1,
                }
            }
            watch.observe(Time::millis(second * 1_000), N1, &Happening::Fact(fact), None, &mut report);
        }
        let text = format!("{report:?}");
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
    }

    fn begun() -> Fact {
        Fact::Begun { order: ORDER, client: ActorId::client(1), item: ITEM }
    }

    fn did(step: Step, undo: bool, times: u32) -> Fact {
        Fact::Did { key: Key { order: ORDER, step, undo }, item: ITEM, times }
    }

    fn ended(ending: Ending) -> Fact {
        Fact::Ended { order: ORDER, item: ITEM, ending }
    }

    const UNDONE: Ending = Ending::Undone(Reason::Cancelled);

    #[test]
    fn an_order_ends_all_done_or_all_undone() {
        let (charge, book, pay) =
            (did(Step::Charge, false, 1), did(Step::Book, false, 1), did(Step::Pay, false, 1));
        let all = [begun(), charge.clone(), book.clone(), pay, ended(Ending::Done)];
        assert_eq!(after(&mut watch(), &all), []);
        let undone = [
            begun(),
            charge.clone(),
            book.clone(),
            did(Step::Book, true, 1),
            did(Step::Charge, true, 1),
            ended(UNDONE),
        ];
        assert_eq!(after(&mut watch(), &undone), []);
        let half = after(&mut watch(), &[begun(), charge.clone(), book, ended(Ending::Done)]);
        assert!(half.contains(&At::Atomic.place()), "{half:?}");
        // What happens after the end breaks it too, and takes money nowhere.
        let late = after(&mut watch(), &[begun(), ended(UNDONE), charge]);
        assert!(late.contains(&At::Atomic.place()) && late.contains(&At::Conservation.place()), "{late:?}");
    }

    #[test]
    fn what_happens_twice_is_seen() {
        let twice =
            [begun(), did(Step::Charge, false, 1), did(Step::Charge, true, 1), did(Step::Charge, true, 2)];
        assert_eq!(after(&mut watch(), &twice), [At::Conservation.place(), At::Once.place()]);
    }

    #[test]
    fn money_and_seats_that_vanish_are_missed() {
        let mut watch = watch();
        watch.held.get_mut(&N2).unwrap().coins += Coins(1);
        assert_eq!(after(&mut watch, &[begun()]), [At::Conservation.place()]);
        watch.held.get_mut(&N2).unwrap().coins += Coins(-1);
        assert_eq!(after(&mut watch, &[begun()]), []);
        watch.held.get_mut(&N2).unwrap().seats += 1;
        assert_eq!(after(&mut watch, &[begun()]), [At::Conservation.place()]);
    }

    #[test]
    fn an_order_that_does_not_end_is_seen() {
        let mut watch = watch();
        let mut report = Report::default();
        assert_eq!(after(&mut watch, &[begun()]), []);
        watch.observe(Time::millis(1_000), N1, &Happening::Healed, None, &mut report);
        let quiet = |count: usize| vec![Fact::Orders { open: 1, undoing: 0, on_its_way: Coins(0) }; count];
        assert_eq!(after(&mut watch.clone(), &quiet(3)), []);
        assert_eq!(after(&mut watch.clone(), &quiet(8)), [At::Ends.place()]);
        watch.observe(Time::millis(1_000), N1, &Happening::Disturbed, None, &mut report);
        assert_eq!(after(&mut watch, &quiet(8)), []);
    }

    /// What is said to be broken when the first shard starts with this in its log.
    fn started(watch: &mut Watch, key: Key, change: Change) -> Vec<usize> {
        let (mut report, mut log) = (Report::default(), Log::default());
        let record = Record::Step { key, outcome: Outcome::Done, change: Some(change), settled: OrderId(0) };
        log.apply(&Entry { record, parcel: None });
        let settings = Settings::of(&Parameters::defaults(PARAMETERS));
        let actor = Actor::Shard(Box::new(Shard::of_log(N2, &settings, &log)));
        watch.observe(Time::millis(9_000), N2, &Happening::Started, Some(&actor), &mut report);
        let text = format!("{report:?}");
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
    }

    #[test]
    fn an_account_below_nothing_is_seen() {
        let key = Key { order: ORDER, step: Step::Charge, undo: false };
        assert_eq!(started(&mut watch(), key, Change::Balance(ITEM.account, Coins(0))), []);
        let below = started(&mut watch(), key, Change::Balance(ITEM.account, Coins(-1)));
        assert_eq!(below, [At::Overdrawn.place()]);
    }

    #[test]
    fn a_step_that_a_crash_takes_away_is_missed() {
        let mut watch = watch();
        let (charge, book, pay) =
            (did(Step::Charge, false, 1), did(Step::Book, false, 1), did(Step::Pay, false, 1));
        assert_eq!(after(&mut watch, &[begun(), charge, book, pay, ended(Ending::Done)]), []);
        // The charge was at n2, whose log now knows of a refund to come and of no charge.
        let key = Key { order: OrderId(2), step: Step::Charge, undo: false };
        let missed = started(&mut watch, key, Change::Balance(ITEM.account, Coins(85)));
        assert_eq!(missed, [At::Atomic.place()]);
    }
}
