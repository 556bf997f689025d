//! Order, determinism, forks; and what a command may name.

use super::support::chatter::Chatter;
use super::support::puppet::Puppets;
use super::support::{Run, list, setup};
use super::{ms, puppets};
use sim::chaos::Level;
use sim::command::{check, parse};
use sim::lab::Stop;
use sim::trace::EventKind;
use sim::{ActorId, Moment, Parameters, Protocol, Recorder, Running, Span, Time, World};
use std::collections::BTreeMap;

#[test]
fn too_much_at_one_instant_stops_with_a_reason() {
    let mut run: Run<Puppets> = Run::new(&[], &["10ms spin n1"]);
    let Stop::Stuck(reason) = run.to(1_000) else { panic!("it went on") };
    assert!(reason.contains("1000000 events at 0.010 s"), "{reason}");
    assert_eq!(run.to(1_000), Stop::Stuck(reason), "and stays there");
}

#[test]
fn a_command_stands_among_the_events_of_its_instant() {
    // Three messages arrive at 10 ms, in the order of their senders.
    let with = |cut: &str| {
        let says = ["0s say n2 n1 a", "0s say n3 n1 b", "0s say n4 n1 c"];
        puppets(&[says[0], says[1], says[2], cut]).seen(1).len()
    };
    assert_eq!([with("10ms crash n4"), with("10ms cut n1")], [3, 0]);
    assert_eq!([with("10ms+1 cut n1"), with("10ms+2 cut n1"), with("10ms+3 cut n1")], [1, 2, 3]);
}

#[test]
fn a_switched_off_command_does_nothing() {
    assert_eq!(puppets(&["off 0s cut n1", "0s say n1 n2 a"]).seen(2), ["10 n1 a"]);
}

#[test]
fn a_run_without_events_is_quiet() {
    let mut run: Run<Puppets> = Run::new(&[], &[]);
    assert_eq!(run.to(10), Stop::Quiet);
    assert_eq!(run.world.moment().at, ms(10));
}

/// A chattering cluster under this much chaos.
fn chatter(seed: u64, level: Level, commands: &[&str]) -> Run<Chatter> {
    let mut setup = setup::<Chatter>(seed, &[], commands);
    (setup.chaos, setup.end) = (level, ms(5_000));
    Run::of(setup)
}

#[test]
fn two_runs_of_one_seed_agree_event_by_event() {
    for seed in 0..6 {
        let (mut one, mut two) = (chatter(seed, Level::High, &[]), chatter(seed, Level::High, &[]));
        let until = Moment::end_of(ms(5_000));
        for step in 0.. {
            // One writes a trace, the other is silent: recording must not show.
            let stop = one.world.advance(until, 1, &mut Recorder::into(&mut one.trace));
            assert_eq!(two.world.advance(until, 1, &mut Recorder::silent()), stop);
            assert_eq!(one.world.digest(), two.world.digest(), "seed {seed}, event {step}");
            if step % 97 == 0 {
                assert_eq!(one.world.state_digest(), two.world.state_digest(), "seed {seed}, event {step}");
            }
            if stop != Stop::Budget {
                assert!(step > 1_000, "seed {seed}: only {step} events");
                break;
            }
        }
    }
}

#[test]
fn seeds_and_commands_change_the_digest() {
    let digest = |seed, commands: &[&str]| chatter(seed, Level::None, commands).after(1_000).world.digest();
    assert_eq!(digest(1, &[]), digest(1, &[]));
    assert_ne!(digest(1, &[]), digest(2, &[]));
    assert_ne!(digest(1, &[]), digest(1, &["500ms pause n1 for 1ms"]));
}

#[test]
fn a_fork_goes_on_as_the_original_would() {
    for seed in 0..10 {
        let straight = chatter(seed, Level::Medium, &[]).after(5_000).world;
        let mut stem = chatter(seed, Level::Medium, &[]).after(1_000 + seed * 300);
        let mut fork = stem.world.fork();
        fork.advance(Moment::end_of(ms(5_000)), u64::MAX, &mut Recorder::silent());
        assert_eq!((fork.digest(), fork.state_digest()), (straight.digest(), straight.state_digest()));
        stem.to(5_000);
        assert_eq!(stem.world.state_digest(), straight.state_digest(), "the fork left its stem alone");
    }
}

#[test]
fn advancing_in_pieces_is_advancing() {
    let whole = chatter(3, Level::High, &[]).after(5_000).world.state_digest();
    let mut pieces = chatter(3, Level::High, &[]);
    for millis in (0..=5_000).step_by(7).chain([5_000]) {
        pieces.to(millis);
    }
    assert_eq!(pieces.world.state_digest(), whole);
}

#[test]
fn a_command_given_by_hand_stands_before_the_next_event() {
    let mut run = chatter(5, Level::None, &[]).after(300);
    let at = run.world.hand_moment();
    let next = run.world.next().unwrap();
    assert!(at.at >= ms(300) && at.at < next.at, "{at} not before {}", next.at);
    let text = format!("{at} crash n1");
    run.world.set_commands(list(&[&text]));
    run.to(400);
    assert_eq!(run.trace.story.marks.len(), 1);
    let mut again = chatter(5, Level::None, &[&text]);
    again.to(400);
    assert_eq!(again.world.state_digest(), run.world.state_digest());
}

/// What happened, without names that count through the whole run.
fn events(run: &Run<Chatter>, from: Time) -> BTreeMap<(u64, Option<ActorId>, u8), u32> {
    let mut events = BTreeMap::new();
    for event in run.trace.events.iter().filter(|event| event.at > from) {
        let kind = match event.kind {
            EventKind::Deliver(_) => 1,
            EventKind::Timer(_) => 2,
            EventKind::Synced => 3,
            EventKind::Lost(_) => 4,
            _ => continue,
        };
        *events.entry((event.at.0, event.actor, kind)).or_default() += 1;
    }
    events
}

#[test]
fn one_lost_message_changes_little_elsewhere() {
    let (mut differing, mut all) = (0, 0);
    for seed in 0..20 {
        let plain = chatter(seed, Level::None, &[]).after(5_000);
        // The first message still on its way at half a second, whoever sent it.
        let lossy = chatter(seed, Level::None, &["500ms drop *→*"]).after(5_000);
        assert!(lossy.idle_commands().is_empty());
        let (before, after) = (events(&plain, ms(500)), events(&lossy, ms(500)));
        all += before.values().sum::<u32>();
        differing +=
            before.iter().map(|(key, n)| n.abs_diff(after.get(key).copied().unwrap_or(0))).sum::<u32>();
    }
    let percent = f64::from(differing) * 100.0 / f64::from(all);
    println!("after one lost message {percent:.2} % of the later events differ ({differing} of {all})");
    assert!(differing > 0 && percent < 6.0, "{percent:.2} %");
}

#[test]
fn commands_are_checked_against_the_lab() {
    let parameters = Parameters::defaults(Puppets::parameters());
    let told = |text: &str| match check::<Puppets>(&parse(text).unwrap(), &parameters) {
        Ok(()) => "fine".to_owned(),
        Err(why) => why.to_string(),
    };
    for fine in [
        "crash n5",
        "cut n1 c1 | n2",
        "mend n1 | n2",
        "pause c1",
        "crash @eldest",
        "lie n1 shout",
        "lie n1 off",
        "fire n1 bell",
        "set live=on",
        "say n1 n2 x",
        "ask c1 x",
        "drop *→n2 whatever",
        "link all ok",
        "heal n1",
    ] {
        assert_eq!(told(fine), "fine", "{fine}");
    }
    for (text, why) in [
        ("crash n6", "no node n6 here (n1 to n5)"),
        ("cut n1 | n2 n9", "no node n9 here (n1 to n5)"),
        ("pause c2", "no client c2 here (c1 is the only one)"),
        ("drop n1→n7", "no node n7 here (n1 to n5)"),
        ("crash c1", "crash is for nodes, and c1 is a client"),
        ("say c1 n2 x", "say is for nodes, and c1 is a client"),
        ("ask n1 x", "ask is for clients, and n1 is a node"),
        ("crash @eldst", "no role “eldst” here (did you mean “eldest”?); there are eldest"),
        ("lie n1 shuot", "no lie “shuot” here (did you mean “shout”?); there are shout, mute"),
        ("fire n1 drum", "no timer “drum” here; there are bell, gong"),
        ("set nodes=3", "set: nodes cannot change during a run: set it from the start"),
        ("set live=7", "set: live cannot be “7”: it may be on or off"),
        ("say n1 n2", "say: say to whom, and what: say n1 n2 hello"),
    ] {
        assert_eq!(told(text), why, "{text}");
    }
    assert!(told("set speed=3").contains("there is no parameter “speed” here; there are nodes, stream"));
    let told = told("crsh n1");
    assert!(told.starts_with("no command “crsh” here (did you mean “crash”?); there are say, cry"), "{told}");
    assert!(told.contains(", and in every lab cut, "), "{told}");
}

#[test]
fn chaos_runs_on_every_level_and_ends_in_peace() {
    for seed in 0..30 {
        for level in [Level::Low, Level::Medium, Level::High] {
            let mut run = chatter(seed, level, &[]);
            assert_eq!(run.to(5_000), Stop::Reached);
            let view = run.world.view();
            // A heal sets no clock: an offset is all that may be left.
            let left = view.broken.iter().filter(|chip| !chip.text.contains("clock"));
            assert_eq!(left.count(), 0, "seed {seed}, {level}: {:?}", view.broken);
            assert!(view.actors.iter().all(|actor| actor.status == sim::view::Status::Up));
            assert!(!run.world.chaos().is_empty());
        }
    }
}

#[test]
fn a_big_cluster_of_spans_is_no_trouble() {
    let mut setup = setup::<Puppets>(
        1,
        &["nodes=200"],
        &["0s cut n1", "0s say n1 n200 a", "1ms heal", "2ms say n1 n200 b"],
    );
    setup.end = Time(Span::secs(1).0);
    let mut run = Run { world: World::<Puppets>::new(setup), trace: sim::Trace::default() };
    run.to(100);
    assert_eq!(run.deliveries(), [10, 12], "mended before the first would arrive");
}
