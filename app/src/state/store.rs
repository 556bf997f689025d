//! What is kept between visits: preferences, the layout, progress, the field guide, and the run that was open. One JSON
//! text; what cannot be read is set aside, never a reason to stop.

use sim::ordered::{SortedMap, SortedSet};

use eframe::egui::ThemePreference;
use serde::{Deserialize, Serialize};

use crate::action::Tab;

/// Under this name the text is kept.
pub const KEY: &str = "potholes";
/// Under this name a text is set aside that could not be read.
pub const KEY_UNREAD: &str = "potholes-unread";
/// No kept text is longer: it would not be ours.
const LONGEST: usize = 4 << 20;

/// Dark, light, or as the system says: [`ThemePreference`] in our own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the system says.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl From<ThemeChoice> for ThemePreference {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Dark => ThemePreference::Dark,
            ThemeChoice::Light => ThemePreference::Light,
        }
    }
}

impl From<ThemePreference> for ThemeChoice {
    fn from(preference: ThemePreference) -> Self {
        match preference {
            ThemePreference::System => ThemeChoice::System,
            ThemePreference::Dark => ThemeChoice::Dark,
            ThemePreference::Light => ThemeChoice::Light,
        }
    }
}

/// What the learner prefers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Dark or light.
    pub theme: ThemeChoice,
    /// Whether single letters are keys.
    pub letter_keys: bool,
    /// Whether nothing but the clock moves.
    pub reduced_motion: bool,
    /// How large text is: 1 is the usual.
    pub text_scale: f32,
    /// The pace: parts of the usual.
    pub pace: f32,
    /// Controls as large as a finger needs.
    pub touch: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            letter_keys: true,
            reduced_motion: false,
            text_scale: 1.0,
            pace: 1.0,
            touch: false,
        }
    }
}

/// Which parts of the desk stand, and how large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Nothing but the cluster, one sentence and one button: what a newcomer sees.
    pub first: bool,
    /// The lab's strip has appeared.
    pub logs: bool,
    /// The time line has appeared.
    pub time: bool,
    /// The inspector has appeared.
    pub inspector: bool,
    /// Verdict and invariants have appeared on the top line.
    pub verdict: bool,
    /// The inspector's drawer is open, where it is one.
    pub drawer: bool,
    /// What the right side shows besides what is selected.
    pub tab: Tab,
    /// What the phone's sheet shows.
    pub sheet: Tab,
    /// Whether the shared place below the canvas shows the logs rather than time.
    pub logs_before_time: bool,
    /// Figures have appeared beside the lab's strips.
    pub figures: bool,
    /// What each lab shows under the canvas, by its name.
    pub shelves: SortedMap<String, Shelf>,
}

/// What a lab shows under the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shelf {
    /// The strip that was chosen, by its title; the first where none was.
    pub strip: String,
    /// The plots that are drawn, by name; those of the lab where nothing was chosen.
    pub plots: Option<Vec<String>>,
}

/// A lab draws no more plots than these.
pub const PLOTS: usize = 12;
/// Of no more labs is it kept what they show.
const SHELVES: usize = 200;

impl Default for Layout {
    fn default() -> Self {
        Self {
            first: true,
            logs: false,
            time: false,
            inspector: false,
            verdict: false,
            drawer: false,
            tab: Tab::Inspector,
            sheet: Tab::Lesson,
            logs_before_time: false,
            figures: false,
            shelves: SortedMap::new(),
        }
    }
}

impl Layout {
    /// Everything stands: in a lab one has opened oneself.
    pub fn reveal_all(&mut self) {
        (self.first, self.logs, self.time, self.inspector, self.verdict) = (false, true, true, true, true);
        self.figures = true;
    }
}

/// A mistake once caused, with a link to it: a line of the field guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldNote {
    /// What broke, in a sentence.
    pub sentence: String,
    /// The lab.
    pub lab: String,
    /// What opens it.
    pub link: String,
}

/// How far a lesson has been gone through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LessonProgress {
    /// The steps done, by id.
    pub done: SortedSet<String>,
    /// The whole of it, once.
    pub finished: bool,
    /// What was predicted, by step id.
    pub predicted: SortedMap<String, String>,
}

/// Everything kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// Preferences.
    pub preferences: Preferences,
    /// The layout.
    pub layout: Layout,
    /// Progress, by lesson.
    pub progress: SortedMap<String, LessonProgress>,
    /// The field guide, newest last.
    pub field_guide: Vec<FieldNote>,
    /// The run that was open, as its text, with the moment shown.
    pub run: Option<String>,
    /// The lesson that was open, and its step.
    pub lesson: Option<(String, usize)>,
}

impl Saved {
    /// Reads what was kept.
    ///
    /// # Errors
    /// The sentence to show when it cannot be read.
    pub fn read(text: &str) -> Result<Saved, String> {
        if text.len() > LONGEST {
            return Err(
                "What was kept from your last visit is too long to be ours; it was set aside.".to_owned()
            );
        }
        let mut saved: Saved = serde_json::from_str(text).map_err(|error| {
            format!("What was kept from your last visit cannot be read ({error}); it was set aside.")
        })?;
        saved.tidy();
        Ok(saved)
    }

    /// As text.
    pub fn write(&self) -> String {
        // Plain data with text keys: this cannot fail; and if it did, an empty text is read as nothing kept.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Numbers from outside are put where they belong.
    fn tidy(&mut self) {
        let within = |value: f32, low: f32, high: f32| {
            if value.is_finite() { value.clamp(low, high) } else { 1.0 }
        };
        let preferences = &mut self.preferences;
        preferences.text_scale = within(preferences.text_scale, 0.5, 4.0);
        preferences.pace = within(preferences.pace, 0.0625, 16.0);
        let too_many = self.field_guide.len().saturating_sub(FIELD_NOTES);
        self.field_guide.drain(..too_many);
        let shelves = &mut self.layout.shelves;
        while shelves.len() > SHELVES {
            shelves.pop_last();
        }
        for shelf in shelves.values_mut() {
            if let Some(plots) = &mut shelf.plots {
                plots.truncate(PLOTS);
            }
        }
    }
}

/// No field guide is longer; the oldest goes first.
pub const FIELD_NOTES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let mut saved = Saved::default();
        saved.preferences.letter_keys = false;
        saved.layout.reveal_all();
        saved.run = Some("potholes 1\nlab raft 1\n".to_owned());
        saved.progress.entry("lost-write".to_owned()).or_default().done.insert("cut".to_owned());
        assert_eq!(Saved::read(&saved.write()), Ok(saved));
    }

    #[test]
    fn what_is_malformed_is_told_and_what_is_missing_is_default() {
        for wrong in ["", "x", "{", "[]]", "{\"preferences\": 3}", "{\"layout\":{\"tab\":\"Nowhere\"}}"] {
            let told = Saved::read(wrong).unwrap_err();
            assert!(told.contains("set aside"), "{told}");
        }
        assert!(Saved::read(&" ".repeat(LONGEST + 1)).is_err());
        assert_eq!(Saved::read("{}"), Ok(Saved::default()));
        let odd = Saved::read("{\"preferences\":{\"text_scale\":1e9,\"pace\":-3}}").unwrap();
        assert_eq!((odd.preferences.text_scale, odd.preferences.pace), (4.0, 0.0625));
    }
}
