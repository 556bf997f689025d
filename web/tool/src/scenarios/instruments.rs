//! The instruments by hand: why, what one node can know, what if, side by side, break it, exports, figures, scripts,
//! lectures.

use std::time::Duration;

use serde_json::{Value, json};

use super::window::{in_the_lab, leader, pause};
use super::{Scenario, Stage, ensure};
use crate::browser::Screen;
use crate::browser::page::{CTRL, Page, Rect, SHIFT, SOON};
use crate::error::Result;

pub const ALL: [Scenario; 10] = [
    Scenario {
        name: "why",
        claim: "a lamp, a node and a message answer why, each step of the answer is a jump",
        flags: &[],
        run: why,
    },
    Scenario {
        name: "knowledge",
        claim: "one node's knowledge is shown instead of everything, and everything again",
        flags: &[],
        run: knowledge,
    },
    Scenario {
        name: "what-if",
        claim: "what is done in the past makes a branch; branches are compared, and one jumps to where they part",
        flags: &[],
        run: what_if,
    },
    Scenario {
        name: "side-by-side",
        claim: "another lab stands beside, gets the same faults and plays along",
        flags: &[],
        run: side_by_side,
    },
    Scenario {
        name: "break-it",
        claim: "a pothole is switched on, its broken promise found, and the moment at which it was decided looked for",
        flags: &[],
        run: break_it,
    },
    Scenario {
        name: "diagram",
        claim: "the wheel makes the space-time diagram larger, and it is saved as a drawing and as a log for others",
        flags: &[],
        run: diagram,
    },
    Scenario {
        name: "figures",
        claim: "figures of this run lead back to its moments, and a published figure is made again in the page",
        flags: &[],
        run: figures,
    },
    Scenario {
        name: "script",
        claim: "what was done stands in a list, to which one adds and from which one takes, and the run goes otherwise",
        flags: &[],
        run: script,
    },
    Scenario {
        name: "models",
        claim: "the map of models says what this run keeps, and explains a model on a click",
        flags: &[],
        run: models,
    },
    Scenario {
        name: "lecture",
        claim: "a run is presented by keys, embedded without panels, given as an assignment and solved; the gallery plays",
        flags: &[],
        run: lecture,
    },
];

/// For what a search or some hundred runs must come to first.
const LONG: Duration = Duration::from_secs(180);

/// What everything on screen is called.
const NAMES: &str = "[...document.querySelectorAll('#mirror > *')].map((e) => e.ariaLabel || e.textContent)";

/// Waits until something on screen says this among other words, and answers with all it says. The mirror is brought up to
/// date a few times a second: what it names must be in the window still.
fn told(page: &Page, part: &str, patience: Duration) -> Result<Value> {
    let one =
        format!("{NAMES}.find((name) => name.includes({}) && window.potholes.locate(name))", json!(part));
    page.until(&one, patience, &format!("something that says {part:?}"))
}

/// Waits until nothing on screen says this any more.
fn gone(page: &Page, part: &str) -> Result<()> {
    let none = format!("!{NAMES}.some((name) => name.includes({}))", json!(part));
    page.until(&none, SOON, &format!("nothing to say {part:?}")).map(drop)
}

/// The moment shown, in nanoseconds.
fn now(page: &Page) -> Result<f64> {
    Ok(page.state()?["moment"]["time_ns"].as_f64().unwrap_or_default())
}

/// Opens the palette, types and takes the first that fits.
fn by_palette(page: &Page, text: &str) -> Result<()> {
    page.press("k", CTRL)?;
    page.settle()?;
    page.type_text(text)?;
    page.settle()?;
    page.press("Enter", 0)?;
    page.settle()
}

fn why(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let leader = leader(&page)?;
    page.click_on(&format!("Node {leader}"))?;
    page.find("Why is it leader?")?;
    told(&page, "became leader", SOON)?;
    stage.picture(&page, "node")?;
    let before = now(&page)?;
    let step = told(&page, "asks for votes", SOON)?;
    page.click_on(step.as_str().unwrap_or_default())?;
    page.until_state(&format!("s.moment.time_ns < {before}"))?;
    page.find("Why did that happen?")?;
    told(&page, "led to it and", SOON)?;
    stage.picture(&page, "causes")?;
    page.press("Escape", 0)?;
    gone(&page, "led to it and")?;
    page.press("End", 0)?;
    page.until_state("!s.past")?;
    let message = told(&page, "Message ", SOON)?;
    page.click_on(message.as_str().unwrap_or_default())?;
    page.find("Why was it sent?").map(drop)
}

fn knowledge(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.click_on("Node n3")?;
    page.press("x", 0)?;
    page.until_state("s.broken.find((b) => b.includes(' | '))")?;
    page.click_on("Node n1")?;
    page.press("c", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n1').status === 'down'")?;
    page.click_on("Node n3")?;
    page.click_on("What can n3 know?")?;
    page.find("only what n3 can know")?;
    // Nobody told it of the crash.
    gone(&page, "Node n1, down")?;
    stage.picture(&page, "of-one-node")?;
    page.press("q", 0)?;
    gone(&page, "only what n3 can know")?;
    page.find("Node n1, down").map(drop)
}

fn what_if(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let end = now(&page)?;
    for _ in 0..4 {
        page.press("ArrowLeft", SHIFT)?;
    }
    page.until_state("s.past")?;
    let parted = now(&page)?;
    ensure(parted < end, || format!("four events back from {end} ns is {parted} ns"))?;
    page.click_on("Node n2")?;
    page.press("c", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    page.click_on("2 branches")?;
    page.find("The ways this run has gone")?;
    page.click_on("compare")?;
    told(&page, "n2 crashes", SOON)?;
    stage.picture(&page, "compared")?;
    page.click_on("Go there")?;
    page.until_state(&format!("s.moment.time_ns >= {parted}")).map(drop)
}

fn side_by_side(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.press("v", 0)?;
    page.click_on("PBFT")?;
    page.find_within("Right, PBFT", LONG)?;
    page.find("Left, Raft")?;
    page.click_on("Node n2")?;
    page.press("c", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n2').status === 'down'")?;
    stage.picture(&page, "both")?;
    let at = now(&page)?;
    page.click_on("Play")?;
    page.until_state(&format!("s.playing && s.moment.time_ns > {at}"))?;
    pause(&page)?;
    // The node that was clicked has the panel now.
    page.press("v", 0)?;
    page.click_on("This run alone")?;
    gone(&page, "Right, PBFT")
}

fn break_it(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.press("o", 0)?;
    page.click_on("reads ask nobody")?;
    page.until_state("s.broken.some((b) => b.includes('reads ask nobody'))")?;
    page.click_on("Break it for me")?;
    // What is found is then made small.
    page.find_within("Play it", LONG)?;
    page.until_state("s.verdict.holds === false && s.verdict.sentence")?;
    stage.picture(&page, "found")?;
    page.click_on("Not linearizable")?;
    // It stands below the proof.
    let proof = page.find("How could it happen?")?;
    page.wheel((proof.x + 20.0, 600.0), 4_000.0, 0)?;
    page.click_on("Where was it decided?")?;
    // It tries its futures between two frames, and says when it has.
    let all = format!("{NAMES}.includes('Put away') && !{NAMES}.includes('Enough')");
    page.until(&all, LONG, "all futures tried").map(drop)
}

/// Keeps what the page gives the browser to save, as texts.
const KEEP_SAVED: &str = "window.saved = []; { const make = URL.createObjectURL; \
    URL.createObjectURL = (blob) => { blob.text().then((text) => window.saved.push(text)); return make.call(URL, blob); }; } true";

fn diagram(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let line = page.find("Time line, moment shown")?;
    let Rect { x, y, w, h } = line;
    let before = page.picture()?;
    page.wheel((x + w / 2.0, y + h / 2.0), -360.0, CTRL)?;
    page.settle()?;
    ensure(page.picture()? != before, || "the wheel changed nothing on the diagram".to_owned())?;
    page.eval(KEEP_SAVED)?;
    for (format, sign) in [("SVG", "<svg"), ("Mermaid", "sequenceDiagram"), ("Perfetto", "traceEvents")] {
        page.press("s", CTRL)?;
        let row = told(&page, format, SOON)?;
        page.click_on(row.as_str().unwrap_or_default())?;
        page.click_on("Save")?;
        page.until(
            &format!("window.saved.some((text) => text.includes({}))", json!(sign)),
            SOON,
            &format!("a file with {sign}"),
        )?;
    }
    Ok(())
}

fn figures(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let before = now(&page)?;
    page.click_on("Figures")?;
    let plot = page.find("Operations a second")?;
    page.click(plot.x + plot.w * 0.3, plot.y + plot.h / 2.0, crate::browser::page::Button::Left)?;
    page.until_state(&format!("s.moment.time_ns < {before}"))?;
    stage.picture(&page, "of-this-run")?;
    page.press("g", 0)?;
    page.find("Randomness ends elections")?;
    page.click_on("Make it here: 30 runs a curve")?;
    told(&page, "made of 30 runs each", LONG).map(drop)
}

fn script(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.click_on("Node n1")?;
    page.press("c", 0)?;
    page.until_state("s.actors.find((a) => a.id === 'n1').status === 'down'")?;
    by_palette(&page, "Commands")?;
    page.find("Everything that is done to this run, in the order it is done")?;
    page.click_on("Add …")?;
    page.click_on("Command")?;
    page.press("End", 0)?;
    page.type_text("cut n2")?;
    page.settle()?;
    page.click_on("Set")?;
    page.until_state("s.broken.some((b) => b.includes('n2') && b.includes(' | '))")?;
    stage.picture(&page, "written")?;
    let out = format!("{NAMES}.find((name) => name.startsWith('Take out') && name.includes('crash n1'))");
    let out = page.until(&out, SOON, "the crash in the list")?;
    page.click_on(out.as_str().unwrap_or_default())?;
    page.until_state("s.actors.find((a) => a.id === 'n1').status === 'up'").map(drop)
}

fn models(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    page.press("m", 0)?;
    // One of them stands on the map alone; the run's own guarantee has its lamp on top as well.
    let cell = told(&page, "Read your writes, ", SOON)?;
    page.click_on(cell.as_str().unwrap_or_default())?;
    page.find("Why?")?;
    stage.picture(&page, "explained")?;
    page.press("Escape", 0)?;
    page.find("Cluster").map(drop)
}

fn lecture(stage: &Stage<'_>) -> Result<()> {
    let page = in_the_lab(stage, Screen::DESK)?;
    let link = page.state()?["link"].as_str().unwrap_or_default().to_owned();
    page.press("P", SHIFT)?;
    gone(&page, "Step back")?;
    let at = now(&page)?;
    page.press("ArrowRight", 0)?;
    page.until_state(&format!("s.moment.time_ns >= {at}"))?;
    stage.picture(&page, "presented")?;
    page.press("Escape", 0)?;
    page.find("Play")?;

    let embedded = stage.visit(Screen::DESK, &format!("{link}&embed"))?;
    embedded.find("Cluster")?;
    ensure(!embedded.shows("Search")?, || "an embedded run has the line on top".to_owned())?;
    stage.picture(&embedded, "embedded")?;
    embedded.click_on("Open it all")?;
    embedded.find("Search")?;

    by_palette(&page, "Make an assignment")?;
    page.click_on("What is to be done")?;
    page.type_text("Stop the second node")?;
    page.click_on("When it is done")?;
    page.type_text("down(n2)")?;
    page.settle()?;
    stage.picture(&page, "assigned")?;
    page.click_on("Copy its link")?;
    let given = page.until("navigator.clipboard.readText()", SOON, "a link on the clipboard")?;
    let given = given.as_str().unwrap_or_default();
    let hash = given.strip_prefix(&format!("{}#", stage.url()));
    ensure(hash.is_some_and(|hash| hash.contains("&")), || format!("the clipboard has {given:?}"))?;
    let pupil = stage.visit(Screen::DESK, hash.unwrap_or_default())?;
    pupil.find("Stop the second node")?;
    pupil.find("To do")?;
    pupil.click_on("Node n2")?;
    pupil.press("c", 0)?;
    pupil.find("Done")?;
    pupil.find("Hand in")?;
    stage.picture(&pupil, "solved")?;

    by_palette(&pupil, "Gallery of failures")?;
    let failure = told(&pupil, "Play ", SOON)?;
    stage.picture(&pupil, "gallery")?;
    pupil.click_on(failure.as_str().unwrap_or_default())?;
    pupil.until_state("s.playing").map(drop)
}
