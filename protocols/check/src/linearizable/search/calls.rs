//! What operations do, and the states they lead to, each stored once and known by a number.
//!
//! Operations whose calls are equal are of one *class*. With each class stands what the model hints at, the operations
//! of it that are alike, and for each token how many operations that offer it have begun and how many are on the path.

use smallvec::SmallVec;

use super::NONE;
use crate::models::{Model, Offer};
use crate::table::{self, Index};

/// The token that stands for everything.
const ANY: u32 = u32::MAX - 1;

#[derive(Clone, Debug)]
pub(super) struct Class<C> {
    pub call: C,
    pub pure: bool,
    pub blind: bool,
    /// Whether it only adds.
    adds: bool,
    /// The tokens it needs and offers, and whether it uses up the one it needs.
    pub needs: u32,
    pub offers: u32,
    uses_up: bool,
    /// The operation of this class that was answered last.
    answered: u32,
    /// Those not answered, as they began. Of pure ones none are kept: they do not matter.
    pub unanswered: SmallVec<[u32; 2]>,
    /// So many of them, from the first, are on the path at least.
    placed: usize,
}

/// How many operations offer something: so many had begun, so many are on the path.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    begun: u32,
    placed: u32,
}

#[derive(Clone, Debug)]
struct Token {
    hash: u64,
    count: Count,
    /// The answers that need it.
    answers: Vec<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct Calls<M: Model> {
    model: M,
    classes: Vec<Class<M::Call>>,
    by_call: Index,
    tokens: Vec<Token>,
    by_token: Index,
    /// Operations that offer anything; that do not only add.
    anything: Count,
    changers: Count,
    states: Vec<M::State>,
    by_state: Index,
}

impl<M: Model> Calls<M> {
    pub(super) fn new(model: M) -> Self {
        Self {
            model,
            classes: Vec::new(),
            by_call: Index::default(),
            tokens: Vec::new(),
            by_token: Index::default(),
            anything: Count::default(),
            changers: Count::default(),
            states: Vec::new(),
            by_state: Index::default(),
        }
    }

    pub(super) fn model(&self) -> &M {
        &self.model
    }

    /// The number of the state before everything.
    pub(super) fn initial(&mut self) -> u32 {
        let initial = self.model.initial();
        self.number_of(initial)
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

    /// The class of a call, [`NONE`] for none.
    pub(super) fn class_of(&mut self, call: Option<M::Call>) -> u32 {
        let Some(call) = call else { return NONE };
        let hash = table::hash_of(&call);
        let classes = &self.classes;
        if let Some(number) = self.by_call.find(hash, |at| classes[at as usize].call == call) {
            return number;
        }
        let needs = self.model.needs(&call).map_or(NONE, |token| self.token(token));
        let offers = match self.model.offers(&call) {
            Offer::Nothing => NONE,
            Offer::Token(token) => self.token(token),
            Offer::Anything => ANY,
        };
        let (pure, blind) = (self.model.is_pure(&call), self.model.is_blind(&call));
        let (adds, uses_up) = (self.model.only_adds(&call), self.model.uses_up(&call));
        let number = self.classes.len() as u32;
        let (answered, unanswered) = (NONE, SmallVec::new());
        let placed = 0;
        self.classes.push(Class {
            call,
            pure,
            blind,
            adds,
            needs,
            offers,
            uses_up,
            answered,
            unanswered,
            placed,
        });
        let Self { classes, by_call, .. } = self;
        by_call.insert(hash, number, |at| table::hash_of(&classes[at as usize].call));
        number
    }

    fn token(&mut self, hash: u64) -> u32 {
        let Self { tokens, by_token, .. } = self;
        if let Some(number) = by_token.find(hash, |at| tokens[at as usize].hash == hash) {
            return number;
        }
        let number = tokens.len() as u32;
        tokens.push(Token { hash, count: Count::default(), answers: Vec::new() });
        by_token.insert(hash, number, |at| tokens[at as usize].hash);
        number
    }

    /// How many classes there are.
    pub(super) fn classes(&self) -> usize {
        self.classes.len()
    }

    pub(super) fn class(&self, class: u32) -> &Class<M::Call> {
        &self.classes[class as usize]
    }

    /// The state after a call, if it can happen.
    pub(super) fn step(&mut self, state: u32, class: u32) -> Option<u32> {
        let before = &self.states[state as usize];
        let class = &self.classes[class as usize];
        let after = self.model.step(before, &class.call)?;
        if class.pure || after == *before { Some(state) } else { Some(self.number_of(after)) }
    }

    /// Whether a call can happen.
    pub(super) fn is_legal(&self, state: u32, class: u32) -> bool {
        self.model.step(&self.states[state as usize], &self.classes[class as usize].call).is_some()
    }

    /// Whether calls that only add could make the call possible.
    pub(super) fn leads_to(&self, state: u32, class: u32) -> bool {
        self.model.leads_to(&self.states[state as usize], &self.classes[class as usize].call)
    }

    /// Whether one class offers what another needs. An unspecific need is met by everything that offers something.
    pub(super) fn feeds(&self, writer: u32, seer: u32) -> bool {
        match (self.class(writer).offers, self.class(seer).needs) {
            (NONE, _) => false,
            (ANY, _) | (_, NONE) => true,
            (offered, needed) => offered == needed,
        }
    }

    // ---- counts

    fn count(&mut self, class: u32, change: impl Fn(&mut Count)) {
        let Class { offers, adds, .. } = self.classes[class as usize];
        match offers {
            NONE => {}
            ANY => change(&mut self.anything),
            token => change(&mut self.tokens[token as usize].count),
        }
        if !adds {
            change(&mut self.changers);
        }
    }

    /// An operation of the class begins.
    pub(super) fn begin(&mut self, class: u32, op: u32) {
        self.count(class, |count| count.begun += 1);
        let class = &mut self.classes[class as usize];
        if !class.pure {
            class.unanswered.push(op);
        }
    }

    /// An operation of the class did not happen after all; it is not on the path.
    pub(super) fn withdraw(&mut self, class: u32, op: u32) {
        self.count(class, |count| count.begun -= 1);
        let Class { unanswered, placed, .. } = &mut self.classes[class as usize];
        if let Ok(at) = unanswered.binary_search(&op) {
            unanswered.remove(at);
            *placed -= usize::from(at < *placed);
        }
    }

    /// An operation of the class that was not answered is not on the path any more.
    pub(super) fn freed(&mut self, class: u32, op: u32) {
        let Class { unanswered, placed, .. } = &mut self.classes[class as usize];
        if let Ok(at) = unanswered.binary_search(&op) {
            *placed = at.min(*placed);
        }
    }

    /// The first of the class that was not answered and is not on the path. (Those alike go in the order in which they
    /// began: there may be hundreds of unknown outcome, of which no more than this one is worth a thought.)
    pub(super) fn first_free(&mut self, class: u32, is_placed: impl Fn(u32) -> bool) -> Option<u32> {
        let Class { unanswered, placed, .. } = &mut self.classes[class as usize];
        while let Some(op) = unanswered.get(*placed) {
            if !is_placed(*op) {
                return Some(*op);
            }
            *placed += 1;
        }
        None
    }

    /// An operation is put on the path, or taken off it.
    pub(super) fn place(&mut self, class: u32, on: bool) {
        self.count(class, |count| if on { count.placed += 1 } else { count.placed -= 1 });
    }

    /// An operation that was of one class turns out to be of another. Returns the one alike answered last before it.
    pub(super) fn answered(&mut self, before: u32, after: u32, op: u32, placed: bool) -> u32 {
        if before != NONE {
            self.withdraw(before, op);
        }
        if placed {
            self.place(before, false);
            self.place(after, true);
        }
        self.count(after, |count| count.begun += 1);
        std::mem::replace(&mut self.classes[after as usize].answered, op)
    }

    /// The one of the class that was answered last so far.
    pub(super) fn last_answered(&self, class: u32) -> u32 {
        self.classes[class as usize].answered
    }

    /// There is an answer of this class. Returns how many have begun so far that offer what it needs, and how many
    /// that do not only add.
    pub(super) fn needed(&mut self, class: u32, answer: u32) -> (u32, u32) {
        let supply = match self.classes[class as usize].needs {
            NONE => 0,
            token => {
                let token = &mut self.tokens[token as usize];
                token.answers.push(answer);
                token.count.begun + self.anything.begun
            }
        };
        (supply, self.changers.begun)
    }

    /// The answers from `blocked` on that need the token, and how many on the path offer it.
    pub(super) fn demand(&self, token: u32, blocked: u32) -> (&[u32], u32) {
        let token = &self.tokens[token as usize];
        let ahead = token.answers.partition_point(|answer| *answer < blocked);
        (&token.answers[ahead..], token.count.placed + self.anything.placed)
    }

    /// Whether the class uses up the token that it needs.
    pub(super) fn uses_up(&self, class: u32) -> bool {
        self.classes[class as usize].uses_up
    }

    /// What an operation of the class leaves to be needed, if that is known.
    pub(super) fn leaves(&self, class: u32, before: u32) -> u32 {
        match self.classes[class as usize].offers {
            NONE => before,
            ANY => NONE,
            token => token,
        }
    }

    /// How many on the path do not only add.
    pub(super) fn changers_placed(&self) -> u32 {
        self.changers.placed
    }
}
