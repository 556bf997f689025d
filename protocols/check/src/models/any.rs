//! [`Any`]: one of the models, chosen while the program runs.
//!
//! Checkers are compiled for each model that they are used with. That is worth it for cells, which most histories are of;
//! for all others together it is done once, with this. It does what the chosen model does, and takes a branch more for it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Bank, Counter, Lock, Log, Model, ModelError, Mutex, Offer, Queue, Registers, Set};
use crate::history::Operation;
use crate::names::ModelName;
use crate::value::Value;

/// Writes the model, its states and its calls, and hands everything on to the one that was chosen.
macro_rules! any {
    ($($model:ident),*) => {
        /// One of the models. See the module.
        #[derive(Clone, Debug)]
        pub enum Any {
            $(
                #[doc = concat!("A [`", stringify!($model), "`].")]
                $model($model),
            )*
        }

        /// What one of the models holds.
        #[derive(Clone, PartialEq, Eq)]
        pub enum AnyState {
            $(
                #[doc = concat!("What a [`", stringify!($model), "`] holds.")]
                $model(<$model as Model>::State),
            )*
        }

        /// A call on one of the models.
        #[derive(Clone, PartialEq, Eq)]
        pub enum AnyCall {
            $(
                #[doc = concat!("A call on a [`", stringify!($model), "`].")]
                $model(<$model as Model>::Call),
            )*
        }

        // The hash and the words of what is inside: a state is the same, however its model was chosen.
        impl Hash for AnyState {
            fn hash<H: Hasher>(&self, hasher: &mut H) {
                match self { $(AnyState::$model(state) => state.hash(hasher),)* }
            }
        }

        impl Hash for AnyCall {
            fn hash<H: Hasher>(&self, hasher: &mut H) {
                match self { $(AnyCall::$model(call) => call.hash(hasher),)* }
            }
        }

        impl fmt::Debug for AnyState {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(AnyState::$model(state) => state.fmt(to),)* }
            }
        }

        impl fmt::Debug for AnyCall {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(AnyCall::$model(call) => call.fmt(to),)* }
            }
        }

        impl Model for Any {
            type State = AnyState;
            type Call = AnyCall;

            fn initial(&self) -> AnyState {
                match self { $(Any::$model(model) => AnyState::$model(model.initial()),)* }
            }

            fn call(&self, operation: &Operation) -> Result<Option<AnyCall>, ModelError> {
                match self { $(Any::$model(model) => Ok(model.call(operation)?.map(AnyCall::$model)),)* }
            }

            fn step(&self, state: &AnyState, call: &AnyCall) -> Option<AnyState> {
                match (self, state, call) {
                    $((Any::$model(model), AnyState::$model(state), AnyCall::$model(call)) => {
                        model.step(state, call).map(AnyState::$model)
                    })*
                    _ => None,
                }
            }

            fn is_pure(&self, call: &AnyCall) -> bool {
                match (self, call) {
                    $((Any::$model(model), AnyCall::$model(call)) => model.is_pure(call),)*
                    _ => false,
                }
            }

            fn is_blind(&self, call: &AnyCall) -> bool {
                match (self, call) {
                    $((Any::$model(model), AnyCall::$model(call)) => model.is_blind(call),)*
                    _ => false,
                }
            }

            fn needs(&self, call: &AnyCall) -> Option<u64> {
                match (self, call) {
                    $((Any::$model(model), AnyCall::$model(call)) => model.needs(call),)*
                    _ => None,
                }
            }

            fn uses_up(&self, call: &AnyCall) -> bool {
                match (self, call) {
                    $((Any::$model(model), AnyCall::$model(call)) => model.uses_up(call),)*
                    _ => false,
                }
            }

            fn offers(&self, call: &AnyCall) -> Offer {
                match (self, call) {
                    $((Any::$model(model), AnyCall::$model(call)) => model.offers(call),)*
                    _ => Offer::Anything,
                }
            }

            fn feeds(&self, writer: &AnyCall, seer: &AnyCall) -> bool {
                match (self, writer, seer) {
                    $((Any::$model(model), AnyCall::$model(writer), AnyCall::$model(seer)) => {
                        model.feeds(writer, seer)
                    })*
                    _ => true,
                }
            }

            fn only_adds(&self, call: &AnyCall) -> bool {
                match (self, call) {
                    $((Any::$model(model), AnyCall::$model(call)) => model.only_adds(call),)*
                    _ => false,
                }
            }

            fn leads_to(&self, state: &AnyState, goal: &AnyCall) -> bool {
                match (self, state, goal) {
                    $((Any::$model(model), AnyState::$model(state), AnyCall::$model(goal)) => {
                        model.leads_to(state, goal)
                    })*
                    _ => true,
                }
            }

            fn wrote(&self, writer: &AnyCall, seer: &AnyCall) -> bool {
                match (self, writer, seer) {
                    $((Any::$model(model), AnyCall::$model(writer), AnyCall::$model(seer)) => {
                        model.wrote(writer, seer)
                    })*
                    _ => false,
                }
            }

            fn part<'a>(&self, operation: &'a Operation) -> Option<&'a Arc<str>> {
                match self { $(Any::$model(model) => model.part(operation),)* }
            }
        }
    };
}

any!(Counter, Set, Queue, Log, Mutex, Lock, Bank, Registers);

impl Any {
    /// The model of this name, unless it is one of cells or of transactions. `accounts` is what a bank's accounts hold at
    /// first, if that is known.
    pub fn of(name: ModelName, accounts: Option<Value>) -> Option<Self> {
        Some(match name {
            ModelName::Counter => Any::Counter(Counter),
            ModelName::Set => Any::Set(Set),
            ModelName::Queue => Any::Queue(Queue),
            ModelName::Log => Any::Log(Log),
            ModelName::Mutex => Any::Mutex(Mutex),
            ModelName::Lock => Any::Lock(Lock),
            ModelName::Bank => Any::Bank(Bank { initial: accounts }),
            ModelName::MultiRegister => Any::Registers(Registers),
            ModelName::Register
            | ModelName::CasRegister
            | ModelName::Kv
            | ModelName::ListAppend
            | ModelName::RwRegister => return None,
        })
    }

    /// Its name.
    pub fn name(&self) -> ModelName {
        match self {
            Any::Counter(_) => ModelName::Counter,
            Any::Set(_) => ModelName::Set,
            Any::Queue(_) => ModelName::Queue,
            Any::Log(_) => ModelName::Log,
            Any::Mutex(_) => ModelName::Mutex,
            Any::Lock(_) => ModelName::Lock,
            Any::Bank(_) => ModelName::Bank,
            Any::Registers(_) => ModelName::MultiRegister,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Outcome;
    use crate::table::hash_of;

    /// Operations of every kind, most of which mean something to one model and nothing to another.
    fn operations() -> Vec<Operation> {
        let pair = |one: Value, other: Value| Value::from(vec![one, other]);
        let micro = |function: &str, value: Value| Value::from(vec![function.into(), "x".into(), value]);
        let balances = Value::map([("a".into(), 5.into()), ("b".into(), 1.into())]);
        let said: Vec<(&str, Vec<Value>, Vec<Value>)> = vec![
            ("add", vec![1.into()], vec![]),
            ("add", vec![2.into()], vec![]),
            ("remove", vec![1.into()], vec![]),
            ("contains", vec![1.into()], vec![1.into()]),
            ("read", vec![], vec![3.into()]),
            ("read", vec![], vec![Value::from(vec![1.into(), 2.into()])]),
            ("read", vec![], vec![balances]),
            ("read", vec![0.into()], vec![1.into()]),
            ("dec", vec![], vec![]),
            ("enqueue", vec![1.into()], vec![]),
            ("dequeue", vec![], vec![1.into()]),
            ("dequeue", vec![], vec![]),
            ("drain", vec![], vec![Value::from(vec![])]),
            ("append", vec![1.into()], vec![0.into()]),
            ("acquire", vec![], vec![7.into()]),
            ("release", vec![7.into()], vec![]),
            ("transfer", vec!["a".into(), "b".into(), 2.into()], vec![]),
            ("txn", vec![Value::from(vec![micro("w", 1.into())])], vec![]),
            (
                "txn",
                vec![Value::from(vec![micro("r", Value::Nil)])],
                vec![Value::from(vec![micro("r", 1.into())])],
            ),
            ("write", vec![pair(1.into(), 2.into())], vec![]),
        ];
        let outcomes = [Outcome::Ok, Outcome::Failed, Outcome::Unknown];
        let each = said.into_iter().flat_map(|said| outcomes.map(|outcome| (said.clone(), outcome)));
        let numbered = (0..).zip(each);
        numbered
            .map(|(id, ((function, input, output), outcome))| Operation {
                id,
                lane: 0,
                process: id % 2,
                function: function.into(),
                key: None,
                input: input.into(),
                output: output.into(),
                invoked: id,
                completed: Some(id + 1),
                outcome,
            })
            .collect()
    }

    /// Everything that one model says of all operations, and of the states that they lead to; words and hashes as well.
    fn said<M: Model>(model: &M) -> Vec<String> {
        let operations = operations();
        let mut calls = Vec::new();
        let mut said = Vec::new();
        for operation in &operations {
            match model.call(operation) {
                Ok(call) => calls.extend(call),
                Err(error) => said.push(error.to_string()),
            }
            said.push(format!("{:?}", model.part(operation)));
        }
        let mut states = vec![model.initial()];
        for _ in 0..2 {
            let more: Vec<M::State> = states
                .iter()
                .flat_map(|state| calls.iter().filter_map(|call| model.step(state, call)))
                .collect();
            states.extend(more);
            states.truncate(300);
        }
        for call in &calls {
            said.push(format!("{call:?} {}", hash_of(call)));
            said.push(format!(
                "{} {} {:?} {} {:?} {}",
                model.is_pure(call),
                model.is_blind(call),
                model.needs(call),
                model.uses_up(call),
                model.offers(call),
                model.only_adds(call)
            ));
            said.extend(
                calls
                    .iter()
                    .map(|other| format!("{} {}", model.feeds(call, other), model.wrote(call, other))),
            );
            for state in &states {
                said.push(format!("{state:?} {} {:?}", hash_of(state), model.step(state, call)));
                said.push(model.leads_to(state, call).to_string());
            }
        }
        assert!(calls.len() > 3, "the check can fail");
        said
    }

    #[test]
    fn it_says_what_the_chosen_model_says() {
        for name in ModelName::ALL {
            let Some(any) = Any::of(*name, None) else { continue };
            assert_eq!(any.name(), *name);
            let own = match *name {
                ModelName::Counter => said(&Counter),
                ModelName::Set => said(&Set),
                ModelName::Queue => said(&Queue),
                ModelName::Log => said(&Log),
                ModelName::Mutex => said(&Mutex),
                ModelName::Lock => said(&Lock),
                ModelName::Bank => said(&Bank::default()),
                _ => said(&Registers),
            };
            assert_eq!(said(&any), own, "{name}");
        }
        let (queue, lock) = (Any::Queue(Queue), Any::Lock(Lock));
        let calls = operations()
            .iter()
            .filter_map(|operation| queue.call(operation).ok().flatten())
            .collect::<Vec<_>>();
        assert_eq!(lock.step(&lock.initial(), &calls[0]), None, "of another model nothing can happen");
    }
}
