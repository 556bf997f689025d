//! `potholes picture`.

use std::path::Path;

use ::run::Playback;
use eframe::egui::{Theme, Vec2};
use sim::{ActorId, Moment};

use super::args::{How, Picture};
use super::out::Out;
use super::{Bad, HELD, file, lessons, short};
use crate::action::{Action, Selection};
use crate::picture;
use crate::raster::{self, Shot};
use crate::state::State;
use crate::state::lesson::Course;
use crate::state::store::Saved;

/// Smaller windows hold nothing.
const LEAST_SIDE: u16 = 64;
/// Larger windows are a slip of the hand.
const MOST_SIDE: u16 = 8_192;
/// Larger pictures are a slip of the hand, and need more memory than a machine may have.
const MOST_PIXELS: f32 = 36e6;

/// Paints the window into a file.
pub(crate) fn paint(asked: &Picture, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let shot = shot(asked)?;
    file_name(&asked.output)?;
    let mut state = state(asked, out)?;
    if let Some(name) = &asked.select {
        let actor: ActorId = name.parse().map_err(|wrong: sim::ids::NotAnActor| Bad::said(wrong))?;
        if state.playback.view().actor(actor).is_none() {
            return Err(Bad::Said(format!("--select: there is no {actor} in this run")));
        }
        state.apply(Action::Select(Selection::Actor(actor)));
    }
    if let Some(title) = &asked.strip {
        state.apply(Action::ShowStrip(title.clone()));
        if state.strip_title() != title {
            let there = state.strip_tabs().join(", ");
            return Err(Bad::Said(format!("--strip: there is no {} here; there are {there}", short(title))));
        }
    }
    file::write(&asked.output, raster::png(&picture::window(state, shot)))?;
    Ok(HELD)
}

/// What is written is a PNG file, and its name must not say something else.
fn file_name(path: &Path) -> Result<(), Bad> {
    let is_png = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if is_png {
        Ok(())
    } else {
        Err(Bad::Said(format!("-o {}: the file's name must end in .png", path.display())))
    }
}

fn shot(asked: &Picture) -> Result<Shot, Bad> {
    let said = short(&asked.size);
    let wrong = || Bad::Said(format!("--size {said}: write WIDTHxHEIGHT, as 1280x800"));
    let (width, height) = asked.size.split_once('x').ok_or_else(wrong)?;
    let (width, height): (u16, u16) =
        (width.parse().map_err(|_| wrong())?, height.parse().map_err(|_| wrong())?);
    let sides = LEAST_SIDE..=MOST_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err(Bad::Said(format!("--size {said}: each side may be {LEAST_SIDE} to {MOST_SIDE}")));
    }
    let scale: f32 = asked
        .scale
        .parse()
        .ok()
        .filter(|scale| (1.0..=4.0).contains(scale))
        .ok_or_else(|| Bad::Said(format!("--scale {}: it may be 1 to 4", short(&asked.scale))))?;
    let size = Vec2::new(f32::from(width), f32::from(height));
    if size.x * size.y * scale * scale > MOST_PIXELS {
        let most = MOST_PIXELS / 1e6;
        return Err(Bad::Said(format!("--size and --scale ask for more than {most} million pixels")));
    }
    let theme = match asked.theme.as_str() {
        "dark" => Theme::Dark,
        "light" => Theme::Light,
        other => return Err(Bad::Said(format!("--theme {}: it may be dark or light", short(other)))),
    };
    Ok(Shot { size, scale, theme, frames: picture::FRAMES })
}

/// The window's state at the moment asked for.
fn state(asked: &Picture, out: &mut Out<'_, '_>) -> Result<State, Bad> {
    let Some(lab) = &asked.lab else { return told_state(asked) };
    let run = asked.how.run(lab)?;
    let end = run.end;
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(run), saved);
    state.playback.show(Moment::end_of(end));
    if let Some(stopped) = state.playback.stopped() {
        let told = format!("potholes: {stopped}");
        out.complain(&told);
    }
    Ok(state)
}

/// That of a lesson, or of the first screen: their runs are their own, and only the moment can be asked for.
fn told_state(asked: &Picture) -> Result<State, Bad> {
    let of_a_run = How { length: None, ..asked.how.clone() };
    if of_a_run != How::default() {
        let own = "the first screen and a lesson have their own run: only --for says which moment of it is shown; name a \
                   lab to use --seed, --set, --at, --script or --chaos";
        return Err(Bad::Said(own.to_owned()));
    }
    let length = asked.how.length.as_deref().map(::run::text::length).transpose();
    let length = length.map_err(|wrong| Bad::Said(format!("--for: {wrong}")))?;
    let mut state = match &asked.lesson {
        Some(name) => lesson(asked, name)?,
        None => {
            let mut state = State::first(Saved::default());
            state.stand();
            state.playback.show(Moment::end_of(picture::FIRST_MOMENT));
            state
        }
    };
    if let Some(length) = length {
        let end = state.playback.run().end;
        if length > end {
            return Err(Bad::Said(format!(
                "--for {}: this run ends at {end}",
                sim::Span(length.0).written()
            )));
        }
        state.playback.show(Moment::end_of(length));
    }
    Ok(state)
}

fn lesson(asked: &Picture, name: &str) -> Result<State, Bad> {
    let lesson = lessons::named(name)?;
    let steps = lesson.steps.len();
    if asked.step == 0 || asked.step > steps {
        return Err(Bad::Said(format!("--step may be 1 to {steps} in this lesson")));
    }
    let (course, playback) = Course::at(name, asked.step - 1, asked.done).map_err(Bad::Said)?;
    let mut saved = Saved::default();
    saved.layout.first = false;
    let mut state = State::new(playback, saved);
    state.lesson = Some(course);
    state.reveal_for_the_lesson();
    Ok(state)
}
