//! The command line: what scripts, classrooms and CI rely on. Text for a person, `--json` for a program; nothing but the
//! answer on standard output, progress and errors on standard error. Exits with 0 when all held, 1 when a violation was
//! found, 2 when the request was bad, 3 when nothing broke but something could not be decided.
//!
//! [`main_with`] is the whole of it as a function; what it touches of the machine besides files is [`Surroundings`].
//!
//! | file | holds |
//! |-|-|
//! | `args` | what may stand on the command line |
//! | `out` | where text goes, and readers that go away |
//! | `ask` | the run that the words ask for: options, scripts, files, links |
//! | `run`, `sweep`, `break_it`, `labs`, `figure`, `lessons`, `picture`, `serve`, `grade`, `window` | the commands |
//! | `check` | histories of other clusters, judged |
//! | `history` | a run's history as a file |

mod args;
mod ask;
mod break_it;
mod check;
mod figure;
mod file;
mod grade;
mod history;
mod labs;
mod lessons;
mod out;
mod picture;
mod run;
mod serve;
mod sweep;
mod window;

pub use window::Opens;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use clap::{CommandFactory, Parser};

use args::{Cli, LessonOrder, Order};
use out::Out;

/// All held.
pub const HELD: u8 = 0;
/// A violation was found.
pub const VIOLATION: u8 = 1;
/// The request was bad.
pub const BAD: u8 = 2;
/// Nothing broke, but something could not be decided.
pub const OPEN: u8 = 3;

/// What the command line touches of the machine, files aside.
pub struct Surroundings<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Whether a person watches standard error: then it tells how far it is.
    pub watched: bool,
    /// Opens the window, on a run or a history where one is given.
    pub window: &'a dyn Fn(Option<Opens>) -> Result<(), String>,
    /// What Ctrl-C sets; asked for only by what can end early.
    pub interrupted: &'a dyn Fn() -> Arc<AtomicBool>,
}

/// What is wrong with a request: told on standard error, exit 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Bad {
    /// The run asked for cannot be.
    #[error(transparent)]
    Request(#[from] ::run::api::BadRequest),
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// Anything else, in a sentence.
    #[error("{0}")]
    Said(String),
    /// Standard output takes nothing, though it is not closed.
    #[error("standard output cannot be written to: {0}")]
    Output(#[from] io::Error),
    /// A document of ours could not be written as JSON.
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Bad {
    fn file(path: &Path, error: io::Error) -> Bad {
        Bad::File { path: path.display().to_string(), error }
    }

    fn said(error: impl std::fmt::Display) -> Bad {
        Bad::Said(error.to_string())
    }
}

/// Somebody's words, short enough for a message.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Does what the process was asked for.
pub fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let watched = err.is_terminal();
    let mut surroundings = Surroundings {
        out: &mut out,
        err: &mut err,
        watched,
        window: &window::open,
        interrupted: &interrupted,
    };
    ExitCode::from(main_with(std::env::args_os(), &mut surroundings))
}

/// Does what the arguments say, the program's name first. Returns the exit code.
pub fn main_with(args: impl IntoIterator<Item = OsString>, surroundings: &mut Surroundings<'_>) -> u8 {
    let mut out = Out::new(surroundings);
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(wrong) if wrong.use_stderr() => {
            out.complain(wrong.to_string().trim_end());
            return BAD;
        }
        // Help, or the version.
        Err(asked) => return out.line(asked.to_string().trim_end()).map_or(BAD, |()| HELD),
    };
    let done = match cli.command {
        None => window::show(cli.file.or(cli.open).as_deref(), &mut out),
        Some(order) => obey(order, &mut out),
    };
    done.unwrap_or_else(|bad| {
        out.complain(&format!("potholes: {bad}"));
        BAD
    })
}

fn obey(order: Order, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    match order {
        Order::Labs { json } => labs::all(json, out),
        Order::Lab { id, json } => labs::one(&id, json, out),
        Order::Run { what, to } => run::fresh(&what, &to, out),
        Order::Sweep(asked) => sweep::sweep(&asked, out),
        Order::Break(asked) => break_it::break_it(&asked, out),
        Order::Replay { from, to } => run::replay(&from, &to, out),
        Order::Figure(asked) => figure::figure(&asked, out),
        Order::Check(asked) => check::check(&asked, out),
        Order::Lesson { order: LessonOrder::Check { names, json } } => lessons::check(&names, json, out),
        Order::Grade { handed_in } => grade::grade(&handed_in, out),
        Order::Serve(asked) => serve::serve(&asked, out),
        Order::Picture(picture) => picture::paint(&picture, out),
        Order::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "potholes", &mut script);
            out.line(String::from_utf8_lossy(&script).trim_end())?;
            Ok(HELD)
        }
    }
}

/// What Ctrl-C sets. A second Ctrl-C ends the program at once.
fn interrupted() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let listen = || {
        let flag = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&flag);
        let listening = ctrlc::set_handler(move || {
            if heard.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        if let Err(error) = listening {
            // Nobody is left to tell when this fails.
            let _ = writeln!(io::stderr(), "potholes: Ctrl-C will lose what was found so far: {error}");
        }
        flag
    };
    Arc::clone(FLAG.get_or_init(listen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_others_rely_on_is_understood() {
        let lines = [
            "",
            "labs --json",
            "lab raft --json",
            "run raft --seed 7 --for 30s --set nodes=3 --set reads=lease --at 1s_heal --at 2s_heal --json",
            "run raft --chaos high --save x --history y --script z",
            "run raft --export x.svg --export x.perfetto.json --window 1s..2.5s --theme dark",
            "sweep raft --seeds 0..200 --jobs 2 --shard 0/4 --keep-going --json",
            "sweep raft --seeds 0..2000 --chaos high --for 30s --set nodes=3 --at 1s_heal --script z",
            "replay x.potholes --json",
            "break raft --guarantee linearizable --set nodes=3 --budget 60s --save x --json",
            "x.edn",
            "serve --folder page --port 9000",
            "grade #2abc&goal=down(n1)",
            "check x.edn",
            "check x.edn - y.json --format edn --model kv --guarantee linearizable --guarantee causal --budget 10s --json",
            "check x.edn --initial -1 --independent --nil absent",
            "check x.edn --independent=no",
            "lesson check",
            "lesson check lost-write leader-nobody-hears",
            "picture raft --for 12s --size 390x844 --theme light --scale 2 -o x.png",
            "picture --lesson lost-write -o x.png",
            "picture -o x.png",
            "figure raft",
            "figure raft --json",
            "figure raft election-timeout --runs 20 --json -o x.svg --theme light",
            "completions bash",
        ];
        let words = |line: &str| -> Vec<String> {
            let words = line.split_whitespace().map(|word| word.replace('_', " "));
            std::iter::once("potholes".to_owned()).chain(words).collect()
        };
        for line in lines {
            let parsed = Cli::try_parse_from(words(line));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
        for line in [
            "run",
            "check",
            "check x --nil maybe",
            "sweep raft",
            "picture raft",
            "x --open y",
            "run raft --seed x",
            "run raft --seed -1",
            "lesson",
        ] {
            let error = Cli::try_parse_from(words(line)).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(BAD), "{line}");
        }
    }
}
