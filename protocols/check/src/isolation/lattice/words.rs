//! What each model and anomaly means, in plain sentences.

use super::anomalies::{Anomaly, Order, Shape};
use super::models::Model;

impl Model {
    /// What it is called on a map: `Strict serializable`.
    pub fn title(self) -> String {
        match self {
            Model::Pram => return "PRAM".to_owned(),
            Model::CausalCerone => return "Causal (Cerone)".to_owned(),
            Model::OneCopySerializable => return "One-copy serializable".to_owned(),
            _ => {}
        }
        let plain = self.name().replace('-', " ");
        let mut letters = plain.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// What it means, in two sentences.
    pub fn words(self) -> &'static str {
        use Model::*;
        match self {
            ReadUncommitted => {
                "Writes of different transactions to the same keys do not interleave: all keys agree on who wrote \
                 first. Reads may return anything, also what is undone later."
            }
            ReadCommitted => {
                "A transaction sees only what others have finished, never a passing or undone write, and information \
                 never flows in a circle. Two reads of the same key may still differ."
            }
            MonotonicView => {
                "Read committed, and what a transaction sees never gets older: once it has seen an effect of another, \
                 its later reads see all that the other depends on. What it read before that may be stale."
            }
            MonotonicSnapshotRead => {
                "Each single read sees a snapshot of the database, and later reads see later snapshots. Different \
                 reads of one transaction may see different snapshots."
            }
            CursorStability => {
                "Read committed, and between reading a record through a cursor and writing it nobody else changes it. \
                 So no update that starts from a read is lost."
            }
            ConsistentView => {
                "A transaction that misses the effects of another sees nothing that depends on them. What it sees is \
                 a state the database could have been in, though decisions made on it may clash with others."
            }
            ForwardConsistentView => {
                "Consistent view, and a transaction may even see writes that were committed after it began, as long \
                 as what it sees fits together. It lies between consistent view and snapshot isolation."
            }
            UpdateSerializable => {
                "The transactions that write are serializable, and each one that only reads fits into their order. \
                 Two readers may disagree on the order of two writers that do not concern each other."
            }
            MonotonicAtomicView => {
                "Once a transaction has seen one effect of another, its later reads see all of that one's effects or \
                 newer ones. Reads before that may have been older."
            }
            ReadAtomic => {
                "A transaction sees all effects of another or none of them, whatever the order of its reads. It may \
                 miss others that those depended on."
            }
            CausalCerone => {
                "Read atomic, and who sees a transaction also sees everything that one had seen. Transactions that \
                 know nothing of each other may be seen in different orders."
            }
            UpdateAtomic => {
                "Read atomic, and two transactions that read and write the same key never overlook each other. No \
                 update is lost, but different keys may still tell different stories."
            }
            Prefix => {
                "There is one order in which transactions commit, and each sees a beginning of it. Two of them may \
                 still overwrite the same key without seeing each other."
            }
            ParallelSnapshotIsolation => {
                "Causal, and of two transactions that write the same key one sees the other. Sites far apart may see \
                 independent transactions in different orders."
            }
            RepeatableRead => {
                "Transactions that name the keys they read behave as if run one after another. Only searches by \
                 condition may miss what others add meanwhile."
            }
            SnapshotIsolation => {
                "A transaction reads a snapshot of the database and commits only if nobody else has written its keys \
                 since. Two that read what the other writes can still pass each other: write skew."
            }
            Serializable => {
                "The transactions could have been run one after another, in some order, with the same results. The \
                 order need not be that of time, nor of any client."
            }
            ViewSerializable => {
                "There is an order, one after another, in which every transaction reads what it did read and the last \
                 writes are the same. Unlike conflict serializability it does not ask how that came about."
            }
            StrongSessionReadUncommitted => {
                "Read uncommitted, and the writes of one client take effect in the order in which it made them. What \
                 other clients did in the meantime does not matter."
            }
            StrongSessionReadCommitted => {
                "Read committed, and information flows along with the order of each client. What one client did \
                 later cannot have caused what it saw earlier."
            }
            StrongReadUncommitted => {
                "Read uncommitted, and a write that was over before another began comes first. So clocks on the wall \
                 and the order of versions agree."
            }
            StrongReadCommitted => {
                "Read committed, and information does not flow back in time: nothing is seen before it began. \
                 Reads may still be stale."
            }
            StrongSessionSnapshotIsolation => {
                "Snapshot isolation, and a client's snapshot includes all that it has written or seen before. Other \
                 clients' recent commits may be missing from it."
            }
            StrongSnapshotIsolation => {
                "Snapshot isolation with snapshots that are up to date: they hold whatever was committed before the \
                 transaction began. Write skew is still possible."
            }
            StrongSessionSerializable => {
                "Serializable, in an order that keeps each client's own order. A client sees its own past, but may \
                 see the others' late."
            }
            StrictSerializable => {
                "Serializable, in an order that also keeps time: what was over before comes before. To its clients the \
                 system looks like one machine that does one thing at a time."
            }
            SessionSerializable => {
                "Copies behave like a single one that runs transactions one after another, keeping the order of each \
                 session. Between sessions the order is free."
            }
            OneCopySerializable => {
                "However many copies of the data there are, clients see what a single one would show that runs \
                 transactions one after another. The order may be any."
            }
            Linearizable => {
                "Every operation takes effect at one moment between its call and its answer. So whoever asks next \
                 sees it."
            }
            Sequential => {
                "All operations take effect in one order that keeps the order of each client. It need not be the \
                 order of time: a client may see the present late."
            }
            Causal => {
                "Operations of which one could have influenced the other are seen in that order by everybody. Those \
                 that know nothing of each other may be seen in any order."
            }
            WritesFollowReads => {
                "Who sees a write made after reading a value also finds that value or a newer one. Answers never show \
                 up without their questions."
            }
            Pram => {
                "Everybody sees the writes of one client in the order in which it made them. Writes of different \
                 clients may be seen in any order."
            }
            MonotonicReads => {
                "What a client has seen it will see again, or something newer. Its view of the world never goes back."
            }
            MonotonicWrites => {
                "The writes of one client are seen by everybody in the order in which it made them. A later one never \
                 shows without the earlier ones."
            }
            ReadYourWrites => {
                "A client that has written something will see it, or something newer. Others may see it later."
            }
            StrongSessionMonotonicAtomicView => {
                "Monotonic atomic view, in an order of commits that keeps each session's own. Biswas and Enea call \
                 this read committed."
            }
            StrongSessionReadAtomic => {
                "Read atomic, and a session sees what it wrote before. Biswas and Enea call this read atomic."
            }
            StrongSessionCausal => {
                "Causal consistency of transactions: who sees a transaction sees all that its session had done and \
                 seen before, and all agree on one order of writes. It is the strongest a system can keep while \
                 cut in two."
            }
            StrongSessionPrefix => {
                "Every transaction sees a beginning of one order of commits, and at least what its own session has \
                 done. Overwriting each other unseen is still possible."
            }
            StrongSessionParallelSnapshotIsolation => {
                "Parallel snapshot isolation in which a session always sees what it did before. Sites far apart may \
                 still disagree on the order of independent transactions."
            }
            Regular => {
                "A read sees the last write that was answered before it, or one that runs at the same time. While a \
                 write runs, two reads, one after the other, may see the new value and then the old one."
            }
            BoundedStaleness => {
                "What a read sees was replaced at most so many versions, or so long, before. How old reads really \
                 were is a figure of the history."
            }
            NoLostWrite => {
                "What was acknowledged is not lost: sooner or later reads show it, or something newer. It may be \
                 missing for a while."
            }
            Convergent => "Once writes cease, all come to see the same. Until then anybody may see anything.",
            WeakCausal => {
                "A read sees all that had led to it. Of writes that know nothing of each other each read may take any \
                 for the last one, and the next read another."
            }
            CausalConvergence => {
                "A read sees all that had led to it, and all reads agree on one order of all writes. Copies that have \
                 heard of the same writes therefore show the same."
            }
        }
    }
}

impl Anomaly {
    /// What it is called by people, and what it means, in one sentence.
    pub fn words(self) -> String {
        use Anomaly::*;
        let plain = match self {
            Graph(shape, order) => return graph_words(shape, order),
            NoOrder(model) => {
                return format!(
                    "Whichever order of versions is tried, the transactions cannot be explained at the level {}.",
                    model.name().replace('-', " ")
                );
            }
            Vanished(order) => {
                return format!(
                    "Observed transaction vanishes: having seen one write of a transaction, it then read a key of that one as it was before{}.",
                    process_words(order)
                );
            }
            Fractured(order) => {
                return format!(
                    "Fractured read: it saw one write of a transaction, but another key of that one as it was before{}.",
                    process_words(order)
                );
            }
            NotCausal(order) => {
                return format!(
                    "Causality violation: it saw a key as it was before a write that had led to what it also saw{}.",
                    process_words(order)
                );
            }
            G1a => "Aborted read: it saw a write of a transaction that failed.",
            G1b => {
                "Intermediate read: it saw a write that its writer itself replaced within the same transaction."
            }
            DirtyUpdate => "Dirty update: a transaction that is ok built on the write of one that failed.",
            IncompatibleOrder => {
                "Incompatible order: two reads of one list of which neither is the beginning of the other."
            }
            FutureRead => "Future read: a transaction saw what it wrote only later.",
            DuplicateElements => "Duplicate elements: a list held something twice that was appended once.",
            CyclicVersions => "Cyclic versions: the versions of a key follow each other in a circle.",
            Internal => {
                "Internal inconsistency: a read contradicts what its own transaction did or saw before."
            }
            LostUpdate => {
                "Lost update: two transactions read the same version of a key and both replaced it, so one is lost."
            }
            WriteSkew => "Write skew: two transactions each missed what the other wrote.",
            GCursor => "A lost update through a cursor.",
            GMonotonic => "A later read of a transaction saw an older state than an earlier one.",
            GMsr => "One read saw no snapshot.",
            GSIb | StartGSIb => "Missed effects: a transaction misses one whose effects it depends on.",
            GSI | StartGSI => "A violation of snapshot isolation in Adya's sense.",
            StartGSIa => "Interference: a transaction depends on one that did not commit before it began.",
            GUpdate => "One reader does not fit into the order of the writers.",
            PredicateReadMiss => "A search missed a version although every version matches.",
            UnwrittenRead => "A read of a value that nobody wrote.",
            NonRepeatableRead => {
                "Non-repeatable read: one transaction read a key twice and saw two different writers."
            }
        };
        plain.to_owned()
    }
}

fn graph_words(shape: Shape, order: Order) -> String {
    let what = match shape {
        Shape::G0 => "Dirty write: transactions overwrite each other in a circle",
        Shape::G1c => {
            "Circular information flow: each transaction saw or overwrote the one before it, in a circle"
        }
        Shape::G1 => "An aborted read, an intermediate read or circular information flow",
        Shape::GSingleItem | Shape::GSingle => {
            "Read skew: a transaction missed a write whose effects it saw, or that came before it"
        }
        Shape::GNonadjacentItem | Shape::GNonadjacent => {
            "Missed writes in a circle, no two in a row: no snapshots explain it"
        }
        Shape::G2Item | Shape::G2 => {
            "Missed writes in a circle, such as write skew: no order, one after another, explains it"
        }
    };
    let with = match order {
        Order::Data => "",
        Order::Process => ", with the order of processes",
        Order::RealTime => ", with the order of time",
    };
    format!("{what}{with}.")
}

fn process_words(order: Order) -> &'static str {
    match order {
        Order::Data => "",
        Order::Process | Order::RealTime => ", counting what its process had done",
    }
}
