//! The run that the words of a command line ask for: options, a script, a file, a link.

use std::io::Read;
use std::path::Path;

use ::run::api::Request;
use ::run::{Opened, Run};
use sim::{Lab, TimedCommand};

use super::args::{How, What};
use super::{Bad, short};

/// Longer files are no run or script of ours.
const LONGEST_FILE: u64 = ::run::text::LONGEST_TEXT as u64;

impl What {
    /// The run that these words ask for.
    pub(super) fn run(&self) -> Result<Run, Bad> {
        self.how.run(&self.lab)
    }
}

impl How {
    /// The run that these words ask of a lab: a script first, then what the options change.
    pub(super) fn run(&self, id: &str) -> Result<Run, Bad> {
        let lab = lab(id)?;
        let script = self.script.as_deref().map(|path| Script::read(path, lab)).transpose()?;
        let (base, script) = match script {
            Some(Script::Run(run)) => (*run, Vec::new()),
            Some(Script::Commands(commands)) => (Run::new(lab), commands),
            None => (Run::new(lab), Vec::new()),
        };
        let request = Request {
            lab: id.to_owned(),
            seed: self.seed,
            length: self.length.clone(),
            set: self.set.clone(),
            at: self.at.clone(),
            chaos: self.chaos.clone(),
        };
        let mut run = request.onto(base)?;
        for (place, timed) in script {
            lab.check(&timed.command, &run.parameters)
                .map_err(|wrong| Bad::Said(format!("{place}: {wrong}")))?;
            run.commands.push(timed);
        }
        if run.commands.len() > ::run::run::MOST_COMMANDS {
            return Err(Bad::said(::run::text::Cause::TooMany));
        }
        if !run.fits(0) {
            return Err(Bad::said(::run::text::Cause::TooLong));
        }
        run.sort();
        Ok(run)
    }
}

/// The lab of that name.
pub(super) fn lab(id: &str) -> Result<&'static dyn Lab, Bad> {
    catalog::lab(id)
        .ok_or_else(|| Bad::said(::run::text::Cause::UnknownLab(short(id), ::run::text::lab_names())))
}

/// What a file given to `--script` holds.
enum Script {
    /// A whole run.
    Run(Box<Run>),
    /// Commands, each with its place for a message.
    Commands(Vec<(String, TimedCommand)>),
}

impl Script {
    fn read(path: &Path, lab: &dyn Lab) -> Result<Script, Bad> {
        let text = read(path)?;
        let lines = text.lines().map(str::trim);
        let mut lines =
            (1..).zip(lines).filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).peekable();
        if lines.peek().is_some_and(|(_, line)| line.split_whitespace().next() == Some("potholes")) {
            let run =
                Run::parse(&text).map_err(|wrong| Bad::Said(format!("{}: {wrong}", path.display())))?.run;
            if run.lab_id() != lab.about().id {
                let path = path.display();
                return Err(Bad::Said(format!(
                    "{path} is a run of {}, not of {}",
                    run.lab_id(),
                    lab.about().id
                )));
            }
            return Ok(Script::Run(Box::new(run)));
        }
        let commands = lines.map(|(number, line): (u32, _)| {
            let place = format!("{}, line {number}", path.display());
            // As in a run file: `at 1s heal`, `off at 1s heal`.
            let (off, rest) = match line.strip_prefix("off ") {
                Some(rest) => (true, rest.trim_start()),
                None => (false, line),
            };
            let words = rest.strip_prefix("at ").unwrap_or(rest);
            match ::run::text::timed(words) {
                Ok(timed) if timed.at.at > ::run::run::LONGEST => {
                    Err(Bad::Said(format!("{place}: {}", ::run::text::Cause::AfterEnd(timed.at))))
                }
                Ok(mut timed) => {
                    timed.disabled = off;
                    Ok((place, timed))
                }
                Err(wrong) => Err(Bad::Said(format!("{place}: {wrong}"))),
            }
        });
        Ok(Script::Commands(commands.collect::<Result<_, _>>()?))
    }
}

/// A file's text.
pub(super) fn read(path: &Path) -> Result<String, Bad> {
    let bad = |error| Bad::file(path, error);
    let file = std::fs::File::open(path).map_err(bad)?;
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(bad)?;
    if bytes.len() as u64 > LONGEST_FILE {
        let most = LONGEST_FILE / 1024;
        return Err(Bad::Said(format!(
            "{}: longer than {most} kB: neither a run nor a script",
            path.display()
        )));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| Bad::Said(format!("{}: this is no text", path.display())))?;
    // Some editors begin a file with a mark of its encoding.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Whether this can only be the name of a file: a link is an address with a # in it, or letters and digits alone.
pub(super) fn is_a_name(from: &str) -> bool {
    !from.contains('#') && from.contains(['.', '/', '\\'])
}

/// What a file or a link opens.
pub(super) fn opened(from: &str) -> Result<Opened, Bad> {
    let path = Path::new(from);
    // A pipe is a file as well: `potholes replay <(…)`.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        let text = read(path)?;
        let text = text.trim_start();
        let opened = if text.starts_with("potholes") || text.starts_with('#') && text.lines().count() > 1 {
            Run::parse(text).map_err(|wrong| wrong.to_string())
        } else {
            Run::from_link(text).map_err(|wrong| {
                format!("neither a run (which begins with “potholes 1”) nor a link: {wrong}")
            })
        };
        return opened.map_err(|wrong| Bad::Said(format!("{}: {wrong}", path.display())));
    }
    Run::from_link(from).map_err(|wrong| {
        let shown = short(from);
        if is_a_name(from) {
            return Bad::Said(format!("there is no file “{shown}”"));
        }
        Bad::Said(format!("“{shown}” is no file here, and as a link: {wrong}"))
    })
}
