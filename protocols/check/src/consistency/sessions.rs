//! The guarantees of sessions on cells: read your writes, monotonic reads, monotonic writes, writes follow reads
//! (Terry et al. 1994), as a reader of the answers can hold a system to them.
//!
//! Of a cell one sees one value at a time, never the set of writes that a replica has. So each session is taken as a
//! view that grows: what it once saw it must go on seeing, or something newer. *Newer* is only what is certainly so: of
//! two writes by one session to one key the later one is, and everything is newer than what was there at first. (Two
//! sessions that write at once, or even one after the other, may be arbitrated either way.) Then
//!
//! - *read your writes* is broken by a read that shows a session an older write of its own, or nothing, after a newer
//!   one of its own;
//! - *monotonic reads* by a read that shows something older than what the session had seen, or goes back to what it had
//!   seen before it saw something else;
//! - *monotonic writes* by a session that saw a write, and only afterwards is shown to lack, or first meets, one that
//!   its writer had made before;
//! - *writes follow reads* by a session that saw a write, and only afterwards is shown to lack, or first meets, one that
//!   its writer had seen before.
//!
//! Each of them follows from PRAM, or the last from causal consistency, and each is decided by the read that breaks it,
//! in a few steps for each session that was ever seen.
//!
//! Where sessions wander from replica to replica, with monotonic reads given up, the last two are the poorer for it: a
//! store that keeps them on each replica, as Terry et al. define them, may be told here that it breaks them, because a
//! session saw them broken.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::{SmallVec, smallvec};

use super::web::{NONE, Origin, Step, Web, Write};
use super::{Breaks, Suspects};
use crate::names::Guarantee;

/// The newest write of some session that was seen.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// How many certain writes the one who looked had made.
    own: u32,
    /// Which of its session's writes it saw.
    index: u32,
    /// The operation that looked.
    place: u32,
}

/// What a session saw of one key.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The write seen last, and by which operation.
    last: Option<(u32, u32)>,
    /// For each session its newest write that was seen, as it grew.
    newest: BTreeMap<u32, Vec<Look>>,
    /// All writes that were seen.
    writes: BTreeSet<u32>,
}

impl Seen {
    /// The newest write of a session that was seen before the one who looked made its write number `before`.
    fn newest(&self, session: u32, before: u32) -> Option<Look> {
        let looks = self.newest.get(&session)?;
        let within = looks.partition_point(|look| look.own < before);
        within.checked_sub(1).map(|last| looks[last])
    }
}

/// The newest write of another session that a session saw, and the newest to another key than that.
#[derive(Clone, Copy, Debug)]
struct Met {
    first: (u32, u32, u32),
    other: Option<(u32, u32, u32)>,
}

/// What a session saw.
#[derive(Clone, Debug, Default)]
struct View {
    keys: BTreeMap<u32, Seen>,
    /// For each session the newest write that was seen: its index, its key, and who looked.
    met: BTreeMap<u32, Met>,
}

/// The guarantees of sessions, judged as the history grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    views: Vec<View>,
}

impl Sessions {
    /// A session was answered.
    pub(super) fn step(&mut self, web: &Web, session: u32, step: Step, at: u64, breaks: &mut Breaks) {
        if self.views.len() <= session as usize {
            self.views.resize_with(session as usize + 1, View::default);
        }
        let write = match step.saw {
            Some(Origin::Initial) => None,
            Some(Origin::Write(write)) => Some(write),
            Some(Origin::Nowhere | Origin::Vague) | None => return,
        };
        self.read_your_writes(web, session, step, write, at, breaks);
        self.monotonic_reads(web, session, step, write, at, breaks);
        self.monotonic_writes(web, session, step, write, at, breaks);
        self.writes_follow_reads(web, session, step, write, at, breaks);
        if let Some(write) = write {
            self.look(web, session, step, write);
        }
    }

    fn seen(&self, session: u32, key: u32) -> Option<&Seen> {
        self.views.get(session as usize)?.keys.get(&key)
    }

    /// The read is part of the view from now on.
    fn look(&mut self, web: &Web, session: u32, step: Step, write: u32) {
        let own = web.sessions[session as usize].writes.len() as u32 - u32::from(step.wrote != NONE);
        let Write { session: writer, index, key, .. } = *web.write(write);
        let view = &mut self.views[session as usize];
        let seen = view.keys.entry(key).or_default();
        seen.last = Some((write, step.place));
        seen.writes.insert(write);
        let looks = seen.newest.entry(writer).or_default();
        if looks.last().is_none_or(|last| last.index < index) {
            looks.push(Look { own, index, place: step.place });
        }
        let one = (index, key, step.place);
        let met = view.met.entry(writer).or_insert(Met { first: one, other: None });
        if met.first.0 < index {
            if met.first.1 != key {
                met.other = Some(met.first);
            }
            met.first = one;
        } else if met.first.1 != key && met.other.is_none_or(|(other, ..)| other < index) {
            met.other = Some(one);
        }
    }

    fn read_your_writes(
        &self,
        web: &Web,
        session: u32,
        step: Step,
        saw: Option<u32>,
        at: u64,
        breaks: &mut Breaks,
    ) {
        let Some(own) = web.rows(step.key).iter().find(|row| row.session == session) else { return };
        // A compare-and-set sees before it writes.
        let Some(newest) = own.writes.iter().rev().find(|write| **write != step.wrote).copied() else {
            return;
        };
        let older = match saw {
            None => true,
            Some(saw) => web.write(saw).session == session && web.write(saw).index < web.write(newest).index,
        };
        if older {
            breaks.note(Guarantee::ReadYourWrites, at, suspects(web, step, saw, &[newest], &[]));
        }
    }

    fn monotonic_reads(
        &self,
        web: &Web,
        session: u32,
        step: Step,
        saw: Option<u32>,
        at: u64,
        breaks: &mut Breaks,
    ) {
        let Some(seen) = self.seen(session, step.key) else { return };
        let Some((last, last_place)) = seen.last else { return };
        let newer = match saw {
            None => Some((last, last_place)),
            Some(saw) => {
                let Write { session: writer, index, .. } = *web.write(saw);
                let newest = seen.newest.get(&writer).and_then(|looks| looks.last());
                let went_back =
                    |newest: &&Look| newest.index > index || (newest.index == index && last != saw);
                let write = |newest: &Look| web.sessions[writer as usize].writes[newest.index as usize - 1];
                newest.filter(went_back).map(|newest| (write(newest), newest.place))
            }
        };
        if let Some((newer, by)) = newer {
            let found = suspects(web, step, saw, &[last, newer], &[by, last_place]);
            breaks.note(Guarantee::MonotonicReads, at, found);
        }
    }

    fn monotonic_writes(
        &self,
        web: &Web,
        session: u32,
        step: Step,
        saw: Option<u32>,
        at: u64,
        breaks: &mut Breaks,
    ) {
        let view = &self.views[session as usize];
        let seen = view.keys.get(&step.key);
        let newest_seen =
            |writer: u32| seen.and_then(|seen| seen.newest(writer, NONE)).map_or(0, |look| look.index);
        // It lacks a write that came before one to another key.
        for row in web.rows(step.key) {
            let Some(Met { first: (met, _, by), .. }) = view.met.get(&row.session) else { continue };
            let Some(before) = web.last_of(row, met - 1) else { continue };
            let older = saw.is_none_or(|saw| {
                web.write(saw).session == row.session && web.write(saw).index < web.write(before).index
            });
            if older && newest_seen(row.session) < web.write(before).index {
                let met = web.sessions[row.session as usize].writes[*met as usize - 1];
                let found = suspects(web, step, saw, &[before, met], &[*by]);
                breaks.note(Guarantee::MonotonicWrites, at, found);
                return;
            }
        }
        // It meets a write for the first time, after a later one to the same key.
        let (Some(saw), Some(seen)) = (saw, seen) else { return };
        let Write { session: writer, index, .. } = *web.write(saw);
        if let Some(later) = seen.newest(writer, NONE)
            && later.index > index
            && !seen.writes.contains(&saw)
        {
            let met = web.sessions[writer as usize].writes[later.index as usize - 1];
            let found = suspects(web, step, Some(saw), &[met], &[later.place]);
            breaks.note(Guarantee::MonotonicWrites, at, found);
        }
    }

    fn writes_follow_reads(
        &self,
        web: &Web,
        session: u32,
        step: Step,
        saw: Option<u32>,
        at: u64,
        breaks: &mut Breaks,
    ) {
        let view = &self.views[session as usize];
        let seen = view.keys.get(&step.key);
        let newest_seen =
            |writer: u32| seen.and_then(|seen| seen.newest(writer, NONE)).map_or(0, |look| look.index);
        let mut note = |writer: u32, met: u32, by: u32, head: u32, look: Look| {
            let write = |session: u32, index: u32| web.sessions[session as usize].writes[index as usize - 1];
            let writes = [write(writer, met), write(head, look.index)];
            // What the writer had seen is seen to be so by the operation that looked.
            let found = suspects(web, step, saw, &writes, &[by, look.place]);
            breaks.note(Guarantee::WritesFollowReads, at, found);
        };
        // It lacks a write that was seen before one to another key was made.
        for (writer, met) in &view.met {
            let Some((index, _, by)) =
                [Some(met.first), met.other].into_iter().flatten().find(|(_, key, _)| *key != step.key)
            else {
                continue;
            };
            let Some(theirs) = self.seen(*writer, step.key) else { continue };
            let lacks = |head: &u32| {
                let look = theirs.newest(*head, index)?;
                let older = saw
                    .is_none_or(|saw| web.write(saw).session == *head && web.write(saw).index < look.index);
                (older && newest_seen(*head) < look.index).then_some((*head, look))
            };
            let found = match saw {
                Some(saw) => lacks(&web.write(saw).session),
                None => theirs.newest.keys().find_map(lacks),
            };
            if let Some((head, look)) = found {
                return note(*writer, index, by, head, look);
            }
        }
        // It meets a write for the first time, after one to the same key that was made by someone who had seen it.
        let (Some(saw), Some(seen)) = (saw, seen) else { return };
        if seen.writes.contains(&saw) {
            return;
        }
        let Write { session: head, index, .. } = *web.write(saw);
        for (writer, looks) in &seen.newest {
            let Some(met) = looks.last() else { continue };
            let theirs = self.seen(*writer, step.key).and_then(|theirs| theirs.newest(head, met.index));
            // A compare-and-set saw something itself, also while it is not answered.
            let write = web.write(web.sessions[*writer as usize].writes[met.index as usize - 1]);
            let swapped = (write.parent != NONE).then(|| web.write(write.parent));
            let swapped = swapped
                .filter(|parent| parent.session == head && parent.key == step.key)
                .map(|parent| Look { own: 0, index: parent.index, place: write.place });
            if let Some(look) = [theirs, swapped].into_iter().flatten().find(|look| look.index >= index) {
                return note(*writer, met.index, met.place, head, look);
            }
        }
    }
}

/// Operations among which the proof is: the read, who wrote what it saw, these writes and these others, and who wrote
/// what those saw.
fn suspects(web: &Web, step: Step, saw: Option<u32>, writes: &[u32], others: &[u32]) -> Suspects {
    let mut all: SmallVec<[u32; 6]> = smallvec![step.place];
    all.extend(saw.into_iter().chain(writes.iter().copied()).map(|write| web.write(write).place));
    all.extend_from_slice(others);
    Suspects::These(all)
}
