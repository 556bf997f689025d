//! The objects under all keys taken as one, for what must be judged over all keys at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::history::Operation;
use crate::models::{Model, ModelError, Offer};

/// One object of a model under each key.
#[derive(Clone, Debug)]
pub(super) struct Together<M>(pub M);

type Key = Option<Arc<str>>;

impl<M: Model> Model for Together<M> {
    /// What is under each key that was touched.
    type State = BTreeMap<Key, M::State>;
    type Call = (Key, M::Call);

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn call(&self, operation: &Operation) -> Result<Option<Self::Call>, ModelError> {
        let call = self.0.call(operation)?;
        Ok(call.map(|call| (self.0.part(operation).cloned(), call)))
    }

    fn step(&self, state: &Self::State, (key, call): &Self::Call) -> Option<Self::State> {
        let before = state.get(key).cloned().unwrap_or_else(|| self.0.initial());
        let after = self.0.step(&before, call)?;
        let mut all = state.clone();
        if after == self.0.initial() {
            all.remove(key);
        } else {
            all.insert(key.clone(), after);
        }
        Some(all)
    }

    fn is_pure(&self, (_, call): &Self::Call) -> bool {
        self.0.is_pure(call)
    }

    fn offers(&self, call: &Self::Call) -> Offer {
        if self.is_pure(call) { Offer::Nothing } else { Offer::Anything }
    }

    fn feeds(&self, (key, writer): &Self::Call, (other, seer): &Self::Call) -> bool {
        key == other && self.0.feeds(writer, seer)
    }

    fn only_adds(&self, (_, call): &Self::Call) -> bool {
        self.0.only_adds(call)
    }

    fn leads_to(&self, state: &Self::State, (key, goal): &Self::Call) -> bool {
        match state.get(key) {
            Some(state) => self.0.leads_to(state, goal),
            None => self.0.leads_to(&self.0.initial(), goal),
        }
    }

    fn part<'a>(&self, _operation: &'a Operation) -> Option<&'a Arc<str>> {
        None
    }
}
