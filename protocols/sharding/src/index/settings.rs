//! The lab's parameters, typed.

use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::{ActorId, Span};

/// The mistakes put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// Index servers are restarted when the order comes, however many of them are away.
    pub all_at_once: bool,
    /// Who hears nothing asks again at once, and everybody.
    pub no_backoff: bool,
}

/// The parameters in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Index servers: `n2` and on.
    pub index: u16,
    /// Storage servers, after those.
    pub storage: u16,
    /// Clients.
    pub clients: u16,
    /// What loading the index takes a server.
    pub load: Span,
    /// What answering one question takes an index server.
    pub cost: Span,
    /// Questions that may wait at an index server.
    pub queue: u16,
    /// Questions that have waited too long to be of use are thrown away.
    pub shed: bool,
    /// How long an answer is good for.
    pub lease: Span,
    /// After which a storage server takes it that there will be no answer.
    pub timeout: Span,
    /// The longest pause before it asks again.
    pub backoff: Span,
    /// Whether clients ask of their own accord.
    pub load_on: bool,
    /// Between an answer and a client's next request, on average.
    pub think: Span,
    /// After which a client has failed.
    pub give_up: Span,
    /// The quickest message.
    pub latency_min: Span,
    /// The slowest.
    pub latency_max: Span,
    /// The mistakes put in.
    pub potholes: Potholes,
}

const LONG: Span = Span::secs(600);
const TICK: Span = Span::millis(1);

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("index", 3, 1, 6, "nodes", "Index servers: each has the whole index in memory."),
    Parameter::count("storage", 9, 1, 24, "nodes", "Storage servers, which must know what they belong to."),
    Parameter::count("clients", 4, 0, 12, "clients", "Clients of the storage servers."),
    Parameter::span("load", Span::secs(1), TICK, LONG, "What loading the index from disk takes a server that starts."),
    Parameter::span(
        "cost",
        Span::millis(80),
        TICK,
        Span::secs(10),
        "What answering one question takes an index server: it grows with what the answer has to list. As long as two fit \
         into a time-out, two questions at once do no harm.",
    )
    .live(),
    Parameter::count("queue", 6, 1, 1_000, "questions", "Questions that may wait at an index server."),
    Parameter::switch(
        "shed",
        false,
        "An index server throws away questions that have waited so long that nobody waits for the answer any more.",
    )
    .live(),
    Parameter::span("lease", Span::secs(4), Span::millis(10), LONG, "How long an answer is good for."),
    Parameter::span(
        "timeout",
        Span::millis(200),
        TICK,
        Span::secs(60),
        "After which a storage server takes it that there will be no answer, and asks again.",
    )
    .live(),
    Parameter::span(
        "backoff",
        Span::secs(1),
        Span::ZERO,
        LONG,
        "The longest pause before it asks again: each pause is drawn between nothing and a limit that doubles up to this.",
    )
    .live(),
    Parameter::switch("requests", true, "Clients ask of their own accord, besides what is asked by hand."),
    Parameter::span("think", Span::millis(100), TICK, LONG, "Between an answer and a client's next request, on average."),
    Parameter::span("give_up", Span::millis(500), TICK, LONG, "After which a client has failed."),
    Parameter::span("latency_min", Span::millis(5), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(15), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::pothole(
        "all_at_once",
        "An order to restart index servers is carried out at once, however many of them are away already.",
    ),
    Parameter::pothole("no_backoff", "A storage server that hears nothing asks again at once, and all index servers."),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        Self {
            index: small(p, "index"),
            storage: small(p, "storage"),
            clients: small(p, "clients"),
            load: p.span("load"),
            cost: p.span("cost"),
            queue: small(p, "queue"),
            shed: p.switch("shed"),
            lease: p.span("lease"),
            timeout: p.span("timeout"),
            backoff: p.span("backoff"),
            load_on: p.switch("requests"),
            think: p.span("think"),
            give_up: p.span("give_up"),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            potholes: Potholes { all_at_once: p.switch("all_at_once"), no_backoff: p.switch("no_backoff") },
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// The operators' console: who orders restarts.
    pub const CONSOLE: ActorId = ActorId::node(1);

    /// The index servers.
    pub fn index(&self) -> impl DoubleEndedIterator<Item = ActorId> + use<> {
        (2..self.index + 2).map(ActorId::node)
    }

    /// The storage servers.
    pub fn storage(&self) -> impl DoubleEndedIterator<Item = ActorId> + use<> {
        (self.index + 2..self.index + self.storage + 2).map(ActorId::node)
    }

    /// Whether this node is an index server.
    pub fn is_index(&self, who: ActorId) -> bool {
        who.is_node() && (2..self.index + 2).contains(&who.number())
    }

    /// Whether there is time for an answer, and the index can answer all the storage servers' questions several times
    /// over, with one of its servers away, also while they ask again after a pause.
    pub fn is_sound(&self) -> bool {
        let away = u64::from(self.index).saturating_sub(1).max(1);
        let asked = self.lease.0 / 2;
        let enough = |per: u64| per * away >= u64::from(self.storage) * self.cost.0;
        self.timeout >= self.cost + self.latency_max * 2
            && enough(asked / 3)
            && enough(self.timeout.0 + self.backoff.0 / 2)
            && self.give_up >= self.latency_max * 6
            && self.think <= Span::secs(1)
    }

    /// After all is mended somebody is answered within this time: the index is loaded, what waits is worked off, each
    /// storage server has asked twice, a client has come by.
    pub fn answers_within(&self) -> Span {
        self.load
            + self.backoff * 2
            + self.cost * u64::from(self.queue)
            + self.timeout * 2
            + self.give_up
            + self.think * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(set: &[&str]) -> Settings {
        let mut parameters = Parameters::defaults(PARAMETERS);
        set.iter().for_each(|assignment| parameters.assign(assignment).unwrap());
        Settings::of(&parameters)
    }

    #[test]
    fn an_index_that_is_too_small_promises_nothing() {
        let plain = settings(&[]);
        assert!(plain.is_sound() && plain.answers_within() < Span::secs(6), "{}", plain.answers_within());
        for set in [&["storage=24"][..], &["cost=1s"], &["timeout=100ms"], &["backoff=0s"], &["index=1"]] {
            assert!(!settings(set).is_sound(), "{set:?}");
        }
        assert!(settings(&["no_backoff=on"]).is_sound());
    }

    #[test]
    fn nodes_are_told_apart() {
        let settings = settings(&[]);
        let index: Vec<u16> = settings.index().map(ActorId::number).collect();
        assert_eq!((index, settings.storage().count()), (vec![2, 3, 4], 9));
        assert!(settings.is_index(ActorId::node(4)) && !settings.is_index(ActorId::node(5)));
        assert!(!settings.is_index(Settings::CONSOLE));
    }
}
