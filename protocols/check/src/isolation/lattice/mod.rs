//! The lattice of consistency models: who implies whom, which anomalies each forbids, and what that leaves of a
//! history: held, broken, not decided.
//!
//! Everything here is data and closures over it; a test recomputes from it the table of the weakest models that
//! each anomaly rules out. [`map`] lays the models out for drawing, [`words`] explains each in two sentences.

pub mod anomalies;
pub mod map;
pub mod models;
mod words;

use serde::{Deserialize, Serialize};

pub use anomalies::{Anomaly, Order, Shape};
pub use map::{Line, Map, Placed};
pub use models::{Availability, Model, Scope};

use super::history::{Conventions, Sessions};

/// A set of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models(u64);

impl Models {
    /// No model.
    pub const NONE: Models = Models(0);

    /// Whether it holds `model`.
    pub fn contains(self, model: Model) -> bool {
        self.0 & (1 << model.number()) != 0
    }

    /// With `model`.
    #[must_use]
    pub fn with(self, model: Model) -> Models {
        Models(self.0 | 1 << model.number())
    }

    /// With all of `other`.
    #[must_use]
    pub fn and(self, other: Models) -> Models {
        Models(self.0 | other.0)
    }

    /// How many.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The models, in the order of [`Model::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Model> {
        Model::ALL.into_iter().filter(move |model| self.contains(*model))
    }

    /// All models that are one of them, or imply one.
    pub fn all_above(self) -> Models {
        Model::ALL.into_iter().filter(|model| model.all_implied().0 & self.0 != 0).collect()
    }

    /// Those of them that imply no other of them.
    pub fn weakest(self) -> Models {
        let implies_another = |model: Model| self.iter().any(|other| other != model && model.is_above(other));
        self.iter().filter(|model| !implies_another(*model)).collect()
    }

    /// Those of them that no other of them implies.
    pub fn strongest(self) -> Models {
        let is_implied = |model: Model| self.iter().any(|other| other != model && other.is_above(model));
        self.iter().filter(|model| !is_implied(*model)).collect()
    }
}

impl FromIterator<Model> for Models {
    fn from_iter<T: IntoIterator<Item = Model>>(models: T) -> Self {
        models.into_iter().fold(Models::NONE, Models::with)
    }
}

impl Model {
    /// The model and all that it implies.
    pub fn all_implied(self) -> Models {
        let mut reached = Models::NONE.with(self);
        let mut open = vec![self];
        while let Some(model) = open.pop() {
            for implied in model.implies() {
                if !reached.contains(*implied) {
                    reached = reached.with(*implied);
                    open.push(*implied);
                }
            }
        }
        reached
    }

    /// Whether it implies `other`, or is it.
    pub fn is_above(self, other: Model) -> bool {
        self.all_implied().contains(other)
    }

    /// The model that a guarantee of this name promises of histories with these conventions. Where the order of
    /// sessions always counts, a name means the form of the model that keeps it; *causal* always keeps it.
    pub fn promised_by(name: &str, conventions: &Conventions) -> Option<Model> {
        let model = Model::named(name)?;
        if model == Model::Causal {
            return Some(Model::StrongSessionCausal);
        }
        if conventions.sessions == Sessions::WhereNamed {
            return Some(model);
        }
        Some(match model {
            Model::ReadUncommitted => Model::StrongSessionReadUncommitted,
            // The read committed of Biswas and Enea is monotonic atomic view with sessions.
            Model::ReadCommitted | Model::MonotonicAtomicView => Model::StrongSessionMonotonicAtomicView,
            Model::ReadAtomic => Model::StrongSessionReadAtomic,
            Model::CausalCerone => Model::StrongSessionCausal,
            Model::Prefix => Model::StrongSessionPrefix,
            Model::ParallelSnapshotIsolation => Model::StrongSessionParallelSnapshotIsolation,
            Model::SnapshotIsolation => Model::StrongSessionSnapshotIsolation,
            Model::Serializable => Model::StrongSessionSerializable,
            other => other,
        })
    }
}

impl Anomaly {
    /// The anomaly and all that it implies, each once.
    pub fn all_implied(self) -> Vec<Anomaly> {
        let mut reached = vec![self];
        let mut seen = 0;
        while let Some(anomaly) = reached.get(seen) {
            for implied in anomaly.implies() {
                if !reached.contains(&implied) {
                    reached.push(implied);
                }
            }
            seen += 1;
        }
        reached
    }

    /// The models that a history with this anomaly breaks.
    pub fn rules_out(self) -> Models {
        ruled_out_by(self, |model, anomaly| {
            model.forbids().contains(&anomaly)
                || model.forbids_also().contains(&anomaly)
                || anomaly == Anomaly::NoOrder(model)
        })
    }

    /// The models of Elle's 36 that it breaks by Elle's table alone.
    pub fn rules_out_by_elle(self) -> Models {
        ruled_out_by(self, |model, anomaly| {
            model.forbids().contains(&anomaly) || anomaly == Anomaly::NoOrder(model)
        })
        .iter()
        .filter(|model| model.is_of_elle())
        .collect()
    }
}

fn ruled_out_by(anomaly: Anomaly, forbids: impl Fn(Model, Anomaly) -> bool) -> Models {
    let shown = anomaly.all_implied();
    let directly = |model: &Model| shown.iter().any(|anomaly| forbids(*model, *anomaly));
    let broken: Models = Model::ALL.into_iter().filter(directly).collect();
    broken.all_above()
}

/// What is known of a model and a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The history satisfies it.
    Held,
    /// The history violates it.
    Broken,
    /// Nobody knows yet, or ever.
    NotDecided,
}

/// The status of every model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statuses {
    /// The models that are surely held.
    pub held: Models,
    /// The models that are surely broken.
    pub broken: Models,
}

impl Statuses {
    /// What follows from anomalies that a history shows and models that it surely satisfies.
    pub fn of(
        anomalies: impl IntoIterator<Item = Anomaly>,
        satisfied: impl IntoIterator<Item = Model>,
    ) -> Self {
        let mut statuses = Self::default();
        for anomaly in anomalies {
            statuses.broken = statuses.broken.and(anomaly.rules_out());
        }
        for model in satisfied {
            statuses.held = statuses.held.and(model.all_implied());
        }
        statuses
    }

    /// What is known of one model.
    pub fn get(&self, model: Model) -> Status {
        if self.broken.contains(model) {
            Status::Broken
        } else if self.held.contains(model) {
            Status::Held
        } else {
            Status::NotDecided
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of PAPERS, section 10: anomaly, how many of the 36 it rules out, the weakest of them.
    const TABLE: &str = "
        G0 25 read-uncommitted
        cyclic-versions 25 read-uncommitted
        duplicate-elements 25 read-uncommitted
        G1a 22 read-committed
        G1b 22 read-committed
        G1c 22 read-committed
        dirty-update 22 read-committed
        incompatible-order 22 read-committed
        future-read 22 read-committed
        internal 11 read-atomic
        lost-update 13 cursor-stability update-atomic
        G-cursor 11 cursor-stability
        G-monotonic 10 monotonic-view
        G-MSR 7 monotonic-snapshot-read
        G-single 9 consistent-view
        G-single-item 10 consistent-view repeatable-read
        G-SIb 8 forward-consistent-view
        G-update 4 update-serializable
        G-SI 6 snapshot-isolation
        G-nonadjacent 6 snapshot-isolation
        G-nonadjacent-item 7 repeatable-read snapshot-isolation
        G2-item 4 repeatable-read
        G2 3 serializable
        write-skew 3 serializable
        predicate-read-miss 3 serializable
        G0-process 8 strong-session-read-uncommitted
        G1c-process 6 strong-session-read-committed
        G-single-process 4 strong-session-snapshot-isolation
        G-nonadjacent-process 4 strong-session-snapshot-isolation
        G2-process 2 strong-session-serializable
        G2-item-process 2 strong-session-serializable
        G0-realtime 4 strong-read-uncommitted
        G1c-realtime 3 strong-read-committed
        G-single-realtime 2 strong-snapshot-isolation
        G-nonadjacent-realtime 2 strong-snapshot-isolation
        G2-realtime 1 strict-serializable
        G2-item-realtime 1 strict-serializable";

    #[test]
    fn the_weakest_models_ruled_out_are_those_of_the_table() {
        for line in TABLE.lines().filter(|line| !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let anomaly = Anomaly::named(words.next().unwrap()).unwrap();
            let count: u32 = words.next().unwrap().parse().unwrap();
            let broken = anomaly.rules_out_by_elle();
            let mut weakest: Vec<&str> = broken.weakest().iter().map(Model::name).collect();
            weakest.sort_unstable();
            assert_eq!((broken.count(), weakest), (count, words.collect()), "{anomaly}");
        }
    }

    #[test]
    fn ours_only_ever_adds() {
        for anomaly in Anomaly::all() {
            for model in anomaly.rules_out_by_elle().iter() {
                assert!(anomaly.rules_out().contains(model), "{anomaly} {}", model.name());
            }
        }
        assert!(Anomaly::UnwrittenRead.rules_out().contains(Model::ReadCommitted));
        let fractured = Anomaly::Fractured(Order::Process).rules_out();
        assert!(fractured.contains(Model::StrongSessionReadAtomic));
        assert!(!fractured.contains(Model::ReadAtomic));
        assert!(fractured.contains(Model::StrongSessionSnapshotIsolation));
    }

    #[test]
    fn names_lead_back() {
        for (number, model) in Model::ALL.into_iter().enumerate() {
            assert_eq!(model.number() as usize, number);
            assert_eq!(Model::named(model.name()), Some(model));
            if let Some(short) = model.short_name() {
                assert_eq!(Model::named(short), Some(model));
            }
        }
        for anomaly in Anomaly::all() {
            assert_eq!(Anomaly::named(&anomaly.name()), Some(anomaly));
        }
        assert_eq!(Model::ALL.into_iter().filter(|model| model.is_of_elle()).count(), 36);
    }

    #[test]
    fn nothing_implies_itself_through_others() {
        for model in Model::ALL {
            for implied in model.implies() {
                assert!(!implied.is_above(model), "{} and {}", model.name(), implied.name());
            }
        }
    }

    #[test]
    fn a_guarantee_keeps_sessions_where_the_format_does() {
        let promised = |name, conventions| Model::promised_by(name, &conventions).map(Model::name);
        assert_eq!(promised("serializable", Conventions::jepsen()), Some("serializable"));
        assert_eq!(promised("serializable", Conventions::plume()), Some("strong-session-serializable"));
        assert_eq!(promised("causal", Conventions::jepsen()), Some("strong-session-causal"));
        assert_eq!(
            promised("read-committed", Conventions::awdit()),
            Some("strong-session-monotonic-atomic-view")
        );
        assert_eq!(promised("PL-2+", Conventions::awdit()), Some("consistent-view"));
        assert_eq!(promised("eventual", Conventions::awdit()), None);
    }
}
