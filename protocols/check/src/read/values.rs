//! Values of a file as [`Value`]s, equal ones stored once.

use std::sync::Arc;

use crate::table::{self, Index};
use crate::value::Value;

use super::tape::{Item, Kind};

/// Texts and lists, each stored once however often it occurs.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    texts: Vec<Arc<str>>,
    by_text: Index,
    lists: Vec<Arc<[Value]>>,
    by_list: Index,
    /// A list as it grows; used again for the next.
    growing: Vec<Value>,
}

impl Interner {
    /// The one copy of `text`.
    pub(crate) fn text(&mut self, text: &str) -> Arc<str> {
        let Self { texts, by_text, .. } = self;
        let hash = table::hash_of(text);
        if let Some(at) = by_text.find(hash, |at| *texts[at as usize] == *text) {
            return Arc::clone(&texts[at as usize]);
        }
        let kept: Arc<str> = Arc::from(text);
        texts.push(Arc::clone(&kept));
        by_text.insert(hash, texts.len() as u32 - 1, |at| table::hash_of(&*texts[at as usize]));
        kept
    }

    /// The value that `item` says. A set becomes a list in the order of its values, so that equal sets are equal.
    pub(crate) fn value(&mut self, item: Item<'_>) -> Value {
        match item.kind() {
            Kind::Nil => Value::Nil,
            Kind::Int => Value::Int(item.int().unwrap_or_default()),
            Kind::Text => Value::Text(self.text(item.text().unwrap_or_default())),
            Kind::Word => Value::Word(self.text(item.text().unwrap_or_default())),
            Kind::List | Kind::Set => {
                // The buffer is shared with the lists within this one: each takes its own end off again.
                let start = self.growing.len();
                for part in item.items() {
                    let part = self.value(part);
                    self.growing.push(part);
                }
                if item.kind() == Kind::Set {
                    self.growing[start..].sort_unstable();
                }
                let Self { growing, lists, by_list, .. } = self;
                let kept = kept(lists, by_list, &growing[start..]);
                growing.truncate(start);
                Value::List(kept)
            }
            Kind::Map => {
                if let Some(value) = self.spelled(item) {
                    return value;
                }
                let pairs: Vec<(Value, Value)> =
                    item.pairs().map(|(key, value)| (self.key(key), self.value(value))).collect();
                Value::map(pairs)
            }
        }
    }

    /// What our own writer spells as a map: a word, or a map whose keys are no names.
    fn spelled(&mut self, item: Item<'_>) -> Option<Value> {
        let mut pairs = item.pairs();
        let (name, value) = pairs.next()?;
        let name = name.text().filter(|_| name.kind() == Kind::Text && pairs.next().is_none())?;
        match (name, value.kind()) {
            ("word", Kind::Text) => Some(Value::Word(self.text(value.text()?))),
            ("map", Kind::List) => {
                let pairs: Option<Vec<_>> = value.items().map(Item::parts::<2>).collect();
                Some(Value::map(pairs?.into_iter().map(|[key, held]| (self.value(key), self.value(held)))))
            }
            _ => None,
        }
    }

    /// The same for a value of which nobody keeps a copy: a list is not stored.
    pub(crate) fn once(&mut self, item: Item<'_>) -> Value {
        match item.kind() {
            Kind::List => {
                let start = self.growing.len();
                for part in item.items() {
                    let part = self.value(part);
                    self.growing.push(part);
                }
                Value::List(self.growing.drain(start..).collect())
            }
            _ => self.value(item),
        }
    }

    /// The key of an object or a map. JSON writes numbers in quotes there: they are the numbers that stand elsewhere without.
    pub(crate) fn key(&mut self, item: Item<'_>) -> Value {
        match item.text().filter(|_| item.kind() == Kind::Text).map(|text| (text, text.parse::<i64>())) {
            Some((text, Ok(number))) if number.to_string() == text => Value::Int(number),
            _ => self.value(item),
        }
    }

    /// The name of a key or an object: numbers and words as they are written.
    pub(crate) fn name(&mut self, value: &Value) -> Arc<str> {
        match value {
            Value::Text(text) | Value::Word(text) => Arc::clone(text),
            other => self.text(&other.to_string()),
        }
    }
}

/// The one copy of a list.
fn kept(lists: &mut Vec<Arc<[Value]>>, by_list: &mut Index, items: &[Value]) -> Arc<[Value]> {
    let hash = table::hash_of(items);
    if let Some(at) = by_list.find(hash, |at| *lists[at as usize] == *items) {
        return Arc::clone(&lists[at as usize]);
    }
    let kept: Arc<[Value]> = Arc::from(items);
    lists.push(Arc::clone(&kept));
    by_list.insert(hash, lists.len() as u32 - 1, |at| table::hash_of(&*lists[at as usize]));
    kept
}
