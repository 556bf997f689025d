//! The anomalies: names and which implies which.
//!
//! A cycle of dependencies is told by its shape and by the orders it uses: writes and reads alone, also the order
//! of processes, also real time. The implications are those of Elle (`consistency_model.clj`). Seven anomalies are
//! ours: reads of what nobody wrote, reads that do not repeat, the violations of monotonic atomic view, read
//! atomic and causal consistency in the sense of Biswas and Enea (OOPSLA 2019), and [`Anomaly::NoOrder`], which
//! Elle calls `X-cycle-exists`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::models::Model;

/// The shape of a cycle of dependencies (Adya 1999; G-nonadjacent after Cerone and Gotsman 2016).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Shape {
    /// Writes overwrite each other in a circle: dirty write.
    G0,
    /// Information flows in a circle: each sees or overwrites the one before.
    G1c,
    /// Any of aborted read, intermediate read and circular information flow.
    G1,
    /// Exactly one missed write, on a single key: read skew.
    GSingleItem,
    /// Exactly one missed write.
    GSingle,
    /// Missed writes, no two in a row, on single keys.
    GNonadjacentItem,
    /// Missed writes, no two in a row.
    GNonadjacent,
    /// Missed writes, on single keys: write skew and its relatives.
    G2Item,
    /// Missed writes.
    G2,
}

/// The orders that a cycle leans on, besides writes and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Order {
    /// None.
    Data,
    /// That of each process.
    Process,
    /// That of time: one was over before the other began.
    RealTime,
}

impl Order {
    /// All of them, the weakest first.
    pub const ALL: [Order; 3] = [Order::Data, Order::Process, Order::RealTime];

    fn suffix(self) -> &'static str {
        match self {
            Order::Data => "",
            Order::Process => "-process",
            Order::RealTime => "-realtime",
        }
    }
}

/// Something that a history shows and that some models forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Anomaly {
    /// A cycle of dependencies; with [`Shape::G1`] any of those it covers.
    Graph(Shape, Order),
    /// A read of what a transaction wrote that then failed: aborted read.
    G1a,
    /// A read of what its writer itself replaced before it was done: intermediate read.
    G1b,
    /// Something was built on the write of a transaction that failed.
    DirtyUpdate,
    /// Two reads of a list of which neither is the beginning of the other.
    IncompatibleOrder,
    /// A transaction saw what it wrote only later.
    FutureRead,
    /// A list held an element twice that was appended once.
    DuplicateElements,
    /// The versions of a key follow each other in a circle.
    CyclicVersions,
    /// A read contradicts what its own transaction did or saw before.
    Internal,
    /// Two transactions read the same version of a key and both replaced it.
    LostUpdate,
    /// Two transactions each missed what the other wrote.
    WriteSkew,
    /// Adya's lost update through a cursor.
    GCursor,
    /// Adya's non-monotonic reads.
    GMonotonic,
    /// Adya's anomaly of monotonic snapshot reads.
    GMsr,
    /// Adya's missed effects, as models name it.
    GSIb,
    /// Adya's snapshot anomalies, as models name them.
    GSI,
    /// Adya's interference, as other anomalies imply it.
    StartGSIa,
    /// Adya's missed effects, as other anomalies imply it.
    StartGSIb,
    /// Either of the two.
    StartGSI,
    /// A cycle of writers and one reader.
    GUpdate,
    /// A predicate read missed a version although all match.
    PredicateReadMiss,
    /// A read of a value that nobody wrote.
    UnwrittenRead,
    /// Two reads of a key by one transaction saw different writers.
    NonRepeatableRead,
    /// A transaction saw one write of another and then an older version of a key that the other wrote.
    Vanished(Order),
    /// A transaction saw one write of another, and an older version of a key that the other wrote.
    Fractured(Order),
    /// A transaction saw an older version of a key than what happened before it wrote.
    NotCausal(Order),
    /// No order of versions, whichever is tried, satisfies this model.
    NoOrder(Model),
}

use Anomaly::*;
use Shape::*;

impl Anomaly {
    /// All of them.
    pub fn all() -> Vec<Anomaly> {
        let shapes =
            [G0, G1c, G1, GSingleItem, GSingle, GNonadjacentItem, GNonadjacent, G2Item, G2].into_iter();
        let mut all: Vec<Anomaly> =
            shapes.flat_map(|shape| Order::ALL.map(|order| Graph(shape, order))).collect();
        all.extend([
            G1a,
            G1b,
            DirtyUpdate,
            IncompatibleOrder,
            FutureRead,
            DuplicateElements,
            CyclicVersions,
            Internal,
            LostUpdate,
            WriteSkew,
            GCursor,
            GMonotonic,
            GMsr,
            GSIb,
            GSI,
            StartGSIa,
            StartGSIb,
            StartGSI,
            GUpdate,
            PredicateReadMiss,
            UnwrittenRead,
            NonRepeatableRead,
        ]);
        for order in [Order::Data, Order::Process] {
            all.extend([Vanished(order), Fractured(order), NotCausal(order)]);
        }
        all.extend(Model::ALL.map(NoOrder));
        all
    }

    /// The anomalies that it directly implies.
    pub fn implies(self) -> Vec<Anomaly> {
        match self {
            Graph(shape, order) => implied_by_graph(shape, order),
            G1a | G1b => vec![Graph(G1, Order::Data)],
            DirtyUpdate | IncompatibleOrder | UnwrittenRead => vec![G1a],
            FutureRead => vec![Graph(G1c, Order::Data)],
            LostUpdate => vec![WriteSkew, Graph(G2Item, Order::Data)],
            WriteSkew => vec![Graph(G2, Order::Data)],
            StartGSIa | StartGSIb => vec![StartGSI],
            // Whichever of the two versions is newer, its writer was missed by the read of the other.
            NonRepeatableRead => vec![Internal, Graph(GSingleItem, Order::Data)],
            // In every order of versions without G1 the older version's reader missed the writer that it saw.
            Vanished(Order::Data) => vec![GMonotonic, Fractured(Order::Data), Vanished(Order::Process)],
            Vanished(order) => vec![Fractured(order)],
            Fractured(Order::Data) => vec![NotCausal(Order::Data), Fractured(Order::Process)],
            Fractured(order) => vec![NotCausal(order)],
            NotCausal(Order::Data) => vec![Graph(GSingleItem, Order::Data), NotCausal(Order::Process)],
            NotCausal(order) => vec![Graph(GSingleItem, order)],
            _ => Vec::new(),
        }
    }

    /// Its name, as Elle or we write it.
    pub fn name(self) -> String {
        let plain = match self {
            Graph(shape, order) => {
                let shape = match shape {
                    G0 => "G0",
                    G1c => "G1c",
                    G1 => "G1",
                    GSingleItem => "G-single-item",
                    GSingle => "G-single",
                    GNonadjacentItem => "G-nonadjacent-item",
                    GNonadjacent => "G-nonadjacent",
                    G2Item => "G2-item",
                    G2 => "G2",
                };
                return format!("{shape}{}", order.suffix());
            }
            Vanished(order) => return format!("observed-transaction-vanishes{}", order.suffix()),
            Fractured(order) => return format!("fractured-read{}", order.suffix()),
            NotCausal(order) => return format!("causality-violation{}", order.suffix()),
            NoOrder(model) => {
                return format!("{}-cycle-exists", model.short_name().unwrap_or(model.name()));
            }
            G1a => "G1a",
            G1b => "G1b",
            DirtyUpdate => "dirty-update",
            IncompatibleOrder => "incompatible-order",
            FutureRead => "future-read",
            DuplicateElements => "duplicate-elements",
            CyclicVersions => "cyclic-versions",
            Internal => "internal",
            LostUpdate => "lost-update",
            WriteSkew => "write-skew",
            GCursor => "G-cursor",
            GMonotonic => "G-monotonic",
            GMsr => "G-MSR",
            GSIb => "G-SIb",
            GSI => "G-SI",
            StartGSIa => "GSIa",
            StartGSIb => "GSIb",
            StartGSI => "GSI",
            GUpdate => "G-update",
            PredicateReadMiss => "predicate-read-miss",
            UnwrittenRead => "unwritten-read",
            NonRepeatableRead => "non-repeatable-read",
        };
        plain.to_owned()
    }

    /// The anomaly of this name.
    pub fn named(name: &str) -> Option<Anomaly> {
        Anomaly::all().into_iter().find(|anomaly| anomaly.name() == name)
    }
}

fn implied_by_graph(shape: Shape, order: Order) -> Vec<Anomaly> {
    let mut implied: Vec<Anomaly> = match shape {
        G0 => vec![Graph(G1c, order)],
        G1c => vec![Graph(G1, order)],
        GSingleItem => vec![Graph(GSingle, order), Graph(GNonadjacentItem, order)],
        GSingle => vec![Graph(GNonadjacent, order)],
        GNonadjacentItem => vec![Graph(GNonadjacent, order), Graph(G2Item, order)],
        GNonadjacent | G2Item => vec![Graph(G2, order)],
        G1 | G2 => Vec::new(),
    };
    if (shape, order) == (GSingle, Order::Data) {
        implied.push(StartGSIb);
    }
    // An order that needs less is also one that may use more; a process runs one transaction at a time.
    match order {
        Order::Data => implied.push(Graph(shape, Order::Process)),
        Order::Process => implied.push(Graph(shape, Order::RealTime)),
        Order::RealTime => {}
    }
    implied
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
