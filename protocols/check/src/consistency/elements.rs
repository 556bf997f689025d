//! Guarantees of sets to which elements are added and never taken away: those of sessions and of causality, and that
//! nothing is lost or stale.
//!
//! A read of a set shows exactly which additions its session could see, so the definitions of Terry et al. (1994), of
//! PRAM and of causal consistency are judged as they stand. All of them say that some element must be there, and are
//! broken by a read that does not show it:
//!
//! | guarantee | the read must show |
//! |-|-|
//! | read your writes | what its session added and was told ok for |
//! | monotonic reads | what its session had seen |
//! | monotonic writes | what someone added before something that the session sees or saw |
//! | writes follow reads | what someone had seen before adding something that the session sees or saw |
//! | PRAM | what its session added; and with each element it sees or saw those its adder added before |
//! | causal | everything in its causal past (additions commute, so all three forms are one) |
//! | no lost or stale | what was known to be there before it began: its addition answered, or shown by a read that was |
//! | no lost write | what was acknowledged; lost is what the latest reads do not show (Jepsen's `set-full`) |
//!
//! What a session had seen and misses now is the fault of monotonic reads, and not counted against monotonic writes and
//! writes follow reads as well. An element that was added twice is seen, but it is not plain whose it is: nothing follows
//! from seeing it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::web::{Clock, NUMBERS_MOST};
use super::{Breaks, Span, Suspects};
use crate::history::{History, Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Set, SetCall};
use crate::names::Guarantee;
use crate::value::Value;

/// One addition of an element.
#[derive(Clone, Debug)]
struct Added {
    place: u32,
    session: u32,
    /// The so manieth addition of its session, from 1.
    index: u32,
    answered: bool,
    /// The additions in its causal past.
    clock: Clock,
}

#[derive(Clone, Debug, Default)]
struct Element {
    added: SmallVec<[Added; 1]>,
    failed: SmallVec<[u32; 1]>,
    /// When it was first known to be there, as an event counted from 1, and by which operation; whether its addition
    /// was acknowledged.
    known: Option<(u64, u32)>,
    acknowledged: Option<u64>,
    /// When the last reads began that showed it and that did not.
    present: u64,
    absent: u64,
    /// Its place among the spans while it is missing.
    missing: Option<usize>,
    /// It is known that it is added more than once.
    again: bool,
}

#[derive(Clone, Debug, Default)]
struct Session {
    count: u32,
    past: Clock,
    /// For each session how many of its additions come with what was seen.
    met: Clock,
    /// Elements that it saw, with the number of its own additions then, and the operation that saw them first.
    seen: BTreeMap<u32, (u32, u32)>,
    open: Option<u32>,
}

/// All of them, judged as the history grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    elements: Vec<Element>,
    /// The elements of each key, by value.
    keys: BTreeMap<Option<Arc<str>>, BTreeMap<Value, u32>>,
    sessions: Vec<Session>,
    by_process: BTreeMap<u64, u32>,
    /// Since when sessions are no sequences; and why.
    unfit: Option<(u64, String)>,
    /// How many numbers all clocks hold.
    held: u64,
    /// Since when elements are taken away.
    removes: Option<u64>,
    /// Since when it is not plain whose addition was seen.
    vague: Option<u64>,
    pub lost: Vec<Span>,
    /// Since when something was read.
    was_read: Option<u64>,
    /// Elements of which it is known beforehand that they are added again.
    again: BTreeSet<(Option<Arc<str>>, Value)>,
}

impl Elements {
    /// Of these elements it is known beforehand that they are added more than once.
    pub(super) fn foresee(&mut self, again: BTreeSet<(Option<Arc<str>>, Value)>) {
        self.again = again;
    }

    /// Why it is not known that a guarantee is kept, as of a position.
    pub(super) fn doubt(&self, guarantee: Guarantee, position: u64) -> Option<String> {
        let by_then = |since: Option<u64>| since.is_some_and(|since| since <= position);
        if by_then(self.removes) {
            return Some("elements are removed, and these guarantees are of sets that only grow".to_string());
        }
        if !by_then(self.was_read) {
            return Some("nothing was read".to_string());
        }
        if matches!(guarantee, Guarantee::NoLostOrStale | Guarantee::NoLostWrite) {
            return None;
        }
        if let Some((_, why)) = self.unfit.as_ref().filter(|(since, _)| *since <= position) {
            return Some(why.clone());
        }
        if matches!(guarantee, Guarantee::ReadYourWrites | Guarantee::MonotonicReads) {
            return None;
        }
        by_then(self.vague).then(|| {
            "some elements were added more than once, so it is not plain whose addition was seen".to_string()
        })
    }

    fn element(&mut self, key: &Option<Arc<str>>, value: &Value) -> u32 {
        let next = self.elements.len() as u32;
        let number = *self.keys.entry(key.clone()).or_default().entry(value.clone()).or_insert(next);
        if number == next {
            let again = !self.again.is_empty() && self.again.contains(&(key.clone(), value.clone()));
            self.elements.push(Element { again, ..Element::default() });
        }
        number
    }

    fn session(&mut self, process: u64) -> u32 {
        let next = self.sessions.len() as u32;
        let number = *self.by_process.entry(process).or_insert(next);
        if number == next {
            self.sessions.push(Session::default());
        }
        number
    }

    /// The operation at this place of the history began.
    pub(super) fn invoke(&mut self, history: &History, place: u32) {
        let operation = &history.operations()[place as usize];
        let session = self.session(operation.process);
        if self.sessions[session as usize].open.replace(place).is_some() {
            let process = operation.process;
            self.unfit.get_or_insert_with(|| {
                let why = "has two operations open at once, or goes on after one of unknown outcome";
                (operation.invoked, format!("process {process} {why}"))
            });
        }
        match open_call(&Set, operation) {
            Some(SetCall::Add(value)) => {
                let element = self.element(&operation.key, &value);
                let home = &mut self.sessions[session as usize];
                home.count += 1;
                let kept = self.unfit.is_none();
                let (index, clock) = (home.count, if kept { home.past.clone() } else { Clock::default() });
                self.held += clock.len();
                if self.held > NUMBERS_MOST {
                    self.unfit
                        .get_or_insert_with(|| (operation.invoked, super::watch::TOO_LARGE.to_string()));
                }
                let added = Added { place, session, index, answered: false, clock };
                self.elements[element as usize].added.push(added);
            }
            Some(SetCall::Remove(_)) => {
                self.removes.get_or_insert(operation.invoked);
            }
            _ => {}
        }
    }

    /// The outcome of the operation at this place is known.
    pub(super) fn complete(&mut self, history: &History, place: u32, breaks: &mut Breaks) {
        let operation = &history.operations()[place as usize];
        if matches!(operation.outcome, Outcome::Unknown | Outcome::Open) || self.removes.is_some() {
            return;
        }
        let session = self.session(operation.process);
        if self.sessions[session as usize].open == Some(place) {
            self.sessions[session as usize].open = None;
        }
        let at = operation.completed.unwrap_or(operation.invoked);
        match (open_call(&Set, operation), known_call(&Set, operation)) {
            (Some(SetCall::Add(value)), known) => {
                let element = self.element(&operation.key, &value);
                let ok = known.is_some();
                self.added(session, element, place, at, ok, breaks);
            }
            (_, Some(SetCall::Read(Some(seen)))) => self.read(operation, session, place, &seen, breaks),
            (_, Some(SetCall::Contains(value, Some(seen)))) => {
                self.was_read.get_or_insert(at);
                let element = self.element(&operation.key, &value);
                self.look(operation, session, place, element, seen, breaks);
            }
            _ => {}
        }
    }

    /// An addition was answered.
    fn added(&mut self, session: u32, number: u32, place: u32, at: u64, ok: bool, breaks: &mut Breaks) {
        let element = &mut self.elements[number as usize];
        let Some(which) = element.added.iter().position(|added| added.place == place) else { return };
        if !ok {
            element.added.remove(which);
            element.failed.push(place);
            if let Some((_, by)) = element.known.filter(|_| element.added.is_empty()) {
                let suspects = Suspects::These(smallvec![place, by]);
                breaks.note_all(at, &suspects);
                self.lost.push(Span { from: at, until: None, suspects });
            }
            return;
        }
        let added = &mut element.added[which];
        added.answered = true;
        let index = added.index;
        element.known.get_or_insert((at + 1, place));
        element.acknowledged.get_or_insert(at + 1);
        let home = &mut self.sessions[session as usize];
        home.past.raise(session, index);
    }

    /// A read of everything was answered.
    fn read(&mut self, operation: &Operation, session: u32, place: u32, seen: &[Value], breaks: &mut Breaks) {
        self.was_read.get_or_insert(operation.completed.unwrap_or(operation.invoked));
        let mut shown: Vec<u32> = seen.iter().map(|value| self.element(&operation.key, value)).collect();
        shown.sort_unstable();
        for element in &shown {
            self.look(operation, session, place, *element, true, breaks);
        }
        let all = self.keys.get(&operation.key).map(|all| all.values().copied().collect::<Vec<u32>>());
        for element in all.into_iter().flatten().filter(|element| shown.binary_search(element).is_err()) {
            self.look(operation, session, place, element, false, breaks);
        }
    }

    /// An element was seen to be there or not.
    fn look(
        &mut self,
        operation: &Operation,
        session: u32,
        place: u32,
        number: u32,
        present: bool,
        breaks: &mut Breaks,
    ) {
        let at = operation.completed.unwrap_or(operation.invoked);
        let began = operation.invoked + 1;
        if !present {
            self.judge_absent(session, place, number, at, began, breaks);
            return;
        }
        let Self { elements, sessions, lost, vague, .. } = self;
        let element = &mut elements[number as usize];
        if element.added.is_empty() {
            let found: SmallVec<[u32; 6]> =
                std::iter::once(place).chain(element.failed.iter().copied()).collect();
            lost.push(Span { from: at, until: None, suspects: Suspects::These(found.clone()) });
            breaks.note_all(at, &Suspects::These(found));
            return;
        }
        element.known.get_or_insert((at + 1, place));
        element.present = element.present.max(began);
        if element.present > element.absent
            && let Some(span) = element.missing.take()
        {
            lost[span].until = Some(at);
        }
        let home = &mut sessions[session as usize];
        let count = home.count;
        if home.seen.contains_key(&number) {
            return;
        }
        home.seen.insert(number, (count, place));
        match element.added.as_slice() {
            [one] if !element.again => {
                home.met.raise(one.session, one.index);
                home.past.join(&one.clock);
                home.past.raise(one.session, one.index);
            }
            _ => {
                vague.get_or_insert(at);
            }
        }
    }

    /// A read did not show the element.
    fn judge_absent(
        &mut self,
        session: u32,
        place: u32,
        number: u32,
        at: u64,
        began: u64,
        breaks: &mut Breaks,
    ) {
        let (home, element) = (&self.sessions[session as usize], &self.elements[number as usize]);
        let seen_by = home.seen.get(&number).map(|(_, by)| *by);
        let these = |others: &[u32]| {
            let mut found: SmallVec<[u32; 6]> = smallvec![place];
            found.extend(element.added.iter().map(|added| added.place));
            found.extend_from_slice(others);
            Suspects::These(found)
        };
        if let Some((_, by)) = element.known.filter(|(known, _)| *known < began) {
            breaks.note(Guarantee::NoLostOrStale, at, these(&[by]));
        }
        if self.unfit.is_some() {
            self.judge_lost(place, number, at, began);
            return;
        }
        if let Some(by) = seen_by {
            breaks.note(Guarantee::MonotonicReads, at, these(&[by]));
        }
        for added in &element.added {
            let own = added.session == session && added.answered;
            if own {
                breaks.note(Guarantee::ReadYourWrites, at, these(&[]));
            }
            if own || home.met.get(added.session) >= added.index {
                breaks.note(Guarantee::Pram, at, Suspects::All);
            }
            if home.past.get(added.session) >= added.index {
                for guarantee in [Guarantee::Causal, Guarantee::WeakCausal, Guarantee::CausalConvergence] {
                    breaks.note(guarantee, at, Suspects::All);
                }
            }
            if seen_by.is_none() && home.met.get(added.session) > added.index {
                breaks.note(Guarantee::MonotonicWrites, at, Suspects::All);
            }
        }
        let was_seen_before = |(other, theirs): (usize, &Session)| {
            theirs.seen.get(&number).is_some_and(|(count, _)| *count < home.met.get(other as u32))
        };
        if seen_by.is_none() && self.sessions.iter().enumerate().any(was_seen_before) {
            breaks.note(Guarantee::WritesFollowReads, at, Suspects::All);
        }
        self.judge_lost(place, number, at, began);
    }

    /// A read that began then did not show the element: was it acknowledged, and is it lost?
    fn judge_lost(&mut self, place: u32, number: u32, at: u64, began: u64) {
        let Self { elements, lost, .. } = self;
        let element = &mut elements[number as usize];
        if element.acknowledged.is_some_and(|acknowledged| acknowledged < began) {
            element.absent = element.absent.max(began);
            if element.absent > element.present && element.missing.is_none() {
                element.missing = Some(lost.len());
                let found =
                    std::iter::once(place).chain(element.added.iter().map(|added| added.place)).collect();
                lost.push(Span { from: at, until: None, suspects: Suspects::These(found) });
            }
        }
    }
}
