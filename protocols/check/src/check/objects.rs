//! Guarantees of single objects: linearizability by the judge, all others by an examination.

use crate::consistency::{Examination, Finding, Setting, Times, known};
use crate::evidence::{Evidence as Found, Explain};
use crate::history::{History, Invocation, Operation, Outcome};
use crate::judge::{Judge, JudgeError, Verdict, events_of};
use crate::linearizable::Linearized;
use crate::linearizable::unfold::{Unfolded, unfold};
use crate::models::{Any, Cell, CellCall, Model};
use crate::names::{Guarantee, ModelName};
use crate::read::{Imported, Subject};
use crate::story::Story;
use crate::value::Value;

use super::{CheckError, Claim, Evidence, Job, Request, STEPS, Shown, Witness, implies};

/// What has to be done to answer for the guarantees that were asked for.
pub(super) fn jobs(
    imported: &Imported,
    history: &History,
    asked: &[Guarantee],
    request: &Request,
) -> Result<Vec<Box<dyn Job>>, CheckError> {
    let mut jobs: Vec<Box<dyn Job>> = Vec::new();
    let alone = asked == [Guarantee::Linearizable];
    let steps = request.steps.unwrap_or(STEPS);
    // What is asked for beside it must have its turn, however long the search for an order takes.
    let most = if alone { u64::MAX } else { steps / 2 };
    match imported.model {
        ModelName::Register => jobs.extend(linearizable(imported, history, Cell::Register, asked, most)?),
        ModelName::CasRegister => {
            jobs.extend(linearizable(imported, history, Cell::CasRegister, asked, most)?)
        }
        ModelName::Kv => jobs.extend(linearizable(imported, history, Cell::KeyValue, asked, most)?),
        other => {
            if let Some(model) = Any::of(other, None) {
                jobs.extend(linearizable(imported, history, model, asked, most)?);
            }
        }
    }
    let weaker: Vec<Guarantee> =
        known(imported.model).into_iter().filter(|one| asked.contains(one)).collect();
    let (sequential, others): (Vec<_>, Vec<_>) =
        weaker.into_iter().partition(|one| *one == Guarantee::Sequential);
    for asked in [others, sequential] {
        if !asked.is_empty() {
            jobs.push(Box::new(Weaker { asked, examination: None }));
        }
    }
    Ok(jobs)
}

/// The job for linearizability, if it is asked for. Every operation must mean something to the model in any case, before
/// any work is done.
fn linearizable<M: Linearized + 'static>(
    imported: &Imported,
    history: &History,
    model: M,
    asked: &[Guarantee],
    most: u64,
) -> Result<Option<Box<dyn Job>>, CheckError> {
    for (place, operation) in history.operations().iter().enumerate() {
        model.call(operation).map_err(|error| CheckError::Model {
            line: imported.origins.get(place).map(|origin| origin.line()),
            error,
        })?;
    }
    if !asked.contains(&Guarantee::Linearizable) {
        return Ok(None);
    }
    let unfolded = if imported.model == ModelName::Kv { unfold(history).ok().flatten() } else { None };
    let operations: Vec<&Operation> = history.operations().iter().collect();
    let events = events_of(&operations);
    let judge = Judge::new(model);
    Ok(Some(Box::new(Linearizable { events, fed: 0, unfolded, judge, explain: None, most, done: false })))
}

/// Whether a history is linearizable.
struct Linearizable<M: Linearized> {
    /// The events to be fed: position, place of the operation, whether it completes.
    events: Vec<(u64, u32, bool)>,
    fed: usize,
    /// Appends turned into swaps, where that can be done.
    unfolded: Option<Unfolded>,
    judge: Judge<M>,
    explain: Option<Box<Explain<M>>>,
    /// How many steps are left for it.
    most: u64,
    done: bool,
}

/// The operations of a story as the file has them.
fn shown(imported: &Imported, history: &History, story: &Story) -> Vec<Shown> {
    let operations = story.proof.iter().map(|proof| {
        let place = history.place(proof.id);
        let origin = place.and_then(|place| imported.origins.get(place as usize));
        let place = place.map_or(proof.id, u64::from);
        let client = super::lane(imported, proof.lane);
        let mut shown = Shown::new(place, client, proof.label.clone(), origin);
        shown.source = proof.source;
        if proof.answered.is_none() {
            shown.answered = None;
            shown.completed_line = None;
        }
        shown
    });
    operations.collect()
}

/// What one operation of a story saw, where it was written only after it was seen: the story then says so. Otherwise nothing.
fn tell_later(imported: &Imported, history: &History, story: &mut Story) {
    if !matches!(imported.model, ModelName::Register | ModelName::CasRegister | ModelName::Kv) {
        return;
    }
    let Some(headline) = story.headline.strip_suffix('.').filter(|said| said.contains("nobody had")) else {
        return;
    };
    let later = story.proof.iter().find_map(|proof| {
        let seer = history.get(proof.id)?;
        let seen = Cell::KeyValue.call(seer).ok()??.sees()?.clone();
        let wrote = |one: &&Operation| {
            let asked = Operation { outcome: Outcome::Open, output: Default::default(), ..(*one).clone() };
            let call = Cell::KeyValue.call(&asked).ok().flatten();
            one.id != seer.id
                && one.outcome != Outcome::Failed
                && one.key == seer.key
                && call.is_some_and(|call| call.leaves() == Some(&seen))
        };
        let first = history.operations().iter().find(wrote)?;
        (Some(first.invoked) > seer.completed).then_some((first, seen))
    });
    let Some((later, seen)) = later else { return };
    let line = history.place(later.id).and_then(|place| imported.origins.get(place as usize));
    let line = line.map_or_else(String::new, |origin| format!(" (line {})", origin.line()));
    let who = super::lane(imported, later.lane);
    let told = format!("{headline} yet.");
    story.because.push(format!("{who} asked to write {seen} only later{line}."));
    story.headline = told;
}

impl<M: Linearized> Linearizable<M> {
    fn feed(&mut self, history: &History, at: u64, place: u32, completes: bool) -> Result<(), JudgeError> {
        let fed_as = self.unfolded.as_ref().map_or(history, |unfolded| &unfolded.history);
        let Operation { id, lane, process, function, key, input, output, outcome, .. } =
            fed_as.operations()[place as usize].clone();
        if completes {
            return self.judge.complete(at, id, outcome, output);
        }
        self.judge.invoke(at, Invocation { id, lane, process, function, key, input })
    }

    /// An append is taken for a swap by a read that shows its piece: adds that read to the proof, unless one is in it.
    /// Whether any was added.
    fn show_places(&self, history: &History, found: &mut Found) -> bool {
        if self.unfolded.is_none() {
            return false;
        }
        let value = |one: &Operation| match Cell::KeyValue.call(one) {
            Ok(Some(CellCall::Read(Some(value)))) if one.outcome == Outcome::Ok => Some(value),
            _ => None,
        };
        let shows = |one: &Operation, piece: &Value| match (value(one), piece) {
            (Some(Value::Text(text)), Value::Text(piece)) => text.contains(&**piece),
            (Some(Value::List(items)), piece) => items.contains(piece),
            _ => false,
        };
        let mut more: Vec<&Operation> = Vec::new();
        for append in found.needed().filter(|one| one.function == "append") {
            let Some(piece) = append.input.first() else { continue };
            if found.operations.iter().chain(more.iter().copied()).any(|one| shows(one, piece)) {
                continue;
            }
            let all = history.operations().iter().filter(|one| one.key == append.key);
            more.extend(all.filter(|one| shows(one, piece)).min_by_key(|one| one.completed));
        }
        let added = !more.is_empty();
        let more: Vec<Operation> = more.into_iter().cloned().collect();
        found.operations.retain(|one| more.iter().all(|other| other.id != one.id));
        found.operations.extend(more);
        found.operations.sort_by_key(|one| one.invoked);
        added
    }

    /// The proof in words, with the operations as the file has them.
    fn evidence(&self, imported: &Imported, history: &History, found: &Found) -> Evidence {
        let mut found = found.clone();
        for operation in &mut found.operations {
            if let Some(original) = history.get(operation.id).and_then(|original| original.as_of(found.at)) {
                *operation = original;
            }
        }
        let places = self.show_places(history, &mut found);
        let mut story = found.story_with(&|lane| super::lane(imported, lane));
        tell_later(imported, history, &mut story);
        let operations = shown(imported, history, &story);
        let mut because = story.because;
        if places {
            because.push(
                "Where an append stands is told by what reads show of what it added; these are among the operations."
                    .to_owned(),
            );
        }
        if self.unfolded.as_ref().is_some_and(|unfolded| unfolded.ambiguous.contains(&found.key)) {
            because.push(
                "Some texts were appended more than once. Whichever append is taken for which, no order exists; \
                 this is why for one of the ways."
                    .to_owned(),
            );
        }
        Evidence { sentence: story.headline, operations, because }
    }
}

impl<M: Linearized> Job for Linearizable<M> {
    fn advance(&mut self, imported: &Imported, steps: u64) -> bool {
        let Subject::Objects(history) = &imported.subject else { return true };
        let mut left = steps;
        while left > 0 && self.fed < self.events.len() {
            let (at, place, completes) = self.events[self.fed];
            self.fed += 1;
            left -= 1;
            // The history is well formed and its operations are the model's: nothing can be refused.
            let fed = self.feed(history, at, place, completes);
            debug_assert_eq!(fed, Ok(()));
            if let Verdict::Broken { .. } = self.judge.verdict() {
                self.fed = self.events.len();
            }
        }
        if self.fed < self.events.len() {
            return false;
        }
        left = self.judge.work(left);
        match self.judge.verdict() {
            Verdict::Holds => self.done = true,
            Verdict::NotDecided => {
                self.most = self.most.saturating_sub(steps);
                return self.most == 0;
            }
            Verdict::Broken { .. } => {
                if self.explain.is_none() {
                    self.explain = self.judge.explain().map(Box::new);
                }
                self.done = self.explain.as_mut().is_none_or(|explain| explain.advance(left.max(1)));
            }
        }
        self.done
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let guarantee = Guarantee::Linearizable;
        let Subject::Objects(history) = &imported.subject else { return Vec::new() };
        let claim = match (self.judge.verdict(), &self.explain) {
            (Verdict::Broken { .. }, Some(explain)) if explain.evidence().is_some() => {
                let found = explain.evidence().map(|found| self.evidence(imported, history, found));
                Claim::broken(guarantee, found.unwrap_or_default())
            }
            (Verdict::Broken { at, .. }, _) => {
                let event = self.events.iter().find(|(position, ..)| *position == at);
                Claim::broken(
                    guarantee,
                    super::unexplained(imported, history, event.map(|(_, place, _)| *place)),
                )
            }
            (Verdict::Holds, _) if self.done => {
                let place = |id: &u64| history.place(*id).map(u64::from);
                let order: Vec<u64> = self.judge.witness().iter().flatten().filter_map(place).collect();
                let sentence =
                    "One order of all operations, each at one moment while it ran, explains every answer."
                        .to_owned();
                Claim::shown(guarantee, Witness { sentence, order })
            }
            _ => Claim::open(
                guarantee,
                "the search for an order of the operations took too long; give it more time, or a shorter history",
            ),
        };
        vec![claim]
    }
}

/// Guarantees that one examination answers for.
struct Weaker {
    asked: Vec<Guarantee>,
    examination: Option<Box<Examination>>,
}

/// When the events of the history happened, if the file says so of all of them.
fn times(imported: &Imported, history: &History) -> Times {
    let mut clock: Vec<(u64, u64)> = Vec::with_capacity(history.operations().len() * 2);
    for (operation, origin) in
        history.operations().iter().zip(&imported.origins).skip(imported.made_up as usize)
    {
        let events = [(Some(operation.invoked), origin.invoked()), (operation.completed, origin.completed())];
        for (position, time) in events {
            let Some(position) = position else { continue };
            let Some(time) = time.and_then(|time| u64::try_from(time).ok()) else { return Times::default() };
            clock.push((position, time));
        }
    }
    clock.sort_unstable();
    if clock.windows(2).any(|pair| pair[0].1 > pair[1].1) {
        // A clock that goes back tells no time.
        return Times::default();
    }
    Times::of_clock(clock)
}

impl Job for Weaker {
    fn wanted(&self, found: &[Claim]) -> bool {
        let is_known = |guarantee: Guarantee| {
            found.iter().any(|claim| match claim.holds {
                Some(true) => implies(claim.guarantee, guarantee),
                Some(false) => implies(guarantee, claim.guarantee),
                None => false,
            })
        };
        // Of staleness the figures are of interest even where there is none.
        self.asked.iter().any(|one| *one == Guarantee::BoundedStaleness || !is_known(*one))
    }

    fn advance(&mut self, imported: &Imported, steps: u64) -> bool {
        let Subject::Objects(history) = &imported.subject else { return true };
        let examination = self.examination.get_or_insert_with(|| {
            let setting =
                Setting { times: times(imported, history), made_up: imported.made_up, ..Setting::default() };
            Box::new(Examination::new(history, imported.model, &self.asked, &setting))
        });
        examination.advance(history, steps)
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let (Subject::Objects(history), Some(examination)) = (&imported.subject, &self.examination) else {
            return Vec::new();
        };
        let claim = |guarantee: &Guarantee| match examination.finding(*guarantee) {
            Finding::Holds(witness) => {
                let place = |id: &u64| history.place(*id).map(u64::from);
                let order: Vec<u64> = witness.order.iter().flatten().filter_map(place).collect();
                let sentence = match witness.figures {
                    Some(figures) => figures,
                    None if order.is_empty() => "Nothing that was told is against it.".to_owned(),
                    None => "One order of all operations keeps each client's own and explains every answer."
                        .to_owned(),
                };
                Claim::shown(*guarantee, Witness { sentence, order })
            }
            Finding::Undecided(why) => Claim::open(*guarantee, why),
            Finding::Broken(None) => {
                let sentence =
                    format!("It breaks {guarantee}. There was no time to find the smallest proof.");
                Claim::broken(*guarantee, Evidence { sentence, ..Evidence::default() })
            }
            Finding::Broken(Some(proof)) => {
                let mut story = proof.story_with(&|lane| super::lane(imported, lane));
                tell_later(imported, history, &mut story);
                let operations = shown(imported, history, &story);
                Claim::broken(
                    *guarantee,
                    Evidence { sentence: story.headline, operations, because: story.because },
                )
            }
        };
        self.asked.iter().map(claim).collect()
    }
}
