//! Carrying out commands: those that need the protocol here, the rest in [`crate::kernel::faults`].

use super::World;
use crate::command::{Command, MessageSelector, Who};
use crate::ids::EventId;
use crate::kernel::Slot;
use crate::kernel::faults::Effect;
use crate::kernel::select::Roles;
use crate::kernel::state::{Asked, Waiting};
use crate::kernel::step::Offer;
use crate::protocol::{Happening, Protocol, Timer};
use crate::random::Purpose;
use crate::story::Mark;
use crate::trace::{EventKind, Recorder};
use crate::view::Status;
use std::sync::Arc;

impl<P: Protocol> World<P> {
    pub(super) fn carry_out(&mut self, by_chaos: bool, index: u32, recorder: &mut Recorder<'_>) {
        let list = if by_chaos { &self.kernel.chaos } else { &self.kernel.commands };
        let Some(timed) = list.get(index as usize).cloned() else { return };
        if timed.disabled {
            return;
        }
        let roles = self.roles();
        let mark = recorder.trace.as_deref().map_or(0, |trace| trace.story.marks.len() as u32);
        let mut content = 0;
        crate::digest::absorb(&mut content, &timed.command);
        let event = self.kernel.begin(None, EventKind::Command(mark), None, content, recorder);
        if let Some(trace) = recorder.trace.as_deref_mut() {
            let text: Arc<str> = timed.command.to_string().into();
            let word = text.split(' ').next().unwrap_or_default().into();
            let at = self.kernel.now();
            trace.story.marks.push(Mark { at, event, word, text, nothing_to_do: false, by_chaos });
        }
        let done = self.carry(&timed.command, &roles, event, recorder);
        if done && timed.command.disturbs() {
            self.observe(0, event, &Happening::Disturbed, recorder);
        }
        let mark = recorder.trace.as_deref_mut().and_then(|t| t.story.marks.get_mut(mark as usize));
        if let Some(mark) = mark {
            mark.nothing_to_do = !done;
        }
    }

    fn carry(
        &mut self,
        command: &Command,
        roles: &Roles,
        event: EventId,
        recorder: &mut Recorder<'_>,
    ) -> bool {
        match command {
            Command::Fire { who, timer } => self.fire(who, timer, roles, recorder),
            Command::Set { parameter, value } => self.set(parameter, value),
            Command::Bend { which, how } => self.bend(which, how, roles),
            Command::Verb { verb, who, words } => self.verb(verb, who, words, roles, event, recorder),
            other => {
                let (done, effects) = self.kernel.apply(other, roles, event, recorder);
                for effect in effects {
                    self.effect(effect, event, recorder);
                }
                done
            }
        }
    }

    fn effect(&mut self, effect: Effect, event: EventId, recorder: &mut Recorder<'_>) {
        match effect {
            Effect::Crash { slot, keep, torn } => {
                let sentence = format!("{} crashes", self.kernel.id(slot));
                self.kernel.own_fact(slot, event, "crashed", sentence, recorder);
                self.crash(slot, event, keep, torn, recorder);
            }
            Effect::Start(slot) => self.boot(slot, recorder),
            Effect::Wipe(slot) => {
                self.stores.disk(slot).wipe();
                self.kernel.actor_mut(slot).disk.wiped = true;
                let sentence = format!("the disk of {} is wiped", self.kernel.id(slot));
                self.kernel.own_fact(slot, event, "wiped", sentence, recorder);
            }
            Effect::Copy { of, to } => self.copy_message(of, to),
            // Where only some nodes are mended, what is due after a heal is not due yet.
            Effect::Healed { all: false } => self.observe(0, event, &Happening::Disturbed, recorder),
            Effect::Healed { all: true } => {
                for slot in self.kernel.slots() {
                    self.observe(slot, event, &Happening::Healed, recorder);
                }
            }
        }
    }

    fn fire(&mut self, who: &Who, timer: &str, roles: &Roles, recorder: &mut Recorder<'_>) -> bool {
        let Some(slot) = self.kernel.find(who, roles) else { return false };
        let named = |packed: u64| P::Timer::unpack(packed).name() == timer;
        let set = self.kernel.actor(slot).timers.iter().find(|t| named(t.packed)).copied();
        let Some(timer) = set else { return false };
        self.hand_over(slot, Waiting::Timer { packed: timer.packed, stamp: timer.stamp }, recorder);
        true
    }

    /// Something for an actor: it handles it now, or once it is free.
    pub(super) fn hand_over(&mut self, slot: Slot, item: Waiting, recorder: &mut Recorder<'_>) {
        if let Offer::Taken = self.kernel.offer(slot, item) {
            self.handle(slot, item, recorder);
        }
    }

    fn set(&mut self, parameter: &str, value: &str) -> bool {
        let before = self.parameters.clone();
        let live = self.parameters.find(parameter).is_ok_and(|(_, spec)| spec.live);
        if !live || self.parameters.set(parameter, value).is_err() || self.parameters == before {
            return false;
        }
        self.settings = P::settings(&self.parameters);
        true
    }

    fn bend(&mut self, which: &MessageSelector, how: &str, roles: &Roles) -> bool {
        let Some(at) = self.kernel.find_message(which, roles) else { return false };
        let flight = *self.kernel.flights.get(at);
        let draw = self.kernel.actor_draw(flight.from, Purpose::Bend).word();
        let to = self.kernel.id(flight.to);
        match self.stores.get(at).and_then(|message| P::bend(message, how, to, draw)) {
            None => false,
            Some(bent) => {
                self.stores.put(at, bent);
                true
            }
        }
    }

    fn verb(
        &mut self,
        verb: &Arc<str>,
        who: &Who,
        words: &[Arc<str>],
        roles: &Roles,
        event: EventId,
        recorder: &mut Recorder<'_>,
    ) -> bool {
        let Some(named) = self.kernel.find(who, roles) else { return false };
        let id = self.kernel.id(named);
        let target = P::addressee(verb, id, &self.cluster());
        let target: Option<Slot> = target.and_then(|id| self.kernel.slot(id));
        let Some(slot) = target.filter(|slot| self.kernel.runs(*slot)) else { return false };
        if P::switches_on(verb) && self.kernel.actor(named).status == Status::Off {
            self.boot(named, recorder);
        }
        // What is asked of a node may be another's to do (`add n6` is the leader's): the name goes along.
        let mut all: Vec<Arc<str>> = Vec::with_capacity(words.len() + 1);
        if id.is_node() {
            all.push(id.to_string().into());
        }
        all.extend(words.iter().map(|word| resolved(word, roles)));
        let asked = Asked { verb: Arc::clone(verb), words: all.into(), trigger: event };
        let item = self.kernel.ask(asked);
        self.hand_over(slot, item, recorder);
        true
    }
}

/// A role among a verb's words becomes whoever has it now: `put c1 x=1 to @leader`.
fn resolved(word: &Arc<str>, roles: &Roles) -> Arc<str> {
    let role = word.strip_prefix('@').and_then(|role| roles.iter().find(|(name, _)| *name == role));
    match role {
        Some((_, Some(id))) => id.to_string().into(),
        _ => Arc::clone(word),
    }
}
