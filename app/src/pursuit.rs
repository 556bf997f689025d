//! A chase behind a window or a command line that does not wait for it: on a desktop by all processors, in a page in
//! slices of a few milliseconds between frames.
//!
//! What comes out is the same either way: see [`run::hunt::Chase`].

use run::Run;
use run::hunt::{Broken, Chase, Goal, Made, Progress};

/// How a pursuit stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// How far it is.
    pub progress: Progress,
    /// Attempts made, and events in them.
    pub tried: (u64, u64),
    /// The smallest run so far that breaks the promise.
    pub best: Option<(Run, Broken, Made)>,
    /// Nothing more will come: it is done, was stopped, or has used what it was given.
    pub ended: bool,
}

impl Standing {
    fn of(chase: &Chase, ended: bool) -> Self {
        Self {
            progress: chase.progress(),
            tried: chase.tried(),
            best: chase.best(),
            ended: ended || chase.is_done(),
        }
    }
}

/// A chase that goes on by itself. Dropping it stops it.
pub struct Pursuit(inner::Inner);

impl Pursuit {
    /// Begins among runs like `base`. Where seconds are given, it ends with what it has when they are over.
    pub fn start(base: &Run, goal: Goal, seconds: Option<f64>) -> Self {
        Self(inner::Inner::start(Chase::new(base, goal), seconds))
    }

    /// How it stands. In a page this is where it goes on, for a few milliseconds: call it every frame.
    pub fn look(&mut self) -> Standing {
        self.0.look()
    }

    /// Asks it to end with what it has.
    pub fn stop(&mut self) {
        self.0.stop();
    }
}

/// Of the seconds given this share is for finding something: the rest is for making it small.
#[cfg(not(target_arch = "wasm32"))]
const HUNT_SHARE: f64 = 0.75;
/// What was found late is made small for at least so long.
#[cfg(not(target_arch = "wasm32"))]
const LEAST_SHRINKING: f64 = 5.0;

#[cfg(not(target_arch = "wasm32"))]
mod inner {
    use super::{HUNT_SHARE, LEAST_SHRINKING, Standing};
    use run::hunt::{Attempt, Chase};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::sync::{Arc, Mutex, PoisonError};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Between two looks at whether to stop.
    const PATIENCE: Duration = Duration::from_millis(50);
    /// Events between two looks while shrinking.
    const SLICE: u64 = 50_000;

    struct Shared {
        standing: Mutex<Standing>,
        stop: AtomicBool,
    }

    pub(super) struct Inner {
        shared: Arc<Shared>,
    }

    impl Inner {
        pub(super) fn start(chase: Chase, seconds: Option<f64>) -> Self {
            let standing = Mutex::new(Standing::of(&chase, false));
            let shared = Arc::new(Shared { standing, stop: AtomicBool::new(false) });
            let mine = Arc::clone(&shared);
            thread::spawn(move || pursue(chase, seconds, &mine));
            Self { shared }
        }

        pub(super) fn look(&mut self) -> Standing {
            self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }

        pub(super) fn stop(&mut self) {
            self.shared.stop.store(true, Ordering::Relaxed);
        }
    }

    impl Drop for Inner {
        fn drop(&mut self) {
            self.stop();
        }
    }

    fn pursue(mut chase: Chase, seconds: Option<f64>, shared: &Arc<Shared>) {
        let began = Instant::now();
        let over = |share: f64| seconds.is_some_and(|all| began.elapsed().as_secs_f64() > all * share);
        let stopped = || shared.stop.load(Ordering::Relaxed);
        hunt(&mut chase, shared, &|chase| stopped() || over(1.0) || (over(HUNT_SHARE) && found(chase)));
        // What was found so far is made small, unless nobody asks for it any more.
        if chase.stop_hunting() {
            let found_at = began.elapsed().as_secs_f64();
            let end = seconds.map(|all| all.max(found_at + LEAST_SHRINKING));
            let is_over = || end.is_some_and(|end| began.elapsed().as_secs_f64() >= end);
            while !chase.is_done() && !stopped() && !is_over() {
                chase.work(SLICE);
                publish(shared, Standing::of(&chase, false));
            }
        }
        publish(shared, Standing::of(&chase, true));
    }

    /// A thread that makes attempts.
    struct Worker {
        give: Sender<u64>,
        thread: thread::JoinHandle<()>,
        /// The attempt it is at.
        number: Option<u64>,
    }

    impl Worker {
        fn begin(&mut self, number: Option<u64>) {
            self.number = number.filter(|number| self.give.send(*number).is_ok());
        }

        /// The number of its attempt, once, if it ended without telling of it.
        fn lost(&mut self) -> Option<u64> {
            if self.thread.is_finished() { self.number.take() } else { None }
        }
    }

    fn found(chase: &Chase) -> bool {
        matches!(chase.progress(), run::hunt::Progress::Hunting { found, .. } if found > 0)
    }

    fn publish(shared: &Shared, standing: Standing) {
        *shared.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// Attempts on all processors, told in any order, until enough was found or it is to end.
    fn hunt(chase: &mut Chase, shared: &Arc<Shared>, ends: &dyn Fn(&Chase) -> bool) {
        let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (told, attempts) = mpsc::channel();
        let mut crew: Vec<Worker> = Vec::new();
        for _ in 0..workers {
            let (give, numbers): (Sender<u64>, Receiver<u64>) = mpsc::channel();
            let (told, hunt, shared) = (told.clone(), chase.hunt().clone(), Arc::clone(shared));
            let place = crew.len();
            let thread = thread::spawn(move || {
                while let Ok(number) = numbers.recv()
                    && !shared.stop.load(Ordering::Relaxed)
                    && told.send((place, hunt.attempt(number))).is_ok()
                {}
            });
            let mut worker = Worker { give, thread, number: None };
            worker.begin(chase.take());
            crew.push(worker);
        }
        drop(told);
        while !ends(chase) {
            match attempts.recv_timeout(PATIENCE) {
                Ok((place, attempt)) => {
                    chase.tell(attempt);
                    if chase.is_shrinking() {
                        return;
                    }
                    crew[place].begin(chase.take());
                    publish(shared, Standing::of(chase, false));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    // A worker that broke takes its number with it: the hunt would wait for that one for ever.
                    for number in crew.iter_mut().filter_map(Worker::lost) {
                        chase.tell(Attempt { number, events: 0, found: None });
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod inner {
    use super::Standing;
    use crate::spare::Spare;
    use run::hunt::Chase;

    /// Events between two looks at the clock: a millisecond's worth.
    const SLICE: u64 = 2_000;

    pub(super) struct Inner {
        chase: Chase,
        spare: Spare,
        stopped: bool,
    }

    impl Inner {
        /// A page has no clock of ours: it goes on until it is done or stopped.
        pub(super) fn start(chase: Chase, _: Option<f64>) -> Self {
            Self { chase, spare: Spare::default(), stopped: false }
        }

        pub(super) fn look(&mut self) -> Standing {
            if !self.stopped {
                self.spare.fill(|| self.chase.work(SLICE));
            }
            Standing::of(&self.chase, self.stopped)
        }

        pub(super) fn stop(&mut self) {
            // Asked once, what was found is made small; asked again, it ends.
            let again = self.chase.is_shrinking();
            self.stopped = again || !self.chase.stop_hunting();
        }
    }
}
