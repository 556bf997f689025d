//! Watches the invariants as things happen, from facts and from what they say changed.
//!
//! [`Watch`] remembers, of each key, what every node holds (as clocks: sets of the names of writes), what was
//! acknowledged and what was read. A write survives while some node's clock has it; owners are alike when all their
//! clocks have what any has; a read is fresh if its clock covers what was acknowledged when it was asked. Names are
//! compared, never values, so retries and equal values confuse nothing. Copies share what they have in common.

use super::clock::{Clock, Dot};
use super::fact::{Fact, Learned, Promised};
use super::invariants::At;
use super::members::Members;
use super::node::{Node, ring_of};
use super::ring::{Ring, place};
use super::settings::Settings;
use super::store::Key;
use super::{Actor, Dynamo};
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Span, Time};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// What one node holds under one key.
#[derive(Clone, Debug, Default)]
struct Held {
    /// All writes in its entry, and all that those replaced.
    seen: Clock,
    /// Those in its entry.
    current: SmallVec<[Dot; 2]>,
    /// The same for what it keeps for others.
    hinted: Clock,
    /// Those in what it keeps for others.
    lent: SmallVec<[Dot; 2]>,
    /// All it has ever seen, as far as it can remember: what is not current among these is gone.
    ever: Clock,
}

/// What was seen of one key.
#[derive(Clone, Debug, Default)]
struct Watched {
    nodes: SortedMap<ActorId, Held>,
    /// Writes for which a client heard ok.
    acknowledged: Clock,
    /// What clients were answered.
    returned: Clock,
    /// Writes that a version says to know though its writer had not read them.
    claimed: Clock,
    /// Deletions of which nothing was kept, and what they deleted: whoever deletes means to lose. That it comes back is
    /// what must not be.
    forgotten: Clock,
    /// When each was made, where wall clocks decide.
    made: SortedMap<Dot, Time>,
    /// All that ever were.
    all: Clock,
}

impl Watched {
    /// All that some node holds.
    fn held(&self) -> Clock {
        let mut held = Clock::new();
        for node in self.nodes.values() {
            held.join(&node.seen);
            held.join(&node.hinted);
        }
        held
    }

    /// All that are in some node's entries.
    fn current(&self) -> impl Iterator<Item = &Dot> {
        self.nodes.values().flat_map(|node| node.current.iter().chain(&node.lent))
    }
}

/// What a client's read, asked for and not yet answered, must cover.
#[derive(Clone, Debug)]
struct Asked {
    acknowledged: Clock,
    returned: Clock,
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    keys: Arc<SortedMap<Key, Arc<Watched>>>,
    reads: SortedMap<ActorId, (Key, Asked)>,
    /// Whom each node believes a member: an order that a node forgot in a crash is none.
    believed: Arc<SortedMap<ActorId, Members>>,
    /// All that taken together.
    members: Members,
    ring: Ring,
    /// Somebody has joined or left: then quorums of before and after may not meet.
    moved: bool,
    copies: u16,
    points: u16,
    /// What is promised as long as it was at every answer so far.
    promised: Promised,
    /// Wall clocks decide, and are promised to be right.
    by_clock: bool,
    /// Nothing has failed, and nobody has joined or left.
    untouched: bool,
    /// Owners are to be alike so long after everything was mended; none where that is not promised.
    within: Option<Span>,
    /// Everything is mended.
    calm: bool,
    /// Owners need not be alike before this.
    settled: Time,
    /// From then on these must be on all owners.
    due: VecDeque<(Time, Key, Clock)>,
}

impl Monitor<Dynamo> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        let members = Members::first(settings.nodes);
        let timely = settings.is_timely();
        let mut promised = Promised::of(settings);
        promised.overlaps &= timely;
        Self {
            keys: Arc::default(),
            reads: SortedMap::new(),
            ring: ring_of(&members, settings.points),
            believed: Arc::default(),
            members,
            moved: false,
            copies: settings.copies,
            points: settings.points,
            promised,
            by_clock: !settings.promises_siblings(),
            untouched: true,
            within: (settings.promises_convergence() && timely).then(|| settings.converges_within()),
            calm: true,
            settled: Time::ZERO,
            due: VecDeque::new(),
        }
    }

    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, Dynamo>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        let node = state.and_then(Actor::node);
        match happening {
            Happening::Fact(fact) if actor.is_client() => self.client_fact(actor, fact, report),
            Happening::Fact(fact) => self.node_fact(at, actor, fact, node, report),
            Happening::Started => self.started(at, actor, node, report),
            Happening::Healed => self.healed(at),
            Happening::Disturbed => {
                self.untouched = false;
                self.calm = false;
                self.due.clear();
            }
            Happening::Crashed => {}
        }
        self.overdue(at, report);
    }
}

impl Watch {
    fn key(&mut self, key: &Key) -> &mut Watched {
        let keys = Arc::make_mut(&mut self.keys);
        if !keys.contains_key(key) {
            keys.insert(Arc::clone(key), Arc::default());
        }
        Arc::make_mut(keys.entry(Arc::clone(key)).or_default())
    }

    // --- clients ---

    fn client_fact(&mut self, client: ActorId, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Asked { key, reads: true, .. } => {
                let watched = self.key(key);
                let asked =
                    Asked { acknowledged: watched.acknowledged.clone(), returned: watched.returned.clone() };
                self.reads.insert(client, (Arc::clone(key), asked));
            }
            Fact::Answered { key, learned, promised, .. } => {
                self.promised.narrow(*promised);
                match learned {
                    Learned::Wrote(dot) => self.acknowledged(client, key, *dot, report),
                    Learned::Saw(clock) => self.read(client, key, clock, report),
                }
            }
            Fact::Reconciled { .. } => report.reached(At::Reconciled.place()),
            Fact::GaveUp { .. } => report.reached(At::GaveUp.place()),
            _ => {}
        }
    }

    fn acknowledged(&mut self, client: ActorId, key: &Key, dot: Dot, report: &mut Report) {
        let watched = self.key(key);
        watched.acknowledged.insert(dot);
        if watched.claimed.contains(dot) {
            let sentence = format!(
                "{client} was told ok for {dot} of {key}, and a version that did not know of it takes its place"
            );
            report.broken(At::Survives.place(), sentence);
        }
        self.survives(key, report);
    }

    fn read(&mut self, client: ActorId, key: &Key, clock: &Clock, report: &mut Report) {
        let Some((_, asked)) = self.reads.remove(&client).filter(|(asked, _)| asked == key) else { return };
        let missed = asked.acknowledged.missing_from(clock).next();
        let told = |dot: Dot| {
            format!(
                "{client} was answered {clock} for {key}, and {dot} had been acknowledged before it asked"
            )
        };
        if let Some(dot) = missed {
            report.reached(At::Stale.place());
            if self.promised.fresh && !self.moved {
                report.broken(At::Fresh.place(), told(dot));
            }
            if self.promised.overlaps && self.untouched {
                report.broken(At::Calm.place(), told(dot));
            }
        }
        if self.promised.forward
            && !self.moved
            && let Some(dot) = asked.returned.missing_from(clock).next()
        {
            let sentence =
                format!("{client} was answered {clock} for {key}, and {dot} had been read before it asked");
            report.broken(At::Forward.place(), sentence);
        }
        self.key(key).returned.join(clock);
    }

    // --- nodes ---

    fn node_fact(&mut self, at: Time, who: ActorId, fact: &Fact, node: Option<&Node>, report: &mut Report) {
        match fact {
            Fact::Joined { .. } | Fact::Left { .. } => {
                let joins = matches!(fact, Fact::Joined { .. });
                report.reached(if joins { At::Joined } else { At::Left }.place());
                if let Some(node) = node {
                    self.believes(at, who, node.members());
                }
            }
            Fact::Trusted { .. } => report.reached(At::Trusted.place()),
            Fact::Made { key, text, dot, read, past } => self.made(at, key, text, *dot, read, past, report),
            Fact::Stored { key, .. } | Fact::Hinted { key, .. } => self.look(at, who, key, node, report),
            Fact::Delivered { key, .. } => {
                report.reached(At::Delivered.place());
                self.look(at, who, key, node, report);
            }
            Fact::HandedOver { key } => {
                report.reached(At::HandedOver.place());
                self.held(who, key).ever = Clock::new();
                self.look(at, who, key, node, report);
            }
            Fact::Forgot { key, knew } => {
                self.key(key).forgotten.join(knew);
                self.look(at, who, key, node, report);
            }
            Fact::Repaired { .. } => report.reached(At::Repaired.place()),
            Fact::Differs { .. } => report.reached(At::Differs.place()),
            Fact::Acknowledged { key, by, .. } | Fact::Read { key, by, .. } => {
                let owners = self.ring.owners(place(key), self.copies);
                if by.iter().any(|node| !owners.contains(node)) {
                    report.reached(At::Fallback.place());
                }
            }
            Fact::Unavailable { .. } => report.reached(At::Unavailable.place()),
            _ => {}
        }
    }

    fn believes(&mut self, at: Time, who: ActorId, members: &Members) {
        Arc::make_mut(&mut self.believed).insert(who, members.clone());
        let mut all = Members::default();
        self.believed.values().for_each(|members| drop(all.merge(members)));
        if all != self.members {
            self.moved = true;
            self.untouched = false;
            self.settled = self.settled.max(at + self.within.unwrap_or_default());
            self.ring = ring_of(&all, self.points);
            self.members = all;
        }
    }

    fn held(&mut self, who: ActorId, key: &Key) -> &mut Held {
        self.key(key).nodes.entry(who).or_default()
    }

    /// A version may say that its writer had read only what it had.
    #[allow(clippy::too_many_arguments, reason = "the parts of one fact")]
    fn made(
        &mut self,
        at: Time,
        key: &Key,
        text: &str,
        dot: Dot,
        read: &Clock,
        past: &Clock,
        report: &mut Report,
    ) {
        let by_clock = self.by_clock;
        let watched = self.key(key);
        if by_clock {
            watched.made.insert(dot, at);
        }
        let mut lost = None;
        for claimed in past.missing_from(read) {
            watched.claimed.insert(claimed);
            if watched.acknowledged.contains(claimed) {
                lost = Some(claimed);
            }
        }
        if let Some(lost) = lost {
            let sentence =
                format!("{text}, {dot} of {key}, takes the place of {lost}, which its writer had not read");
            report.broken(At::Survives.place(), sentence);
        }
    }

    /// A node holds something else under a key now.
    fn look(&mut self, at: Time, who: ActorId, key: &Key, node: Option<&Node>, report: &mut Report) {
        let Some(node) = node else { return };
        let entry = node.hard().entries.get(key).map(|entry| entry.as_ref().clone()).unwrap_or_default();
        let (seen, current): (Clock, SmallVec<[Dot; 2]>) = (entry.seen(), entry.dots().collect());
        let (mut hinted, mut lent) = (Clock::new(), SmallVec::new());
        for (_, entry) in node.hard().hints_of(key) {
            hinted.join(&entry.seen());
            lent.extend(entry.dots());
        }
        if current.len() > 1 {
            report.reached(At::Siblings.place());
            let writers: Vec<_> = entry.versions().iter().map(|version| version.by).collect();
            if writers.iter().enumerate().any(|(at, by)| writers[..at].contains(by)) {
                report.reached(At::Twice.place());
            }
        }
        let held = self.held(who, key);
        let back = current.iter().find(|dot| held.ever.contains(**dot) && !held.current.contains(dot));
        if let Some(dot) = back {
            let value = entry.versions().iter().find(|version| version.dot == *dot);
            let value = value.map_or_else(String::new, |version| version.to_string());
            let sentence =
                format!("{value}, {dot} of {key}, is back on {who}, which had seen it replaced or deleted");
            report.broken(At::Gone.place(), sentence);
        }
        let lets_go = !seen.covers(&held.seen) || !hinted.covers(&held.hinted);
        held.ever.join(&seen);
        let mut new = seen.clone();
        new.join(&hinted);
        (held.seen, held.current, held.hinted, held.lent) = (seen, current, hinted, lent);
        self.spread(at, key, new);
        if lets_go {
            self.survives(key, report);
        }
    }

    /// A node starts: its disk may hold less than it had written.
    fn started(&mut self, at: Time, who: ActorId, node: Option<&Node>, report: &mut Report) {
        let Some(node) = node else { return };
        let keys: Vec<Key> = self.keys.keys().cloned().collect();
        for key in keys {
            let before = self.held(who, &key).seen.clone();
            // What it forgot it may learn again.
            *self.held(who, &key) = Held::default();
            self.look(at, who, &key, Some(node), report);
            if !self.held(who, &key).seen.covers(&before) {
                report.reached(At::Lost.place());
            }
            self.survives(&key, report);
        }
        self.believes(at, who, node.members());
    }

    // --- an acknowledged write survives ---

    /// Every acknowledged write of a key is held by somebody, or by way of one that replaced it.
    fn survives(&mut self, key: &Key, report: &mut Report) {
        let by_clock = self.by_clock;
        let watched = self.key(key);
        let held = watched.held();
        if held.covers(&watched.acknowledged) {
            return;
        }
        let missing: Vec<Dot> = watched.acknowledged.missing_from(&held).collect();
        // Where clocks decide, one made later may stand in its place.
        let newest = watched.current().filter_map(|dot| watched.made.get(dot)).max().copied();
        for dot in missing {
            if watched.forgotten.contains(dot) {
                continue;
            }
            let replaced =
                by_clock && watched.made.get(&dot).is_some_and(|made| newest.is_some_and(|n| n >= *made));
            if !replaced {
                let sentence = format!("{dot} of {key} was acknowledged, and no node has it any more");
                report.broken(At::Survives.place(), sentence);
            }
        }
        if by_clock {
            // What was rightly replaced is not asked for again, whatever replaces that.
            let all =
                watched.acknowledged.missing_from(&Clock::new()).filter(|dot| held.contains(*dot)).collect();
            watched.acknowledged = all;
        }
    }

    // --- owners become alike ---

    /// These writes are somewhere: they must be everywhere in time.
    fn spread(&mut self, at: Time, key: &Key, clock: Clock) {
        let watched = self.key(key);
        let new: Clock = clock.missing_from(&watched.all).collect();
        if new.is_empty() {
            return;
        }
        watched.all.join(&new);
        if let Some(within) = self.within.filter(|_| self.calm) {
            self.due.push_back((at + within, Arc::clone(key), new));
        }
    }

    fn healed(&mut self, at: Time) {
        // It is told for each actor.
        if std::mem::replace(&mut self.calm, true) {
            return;
        }
        let Some(within) = self.within else { return };
        self.settled = at + within;
        let everything =
            self.keys.iter().map(|(key, watched)| (at + within, Arc::clone(key), watched.held()));
        self.due = everything.collect();
    }

    fn overdue(&mut self, at: Time, report: &mut Report) {
        while self.due.front().is_some_and(|(due, ..)| *due.max(&self.settled) < at) {
            let Some((_, key, clock)) = self.due.pop_front() else { break };
            let Some(watched) = self.keys.get(&key) else { continue };
            // Where wall clocks decide, a version that lost to another may live on in what some later writer had read.
            let held = if self.by_clock { watched.current().copied().collect() } else { watched.held() };
            for owner in self.ring.owners(place(&key), self.copies) {
                let nothing = Clock::new();
                let seen = watched.nodes.get(&owner).map_or(&nothing, |node| &node.seen);
                let Some(dot) = clock.missing_from(seen).find(|dot| held.contains(*dot)) else { continue };
                let within = self.within.unwrap_or_default();
                let sentence =
                    format!("{within} after everything was mended, {owner} does not have {dot} of {key}");
                report.broken(At::Alike.place(), sentence);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::invariants::INVARIANTS;
    use super::super::settings::PARAMETERS;
    use super::super::store::{Hard, Write};
    use super::super::version::{Entry, Version};
    use super::*;

    const N1: ActorId = ActorId::node(1);
    const N2: ActorId = ActorId::node(2);
    const N3: ActorId = ActorId::node(3);
    const C1: ActorId = ActorId::client(1);

    /// A cluster of three nodes that keep every key, as the monitor is told of it.
    struct Told {
        watch: Watch,
        settings: Settings,
        nodes: SortedMap<ActorId, Hard>,
        report: Report,
        now: Time,
    }

    fn dot(node: ActorId, count: u64) -> Dot {
        Dot { node, count }
    }

    fn clock(dots: &[Dot]) -> Clock {
        dots.iter().copied().collect()
    }

    fn version(dot: Dot, past: &[Dot], value: Option<&str>) -> Entry {
        let value = value.map(Into::into);
        Version { dot, past: clock(past), value, stamp: Time::ZERO, by: (C1, dot.count) }.into()
    }

    impl Told {
        fn with(set: &[&str]) -> Self {
            let mut parameters = Parameters::defaults(PARAMETERS);
            parameters.assign("nodes=3").unwrap();
            set.iter().for_each(|assignment| parameters.assign(assignment).unwrap());
            let settings = Settings::of(&parameters);
            let watch = Watch::new(&settings, &parameters);
            Self { watch, settings, nodes: SortedMap::new(), report: Report::default(), now: Time::ZERO }
        }

        fn tell(&mut self, who: ActorId, happening: &Happening<'_, Dynamo>) {
            let node = self.nodes.get(&who).cloned().unwrap_or_default();
            let state = who.is_node().then(|| Actor::Node(Box::new(Node::holding(who, node))));
            self.watch.observe(self.now, who, happening, state.as_ref(), &mut self.report);
        }

        fn fact(&mut self, who: ActorId, fact: Fact) {
            self.tell(who, &Happening::Fact(&fact));
        }

        /// A node holds this and nothing else under the key.
        fn keeps(&mut self, who: ActorId, entry: Entry) -> &mut Self {
            let key: Key = "list".into();
            let write = Write::Keep { key: Arc::clone(&key), entry: Arc::new(entry), issued: None };
            self.nodes.entry(who).or_default().apply(&write);
            self.fact(who, Fact::Stored { key, text: "".into() });
            self
        }

        fn drops(&mut self, who: ActorId, why: impl Fn(Key) -> Fact) -> &mut Self {
            self.nodes.entry(who).or_default().apply(&Write::Drop("list".into()));
            self.fact(who, why("list".into()));
            self
        }

        fn answered(&mut self, learned: Learned) -> &mut Self {
            let promised = Promised::of(&self.settings);
            let (text, answer, key): (Arc<str>, _, Key) = ("".into(), "".into(), "list".into());
            self.fact(C1, Fact::Answered { text, answer, node: N1, key, learned, promised });
            self
        }

        fn acknowledged(&mut self, dot: Dot) -> &mut Self {
            self.answered(Learned::Wrote(dot))
        }

        fn reads(&mut self, dots: &[Dot]) -> &mut Self {
            self.fact(C1, Fact::Asked { text: "".into(), node: N1, key: "list".into(), reads: true });
            self.answered(Learned::Saw(clock(dots)))
        }

        /// The places of what is said to be broken.
        fn broken(&self) -> Vec<usize> {
            let text = format!("{:?}", self.report);
            let broken = text.split("reached").next().unwrap_or_default();
            (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
        }
    }

    fn handed_over(key: Key) -> Fact {
        Fact::HandedOver { key }
    }

    #[test]
    fn an_acknowledged_write_that_nobody_has_is_seen() {
        let mut told = Told::with(&[]);
        told.keeps(N1, version(dot(N1, 1), &[], Some("milk"))).acknowledged(dot(N1, 1));
        told.keeps(N2, version(dot(N2, 1), &[dot(N1, 1)], Some("tea"))).drops(N1, handed_over);
        assert_eq!(told.broken(), [], "tea was written by one who had read milk");
        told.drops(N2, handed_over);
        assert_eq!(told.broken(), [At::Survives.place()]);
        let mut never = Told::with(&[]);
        never.acknowledged(dot(N1, 1));
        assert_eq!(never.broken(), [At::Survives.place()]);
    }

    #[test]
    fn a_version_that_claims_what_its_writer_had_not_read_is_seen() {
        let made = |told: &mut Told| {
            let (read, past) = (Clock::new(), clock(&[dot(N1, 1)]));
            let (key, text) = ("list".into(), "tea".into());
            told.fact(N1, Fact::Made { key, text, dot: dot(N1, 2), read, past });
        };
        let mut told = Told::with(&[]);
        told.keeps(N1, version(dot(N1, 1), &[], Some("milk"))).acknowledged(dot(N1, 1));
        made(&mut told);
        assert_eq!(told.broken(), [At::Survives.place()]);
        let mut later = Told::with(&[]);
        later.keeps(N1, version(dot(N1, 1), &[], Some("milk")));
        made(&mut later);
        assert_eq!(later.broken(), []);
        later.acknowledged(dot(N1, 1));
        assert_eq!(later.broken(), [At::Survives.place()]);
    }

    #[test]
    fn where_clocks_decide_a_later_write_may_replace_and_an_earlier_one_may_not() {
        let run = |first: u64, second: u64| {
            let mut told = Told::with(&["conflicts=newest"]);
            for (count, at) in [(1, first), (2, second)] {
                told.now = Time::millis(at);
                let (read, past, key) = (Clock::new(), Clock::new(), "list".into());
                told.fact(N1, Fact::Made { key, text: "".into(), dot: dot(N1, count), read, past });
            }
            told.keeps(N1, version(dot(N1, 1), &[], Some("milk"))).acknowledged(dot(N1, 1));
            told.keeps(N1, version(dot(N1, 2), &[], Some("tea")));
            told.broken()
        };
        assert_eq!(run(1, 2), []);
        assert_eq!(run(2, 1), [At::Survives.place()]);
    }

    #[test]
    fn what_comes_back_is_seen() {
        let (milk, gone) = (version(dot(N1, 1), &[], Some("milk")), version(dot(N1, 2), &[dot(N1, 1)], None));
        let mut told = Told::with(&[]);
        told.keeps(N1, milk.clone()).keeps(N1, gone.clone());
        assert_eq!(told.broken(), []);
        told.keeps(N1, milk.clone());
        assert_eq!(told.broken(), [At::Gone.place()]);
        let mut forgot = Told::with(&[]);
        let forgets = |key| Fact::Forgot { key, knew: clock(&[dot(N1, 1), dot(N1, 2)]) };
        forgot.keeps(N1, milk.clone()).drops(N1, forgets).keeps(N1, milk.clone());
        assert_eq!(forgot.broken(), [At::Gone.place()]);
        let mut gave = Told::with(&[]);
        gave.keeps(N1, gone.clone()).drops(N1, handed_over).keeps(N1, milk.clone());
        assert_eq!(gave.broken(), [], "whoever handed a key over knows nothing of it");
        let mut crashed = Told::with(&[]);
        crashed.keeps(N1, gone);
        crashed.nodes.clear();
        crashed.tell(N1, &Happening::Started);
        crashed.keeps(N1, milk);
        assert_eq!(crashed.broken(), [], "what a crash took was never known");
    }

    #[test]
    fn owners_that_stay_different_are_seen_but_not_before_their_time() {
        let milk = version(dot(N1, 1), &[], Some("milk"));
        let run = |third: bool, disturbed: bool| {
            let mut told = Told::with(&[]);
            let within = told.watch.within.unwrap();
            told.keeps(N1, milk.clone()).keeps(N2, milk.clone());
            if third {
                told.keeps(N3, milk.clone());
            }
            if disturbed {
                told.tell(N1, &Happening::Disturbed);
            }
            told.now = Time::ZERO + within;
            told.reads(&[dot(N1, 1)]);
            assert_eq!(told.broken(), [], "not yet");
            told.now += Span::millis(1);
            told.reads(&[dot(N1, 1)]);
            told
        };
        assert_eq!(run(true, false).broken(), []);
        assert_eq!(run(false, false).broken(), [At::Alike.place()]);
        let mut healed = run(false, true);
        assert_eq!(healed.broken(), []);
        healed.tell(N1, &Happening::Healed);
        healed.now = healed.now + healed.watch.within.unwrap() + Span::millis(1);
        healed.reads(&[dot(N1, 1)]);
        assert_eq!(healed.broken(), [At::Alike.place()]);
    }

    #[test]
    fn a_read_that_misses_what_was_acknowledged_is_seen_where_that_is_promised() {
        let run = |set: &[&str], disturbed: bool| {
            let mut told = Told::with(set);
            told.keeps(N1, version(dot(N1, 1), &[], Some("milk"))).acknowledged(dot(N1, 1));
            if disturbed {
                told.tell(N1, &Happening::Disturbed);
            }
            told.reads(&[dot(N1, 1), dot(N2, 1)]);
            assert_eq!(told.broken(), [], "more than that is no less");
            told.reads(&[]).broken()
        };
        assert_eq!(run(&[], false), [At::Calm.place()]);
        assert_eq!(run(&[], true), []);
        assert_eq!(run(&["r=1"], false), []);
        assert_eq!(run(&["quorum=strict"], true), [At::Fresh.place()]);
        assert_eq!(run(&["quorum=strict"], false), [At::Calm.place(), At::Fresh.place()]);
        assert_eq!(run(&["weak_quorum=on"], true), [At::Fresh.place()]);
    }

    #[test]
    fn a_read_that_goes_back_is_seen_where_that_is_promised() {
        let run = |set: &[&str]| {
            let mut told = Told::with(set);
            told.keeps(N1, version(dot(N1, 1), &[], Some("milk")));
            told.reads(&[dot(N1, 1)]).reads(&[]).broken()
        };
        assert_eq!(run(&["quorum=strict"]), [], "nobody had heard ok");
        assert_eq!(run(&["quorum=strict", "read_repair=before"]), [At::Forward.place()]);
    }

    #[test]
    fn what_is_promised_no_longer_is_not_asked_for() {
        let mut told = Told::with(&["quorum=strict"]);
        told.keeps(N1, version(dot(N1, 1), &[], Some("milk")));
        told.settings.r = 1;
        told.acknowledged(dot(N1, 1));
        told.settings.r = 2;
        assert_eq!(told.reads(&[]).broken(), []);
    }
}
