//! The law of playback: whatever seeking, stepping, acting, editing and undoing led to it, what is shown equals a fresh
//! run of the same commands to the same moment.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::support;

use proptest::prelude::*;
use run::{Playback, Progress, Run};
use sim::command::parse;
use sim::{EventId, Moment, Time};

fn short() -> Run {
    let mut run = Run::new(&support::LAB);
    run.end = Time::millis(2_000);
    run
}

/// Everything a window can see of a moment, as text.
fn seen(playback: &Playback) -> String {
    format!("{:#?}\n{:#?}", playback.view(), playback.standings())
}

/// Compares with a fresh run of the same value: the moment, and the computed past.
fn check_law(playback: &mut Playback) {
    while playback.work(777) != Progress::Done {}
    let mut fresh = Playback::new(playback.run().clone());
    fresh.show(playback.shown());
    let (old, new) = (seen(playback), seen(&fresh));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    same(&format!("at {} of\n{:?}", playback.shown(), playback.run()), &old, &new);
    assert_eq!(playback.state_digest(), fresh.state_digest());
    assert_eq!(playback.digest(), fresh.digest());
    let events = playback.events();
    let (old, new) = (playback.trace(), fresh.trace());
    assert_eq!(fresh.events(), events);
    same("events", &listed(old.events.range(..events.0 as usize)), &listed(&new.events));
    let before = |event: EventId| event < events;
    assert!(old.facts.iter().filter(|fact| before(fact.event)).eq(&new.facts));
    assert!(old.history.iter().filter(|(event, _)| before(*event)).eq(&new.history));
    assert!(old.story.marks.iter().filter(|mark| before(mark.event)).eq(&new.story.marks));
    let sent = new.story.arrows.len();
    for (old, new) in old.story.arrows.range(..sent).zip(&new.story.arrows) {
        assert_eq!((old.sent, old.from, old.to, old.sent_by), (new.sent, new.from, new.to, new.sent_by));
        if new.end != sim::story::ArrowEnd::Flying {
            assert_eq!(old, new);
        }
    }
    for (old, new) in old.story.lanes.iter().zip(&new.story.lanes) {
        assert!(old.bands.iter().filter(|band| before(band.event)).eq(&new.bands));
    }
    fresh.show(playback.frontier());
    same("all events", &listed(&playback.trace().events), &listed(&fresh.trace().events));
    same("all operations", &playback.trace().story.operations, &fresh.trace().story.operations);
    same("all arrows", &listed(&playback.story().arrows), &listed(&fresh.story().arrows));
    fresh.show(playback.shown());
    while fresh.work(10_000) != Progress::Done {}
    assert_eq!(fresh.verdict(), playback.verdict());
    assert_eq!(fresh.promises(), playback.promises());
}

fn listed<T>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    items.into_iter().collect()
}

/// Two lists, told apart at their first difference.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, old: &[T], new: &[T]) {
    let differs = old.iter().zip(new).position(|(a, b)| a != b);
    if let Some(at) = differs {
        panic!("{what}: number {at} is {:?}, in a fresh run {:?}", old[at], new[at]);
    }
    assert_eq!(old.len(), new.len(), "{what}");
}

#[derive(Clone, Debug)]
enum Deed {
    Seek(u64, u32),
    Slice(u64, u64),
    Play(u64),
    Step,
    Back,
    Next,
    Previous,
    Act(usize),
    Undo,
    Redo,
    Toggle(usize),
    Remove(usize),
    Move(usize, u64, u32),
    Set(usize),
    Switch(usize),
    End(u64),
}

const COMMANDS: &[&str] = &[
    "crash n1",
    "crash n1 keep 0",
    "restart n1",
    "cut n1 | n2 n3",
    "mend",
    "pause n1 for 50ms",
    "drop next 2 n1→c1",
    "deliver n1→c1",
    "hold all",
    "release",
    "set ack_early=on",
    "put c1 77",
    "fire c2 think",
    "heal",
    "slow n1 5x for 100ms",
    "clock n1 drift 200ppm",
    "duplicate c1→n1",
    "redraw 5",
];
const SETTINGS: &[&str] = &["nodes=2", "clients=4", "loss=500", "ack_early=on", "ack_early=off"];

fn deed() -> impl Strategy<Value = Deed> {
    let at = || 0u64..2_200_000_000;
    let after = prop_oneof![Just(0u32), 0u32..4, Just(u32::MAX)];
    prop_oneof![
        3 => (at(), after.clone()).prop_map(|(at, after)| Deed::Seek(at / 1_000_000 * 1_000_000, after)),
        2 => (at(), 1u64..400).prop_map(|(at, events)| Deed::Slice(at, events)),
        3 => (1u64..300_000_000).prop_map(Deed::Play),
        4 => Just(Deed::Step),
        3 => Just(Deed::Back),
        2 => Just(Deed::Next),
        2 => Just(Deed::Previous),
        6 => (0..COMMANDS.len()).prop_map(Deed::Act),
        3 => Just(Deed::Undo),
        2 => Just(Deed::Redo),
        1 => (0usize..8).prop_map(Deed::Toggle),
        1 => (0usize..8).prop_map(Deed::Remove),
        1 => (0usize..8, at(), after).prop_map(|(which, at, after)| Deed::Move(which, at / 1_000_000 * 1_000_000, after)),
        1 => (0..SETTINGS.len()).prop_map(Deed::Set),
        1 => (0usize..4).prop_map(Deed::Switch),
        1 => (300u64..2_500).prop_map(Deed::End),
    ]
}

fn perform(playback: &mut Playback, deed: &Deed) {
    match *deed {
        Deed::Seek(at, after) => playback.show(Moment { at: Time(at), after }),
        Deed::Slice(at, events) => {
            playback.seek(Moment::end_of(Time(at)));
            playback.work(events);
        }
        Deed::Play(span) => playback.advance_to(Time(playback.shown().at.0 + span)),
        Deed::Step => drop(playback.step()),
        Deed::Back => drop(playback.step_back()),
        Deed::Next => drop(playback.step_to_next_that_matters()),
        Deed::Previous => drop(playback.back_to_previous_that_matters()),
        Deed::Act(which) => drop(playback.act(parse(COMMANDS[which]).unwrap())),
        Deed::Undo => drop(playback.undo()),
        Deed::Redo => drop(playback.redo()),
        Deed::Toggle(which) => drop(playback.toggle_command(which)),
        Deed::Remove(which) => drop(playback.remove_command(which)),
        Deed::Move(which, at, after) => drop(playback.move_command(which, Moment { at: Time(at), after })),
        Deed::Set(which) => drop(playback.set_parameter(SETTINGS[which])),
        Deed::Switch(branch) => playback.switch_to(branch),
        Deed::End(millis) => playback.set_end(Time::millis(millis)),
    }
}

/// Does all of that to a run, and holds what is shown to the law.
fn live_through(mut run: Run, deeds: &[Deed], every: u64, chaos: bool) {
    run.end = Time::millis(2_000);
    if chaos {
        run.chaos = sim::chaos::Level::High;
    }
    let mut playback = Playback::new(run);
    playback.set_events_per_keyframe(every);
    playback.set_memory_budget(300_000);
    for (at, deed) in deeds.iter().enumerate() {
        perform(&mut playback, deed);
        // Now and then several deeds come before anything of them was worked off.
        if at % 3 != 1 {
            check_law(&mut playback);
        }
    }
    check_law(&mut playback);
}

fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![Just(7u64), Just(50), Just(4_000)]
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_is_a_function_of_the_run_and_the_moment(
        deeds in prop::collection::vec(deed(), 1..25),
        every in distance(),
        chaos in any::<bool>(),
    ) {
        live_through(short(), &deeds, every, chaos);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn so_it_is_of_every_lab(
        deeds in prop::collection::vec(deed(), 1..12),
        every in distance(),
        chaos in any::<bool>(),
    ) {
        for lab in catalog::LABS {
            live_through(Run::new(*lab), &deeds, every, chaos);
        }
    }
}

#[test]
fn stepping_visits_every_event_both_ways() {
    let mut playback = Playback::new(short());
    playback.show(Moment::at(Time::millis(200)));
    playback.act(parse("crash n1").unwrap()).unwrap();
    playback.show(Moment::START);
    let mut forwards = vec![playback.events().0];
    while playback.shown().at < Time::millis(300) && playback.step() {
        forwards.push(playback.events().0);
    }
    assert!(forwards.len() > 100);
    assert!(forwards.is_sorted_by(|a, b| a < b));
    let mut backwards = vec![playback.events().0];
    while playback.step_back() {
        backwards.push(playback.events().0);
        assert!(backwards.len() < 10_000, "stuck at {}", playback.shown());
    }
    backwards.reverse();
    assert_eq!(forwards, backwards);
}

#[test]
fn acting_in_the_past_makes_a_branch_and_undo_goes_back() {
    let mut playback = Playback::new(short());
    playback.advance_to(Time::millis(500));
    assert!(!playback.in_past());
    let acted = playback.act(parse("crash n2").unwrap()).unwrap();
    assert!(!acted.branched, "nothing came after");
    playback.advance_to(Time::millis(900));
    let future = playback.digest();
    playback.show(Moment::end_of(Time::millis(700)));
    assert!(playback.in_past());
    let acted = playback.act(parse("crash n1").unwrap()).unwrap();
    assert!(acted.branched && !playback.in_past());
    assert_eq!((playback.branches().len(), playback.current_branch()), (2, 1));
    assert_eq!(playback.can_undo().as_deref(), Some("crash n1"));
    assert_eq!(playback.undo().as_deref(), Some("crash n1"));
    while playback.work(100) != Progress::Done {}
    assert_eq!((playback.branches().len(), playback.current_branch()), (2, 0), "what it led to stays");
    assert_eq!(playback.run().commands.len(), 1);
    assert!(playback.in_past(), "the old future is back");
    playback.show(Moment::end_of(Time::millis(900)));
    assert_eq!(playback.digest(), future);
    assert_eq!(playback.redo().as_deref(), Some("crash n1"));
    assert_eq!((playback.branches().len(), playback.current_branch()), (2, 1));
    playback.switch_to(0);
    while playback.work(100) != Progress::Done {}
    assert_eq!(playback.frontier(), Moment::end_of(Time::millis(900)));
    assert_eq!(playback.run().commands.len(), 1);
}

#[test]
fn what_is_undone_stays_as_one_branch_and_redo_takes_it_up_again() {
    let mut playback = Playback::new(short());
    let settle = |playback: &mut Playback| while playback.work(100) != Progress::Done {};
    for (ms, command) in [(300, "crash n2"), (500, "crash n1"), (700, "restart n2")] {
        playback.advance_to(Time::millis(ms));
        playback.act(parse(command).unwrap()).unwrap();
    }
    playback.advance_to(Time::millis(900));
    let future = playback.digest();
    for left in [2, 1, 0] {
        playback.undo().unwrap();
        settle(&mut playback);
        assert_eq!(playback.run().commands.len(), left);
        assert_eq!(
            (playback.branches().len(), playback.current_branch()),
            (2, 0),
            "the longest stands for all"
        );
    }
    playback.switch_to(1);
    settle(&mut playback);
    assert_eq!(playback.run().commands.len(), 3);
    playback.show(Moment::end_of(Time::millis(900)));
    assert_eq!(playback.digest(), future);
    playback.switch_to(0);
    for left in [1, 2, 3] {
        playback.redo().unwrap();
        settle(&mut playback);
        assert_eq!(playback.run().commands.len(), left);
    }
    assert_eq!((playback.branches().len(), playback.current_branch()), (1, 0));
    playback.show(Moment::end_of(Time::millis(900)));
    assert_eq!(playback.digest(), future);
}

/// Of two potholes that break the same, one was turned off before the other was put in.
#[test]
fn the_pothole_that_is_on_is_blamed_before_one_that_was() {
    let mut run = Run::new(catalog::lab("snapshot").unwrap());
    for set in ["just_ask=on", "load=off", "latency_min=20ms", "latency_max=20ms"] {
        run.parameters.assign(set).unwrap();
    }
    let late = ["1ms set just_ask=off", "1ms set late_markers=on", "10ms snapshot c1 at n1"];
    let asked = ["10ms snapshot c1 at n1", "900ms set late_markers=on", "900ms set just_ask=off"];
    for (commands, send, blamed) in [
        (late, "10ms send c2 20 from n1 to n2", "late_markers"),
        (asked, "10ms send c2 20 from n2 to n1", "just_ask"),
    ] {
        let mut run = run.clone();
        let commands = commands.into_iter().chain([send]);
        run.commands.extend(commands.map(|text| sim::command::parse_timed(text).unwrap()));
        run.commands.sort_by_key(|timed| timed.at);
        let mut playback = Playback::new(run);
        playback.show(Moment::end_of(Time::millis(1_000)));
        while playback.work(10_000) != Progress::Done {}
        let blame = playback.blame("conservation");
        assert!(matches!(blame, run::Blame::Pothole { id, .. } if id == blamed), "{blamed}: {blame:?}");
    }
}

#[test]
fn a_lost_write_is_found_blamed_and_explained() {
    let mut run = short();
    run.parameters.assign("ack_early=on").unwrap();
    run.commands.push(sim::command::parse_timed("1s crash n1 keep 0").unwrap());
    run.commands.push(sim::command::parse_timed("1.01s restart n1").unwrap());
    let mut found = false;
    for seed in 1..60 {
        let mut playback = Playback::new(run.with_seed(seed));
        playback.show(Moment::end_of(Time::millis(2_000)));
        while playback.work(10_000) != Progress::Done {}
        let run::LiveVerdict::Broken { at, .. } = *playback.verdict() else { continue };
        found = true;
        let evidence = playback.evidence().expect("it is broken and worked out");
        assert!(!evidence.operations.is_empty() && !evidence.moments.is_empty());
        assert!(evidence.moments.iter().any(|step| step.sentence.contains("n1 crashes")), "{evidence:#?}");
        assert!(matches!(playback.blame("linearizable"), run::Blame::Pothole { id: "ack_early", .. }));
        let promises = playback.promises();
        assert!(
            promises.iter().any(|p| p.guarantee == "no-lost-write" && p.holds == Some(false)),
            "{promises:?}"
        );
        playback.show(Moment::at(at));
        assert!(matches!(playback.verdict(), run::LiveVerdict::Holds { .. }), "before it broke it held");
        assert!(playback.evidence().is_none());
    }
    assert!(found, "no seed lost a write");
}

/// A guarantee that is not the first of the lab's is judged from the history as well, blamed and told of.
#[test]
fn every_claim_is_judged() {
    let mut run = short();
    run.parameters.assign("ack_early=on").unwrap();
    run.commands.push(sim::command::parse_timed("1s crash n1 keep 0").unwrap());
    run.commands.push(sim::command::parse_timed("1.01s restart n1").unwrap());
    let mut found = 0;
    for seed in 1..200 {
        let mut execution = run::report::Execution::new(&run.with_seed(seed));
        while !execution.advance(10_000) {}
        while !execution.judge(1_000_000) {}
        let promises = execution.promises();
        let regular = promises.iter().find(|promise| promise.guarantee == "regular").unwrap();
        assert!(regular.holds.is_some(), "{regular:?}");
        let Some(broken) = &regular.broken else { continue };
        found += 1;
        assert!(broken.sentence.contains("which is newer"), "{broken:?}");
        assert!(!broken.operations.is_empty());
        let report = serde_json::to_value(execution.report()).unwrap();
        let claim = report["claims"].as_array().unwrap().iter().find(|claim| claim["guarantee"] == "regular");
        let claim = claim.unwrap();
        assert_eq!(claim["holds"], false);
        assert!(!claim["evidence"]["because"].as_array().unwrap().is_empty(), "{claim}");
        assert!(claim["blame"].as_str().unwrap().contains("pothole"), "{claim}");
    }
    assert!(found > 0, "no seed read what was overwritten");
}

#[test]
fn why_leads_back_to_the_command() {
    let mut playback = Playback::new(short());
    playback.advance_to(Time::millis(500));
    playback.act(parse("cut n1 | n2 n3 c1 c2").unwrap()).unwrap();
    playback.advance_to(Time::millis(1_000));
    let gave_up = playback.trace().events.iter().rposition(|record| {
        matches!(record.kind, sim::trace::EventKind::Timer(2)) && record.at > Time::millis(600)
    });
    let steps = playback.why(EventId(gave_up.expect("a client gave up") as u64));
    assert!(steps.iter().any(|step| step.sentence.contains("lost in the cut")), "{steps:#?}");
    assert!(steps.iter().any(|step| step.sentence.starts_with("n1 is cut off from n2")), "{steps:#?}");
    let ok = playback.trace().facts.iter().find(|fact| fact.name == "acknowledged").unwrap().event;
    assert!(!playback.why(ok).is_empty());
    let notes = playback.notes(Moment::START, Moment::end_of(Time::millis(400)));
    assert!(notes.iter().any(|note| note.text.contains("waits for sync")));
}

#[test]
fn a_run_goes_no_further_than_it_may() {
    let mut playback = Playback::new(short());
    playback.set_most_events(200);
    playback.show(Moment::end_of(Time::millis(2_000)));
    assert!(playback.stopped().is_some());
    assert!(playback.events().0 >= 200 && playback.events().0 < 220);
    assert!(!playback.step());
    playback.show(Moment::START);
    assert!(playback.step());
}

#[test]
fn it_runs_until_a_condition() {
    let mut playback = Playback::new(short());
    let two = |playback: &Playback| playback.trace().history.len() >= 6;
    assert!(playback.run_until(&two, Time::millis(2_000), 100_000));
    assert_eq!(playback.trace().history.len(), 6);
    assert!(!playback.run_until(&|_| false, Time::millis(300), 100_000));
    assert_eq!(playback.shown(), Moment::end_of(Time::millis(300)));
}
