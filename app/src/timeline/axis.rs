//! Time across the picture: which time stands where, at which zoom, spaced by time or by event.
//!
//! A position is counted in seconds, or, spaced by event, in messages sent: a burst of a millisecond then takes as much
//! room as a quiet minute. Both ways are by bisection; nothing is built that would have to be rebuilt while the run grows.

use eframe::egui::Rangef;
use sim::Time;
use sim::story::Arrows;

/// What the same distance across the picture means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spacing {
    /// The same time.
    #[default]
    Time,
    /// The same number of messages.
    Events,
}

/// The part that is shown, in positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Where it begins.
    pub from: f64,
    /// How much it shows.
    pub span: f64,
}

/// The least that is shown: a tenth of a millisecond, half a message.
const LEAST: [f64; 2] = [1e-4, 0.5];

/// Positions and points.
#[derive(Clone, Copy)]
pub struct Axis<'a> {
    /// From left to right, in points.
    pub across: Rangef,
    /// What is shown there.
    pub window: Window,
    /// What a position is.
    pub spacing: Spacing,
    /// The story's arrows, sorted by the time they left.
    pub arrows: &'a Arrows,
}

impl Axis<'_> {
    /// The position of a time.
    pub fn position(&self, time: Time) -> f64 {
        match self.spacing {
            Spacing::Time => time.seconds(),
            Spacing::Events => self.after(self.arrows.partition_point(|arrow| arrow.sent <= time), time),
        }
    }

    /// The same of a time by which so many messages had left, and hardly more: found sooner.
    pub fn position_from(&self, sent: usize, time: Time) -> f64 {
        if self.spacing == Spacing::Time {
            return time.seconds();
        }
        let had_left = |place: usize| self.arrows.get(place).is_some_and(|arrow| arrow.sent <= time);
        // In steps that double, then between the last two by bisection.
        let (mut low, mut step) = (sent, 1);
        while had_left(low + step - 1) {
            low += step;
            step *= 2;
        }
        let mut high = low + step - 1;
        while low < high {
            let middle = low.midpoint(high);
            if had_left(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.after(low, time)
    }

    /// The position of a time by which exactly so many messages had left.
    fn after(&self, sent: usize, time: Time) -> f64 {
        let from =
            sent.checked_sub(1).and_then(|at| self.arrows.get(at)).map_or(Time::ZERO, |arrow| arrow.sent);
        let until =
            self.arrows.get(sent).map_or(Time(from.0.saturating_add(1_000_000_000)), |arrow| arrow.sent);
        let part = time.since(from).0 as f64 / until.since(from).0.max(1) as f64;
        sent as f64 + part.min(0.999)
    }

    /// The time at a position.
    pub fn time_at(&self, position: f64) -> Time {
        let position = position.max(0.0);
        match self.spacing {
            Spacing::Time => Time((position * 1e9).min(9e18) as u64),
            Spacing::Events => {
                let sent = (position as usize).min(self.arrows.len());
                let from = sent
                    .checked_sub(1)
                    .and_then(|at| self.arrows.get(at))
                    .map_or(Time::ZERO, |arrow| arrow.sent);
                let until = self
                    .arrows
                    .get(sent)
                    .map_or(Time(from.0.saturating_add(1_000_000_000)), |arrow| arrow.sent);
                let part = (position - sent as f64).clamp(0.0, 1.0);
                Time(from.0 + (until.since(from).0 as f64 * part) as u64)
            }
        }
    }

    /// Where a time stands.
    pub fn x(&self, time: Time) -> f32 {
        self.x_of(self.position(time))
    }

    /// Where a position stands. Far outside is only far, never infinite.
    pub fn x_of(&self, position: f64) -> f32 {
        let part = (position - self.window.from) / self.window.span.max(1e-12);
        self.across.min + (part.clamp(-1e4, 1e4) as f32) * self.across.span()
    }

    /// The time at a place.
    pub fn time(&self, x: f32) -> Time {
        let part = f64::from((x - self.across.min) / self.across.span().max(1.0));
        self.time_at(self.window.from + part * self.window.span)
    }

    /// The times that are shown, first and last.
    pub fn shown(&self) -> (Time, Time) {
        (self.time_at(self.window.from), self.time_at(self.window.from + self.window.span))
    }

    /// Times with a number, about `apart` points from each other.
    pub fn ticks(&self, apart: f32) -> Vec<(f32, String)> {
        let count = f64::from((self.across.span() / apart.max(1.0)).max(1.0));
        if self.spacing == Spacing::Events {
            // The first place belongs to the title.
            let places = (1..=count as usize).map(|index| self.across.min + apart * index as f32);
            let ticks = places.map(|x| (x, self.time(x).to_string()));
            return ticks.filter(|(x, _)| *x <= self.across.max).collect();
        }
        let rough = self.window.span / count;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let first = (self.window.from / step).ceil().max(0.0) as u64;
        let mut ticks = Vec::new();
        for index in first..first + 200 {
            let position = index as f64 * step;
            if position > self.window.from + self.window.span {
                break;
            }
            if index > 0 {
                ticks.push((self.x_of(position), format!("{position:.digits$} s")));
            }
        }
        ticks
    }
}

impl Window {
    /// What is shown while nobody has chosen: all of a short run, then the newest seconds of it.
    pub fn usual(axis: Axis<'_>, shown: Time, end: Time) -> Self {
        let (end, shown) = (axis.position(end), axis.position(shown));
        let most = if axis.spacing == Spacing::Time { 8.0 } else { 80.0 };
        let steps: &[f64] = match axis.spacing {
            Spacing::Time => &[1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0],
            Spacing::Events => &[20.0, 30.0, 40.0, 60.0],
        };
        let wanted = end * 1.15;
        let span = steps.iter().copied().find(|step| *step >= wanted).unwrap_or(most);
        let from = if shown > 0.8 * span { shown - 0.8 * span } else { 0.0 };
        Self { from, span }
    }

    /// Shows more or less, keeping what is at `part` of the width.
    pub fn zoom(&mut self, factor: f64, part: f64, spacing: Spacing, whole: f64) {
        if !factor.is_finite() || factor <= 0.0 {
            return;
        }
        let least = LEAST[usize::from(spacing == Spacing::Events)];
        let fixed = self.from + part * self.span;
        self.span = (self.span / factor).clamp(least, (whole * 1.2).max(least * 10.0));
        self.from = fixed - part * self.span;
        self.keep(whole);
    }

    /// Shows what is earlier or later.
    pub fn pan(&mut self, by: f64, whole: f64) {
        self.from += by;
        self.keep(whole);
    }

    /// Moves so that a position is in sight.
    pub fn follow(&mut self, position: f64, whole: f64) {
        if position < self.from || position > self.from + 0.92 * self.span {
            self.from = position - 0.8 * self.span;
            self.keep(whole);
        }
    }

    fn keep(&mut self, whole: f64) {
        self.from = self.from.min(whole - 0.2 * self.span).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample;

    fn axis(arrows: &Arrows, spacing: Spacing, from: f64, span: f64) -> Axis<'_> {
        Axis { across: Rangef::new(100.0, 500.0), window: Window { from, span }, spacing, arrows }
    }

    #[test]
    fn there_and_back() {
        let story = sample::desk_story();
        for spacing in [Spacing::Time, Spacing::Events] {
            let axis = axis(&story.arrows, spacing, 0.0, if spacing == Spacing::Time { 4.0 } else { 80.0 });
            let mut before = f64::MIN;
            for ms in 0..3000 {
                let time = Time::millis(ms);
                let position = axis.position(time);
                assert!(position >= before, "{spacing:?} {ms}");
                before = position;
                let sent = story.arrows.partition_point(|arrow| arrow.sent <= time);
                for known in [0, sent / 2, sent] {
                    assert_eq!(axis.position_from(known, time), position, "{spacing:?} {ms} from {known}");
                }
                let back = axis.time_at(position);
                assert!(back.0.abs_diff(time.0) < 2_000_000, "{spacing:?} {time} {back}");
            }
        }
    }

    #[test]
    fn ticks_are_round() {
        let told = |from, span| {
            let ticks = axis(&Arrows::default(), Spacing::Time, from, span).ticks(90.0);
            ticks.into_iter().map(|(x, text)| format!("{text} at {x:.0}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told(0.0, 4.0), "1 s at 200, 2 s at 300, 3 s at 400, 4 s at 500");
        assert_eq!(
            told(1.0, 0.02),
            "1.000 s at 100, 1.005 s at 200, 1.010 s at 300, 1.015 s at 400, 1.020 s at 500"
        );
        assert_eq!(told(0.0, 600.0), "200 s at 233, 400 s at 367, 600 s at 500");
    }

    #[test]
    fn zoom_keeps_what_is_pointed_at() {
        let mut window = Window { from: 1.0, span: 4.0 };
        window.zoom(2.0, 0.5, Spacing::Time, 30.0);
        assert_eq!(window, Window { from: 2.0, span: 2.0 });
        window.zoom(1e-9, 0.5, Spacing::Time, 30.0);
        assert_eq!(window.span, 36.0);
        window.zoom(1e99, 0.0, Spacing::Time, 30.0);
        assert_eq!(window.span, LEAST[0]);
        window.zoom(f64::NAN, 0.0, Spacing::Time, 30.0);
        window.pan(-1e99, 30.0);
        assert_eq!(window.from, 0.0);
    }

    #[test]
    fn the_usual_window_grows_then_follows() {
        let usual = |shown, end| {
            let none = Arrows::default();
            let axis = axis(&none, Spacing::Time, 0.0, 1.0);
            Window::usual(axis, Time::millis(shown), Time::millis(end))
        };
        assert_eq!(usual(0, 0), Window { from: 0.0, span: 1.0 });
        assert_eq!(usual(2690, 2690), Window { from: 0.0, span: 4.0 });
        let late = usual(20_000, 20_000);
        assert!((late.from - 13.6).abs() < 1e-9 && late.span == 8.0);
        assert_eq!(usual(1000, 20_000).from, 0.0, "in the past its own surroundings are shown");
    }
}
