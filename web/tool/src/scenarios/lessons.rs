//! Both lessons, finished by doing their steps.

use std::time::Duration;

use serde_json::json;

use super::{Scenario, Stage, ensure};
use crate::browser::Screen;
use crate::browser::page::Page;
use crate::error::Result;

pub const ALL: [Scenario; 2] = [
    Scenario {
        name: "lost-write",
        claim: "the first lesson is finished by doing its steps, from the first screen",
        flags: &[],
        run: lost_write,
    },
    Scenario {
        name: "nobody-hears",
        claim: "the second lesson is finished by doing its steps, with the keyboard where there is a key",
        flags: &[],
        run: nobody_hears,
    },
];

/// How long a step may play on by itself.
const STEP: Duration = Duration::from_secs(90);

/// What a learner does at a step.
enum Do {
    /// Chooses an answer and stands by it.
    Guess(&'static str),
    /// Presses a button.
    Press(&'static str),
    /// Presses a key with the window in focus.
    Key(&'static str),
    /// Clicks something on the canvas.
    Click(&'static str),
    /// Types into the field that has the focus, and sends it off.
    Type(&'static str),
}

/// Does what a step asks for, waits until the lesson is content, and goes on.
fn step(stage: &Stage<'_>, page: &Page, number: u64, doings: &[Do], last: bool) -> Result<()> {
    page.until(
        &format!("JSON.parse(window.potholes.state()).lesson?.step === {number}"),
        STEP,
        &format!("step {} of the lesson", number + 1),
    )?;
    for doing in doings {
        match doing {
            Do::Guess(answer) => {
                page.find_within(answer, STEP)?;
                page.click_on(answer)?;
                page.click_on("That is my guess")?;
            }
            Do::Press(button) => {
                page.find_within(button, STEP)?;
                page.click_on(button)?;
            }
            Do::Key(key) => page.press(key, 0)?,
            Do::Click(thing) => page.click_on(thing)?,
            Do::Type(text) => {
                page.type_text(text)?;
                page.press("Enter", 0)?;
            }
        }
    }
    page.find_within(if last { "To keep" } else { "Continue" }, STEP)?;
    stage.picture(page, &format!("step-{}", number + 1))?;
    if last { Ok(()) } else { page.click_on("Continue") }
}

fn walk(stage: &Stage<'_>, page: &Page, steps: &[&[Do]]) -> Result<()> {
    for (number, doings) in steps.iter().enumerate() {
        step(stage, page, number as u64, doings, number + 1 == steps.len())?;
    }
    Ok(())
}

/// A learner watches; this one has seen it.
fn hurry(page: &Page) -> Result<()> {
    (0..4).try_for_each(|_| page.press(".", 0))
}

fn lost_write(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    // One who watches sees milk answered before the cut.
    page.until(
        "(({ playing, moment }) => !playing || moment.time_ns > 6e8)(JSON.parse(window.potholes.state()))",
        STEP,
        "the first writes",
    )?;
    page.click_on("Cut the crowned one off")?;
    hurry(&page)?;
    walk(
        stage,
        &page,
        &[
            &[],
            &[Do::Guess("ok"), Do::Press("Add tea")],
            &[Do::Guess("nowhere"), Do::Press("Mend the cut")],
            &[Do::Press("Read the list")],
            &[Do::Guess("n1 alone")],
            &[Do::Press("The same again")],
            &[Do::Guess("No")],
        ],
    )?;
    let next = page.shows("Next: The leader nobody hears")?;
    ensure(next, || "the end of the first lesson does not lead to the second".to_owned())
}

fn nobody_hears(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    page.click_on("Lessons")?;
    page.click_on("The leader nobody hears")?;
    page.until_state("s.lesson?.name === 'leader-nobody-hears'")?;
    hurry(&page)?;
    walk(
        stage,
        &page,
        &[
            &[Do::Click("Node n1"), Do::Key("x")],
            &[Do::Guess("one of them takes over, and n1 goes on believing that it leads")],
            &[Do::Guess("nothing, until it gives up"), Do::Press("Send the write")],
            &[Do::Guess("n1 throws it away"), Do::Press("Mend the cut")],
            &[Do::Guess("milk"), Do::Press("Read from n1")],
            &[
                Do::Press("turn off pothole: reads ask nobody"),
                Do::Key("a"),
                Do::Press("c2"),
                Do::Press("get"),
                Do::Press("What to ask for"),
                Do::Type("list to n1"),
            ],
            &[Do::Guess("No, four others may have given the lock away")],
        ],
    )?;
    let verdict = page.state()?["verdict"]["guarantee"].clone();
    ensure(verdict == json!("linearizable"), || format!("the verdict is about {verdict}"))
}
