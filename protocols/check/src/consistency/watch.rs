//! Guarantees judged live: each event is told once, and the standing of every moment that went by stays known.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::smallvec;

use super::causal::Causal;
use super::convergence::{Convergence, Subject};
use super::elements::Elements;
use super::proof::{Explain, Figures};
use super::recency::{Recency, Staleness};
use super::sessions::Sessions;
use super::sums::{Conservation, Intervals};
use super::timeless::Foreseen;
use super::views::Views;
use super::web::{News, Origin, Web};
use super::{Breaks, Places, Setting, Span, Suspects, Times};
use crate::history::History;
use crate::names::{Guarantee, ModelName};

/// How a guarantee stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// So far it is kept.
    Holds,
    /// It is broken.
    Broken {
        /// Since the event at this position.
        at: u64,
    },
    /// Nobody knows; why.
    Undecided(String),
}

/// The guarantees on cells.
#[derive(Clone, Debug)]
struct Cells {
    /// Whether anything is judged from who saw what.
    of_sessions: bool,
    web: Web,
    sessions: Sessions,
    causal: Option<Causal>,
    views: Vec<Views>,
    recency: Option<Recency>,
}

#[derive(Clone, Debug)]
enum Kind {
    Cells(Box<Cells>),
    Set(Box<Elements>),
    Counter(BTreeMap<Option<Arc<str>>, Intervals>),
    /// The banks, and what each holds before the first is seen.
    Bank(BTreeMap<Option<Arc<str>>, Conservation>, Conservation),
    None,
}

/// Guarantees of one history, judged as it grows. Whoever has the history tells it of each event, in order.
#[derive(Clone, Debug)]
pub struct Watch {
    kind: Kind,
    convergence: Option<Convergence>,
    model: ModelName,
    setting: Setting,
    breaks: Breaks,
}

/// What says nothing of time.
pub(super) const OF_SESSIONS: [Guarantee; 8] = [
    Guarantee::Causal,
    Guarantee::WeakCausal,
    Guarantee::CausalConvergence,
    Guarantee::Pram,
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
];
pub(super) const OF_RECENCY: [Guarantee; 3] =
    [Guarantee::Regular, Guarantee::BoundedStaleness, Guarantee::NoLostWrite];

/// What a watch judges of a model.
pub(super) fn watched(model: ModelName) -> Vec<Guarantee> {
    let (sessions, recency) = (OF_SESSIONS.iter(), OF_RECENCY.iter());
    match model {
        ModelName::Register | ModelName::CasRegister | ModelName::Kv => {
            sessions.chain(&[Guarantee::Convergent]).chain(recency).copied().collect()
        }
        ModelName::Set => {
            let own = [Guarantee::Convergent, Guarantee::NoLostWrite, Guarantee::NoLostOrStale];
            sessions.chain(&own).copied().collect()
        }
        ModelName::Counter => vec![Guarantee::IntervalCounter],
        ModelName::Bank => vec![Guarantee::Conservation],
        _ => Vec::new(),
    }
}

impl Watch {
    /// Of an empty history of that model. Guarantees that the model does not have are never decided.
    pub fn new(model: ModelName, wanted: &[Guarantee], setting: &Setting) -> Self {
        let has = |some: &[Guarantee]| wanted.iter().any(|one| some.contains(one));
        let mut subject = None;
        let kind = match model {
            ModelName::Register | ModelName::CasRegister | ModelName::Kv => {
                subject = Some(Subject::Cells);
                let of_views = [Guarantee::Pram, Guarantee::Causal];
                Kind::Cells(Box::new(Cells {
                    of_sessions: has(&OF_SESSIONS),
                    web: Web::default(),
                    sessions: Sessions::default(),
                    causal: has(&[Guarantee::WeakCausal, Guarantee::CausalConvergence]).then(Causal::default),
                    views: of_views.into_iter().filter(|one| has(&[*one])).map(Views::new).collect(),
                    recency: has(&OF_RECENCY).then(|| Recency::new(setting.bound)),
                }))
            }
            ModelName::Set => {
                subject = Some(Subject::Set);
                Kind::Set(Box::default())
            }
            ModelName::Counter => Kind::Counter(BTreeMap::new()),
            ModelName::Bank => Kind::Bank(BTreeMap::new(), Conservation::new(setting.accounts.as_ref())),
            _ => Kind::None,
        };
        let wants_convergence = has(&[Guarantee::Convergent]);
        let convergence = subject.filter(|_| wants_convergence);
        Self {
            kind,
            convergence: convergence.map(|subject| Convergence::new(subject, setting.settle)),
            model,
            setting: setting.clone(),
            breaks: Breaks::new(wanted),
        }
    }

    /// The history is known to its end: what that tells beforehand.
    pub(super) fn foreseeing(mut self, foreseen: &Foreseen) -> Self {
        match &mut self.kind {
            Kind::Cells(cells) => cells.web.foresee(foreseen.vague.clone()),
            Kind::Set(elements) => elements.foresee(foreseen.again.clone()),
            Kind::Counter(_) | Kind::Bank(..) | Kind::None => {}
        }
        self
    }

    /// The operation at this place of the history began.
    pub fn invoke(&mut self, history: &History, place: u32) {
        match &mut self.kind {
            Kind::Cells(cells) => {
                if cells.of_sessions && cells.web.unfit().is_none() {
                    cells.web.invoke(history, place);
                }
                if let Some(recency) = &mut cells.recency {
                    recency.invoke(history, place);
                }
            }
            Kind::Set(elements) => elements.invoke(history, place),
            Kind::Counter(counters) => {
                let key = history.operations()[place as usize].key.clone();
                counters.entry(key).or_default().invoke(history, place);
            }
            Kind::Bank(..) | Kind::None => {}
        }
        if let Some(convergence) = &mut self.convergence {
            convergence.invoke(history, place);
        }
    }

    /// The outcome of the operation at this place is known.
    pub fn complete(&mut self, history: &History, place: u32) {
        let Self { kind, convergence, setting, breaks, .. } = self;
        let times = &setting.times;
        match kind {
            Kind::Cells(cells) => cells.complete(history, place, times, breaks),
            Kind::Set(elements) => elements.complete(history, place, breaks),
            Kind::Counter(counters) => {
                let key = history.operations()[place as usize].key.clone();
                counters.entry(key).or_default().complete(history, place, breaks);
            }
            Kind::Bank(banks, first) => {
                let key = history.operations()[place as usize].key.clone();
                banks.entry(key).or_insert_with(|| first.clone()).complete(history, place, breaks);
            }
            Kind::None => {}
        }
        if let Some(convergence) = convergence {
            convergence.complete(history, place, times);
        }
    }

    /// How a guarantee stood right after the event at `position`.
    pub fn standing_at(&self, guarantee: Guarantee, position: u64) -> Standing {
        if let Some((at, _)) = self.found(guarantee, position) {
            return Standing::Broken { at };
        }
        match self.doubt(guarantee, position) {
            Some(why) => Standing::Undecided(why),
            None => Standing::Holds,
        }
    }

    /// Begins the search for the proof that a guarantee was broken after the event at `position`, if it was. The history
    /// is the one that was watched, or what it was by then.
    pub fn explain(&self, history: &History, guarantee: Guarantee, position: u64) -> Option<Explain> {
        let (since, suspects) = self.found(guarantee, position)?;
        // Some only break by what does not come any more: the whole history is the proof.
        let whole = matches!(guarantee, Guarantee::Convergent | Guarantee::NoLostWrite);
        let at = if whole { position } else { since };
        let mut figures = Figures::default();
        if let Suspects::Alone(places) = suspects
            && let Some(place) = places.last()
        {
            figures.interval = self.interval(*place);
            figures.total = self.total(&history.operations()[*place as usize].key);
        }
        Some(Explain::new(guarantee, self.model, &self.setting, history, at, suspects, figures))
    }

    /// The largest staleness so far: in versions, and in time.
    pub fn staleness(&self) -> Option<(Staleness, Staleness)> {
        let Kind::Cells(cells) = &self.kind else { return None };
        let recency = cells.recency.as_ref()?;
        Some((recency.versions, recency.time))
    }

    /// How long after writes had ceased some reads still differed.
    pub(super) fn settled_after(&self) -> Option<u64> {
        self.convergence.as_ref().map(|convergence| convergence.took)
    }

    /// What a counter's read at a place may have shown.
    fn interval(&self, place: u32) -> Option<(i128, i128)> {
        let Kind::Counter(counters) = &self.kind else { return None };
        counters.values().find_map(|intervals| intervals.interval(place))
    }

    /// What a bank holds in all, if that is known.
    fn total(&self, key: &Option<Arc<str>>) -> Option<i128> {
        let Kind::Bank(banks, _) = &self.kind else { return None };
        banks.get(key)?.total()
    }

    /// What is wrong in spans of time.
    fn spans(&self, guarantee: Guarantee) -> &[Span] {
        match (guarantee, &self.kind, &self.convergence) {
            (Guarantee::Convergent, _, Some(convergence)) => &convergence.differ,
            (Guarantee::NoLostWrite, Kind::Cells(cells), _) => {
                cells.recency.as_ref().map_or(&[], |recency| &recency.lost)
            }
            (Guarantee::NoLostWrite, Kind::Set(elements), _) => &elements.lost,
            _ => &[],
        }
    }

    /// Since when it is broken, as of a position, and by whom.
    fn found(&self, guarantee: Guarantee, position: u64) -> Option<(u64, &Suspects)> {
        let in_spans = matches!(guarantee, Guarantee::Convergent | Guarantee::NoLostWrite);
        if in_spans && self.breaks.wanted.contains(&guarantee) {
            let span = self.spans(guarantee).iter().find(|span| span.covers(position))?;
            return Some((span.from, &span.suspects));
        }
        self.breaks.get(guarantee).filter(|(at, _)| *at <= position)
    }

    /// Why it is not known to be kept, as of a position.
    fn doubt(&self, guarantee: Guarantee, position: u64) -> Option<String> {
        if !self.breaks.wanted.contains(&guarantee) {
            return Some("it is not judged here".to_string());
        }
        if guarantee == Guarantee::Convergent {
            let compared = self.convergence.as_ref().map_or(&[][..], |convergence| &convergence.compared);
            let never = !compared.iter().any(|span| span.covers(position));
            return never.then(|| {
                "after writes had ceased no two processes read the same key, so nobody knows whether they would see \
                 the same"
                    .to_string()
            });
        }
        match &self.kind {
            Kind::Cells(cells) => cells.doubt(guarantee, position),
            Kind::Set(elements) => elements.doubt(guarantee, position),
            Kind::Bank(banks, _) => banks
                .values()
                .find(|bank| bank.vague.is_some_and(|since| since <= position))
                .map(|_| "reads show different accounts, so their sums cannot be compared".to_string()),
            Kind::Counter(_) => None,
            Kind::None => Some("it is no guarantee of such an object".to_string()),
        }
    }
}

impl Cells {
    fn complete(&mut self, history: &History, place: u32, times: &Times, breaks: &mut Breaks) {
        let operation = &history.operations()[place as usize];
        let at = operation.completed.unwrap_or(operation.invoked);
        if let Some(recency) = &mut self.recency {
            recency.complete(history, place, times, breaks);
        }
        if !self.of_sessions || self.web.unfit().is_some() {
            return;
        }
        match self.web.complete(history, place) {
            Some(News::Step { session, step }) => {
                if step.saw == Some(Origin::Nowhere) {
                    let mut found: Places = smallvec![step.place];
                    if OF_SESSIONS.iter().any(|one| breaks.wants(*one)) {
                        found.extend(self.web.failed_writers(history, step.place));
                        note_sessions(breaks, at, &Suspects::These(found));
                    }
                }
                let web = &self.web;
                self.sessions.step(web, session, step, at, breaks);
                if let Some(causal) = &mut self.causal {
                    causal.step(web, session, step, at, breaks);
                }
                for views in &mut self.views {
                    views.step(web, session, step, at, breaks);
                }
            }
            Some(News::FailedYetSeen { place, seen_by }) => {
                note_sessions(breaks, at, &Suspects::These(smallvec![place, seen_by]));
            }
            None => {}
        }
    }

    fn doubt(&self, guarantee: Guarantee, position: u64) -> Option<String> {
        if OF_RECENCY.contains(&guarantee) {
            let recency = self.recency.as_ref()?;
            let by_then = |since: Option<u64>| since.is_some_and(|since| since <= position);
            return if by_then(recency.appends) {
                Some(
                    "pieces that are appended are not all different, so it is not plain what was seen"
                        .to_string(),
                )
            } else if guarantee == Guarantee::NoLostWrite && by_then(recency.unclear) {
                Some(
                    "a value was seen of which one write failed, so it is not plain which write was seen"
                        .to_string(),
                )
            } else {
                None
            };
        }
        if let Some((_, why)) = self.web.unfit().filter(|(since, _)| *since <= position) {
            return Some(why.clone());
        }
        let full =
            self.views.iter().find(|views| views.guarantee() == guarantee).and_then(|views| views.full);
        if full.is_some_and(|since| since <= position) {
            return Some(TOO_LARGE.to_string());
        }
        self.web.vague().filter(|since| *since <= position).map(|_| {
            "some values were written more than once, so it is not plain which write a read of them saw; without these \
             reads nothing is wrong; where each value is written once it is judged"
                .to_string()
        })
    }
}

pub(super) const TOO_LARGE: &str =
    "so many operations of so many processes are more than there is memory for";

/// What was seen was written by nobody: that breaks everything judged from who saw what.
fn note_sessions(breaks: &mut Breaks, at: u64, suspects: &Suspects) {
    for guarantee in OF_SESSIONS {
        breaks.note(guarantee, at, suspects.clone());
    }
}
