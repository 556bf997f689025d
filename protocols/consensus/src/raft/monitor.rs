//! Watches the invariants (figure 3) as things happen, from facts alone and the logs they speak of.
//!
//! [`Watch`] remembers every entry that was ever in a log, by index: which terms put one there, which nodes hold it now,
//! whether a client heard ok for it, in which term it was committed. A node's log is then a column of bits, and each
//! fact is checked against what it changed. Copies share what they have in common.

use super::fact::{Fact, Why};
use super::invariants::At;
use super::log::{Entry, EntryId, Log, LogIndex, Term};
use super::settings::Settings;
use super::{Actor, RaftStore};
use sim::ordered::{SortedMap, SortedSet};
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Chunks, Parameters, Time};
use smallvec::SmallVec;
use std::sync::Arc;

/// An entry that was, or is, at an index in some log.
#[derive(Clone, Debug)]
struct Version {
    /// Under one term there are several only where somebody lies.
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
    leaders: Arc<SortedMap<Term, ActorId>>,
    votes: Arc<SortedMap<(Term, ActorId), ActorId>>,
    candidates: Arc<SortedMap<Term, SortedSet<ActorId>>>,
    /// The highest index committed by a leader of each term.
    commits: Arc<SortedMap<Term, LogIndex>>,
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
            Happening::Healed | Happening::Disturbed => {}
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
            Fact::Acknowledged { entry, .. } => self.acknowledged(who, *entry),
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
        let lacks = |v: &&Version| v.committed.is_some_and(|at| at < term) && v.holders & bit(who) == 0;
        if let Some(version) = versions.iter().find(lacks) {
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
        let same_term = versions.iter().filter(|version| version.entry.term == entry.term);
        if same_term.clone().any(|version| version.entry != *entry || version.before != before) {
            let id = EntryId { term: entry.term, index: at };
            let sentence = format!("{id} at {who} is not what {id} is elsewhere, or follows another entry");
            report.broken(At::Matching.place(), sentence);
        }
        match versions.iter_mut().find(|version| version.entry == *entry) {
            Some(version) => version.holders |= bit(who),
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
                versions.iter().find(|version| version.holders & bit(who) != 0).map(|v| &v.entry)
            });
            if held != log.get(at) {
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

    /// A leader says ok: to what it holds itself.
    fn acknowledged(&mut self, who: ActorId, entry: EntryId) {
        let place = entry.index.0.saturating_sub(1);
        let Some(mut versions) = self.versions.get(place).cloned() else { return };
        let of_term = |version: &Version| version.entry.term == entry.term;
        let own = versions.iter().position(|version| of_term(version) && version.holders & bit(who) != 0);
        if let Some(at) = own.or_else(|| versions.iter().position(of_term)) {
            versions[at].acknowledged = true;
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
            self.later_leaders_have_it(term, report);
        }
    }

    /// Who leads a later term already must have what an earlier one commits only now.
    fn later_leaders_have_it(&mut self, committed_in: Term, report: &mut Report) {
        let nodes = (0u16..).zip(&self.nodes);
        let later = nodes.filter(|(_, seen)| seen.leads && seen.term > committed_in);
        let later: SmallVec<[(ActorId, Term); 2]> =
            later.map(|(number, seen)| (ActorId::node(number), seen.term)).collect();
        for (leader, term) in later {
            self.completeness(leader, term, report);
        }
    }

    fn commit_one(&mut self, who: ActorId, at: LogIndex, term: Term, counted: bool, report: &mut Report) {
        let Some(versions) = self.versions.get(at.0 - 1) else { return };
        let Some(mine) = versions.iter().position(|version| version.holders & bit(who) != 0) else { return };
        let here = &versions[mine];
        if let Some(other) = versions.iter().find(|v| v.committed.is_some() && v.entry != here.entry) {
            let told = |entry: &Entry| format!("{at}@{} {}", entry.term, entry.payload.text());
            let sentence =
                format!("{who} applied {}, and another node {}", told(&here.entry), told(&other.entry));
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

#[cfg(test)]
mod tests {
    use super::super::invariants::INVARIANTS;
    use super::super::log::Payload;
    use super::super::members::Members;
    use super::*;

    fn watch() -> Watch {
        let parameters = Parameters::defaults(super::super::settings::PARAMETERS);
        Watch::new(&Settings::of(&parameters), &parameters)
    }

    fn log(terms: &[u64]) -> Log {
        let mut log = Log::default();
        log.append(
            &terms.iter().map(|t| Entry { term: Term(*t), payload: Payload::Start }).collect::<Vec<_>>(),
        );
        log
    }

    const N1: ActorId = ActorId::node(1);
    const N2: ActorId = ActorId::node(2);

    /// What is said to be broken after these facts.
    fn after(facts: &[(ActorId, Fact, &[u64])]) -> Vec<usize> {
        let (mut watch, mut report) = (watch(), Report::default());
        for (who, fact, terms) in facts {
            watch.fact(*who, fact, Some(&log(terms)), &mut report);
        }
        let text = format!("{report:?}");
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
    }

    fn leader(term: u64) -> Fact {
        Fact::Leader { term: Term(term), last: EntryId::ZERO }
    }

    fn appended(from: u64, index: u64, term: u64) -> Fact {
        Fact::Appended { from: LogIndex(from), last: EntryId::new(index, term) }
    }

    fn committed(from: u64, index: u64) -> Fact {
        Fact::Committed { from: LogIndex(from), index: LogIndex(index), counted: true }
    }

    #[test]
    fn two_leaders_of_a_term_are_seen() {
        assert_eq!(after(&[(N1, leader(1), &[]), (N2, leader(2), &[])]), []);
        assert_eq!(after(&[(N1, leader(1), &[]), (N2, leader(1), &[])]), [At::Election.place()]);
    }

    #[test]
    fn a_leader_that_removes_is_seen() {
        let truncated = Fact::Truncated { from: EntryId::new(1, 1), last: EntryId::new(1, 1) };
        let add = (N1, appended(1, 1, 1), &[1][..]);
        assert_eq!(after(&[add.clone(), (N1, truncated.clone(), &[])]), []);
        assert_eq!(after(&[(N1, leader(1), &[]), add, (N1, truncated, &[])]), [At::AppendOnly.place()]);
    }

    #[test]
    fn logs_that_agree_late_but_not_early_are_seen() {
        let good = [(N1, appended(1, 2, 2), &[1, 2][..]), (N2, appended(1, 2, 2), &[1, 2][..])];
        assert_eq!(after(&good), []);
        let bad = [(N1, appended(1, 3, 3), &[1, 1, 3][..]), (N2, appended(1, 3, 3), &[1, 2, 3][..])];
        assert_eq!(after(&bad), [At::Matching.place()]);
    }

    #[test]
    fn a_leader_without_what_was_committed_is_seen() {
        let first =
            [(N1, leader(1), &[][..]), (N1, appended(1, 1, 1), &[1][..]), (N1, committed(1, 1), &[1][..])];
        let with =
            [first.clone().to_vec(), vec![(N2, appended(1, 1, 1), &[1][..]), (N2, leader(2), &[1][..])]];
        assert_eq!(after(&with.concat()), []);
        let without = [first.to_vec(), vec![(N2, leader(2), &[][..])]];
        assert_eq!(after(&without.concat()), [At::Completeness.place()]);
        let [led, added, committed] = first;
        let late = [led, added, (N2, leader(2), &[][..]), committed];
        assert_eq!(after(&late), [At::Completeness.place()], "committed once another leads a later term");
    }

    #[test]
    fn different_entries_committed_at_an_index_are_seen() {
        let one = [(N1, appended(1, 1, 1), &[1][..]), (N1, committed(1, 1), &[1][..])];
        let same = [(N2, appended(1, 1, 1), &[1][..]), (N2, committed(1, 1), &[1][..])];
        let other = [(N2, appended(1, 1, 2), &[2][..]), (N2, committed(1, 1), &[2][..])];
        assert_eq!(after(&[one.clone(), same].concat()), []);
        assert_eq!(after(&[one, other].concat()), [At::Machine.place()]);
    }

    /// As a leader that lies makes them: the same index and term, another entry.
    #[test]
    fn different_entries_of_one_term_committed_at_an_index_are_seen() {
        let (mut watch, mut report) = (watch(), Report::default());
        let members = log(&[1]);
        let mut other = Log::default();
        other.append(&[Entry { term: Term(1), payload: Payload::Members(Members::first(3)) }]);
        for (who, log) in [(N1, &members), (N2, &other)] {
            watch.fact(who, &appended(1, 1, 1), Some(log), &mut report);
            watch.fact(who, &committed(1, 1), Some(log), &mut report);
        }
        let told = format!("{report:?}");
        assert!(told.contains("n2 applied 1@1 n1 n2 n3, and another node 1@1 start"), "{told}");
        assert!(told.contains(&format!("({}, ", At::Matching.place())), "{told}");
    }

    #[test]
    fn a_vote_counted_for_two_is_seen() {
        let vote = |term| Fact::Granted { term: Term(term), voter: ActorId::node(3) };
        assert_eq!(after(&[(N1, vote(1), &[]), (N1, vote(1), &[]), (N2, vote(2), &[])]), []);
        assert_eq!(after(&[(N1, vote(1), &[]), (N2, vote(1), &[])]), [At::OneVote.place()]);
    }

    #[test]
    fn an_acknowledged_entry_must_be_somewhere() {
        let ok =
            Fact::Acknowledged { client: ActorId::client(1), entry: EntryId::new(1, 1), text: "milk".into() };
        let truncated = Fact::Truncated { from: EntryId::new(1, 1), last: EntryId::new(1, 1) };
        let mut facts = vec![(N1, appended(1, 1, 1), &[1][..]), (N1, ok, &[1][..])];
        facts.push((N2, appended(1, 1, 1), &[1][..]));
        facts.push((N1, truncated.clone(), &[][..]));
        assert_eq!(after(&facts), []);
        facts.push((N2, truncated, &[][..]));
        assert_eq!(after(&facts), [At::Survives.place()]);
    }
}
