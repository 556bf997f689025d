//! `potholes run` and `potholes replay`.

use std::path::Path;

use ::run::export::{Format, Part, Source, Window};
use ::run::report::{ClaimReport, Execution, JUDGE_STEPS};
use ::run::{Playback, Report, Run, sweep};
use eframe::egui::Theme;
use sim::{Moment, Span};

use super::args::{To, What};
use super::out::Out;
use super::{Bad, ask, file, history};
use crate::export;

/// Events between two looks at how far it is.
const AT_ONCE: u64 = 200_000;
/// A command line that is longer is no help: the link says the same.
const LONGEST_COMMAND: usize = 400;

/// Runs a lab.
pub(crate) fn fresh(what: &What, to: &To, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let run = what.run()?;
    check(to)?;
    let execution = execute(&run, out);
    tell(&run, &execution, to, out)
}

/// Runs what a file or a link says.
pub(crate) fn replay(from: &str, to: &To, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let opened = ask::opened(from)?;
    if let Some(warning) = &opened.warning {
        out.complain(&format!("potholes: {warning}"));
    }
    check(to)?;
    let run = opened.run;
    let execution = execute(&run, out);
    let digest = || match opened.shown == Moment::end_of(run.end) {
        true => execution.digest(),
        // It was kept of the moment that was shown.
        false => digest_at(&run, opened.shown),
    };
    let known = opened.digest.filter(|_| opened.warning.is_none());
    if known.is_some_and(|known| known != ::run::run::short_digest(digest())) {
        out.complain("potholes: changed since it was saved, or made with another version: it does not end as it did then");
    }
    tell(&run, &execution, to, out)
}

/// What tells that a copy of a run is the same up to this moment.
pub(super) fn digest_at(run: &Run, moment: Moment) -> u64 {
    let mut playback = Playback::new(run.clone());
    playback.show(moment);
    playback.digest()
}

/// Runs it to its end, judges included.
pub(super) fn execute(run: &Run, out: &mut Out<'_, '_>) -> Execution {
    let mut execution = Execution::new(run);
    while !execution.advance(AT_ONCE) {
        out.progress(&format!("{:.0} %, {} events", execution.share() * 100.0, execution.events()));
    }
    let mut left = JUDGE_STEPS;
    while left > 0 && !execution.judge(AT_ONCE) {
        left = left.saturating_sub(AT_ONCE);
        out.progress(&format!("judging, {:.0} %", 100.0 * (1.0 - left as f64 / JUDGE_STEPS as f64)));
    }
    execution
}

/// Looks through what is asked for before anything is run for it.
///
/// # Errors
/// Where a file's name says no format, the window is none, or two files have one name.
pub(super) fn check(to: &To) -> Result<(), Bad> {
    for path in &to.export {
        Format::of_file(&path.to_string_lossy()).map_err(Bad::said)?;
    }
    window(to)?;
    let mut named: Vec<&Path> =
        to.save.iter().chain(&to.history).chain(&to.export).map(AsRef::as_ref).collect();
    named.sort_unstable();
    match named.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Bad::Said(format!("{}: two files cannot have one name", pair[0].display()))),
        None => Ok(()),
    }
}

fn window(to: &To) -> Result<Option<Window>, Bad> {
    let read = |text: &String| text.parse().map_err(|wrong| Bad::Said(format!("--window: {wrong}")));
    to.window.as_ref().map(read).transpose()
}

/// Writes the files asked for.
pub(super) fn write(run: &Run, execution: &Execution, to: &To) -> Result<(), Bad> {
    if let Some(path) = &to.save {
        save(run, execution, path)?;
    }
    if let Some(path) = &to.history {
        history::write(execution.trace(), run.lab().about().model, path)?;
    }
    to.export.iter().try_for_each(|path| exported(run, execution, to, path))
}

/// The run as a file for others: the kind is said by how its name ends.
fn exported(run: &Run, execution: &Execution, to: &To, path: &Path) -> Result<(), Bad> {
    let format = Format::of_file(&path.to_string_lossy()).map_err(Bad::said)?;
    let mut part = Part::whole(execution.trace());
    if let Some(window) = window(to)? {
        part = Part::between(window.from, window.to.unwrap_or(part.to));
    }
    let title = export::title(run);
    let promises = execution.promises();
    let evidence = execution.evidence();
    let broken = promises.iter().filter_map(|promise| promise.broken.as_ref()).map(|broken| broken.at);
    let violated = execution.trace().violations.iter().map(|violation| violation.at);
    let source = Source {
        version: run.lab().about().version,
        proof: evidence.as_ref().map_or(&[][..], |evidence| &evidence.operations[..]),
        broken_at: broken.chain(violated).min(),
        ..Source::new(execution.trace(), &title)
    };
    let theme = if to.theme == "dark" { Theme::Dark } else { Theme::Light };
    file::write(path, export::bytes(&source, &part, format, theme).map_err(Bad::said)?)
}

fn save(run: &Run, execution: &Execution, path: &Path) -> Result<(), Bad> {
    file::write(path, run.write(Some(Moment::end_of(run.end)), Some(execution.digest())))
}

fn tell(run: &Run, execution: &Execution, to: &To, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    write(run, execution, to)?;
    let report = execution.report();
    if to.json {
        out.document(&report)?;
    } else {
        out.line(&told(run, &report))?;
    }
    Ok(report.exit_code())
}

/// The report for a person.
fn told(run: &Run, report: &Report) -> String {
    let mut lines = vec![format!(
        "{}, seed {}: {} events in {}, trace {}",
        report.lab,
        report.seed,
        report.events,
        Span(report.virtual_ns),
        report.trace_hash
    )];
    lines.extend(report.stopped.iter().cloned());
    let operations = &report.operations;
    lines.push(format!(
        "operations: {} ok, {} failed, {} unknown, {} open",
        operations.ok, operations.failed, operations.unknown, operations.open
    ));
    lines.push("\nPromises".to_owned());
    for claim in &report.claims {
        claimed(claim, &mut lines);
    }
    lines.push("\nInvariants".to_owned());
    for invariant in &report.invariants {
        let standing = match (invariant.mode, invariant.holds) {
            ("always", Some(true)) => "held",
            (_, Some(true)) => "reached",
            (_, Some(false)) => "broken",
            (_, None) => "not reached",
        };
        lines.push(format!("  {standing:<12} {}", invariant.name));
        lines.extend(invariant.sentence.iter().map(|how| format!("               {how}")));
    }
    lines.push("\nMeasures".to_owned());
    for (measure, (name, value)) in run.lab().measures().iter().zip(&report.measures.0) {
        if value.is_finite() {
            lines.push(format!("  {name:<24} {value:.3} {}", measure.unit));
        }
    }
    let again = sweep::replay(run);
    lines.push(String::new());
    if again.len() <= LONGEST_COMMAND {
        lines.push(format!("again:  {again}"));
    }
    lines.push(format!("link:   #{}", report.link));
    lines.join("\n")
}

fn claimed(claim: &ClaimReport, lines: &mut Vec<String>) {
    let standing = match claim.holds {
        Some(true) => "holds",
        Some(false) => "broken",
        None => "not decided",
    };
    lines.push(format!("  {standing:<12} {}", claim.guarantee));
    let Some(evidence) = &claim.evidence else { return };
    let mut line = |text: String| lines.push(format!("               {text}"));
    line(evidence.sentence.clone());
    for proof in &evidence.operations {
        line(match proof.answered {
            Some(at) => format!("{} {}, {} to {at}", proof.client, proof.label, proof.invoked),
            None => format!("{} {}, from {}, not answered", proof.client, proof.label, proof.invoked),
        });
    }
    for because in &evidence.because {
        line(because.clone());
    }
    if let Some(blame) = &claim.blame {
        line(blame.clone());
    }
}
