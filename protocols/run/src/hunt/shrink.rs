//! Making a run that breaks a promise small, while it still breaks just that promise.
//!
//! First what is random and could matter becomes a command that can be taken out: the faults that chaos drew, who had a role
//! when it was struck, the messages that a poor link lost, the clients' requests; and all of it comes sooner, where the run
//! still goes the same way then. Then commands are taken out: in large parts, smaller parts, one by one, until none is
//! superfluous (delta debugging: Zeller and Hildebrandt, IEEE TSE 2002), then two by two, as a crash that is mended may be
//! superfluous though neither half is; and what is left is made simple: no torn writes, defaults, fewer nodes, round times.
//! Draws are keyed by what they are for and when, so that taking one thing out leaves the rest of the run mostly as it was;
//! that is what makes this quick. Where nothing more can go, it is tried with other draws: what a long prelude arranged by
//! chance, another seed has anyway. What is kept breaks the same promise, and by the same one's fault.
//!
//! Each attempt is one run; [`Shrink::advance`] makes so many of them.

use super::{Broken, Look, before};
use crate::cause;
use crate::promises::Blame;
use crate::report::Execution;
use crate::run::{MOST_COMMANDS, Run};
use sim::chaos::Level;
use sim::command::{self, Command, MessageSelector, Quality, TimedCommand, Who};
use sim::ids::EventId;
use sim::parameter::Value;
use sim::story::{ArrowEnd, Operation};
use sim::time::{Moment, Span, Time};
use sim::trace::Recorder;
use std::cmp::Ordering;
use std::ops::Range;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Commands of the run it began with, those that chaos drew among them.
    pub before: usize,
    /// Commands that are left.
    pub after: usize,
    /// Runs it took.
    pub attempts: u64,
}

/// A run being made smaller.
pub struct Shrink {
    best: Run,
    broken: Broken,
    before: usize,
    attempts: u64,
    /// Events of all attempts, and of the last that was kept.
    events: u64,
    length: u64,
    stage: Stage,
    /// Whether other draws are tried, which takes many runs.
    deep: bool,
    /// Whether anything became smaller since the stages began anew.
    smaller: bool,
    rounds: u32,
    trying: Option<Look>,
}

/// What is tried next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What chaos drew, as commands.
    Chaos,
    /// What happens after the break is of no interest.
    Cut,
    /// The link command at this place, as the losses that came of it.
    Links(usize),
    /// The clients' own requests, as commands.
    Requests,
    /// Roles, as who had them.
    Roles,
    /// All commands sooner by as much, so that the first comes when this place of [`SOONER`] says.
    Earlier(usize),
    /// Commands from this place on, so many at once.
    Parts { size: usize, from: usize },
    /// Without the commands at these two places.
    Pairs { first: usize, second: usize },
    /// The `how`-th simpler form of the command at this place.
    Simple { at: usize, how: u8 },
    /// The parameter at this place, at its default, or smaller.
    Parameter { at: usize, how: u8 },
    /// Without this node and all that is done to it, and the draws of another seed.
    Without { node: u32, seed: u64 },
    /// Commands from this place on, so many at once, and the draws of another seed.
    Reseed { size: usize, from: usize, seed: u64 },
    /// Nothing is left to try.
    Done,
}

/// After the break a run goes on for so much.
const MARGIN: Span = Span::millis(100);
/// So many times the stages begin anew.
const MOST_ROUNDS: u32 = 12;
/// When the first command comes, if all come sooner: a cluster needs some time to begin.
const SOONER: [Time; 3] = [Time::millis(200), Time::millis(1_000), Time::millis(3_000)];
/// Other seeds that are tried with each part left out, and where few commands are left.
const RESEEDS: [u64; 2] = [16, 64];
/// So many commands are few: two of them are taken out at once, too.
const FEW: usize = 16;
/// And a run of so few events is quick.
const QUICK: u64 = 5_000;
/// Other seeds that are tried with each node left out.
const WITHOUT: u64 = 8;
/// After so many runs no more rounds begin and no more draws are tried.
const MOST_ATTEMPTS: u64 = 6_000;
/// Simpler forms of one command that are tried: see [`simpler`].
const SIMPLE_FORMS: u8 = 9;

impl Shrink {
    /// Of a run that breaks something.
    pub fn new(run: &Run, broken: Broken) -> Self {
        let mut best = run.clone();
        best.commands = crate::run::enabled(&best.commands);
        let drawn = best.lab().start(best.setup()).chaos().len();
        Self {
            before: best.commands.len() + drawn,
            best,
            broken,
            attempts: 0,
            events: 0,
            length: u64::MAX,
            stage: Stage::Chaos,
            deep: true,
            smaller: false,
            rounds: 0,
            trying: None,
        }
    }

    /// The same, with no other draws than the run's own: quick, and often not as small.
    pub fn shallow(run: &Run, broken: Broken) -> Self {
        Self { deep: false, ..Self::new(run, broken) }
    }

    /// Goes on with other draws where it stopped short of that.
    pub fn deepen(&mut self) {
        if !self.deep {
            self.deep = true;
            self.rounds = 0;
            self.stage = self.other_draws();
        }
    }

    /// Whether other draws are tried, too.
    pub fn is_deep(&self) -> bool {
        self.deep
    }

    /// The first stage that tries other draws.
    fn other_draws(&self) -> Stage {
        Stage::Without { node: nodes(&self.best).unwrap_or(0), seed: 0 }
    }

    /// The smallest run so far: it breaks the promise.
    pub fn best(&self) -> &Run {
        &self.best
    }

    /// How that one breaks it.
    pub fn broken(&self) -> &Broken {
        &self.broken
    }

    /// How far it has come.
    pub fn made(&self) -> Made {
        Made { before: self.before, after: self.best.commands.len(), attempts: self.attempts }
    }

    /// Events of all attempts.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether nothing is left to try.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Makes so many attempts; whether it is done.
    pub fn advance(&mut self, attempts: u64) -> bool {
        let until = self.attempts + attempts;
        while !self.is_done() && self.attempts < until {
            self.work(u64::MAX);
        }
        self.is_done()
    }

    /// Goes on for about so many events, within an attempt; whether it is done. At most one attempt is ended.
    pub fn work(&mut self, events: u64) -> bool {
        let trying = match self.trying.take() {
            Some(trying) => Some(trying),
            None => self.candidate().filter(|run| self.is_worth(run)).map(|run| {
                self.attempts += 1;
                Look::new(run, self.broken.goal)
            }),
        };
        let kept = match trying {
            None => false,
            Some(mut look) => {
                if !look.advance(events) {
                    self.trying = Some(look);
                    return false;
                }
                let length = look.events();
                self.events += length;
                let (run, found) = look.end();
                let kept = self.take(run, found);
                if kept {
                    self.length = length;
                }
                kept
            }
        };
        self.stage = self.next(kept);
        let more = self.smaller && self.rounds < MOST_ROUNDS;
        if self.stage == Stage::Done && more && self.attempts < MOST_ATTEMPTS {
            // What is simple now may let more go.
            self.rounds += 1;
            self.smaller = false;
            self.stage = Stage::Cut;
        }
        self.is_done()
    }

    fn is_worth(&self, run: &Run) -> bool {
        *run != self.best && run.commands.len() <= MOST_COMMANDS
    }

    /// A smaller run becomes the best one if it breaks the same.
    fn take(&mut self, run: Run, found: Option<Broken>) -> bool {
        let Some(broken) = found.filter(|broken| self.is_the_same(broken)) else { return false };
        self.best = run;
        self.broken = broken;
        true
    }

    /// The same promise, and the same one to blame: what a pothole did must not become what no protocol could stand.
    fn is_the_same(&self, broken: &Broken) -> bool {
        let blame = match (&broken.blame, &self.broken.blame) {
            (Blame::Pothole { id, .. }, Blame::Pothole { id: before, .. }) => id == before,
            (now, before) => std::mem::discriminant(now) == std::mem::discriminant(before),
        };
        blame && broken.goal == self.broken.goal
    }

    /// The run that the present stage asks for, where there is one.
    fn candidate(&self) -> Option<Run> {
        match self.stage {
            Stage::Chaos => chaos_as_commands(&self.best),
            Stage::Cut => Some(cut(&self.best, &self.broken)),
            Stage::Links(at) => links_as_losses(&self.best, at),
            Stage::Requests => requests_as_commands(&self.best),
            Stage::Roles => roles_as_actors(&self.best),
            Stage::Earlier(which) => earlier(&self.best, which),
            Stage::Parts { size, from } => {
                let mut run = self.best.clone();
                let to = (from + size).min(run.commands.len());
                (from < to).then(|| {
                    run.commands.drain(from..to);
                    run
                })
            }
            Stage::Pairs { first, second } => (second < self.best.commands.len()).then(|| {
                let mut run = self.best.clone();
                run.commands.remove(second);
                run.commands.remove(first);
                run
            }),
            Stage::Reseed { size, from, seed } => {
                let mut run = self.best.with_seed((self.best.seed + seed) % crate::run::SEED_LIMIT);
                let to = (from + size).min(run.commands.len());
                (from < to).then(|| {
                    run.commands.drain(from..to);
                    run
                })
            }
            Stage::Simple { at, how } => simpler(&self.best, at, how),
            Stage::Parameter { at, how } => plainer(&self.best, at, how),
            Stage::Without { node, seed } => without(&self.best, node, seed),
            Stage::Done => None,
        }
    }

    /// What comes after the present stage, which became the best run or did not.
    fn next(&mut self, kept: bool) -> Stage {
        let commands = self.best.commands.len();
        let parts = || match commands {
            0 => Stage::Parameter { at: 0, how: 0 },
            _ => Stage::Parts { size: commands.div_ceil(2), from: 0 },
        };
        match self.stage {
            Stage::Chaos => Stage::Cut,
            Stage::Cut => Stage::Roles,
            Stage::Roles => Stage::Links(0),
            Stage::Links(at) if at < commands => {
                self.smaller |= kept;
                if kept { Stage::Links(at) } else { Stage::Links(at + 1) }
            }
            Stage::Links(_) => Stage::Requests,
            Stage::Requests => Stage::Earlier(0),
            Stage::Earlier(which) if !kept && which + 1 < SOONER.len() => Stage::Earlier(which + 1),
            Stage::Earlier(_) => parts(),
            Stage::Parts { size, from } => {
                self.smaller |= kept;
                let from = if kept { from } else { from + size };
                match (from < commands, size) {
                    (true, _) => Stage::Parts { size, from },
                    (false, 1) if (2..=FEW).contains(&commands) => Stage::Pairs { first: 0, second: 1 },
                    (false, 1) => Stage::Simple { at: 0, how: 0 },
                    (false, _) => Stage::Parts { size: (size / 2).min(commands.max(1)).max(1), from: 0 },
                }
            }
            Stage::Pairs { first, second } => {
                self.smaller |= kept;
                // What stood behind the two stands in their places now.
                let second = if kept { first + 1 } else { second + 1 };
                match (second < commands, first + 2 < commands) {
                    (true, _) => Stage::Pairs { first, second },
                    (false, true) => Stage::Pairs { first: first + 1, second: first + 2 },
                    (false, false) => Stage::Simple { at: 0, how: 0 },
                }
            }
            Stage::Simple { at, how } if at < commands => {
                if how + 1 < SIMPLE_FORMS {
                    Stage::Simple { at, how: how + 1 }
                } else {
                    Stage::Simple { at: at + 1, how: 0 }
                }
            }
            Stage::Simple { .. } => Stage::Parameter { at: 0, how: 0 },
            Stage::Parameter { at, how } => {
                self.smaller |= kept && how > 0;
                let count = self.best.parameters.specs().len();
                match (at < count, how, kept) {
                    (false, ..) if !self.deep => Stage::Done,
                    (false, ..) => self.other_draws(),
                    // A smaller number may become smaller still.
                    (true, 1, true) => Stage::Parameter { at, how: 1 },
                    (true, 0, false) => Stage::Parameter { at, how: 1 },
                    _ => Stage::Parameter { at: at + 1, how: 0 },
                }
            }
            Stage::Without { node, seed } => {
                self.smaller |= kept;
                match (kept, seed < WITHOUT, node) {
                    (false, true, 1..) => Stage::Without { node, seed: seed + 1 },
                    (.., 2..) => Stage::Without { node: node - 1, seed: 0 },
                    _ if commands == 0 => Stage::Done,
                    _ => Stage::Reseed { size: commands.div_ceil(2), from: 0, seed: 1 },
                }
            }
            Stage::Reseed { size, from, seed } => {
                self.smaller |= kept;
                if self.attempts >= MOST_ATTEMPTS {
                    return Stage::Done;
                }
                let reseeds = RESEEDS[usize::from(commands <= FEW && self.length <= QUICK)];
                match (kept, seed < reseeds && from < commands, from + size < commands, size) {
                    // Its own seed is as good as another one now: everything smaller is tried with it first.
                    (true, ..) => Stage::Cut,
                    (false, true, ..) => Stage::Reseed { size, from, seed: seed + 1 },
                    (false, false, true, _) => Stage::Reseed { size, from: from + size, seed: 1 },
                    (false, false, false, 1) => Stage::Done,
                    (false, false, false, _) => Stage::Reseed { size: size / 2, from: 0, seed: 1 },
                }
            }
            Stage::Done => Stage::Done,
        }
    }
}

/// The same run, with what chaos drew as commands of its own.
fn chaos_as_commands(run: &Run) -> Option<Run> {
    if run.chaos == Level::None {
        return None;
    }
    let drawn = run.lab().start(run.setup()).chaos().to_vec();
    let mut explicit = run.clone();
    explicit.chaos = Level::None;
    explicit.commands.extend(drawn);
    explicit.sort();
    Some(explicit)
}

/// Nothing after the break, and not much more time.
fn cut(run: &Run, broken: &Broken) -> Run {
    let mut short = run.clone();
    short.commands.retain(|timed| timed.at.at <= broken.at);
    // On whole milliseconds, so that the length is readable.
    let end = (broken.at + MARGIN).0.div_ceil(1_000_000) * 1_000_000;
    short.end = Time(end).min(run.end);
    short
}

/// The same commands, all sooner by as much. Within an instant they come in the order they had.
fn earlier(run: &Run, which: usize) -> Option<Run> {
    let (first, wanted) = (run.commands.first()?.at.at, *SOONER.get(which)?);
    if first <= wanted {
        return None;
    }
    let sooner = first.since(wanted);
    let mut early = run.clone();
    for timed in &mut early.commands {
        timed.at = Moment::at(Time(timed.at.at.0.saturating_sub(sooner.0)));
    }
    early.end = Time(run.end.0.saturating_sub(sooner.0));
    Some(early)
}

/// The run whole, and its trace up to its end.
fn traced(run: &Run) -> Execution {
    let mut execution = Execution::new(run);
    execution.set_most_events(super::MOST_EVENTS);
    execution.advance(u64::MAX);
    execution
}

/// A command that makes links poor, as the messages that were lost: each as `drop next 1`, right before it is sent.
fn links_as_losses(run: &Run, at: usize) -> Option<Run> {
    let timed = run.commands.get(at)?;
    let Command::Link { links, quality: Some(quality), span } = &timed.command else { return None };
    if quality.loss.unwrap_or(0) == 0 {
        return None;
    }
    let mut explicit = run.clone();
    let rest = Quality { loss: None, ..quality.clone() };
    if rest == Quality::default() {
        explicit.commands.remove(at);
    } else {
        explicit.commands[at].command =
            Command::Link { links: links.clone(), quality: Some(rest), span: *span };
    }
    let execution = traced(run);
    let trace = execution.trace();
    let until = span.map_or(Time::MAX, |span| timed.at.at + span);
    for arrow in trace.story.arrows.iter().filter(|arrow| arrow.end == ArrowEnd::LostOnLink) {
        let (from, to) = (Who::Actor(arrow.from), Who::Actor(arrow.to));
        if arrow.sent < timed.at.at || arrow.sent > until || !cause::is_on(links, arrow.from, arrow.to) {
            continue;
        }
        let kind = trace.story.kinds.get(usize::from(arrow.kind))?;
        let which = MessageSelector { from: Some(from), to: Some(to), kind: Some((*kind).into()), number: 1 };
        let at = before(trace, arrow.sent_by)?;
        explicit.commands.push(TimedCommand::new(at, Command::DropNext { count: 1, which }));
        if explicit.commands.len() > MOST_COMMANDS {
            return None;
        }
    }
    explicit.sort();
    Some(explicit)
}

/// The clients' own load off, and each request as a command.
fn requests_as_commands(run: &Run) -> Option<Run> {
    let lab = run.lab();
    let quiet = lab.quiet();
    if quiet.is_empty() || !quiet.iter().any(|set| differs(run, set)) {
        return None;
    }
    let execution = traced(run);
    let trace = execution.trace();
    let mut explicit = run.clone();
    for set in quiet {
        explicit.parameters.assign(set).ok()?;
    }
    // What was asked by hand is among the commands already.
    let by_hand: Vec<EventId> =
        trace.story.marks.iter().filter(|mark| mark.is_request()).map(|mark| mark.event).collect();
    let asked_by_hand = |operation: &Operation| {
        let record = trace.event(operation.invoked_by);
        record.is_some_and(|record| by_hand.contains(&record.trigger))
            || by_hand.contains(&operation.invoked_by)
    };
    for operation in trace.story.operations.iter().filter(|operation| !asked_by_hand(operation)) {
        let command = command::parse(&lab.by_hand(operation)?).ok()?;
        let at = before(trace, operation.invoked_by)?;
        explicit.commands.push(TimedCommand::new(at, command));
        if explicit.commands.len() > MOST_COMMANDS {
            return None;
        }
    }
    explicit.sort();
    Some(explicit)
}

/// Commands that name a role, as those that name who had it.
fn roles_as_actors(run: &Run) -> Option<Run> {
    let named = |timed: &TimedCommand| timed.command.to_string().contains('@');
    if !run.commands.iter().any(named) {
        return None;
    }
    let mut explicit = run.clone();
    let mut world = run.lab().start(run.setup());
    for (at, timed) in run.commands.iter().enumerate().filter(|(_, timed)| named(timed)) {
        let before = match timed.at.after {
            0 => Moment::end_of(Time(timed.at.at.0.saturating_sub(1))),
            after => Moment { at: timed.at.at, after: after - 1 },
        };
        world.advance(before, super::MOST_EVENTS, &mut Recorder::silent());
        let mut text = timed.command.to_string();
        for role in run.lab().roles() {
            if let Some(actor) = world.who(role) {
                text = text.replace(&format!("@{role}"), &actor.to_string());
            }
        }
        explicit.commands[at].command = command::parse(&text).ok()?;
    }
    Some(explicit)
}

fn differs(run: &Run, assignment: &str) -> bool {
    let mut set = run.parameters.clone();
    set.assign(assignment).is_ok() && set != run.parameters
}

/// A simpler form of a command: without its extras, with nothing left to draw, with one side of a cut alone, with nobody
/// named twice, at a rounder time.
fn simpler(run: &Run, at: usize, how: u8) -> Option<Run> {
    let timed = run.commands.get(at)?;
    let mut simple = run.clone();
    let slot = &mut simple.commands[at];
    match (how, &timed.command) {
        (0, Command::Crash { who, keep, torn }) if *torn || *keep != Some(0) => {
            slot.command = Command::Crash { who: who.clone(), keep: Some(0), torn: false };
        }
        // What a disk kept was drawn: then it is said, and of a write cut in two that it was.
        (4..=6, Command::Crash { who, keep: None, .. }) => {
            slot.command = Command::Crash { who: who.clone(), keep: Some(u32::from(how - 3)), torn: false };
        }
        (7 | 8, Command::Crash { who, keep: None, .. }) => {
            slot.command = Command::Crash { who: who.clone(), keep: Some(u32::from(how - 7)), torn: true };
        }
        (4, Command::Cut { groups, span }) => {
            let mut once = groups.clone();
            for group in &mut once {
                let named = std::mem::take(group);
                named.into_iter().for_each(|who| {
                    if !group.contains(&who) {
                        group.push(who)
                    }
                });
            }
            if once == *groups {
                return None;
            }
            slot.command = Command::Cut { groups: once, span: *span };
        }
        (0, Command::Cut { groups, span }) if groups.len() == 2 => {
            // One side alone says the same where all the others are on the other one.
            let smaller = groups.iter().min_by_key(|group| group.len())?;
            slot.command = Command::Cut { groups: vec![smaller.clone()], span: *span };
        }
        (1, Command::Cut { groups, span: Some(_) }) => {
            slot.command = Command::Cut { groups: groups.clone(), span: None };
        }
        (1, Command::Pause { who, span: Some(_) }) => {
            slot.command = Command::Pause { who: who.clone(), span: None };
        }
        (2 | 3, _) => {
            let grain = if how == 2 { 100_000_000 } else { 1_000_000 };
            let rounded = Moment::at(Time(timed.at.at.0 / grain * grain));
            let room = at.checked_sub(1).is_none_or(|before| run.commands[before].at <= rounded);
            if !room || rounded == timed.at {
                return None;
            }
            slot.at = rounded;
        }
        _ => return None,
    }
    Some(simple)
}

/// A parameter at its default (how 0), or a count one smaller (how 1).
fn plainer(run: &Run, at: usize, how: u8) -> Option<Run> {
    let spec = run.parameters.specs().get(at)?;
    let value = run.parameters.value(at)?;
    // What is off in the lab itself is what the run is about, or harmless; and what makes it quick goes last.
    let fixed = run.lab().quiet().iter().chain(run.lab().quick());
    if fixed.into_iter().any(|set| set.split('=').next() == Some(spec.id)) {
        return None;
    }
    let mut plain = run.clone();
    match (how, value) {
        (0, _) if value != spec.default => {
            plain.parameters.set(spec.id, &spec.write(spec.default)).ok()?;
        }
        (1, Value::Count(count)) if count > 1 && matches!(spec.unit, "nodes" | "clients" | "keys") => {
            plain.parameters.set(spec.id, &(count - 1).to_string()).ok()?;
        }
        _ => return None,
    }
    stands(&plain).then_some(plain)
}

/// Whether every command names only who is there: no link and no file could hold another run.
fn stands(run: &Run) -> bool {
    run.commands.iter().all(|timed| run.lab().check(&timed.command, &run.parameters).is_ok())
}

/// The parameter that says how many nodes there are.
const NODES: &str = "nodes";

fn nodes(run: &Run) -> Option<u32> {
    let at = run.parameters.specs().iter().position(|spec| spec.id == NODES)?;
    match run.parameters.value(at)? {
        Value::Count(count) => u32::try_from(count).ok(),
        _ => None,
    }
}

/// One node fewer: what is done to this one is not, and those that come after it are called by a number less.
fn without(run: &Run, node: u32, seed: u64) -> Option<Run> {
    let count = nodes(run).filter(|count| *count > 1 && node <= *count)?;
    let mut fewer = run.with_seed((run.seed + seed) % crate::run::SEED_LIMIT);
    fewer.parameters.set(NODES, &(count - 1).to_string()).ok()?;
    let texts = run.commands.iter().map(|timed| renamed(&timed.command.to_string(), node));
    let kept = run.commands.iter().zip(texts).filter_map(|(timed, text)| Some((timed, text?)));
    let parsed = kept.map(|(timed, text)| Some(TimedCommand::new(timed.at, command::parse(&text).ok()?)));
    fewer.commands = parsed.collect::<Option<_>>()?;
    stands(&fewer).then_some(fewer)
}

/// A command's text without a node: nothing where it names that one, the later ones by a number less.
fn renamed(text: &str, without: u32) -> Option<String> {
    let (mut new, mut from) = (String::new(), 0);
    for (range, number) in names(text) {
        new.push_str(&text[from..range.start]);
        match number.cmp(&without) {
            Ordering::Less => new.push_str(&text[range.clone()]),
            Ordering::Equal => return None,
            Ordering::Greater => new.push_str(&format!("n{}", number - 1)),
        }
        from = range.end;
    }
    Some(new + &text[from..])
}

/// Where in a command's text a node is named, and its number: an n and digits, with no letter or digit beside.
fn names(text: &str) -> impl Iterator<Item = (Range<usize>, u32)> {
    text.match_indices('n').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let digits = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
        let beside =
            text[..at].ends_with(char::is_alphanumeric) || rest[digits..].starts_with(char::is_alphanumeric);
        let number = rest[..digits].parse().ok().filter(|_| !beside)?;
        Some((at..at + 1 + digits, number))
    })
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn a_node_goes_with_what_is_done_to_it_and_nothing_but_names_is_touched() {
        let renamed = |text| renamed(text, 3);
        for gone in ["crash n3", "cut n7 n3 | n5", "drop next 1 n5→n3 append"] {
            assert_eq!(renamed(gone), None, "{gone}");
        }
        for (old, new) in [
            ("cut n7 n2 | n4", "cut n6 n2 | n3"),
            ("put c5 list=nuts5 to n30", "put c5 list=nuts5 to n29"),
            ("drop next 1 n5→c3 n4th", "drop next 1 n4→c3 n4th"),
            ("crash @leader", "crash @leader"),
        ] {
            assert_eq!(renamed(old).as_deref(), Some(new));
        }
    }
}
