//! `potholes check`: what a history of somebody's cluster keeps, and the proof where it does not.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use ::check::check::map::{ModelMap, Standing};
use ::check::check::{Checking, Claim, Evidence, Request, Shown};
use ::check::isolation::lattice::Model;
use ::check::names::{Guarantee, ModelName};
use ::check::read::{Format, Imported, Independent, NilReads, Options, Subject};
use ::check::{Outcome, Value};
use serde::Serialize;

use super::args::Check;
use super::out::Out;
use super::{BAD, Bad, HELD, OPEN, VIOLATION};

/// Steps between two looks at the clock.
const AT_ONCE: u64 = 20_000;
/// How many steps a machine takes in a millisecond, roughly: for those who share them out beforehand.
const STEPS_A_MILLISECOND: u64 = 20_000;
/// How long judging may take unless said.
const BUDGET: Duration = Duration::from_secs(10);

/// Judges the histories in the files.
pub(crate) fn check(asked: &Check, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let how = How::new(asked)?;
    let mut worst = HELD;
    for (place, path) in asked.files.iter().enumerate() {
        let code = match one(path, &how, out) {
            Ok(report) => {
                if asked.json {
                    out.document(&report)?;
                } else {
                    let gap = if place > 0 { "\n" } else { "" };
                    out.line(&format!("{gap}{}", report.told()))?;
                }
                report.exit_code()
            }
            // One bad file among several does not keep the others from being judged.
            Err(bad) if asked.files.len() > 1 => {
                out.complain(&format!("potholes: {bad}"));
                BAD
            }
            Err(bad) => return Err(bad),
        };
        worst = worse(worst, code);
        if out.closed() {
            break;
        }
    }
    Ok(worst)
}

/// The exit code of both: what is bad hides the most, then a violation, then what is open.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code: &u8| [HELD, OPEN, VIOLATION, BAD].iter().position(|known| known == code);
    std::cmp::max_by_key(one, other, rank)
}

/// What was asked for, understood.
struct How {
    options: Options,
    request: Request,
    budget: Duration,
}

impl How {
    fn new(asked: &Check) -> Result<Self, Bad> {
        let parsed = |name: &Option<String>| name.as_deref().map(str::parse::<Format>).transpose();
        let format = parsed(&asked.format).map_err(Bad::said)?;
        let model = asked.model.as_deref().map(str::parse::<ModelName>).transpose().map_err(Bad::said)?;
        let guarantees: Result<Vec<Guarantee>, _> = asked.guarantee.iter().map(|name| name.parse()).collect();
        let guarantees = guarantees.map_err(Bad::said)?;
        let budget = match &asked.budget {
            None => BUDGET,
            Some(words) => {
                let span: sim::Span = words
                    .parse()
                    .map_err(|wrong| Bad::Said(format!("--budget {}: {wrong}", super::short(words))))?;
                Duration::from_nanos(span.0)
            }
        };
        let independent = match asked.independent.as_deref() {
            None => Independent::IfPlain,
            Some("no") => Independent::No,
            Some(_) => Independent::Yes,
        };
        let nil_reads = match asked.nil.as_deref() {
            None => None,
            Some("absent") => Some(NilReads::Absent),
            Some(_) => Some(NilReads::Unknown),
        };
        // A guarantee that only one model has says which model it is.
        let model = model.or_else(|| guarantees.iter().find_map(|guarantee| of_one(*guarantee)));
        let initial = asked.initial.as_deref().map(value);
        let options = Options { format, model, independent, nil_reads, initial };
        let steps = u64::try_from(budget.as_millis()).unwrap_or(u64::MAX).saturating_mul(STEPS_A_MILLISECOND);
        Ok(Self { options, request: Request { guarantees, steps: Some(steps) }, budget })
    }
}

/// The one model that has this guarantee.
fn of_one(guarantee: Guarantee) -> Option<ModelName> {
    match guarantee {
        Guarantee::Conservation => Some(ModelName::Bank),
        Guarantee::NoLostOrStale => Some(ModelName::Set),
        Guarantee::IntervalCounter => Some(ModelName::Counter),
        _ => None,
    }
}

/// A value on the command line: a number, `nil`, or a text.
fn value(words: &str) -> Value {
    match words.parse::<i64>() {
        Ok(number) => Value::Int(number),
        Err(_) if words == "nil" => Value::Nil,
        Err(_) => Value::from(words),
    }
}

/// Reads one file and judges it.
fn one(path: &Path, how: &How, out: &mut Out<'_, '_>) -> Result<Report, Bad> {
    let (name, imported) = if path == Path::new("-") {
        out.progress("reading standard input");
        let imported = ::check::read::read("-", &mut io::stdin().lock(), &how.options);
        ("standard input".to_owned(), imported)
    } else {
        out.progress(&format!("reading {}", path.display()));
        let mut file = open(path)?;
        let name = path.display().to_string();
        let imported = ::check::read::read(&name, &mut file, &how.options);
        (name, imported)
    };
    let imported = imported.map_err(|wrong| {
        let at = wrong.place();
        let gap = if at.is_empty() { "" } else { ":" };
        Bad::Said(format!("{name}{gap}{at}: {}", wrong.cause))
    })?;
    let mut checking =
        Checking::new(imported, &how.request).map_err(|wrong| Bad::Said(format!("{name}: {wrong}")))?;
    let interrupted = out.interrupted();
    let started = Instant::now();
    while !checking.advance(AT_ONCE) {
        if started.elapsed() > how.budget || interrupted.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        out.progress(&format!("judging {name}, {:.0} %", checking.share() * 100.0));
    }
    Ok(Report::new(path.display().to_string(), &checking))
}

fn open(path: &Path) -> Result<Box<dyn Read>, Bad> {
    let bad = |error| Bad::file(path, error);
    let file = File::open(path).map_err(bad)?;
    if file.metadata().map_err(bad)?.is_dir() {
        return Err(Bad::Said(format!(
            "{}: a folder; give a file in it (of a Jepsen test history.edn)",
            path.display()
        )));
    }
    Ok(Box::new(file))
}

/// What is told of one file.
#[derive(Debug, Serialize)]
struct Report {
    schema: u32,
    file: String,
    format: Format,
    model: ModelName,
    /// Whether the model was guessed from the operations.
    guessed: bool,
    operations: u64,
    outcomes: Outcomes,
    /// How many events were faults and the like, and no operations.
    marks: u64,
    /// What was taken to be so where the file does not say.
    notes: Vec<String>,
    claims: Vec<Claim>,
    models: Models,
}

/// How the history stands to all models of the map, by name.
#[derive(Debug, Serialize)]
struct Models {
    holds: Vec<&'static str>,
    broken: Vec<&'static str>,
    /// Of those that hold the ones that no other of them implies.
    strongest_held: Vec<&'static str>,
    /// Of those that are broken the ones that imply no other of them: they rule out all the others.
    weakest_broken: Vec<&'static str>,
}

impl Models {
    fn of(map: &ModelMap) -> Self {
        let names = |models: Vec<Model>| models.into_iter().map(Model::name).collect();
        let all = |standing: Standing| {
            let of = map.nodes.iter().filter(|node| node.standing == standing);
            of.map(|node| node.model.name()).collect()
        };
        Self {
            holds: all(Standing::Holds),
            broken: all(Standing::Broken),
            strongest_held: names(map.strongest_held()),
            weakest_broken: names(map.weakest_broken()),
        }
    }

    /// What follows for models that nobody asked for.
    fn told(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut tell = |what: &str, chief: &[&str], all: usize, rest: &str| {
            if !chief.is_empty() {
                let more = match all - chief.len() {
                    0 => String::new(),
                    1 => format!(", and 1 model {rest}"),
                    more => format!(", and {more} models {rest}"),
                };
                lines.push(format!("{what}: {}{more}", chief.join(", ")));
            }
        };
        tell("held", &self.strongest_held, self.holds.len(), "that they imply");
        tell("ruled out", &self.weakest_broken, self.broken.len(), "that imply them");
        lines
    }
}

#[derive(Debug, Default, Serialize)]
struct Outcomes {
    ok: u64,
    failed: u64,
    unknown: u64,
    open: u64,
}

impl Outcomes {
    fn of(imported: &Imported) -> Self {
        let mut outcomes = Self::default();
        let mut count = |outcome: Outcome| match outcome {
            Outcome::Ok => outcomes.ok += 1,
            Outcome::Failed => outcomes.failed += 1,
            Outcome::Unknown => outcomes.unknown += 1,
            Outcome::Open => outcomes.open += 1,
        };
        match &imported.subject {
            Subject::Objects(history) => {
                let made_up = imported.made_up as usize;
                history.operations().iter().skip(made_up).for_each(|operation| count(operation.outcome));
            }
            Subject::Transactions(history) => {
                (0..history.len()).for_each(|place| count(history.outcome(place)));
            }
        }
        outcomes
    }
}

impl Report {
    fn new(file: String, checking: &Checking) -> Self {
        let imported = checking.imported();
        let claims = checking.claims().into_iter();
        Self {
            schema: ::run::report::SCHEMA,
            file,
            format: imported.format,
            model: imported.model,
            guessed: imported.guessed,
            operations: imported.subject.len() - u64::from(imported.made_up),
            outcomes: Outcomes::of(imported),
            marks: imported.marks.len() as u64,
            notes: imported.notes.clone(),
            claims: claims.map(|claim| claim.numbered_as_in_file(imported.made_up)).collect(),
            models: Models::of(&checking.map()),
        }
    }

    fn exit_code(&self) -> u8 {
        let any = |holds: Option<bool>| self.claims.iter().any(|claim| claim.holds == holds);
        match (any(Some(false)), any(None)) {
            (true, _) => VIOLATION,
            (false, true) => OPEN,
            (false, false) => HELD,
        }
    }

    /// Each proof once, with what it breaks.
    fn proofs(&self) -> Vec<(&Evidence, Vec<&'static str>)> {
        let mut proofs: Vec<(&Evidence, Vec<&'static str>)> = Vec::new();
        for claim in &self.claims {
            let Some(evidence) = &claim.evidence else { continue };
            match proofs.iter_mut().find(|(known, _)| *known == evidence) {
                Some((_, guarantees)) => guarantees.push(claim.guarantee.name()),
                None => proofs.push((evidence, vec![claim.guarantee.name()])),
            }
        }
        proofs
    }

    /// The report for a person.
    fn told(&self) -> String {
        let Outcomes { ok, failed, unknown, open } = self.outcomes;
        let what = if self.model.is_transactional() { "transaction" } else { "operation" };
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let guessed = if self.guessed { " (guessed)" } else { "" };
        let mut lines = vec![
            format!("{}: {}, {}{guessed}", self.file, self.format, self.model),
            format!(
                "{} {what}{}: {ok} ok, {failed} failed, {unknown} unknown, {open} open",
                self.operations,
                plural(self.operations)
            ),
        ];
        if self.marks > 0 {
            lines.push(format!("{} fault{} or other marks", self.marks, plural(self.marks)));
        }
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines.push(String::new());
        let widest = self.claims.iter().map(|claim| claim.guarantee.name().len()).max().unwrap_or(0);
        for claim in &self.claims {
            let witness = claim.witness.as_ref().map(|witness| witness.sentence.as_str());
            let (standing, why) = match claim.holds {
                Some(true) => ("holds", witness),
                Some(false) => ("broken", None),
                None => ("not decided", claim.undecided.as_deref()),
            };
            let name = claim.guarantee.name();
            let line = format!("  {standing:<12} {name:<widest$}  {}", why.unwrap_or_default());
            lines.push(line.trim_end().to_owned());
        }
        let models = self.models.told();
        if !models.is_empty() {
            lines.push(String::new());
            lines.extend(models);
        }
        for (evidence, guarantees) in self.proofs() {
            lines.push(String::new());
            proof(&guarantees.join(", not "), evidence, &mut lines);
        }
        lines.join("\n")
    }
}

/// How many operations of a proof, and how many of its reasons, a person is shown.
const SHOWN_MOST: usize = 16;
/// How long what an operation did may be.
const LABEL_MOST: usize = 72;

/// A proof as a person reads it: what happened, the operations, why that cannot be.
fn proof(guarantees: &str, evidence: &Evidence, lines: &mut Vec<String>) {
    lines.push(format!("Not {guarantees}.\n{}", evidence.sentence));
    let shown = evidence.operations.get(..SHOWN_MOST).unwrap_or(&evidence.operations);
    let labels: Vec<String> = shown.iter().map(|shown| shortened(&shown.label)).collect();
    let client = shown.iter().map(|shown| shown.client.chars().count()).max().unwrap_or(0);
    let label = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let name = shown.iter().filter_map(|shown| Some(shown.name.as_ref()?.len() + 2)).max().unwrap_or(0);
    for (shown, did) in shown.iter().zip(&labels) {
        let called = shown.name.as_deref().unwrap_or_default();
        let line = format!("  {called:<name$}{:<client$}  {did:<label$}  {}", shown.client, when(shown));
        lines.push(line.trim_end().to_owned());
    }
    let more = evidence.operations.len() - shown.len();
    if more > 0 {
        lines.push(format!("  and {more} more, which --json shows"));
    }
    lines.extend(evidence.because.iter().take(SHOWN_MOST).cloned());
    let more = evidence.because.len().saturating_sub(SHOWN_MOST);
    if more > 0 {
        lines.push(format!("And {more} more reasons, which --json shows."));
    }
}

/// What an operation did, its middle left out where it is long: values that grow differ at their ends.
fn shortened(label: &str) -> String {
    let length = label.chars().count();
    if length <= LABEL_MOST {
        return label.to_owned();
    }
    let half = LABEL_MOST / 2;
    label.chars().take(half).chain([' ', '…', ' ']).chain(label.chars().skip(length - half)).collect()
}

/// Where in the file an operation stands, and when it was.
fn when(shown: &Shown) -> String {
    let mut text = match (shown.line, shown.completed_line) {
        (Some(from), Some(to)) if from != to => format!("lines {from} to {to}"),
        (Some(from), Some(_)) => format!("line {from}"),
        (Some(from), None) => format!("from line {from}, no answer"),
        (None, _) => String::new(),
    };
    if let (Some(from), Some(to)) = (shown.invoked, shown.answered) {
        let _ = write!(text, "  {} to {}", seconds(from), seconds(to));
    }
    text
}

/// Nanoseconds as seconds.
fn seconds(nanos: i64) -> String {
    format!("{:.3} s", nanos as f64 / 1e9)
}
