//! A crash: the page says what happened and offers the run again.

use serde_json::json;

use super::{Scenario, Stage, ensure};
use crate::browser::Screen;
use crate::browser::page::SOON;
use crate::error::Result;

pub const ALL: [Scenario; 1] = [Scenario {
    name: "panic",
    claim: "a panic is told in words, and its link reopens the run",
    flags: &[],
    run: panic,
}];

fn panic(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    // The module is the one the page has loaded: modules are loaded once.
    let broke = "(() => { const script = performance.getEntriesByType('resource').map((e) => e.name)\
                 .find((n) => n.includes('/potholes.js?v=')); \
                 return import(script).then((m) => { try { m.break_on_purpose('on purpose') } catch {} return true }) })()";
    page.eval(broke)?;
    let words = page.until(
        "!document.getElementById('crashed').hidden && document.getElementById('crashed').innerText",
        SOON,
        "the page to tell of the crash",
    )?;
    ensure(words.as_str().is_some_and(|words| words.contains("on purpose")), || format!("it says {words}"))?;
    page.forgive()?;
    let link = page.eval("document.getElementById('crashed-again').hash")?;
    ensure(link.as_str().is_some_and(|link| link.len() > 1), || format!("the link is {link}"))?;
    let at = page.eval(
        "(({ x, y, width, height }) => [x + width / 2, y + height / 2])\
                        (document.getElementById('crashed-again').getBoundingClientRect())",
    )?;
    let (x, y) = (at[0].as_f64().unwrap_or_default(), at[1].as_f64().unwrap_or_default());
    page.click_away(x, y)?;
    page.started()?;
    let again = page.eval("location.hash")?;
    ensure(again == link || again == json!(""), || format!("reopened at {again}, not at {link}"))?;
    page.forgive()
}
