//! The parameters, and what they are worth.

use sim::ActorId;
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::random::Draw;
use sim::time::{Span, Time};

/// The mistakes that can be put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// Nobody counts retries, or failures.
    pub retry_without_budget: bool,
    /// Whatever is to be waited for is waited for exactly so long.
    pub no_jitter: bool,
    /// Who calls does not say how much time is left.
    pub deadline_not_passed: bool,
    /// Who is called does not look whether there is time left.
    pub stale_work_served: bool,
    /// Whoever finds nothing in the cache asks the store, all of them at once.
    pub cold_cache_open: bool,
}

/// Which of those that wait is served next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// First come, first served.
    Fifo,
    /// The last to come is served first: it has the most time left.
    Lifo,
}

/// What keeps a caller from asking those who do not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A circuit breaker: after many failures nobody is asked for a while.
    Breaker,
    /// Client-side throttling: the more is refused, the fewer are asked.
    Throttle,
    /// Nothing.
    Off,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nodes that serve.
    pub services: u16,
    /// Clients, each with devices.
    pub clients: u16,
    /// Devices of each client.
    pub devices: u16,
    /// How often a device asks, on average.
    pub period: Span,
    /// How many things the shop has.
    pub keys: u16,
    /// How long a device waits for an answer, retries and all.
    pub deadline: Span,
    /// How long a device waits for one attempt.
    pub timeout: Span,
    /// How long a front waits for one attempt.
    pub front_timeout: Span,
    /// How long a service waits for one attempt at the store.
    pub store_timeout: Span,
    /// Attempts of each call, wherever calls are tried again.
    pub attempts: u32,
    /// Only devices try again: the layers below leave it to them.
    pub edge_only: bool,
    /// Retries in a hundred calls.
    pub budget: u64,
    /// What is waited before the first retry; doubles with each.
    pub backoff: Span,
    /// The most that is waited.
    pub backoff_max: Span,
    /// After how long a front asks a second service as well; zero is never.
    pub hedge: Span,
    /// What is to keep callers from asking those who do not answer; what does is [`Settings::guards`].
    pub guard: Guard,
    /// How long a breaker stays open.
    pub open_for: Span,
    /// How many may wait at a node.
    pub queue: u32,
    /// Who is served next.
    pub order: Order,
    /// How many reads of the store a service has on their way at once.
    pub fetches: u32,
    /// How long a cached value lives, on average.
    pub cached: Span,
    /// What a front's handling of a request takes.
    pub front_work: Span,
    /// What a service's handling of a request takes.
    pub work: Span,
    /// What turning a request away takes.
    pub refusal: Span,
    /// What a read takes at the store.
    pub store_work: Span,
    /// The shortest way of a message.
    pub latency_min: Span,
    /// The longest.
    pub latency_max: Span,
    /// Whether devices ask of their own accord.
    pub load: bool,
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// The front: the one node that devices know.
pub const FRONT: ActorId = ActorId::node(1);
/// How much time a request has of which nobody says how much it has.
pub const UNTOLD: Span = Span::secs(10);
/// How many retries may be saved up.
pub const BURST: u64 = 5;

const fn ms(n: u64) -> Span {
    Span::millis(n)
}

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("services", 2, 1, 6, "nodes", "Nodes that serve, each with a cache of its own."),
    Parameter::count("clients", 3, 0, 8, "clients", "Clients, each with devices that ask."),
    Parameter::count("devices", 24, 1, 100, "devices", "Devices of each client."),
    Parameter::span("period", Span::secs(3), ms(50), Span::secs(600), "How often a device asks, on average."),
    Parameter::count("keys", 8, 1, 64, "things", "What the shop has, and devices ask for."),
    Parameter::span(
        "deadline",
        ms(1_200),
        ms(20),
        Span::secs(60),
        "How long a device waits for its answer, all retries included. What comes later is of no use.",
    ),
    Parameter::span("timeout", ms(500), ms(5), Span::secs(60), "How long a device waits for one attempt."),
    Parameter::span(
        "front_timeout",
        ms(400),
        ms(5),
        Span::secs(60),
        "How long the front waits for one attempt.",
    ),
    Parameter::span(
        "store_timeout",
        Span::secs(1),
        ms(5),
        Span::secs(60),
        "How long a service waits for one attempt at the store.",
    ),
    Parameter::count("attempts", 3, 1, 10, "attempts", "Of each call, wherever calls are tried again.")
        .live(),
    Parameter::choice(
        "retrying",
        &["everywhere", "devices"],
        "Who tries again: every layer (their attempts multiply), or devices alone.",
    ),
    Parameter::count(
        "budget",
        10,
        0,
        1_000,
        "%",
        "Retries and hedges in a hundred calls: what a caller may add to the load.",
    ),
    Parameter::span(
        "backoff",
        ms(50),
        ms(1),
        Span::secs(10),
        "Before the first retry; twice as long with each.",
    ),
    Parameter::span("backoff_max", Span::secs(1), ms(1), Span::secs(60), "The longest wait before a retry."),
    Parameter::span(
        "hedge",
        ms(250),
        Span::ZERO,
        Span::secs(10),
        "After which the front asks another service as well, and takes the first answer. Zero is never.",
    )
    .live(),
    Parameter::choice(
        "guard",
        &["breaker", "throttle", "off"],
        "What keeps a caller from asking who does not answer: a circuit breaker, or asking less the more is refused.",
    ),
    Parameter::span(
        "open_for",
        ms(500),
        ms(10),
        Span::secs(60),
        "How long a breaker stays open before it tries again.",
    ),
    Parameter::count(
        "queue",
        256,
        1,
        10_000,
        "requests",
        "How many may wait at a node before others are turned away.",
    ),
    Parameter::choice("order", &["fifo", "lifo"], "Who is served first: the first to come, or the last.")
        .live(),
    Parameter::count(
        "fetches",
        2,
        1,
        100,
        "reads",
        "Reads of the store that a service has on their way at once: its bulkhead.",
    )
    .live(),
    Parameter::span(
        "cached",
        Span::secs(12),
        ms(10),
        Span::secs(600),
        "How long a cached value lives, on average.",
    ),
    Parameter::span("front_work", ms(2), Span::ZERO, Span::secs(1), "What a request takes at the front."),
    Parameter::span("work", ms(50), Span::ZERO, Span::secs(1), "What a request takes at a service."),
    Parameter::span(
        "refusal",
        ms(10),
        Span::ZERO,
        Span::secs(1),
        "What turning a request away takes at a service.",
    ),
    Parameter::span("store_work", ms(100), Span::ZERO, Span::secs(1), "What a read takes at the store."),
    Parameter::span("latency_min", ms(5), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", ms(15), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::switch("load", true, "Devices ask of their own accord."),
    Parameter::pothole(
        "retry_without_budget",
        "Nobody counts: each layer makes all its attempts, whatever became of the last ones, and no breaker opens.",
    ),
    Parameter::pothole(
        "no_jitter",
        "Whoever waits (to retry, to connect again, to ask again, to forget) waits exactly as long as everybody else.",
    ),
    Parameter::pothole(
        "deadline_not_passed",
        "Who calls does not say how much time is left: whoever is called takes its own time.",
    ),
    Parameter::pothole(
        "stale_work_served",
        "Who is called does not look at how much time is left: it serves also those who have gone.",
    ),
    Parameter::pothole(
        "cold_cache_open",
        "Every request that finds nothing in the cache reads the store for itself, all at once.",
    ),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        let potholes = Potholes {
            retry_without_budget: p.switch("retry_without_budget"),
            no_jitter: p.switch("no_jitter"),
            deadline_not_passed: p.switch("deadline_not_passed"),
            stale_work_served: p.switch("stale_work_served"),
            cold_cache_open: p.switch("cold_cache_open"),
        };
        Self {
            services: small(p, "services"),
            clients: small(p, "clients"),
            devices: small(p, "devices"),
            period: p.span("period"),
            keys: small(p, "keys"),
            deadline: p.span("deadline"),
            timeout: p.span("timeout"),
            front_timeout: p.span("front_timeout"),
            store_timeout: p.span("store_timeout"),
            attempts: small(p, "attempts"),
            edge_only: p.choice("retrying") == "devices",
            budget: small(p, "budget"),
            backoff: p.span("backoff"),
            backoff_max: p.span("backoff_max"),
            hedge: p.span("hedge"),
            guard: match p.choice("guard") {
                "throttle" => Guard::Throttle,
                "off" => Guard::Off,
                _ => Guard::Breaker,
            },
            open_for: p.span("open_for"),
            queue: small(p, "queue"),
            order: if p.choice("order") == "lifo" { Order::Lifo } else { Order::Fifo },
            fetches: small(p, "fetches"),
            cached: p.span("cached"),
            front_work: p.span("front_work"),
            work: p.span("work"),
            refusal: p.span("refusal"),
            store_work: p.span("store_work"),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            load: p.switch("load"),
            potholes,
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// Services, in order.
    pub fn services(&self) -> impl DoubleEndedIterator<Item = ActorId> + use<> {
        (2..2 + self.services).map(ActorId::node)
    }

    /// The node that keeps everything for good.
    pub fn store(&self) -> ActorId {
        ActorId::node(2 + self.services)
    }

    /// What may be asked of the nodes that `who` calls: the first one's number, and how many there are.
    pub fn targets(&self, who: ActorId) -> (u16, u16) {
        match who {
            who if who.is_client() => (1, 1),
            FRONT => (2, self.services),
            _ => (2 + self.services, 1),
        }
    }

    /// How many attempts `who` makes of a call.
    pub fn attempts(&self, who: ActorId) -> u32 {
        if self.edge_only && who.is_node() { 1 } else { self.attempts }
    }

    /// How long `who` waits for one attempt.
    pub fn attempt(&self, who: ActorId) -> Span {
        match who {
            who if who.is_client() => self.timeout,
            FRONT => self.front_timeout,
            _ => self.store_timeout,
        }
    }

    /// What keeps callers from asking those who do not answer: who does not count retries does not count failures either.
    /// A mistake, and no choice: what was promised of the guard that was chosen is still owed.
    pub fn guards(&self) -> Guard {
        if self.potholes.retry_without_budget { Guard::Off } else { self.guard }
    }

    /// A wait that many have in common, spread so that they do not all end at once: evenly from half of it to one and a
    /// half.
    pub fn around(&self, wait: Span, draw: &mut Draw) -> Span {
        if self.potholes.no_jitter { wait } else { Span(draw.between(wait.0 / 2, wait.0 / 2 + wait.0 + 1)) }
    }

    /// What is waited before the retry that follows so many attempts: “full jitter”, evenly from nothing to the whole.
    pub fn back_off(&self, attempts: u32, draw: &mut Draw) -> Span {
        let doubled = self.backoff * (1 << attempts.saturating_sub(1).min(20));
        let most = doubled.min(self.backoff_max);
        if self.potholes.no_jitter { most } else { Span(draw.between(0, most.0 + 1)) }
    }

    /// When who has lost its connection connects again: spread over the time in which it would have asked anyway.
    pub fn reconnect(&self, draw: &mut Draw) -> Span {
        if self.potholes.no_jitter { self.backoff } else { Span(draw.between(0, self.period.0 + 1)) }
    }

    /// Requests a second, in thousandths.
    pub fn asked(&self) -> u64 {
        let devices = u64::from(self.clients) * u64::from(self.devices);
        devices * 1_000_000_000_000 / self.period.0.max(1)
    }

    /// Whether there is enough of everything for what is asked when all is well: only then is goodput promised. Services
    /// are busy for at most two thirds of the time, the front for a third, the store for half with what caches forget; a
    /// cache can be filled within the wait for it; and a deadline is no shorter than some turns and one read. Breakers must
    /// be there: without them a few runs take longer, and a throttle that has closed opens too slowly where so little is
    /// asked.
    pub fn suffices(&self) -> bool {
        let busy = |work: Span, asked: u64| work.0 / 1_000 * asked / 1_000_000; // thousandths
        let services = u64::from(self.services);
        let forgets = u64::from(self.keys) * services * 1_000_000_000_000 / self.cached.0.max(1);
        let ways = self.latency_max * 6;
        let answered = self.front_work + self.work * 6 + self.store_work * 2 + ways;
        self.load
            && self.guard == Guard::Breaker
            && self.asked() > 0
            && busy(self.work, self.asked() / services) <= 660
            && busy(self.front_work, self.asked()) <= 330
            && busy(self.store_work, forgets) <= 500
            && self.deadline >= answered
            && self.deadline <= Span::secs(2)
            && self.timeout >= self.front_timeout
            && self.front_timeout >= ways + self.work * 4
            && self.store_timeout >= ways + self.store_work * (u64::from(self.fetches) + 2) * services
            && self.store_timeout <= Span::secs(2)
            && self.keys <= 16
            && self.budget <= 20
            && self.queue >= 32
            && self.refusal <= Span(self.work.0 / 4)
            && self.backoff <= self.timeout
    }

    /// Within how long after all is mended goodput is back: breakers have tried again, caches are full, and whoever was
    /// asked in vain meanwhile is asked again.
    pub fn recovery(&self) -> Span {
        let fill = self.store_work * u64::from(self.keys) * u64::from(self.services);
        self.open_for + fill + self.front_timeout
    }
}

/// The time `left` before `due`.
pub fn left(now: Time, due: Time) -> Span {
    due.since(now)
}
