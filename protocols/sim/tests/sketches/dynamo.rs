//! Dynamo (DeCandia et al., SOSP 2007, sections 4.2 to 4.5): a ring, any node as coordinator, N = 3, R = W = 2, version
//! vectors, and siblings where two writes did not know of each other. Left out: virtual nodes, hints, read repair.

use crate::support::{NoFact, Run, Silent, verb};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant, Verb};
use sim::network::{Latency, Network, Profile};
use sim::protocol::Population;
use sim::story::{Outcome, Value};
use sim::{ActorId, Context, Event, Message, OperationId, Parameters, Protocol, Recovery, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
struct Dynamo;

const NODES: u16 = 5;

/// Who wrote how often: one version is newer than another if it knows at least as much of everybody.
type Clock = BTreeMap<u16, u32>;

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Version {
    clock: Clock,
    value: Arc<str>,
}

#[derive(Clone, Debug, Serialize)]
enum Rpc {
    Put(u64, Arc<str>, Clock),
    Get(u64),
    Store(u64, Version),
    Stored(u64),
    Fetch(u64),
    Fetched(u64, Vec<Version>),
    Done(u64, Vec<Version>),
}

impl Message for Rpc {
    fn kind(&self) -> &'static str {
        match self {
            Rpc::Put(..) => "put",
            Rpc::Get(..) => "get",
            Rpc::Store(..) => "store",
            Rpc::Stored(..) => "stored",
            Rpc::Fetch(..) => "fetch",
            Rpc::Fetched(..) => "fetched",
            Rpc::Done(..) => "done",
        }
    }
    fn asks(&self) -> bool {
        matches!(self, Rpc::Put(..) | Rpc::Get(..) | Rpc::Store(..) | Rpc::Fetch(..))
    }
    fn label(&self) -> String {
        self.kind().to_owned()
    }
}

#[derive(Clone, Debug, Default, Serialize)]
struct State {
    siblings: Vec<Version>,
    /// What this node coordinates: for whom, how many answered, what they had.
    pending: BTreeMap<u64, (ActorId, u16, Vec<Version>)>,
    /// A client's: the operation under way, what it read last.
    operation: Option<OperationId>,
    read: Vec<Version>,
}

crate::timers!(Timer: Patience = "patience");

fn older(a: &Clock, b: &Clock) -> bool {
    a.iter().all(|(who, n)| b.get(who).is_some_and(|m| m >= n))
}

/// Keeps what no other version supersedes.
fn merge(into: &mut Vec<Version>, version: Version) {
    if !into.iter().any(|known| older(&version.clock, &known.clock)) {
        into.retain(|known| !older(&known.clock, &version.clock));
        into.push(version);
    }
}

/// The three after a place on the ring; with one key, everybody agrees on the place.
fn preference() -> impl Iterator<Item = ActorId> {
    [2, 3, 4].into_iter().map(ActorId::node)
}

const VERBS: &[Verb] = &[verb("put", true), verb("get", true)];

impl Protocol for Dynamo {
    type Settings = ();
    type Message = Rpc;
    type Actor = State;
    type Durable = Vec<Version>;
    type Write = Version;
    type Timer = Timer;
    type Fact = NoFact;
    type Monitor = Silent;

    crate::minimal!("dynamo", verbs: VERBS);

    fn invariants() -> &'static [Invariant] {
        &[]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        vec![FaultClass::Crash, FaultClass::Partition]
    }
    fn settings(_: &Parameters) {}
    fn population((): &()) -> Population {
        Population { nodes: NODES, spares: 0, clients: 2 }
    }
    fn network((): &()) -> Network {
        let profile = Profile::clean(Latency::Fixed(Span::millis(2)));
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency((): &()) -> (Span, Span) {
        (Span::millis(1), Span::millis(1))
    }
    fn apply_write(durable: &mut Vec<Version>, write: &Version) {
        merge(durable, write.clone());
    }
    fn start(durable: &Vec<Version>, _: Recovery, _: &mut Context<'_, Self>) -> State {
        State { siblings: durable.clone(), ..State::default() }
    }

    fn handle(state: &mut State, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Verb { verb, words } => ask(state, &verb, &words, context),
            Event::Message { from, message } => answer(state, from, message, context),
            _ => {}
        }
    }
}

/// `put c1 n1 value`: by way of this coordinator, knowing what this client read last.
fn ask(state: &mut State, verb: &str, words: &[Arc<str>], context: &mut Context<'_, Dynamo>) {
    let coordinator = words.first().and_then(|word| word.parse().ok()).unwrap_or(ActorId::node(1));
    let value = words.get(1).cloned().unwrap_or_default();
    let (function, input) =
        if verb == "put" { ("write", Some(Value::Text(value.clone()))) } else { ("read", None) };
    let operation = context.invoke(function, "x", input, format!("{function} {value}"));
    state.operation = Some(operation);
    let mut clock = Clock::new();
    for (who, n) in state.read.iter().flat_map(|version| &version.clock) {
        let known = clock.entry(*who).or_default();
        *known = (*known).max(*n);
    }
    context.send(
        coordinator,
        if verb == "put" { Rpc::Put(operation.0, value, clock) } else { Rpc::Get(operation.0) },
    );
}

fn answer(state: &mut State, from: ActorId, message: Rpc, context: &mut Context<'_, Dynamo>) {
    match message {
        Rpc::Put(id, value, mut clock) => {
            *clock.entry(context.me().number()).or_default() += 1;
            state.pending.insert(id, (from, 0, Vec::new()));
            preference().for_each(|to| {
                context.send(to, Rpc::Store(id, Version { clock: clock.clone(), value: value.clone() }))
            });
        }
        Rpc::Get(id) => {
            state.pending.insert(id, (from, 0, Vec::new()));
            preference().for_each(|to| context.send(to, Rpc::Fetch(id)));
        }
        Rpc::Store(id, version) => {
            merge(&mut state.siblings, version.clone());
            context.write(version);
            let sync = context.sync();
            context.send_after(sync, from, Rpc::Stored(id));
        }
        Rpc::Fetch(id) => context.send(from, Rpc::Fetched(id, state.siblings.clone())),
        Rpc::Stored(id) => quorum(state, id, Vec::new(), context),
        Rpc::Fetched(id, versions) => quorum(state, id, versions, context),
        Rpc::Done(id, versions) => {
            if state.operation == Some(OperationId(id)) {
                let values = versions.iter().map(|version| Value::Text(version.value.clone()));
                context.complete(OperationId(id), Outcome::Ok, values, Some(from));
                state.read = versions;
            }
        }
    }
}

/// One more answered: two of three are enough.
fn quorum(state: &mut State, id: u64, versions: Vec<Version>, context: &mut Context<'_, Dynamo>) {
    let Some((client, answers, merged)) = state.pending.get_mut(&id) else { return };
    *answers += 1;
    versions.into_iter().for_each(|version| merge(merged, version));
    if *answers == 2 {
        context.send(*client, Rpc::Done(id, merged.clone()));
    }
}

#[test]
fn writes_that_did_not_know_of_each_other_become_siblings_and_a_later_one_joins_them() {
    let run: Run<Dynamo> = Run::new(
        &[],
        &[
            "0s put c1 n1 milk",
            "0s put c2 n5 tea",
            "50ms get c1 n1",
            "100ms put c1 n1 both",
            "150ms get c2 n5",
        ],
    )
    .after(300);
    let outputs: Vec<usize> =
        run.trace.story.operations.iter().map(|operation| operation.output.len()).collect();
    assert_eq!(outputs, [0, 0, 2, 0, 1], "two siblings, then one");
    assert!(run.trace.story.operations.iter().all(|operation| operation.outcome == Outcome::Ok));
}

#[test]
fn it_takes_writes_with_one_replica_down_but_not_with_two() {
    let open = |crashes: &[&str]| {
        let commands = [crashes, &["1ms put c1 n1 milk"]].concat();
        let run = Run::<Dynamo>::new(&[], &commands).after(300);
        assert!(run.idle_commands().is_empty(), "nobody crashed: {:?}", run.idle_commands());
        run.trace.story.operations[0].outcome
    };
    assert_eq!(open(&["0s crash n2"]), Outcome::Ok);
    assert_eq!(open(&["0s crash n2", "0s crash n3"]), Outcome::Open);
}
