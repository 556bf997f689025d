//! `potholes break`: searches for a run that breaks a promise, makes it small, and says how to see it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ::run::hunt::{Broken, Goal, Made, Progress};
use ::run::report::SCHEMA;
use ::run::{Run, sweep};
use serde_json::json;
use sim::{Moment, Span};

use super::args::Break;
use super::out::Out;
use super::run::digest_at;
use super::{Bad, HELD, OPEN, VIOLATION, file};
use crate::pursuit::{Pursuit, Standing};

/// Between two looks at how far it is.
const PATIENCE: Duration = Duration::from_millis(100);

/// Breaks a promise of a lab.
pub(crate) fn break_it(asked: &Break, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let base = asked.what.run()?;
    let goal = Goal::parse(&base, &asked.guarantee).map_err(Bad::said)?;
    let budget: Span = asked.budget.parse().map_err(|wrong| Bad::Said(format!("--budget: {wrong}")))?;
    let began = Instant::now();
    let interrupted = out.interrupted();
    let mut pursuit = Pursuit::start(&base, goal, Some(budget.seconds()));
    let standing = loop {
        let standing = pursuit.look();
        if standing.ended {
            break standing;
        }
        if interrupted.load(Ordering::Relaxed) || out.closed() {
            // It ends soon, with what it has: looked at only then, or the last find is missed.
            pursuit.stop();
        }
        out.progress(&progress(&standing));
        std::thread::sleep(PATIENCE);
    };
    let wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if asked.json {
        out.document(&document(&base, goal, &standing, wall_ms))?;
    } else {
        out.line(&told(&base, goal, &standing, wall_ms))?;
    }
    // Told first: what was searched for so long is not lost with a file that cannot be written.
    if let (Some(path), Some((run, broken, _))) = (&asked.save, &standing.best) {
        let shown = Moment::end_of(broken.at);
        file::write(path, run.write(Some(shown), Some(digest_at(run, shown))))?;
    }
    Ok(match &standing.best {
        Some(_) => VIOLATION,
        None if standing.tried.0 == 0 => OPEN,
        None => HELD,
    })
}

fn link(run: &Run, broken: &Broken) -> String {
    let shown = Moment::end_of(broken.at);
    run.to_link(shown, Some(digest_at(run, shown)))
}

fn progress(standing: &Standing) -> String {
    match &standing.progress {
        Progress::Hunting { attempts, events, found } => {
            format!("{attempts} runs, {events} events, {found} of them break it")
        }
        Progress::Shrinking { now: Made { before, after, attempts } } => {
            format!("found; {before} commands shrunk to {after} in {attempts} runs")
        }
        Progress::Done => "done".to_owned(),
    }
}

fn document(base: &Run, goal: Goal, standing: &Standing, wall_ms: u64) -> serde_json::Value {
    let (attempts, events) = standing.tried;
    let found = standing.best.as_ref().map(|(run, broken, made)| {
        json!({
            "broken": broken.goal.name(run.lab()),
            "at_ns": broken.at.0,
            "sentence": broken.sentence,
            "blame": broken.blame.sentence(),
            "seed": run.seed,
            "set": run.parameters.changed(),
            "commands": run.commands.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "commands_before": made.before,
            "shrinking_runs": made.attempts,
            "replay": sweep::replay(run),
            "link": link(run, broken),
        })
    });
    json!({
        "schema": SCHEMA,
        "lab": base.lab_id(),
        "guarantee": goal.name(base.lab()),
        "found": found,
        "attempts": attempts,
        "events": events,
        "wall_ms": wall_ms,
    })
}

fn told(base: &Run, goal: Goal, standing: &Standing, wall_ms: u64) -> String {
    let (attempts, events) = standing.tried;
    let seconds = wall_ms as f64 / 1000.0;
    let Some((run, broken, made)) = &standing.best else {
        let name = goal.name(base.lab());
        if attempts == 0 {
            return format!("{}: nothing was tried against “{name}”: the time was over", base.lab_id());
        }
        return format!(
            "{}: “{name}” was not broken. Tried {attempts} runs with {events} events in {seconds:.1} s, under chaos and \
             with faults at moments that matter.",
            base.lab_id()
        );
    };
    let mut lines = vec![told_broken(run, broken, *made)];
    lines.extend(run.commands.iter().map(|timed| format!("  {timed}")));
    lines.push(format!("  see it:  {}", sweep::replay(run)));
    lines.push(format!("  link:    #{}", link(run, broken)));
    lines.push(format!("Found after {attempts} runs with {events} events; {seconds:.1} s in all."));
    lines.join("\n")
}

fn told_broken(run: &Run, broken: &Broken, made: Made) -> String {
    let name = broken.goal.name(run.lab());
    format!(
        "{}, seed {}: “{name}” broken at {} ({} commands, shrunk to {}). {}\n  {}",
        run.lab_id(),
        run.seed,
        broken.at,
        made.before,
        made.after,
        broken.sentence,
        broken.blame.sentence()
    )
}
