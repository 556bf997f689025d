//! Crashes, disks, pauses, slowness, clocks, work.

use super::{puppets, puppets_with};
use crate::support::Run;
use crate::support::puppet::Puppets;
use sim::story::ArrowEnd;
use sim::trace::EventKind;
use sim::view::Status;
use sim::{ActorId, Running};

#[test]
fn a_crash_keeps_what_was_synced_and_a_prefix_of_the_rest() {
    // Synced after 5 ms; then three writes that nobody syncs.
    let lost = |crash: &str| {
        puppets(&[
            "0s store n1 a",
            "10ms scribble n1 b",
            "11ms scribble n1 c",
            "12ms scribble n1 d",
            &format!("20ms {crash}"),
            "30ms restart n1",
        ])
        .recovered(1)
    };
    assert_eq!(lost("crash n1 keep 0"), "a");
    assert_eq!(lost("crash n1 keep 2"), "a b c");
    assert_eq!(lost("crash n1 keep 9"), "a b c d");
    assert_eq!(lost("crash n1 keep 1 torn"), "a b torn");
    assert_eq!(lost("disk n1 wipe"), "");
    let drawn = lost("crash n1");
    assert!(["a", "a b", "a b c", "a b c d"].contains(&drawn.trim_end_matches(" torn")), "{drawn}");
    assert_eq!(lost("disk n1 corrupt"), "", "it was not restarted: nothing to recover");
}

#[test]
fn a_sync_under_way_is_lost_with_the_crash() {
    let run = puppets(&["0s store n1 a", "4ms crash n1 keep 0", "50ms restart n1"]);
    assert_eq!((run.recovered(1), run.seen(1).len()), (String::new(), 0));
    let corrupt = puppets(&["0s store n1 a", "10ms disk n1 corrupt", "20ms crash n1", "30ms restart n1"]);
    assert_eq!(corrupt.recovered(1), "a corrupt");
}

#[test]
fn what_arrives_at_a_node_that_is_down_is_lost() {
    let run = puppets(&[
        "0s say n1 n2 a",
        "5ms crash n2",
        "20ms restart n2",
        "20ms say n1 n2 b",
        "25ms restart n2",
    ]);
    assert_eq!(run.seen(2), ["30 n1 b"]);
    assert_eq!(run.trace.story.arrows.first().unwrap().end, ArrowEnd::ReceiverDown);
    assert_eq!(run.idle_commands(), ["restart n2"]);
}

#[test]
fn a_message_that_waits_for_a_sync_leaves_after_it_or_never() {
    let run = puppets(&["0s vow n1 n2 a"]);
    assert_eq!((run.seen(1), run.seen(2)), (vec!["5 synced 0".to_owned()], vec!["15 n1 a".to_owned()]));
    let crashed = puppets(&["0s vow n1 n2 a", "4ms crash n1", "50ms restart n1", "60ms vow n1 n2 b"]);
    assert_eq!(crashed.seen(2), ["75 n1 b"], "the first never left");
    let slow = puppets(&["0s disk n1 slow 10x", "0s vow n1 n2 a"]);
    assert_eq!(slow.seen(2), ["60 n1 a"]);
}

#[test]
fn disks_fail_fill_up_and_recover() {
    let failing = puppets(&["0s disk n1 fail for 50ms", "10ms vow n1 n2 a", "60ms vow n1 n2 b"]);
    assert_eq!(failing.seen(1)[0], "10 disk failed");
    assert!(failing.seen(2).contains(&"75 n1 b".to_owned()), "{:?}", failing.seen(2));
    assert!(!failing.seen(2).iter().any(|line| line.starts_with("25 ")), "acknowledged on a failing disk");
    let full = puppets(&[
        "0s scribble n1 a",
        "1ms disk n1 full",
        "2ms store n1 b",
        "20ms crash n1",
        "30ms restart n1",
    ]);
    assert_eq!(full.recovered(1), "a", "what was written before is safe");
    let told = puppets(&["1ms disk n1 full", "2ms store n1 b"]);
    assert_eq!(told.seen(1)[0], "2 disk failed, full");
}

/// A real node stops when it hears that its disk failed. After a heal nobody would start it again.
#[test]
fn heal_leaves_no_node_to_hear_later_that_its_disk_failed() {
    let cases: [&[&str]; 3] = [
        // It is paused, and the news waits for it.
        &["0s vow n1 n2 a", "1ms disk n1 fail", "2ms pause n1"],
        // It is at work, and the news waits for it.
        &["0s vow n1 n2 a", "1ms disk n1 fail", "2ms toil n1 50ms a"],
        // The news is due now.
        &["10ms disk n1 fail", "10ms store n1 a"],
    ];
    let told = |run: &Run<Puppets>| run.trace.events.iter().any(|event| event.kind == EventKind::DiskFailed);
    let starts = |run: &Run<Puppets>| run.trace.facts.iter().filter(|fact| fact.name == "started").count();
    for case in cases {
        let after = |heal| puppets(&[case, &[heal, "200ms heal", "300ms vow n1 n2 b"]].concat());
        for heal in ["10ms heal", "10ms heal n1"] {
            let run = after(heal);
            assert!(!told(&run), "{case:?}, {heal}");
            assert_eq!(starts(&run), 1, "{case:?}, {heal}");
            assert!(run.seen(2).contains(&"315 n1 b".to_owned()), "{case:?}, {heal}: {:?}", run.seen(2));
        }
        let run = after("10ms heal n3");
        let waits = case.contains(&"2ms pause n1");
        assert_eq!((told(&run), starts(&run)), (!waits, usize::from(waits)), "{case:?}");
    }
}

#[test]
fn a_slow_disk_recovers_though_it_is_damaged_meanwhile() {
    let run = puppets(&["0s disk n1 slow 10x for 20ms", "10ms disk n1 corrupt", "30ms vow n1 n2 a"]);
    assert_eq!(run.seen(2), ["45 n1 a"]);
}

#[test]
fn a_paused_node_handles_what_waited_in_the_order_it_was_due() {
    let run = puppets(&[
        "0s wait n2 12ms",
        "0s pause n2 for 100ms",
        "1ms say n1 n2 a",
        "3ms say n3 n2 c",
        "0s say n4 n2 first",
        "200ms pause n2",
        "201ms say n1 n2 d",
        "300ms resume n2",
        "301ms resume n2",
    ]);
    assert_eq!(run.seen(2), ["100 n4 first", "100 n1 a", "100 bell", "100 n3 c", "300 n1 d"]);
    assert_eq!(run.idle_commands(), ["resume n2"]);
}

#[test]
fn a_node_at_work_lets_events_wait_and_its_effects_follow_the_work() {
    let run = puppets(&["0s toil n1 20ms a", "5ms toil n1 20ms b", "40ms toil n1 20ms c"]);
    assert_eq!(run.seen(1), ["0 toils a", "20 toils b", "40 toils c"]);
    assert_eq!(run.seen(2), ["30 n1 a", "50 n1 b", "70 n1 c"]);
    let slow = puppets(&["0s slow n1 3x for 10ms", "0s toil n1 20ms a", "5ms toil n1 20ms b"]);
    assert_eq!(slow.seen(1), ["0 toils a", "60 toils b"]);
    assert_eq!(slow.seen(2), ["70 n1 a", "90 n1 b"], "the slowness ended before the second");
}

#[test]
fn a_full_queue_loses_messages() {
    let run = puppets_with(
        &["queue=2"],
        &["0s pause n2 for 100ms", "0s say n1 n2 a", "1ms say n1 n2 b", "2ms say n1 n2 c", "3ms say n3 n2 d"],
    );
    assert_eq!(run.seen(2), ["100 n1 a", "100 n1 b"]);
    assert_eq!(run.trace.story.arrows.iter().filter(|a| a.end == ArrowEnd::QueueFull).count(), 2);
}

#[test]
fn timers_keep_to_the_nodes_own_clock() {
    // 100 ms by its clock, which runs 10 % fast from the start, or from halfway on.
    let at = |commands: &[&str]| {
        let run = puppets(commands);
        let timer = run.trace.events.iter().find(|e| matches!(e.kind, sim::trace::EventKind::Timer(_)));
        timer.map(|event| event.at.0 / 1_000)
    };
    assert_eq!(at(&["0s wait n1 100ms"]), Some(100_000));
    assert_eq!(at(&["0s clock n1 drift 10%", "0s wait n1 100ms"]), Some(90_909));
    assert_eq!(at(&["0s wait n1 100ms", "45ms clock n1 drift 10%"]), Some(95_000));
    assert_eq!(at(&["0s wait n1 100ms", "40ms clock n1 drift 10% for 10ms"]), Some(99_000));
    assert_eq!(at(&["0s wait n1 100ms", "40ms clock n1 step +10s"]), Some(100_000), "a step moves no timer");
    assert_eq!(at(&["0s wait n1 100ms", "40ms fire n1 bell"]), Some(40_000));
    assert_eq!(at(&["0s wait n1 100ms", "40ms wait n1 100ms"]), Some(140_000), "a timer set again is moved");
    assert_eq!(at(&["0s wait n1 100ms", "40ms crash n1", "50ms restart n1"]), None);
    assert_eq!(puppets(&["0s fire n1 gong"]).idle_commands(), ["fire n1 gong"]);
}

#[test]
fn the_wall_clock_shows_steps_and_drift() {
    let run =
        puppets(&["0s clock n1 step +200ms", "0s clock n1 drift 1000ppm for 500ms", "0s clock n2 step -1s"]);
    let view = run.world.view();
    let offset = |n| view.actor(ActorId::node(n)).map(|actor| actor.clock_offset);
    assert_eq!(offset(1), Some(200_500_000));
    assert_eq!(offset(2), Some(-1_000_000_000));
    assert_eq!(offset(3), Some(0));
}

#[test]
fn a_node_that_doubts_aborts_as_a_process_would() {
    let run = puppets(&["0s store n1 a", "10ms doubt n1", "20ms say n2 n1 x"]);
    let view = run.world.view();
    let actor = view.actor(ActorId::node(1)).unwrap();
    assert_eq!((actor.status, actor.aborted.as_deref()), (Status::Down, Some("it doubts")));
    assert!(run.trace.facts.iter().any(|fact| fact.name == "aborted" && fact.sentence.contains("it doubts")));
    let back = puppets(&["0s store n1 a", "10ms doubt n1", "20ms restart n1"]);
    assert_eq!(back.recovered(1), "a");
}

#[test]
fn a_spare_sleeps_until_it_is_started() {
    let run = puppets(&["0s say n1 n5 a", "20ms restart n5", "20ms say n1 n5 b"]);
    assert_eq!(run.seen(5), ["30 n1 b"]);
}

#[test]
fn roles_are_resolved_when_the_command_runs() {
    let run = puppets(&["0s crash @eldest", "10ms crash @eldest", "20ms restart n1"]);
    let down = |n| run.world.actor(ActorId::node(n)).is_none();
    assert_eq!([1, 2, 3, 4].map(down), [false, true, false, false]);
}
