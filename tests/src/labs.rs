//! What every lab of the catalogue owes, apart from its sweeps.

use std::collections::BTreeSet;
use std::path::Path;

use sim::Parameters;
use sim::lab::{Lab, Mode};

fn guarantees(lab: &dyn Lab) -> BTreeSet<&'static str> {
    lab.claims(&Parameters::defaults(lab.parameters())).iter().map(|claim| claim.guarantee).collect()
}

#[test]
fn a_lab_says_what_it_is_and_what_it_promises() {
    for lab in catalog::LABS {
        let about = lab.about();
        let id = about.id;
        for (what, words) in [("title", about.title), ("source", about.source), ("summary", about.summary)] {
            assert!(!words.is_empty(), "{id} has no {what}");
        }
        assert!(!guarantees(*lab).is_empty(), "{id} promises nothing");
        assert!(!lab.faults(&Parameters::defaults(lab.parameters())).is_empty(), "{id} stands no fault");
        let modes: Vec<Mode> = lab.invariants().iter().map(|invariant| invariant.mode).collect();
        assert!(modes.contains(&Mode::Always), "{id} has no invariant that must always hold");
        assert!(modes.contains(&Mode::Sometimes), "{id} has nothing that shows that a sweep got somewhere");
        for parameter in lab.parameters() {
            assert!(!parameter.doc.is_empty(), "{id}: {} has no doc", parameter.id);
            let written = parameter.write(parameter.default);
            assert_eq!(parameter.read(&written), Ok(parameter.default), "{id}: {}", parameter.id);
        }
    }
}

#[test]
fn what_a_pothole_breaks_is_a_guarantee_or_an_invariant_of_its_lab() {
    for lab in catalog::LABS {
        assert!(!lab.potholes().is_empty(), "{} cannot be broken by a mistake", lab.about().id);
        let guarantees = guarantees(*lab);
        for pothole in lab.potholes() {
            let known =
                |name: &&str| guarantees.contains(*name) || lab.invariants().iter().any(|i| i.name == *name);
            let unknown: Vec<_> = pothole.breaks.iter().filter(|name| !known(name)).collect();
            assert!(unknown.is_empty(), "{}: {} breaks {unknown:?}", lab.about().id, pothole.id);
        }
    }
}

#[test]
fn a_lab_has_a_lesson_and_a_lesson_a_lab() {
    for lab in catalog::LABS {
        let about = lab.about();
        assert!(lessons::find(about.lesson).is_some(), "{}: there is no lesson “{}”", about.id, about.lesson);
    }
    for lesson in lessons::all() {
        assert!(catalog::lab(&lesson.lab).is_some(), "{}: there is no lab “{}”", lesson.id, lesson.lab);
    }
}

/// The labs that the benchmarks of a family measure, by their modules: `dynamo` of `dynamo::LAB`.
fn measured(family: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols").join(family).join("benches");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let counted = texts.filter(|text| text.contains("ItemsCount::new(events)"));
    let word = |text: &str| text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    let modules = |text: String| {
        let pieces: Vec<&str> = text.split("::LAB").collect();
        pieces[..pieces.len() - 1].iter().filter_map(|piece| word(piece)).collect::<Vec<_>>()
    };
    counted.flat_map(modules).collect()
}

#[test]
fn the_events_per_second_of_every_lab_are_measured() {
    let families: BTreeSet<&str> = catalog::LABS.iter().map(|lab| lab.about().family).collect();
    for family in families {
        let labs = catalog::LABS.iter().filter(|lab| lab.about().family == family).count();
        let measured = measured(family);
        assert_eq!(measured.len(), labs, "{family}: benchmarks of {measured:?}");
    }
}

#[test]
fn labs_have_names_of_their_own_and_are_found_by_them() {
    for (at, one) in catalog::LABS.iter().enumerate() {
        let found = catalog::lab(one.about().id).map(|found| found.about().title);
        assert_eq!(found, Some(one.about().title));
        assert!(catalog::LABS[..at].iter().all(|other| other.about().id != one.about().id));
    }
    assert!(catalog::lab("no such lab").is_none());
}

#[test]
fn every_pothole_is_a_switch_that_is_off_and_its_assignment_is_valid() {
    for lab in catalog::LABS {
        let defaults = sim::Parameters::defaults(lab.parameters());
        for pothole in lab.potholes() {
            assert!(!defaults.switch(pothole.id), "{} is on by default", pothole.id);
            let mut set = defaults.clone();
            set.assign(pothole.set).unwrap();
            assert!(set.switch(pothole.id), "{} does not put {} in", pothole.set, pothole.id);
            assert!(!pothole.breaks.is_empty(), "{} breaks nothing", pothole.id);
        }
    }
}

/// A run of these parameters, and what its clients asked for: who, what, of what.
fn asked(run: &run::Run) -> (Vec<sim::story::Operation>, BTreeSet<String>) {
    let mut execution = run::report::Execution::new(run);
    execution.advance(u64::MAX);
    let operations: Vec<_> = execution.trace().story.operations.to_vec();
    let told =
        |one: &sim::story::Operation| format!("{} {} {} {:?}", one.client, one.function, one.key, one.input);
    let told = operations.iter().map(told).collect();
    (operations, told)
}

/// A search turns the clients' own requests into commands: each has one, that command asks for the same, and with the lab
/// quiet nothing else is asked for.
#[test]
fn what_clients_ask_for_a_hand_can_ask_for_and_quiet_is_quiet() {
    for lab in catalog::LABS {
        let id = lab.about().id;
        let mut run = run::Run::new(*lab);
        run.end = sim::Time::millis(3_000);
        lab.quick().iter().for_each(|set| run.parameters.assign(set).unwrap());
        let (operations, told) = asked(&run);
        assert!(!operations.is_empty(), "{id}: nobody asks for anything");
        assert!(!lab.quiet().is_empty(), "{id} has no way to be quiet");
        lab.quiet().iter().for_each(|set| run.parameters.assign(set).unwrap());
        let (none, _) = asked(&run);
        assert!(none.is_empty(), "{id} is not quiet: {none:?}");
        for operation in &operations {
            let text = lab.by_hand(operation).unwrap_or_else(|| panic!("{id}: {operation:?}"));
            let command = sim::command::parse(&text).unwrap_or_else(|wrong| panic!("{id}: {text}: {wrong}"));
            assert!(lab.check(&command, &run.parameters).is_ok(), "{id}: {text}");
            let at = sim::Moment::at(operation.invoked);
            run.commands.push(sim::command::TimedCommand::new(at, command));
        }
        run.end = sim::Time::millis(20_000);
        let (_, by_hand) = asked(&run);
        let missing: Vec<_> = told.difference(&by_hand).collect();
        assert!(missing.is_empty(), "{id}: asked for in vain: {missing:?}");
    }
}
