//! The facts of a run: kept as the protocol stated them, told in words and values only when somebody reads them.
//!
//! A run states a fact at every third event, and few are ever read. So a [`Facts`] keeps the protocol's own value of each
//! in a column, and beside it when and where it was stated; name, values and sentence are asked of the column.

use crate::ids::{ActorId, EventId};
use crate::pages::{List, Pages, list, partition_point};
use crate::protocol::Fact;
use crate::story::Value;
use crate::time::Time;
use crate::trace::narrow;
use smallvec::SmallVec;
use std::any::Any;
use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A fact, erased, as it is handed out.
#[derive(Clone)]
pub struct FactRecord<'a> {
    /// When.
    pub at: Time,
    /// During this event.
    pub event: EventId,
    /// At whom.
    pub actor: ActorId,
    /// `leader`, `committed`; the kernel's own: `crashed`, `started`, `aborted`, `wiped`.
    pub name: &'static str,
    /// Its values.
    pub values: Values<'a>,
    /// In words.
    pub sentence: Sentence<'a>,
    /// A place where "step to the next event that matters" stops.
    pub matters: bool,
}

/// The values of a fact, asked for when they are first looked at: a slice of [`Value`]s.
#[derive(Clone)]
pub struct Values<'a> {
    source: Source<'a>,
    made: OnceCell<SmallVec<[Value; 3]>>,
}

/// The sentence of a fact, made when it is first looked at: a text.
#[derive(Clone)]
pub struct Sentence<'a> {
    source: Source<'a>,
    actor: ActorId,
    made: OnceCell<String>,
}

/// Where a fact is kept.
#[derive(Clone, Copy)]
enum Source<'a> {
    Stated(&'a dyn Column, usize),
    Own(&'a str),
}

impl Deref for Values<'_> {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        self.made.get_or_init(|| match self.source {
            Source::Stated(column, at) => column.values(at),
            Source::Own(_) => SmallVec::new(),
        })
    }
}

impl Deref for Sentence<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match self.source {
            Source::Stated(column, at) => self.made.get_or_init(|| column.sentence(at, self.actor)),
            Source::Own(text) => text,
        }
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Debug for FactRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut record = f.debug_struct("FactRecord");
        record.field("at", &self.at).field("event", &self.event).field("actor", &self.actor);
        record.field("name", &self.name).field("values", &self.values).field("sentence", &self.sentence);
        record.field("matters", &self.matters).finish()
    }
}

impl PartialEq for FactRecord<'_> {
    fn eq(&self, other: &Self) -> bool {
        let place = |fact: &Self| (fact.at, fact.event, fact.actor, fact.name, fact.matters);
        place(self) == place(other) && *self.values == *other.values && *self.sentence == *other.sentence
    }
}

/// What is kept beside every fact.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: Time,
    event: u32,
    /// Where it is kept: a place in the column, or in `own`.
    kept: u32,
    actor: ActorId,
    own: bool,
    matters: bool,
}

/// All facts of a run, in order.
#[derive(Default)]
pub struct Facts {
    places: Pages<Place>,
    /// What the protocol stated; none before the first.
    column: Option<Box<dyn Column>>,
    /// The kernel's own: name and sentence.
    own: Vec<(&'static str, Arc<str>)>,
}

list!(Facts, FactRecord<'_>);

impl List for Facts {
    type Item<'a> = FactRecord<'a>;

    fn count(&self) -> usize {
        self.places.len()
    }

    fn at(&self, place: usize) -> FactRecord<'_> {
        self.record(place).unwrap_or_else(|| panic!("{} facts, but not one at {place}", self.len()))
    }
}

impl Facts {
    fn record(&self, place: usize) -> Option<FactRecord<'_>> {
        let Place { at, event, kept, actor, own, matters } = *self.places.get(place)?;
        let kept = kept as usize;
        let (name, source) = if own {
            let (name, sentence) = self.own.get(kept)?;
            (*name, Source::Own(sentence))
        } else {
            let column = self.column.as_deref()?;
            (column.name(kept), Source::Stated(column, kept))
        };
        let values = Values { source, made: OnceCell::new() };
        let sentence = Sentence { source, actor, made: OnceCell::new() };
        Some(FactRecord { at, event: EventId(event.into()), actor, name, values, sentence, matters })
    }

    /// Writes down what a protocol stated.
    pub(crate) fn state<F: Fact>(&mut self, at: Time, event: EventId, actor: ActorId, fact: F) {
        let matters = fact.matters();
        let column = self.column.get_or_insert_with(|| Box::new(Stated::<F>::default()));
        // One run has one protocol, and so one kind of facts.
        let Some(stated) = column.as_any().downcast_mut::<Stated<F>>() else { return };
        let kept = stated.facts.len() as u32;
        stated.facts.push(fact);
        self.places.push(Place { at, event: narrow(event.0), kept, actor, own: false, matters });
    }

    /// Writes down a fact of the kernel's own.
    pub(crate) fn own(
        &mut self,
        at: Time,
        event: EventId,
        actor: ActorId,
        name: &'static str,
        sentence: Arc<str>,
    ) {
        let kept = self.own.len() as u32;
        self.own.push((name, sentence));
        self.places.push(Place { at, event: narrow(event.0), kept, actor, own: true, matters: true });
    }

    /// The place of the first at or after an event.
    pub fn from(&self, event: EventId) -> usize {
        partition_point(&self.places, |place| u64::from(place.event) < event.0)
    }

    /// Those of one event.
    pub fn of(&self, event: EventId) -> crate::pages::Iter<'_, Facts> {
        self.range(self.from(event)..self.from(EventId(event.0.saturating_add(1))))
    }

    /// The place of the first that matters, from a place on.
    pub fn next_that_matters(&self, from: usize) -> Option<usize> {
        (from..self.len()).find(|place| self.matters(*place))
    }

    /// The place of the last that matters, before a place.
    pub fn last_that_matters(&self, before: usize) -> Option<usize> {
        (0..before.min(self.len())).rev().find(|place| self.matters(*place))
    }

    fn matters(&self, place: usize) -> bool {
        self.places.get(place).is_some_and(|place| place.matters)
    }

    /// Keeps the first `len`.
    pub fn truncate(&mut self, len: usize) {
        let gone = || (len..self.places.len()).filter_map(|place| self.places.get(place));
        let first = |own: bool| gone().find(|place| place.own == own).map(|place| place.kept as usize);
        let (own, stated) = (first(true), first(false));
        if let Some(own) = own {
            self.own.truncate(own);
        }
        if let (Some(stated), Some(column)) = (stated, &mut self.column) {
            column.truncate(stated);
        }
        self.places.truncate(len);
    }

    /// Bytes held, roughly.
    pub fn weight(&self) -> u64 {
        let own: usize = self.own.iter().map(|(_, sentence)| sentence.len() + 48).sum();
        self.places.weight() + self.column.as_ref().map_or(0, |column| column.weight()) + own as u64
    }
}

impl Clone for Facts {
    fn clone(&self) -> Self {
        let column = self.column.as_ref().map(|column| column.copy());
        Self { places: self.places.clone(), column, own: self.own.clone() }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Facts of one protocol, erased.
trait Column: Send + Sync {
    fn name(&self, at: usize) -> &'static str;
    fn values(&self, at: usize) -> SmallVec<[Value; 3]>;
    fn sentence(&self, at: usize, actor: ActorId) -> String;
    fn truncate(&mut self, len: usize);
    fn weight(&self) -> u64;
    fn copy(&self) -> Box<dyn Column>;
    fn as_any(&mut self) -> &mut dyn Any;
}

/// The facts that a protocol stated.
#[derive(Clone)]
struct Stated<F> {
    facts: Pages<F>,
}

impl<F> Default for Stated<F> {
    fn default() -> Self {
        Self { facts: Pages::default() }
    }
}

impl<F: Fact> Column for Stated<F> {
    fn name(&self, at: usize) -> &'static str {
        self.facts.get(at).map_or("", Fact::name)
    }

    fn values(&self, at: usize) -> SmallVec<[Value; 3]> {
        self.facts.get(at).map(Fact::values).unwrap_or_default()
    }

    fn sentence(&self, at: usize, actor: ActorId) -> String {
        self.facts.get(at).map(|fact| fact.sentence(actor)).unwrap_or_default()
    }

    fn truncate(&mut self, len: usize) {
        self.facts.truncate(len);
    }

    fn weight(&self) -> u64 {
        self.facts.weight()
    }

    fn copy(&self) -> Box<dyn Column> {
        Box::new(self.clone())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smallvec::smallvec;

    #[derive(Clone, Debug, serde::Serialize)]
    struct Counted(u64);

    impl Fact for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }
        fn values(&self) -> SmallVec<[Value; 3]> {
            smallvec![self.0.into()]
        }
        fn sentence(&self, actor: ActorId) -> String {
            format!("{actor} counted to {}", self.0)
        }
        fn matters(&self) -> bool {
            self.0.is_multiple_of(10)
        }
    }

    const N1: ActorId = ActorId::node(1);

    /// Three facts at each of a hundred events, every tenth of which the node crashes.
    fn facts() -> Facts {
        let mut facts = Facts::default();
        for event in 0..100 {
            for count in 0..3 {
                facts.state(Time(event), EventId(event), N1, Counted(event + count));
            }
            if event % 10 == 5 {
                facts.own(Time(event), EventId(event), N1, "crashed", "n1 crashes".into());
            }
        }
        facts
    }

    #[test]
    fn what_was_stated_is_told_when_it_is_read() {
        let facts = facts();
        assert_eq!(facts.len(), 310);
        let told: Vec<String> = facts.of(EventId(5)).map(|fact| fact.sentence.to_string()).collect();
        assert_eq!(told, ["n1 counted to 5", "n1 counted to 6", "n1 counted to 7", "n1 crashes"]);
        let last = facts.last().unwrap();
        assert_eq!(
            (last.name, last.event, last.values.first()),
            ("counted", EventId(99), Some(&Value::Int(101)))
        );
        assert!(facts.iter().filter(|fact| fact.name == "crashed").all(|fact| fact.values.is_empty()));
    }

    #[test]
    fn those_that_matter_are_found_either_way() {
        let facts = facts();
        let mattering: Vec<usize> = (0..facts.len()).filter(|at| facts.get(*at).unwrap().matters).collect();
        let (mut forward, mut from) = (Vec::new(), 0);
        while let Some(place) = facts.next_that_matters(from) {
            forward.push(place);
            from = place + 1;
        }
        assert_eq!(forward, mattering);
        assert_eq!(facts.last_that_matters(usize::MAX), mattering.last().copied());
        assert_eq!(facts.last_that_matters(mattering[3]), Some(mattering[2]));
    }

    #[test]
    fn a_cut_forgets_what_came_later_and_nothing_else() {
        let all = facts();
        for len in [310, 309, 200, 17, 16, 1, 0] {
            let mut cut = all.clone();
            cut.truncate(len);
            assert!(cut.iter().eq(all.range(..len)), "{len}");
            // What is written next is told as itself, not as what was there before.
            cut.own(Time(200), EventId(200), N1, "wiped", "the disk of n1 is wiped".into());
            cut.state(Time(201), EventId(201), N1, Counted(7));
            let told: Vec<String> = cut.range(len..).map(|fact| fact.sentence.to_string()).collect();
            assert_eq!(told, ["the disk of n1 is wiped", "n1 counted to 7"]);
            assert_ne!(cut, all);
        }
        assert_eq!(all, facts());
    }
}
