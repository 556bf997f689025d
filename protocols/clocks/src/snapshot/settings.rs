//! The parameters, and what they are worth.

use sim::ActorId;
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::time::Span;

/// The mistakes that can be put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// Everybody is asked what it has, and the answers are added up.
    pub just_ask: bool,
    /// What is on its way is not recorded.
    pub forget_channels: bool,
    /// Markers are sent a while after the own state was recorded.
    pub late_markers: bool,
    /// Messages are taken in the order they arrive.
    pub unordered: bool,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nodes, each with one account.
    pub nodes: u16,
    /// Clients.
    pub clients: u16,
    /// What is in each account at the start.
    pub opening: u64,
    /// After how long a message that is not known to have arrived is sent again.
    pub resend: Span,
    /// The shortest way of a message.
    pub latency_min: Span,
    /// The longest.
    pub latency_max: Span,
    /// What handling one event takes.
    pub work: Span,
    /// Whether clients ask of their own accord.
    pub load: bool,
    /// Between an answer and the next request, on average.
    pub think: Span,
    /// Of 100 requests, snapshots.
    pub snapshots: u64,
    /// After which a request is made again.
    pub timeout: Span,
    /// After which a client gives up.
    pub give_up: Span,
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("nodes", 4, 1, 8, "nodes", "Nodes, each with one account."),
    Parameter::count("clients", 3, 0, 12, "clients", "Clients who move money and take snapshots."),
    Parameter::count("opening", 100, 0, 100_000, "coins", "What is in each account at the start."),
    Parameter::span(
        "resend",
        Span::millis(150),
        Span::millis(5),
        Span::secs(60),
        "After how long a message that is not known to have arrived is sent again.",
    ),
    Parameter::span("latency_min", Span::millis(10), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(40), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::span("work", Span::micros(20), Span::ZERO, Span::secs(1), "What handling one event takes."),
    Parameter::switch("load", true, "Clients make requests of their own, besides those made by hand."),
    Parameter::span(
        "think",
        Span::millis(80),
        Span::millis(1),
        Span::secs(600),
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::count("snapshots", 10, 0, 100, "%", "Of the clients' own requests, snapshots."),
    Parameter::span(
        "timeout",
        Span::millis(600),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer asks again.",
    ),
    Parameter::span(
        "give_up",
        Span::secs(5),
        Span::millis(10),
        Span::secs(600),
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole(
        "just_ask",
        "A snapshot asks every node what it has, and adds up the answers: no markers.",
    ),
    Parameter::pothole(
        "forget_channels",
        "A snapshot records what nodes have, and not what is on its way between them.",
    ),
    Parameter::pothole("late_markers", "A node goes on sending for a while before it sends its markers."),
    Parameter::pothole("unordered", "A message is taken when it arrives, also where an earlier one has not."),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        Self {
            nodes: small(p, "nodes"),
            clients: small(p, "clients"),
            opening: small(p, "opening"),
            resend: p.span("resend"),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            work: p.span("work"),
            load: p.switch("load"),
            think: p.span("think"),
            snapshots: small(p, "snapshots"),
            timeout: p.span("timeout"),
            give_up: p.span("give_up"),
            potholes: Potholes {
                just_ask: p.switch("just_ask"),
                forget_channels: p.switch("forget_channels"),
                late_markers: p.switch("late_markers"),
                unordered: p.switch("unordered"),
            },
        }
    }

    /// All nodes.
    pub fn all(&self) -> impl Iterator<Item = ActorId> + Clone + use<> {
        (1..=self.nodes).map(ActorId::node)
    }

    /// All money there is.
    pub fn total(&self) -> u64 {
        self.opening * u64::from(self.nodes)
    }

    /// How long late markers are late.
    pub fn late(&self) -> Span {
        self.latency_max * 2 + Span::millis(20)
    }

    /// The network: one region, messages as datagrams. That they come in order is made of numbers and answers.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// Until an answer comes once all is mended: what was lost is sent again and works off what had piled up, and a
    /// snapshot takes three more ways.
    pub fn recovery(&self) -> Span {
        self.resend * 12 + self.latency_max * 12 + self.timeout * 4 + self.think * 2 + Span::secs(1)
    }
}
