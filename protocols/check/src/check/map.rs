//! The map of models: how a history, or a run, stands to every model of the lattice.
//!
//! ```
//! use check::check::map::{ModelMap, Standing};
//! use check::isolation::lattice::{Model, Scope};
//!
//! // What a run promised, by name, and how that stands: true, false, or not decided.
//! let promises = [("read-committed", Some(true)), ("snapshot-isolation", Some(false)), ("causal", None)];
//! let map = ModelMap::of_promises(promises, Scope::Transactions);
//! let serializable = map.node(Model::Serializable);
//! assert_eq!(serializable.standing, Standing::Broken);
//! assert_eq!(serializable.reason, "It implies snapshot isolation, which is broken.");
//! assert_eq!(map.node(Model::ReadUncommitted).standing, Standing::Holds);
//! assert_eq!(map.weakest_broken(), [Model::SnapshotIsolation]);
//! ```
//!
//! What is judged settles more than itself: a model that holds takes with it all that it implies, one that is broken all
//! that imply it. A [`Node`] says how it stands, why in a sentence, what the model means, whether a partitioned system
//! can keep it, and where it is to be drawn. [`super::Checking::map`] makes the map of a judged file.
//!
//! Where operations touch one object each, every operation is a transaction of its own: so strict serializability then
//! says what linearizability does (Herlihy and Wing 1990 show that it composes), and strong session serializability what
//! sequential consistency does. The same two pairs agree where all registers of a transaction are one object.

use crate::few::Few;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::isolation::Conventions;
use crate::isolation::lattice::{Availability, Line, Map, Model, Models, Scope, Status, Statuses};

/// How a history stands to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It keeps it.
    Holds,
    /// It breaks it.
    Broken,
    /// Nobody knows yet, or ever: [`Node::reason`].
    NotDecided,
}

/// What was found of one model, not what follows from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The model.
    pub model: Model,
    /// How the history stands to it.
    pub standing: Standing,
    /// Why, in a sentence.
    pub reason: String,
    /// Where it is broken, the proof, if there is one.
    pub evidence: Option<Arc<Evidence>>,
}

/// A model on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The model.
    pub model: Model,
    /// What it is called: `Strict serializable`.
    pub title: String,
    /// How the history stands to it.
    pub standing: Standing,
    /// Why, in a sentence: what was found, what it follows from, or what is missing.
    pub reason: String,
    /// Where it is broken, the proof: its own, or that of the weaker model by which it is.
    pub evidence: Option<Arc<Evidence>>,
    /// Whether it was judged itself: the others follow.
    pub judged: bool,
    /// Whether it speaks of single operations or of transactions.
    pub scope: Scope,
    /// Whether a system can keep it while its network is partitioned.
    pub availability: Availability,
    /// What it means, in two sentences.
    pub words: &'static str,
    /// Its layer, 0 on top: stronger models stand above weaker ones.
    pub layer: u32,
    /// From the left edge, in thousandths of the width.
    pub x: u32,
    /// From the upper edge, in thousandths of the height.
    pub y: u32,
}

/// The models, how a history stands to each, and the lines between them.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelMap {
    /// The models, by layer and from left to right.
    pub nodes: Vec<Node>,
    /// The lines, from the stronger model to the weaker one, without those that follow from others.
    pub lines: Vec<Line>,
    /// How many layers there are.
    pub layers: u32,
    /// How many models and bends of lines the widest layer has.
    pub width: u32,
}

/// The layout never changes: it is made once.
fn layout() -> &'static Map {
    static LAYOUT: OnceLock<Map> = OnceLock::new();
    LAYOUT.get_or_init(Map::whole)
}

impl ModelMap {
    /// The map of a history about which this is known. `scope` says whether it is one of transactions.
    pub fn new(known: impl IntoIterator<Item = Known>, scope: Scope) -> Self {
        let known = Judged::of(known, scope);
        let layout = layout();
        let node = |placed: &crate::isolation::lattice::Placed| {
            let model = placed.model;
            let (standing, reason, evidence) = known.about(model);
            Node {
                model,
                title: model.title(),
                standing,
                reason,
                evidence,
                judged: known.direct.contains(&model),
                scope: model.scope(),
                availability: model.availability(),
                words: model.words(),
                layer: placed.layer,
                x: placed.x,
                y: placed.y,
            }
        };
        Self {
            nodes: layout.models.iter().map(node).collect(),
            lines: layout.lines.clone(),
            layers: layout.layers,
            width: layout.width,
        }
    }

    /// The map of a run: the names of what it promises, and whether each holds; none if that is not decided. Names that
    /// are no model of the lattice, such as `progress`, are left out.
    pub fn of_promises<'a>(
        promises: impl IntoIterator<Item = (&'a str, Option<bool>)>,
        scope: Scope,
    ) -> Self {
        let known = promises.into_iter().filter_map(|(name, holds)| {
            let model = promised(name, scope, &Conventions::jepsen())?;
            let (standing, reason) = match holds {
                Some(true) => (Standing::Holds, "So far the run keeps it."),
                Some(false) => (Standing::Broken, "The run broke it."),
                None => (Standing::NotDecided, "It is not decided yet."),
            };
            Some(Known { model, standing, reason: reason.to_owned(), evidence: None })
        });
        Self::new(known, scope)
    }

    /// A model of the map.
    pub fn node(&self, model: Model) -> &Node {
        let found = self.nodes.iter().find(|node| node.model == model);
        found.expect("the layout has every model")
    }

    /// The strongest models that hold: they imply all others that do.
    pub fn strongest_held(&self) -> Vec<Model> {
        self.standing(Standing::Holds).strongest().iter().collect()
    }

    /// The weakest models that are broken: by them all others are that are.
    pub fn weakest_broken(&self) -> Vec<Model> {
        self.standing(Standing::Broken).weakest().iter().collect()
    }

    fn standing(&self, standing: Standing) -> Models {
        self.nodes.iter().filter(|node| node.standing == standing).map(|node| node.model).collect()
    }
}

/// The model that a guarantee of this name promises of such a history.
pub(super) fn promised(name: &str, scope: Scope, conventions: &Conventions) -> Option<Model> {
    match scope {
        Scope::Operations => Model::named(name),
        Scope::Transactions => Model::promised_by(name, conventions),
    }
}

/// Models of operations and of transactions that say the same wherever both say something: see above.
const ALIKE: [(Model, Model); 2] =
    [(Model::Linearizable, Model::StrictSerializable), (Model::Sequential, Model::StrongSessionSerializable)];

/// The other one of a pair.
fn alike(model: Model) -> Option<Model> {
    ALIKE.iter().find_map(|(one, other)| match model {
        _ if model == *one => Some(*other),
        _ if model == *other => Some(*one),
        _ => None,
    })
}

/// What was found, and what follows.
struct Judged {
    scope: Scope,
    /// What was judged itself.
    direct: Few<Model, Known>,
    statuses: Statuses,
}

impl Judged {
    fn of(known: impl IntoIterator<Item = Known>, scope: Scope) -> Self {
        let mut direct: Few<Model, Known> = Few::default();
        for known in known {
            let is_better =
                |old: &Known| old.standing == Standing::NotDecided && known.standing != Standing::NotDecided;
            if direct.get(&known.model).is_none_or(is_better) {
                direct.insert(known.model, known);
            }
        }
        let mut statuses = Statuses::default();
        for known in direct.values() {
            let pair = [Some(known.model), alike(known.model)];
            for model in pair.into_iter().flatten() {
                match known.standing {
                    Standing::Holds => statuses.held = statuses.held.and(model.all_implied()),
                    Standing::Broken => {
                        statuses.broken = statuses.broken.and(Models::NONE.with(model).all_above());
                    }
                    Standing::NotDecided => {}
                }
            }
        }
        Self { scope, direct, statuses }
    }

    /// How the history stands to a model, why, and the proof.
    fn about(&self, model: Model) -> (Standing, String, Option<Arc<Evidence>>) {
        let standing = match self.statuses.get(model) {
            Status::Held => Standing::Holds,
            Status::Broken => Standing::Broken,
            Status::NotDecided => Standing::NotDecided,
        };
        if let Some(known) = self.direct.get(&model).filter(|known| known.standing == standing) {
            return (standing, known.reason.clone(), known.evidence.clone());
        }
        let settled = match standing {
            Standing::Holds => self.nearest(model, Standing::Holds, |other| other.is_above(model)),
            Standing::Broken => self.nearest(model, Standing::Broken, |other| model.is_above(other)),
            Standing::NotDecided => None,
        };
        if let Some((reason, known)) = settled {
            return (standing, reason, known.evidence.clone());
        }
        (standing, self.open_reason(model), None)
    }

    /// The judged model by which another one is settled: of several the one with the fewest models between. And how that
    /// is told.
    fn nearest(
        &self,
        model: Model,
        standing: Standing,
        settles: impl Fn(Model) -> bool,
    ) -> Option<(String, &Known)> {
        let candidates = self.direct.values().filter(|known| known.standing == standing);
        let distance = |other: Model| other.all_implied().count().abs_diff(model.all_implied().count());
        let plain = |known: &&Known| settles(known.model);
        if let Some(known) = candidates.clone().filter(plain).min_by_key(|known| distance(known.model)) {
            let name = spoken(known.model);
            let reason = match standing {
                Standing::Holds => format!("It follows from {name}, which holds."),
                _ => format!("It implies {name}, which is broken."),
            };
            return Some((reason, known));
        }
        let pair = |known: &&Known| alike(known.model).is_some_and(&settles);
        let known = candidates.filter(pair).min_by_key(|known| distance(known.model))?;
        let (name, other) = (spoken(known.model), spoken(alike(known.model)?));
        let verb = if standing == Standing::Holds { "holds" } else { "is broken" };
        let reason = match self.scope {
            Scope::Operations => {
                format!("Each operation is a transaction of its own: {name}, which {verb}, is {other} here.")
            }
            Scope::Transactions => {
                format!(
                    "All objects together are one on which transactions are operations: {name}, which {verb}, is {other} here."
                )
            }
        };
        Some((reason, known))
    }

    fn open_reason(&self, model: Model) -> String {
        if let Some(known) = self.direct.get(&model) {
            return known.reason.clone();
        }
        let reason = match (self.scope, model.scope()) {
            (Scope::Operations, Scope::Transactions) => {
                "It speaks of transactions of several steps; here each operation touches one object."
            }
            (Scope::Transactions, Scope::Operations) => {
                "It speaks of single operations; here they are steps of transactions."
            }
            _ => "It was not judged, and it follows from nothing that was.",
        };
        reason.to_owned()
    }
}

/// A model's name within a sentence: `strict serializable`.
fn spoken(model: Model) -> String {
    match model {
        Model::Pram => "PRAM".to_owned(),
        other => other.name().replace('-', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(model: Model, standing: Standing) -> Known {
        Known { model, standing, reason: "found".to_owned(), evidence: None }
    }

    #[test]
    fn nothing_known_leaves_everything_open() {
        let map = ModelMap::new([], Scope::Operations);
        assert_eq!(map.nodes.len(), Model::ALL.len());
        assert!(
            map.nodes.iter().all(|node| node.standing == Standing::NotDecided && !node.reason.is_empty())
        );
        assert_eq!(map.strongest_held(), []);
        assert_eq!(map.weakest_broken(), []);
    }

    #[test]
    fn what_holds_takes_along_what_it_implies() {
        let map = ModelMap::new([known(Model::Sequential, Standing::Holds)], Scope::Operations);
        for node in &map.nodes {
            let follows = Model::Sequential.is_above(node.model)
                || Model::StrongSessionSerializable.is_above(node.model);
            assert_eq!(node.standing == Standing::Holds, follows, "{}", node.title);
        }
        assert_eq!(map.node(Model::Pram).reason, "It follows from sequential, which holds.");
        assert_eq!(
            map.node(Model::Serializable).reason,
            "Each operation is a transaction of its own: sequential, which holds, is strong session serializable here."
        );
        assert!(map.node(Model::Sequential).judged);
    }

    #[test]
    fn what_is_broken_takes_along_what_implies_it() {
        let broken =
            [known(Model::MonotonicReads, Standing::Broken), known(Model::Causal, Standing::NotDecided)];
        let map = ModelMap::new(broken, Scope::Operations);
        let standing = |model| map.node(model).standing;
        assert_eq!(standing(Model::Causal), Standing::Broken);
        assert_eq!(map.node(Model::Causal).reason, "It implies monotonic reads, which is broken.");
        assert_eq!(standing(Model::StrictSerializable), Standing::Broken);
        assert_eq!(standing(Model::StrongSessionSerializable), Standing::NotDecided);
        assert_eq!(standing(Model::ReadYourWrites), Standing::NotDecided);
        assert_eq!(map.weakest_broken(), [Model::MonotonicReads]);
    }

    #[test]
    fn every_model_is_told_and_placed() {
        let map = ModelMap::new([], Scope::Transactions);
        for node in &map.nodes {
            assert!(node.words.ends_with('.') && node.words.contains(". "), "{}: {}", node.title, node.words);
            assert!(node.title.starts_with(char::is_uppercase), "{}", node.title);
            assert!(node.x <= 1000 && node.y <= 1000);
        }
    }
}
