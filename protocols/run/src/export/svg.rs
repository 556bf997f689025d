//! The space-time diagram as a drawing: a lane an actor, time to the right.
//!
//! It speaks the window's language: a thick band while an actor leads, another tint while it asks for votes, a gap while it is
//! down; messages as arrows, faint where they are routine, with a cross where they were lost; commands as flags; a client's
//! request as a box, open to the right while it is unanswered, red in the proof of a broken promise. Timers that went off are
//! short strokes across the lane, facts that matter dots on it. Everything has a `<title>`, which viewers show on pointing.
//!
//! Colours are the caller's ([`Look`]): this crate knows no theme.

use super::{BadExport, Part, Source, one_line, told};
use sim::ids::{ActorId, EventId};
use sim::ordered::SortedMap;
use sim::story::{Arrow, ArrowEnd, BandState, Operation, Outcome, Rank};
use sim::time::Time;
use sim::trace::EventKind;
use std::fmt::Write as _;

/// A drawing of more arrows is a grey surface, and takes a viewer minutes.
pub const MOST_ARROWS: u64 = 20_000;
/// Beyond so many events, timers and facts are not marked one by one.
const MOST_MARKED: usize = 600;
/// Up to so many arrows that are no routine carry their message's name.
const MOST_NAMED: usize = 60;

/// A colour.
pub type Rgb = [u8; 3];

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// How wide, in pixels.
    pub width: f64,
    /// Behind everything.
    pub ground: Rgb,
    /// Words that matter.
    pub text: Rgb,
    /// Words beside them, boxes, lanes.
    pub soft: Rgb,
    /// Lines that mean nothing.
    pub hairline: Rgb,
    /// Leads.
    pub leader: Rgb,
    /// Is changing its role.
    pub candidate: Rgb,
    /// Follows; clients.
    pub follower: Rgb,
    /// Does not run.
    pub down: Rgb,
    /// A broken promise.
    pub broken: Rgb,
    /// Behind its proof.
    pub broken_ground: Rgb,
}

const LEFT: f64 = 64.0;
const RIGHT: f64 = 28.0;
/// Title, seconds, flags.
const HEAD: f64 = 74.0;
const FOOT: f64 = 20.0;
const NODE: f64 = 38.0;
const CLIENT: f64 = 46.0;
/// A letter of small text is about so wide.
const LETTER: f64 = 6.1;
const THICK: f64 = 8.0;
/// A lost message goes so far of its way.
const LOST_PART: f64 = 0.5;

/// Writes it.
///
/// # Errors
/// When there is more than a drawing can hold, or nothing.
pub fn write(source: &Source<'_>, part: &Part, look: &Look) -> Result<String, BadExport> {
    let story = &source.trace.story;
    let lanes = part.lanes(source.trace);
    if lanes.is_empty() {
        return Err(BadExport::Nothing(part.from, part.to));
    }
    let range = story.arrows_between(part.from, part.to);
    let mut arrows: Vec<Arrow> = story.arrows.range(range).filter(|arrow| part.has_arrow(arrow)).collect();
    let without_routine = arrows.len() as u64 > MOST_ARROWS;
    if without_routine {
        arrows.retain(|arrow| !arrow.routine);
    }
    let count = arrows.len() as u64;
    if count > MOST_ARROWS {
        return Err(BadExport::TooMuch { format: "a drawing", what: "messages", count, most: MOST_ARROWS });
    }
    let mut rows = SortedMap::new();
    let mut y = HEAD;
    for lane in &lanes {
        let tall = if lane.actor.is_client() { CLIENT } else { NODE };
        rows.insert(lane.actor, y + tall * if lane.actor.is_client() { 0.62 } else { 0.5 });
        y += tall;
    }
    let mut drawing = Drawing { file: String::new(), source, part, look, rows, bottom: y };
    drawing.head(y + FOOT, without_routine);
    drawing.ticks();
    drawing.arrows(&arrows);
    for lane in &lanes {
        drawing.lane(lane);
    }
    drawing.events();
    drawing.operations();
    drawing.flags();
    drawing.broken();
    drawing.file.push_str("</svg>\n");
    Ok(drawing.file)
}

struct Drawing<'a> {
    file: String,
    source: &'a Source<'a>,
    part: &'a Part,
    look: &'a Look,
    rows: SortedMap<ActorId, f64>,
    bottom: f64,
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Halfway, or another part of the way, from one colour to another.
fn mix(from: Rgb, to: Rgb, part: f64) -> Rgb {
    let channel = |at: usize| (f64::from(from[at]) + (f64::from(to[at]) - f64::from(from[at])) * part) as u8;
    [channel(0), channel(1), channel(2)]
}

fn escaped(text: &str) -> String {
    let plain: String = one_line(text).chars().filter(|c| !c.is_control()).collect();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Drawing<'_> {
    fn right(&self) -> f64 {
        self.look.width - RIGHT
    }

    /// Where a time stands.
    fn x(&self, at: Time) -> f64 {
        let span = self.part.to.since(self.part.from).0.max(1) as f64;
        let at = at.clamp(self.part.from, self.part.to);
        LEFT + (self.right() - LEFT) * (at.since(self.part.from).0 as f64 / span)
    }

    fn rank(&self, rank: Rank) -> Rgb {
        match rank {
            Rank::Leader => self.look.leader,
            Rank::Candidate => self.look.candidate,
            Rank::Follower | Rank::Learner | Rank::Client => self.look.follower,
        }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.file.write_fmt(text);
        self.file.push('\n');
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, colour: Rgb, words: &str) {
        let (colour, words) = (hex(colour), escaped(words));
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>"
        ));
    }

    fn head(&mut self, height: f64, without_routine: bool) {
        let width = self.look.width;
        let title = escaped(self.source.title);
        let (from, to) = (self.part.from, self.part.to);
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Inter, Inter Variable, Helvetica, Arial, sans-serif\" \
             font-size=\"11\" role=\"img\" aria-label=\"{title}, {from} to {to}\">"
        ));
        let ground = hex(self.look.ground);
        self.put(format_args!("<rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>"));
        let text = hex(self.look.text);
        self.put(format_args!(
            "<text x=\"16\" y=\"24\" font-size=\"14\" font-weight=\"600\" fill=\"{text}\">{title}</text>"
        ));
        let left_out = if without_routine { "heartbeats left out; " } else { "" };
        self.text((width - RIGHT, 24.0), "end", self.look.soft, &format!("{left_out}{from} to {to}"));
    }

    /// Seconds across the top.
    fn ticks(&mut self) {
        let span = self.part.to.since(self.part.from).seconds();
        let room = self.right() - LEFT;
        let rough = (span * 110.0 / room).max(1e-9);
        // The first of 1, 2, 5 times a power of ten that is no less.
        let mut step = 1e-9;
        'found: loop {
            for by in [1.0, 2.0, 5.0] {
                if step * by >= rough {
                    step *= by;
                    break 'found;
                }
            }
            step *= 10.0;
        }
        let nanos = (step * 1e9).round().max(1.0) as u64;
        let digits = (0..9).find(|digits| nanos.is_multiple_of(10u64.pow(9 - digits))).unwrap_or(9) as usize;
        let first = self.part.from.0.div_ceil(nanos);
        let hairline = hex(self.look.hairline);
        for at in (first..)
            .map(|tick| Time(tick.saturating_mul(nanos)))
            .take_while(|at| *at <= self.part.to)
            .take(64)
        {
            let x = self.x(at);
            let bottom = self.bottom;
            self.put(format_args!(
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{hairline}\" \
                 stroke-dasharray=\"2 5\"/>",
                HEAD - 26.0
            ));
            self.text((x, HEAD - 32.0), "middle", self.look.soft, &format!("{:.digits$} s", at.seconds()));
        }
    }

    // --- messages ---

    fn arrows(&mut self, arrows: &[Arrow]) {
        let mut named: Vec<[f64; 4]> = Vec::new();
        let names = arrows.iter().filter(|arrow| !is_quiet(arrow)).count() <= MOST_NAMED;
        for quiet in [true, false] {
            for arrow in arrows.iter().filter(|arrow| is_quiet(arrow) == quiet) {
                self.arrow(arrow, names && !quiet, &mut named);
            }
        }
    }

    /// From where to where.
    fn ends(&self, arrow: &Arrow) -> Option<[(f64, f64); 2]> {
        let (from, to) = (*self.rows.get(&arrow.from)?, *self.rows.get(&arrow.to)?);
        let part = match arrow.end {
            ArrowEnd::Delivered | ArrowEnd::ReceiverDown | ArrowEnd::QueueFull => 1.0,
            ArrowEnd::NeverSent => return None,
            ArrowEnd::Flying => LOST_PART,
            ArrowEnd::LostOnLink | ArrowEnd::Cut | ArrowEnd::Dropped => LOST_PART,
        };
        // One that crosses the edge of the stretch is cut there, not bent.
        let ended = if arrow.end == ArrowEnd::Flying { self.part.to } else { arrow.ended };
        let whole = ended.since(arrow.sent).0.max(1) as f64;
        let height = |at: Time| from + (to - from) * part * (at.since(arrow.sent).0 as f64 / whole).min(1.0);
        let (start, end) = (arrow.sent.max(self.part.from), ended.min(self.part.to));
        let start_height = if arrow.sent < self.part.from { height(start) } else { from };
        let end_height = if ended > self.part.to { height(end) } else { from + (to - from) * part };
        Some([(self.x(start), start_height), (self.x(end), end_height)])
    }

    fn arrow(&mut self, arrow: &Arrow, with_name: bool, named: &mut Vec<[f64; 4]>) {
        let Some([(x1, y1), (x2, y2)]) = self.ends(arrow) else { return };
        let quiet = is_quiet(arrow);
        let colour = self.rank(arrow.rank);
        let colour = hex(if quiet { mix(colour, self.look.ground, 0.55) } else { colour });
        let kind = self.source.reader().kind(arrow);
        let title = match arrow.end {
            ArrowEnd::Delivered => format!("arrived {}", arrow.ended),
            ArrowEnd::Flying => "on its way".to_owned(),
            lost => format!("{} at {}", lost.words(), arrow.ended),
        };
        let title = escaped(&format!("{kind} {}→{}: sent {}, {title}", arrow.from, arrow.to, arrow.sent));
        let width = if quiet { 0.8 } else { 1.3 };
        self.put(format_args!(
            "<g stroke=\"{colour}\" fill=\"none\" stroke-width=\"{width}\"><title>{title}</title>\
             <path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>"
        ));
        let long = (x2 - x1).hypot(y2 - y1).max(0.01);
        let (dx, dy) = ((x2 - x1) / long, (y2 - y1) / long);
        if arrow.end.lost() && arrow.ended <= self.part.to {
            let soft = hex(self.look.soft);
            self.put(format_args!(
                "<path stroke=\"{soft}\" stroke-width=\"1.4\" d=\"M{:.1} {:.1}l7 7m0 -7l-7 7\"/>",
                x2 - 3.5,
                y2 - 3.5
            ));
        } else if arrow.end == ArrowEnd::Delivered && arrow.ended <= self.part.to && long > 6.0 {
            let (length, half) = if quiet { (5.0, 1.8) } else { (7.5, 2.8) };
            let (bx, by) = (x2 - dx * length, y2 - dy * length);
            self.put(format_args!(
                "<path stroke=\"none\" fill=\"{colour}\" d=\"M{x2:.1} {y2:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
                bx - dy * half,
                by + dx * half,
                bx + dy * half,
                by - dx * half
            ));
        }
        self.put(format_args!("</g>"));
        if with_name && long > 24.0 {
            self.name(kind, ((x1 + x2) / 2.0, (y1 + y2) / 2.0), &colour, named);
        }
    }

    /// A message's name beside its middle, unless another stands there.
    fn name(&mut self, kind: &str, (x, y): (f64, f64), colour: &str, named: &mut Vec<[f64; 4]>) {
        let wide = kind.chars().count() as f64 * LETTER;
        let place = [x + 4.0, y - 9.0, x + 4.0 + wide, y + 3.0];
        let meets = |other: &[f64; 4]| {
            place[0] < other[2] && other[0] < place[2] && place[1] < other[3] && other[1] < place[3]
        };
        if place[2] > self.right() || named.iter().any(meets) {
            return;
        }
        let (ground, kind) = (hex(self.look.ground), escaped(kind));
        self.put(format_args!(
            "<text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"10\" fill=\"{colour}\" stroke=\"{ground}\" stroke-width=\"3\" \
             paint-order=\"stroke\">{kind}</text>",
            place[0]
        ));
        named.push(place);
    }

    // --- lanes ---

    fn lane(&mut self, lane: &sim::story::Lane) {
        let Some(y) = self.rows.get(&lane.actor).copied() else { return };
        let soft = self.look.soft;
        let name = escaped(&lane.name);
        self.put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-weight=\"600\" font-size=\"12\" fill=\"{}\">{name}</text>",
            LEFT - 12.0,
            y + 4.0,
            hex(soft)
        ));
        if lane.actor.is_client() {
            let (right, colour) = (self.right(), hex(self.look.hairline));
            self.put(format_args!("<path stroke=\"{colour}\" d=\"M{LEFT:.1} {y:.1}H{right:.1}\"/>"));
            return;
        }
        let mut numbered = f64::MIN;
        for (at, band) in lane.bands.iter().enumerate() {
            let until = lane.bands.get(at + 1).map_or(self.part.to, |next| next.from).min(self.part.to);
            if until < self.part.from || band.from > self.part.to {
                continue;
            }
            let (x1, x2) = (self.x(band.from), self.x(until));
            self.band(y, (x1, x2), band.state, band.from >= self.part.from);
            let BandState::Role(role) = band.state else { continue };
            let words = role.version.to_string();
            let wide = words.len() as f64 * LETTER + 4.0;
            let leads = matches!(role.rank, Rank::Leader | Rank::Candidate);
            if x1 >= numbered && (leads || x2 - x1 > wide) {
                self.text((x1 + 2.0, y - THICK / 2.0 - 3.0), "start", self.rank(role.rank), &words);
                numbered = x1 + wide;
            }
        }
    }

    fn band(&mut self, y: f64, (x1, x2): (f64, f64), state: BandState, began: bool) {
        let (top, wide) = (y - THICK / 2.0, (x2 - x1).max(0.5));
        match state {
            BandState::Role(role) => {
                let colour = hex(self.rank(role.rank));
                let title = escaped(&format!("{}, {} {}", role.label, self.source.version, role.version));
                match role.rank {
                    Rank::Leader | Rank::Candidate => self.put(format_args!(
                        "<rect x=\"{x1:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{THICK}\" rx=\"2.5\" \
                         fill=\"{colour}\"><title>{title}</title></rect>"
                    )),
                    rank => {
                        let dash = if rank == Rank::Learner { " stroke-dasharray=\"5 4\"" } else { "" };
                        self.put(format_args!(
                            "<path stroke=\"{colour}\" stroke-width=\"1.5\"{dash} d=\"M{x1:.1} {y:.1}H{x2:.1}\">\
                             <title>{title}</title></path>"
                        ));
                    }
                }
            }
            BandState::Up => {
                let colour = hex(self.look.follower);
                self.put(format_args!("<path stroke=\"{colour}\" d=\"M{x1:.1} {y:.1}H{x2:.1}\"/>"));
            }
            // A gap, with an end at the crash.
            BandState::Down if began => {
                let colour = hex(self.look.down);
                self.put(format_args!(
                    "<path stroke=\"{colour}\" stroke-width=\"1.6\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"><title>down</title></path>",
                    x1 - 4.0,
                    y - 4.0
                ));
            }
            BandState::Down => {}
            BandState::Paused => {
                let colour = hex(self.look.down);
                self.put(format_args!(
                    "<rect x=\"{x1:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{THICK}\" rx=\"2\" fill=\"none\" \
                     stroke=\"{colour}\" stroke-dasharray=\"3 2\"><title>paused</title></rect>"
                ));
            }
        }
    }

    /// Timers as strokes, facts that matter as dots, where there are few enough to be told apart.
    fn events(&mut self) {
        let trace = self.source.trace;
        let range = self.part.events(trace);
        let (first, last) = (EventId(range.start as u64), EventId(range.end as u64));
        let timers = range.clone().zip(trace.events.range(range)).filter(|(at, record)| {
            matches!(record.kind, EventKind::Timer(_)) && self.part.has_event(EventId(*at as u64))
        });
        let timers: Vec<_> = timers.take(MOST_MARKED + 1).collect();
        let few = timers.len() <= MOST_MARKED;
        for (at, record) in timers.into_iter().filter(|_| few) {
            let Some(y) =
                record.actor.filter(|actor| actor.is_node()).and_then(|actor| self.rows.get(&actor)).copied()
            else {
                continue;
            };
            let (x, colour) = (self.x(record.at), hex(self.look.soft));
            let title = escaped(&told(self.source, EventId(at as u64), record));
            self.put(format_args!(
                "<path stroke=\"{colour}\" d=\"M{x:.1} {:.1}v7\"><title>timer, {}: {title}</title></path>",
                y - 3.5,
                record.at
            ));
        }
        let facts = trace.facts.range(trace.facts.from(first)..trace.facts.from(last));
        let facts = facts.filter(|fact| fact.matters && self.part.has_event(fact.event));
        let facts: Vec<_> = facts.take(MOST_MARKED).collect();
        for fact in facts {
            let Some(y) = self.rows.get(&fact.actor).copied() else { continue };
            let (x, colour, ground) = (self.x(fact.at), hex(self.look.text), hex(self.look.ground));
            let title = escaped(&fact.sentence);
            self.put(format_args!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\" stroke=\"{ground}\">\
                 <title>{title}, {}</title></circle>",
                fact.at
            ));
        }
    }

    // --- clients ---

    fn operations(&mut self) {
        let mut free: SortedMap<ActorId, f64> = SortedMap::new();
        for operation in &self.source.trace.story.operations {
            let until = operation.completed.unwrap_or(self.part.to);
            let within = operation.invoked <= self.part.to && until >= self.part.from;
            let asked = self
                .part
                .cone
                .as_ref()
                .is_none_or(|cone| cone.operation(operation) != crate::cone::Side::Beside);
            if within && asked {
                self.operation(operation, until.min(self.part.to), &mut free);
            }
        }
    }

    fn operation(&mut self, operation: &Operation, until: Time, free: &mut SortedMap<ActorId, f64>) {
        let Some(y) = self.rows.get(&operation.client).copied() else { return };
        let proof = self.source.proof.contains(&operation.id);
        let colour = hex(if proof { self.look.broken } else { self.look.soft });
        let fill = hex(if proof { self.look.broken_ground } else { self.look.ground });
        let (x1, x2) = (self.x(operation.invoked), self.x(until).max(self.x(operation.invoked) + 3.0));
        let open = matches!(operation.outcome, Outcome::Open | Outcome::Unknown)
            || operation.completed.is_some_and(|at| at > self.part.to);
        let (top, bottom) = (y - 8.0, y + 8.0);
        let title =
            escaped(&format!("{} {}, {} to {until}", operation.client, operation.told(), operation.invoked));
        let shape = if open {
            format!(
                "M{x2:.1} {top:.1}H{:.1}Q{x1:.1} {top:.1} {x1:.1} {:.1}V{:.1}Q{x1:.1} {bottom:.1} {:.1} {bottom:.1}H{x2:.1}",
                x1 + 3.0,
                top + 3.0,
                bottom - 3.0,
                x1 + 3.0
            )
        } else {
            format!("M{x1:.1} {top:.1}H{x2:.1}V{bottom:.1}H{x1:.1}Z")
        };
        self.put(format_args!(
            "<path stroke=\"{colour}\" stroke-width=\"1.2\" stroke-linejoin=\"round\" fill=\"{fill}\" d=\"{shape}\">\
             <title>{title}</title></path>"
        ));
        if operation.outcome == Outcome::Failed && x2 - x1 > 14.0 {
            self.put(format_args!(
                "<path stroke=\"{colour}\" d=\"M{:.1} {:.1}l5 5m0 -5l-5 5\"/>",
                x2 - 10.0,
                y - 2.5
            ));
        }
        let words = operation.told();
        let wide = words.chars().count() as f64 * LETTER;
        let ink = if proof { self.look.broken } else { self.look.text };
        if x2 - x1 > wide + 8.0 {
            self.text((x1 + 5.0, y + 4.0), "start", ink, &words);
        } else {
            let after = free.entry(operation.client).or_insert(f64::MIN);
            if x1 > *after && x1 + wide < self.look.width {
                *after = x1 + wide + 4.0;
                self.text((x1, top - 3.0), "start", ink, &words);
            }
        }
    }

    // --- what was done ---

    fn flags(&mut self) {
        let (source, part) = (self.source, self.part);
        let nodes = self.rows.iter().filter(|(actor, _)| actor.is_node()).map(|(_, y)| *y);
        let bottom = nodes.fold(HEAD, f64::max) + NODE / 2.0;
        let mut taken = f64::MIN;
        for mark in part.marks(source.trace).filter(|mark| part.has_event(mark.event)) {
            let x = self.x(mark.at);
            let quiet = mark.by_chaos || mark.nothing_to_do;
            let colour = if quiet { mix(self.look.soft, self.look.ground, 0.4) } else { self.look.soft };
            let title = escaped(&format!("{}: {}", mark.at, mark.text));
            self.put(format_args!(
                "<path stroke=\"{}\" stroke-dasharray=\"5 4\" d=\"M{x:.1} {:.1}V{bottom:.1}\"><title>{title}</title></path>",
                hex(colour),
                HEAD - 14.0
            ));
            let wide = mark.word.chars().count() as f64 * LETTER + 12.0;
            let left = (x - wide / 2.0).clamp(2.0, (self.look.width - wide).max(2.0));
            if left < taken {
                continue;
            }
            taken = left + wide + 3.0;
            let (ground, top) = (hex(self.look.ground), HEAD - 26.0);
            self.put(format_args!(
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"17\" rx=\"4\" fill=\"{ground}\" \
                 stroke=\"{}\"><title>{title}</title></rect>",
                hex(colour)
            ));
            let ink = if quiet { self.look.soft } else { self.look.text };
            self.text((left + wide / 2.0, HEAD - 14.0), "middle", ink, &mark.word);
        }
    }

    fn broken(&mut self) {
        let within = |at: &Time| *at >= self.part.from && *at <= self.part.to;
        let Some(at) = self.source.broken_at.filter(within) else { return };
        let (x, bottom, colour) = (self.x(at), self.bottom, hex(self.look.broken));
        self.put(format_args!(
            "<path stroke=\"{colour}\" stroke-width=\"1.6\" d=\"M{x:.1} {:.1}V{bottom:.1}\">\
             <title>a promise broke at {at}</title></path>",
            HEAD - 20.0
        ));
    }
}

/// Whether a message is drawn faintly: a heartbeat, or what a client asks and hears, which its box tells better.
fn is_quiet(arrow: &Arrow) -> bool {
    arrow.routine || arrow.from.is_client() || arrow.to.is_client()
}
