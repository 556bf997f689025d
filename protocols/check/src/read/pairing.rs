//! Who acts: which event belongs to which operation.
//!
//! A process does one thing at a time. So an event completes what its process began last; an event of nobody (some
//! hand-made files name no process) completes the oldest open operation of nobody that has its function, and its value
//! if there is such a one. An operation without a completion stays open, and one that completes with `info` is of
//! unknown outcome: both may take effect at any later time, or never.
//!
//! Some histories list completions only. A process has all its invocations in the file or none: a completion too many,
//! or an invocation after a completion alone, is an error and not a guess.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::value::Value;

use super::error::{Cause, ReadError};

/// Who acts, as a file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    Nobody,
    Number(i64),
    Name(Arc<str>),
}

impl Actor {
    fn told(&self) -> String {
        match self {
            Actor::Nobody => "nobody".to_owned(),
            Actor::Number(number) => number.to_string(),
            Actor::Name(name) => name.to_string(),
        }
    }
}

/// What is known of a process.
#[derive(Clone, Debug)]
struct Process {
    /// The number of its open operation, and the line in which that began.
    open: Option<(u32, u64)>,
    /// Line and position of its last completion.
    completed: Option<(u64, u64)>,
    /// It completed something that it never began.
    is_lone: bool,
    lane: u32,
}

/// Who an event is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub process: u32,
    pub lane: u32,
}

/// What an operation of nobody is found by.
pub(crate) type Sought = (Arc<str>, Value);

/// The processes of a file.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    processes: Vec<Process>,
    by_number: BTreeMap<i64, u32>,
    by_name: BTreeMap<Arc<str>, u32>,
    lanes: Vec<Arc<str>>,
    by_lane: BTreeMap<Arc<str>, u32>,
    nobodys: BTreeMap<Sought, VecDeque<u32>>,
}

impl Pairing {
    /// The lanes' names.
    pub(crate) fn into_lanes(self) -> Vec<Arc<str>> {
        self.lanes
    }

    /// Whose event it is. `client` names the lane, where the file does.
    pub(crate) fn who(&mut self, actor: &Actor, client: Option<&Arc<str>>) -> Who {
        let new = self.processes.len() as u32;
        let known = match actor {
            Actor::Nobody => new,
            Actor::Number(number) => *self.by_number.entry(*number).or_insert(new),
            Actor::Name(name) => match self.by_name.get(name) {
                Some(process) => *process,
                None => *self.by_name.entry(Arc::clone(name)).or_insert(new),
            },
        };
        if known < new {
            return Who { process: known, lane: self.processes[known as usize].lane };
        }
        let lane: Arc<str> = match (client, actor) {
            (Some(client), _) => Arc::clone(client),
            (None, Actor::Number(number)) => Arc::from(format!("process {number}")),
            (None, Actor::Name(name)) => Arc::clone(name),
            (None, Actor::Nobody) => Arc::from("somebody"),
        };
        let Self { lanes, by_lane, .. } = self;
        let lane = *by_lane.entry(lane).or_insert_with_key(|name| {
            lanes.push(Arc::clone(name));
            lanes.len() as u32 - 1
        });
        self.processes.push(Process { open: None, completed: None, is_lone: false, lane });
        Who { process: new, lane }
    }

    /// An operation begins, which its owner calls `number`.
    ///
    /// # Errors
    /// If its process is busy, or completed something without beginning it.
    pub(crate) fn begin(
        &mut self,
        actor: &Actor,
        who: Who,
        line: u64,
        number: u32,
        sought: impl FnOnce() -> Sought,
    ) -> Result<(), ReadError> {
        if *actor == Actor::Nobody {
            self.nobodys.entry(sought()).or_default().push_back(number);
            return Ok(());
        }
        let process = &mut self.processes[who.process as usize];
        if let Some((_, since)) = process.open {
            return Err(ReadError::on(line, Cause::Busy { process: actor.told(), since }));
        }
        if let Some((since, _)) = process.completed.filter(|_| process.is_lone) {
            return Err(ReadError::on(line, Cause::CompletedBefore { process: actor.told(), since }));
        }
        process.open = Some((number, line));
        Ok(())
    }

    /// An operation completes at `position`: the number under which it began, or `None` where the file does not say
    /// that it began.
    ///
    /// # Errors
    /// If its process has nothing open, and began the operations before.
    pub(crate) fn complete(
        &mut self,
        actor: &Actor,
        who: Who,
        line: u64,
        position: u64,
        sought: impl FnOnce() -> Sought,
    ) -> Result<Option<u32>, ReadError> {
        if *actor == Actor::Nobody {
            return Ok(self.nobodys_open(sought()));
        }
        let process = &mut self.processes[who.process as usize];
        let open = process.open.take();
        if let (None, Some((since, _))) = (open, process.completed.filter(|_| !process.is_lone)) {
            return Err(ReadError::on(line, Cause::CompletedTwice { process: actor.told(), since }));
        }
        process.is_lone = open.is_none();
        process.completed = Some((line, position));
        Ok(open.map(|(number, _)| number))
    }

    /// Position of the last completion of a process.
    pub(crate) fn completed(&self, who: Who) -> Option<u64> {
        self.processes[who.process as usize].completed.map(|(_, position)| position)
    }

    fn nobodys_open(&mut self, sought: Sought) -> Option<u32> {
        let key = if self.nobodys.contains_key(&sought) {
            sought
        } else {
            // Nil is the smallest value: what was given nothing comes first.
            let from = (Arc::clone(&sought.0), Value::Nil);
            let (found, _) = self.nobodys.range(from..).next().filter(|((name, _), _)| *name == sought.0)?;
            found.clone()
        };
        let waiting = self.nobodys.get_mut(&key)?;
        let number = waiting.pop_front();
        if waiting.is_empty() {
            self.nobodys.remove(&key);
        }
        number
    }
}

/// The error for a completion of something else than what began.
pub(crate) fn other_function(actor: &Actor, line: u64, found: &str, began: &str, since: u64) -> ReadError {
    let cause = Cause::OtherFunction {
        process: actor.told(),
        found: found.to_owned(),
        began: began.to_owned(),
        since,
    };
    ReadError::on(line, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Sought {
        (Arc::from(""), Value::Nil)
    }

    #[test]
    fn a_process_does_one_thing_at_a_time() {
        let mut pairing = Pairing::default();
        let actor = Actor::Number(3);
        let who = pairing.who(&actor, None);
        pairing.begin(&actor, who, 1, 0, none).unwrap();
        let busy = pairing.begin(&actor, who, 2, 1, none).unwrap_err();
        assert_eq!(busy.cause, Cause::Busy { process: "3".into(), since: 1 });
        assert_eq!(pairing.complete(&actor, who, 3, 2, none), Ok(Some(0)));
        let twice = pairing.complete(&actor, who, 4, 3, none).unwrap_err();
        assert_eq!(twice.cause, Cause::CompletedTwice { process: "3".into(), since: 3 });
        assert_eq!(&*pairing.into_lanes()[0], "process 3");
    }

    #[test]
    fn completions_alone_are_taken_if_they_stay_alone() {
        let mut pairing = Pairing::default();
        let actor = Actor::Name("a".into());
        let who = pairing.who(&actor, None);
        assert_eq!(pairing.complete(&actor, who, 1, 0, none), Ok(None));
        assert_eq!(pairing.complete(&actor, who, 2, 1, none), Ok(None));
        assert_eq!(pairing.completed(who), Some(1));
        let late = pairing.begin(&actor, who, 3, 0, none).unwrap_err();
        assert_eq!(late.cause, Cause::CompletedBefore { process: "a".into(), since: 2 });
    }

    #[test]
    fn events_of_nobody_find_each_other_by_what_they_say() {
        let mut pairing = Pairing::default();
        fn sought(name: &str, value: Value) -> impl FnOnce() -> Sought {
            let sought = (Arc::from(name), value);
            move || sought
        }
        let begin = |pairing: &mut Pairing, number, name: &str, value: Value| {
            let who = pairing.who(&Actor::Nobody, None);
            pairing.begin(&Actor::Nobody, who, 1, number, sought(name, value)).unwrap();
        };
        begin(&mut pairing, 0, "read", Value::Nil);
        begin(&mut pairing, 1, "write", 1.into());
        begin(&mut pairing, 2, "write", 2.into());
        let mut complete = |name: &str, value: Value| {
            let who = pairing.who(&Actor::Nobody, None);
            pairing.complete(&Actor::Nobody, who, 1, 9, sought(name, value)).unwrap()
        };
        assert_eq!(complete("write", 2.into()), Some(2));
        assert_eq!(complete("read", 7.into()), Some(0));
        assert_eq!(complete("write", 9.into()), Some(1));
        assert_eq!(complete("write", 9.into()), None);
    }
}
