//! Two-phase commit (Gray, 1978; presumed abort after Mohan and Lindsay, 1983): n1 coordinates, n2 and n3 take part.
//! A participant that has voted yes may neither commit nor abort by itself: with the coordinator gone it is blocked.

use crate::support::{NoFact, Run, Silent, verb};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant, Verb};
use sim::network::{Latency, Network, Profile};
use sim::protocol::Population;
use sim::{ActorId, Context, Event, Message, Parameters, Protocol, Recovery, Span};

#[derive(Clone, Debug)]
struct Commit;

#[derive(Clone, Copy, Debug, Serialize)]
enum Step {
    Prepare,
    Yes,
    Committed,
    Aborted,
    /// A participant in doubt asks how it came out.
    Which,
}

impl Message for Step {
    fn kind(&self) -> &'static str {
        match self {
            Step::Prepare => "prepare",
            Step::Yes => "yes",
            Step::Committed => "commit",
            Step::Aborted => "abort",
            Step::Which => "which",
        }
    }
    fn asks(&self) -> bool {
        matches!(self, Step::Prepare | Step::Which)
    }
    fn label(&self) -> String {
        self.kind().to_owned()
    }
}

/// What is on disk, and in memory once durable: for the coordinator only the decision counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
enum Phase {
    #[default]
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, Debug, Serialize)]
struct State {
    phase: Phase,
    votes: u16,
}

crate::timers!(Timer: Ask = "ask");

const PARTICIPANTS: [ActorId; 2] = [ActorId::node(2), ActorId::node(3)];
const COORDINATOR: ActorId = ActorId::node(1);
const VERBS: &[Verb] = &[verb("commit", false)];

impl Protocol for Commit {
    type Settings = ();
    type Message = Step;
    type Actor = State;
    type Durable = Phase;
    type Write = Phase;
    type Timer = Timer;
    type Fact = NoFact;
    type Monitor = Silent;

    crate::minimal!("two-phase-commit", verbs: VERBS);

    fn invariants() -> &'static [Invariant] {
        &[]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        vec![FaultClass::Crash]
    }
    fn settings(_: &Parameters) {}
    fn population((): &()) -> Population {
        Population { nodes: 3, spares: 0, clients: 0 }
    }
    fn network((): &()) -> Network {
        let profile = Profile::clean(Latency::Fixed(Span::millis(5)));
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency((): &()) -> (Span, Span) {
        (Span::millis(1), Span::millis(1))
    }
    fn apply_write(durable: &mut Phase, write: &Phase) {
        *durable = *write;
    }

    fn start(durable: &Phase, _: Recovery, context: &mut Context<'_, Self>) -> State {
        if *durable == Phase::Prepared {
            context.set_timer(Timer::Ask, Span::millis(20));
        }
        State { phase: *durable, votes: 0 }
    }

    fn handle(state: &mut State, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Verb { .. } => PARTICIPANTS.iter().for_each(|to| context.send(*to, Step::Prepare)),
            Event::Timer(Timer::Ask) if state.phase == Phase::Prepared => {
                context.send(COORDINATOR, Step::Which);
                context.set_timer(Timer::Ask, Span::millis(20));
            }
            Event::Message { from, message } => step(state, from, message, context),
            _ => {}
        }
    }
}

fn step(state: &mut State, from: ActorId, message: Step, context: &mut Context<'_, Commit>) {
    match message {
        Step::Prepare if state.phase == Phase::Working => {
            state.phase = Phase::Prepared;
            context.write(Phase::Prepared);
            let sync = context.sync();
            context.send_after(sync, from, Step::Yes);
            context.set_timer(Timer::Ask, Span::millis(20));
        }
        Step::Yes => {
            state.votes += 1;
            if state.votes == 2 {
                state.phase = Phase::Committed;
                context.write(Phase::Committed);
                let sync = context.sync();
                PARTICIPANTS.iter().for_each(|to| context.send_after(sync, *to, Step::Committed));
            }
        }
        // Presumed abort: a coordinator that finds no decision on its disk has made none, unless it is still counting.
        Step::Which => match state.phase {
            Phase::Committed => context.send(from, Step::Committed),
            _ if state.votes == 0 => context.send(from, Step::Aborted),
            _ => {}
        },
        Step::Committed | Step::Aborted if state.phase == Phase::Prepared => {
            state.phase = if matches!(message, Step::Committed) { Phase::Committed } else { Phase::Aborted };
            context.write(state.phase);
            context.sync();
            context.cancel_timer(Timer::Ask);
        }
        _ => {}
    }
}

fn phases(run: &Run<Commit>) -> Vec<Option<Phase>> {
    (1..=3).map(|n| run.world.actor(ActorId::node(n)).map(|state| state.phase)).collect()
}

#[test]
fn without_faults_all_commit() {
    let run: Run<Commit> = Run::new(&[], &["0s commit n1"]).after(100);
    assert_eq!(phases(&run), [Some(Phase::Committed); 3]);
}

#[test]
fn a_coordinator_gone_before_its_decision_blocks_all_who_voted_yes() {
    // The votes arrive at 11 ms; the coordinator goes just before.
    let commands = ["0s commit n1", "10ms crash n1", "5s restart n1"];
    let mut run: Run<Commit> = Run::new(&[], &commands).after(4_900);
    assert_eq!(
        phases(&run),
        [None, Some(Phase::Prepared), Some(Phase::Prepared)],
        "in doubt for five seconds"
    );
    run.to(5_100);
    assert_eq!(phases(&run), [Some(Phase::Working), Some(Phase::Aborted), Some(Phase::Aborted)]);
}

#[test]
fn a_decision_on_disk_survives_and_reaches_who_missed_it() {
    // The decision is durable at 12 ms and never reaches n3, which asks again and again.
    let commands = ["0s commit n1", "11ms cut n1→n3", "13ms crash n1", "200ms restart n1", "300ms mend"];
    let run: Run<Commit> = Run::new(&[], &commands).after(1_000);
    assert_eq!(phases(&run), [Some(Phase::Committed); 3]);
}
