//! Appends as swaps: what makes histories of texts and lists that grow decidable by [`super::zones`].
//!
//! Where each appended piece is another one, a read of a text or a list tells more than its value: which pieces were
//! put there, and in which order. Let a key's pieces be what is written or appended to it. If they are all different,
//! and no piece begins with another, a value falls into its pieces in one way only: the piece that was written (or none,
//! where the value grew from nothing), then those that were appended, nothing in between.
//!
//! So an append whose piece some answered read saw found exactly the value before it and left exactly the value after
//! it: a compare-and-set between two values that occur once. An append that no read saw left a value that nobody saw,
//! so it might as well have written one: it may stand wherever a write that nobody read may stand, since what it does
//! to the value that it found is never seen. Either way each value is written once, and zones decide.
//!
//! An append whose piece was seen in two different places, or twice in one, is given the first of them: the other is
//! then a value that nobody wrote, which is what it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::smallvec;

use crate::history::{History, HistoryError, Operation, Outcome};
use crate::value::Value;

/// The history with appends turned into swaps and writes, operation by operation, on every key where that can be done.
/// Values become numbers there. `None` if there is no such key.
///
/// # Errors
/// None that a history can cause: it is as well formed as the one it is made from.
pub fn unfold(history: &History) -> Result<Option<History>, HistoryError> {
    let mut by_key: BTreeMap<Option<&Arc<str>>, Vec<u32>> = BTreeMap::new();
    for (place, operation) in history.operations().iter().enumerate() {
        by_key.entry(operation.key.as_ref()).or_default().push(place as u32);
    }
    let mut changed: Option<Vec<Operation>> = None;
    for places in by_key.values() {
        let operations: Vec<&Operation> =
            places.iter().map(|place| &history.operations()[*place as usize]).collect();
        let Some(unfolded) = Unfolding::of(&operations).map(|unfolding| unfolding.run(&operations)) else {
            continue;
        };
        let all = changed.get_or_insert_with(|| history.operations().to_vec());
        for (place, operation) in places.iter().zip(unfolded) {
            all[*place as usize] = operation;
        }
    }
    changed.map(History::from_operations).transpose()
}

/// What a key holds, as the pieces that it is made of: a node of the tree of all values that were seen.
#[derive(Clone, Debug, Default)]
struct Node {
    /// The nodes with one more piece, by that piece.
    next: BTreeMap<u32, u32>,
}

/// The values of one key.
#[derive(Debug)]
struct Unfolding<'a> {
    /// The pieces, each with the operation that brings it.
    pieces: Pieces<'a>,
    /// Values that were seen. The first is nothing.
    nodes: Vec<Node>,
    /// For each piece the node it leads to and the one it comes from.
    homes: Vec<Option<(u32, u32)>>,
}

/// What is written and appended.
#[derive(Debug)]
enum Pieces<'a> {
    Texts(BTreeMap<&'a str, u32>),
    /// Elements of lists.
    Values(BTreeMap<&'a Value, u32>),
}

impl<'a> Unfolding<'a> {
    /// `None` if these operations cannot be turned: see the module's text.
    fn of(operations: &[&'a Operation]) -> Option<Self> {
        let appends = |operation: &&&Operation| operation.function == "append";
        let first = operations.iter().find(appends)?;
        let mut pieces = match first.input.first()? {
            Value::Text(_) => Pieces::Texts(BTreeMap::new()),
            _ => Pieces::Values(BTreeMap::new()),
        };
        let mut count = 0;
        for operation in operations {
            match (&*operation.function, operation.input.as_slice()) {
                ("read" | "get", _) => {}
                ("append" | "write" | "put", [piece]) => {
                    let writes = operation.function != "append";
                    let is_new = match (&mut pieces, piece) {
                        (Pieces::Texts(by_text), Value::Text(text)) if !text.is_empty() => {
                            by_text.insert(text, count).is_none()
                        }
                        // A list that is written whole is no piece.
                        (Pieces::Values(values), piece) if !writes && !matches!(piece, Value::Text(_)) => {
                            values.insert(piece, count).is_none()
                        }
                        _ => false,
                    };
                    if !is_new {
                        return None;
                    }
                    count += 1;
                }
                _ => return None,
            }
        }
        if let Pieces::Texts(by_text) = &pieces {
            // In their order a text stands right before those that begin with it.
            let mut before: Option<&str> = None;
            for text in by_text.keys() {
                if before.is_some_and(|before| text.starts_with(before)) {
                    return None;
                }
                before = Some(text);
            }
        }
        let homes = vec![None; count as usize];
        Some(Self { pieces, nodes: vec![Node::default()], homes })
    }

    /// The operations, turned.
    fn run(mut self, operations: &[&Operation]) -> Vec<Operation> {
        let writes: Vec<bool> = operations
            .iter()
            .filter(|operation| !matches!(&*operation.function, "read" | "get"))
            .map(|operation| operation.function != "append")
            .collect();
        let seen: Vec<Option<u32>> = operations
            .iter()
            .map(|operation| match operation.output.first() {
                Some(value) if operation.outcome == Outcome::Ok => Some(self.node_of(value, &writes)),
                _ => None,
            })
            .collect();
        let mut piece = 0;
        let mut turned = Vec::with_capacity(operations.len());
        for (operation, seen) in operations.iter().zip(seen) {
            let mut operation = (*operation).clone();
            if matches!(&*operation.function, "read" | "get") {
                operation.function = "read".into();
                operation.output = seen.map(named).into_iter().collect();
                turned.push(operation);
                continue;
            }
            let home = self.homes[piece];
            // Values that nobody saw are numbers below all others.
            let unseen = Value::Int(-1 - piece as i64);
            (operation.function, operation.input) = match home {
                Some((from, to)) if !writes[piece] => ("cas".into(), smallvec![named(from), named(to)]),
                Some((_, to)) => ("write".into(), smallvec![named(to)]),
                None => ("write".into(), smallvec![unseen]),
            };
            operation.output.clear();
            piece += 1;
            turned.push(operation);
        }
        turned
    }

    /// The node of a value that was seen. One that cannot be taken apart is a node of its own, which nothing leads to.
    fn node_of(&mut self, value: &Value, writes: &[bool]) -> u32 {
        let Some(pieces) = self.pieces.of(value) else { return self.new_node() };
        let mut at = 0;
        for (place, piece) in pieces.into_iter().enumerate() {
            if writes[piece as usize] && place > 0 {
                // What is written replaces what was there, and is not found behind it.
                return self.new_node();
            }
            at = match self.nodes[at as usize].next.get(&piece) {
                Some(next) => *next,
                None => {
                    let next = self.new_node();
                    self.nodes[at as usize].next.insert(piece, next);
                    self.homes[piece as usize].get_or_insert((at, next));
                    next
                }
            };
        }
        at
    }

    fn new_node(&mut self) -> u32 {
        self.nodes.push(Node::default());
        self.nodes.len() as u32 - 1
    }
}

impl Pieces<'_> {
    /// The pieces that a value is made of, the first first.
    fn of(&self, value: &Value) -> Option<Vec<u32>> {
        match (self, value) {
            (_, Value::Nil) => Some(Vec::new()),
            (Pieces::Texts(by_text), Value::Text(text)) => {
                let mut rest: &str = text;
                let mut pieces = Vec::new();
                while !rest.is_empty() {
                    // The piece that it begins with is the last one that is not behind it.
                    let (piece, number) = by_text.range(..=rest).next_back()?;
                    rest = rest.strip_prefix(piece)?;
                    pieces.push(*number);
                }
                Some(pieces)
            }
            (Pieces::Values(values), Value::List(list)) => {
                list.iter().map(|element| values.get(element).copied()).collect()
            }
            _ => None,
        }
    }
}

/// The value that stands for a node: nothing for the first.
fn named(node: u32) -> Value {
    match node {
        0 => Value::Nil,
        node => Value::Int(i64::from(node)),
    }
}
