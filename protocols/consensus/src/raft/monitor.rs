//! Watches the invariants (figure 3) as things happen, from facts alone and the logs they speak of.
//!
//! [`Watch`] remembers every entry that was ever in a log, by index: which terms put one there, which nodes hold it now,
//! whether a client heard ok for it, in which term it was committed. A node's log is then a column of bits, and each
//! fact is checked against what it changed. Copies share what they have in common.

use super::fact::{Fact, Why};
use super::log::{Entry, EntryId, Log, LogIndex, Term};
use super::settings::Settings;
use super::{Actor, RaftStore};
use names::*;
use sim::lab::{Invariant, Mode};
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Chunks, Parameters, Time};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of the invariants.
pub mod names {
    /// §5.2.
    pub const ELECTION: &str = "at most one leader a term";
    /// §5.3.
    pub const APPEND_ONLY: &str = "a leader never removes from its log";
    /// §5.3.
    pub const MATCHING: &str = "logs that agree in an entry agree before it";
    /// §5.4.
    pub const COMPLETENESS: &str = "a leader has everything committed before it";
    /// §5.4.3.
    pub const MACHINE: &str = "all apply the same entry at an index";
    /// §5.2.
    pub const ONE_VOTE: &str = "at most one vote a term";
    /// What a client relies on.
    pub const SURVIVES: &str = "an acknowledged write survives";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(ELECTION, "Election Safety (§5.2): two leaders of one term could each commit what they like."),
    always(APPEND_ONLY, "Leader Append-Only (§5.3): a leader overwrites or removes no entry of its own log."),
    always(
        MATCHING,
        "Log Matching (§5.3): entries of the same index and term are the same, and so is all before them.",
    ),
    always(
        COMPLETENESS,
        "Leader Completeness (§5.4): what one term committed, the leaders of all later terms have.",
    ),
    always(MACHINE, "State Machine Safety (§5.4.3): no two nodes apply different entries at the same index."),
    always(ONE_VOTE, "§5.2: a node votes for at most one candidate in a term, crashes or not."),
    always(SURVIVES, "An entry for which a client heard ok stays in some node's log or snapshot."),
    sometimes("a leader is replaced", "Another node becomes leader."),
    sometimes("a vote is split", "Two candidates of a term, and neither is elected."),
    sometimes("an entry is overwritten", "A follower removes entries that were never committed."),
    sometimes("a snapshot is installed", "A node is so far behind that only a snapshot helps."),
    sometimes("a member is added", "A change that adds a server is committed."),
    sometimes("a member is removed", "A change that removes a server is committed."),
    sometimes(
        "an older term's entry is committed",
        "It rides along with one of the leader's own term (§5.4.2).",
    ),
    sometimes("a retry is recognised", "A request that was applied already comes again (§8)."),
    sometimes("a stale leader is told", "A leader hears of a newer term."),
    sometimes("an unsynced write is lost", "A node recovers with less than it had written."),
    sometimes("leadership is transferred", "A node takes over because the leader told it to."),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Election,
    AppendOnly,
    Matching,
    Completeness,
    Machine,
    OneVote,
    Survives,
    Replaced,
    Split,
    Overwritten,
    Installed,
    Added,
    Removed,
    OldTerm,
    Retry,
    Stale,
    Lost,
    Transferred,
    GaveUp,
}

impl At {
    pub(super) fn place(self) -> usize {
        self as usize
    }
}

/// An entry that was, or is, at an index in some log.
#[derive(Clone, Debug)]
struct Version {
    entry: Entry,
    /// The term of the entry before it.
    before: Term,
    /// Nodes that hold it, by number, in log or snapshot.
    holders: u32,
    /// A client heard ok.
    acknowledged: bool,
    /// The term of the leader, or follower, that first knew it to be committed.
    committed: Option<Term>,
}

/// What was seen of one node.
#[derive(Clone, Debug, Default)]
struct Seen {
    last: EntryId,
    term: Term,
    leads: bool,
    committed: LogIndex,
    transfer: bool,
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    nodes: Vec<Seen>,
    /// By index, from 1.
    versions: Chunks<SmallVec<[Version; 1]>>,
    leaders: Arc<BTreeMap<Term, ActorId>>,
    votes: Arc<BTreeMap<(Term, ActorId), ActorId>>,
    candidates: Arc<BTreeMap<Term, BTreeSet<ActorId>>>,
    /// The highest index committed by a leader of each term.
    commits: Arc<BTreeMap<Term, LogIndex>>,
}

/// Terms whose votes and candidates are remembered.
const TERMS: u64 = 100;

fn bit(who: ActorId) -> u32 {
    1u32.checked_shl(u32::from(who.number())).unwrap_or(0)
}

impl Monitor<RaftStore> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        Self {
            nodes: vec![Seen::default(); usize::from(settings.nodes + settings.spares) + 1],
            versions: Chunks::new(),
            leaders: Arc::default(),
            votes: Arc::default(),
            candidates: Arc::default(),
            commits: Arc::default(),
        }
    }

    fn observe(
        &mut self,
        _at: Time,
        actor: ActorId,
        happening: &Happening<'_, RaftStore>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        if actor.is_client() {
            if let Happening::Fact(Fact::GaveUp { .. }) = happening {
                report.reached(At::GaveUp.place());
            }
            return;
        }
        let log = state.and_then(Actor::server).map(|raft| &raft.hard().log);
        match happening {
            Happening::Fact(fact) => self.fact(actor, fact, log, report),
            Happening::Crashed => self.seen(actor).leads = false,
            Happening::Started => self.started(actor, log, report),
            Happening::Healed => {}
        }
    }
}

impl Watch {
    fn seen(&mut self, who: ActorId) -> &mut Seen {
        let at = usize::from(who.number());
        if at >= self.nodes.len() {
            self.nodes.resize(at + 1, Seen::default());
        }
        &mut self.nodes[at]
    }

    fn fact(&mut self, who: ActorId, fact: &Fact, log: Option<&Log>, report: &mut Report) {
        match fact {
            Fact::Follower { term, why, led } => {
                self.seen(who).term = *term;
                self.seen(who).leads = false;
                if *led && matches!(why, Why::NewerTerm(_)) {
                    report.reached(At::Stale.place());
                }
            }
            Fact::Candidate { term, transfer } => self.candidate(who, *term, *transfer, report),
            Fact::Leader { term, .. } => self.leader(who, *term, report),
            // A vote counts once somebody has it: what a crash undid before that, nobody heard of.
            Fact::Granted { term, voter } => self.voted(*voter, *term, who, report),
            Fact::Appended { from, last } => {
                if let Some(log) = log {
                    self.appended(who, *from, *last, log, report);
                }
            }
            Fact::Truncated { from, last } => self.truncated(who, *from, *last, report),
            Fact::Committed { from, index, counted } => self.committed(who, *from, *index, *counted, report),
            Fact::Installed { last, .. } => {
                report.reached(At::Installed.place());
                if let Some(log) = log {
                    self.installed(who, *last, log, report);
                }
            }
            Fact::Acknowledged { entry, .. } => self.acknowledged(*entry),
            Fact::Added { .. } => report.reached(At::Added.place()),
            Fact::Removed { .. } => report.reached(At::Removed.place()),
            Fact::Deduplicated { .. } => report.reached(At::Retry.place()),
            _ => {}
        }
    }

    // --- elections ---

    fn candidate(&mut self, who: ActorId, term: Term, transfer: bool, report: &mut Report) {
        let seen = self.seen(who);
        let before = std::mem::replace(&mut seen.term, term);
        seen.transfer = transfer;
        let rivals = self.candidates.get(&before);
        if rivals.is_some_and(|rivals| rivals.len() > 1 && rivals.contains(&who))
            && !self.leaders.contains_key(&before)
        {
            report.reached(At::Split.place());
        }
        let candidates = Arc::make_mut(&mut self.candidates);
        candidates.entry(term).or_default().insert(who);
        candidates.retain(|old, _| old.0 + TERMS > term.0);
    }

    fn leader(&mut self, who: ActorId, term: Term, report: &mut Report) {
        let seen = self.seen(who);
        seen.term = term;
        seen.leads = true;
        if seen.transfer {
            report.reached(At::Transferred.place());
        }
        if let Some((_, last)) = self.leaders.last_key_value()
            && *last != who
        {
            report.reached(At::Replaced.place());
        }
        match self.leaders.get(&term) {
            Some(other) if *other != who => {
                report.broken(At::Election.place(), format!("{other} and {who} both lead term {term}"));
            }
            _ => {
                Arc::make_mut(&mut self.leaders).insert(term, who);
            }
        }
        self.completeness(who, term, report);
    }

    /// The newest entry committed in an earlier term must be in the new leader's log; with it, by log matching, all
    /// before it.
    fn completeness(&mut self, who: ActorId, term: Term, report: &mut Report) {
        let Some(index) = self.commits.range(..term).map(|(_, index)| *index).max() else { return };
        let Some(versions) = self.versions.get(index.0 - 1) else { return };
        let Some(version) = versions.iter().find(|v| v.committed.is_some_and(|at| at < term)) else { return };
        if version.holders & bit(who) == 0 {
            let id = EntryId { term: version.entry.term, index };
            let sentence = format!("{who} leads term {term} without {id}, which was committed before");
            report.broken(At::Completeness.place(), sentence);
        }
    }

    fn voted(&mut self, who: ActorId, term: Term, candidate: ActorId, report: &mut Report) {
        let votes = Arc::make_mut(&mut self.votes);
        match votes.get(&(term, who)) {
            Some(other) if *other != candidate => report.broken(
                At::OneVote.place(),
                format!("{other} and {candidate} both have the vote of {who} in term {term}"),
            ),
            Some(_) => {}
            None => {
                votes.insert((term, who), candidate);
                votes.retain(|(old, _), _| old.0 + TERMS > term.0);
            }
        }
    }

    // --- logs ---

    fn appended(&mut self, who: ActorId, from: LogIndex, last: EntryId, log: &Log, report: &mut Report) {
        let mut at = from;
        while at <= last.index {
            if let Some(entry) = log.get(at) {
                let before = log.term_at(at.previous()).unwrap_or_default();
                self.hold(who, at, entry, before, report);
            }
            at = at.next();
        }
        self.seen(who).last = last;
    }

    /// A node holds this entry now.
    fn hold(&mut self, who: ActorId, at: LogIndex, entry: &Entry, before: Term, report: &mut Report) {
        let place = at.0 - 1;
        while self.versions.len() <= place {
            self.versions.push(SmallVec::new());
        }
        let Some(mut versions) = self.versions.get(place).cloned() else { return };
        match versions.iter_mut().find(|version| version.entry.term == entry.term) {
            Some(version) => {
                if version.entry != *entry || version.before != before {
                    let id = EntryId { term: entry.term, index: at };
                    let sentence =
                        format!("{id} at {who} is not what {id} is elsewhere, or follows another entry");
                    report.broken(At::Matching.place(), sentence);
                }
                version.holders |= bit(who);
            }
            None => versions.push(Version {
                entry: entry.clone(),
                before,
                holders: bit(who),
                acknowledged: false,
                committed: None,
            }),
        }
        self.versions.set(place, versions);
    }

    /// A node holds nothing at these places any more. What it acknowledged must be held by somebody.
    fn release(&mut self, who: ActorId, from: LogIndex, to: LogIndex, report: &mut Report) {
        let mut at = from;
        while at <= to {
            let Some(mut versions) = self.versions.get(at.0 - 1).cloned() else { break };
            let mut changed = false;
            for version in versions.iter_mut().filter(|version| version.holders & bit(who) != 0) {
                version.holders &= !bit(who);
                changed = true;
                if version.acknowledged && version.holders == 0 {
                    let id = EntryId { term: version.entry.term, index: at };
                    let text = version.entry.payload.text();
                    let sentence = format!("{id} ({text}) was acknowledged, and {who} held the last copy");
                    report.broken(At::Survives.place(), sentence);
                }
            }
            if changed {
                self.versions.set(at.0 - 1, versions);
            }
            at = at.next();
        }
    }

    fn truncated(&mut self, who: ActorId, from: EntryId, last: EntryId, report: &mut Report) {
        if self.seen(who).leads {
            let sentence = format!("{who} leads and removed {from}");
            report.broken(At::AppendOnly.place(), sentence);
        }
        report.reached(At::Overwritten.place());
        self.release(who, from.index, last.index, report);
        self.seen(who).last = EntryId { term: Term(0), index: from.index.previous() };
    }

    /// A node starts: its disk may hold less than it had written, or what it had overwritten.
    fn started(&mut self, who: ActorId, log: Option<&Log>, report: &mut Report) {
        let Some(log) = log else { return };
        let before = self.seen(who).last;
        if before != log.last() && before != EntryId::ZERO {
            report.reached(At::Lost.place());
        }
        let base = log.base();
        // Whatever it holds is held before what it lost is let go: nothing is missing in between.
        self.rebuild(who, base.index.next(), before.index.max(log.last().index), log, report);
        let seen = self.seen(who);
        seen.leads = false;
        seen.committed = base.index;
        seen.last = log.last();
    }

    /// What a node holds at these places is what its log holds.
    fn rebuild(&mut self, who: ActorId, from: LogIndex, to: LogIndex, log: &Log, report: &mut Report) {
        let mut at = from;
        while at <= to {
            let held = self.versions.get(at.0 - 1).and_then(|versions| {
                versions.iter().find(|version| version.holders & bit(who) != 0).map(|v| v.entry.term)
            });
            let now = log.term_at(at);
            if held != now {
                self.release(who, at, at, report);
            }
            if let Some(entry) = log.get(at) {
                let before = log.term_at(at.previous()).unwrap_or_default();
                self.hold(who, at, entry, before, report);
            }
            at = at.next();
        }
    }

    /// A snapshot holds what was committed up to its last entry.
    fn installed(&mut self, who: ActorId, last: EntryId, log: &Log, report: &mut Report) {
        let mut at = self.seen(who).committed.next();
        while at <= last.index {
            if let Some(mut versions) = self.versions.get(at.0 - 1).cloned()
                && let Some(version) = versions.iter_mut().find(|version| version.committed.is_some())
            {
                let had = version.holders & bit(who) != 0;
                version.holders |= bit(who);
                self.versions.set(at.0 - 1, versions.clone());
                if !had {
                    self.release_others(who, at, report);
                }
            }
            at = at.next();
        }
        let old = self.seen(who).last.index;
        self.rebuild(who, last.index.next(), old.max(log.last().index), log, report);
        let seen = self.seen(who);
        seen.committed = last.index;
        seen.last = log.last();
    }

    /// A node that holds the committed entry holds no other at this place.
    fn release_others(&mut self, who: ActorId, at: LogIndex, report: &mut Report) {
        let Some(mut versions) = self.versions.get(at.0 - 1).cloned() else { return };
        for version in versions.iter_mut().filter(|version| version.committed.is_none()) {
            let held = version.holders & bit(who) != 0;
            version.holders &= !bit(who);
            if held && version.acknowledged && version.holders == 0 {
                let id = EntryId { term: version.entry.term, index: at };
                let sentence = format!("{id} was acknowledged, and {who} held the last copy");
                report.broken(At::Survives.place(), sentence);
            }
        }
        self.versions.set(at.0 - 1, versions);
    }

    fn acknowledged(&mut self, entry: EntryId) {
        let place = entry.index.0.saturating_sub(1);
        let Some(mut versions) = self.versions.get(place).cloned() else { return };
        if let Some(version) = versions.iter_mut().find(|version| version.entry.term == entry.term) {
            version.acknowledged = true;
            self.versions.set(place, versions);
        }
    }

    fn committed(
        &mut self,
        who: ActorId,
        from: LogIndex,
        index: LogIndex,
        counted: bool,
        report: &mut Report,
    ) {
        let term = self.seen(who).term;
        let mut at = from;
        while at <= index {
            self.commit_one(who, at, term, counted, report);
            at = at.next();
        }
        self.seen(who).committed = index;
        if counted {
            let commits = Arc::make_mut(&mut self.commits);
            let highest = commits.entry(term).or_default();
            *highest = (*highest).max(index);
        }
    }

    fn commit_one(&mut self, who: ActorId, at: LogIndex, term: Term, counted: bool, report: &mut Report) {
        let Some(versions) = self.versions.get(at.0 - 1) else { return };
        let Some(mine) = versions.iter().position(|version| version.holders & bit(who) != 0) else { return };
        let here = &versions[mine];
        if let Some(other) =
            versions.iter().find(|v| v.committed.is_some() && v.entry.term != here.entry.term)
        {
            let (id, other) = (here.entry.term, other.entry.term);
            let sentence = format!("{who} applied {at}@{id}, and another node {at}@{other}");
            report.broken(At::Machine.place(), sentence);
        }
        if counted && here.entry.term < term {
            report.reached(At::OldTerm.place());
        }
        if here.committed.is_none() {
            let mut versions = versions.clone();
            versions[mine].committed = Some(term);
            self.versions.set(at.0 - 1, versions);
        }
    }
}
