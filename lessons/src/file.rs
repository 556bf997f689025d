//! The file of a lesson: a header between `---` lines, then a section per step.
//!
//! ```text
//! ---
//! title: The lost write            what it is called
//! path: first 1                    where it stands: path and number
//! lab: raft seed=7 nodes=3         what it runs on: seed and parameters
//! needs: slow-or-dead              lessons that should come before (may be empty)
//! mistake: majority                the misunderstanding it is about
//! source: …                        paper and section
//! say: …                           the one sentence to keep
//! next: raft reads=lease; 2pc      where the same trap waits
//! ---
//! ## Title of a step {#id}
//! Prose, at most 60 words.
//! show: time logs                  panels that slide in with this step, and stay
//! first: command; until CONDITION  what the lesson does itself, at once, when the step is entered
//! play: CONDITION                  the run plays by itself until then, and pauses
//! predict: a question?
//! - a choice | if CONDITION        right when that is true of this run; `- * choice` in a transfer question
//!   its reply. see: EXPRESSION     the moment its button jumps to, in this step or before
//! do: command; command             the recorded solution; also `wait 2s`, `until CONDITION`, `back #id`
//! button: words                    a button that does the solution at the pace of the window
//! until: CONDITION                 what the step waits for
//! waiting: words                   how that is told
//! hint 20s: words                  after so long without progress
//! hint 60s: point NAME             a pointer at a control; `offer` offers to do it
//! then: prose                      told when it is done
//! ```
//!
//! In a step the order is fixed. A line that begins with something like a known key is an error that names its line.

use crate::condition::Condition;
use crate::prose::Paragraph;
use sim::Span;
use sim::ordered::SortedSet;

/// The most words a step's prose may have.
pub const WORDS_LIMIT: usize = 60;
/// The longest file read, in bytes.
const SIZE_LIMIT: usize = 200_000;

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Its file's name without ending.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The path it is on: `first`.
    pub path: String,
    /// Its place on the path, from 1.
    pub number: u32,
    /// The lab it runs on.
    pub lab: String,
    /// The seed of its run.
    pub seed: u64,
    /// Parameters that differ from the defaults, as `PARAM=VALUE`.
    pub set: Vec<String>,
    /// Lessons that should come before.
    pub needs: Vec<String>,
    /// The misunderstanding it is about.
    pub mistake: String,
    /// Paper and section.
    pub source: String,
    /// The one sentence to keep.
    pub say: String,
    /// Where the same trap waits: labs with settings, or lessons.
    pub next: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Its name within the lesson.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The line it begins at, for messages.
    pub line: usize,
    /// What it says.
    pub prose: Vec<Paragraph>,
    /// Panels that appear with it.
    pub show: Vec<String>,
    /// What the lesson does itself, at once, when the step is entered.
    pub first: Vec<Action>,
    /// The run plays by itself until this holds.
    pub play: Option<Condition>,
    /// The question.
    pub predict: Option<Prediction>,
    /// The recorded solution.
    pub solution: Vec<Action>,
    /// What the button that does it says; no button where empty.
    pub button: String,
    /// What it waits for.
    pub until: Option<Condition>,
    /// How that is told.
    pub waiting: String,
    /// Help, the quickest first.
    pub hints: Vec<Hint>,
    /// Told when it is done.
    pub then: Vec<Paragraph>,
}

/// A question and its answers. "I do not know" is always offered besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// What is asked.
    pub question: String,
    /// The answers.
    pub choices: Vec<Choice>,
}

/// An answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it says.
    pub text: String,
    /// It is right when this is true of the learner's run.
    pub when: Option<Condition>,
    /// In a transfer question: it is the right one.
    pub right: bool,
    /// What is said to who chose it.
    pub reply: Paragraph,
    /// The moment its button jumps to: an expression whose value is a time.
    pub see: Option<Condition>,
}

/// A step of a recorded solution.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A command, in the kernel's words (a parameter that cannot change during a run starts it anew).
    Command(String),
    /// Let so much time pass.
    Wait(Span),
    /// Let time pass until this holds.
    Until(Condition),
    /// Return to the start of a step.
    Back(String),
}

/// Help.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// After so long without progress.
    pub after: Span,
    /// What.
    pub kind: HintKind,
}

/// What a hint does.
#[derive(Clone, Debug, PartialEq)]
pub enum HintKind {
    /// It says something.
    Words(String),
    /// It points at a control by its name.
    Point(String),
    /// It offers to do the step.
    Offer,
}

/// A lesson that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}.md:{line}: {reason}")]
pub struct BadLesson {
    /// The lesson.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what may stand there.
    pub reason: String,
}

const HEADER_KEYS: &[&str] = &["title", "path", "lab", "needs", "mistake", "source", "say", "next"];
/// In the order they must have.
const STEP_KEYS: &[&str] =
    &["show", "first", "play", "predict", "do", "button", "until", "waiting", "hint", "then"];

impl Lesson {
    /// Reads a lesson.
    ///
    /// # Errors
    /// Names the line and what may stand there.
    pub fn parse(id: &str, text: &str) -> Result<Self, BadLesson> {
        if text.len() > SIZE_LIMIT {
            let reason = format!("longer than {SIZE_LIMIT} bytes");
            return Err(BadLesson { file: id.to_owned(), line: 1, reason });
        }
        let mut reader = Reader { file: id, lines: text.lines().collect(), at: 0 };
        let mut lesson = reader.header()?;
        while reader.skip_blank() {
            let step = reader.step()?;
            lesson.steps.push(step);
        }
        if lesson.steps.is_empty() {
            return Err(reader.wrong("a lesson needs at least one step: “## Title {#id}”"));
        }
        let mut seen = SortedSet::new();
        for step in &lesson.steps {
            if !seen.insert(step.id.as_str()) {
                let reason = format!("two steps are called “{}”", step.id);
                return Err(BadLesson { file: id.to_owned(), line: step.line, reason });
            }
        }
        Ok(lesson)
    }

    /// The step of that name.
    pub fn step(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }
}

struct Reader<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, reason: impl Into<String>) -> BadLesson {
        BadLesson { file: self.file.to_owned(), line: self.at + 1, reason: reason.into() }
    }

    fn line(&self) -> Option<&str> {
        self.lines.get(self.at).copied()
    }

    /// Whether a line that says something is left.
    fn skip_blank(&mut self) -> bool {
        while self.line().is_some_and(|line| line.trim().is_empty()) {
            self.at += 1;
        }
        self.line().is_some()
    }

    fn header(&mut self) -> Result<Lesson, BadLesson> {
        if self.line() != Some("---") {
            return Err(self.wrong("a lesson begins with a header between two lines “---”"));
        }
        self.at += 1;
        let mut lesson = Lesson {
            id: self.file.to_owned(),
            title: String::new(),
            path: String::new(),
            number: 1,
            lab: String::new(),
            seed: 1,
            set: Vec::new(),
            needs: Vec::new(),
            mistake: String::new(),
            source: String::new(),
            say: String::new(),
            next: Vec::new(),
            steps: Vec::new(),
        };
        let mut seen = SortedSet::new();
        loop {
            let Some(line) = self.line() else { return Err(self.wrong("the header has no end: “---”")) };
            if line == "---" {
                break;
            }
            let Some((key, value)) = line.split_once(':') else {
                return Err(self.wrong("expected “key: value” or “---”"));
            };
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            if !seen.insert(key.clone()) {
                return Err(self.wrong(format!("“{key}” stands twice")));
            }
            self.header_line(&mut lesson, &key, &value)?;
            self.at += 1;
        }
        for needed in ["title", "path", "lab", "source", "say"] {
            if !seen.contains(needed) {
                return Err(self.wrong(format!("the header lacks “{needed}:”")));
            }
        }
        self.at += 1;
        Ok(lesson)
    }

    fn header_line(&self, lesson: &mut Lesson, key: &str, value: &str) -> Result<(), BadLesson> {
        let listed = |separator: char| {
            value
                .split(separator)
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect()
        };
        match key {
            "title" => lesson.title = value.to_owned(),
            "path" => {
                let (path, number) = value.rsplit_once(' ').unwrap_or((value, "1"));
                lesson.path = path.to_owned();
                lesson.number =
                    number.parse().map_err(|_| self.wrong("“path:” is a path and a number: “first 1”"))?;
            }
            "lab" => {
                let mut words = value.split_whitespace();
                lesson.lab = words.next().unwrap_or_default().to_owned();
                for word in words {
                    match word.split_once('=') {
                        Some(("seed", seed)) => {
                            lesson.seed = run::text::seed(seed).map_err(|e| self.wrong(e.to_string()))?;
                        }
                        Some(_) => lesson.set.push(word.to_owned()),
                        None => return Err(self.wrong(format!("“{word}” should be PARAM=VALUE"))),
                    }
                }
            }
            "needs" => lesson.needs = listed(';'),
            "next" => lesson.next = listed(';'),
            "mistake" => lesson.mistake = value.to_owned(),
            "source" => lesson.source = value.to_owned(),
            "say" => lesson.say = value.to_owned(),
            _ => {
                return Err(self.wrong(format!(
                    "there is no “{key}:” in a header; there are {}",
                    HEADER_KEYS.join(", ")
                )));
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Step, BadLesson> {
        let line = self.line().unwrap_or_default();
        let heading = line.strip_prefix("## ").and_then(|rest| rest.strip_suffix('}'));
        let Some((title, id)) = heading.and_then(|rest| rest.split_once("{#")) else {
            return Err(self.wrong("expected a step: “## Title {#id}”"));
        };
        let (title, id) = (title.trim().to_owned(), id.to_owned());
        let mut step = Step { id, title, line: self.at + 1, ..Step::default() };
        self.at += 1;
        let mut last = 0;
        let mut paragraph = String::new();
        while let Some(line) = self.line().map(str::to_owned) {
            if line.starts_with("## ") {
                break;
            }
            let Some((key, value)) = self.key(&line)? else {
                if last > 0 {
                    if line.trim().is_empty() {
                        self.at += 1;
                        continue;
                    }
                    return Err(self.wrong("prose comes first in a step; after “then:” it goes on indented"));
                }
                self.prose_line(&line, &mut paragraph, &mut step.prose)?;
                self.at += 1;
                continue;
            };
            let order = STEP_KEYS.iter().position(|k| *k == key.split(' ').next().unwrap_or_default());
            let order = order.unwrap_or(0) + 1;
            if order < last || (order == last && !key.starts_with("hint")) {
                return Err(self.wrong(format!("the order in a step is: prose, {}", STEP_KEYS.join(", "))));
            }
            self.end_paragraph(&mut paragraph, &mut step.prose)?;
            last = order;
            self.step_line(&mut step, &key, &value)?;
        }
        self.end_paragraph(&mut paragraph, &mut step.prose)?;
        let words: usize = step.prose.iter().map(Paragraph::words).sum();
        if words > WORDS_LIMIT {
            return Err(BadLesson {
                file: self.file.to_owned(),
                line: step.line,
                reason: format!("{words} words in step “{}”; at most {WORDS_LIMIT}", step.id),
            });
        }
        if step.predict.is_none() && step.until.is_none() {
            return Err(self.wrong(format!("step “{}” only reads: it needs “predict:” or “until:”", step.id)));
        }
        Ok(step)
    }

    /// The instruction a line begins with, if it is one.
    fn key(&self, line: &str) -> Result<Option<(String, String)>, BadLesson> {
        let Some((key, value)) = line.split_once(':') else { return Ok(None) };
        let word = key.split(' ').next().unwrap_or_default();
        if line.starts_with(' ') || key.split(' ').count() > 2 || !key.is_ascii() {
            return Ok(None);
        }
        if STEP_KEYS.contains(&word) && (word == "hint" || key == word) {
            return Ok(Some((key.to_owned(), value.trim().to_owned())));
        }
        let near = STEP_KEYS.iter().find(|known| key == word && !word.is_empty() && near(word, known));
        match near {
            Some(known) => Err(self.wrong(format!("“{word}:” is no instruction; did you mean “{known}:”?"))),
            None => Ok(None),
        }
    }

    fn prose_line(
        &self,
        line: &str,
        paragraph: &mut String,
        prose: &mut Vec<Paragraph>,
    ) -> Result<(), BadLesson> {
        if line.trim().is_empty() {
            return self.end_paragraph(paragraph, prose);
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(line.trim());
        Ok(())
    }

    fn end_paragraph(&self, paragraph: &mut String, prose: &mut Vec<Paragraph>) -> Result<(), BadLesson> {
        if !paragraph.is_empty() {
            prose.push(Paragraph::parse(&std::mem::take(paragraph)).map_err(|e| self.wrong(e))?);
        }
        Ok(())
    }

    fn condition(&self, text: &str) -> Result<Condition, BadLesson> {
        let condition = Condition::parse(text).map_err(|e| self.wrong(format!("in “{text}”: {e}")))?;
        match condition.unknown_functions().first() {
            Some(name) => Err(self.wrong(format!("there is no “{name}(…)” to ask in “{text}”"))),
            None => Ok(condition),
        }
    }

    fn step_line(&mut self, step: &mut Step, key: &str, value: &str) -> Result<(), BadLesson> {
        match key {
            "show" => step.show = value.split_whitespace().map(str::to_owned).collect(),
            "play" => step.play = Some(self.condition(value)?),
            "first" => step.first = self.actions(value)?,
            "button" => step.button = value.to_owned(),
            "until" => step.until = Some(self.condition(value)?),
            "waiting" => step.waiting = value.to_owned(),
            "do" => step.solution = self.actions(value)?,
            "predict" => {
                self.at += 1;
                let choices = self.choices()?;
                step.predict = Some(Prediction { question: value.to_owned(), choices });
                return Ok(());
            }
            "then" => {
                let mut text = value.to_owned();
                while let Some(more) = self.lines.get(self.at + 1).filter(|line| line.starts_with("  ")) {
                    text.push(' ');
                    text.push_str(more.trim());
                    self.at += 1;
                }
                step.then = vec![Paragraph::parse(&text).map_err(|e| self.wrong(e))?];
            }
            hint => {
                let after = hint.strip_prefix("hint ").and_then(|span| span.parse().ok());
                let after = after.ok_or_else(|| self.wrong("a hint says after how long: “hint 20s: …”"))?;
                let kind = match value.strip_prefix("point ") {
                    Some(name) => HintKind::Point(name.trim().to_owned()),
                    None if value == "offer" => HintKind::Offer,
                    None => HintKind::Words(value.to_owned()),
                };
                step.hints.push(Hint { after, kind });
            }
        }
        self.at += 1;
        Ok(())
    }

    fn actions(&self, value: &str) -> Result<Vec<Action>, BadLesson> {
        let mut actions = Vec::new();
        for part in value.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let action = match part.split_once(' ') {
                Some(("wait", span)) => {
                    Action::Wait(span.parse().map_err(|e: sim::time::NotASpan| self.wrong(e.to_string()))?)
                }
                Some(("until", condition)) => Action::Until(self.condition(condition)?),
                Some(("back", step)) => Action::Back(step.trim_start_matches('#').to_owned()),
                _ => {
                    sim::command::parse(part).map_err(|e| self.wrong(e.to_string()))?;
                    Action::Command(part.to_owned())
                }
            };
            actions.push(action);
        }
        Ok(actions)
    }

    fn choices(&mut self) -> Result<Vec<Choice>, BadLesson> {
        let mut choices = Vec::new();
        while let Some(rest) = self.line().and_then(|line| line.strip_prefix("- ")).map(str::to_owned) {
            let (text, when) = match rest.split_once(" | if ") {
                Some((text, condition)) => (text.to_owned(), Some(self.condition(condition)?)),
                None => (rest.clone(), None),
            };
            let (right, text) = match text.strip_prefix("* ") {
                Some(text) => (true, text.trim().to_owned()),
                None => (false, text.trim().to_owned()),
            };
            let mut reply = String::new();
            while let Some(more) = self.lines.get(self.at + 1).filter(|line| line.starts_with("  ")) {
                reply.push_str(if reply.is_empty() { "" } else { " " });
                reply.push_str(more.trim());
                self.at += 1;
            }
            let (reply, see) = match reply.split_once("see: ") {
                Some((reply, moment)) => (reply.trim().to_owned(), self.see(moment)?),
                None => (reply, None),
            };
            if reply.is_empty() {
                return Err(self.wrong(format!("the choice “{text}” has no reply (indented under it)")));
            }
            let reply = Paragraph::parse(&reply).map_err(|e| self.wrong(e))?;
            choices.push(Choice { text, when, right, reply, see });
            self.at += 1;
        }
        if choices.len() < 2 {
            return Err(self.wrong("a question needs at least two choices: “- text | if condition”"));
        }
        let starred = choices.iter().filter(|choice| choice.right).count();
        let asked = choices.iter().filter(|choice| choice.when.is_some()).count();
        match (starred, asked) {
            (0, n) if n == choices.len() => Ok(choices),
            (1, 0) => Ok(choices),
            _ => {
                Err(self.wrong("either every choice has an “if”, or (in a transfer question) one has a “*”"))
            }
        }
    }

    /// `see: lab raft` names a place to go on rather than a moment: it is part of the header's `next`.
    fn see(&self, text: &str) -> Result<Option<Condition>, BadLesson> {
        if text.starts_with("lab ") { Ok(None) } else { self.condition(text).map(Some) }
    }
}

/// Whether two words differ by one or two letters.
fn near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a == b || a.len().abs_diff(b.len()) > 2 || a.len() > 12 {
        return false;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()] <= if b.len() > 4 { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "---\ntitle: T\npath: first 1\nlab: raft seed=7 nodes=3\nsource: S\nsay: X.\n---\n\
        ## One {#one}\nSome prose.\nplay: leads(n1)\npredict: What?\n- a | if leads(n1)\n  Yes. see: asked(c1, tea)\n\
        - b | if not leads(n1)\n  No.\ndo: cut n1; wait 1s\nuntil: down(n1)\nhint 20s: Look.\nhint 60s: point n1\nthen: Done.\n";

    #[test]
    fn a_good_one_reads() {
        let lesson = Lesson::parse("x", GOOD).unwrap();
        assert_eq!((lesson.seed, lesson.set.len(), lesson.steps.len()), (7, 1, 1));
        let step = &lesson.steps[0];
        assert_eq!((step.solution.len(), step.hints.len(), step.then.len()), (2, 2, 1));
        assert_eq!(step.predict.as_ref().unwrap().choices.len(), 2);
    }

    #[test]
    fn mistakes_name_their_line() {
        let cases: &[(&str, &str, usize)] = &[
            ("until: down(n1)", "untill: down(n1)", 17),
            ("until: down(n1)", "until: down(n1", 17),
            ("until: down(n1)", "until: nonsense(n1)", 17),
            ("do: cut n1; wait 1s", "do: cut n1; wait x", 16),
            ("## One {#one}", "## One", 8),
            ("- b | if not leads(n1)", "- b", 16),
            ("say: X.", "sai: X.", 6),
            ("hint 20s: Look.", "hint soon: Look.", 18),
        ];
        for (from, to, line) in cases {
            let error = Lesson::parse("x", &GOOD.replace(from, to)).unwrap_err();
            assert_eq!(error.line, *line, "{to}: {error}");
        }
        let long = GOOD.replace("Some prose.", &"word ".repeat(61));
        assert!(Lesson::parse("x", &long).unwrap_err().to_string().contains("61 words"));
    }

    proptest! {
        #[test]
        fn never_panics(at in 0usize..400, cut in 0usize..40, with in ".{0,10}") {
            let mut text = GOOD.to_owned();
            let from = text.floor_char_boundary(at.min(text.len()));
            let to = text.floor_char_boundary((from + cut).min(text.len()));
            text.replace_range(from..to, &with);
            let _ = Lesson::parse("x", &text);
        }
    }
}
