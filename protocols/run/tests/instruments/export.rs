//! Exported files against the rules of those who read them.

use super::{played, troubled};
use run::Playback;
use run::cone::Cone;
use run::export::svg::Look;
use run::export::{BadExport, Format, Part, Source, Window, mermaid, perfetto, shiviz, svg};
use serde_json::Value;
use sim::trace::EventKind;
use sim::{ActorId, EventId, Time};
use std::collections::BTreeMap;

const LOOK: Look = Look {
    width: 1_200.0,
    ground: [255; 3],
    text: [0; 3],
    soft: [80; 3],
    hairline: [220; 3],
    leader: [150, 100, 0],
    candidate: [120, 70, 200],
    follower: [90, 100, 120],
    down: [110; 3],
    broken: [200, 0, 0],
    broken_ground: [255, 230, 230],
};

fn source(playback: &Playback) -> Source<'_> {
    Source::new(playback.trace(), "Raft & <others>; seed #7")
}

fn parts(playback: &Playback) -> Vec<Part> {
    let trace = playback.trace();
    let middle = EventId(trace.events.len() as u64 / 2);
    let whole = Part::whole(trace);
    vec![
        whole.clone(),
        Part::between(Time::millis(900), Time::millis(1_800)),
        Part { actors: vec![ActorId::node(1), ActorId::node(3), ActorId::client(1)], ..whole.clone() },
        Part { cone: Some(Cone::of(trace, middle)), ..whole },
    ]
}

// --- ShiViz ---

/// One event as ShiViz reads it.
struct Logged {
    host: String,
    clock: BTreeMap<String, u64>,
}

/// What ShiViz's parser and its model do with a file (js/model: parser.js, vectorTimestamp.js, modelGraph.js), and what they
/// complain about.
fn shiviz_reads(file: &str) -> Result<Vec<Logged>, String> {
    let mut lines = file.lines();
    if lines.next() != Some(r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})") || lines.next() != Some("") {
        return Err("the first two lines are the expression and the delimiter".to_owned());
    }
    let lines: Vec<&str> = lines.collect();
    let mut events = Vec::new();
    for pair in lines.chunks(2) {
        let [_, second] = pair else { return Err("an event has two lines".to_owned()) };
        let (host, clock) = second.split_once(' ').ok_or("a host, then its clock")?;
        let mut clock: BTreeMap<String, u64> =
            serde_json::from_str(clock).map_err(|error| format!("{clock}: {error}"))?;
        if !clock.contains_key(host) {
            return Err(format!("local host {host} is missing"));
        }
        clock.retain(|_, time| *time != 0);
        events.push(Logged { host: host.to_owned(), clock });
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut own: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for event in &events {
        *counts.entry(&event.host).or_default() += 1;
        own.entry(&event.host).or_default().push(event.clock[&event.host]);
    }
    for (host, mut times) in own {
        times.sort_unstable();
        if times.iter().zip(1..).any(|(time, count)| *time != count) {
            return Err(format!("clock values of {host} must start at 1 and increase by 1"));
        }
    }
    for event in &events {
        for (host, time) in &event.clock {
            match counts.get(host.as_str()) {
                None => return Err(format!("unrecognized host {host}")),
                Some(count) if time > count => return Err(format!("invalid clock value {time} for {host}")),
                Some(_) => {}
            }
        }
    }
    Ok(events)
}

#[test]
fn shiviz_takes_it() {
    let playback = troubled();
    for part in parts(&playback) {
        let file = shiviz::write(&source(&playback), &part).unwrap();
        let events = shiviz_reads(&file).unwrap();
        assert!(events.len() > 20, "{}", events.len());
    }
    // What the rules forbid they find.
    let file = shiviz::write(&source(&playback), &Part::whole(playback.trace())).unwrap();
    assert!(shiviz_reads(&file.replacen("\"n1\":1}", "\"n1\":2}", 1)).is_err());
    assert!(shiviz_reads(&file.replacen("{\"n1\":", "{\"n77\":", 1)).is_err());
    assert!(shiviz_reads(file.trim_start_matches('(')).is_err());
}

#[test]
fn clocks_tell_causes() {
    let playback = troubled();
    let trace = playback.trace();
    let file = shiviz::write(&source(&playback), &Part::whole(trace)).unwrap();
    let logged = shiviz_reads(&file).unwrap();
    let written = trace
        .events
        .iter()
        .zip(0..)
        .filter(|(record, _)| record.actor.is_some() || matches!(record.kind, EventKind::Command(_)));
    let written: Vec<_> = written.collect();
    assert_eq!(written.len(), logged.len());
    let hand = |at: usize| written[at].0.actor.is_none();
    for at in (0..written.len()).step_by(97).filter(|at| !hand(*at)) {
        let cone = Cone::of(trace, EventId(written[at].1));
        for other in (0..written.len()).step_by(13).filter(|other| *other != at && !hand(*other)) {
            let (a, b) = (&logged[other], &logged[at]);
            let before = b.clock.get(&a.host).is_some_and(|known| *known >= a.clock[&a.host]);
            assert_eq!(before, cone.past().has(EventId(written[other].1)), "{other} before {at}");
        }
    }
}

// --- Perfetto ---

/// What Perfetto's importer wants of Chrome's JSON: numbers where numbers belong, slices of a thread that nest, flows whose
/// ends lie in a slice.
fn perfetto_reads(file: &str) -> Result<BTreeMap<String, usize>, String> {
    let document: Value = serde_json::from_str(file).map_err(|error| error.to_string())?;
    let records = document["traceEvents"].as_array().ok_or("an array of events")?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut slices: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let nanos = |value: &Value| value.as_f64().map(|micros| (micros * 1_000.0).round() as u64);
    let mut flows: BTreeMap<u64, Vec<(&str, u64)>> = BTreeMap::new();
    let mut open: BTreeMap<(u64, &str), u64> = BTreeMap::new();
    for record in records {
        let phase = record["ph"].as_str().ok_or("a phase")?;
        *counts.entry(phase.to_owned()).or_default() += 1;
        let process = record["pid"].as_u64().ok_or("an integer pid")?;
        record["name"].as_str().ok_or("a name")?;
        if phase == "M" {
            let args = &record["args"];
            let told = args["name"].is_string() || args["sort_index"].is_u64();
            told.then_some(()).ok_or("metadata needs its argument")?;
            continue;
        }
        let thread = record["tid"].as_u64().ok_or("an integer tid")?;
        let at = nanos(&record["ts"]).ok_or("a time")?;
        match phase {
            "X" => {
                let long = nanos(&record["dur"]).ok_or("a length")?;
                slices.entry((process, thread)).or_default().push((at, at + long));
            }
            "s" | "f" => {
                if phase == "f" && record["bp"] != "e" {
                    return Err("an end binds to its slice only with bp e".to_owned());
                }
                let inside = slices.get(&(process, thread)).into_iter().flatten();
                if !inside.clone().any(|(from, to)| *from <= at && at < *to) {
                    return Err(format!("a flow at {at} in no slice"));
                }
                flows.entry(record["id"].as_u64().ok_or("an id")?).or_default().push((phase, at));
            }
            "i" => {
                record["s"].as_str().filter(|scope| ["g", "p", "t"].contains(scope)).ok_or("a scope")?;
            }
            "b" => drop(
                open.insert((record["id"].as_u64().ok_or("an id")?, record["cat"].as_str().unwrap()), at),
            ),
            "e" => {
                let began =
                    open.remove(&(record["id"].as_u64().ok_or("an id")?, record["cat"].as_str().unwrap()));
                began.filter(|began| *began <= at).ok_or("ended before it began")?;
            }
            other => return Err(format!("unknown phase {other}")),
        }
    }
    for slices in slices.values_mut() {
        slices.sort_unstable();
        if slices.windows(2).any(|pair| pair[1].0 < pair[0].1 && pair[1].1 > pair[0].1) {
            return Err("slices of a thread overlap".to_owned());
        }
    }
    let whole = |ends: &Vec<(&str, u64)>| matches!(ends[..], [("s", from), ("f", to)] if from <= to);
    flows.values().all(whole).then_some(()).ok_or("a flow has a beginning and a later end")?;
    open.is_empty().then_some(counts).ok_or_else(|| "an operation without its end".to_owned())
}

#[test]
fn perfetto_takes_it() {
    let playback = troubled();
    for part in parts(&playback) {
        let file = perfetto::write(&source(&playback), &part).unwrap();
        let counts = perfetto_reads(&file).unwrap();
        assert!(counts["X"] > 20 && counts["s"] > 5 && counts["s"] == counts["f"], "{counts:?}");
    }
    let file = perfetto::write(&source(&playback), &Part::whole(playback.trace())).unwrap();
    let counts = perfetto_reads(&file).unwrap();
    assert!(counts["b"] > 3 && counts["i"] > 5, "{counts:?}");
    assert!(perfetto_reads(&file.replacen("\"bp\":\"e\",", "", 1)).is_err());
    assert!(perfetto_reads(&file.replacen("\"ph\":\"s\"", "\"ph\":\"q\"", 1)).is_err());
}

// --- Mermaid ---

fn mermaid_reads(file: &str) -> usize {
    let mut lines = file.lines().skip_while(|line| line.starts_with("%%"));
    assert_eq!(lines.next(), Some("sequenceDiagram"));
    let (mut known, mut messages) = (Vec::new(), 0);
    for line in lines.map(str::trim) {
        if let Some(name) = line.strip_prefix("participant ") {
            known.push(name);
            continue;
        }
        let (head, text) = line.split_once(": ").unwrap();
        assert!(
            !text.replace("#35;", "").replace("#59;", "").replace("#110;", "").contains([';', '#']),
            "{line}"
        );
        assert!(!text.split(' ').any(|word| word.eq_ignore_ascii_case("end")), "{line}");
        if let Some(over) = head.strip_prefix("Note over ") {
            assert!(over.split(',').all(|name| known.contains(&name)), "{line}");
            continue;
        }
        let line_kind = ["-->>", "->>", "-x", "-)"].into_iter().find(|kind| head.contains(kind)).unwrap();
        let (from, to) = head.split_once(line_kind).unwrap();
        assert!(known.contains(&from) && known.contains(&to), "{line}");
        messages += 1;
    }
    messages
}

#[test]
fn mermaid_takes_it() {
    let playback = troubled();
    for part in parts(&playback) {
        let file = mermaid::write(&source(&playback), &part).unwrap();
        assert!(mermaid_reads(&file) > 5);
        assert!(file.len() as u64 <= mermaid::LONGEST);
    }
    let whole = mermaid::write(&source(&playback), &Part::whole(playback.trace())).unwrap();
    assert!(whole.contains("-x") && whole.contains("Note over n1,c2: crash n1"), "{whole}");
}

// --- drawings ---

#[test]
fn a_drawing_holds_every_message_lane_and_flag() {
    let playback = troubled();
    let trace = playback.trace();
    let file = svg::write(&source(&playback), &Part::whole(trace), &LOOK).unwrap();
    let drawn = trace.story.arrows.iter().filter(|arrow| arrow.end != sim::story::ArrowEnd::NeverSent);
    assert_eq!(file.matches(": sent ").count(), drawn.count());
    for lane in &trace.story.lanes {
        assert!(file.contains(&format!(">{}</text>", lane.name)), "{}", lane.name);
    }
    for word in ["crash", "cut", "heal", "pause", "restart"] {
        assert!(file.contains(&format!(" s: {word}")), "{word}");
    }
    assert!(file.contains("Raft &amp; &lt;others&gt;; seed #7"));
    assert!(!file.contains("NaN") && !file.contains("inf"), "every place is a number");
    assert_eq!(file, svg::write(&source(&playback), &Part::whole(trace), &LOOK).unwrap());
}

#[test]
fn a_proof_and_a_break_are_red() {
    let playback = troubled();
    let operation = playback.story().operations[1].id;
    let source = Source { proof: &[operation], broken_at: Some(Time::millis(1_000)), ..source(&playback) };
    let file = svg::write(&source, &Part::whole(playback.trace()), &LOOK).unwrap();
    assert_eq!(file.matches("#c80000").count(), 3, "its box, its words, the line");
    assert!(file.contains("a promise broke at 1.000 s"));
}

// --- what cannot be ---

#[test]
fn too_much_is_refused_with_what_to_do() {
    let playback = played("raft", 1, 60_000, &[]);
    let part = Part::whole(playback.trace());
    let refused = mermaid::write(&source(&playback), &part).unwrap_err();
    assert!(
        matches!(refused, BadExport::TooMuch { .. }) && refused.to_string().contains("shorter stretch"),
        "{refused}"
    );
    let nothing = Part::between(Time::millis(1), Time::millis(1));
    let refused = perfetto::write(&source(&playback), &nothing).unwrap_err();
    assert!(matches!(refused, BadExport::Nothing(..)), "{refused}");
    assert!(shiviz::write(&source(&playback), &nothing).is_err());
    assert!(mermaid::write(&source(&playback), &nothing).is_err());
}

#[test]
fn names_say_formats() {
    for format in Format::ALL {
        assert_eq!(Format::of_file(&format!("a/b{}", format.ending())), Ok(format));
    }
    assert_eq!(Format::of_file("A.SVG"), Ok(Format::Svg));
    assert!(Format::of_file("x.json").unwrap_err().to_string().contains(".perfetto.json"));
    assert!(Format::of_file("é".repeat(100).as_str()).is_err());
    let window = |text: &str| text.parse::<Window>();
    assert_eq!(window("1s..2.5s"), Ok(Window { from: Time::millis(1_000), to: Some(Time::millis(2_500)) }));
    assert_eq!(window("..3s").unwrap().from, Time::ZERO);
    assert_eq!(window("10s..").unwrap().to, None);
    for wrong in ["", "1s", "2s..1s", "a..b", "1s...2s"] {
        assert!(window(wrong).is_err(), "{wrong}");
    }
}
