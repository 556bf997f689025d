//! The parameters of a run, potholes among them, and their typed form.

use super::keys::{Keys, Scheme};
use super::message::{Number, View};
use sim::network::{Latency, Network, Profile};
use sim::{ActorId, Parameter, Parameters, Span};

/// How far a clock may be off its rate, in parts in 10⁹: the protocol needs clocks for its patience alone.
pub const DRIFT_LIMIT: i64 = 100_000_000;

/// The classic mistakes, each put in by one switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// f+1 are believed where 2f+1 are needed.
    pub weak_quorums: bool,
    /// One replica less.
    pub three_f: bool,
    /// What is passed on is believed unsigned.
    pub unsigned_relay: bool,
    /// Executed as soon as it is prepared.
    pub execute_on_prepare: bool,
    /// A new view is entered as its primary has it.
    pub unchecked_new_view: bool,
    /// A state is taken over without its proof.
    pub unproven_state: bool,
    /// A client believes the first reply.
    pub first_reply: bool,
    /// Votes are kept in memory only.
    pub votes_not_persisted: bool,
    /// Reads at once believe f+1.
    pub weak_reads: bool,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many replicas may lie.
    pub f: u16,
    /// Clients.
    pub clients: u16,
    /// T: how long a backup waits for a request it knows before it suspects the primary.
    pub patience: Span,
    /// The longest that doubling makes it.
    pub patience_max: Span,
    /// How often a replica that lacks something says how far it is.
    pub status: Span,
    /// Requests between two checkpoints.
    pub checkpoint_every: u64,
    /// k: how far numbers may run ahead of the last stable checkpoint.
    pub window: u64,
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
    /// Whether reads are answered at once by 2f+1.
    pub direct_reads: bool,
    /// Whether clients make requests of their own.
    pub load: bool,
    /// Keys that they use.
    pub keys_used: u16,
    /// Between an answer and the next request, on average.
    pub think: Span,
    /// Of 100 requests, reads.
    pub reads_share: u32,
    /// Of 100 requests, compare-and-sets.
    pub cas_share: u32,
    /// After which a client asks everybody.
    pub timeout: Span,
    /// After which it gives up.
    pub give_up: Span,
    /// Everybody's keys.
    pub keys: Keys,
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("f", 1, 1, 3, "liars", "Replicas that may lie; there are 3f+1 of them."),
    Parameter::count("clients", 2, 0, 12, "clients", "Clients of the key-value store."),
    Parameter::span(
        "patience",
        Span::millis(400),
        Span::millis(5),
        Span::secs(60),
        "How long a backup waits for a request it knows of before it asks for another primary; doubled with each view in vain.",
    ),
    Parameter::span(
        "patience_max",
        Span::millis(1600),
        Span::millis(5),
        Span::secs(600),
        "The longest that doubling makes it.",
    ),
    Parameter::span(
        "status",
        Span::millis(150),
        Span::millis(2),
        Span::secs(60),
        "How often a replica that lacks something says how far it is, so that others pass on what it lacks.",
    ),
    Parameter::count(
        "checkpoint_every",
        10,
        1,
        1_000,
        "requests",
        "Requests between two checkpoints; what lies before a stable one is forgotten.",
    ),
    Parameter::count(
        "window",
        20,
        1,
        2_000,
        "numbers",
        "How far numbers may run ahead of the last stable checkpoint; at least one checkpoint.",
    ),
    Parameter::choice(
        "signatures",
        &["ed25519", "tags"],
        "What signatures are: real ones, or a quick stand-in for long sweeps that nobody here can forge either.",
    ),
    Parameter::choice(
        "reads",
        &["ordered", "direct"],
        "Whether reads are ordered like writes, or answered at once: then a client waits for 2f+1 replies, to writes too.",
    ),
    Parameter::span("latency_min", Span::millis(10), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(30), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::span("sync_min", Span::millis(2), Span::ZERO, Span::secs(10), "The quickest sync of a disk."),
    Parameter::span("sync_max", Span::millis(8), Span::ZERO, Span::secs(10), "The slowest sync of a disk."),
    Parameter::span("work", Span::micros(20), Span::ZERO, Span::secs(1), "What handling one event takes."),
    Parameter::switch("load", true, "Clients make requests of their own, besides those made by hand."),
    Parameter::count("keys", 1, 1, 16, "keys", "Keys that the clients' own requests use; one is the list."),
    Parameter::span(
        "think",
        Span::millis(200),
        Span::millis(1),
        Span::secs(600),
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::count("reads_share", 40, 0, 100, "%", "Of the clients' own requests, reads."),
    Parameter::count("cas_share", 15, 0, 100, "%", "Of the clients' own requests, compare-and-sets."),
    Parameter::span(
        "timeout",
        Span::millis(500),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer asks all replicas.",
    ),
    Parameter::span(
        "give_up",
        Span::secs(3),
        Span::millis(10),
        Span::secs(600),
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole("weak_quorums", "f+1 replicas are believed where the protocol needs 2f+1."),
    Parameter::pothole(
        "three_f",
        "The last replica is left out: 3f are to stand f liars, and 2f decide, for f may not answer.",
    ),
    Parameter::pothole(
        "unsigned_relay",
        "Votes that another passes on are believed without their signatures: one may speak for all.",
    ),
    Parameter::pothole(
        "execute_on_prepare",
        "A request is executed once it is prepared: there are no commits.",
    ),
    Parameter::pothole(
        "unchecked_new_view",
        "A new view is entered with the order its primary gives, not the one that follows from the certificates.",
    ),
    Parameter::pothole(
        "unproven_state",
        "A replica left behind takes over the state of one other, without 2f+1 who vouch for it.",
    ),
    Parameter::pothole("first_reply", "A client believes the first reply, not f+1 that agree."),
    Parameter::pothole("votes_not_persisted", "Votes are kept in memory only: a crash forgets them."),
    Parameter::pothole(
        "weak_reads",
        "Reads are answered at once, and a client believes f+1 replies that agree; it reads often.",
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
            weak_quorums: p.switch("weak_quorums"),
            three_f: p.switch("three_f"),
            unsigned_relay: p.switch("unsigned_relay"),
            execute_on_prepare: p.switch("execute_on_prepare"),
            unchecked_new_view: p.switch("unchecked_new_view"),
            unproven_state: p.switch("unproven_state"),
            first_reply: p.switch("first_reply"),
            votes_not_persisted: p.switch("votes_not_persisted"),
            weak_reads: p.switch("weak_reads"),
        };
        let checkpoint_every: u64 = small::<u64>(p, "checkpoint_every").max(1);
        let scheme = if p.choice("signatures") == "tags" { Scheme::Tags } else { Scheme::Ed25519 };
        // The pothole of reads brings reads at once, and those who read often.
        let reader = potholes.weak_reads;
        let reads_share: u32 = small(p, "reads_share");
        Self {
            f: small::<u16>(p, "f").max(1),
            clients: small(p, "clients"),
            patience: p.span("patience"),
            patience_max: p.span("patience_max").max(p.span("patience")),
            status: p.span("status"),
            checkpoint_every,
            // Without room for a whole checkpoint the order would stop for ever.
            window: small::<u64>(p, "window").max(checkpoint_every),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            sync_min: p.span("sync_min"),
            sync_max: p.span("sync_max").max(p.span("sync_min")),
            work: p.span("work"),
            direct_reads: p.choice("reads") == "direct" || reader,
            load: p.switch("load"),
            keys_used: small(p, "keys"),
            think: if reader { p.span("think").min(Span::millis(60)) } else { p.span("think") },
            reads_share: if reader { reads_share.max(60) } else { reads_share },
            cas_share: small(p, "cas_share"),
            timeout: p.span("timeout"),
            give_up: p.span("give_up"),
            keys: Keys::new(scheme),
            potholes,
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// How many nodes there are: 3f+1.
    pub fn nodes(&self) -> u16 {
        3 * self.f + 1
    }

    /// How many of them are replicas.
    pub fn replicas(&self) -> u16 {
        if self.potholes.three_f { 3 * self.f } else { self.nodes() }
    }

    /// All replicas.
    pub fn members(&self) -> impl Iterator<Item = ActorId> + use<> {
        (1..=self.replicas()).map(ActorId::node)
    }

    /// Whether this is a replica.
    pub fn is_member(&self, id: ActorId) -> bool {
        id.is_node() && (1..=self.replicas()).contains(&id.number())
    }

    /// How many must say so before a replica acts: all but the f who may never answer. Of 3f+1 that is 2f+1, and any
    /// two such quorums have f+1 in common, one of whom tells the truth (section 3).
    pub fn quorum(&self) -> u16 {
        if self.potholes.weak_quorums { self.f + 1 } else { self.replicas() - self.f }
    }

    /// How many prepares make a request prepared, beside the primary's word: 2f.
    pub fn prepares(&self) -> u16 {
        self.quorum() - 1
    }

    /// How many must say so that one of them tells the truth: f+1.
    pub fn weak(&self) -> u16 {
        self.f + 1
    }

    /// How many equal replies a client waits for. Where reads are answered at once, a write must be known to a quorum
    /// before it is over, for a read at once asks a quorum and no more (Castro and Liskov 2002, section 5.1.3).
    pub fn replies(&self) -> u16 {
        if self.potholes.first_reply {
            1
        } else if self.direct_reads && !self.potholes.weak_reads {
            self.quorum()
        } else {
            self.weak()
        }
    }

    /// The primary of a view: v mod n, where the last replica has number 0 (section 4).
    pub fn primary(&self, view: View) -> ActorId {
        let count = u64::from(self.replicas());
        let place = (view.0 + count - 1) % count;
        ActorId::node(1 + u16::try_from(place).unwrap_or_default())
    }

    /// Whether a replica takes part in the order of this number: between the watermarks h and H (section 4.2).
    pub fn within(&self, stable: Number, number: Number) -> bool {
        number > stable && number.0 <= stable.0.saturating_add(self.window)
    }

    /// Whether there is a checkpoint after this number.
    pub fn is_checkpoint(&self, number: Number) -> bool {
        number.0.is_multiple_of(self.checkpoint_every)
    }

    /// The keys of the clients' own requests.
    pub fn key(&self, number: u16) -> &'static str {
        const NAMES: [&str; 16] =
            ["x", "y", "z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];
        if self.keys_used <= 1 {
            return crate::raft::store::LIST;
        }
        NAMES[usize::from(number) % NAMES.len()]
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
    fn quorums_are_those_of_the_paper() {
        for f in 1..=3 {
            let settings = settings(&[&format!("f={f}")]);
            assert_eq!((settings.replicas(), settings.quorum()), (3 * f + 1, 2 * f + 1));
            assert_eq!((settings.prepares(), settings.weak(), settings.replies()), (2 * f, f + 1, f + 1));
            // Any two quorums have one in common who tells the truth; and a quorum answers though f do not.
            assert!(2 * settings.quorum() - settings.replicas() > f);
            assert!(settings.replicas() - f >= settings.quorum());
        }
    }

    #[test]
    fn with_3f_or_weak_quorums_two_quorums_may_share_liars_alone() {
        for pothole in ["three_f=on", "weak_quorums=on"] {
            let settings = settings(&[pothole]);
            assert!(2 * settings.quorum() <= settings.replicas() + settings.f, "{pothole}");
        }
    }

    #[test]
    fn views_go_round_the_replicas() {
        let settings = settings(&[]);
        let primaries: Vec<String> = (1..=6).map(|view| settings.primary(View(view)).to_string()).collect();
        assert_eq!(primaries, ["n1", "n2", "n3", "n4", "n1", "n2"]);
        assert_eq!(settings.primary(View(0)), ActorId::node(4));
    }

    #[test]
    fn direct_reads_need_a_quorum_for_writes_too() {
        assert_eq!(settings(&["reads=direct"]).replies(), 3);
        let weak = settings(&["weak_reads=on"]);
        assert_eq!((weak.direct_reads, weak.replies()), (true, 2));
    }

    #[test]
    fn the_window_holds_a_checkpoint() {
        let settings = settings(&["checkpoint_every=50", "window=3"]);
        assert_eq!(settings.window, 50);
        assert!(settings.within(Number(100), Number(150)) && !settings.within(Number(100), Number(151)));
        assert!(!settings.within(Number(100), Number(100)));
    }
}
