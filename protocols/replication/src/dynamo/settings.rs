//! The parameters of a run, potholes among them, and their typed form.

use super::version::Conflicts;
use sim::network::{Latency, Network, Profile};
use sim::{Parameter, Parameters, Span};

/// What clients do of their own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Reads, writes and deletions of keys that they share.
    Mixed,
    /// Each writes a key of its own, and some time after the ok reads it back.
    Probe,
    /// Nothing: only what hands ask for.
    Off,
}

/// When stale replicas found by a read are brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadRepair {
    /// After the client has its answer (§5).
    After,
    /// Before: the answer waits until a write quorum has what it says.
    Before,
    /// Never.
    Off,
}

/// The classic mistakes, each put in by one switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// R and W of one.
    pub weak_quorum: bool,
    /// Fallbacks are counted in a quorum that is said to be strict.
    pub fallbacks_count: bool,
    /// The wall clock decides what stays.
    pub newest_wins: bool,
    /// No read repair, no handoff, no anti-entropy.
    pub no_repair: bool,
    /// A deletion leaves nothing behind.
    pub no_tombstones: bool,
    /// A clock is one counter a coordinator.
    pub no_dots: bool,
    /// Writes are acknowledged, and sent on, before they are durable.
    pub ack_before_fsync: bool,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Members at the start.
    pub nodes: u16,
    /// Nodes that may join.
    pub spares: u16,
    /// Clients.
    pub clients: u16,
    /// N: how many nodes keep a key.
    pub copies: u16,
    /// R: how many must answer a read.
    pub r: u16,
    /// W: how many must have a write.
    pub w: u16,
    /// Points of each node on the ring.
    pub points: u16,
    /// Only a key's owners are counted in a quorum, and promised to be.
    pub strict: bool,
    /// Whoever is asked coordinates, rather than an owner of the key.
    pub asked_coordinates: bool,
    /// How conflicts are settled.
    pub conflicts: Conflicts,
    /// When reads repair.
    pub read_repair: ReadRepair,
    /// How often hints and strays are offered; zero is never.
    pub handoff: Span,
    /// How often replicas are compared; zero is never.
    pub compare: Span,
    /// How often a node gossips.
    pub gossip: Span,
    /// After which a coordinator turns to a fallback.
    pub patience: Span,
    /// After which a coordinator gives up.
    pub deadline: Span,
    /// The shortest way of a message.
    pub latency_min: Span,
    /// The longest.
    pub latency_max: Span,
    /// Links as those measured at LinkedIn, in place of the two above.
    pub linkedin: bool,
    /// The quickest sync.
    pub sync_min: Span,
    /// The slowest.
    pub sync_max: Span,
    /// What handling one event takes.
    pub work: Span,
    /// What clients do of their own accord.
    pub load: Load,
    /// Keys that they use.
    pub keys: u16,
    /// Between an answer and the next request, on average.
    pub think: Span,
    /// Between a probe's ok and its read.
    pub lag: Span,
    /// Of 100 requests, reads.
    pub reads_share: u32,
    /// Of 100 requests, deletions.
    pub deletes_share: u32,
    /// Clients merge the siblings that their own reads find.
    pub reconcile: bool,
    /// After which a client asks another node.
    pub timeout: Span,
    /// After which it gives up.
    pub give_up: Span,
    /// The mistakes put in.
    pub potholes: Potholes,
}

const NEVER: Span = Span::ZERO;
const LONG: Span = Span::secs(600);

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("nodes", 5, 1, 9, "nodes", "Members from the start."),
    Parameter::count("spares", 0, 0, 4, "nodes", "Nodes that can be started and may join."),
    Parameter::count("clients", 3, 0, 12, "clients", "Clients of the store."),
    Parameter::count("n", 3, 1, 9, "nodes", "N: how many nodes keep a key."),
    Parameter::count("r", 2, 1, 9, "nodes", "R: how many of them must answer a read.").live(),
    Parameter::count("w", 2, 1, 9, "nodes", "W: how many of them must have a write before it is acknowledged.").live(),
    Parameter::count("points", 4, 1, 32, "points", "Virtual nodes: the points that each node has on the ring."),
    Parameter::choice(
        "quorum",
        &["sloppy", "strict"],
        "Who is counted in R and W: the first N nodes that answer, or the N owners of the key alone.",
    )
    .live(),
    Parameter::choice(
        "coordinator",
        &["owner", "asked"],
        "Who coordinates a request: an owner of the key, or whichever node the client asked.",
    ),
    Parameter::choice(
        "conflicts",
        &["siblings", "newest"],
        "What becomes of writes that did not know of each other: both stay as siblings, or the wall clock decides.",
    ),
    Parameter::choice(
        "read_repair",
        &["after", "before", "off"],
        "Whether a read brings stale replicas up to date: after it has answered, before it answers, or not at all.",
    )
    .live(),
    Parameter::span("handoff", Span::millis(300), NEVER, LONG, "How often hints are offered to their owners; 0s is never."),
    Parameter::span(
        "compare",
        Span::millis(300),
        NEVER,
        LONG,
        "How often a node compares what it keeps with another one, by Merkle trees; 0s is never.",
    ),
    Parameter::span(
        "gossip",
        Span::millis(300),
        Span::millis(1),
        LONG,
        "How often a node tells another whom it believes a member, and learns that it is alive.",
    ),
    Parameter::span(
        "patience",
        Span::millis(150),
        Span::millis(1),
        Span::secs(60),
        "After which a coordinator suspects a node that does not answer, and turns to a fallback.",
    ),
    Parameter::span(
        "deadline",
        Span::millis(450),
        Span::millis(1),
        Span::secs(120),
        "After which a coordinator without a quorum says that the key is unavailable.",
    ),
    Parameter::span("latency_min", Span::millis(10), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(30), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::choice(
        "links",
        &["uniform", "lnkd-ssd"],
        "How long messages take: anything between latency_min and latency_max, or between nodes as Bailis et al. (2012) \
         measured at LinkedIn on SSDs, with each client beside the node it asks.",
    ),
    Parameter::span("sync_min", Span::millis(2), Span::ZERO, Span::secs(10), "The quickest sync of a disk."),
    Parameter::span("sync_max", Span::millis(8), Span::ZERO, Span::secs(10), "The slowest sync of a disk."),
    Parameter::span("work", Span::micros(20), Span::ZERO, Span::secs(1), "What handling one event takes."),
    Parameter::choice(
        "load",
        &["mixed", "probe", "off"],
        "What clients ask of their own accord: a mix on keys that they share; each writes a key of its own and reads it \
         back from another node; nothing.",
    ),
    Parameter::count("keys", 2, 1, 8, "keys", "Keys that the clients' own requests use."),
    Parameter::span(
        "think",
        Span::millis(300),
        Span::millis(1),
        LONG,
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::span("lag", Span::ZERO, Span::ZERO, Span::secs(60), "Between the ok to a probe's write and its read."),
    Parameter::count("reads_share", 50, 0, 100, "%", "Of the clients' own requests, reads."),
    Parameter::count("deletes_share", 8, 0, 100, "%", "Of the clients' own requests, deletions."),
    Parameter::switch("reconcile", true, "A client whose own read finds siblings writes back their union."),
    Parameter::span(
        "timeout",
        Span::millis(500),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer asks another node.",
    ),
    Parameter::span(
        "give_up",
        Span::secs(3),
        Span::millis(10),
        LONG,
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole(
        "weak_quorum",
        "R and W are 1, and reads are promised to see what was acknowledged: R + W is not more than N.",
    ),
    Parameter::pothole(
        "fallbacks_count",
        "A strict quorum is promised, but nodes that stand in for owners are counted in it.",
    ),
    Parameter::pothole("newest_wins", "Wall clocks decide which of two writes stays, and are trusted."),
    Parameter::pothole("no_repair", "No read repair, no hinted handoff, no anti-entropy."),
    Parameter::pothole("no_tombstones", "A deletion removes the key and leaves nothing that remembers it."),
    Parameter::pothole(
        "no_dots",
        "A clock is one counter a coordinator, so a write seems to know of all earlier ones by the same coordinator.",
    ),
    Parameter::pothole("ack_before_fsync", "Writes are acknowledged and sent on before they are durable."),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        let potholes = Potholes {
            weak_quorum: p.switch("weak_quorum"),
            fallbacks_count: p.switch("fallbacks_count"),
            newest_wins: p.switch("newest_wins"),
            no_repair: p.switch("no_repair"),
            no_tombstones: p.switch("no_tombstones"),
            no_dots: p.switch("no_dots"),
            ack_before_fsync: p.switch("ack_before_fsync"),
        };
        let newest = p.choice("conflicts") == "newest" || potholes.newest_wins;
        let quorum = |id: &str| if potholes.weak_quorum { 1 } else { small(p, id) };
        Self {
            nodes: small(p, "nodes"),
            spares: small(p, "spares"),
            clients: small(p, "clients"),
            copies: small(p, "n"),
            r: quorum("r"),
            w: quorum("w"),
            points: small(p, "points"),
            // Those two are about what a quorum promises: they bring the promise.
            strict: p.choice("quorum") == "strict" || potholes.weak_quorum || potholes.fallbacks_count,
            asked_coordinates: p.choice("coordinator") == "asked",
            conflicts: if newest { Conflicts::Newest } else { Conflicts::Siblings },
            read_repair: match p.choice("read_repair") {
                _ if potholes.no_repair => ReadRepair::Off,
                "before" => ReadRepair::Before,
                "off" => ReadRepair::Off,
                _ => ReadRepair::After,
            },
            handoff: p.span("handoff"),
            compare: p.span("compare"),
            gossip: p.span("gossip"),
            patience: p.span("patience"),
            deadline: p.span("deadline").max(p.span("patience")),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            linkedin: p.choice("links") == "lnkd-ssd",
            sync_min: p.span("sync_min"),
            sync_max: p.span("sync_max").max(p.span("sync_min")),
            work: p.span("work"),
            load: match p.choice("load") {
                "probe" => Load::Probe,
                "off" => Load::Off,
                _ => Load::Mixed,
            },
            keys: small(p, "keys"),
            think: p.span("think"),
            lag: p.span("lag"),
            reads_share: small(p, "reads_share"),
            deletes_share: small(p, "deletes_share"),
            reconcile: p.switch("reconcile"),
            timeout: p.span("timeout"),
            give_up: p.span("give_up"),
            potholes,
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        if self.linkedin {
            let beside = Profile::clean(Latency::Fixed(Span::ZERO));
            return Network::flat(Profile::clean(linkedin_ssd()), beside);
        }
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// Whether an answer by a node that stands in for an owner is counted towards R or W.
    pub fn counts_fallbacks(&self) -> bool {
        !self.strict || self.potholes.fallbacks_count
    }

    /// Whether R and W, as promised, have a node in common.
    pub fn overlaps(&self) -> bool {
        self.potholes.weak_quorum || self.r + self.w > self.copies
    }

    /// Whether a read is promised to cover all that was acknowledged before it, whatever fails.
    pub fn promises_fresh(&self) -> bool {
        self.strict && self.overlaps() && self.promises_siblings()
    }

    /// Whether a read is also promised to cover what earlier reads returned.
    pub fn promises_monotonic(&self) -> bool {
        self.promises_fresh() && self.read_repair == ReadRepair::Before
    }

    /// Whether writes that did not know of each other are promised to stay both.
    pub fn promises_siblings(&self) -> bool {
        self.conflicts == Conflicts::Siblings || self.potholes.newest_wins
    }

    /// Whether replicas are promised to become alike: they are compared, and what stands elsewhere is brought home.
    pub fn promises_convergence(&self) -> bool {
        self.compare > NEVER && self.handoff > NEVER
    }

    /// How often hints and strays are offered; none where they are not.
    pub fn hands_over(&self) -> Option<Span> {
        (self.handoff > NEVER && !self.potholes.no_repair).then_some(self.handoff)
    }

    /// How often replicas are compared; none where they are not.
    pub fn compares(&self) -> Option<Span> {
        (self.compare > NEVER && !self.potholes.no_repair).then_some(self.compare)
    }

    /// The slowest way of a message, as far as there is a slowest.
    pub fn latency(&self) -> Span {
        if self.linkedin { Span::millis(10) } else { self.latency_max }
    }

    /// Whether an owner that works answers before it is suspected: a write is synced, sent, synced there, answered.
    /// Syncs of other requests may stand before it.
    pub fn is_timely(&self) -> bool {
        self.patience >= self.round_trip() && self.gossip >= self.latency() * 2 + self.work * 20
    }

    /// As long as an owner that works takes to answer.
    pub fn round_trip(&self) -> Span {
        self.latency() * 2 + (self.sync_max + self.work) * 6
    }

    /// How long after everything was mended each write is on all its owners: the gossip's turn to reach everybody (who
    /// is a member, who is alive), then hints and strays go home, then each pair of owners has been compared.
    pub fn converges_within(&self) -> Span {
        let known = u64::from(self.nodes + self.spares);
        let exchange = (self.latency() + self.sync_max + self.work) * 12;
        self.gossip * known + self.handoff * 2 + self.compare * known + self.deadline + exchange
    }

    /// The keys of the clients' own requests.
    pub fn key(&self, number: u16) -> &'static str {
        const NAMES: [&str; 8] = [super::client::KEY, "x", "y", "z", "a", "b", "c", "d"];
        NAMES[usize::from(number) % NAMES.len()]
    }
}

/// LNKD-SSD of Bailis et al., “Probabilistically Bounded Staleness for Practical Partial Quorums”, VLDB 2012, table 3:
/// 91.22 % Pareto from 0.235 ms with shape 10, else exponential with a rate of 1.66 per ms.
fn linkedin_ssd() -> Latency {
    let pareto = Latency::Pareto { scale: Span::micros(235), shape_milli: 10_000 };
    let exponential = Latency::Exponential { min: Span::ZERO, mean: Span::nanos(602_410) };
    Latency::Mixture([(9_122, pareto), (878, exponential)].into())
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
    fn a_pothole_brings_the_promise_that_it_breaks() {
        let plain = settings(&[]);
        assert!(!plain.promises_fresh() && plain.counts_fallbacks() && plain.is_timely());
        let weak = settings(&["weak_quorum=on"]);
        assert!(weak.promises_fresh() && (weak.r, weak.w) == (1, 1));
        let counted = settings(&["fallbacks_count=on"]);
        assert!(counted.promises_fresh() && counted.counts_fallbacks());
        let strict = settings(&["quorum=strict"]);
        assert!(strict.promises_fresh() && !strict.counts_fallbacks());
        assert!(!settings(&["quorum=strict", "r=1"]).promises_fresh());
        assert!(!settings(&["quorum=strict", "conflicts=newest"]).promises_fresh());
        assert!(settings(&["newest_wins=on"]).promises_siblings());
        assert!(settings(&["no_repair=on"]).promises_convergence());
        assert!(!settings(&["compare=0s"]).promises_convergence());
    }
}
