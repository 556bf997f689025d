//! A trace for Perfetto (ui.perfetto.dev) and `chrome://tracing`, in Chrome's JSON format.
//!
//! Every actor is a process with two threads: what it was (leader of term 3, down), and what it did, a slice an event. A
//! message is a flow from the slice that sent it to the slice that received it. A client's requests are asynchronous slices,
//! because they may overlap; commands, broken invariants and lost messages are instants.
//!
//! Virtual time is written in microseconds with three digits after the point, which is nanoseconds. An event takes no time
//! here, and a slice of no length is one nobody can point at: each is given [`SLICE`] nanoseconds, or what there is until
//! the actor's next. Where an actor does several things in one instant they stand one nanosecond after the other, so that
//! slices of a thread never overlap and a flow meets the slice it means.

use super::{BadExport, Part, Source, told};
use sim::ids::ActorId;
use sim::ordered::SortedMap;
use sim::story::{ArrowEnd, BandState, Outcome};
use sim::time::Time;
use sim::trace::EventKind;
use std::fmt::Write as _;

/// The longest an event is drawn, in nanoseconds.
pub const SLICE: u64 = 20_000;
/// An event takes some 300 bytes: more is no file to open in a browser.
pub const MOST_EVENTS: u64 = 500_000;
/// The process that commands belong to.
const HAND: u64 = 0;
/// The thread of what an actor was.
const STATE: u64 = 1;
/// The thread of what an actor did.
const EVENTS: u64 = 2;

/// The file so far: one record a line.
struct Records(String);

impl Records {
    /// Adds one: its phase, then its other fields as JSON.
    fn add(&mut self, phase: &str, fields: std::fmt::Arguments<'_>) {
        let before = if self.0.ends_with('[') { "\n" } else { ",\n" };
        let _ = write!(self.0, "{before}{{\"ph\":\"{phase}\",{fields}}}");
    }

    fn name(&mut self, process: u64, name: &str) {
        let name = quoted(name);
        self.add(
            "M",
            format_args!("\"name\":\"process_name\",\"pid\":{process},\"args\":{{\"name\":{name}}}"),
        );
        self.add(
            "M",
            format_args!(
                "\"name\":\"process_sort_index\",\"pid\":{process},\"args\":{{\"sort_index\":{process}}}"
            ),
        );
    }

    fn thread(&mut self, process: u64, thread: u64, name: &str) {
        self.add(
            "M",
            format_args!(
                "\"name\":\"thread_name\",\"pid\":{process},\"tid\":{thread},\"args\":{{\"name\":{}}}",
                quoted(name)
            ),
        );
    }
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Nanoseconds as microseconds.
fn micros(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1_000, nanos % 1_000)
}

/// Writes it.
///
/// # Errors
/// When it is more than a viewer can open, or nothing.
pub fn write(source: &Source<'_>, part: &Part) -> Result<String, BadExport> {
    let trace = source.trace;
    let range = part.events(trace);
    let count = range.len() as u64;
    if count == 0 {
        return Err(BadExport::Nothing(part.from, part.to));
    }
    if count > MOST_EVENTS {
        return Err(BadExport::TooMuch { format: "Perfetto", what: "events", count, most: MOST_EVENTS });
    }
    let lanes = part.lanes(trace);
    let processes: SortedMap<ActorId, u64> = lanes.iter().map(|lane| lane.actor).zip(1..).collect();
    let mut records = Records("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[".to_owned());
    records.name(HAND, source.title);
    for (lane, process) in lanes.iter().zip(1..) {
        records.name(process, &lane.name);
        records.thread(process, STATE, "state");
        records.thread(process, EVENTS, "events");
    }
    states(source, part, &processes, &mut records);
    let places = slices(source, part, &processes, &mut records);
    messages(source, part, &processes, &places, &mut records);
    operations(source, part, &processes, &mut records);
    for mark in part.marks(trace).filter(|mark| part.has_event(mark.event)) {
        let (name, ts) = (quoted(&mark.text), micros(mark.at.0));
        records.add(
            "i",
            format_args!(
                "\"name\":{name},\"cat\":\"command\",\"s\":\"g\",\"pid\":{HAND},\"tid\":0,\"ts\":{ts}"
            ),
        );
    }
    let broken = trace.violations.iter().filter(|broken| broken.at >= part.from && broken.at <= part.to);
    for broken in broken {
        let (name, ts) = (quoted(&broken.sentence), micros(broken.at.0));
        records.add(
            "i",
            format_args!(
                "\"name\":{name},\"cat\":\"broken\",\"s\":\"g\",\"pid\":{HAND},\"tid\":0,\"ts\":{ts}"
            ),
        );
    }
    let mut file = records.0;
    file.push_str("\n]}\n");
    Ok(file)
}

/// What each was, from when to when.
fn states(source: &Source<'_>, part: &Part, processes: &SortedMap<ActorId, u64>, records: &mut Records) {
    for lane in part.lanes(source.trace) {
        let Some(process) = processes.get(&lane.actor) else { continue };
        for (at, band) in lane.bands.iter().enumerate() {
            let until = lane.bands.get(at + 1).map_or(part.to, |next| next.from).min(part.to);
            let from = band.from.max(part.from);
            if until <= from {
                continue;
            }
            let name = match band.state {
                BandState::Role(role) => {
                    quoted(&format!("{}, {} {}", role.label, source.version, role.version))
                }
                BandState::Up => quoted("up"),
                BandState::Down => quoted("down"),
                BandState::Paused => quoted("paused"),
            };
            let (ts, dur) = (micros(from.0), micros(until.0 - from.0));
            records.add(
                "X",
                format_args!("\"name\":{name},\"cat\":\"state\",\"pid\":{process},\"tid\":{STATE},\"ts\":{ts},\"dur\":{dur}"),
            );
        }
    }
}

/// A slice an event. Returns where each stands: what a flow binds to.
fn slices(
    source: &Source<'_>,
    part: &Part,
    processes: &SortedMap<ActorId, u64>,
    records: &mut Records,
) -> SortedMap<u64, (u64, u64)> {
    let trace = source.trace;
    let range = part.events(trace);
    // Where each stands, on whose lane; then how long it may be, from the next one of its lane.
    let mut placed: Vec<(u64, u64, u64)> = Vec::new();
    let mut last: SortedMap<u64, u64> = SortedMap::new();
    for (at, record) in range.clone().zip(trace.events.range(range)) {
        let process = record.actor.and_then(|actor| processes.get(&actor));
        let Some(process) = process.filter(|_| part.has_event(sim::EventId(at as u64))) else { continue };
        let after = last.get(process).map_or(0, |before| before + 1);
        let stands = record.at.0.max(after);
        last.insert(*process, stands);
        placed.push((at as u64, *process, stands));
    }
    let mut next: SortedMap<u64, u64> = SortedMap::new();
    let mut lengths = vec![SLICE; placed.len()];
    for ((_, process, stands), length) in placed.iter().zip(&mut lengths).rev() {
        if let Some(next) = next.insert(*process, *stands) {
            *length = SLICE.min(next - stands);
        }
    }
    for ((event, process, stands), length) in placed.iter().zip(&lengths) {
        let id = sim::EventId(*event);
        let Some(record) = trace.event(id) else { continue };
        let (name, kind) = (quoted(&told(source, id, record)), kind_name(record.kind));
        let (ts, dur) = (micros(*stands), micros(*length));
        records.add(
            "X",
            format_args!(
                "\"name\":{name},\"cat\":\"{kind}\",\"pid\":{process},\"tid\":{EVENTS},\"ts\":{ts},\"dur\":{dur},\
                 \"args\":{{\"event\":{event}}}"
            ),
        );
    }
    placed.into_iter().map(|(event, process, stands)| (event, (process, stands))).collect()
}

fn kind_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Start => "start",
        EventKind::Deliver(_) => "message",
        EventKind::Timer(_) => "timer",
        EventKind::Synced | EventKind::DiskFailed => "disk",
        EventKind::Command(_) | EventKind::Verb => "command",
        EventKind::FaultEnded => "fault",
        EventKind::Lost(_) => "lost",
    }
}

/// Flows between the slices that sent and received; instants where a message was lost.
fn messages(
    source: &Source<'_>,
    part: &Part,
    processes: &SortedMap<ActorId, u64>,
    places: &SortedMap<u64, (u64, u64)>,
    records: &mut Records,
) {
    let story = &source.trace.story;
    let range = story.arrows_between(part.from, part.to);
    for (id, arrow) in range.clone().zip(story.arrows.range(range)) {
        if !part.has_arrow(&arrow) {
            continue;
        }
        let kind = source.reader().kind(&arrow);
        if arrow.end.lost() && arrow.ended <= part.to && arrow.ended >= part.from {
            let Some(process) = processes.get(&arrow.to) else { continue };
            let name = quoted(&format!("{kind} {}→{}: {}", arrow.from, arrow.to, arrow.end.words()));
            let ts = micros(arrow.ended.0);
            records.add(
                "i",
                format_args!("\"name\":{name},\"cat\":\"lost\",\"s\":\"t\",\"pid\":{process},\"tid\":{EVENTS},\"ts\":{ts}"),
            );
        }
        if arrow.end != ArrowEnd::Delivered {
            continue;
        }
        let ends = (places.get(&arrow.sent_by.0), places.get(&arrow.end_event.0));
        let (Some((from, sent)), Some((to, arrived))) = ends else { continue };
        let name = quoted(kind);
        for (phase, process, at) in [("s", from, sent), ("f", to, arrived)] {
            let bind = if phase == "f" { "\"bp\":\"e\"," } else { "" };
            let ts = micros(*at);
            records.add(
                phase,
                format_args!("{bind}\"name\":{name},\"cat\":\"message\",\"id\":{id},\"pid\":{process},\"tid\":{EVENTS},\"ts\":{ts}"),
            );
        }
    }
}

/// Clients' requests.
fn operations(source: &Source<'_>, part: &Part, processes: &SortedMap<ActorId, u64>, records: &mut Records) {
    let story = &source.trace.story;
    for operation in &story.operations {
        let Some(process) = processes.get(&operation.client) else { continue };
        let (from, to) = (operation.invoked, operation.completed.unwrap_or(Time::MAX));
        if from > part.to || to < part.from || !part.has_event(operation.invoked_by) {
            continue;
        }
        let how = match operation.outcome {
            Outcome::Open => "open",
            Outcome::Ok => "ok",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
        };
        let (name, id) = (quoted(&operation.told()), operation.id);
        for (phase, at) in [("b", from.max(part.from)), ("e", to.min(part.to))] {
            let ts = micros(at.0);
            records.add(
                phase,
                format_args!(
                    "\"name\":{name},\"cat\":\"operation\",\"id\":{id},\"pid\":{process},\"tid\":{EVENTS},\"ts\":{ts},\
                     \"args\":{{\"outcome\":\"{how}\"}}"
                ),
            );
        }
    }
}
