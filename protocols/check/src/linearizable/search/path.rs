//! The path of configurations: what is put to its end, and when the search steps back.

use super::{NONE, Search, Status};
use crate::models::Model;

/// How many answers a configuration looks ahead for one that it can no longer lead to.
const AHEAD: usize = 24;

/// A configuration on the path.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The first answer whose operation is not in the set.
    pub blocked: u32,
    pub state: u32,
    /// The operation put in last; `NONE` for the first node.
    pub op: u32,
    /// The next candidate to try, and how many events were taken up when trying began.
    candidate: u32,
    stamp: u32,
    /// A candidate was passed over that would overwrite an operation of unknown outcome unseen.
    passed_over: bool,
}

impl Node {
    pub(super) fn root(state: u32) -> Self {
        Self { blocked: 0, state, op: NONE, candidate: 0, stamp: 0, passed_over: false }
    }
}

impl<M: Model> Search<M> {
    /// Whether an operation put in while it was open did there what it is now known to have done.
    pub(super) fn is_as_put_in(&mut self, number: u32, class: u32) -> bool {
        let op = &self.ops[number as usize];
        let depth = op.depth as usize;
        if depth == 0 || op.class == class {
            return true;
        }
        self.calls.step(self.path[depth - 1].state, class) == Some(self.path[depth].state)
    }

    /// Takes the path back to before the operation was put in. Nothing was tried in vain by that.
    pub(super) fn cut_back(&mut self, number: u32) {
        let depth = self.ops[number as usize].depth as usize;
        while depth > 0 && self.path.len() > depth {
            self.take_off();
        }
    }

    /// Operation `number`, just answered and not on the path, takes the place of one that is just alike, on the path
    /// though it was not answered, if there is one that it had begun early enough for.
    pub(super) fn take_place_of_another(&mut self, number: u32) {
        let class = self.ops[number as usize].class;
        let begun = self.ops[number as usize].begun;
        let fits = |other: &&u32| {
            let depth = self.ops[**other as usize].depth as usize;
            depth > 0 && self.path[depth - 1].blocked >= begun
        };
        let Some(other) = self.calls.class(class).unanswered.iter().rev().find(fits).copied() else { return };
        let left = &mut self.ops[other as usize];
        let depth = std::mem::take(&mut left.depth);
        let (bit, status) = (left.bit, left.status);
        if status == Status::Unknown { &mut self.used } else { &mut self.set }.put(bit, false);
        self.path[depth as usize].op = number;
        self.ops[number as usize].depth = depth;
        let bit = self.ops[number as usize].bit;
        self.set.put(bit, true);
    }

    /// Moves the top of the path beyond the answers whose operations are in its set.
    pub(super) fn pass_answers(&mut self) {
        let Some(top) = self.path.last_mut() else { return };
        while let Some(answer) = self.answers.get(top.blocked as usize) {
            let op = &self.ops[answer.op as usize];
            if op.depth == 0 {
                return;
            }
            self.set.put(op.bit, false);
            top.blocked += 1;
        }
    }

    /// Tries the next candidate of the configuration on top, or gives it up.
    pub(super) fn try_next(&mut self) {
        let taken = self.taken;
        let Some(top) = self.path.last_mut() else { return };
        if top.stamp != taken {
            top.stamp = taken;
            top.candidate = 0;
            top.passed_over = false;
        }
        let (first, blocked, state) = (top.candidate == 0, top.blocked, top.state);
        self.reach = self.reach.max(blocked);
        if first && self.is_hopeless() {
            self.give_up();
            return;
        }
        if first && let Some(read) = self.legal_read() {
            // The only child worth trying: next time round this node is exhausted.
            let top = self.path.len() - 1;
            self.path[top].candidate = NONE;
            self.put_in(read, state);
            return;
        }
        match self.next_candidate() {
            Some(op) => self.try_op(op),
            None => self.give_up(),
        }
    }

    /// Whether an answer ahead can no longer be led to: what it needs was all used up and is not there; or all that
    /// can come before it only adds, and the state has too much already.
    fn is_hopeless(&self) -> bool {
        let Some(top) = self.path.last() else { return false };
        let changers = self.calls.changers_placed();
        for answer in self.answers[top.blocked as usize..].iter().take(AHEAD) {
            let op = &self.ops[answer.op as usize];
            if op.depth > 0 {
                continue;
            }
            let needs = self.calls.class(op.class).needs;
            if needs != NONE
                && answer.supply <= self.calls.placed_for(op.class)
                && !self.calls.is_legal(top.state, op.class)
            {
                return true;
            }
            if answer.changers <= changers && !self.calls.leads_to(top.state, op.class) {
                return true;
            }
        }
        false
    }

    /// A pure operation with a known result that is legal in the configuration on top.
    fn legal_read(&self) -> Option<u32> {
        let top = self.path.last()?;
        let answer = &self.answers[top.blocked as usize];
        let (start, end) = answer.open;
        self.open_then[start as usize..end as usize].iter().copied().find(|number| {
            let op = &self.ops[*number as usize];
            op.status == Status::Answered
                && op.depth == 0
                && self.calls.class(op.class).pure
                && self.calls.is_legal(top.state, op.class)
        })
    }

    /// Candidates in three rounds: the answered operation, those that may help it directly, the others.
    fn next_candidate(&mut self) -> Option<u32> {
        let top = self.path.last_mut()?;
        let answer = &self.answers[top.blocked as usize];
        let goal = self.ops[answer.op as usize].class;
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
            let op = &self.ops[number as usize];
            if op.depth > 0 || op.status == Status::Gone {
                continue;
            }
            let helps = self.calls.feeds(op.class, goal);
            if helps != (place <= round) {
                continue;
            }
            // One of unknown outcome need not happen: it must help another at least.
            let is_needed = |other: &u32| {
                let other = &self.ops[*other as usize];
                other.depth == 0 && other.status != Status::Gone && self.calls.feeds(op.class, other.class)
            };
            if helps || op.status == Status::Answered || open.iter().chain(unknown).any(is_needed) {
                return Some(number);
            }
        }
        None
    }

    /// Whether an operation just alike, which goes first, is still to be put in.
    fn waits_for_another(&self, number: u32, blocked: u32) -> bool {
        let op = &self.ops[number as usize];
        let answered = op.status == Status::Answered;
        let mut alike = if answered { op.alike } else { self.calls.last_answered(op.class) };
        while let Some(other) = self.ops.get(alike as usize)
            && other.deadline >= blocked
        {
            if other.depth == 0 && other.begun <= blocked {
                return true;
            }
            alike = other.alike;
        }
        let earlier = self.calls.class(op.class).unanswered.iter().take_while(|other| **other != number);
        !answered && earlier.into_iter().any(|other| self.ops[*other as usize].depth == 0)
    }

    fn try_op(&mut self, number: u32) {
        let Some(top) = self.path.last() else { return };
        let (state, blocked, before) = (top.state, top.blocked, top.op);
        let op = &self.ops[number as usize];
        let class = op.class;
        if op.depth > 0 || op.status == Status::Gone {
            return;
        }
        if op.status != Status::Answered && self.calls.class(class).pure {
            return;
        }
        if self.waits_for_another(number, blocked) {
            return;
        }
        let unseen = self.ops.get(before as usize).is_some_and(|before| before.status == Status::Unknown);
        if unseen && self.calls.class(class).blind {
            if let Some(top) = self.path.last_mut() {
                top.passed_over = true;
            }
            return;
        }
        if let Some(after) = self.calls.step(state, class) {
            self.put_in(number, after);
        }
    }

    /// Puts an operation to the end of the path, unless what comes of it was tried before.
    fn put_in(&mut self, number: u32, state: u32) {
        let Some(top) = self.path.last() else { return };
        let blocked = top.blocked;
        let depth = self.path.len() as u32;
        let op = &mut self.ops[number as usize];
        op.depth = depth;
        let (bit, class) = (op.bit, op.class);
        if op.status == Status::Unknown { &mut self.used } else { &mut self.set }.put(bit, true);
        self.calls.place(class, true);
        self.path.push(Node { blocked, op: number, ..Node::root(state) });
        self.pass_answers();
        let Some(node) = self.path.last() else { return };
        if self.in_vain.contains(node.blocked, node.state, &self.set, &self.used, self.taken) {
            self.take_off();
        }
    }

    /// Takes the last operation off the path, and the set back to what it was before.
    fn take_off(&mut self) {
        let Some(node) = self.path.pop() else { return };
        let Some(parent) = self.path.last() else { return };
        for answer in &self.answers[parent.blocked as usize..node.blocked as usize] {
            self.set.put(self.ops[answer.op as usize].bit, true);
        }
        let op = &mut self.ops[node.op as usize];
        op.depth = 0;
        let (bit, class) = (op.bit, op.class);
        if op.status == Status::Unknown { &mut self.used } else { &mut self.set }.put(bit, false);
        self.calls.place(class, false);
    }

    /// Steps back from the configuration on top: nothing helps it.
    fn give_up(&mut self) {
        let Some(node) = self.path.last() else { return };
        if node.op == NONE {
            self.has_no_order();
            return;
        }
        let stamp = if node.passed_over { self.taken } else { NONE };
        self.in_vain.add(node.blocked, node.state, &self.set, &self.used, stamp);
        self.take_off();
    }
}
