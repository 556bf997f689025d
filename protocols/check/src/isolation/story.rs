//! Evidence in sentences: who is meant by T1 and T2, what ties them, and why that cannot be.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::evidence::{Because, Cases, Expected, Finding, Link, Proof};
use super::history::{Mop, Objects, Seen, Transactions};

/// How many elements of a list are shown; of longer ones the first are left out.
const SHOWN: usize = 8;

/// A transaction that a story speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What the story calls it: `T1`.
    pub name: String,
    /// Its number in the history.
    pub place: u32,
    /// Who ran it, when, and what it did.
    pub words: String,
}

/// A sentence of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// The transactions that it speaks of, by their numbers in the history.
    pub about: Vec<u32>,
    /// How deep it stands among the cases of a proof.
    pub depth: u32,
}

/// Evidence as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// What the anomaly is.
    pub headline: String,
    /// The transactions.
    pub transactions: Vec<Named>,
    /// What ties them.
    pub sentences: Vec<Sentence>,
}

impl Story {
    /// The story of a finding in the history that it was found in.
    pub fn of(history: &Transactions, finding: &Finding) -> Story {
        let mut teller =
            Teller { history, names: finding.proof.transactions(), sentences: Vec::new(), depth: 0 };
        teller.tell(&finding.proof);
        let transactions = teller.names.iter().map(|place| teller.cast(*place)).collect();
        let headline = teller.known_as(&finding.proof).map_or_else(|| finding.anomaly.words(), str::to_owned);
        Story { headline, transactions, sentences: teller.sentences }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline)?;
        for named in &self.transactions {
            writeln!(f, "  {}  {}", named.name, named.words)?;
        }
        for sentence in &self.sentences {
            writeln!(f, "{:indent$}{}", "", sentence.text, indent = 2 * sentence.depth as usize)?;
        }
        Ok(())
    }
}

const LOST_UPDATE: &str = "Lost update: a transaction wrote a key that another one had changed since it read it, and so overlooked that change.";
const WRITE_SKEW: &str = "Write skew: two transactions each missed what the other wrote.";

struct Teller<'a> {
    history: &'a Transactions,
    names: Vec<u32>,
    sentences: Vec<Sentence>,
    depth: u32,
}

impl Teller<'_> {
    fn name(&self, place: u32) -> String {
        let number = self.names.iter().position(|other| *other == place).unwrap_or(self.names.len());
        format!("T{}", number + 1)
    }

    fn cast(&self, place: u32) -> Named {
        let transaction = self.history.get(place);
        let process = self.history.process_name(transaction.process);
        let when = match (transaction.began, transaction.ended) {
            (Some(began), Some(ended)) => format!(", {} to {}", began.at, ended.at),
            (Some(began), None) => format!(", from {}", began.at),
            (None, _) => String::new(),
        };
        let outcome = match transaction.outcome {
            crate::Outcome::Ok => "",
            crate::Outcome::Failed => ", failed",
            crate::Outcome::Open | crate::Outcome::Unknown => ", outcome unknown",
        };
        Named {
            name: self.name(place),
            place,
            words: format!("process {process}{when}{outcome}: {}", self.history.words(place)),
        }
    }

    fn say(&mut self, text: String, about: &[u32]) {
        self.sentences.push(Sentence { text, about: about.to_vec(), depth: self.depth });
    }

    fn is_list(&self) -> bool {
        self.history.objects() == Objects::Lists
    }

    /// `x=3`, or `3 in x`.
    fn version(&self, version: u32) -> String {
        let key = self.history.key_name(self.history.key_of(version));
        let value = self.history.value(version);
        if self.is_list() { format!("{value} in {key}") } else { format!("{key}={value}") }
    }

    /// `wrote x=3`, or `appended 3 to x`.
    fn wrote(&self, version: u32) -> String {
        let key = self.history.key_name(self.history.key_of(version));
        let value = self.history.value(version);
        if self.is_list() { format!("appended {value} to {key}") } else { format!("wrote {key}={value}") }
    }

    fn list(&self, elements: &[u32]) -> String {
        let skipped = elements.len().saturating_sub(SHOWN);
        let shown: Vec<String> =
            elements[skipped..].iter().map(|version| self.history.value(*version).to_string()).collect();
        let dots = if skipped > 0 { ".. " } else { "" };
        format!("[{dots}{}]", shown.join(" "))
    }

    /// `read x=3`, or `read x as [1 2 3]`: the read of a transaction that saw this version last.
    fn read(&self, place: u32, version: u32) -> String {
        let key_number = self.history.key_of(version);
        let key = self.history.key_name(key_number);
        if !self.is_list() {
            let value = self.history.value(version);
            return match value {
                crate::Value::Nil => format!("found nothing under {key}"),
                value => format!("read {key}={value}"),
            };
        }
        let is_initial = version == self.history.initial(key_number);
        let lists = self.lists(place, key_number);
        let own = |element: &u32| self.history.steps(place).any(|mop| mop.writes() == Some(*element));
        let ends = |list: &&[u32]| {
            let others = list.iter().rev().find(|element| !own(element));
            if is_initial { others.is_none() } else { others == Some(&version) }
        };
        match lists.iter().copied().find(ends).or(lists.first().copied()) {
            Some(list) => format!("read {key} as {}", self.list(list)),
            None => format!("read {key}"),
        }
    }

    fn lists(&self, place: u32, key: u32) -> Vec<&[u32]> {
        let of_key = self.history.steps(place).filter(|mop| mop.key() == key);
        of_key
            .filter_map(|mop| match mop {
                Mop::Read { seen: Seen::List(list), .. } => Some(self.history.list(list)),
                _ => None,
            })
            .collect()
    }

    /// What two transactions did to each other has a name of its own, whichever model it breaks.
    fn known_as(&self, proof: &Proof) -> Option<&'static str> {
        match proof {
            Proof::Cycle(links) => {
                let [one, other] = links.as_slice() else { return None };
                match (&one.because, &other.because) {
                    (Because::Missed { written, .. }, Because::Missed { written: back, .. })
                        if self.history.key_of(*written) != self.history.key_of(*back) =>
                    {
                        Some(WRITE_SKEW)
                    }
                    _ => self.is_lost_update(links).then_some(LOST_UPDATE),
                }
            }
            // Whichever of the two wrote first.
            Proof::Cases(Cases::Either { if_first, if_second, .. }) => match (&**if_first, &**if_second) {
                (Cases::Circle(one), Cases::Circle(other)) => {
                    let both = self.is_lost_update(one) && self.is_lost_update(other);
                    both.then_some(LOST_UPDATE)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether of two transactions one wrote what the other one had changed since it read it.
    fn is_lost_update(&self, links: &[Link]) -> bool {
        let [one, other] = links else { return false };
        let (missed, written, second) = match (&one.because, &other.because) {
            (Because::Missed { written, .. }, second) => (one, *written, second),
            (second, Because::Missed { written, .. }) => (other, *written, second),
            _ => return false,
        };
        let key = self.history.key_of(written);
        match second {
            Because::Overwrote { later, .. } => self.history.key_of(*later) == key,
            // It is supposed that what it wrote to the key came after what it missed.
            Because::Supposed => {
                let writes = |mop: Mop| match mop {
                    Mop::Write { key: other, .. } | Mop::Append { key: other, .. } => other == key,
                    Mop::Read { .. } => false,
                };
                self.history.steps(missed.from).any(writes)
            }
            _ => false,
        }
    }

    fn tell(&mut self, proof: &Proof) {
        match proof {
            Proof::Cycle(links) => {
                self.circle(links);
            }
            Proof::Cases(cases) => self.cases(cases),
            Proof::Exhausted { transactions } => {
                let names: Vec<String> = transactions.iter().map(|place| self.name(*place)).collect();
                self.say(
                    format!(
                        "However the writes of {} to the same keys are ordered, some of them go in a circle.",
                        names.join(", ")
                    ),
                    transactions,
                );
            }
            Proof::Versions { versions, transactions } => self.versions(versions, transactions),
            plain => self.plain(plain),
        }
    }

    fn circle(&mut self, links: &[Link]) {
        for link in links {
            self.link(link);
        }
        let names: Vec<String> = links.iter().chain(links.first()).map(|link| self.name(link.from)).collect();
        self.say(format!("So {}: a circle. No order has it.", names.join(" before ")), &[]);
    }

    fn link(&mut self, link: &Link) {
        let (from, to) = (self.name(link.from), self.name(link.to));
        let text = match &link.because {
            Because::Process => {
                let process = self.history.process_name(self.history.process(link.from));
                format!("Process {process} ran {from} before {to}.")
            }
            Because::Time => format!("{from} had ended before {to} began."),
            Because::Saw { version } => {
                format!(
                    "{from} {}, and {to} {}: {from} comes before {to}.",
                    self.wrote(*version),
                    self.read(link.to, *version)
                )
            }
            Because::Overwrote { earlier, later } => format!(
                "{from} {}, and {to} {} after it: {from} comes before {to}.",
                self.wrote(*earlier),
                self.wrote(*later)
            ),
            Because::Missed { seen, written } => format!(
                "{from} {}, before {to} {}: {from} comes before {to}.",
                self.read(link.from, *seen),
                self.wrote(*written)
            ),
            Because::Must { reader, seen, other, via } => {
                for step in via {
                    self.link(step);
                }
                format!(
                    "So {} comes after {from}, which {}; yet it {}, which {to} wrote. That must be the newer one: {from} comes before {to}.",
                    self.name(*reader),
                    self.wrote(*other),
                    self.read(*reader, *seen)
                )
            }
            Because::Supposed => format!("{from} comes before {to}, as supposed."),
        };
        self.say(text, &[link.from, link.to]);
    }

    fn cases(&mut self, cases: &Cases) {
        match cases {
            Cases::Circle(links) => self.circle(links),
            Cases::Either { key, first, second, if_first, if_second } => {
                let key = self.history.key_name(*key).to_string();
                for (a, b, cases) in [(*first, *second, if_first), (*second, *first, if_second)] {
                    let text =
                        format!("Suppose {} is before {} in writing {key}.", self.name(a), self.name(b));
                    self.say(text, &[a, b]);
                    self.depth += 1;
                    self.cases(cases);
                    self.depth -= 1;
                }
            }
        }
    }

    fn versions(&mut self, versions: &[u32], transactions: &[(u32, u32)]) {
        for (at, version) in versions.iter().enumerate() {
            let next = versions[(at + 1) % versions.len()];
            let Some((first, second)) = transactions.get(at).copied() else { continue };
            let (older, newer) = (self.version(*version), self.version(next));
            let text = if first == second {
                format!("{} had seen {older} before it wrote {newer}: {older} is older.", self.name(first))
            } else {
                format!(
                    "{} had {older}, and {} after it {newer}: {older} is older.",
                    self.name(first),
                    self.name(second)
                )
            };
            self.say(text, &[first, second]);
        }
        self.say("So each is older than the next, and the last than the first.".into(), &[]);
    }

    fn plain(&mut self, proof: &Proof) {
        let (text, about) = match proof {
            Proof::Aborted { reader, writer, version } => (
                format!(
                    "{} {}, and failed; yet {} saw it.",
                    self.name(*writer),
                    self.wrote(*version),
                    self.name(*reader)
                ),
                vec![*writer, *reader],
            ),
            Proof::Intermediate { reader, writer, version } => (
                format!(
                    "{} {} and went on to write the same key; yet {} saw {}.",
                    self.name(*writer),
                    self.wrote(*version),
                    self.name(*reader),
                    if self.is_list() { "the list end there" } else { "it" }
                ),
                vec![*writer, *reader],
            ),
            Proof::DirtyUpdate { reader, failed, version, by, later } => (
                format!(
                    "{} {}, and failed; yet {} {} after it, as {} saw.",
                    self.name(*failed),
                    self.wrote(*version),
                    self.name(*by),
                    self.wrote(*later),
                    self.name(*reader)
                ),
                vec![*failed, *by, *reader],
            ),
            Proof::Incompatible { key, first, second, at } => {
                let longest = |place: u32| {
                    let lists = self.lists(place, *key);
                    lists
                        .into_iter()
                        .max_by_key(|list| list.len())
                        .map_or(String::new(), |list| self.list(list))
                };
                (
                    format!(
                        "{} read {} as {}, {} as {}: they differ at element {}, and appends cannot undo it.",
                        self.name(*first),
                        self.history.key_name(*key),
                        longest(*first),
                        self.name(*second),
                        longest(*second),
                        at + 1
                    ),
                    vec![*first, *second],
                )
            }
            Proof::OutOfOrder { reader, writer, earlier, later } => (
                format!(
                    "{} {} and then {}; yet {} saw the second without the first before it.",
                    self.name(*writer),
                    self.wrote(*earlier),
                    self.history.value(*later),
                    self.name(*reader)
                ),
                vec![*writer, *reader],
            ),
            Proof::Future { transaction, version } => (
                format!(
                    "{} saw {} before it wrote that itself.",
                    self.name(*transaction),
                    self.version(*version)
                ),
                vec![*transaction],
            ),
            Proof::Duplicate { reader, version } => (
                format!("{} saw {} twice; it was appended once.", self.name(*reader), self.version(*version)),
                vec![*reader],
            ),
            Proof::Internal { transaction, step, expected } => {
                let expected = match expected {
                    Expected::Version(version) => self.version(*version),
                    Expected::List(list) => self.list(list),
                    Expected::Ending(list) => format!("a list that ends in {}", self.list(list)),
                };
                (
                    format!(
                        "By what {} had done before, its step {} should have read {expected}.",
                        self.name(*transaction),
                        step + 1
                    ),
                    vec![*transaction],
                )
            }
            Proof::NotRepeated { transaction, first, second } => (
                format!(
                    "{} read {} and then {}, without writing the key.",
                    self.name(*transaction),
                    self.version(*first),
                    self.version(*second)
                ),
                vec![*transaction],
            ),
            Proof::LostUpdate { first, second, version } => (
                format!(
                    "{} and {} both {} and then wrote the key: whichever is first, the other overlooked it.",
                    self.name(*first),
                    self.name(*second),
                    self.read(*first, *version)
                ),
                vec![*first, *second],
            ),
            Proof::Unwritten { reader, version } => (
                format!("{} saw {}, which nobody wrote.", self.name(*reader), self.version(*version)),
                vec![*reader],
            ),
            Proof::Cycle(_) | Proof::Cases(_) | Proof::Exhausted { .. } | Proof::Versions { .. } => return,
        };
        self.say(text, &about);
    }
}
