//! Commands and their text: what is written is read back as the same command, whatever the command; whatever the text,
//! reading it never panics, and what it accepts it writes in a form that it accepts as the same.

use proptest::prelude::*;
use sim::command::{
    BadCommand, ClockChange, Command, DiskChange, LinkSelector, MAX_BANDWIDTH, MAX_COUNT, MAX_FACTOR,
    MessageSelector, Quality, TimedCommand, Who, parse, parse_timed,
};
use sim::random::{Draw, Purpose};
use sim::{ActorId, Moment, Span, Time};
use std::sync::Arc;

/// A thousand hours, the longest span that is read.
const LONGEST: u64 = 3_600_000_000_000_000;

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        (1u16..0x8000).prop_map(|n| Who::Actor(ActorId::node(n))),
        (1u16..0x8000).prop_map(|n| Who::Actor(ActorId::client(n))),
        "[a-zA-Z][a-z0-9_]{0,20}".prop_map(|role| Who::Role(role.into())),
    ]
}

fn names() -> impl Strategy<Value = Vec<Who>> {
    prop::collection::vec(who(), 1..6)
}

fn name() -> impl Strategy<Value = Arc<str>> {
    "[a-zA-Z][a-zA-Z0-9_-]{0,20}"
        .prop_filter("a word of the grammar", |word| word != "by")
        .prop_map(Into::into)
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![0..=LONGEST, 0u64..10_000, (0u64..100_000).prop_map(|ms| ms * 1_000_000)].prop_map(Span)
}

fn lasting() -> impl Strategy<Value = Option<Span>> {
    prop::option::of(span())
}

fn links() -> impl Strategy<Value = LinkSelector> {
    prop_oneof![
        Just(LinkSelector::All),
        who().prop_map(LinkSelector::Of),
        (who(), who()).prop_map(|(a, b)| LinkSelector::Directed(a, b)),
        (who(), who()).prop_map(|(a, b)| LinkSelector::Both(a, b)),
    ]
}

fn message() -> impl Strategy<Value = MessageSelector> {
    (prop::option::of(who()), prop::option::of(who()), prop::option::of(name()), 1..=MAX_COUNT)
        .prop_map(|(from, to, kind, number)| MessageSelector { from, to, kind, number })
}

fn quality() -> impl Strategy<Value = Quality> {
    let share = || prop::option::of(0u32..=10_000);
    (prop::option::of(span()), share(), share(), share(), prop::option::of(0..=MAX_BANDWIDTH))
        .prop_map(|(delay, loss, duplicate, reorder, bandwidth)| Quality {
            delay,
            loss,
            duplicate,
            reorder,
            bandwidth,
        })
        .prop_filter("says nothing", |quality| *quality != Quality::default())
}

fn cut() -> impl Strategy<Value = Command> {
    prop_oneof![
        prop::collection::vec(names(), 1..5).prop_map(|groups| Command::Cut { groups, span: None }),
        (names(), names()).prop_map(|(from, to)| Command::CutOneWay { from, to, span: None }),
    ]
}

fn disk() -> impl Strategy<Value = Command> {
    let lasting_ones = prop_oneof![
        (1..=MAX_FACTOR).prop_map(DiskChange::Slow),
        Just(DiskChange::Fail),
        Just(DiskChange::Full),
    ];
    let sudden = prop_oneof![Just(DiskChange::Wipe), Just(DiskChange::Corrupt), Just(DiskChange::Ok)];
    prop_oneof![
        (who(), lasting_ones, lasting()).prop_map(|(who, change, span)| Command::Disk { who, change, span }),
        (who(), sudden).prop_map(|(who, change)| Command::Disk { who, change, span: None }),
    ]
}

fn clock() -> impl Strategy<Value = Command> {
    let most = LONGEST as i64;
    prop_oneof![
        (who(), -most..=most).prop_map(|(who, n)| Command::Clock {
            who,
            change: ClockChange::Step(n),
            span: None
        }),
        (who(), -500_000_000i64..=500_000_000, lasting()).prop_map(|(who, n, span)| Command::Clock {
            who,
            change: ClockChange::Drift(n),
            span
        }),
    ]
}

fn fault() -> impl Strategy<Value = Command> {
    prop_oneof![
        (cut(), lasting()).prop_map(|(cut, lasting)| match cut {
            Command::Cut { groups, .. } => Command::Cut { groups, span: lasting },
            Command::CutOneWay { from, to, .. } => Command::CutOneWay { from, to, span: lasting },
            other => other,
        }),
        prop::option::of(cut()).prop_map(|cut| Command::Mend(cut.map(Box::new))),
        (who(), prop::option::of(0..=MAX_COUNT), any::<bool>())
            .prop_map(|(who, keep, torn)| Command::Crash { who, keep, torn }),
        who().prop_map(Command::Restart),
        (who(), lasting()).prop_map(|(who, span)| Command::Pause { who, span }),
        who().prop_map(Command::Resume),
        (who(), 1..=MAX_FACTOR, lasting()).prop_map(|(who, factor, span)| Command::Slow {
            who,
            factor,
            span
        }),
        clock(),
        disk(),
        (who(), name(), prop::collection::vec(who(), 0..4), lasting())
            .prop_map(|(who, how, to, span)| Command::Lie { who, how, to, span }),
        (links(), quality(), lasting()).prop_map(|(links, quality, span)| Command::Link {
            links,
            quality: Some(quality),
            span
        }),
        links().prop_map(|links| Command::Link { links, quality: None, span: None }),
        prop::collection::vec(who(), 0..6).prop_map(Command::Heal),
    ]
}

fn by_hand() -> impl Strategy<Value = Command> {
    prop_oneof![
        message().prop_map(Command::Drop),
        (1..=MAX_COUNT, message()).prop_map(|(count, which)| Command::DropNext {
            count,
            which: MessageSelector { number: 1, ..which }
        }),
        (message(), span()).prop_map(|(which, by)| Command::Delay { which, by }),
        message().prop_map(Command::Deliver),
        message().prop_map(Command::Duplicate),
        (message(), name()).prop_map(|(which, how)| Command::Bend { which, how }),
        links().prop_map(Command::Hold),
        links().prop_map(Command::Release),
        any::<u32>().prop_map(Command::Redraw),
        (who(), name()).prop_map(|(who, timer)| Command::Fire { who, timer }),
        (name(), "[^\\s;\\pC]{1,64}")
            .prop_map(|(parameter, value)| Command::Set { parameter, value: value.into() }),
        ("verb_[a-z0-9_-]{0,20}", who(), prop::collection::vec("[^\\s;\\pC]{1,64}", 0..16)).prop_map(
            |(verb, who, words)| Command::Verb {
                verb: verb.into(),
                who,
                words: words.into_iter().map(Into::into).collect()
            }
        ),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![fault(), by_hand()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_written_is_read_back(command in command()) {
        let text = command.to_string();
        prop_assert_eq!(parse(&text).map_err(|why| why.to_string()), Ok(command), "{}", text);
    }

    #[test]
    fn so_are_moments(command in command(), at in 0..=LONGEST, after in any::<u32>(), disabled in any::<bool>()) {
        let timed = TimedCommand { at: Moment { at: Time(at), after }, command, disabled };
        let text = timed.to_string();
        prop_assert_eq!(parse_timed(&text).map_err(|why| why.to_string()), Ok(timed), "{}", text);
    }
}

/// The examples of the grammar, and forms that are read but written otherwise.
#[test]
fn the_grammar_reads_as_it_is_described() {
    let same = [
        "cut n1 n2 | n3 n4 n5",
        "cut n1 n2 | n3 n4 n5 for 3s",
        "cut n1",
        "cut n1→n3 for 3s",
        "cut n1 n2 → n3",
        "mend",
        "mend n1 | n2 n3",
        "mend n1→n3",
        "crash n1",
        "crash @leader keep 2 torn",
        "restart n1",
        "pause n1 for 300ms",
        "resume n1",
        "slow n1 10x for 2s",
        "clock n1 step +200ms",
        "clock n1 step -1.5s",
        "clock n1 drift -50ppm for 2s",
        "clock n1 drift 5ppb",
        "disk n1 slow 10x for 2s",
        "disk n1 fail",
        "disk n1 wipe",
        "lie n1 equivocate to n2 n3 for 2s",
        "lie n1 off",
        "link n1→n2 delay 50ms loss 10% duplicate 2.5% reorder 0.25% bandwidth 10000 for 2s",
        "link n1-n2 loss 10%",
        "link all ok",
        "drop n1→n3 append #2",
        "drop *→n3",
        "drop next 3 n1→n3 append",
        "delay n1→n3 append #2 by 50ms",
        "delay n1→n3 by 50ms",
        "deliver n1→n3 append #2",
        "duplicate n1→n3",
        "bend n1→n3 vote #2 how",
        "bend n1→n3 how",
        "hold n1→n2",
        "hold all",
        "release",
        "release n1→n2",
        "fire n2 election",
        "set reads=lease",
        "redraw 17",
        "heal",
        "heal n1 n2 n3",
        "put c1 x=1",
        "transfer n2",
        "add n6",
        "put c1 x=a->b|c",
    ];
    for text in same {
        assert_eq!(parse(text).unwrap_or_else(|why| panic!("{text}: {why}")).to_string(), text);
    }
    let otherwise = [
        ("  crash   n1 ", "crash n1"),
        ("cut n1->n3", "cut n1→n3"),
        ("cut n1|n2 n3", "cut n1 | n2 n3"),
        ("deliver n1 → n3", "deliver n1→n3"),
        ("hold n1 - n2", "hold n1-n2"),
        ("bend n1→n3 vote #1 how", "bend n1→n3 vote how"),
        ("release all", "release"),
        ("pause n1 for 0.3s", "pause n1 for 300ms"),
        ("clock n1 drift 0.5ppm", "clock n1 drift 500ppb"),
        ("clock n1 drift +1%", "clock n1 drift 10000ppm"),
        ("set  reads = lease", "set reads=lease"),
    ];
    for (text, written) in otherwise {
        assert_eq!(parse(text).unwrap_or_else(|why| panic!("{text}: {why}")).to_string(), written);
    }
    let timed = parse_timed("off 1.5s+3 cut n1 n2 | n3").unwrap();
    assert!(timed.disabled);
    assert_eq!(timed.at, Moment { at: Time::millis(1500), after: 3 });
    assert_eq!(timed.to_string(), "off 1.5s+3 cut n1 n2 | n3");
}

#[test]
fn what_is_wrong_is_told() {
    let told = |text: &str| parse(text).map(|command| command.to_string()).unwrap_err().to_string();
    assert_eq!(told(""), "there is no command here: write one, as “crash n1”");
    assert!(told("crsh").contains("did you mean “crash”?"));
    assert_eq!(told("crash n1 kep 2"), "crash: it is complete before word 3, “kep”");
    assert_eq!(told("crash x"), "crash: word 2, “x”, should be a node, a client or a role: n1, c1, @leader");
    assert_eq!(told("pause n1 for"), "pause: after word 3 is missing a time: 1.5s, 200ms");
    assert!(told("disk n1 slwo 10x").contains("did you mean “slow”?"));
    assert!(told("link n1→n2").contains("loss 10%"));
    assert!(told("link n1→n2 loss 101%").contains("percentage"));
    assert!(matches!(parse_timed("crash n1"), Err(BadCommand::Time(_))));
    let wrong = [
        "cut",
        "cut n1 |",
        "cut n1 | for 3s",
        "cut n1 → n2 | n3",
        "mend n1 | n2 for 3s",
        "crash",
        "crash n1 n2",
        "crash n1 keep -1",
        "crash n1 keep 99999999999999999999",
        "slow n1 0x",
        "slow n1 10001x",
        "slow n1 10",
        "clock n1",
        "clock n1 step",
        "clock n1 drift 51%",
        "clock n1 step 1s for 2s",
        "disk n1 wipe for 2s",
        "lie n1",
        "link all ok for 2s",
        "link all loss 0.001%",
        "drop n1",
        "drop n1 n2",
        "drop n1→n2 #0",
        "drop next n1→n2",
        "delay n1→n2",
        "bend n1→n2",
        "hold",
        "fire n1",
        "fire n1 a.b",
        "set",
        "set x",
        "set x=",
        "set =1",
        "set x=a b",
        "heal everything",
        "put",
        "put x=1",
        "p!t c1",
        "put c1 a;b",
        "crash @",
        "crash @a-b",
        "crash n0",
        "cut n1-n2",
    ];
    for text in wrong {
        assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
    }
}

#[test]
fn hostile_lengths_are_refused() {
    assert!(matches!(parse(&"x".repeat(20_000)), Err(BadCommand::TooLong(_))));
    assert!(matches!(parse(&format!("cut{}", " n1".repeat(1_001))), Err(BadCommand::TooMany { .. })));
    assert!(matches!(parse(&format!("cut n1{}", "|n1".repeat(64))), Err(BadCommand::TooMany { .. })));
    assert!(matches!(parse(&format!("put c1{}", " x".repeat(17))), Err(BadCommand::TooMany { .. })));
    assert!(parse(&format!("put c1 {}", "é".repeat(64))).is_ok());
    assert!(parse(&format!("put c1 {}", "é".repeat(65))).is_err());
    assert!(parse(&"→".repeat(5_000)).is_err());
    assert!(parse(&format!("cut {}", "→".repeat(5_000))).is_err());
}

/// Random bytes, and random damage to real commands: neither may panic, and whatever is accepted is stable.
#[test]
fn nothing_written_panics() {
    let words = [
        "cut",
        "n1",
        "c2",
        "@leader",
        "|",
        "→",
        "->",
        "for",
        "3s",
        "mend",
        "crash",
        "keep",
        "torn",
        "10x",
        "clock",
        "step",
        "drift",
        "-50ppm",
        "+",
        "-",
        "#2",
        "#",
        "*",
        "%",
        "10%",
        "link",
        "all",
        "ok",
        "loss",
        "drop",
        "next",
        "by",
        "bend",
        "set",
        "a=b",
        "=",
        "redraw",
        "heal",
        "off",
        "1.5s+3",
        "put",
        "\u{0}",
        "é",
        "99999999999999999999",
        ".",
        " ",
    ];
    let mut accepted = 0;
    for case in 0..60_000u64 {
        let mut draw = Draw::new(1, Purpose::Workload, case, 0, 0);
        let mut bytes = Vec::new();
        for _ in 0..draw.below(9) {
            bytes.extend(words[draw.below(words.len() as u64) as usize].bytes());
            bytes.extend(draw.chance(8_000).then_some(b' '));
        }
        for _ in 0..draw.below(4) {
            let at = draw.below(bytes.len() as u64 + 1) as usize;
            match draw.below(3) {
                0 => bytes.insert(at, draw.word() as u8),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(3)),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(command) = parse(&text) {
            accepted += 1;
            assert_eq!(parse(&command.to_string()), Ok(command), "{text}");
        }
        if let Ok(timed) = parse_timed(&text) {
            assert_eq!(parse_timed(&timed.to_string()), Ok(timed), "{text}");
        }
    }
    assert!(accepted > 100, "{accepted} accepted: the texts are too wild to say anything");
}
