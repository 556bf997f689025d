//! The whole window, driven as a hand and a screen reader would: things are found by their names, and what is checked is
//! the state.

#[path = "window/instruments.rs"]
mod instruments;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use lessons::Phase;
use potholes::App;
use potholes::action::{Action, Lesson, Selection, Tab};
use potholes::command::Command;
use potholes::state::State;
use potholes::state::lesson::Course;
use potholes::state::store::{KEY, Saved};
use run::{Playback, Run};
use sim::view::Status;
use sim::{ActorId, Moment, Time};

const DESK: Vec2 = vec2(1280.0, 800.0);
const PHONE: Vec2 = vec2(390.0, 844.0);

fn harness(size: Vec2, state: State) -> Harness<'static, App> {
    harness_of(size, state, 0.25)
}

/// The same, with so many seconds from frame to frame.
fn harness_of(size: Vec2, state: State, frame: f32) -> Harness<'static, App> {
    let mut state = Some(state);
    let build = move |cc: &mut eframe::CreationContext<'_>| {
        potholes::theme::apply(&cc.egui_ctx);
        App::on(state.take().expect("built once"))
    };
    Harness::builder().with_size(size).with_step_dt(frame).with_max_steps(16).build_eframe(build)
}

/// A lab with everything in sight, standing at two seconds.
fn lab() -> State {
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(Run::new(catalog::LABS[0])), saved);
    state.playback.show(Moment::end_of(Time::millis(2_000)));
    state
}

fn status(window: &Harness<'_, App>, node: u16) -> Status {
    window.state().state().playback.view().actor(ActorId::node(node)).expect("the node exists").status
}

/// Lets time pass on screen without asking for rest.
fn pass(window: &mut Harness<'_, App>, frames: usize) {
    window.run_steps(frames);
}

#[test]
fn a_newcomer_sees_one_sentence_and_one_button() {
    let mut window = harness(DESK, State::restore(Saved::default()));
    pass(&mut window, 4);
    assert!(window.state().state().is_first());
    window.get_by_label("Three computers keep one shopping list. The crowned one answers.");
    assert!(window.query_by_label("Linearizable so far").is_none(), "no lamp");
    assert!(window.query_by_label("Pause").is_none(), "no controls");
    for way in ["Lessons", "Labs", "Break something"] {
        window.get_by_label(way);
    }
    window.get_by_label("Cut the crowned one off").click();
    pass(&mut window, 3);
    assert!(!window.state().state().is_first());
    // What was on its way arrives first: the list is the same on all three when the cut falls.
    for _ in 0..40 {
        pass(&mut window, 1);
    }
    let state = window.state().state();
    assert!(!state.playback.view().broken.is_empty(), "something is broken now");
    assert_eq!(state.lesson.as_ref().map(|course| course.name()), Some("lost-write"));
    window.get_by_label("The lost write");
}

#[test]
fn the_first_screen_leads_straight_into_the_lab() {
    let mut window = harness(DESK, State::restore(Saved::default()));
    pass(&mut window, 2);
    window.get_by_label("Break something").click();
    pass(&mut window, 3);
    let state = window.state().state();
    assert!(!state.is_first() && state.lesson.is_none());
    window.get_by_role_and_label(Role::Button, "Linearizable so far");
}

#[test]
fn where_frames_are_slow_a_click_is_still_a_click() {
    // As where a busy processor paints.
    let mut window = harness_of(DESK, lab(), 1.0);
    window.get_by_label("Play").click();
    pass(&mut window, 4);
    let at = window.get_by_label_contains("Node n2").rect().center();
    window.event(Event::PointerMoved(at));
    for pressed in [true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        window.event(Event::PointerButton { pos: at, button, pressed, modifiers });
        pass(&mut window, 1);
    }
    pass(&mut window, 1);
    assert_eq!(window.state().state().selection, Selection::Actor(ActorId::node(2)));
}

#[test]
fn a_paused_window_rests() {
    let mut window = harness(DESK, lab());
    window.run();
    window.get_by_label("Play").click();
    pass(&mut window, 5);
    let moved = window.state().state().playback.shown().at;
    assert!(moved > Time::millis(2_000), "{moved}");
    window.get_by_label("Pause").click();
    window.run(); // fails while anything still asks to be repainted
    let rested = window.state().state().playback.shown();
    window.run();
    assert_eq!(window.state().state().playback.shown(), rested);
}

#[test]
fn a_node_is_crashed_by_its_button_and_by_its_key() {
    let mut window = harness(DESK, lab());
    window.state_mut().state_mut().apply(Action::Select(Selection::Actor(ActorId::node(2))));
    window.run();
    window.get_by_role_and_label(Role::Button, "Crash").click();
    window.run();
    assert_eq!(status(&window, 2), Status::Down);
    window.key_press(Key::C);
    window.run();
    assert_ne!(status(&window, 2), Status::Down, "the same key restarts it");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run();
    assert_eq!(status(&window, 2), Status::Down, "undone");
}

#[test]
fn letters_do_nothing_once_they_are_turned_off() {
    let mut state = lab();
    state.saved.preferences.letter_keys = false;
    let mut window = harness(DESK, state);
    window.state_mut().state_mut().apply(Action::Select(Selection::Actor(ActorId::node(2))));
    window.run();
    window.key_press(Key::C);
    window.run();
    assert_eq!(status(&window, 2), Status::Up);
}

#[test]
fn numbers_select_and_x_cuts_what_is_marked() {
    let mut window = harness(DESK, lab());
    window.run();
    window.key_press(Key::Num1);
    window.run();
    assert_eq!(window.state().state().selection, Selection::Actor(ActorId::node(1)));
    window.key_press_modifiers(Modifiers::SHIFT, Key::Num2);
    window.run();
    assert_eq!(window.state().state().selection.actors().len(), 2);
    window.key_press(Key::X);
    window.run();
    let broken = &window.state().state().playback.view().broken;
    assert_eq!(broken.len(), 1, "{broken:?}");
    let mend = format!("{} {}", broken[0].verb, broken[0].text);
    window.get_by_label(&mend).click();
    window.run();
    assert!(window.state().state().playback.view().broken.is_empty());
}

#[test]
fn the_palette_finds_a_fault() {
    let mut window = harness(DESK, lab());
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::P);
    window.run();
    window.get_by_role(Role::TextInput).type_text("crash n3");
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(status(&window, 3), Status::Down);
    assert!(window.query_by_role(Role::TextInput).is_none(), "it is closed again");
}

#[test]
fn a_command_of_the_list_is_rewritten_switched_off_and_taken_out() {
    let mut state = lab();
    state.apply(Action::Do(sim::command::parse("crash n2").expect("a command")));
    state.apply(Action::ShowTab(Tab::Commands));
    let mut window = harness(DESK, state);
    window.run();
    let text = {
        let timed = &window.state().state().playback.run().commands[0];
        format!("{} {}", timed.at, timed.command)
    };
    window.get_by_label(&format!("Do {text}")).click();
    window.run();
    assert!(window.state().state().playback.run().commands[0].disabled);
    assert_eq!(status(&window, 2), Status::Up);
    window.get_by_label(&text).click();
    window.run();
    let field = window.get_by_role(Role::TextInput);
    field.focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.get_by_role(Role::TextInput).type_text("1.5s fly n2");
    window.run();
    window.get_by_label("Set").click();
    window.run();
    assert_eq!(
        window.state().state().playback.run().commands[0].command.to_string(),
        "crash n2",
        "not a command"
    );
    window.get_by_role(Role::TextInput).focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.get_by_role(Role::TextInput).type_text("1.5s crash n4");
    window.run();
    window.get_by_label("Set").click();
    window.run();
    assert_eq!(window.state().state().playback.run().commands[0].command.to_string(), "crash n4");
    window.get_by_label("Take out 1.5s crash n4").click();
    window.run();
    assert!(window.state().state().playback.run().commands.is_empty());
}

#[test]
fn time_goes_back_and_acting_there_begins_a_branch() {
    let mut window = harness(DESK, lab());
    window.run();
    window.get_by_label("Previous event that matters").click();
    window.run();
    let state = window.state().state();
    assert!(state.playback.in_past());
    window.get_by_label("past");
    window.state_mut().state_mut().apply(Action::Do(sim::command::parse("crash n1").expect("a command")));
    window.run();
    assert!(window.state().state().playback.branches().len() > 1);
}

#[test]
fn what_was_open_is_open_again() {
    let mut state = lab();
    state.apply(Action::Do(sim::command::parse("crash n2").expect("a command")));
    let kept = state.to_save().write();
    let again = State::restore(Saved::read(&kept).expect("what we wrote reads"));
    assert!(!again.is_first());
    assert_eq!(again.playback.run(), state.playback.run());
    assert!(!KEY.is_empty());
}

#[test]
fn a_copied_link_opens_the_same_moment() {
    let mut state = lab();
    state.apply(Action::Do(sim::command::parse("crash n2").expect("a command")));
    let link = state.playback.link();
    let mut window = harness(DESK, State::restore(Saved::default()));
    pass(&mut window, 2);
    window.state_mut().open_link(&format!("#{link}")).expect("the link reads");
    window.run();
    assert_eq!(window.state().link(), link);
    assert_eq!(status(&window, 2), Status::Down);
    assert!(window.state_mut().open_link("#nonsense").is_err());
    assert_eq!(window.state().link(), link, "nothing was lost");
}

#[test]
fn a_phone_has_its_controls_under_the_thumb() {
    let mut window = harness(PHONE, lab());
    window.run();
    let play = window.get_by_label("Play").rect();
    assert!(play.center().y > PHONE.y - 64.0 && play.height() >= 40.0, "{play:?}");
    window.get_by_label("Verdict").click();
    window.run();
    assert_eq!(window.state().state().saved.layout.sheet, Tab::Verdict);
}

#[test]
fn three_times_the_text_is_the_phone_layout() {
    let mut window = harness(DESK / 3.0, lab());
    window.run();
    window.get_by_label("Play");
    window.get_by_label("Node").click();
    window.run();
    assert_eq!(window.state().state().saved.layout.sheet, Tab::Inspector);
}

#[test]
fn the_state_is_told_as_json() {
    let state = lab();
    let told: serde_json::Value = serde_json::from_str(&state.state_json()).expect("JSON");
    assert_eq!(told["schema"], 1);
    assert_eq!(told["run"]["lab"], "raft");
    assert_eq!(told["verdict"]["holds"], true);
}

/// Goes through a lesson as a learner would who always says "I do not know" and presses what there is to press.
fn finish(name: &str) {
    let mut state = State::restore(Saved::default());
    state.apply(Action::Pace(16.0));
    state.apply(Action::Lesson(Lesson::Begin(name.to_owned())));
    let mut window = harness(DESK, state);
    for _ in 0..1_500 {
        pass(&mut window, 1);
        let state = window.state().state();
        let course = state.lesson.as_ref().expect("the lesson is open");
        let button = course.text().button.clone();
        let doing = course.session().is_doing() || state.pace.moves();
        match course.phase() {
            Phase::Done if course.session().finished() => break,
            Phase::Done => window.get_by_role_and_label(Role::Button, "Continue").click(),
            Phase::Predicting if course.chosen().is_none() => window.get_by_label("I do not know").click(),
            Phase::Predicting => window.get_by_role_and_label(Role::Button, "That is my guess").click(),
            Phase::Acting if doing => {}
            Phase::Acting if button.is_empty() => {
                window.state_mut().state_mut().apply(Action::Lesson(Lesson::DoIt))
            }
            Phase::Acting => window.get_by_role_and_label(Role::Button, &button).click(),
            Phase::Playing => {}
        }
        pass(&mut window, 1);
    }
    let state = window.state().state();
    let course = state.lesson.as_ref().expect("the lesson is open");
    assert!(course.session().finished(), "{name}: step {}, {:?}", course.step(), course.phase());
    assert!(state.saved.progress[name].finished);
}

#[test]
fn the_first_lesson_is_finished_by_doing_its_steps() {
    finish("lost-write");
}

#[test]
fn the_second_lesson_is_finished_by_doing_its_steps() {
    finish("leader-nobody-hears");
}

#[test]
fn a_broken_promise_pauses_the_run_once() {
    let (_, solved) = Course::at("lost-write", 3, true).expect("the lesson replays");
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(solved.run().clone()), saved);
    state.apply(Action::Pace(16.0));
    let play = |state: &mut State| {
        state.apply(Action::Window(Command::Play));
        (0..2_000).take_while(|_| state.tick(0.1)).count();
    };
    play(&mut state);
    let first = state.playback.shown();
    assert!(first.at < state.playback.run().end, "it stopped at {first}");
    assert!(!state.playback.trace().violations.is_empty() || !state.saved.field_guide.is_empty());
    assert_eq!(state.saved.field_guide.len(), 1);
    play(&mut state);
    assert!(state.playback.shown() > first, "it goes on from there");
}

#[test]
fn figures_stand_beside_the_logs_and_share_the_time_line_s_moment() {
    let mut window = harness(DESK, lab());
    window.run();
    window.get_by_role_and_label(Role::Tab, "Figures").click();
    window.run();
    assert!(window.state().state().figures_shown());
    let plot = window.get_by_label("Operations a second").rect();
    let at = eframe::egui::pos2(plot.left() + 0.3 * plot.width(), plot.center().y);
    window.hover_at(at);
    window.drag_at(at);
    window.drop_at(at);
    window.run();
    let moment = window.state().state().playback.shown().at;
    assert!(moment < Time::millis(2_000), "{moment}");
    window.key_press(Key::N);
    window.run();
    assert_eq!(window.state().state().strip_title(), "Logs");
    window.get_by_label("Logs of n1");
}

#[test]
fn a_phone_names_its_tab_after_the_strip() {
    let mut window = harness(PHONE, lab());
    window.run();
    window.get_by_role_and_label(Role::Tab, "Logs").click();
    window.run();
    window.get_by_role_and_label(Role::Tab, "Figures").click();
    window.run();
    assert!(window.state().state().figures_shown());
    window.get_by_label("Time to an answer");
    assert_eq!(
        window.get_all_by_role_and_label(Role::Tab, "Figures").count(),
        2,
        "the sheet's, and the strip's"
    );
}

#[test]
fn a_published_figure_is_made_on_its_page() {
    let mut window = harness(DESK, lab());
    window.run();
    window.key_press(Key::G);
    window.run();
    window.get_by_role_and_label(Role::Tab, "Randomness ends elections");
    let button = window.get_by_role_and_label(Role::Button, "Make it here: 30 runs a curve");
    button.click();
    // Made beside the window, on every core.
    for _ in 0..3_000 {
        pass(&mut window, 1);
        let state = window.state().state();
        let done = state.figures.bench(state.lab()).is_some_and(|bench| !bench.is_working());
        if done {
            break;
        }
        std::thread::yield_now();
    }
    window.run(); // fails while anything still asks to be repainted
    let state = window.state().state();
    let bench = state.figures.bench(state.lab()).expect("it was asked for");
    assert!(!bench.is_working() && bench.curves.iter().filter(|curve| !curve.points.is_empty()).count() == 5);
    window.get_by_label("made of 30 runs each");
    window.key_press(Key::Escape);
    window.run();
    assert!(window.state().state().page.is_none());
}
