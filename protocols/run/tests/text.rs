//! Run files and links: what is written is read back the same, and what comes from anywhere is read or refused, never
//! more.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::support;

use proptest::prelude::*;
use run::run::{LONGEST, MOST_COMMANDS, SEED_LIMIT, short_digest};
use run::text::{Cause, LONGEST_TEXT};
use run::{BadLink, Run};
use sim::chaos::LEVELS;
use sim::command::parse_timed;
use sim::{Moment, Time};

const COMMANDS: &[&str] = &[
    "crash n1 keep 2 torn",
    "cut n1 | n2 n3 for 3s",
    "cut n1→n3",
    "drop n1→n3 copy #2",
    "set ack_early=on",
    "put c1 -5",
    "link n1→n2 loss 10% delay 50ms",
    "hold all",
    "clock n2 step -200ms",
];
const SETS: &[&str] = &["nodes=5", "clients=7", "loss=250", "ack_early=on"];

fn any_run() -> impl Strategy<Value = (Run, Moment, Option<u64>)> {
    let at = 0u64..30_000_000_000;
    let after = prop_oneof![Just(0u32), 0u32..9, Just(u32::MAX)];
    let moment = (at, after).prop_map(|(at, after)| Moment { at: Time(at), after });
    let command = (moment.clone(), 0..COMMANDS.len(), any::<bool>());
    (
        prop::collection::vec(command, 0..40),
        prop::collection::vec(0..SETS.len(), 0..5),
        0..SEED_LIMIT,
        0..LEVELS.len(),
        30_000_000_000..=LONGEST.0,
        moment,
        prop::option::of(any::<u64>()),
    )
        .prop_map(|(commands, sets, seed, chaos, end, shown, digest)| {
            let mut run = Run::new(&support::LAB);
            for set in sets {
                run.parameters.assign(SETS[set]).unwrap();
            }
            (run.seed, run.chaos, run.end) = (seed, LEVELS[chaos].0, Time(end));
            for (at, which, disabled) in commands {
                // The support lab has three nodes unless told otherwise: all of these name only those.
                let mut timed = parse_timed(&format!("{at} {}", COMMANDS[which])).unwrap();
                timed.disabled = disabled;
                run.commands.push(timed);
            }
            run.sort();
            (run, shown, digest)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_and_link_are_read_back_the_same((run, shown, digest) in any_run()) {
        let text = run.write(Some(shown), digest);
        let opened = Run::parse_of(&support::LAB, &text).unwrap();
        prop_assert_eq!(&opened.run, &run);
        prop_assert_eq!((opened.shown, opened.digest, opened.warning), (shown, digest.map(short_digest), None));
        prop_assert_eq!(opened.run.write(Some(shown), digest), text);
        let link = run.to_link(shown, digest);
        prop_assert!(link.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        for address in [link.clone(), format!("#{link}"), format!("https://example.org/x/?a=b#{link}\n")] {
            let opened = Run::from_link_of(&support::LAB, &address).unwrap();
            prop_assert_eq!(&opened.run, &run);
            prop_assert_eq!((opened.shown, opened.digest), (shown, digest.map(short_digest)));
        }
    }

    #[test]
    fn a_changed_link_is_read_or_refused((run, shown, digest) in any_run(), at in any::<prop::sample::Index>(), to in any::<char>()) {
        let link = run.to_link(shown, digest);
        let at = at.index(link.len());
        let _ = Run::from_link_of(&support::LAB, &link[..at]);
        let changed: String = link.chars().enumerate().map(|(i, c)| if i == at { to } else { c }).collect();
        let _ = Run::from_link_of(&support::LAB, &changed);
    }

    #[test]
    fn a_changed_text_is_read_or_refused((run, shown, digest) in any_run(), at in any::<prop::sample::Index>(), with in ".{0,6}") {
        let mut text: Vec<char> = run.write(Some(shown), digest).chars().collect();
        let at = at.index(text.len());
        let rest = text.split_off(at);
        let changed: String = text.iter().copied().chain(with.chars()).chain(rest.into_iter().skip(1)).collect();
        if let Err(wrong) = Run::parse_of(&support::LAB, &changed) {
            prop_assert!(wrong.line >= 1 && wrong.line as usize <= changed.lines().count().max(1));
            prop_assert!(wrong.to_string().len() < 1_000);
        }
    }

    #[test]
    fn anything_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,200}") {
        use base64::Engine as _;
        let _ = Run::from_link(&text);
        let _ = Run::parse(&text);
        let _ = Run::parse_of(&support::LAB, &format!("potholes 1\nlab notebook 3\n{text}"));
        let _ = run::run_json(&text);
        let letters = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes);
        for version in ['1', '2'] {
            let _ = Run::from_link(&format!("{version}{letters}"));
        }
    }
}

#[test]
fn what_inflates_without_end_is_refused() {
    use base64::Engine as _;
    let packed = miniz_oxide::deflate::compress_to_vec(&vec![b'#'; 40 << 20], 9);
    let link = format!("2{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(packed));
    assert_eq!(Run::from_link(&link), Err(BadLink::TooLong));
    assert_eq!(Run::from_link(&"1".repeat(LONGEST_TEXT * 2)), Err(BadLink::TooLong));
}

#[test]
fn errors_say_where_and_why() {
    let wrong = |text: &str| Run::parse_of(&support::LAB, text).unwrap_err().to_string();
    let head = "potholes 1\nlab notebook 3\n";
    let cases = [
        (String::new(), "line 1: a run begins with"),
        ("hello".into(), "line 1: a run begins with"),
        ("potholes 2\n".into(), "line 1: this is format 2"),
        ("potholes 1\nseed 7".into(), "line 2: nothing says which lab"),
        ("potholes 1\nlab nobody 1".into(), "line 2: there is no lab “nobody” here; there are notebook"),
        (format!("{head}set nodes=99"), "line 3: nodes cannot be “99”: it may be 1 to 9"),
        (format!("{head}set sides=99"), "line 3: there is no parameter “sides” here"),
        (format!("{head}seed 9007199254740992"), "line 3: the seed cannot be"),
        (format!("{head}seed 99999999999999999999999"), "line 3: the seed cannot be"),
        (format!("{head}seed 1\nseed 1"), "line 4: seed was said before"),
        (format!("{head}for 1000h"), "line 3: a run lasts"),
        (format!("{head}for 0s"), "line 3: a run lasts"),
        (format!("{head}chaos extreme"), "line 3: chaos cannot be"),
        (format!("{head}\n# so far so good\nat 1s crash n7"), "line 5: "),
        (format!("{head}at 1s explode n1"), "line 3: "),
        (format!("{head}at soon crash n1"), "line 3: "),
        (format!("{head}at 900h crash n1"), "line 3: 900h"),
        (format!("{head}off crash n1"), "line 3: “off crash n1” begins no line"),
        (format!("{head}digest xyz"), "line 3: the digest cannot be"),
        (format!("{head}for 10s\nshown 11s"), "line 4: 11s lies after the end"),
        (format!("{head}sed 7"), "line 3: “sed 7” begins no line of a run"),
    ];
    for (text, start) in cases {
        let said = wrong(&text);
        let start = start.replace("900h", "3240000s");
        assert!(said.starts_with(&start), "{text:?} gives {said}, not {start}");
    }
    let many = format!("{head}{}", "at 1s heal\n".repeat(MOST_COMMANDS + 1));
    let refused = Run::parse_of(&support::LAB, &many).unwrap_err();
    assert_eq!((refused.cause, refused.line), (Cause::TooMany, MOST_COMMANDS as u32 + 3));
    let long = format!("{head}at 1s put c1 {}", "1".repeat(30_000));
    assert_eq!(Run::parse_of(&support::LAB, &long).unwrap_err().cause, Cause::TooLong);
}

#[test]
fn another_revision_opens_with_a_warning() {
    let opened = Run::parse_of(&support::LAB, "potholes 1\nlab notebook 2\nshown 1s\n").unwrap();
    assert_eq!(
        opened.warning.as_deref(),
        Some("made with another version (notebook 2, this is 3); it may differ here")
    );
    let mut playback = run::Playback::open(opened);
    while playback.work(1_000) != run::Progress::Done {}
    assert_eq!(playback.shown(), Moment::at(Time::millis(1_000)));
}

#[test]
fn another_digest_warns_once_the_moment_is_there() {
    let mut first = run::Playback::new(Run::new(&support::LAB));
    first.show(Moment::at(Time::millis(1_000)));
    let open = |link: &str| {
        let mut playback = run::Playback::open(Run::from_link_of(&support::LAB, link).unwrap());
        while playback.work(1_000) != run::Progress::Done {}
        playback.warning().map(str::to_owned)
    };
    assert_eq!(open(&first.link()), None);
    let other = first.run().to_link(first.shown(), Some(first.digest() ^ 1));
    assert!(open(&other).is_some_and(|warning| warning.contains("made with another version")));
}
