//! Clusters made by hand: what the canvas, the time line and the strip are tested, measured and pictured with.
//!
//! [`desk`] is a five-node Raft whose first leader was cut off from the others; [`crowd`] is any number of nodes with any
//! number of messages in flight; [`busy`] is a story of any number of arrows.

#![allow(dead_code, reason = "each user of this file takes a part of it")]

pub mod strips;

use sim::command::{Command, Who};
use sim::story::{Arrow, ArrowEnd, Band, BandState, Lane, Mark, Operation, Outcome, Rank, Role, Value};
use sim::view::{ActorView, Body, Broken, Cell, CellState, Flight, Row, Status, Strip};
use sim::{ActorId, EventId, MessageId, Moment, OperationId, Span, Story, Time, View};

/// The `number`-th node.
pub const fn n(number: u16) -> ActorId {
    ActorId::node(number)
}

/// The `number`-th client.
pub const fn c(number: u16) -> ActorId {
    ActorId::client(number)
}

fn role(rank: Rank, version: u64) -> Role {
    let label = match rank {
        Rank::Leader => "leader",
        Rank::Candidate => "candidate",
        Rank::Follower => "follower",
        Rank::Learner => "learner",
        Rank::Client => "client",
    };
    Role { rank, label, version }
}

/// A story under construction: arrows are added in any order.
struct Scribe {
    story: Story,
    events: u64,
}

impl Scribe {
    fn new(nodes: u16, clients: u16) -> Self {
        let lanes = (1..=nodes).map(n).chain((1..=clients).map(c)).map(|actor| Lane {
            actor,
            name: actor.to_string().into(),
            bands: vec![Band { from: Time::ZERO, event: EventId(0), state: BandState::Up }],
        });
        let kinds = vec!["vote", "granted", "append", "ok", "heartbeat"];
        Self { story: Story { lanes: lanes.collect(), kinds, ..Story::default() }, events: 0 }
    }

    fn band(&mut self, actor: ActorId, ms: u64, state: BandState) {
        self.events += 1;
        let event = EventId(self.events);
        if let Some(lane) = self.story.lanes.iter_mut().find(|lane| lane.actor == actor) {
            lane.bands.push(Band { from: Time::millis(ms), event, state });
        }
    }

    fn becomes(&mut self, actor: ActorId, ms: u64, rank: Rank, term: u64) {
        self.band(actor, ms, BandState::Role(role(rank, term)));
    }

    fn send(
        &mut self,
        (from, to): (ActorId, ActorId),
        (sent, ended): (u64, u64),
        kind: u16,
        end: ArrowEnd,
        rank: Rank,
    ) {
        self.events += 1;
        let ended = if end == ArrowEnd::Flying { Time::MAX } else { Time::millis(ended) };
        self.story.arrows.push(Arrow {
            sent: Time::millis(sent),
            ended,
            sent_by: EventId(self.events),
            end_event: EventId(self.events + 1),
            from,
            to,
            kind,
            end,
            asks: matches!(kind, 0 | 2 | 4),
            routine: kind == 4 || (kind == 3 && rank == Rank::Follower && sent % 5 != 0),
            rank,
        });
    }

    /// A question to each of `to`, and their answers.
    fn round(&mut self, from: ActorId, to: &[ActorId], sent: u64, kind: u16, rank: Rank) {
        for (index, &other) in (0u64..).zip(to) {
            let flight = 34 + 11 * (index + from.number() as u64) % 29 + 9 * index;
            self.send((from, other), (sent, sent + flight), kind, ArrowEnd::Delivered, rank);
            let answer = if kind == 0 { 1 } else { 3 };
            let back = sent + flight + 1;
            self.send(
                (other, from),
                (back, back + 40 + 7 * index),
                answer,
                ArrowEnd::Delivered,
                Rank::Follower,
            );
        }
    }

    fn lose(&mut self, from: ActorId, to: &[ActorId], sent: u64, kind: u16, rank: Rank) {
        for (index, &other) in (0u64..).zip(to) {
            self.send((from, other), (sent, sent + 12 + 14 * index), kind, ArrowEnd::Cut, rank);
        }
    }

    fn operation(&mut self, client: ActorId, what: &str, from: u64, to: Option<u64>, outcome: Outcome) {
        let id = OperationId(self.story.operations.len() as u64);
        let (function, value) = what.split_once(' ').unwrap_or((what, ""));
        self.story.operations.push(Operation {
            id,
            client,
            process: u64::from(client.number()),
            function: if function == "read" { "read" } else { "write" },
            key: "".into(),
            input: [Value::from(value)].into_iter().collect(),
            output: if function == "read:" {
                [Value::from(value)].into_iter().collect()
            } else {
                Default::default()
            },
            invoked: Time::millis(from),
            invoked_by: EventId(0),
            completed: to.map(Time::millis),
            completed_by: None,
            outcome,
            answered_by: None,
            label: what.into(),
        });
    }

    fn mark(&mut self, ms: u64, word: &str, text: &str) {
        self.story.marks.push(Mark {
            at: Time::millis(ms),
            event: EventId(1),
            word: word.into(),
            text: text.into(),
            nothing_to_do: false,
            by_chaos: false,
        });
    }

    fn done(mut self, end: Time) -> Story {
        let mut arrows: Vec<Arrow> = self.story.arrows.iter().collect();
        arrows.sort_by_key(|arrow| arrow.sent);
        self.story.arrows = arrows.into_iter().collect();
        let flights = self.story.arrows.iter().filter(|arrow| arrow.ended != Time::MAX);
        self.story.longest_flight = flights.map(|arrow| arrow.ended.0 - arrow.sent.0).max().unwrap_or(0);
        self.story.end = end;
        self.story
    }
}

/// The story of [`desk`].
pub fn desk_story() -> Story {
    let mut scribe = Scribe::new(5, 2);
    for node in 1..=5 {
        scribe.becomes(n(node), 0, Rank::Follower, 0);
    }
    scribe.becomes(n(1), 210, Rank::Candidate, 1);
    scribe.round(n(1), &[n(2), n(3), n(4), n(5)], 210, 0, Rank::Candidate);
    scribe.becomes(n(1), 330, Rank::Leader, 1);
    for sent in [335, 545, 640, 945, 1040, 1240] {
        let kind = if [545, 1040].contains(&sent) { 2 } else { 4 };
        scribe.round(n(1), &[n(2), n(3), n(4), n(5)], sent, kind, Rank::Leader);
    }
    scribe.mark(1600, "cut", "cut n1 | n2 n3 n4 n5");
    for sent in [1540, 1845, 2140, 2445] {
        scribe.lose(n(1), &[n(2), n(3), n(4), n(5)], sent, 4, Rank::Leader);
    }
    scribe.becomes(n(3), 2120, Rank::Candidate, 2);
    scribe.round(n(3), &[n(2), n(4), n(5)], 2130, 0, Rank::Candidate);
    scribe.lose(n(3), &[n(1)], 2130, 0, Rank::Candidate);
    scribe.becomes(n(3), 2250, Rank::Leader, 2);
    scribe.round(n(3), &[n(2), n(4), n(5)], 2255, 2, Rank::Leader);
    scribe.send((n(3), n(4)), (2600, 0), 2, ArrowEnd::Flying, Rank::Leader);
    for (to, ms) in [(2, 2640), (5, 2650)] {
        scribe.send((n(3), n(to)), (2600, ms), 2, ArrowEnd::Delivered, Rank::Leader);
    }
    scribe.send((n(2), n(3)), (2641, 0), 3, ArrowEnd::Flying, Rank::Follower);
    scribe.send((n(5), n(3)), (2651, 0), 3, ArrowEnd::Flying, Rank::Follower);
    scribe.operation(c(1), "write rice", 500, Some(750), Outcome::Ok);
    scribe.operation(c(2), "write milk", 1000, Some(1230), Outcome::Ok);
    scribe.operation(c(2), "write salt", 2550, None, Outcome::Open);
    scribe.done(Time::millis(2690))
}

fn flight(
    id: u64,
    (from, to): (ActorId, ActorId),
    (sent, arrives): (u64, u64),
    kind: &'static str,
    label: &str,
) -> Flight {
    Flight {
        id: MessageId(id),
        from,
        to,
        kind,
        number: 1,
        label: label.to_owned(),
        detail: format!("{kind} {from}→{to}, term 2"),
        asks: kind != "ok",
        routine: false,
        sent: Time::millis(sent),
        arrives: Time::millis(arrives),
        held: false,
        waiting: false,
        doomed: false,
    }
}

fn pairs(actors: &[ActorId]) -> Vec<(ActorId, ActorId)> {
    let nodes: Vec<ActorId> = actors.iter().copied().filter(|actor| actor.is_node()).collect();
    let mut links = Vec::new();
    for (index, &a) in nodes.iter().enumerate() {
        links.extend(nodes[index + 1..].iter().map(|&b| (a, b)));
    }
    for &client in actors.iter().filter(|actor| actor.is_client()) {
        links.extend(nodes.iter().map(|&node| (node, client)));
    }
    links
}

fn node(number: u16, rank: Rank, term: u64) -> ActorView {
    let mut actor = ActorView::new(n(number));
    actor.role = Some(role(rank, term));
    actor.headline = format!("{:?} of term {term}", rank);
    if rank == Rank::Follower {
        actor.timer = Some((Span::millis(300), Span::millis(40 + 220 / u64::from(number))));
    }
    actor
}

/// A five-node Raft: n1 was cut off and does not know yet that n3 leads.
pub fn desk() -> (View, Story) {
    let mut actors = vec![
        node(1, Rank::Leader, 1),
        node(2, Rank::Follower, 2),
        node(3, Rank::Leader, 2),
        node(4, Rank::Follower, 2),
        node(5, Rank::Follower, 2),
        ActorView::new(c(1)),
        ActorView::new(c(2)),
    ];
    actors[0].stale = true;
    actors[5].waiting = Some(("write tea".into(), "about to".into()));
    actors[6].waiting = Some(("write salt".into(), "waits for n3".into()));
    let links = pairs(&actors.iter().map(|actor| actor.id).collect::<Vec<_>>());
    let story = desk_story();
    let id = |from, to| {
        let found = story
            .arrows
            .iter()
            .rposition(|arrow| arrow.from == from && arrow.to == to && arrow.end == ArrowEnd::Flying);
        found.map_or(u64::MAX, |at| at as u64)
    };
    let view = View {
        moment: Moment { at: Time::millis(2690), after: 4 },
        events: EventId(400),
        flights: vec![
            flight(id(n(3), n(4)), (n(3), n(4)), (2600, 2720), "append", "add salt"),
            flight(id(n(2), n(3)), (n(2), n(3)), (2641, 2760), "ok", "ok"),
            flight(id(n(5), n(3)), (n(5), n(3)), (2651, 2755), "ok", "ok"),
        ],
        broken: vec![Broken {
            text: "n1 | n2 n3 n4 n5".into(),
            verb: "mend",
            mend: Command::Mend(Some(Box::new(Command::Cut {
                groups: vec![vec![Who::Actor(n(1))], (2..=5).map(|node| Who::Actor(n(node))).collect()],
                span: None,
            }))),
            pothole: false,
            sides: vec![vec![n(1)], vec![n(2), n(3), n(4), n(5)]],
            one_way: false,
        }],
        strips: vec![desk_strip()],
        links,
        actors,
    };
    (view, story)
}

/// What [`desk`] looks like once much has gone wrong: every badge is on it.
pub fn broken_desk() -> (View, Story) {
    let (mut view, story) = desk();
    view.actors[1].status = Status::Down;
    view.actors[1].role = None;
    view.actors[1].timer = None;
    view.actors[2].slow = 10;
    view.actors[2].queue = 7;
    view.actors[3].status = Status::Paused;
    view.actors[3].queue = 12;
    view.actors[4].disk = "slow 10x".into();
    view.actors[4].clock_offset = 12_000_000;
    view.actors[4].unsynced = 3;
    view.flights[0].held = true;
    view.flights[1].waiting = true;
    let crashed = Command::Restart(Who::Actor(n(2)));
    view.broken.push(Broken {
        text: "n2 down".into(),
        verb: "restart",
        mend: crashed,
        pothole: false,
        sides: vec![vec![n(2)]],
        one_way: false,
    });
    view.broken.push(Broken {
        text: "n3→n5".into(),
        verb: "mend",
        mend: Command::Mend(Some(Box::new(Command::CutOneWay {
            from: vec![Who::Actor(n(3))],
            to: vec![Who::Actor(n(5))],
            span: None,
        }))),
        pothole: false,
        sides: vec![vec![n(3)], vec![n(5)]],
        one_way: true,
    });
    (view, story)
}

/// Three nodes and a client: what a newcomer sees first.
pub fn first() -> (View, Story) {
    let mut actors = vec![
        node(1, Rank::Leader, 1),
        node(2, Rank::Follower, 1),
        node(3, Rank::Follower, 1),
        ActorView::new(c(1)),
    ];
    actors[3].waiting = Some(("milk".into(), String::new()));
    let links = pairs(&actors.iter().map(|actor| actor.id).collect::<Vec<_>>());
    let mut scribe = Scribe::new(3, 1);
    scribe.send((n(1), n(2)), (1000, 0), 2, ArrowEnd::Flying, Rank::Leader);
    scribe.send((n(3), n(1)), (1020, 0), 3, ArrowEnd::Flying, Rank::Follower);
    let story = scribe.done(Time::millis(1050));
    let view = View {
        moment: Moment::end_of(Time::millis(1050)),
        events: EventId(20),
        flights: vec![
            flight(0, (n(1), n(2)), (1000, 1100), "append", "add milk"),
            flight(1, (n(3), n(1)), (1020, 1130), "ok", "ok"),
        ],
        broken: vec![],
        strips: vec![],
        links,
        actors,
    };
    (view, story)
}

/// A shop: two clients call a gateway, that three services, those a store; and the gateway asks the last shard itself.
pub fn services() -> (View, Story) {
    let mut actors: Vec<ActorView> = (1..=6).map(|number| ActorView::new(n(number))).collect();
    actors.extend([ActorView::new(c(1)), ActorView::new(c(2))]);
    for (at, badge) in
        ["12 open", "cart", "prices", "stock, 2 retries", "shard 1", "shard 2"].into_iter().enumerate()
    {
        actors[at].badge = badge.to_owned();
    }
    (actors[0].queue, actors[3].queue, actors[4].queue) = (12, 3, 140);
    actors[3].slow = 10;
    actors[6].waiting = Some(("buy tea".into(), "waits for n1".into()));
    let mut scribe = Scribe::new(6, 2);
    let calls = [
        (c(1), n(1)),
        (c(2), n(1)),
        (n(1), n(2)),
        (n(1), n(3)),
        (n(1), n(4)),
        (n(2), n(5)),
        (n(3), n(5)),
        (n(4), n(6)),
        (n(1), n(6)),
    ];
    for (ms, pair) in (100..).step_by(20).zip(calls) {
        scribe.send(pair, (ms, ms + 15), 2, ArrowEnd::Delivered, Rank::Follower);
    }
    scribe.send((n(1), n(6)), (600, 0), 2, ArrowEnd::Flying, Rank::Follower);
    scribe.send((n(2), n(5)), (610, 0), 3, ArrowEnd::Flying, Rank::Follower);
    let story = scribe.done(Time::millis(640));
    let links = pairs(&actors.iter().map(|actor| actor.id).collect::<Vec<_>>());
    let view = View {
        moment: Moment::end_of(Time::millis(640)),
        events: EventId(40),
        flights: vec![
            flight(9, (n(1), n(6)), (600, 680), "ask", "reserve"),
            flight(10, (n(2), n(5)), (610, 690), "ok", "ok"),
        ],
        broken: vec![],
        strips: vec![],
        links,
        actors,
    };
    (view, story)
}

/// Where they stand.
pub fn service_columns() -> Vec<Vec<ActorId>> {
    vec![vec![c(1), c(2)], vec![n(1)], vec![n(2), n(3), n(4)], vec![n(5), n(6)]]
}

/// Where the thirty of a [`crowd`] stand in columns.
pub fn crowd_columns() -> Vec<Vec<ActorId>> {
    vec![
        vec![c(1)],
        vec![n(1)],
        (2..=12).map(n).collect(),
        (13..=22).map(n).collect(),
        (23..=30).map(n).collect(),
    ]
}

fn desk_strip() -> Strip {
    let cell =
        |column: u64, version: u64, text: &str, state| Cell { column, version, text: text.into(), state };
    let row = |actor, entries: &[(u64, &str, CellState)]| Row {
        actor,
        first: 1,
        cells: (1..)
            .zip(entries)
            .map(|(column, (term, text, state))| cell(column, *term, text, *state))
            .collect(),
    };
    use CellState::{Applied, Committed, Durable, Written};
    let start = [(1, "start", Applied), (1, "rice", Applied), (1, "milk", Committed)];
    let with = |more: &[(u64, &'static str, CellState)]| [&start[..], more].concat();
    Strip {
        title: "Logs",
        legend: "number and colour: term; filled: this node knows it is committed",
        body: Body::Cells(vec![
            row(n(1), &start),
            row(n(2), &with(&[(2, "start", Committed), (2, "salt", Durable)])),
            row(n(3), &with(&[(2, "start", Committed), (2, "salt", Durable)])),
            row(n(4), &with(&[(2, "start", Committed)])),
            row(n(5), &with(&[(2, "start", Committed), (2, "salt", Written)])),
        ]),
    }
}

/// A strip of `rows` rows with `columns` entries each.
pub fn long_strip(rows: u16, columns: u64) -> Strip {
    let row = |actor| Row {
        actor,
        first: 4,
        cells: (4..=columns)
            .map(|column| Cell {
                column,
                version: 1 + column / 40,
                text: "x=17".into(),
                state: if column + 3 < columns { CellState::Applied } else { CellState::Volatile },
            })
            .collect(),
    };
    Strip {
        title: "Logs",
        legend: "number and colour: term",
        body: Body::Cells((1..=rows).map(|number| row(n(number))).collect()),
    }
}

/// `nodes` nodes with `messages` messages in flight at one second, as `busy` tells it.
pub fn crowd(nodes: u16, messages: u64) -> (View, Story) {
    let mut actors: Vec<ActorView> = (1..=nodes)
        .map(|number| node(number, if number == 1 { Rank::Leader } else { Rank::Follower }, 3))
        .collect();
    actors.push(ActorView::new(c(1)));
    let flights = (0..messages)
        .map(|index| {
            let from = 1 + (index / 4 % u64::from(nodes)) as u16;
            let to = 1 + ((index * 7 + 3) % u64::from(nodes)) as u16;
            let to = if to == from { 1 + to % nodes } else { to };
            let (kind, label) = if index / 4 % 3 == 0 { ("ok", "ok") } else { ("append", "add x=1") };
            Flight {
                number: 1 + (index / u64::from(nodes)) as u32,
                ..flight(index, (n(from), n(to)), (900 + index / 4 % 90, 1001 + index % 80), kind, label)
            }
        })
        .collect();
    let links = pairs(&actors.iter().map(|actor| actor.id).collect::<Vec<_>>());
    let view = View {
        moment: Moment::end_of(Time::millis(1000)),
        events: EventId(messages),
        flights,
        broken: vec![],
        strips: vec![],
        links,
        actors,
    };
    (view, busy(nodes, 2_000, Time::millis(1000)))
}

/// A story of `arrows` arrows among `nodes` nodes until `end`.
pub fn busy(nodes: u16, arrows: u64, end: Time) -> Story {
    let mut scribe = Scribe::new(nodes, 1);
    scribe.becomes(n(1), 1, Rank::Leader, 1);
    let mut story = scribe.done(end);
    story.longest_flight = 40_000_000;
    story.arrows = (0..arrows)
        .map(|index| {
            let sent = Time(end.0 / arrows.max(1) * index);
            let from = 1 + (index * 5 % u64::from(nodes)) as u16;
            let to = 1 + ((index * 11 + 2) % u64::from(nodes)) as u16;
            let lost = index % 17 == 0;
            Arrow {
                sent,
                ended: sent + Span(10_000_000 + index * 7919 % 30_000_000),
                sent_by: EventId(index),
                end_event: EventId(index + 1),
                from: n(from),
                to: n(to),
                kind: if lost { 0 } else { 2 },
                end: if lost { ArrowEnd::LostOnLink } else { ArrowEnd::Delivered },
                asks: true,
                routine: index % 2 == 0,
                rank: if from == 1 { Rank::Leader } else { Rank::Follower },
            }
        })
        .collect();
    story
}
