//! `potholes sweep`: one run under many seeds, on as many threads as there are processors. Results are told in the order of
//! the seeds, whichever thread is done first, so that the same sweep says the same. Ctrl-C ends it with what it has.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ::run::Run;
use ::run::sweep::{self, SeedResult, Seeds, Summary, Violation};

use super::{Bad, What, out};

/// How a sweep was asked for.
pub(crate) struct Wanted {
    /// `A..B`
    pub seeds: String,
    /// Threads.
    pub jobs: Option<usize>,
    /// `I/N`
    pub shard: Option<String>,
    /// After the first violation.
    pub keep_going: bool,
    /// JSON Lines.
    pub json: bool,
}

/// Each so many seeds one is run twice and compared event by event: the cheapest proof that runs repeat.
const TWICE_EVERY: usize = 128;
/// More threads than this are a slip of the hand.
const MOST_JOBS: usize = 1_024;

/// One seed, done.
struct Done {
    place: usize,
    result: SeedResult,
    twice: bool,
}

/// Sweeps.
pub(crate) fn sweep(what: &What, wanted: &Wanted) -> Result<u8, Bad> {
    let run = what.run()?;
    let seeds: Seeds = wanted.seeds.parse().map_err(|error: sweep::NotSeeds| Bad::Said(error.to_string()))?;
    let (shard, of) = shard(wanted.shard.as_deref())?;
    let seeds: Vec<u64> = seeds.shard(shard, of).collect();
    let jobs = jobs(wanted.jobs)?.min(seeds.len().max(1));

    let stop = Arc::new(AtomicBool::new(false));
    let stop_on_signal = Arc::clone(&stop);
    if let Err(error) = ctrlc::set_handler(move || stop_on_signal.store(true, Ordering::Relaxed)) {
        out::complain(&format!("potholes: Ctrl-C will lose what was found so far: {error}"));
    }
    let began = Instant::now();
    let summary = work(&run, &seeds, jobs, wanted, &stop)?;
    let wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    out::progress_done();
    if wanted.json {
        out::line(&summary.json(wall_ms).to_string())?;
    } else {
        out::line(&told(&summary, wall_ms))?;
    }
    Ok(summary.exit_code())
}

fn work(run: &Run, seeds: &[u64], jobs: usize, wanted: &Wanted, stop: &AtomicBool) -> Result<Summary, Bad> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    let mut teller = Teller::new(run, seeds.len(), wanted);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(seed) = seeds.get(place) else { break };
                    if send.send(one(run, place, *seed)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let told = receive.iter().try_for_each(|done| {
            let enough = teller.take(done)?;
            if enough {
                stop.store(true, Ordering::Relaxed);
            }
            Ok(())
        });
        // Nobody listens any more: the threads end with the seed they are at.
        stop.store(true, Ordering::Relaxed);
        told
    })
    .map(|()| teller.summary)
}

/// Runs one seed. A panic is a bug of ours; it is told with its seed, and the sweep goes on.
fn one(run: &Run, place: usize, seed: u64) -> Done {
    let twice = place % TWICE_EVERY == 0;
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let mut result = sweep::one(run, seed);
        if twice && let Err(difference) = sweep::twice(run, seed) {
            result.violations.push(bug(run, seed, "the same run twice is the same", difference.to_string()));
        }
        result
    }));
    let result = worked.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why");
        SeedResult {
            seed,
            events: 0,
            digest: 0,
            violations: vec![bug(run, seed, "the program does not panic", said.to_owned())],
            undecided: Vec::new(),
            reached: Vec::new(),
            measures: Vec::new(),
            stopped: None,
        }
    });
    Done { place, result, twice }
}

fn bug(run: &Run, seed: u64, invariant: &'static str, sentence: String) -> Violation {
    let run = run.with_seed(seed);
    Violation {
        schema: 1,
        seed,
        guarantee: None,
        invariant: Some(invariant),
        at_ns: 0,
        sentence,
        blame: "This is a bug of ours: please report this line.".to_owned(),
        replay: sweep::replay(&run),
    }
}

/// Tells results in the order of the seeds.
struct Teller<'a> {
    summary: Summary,
    waiting: BTreeMap<usize, Done>,
    next: usize,
    all: usize,
    wanted: &'a Wanted,
    told: Instant,
    ended: bool,
}

impl<'a> Teller<'a> {
    fn new(run: &Run, all: usize, wanted: &'a Wanted) -> Self {
        Self {
            summary: Summary::new(run),
            waiting: BTreeMap::new(),
            next: 0,
            all,
            wanted,
            told: Instant::now(),
            ended: false,
        }
    }

    /// Takes a result; answers whether the sweep has found what it was to find.
    fn take(&mut self, done: Done) -> Result<bool, Bad> {
        self.waiting.insert(done.place, done);
        while let Some(done) = self.waiting.remove(&self.next) {
            self.next += 1;
            if self.ended {
                continue;
            }
            self.summary.add(&done.result);
            self.summary.twice += u64::from(done.twice);
            for violation in &done.result.violations {
                self.tell(violation)?;
            }
            self.ended = !done.result.violations.is_empty() && !self.wanted.keep_going;
        }
        if self.told.elapsed() > Duration::from_millis(250) {
            self.told = Instant::now();
            let summary = &self.summary;
            let violations = summary.violations;
            out::progress(&format!(
                "{} of {} seeds, {violations} violations, {} events",
                summary.seeds, self.all, summary.events
            ));
        }
        Ok(self.ended)
    }

    fn tell(&self, violation: &Violation) -> Result<(), Bad> {
        out::progress_done();
        if self.wanted.json {
            let text = serde_json::to_string(violation).map_err(|error| Bad::Said(error.to_string()))?;
            out::line(&text)?;
            return Ok(());
        }
        let what = violation.guarantee.or(violation.invariant).unwrap_or_default();
        let at = sim::Time(violation.at_ns);
        out::line(&format!("seed {}: “{what}” broken at {at}. {}", violation.seed, violation.sentence))?;
        out::line(&format!("  {}", violation.blame))?;
        out::line(&format!("  see it:  {}", violation.replay))?;
        Ok(())
    }
}

fn shard(text: Option<&str>) -> Result<(u64, u64), Bad> {
    let Some(text) = text else { return Ok((0, 1)) };
    let wrong = || {
        Bad::Said(format!(
            "“{}” is no shard: write I/N, with I from 0 below N",
            text.chars().take(30).collect::<String>()
        ))
    };
    let (shard, of) = text.split_once('/').ok_or_else(wrong)?;
    let (shard, of): (u64, u64) = (shard.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
    if shard < of { Ok((shard, of)) } else { Err(wrong()) }
}

fn jobs(asked: Option<usize>) -> Result<usize, Bad> {
    match asked {
        Some(0) => Err(Bad::Said("--jobs 0 would do nothing: give at least 1".to_owned())),
        Some(jobs) if jobs > MOST_JOBS => {
            Err(Bad::Said(format!("--jobs {jobs} is too many: at most {MOST_JOBS}")))
        }
        Some(jobs) => Ok(jobs),
        None => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
    }
}

/// The summary for a person.
fn told(summary: &Summary, wall_ms: u64) -> String {
    let mut lines = vec![format!(
        "{} seeds, {} violations, {} undecided, {} events in {:.1} s; {} seeds run twice",
        summary.seeds,
        summary.violations,
        summary.undecided,
        summary.events,
        wall_ms as f64 / 1000.0,
        summary.twice
    )];
    for (name, found) in summary.measures() {
        if let Some([p50, p99, max]) = found {
            lines.push(format!("{name}: median {p50:.3}, 99 % below {p99:.3}, largest {max:.3}"));
        }
    }
    let unreached = summary.unreached();
    if !unreached.is_empty() && summary.seeds > 0 {
        lines.push(format!("never reached: {}", unreached.join(", ")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_and_jobs_are_checked() {
        assert_eq!(shard(None).unwrap(), (0, 1));
        assert_eq!(shard(Some("2/4")).unwrap(), (2, 4));
        for wrong in ["", "4/4", "1", "a/b", "1/0", "-1/2"] {
            assert!(shard(Some(wrong)).is_err(), "{wrong}");
        }
        assert!(jobs(Some(0)).is_err() && jobs(Some(MOST_JOBS + 1)).is_err());
        assert!(jobs(None).unwrap() >= 1);
    }
}
