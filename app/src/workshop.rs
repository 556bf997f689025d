//! Makes figures of many runs: on a desktop on every core, beside the window; in a page in slices, between two frames.

use run::figure::{Making, Plan};

#[cfg(not(target_arch = "wasm32"))]
use hands::Hands;

/// A plan being made. Dropped, nobody works on it any more.
pub struct Workshop {
    making: Making,
    #[cfg(not(target_arch = "wasm32"))]
    hands: Option<Hands>,
    #[cfg(target_arch = "wasm32")]
    spare: crate::spare::Spare,
}

impl Workshop {
    /// Begins.
    pub fn new(plan: Plan) -> Self {
        Self {
            #[cfg(not(target_arch = "wasm32"))]
            hands: (plan.pieces() > 0).then(|| Hands::set_to(&plan)),
            #[cfg(target_arch = "wasm32")]
            spare: crate::spare::Spare::default(),
            making: Making::new(plan),
        }
    }

    /// What has been made so far.
    pub fn making(&self) -> &Making {
        &self.making
    }

    /// Takes in what others have made, or makes some of it here for about so many events; whether anything is new.
    pub fn advance(&mut self, events: u64) -> bool {
        let before = self.making.done();
        #[cfg(not(target_arch = "wasm32"))]
        {
            // Where every core works already, this thread is the window's.
            let _ = events;
            if let Some(hands) = &self.hands {
                hands.hand_over(&mut self.making);
            }
            if self.making.is_done() {
                self.hands = None;
            }
        }
        #[cfg(target_arch = "wasm32")]
        self.spare.fill(|| {
            self.making.advance(events);
            self.making.is_done()
        });
        self.making.done() > before
    }

    /// Nobody works on it any more; what has been made stays.
    pub fn stop(&mut self) {
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.hands = None;
        }
    }

    /// Makes the rest at once and waits for it; `told` hears now and then how far it is, and may end it by saying no.
    pub fn finish(&mut self, mut told: impl FnMut(&Making) -> bool) {
        while !self.making.is_done() && told(&self.making) {
            #[cfg(not(target_arch = "wasm32"))]
            if let Some(hands) = &self.hands {
                hands.wait(&mut self.making);
            }
            self.advance(100_000);
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod hands {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{self, Receiver};
    use std::time::Duration;

    use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
    use run::figure::{Made, Making, Plan};

    /// Between two looks at whether somebody wants it to end.
    const PATIENCE: Duration = Duration::from_millis(50);

    /// All cores at work on one plan.
    pub(super) struct Hands {
        results: Receiver<(u64, Made)>,
        stop: Arc<AtomicBool>,
    }

    impl Hands {
        pub fn set_to(plan: &Plan) -> Self {
            let (send, results) = mpsc::channel();
            let stop = Arc::new(AtomicBool::new(false));
            let (stopped, plan) = (Arc::clone(&stop), plan.clone());
            rayon::spawn(move || {
                let pieces = usize::try_from(plan.pieces()).unwrap_or(usize::MAX);
                (0..pieces).into_par_iter().with_max_len(1).for_each_with(send, |send, piece| {
                    let piece = piece as u64;
                    if !stopped.load(Ordering::Relaxed) {
                        // A panic is a bug of ours; a figure lacks a run then, and the window goes on.
                        let made = catch_unwind(AssertUnwindSafe(|| plan.piece(piece).make()));
                        let _ = send.send((piece, made.unwrap_or(Made::Value(f64::NAN))));
                    }
                });
            });
            Self { results, stop }
        }

        pub fn hand_over(&self, making: &mut Making) {
            for (piece, made) in self.results.try_iter() {
                making.take(piece, made);
            }
        }

        pub fn wait(&self, making: &mut Making) {
            if let Ok((piece, made)) = self.results.recv_timeout(PATIENCE) {
                making.take(piece, made);
            }
        }
    }

    impl Drop for Hands {
        fn drop(&mut self) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use run::Run;

    fn plan(seeds: u64) -> Plan {
        let mut run = Run::new(catalog::LABS[0]);
        run.end = sim::Time::millis(1_000);
        Plan::distribution(&run, "elections", seeds).unwrap()
    }

    #[test]
    fn every_core_makes_what_one_makes() {
        let mut workshop = Workshop::new(plan(40));
        workshop.finish(|_| true);
        let mut alone = Making::new(plan(40));
        while !alone.advance(1_000) {}
        assert_eq!(workshop.making().curves(), alone.curves());
    }

    #[test]
    fn it_ends_when_nobody_wants_more() {
        let mut workshop = Workshop::new(plan(50_000));
        let mut looks = 0;
        workshop.finish(|_| {
            looks += 1;
            looks < 5
        });
        let done = workshop.making().done();
        assert!(done < 50_000, "{done}");
    }
}
