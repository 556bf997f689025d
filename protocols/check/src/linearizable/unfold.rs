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
//!
//! # Equal pieces
//! Some pieces may be appended several times (what is written may not): a value that ends with such a piece was left by
//! one of those who append it. Every way of telling which is tried, as long as there are few; the history is orderable
//! if it is so in one of them. Of two appends of one piece the one that was answered before the other began comes first
//! in a value that holds both, which mostly leaves one way.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::smallvec;

use super::zones::Zones;
use crate::history::{History, HistoryError, Operation, Outcome};
use crate::models::{Cell, Model};
use crate::value::Value;

/// How many ways of telling equal pieces apart are tried on one key.
const WAYS_MOST: usize = 256;
/// How many operations may be looked at for that in all.
const WORK_MOST: usize = 20_000_000;

/// A history whose appends are turned into swaps and writes.
#[derive(Clone, Debug)]
pub struct Unfolded {
    /// The history, operation by operation, with numbers for values on the keys where that could be done.
    pub history: History,
    /// Keys on which equal pieces can be told apart in several ways, and in none of them all answers are explained. The
    /// history has one of these ways: what is wrong in it need not be all that is wrong.
    pub ambiguous: Vec<Option<Arc<str>>>,
}

/// Turns appends into swaps and writes on every key where that can be done; `None` if there is no such key.
///
/// # Errors
/// None that a history can cause: the result is as well formed as what it is made from.
pub fn unfold(history: &History) -> Result<Option<Unfolded>, HistoryError> {
    let mut by_key: BTreeMap<Option<&Arc<str>>, Vec<u32>> = BTreeMap::new();
    for (place, operation) in history.operations().iter().enumerate() {
        by_key.entry(operation.key.as_ref()).or_default().push(place as u32);
    }
    let mut changed: Option<Vec<Operation>> = None;
    let mut ambiguous = Vec::new();
    for (key, places) in by_key {
        let operations: Vec<&Operation> =
            places.iter().map(|place| &history.operations()[*place as usize]).collect();
        let Some(unfolding) = Unfolding::of(&operations) else { continue };
        let Some((turned, is_ambiguous)) = unfolding.run(&operations) else { continue };
        if is_ambiguous {
            ambiguous.push(key.cloned());
        }
        let all = changed.get_or_insert_with(|| history.operations().to_vec());
        for (place, operation) in places.into_iter().zip(turned) {
            all[place as usize] = operation;
        }
    }
    let unfolded = |operations| Ok(Unfolded { history: History::from_operations(operations)?, ambiguous });
    changed.map(unfolded).transpose()
}

/// What a key was seen to hold: a node of the tree of all such values, each one piece longer than the one above.
#[derive(Clone, Debug)]
struct Node {
    /// The nodes with one more piece, by that piece.
    next: BTreeMap<u32, u32>,
    above: u32,
    depth: u32,
}

/// A piece, and who brings it.
#[derive(Clone, Debug)]
struct Piece {
    /// The operations that write or append it.
    by: Vec<u32>,
    writes: bool,
    /// The values that end with it, as they were found.
    ends: Vec<u32>,
}

/// The values of one key.
#[derive(Debug)]
struct Unfolding<'a> {
    names: Names<'a>,
    pieces: Vec<Piece>,
    /// The first is nothing.
    nodes: Vec<Node>,
}

/// The pieces by what they are.
#[derive(Debug)]
enum Names<'a> {
    Texts(BTreeMap<&'a str, u32>),
    /// Elements of lists.
    Values(BTreeMap<&'a Value, u32>),
}

impl<'a> Unfolding<'a> {
    /// `None` if these operations cannot be turned: see the module's text.
    fn of(operations: &[&'a Operation]) -> Option<Self> {
        let appends = |operation: &&&Operation| operation.function == "append";
        let first = operations.iter().find(appends)?;
        let mut names = match first.input.first()? {
            Value::Text(_) => Names::Texts(BTreeMap::new()),
            _ => Names::Values(BTreeMap::new()),
        };
        let mut pieces: Vec<Piece> = Vec::new();
        for (number, operation) in operations.iter().enumerate() {
            match (&*operation.function, operation.input.as_slice()) {
                ("read" | "get", _) => {}
                ("append" | "write" | "put", [piece]) => {
                    let writes = operation.function != "append";
                    let new = pieces.len() as u32;
                    let at = match (&mut names, piece) {
                        (Names::Texts(texts), Value::Text(text)) if !text.is_empty() => {
                            *texts.entry(text).or_insert(new)
                        }
                        // A list that is written whole is no piece.
                        (Names::Values(values), piece) if !writes && !matches!(piece, Value::Text(_)) => {
                            *values.entry(piece).or_insert(new)
                        }
                        _ => return None,
                    };
                    match pieces.get_mut(at as usize) {
                        None => pieces.push(Piece { by: vec![number as u32], writes, ends: Vec::new() }),
                        Some(same) if !writes && !same.writes => same.by.push(number as u32),
                        Some(_) => return None,
                    }
                }
                _ => return None,
            }
        }
        if let Names::Texts(texts) = &names {
            // In their order a text stands right before those that begin with it.
            let mut before: Option<&str> = None;
            for text in texts.keys() {
                if before.is_some_and(|before| text.starts_with(before)) {
                    return None;
                }
                before = Some(text);
            }
        }
        let nothing = Node { next: BTreeMap::new(), above: 0, depth: 0 };
        Some(Self { names, pieces, nodes: vec![nothing] })
    }

    /// The operations, turned; and whether that is one of several ways of which none will do. `None` if there are too
    /// many ways.
    fn run(mut self, operations: &[&Operation]) -> Option<(Vec<Operation>, bool)> {
        let seen: Vec<Option<u32>> = operations
            .iter()
            .map(|operation| match operation.output.first() {
                Some(value) if operation.outcome == Outcome::Ok => Some(self.node_of(value)),
                _ => None,
            })
            .collect();
        let ways = self.ways(operations)?;
        if ways.len() * operations.len() > WORK_MOST {
            return None;
        }
        let only = ways.len() == 1;
        let mut first = None;
        for homes in ways {
            let turned = self.turn(operations, &seen, &homes);
            if only || is_orderable(&turned) {
                return Some((turned, false));
            }
            first.get_or_insert(turned);
        }
        Some((first?, true))
    }

    /// The node of a value that was seen. One that cannot be taken apart is a node of its own, which nothing leads to.
    fn node_of(&mut self, value: &Value) -> u32 {
        let Some(parts) = self.names.parts_of(value) else { return self.new_node(0) };
        let mut at = 0;
        for (place, piece) in parts.into_iter().enumerate() {
            if self.pieces[piece as usize].writes && place > 0 {
                // What is written replaces what was there, and is not found behind it.
                return self.new_node(0);
            }
            at = match self.nodes[at as usize].next.get(&piece) {
                Some(next) => *next,
                None => {
                    let next = self.new_node(at);
                    self.nodes[at as usize].next.insert(piece, next);
                    self.pieces[piece as usize].ends.push(next);
                    next
                }
            };
        }
        at
    }

    fn new_node(&mut self, above: u32) -> u32 {
        let depth = self.nodes[above as usize].depth + 1;
        self.nodes.push(Node { next: BTreeMap::new(), above, depth });
        self.nodes.len() as u32 - 1
    }

    /// All ways of telling which operation left which value: for each operation the node that it leads to.
    fn ways(&self, operations: &[&Operation]) -> Option<Vec<Vec<Option<u32>>>> {
        let mut ways = vec![vec![None; operations.len()]];
        for Piece { by, ends, .. } in &self.pieces {
            if let [only] = by.as_slice() {
                ways.iter_mut().for_each(|way| way[*only as usize] = ends.first().copied());
                continue;
            }
            for end in ends.iter().take(by.len()) {
                let mut more = Vec::new();
                for way in &ways {
                    for one in by.iter().filter(|one| way[**one as usize].is_none()) {
                        let clashes = |other: &u32| {
                            let earlier = way[*other as usize];
                            earlier.is_some_and(|earlier| {
                                self.clash(operations, (*one, *end), (*other, earlier))
                            })
                        };
                        if !by.iter().any(clashes) {
                            let mut way = way.clone();
                            way[*one as usize] = Some(*end);
                            more.push(way);
                        }
                    }
                }
                if more.is_empty() {
                    // Nobody can have left it: it stays a value that nobody wrote.
                    break;
                }
                if more.len() > WAYS_MOST {
                    return None;
                }
                ways = more;
            }
        }
        Some(ways)
    }

    /// Whether one value contains the other although its last append was over before the other's began.
    fn clash(&self, operations: &[&Operation], one: (u32, u32), other: (u32, u32)) -> bool {
        let contradicts = |(early, deep): (u32, u32), (late, shallow): (u32, u32)| {
            operations[early as usize].precedes(operations[late as usize]) && self.is_above(shallow, deep)
        };
        contradicts(one, other) || contradicts(other, one)
    }

    /// Whether the value of `node` begins with that of `above`.
    fn is_above(&self, above: u32, mut node: u32) -> bool {
        while self.nodes[node as usize].depth > self.nodes[above as usize].depth {
            node = self.nodes[node as usize].above;
        }
        node == above
    }

    /// The operations, with the nodes that they lead to.
    fn turn(&self, operations: &[&Operation], seen: &[Option<u32>], homes: &[Option<u32>]) -> Vec<Operation> {
        let turn = |(number, operation): (usize, &&Operation)| {
            let mut turned = (*operation).clone();
            if matches!(&*operation.function, "read" | "get") {
                turned.function = "read".into();
                turned.output = seen[number].map(named).into_iter().collect();
                return turned;
            }
            (turned.function, turned.input) = match homes[number] {
                Some(to) if operation.function == "append" => {
                    ("cas".into(), smallvec![named(self.nodes[to as usize].above), named(to)])
                }
                Some(to) => ("write".into(), smallvec![named(to)]),
                // Values that nobody saw are numbers below all others.
                None => ("write".into(), smallvec![Value::Int(-1 - number as i64)]),
            };
            turned.output.clear();
            turned
        };
        operations.iter().enumerate().map(turn).collect()
    }
}

impl Names<'_> {
    /// The pieces that a value is made of, the first first.
    fn parts_of(&self, value: &Value) -> Option<Vec<u32>> {
        match (self, value) {
            (_, Value::Nil) => Some(Vec::new()),
            (Names::Texts(texts), Value::Text(text)) => {
                let mut rest: &str = text;
                let mut parts = Vec::new();
                while !rest.is_empty() {
                    // The piece that it begins with is the last one that is not behind it.
                    let (piece, number) = texts.range(..=rest).next_back()?;
                    rest = rest.strip_prefix(piece)?;
                    parts.push(*number);
                }
                Some(parts)
            }
            (Names::Values(values), Value::List(list)) => {
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

/// Whether zones find an order of turned operations.
fn is_orderable(operations: &[Operation]) -> bool {
    let mut events: Vec<(u64, u32, bool)> = Vec::with_capacity(operations.len() * 2);
    for (number, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, number as u32, false));
        events.extend(operation.completed.map(|at| (at, number as u32, true)));
    }
    events.sort_unstable();
    let mut zones = Zones::new();
    for (at, number, completes) in events {
        let operation = &operations[number as usize];
        if completes {
            let call = Cell::KeyValue.call(operation).ok().flatten();
            zones.complete(number, at, operation.outcome, call.as_ref());
        } else {
            let open = Operation { outcome: Outcome::Open, output: smallvec![], ..operation.clone() };
            let call = Cell::KeyValue.call(&open).ok().flatten();
            if call.is_none_or(|call| zones.invoke(at, &call).is_err()) {
                return false;
            }
        }
        if zones.breach().is_some() {
            return false;
        }
    }
    true
}
