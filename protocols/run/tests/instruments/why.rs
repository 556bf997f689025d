//! Why something happened, on real clusters.

use run::{Playback, Run, cone};
use sim::command::parse_timed;
use sim::trace::EventKind;
use sim::{ActorId, EventId, Moment, Time};

/// A Raft with these settings, in which this was done, seen to its end.
fn raft(set: &[&str], done: &[&str], end: u64) -> Playback {
    let mut run = Run::new(catalog::lab("raft").unwrap()).with_seed(4);
    set.iter().for_each(|set| run.parameters.assign(set).unwrap());
    run.commands = done.iter().map(|text| parse_timed(text).unwrap()).collect();
    run.end = Time::millis(end);
    let mut playback = Playback::new(run);
    playback.show(Moment::end_of(Time::millis(end)));
    playback
}

/// The event of the first command with this word.
fn mark(playback: &Playback, word: &str) -> EventId {
    playback.story().marks.iter().find(|mark| &*mark.word == word).unwrap().event
}

/// Of the last event like this.
fn chain(playback: &Playback, like: impl Fn(&sim::trace::EventRecord) -> bool) -> Vec<run::why::Step> {
    let event = playback.trace().events.iter().rposition(|record| like(&record)).expect("there is one");
    playback.why(EventId(event as u64))
}

fn has(steps: &[run::why::Step], event: EventId) -> bool {
    steps.iter().any(|step| step.event == event)
}

#[test]
fn the_fault_that_stands_behind_a_loss_is_the_one_that_is_named() {
    let playback = raft(&["load=off"], &["1s cut @leader", "1.2s pause n1 for 10ms"], 3_000);
    let leads = |fact: &sim::trace::FactRecord<'_>| fact.name == "leader" && fact.at > Time::millis(1_000);
    let elected = playback.trace().facts.iter().find(leads).expect("another leader").event;
    let steps = playback.why(elected);
    assert!(has(&steps, mark(&playback, "cut")), "{steps:#?}");
    assert!(!has(&steps, mark(&playback, "pause")), "{steps:#?}");
}

#[test]
fn a_timer_that_sets_itself_did_not_wait_for_what_was_lost() {
    let playback = raft(&["load=off"], &["1s cut @leader"], 1_500);
    let old = playback.trace().facts.iter().find(|fact| fact.name == "leader").unwrap().actor;
    let beat = |record: &sim::trace::EventRecord| {
        let set = playback.trace().event(record.trigger);
        record.actor == Some(old)
            && matches!(record.kind, EventKind::Timer(_))
            && set.is_some_and(|set| set.kind == record.kind)
    };
    let steps = chain(&playback, beat);
    assert!(steps.iter().all(|step| !step.sentence.contains("did not reach")), "{steps:#?}");
}

#[test]
fn what_a_hand_lets_go_off_or_starts_comes_from_that_hand() {
    let playback = raft(&["load=off", "spares=1"], &["1s fire n1 election", "2s restart n6"], 3_000);
    let (fire, restart) = (mark(&playback, "fire"), mark(&playback, "restart"));
    let steps = chain(&playback, |record| {
        record.actor == Some(ActorId::node(1))
            && matches!(record.kind, EventKind::Timer(_))
            && record.at == Time::millis(1_000)
    });
    assert!(has(&steps, fire), "{steps:#?}");
    let started = |record: &sim::trace::EventRecord| {
        record.actor == Some(ActorId::node(6)) && record.kind == EventKind::Start
    };
    let steps = chain(&playback, started);
    assert!(has(&steps, restart), "{steps:#?}");
    // And it is in its past: the two did not happen beside each other.
    let start = playback.trace().events.iter().rposition(|record| started(&record)).unwrap();
    assert!(cone::past(playback.trace(), EventId(start as u64)).has(restart));
}

#[test]
fn what_was_done_to_others_does_not_hide_what_did_it() {
    let pauses: Vec<String> = (0..12).map(|at| format!("{}ms pause n1 for 1ms", 700 + 10 * at)).collect();
    let mut done: Vec<&str> = pauses.iter().map(String::as_str).collect();
    done.extend(["1s cut @leader", "3s put c1 list=tea", "4.5s get c2 list to n5"]);
    done.insert(0, "600ms put c1 list=rice");
    let mut playback = raft(&["load=off", "read_without_asking=on"], &done, 5_000);
    while playback.work(100_000) != run::Progress::Done {}
    let evidence = playback.evidence().expect("it is broken");
    assert!(has(&evidence.moments, mark(&playback, "cut")), "{:#?}", evidence.moments);
}
