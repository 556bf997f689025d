//! What reads of lists say.
//!
//! Every list that was read is a beginning of its key's spine, or branches off from it. So what there is to say of
//! elements is said once per spine, and a read needs a look at its length only; lists that branch off are gone
//! through one by one, each being evidence of [`Anomaly::IncompatibleOrder`] anyway.

use super::super::evidence::{Expected, Findings, Proof};
use super::super::history::{List, Mop, Seen, Transactions};
use super::super::lattice::Anomaly;
use super::{Gather, NONE, SEVERAL, Standing};

/// What is known of the spine of each key.
#[derive(Clone, Debug, Default)]
pub(super) struct Spines {
    /// Where the first element of a failed transaction stands, by key, and the first that nobody wrote.
    failed: Vec<u32>,
    unwritten: Vec<u32>,
    /// Who read the longest part of it.
    longest: Vec<(u32, u32)>,
    /// Lists that branch off: key, reader, where.
    branches: Vec<(u32, u32, u32)>,
}

impl Gather {
    /// Notes what the elements on the spine of the key at hand say.
    pub(super) fn go_along_spine(&mut self, history: &Transactions, findings: &mut Findings) {
        let key = self.next;
        let (mut failed, mut unwritten) = (NONE, NONE);
        for (version, at) in history.spine(key).iter().zip(0_u32..) {
            let version = *version;
            if self.facts.place[version as usize] != NONE {
                // Seen before on this spine. Its order says nothing from here on.
                self.facts.agreed[key as usize] = self.facts.agreed[key as usize].min(at);
                if !self.facts.repeated.has(version) {
                    let reader = || reader_beyond(history, key, at);
                    findings
                        .note(Anomaly::DuplicateElements, || Proof::Duplicate { reader: reader(), version });
                }
                continue;
            }
            self.facts.place[version as usize] = at;
            match self.facts.writer[version as usize] {
                NONE => unwritten = unwritten.min(at),
                SEVERAL => self.facts.saw_unclear(version),
                writer if self.facts.standing[writer as usize] == Standing::Failed => {
                    failed = failed.min(at);
                }
                writer => {
                    self.recover(version);
                    let prior = self.prior[version as usize];
                    if prior != NONE && self.facts.place[prior as usize] == NONE {
                        findings.note(Anomaly::IncompatibleOrder, || Proof::OutOfOrder {
                            reader: reader_beyond(history, key, at),
                            writer,
                            earlier: prior,
                            later: version,
                        });
                    }
                }
            }
            if self.facts.repeated.has(version) {
                self.facts.saw_unclear(version);
            }
        }
        self.lists.failed.push(failed);
        self.lists.unwritten.push(unwritten);
        self.lists.longest.push((0, NONE));
        if failed != NONE {
            self.look_for_dirty_update(history, findings, key, failed);
        }
    }

    /// Whether something was built on the element of a failed transaction at place `failed`, the first of its kind.
    fn look_for_dirty_update(&self, history: &Transactions, findings: &mut Findings, key: u32, failed: u32) {
        let spine = history.spine(key);
        let is_good = |version: u32| match self.facts.only_writer(version) {
            Some(writer) => self.facts.standing[writer as usize] != Standing::Failed,
            None => false,
        };
        let agreed = self.facts.agreed[key as usize];
        let Some(later) = (failed + 1..agreed).find(|at| is_good(spine[*at as usize])) else { return };
        // The last failed one before it: the two are as close as can be.
        let is_bad = |version: u32| {
            let writer = self.facts.only_writer(version);
            writer.is_some_and(|writer| self.facts.standing[writer as usize] == Standing::Failed)
        };
        let at = (failed..later).rev().find(|at| is_bad(spine[*at as usize])).unwrap_or(failed);
        let (version, later_version) = (spine[at as usize], spine[later as usize]);
        if let (Some(failed), Some(by)) =
            (self.facts.only_writer(version), self.facts.only_writer(later_version))
        {
            findings.note(Anomaly::DirtyUpdate, || Proof::DirtyUpdate {
                reader: reader_beyond(history, key, later),
                failed,
                version,
                by,
                later: later_version,
            });
        }
    }

    /// The transaction at hand read this list.
    pub(super) fn see_list(
        &mut self,
        history: &Transactions,
        findings: &mut Findings,
        step: u32,
        key: u32,
        list: List,
    ) {
        let place = self.next;
        let elements = history.list(list);
        self.look_at_elements(history, findings, key, list);
        let before = *self.state(key);
        let earlier = (before.read != NONE).then(|| list_at(history, place, before.read)).flatten();
        let expected = self.mismatch(history, key, elements, list, earlier);
        let fits = expected.is_none();
        if let Some(expected) = expected {
            findings.note(Anomaly::Internal, || Proof::Internal { transaction: place, step, expected });
        }
        let state = self.state(key);
        state.read = step;
        state.own_count = 0;
        state.longest = state.longest.max(list.spine_length().unwrap_or(0));
        // What stands under its own elements, if it had not read it before, it saw as well.
        let own = match (before.wrote, earlier) {
            (false, _) => 0,
            (true, None) if fits => before.own_count,
            (true, _) => return,
        };
        let under = elements.len() - own as usize;
        let version = elements[..under].last().copied().unwrap_or_else(|| history.initial(key));
        let writer = self.facts.writer[version as usize];
        if writer == place {
            return;
        }
        if writer < SEVERAL && self.facts.intermediate.has(version) {
            findings.note(Anomaly::G1b, || Proof::Intermediate { reader: place, writer, version });
        }
        self.push_read(key, version, list.spine_length().map_or(NONE, |length| length - own));
    }

    /// What the elements of a list say, whoever read it.
    fn look_at_elements(&mut self, history: &Transactions, findings: &mut Findings, key: u32, list: List) {
        let place = self.next;
        let elements = history.list(list);
        let aborted = |version: u32, facts: &super::Facts, findings: &mut Findings| {
            if let Some(writer) = facts.only_writer(version) {
                findings.note(Anomaly::G1a, || Proof::Aborted { reader: place, writer, version });
            }
        };
        if let Some(length) = list.spine_length() {
            let longest = &mut self.lists.longest[key as usize];
            if length > longest.0 {
                *longest = (length, place);
            }
            let (failed, unwritten) = (self.lists.failed[key as usize], self.lists.unwritten[key as usize]);
            if failed < length {
                aborted(elements[failed as usize], &self.facts, findings);
            }
            if unwritten < length {
                let version = elements[unwritten as usize];
                findings.note(Anomaly::UnwrittenRead, || Proof::Unwritten { reader: place, version });
            }
            return;
        }
        let spine = history.spine(key);
        let at = spine.iter().zip(elements).take_while(|(ours, theirs)| ours == theirs).count() as u32;
        self.lists.branches.push((key, place, at));
        let agreed = &mut self.facts.agreed[key as usize];
        *agreed = (*agreed).min(at);
        let mut sorted = elements.to_vec();
        sorted.sort_unstable();
        for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
            let version = pair[0];
            if !self.facts.repeated.has(version) {
                findings.note(Anomaly::DuplicateElements, || Proof::Duplicate { reader: place, version });
            }
        }
        for version in elements {
            let version = *version;
            match self.facts.writer[version as usize] {
                NONE => {
                    findings.note(Anomaly::UnwrittenRead, || Proof::Unwritten { reader: place, version });
                }
                SEVERAL => self.facts.saw_unclear(version),
                writer if self.facts.standing[writer as usize] == Standing::Failed => {
                    aborted(version, &self.facts, findings);
                }
                writer => {
                    if self.facts.repeated.has(version) {
                        self.facts.saw_unclear(version);
                    }
                    if writer == place && !self.own.iter().any(|(own, _)| *own == version) {
                        findings.note(Anomaly::FutureRead, || Proof::Future { transaction: place, version });
                    }
                    self.recover(version);
                }
            }
        }
    }

    /// What the list should have been by what the transaction at hand did before, if it is something else.
    fn mismatch(
        &mut self,
        history: &Transactions,
        key: u32,
        elements: &[u32],
        list: List,
        earlier: Option<List>,
    ) -> Option<Expected> {
        let state = *self.state(key);
        let mut own = Vec::new();
        let mut number = if state.own_count == 0 { NONE } else { state.own_number };
        while number != NONE {
            let (version, before) = self.own[number as usize];
            own.push(version);
            number = before;
        }
        own.reverse();
        let Some(earlier) = earlier else {
            return (!elements.ends_with(&own)).then_some(Expected::Ending(own));
        };
        let base = history.list(earlier);
        let both_on_spine = earlier.spine_length().is_some() && list.spine_length().is_some();
        let fits = elements.len() == base.len() + own.len()
            && (both_on_spine || elements.starts_with(base))
            && elements.ends_with(&own);
        (!fits).then(|| Expected::List([base, &own].concat()))
    }

    /// Once all lists were seen: those that branch off contradict whoever read on along the spine.
    pub(super) fn lists_compared(&mut self, findings: &mut Findings) {
        for (key, place, at) in std::mem::take(&mut self.lists.branches) {
            let (length, other) = self.lists.longest[key as usize];
            if other != NONE && length > at {
                let (first, second) = (other.min(place), other.max(place));
                findings.note(Anomaly::IncompatibleOrder, || Proof::Incompatible { key, first, second, at });
            }
        }
        // What lies beyond is in no agreed order; reads of it have no length.
        for read in &mut self.facts.reads {
            if read.length != NONE && read.length > self.facts.agreed[read.key as usize] {
                read.length = NONE;
            }
        }
    }
}

/// A transaction that read the spine of a key beyond place `at`.
fn reader_beyond(history: &Transactions, key: u32, at: u32) -> u32 {
    let saw = |place: &u32| {
        history.steps(*place).any(|mop| match mop {
            Mop::Read { key: read, seen: Seen::List(list) } => {
                read == key && list.spine_length().is_some_and(|length| length > at)
            }
            _ => false,
        })
    };
    (0..history.len()).find(saw).unwrap_or(NONE)
}

/// The list that a step of a transaction saw.
fn list_at(history: &Transactions, place: u32, step: u32) -> Option<List> {
    match history.step(history.step_range(place).start + step) {
        Mop::Read { seen: Seen::List(list), .. } => Some(list),
        _ => None,
    }
}
