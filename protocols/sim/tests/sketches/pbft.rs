//! PBFT's normal case (Castro and Liskov, OSDI 1999, section 4.2): four nodes of which one may lie, pre-prepare, prepare,
//! commit, with quorums of three. Who sent a message is what the kernel says: that stands for signatures. Left out: view
//! changes, checkpoints. The primary's lie is to propose different requests to different backups.

use crate::support::{Run, verb};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant, Mode, Verb};
use sim::network::{Latency, Network, Profile};
use sim::protocol::{Happening, Population, Report};
use sim::story::Value;
use sim::{
    ActorId, Context, Event, Fact, Message, Monitor, Parameter, Parameters, Protocol, Recovery, Running,
    Span, Time,
};
use smallvec::{SmallVec, smallvec};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
struct Pbft;

#[derive(Clone, Copy, Debug, Serialize)]
enum Vote {
    PrePrepare(u64, u64),
    Prepare(u64, u64),
    Commit(u64, u64),
}

impl Message for Vote {
    fn kind(&self) -> &'static str {
        match self {
            Vote::PrePrepare(..) => "pre-prepare",
            Vote::Prepare(..) => "prepare",
            Vote::Commit(..) => "commit",
        }
    }
    fn asks(&self) -> bool {
        matches!(self, Vote::PrePrepare(..))
    }
    fn label(&self) -> String {
        self.kind().to_owned()
    }
}

#[derive(Clone, Debug, Serialize)]
struct Committed(u64, u64);

impl Fact for Committed {
    fn name(&self) -> &'static str {
        "committed"
    }
    fn values(&self) -> SmallVec<[Value; 3]> {
        smallvec![Value::from(self.0), Value::from(self.1)]
    }
    fn sentence(&self, actor: ActorId) -> String {
        format!("{actor} committed request {} as number {}", self.1, self.0)
    }
}

/// No two honest nodes commit different requests under one number.
#[derive(Clone)]
struct Agreement(BTreeMap<u64, u64>);

impl Monitor<Pbft> for Agreement {
    fn new(_: &u16, _: &Parameters) -> Self {
        Agreement(BTreeMap::new())
    }
    fn observe(
        &mut self,
        _: Time,
        actor: ActorId,
        happening: &Happening<'_, Pbft>,
        _: Option<&State>,
        report: &mut Report,
    ) {
        let Happening::Fact(Committed(number, request)) = happening else { return };
        let first = *self.0.entry(*number).or_insert(*request);
        if first != *request {
            report.broken(0, format!("{actor} committed {request} as number {number}, another {first}"));
        }
        report.reached(1);
    }
}

#[derive(Clone, Debug, Default, Serialize)]
struct State {
    next: u64,
    accepted: BTreeMap<u64, u64>,
    prepared: BTreeMap<(u64, u64), BTreeSet<ActorId>>,
    committing: BTreeMap<(u64, u64), BTreeSet<ActorId>>,
    done: BTreeSet<u64>,
}

crate::timers!(Timer: Unused = "unused");

const PARAMETERS: &[Parameter] = &[Parameter::count("quorum", 3, 1, 4, "nodes", "How many must agree.")];
const VERBS: &[Verb] = &[verb("request", false)];

impl Protocol for Pbft {
    type Settings = u16;
    type Message = Vote;
    type Actor = State;
    type Durable = ();
    type Write = ();
    type Timer = Timer;
    type Fact = Committed;
    type Monitor = Agreement;

    crate::minimal!("pbft", parameters: PARAMETERS, verbs: VERBS);

    fn invariants() -> &'static [Invariant] {
        const {
            &[
                Invariant { name: "agreement", mode: Mode::Always, doc: "Section 4.2." },
                Invariant { name: "commits", mode: Mode::Sometimes, doc: "Something was committed." },
            ]
        }
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        vec![FaultClass::Lies { limit: 1 }]
    }
    fn lies() -> &'static [&'static str] {
        &["equivocate"]
    }
    fn settings(parameters: &Parameters) -> u16 {
        parameters.count("quorum") as u16
    }
    fn population(_: &u16) -> Population {
        Population { nodes: 4, spares: 0, clients: 0 }
    }
    fn network(_: &u16) -> Network {
        let profile = Profile::clean(Latency::Uniform(Span::millis(1), Span::millis(9)));
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency(_: &u16) -> (Span, Span) {
        (Span::ZERO, Span::ZERO)
    }
    fn apply_write((): &mut (), (): &()) {}
    fn start((): &(), _: Recovery, _: &mut Context<'_, Self>) -> State {
        State::default()
    }

    /// Half of the nodes hear of another request, in every phase.
    fn bend(message: &Vote, _: &str, to: ActorId, _: u64) -> Option<Vote> {
        let other = |request: u64| request % 1_000 + 1_000 * u64::from(to.number() % 2);
        Some(match *message {
            Vote::PrePrepare(number, request) => Vote::PrePrepare(number, other(request)),
            Vote::Prepare(number, request) => Vote::Prepare(number, other(request)),
            Vote::Commit(number, request) => Vote::Commit(number, other(request)),
        })
    }

    fn handle(state: &mut State, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Verb { .. } => {
                state.next += 1;
                let vote = Vote::PrePrepare(state.next, state.next);
                tell_all(vote, context);
            }
            Event::Message { from, message } => vote(state, from, message, context),
            _ => {}
        }
    }
}

fn tell_all(vote: Vote, context: &mut Context<'_, Pbft>) {
    (1..=context.nodes()).for_each(|to| context.send(ActorId::node(to), vote));
}

fn vote(state: &mut State, from: ActorId, vote: Vote, context: &mut Context<'_, Pbft>) {
    let quorum = usize::from(*context.settings());
    match vote {
        // Only the primary proposes, and only once a number.
        Vote::PrePrepare(number, request) if from == ActorId::node(1) => {
            if let std::collections::btree_map::Entry::Vacant(slot) = state.accepted.entry(number) {
                slot.insert(request);
                tell_all(Vote::Prepare(number, request), context);
            }
        }
        Vote::Prepare(number, request) => {
            let votes = state.prepared.entry((number, request)).or_default();
            votes.insert(from);
            if votes.len() == quorum && state.accepted.get(&number) == Some(&request) {
                tell_all(Vote::Commit(number, request), context);
            }
        }
        Vote::Commit(number, request) => {
            let votes = state.committing.entry((number, request)).or_default();
            votes.insert(from);
            if votes.len() >= quorum && state.done.insert(number) {
                context.fact(Committed(number, request));
            }
        }
        Vote::PrePrepare(..) => {}
    }
}

fn run(quorum: &str, commands: &[&str]) -> Run<Pbft> {
    Run::new(&[quorum], commands).after(1_000)
}

#[test]
fn honest_nodes_all_commit() {
    let run = run("quorum=3", &["0s request n1", "50ms request n1"]);
    assert_eq!(run.trace.facts.len(), 8);
    assert!(run.world.standings()[0].broken.is_none() && run.world.standings()[1].reached.is_some());
}

#[test]
fn one_liar_cannot_make_them_disagree_and_with_smaller_quorums_it_can() {
    let lie = ["0s lie n1 equivocate", "1ms request n1"];
    assert!(run("quorum=3", &lie).world.standings()[0].broken.is_none());
    let broken = run("quorum=2", &lie);
    assert!(broken.world.standings()[0].broken.is_some());
    assert_eq!(broken.trace.violations[0].invariant, 0);
}

#[test]
fn a_backup_that_lies_or_is_silent_stops_nothing() {
    for fault in ["0s lie n3 equivocate", "0s crash n4"] {
        let run = run("quorum=3", &[fault, "1ms request n1"]);
        assert!(run.idle_commands().is_empty(), "{fault} found nothing to do");
        assert!(run.trace.facts.iter().filter(|fact| fact.name == "committed").count() >= 3, "{fault}");
        assert!(run.world.standings()[0].broken.is_none());
    }
}
