//! Without a network: the page works once loaded; an update arrives when there is one again.

use std::fs;

use serde_json::json;

use super::{Scenario, Stage, Watched, ensure};
use crate::browser::Screen;
use crate::browser::page::LOADING;
use crate::error::{Error, Result};

pub const ALL: [Scenario; 2] = [
    Scenario {
        name: "offline",
        claim: "once loaded the page works without a network, links included",
        flags: &[],
        run: offline,
    },
    Scenario {
        name: "update",
        claim: "a new version is there at the next visit, and the old one's files are gone",
        flags: &[],
        run: update,
    },
];

fn offline(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    kept(&page)?;
    stage.go_offline();
    page.reload()?;
    page.started()?;
    let online = page.eval("fetch('nothing-of-the-kind').then(() => true, () => false)")?;
    ensure(online == json!(false), || "there still is a network".to_owned())?;
    page.forgive()?;
    let url = format!("{}index.html#elsewhere", stage.url());
    let other = stage.visit_beside(&page, Screen::DESK, &url)?;
    ensure(!other.shows("nothing of this name")?, || "it finds what is not there".to_owned())?;
    // The service worker's own attempts at the network are part of the test.
    page.forgive()?;
    other.forgive()
}

fn update(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    kept(&page)?;
    let old = version(&page)?;
    let new = "00000000deadbeef";
    let folder = stage.dist().with_file_name(format!("dist-update-{}", std::process::id()));
    release(stage, &folder, &old, new)?;
    let outcome = stage.serve(&folder).and_then(|()| {
        page.reload()?;
        page.started()?;
        let now = version(&page)?;
        ensure(now == new, || format!("after the release the page is still {now}"))?;
        let ours = "caches.keys().then((all) => all.filter((n) => n.startsWith('potholes ')).map((n) => n.split(' ')[2]).join())";
        page.until(&format!("{ours}.then((v) => v === '{new}')"), LOADING, "the old version to be forgotten")?;
        stage.go_offline();
        page.reload()?;
        page.started()?;
        let kept = version(&page)?;
        ensure(kept == new, || format!("without a network the page is {kept}"))
    });
    fs::remove_dir_all(&folder).map_err(Error::file("removing", &folder))?;
    outcome?;
    page.forgive()
}

/// Waits until the page says that it is kept.
fn kept(page: &Watched) -> Result<()> {
    let ready = "navigator.serviceWorker.ready.then(() => true)";
    page.until(ready, LOADING, "the page to be kept for later").map(drop)
}

fn version(page: &Watched) -> Result<String> {
    let version = page.eval("new URL(document.querySelector('script').src).searchParams.get('v')")?;
    Ok(version.as_str().unwrap_or_default().to_owned())
}

/// The same page under another version, as a release would be.
fn release(stage: &Stage<'_>, folder: &std::path::Path, old: &str, new: &str) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("making", folder))?;
    let entries = fs::read_dir(stage.dist()).map_err(Error::file("reading", stage.dist()))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".br") {
            continue;
        }
        let mut bytes = fs::read(entry.path()).map_err(Error::file("reading", &entry.path()))?;
        if [".html", ".js"].iter().any(|text| name.ends_with(text)) {
            bytes = String::from_utf8_lossy(&bytes).replace(old, new).into_bytes();
        }
        let path = folder.join(&name);
        fs::write(&path, bytes).map_err(Error::file("writing", &path))?;
    }
    Ok(())
}
