//! Linearizability by search, for any model: Wing and Gong 1993 with Lowe's memoised configurations and
//! just-in-time linearization (Lowe 2017), grown along with the history and run in slices.
//!
//! # The search
//! A *configuration* is a set of operations that took effect and the state after them. The search keeps one path
//! of configurations that orders the history as far as it has looked. Events are taken up one at a time; only an
//! answer can block: the operation answered must be in the set. Then operations that had begun are put to the
//! end of the path, the answered one first, until it is in; where nothing helps the search steps back and tries
//! another order. What was tried in vain is remembered: it stays in vain whatever comes later. If the path steps
//! back beyond its beginning, the event just taken up is exactly where the history broke.
//!
//! A configuration is known by the answer that blocks it, the operations in the set among those that were open
//! at that answer (all that were answered before are in the set, all that began later are not), and the state.
//! Each operation has a bit, free for another once it is answered. So keys stay small however long the history.
//!
//! # What is not yet known
//! Events are judged with what was known when they came: an open write may take effect, and if it fails later,
//! the paths on which it did are cut back to before it. So the verdict is that of each prefix in turn.
//!
//! # Keeping it small
//! - A read that is legal now is put in at once and alone: it changes nothing, and later may be too late.
//! - Of unknown operations that are alike, the one that began first goes first.
//! - Where everything that can come before an answer only adds (appends), the state must already lead to it.
//! - After an unknown one, nothing that overwrites it unseen: it might as well not have happened. But a read that
//!   is still open may turn out to have seen it, so what is given up after passing something over is given up only
//!   until the next event.

use smallvec::SmallVec;

use crate::history::Outcome;
use crate::model::Model;
use crate::table::{self, Index};

const NONE: u32 = u32::MAX;

/// How many answers a configuration looks ahead for one that it can no longer lead to.
const AHEAD: usize = 24;

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some events are not judged yet: call `advance` again.
    NotDecided,
    /// There is an order of everything fed so far.
    Holds,
    /// There is none from the event at this position on.
    Broken {
        /// Position of the event.
        at: u64,
    },
}

type Bits = SmallVec<[u64; 2]>;

#[derive(Clone, Debug)]
enum Event<C> {
    Invoke { call: Option<C> },
    Complete { op: u32, at: u64, outcome: Outcome, call: Option<C> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    Answered,
    Unknown,
    Gone,
}

#[derive(Clone, Debug)]
struct Op<C> {
    call: Option<C>,
    status: Status,
    /// Its bit in a configuration's set.
    bit: u32,
    /// The length of the path that ends with it, 0 if it is not on the path.
    depth: u32,
    /// An unknown operation that began before it and is just alike: that one goes first.
    twin: u32,
}

/// An answer that an order must respect.
#[derive(Clone, Debug)]
struct Answer {
    op: u32,
    /// Those open when it came, in `Search::open_then`.
    open: (u32, u32),
    /// How many of `Search::unknown` were known to be so when it came.
    unknown: u32,
}

/// A configuration on the path.
#[derive(Clone, Debug)]
struct Node {
    /// The first answer whose operation is not in the set.
    blocked: u32,
    bits: Bits,
    state: u32,
    /// The operation put in last; `NONE` for the first node.
    op: u32,
    /// The next candidate to try, and how many events were taken up when trying began.
    candidate: u32,
    stamp: u32,
    /// A candidate was passed over that would overwrite an unknown operation unseen.
    passed_over: bool,
}

/// A configuration that was given up.
#[derive(Clone, Debug)]
struct InVain {
    blocked: u32,
    state: u32,
    bits: Bits,
    /// How many events were taken up when it was given up, if that counts no longer than until the next one;
    /// `NONE` if it counts for ever.
    stamp: u32,
}

/// The search over one object. Operations are numbered from 0 in the order of their invocations.
#[derive(Clone, Debug)]
pub struct Search<M: Model> {
    model: M,
    events: Vec<Event<M::Call>>,
    /// How many events are taken up.
    taken: u32,
    fed: u32,
    ops: Vec<Op<M::Call>>,
    open: Vec<u32>,
    open_then: Vec<u32>,
    answers: Vec<Answer>,
    /// Operations of unknown outcome, as they became so.
    unknown: Vec<u32>,
    free_bits: Vec<u32>,
    bits_used: u32,
    states: Vec<M::State>,
    by_state: Index,
    path: Vec<Node>,
    in_vain: Vec<InVain>,
    by_key: Index,
    broken: Option<u64>,
    last_at: u64,
}

impl<M: Model> Search<M> {
    /// A search over an empty history.
    pub fn new(model: M) -> Self {
        let mut search = Self {
            events: Vec::new(),
            taken: 0,
            fed: 0,
            ops: Vec::new(),
            open: Vec::new(),
            open_then: Vec::new(),
            answers: Vec::new(),
            unknown: Vec::new(),
            free_bits: Vec::new(),
            bits_used: 0,
            states: Vec::new(),
            by_state: Index::default(),
            path: Vec::new(),
            in_vain: Vec::new(),
            by_key: Index::default(),
            broken: None,
            last_at: 0,
            model,
        };
        let initial = search.model.initial();
        let state = search.number_of(initial);
        search.path.push(Node {
            blocked: 0,
            bits: Bits::new(),
            state,
            op: NONE,
            candidate: 0,
            stamp: 0,
            passed_over: false,
        });
        search
    }

    /// An operation begins. `None` stands for one that means nothing to this search. Returns its number.
    pub fn invoke(&mut self, call: Option<M::Call>) -> u32 {
        self.events.push(Event::Invoke { call });
        self.fed += 1;
        self.fed - 1
    }

    /// The outcome of operation `op` becomes known at position `at`; `call` is what it did or saw, `None` if it
    /// surely did not happen.
    pub fn complete(&mut self, op: u32, at: u64, outcome: Outcome, call: Option<M::Call>) {
        self.events.push(Event::Complete { op, at, outcome, call });
    }

    /// What is decided so far.
    pub fn progress(&self) -> Progress {
        match self.broken {
            Some(at) => Progress::Broken { at },
            None if self.is_ordered() && self.taken as usize == self.events.len() => Progress::Holds,
            None => Progress::NotDecided,
        }
    }

    /// Position up to which (exclusive) the history is known to hold.
    pub fn decided_before(&self) -> u64 {
        match self.broken {
            Some(at) => at,
            None if self.progress() == Progress::Holds => u64::MAX,
            None => self.last_at,
        }
    }

    /// Works for at most `steps` candidates and as many events.
    pub fn advance(&mut self, steps: u64) -> Progress {
        self.work(&mut { steps });
        self.progress()
    }

    /// As [`Self::advance`], counting `budget` down.
    pub fn work(&mut self, budget: &mut u64) {
        while *budget > 0 && self.broken.is_none() {
            if self.is_ordered() {
                if self.taken as usize == self.events.len() {
                    return;
                }
                self.take_up();
            } else {
                self.try_next();
            }
            *budget -= 1;
        }
    }

    /// The order found so far, as operation numbers: a witness if the history holds.
    pub fn order(&self) -> Vec<u32> {
        self.path.iter().skip(1).map(|node| node.op).collect()
    }

    fn is_ordered(&self) -> bool {
        self.path.last().is_some_and(|top| top.blocked as usize == self.answers.len())
    }

    fn number_of(&mut self, state: M::State) -> u32 {
        let hash = table::hash_of(&state);
        if let Some(number) = self.by_state.find(hash, |at| self.states[at as usize] == state) {
            return number;
        }
        let number = self.states.len() as u32;
        self.states.push(state);
        let Self { states, by_state, .. } = self;
        by_state.insert(hash, number, |at| table::hash_of(&states[at as usize]));
        number
    }

    // ---- events

    fn take_up(&mut self) {
        let event = self.events[self.taken as usize].clone();
        self.taken += 1;
        match event {
            Event::Invoke { call } => {
                let bit = self.free_bits.pop().unwrap_or_else(|| {
                    self.bits_used += 1;
                    self.bits_used - 1
                });
                let status = if call.is_some() { Status::Open } else { Status::Gone };
                let number = self.ops.len() as u32;
                self.ops.push(Op { call, status, bit, depth: 0, twin: NONE });
                self.open.push(number);
            }
            Event::Complete { op, at, outcome, call } => {
                self.last_at = at;
                self.settle(op, outcome, call);
            }
        }
    }

    /// The outcome of an operation is known.
    fn settle(&mut self, number: u32, outcome: Outcome, call: Option<M::Call>) {
        match (outcome, call) {
            (Outcome::Open, _) => {}
            (Outcome::Unknown, _) => {
                let at = number as usize;
                self.open.retain(|open| *open != number);
                if self.ops[at].status == Status::Open {
                    self.ops[at].status = Status::Unknown;
                    let alike = |other: &&u32| {
                        **other < number && self.ops[**other as usize].call == self.ops[at].call
                    };
                    self.ops[at].twin = self.unknown.iter().rev().find(alike).copied().unwrap_or(NONE);
                    self.unknown.push(number);
                }
            }
            (Outcome::Ok | Outcome::Failed, None) => {
                self.cut_back(number);
                self.ops[number as usize].status = Status::Gone;
                self.close(number);
            }
            (Outcome::Ok | Outcome::Failed, Some(call)) => {
                if !self.is_as_put_in(number, &call) {
                    self.cut_back(number);
                }
                let op = &mut self.ops[number as usize];
                op.call = Some(call);
                op.status = Status::Answered;
                let start = self.open_then.len() as u32;
                self.open_then.extend_from_slice(&self.open);
                let end = self.open_then.len() as u32;
                self.answers.push(Answer {
                    op: number,
                    open: (start, end),
                    unknown: self.unknown.len() as u32,
                });
                self.close(number);
                self.pass_answers();
            }
        }
    }

    fn close(&mut self, number: u32) {
        self.open.retain(|open| *open != number);
        self.free_bits.push(self.ops[number as usize].bit);
    }

    /// Whether an operation put in while it was open did there what it is now known to have done.
    fn is_as_put_in(&self, number: u32, call: &M::Call) -> bool {
        let depth = self.ops[number as usize].depth as usize;
        if depth == 0 {
            return true;
        }
        let before = &self.states[self.path[depth - 1].state as usize];
        self.model
            .step(before, call)
            .is_some_and(|after| after == self.states[self.path[depth].state as usize])
    }

    /// Takes the path back to before the operation was put in. Nothing was tried in vain by that.
    fn cut_back(&mut self, number: u32) {
        let depth = self.ops[number as usize].depth;
        if depth > 0 {
            for node in self.path.drain(depth as usize..) {
                self.ops[node.op as usize].depth = 0;
            }
        }
    }

    /// Moves the top of the path beyond the answers whose operations are in its set.
    fn pass_answers(&mut self) {
        let Some(top) = self.path.last_mut() else { return };
        while let Some(answer) = self.answers.get(top.blocked as usize) {
            let op = &self.ops[answer.op as usize];
            if op.depth == 0 {
                return;
            }
            set(&mut top.bits, op.bit, false);
            top.blocked += 1;
        }
    }

    // ---- configurations

    fn key_hash(blocked: u32, state: u32, bits: &Bits) -> u64 {
        table::hash_of(&(blocked, state, &bits[..]))
    }

    /// Where in `in_vain` the configuration is.
    fn given_up(&self, blocked: u32, state: u32, bits: &Bits) -> Option<u32> {
        let hash = Self::key_hash(blocked, state, bits);
        let same = |at: u32| {
            let other = &self.in_vain[at as usize];
            other.blocked == blocked && other.state == state && other.bits == *bits
        };
        self.by_key.find(hash, same)
    }

    fn is_in_vain(&self, blocked: u32, state: u32, bits: &Bits) -> bool {
        self.given_up(blocked, state, bits).is_some_and(|at| {
            let stamp = self.in_vain[at as usize].stamp;
            stamp == NONE || stamp == self.taken
        })
    }

    /// Tries the next candidate of the configuration on top, or gives it up.
    fn try_next(&mut self) {
        let taken = self.taken;
        let Some(top) = self.path.last_mut() else { return };
        if top.stamp != taken {
            top.stamp = taken;
            top.candidate = 0;
            top.passed_over = false;
        }
        if top.candidate == 0 && self.is_hopeless() {
            self.give_up();
            return;
        }
        let Some(top) = self.path.last() else { return };
        if top.candidate == 0
            && let Some(read) = self.legal_read()
        {
            // The only child worth trying: next time round this node is exhausted.
            let top = self.path.len() - 1;
            self.path[top].candidate = NONE;
            let state = self.path[top].state;
            self.put_in(read, state);
            return;
        }
        match self.next_candidate() {
            Some(op) => self.try_op(op),
            None => self.give_up(),
        }
    }

    /// Whether an answer ahead can no longer be led to. All that can come before it are the operations that were
    /// answered from here on until then, were open then, or unknown: as soon as one of these does not only add,
    /// nothing can be said.
    fn is_hopeless(&self) -> bool {
        let Some(top) = self.path.last() else { return false };
        let state = &self.states[top.state as usize];
        let may_change = |number: &u32| {
            let op = &self.ops[*number as usize];
            op.depth == 0 && op.call.as_ref().is_some_and(|call| !self.model.only_adds(call))
        };
        for answer in self.answers[top.blocked as usize..].iter().take(AHEAD) {
            let (start, end) = answer.open;
            let open = &self.open_then[start as usize..end as usize];
            // Those answered on the way were looked at there.
            if open.iter().any(may_change) || self.unknown[..answer.unknown as usize].iter().any(may_change) {
                return false;
            }
            let op = &self.ops[answer.op as usize];
            let goal = op.call.as_ref().filter(|_| op.depth == 0);
            if goal.is_some_and(|goal| !self.model.leads_to(state, goal)) {
                return true;
            }
        }
        false
    }

    /// A pure operation with a known result that is legal in the configuration on top.
    fn legal_read(&self) -> Option<u32> {
        let top = self.path.last()?;
        let answer = &self.answers[top.blocked as usize];
        let state = &self.states[top.state as usize];
        let (start, end) = answer.open;
        self.open_then[start as usize..end as usize].iter().copied().find(|number| {
            let op = &self.ops[*number as usize];
            op.status == Status::Answered
                && op.depth == 0
                && op
                    .call
                    .as_ref()
                    .is_some_and(|call| self.model.is_pure(call) && self.model.step(state, call).is_some())
        })
    }

    /// Candidates in three rounds: the answered operation, those that may help it directly, the others.
    fn next_candidate(&mut self) -> Option<u32> {
        let top = self.path.last_mut()?;
        let answer = &self.answers[top.blocked as usize];
        let (start, end) = answer.open;
        let open = &self.open_then[start as usize..end as usize];
        let unknown = &self.unknown[..answer.unknown as usize];
        let round = (open.len() + unknown.len()) as u32;
        while top.candidate <= 2 * round {
            let place = top.candidate;
            top.candidate += 1;
            if place == 0 {
                return Some(answer.op);
            }
            let within = ((place - 1) % round) as usize;
            let number = open.get(within).or_else(|| unknown.get(within - open.len()));
            let Some(number) = number.copied().filter(|number| *number != answer.op) else { continue };
            let (op, goal) = (&self.ops[number as usize], &self.ops[answer.op as usize]);
            let (Some(call), Some(goal)) = (&op.call, &goal.call) else { continue };
            if self.model.feeds(call, goal) == (place <= round) {
                return Some(number);
            }
        }
        None
    }

    fn try_op(&mut self, number: u32) {
        let Some(top) = self.path.last() else { return };
        let op = &self.ops[number as usize];
        if op.depth > 0 || op.status == Status::Gone {
            return;
        }
        let Some(call) = &op.call else { return };
        if op.status != Status::Answered && self.model.is_pure(call) {
            return;
        }
        if op.twin != NONE && op.status == Status::Unknown && self.ops[op.twin as usize].depth == 0 {
            return;
        }
        let unseen = top.op != NONE && self.ops[top.op as usize].status == Status::Unknown;
        if unseen && self.model.is_blind(call) {
            if let Some(top) = self.path.last_mut() {
                top.passed_over = true;
            }
            return;
        }
        if let Some(after) = self.model.step(&self.states[top.state as usize], call) {
            let state = self.number_of(after);
            self.put_in(number, state);
        }
    }

    /// Puts an operation to the end of the path, unless what comes of it was tried before.
    fn put_in(&mut self, number: u32, state: u32) {
        let Some(top) = self.path.last() else { return };
        let mut node = Node {
            blocked: top.blocked,
            bits: top.bits.clone(),
            state,
            op: number,
            candidate: 0,
            stamp: 0,
            passed_over: false,
        };
        self.ops[number as usize].depth = self.path.len() as u32;
        set(&mut node.bits, self.ops[number as usize].bit, true);
        self.path.push(node);
        self.pass_answers();
        let Some(node) = self.path.last() else { return };
        if self.is_in_vain(node.blocked, node.state, &node.bits) {
            self.ops[number as usize].depth = 0;
            self.path.pop();
        }
    }

    /// Steps back from the configuration on top: nothing helps it.
    fn give_up(&mut self) {
        let Some(node) = self.path.pop() else { return };
        if node.op == NONE {
            self.broken = Some(self.last_at);
            self.path.push(node);
            return;
        }
        self.ops[node.op as usize].depth = 0;
        let stamp = if node.passed_over { self.taken } else { NONE };
        let Node { blocked, state, bits, .. } = node;
        if let Some(at) = self.given_up(blocked, state, &bits) {
            self.in_vain[at as usize].stamp = stamp;
            return;
        }
        let number = self.in_vain.len() as u32;
        let hash = Self::key_hash(blocked, state, &bits);
        self.in_vain.push(InVain { blocked, state, bits, stamp });
        let Self { in_vain, by_key, .. } = self;
        by_key.insert(hash, number, |at| {
            let InVain { blocked, state, bits, .. } = &in_vain[at as usize];
            Self::key_hash(*blocked, *state, bits)
        });
    }
}

/// Sets or clears a bit; trailing empty words are dropped, so equal sets are equal values.
fn set(bits: &mut Bits, bit: u32, on: bool) {
    let (word, mask) = ((bit / 64) as usize, 1 << (bit % 64));
    if on {
        if bits.len() <= word {
            bits.resize(word + 1, 0);
        }
        bits[word] |= mask;
    } else if let Some(found) = bits.get_mut(word) {
        *found &= !mask;
        while bits.last() == Some(&0) {
            bits.pop();
        }
    }
}
