//! The command line: what scripts, classrooms and CI rely on. Text for a person, `--json` for a program; nothing but the
//! answer on standard output, progress and errors on standard error. Exits with 0 when all held, 1 when a violation was
//! found, 2 when the request was bad, 3 when nothing broke but something could not be decided.

mod completions;
mod labs;
mod lessons;
mod out;
mod picture;
mod run;
mod sweep;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

/// All held.
pub const HELD: u8 = 0;
/// A violation was found.
pub const VIOLATION: u8 = 1;
/// The request was bad.
pub const BAD: u8 = 2;
/// Nothing broke, but something could not be decided.
pub const OPEN: u8 = 3;

/// A workbench on which one learns distributed systems by breaking them.
#[derive(Debug, Parser)]
#[command(name = "potholes", version, about, long_about = None, args_conflicts_with_subcommands = true)]
struct Cli {
    /// Opens the window on this run: a file, or a link.
    #[arg(long, value_name = "FILE|LINK")]
    open: Option<String>,
    #[command(subcommand)]
    command: Option<Order>,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Lists the labs.
    Labs {
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Says everything about a lab: parameters, potholes, invariants, measures.
    Lab {
        /// The lab, as `potholes labs` names it.
        id: String,
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Runs a lab and says what held.
    Run {
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        to: To,
    },
    /// Runs a lab under many seeds and says what broke.
    Sweep {
        #[command(flatten)]
        what: What,
        /// The seeds: A..B leaves B out.
        #[arg(long, value_name = "A..B")]
        seeds: String,
        /// How many run at once; as many as there are processors where none is given.
        #[arg(long, value_name = "N")]
        jobs: Option<usize>,
        /// Takes each N-th seed, beginning with the I-th: what one machine of N does.
        #[arg(long, value_name = "I/N")]
        shard: Option<String>,
        /// Goes on after the first violation.
        #[arg(long)]
        keep_going: bool,
        /// JSON, a document a line.
        #[arg(long)]
        json: bool,
    },
    /// Runs what a file or a link says, and says what held.
    Replay {
        /// A run file, or a link.
        #[arg(value_name = "FILE|LINK")]
        from: String,
        #[command(flatten)]
        to: To,
    },
    /// Lessons.
    Lesson {
        #[command(subcommand)]
        order: LessonOrder,
    },
    /// Paints the window at the end of a run into a file, without a screen.
    Picture(Picture),
    /// Prints what a shell needs to complete these commands.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum LessonOrder {
    /// Replays the recorded solutions of lessons and checks everything they say.
    Check {
        /// These lessons; all where none is named.
        names: Vec<String>,
        /// JSON, a document a line.
        #[arg(long)]
        json: bool,
    },
}

/// A run, in words.
#[derive(Debug, Clone, Default, Args)]
struct What {
    /// The lab, as `potholes labs` names it.
    #[arg(value_name = "LAB")]
    lab: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Clone, Default, Args)]
struct How {
    /// The seed of every draw, below 2^53.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long, in the run's own time: 30s, 200ms, 3m.
    #[arg(long = "for", value_name = "TIME")]
    length: Option<String>,
    /// Sets a parameter, or puts a pothole in.
    #[arg(long, value_name = "PARAM=VALUE")]
    set: Vec<String>,
    /// Does something to the run: "1.5s cut n1 | n2 n3".
    #[arg(long, value_name = "TIME COMMAND")]
    at: Vec<String>,
    /// The same from a file, a command a line; lines that begin with # are left out.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// How much chaos.
    #[arg(long, value_name = "none|low|medium|high")]
    chaos: Option<String>,
}

/// Where what was found goes.
#[derive(Debug, Clone, Default, Args)]
struct To {
    /// One JSON document.
    #[arg(long)]
    json: bool,
    /// Writes the run into this file; `potholes replay` reads it.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Writes the history of the clients' operations into this file, a JSON document a line.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
struct Picture {
    /// The lab; the first screen where neither a lab nor a lesson is named.
    #[arg(value_name = "LAB")]
    lab: Option<String>,
    #[command(flatten)]
    how: How,
    /// This lesson instead of a lab.
    #[arg(long, value_name = "NAME", conflicts_with = "lab")]
    lesson: Option<String>,
    /// The lesson's step, from 1.
    #[arg(long, value_name = "N", requires = "lesson", default_value_t = 1)]
    step: usize,
    /// A lesson's step as it is once it is done.
    #[arg(long, requires = "lesson")]
    done: bool,
    /// What is selected: a node or client.
    #[arg(long, value_name = "WHO")]
    select: Option<String>,
    /// Points, width by height.
    #[arg(long, value_name = "WxH", default_value = "1280x800")]
    size: String,
    /// Dark or light.
    #[arg(long, value_name = "dark|light", default_value = "dark")]
    theme: String,
    /// Pixels to a point.
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    scale: f32,
    /// The file to write.
    #[arg(short, long, value_name = "FILE.png")]
    output: PathBuf,
}

/// What is wrong with a request: told on standard error, exit 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Bad {
    /// The run asked for cannot be.
    #[error(transparent)]
    Request(#[from] run_crate::api::BadRequest),
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Anything else, in a sentence.
    #[error("{0}")]
    Said(String),
    /// Whoever read what we wrote has stopped reading.
    #[error("standard output was closed: {0}")]
    Closed(#[from] std::io::Error),
}

use ::run as run_crate;

impl Bad {
    fn file(path: &std::path::Path, error: std::io::Error) -> Bad {
        Bad::File { path: path.display().to_string(), error }
    }
}

/// Does what the command line says. The exit code tells what was found.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => window::open(cli.open.as_deref()),
        Some(order) => obey(order),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(bad) => {
            out::complain(&format!("potholes: {bad}"));
            ExitCode::from(BAD)
        }
    }
}

fn obey(order: Order) -> Result<u8, Bad> {
    match order {
        Order::Labs { json } => labs::all(json),
        Order::Lab { id, json } => labs::one(&id, json),
        Order::Run { what, to } => run::fresh(&what, &to),
        Order::Sweep { what, seeds, jobs, shard, keep_going, json } => {
            sweep::sweep(&what, &sweep::Wanted { seeds, jobs, shard, keep_going, json })
        }
        Order::Replay { from, to } => run::replay(&from, &to),
        Order::Lesson { order: LessonOrder::Check { names, json } } => lessons::check(&names, json),
        Order::Picture(picture) => picture::paint(&picture),
        Order::Completions { shell } => completions::print(shell, &mut Cli::command()),
    }
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
        let lines: &[&[&str]] = &[
            &[],
            &["labs", "--json"],
            &["lab", "raft", "--json"],
            &[
                "run",
                "raft",
                "--seed",
                "7",
                "--for",
                "30s",
                "--set",
                "nodes=3",
                "--at",
                "1.5s cut n1 | n2 n3",
                "--json",
            ],
            &["run", "raft", "--chaos", "high", "--save", "x", "--history", "y", "--script", "z"],
            &[
                "sweep",
                "raft",
                "--seeds",
                "0..200",
                "--jobs",
                "2",
                "--shard",
                "0/4",
                "--keep-going",
                "--json",
            ],
            &["replay", "x.potholes", "--json"],
            &["lesson", "check"],
            &["lesson", "check", "lost-write"],
            &[
                "picture", "raft", "--for", "12s", "--size", "390x844", "--theme", "light", "--scale", "2",
                "-o", "x.png",
            ],
            &["picture", "--lesson", "lost-write", "-o", "x.png"],
            &["completions", "bash"],
        ];
        for line in lines {
            let parsed = Cli::try_parse_from(std::iter::once(&"potholes").chain(*line));
            assert!(parsed.is_ok(), "{line:?}: {}", parsed.unwrap_err());
        }
        for line in [
            &["run"][..],
            &["sweep", "raft"],
            &["picture", "raft"],
            &["fly"],
            &["run", "raft", "--seed", "x"],
        ] {
            let error = Cli::try_parse_from(std::iter::once(&"potholes").chain(line)).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(BAD), "{line:?}");
        }
    }
}
