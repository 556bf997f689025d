//! Servers whose clocks are wrong on purpose. They stamp and hear as [`super::server`] does, and what they state is shown
//! to the monitor, their posts to the scan: each invariant of a clock is seen to break by a mistake in that clock.

use super::Fact;
use super::invariants::{At, INVARIANTS};
use super::monitor::Watch;
use super::post::{Post, PostId, Stamps};
use super::scan::compare;
use super::settings::{Order, PARAMETERS, Settings};
use crate::logical::{Hybrid, Lamport, Vector};
use crate::truetime::Interval;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Span, Time};
use std::sync::Arc;

const N2: ActorId = ActorId::node(2);
const N3: ActorId = ActorId::node(3);

/// What is wrong with the clocks of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// It counts its own posts, and does not look at the number of those it hears.
    DeafLamport,
    /// It takes the larger number when it hears one, and gives that to all its posts.
    StillLamport,
    /// It counts its own posts alone.
    DeafVector,
    /// It counts what it hears as well: it says that there were posts which there were not.
    BusyVector,
    /// It is its wall clock, whatever it hears.
    DeafHybrid,
    /// While its wall clock is behind what it heard it does not count.
    StillHybrid,
}

/// The clocks of a server.
#[derive(Clone, Debug)]
struct Clocks {
    id: ActorId,
    mistake: Mistake,
    /// How far its wall clock is ahead.
    ahead: Span,
    number: u32,
    lamport: Lamport,
    vector: Vector,
    hybrid: Hybrid,
}

impl Clocks {
    fn new(id: ActorId, ahead: Span, mistake: Mistake) -> Self {
        let (lamport, hybrid) = (Lamport::default(), Hybrid::default());
        Self { id, mistake, ahead, number: 0, lamport, vector: Vector::new(settings().servers), hybrid }
    }

    fn stamp(&mut self, at: Time) -> Post {
        self.number += 1;
        let wall = at + self.ahead;
        self.vector.tick(Settings::place(self.id));
        if self.mistake != Mistake::StillLamport {
            self.lamport.tick();
        }
        if self.mistake == Mistake::StillHybrid {
            self.hybrid = self.hybrid.max(Hybrid { latest: wall, count: 0 });
        } else {
            self.hybrid.tick(wall);
        }
        let interval = Interval { earliest: Time(at.0 - 1_000_000), latest: at + Span::millis(1) };
        Post {
            id: PostId { origin: self.id, number: self.number },
            client: ActorId::client(1),
            request: u64::from(self.number),
            text: "tea".into(),
            stamps: Stamps {
                wall,
                lamport: self.lamport,
                vector: self.vector.clone(),
                hybrid: self.hybrid,
                interval,
                commit: interval.latest,
            },
        }
    }

    fn hear(&mut self, post: &Post, at: Time) {
        if self.mistake != Mistake::DeafLamport {
            self.lamport.hear(post.stamps.lamport);
        }
        if self.mistake != Mistake::DeafVector {
            self.vector.hear(&post.stamps.vector);
        }
        if self.mistake == Mistake::BusyVector {
            self.vector.tick(Settings::place(self.id));
        }
        if self.mistake != Mistake::DeafHybrid {
            self.hybrid.hear(post.stamps.hybrid, at + self.ahead);
        }
    }
}

/// The parameters as they come.
fn settings() -> Settings {
    Settings::of(&Parameters::defaults(PARAMETERS))
}

/// A monitor, and what it has reported.
struct Stage {
    watch: Watch,
    order: Order,
    report: Report,
}

impl Stage {
    fn new(order: Order) -> Self {
        let parameters = Parameters::defaults(PARAMETERS);
        Self { watch: Watch::new(&Settings::of(&parameters), &parameters), order, report: Report::default() }
    }

    fn state(&mut self, at: Time, who: ActorId, fact: &Fact) {
        self.watch.observe(at, who, &Happening::Fact(fact), None, &mut self.report);
    }

    /// A post was stamped.
    fn show(&mut self, at: Time, post: Post) -> Arc<Post> {
        let post = Arc::new(post);
        self.state(at, post.id.origin, &Fact::Posted { post: Arc::clone(&post), order: self.order });
        post
    }

    fn post(&mut self, at: u64, clocks: &mut Clocks) -> Arc<Post> {
        self.show(ms(at), clocks.stamp(ms(at)))
    }

    fn hear(&mut self, at: u64, clocks: &mut Clocks, post: &Arc<Post>) {
        clocks.hear(post, ms(at));
        let wall = ms(at) + clocks.ahead;
        self.state(ms(at), clocks.id, &Fact::Heard { post: Arc::clone(post), hybrid: clocks.hybrid, wall });
    }

    /// A post is told, and no message of it arrives anywhere.
    fn tell(&mut self, at: u64, post: &Post) {
        let (id, text, commit) = (post.id, Arc::clone(&post.text), post.stamps.commit);
        self.state(ms(at), id.origin, &Fact::Released { id, text, commit });
    }

    /// The places of what was reported as broken.
    fn broken(&self) -> Vec<usize> {
        let text = format!("{:?}", self.report);
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        (0..INVARIANTS.len()).filter(|at| broken.contains(&format!("({at}, "))).collect()
    }
}

const fn ms(n: u64) -> Time {
    Time::millis(n)
}

/// n2, whose wall clock is ahead by as much, posts twice; n3 hears both and posts twice; n2 hears of that and posts. What
/// the monitor says, where n3 makes this mistake.
fn story(ahead: u64, order: Order, mistake: Mistake) -> Vec<usize> {
    let mut stage = Stage::new(order);
    let mut n2 = Clocks::new(N2, Span::millis(ahead), Mistake::None);
    let mut n3 = Clocks::new(N3, Span::ZERO, mistake);
    let first = [stage.post(1_000, &mut n2), stage.post(1_100, &mut n2)];
    first.iter().for_each(|post| stage.hear(1_200, &mut n3, post));
    let second = [stage.post(1_210, &mut n3), stage.post(1_220, &mut n3)];
    second.iter().for_each(|post| stage.hear(1_300, &mut n2, post));
    stage.post(1_310, &mut n2);
    stage.broken()
}

#[test]
fn right_clocks_break_nothing() {
    for order in [Order::Hybrid, Order::Lamport, Order::Commit] {
        for ahead in [0, 300, 499] {
            assert_eq!(story(ahead, order, Mistake::None), [], "{order:?}, {ahead} ms ahead");
        }
    }
}

#[test]
fn a_lamport_clock_that_does_not_listen_or_does_not_count_is_seen() {
    for mistake in [Mistake::DeafLamport, Mistake::StillLamport] {
        assert_eq!(story(300, Order::Hybrid, mistake), [At::Lamport.place()], "{mistake:?}");
    }
    let sorted_by_it = [At::Causal.place(), At::Lamport.place()];
    assert_eq!(story(300, Order::Lamport, Mistake::DeafLamport), sorted_by_it);
}

#[test]
fn a_vector_that_knows_too_little_or_too_much_is_seen() {
    for mistake in [Mistake::DeafVector, Mistake::BusyVector] {
        assert_eq!(story(300, Order::Hybrid, mistake), [At::Vector.place()], "{mistake:?}");
    }
}

/// What n3 heard is forgotten by the monitor: the vector may know more than that, and no less.
#[test]
fn a_vector_that_has_lost_a_post_is_seen_though_not_all_is_known() {
    let broken = |counts: [u32; 3]| {
        let mut stage = Stage::new(Order::Commit);
        let mut n3 = Clocks::new(N3, Span::ZERO, Mistake::None);
        stage.post(1_000, &mut n3);
        let mut n2 = Clocks::new(N2, Span::ZERO, Mistake::None);
        let forgotten = Arc::new(n2.stamp(ms(1_100)));
        stage.hear(1_200, &mut n3, &forgotten);
        let mut post = n3.stamp(ms(1_300));
        post.stamps.vector = Vector(counts.into_iter().collect());
        stage.show(ms(1_300), post);
        stage.broken()
    };
    assert_eq!(broken([1, 2, 0]), []);
    assert_eq!(broken([7, 2, 3]), []);
    assert_eq!(broken([1, 1, 0]), [At::Vector.place()]);
}

#[test]
fn a_hybrid_clock_that_does_not_listen_or_does_not_count_is_seen() {
    for mistake in [Mistake::DeafHybrid, Mistake::StillHybrid] {
        assert_eq!(story(300, Order::Lamport, mistake), [At::Hybrid.place()], "{mistake:?}");
    }
    let sorted_by_it = [At::Causal.place(), At::Hybrid.place()];
    assert_eq!(story(300, Order::Hybrid, Mistake::DeafHybrid), sorted_by_it);
}

#[test]
fn a_hybrid_clock_that_follows_too_far_is_seen() {
    let allowed = settings().ahead.0 / 1_000_000;
    // n3 hears of it 100 ms later: its own clock has made up for as much.
    assert_eq!(story(allowed + 100, Order::Hybrid, Mistake::None), []);
    assert_eq!(story(allowed + 101, Order::Hybrid, Mistake::None), [At::Bounded.place()]);
}

#[test]
fn a_board_sorted_by_wall_clocks_is_seen_once_they_invert_cause_and_effect() {
    assert_eq!(story(0, Order::Wall, Mistake::None), []);
    assert_eq!(story(300, Order::Wall, Mistake::None), [At::Causal.place()]);
}

#[test]
fn a_wall_clock_that_goes_back_is_seen() {
    let broken = |later: u64| {
        let mut stage = Stage::new(Order::Hybrid);
        let mut n2 = Clocks::new(N2, Span::millis(100), Mistake::None);
        stage.post(1_000, &mut n2);
        n2.ahead = Span::ZERO;
        stage.post(1_000 + later, &mut n2);
        stage.broken()
    };
    assert_eq!(broken(100), []);
    assert_eq!(broken(99), [At::NeverBack.place()]);
}

#[test]
fn an_interval_that_the_time_is_not_in_is_seen() {
    let broken = |earliest: u64, latest: u64| {
        let mut stage = Stage::new(Order::Hybrid);
        let mut post = Clocks::new(N2, Span::ZERO, Mistake::None).stamp(ms(1_000));
        post.stamps.interval = Interval { earliest: Time(earliest * 1_000), latest: Time(latest * 1_000) };
        stage.show(ms(1_000), post);
        stage.broken()
    };
    // In a second the clock that all is measured by may be wrong by 1 ms itself: 1,000 parts in a million.
    assert_eq!(settings().drift_limit(), 1_000_000);
    assert_eq!(broken(1_001_000, 1_002_000), []);
    assert_eq!(broken(1_001_001, 1_002_000), [At::Interval.place()], "it begins too late");
    assert_eq!(broken(998_000, 999_000), []);
    assert_eq!(broken(998_000, 998_999), [At::Interval.place()], "it ends too early");
}

#[test]
fn a_post_that_was_told_before_its_time_is_seen() {
    let broken = |told: bool, commit: u64| {
        let mut stage = Stage::new(Order::Hybrid);
        let mut early = Clocks::new(N2, Span::ZERO, Mistake::None).stamp(ms(1_000));
        early.stamps.commit = ms(commit);
        let early = stage.show(ms(1_000), early);
        if told {
            stage.tell(1_010, &early);
        }
        // n3 has heard nothing of it, and its commit time is 1,021 ms.
        stage.post(1_020, &mut Clocks::new(N3, Span::ZERO, Mistake::None));
        stage.broken()
    };
    assert_eq!(broken(true, 1_001), []);
    assert_eq!(broken(false, 1_050), [], "it waits: nobody can know");
    assert_eq!(broken(true, 1_050), [At::External.place()]);
    assert_eq!(broken(true, 1_021), [At::External.place()], "at the same time is not later");
}

#[test]
fn who_pins_under_a_lease_that_is_another_s_by_now_is_seen() {
    let granted = |epoch, holder| (ActorId::node(1), Fact::Granted { epoch, holder });
    let pinned = |who, epoch| (who, Fact::Pinned { epoch, text: "tea".into() });
    let broken = |facts: &[(ActorId, Fact)]| {
        let mut stage = Stage::new(Order::Hybrid);
        facts.iter().for_each(|(who, fact)| stage.state(ms(1_000), *who, fact));
        stage.broken()
    };
    let (first, second) = (granted(1, N2), granted(2, N3));
    assert_eq!(broken(&[first.clone(), pinned(N2, 1), second.clone(), pinned(N3, 2)]), []);
    let holder = [At::OneHolder.place()];
    assert_eq!(broken(&[first.clone(), second.clone(), pinned(N2, 1)]), holder);
    assert_eq!(broken(&[first, second, pinned(N2, 2)]), holder, "the number is right, and it is not its");
}

/// The scan is shown two posts of n2, the second of which has one stamp of a clock that is wrong.
#[test]
fn a_scan_sees_each_clock_that_is_wrong() {
    let broken = |change: &dyn Fn(&mut Stamps, &Stamps)| {
        let mut n2 = Clocks::new(N2, Span::ZERO, Mistake::None);
        let (one, mut two) = (n2.stamp(ms(1_000)), n2.stamp(ms(1_100)));
        change(&mut two.stamps, &one.stamps);
        let broken = compare(&[Arc::new(one), Arc::new(two)], &settings());
        broken.into_iter().map(|(at, _)| at).collect::<Vec<_>>()
    };
    assert_eq!(broken(&|_, _| {}), []);
    assert_eq!(broken(&|two, one| two.lamport = one.lamport), [At::Lamport.place()]);
    assert_eq!(
        broken(&|two, one| two.hybrid = one.hybrid),
        [At::Hybrid.place()],
        "the name decides the board"
    );
    let early = Hybrid::default();
    assert_eq!(broken(&|two, _| two.hybrid = early), [At::Hybrid.place(), At::Causal.place()]);
    assert_eq!(broken(&|two, _| two.wall = ms(999)), [At::NeverBack.place()]);
}
