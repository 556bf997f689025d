//! Learning the time from somebody else: what one exchange of messages says (Mills, RFC 5905, section 8), what several say
//! together (Marzullo 1984), and how a clock that is wrong is put right (slewed, or stepped).
//!
//! An [`Exchange`] is measured on clocks that never step. What it says is an interval: however long each of the two
//! messages took, the server's clock lies within it. The middle is NTP's offset, and half its width is half the delay.

use serde::Serialize;
use sim::{Span, Time};
use smallvec::SmallVec;

/// Parts of which rates are counted.
pub const BILLION: i64 = 1_000_000_000;

/// `a - b` in nanoseconds.
pub fn difference(a: Time, b: Time) -> i64 {
    let nanos = i128::from(a.0) - i128::from(b.0);
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// So many nanoseconds later, or earlier; at the ends of time it stays there.
pub fn moved(time: Time, nanos: i64) -> Time {
    Time(time.0.saturating_add_signed(nanos))
}

/// Of so many nanoseconds this many parts in 10⁹, rounded up.
pub fn part(nanos: u64, rate: i64) -> i64 {
    let product = i128::from(nanos) * i128::from(rate);
    let rounded = (product + i128::from(BILLION) - 1).div_euclid(i128::from(BILLION));
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// A question for the time and its answer: sent, received, answered, heard. The first and last by the clock of who asked,
/// those between by the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// `T1`
    pub sent: Time,
    /// `T2`
    pub received: Time,
    /// `T3`
    pub answered: Time,
    /// `T4`
    pub heard: Time,
}

impl Exchange {
    /// How far the server's clock is ahead, if both messages took the same time.
    pub fn offset(&self) -> i64 {
        let there = i128::from(difference(self.received, self.sent));
        let back = i128::from(difference(self.answered, self.heard));
        ((there + back) / 2) as i64
    }

    /// How long both messages took together.
    pub fn delay(&self) -> i64 {
        difference(self.heard, self.sent).saturating_sub(difference(self.answered, self.received))
    }

    /// How far the server's clock is surely ahead, at least and at most: the offset, and half the delay either way.
    /// `rate` is by how much the two clocks may drift apart, in parts in 10⁹.
    pub fn bounds(&self, rate: i64) -> Bounds {
        let drifted = part(self.heard.since(self.sent).0, rate);
        Bounds {
            low: difference(self.answered, self.heard).saturating_sub(drifted),
            high: difference(self.received, self.sent).saturating_add(drifted),
        }
    }
}

/// How far another clock is ahead, in nanoseconds: at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// At least.
    pub low: i64,
    /// At most.
    pub high: i64,
}

impl Bounds {
    /// Its middle.
    pub fn middle(&self) -> i64 {
        ((i128::from(self.low) + i128::from(self.high)) / 2) as i64
    }

    /// The same after some time, in which the clocks may have drifted apart.
    #[must_use]
    pub fn aged(&self, passed: Span, rate: i64) -> Self {
        let drifted = part(passed.0, rate);
        Self { low: self.low.saturating_sub(drifted), high: self.high.saturating_add(drifted) }
    }
}

/// Marzullo's algorithm: the smallest interval that lies in as many of these as any does, and in how many that is. None
/// where there are none.
pub fn marzullo(sources: impl IntoIterator<Item = Bounds>) -> Option<(Bounds, u32)> {
    // An interval that begins where another ends touches it: beginnings go first.
    let mut edges: SmallVec<[(i64, bool); 16]> = SmallVec::new();
    for source in sources {
        edges.push((source.low, false));
        edges.push((source.high, true));
    }
    edges.sort_unstable();
    let (mut inside, mut best) = (0u32, 0u32);
    let mut found: Option<Bounds> = None;
    for (at, (edge, ends)) in edges.iter().enumerate() {
        if *ends {
            inside = inside.saturating_sub(1);
            continue;
        }
        inside += 1;
        if inside > best {
            best = inside;
            // Up to whatever comes next: if that is another beginning, it will be better still.
            let next = edges.get(at + 1).map_or(*edge, |(next, _)| *next);
            found = Some(Bounds { low: *edge, high: next });
        }
    }
    found.map(|bounds| (bounds, best))
}

/// How many answers are kept.
const KEPT: usize = 8;

/// What is known of a server's clock: the newest answers, and what they say together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Oldest first: when it was heard, by one's own clock, and what it said.
    samples: SmallVec<[(Time, Bounds); KEPT]>,
}

impl Filter {
    /// An answer was heard.
    pub fn add(&mut self, exchange: &Exchange, rate: i64) {
        if self.samples.len() == KEPT {
            self.samples.remove(0);
        }
        self.samples.push((exchange.heard, exchange.bounds(rate)));
    }

    /// How far the server's clock is ahead now: what most answers agree on, each grown wider with its age. None before
    /// the first.
    pub fn bounds(&self, now: Time, rate: i64) -> Option<Bounds> {
        marzullo(self.samples.iter().map(|(heard, said)| said.aged(now.since(*heard), rate)))
            .map(|(bounds, _)| bounds)
    }

    /// Whether any answer was heard.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }
}

/// How a correction is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Manner {
    /// Little by little, running fast or slow by so many parts in 10⁹.
    Slewed(i64),
    /// At once. Back is nowhere one can go: a clock that is ahead stands still until it is right.
    Stepped,
}

/// A wall clock as a node's programs read it: the machine's, put right by what the node knows of a server's.
///
/// What was shown once is not shown again: where the machine's clock is set back, or is found to be ahead, this one stands
/// still until time has caught up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeClock {
    /// Added to what the machine's clock shows.
    correction: i64,
    /// What is still to be added little by little, from when on (by the monotonic clock), and how fast.
    slew: (i64, Time, i64),
    /// The latest that was shown.
    shown: Time,
}

impl NodeClock {
    /// A clock that has shown this before, and knows nothing yet.
    pub fn new(shown: Time) -> Self {
        Self { correction: 0, slew: (0, Time::ZERO, 0), shown }
    }

    /// What of the slew is done at this moment.
    fn slewed(&self, monotonic: Time) -> i64 {
        let (left, since, rate) = self.slew;
        let done = part(monotonic.since(since).0, rate);
        left.clamp(-done, done)
    }

    /// What it shows where it may go back: the machine's clock, put right.
    pub fn bare(&self, wall: Time, monotonic: Time) -> Time {
        moved(wall, self.correction.saturating_add(self.slewed(monotonic)))
    }

    /// What it shows, while the machine's clocks show these. Where it may go `back` it does.
    pub fn read(&mut self, wall: Time, monotonic: Time, back: bool) -> Time {
        self.shown = self.seen(wall, monotonic, back);
        self.shown
    }

    /// What [`NodeClock::read`] would show, for those who only look on.
    pub fn seen(&self, wall: Time, monotonic: Time, back: bool) -> Time {
        let bare = self.bare(wall, monotonic);
        if back { bare } else { bare.max(self.shown) }
    }

    /// The latest that it has shown.
    pub fn shown(&self) -> Time {
        self.shown
    }

    /// It is found to be behind by so many nanoseconds (ahead, where that is negative), and put right.
    pub fn adjust(&mut self, behind: i64, monotonic: Time, manner: Manner) {
        self.correction = self.correction.saturating_add(self.slewed(monotonic));
        self.slew = (0, monotonic, 0);
        match manner {
            Manner::Slewed(rate) => self.slew = (behind, monotonic, rate),
            Manner::Stepped => self.correction = self.correction.saturating_add(behind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bounds(low: i64, high: i64) -> Bounds {
        Bounds { low, high }
    }

    #[test]
    fn marzullo_finds_what_most_agree_on() {
        let of = |sources: &[(i64, i64)]| marzullo(sources.iter().map(|(low, high)| bounds(*low, *high)));
        assert_eq!(of(&[(8, 12), (11, 13), (10, 12)]), Some((bounds(11, 12), 3)));
        assert_eq!(of(&[(8, 12), (11, 13), (14, 15)]), Some((bounds(11, 12), 2)));
        assert_eq!(of(&[(8, 9), (9, 12), (10, 12)]), Some((bounds(9, 9), 2)));
        assert_eq!(of(&[(3, 5)]), Some((bounds(3, 5), 1)));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn an_exchange_says_offset_and_delay() {
        // The server is 100 ahead; there it takes 10, back 30, and 5 in between.
        let exchange =
            Exchange { sent: Time(1_000), received: Time(1_110), answered: Time(1_115), heard: Time(1_045) };
        assert_eq!((exchange.offset(), exchange.delay()), (90, 40));
        assert_eq!(exchange.bounds(0), bounds(70, 110));
    }

    #[test]
    fn a_clock_is_slewed_stepped_and_never_set_back() {
        let mut clock = NodeClock::new(Time::ZERO);
        let at = |ms: u64| Time::millis(ms);
        assert_eq!(clock.read(at(100), at(100), false), at(100));
        // 10 ms behind, made up for at a hundredth: a second for it.
        clock.adjust(10_000_000, at(100), Manner::Slewed(10_000_000));
        assert_eq!(clock.read(at(600), at(600), false), at(605));
        assert_eq!(clock.read(at(2_000), at(2_000), false), at(2_010));
        // 500 ms ahead: stands still until it is right, or goes back where it may.
        clock.adjust(-500_000_000, at(2_000), Manner::Stepped);
        assert_eq!(clock.bare(at(2_100), at(2_100)), at(1_610));
        assert_eq!(clock.read(at(2_100), at(2_100), false), at(2_010));
        assert_eq!(clock.read(at(2_600), at(2_600), false), at(2_110));
        // The machine's clock is set back: the same.
        assert_eq!(clock.read(at(1_000), at(2_700), false), at(2_110));
        assert_eq!(clock.read(at(1_000), at(2_700), true), at(510));
    }

    proptest! {
        /// Whatever the two messages take, and however the clocks drift within their bound, the truth lies in the bounds.
        #[test]
        fn the_truth_lies_in_the_bounds(
            there in 0u64..1_000_000_000, work in 0u64..1_000_000_000, back in 0u64..1_000_000_000,
            ahead in 0u64..10_000_000_000, drift in -200_000i64..=200_000, age in 0u64..100_000_000_000,
        ) {
            // The server keeps true time; whoever asks drifts.
            let mine = |at: u64| Time(at.saturating_add_signed(part(at, drift)));
            let its = |at: u64| Time(at + ahead);
            let exchange = Exchange {
                sent: mine(0), received: its(there), answered: its(there + work), heard: mine(there + work + back),
            };
            let said = exchange.bounds(210_000);
            prop_assert!((said.middle() - exchange.offset()).abs() <= 1);
            prop_assert!(said.high - said.low <= exchange.delay() + 2 * part(there + work + back, 430_000));
            let now = there + work + back + age;
            let aged = said.aged(mine(now).since(exchange.heard), 210_000);
            let truth = difference(its(now), mine(now));
            prop_assert!(aged.low <= truth && truth <= aged.high, "{truth} in {aged:?}");
        }

        /// What is found lies in as many as it says, and no point lies in more.
        #[test]
        fn no_point_lies_in_more(sources in prop::collection::vec((0i64..30, 0i64..10), 1..9)) {
            let all: Vec<Bounds> = sources.iter().map(|(low, width)| bounds(*low, low + width)).collect();
            let (found, count) = marzullo(all.iter().copied()).unwrap();
            let covering = |x: i64| all.iter().filter(|b| b.low <= x && x <= b.high).count() as u32;
            prop_assert!(found.low <= found.high);
            for x in found.low..=found.high {
                prop_assert_eq!(covering(x), count);
            }
            prop_assert!((0..40).all(|x| covering(x) <= count));
        }

        /// Whatever is done to it, it never goes back.
        #[test]
        fn what_was_shown_is_not_shown_again(
            steps in prop::collection::vec((0u64..1_000, 0u64..5_000, -2_000i64..2_000, prop::bool::ANY), 1..30)
        ) {
            let (mut clock, mut monotonic, mut last) = (NodeClock::new(Time::ZERO), 0, Time::ZERO);
            for (pause, wall, behind, slewed) in steps {
                monotonic += pause;
                let shown = clock.read(Time(wall), Time(monotonic), false);
                prop_assert!(shown >= last);
                last = shown;
                let manner = if slewed { Manner::Slewed(100_000_000) } else { Manner::Stepped };
                clock.adjust(behind, Time(monotonic), manner);
            }
        }
    }
}
