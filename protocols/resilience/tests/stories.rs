//! What the defences are for, told as runs: a trouble, its end, and what is left of it.

use crate::common::{Played, play, setup};
use resilience::calls::LAB;
use resilience::calls::invariants::names;
use sim::chaos::Level;
use sim::story::Outcome;
use sim::{Lab, Time};

/// A run of so many seconds.
fn run(seconds: u64, set: &[&str], commands: &[&str]) -> Played {
    play(&LAB, setup(&LAB, 1, Level::None, Time::millis(seconds * 1_000), set, commands))
}

/// Of the wishes begun between these seconds so many in a hundred were answered in time.
fn good(played: &Played, from: u64, to: u64) -> usize {
    let begun = |o: &&sim::story::Operation| (from..to).contains(&(o.invoked.0 / 1_000_000_000));
    let operations = &played.trace.story.operations;
    let (ok, all) = operations
        .iter()
        .filter(begun)
        .fold((0, 0), |(ok, all), o| (ok + usize::from(o.outcome == Outcome::Ok), all + 1));
    ok * 100 / all.max(1)
}

fn goodput_broke(played: &Played) -> bool {
    played.broken().iter().any(|(name, _)| *name == names::GOODPUT)
}

#[test]
fn when_all_is_well_all_are_answered() {
    let played = run(30, &[], &[]);
    assert!(good(&played, 0, 28) >= 97, "{} %", good(&played, 0, 28));
    assert!(good(&played, 5, 28) >= 99, "{} %", good(&played, 5, 28));
    assert_eq!(played.broken(), Vec::new());
}

/// The services are slow for two seconds. Retries without a budget keep them down until somebody asks less.
#[test]
fn retries_keep_a_failure_alive_whose_cause_is_gone() {
    let trouble = ["5s slow n2 20x for 2s", "5s slow n3 20x for 2s", "7s heal"];
    let sound = run(25, &[], &trouble);
    assert!(good(&sound, 5, 7) <= 60, "a trouble it was: {} %", good(&sound, 5, 7));
    assert!(good(&sound, 12, 23) >= 95, "and it left nothing behind: {} %", good(&sound, 12, 23));
    let dead = run(25, &["retry_without_budget=on"], &trouble);
    assert!(good(&dead, 12, 23) <= 20, "{} % still answered in time", good(&dead, 12, 23));
    assert!(goodput_broke(&dead));
    let mended = [&trouble[..], &["15s set retry_without_budget=off", "15s set attempts=1"]].concat();
    let mended = run(25, &["retry_without_budget=on"], &mended);
    assert!(good(&mended, 19, 23) >= 95, "{} %", good(&mended, 19, 23));
}

/// Both caches are emptied, and no breaker keeps anybody away. One read a key fills them again; a read for each request
/// never does.
#[test]
fn a_stampede_never_ends_by_itself() {
    let trouble = ["5s flush n2", "5s flush n3"];
    let sound = run(25, &["guard=off"], &trouble);
    assert!(good(&sound, 9, 23) >= 95, "{} %", good(&sound, 9, 23));
    let dead = run(25, &["cold_cache_open=on", "guard=off"], &trouble);
    assert!(good(&dead, 9, 23) <= 20, "{} %", good(&dead, 12, 23));
}

/// A herd that was made at one moment comes back at one moment, for ever.
#[test]
fn without_jitter_a_herd_stays_together() {
    let trouble = ["5s crash n1", "5.2s restart n1", "5.3s heal"];
    let sound = run(25, &[], &trouble);
    assert!(good(&sound, 11, 23) >= 95, "{} %", good(&sound, 11, 23));
    let herd = run(25, &["no_jitter=on"], &trouble);
    assert!(good(&herd, 11, 23) <= 85, "{} %", good(&herd, 11, 23));
}

/// A queue full of what nobody waits for is worked off to the last.
#[test]
fn stale_work_takes_as_long_as_work() {
    let trouble = ["5s surge c1 20x 3s", "5s surge c2 20x 3s"];
    let answered = |set: &[&str]| good(&run(25, set, &trouble), 10, 13);
    assert!(answered(&[]) >= 90, "{} %", answered(&[]));
    for pothole in ["stale_work_served=on", "deadline_not_passed=on"] {
        assert!(answered(&[pothole]) <= 50, "{pothole}: {} %", answered(&[pothole]));
    }
}

#[test]
fn the_views_say_what_waits_and_who_may_ask() {
    let played = run(6, &[], &["5s slow n2 50x for 1s", "5s slow n3 50x for 1s"]);
    let view = played.running.view();
    assert_eq!(view.strips.len(), 3);
    let badges: Vec<&str> = view.actors.iter().map(|actor| actor.badge.as_str()).collect();
    assert!(badges.iter().any(|badge| badge.ends_with("waiting")), "{badges:?}");
    assert!(LAB.plots().len() == 3);
}
