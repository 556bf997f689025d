//! Fuzz targets of what the kernel reads: commands, moments, lengths of time, actors, parameters; and what hostile
//! commands do to a run. Each text is read or refused with a short reason; none panics.

use crate::random as fuzz;
use crate::support;

use sim::chaos::{LEVELS, Level};
use sim::command::{check, parse, parse_timed};
use sim::lab::Stop;
use sim::{ActorId, Moment, Parameters, Protocol, Running, Span, Time};
use support::chatter::Chatter;
use support::puppet::Puppets;
use support::{Run, setup};

const COMMANDS: &[&str] = &[
    "cut n1 n2 | n3 n4 n5 for 3s",
    "cut n1→n3",
    "mend n1 | n2 n3",
    "crash @leader keep 2 torn",
    "slow n1 10x for 2s",
    "clock n1 step -1.5s",
    "clock n1 drift -50ppm for 2s",
    "disk n1 slow 10x for 2s",
    "lie n1 equivocate to n2 n3 for 2s",
    "link n1→n2 delay 50ms loss 10% duplicate 2.5% reorder 0.25% bandwidth 10000 for 2s",
    "drop next 3 n1→n3 append",
    "delay n1→n3 append #2 by 50ms",
    "bend n1→n3 vote #2 how",
    "hold n1-n2",
    "fire n2 election",
    "set nodes=4",
    "heal n1 n2 n3",
    "say n1 n2 a",
    "off 1.5s+3 cut n1 n2 | n3",
    "1.5s+4294967295 toil n1 5ms x",
];

#[test]
fn fuzz_commands() {
    let parameters = Parameters::defaults(Puppets::parameters());
    let mut accepted = 0;
    fuzz::texts(150_000, COMMANDS, |text| {
        match parse(text) {
            Ok(command) => {
                accepted += 1;
                assert_eq!(parse(&command.to_string()).as_ref(), Ok(&command));
                if let Err(wrong) = check::<Puppets>(&command, &parameters) {
                    assert!(wrong.to_string().len() < 1_000, "{wrong}");
                }
            }
            Err(wrong) => assert!(wrong.to_string().len() < 1_000, "{wrong}"),
        }
        if let Ok(timed) = parse_timed(text) {
            assert_eq!(parse_timed(&timed.to_string()), Ok(timed));
        }
    });
    assert!(accepted > 1_000, "{accepted} accepted: the texts are too wild to say anything");
}

#[test]
fn fuzz_times_and_names() {
    let mut accepted = 0;
    fuzz::texts(100_000, &["1.5s", "200ms", "3m", "50us", "7ns", "1000h", "1.5s+3", "n1", "c12"], |text| {
        if let Ok(span) = text.parse::<Span>() {
            accepted += 1;
            assert_eq!(span.written().parse(), Ok(span));
        }
        if let Ok(moment) = text.parse::<Moment>() {
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
        if let Ok(actor) = text.parse::<ActorId>() {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        let _ = text.parse::<Level>();
    });
    assert!(accepted > 1_000, "{accepted} accepted: the texts are too wild to say anything");
}

#[test]
fn fuzz_parameters() {
    let valid: Vec<String> =
        Puppets::parameters().iter().map(|p| format!("{}={}", p.id, p.write(p.default))).collect();
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    fuzz::texts(50_000, &valid, |text| {
        let mut parameters = Parameters::defaults(Puppets::parameters());
        match parameters.assign(text) {
            Ok(()) => {
                for changed in parameters.changed() {
                    assert_eq!(Parameters::defaults(Puppets::parameters()).assign(&changed), Ok(()));
                }
            }
            Err(wrong) => assert!(wrong.to_string().len() < 1_000, "{wrong}"),
        }
    });
}

/// Whatever a script does to a cluster, it runs to its end or says why not.
#[test]
fn fuzz_what_commands_do() {
    let parameters = Parameters::defaults(Chatter::parameters());
    let mut commands = Vec::new();
    let mut ran = 0;
    fuzz::texts(40_000, COMMANDS, |text| {
        let Ok(command) = parse(text) else { return };
        if check::<Chatter>(&command, &parameters).is_err() {
            return;
        }
        commands.push(format!("{}ms {command}", commands.len()));
        if commands.len() < 25 {
            return;
        }
        let list: Vec<&str> = commands.iter().map(String::as_str).collect();
        let mut setup = setup::<Chatter>(ran, &[], &list);
        (setup.chaos, setup.end) = (LEVELS[ran as usize % LEVELS.len()].0, Time::millis(100));
        let mut run: Run<Chatter> = Run::of(setup);
        run.to(100);
        let _ = run.world.view();
        commands.clear();
        ran += 1;
    });
    assert!(ran > 20, "{ran} scripts: too few to say anything");
}

#[test]
fn too_many_messages_on_their_way_stop_a_run_with_a_reason() {
    let mut run: Run<Chatter> = Run::new(&[], &["0s hold all"]);
    let stop = run.to(100_000_000);
    let Stop::Stuck(reason) = &stop else { panic!("it went on: {stop:?}") };
    assert!(reason.contains("more than 100000 messages on their way at"), "{reason}");
    assert_eq!(run.to(100_000_000), stop, "and stays there");
}

#[test]
fn cuts_that_are_healed_in_part_do_not_multiply() {
    // Each cut has as many sides as may be, and each heal takes every pair of them apart.
    let mut commands = Vec::new();
    for at in 0..40 {
        let sides: Vec<String> =
            (0..64).map(|side| format!("n{} n{}", side % 5 + 1, (side * at) % 5 + 1)).collect();
        commands.push(format!("{at}ms cut {}", sides.join(" | ")));
        commands.push(format!("{at}ms heal n{}", at % 5 + 1));
    }
    let list: Vec<&str> = commands.iter().map(String::as_str).collect();
    let mut run: Run<Chatter> = Run::new(&[], &list);
    run.to(100);
    assert!(run.world.view().broken.len() <= 256);
}

#[test]
fn chaos_of_any_length_is_drawn() {
    for (level, _) in LEVELS.iter().copied() {
        for end in [0, 1, 2, 400, 1_000_000, u64::MAX / 2, u64::MAX] {
            let mut setup = setup::<Chatter>(7, &[], &[]);
            (setup.chaos, setup.end) = (level, Time(end));
            let mut run: Run<Chatter> = Run::of(setup);
            run.to(20);
        }
    }
}
