//! A node: what it holds, where each event goes, and whom it believes alive and a member.
//!
//! It has no office: any node takes any request ([`super::coordinate`]), keeps what the ring gives it ([`super::replica`])
//! and compares itself with the others ([`super::repair`]).

use super::coordinate::{Pending, Recent};
use super::fact::Fact;
use super::members::Members;
use super::message::Message;
use super::repair::Transfer;
use super::ring::{Ring, place};
use super::store::{Hard, Key, Write};
use super::{Context, Event, Timer};
use serde::Serialize;
use sim::ordered::{SortedMap, SortedSet};
use sim::{ActorId, Recovery, Span, SyncId};
use std::collections::VecDeque;
use std::sync::Arc;

/// How often a node looks whether something that is switched off has been switched on.
const IDLE: Span = Span::millis(300);

/// What becomes so at its coordinator once a sync is done.
#[derive(Clone, Debug, Serialize)]
pub(super) enum Then {
    /// Its own copy of that request's write is durable, or what a read found is.
    Kept(u64),
    /// What it holds itself may be told as the answer to that read.
    Answer(u64, Arc<super::version::Entry>),
}

/// A node.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    pub(super) id: ActorId,
    /// What survives a crash.
    pub(super) hard: Hard,
    /// Whom it believes a member.
    pub(super) members: Arc<Members>,
    /// What follows from that.
    #[serde(skip)]
    pub(super) ring: Ring,
    /// Who does not answer, as far as it can tell: nobody else is asked (§4.8.3).
    pub(super) suspects: SortedSet<ActorId>,
    /// Requests that it coordinates.
    pub(super) pending: SortedMap<u64, Pending>,
    /// Each client's newest request that it coordinated: one that arrives twice is carried out once.
    pub(super) recent: SortedMap<ActorId, Recent>,
    /// Hints and strays on their way to those who should have them.
    pub(super) transfers: SortedMap<(Option<ActorId>, Key), Transfer>,
    /// What waits for syncs, in their order.
    pub(super) awaiting: VecDeque<(SyncId, Then)>,
    /// The newest sync, while it is not done.
    pub(super) syncing: Option<SyncId>,
    /// Numbers for what it sends: those of an earlier life must not be taken for these.
    next: u64,
    gossip_turn: u64,
    pub(super) compare_turn: u64,
    /// Whose answer to the last gossip is still out.
    gossiped: Option<ActorId>,
}

impl Node {
    /// Starts, from what the disk holds alone.
    pub fn start(hard: &Hard, recovery: Recovery, context: &mut Context<'_>) -> Self {
        let (id, settings) = (context.me(), context.settings());
        let members = match &hard.members {
            Some(members) => Arc::clone(members),
            None => Arc::new(Members::first(settings.nodes)),
        };
        let turn = context.draw().below(16);
        let mut node = Self {
            id,
            hard: hard.clone(),
            ring: Ring::default(),
            suspects: SortedSet::new(),
            pending: SortedMap::new(),
            recent: SortedMap::new(),
            transfers: SortedMap::new(),
            awaiting: VecDeque::new(),
            syncing: None,
            next: u64::from(recovery.starts) << 32,
            gossip_turn: turn,
            compare_turn: turn,
            gossiped: None,
            members,
        };
        node.build_ring(context);
        context.require(!recovery.corrupt, || "a durable record is damaged".to_owned());
        if recovery.starts > 0 {
            let keys = node.hard.entries.len() as u64;
            context.fact(Fact::Recovered { keys, torn: recovery.torn });
        }
        node.say_standing(context);
        for (timer, every) in [
            (Timer::Gossip, context.settings().gossip),
            (Timer::Handoff, context.settings().handoff),
            (Timer::Compare, context.settings().compare),
        ] {
            // Spread, so that not everybody talks at once.
            let first = Span(context.draw().below(every.max(Span::micros(1)).0));
            context.set_timer(timer, first.max(Span::micros(1)));
        }
        node
    }

    /// One that holds this and has heard of nothing.
    #[cfg(test)]
    pub(super) fn holding(id: ActorId, hard: Hard) -> Self {
        Self {
            id,
            members: hard.members.clone().unwrap_or_default(),
            hard,
            ring: Ring::default(),
            suspects: SortedSet::new(),
            pending: SortedMap::new(),
            recent: SortedMap::new(),
            transfers: SortedMap::new(),
            awaiting: VecDeque::new(),
            syncing: None,
            next: 0,
            gossip_turn: 0,
            compare_turn: 0,
            gossiped: None,
        }
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        context.work(context.settings().work);
        match event {
            Event::Message { from, message } => self.on_message(from, message, context),
            Event::Timer(Timer::Patience(id)) => self.on_patience(id, context),
            Event::Timer(Timer::Deadline(id)) => self.on_deadline(id, context),
            Event::Timer(Timer::Gossip) => self.on_gossip_timer(context),
            Event::Timer(Timer::Handoff) => {
                let every = context.settings().hands_over();
                context.set_timer(Timer::Handoff, every.unwrap_or(IDLE));
                if every.is_some() {
                    self.offer(context);
                }
            }
            Event::Timer(Timer::Compare) => {
                let every = context.settings().compares();
                context.set_timer(Timer::Compare, every.unwrap_or(IDLE));
                if every.is_some() {
                    self.compare(context);
                }
            }
            Event::Timer(_) => {}
            Event::Synced(id) => self.on_synced(id, context),
            // What was written may never be durable, and nobody can tell which part: as real ones do, it stops.
            Event::DiskFailed { full } => {
                let reason = if full { "its disk is full" } else { "its disk failed" };
                context.require(false, || reason.to_owned());
            }
            Event::Verb { verb, words } => self.on_order(&verb, &words, context),
        }
    }

    fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Request(request) => self.on_request(from, request, false, context),
            Message::Forward { client, request } => self.on_request(client, request, true, context),
            Message::Store { id, key, entry, hint, .. } => {
                self.on_store(from, id, &key, &entry, hint, context);
            }
            Message::Kept { id } => {
                self.heard(from, context);
                self.on_kept(from, id, context);
            }
            Message::Fetch { id, key } => self.on_fetch(from, id, key, context),
            Message::Fetched { id, entry, .. } => {
                self.heard(from, context);
                self.on_fetched(from, id, entry, context);
            }
            Message::Gossip { members, answers } => self.on_gossip(from, &members, answers, context),
            Message::Compare { branches } => self.on_compare(from, &branches, context),
            Message::Exchange { parts, entries, answers } => {
                self.on_exchange(from, &parts, &entries, answers, context);
            }
            Message::Reply { .. } => {}
        }
    }

    /// A number for something it sends.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    // --- what it keeps ---

    /// What it keeps.
    pub fn hard(&self) -> &Hard {
        &self.hard
    }

    /// Whom it believes a member.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// Who does not answer it.
    pub fn suspects(&self) -> &SortedSet<ActorId> {
        &self.suspects
    }

    /// How many requests it coordinates now.
    pub fn coordinates(&self) -> u64 {
        self.pending.len() as u64
    }

    /// Its ring.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whom it believes to keep a key: the first N of the preference list.
    pub(super) fn owners(&self, key: &str, context: &Context<'_>) -> Vec<ActorId> {
        self.ring.owners(place(key), context.settings().copies)
    }

    pub(super) fn write(&mut self, write: Write, context: &mut Context<'_>) {
        self.hard.apply(&write);
        context.write(write);
    }

    /// Asks for everything written so far to be durable.
    pub(super) fn flush(&mut self, context: &mut Context<'_>) -> SyncId {
        let sync = context.sync();
        self.syncing = Some(sync);
        sync
    }

    /// Sends once that sync is done: what is said to be kept must be durable.
    pub(super) fn send_durable(
        &self,
        sync: Option<SyncId>,
        to: ActorId,
        message: Message,
        context: &mut Context<'_>,
    ) {
        match sync {
            Some(sync) if !context.settings().potholes.ack_before_fsync => {
                context.send_after(sync, to, message)
            }
            _ => context.send(to, message),
        }
    }

    fn on_synced(&mut self, done: SyncId, context: &mut Context<'_>) {
        if self.syncing.is_some_and(|newest| newest <= done) {
            self.syncing = None;
        }
        while self.awaiting.front().is_some_and(|(sync, _)| *sync <= done) {
            if let Some((_, then)) = self.awaiting.pop_front() {
                self.then(then, context);
            }
        }
    }

    /// Waits for a sync; not at all where that mistake is in, or nothing is to be waited for.
    pub(super) fn after(&mut self, sync: Option<SyncId>, then: Then, context: &mut Context<'_>) {
        match sync {
            Some(sync) if !context.settings().potholes.ack_before_fsync => {
                self.awaiting.push_back((sync, then))
            }
            _ => self.then(then, context),
        }
    }

    fn then(&mut self, then: Then, context: &mut Context<'_>) {
        match then {
            Then::Kept(id) => self.on_kept(self.id, id, context),
            Then::Answer(id, entry) => self.on_fetched(self.id, id, entry, context),
        }
    }

    // --- who is alive (§4.8.3) ---

    /// An answer came: this one is alive, and hears this node.
    pub(super) fn heard(&mut self, from: ActorId, context: &mut Context<'_>) {
        if self.gossiped == Some(from) {
            self.gossiped = None;
        }
        if self.suspects.remove(&from) {
            context.fact(Fact::Trusted { node: from });
        }
    }

    /// No answer came.
    pub(super) fn suspect(&mut self, node: ActorId, context: &mut Context<'_>) {
        if node != self.id && self.suspects.insert(node) {
            context.fact(Fact::Suspected { node });
        }
    }

    /// Everybody in turn, whether they answered before or not: that is how one who is back is noticed.
    fn on_gossip_timer(&mut self, context: &mut Context<'_>) {
        context.set_timer(Timer::Gossip, context.settings().gossip);
        if let Some(silent) = self.gossiped.take() {
            self.suspect(silent, context);
        }
        let others: Vec<ActorId> = self.members.known().filter(|node| *node != self.id).collect();
        self.gossip_turn += 1;
        if let Some(peer) = in_turn(&others, self.gossip_turn) {
            self.gossiped = Some(peer);
            context.send(peer, Message::Gossip { members: Arc::clone(&self.members), answers: false });
        }
    }

    fn on_gossip(&mut self, from: ActorId, theirs: &Members, answers: bool, context: &mut Context<'_>) {
        if answers {
            self.heard(from, context);
        }
        let mut members = Members::clone(&self.members);
        let changed = members.merge(theirs);
        self.believe(members, &changed, context);
        if !answers {
            context.send(from, Message::Gossip { members: Arc::clone(&self.members), answers: true });
        }
    }

    // --- who is a member (§4.8.1) ---

    /// An administrator's order. Refused where it would leave too few nodes to keep each key N times, as far as this node
    /// knows.
    fn on_order(&mut self, verb: &str, words: &[Arc<str>], context: &mut Context<'_>) {
        let Some(node) = words.first().and_then(|word| word.parse::<ActorId>().ok()) else { return };
        let (joins, copies) = (verb == "join", context.settings().copies);
        if !joins && self.members.contains(node) && self.members.count() <= copies {
            let reason =
                format!("{node} cannot leave, each key is to be kept by {copies} of {}", self.members);
            return context.fact(Fact::Declined { reason: reason.into() });
        }
        let mut members = Members::clone(&self.members);
        if members.order(node, joins) {
            self.believe(members, &[node], context);
        }
    }

    /// Goes by this history from now on.
    fn believe(&mut self, members: Members, changed: &[ActorId], context: &mut Context<'_>) {
        if members == *self.members {
            return;
        }
        self.write(Write::Members(members.clone()), context);
        self.flush(context);
        self.members = Arc::new(members);
        self.build_ring(context);
        for node in changed {
            if self.members.contains(*node) {
                context.fact(Fact::Joined { node: *node });
            } else {
                context.fact(Fact::Left { node: *node });
            }
        }
        if changed.contains(&self.id) {
            self.say_standing(context);
        }
    }

    fn say_standing(&self, context: &mut Context<'_>) {
        context.fact(if self.members.contains(self.id) { Fact::Serves } else { Fact::Retired });
    }

    fn build_ring(&mut self, context: &Context<'_>) {
        self.ring = ring_of(&self.members, context.settings().points);
    }
}

/// The ring of the members. Where orders that did not know of each other have let everybody leave, all stay.
pub(super) fn ring_of(members: &Members, points: u16) -> Ring {
    if members.count() == 0 { Ring::of(members.known(), points) } else { Ring::of(members.iter(), points) }
}

/// Whose turn it is.
pub(super) fn in_turn(nodes: &[ActorId], turn: u64) -> Option<ActorId> {
    let at = turn.checked_rem(nodes.len() as u64)?;
    nodes.get(usize::try_from(at).unwrap_or_default()).copied()
}
