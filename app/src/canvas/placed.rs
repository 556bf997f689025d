//! What is drawn where: links, cuts, messages and losses of a moment, as a pure function of the view, the story and the
//! [`Arrangement`]. Painting only reads it, and tests read it as text.
//!
//! A message stands on its link by the part of its flight that has passed; one that a cut will swallow goes only as far
//! as the dashed line. Above a dozen, messages are dots; what one sender sent at one instant is then a fan.

use sim::ordered::{SortedMap, SortedSet};
use std::fmt;

use eframe::egui::{Pos2, Vec2};
use sim::command::{Command, LinkSelector, Who};
use sim::story::{ArrowEnd, Rank};
use sim::view::{Broken, Flight};
use sim::{ActorId, MessageId, Span, Story, Time, View};

use super::arrange::{Arrangement, Spot};
use super::cut::{self, Pair};
use super::route::Route;
use crate::action::Selection;

/// Above so many messages in flight pills become dots.
pub const PILLS_MOST: usize = 12;
/// Up to so many nodes every link is drawn; beyond, those that something happens on.
const ALL_LINKS: usize = 12;
/// Where even those are more than so many, messages show the way themselves.
const BUSY_LINKS: usize = 240;
/// A lost message's cross fades within this much virtual time.
pub const LOSS_FADE: Span = Span::millis(450);
/// A client is linked to whom it asked last, within this much virtual time.
const CLIENT_MEMORY: Span = Span::millis(2_000);
/// Of a busy past only the newest arrows are looked at.
const ARROWS_LOOKED_AT: usize = 4_000;
/// So many make a fan.
const FAN_LEAST: usize = 3;
/// Between a rim and the message next to it.
const RIM_GAP: f32 = 4.0;

/// A cut in force and the curves that show it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frontier {
    /// Which side an actor is on.
    pub side: SortedMap<ActorId, u8>,
    /// Only from side 0 to side 1.
    pub one_way: bool,
    /// The curves.
    pub lines: Vec<Vec<Pos2>>,
}

impl Frontier {
    /// The frontier between the sides of a cut.
    pub fn new(arrangement: &Arrangement, view: &View, sides: &[Vec<ActorId>], one_way: bool) -> Self {
        let mut side: SortedMap<ActorId, u8> = SortedMap::new();
        for (actors, number) in sides.iter().zip(0u8..) {
            side.extend(actors.iter().map(|&actor| (actor, number)));
        }
        if sides.len() == 1 {
            // One group alone is cut from all other nodes.
            for actor in view.actors.iter().filter(|actor| actor.id.is_node()) {
                side.entry(actor.id).or_insert(1);
            }
        }
        let mut lines = Vec::new();
        let last = side.values().copied().max().unwrap_or(0);
        // The last side needs no line of its own: every other side has one around it.
        for number in 0..last.max(1) {
            let places = |inside: bool| {
                let mine = side.iter().filter(move |(_, other)| (**other == number) == inside);
                let spots = mine.filter_map(|(actor, _)| arrangement.spot(*actor));
                spots.map(|spot| (spot.at, spot.radius)).collect::<Vec<_>>()
            };
            let (one, other) = (places(true), places(false));
            let across: Vec<[Pos2; 2]> =
                one.iter().flat_map(|a| other.iter().map(|b| [a.0, b.0])).take(600).collect();
            lines.extend(cut::frontiers(&one, &other, &across));
        }
        Self { side, one_way, lines }
    }

    /// Whether it stops messages in this direction.
    pub fn stops(&self, from: ActorId, to: ActorId) -> bool {
        match (self.side.get(&from), self.side.get(&to)) {
            (Some(a), Some(b)) => a != b && (!self.one_way || (*a == 0 && *b == 1)),
            _ => false,
        }
    }
}

/// Whether something broken is a cut between actors.
pub fn is_cut(broken: &Broken) -> bool {
    if broken.pothole {
        return false;
    }
    match &broken.mend {
        Command::Mend(Some(inner)) => matches!(**inner, Command::Cut { .. } | Command::CutOneWay { .. }),
        Command::Mend(None) => broken.sides.len() > 1,
        _ => false,
    }
}

/// What is wrong with a link apart from being cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It loses, delays, doubles.
    Poor,
    /// What is sent waits for a hand.
    Held,
}

/// A link as it is drawn, from rim to rim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Its ends.
    pub pair: Pair,
    /// Its way.
    pub route: Route,
    /// Cut from the first end to the second, and back.
    pub cut: [bool; 2],
    /// What else is wrong with it.
    pub trouble: Option<Trouble>,
    /// One of its ends, or itself, is selected.
    pub selected: bool,
    /// A message is on it.
    pub busy: bool,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On its way.
    Moving,
    /// Held on the link until it is delivered by hand.
    Held,
    /// At the receiver, so many before it.
    Waiting(u16),
}

/// A message as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Courier {
    /// Its place among the view's flights.
    pub flight: usize,
    /// Where it is.
    pub at: Pos2,
    /// Where it flies, of length one.
    pub heading: Vec2,
    /// How far behind it the sender's rim is.
    pub flown: f32,
    /// Moving, held or waiting.
    pub place: Place,
    /// The sender's rank when it left.
    pub rank: Rank,
}

/// What one sender sent at one instant, drawn as one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// Where it comes from.
    pub from: Pos2,
    /// The places among [`Placed::couriers`].
    pub couriers: std::ops::Range<usize>,
    /// Where its one label stands.
    pub label: Pos2,
}

/// A message that was just lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// Which.
    pub message: MessageId,
    /// Where.
    pub at: Pos2,
    /// How long ago, as a part of [`LOSS_FADE`].
    pub age: f32,
    /// Why.
    pub end: ArrowEnd,
    /// The sender's rank.
    pub rank: Rank,
}

/// Everything but the actors themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Placed {
    /// Links, those of the selection last.
    pub links: Vec<Link>,
    /// Messages.
    pub couriers: Vec<Courier>,
    /// Fans, where messages are dots.
    pub fans: Vec<Fan>,
    /// Whether messages are dots.
    pub dots: bool,
    /// Crosses.
    pub losses: Vec<Loss>,
}

/// What there is to place.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Where actors stand.
    pub arrangement: &'a Arrangement,
    /// The cluster at the moment shown.
    pub view: &'a View,
    /// Its past.
    pub story: &'a Story,
    /// What is selected.
    pub selection: &'a Selection,
    /// The cuts in force.
    pub frontiers: &'a [Frontier],
    /// Who ever talked to whom, and when first: asked for where actors stand in columns.
    pub talked: &'a SortedMap<Pair, Time>,
}

/// Who ever talked to whom, kept up with a story.
#[derive(Debug, Clone, Default)]
pub struct Talked {
    /// Each pair once, with the time of its first message.
    pub since: SortedMap<Pair, Time>,
    seen: usize,
}

impl Talked {
    /// Takes in what is new; a story that is shorter than before is another one.
    pub fn keep_up(&mut self, story: &Story) {
        if story.arrows.len() < self.seen {
            *self = Self::default();
        }
        for arrow in story.arrows.range(self.seen..story.arrows.len()) {
            self.since.entry(sorted(arrow.from, arrow.to)).or_insert(arrow.sent);
        }
        self.seen = story.arrows.len();
    }
}

impl Placed {
    /// Places links, messages and losses.
    pub fn new(scene: &Scene<'_>) -> Self {
        let couriers = scene.couriers();
        let moving = couriers.iter().filter(|courier| !matches!(courier.place, Place::Waiting(_))).count();
        let dots = moving > PILLS_MOST;
        let fans = if dots { scene.fans(&couriers) } else { Vec::new() };
        Self { links: scene.links(), couriers, fans, dots, losses: scene.losses() }
    }
}

impl Scene<'_> {
    fn now(&self) -> Time {
        self.view.moment.at
    }

    /// The way from one to another; both directions take the same.
    fn route(&self, from: ActorId, to: ActorId) -> Option<Route> {
        let (a, b) = (self.arrangement.spot(from)?, self.arrangement.spot(to)?);
        let heading = (b.at - a.at).normalized();
        let ends = [rim(a, heading), rim(b, -heading)];
        if !self.arrangement.columns {
            return Some(Route::straight(ends));
        }
        let others = || self.arrangement.spots.iter().filter(|spot| spot.actor != from && spot.actor != to);
        if from <= to {
            return Some(Route::around(ends, others()));
        }
        let back = Route::around([ends[1], ends[0]], others());
        Some(Route { ends, bend: -back.bend })
    }

    /// The newest arrows that may touch the last `span`, each with its message.
    fn recent(&self, span: Span) -> impl Iterator<Item = (MessageId, sim::story::Arrow)> {
        let now = self.now();
        let range = self.story.arrows_between(Time(now.0.saturating_sub(span.0)), now);
        let start = range.start.max(range.end.saturating_sub(ARROWS_LOOKED_AT));
        let messages = (start..range.end).map(|index| MessageId(index as u64));
        messages.zip(self.story.arrows.range(start..range.end))
    }

    /// How far along the way from `from` to `to` a cut stands.
    fn cut_at(&self, from: ActorId, to: ActorId, route: Route) -> Option<f32> {
        let stopping = self.frontiers.iter().filter(|frontier| frontier.stops(from, to));
        stopping
            .flat_map(|frontier| &frontier.lines)
            .filter_map(|curve| route.meets(curve))
            .min_by(f32::total_cmp)
    }

    fn links(&self) -> Vec<Link> {
        let nodes = self.view.actors.iter().filter(|actor| actor.id.is_node()).count();
        let mut busy: SortedMap<Pair, ()> = SortedMap::new();
        for flight in &self.view.flights {
            busy.insert(sorted(flight.from, flight.to), ());
        }
        let clients = self.client_links();
        let mut links: Vec<Link> = Vec::new();
        let mut add = |pair: Pair| {
            let Some(route) = self.route(pair.0, pair.1) else { return };
            let stops = |from, to| self.frontiers.iter().any(|frontier| frontier.stops(from, to));
            links.push(Link {
                pair,
                route,
                cut: [stops(pair.0, pair.1), stops(pair.1, pair.0)],
                trouble: self.trouble(pair),
                selected: self.is_selected(pair),
                busy: busy.contains_key(&pair),
            });
        };
        if self.arrangement.columns {
            for pair in self.talking() {
                add(pair);
            }
        } else if nodes <= ALL_LINKS {
            for &(a, b) in &self.view.links {
                let pair = sorted(a, b);
                if pair.1.is_node() || clients.contains_key(&pair) || self.is_selected(pair) {
                    add(pair);
                }
            }
        } else {
            let some = if busy.len() > BUSY_LINKS { 0 } else { BUSY_LINKS };
            for &pair in busy
                .keys()
                .take(some)
                .chain(clients.keys().filter(|pair| some == 0 || !busy.contains_key(pair)))
            {
                add(pair);
            }
            for &(a, b) in self.view.links.iter().filter(|(a, b)| self.is_selected(sorted(*a, *b))) {
                let pair = sorted(a, b);
                if (some == 0 || !busy.contains_key(&pair)) && !clients.contains_key(&pair) {
                    add(pair);
                }
            }
        }
        links.sort_by_key(|link| link.selected);
        links
    }

    /// In columns: who has talked to whom so far. One that has talked to nobody yet is linked to the columns beside its
    /// own, as calls would go; what is selected shows all its links.
    fn talking(&self) -> SortedSet<Pair> {
        let mut pairs: SortedSet<Pair> = SortedSet::new();
        let now = self.now();
        pairs.extend(self.talked.iter().filter(|(_, since)| **since <= now).map(|(pair, _)| *pair));
        let silent = |actor: ActorId| !pairs.iter().any(|pair| pair.0 == actor || pair.1 == actor);
        let lone: Vec<ActorId> =
            self.arrangement.spots.iter().map(|spot| spot.actor).filter(|actor| silent(*actor)).collect();
        let column = |actor| self.arrangement.column(actor);
        for &(a, b) in &self.view.links {
            let beside = (lone.contains(&a) || lone.contains(&b)) && column(a).abs_diff(column(b)) == 1;
            if beside || matches!(self.selection, Selection::Link(..)) && self.is_selected(sorted(a, b)) {
                pairs.insert(sorted(a, b));
            }
        }
        pairs
    }

    fn is_selected(&self, pair: Pair) -> bool {
        match self.selection {
            Selection::Link(a, b) => sorted(*a, *b) == pair,
            Selection::Actor(actor) => *actor == pair.0 || *actor == pair.1,
            _ => false,
        }
    }

    /// Whom each client talks to: whom it talked to last, else who stands nearest.
    fn client_links(&self) -> SortedMap<Pair, ()> {
        let mut links = SortedMap::new();
        let clients = || self.arrangement.spots.iter().filter(|spot| spot.actor.is_client());
        if clients().next().is_none() {
            return links;
        }
        let mut newest: SortedMap<ActorId, ActorId> = SortedMap::new();
        for (_, arrow) in self.recent(CLIENT_MEMORY) {
            if arrow.from.is_client() && arrow.sent <= self.now() {
                newest.insert(arrow.from, arrow.to);
            }
        }
        links.extend(newest.into_iter().map(|(client, node)| (sorted(client, node), ())));
        for flight in &self.view.flights {
            if flight.from.is_client() || flight.to.is_client() {
                links.insert(sorted(flight.from, flight.to), ());
            }
        }
        for client in clients() {
            if links.keys().any(|pair| pair.1 == client.actor) {
                continue;
            }
            let nodes = self.arrangement.spots.iter().filter(|spot| spot.actor.is_node());
            let nearest = nodes.min_by(|a, b| a.at.distance(client.at).total_cmp(&b.at.distance(client.at)));
            if let Some(nearest) = nearest {
                links.insert(sorted(nearest.actor, client.actor), ());
            }
        }
        links
    }

    fn trouble(&self, pair: Pair) -> Option<Trouble> {
        let about = |broken: &Broken, links: &LinkSelector| match links {
            LinkSelector::All => true,
            LinkSelector::Of(Who::Actor(actor)) => *actor == pair.0 || *actor == pair.1,
            LinkSelector::Directed(Who::Actor(a), Who::Actor(b))
            | LinkSelector::Both(Who::Actor(a), Who::Actor(b)) => sorted(*a, *b) == pair,
            _ => match broken.sides.as_slice() {
                [one, other, ..] => {
                    (one.contains(&pair.0) && other.contains(&pair.1))
                        || (one.contains(&pair.1) && other.contains(&pair.0))
                }
                _ => false,
            },
        };
        self.view.broken.iter().find_map(|broken| match &broken.mend {
            Command::Release(links) if about(broken, links) => Some(Trouble::Held),
            Command::Link { links, .. } if about(broken, links) => Some(Trouble::Poor),
            _ => None,
        })
    }

    fn couriers(&self) -> Vec<Courier> {
        let now = self.now();
        let mut waiting: SortedMap<ActorId, u16> = SortedMap::new();
        let mut couriers = Vec::with_capacity(self.view.flights.len());
        for (index, flight) in self.view.flights.iter().enumerate() {
            let Some(route) = self.route(flight.from, flight.to) else { continue };
            let (place, part) = if flight.waiting {
                let before = waiting.entry(flight.to).or_default();
                *before = before.saturating_add(1);
                (Place::Waiting(*before - 1), 1.0)
            } else if flight.held {
                (Place::Held, progress(flight, now).min(0.5))
            } else {
                (Place::Moving, progress(flight, now))
            };
            let reach =
                if flight.doomed { self.cut_at(flight.from, flight.to, route).unwrap_or(1.0) } else { 1.0 };
            let at = route.at(part * reach);
            let (heading, flown) = (route.heading(part * reach), route.ends[0].distance(at));
            let rank = self.rank(flight);
            couriers.push(Courier { flight: index, at, heading, flown, place, rank });
        }
        couriers
    }

    fn rank(&self, flight: &Flight) -> Rank {
        if flight.from.is_client() {
            return Rank::Client;
        }
        let told =
            self.story.arrow(flight.id).filter(|arrow| arrow.from == flight.from).map(|arrow| arrow.rank);
        let now = || self.view.actor(flight.from).and_then(|actor| actor.role).map(|role| role.rank);
        told.or_else(now).unwrap_or(Rank::Follower)
    }

    fn fans(&self, couriers: &[Courier]) -> Vec<Fan> {
        let key = |courier: &Courier| {
            let flight = self.view.flights.get(courier.flight)?;
            (courier.place == Place::Moving).then_some((flight.from, flight.kind, flight.sent))
        };
        let mut fans = Vec::new();
        let mut start = 0;
        while start < couriers.len() {
            let mut end = start + 1;
            let sender = key(&couriers[start]);
            while end < couriers.len() && key(&couriers[end]) == sender {
                end += 1;
            }
            let from = sender.and_then(|(from, ..)| self.arrangement.spot(from));
            if let Some(from) = from.filter(|_| end - start >= FAN_LEAST) {
                let sum =
                    couriers[start..end].iter().fold(Vec2::ZERO, |sum, courier| sum + (courier.at - from.at));
                let label = from.at + sum / (end - start) as f32;
                fans.push(Fan { from: from.at, couriers: start..end, label });
            }
            start = end;
        }
        fans
    }

    fn losses(&self) -> Vec<Loss> {
        let now = self.now();
        let mut losses = Vec::new();
        for (message, arrow) in self.recent(LOSS_FADE) {
            if !arrow.end.lost() || arrow.ended > now || now.since(arrow.ended) >= LOSS_FADE {
                continue;
            }
            // A cross on a link that was mended would say that it is still cut.
            let still_cut = || self.frontiers.iter().any(|frontier| frontier.stops(arrow.from, arrow.to));
            if arrow.end == ArrowEnd::Cut && !still_cut() {
                continue;
            }
            let Some(route) = self.route(arrow.from, arrow.to) else { continue };
            let part = match arrow.end {
                ArrowEnd::ReceiverDown | ArrowEnd::QueueFull => 1.0,
                ArrowEnd::NeverSent => 0.0,
                ArrowEnd::Cut => self.cut_at(arrow.from, arrow.to, route).unwrap_or(0.5),
                _ => 0.6,
            };
            let age = now.since(arrow.ended).0 as f32 / LOSS_FADE.0 as f32;
            losses.push(Loss { message, at: route.at(part), age, end: arrow.end, rank: arrow.rank });
        }
        losses
    }
}

/// The part of its flight that has passed.
fn progress(flight: &Flight, now: Time) -> f32 {
    let whole = flight.arrives.since(flight.sent).0;
    if whole == 0 || flight.arrives == Time::MAX {
        return 0.5;
    }
    (now.since(flight.sent).0 as f64 / whole as f64).clamp(0.0, 1.0) as f32
}

/// The point of an actor's rim in a direction.
fn rim(spot: &Spot, heading: Vec2) -> Pos2 {
    if spot.actor.is_node() {
        return spot.at + heading * (spot.radius + RIM_GAP);
    }
    // A square's: as far as its side in the larger direction.
    let largest = heading.x.abs().max(heading.y.abs()).max(0.1);
    spot.at + heading * (spot.radius + RIM_GAP) / largest
}

fn sorted(a: ActorId, b: ActorId) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

/// [`Placed`] as text: a line each for links that are cut or troubled, messages, fans and losses.
pub struct Told<'a>(pub &'a Scene<'a>, pub &'a Placed);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told(scene, placed) = self;
        for link in &placed.links {
            let (a, b) = link.pair;
            write!(f, "link {a}-{b}")?;
            match link.cut {
                [true, true] => write!(f, " cut")?,
                [true, false] => write!(f, " cut {a}→{b}")?,
                [false, true] => write!(f, " cut {b}→{a}")?,
                [false, false] => {}
            }
            match link.trouble {
                Some(Trouble::Poor) => write!(f, " poor")?,
                Some(Trouble::Held) => write!(f, " held")?,
                None => {}
            }
            if !link.route.is_straight() {
                write!(f, " bowed {:.0}", link.route.bend)?;
            }
            writeln!(f, "{}", if link.selected { " selected" } else { "" })?;
        }
        for courier in &placed.couriers {
            let Some(flight) = scene.view.flights.get(courier.flight) else { continue };
            let [from, to] = scene.route(flight.from, flight.to).unwrap_or_default().ends;
            let part = courier.flown / from.distance(to).max(1.0);
            let place = match courier.place {
                Place::Moving => format!("{:.0} %", part * 100.0),
                Place::Held => "held".into(),
                Place::Waiting(before) => format!("waits behind {before}"),
            };
            writeln!(
                f,
                "{} {}→{} #{} {place} {:?}",
                flight.kind, flight.from, flight.to, flight.number, courier.rank
            )?;
        }
        for fan in &placed.fans {
            writeln!(f, "fan of {}", fan.couriers.len())?;
        }
        for loss in &placed.losses {
            writeln!(f, "lost {} {:?} {:.0} %", loss.message, loss.end, loss.age * 100.0)?;
        }
        Ok(())
    }
}
