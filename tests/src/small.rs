//! "Break it for me" against a person: ten planted mistakes in seven labs, each with the smallest run by hand that is known to
//! show it, where the lab's settings are its own but for how many take part. The hunt must find the same promise broken by
//! the same mistake, and what it makes of that must be at most twice as large, in faults and requests together.
//!
//! How long that takes is not tested here: `potholes break LAB --set MISTAKE --guarantee PROMISE` tells.

use run::Run;
use run::hunt::{Broken, Chase, Goal, Hunt, Shrink, look};
use sim::command::parse_timed;

use crate::spread::spread;

/// A mistake, and a run that shows it.
struct Planted {
    lab: &'static str,
    pothole: &'static str,
    breaks: &'static str,
    /// The run: its seed, what is set besides, what is done.
    seed: u64,
    set: &'static [&'static str],
    by_hand: &'static [&'static str],
}

const PLANTED: [Planted; 10] = [
    Planted {
        lab: "raft",
        pothole: "read_without_asking=on",
        breaks: "linearizable",
        seed: 1,
        set: &["load=off", "nodes=3"],
        by_hand: &["1s cut n3", "3s put c1 list=tea", "4.5s get c2 list to n3"],
    },
    Planted {
        lab: "raft",
        pothole: "ack_before_majority=on",
        breaks: "linearizable",
        seed: 1,
        set: &["load=off", "nodes=3"],
        by_hand: &["1s cut n3", "1.1s put c1 list=tea to n3", "4s get c2 list"],
    },
    Planted {
        lab: "raft",
        pothole: "ack_before_fsync=on",
        breaks: "an acknowledged write survives",
        seed: 1,
        set: &["load=off", "nodes=1"],
        by_hand: &["1s disk n1 fail", "2s put c1 list=tea", "3s restart n1"],
    },
    Planted {
        lab: "raft",
        pothole: "vote_not_persisted=on",
        breaks: "at most one vote a term",
        seed: 3,
        set: &["load=off", "nodes=2"],
        by_hand: &["2s crash n1", "2s crash n2", "2.1s heal"],
    },
    Planted {
        lab: "dynamo",
        pothole: "newest_wins=on",
        breaks: "an acknowledged write survives",
        seed: 4,
        set: &["load=off"],
        by_hand: &["50ms put c1 list=milk to n1", "50ms put c2 list=tea to n2"],
    },
    Planted {
        lab: "pbft",
        pothole: "weak_quorums=on",
        breaks: "no two requests prepare under one number of one view",
        seed: 28,
        set: &["load=off", "clients=2"],
        by_hand: &["200ms lie n1 equivocate", "300ms put c1 list=salt", "300ms put c2 list=tea"],
    },
    Planted {
        lab: "2pc",
        pothole: "abort_in_doubt=on",
        breaks: "atomic",
        seed: 3,
        set: &["load=off", "coordinators=2", "shards=2", "accounts=2", "clients=2", "give_up=1s"],
        by_hand: &["50ms drop next 1 n1→n4 commit", "60ms transfer c1 rent→food 20"],
    },
    Planted {
        lab: "saga",
        pothole: "no_keys=on",
        breaks: "conservation",
        seed: 5,
        set: &["load=off", "shards=3", "clients=1"],
        by_hand: &["50ms drop next 1 n3→n1 done", "60ms buy c1 jazz from rent"],
    },
    Planted {
        lab: "clocks",
        pothole: "order_by_wall=on",
        breaks: "causal-order",
        seed: 4,
        set: &["load=off", "clients=2", "skew=0s", "drift=0"],
        by_hand: &["300ms clock n3 step -10s", "400ms post c1 lunch to n2", "800ms post c2 yes to n3"],
    },
    Planted {
        lab: "sharding",
        pothole: "handover_before_fsync=on",
        breaks: "one server a shard",
        seed: 2,
        set: &["load=off", "servers=3", "shards=6", "keys=6", "clients=2"],
        by_hand: &["1s disk n2 full", "2s leave n2", "3s restart n2"],
    },
];

impl Planted {
    /// The lab with the mistake, as whoever asks has it.
    fn base(&self) -> Run {
        let lab = catalog::lab(self.lab).unwrap_or_else(|| panic!("{} is a lab", self.lab));
        let mut run = Run::new(lab);
        run.parameters.assign(self.pothole).unwrap();
        run
    }

    fn goal(&self) -> Goal {
        Goal::parse(&self.base(), self.breaks).unwrap()
    }

    fn by_hand(&self) -> Run {
        let mut run = self.base().with_seed(self.seed);
        self.set.iter().for_each(|set| run.parameters.assign(set).unwrap());
        run.commands = self.by_hand.iter().map(|text| parse_timed(text).unwrap()).collect();
        run
    }
}

#[test]
fn what_was_made_by_hand_breaks_it_and_nothing_of_it_is_superfluous() {
    for planted in &PLANTED {
        let run = planted.by_hand();
        let breaks = |run: &Run| look(run, planted.goal()).0;
        let broken = breaks(&run).unwrap_or_else(|| panic!("{}: it holds", planted.pothole));
        assert!(
            matches!(broken.blame, run::Blame::Pothole { .. }),
            "{}: {:?}",
            planted.pothole,
            broken.blame
        );
        for at in 0..run.commands.len() {
            let mut less = run.clone();
            less.commands.remove(at);
            assert!(breaks(&less).is_none(), "{}: {} is superfluous", planted.pothole, run.commands[at]);
        }
    }
}

/// A disk that is wiped breaks the promise as well, and nobody could promise otherwise: that would be another story.
#[test]
fn making_it_small_keeps_whose_fault_it_is() {
    let mut base = PLANTED[0].base();
    base.commands =
        ["2s disk n1 wipe", "2s disk n2 wipe", "2s disk n3 wipe"].map(|c| parse_timed(c).unwrap()).into();
    let hunt = Hunt::new(&base, PLANTED[0].goal());
    let of_the_mistake = |broken: &Broken| matches!(broken.blame, run::Blame::Pothole { .. });
    let found = (0..200).filter_map(|number| hunt.attempt(number).found);
    let (found, broken) =
        found.into_iter().find(|(_, broken)| of_the_mistake(broken)).expect("the mistake breaks it, too");
    let mut shrink = Shrink::new(&found, broken);
    while !shrink.advance(100) {}
    assert!(of_the_mistake(shrink.broken()), "{:?}", shrink.broken().blame);
    assert!(shrink.best().parameters.switch("read_without_asking"));
}

#[test]
fn what_is_found_is_at_most_twice_as_large_as_what_was_made_by_hand() {
    let look_for = |at: u64| {
        let planted = &PLANTED[usize::try_from(at).unwrap()];
        let mut chase = Chase::new(&planted.base(), planted.goal());
        while !chase.work(u64::MAX) {}
        let (small, broken, made) = chase.best().unwrap();
        let (name, most) = (planted.pothole, 2 * planted.by_hand.len());
        println!("{} {name}: {} by hand, {made:?}", planted.lab, planted.by_hand.len());
        assert!(made.after <= most, "{name}, {most} at most: {:?}", small.commands);
        assert_eq!(look(&small, planted.goal()).0.as_ref(), Some(&broken), "{name}");
        let id = name.split('=').next().unwrap();
        assert!(matches!(broken.blame, run::Blame::Pothole { id: blamed, .. } if blamed == id), "{name}");
        // Nothing but these commands is asked of it: a load would be requests that nobody counted.
        for set in small.lab().quiet() {
            let mut quiet = small.parameters.clone();
            quiet.assign(set).unwrap();
            assert_eq!(quiet, small.parameters, "{name}: {set}");
        }
    };
    spread(PLANTED.len() as u64, look_for, |()| false);
}
