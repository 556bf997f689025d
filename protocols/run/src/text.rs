//! A run as text: the run file, the script, and (deflated) the link. One statement a line, in a fixed vocabulary:
//!
//! ```text
//! potholes 1                      the format, first
//! lab raft 1                      the lab and its revision, before anything that names a parameter
//! set nodes=3                     a parameter at the start
//! seed 7
//! chaos none
//! for 30s
//! at 1.5s cut n1 | n2 n3          a command; `off at …` where it is switched off
//! digest 1a2b3c4d                 the short trace digest at the moment shown
//! shown 2.69s+4
//! ```
//!
//! Empty lines and lines that begin with `#` say nothing. Everything has a limit, so that a text from anywhere can
//! neither fill memory nor stand for a run that never ends; what is wrong is told with its line.

use crate::run::{LONGEST, MOST_COMMANDS, Opened, Run, SEED_LIMIT, short_digest};
use sim::command::{self, BadCommand, TimedCommand};
use sim::lab::Lab;
use sim::parameter::BadParameter;
use sim::time::{Moment, NotASpan, Time};

/// The format's number.
pub const FORMAT: u32 = 1;
/// The longest text, in bytes.
pub const LONGEST_TEXT: usize = 256 * 1024;
/// The longest line, in bytes: the longest command fits, with its moment, also where it is written longer than it was
/// read.
pub const LONGEST_LINE: usize = 20 * 1024;

/// A text that is no run: where, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("line {line}: {cause}")]
pub struct BadRun {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub cause: Cause,
}

/// What can be wrong with a line of a run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Cause {
    /// Not a run at all.
    #[error("a run begins with “potholes {FORMAT}”, this with “{0}”")]
    NotARun(String),
    /// Of a format that is not known here.
    #[error("this is format {0}, and only format {FORMAT} can be read here: a newer version of Potholes may")]
    Format(String),
    /// Nothing says which lab.
    #[error("nothing says which lab it is: write “lab NAME REVISION” before anything else")]
    NoLab,
    /// A lab that is not there.
    #[error("there is no lab “{0}” here; there are {1}")]
    UnknownLab(String, String),
    /// A line that begins with no known word.
    #[error("“{0}” begins no line of a run: set, seed, chaos, for, at, off at, digest and shown do")]
    UnknownWord(String),
    /// The same statement twice.
    #[error("{0} was said before")]
    Twice(&'static str),
    /// A number that is none.
    #[error("{what} cannot be “{given}”: it is {range}")]
    Number {
        /// What it is the number of.
        what: &'static str,
        /// What was written.
        given: String,
        /// What may stand there.
        range: &'static str,
    },
    /// A level of chaos that is not known.
    #[error("chaos cannot be “{0}”: it is none, low, medium or high")]
    Chaos(String),
    /// A length of time that is none.
    #[error(transparent)]
    Span(#[from] NotASpan),
    /// Longer than runs may be, or nothing.
    #[error("a run lasts longer than nothing and at most ten hours, not {0}")]
    Length(String),
    /// After the end.
    #[error("{0} lies after the end of the run")]
    AfterEnd(Moment),
    /// A parameter that cannot be that.
    #[error(transparent)]
    Parameter(#[from] BadParameter),
    /// A command that cannot be read, or means nothing to this lab.
    #[error(transparent)]
    Command(#[from] BadCommand),
    /// Too many commands.
    #[error("a run holds at most {MOST_COMMANDS} commands")]
    TooMany,
    /// Too long.
    #[error("a run's text is at most {} kB and its lines {} kB", LONGEST_TEXT / 1024, LONGEST_LINE / 1024)]
    TooLong,
}

/// A piece of somebody's text, short enough to be shown in a message.
fn piece(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads an exact, plain decimal number: no sign, no blanks.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A level of chaos by its word.
pub fn chaos_level(text: &str) -> Option<sim::chaos::Level> {
    text.parse().ok()
}

/// Reads a seed.
///
/// # Errors
/// When it is no number below 2^53.
pub fn seed(text: &str) -> Result<u64, Cause> {
    number(text).filter(|seed| *seed < SEED_LIMIT).ok_or_else(|| Cause::Number {
        what: "the seed",
        given: piece(text),
        range: "a whole number below 2^53",
    })
}

/// Reads how long a run is to be.
///
/// # Errors
/// When it is no length of time, or runs may not be that long.
pub fn length(text: &str) -> Result<Time, Cause> {
    let time: Time = text.parse()?;
    if time == Time::ZERO || time > LONGEST { Err(Cause::Length(piece(text))) } else { Ok(time) }
}

/// The statements read so far.
struct Reader {
    run: Option<Run>,
    warning: Option<String>,
    seed: bool,
    chaos: bool,
    end: bool,
    digest: Option<u64>,
    shown: Option<Moment>,
    /// The lines of the commands, by their place: they are checked when all parameters are known.
    lines: Vec<u32>,
}

impl Reader {
    fn run(&mut self) -> Result<&mut Run, Cause> {
        self.run.as_mut().ok_or(Cause::NoLab)
    }

    fn lab(&mut self, rest: &str, find: &Find<'_>) -> Result<(), Cause> {
        once(self.run.is_none(), "lab")?;
        let (id, revision) = rest.split_once(' ').unwrap_or((rest, ""));
        let (labs, lab) = find(id);
        let lab = lab.ok_or_else(|| Cause::UnknownLab(piece(id), labs))?;
        let here = lab.about().revision;
        if !revision.is_empty() {
            let wrong = || Cause::Number {
                what: "the lab's revision",
                given: piece(revision),
                range: "a whole number",
            };
            let revision = number(revision.trim()).ok_or_else(wrong)?;
            if revision != u64::from(here) {
                self.warning = Some(format!(
                    "made with another version ({id} {revision}, this is {here}); it may differ here"
                ));
            }
        }
        self.run = Some(Run::new(lab));
        Ok(())
    }

    fn command(&mut self, rest: &str, disabled: bool, line: u32) -> Result<(), Cause> {
        let run = self.run()?;
        if run.commands.len() >= MOST_COMMANDS {
            return Err(Cause::TooMany);
        }
        let mut timed = timed(rest)?;
        timed.disabled = disabled;
        run.commands.push(timed);
        self.lines.push(line);
        Ok(())
    }

    fn statement(&mut self, text: &str, line: u32, find: &Find<'_>) -> Result<(), Cause> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        match word {
            "lab" => self.lab(rest, find)?,
            "set" => self.run()?.parameters.assign(rest)?,
            "seed" => {
                once(!std::mem::replace(&mut self.seed, true), "seed")?;
                self.run()?.seed = seed(rest)?;
            }
            "chaos" => {
                once(!std::mem::replace(&mut self.chaos, true), "chaos")?;
                self.run()?.chaos = chaos_level(rest).ok_or_else(|| Cause::Chaos(piece(rest)))?;
            }
            "for" => {
                once(!std::mem::replace(&mut self.end, true), "for")?;
                self.run()?.end = length(rest)?;
            }
            "at" => self.command(rest, false, line)?,
            "off" => match rest.split_once(' ') {
                Some(("at", rest)) => self.command(rest.trim(), true, line)?,
                _ => return Err(Cause::UnknownWord(piece(text))),
            },
            "digest" => {
                once(self.digest.is_none(), "digest")?;
                let hex = rest.len() == 8 && rest.bytes().all(|b| b.is_ascii_hexdigit());
                let digest = hex.then(|| u64::from_str_radix(rest, 16).ok()).flatten();
                self.digest = Some(digest.ok_or_else(|| Cause::Number {
                    what: "the digest",
                    given: piece(rest),
                    range: "eight hexadecimal digits",
                })?);
            }
            "shown" => {
                once(self.shown.is_none(), "shown")?;
                self.shown = Some(rest.parse()?);
            }
            _ => return Err(Cause::UnknownWord(piece(text))),
        }
        Ok(())
    }

    /// What can be said only once everything is read: each command against the lab, each moment against the end.
    fn finish(self, last: u32) -> Result<Opened, BadRun> {
        let at_end = |cause| BadRun { line: last, cause };
        let mut run = self.run.ok_or_else(|| at_end(Cause::NoLab))?;
        for (timed, line) in run.commands.iter().zip(&self.lines) {
            let at_line = |cause| BadRun { line: *line, cause };
            if timed.at.at > LONGEST {
                return Err(at_line(Cause::AfterEnd(timed.at)));
            }
            run.lab().check(&timed.command, &run.parameters).map_err(|wrong| at_line(wrong.into()))?;
        }
        run.sort();
        let shown = self.shown.unwrap_or(Moment::START);
        if shown.at > run.end {
            return Err(at_end(Cause::AfterEnd(shown)));
        }
        if !run.fits(0) {
            return Err(at_end(Cause::TooLong));
        }
        Ok(Opened { run, shown, digest: self.digest, warning: self.warning })
    }
}

fn once(first: bool, what: &'static str) -> Result<(), Cause> {
    if first { Ok(()) } else { Err(Cause::Twice(what)) }
}

/// Reads `1.5s cut n1 | n2`: a moment and a command.
///
/// # Errors
/// Says what cannot be read in it.
pub fn timed(text: &str) -> Result<TimedCommand, Cause> {
    let (moment, words) = text.trim().split_once(' ').unwrap_or((text, ""));
    let moment: Moment = moment.parse()?;
    Ok(TimedCommand::new(moment, command::parse(words.trim())?))
}

/// Finds a lab by name; with it the names there are, for the message.
type Find<'a> = dyn Fn(&str) -> (String, Option<&'static dyn Lab>) + 'a;

/// The names of the catalogue's labs, for a message.
pub fn lab_names() -> String {
    catalog::LABS.iter().map(|lab| lab.about().id).collect::<Vec<_>>().join(", ")
}

impl Run {
    /// Reads a run's text.
    ///
    /// # Errors
    /// Says which line is wrong, and why.
    pub fn parse(text: &str) -> Result<Opened, BadRun> {
        parse(text, &|id| (lab_names(), catalog::lab(id)))
    }

    /// Reads a run's text where only this lab is known: of use to a lab that is in no catalogue.
    ///
    /// # Errors
    /// As [`Run::parse`].
    pub fn parse_of(lab: &'static dyn Lab, text: &str) -> Result<Opened, BadRun> {
        parse(text, &|id| (lab.about().id.to_owned(), (lab.about().id == id).then_some(lab)))
    }

    /// Whether a file or a link can hold it, also with a command more whose words take so many bytes. What is read can
    /// be written longer than it was (`a|b` is `a | b`).
    pub fn fits(&self, more: usize) -> bool {
        // The moments of a further command and of what is shown, and the digest.
        const ROOM: usize = 200;
        self.write(None, None).len() + more + ROOM <= LONGEST_TEXT
    }

    /// Writes it: the same run and moment always give the same text.
    pub fn write(&self, shown: Option<Moment>, digest: Option<u64>) -> String {
        let about = self.lab().about();
        let mut text = format!("potholes {FORMAT}\nlab {} {}\n", about.id, about.revision);
        let mut line = |words: String| {
            text.push_str(&words);
            text.push('\n');
        };
        for set in self.parameters.changed() {
            line(format!("set {set}"));
        }
        line(format!("seed {}", self.seed));
        line(format!("chaos {}", self.chaos));
        line(format!("for {}", Moment::at(self.end)));
        for timed in &self.commands {
            let off = if timed.disabled { "off " } else { "" };
            line(format!("{off}at {} {}", timed.at, timed.command));
        }
        if let Some(digest) = digest {
            line(format!("digest {:08x}", short_digest(digest)));
        }
        if let Some(shown) = shown {
            line(format!("shown {shown}"));
        }
        text
    }
}

fn parse(text: &str, find: &Find<'_>) -> Result<Opened, BadRun> {
    if text.len() > LONGEST_TEXT {
        return Err(BadRun { line: 1, cause: Cause::TooLong });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        run: None,
        warning: None,
        seed: false,
        chaos: false,
        end: false,
        digest: None,
        shown: None,
        lines: Vec::new(),
    };
    let mut headed = false;
    let mut last = 1;
    for (line, words) in (1..).zip(text.lines()) {
        last = line;
        let at_line = |cause| BadRun { line, cause };
        if words.len() > LONGEST_LINE {
            return Err(at_line(Cause::TooLong));
        }
        let words = words.trim();
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        if headed {
            reader.statement(words, line, find).map_err(at_line)?;
        } else {
            head(words).map_err(at_line)?;
            headed = true;
        }
    }
    if !headed {
        return Err(BadRun { line: last, cause: Cause::NotARun(String::new()) });
    }
    reader.finish(last)
}

/// Checks the first line.
fn head(words: &str) -> Result<(), Cause> {
    let (name, format) = words.split_once(' ').unwrap_or((words, ""));
    if name != "potholes" {
        return Err(Cause::NotARun(piece(words)));
    }
    if number(format.trim()) == Some(u64::from(FORMAT)) { Ok(()) } else { Err(Cause::Format(piece(format))) }
}
