//! A coordinator: carries out transactions for clients, collects votes, decides, tells, and forgets (R*, sections 2.1
//! and 3.1).
//!
//! Presumed abort, rule by rule: an abort is not forced and not acknowledged, and forgotten at once; a commit is forced
//! before anyone hears of it, told until all who wrote have acknowledged, and only then forgotten ([`Record::End`], not
//! forced). Of what it knows nothing it says “aborted”. So while it is still deciding it must say nothing at all.

use super::fact::Fact;
use super::log::{Log, Record};
use super::message::{Message, Order, Vote};
use super::transaction::{Age, Part, TransactionId, parts};
use super::{Context, Timer};
use crate::bank::{Account, Alarm, Answer, Coins, Disk, Reason, Reply, Request};
use serde::Serialize;
use sim::ordered::{SortedMap, SortedSet};
use sim::{ActorId, Recovery, SyncId, Time};
use std::sync::Arc;

/// A shard's part of a transaction, and how far it is.
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    /// What it does.
    pub part: Part,
    /// The doing of it that counts, once the shard has said that it is done.
    pub ticket: Option<u64>,
    /// Its vote.
    pub vote: Option<Vote>,
}

/// How far a transaction is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Phase {
    /// Shards do their parts.
    Working,
    /// They have been asked to prepare.
    Voting,
    /// Decided to commit; the record is not durable yet, and nobody may know.
    Logging(SyncId),
    /// Durable; told until these have acknowledged.
    Telling(SortedSet<ActorId>),
}

/// A transaction that a coordinator remembers.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// Whose request it is.
    pub client: ActorId,
    /// The request's number.
    pub number: u64,
    /// Who does what; empty once it is only told of.
    pub shares: SortedMap<ActorId, Share>,
    /// How far it is.
    pub phase: Phase,
    /// Until when it waits for work or votes, by its own clock.
    deadline: Time,
    /// What has been read so far.
    seen: SortedMap<Account, Coins>,
}

impl Open {
    /// Who has voted so.
    fn voted(&self, vote: Vote) -> impl Iterator<Item = ActorId> {
        self.shares.iter().filter(move |(_, share)| share.vote == Some(vote)).map(|(shard, _)| *shard)
    }

    /// Who writes.
    fn writers(&self) -> Arc<[ActorId]> {
        self.shares.iter().filter(|(_, share)| share.part.writes()).map(|(shard, _)| *shard).collect()
    }
}

/// What a coordinator remembers of a client: its newest request, and the answer where there is one.
#[derive(Clone, Debug, Serialize)]
struct Session {
    number: u64,
    answer: Option<Answer>,
}

/// A coordinator.
#[derive(Clone, Debug, Serialize)]
pub struct Coordinator {
    id: ActorId,
    disk: Disk<Log>,
    /// Its life is durable: it may give names to transactions.
    ready: bool,
    /// Names given in this life.
    begun: u32,
    open: SortedMap<TransactionId, Open>,
    sessions: SortedMap<ActorId, Session>,
    /// When it will give up waiting.
    decides: Alarm,
}

impl Coordinator {
    /// Starts, from what its log says alone.
    pub fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Self {
        let mut coordinator = Self {
            id: context.me(),
            disk: Disk::new(log),
            ready: false,
            begun: 0,
            open: SortedMap::new(),
            sessions: SortedMap::new(),
            decides: Alarm::default(),
        };
        context.require(!recovery.corrupt, || "a record of its log is damaged".to_owned());
        for (client, number) in &log.answered {
            coordinator.sessions.insert(*client, Session { number: *number, answer: Some(Answer::Done) });
        }
        for (id, unfinished) in &log.unfinished {
            let open = Open {
                client: unfinished.client,
                number: unfinished.number,
                shares: SortedMap::new(),
                phase: Phase::Telling(unfinished.writers.iter().copied().collect()),
                deadline: Time::ZERO,
                seen: SortedMap::new(),
            };
            coordinator.open.insert(*id, open);
        }
        let life = log.life + 1;
        let unfinished = coordinator.open.len() as u64;
        context.fact(Fact::Coordinates { life, unfinished });
        coordinator.disk.force(Record::Life(life), context);
        coordinator.resend(context);
        coordinator
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        self.disk.log()
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        self.disk.durable()
    }

    /// What it remembers.
    pub fn open(&self) -> &SortedMap<TransactionId, Open> {
        &self.open
    }

    /// Which life it is in.
    pub fn life(&self) -> u32 {
        self.log().life
    }

    /// A message came.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Request(request) => self.on_request(from, &request, context),
            Message::Worked { id, ticket, balances } => self.on_worked(from, id, ticket, &balances, context),
            Message::Refused { id, reason } => self.on_refused(from, id, reason, context),
            Message::Voted { id, vote } => self.on_vote(from, id, vote, context),
            Message::Ack { id } => self.on_ack(from, id, context),
            Message::Inquire { id } => self.on_inquiry(from, id, context),
            Message::Reply(_) | Message::Work { .. } | Message::Prepare { .. } | Message::Outcome { .. } => {}
        }
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Decide => {
                self.decides.rang();
                self.on_deadline(context);
            }
            Timer::Resend => self.resend(context),
            Timer::Ask | Timer::Idle | Timer::Client(_) => {}
        }
    }

    // --- requests ---

    fn on_request(&mut self, from: ActorId, request: &Request<Order>, context: &mut Context<'_>) {
        if !self.ready {
            return context.note(|| "not ready: the number of this life is not durable yet".to_owned());
        }
        let number = request.number;
        if let Some(session) = self.sessions.get(&from) {
            if number < session.number {
                return context
                    .note(|| format!("{from} has asked for something later than request {number}"));
            }
            if number == session.number {
                let answer = session.answer.clone();
                context.fact(Fact::Recognised { client: from, number });
                if let Some(answer) = answer {
                    context.send(from, Message::Reply(Reply { number, answer }));
                }
                return;
            }
        }
        // What this coordinator answered before a crash it has forgotten, unless it was a commit. A request from
        // before may be one that it refused: it must not be carried out now.
        let life = self.life();
        if request.life != life {
            context.note(|| format!("request {number} is meant for life {}, mine is {life}", request.life));
            return context.send(from, Message::Reply(Reply { number, answer: Answer::Again { life } }));
        }
        self.sessions.insert(from, Session { number, answer: None });
        match request.ask.unknown_account(&context.settings().branches) {
            Some(account) => {
                self.answer(from, number, Answer::Refused(Reason::NoAccount(account)), None, context);
            }
            None => self.begin(from, number, request.ask, context),
        }
    }

    /// Gives it a name and sends every shard its part. Nothing is written: what is forgotten has aborted.
    fn begin(&mut self, client: ActorId, number: u64, order: Order, context: &mut Context<'_>) {
        self.begun += 1;
        let id = TransactionId { coordinator: self.id, life: self.life(), number: self.begun };
        let age = Age { began: context.wall(), id };
        let parts = parts(order, &context.settings().branches);
        let text = crate::bank::client::Ask::label(&order).into();
        context.fact(Fact::Begun { id, client, text, reads: order == Order::Audit });
        let settled = self.settled(id);
        for (shard, part) in &parts {
            context.send(*shard, Message::Work { id, age, part: *part, settled });
        }
        let share = |(shard, part)| (shard, Share { part, ticket: None, vote: None });
        let open = Open {
            client,
            number,
            shares: parts.into_iter().map(share).collect(),
            phase: Phase::Working,
            deadline: context.monotonic() + context.settings().decide,
            seen: SortedMap::new(),
        };
        self.open.insert(id, open);
        self.set_deadline(context);
    }

    /// All transactions of this coordinator before this one are over everywhere.
    fn settled(&self, next: TransactionId) -> TransactionId {
        self.open.keys().next().copied().map_or(next, |oldest| oldest.min(next))
    }

    // --- work and votes ---

    fn on_worked(
        &mut self,
        from: ActorId,
        id: TransactionId,
        ticket: u64,
        balances: &[(Account, Coins)],
        context: &mut Context<'_>,
    ) {
        let Some(open) = self.open.get_mut(&id).filter(|open| open.phase == Phase::Working) else { return };
        let Some(share) = open.shares.get_mut(&from) else { return };
        // A shard that forgot its work and did it again has another ticket: the first one counts, and will be refused.
        if share.ticket.is_some() {
            return;
        }
        share.ticket = Some(ticket);
        open.seen.extend(balances.iter().copied());
        if open.shares.values().any(|share| share.ticket.is_none()) {
            return;
        }
        open.phase = Phase::Voting;
        open.deadline = context.monotonic() + context.settings().decide;
        let writers = open.writers();
        context.fact(Fact::Asks { id });
        for (shard, share) in &open.shares {
            let ticket = share.ticket.unwrap_or_default();
            context.send(*shard, Message::Prepare { id, ticket, writers: Arc::clone(&writers) });
        }
        self.set_deadline(context);
    }

    fn on_refused(&mut self, from: ActorId, id: TransactionId, reason: Reason, context: &mut Context<'_>) {
        let Some(open) = self.open.get_mut(&id).filter(|open| open.phase == Phase::Working) else { return };
        let Some(share) = open.shares.get_mut(&from).filter(|share| share.ticket.is_none()) else { return };
        share.vote = Some(Vote::No);
        self.abort(id, reason, context);
    }

    fn on_vote(&mut self, from: ActorId, id: TransactionId, vote: Vote, context: &mut Context<'_>) {
        let Some(open) = self.open.get_mut(&id).filter(|open| open.phase == Phase::Voting) else { return };
        let Some(share) = open.shares.get_mut(&from).filter(|share| share.vote.is_none()) else { return };
        share.vote = Some(vote);
        let all = open.shares.len();
        let (yes, read) = (open.voted(Vote::Yes).count(), open.voted(Vote::Read).count());
        context.note(|| format!("{id}: {from} votes {}; {yes} yes, {read} only read, of {all}", vote.word()));
        match vote {
            Vote::No => self.abort(id, Reason::Forgotten(from), context),
            Vote::Yes | Vote::Read if yes + read < all => {}
            _ if yes == 0 => self.only_read(id, context),
            _ => self.commit(id, context),
        }
    }

    /// Nobody wrote: nothing is logged, nobody needs to be told (R*, section 3.1).
    fn only_read(&mut self, id: TransactionId, context: &mut Context<'_>) {
        let Some(open) = self.open.remove(&id) else { return };
        let balances: Arc<[(Account, Coins)]> = open.seen.into_iter().collect();
        context.fact(Fact::Read { id, balances: Arc::clone(&balances) });
        self.answer(open.client, open.number, Answer::Balances(balances), None, context);
        self.set_deadline(context);
    }

    // --- deciding ---

    /// All can commit, so all will: once the record is durable nothing can change that any more.
    fn commit(&mut self, id: TransactionId, context: &mut Context<'_>) {
        let Some(open) = self.open.get(&id) else { return };
        let (client, number, writers) =
            (open.client, open.number, open.voted(Vote::Yes).collect::<Arc<[_]>>());
        let record = Record::Commit { id, client, number, writers: Arc::clone(&writers) };
        let sync = self.disk.force(record, context);
        context.fact(Fact::Decided { id, commit: true, reason: None });
        let durable = (!context.settings().potholes.tell_before_logging).then_some(sync);
        for shard in writers.iter() {
            tell(*shard, id, durable, context);
        }
        self.answer(client, number, Answer::Done, durable, context);
        if let Some(open) = self.open.get_mut(&id) {
            open.phase = Phase::Logging(sync);
        }
        self.set_deadline(context);
    }

    /// Forgets it, and tells who may hold something. Whoever does not hear will ask, and find that nothing is known.
    fn abort(&mut self, id: TransactionId, reason: Reason, context: &mut Context<'_>) {
        let Some(open) = self.open.remove(&id) else { return };
        context.fact(Fact::Decided { id, commit: false, reason: Some(reason) });
        if open.phase == Phase::Voting && open.shares.values().any(|share| share.part.writes()) {
            self.disk.write(Record::Abort(id), context);
        }
        for (shard, share) in &open.shares {
            if !matches!(share.vote, Some(Vote::No | Vote::Read)) {
                context.send(*shard, Message::Outcome { id, commit: false });
            }
        }
        self.answer(open.client, open.number, Answer::Refused(reason), None, context);
        self.set_deadline(context);
    }

    /// Answers a client, once that sync is done where one is given.
    fn answer(
        &mut self,
        client: ActorId,
        number: u64,
        answer: Answer,
        after: Option<SyncId>,
        context: &mut Context<'_>,
    ) {
        let message = Message::Reply(Reply { number, answer: answer.clone() });
        match after {
            Some(sync) => context.send_after(sync, client, message),
            None => context.send(client, message),
        }
        // Before it is durable it must not be said to one who asks again either: see `on_synced`.
        if after.is_none() {
            self.remember(client, number, answer);
        }
    }

    fn remember(&mut self, client: ActorId, number: u64, answer: Answer) {
        if let Some(session) = self.sessions.get_mut(&client).filter(|session| session.number == number) {
            session.answer = Some(answer);
        }
    }

    /// Records are durable: decisions among them may be told.
    pub fn on_synced(&mut self, sync: SyncId, context: &mut Context<'_>) {
        self.disk.on_synced(sync);
        self.ready = true;
        let logged = |open: &Open| matches!(open.phase, Phase::Logging(of) if of <= sync);
        let logged: Vec<TransactionId> =
            self.open.iter().filter(|(_, open)| logged(open)).map(|(id, _)| *id).collect();
        for id in logged {
            let Some(open) = self.open.get_mut(&id) else { continue };
            open.phase = Phase::Telling(open.voted(Vote::Yes).collect());
            let (client, number) = (open.client, open.number);
            context.fact(Fact::Logged { id });
            self.remember(client, number, Answer::Done);
            if context.settings().potholes.forget_before_acks {
                self.forget(id, context);
            }
        }
        self.set_resend(context);
    }

    // --- after the decision ---

    fn on_ack(&mut self, from: ActorId, id: TransactionId, context: &mut Context<'_>) {
        let Some(Open { phase: Phase::Telling(left), .. }) = self.open.get_mut(&id) else { return };
        left.remove(&from);
        if left.is_empty() {
            self.forget(id, context);
        }
    }

    /// Everybody knows: nobody will ever ask.
    fn forget(&mut self, id: TransactionId, context: &mut Context<'_>) {
        self.open.remove(&id);
        self.disk.write(Record::End(id), context);
        context.fact(Fact::Forgot { id });
        self.set_resend(context);
    }

    /// Tells of commits again, to those who have not acknowledged.
    fn resend(&mut self, context: &mut Context<'_>) {
        for (id, open) in &self.open {
            let Phase::Telling(left) = &open.phase else { continue };
            context.note(|| {
                let names: Vec<String> = left.iter().map(ActorId::to_string).collect();
                format!("{id}: not acknowledged by {}", names.join(", "))
            });
            for shard in left {
                tell(*shard, *id, None, context);
            }
        }
        self.set_resend(context);
    }

    /// A shard is in doubt.
    fn on_inquiry(&mut self, from: ActorId, id: TransactionId, context: &mut Context<'_>) {
        match self.open.get(&id).map(|open| &open.phase) {
            Some(Phase::Telling(_)) => tell(from, id, None, context),
            Some(_) if !context.settings().potholes.presume_while_deciding => {
                context.note(|| format!("{id} is not decided: {from} has to wait"));
            }
            known => {
                let presumed = known.is_none();
                context.note(|| {
                    format!("{id}: {}", if presumed { "nothing is known of it" } else { "not decided" })
                });
                context.fact(Fact::Presumed { id, shard: from });
                context.send(from, Message::Outcome { id, commit: false });
            }
        }
    }

    // --- time ---

    fn on_deadline(&mut self, context: &mut Context<'_>) {
        let now = context.monotonic();
        let undecided = |open: &Open| matches!(open.phase, Phase::Working | Phase::Voting);
        let waiting: Vec<(TransactionId, Time)> =
            self.open.iter().filter(|(_, open)| undecided(open)).map(|(id, o)| (*id, o.deadline)).collect();
        // A hand may have fired it early: then the one that waits longest is meant.
        let first = waiting.iter().map(|(_, deadline)| *deadline).min().unwrap_or(now);
        for (id, _) in waiting.into_iter().filter(|(_, deadline)| *deadline <= now.max(first)) {
            self.abort(id, Reason::Late, context);
        }
        self.set_deadline(context);
    }

    fn set_deadline(&mut self, context: &mut Context<'_>) {
        let undecided =
            self.open.values().filter(|open| matches!(open.phase, Phase::Working | Phase::Voting));
        let first = undecided.map(|open| open.deadline).min();
        self.decides.set(Timer::Decide, first, context);
    }

    fn set_resend(&self, context: &mut Context<'_>) {
        let telling = self.open.values().any(|open| matches!(open.phase, Phase::Telling(_)));
        match (telling, context.timer_is_set(Timer::Resend)) {
            (true, false) => context.set_timer(Timer::Resend, context.settings().resend),
            (false, true) => context.cancel_timer(Timer::Resend),
            _ => {}
        }
    }
}

/// Tells a shard of a commit, once that sync is done where one is given.
fn tell(shard: ActorId, id: TransactionId, after: Option<SyncId>, context: &mut Context<'_>) {
    let message = Message::Outcome { id, commit: true };
    match after {
        Some(sync) => context.send_after(sync, shard, message),
        None => context.send(shard, message),
    }
}
