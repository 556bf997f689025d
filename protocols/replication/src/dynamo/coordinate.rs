//! Coordinating requests (§4.5, §4.6, §5): what the node does that a put or a get ends up at.
//!
//! Each of a key's N owners is a [`Leg`] of the request. A put makes a new version and sends it to all of them; it is
//! acknowledged once W have it. A get asks all of them, merges what R answer, and answers that. An owner that does not
//! answer is replaced by the next node of the preference list, which keeps the version *for* it: a hint. Whether such an
//! answer counts is the difference between a sloppy quorum and a strict one ([`Node::counts`]).

use super::clock::Dot;
use super::fact::Fact;
use super::message::{Answer, Ask, Message, Request, Why, told};
use super::node::{Node, Then};
use super::replica::Holding;
use super::ring::place;
use super::settings::ReadRepair;
use super::store::{Key, Write};
use super::version::{DELETED, Entry, Version};
use super::{Context, Timer};
use serde::Serialize;
use sim::ActorId;
use smallvec::SmallVec;
use std::sync::Arc;

/// An owner's part in a request.
#[derive(Clone, Debug, Serialize)]
pub struct Leg {
    /// The owner.
    pub owner: ActorId,
    /// Who was asked last: the owner, or who stands in.
    pub node: ActorId,
    /// The owner has answered.
    by_owner: bool,
    /// One who stood in has answered.
    by_fallback: bool,
    /// What was found there, in a get.
    found: Option<Arc<Entry>>,
    /// It was sent what the get found.
    mending: bool,
    /// And has it.
    mended: bool,
}

impl Leg {
    fn answered_by(&mut self, node: ActorId) {
        if self.owner == node {
            self.by_owner = true;
        } else {
            self.by_fallback = true;
        }
    }

    /// Whether it does not have all that was found, as far as is known.
    fn is_behind(&self, found: &Entry, context: &Context<'_>) -> bool {
        let conflicts = context.settings().conflicts;
        !self.mended && self.found.as_ref().is_none_or(|entry| entry.lacks(found, conflicts))
    }

    fn answered(&self) -> bool {
        self.by_owner || self.by_fallback
    }
}

/// What is asked.
#[derive(Clone, Debug, Serialize)]
pub enum Kind {
    /// A new version.
    Put {
        /// Its name.
        dot: Dot,
        /// The version, as it is sent.
        entry: Arc<Entry>,
    },
    /// All versions.
    Get {
        /// What was found so far; what the answer will be, once replicas are being repaired for it.
        found: Entry,
        /// They are.
        repairing: bool,
    },
}

/// A request that is coordinated.
#[derive(Clone, Debug, Serialize)]
pub struct Pending {
    client: ActorId,
    sequence: u64,
    key: Key,
    /// How it reads.
    text: Arc<str>,
    kind: Kind,
    legs: SmallVec<[Leg; 3]>,
    /// The client has its answer; the rest is for the owners that are behind.
    answered: bool,
}

impl Pending {
    fn leg_of(&mut self, node: ActorId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.owner == node || leg.node == node)
    }
}

/// A client's newest request.
#[derive(Clone, Debug, Serialize)]
pub struct Recent {
    sequence: u64,
    /// What it was answered; none while it is under way.
    answer: Option<Answer>,
}

impl Node {
    // --- a request arrives ---

    /// A node that does not keep the key sends the request on to the first that does (§4.3); if it can reach none of
    /// them, it takes it itself: writes are never refused for that.
    pub(super) fn on_request(
        &mut self,
        client: ActorId,
        request: Request,
        forwarded: bool,
        context: &mut Context<'_>,
    ) {
        match self.recent.get(&client) {
            Some(recent) if recent.sequence > request.sequence => return,
            Some(Recent { sequence, answer }) if *sequence == request.sequence => {
                if let Some(answer) = answer.clone() {
                    context.send(client, Message::Reply { sequence: request.sequence, answer });
                }
                return;
            }
            _ => {}
        }
        let owners = self.owners(&request.key, context);
        if !forwarded && !context.settings().asked_coordinates && !owners.contains(&self.id) {
            if let Some(owner) = owners.iter().find(|owner| !self.suspects.contains(owner)) {
                context.note(|| format!("{} is kept by {owners:?}: {owner} coordinates", request.key));
                return context.send(*owner, Message::Forward { client, request });
            }
            context.note(|| format!("{} is kept by {owners:?}, none of whom answers", request.key));
        }
        self.recent.insert(client, Recent { sequence: request.sequence, answer: None });
        match request.ask.clone() {
            Ask::Get => self.get(client, &request, context),
            Ask::Put { value, past } => self.put(client, &request, value, past, context),
        }
    }

    /// Who is asked for each owner: the owner; where it is suspected and that may count, the next in the list.
    fn legs(&self, key: &Key, context: &Context<'_>) -> SmallVec<[Leg; 3]> {
        let mut legs: SmallVec<[Leg; 3]> = SmallVec::new();
        for owner in self.owners(key, context) {
            let mut leg = Leg {
                owner,
                node: owner,
                by_owner: false,
                by_fallback: false,
                found: None,
                mending: false,
                mended: false,
            };
            if self.suspects.contains(&owner)
                && context.settings().counts_fallbacks()
                && let Some(fallback) = self.fallback(key, &legs, context)
            {
                leg.node = fallback;
            }
            legs.push(leg);
        }
        legs
    }

    /// The next of the preference list after the owners that is not suspected and has no part in this request yet.
    fn fallback(&self, key: &Key, legs: &[Leg], context: &Context<'_>) -> Option<ActorId> {
        let walk = self.ring.walk(place(key));
        let rest = walk.into_iter().skip(usize::from(context.settings().copies));
        rest.into_iter()
            .find(|node| !self.suspects.contains(node) && legs.iter().all(|leg| leg.node != *node))
    }

    fn begin(&mut self, id: u64, pending: Pending, context: &mut Context<'_>) {
        self.pending.insert(id, pending);
        context.set_timer(Timer::Patience(id), context.settings().patience);
        context.set_timer(Timer::Deadline(id), context.settings().deadline);
    }

    fn end(&mut self, id: u64, context: &mut Context<'_>) {
        self.pending.remove(&id);
        context.cancel_timer(Timer::Patience(id));
        context.cancel_timer(Timer::Deadline(id));
    }

    /// The quorum rule: so many answers count.
    fn counts(leg: &Leg, context: &Context<'_>) -> bool {
        leg.by_owner || (leg.by_fallback && context.settings().counts_fallbacks())
    }

    fn counted(pending: &Pending, context: &Context<'_>) -> SmallVec<[ActorId; 3]> {
        let counted = pending.legs.iter().filter(|leg| Self::counts(leg, context));
        counted.map(|leg| if leg.by_owner { leg.owner } else { leg.node }).collect()
    }

    /// R or W; fewer where a key has fewer owners.
    fn needed(pending: &Pending, context: &Context<'_>) -> u16 {
        let settings = context.settings();
        let wanted = if matches!(pending.kind, Kind::Put { .. }) { settings.w } else { settings.r };
        wanted.min(u16::try_from(pending.legs.len()).unwrap_or(u16::MAX)).max(1)
    }

    // --- put ---

    fn put(
        &mut self,
        client: ActorId,
        request: &Request,
        value: Option<Arc<str>>,
        read: super::clock::Clock,
        context: &mut Context<'_>,
    ) {
        let key = Arc::clone(&request.key);
        let count = self.hard.issued.get(&key).copied().unwrap_or(0) + 1;
        let dot = Dot { node: self.id, count };
        let mut past = read.clone();
        // The mistake: with one counter a coordinator the new version seems to know all that came by here before it.
        if context.settings().potholes.no_dots {
            past.claim_before(dot);
        }
        let text: Arc<str> = value.clone().unwrap_or_else(|| DELETED.into());
        context.fact(Fact::Made { key: Arc::clone(&key), text, dot, read, past: past.clone() });
        let (stamp, by) = (context.wall(), (client, request.sequence));
        let entry = Arc::new(Entry::from(Version { dot, past, value, stamp, by }));
        let (id, legs) = (self.number(), self.legs(&key, context));
        // Its number must not be used again, so nobody hears of it before it is durable.
        let issued = Some(count);
        match legs.iter().find(|leg| leg.node == self.id) {
            Some(leg) => {
                let hint = (leg.owner != self.id).then_some(leg.owner);
                self.hold(&key, &entry, Holding { hint, issued }, context);
            }
            None => self.write(Write::Issued { key: Arc::clone(&key), count }, context),
        }
        let sync = Some(self.flush(context));
        let own = legs.iter().any(|leg| leg.node == self.id);
        for leg in &legs {
            if leg.node != self.id {
                self.store(id, leg.node, leg.owner, &key, &entry, context);
            }
        }
        let (sequence, text) = (request.sequence, request.label().into());
        let kind = Kind::Put { dot, entry };
        self.begin(id, Pending { client, sequence, key, text, kind, legs, answered: false }, context);
        if own {
            self.after(sync, Then::Kept(id), context);
        }
    }

    /// Has a node keep a put's version, its own or for the owner in whose place it is asked.
    fn store(
        &mut self,
        id: u64,
        node: ActorId,
        owner: ActorId,
        key: &Key,
        entry: &Arc<Entry>,
        context: &mut Context<'_>,
    ) {
        let hint = (node != owner).then_some(owner);
        if node == self.id {
            self.hold(key, entry, Holding { hint, issued: None }, context);
            let sync = Some(self.flush(context));
            return self.after(sync, Then::Kept(id), context);
        }
        let (key, entry) = (Arc::clone(key), Arc::clone(entry));
        self.send_durable(
            self.syncing,
            node,
            Message::Store { id, key, entry, hint, why: Why::Write },
            context,
        );
    }

    /// Somebody keeps what it was sent: the version of a put, what a get found, or what was handed over.
    pub(super) fn on_kept(&mut self, from: ActorId, id: u64, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get_mut(&id) else { return self.on_transferred(from, id, context) };
        let writes = matches!(pending.kind, Kind::Put { .. });
        let Some(leg) = pending.leg_of(from) else { return };
        if writes {
            leg.answered_by(from);
            self.settle_put(id, context);
        } else {
            leg.mended = true;
            self.settle_get(id, context);
        }
    }

    fn settle_put(&mut self, id: u64, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get(&id) else { return };
        let Kind::Put { dot, .. } = pending.kind else { return };
        let counted = Self::counted(pending, context);
        if !pending.answered && counted.len() >= usize::from(Self::needed(pending, context)) {
            let (client, key, text) = (pending.client, Arc::clone(&pending.key), Arc::clone(&pending.text));
            context.fact(Fact::Acknowledged { client, key, text, by: counted });
            self.answer(id, Answer::Stored { dot }, context);
        }
        let done = |pending: &Pending| pending.answered && pending.legs.iter().all(Leg::answered);
        if self.pending.get(&id).is_some_and(done) {
            self.end(id, context);
        }
    }

    fn answer(&mut self, id: u64, answer: Answer, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        pending.answered = true;
        let (client, sequence) = (pending.client, pending.sequence);
        if let Some(recent) = self.recent.get_mut(&client).filter(|recent| recent.sequence == sequence) {
            recent.answer = Some(answer.clone());
        }
        context.send(client, Message::Reply { sequence, answer });
    }

    // --- get ---

    fn get(&mut self, client: ActorId, request: &Request, context: &mut Context<'_>) {
        let key = Arc::clone(&request.key);
        let (id, legs) = (self.number(), self.legs(&key, context));
        let asked: SmallVec<[ActorId; 3]> = legs.iter().map(|leg| leg.node).collect();
        let kind = Kind::Get { found: Entry::default(), repairing: false };
        let text = request.label().into();
        let pending = Pending {
            client,
            sequence: request.sequence,
            key: Arc::clone(&key),
            text,
            kind,
            legs,
            answered: false,
        };
        self.begin(id, pending, context);
        for node in asked {
            self.fetch(id, node, &key, context);
        }
    }

    fn fetch(&mut self, id: u64, node: ActorId, key: &Key, context: &mut Context<'_>) {
        if node == self.id {
            let entry = Arc::new(self.hard.known(key, context.settings().conflicts));
            self.after(self.syncing, Then::Answer(id, entry), context);
        } else {
            context.send(node, Message::Fetch { id, key: Arc::clone(key) });
        }
    }

    pub(super) fn on_fetched(
        &mut self,
        from: ActorId,
        id: u64,
        entry: Arc<Entry>,
        context: &mut Context<'_>,
    ) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let Kind::Get { found, repairing } = &mut pending.kind else { return };
        // What comes once the others are being repaired is not in the answer: they would not have it.
        if !*repairing {
            found.merge(&entry, context.settings().conflicts);
        }
        if let Some(leg) = pending.leg_of(from).filter(|leg| leg.found.is_none() || leg.owner == from) {
            leg.node = from;
            leg.answered_by(from);
            leg.found = Some(entry);
        }
        self.settle_get(id, context);
    }

    /// Answers once R have answered; where replicas are repaired first, once W of them have what is answered.
    fn settle_get(&mut self, id: u64, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let needed = usize::from(Self::needed(pending, context));
        let counted = Self::counted(pending, context);
        let Kind::Get { repairing, .. } = &mut pending.kind else { return };
        if !pending.answered && counted.len() >= needed {
            if context.settings().read_repair == ReadRepair::Before {
                *repairing = true;
                if !self.is_spread(id, context) {
                    return self.repair(id, context);
                }
            }
            self.answer_get(id, counted, context);
        }
        let done = |pending: &Pending| pending.answered && pending.legs.iter().all(Leg::answered);
        if self.pending.get(&id).is_some_and(done) {
            self.end_get(id, context);
        }
    }

    fn answer_get(&mut self, id: u64, by: SmallVec<[ActorId; 3]>, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get(&id) else { return };
        let Kind::Get { found, .. } = &pending.kind else { return };
        let values: Arc<[Arc<str>]> = found.values().into();
        let answer = Answer::Found { values: Arc::clone(&values), clock: found.seen() };
        let (client, key, text) = (pending.client, Arc::clone(&pending.key), told(&values).into());
        context.fact(Fact::Read { client, key, text, by });
        self.answer(id, answer, context);
    }

    /// The client has its answer. Whoever is behind what all of them said is told (§5).
    fn end_get(&mut self, id: u64, context: &mut Context<'_>) {
        let conflicts = context.settings().conflicts;
        if let Some(pending) = self.pending.get_mut(&id)
            && let Kind::Get { found, .. } = &mut pending.kind
        {
            for said in pending.legs.iter().filter_map(|leg| leg.found.as_ref()) {
                found.merge(said, conflicts);
            }
        }
        self.repair(id, context);
        self.end(id, context);
    }

    /// Whether a write quorum has all that was found.
    fn is_spread(&self, id: u64, context: &Context<'_>) -> bool {
        let Some(pending) = self.pending.get(&id) else { return true };
        let Kind::Get { found, .. } = &pending.kind else { return true };
        let has = |leg: &&Leg| Self::counts(leg, context) && !leg.is_behind(found, context);
        let wanted = usize::from(context.settings().w).min(pending.legs.len());
        pending.legs.iter().filter(has).count() >= wanted
    }

    /// Owners that answered less than was found are sent it.
    fn repair(&mut self, id: u64, context: &mut Context<'_>) {
        if context.settings().read_repair == ReadRepair::Off {
            return;
        }
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let Kind::Get { found, .. } = &pending.kind else { return };
        let (key, entry) = (Arc::clone(&pending.key), Arc::new(found.clone()));
        let mut behind: SmallVec<[ActorId; 3]> = SmallVec::new();
        for leg in pending.legs.iter_mut().filter(|leg| leg.by_owner && !leg.mending) {
            if leg.is_behind(&entry, context) {
                leg.mending = true;
                behind.push(leg.owner);
            }
        }
        for node in behind {
            context.fact(Fact::Repaired { key: Arc::clone(&key), node });
            if node == self.id {
                self.hold(&key, &entry, Holding::default(), context);
                let sync = Some(self.flush(context));
                self.after(sync, Then::Kept(id), context);
            } else {
                let (key, entry) = (Arc::clone(&key), Arc::clone(&entry));
                context.send(node, Message::Store { id, key, entry, hint: None, why: Why::Repair });
            }
        }
    }

    // --- no answer ---

    /// Some have not answered: they are suspected, and the next of the list are asked in their place.
    pub(super) fn on_patience(&mut self, id: u64, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get(&id).cloned() else { return };
        let silent = pending.legs.iter().filter(|leg| !leg.answered());
        silent.for_each(|leg| self.suspect(leg.node, context));
        let writes = matches!(pending.kind, Kind::Put { .. });
        if pending.answered && !writes {
            return self.end_get(id, context);
        }
        context.set_timer(Timer::Patience(id), context.settings().patience);
        let counts_fallbacks = context.settings().counts_fallbacks();
        let (mut legs, mut asked) = (pending.legs, SmallVec::<[(ActorId, ActorId); 4]>::new());
        for at in 0..legs.len() {
            if Self::counts(&legs[at], context) {
                continue;
            }
            // A hint is left also where it does not count; a read has no use for an answer that does not.
            if !legs[at].by_fallback
                && (writes || counts_fallbacks)
                && let Some(fallback) = self.fallback(&pending.key, &legs, context)
            {
                legs[at].node = fallback;
                asked.push((legs[at].owner, fallback));
            }
            if legs[at].node == legs[at].owner || !counts_fallbacks {
                asked.push((legs[at].owner, legs[at].owner));
            }
        }
        if let Some(pending) = self.pending.get_mut(&id) {
            // Repairs that were not answered are sent again.
            legs.iter_mut().for_each(|leg| leg.mending = false);
            pending.legs = legs;
        }
        for (owner, node) in asked {
            context.note(|| match node == owner {
                true => format!("asks {node} once more"),
                false => format!("asks {node} in place of {owner}"),
            });
            match &pending.kind {
                Kind::Put { entry, .. } => self.store(id, node, owner, &pending.key, entry, context),
                Kind::Get { .. } => self.fetch(id, node, &pending.key, context),
            }
        }
        if matches!(pending.kind, Kind::Get { repairing: true, .. }) {
            self.repair(id, context);
        }
    }

    /// No quorum in time. A write may be on some nodes all the same, and then it stays.
    pub(super) fn on_deadline(&mut self, id: u64, context: &mut Context<'_>) {
        let Some(pending) = self.pending.get(&id) else { return };
        if !pending.answered {
            let had = u16::try_from(Self::counted(pending, context).len()).unwrap_or(u16::MAX);
            let needed = Self::needed(pending, context);
            let (client, text) = (pending.client, Arc::clone(&pending.text));
            context.fact(Fact::Unavailable { client, text, had, needed });
            self.answer(id, Answer::Unavailable { had, needed }, context);
            // Asked again, it is tried again.
            self.recent.remove(&client);
        }
        self.end(id, context);
    }
}
