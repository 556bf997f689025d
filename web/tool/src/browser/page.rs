//! One tab, and what a person does with it.
//!
//! Mouse, fingers and keys go in as the browser's own input, so the page gets trusted events, hit testing and all; nothing
//! here calls the program's functions to do what a hand would do.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use super::Screen;
use super::wire::{Event, Wire};
use crate::error::{Error, Result};

/// How long to wait for something the page is about to do.
pub const SOON: Duration = Duration::from_secs(20);
/// How long the program may take to load and draw: compiled and drawn by a busy processor.
pub const LOADING: Duration = Duration::from_secs(90);
/// Between two looks at the page.
const LOOK: Duration = Duration::from_millis(40);

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// Its middle.
    pub fn middle(self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

/// A mouse button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The one that acts.
    Left,
    /// The one that opens a menu.
    Right,
}

impl Button {
    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// A modifier key held, as the protocol counts them.
pub const CTRL: u32 = 2;
/// Shift.
pub const SHIFT: u32 = 8;

/// A tab. Dropping it closes it.
pub struct Page {
    wire: Rc<RefCell<Wire>>,
    context: String,
    target: String,
    session: String,
    touch: bool,
    errors: RefCell<Vec<String>>,
}

impl Page {
    pub(super) fn attach(
        wire: Rc<RefCell<Wire>>,
        context: String,
        target: String,
        session: String,
        screen: Screen,
    ) -> Result<Self> {
        let page = Self { wire, context, target, session, touch: screen.touch, errors: RefCell::default() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": screen.width, "height": screen.height, "deviceScaleFactor": screen.scale, "mobile": screen.touch }),
        )?;
        page.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": screen.touch }))?;
        page.theme(screen.dark)?;
        page.call(
            "Browser.grantPermissions",
            json!({ "browserContextId": page.context, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        )?;
        // Without a window no tab is in front; pages must believe they are.
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))?;
        Ok(page)
    }

    /// The browser context it lives in.
    pub(super) fn context(&self) -> &str {
        &self.context
    }

    fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        self.wire.borrow_mut().call(Some(&self.session), method, parameters)
    }

    /// Makes the system ask for dark or light.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn theme(&self, dark: bool) -> Result<()> {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).map(drop)
    }

    /// Opens an address and waits until its document stands.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self, url: &str) -> Result<()> {
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        if let Some(why) = answer["errorText"].as_str().filter(|why| !why.is_empty()) {
            return Err(Error::Page(format!("{url} does not open: {why}")));
        }
        self.until("document.readyState === 'complete'", LOADING, "the document to be complete").map(drop)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn reload(&self) -> Result<()> {
        self.replaced(|| self.call("Page.reload", json!({})).map(drop))
    }

    /// Clicks what leads to the page anew, and waits until that has replaced this one.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn click_away(&self, x: f64, y: f64) -> Result<()> {
        self.move_to(x, y)?;
        self.replaced(|| {
            self.mouse("mousePressed", x, y, Button::Left.name(), 1)?;
            // The page may be gone before it has answered for the release; that another came is what counts.
            let _ = self.mouse("mouseReleased", x, y, Button::Left.name(), 1);
            Ok(())
        })
    }

    /// Does what replaces the document, and waits for the new one. Nothing may be asked of the old one in between: the
    /// browser breaks off what a page is asked while it goes.
    fn replaced(&self, act: impl FnOnce() -> Result<()>) -> Result<()> {
        self.eval("window.wasHereBefore = true")?;
        act()?;
        let fresh = "!window.wasHereBefore && document.readyState === 'complete'";
        self.until(fresh, LOADING, "the page to be loaded again").map(drop)
    }

    /// Waits until the program draws and the loading screen is gone.
    ///
    /// # Errors
    /// When it does not come, with what the page shows instead.
    pub fn started(&self) -> Result<()> {
        let over = "[...document.querySelectorAll('section.over')].find((s) => !s.hidden)";
        let deadline = Instant::now() + LOADING;
        loop {
            // While a page is being replaced there is nothing to ask.
            if let Ok(shown) =
                self.eval(&format!("({over})?.id ?? (window.potholes ? 'nothing' : 'no program')"))
            {
                match shown.as_str() {
                    Some("nothing") => return Ok(()),
                    Some("loading" | "no program") | None => {}
                    Some(_) => {
                        let words = self.eval(&format!("({over})?.innerText"))?;
                        let words = words.as_str().unwrap_or_default().to_owned();
                        return Err(Error::Page(format!("the page shows instead of the program: {words}")));
                    }
                }
            }
            if Instant::now() > deadline {
                let said = self.errors()?.join("; ");
                return Err(Error::Page(format!(
                    "the program did not start within {} s. {said}",
                    LOADING.as_secs()
                )));
            }
            thread::sleep(LOOK);
        }
    }

    /// The value of an expression on the page; promises are waited for.
    ///
    /// # Errors
    /// When it throws.
    pub fn eval(&self, expression: &str) -> Result<Value> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", parameters)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            return Err(Error::Page(format!("{expression}: {}", described(thrown))));
        }
        Ok(answer["result"]["value"].take())
    }

    /// Waits until an expression is true (as JavaScript sees it) and gives its value. `what` is for the message.
    ///
    /// # Errors
    /// When it does not become true in time.
    pub fn until(&self, expression: &str, patience: Duration, what: &str) -> Result<Value> {
        let deadline = Instant::now() + patience;
        loop {
            let value = self.eval(expression);
            if let Ok(value) = &value
                && !matches!(value, Value::Null | Value::Bool(false))
                && value.as_str() != Some("")
                && value.as_f64() != Some(0.0)
            {
                return Ok(value.clone());
            }
            if Instant::now() > deadline {
                let seen = value.map_or_else(|error| error.to_string(), |value| value.to_string());
                let seconds = patience.as_secs();
                return Err(Error::Page(format!("waited {seconds} s for {what}; {expression} is {seen}")));
            }
            thread::sleep(LOOK);
        }
    }

    /// What the program says of the run, the moment, the selection and the verdicts.
    ///
    /// # Errors
    /// When it says nothing that is JSON.
    pub fn state(&self) -> Result<Value> {
        self.eval("JSON.parse(window.potholes.state())")
    }

    /// Waits until an expression over the program's state, which it sees as `s`, is true.
    ///
    /// # Errors
    /// When it does not become true in time.
    pub fn until_state(&self, expression: &str) -> Result<Value> {
        let whole = format!("((s) => ({expression}))(JSON.parse(window.potholes.state()))");
        self.until(&whole, SOON, "the window's state")
    }

    /// Where the thing of this accessible name is, as soon as there is one.
    ///
    /// # Errors
    /// When there is none in time; the message lists names that are there.
    pub fn find(&self, name: &str) -> Result<Rect> {
        self.find_within(name, SOON)
    }

    /// The same with other patience, for what comes after the run has gone on by itself.
    ///
    /// # Errors
    /// As [`Page::find`].
    pub fn find_within(&self, name: &str, patience: Duration) -> Result<Rect> {
        let place = self.until(&locate(name), patience, &format!("something called {name:?}"));
        match place {
            Ok(place) => rect(&place).ok_or_else(|| Error::Page(format!("{name:?} is at {place}"))),
            Err(error) => {
                let names = self.eval(
                    "[...document.querySelectorAll('#mirror > *')].map((e) => e.ariaLabel || e.textContent).join(' | ')",
                )?;
                Err(Error::Page(format!("{error}. On screen: {}", names.as_str().unwrap_or_default())))
            }
        }
    }

    /// Where the thing of this name has come to rest: a panel that opens pushes others aside, and messages fly.
    fn find_still(&self, name: &str) -> Result<Rect> {
        const LOOKS: u32 = 20;
        let mut place = self.find(name)?;
        for _ in 0..LOOKS {
            self.settle()?;
            let now = self.find(name)?;
            if now == place {
                break;
            }
            place = now;
        }
        Ok(place)
    }

    /// Whether something has this accessible name now.
    ///
    /// # Errors
    /// When the page does not answer.
    pub fn shows(&self, name: &str) -> Result<bool> {
        Ok(!self.eval(&locate(name))?.is_null())
    }

    /// Clicks the middle of what has this name, or taps it where there are fingers.
    ///
    /// # Errors
    /// When there is no such thing.
    pub fn click_on(&self, name: &str) -> Result<()> {
        let (x, y) = self.find_still(name)?.middle();
        if self.touch { self.tap(x, y) } else { self.click(x, y, Button::Left) }
    }

    /// Moves the mouse.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn move_to(&self, x: f64, y: f64) -> Result<()> {
        self.mouse("mouseMoved", x, y, "none", 0)
    }

    /// Moves the mouse there and clicks.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn click(&self, x: f64, y: f64, button: Button) -> Result<()> {
        self.move_to(x, y)?;
        self.mouse("mousePressed", x, y, button.name(), 1)?;
        thread::sleep(LOOK);
        self.mouse("mouseReleased", x, y, button.name(), 1)?;
        self.settle()
    }

    /// Presses at the first point, moves through the others, releases at the last: a line drawn by hand.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn drag(&self, points: &[(f64, f64)]) -> Result<()> {
        let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return Ok(()) };
        if self.touch {
            self.fingers("touchStart", &[first])?;
            for point in path(points) {
                self.fingers("touchMove", &[point])?;
                thread::sleep(LOOK / 2);
            }
            self.fingers("touchEnd", &[])?;
        } else {
            self.move_to(first.0, first.1)?;
            self.mouse("mousePressed", first.0, first.1, "left", 1)?;
            for (x, y) in path(points) {
                self.mouse("mouseMoved", x, y, "left", 0)?;
                thread::sleep(LOOK / 2);
            }
            self.mouse("mouseReleased", last.0, last.1, "left", 1)?;
        }
        self.settle()
    }

    /// A tap with one finger.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn tap(&self, x: f64, y: f64) -> Result<()> {
        self.fingers("touchStart", &[(x, y)])?;
        thread::sleep(LOOK);
        self.fingers("touchEnd", &[])?;
        self.settle()
    }

    /// Two fingers from `from` apart to `to` apart around a point.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn pinch(&self, (x, y): (f64, f64), from: f64, to: f64) -> Result<()> {
        const STEPS: u32 = 10;
        for step in 0..=STEPS {
            let half = (from + (to - from) * f64::from(step) / f64::from(STEPS)) / 2.0;
            let kind = if step == 0 { "touchStart" } else { "touchMove" };
            self.fingers(kind, &[(x - half, y), (x + half, y)])?;
            thread::sleep(LOOK / 2);
        }
        self.fingers("touchEnd", &[])?;
        self.settle()
    }

    /// Turns the wheel over a point, in CSS pixels.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn wheel(&self, (x, y): (f64, f64), dy: f64, modifiers: u32) -> Result<()> {
        self.move_to(x, y)?;
        self.settle()?;
        let parameters = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": dy, "modifiers": modifiers });
        self.call("Input.dispatchMouseEvent", parameters)?;
        self.settle()
    }

    /// Presses and releases a key by its name in JavaScript (`Enter`, `ArrowLeft`, `k`), with [`CTRL`] and the like held.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn press(&self, key: &str, modifiers: u32) -> Result<()> {
        let (code, number) = key_code(key);
        let text = (key.chars().count() == 1 && modifiers & CTRL == 0).then_some(key);
        let mut down = json!({
            "type": if text.is_some() { "keyDown" } else { "rawKeyDown" },
            "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        if let Some(text) = text {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down)?;
        let up = json!({ "type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers });
        self.call("Input.dispatchKeyEvent", up)?;
        self.settle()
    }

    /// Types text, a key at a time.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn type_text(&self, text: &str) -> Result<()> {
        text.chars().try_for_each(|letter| self.press(letter.encode_utf8(&mut [0; 4]), 0))
    }

    /// A picture of what is shown, as PNG.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn picture(&self) -> Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }))?;
        let data = answer["data"].as_str().unwrap_or_default();
        base64::engine::general_purpose::STANDARD
            .decode(data)
            .map_err(|error| Error::Page(format!("the picture is not as promised: {error}")))
    }

    /// What went wrong on the page since it was opened: exceptions, errors on its console, files it did not get.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn errors(&self) -> Result<Vec<String>> {
        let events = self.wire.borrow_mut().events(&self.session)?;
        self.errors.borrow_mut().extend(events.iter().filter_map(complaint));
        Ok(self.errors.borrow().clone())
    }

    /// Forgets what went wrong so far, where it was meant to.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn forgive(&self) -> Result<()> {
        self.errors()?;
        self.errors.borrow_mut().clear();
        Ok(())
    }

    /// Waits for two frames, so that what was just done has been handled and drawn.
    ///
    /// # Errors
    /// When the page does not answer.
    pub fn settle(&self) -> Result<()> {
        self.eval(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))",
        )
        .map(drop)
    }

    fn mouse(&self, kind: &str, x: f64, y: f64, button: &str, clicks: u32) -> Result<()> {
        let held = match (kind, button) {
            ("mouseReleased", _) | (_, "none") => 0,
            (_, "right") => 2,
            _ => 1,
        };
        let parameters =
            json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": held, "clickCount": clicks });
        self.call("Input.dispatchMouseEvent", parameters).map(drop)
    }

    fn fingers(&self, kind: &str, points: &[(f64, f64)]) -> Result<()> {
        let points: Vec<Value> =
            points.iter().enumerate().map(|(id, (x, y))| json!({ "x": x, "y": y, "id": id })).collect();
        self.call("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).map(drop)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Ok(mut wire) = self.wire.try_borrow_mut() {
            let _ = wire.call(None, "Target.closeTarget", json!({ "targetId": self.target }));
        }
    }
}

fn locate(name: &str) -> String {
    format!("window.potholes.locate({})", json!(name))
}

fn rect(place: &Value) -> Option<Rect> {
    let number = |key: &str| place[key].as_f64();
    Some(Rect { x: number("x")?, y: number("y")?, w: number("w")?, h: number("h")? })
}

/// Points on the way, close enough together for a hand.
fn path(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const STEPS: u32 = 8;
    let mut way = Vec::new();
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            way.push((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share));
        }
    }
    way
}

/// A key's place on the keyboard and its number.
fn key_code(key: &str) -> (String, u32) {
    let fixed = |code: &str, number: u32| (code.to_owned(), number);
    let mut letters = key.chars();
    match (key, letters.next(), letters.next()) {
        ("Enter", ..) => fixed("Enter", 13),
        ("Escape", ..) => fixed("Escape", 27),
        ("Tab", ..) => fixed("Tab", 9),
        ("Backspace", ..) => fixed("Backspace", 8),
        ("Delete", ..) => fixed("Delete", 46),
        (" ", ..) => fixed("Space", 32),
        ("ArrowLeft", ..) => fixed("ArrowLeft", 37),
        ("ArrowUp", ..) => fixed("ArrowUp", 38),
        ("ArrowRight", ..) => fixed("ArrowRight", 39),
        ("ArrowDown", ..) => fixed("ArrowDown", 40),
        ("Home", ..) => fixed("Home", 36),
        ("End", ..) => fixed("End", 35),
        (_, Some(letter), None) if letter.is_ascii_alphabetic() => {
            let upper = letter.to_ascii_uppercase();
            (format!("Key{upper}"), u32::from(upper))
        }
        (_, Some(digit), None) if digit.is_ascii_digit() => (format!("Digit{digit}"), u32::from(digit)),
        _ => fixed("", 0),
    }
}

fn described(thrown: &Value) -> String {
    let text = thrown["exception"]["description"].as_str().or(thrown["text"].as_str());
    text.unwrap_or("something was thrown").to_owned()
}

/// What an event complains of, if it does.
fn complaint(event: &Event) -> Option<String> {
    let about = &event.parameters;
    match event.method.as_str() {
        "Runtime.exceptionThrown" => Some(described(&about["exceptionDetails"])),
        "Runtime.consoleAPICalled" if about["type"] == "error" => {
            let words = about["args"].as_array()?.iter().map(|argument| {
                argument["value"].as_str().or(argument["description"].as_str()).unwrap_or_default()
            });
            Some(words.collect::<Vec<_>>().join(" "))
        }
        "Log.entryAdded" if about["entry"]["level"] == "error" => {
            let words = about["entry"]["text"].as_str().unwrap_or_default();
            let url = about["entry"]["url"].as_str().unwrap_or_default();
            Some(format!("{words} {url}").trim().to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_drawn_in_steps_and_ends_where_it_should() {
        let way = path(&[(0.0, 0.0), (80.0, 40.0)]);
        assert_eq!(way.len(), 8);
        assert_eq!((way[0], way[7]), ((10.0, 5.0), (80.0, 40.0)));
    }

    #[test]
    fn keys_have_their_places() {
        assert_eq!(key_code("k"), ("KeyK".to_owned(), 75));
        assert_eq!(key_code("7"), ("Digit7".to_owned(), 55));
        assert_eq!(key_code("ArrowLeft"), ("ArrowLeft".to_owned(), 37));
        assert_eq!(key_code(" "), ("Space".to_owned(), 32));
    }

    #[test]
    fn complaints_are_told_from_news() {
        let event = |method: &str, parameters: Value| Event {
            session: String::new(),
            method: method.to_owned(),
            parameters,
        };
        let thrown =
            json!({ "exceptionDetails": { "exception": { "description": "RuntimeError: unreachable" } } });
        assert_eq!(
            complaint(&event("Runtime.exceptionThrown", thrown)).unwrap(),
            "RuntimeError: unreachable"
        );
        let log =
            |level: &str| json!({ "type": level, "args": [{ "value": "panicked" }, { "value": "at" }] });
        assert_eq!(complaint(&event("Runtime.consoleAPICalled", log("error"))).unwrap(), "panicked at");
        assert_eq!(complaint(&event("Runtime.consoleAPICalled", log("info"))), None);
        let entry =
            json!({ "entry": { "level": "error", "text": "Failed to load", "url": "http://localhost/x" } });
        assert_eq!(complaint(&event("Log.entryAdded", entry)).unwrap(), "Failed to load http://localhost/x");
    }
}
