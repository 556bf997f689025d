//! Cuts, loss, holds, and everything else that meets a message on its way.

use super::{ms, puppets, puppets_with};
use sim::command::parse;
use sim::story::ArrowEnd;
use sim::{ActorId, Running};

#[test]
fn a_cut_loses_what_would_arrive_while_it_stands() {
    // Sent before the cut, due within it: lost at arrival. Sent within it, due after: arrives.
    let run =
        puppets(&["0s say n1 n2 a", "5ms cut n1 | n2", "12ms say n1 n2 b", "15ms mend", "30ms say n1 n2 c"]);
    assert_eq!(run.seen(2), ["22 n1 b", "40 n1 c"]);
    assert_eq!(run.ends(), ["lost in the cut", "delivered", "delivered"]);
    assert_eq!(run.trace.story.arrows.first().unwrap().ended, ms(10));
}

#[test]
fn a_cut_separates_its_groups_and_nothing_else() {
    let run = puppets(&[
        "0s cut n1 n2 | n3",
        "0s say n1 n2 a",
        "0s say n1 n3 b",
        "0s say n3 n2 c",
        "0s say n4 n3 d",
    ]);
    assert_eq!((run.seen(2), run.seen(3)), (vec!["10 n1 a".to_owned()], vec!["10 n4 d".to_owned()]));
    let alone = puppets(&["0s cut n1", "0s say n1 n2 a", "0s say n3 n1 b", "0s ask c1 x", "0s say n2 n3 c"]);
    assert_eq!(
        (alone.seen(1), alone.seen(2), alone.seen(3)),
        (vec!["10 c1 x".to_owned()], Vec::<String>::new(), vec!["10 n2 c".to_owned()])
    );
}

#[test]
fn a_cut_one_way_leaves_the_other_way_open() {
    let run = puppets(&["0s cut n1→n2 for 100ms", "0s say n1 n2 a", "0s say n2 n1 b", "100ms say n1 n2 c"]);
    assert_eq!((run.seen(1), run.seen(2)), (vec!["10 n2 b".to_owned()], vec!["110 n1 c".to_owned()]));
}

#[test]
fn a_cut_never_parts_a_node_from_itself() {
    let run = puppets(&["0s cut n1 → n1 n2", "0s say n1 n1 a", "0s say n1 n2 b"]);
    assert_eq!((run.seen(1), run.seen(2)), (vec!["0 n1 a".to_owned()], vec![]));
}

#[test]
fn a_cut_ends_after_its_span_and_others_stay() {
    let run = puppets(&[
        "0s cut n1 | n2 for 50ms",
        "0s cut n1 | n2 n3",
        "60ms say n1 n2 a",
        "80ms mend n1 | n2 n3",
        "80ms say n1 n2 b",
        "90ms mend n1 | n4",
    ]);
    assert_eq!(run.seen(2), ["90 n1 b"]);
    assert_eq!(run.idle_commands(), ["mend n1 | n4"]);
}

#[test]
fn holds_keep_messages_until_they_are_let_go() {
    let run = puppets(&[
        "0s hold n1→n2",
        "0s say n1 n2 a",
        "1ms say n1 n2 b",
        "2ms cry n1 n2 c",
        "0s say n2 n1 other",
        "50ms deliver n1→n2 say #2",
        "60ms release n1→n2",
        "70ms say n1 n2 d",
    ]);
    assert_eq!(run.seen(2), ["50 n1 b", "60 n1 a", "60 n1 c", "80 n1 d"]);
    assert_eq!(run.seen(1), ["10 n2 other"]);
}

#[test]
fn one_message_is_dropped_delayed_doubled_bent_or_delivered_early() {
    let run = puppets(&[
        "0s say n1 n2 a",
        "0s say n1 n2 b",
        "0s say n1 n2 c",
        "0s cry n1 n2 d",
        "1ms drop n1→n2 say #2",
        "2ms delay n1→n2 say #2 by 20ms",
        "3ms deliver n1→n2 cry",
        "4ms duplicate n1→n2 say",
        "5ms bend n1→n2 say shout",
        "6ms drop n3→n2",
        "7ms bend n1→n2 cry shout",
    ]);
    assert_eq!(run.seen(2), ["3 n1 d", "10 n1 A", "11 n1 a", "30 n1 c"]);
    assert_eq!(run.idle_commands(), ["drop n3→n2", "bend n1→n2 cry shout"]);
}

#[test]
fn the_next_messages_of_a_kind_are_dropped_and_no_more() {
    let run = puppets(&[
        "0s drop next 2 n1→* say",
        "0s say n1 n2 a",
        "1ms cry n1 n2 b",
        "2ms say n1 n3 c",
        "3ms say n1 n2 d",
    ]);
    assert_eq!((run.seen(2), run.seen(3).len()), (vec!["11 n1 b".to_owned(), "13 n1 d".to_owned()], 0));
    assert_eq!(run.trace.story.arrows.iter().filter(|a| a.end == ArrowEnd::Dropped).count(), 2);
}

#[test]
fn what_was_still_to_be_lost_can_be_let_through() {
    let run = puppets(&[
        "0s drop next 5 n1→n2 say",
        "1ms say n1 n2 a",
        "2ms drop next 0 n1→n2 say",
        "3ms say n1 n2 b",
        "4ms drop next 0 n1→n2 say",
    ]);
    assert_eq!(run.seen(2), ["13 n1 b"]);
    assert_eq!(run.idle_commands(), ["drop next 0 n1→n2 say"]);
}

#[test]
fn links_lose_double_delay_and_recover() {
    let hundred: Vec<String> = (0..100).map(|n| format!("{n}ms say n1 n2 m{n}")).collect();
    let with = |first: &str| {
        let mut commands: Vec<&str> = hundred.iter().map(String::as_str).collect();
        commands.insert(0, first);
        puppets(&commands).seen(2)
    };
    assert_eq!(with("0s link n1→n2 loss 100% for 49500us").len(), 50);
    assert_eq!(with("0s link n1→n2 duplicate 100%").len(), 200);
    let some = with("0s link all loss 30%").len();
    assert!((50..90).contains(&some), "{some} of 100 arrive");
    assert_eq!(with("0s link n1-n2 delay 7ms")[0], "17 n1 m0");
    assert_eq!(with("0s link n2→n1 loss 100%").len(), 100, "the other direction is another link");
    let reordered = with("0s link n1 reorder 50%");
    assert_eq!(reordered.len(), 100);
    assert!(
        reordered.windows(2).any(|two| two[0] > two[1] && two[0].len() == two[1].len()) || {
            let sent: Vec<String> = (0..100).map(|n| format!("{} n1 m{n}", n + 10)).collect();
            reordered != sent
        }
    );
}

#[test]
fn a_stream_keeps_its_order_and_loses_nothing() {
    let hundred: Vec<String> = (0..100).map(|n| format!("{n}ms say n1 n2 m{n}")).collect();
    let commands: Vec<&str> = hundred.iter().map(String::as_str).collect();
    let words = |set: &[&str]| -> Vec<String> {
        let seen = puppets_with(set, &commands).seen(2);
        seen.iter().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
    };
    let sent: Vec<String> = (0..100).map(|n| format!("m{n}")).collect();
    assert_eq!(words(&["stream=on", "jitter=on", "loss=2000", "duplicate=2000", "reorder=2000"]), sent);
    assert_ne!(words(&["jitter=on"]), sent, "datagrams overtake each other");
}

#[test]
fn bandwidth_makes_messages_queue() {
    // 100 bytes each, at 10,000 bytes a second: 10 ms on the wire, and 10 ms of latency.
    let run = puppets_with(&["bandwidth=10000"], &["0s say n1 n2 a", "0s say n1 n2 b", "0s say n1 n3 c"]);
    assert_eq!(
        (run.seen(2), run.seen(3)),
        (vec!["20 n1 a".to_owned(), "30 n1 b".to_owned()], vec!["20 n1 c".to_owned()])
    );
    let narrow = puppets(&["0s link n1→n2 bandwidth 1000", "0s say n1 n2 a"]);
    assert_eq!(narrow.seen(2), ["110 n1 a"]);
}

#[test]
fn lies_bend_what_they_can_and_end() {
    let run = puppets(&[
        "0s lie n1 shout to n2 for 50ms",
        "0s say n1 n2 a",
        "0s cry n1 n2 b",
        "0s say n1 n3 c",
        "51ms say n1 n2 d",
    ]);
    assert_eq!(run.seen(2), ["10 n1 A", "10 n1 b", "61 n1 d"]);
    assert_eq!(run.seen(3), ["10 n1 c"]);
}

#[test]
fn who_lies_by_silence_sends_nothing_of_what_it_keeps_back() {
    let run = puppets(&["0s lie n1 mute to n2", "0s say n1 n2 a", "0s cry n1 n2 b", "0s say n1 n3 c"]);
    assert_eq!((run.seen(2), run.seen(3)), (vec!["10 n1 b".to_owned()], vec!["10 n1 c".to_owned()]));
    assert_eq!(run.trace.story.arrows.len(), 2, "what is kept back never left");
}

#[test]
fn heal_mends_everything_or_only_what_it_names() {
    let broken = [
        "0s cut n1 | n2 n3 n4",
        "0s link all loss 100%",
        "0s pause n2",
        "0s crash n3",
        "0s slow n4 10x",
        "0s clock n4 drift 100ppm",
        "0s disk n4 fail",
        "0s hold n2→n1",
    ];
    let mut all = broken.to_vec();
    all.extend(["10ms heal", "20ms say n1 n2 a", "20ms say n3 n1 b"]);
    let run = puppets(&all);
    assert_eq!((run.seen(1), run.seen(2)), (vec!["30 n3 b".to_owned()], vec!["30 n1 a".to_owned()]));
    assert!(run.world.view().broken.is_empty(), "{:?}", run.world.view().broken);
    assert!(run.idle_commands().is_empty(), "broke nothing: {:?}", run.idle_commands());

    let mut some = broken.to_vec();
    some.extend(["10ms heal n1 n2", "20ms say n1 n2 a", "20ms say n1 n4 b", "20ms say n2 n1 c"]);
    let run = puppets(&some);
    assert_eq!((run.seen(1), run.seen(2)), (vec!["30 n2 c".to_owned()], vec!["30 n1 a".to_owned()]));
    assert!(run.seen(4).is_empty());
    let view = run.world.view();
    let status = |n| view.actor(ActorId::node(n)).map(|actor| (actor.status, actor.slow));
    assert_eq!(status(3), Some((sim::view::Status::Down, 1)));
    assert_eq!(status(4), Some((sim::view::Status::Up, 10)));
}

#[test]
fn every_chip_mends_what_it_shows() {
    let faults = [
        "cut n1 | n2 n3 n4",
        "cut n1→n3",
        "pause n2",
        "slow n2 10x",
        "crash n3",
        "link n1→n2 loss 10%",
        "hold n1→n2",
        "clock n4 drift 100ppm",
        "disk n4 slow 5x",
        "disk n4 fail",
        "disk n4 full",
        "lie n1 shout",
    ];
    for fault in faults {
        assert!(parse(fault).is_ok());
        let run = puppets(&[&format!("0s {fault}")]);
        let broken = run.world.view().broken;
        assert!(!broken.is_empty(), "{fault} shows no chip");
        let mut commands = vec![format!("0s {fault}")];
        commands.extend(broken.iter().map(|chip| format!("10ms {}", chip.mend)));
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        let mended = puppets(&commands);
        assert!(mended.world.view().broken.is_empty(), "{fault}: {:?}", mended.world.view().broken);
    }
}
