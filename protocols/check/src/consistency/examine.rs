//! One entry for all guarantees of a history: see [`Examination`].

use std::collections::VecDeque;

use super::grown::{NOT_JUDGED, OF_PIECES, Pram, SEARCHED_MOST, UNCLEAR, Visible, grows};
use super::proof::{Explain, Figures};
use super::rename::{Renamed, rename};
use super::sequential::{self, Answer, Way};
use super::timeless::{Timeless, timeless};
use super::watch::{OF_RECENCY, OF_SESSIONS, Standing, Watch, watched};
use super::{Proof, Setting, Suspects};
use crate::history::History;
use crate::judge::events_of;
use crate::names::{Guarantee, ModelName};

/// The guarantees, short of linearizability, that a history of that model can be examined for.
pub fn known(model: ModelName) -> Vec<Guarantee> {
    if model.is_transactional() {
        return Vec::new();
    }
    let mut known = vec![Guarantee::Sequential];
    known.extend(watched(model));
    known
}

/// Why a history keeps a guarantee.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// An order of the operations, by id, that explains every answer, where it is one that the guarantee asks for.
    pub order: Option<Vec<u64>>,
    /// What there is to be counted, in a sentence: how stale reads were.
    pub figures: Option<String>,
}

/// What an examination found of one guarantee.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It is kept.
    Holds(Witness),
    /// It is broken; the proof once that is found, if one is looked for.
    Broken(Option<Proof>),
    /// It is not decided, and why.
    Undecided(String),
}

/// The examination of one history, in steps.
///
/// ```
/// use check::consistency::{Examination, Finding, Setting};
/// use check::names::{Guarantee, ModelName};
/// use check::{History, Invocation, Outcome, Value};
/// use smallvec::smallvec;
///
/// let mut history = History::new();
/// history.invoke(0, Invocation::write(1, 0, None, "milk"))?;
/// history.complete(1, 1, Outcome::Ok, smallvec![])?;
/// history.invoke(2, Invocation::read(2, 0, None))?;
/// history.complete(3, 2, Outcome::Ok, smallvec![Value::Nil])?;
/// let asked = [Guarantee::ReadYourWrites, Guarantee::MonotonicReads];
/// let mut examination = Examination::new(&history, ModelName::Register, &asked, &Setting::default());
/// while !examination.advance(&history, 1000) {}
/// let Finding::Broken(Some(proof)) = examination.finding(Guarantee::ReadYourWrites) else { panic!() };
/// assert_eq!(proof.story().headline, "c0 had been told ok for writing milk, and then itself read nothing.");
/// assert!(matches!(examination.finding(Guarantee::MonotonicReads), Finding::Holds(_)));
/// # Ok::<(), check::HistoryError>(())
/// ```
pub struct Examination {
    model: ModelName,
    setting: Setting,
    renamed: Renamed,
    in_time: Option<Watched>,
    /// What says nothing of time, where time makes a difference.
    out_of_time: Option<(Timeless, Watched)>,
    order: Option<Box<dyn Way>>,
    /// What is left to a search, because values grow by appends or what was seen goes in a circle.
    apart: Apart,
    /// Broken guarantees of which the proof is not found yet.
    unproven: VecDeque<Guarantee>,
    explain: Option<Explain>,
    proofs: bool,
    findings: Vec<(Guarantee, Option<Finding>)>,
}

/// What is judged neither event by event nor by one order of all.
#[derive(Default)]
struct Apart {
    /// Guarantees that are not watched because values grow by appends.
    grown: Vec<Guarantee>,
    /// What is visible, once that was looked at; `None` if it is not plain.
    visible: Option<Option<Visible>>,
    pram: Option<Pram>,
}

/// Guarantees that are judged as a history is told, event by event.
struct Watched {
    guarantees: Vec<Guarantee>,
    watch: Watch,
    events: Vec<(u64, u32, bool)>,
    fed: usize,
}

impl Watched {
    fn new(history: &History, model: ModelName, guarantees: Vec<Guarantee>, setting: &Setting) -> Self {
        let watch = Watch::new(model, &guarantees, setting);
        let operations: Vec<&crate::Operation> = history.operations().iter().collect();
        Self { guarantees, watch, events: events_of(&operations), fed: 0 }
    }

    fn is_fed(&self) -> bool {
        self.fed == self.events.len()
    }

    fn feed(&mut self, history: &History, left: &mut u64) {
        while *left > 0
            && let Some((_, place, completes)) = self.events.get(self.fed).copied()
        {
            self.fed += 1;
            *left -= 1;
            if completes {
                self.watch.complete(history, place);
            } else {
                self.watch.invoke(history, place);
            }
        }
    }
}

impl Examination {
    /// Of a history whose operations the model takes, for these guarantees. Those that are none of the model are left
    /// undecided.
    pub fn new(history: &History, model: ModelName, asked: &[Guarantee], setting: &Setting) -> Self {
        let renamed = rename(history, model, setting);
        let now = renamed.history.as_ref().unwrap_or(history);
        let mut live: Vec<Guarantee> =
            asked.iter().copied().filter(|one| watched(model).contains(one)).collect();
        let mut out_of_time = None;
        let mut apart = Apart::default();
        if grows(history, model) {
            let is_grown = |one: &mut Guarantee| OF_SESSIONS.contains(one) || OF_RECENCY.contains(one);
            apart.grown = live.extract_if(.., is_grown).collect();
            // An operation that only says what is there at first would have to come first in every view.
            if apart.grown.contains(&Guarantee::Pram) && setting.made_up == 0 {
                apart.pram = Some(Pram::new(history, setting));
            }
        }
        if live.iter().any(|one| OF_SESSIONS.contains(one))
            && let Some(timeless) = timeless(now, model)
        {
            let without_time = live.extract_if(.., |one| OF_SESSIONS.contains(one)).collect();
            let mut watched =
                Watched::new(timeless.history.as_ref().unwrap_or(now), model, without_time, setting);
            watched.watch = watched.watch.foreseeing(&timeless.foreseen);
            if timeless.circular {
                watched.events.clear();
                if watched.guarantees.contains(&Guarantee::Pram) {
                    apart.pram = Some(Pram::new(now, setting));
                }
            }
            out_of_time = Some((timeless, watched));
        }
        let in_time = (!live.is_empty()).then(|| Watched::new(now, model, live, setting));
        let is_known = |one: &Guarantee| known(model).contains(one);
        let unknown = |one: &Guarantee| {
            (!is_known(one)).then(|| Finding::Undecided(format!("{one} is no guarantee of a {model}")))
        };
        Self {
            model,
            setting: setting.clone(),
            in_time,
            out_of_time,
            order: None,
            apart,
            unproven: VecDeque::new(),
            explain: None,
            proofs: true,
            findings: asked.iter().map(|one| (*one, unknown(one))).collect(),
            renamed,
        }
    }

    /// The same, for whoever asks for verdicts alone: no proofs are looked for.
    pub fn without_proofs(mut self) -> Self {
        self.proofs = false;
        self
    }

    /// What was found of a guarantee.
    pub fn finding(&self, guarantee: Guarantee) -> Finding {
        let found = self.findings.iter().find(|(one, _)| *one == guarantee);
        match found {
            Some((_, Some(finding))) => finding.clone(),
            Some((Guarantee::Sequential, None)) if self.order.is_some() => {
                Finding::Undecided("the search for an order of the operations took too long; give it more time, or a shorter history".to_string())
            }
            Some((_, None)) => Finding::Undecided("its turn did not come in time; give it more time".to_string()),
            None => Finding::Undecided("it was not asked for".to_string()),
        }
    }

    /// Works for about so many steps on the history that the examination was made of; whether everything is found.
    pub fn advance(&mut self, history: &History, steps: u64) -> bool {
        let mut left = steps.max(1);
        while left > 0 {
            if self.is_behind() {
                self.feed(history, &mut left);
            } else if self.apart.visible.is_none()
                && self.apart.grown.iter().any(|one| OF_PIECES.contains(one))
            {
                left = left.saturating_sub(history.operations().len() as u64);
                self.apart.visible = Some(Visible::of(history));
            } else if self.findings.iter().any(|(one, found)| self.is_due(*one, found)) {
                self.conclude(history);
            } else if let Some(guarantee) = self.unproven.front().copied() {
                self.prove(history, guarantee, &mut left);
            } else if let Some(pram) = self.apart.pram.as_mut().filter(|pram| *pram.answer() == Answer::Open)
            {
                pram.work(&mut left);
            } else if self.findings.iter().any(|(_, found)| found.is_none()) {
                self.look_for_order(history, &mut left);
            } else {
                return true;
            }
        }
        self.unproven.is_empty() && self.findings.iter().all(|(_, found)| found.is_some())
    }

    fn now<'a>(&'a self, history: &'a History) -> &'a History {
        self.renamed.history.as_ref().unwrap_or(history)
    }

    fn is_behind(&self) -> bool {
        let apart = self.out_of_time.as_ref().map(|(_, watched)| watched);
        self.in_time.iter().chain(apart).any(|watched| !watched.is_fed())
    }

    fn feed(&mut self, history: &History, left: &mut u64) {
        let Self { renamed, in_time, out_of_time, .. } = self;
        let now = renamed.history.as_ref().unwrap_or(history);
        if let Some(watched) = in_time {
            watched.feed(now, left);
        }
        if let Some((timeless, watched)) = out_of_time {
            watched.feed(timeless.history.as_ref().unwrap_or(now), left);
        }
    }

    /// How a guarantee that was watched stands.
    fn standing(&self, guarantee: Guarantee) -> Standing {
        if let Some(pram) = self.apart.pram.as_ref().filter(|pram| {
            let is_known = *pram.answer() != Answer::Unfit || !self.apart.grown.is_empty();
            guarantee == Guarantee::Pram && is_known
        }) {
            return match pram.answer() {
                Answer::Holds(_) => Standing::Holds,
                Answer::Broken => Standing::Broken { at: u64::MAX },
                Answer::Unfit => Standing::Undecided(NOT_JUDGED.to_string()),
                Answer::Open | Answer::TooLarge => Standing::Undecided(
                    "the search for an order for each session took too long; give it a shorter history"
                        .to_string(),
                ),
            };
        }
        if self.apart.grown.contains(&guarantee) {
            if !OF_PIECES.contains(&guarantee) {
                return Standing::Undecided(NOT_JUDGED.to_string());
            }
            let visible = self.apart.visible.as_ref().and_then(Option::as_ref);
            return match visible.map(|visible| visible.broken.iter().any(|(one, _)| *one == guarantee)) {
                Some(true) => Standing::Broken { at: u64::MAX },
                Some(false) => Standing::Holds,
                None => Standing::Undecided(UNCLEAR.to_string()),
            };
        }
        if let Some((timeless, watched)) = &self.out_of_time
            && watched.guarantees.contains(&guarantee)
        {
            return match timeless.circular {
                true if is_causal(guarantee) => Standing::Broken { at: u64::MAX },
                true => Standing::Undecided(CIRCULAR.to_string()),
                false => watched.watch.standing_at(guarantee, u64::MAX),
            };
        }
        match &self.in_time {
            Some(watched) => watched.watch.standing_at(guarantee, u64::MAX),
            None => Standing::Undecided("it is not judged here".to_string()),
        }
    }

    /// Everything was watched.
    fn conclude(&mut self, history: &History) {
        let mut found = Vec::new();
        let mut search = false;
        for (guarantee, _) in self.findings.iter().filter(|(one, found)| self.is_due(*one, found)) {
            let finding = match self.standing(*guarantee) {
                Standing::Undecided(_) if *guarantee == Guarantee::Pram && self.is_searchable(history) => {
                    search = true;
                    continue;
                }
                Standing::Holds => Finding::Holds(Witness { order: None, figures: self.told(*guarantee) }),
                Standing::Undecided(why) => Finding::Undecided(why),
                Standing::Broken { .. }
                    if !self.apart.grown.contains(guarantee) && self.is_guess(*guarantee) =>
                {
                    Finding::Undecided(SEVERAL.to_string())
                }
                Standing::Broken { .. } => Finding::Broken(None),
            };
            found.push((*guarantee, finding));
        }
        if search {
            self.apart.pram = Some(Pram::new(self.now(history), &self.setting));
        }
        for (guarantee, finding) in found {
            if self.proofs && matches!(finding, Finding::Broken(_)) {
                self.unproven.push_back(guarantee);
            }
            self.set(guarantee, finding);
        }
    }

    /// Whether PRAM may be left to a search, where it is not plain what was seen.
    fn is_searchable(&self, history: &History) -> bool {
        let is_cell = matches!(self.model, ModelName::Register | ModelName::CasRegister | ModelName::Kv);
        let is_small = history.operations().len() <= SEARCHED_MOST;
        is_cell && is_small && self.apart.pram.is_none() && self.apart.grown.is_empty()
    }

    /// Whether a guarantee is concluded from what was watched, and is not yet.
    fn is_due(&self, guarantee: Guarantee, found: &Option<Finding>) -> bool {
        let searched = || self.apart.pram.as_ref().is_some_and(|pram| *pram.answer() == Answer::Open);
        let waits = guarantee == Guarantee::Sequential || (guarantee == Guarantee::Pram && searched());
        found.is_none() && !waits
    }

    /// Whether what is found to be broken may be kept in another way of telling equal pieces apart.
    fn is_guess(&self, guarantee: Guarantee) -> bool {
        let counted = matches!(guarantee, Guarantee::IntervalCounter | Guarantee::Conservation);
        self.renamed.one_of_several && !counted
    }

    fn set(&mut self, guarantee: Guarantee, finding: Finding) {
        for (one, found) in &mut self.findings {
            if *one == guarantee {
                *found = Some(finding.clone());
            }
        }
    }

    /// What there is to be counted of a guarantee that is kept.
    fn told(&self, guarantee: Guarantee) -> Option<String> {
        let Watched { watch, .. } = self.in_time.as_ref()?;
        match guarantee {
            Guarantee::BoundedStaleness => {
                let (versions, time) = watch.staleness()?;
                Some(super::words::staleness(versions.versions, time.time, self.setting.times.is_clock()))
            }
            Guarantee::Convergent => {
                let took = watch.settled_after().filter(|took| *took > 0)?;
                let time = super::words::time(took, self.setting.times.is_clock());
                Some(format!("Reads last differed {time} after writes had ceased."))
            }
            _ => None,
        }
    }

    fn prove(&mut self, history: &History, guarantee: Guarantee, left: &mut u64) {
        if self.explain.is_none() {
            self.explain = Some(self.explain(history, guarantee));
        }
        let Some(explain) = &mut self.explain else { return };
        if explain.work(left) {
            let proof = explain.proof(history);
            self.set(guarantee, Finding::Broken(Some(proof)));
            self.explain = None;
            self.unproven.pop_front();
        }
    }

    fn explain(&self, history: &History, guarantee: Guarantee) -> Explain {
        let now = self.now(history);
        let whole = |now: &History| {
            let (all, figures) = (Suspects::All, Figures::default());
            Explain::new(guarantee, self.model, &self.setting, now, u64::MAX, &all, figures)
        };
        if guarantee == Guarantee::Pram && self.apart.pram.is_some() {
            // What was given, with its appends as they are; without what only says what objects hold at first.
            let now = if self.apart.grown.is_empty() { now } else { history };
            return whole(now).by_search();
        }
        if self.apart.grown.contains(&guarantee) {
            let visible = self.apart.visible.as_ref().and_then(Option::as_ref);
            let broken =
                visible.iter().flat_map(|visible| &visible.broken).find(|(one, _)| *one == guarantee);
            let suspects = broken.map_or(Suspects::All, |(_, suspects)| suspects.clone());
            let figures = Figures::default();
            return Explain::new(guarantee, self.model, &self.setting, history, u64::MAX, &suspects, figures);
        }
        if let Some((timeless, watched)) = &self.out_of_time
            && watched.guarantees.contains(&guarantee)
        {
            let now = timeless.history.as_ref().filter(|_| !timeless.circular).unwrap_or(now);
            let watched = watched.watch.explain(now, guarantee, u64::MAX);
            return watched.unwrap_or_else(|| whole(now)).out_of_time();
        }
        let watched =
            self.in_time.as_ref().and_then(|watched| watched.watch.explain(now, guarantee, u64::MAX));
        watched.unwrap_or_else(|| whole(now))
    }

    fn look_for_order(&mut self, history: &History, left: &mut u64) {
        if self.order.is_none() {
            let way = sequential::decide(self.model, self.now(history), &self.setting);
            self.order = Some(way);
        }
        let Some(way) = &mut self.order else { return };
        way.work(left);
        let answer = way.answer().clone();
        let finding = match answer {
            Answer::Open => return,
            Answer::Holds(places) => {
                let operations = self.now(history).operations();
                let order = places.iter().map(|place| operations[*place as usize].id).collect();
                Finding::Holds(Witness { order: Some(order), figures: None })
            }
            Answer::Broken if self.is_guess(Guarantee::Sequential) => {
                // With the appends as they are there is nothing to be guessed.
                self.renamed = Renamed { history: None, one_of_several: false };
                self.order = Some(sequential::search(self.model, history, &self.setting));
                return;
            }
            Answer::Broken => {
                self.unproven.extend(self.proofs.then_some(Guarantee::Sequential));
                Finding::Broken(None)
            }
            Answer::TooLarge => Finding::Undecided(
                "so many operations of so many processes are more than the search has memory for; give it a shorter history, or fewer keys".to_string(),
            ),
            Answer::Unfit => Finding::Undecided(
                "a process has two operations open at once, or goes on after one of unknown outcome, so it has no \
                 order of its own"
                    .to_string(),
            ),
        };
        self.set(Guarantee::Sequential, finding);
    }
}

/// Whether it asks that causes come before effects.
pub(super) fn is_causal(guarantee: Guarantee) -> bool {
    matches!(guarantee, Guarantee::Causal | Guarantee::WeakCausal | Guarantee::CausalConvergence)
}

const CIRCULAR: &str = "what some clients saw depends on what they wrote only afterwards, in a circle; causality is broken, and what \
     says less is not judged then";

const SEVERAL: &str = "equal pieces were appended, and with one of the ways to tell them apart it is broken; another way may keep it";
