//! Who may depend on whom: the table in ARCHITECTURE.md, read from there and compared with every Cargo.toml of the
//! workspace. Dependencies of tests are excepted: a test may look at anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn manifest(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the workspace knows of its own crates.
struct Workspace {
    /// Each member's folder, and its manifest.
    members: Vec<(String, toml::Table)>,
    /// From a crate's name in a manifest to its folder: `sim` is `protocols/sim`.
    folders: BTreeMap<String, String>,
}

impl Workspace {
    fn read() -> Self {
        let workspace = manifest(&root().join("Cargo.toml"))["workspace"].as_table().unwrap().clone();
        let members: Vec<String> =
            workspace["members"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned()).collect();
        let folders = workspace["dependencies"]
            .as_table()
            .unwrap()
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.get("path")?.as_str()?.to_owned())))
            .collect();
        let members =
            members.into_iter().map(|m| (m.clone(), manifest(&root().join(&m).join("Cargo.toml")))).collect();
        Self { members, folders }
    }

    /// What ARCHITECTURE.md calls the crate in this folder: how others write it in their manifests, or its package's
    /// name where nobody does.
    fn called(&self, folder: &str) -> String {
        let package = || {
            let (_, manifest) = self.members.iter().find(|(member, _)| member == folder).unwrap();
            manifest["package"]["name"].as_str().unwrap().to_owned()
        };
        self.folders.iter().find(|(_, at)| *at == folder).map_or_else(package, |(name, _)| name.clone())
    }

    /// The crates of the workspace that each uses, tests aside.
    fn uses(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |(folder, manifest): &(String, toml::Table)| {
            let used = dependencies(manifest).filter_map(|(name, value)| {
                assert!(
                    value.get("path").is_none(),
                    "{folder}/Cargo.toml: {name} is taken by its path; take it from the workspace"
                );
                self.folders.get(&name).map(|folder| self.called(folder))
            });
            (self.called(folder), used.collect())
        };
        self.members.iter().map(of).collect()
    }

    /// The protocol families: folders under `protocols` that are none of the layers above and below them.
    fn families(&self) -> BTreeSet<String> {
        let layers = ["sim", "check", "catalog", "run"];
        let protocols = self.members.iter().filter_map(|(folder, _)| folder.strip_prefix("protocols/"));
        protocols.filter(|name| !layers.contains(name)).map(str::to_owned).collect()
    }
}

/// All dependencies but those of tests, also those of one kind of machine only.
fn dependencies(manifest: &toml::Table) -> impl Iterator<Item = (String, toml::Value)> {
    fn of(table: &toml::Table) -> impl Iterator<Item = (String, toml::Value)> {
        ["dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|kind| table.get(kind)?.as_table().cloned())
            .flatten()
    }
    let targets = manifest.get("target").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let targets: Vec<_> = targets.values().filter_map(toml::Value::as_table).flat_map(of).collect();
    of(manifest).chain(targets).collect::<Vec<_>>().into_iter()
}

/// What a row of the table allows.
#[derive(Debug, PartialEq)]
enum Allowed {
    Everything,
    These(BTreeSet<String>),
}

/// The table of ARCHITECTURE.md: from the first word of a row to what its crate may use.
fn table(text: &str, families: &BTreeSet<String>) -> BTreeMap<String, Allowed> {
    let rows = text.lines().skip_while(|line| line.trim() != "| crate | may use |").skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, uses] = cells[..] else { panic!("ARCHITECTURE.md: not two cells in “{line}”") };
        let name = name.split_whitespace().next().unwrap_or_default().to_owned();
        (name, allowed(uses, families))
    });
    rows.collect()
}

fn allowed(uses: &str, families: &BTreeSet<String>) -> Allowed {
    match uses {
        "everything" => return Allowed::Everything,
        "nothing of the workspace" => return Allowed::These(BTreeSet::new()),
        _ => {}
    }
    let mut these = BTreeSet::new();
    for word in uses.replace(" and ", ", ").split(',').map(str::trim) {
        match word {
            "the families" => these.extend(families.iter().cloned()),
            word => {
                assert!(!word.contains(' '), "ARCHITECTURE.md: “{word}” is no crate's name");
                these.insert(word.to_owned());
            }
        }
    }
    Allowed::These(these)
}

/// Arrows that the table does not allow, and crates without a row.
fn wrong(uses: &BTreeMap<String, BTreeSet<String>>, table: &BTreeMap<String, Allowed>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, used) in uses {
        match table.get(name) {
            None => wrong.push(format!("{name} has no row in the table of ARCHITECTURE.md")),
            Some(Allowed::Everything) => {}
            Some(Allowed::These(these)) => {
                wrong.extend(used.difference(these).map(|other| format!("{name} may not use {other}")));
            }
        }
    }
    wrong.extend(
        table.keys().filter(|name| !uses.contains_key(*name)).map(|name| format!("{name} is no crate")),
    );
    wrong
}

#[test]
fn arrows_point_down() {
    let workspace = Workspace::read();
    let families = workspace.families();
    assert!(families.contains("consensus"), "{families:?}");
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = table(&text, &families);
    assert!(table.len() >= 9, "the table of ARCHITECTURE.md was not found, or has only {} rows", table.len());
    let wrong = wrong(&workspace.uses(), &table);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_arrow_that_points_up_is_noticed() {
    let families = BTreeSet::from(["consensus".to_owned()]);
    let text = "\n| crate | may use |\n|-|-|\n| sim | nothing of the workspace |\n| catalog | sim and the families |\n\
                | potholes (app) | catalog, sim |\n| potholes-tests | everything |\n\nno | row |\n";
    let table = table(text, &families);
    assert_eq!(table["catalog"], allowed("sim, consensus", &families));
    let uses = |sim: &[&str]| {
        let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        BTreeMap::from([
            ("sim".to_owned(), some(sim)),
            ("catalog".to_owned(), some(&["sim", "consensus"])),
            ("potholes".to_owned(), some(&["catalog"])),
            ("potholes-tests".to_owned(), some(&["potholes"])),
        ])
    };
    assert_eq!(wrong(&uses(&[]), &table), Vec::<String>::new());
    assert_eq!(wrong(&uses(&["catalog"]), &table), ["sim may not use catalog"]);
    let mut more = uses(&[]);
    more.insert("new".to_owned(), BTreeSet::new());
    assert_eq!(wrong(&more, &table), ["new has no row in the table of ARCHITECTURE.md"]);
    let mut fewer = uses(&[]);
    fewer.remove("potholes");
    assert_eq!(wrong(&fewer, &table), ["potholes is no crate"]);
}

#[test]
fn dependencies_of_one_kind_of_machine_count_and_those_of_tests_do_not() {
    let manifest: toml::Table = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n\
        [target.'cfg(unix)'.dependencies]\nc = \"1\"\n[build-dependencies]\nd = \"1\""
        .parse()
        .unwrap();
    let names: BTreeSet<String> = dependencies(&manifest).map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "c", "d"].map(str::to_owned).into());
}

/// The tests of a crate that `tests/all.rs` does not name, though they lie beside it: nobody would run them.
fn unnamed(all: &str, beside: &[String]) -> Vec<String> {
    let named = |file: &&String| file.as_str() != "all" && !all.contains(&format!("\nmod {file};"));
    beside.iter().filter(named).cloned().collect()
}

#[test]
fn every_file_of_tests_is_run() {
    let workspace = Workspace::read();
    let mut seen = 0;
    for (folder, _) in &workspace.members {
        let tests = root().join(folder).join("tests");
        let Ok(all) = std::fs::read_to_string(tests.join("all.rs")) else { continue };
        let files = std::fs::read_dir(&tests).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        let beside: Vec<String> =
            files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(unnamed(&all, &beside), Vec::<String>::new(), "{folder}/tests/all.rs does not name them");
        seen += beside.len();
    }
    assert!(seen >= 20, "only {seen} files of tests were found");
    let beside = ["all", "limits", "sweeps"].map(str::to_owned);
    assert_eq!(unnamed("//! All.\n\nmod limits;\n", &beside), ["sweeps"]);
}
