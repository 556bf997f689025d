//! [`Bank`]: accounts between which money is moved.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer, arguments};
use crate::history::{Operation, Outcome};
use crate::value::Value;

/// `transfer` an amount from one account to another, `read` all balances. What the accounts hold at first is what
/// [`Bank::initial`] says, or if it says nothing, whatever makes the first read true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bank {
    /// A map of the balances before the first operation, if they are known.
    pub initial: Option<Value>,
}

/// A call on a [`Bank`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BankCall {
    /// Moves money.
    Transfer {
        /// From this account.
        from: Value,
        /// To this one.
        to: Value,
        /// So much.
        amount: i64,
    },
    /// Sees balances, by account; `None` while, or because, nobody knows what it saw.
    Read(Option<Arc<[(Value, i64)]>>),
}

/// Accounts sorted, with what they hold, or with what they gained as long as nobody knows what they held.
type Balances = Arc<[(Value, i128)]>;

/// What is in a [`Bank`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Accounts {
    /// What each account gained.
    gained: Balances,
    /// What each account held at first, as far as reads have shown it.
    held: Balances,
}

impl Bank {
    /// The balances that a value says, sorted by account; an account that holds nothing holds zero.
    ///
    /// # Errors
    /// If it is neither a map of whole numbers nor a list of accounts with them.
    pub(crate) fn balances(operation: &Operation, value: &Value) -> Result<Arc<[(Value, i64)]>, ModelError> {
        let pair = |item: &Value| match item {
            Value::List(pair) => <[Value; 2]>::try_from(pair.to_vec()).ok().map(|[name, held]| (name, held)),
            _ => None,
        };
        let pairs = match value {
            Value::Map(pairs) => Some(pairs.to_vec()),
            Value::List(items) => items.iter().map(pair).collect::<Option<Vec<_>>>().map(|mut pairs| {
                pairs.sort();
                pairs
            }),
            _ => None,
        };
        let once = |pairs: &Vec<(Value, Value)>| pairs.windows(2).all(|two| two[0].0 != two[1].0);
        let Some(pairs) = pairs.filter(once) else {
            return Err(ModelError::kind(operation, value, "a map of balances"));
        };
        let balance = |(account, value): &(Value, Value)| match value {
            Value::Int(balance) => Ok((account.clone(), *balance)),
            Value::Nil => Ok((account.clone(), 0)),
            other => Err(ModelError::kind(operation, other, "a balance")),
        };
        pairs.iter().map(balance).collect()
    }
}

fn find(balances: &Balances, account: &Value) -> Result<usize, usize> {
    balances.binary_search_by(|(other, _)| other.cmp(account))
}

fn with(balances: &Balances, account: &Value, change: i128) -> Balances {
    let mut all = balances.to_vec();
    match find(balances, account) {
        Ok(at) => all[at].1 += change,
        Err(at) => all.insert(at, (account.clone(), change)),
    }
    all.into()
}

impl Model for Bank {
    type State = Accounts;
    type Call = BankCall;

    fn initial(&self) -> Accounts {
        let number = |value: &Value| if let Value::Int(number) = value { i128::from(*number) } else { 0 };
        let held = match &self.initial {
            Some(Value::Map(pairs)) => {
                pairs.iter().map(|(account, value)| (account.clone(), number(value))).collect()
            }
            _ => Arc::from([]),
        };
        Accounts { gained: Arc::from([]), held }
    }

    fn call(&self, operation: &Operation) -> Result<Option<BankCall>, ModelError> {
        let call = match &*operation.function {
            "read" => {
                let seen = operation.output.first().map(|value| Self::balances(operation, value));
                BankCall::Read(seen.transpose()?)
            }
            "transfer" => {
                let [from, to, amount] = arguments::<3>(operation)?.clone();
                let Value::Int(amount) = amount else {
                    return Err(ModelError::kind(operation, &amount, "an amount"));
                };
                BankCall::Transfer { from, to, amount }
            }
            _ => return Err(ModelError::no_such_function(operation, "bank", "transfer, read")),
        };
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, state: &Accounts, call: &BankCall) -> Option<Accounts> {
        match call {
            BankCall::Transfer { from, to, amount } => {
                let amount = i128::from(*amount);
                let gained = with(&with(&state.gained, from, -amount), to, amount);
                Some(Accounts { gained, held: Arc::clone(&state.held) })
            }
            BankCall::Read(None) => Some(state.clone()),
            BankCall::Read(Some(seen)) => {
                let mut shown = Vec::new();
                for (account, balance) in seen.iter() {
                    let gained = find(&state.gained, account).map_or(0, |at| state.gained[at].1);
                    let held = i128::from(*balance) - gained;
                    match find(&state.held, account) {
                        Ok(at) if state.held[at].1 != held => return None,
                        Ok(_) => {}
                        Err(_) if self.initial.is_some() && held != 0 => return None,
                        Err(_) => shown.push((account.clone(), held)),
                    }
                }
                if shown.is_empty() {
                    return Some(state.clone());
                }
                shown.extend(state.held.iter().cloned());
                shown.sort_unstable();
                Some(Accounts { gained: Arc::clone(&state.gained), held: shown.into() })
            }
        }
    }

    fn is_pure(&self, call: &BankCall) -> bool {
        // A read that shows what an account held at first tells later ones what they must see.
        match call {
            BankCall::Transfer { from, to, amount } => *amount == 0 || from == to,
            BankCall::Read(seen) => seen.is_none() || self.initial.is_some(),
        }
    }

    fn offers(&self, call: &BankCall) -> Offer {
        if matches!(call, BankCall::Read(_)) { Offer::Nothing } else { Offer::Anything }
    }
}
