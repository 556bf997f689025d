//! A log for ShiViz: what happened, at whom, and the vector clock of it.
//!
//! The file begins with the expression by which it is read, then a line for a delimiter (there is one execution, so it stays
//! empty), then two lines an event: its words, then `host {"host":count,…}`. ShiViz wants each host to count its own events
//! from 1 without a gap, and nobody to know more events of another than there are. So of a part of a run only the events that
//! are written tick; what they learnt through events that are not written still counts.
//!
//! Commands stand on a lane of their own, [`HAND`]: what they start again knows of them.

use super::{BadExport, Part, Source, told};
use crate::cone;
use sim::ids::{ActorId, EventId};
use sim::trace::{EventKind, EventRecord};
use std::fmt::Write as _;

/// How the file is read: the first line of it.
pub const EXPRESSION: &str = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})";
/// The lane of commands.
pub const HAND: &str = "hand";
/// ShiViz draws every event: beyond some thousands it, and whoever looks, give up.
pub const MOST_EVENTS: u64 = 20_000;
/// Counts held while the clocks are worked out.
const MOST_COUNTS: u64 = 64_000_000;

/// Who ticks: an actor, or the hand.
fn host(source: &Source<'_>, record: EventRecord) -> Option<usize> {
    let lanes = &source.trace.story.lanes;
    match record.kind {
        EventKind::Command(_) => Some(lanes.len()),
        // That a message was lost nobody knows.
        EventKind::Lost(_) => None,
        _ => lanes.iter().position(|lane| Some(lane.actor) == record.actor),
    }
}

/// Writes it.
///
/// # Errors
/// When it is more than ShiViz can show, or nothing.
pub fn write(source: &Source<'_>, part: &Part) -> Result<String, BadExport> {
    let trace = source.trace;
    let range = part.events(trace);
    let lanes: Vec<ActorId> = trace.story.lanes.iter().map(|lane| lane.actor).collect();
    let hosts = lanes.len() + 1;
    let written = |id: EventId, host: usize| {
        part.has_event(id) && lanes.get(host).is_none_or(|actor| part.has_actor(*actor))
    };
    let events = range.clone().zip(trace.events.range(range.clone()));
    let count = events.clone().filter_map(|(at, record)| Some((at, host(source, record)?)));
    let count = count.filter(|(at, host)| written(EventId(*at as u64), *host)).count() as u64;
    if count == 0 {
        return Err(BadExport::Nothing(part.from, part.to));
    }
    let too_much = |what, count, most| BadExport::TooMuch { format: "ShiViz", what, count, most };
    if count > MOST_EVENTS {
        return Err(too_much("events", count, MOST_EVENTS));
    }
    let counts = range.len() as u64 * hosts as u64;
    if counts > MOST_COUNTS {
        return Err(too_much("counts of clocks", counts, MOST_COUNTS));
    }
    let mut clocks = vec![0u32; range.len() * hosts];
    let mut file = format!("{EXPRESSION}\n\n");
    let mut hand = 0;
    for (place, (at, record)) in events.enumerate() {
        let id = EventId(at as u64);
        for cause in cone::causes(trace, id, record).into_iter().flatten() {
            // What came before the stretch ticked nobody.
            let Some(before) = (cause.0 as usize).checked_sub(range.start) else { continue };
            let (earlier, mine) = clocks.split_at_mut(place * hosts);
            let theirs = &earlier[before * hosts..(before + 1) * hosts];
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
        }
        let Some(host) = host(source, record) else { continue };
        let clock = &mut clocks[place * hosts..(place + 1) * hosts];
        if host == lanes.len() {
            // A command has no record of the one before it: the hand knows what it did.
            clock[host] = hand;
        }
        if written(id, host) {
            clock[host] += 1;
            let _ = writeln!(file, "{} ({})", told(source, id, record), record.at);
            line(&mut file, &lanes, host, clock);
        }
        if host == lanes.len() {
            hand = clock[host];
        }
    }
    Ok(file)
}

/// The second line of an event: who, and its clock.
fn line(file: &mut String, lanes: &[ActorId], host: usize, clock: &[u32]) {
    let name = |host: usize| lanes.get(host).map_or_else(|| HAND.to_owned(), ToString::to_string);
    let _ = write!(file, "{} {{", name(host));
    let mut before = "";
    for (other, count) in clock.iter().enumerate().filter(|(_, count)| **count > 0) {
        let _ = write!(file, "{before}\"{}\":{count}", name(other));
        before = ", ";
    }
    file.push_str("}\n");
}
