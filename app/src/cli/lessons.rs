//! `potholes lesson check`.

use ::lessons::{Lesson, check};
use serde_json::json;

use super::out::Out;
use super::{Bad, HELD, VIOLATION, short};

/// Replays lessons, a line each.
pub(crate) fn check(names: &[String], json: bool, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let mut code = HELD;
    for lesson in asked_for(names)? {
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

/// The lessons of these names, in their order; without a name all.
fn asked_for(names: &[String]) -> Result<Vec<&'static Lesson>, Bad> {
    if names.is_empty() {
        return Ok(::lessons::all().iter().collect());
    }
    names.iter().map(|name| named(name)).collect()
}

/// The lesson of that name.
pub(super) fn named(name: &str) -> Result<&'static Lesson, Bad> {
    ::lessons::find(name).ok_or_else(|| {
        let shown = short(name);
        let known: Vec<&str> = ::lessons::all().iter().map(|lesson| lesson.id.as_str()).collect();
        Bad::Said(format!("there is no lesson “{shown}”; there are {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_all_lessons_are_checked() {
        let ids = |names: &[&str]| -> Vec<&str> {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            asked_for(&names)
                .map_or_else(|_| Vec::new(), |all| all.iter().map(|one| one.id.as_str()).collect())
        };
        let all: Vec<&str> = ::lessons::all().iter().map(|lesson| lesson.id.as_str()).collect();
        assert_eq!(ids(&[]), all);
        assert_eq!(ids(&[all[1], all[0]]), [all[1], all[0]]);
        assert!(ids(&[all[0], "nowhere"]).is_empty());
    }
}
