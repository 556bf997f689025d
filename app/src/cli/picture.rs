//! `potholes picture`.

use ::run::Playback;
use eframe::egui::{Theme, Vec2};
use sim::{ActorId, Moment};

use super::{Bad, HELD, Picture, lessons};
use crate::action::{Action, Selection};
use crate::picture;
use crate::raster::{self, Shot};
use crate::state::State;
use crate::state::lesson::Course;
use crate::state::store::Saved;

/// Larger pictures are a slip of the hand.
const MOST_PIXELS: f32 = 64e6;

/// Paints the window into a file.
pub(crate) fn paint(asked: &Picture) -> Result<u8, Bad> {
    let shot = shot(asked)?;
    let mut state = state(asked)?;
    if let Some(name) = &asked.select {
        let actor: ActorId =
            name.parse().map_err(|error: sim::ids::NotAnActor| Bad::Said(error.to_string()))?;
        if state.playback.view().actor(actor).is_none() {
            return Err(Bad::Said(format!("there is no {actor} in this run")));
        }
        state.apply(Action::Select(Selection::Actor(actor)));
    }
    let file = raster::png(&picture::window(state, shot));
    std::fs::write(&asked.output, file).map_err(|error| Bad::file(&asked.output, error))?;
    Ok(HELD)
}

fn shot(asked: &Picture) -> Result<Shot, Bad> {
    let wrong = || {
        Bad::Said(format!(
            "--size {}: write WIDTHxHEIGHT, as 1280x800",
            asked.size.chars().take(30).collect::<String>()
        ))
    };
    let (width, height) = asked.size.split_once('x').ok_or_else(wrong)?;
    let (width, height): (u16, u16) =
        (width.parse().map_err(|_| wrong())?, height.parse().map_err(|_| wrong())?);
    if width < 64 || height < 64 {
        return Err(Bad::Said("--size: at least 64 by 64".to_owned()));
    }
    if !(0.25..=8.0).contains(&asked.scale) {
        return Err(Bad::Said("--scale may be 0.25 to 8".to_owned()));
    }
    let size = Vec2::new(f32::from(width), f32::from(height));
    if size.x * size.y * asked.scale * asked.scale > MOST_PIXELS {
        return Err(Bad::Said("--size and --scale ask for more than 64 million pixels".to_owned()));
    }
    let theme = match asked.theme.as_str() {
        "dark" => Theme::Dark,
        "light" => Theme::Light,
        _ => return Err(Bad::Said("--theme may be dark or light".to_owned())),
    };
    Ok(Shot { size, scale: asked.scale, theme, frames: picture::FRAMES })
}

/// The window's state at the moment asked for.
fn state(asked: &Picture) -> Result<State, Bad> {
    let mut saved = Saved::default();
    if let Some(name) = &asked.lesson {
        return lesson(asked, name);
    }
    let length = asked.how.length.as_deref().map(::run::text::length).transpose();
    let length = length.map_err(|error| Bad::Said(format!("--for: {error}")))?;
    let Some(lab) = &asked.lab else {
        let mut state = State::first(saved);
        state.stand();
        state.playback.show(Moment::end_of(length.unwrap_or(picture::FIRST_MOMENT)));
        return Ok(state);
    };
    let run = asked.how.run(lab)?;
    saved.layout.reveal_all();
    let end = run.end;
    let mut state = State::new(Playback::new(run), saved);
    state.playback.show(Moment::end_of(end));
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
