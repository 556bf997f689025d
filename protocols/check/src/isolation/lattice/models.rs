//! The models: names, what implies what, what each forbids.
//!
//! Names, edges and forbidden anomalies of the first 36 are those of Elle (`consistency_model.clj`; its sources
//! are Adya 1999, Adya, Liskov and O'Neil 2000, Bailis et al. 2014, Cerone, Bernardi and Gotsman 2015, Daudjee and
//! Salem 2004 and 2006, and Bernstein, Hadzilacos and Goodman 1987). Five more stand between them: the strong
//! session forms of models that Biswas and Enea 2019 define with session order, and that AWDIT and PolySI check. Six
//! more are of single objects, as [`crate::names::Guarantee`] has them: the other two forms of causal consistency
//! (Bouajjani, Enea, Guerraoui and Hamza 2017), and what time says of reads (Lamport 1986; Bailis et al. 2012).
//! What we forbid beyond Elle, because the definitions in the papers do, is kept apart in [`Model::forbids_also`].

use serde::{Deserialize, Serialize};

use super::anomalies::{Anomaly, Order, Shape};

/// A consistency model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is its name; Model::words says what it means")]
pub enum Model {
    ReadUncommitted,
    ReadCommitted,
    MonotonicView,
    MonotonicSnapshotRead,
    CursorStability,
    ConsistentView,
    ForwardConsistentView,
    UpdateSerializable,
    MonotonicAtomicView,
    ReadAtomic,
    CausalCerone,
    UpdateAtomic,
    Prefix,
    ParallelSnapshotIsolation,
    RepeatableRead,
    SnapshotIsolation,
    Serializable,
    ViewSerializable,
    StrongSessionReadUncommitted,
    StrongSessionReadCommitted,
    StrongReadUncommitted,
    StrongReadCommitted,
    StrongSessionSnapshotIsolation,
    StrongSnapshotIsolation,
    StrongSessionSerializable,
    StrictSerializable,
    SessionSerializable,
    OneCopySerializable,
    Linearizable,
    Sequential,
    Causal,
    WritesFollowReads,
    Pram,
    MonotonicReads,
    MonotonicWrites,
    ReadYourWrites,
    StrongSessionMonotonicAtomicView,
    StrongSessionReadAtomic,
    StrongSessionCausal,
    StrongSessionPrefix,
    StrongSessionParallelSnapshotIsolation,
    Regular,
    BoundedStaleness,
    NoLostWrite,
    Convergent,
    WeakCausal,
    CausalConvergence,
}

use Model::*;

/// Whether a system can keep a promise while its network is partitioned (Bailis et al., "Highly Available
/// Transactions", VLDB 2014, table 3; the map on jepsen.io; of causal consistency also Mahajan, Alvisi and Dahlin,
/// "Consistency, Availability, and Convergence", 2011).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Availability {
    /// Any node that can be reached can go on.
    Total,
    /// Nodes can go on as long as a client stays with the same one.
    Sticky,
    /// Some nodes must stop.
    Unavailable,
    /// The sources do not say.
    NotStated,
}

/// What a model speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Transactions of several steps.
    Transactions,
    /// Single operations on objects.
    Operations,
}

impl Model {
    /// All of them; [`Model::number`] is the place.
    pub const ALL: [Model; 47] = [
        ReadUncommitted,
        ReadCommitted,
        MonotonicView,
        MonotonicSnapshotRead,
        CursorStability,
        ConsistentView,
        ForwardConsistentView,
        UpdateSerializable,
        MonotonicAtomicView,
        ReadAtomic,
        CausalCerone,
        UpdateAtomic,
        Prefix,
        ParallelSnapshotIsolation,
        RepeatableRead,
        SnapshotIsolation,
        Serializable,
        ViewSerializable,
        StrongSessionReadUncommitted,
        StrongSessionReadCommitted,
        StrongReadUncommitted,
        StrongReadCommitted,
        StrongSessionSnapshotIsolation,
        StrongSnapshotIsolation,
        StrongSessionSerializable,
        StrictSerializable,
        SessionSerializable,
        OneCopySerializable,
        Linearizable,
        Sequential,
        Causal,
        WritesFollowReads,
        Pram,
        MonotonicReads,
        MonotonicWrites,
        ReadYourWrites,
        StrongSessionMonotonicAtomicView,
        StrongSessionReadAtomic,
        StrongSessionCausal,
        StrongSessionPrefix,
        StrongSessionParallelSnapshotIsolation,
        Regular,
        BoundedStaleness,
        NoLostWrite,
        Convergent,
        WeakCausal,
        CausalConvergence,
    ];

    /// Its place in [`Model::ALL`].
    pub fn number(self) -> u32 {
        self as u32
    }

    /// Whether Elle's map has it too.
    pub fn is_of_elle(self) -> bool {
        self.number() < 36
    }

    /// Its name, as the command line and files write it.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// Adya's or another short name for it, where it has one.
    pub fn short_name(self) -> Option<&'static str> {
        Some(self.names().1).filter(|short| !short.is_empty())
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            ReadUncommitted => ("read-uncommitted", "PL-1"),
            ReadCommitted => ("read-committed", "PL-2"),
            MonotonicView => ("monotonic-view", "PL-2L"),
            MonotonicSnapshotRead => ("monotonic-snapshot-read", "PL-MSR"),
            CursorStability => ("cursor-stability", "PL-CS"),
            ConsistentView => ("consistent-view", "PL-2+"),
            ForwardConsistentView => ("forward-consistent-view", "PL-FCV"),
            UpdateSerializable => ("update-serializable", "PL-3U"),
            MonotonicAtomicView => ("monotonic-atomic-view", "MAV"),
            ReadAtomic => ("read-atomic", "RA"),
            CausalCerone => ("causal-cerone", ""),
            UpdateAtomic => ("update-atomic", ""),
            Prefix => ("prefix", ""),
            ParallelSnapshotIsolation => ("parallel-snapshot-isolation", "PSI"),
            RepeatableRead => ("repeatable-read", "PL-2.99"),
            SnapshotIsolation => ("snapshot-isolation", "PL-SI"),
            Serializable => ("serializable", "PL-3"),
            ViewSerializable => ("view-serializable", ""),
            StrongSessionReadUncommitted => ("strong-session-read-uncommitted", "strong-session-PL-1"),
            StrongSessionReadCommitted => ("strong-session-read-committed", "strong-session-PL-2"),
            StrongReadUncommitted => ("strong-read-uncommitted", "strong-PL-1"),
            StrongReadCommitted => ("strong-read-committed", "strong-PL-2"),
            StrongSessionSnapshotIsolation => ("strong-session-snapshot-isolation", ""),
            StrongSnapshotIsolation => ("strong-snapshot-isolation", ""),
            StrongSessionSerializable => ("strong-session-serializable", ""),
            StrictSerializable => ("strict-serializable", "PL-SS"),
            SessionSerializable => ("session-serializable", ""),
            OneCopySerializable => ("one-copy-serializable", "1SR"),
            Linearizable => ("linearizable", ""),
            Sequential => ("sequential", ""),
            Causal => ("causal", ""),
            WritesFollowReads => ("writes-follow-reads", ""),
            Pram => ("pram", "PRAM"),
            MonotonicReads => ("monotonic-reads", ""),
            MonotonicWrites => ("monotonic-writes", ""),
            ReadYourWrites => ("read-your-writes", ""),
            StrongSessionMonotonicAtomicView => ("strong-session-monotonic-atomic-view", ""),
            StrongSessionReadAtomic => ("strong-session-read-atomic", ""),
            StrongSessionCausal => ("strong-session-causal", ""),
            StrongSessionPrefix => ("strong-session-prefix", ""),
            StrongSessionParallelSnapshotIsolation => ("strong-session-parallel-snapshot-isolation", ""),
            Regular => ("regular", ""),
            BoundedStaleness => ("bounded-staleness", ""),
            NoLostWrite => ("no-lost-write", ""),
            Convergent => ("convergent", ""),
            WeakCausal => ("weak-causal", "CC"),
            CausalConvergence => ("causal-convergence", "CCv"),
        }
    }

    /// The model of this name: as [`Model::name`] or [`Model::short_name`] gives it, or another name in use.
    pub fn named(name: &str) -> Option<Model> {
        let same = |other: &str| !other.is_empty() && other.eq_ignore_ascii_case(name);
        let found = Model::ALL.into_iter().find(|model| same(model.names().0) || same(model.names().1));
        found.or_else(|| {
            const OTHERS: [(&str, Model); 8] = [
                ("conflict-serializable", Serializable),
                ("strong-serializable", StrictSerializable),
                ("strict-1SR", StrictSerializable),
                ("rola", UpdateAtomic),
                ("transactional-causal", StrongSessionCausal),
                ("causal-plus", StrongSessionCausal),
                ("strong-session-PL-SI", StrongSessionSnapshotIsolation),
                ("strong-session-PL-3", StrongSessionSerializable),
            ];
            OTHERS.into_iter().find(|(other, _)| same(other)).map(|(_, model)| model)
        })
    }

    /// What it speaks of.
    pub fn scope(self) -> Scope {
        match self {
            Linearizable | Sequential | Causal | WritesFollowReads | Pram | MonotonicReads
            | MonotonicWrites | ReadYourWrites | Regular | BoundedStaleness | NoLostWrite | Convergent
            | WeakCausal | CausalConvergence => Scope::Operations,
            _ => Scope::Transactions,
        }
    }

    /// The models that it directly implies: a history that satisfies it satisfies these.
    pub fn implies(self) -> &'static [Model] {
        match self {
            ReadUncommitted | ViewSerializable | OneCopySerializable => &[],
            WritesFollowReads | MonotonicReads | MonotonicWrites | ReadYourWrites => &[],
            BoundedStaleness | NoLostWrite | Convergent => &[],
            ReadCommitted => &[ReadUncommitted],
            MonotonicView | MonotonicSnapshotRead | CursorStability | MonotonicAtomicView => &[ReadCommitted],
            ConsistentView => &[CursorStability, MonotonicView],
            ForwardConsistentView => &[ConsistentView],
            UpdateSerializable => &[ForwardConsistentView],
            ReadAtomic => &[MonotonicAtomicView],
            CausalCerone | UpdateAtomic => &[ReadAtomic],
            Prefix => &[CausalCerone],
            ParallelSnapshotIsolation => &[CausalCerone, UpdateAtomic],
            RepeatableRead => &[CursorStability, MonotonicAtomicView],
            SnapshotIsolation => &[
                ForwardConsistentView,
                MonotonicSnapshotRead,
                MonotonicAtomicView,
                ParallelSnapshotIsolation,
                Prefix,
            ],
            Serializable => &[RepeatableRead, UpdateSerializable, SnapshotIsolation, ViewSerializable],
            StrongSessionReadUncommitted => &[ReadUncommitted],
            StrongSessionReadCommitted => &[ReadCommitted, StrongSessionReadUncommitted],
            StrongReadUncommitted => &[StrongSessionReadUncommitted],
            StrongReadCommitted => &[StrongSessionReadCommitted, StrongReadUncommitted],
            StrongSessionSnapshotIsolation => &[
                SnapshotIsolation,
                StrongSessionReadCommitted,
                StrongSessionPrefix,
                StrongSessionParallelSnapshotIsolation,
            ],
            StrongSnapshotIsolation => &[StrongSessionSnapshotIsolation, StrongReadCommitted],
            StrongSessionSerializable => &[Serializable, StrongSessionSnapshotIsolation],
            StrictSerializable => &[
                Serializable,
                SnapshotIsolation,
                Linearizable,
                StrongSnapshotIsolation,
                StrongSessionSerializable,
                SessionSerializable,
            ],
            SessionSerializable => &[OneCopySerializable],
            Linearizable => &[Sequential, Regular, Convergent],
            Regular => &[BoundedStaleness, NoLostWrite],
            Sequential => &[Causal, CausalConvergence],
            Causal => &[Pram, WeakCausal],
            CausalConvergence => &[WeakCausal, MonotonicReads],
            WeakCausal => &[ReadYourWrites, MonotonicWrites, WritesFollowReads],
            Pram => &[MonotonicReads, MonotonicWrites, ReadYourWrites],
            StrongSessionMonotonicAtomicView => &[MonotonicAtomicView, StrongSessionReadCommitted],
            StrongSessionReadAtomic => &[ReadAtomic, StrongSessionMonotonicAtomicView],
            StrongSessionCausal => &[CausalCerone, StrongSessionReadAtomic],
            StrongSessionPrefix => &[Prefix, StrongSessionCausal],
            StrongSessionParallelSnapshotIsolation => &[ParallelSnapshotIsolation, StrongSessionCausal],
        }
    }

    /// The anomalies that it directly forbids, beyond those that implied models forbid. As Elle has it. Besides,
    /// every model forbids its own [`Anomaly::NoOrder`].
    pub fn forbids(self) -> Vec<Anomaly> {
        use Anomaly::*;
        use Order::*;
        let g1 = Graph(Shape::G1, Data);
        match self {
            ReadUncommitted => vec![Graph(Shape::G0, Data), DuplicateElements, CyclicVersions],
            ReadCommitted => vec![g1],
            MonotonicView => vec![g1, GMonotonic],
            MonotonicSnapshotRead => vec![g1, GMsr],
            CursorStability => vec![g1, GCursor, LostUpdate],
            ConsistentView => vec![g1, Graph(Shape::GSingle, Data)],
            ForwardConsistentView => vec![g1, GSIb],
            UpdateSerializable => vec![g1, GUpdate],
            CausalCerone | Prefix | ParallelSnapshotIsolation => vec![Internal, G1a],
            ReadAtomic => vec![Internal, G1a, FutureRead],
            UpdateAtomic => vec![LostUpdate],
            RepeatableRead => vec![g1, Graph(Shape::G2Item, Data), LostUpdate],
            SnapshotIsolation => vec![Internal, g1, GSI, Graph(Shape::GNonadjacent, Data)],
            Serializable => vec![Internal, g1, Graph(Shape::G2, Data), PredicateReadMiss],
            StrictSerializable => vec![g1, Graph(Shape::G1c, RealTime), Graph(Shape::G2, RealTime)],
            StrongSessionReadUncommitted => vec![Graph(Shape::G0, Process)],
            StrongSessionReadCommitted => vec![Graph(Shape::G1c, Process)],
            StrongReadUncommitted => vec![Graph(Shape::G0, RealTime)],
            StrongReadCommitted => vec![Graph(Shape::G1c, RealTime)],
            StrongSessionSnapshotIsolation => {
                vec![Internal, Graph(Shape::G1, Process), Graph(Shape::GNonadjacent, Process)]
            }
            StrongSnapshotIsolation => {
                vec![Internal, Graph(Shape::G1, RealTime), Graph(Shape::GNonadjacent, RealTime)]
            }
            StrongSessionSerializable => vec![Graph(Shape::G1, Process), Graph(Shape::G2, Process)],
            _ => Vec::new(),
        }
    }

    /// What it forbids too by the definition in its paper, where Elle's table is silent.
    pub fn forbids_also(self) -> Vec<Anomaly> {
        use Anomaly::*;
        use Order::*;
        match self {
            MonotonicAtomicView => vec![Vanished(Data)],
            ReadAtomic => vec![Fractured(Data)],
            CausalCerone => vec![NotCausal(Data)],
            // Cerone, Gotsman and Yang 2015: no cycle with at most one rw.
            ParallelSnapshotIsolation => vec![Graph(Shape::GSingle, Data)],
            ConsistentView => vec![NoOrder(ParallelSnapshotIsolation)],
            // Without predicates, what no serial order explains is not repeatable read either.
            RepeatableRead => vec![NoOrder(Serializable)],
            // What clients see tells these from conflict serializability only if there is no serial order at all.
            ViewSerializable | OneCopySerializable => {
                let graphs = [Graph(Shape::G1, Data), Graph(Shape::G2, Data)];
                [&graphs[..], &[Internal, DuplicateElements, CyclicVersions, NoOrder(Serializable)]].concat()
            }
            SessionSerializable => {
                vec![Graph(Shape::G1, Process), Graph(Shape::G2, Process), NoOrder(StrongSessionSerializable)]
            }
            StrongSessionMonotonicAtomicView => vec![Vanished(Process)],
            StrongSessionReadAtomic => vec![Internal, Fractured(Process)],
            StrongSessionCausal => vec![Internal, NotCausal(Process)],
            StrongSessionParallelSnapshotIsolation => {
                vec![Internal, Graph(Shape::GSingle, Process)]
            }
            StrongSessionPrefix => vec![Internal],
            _ => Vec::new(),
        }
    }

    /// Whether a system can keep it while its network is partitioned.
    pub fn availability(self) -> Availability {
        match self {
            StrictSerializable | Serializable | RepeatableRead | CursorStability | SnapshotIsolation
            | Linearizable | Sequential | OneCopySerializable | Regular | BoundedStaleness => {
                Availability::Unavailable
            }
            Causal | Pram | ReadYourWrites | WeakCausal | CausalConvergence => Availability::Sticky,
            ReadUncommitted | ReadCommitted | MonotonicAtomicView | WritesFollowReads | MonotonicReads
            | MonotonicWrites | Convergent => Availability::Total,
            _ => Availability::NotStated,
        }
    }
}
