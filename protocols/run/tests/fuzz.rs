//! Fuzz targets of what comes from outside: run files, links, requests in JSON, ranges of seeds. Each is read or refused
//! with a short reason. And hostile runs: whatever a link asks for, its run stops, in bounded memory, and a run that was
//! there stays as it was.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::random as fuzz;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use run::playback::BadAct;
use run::report::Execution;
use run::sweep::Seeds;
use run::text::{LONGEST_LINE, LONGEST_TEXT};
use run::{Playback, Progress, Run, api, run_json};
use sim::command::parse;
use sim::{Moment, Time};

const TEXTS: &[&str] = &[
    "potholes 1\nlab raft 1\nset nodes=3\nset ack_before_majority=on\nseed 7\nchaos none\nfor 30s\n\
     at 1.5s cut n1 | n2 n3\noff at 2s+3 crash @leader keep 2 torn\nat 3s put c1 list=milk\ndigest 1a2b3c4d\nshown 2.69s+4\n",
    "potholes 1\nlab raft 1\nset nodes=9\nset clients=12\nset think=1ms\nset latency_min=0s\nset work=0s\nchaos high\nfor 10h\n",
    "\u{feff}# a comment\n\npotholes 1\r\nlab raft 99\r\nat 1s add n6\r\nat 1s link all loss 10%\r\n",
];

const REQUESTS: &[&str] = &[
    r#"{"lab":"raft","seed":7,"for":"200ms","set":{"nodes":3,"no_sessions":true,"reads":"lease"},"at":["100ms crash n1"],"chaos":"high"}"#,
    r#"{"lab":"raft"}"#,
];

#[test]
fn fuzz_run_files() {
    let mut accepted = 0;
    fuzz::texts(30_000, TEXTS, |text| match Run::parse(text) {
        Ok(opened) => {
            accepted += 1;
            let written = opened.run.write(Some(opened.shown), opened.digest);
            let again = Run::parse(&written).unwrap();
            assert_eq!((again.run, again.shown), (opened.run, opened.shown));
        }
        Err(wrong) => {
            assert!(wrong.line >= 1 && wrong.line as usize <= text.lines().count().max(1), "{wrong}");
            assert!(wrong.to_string().len() < 1_500, "{wrong}");
        }
    });
    assert!(accepted > 300, "{accepted} accepted: the texts are too wild to say anything");
}

#[test]
fn fuzz_links() {
    let mut links: Vec<String> = TEXTS
        .iter()
        .filter_map(|text| Run::parse(text).ok())
        .map(|opened| opened.run.to_link(opened.shown, Some(7)))
        .collect();
    links.push(format!("https://example.org/potholes/?a=b#{}", links[0]));
    links.push(format!("1{}", URL_SAFE_NO_PAD.encode(TEXTS[0])));
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let mut opened = 0;
    fuzz::texts(40_000, &links, |link| match Run::from_link(link) {
        Ok(_) => opened += 1,
        Err(wrong) => assert!(wrong.to_string().len() < 1_500, "{wrong}"),
    });
    assert!(opened > 100, "{opened} opened: the links are too wild to say anything");
    // What is packed is damaged before it is packed, too.
    fuzz::texts(5_000, TEXTS, |text| {
        let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 1);
        let link = format!("#2{}", URL_SAFE_NO_PAD.encode(packed));
        let unpacked = Run::from_link(&link).map_err(|wrong| wrong.to_string());
        let read = Run::parse(text).map_err(|wrong| format!("the run in this link cannot be read, {wrong}"));
        assert_eq!(unpacked, read);
    });
}

#[test]
fn fuzz_requests() {
    let mut ran = 0;
    fuzz::texts(20_000, REQUESTS, |text| match api::request(text).and_then(|request| request.run()) {
        Ok(mut run) => {
            ran += 1;
            if ran % 50 == 0 {
                run.end = run.end.min(Time::millis(100));
                let mut execution = Execution::new(&run);
                execution.set_most_events(20_000);
                while !execution.advance(5_000) {}
                execution.judge(10_000);
                serde_json::to_string(&execution.report()).unwrap();
            }
        }
        Err(wrong) => {
            assert!(wrong.to_string().len() < 1_500, "{wrong}");
            let told: serde_json::Value = serde_json::from_str(&run_json(text)).unwrap();
            assert!(told["schema"] == 1 && told["error"].is_string());
        }
    });
    assert!(ran > 200, "{ran} were requests: the texts are too wild to say anything");
}

#[test]
fn fuzz_seeds() {
    fuzz::texts(20_000, &["0..2000", "7..8", "0..9007199254740992"], |text| {
        if let Ok(seeds) = text.parse::<Seeds>() {
            assert_eq!(seeds.to_string().parse(), Ok(seeds));
            assert!(seeds.shard(1, 3).take(5).count() <= 5);
        }
    });
}

#[test]
fn a_refused_request_is_told_shortly() {
    let long = "x".repeat(200_000);
    let requests = [
        format!(r#"{{"{long}":1}}"#),
        format!(r#"{{"lab":"{long}"}}"#),
        format!(r#"{{"lab":"raft","seed":"{long}"}}"#),
        format!(r#"{{"lab":"raft","set":{{"{long}":[]}}}}"#),
        format!(r#"{{"lab":"raft","set":{{"{long}":"{long}"}}}}"#),
        format!(r#"{{"lab":"raft","at":["{long}"]}}"#),
        format!(r#"{{"lab":"raft","set":{}"#, "{\"a\":".repeat(40_000)),
        "[".repeat(200_000),
        long.repeat(2),
    ];
    for request in requests {
        let told = run_json(&request);
        assert!(told.len() < 2_500 && told.contains("\"error\""), "{} bytes", told.len());
    }
}

/// A run's text about Raft with everything at the end of its range that makes for many events.
fn busy(more: &str) -> String {
    let quick =
        ["latency_min", "latency_max", "sync_min", "sync_max", "work"].map(|id| format!("set {id}=0s\n"));
    let sets = format!("set nodes=9\nset clients=12\nset think=1ms\nset heartbeat=2ms\n{}", quick.concat());
    format!("potholes 1\nlab raft 1\n{sets}{more}")
}

/// Runs that ask for as much as they can.
fn hostile() -> Vec<String> {
    let actors: Vec<String> =
        (1..=9).map(|n| format!("n{n}")).chain((1..=12).map(|n| format!("c{n}"))).collect();
    let side = |n: usize| format!("{} {}", actors[n % 21], actors[(n * 8 + n / 21) % 21]);
    let cut = |line: usize| (0..64).map(|n| side(n + 64 * line)).collect::<Vec<_>>().join("|");
    let cuts: String = (0..300).map(|line| format!("at 10ms cut {}\n", cut(line))).collect();
    let heals: String = (0..500).map(|n| format!("at 11ms heal n{}\n", n % 9 + 1)).collect();
    vec![
        busy("for 10h\nshown 10h\n"),
        busy("for 10h\nchaos high\nshown 10h+4294967295\n"),
        busy("set spares=4\nset churn=1ns\nfor 10h\nshown 1s\n"),
        busy(
            "set give_up=10ms\nset timeout=5ms\nfor 10h\nat 0s+4294967295 cut n1|n2|n3|n4|n5|n6|n7|n8|n9\nshown 10h\n",
        ),
        busy(&format!(
            "for 10h\nshown 10h\nat 1s link all delay 1000h\n{}",
            "at 1s drop *→* #1000000\n".repeat(4_990)
        )),
        busy(&format!("for 10h\nshown 10h\nat 1ms hold all\n{}", "at 900ms duplicate *→*\n".repeat(4_990))),
        busy(&format!(
            "for 10h\nshown 10h\nat 1ms hold all\n{}",
            "at 900ms release n1\nat 900ms hold n1\n".repeat(2_490)
        )),
        busy(&format!("for 10h\nshown 1s\n{}", "at 1s+4294967295 fire n1 election\n".repeat(4_990))),
        busy(&format!(
            "for 10h\nshown 1s\n{}",
            "at 1s clock n1 step -1000h\nat 1s clock n1 step +1000h\n".repeat(2_490)
        )),
        busy(&format!("for 10h\nshown 1s\n{cuts}{heals}")),
        busy("chaos high\nfor 1ns\nshown 1ns\n"),
        busy("for 1s\nat 10h crash n1\noff at 9h explode\n").replace("explode", "heal"),
    ]
}

#[test]
fn hostile_runs_stop() {
    for text in hostile() {
        let opened =
            Run::parse(&text).unwrap_or_else(|wrong| panic!("{wrong}: {}", &text[..text.len().min(300)]));
        let link = opened.run.to_link(opened.shown, None);
        assert_eq!(Run::from_link(&link).map_err(|wrong| wrong.to_string()).as_ref(), Ok(&opened));
        let mut playback = Playback::open(opened);
        playback.set_most_events(60_000);
        while playback.work(8_000) != Progress::Done {}
        let _ = (playback.view(), playback.promises(), playback.measures(), playback.stopped());
        // A hand may do with it what it does with any other.
        let before = playback.events();
        playback.step_back();
        let _ = playback.act(parse("crash n1").unwrap());
        playback.step();
        playback.undo();
        while playback.work(8_000) != Progress::Done {}
        assert!(playback.events() <= before.max(sim::EventId(60_001)), "{} events", playback.events());
        assert!(Run::from_link(&playback.link()).is_ok());
    }
}

#[test]
fn too_many_messages_stop_a_run_and_what_was_before_can_be_gone_back_to() {
    let opened = Run::parse(&busy("for 10h\nat 1ms hold all\nshown 10h\n")).unwrap();
    let mut playback = Playback::open(opened);
    while playback.work(100_000) != Progress::Done {}
    let stopped = playback.stopped().unwrap().to_owned();
    assert!(stopped.contains("messages on their way"), "{stopped}");
    playback.show(Moment::at(Time::millis(100)));
    playback.act(parse("release").unwrap()).unwrap();
    playback.advance_to(Time::millis(200));
    assert_eq!(playback.stopped(), None);
    assert!(playback.view().flights.len() < 10_000);
}

#[test]
fn a_run_that_no_link_could_hold_takes_no_more_commands() {
    let long = format!("put c1 list={}", "é".repeat(59));
    let mut playback = Playback::new(Run::new(catalog::lab("raft").unwrap()));
    let list = LONGEST_TEXT / (long.len() + 12);
    playback.set_commands(vec![
        sim::TimedCommand::new(Moment::at(Time::millis(1_000)), parse(&long).unwrap());
        list
    ]);
    let mut given = 0;
    let refused = loop {
        match playback.act(parse(&long).unwrap()) {
            Ok(_) => given += 1,
            Err(wrong) => break wrong,
        }
    };
    assert_eq!(refused, BadAct::TooLong);
    assert!(given > 0, "it was full from the start");
    assert!(Run::from_link(&playback.link()).is_ok());
}

#[test]
fn a_run_that_would_be_written_too_long_is_refused() {
    let line = format!("at 1s cut {}\n", vec!["n1"; 64].join("|"));
    let text = format!("potholes 1\nlab raft 1\n{}", line.repeat((LONGEST_TEXT - 100) / line.len()));
    let wrong = Run::parse(&text).unwrap_err();
    assert!(wrong.to_string().contains("at most 256 kB"), "{wrong}");
}

#[test]
fn the_longest_command_can_be_written_down_and_read_again() {
    let names = |from: u32| (from..from + 480).map(|n| format!("n{n}")).collect::<Vec<_>>().join(" ");
    let text = format!("cut {}|{}", names(10_000), names(20_000));
    let command = parse(&text).unwrap();
    assert!(command.to_string().len() + 64 < LONGEST_LINE);
    assert!(run::text::timed(&format!("1s+4294967295 {command}")).is_ok());
}
