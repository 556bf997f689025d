//! A sequence diagram for Mermaid: who said what to whom, in order, as text that a README shows.
//!
//! Mermaid knows order and no time. A message that was delivered stands where it arrived, which is where it mattered; a lost
//! one where it was lost, with a cross. What asks is a whole line, what answers a dashed one. Facts that matter are notes at
//! their node, commands notes over all. Heartbeats are
//! left out, unless one of them is what was asked about.

use super::{BadExport, Part, Source, one_line};
use crate::cone::Side;
use sim::ids::EventId;
use sim::story::{Arrow, ArrowEnd, Outcome};
use sim::time::Time;
use std::fmt::Write as _;

/// Mermaid draws no text that is longer (`maxTextSize`).
pub const LONGEST: u64 = 50_000;
/// Lines are counted before they are written: a line takes at least so many bytes.
const SHORTEST_LINE: u64 = 12;

/// One line of the diagram, and where it belongs.
struct Line {
    at: Time,
    /// Of one instant: by the event, and what an event did before what it was told of.
    order: (EventId, u8),
    text: String,
}

/// Writes it.
///
/// # Errors
/// When Mermaid would not draw it, or there is nothing to draw.
pub fn write(source: &Source<'_>, part: &Part) -> Result<String, BadExport> {
    let trace = source.trace;
    let lanes = part.lanes(trace);
    let mut lines: Vec<Line> = Vec::new();
    messages(source, part, &mut lines)?;
    facts(source, part, &mut lines);
    answers(source, part, &mut lines);
    if let (Some(first), Some(last)) = (lanes.first(), lanes.last()) {
        for mark in part.marks(trace).filter(|mark| part.has_event(mark.event)) {
            let text = format!("Note over {},{}: {}", first.actor, last.actor, escaped(&mark.text));
            lines.push(Line { at: mark.at, order: (mark.event, 1), text });
        }
    }
    if lines.is_empty() {
        return Err(BadExport::Nothing(part.from, part.to));
    }
    lines.sort_by_key(|line| (line.at, line.order));
    let mut file = format!("%% {}, {} to {}\nsequenceDiagram\n", one_line(source.title), part.from, part.to);
    for lane in lanes {
        let _ = writeln!(file, "    participant {}", lane.actor);
    }
    for line in lines {
        let _ = writeln!(file, "    {}", line.text);
    }
    match file.len() as u64 {
        long if long > LONGEST => {
            Err(BadExport::TooMuch { format: "Mermaid", what: "bytes", count: long, most: LONGEST })
        }
        _ => Ok(file),
    }
}

fn messages(source: &Source<'_>, part: &Part, lines: &mut Vec<Line>) -> Result<(), BadExport> {
    let story = &source.trace.story;
    let range = story.arrows_between(part.from, part.to);
    let drawn = range.clone().zip(story.arrows.range(range));
    let drawn = drawn.filter(|(_, arrow)| part.has_arrow(arrow));
    // What was asked about is drawn, be it a heartbeat.
    let asked = |arrow: &Arrow| part.cone.as_ref().is_some_and(|cone| cone.arrow(arrow) == Side::Itself);
    let drawn = drawn.filter(|(_, arrow)| !arrow.routine || asked(arrow));
    let count = drawn.clone().count() as u64;
    if count > LONGEST / SHORTEST_LINE {
        let most = LONGEST / SHORTEST_LINE;
        return Err(BadExport::TooMuch { format: "Mermaid", what: "messages", count, most });
    }
    for (_, arrow) in drawn {
        let over = arrow.ended <= part.to;
        let line = match (arrow.end, arrow.asks) {
            (end, _) if end.lost() && over => "-x",
            (ArrowEnd::Flying, _) => "-)",
            _ if !over => "-)",
            (_, true) => "->>",
            (_, false) => "-->>",
        };
        let why = if arrow.end.lost() && over { format!(" ({})", arrow.end.words()) } else { String::new() };
        let kind = source.reader().kind(&arrow);
        let text = format!("{}{line}{}: {}{why}", arrow.from, arrow.to, escaped(kind));
        let (at, event) = if over && arrow.end != ArrowEnd::Flying {
            (arrow.ended, arrow.end_event)
        } else {
            (arrow.sent, arrow.sent_by)
        };
        lines.push(Line { at, order: (event, 0), text });
    }
    Ok(())
}

fn facts(source: &Source<'_>, part: &Part, lines: &mut Vec<Line>) {
    let trace = source.trace;
    let range = part.events(trace);
    let (first, last) = (EventId(range.start as u64), EventId(range.end as u64));
    let facts = trace.facts.range(trace.facts.from(first)..trace.facts.from(last));
    let told = facts.filter(|fact| fact.matters && part.has_actor(fact.actor) && part.has_event(fact.event));
    lines.extend(told.map(|fact| Line {
        at: fact.at,
        order: (fact.event, 1),
        text: format!("Note over {}: {}", fact.actor, escaped(&fact.sentence)),
    }));
}

/// What clients got: the message that told them says only that it was an answer.
fn answers(source: &Source<'_>, part: &Part, lines: &mut Vec<Line>) {
    for operation in &source.trace.story.operations {
        let (Some(at), Some(event)) = (operation.completed, operation.completed_by) else { continue };
        let within = at >= part.from && at <= part.to;
        if !within || !part.has_actor(operation.client) || !part.has_event(event) {
            continue;
        }
        // Where the lab states it as a fact that matters, it has been told.
        if source.trace.facts.of(event).any(|fact| fact.matters && fact.actor == operation.client) {
            continue;
        }
        let how = match operation.outcome {
            Outcome::Ok | Outcome::Open => "",
            Outcome::Failed => ", refused",
            Outcome::Unknown => ", given up",
        };
        let text = format!("Note over {}: {}{how}", operation.client, escaped(&operation.told()));
        lines.push(Line { at, order: (event, 1), text });
    }
}

/// As Mermaid takes it: `;` ends a statement, `#` begins a character's number, `<` a tag, and the word `end` a block.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '#' => safe.push_str("#35;"),
            ';' => safe.push_str("#59;"),
            '<' => safe.push_str("#lt;"),
            '>' => safe.push_str("#gt;"),
            other => safe.push(other),
        }
    }
    let words = safe.split(' ').map(|word| if word.eq_ignore_ascii_case("end") { "e#110;d" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
