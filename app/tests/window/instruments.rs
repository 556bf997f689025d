//! The instruments, used as a hand uses them: why, what one node can know, exports.

use std::path::PathBuf;

use eframe::egui::Theme;
use potholes::picture;
use potholes::raster::{self, Shot};
use potholes::state::Request;
use run::export::{Format, Part, Source};
use sim::story::BandState;
use sim::story::Rank;

use super::*;

/// A lab that has been broken, standing where it stands.
fn broken(millis: u64, commands: &[&str]) -> State {
    let mut run = Run::new(catalog::lab("raft").expect("the catalogue has it"));
    run.seed = 7;
    run.commands = commands.iter().map(|text| run::text::timed(text).expect("a command")).collect();
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(run), saved);
    state.playback.show(Moment::end_of(Time::millis(millis)));
    state
}

/// Writes what a person looks at, where a folder for it is named.
fn look_at(name: &str, state: State) {
    let Ok(folder) = std::env::var("LOOK_AT") else { return };
    let shot = Shot { frames: picture::FRAMES, ..Shot::default() };
    let file = raster::png(&picture::window(state, shot));
    std::fs::write(PathBuf::from(folder).join(name), file).expect("the folder is there");
}

/// The event by which the last leader became one.
fn election(state: &State) -> (ActorId, sim::EventId) {
    let lanes = state.playback.story().lanes.iter();
    let bands = lanes.flat_map(|lane| lane.bands.iter().map(move |band| (lane.actor, band)));
    let leads = |state: BandState| matches!(state, BandState::Role(role) if role.rank == Rank::Leader);
    let last = bands.filter(|(_, band)| leads(band.state)).max_by_key(|(_, band)| band.event);
    last.map(|(actor, band)| (actor, band.event)).expect("somebody leads")
}

#[test]
fn why_lights_up_what_led_to_it() {
    let mut window = harness(DESK, broken(2_500, &["1200ms crash @leader"]));
    window.run();
    let (leader, event) = election(window.state().state());
    assert!(window.state().state().lens().is_none(), "nothing is asked about");
    window.state_mut().state_mut().apply(Action::Select(Selection::Actor(leader)));
    window.state_mut().state_mut().apply(Action::ShowEvent(event));
    window.state_mut().state_mut().apply(Action::OpenWhy(event));
    window.run();
    window.get_by_label("Why did that happen?");
    let state = window.state().state();
    let cone = state.causes().expect("its causes are lit");
    assert!(cone.past().len() > 20 && cone.future().len() > 20);
    let steps = state.playback.why(event);
    let told: Vec<&str> = steps.iter().map(|step| step.sentence.as_str()).collect();
    assert!(told[0].contains("became leader"), "{told:?}");
    assert!(told.iter().any(|sentence| sentence.starts_with("voted came from")), "{told:?}");
    assert!(told.iter().any(|sentence| sentence.contains("asks for votes")), "{told:?}");
    assert!(told.iter().any(|sentence| sentence.contains("crash")), "{told:?}");
    window.get_by_label_contains("led to it and");
    // Each link is a jump.
    let (at, sentence) = (steps[2].at, steps[2].sentence.clone());
    window.get_by_label_contains(&sentence).click();
    window.run();
    assert_eq!(window.state().state().playback.shown().at, at);
    assert_eq!(window.state().state().why, Some(steps[2].event));
    window.key_press(Key::Escape);
    window.run();
    assert!(window.state().state().lens().is_none());

    let mut state = broken(2_500, &["1200ms crash @leader"]);
    let (leader, event) = election(&state);
    state.apply(Action::Select(Selection::Actor(leader)));
    state.apply(Action::OpenWhy(event));
    look_at("why.png", state);
}

#[test]
fn what_is_acted_on_loses_the_causes_of_another_past() {
    let mut state = broken(2_500, &[]);
    let (_, event) = election(&state);
    state.apply(Action::OpenWhy(event));
    let before = state.causes().expect("lit").future().len();
    let moment = state.playback.moment_of(event).expect("it happened");
    state.playback.show(moment);
    state.apply(Action::Do(sim::command::parse("crash n1").expect("a command")));
    assert!(state.causes().is_none_or(|cone| cone.future().len() < before), "that future is gone");
}

#[test]
fn one_node_knows_what_it_was_told() {
    let mut window = harness(DESK, broken(2_400, &["1s cut n5 | n1 n2 n3 n4 c1 c2", "1500ms crash n1"]));
    window.run();
    let cut = ActorId::node(5);
    window.state_mut().state_mut().apply(Action::Select(Selection::Actor(cut)));
    window.run();
    window.get_by_label("What can n5 know?").click();
    window.run();
    let state = window.state().state();
    assert_eq!(state.seen_by(), Some(cut));
    let guess = state.view().actor(ActorId::node(1)).expect("a guess").clone();
    assert_ne!(guess.status, Status::Down, "nobody told n5 of the crash");
    assert!(guess.subline.contains("n5 last heard of it"), "{}", guess.subline);
    assert!(guess.fields.is_empty(), "what n1 holds n5 cannot see");
    assert!(!state.view().actor(cut).expect("itself").fields.is_empty());
    assert!(state.view().broken.iter().all(|broken| broken.pothole), "a cut nobody sees");
    assert!(state.view().strips[0].rows().iter().all(|row| row.actor == cut));
    // Nothing it was not told is drawn: its last news of the others are older than the cut.
    let cone_of_others = state.lens().and_then(|lens| lens.veil(ActorId::node(1))).expect("n1 is veiled");
    assert!(cone_of_others.0.is_some_and(|until| until <= Time::millis(1_100)), "{cone_of_others:?}");
    window.get_by_label("only what n5 can know");
    window.key_press(Key::Q);
    window.run();
    assert_eq!(window.state().state().seen_by(), None);
    assert_eq!(status(&window, 1), Status::Down);

    let mut state = broken(2_400, &["1s cut n5 | n1 n2 n3 n4 c1 c2", "1500ms crash n1"]);
    state.apply(Action::Select(Selection::Actor(cut)));
    state.apply(Action::Window(Command::Knowledge));
    look_at("knowledge.png", state);
}

#[test]
fn a_run_is_exported_from_its_box() {
    let mut window = harness(DESK, broken(2_400, &["1200ms crash @leader"]));
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    window.run();
    let folder = std::env::temp_dir().join(format!("potholes-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    for format in Format::ALL {
        window.key_press_modifiers(Modifiers::COMMAND, Key::S);
        window.run();
        window.get_by_label(format.name()).click();
        window.run();
        let state = window.state_mut().state_mut();
        let ask = potholes::export::Ask {
            format,
            window: "1s..2s".to_owned(),
            causes: false,
            name: folder.join(format!("run{}", format.ending())).to_string_lossy().into_owned(),
        };
        state.apply(Action::Export(ask));
        assert!(matches!(state.requests.last(), Some(Request::Save(..))), "{format:?}");
        window.run();
        let file = std::fs::read(folder.join(format!("run{}", format.ending()))).expect("it was written");
        assert!(file.len() > 500, "{format:?}");
    }
    // What is wrong with a stretch is said, and nothing is written.
    window.state_mut().state_mut().apply(Action::Export(potholes::export::Ask {
        format: Format::Svg,
        window: "2s..1s".to_owned(),
        causes: false,
        name: "x.svg".to_owned(),
    }));
    assert!(window.state().state().requests.is_empty());
    std::fs::remove_dir_all(&folder).expect("the test's own folder");
}

/// A leader that says yes alone, cut off and healed: a write is lost.
fn lost_write() -> State {
    let mut run = Run::new(catalog::lab("raft").expect("the catalogue has it"));
    for set in ["nodes=3", "ack_before_majority=on"] {
        run.parameters.assign(set).expect("a parameter");
    }
    run.commands =
        ["1s cut @leader", "2s heal"].map(|text| run::text::timed(text).expect("a command")).to_vec();
    run.end = Time::millis(6_000);
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(run), saved);
    state.playback.show(Moment::end_of(Time::millis(6_000)));
    while state.playback.work(100_000) != run::Progress::Done {}
    state
}

#[test]
fn the_point_of_no_return_is_looked_for_behind_the_window() {
    let state = lost_write();
    let (_, broken, _) = run::fate::broken(&state.playback).expect("it breaks");
    let mut window = harness(vec2(1280.0, 1200.0), state);
    window.run();
    window.state_mut().state_mut().apply(Action::ShowTab(Tab::Verdict));
    window.run();
    window.get_by_label("Where was it decided?");
    window.state_mut().state_mut().apply(Action::Futures(potholes::state::futures::Ask::Begin(15)));
    for _ in 0..6_000 {
        pass(&mut window, 1);
        if window.state().state().fates().is_some_and(|fates| !fates.is_working()) {
            break;
        }
        std::thread::yield_now();
    }
    window.run(); // fails while anything still asks to be repainted
    let state = window.state().state();
    let fate = state.fates().expect("it was asked for").fate();
    assert!(fate.is_done() && fate.done() == fate.plan().len());
    assert!(fate.plan().broken() == broken && fate.plan().steps().len() > 10);
    assert!(state.fates_are_of_this());
    window.get_by_label_contains("Share of futures that end so");
    // A future that escaped is a branch one can play.
    let escaped = fate.points().iter().rposition(|point| point.escapes.is_some()).expect("some escape");
    let at = fate.plan().steps()[escaped].at;
    let ask = potholes::state::futures::Ask::Open { step: escaped, breaks: false };
    window.state_mut().state_mut().apply(Action::Futures(ask));
    window.run();
    let state = window.state().state();
    assert_eq!(state.playback.shown(), at);
    assert!(state.playback.branches().iter().any(|branch| branch.name.contains("it escapes")));
    assert!(!state.fates_are_of_this());
    window.state_mut().state_mut().apply(Action::Futures(potholes::state::futures::Ask::Back));
    window.run();
    assert!(window.state().state().fates_are_of_this());
    window.state_mut().state_mut().apply(Action::ShowTab(Tab::Verdict));
    window.run();
    if let Ok(folder) = std::env::var("LOOK_AT") {
        let image =
            raster::picture(Shot { size: vec2(1280.0, 1200.0), frames: 4, ..Shot::default() }, |ui| {
                window.state_mut().frame(ui);
            });
        std::fs::write(PathBuf::from(folder).join("fate.png"), raster::png(&image)).expect("written");
    }
}

#[test]
fn branches_are_named_compared_and_thrown_away() {
    let mut state = broken(3_000, &[]);
    state.playback.show(Moment::end_of(Time::millis(1_500)));
    state.apply(Action::Do(sim::command::parse("crash @leader").expect("a command")));
    state.playback.show(Moment::end_of(Time::millis(3_000)));
    let mut window = harness(DESK, state);
    window.run();
    window.get_by_label("2 branches").click();
    window.run();
    window.get_by_label("The ways this run has gone");
    window.get_by_label("compare").click();
    window.run();
    let state = window.state().state();
    let (name, difference) = state.compared().expect("it is compared");
    let difference = difference.expect("they differ");
    assert_eq!(name, "first");
    assert!(difference.at >= Time::millis(1_500) && difference.at < Time::millis(1_700), "{difference:?}");
    assert_eq!(state.notches().len(), 1);
    window.get_by_label("here: @leader crashes");
    window.get_by_label_contains("there: ");
    // Named, the first of the two.
    window.get_all_by_label("name").next().expect("a link").click();
    window.run();
    window.get_by_label("Name of the branch").type_text(" of all");
    window.run();
    window.get_by_label("Name it").click();
    window.run();
    let branch = window.state().state().playback.branches()[0].clone();
    assert!(branch.named && branch.name.contains(" of all"), "{}", branch.name);
    window.get_by_label("Go there").click();
    window.run();
    let at = window.state().state().compared().and_then(|(_, difference)| difference.map(|d| d.at));
    assert_eq!(Some(window.state().state().playback.shown().at), at);
    window.get_by_label("2 branches").click();
    window.run();
    window.get_by_label(&format!("Throw away {}", branch.name)).click();
    window.run();
    assert_eq!(window.state().state().playback.branches().len(), 1);
}

/// A drawing, drawn by a renderer that is not ours.
#[test]
fn a_renderer_draws_the_drawing() {
    let state = broken(
        3_000,
        &["800ms cut n2 | n1 n3 n4 n5", "1200ms crash @leader", "1700ms pause n4 for 200ms", "2s heal"],
    );
    let playback = &state.playback;
    let title = potholes::export::title(playback.run());
    let source = Source::new(playback.trace(), &title);
    let mut options = resvg::usvg::Options::default();
    let fonts =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/fonts")).expect("the fonts");
    for font in
        fonts.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|end| end == "ttf"))
    {
        options.fontdb_mut().load_font_data(std::fs::read(font.path()).expect("a font"));
    }
    for (name, part) in [
        ("whole.png", Part::whole(playback.trace())),
        ("part.png", Part::between(Time::millis(1_100), Time::millis(1_600))),
    ] {
        let file =
            potholes::export::bytes(&source, &part, Format::Svg, Theme::Light).expect("it can be drawn");
        let tree = resvg::usvg::Tree::from_data(&file, &options).expect("a renderer reads it");
        let size = tree.size().to_int_size();
        let mut pixels = resvg::tiny_skia::Pixmap::new(size.width(), size.height()).expect("a size");
        resvg::render(&tree, resvg::tiny_skia::Transform::default(), &mut pixels.as_mut());
        let ground = pixels.pixel(2, 2).expect("a corner");
        let drawn = pixels.pixels().iter().filter(|pixel| **pixel != ground).count();
        assert!(drawn > 10_000, "{drawn} pixels");
        if let Ok(folder) = std::env::var("LOOK_AT") {
            std::fs::write(PathBuf::from(&folder).join(name), pixels.encode_png().expect("a picture"))
                .expect("written");
            let png = potholes::export::bytes(&source, &part, Format::Png, Theme::Dark).expect("painted");
            std::fs::write(PathBuf::from(&folder).join(format!("raster-{name}")), png).expect("written");
        }
    }
}
