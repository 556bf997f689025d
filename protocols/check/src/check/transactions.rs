//! Guarantees of transactions: one examination answers for all of them.
//!
//! Where values repeat, the examination cannot tell whose a value is that was read, and leaves much undecided. If there are
//! times, a search for one order of all transactions then takes its place: [`super::serial`].

use std::sync::Arc;

use crate::isolation::lattice::{Model, Scope};
use crate::isolation::{
    Answer, Examination, Finding, Goal, Objects, Reason, Report, Sessions, Story, Transactions,
    Witness as Found,
};
use crate::names::Guarantee;
use crate::read::{Imported, Origin};

use super::map::{Known, Standing};
use super::serial::Serial;
use super::{Claim, Evidence, Job, Request, STEPS, Shown, Witness};

/// What has to be done to answer for the guarantees that were asked for.
pub(super) fn jobs(history: &Arc<Transactions>, asked: &[Guarantee], request: &Request) -> Vec<Box<dyn Job>> {
    let model =
        |guarantee: &Guarantee| super::model_of(*guarantee, Scope::Transactions, history.conventions());
    let models: Vec<(Guarantee, Model)> =
        asked.iter().filter_map(|guarantee| Some((*guarantee, model(guarantee)?))).collect();
    let goal = match models.as_slice() {
        [(_, only)] if *only != Model::RepeatableRead => Goal::One(*only),
        _ => Goal::All,
    };
    let steps = request.steps.unwrap_or(STEPS);
    let examination = Examination::new(Arc::clone(history), goal, steps);
    let mut jobs: Vec<Box<dyn Job>> = vec![Box::new(Levels { models, examination })];
    if history.objects() == Objects::Registers && history.has_real_time() {
        jobs.push(Box::new(Serial::new(history)));
    }
    jobs
}

/// The levels of isolation.
struct Levels {
    models: Vec<(Guarantee, Model)>,
    examination: Examination,
}

impl Levels {
    /// What shows that the model holds. The order itself only where no other claim has it.
    fn witness(&self, report: &Report, model: Model) -> Witness {
        let Some((by, found)) = report.shown_by(model) else { return Witness::default() };
        let mut witness = order(found, by);
        if !matches!(report.answer(by), Answer::Holds(_)) {
            // The stronger model is broken all the same, by what a transaction sees of itself: no order is at fault.
            witness.sentence =
                "Between the transactions this order explains all that was seen; what is wrong lies \
                                within one of them."
                    .to_owned();
            return witness;
        }
        let other = self.models.iter().find(|(_, other)| *other == by).filter(|_| by != model);
        if let Some((guarantee, _)) = other {
            return Witness::said(format!("It follows from {guarantee}."));
        }
        if by != model {
            witness.sentence = format!("It follows from {}. {}", by.name(), witness.sentence);
        }
        witness
    }
}

/// An order by which a model was shown to hold.
fn order(found: &Found, model: Model) -> Witness {
    let (places, sentence) = match found {
        Found::Snapshots(places) => (
            places,
            "In this order each transaction stands twice: where it takes its snapshot, which has in it what was committed \
             before, and where it commits.",
        ),
        Found::Order(places) if is_serial(model) => {
            (places, "Run one after another in this order, the transactions see what they did see.")
        }
        Found::Order(places) => {
            (places, "If the transactions commit in this order, each may see what it did see.")
        }
    };
    Witness { sentence: sentence.to_owned(), order: places.iter().map(|place| u64::from(*place)).collect() }
}

/// Whether a model is shown by running transactions one after another.
fn is_serial(model: Model) -> bool {
    model.is_above(Model::ViewSerializable) || model.is_above(Model::OneCopySerializable)
}

impl Job for Levels {
    fn advance(&mut self, _imported: &Imported, steps: u64) -> bool {
        self.examination.advance(steps)
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let history = self.examination.history();
        let judged = |report: &Report, guarantee: Guarantee, model: Model| match report.answer(model) {
            Answer::Holds(_) => Claim::shown(guarantee, self.witness(report, model)),
            Answer::Undecided(reason) => Claim::open(guarantee, reason.to_string()),
            Answer::Broken(finding) => Claim::broken(guarantee, evidence(imported, history, &finding)),
        };
        let claim = |(guarantee, model): &(Guarantee, Model)| {
            let Some(report) = self.examination.report() else {
                return Claim::open(*guarantee, Reason::Budget.to_string());
            };
            let own = judged(report, *guarantee, *model);
            // Where sessions always count, repeatable read is more than the read committed of sessions as well.
            let sessions = history.conventions().sessions == Sessions::Always;
            if *model == Model::RepeatableRead && sessions && own.holds == Some(true) {
                let weaker = judged(report, *guarantee, Model::StrongSessionMonotonicAtomicView);
                return if weaker.holds == Some(true) { own } else { weaker };
            }
            own
        };
        self.models.iter().map(claim).collect()
    }

    fn known(&self, imported: &Imported) -> Vec<Known> {
        let Some(report) = self.examination.report() else { return Vec::new() };
        let history = self.examination.history();
        // Models that break for the same reason share the proof.
        let mut proofs: Vec<(Finding, Arc<Evidence>)> = Vec::new();
        let mut known = Vec::new();
        for model in Model::ALL.into_iter().filter(|model| model.scope() == Scope::Transactions) {
            let (standing, reason, evidence) = match report.answer(model) {
                Answer::Holds(_) => match report.shown_by(model) {
                    Some((by, found)) if by == model => (Standing::Holds, order(found, model).sentence, None),
                    Some((by, _)) if !matches!(report.answer(by), Answer::Holds(_)) => {
                        (Standing::Holds, self.witness(report, model).sentence, None)
                    }
                    // It follows from another one, which is known too.
                    _ => continue,
                },
                Answer::Undecided(reason) => (Standing::NotDecided, sentence(reason), None),
                Answer::Broken(finding) => {
                    let proof = match proofs.iter().find(|(other, _)| *other == finding) {
                        Some((_, proof)) => Arc::clone(proof),
                        None => {
                            let proof = Arc::new(evidence(imported, history, &finding));
                            proofs.push((finding, Arc::clone(&proof)));
                            proof
                        }
                    };
                    (Standing::Broken, proof.sentence.clone(), Some(proof))
                }
            };
            known.push(Known { model, standing, reason, evidence });
        }
        known
    }
}

/// A reason as a sentence of its own.
fn sentence(reason: Reason) -> String {
    let text = reason.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{first}{}.", letters.as_str())
}

/// The proof in words: what the anomaly is, the transactions, what ties them link by link.
fn evidence(imported: &Imported, history: &Transactions, finding: &Finding) -> Evidence {
    let story = Story::of(history, finding);
    let operations = story
        .transactions
        .iter()
        .map(|named| Shown { name: Some(named.name.clone()), ..shown(imported, history, named.place) });
    let because = story.sentences.iter().map(|sentence| {
        let indent = 2 * sentence.depth as usize;
        format!("{:indent$}{}", "", sentence.text)
    });
    Evidence { sentence: story.headline, operations: operations.collect(), because: because.collect() }
}

/// A transaction as it is shown.
pub(super) fn shown(imported: &Imported, history: &Transactions, place: u32) -> Shown {
    let transaction = history.get(place);
    let origin: Option<&Origin> = imported.origins.get(place as usize);
    let client = format!("process {}", history.process_name(transaction.process));
    let mut shown = Shown::new(u64::from(place), client, history.words(place), origin);
    if !matches!(transaction.outcome, crate::history::Outcome::Ok | crate::history::Outcome::Failed) {
        shown.answered = None;
        shown.completed_line = None;
    }
    shown
}
