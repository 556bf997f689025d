//! Seeds, on every processor.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use run::Run;
use sim::chaos::Level;
use sim::lab::Lab;

/// The lab's own run under high chaos; where messages are signed, with the quick stand-in that the lab has for sweeps
/// (its own tests hold that a run goes the same way with both).
pub(crate) fn chaotic(lab: &'static dyn Lab) -> Run {
    let mut run = Run::new(lab);
    run.chaos = Level::High;
    lab.quick().iter().for_each(|set| run.parameters.assign(set).unwrap());
    run
}

/// Calls `one` for seeds from 0 on, on every processor, until `enough` of a result; results come in any order.
pub(crate) fn spread<T: Send>(seeds: u64, one: impl Fn(u64) -> T + Sync, mut enough: impl FnMut(T) -> bool) {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads {
            let (send, one, next, stop) = (send.clone(), &one, &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || send.send(one(seed)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for result in receive {
            if enough(result) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
}
