//! From an event back to what made it so.
//!
//! Of an event's [causes](crate::cone::causes) one says most: the command that made it happen, else its trigger (what sent
//! the message, set the timer), else the actor's previous event; so "why?" is one sweep backwards. Of everything on the way
//! only what tells something is kept: a fact, a command, a message that was awaited and lost, and the fault it was lost by.

use sim::ids::{EventId, MessageId, OperationId};
use sim::ordered::SortedSet;
use sim::story::{Arrow, BandState, Operation, Outcome};
use sim::time::Time;
use sim::trace::{EventKind, EventRecord, Trace};
use std::cell::OnceCell;

use crate::cause::Faults;
use crate::cone;

/// A moment of a chain of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Time,
    /// The event to jump to.
    pub event: EventId,
    /// What happened, in a sentence.
    pub sentence: String,
    /// The rule and the values by which the node did it, where it noted them.
    pub note: Option<String>,
}

/// Events looked at on the way back.
const FARTHEST: u32 = 2_000;
/// Events of one actor looked through for answers that came together.
const GATHERED: usize = 200;
/// Causes followed in search of how a promise could be broken.
const MOST_CAUSES: usize = 100_000;
/// Steps told, the event itself among them.
const MOST_STEPS: usize = 10;
/// Moments of how it could happen.
const MOST_MOMENTS: usize = 10;

/// Reads a trace backwards.
pub(crate) struct Reader<'a> {
    trace: &'a Trace,
    /// Read once something asks for them.
    faults: OnceCell<Faults<'a>>,
}

/// What a client was told, in a sentence.
fn answer(operation: &Operation) -> String {
    let Operation { client, label, .. } = operation;
    let told = match operation.answered_by {
        Some(node) => format!("{node} tells {client}"),
        None => format!("{client} is told"),
    };
    match (operation.outcome, operation.output.first()) {
        (Outcome::Open, _) => format!("{client} asks: {label}"),
        (Outcome::Unknown, _) => format!("{client} gives up on “{label}”"),
        (Outcome::Failed, None) => format!("{told} no, for “{label}”"),
        (Outcome::Ok, None) => format!("{told} ok, for “{label}”"),
        (_, Some(value)) => format!("{told} “{value}”, for “{label}”"),
    }
}

impl<'a> Reader<'a> {
    /// Of a trace.
    pub fn new(trace: &'a Trace) -> Self {
        Self { trace, faults: OnceCell::new() }
    }

    fn faults(&self) -> &Faults<'a> {
        self.faults.get_or_init(|| Faults::of(&self.trace.story.marks))
    }

    fn step(&self, event: EventId, sentence: String) -> Option<Step> {
        let at = self.trace.event(event)?.at;
        Some(Step { at, event, sentence, note: None })
    }

    fn arrow(&self, id: MessageId) -> Option<Arrow> {
        self.trace.story.arrow(id)
    }

    /// What a message is called.
    pub fn kind(&self, arrow: &Arrow) -> &'static str {
        self.trace.story.kinds.get(usize::from(arrow.kind)).copied().unwrap_or("message")
    }

    /// What an event did that is worth telling: its command, or the fact that matters most.
    fn telling(&self, event: EventId, record: EventRecord) -> Option<String> {
        if let Some(mark) = self.mark(event, record) {
            return Some(mark);
        }
        let mut facts = self.trace.facts.of(event);
        let first = facts.clone().next();
        let fact = facts.find(|fact| fact.matters).or(first)?;
        Some(fact.sentence.to_string())
    }

    fn mark(&self, event: EventId, record: EventRecord) -> Option<String> {
        let EventKind::Command(at) = record.kind else { return None };
        let mark = self.trace.story.marks.get(at as usize).filter(|mark| mark.event == event)?;
        let told = sim::command::parse(&mark.text)
            .map_or_else(|_| mark.text.to_string(), |c| sim::command::tell(&c));
        let by = if mark.by_chaos { "chaos: " } else { "" };
        let nothing = if mark.nothing_to_do { " (which found nothing to do)" } else { "" };
        Some(format!("{by}{told}{nothing}"))
    }

    /// An event in words: what it did that is worth telling, else what it was.
    pub fn told(&self, event: EventId, record: EventRecord) -> String {
        self.telling(event, record).unwrap_or_else(|| self.plain(record))
    }

    /// The event in words, whatever it is.
    pub fn plain(&self, record: EventRecord) -> String {
        let who = record.actor.map_or_else(|| "the cluster".to_owned(), |actor| actor.to_string());
        match record.kind {
            EventKind::Start => format!("{who} started"),
            EventKind::Deliver(id) => match self.arrow(id) {
                Some(arrow) => format!("{who} got {} from {}", self.kind(&arrow), arrow.from),
                None => format!("{who} got a message"),
            },
            EventKind::Timer(_) => format!("a timer of {who} went off"),
            EventKind::Synced => format!("the disk of {who} had everything written so far"),
            EventKind::DiskFailed => format!("the disk of {who} failed"),
            EventKind::Command(_) => "a command".to_owned(),
            EventKind::Verb => format!("{who} was asked by hand"),
            EventKind::FaultEnded => "a fault ended by itself".to_owned(),
            EventKind::Lost(id) => match self.arrow(id) {
                Some(arrow) => format!(
                    "{} from {} to {} ended: {}",
                    self.kind(&arrow),
                    arrow.from,
                    arrow.to,
                    arrow.end.words()
                ),
                None => "a message was lost".to_owned(),
            },
        }
    }

    /// For an answer at which its receiver did something that matters: all who had answered so by then, itself among them.
    /// One vote elects nobody; it was the last of a majority.
    fn gathered(&self, event: EventId, record: EventRecord) -> Option<Step> {
        let EventKind::Deliver(id) = record.kind else { return None };
        let last = self.arrow(id).filter(|arrow| !arrow.asks)?;
        self.trace.facts.of(event).find(|fact| fact.matters)?;
        let (mut senders, mut first) = (vec![last.from], event);
        let (mut at, mut before) = (record.previous, event);
        for _ in 0..GATHERED {
            if at >= before {
                break;
            }
            let earlier = self.trace.event(at)?;
            // What mattered before that closed an earlier round.
            if self.trace.facts.of(at).any(|fact| fact.matters) {
                break;
            }
            if let EventKind::Deliver(id) = earlier.kind
                && let Some(arrow) = self.arrow(id)
                && arrow.kind == last.kind
                && !senders.contains(&arrow.from)
            {
                senders.push(arrow.from);
                first = at;
            }
            (before, at) = (at, earlier.previous);
        }
        if senders.len() < 2 {
            return None;
        }
        senders.sort_unstable();
        let names: Vec<String> = senders.iter().map(ToString::to_string).collect();
        let (end, begin) = names.split_last()?;
        let sentence = format!("{} came from {} and {end}", self.kind(&last), begin.join(", "));
        self.step(first, sentence)
    }

    /// For a timer that went off: the last message that was lost while it ran, of those that would have stopped it.
    ///
    /// Which those are is seen from what set it. What a message set, as a leader's does the election timer, the next one
    /// from there would have set again. What was set with a request, an answer would have stopped: then the request was
    /// lost, or the answer. A timer that sets itself, as a leader's heartbeat does, goes off whatever is lost.
    fn awaited(&self, event: EventId, record: EventRecord) -> Option<(Step, Arrow)> {
        let (EventKind::Timer(_), Some(actor)) = (record.kind, record.actor) else { return None };
        let set = self.trace.event(record.trigger).filter(|_| record.trigger < event)?;
        let setter = match set.kind {
            EventKind::Deliver(id) => Some(self.arrow(id)?),
            _ => None,
        };
        let story = &self.trace.story;
        let arrows = || story.arrows.range(story.arrows_between(set.at, record.at));
        let asked = |arrow: &Arrow| arrow.sent_by == record.trigger && arrow.from == actor && arrow.asks;
        let whom: Vec<_> = arrows().filter(asked).map(|arrow| arrow.to).collect();
        let stops = |arrow: &Arrow| match &setter {
            Some(setter) if arrow.to == actor => {
                arrow.from == setter.from && (arrow.asks || arrow.kind == setter.kind)
            }
            _ if set.kind == record.kind => asked(arrow) && !arrow.routine,
            _ if arrow.from == actor => asked(arrow),
            _ => arrow.to == actor && whom.contains(&arrow.from),
        };
        let lost = |arrow: &Arrow| arrow.end.lost() && arrow.ended >= set.at && arrow.ended <= record.at;
        let arrow = arrows().rev().filter(lost).find(stops)?;
        let (kind, from, to) = (self.kind(&arrow), arrow.from, arrow.to);
        let sentence = format!("{kind} from {from} did not reach {to}: {}", arrow.end.words());
        let at = if arrow.end_event < event { arrow.end_event } else { arrow.sent_by };
        Some((Step { at: arrow.ended, event: at, sentence, note: None }, arrow))
    }

    /// For a timer that went off although nothing was lost: what stopped the one whose message had set it.
    fn silenced(&self, record: EventRecord) -> Option<Step> {
        let EventKind::Timer(_) = record.kind else { return None };
        let set = self.trace.event(record.trigger)?;
        let EventKind::Deliver(id) = set.kind else { return None };
        let from = self.arrow(id)?.from;
        let band = self.trace.story.band_at(from, record.at)?;
        if !matches!(band.state, BandState::Down | BandState::Paused) {
            return None;
        }
        let told = self.trace.event(band.event).and_then(|record| self.mark(band.event, record));
        self.step(band.event, told.unwrap_or_else(|| format!("{from} stopped")))
    }

    /// The fault that a message was lost by.
    fn fault(&self, arrow: &Arrow) -> Option<Step> {
        let mark = self.faults().behind(arrow)?;
        self.step(mark.event, self.mark(mark.event, self.trace.event(mark.event)?)?)
    }

    /// The chain of causes of an event, the event itself first.
    pub fn why(&self, event: EventId) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut at = event;
        for _ in 0..FARTHEST {
            let Some(record) = self.trace.event(at) else { break };
            let told = self.telling(at, record);
            if let Some(sentence) = told.or_else(|| (at == event).then(|| self.plain(record))) {
                let repeated = steps.iter().any(|step| step.sentence == sentence);
                steps.extend(self.step(at, sentence).filter(|_| !repeated));
            }
            steps.extend(self.gathered(at, record));
            let [trigger, previous, command] = cone::causes(self.trace, at, record);
            if let (Some((lost, arrow)), None) = (self.awaited(at, record), command) {
                let fault = self.fault(&arrow);
                steps.push(lost);
                steps.extend(fault);
                break;
            }
            if let (Some(silenced), None) = (self.silenced(record), command) {
                steps.push(silenced);
                break;
            }
            if matches!(record.kind, EventKind::Command(_)) || steps.len() >= MOST_STEPS {
                break;
            }
            // A command says most; the trigger came from elsewhere; the node's own past is all there is without them.
            match command.or(trigger).or(previous) {
                Some(cause) => at = cause,
                None => break,
            }
        }
        steps.truncate(MOST_STEPS);
        steps
    }

    /// Every event that some of these had as a cause, however far back, no further than `first`; with them.
    fn causes(&self, of: impl IntoIterator<Item = EventId>, first: EventId) -> SortedSet<EventId> {
        let mut open: SortedSet<EventId> = of.into_iter().collect();
        // A cause is earlier than what it caused: so they are seen in descending order, each once.
        let mut seen = Vec::new();
        while let Some(event) = open.pop_last() {
            if seen.len() >= MOST_CAUSES {
                break;
            }
            if event < first {
                continue;
            }
            seen.push(event);
            let Some(record) = self.trace.event(event) else { continue };
            open.extend(cone::causes(self.trace, event, record).into_iter().flatten());
        }
        seen.into_iter().rev().collect()
    }

    /// The commands that a causal path came of: those on it, those by which a message that it sent was lost, and those that
    /// made a timer of it go off.
    fn commands_behind(
        &self,
        path: &SortedSet<EventId>,
        first: EventId,
        last: EventId,
    ) -> SortedSet<EventId> {
        let story = &self.trace.story;
        let mut behind = SortedSet::new();
        let at = |event: EventId| self.trace.event(event).map_or(Time::ZERO, |record| record.at);
        for arrow in story.arrows.range(story.arrows_between(at(first), at(last))) {
            if arrow.end.lost() && path.contains(&arrow.sent_by) {
                behind.extend(self.faults().behind(&arrow).map(|mark| mark.event));
            }
        }
        for event in path {
            let Some(record) = self.trace.event(*event) else { continue };
            match record.kind {
                EventKind::Command(_) => behind.extend([*event]),
                EventKind::Timer(_) => {
                    let lost = self.awaited(*event, record).and_then(|(_, arrow)| self.fault(&arrow));
                    behind.extend(lost.or_else(|| self.silenced(record)).map(|step| step.event));
                }
                _ => {}
            }
        }
        behind
    }

    /// How a broken promise could come about: the proof's own operations, the commands behind the causal path of its last
    /// one, and the facts that matter on it, as moments in order; and, where there is room, what else was done meanwhile.
    pub fn how(&self, proof: &[OperationId]) -> Vec<Step> {
        let operations: Vec<_> =
            proof.iter().filter_map(|id| crate::history::operation(self.trace, *id)).collect();
        let Some(first) = operations.iter().map(|operation| operation.invoked_by).min() else {
            return Vec::new();
        };
        let last =
            operations.iter().map(|operation| operation.completed_by.unwrap_or(operation.invoked_by)).max();
        let Some(last) = last else { return Vec::new() };
        let path = self.causes([last], first);
        let mut moments: Vec<(u8, Step)> = Vec::new();
        for operation in &operations {
            let event = operation.completed_by.unwrap_or(operation.invoked_by);
            let sentence = answer(operation);
            moments.extend(self.step(event, sentence).map(|step| (0, step)));
        }
        let behind = self.commands_behind(&path, first, last);
        let marks = self.trace.story.marks.iter();
        let within = |m: &&sim::story::Mark| m.event >= first && m.event <= last && !m.nothing_to_do;
        for mark in marks.filter(within).filter(|mark| !mark.is_request()) {
            let rank = match (behind.contains(&mark.event), mark.by_chaos) {
                (true, false) => 1,
                (true, true) => 2,
                (false, _) => 4,
            };
            let told = self.trace.event(mark.event).and_then(|record| self.mark(mark.event, record));
            moments.extend(told.and_then(|told| self.step(mark.event, told)).map(|step| (rank, step)));
        }
        // That a node answered is told with what the client heard.
        let answers: Vec<EventId> = operations
            .iter()
            .filter_map(|operation| operation.completed_by)
            .flat_map(|event| [Some(event), self.trace.event(event).map(|record| record.trigger)])
            .flatten()
            .collect();
        let telling = |fact: &sim::trace::FactRecord<'_>| {
            fact.matters && path.contains(&fact.event) && !answers.contains(&fact.event)
        };
        for fact in self.trace.facts.iter().filter(telling) {
            moments.extend(self.step(fact.event, fact.sentence.to_string()).map(|step| (3, step)));
        }
        // The most telling are kept, and told in the order in which they happened.
        moments.sort_by_key(|(rank, step)| (*rank, step.event));
        moments.truncate(MOST_MOMENTS.max(operations.len()));
        let mut steps: Vec<Step> = moments.into_iter().map(|(_, step)| step).collect();
        steps.sort_by_key(|step| step.event);
        steps
    }
}
