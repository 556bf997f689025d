//! The rounds that well-known suites play with Raft at random: leaders killed as they begin, networks that lose and keep
//! back, members that come and go under load. Everything acknowledged is there, and the history is linearizable.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod common;

use check::Verdict;
use common::{Played, play, setup, verdict};
use sim::chaos::Level;
use sim::random::{Draw, Purpose};
use sim::story::Outcome;
use sim::{Span, Time};

/// One suite's round after round, as commands.
struct Rounds {
    draw: Draw,
    now: Time,
    commands: Vec<String>,
}

impl Rounds {
    fn new(seed: u64) -> Self {
        Self {
            draw: Draw::new(seed, Purpose::Chaos, sim::digest::of("suites"), 0, 0),
            now: Time::ZERO,
            commands: Vec::new(),
        }
    }

    fn after(&mut self, span: Span) -> &mut Self {
        self.now += span;
        self
    }

    fn say(&mut self, command: &str) {
        self.commands.push(format!("{}us {command}", self.now.0 / 1_000));
    }

    /// The links from one of five nodes to the others.
    fn slow(&mut self, node: u64, how: &str) {
        for other in (1..=5).filter(|other| *other != node) {
            self.say(&format!("link n{node}→n{other} {how}"));
        }
    }

    /// Plays them, and some time for all to come together; nothing broke, and so many requests were told ok.
    fn hold(mut self, seed: u64, set: &[&str], least: usize) -> Played {
        self.after(Span::millis(100)).say("heal");
        let end = self.now + Span::secs(10);
        let commands: Vec<&str> = self.commands.iter().map(String::as_str).collect();
        let played = play(setup(seed, Level::None, end, set, &commands));
        assert_eq!(played.broken(), [], "seed {seed}");
        assert_eq!(verdict(&played.trace), Verdict::Holds, "seed {seed}");
        assert_eq!(played.running.scan(), [], "seed {seed}");
        let ok = played.trace.story.operations.iter().filter(|o| o.outcome == Outcome::Ok).count();
        assert!(ok >= least, "seed {seed}: only {ok} requests were told ok");
        played
    }
}

/// MIT, Figure8: the leader is killed, mostly within 13 ms of a request; three of five are always up.
#[test]
fn leaders_killed_as_they_begin() {
    for seed in 0..4 {
        let mut rounds = Rounds::new(seed);
        let mut down: Vec<u64> = Vec::new();
        for _ in 0..250 {
            let long = rounds.draw.below(10) == 0;
            let wait = if long { rounds.draw.below(500) } else { rounds.draw.below(13) };
            rounds.after(Span::millis(wait));
            let node = 1 + rounds.draw.below(5);
            if down.len() < 2 && !down.contains(&node) {
                // Whoever leads is who a client would follow; a node by its number keeps count of who is down.
                rounds.say(&format!("crash n{node}"));
                down.push(node);
            }
            rounds.after(Span::millis(20));
            if down.len() == 2 {
                let back = down.remove(rounds.draw.below(2) as usize);
                rounds.say(&format!("restart n{back}"));
            }
        }
        rounds.hold(seed, &["nodes=5", "clients=4"], 20);
    }
}

/// MIT, Figure8Unreliable: the same over links of which one message in ten is lost and most answers come late.
#[test]
fn leaders_killed_over_links_that_lose_and_keep_back() {
    for seed in 0..4 {
        let mut rounds = Rounds::new(seed);
        rounds.say("link all loss 10%");
        for round in 0..200 {
            if round == 60 {
                rounds.say("link all delay 300ms loss 10% reorder 60%");
            }
            let wait = rounds.draw.below(if round % 10 == 0 { 500 } else { 26 });
            rounds.after(Span::millis(wait));
            let node = 1 + rounds.draw.below(5);
            let span = 20 + rounds.draw.below(600);
            rounds.say(&format!("cut n{node} for {span}ms"));
        }
        rounds.hold(seed, &["nodes=5", "clients=4"], 10);
    }
}

/// MIT, Churn: nodes stop, start and are cut off all the time while clients write; whatever a client was told is kept.
#[test]
fn nodes_come_and_go_while_clients_write() {
    for seed in 0..4 {
        let mut rounds = Rounds::new(seed);
        for _ in 0..60 {
            let node = 1 + rounds.draw.below(5);
            match rounds.draw.below(3) {
                0 => rounds.say(&format!("cut n{node} for 700ms")),
                1 => {
                    rounds.say(&format!("crash n{node}"));
                    rounds.after(Span::millis(rounds.now.0 % 7 * 50)).say(&format!("restart n{node}"));
                }
                _ => rounds.slow(node, "delay 80ms loss 20% for 500ms"),
            }
            let wait = 100 + rounds.draw.below(200);
            rounds.after(Span::millis(wait));
        }
        rounds.hold(seed, &["nodes=5", "clients=6"], 60);
    }
}

/// hashicorp, fuzzy: from three members to five and back under load, with the leader removed and one that is cut off.
#[test]
fn members_come_and_go_under_load() {
    for seed in 0..4 {
        let mut rounds = Rounds::new(seed);
        rounds.after(Span::secs(1)).say("add n4");
        rounds.after(Span::millis(700)).say("add n5");
        rounds.after(Span::millis(700)).say("transfer n4");
        rounds.after(Span::millis(700)).say("cut n5");
        rounds.after(Span::millis(300)).say("remove n5");
        rounds.after(Span::millis(900)).say("mend");
        rounds.after(Span::millis(300)).say("remove @leader");
        rounds.after(Span::millis(1_500)).say("add n5");
        for target in [2, 3, 5, 2] {
            let wait = 300 + rounds.draw.below(400);
            rounds.after(Span::millis(wait)).say(&format!("transfer n{target}"));
        }
        rounds.hold(seed, &["nodes=3", "spares=2", "clients=6"], 60);
    }
}

/// hashicorp, fuzzy: the leader and one more are cut off ten times, and slow votes decide.
#[test]
fn leaders_cut_off_ten_times() {
    for seed in 0..4 {
        let mut rounds = Rounds::new(seed);
        rounds.after(Span::secs(1));
        for round in 0..10 {
            let other = 1 + rounds.draw.below(5);
            rounds.say("cut @leader for 1500ms");
            rounds.slow(other, &format!("delay {}ms for 1200ms", 200 + 100 * (round % 5)));
            rounds.after(Span::millis(2_200));
        }
        rounds.hold(seed, &["nodes=5", "clients=6"], 60);
    }
}
