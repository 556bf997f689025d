//! The caller's side of a call: attempts with their time-outs, back-off, the budget, the guards, hedges, and a deadline
//! over all of it. Devices, fronts and services are callers alike; they differ in whom they call and how long they wait.
//!
//! A call is one wish, over all its attempts. It is over when some attempt is answered ok, when nothing is on its way and
//! nothing more may be tried, or when its time is up; what is answered after that is not looked at.

use super::guard::{Budget, Gate, State, Turn};
use super::message::{Answer, Key, Message};
use super::server::Job;
use super::settings::left;
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, OperationId, Recovery, Span, Time};
use smallvec::SmallVec;

/// What a call is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Cause {
    /// A device's own wish.
    Wish(OperationId),
    /// Somebody who asked, and waits.
    Job(Job),
    /// The cache, for everybody who wants this key.
    Cache,
}

/// A call that is not over.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    cause: Cause,
    key: Key,
    begun: Time,
    due: Time,
    /// Attempts made.
    attempts: u32,
    /// Attempts that may still be answered in time: which, at whom.
    on_way: SmallVec<[(u32, ActorId); 2]>,
    /// A retry waits for its back-off.
    backs_off: bool,
    /// How the last one was refused.
    refused: Answer,
}

/// A call that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it was made for.
    pub cause: Cause,
    /// What was asked for.
    pub key: Key,
    /// How it came out.
    pub answer: Answer,
    /// How long it took.
    pub took: Span,
}

/// All calls of one caller.
#[derive(Clone, Debug, Serialize)]
pub struct Caller {
    /// The number of the next call. Those of an earlier life are all smaller, so that no old answer fits a new call.
    next: u64,
    open: SortedMap<u64, Call>,
    budget: Budget,
    gates: SortedMap<ActorId, Gate>,
}

impl Caller {
    /// Nothing called yet, in this life.
    pub fn new(recovery: Recovery) -> Self {
        let next = u64::from(recovery.starts) << 32;
        Self { next, open: SortedMap::new(), budget: Budget::default(), gates: SortedMap::new() }
    }

    /// How many calls are not over.
    pub fn open(&self) -> u32 {
        u32::try_from(self.open.len()).unwrap_or(u32::MAX)
    }

    /// The oldest call that is not over: what is asked for, and how many attempts were made.
    pub fn oldest(&self) -> Option<(Key, u32)> {
        self.open.values().next().map(|call| (call.key, call.attempts))
    }

    /// What is asked for in the calls that are not over.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.open.values().map(|call| call.key)
    }

    /// The budget of retries.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// How the guards of those called so far stand.
    pub fn gates(&self) -> impl Iterator<Item = (ActorId, &Gate)> {
        self.gates.iter().map(|(who, gate)| (*who, gate))
    }

    /// Begins a call that may take so long. What comes back is over at once: nobody may be asked.
    pub fn begin(&mut self, cause: Cause, key: Key, time: Span, context: &mut Context<'_>) -> Option<Done> {
        let (number, now) = (self.next, context.monotonic());
        self.next += 1;
        self.budget.earn(context.settings());
        let call = Call {
            cause,
            key,
            begun: now,
            due: now + time,
            attempts: 0,
            on_way: SmallVec::new(),
            backs_off: false,
            refused: Answer::Failed,
        };
        self.open.insert(number, call);
        context.set_timer(Timer::Due(number), time);
        if !self.attempt(number, context) {
            return self.over(number, Answer::Failed, context);
        }
        let (_, others) = context.settings().targets(context.me());
        if others > 1 && context.settings().hedge > Span::ZERO {
            context.set_timer(Timer::Hedge(number), context.settings().hedge);
        }
        None
    }

    /// Asks the next one that its guard admits, beginning with another one for each call and each attempt.
    fn attempt(&mut self, number: u64, context: &mut Context<'_>) -> bool {
        let Some(call) = self.open.get_mut(&number) else { return false };
        let (first, count) = context.settings().targets(context.me());
        let now = context.monotonic();
        let start = (number + u64::from(call.attempts)) % u64::from(count.max(1));
        let mut draw = context.draw();
        let target = (0..u64::from(count)).map(|step| (start + step) % u64::from(count)).find_map(|place| {
            let target = ActorId::node(first + u16::try_from(place).unwrap_or_default());
            let asked = call.on_way.iter().any(|(_, other)| *other == target);
            let gate = self.gates.entry(target).or_default();
            (!asked && gate.admits(now, context.settings(), &mut draw)).then_some(target)
        });
        let Some(target) = target else {
            context.note(|| format!("nobody is asked for {}: the breakers are open", call.key));
            return false;
        };
        call.attempts += 1;
        call.on_way.push((call.attempts, target));
        let time = left(now, call.due);
        let told = (!context.settings().potholes.deadline_not_passed).then_some(time);
        let request = Message::Request { call: number, attempt: call.attempts, key: call.key, left: told };
        let patience = context.settings().attempt(context.me()).min(time);
        context.send(target, request);
        context.set_timer(Timer::Attempt(number), patience);
        true
    }

    /// An answer. What comes back is over.
    pub fn on_reply(
        &mut self,
        from: ActorId,
        number: u64,
        attempt: u32,
        answer: Answer,
        context: &mut Context<'_>,
    ) -> Option<Done> {
        let Some(call) = self.open.get_mut(&number) else {
            context.note(|| format!("{from}'s answer comes too late: nobody waits for it"));
            return None;
        };
        let timed_out = !call.on_way.iter().any(|(other, _)| *other == attempt);
        call.on_way.retain(|(other, _)| *other != attempt);
        if answer == Answer::Ok {
            let first = call.attempts == 1;
            let hedged = !call.on_way.is_empty();
            if !first {
                context.fact(Fact::Helped { attempt, hedged });
            }
            self.judge(from, true, context);
            return self.over(number, Answer::Ok, context);
        }
        call.refused = answer;
        if timed_out {
            return None;
        }
        self.judge(from, false, context);
        if self.again(number, context) { None } else { self.settle(number, context) }
    }

    /// An attempt has taken too long. An answer to it is still of use until the call's time is up; but a read for the
    /// cache that is not tried again is over, so that another one may have its place in the bulkhead. What comes back is
    /// over.
    pub fn on_attempt_over(&mut self, number: u64, context: &mut Context<'_>) -> Option<Done> {
        let call = self.open.get_mut(&number)?;
        let for_cache = call.cause == Cause::Cache;
        let late: SmallVec<[(u32, ActorId); 2]> = std::mem::take(&mut call.on_way);
        for (_, target) in late {
            self.judge(target, false, context);
        }
        if self.again(number, context) || !for_cache {
            None
        } else {
            self.over(number, Answer::Late, context)
        }
    }

    /// The back-off is over. What comes back is over.
    pub fn on_retry(&mut self, number: u64, context: &mut Context<'_>) -> Option<Done> {
        self.open.get_mut(&number)?.backs_off = false;
        if self.attempt(number, context) { None } else { self.settle(number, context) }
    }

    /// The first attempt takes longer than usual: another one is asked as well.
    pub fn on_hedge(&mut self, number: u64, context: &mut Context<'_>) {
        let Some(call) = self.open.get(&number) else { return };
        if call.on_way.len() != 1 || call.attempts > 1 || call.backs_off {
            return;
        }
        if self.budget.spend(context.settings()) {
            if self.attempt(number, context) {
                context.fact(Fact::Hedges);
            }
        } else {
            context.fact(Fact::Unaffordable);
        }
    }

    /// Its time is up.
    pub fn on_due(&mut self, number: u64, context: &mut Context<'_>) -> Option<Done> {
        self.over(number, Answer::Late, context)
    }

    /// Tries once more, after a back-off, where the rules let it.
    fn again(&mut self, number: u64, context: &mut Context<'_>) -> bool {
        let now = context.monotonic();
        let Some(call) = self.open.get_mut(&number) else { return false };
        if call.backs_off {
            return true;
        }
        if call.attempts >= context.settings().attempts(context.me()) {
            context.note(|| format!("no retry: {} attempts were made", call.attempts));
            return false;
        }
        let mut draw = context.draw();
        let wait = context.settings().back_off(call.attempts, &mut draw);
        if now + wait >= call.due {
            context.note(|| format!("no retry: {wait} from now there is no time left"));
            return false;
        }
        if !self.budget.spend(context.settings()) {
            context.note(|| "no retry: the budget is used up".to_owned());
            context.fact(Fact::Unaffordable);
            return false;
        }
        call.backs_off = true;
        let attempt = call.attempts + 1;
        context.fact(Fact::Retries { attempt });
        context.set_timer(Timer::Retry(number), wait);
        true
    }

    /// Nothing more may be tried: it is over unless an answer may still come.
    fn settle(&mut self, number: u64, context: &mut Context<'_>) -> Option<Done> {
        let call = self.open.get(&number)?;
        let answer = call.refused;
        if call.on_way.is_empty() && !call.backs_off { self.over(number, answer, context) } else { None }
    }

    fn over(&mut self, number: u64, answer: Answer, context: &mut Context<'_>) -> Option<Done> {
        let call = self.open.remove(&number)?;
        for timer in [Timer::Attempt(number), Timer::Retry(number), Timer::Hedge(number), Timer::Due(number)]
        {
            context.cancel_timer(timer);
        }
        let took = context.monotonic().since(call.begun);
        Some(Done { cause: call.cause, key: call.key, answer, took })
    }

    /// What was asked of `who` came out so.
    fn judge(&mut self, who: ActorId, ok: bool, context: &mut Context<'_>) {
        let now = context.monotonic();
        let gate = self.gates.entry(who).or_default();
        match gate.outcome(ok, now, context.settings()) {
            Turn::Stays => {}
            Turn::Opened => context.fact(Fact::Breaker { target: who, open: true }),
            Turn::Closed => context.fact(Fact::Breaker { target: who, open: false }),
        }
    }

    /// Whether the breaker before `who` lets calls through.
    pub fn state(&self, who: ActorId) -> State {
        self.gates.get(&who).map_or(State::Closed, Gate::state)
    }
}
