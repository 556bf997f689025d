//! Figures of many runs, on their page: which is shown, what was asked for, what is being made and what is made.
//!
//! What is made stays for this visit, so that coming back to a figure shows it at once. Nothing here is part of a run.

use run::Run;
use run::figure::{BadPlan, Curve, Plan, suggested_values};
use sim::Lab;
use sim::figure::{Figure, Ours, Summary};

use super::State;
use crate::workshop::Workshop;

/// What the page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// A published figure of the lab, by its place among them.
    #[default]
    First,
    /// The same, another than the first.
    Published(usize),
    /// Any measure, over many seeds of the run that is open.
    Free,
}

/// What somebody asks for in the free form.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// The measure.
    pub measure: String,
    /// How many runs.
    pub runs: u64,
    /// Along this parameter; the distribution where none.
    pub along: Option<String>,
    /// Its values, with commas between.
    pub values: String,
    /// The distribution as shares of runs rather than as a histogram.
    pub shares: bool,
}

/// What the page asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Shows another.
    Show(Subject),
    /// The form was filled in otherwise.
    Fill(Form),
    /// Makes what is shown: a published figure of so many runs.
    Make(Option<u64>),
    /// Ends the making; what has been made stays.
    Cancel,
}

/// How many runs the free form offers.
pub const RUNS: [u64; 4] = [20, 100, 500, 2_000];
/// What a curve along a parameter shows.
pub const SUMMARIES: [Summary; 2] = [Summary::Percentile(5_000), Summary::Percentile(9_900)];
/// In a page, about so many events a frame are made.
const EVENTS_A_FRAME: u64 = 6_000;
/// So many figures are kept.
const KEPT: usize = 16;

/// A figure that is made, or on its way.
pub struct Bench {
    lab: &'static str,
    subject: Subject,
    /// What was asked for: a form, or how many runs.
    pub form: Option<Form>,
    /// The run that the free form was asked of.
    pub run: Option<Run>,
    workshop: Workshop,
    /// As far as it is made.
    pub curves: Vec<Curve>,
    /// Ended before it was all made.
    pub cancelled: bool,
}

impl Bench {
    /// How much is made, 0 to 1.
    pub fn share(&self) -> f32 {
        self.workshop.making().share()
    }

    /// Whether somebody works on it.
    pub fn is_working(&self) -> bool {
        !self.cancelled && !self.workshop.making().is_done()
    }

    /// How many runs a curve, or a point, is made of; 0 where it is computed.
    pub fn runs(&self) -> u64 {
        self.workshop.making().plan().runs()
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        self.workshop.making().plan()
    }
}

/// The state of the page.
#[derive(Default)]
pub struct Figures {
    shown: Subject,
    form: Option<Form>,
    benches: Vec<Bench>,
}

impl Figures {
    /// What the page shows in this lab.
    pub fn subject(&self, lab: &dyn Lab) -> Subject {
        let count = lab.figures().len();
        match self.shown {
            Subject::First if count > 0 => Subject::Published(0),
            Subject::Published(at) if at < count => Subject::Published(at),
            _ => Subject::Free,
        }
    }

    /// The form, as it was filled in or as it is at first.
    pub fn form(&self, run: &Run) -> Form {
        let measures = run.lab().measures();
        let first = || measures.first().map_or_else(String::new, |measure| measure.id.to_owned());
        match &self.form {
            Some(form) if measures.iter().any(|measure| measure.id == form.measure) => form.clone(),
            _ => Form { measure: first(), runs: RUNS[1], along: None, values: String::new(), shares: false },
        }
    }

    /// What is made, or being made, of what the page shows.
    pub fn bench(&self, lab: &dyn Lab) -> Option<&Bench> {
        let subject = self.subject(lab);
        self.benches.iter().find(|bench| bench.lab == lab.about().id && bench.subject == subject)
    }

    /// Takes in what is new; whether anything is being made. In a page, only while its figures are `open`.
    pub fn advance(&mut self, open: bool) -> bool {
        let mut working = false;
        for bench in self.benches.iter_mut().filter(|bench| bench.is_working()) {
            if cfg!(target_arch = "wasm32") && !open {
                continue;
            }
            if bench.workshop.advance(EVENTS_A_FRAME) {
                bench.curves = bench.workshop.making().curves();
            }
            working |= bench.is_working();
        }
        working
    }

    /// Makes the rest of what is shown, and waits for it.
    pub fn finish(&mut self) {
        for bench in self.benches.iter_mut().filter(|bench| bench.is_working()) {
            bench.workshop.finish(|_| true);
            bench.curves = bench.workshop.making().curves();
        }
    }

    fn put(&mut self, bench: Bench) {
        self.benches.retain(|known| known.lab != bench.lab || known.subject != bench.subject);
        self.benches.push(bench);
        let too_many = self.benches.len().saturating_sub(KEPT);
        self.benches.drain(..too_many);
    }
}

/// How many runs a published figure is made of, as offered: a quick look, a better one, as its lab says.
pub fn offered(figure: &Figure) -> Vec<u64> {
    match figure.ours {
        Ours::Distribution { seeds, .. } | Ours::Along { seeds, .. } => {
            let mut offered: Vec<u64> = [30, 200].into_iter().filter(|runs| *runs < seeds).collect();
            offered.push(seeds);
            offered
        }
        Ours::Computed { .. } => Vec::new(),
    }
}

/// What the form asks for.
fn plan_of(form: &Form, run: &Run) -> Result<Plan, BadPlan> {
    match &form.along {
        None => Plan::distribution(run, &form.measure, form.runs),
        Some(parameter) => {
            let values: Vec<String> = form
                .values
                .split(',')
                .map(|value| value.trim().to_owned())
                .filter(|v| !v.is_empty())
                .collect();
            Plan::along(run, &form.measure, parameter, &values, &SUMMARIES, form.runs)
        }
    }
}

impl State {
    /// Carries out what the page asks for.
    pub(super) fn ask_figures(&mut self, ask: Ask) {
        match ask {
            Ask::Show(subject) => self.figures.shown = subject,
            Ask::Fill(mut form) => {
                let before = self.figures.form(self.playback.run());
                if let Some(parameter) = form.along.as_ref().filter(|_| form.along != before.along) {
                    form.values = suggested_values(self.playback.run(), parameter).join(", ");
                }
                self.figures.form = Some(form);
            }
            Ask::Make(runs) => {
                if let Err(wrong) = self.make_figure(runs) {
                    self.toasts.say(wrong.to_string());
                }
            }
            Ask::Cancel => {
                let (lab, subject) = (self.lab().about().id, self.figures.subject(self.lab()));
                let benches = &mut self.figures.benches;
                if let Some(bench) = benches.iter_mut().find(|b| b.lab == lab && b.subject == subject) {
                    bench.cancelled = true;
                    bench.workshop.stop();
                }
            }
        }
    }

    fn make_figure(&mut self, runs: Option<u64>) -> Result<(), BadPlan> {
        let lab = self.lab();
        let subject = self.figures.subject(lab);
        let (plan, form, run) = match subject {
            Subject::Published(at) => match lab.figures().get(at) {
                Some(figure) => (Plan::figure(lab, figure, runs)?, None, None),
                None => return Ok(()),
            },
            Subject::First | Subject::Free => {
                let run = self.playback.run().clone();
                let form = self.figures.form(&run);
                (plan_of(&form, &run)?, Some(form), Some(run))
            }
        };
        let workshop = Workshop::new(plan);
        let lab = lab.about().id;
        self.figures.put(Bench { lab, subject, form, run, workshop, curves: Vec::new(), cancelled: false });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::state::store::Saved;
    use run::Playback;
    use sim::Time;

    fn state() -> State {
        let mut run = Run::new(catalog::LABS[0]);
        run.end = Time::millis(2_000);
        State::new(Playback::new(run), Saved::default())
    }

    fn ask(state: &mut State, ask: Ask) {
        state.apply(Action::Figures(ask));
    }

    #[test]
    fn a_published_figure_is_made_and_kept() {
        let mut state = state();
        let lab = state.lab();
        assert_eq!(state.figures.subject(lab), Subject::Published(0));
        ask(&mut state, Ask::Make(Some(3)));
        state.figures.finish();
        let bench = state.figures.bench(lab).unwrap();
        assert!(!bench.is_working() && bench.share() == 1.0 && bench.runs() == 3);
        assert_eq!(bench.curves.len(), 6);
        ask(&mut state, Ask::Show(Subject::Published(1)));
        assert!(state.figures.bench(lab).is_none());
        ask(&mut state, Ask::Show(Subject::Published(0)));
        assert!(state.figures.bench(lab).is_some(), "it is still there");
        assert!(!state.figures.advance(true));
    }

    #[test]
    fn any_measure_is_spread_over_seeds_or_along_a_parameter() {
        let mut state = state();
        ask(&mut state, Ask::Show(Subject::Free));
        let lab = state.lab();
        let form =
            Form { measure: "answered".to_owned(), runs: 5, ..state.figures.form(state.playback.run()) };
        ask(&mut state, Ask::Fill(form.clone()));
        ask(&mut state, Ask::Make(None));
        state.figures.finish();
        let spread = state.figures.bench(lab).unwrap().curves[0].spread.clone().unwrap();
        assert_eq!(spread.runs(), 5);
        ask(&mut state, Ask::Fill(Form { along: Some("think".to_owned()), ..form }));
        assert_eq!(state.figures.form(state.playback.run()).values, "75ms, 150ms, 300ms, 600ms, 1.2s");
        ask(&mut state, Ask::Make(None));
        state.figures.finish();
        let curves = &state.figures.bench(lab).unwrap().curves;
        assert_eq!(curves.iter().map(|curve| curve.name.as_str()).collect::<Vec<_>>(), ["median", "p99"]);
    }

    #[test]
    fn what_cannot_be_made_is_told_and_what_is_cancelled_rests() {
        let mut state = state();
        ask(&mut state, Ask::Show(Subject::Free));
        let form = state.figures.form(state.playback.run());
        ask(&mut state, Ask::Fill(Form { along: Some("nodes".to_owned()), ..form.clone() }));
        let filled = state.figures.form(state.playback.run());
        ask(&mut state, Ask::Fill(Form { values: "3, ninety".to_owned(), ..filled }));
        ask(&mut state, Ask::Make(None));
        assert!(state.figures.bench(state.lab()).is_none());
        assert!(state.toasts.shown().iter().any(|toast| toast.text.contains("nodes=ninety")));
        ask(&mut state, Ask::Fill(Form { runs: 50_000, ..form }));
        ask(&mut state, Ask::Make(None));
        assert!(state.figures.bench(state.lab()).unwrap().is_working());
        ask(&mut state, Ask::Cancel);
        assert!(!state.figures.bench(state.lab()).unwrap().is_working() && !state.figures.advance(true));
    }
}
