//! Watches the invariants as things happen.
//!
//! [`Watch`] remembers every transaction that is not over, and what each shard has made of it; what the bank holds by
//! the decisions alone, as a list of moments; and what each shard's accounts hold. So it can tell at each fact whether
//! all agree, whether the money is all there, and whether an audit saw one of the moments it may have seen.

use super::fact::Fact;
use super::invariants::At;
use super::log::Change;
use super::settings::Settings;
use super::shard::Shard;
use super::transaction::TransactionId;
use super::{Actor, TwoPhase};
use crate::bank::{Account, Branches, ClientFact, Coins, Reason};
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Chunks, Parameters, Span, Time};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a shard has made of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It voted yes and holds it, since then.
    Prepared(Time),
    /// It committed.
    Committed,
    /// It aborted.
    Aborted,
    /// It voted yes, and knows nothing of it any more.
    Lost,
}

#[derive(Clone, Debug)]
struct Side {
    state: State,
    changes: Arc<[Change]>,
}

impl Side {
    fn sum(&self) -> Coins {
        self.changes.iter().map(|change| change.after - change.before).sum()
    }
}

/// A transaction that is not over.
#[derive(Clone, Debug)]
struct Seen {
    client: ActorId,
    /// How many moments the bank had had when it began.
    begun: u64,
    /// It is decided to commit: durably, or somebody has done so.
    committed: bool,
    /// Its coordinator has aborted it, or has forgotten it in a crash.
    abandoned: bool,
    /// Its client was told ok.
    told: bool,
    sides: SortedMap<ActorId, Side>,
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    branches: Branches,
    /// How long doubt may last once all is mended.
    doubt: Span,
    /// Since when all is mended.
    calm: Option<Time>,
    open: Arc<SortedMap<TransactionId, Seen>>,
    /// The newest that their coordinators have forgotten: nobody should ever speak of them again.
    ended: Arc<VecDeque<(TransactionId, Seen)>>,
    /// The newest transaction begun for each client.
    newest: SortedMap<ActorId, TransactionId>,
    /// What is in each account by the decisions alone.
    balances: Vec<Coins>,
    /// What each decision changed, in order.
    moments: Chunks<SmallVec<[(Account, Coins); 2]>>,
    /// What all accounts of a shard hold.
    sums: SortedMap<ActorId, Coins>,
    /// How many records each node has written.
    records: SortedMap<ActorId, u64>,
}

impl Monitor<TwoPhase> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        let branches = settings.branches;
        let opened =
            |shard| Coins(branches.opening.0 * i64::try_from(branches.on(shard).count()).unwrap_or(0));
        Self {
            branches,
            doubt: settings.doubt(),
            calm: None,
            open: Arc::default(),
            ended: Arc::default(),
            newest: SortedMap::new(),
            balances: vec![branches.opening; usize::from(branches.accounts)],
            moments: Chunks::new(),
            sums: branches.shards().map(|shard| (shard, opened(shard))).collect(),
            records: SortedMap::new(),
        }
    }

    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, TwoPhase>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        match happening {
            Happening::Fact(Fact::Client(fact)) => self.client(actor, fact, report),
            Happening::Fact(fact) => {
                self.fact(at, actor, fact, report);
                if let Some(Actor::Shard(shard)) = state {
                    self.look(actor, shard, report);
                }
                self.count(at, report);
            }
            Happening::Crashed => {
                self.calm = None;
                self.crashed(actor, report);
            }
            Happening::Started => self.started(at, actor, state, report),
            Happening::Healed => self.calm = Some(at),
            Happening::Disturbed => self.calm = None,
        }
        if let Some(written) = state.and_then(Actor::log).map(|log| log.records().len()) {
            self.records.insert(actor, written);
        }
    }
}

/// Forgotten transactions that are remembered here.
const ENDED: usize = 64;

impl Watch {
    fn seen(&mut self, id: TransactionId) -> Option<&mut Seen> {
        if !self.open.contains_key(&id) {
            return None;
        }
        Arc::make_mut(&mut self.open).get_mut(&id)
    }

    fn client(&mut self, client: ActorId, fact: &ClientFact, report: &mut Report) {
        match fact {
            ClientFact::GaveUp { .. } => report.reached(At::GaveUp.place()),
            ClientFact::Answered { answer, .. } if &**answer == "ok" => {
                let Some(id) = self.newest.get(&client).copied() else { return };
                let Some(seen) = self.seen(id) else { return };
                seen.told = true;
                if let Some((shard, _)) = seen.sides.iter().find(|(_, side)| side.state == State::Aborted) {
                    report.broken(
                        At::Ok.place(),
                        format!("{client} was told ok for {id}, which {shard} aborted"),
                    );
                }
            }
            _ => {}
        }
    }

    fn fact(&mut self, at: Time, who: ActorId, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Begun { id, client, .. } => self.begun(*id, *client),
            Fact::Prepared { id, changes } => self.prepared(at, who, *id, changes),
            Fact::Logged { id } => self.decided(*id),
            Fact::Decided { id, commit: false, reason } => {
                self.abandon(*id);
                match reason {
                    Some(Reason::NotEnough(_)) => report.reached(At::NotEnough.place()),
                    Some(Reason::Forgotten(_)) => report.reached(At::No.place()),
                    _ => {}
                }
            }
            Fact::Committed { id, .. } => self.committed(who, *id, report),
            Fact::Aborted { id, .. } => self.aborted(who, *id, report),
            Fact::Forgot { id } => self.forgot(*id),
            Fact::Read { id, balances } => self.read(*id, balances, report),
            Fact::Coordinates { unfinished: 1.., .. } => report.reached(At::DecisionSurvives.place()),
            Fact::Waits { in_doubt, .. } => {
                report.reached(At::Waited.place());
                if *in_doubt {
                    report.reached(At::Blocked.place());
                }
            }
            Fact::Died { .. } => report.reached(At::Died.place()),
            Fact::Recovered { .. } => report.reached(At::DoubtSurvives.place()),
            Fact::Presumed { .. } => report.reached(At::Presumed.place()),
            Fact::Helped { id, commit, .. } => {
                report.reached(At::Helped.place());
                // A shard that has not voted yes, and says so, never will.
                if !commit {
                    self.abandon(*id);
                }
            }
            Fact::Recognised { .. } => report.reached(At::Retry.place()),
            _ => {}
        }
    }

    // --- a transaction's way ---

    fn begun(&mut self, id: TransactionId, client: ActorId) {
        let seen = Seen {
            client,
            begun: self.moments.len(),
            committed: false,
            abandoned: false,
            told: false,
            sides: SortedMap::new(),
        };
        Arc::make_mut(&mut self.open).insert(id, seen);
        self.newest.insert(client, id);
    }

    fn prepared(&mut self, at: Time, who: ActorId, id: TransactionId, changes: &Arc<[Change]>) {
        if let Some(seen) = self.seen(id) {
            seen.sides.insert(who, Side { state: State::Prepared(at), changes: Arc::clone(changes) });
        }
    }

    /// From here on the bank is another.
    fn decided(&mut self, id: TransactionId) {
        let Some(seen) = self.seen(id).filter(|seen| !seen.committed) else { return };
        seen.committed = true;
        let mut moment: SmallVec<[(Account, Coins); 2]> = SmallVec::new();
        for change in seen.sides.values().flat_map(|side| side.changes.iter()) {
            moment.push((change.account, change.after - change.before));
        }
        for (account, by) in &moment {
            if let Some(balance) = self.balances.get_mut(usize::from(account.0)) {
                *balance += *by;
            }
        }
        self.moments.push(moment);
    }

    fn committed(&mut self, who: ActorId, id: TransactionId, report: &mut Report) {
        self.decided(id);
        let Some(seen) = self.seen(id) else { return };
        if let Some(side) = seen.sides.get_mut(&who) {
            side.state = State::Committed;
        }
        if let Some((other, _)) = seen.sides.iter().find(|(_, side)| side.state == State::Aborted) {
            report.broken(At::Atomic.place(), format!("{who} committed {id}, and {other} aborted it"));
        }
    }

    fn aborted(&mut self, who: ActorId, id: TransactionId, report: &mut Report) {
        self.revive(id);
        let Some(seen) = self.seen(id) else { return };
        let abandoned = seen.abandoned;
        let before = seen.sides.get(&who).map(|side| side.state);
        let changes = seen.sides.get(&who).map_or_else(|| Arc::from([]), |side| Arc::clone(&side.changes));
        seen.sides.insert(who, Side { state: State::Aborted, changes });
        if let Some((other, _)) = seen.sides.iter().find(|(_, side)| side.state == State::Committed) {
            report.broken(At::Atomic.place(), format!("{who} aborted {id}, and {other} committed it"));
        }
        if matches!(before, Some(State::Prepared(_))) && !abandoned {
            let sentence = format!("{who} voted yes on {id} and aborted it, though nobody had decided so");
            report.broken(At::Yes.place(), sentence);
        }
        if seen.told {
            let client = seen.client;
            report.broken(At::Ok.place(), format!("{client} was told ok for {id}, and {who} aborted it"));
        }
        self.clear(id);
    }

    /// Its coordinator will never commit it.
    fn abandon(&mut self, id: TransactionId) {
        if let Some(seen) = self.seen(id) {
            seen.abandoned = true;
        }
        self.clear(id);
    }

    /// A transaction that will never commit is over once nobody is in doubt about it.
    fn clear(&mut self, id: TransactionId) {
        let over = self.open.get(&id).is_some_and(|seen| {
            let in_doubt = seen.sides.values().any(|side| matches!(side.state, State::Prepared(_)));
            seen.abandoned && !seen.committed && !seen.told && !in_doubt
        });
        if over {
            Arc::make_mut(&mut self.open).remove(&id);
        }
    }

    fn forgot(&mut self, id: TransactionId) {
        let over = |seen: &Seen| seen.sides.values().all(|side| side.state == State::Committed);
        if self.open.get(&id).is_some_and(over)
            && let Some(seen) = Arc::make_mut(&mut self.open).remove(&id)
        {
            let ended = Arc::make_mut(&mut self.ended);
            ended.push_back((id, seen));
            if ended.len() > ENDED {
                ended.pop_front();
            }
        }
    }

    /// Somebody speaks of a transaction that was over.
    fn revive(&mut self, id: TransactionId) {
        if let Some(at) = self.ended.iter().position(|(ended, _)| *ended == id)
            && let Some((_, seen)) = Arc::make_mut(&mut self.ended).remove(at)
        {
            Arc::make_mut(&mut self.open).insert(id, seen);
        }
    }

    /// What an audit saw must have been so at one moment since it began.
    fn read(&mut self, id: TransactionId, balances: &[(Account, Coins)], report: &mut Report) {
        report.reached(At::Audit.place());
        let Some(seen) = Arc::make_mut(&mut self.open).remove(&id) else { return };
        let mut then = self.balances.clone();
        let same = |then: &[Coins]| {
            balances.iter().all(|(account, coins)| then.get(usize::from(account.0)) == Some(coins))
        };
        let mut at = self.moments.len();
        while !same(&then) {
            if at <= seen.begun {
                let told: Coins = balances.iter().map(|(_, coins)| *coins).sum();
                let sentence = format!(
                    "the audit {id} found {told} in all ({}), which was so at no moment since it began",
                    crate::bank::answer::listed(balances)
                );
                return report.broken(At::Strict.place(), sentence);
            }
            at -= 1;
            for (account, by) in self.moments.get(at).into_iter().flatten() {
                if let Some(balance) = then.get_mut(usize::from(account.0)) {
                    *balance = *balance - *by;
                }
            }
        }
    }

    // --- crashes ---

    fn crashed(&mut self, who: ActorId, report: &mut Report) {
        let mut left_alone = false;
        let undecided = |id: &TransactionId, seen: &Seen| id.coordinator == who && !seen.committed;
        if !self.open.iter().any(|(id, seen)| undecided(id, seen)) {
            return;
        }
        for (id, seen) in Arc::make_mut(&mut self.open) {
            if undecided(id, seen) {
                left_alone |= !seen.abandoned && !seen.sides.is_empty();
                seen.abandoned = true;
            }
        }
        if left_alone {
            report.reached(At::Gone.place());
        }
        let ids: Vec<TransactionId> = self.open.keys().copied().filter(|id| id.coordinator == who).collect();
        ids.into_iter().for_each(|id| self.clear(id));
    }

    /// What a node found in its log decides what it has made of each transaction.
    fn started(&mut self, at: Time, who: ActorId, state: Option<&Actor>, report: &mut Report) {
        let written = self.records.get(&who).copied().unwrap_or(0);
        let found = state.and_then(Actor::log).map_or(0, |log| log.records().len());
        if found < written {
            report.reached(At::LostRecord.place());
        }
        if let Some(Actor::Coordinator(coordinator)) = state {
            // A decision that was not told before the crash, but was durable by then.
            let unfinished: Vec<TransactionId> = coordinator.log().unfinished.keys().copied().collect();
            unfinished.into_iter().for_each(|id| self.decided(id));
        }
        let Some(Actor::Shard(shard)) = state else { return };
        let log = shard.log();
        log.prepared.keys().for_each(|id| self.revive(*id));
        for (id, seen) in Arc::make_mut(&mut self.open) {
            let Some(side) = seen.sides.get_mut(&who) else { continue };
            let before = side.state;
            side.state = if log.prepared.contains_key(id) {
                match before {
                    State::Prepared(since) => State::Prepared(since),
                    _ => State::Prepared(at),
                }
            } else if log.committed.contains(id) || (log.is_settled(*id) && before == State::Committed) {
                State::Committed
            } else if matches!(before, State::Prepared(_) | State::Committed) {
                report.broken(At::Yes.place(), format!("{who} voted yes on {id}, and has forgotten it"));
                State::Lost
            } else {
                before
            };
        }
        self.look(who, shard, report);
    }

    // --- money, locks, doubt ---

    /// What a shard's accounts hold, and who holds them.
    fn look(&mut self, who: ActorId, shard: &Shard, report: &mut Report) {
        let mut sum = Coins(0);
        for (account, balance) in shard.balances() {
            sum += balance;
            if balance < Coins(0) {
                report.broken(At::Overdrawn.place(), format!("{account} holds {balance} at {who}"));
            }
        }
        self.sums.insert(who, sum);
        if let Some((account, id)) = shard.orphaned_lock() {
            report.broken(At::Locks.place(), format!("{id} holds {account} at {who}, where nobody knows it"));
        }
    }

    fn count(&mut self, at: Time, report: &mut Report) {
        let in_accounts: Coins = self.sums.values().copied().sum();
        let mut on_its_way = Coins(0);
        for (id, seen) in self.open.iter() {
            for (shard, side) in &seen.sides {
                let State::Prepared(since) = side.state else { continue };
                if seen.committed {
                    on_its_way += side.sum();
                }
                let due = self.calm.map(|calm| calm.max(since) + self.doubt);
                if due.is_some_and(|due| at > due) {
                    let sentence =
                        format!("{shard} has been in doubt about {id} since {since}, and all is mended");
                    report.broken(At::Ends.place(), sentence);
                }
            }
        }
        let (found, total) = (in_accounts + on_its_way, self.branches.total());
        if found != total {
            let sentence = format!(
                "{found} coins are there, {total} there should be: {in_accounts} in accounts, {on_its_way} on their way"
            );
            report.broken(At::Conservation.place(), sentence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fact::Lost;
    use super::super::invariants::INVARIANTS;
    use super::super::log::{Log, Record};
    use super::super::settings::PARAMETERS;
    use super::*;
    use crate::bank::Fold;

    const N1: ActorId = ActorId::node(1);
    const N3: ActorId = ActorId::node(3);
    const N4: ActorId = ActorId::node(4);
    const C1: ActorId = ActorId::client(1);
    const ID: TransactionId = TransactionId { coordinator: N1, life: 1, number: 1 };
    const RENT: Account = Account(0);
    const FOOD: Account = Account(1);

    fn watch() -> Watch {
        let parameters = Parameters::defaults(PARAMETERS);
        Watch::new(&Settings::of(&parameters), &parameters)
    }

    /// What is said to be broken after these facts, a second apart.
    fn after(watch: &mut Watch, facts: &[(ActorId, Fact)]) -> Vec<usize> {
        let mut report = Report::default();
        for (second, (who, fact)) in (1..).zip(facts) {
            watch.observe(Time::millis(second * 1_000), *who, &Happening::Fact(fact), None, &mut report);
        }
        let text = format!("{report:?}");
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
    }

    fn begun() -> (ActorId, Fact) {
        (N1, Fact::Begun { id: ID, client: C1, text: "rent→food 20".into(), reads: false })
    }

    fn prepared(shard: ActorId, account: Account, by: i64) -> (ActorId, Fact) {
        let change = Change { account, before: Coins(100), after: Coins(100 + by) };
        (shard, Fact::Prepared { id: ID, changes: Arc::from([change]) })
    }

    fn committed(shard: ActorId) -> (ActorId, Fact) {
        (shard, Fact::Committed { id: ID, by: N1 })
    }

    fn aborted(shard: ActorId) -> (ActorId, Fact) {
        (shard, Fact::Aborted { id: ID, why: Lost::Told(N1) })
    }

    const LOGGED: (ActorId, Fact) = (N1, Fact::Logged { id: ID });

    fn both_yes() -> Vec<(ActorId, Fact)> {
        vec![begun(), prepared(N3, RENT, -20), prepared(N4, FOOD, 20)]
    }

    fn broken(facts: Vec<(ActorId, Fact)>) -> Vec<usize> {
        after(&mut watch(), &facts)
    }

    #[test]
    fn a_split_decision_is_seen() {
        let decided = (N1, Fact::Decided { id: ID, commit: false, reason: Some(Reason::Late) });
        let all = [both_yes(), vec![decided, aborted(N3), aborted(N4)]].concat();
        assert_eq!(broken(all), []);
        // Sums are not looked at without the shards' states: what one has not applied counts as on its way.
        let split = [both_yes(), vec![LOGGED, committed(N3), aborted(N4)]].concat();
        let found = broken(split);
        assert!(found.contains(&At::Atomic.place()) && found.contains(&At::Yes.place()), "{found:?}");
    }

    #[test]
    fn money_that_one_shard_has_and_the_other_has_lost_is_missed() {
        let mut watch = watch();
        let all = [both_yes(), vec![LOGGED]].concat();
        assert_eq!(after(&mut watch, &all), []);
        watch.sums.insert(N3, Coins(180));
        assert_eq!(after(&mut watch, &[committed(N3)]), []);
        watch.seen(ID).unwrap().sides.get_mut(&N4).unwrap().state = State::Lost;
        assert_eq!(
            after(&mut watch, &[(N3, Fact::HeldUp { in_doubt: 0, waiting: 0 })]),
            [At::Conservation.place()]
        );
    }

    #[test]
    fn an_ok_that_is_taken_back_is_seen() {
        let ok = ClientFact::Answered { text: "rent→food 20".into(), answer: "ok".into(), node: N1 };
        let told = (C1, Fact::Client(ok));
        let found = broken([both_yes(), vec![told.clone(), aborted(N3)]].concat());
        assert!(found.contains(&At::Ok.place()), "{found:?}");
        let found = broken([both_yes(), vec![aborted(N3), told]].concat());
        assert!(found.contains(&At::Ok.place()), "{found:?}");
    }

    #[test]
    fn an_audit_that_saw_half_a_transfer_is_seen() {
        let audit = TransactionId { number: 2, ..ID };
        let begun = (N1, Fact::Begun { id: audit, client: C1, text: "audit".into(), reads: true });
        let read = |rent, food| {
            let mut balances: Vec<_> = (0..6).map(|n| (Account(n), Coins(100))).collect();
            (balances[0].1, balances[1].1) = (Coins(rent), Coins(food));
            (N1, Fact::Read { id: audit, balances: balances.into() })
        };
        let during = |read| [both_yes(), vec![begun.clone(), LOGGED, read]].concat();
        assert_eq!(broken(during(read(100, 100))), []);
        assert_eq!(broken(during(read(80, 120))), []);
        assert_eq!(broken(during(read(80, 100))), [At::Strict.place()]);
        // What was so before it began is too old.
        let late = [both_yes(), vec![LOGGED, begun, read(100, 100)]].concat();
        assert_eq!(broken(late), [At::Strict.place()]);
    }

    #[test]
    fn doubt_that_does_not_end_is_seen() {
        let mut watch = watch();
        assert_eq!(after(&mut watch, &both_yes()), []);
        let mut report = Report::default();
        watch.observe(Time::millis(3_000), N1, &Happening::Healed, None, &mut report);
        let quiet = vec![(N3, Fact::HeldUp { in_doubt: 1, waiting: 0 }); 4];
        assert_eq!(after(&mut watch.clone(), &quiet), []);
        assert_eq!(after(&mut watch.clone(), &[&quiet[..], &quiet, &quiet].concat()), [At::Ends.place()]);
        watch.observe(Time::millis(4_000), N1, &Happening::Disturbed, None, &mut report);
        assert_eq!(after(&mut watch, &[&quiet[..], &quiet, &quiet].concat()), []);
    }

    fn change(account: Account, after: i64) -> Change {
        Change { account, before: Coins(100), after: Coins(after) }
    }

    /// What is said to be broken when this shard starts or is looked at.
    fn started(watch: &mut Watch, shard: Shard) -> Vec<usize> {
        let mut report = Report::default();
        let actor = Actor::Shard(Box::new(shard));
        watch.observe(Time::millis(9_000), N3, &Happening::Started, Some(&actor), &mut report);
        let text = format!("{report:?}");
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
    }

    fn log(records: &[Record]) -> Log {
        let mut log = Log::default();
        records.iter().for_each(|record| log.apply(record));
        log
    }

    fn prepare(after: i64) -> Record {
        let writers = Arc::from([N3, N4]);
        Record::Prepare { id: ID, writers, changes: Arc::from([change(RENT, after)]), settled: ID }
    }

    #[test]
    fn a_yes_that_a_crash_takes_away_is_seen() {
        for (records, expected) in [(vec![], vec![At::Yes.place()]), (vec![prepare(80)], vec![])] {
            let mut watch = watch();
            assert_eq!(after(&mut watch, &both_yes()), []);
            let branches = watch.branches;
            assert_eq!(started(&mut watch, Shard::of_log(N3, branches, &log(&records))), expected);
        }
    }

    #[test]
    fn an_account_below_nothing_is_seen() {
        let mut watch = watch();
        let branches = watch.branches;
        let shard = |after| Shard::of_log(N3, branches, &log(&[prepare(after), Record::Committed(ID)]));
        assert_eq!(started(&mut watch, shard(0)), []);
        assert_eq!(started(&mut watch, shard(-1)), [At::Overdrawn.place()]);
    }

    #[test]
    fn a_lock_that_nobody_knows_is_seen() {
        let mut watch = watch();
        let shard = Shard::of_log(N3, watch.branches, &Log::default());
        assert_eq!(started(&mut watch, shard.clone()), []);
        assert_eq!(started(&mut watch, shard.with_lock(RENT, ID)), [At::Locks.place()]);
    }
}
