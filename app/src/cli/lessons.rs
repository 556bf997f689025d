//! `potholes lesson check`.

use ::lessons::{Lesson, check};
use serde_json::json;

use super::out::Out;
use super::{Bad, HELD, VIOLATION, short};

/// Replays lessons, a line each.
pub(crate) fn check(names: &[String], json: bool, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let lessons: Vec<&'static Lesson> = if names.is_empty() {
        ::lessons::all().iter().collect()
    } else {
        names.iter().map(|name| named(name)).collect::<Result<_, _>>()?
    };
    let mut code = HELD;
    for lesson in lessons {
        let checked = check::check(lesson);
        if !checked.holds() {
            code = VIOLATION;
        }
        if json {
            let document = json!({
                "schema": 1,
                "lesson": checked.lesson,
                "holds": checked.holds(),
                "steps": checked.steps,
                "events": checked.events,
                "wrong": checked.wrong,
            });
            out.document(&document)?;
        } else if checked.holds() {
            out.line(&format!("{}: holds, {} steps", checked.lesson, checked.steps))?;
        } else {
            out.line(&format!("{}: {}", checked.lesson, checked.wrong.join("; ")))?;
        }
    }
    Ok(code)
}

/// The lesson of that name.
pub(super) fn named(name: &str) -> Result<&'static Lesson, Bad> {
    ::lessons::find(name).ok_or_else(|| {
        let shown = short(name);
        let known: Vec<&str> = ::lessons::all().iter().map(|lesson| lesson.id.as_str()).collect();
        Bad::Said(format!("there is no lesson “{shown}”; there are {}", known.join(", ")))
    })
}
