//! What must hold in a real browser: scenarios by name, each with a browser that has never been here before.
//!
//! A scenario acts as a person does and looks through `window.potholes`. When it is done, whatever the page complained of
//! (an exception, an error on its console, a file it did not get) fails it too, unless it was [forgiven](Page::forgive).

mod crash;
mod instruments;
mod lessons;
mod loading;
mod offline;
mod runs;
mod window;

use std::path::Path;
use std::time::Instant;
use std::{cell::RefCell, fs};

use crate::browser::page::Page;
use crate::browser::{Browser, Screen};
use crate::error::{Error, Result};
use crate::http::Server;
use crate::workspace::Workspace;

/// Something that must hold.
pub struct Scenario {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it shows, as a claim.
    pub claim: &'static str,
    /// Flags the browser is started with.
    pub flags: &'static [&'static str],
    /// Does it.
    pub run: fn(&Stage<'_>) -> Result<()>,
}

/// All of them, in the order they run.
const ALL: [&[Scenario]; 7] =
    [&loading::ALL, &runs::ALL, &window::ALL, &instruments::ALL, &lessons::ALL, &crash::ALL, &offline::ALL];

/// What a scenario has: a browser, a server, the page's folder.
pub struct Stage<'a> {
    browser: Browser,
    server: RefCell<Option<Server>>,
    workspace: &'a Workspace,
    url: String,
    port: u16,
    opened: RefCell<Vec<std::rc::Rc<Page>>>,
    /// Where pictures go, where they are asked for, and what each name begins with.
    pictures: Option<(&'a Path, &'static str)>,
}

/// A page that the stage keeps an eye on.
pub type Watched = std::rc::Rc<Page>;

impl Stage<'_> {
    /// The page's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens the page for somebody new and waits until the program has started. `hash` is what stands after `#`.
    pub fn visit(&self, screen: Screen, hash: &str) -> Result<Watched> {
        let page = self.blank(screen)?;
        page.open(&format!("{}#{hash}", self.url))?;
        page.started()?;
        Ok(page)
    }

    /// An empty page for somebody new.
    pub fn blank(&self, screen: Screen) -> Result<Watched> {
        Ok(self.watch(self.browser.stranger(screen)?))
    }

    /// Opens an address in another tab of the browser `page` is in.
    pub fn visit_beside(&self, page: &Page, screen: Screen, url: &str) -> Result<Watched> {
        let other = self.watch(self.browser.beside(page, screen)?);
        other.open(url)?;
        other.started()?;
        Ok(other)
    }

    fn watch(&self, page: Page) -> Watched {
        let page = Watched::new(page);
        self.opened.borrow_mut().push(Watched::clone(&page));
        page
    }

    /// A picture of a page on the way, where pictures are asked for.
    pub fn picture(&self, page: &Page, name: &str) -> Result<()> {
        let Some((folder, scenario)) = self.pictures else { return Ok(()) };
        let file = folder.join(format!("{scenario}-{name}.png"));
        fs::write(&file, page.picture()?).map_err(Error::file("writing", &file))
    }

    /// Takes the network away.
    pub fn go_offline(&self) {
        self.server.borrow_mut().take();
    }

    /// Serves another folder at the same address, as after a release.
    pub fn serve(&self, folder: &Path) -> Result<()> {
        let port = self.port;
        self.server.borrow_mut().take();
        let server = Server::start(folder, port)
            .map_err(|error| Error::Page(format!("cannot serve again on port {port}: {error}")))?;
        self.server.replace(Some(server));
        Ok(())
    }

    /// The root of the workspace.
    pub fn root(&self) -> &Path {
        &self.workspace.root
    }

    /// The folder of the page under test.
    pub fn dist(&self) -> &Path {
        &self.workspace.dist
    }

    /// What any page of this scenario complained of.
    fn complaints(&self) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for page in self.opened.borrow().iter() {
            all.extend(page.errors()?);
        }
        Ok(all)
    }
}

/// An error unless it holds.
pub fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Page(what())) }
}

/// A line a scenario.
pub fn list() -> String {
    ALL.iter()
        .copied()
        .flatten()
        .map(|scenario| format!("{:18} {}\n", scenario.name, scenario.claim))
        .collect()
}

/// Runs those whose name contains one of `only`, or all, and tells how each went.
///
/// # Errors
/// When one fails, when none is chosen, or when the browser does not start.
pub fn run(workspace: &Workspace, chromium: &Path, only: &[String], pictures: Option<&Path>) -> Result<()> {
    let chosen: Vec<&Scenario> = ALL
        .iter()
        .copied()
        .flatten()
        .filter(|scenario| only.is_empty() || only.iter().any(|part| scenario.name.contains(part.as_str())))
        .collect();
    if chosen.is_empty() {
        return Err(Error::Request(format!(
            "no scenario is called {}; there are:\n{}",
            only.join(" or "),
            list()
        )));
    }
    if let Some(folder) = pictures {
        fs::create_dir_all(folder).map_err(Error::file("making", folder))?;
    }
    let mut failed = 0;
    for scenario in &chosen {
        let began = Instant::now();
        let outcome = perform(workspace, chromium, scenario, pictures);
        let seconds = began.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("ok      {:18} {} ({seconds:.1} s)", scenario.name, scenario.claim),
            Err(error) => {
                failed += 1;
                println!("FAILED  {:18} {} ({seconds:.1} s)\n        {error}", scenario.name, scenario.claim);
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(Error::Scenarios { failed, all: chosen.len() }) }
}

fn perform(
    workspace: &Workspace,
    chromium: &Path,
    scenario: &Scenario,
    pictures: Option<&Path>,
) -> Result<()> {
    let server = crate::serve(workspace, 0)?;
    let stage = Stage {
        url: server.url(),
        port: server.port(),
        browser: Browser::start(chromium, scenario.flags)?,
        server: RefCell::new(Some(server)),
        workspace,
        opened: RefCell::default(),
        pictures: pictures.map(|folder| (folder, scenario.name)),
    };
    let outcome = (scenario.run)(&stage);
    for (number, page) in stage.opened.borrow().iter().enumerate() {
        // A picture that cannot be taken must not hide why.
        let _ = stage.picture(page, &(number + 1).to_string());
    }
    outcome?;
    let complaints = stage.complaints()?;
    ensure(complaints.is_empty(), || format!("the page complains: {}", complaints.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_listed() {
        let names: Vec<&str> = ALL.iter().copied().flatten().map(|scenario| scenario.name).collect();
        let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        assert_eq!(list().lines().count(), names.len());
    }
}
