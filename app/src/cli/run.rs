//! `potholes run` and `potholes replay`.

use std::path::Path;

use ::run::api::Request;
use ::run::report::{Execution, JUDGE_STEPS};
use ::run::{Report, Run};
use sim::Moment;

use super::{Bad, How, To, What, out};

/// Longer files are no run or script of ours.
const LONGEST_FILE: u64 = 4 << 20;
/// Events between two looks at how far it is.
const AT_ONCE: u64 = 200_000;

impl How {
    /// The run that these words ask of a lab.
    pub(super) fn run(&self, lab: &str) -> Result<Run, Bad> {
        let mut at = self.at.clone();
        if let Some(path) = &self.script {
            let text = read(path)?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            at.extend(lines.map(str::to_owned));
        }
        let request = Request {
            lab: lab.to_owned(),
            seed: self.seed,
            length: self.length.clone(),
            set: self.set.clone(),
            at,
            chaos: self.chaos.clone(),
        };
        Ok(request.run()?)
    }
}

impl What {
    /// The run that these words ask for.
    pub(super) fn run(&self) -> Result<Run, Bad> {
        self.how.run(&self.lab)
    }
}

/// A file's text.
pub(super) fn read(path: &Path) -> Result<String, Bad> {
    let length = std::fs::metadata(path).map_err(|error| Bad::file(path, error))?.len();
    if length > LONGEST_FILE {
        return Err(Bad::Said(format!(
            "{}: {length} bytes are too many for a run or a script",
            path.display()
        )));
    }
    std::fs::read_to_string(path).map_err(|error| Bad::file(path, error))
}

/// Runs a lab.
pub(crate) fn fresh(what: &What, to: &To) -> Result<u8, Bad> {
    execute(&what.run()?, to)
}

/// Runs what a file or a link says.
pub(crate) fn replay(from: &str, to: &To) -> Result<u8, Bad> {
    let opened = opened(from)?;
    if let Some(warning) = &opened.warning {
        out::complain(&format!("potholes: {warning}"));
    }
    execute(&opened.run, to)
}

/// What a file or a link opens.
pub(super) fn opened(from: &str) -> Result<::run::Opened, Bad> {
    let path = Path::new(from);
    if path.is_file() {
        let text = read(path)?;
        return Run::parse(&text).map_err(|error| Bad::Said(format!("{}: {error}", path.display())));
    }
    Run::from_link(from).map_err(|error| {
        let shown: String = from.chars().take(40).collect();
        Bad::Said(format!("“{shown}” is no file here, and no link: {error}"))
    })
}

fn execute(run: &Run, to: &To) -> Result<u8, Bad> {
    let mut execution = Execution::new(run);
    while !execution.advance(AT_ONCE) {
        out::progress(&format!("{:.0} %, {} events", execution.share() * 100.0, execution.events()));
    }
    let mut left = JUDGE_STEPS;
    while left > 0 && !execution.judge(AT_ONCE) {
        left = left.saturating_sub(AT_ONCE);
        out::progress(&format!("judging, {:.0} %", 100.0 * (1.0 - left as f64 / JUDGE_STEPS as f64)));
    }
    out::progress_done();
    if let Some(path) = &to.save {
        let text = run.write(Some(Moment::end_of(run.end)), Some(execution.digest()));
        std::fs::write(path, text).map_err(|error| Bad::file(path, error))?;
    }
    if let Some(path) = &to.history {
        let lines = ::run::history::lines(execution.trace());
        std::fs::write(path, lines).map_err(|error| Bad::file(path, error))?;
    }
    let report = execution.report();
    if to.json {
        let text = serde_json::to_string(&report).map_err(|error| Bad::Said(error.to_string()))?;
        out::line(&text)?;
    } else {
        out::line(&told(&report))?;
    }
    Ok(report.exit_code())
}

/// The report for a person.
fn told(report: &Report) -> String {
    let mut lines = vec![format!(
        "{}, seed {}: {} events in {}, trace {}",
        report.lab,
        report.seed,
        report.events,
        sim::Span(report.virtual_ns),
        report.trace_hash
    )];
    let operations = &report.operations;
    lines.push(format!(
        "operations: {} ok, {} failed, {} unknown, {} open",
        operations.ok, operations.failed, operations.unknown, operations.open
    ));
    for claim in &report.claims {
        let standing = match claim.holds {
            Some(true) => "holds",
            Some(false) => "broken",
            None => "not decided",
        };
        lines.push(format!("{}: {standing}", claim.guarantee));
        if let Some(evidence) = &claim.evidence {
            lines.push(format!("  {}", evidence.sentence));
            let operation = |proof: &::run::judge::Proof| match proof.answered {
                Some(at) => format!("  {} {}, {} to {at}", proof.client, proof.label, proof.invoked),
                None => format!("  {} {}, from {}, not answered", proof.client, proof.label, proof.invoked),
            };
            lines.extend(evidence.operations.iter().map(operation));
            lines.extend(evidence.because.iter().map(|line| format!("  {line}")));
        }
        lines.extend(claim.blame.iter().map(|blame| format!("  {blame}")));
    }
    for invariant in &report.invariants {
        match (invariant.mode, invariant.holds) {
            ("always", false) => {
                let how = invariant.sentence.as_deref().unwrap_or_default();
                lines.push(format!("broken: {}. {how}", invariant.name));
            }
            ("sometimes", false) => lines.push(format!("not reached: {}", invariant.name)),
            _ => {}
        }
    }
    let figures = report.measures.0.iter().filter(|(_, value)| value.is_finite());
    lines.extend(figures.map(|(name, value)| format!("{name}: {value:.3}")));
    lines.extend(report.stopped.iter().cloned());
    lines.push(format!("link: #{}", report.link));
    lines.join("\n")
}
