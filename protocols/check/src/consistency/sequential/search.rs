//! Any model: a search through how far each session has come. What changes nothing and can come, comes at once; what was
//! looked at is not looked at again; and the state must still lead to what each session waits to see, where everything
//! only adds.

use std::collections::BTreeMap;

use super::{Answer, NUMBERS_MOST, Way};
use crate::history::{History, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::Model;
use crate::table::{self, Index};

/// So many states are kept.
const STATES_MOST: usize = 2_000_000;

#[derive(Clone, Debug)]
struct Step<C> {
    place: u32,
    call: C,
    /// It was answered, so it must be in the order.
    required: bool,
}

/// A point of the search: which session went on to get here, the state, and which sessions are still to be tried.
#[derive(Clone, Debug)]
struct Node {
    session: u32,
    state: u32,
    next: u32,
    alone: bool,
}

/// Where the search has been: rows of a state and how far each session had come, one after another.
#[derive(Clone, Debug, Default)]
struct Seen {
    rows: Vec<u32>,
    by_row: Index,
}

impl Seen {
    fn hash(state: u32, placed: &[u32]) -> u64 {
        table::hash_of(&(state, placed))
    }

    /// A row's state and how far the sessions had come.
    fn row(rows: &[u32], number: u32, sessions: usize) -> (u32, &[u32]) {
        let start = number as usize * (sessions + 1);
        (rows[start], &rows[start + 1..start + 1 + sessions])
    }

    fn contains(&self, state: u32, placed: &[u32]) -> bool {
        let same = |number| Self::row(&self.rows, number, placed.len()) == (state, placed);
        self.by_row.find(Self::hash(state, placed), same).is_some()
    }

    /// Adds one that is not there.
    fn insert(&mut self, state: u32, placed: &[u32]) {
        let Self { rows, by_row } = self;
        let number = (rows.len() / (placed.len() + 1)) as u32;
        rows.push(state);
        rows.extend_from_slice(placed);
        by_row.insert(Self::hash(state, placed), number, |number| {
            let (state, placed) = Self::row(rows, number, placed.len());
            Self::hash(state, placed)
        });
    }
}

/// The judging of one history.
#[derive(Clone, Debug)]
pub(super) struct Search<M: Model> {
    model: M,
    sessions: Vec<Vec<Step<M::Call>>>,
    states: Vec<M::State>,
    by_state: Index,
    placed: Vec<u32>,
    /// How many that must be in the order are not.
    left: u32,
    path: Vec<Node>,
    seen: Seen,
    only_adds: bool,
    answer: Answer,
}

impl<M: Model> Search<M> {
    pub(super) fn new(model: M, history: &History) -> Self {
        let mut search = Self {
            sessions: Vec::new(),
            states: vec![model.initial()],
            by_state: Index::default(),
            placed: Vec::new(),
            left: 0,
            path: vec![Node { session: u32::MAX, state: 0, next: 0, alone: false }],
            seen: Seen::default(),
            only_adds: true,
            answer: Answer::Open,
            model,
        };
        let initial = table::hash_of(&search.states[0]);
        search.by_state.insert(initial, 0, |_| initial);
        search.gather(history);
        search
    }

    fn gather(&mut self, history: &History) {
        let mut by_process: BTreeMap<u64, usize> = BTreeMap::new();
        // Who was not answered, and so must be the last of its process.
        let mut last: BTreeMap<u64, u32> = BTreeMap::new();
        for (place, operation) in history.operations().iter().enumerate() {
            let answered = matches!(operation.outcome, Outcome::Ok | Outcome::Failed);
            let call =
                if answered { known_call(&self.model, operation) } else { open_call(&self.model, operation) };
            let before = last.insert(operation.process, place as u32);
            let before = before.map(|before| &history.operations()[before as usize]);
            if before.is_some_and(|before| !before.precedes(operation)) {
                self.answer = Answer::Unfit;
            }
            let Some(call) = call.filter(|call| answered || !self.model.is_pure(call)) else { continue };
            let next = by_process.len();
            let session = *by_process.entry(operation.process).or_insert(next);
            if session == next {
                self.sessions.push(Vec::new());
            }
            self.only_adds &= self.model.only_adds(&call);
            self.left += u32::from(answered);
            self.sessions[session].push(Step { place: place as u32, call, required: answered });
        }
        self.placed = vec![0; self.sessions.len()];
    }

    fn order(&self) -> Vec<u32> {
        let mut at = vec![0; self.sessions.len()];
        let sessions = self.path.iter().skip(1).map(|node| node.session as usize);
        sessions
            .map(|session| {
                at[session] += 1;
                self.sessions[session][at[session] - 1].place
            })
            .collect()
    }

    fn number_of(&mut self, state: M::State) -> u32 {
        let Self { states, by_state, .. } = self;
        let hash = table::hash_of(&state);
        if let Some(number) = by_state.find(hash, |at| states[at as usize] == state) {
            return number;
        }
        let number = states.len() as u32;
        states.push(state);
        by_state.insert(hash, number, |at| table::hash_of(&states[at as usize]));
        number
    }

    fn try_next(&mut self) {
        let Some(top) = self.path.last_mut() else { return };
        let (state, session, alone) = (top.state, top.next as usize, top.alone);
        if session == 0 && !alone {
            if self.is_hopeless(state) {
                self.step_back();
                return;
            }
            if let Some(session) = self.legal_read(state) {
                if let Some(top) = self.path.last_mut() {
                    (top.alone, top.next) = (true, u32::MAX);
                }
                self.go_on(session, state);
                return;
            }
        }
        if session >= self.sessions.len() {
            self.step_back();
            return;
        }
        if let Some(top) = self.path.last_mut() {
            top.next += 1;
        }
        let Some(step) = self.sessions[session].get(self.placed[session] as usize) else { return };
        if let Some(after) = self.model.step(&self.states[state as usize], &step.call) {
            let after = self.number_of(after);
            self.go_on(session, after);
        }
    }

    /// A session that waits for something that changes nothing and is so now.
    fn legal_read(&self, state: u32) -> Option<usize> {
        let state = &self.states[state as usize];
        (0..self.sessions.len()).find(|session| {
            let step = self.sessions[*session].get(self.placed[*session] as usize);
            step.is_some_and(|step| {
                self.model.is_pure(&step.call) && self.model.step(state, &step.call).is_some()
            })
        })
    }

    fn is_hopeless(&self, state: u32) -> bool {
        let state = &self.states[state as usize];
        self.only_adds
            && self.sessions.iter().zip(&self.placed).any(|(steps, placed)| {
                let ahead = steps[*placed as usize..].iter();
                let mut required = ahead.filter(|step| step.required);
                required.any(|step| !self.model.leads_to(state, &step.call))
            })
    }

    fn go_on(&mut self, session: usize, state: u32) {
        self.placed[session] += 1;
        let room = self.seen.rows.len() as u64 <= NUMBERS_MOST;
        let is_new = !self.seen.contains(state, &self.placed);
        if is_new && room {
            self.seen.insert(state, &self.placed);
        }
        if !is_new {
            self.placed[session] -= 1;
            return;
        }
        self.left -= u32::from(self.sessions[session][self.placed[session] as usize - 1].required);
        self.path.push(Node { session: session as u32, state, next: 0, alone: false });
    }

    fn step_back(&mut self) {
        let Some(node) = self.path.pop() else { return };
        let Some(placed) = self.placed.get_mut(node.session as usize) else {
            self.answer = Answer::Broken;
            self.path.push(node);
            return;
        };
        *placed -= 1;
        let step = &self.sessions[node.session as usize][*placed as usize];
        self.left += u32::from(step.required);
    }
}

impl<M> Way for Search<M>
where
    M: Model + Send,
    M::State: Send,
    M::Call: Send,
{
    fn answer(&self) -> &Answer {
        &self.answer
    }

    fn work(&mut self, budget: &mut u64) {
        while *budget > 0 && self.answer == Answer::Open {
            *budget -= 1;
            if self.states.len() > STATES_MOST {
                self.answer = Answer::TooLarge;
                return;
            }
            if self.left == 0 {
                self.answer = Answer::Holds(self.order());
                return;
            }
            self.try_next();
        }
    }
}
