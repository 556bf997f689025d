//! Looking at a cluster from outside: its [`View`], the chips of what is broken, and what a command would do.

use super::World;
use crate::clock::Crystal;
use crate::command::{Command, DiskChange, LinkSelector, MessageSelector, Quality, Who};
use crate::ids::ActorId;
use crate::kernel::flights::Stage;
use crate::kernel::links::{Cut, DropNext};
use crate::kernel::{Kernel, Slot};
use crate::ordered::SortedMap;
use crate::protocol::Protocol;
use crate::story::Rank;
use crate::time::Span;
use crate::view::{ActorView, Broken, Flight, Status, View};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn view<P: Protocol>(world: &World<P>) -> View {
    let kernel = &world.kernel;
    let mut actors: Vec<ActorView> = kernel.slots().map(|slot| actor(world, slot)).collect();
    let newest =
        actors.iter().filter_map(|a| a.role).filter(|r| r.rank == Rank::Leader).map(|r| r.version).max();
    for actor in &mut actors {
        actor.stale = actor.role.is_some_and(|role| role.rank == Rank::Leader && Some(role.version) < newest);
    }
    View {
        moment: kernel.moment(),
        events: kernel.events(),
        actors,
        flights: flights(world),
        broken: broken(world),
        strips: P::strips(&world.cluster()),
        links: links(kernel),
    }
}

fn actor<P: Protocol>(world: &World<P>, slot: Slot) -> ActorView {
    let kernel = &world.kernel;
    let state = kernel.actor(slot);
    let at = usize::from(slot);
    let disk = &world.stores.disks[at];
    let mut view = ActorView::new(state.id);
    view.status = state.status;
    view.role = if kernel.runs(slot) { state.role } else { None };
    view.queue = state.waiting.len() as u32;
    view.slow = state.slow;
    view.clock_offset = state.clock.error(kernel.now());
    view.clock_drift = state.clock.drift();
    view.unsynced = disk.unsynced();
    view.written = disk.written();
    view.aborted = state.aborted.clone();
    view.disk = disk_words(kernel, slot);
    view.lies = state.lie.as_ref().map(|lie| lie.how.to_string()).unwrap_or_default();
    let nodes = kernel.slots().filter(|other| kernel.id(*other).is_node());
    view.reaches = nodes
        .filter(|other| kernel.runs(slot) && kernel.reaches(slot, *other) && kernel.reaches(*other, slot))
        .count() as u16;
    let shown = state.timers.iter().filter(|t| t.shown).min_by_key(|t| t.deadline);
    view.timer = shown.map(|timer| (timer.span, timer.deadline.since(kernel.monotonic(slot))));
    P::view(state.id, world.actors[at].as_ref(), disk.durable(), &mut view);
    if view.headline.is_empty() {
        view.headline = headline(&view);
    }
    view
}

fn headline(view: &ActorView) -> String {
    match (view.status, view.role) {
        (Status::Down, _) => "Down".to_owned(),
        (Status::Off, _) => "A spare, not started".to_owned(),
        (_, Some(role)) => {
            let mut label = role.label.to_owned();
            if let Some(first) = label.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            label
        }
        (_, None) => "Running".to_owned(),
    }
}

fn disk_words(kernel: &Kernel, slot: Slot) -> String {
    let disk = &kernel.actor(slot).disk;
    let mut words = Vec::new();
    if disk.slow > 1 {
        words.push(format!("slow {}x", disk.slow));
    }
    if disk.failing {
        words.push("fails".to_owned());
    }
    if disk.full {
        words.push("full".to_owned());
    }
    if disk.corrupt {
        words.push("corrupt".to_owned());
    }
    words.join(", ")
}

fn flights<P: Protocol>(world: &World<P>) -> Vec<Flight> {
    let kernel = &world.kernel;
    let mut counts: BTreeMap<(Slot, Slot, &'static str), u32> = BTreeMap::new();
    let mut all = Vec::new();
    for at in kernel.flights.live() {
        let flight = kernel.flights.get(at);
        let Some(message) = world.stores.get(at) else { continue };
        let (label, detail) = super::told(message);
        let number = if flight.stage == Stage::Waiting {
            0
        } else {
            let count = counts.entry((flight.from, flight.to, flight.kind)).or_default();
            *count += 1;
            *count
        };
        all.push(Flight {
            id: flight.id,
            from: kernel.id(flight.from),
            to: kernel.id(flight.to),
            kind: flight.kind,
            number,
            label,
            detail,
            asks: flight.asks,
            routine: flight.routine,
            sent: flight.sent,
            arrives: flight.arrives,
            held: flight.stage == Stage::Held,
            waiting: flight.stage == Stage::Waiting,
            doomed: kernel.links.get(flight.from, flight.to).cuts > 0,
        });
    }
    all
}

/// Nodes with each other (those not switched off) and each client with each node.
fn links(kernel: &Kernel) -> Vec<(ActorId, ActorId)> {
    let here = |slot: &Slot| kernel.actor(*slot).status != Status::Off;
    let slots: Vec<Slot> = kernel.slots().filter(here).collect();
    let mut links = Vec::new();
    for (at, a) in slots.iter().enumerate() {
        for b in &slots[at + 1..] {
            let (a, b) = (kernel.id(*a), kernel.id(*b));
            let linked = if b.is_client() { a.is_node() } else { kernel.network.mesh };
            if linked {
                links.push((a, b));
            }
        }
    }
    links
}

// --- chips ---

fn broken<P: Protocol>(world: &World<P>) -> Vec<Broken> {
    let kernel = &world.kernel;
    let mut chips: Vec<Broken> = kernel.links.cuts.iter().map(|cut| cut_chip(kernel, cut)).collect();
    for slot in kernel.slots() {
        actor_chips(kernel, slot, &mut chips);
    }
    link_chips(kernel, &mut chips);
    chips.extend(kernel.links.drops.iter().map(|drop| drop_chip(kernel, drop)));
    for spec in world.parameters.specs().iter().filter(|spec| spec.pothole) {
        if world.parameters.switch(spec.id) {
            chips.push(Broken {
                text: format!("pothole: {}", title::<P>(spec.id)),
                verb: "turn off",
                mend: Command::Set { parameter: spec.id.into(), value: "off".into() },
                pothole: true,
                sides: Vec::new(),
                one_way: false,
            });
        }
    }
    chips
}

fn title<P: Protocol>(id: &str) -> String {
    let pothole = P::potholes().iter().find(|pothole| pothole.id == id);
    pothole.map_or_else(|| id.replace('_', " "), |pothole| pothole.title.to_owned())
}

fn names(kernel: &Kernel, side: &[Slot]) -> Vec<ActorId> {
    side.iter().map(|slot| kernel.id(*slot)).collect()
}

fn listed(ids: &[ActorId]) -> String {
    ids.iter().map(ActorId::to_string).collect::<Vec<_>>().join(" ")
}

fn who(ids: &[ActorId]) -> Vec<Who> {
    ids.iter().map(|id| Who::Actor(*id)).collect()
}

fn cut_chip(kernel: &Kernel, cut: &Cut) -> Broken {
    let sides: Vec<Vec<ActorId>> = cut.sides.iter().map(|side| names(kernel, side)).collect();
    let between = if cut.one_way { " ⇥ " } else { " | " };
    let text = sides.iter().map(|side| listed(side)).collect::<Vec<_>>().join(between);
    let made = if cut.one_way {
        Command::CutOneWay { from: who(&sides[0]), to: who(&sides[1]), span: None }
    } else {
        Command::Cut { groups: sides.iter().map(|side| who(side)).collect(), span: None }
    };
    Broken {
        text,
        verb: "mend",
        mend: Command::Mend(Some(Box::new(made))),
        pothole: false,
        sides,
        one_way: cut.one_way,
    }
}

/// Messages that a command will still lose.
fn drop_chip(kernel: &Kernel, drop: &DropNext) -> Broken {
    let end = |slot: Option<Slot>| slot.map(|slot| kernel.id(slot));
    let (from, to) = (end(drop.from), end(drop.to));
    let which = MessageSelector {
        from: from.map(Who::Actor),
        to: to.map(Who::Actor),
        kind: drop.kind.clone(),
        number: 1,
    };
    Broken {
        text: format!("loses the next {} of {which}", drop.left),
        verb: "let through",
        mend: Command::DropNext { count: 0, which },
        pothole: false,
        sides: from.into_iter().chain(to).map(|id| vec![id]).collect(),
        one_way: true,
    }
}

fn actor_chips(kernel: &Kernel, slot: Slot, chips: &mut Vec<Broken>) {
    let state = kernel.actor(slot);
    let id = state.id;
    let me = Who::Actor(id);
    let mut chip = |text: String, verb: &'static str, mend: Command| {
        chips.push(Broken { text, verb, mend, pothole: false, sides: vec![vec![id]], one_way: false });
    };
    match state.status {
        Status::Down => chip(format!("{id} down"), "restart", Command::Restart(me.clone())),
        Status::Paused => chip(format!("{id} paused"), "resume", Command::Resume(me.clone())),
        Status::Up | Status::Off => {}
    }
    if state.slow > 1 {
        let mend = Command::Slow { who: me.clone(), factor: 1, span: None };
        chip(format!("{id} slow {}x", state.slow), "mend", mend);
    }
    let natural = state.crystal.drift;
    if state.clock.drift() != natural {
        let change = crate::command::ClockChange::Drift(natural);
        let ppm = state.clock.drift() / 1000;
        let mend = Command::Clock { who: me.clone(), change, span: None };
        chip(format!("{id} clock {ppm:+} ppm"), "mend", mend);
    }
    // A clock that is wrong of itself is no fault: then only what a hand did to it is.
    let ideal = state.crystal == Crystal::default();
    let offset = if ideal { state.clock.error(kernel.now()) } else { state.stepped };
    if offset.unsigned_abs() >= 1_000_000 && state.clock.drift() == natural {
        let change = crate::command::ClockChange::Step(-offset);
        let sign = if offset < 0 { "behind" } else { "ahead" };
        let mend = Command::Clock { who: me.clone(), change, span: None };
        chip(
            format!("{id} clock {} {sign}", Span(offset.unsigned_abs() / 1_000_000 * 1_000_000)),
            "set",
            mend,
        );
    }
    let disk = &state.disk;
    if disk.slow > 1 || disk.failing || disk.full {
        let mend = Command::Disk { who: me.clone(), change: DiskChange::Ok, span: None };
        chip(format!("{id} disk {}", disk_words(kernel, slot)), "mend", mend);
    }
    if let Some(lie) = &state.lie {
        let mend = Command::Lie { who: me, how: "off".into(), to: Vec::new(), span: None };
        chip(format!("{id} lies: {}", lie.how), "end", mend);
    }
}

fn quality_words(quality: &Quality) -> String {
    let mut words = String::new();
    let percent = |bp: u32| format!("{}%", f64::from(bp) / 100.0);
    let mut add = |text: String| {
        let space = if words.is_empty() { "" } else { ", " };
        let _ = write!(words, "{space}{text}");
    };
    if let Some(loss) = quality.loss {
        add(format!("loses {}", percent(loss)));
    }
    if let Some(delay) = quality.delay {
        add(format!("{delay} late"));
    }
    if let Some(duplicate) = quality.duplicate {
        add(format!("doubles {}", percent(duplicate)));
    }
    if let Some(reorder) = quality.reorder {
        add(format!("reorders {}", percent(reorder)));
    }
    if let Some(bandwidth) = quality.bandwidth {
        add(format!("{bandwidth} bytes/s"));
    }
    words
}

/// One chip for each quality, over all links that have it.
fn link_chips(kernel: &Kernel, chips: &mut Vec<Broken>) {
    let pairs = kernel.slots().len() * (kernel.slots().len().saturating_sub(1));
    let mut groups: SortedMap<String, Vec<(Slot, Slot)>> = SortedMap::new();
    for (from, to) in kernel.links.changed() {
        groups.entry(quality_words(&kernel.links.quality(from, to))).or_default().push((from, to));
    }
    for (words, links) in groups {
        let ok = |links| Command::Link { links, quality: None, span: None };
        each_link(kernel, &words, &links, pairs, "mend", ok, chips);
    }
    let held = kernel.links.held();
    if !held.is_empty() {
        each_link(kernel, "held", &held, pairs, "release", Command::Release, chips);
    }
}

fn each_link(
    kernel: &Kernel,
    words: &str,
    links: &[(Slot, Slot)],
    pairs: usize,
    verb: &'static str,
    mend: impl Fn(LinkSelector) -> Command,
    chips: &mut Vec<Broken>,
) {
    let mut push = |text: String, mend: Command, sides: Vec<Vec<ActorId>>| {
        chips.push(Broken { text, verb, mend, pothole: false, sides, one_way: false });
    };
    if links.len() == pairs {
        push(format!("every link {words}"), mend(LinkSelector::All), Vec::new());
        return;
    }
    for (from, to) in links {
        let (a, b) = (kernel.id(*from), kernel.id(*to));
        let both = links.contains(&(*to, *from));
        if both && from > to {
            continue;
        }
        let (a, b, sides) = (Who::Actor(a), Who::Actor(b), vec![vec![a], vec![b]]);
        let arrow = if both { "-" } else { "→" };
        let text = format!("{}{arrow}{} {words}", kernel.id(*from), kernel.id(*to));
        let selector = if both { LinkSelector::Both(a, b) } else { LinkSelector::Directed(a, b) };
        push(text, mend(selector), sides);
    }
}

// --- what a command would do ---

/// What a command would do, in a sentence, without doing it.
pub(super) fn preview<P: Protocol>(world: &World<P>, command: &Command) -> String {
    let roles = world.roles();
    let mut kernel = world.kernel.clone();
    let nodes: Vec<Slot> = kernel
        .slots()
        .filter(|slot| kernel.id(*slot).is_node() && kernel.actor(*slot).status != Status::Off)
        .collect();
    let reach = |kernel: &Kernel, slot: Slot| {
        nodes.iter().filter(|o| kernel.reaches(slot, **o) && kernel.reaches(**o, slot)).count()
    };
    match command {
        Command::Cut { .. } | Command::CutOneWay { .. } | Command::Mend(_) => {
            let before: Vec<usize> = nodes.iter().map(|slot| reach(&kernel, *slot)).collect();
            kernel.apply(command, &roles, kernel.events(), &mut crate::trace::Recorder::silent());
            let changed = nodes.iter().zip(before).filter(|(slot, was)| reach(&kernel, **slot) != *was);
            let told: Vec<String> = changed
                .map(|(slot, _)| {
                    format!("{} will reach {} of {}", kernel.id(*slot), reach(&kernel, *slot), nodes.len())
                })
                .collect();
            if told.is_empty() { "nothing changes".to_owned() } else { told.join("; ") }
        }
        Command::Crash { who, .. } => match kernel.find(who, &roles) {
            Some(slot) if kernel.runs(slot) => {
                let unsynced = world.stores.disks[usize::from(slot)].unsynced();
                let lost = match unsynced {
                    0 => "nothing on its disk is lost".to_owned(),
                    n => format!("up to {n} unsynced writes may be lost"),
                };
                format!("{} stops; {lost}", kernel.id(slot))
            }
            _ => "nothing to do".to_owned(),
        },
        Command::Pause { who, .. } => match kernel.find(who, &roles) {
            Some(slot) => format!("{} does nothing; what arrives waits", kernel.id(slot)),
            None => "nothing to do".to_owned(),
        },
        Command::Restart(who) => match kernel.find(who, &roles) {
            Some(slot) if !kernel.runs(slot) => format!("{} starts from its disk alone", kernel.id(slot)),
            _ => "nothing to do".to_owned(),
        },
        Command::Drop(which) | Command::Deliver(which) | Command::Duplicate(which) => {
            match kernel.find_message(which, &roles) {
                None => "nothing to do".to_owned(),
                Some(at) => {
                    let flight = kernel.flights.get(at);
                    format!("the {} from {} to {}", flight.kind, kernel.id(flight.from), kernel.id(flight.to))
                }
            }
        }
        Command::Heal(_) => "everything is mended; what is down restarts".to_owned(),
        _ => String::new(),
    }
}
