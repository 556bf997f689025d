//! The parameters, and what they are worth.

use super::post::Key;
use serde::Serialize;
use sim::ActorId;
use sim::clock::Crystal;
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::random::Draw;
use sim::time::Span;

/// The mistakes that can be put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// Posts stand on the board in the order of wall clocks.
    pub order_by_wall: bool,
    /// A clock that is ahead is set back.
    pub set_back: bool,
    /// Leases run by wall clocks.
    pub lease_on_wall: bool,
    /// A hybrid clock follows any stamp, however far ahead.
    pub follow_any_clock: bool,
    /// A post is answered and told before its time has surely passed.
    pub no_commit_wait: bool,
}

/// By what the board is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Order {
    /// Hybrid clocks.
    Hybrid,
    /// Lamport's.
    Lamport,
    /// Commit times.
    Commit,
    /// Wall clocks: the pothole.
    Wall,
}

/// How clocks that are wrong are put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjust {
    /// Small errors little by little, large ones at once.
    Slew,
    /// All at once.
    Step,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nodes that keep the board.
    pub servers: u16,
    /// Clients.
    pub clients: u16,
    /// Between two questions for the time.
    pub poll: Span,
    /// How fast doubt grows, in parts in 10⁹: twice as much as any clock drifts.
    pub rate: i64,
    /// How much clocks drift of themselves at most, in parts in 10⁹.
    pub drift: i64,
    /// How wrong wall clocks are at the start, at most.
    pub skew: Span,
    /// How clocks are put right.
    pub adjust: Adjust,
    /// How fast, little by little: parts in 10⁹.
    pub slew: i64,
    /// From which error on at once.
    pub step_over: Span,
    /// How far ahead of one's own wall clock a hybrid stamp may be to be followed.
    pub ahead: Span,
    /// By what the board is sorted.
    pub order: Order,
    /// How long a lease lasts.
    pub lease: Span,
    /// Between two questions after posts one may have missed.
    pub gossip: Span,
    /// The shortest way of a message.
    pub latency_min: Span,
    /// The longest.
    pub latency_max: Span,
    /// The quickest sync.
    pub sync_min: Span,
    /// The slowest.
    pub sync_max: Span,
    /// What handling one event takes.
    pub work: Span,
    /// Whether clients ask of their own accord.
    pub load: bool,
    /// Between an answer and the next request, on average.
    pub think: Span,
    /// Of 100 requests, readings.
    pub reads: u64,
    /// Of 100 requests, pinnings.
    pub pins: u64,
    /// After which a request is made again.
    pub timeout: Span,
    /// After which a client gives up.
    pub give_up: Span,
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count(
        "servers",
        3,
        1,
        6,
        "nodes",
        "Nodes that keep the board, besides n1, which keeps the time.",
    ),
    Parameter::count("clients", 3, 0, 12, "clients", "Clients who post, read and pin."),
    Parameter::span(
        "poll",
        Span::secs(1),
        Span::millis(50),
        Span::secs(60),
        "How often a node asks for the time.",
    ),
    Parameter::count(
        "doubt_rate",
        2_000,
        0,
        100_000,
        "ppm",
        "How fast doubt about the time grows between two answers: twice what any clock may drift.",
    ),
    Parameter::count(
        "drift",
        400,
        0,
        50_000,
        "ppm",
        "How much clocks drift of themselves, at most; never more than half of doubt_rate.",
    ),
    Parameter::span(
        "skew",
        Span::millis(20),
        Span::ZERO,
        Span::secs(10),
        "How wrong wall clocks are at the start, at most.",
    ),
    Parameter::choice(
        "adjust",
        &["slew", "step"],
        "Small errors of a wall clock are made good little by little (slew), or at once (step).",
    ),
    Parameter::count(
        "slew",
        50_000,
        500,
        500_000,
        "ppm",
        "How much faster or slower a clock runs while it is slewed.",
    ),
    Parameter::span(
        "step_over",
        Span::millis(128),
        Span::ZERO,
        Span::secs(10),
        "Larger errors are made good at once: forwards by a step, backwards by standing still.",
    ),
    Parameter::span(
        "ahead",
        Span::millis(500),
        Span::millis(1),
        Span::secs(60),
        "A stamp of a hybrid clock that is further ahead of the own wall clock is not followed.",
    ),
    Parameter::choice("order", &["hybrid", "lamport", "commit"], "Which stamps the board is sorted by."),
    Parameter::span(
        "lease",
        Span::secs(2),
        Span::millis(100),
        Span::secs(60),
        "How long a lease lasts: whoever holds it may pin.",
    ),
    Parameter::span(
        "gossip",
        Span::millis(500),
        Span::millis(20),
        Span::secs(60),
        "How often a node asks another one for posts it may have missed.",
    ),
    Parameter::span("latency_min", Span::millis(2), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(8), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::span("sync_min", Span::millis(1), Span::ZERO, Span::secs(10), "The quickest sync of a disk."),
    Parameter::span("sync_max", Span::millis(4), Span::ZERO, Span::secs(10), "The slowest sync of a disk."),
    Parameter::span("work", Span::micros(20), Span::ZERO, Span::secs(1), "What handling one event takes."),
    Parameter::switch("load", true, "Clients make requests of their own, besides those made by hand."),
    Parameter::span(
        "think",
        Span::millis(300),
        Span::millis(1),
        Span::secs(600),
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::count("reads", 20, 0, 50, "%", "Of the clients' own requests, those that read the board."),
    Parameter::count(
        "pins",
        20,
        0,
        50,
        "%",
        "Of the clients' own requests, those that pin something on top of it.",
    ),
    Parameter::span(
        "timeout",
        Span::millis(500),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer asks again.",
    ),
    Parameter::span(
        "give_up",
        Span::secs(4),
        Span::millis(10),
        Span::secs(600),
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole("order_by_wall", "The board is sorted by what wall clocks showed."),
    Parameter::pothole(
        "set_back",
        "A clock that is found to be ahead is set back, and one whose machine's clock is set back follows.",
    ),
    Parameter::pothole(
        "lease_on_wall",
        "A lease runs until the wall clock shows a certain time, by the holder's clock and by the grantor's.",
    ),
    Parameter::pothole(
        "follow_any_clock",
        "A hybrid clock follows every stamp that it hears, however far ahead.",
    ),
    Parameter::pothole(
        "no_commit_wait",
        "A post is answered, and told to others, before its time has surely passed.",
    ),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// Who keeps the time and grants leases.
    pub const MASTER: ActorId = ActorId::node(1);

    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        let potholes = Potholes {
            order_by_wall: p.switch("order_by_wall"),
            set_back: p.switch("set_back"),
            lease_on_wall: p.switch("lease_on_wall"),
            follow_any_clock: p.switch("follow_any_clock"),
            no_commit_wait: p.switch("no_commit_wait"),
        };
        let rate = p.count("doubt_rate") * 1_000;
        Self {
            servers: small(p, "servers"),
            clients: small(p, "clients"),
            poll: p.span("poll"),
            rate,
            drift: (p.count("drift") * 1_000).min(rate / 2),
            skew: p.span("skew"),
            adjust: if p.choice("adjust") == "step" { Adjust::Step } else { Adjust::Slew },
            slew: p.count("slew") * 1_000,
            step_over: p.span("step_over"),
            ahead: p.span("ahead"),
            order: match p.choice("order") {
                _ if potholes.order_by_wall => Order::Wall,
                "lamport" => Order::Lamport,
                "commit" => Order::Commit,
                _ => Order::Hybrid,
            },
            lease: p.span("lease"),
            gossip: p.span("gossip"),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            sync_min: p.span("sync_min"),
            sync_max: p.span("sync_max").max(p.span("sync_min")),
            work: p.span("work"),
            load: p.switch("load"),
            think: p.span("think"),
            reads: small(p, "reads"),
            pins: small(p, "pins"),
            timeout: p.span("timeout"),
            give_up: p.span("give_up"),
            potholes,
        }
    }

    /// Who keeps the board.
    pub fn boards(&self) -> impl DoubleEndedIterator<Item = ActorId> + Clone {
        (0..self.servers).map(Self::server)
    }

    /// The node that keeps the board in that place, from 0.
    pub fn server(place: u16) -> ActorId {
        ActorId::node(place + 2)
    }

    /// The place of a node that keeps the board: its place in vectors.
    pub fn place(node: ActorId) -> u16 {
        node.number().saturating_sub(2)
    }

    /// Whether this node keeps the board.
    pub fn keeps_board(&self, node: ActorId) -> bool {
        node.is_node() && (2..self.servers + 2).contains(&node.number())
    }

    /// How much a clock may drift, in parts in 10⁹, so that doubt is never wrong.
    pub fn drift_limit(&self) -> i64 {
        self.rate / 2
    }

    /// A clock as it comes: n1's is what the others are measured by, and true; the others' are not.
    pub fn crystal(&self, who: ActorId, draw: &mut Draw) -> Crystal {
        if !self.keeps_board(who) {
            return Crystal::default();
        }
        let mut either = |most: u64| {
            i64::try_from(draw.below(2 * most + 1)).unwrap_or(0) - i64::try_from(most).unwrap_or(0)
        };
        Crystal { skew: either(self.skew.0), drift: either(self.drift.unsigned_abs()) }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network { mesh: true, ..Network::flat(profile.clone(), profile) }
    }

    /// Where a post stands on the board.
    pub fn key(&self, post: &super::post::Post) -> Key {
        Self::key_by(self.order, post)
    }

    /// Where a post would stand on a board that is sorted so.
    pub fn key_by(order: Order, post: &super::post::Post) -> Key {
        let (major, minor) = match order {
            Order::Hybrid => (post.stamps.hybrid.latest.0, post.stamps.hybrid.count),
            Order::Lamport => (post.stamps.lamport.0, 0),
            Order::Commit => (post.stamps.commit.0, 0),
            Order::Wall => (post.stamps.wall.0, 0),
        };
        Key { major, minor, id: post.id }
    }

    /// Until an answer comes once all is mended: a lease that was granted runs out at a node that had to forget it, the
    /// time is asked for, doubt passes.
    pub fn recovery(&self) -> Span {
        let doubt = Span(self.rate.unsigned_abs() / 1_000 * 60_000);
        self.lease * 4
            + self.poll * 2
            + self.timeout * 4
            + self.think * 2
            + (self.latency_max + self.sync_max) * 12
            + doubt
            + Span::secs(1)
    }
}
