//! Few amounts that have a value they should have: each in figures, against what it should be, and as a track on which the
//! difference is a piece of its own. Whether that is bad a strip does not say.

use std::fmt;

use eframe::egui::{Align2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use sim::view::Gauge;

use super::hits::{Hit, What};
use crate::action::Selection;
use crate::amount::{amount, with_unit};
use crate::canvas::labels::Style;
use crate::paint::Paint;
use crate::theme::{Size, Weight, space};

/// How tall gauges want to be, without the strip's head.
pub const HEIGHT: f32 = 90.0;
/// A gauge: least and most width, and its height.
const WIDTH: [f32; 2] = [186.0, 300.0];
const CARD: f32 = 84.0;
/// Between two.
const GAP: f32 = 26.0;

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Board<'a> {
    gauges: &'a [Gauge],
    room: Rect,
    cards: Vec<Rect>,
    most: Vec2,
}

impl<'a> Board<'a> {
    pub fn new(rect: Rect, gauges: &'a [Gauge], pan: Vec2) -> Self {
        let room = rect.shrink2(vec2(17.0, 0.0)).with_max_y(rect.bottom().max(rect.top()));
        let width = room.width().max(1.0);
        let fitting = ((width + GAP) / (WIDTH[0] + GAP)).floor().max(1.0) as usize;
        let across = fitting.min(gauges.len().max(1));
        let card = ((width - GAP * (across - 1) as f32) / across as f32).clamp(60.0, WIDTH[1]);
        let lines = gauges.len().div_ceil(across).max(1);
        let most = vec2(0.0, (lines as f32 * CARD - room.height()).max(0.0));
        let top = room.top() - pan.y.clamp(0.0, most.y);
        let place = |at: usize| {
            let corner =
                pos2(room.left() + (card + GAP) * (at % across) as f32, top + CARD * (at / across) as f32);
            Rect::from_min_size(corner, vec2(card, CARD - 8.0))
        };
        Self { gauges, room, cards: (0..gauges.len()).map(place).collect(), most }
    }
}

/// How a gauge stands against what it should be, in words: `20 more than it should be`. Empty where nobody knows that.
pub(super) fn against(gauge: &Gauge) -> String {
    let Some(expected) = gauge.expected else { return String::new() };
    let difference = gauge.value - expected;
    if difference == 0.0 {
        return "as it should be".to_owned();
    }
    let way = if difference > 0.0 { "more" } else { "less" };
    format!("{} {way} than {}", amount(difference.abs()), amount(expected))
}

/// Where value and expected value stand on a track that begins at nothing, as parts of it.
fn parts(gauge: &Gauge) -> (f32, Option<f32>) {
    let most = gauge.value.max(gauge.expected.unwrap_or(0.0)).max(0.0) * 1.12;
    let part = |value: f64| {
        if most > 0.0 && value.is_finite() && most.is_finite() {
            (value / most).clamp(0.0, 1.0) as f32
        } else {
            0.0
        }
    };
    (part(gauge.value), gauge.expected.map(part))
}

impl super::Placed for Board<'_> {
    fn most(&self) -> Vec2 {
        self.most
    }

    fn room(&self) -> Rect {
        self.room
    }

    fn paint(&self, paint: &mut Paint<'_>, _: &Selection) {
        paint.clip(self.room);
        for (gauge, card) in self.gauges.iter().zip(&self.cards) {
            gauge_ui(paint, gauge, *card);
        }
        paint.flush();
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let cards = self.gauges.iter().zip(&self.cards);
        cards.map(|(gauge, rect)| Hit { rect: *rect, actor: None, what: What::Gauge(gauge) }).collect()
    }
}

fn gauge_ui(paint: &mut Paint<'_>, gauge: &Gauge, card: Rect) {
    let palette = paint.palette;
    let label = Style::words(Size::Label, Weight::Medium);
    paint.fitted(
        card.left_top() + vec2(0.0, 9.0),
        Align2::LEFT_CENTER,
        label,
        &gauge.name,
        palette.soft,
        card.width(),
    );
    let large = Style::values_to_fit(19.0);
    let at = card.left_top() + vec2(0.0, 31.0);
    let value = paint.text(at, Align2::LEFT_CENTER, large, &amount(gauge.value), palette.text);
    let mut left = value.right() + 7.0;
    let baseline = at.y + 3.0;
    if !gauge.unit.is_empty() {
        let unit = paint.fitted(
            pos2(left, baseline),
            Align2::LEFT_CENTER,
            label,
            gauge.unit,
            palette.soft,
            (card.right() - left).max(8.0),
        );
        left = unit.right() + 12.0;
    }
    let differs = gauge.expected.is_some_and(|expected| expected != gauge.value);
    let words = against(gauge);
    if !words.is_empty() {
        let style = Style::words(Size::Label, if differs { Weight::Semibold } else { Weight::Regular });
        let colour = if differs { palette.text } else { palette.soft };
        let width = paint.width(style, &words);
        // Beside the value where there is room, else under the track.
        let (at, anchor) = if left + width <= card.right() {
            (pos2(left, baseline), Align2::LEFT_CENTER)
        } else {
            (card.left_top() + vec2(0.0, 68.0), Align2::LEFT_CENTER)
        };
        paint.fitted(at, anchor, style, &words, colour, card.right() - at.x);
    }
    track_ui(paint, gauge, card, differs);
}

/// The track: filled up to the smaller of both, the difference hatched, a notch where it should be.
fn track_ui(paint: &mut Paint<'_>, gauge: &Gauge, card: Rect, differs: bool) {
    let palette = paint.palette;
    let track = Rect::from_min_size(card.left_top() + vec2(0.0, 49.0), vec2(card.width(), 9.0));
    let track = paint.crisp(track);
    paint.fill(track, 2, palette.raised);
    let (value, expected) = parts(gauge);
    let x = |part: f32| track.left() + track.width() * part;
    let upto = |to: f32| Rect::from_min_max(track.min, pos2(to, track.bottom()));
    let same = expected.map_or(value, |expected| expected.min(value));
    paint.fill(upto(x(same)), 2, palette.follower);
    if let Some(expected) = expected {
        if differs {
            let (from, to) = (x(same), x(value.max(expected)).max(x(same) + 4.0));
            let piece = Rect::from_min_max(pos2(from, track.top()), pos2(to, track.bottom()));
            paint.hatch(piece, palette.text);
            paint.outline(piece, 1, Stroke::new(space::HAIRLINE, palette.text));
        }
        // The notch: what it should be.
        let at = x(expected);
        paint.shapes.push(Shape::vline(at, track.y_range().expand(4.0), Stroke::new(2.0, palette.text)));
    }
}

impl fmt::Display for Board<'_> {
    /// A line for each gauge: where, what, against what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (gauge, card) in self.gauges.iter().zip(&self.cards) {
            let value = with_unit(gauge.value, gauge.unit);
            let (x, y, width) = (card.left(), card.top(), card.width());
            writeln!(f, "{} {value} at {x:.0} {y:.0} wide {width:.0}: {}", gauge.name, against(gauge))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::strips;
    use sim::view::{Body, Strip};

    fn gauges(strip: &Strip) -> &[Gauge] {
        let Body::Gauges(gauges) = &strip.body else { panic!("gauges") };
        gauges
    }

    #[test]
    fn gauges_stand_side_by_side_or_below_each_other() {
        let strip = strips::money();
        let rect = |width: f32| Rect::from_min_size(pos2(0.0, 30.0), vec2(width, HEIGHT));
        let wide = Board::new(rect(703.0), gauges(&strip), Vec2::ZERO);
        assert_eq!(
            wide.to_string(),
            "all money 1020 coins at 17 30 wide 206: 20 more than 1000\n\
             in accounts 980 coins at 249 30 wide 206: \n\
             fees 12.5 coins at 480 30 wide 206: as it should be\n"
        );
        assert_eq!(wide.most, Vec2::ZERO);
        let narrow = Board::new(rect(320.0), gauges(&strip), vec2(0.0, 1e9));
        assert_eq!(narrow.most.y, 3.0 * CARD - HEIGHT);
        assert!(narrow.cards[2].bottom() <= 30.0 + HEIGHT);
    }

    #[test]
    fn a_difference_is_said_and_seen() {
        let gauge = |value: f64, expected: Option<f64>| Gauge {
            name: "x".into(),
            value,
            expected,
            unit: "",
            detail: "".into(),
        };
        assert_eq!(against(&gauge(980.0, Some(1_000.0))), "20 less than 1000");
        assert_eq!(against(&gauge(3.0, None)), "");
        let (value, expected) = parts(&gauge(1_020.0, Some(1_000.0)));
        assert!(value > expected.unwrap() && value < 1.0);
        for odd in [f64::NAN, f64::INFINITY, -4.0, 0.0] {
            let (value, expected) = parts(&gauge(odd, Some(odd)));
            assert!((0.0..=1.0).contains(&value) && (0.0..=1.0).contains(&expected.unwrap()), "{odd}");
        }
    }
}
