//! A run's history as a file: JSON Lines, or EDN as Jepsen writes it.

use std::path::Path;

use ::check::write::{Form, write as write_history};
use sim::Trace;

use super::{Bad, file};

/// Writes the history of a run of a lab with this model. Which form is decided by the file's name.
pub(super) fn write(trace: &Trace, model: &str, path: &Path) -> Result<(), Bad> {
    let history = ::run::history::recorded(trace, model).map_err(Bad::said)?;
    let is = |ending: &str| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(ending));
    let form = match (is("edn"), is("json")) {
        (true, _) => Form::Edn,
        (_, true) => Form::Json,
        _ => Form::Lines,
    };
    file::filled(path, |file| write_history(&history, form, file))
}
