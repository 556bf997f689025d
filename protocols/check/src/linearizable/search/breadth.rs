//! All orders at once, answer by answer, where stepping back goes on for long.
//!
//! With many operations of unknown outcome the path may go wrong early and be told late: then it tries every way of
//! going on from each of a thousand configurations of which one is as good as any other. So after some patience all
//! configurations are looked at side by side, those that have used up fewest operations of unknown outcome first, and
//! of those just alike only the ones that have used up no more than they must. When none is left that passes an answer
//! there is no order; when one has passed the last, the operations that led to it are an order, and the path takes them.
//!
//! Neither way is always the quicker: appends to one list have as many states as orders, of which the path needs one.
//! So both go on in turn, and whoever is first decides.

use super::{NONE, Op, Search, Status};
use crate::models::Model;
use crate::table::{self, Index};

/// How many candidates are tried without an order before all configurations are looked at beside.
pub(super) const PATIENCE: u64 = 4_096;
/// How many candidates make a turn; of so many turns all configurations have the first, the path the others. What the
/// path alone finds soon takes a third longer at most.
const TURN: u64 = 256;
const TURNS: u64 = 4;
/// The most configurations that may wait to pass one answer, and the most steps remembered (128 MB). Where there are
/// more it is the orders that are many, not what they used up: the path does better alone.
const MOST: usize = 1 << 15;
const MOST_STEPS: usize = 1 << 24;

/// What came of some work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// There is more to do.
    Undecided,
    /// There is an order.
    Ordered,
    /// Nothing passes the answer that blocks.
    Broken,
    /// Too many configurations.
    TooMany,
}

/// A step of an order: an operation, and the step before it.
#[derive(Clone, Copy, Debug)]
struct Step {
    op: u32,
    before: u32,
}

/// A configuration that waits to be looked at, or was.
#[derive(Clone, Copy, Debug)]
struct Configuration {
    state: u32,
    /// The last step that led to it.
    step: u32,
    /// Without its pure operations, and another one that is the same but for those and for what it used up.
    hash: u64,
    next: u32,
}

/// Operations just alike that were never answered, as they began.
#[derive(Clone, Debug)]
struct Alike {
    class: u32,
    ops: Vec<u32>,
    /// The number of the first among all that were never answered.
    first: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Breadth {
    /// The answer that blocks.
    answer: u32,
    alike: Vec<Alike>,
    steps: Vec<Step>,
    /// How many words the operations open at an answer take, and those never answered.
    open_words: usize,
    used_words: usize,
    /// The operations that are open at the answer and answered sometime, the earliest answered first.
    open: Vec<u32>,
    /// Which of them are not pure.
    effects: Vec<u64>,
    /// How many of each class that was never answered had begun, and whether they help another such class.
    begun: Vec<(usize, bool)>,
    all: Vec<Configuration>,
    /// The words of each configuration: those open that are in its set, those never answered that are.
    words: Vec<u64>,
    /// Those that wait, by how many they have used up; none waits before `fewest`.
    waiting: Vec<Vec<u32>>,
    fewest: usize,
    known: Index,
    /// Those that pass the answer.
    passing: Vec<u32>,
}

impl Breadth {
    fn new<M: Model>(search: &Search<M>, initial: u32) -> Self {
        let mut alike: Vec<Alike> = Vec::new();
        let mut place = vec![NONE; search.calls.classes()];
        for (number, op) in search.ops.iter().enumerate() {
            let waits = matches!(op.status, Status::Open | Status::Unknown);
            if !waits || op.class == NONE || search.calls.class(op.class).pure {
                continue;
            }
            let place = &mut place[op.class as usize];
            if *place == NONE {
                *place = alike.len() as u32;
                alike.push(Alike { class: op.class, ops: Vec::new(), first: 0 });
            }
            alike[*place as usize].ops.push(number as u32);
        }
        let mut unanswered = 0;
        for one in &mut alike {
            one.first = unanswered;
            unanswered += one.ops.len();
        }
        let mut breadth = Self {
            answer: 0,
            alike,
            steps: Vec::new(),
            open_words: search.bits_used.div_ceil(64) as usize,
            used_words: unanswered.div_ceil(64),
            open: Vec::new(),
            effects: Vec::new(),
            begun: Vec::new(),
            all: vec![Configuration { state: initial, step: NONE, hash: 0, next: NONE }],
            words: Vec::new(),
            waiting: vec![vec![0]],
            fewest: 0,
            known: Index::default(),
            passing: Vec::new(),
        };
        breadth.words = vec![0; breadth.stride()];
        breadth.begin(search);
        breadth
    }

    fn stride(&self) -> usize {
        self.open_words + self.used_words
    }

    fn words(&self, number: u32) -> &[u64] {
        let start = number as usize * self.stride();
        &self.words[start..start + self.stride()]
    }

    fn has(&self, number: u32, bit: usize) -> bool {
        self.words(number)[bit / 64] & (1 << (bit % 64)) != 0
    }

    fn flip(&mut self, number: u32, bit: usize) {
        let start = number as usize * self.stride();
        self.words[start + bit / 64] ^= 1 << (bit % 64);
    }

    /// Looks up what is open at the answer that blocks.
    fn begin<M: Model>(&mut self, search: &Search<M>) {
        let Search { answers, ops, calls, .. } = search;
        let Some(answer) = answers.get(self.answer as usize) else { return };
        let open = &search.open_then[answer.open.0 as usize..answer.open.1 as usize];
        self.open.clear();
        self.open.extend(open.iter().filter(|op| ops[**op as usize].status == Status::Answered));
        self.open.sort_unstable_by_key(|op| ops[*op as usize].deadline);
        self.effects.clear();
        self.effects.resize(self.open_words, 0);
        for op in self.open.iter().map(|op| &ops[*op as usize]) {
            if !calls.class(op.class).pure {
                self.effects[op.bit as usize / 64] |= 1 << (op.bit % 64);
            }
        }
        let begun_by_then = |op: &u32| ops[*op as usize].begun <= self.answer;
        let begun = self.alike.iter().map(|one| one.ops.partition_point(begun_by_then));
        self.begun = begun.map(|begun| (begun, false)).collect();
        for at in (0..self.alike.len()).filter(|at| self.begun[*at].0 > 0).collect::<Vec<_>>() {
            let helped = |other: &usize| {
                self.begun[*other].0 > 0 && calls.feeds(self.alike[at].class, self.alike[*other].class)
            };
            self.begun[at].1 = (0..self.alike.len()).any(|other| helped(&other));
        }
    }

    /// Goes on with those that pass the answer, to the next one.
    fn pass(&mut self, bit: usize) {
        let passing = std::mem::take(&mut self.passing);
        let (mut all, mut words) =
            (Vec::with_capacity(passing.len()), Vec::with_capacity(passing.len() * self.stride()));
        self.waiting.iter_mut().for_each(Vec::clear);
        for old in passing {
            let number = all.len() as u32;
            all.push(Configuration { next: NONE, ..self.all[old as usize] });
            self.flip(old, bit);
            words.extend_from_slice(self.words(old));
            self.wait(number, self.used(old));
        }
        (self.all, self.words) = (all, words);
        self.fewest = 0;
        self.known = Index::default();
        self.answer += 1;
    }

    /// How many of those never answered a configuration has used up.
    fn used(&self, number: u32) -> usize {
        self.words(number)[self.open_words..].iter().map(|word| word.count_ones() as usize).sum()
    }

    fn wait(&mut self, number: u32, used: usize) {
        if self.waiting.len() <= used {
            self.waiting.resize(used + 1, Vec::new());
        }
        self.waiting[used].push(number);
    }

    fn next(&mut self) -> Option<u32> {
        while let Some(waiting) = self.waiting.get_mut(self.fewest) {
            if let Some(number) = waiting.pop() {
                return Some(number);
            }
            self.fewest += 1;
        }
        None
    }

    /// Remembers a configuration, unless one that is as good was looked at before.
    fn is_new(&mut self, number: u32) -> bool {
        let state = self.all[number as usize].state;
        let words = self.words(number);
        let effects: Vec<u64> = words.iter().zip(&self.effects).map(|(word, effect)| word & effect).collect();
        let hash = table::hash_of(&(state, &effects));
        let first = self.known.find(hash, |at| {
            let other = &self.all[at as usize];
            let same = |(word, (effect, mine)): (&u64, (&u64, &u64))| word & effect == *mine;
            other.hash == hash
                && other.state == state
                && self.words(at).iter().zip(self.effects.iter().zip(&effects)).all(same)
        });
        let mut next = first.unwrap_or(NONE);
        while next != NONE {
            let other = self.words(next);
            let (set, used) = words.split_at(self.open_words);
            let (its_set, its_used) = other.split_at(self.open_words);
            let all_put_in = set.iter().zip(its_set).all(|(mine, its)| mine & !its == 0);
            if all_put_in && used.iter().zip(its_used).all(|(mine, its)| its & !mine == 0) {
                return false;
            }
            next = self.all[next as usize].next;
        }
        self.all[number as usize].hash = hash;
        match first {
            Some(first) => {
                let following = std::mem::replace(&mut self.all[first as usize].next, number);
                self.all[number as usize].next = following;
            }
            None => {
                let Self { all, known, .. } = self;
                known.insert(hash, number, |at| all[at as usize].hash);
            }
        }
        true
    }

    fn step(&mut self, op: u32, before: u32) -> u32 {
        self.steps.push(Step { op, before });
        self.steps.len() as u32 - 1
    }

    /// What comes of a configuration by one more operation, whose bit is this.
    fn add(&mut self, from: u32, op: u32, bit: usize, state: u32, used: usize) {
        let step = self.step(op, self.all[from as usize].step);
        let number = self.all.len() as u32;
        self.all.push(Configuration { state, step, hash: 0, next: NONE });
        let start = from as usize * self.stride();
        self.words.extend_from_within(start..start + self.stride());
        self.flip(number, bit);
        self.wait(number, used);
    }

    /// Looks at the next configuration, counting `budget` down.
    fn work<M: Model>(&mut self, search: &mut Search<M>, budget: &mut u64) -> Outcome {
        let Some(answer) = search.answers.get(self.answer as usize) else { return Outcome::Ordered };
        let goal = answer.op;
        if self.all.len() > MOST || self.steps.len() > MOST_STEPS {
            return Outcome::TooMany;
        }
        let Some(number) = self.next() else {
            if self.passing.is_empty() {
                return Outcome::Broken;
            }
            self.pass(search.ops[goal as usize].bit as usize);
            self.begin(search);
            *budget = budget.saturating_sub(self.open.len() as u64 / 8);
            return Outcome::Undecided;
        };
        self.put_in_pure(search, number);
        if !self.is_new(number) {
            return Outcome::Undecided;
        }
        if self.has(number, search.ops[goal as usize].bit as usize) {
            self.passing.push(number);
            return Outcome::Undecided;
        }
        let before = self.all.len();
        self.put_in_answered(search, number);
        self.put_in_unanswered(search, number);
        *budget = budget.saturating_sub((self.all.len() - before) as u64);
        Outcome::Undecided
    }

    /// Puts in what is legal now and changes nothing.
    fn put_in_pure<M: Model>(&mut self, search: &Search<M>, number: u32) {
        for at in 0..self.open.len() {
            let Op { class, bit, .. } = search.ops[self.open[at] as usize];
            let Configuration { state, step, .. } = self.all[number as usize];
            if !self.has(number, bit as usize)
                && search.calls.class(class).pure
                && search.calls.is_legal(state, class)
            {
                self.flip(number, bit as usize);
                self.all[number as usize].step = self.step(self.open[at], step);
            }
        }
    }

    fn put_in_answered<M: Model>(&mut self, search: &mut Search<M>, number: u32) {
        let (state, used) = (self.all[number as usize].state, self.used(number));
        for at in 0..self.open.len() {
            let Op { class, bit, .. } = search.ops[self.open[at] as usize];
            if self.has(number, bit as usize)
                || search.calls.class(class).pure
                || self.waits(search, number, at)
            {
                continue;
            }
            if let Some(after) = search.calls.step(state, class) {
                self.add(number, self.open[at], bit as usize, after, used);
            }
        }
    }

    /// Whether one just alike, answered earlier, is still to be put in.
    fn waits<M: Model>(&self, search: &Search<M>, number: u32, at: usize) -> bool {
        let class = search.ops[self.open[at] as usize].class;
        let earlier = self.open[..at].iter().map(|op| &search.ops[*op as usize]);
        earlier.filter(|op| op.class == class).any(|op| !self.has(number, op.bit as usize))
    }

    /// One that was never answered need not happen: it must help another at least.
    fn put_in_unanswered<M: Model>(&mut self, search: &mut Search<M>, number: u32) {
        let (state, used) = (self.all[number as usize].state, self.used(number));
        for at in 0..self.alike.len() {
            let Alike { class, first, ref ops } = self.alike[at];
            let (begun, helps) = self.begun[at];
            let bit_of = |place: usize| self.open_words * 64 + first + place;
            let Some(place) = (0..begun).find(|place| !self.has(number, bit_of(*place))) else { continue };
            let (op, bit) = (ops[place], bit_of(place));
            let Search { calls, ops, .. } = &*search;
            let open = self.open.iter().map(|op| &ops[*op as usize]);
            let mut left = open.filter(|op| !self.has(number, op.bit as usize));
            // Of those alike the answered ones go first.
            if left.clone().any(|op| op.class == class)
                || !(helps || left.any(|op| calls.feeds(class, op.class)))
            {
                continue;
            }
            if let Some(after) = search.calls.step(state, class)
                && after != state
            {
                self.add(number, op, bit, after, used + 1);
            }
        }
    }

    /// The order that led to the first configuration left.
    fn order(&self) -> Vec<u32> {
        let mut order = Vec::new();
        let mut step = self.all.first().map_or(NONE, |one| one.step);
        while let Some(Step { op, before }) = self.steps.get(step as usize) {
            order.push(*op);
            step = *before;
        }
        order.reverse();
        order
    }
}

/// How far it is with all orders at once.
#[derive(Clone, Debug, Default)]
pub(super) enum Beside {
    /// Not begun.
    #[default]
    Not,
    /// Under way.
    Going(Box<Breadth>),
    /// Given up: there are too many.
    Over,
}

impl<M: Model> Search<M> {
    /// Tries one candidate, on the path or beside it.
    pub(super) fn try_one(&mut self, budget: &mut u64) {
        let beside =
            self.tried >= self.patience && ((self.tried - self.patience) / TURN).is_multiple_of(TURNS);
        self.tried += 1;
        if !beside || matches!(self.beside, Beside::Over) {
            self.try_next();
            return;
        }
        let mut breadth = match std::mem::take(&mut self.beside) {
            Beside::Going(breadth) => breadth,
            _ => {
                let initial = self.calls.initial();
                Box::new(Breadth::new(self, initial))
            }
        };
        let before = *budget;
        let outcome = breadth.work(self, budget);
        self.tried += before - *budget;
        match outcome {
            Outcome::Undecided => self.beside = Beside::Going(breadth),
            Outcome::TooMany => self.beside = Beside::Over,
            Outcome::Ordered => self.follow(&breadth.order()),
            Outcome::Broken => {
                self.reach = breadth.answer;
                self.has_no_order();
            }
        }
    }

    /// What was taken up has an order, or more was: all that was done beside is of no use any more.
    pub(super) fn stop_beside(&mut self) {
        self.tried = 0;
        self.beside = Beside::Not;
    }
}
