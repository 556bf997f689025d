//! The lesson: where one is in it, what the step says, the question, what it waits for, the words on the page.

use eframe::egui::accesskit::Live;
use eframe::egui::{Align, FontId, Layout, ScrollArea, Ui, text::LayoutJob, text::TextFormat, vec2};
use lessons::prose::Shown;
use lessons::session::Answer;
use lessons::{HintKind, Phase};

use crate::action::{Action, Lesson};
use crate::command::Command as Key;
use crate::state::State;
use crate::state::lesson::Course;
use crate::theme::{self, Size, Weight, space};
use crate::widgets::{self, Button};

/// The column on the left of a desk: the page, and the way back and on at its foot.
pub fn show(ui: &mut Ui, state: &State, course: &Course, actions: &mut Vec<Action>) {
    let foot = theme::control_height(ui) + 2.0 * space::GAP;
    let height = (ui.available_height() - foot).max(60.0);
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.set_min_height(height);
        ScrollArea::vertical().id_salt("lesson").auto_shrink([false, false]).show(ui, |ui| {
            ui.label(theme::overline(ui, &place(course)));
            ui.label(theme::title(course.lesson().title.as_str()));
            widgets::step_dots(ui, course.step(), course.lesson().steps.len());
            ui.add_space(space::GAP);
            page_ui(ui, state, course, actions);
        });
    });
    foot_ui(ui, course, actions);
}

/// The same without its head, for a phone's sheet.
pub fn sheet_ui(ui: &mut Ui, state: &State, course: &Course, actions: &mut Vec<Action>) {
    page_ui(ui, state, course, actions);
    ui.add_space(space::GAP);
    foot_ui(ui, course, actions);
}

/// `One leader · 2`
fn place(course: &Course) -> String {
    let lesson = course.lesson();
    format!("{} · {}", lesson.path.replace('-', " "), lesson.number)
}

fn page_ui(ui: &mut Ui, state: &State, course: &Course, actions: &mut Vec<Action>) {
    let playback = &state.playback;
    ui.label(theme::heading(course.text().title.as_str()));
    for paragraph in course.session().prose(playback) {
        paragraph_ui(ui, &paragraph);
    }
    match course.phase() {
        Phase::Playing => {
            ui.add_space(space::TIGHT);
            widgets::waiting_row(ui, "the run plays on by itself");
        }
        Phase::Predicting => question_ui(ui, course, actions),
        Phase::Acting => acting_ui(ui, course, actions),
        Phase::Done => done_ui(ui, state, course, actions),
    }
    words_ui(ui, state, course);
}

fn question_ui(ui: &mut Ui, course: &Course, actions: &mut Vec<Action>) {
    let Some(prediction) = &course.text().predict else { return };
    ui.add_space(space::GAP);
    theme::card_frame(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.label(theme::lead_in(ui, "Predict"));
        ui.label(theme::heading(prediction.question.as_str()));
        let choices = prediction.choices.iter().map(|choice| choice.text.as_str()).chain(["I do not know"]);
        for (at, text) in choices.enumerate() {
            if widgets::choice_row(ui, course.chosen() == Some(at), text).clicked() {
                actions.push(Action::Lesson(Lesson::Choose(at)));
            }
        }
    });
    ui.add_space(space::GAP);
    let chosen = course.chosen().is_some();
    let button = ui.add_enabled_ui(chosen, |ui| Button::primary("That is my guess").show(ui)).inner;
    if button.clicked() {
        actions.push(Action::Lesson(Lesson::Answer));
    }
    ui.add_space(space::TIGHT);
    ui.label(theme::secondary(ui, "The run waits for you. Nothing on screen knows the answer yet."));
}

fn acting_ui(ui: &mut Ui, course: &Course, actions: &mut Vec<Action>) {
    if let Some(told) = guess(course) {
        ui.label(theme::soft(ui, told));
    }
    if let Some(waiting) = course.session().waiting_for() {
        ui.add_space(space::TIGHT);
        let row = widgets::waiting_row(ui, &format!("waiting for: {waiting}"));
        ui.ctx().accesskit_node_builder(row.id, |node| node.set_live(Live::Polite));
    }
    let button = &course.text().button;
    if !button.is_empty() && !course.session().is_doing() {
        ui.add_space(space::TIGHT);
        if Button::primary(button).show(ui).clicked() {
            actions.push(Action::Lesson(Lesson::DoIt));
        }
        ui.add_space(space::TIGHT);
    }
    for hint in course.hints() {
        match hint {
            HintKind::Words(words) => {
                ui.label(theme::secondary(ui, words.as_str()));
            }
            HintKind::Point(name) => {
                ui.label(theme::secondary(ui, format!("Look for “{name}”.")));
            }
            HintKind::Offer if !button.is_empty() => {}
            HintKind::Offer => {
                if Button::secondary("Do it for me").show(ui).clicked() {
                    actions.push(Action::Lesson(Lesson::DoIt));
                }
            }
        }
    }
    ui.add_space(space::TIGHT);
    let tip = "Back to where this step began; what you did stays as a branch";
    if widgets::text_link(ui, "Take me back").on_hover_text(tip).clicked() {
        actions.push(Action::Lesson(Lesson::TakeMeBack));
    }
}

/// `You guessed that c1 would be told ok.`
fn guess(course: &Course) -> Option<String> {
    let prediction = course.text().predict.as_ref()?;
    match course.session().answered()? {
        Answer::Choice(at) => Some(format!("Your guess: {}", prediction.choices.get(at)?.text)),
        Answer::Unknown => Some("You did not say. Watch.".to_owned()),
    }
}

fn done_ui(ui: &mut Ui, state: &State, course: &Course, actions: &mut Vec<Action>) {
    ui.add_space(space::TIGHT);
    if let Some(reply) = course.reply(&state.playback) {
        let head = match reply.right {
            Some(true) => format!("You guessed: {}. So it is.", reply.chosen),
            Some(false) => format!("You guessed: {}. In this run: {}.", reply.chosen, reply.truth),
            None => format!("In this run: {}.", reply.truth),
        };
        let label = ui.label(theme::heading(head));
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
        paragraph_ui(ui, &reply.words);
        if let Some(moment) = reply.see
            && widgets::text_link(ui, &format!("Show me, at {}", moment.at)).clicked()
        {
            actions.push(Action::Seek(moment));
        }
    }
    for paragraph in course.session().then(&state.playback) {
        paragraph_ui(ui, &paragraph);
    }
    if course.session().finished() {
        end_ui(ui, course, actions);
    }
}

/// The end: one sentence to keep, where it comes from, a link, and where the same trap waits.
fn end_ui(ui: &mut Ui, course: &Course, actions: &mut Vec<Action>) {
    let lesson = course.lesson();
    widgets::hairline_across(ui);
    ui.label(theme::lead_in(ui, "To keep"));
    ui.label(theme::heading(lesson.say.as_str()));
    ui.label(theme::secondary(ui, lesson.source.as_str()));
    ui.add_space(space::GAP);
    if Button::secondary("Copy link").wide().show(ui).clicked() {
        actions.push(Action::Window(Key::CopyLink));
    }
    let next = lessons::all().iter().skip_while(|other| other.id != lesson.id).nth(1);
    if let Some(next) = next
        && Button::primary(&format!("Next: {}", next.title)).wide().show(ui).clicked()
    {
        actions.push(Action::Lesson(Lesson::Begin(next.id.clone())));
    }
    if Button::secondary("Break it yourself").wide().show(ui).clicked() {
        actions.push(Action::Lesson(Lesson::Leave));
    }
    if !lesson.next.is_empty() {
        ui.label(theme::secondary(ui, "The same trap waits in"));
        for place in &lesson.next {
            if let Some((name, action)) = door(place)
                && widgets::text_link(ui, &name).clicked()
            {
                actions.push(action);
            }
        }
    }
}

/// A place where a trap waits, as a person calls it, and the way there: a lesson's name, or a lab with assignments.
fn door(place: &str) -> Option<(String, Action)> {
    if let Some(lesson) = lessons::find(place) {
        return Some((lesson.title.clone(), Action::Lesson(Lesson::Begin(lesson.id.clone()))));
    }
    let mut words = place.split_whitespace();
    let lab = catalog::lab(words.next()?)?;
    let mut run = run::Run::new(lab);
    let mut name = format!("{}, {}", lab.about().title, lab.about().subtitle);
    for assignment in words {
        run.parameters.assign(assignment).ok()?;
        let id = assignment.split('=').next()?;
        let pothole = lab.potholes().iter().find(|pothole| pothole.id == id);
        let said = pothole.map_or_else(|| assignment.replace('=', ": "), |pothole| pothole.title.to_owned());
        name = format!("{name}, {said}");
    }
    Some((name, Action::OpenText(run.write(None, None))))
}

/// Back, and on: "Skip" until what was asked for holds.
fn foot_ui(ui: &mut Ui, course: &Course, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        if ui.add_enabled_ui(course.step() > 0, |ui| Button::secondary("Back").show(ui)).inner.clicked() {
            actions.push(Action::Lesson(Lesson::Back));
        }
        if widgets::icon_button(ui, crate::icons::Icon::Close, "Leave the lesson", "").clicked() {
            actions.push(Action::Lesson(Lesson::Leave));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if course.step() + 1 >= course.lesson().steps.len() {
                return;
            }
            let done = course.phase() == Phase::Done;
            let on = if done {
                Button::primary("Continue")
            } else {
                Button::secondary("Skip").tip("Does this step for you, and goes on")
            };
            if on.show(ui).clicked() {
                actions.push(Action::Lesson(Lesson::Next));
            }
        });
    });
}

/// A paragraph with its values set in their own face.
fn paragraph_ui(ui: &mut Ui, pieces: &[Shown]) {
    let palette = theme::palette(ui);
    let plain = |font: FontId, color| TextFormat { font_id: font, color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    for piece in pieces {
        let (text, format) = match piece {
            Shown::Plain(text) => (text, plain(theme::words(Size::Text, Weight::Regular), palette.text)),
            Shown::Strong(text) => (text, plain(theme::words(Size::Text, Weight::Semibold), palette.text)),
            Shown::Code(text) => (text, plain(theme::values(Size::Secondary), palette.text)),
            Shown::Value(text) => (text, plain(theme::values(Size::Secondary), palette.act)),
        };
        job.append(text, 0.0, format);
    }
    if !job.is_empty() {
        ui.label(job);
        ui.add_space(space::TIGHT);
    }
}

/// The words of the field that this page uses, each with its explanation.
fn words_ui(ui: &mut Ui, state: &State, course: &Course) {
    let step = course.text();
    let mut page: String =
        step.prose.iter().chain(&step.then).map(|paragraph| paragraph.plain() + " ").collect();
    page.make_ascii_lowercase();
    let on_page = |word: &str| {
        let at = page.find(&word.to_lowercase());
        at.is_some_and(|at| at == 0 || !page.as_bytes()[at - 1].is_ascii_alphanumeric())
    };
    let words: Vec<_> = state.lab().glossary().iter().filter(|(word, _)| on_page(word)).collect();
    if words.is_empty() {
        return;
    }
    ui.add_space(space::WIDE);
    ui.label(theme::secondary(ui, "Words on this page"));
    ui.horizontal_wrapped(|ui| {
        for (word, meaning) in words {
            widgets::word_pill(ui, word, meaning);
        }
    });
}
