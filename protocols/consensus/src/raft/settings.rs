//! The parameters of a run, potholes among them, and their typed form.

use sim::network::{Latency, Network, Profile};
use sim::{Parameter, Parameters, Span};

/// How reads are made linearizable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// ReadIndex: a majority confirms that the leader still leads (Ongaro 2014, §6.4).
    Index,
    /// Lease: nobody else can have been elected since a majority was last heard (§6.4.1).
    Lease,
}

/// The classic mistakes, each put in by one switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// The leader says ok once it has written, not once a majority has.
    pub ack_before_majority: bool,
    /// Term and vote are kept in memory only.
    pub vote_not_persisted: bool,
    /// Entries are acknowledged, and counted by the leader, before they are durable.
    pub ack_before_fsync: bool,
    /// An older term's entry is committed by counting (figure 8).
    pub commit_old_terms: bool,
    /// The leader answers reads from memory.
    pub read_without_asking: bool,
    /// The lease is taken to last as long as an election timeout, by the wall clock.
    pub lease_under_drift: bool,
    /// A request is applied as often as it is in the log.
    pub no_sessions: bool,
    /// Members change before the leader has committed anything in its term.
    pub unfixed_membership: bool,
    /// An append removes all that follows the previous entry, conflicting or not.
    pub prefix_truncates: bool,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Voters at the start.
    pub nodes: u16,
    /// Nodes that may join.
    pub spares: u16,
    /// Clients.
    pub clients: u16,
    /// The shortest election timeout.
    pub election_min: Span,
    /// The longest.
    pub election_max: Span,
    /// Between two heartbeats.
    pub heartbeat: Span,
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
    /// Entries in one append at most.
    pub batch: u64,
    /// Whether entries are sent at once, or with the next heartbeat.
    pub eager: bool,
    /// Entries after which a snapshot is taken; 0 is never.
    pub snapshot_every: u64,
    /// Whether candidates ask first.
    pub prevote: bool,
    /// Whether candidates ask for votes while their own is being written.
    pub parallel_votes: bool,
    /// Whether a leader that hears no majority steps down.
    pub check_quorum: bool,
    /// Whether a node that hears a leader denies votes.
    pub sticky: bool,
    /// How reads are answered.
    pub reads: Reads,
    /// How far a clock may be off its rate, in parts in 10⁹: what leases allow for.
    pub drift_limit: i64,
    /// Whether clients make requests of their own.
    pub load: bool,
    /// Keys that they use.
    pub keys: u16,
    /// Between an answer and the next request, on average.
    pub think: Span,
    /// Of 100 requests, reads.
    pub reads_share: u32,
    /// Of 100 requests, compare-and-sets.
    pub cas_share: u32,
    /// Between two member changes that an operator orders, on average; zero is never.
    pub churn: Span,
    /// After which a client asks another node.
    pub timeout: Span,
    /// After which it gives up.
    pub give_up: Span,
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// How often the operator changes members where the pothole of membership brings the load that it needs.
const CHURN: Span = Span::millis(150);

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("nodes", 5, 1, 9, "nodes", "Servers that vote from the start."),
    Parameter::count("spares", 0, 0, 4, "nodes", "Servers that can be started and added later."),
    Parameter::count("clients", 2, 0, 12, "clients", "Clients of the key-value store."),
    Parameter::span(
        "election_min",
        Span::millis(300),
        Span::millis(5),
        Span::secs(60),
        "The shortest election timeout; a node that heard a leader more recently denies votes.",
    ),
    Parameter::span(
        "election_max",
        Span::millis(600),
        Span::millis(5),
        Span::secs(120),
        "The longest election timeout; each is drawn anew.",
    ),
    Parameter::span(
        "heartbeat",
        Span::millis(100),
        Span::millis(2),
        Span::secs(60),
        "How often a leader says that it still leads.",
    ),
    Parameter::span("latency_min", Span::millis(10), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(30), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::span("sync_min", Span::millis(2), Span::ZERO, Span::secs(10), "The quickest sync of a disk."),
    Parameter::span("sync_max", Span::millis(8), Span::ZERO, Span::secs(10), "The slowest sync of a disk."),
    Parameter::span("work", Span::micros(20), Span::ZERO, Span::secs(1), "What handling one event takes."),
    Parameter::count("batch", 16, 1, 1000, "entries", "Entries in one append at most."),
    Parameter::switch("eager", true, "A leader sends entries at once, not with the next heartbeat."),
    Parameter::count(
        "snapshot_every",
        40,
        0,
        100_000,
        "entries",
        "A snapshot replaces this many applied entries; 0 keeps them all.",
    ),
    Parameter::switch("prevote", true, "A candidate asks whether it would win before it enters a new term."),
    Parameter::switch(
        "parallel_votes",
        false,
        "A candidate asks for votes while its own is still being written; it leads once that cannot be forgotten.",
    ),
    Parameter::switch(
        "check_quorum",
        false,
        "A leader that hears no majority for an election timeout steps down.",
    ),
    Parameter::switch("sticky", true, "A node that hears a leader denies its vote to others."),
    Parameter::choice(
        "reads",
        &["index", "lease"],
        "How a leader makes sure that it still leads before it answers a read: it asks a majority, or trusts a lease.",
    ),
    Parameter::count(
        "drift_limit",
        100_000,
        0,
        500_000,
        "ppm",
        "How far a clock's rate may be off, either way: the margin that a lease leaves.",
    ),
    Parameter::switch("load", true, "Clients make requests of their own, besides those made by hand."),
    Parameter::count("keys", 1, 1, 16, "keys", "Keys that the clients' own requests use; one is the list."),
    Parameter::span(
        "think",
        Span::millis(300),
        Span::millis(1),
        Span::secs(600),
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::count("reads_share", 40, 0, 100, "%", "Of the clients' own requests, reads."),
    Parameter::count("cas_share", 15, 0, 100, "%", "Of the clients' own requests, compare-and-sets."),
    Parameter::span(
        "churn",
        Span::ZERO,
        Span::ZERO,
        Span::secs(600),
        "Between two changes of the members that an operator at the first client orders, on average; 0s is never.",
    ),
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
        Span::secs(600),
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole("ack_before_majority", "The leader says ok once it has the entry itself."),
    Parameter::pothole("vote_not_persisted", "Term and vote are kept in memory only: a crash forgets them."),
    Parameter::pothole("ack_before_fsync", "Entries are acknowledged before they are durable."),
    Parameter::pothole(
        "commit_old_terms",
        "A leader commits an older term's entry once a majority has it (figure 8); entries travel one by one, with heartbeats.",
    ),
    Parameter::pothole("read_without_asking", "A leader answers reads from memory without asking anyone."),
    Parameter::pothole(
        "lease_under_drift",
        "Reads by lease, and the lease trusts the wall clock and leaves no margin for its drift; clients read often.",
    ),
    Parameter::pothole("no_sessions", "Requests are not numbered: a retry takes effect again."),
    Parameter::pothole(
        "unfixed_membership",
        "Members may change before the leader has committed an entry of its own term; an operator keeps changing them, and entries travel with heartbeats.",
    ),
    Parameter::pothole(
        "prefix_truncates",
        "An append that matches removes everything after its previous entry.",
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
            ack_before_majority: p.switch("ack_before_majority"),
            vote_not_persisted: p.switch("vote_not_persisted"),
            ack_before_fsync: p.switch("ack_before_fsync"),
            commit_old_terms: p.switch("commit_old_terms"),
            read_without_asking: p.switch("read_without_asking"),
            lease_under_drift: p.switch("lease_under_drift"),
            no_sessions: p.switch("no_sessions"),
            unfixed_membership: p.switch("unfixed_membership"),
            prefix_truncates: p.switch("prefix_truncates"),
        };
        // The pothole of the lease brings the lease.
        let lease = p.choice("reads") == "lease" || potholes.lease_under_drift;
        // It shows where clients read often and are quick to ask elsewhere.
        let reader = potholes.lease_under_drift;
        Self {
            nodes: small(p, "nodes"),
            spares: small(p, "spares"),
            clients: small(p, "clients"),
            election_min: p.span("election_min"),
            election_max: p.span("election_max").max(p.span("election_min")),
            heartbeat: p.span("heartbeat"),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            sync_min: p.span("sync_min"),
            sync_max: p.span("sync_max").max(p.span("sync_min")),
            work: p.span("work"),
            batch: if potholes.commit_old_terms { 1 } else { small(p, "batch") },
            // Entries that wait for a heartbeat make the moments longer in which only the leader has them.
            eager: p.switch("eager") && !potholes.commit_old_terms && !potholes.unfixed_membership,
            snapshot_every: small(p, "snapshot_every"),
            prevote: p.switch("prevote"),
            parallel_votes: p.switch("parallel_votes"),
            check_quorum: p.switch("check_quorum"),
            // A lease is a promise of the followers: it needs them to keep it.
            sticky: p.switch("sticky") || lease,
            reads: if lease { Reads::Lease } else { Reads::Index },
            drift_limit: p.count("drift_limit") * 1000,
            load: p.switch("load"),
            keys: small(p, "keys"),
            think: if reader { p.span("think").min(Span::millis(100)) } else { p.span("think") },
            reads_share: if reader {
                small::<u32>(p, "reads_share").max(70)
            } else {
                small(p, "reads_share")
            },
            cas_share: small(p, "cas_share"),
            churn: if potholes.unfixed_membership { p.span("churn").max(CHURN) } else { p.span("churn") },
            timeout: if reader { p.span("timeout").min(Span::millis(300)) } else { p.span("timeout") },
            give_up: p.span("give_up"),
            potholes,
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// How long a lease lasts by the leader's clock, from when the round that renewed it was sent: the shortest time
    /// in which a follower's clock, as fast as allowed, passes the shortest election timeout, seen on a leader's clock
    /// as slow as allowed.
    pub fn lease(&self) -> Span {
        if self.potholes.lease_under_drift {
            return self.election_min;
        }
        let (whole, drift) = (1_000_000_000u128, u128::from(self.drift_limit.unsigned_abs()));
        let nanos = u128::from(self.election_min.0) * (whole - drift) / (whole + drift);
        Span(u64::try_from(nanos).unwrap_or_default())
    }

    /// The keys of the clients' own requests.
    pub fn key(&self, number: u16) -> &'static str {
        const NAMES: [&str; 16] =
            ["x", "y", "z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];
        if self.keys <= 1 {
            return super::store::LIST;
        }
        NAMES[usize::from(number) % NAMES.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_before_anyone_whose_clock_is_within_bounds_may_vote() {
        for ppm in ["0", "200", "50000", "300000"] {
            let mut parameters = Parameters::defaults(PARAMETERS);
            parameters.set("drift_limit", ppm).unwrap();
            let settings = Settings::of(&parameters);
            let drift = settings.drift_limit as f64 / 1e9;
            let lease_in_true_time = settings.lease().0 as f64 / (1.0 - drift);
            let timeout_in_true_time = settings.election_min.0 as f64 / (1.0 + drift);
            assert!(lease_in_true_time <= timeout_in_true_time + 1.0, "{ppm} ppm");
        }
    }

    #[test]
    fn the_pothole_of_the_lease_brings_the_lease() {
        let mut parameters = Parameters::defaults(PARAMETERS);
        parameters.assign("lease_under_drift=on").unwrap();
        let settings = Settings::of(&parameters);
        assert_eq!((settings.reads, settings.sticky), (Reads::Lease, true));
        assert_eq!(settings.lease(), settings.election_min);
    }
}
