//! What the command line and the page share: a request in words or in JSON, the run it asks for, and documents about labs.

use crate::report::{Execution, JUDGE_STEPS, SCHEMA, judge_all};
use crate::run::{LONGEST, MOST_COMMANDS, Run};
use crate::text::{self, Cause, LONGEST_TEXT};
use serde::Deserialize;
use serde_json::{Value, json};
use sim::lab::{FaultClass, Lab};
use sim::ordered::SortedMap;
use sim::parameter::{Kind, Parameter};

/// Events that the page lets one call of [`run_json`] take: it waits for the answer.
const MOST_EVENTS_IN_PAGE: u64 = 2_000_000;

/// A run as somebody asks for it: every part in the words of the command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The lab's name.
    pub lab: String,
    /// 1 where none.
    pub seed: Option<u64>,
    /// How long: `30s`.
    pub length: Option<String>,
    /// `PARAM=VALUE`
    pub set: Vec<String>,
    /// `TIME COMMAND`
    pub at: Vec<String>,
    /// `none`, `low`, `medium`, `high`
    pub chaos: Option<String>,
}

/// A request that asks for no run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadRequest {
    /// Something in it is wrong.
    #[error("{place}: {cause}")]
    Part {
        /// Which part: `--set nodes=99`.
        place: String,
        /// What is wrong with it.
        cause: Cause,
    },
    /// Not JSON, or not of the form asked for.
    #[error("the request cannot be read: {0}")]
    Json(String),
    /// Too long.
    #[error("the request is longer than {} kB", LONGEST_TEXT / 1024)]
    TooLong,
}

/// A piece of somebody's text, short enough to be shown in a message.
fn piece(text: &str) -> String {
    text.chars().take(60).collect()
}

fn part<T>(place: &str, given: &str, result: Result<T, Cause>) -> Result<T, BadRequest> {
    result.map_err(|cause| BadRequest::Part {
        place: format!("{place} {}", piece(given)).trim().to_owned(),
        cause,
    })
}

impl Request {
    /// The run it asks for.
    ///
    /// # Errors
    /// Says which part is wrong, and why.
    pub fn run(&self) -> Result<Run, BadRequest> {
        let lab = catalog::lab(&self.lab);
        let unknown = || Cause::UnknownLab(self.lab.chars().take(40).collect(), text::lab_names());
        self.run_of(part("lab", &self.lab, lab.ok_or_else(unknown))?)
    }

    /// The run it asks for, of this lab whatever its name.
    ///
    /// # Errors
    /// As [`Request::run`].
    pub fn run_of(&self, lab: &'static dyn Lab) -> Result<Run, BadRequest> {
        self.onto(Run::new(lab))
    }

    /// The run that comes of this one when what is asked for is changed and added; whatever lab is asked for.
    ///
    /// # Errors
    /// As [`Request::run`].
    pub fn onto(&self, mut run: Run) -> Result<Run, BadRequest> {
        let lab = run.lab();
        for set in &self.set {
            part("set", set, run.parameters.assign(set).map_err(Cause::from))?;
        }
        if let Some(seed) = self.seed {
            let seed = seed.to_string();
            run.seed = part("seed", &seed, text::seed(&seed))?;
        }
        if let Some(chaos) = &self.chaos {
            let wrong = || Cause::Chaos(chaos.chars().take(40).collect());
            run.chaos = part("chaos", chaos, text::chaos_level(chaos).ok_or_else(wrong))?;
        }
        if let Some(length) = &self.length {
            run.end = part("for", length, text::length(length))?;
        }
        if self.at.len() > MOST_COMMANDS {
            part("at", "", Err(Cause::TooMany))?;
        }
        for at in &self.at {
            let timed = part("at", at, text::timed(at))?;
            if timed.at.at > LONGEST {
                part("at", at, Err(Cause::AfterEnd(timed.at)))?;
            }
            part("at", at, lab.check(&timed.command, &run.parameters).map_err(Cause::from))?;
            run.commands.push(timed);
        }
        run.sort();
        if !run.fits(0) {
            part("at", "", Err(Cause::TooLong))?;
        }
        Ok(run)
    }
}

/// The request as the page gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    lab: String,
    seed: Option<u64>,
    #[serde(rename = "for")]
    length: Option<String>,
    #[serde(default)]
    set: SortedMap<String, Value>,
    #[serde(default)]
    at: Vec<String>,
    chaos: Option<String>,
}

/// Reads a request from JSON: `{"lab","seed","for","set":{},"at":[],"chaos"}`, all but the lab optional.
///
/// # Errors
/// Says what cannot be read.
pub fn request(text: &str) -> Result<Request, BadRequest> {
    if text.len() > LONGEST_TEXT {
        return Err(BadRequest::TooLong);
    }
    let page: Page = serde_json::from_str(text).map_err(|wrong| BadRequest::Json(unread(&wrong)))?;
    let mut set = Vec::new();
    for (id, value) in page.set {
        set.push(match value {
            Value::String(text) => format!("{id}={text}"),
            Value::Bool(on) => format!("{id}={}", if on { "on" } else { "off" }),
            Value::Number(number) => format!("{id}={number}"),
            _ => {
                return Err(BadRequest::Json(format!(
                    "set.{} is neither text nor number nor true or false",
                    piece(&id)
                )));
            }
        });
    }
    Ok(Request { lab: page.lab, seed: page.seed, length: page.length, set, at: page.at, chaos: page.chaos })
}

/// What the reader of JSON says; it quotes what it found, however long, before what it expected and the place.
fn unread(wrong: &serde_json::Error) -> String {
    const MOST: usize = 240;
    let told = wrong.to_string();
    let count = told.chars().count();
    if count <= MOST {
        return told;
    }
    let (start, end) = (told.chars().take(MOST / 2), told.chars().skip(count - MOST / 2));
    start.chain(['…']).chain(end).collect()
}

/// Runs what a page asks for: always JSON, the document of `potholes run` or `{"schema":1,"error":"…"}`.
pub fn run_json(text: &str) -> String {
    let run = match request(text).and_then(|request| request.run()) {
        Ok(run) => run,
        Err(wrong) => return error_json(&wrong.to_string()),
    };
    let mut execution = Execution::new(&run);
    execution.set_most_events(MOST_EVENTS_IN_PAGE);
    while !execution.advance(u64::MAX) {}
    judge_all(&mut execution, JUDGE_STEPS);
    serde_json::to_string(&execution.report()).unwrap_or_else(|wrong| error_json(&wrong.to_string()))
}

/// An error as a document.
pub fn error_json(error: &str) -> String {
    json!({ "schema": SCHEMA, "error": error }).to_string()
}

/// What `potholes labs --json` prints.
pub fn labs() -> Value {
    catalog::LABS
        .iter()
        .map(|lab| {
            let about = lab.about();
            let lesson = (!about.lesson.is_empty()).then_some(about.lesson);
            json!({ "schema": SCHEMA, "id": about.id, "title": about.title, "family": about.family, "lesson": lesson })
        })
        .collect()
}

/// What `potholes lab ID --json` prints.
pub fn lab(lab: &dyn Lab) -> Value {
    let about = lab.about();
    let defaults = sim::Parameters::defaults(lab.parameters());
    let claims = lab.claims(&defaults);
    json!({
        "schema": SCHEMA,
        "id": about.id,
        "title": about.title,
        "family": about.family,
        "source": about.source,
        "summary": about.summary,
        "revision": about.revision,
        "model": about.model,
        "parameters": lab.parameters().iter().map(parameter).collect::<Vec<_>>(),
        "potholes": lab.potholes().iter().map(|pothole| json!({
            "id": pothole.id, "set": pothole.set, "title": pothole.title, "breaks": pothole.breaks,
        })).collect::<Vec<_>>(),
        "faults": lab.faults(&defaults).iter().map(fault).collect::<Vec<_>>(),
        "guarantees": claims.iter().map(|claim| claim.guarantee).collect::<Vec<_>>(),
        "invariants": lab.invariants().iter().map(|invariant| json!({
            "name": invariant.name, "mode": format!("{:?}", invariant.mode).to_lowercase(), "doc": invariant.doc,
        })).collect::<Vec<_>>(),
        "measures": lab.measures().iter().map(|measure| json!({
            "id": measure.id, "unit": measure.unit, "doc": measure.doc,
        })).collect::<Vec<_>>(),
        "verbs": lab.verbs().iter().map(|verb| json!({
            "name": verb.name, "usage": verb.usage, "doc": verb.doc,
        })).collect::<Vec<_>>(),
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let kind = match parameter.kind {
        Kind::Switch => "switch",
        Kind::Count { .. } => "count",
        Kind::Span { .. } => "span",
        Kind::Choice(_) => "choice",
    };
    json!({
        "id": parameter.id,
        "type": kind,
        "default": parameter.write(parameter.default),
        "range": parameter.range(),
        "unit": parameter.unit,
        "doc": parameter.doc,
        "live": parameter.live,
        "pothole": parameter.pothole,
    })
}

/// A fault that a lab stands, in words.
pub fn fault(fault: &FaultClass) -> String {
    match fault {
        FaultClass::Crash => "crash".to_owned(),
        FaultClass::Partition => "partition".to_owned(),
        FaultClass::OneWay => "one-way partition".to_owned(),
        FaultClass::Loss => "loss".to_owned(),
        FaultClass::Duplication => "duplication".to_owned(),
        FaultClass::Reordering => "reordering".to_owned(),
        FaultClass::Delay => "delay".to_owned(),
        FaultClass::Pause => "pause".to_owned(),
        FaultClass::Slow => "slow node".to_owned(),
        FaultClass::ClockDrift { limit_ppb } => format!("clock drift up to {} ppm", limit_ppb / 1000),
        FaultClass::ClockStep => "clock step".to_owned(),
        FaultClass::SlowDisk => "slow disk".to_owned(),
        FaultClass::FailingDisk => "failing disk".to_owned(),
        FaultClass::FullDisk => "full disk".to_owned(),
        FaultClass::WipedDisk => "wiped disk".to_owned(),
        FaultClass::Lies { limit } => format!("up to {limit} liars"),
        FaultClass::Verb(words) => (*words).to_owned(),
    }
}
