//! Chaos: a seeded mix of the faults that a lab claims to stand, as commands like any other.
//!
//! A *swarm*: each seed draws a subset of the fault classes and how often each of them strikes, so that some runs are
//! nothing but crashes, some cuts on a lossy network, some everything at once; features that would mask one another when
//! always on get runs to themselves (Groce et al., "Swarm Testing", 2012). Strikes of a class come at exponential gaps,
//! on whole milliseconds; each has a scope and an end, and they overlap. At 80 % of the run `heal` ends everything, and
//! nothing comes after: the rest of the run shows whether the cluster recovers.
//!
//! Every class draws from a stream of its own: what one strikes does not depend on which others a lab stands.

use crate::command::{
    ClockChange, Command, DiskChange, LinkSelector, MessageSelector, Quality, TimedCommand, Who, parse,
};
use crate::ids::ActorId;
use crate::lab::FaultClass;
use crate::protocol::Population;
use crate::random::{Draw, Purpose};
use crate::time::{Moment, Span, Time};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How much chaos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// None at all.
    #[default]
    None,
    /// A fault now and then.
    Low,
    /// Often enough that faults meet.
    Medium,
    /// Several at any moment.
    High,
}

/// All levels with their names, from least to most.
pub const LEVELS: [(Level, &str); 4] =
    [(Level::None, "none"), (Level::Low, "low"), (Level::Medium, "medium"), (Level::High, "high")];

/// A word that is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chaos cannot be “{0}”: it may be none, low, medium or high")]
pub struct NotALevel(pub String);

impl FromStr for Level {
    type Err = NotALevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = LEVELS.iter().find(|(_, name)| *name == text);
        found.map(|(level, _)| *level).ok_or_else(|| NotALevel(text.chars().take(20).collect()))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = LEVELS.iter().find(|(level, _)| level == self).map_or("none", |(_, name)| name);
        f.write_str(name)
    }
}

impl Level {
    /// How likely a class takes part, in basis points; and how long its gaps are, in percent of what [`habit`] says.
    const fn shape(self) -> (u32, u64) {
        match self {
            Level::None => (0, 100),
            Level::Low => (3_500, 300),
            Level::Medium => (5_000, 130),
            Level::High => (6_500, 60),
        }
    }
}

/// Whom chaos can strike, and by which names.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// How many nodes, spares, clients.
    pub population: Population,
    /// Roles that selectors know: `leader`.
    pub roles: &'static [&'static str],
    /// Ways to lie.
    pub lies: &'static [&'static str],
}

/// The share of a run, in percent, after which everything is healed.
const HEAL_AT: u64 = 80;
/// The most strikes of one class, so that a run of days has no endless list.
const MOST_STRIKES: u64 = 400;

/// A class's own stream of draws, and the mean gap between its strikes in milliseconds.
fn habit(class: &FaultClass) -> (u64, u64) {
    match class {
        FaultClass::Crash => (1, 2_500),
        FaultClass::Partition => (2, 3_000),
        FaultClass::OneWay => (3, 3_000),
        FaultClass::Loss => (4, 2_500),
        FaultClass::Duplication => (5, 2_500),
        FaultClass::Reordering => (6, 2_500),
        FaultClass::Delay => (7, 3_000),
        FaultClass::Pause => (8, 3_000),
        FaultClass::Slow => (9, 3_500),
        FaultClass::ClockDrift { .. } => (10, 3_000),
        FaultClass::ClockStep => (11, 3_500),
        FaultClass::SlowDisk => (12, 3_500),
        FaultClass::FailingDisk => (13, 6_000),
        FaultClass::FullDisk => (14, 6_000),
        FaultClass::WipedDisk => (15, 12_000),
        FaultClass::Lies { .. } => (16, 3_000),
        FaultClass::Verb(words) => (crate::digest::of(words), 2_000),
    }
}

/// The commands that chaos adds to a run of this length: sorted, on whole milliseconds, `heal` the last of them.
pub fn plan(seed: u64, level: Level, faults: &[FaultClass], stage: &Stage, end: Time) -> Vec<TimedCommand> {
    let calm = Time::millis(end.0 / 1_000_000 * HEAL_AT / 100);
    if level == Level::None || faults.is_empty() || calm == Time::ZERO {
        return Vec::new();
    }
    let (share, pace) = level.shape();
    let (mut commands, mut spared) = (Vec::new(), Vec::new());
    for class in faults {
        let (stream, gap) = habit(class);
        let mut draw = Draw::new(seed, Purpose::Chaos, stream, 0, 0);
        if draw.chance(share) {
            Strikes::new(class, stage, calm, draw).run(gap * pace / 100, &mut commands);
        } else {
            spared.push((class, gap, draw));
        }
    }
    // A seed that spared every class would show nothing: it gets one of them.
    if spared.len() == faults.len() {
        let pick = Draw::new(seed, Purpose::Chaos, 0, 0, 0).below(spared.len() as u64);
        let (class, gap, draw) = spared.swap_remove(pick as usize);
        Strikes::new(class, stage, calm, draw).run(gap * pace / 100, &mut commands);
    }
    commands.retain(|timed| timed.at.at < calm);
    TimedCommand::sort(&mut commands);
    commands.push(TimedCommand::new(Moment::at(calm), Command::Heal(Vec::new())));
    commands
}

/// The strikes of one class in one run.
struct Strikes<'a> {
    class: &'a FaultClass,
    stage: &'a Stage,
    calm: Time,
    draw: Draw,
    /// Nodes that lie, or whose disk is wiped: the same ones for the whole run.
    marked: Vec<ActorId>,
    commands: Vec<TimedCommand>,
}

impl<'a> Strikes<'a> {
    fn new(class: &'a FaultClass, stage: &'a Stage, calm: Time, draw: Draw) -> Self {
        Self { class, stage, calm, draw, marked: Vec::new(), commands: Vec::new() }
    }

    /// Draws the strikes from the first to the last before the calm.
    fn run(mut self, gap: u64, commands: &mut Vec<TimedCommand>) {
        let calm = self.calm.0 / 1_000_000;
        // How often this class strikes in this run: from twice as often to three times as rarely.
        let gap = gap * [50, 70, 100, 150, 300][self.draw.below(5) as usize] / 100;
        let gap = gap.clamp(calm / MOST_STRIKES, (calm / 3).max(1)).max(1);
        self.begin();
        // The first within one mean gap: a class that takes part strikes at least once.
        let mut at = self.draw.below(gap.min(calm));
        let mut left = MOST_STRIKES;
        while at < calm && left > 0 {
            self.strike(Time::millis(at));
            at += self.gap(gap).max(1);
            left -= 1;
        }
        commands.append(&mut self.commands);
    }

    /// An exponential gap of this mean.
    fn gap(&mut self, mean: u64) -> u64 {
        (-libm::log(self.draw.unit()) * mean as f64) as u64
    }

    /// What holds for the whole run: a bad network from the start, who the liars are.
    fn begin(&mut self) {
        let share = [50, 200, 500, 1_000][self.draw.below(4) as usize];
        let mut quality = Quality::default();
        match self.class {
            FaultClass::Loss => quality.loss = Some(share),
            FaultClass::Duplication => quality.duplicate = Some(share * 2),
            FaultClass::Reordering => quality.reorder = Some(share * 2),
            FaultClass::Lies { limit } => return self.mark(*limit),
            FaultClass::WipedDisk => return self.mark(1),
            _ => return,
        }
        if self.draw.chance(3_000) {
            self.at(
                Time::ZERO,
                Command::Link { links: LinkSelector::All, quality: Some(quality), span: None },
            );
        }
    }

    fn mark(&mut self, count: u16) {
        let mut nodes = self.nodes();
        self.shuffle(&mut nodes);
        nodes.truncate(usize::from(count));
        self.marked = nodes;
    }

    fn at(&mut self, at: Time, command: Command) {
        self.commands.push(TimedCommand::new(Moment::at(at), command));
    }

    fn strike(&mut self, at: Time) {
        match self.class {
            FaultClass::Crash => self.crash(at),
            FaultClass::Partition => self.partition(at),
            FaultClass::OneWay => self.one_way(at),
            FaultClass::Loss => self.loss(at),
            FaultClass::Duplication => {
                let share = self.pick(&[500, 2_000, 5_000, 10_000]);
                self.quality(at, Quality { duplicate: Some(share), ..Quality::default() });
            }
            FaultClass::Reordering => {
                let share = self.pick(&[1_000, 3_000, 6_000, 10_000]);
                self.quality(at, Quality { reorder: Some(share), ..Quality::default() });
            }
            FaultClass::Delay => self.delay(at),
            FaultClass::Pause => {
                let (who, span) = (self.anyone(), Some(self.span()));
                self.at(at, Command::Pause { who, span });
            }
            FaultClass::Slow => {
                let (who, factor, span) = (self.anyone(), self.pick(&[2, 5, 10, 50]), Some(self.span()));
                self.at(at, Command::Slow { who, factor, span });
            }
            FaultClass::ClockDrift { limit_ppb } => self.drift(at, *limit_ppb),
            FaultClass::ClockStep => {
                let far = self.pick(&[1i64, 10, 100, 1_000, 10_000]) * 1_000_000;
                let nanos = if self.draw.chance(5_000) { far } else { -far };
                let who = self.anyone();
                self.at(at, Command::Clock { who, change: ClockChange::Step(nanos), span: None });
            }
            FaultClass::SlowDisk => {
                let change = DiskChange::Slow(self.pick(&[2, 5, 20, 100]));
                let (who, span) = (self.some_node(), Some(self.span()));
                self.at(at, Command::Disk { who, change, span });
            }
            FaultClass::FailingDisk => self.broken_disk(at, DiskChange::Fail),
            FaultClass::FullDisk => self.broken_disk(at, DiskChange::Full),
            FaultClass::WipedDisk => self.wipe(at),
            FaultClass::Lies { .. } => self.lie(at),
            FaultClass::Verb(words) => self.verb(at, words),
        }
    }

    // --- who, how long ---

    /// The nodes that run from the start.
    fn nodes(&self) -> Vec<ActorId> {
        (1..=self.stage.population.nodes).map(ActorId::node).collect()
    }

    fn node(&mut self) -> ActorId {
        ActorId::node(1 + self.draw.below(u64::from(self.stage.population.nodes.max(1))) as u16)
    }

    /// A node, or (where the lab has roles) whoever has one of them now: leaders are worth striking.
    fn some_node(&mut self) -> Who {
        let roles = self.stage.roles;
        if !roles.is_empty() && self.draw.chance(3_500) {
            return Who::Role(self.pick(roles).into());
        }
        Who::Actor(self.node())
    }

    /// As [`Self::some_node`], sometimes a client.
    fn anyone(&mut self) -> Who {
        let clients = u64::from(self.stage.population.clients);
        if clients > 0 && self.draw.chance(1_000) {
            return Who::Actor(ActorId::client(1 + self.draw.below(clients) as u16));
        }
        self.some_node()
    }

    /// How long a strike lasts: mostly about an election, sometimes a blink, sometimes long.
    fn span(&mut self) -> Span {
        let (low, high) = self.pick(&[(10, 100), (100, 500), (100, 500), (500, 2_000), (2_000, 6_000)]);
        Span::millis(self.draw.between(low, high))
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.draw.below(of.len() as u64) as usize]
    }

    fn shuffle(&mut self, of: &mut [ActorId]) {
        for last in (1..of.len()).rev() {
            of.swap(last, self.draw.below(last as u64 + 1) as usize);
        }
    }

    // --- the classes ---

    /// One node, or all of them at once as when the power fails. They restart one by one.
    fn crash(&mut self, at: Time) {
        let mut down = if self.draw.chance(1_500) { self.nodes() } else { vec![self.node()] };
        self.shuffle(&mut down);
        for node in down {
            let keep = self.draw.chance(2_500).then_some(0);
            let torn = self.draw.chance(1_500);
            self.at(at, Command::Crash { who: Who::Actor(node), keep, torn });
            let later = at + self.span();
            self.at(later, Command::Restart(Who::Actor(node)));
        }
    }

    /// The nodes fall into groups; some clients are caught on one side.
    fn partition(&mut self, at: Time) {
        let span = Some(self.span());
        if !self.stage.roles.is_empty() && self.draw.chance(2_500) {
            let leader = Who::Role(self.pick(self.stage.roles).into());
            return self.at(at, Command::Cut { groups: vec![vec![leader]], span });
        }
        let mut nodes = self.nodes();
        self.shuffle(&mut nodes);
        if nodes.len() < 2 {
            let clients = (1..=self.stage.population.clients).map(|n| Who::Actor(ActorId::client(n)));
            let groups = vec![nodes.into_iter().map(Who::Actor).collect(), clients.collect()];
            return self.at(at, Command::Cut { groups, span });
        }
        // A bridge: one node still hears both sides, which do not hear each other.
        if nodes.len() > 2 && self.draw.chance(2_000) {
            nodes.pop();
        }
        let sides = if nodes.len() > 3 && self.draw.chance(1_500) { 3 } else { 2 };
        let mut groups: Vec<Vec<ActorId>> = vec![Vec::new(); sides];
        for (place, node) in nodes.into_iter().enumerate() {
            // Each side gets one first, so that none is empty.
            let side = if place < sides { place } else { self.draw.below(sides as u64) as usize };
            groups[side].push(node);
        }
        for number in 1..=self.stage.population.clients {
            if self.draw.chance(3_000) {
                let side = self.draw.below(sides as u64) as usize;
                groups[side].push(ActorId::client(number));
            }
        }
        groups.iter_mut().for_each(|group| group.sort_unstable());
        let groups = groups.into_iter().map(|group| group.into_iter().map(Who::Actor).collect());
        self.at(at, Command::Cut { groups: groups.collect(), span });
    }

    /// One link in one direction, a node that nobody hears, one that hears nobody.
    fn one_way(&mut self, at: Time) {
        let one = self.node();
        let others: Vec<Who> = self.nodes().into_iter().filter(|node| *node != one).map(Who::Actor).collect();
        if others.is_empty() {
            return;
        }
        let span = Some(self.span());
        let (from, to) = match self.draw.below(3) {
            0 => (vec![Who::Actor(one)], others),
            1 => (others, vec![Who::Actor(one)]),
            _ => {
                let other = others[self.draw.below(others.len() as u64) as usize].clone();
                (vec![Who::Actor(one)], vec![other])
            }
        };
        self.at(at, Command::CutOneWay { from, to, span });
    }

    /// Links that lose a share of all, or just the next few to somebody.
    fn loss(&mut self, at: Time) {
        if self.draw.chance(4_000) {
            let end = Some(self.some_node());
            let (from, to) = if self.draw.chance(5_000) { (end, None) } else { (None, end) };
            let count = self.draw.between(1, 6) as u32;
            return self.at(
                at,
                Command::DropNext { count, which: MessageSelector { from, to, kind: None, number: 1 } },
            );
        }
        let share = self.pick(&[500, 1_500, 3_000, 6_000, 9_000]);
        self.quality(at, Quality { loss: Some(share), ..Quality::default() });
    }

    /// Slow links, or one message held up for long.
    fn delay(&mut self, at: Time) {
        if self.draw.chance(4_000) {
            let which = MessageSelector { from: None, to: Some(self.some_node()), kind: None, number: 1 };
            let by = self.span();
            return self.at(at, Command::Delay { which, by });
        }
        let delay = Span::millis(self.pick(&[5, 20, 80, 300]));
        self.quality(at, Quality { delay: Some(delay), ..Quality::default() });
    }

    fn quality(&mut self, at: Time, quality: Quality) {
        let links = match self.draw.below(4) {
            0 => LinkSelector::All,
            1 => LinkSelector::Of(self.anyone()),
            2 => LinkSelector::Both(self.some_node(), self.some_node()),
            _ => LinkSelector::Directed(self.some_node(), self.some_node()),
        };
        let span = Some(self.span());
        self.at(at, Command::Link { links, quality: Some(quality), span });
    }

    /// As far as is promised and no further: at the limit as often as below it.
    fn drift(&mut self, at: Time, limit: i64) {
        let most = limit.max(0);
        let far = if self.draw.chance(5_000) { most } else { self.draw.below(most as u64 + 1) as i64 };
        let change = ClockChange::Drift(if self.draw.chance(5_000) { far } else { -far });
        let (who, span) = (self.some_node(), Some(self.span()));
        self.at(at, Command::Clock { who, change, span });
    }

    /// A node whose disk fails stops itself; it is started again when the disk works.
    fn broken_disk(&mut self, at: Time, change: DiskChange) {
        let (who, span) = (Who::Actor(self.node()), self.span());
        self.at(at, Command::Disk { who: who.clone(), change, span: Some(span) });
        let later = at + span + Span::millis(self.draw.between(1, 500));
        self.at(later, Command::Restart(who));
    }

    fn wipe(&mut self, at: Time) {
        let Some(node) = self.marked.first().copied() else { return };
        // Once a run: with two disks gone, what a majority knew may be gone.
        self.marked.clear();
        self.at(at, Command::Disk { who: Who::Actor(node), change: DiskChange::Wipe, span: None });
        let later = at + self.span();
        self.at(later, Command::Restart(Who::Actor(node)));
    }

    fn lie(&mut self, at: Time) {
        if self.marked.is_empty() || self.stage.lies.is_empty() {
            return;
        }
        let liar = self.marked[self.draw.below(self.marked.len() as u64) as usize];
        let how = self.pick(self.stage.lies).into();
        let mut to = Vec::new();
        if self.draw.chance(5_000) {
            to = self.nodes().into_iter().filter(|node| *node != liar).map(Who::Actor).collect();
            to.retain(|_| self.draw.chance(5_000));
        }
        let span = Some(self.span());
        self.at(at, Command::Lie { who: Who::Actor(liar), how, to, span });
    }

    /// A verb of the lab for some node, a spare as likely as any; a spare that is off is switched on first.
    fn verb(&mut self, at: Time, words: &str) {
        let Population { nodes, spares, .. } = self.stage.population;
        let node = ActorId::node(1 + self.draw.below(u64::from(nodes) + u64::from(spares)) as u16);
        let Ok(command) = parse(&words.replace("{node}", &node.to_string())) else { return };
        if node.number() > nodes {
            self.at(at, Command::Restart(Who::Actor(node)));
        }
        self.at(at, command);
    }
}
