//! What is in the light and what is not: everything that is connected with one event, or all that one node can know.
//!
//! Canvas and time line draw through a [`Lens`]. Without one everything is in full light.

use run::cone::{Cone, Side};
use sim::story::{Arrow, ArrowEnd, Operation};
use sim::{ActorId, EventId, Time};

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// As it is.
    Full,
    /// Pale: it happened beside what is looked at.
    Dim,
    /// Known to have begun; what became of it is not known.
    Begun,
    /// Not at all: nobody who is asked could know of it.
    Out,
}

/// Through what everything is seen.
#[derive(Clone, Copy, Debug)]
pub enum Lens<'a> {
    /// What an event depended on and what depended on it is lit; what happened beside it is dim.
    Causes(&'a Cone),
    /// One actor's eyes: its own events and what messages told it. The cone is that of its last event.
    Knowledge {
        /// Whose.
        of: ActorId,
        /// All it can know.
        cone: &'a Cone,
    },
}

impl Lens<'_> {
    fn knows(cone: &Cone, event: EventId) -> bool {
        event == cone.first || cone.past().has(event)
    }

    /// How an event is drawn.
    pub fn event(&self, event: EventId) -> Light {
        match self {
            Lens::Causes(cone) if cone.side(event) == Side::Beside => Light::Dim,
            Lens::Knowledge { cone, .. } if !Self::knows(cone, event) => Light::Out,
            _ => Light::Full,
        }
    }

    /// How a message is drawn.
    pub fn arrow(&self, arrow: &Arrow) -> Light {
        match self {
            Lens::Causes(cone) if cone.arrow(arrow) == Side::Beside => Light::Dim,
            Lens::Causes(_) => Light::Full,
            Lens::Knowledge { cone, .. } => {
                let arrived = arrow.end == ArrowEnd::Delivered && Self::knows(cone, arrow.end_event);
                match (Self::knows(cone, arrow.sent_by), arrived) {
                    (false, _) => Light::Out,
                    (true, true) => Light::Full,
                    (true, false) => Light::Begun,
                }
            }
        }
    }

    /// How a client's operation is drawn.
    pub fn operation(&self, operation: &Operation) -> Light {
        match self {
            Lens::Causes(cone) if cone.operation(operation) == Side::Beside => Light::Dim,
            Lens::Causes(_) => Light::Full,
            Lens::Knowledge { cone, .. } => {
                let answered = operation.completed_by.is_some_and(|event| Self::knows(cone, event));
                match (Self::knows(cone, operation.invoked_by), answered) {
                    (false, _) => Light::Out,
                    (true, true) => Light::Full,
                    (true, false) => Light::Begun,
                }
            }
        }
    }

    /// The stretch of an actor's lane that is not lit: after the first time, before the second. Nothing where all of it is.
    pub fn veil(&self, actor: ActorId) -> Option<(Option<Time>, Option<Time>)> {
        match self {
            Lens::Causes(cone) => {
                let (until, from) = cone.of_actor(actor);
                let none = matches!((until, from), (Some(until), Some(from)) if from <= until);
                (!none).then_some((until, from))
            }
            Lens::Knowledge { of, .. } if *of == actor => None,
            Lens::Knowledge { cone, .. } => Some((cone.of_actor(actor).0, None)),
        }
    }

    /// Whether an actor is not lit at a time.
    pub fn is_veiled(&self, actor: ActorId, at: Time) -> bool {
        self.veil(actor).is_some_and(|(until, from)| {
            until.is_none_or(|until| at > until) && from.is_none_or(|from| at < from)
        })
    }

    /// Where what is asked about stands, if at somebody.
    pub fn middle(&self) -> Option<(ActorId, Time)> {
        match self {
            Lens::Causes(cone) => cone.actor.map(|actor| (actor, cone.at)),
            Lens::Knowledge { .. } => None,
        }
    }
}
