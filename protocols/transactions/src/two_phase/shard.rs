//! A shard: keeps accounts, does its part of transactions, votes, and waits to be told (R*, sections 2.1 and 3.1).
//!
//! Before it has said yes a shard may abort whenever it likes. Afterwards it may do nothing but wait, ask, and hold what
//! it has locked: the others may have committed by now. Whoever crashes in doubt is in doubt again when it recovers.
//!
//! Shards that write one transaction ask each other too (Bernstein, Hadzilacos and Goodman 1987, section 7.4). One that
//! knows the outcome says it; one that has not voted aborts, and says that; one in doubt cannot help. That a shard which
//! has forgotten its work says “aborted” is right only because it can never vote yes on it: a vote needs the ticket of
//! the work it is about, and work that is done again has another.

use super::fact::{Fact, Lost};
use super::locks::{Attempt, Claim, Locks, Mode};
use super::log::{Change, Log, Prepared, Record};
use super::message::{Message, Vote};
use super::transaction::{Age, Part, TransactionId};
use super::{Context, Timer};
use crate::bank::{Account, Alarm, Branches, Coins, Disk, Reason};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, Recovery, SyncId, Time};
use std::sync::Arc;

/// How far a shard is with its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// Waits for a lock.
    Waiting,
    /// Done in memory, and held; it may still be aborted.
    Active,
    /// Asked to prepare; the record is not durable yet.
    Preparing(SyncId),
    /// Voted yes, and waits to be told.
    InDoubt,
}

/// A part of a transaction at a shard.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// How old the transaction is.
    pub age: Age,
    /// What is to be done.
    pub part: Part,
    /// How far it is.
    pub stage: Stage,
    /// Names this doing of it.
    ticket: u64,
    /// What it makes of the accounts.
    pub changes: Arc<[Change]>,
    /// Who else writes.
    writers: Arc<[ActorId]>,
    /// Of this coordinator's transactions all before this one are over.
    settled: TransactionId,
    /// The how-manieth task of this shard: who came first.
    arrived: u64,
    /// When it is given up (before the vote) or asked about (after), by the shard's own clock.
    due: Time,
}

impl Task {
    /// Whether it may be aborted without asking anybody.
    fn free(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Active)
    }
}

/// A shard.
#[derive(Clone, Debug, Serialize)]
pub struct Shard {
    id: ActorId,
    branches: Branches,
    disk: Disk<Log>,
    tasks: SortedMap<TransactionId, Task>,
    locks: Locks,
    arrivals: u64,
    /// What was last made known of how many are in doubt and how many wait.
    shown: (u64, u64),
    /// When it will ask.
    asks: Alarm,
    /// When it will give up.
    gives_up: Alarm,
}

impl Shard {
    /// Starts, from what its log says alone: what was prepared and not decided is in doubt, and locked, again.
    pub fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Self {
        let mut shard = Self {
            id: context.me(),
            branches: context.settings().branches,
            disk: Disk::new(log),
            tasks: SortedMap::new(),
            locks: Locks::default(),
            arrivals: 0,
            shown: (0, 0),
            asks: Alarm::default(),
            gives_up: Alarm::default(),
        };
        context.require(!recovery.corrupt, || "a record of its log is damaged".to_owned());
        for (id, prepared) in &log.prepared {
            shard.recover(*id, prepared, context);
        }
        context.fact(Fact::Keeps { records: log.records().len(), in_doubt: log.prepared.len() as u64 });
        // Who was away has waited long enough: it asks at once.
        shard.ask(true, context);
        shard.settle(context);
        shard
    }

    fn recover(&mut self, id: TransactionId, prepared: &Prepared, context: &mut Context<'_>) {
        let age = Age { began: Time::ZERO, id };
        for change in prepared.changes.iter() {
            self.locks.restore(change.account, Claim { age, mode: Mode::Exclusive });
        }
        let task = Task {
            age,
            part: Part::Move { take: None, give: None, amount: Coins(0) },
            stage: Stage::InDoubt,
            ticket: 0,
            changes: Arc::clone(&prepared.changes),
            writers: Arc::clone(&prepared.writers),
            settled: id,
            arrived: 0,
            due: Time::ZERO,
        };
        self.tasks.insert(id, task);
        context.fact(Fact::Recovered { id });
    }

    // --- small questions ---

    /// Its log.
    pub fn log(&self) -> &Log {
        self.disk.log()
    }

    /// What it is at.
    pub fn tasks(&self) -> &SortedMap<TransactionId, Task> {
        &self.tasks
    }

    /// Who holds what.
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// What is in an account.
    pub fn balance(&self, account: Account) -> Coins {
        self.log().balance(account, self.branches.opening)
    }

    /// Its accounts, and what is in each.
    pub fn balances(&self) -> impl Iterator<Item = (Account, Coins)> {
        self.branches.on(self.id).map(|account| (account, self.balance(account)))
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        self.disk.durable()
    }

    /// A lock held by a transaction of which this shard knows nothing: there should be none.
    pub fn orphaned_lock(&self) -> Option<(Account, TransactionId)> {
        let mut held = self.locks.iter().flat_map(|(account, lock)| {
            lock.holders.iter().chain(&lock.waiters).map(move |claim| (account, claim.age.id))
        });
        held.find(|(_, id)| !self.tasks.contains_key(id))
    }

    /// How many transactions are in doubt here, and how many wait for a lock.
    pub fn held_up(&self) -> (u64, u64) {
        let count =
            |is: fn(&Stage) -> bool| self.tasks.values().filter(|task| is(&task.stage)).count() as u64;
        (count(|stage| *stage == Stage::InDoubt), count(|stage| *stage == Stage::Waiting))
    }

    // --- events ---

    /// A message came.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Work { id, age, part, settled } => self.on_work(id, age, part, settled, context),
            Message::Prepare { id, ticket, writers } => self.on_prepare(id, ticket, writers, context),
            Message::Outcome { id, commit: true } => self.on_commit(from, id, context),
            Message::Outcome { id, commit: false } => self.on_abort(from, id, context),
            Message::Inquire { id } => self.on_inquiry(from, id, context),
            _ => {}
        }
        self.settle(context);
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Ask => {
                self.asks.rang();
                self.ask(false, context);
            }
            Timer::Idle => {
                self.gives_up.rang();
                self.give_up(context);
            }
            Timer::Decide | Timer::Resend | Timer::Client(_) => {}
        }
        self.settle(context);
    }

    /// Records are durable: votes that waited for them have left.
    pub fn on_synced(&mut self, sync: SyncId, context: &mut Context<'_>) {
        self.disk.on_synced(sync);
        let prepared = |task: &Task| matches!(task.stage, Stage::Preparing(of) if of <= sync);
        let prepared: Vec<TransactionId> =
            self.tasks.iter().filter(|(_, task)| prepared(task)).map(|(id, _)| *id).collect();
        for id in prepared {
            self.in_doubt(id, context);
        }
        self.settle(context);
    }

    // --- work ---

    fn on_work(
        &mut self,
        id: TransactionId,
        age: Age,
        part: Part,
        settled: TransactionId,
        context: &mut Context<'_>,
    ) {
        if self.log().is_settled(id) || self.log().committed.contains(&id) {
            return context.note(|| format!("{id} is over: this is an old message"));
        }
        if let Some(task) = self.tasks.get(&id) {
            if task.stage == Stage::Active {
                self.say_done(id, context);
            }
            return;
        }
        self.arrivals += 1;
        let task = Task {
            age,
            part,
            stage: Stage::Waiting,
            ticket: context.draw().word(),
            changes: Arc::from([]),
            writers: Arc::from([]),
            settled,
            arrived: self.arrivals,
            due: context.monotonic() + context.settings().idle,
        };
        self.tasks.insert(id, task);
        self.try_work(id, context);
    }

    /// Locks what is not locked yet, and does the work once all of it is.
    fn try_work(&mut self, id: TransactionId, context: &mut Context<'_>) {
        let Some(task) = self.tasks.get(&id) else { return };
        let settings = context.settings();
        let mode = if task.part.writes() { Mode::Exclusive } else { Mode::Shared };
        let claim = Claim { age: task.age, mode };
        let locks = task.part.writes() || !settings.potholes.audit_without_locks;
        let accounts = task.part.accounts(self.id, &self.branches);
        for account in accounts.into_iter().filter(|_| locks) {
            match self.locks.acquire(account, claim, context.settings().deadlocks) {
                Attempt::Held => {}
                Attempt::Waits(holder) => {
                    let in_doubt = self.tasks.get(&holder).is_some_and(|t| t.stage == Stage::InDoubt);
                    return context.fact(Fact::Waits { id, account, holder, in_doubt });
                }
                Attempt::Dies(holder) => {
                    context.note(|| format!("{id} is younger than {holder}, and may not wait for it"));
                    context.fact(Fact::Died { id, account, holder });
                    return self.refuse(id, Reason::Held(account), context);
                }
            }
        }
        self.work(id, context);
    }

    /// All is locked.
    fn work(&mut self, id: TransactionId, context: &mut Context<'_>) {
        let Some(task) = self.tasks.get(&id) else { return };
        let mut changes: Vec<Change> = Vec::new();
        if let Part::Move { take, give, amount } = task.part {
            for (account, by) in
                take.map(|from| (from, -amount)).into_iter().chain(give.map(|to| (to, amount)))
            {
                let before = self.balance(account);
                if before + by < Coins(0) {
                    context.note(|| format!("{id}: {account} holds {before}, {amount} were asked for"));
                    return self.refuse(id, Reason::NotEnough(account), context);
                }
                changes.push(Change { account, before, after: before + by });
            }
        }
        if let Some(task) = self.tasks.get_mut(&id) {
            task.stage = Stage::Active;
            task.changes = changes.into();
        }
        context.fact(Fact::Worked { id });
        self.say_done(id, context);
    }

    fn say_done(&self, id: TransactionId, context: &mut Context<'_>) {
        let Some(task) = self.tasks.get(&id) else { return };
        let found = task.part.accounts(self.id, &self.branches).into_iter();
        let balances = found.map(|account| (account, self.balance(account))).collect();
        context.send(id.coordinator, Message::Worked { id, ticket: task.ticket, balances });
    }

    fn refuse(&mut self, id: TransactionId, reason: Reason, context: &mut Context<'_>) {
        self.drop_task(id, context);
        context.send(id.coordinator, Message::Refused { id, reason });
    }

    /// Lets go of all that a task holds; who waited may go on.
    fn drop_task(&mut self, id: TransactionId, context: &mut Context<'_>) {
        self.tasks.remove(&id);
        self.release(id, context);
    }

    fn release(&mut self, id: TransactionId, context: &mut Context<'_>) {
        self.locks.release(id);
        let mut waiting: Vec<(Age, u64)> = Vec::new();
        waiting.extend(
            self.tasks.values().filter(|t| t.stage == Stage::Waiting).map(|task| (task.age, task.arrived)),
        );
        match context.settings().deadlocks {
            super::settings::Deadlocks::WaitDie => waiting.sort_by_key(|(age, _)| *age),
            super::settings::Deadlocks::TimeOut => waiting.sort_by_key(|(_, arrived)| *arrived),
        }
        for (age, _) in waiting {
            if self.tasks.get(&age.id).is_some_and(|task| task.stage == Stage::Waiting) {
                self.try_work(age.id, context);
            }
        }
    }

    // --- the vote ---

    fn on_prepare(
        &mut self,
        id: TransactionId,
        ticket: u64,
        writers: Arc<[ActorId]>,
        context: &mut Context<'_>,
    ) {
        let Some(task) = self.tasks.get_mut(&id) else {
            if !self.log().committed.contains(&id) && !self.log().is_settled(id) {
                context.note(|| format!("{id}: I know nothing of it, so I cannot commit it"));
                context.send(id.coordinator, Message::Voted { id, vote: Vote::No });
            }
            return;
        };
        match task.stage {
            Stage::InDoubt => context.send(id.coordinator, Message::Voted { id, vote: Vote::Yes }),
            // The vote leaves when the record is durable.
            Stage::Preparing(_) => {}
            Stage::Active if task.ticket == ticket && !task.part.writes() => {
                context.fact(Fact::Voted { id, vote: Vote::Read });
                context.send(id.coordinator, Message::Voted { id, vote: Vote::Read });
                self.drop_task(id, context);
            }
            Stage::Active if task.ticket == ticket => {
                task.writers = writers;
                self.prepare(id, context);
            }
            Stage::Active | Stage::Waiting => {
                context
                    .note(|| format!("{id}: I did this work anew since, and am asked about the first time"));
                context.send(id.coordinator, Message::Voted { id, vote: Vote::No });
                self.abort_alone(id, Lost::Again, context);
            }
        }
    }

    /// Writes down what it takes to commit; says yes once that cannot be lost.
    fn prepare(&mut self, id: TransactionId, context: &mut Context<'_>) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let record = Record::Prepare {
            id,
            writers: Arc::clone(&task.writers),
            changes: Arc::clone(&task.changes),
            settled: task.settled,
        };
        let yes = Message::Voted { id, vote: Vote::Yes };
        if context.settings().potholes.vote_before_durable {
            self.disk.write(record, context);
            context.send(id.coordinator, yes);
            return self.in_doubt(id, context);
        }
        let sync = self.disk.force(record, context);
        context.send_after(sync, id.coordinator, yes);
        task.stage = Stage::Preparing(sync);
    }

    /// It has said yes: from here on it does as it is told.
    fn in_doubt(&mut self, id: TransactionId, context: &mut Context<'_>) {
        let due = context.monotonic() + context.settings().ask;
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.stage = Stage::InDoubt;
        task.due = due;
        let changes = Arc::clone(&task.changes);
        context.fact(Fact::Prepared { id, changes });
        if context.settings().potholes.unlock_at_vote {
            self.release(id, context);
        }
    }

    // --- the decision ---

    fn on_commit(&mut self, from: ActorId, id: TransactionId, context: &mut Context<'_>) {
        if self.log().prepared.contains_key(&id) {
            self.disk.force(Record::Committed(id), context);
            context.fact(Fact::Committed { id, by: from });
            self.drop_task(id, context);
        } else {
            context.note(|| format!("{id}: nothing is left to do but to say so"));
        }
        // Told a second time it may still be writing what it did the first time: an acknowledgement promises that no
        // crash can make it ask again.
        let ack = Message::Ack { id };
        if context.settings().potholes.ack_before_durable {
            return context.send(id.coordinator, ack);
        }
        self.disk.send(id.coordinator, ack, context);
    }

    fn on_abort(&mut self, from: ActorId, id: TransactionId, context: &mut Context<'_>) {
        match self.tasks.get(&id) {
            None => {}
            Some(task) if task.free() => {
                context.fact(Fact::Aborted { id, why: Lost::Told(from) });
                self.drop_task(id, context);
            }
            Some(_) => self.undo(id, Lost::Told(from), context),
        }
    }

    /// What was prepared is not to be.
    fn undo(&mut self, id: TransactionId, why: Lost, context: &mut Context<'_>) {
        self.disk.write(Record::Aborted(id), context);
        context.fact(Fact::Aborted { id, why });
        self.drop_task(id, context);
    }

    /// Before it has voted a shard may abort by itself.
    fn abort_alone(&mut self, id: TransactionId, why: Lost, context: &mut Context<'_>) {
        context.fact(Fact::Aborted { id, why });
        self.drop_task(id, context);
    }

    // --- doubt ---

    /// Asks how it came out: all whose time has come, or all there are.
    fn ask(&mut self, all: bool, context: &mut Context<'_>) {
        let (now, again) = (context.monotonic(), context.monotonic() + context.settings().ask);
        let in_doubt = self.tasks.iter().filter(|(_, task)| task.stage == Stage::InDoubt);
        let mut due: Vec<(TransactionId, Time)> = in_doubt.map(|(id, task)| (*id, task.due)).collect();
        // A hand may have fired the timer early: then the one that waits longest is meant.
        let first = due.iter().map(|(_, due)| *due).min().unwrap_or(now);
        due.retain(|(_, due)| all || *due <= now.max(first));
        for (id, _) in due {
            if context.settings().potholes.abort_in_doubt {
                self.undo(id, Lost::Patience, context);
                continue;
            }
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            task.due = again;
            context.fact(Fact::Inquires { id });
            context.send(id.coordinator, Message::Inquire { id });
            if context.settings().cooperative {
                for peer in task.writers.iter().filter(|peer| **peer != self.id) {
                    context.send(*peer, Message::Inquire { id });
                }
            }
        }
    }

    /// Another shard is in doubt.
    fn on_inquiry(&mut self, from: ActorId, id: TransactionId, context: &mut Context<'_>) {
        let log = self.log();
        let commit = match self.tasks.get(&id) {
            Some(task) if !task.free() => {
                return context.note(|| format!("{id}: I am in doubt too"));
            }
            Some(_) => {
                self.abort_alone(id, Lost::Peer(from), context);
                false
            }
            None if log.committed.contains(&id) => true,
            None if log.is_settled(id) => {
                return context.note(|| format!("{id}: I have forgotten how it came out"));
            }
            None => false,
        };
        context
            .note(|| format!("{id}: {}", if commit { "I committed it" } else { "I never voted yes on it" }));
        context.fact(Fact::Helped { id, shard: from, commit });
        context.send(from, Message::Outcome { id, commit });
    }

    /// Nobody has asked to prepare this for too long.
    fn give_up(&mut self, context: &mut Context<'_>) {
        let now = context.monotonic();
        let free = self.tasks.iter().filter(|(_, task)| task.free());
        let waiting: Vec<(TransactionId, Time)> = free.map(|(id, task)| (*id, task.due)).collect();
        let first = waiting.iter().map(|(_, due)| *due).min().unwrap_or(now);
        for (id, _) in waiting.into_iter().filter(|(_, due)| *due <= now.max(first)) {
            self.abort_alone(id, Lost::Idle, context);
        }
    }

    // --- timers, and what is made known of how things stand ---

    fn settle(&mut self, context: &mut Context<'_>) {
        let first = |is: fn(&Task) -> bool| self.tasks.values().filter(|t| is(t)).map(|task| task.due).min();
        let (ask, give_up) = (first(|task| task.stage == Stage::InDoubt), first(Task::free));
        self.asks.set(Timer::Ask, ask, context);
        self.gives_up.set(Timer::Idle, give_up, context);
        let held_up = self.held_up();
        if held_up != self.shown {
            self.shown = held_up;
            context.fact(Fact::HeldUp { in_doubt: held_up.0, waiting: held_up.1 });
        }
    }
}

#[cfg(test)]
impl Shard {
    /// A shard that has found this log and done nothing since.
    pub(super) fn of_log(id: ActorId, branches: Branches, log: &Log) -> Self {
        Self {
            id,
            branches,
            disk: Disk::new(log),
            tasks: SortedMap::new(),
            locks: Locks::default(),
            arrivals: 0,
            shown: (0, 0),
            asks: Alarm::default(),
            gives_up: Alarm::default(),
        }
    }

    /// The same, with a lock for somebody it knows nothing of.
    pub(super) fn with_lock(mut self, account: Account, id: TransactionId) -> Self {
        let age = Age { began: Time::ZERO, id };
        self.locks.restore(account, Claim { age, mode: Mode::Exclusive });
        self
    }
}
