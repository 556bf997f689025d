//! The first difference between two ways a run went.
//!
//! Two branches have a past in common, and are the same in it event by event. [`Other`] computes the other one beside the one
//! that is shown, in slices, no further than to where they part.

use crate::run::Run;
use crate::why::Reader;
use sim::ids::{ActorId, EventId};
use sim::lab::{Running, Stop};
use sim::time::{Moment, Time};
use sim::trace::{EventKind, EventRecord, Recorder, Trace};

/// Where two runs part.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The earlier of the two times.
    pub at: Time,
    /// The event, by its place: the same in both, and the first that is not the same.
    pub event: EventId,
    /// What happens in the first run; nothing where it is over.
    pub here: Option<String>,
    /// What happens in the other.
    pub there: Option<String>,
}

/// What an event is, whichever run it is in.
#[derive(PartialEq)]
struct Content<'a> {
    at: Time,
    actor: Option<ActorId>,
    /// Which kind of event, and which timer.
    kind: u64,
    /// From whom to whom, and its name.
    message: Option<(ActorId, ActorId, &'static str)>,
    /// The words of a command.
    words: &'a str,
}

fn content(trace: &Trace, record: EventRecord) -> Content<'_> {
    let arrow = |id| {
        let arrow = trace.story.arrow(id)?;
        let kind = trace.story.kinds.get(usize::from(arrow.kind)).copied().unwrap_or_default();
        Some((arrow.from, arrow.to, kind))
    };
    let (kind, message, words) = match record.kind {
        EventKind::Start => (0, None, ""),
        EventKind::Deliver(id) => (1, arrow(id), ""),
        EventKind::Timer(packed) => (packed.wrapping_mul(16).wrapping_add(2), None, ""),
        EventKind::Synced => (3, None, ""),
        EventKind::DiskFailed => (4, None, ""),
        EventKind::Command(mark) => {
            let text = trace.story.marks.get(mark as usize).map_or("", |mark| &*mark.text);
            (5, None, text)
        }
        EventKind::Verb => (6, None, ""),
        EventKind::FaultEnded => (7, None, ""),
        EventKind::Lost(id) => (8, arrow(id), ""),
    };
    Content { at: record.at, actor: record.actor, kind, message, words }
}

/// The first difference at or after an event, as far as both were computed; `None` while they are the same so far.
pub fn first_difference(here: &Trace, there: &Trace, from: EventId) -> Option<Difference> {
    let start = usize::try_from(from.0).ok()?;
    let both = here.events.len().min(there.events.len());
    let pairs = (start..both)
        .zip(here.events.range(start.min(both)..both).zip(there.events.range(start.min(both)..both)));
    let mut pairs = pairs.into_iter();
    let (place, (a, b)) = pairs.find(|(_, (a, b))| content(here, *a) != content(there, *b))?;
    let event = EventId(place as u64);
    let told = |trace: &Trace, record| Some(Reader::new(trace).told(event, record));
    Some(Difference { at: a.at.min(b.at), event, here: told(here, a), there: told(there, b) })
}

/// Another run, computed beside the one that is shown, as far as the two are the same.
pub struct Other {
    run: Run,
    world: Box<dyn Running>,
    trace: Trace,
    same: EventId,
    ended: bool,
    found: Option<Difference>,
}

impl Other {
    /// At its beginning.
    pub fn new(run: &Run) -> Self {
        let world = run.lab().start(run.setup());
        Self { run: run.clone(), world, trace: Trace::default(), same: EventId(0), ended: false, found: None }
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The first difference, where it was found.
    pub fn difference(&self) -> Option<&Difference> {
        self.found.as_ref()
    }

    /// Goes on for at most about so many events; whether there is nothing left to do now: a difference was found, or the
    /// one that is shown is the same as far as it goes.
    pub fn work(&mut self, here: &Trace, events: u64) -> bool {
        if self.found.is_some() {
            return true;
        }
        let wanted = here.events.len() as u64;
        let mine = self.trace.events.len() as u64;
        if !self.ended && mine < wanted {
            let slice = events.min(wanted - mine);
            let stop =
                self.world.advance(Moment::end_of(self.run.end), slice, &mut Recorder::into(&mut self.trace));
            self.ended = !matches!(stop, Stop::Budget);
        }
        self.found = first_difference(here, &self.trace, self.same);
        self.same = EventId((self.trace.events.len() as u64).min(wanted));
        let over = self.ended && (self.trace.events.len() as u64) < wanted;
        if self.found.is_none() && over {
            // This one is over, and the other goes on.
            let event = EventId(self.trace.events.len() as u64);
            let record = here.event(event);
            let told = record.map(|record| Reader::new(here).told(event, record));
            self.found = record.map(|record| Difference { at: record.at, event, here: told, there: None });
        }
        self.found.is_some() || self.trace.events.len() as u64 >= wanted || self.ended
    }
}
