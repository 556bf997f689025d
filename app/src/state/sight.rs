//! What the window looks at more closely: the causes of something, or the world as one node can know it. Worked out once a
//! frame at most, and kept while the same is looked at.

use run::cone::Cone;
use sim::story::{ArrowEnd, BandState, Rank};
use sim::view::{ActorView, Body, View};
use sim::{ActorId, EventId, Moment};

use super::State;
use crate::action::Selection;
use crate::lens::Lens;

/// Facts looked through for the last one that a node can know.
const FACTS_BACK: usize = 4_000;

/// What is kept of it.
#[derive(Default)]
pub struct Sight {
    /// Of which events, of which run of the trace.
    causes: Option<((EventId, EventId, u64), Cone)>,
    /// Whose eyes are looked through.
    of: Option<ActorId>,
    known: Option<((EventId, u64, Moment), Cone, View)>,
}

impl State {
    /// The events asked about, as the first and the last of one thing: what the learner asked "why?" of, else what is
    /// selected, where that is something that happened. Nothing while a prediction is open.
    pub fn asked_about(&self) -> Option<(EventId, EventId)> {
        if self.is_held() || self.is_first() {
            return None;
        }
        let trace = self.playback.trace();
        let (first, last) = match (self.why, &self.selection) {
            (Some(event), _) => (event, event),
            (None, Selection::Event(event)) => (*event, *event),
            (None, Selection::Message(id)) => {
                let arrow = trace.story.arrow(*id)?;
                let arrived = arrow.end == ArrowEnd::Delivered;
                (arrow.sent_by, if arrived { arrow.end_event } else { arrow.sent_by })
            }
            (None, Selection::Operation(id)) => {
                let operation = trace.story.operations.iter().find(|operation| operation.id == *id)?;
                let event = operation.completed_by.unwrap_or(operation.invoked_by);
                (event, event)
            }
            (None, Selection::Violation(at)) => {
                let event = trace.violations.get(*at)?.event;
                (event, event)
            }
            _ => return None,
        };
        ((last.0 as usize) < trace.events.len()).then_some((first, last))
    }

    /// Brings what is kept up to what is looked at now. Called after whatever may have changed it.
    pub(super) fn look(&mut self) {
        let age = self.playback.rewritten();
        let asked = self.asked_about().filter(|_| self.sight.of.is_none());
        let trace = self.playback.trace();
        match (asked, &mut self.sight.causes) {
            (Some((first, last)), Some((of, cone))) if *of == (first, last, age) => cone.grow(trace),
            (Some((first, last)), kept) => {
                *kept = Some(((first, last, age), Cone::between(trace, first, last)));
            }
            (None, kept) => *kept = None,
        }
        self.look_through(age);
    }

    /// The world as the chosen node can know it at the moment shown.
    fn look_through(&mut self, age: u64) {
        let of = self.sight.of.filter(|of| self.playback.view().actor(*of).is_some() && !self.is_held());
        let last = of.and_then(|of| self.last_event_of(of));
        let (Some(of), Some(last)) = (of, last) else {
            self.sight.known = None;
            return;
        };
        let key = (last, age, self.playback.shown());
        match self.sight.known.take() {
            Some((kept, cone, view)) if kept == key => self.sight.known = Some((kept, cone, view)),
            Some((kept, cone, _)) if (kept.0, kept.1) == (last, age) => {
                let view = self.known_view(of, &cone);
                self.sight.known = Some((key, cone, view));
            }
            _ => {
                let cone = Cone::without_future(self.playback.trace(), last);
                let view = self.known_view(of, &cone);
                self.sight.known = Some((key, cone, view));
            }
        }
    }

    /// The last event of an actor at the moment shown.
    fn last_event_of(&self, actor: ActorId) -> Option<EventId> {
        let events = usize::try_from(self.playback.events().0).ok()?;
        let trace = self.playback.trace();
        let place = trace.events.range(..events).rposition(|record| record.actor == Some(actor))?;
        Some(EventId(place as u64))
    }

    fn known_view(&self, of: ActorId, cone: &Cone) -> View {
        let lens = Lens::Knowledge { of, cone };
        let mut view = self.playback.view().clone();
        let story = self.playback.story();
        for actor in view.actors.iter_mut().filter(|actor| actor.id != of) {
            *actor = self.guess(actor.id, of, cone);
        }
        view.flights.retain(|flight| {
            story.arrow(flight.id).is_some_and(|arrow| lens.arrow(&arrow) != crate::lens::Light::Out)
        });
        // That a link is cut nobody sees: messages only do not come.
        view.broken.retain(|broken| broken.pothole);
        for strip in &mut view.strips {
            match &mut strip.body {
                Body::Cells(rows) => rows.retain(|row| row.actor == of),
                Body::Table(table) => table.rows.retain(|row| row.actor == Some(of)),
                _ => {}
            }
        }
        let whole = |body: &Body| !matches!(body, Body::Cells(_) | Body::Table(_));
        view.strips.retain(|strip| !whole(&strip.body));
        view
    }

    /// What a node must take another for: what that was when last heard of, as far as that was told.
    fn guess(&self, actor: ActorId, of: ActorId, cone: &Cone) -> ActorView {
        let mut guess = ActorView::new(actor);
        let Some(heard) = cone.of_actor(actor).0 else {
            guess.headline = format!("{of} has never heard of {actor}");
            return guess;
        };
        let band = self.playback.story().band_at(actor, heard);
        if let Some(BandState::Role(role)) = band.map(|band| band.state) {
            guess.role = Some(role);
            let version = self.lab().about().version;
            if role.rank != Rank::Client {
                guess.headline =
                    format!("{}, {version} {}?", crate::panels::verdict::capital(role.label), role.version);
            }
        }
        guess.subline =
            format!("{of} last heard of it as it was at {heard}: what it is now, {of} cannot know");
        guess
    }

    /// Through what canvas and time line are seen.
    pub fn lens(&self) -> Option<Lens<'_>> {
        if let (Some(of), Some((_, cone, _))) = (self.sight.of, &self.sight.known) {
            return Some(Lens::Knowledge { of, cone });
        }
        self.sight.causes.as_ref().map(|(_, cone)| Lens::Causes(cone))
    }

    /// What is connected with what was asked about.
    pub fn causes(&self) -> Option<&Cone> {
        self.sight.causes.as_ref().map(|(_, cone)| cone)
    }

    /// Whose eyes the window looks through, if not through its own.
    pub fn seen_by(&self) -> Option<ActorId> {
        self.sight.of.filter(|_| self.sight.known.is_some())
    }

    /// Nothing of another run is looked at any more.
    pub(super) fn forget_sight(&mut self) {
        self.sight = Sight::default();
        self.futures = super::futures::Futures::default();
    }

    /// Shows only what the selected node can know, or everything again.
    pub(super) fn toggle_knowledge(&mut self) {
        match (self.sight.of, &self.selection) {
            (None, Selection::Actor(actor)) if !self.is_held() => self.sight.of = Some(*actor),
            (None, Selection::Actor(_)) => self.toasts.say("The run waits for your guess"),
            (None, _) => self.toasts.say("Select the node or client through whose eyes you want to look"),
            (Some(_), _) => self.sight.of = None,
        }
    }

    /// The cluster as it is looked at: all of it, or what one node can know.
    pub fn view(&self) -> &View {
        self.sight.known.as_ref().map_or_else(|| self.playback.view(), |(_, _, view)| view)
    }

    /// The last thing that happened which the node looked through can know of.
    pub(super) fn known_story_line(&self) -> Option<String> {
        let (of, (_, cone, _)) = (self.sight.of?, self.sight.known.as_ref()?);
        let trace = self.playback.trace();
        let facts = trace.facts.range(..trace.facts.from(self.playback.events()));
        let lens = Lens::Knowledge { of, cone };
        let mut known = facts.rev().take(FACTS_BACK).filter(|fact| fact.matters);
        let fact = known.find(|fact| lens.event(fact.event) == crate::lens::Light::Full);
        Some(fact.map_or_else(String::new, |fact| format!("{}: {}", fact.at, fact.sentence)))
    }
}
