//! Watches the invariants (section 4.5) as things happen, from facts alone.
//!
//! What a liar sends is bent on its way out; the liar itself goes by what it hears, as everybody does. So its own
//! conclusions count like the others': it too must agree with them.
//!
//! [`Watch`] remembers which request was executed first under each number, what prepared in the newest views, the digests
//! of states, and what came of each client's last requests.

use super::fact::{Done, Fact, Falsehood, Why};
use super::invariants::At;
use super::keys::Digest;
use super::message::{Number, View, answer};
use super::settings::Settings;
use super::{Actor, Pbft};
use crate::raft::store::Response;
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Chunks, Parameters, Time};
use std::sync::Arc;

/// Newest (view, number) pairs, states and requests of a client that are remembered.
const REMEMBERED: usize = 400;

/// The monitor. Copies share what they have in common.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What was executed first under each number, from 1.
    executed: Chunks<First>,
    /// What prepared, and at whom first.
    prepared: Arc<SortedMap<(View, Number), (Digest, ActorId)>>,
    /// Digests of states, and whose was the first.
    states: Arc<SortedMap<Number, (Digest, ActorId)>>,
    /// What came of requests.
    results: Arc<SortedMap<(ActorId, u64), Response>>,
    /// How far each replica had come when it crashed.
    reached: Arc<SortedMap<ActorId, Number>>,
}

/// What was executed first under a number.
#[derive(Clone, Copy, Debug)]
struct First {
    /// Which request; none where nobody executed it, but took over a state.
    digest: Option<Digest>,
    /// By whom.
    at: ActorId,
    /// In which view it was committed.
    view: View,
}

fn trim<K: Ord + Copy, V>(map: &mut SortedMap<K, V>) {
    while map.len() > REMEMBERED {
        map.pop_first();
    }
}

impl Monitor<Pbft> for Watch {
    fn new(_settings: &Settings, _parameters: &Parameters) -> Self {
        Self {
            executed: Chunks::new(),
            prepared: Arc::default(),
            states: Arc::default(),
            results: Arc::default(),
            reached: Arc::default(),
        }
    }

    fn observe(
        &mut self,
        _at: Time,
        actor: ActorId,
        happening: &Happening<'_, Pbft>,
        _state: Option<&Actor>,
        report: &mut Report,
    ) {
        if let Happening::Fact(fact) = happening {
            self.fact(actor, fact, report);
            sometimes(fact, report);
        }
    }
}

impl Watch {
    fn fact(&mut self, who: ActorId, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Executed { number, view, digest, done } => {
                let first = First { digest: Some(*digest), at: who, view: *view };
                self.executed(*number, first, report);
                if let Some(done) = done {
                    self.result(done);
                }
                Arc::make_mut(&mut self.reached).insert(who, *number);
            }
            Fact::Prepared { view, number, digest, .. } => {
                self.prepared(who, *view, *number, *digest, report)
            }
            Fact::Entered { view, from, order } => self.entered(who, *view, *from, order, report),
            Fact::Checkpointed { number, digest } | Fact::Installed { number, digest, .. } => {
                self.state(who, *number, *digest, report);
            }
            Fact::Answered { text, response, timestamp: Some(timestamp), .. } => {
                self.answered(who, text, *timestamp, response, report);
            }
            Fact::Recovered { number, .. }
                if self.reached.get(&who).is_some_and(|reached| number < reached) =>
            {
                report.reached(At::Recovered.place());
            }
            _ => {}
        }
    }

    fn executed(&mut self, number: Number, now: First, report: &mut Report) {
        let place = number.0 - 1;
        match self.executed.get(place).copied() {
            Some(First { digest: Some(first), at, .. }) if Some(first) != now.digest => {
                let digest = now.digest.unwrap_or(Digest::NULL);
                let sentence =
                    format!("{} executed {digest} as number {number}, {at} had executed {first}", now.at);
                report.broken(At::Agreement.place(), sentence);
            }
            Some(First { digest: Some(_), .. }) => {}
            Some(First { digest: None, .. }) => {
                self.executed.set(place, now);
            }
            // Numbers can be missing that nobody has executed: with a pothole in, a state may be made up.
            None => {
                while self.executed.len() < place {
                    self.executed.push(First { digest: None, ..now });
                }
                self.executed.push(now);
            }
        }
    }

    fn result(&mut self, done: &Done) {
        let results = Arc::make_mut(&mut self.results);
        if !done.again {
            results.entry((done.client, done.timestamp)).or_insert_with(|| done.response.clone());
        }
        let before = (done.client, done.timestamp.saturating_sub(20));
        let old: Vec<(ActorId, u64)> =
            results.range((done.client, 0)..before).map(|(request, _)| *request).collect();
        old.iter().for_each(|request| {
            results.remove(request);
        });
    }

    /// Section 4.2: if one has prepared m as n in v, nobody has prepared another.
    fn prepared(&mut self, who: ActorId, view: View, number: Number, digest: Digest, report: &mut Report) {
        let prepared = Arc::make_mut(&mut self.prepared);
        let (first, at) = *prepared.entry((view, number)).or_insert((digest, who));
        if first != digest {
            let sentence = format!("{who} prepared {digest} as {number} in view {view}, {at} {first}");
            report.broken(At::Prepared.place(), sentence);
        }
        trim(prepared);
    }

    /// Section 4.4: what was executed after the stable checkpoint that the new view builds on is in its order.
    fn entered(
        &mut self,
        who: ActorId,
        view: View,
        from: Number,
        order: &[(Number, Digest, Arc<str>)],
        report: &mut Report,
    ) {
        if order.iter().any(|(_, digest, _)| *digest == Digest::NULL) {
            report.reached(At::Null.place());
        }
        if order.iter().any(|(_, digest, _)| *digest != Digest::NULL) {
            report.reached(At::TakenOver.place());
        }
        let order: SortedMap<Number, Digest> = order.iter().map(|(n, digest, _)| (*n, *digest)).collect();
        for place in from.0..self.executed.len() {
            let number = Number(place + 1);
            let Some(First { digest, at, view: committed }) = self.executed.get(place).copied() else {
                break;
            };
            let now = order.get(&number).copied();
            if let Some(digest) = digest
                && committed < view
                && now != Some(digest)
            {
                let now = now.map_or_else(|| "nothing".to_owned(), |now| now.to_string());
                let sentence = format!(
                    "{at} executed {digest} as number {number}; {who} enters view {view}, where that is {now}"
                );
                return report.broken(At::Kept.place(), sentence);
            }
        }
    }

    fn state(&mut self, who: ActorId, number: Number, digest: Digest, report: &mut Report) {
        let states = Arc::make_mut(&mut self.states);
        let (first, at) = *states.entry(number).or_insert((digest, who));
        if first != digest {
            let sentence = format!("after number {number} {who} has the state {digest}, {at} has {first}");
            report.broken(At::States.place(), sentence);
        }
        trim(states);
    }

    fn answered(
        &mut self,
        client: ActorId,
        text: &str,
        timestamp: u64,
        response: &Response,
        report: &mut Report,
    ) {
        let said = answer(response);
        let sentence = match self.results.get(&(client, timestamp)) {
            Some(result) if result == response => return,
            Some(result) => {
                format!("{client} believes {said} of {text}, but what came of it is {}", answer(result))
            }
            None => format!("{client} believes {said} of {text}, which nobody has executed"),
        };
        report.broken(At::TrueAnswers.place(), sentence);
    }
}

/// What a sweep must have reached.
fn sometimes(fact: &Fact, report: &mut Report) {
    let at = match fact {
        Fact::Primary { view } if *view > View(1) => At::Changed,
        Fact::Changing { why: Why::Joined, .. } => At::Joined,
        Fact::Changing { why: Why::Expired, .. } => At::Expired,
        Fact::Stable { .. } => At::Stable,
        Fact::Installed { .. } => At::Installed,
        Fact::Equivocation { .. } => At::Equivocation,
        Fact::Refused { what, .. } => match what {
            Falsehood::Signature => At::Forged,
            Falsehood::Malformed => At::FalseCertificate,
            Falsehood::NewView => At::FalseView,
            Falsehood::State => At::FalseState,
        },
        Fact::Differ { .. } => At::Differ,
        Fact::Repeated { .. } => At::Retry,
        Fact::Executed { done: Some(Done { again: true, .. }), .. } => At::Twice,
        Fact::GaveUp { .. } => At::GaveUp,
        _ => return,
    };
    report.reached(at.place());
}
