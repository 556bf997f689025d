//! `potholes sweep`: one run under many seeds, on as many threads as there are processors. Results are told in the order
//! of the seeds, whichever thread is done first, so that the same sweep says the same. Ctrl-C ends it with what it has.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ::run::Run;
use ::run::sweep::{self, SeedResult, Seeds, Summary, Violation};

use super::args::{Sweep, To};
use super::out::Out;
use super::{Bad, HELD, OPEN, run, short};

/// Each so many seeds one is run twice and compared event by event: the cheapest proof that runs repeat.
const TWICE_EVERY: u64 = 64;
/// More threads than this are a slip of the hand.
const MOST_JOBS: usize = 1_024;
/// Between two looks at Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);
/// Between two messages of how far it is.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// The seeds of this machine: every `of`-th.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    first: u64,
    step: u64,
    count: u64,
}

impl Share {
    fn new(seeds: Seeds, shard: u64, of: u64) -> Self {
        let first = seeds.from.saturating_add(shard).min(seeds.to);
        Self { first, step: of, count: (seeds.to - first).div_ceil(of.max(1)) }
    }

    fn seed(self, place: u64) -> Option<u64> {
        (place < self.count).then(|| self.first + place * self.step)
    }
}

/// One seed, done.
struct Done {
    place: u64,
    result: SeedResult,
    twice: bool,
}

/// Sweeps.
pub(crate) fn sweep(asked: &Sweep, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    run::check(&asked.to)?;
    if asked.what.how.seed.is_some() {
        return Err(Bad::Said("a sweep takes --seeds A..B, not --seed".to_owned()));
    }
    let sweep_of = asked.what.run()?;
    let seeds: Seeds =
        asked.seeds.parse().map_err(|wrong: sweep::NotSeeds| Bad::Said(format!("--seeds: {wrong}")))?;
    let (shard, of) = shard(asked.shard.as_deref())?;
    let share = Share::new(seeds, shard, of);
    let jobs = jobs(asked.jobs)?;

    let began = Instant::now();
    let interrupted = out.interrupted();
    let mut teller = Teller::new(&sweep_of, share.count, asked, out);
    let crew = Crew::start(&sweep_of, share, jobs);
    let worked = teller.listen(&crew.results, &interrupted);
    crew.dismiss();
    worked?;
    let Teller { summary, ended, first, .. } = teller;
    if let Some(seed) = first {
        keep(&sweep_of, seed, &asked.to, out)?;
    }
    let wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if asked.to.json {
        out.document(&summary.json(wall_ms))?;
    } else {
        out.line(&told(&summary, wall_ms))?;
    }
    let unreached = summary.unreached();
    if !unreached.is_empty() && summary.seeds > 0 && !ended {
        out.complain(&format!("potholes: no seed reached: {}", unreached.join(", ")));
    }
    if interrupted.load(Ordering::Relaxed) && summary.seeds < share.count {
        out.complain(&format!("potholes: stopped after {} of {} seeds", summary.seeds, share.count));
    }
    Ok(match summary.exit_code() {
        // Whoever read the answer left before the end: the rest is not known.
        HELD if out.closed() && summary.seeds < share.count => OPEN,
        code => code,
    })
}

/// Writes the files asked for, of the first seed that broke something.
fn keep(sweep_of: &Run, seed: u64, to: &To, out: &mut Out<'_, '_>) -> Result<(), Bad> {
    if to.save.is_none() && to.history.is_none() && to.export.is_empty() {
        return Ok(());
    }
    let broken = sweep_of.with_seed(seed);
    let execution = run::execute(&broken, out);
    run::write(&broken, &execution, to)
}

/// The threads. They are not waited for: at the end each may be in the midst of a long run that nobody asks for any more.
struct Crew {
    results: Receiver<Done>,
    stop: Arc<AtomicBool>,
}

impl Crew {
    fn start(sweep_of: &Run, share: Share, jobs: usize) -> Self {
        let (send, results) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicU64::new(0));
        let jobs = (jobs as u64).min(share.count);
        for _ in 0..jobs {
            let (send, stop, next, sweep_of) = (send.clone(), stop.clone(), next.clone(), sweep_of.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(seed) = share.seed(place) else { break };
                    if send.send(one(&sweep_of, place, seed)).is_err() {
                        break;
                    }
                }
            });
        }
        Self { results, stop }
    }

    fn dismiss(self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Runs one seed. A panic is a bug of ours; it is told with its seed, and the sweep goes on.
fn one(sweep_of: &Run, place: u64, seed: u64) -> Done {
    let twice = place.is_multiple_of(TWICE_EVERY);
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let mut result = sweep::one(sweep_of, seed);
        if twice && let Err(difference) = sweep::twice(sweep_of, seed) {
            let sentence = difference.to_string();
            result.violations.push(bug(sweep_of, seed, "the same run twice is the same", sentence));
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
            violations: vec![bug(sweep_of, seed, "the program does not panic", said.to_owned())],
            undecided: Vec::new(),
            reached: Vec::new(),
            measures: Vec::new(),
            stopped: None,
        }
    });
    Done { place, result, twice }
}

fn bug(sweep_of: &Run, seed: u64, invariant: &'static str, sentence: String) -> Violation {
    Violation {
        schema: ::run::report::SCHEMA,
        seed,
        guarantee: None,
        invariant: Some(invariant),
        at_ns: 0,
        sentence,
        blame: "This is a bug of ours: please report this line.".to_owned(),
        replay: sweep::replay(&sweep_of.with_seed(seed)),
    }
}

/// Tells results in the order of the seeds.
struct Teller<'t, 's, 'a> {
    summary: Summary,
    waiting: BTreeMap<u64, Done>,
    next: u64,
    all: u64,
    asked: &'t Sweep,
    out: &'t mut Out<'s, 'a>,
    told: Instant,
    /// The first seed that broke something.
    first: Option<u64>,
    /// It has found what it was to find.
    ended: bool,
}

impl<'t, 's, 'a> Teller<'t, 's, 'a> {
    fn new(sweep_of: &Run, all: u64, asked: &'t Sweep, out: &'t mut Out<'s, 'a>) -> Self {
        Self {
            summary: Summary::new(sweep_of),
            waiting: BTreeMap::new(),
            next: 0,
            all,
            asked,
            out,
            told: Instant::now(),
            first: None,
            ended: false,
        }
    }

    /// Takes results until there are no more, or nobody wants any.
    fn listen(&mut self, results: &Receiver<Done>, interrupted: &AtomicBool) -> Result<(), Bad> {
        while self.next < self.all
            && !self.ended
            && !self.out.closed()
            && !interrupted.load(Ordering::Relaxed)
        {
            match results.recv_timeout(PATIENCE) {
                Ok(done) => self.take(done)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.told.elapsed() > TOLD_EVERY {
                self.told = Instant::now();
                let Summary { seeds, violations, events, .. } = &self.summary;
                let told = format!("{seeds} of {} seeds, {violations} violations, {events} events", self.all);
                self.out.progress(&told);
            }
        }
        Ok(())
    }

    fn take(&mut self, done: Done) -> Result<(), Bad> {
        self.waiting.insert(done.place, done);
        while let Some(done) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.summary.add(&done.result);
            self.summary.twice += u64::from(done.twice);
            for violation in &done.result.violations {
                self.tell(violation)?;
            }
            if !done.result.violations.is_empty() {
                self.first.get_or_insert(done.result.seed);
                if !self.asked.keep_going {
                    self.ended = true;
                    break;
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, violation: &Violation) -> Result<(), Bad> {
        if self.asked.to.json {
            return self.out.document(violation);
        }
        let what = violation.guarantee.or(violation.invariant).unwrap_or_default();
        let at = sim::Time(violation.at_ns);
        self.out
            .line(&format!("seed {}: “{what}” broken at {at}. {}", violation.seed, violation.sentence))?;
        self.out.line(&format!("  {}", violation.blame))?;
        self.out.line(&format!("  see it:  {}", violation.replay))
    }
}

fn shard(text: Option<&str>) -> Result<(u64, u64), Bad> {
    let Some(text) = text else { return Ok((0, 1)) };
    let wrong =
        || Bad::Said(format!("--shard: “{}” is no shard: write I/N, with I from 0 below N", short(text)));
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
        "{} seeds, {} violations, {} undecided, {} events in {:.1} s; {} run twice",
        summary.seeds,
        summary.violations,
        summary.undecided,
        summary.events,
        wall_ms as f64 / 1000.0,
        summary.twice
    )];
    lines.push("\nReached, by so many seeds".to_owned());
    for (name, count) in summary.sometimes() {
        lines.push(format!("  {count:<12} {name}"));
    }
    lines.push("\nMeasures: median, 99 % below, largest".to_owned());
    for (name, found) in summary.measures() {
        if let Some([p50, p99, max]) = found {
            lines.push(format!("  {name:<24} {p50:.3}, {p99:.3}, {max:.3}"));
        }
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
        for wrong in ["", "4/4", "1", "a/b", "1/0", "-1/2", "1/2/3"] {
            assert!(shard(Some(wrong)).is_err(), "{wrong}");
        }
        assert!(jobs(Some(0)).is_err() && jobs(Some(MOST_JOBS + 1)).is_err());
        assert!(jobs(None).unwrap() >= 1);
    }

    #[test]
    fn the_shares_of_all_machines_are_the_seeds_once_each() {
        for (from, to, of) in [(0, 10, 3), (5, 6, 4), (7, 7, 2), (3, 100, 1), (0, 3, 7)] {
            let seeds = Seeds { from, to };
            let mut all = Vec::new();
            for shard in 0..of {
                let share = Share::new(seeds, shard, of);
                let mine: Vec<u64> = (0..).map_while(|place| share.seed(place)).collect();
                assert_eq!(mine, seeds.shard(shard, of).collect::<Vec<_>>(), "{from}..{to} {shard}/{of}");
                all.extend(mine);
            }
            all.sort_unstable();
            assert_eq!(all, (from..to).collect::<Vec<_>>());
        }
        let widest = Seeds { from: 0, to: 1 << 53 };
        assert_eq!(Share::new(widest, 0, 1).count, 1 << 53);
        assert_eq!(Share::new(widest, u64::MAX - 1, u64::MAX).count, 0);
    }
}
