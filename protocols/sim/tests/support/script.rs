//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test` rewrites what came out.
//!
//! The file name is the claim. Commands are the run's own words, each given at the moment reached; besides them
//!
//! - `cluster WORD [PARAM=VALUE]...` begins, with what the lab's [`Stage`] fixes and what stands here;
//! - `run 300ms` goes on; `until FACT [ACTOR] [VALUE]...` goes on until such a fact, at most 20 s;
//! - `nodes` prints how they stand, `strip TITLE` prints a strip, and a stage may know more words.
//!
//! A command in brackets is carried out in silence. After every command everything that happens at that moment happens,
//! and a full scan of the invariants is compared with what the monitor said.
//!
//! A family's tests take this file by its path; the stage says what is the lab's own.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, reason = "helpers of tests")]

use sim::lab::{Mode, Setup};
use sim::protocol::Note;
use sim::trace::{EventKind, Recorder};
use sim::view::{Body, CellState, Strip, Tone, View};
use sim::{ActorId, EventId, Lab, MessageId, Moment, Parameters, Running, Span, Time, TimedCommand, Trace};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// How far `until` looks.
const PATIENCE: Span = Span::secs(20);

/// What is a lab's own about its scripts.
#[derive(Clone, Copy)]
pub struct Stage {
    /// The lab.
    pub lab: &'static dyn Lab,
    /// The parameter that the first word after `cluster` sets.
    pub first: &'static str,
    /// Set unless a script sets it: no load, and clocks and links that draw nothing.
    pub fixed: &'static [&'static str],
    /// Facts that say little and come often.
    pub quiet: &'static [&'static str],
    /// How an actor is named: `n1`, `n1@3`.
    pub named: fn(ActorId, &View) -> String,
    /// A command of the lab's own; whether there is one of that name.
    pub more: fn(&mut Script, &[&str]) -> bool,
}

/// A script on its way.
pub struct Script {
    stage: Stage,
    running: Box<dyn Running>,
    trace: Trace,
    commands: Vec<TimedCommand>,
    told: BTreeMap<MessageId, String>,
    broken: usize,
    out: String,
    silent: bool,
    /// What a stage's own commands counted so far.
    pub counted: usize,
}

impl Script {
    fn begin(stage: Stage, words: &[&str], silent: bool) -> Self {
        let mut parameters = Parameters::defaults(stage.lab.parameters());
        parameters.set(stage.first, words[0]).unwrap();
        for assignment in stage.fixed.iter().chain(&words[1..]) {
            parameters.assign(assignment).unwrap_or_else(|e| panic!("{assignment}: {e}"));
        }
        let setup = Setup {
            parameters,
            seed: 1,
            chaos: sim::chaos::Level::None,
            end: Time::millis(600_000),
            commands: [].into(),
        };
        let mut script = Self {
            stage,
            running: stage.lab.start(setup),
            trace: Trace::default(),
            commands: Vec::new(),
            told: BTreeMap::new(),
            broken: 0,
            out: String::new(),
            silent,
            counted: 0,
        };
        script.advance(Moment::end_of(Time::ZERO), |_| false);
        script
    }

    /// The records so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How things stand.
    pub fn view(&self) -> View {
        self.running.view()
    }

    /// Event by event, each written down, until a moment or until `done`.
    fn advance(&mut self, until: Moment, done: impl Fn(&Self) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            let more = self.running.next().is_some_and(|next| Moment::at(next.at) <= until);
            if !more {
                self.running.advance(until, 1, &mut Recorder::into(&mut self.trace));
                return done(self);
            }
            self.step(until);
        }
    }

    fn step(&mut self, until: Moment) {
        let (event, facts) = (self.trace.events.len(), self.trace.facts.len());
        let mut notes = Vec::new();
        let mut recorder = Recorder { trace: Some(&mut self.trace), notes: Some(&mut notes) };
        self.running.advance(until, 1, &mut recorder);
        let view = self.running.view();
        for happened in event..self.trace.events.len() {
            self.write_event(happened, &view);
        }
        self.write_rest(facts, &notes, &view);
        for flight in &view.flights {
            self.told.insert(flight.id, flight.detail.clone());
        }
    }

    /// A message that was handled or lost; what is routine goes without saying.
    fn write_event(&mut self, event: usize, view: &View) {
        let Some(kind) = self.trace.events.get(event).map(|record| record.kind) else { return };
        let (EventKind::Deliver(id) | EventKind::Lost(id)) = kind else { return };
        let Some(arrow) = self.trace.story.arrow(id) else { return };
        let detail = self.told.remove(&id).unwrap_or_default();
        if arrow.routine {
            return;
        }
        let lost = matches!(kind, EventKind::Lost(_));
        let way = if lost { '⇥' } else { '→' };
        let from = (self.stage.named)(arrow.from, view);
        let end = if lost { format!("   {}", arrow.end.words()) } else { String::new() };
        self.line(&format!("{from} {way} {}", arrow.to), &format!("{detail}{end}"));
    }

    fn write_rest(&mut self, facts: usize, notes: &[Note], view: &View) {
        for note in notes {
            self.line(&(self.stage.named)(note.actor, view), &note.text);
        }
        let new: Vec<(String, String)> = self
            .trace
            .facts
            .range(facts..)
            .filter(|fact| !self.stage.quiet.contains(&fact.name))
            .map(|fact| ((self.stage.named)(fact.actor, view), fact.sentence.to_string()))
            .collect();
        for (who, sentence) in new {
            self.line(&who, &sentence);
        }
        let broken: Vec<String> = self.trace.violations[self.broken..]
            .iter()
            .map(|violation| {
                format!("{}: {}", self.stage.lab.invariants()[violation.invariant].name, violation.sentence)
            })
            .collect();
        self.broken = self.trace.violations.len();
        broken.iter().for_each(|what| self.line("broken", what));
    }

    /// Writes a line of what came out.
    pub fn line(&mut self, who: &str, what: &str) {
        if !self.silent {
            let _ = writeln!(self.out, "{who:<11} {what}");
        }
    }

    fn now(&self) -> Time {
        self.running.moment().at
    }

    /// Carries a command out.
    pub fn command(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match &words[..] {
            ["run", span] => {
                let until = self.now() + span.parse::<Span>().unwrap();
                self.advance(Moment::end_of(until), |_| false);
            }
            ["until", fact, rest @ ..] => self.until(fact, rest),
            ["nodes"] => self.nodes(),
            ["strip", title @ ..] => self.strip(&title.join(" ")),
            words if (self.stage.more)(self, words) => {}
            _ => self.act(line),
        }
        self.scan();
    }

    /// One of the run's own commands, now.
    fn act(&mut self, line: &str) {
        let command = sim::command::parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let lab = self.stage.lab;
        lab.check(&command, self.running.parameters()).unwrap_or_else(|e| panic!("{line}: {e}"));
        let at = self.running.hand_moment();
        self.commands.push(TimedCommand::new(at, command));
        self.running.set_commands(self.commands.clone().into());
        let marks = self.trace.story.marks.len();
        self.advance(Moment::end_of(at.at), |_| false);
        if self.trace.story.marks.get(marks).is_some_and(|mark| mark.nothing_to_do) {
            self.line("", "nothing to do");
        }
    }

    /// Goes on until such a fact: its name, then perhaps an actor and values.
    pub fn until(&mut self, name: &str, rest: &[&str]) {
        let from = EventId(self.trace.events.len() as u64);
        let found = |script: &Self| {
            let new = script.trace.facts.iter().rev().take_while(|fact| fact.event >= from);
            new.filter(|fact| fact.name == name).any(|fact| {
                let mut words = rest.iter().copied();
                let actor = words.next().is_none_or(|actor| fact.actor.to_string() == actor);
                actor && words.all(|word| fact.values.iter().any(|value| value.to_string() == word))
            })
        };
        let limit = self.now() + PATIENCE;
        if !self.advance(Moment::end_of(limit), found) {
            self.line("", &format!("no {name} {} within {PATIENCE}", rest.join(" ")));
        }
    }

    fn nodes(&mut self) {
        let view = self.running.view();
        for actor in view.actors.iter().filter(|actor| actor.id.is_node()) {
            let stale = if actor.stale { ", stale" } else { "" };
            let line = format!("{}{stale}; {}", actor.headline, actor.subline);
            self.line(&actor.id.to_string(), line.trim_end_matches("; "));
        }
    }

    /// A strip as text. Of a table what stands out is marked: `*`.
    fn strip(&mut self, title: &str) {
        let view = self.running.view();
        let Some(Strip { body, .. }) = view.strips.iter().find(|strip| strip.title == title) else {
            panic!("there is no strip “{title}”")
        };
        match body {
            Body::Cells(rows) => {
                for row in rows {
                    let cells = row.cells.iter().map(|cell| {
                        let mark = if cell.state == CellState::Written { "~" } else { "" };
                        format!("{}{mark}", cell.text)
                    });
                    self.line(&row.actor.to_string(), &cells.collect::<Vec<_>>().join(" | "));
                }
            }
            Body::Table(table) => {
                for row in &table.rows {
                    let entries = table.columns.iter().zip(&row.entries).filter(|(_, e)| !e.text.is_empty());
                    let entries = entries.map(|(column, entry)| {
                        let mark = if entry.tone == Tone::Changing { "*" } else { "" };
                        format!("{column} {}{mark}", entry.text)
                    });
                    self.line(&row.name, &entries.collect::<Vec<_>>().join(" | "));
                }
            }
            Body::Gauges(gauges) => {
                for gauge in gauges {
                    let expected = gauge.expected.map_or_else(String::new, |much| format!(" of {much}"));
                    self.line("", &format!("{} {}{expected}: {}", gauge.name, gauge.value, gauge.detail));
                }
            }
            other => self.line("", &format!("{other:?}")),
        }
    }

    /// The slow way must see nothing that the fast way did not.
    fn scan(&mut self) {
        let reported: Vec<usize> = self.trace.violations.iter().map(|v| v.invariant).collect();
        for (name, sentence) in self.running.scan() {
            let known = reported.iter().any(|at| self.stage.lab.invariants()[*at].name == name);
            if !known {
                let _ = writeln!(self.out, "differs     only the scan sees: {name}: {sentence}");
            }
        }
    }
}

/// Runs a script's text; what it should be.
pub fn rewritten(stage: Stage, text: &str) -> String {
    let mut script: Option<Script> = None;
    let mut result = String::new();
    for block in text.split("\n\n") {
        let (input, _) = block.split_once("\n---").unwrap_or((block, ""));
        let mut prints = false;
        for line in input.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (silent, commands) = match line.strip_prefix('(').and_then(|l| l.strip_suffix(')')) {
                Some(inner) => (true, inner),
                None => (false, line),
            };
            prints |= !silent;
            for command in commands.split(';').map(str::trim) {
                let words: Vec<&str> = command.split_whitespace().collect();
                match (&words[..], &mut script) {
                    (["cluster", rest @ ..], _) => script = Some(Script::begin(stage, rest, silent)),
                    (_, Some(script)) => {
                        script.silent = silent;
                        script.command(command);
                    }
                    (_, None) => panic!("a script begins with a cluster, not with “{command}”"),
                }
            }
        }
        result.push_str(input.trim_end());
        result.push('\n');
        if let (true, Some(script)) = (prints, &mut script) {
            let _ = writeln!(result, "---\n{}", std::mem::take(&mut script.out));
        } else {
            result.push('\n');
        }
    }
    result.trim_end().to_owned() + "\n"
}

/// Runs all scripts of a folder and holds them to what they say came out, or with `UPDATE=1` rewrites that.
pub fn hold(stage: Stage, folder: &Path, least: usize) {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= least, "scripts are missing in {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let now = rewritten(stage, &text);
        if now == text {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, now).unwrap();
        } else {
            let differs = text.lines().zip(now.lines()).position(|(old, new)| old != new);
            let at = differs.unwrap_or(text.lines().count().min(now.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("{name}:{}\n  was {}\n  is  {}", at + 1, line(&text), line(&now)));
        }
    }
    assert!(wrong.is_empty(), "look, and then UPDATE=1:\n{}", wrong.join("\n"));
    assert!(stage.lab.invariants().iter().any(|invariant| invariant.mode == Mode::Always));
}
