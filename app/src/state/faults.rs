//! From a fault's button or key and what is selected to the command that does it, or the one that takes it back: the same
//! button does both.

use std::sync::Arc;

use sim::command::{ClockChange, Command, DiskChange, LinkSelector, MessageSelector, Who};
use sim::view::{ActorView, Flight, Status, View};
use sim::{ActorId, Lab, Span};

use crate::action::Selection;
use crate::command::Command as Key;

/// How many times as long a slowed node works, at first.
pub const SLOW: u32 = 10;
/// How far a clock is set wrong, at first.
pub const CLOCK_STEP: Span = Span::millis(200);
/// How much a drifting clock drifts, at first: parts in 10⁹.
pub const CLOCK_DRIFT: i64 = 200_000;

/// Why a key found nothing to do.
pub const NOBODY: &str = "Select somebody first: click a node, or press its number";

/// A selected actor in commands.
pub fn who(actor: ActorId) -> Who {
    Who::Actor(actor)
}

/// What a fault's key does now.
///
/// # Errors
/// The sentence to show when nothing is selected that it applies to.
pub fn of_key(key: Key, selection: &Selection, view: &View, lab: &dyn Lab) -> Result<Vec<Command>, String> {
    if key == Key::Heal {
        return Ok(vec![Command::Heal(Vec::new())]);
    }
    if let (Key::CutOff, Selection::Link(from, to)) = (key, selection) {
        return Ok(vec![cut_link(*from, *to)]);
    }
    let actors = selection.actors();
    if actors.is_empty() {
        return Err(NOBODY.to_owned());
    }
    if key == Key::CutOff {
        return Ok(vec![cut_off(actors, view)]);
    }
    let each = actors.iter().filter_map(|actor| view.actor(*actor)).filter_map(|actor| one(key, actor, lab));
    let commands: Vec<Command> = each.collect();
    if commands.is_empty() { Err(format!("Nothing to {} there", word(key))) } else { Ok(commands) }
}

fn word(key: Key) -> String {
    key.entry().label.to_lowercase()
}

/// What a fault does to one actor, or how it is taken back where it is in force.
pub fn one(key: Key, actor: &ActorView, lab: &dyn Lab) -> Option<Command> {
    let who = who(actor.id);
    let gone = matches!(actor.status, Status::Down | Status::Off);
    Some(match key {
        Key::Crash if actor.id.is_client() => return None,
        Key::Crash if gone => Command::Restart(who),
        Key::Crash => Command::Crash { who, keep: None, torn: false },
        Key::PauseNode if gone => return None,
        Key::PauseNode if actor.status == Status::Paused => Command::Resume(who),
        Key::PauseNode => Command::Pause { who, span: None },
        Key::Slow => Command::Slow { who, factor: if actor.slow > 1 { 1 } else { SLOW }, span: None },
        Key::Clock => Command::Clock { who, change: ClockChange::Step(CLOCK_STEP.0 as i64), span: None },
        Key::Disk if actor.id.is_client() => return None,
        Key::Disk if !actor.disk.is_empty() => Command::Disk { who, change: DiskChange::Ok, span: None },
        Key::Disk => Command::Disk { who, change: DiskChange::Slow(SLOW), span: None },
        Key::FireTimer if gone || actor.id.is_client() => return None,
        Key::FireTimer => Command::Fire { who, timer: Arc::from(*lab.timers().first()?) },
        _ => return None,
    })
}

/// The word on a fault's button: what pressing it does to this actor now.
pub fn label(key: Key, actor: &ActorView) -> &'static str {
    match key {
        Key::Crash if matches!(actor.status, Status::Down) => "Restart",
        Key::Crash if matches!(actor.status, Status::Off) => "Start",
        Key::PauseNode if actor.status == Status::Paused => "Resume",
        Key::Slow if actor.slow > 1 => "Usual pace",
        _ => key.entry().label,
    }
}

/// Cuts these off from all other nodes, or mends exactly that cut where it stands.
pub fn cut_off(actors: &[ActorId], view: &View) -> Command {
    let mut wanted = actors.to_vec();
    wanted.sort_unstable();
    let standing = view.broken.iter().find(|broken| {
        let mut side = broken.sides.first().cloned().unwrap_or_default();
        side.sort_unstable();
        !broken.pothole && broken.sides.len() > 1 && !broken.one_way && side == wanted
    });
    match standing {
        Some(broken) => broken.mend.clone(),
        None => Command::Cut { groups: vec![wanted.into_iter().map(who).collect()], span: None },
    }
}

/// Cuts one link, both directions.
pub fn cut_link(from: ActorId, to: ActorId) -> Command {
    Command::Cut { groups: vec![vec![who(from)], vec![who(to)]], span: None }
}

/// A command of the menus: its words, and what it does.
pub struct Choice {
    /// On the menu.
    pub label: String,
    /// Does this.
    pub command: Command,
}

fn choice(label: impl Into<String>, command: Command) -> Choice {
    Choice { label: label.into(), command }
}

/// What can be done to a clock.
pub fn clock_choices(actor: ActorId) -> Vec<Choice> {
    let step = |nanos: i64| Command::Clock { who: who(actor), change: ClockChange::Step(nanos), span: None };
    let drift = |ppb: i64| Command::Clock { who: who(actor), change: ClockChange::Drift(ppb), span: None };
    vec![
        choice("Step 200 ms ahead", step(CLOCK_STEP.0 as i64)),
        choice("Step 200 ms back", step(-(CLOCK_STEP.0 as i64))),
        choice("Step 5 s ahead", step(5_000_000_000)),
        choice("Step 5 s back", step(-5_000_000_000)),
        choice("Drift 200 ppm fast", drift(CLOCK_DRIFT)),
        choice("Drift 200 ppm slow", drift(-CLOCK_DRIFT)),
        choice("Drift 10 % fast", drift(100_000_000)),
        choice("Drift 10 % slow", drift(-100_000_000)),
        choice("No drift", drift(0)),
    ]
}

/// What can be done to a disk.
pub fn disk_choices(actor: ActorId) -> Vec<Choice> {
    let disk = |change| Command::Disk { who: who(actor), change, span: None };
    vec![
        choice("Slow, ten times", disk(DiskChange::Slow(SLOW))),
        choice("Slow, a hundred times", disk(DiskChange::Slow(100))),
        choice("Fail each write", disk(DiskChange::Fail)),
        choice("Full", disk(DiskChange::Full)),
        choice("Damage the newest write", disk(DiskChange::Corrupt)),
        choice("Wipe it", disk(DiskChange::Wipe)),
        choice("As it was", disk(DiskChange::Ok)),
    ]
}

/// Everything else that can happen to an actor.
pub fn more_choices(actor: ActorId, lab: &dyn Lab) -> Vec<Choice> {
    let mut choices = Vec::new();
    let me = || who(actor);
    if actor.is_node() {
        choices.push(choice(
            "Crash, and lose every unsynced write",
            Command::Crash { who: me(), keep: Some(0), torn: false },
        ));
        choices.push(choice(
            "Crash in the middle of a write",
            Command::Crash { who: me(), keep: None, torn: true },
        ));
        for timer in lab.timers() {
            let command = Command::Fire { who: me(), timer: Arc::from(*timer) };
            choices.push(choice(format!("Fire its {timer} timer"), command));
        }
    }
    let span = Some(Span::millis(300));
    choices.push(choice("Pause for 300 ms", Command::Pause { who: me(), span }));
    choices
        .push(choice("Slow for 2 s", Command::Slow { who: me(), factor: SLOW, span: Some(Span::secs(2)) }));
    choices.push(choice("Hold its messages", Command::Hold(LinkSelector::Of(me()))));
    choices.push(choice("Release what is held", Command::Release(LinkSelector::Of(me()))));
    if actor.is_node() {
        for lie in lab.lies() {
            let command = Command::Lie { who: me(), how: Arc::from(*lie), to: Vec::new(), span: None };
            choices.push(choice(format!("Lie: {lie}"), command));
        }
        choices.push(choice("Heal this one", Command::Heal(vec![me()])));
    }
    choices
}

/// What can be done to a link.
pub fn link_choices(from: ActorId, to: ActorId) -> Vec<Choice> {
    let (a, b) = (|| who(from), || who(to));
    let one_way = |from, to| Command::CutOneWay { from: vec![from], to: vec![to], span: None };
    let quality = |quality| Command::Link { links: LinkSelector::Both(a(), b()), quality, span: None };
    let loss = |loss| Some(sim::command::Quality { loss: Some(loss), ..Default::default() });
    let delay = Some(sim::command::Quality { delay: Some(Span::millis(100)), ..Default::default() });
    let twice = Some(sim::command::Quality { duplicate: Some(5_000), ..Default::default() });
    let reorder = Some(sim::command::Quality { reorder: Some(5_000), ..Default::default() });
    vec![
        choice("Cut", cut_link(from, to)),
        choice(format!("Cut only {from} to {to}"), one_way(a(), b())),
        choice(format!("Cut only {to} to {from}"), one_way(b(), a())),
        choice("Lose one in ten", quality(loss(1_000))),
        choice("Lose one in two", quality(loss(5_000))),
        choice("100 ms slower", quality(delay)),
        choice("Send every other twice", quality(twice)),
        choice("Out of order", quality(reorder)),
        choice("Hold its messages", Command::Hold(LinkSelector::Both(a(), b()))),
        choice("Release what is held", Command::Release(LinkSelector::Both(a(), b()))),
        choice("As it was", quality(None)),
    ]
}

/// A message in flight, in commands.
pub fn selector(flight: &Flight) -> MessageSelector {
    MessageSelector {
        from: Some(who(flight.from)),
        to: Some(who(flight.to)),
        kind: Some(Arc::from(flight.kind)),
        number: flight.number,
    }
}

/// What can be done to a message in flight.
pub fn message_choices(flight: &Flight, lab: &dyn Lab) -> Vec<Choice> {
    let which = || selector(flight);
    let mut choices = vec![
        choice("Lose it", Command::Drop(which())),
        choice("Deliver it now", Command::Deliver(which())),
        choice("Delay it by 50 ms", Command::Delay { which: which(), by: Span::millis(50) }),
        choice("Delay it by 500 ms", Command::Delay { which: which(), by: Span::millis(500) }),
        choice("Send it twice", Command::Duplicate(which())),
        choice("Lose the next three like it", Command::DropNext { count: 3, which: which() }),
    ];
    for how in lab.lies() {
        choices
            .push(choice(format!("Bend it: {how}"), Command::Bend { which: which(), how: Arc::from(*how) }));
    }
    choices
}
