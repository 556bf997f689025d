//! The classic tables of Raft's unit tests: one node, one message made by hand, what it does (raft-rs, test_raft_paper;
//! its logs are given as the terms of their entries).
//!
//! A message of ours takes the place of a vote request that is held on its link, so that it arrives as any other would.

use super::hard::Snapshot;
use super::log::{Entry, EntryId, LogIndex, Payload, Term};
use super::members::Members;
use super::message::{Body, Message};
use super::node::{Raft, Role};
use super::store::Store;
use super::{Actor, RaftStore, settings};
use sim::chaos::Level;
use sim::lab::{Running, Setup};
use sim::trace::Recorder;
use sim::{ActorId, Moment, Parameters, Span, Time, TimedCommand, World};
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    static INJECTED: RefCell<Option<Message>> = const { RefCell::new(None) };
}

/// What [`Bench::inject`] puts in the place of a message that is bent.
pub(super) fn injected() -> Option<Message> {
    INJECTED.with(|slot| slot.borrow_mut().take())
}

const fn n(number: u16) -> ActorId {
    ActorId::node(number)
}

/// A cluster in which every message waits for our hand.
struct Bench {
    world: World<RaftStore>,
    commands: Vec<TimedCommand>,
}

impl Bench {
    fn new(nodes: u16, set: &[&str]) -> Self {
        let mut parameters = Parameters::defaults(settings::PARAMETERS);
        let nodes = format!("nodes={nodes}");
        let fixed = ["load=off", "clients=1", "prevote=off", "sticky=off", "snapshot_every=0", "work=0s"];
        let calm = ["election_min=30s", "election_max=60s", "sync_min=1us", "sync_max=1us", "heartbeat=20s"];
        for assignment in [&*nodes].iter().chain(&fixed).chain(&calm).chain(set) {
            parameters.assign(assignment).unwrap();
        }
        let end = Time::millis(1_000_000);
        let setup = Setup { parameters, seed: 1, chaos: Level::None, end, commands: [].into() };
        let mut bench = Self { world: World::new(setup), commands: Vec::new() };
        bench.run(Span::millis(1));
        bench.act("hold all");
        bench
    }

    fn run(&mut self, span: Span) {
        let until = self.world.moment().at + span;
        self.world.advance(Moment::end_of(until), u64::MAX, &mut Recorder::silent());
    }

    fn act(&mut self, command: &str) {
        let at = Moment::at(self.world.moment().at + Span::micros(10));
        self.commands.push(TimedCommand::new(at, sim::command::parse(command).unwrap()));
        self.world.set_commands(self.commands.clone().into());
        self.run(Span::millis(1));
    }

    /// Lets `to` receive this message, as if `from` had sent it.
    fn inject(&mut self, from: ActorId, to: ActorId, term: u64, body: Body) {
        INJECTED.with(|slot| *slot.borrow_mut() = Some(Message { term: Term(term), body }));
        self.act(&format!("duplicate {from}→{to} vote"));
        self.act(&format!("bend {from}→{to} vote injected"));
        self.act(&format!("deliver {from}→{to} vote"));
        self.run(Span::millis(1));
    }

    fn node(&self, id: ActorId) -> &Raft {
        self.world.actor(id).and_then(Actor::server).unwrap()
    }

    fn terms(&self, id: ActorId) -> Vec<u64> {
        self.node(id).hard().log.iter().map(|(id, _)| id.term.0).collect()
    }

    /// What is on its way, newest last.
    fn said(&self, from: ActorId, to: ActorId) -> Vec<String> {
        let flights = self.world.view().flights.into_iter();
        flights.filter(|f| f.from == from && f.to == to).map(|f| f.detail).collect()
    }
}

fn entries(terms: &[u64]) -> Arc<[Entry]> {
    terms.iter().map(|term| Entry { term: Term(*term), payload: Payload::Start }).collect()
}

fn append(previous: (u64, u64), terms: &[u64], committed: u64) -> Body {
    let previous = EntryId::new(previous.0, previous.1);
    Body::Append { previous, entries: entries(terms), committed: LogIndex(committed), round: 0 }
}

/// A follower n2 with this log, in the term of its last entry; n1 and n3 have each asked it for a vote, held.
fn follower(terms: &[u64]) -> Bench {
    let mut bench = Bench::new(3, &[]);
    bench.act("fire n1 election");
    bench.act("fire n3 election");
    let term = terms.last().copied().unwrap_or(0);
    bench.inject(n(1), n(2), term, append((0, 0), terms, 0));
    assert_eq!(bench.terms(n(2)), terms);
    bench
}

#[test]
fn votes_in_a_term_are_given_once() {
    for (vote, asks, granted) in [(None, 1, true), (None, 3, true), (Some(1), 1, true), (Some(1), 3, false)] {
        let mut bench = follower(&[1]);
        let last = EntryId::new(1, 1);
        if let Some(vote) = vote {
            bench.inject(n(vote), n(2), 2, Body::Vote { last, transfer: false });
        }
        bench.inject(n(asks), n(2), 2, Body::Vote { last, transfer: false });
        let answer = bench.said(n(2), n(asks)).pop().unwrap();
        let expected = if granted { "vote granted in term 2" } else { "vote denied in term 2" };
        assert_eq!(answer, expected, "after a vote for {vote:?}, n{asks} asks");
    }
}

#[test]
fn a_promise_to_a_leader_holds_in_whatever_term_a_late_answer_brings() {
    let mut bench = Bench::new(3, &["reads=lease"]);
    bench.act("fire n1 election");
    bench.act("fire n3 election");
    bench.inject(n(1), n(2), 1, append((0, 0), &[1], 0));
    // n2 asked before it heard n1; n3 answers that it is in term 2.
    bench.inject(n(3), n(2), 2, Body::PreVoteReply { about: Term(1), granted: false });
    assert_eq!(bench.node(n(2)).term(), Term(2));
    bench.inject(n(3), n(2), 2, Body::Vote { last: EntryId::new(1, 1), transfer: false });
    assert_eq!(bench.said(n(2), n(3)), ["vote denied in term 2"], "n1 trusts its lease still");
}

#[test]
fn who_votes_alone_leads_once_its_own_vote_is_durable() {
    let members = |who: &[u16]| Payload::Members(Members::new(who.iter().map(|number| n(*number))));
    for longest in ["40ms", "60ms", "80ms", "100ms"] {
        let mut bench = Bench::new(3, &["sync_min=20ms", &format!("sync_max={longest}")]);
        bench.act("fire n1 election");
        bench.run(Span::millis(100));
        let alone = [members(&[1, 2]), members(&[2])].map(|payload| Entry { term: Term(1), payload });
        let previous = EntryId::ZERO;
        let body = Body::Append { previous, entries: Arc::new(alone), committed: LogIndex(2), round: 0 };
        bench.inject(n(1), n(2), 1, body);
        // Its log is on its way to the disk, and then its vote.
        bench.inject(n(1), n(2), 1, Body::TimeoutNow);
        while !bench.node(n(2)).leads() {
            bench.run(Span::micros(100));
        }
        let term = bench.node(n(2)).term();
        bench.act("crash n2 keep 0");
        bench.act("restart n2");
        assert_eq!(bench.node(n(2)).term(), term, "syncs of at most {longest}");
    }
}

#[test]
fn a_newcomers_snapshot_says_who_votes() {
    let mut bench = Bench::new(3, &["spares=1", "snapshot_every=2"]);
    bench.act("fire n1 election");
    for act in ["release n1→n2", "release n2→n1", "release c1→n1"] {
        bench.act(act);
    }
    bench.run(Span::millis(200));
    bench.act("hold n2→n1");
    assert!(bench.node(n(1)).leads());
    // Entry 2 is on n1 alone when n4 catches up; entry 3 makes n4 a member.
    for act in ["put c1 list=a to n1", "release n1→n4", "release n4→n1", "restart n4", "add n4"] {
        bench.act(act);
    }
    bench.run(Span::millis(200));
    assert_eq!(bench.node(n(4)).hard().members().map(|(index, _)| index), Some(LogIndex(3)));
    for _ in 0..3 {
        if bench.node(n(1)).committed() < LogIndex(2) {
            bench.act("deliver n2→n1 matched");
        }
    }
    for _ in 0..2 {
        bench.act("fire n1 heartbeat");
        bench.run(Span::millis(100));
    }
    assert_eq!(bench.node(n(4)).committed(), LogIndex(2));
    let snapshot = bench.node(n(4)).hard().snapshot.clone().unwrap();
    assert_eq!((snapshot.last.index, &snapshot.members), (LogIndex(2), &Members::first(3)));
}

#[test]
fn votes_go_to_logs_at_least_as_new() {
    let table: [(&[u64], (u64, u64), bool); 6] = [
        (&[1], (1, 1), true),
        (&[1], (2, 1), true),
        (&[1, 1], (1, 1), false),
        (&[1], (1, 2), true),
        (&[1, 1], (1, 2), true),
        (&[2], (2, 1), false),
    ];
    for (log, (index, term), granted) in table {
        let mut bench = follower(log);
        let last = EntryId::new(index, term);
        bench.inject(n(3), n(2), 3, Body::Vote { last, transfer: false });
        let answer = bench.said(n(2), n(3)).pop().unwrap();
        assert_eq!(answer.contains("granted"), granted, "{log:?} asked for by {last}");
    }
}

#[test]
fn appends_need_the_entry_before_them() {
    for ((index, term), accepted) in [((1, 1), true), ((2, 2), true), ((2, 1), false), ((3, 3), false)] {
        let mut bench = follower(&[1, 2]);
        bench.inject(n(1), n(2), 3, append((index, term), &[], 0));
        let answer = bench.said(n(2), n(1)).pop().unwrap();
        assert_eq!(answer.starts_with("matched"), accepted, "after {index}@{term}: {answer}");
    }
}

#[test]
fn appends_replace_what_conflicts_and_only_that() {
    type Row = ((u64, u64), &'static [u64], &'static [u64]);
    let table: [Row; 4] = [
        ((2, 2), &[3], &[1, 2, 3]),
        ((1, 1), &[3, 4], &[1, 3, 4]),
        ((0, 0), &[3], &[3]),
        // A matching prefix does not truncate.
        ((0, 0), &[1], &[1, 2]),
    ];
    for (previous, new, result) in table {
        let mut bench = follower(&[1, 2]);
        bench.inject(n(1), n(2), 4, append(previous, new, 0));
        assert_eq!(bench.terms(n(2)), result, "{new:?} after {previous:?}");
    }
}

#[test]
fn followers_commit_what_the_append_vouches_for() {
    type Row = ((u64, u64), u64, &'static [u64], u64);
    let table: [Row; 4] =
        [((1, 1), 3, &[], 1), ((1, 1), 3, &[2], 2), ((2, 2), 3, &[], 2), ((2, 2), 4, &[], 2)];
    for (previous, committed, new, result) in table {
        let mut bench = follower(&[1, 2]);
        bench.inject(n(1), n(2), 3, append(previous, new, committed));
        assert_eq!(
            bench.node(n(2)).committed(),
            LogIndex(result),
            "{previous:?} {new:?} committed {committed}"
        );
    }
}

/// A leader n1 of `nodes` in `term` over this log; its own first entry comes after it.
fn leader(nodes: u16, log: &[u64], term: u64, set: &[&str]) -> Bench {
    let mut bench = Bench::new(nodes, set);
    for other in 2..=nodes {
        bench.act(&format!("fire n{other} election"));
    }
    bench.inject(n(2), n(1), term - 1, append((0, 0), log, 0));
    bench.act("fire n1 election");
    assert_eq!(bench.node(n(1)).term(), Term(term));
    for voter in 2..=nodes / 2 + 1 {
        bench.inject(n(voter), n(1), term, Body::VoteReply { granted: true });
    }
    assert!(bench.node(n(1)).leads());
    bench
}

#[test]
fn elections_of_one_round() {
    use Answer::{No, Yes};
    #[derive(Clone, Copy, PartialEq)]
    enum Answer {
        Yes,
        No,
    }
    let table: [(u16, &[Answer], &str); 7] = [
        (3, &[Yes], "leader"),
        (3, &[], "candidate"),
        (5, &[Yes, Yes], "leader"),
        (5, &[Yes], "candidate"),
        (5, &[No, No], "candidate"),
        (5, &[Yes, No, No, No], "candidate"),
        (5, &[Yes, No, No, Yes], "leader"),
    ];
    for (nodes, answers, role) in table {
        let mut bench = Bench::new(nodes, &[]);
        for other in 2..=nodes {
            bench.act(&format!("fire n{other} election"));
        }
        bench.act("fire n1 election");
        for (voter, answer) in (2..).zip(answers) {
            bench.inject(n(voter), n(1), 1, Body::VoteReply { granted: *answer == Yes });
        }
        let is = match bench.node(n(1)).role() {
            Role::Leader(_) => "leader",
            Role::Candidate(_) => "candidate",
            _ => "follower",
        };
        assert_eq!(
            (is, bench.node(n(1)).term()),
            (role, Term(1)),
            "{nodes} nodes, {} answers",
            answers.len()
        );
    }
}

#[test]
fn the_same_vote_twice_is_one_vote() {
    let mut bench = Bench::new(5, &[]);
    bench.act("fire n2 election");
    bench.act("fire n1 election");
    for _ in 0..3 {
        bench.inject(n(2), n(1), 1, Body::VoteReply { granted: true });
    }
    assert!(!bench.node(n(1)).leads());
}

#[test]
fn figure_8_an_old_terms_entry_is_not_committed_by_counting() {
    for (pothole, expected) in [("off", [0, 0, 3]), ("on", [1, 2, 3])] {
        let set = format!("commit_old_terms={pothole}");
        let mut bench = leader(3, &[1, 2], 3, &[&set]);
        assert_eq!(bench.terms(n(1)), [1, 2, 3]);
        for (index, committed) in (1..).zip(expected) {
            let matched = Body::Matched { index: LogIndex(index), round: 0, idle: false };
            bench.inject(n(2), n(1), 3, matched);
            let now = bench.node(n(1)).committed();
            assert_eq!(now, LogIndex(committed), "{set}: n2 has {index}");
        }
    }
}

#[test]
fn a_majority_of_the_matches_commits() {
    // Others' matches over the log 1, 2 and the leader's own entry 3 of term 3.
    let table: [(u16, &[u64], u64); 6] = [
        (3, &[3], 3),
        (3, &[2], 0),
        (4, &[3, 2, 1], 0),
        (4, &[3, 3], 3),
        (5, &[3, 2, 2], 0),
        (5, &[3, 3], 3),
    ];
    for (nodes, matches, committed) in table {
        let mut bench = leader(nodes, &[1, 2], 3, &[]);
        for (node, index) in (2..).zip(matches) {
            let matched = Body::Matched { index: LogIndex(*index), round: 0, idle: false };
            bench.inject(n(node), n(1), 3, matched);
        }
        assert_eq!(bench.node(n(1)).committed(), LogIndex(committed), "{nodes} nodes, {matches:?}");
    }
}

#[test]
fn a_newer_term_makes_anyone_follow() {
    for start in ["follower", "candidate", "leader"] {
        let mut bench = match start {
            "leader" => leader(3, &[1], 2, &[]),
            _ => follower(&[1]),
        };
        let who = if start == "leader" { n(1) } else { n(2) };
        if start == "candidate" {
            bench.act("fire n2 election");
        }
        bench.inject(n(3), who, 9, append((0, 0), &[], 0));
        let node = bench.node(who);
        assert_eq!((node.term(), node.leader()), (Term(9), Some(n(3))), "{start}");
    }
}

#[test]
fn a_candidate_follows_a_leader_of_its_term_or_a_later_one() {
    for term in [1, 2] {
        let mut bench = Bench::new(3, &[]);
        bench.act("fire n3 election");
        bench.act("fire n1 election");
        bench.inject(n(3), n(1), term, append((0, 0), &[], 0));
        let node = bench.node(n(1));
        assert_eq!((node.leader(), node.term()), (Some(n(3)), Term(term)));
    }
}

#[test]
fn an_old_terms_append_is_refused_and_changes_nothing() {
    let mut bench = follower(&[1, 2, 3, 3]);
    bench.inject(n(1), n(2), 2, append((1, 1), &[2, 2, 2], 4));
    assert_eq!(bench.terms(n(2)), [1, 2, 3, 3]);
    assert_eq!(bench.node(n(2)).committed(), LogIndex(0));
    assert!(bench.said(n(2), n(1)).pop().unwrap().starts_with("refused"));
}

fn snapshot(last: EntryId) -> Body {
    let snapshot = Snapshot { last, members: Members::first(3), store: Store::default() };
    Body::Snapshot { snapshot: Arc::new(snapshot), round: 0 }
}

#[test]
fn a_snapshot_replaces_what_conflicts_keeps_what_follows_and_an_older_one_is_ignored() {
    let mut bench = follower(&[1, 1, 2, 2]);
    bench.inject(n(1), n(2), 3, snapshot(EntryId::new(2, 1)));
    assert_eq!((bench.terms(n(2)), bench.node(n(2)).committed()), (vec![2, 2], LogIndex(2)));
    bench.inject(n(1), n(2), 3, snapshot(EntryId::new(1, 1)));
    assert_eq!((bench.terms(n(2)), bench.node(n(2)).committed()), (vec![2, 2], LogIndex(2)));
    bench.inject(n(1), n(2), 3, snapshot(EntryId::new(4, 3)));
    assert_eq!((bench.terms(n(2)), bench.node(n(2)).last()), (vec![], EntryId::new(4, 3)));
}

#[test]
fn figure_7_every_follower_ends_with_the_leaders_log() {
    let log: [u64; 10] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let followers: [&[u64]; 6] = [
        &[1, 1, 1, 4, 4, 5, 5, 6, 6],
        &[1, 1, 1, 4],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        &[1, 1, 1, 4, 4, 4, 4],
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    for terms in followers {
        let mut bench = leader(3, &log, 9, &["heartbeat=50ms"]);
        let last = terms.last().copied().unwrap_or_default();
        // n2 has this log, in a term before the leader's.
        bench.inject(n(3), n(2), last, append((0, 0), terms, 0));
        assert_eq!(bench.terms(n(2)), terms);
        bench.act("drop next 1000 *→n3");
        bench.act("release n1→n2");
        bench.act("release n2→n1");
        bench.run(Span::secs(2));
        assert_eq!(bench.terms(n(2)), bench.terms(n(1)), "{terms:?}");
        assert_eq!(bench.terms(n(2)).last(), Some(&9));
    }
}

#[test]
fn timeouts_are_spread_over_the_whole_range() {
    let mut seen = [0u32; 4];
    for seed in 0..200 {
        let mut parameters = Parameters::defaults(settings::PARAMETERS);
        for assignment in ["nodes=1", "load=off", "election_min=100ms", "election_max=200ms"] {
            parameters.assign(assignment).unwrap();
        }
        let end = Time::millis(1000);
        let mut world =
            World::<RaftStore>::new(Setup { parameters, seed, chaos: Level::None, end, commands: [].into() });
        world.advance(Moment::end_of(Time::ZERO), u64::MAX, &mut Recorder::silent());
        let (span, _) = world.view().actors[0].timer.unwrap();
        assert!((100_000_000..=200_000_000).contains(&span.0), "{span}");
        seen[usize::try_from((span.0 - 100_000_000) / 25_000_001).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (25..80).contains(count)), "{seen:?}");
}
