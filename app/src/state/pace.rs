//! How fast virtual time passes on screen: by what happens, not by the clock on the wall. While nothing is on its way time
//! flies to the next event; a message that matters takes about a second. The learner's factor multiplies both.

use sim::view::Flight;
use sim::{Time, View};

/// Which way time goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// It stands.
    #[default]
    Still,
    /// It goes on.
    Forwards,
    /// It goes back, through what was already played.
    Backwards,
}

/// The factors of the slider, slowest first.
pub const FACTORS: &[f32] = &[0.062_5, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// A message that matters is on screen for so many seconds, at the usual pace.
const MESSAGE_SECONDS: f64 = 1.0;
/// A quiet one, such as a heartbeat.
const ROUTINE_SECONDS: f64 = 0.35;
/// The way through a stretch in which nothing is on its way takes at most so long.
const IDLE_SECONDS: f64 = 0.35;
/// Never slower than so many virtual nanoseconds a second: or a flight of an hour would stand still.
const RATE_MIN: f64 = 1e6;
/// Never faster: a whole run in a blink shows nothing.
const RATE_MAX: f64 = 20e9;

/// The pace and what is left over of the last frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Which way time goes.
    pub motion: Motion,
    /// The learner's factor, among [`FACTORS`].
    pub factor: f32,
    /// The rate of the frame before, which the next one is led from: pace changes without a jerk.
    rate: f64,
    /// Virtual nanoseconds that were too few to show.
    rest: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { motion: Motion::Still, factor: 1.0, rate: 0.0, rest: 0.0 }
    }
}

impl Pace {
    /// Standing, with this factor.
    pub fn new(factor: f32) -> Self {
        Self { factor, ..Self::default() }
    }

    /// Whether time moves.
    pub fn moves(&self) -> bool {
        self.motion != Motion::Still
    }

    /// How the factor reads: `1/4 speed`, `2x speed`, `usual speed`.
    pub fn words(&self) -> String {
        match self.short_words() {
            short if short == "1x" => "usual speed".to_owned(),
            short => format!("{short} speed"),
        }
    }

    /// The same where there is no room: `1/4`, `2x`, `1`.
    pub fn short_words(&self) -> String {
        if self.factor < 0.95 {
            format!("1/{:.0}", 1.0 / self.factor)
        } else if self.factor > 1.05 {
            format!("{:.0}x", self.factor)
        } else {
            "1x".to_owned()
        }
    }

    /// The next factor above (or below) this one.
    pub fn step_factor(&mut self, up: bool) {
        let at = FACTORS.iter().position(|factor| *factor >= self.factor * 0.99).unwrap_or(FACTORS.len() - 1);
        let to = if up { (at + 1).min(FACTORS.len() - 1) } else { at.saturating_sub(1) };
        self.factor = FACTORS[to];
    }

    /// How far time goes in a frame of `seconds`, in virtual nanoseconds.
    pub fn advance(&mut self, seconds: f64, wanted: f64) -> u64 {
        let wanted = wanted * f64::from(self.factor);
        // Slowing down is at once, or what should be seen is over before it is slow; speeding up is led.
        self.rate = if wanted < self.rate {
            wanted
        } else {
            self.rate + (wanted - self.rate) * (seconds * 8.0).min(1.0)
        };
        self.rest += self.rate * seconds;
        let whole = self.rest.floor().clamp(0.0, 1e15);
        self.rest -= whole;
        whole as u64
    }

    /// Forgets the last frame: after a pause, a seek.
    pub fn settle(&mut self) {
        self.rate = 0.0;
        self.rest = 0.0;
    }
}

/// How fast time should pass at this moment, in virtual nanoseconds a second, at the usual factor.
///
/// `next` is when the next event happens, where there is one.
pub fn wanted_rate(view: &View, next: Option<Time>) -> f64 {
    let now = view.moment.at;
    let moving = view.flights.iter().filter(|flight| !flight.held && !flight.waiting && flight.arrives > now);
    let slowest = moving.map(rate_of).fold(f64::INFINITY, f64::min);
    let rate = if slowest.is_finite() {
        slowest
    } else {
        let idle = next.map_or(1e9, |at| at.since(now).0 as f64);
        idle / IDLE_SECONDS
    };
    rate.clamp(RATE_MIN, RATE_MAX)
}

fn rate_of(flight: &Flight) -> f64 {
    let span = flight.arrives.since(flight.sent).0 as f64;
    span / if flight.routine { ROUTINE_SECONDS } else { MESSAGE_SECONDS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::{ActorId, EventId, MessageId, Moment};

    fn view(flights: Vec<Flight>) -> View {
        View {
            moment: Moment::at(Time::millis(100)),
            events: EventId(0),
            actors: Vec::new(),
            flights,
            broken: Vec::new(),
            strips: vec![],
            links: Vec::new(),
        }
    }

    fn flight(routine: bool, sent: u64, arrives: u64) -> Flight {
        Flight {
            id: MessageId(0),
            from: ActorId::node(1),
            to: ActorId::node(2),
            kind: "append",
            number: 1,
            label: String::new(),
            detail: String::new(),
            asks: true,
            routine,
            sent: Time::millis(sent),
            arrives: Time::millis(arrives),
            held: false,
            waiting: false,
            doomed: false,
        }
    }

    #[test]
    fn a_message_that_matters_takes_a_second() {
        let rate = wanted_rate(&view(vec![flight(false, 95, 115), flight(true, 95, 105)]), None);
        assert!((rate - 20e6).abs() < 1.0, "{rate}");
        let mut pace = Pace::default();
        let mut passed = 0;
        for _ in 0..600 {
            passed += pace.advance(1.0 / 60.0, rate);
        }
        assert!((190_000_000..=200_000_000).contains(&passed), "{passed} in ten seconds");
    }

    #[test]
    fn a_heartbeat_is_quicker_and_idle_time_flies() {
        let quiet = wanted_rate(&view(vec![flight(true, 95, 115)]), None);
        let idle = wanted_rate(&view(Vec::new()), Some(Time::millis(350)));
        assert!(quiet > 50e6 && idle > 10.0 * quiet, "{quiet} {idle}");
        let held = Flight { held: true, ..flight(false, 95, 115) };
        assert_eq!(
            wanted_rate(&view(vec![held]), Some(Time::millis(350))),
            idle,
            "what is held does not hold the pace"
        );
    }

    #[test]
    fn a_quarter_is_a_quarter() {
        let mut pace = Pace { factor: 0.25, ..Pace::default() };
        assert_eq!((pace.words().as_str(), pace.short_words().as_str()), ("1/4 speed", "1/4"));
        for _ in 0..200 {
            pace.advance(0.1, 1e9);
        }
        assert_eq!(pace.advance(1.0, 1e9), 250_000_000);
        pace.step_factor(true);
        assert_eq!(pace.factor, 0.5);
        (0..20).for_each(|_| pace.step_factor(false));
        assert_eq!(pace.factor, FACTORS[0]);
    }
}
