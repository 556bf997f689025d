//! The futures of a run, tried behind the window: on a desktop on every core, in a page in slices between two frames.
//!
//! What comes out is the same either way: see [`run::fate::Fate`].

use run::fate::{Fate, Plan};

#[cfg(not(target_arch = "wasm32"))]
use hands::Hands;

/// Futures being tried. Dropped, nobody tries any more.
pub struct Fates {
    fate: Fate,
    stopped: bool,
    #[cfg(not(target_arch = "wasm32"))]
    hands: Option<Hands>,
    #[cfg(target_arch = "wasm32")]
    spare: crate::spare::Spare,
}

impl Fates {
    /// Begins.
    pub fn new(plan: Plan) -> Self {
        Self {
            stopped: plan.is_empty(),
            #[cfg(not(target_arch = "wasm32"))]
            hands: (!plan.is_empty()).then(|| Hands::set_to(&plan)),
            #[cfg(target_arch = "wasm32")]
            spare: crate::spare::Spare::default(),
            fate: Fate::new(plan),
        }
    }

    /// What is known so far.
    pub fn fate(&self) -> &Fate {
        &self.fate
    }

    /// Whether more is to come.
    pub fn is_working(&self) -> bool {
        !self.stopped && !self.fate.is_done()
    }

    /// Takes in what others have tried, or tries here for about so many events; whether more is to come.
    pub fn advance(&mut self, events: u64) -> bool {
        if !self.is_working() {
            return false;
        }
        #[cfg(not(target_arch = "wasm32"))]
        {
            // Where every core works already, this thread is the window's.
            let _ = events;
            if let Some(hands) = &self.hands {
                hands.hand_over(&mut self.fate);
            }
            if self.fate.is_done() {
                self.hands = None;
            }
        }
        #[cfg(target_arch = "wasm32")]
        self.spare.fill(|| self.fate.work(events));
        self.is_working()
    }

    /// Ends with what there is.
    pub fn stop(&mut self) {
        self.stopped = true;
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.hands = None;
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod hands {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::sync::mpsc::{self, Receiver};
    use std::thread;

    use run::fate::{Fate, Plan};

    /// All cores at work on one plan: each takes the next number, so that all moments grow sharper together.
    pub(super) struct Hands {
        results: Receiver<(u64, Option<bool>)>,
        stop: Arc<AtomicBool>,
    }

    impl Hands {
        pub fn set_to(plan: &Plan) -> Self {
            let (send, results) = mpsc::channel();
            let stop = Arc::new(AtomicBool::new(false));
            let next = Arc::new(AtomicU64::new(0));
            let plan = Arc::new(plan.clone());
            for _ in 0..thread::available_parallelism().map_or(1, std::num::NonZero::get) {
                let (send, stop, next, plan) = (send.clone(), stop.clone(), next.clone(), plan.clone());
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= plan.len() {
                            break;
                        }
                        // A panic is a bug of ours; it tells nothing of the run, and the window goes on.
                        let broke = catch_unwind(AssertUnwindSafe(|| plan.attempt(number))).unwrap_or(None);
                        if send.send((number, broke)).is_err() {
                            break;
                        }
                    }
                });
            }
            Self { results, stop }
        }

        pub fn hand_over(&self, fate: &mut Fate) {
            for (number, broke) in self.results.try_iter() {
                fate.tell(number, broke);
            }
        }
    }

    impl Drop for Hands {
        fn drop(&mut self) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}
