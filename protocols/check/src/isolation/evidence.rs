//! Evidence: what shows that a history has an anomaly, as values; `story` makes sentences of it.
//!
//! Transactions, keys and versions are the numbers of the history that was examined.

use crate::few::Few;

use serde::{Deserialize, Serialize};

use super::lattice::Anomaly;

/// Why one transaction must come before another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// The later one overwrote what the earlier one wrote: these versions of one key, in this order.
    Overwrote {
        /// What the earlier one wrote.
        earlier: u32,
        /// What the later one wrote.
        later: u32,
    },
    /// The later one saw this version, which the earlier one wrote.
    Saw {
        /// The version.
        version: u32,
    },
    /// The earlier one saw an older version of a key than the one that the later one wrote.
    Missed {
        /// What the earlier one saw: perhaps what the key held at first.
        seen: u32,
        /// What the later one wrote.
        written: u32,
    },
    /// One process ran first the one, then the other.
    Process,
    /// The earlier one was over before the later one began.
    Time,
    /// By the axiom of the level: `reader` saw `seen`, a version of a key that the earlier one had also written, and
    /// the earlier one came before the reader (`via`). So what the earlier one wrote must be older than `seen`.
    Must {
        /// Who saw the later one's version.
        reader: u32,
        /// That version.
        seen: u32,
        /// What the earlier one wrote to the same key.
        other: u32,
        /// How the earlier one comes before the reader.
        via: Vec<Link>,
    },
    /// Assumed in this case of the proof: of two versions of a key, or of two that write the same key, this is first.
    Supposed,
}

/// One transaction must come before another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The earlier one.
    pub from: u32,
    /// The later one.
    pub to: u32,
    /// Why.
    pub because: Because,
}

/// What a read should have returned, by what its own transaction did before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// This version of a register.
    Version(u32),
    /// This list.
    List(Vec<u32>),
    /// A list that ends in these.
    Ending(Vec<u32>),
}

/// Two ways to go on, neither of which works out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cases {
    /// What is known and supposed so far goes in a circle.
    Circle(Vec<Link>),
    /// Two transactions write the same key: one of them must be first.
    Either {
        /// The key.
        key: u32,
        /// One of them.
        first: u32,
        /// The other.
        second: u32,
        /// What follows if the first one is first.
        if_first: Box<Cases>,
        /// What follows if the second one is.
        if_second: Box<Cases>,
    },
}

impl Cases {
    /// How many circles it has.
    pub fn circles(&self) -> u32 {
        match self {
            Cases::Circle(_) => 1,
            Cases::Either { if_first, if_second, .. } => if_first.circles() + if_second.circles(),
        }
    }
}

/// What shows an anomaly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// Each must come before the next, and the last before the first.
    Cycle(Vec<Link>),
    /// `reader` saw a version that only a failed transaction wrote.
    Aborted {
        /// Who saw it.
        reader: u32,
        /// Who wrote it, and failed.
        writer: u32,
        /// What it saw.
        version: u32,
    },
    /// `reader` saw a version that its writer itself replaced.
    Intermediate {
        /// Who saw it.
        reader: u32,
        /// Who wrote it.
        writer: u32,
        /// What it saw.
        version: u32,
    },
    /// In a list that `reader` saw, an element of a failed transaction is followed by one of another.
    DirtyUpdate {
        /// Who saw the list.
        reader: u32,
        /// Who wrote the earlier element, and failed.
        failed: u32,
        /// That element.
        version: u32,
        /// Who wrote the later element.
        by: u32,
        /// The later element.
        later: u32,
    },
    /// Two transactions saw lists under `key` that differ at place `at` (from 0), where both have an element.
    Incompatible {
        /// The key.
        key: u32,
        /// One of them.
        first: u32,
        /// The other.
        second: u32,
        /// The first place at which they differ.
        at: u32,
    },
    /// `writer` appended `earlier` and then `later` to a list; `reader` saw it with the later one and without the earlier
    /// one before it.
    OutOfOrder {
        /// Who saw it.
        reader: u32,
        /// Who wrote both.
        writer: u32,
        /// What it appended first.
        earlier: u32,
        /// What it appended next.
        later: u32,
    },
    /// `transaction` saw a version that it wrote only later.
    Future {
        /// The transaction.
        transaction: u32,
        /// What it saw and wrote.
        version: u32,
    },
    /// `reader` saw a list with this element in it twice.
    Duplicate {
        /// Who saw it.
        reader: u32,
        /// The element.
        version: u32,
    },
    /// A read contradicts what its own transaction did or saw before.
    Internal {
        /// The transaction.
        transaction: u32,
        /// Which of its steps, from 0.
        step: u32,
        /// What should have been seen.
        expected: Expected,
    },
    /// `transaction` saw two versions of one key without writing to it.
    NotRepeated {
        /// The transaction.
        transaction: u32,
        /// What it saw first.
        first: u32,
        /// What it saw later.
        second: u32,
    },
    /// Both saw this version of a key, and both wrote the key.
    LostUpdate {
        /// One of them.
        first: u32,
        /// The other.
        second: u32,
        /// What both saw.
        version: u32,
    },
    /// `reader` saw a version that nobody wrote.
    Unwritten {
        /// Who saw it.
        reader: u32,
        /// What it saw.
        version: u32,
    },
    /// Versions of one key, each older than the next by what `transactions` did, and the last older than the first.
    Versions {
        /// The versions.
        versions: Vec<u32>,
        /// For each version a pair of transactions: one that saw or wrote it, and a later one that did the next.
        transactions: Vec<(u32, u32)>,
    },
    /// Every order of writes goes in a circle: case by case.
    Cases(Cases),
    /// Every order of writes goes in a circle, but the cases are too many to tell: these transactions suffice.
    Exhausted {
        /// Transactions that cannot be ordered.
        transactions: Vec<u32>,
    },
}

impl Proof {
    /// The transactions it speaks of, each once, in the order in which it mentions them.
    pub fn transactions(&self) -> Vec<u32> {
        let mut all = Vec::new();
        match self {
            Proof::Cycle(links) => mention_links(links, &mut all),
            Proof::Aborted { reader, writer, .. }
            | Proof::Intermediate { reader, writer, .. }
            | Proof::OutOfOrder { reader, writer, .. } => {
                all.extend([*writer, *reader]);
            }
            Proof::DirtyUpdate { reader, failed, by, .. } => all.extend([*failed, *by, *reader]),
            Proof::Incompatible { first, second, .. } | Proof::LostUpdate { first, second, .. } => {
                all.extend([*first, *second]);
            }
            Proof::Future { transaction, .. }
            | Proof::Internal { transaction, .. }
            | Proof::NotRepeated { transaction, .. } => all.push(*transaction),
            Proof::Duplicate { reader, .. } | Proof::Unwritten { reader, .. } => all.push(*reader),
            Proof::Versions { transactions, .. } => {
                all.extend(transactions.iter().flat_map(|(earlier, later)| [*earlier, *later]));
            }
            Proof::Cases(cases) => mention_cases(cases, &mut all),
            Proof::Exhausted { transactions } => all.extend(transactions),
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|place| seen.insert(*place));
        all
    }
}

fn mention_links(links: &[Link], all: &mut Vec<u32>) {
    for link in links {
        all.extend([link.from, link.to]);
        if let Because::Must { reader, via, .. } = &link.because {
            all.push(*reader);
            mention_links(via, all);
        }
    }
}

fn mention_cases(cases: &Cases, all: &mut Vec<u32>) {
    match cases {
        Cases::Circle(links) => mention_links(links, all),
        Cases::Either { first, second, if_first, if_second, .. } => {
            all.extend([*first, *second]);
            mention_cases(if_first, all);
            mention_cases(if_second, all);
        }
    }
}

/// An anomaly that a history shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The anomaly.
    pub anomaly: Anomaly,
    /// What shows it.
    pub proof: Proof,
    /// How often it was found, at least: of cycles, one is enough, and further ones are not looked for.
    pub times: u64,
}

/// The findings so far: of each anomaly the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    found: Few<Anomaly, Finding>,
}

impl Findings {
    /// Notes an anomaly; the proof is made only if it is the first of its kind.
    pub(crate) fn note(&mut self, anomaly: Anomaly, proof: impl FnOnce() -> Proof) {
        match self.found.get_mut(&anomaly) {
            Some(finding) => finding.times += 1,
            None => self.found.insert(anomaly, Finding { anomaly, proof: proof(), times: 1 }),
        }
    }

    /// Whether this anomaly follows from what was found.
    pub(crate) fn shows(&self, anomaly: Anomaly) -> bool {
        self.found.keys().any(|found| found.all_implied().contains(&anomaly))
    }

    pub(crate) fn anomalies(&self) -> impl Iterator<Item = Anomaly> + '_ {
        self.found.keys().copied()
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = &Finding> {
        self.found.values()
    }
}
