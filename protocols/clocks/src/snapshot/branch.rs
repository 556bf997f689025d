//! A node: an account, channels to all others, and its part of snapshots.
//!
//! The two rules (Chandy and Lamport 1985, section 3.1). *Sending*: record your own state, then send a marker on every
//! channel before anything else ([`Branch::record`]). *Receiving*: at the first marker of a snapshot record your state, and
//! the channel it came on as empty; at another one, that channel is what came on it in between ([`Branch::on_marker`]).

use super::channel::{Inward, Outward};
use super::message::{Answer, Ask, Cargo, Message, SnapshotId};
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::ActorId;
use sim::ordered::{SortedMap, SortedSet};
use std::sync::Arc;

/// What a node records for a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// What was in the account.
    pub account: u64,
    /// What came on each channel since.
    pub channels: SortedMap<ActorId, u64>,
    /// Channels on which no marker has come yet.
    pub open: SortedSet<ActorId>,
}

/// What a node that began a snapshot has heard of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collecting {
    /// Which.
    pub snapshot: SnapshotId,
    /// Each node's part: its account, and what was on its way to it.
    pub parts: SortedMap<ActorId, (u64, u64)>,
    /// Who wants to know, and the numbers of their requests.
    pub askers: Vec<(ActorId, u64)>,
}

/// A snapshot that is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Which.
    pub snapshot: SnapshotId,
    /// Each node's part: its account, and what was on its way to it.
    pub parts: SortedMap<ActorId, (u64, u64)>,
}

impl Taken {
    /// All that nodes had, and all that was on its way.
    pub fn sums(&self) -> (u64, u64) {
        self.parts
            .values()
            .fold((0, 0), |(accounts, channels), (account, channel)| (accounts + account, channels + channel))
    }
}

/// A node.
#[derive(Clone, Debug, Serialize)]
pub struct Branch {
    account: u64,
    out: SortedMap<ActorId, Outward>,
    inward: SortedMap<ActorId, Inward>,
    recordings: SortedMap<SnapshotId, Recording>,
    /// Snapshots whose markers are still to be sent, where they are late.
    late: Vec<SnapshotId>,
    collecting: Option<Collecting>,
    taken: Option<Taken>,
    begun: u32,
    /// The newest request of each client, and its answer where it has one.
    requests: SortedMap<ActorId, (u64, Option<Answer>)>,
}

impl Branch {
    /// Opens with what it has at the start.
    pub fn start(context: &mut Context<'_>) -> Self {
        let (me, opening) = (context.me(), context.settings().opening);
        let others: Vec<ActorId> = context.settings().all().filter(|node| *node != me).collect();
        context.fact(Fact::Opens { coins: opening });
        Self {
            account: opening,
            out: others.iter().map(|node| (*node, Outward::default())).collect(),
            inward: others.iter().map(|node| (*node, Inward::default())).collect(),
            recordings: SortedMap::new(),
            late: Vec::new(),
            collecting: None,
            taken: None,
            begun: 0,
            requests: SortedMap::new(),
        }
    }

    /// What is in its account.
    pub fn account(&self) -> u64 {
        self.account
    }

    /// What it records, for which snapshots.
    pub fn recordings(&self) -> &SortedMap<SnapshotId, Recording> {
        &self.recordings
    }

    /// The snapshot that it waits for.
    pub fn collecting(&self) -> Option<&Collecting> {
        self.collecting.as_ref()
    }

    /// The last snapshot that it began and that is complete.
    pub fn taken(&self) -> Option<&Taken> {
        self.taken.as_ref()
    }

    /// Money sent to another node that is not known to have arrived.
    pub fn unknown(&self) -> u64 {
        let cargo = self.out.values().flat_map(Outward::unknown);
        cargo.map(|cargo| if let Cargo::Money { coins } = cargo { *coins } else { 0 }).sum()
    }

    // --- what happens ---

    /// A message arrived.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Packet { number, cargo } => self.on_packet(from, number, cargo, context),
            Message::Arrived { number } => {
                if let Some(out) = self.out.get_mut(&from) {
                    out.arrived(number);
                }
            }
            Message::Request { number, ask } => self.on_request(from, number, &ask, context),
            Message::Reply { .. } => {}
        }
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Resend => self.resend(context),
            Timer::Late => {
                for snapshot in std::mem::take(&mut self.late) {
                    self.send_markers(snapshot, context);
                }
            }
            Timer::Think | Timer::Retry | Timer::GiveUp => {}
        }
    }

    fn on_request(&mut self, client: ActorId, number: u64, ask: &Ask, context: &mut Context<'_>) {
        if let Some((newest, answer)) = self.requests.get(&client).filter(|(newest, _)| number <= *newest) {
            let answer = answer.filter(|_| number == *newest);
            context.fact(Fact::Recognised { client, number });
            if let Some(answer) = answer {
                context.send(client, Message::Reply { number, answer });
            }
            return;
        }
        self.requests.insert(client, (number, None));
        match ask {
            Ask::Send { coins, to } => {
                let answer = self.pay(*coins, *to, context);
                self.answer(client, number, answer, context);
            }
            Ask::Snapshot => self.begin(client, number, context),
        }
    }

    fn answer(&mut self, client: ActorId, number: u64, answer: Answer, context: &mut Context<'_>) {
        if let Some(request) = self.requests.get_mut(&client).filter(|(newest, _)| *newest == number) {
            request.1 = Some(answer);
        }
        context.send(client, Message::Reply { number, answer });
    }

    fn pay(&mut self, coins: u64, to: ActorId, context: &mut Context<'_>) -> Answer {
        if self.account < coins || !self.out.contains_key(&to) {
            context.fact(Fact::Short { coins });
            return Answer::TooLittle;
        }
        self.account -= coins;
        context.fact(Fact::Paid { coins, to });
        self.put(to, Cargo::Money { coins }, context);
        Answer::Sent
    }

    // --- channels ---

    fn put(&mut self, to: ActorId, cargo: Cargo, context: &mut Context<'_>) {
        let Some(out) = self.out.get_mut(&to) else { return };
        let number = out.put(cargo.clone());
        context.send(to, Message::Packet { number, cargo });
        if !context.timer_is_set(Timer::Resend) {
            context.set_timer(Timer::Resend, context.settings().resend);
        }
    }

    fn resend(&mut self, context: &mut Context<'_>) {
        let mut left = false;
        for (to, out) in &self.out {
            for (number, cargo) in out.again() {
                context.send(*to, Message::Packet { number: *number, cargo: cargo.clone() });
                left = true;
            }
        }
        if left {
            context.set_timer(Timer::Resend, context.settings().resend);
        }
    }

    fn on_packet(&mut self, from: ActorId, number: u64, cargo: Cargo, context: &mut Context<'_>) {
        let unordered = context.settings().potholes.unordered;
        let Some(inward) = self.inward.get_mut(&from) else { return };
        let (taken, upto) = (inward.take(number, unordered), inward.taken());
        context.send(from, Message::Arrived { number: upto });
        if !taken && number > upto {
            return context.fact(Fact::Waited { from, number });
        }
        if !taken {
            return context.note(|| format!("{number} of {from} is known: I have taken all up to {upto}"));
        }
        match cargo {
            Cargo::Money { coins } => self.on_money(from, coins, context),
            Cargo::Marker(snapshot) => self.on_marker(from, snapshot, context),
            Cargo::Look(snapshot) => {
                context.fact(Fact::Records { snapshot, coins: self.account, waits: self.waits() });
                let part = Cargo::Part { snapshot, account: self.account, channels: [].into() };
                self.put(from, part, context);
            }
            Cargo::Part { snapshot, account, channels } => {
                let way = channels.iter().map(|(_, coins)| *coins).sum();
                self.on_part(from, snapshot, account, way, context);
            }
        }
    }

    fn on_money(&mut self, from: ActorId, coins: u64, context: &mut Context<'_>) {
        self.account += coins;
        context.fact(Fact::Got { coins, from });
        // Sent before its sender recorded, come after this node did: it was on its way.
        let recording = self.recordings.values_mut().filter(|recording| recording.open.contains(&from));
        for recording in recording.filter(|_| !context.settings().potholes.forget_channels) {
            *recording.channels.entry(from).or_default() += coins;
        }
    }

    // --- snapshots ---

    fn begin(&mut self, client: ActorId, number: u64, context: &mut Context<'_>) {
        if let Some(collecting) = &mut self.collecting {
            context.note(|| {
                format!(
                    "snapshot {} is on its way: its total will be told to {client} too",
                    collecting.snapshot
                )
            });
            return collecting.askers.push((client, number));
        }
        self.begun += 1;
        let snapshot = SnapshotId { by: context.me(), number: self.begun };
        context.fact(Fact::Begins { snapshot });
        self.collecting =
            Some(Collecting { snapshot, parts: SortedMap::new(), askers: vec![(client, number)] });
        if context.settings().potholes.just_ask {
            let others: Vec<ActorId> = self.out.keys().copied().collect();
            others.into_iter().for_each(|other| self.put(other, Cargo::Look(snapshot), context));
            context.fact(Fact::Records { snapshot, coins: self.account, waits: self.waits() });
            return self.on_part(context.me(), snapshot, self.account, 0, context);
        }
        self.record(snapshot, None, context);
    }

    /// Records its own state, and sends the markers before anything else.
    fn record(&mut self, snapshot: SnapshotId, first: Option<ActorId>, context: &mut Context<'_>) {
        let open = self.inward.keys().copied().filter(|from| Some(*from) != first).collect();
        self.recordings
            .insert(snapshot, Recording { account: self.account, channels: SortedMap::new(), open });
        let waits = self.waits();
        context.fact(Fact::Records { snapshot, coins: self.account, waits });
        if let Some(from) = first {
            context.fact(Fact::Closes { snapshot, from, coins: 0, waits });
        }
        if context.settings().potholes.late_markers {
            self.late.push(snapshot);
            context.set_timer(Timer::Late, context.settings().late());
        } else {
            self.send_markers(snapshot, context);
        }
        self.finish(snapshot, context);
    }

    /// Whether it waits for markers.
    fn waits(&self) -> bool {
        self.recordings.values().any(|recording| !recording.open.is_empty())
    }

    fn send_markers(&mut self, snapshot: SnapshotId, context: &mut Context<'_>) {
        let others: Vec<ActorId> = self.out.keys().copied().collect();
        others.into_iter().for_each(|other| self.put(other, Cargo::Marker(snapshot), context));
    }

    fn on_marker(&mut self, from: ActorId, snapshot: SnapshotId, context: &mut Context<'_>) {
        let Some(recording) = self.recordings.get_mut(&snapshot) else {
            return self.record(snapshot, Some(from), context);
        };
        if recording.open.remove(&from) {
            let coins = recording.channels.get(&from).copied().unwrap_or(0);
            context.fact(Fact::Closes { snapshot, from, coins, waits: self.waits() });
        }
        self.finish(snapshot, context);
    }

    /// When markers have come on all channels its part is complete, and goes to whoever began.
    fn finish(&mut self, snapshot: SnapshotId, context: &mut Context<'_>) {
        if self.recordings.get(&snapshot).is_none_or(|recording| !recording.open.is_empty()) {
            return;
        }
        let Some(recording) = self.recordings.remove(&snapshot) else { return };
        if snapshot.by == context.me() {
            let way = recording.channels.values().sum();
            return self.on_part(snapshot.by, snapshot, recording.account, way, context);
        }
        let channels: Arc<[(ActorId, u64)]> = recording.channels.into_iter().collect();
        self.put(snapshot.by, Cargo::Part { snapshot, account: recording.account, channels }, context);
    }

    fn on_part(
        &mut self,
        from: ActorId,
        snapshot: SnapshotId,
        account: u64,
        way: u64,
        context: &mut Context<'_>,
    ) {
        let Some(collecting) = self.collecting.as_mut().filter(|collecting| collecting.snapshot == snapshot)
        else {
            return;
        };
        collecting.parts.insert(from, (account, way));
        if collecting.parts.len() <= self.out.len() {
            return;
        }
        let Some(Collecting { parts, askers, .. }) = self.collecting.take() else { return };
        let taken = Taken { snapshot, parts };
        let (accounts, channels) = taken.sums();
        context.fact(Fact::Taken { snapshot, accounts, channels });
        self.taken = Some(taken);
        for (client, number) in askers {
            self.answer(client, number, Answer::Total(accounts + channels), context);
        }
    }
}
