//! Acting on a run, editing its commands, branches and undo.
//!
//! Every edit turns one [`Run`] into another. What both have in common is kept: the run goes back to the last keyframe
//! before their first difference, no further.

use super::{Playback, Seen};
use crate::judge::Live;
use crate::run::{MOST_COMMANDS, Run, enabled};
use crate::text::LONGEST_TEXT;
use sim::command::{BadCommand, Command, TimedCommand};
use sim::parameter::BadParameter;
use sim::time::{Moment, Time};
use sim::trace::{Recorder, Trace};
use std::sync::Arc;

/// The most branches kept; the oldest unnamed one makes room.
const MOST_BRANCHES: usize = 64;
/// The most steps of undo.
const MOST_UNDO: usize = 200;

/// A command given at the moment shown cannot stand.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadAct {
    /// The command makes no sense here.
    #[error(transparent)]
    Command(#[from] BadCommand),
    /// The parameter cannot be that.
    #[error(transparent)]
    Parameter(#[from] BadParameter),
    /// The list is full.
    #[error("a run holds at most {MOST_COMMANDS} commands: take some out first")]
    TooMany,
    /// No link or file could hold the run any more.
    #[error("the text of this run would be longer than {} kB: take some commands out first", LONGEST_TEXT / 1024)]
    TooLong,
}

/// What became of a command given at the moment shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// Where it stands in the run.
    pub at: Moment,
    /// Whether it made a branch, because something had already happened after the moment shown.
    pub branched: bool,
    /// The command's words.
    pub text: String,
}

/// One way a run went: the list of its commands, and where it was left.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// What it is called.
    pub name: String,
    /// Its run, as it was when it was left; the current branch's is [`Playback::run`].
    pub run: Run,
    /// The moment it was left at.
    pub shown: Moment,
    /// How far it was computed.
    pub reached: Moment,
    /// Where it left the branch it came from; none for the first.
    pub left: Option<Moment>,
    /// A person gave it its name.
    pub named: bool,
    /// Tells branches apart whatever comes and goes.
    id: u64,
}

impl Branch {
    pub(super) fn first(run: Run) -> Self {
        let (shown, reached) = (Moment::START, Moment::START);
        Self { name: "first".to_owned(), run, shown, reached, left: None, named: false, id: 0 }
    }
}

/// A step of undo: the run before and after, and on which branch.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    label: String,
    before: (u64, Run),
    after: (u64, Run),
    /// The branch that it made, as it was made.
    made: Option<Branch>,
    /// Since it was undone, what it led to stands as this branch.
    kept: Option<u64>,
}

impl Playback {
    // --- acting ---

    /// Whether a command makes sense in this lab, now.
    ///
    /// # Errors
    /// Says what is wrong and what may stand there.
    pub fn check(&self, command: &Command) -> Result<(), BadCommand> {
        self.lab().check(command, self.parameters())
    }

    /// Gives a command at the moment shown: before the next event, at the roundest time there is. In the past that makes
    /// a branch of the commands so far and this one. What is shown then is the moment at which it has just run.
    ///
    /// # Errors
    /// When it makes no sense here, or the list is full.
    pub fn act(&mut self, command: Command) -> Result<Acted, BadAct> {
        self.catch_up();
        self.check(&command)?;
        if self.run.commands.len() >= MOST_COMMANDS {
            return Err(BadAct::TooMany);
        }
        let text = command.to_string();
        if !self.run.fits(text.len()) {
            return Err(BadAct::TooLong);
        }
        let at = self.hand_moment();
        let later = self.commands.iter().any(|timed| timed.at > self.shown);
        let branched = later || self.in_past();
        let before = (self.branches[self.current].id, self.run.clone());
        if branched {
            self.leave();
            self.run.commands.retain(|timed| timed.at <= self.shown);
            self.add_branch(&text);
        }
        let place = self.run.commands.partition_point(|timed| timed.at <= at);
        self.run.commands.insert(place, TimedCommand::new(at, command));
        self.go_on_from_here();
        let made = branched.then(|| self.branches[self.current].clone());
        let after = (self.branches[self.current].id, self.run.clone());
        self.remember(Edit { label: text.clone(), before, after, made, kept: None });
        // Where it stands at the very moment shown, that moment is reached only now.
        self.advance_frontier_by(self.shown.max(at), u64::MAX);
        self.show(self.reached);
        Ok(Acted { at, branched, text })
    }

    /// Where a command given now stands: never before one that has already run.
    fn hand_moment(&mut self) -> Moment {
        let at = self.world_mut().hand_moment();
        let ran = self.commands.iter().rev().find(|timed| timed.at <= self.shown).map(|timed| timed.at);
        at.max(ran.unwrap_or(Moment::START)).min(Moment::end_of(self.run.end))
    }

    /// The state shown becomes the frontier, with the commands the run has now; what came after is forgotten.
    fn go_on_from_here(&mut self) {
        self.commands = enabled(&self.run.commands).into();
        if let Some(here) = self.here.take() {
            self.frontier = here;
            self.cut_trace();
            self.keyframes.keep_upto(self.shown, self.frontier.events().0);
            self.live.rewind(&self.trace, &self.run.parameters);
            self.stopped = None;
        }
        self.frontier.set_commands(Arc::clone(&self.commands));
        self.reached = self.shown;
        self.forget_journey();
    }

    /// The trace is that of the frontier again.
    fn cut_trace(&mut self) {
        self.rewritten = self.rewritten.wrapping_add(1);
        let Self { trace, frontier, .. } = self;
        trace.truncate(frontier.events(), frontier.messages(), frontier.moment().at);
    }

    fn forget_journey(&mut self) {
        self.target = None;
        self.traveller = None;
        self.ahead = Moment::START;
        self.expected = None;
        self.seen = Seen::default();
    }

    /// Sets a parameter: by a command at the moment shown if it may change during a run, else from the start, on a
    /// branch, staying at this moment ([`Playback::work`] goes back there).
    ///
    /// # Errors
    /// When there is no such parameter, or it cannot be that.
    pub fn set_parameter(&mut self, assignment: &str) -> Result<Acted, BadAct> {
        self.catch_up();
        let mut parameters = self.parameters().clone();
        parameters.assign(assignment)?;
        let (id, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        let (id, value) = (id.trim(), value.trim());
        let (_, spec) = parameters.find(id)?;
        if spec.live && self.events().0 > 0 {
            return self.act(Command::Set { parameter: id.into(), value: value.into() });
        }
        let mut run = self.run.clone();
        run.parameters.assign(assignment)?;
        let text = format!("set {id}={value}");
        self.replace(run, &text, true);
        Ok(Acted { at: Moment::START, branched: true, text })
    }

    // --- editing ---

    /// Replaces the list of commands; what both lists have in common stays computed, and so does the moment shown
    /// ([`Playback::work`] goes back there).
    pub fn set_commands(&mut self, commands: Vec<TimedCommand>) {
        self.edit_commands(commands, "edit the commands");
    }

    fn edit_commands(&mut self, mut commands: Vec<TimedCommand>, label: &str) {
        commands.truncate(MOST_COMMANDS);
        let mut run = self.run.clone();
        run.commands = commands;
        run.sort();
        if run != self.run {
            self.replace(run, label, false);
        }
    }

    /// Takes a command out of the list; whether there was one at that place.
    pub fn remove_command(&mut self, at: usize) -> bool {
        let mut commands = self.run.commands.clone();
        if at >= commands.len() {
            return false;
        }
        let taken = commands.remove(at);
        self.edit_commands(commands, &format!("take out {}", taken.command));
        true
    }

    /// Switches a command of the list off, or on again; whether there was one at that place.
    pub fn toggle_command(&mut self, at: usize) -> bool {
        let mut commands = self.run.commands.clone();
        let Some(timed) = commands.get_mut(at) else { return false };
        timed.disabled = !timed.disabled;
        let label = format!("switch {} {}", if timed.disabled { "off" } else { "on" }, timed.command);
        self.edit_commands(commands, &label);
        true
    }

    /// Moves a command of the list to another moment; whether there was one at that place.
    pub fn move_command(&mut self, at: usize, to: Moment) -> bool {
        let mut commands = self.run.commands.clone();
        if at >= commands.len() {
            return false;
        }
        let mut timed = commands.remove(at);
        timed.at = to.min(Moment::end_of(self.run.end));
        let label = format!("move {}", timed.command);
        let place = commands.partition_point(|other| other.at <= timed.at);
        commands.insert(place, timed);
        self.edit_commands(commands, &label);
        true
    }

    /// Changes the seed, as a branch from the start.
    pub fn set_seed(&mut self, seed: u64) {
        let mut run = self.run.clone();
        run.seed = seed % crate::run::SEED_LIMIT;
        let label = format!("seed {}", run.seed);
        self.replace(run, &label, true);
    }

    /// Changes how long the run is to be. Without chaos nothing that happened changes.
    pub fn set_end(&mut self, end: Time) {
        let mut run = self.run.clone();
        run.end = end.clamp(Time(1), crate::run::LONGEST);
        if run.chaos == sim::chaos::Level::None {
            self.run.end = run.end;
            self.adopt(run);
        } else {
            self.replace(run, "change the length of the run", true);
        }
    }

    /// Changes how much chaos there is, as a branch from the start.
    pub fn set_chaos(&mut self, chaos: sim::chaos::Level) {
        let mut run = self.run.clone();
        run.chaos = chaos;
        self.replace(run, &format!("chaos {chaos}"), true);
    }

    /// Makes this the run, as a step that can be undone; on a branch of its own if `branch`.
    pub(super) fn replace(&mut self, run: Run, label: &str, branch: bool) {
        let before = (self.branches[self.current].id, self.run.clone());
        if branch {
            self.leave();
            self.add_branch(label);
        }
        self.adopt(run);
        let made = branch.then(|| self.branches[self.current].clone());
        let after = (self.branches[self.current].id, self.run.clone());
        self.remember(Edit { label: label.to_owned(), before, after, made, kept: None });
    }

    /// Takes over another run, keeps what is the same, and goes back to the moment shown.
    fn adopt(&mut self, run: Run) {
        let here = self.target.unwrap_or(self.shown);
        let same_start = run.parameters == self.run.parameters
            && (run.seed, run.chaos) == (self.run.seed, self.run.chaos)
            && (run.end == self.run.end || run.chaos == sim::chaos::Level::None);
        let commands: Arc<[TimedCommand]> = enabled(&run.commands).into();
        self.view();
        self.run = run;
        self.traveller = None;
        self.ahead = Moment::START;
        self.expected = None;
        if same_start {
            self.rewind_to_difference(commands);
        } else {
            self.commands = commands;
            self.restart();
        }
        self.target = Some(here.min(Moment::end_of(self.run.end)));
    }

    /// Starts over. What is shown stays until `work` has gone where it is to go.
    fn restart(&mut self) {
        self.keep_here();
        self.stale = true;
        let start = self.run.lab().start(self.run.setup());
        self.frontier = start.fork();
        self.keyframes.restart(start);
        self.start_trace();
    }

    fn start_trace(&mut self) {
        self.reached = Moment::START;
        self.trace = Trace::default();
        self.rewritten = self.rewritten.wrapping_add(1);
        self.live = Live::new(self.run.lab(), &self.run.parameters);
        self.stopped = None;
        self.advance_start();
    }

    /// What stands at the very start runs at once, so that the frontier is always some moment's state.
    fn advance_start(&mut self) {
        let mut budget = u64::MAX;
        self.advance_frontier(Moment::START, &mut budget);
    }

    fn keep_here(&mut self) {
        if self.here.is_none() {
            self.here = Some(self.frontier.fork());
        }
    }

    /// Goes back to before the first command that differs, and takes the new ones over.
    fn rewind_to_difference(&mut self, commands: Arc<[TimedCommand]>) {
        let same = self.commands.iter().zip(commands.iter()).take_while(|(old, new)| old == new).count();
        let at = |list: &[TimedCommand]| list.get(same).map(|timed| timed.at);
        let first = match (at(&self.commands), at(&commands)) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        // A run that was made shorter has not been beyond its end.
        let cut = (self.reached.at > self.run.end).then(|| Moment::end_of(self.run.end));
        let first = match (first, cut) {
            (Some(first), Some(cut)) => Some(first.min(cut)),
            (first, cut) => first.or(cut),
        };
        self.commands = commands;
        let Some(first) = first else { return };
        if first > self.reached {
            self.frontier.set_commands(Arc::clone(&self.commands));
            if let Some(here) = &mut self.here {
                here.set_commands(Arc::clone(&self.commands));
            }
            return;
        }
        self.keep_here();
        self.stale = true;
        self.keyframes.keep_before(first);
        let (bound, mut frontier) = self.keyframes.latest();
        frontier.set_commands(Arc::clone(&self.commands));
        self.frontier = frontier;
        let Some(bound) = bound else {
            self.start_trace();
            return;
        };
        self.cut_trace();
        self.live.rewind(&self.trace, &self.run.parameters);
        self.stopped = None;
        self.reached = bound;
        // A command that was given since at the very moment of the keyframe has not run in it.
        self.frontier.advance(bound, u64::MAX, &mut Recorder::into(&mut self.trace));
        self.live.feed(&self.trace);
    }

    // --- undo ---

    fn remember(&mut self, edit: Edit) {
        self.redo.clear();
        self.undo.push(edit);
        if self.undo.len() > MOST_UNDO {
            self.undo.remove(0);
        }
    }

    /// What undo would take back.
    pub fn can_undo(&self) -> Option<String> {
        self.undo.last().map(|edit| edit.label.clone())
    }

    /// What redo would do again.
    pub fn can_redo(&self) -> Option<String> {
        self.redo.last().map(|edit| edit.label.clone())
    }

    /// Takes the last edit back and stays at this moment, where [`Playback::work`] then goes. What it led to stays as a
    /// branch. If the edit had made one, the branch it came from is here again, with all of its future. Says what was
    /// taken back.
    pub fn undo(&mut self) -> Option<String> {
        let mut edit = self.undo.pop()?;
        if edit.made.is_none() && !self.is_kept() {
            edit.kept = Some(self.keep_beside(&edit.label));
        }
        self.restore(&edit.before);
        let label = edit.label.clone();
        self.redo.push(edit);
        Some(label)
    }

    /// Does again what was last taken back. Says what.
    pub fn redo(&mut self) -> Option<String> {
        let mut edit = self.redo.pop()?;
        if let Some(made) = &edit.made
            && self.branches.iter().all(|branch| branch.id != made.id)
        {
            self.leave();
            self.branches.push(made.clone());
        }
        self.restore(&edit.after);
        if let Some(kept) = edit.kept.take() {
            self.branches.retain(|branch| branch.id != kept);
            self.refind(edit.after.0);
        }
        let label = edit.label.clone();
        self.undo.push(edit);
        Some(label)
    }

    /// Makes a run that was before the current one again, on its branch.
    fn restore(&mut self, (id, run): &(u64, Run)) {
        if self.branches[self.current].id != *id {
            self.leave();
        }
        let reached = self.branches.iter().find(|branch| branch.id == *id).map(|branch| branch.reached);
        let other = self.branches[self.current].id != *id;
        self.refind(*id);
        self.adopt(run.clone());
        if let (true, Some(reached)) = (other, reached) {
            self.ahead = reached;
        }
    }

    // --- branches ---

    /// All branches, the current one among them.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Which of them is the current one.
    pub fn current_branch(&self) -> usize {
        self.current
    }

    /// Writes down where the current branch is left.
    fn leave(&mut self) {
        let branch = &mut self.branches[self.current];
        branch.run = self.run.clone();
        branch.shown = self.shown;
        branch.reached = self.reached;
    }

    /// Whether another branch has all that this one has, and perhaps more: undone step by step, the longest stands for
    /// all.
    fn is_kept(&self) -> bool {
        let same = |run: &Run| {
            run.parameters == self.run.parameters
                && (run.seed, run.chaos, run.end) == (self.run.seed, self.run.chaos, self.run.end)
                && run.commands.starts_with(&self.run.commands)
        };
        self.branches.iter().enumerate().any(|(at, branch)| at != self.current && same(&branch.run))
    }

    /// Keeps the run as it is now as a branch of this name, and stays on the current one. Returns its number.
    fn keep_beside(&mut self, name: &str) -> u64 {
        let (current, reached) = (self.branches[self.current].id, self.reached);
        self.add_branch(name);
        let place = self.current;
        self.branches[place].reached = reached;
        let id = self.branches[place].id;
        self.refind(current);
        id
    }

    /// Puts a new branch beside the others and makes it the current one.
    fn add_branch(&mut self, name: &str) {
        if self.branches.len() >= MOST_BRANCHES {
            let current = self.branches[self.current].id;
            let oldest =
                self.branches.iter().skip(1).position(|branch| !branch.named && branch.id != current);
            self.branches.remove(oldest.map_or(1, |at| at + 1));
        }
        let id = self.branches.iter().map(|branch| branch.id).max().unwrap_or(0) + 1;
        let id = id
            .max(self.redo.iter().filter_map(|edit| edit.made.as_ref()).map(|b| b.id + 1).max().unwrap_or(0));
        self.branches.push(Branch {
            name: name.to_owned(),
            run: self.run.clone(),
            shown: self.shown,
            reached: self.shown,
            left: Some(self.shown),
            named: false,
            id,
        });
        self.current = self.branches.len() - 1;
    }

    fn refind(&mut self, id: u64) {
        match self.branches.iter().position(|branch| branch.id == id) {
            Some(at) => self.current = at,
            None => {
                // It had to make room: it comes back as it is now.
                let mut branch = Branch::first(self.run.clone());
                branch.id = id;
                branch.name = "earlier".to_owned();
                self.branches.push(branch);
                self.current = self.branches.len() - 1;
            }
        }
    }

    /// Goes to another branch, at the moment it was left at; [`Playback::work`] computes it as far as it had come.
    pub fn switch_to(&mut self, branch: usize) {
        if branch >= self.branches.len() || branch == self.current {
            return;
        }
        self.leave();
        self.current = branch;
        let Branch { run, shown, reached, .. } = self.branches[branch].clone();
        self.adopt(run);
        self.ahead = reached;
        self.seek(shown);
    }

    /// Gives a branch a name.
    pub fn rename_branch(&mut self, branch: usize, name: &str) {
        if let Some(branch) = self.branches.get_mut(branch) {
            branch.name = name.chars().take(60).collect();
            branch.named = true;
        }
    }

    /// Removes a branch, unless it is the current one; whether it is gone.
    pub fn remove_branch(&mut self, branch: usize) -> bool {
        if branch >= self.branches.len() || branch == self.current {
            return false;
        }
        let current = self.branches[self.current].id;
        self.branches.remove(branch);
        self.refind(current);
        true
    }
}
