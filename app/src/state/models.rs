//! The map of models for the run that is open, up to the moment shown: its history is judged in slices while the page is
//! open, or, where the lab's objects are none that a checker knows, taken from what the lab promises.

use check::check::map::{ModelMap, Node};
use check::isolation::lattice::{Model, Scope};
use sim::{EventId, OperationId};

use super::State;
use super::judged::Judged;

/// What the page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Explains this model.
    Choose(Model),
    /// Shows the models of single objects, or of transactions.
    Show(Scope),
}

/// Where the map comes from.
enum Source {
    /// From its history.
    Judged(Box<Judged>),
    /// From the lab's promises, whose map is this.
    Promised(ModelMap),
}

/// The state of the page.
#[derive(Default)]
pub struct Models {
    /// The run and moment that is judged: its digest, and how many events.
    of: Option<(u64, EventId)>,
    source: Option<Source>,
    chosen: Option<Model>,
    scope: Option<Scope>,
}

impl State {
    /// Carries out what the page asks for.
    pub(super) fn ask_models(&mut self, ask: Ask) {
        match ask {
            Ask::Choose(model) => self.models.chosen = Some(model),
            Ask::Show(scope) => (self.models.scope, self.models.chosen) = (Some(scope), None),
        }
    }

    /// Judges the run up to the moment shown, a slice at a time, while its page is open; whether there is more to do.
    pub(super) fn judge_models(&mut self, open: bool) -> bool {
        if !open || self.history.is_some() || self.working.is_some() {
            return false;
        }
        let here = (self.playback.digest(), self.playback.events());
        if self.models.of != Some(here) {
            self.models.of = Some(here);
            self.models.source = Some(self.models_source(here.1));
        }
        match &mut self.models.source {
            Some(Source::Judged(judged)) => judged.advance(),
            _ => false,
        }
    }

    fn models_source(&self, events: EventId) -> Source {
        let model = self.lab().about().model;
        if matches!(model, "register" | "cas-register" | "kv" | "counter" | "set" | "queue" | "log" | "mutex")
        {
            let recorded = run::history::recorded_until(self.playback.trace(), model, events);
            let judged = recorded.map_err(|wrong| wrong.to_string()).and_then(Judged::new);
            if let Ok(judged) = judged {
                return Source::Judged(Box::new(judged));
            }
        }
        let promises = self.playback.promises().iter().map(|promise| (promise.guarantee, promise.holds));
        Source::Promised(ModelMap::of_promises(promises, Scope::Transactions))
    }

    /// The map of what is open: of the history from a file, else of the run.
    pub fn model_map(&self) -> Option<&ModelMap> {
        match (&self.history, &self.models.source) {
            (Some(history), _) => history.judged().map(Judged::map),
            (None, Some(Source::Judged(judged))) => Some(judged.map()),
            (None, Some(Source::Promised(map))) => Some(map),
            (None, None) => None,
        }
    }

    /// How much of it is judged, 0 to 1.
    pub fn models_share(&self) -> f32 {
        match (&self.history, &self.models.source) {
            (Some(history), _) => history.judged().map_or(1.0, Judged::share),
            (None, Some(Source::Judged(judged))) => judged.share(),
            _ => 1.0,
        }
    }

    /// Which models are shown: those of single objects, or those of transactions.
    pub fn models_scope(&self) -> Scope {
        let usual = || match (&self.history, &self.models.source) {
            (Some(history), _) => history.scope(),
            (None, Some(Source::Promised(_))) => Scope::Transactions,
            _ => Scope::Operations,
        };
        self.models.scope.unwrap_or_else(usual)
    }

    /// The model that is explained.
    pub fn model_chosen(&self) -> Option<&Node> {
        let chosen = self.models.chosen?;
        self.model_map()?.nodes.iter().find(|node| node.model == chosen)
    }

    /// The operations of its proof, as the story on the time line numbers them.
    pub fn model_proof(&self) -> Vec<OperationId> {
        let Some(evidence) = self.model_chosen().and_then(|node| node.evidence.as_ref()) else {
            return Vec::new();
        };
        let places = evidence.operations.iter().map(|shown| shown.operation);
        match &self.history {
            Some(history) => places.filter_map(|place| history.operation_at(place)).collect(),
            // A run's history has its operations in the order of its story.
            None => places.map(OperationId).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Action, Page};
    use crate::state::lesson::Course;
    use crate::state::store::Saved;
    use check::check::map::Standing;
    use run::Playback;

    fn finish(state: &mut State) {
        while state.tick(0.1) {}
    }

    #[test]
    fn a_lost_write_breaks_what_is_above_and_shows_its_proof() {
        let (_, solved) = Course::at("lost-write", 3, true).unwrap();
        let mut state = State::new(Playback::new(solved.run().clone()), Saved::default());
        state.playback.show(sim::Moment::end_of(state.playback.run().end));
        assert!(state.model_map().is_none(), "nobody asked yet");
        state.apply(Action::Open(Some(Page::Models)));
        finish(&mut state);
        assert_eq!(state.models_share(), 1.0);
        assert_eq!(state.models_scope(), Scope::Operations);
        let map = state.model_map().unwrap();
        assert_eq!(map.node(Model::Linearizable).standing, Standing::Broken);
        assert_eq!(map.node(Model::StrictSerializable).standing, Standing::Broken);
        state.apply(Action::Models(Ask::Choose(Model::Linearizable)));
        let proof = state.model_proof();
        assert!(proof.len() > 1);
        let operations = &state.playback.story().operations;
        for (shown, id) in
            state.model_chosen().unwrap().evidence.as_ref().unwrap().operations.iter().zip(&proof)
        {
            let operation = operations.iter().find(|operation| operation.id == *id).unwrap();
            assert_eq!(shown.invoked, Some(operation.invoked.0 as i64), "the same operation");
        }
        state.playback.show(sim::Moment::START);
        finish(&mut state);
        assert_ne!(
            state.model_map().unwrap().node(Model::Linearizable).standing,
            Standing::Broken,
            "not yet"
        );
    }

    #[test]
    fn a_lab_without_a_checker_has_the_map_of_its_promises() {
        let mut state =
            State::new(Playback::new(run::Run::new(catalog::lab("2pc").unwrap())), Saved::default());
        state.apply(Action::Open(Some(Page::Models)));
        finish(&mut state);
        assert_eq!(state.models_scope(), Scope::Transactions);
        assert!(state.model_map().is_some());
        state.apply(Action::Models(Ask::Show(Scope::Operations)));
        assert_eq!(state.models_scope(), Scope::Operations);
    }
}
