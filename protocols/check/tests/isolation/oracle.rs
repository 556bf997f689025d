//! The oracle: what the definitions say of a small history, by trying every order. It shares nothing with the
//! checkers.
//!
//! - Serializable, snapshot isolation and prefix: transactions are run, in every order (of snapshots and commits).
//! - Parallel snapshot isolation: for every order of commits the smallest visibility that the axioms of Cerone,
//!   Bernardi and Gotsman (CONCUR 2015) ask for.
//! - Monotonic atomic view, read atomic, causal: for every order of commits, the axioms of Biswas and Enea.
//! - PL-1, PL-2, PL-2+, PL-2.99: for every order of versions, the graph of Adya.
//!
//! Of transactions of unknown outcome every subset may have happened.

use std::collections::BTreeMap;

use check::Outcome;
use check::isolation::{Model, Order, Witness};

use super::{Act, Plain, PlainHistory, Sight};

/// Whether a history satisfies a model; none for models that the oracle has no definition of.
pub fn satisfies(history: &PlainHistory, model: Model) -> Option<bool> {
    use Model::*;
    let check: Box<dyn Fn(&Case) -> bool> = match model {
        ReadUncommitted => Box::new(|case| case.versions(Adya::One, Order::Data)),
        StrongSessionReadUncommitted => Box::new(|case| case.versions(Adya::One, Order::Process)),
        StrongReadUncommitted => Box::new(|case| case.versions(Adya::One, Order::RealTime)),
        ReadCommitted => Box::new(|case| case.versions(Adya::Two, Order::Data)),
        StrongSessionReadCommitted => Box::new(|case| case.versions(Adya::Two, Order::Process)),
        StrongReadCommitted => Box::new(|case| case.versions(Adya::Two, Order::RealTime)),
        ConsistentView => Box::new(|case| case.versions(Adya::TwoPlus, Order::Data)),
        RepeatableRead => Box::new(|case| case.versions(Adya::Repeatable, Order::Data)),
        MonotonicAtomicView => Box::new(|case| case.commits(Axiom::View, Order::Data)),
        StrongSessionMonotonicAtomicView => Box::new(|case| case.commits(Axiom::View, Order::Process)),
        ReadAtomic => Box::new(|case| case.commits(Axiom::Atomic, Order::Data)),
        StrongSessionReadAtomic => Box::new(|case| case.commits(Axiom::Atomic, Order::Process)),
        CausalCerone => Box::new(|case| case.commits(Axiom::Causal, Order::Data)),
        StrongSessionCausal => Box::new(|case| case.commits(Axiom::Causal, Order::Process)),
        ParallelSnapshotIsolation => Box::new(|case| case.commits(Axiom::Parallel, Order::Data)),
        StrongSessionParallelSnapshotIsolation => {
            Box::new(|case| case.commits(Axiom::Parallel, Order::Process))
        }
        Prefix => Box::new(|case| case.snapshots(false, Order::Data)),
        StrongSessionPrefix => Box::new(|case| case.snapshots(false, Order::Process)),
        SnapshotIsolation => Box::new(|case| case.snapshots(true, Order::Data)),
        StrongSessionSnapshotIsolation => Box::new(|case| case.snapshots(true, Order::Process)),
        StrongSnapshotIsolation => Box::new(|case| case.snapshots(true, Order::RealTime)),
        Serializable | ViewSerializable | OneCopySerializable => Box::new(|case| case.serial(Order::Data)),
        StrongSessionSerializable | SessionSerializable => Box::new(|case| case.serial(Order::Process)),
        StrictSerializable => Box::new(|case| case.serial(Order::RealTime)),
        _ => return None,
    };
    let unknown: Vec<usize> = (0..history.transactions.len())
        .filter(|at| history.transactions[*at].outcome == Outcome::Unknown)
        .collect();
    Some((0..1_u32 << unknown.len()).any(|subset| {
        let counts = |at: &usize| match history.transactions[*at].outcome {
            Outcome::Ok => true,
            Outcome::Failed => false,
            _ => unknown.iter().position(|other| other == at).is_some_and(|bit| subset & 1 << bit != 0),
        };
        let members = (0..history.transactions.len()).filter(counts).collect();
        check(&Case { history, members })
    }))
}

#[derive(Clone, Copy, PartialEq)]
enum Adya {
    One,
    Two,
    TwoPlus,
    Repeatable,
}

#[derive(Clone, Copy, PartialEq)]
enum Axiom {
    View,
    Atomic,
    Causal,
    Parallel,
}

/// A history and which of its transactions happened.
struct Case<'a> {
    history: &'a PlainHistory,
    members: Vec<usize>,
}

/// The state of each key: the values written to it, the last one being what a register holds.
type State = BTreeMap<u32, Vec<i64>>;

/// A read of another's version: position among the transaction's acts, key, value (last element), none at first.
#[derive(Clone, Copy, Debug)]
struct External {
    at: usize,
    key: u32,
    value: Option<i64>,
}

impl Case<'_> {
    fn plain(&self, at: usize) -> &Plain {
        &self.history.transactions[at]
    }

    fn is_ok(&self, at: usize) -> bool {
        self.plain(at).outcome == Outcome::Ok
    }

    /// Whether the one must come before the other, by these orders alone.
    fn before(&self, a: usize, b: usize, order: Order) -> bool {
        let by_process = self.is_ok(a) && a < b && self.plain(a).process == self.plain(b).process;
        let by_time = match (self.plain(a).ran, self.plain(b).ran) {
            (Some((_, ended)), Some((began, _))) => self.is_ok(a) && ended < began,
            _ => false,
        };
        match order {
            Order::Data => false,
            Order::Process => by_process,
            Order::RealTime => by_process || by_time,
        }
    }

    /// Whether all that a transaction saw is what it sees in a state, with its own writes on top.
    fn sees(&self, at: usize, state: &State) -> bool {
        let mut state = state.clone();
        self.plain(at).acts.iter().all(|act| match act {
            Act::Write(key, value) => {
                state.entry(*key).or_default().push(*value);
                true
            }
            Act::Read(_, _) if !self.is_ok(at) => true,
            Act::Read(key, sight) => {
                let held = state.get(key).map_or(&[][..], Vec::as_slice);
                match sight {
                    Sight::Unknown => true,
                    Sight::Value(value) => *value == held.last().copied(),
                    Sight::List(list) => list == held,
                }
            }
        })
    }

    fn apply(&self, at: usize, state: &mut State) {
        for act in &self.plain(at).acts {
            if let Act::Write(key, value) = act {
                state.entry(*key).or_default().push(*value);
            }
        }
    }

    fn writes(&self, at: usize, key: u32) -> bool {
        self.plain(at).acts.iter().any(|act| matches!(act, Act::Write(other, _) if *other == key))
    }

    fn keys(&self, at: usize) -> Vec<u32> {
        (0..4).filter(|key| self.writes(at, *key)).collect()
    }

    fn serial(&self, order: Order) -> bool {
        self.serial_from(&mut Vec::new(), &State::new(), order)
    }

    fn serial_from(&self, done: &mut Vec<usize>, state: &State, order: Order) -> bool {
        if done.len() == self.members.len() {
            return true;
        }
        for at in self.members.iter().copied() {
            let waits = |other: &usize| !done.contains(other) && self.before(*other, at, order);
            if done.contains(&at) || self.members.iter().any(waits) || !self.sees(at, state) {
                continue;
            }
            let mut after = state.clone();
            self.apply(at, &mut after);
            done.push(at);
            if self.serial_from(done, &after, order) {
                return true;
            }
            done.pop();
        }
        false
    }

    /// Snapshots and commits, in every order. Without `exclusive`, writers of one key may overlap.
    fn snapshots(&self, exclusive: bool, order: Order) -> bool {
        self.snapshots_from(&mut Vec::new(), &mut BTreeMap::new(), &State::new(), exclusive, order)
    }

    fn snapshots_from(
        &self,
        committed: &mut Vec<usize>,
        running: &mut BTreeMap<usize, usize>,
        state: &State,
        exclusive: bool,
        order: Order,
    ) -> bool {
        if committed.len() == self.members.len() {
            return true;
        }
        for at in self.members.iter().copied() {
            if committed.contains(&at) {
                continue;
            }
            if let Some(since) = running.get(&at).copied() {
                let clashes = |other: &usize| self.keys(*other).iter().any(|key| self.writes(at, *key));
                if exclusive && committed[since..].iter().any(clashes) || !self.own_fit(at, state) {
                    continue;
                }
                let mut after = state.clone();
                self.apply(at, &mut after);
                running.remove(&at);
                committed.push(at);
                if self.snapshots_from(committed, running, &after, exclusive, order) {
                    return true;
                }
                committed.pop();
                running.insert(at, since);
                continue;
            }
            let waits = |other: &usize| !committed.contains(other) && self.before(*other, at, order);
            if self.members.iter().any(waits) || !self.sees(at, state) {
                continue;
            }
            running.insert(at, committed.len());
            if self.snapshots_from(committed, running, state, exclusive, order) {
                return true;
            }
            running.remove(&at);
        }
        false
    }

    /// Whether the lists that a transaction read after it had appended to them are what its appends made of them.
    fn own_fit(&self, at: usize, state: &State) -> bool {
        if !self.history.lists || !self.is_ok(at) {
            return true;
        }
        let mut state = state.clone();
        let mut appended: Vec<u32> = Vec::new();
        self.plain(at).acts.iter().all(|act| match act {
            Act::Write(key, value) => {
                state.entry(*key).or_default().push(*value);
                appended.push(*key);
                true
            }
            Act::Read(key, Sight::List(list)) if appended.contains(key) => Some(list) == state.get(key),
            Act::Read(..) => true,
        })
    }

    /// What a transaction saw of others: before its own first write to the key, or under its own elements of a list.
    fn external(&self, at: usize) -> Vec<External> {
        let mut written: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        let mut read: Vec<u32> = Vec::new();
        let mut all = Vec::new();
        if !self.is_ok(at) {
            return all;
        }
        for (place, act) in self.plain(at).acts.iter().enumerate() {
            match act {
                Act::Write(key, value) => written.entry(*key).or_default().push(*value),
                Act::Read(_, Sight::Unknown) => {}
                Act::Read(key, Sight::Value(_)) if written.contains_key(key) => {}
                Act::Read(key, Sight::Value(value)) => {
                    all.push(External { at: place, key: *key, value: *value });
                }
                Act::Read(key, Sight::List(list)) => {
                    let own = written.get(key).map_or(&[][..], Vec::as_slice);
                    let is_news = own.is_empty() || !read.contains(key);
                    if is_news && let Some(under) = list.strip_suffix(own) {
                        all.push(External { at: place, key: *key, value: under.last().copied() });
                    }
                    read.push(*key);
                }
            }
        }
        all
    }

    /// Whether no read contradicts what its own transaction did or saw before.
    fn is_internal(&self, at: usize) -> bool {
        if !self.is_ok(at) {
            return true;
        }
        // What is known of each key: the whole of it, or how it ends.
        let mut known: BTreeMap<u32, (bool, Vec<i64>)> = BTreeMap::new();
        self.plain(at).acts.iter().all(|act| match act {
            Act::Write(key, value) => {
                known.entry(*key).or_insert((false, Vec::new())).1.push(*value);
                true
            }
            Act::Read(_, Sight::Unknown) => true,
            Act::Read(key, Sight::Value(value)) => {
                let seen: Vec<i64> = value.iter().copied().collect();
                let fits = known.get(key).is_none_or(|(_, known)| known.last() == seen.last());
                known.insert(*key, (true, seen));
                fits
            }
            Act::Read(key, Sight::List(list)) => {
                let fits = known
                    .get(key)
                    .is_none_or(|(whole, known)| if *whole { known == list } else { list.ends_with(known) });
                known.insert(*key, (true, list.clone()));
                fits
            }
        })
    }

    fn writer(&self, key: u32, value: i64) -> Option<usize> {
        let wrote = |at: &usize| {
            let mut acts = self.plain(*at).acts.iter();
            acts.any(|act| *act == Act::Write(key, value))
        };
        self.members.iter().copied().find(wrote)
    }

    fn last_value(&self, at: usize, key: u32) -> Option<i64> {
        self.plain(at).acts.iter().rev().find_map(|act| match act {
            Act::Write(other, value) if *other == key => Some(*value),
            _ => None,
        })
    }

    /// All lists that were read.
    fn lists(&self, key: u32) -> Vec<&Vec<i64>> {
        let ok = self.members.iter().filter(|at| self.is_ok(**at));
        ok.flat_map(|at| &self.plain(*at).acts)
            .filter_map(|act| match act {
                Act::Read(other, Sight::List(list)) if *other == key => Some(list),
                _ => None,
            })
            .collect()
    }

    /// Every value that was read was written by one that happened, and what it left; no read is of its own future.
    fn is_clean(&self) -> bool {
        for at in self.members.iter().copied().filter(|at| self.is_ok(*at)) {
            let mut written: Vec<(u32, i64)> = Vec::new();
            for act in &self.plain(at).acts {
                match act {
                    Act::Write(key, value) => written.push((*key, *value)),
                    Act::Read(_, Sight::Unknown) => {}
                    Act::Read(key, sight) => {
                        let values = match sight {
                            Sight::List(list) => list.clone(),
                            Sight::Value(value) => value.iter().copied().collect(),
                            Sight::Unknown => Vec::new(),
                        };
                        for value in values {
                            match self.writer(*key, value) {
                                None => return false,
                                Some(writer) if writer == at && !written.contains(&(*key, value)) => {
                                    return false;
                                }
                                Some(_) => {}
                            }
                        }
                    }
                }
            }
            for read in self.external(at) {
                if let Some(value) = read.value
                    && let Some(writer) = self.writer(read.key, value)
                    && (self.last_value(writer, read.key) != Some(value) || writer == at)
                {
                    return false;
                }
            }
            // Of a register one may still not have read what somebody replaced at once, even after a write.
            for act in &self.plain(at).acts {
                if let Act::Read(key, Sight::Value(Some(value))) = act
                    && let Some(writer) = self.writer(*key, *value)
                    && writer != at
                    && self.last_value(writer, *key) != Some(*value)
                {
                    return false;
                }
            }
        }
        true
    }

    fn has_duplicates(&self) -> bool {
        (0..4).any(|key| {
            self.lists(key).iter().any(|list| {
                let mut sorted = (*list).clone();
                sorted.sort_unstable();
                sorted.windows(2).any(|pair| pair[0] == pair[1])
            })
        })
    }

    /// Every order of versions of every key, as `(writer, value)`, that the lists that were read allow.
    fn version_orders(&self, key: u32, level: Adya) -> Vec<Vec<(usize, i64)>> {
        let mut elements: Vec<(usize, i64)> = Vec::new();
        for at in &self.members {
            if self.history.lists {
                elements.extend(self.plain(*at).acts.iter().filter_map(|act| match act {
                    Act::Write(other, value) if *other == key => Some((*at, *value)),
                    _ => None,
                }));
            } else {
                elements.extend(self.last_value(*at, key).map(|value| (*at, value)));
            }
        }
        let lists = self.lists(key);
        let mut common: Vec<i64> = lists.first().map_or(Vec::new(), |list| (*list).clone());
        if level == Adya::One {
            // What all that was read agrees on, of those that happened.
            common = lists.iter().max_by_key(|list| list.len()).map_or(Vec::new(), |list| (*list).clone());
            for list in &lists {
                let agreed = common.iter().zip(list.iter()).take_while(|(a, b)| a == b).count();
                let shorter = common.len().min(list.len());
                if agreed < shorter {
                    common.truncate(agreed);
                }
            }
            common.retain(|value| elements.iter().any(|(_, other)| other == value));
        }
        let allowed = |order: &Vec<(usize, i64)>| {
            let values: Vec<i64> = order.iter().map(|(_, value)| *value).collect();
            let own_order = (0..order.len()).all(|late| {
                (0..late).all(|early| order[early].0 != order[late].0 || order[early].1 < order[late].1)
            });
            let fits = match level {
                Adya::One => values.starts_with(&common),
                _ => lists.iter().all(|list| values.starts_with(list)),
            };
            fits && (own_order || level == Adya::One)
        };
        let mut orders = Vec::new();
        permutations(&mut elements, 0, &mut |order| {
            if allowed(order) {
                orders.push(order.clone());
            }
        });
        orders
    }

    fn versions(&self, level: Adya, order: Order) -> bool {
        if self.has_duplicates() || (level != Adya::One && !self.is_clean()) {
            return false;
        }
        let orders: Vec<Vec<Vec<(usize, i64)>>> = (0..3).map(|key| self.version_orders(key, level)).collect();
        let mut chosen = Vec::new();
        self.versions_from(&orders, &mut chosen, level, order)
    }

    fn versions_from(
        &self,
        orders: &[Vec<Vec<(usize, i64)>>],
        chosen: &mut Vec<Vec<(usize, i64)>>,
        level: Adya,
        order: Order,
    ) -> bool {
        if chosen.len() == orders.len() {
            return self.graph_fits(chosen, level, order);
        }
        orders[chosen.len()].iter().any(|one| {
            chosen.push(one.clone());
            let fits = self.versions_from(orders, chosen, level, order);
            chosen.pop();
            fits
        })
    }

    /// Whether Adya's graph for these orders of versions has no cycle that the level forbids.
    fn graph_fits(&self, versions: &[Vec<(usize, i64)>], level: Adya, order: Order) -> bool {
        let count = self.history.transactions.len();
        let mut straight = vec![0_u32; count];
        let mut missed: Vec<(usize, usize)> = Vec::new();
        for versions in versions {
            for pair in versions.windows(2).filter(|pair| pair[0].0 != pair[1].0) {
                straight[pair[0].0] |= 1 << pair[1].0;
            }
        }
        for (a, row) in straight.iter_mut().enumerate() {
            for b in &self.members {
                if self.members.contains(&a) && self.before(a, *b, order) {
                    *row |= 1 << b;
                }
            }
        }
        if level != Adya::One {
            for at in &self.members {
                for read in self.external(*at) {
                    let versions = &versions[read.key as usize];
                    let next = match read.value {
                        None => 0,
                        Some(value) => {
                            let Some(place) = versions.iter().position(|(_, other)| *other == value) else {
                                return false;
                            };
                            straight[versions[place].0] |= u32::from(versions[place].0 != *at) << at;
                            place + 1
                        }
                    };
                    if let Some((writer, _)) = versions.get(next)
                        && writer != at
                    {
                        missed.push((*at, *writer));
                    }
                }
            }
        }
        let reach = closure(&straight);
        let cyclic = |reach: &[u32]| (0..count).any(|at| reach[at] & 1 << at != 0);
        if cyclic(&reach) {
            return false;
        }
        match level {
            Adya::One | Adya::Two => true,
            Adya::TwoPlus => missed.iter().all(|(from, to)| reach[*to] & 1 << from == 0 && from != to),
            Adya::Repeatable => {
                let mut all = straight.clone();
                for (from, to) in &missed {
                    all[*from] |= 1 << to;
                }
                !cyclic(&closure(&all))
            }
        }
    }

    fn commits(&self, axiom: Axiom, order: Order) -> bool {
        let internal = axiom == Axiom::View || self.members.iter().all(|at| self.is_internal(*at));
        if !internal || self.has_duplicates() || !self.is_clean() {
            return false;
        }
        let mut members = self.members.clone();
        let mut found = false;
        permutations(&mut members, 0, &mut |commits| {
            found = found || self.commits_fit(commits, axiom, order);
        });
        found
    }

    /// Whether an order of commits obeys an axiom.
    fn commits_fit(&self, commits: &[usize], axiom: Axiom, order: Order) -> bool {
        let count = self.history.transactions.len();
        let place = |at: usize| commits.iter().position(|other| *other == at).unwrap();
        let mut causes = vec![0_u32; count];
        for a in commits {
            for b in commits {
                if self.before(*a, *b, order) {
                    causes[*a] |= 1 << b;
                }
            }
            for read in self.external(*a) {
                if let Some(writer) = read.value.and_then(|value| self.writer(read.key, value)) {
                    causes[writer] |= 1 << a;
                }
            }
        }
        let follows = |a: usize, b: usize| place(a) < place(b);
        let extends =
            commits.iter().all(|a| commits.iter().all(|b| causes[*a] & 1 << b == 0 || follows(*a, *b)));
        if !extends || !self.lists_fit(commits) {
            return false;
        }
        let reach = if axiom == Axiom::Parallel {
            let mut seen = causes.clone();
            for a in commits {
                for b in commits {
                    let clash = self.keys(*a).iter().any(|key| self.writes(*b, *key));
                    if a != b && clash && follows(*a, *b) {
                        seen[*a] |= 1 << b;
                    }
                }
            }
            closure(&seen)
        } else {
            closure(&causes)
        };
        commits.iter().all(|reader| {
            self.external(*reader).iter().all(|read| {
                let seen = read.value.and_then(|value| self.writer(read.key, value));
                commits.iter().filter(|other| Some(**other) != seen && self.writes(**other, read.key)).all(
                    |other| {
                        let saw = |limit: usize| {
                            self.external(*reader).iter().filter(|earlier| earlier.at < limit).any(
                                |earlier| {
                                    earlier.value.and_then(|value| self.writer(earlier.key, value))
                                        == Some(*other)
                                },
                            )
                        };
                        let is_before = match axiom {
                            Axiom::View => saw(read.at),
                            Axiom::Atomic => saw(usize::MAX) || self.before(*other, *reader, order),
                            Axiom::Causal | Axiom::Parallel => reach[*other] & 1 << reader != 0,
                        };
                        !is_before || seen.is_some_and(|seen| follows(*other, seen))
                    },
                )
            })
        })
    }

    /// Whether every list that was read is what the writers, in this order, had made of it at some moment.
    fn lists_fit(&self, commits: &[usize]) -> bool {
        if !self.history.lists {
            return true;
        }
        (0..3).all(|key| {
            let mut whole = Vec::new();
            for at in commits {
                whole.extend(self.plain(*at).acts.iter().filter_map(|act| match act {
                    Act::Write(other, value) if *other == key => Some(*value),
                    _ => None,
                }));
            }
            self.lists(key).iter().all(|list| whole.starts_with(list))
        })
    }
}

fn closure(rows: &[u32]) -> Vec<u32> {
    let mut reach = rows.to_vec();
    for middle in 0..rows.len() {
        for from in 0..rows.len() {
            if reach[from] & 1 << middle != 0 {
                reach[from] |= reach[middle];
            }
        }
    }
    reach
}

fn permutations<T: Clone>(items: &mut Vec<T>, from: usize, visit: &mut impl FnMut(&Vec<T>)) {
    if from == items.len() {
        visit(items);
        return;
    }
    for at in from..items.len() {
        items.swap(from, at);
        permutations(items, from + 1, visit);
        items.swap(from, at);
    }
}

/// Whether this witness explains a history as the model asks; none for models that the oracle has no definition of.
pub fn explains(history: &PlainHistory, model: Model, witness: &Witness) -> Option<bool> {
    use Model::*;
    let (commits, events): (Vec<usize>, Vec<usize>) = match witness {
        Witness::Order(order) => {
            let commits: Vec<usize> = order.iter().map(|at| *at as usize).collect();
            (commits.clone(), commits.iter().flat_map(|at| [*at, *at]).collect())
        }
        Witness::Snapshots(events) => {
            let events: Vec<usize> = events.iter().map(|at| *at as usize).collect();
            let is_commit = |place: usize| events[..place].contains(&events[place]);
            let commits = (0..events.len()).filter(|place| is_commit(*place)).map(|place| events[place]);
            (commits.collect(), events)
        }
    };
    let mut members = commits.clone();
    members.sort_unstable();
    let outcome = |at: &usize| history.transactions[*at].outcome;
    let all_ok = (0..history.transactions.len())
        .filter(|at| outcome(at) == Outcome::Ok)
        .all(|at| members.contains(&at));
    let distinct = members.windows(2).all(|pair| pair[0] != pair[1]);
    if !all_ok || !distinct || members.iter().any(|at| outcome(at) == Outcome::Failed) {
        return Some(false);
    }
    let case = Case { history, members };
    let fits = match model {
        ReadUncommitted => case.orders_versions(&commits, Adya::One, Order::Data),
        StrongSessionReadUncommitted => case.orders_versions(&commits, Adya::One, Order::Process),
        StrongReadUncommitted => case.orders_versions(&commits, Adya::One, Order::RealTime),
        ReadCommitted => case.orders_versions(&commits, Adya::Two, Order::Data),
        StrongSessionReadCommitted => case.orders_versions(&commits, Adya::Two, Order::Process),
        StrongReadCommitted => case.orders_versions(&commits, Adya::Two, Order::RealTime),
        ConsistentView => case.orders_versions(&commits, Adya::TwoPlus, Order::Data),
        RepeatableRead => case.orders_versions(&commits, Adya::Repeatable, Order::Data),
        MonotonicAtomicView => case.commits_fit(&commits, Axiom::View, Order::Data),
        StrongSessionMonotonicAtomicView => case.commits_fit(&commits, Axiom::View, Order::Process),
        ReadAtomic => case.commits_fit(&commits, Axiom::Atomic, Order::Data),
        StrongSessionReadAtomic => case.commits_fit(&commits, Axiom::Atomic, Order::Process),
        CausalCerone => case.commits_fit(&commits, Axiom::Causal, Order::Data),
        StrongSessionCausal => case.commits_fit(&commits, Axiom::Causal, Order::Process),
        ParallelSnapshotIsolation => case.commits_fit(&commits, Axiom::Parallel, Order::Data),
        StrongSessionParallelSnapshotIsolation => case.commits_fit(&commits, Axiom::Parallel, Order::Process),
        Prefix => case.events_fit(&events, false, Order::Data),
        StrongSessionPrefix => case.events_fit(&events, false, Order::Process),
        SnapshotIsolation => case.events_fit(&events, true, Order::Data),
        StrongSessionSnapshotIsolation => case.events_fit(&events, true, Order::Process),
        StrongSnapshotIsolation => case.events_fit(&events, true, Order::RealTime),
        Serializable | ViewSerializable | OneCopySerializable => case.runs(&commits, witness, Order::Data),
        StrongSessionSerializable | SessionSerializable => case.runs(&commits, witness, Order::Process),
        StrictSerializable => case.runs(&commits, witness, Order::RealTime),
        _ => return None,
    };
    Some(fits)
}

impl Case<'_> {
    /// Whether the transactions, run in this order, see what they saw.
    fn runs(&self, order: &[usize], witness: &Witness, constraint: Order) -> bool {
        let mut state = State::new();
        matches!(witness, Witness::Order(_))
            && order.iter().enumerate().all(|(place, at)| {
                let late = order[place + 1..].iter().any(|later| self.before(*later, *at, constraint));
                let fits = !late && self.sees(*at, &state);
                self.apply(*at, &mut state);
                fits
            })
    }

    /// Whether the transactions, taking snapshots and committing in this order, see what they saw.
    fn events_fit(&self, events: &[usize], exclusive: bool, constraint: Order) -> bool {
        let mut state = State::new();
        let mut committed: Vec<usize> = Vec::new();
        let mut running: BTreeMap<usize, usize> = BTreeMap::new();
        for at in events {
            if let Some(since) = running.remove(at) {
                let clashes = |other: &usize| self.keys(*other).iter().any(|key| self.writes(*at, *key));
                if exclusive && committed[since..].iter().any(clashes) || !self.own_fit(*at, &state) {
                    return false;
                }
                self.apply(*at, &mut state);
                committed.push(*at);
                continue;
            }
            let waits = |other: &usize| !committed.contains(other) && self.before(*other, *at, constraint);
            if committed.contains(at) || self.members.iter().any(waits) || !self.sees(*at, &state) {
                return false;
            }
            running.insert(*at, committed.len());
        }
        committed.len() == self.members.len()
    }

    /// Whether an order of commits, taken as that of all versions, gives a graph that the level allows.
    fn orders_versions(&self, commits: &[usize], level: Adya, constraint: Order) -> bool {
        let place = |at: usize| commits.iter().position(|other| *other == at);
        let clean = level == Adya::One || self.is_clean();
        let versions: Option<Vec<Vec<(usize, i64)>>> = (0..3)
            .map(|key| {
                let orders = self.version_orders(key, level);
                orders.into_iter().find(|order| order.is_sorted_by_key(|(writer, _)| place(*writer)))
            })
            .collect();
        clean
            && !self.has_duplicates()
            && versions.is_some_and(|versions| self.graph_fits(&versions, level, constraint))
    }
}
