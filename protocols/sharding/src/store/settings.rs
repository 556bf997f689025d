//! The lab's parameters, typed.

use super::map::{Shard, ShardId, ShardMap};
use crate::place::hash::splitmix;
use crate::place::{Scheme, Tuning, place};
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::{ActorId, Span};

/// The mistakes put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// A server answers for a shard whatever epoch it is asked for.
    pub epoch_unchecked: bool,
    /// Placement by the hash modulo the number of members.
    pub modulo_placement: bool,
    /// A hot range is never split.
    pub no_split: bool,
    /// A shard is sent away before it is on disk that it is given up.
    pub handover_before_fsync: bool,
    /// A server serves on while its copy is on its way.
    pub serve_while_moving: bool,
}

/// What clients ask for of their own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Key k is asked for 1/(k + 1) as often as key 0.
    Zipf,
    /// Every key as often.
    Even,
    /// Half of all requests are for one key.
    Celebrity,
    /// Nothing.
    Off,
}

/// The parameters in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Servers that are members from the start: `n2` and on.
    pub servers: u16,
    /// Servers that may join.
    pub spares: u16,
    /// Clients.
    pub clients: u16,
    /// Shards at the start.
    pub shards: u16,
    /// Keys, numbered from 0.
    pub keys: u16,
    /// How shards are placed, as it is promised.
    pub promised: Scheme,
    /// How they are placed.
    pub scheme: Scheme,
    /// What rings are told.
    pub tuning: Tuning,
    /// Shards that may move at the same time.
    pub moves: u16,
    /// What clients ask for.
    pub load: Load,
    /// Of 100 requests, reads.
    pub reads_share: u32,
    /// Between an answer and the client's next request, on average.
    pub think: Span,
    /// Over which load is counted, and told.
    pub window: Span,
    /// A range that takes more of all requests, in percent, is hot.
    pub hot: u32,
    /// What a server's answer to one request takes.
    pub serve: Span,
    /// After which an order that is not carried out is given again.
    pub drive: Span,
    /// The quickest message.
    pub latency_min: Span,
    /// The slowest.
    pub latency_max: Span,
    /// The quickest sync.
    pub sync_min: Span,
    /// The slowest.
    pub sync_max: Span,
    /// After which a client fetches the map and asks again.
    pub timeout: Span,
    /// After which it gives up.
    pub give_up: Span,
    /// The mistakes put in.
    pub potholes: Potholes,
}

const LONG: Span = Span::secs(600);

/// Slots of a Maglev table.
const SLOTS: u32 = 2_039;

/// The most shards that splits may make.
pub const MOST_SHARDS: usize = 64;

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count(
        "servers",
        4,
        1,
        8,
        "nodes",
        "Servers that keep shards from the start; n1 keeps the map.",
    ),
    Parameter::count("spares", 1, 0, 4, "nodes", "Servers that can be started and may join."),
    Parameter::count("clients", 4, 0, 12, "clients", "Clients of the store."),
    Parameter::count("shards", 12, 1, 32, "shards", "Shards at the start: ranges of keys, or of hashes."),
    Parameter::count("keys", 48, 1, 512, "keys", "Keys, k0 and on."),
    Parameter::choice(
        "placement",
        &["range", "ring", "rendezvous", "jump", "maglev", "bounded", "modulo"],
        "Who keeps which shard. With “range” neighbouring keys lie together; with all others a key's hash decides.",
    ),
    Parameter::count(
        "points",
        8,
        1,
        64,
        "points",
        "Virtual nodes: the points that each server has on a ring.",
    ),
    Parameter::count(
        "bound",
        125,
        100,
        400,
        "%",
        "How much of the average a server may hold where loads are bounded.",
    ),
    Parameter::count("moves", 2, 1, 16, "shards", "Shards that may be on the move at the same time."),
    Parameter::choice(
        "load",
        &["zipf", "even", "celebrity", "off"],
        "Which keys the clients ask for of their own accord: k0 most, k1 half as often, and so on; all alike; one key \
         half of the time; none.",
    ),
    Parameter::count("reads_share", 50, 0, 100, "%", "Of the clients' own requests, reads."),
    Parameter::span(
        "think",
        Span::millis(60),
        Span::millis(1),
        LONG,
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::span(
        "window",
        Span::secs(1),
        Span::millis(50),
        LONG,
        "Over which servers count requests, and report.",
    ),
    Parameter::count("hot", 30, 5, 100, "%", "A range that takes more of all requests than this is split."),
    Parameter::span(
        "serve",
        Span::millis(1),
        Span::ZERO,
        Span::secs(1),
        "What answering one request takes a server.",
    ),
    Parameter::span(
        "drive",
        Span::millis(200),
        Span::millis(5),
        Span::secs(60),
        "After which n1 orders a move or a split again that it has not heard of.",
    ),
    Parameter::span("latency_min", Span::millis(10), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(30), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::span("sync_min", Span::millis(2), Span::ZERO, Span::secs(10), "The quickest sync of a disk."),
    Parameter::span("sync_max", Span::millis(8), Span::ZERO, Span::secs(10), "The slowest sync of a disk."),
    Parameter::span(
        "timeout",
        Span::millis(400),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer fetches the map, and asks again.",
    ),
    Parameter::span(
        "give_up",
        Span::millis(1_500),
        Span::millis(10),
        LONG,
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole(
        "epoch_unchecked",
        "A server answers whatever it is asked, whoever keeps that shard by now.",
    ),
    Parameter::pothole(
        "modulo_placement",
        "A shard lies on the server whose number is its hash modulo the number of members.",
    ),
    Parameter::pothole("no_split", "Ranges stay as they are, however much one of them is asked for."),
    Parameter::pothole(
        "handover_before_fsync",
        "A server sends a shard away before it is on its disk that the shard is given up.",
    ),
    Parameter::pothole(
        "serve_while_moving",
        "A server serves a shard on while the copy it sent is on its way.",
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
            epoch_unchecked: p.switch("epoch_unchecked"),
            modulo_placement: p.switch("modulo_placement"),
            no_split: p.switch("no_split"),
            handover_before_fsync: p.switch("handover_before_fsync"),
            serve_while_moving: p.switch("serve_while_moving"),
        };
        // That a range is split is promised where there are ranges, and somebody asks for some of them more.
        let placement = if potholes.no_split { "range" } else { p.choice("placement") };
        let promised = match Scheme::named(placement) {
            Scheme::Range | Scheme::Modulo if potholes.modulo_placement => Scheme::Ring,
            other => other,
        };
        Self {
            servers: small(p, "servers"),
            spares: small(p, "spares"),
            clients: small(p, "clients"),
            shards: small(p, "shards"),
            keys: small(p, "keys"),
            promised,
            scheme: if potholes.modulo_placement { Scheme::Modulo } else { promised },
            tuning: Tuning { points: small(p, "points"), percent: small(p, "bound"), slots: SLOTS },
            moves: small(p, "moves"),
            load: match p.choice("load") {
                "even" if !potholes.no_split => Load::Even,
                "celebrity" => Load::Celebrity,
                "off" => Load::Off,
                _ => Load::Zipf,
            },
            reads_share: small(p, "reads_share"),
            think: p.span("think"),
            window: p.span("window"),
            hot: small(p, "hot"),
            serve: p.span("serve"),
            drive: p.span("drive"),
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            sync_min: p.span("sync_min"),
            sync_max: p.span("sync_max").max(p.span("sync_min")),
            timeout: p.span("timeout"),
            give_up: p.span("give_up"),
            potholes,
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// Who keeps the map.
    pub const KEEPER: ActorId = ActorId::node(1);

    /// Whether this node keeps shards (or may).
    pub fn is_server(&self, who: ActorId) -> bool {
        who.is_node() && who != Self::KEEPER && who.number() <= 1 + self.servers + self.spares
    }

    /// Members at the start.
    pub fn first_members(&self) -> impl Iterator<Item = ActorId> + use<> {
        (2..self.servers + 2).map(ActorId::node)
    }

    /// Whether keys lie in their own order: only then can a shard be split between two of them.
    pub fn by_range(&self) -> bool {
        self.scheme == Scheme::Range
    }

    /// How many positions there are: keys in their order, or parts of the hashes.
    pub fn space(&self) -> u16 {
        if self.by_range() { self.keys } else { self.shards }
    }

    /// Where a key lies.
    pub fn position(&self, key: u16) -> u16 {
        if self.by_range() {
            return key.min(self.keys.saturating_sub(1));
        }
        (splitmix(u64::from(key) + 1_000) % u64::from(self.shards.max(1))) as u16
    }

    /// The map at the start.
    pub fn first_map(&self) -> ShardMap {
        let members: Vec<ActorId> = self.first_members().collect();
        let shards = if self.by_range() { self.shards.min(self.keys) } else { self.shards };
        let owners = self.placed(shards, &members);
        let space = u32::from(self.space());
        let bound = |at: u16| (u32::from(at) * space / u32::from(shards.max(1))) as u16;
        let shard =
            |(at, owner): (u16, &ActorId)| Shard::new(ShardId(at + 1), bound(at), bound(at + 1), 1, *owner);
        let shards_at_start = (0..).zip(&owners).map(shard).collect();
        let before = members.clone();
        ShardMap { epoch: 1, next: ShardId(shards + 1), members, before, shards: shards_at_start }
    }

    /// Who is to keep each of so many shards, by the scheme alone.
    pub fn placed(&self, shards: u16, members: &[ActorId]) -> Vec<ActorId> {
        let numbers: Vec<u32> = members.iter().map(|node| u32::from(node.number())).collect();
        let owners = place(self.scheme, u32::from(shards), &numbers, self.tuning);
        owners.into_iter().map(|node| ActorId::node(node as u16)).collect()
    }

    /// A position as it reads: `k3`, or `s3` for a part of the hashes.
    pub fn position_name(&self, position: u16) -> String {
        format!("{}{position}", if self.by_range() { "k" } else { "s" })
    }

    /// As long as an exchange of a few messages and syncs takes where nothing is broken.
    pub fn exchange(&self) -> Span {
        (self.latency_max + self.sync_max + self.serve * 8) * 8
    }

    /// Whether time-outs leave time for an answer.
    pub fn is_timely(&self) -> bool {
        self.timeout >= self.exchange()
            && self.give_up > self.timeout * 2
            && self.drive >= self.latency_max
            && self.serve * u64::from(self.clients) * 4 <= self.timeout
            && self.think >= Span::millis(5)
    }

    /// After all is mended somebody is answered within this time.
    pub fn answers_within(&self) -> Span {
        self.timeout * 5 + self.drive * 4 + self.exchange() * 3 + self.think * 2
    }

    /// Whether somebody is promised an answer: not where one server that stays down, as one does that hears of its failing
    /// disk when all else is mended, can hold every client for as long as that takes.
    pub fn promises_progress(&self) -> bool {
        self.is_timely() && self.give_up * 2 <= self.answers_within()
    }

    /// Whether hot ranges are promised to be split: there are ranges, they are watched, and orders arrive.
    pub fn promises_splits(&self) -> bool {
        self.by_range() && self.is_timely() && self.window >= self.exchange()
    }

    /// A range that stays hot is split within this time.
    pub fn splits_within(&self) -> Span {
        self.window * 3 + self.drive * 2 + self.exchange() * 2
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
    fn a_pothole_brings_the_promise_that_it_breaks() {
        let plain = settings(&[]);
        assert!(plain.is_timely() && plain.promises_splits() && plain.promised == plain.scheme);
        let modulo = settings(&["modulo_placement=on"]);
        assert_eq!((modulo.promised, modulo.scheme), (Scheme::Ring, Scheme::Modulo));
        assert_eq!(settings(&["placement=modulo"]).promised, Scheme::Modulo);
        assert!(settings(&["placement=ring", "no_split=on"]).promises_splits());
        assert!(!settings(&["placement=ring"]).promises_splits());
    }

    #[test]
    fn clients_that_wait_for_one_server_for_long_are_promised_nothing() {
        assert!(settings(&[]).promises_progress());
        for set in ["give_up=4s", "give_up=500ms", "timeout=50ms"] {
            assert!(!settings(&[set]).promises_progress(), "{set}");
        }
    }

    #[test]
    fn the_first_map_covers_every_key_once() {
        for set in
            [&["keys=5", "shards=12"][..], &["placement=ring"], &["keys=1"], &["shards=1"], &["servers=1"]]
        {
            let settings = settings(set);
            let map = settings.first_map();
            assert_eq!(map.hole(settings.space()), None, "{set:?}");
            for key in 0..settings.keys {
                assert!(map.at(settings.position(key)).is_some(), "{set:?}: k{key}");
            }
        }
    }
}
