//! A part of a run as the bytes of a file: the drawings in the window's colours, the picture by the window's own painter,
//! the rest as [`run::export`] writes it.

use eframe::egui::{Color32, Frame, Theme, vec2};
use run::Run;
use run::export::svg::{Look, Rgb};
use run::export::{Format, Part, Source, Window, mermaid, perfetto, shiviz, svg};
use sim::{Moment, Story};

use crate::action::Selection;
use crate::lens::Lens;
use crate::raster::{self, Shot};
use crate::state::State;
use crate::theme::{self, Palette};
use crate::timeline::{self, Timeline};

/// How wide drawings and pictures are, in points.
const WIDTH: f32 = 1280.0;
/// Pixels of a picture to a point.
const SCALE: f32 = 2.0;
/// Taller pictures need more memory than a machine may have.
const MOST_HEIGHT: f32 = 4_000.0;

/// What the window is asked to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The kind of file.
    pub format: Format,
    /// The stretch of the run: `1s..2.5s`.
    pub window: String,
    /// Only what is selected depended on, and what depended on it.
    pub causes: bool,
    /// The file's name.
    pub name: String,
}

/// What an export of this run is called: `Raft, seed 7`.
pub fn title(run: &Run) -> String {
    format!("{}, seed {}", run.lab().about().title, run.seed)
}

/// The bytes of the file.
///
/// # Errors
/// The sentence that says why this part cannot be written so, and what to do.
pub fn bytes(source: &Source<'_>, part: &Part, format: Format, theme: Theme) -> Result<Vec<u8>, String> {
    let text = match format {
        Format::Svg => svg::write(source, part, &look(Palette::of(theme == Theme::Dark))),
        Format::Png => return png(source, part, theme),
        Format::Shiviz => shiviz::write(source, part),
        Format::Perfetto => perfetto::write(source, part),
        Format::Mermaid => mermaid::write(source, part),
    };
    text.map(String::into_bytes).map_err(|refused| refused.to_string())
}

/// The bytes of what the window was asked for.
///
/// # Errors
/// As [`bytes`]; and when the stretch cannot be read.
pub fn of_state(state: &State, ask: &Ask, theme: Theme) -> Result<Vec<u8>, String> {
    let playback = &state.playback;
    let window = ask.window.parse::<Window>().map_err(|wrong| wrong.to_string())?;
    // Nothing is told of what comes after an open question.
    let last = if state.is_held() { playback.shown().at } else { playback.story().end };
    let to = window.to.unwrap_or(last).min(last);
    if window.from > to {
        return Err(format!("This run has been played to {last} only"));
    }
    let mut part = Part::between(window.from, to);
    part.actors = match &state.selection {
        Selection::Actors(marked) => marked.clone(),
        _ => Vec::new(),
    };
    part.cone = state.causes().filter(|_| ask.causes).cloned();
    let evidence = playback.evidence().filter(|evidence| evidence.at <= to);
    let title = title(playback.run());
    let source = Source {
        version: playback.lab().about().version,
        proof: evidence.map_or(&[][..], |evidence| &evidence.operations[..]),
        broken_at: evidence.map(|evidence| evidence.at),
        ..Source::new(playback.trace(), &title)
    };
    bytes(&source, &part, ask.format, theme)
}

fn look(palette: &Palette) -> Look {
    let rgb = |colour: Color32| -> Rgb { [colour.r(), colour.g(), colour.b()] };
    Look {
        width: f64::from(WIDTH),
        ground: rgb(palette.canvas),
        text: rgb(palette.text),
        soft: rgb(palette.soft),
        hairline: rgb(palette.hairline),
        leader: rgb(palette.leader),
        candidate: rgb(palette.candidate),
        follower: rgb(palette.follower),
        down: rgb(palette.down),
        broken: rgb(palette.broken),
        broken_ground: rgb(palette.broken_ground),
    }
}

/// The time line alone, painted as the window paints it.
fn png(source: &Source<'_>, part: &Part, theme: Theme) -> Result<Vec<u8>, String> {
    let story = &source.trace.story;
    let chosen;
    let story = if part.actors.is_empty() {
        story
    } else {
        let mut some: Story = story.clone();
        some.lanes.retain(|lane| part.actors.contains(&lane.actor));
        chosen = some;
        &chosen
    };
    if story.lanes.is_empty() {
        return Err("nobody is left to draw: name other nodes or clients".to_owned());
    }
    let size = vec2(WIDTH, timeline::height(story).min(MOST_HEIGHT));
    let shown = timeline::Shown {
        proof: source.proof,
        broken_at: source.broken_at,
        version_word: source.version,
        lens: part.cone.as_ref().map(Lens::Causes),
        bare: true,
        ..timeline::Shown::new(story, Moment::end_of(part.to), part.to, &Selection::None)
    };
    let mut timeline = Timeline::default();
    let image = raster::picture(Shot { size, scale: SCALE, theme, frames: 3 }, |ui| {
        let ground = Frame::new().fill(theme::palette(ui).canvas);
        ground.show(ui, |ui| {
            timeline.show_between(&shown, part.from, part.to);
            timeline.show(ui, shown);
        });
    });
    Ok(raster::png(&image))
}
