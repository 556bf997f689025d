//! The path of configurations: what is put to its end, and when the search steps back.

use smallvec::SmallVec;

use super::vain::{Burden, Found, Key};
use super::{NONE, Search, Status};
use crate::models::Model;

/// How many answers a configuration looks ahead for one that it can no longer lead to.
const AHEAD: usize = 16;

/// A configuration on the path.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The first answer whose operation is not in the set.
    pub blocked: u32,
    pub state: u32,
    /// The operation put in last; `NONE` for the first node.
    pub op: u32,
    /// The token that the state offers, if it is known which.
    token: u32,
    block: Block,
    /// The next candidate to try, and how many events were taken up when trying began.
    candidate: u32,
    stamp: u32,
    /// A candidate was passed over because of the block, here or further on.
    passed_over: bool,
}

impl Node {
    pub(super) fn root(state: u32) -> Self {
        let block = Block { entered: NONE, least: NONE, pending: 0 };
        Self { blocked: 0, state, op: NONE, token: NONE, block, candidate: 0, stamp: 0, passed_over: false }
    }

    /// What the block may cost: the larger, the more is passed over.
    fn burden(&self) -> Burden {
        let idle = if self.block.entered == self.blocked { self.block.least } else { 0 };
        Burden { idle, pending: self.block.pending }
    }
}

/// What was put in from an operation on that does not mind what was there before. Such blocks may change places, as
/// long as deadlines allow it. So in some order none comes earlier than it must: an *idle* block, in which no answer
/// is passed, is followed by one in which an answer to one of its own operations is passed (or by idle ones first, in
/// the order of their deadlines). Then right before another block begins, at most one operation that begins a block is
/// left out of those with deadlines before the idle one's: the one that begins the block after it.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// The answer that blocked when it began; `NONE` for the first block, which must stay where it is.
    entered: u32,
    /// The first deadline of an operation in it.
    least: u32,
    /// The last of the first deadlines of idle blocks right before it, 0 if there are none.
    pending: u32,
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
        self.calls.freed(class, other);
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
            let Block { entered, least, pending } = self.path[top].block;
            let least = least.min(self.ops[read as usize].deadline);
            self.put_in(read, state, Block { entered, least, pending });
            return;
        }
        match self.next_candidate() {
            Some(op) => self.try_op(op),
            None => self.give_up(),
        }
    }

    /// Whether an answer ahead can no longer be led to: what it needs was used up and is not there; or all that can
    /// come before it only adds, and the state has too much already.
    fn is_hopeless(&self) -> bool {
        let Some(top) = self.path.last() else { return false };
        let ahead = &self.answers[top.blocked as usize..];
        let goal = self.calls.class(self.ops[ahead[0].op as usize].class).needs;
        let before = self.path[self.path.len().saturating_sub(2)].token;
        // Only these could be lacking since the last operation was put in.
        for token in [goal, before, top.token] {
            if token != NONE && self.lacks(token, top) {
                return true;
            }
        }
        let changers = self.calls.changers_placed();
        let added_to = ahead.iter().take(AHEAD).take_while(|answer| answer.changers <= changers);
        added_to
            .map(|answer| &self.ops[answer.op as usize])
            .any(|op| op.depth == 0 && !self.calls.leads_to(top.state, op.class))
    }

    /// Whether there are too few operations left that offer the token, for the answers ahead that need it.
    fn lacks(&self, token: u32, top: &Node) -> bool {
        let (ahead, placed) = self.calls.demand(token, top.blocked);
        // Of those that use the token up each needs one of its own; of others each that begins after such an answer.
        let mut users: SmallVec<[u32; AHEAD]> = SmallVec::new();
        for number in ahead.iter().take(AHEAD) {
            let answer = &self.answers[*number as usize];
            let op = &self.ops[answer.op as usize];
            if op.depth > 0 {
                continue;
            }
            let before = if self.calls.uses_up(op.class) {
                users.push(*number);
                users.len() - 1
            } else {
                users.partition_point(|user| *user < op.begun)
            };
            let needed = placed + before as u32 + 1;
            if answer.supply < needed
                && (answer.supply + 1 < needed || !self.calls.is_legal(top.state, op.class))
            {
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

    /// Candidates in three rounds: the answered operation, those that may help it directly, the others. Of those of
    /// unknown outcome that are alike only the first counts.
    fn next_candidate(&mut self) -> Option<u32> {
        let top = self.path.last_mut()?;
        let answer = &self.answers[top.blocked as usize];
        let goal = self.ops[answer.op as usize].class;
        let (start, end) = answer.open;
        let open = &self.open_then[start as usize..end as usize];
        let unknown = &self.unknown_classes[..answer.unknown_classes as usize];
        let Self { calls, ops, .. } = self;
        let first_unknown = |calls: &mut super::Calls<M>, class: u32| {
            let first = calls.first_free(class, |op| ops[op as usize].depth > 0)?;
            let op = &ops[first as usize];
            (op.status == Status::Unknown && op.bit < answer.unknown).then_some(first)
        };
        // The classes of all that is not on the path, once they are asked for.
        let mut left: Option<SmallVec<[u32; AHEAD]>> = None;
        let round = (open.len() + unknown.len()) as u32;
        while top.candidate <= 2 * round {
            let place = top.candidate;
            top.candidate += 1;
            if place == 0 {
                return Some(answer.op);
            }
            let within = ((place - 1) % round) as usize;
            let number = match open.get(within) {
                Some(number) => Some(*number),
                None => first_unknown(calls, unknown[within - open.len()]),
            };
            let Some(number) = number.filter(|number| *number != answer.op) else { continue };
            let op = &ops[number as usize];
            if op.depth > 0 || op.status == Status::Gone {
                continue;
            }
            let helps = calls.feeds(op.class, goal);
            if helps != (place <= round) {
                continue;
            }
            if helps || op.status == Status::Answered {
                return Some(number);
            }
            // One of unknown outcome need not happen: it must help another at least.
            let left = left.get_or_insert_with(|| {
                let open = open.iter().map(|other| &ops[*other as usize]);
                let mut left: SmallVec<[u32; AHEAD]> = open
                    .filter(|other| other.depth == 0 && other.status != Status::Gone)
                    .map(|other| other.class)
                    .collect();
                left.extend(unknown.iter().copied().filter(|class| first_unknown(calls, *class).is_some()));
                left
            });
            if left.iter().any(|other| calls.feeds(op.class, *other)) {
                return Some(number);
            }
        }
        None
    }

    /// Whether an operation just alike, which goes first, is still to be put in.
    fn waits_for_another(&mut self, number: u32, blocked: u32) -> bool {
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
        let Self { calls, ops, .. } = self;
        let class = ops[number as usize].class;
        !answered
            && calls.first_free(class, |op| ops[op as usize].depth > 0).is_some_and(|first| first < number)
    }

    fn try_op(&mut self, number: u32) {
        let Some(top) = self.path.last() else { return };
        let (state, blocked) = (top.state, top.blocked);
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
        let blind = self.calls.class(class).blind;
        let Some(after) = self.calls.step(state, class) else { return };
        let Some(block) = self.block_with(number) else {
            self.pass_over();
            return;
        };
        let deadline = self.ops[number as usize].deadline;
        if blind && after == state && self.beginners(deadline, number, blocked, 2) == 2 {
            // It changes nothing here, and may as well be overwritten later.
            return;
        }
        self.put_in(number, after, block);
    }

    /// The block on top with one more operation, or the next block; none if there is a better order. See [`Block`].
    fn block_with(&self, number: u32) -> Option<Block> {
        let top = self.path.last()?;
        let Block { entered, least, pending } = top.block;
        let op = &self.ops[number as usize];
        if !self.calls.class(op.class).blind {
            return Some(Block { entered, least: least.min(op.deadline), pending });
        }
        let next = Block { entered: top.blocked, least: op.deadline, pending: 0 };
        if entered == NONE {
            return Some(next);
        }
        if entered != top.blocked {
            return (pending < top.blocked).then_some(next);
        }
        // Without a deadline none of it need happen.
        let early = least == NONE || self.beginners(least, number, top.blocked, 2) == 2;
        (!early).then_some(Block { pending: pending.max(least), ..next })
    }

    /// How many operations other than `but` must still come, each before the deadline, and begin a block; at most
    /// `most`.
    fn beginners(&self, deadline: u32, but: u32, blocked: u32, most: usize) -> usize {
        let deadline = deadline.min(self.answers.len() as u32).max(blocked);
        let begins = |answer: &&super::Answer| {
            let op = &self.ops[answer.op as usize];
            answer.op != but && op.depth == 0 && self.calls.class(op.class).blind
        };
        self.answers[blocked as usize..deadline as usize].iter().filter(begins).take(most).count()
    }

    /// Puts an operation to the end of the path, unless what comes of it was tried before.
    fn put_in(&mut self, number: u32, state: u32, block: Block) {
        let Some(top) = self.path.last() else { return };
        let blocked = top.blocked;
        self.lay(number, state, block);
        let Some(node) = self.path.last() else { return };
        // Idle blocks before this one are still to be made up for, and cannot be: a block would have to begin.
        let late = node.blocked > blocked
            && block.pending >= node.blocked
            && self.beginners(block.pending, NONE, node.blocked, 1) == 1;
        let key = Key { blocked: node.blocked, state: node.state, burden: node.burden() };
        let found = self.in_vain.find(key, &self.set, &self.used, self.taken);
        if late || found.is_some() {
            self.take_off();
            if late || found == Some(Found::WithBurden) {
                self.pass_over();
            }
        }
    }

    /// Puts an operation to the end of the path.
    fn lay(&mut self, number: u32, state: u32, block: Block) {
        let Some(top) = self.path.last() else { return };
        let (depth, blocked, token) = (self.path.len() as u32, top.blocked, top.token);
        let op = &mut self.ops[number as usize];
        op.depth = depth;
        let (bit, class) = (op.bit, op.class);
        if op.status == Status::Unknown { &mut self.used } else { &mut self.set }.put(bit, true);
        self.calls.place(class, true);
        let token = self.calls.leaves(class, token);
        self.path.push(Node { blocked, op: number, token, block, ..Node::root(state) });
        self.pass_answers();
    }

    /// Takes an order for the path. Nothing of it was tried by stepping back, so every node is as one of the first block.
    pub(super) fn follow(&mut self, order: &[u32]) {
        while self.path.len() > 1 {
            self.take_off();
        }
        self.path = vec![Node::root(self.calls.initial())];
        for number in order {
            let Some(top) = self.path.last() else { return };
            let (state, block) = (top.state, top.block);
            let Some(after) = self.calls.step(state, self.ops[*number as usize].class) else { return };
            self.lay(*number, after, block);
        }
    }

    /// What was given up just now may have been so for the sake of the block only: so may what was before it.
    fn pass_over(&mut self) {
        if let Some(top) = self.path.last_mut() {
            top.passed_over = true;
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
        self.calls.freed(class, node.op);
    }

    /// Steps back from the configuration on top: nothing helps it.
    fn give_up(&mut self) {
        let Some(node) = self.path.last() else { return };
        if node.op == NONE {
            self.has_no_order();
            return;
        }
        let burden = node.burden();
        // Without a burden it was for the sake of blocks that began after it.
        let passed_over = node.passed_over && burden != Burden::NONE;
        let (stamp, burden) = if passed_over { (self.taken, burden) } else { (NONE, Burden::NONE) };
        let key = Key { blocked: node.blocked, state: node.state, burden };
        self.in_vain.add(key, &self.set, &self.used, stamp);
        self.take_off();
        if passed_over {
            self.pass_over();
        }
    }
}
