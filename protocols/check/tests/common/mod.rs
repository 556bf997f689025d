//! The oracle: whether a small history is linearizable, by trying every order. It shares nothing with the
//! checkers: its own objects, its own rule of what may come next. And a source of small random histories.

use check::{Cell, Invocation, Judge, Operation, Outcome, Value, Values};

/// One operation as the oracle sees it.
#[derive(Clone, Debug)]
pub struct Plain {
    pub function: String,
    pub key: Option<String>,
    pub input: Vec<Value>,
    pub output: Option<Value>,
    pub invoked: i64,
    /// When it was answered; none for one that may happen at any later time or never.
    pub answered: Option<i64>,
    pub failed: bool,
}

impl Plain {
    pub fn of(operation: &Operation) -> Self {
        let answered = match operation.outcome {
            Outcome::Ok | Outcome::Failed => operation.completed.map(|at| at as i64),
            Outcome::Open | Outcome::Unknown => None,
        };
        Self {
            function: operation.function.to_string(),
            key: operation.key.as_ref().map(ToString::to_string),
            input: operation.input.to_vec(),
            output: operation.output.first().cloned(),
            invoked: operation.invoked as i64,
            answered,
            failed: operation.outcome == Outcome::Failed,
        }
    }

    /// The operation with nothing known of when it ran and what it was told.
    pub fn forgotten(operation: &Operation) -> Self {
        Self { invoked: -1, answered: None, failed: false, output: None, ..Self::of(operation) }
    }

    /// Whether it never had an effect and saw nothing.
    fn is_nothing(&self) -> bool {
        let saw = matches!(&*self.function, "cas" | "compare-and-set") && self.output.is_some();
        self.failed && !saw && self.function != "compare-and-set"
    }

    fn apply(&self, state: &Value) -> Option<Value> {
        let known = self.answered.is_some();
        match self.function.as_str() {
            "read" => match &self.output {
                Some(seen) if known => (seen == state).then(|| state.clone()),
                _ => Some(state.clone()),
            },
            "write" => Some(self.input[0].clone()),
            "delete" => Some(Value::Nil),
            "compare-and-set" if self.failed && self.output.is_none() => {
                (self.input[0] != *state).then(|| state.clone())
            }
            "cas" | "compare-and-set" if self.failed => {
                let seen = self.output.as_ref()?;
                (seen == state && *seen != self.input[0]).then(|| state.clone())
            }
            "cas" | "compare-and-set" => (self.input[0] == *state).then(|| self.input[1].clone()),
            "append" => match (state, &self.input[0]) {
                (Value::Nil, Value::Text(_)) => Some(self.input[0].clone()),
                (Value::Text(text), Value::Text(more)) => Some(Value::from(format!("{text}{more}").as_str())),
                (Value::List(items), more) => Some(Value::from([items, std::slice::from_ref(more)].concat())),
                (Value::Nil, more) => Some(Value::from(vec![more.clone()])),
                _ => None,
            },
            other => panic!("{other}"),
        }
    }
}

/// Whether some order explains every answer.
pub fn linearizable(operations: &[Plain]) -> bool {
    let operations: Vec<&Plain> = operations.iter().filter(|operation| !operation.is_nothing()).collect();
    let mut states = Vec::new();
    extend(&operations, 0, &mut states)
}

fn extend(operations: &[&Plain], done: u32, states: &mut Vec<(Option<String>, Value)>) -> bool {
    let open = |at: usize| done & (1 << at) == 0;
    let waiting: Vec<i64> =
        (0..operations.len()).filter(|at| open(*at)).filter_map(|at| operations[at].answered).collect();
    if waiting.is_empty() {
        return true;
    }
    for (at, operation) in operations.iter().enumerate() {
        if !open(at) || waiting.iter().any(|answered| *answered < operation.invoked) {
            continue;
        }
        let place = states.iter().position(|(key, _)| *key == operation.key);
        let before = place.map_or(Value::Nil, |place| states[place].1.clone());
        let Some(after) = operation.apply(&before) else { continue };
        let saved = states.clone();
        match place {
            Some(place) => states[place].1 = after,
            None => states.push((operation.key.clone(), after)),
        }
        if extend(operations, done | 1 << at, states) {
            return true;
        }
        *states = saved;
    }
    false
}

/// Whether `order` is a legal order of the history that leaves out no answered operation.
pub fn is_witness(operations: &[Operation], order: &[u64]) -> bool {
    let find = |id: u64| operations.iter().find(|operation| operation.id == id);
    let Some(placed): Option<Vec<&Operation>> = order.iter().map(|id| find(*id)).collect() else {
        return false;
    };
    let mut states: Vec<(Option<String>, Value)> = Vec::new();
    for (at, operation) in placed.iter().enumerate() {
        let plain = Plain::of(operation);
        if plain.is_nothing() || placed[..at].iter().any(|earlier| earlier.id == operation.id) {
            return false;
        }
        if placed[..at].iter().any(|earlier| operation.precedes(earlier)) {
            return false;
        }
        let place = states.iter().position(|(key, _)| *key == plain.key);
        let before = place.map_or(Value::Nil, |place| states[place].1.clone());
        let Some(after) = plain.apply(&before) else { return false };
        match place {
            Some(place) => states[place].1 = after,
            None => states.push((plain.key, after)),
        }
    }
    operations.iter().all(|operation| {
        let plain = Plain::of(operation);
        let unknown_read = plain.function == "read" && plain.output.is_none();
        plain.answered.is_none() || plain.is_nothing() || unknown_read || order.contains(&operation.id)
    })
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// One event of a history.
#[derive(Clone, Debug)]
pub enum Event {
    Invoke(Invocation),
    Complete(u64, Outcome, Values),
}

/// What a random history is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// Each value is written once: zones decide.
    Unique,
    /// Few values, written often, and deletes.
    Repeated,
    /// Appends to texts.
    Appends,
}

/// A random history of up to six operations; the position of an event is its place times 3.
pub fn history(random: &mut Random, mix: Mix) -> Vec<Event> {
    let count = 2 + random.below(5);
    let keys = 1 + u64::from(random.percent(30));
    let mut written: Vec<Vec<Value>> = vec![vec![Value::Nil]; 2];
    let mut open: Vec<Invocation> = Vec::new();
    let mut events = Vec::new();
    let mut begun = 0;
    while begun < count || (!open.is_empty() && random.percent(85)) {
        if begun < count && (open.is_empty() || random.percent(50)) {
            let call = invocation(random, mix, begun, keys, &mut written);
            open.push(call.clone());
            events.push(Event::Invoke(call));
            begun += 1;
        } else if !open.is_empty() {
            let call = open.remove(random.below(open.len() as u64) as usize);
            let key = usize::from(call.key.is_some());
            events.push(completion(random, mix, &call, &written[key]));
        }
    }
    events
}

fn key_of(random: &mut Random, keys: u64) -> Option<std::sync::Arc<str>> {
    (random.below(keys) == 1).then(|| "k".into())
}

fn invocation(random: &mut Random, mix: Mix, id: u64, keys: u64, written: &mut [Vec<Value>]) -> Invocation {
    let lane = random.below(4) as u32;
    let key = key_of(random, keys);
    let known = &mut written[usize::from(key.is_some())];
    let fresh = match mix {
        Mix::Unique => Value::Int(id as i64 + 1),
        Mix::Repeated => Value::Int(1 + random.below(2) as i64),
        Mix::Appends => Value::from(if random.percent(50) { "a" } else { "b" }),
    };
    let expected = known[random.below(known.len() as u64) as usize].clone();
    let call = match random.below(10) {
        0..=3 => return Invocation::read(id, lane, key),
        4..=5 if mix == Mix::Appends => {
            let base = known.last().cloned().unwrap_or_default();
            let whole = match (&base, &fresh) {
                (Value::Text(base), Value::Text(more)) => Value::from(format!("{base}{more}").as_str()),
                _ => fresh.clone(),
            };
            known.push(whole);
            return Invocation::append(id, lane, key, fresh);
        }
        4..=6 => Invocation::write(id, lane, key, fresh.clone()),
        7 if mix == Mix::Repeated && random.percent(40) => {
            return Invocation::new(id, lane, "delete", key, Values::new());
        }
        8 => Invocation::new(id, lane, "compare-and-set", key, Values::from_iter([expected, fresh.clone()])),
        _ => Invocation::cas(id, lane, key, expected, fresh.clone()),
    };
    known.push(fresh);
    call
}

fn completion(random: &mut Random, mix: Mix, call: &Invocation, known: &[Value]) -> Event {
    let latest = known.len().saturating_sub(1 + random.below(3) as usize);
    let mut seen = known.get(latest).cloned().unwrap_or_default();
    if random.percent(8) {
        seen = if mix == Mix::Appends { "ab".into() } else { Value::Int(random.below(7) as i64) };
    }
    let none = Values::new();
    let (outcome, output) = match (&*call.function, random.below(20)) {
        ("read", 0) => (Outcome::Unknown, none),
        ("read", 1) => (Outcome::Failed, none),
        ("read", 2) => (Outcome::Ok, none),
        ("read", _) => (Outcome::Ok, Values::from_iter([seen])),
        ("cas", 0..=5) => (Outcome::Failed, Values::from_iter([seen])),
        ("compare-and-set", 0..=7) => (Outcome::Failed, none),
        (_, 6..=8) => (Outcome::Failed, none),
        (_, 9..=12) => (Outcome::Unknown, none),
        _ => (Outcome::Ok, none),
    };
    Event::Complete(call.id, outcome, output)
}

/// Feeds one event.
pub fn feed(judge: &mut Judge, at: u64, event: &Event) {
    match event.clone() {
        Event::Invoke(call) => judge.invoke(at, call).unwrap(),
        Event::Complete(id, outcome, output) => judge.complete(at, id, outcome, output).unwrap(),
    }
}

/// A judge of everything in `events`, done with its work.
pub fn judged(events: &[Event]) -> Judge {
    let mut judge = Judge::new(Cell::KeyValue);
    for (place, event) in events.iter().enumerate() {
        feed(&mut judge, place as u64 * 3, event);
    }
    while judge.work(1000) == 0 {}
    judge
}

/// A history of a real atomic cell with clients: each operation takes effect at one moment while it is open, or,
/// if its outcome is unknown, perhaps later. With `repeated`, values come from a small set. `lies` of 10,000
/// answers are false.
pub fn recorded(
    random: &mut Random,
    operations: u64,
    clients: usize,
    repeated: bool,
    lies: u64,
) -> Vec<Event> {
    struct Running {
        call: Invocation,
        effect: Option<(Outcome, Values)>,
        unknown: bool,
    }
    let mut events = Vec::new();
    let mut running: Vec<Running> = Vec::new();
    let mut state = Value::Nil;
    let mut past = vec![Value::Nil];
    let mut begun = 0;
    while begun < operations || running.iter().any(|one| !one.unknown) {
        let answered = running.iter().filter(|one| !one.unknown).count();
        let at = random.below(running.len() as u64 + 1) as usize;
        let Some(one) = running.get_mut(at) else {
            if begun < operations && answered < clients {
                let value = if repeated { random.below(3) as i64 + 1 } else { begun as i64 + 1 };
                let lane = answered as u32;
                let call = match random.below(10) {
                    0..=4 => Invocation::read(begun, lane, None),
                    5..=7 => Invocation::write(begun, lane, None, value),
                    _ => Invocation::cas(begun, lane, None, past[past.len() - 1].clone(), value),
                };
                events.push(Event::Invoke(call.clone()));
                running.push(Running { call, effect: None, unknown: false });
                begun += 1;
            }
            continue;
        };
        if one.effect.is_none() {
            one.effect = Some(take_effect(&one.call, &mut state, &mut past));
            if one.unknown {
                running.remove(at);
            }
            continue;
        }
        if one.unknown {
            continue;
        }
        if random.percent(3) {
            events.push(Event::Complete(one.call.id, Outcome::Unknown, Values::new()));
            running.remove(at);
            continue;
        }
        let one = running.remove(at);
        let (outcome, mut output) = one.effect.unwrap();
        if !output.is_empty() && random.below(10_000) < lies {
            let back = random.below(past.len().min(6) as u64) as usize;
            output = Values::from_iter([past[past.len() - 1 - back].clone()]);
        }
        events.push(Event::Complete(one.call.id, outcome, output));
        if let Some(waiting) =
            running.iter_mut().find(|one| one.effect.is_none() && !one.unknown).filter(|_| random.percent(4))
        {
            events.push(Event::Complete(waiting.call.id, Outcome::Unknown, Values::new()));
            waiting.unknown = true;
        }
    }
    events
}

fn take_effect(call: &Invocation, state: &mut Value, past: &mut Vec<Value>) -> (Outcome, Values) {
    let next = match &*call.function {
        "read" => return (Outcome::Ok, Values::from_iter([state.clone()])),
        "cas" if call.input[0] != *state => return (Outcome::Failed, Values::from_iter([state.clone()])),
        _ => call.input[call.input.len() - 1].clone(),
    };
    past.push(next.clone());
    *state = next;
    (Outcome::Ok, Values::new())
}

#[allow(dead_code)]
/// How many histories to try where `usual` are enough every day: times `POTHOLES_ROUNDS`, if that is set.
pub fn rounds(usual: u32) -> u32 {
    let times = std::env::var("POTHOLES_ROUNDS").ok().and_then(|times| times.parse::<f64>().ok());
    (f64::from(usual) * times.unwrap_or(1.0)) as u32
}
