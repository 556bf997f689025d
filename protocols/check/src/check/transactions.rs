//! Guarantees of transactions: one examination answers for all of them.
//!
//! Where values repeat, the examination cannot tell whose a value is that was read, and leaves much undecided. If there are
//! times, a search for one order of all transactions then takes its place: [`super::serial`].

use std::sync::Arc;

use crate::isolation::lattice::Model;
use crate::isolation::{Answer, Examination, Goal, Objects, Reason, Transactions};
use crate::names::Guarantee;
use crate::read::{Imported, Origin};

use super::serial::Serial;
use super::{Claim, Evidence, Job, Request, STEPS, Shown};

/// What has to be done to answer for the guarantees that were asked for.
pub(super) fn jobs(history: &Arc<Transactions>, asked: &[Guarantee], request: &Request) -> Vec<Box<dyn Job>> {
    let models: Vec<(Guarantee, Model)> = asked
        .iter()
        .filter_map(|guarantee| {
            let name = match guarantee {
                Guarantee::Linearizable => Guarantee::StrictSerializable.name(),
                other => other.name(),
            };
            Some((*guarantee, Model::promised_by(name, history.conventions())?))
        })
        .collect();
    let goal = match models.as_slice() {
        [(_, only)] => Goal::One(*only),
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

impl Job for Levels {
    fn advance(&mut self, _imported: &Imported, steps: u64) -> bool {
        self.examination.advance(steps)
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let claim = |(guarantee, model): &(Guarantee, Model)| {
            let Some(report) = self.examination.report() else {
                return Claim::open(*guarantee, Reason::Budget.to_string());
            };
            match report.answer(*model) {
                Answer::Holds(_) => Claim::held(*guarantee),
                Answer::Undecided(reason) => Claim::open(*guarantee, reason.to_string()),
                Answer::Broken(finding) => {
                    let history = self.examination.history();
                    let places = finding.proof.transactions();
                    let operations = places.iter().map(|place| shown(imported, history, *place));
                    let evidence = Evidence {
                        sentence: finding.anomaly.words(),
                        operations: operations.collect(),
                        because: Vec::new(),
                    };
                    Claim::broken(*guarantee, evidence)
                }
            }
        };
        self.models.iter().map(claim).collect()
    }
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
