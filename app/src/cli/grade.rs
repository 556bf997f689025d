//! `potholes grade`: whether the runs that were handed in do what their assignment asks for.

use std::path::Path;

use ::run::{Playback, Progress, Run};

use super::out::Out;
use super::{Bad, HELD, VIOLATION, ask, short};
use crate::state::linked::{Linked, faults_of};

/// Steps in all that a judge may take for one hand-in, a hundred thousand at a time.
const ROUNDS: u32 = 200;
const STEPS: u64 = 100_000;

/// Grades each hand-in: a link, or a file that holds one.
pub(crate) fn grade(handed_in: &[String], out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let mut code = HELD;
    for from in handed_in {
        let is_file = Path::new(from).is_file();
        if !is_file && ask::is_a_name(from) {
            return Err(Bad::Said(format!("there is no file “{}”", short(from))));
        }
        let link = if is_file { ask::read(Path::new(from))? } else { from.clone() };
        let named = if is_file { from.clone() } else { format!("{}…", short(from)) };
        let linked = Linked::read(&link);
        if let Some(wrong) = linked.wrong {
            return Err(Bad::Said(format!("{named}: {wrong}")));
        }
        let (Some(run), Some(assignment)) = (linked.run, linked.assignment) else {
            return Err(Bad::Said(format!(
                "{named}: no assignment stands in this link: “Hand in” copies one"
            )));
        };
        let opened = Run::from_link(&run).map_err(|wrong| Bad::Said(format!("{named}: {wrong}")))?;
        let mut playback = Playback::new(opened.run);
        playback.show(opened.shown);
        let mut rounds = 0;
        while playback.work(STEPS) != Progress::Done && rounds < ROUNDS {
            rounds += 1;
        }
        let done = assignment.holds(&playback);
        if !done {
            code = VIOLATION;
        }
        let faults = faults_of(playback.run());
        let word = if done { "done" } else { "not done" };
        let many = if faults == 1 { "" } else { "s" };
        out.line(&format!("{named}: {word}, with {faults} fault{many}: {}", assignment.task))?;
    }
    Ok(code)
}
