//! Building a history, transaction by transaction.

use super::*;
use crate::table::{self, Index};

/// Builds a history, transaction by transaction.
#[derive(Clone, Debug)]
pub struct Builder {
    history: Transactions,
    initial_value: Value,
    by_key: Index,
    by_version: Index,
    by_process: Index,
    /// For each process the number of its last transaction.
    last: Vec<u32>,
    /// Reused: the elements of a list that its spine does not have.
    rest: Vec<u32>,
}

impl Builder {
    /// A builder of an empty history.
    pub fn new(objects: Objects, conventions: Conventions) -> Self {
        let initial_value = match (&conventions.initial, objects) {
            (Initial::Written(value), Objects::Registers) => value.clone(),
            _ => Value::Nil,
        };
        Self {
            history: Transactions::new(objects, conventions),
            initial_value,
            by_key: Index::default(),
            by_version: Index::default(),
            by_process: Index::default(),
            last: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// The history so far.
    pub fn history(&self) -> &Transactions {
        &self.history
    }

    /// The history, complete.
    pub fn finish(self) -> Transactions {
        self.history
    }

    /// Adds a transaction and returns its number. Those of one process must come in the order in which it ran
    /// them; among processes any order will do.
    ///
    /// # Errors
    /// If the transaction does not fit the history; then nothing was added.
    pub fn add(&mut self, draft: &Draft) -> Result<u32, TransactionsError> {
        self.check_steps(draft)?;
        self.check_moments(draft)?;
        self.check_size(draft)?;
        let process = self.process(draft.process);
        let happened = draft.outcome == Outcome::Ok;
        for step in &draft.steps {
            let packed = self.pack(step, happened);
            self.history.steps.push(packed);
        }
        let place = self.history.len();
        let (began, began_time) = packed(draft.began);
        let (ended, ended_time) = packed(draft.ended);
        self.history.records.push(Record {
            label: draft.label,
            began,
            ended,
            began_time,
            ended_time,
            steps_end: self.history.steps.len() as u32,
            process,
            outcome: draft.outcome,
        });
        self.last[process as usize] = place;
        Ok(place)
    }

    fn check_steps(&self, draft: &Draft) -> Result<(), TransactionsError> {
        let label = draft.label;
        let wrong = |does, key: &Value, hold| {
            Err(TransactionsError::WrongStep { label, does, key: key.clone(), hold })
        };
        for step in &draft.steps {
            match (step, self.history.objects) {
                (Step::Append { key, .. }, Objects::Registers) => {
                    return wrong("appends to", key, "registers");
                }
                (Step::Write { key, .. }, Objects::Lists) => return wrong("writes", key, "lists"),
                (Step::Read { key, seen: Some(seen) }, Objects::Lists)
                    if !matches!(seen, Value::Nil | Value::List(_)) =>
                {
                    return Err(TransactionsError::NotAList { label, key: key.clone(), seen: seen.clone() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_moments(&self, draft: &Draft) -> Result<(), TransactionsError> {
        let label = draft.label;
        let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
        let (began, ended) = (at(draft.began), at(draft.ended));
        if began.max(ended).is_some_and(|at| at >= NEVER - 1) {
            return Err(TransactionsError::TooLarge { label });
        }
        if let (Some(began), Some(ended)) = (began, ended)
            && ended < began
        {
            return Err(TransactionsError::EndsBeforeItBegins { label, began, ended });
        }
        let Some(process) = self.find_process(draft.process) else { return Ok(()) };
        let before = &self.history.records[self.last[process as usize] as usize];
        // One of unknown outcome has no end of its own, but the process went on after it.
        let until = if before.ended == NEVER { before.began } else { before.ended };
        match began.or(ended) {
            Some(began) if until != NEVER && began < until => Err(TransactionsError::Overlaps {
                label,
                process: draft.process,
                began,
                other: before.label,
                ended: until,
            }),
            _ => Ok(()),
        }
    }

    /// Whether everything the transaction could add still fits 32 bits.
    fn check_size(&self, draft: &Draft) -> Result<(), TransactionsError> {
        let mut elements = draft.steps.len();
        for step in &draft.steps {
            if let Step::Read { seen: Some(Value::List(list)), .. } = step {
                elements = elements.saturating_add(list.len() + 1);
            }
        }
        let Transactions { records, steps, versions, lists, .. } = &self.history;
        let most = records.len().max(steps.len()).max(versions.len()).max(lists.len());
        if most.saturating_add(elements.saturating_mul(2)) >= LIMIT {
            return Err(TransactionsError::TooLarge { label: draft.label });
        }
        Ok(())
    }

    fn pack(&mut self, step: &Step, happened: bool) -> Packed {
        match step {
            Step::Append { key, value } => {
                let key = self.key(key);
                Packed { key, operand: self.version(key, value), kind: Kind::Append }
            }
            Step::Write { key, value } => {
                let key = self.key(key);
                Packed { key, operand: self.version(key, value), kind: Kind::Write }
            }
            Step::Read { key, seen } => {
                let key = self.key(key);
                match seen {
                    Some(seen) if happened && self.history.objects == Objects::Lists => {
                        let elements: &[Value] = if let Value::List(list) = seen { list } else { &[] };
                        self.pack_list(key, elements)
                    }
                    Some(seen) if happened => {
                        Packed { key, operand: self.version(key, seen), kind: Kind::ReadVersion }
                    }
                    _ => Packed { key, operand: 0, kind: Kind::ReadUnknown },
                }
            }
        }
    }

    fn pack_list(&mut self, key: u32, elements: &[Value]) -> Packed {
        let Transactions { spines, versions, .. } = &self.history;
        let agrees = |(version, value): (&u32, &Value)| versions[*version as usize].value == *value;
        let shared = spines[key as usize].iter().zip(elements).take_while(|pair| agrees(*pair)).count();
        let mut rest = std::mem::take(&mut self.rest);
        rest.clear();
        rest.extend(elements[shared..].iter().map(|value| self.version(key, value)));
        let packed = self.history.store_list(key, shared, &rest);
        self.rest = rest;
        packed
    }

    fn key(&mut self, name: &Value) -> u32 {
        let Self { history, by_key, .. } = self;
        let hash = table::hash_of(name);
        if let Some(key) = by_key.find(hash, |at| history.keys[at as usize] == *name) {
            return key;
        }
        let key = history.keys.len() as u32;
        history.keys.push(name.clone());
        history.spines.push(Vec::new());
        by_key.insert(hash, key, |at| table::hash_of(&history.keys[at as usize]));
        let value = self.initial_value.clone();
        let initial = if history.objects == Objects::Lists {
            // The empty list, not an element of it: nobody can append it.
            history.versions.push(Version { key, value });
            history.versions.len() as u32 - 1
        } else {
            self.version(key, &value)
        };
        self.history.initial.push(initial);
        key
    }

    fn version(&mut self, key: u32, value: &Value) -> u32 {
        let Self { history, by_version, .. } = self;
        let versions = &mut history.versions;
        let hash = table::hash_of(&(key, value));
        let is_it = |at: u32| versions[at as usize].key == key && versions[at as usize].value == *value;
        if let Some(version) = by_version.find(hash, is_it) {
            return version;
        }
        let version = versions.len() as u32;
        versions.push(Version { key, value: value.clone() });
        by_version.insert(hash, version, |at| {
            table::hash_of(&(versions[at as usize].key, &versions[at as usize].value))
        });
        version
    }

    fn find_process(&self, name: u64) -> Option<u32> {
        self.by_process.find(table::hash_of(&name), |at| self.history.processes[at as usize] == name)
    }

    fn process(&mut self, name: u64) -> u32 {
        if let Some(process) = self.find_process(name) {
            return process;
        }
        let process = self.history.processes.len() as u32;
        self.history.processes.push(name);
        let processes = &self.history.processes;
        self.by_process.insert(table::hash_of(&name), process, |at| table::hash_of(&processes[at as usize]));
        self.last.push(0);
        process
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(elements: &[i64]) -> Option<Value> {
        Some(Value::from(elements.iter().map(|element| Value::Int(*element)).collect::<Vec<_>>()))
    }

    fn draft(process: u64, steps: Vec<Step>) -> Draft {
        Draft { process, outcome: Outcome::Ok, steps, ..Draft::default() }
    }

    fn append(key: &str, value: i64) -> Step {
        Step::Append { key: key.into(), value: value.into() }
    }

    fn read(key: &str, seen: Option<Value>) -> Step {
        Step::Read { key: key.into(), seen }
    }

    #[test]
    fn lists_come_back_as_they_were_read() {
        let mut builder = Builder::new(Objects::Lists, Conventions::jepsen());
        let reads: [&[i64]; 6] = [&[1, 2], &[], &[1, 2, 3], &[1, 3], &[1], &[2, 1, 3, 1]];
        let steps = std::iter::once(append("x", 1)).chain(reads.map(|seen| read("x", list(seen)))).collect();
        let place = builder.add(&draft(7, steps)).unwrap();
        let history = builder.finish();
        assert_eq!(
            history.words(place),
            "append x 1, read x [1 2], read x [], read x [1 2 3], read x [1 3], read x [1], read x [2 1 3 1]"
        );
        assert_eq!(history.spine(0).len(), 3);
        assert_eq!(history.process_name(history.process(place)), 7);
        let on_spine: Vec<Option<u32>> = history
            .steps(place)
            .filter_map(|mop| match mop {
                Mop::Read { seen: Seen::List(list), .. } => Some(list.spine_length()),
                _ => None,
            })
            .collect();
        assert_eq!(on_spine, [Some(2), Some(0), Some(3), None, Some(1), None]);
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut builder = Builder::new(Objects::Lists, Conventions::jepsen());
        let spanning = |label, began, ended| Draft {
            label,
            began: Some(Moment::at(began)),
            ended: Some(Moment::at(ended)),
            ..draft(1, vec![append("x", label as i64)])
        };
        builder.add(&spanning(1, 2, 5)).unwrap();
        let write = Step::Write { key: "x".into(), value: 1.into() };
        let refusals = [
            (draft(1, vec![write]), "writes key x, but the keys of this history hold lists"),
            (draft(1, vec![read("x", Some(3.into()))]), "read 3 under key x, where a list was expected"),
            (spanning(2, 9, 8), "ends at position 8, before it begins at 9"),
            (spanning(2, 4, 8), "while transaction 1 of the same process runs until 5"),
            (spanning(2, u64::MAX - 1, u64::MAX), "larger positions"),
        ];
        for (refused, because) in refusals {
            let error = builder.add(&refused).unwrap_err().to_string();
            assert!(error.contains(because), "{error}");
        }
        let history = builder.history();
        assert_eq!((history.len(), history.steps_total(), history.versions()), (1, 1, 2));
        builder.add(&spanning(2, 6, 7)).unwrap();
        assert!(builder.history().precedes(0, 1) && !builder.history().precedes(1, 0));
    }

    #[test]
    fn as_of_a_moment_the_rest_is_open_or_gone() {
        let mut builder = Builder::new(Objects::Registers, Conventions::jepsen());
        for (process, began, ended) in [(1, 1, 3), (2, 2, 6), (1, 5, 7)] {
            let steps = vec![read("x", Some(Value::Nil)), Step::Write { key: "y".into(), value: 3.into() }];
            let moment = |at| Some(Moment { at, time: Some(at as i64 * 100) });
            builder
                .add(&Draft { began: moment(began), ended: moment(ended), ..draft(process, steps) })
                .unwrap();
        }
        let then = builder.history().as_of(4);
        assert_eq!(then.len(), 2);
        assert_eq!(then.words(0), "read x nothing, write y 3");
        assert_eq!(then.words(1), "read x, write y 3");
        assert_eq!(then.outcome(1), Outcome::Open);
        assert_eq!(then.get(0).ended, Some(Moment { at: 3, time: Some(300) }));
    }

    #[test]
    fn as_of_a_moment_a_later_read_is_no_yardstick() {
        let mut builder = Builder::new(Objects::Lists, Conventions::jepsen());
        let reads: [&[i64]; 3] = [&[1], &[1, 2], &[1, 3]];
        for (at, seen) in reads.into_iter().enumerate() {
            let moment = |offset| Some(Moment::at(at as u64 * 10 + offset));
            let steps = vec![read("x", list(seen))];
            // The second is added second, but ends last.
            let ended = if at == 1 { moment(50) } else { moment(5) };
            builder.add(&Draft { began: moment(0), ended, ..draft(at as u64, steps) }).unwrap();
        }
        assert_eq!(builder.history().words(2), "read x [1 3]");
        let then = builder.history().as_of(30);
        assert_eq!([then.words(1), then.words(2)], ["read x", "read x [1 3]"]);
        assert_eq!(then.spine(0).len(), 2);
        assert_eq!(then.value(then.spine(0)[1]), &Value::Int(3));
    }

    #[test]
    fn an_implicit_first_write_is_the_initial_version() {
        let mut builder = Builder::new(Objects::Registers, Conventions::plume());
        let place = builder.add(&draft(1, vec![read("x", Some(0.into()))])).unwrap();
        let history = builder.finish();
        let seen = history.steps(place).next();
        assert_eq!(seen, Some(Mop::Read { key: 0, seen: Seen::Version(history.initial(0)) }));
    }
}
