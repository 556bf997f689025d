//! Strips of every kind, made by hand: what a store of keys, a bank, a hash ring, a service under load and a set of clocks
//! would show.

use sim::view::{
    Bar, Bars, Body, Entry, Gauge, Ring, RingKey, RingPoint, Scale, ScaleMark, ScaleRow, Strip, Table,
    TableRow, Tone,
};
use smallvec::smallvec;

use super::{c, n};

fn row(number: u16, entries: Vec<Entry>) -> TableRow {
    TableRow { actor: Some(n(number)), name: n(number).to_string().into(), entries }
}

fn strip(title: &'static str, legend: &'static str, body: Body) -> Strip {
    Strip { title, legend, body }
}

/// What three replicas of a store hold: one lags, one holds a value for another, one has two at once.
pub fn keys() -> Strip {
    let old = |text: &str, version| Entry::new(text).version(version).tone(Tone::Faint);
    let now = |text: &str, version| Entry::new(text).version(version);
    let rows = vec![
        row(
            1,
            vec![
                now("milk", 3).tone(Tone::Leading).detail("milk, written by c1, version n1:3"),
                now("12", 1),
                now("rice", 2),
                Entry::default(),
            ],
        ),
        row(2, vec![now("milk", 3), now("12", 1), now("rice", 2).tone(Tone::Odd), now("salt", 4)]),
        row(
            3,
            vec![
                old("tea", 2).detail("tea, written by c2, version n1:2: older than what n1 has"),
                now("14", 2).tone(Tone::Changing).detail("14, held for n4 until it is back"),
                old("figs", 1),
                now("salt", 4),
            ],
        ),
        row(4, vec![Entry::default(), Entry::new("gone").tone(Tone::Faint), now("rice", 2), now("salt", 4)]),
    ];
    let columns = ["list", "eggs", "shopping/2026", "pepper"].map(Into::into).to_vec();
    strip(
        "Keys",
        "number and colour: version; pale: older than the newest",
        Body::Table(Table { columns, rows }),
    )
}

/// Balances on shards: numbers, and locks.
pub fn accounts() -> Strip {
    let amount = |text: &str| Entry::new(text);
    let rows = vec![
        row(1, vec![amount("120"), amount("-40").tone(Tone::Odd), amount("3")]),
        row(
            2,
            vec![
                amount("80"),
                amount("1240").tone(Tone::Changing).detail("1240, locked by t7 of c1"),
                amount("77"),
            ],
        ),
        row(3, vec![amount("9"), amount("0").tone(Tone::Faint), amount("500").tone(Tone::Leading)]),
        TableRow {
            actor: None,
            name: "all".into(),
            entries: vec![amount("209"), amount("1200"), amount("580")],
        },
    ];
    let columns = ["alice", "bob", "carol"].map(Into::into).to_vec();
    strip("Accounts", "dashed: locked by a transfer", Body::Table(Table { columns, rows }))
}

/// Many rows and columns: both must scroll.
pub fn wide_table(rows: u16, columns: u16) -> Strip {
    let entry = |row: u16, column: u16| match (row + column) % 7 {
        0 => Entry::default(),
        1 => Entry::new("in doubt").tone(Tone::Changing),
        2 => Entry::new(format!("{}", u32::from(row) * 37 + u32::from(column))).version(u64::from(row % 4)),
        _ => Entry::new("w17"),
    };
    let of = |number: u16| row(number, (0..columns).map(|column| entry(number, column)).collect());
    let columns = (0..columns).map(|at| format!("key {at}").into()).collect();
    strip("Keys", "", Body::Table(Table { columns, rows: (1..=rows).map(of).collect() }))
}

/// A ring of `nodes` nodes with `points` points each, and `keys` keys of three owners.
pub fn ring(nodes: u16, points: u16, keys: u16) -> Strip {
    let hash = |number: u32| number.wrapping_mul(2_654_435_761).rotate_left(7).wrapping_mul(40_503_013);
    let mut all: Vec<RingPoint> = (1..=nodes)
        .flat_map(|node| (0..points).map(move |point| (node, point)))
        .map(|(node, point)| RingPoint {
            at: hash(u32::from(node) * 101 + u32::from(point) * 7 + 3),
            actor: n(node),
            up: node != 3,
        })
        .collect();
    all.sort_by_key(|point| point.at);
    const NAMES: [&str; 12] = [
        "list",
        "milk",
        "eggs",
        "rice",
        "salt",
        "figs",
        "tea",
        "plums",
        "shopping/2026",
        "corn",
        "nuts",
        "beans",
    ];
    let key = |number: u16| {
        let at = hash(u32::from(number) * 977 + 11);
        let first = all.partition_point(|point| point.at < at);
        let mut owners = Vec::new();
        for step in 0..all.len() {
            let actor = all[(first + step) % all.len()].actor;
            if !owners.contains(&actor) && owners.len() < 3 {
                owners.push(actor);
            }
        }
        let strays = if number % 4 == 1 { owners.drain(2..).collect() } else { Vec::new() };
        RingKey { at, name: NAMES[usize::from(number) % NAMES.len()].into(), owners, strays }
    };
    let mut keys: Vec<RingKey> = (0..keys).map(key).collect();
    keys.sort_by_key(|key| key.at);
    strip(
        "Ring",
        "a node owns the arc that ends at its point; a key goes to the next three",
        Body::Ring(Ring { points: all, keys }),
    )
}

/// What waits at each server.
pub fn queues(servers: u16) -> Strip {
    let bar = |number: u16| {
        let waiting = f64::from(number * 37 % 29);
        let stale = (waiting / 3.0).floor();
        Bar {
            actor: Some(n(number)),
            name: n(number).to_string().into(),
            parts: smallvec![(waiting - stale, Tone::Plain), (stale, Tone::Changing)],
            limit: (!number.is_multiple_of(3)).then_some(24.0),
            detail: format!("{waiting} waiting, {stale} of them already given up by their clients").into(),
        }
    };
    strip(
        "Queues",
        "hatched: nobody waits for it any more",
        Body::Bars(Bars {
            unit: "requests",
            bars: (1..=servers).map(bar).collect(),
            line: Some((12.4, "average")),
        }),
    )
}

/// All money, and what is on its way.
pub fn money() -> Strip {
    let gauge = |name: &str, value: f64, expected: Option<f64>, detail: &str| Gauge {
        name: name.into(),
        value,
        expected,
        unit: "coins",
        detail: detail.into(),
    };
    strip(
        "Money",
        "what there is against what there should be",
        Body::Gauges(vec![
            gauge("all money", 1_020.0, Some(1_000.0), "980 in accounts, 40 on their way"),
            gauge("in accounts", 980.0, None, "n1 120, n2 860"),
            gauge("fees", 12.5, Some(12.5), "of 25 transfers"),
        ]),
    )
}

/// Clocks around true time, with doubt.
pub fn clocks() -> Strip {
    let mark = |at: i64, name: &str, tone| ScaleMark { at, name: name.into(), tone };
    let row = |number, marks, doubt| ScaleRow { actor: n(number), marks, doubt };
    strip(
        "Clocks",
        "bar: where it believes true time to be",
        Body::Scale(Scale {
            rows: vec![
                row(
                    1,
                    smallvec![mark(1_800_000, "wall", Tone::Plain), mark(4_400_000, "hlc", Tone::Leading)],
                    Some((-2_200_000, 5_800_000)),
                ),
                row(
                    2,
                    smallvec![mark(-3_100_000, "wall", Tone::Plain), mark(4_400_000, "hlc", Tone::Leading)],
                    Some((-7_100_000, 900_000)),
                ),
                row(
                    3,
                    smallvec![mark(7_400_000, "wall", Tone::Plain), mark(7_400_000, "hlc", Tone::Odd)],
                    Some((3_400_000, 11_400_000)),
                ),
                ScaleRow { actor: c(1), marks: smallvec![mark(-200_000, "wall", Tone::Faint)], doubt: None },
            ],
        }),
    )
}

/// One of each kind, with a name for its picture.
pub fn all() -> Vec<(&'static str, Strip)> {
    vec![
        ("table", keys()),
        ("numbers", accounts()),
        ("wide", wide_table(30, 14)),
        ("ring", ring(5, 1, 8)),
        ("ring-many", ring(6, 8, 12)),
        ("bars", queues(7)),
        ("bars-many", queues(30)),
        ("gauges", money()),
        ("scale", clocks()),
    ]
}
