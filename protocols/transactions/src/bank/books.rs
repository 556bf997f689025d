//! Strips and figures that both labs draw.

use super::Coins;
use sim::story::{Outcome, Value};
use sim::view::{Body, Cell, CellState, Gauge, Row, Strip};
use sim::{ActorId, Time, Trace};
use std::sync::Arc;

/// The newest records of a log that are shown.
const CELLS: usize = 200;

/// All money: what there is, and what there should be.
pub fn money_gauge(in_accounts: Coins, on_its_way: Coins, total: Coins) -> Gauge {
    let detail = match on_its_way.0 {
        0 => format!("{in_accounts} in accounts"),
        way if way > 0 => format!("{in_accounts} in accounts, {way} on their way"),
        way => format!("{in_accounts} in accounts, of which {} are about to be taken", -way),
    };
    Gauge {
        name: "all money".into(),
        value: (in_accounts + on_its_way).0 as f64,
        expected: Some(total.0 as f64),
        unit: "coins",
        detail: detail.into(),
    }
}

/// A node's log as cells: the newest records, each with its text and tint, those from `durable` on only written.
pub fn log_row<R>(
    actor: ActorId,
    records: impl DoubleEndedIterator<Item = R>,
    count: u64,
    durable: u64,
    told: impl Fn(&R) -> (u64, String),
) -> Row {
    let mut cells: Vec<Cell> = (1..=count)
        .rev()
        .zip(records.rev())
        .take(CELLS)
        .map(|(column, record)| {
            let (version, text) = told(&record);
            let state = if column <= durable { CellState::Durable } else { CellState::Written };
            Cell { column, version, text: text.into(), state }
        })
        .collect();
    cells.reverse();
    Row { actor, cells, first: 1 }
}

/// The strip of all logs.
pub fn log_strip(rows: Vec<Row>) -> Strip {
    Strip {
        title: "Logs",
        legend: "colour: the transaction; thin outline: written, and lost in a crash; full outline: durable",
        body: Body::Cells(rows),
    }
}

/// Operations answered (done or refused) a second, of 100 that ended those answered, of 100 answered those refused, the
/// median and 99th percentile of the time to an answer in milliseconds, and how many were done.
pub fn answers(trace: &Trace, end: Time) -> [f64; 6] {
    let operations = &trace.story.operations;
    let ended = operations.iter().filter(|o| o.outcome != Outcome::Open).count() as f64;
    let answered = |outcome| matches!(outcome, Outcome::Ok | Outcome::Failed);
    let refused = operations.iter().filter(|o| o.outcome == Outcome::Failed).count() as f64;
    let mut spans: Vec<u64> = operations
        .iter()
        .filter(|o| answered(o.outcome))
        .filter_map(|o| Some(o.completed?.since(o.invoked).0))
        .collect();
    spans.sort_unstable();
    let count = spans.len() as f64;
    [
        count / end.seconds(),
        100.0 * count / ended,
        100.0 * refused / count,
        percentile(&spans, 50),
        percentile(&spans, 99),
        count - refused,
    ]
}

/// In milliseconds, of sorted nanoseconds.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

/// The spans of time that begin with a fact and end with another of the same actor and first value (or at the end), in
/// nanoseconds, in the order in which they begin.
pub fn spans(trace: &Trace, end: Time, begins: &[&str], ends: &[&str]) -> Vec<u64> {
    let mut open: sim::ordered::SortedMap<(ActorId, Arc<str>), Time> = sim::ordered::SortedMap::new();
    let mut spans = Vec::new();
    for fact in &trace.facts {
        let Some(Value::Text(name)) = fact.values.first() else { continue };
        let key = (fact.actor, Arc::clone(name));
        if begins.contains(&fact.name) {
            open.entry(key).or_insert(fact.at);
        } else if ends.contains(&fact.name)
            && let Some(since) = open.remove(&key)
        {
            spans.push(fact.at.since(since).0);
        }
    }
    spans.extend(open.values().map(|since| end.since(*since).0));
    spans
}

/// How many messages of these kinds left.
pub fn messages(trace: &Trace, kinds: &[&str]) -> f64 {
    let known = |kind: u16| trace.story.kinds.get(usize::from(kind)).is_some_and(|kind| kinds.contains(kind));
    trace.story.arrows.iter().filter(|arrow| known(arrow.kind)).count() as f64
}
