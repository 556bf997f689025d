//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test -p potholes-consensus` rewrites what came out.
//!
//! The file name is the claim. Commands are the run's own words, each given at the moment reached; besides them
//!
//! - `cluster 5 [PARAM=VALUE]...` begins (without load, with clocks and links that draw nothing unless set otherwise);
//! - `run 300ms` goes on; `until FACT [ACTOR] [VALUE]` goes on until such a fact, at most 20 s;
//! - `elect n1` lets its timer run out and goes on until it leads;
//! - `logs`, `length`, `leads`, `nodes` and `verdict` print how things stand;
//! - `sent` prints how many messages nodes sent to nodes since it was last asked.
//!
//! A command in brackets is carried out in silence. After every command everything that happens at that moment happens,
//! and a full scan of the invariants is compared with what the monitor said.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod common;

use common::{parameters, verdict};
use consensus::raft::LAB;
use sim::lab::{Mode, Setup};
use sim::protocol::Note;
use sim::story::Rank;
use sim::trace::{EventKind, Recorder};
use sim::view::{ActorView, CellState, View};
use sim::{EventId, Lab, MessageId, Moment, Running, Span, Time, TimedCommand, Trace};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// How far `until` looks.
const PATIENCE: Span = Span::secs(20);
/// Facts that say little and come often.
const QUIET: [&str; 5] = ["applied", "asked", "follows", "granted", "denied"];

struct Script {
    running: Box<dyn Running>,
    trace: Trace,
    commands: Vec<TimedCommand>,
    /// What flies, by message: where from and to, and what it says.
    flying: BTreeMap<MessageId, String>,
    told: BTreeMap<MessageId, String>,
    broken: usize,
    out: String,
    silent: bool,
    /// How many messages there were when `sent` was last asked.
    counted: usize,
}

impl Script {
    fn begin(words: &[&str], silent: bool) -> Self {
        let mut set = vec![format!("nodes={}", words[0])];
        let fixed = ["load=off", "clients=2", "snapshot_every=0", "latency_min=10ms", "latency_max=10ms"];
        set.extend(fixed.iter().map(|&s| s.to_owned()));
        set.extend(
            ["sync_min=2ms", "sync_max=2ms", "work=0s", "election_max=3s"].iter().map(|&s| s.to_owned()),
        );
        set.extend(words[1..].iter().map(|&word| word.to_owned()));
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        let setup = Setup {
            parameters: parameters(&set),
            seed: 1,
            chaos: sim::chaos::Level::None,
            end: Time::millis(600_000),
            commands: [].into(),
        };
        let mut script = Self {
            running: LAB.start(setup),
            trace: Trace::default(),
            commands: Vec::new(),
            flying: BTreeMap::new(),
            told: BTreeMap::new(),
            broken: 0,
            out: String::new(),
            silent,
            counted: 0,
        };
        script.advance(Moment::end_of(Time::ZERO), |_| false);
        script
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
            self.flying.insert(flight.id, format!("{}→{}", flight.from, flight.to));
            self.told.insert(flight.id, flight.detail.clone());
        }
    }

    /// A message that was handled or lost; heartbeats and their answers go without saying.
    fn write_event(&mut self, event: usize, view: &View) {
        let kind = self.trace.events[event].kind;
        let (EventKind::Deliver(id) | EventKind::Lost(id)) = kind else { return };
        let Some(arrow) = self.trace.story.arrow(id).copied() else { return };
        let detail = self.told.remove(&id).unwrap_or_default();
        self.flying.remove(&id);
        if arrow.routine {
            return;
        }
        let lost = matches!(kind, EventKind::Lost(_));
        let way = if lost { '⇥' } else { '→' };
        let from = named(arrow.from, view);
        let end = if lost { format!("   {}", arrow.end.words()) } else { String::new() };
        self.line(&format!("{from} {way} {}", arrow.to), &format!("{detail}{end}"));
    }

    fn write_rest(&mut self, facts: usize, notes: &[Note], view: &View) {
        for note in notes {
            self.line(&named(note.actor, view), &note.text);
        }
        let new: Vec<(String, String)> = self.trace.facts[facts..]
            .iter()
            .filter(|fact| !QUIET.contains(&fact.name))
            .map(|fact| (named(fact.actor, view), fact.sentence.to_string()))
            .collect();
        for (who, sentence) in new {
            self.line(&who, &sentence);
        }
        let broken: Vec<String> = self.trace.violations[self.broken..]
            .iter()
            .map(|violation| {
                format!("{}: {}", LAB.invariants()[violation.invariant].name, violation.sentence)
            })
            .collect();
        self.broken = self.trace.violations.len();
        broken.iter().for_each(|what| self.line("broken", what));
    }

    fn line(&mut self, who: &str, what: &str) {
        if !self.silent {
            let _ = writeln!(self.out, "{who:<11} {what}");
        }
    }

    fn now(&self) -> Time {
        self.running.moment().at
    }

    fn command(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match &words[..] {
            ["run", span] => {
                let until = self.now() + span.parse::<Span>().unwrap();
                self.advance(Moment::end_of(until), |_| false);
            }
            ["until", fact, rest @ ..] => self.until(fact, rest),
            ["elect", node] => {
                self.command(&format!("fire {node} election"));
                self.until("leader", &[node]);
            }
            ["logs"] => self.logs(),
            ["nodes"] => self.nodes(),
            ["length"] => self.length(),
            ["leads"] => self.leads(),
            ["sent"] => self.sent(),
            ["verdict"] => {
                let verdict = match verdict(&self.trace) {
                    check::Verdict::Holds => "linearizable",
                    check::Verdict::Broken { .. } => "not linearizable",
                    _ => "not decided",
                };
                self.line("history", verdict);
            }
            _ => self.act(line),
        }
        self.scan();
    }

    /// One of the run's own commands, now.
    fn act(&mut self, line: &str) {
        let command = sim::command::parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        LAB.check(&command, self.running.parameters()).unwrap_or_else(|e| panic!("{line}: {e}"));
        let at = self.running.hand_moment();
        self.commands.push(TimedCommand::new(at, command));
        self.running.set_commands(self.commands.clone().into());
        let marks = self.trace.story.marks.len();
        self.advance(Moment::end_of(at.at), |_| false);
        if self.trace.story.marks.get(marks).is_some_and(|mark| mark.nothing_to_do) {
            self.line("", "nothing to do");
        }
    }

    fn until(&mut self, name: &str, rest: &[&str]) {
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

    /// Each log: `2@1` an entry, `·` after those known to be committed, `~` after those not yet durable.
    fn logs(&mut self) {
        let view = self.running.view();
        for row in view.strips[0].rows() {
            let cells = row.cells.iter().map(|cell| {
                let mark = match cell.state {
                    CellState::Applied | CellState::Committed => "·",
                    CellState::Snapshot => " snapshot",
                    CellState::Written | CellState::Volatile => "~",
                    CellState::Durable => "",
                };
                let text =
                    if cell.state == CellState::Snapshot { String::new() } else { format!(" {}", cell.text) };
                format!("{}@{}{text}{mark}", cell.column, cell.version)
            });
            let cells = cells.collect::<Vec<_>>().join(" | ");
            self.line(&named(row.actor, &view), &cells);
        }
    }

    /// How long each log is, and of which term its last entry.
    fn length(&mut self) {
        let view = self.running.view();
        for row in view.strips[0].rows() {
            let last = row
                .cells
                .last()
                .map_or_else(String::new, |cell| format!("{} of term {}", cell.column, cell.version));
            self.line(&named(row.actor, &view), &last);
        }
    }

    /// Who takes itself for the leader.
    fn leads(&mut self) {
        let view = self.running.view();
        let leads = |actor: &&ActorView| actor.role.is_some_and(|role| role.rank == Rank::Leader);
        let leaders: Vec<String> = view
            .actors
            .iter()
            .filter(leads)
            .map(|actor| format!("{}{}", named(actor.id, &view), if actor.stale { " (stale)" } else { "" }))
            .collect();
        self.line(
            "leads",
            if leaders.is_empty() { "nobody".to_owned() } else { leaders.join(", ") }.as_str(),
        );
    }

    /// How many messages went from node to node since this was last asked.
    fn sent(&mut self) {
        let all = self.trace.story.arrows.iter();
        let number = all.filter(|arrow| arrow.from.is_node() && arrow.to.is_node()).count();
        let before = std::mem::replace(&mut self.counted, number);
        self.line("sent", &format!("{} messages", number - before));
    }

    fn nodes(&mut self) {
        let view = self.running.view();
        for actor in view.actors.iter().filter(|actor| actor.id.is_node()) {
            let stale = if actor.stale { ", stale" } else { "" };
            let line = format!("{}{stale}; {}", actor.headline, actor.subline);
            self.line(&actor.id.to_string(), line.trim_end_matches("; "));
        }
    }

    /// The slow way must see nothing that the fast way did not.
    fn scan(&mut self) {
        let reported: Vec<usize> = self.trace.violations.iter().map(|v| v.invariant).collect();
        for (name, sentence) in self.running.scan() {
            let known = reported.iter().any(|at| LAB.invariants()[*at].name == name);
            if !known {
                let _ = writeln!(self.out, "differs     only the scan sees: {name}: {sentence}");
            }
        }
    }
}

/// `n1@3`: a node in a term.
fn named(id: sim::ActorId, view: &View) -> String {
    let term = view.actor(id).and_then(|actor| actor.role).filter(|_| id.is_node()).map(|role| role.version);
    term.map_or_else(|| id.to_string(), |term| format!("{id}@{term}"))
}

/// Runs a script's text; what it should be.
fn rewritten(text: &str) -> String {
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
                    (["cluster", rest @ ..], _) => script = Some(Script::begin(rest, silent)),
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

#[test]
fn scripts_say_what_comes_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/raft/scripts");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 54, "scripts are missing in {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let now = rewritten(&text);
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
}

#[test]
fn a_script_can_fail() {
    let text = "# One node.\n(cluster 1)\nuntil leader\n---\nnothing\n";
    assert_ne!(rewritten(text), text);
    assert!(LAB.invariants().iter().any(|invariant| invariant.mode == Mode::Always));
}
