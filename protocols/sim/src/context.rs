//! The effects a handler may have. Time, randomness, disk and network reach a protocol only through here.

use crate::ids::{ActorId, EventId, OperationId, SyncId};
use crate::kernel::ways::Outgoing;
use crate::kernel::{Kernel, Slot};
use crate::protocol::{Fact, Message, Note, Protocol, Timer};
use crate::random::{Draw, Purpose};
use crate::story::{Outcome, Value};
use crate::time::{Span, Time};
use crate::trace::Recorder;
use crate::world::Stores;
use smallvec::SmallVec;
use std::sync::Arc;

/// What a handler is given: who it is, and everything it may do.
pub struct Context<'a, P: Protocol> {
    kernel: &'a mut Kernel,
    stores: &'a mut Stores<P>,
    settings: &'a P::Settings,
    trace: Recorder<'a>,
    slot: Slot,
    event: EventId,
    /// Work done so far in this handler.
    worked: Span,
    facts: &'a mut SmallVec<[P::Fact; 4]>,
    aborted: Option<String>,
}

impl<'a, P: Protocol> Context<'a, P> {
    #[inline]
    pub(crate) fn new(
        kernel: &'a mut Kernel,
        stores: &'a mut Stores<P>,
        settings: &'a P::Settings,
        trace: Recorder<'a>,
        slot: Slot,
        event: EventId,
        facts: &'a mut SmallVec<[P::Fact; 4]>,
    ) -> Self {
        Self { kernel, stores, settings, trace, slot, event, worked: Span::ZERO, facts, aborted: None }
    }

    /// How long the handler worked, and why the node aborts, if it does.
    #[inline]
    pub(crate) fn outcome(self) -> (Span, Option<String>) {
        (self.worked, self.aborted)
    }
}

impl<P: Protocol> Context<'_, P> {
    /// Who this is.
    pub fn me(&self) -> ActorId {
        self.kernel.id(self.slot)
    }

    /// The lab's parameters as they are in force now.
    pub fn settings(&self) -> &P::Settings {
        self.settings
    }

    /// This actor's monotonic clock: it drifts, never steps, and means nothing elsewhere.
    pub fn monotonic(&self) -> Time {
        self.kernel.monotonic(self.slot)
    }

    /// This actor's wall clock: nanoseconds since an epoch everybody means to share; it drifts and may step either way.
    pub fn wall(&self) -> Time {
        self.kernel.wall(self.slot)
    }

    /// A source of random numbers, another one at each call.
    pub fn draw(&mut self) -> Draw {
        self.kernel.actor_draw(self.slot, Purpose::Handler)
    }

    /// Sends a message. To oneself it arrives too, after no time.
    pub fn send(&mut self, to: ActorId, message: P::Message) {
        self.post(to, message, None);
    }

    /// Sends a message once that sync is done; never, if the node crashes before.
    pub fn send_after(&mut self, sync: SyncId, to: ActorId, message: P::Message) {
        self.post(to, message, Some(sync));
    }

    fn post(&mut self, to: ActorId, message: P::Message, after: Option<SyncId>) {
        let Some(target) = self.kernel.slot(to) else { return };
        let message = match self.kernel.lie_towards(self.slot, target) {
            None => message,
            Some(how) => {
                let draw = self.kernel.actor_draw(self.slot, Purpose::Bend).word();
                if P::withholds(&message, &how, to, draw) {
                    return;
                }
                P::bend(&message, &how, to, draw).unwrap_or(message)
            }
        };
        let outgoing = Outgoing {
            from: self.slot,
            to: target,
            kind: message.kind(),
            asks: message.asks(),
            routine: message.routine(),
            bytes: message.bytes(),
            after,
            worked: self.worked,
            event: self.event,
        };
        let (first, second) = self.kernel.send(&outgoing, &mut self.trace);
        if let Some(copy) = second {
            self.stores.put(copy, message.clone());
        }
        self.stores.put(first, message);
    }

    /// Sets a timer to go off after this much of the node's own (monotonic) time. A timer that is already set is moved.
    pub fn set_timer(&mut self, timer: P::Timer, after: Span) {
        self.kernel.set_timer(self.slot, timer.pack(), timer.shown(), after, self.worked, self.event);
    }

    /// Unsets a timer.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.kernel.cancel_timer(self.slot, timer.pack());
    }

    /// Whether a timer is set.
    pub fn timer_is_set(&self, timer: P::Timer) -> bool {
        self.kernel.timer_is_set(self.slot, timer.pack())
    }

    /// Writes to the disk. It is read back after a crash only if a sync finished after it, or by luck.
    pub fn write(&mut self, write: P::Write) {
        if self.kernel.disk_accepts(self.slot, self.event) {
            self.stores.disk(self.slot).write(write);
        }
    }

    /// Asks the disk to make durable all that was written so far. [`crate::Event::Synced`] says when it is.
    pub fn sync(&mut self) -> SyncId {
        let written = self.stores.disk(self.slot).written();
        self.kernel.sync(self.slot, written, self.worked, self.event)
    }

    /// What is durable or written, folded: what a node would read from its disk now.
    pub fn stored(&mut self) -> &P::Durable {
        self.stores.disk(self.slot).latest()
    }

    /// Does work for this long (longer while the node is slow). Effects after this call happen after it; events that
    /// arrive meanwhile wait.
    pub fn work(&mut self, span: Span) {
        self.worked = self.worked + self.kernel.slowed(self.slot, span);
    }

    /// Something became so.
    pub fn fact(&mut self, fact: P::Fact) {
        if let Some(role) = fact.role() {
            self.kernel.role(self.slot, role, self.event, &mut self.trace);
        }
        let (at, me) = (self.kernel.now(), self.me());
        if let Some(trace) = self.trace.trace.as_deref_mut() {
            trace.facts.state(at, self.event, me, fact.clone());
        }
        self.facts.push(fact);
    }

    /// Why: the rule and the values. The closure runs only while somebody reads; it is in neither state nor hash.
    pub fn note(&mut self, text: impl FnOnce() -> String) {
        let (at, actor) = (self.kernel.now(), self.me());
        if let Some(notes) = self.trace.notes.as_deref_mut() {
            notes.push(Note { event: self.event, at, actor, text: text() });
        }
    }

    /// What must hold unless the disk was damaged, a message bent or a pothole left in. Where it does not hold the node
    /// aborts after this handler, as a real process would: a crash with its reason, and the run goes on. Returns
    /// whether it holds, so that the handler can return.
    pub fn require(&mut self, holds: bool, reason: impl FnOnce() -> String) -> bool {
        if !holds && self.aborted.is_none() {
            self.aborted = Some(reason());
        }
        holds
    }

    /// A client asks something of the system: an operation begins. Unfinished operations of the same client go on; after
    /// an unknown outcome the client is a new process of the history.
    pub fn invoke(
        &mut self,
        function: &'static str,
        key: &str,
        input: impl IntoIterator<Item = Value>,
        label: String,
    ) -> OperationId {
        let operation = self.kernel.invoke(self.slot, function);
        let event = self.event;
        if let Some(trace) = self.trace.trace.as_deref_mut() {
            let process = self.kernel.process(self.slot);
            let key: Arc<str> = key.into();
            trace.story.operations.push(crate::story::Operation {
                id: operation,
                client: self.kernel.id(self.slot),
                process,
                function,
                key,
                input: input.into_iter().collect(),
                output: SmallVec::new(),
                invoked: self.kernel.now(),
                invoked_by: self.event,
                completed: None,
                completed_by: None,
                outcome: Outcome::Open,
                answered_by: None,
                label: label.into(),
            });
            trace.history.push((event, crate::trace::HistoryStep::Invoked(operation)));
        }
        operation
    }

    /// An operation comes out: answered (ok), surely not done (failed), or given up (unknown).
    pub fn complete(
        &mut self,
        operation: OperationId,
        outcome: Outcome,
        output: impl IntoIterator<Item = Value>,
        answered_by: Option<ActorId>,
    ) {
        let output: SmallVec<[Value; 1]> = output.into_iter().collect();
        self.kernel.complete(
            self.slot,
            operation,
            outcome,
            &output,
            answered_by,
            self.event,
            &mut self.trace,
        );
    }

    /// How many nodes there are, spares included.
    pub fn nodes(&self) -> u16 {
        self.kernel.node_count()
    }
}
