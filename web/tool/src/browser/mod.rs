//! A real Chromium, driven over its DevTools protocol: started without a window and with a profile of its own, so that
//! nothing of the user's browser is touched and no run knows of another.
//!
//! - [`wire`] is the connection: commands, their answers, events.
//! - [`page`] is one tab: what a person does with it (mouse, fingers, keys), what it shows, what it says.

pub mod page;
mod wire;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::workspace::on_path;
use page::Page;
use wire::Wire;

/// How long Chromium may take to start.
const START: Duration = Duration::from_secs(30);

/// Drawing by the processor, because a machine that tests has no GPU; and nothing that asks the network on its own.
const FLAGS: [&str; 19] = [
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--no-first-run",
];

/// Which browser to drive: `CHROMIUM`, else the first of the usual names.
pub fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named)).filter(|file| file.is_file());
    }
    let mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    on_path(&["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"])
        .or_else(|| Some(PathBuf::from(mac)).filter(|file| file.is_file()))
}

/// A running Chromium. Dropping it ends it and forgets its profile.
pub struct Browser {
    child: Child,
    profile: PathBuf,
    wire: Rc<RefCell<Wire>>,
}

/// What a page is opened with.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Device pixels a CSS pixel.
    pub scale: f64,
    /// Whether the system asks for dark.
    pub dark: bool,
    /// Whether there are fingers instead of a mouse.
    pub touch: bool,
}

impl Screen {
    /// A desktop's.
    pub const DESK: Self = Self { width: 1280, height: 800, scale: 1.0, dark: true, touch: false };
    /// A phone's.
    pub const PHONE: Self = Self { width: 390, height: 844, scale: 2.0, dark: false, touch: true };
}

impl Browser {
    /// Starts it. `extra` are further flags.
    ///
    /// # Errors
    /// When it does not start or cannot be spoken to.
    pub fn start(chromium: &Path, extra: &[&str]) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let profile = env::temp_dir().join(format!("potholes-browser-{}-{number}", process::id()));
        fs::create_dir_all(&profile).map_err(Error::file("making", &profile))?;
        let child = Command::new(chromium)
            .args(FLAGS)
            .args(extra)
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Error::Program {
                program: chromium.display().to_string(),
                how: error.to_string(),
            })?;
        // From here on a failure must still end the child: so the parts are put together by one that does.
        let mut starting = Starting { child: Some(child), profile };
        let address = starting.address()?;
        let wire = Wire::connect(&address)?;
        let (child, profile) = starting.done()?;
        Ok(Self { child, profile, wire: Rc::new(RefCell::new(wire)) })
    }

    /// A new page with storage of its own, as in a browser that has never been here.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn stranger(&self, screen: Screen) -> Result<Page> {
        let made = self.call("Target.createBrowserContext", json!({ "disposeOnDetach": true }))?;
        let context = made["browserContextId"].as_str().unwrap_or_default().to_owned();
        self.page_in(&context, screen)
    }

    /// Another page beside `page`, with the same storage.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn beside(&self, page: &Page, screen: Screen) -> Result<Page> {
        self.page_in(page.context(), screen)
    }

    fn page_in(&self, context: &str, screen: Screen) -> Result<Page> {
        let made =
            self.call("Target.createTarget", json!({ "url": "about:blank", "browserContextId": context }))?;
        let target = made["targetId"].as_str().unwrap_or_default().to_owned();
        let made = self.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }))?;
        let session = made["sessionId"].as_str().unwrap_or_default().to_owned();
        Page::attach(Rc::clone(&self.wire), context.to_owned(), target, session, screen)
    }

    fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        self.wire.borrow_mut().call(None, method, parameters)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked nicely it ends its own helpers too.
        let _ = self.call("Browser.close", json!({}));
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline && !matches!(self.child.try_wait(), Ok(Some(_))) {
            thread::sleep(Duration::from_millis(20));
        }
        end(&mut self.child, &self.profile);
    }
}

fn end(child: &mut Child, profile: &Path) {
    let _ = child.kill();
    let _ = child.wait();
    let _ = fs::remove_dir_all(profile);
}

/// A Chromium that has not yet said where it listens.
struct Starting {
    child: Option<Child>,
    profile: PathBuf,
}

impl Starting {
    /// Where it listens: it writes port and path into its profile.
    fn address(&mut self) -> Result<String> {
        let file = self.profile.join("DevToolsActivePort");
        let deadline = Instant::now() + START;
        loop {
            if let Ok(text) = fs::read_to_string(&file)
                && let Some((port, path)) = text.split_once('\n')
                && path.starts_with("/devtools")
            {
                return Ok(format!("127.0.0.1:{port}{}", path.trim_end()));
            }
            if let Some(child) = &mut self.child
                && let Ok(Some(status)) = child.try_wait()
            {
                return Err(Error::Page(format!("the browser ended as it started ({status})")));
            }
            if Instant::now() > deadline {
                return Err(Error::Page(format!("the browser did not start within {} s", START.as_secs())));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn done(mut self) -> Result<(Child, PathBuf)> {
        let child = self.child.take().ok_or_else(|| Error::Page("the browser is gone".to_owned()))?;
        Ok((child, self.profile.clone()))
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child, &self.profile);
        }
    }
}
