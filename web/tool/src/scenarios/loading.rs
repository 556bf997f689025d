//! Loading: the page comes up, in both themes and on a phone; without WebGL it says so.

use serde_json::json;

use super::{Scenario, Stage, ensure};
use crate::browser::Screen;
use crate::browser::page::SOON;
use crate::error::Result;

pub const ALL: [Scenario; 5] = [
    Scenario {
        name: "loads",
        claim: "the page loads, its progress goes away, the program draws",
        flags: &[],
        run: loads,
    },
    Scenario {
        name: "themes",
        claim: "the ground is dark or light as the system asks, from the first moment",
        flags: &[],
        run: themes,
    },
    Scenario {
        name: "phone",
        claim: "on a phone the window fills the screen and nothing scrolls",
        flags: &[],
        run: phone,
    },
    Scenario {
        name: "mirror",
        claim: "what is on the canvas is there for a screen reader, and can be activated by one",
        flags: &[],
        run: mirror,
    },
    Scenario {
        name: "no-webgl",
        claim: "without WebGL the page says so, says what helps, and still answers run",
        flags: &["--disable-gpu", "--disable-3d-apis"],
        run: no_webgl,
    },
];

fn loads(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    page.settle()?;
    let exported = page.eval("Object.keys(window.potholes).sort().join()")?;
    ensure(exported == json!("locate,run,state"), || format!("window.potholes has {exported}"))?;
    page.until("document.querySelectorAll('#mirror > *').length", SOON, "anything with a name on screen")?;
    // A canvas of one colour has drawn nothing.
    let picture = page.picture()?;
    ensure(picture.len() > 4000, || {
        format!("the picture has only {} bytes: is anything drawn?", picture.len())
    })?;
    let elsewhere = page.eval(&format!(
        "performance.getEntriesByType('resource').map((e) => e.name).filter((n) => !n.startsWith({}))",
        json!(stage.url())
    ))?;
    ensure(elsewhere == json!([]), || format!("the page asked elsewhere: {elsewhere}"))
}

fn themes(stage: &Stage<'_>) -> Result<()> {
    for (dark, ground) in [(true, "rgb(15, 20, 25)"), (false, "rgb(243, 245, 248)")] {
        let page = stage.blank(Screen { dark, ..Screen::DESK })?;
        page.open(stage.url())?;
        let before = page.eval("getComputedStyle(document.body).backgroundColor")?;
        ensure(before == json!(ground), || {
            format!("before the program the ground is {before}, not {ground}")
        })?;
        page.started()?;
        let after = page.eval("getComputedStyle(document.body).backgroundColor")?;
        ensure(after == json!(ground), || format!("with the program the ground is {after}, not {ground}"))?;
    }
    Ok(())
}

fn phone(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::PHONE, "")?;
    let sizes = page.eval(
        "(() => { const c = document.getElementById('app').getBoundingClientRect(); \
         return [c.x, c.y, c.width, c.height, document.documentElement.scrollHeight, innerWidth, innerHeight] })()",
    )?;
    ensure(sizes == json!([0, 0, 390, 844, 844, 390, 844]), || format!("the canvas lies {sizes}"))?;
    let pixels = page.eval("(({ width, height }) => [width, height])(document.getElementById('app'))")?;
    ensure(pixels == json!([780, 1688]), || {
        format!("the canvas has {pixels} pixels: the picture is blurred")
    })?;
    let touch = page.eval("getComputedStyle(document.getElementById('app')).touchAction")?;
    ensure(touch == json!("none"), || format!("touch-action is {touch}: the browser takes gestures"))
}

fn mirror(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    let button = "[...document.querySelectorAll('#mirror [role=button]:not([aria-disabled])')]\
                  .find((e) => e.ariaLabel && window.potholes.locate(e.ariaLabel))";
    page.until(&format!("Boolean({button})"), SOON, "a button in the mirror")?;
    // Where the mirror says it is, there it is on the canvas.
    let apart = page.eval(&format!(
        "(() => {{ const e = {button}, b = e.getBoundingClientRect(), at = window.potholes.locate(e.ariaLabel); \
         return Math.max(Math.abs(b.x - at.x), Math.abs(b.y - at.y), Math.abs(b.width - at.w)) }})()"
    ))?;
    ensure(apart.as_f64().is_some_and(|apart| apart <= 2.0), || format!("{apart} pixels apart"))?;
    // A pointer goes through to the canvas.
    let hit = page.eval(&format!(
        "(() => {{ const b = {button}.getBoundingClientRect(); \
         return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2).id }})()"
    ))?;
    ensure(hit == json!("app"), || format!("a click would hit {hit}"))?;
    // What a screen reader would do to activate it; the mirror hands it to the window.
    page.until_state("s.first")?;
    let pressed = "[...document.querySelectorAll('#mirror [role]')].find((e) => e.ariaLabel === 'Break something')?.click()";
    page.eval(&format!("{pressed}; true"))?;
    page.until_state("!s.first")?;
    let named = page.eval("[...document.querySelectorAll('#mirror [role]')].every((e) => e.ariaLabel)")?;
    ensure(named == json!(true), || "something in the mirror has no name".to_owned())
}

fn no_webgl(stage: &Stage<'_>) -> Result<()> {
    let page = stage.blank(Screen::DESK)?;
    page.open(stage.url())?;
    let words = page.until(
        "!document.getElementById('no-webgl').hidden && document.getElementById('no-webgl').innerText",
        SOON,
        "the page to say that WebGL is missing",
    )?;
    let words = words.as_str().unwrap_or_default();
    for needed in ["WebGL", "hardware acceleration", "cargo run --release"] {
        ensure(words.contains(needed), || format!("the message does not speak of {needed}: {words}"))?;
    }
    let answer = page.until("window.potholes?.run('nonsense')", SOON, "window.potholes without a window")?;
    ensure(answer.as_str().is_some_and(|answer| answer.contains("\"error\"")), || {
        format!("it answered {answer}")
    })
}
