//! What may stand on the command line. The doc comments here are what `--help` says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A workbench on which one learns distributed systems by breaking them. Without a command: the window.
#[derive(Debug, Parser)]
#[command(name = "potholes", version, about, long_about = None, args_conflicts_with_subcommands = true,
    max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Opens the window on this: a run (a file, or a link), or a history of anyone's cluster (a file).
    #[arg(value_name = "FILE|LINK")]
    pub file: Option<String>,
    /// The same.
    #[arg(long, value_name = "FILE|LINK", conflicts_with = "file")]
    pub open: Option<String>,
    #[command(subcommand)]
    pub command: Option<Order>,
}

const EXIT_CODES: &str = "\
Exits with 0 when all held, 1 when a violation was found, 2 when the request was bad, 3 when nothing was broken but
something could not be decided.";

/// What `--at`, scripts and run files say, in short.
const COMMANDS: &str = "\
TIME is 1.5s, 200ms, 3m, or 1.5s+2: after two events of that instant.
COMMAND is one of
  cut n1 n2 | n3 [for 3s]     cut n1->n3 [for 3s]   mend      heal [n1 n2]
  crash n1 [keep 2] [torn]    restart n1            fire n2 election
  pause n1 [for 1s]           resume n1             slow n1 10x [for 2s]
  clock n1 step +200ms        clock n1 drift 50ppm [for 2s]
  disk n1 slow 10x [for 2s]   disk n1 fail          disk n1 full
  disk n1 wipe                disk n1 corrupt       disk n1 ok
  link n1->n2 loss 10%        link all delay 50ms   link all ok
  hold n1->n2                 hold all              release
  drop n1->n3 append #2       drop next 3 n1->n3    delay n1->n3 by 50ms
  deliver n1->n3              duplicate n1->n3      set PARAM=VALUE
  redraw 17
and the lab's own, which `potholes lab LAB` lists: put c1 list=milk.
A node may be named by its role: crash @leader.";

/// What `check` reads and judges, in short.
const HISTORIES: &str = "\
FORMATS  edn (Jepsen), json (the same as JSON), lines (ours), etcd (Jepsen's text log), porcupine, awdit,
         plume (PolySI too), dbcop, dbcop-text, bincode (of dbcop)
MODELS   register, cas-register, kv, multi-register, counter, set, queue, log, mutex, lock (with fencing tokens),
         bank, list-append, rw-register
GUARANTEES of objects: linearizable, sequential, causal, pram, read-your-writes, monotonic-reads,
         monotonic-writes, writes-follow-reads, convergent, bounded-staleness, regular, no-lost-write,
         weak-causal and causal-convergence (where asked for);
         of transactions: read-uncommitted, read-committed, read-atomic, causal, snapshot-isolation,
         repeatable-read, serializable, strong-session-snapshot-isolation, strong-session-serializable,
         strict-serializable; of a bank: conservation, of a set: no-lost-or-stale, of a counter: interval-counter";

#[derive(Debug, Subcommand)]
pub(super) enum Order {
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
    #[command(after_help = COMMANDS)]
    Run {
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        to: To,
    },
    /// Runs a lab under many seeds and says what broke. Ctrl-C ends it with what it has found so far.
    #[command(after_help = COMMANDS)]
    Sweep(Sweep),
    /// Searches for a run that breaks a promise, and makes it as small as it can.
    #[command(after_help = COMMANDS)]
    Break(Break),
    /// Runs what a file or a link says, and says what held.
    Replay {
        /// A run file, or a link.
        #[arg(value_name = "FILE|LINK")]
        from: String,
        #[command(flatten)]
        to: To,
    },
    /// Makes a lab's published figure again, on every core, and lays it beside what was published; without a figure it
    /// lists them. Ctrl-C ends it with what it has so far, and exits with 3.
    Figure(FigureOrder),
    /// Judges histories of anyone's cluster: which guarantees they keep, and the proof where not.
    #[command(after_help = HISTORIES)]
    Check(Check),
    /// Lessons.
    Lesson {
        #[command(subcommand)]
        order: LessonOrder,
    },
    /// Paints the window at the end of a run into a file, without a screen: the same bytes every time.
    #[command(after_help = COMMANDS)]
    Picture(Picture),
    /// Grades what learners handed in: whether each run does what its assignment asks for. Exits with 1 where one does not.
    Grade {
        /// Links, or files that hold one each.
        #[arg(value_name = "FILE|LINK", required = true)]
        handed_in: Vec<String>,
    },
    /// Gives the page to everyone on the local network, without the internet; shows its address as a QR code.
    Serve(Serve),
    /// Prints what a shell needs to complete these commands.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum LessonOrder {
    /// Replays the recorded solutions of lessons and checks everything they say.
    Check {
        /// These lessons; all where none is named.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// JSON, a document a line.
        #[arg(long)]
        json: bool,
    },
}

/// Serving the page.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where the page lies; where `cargo web build` puts it unless said.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// On this port.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The address opens this run: a file, or a link.
    #[arg(long, value_name = "FILE|LINK")]
    pub open: Option<String>,
}

/// A run, in words.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct What {
    /// The lab, as `potholes labs` names it.
    #[arg(value_name = "LAB")]
    pub lab: String,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(super) struct How {
    /// The seed of every draw, below 2^53; 1 unless said.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub seed: Option<u64>,
    /// How long, in the run's own time: 30s, 200ms, 3m; 30s unless said.
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true)]
    pub length: Option<String>,
    /// Sets a parameter, or puts a pothole in: nodes=3, ack_before_fsync=on.
    #[arg(long, value_name = "PARAM=VALUE")]
    pub set: Vec<String>,
    /// Does something to the run: "1.5s cut n1 | n2 n3".
    #[arg(long, value_name = "TIME COMMAND")]
    pub at: Vec<String>,
    /// The same from a file: a TIME COMMAND a line (lines that begin with # are left out), or a whole run file, of which
    /// the other options then change what they name.
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// How much chaos: a mix of the faults that the lab claims to stand, drawn anew for each seed. None unless said.
    #[arg(long, value_name = "none|low|medium|high")]
    pub chaos: Option<String>,
}

/// Where what was found goes.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct To {
    /// One JSON document; a sweep's are one a line.
    #[arg(long)]
    pub json: bool,
    /// Writes the run into this file, for `potholes replay`; of a sweep the first that broke something.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Writes the history of that run's operations into this file, for `potholes check`: a JSON document a line; EDN as
    /// Jepsen writes it where the file's name ends in .edn, one JSON document where it ends in .json.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Writes that run for others to see, as the file's name ends: .svg, .png (the space-time diagram), .shiviz,
    /// .perfetto.json, .mmd (a Mermaid sequence). May be given several times.
    #[arg(long, value_name = "FILE")]
    pub export: Vec<PathBuf>,
    /// Exports only this stretch of it: 1s..2.5s; either end may be left out.
    #[arg(long, value_name = "FROM..TO", requires = "export")]
    pub window: Option<String>,
    /// Drawings and pictures that are exported, dark or light.
    #[arg(long, value_name = "dark|light", default_value = "light", value_parser = ["dark", "light"])]
    pub theme: String,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Sweep {
    #[command(flatten)]
    pub what: What,
    /// The seeds, from A to before B.
    #[arg(long, value_name = "A..B")]
    pub seeds: String,
    /// How many run at once; as many as there are processors unless said.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Takes each N-th seed, beginning with the I-th, I from 0: what one machine of N does.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Goes on after the first seed that broke something.
    #[arg(long)]
    pub keep_going: bool,
    #[command(flatten)]
    pub to: To,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Break {
    #[command(flatten)]
    pub what: What,
    /// What is to be broken: a guarantee the lab claims, one of its invariants (with hyphens for blanks), or any.
    #[arg(long, value_name = "G", default_value = "any")]
    pub guarantee: String,
    /// How long it may take.
    #[arg(long, value_name = "TIME", default_value = "60s", allow_hyphen_values = true)]
    pub budget: String,
    /// Writes the smallest run into this file, for `potholes replay`.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct FigureOrder {
    /// The lab, as `potholes labs` names it.
    #[arg(value_name = "LAB")]
    pub lab: String,
    /// The figure.
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// How many runs a curve or a point is made of; as the figure says unless said here.
    #[arg(long, value_name = "N", requires = "id")]
    pub runs: Option<u64>,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
    /// Draws it into this file.
    #[arg(short, long, value_name = "FILE.svg|png", requires = "id")]
    pub output: Option<PathBuf>,
    /// The drawing, dark or light.
    #[arg(long, value_name = "dark|light", default_value = "light")]
    pub theme: String,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Check {
    /// The histories; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The form of the files; guessed from how each begins unless said.
    #[arg(long, value_name = "F")]
    pub format: Option<String>,
    /// What the operations were done to; guessed from their functions unless said.
    #[arg(long, value_name = "M")]
    pub model: Option<String>,
    /// What is to be judged, may be given several times; all that make sense for the model unless said.
    #[arg(long, value_name = "G")]
    pub guarantee: Vec<String>,
    /// What objects hold before the first operation: a number, a text, or nil, which it is unless said.
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    pub initial: Option<String>,
    /// Whether each value is [key value], as Jepsen's independent tests have it; seen from the values unless said.
    #[arg(long, value_name = "yes|no", num_args = 0..=1, default_missing_value = "yes", require_equals = true,
        value_parser = ["yes", "no"])]
    pub independent: Option<String>,
    /// What a register's read of nil means: that nothing was there, or, as Knossos takes it, that nobody knows.
    #[arg(long, value_name = "absent|unknown", value_parser = ["absent", "unknown"])]
    pub nil: Option<String>,
    /// How long judging each file may take; 10s unless said. What is not decided by then is open.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub budget: Option<String>,
    /// JSON, a document a file, one a line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Picture {
    /// The lab; the first screen where neither a lab nor a lesson is named.
    #[arg(value_name = "LAB")]
    pub lab: Option<String>,
    #[command(flatten)]
    pub how: How,
    /// This lesson instead of a lab.
    #[arg(long, value_name = "NAME", conflicts_with = "lab")]
    pub lesson: Option<String>,
    /// The lesson's step, from 1.
    #[arg(long, value_name = "N", requires = "lesson", default_value_t = 1)]
    pub step: usize,
    /// A lesson's step as it is once it is done.
    #[arg(long, requires = "lesson")]
    pub done: bool,
    /// What is selected: a node or client.
    #[arg(long, value_name = "WHO")]
    pub select: Option<String>,
    /// What stands under the canvas: a strip by its title, or Figures.
    #[arg(long, value_name = "TITLE")]
    pub strip: Option<String>,
    /// The window's size in points, width by height.
    #[arg(long, value_name = "WxH", default_value = "1280x800")]
    pub size: String,
    /// Dark or light.
    #[arg(long, value_name = "dark|light", default_value = "dark")]
    pub theme: String,
    /// Pixels to a point, 1 to 4.
    #[arg(long, value_name = "N", default_value = "1")]
    pub scale: String,
    /// The file to write.
    #[arg(short, long, value_name = "FILE.png")]
    pub output: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_help_names_is_one() {
        let listed = COMMANDS.lines().filter_map(|line| line.strip_prefix("  "));
        let mut count = 0;
        for words in listed.flat_map(|line| line.split("  ")).map(str::trim).filter(|words| !words.is_empty())
        {
            let whole = words.replace(['[', ']'], "");
            let bare = words.split(" [").next().unwrap();
            for text in [&whole, bare] {
                assert!(sim::command::parse(text).is_ok(), "{text}: {:?}", sim::command::parse(text));
            }
            count += 1;
        }
        assert!(count > 25, "{count}");
        assert!(COMMANDS.lines().all(|line| line.len() < 80));
    }
}
