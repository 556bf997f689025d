//! Values: what operations write and see.
//!
//! Small, ordered, cheap to clone (text and lists are shared). `Nil` is what an object holds before anyone wrote
//! to it, and what a read of an absent key returns.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A value written to, or seen in, an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// Nothing: the initial value of every object, and an absent key.
    #[default]
    Nil,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
    /// A list, as appends build it.
    List(Arc<[Value]>),
    /// A word of the format that a history was read from, as it stands there without quotes: `:x`, `true`, `1/2`,
    /// `0.5`, a number too large for [`Value::Int`]. It equals itself and nothing else.
    Word(Arc<str>),
    /// Values under keys, sorted by key, each key once: accounts and their balances. Make it by [`Value::map`].
    Map(Arc<[(Value, Value)]>),
}

impl Value {
    /// The map of these pairs, sorted; of several pairs with one key the last counts.
    pub fn map(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
        let mut pairs: Vec<(Value, Value)> = pairs.into_iter().collect();
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, earlier| later.0 == earlier.0);
        Value::Map(pairs.into())
    }

    /// What a map holds under `key`.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let Value::Map(pairs) = self else { return None };
        let at = pairs.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
        Some(&pairs[at].1)
    }
}

/// The arguments or the results of one operation: mostly none, one or two.
pub type Values = SmallVec<[Value; 2]>;

/// Whether a text reads as itself in a sentence without quotes: no number, not [`Value::Nil`], one word.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || "-_.:/+*@#$%&=?!<>|~^".contains(c);
    !text.is_empty() && text.chars().all(word) && text.parse::<f64>().is_err() && text != "nothing"
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("nothing"),
            Value::Int(number) => write!(f, "{number}"),
            // Quoted where it could be taken for something else, or for the end of what stands around it.
            Value::Text(text) if !is_plain(text) => write!(f, "{text:?}"),
            Value::Text(text) | Value::Word(text) => f.write_str(text),
            Value::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        f.write_str(" ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Value::Map(pairs) => {
                f.write_str("{")?;
                for (place, (key, value)) in pairs.iter().enumerate() {
                    if place > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key} {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Arc::from(text))
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Value::Text(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::List(Arc::from(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_sorted_and_the_last_of_equal_keys_counts() {
        let map = Value::map([(2.into(), "b".into()), (1.into(), "x".into()), (1.into(), "a".into())]);
        assert_eq!(map, Value::Map(Arc::from([(1.into(), "a".into()), (2.into(), "b".into())])));
        assert_eq!(map.get(&1.into()), Some(&"a".into()));
        assert_eq!(map.get(&3.into()), None);
        assert_eq!(map.to_string(), "{1 a, 2 b}");
    }

    #[test]
    fn a_text_that_could_be_something_else_is_quoted() {
        let told = |text: &str| Value::from(text).to_string();
        for plain in ["a", "n1", "v-7", "x:1", "größe"] {
            assert_eq!(told(plain), plain);
        }
        for (text, quoted) in [
            ("", "\"\""),
            ("7", "\"7\""),
            ("1e3", "\"1e3\""),
            ("nothing", "\"nothing\""),
            ("a b", "\"a b\""),
            ("[a", "\"[a\""),
            ("a\nb", "\"a\\nb\""),
        ] {
            assert_eq!(told(text), quoted);
        }
        assert_eq!(Value::from(vec!["1".into(), 1.into()]).to_string(), "[\"1\" 1]");
    }
}
