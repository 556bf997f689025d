//! The past and the future of an event, against the simplest way to find them.

use super::{played, troubled};
use proptest::prelude::*;
use run::Playback;
use run::cone::{self, Cone, Side};
use sim::EventId;
use sim::story::ArrowEnd;
use sim::trace::EventKind;
use std::collections::BTreeSet;

/// By following causes one by one.
fn slow_past(playback: &Playback, event: EventId) -> BTreeSet<EventId> {
    let trace = playback.trace();
    let mut past = BTreeSet::new();
    let mut open = vec![event];
    while let Some(at) = open.pop() {
        for cause in cone::causes(trace, at, trace.event(at).unwrap()).into_iter().flatten() {
            assert!(cause < at);
            if past.insert(cause) {
                open.push(cause);
            }
        }
    }
    past
}

fn assert_cones(playback: &Playback, told: &str) {
    let trace = playback.trace();
    let all = trace.events.len() as u64;
    let pasts: Vec<BTreeSet<EventId>> =
        (0..all).step_by(41).map(|at| slow_past(playback, EventId(at))).collect();
    for (event, slow) in (0..all).step_by(41).map(EventId).zip(&pasts) {
        let cone = Cone::of(trace, event);
        assert!(cone.past().iter().eq(slow.iter().copied()), "{told}: past of {event}");
        assert_eq!(cone.past().len(), slow.len() as u64);
        // b is in a's future where a is in b's past.
        for (other, past) in (0..all).step_by(41).map(EventId).zip(&pasts) {
            assert_eq!(cone.future().has(other), past.contains(&event), "{told}: {event} {other}");
        }
    }
}

#[test]
fn past_and_future_are_what_following_causes_finds() {
    assert_cones(&troubled(), "troubled");
    for lab in catalog::LABS {
        let about = lab.about();
        let commands = ["300ms crash n1", "400ms cut n2 | n3", "500ms restart n1", "600ms heal"];
        assert_cones(&played(about.id, 7, 1_000, &commands), about.id);
    }
}

#[test]
fn a_cone_that_grows_is_the_cone_of_all() {
    let playback = troubled();
    let whole = playback.trace();
    let event = EventId(whole.events.len() as u64 / 3);
    let mut short = whole.clone();
    let messages = sim::MessageId(whole.story.arrows.len() as u64);
    short.truncate(EventId(whole.events.len() as u64 / 2), messages, whole.story.end);
    let mut cone = Cone::of(&short, event);
    cone.grow(whole);
    assert_eq!(cone, Cone::of(whole, event));
}

#[test]
fn a_restart_comes_from_its_command() {
    let playback = troubled();
    let trace = playback.trace();
    let restart = trace.story.marks.iter().find(|mark| &*mark.word == "restart").unwrap();
    let mut events = trace.events.iter().zip(0..).skip(restart.event.0 as usize);
    let (record, start) = events.find(|(record, _)| record.kind == EventKind::Start).unwrap();
    let causes = cone::causes(trace, EventId(start), record);
    assert!(causes.contains(&Some(restart.event)), "{causes:?}");
}

#[test]
fn messages_between_the_sides() {
    let playback = troubled();
    let trace = playback.trace();
    let middle = EventId(trace.events.len() as u64 / 2);
    let cone = Cone::of(trace, middle);
    let mut seen = [0; 3];
    for arrow in &trace.story.arrows {
        let side = cone.arrow(&arrow);
        match side {
            Side::Past => {
                assert!(arrow.end == ArrowEnd::Delivered && cone.past().has(arrow.sent_by));
                assert!(arrow.end_event <= middle);
            }
            Side::Future => assert!(arrow.sent_by >= middle),
            Side::Beside => {
                assert!(!(cone.past().has(arrow.sent_by) && cone.past().has(arrow.end_event)));
            }
            Side::Itself => panic!("an event is no message"),
        }
        seen[usize::from(side == Side::Future) + 2 * usize::from(side == Side::Beside)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 5), "{seen:?}");
}

#[test]
fn what_nobody_heard_of_lies_beside() {
    // n3 is cut off alone: what it does then is in nobody's future but its own.
    let playback = played("raft", 3, 2_000, &["500ms cut n3 | n1 n2 n4 n5"]);
    let trace = playback.trace();
    let n3 = sim::ActorId::node(3);
    let late = |at: u64, record: &sim::trace::EventRecord| (record.at > sim::Time::millis(at)).then_some(());
    let mut of_n3 = trace.events.iter().zip(0..).filter(|(record, _)| record.actor == Some(n3));
    let (_, event) = of_n3.find(|(record, _)| late(700, record).is_some()).unwrap();
    let cone = Cone::of(trace, EventId(event));
    for other in cone.future().iter() {
        assert_eq!(trace.event(other).unwrap().actor.filter(|actor| *actor != n3), None, "{other}");
    }
    let (until, from) = cone.of_actor(sim::ActorId::node(1));
    assert!(until.unwrap() < sim::Time::millis(600), "{until:?}");
    assert_eq!(from, None);
    assert_eq!(cone.of_actor(n3).0, cone.of_actor(n3).1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn depending_goes_one_way(seed in 0u64..50, part in 0.0f64..1.0) {
        let playback = played("2pc", seed, 800, &[]);
        let trace = playback.trace();
        let event = EventId((trace.events.len() as f64 * part) as u64);
        let cone = Cone::of(trace, event);
        prop_assert!(cone.past().iter().all(|other| other < event && !cone.future().has(other)));
        prop_assert!(cone.future().iter().all(|other| other > event));
        for other in cone.past().iter().step_by(17) {
            prop_assert!(Cone::of(trace, other).future().has(event));
        }
    }
}
