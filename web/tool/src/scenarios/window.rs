//! The window by hand: with the mouse, with fingers, with keys.

use serde_json::{Value, json};

use super::{Scenario, Stage, Watched, ensure};
use crate::browser::Screen;
use crate::browser::page::{Button, CTRL, Page, Rect, SHIFT, SOON};
use crate::error::{Error, Result};

pub const ALL: [Scenario; 9] = [
    Scenario {
        name: "first-screen",
        claim: "a newcomer sees one sentence and one button, and the button begins the lesson",
        flags: &[],
        run: first_screen,
    },
    Scenario {
        name: "crash-node",
        claim: "a node is crashed by clicking it, and restarted, and that is undone",
        flags: &[],
        run: crash_node,
    },
    Scenario {
        name: "draw-cut",
        claim: "a line drawn with the mouse cuts the links it crosses, and the chip mends them",
        flags: &[],
        run: draw_cut,
    },
    Scenario {
        name: "touch",
        claim: "on a phone a finger draws a cut, taps a node and crashes it",
        flags: &[],
        run: touch,
    },
    Scenario {
        name: "zoom",
        claim: "two fingers, or the wheel with Ctrl, make the cluster larger; the page itself stays as it is",
        flags: &[],
        run: zoom,
    },
    Scenario {
        name: "back-in-time",
        claim: "time goes back by key, by button and by the scrubber, and forward again",
        flags: &[],
        run: back_in_time,
    },
    Scenario {
        name: "palette",
        claim: "Ctrl+K and Ctrl+P open the palette instead of the browser's own, from wherever the focus is",
        flags: &[],
        run: palette,
    },
    Scenario {
        name: "link",
        claim: "a copied link opens the same run at the same moment in a new page",
        flags: &[],
        run: link,
    },
    Scenario {
        name: "kept",
        claim: "what was done is there again at the next visit, also when a link was opened first",
        flags: &[],
        run: kept,
    },
];

/// Opens the lab with everything in sight, at rest, a few seconds into the run.
pub fn in_the_lab(stage: &Stage<'_>, screen: Screen) -> Result<Watched> {
    let page = stage.visit(screen, "")?;
    page.click_on("Break something")?;
    page.until_state("!s.first")?;
    pause(&page)?;
    for _ in 0..60 {
        if page.state()?["moment"]["time_ns"].as_f64().is_some_and(|now| now > 2e9) {
            break;
        }
        page.press("ArrowRight", SHIFT)?;
        page.until_state("!s.playing")?;
    }
    page.until_state("s.moment.time_ns > 2e9")?;
    Ok(page)
}

/// Whether a cut stands, over the state as `s`. A pothole is broken too, but has no sides.
const A_CUT: &str = "s.broken.find((b) => b.includes(' | '))";

/// Holds the run.
pub fn pause(page: &Page) -> Result<()> {
    if page.state()?["playing"] == json!(true) {
        page.click_on("Pause")?;
    }
    page.until_state("!s.playing").map(drop)
}

/// The node that leads now.
pub fn leader(page: &Page) -> Result<String> {
    let name = page.until_state("s.actors.find((a) => a.role === 'leader')?.id")?;
    Ok(name.as_str().unwrap_or_default().to_owned())
}

fn place(page: &Page, node: &str) -> Result<Rect> {
    page.find(&format!("Node {node}"))
}

/// A line that crosses the links between `one` and both others of three, drawn where no node is.
fn line_around(page: &Page, one: &str, others: [&str; 2]) -> Result<[(f64, f64); 2]> {
    let (x, y) = place(page, one)?.middle();
    let mut ends = Vec::new();
    for other in others {
        let (ox, oy) = place(page, other)?.middle();
        ends.push(((x + ox) / 2.0, (y + oy) / 2.0));
    }
    let [(ax, ay), (bx, by)] = [ends[0], ends[1]];
    let (dx, dy) = ((bx - ax) * 0.3, (by - ay) * 0.3);
    Ok([(ax - dx, ay - dy), (bx + dx, by + dy)])
}

fn commands(state: &Value) -> Vec<String> {
    let all = state["run"]["commands"].as_array();
    all.into_iter().flatten().filter_map(|timed| timed["command"].as_str().map(str::to_owned)).collect()
}

fn first_screen(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    page.find("Three computers keep one shopping list. The crowned one answers.")?;
    page.until_state("s.first && s.playing")?;
    ensure(!page.shows("Pause")?, || "the first screen has controls".to_owned())?;
    let live = page.eval("document.getElementById('live').getAttribute('aria-live')")?;
    ensure(live == json!("polite"), || format!("the live line is {live}"))?;
    page.click_on("Cut the crowned one off")?;
    page.until_state(&format!("!s.first && s.lesson?.name === 'lost-write' && {A_CUT}"))?;
    page.find("The lost write")?;
    page.until("document.getElementById('live').textContent", SOON, "the story to be told aloud").map(drop)
}

fn crash_node(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.click_on("Node n2")?;
    page.until_state("s.selection?.actors?.join() === 'n2'")?;
    page.click_on("Crash")?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    page.press("c", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'up'")?;
    page.press("z", CTRL)?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    let (x, y) = place(&page, "n3")?.middle();
    page.click(x, y, Button::Right)?;
    page.click_on("Crash")?;
    page.until_state("s.actors.find((a) => a.id === 'n3').status === 'down'").map(drop)
}

fn draw_cut(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    // The first screen moves on: a line can be drawn while it does.
    let leader = leader(&page)?;
    let others: Vec<&str> = ["n1", "n2", "n3"].into_iter().filter(|node| *node != leader).collect();
    page.drag(&line_around(&page, &leader, [others[0], others[1]])?)?;
    let broken = page.until_state(A_CUT)?;
    let state = page.state()?;
    let cuts = commands(&state).iter().filter(|command| command.starts_with("cut")).count();
    ensure(cuts >= 1, || format!("no cut among {:?}", commands(&state)))?;
    page.click_on(&format!("mend {}", broken.as_str().unwrap_or_default()))?;
    page.until_state(&format!("!({A_CUT})")).map(drop)
}

fn touch(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::PHONE, "")?;
    let leader = leader(&page)?;
    let others: Vec<&str> = ["n1", "n2", "n3"].into_iter().filter(|node| *node != leader).collect();
    page.drag(&line_around(&page, &leader, [others[0], others[1]])?)?;
    page.until_state(A_CUT)?;
    page.click_on(&format!("Node {}", others[0]))?;
    page.until_state(&format!("s.selection?.actors?.join() === '{}'", others[0]))?;
    page.click_on("Crash")?;
    page.until_state(&format!("s.actors.find((a) => a.id === '{}').status === 'down'", others[0])).map(drop)
}

fn zoom(stage: &Stage<'_>) -> Result<()> {
    let apart = |page: &Page| -> Result<f64> {
        let ((ax, ay), (bx, by)) = (place(page, "n1")?.middle(), place(page, "n2")?.middle());
        Ok((ax - bx).hypot(ay - by))
    };
    for screen in [Screen::PHONE, Screen::DESK] {
        let page = in_the_lab(stage, screen)?;
        let before = apart(&page)?;
        let middle = page.find("Cluster")?.middle();
        if screen.touch {
            page.pinch(middle, 80.0, 200.0)?
        } else {
            page.wheel(middle, -240.0, CTRL)?
        }
        page.settle()?;
        let after = apart(&page)?;
        ensure(after > before * 1.3, || format!("n1 and n2 were {before:.0} apart and are {after:.0}"))?;
        let still = page.eval("[visualViewport.scale, scrollX, scrollY]")?;
        ensure(still == json!([1, 0, 0]), || format!("the page itself was scaled or scrolled: {still}"))?;
    }
    Ok(())
}

fn back_in_time(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let time = |page: &Page| -> Result<f64> {
        page.state()?["moment"]["time_ns"].as_f64().ok_or_else(|| Error::Page("no moment".to_owned()))
    };
    let start = time(&page)?;
    page.click_on("Step back")?;
    page.until_state("s.past")?;
    for _ in 0..5 {
        page.press("ArrowLeft", 0)?;
    }
    let stepped = time(&page)?;
    ensure(stepped < start, || format!("from {start} ns six steps back to {stepped} ns"))?;
    page.press("ArrowLeft", SHIFT)?;
    let event = time(&page)?;
    ensure(event <= stepped, || format!("from {stepped} ns one event back to {event} ns"))?;
    page.click_on("Step")?;
    let on = time(&page)?;
    ensure(on >= event, || format!("from {event} ns a step on to {on} ns"))?;
    let run = page.find("Whole run, moment shown")?;
    let at = |share: f64| (run.x + run.w * share, run.y + run.h / 2.0);
    page.drag(&[at(0.06), at(0.04), at(0.02)])?;
    let scrubbed = time(&page)?;
    ensure(scrubbed < start * 0.6, || format!("the scrubber went from {start} ns to {scrubbed} ns"))?;
    page.press("End", 0)?;
    page.until_state("!s.past")?;
    let end = time(&page)?;
    ensure((end - start).abs() < 1.0, || format!("the end is at {end} ns, and was at {start} ns"))?;
    page.press("Home", 0)?;
    page.until_state("s.past && s.moment.time_ns < 1e9").map(drop)
}

fn palette(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let prevented = "window.prevented = []; \
        addEventListener('keydown', (e) => { if (e.ctrlKey) setTimeout(() => window.prevented.push(e.key + e.defaultPrevented)) }, true); true";
    page.eval(prevented)?;
    page.press("k", CTRL)?;
    page.settle()?;
    page.type_text("crash n2")?;
    page.press("Enter", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    page.press("p", CTRL)?;
    page.settle()?;
    page.type_text("crash n3")?;
    page.press("Enter", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n3').status === 'down'")?;
    // With the focus outside the window, as after a click into a message of the page.
    page.eval("document.activeElement.blur(); true")?;
    page.press("k", CTRL)?;
    page.settle()?;
    page.type_text("restart n2")?;
    page.press("Enter", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'up'")?;
    let prevented = page.eval("window.prevented.filter((k) => k[0] === 'k' || k[0] === 'p').join()")?;
    ensure(prevented == json!("ktrue,ptrue,ktrue"), || {
        format!("the browser's own was kept from it: {prevented}")
    })
}

/// What a link must bring back.
fn moment(page: &Page) -> Result<Value> {
    page.eval("(({ run, moment, actors, broken, verdict }) => ({ run, moment, actors, broken, verdict }))(JSON.parse(window.potholes.state()))")
}

fn link(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.click_on("Node n1")?;
    page.press("x", 0)?;
    page.until_state(A_CUT)?;
    page.press(" ", 0)?;
    page.until_state("s.playing")?;
    pause(&page)?;
    for _ in 0..4 {
        page.press("ArrowRight", SHIFT)?;
        page.until_state("!s.playing")?;
    }
    for _ in 0..3 {
        page.press("ArrowLeft", 0)?;
    }
    page.click_on("Copy link")?;
    let link = page.until("navigator.clipboard.readText()", SOON, "a link on the clipboard")?;
    let link = link.as_str().unwrap_or_default().to_owned();
    ensure(link.starts_with(&format!("{}#", stage.url())), || format!("the clipboard has {link:?}"))?;
    let here = moment(&page)?;

    let other = stage.blank(Screen::DESK)?;
    other.open(&link)?;
    other.started()?;
    other.until_state("!s.playing")?;
    let there = moment(&other)?;
    ensure(here == there, || format!("here {here}\nthere {there}"))?;

    // The same in a page that is open already: only what stands after # changes.
    let third = stage.visit(Screen::PHONE, "")?;
    third.eval(&format!("location.hash = {}; true", json!(link.split('#').nth(1))))?;
    third.until_state(&format!("!s.first && {A_CUT}"))?;
    let third = moment(&third)?;
    ensure(here == third, || format!("here {here}\nthird {third}"))?;

    // What is no link is told, and what was there stays.
    other.eval("location.hash = 'nonsense'; true")?;
    other.settle()?;
    let still = moment(&other)?;
    ensure(still == there, || format!("before {there}\nafter {still}"))
}

fn kept(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.click_on("Node n2")?;
    page.click_on("Crash")?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    let link = page.state()?["link"].as_str().unwrap_or_default().to_owned();
    saved(&page, "crash n2")?;
    page.reload()?;
    page.started()?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    // Opened from a link and then worked on: a reload brings back the work.
    let other = stage.visit(Screen::DESK, &link)?;
    other.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    other.click_on("Node n3")?;
    other.click_on("Crash")?;
    other.until_state("s.actors.find((a) => a.id === 'n3').status === 'down'")?;
    other.until("location.hash === ''", SOON, "the address to let the old run go")?;
    saved(&other, "crash n3")?;
    other.reload()?;
    other.started()?;
    other.until_state("s.actors.find((a) => a.id === 'n3').status === 'down'").map(drop)
}

/// Waits until the window has kept `what` is done: it keeps its state every few seconds, and may have done so already.
fn saved(page: &Page, what: &str) -> Result<()> {
    let kept = format!("Object.values(localStorage).some((v) => v.includes({}))", json!(what));
    page.until(&kept, SOON, "the window to keep its state").map(drop)
}
