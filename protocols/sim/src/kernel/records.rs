//! What the kernel writes down of an actor: its operations, its facts, what it is.

use super::{Kernel, Slot};
use crate::ids::{ActorId, EventId, OperationId};
use crate::random::mix;
use crate::story::{Band, BandState, Outcome, Role, Value};
use crate::trace::{HistoryStep, Recorder};
use smallvec::SmallVec;

impl Kernel {
    pub(crate) fn process(&self, slot: Slot) -> u64 {
        self.actor(slot).process
    }

    pub(crate) fn invoke(&mut self, slot: Slot, function: &str) -> OperationId {
        let id = OperationId(self.operations);
        self.operations += 1;
        let who = u64::from(self.id(slot).raw());
        self.hash = mix(mix(self.hash, who << 16 | 0xa), function.len() as u64);
        id
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call, from the context, that passes on all it was given"
    )]
    pub(crate) fn complete(
        &mut self,
        slot: Slot,
        operation: OperationId,
        outcome: Outcome,
        output: &SmallVec<[Value; 1]>,
        answered_by: Option<ActorId>,
        event: EventId,
        trace: &mut Recorder<'_>,
    ) {
        self.hash = mix(self.hash, (outcome as u64) << 8 | 0xb);
        crate::digest::absorb(&mut self.hash, output);
        if outcome == Outcome::Unknown {
            self.actor_mut(slot).process = self.processes;
            self.processes += 1;
        }
        let now = self.now;
        let Some(trace) = trace.trace.as_deref_mut() else { return };
        let Some(record) = trace.story.operations.get_mut(operation.0 as usize) else { return };
        if record.outcome != Outcome::Open {
            return;
        }
        record.completed = Some(now);
        record.completed_by = Some(event);
        record.outcome = outcome;
        record.output = output.clone();
        record.answered_by = answered_by;
        trace.history.push((event, HistoryStep::Completed(operation)));
    }

    /// A fact of the kernel's own about an actor.
    pub(crate) fn own_fact(
        &mut self,
        slot: Slot,
        event: EventId,
        name: &'static str,
        sentence: String,
        trace: &mut Recorder<'_>,
    ) {
        if let Some(trace) = trace.trace.as_deref_mut() {
            trace.facts.own(self.now, event, self.id(slot), name, sentence.into());
        }
    }

    pub(crate) fn role(&mut self, slot: Slot, role: Role, event: EventId, trace: &mut Recorder<'_>) {
        self.actor_mut(slot).role = Some(role);
        self.band(slot, BandState::Role(role), event, trace);
    }

    pub(crate) fn band(&self, slot: Slot, state: BandState, event: EventId, trace: &mut Recorder<'_>) {
        let trace = trace.trace.as_deref_mut();
        if let Some(lane) = trace.and_then(|trace| trace.story.lanes.get_mut(usize::from(slot))) {
            lane.bands.push(Band { from: self.now, event, state });
        }
    }
}
