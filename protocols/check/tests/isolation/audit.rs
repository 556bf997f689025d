//! The audit: whether evidence says what the history says, step by step, and whether it shows the anomaly.

use std::collections::BTreeSet;

use check::Outcome;
use check::isolation::{
    Anomaly, Because, Cases, Expected, Finding, Link, Mop, Objects, Order, Proof, Seen, Shape, Transactions,
};

type Audit = Result<(), String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Audit {
    if holds { Ok(()) } else { Err(what()) }
}

/// Checks a finding against the history.
pub fn finding(history: &Transactions, finding: &Finding) -> Audit {
    let auditor = Auditor { history };
    match &finding.proof {
        Proof::Cycle(links) => {
            auditor.circle(links, &[])?;
            auditor.shape(finding.anomaly, links)
        }
        Proof::Cases(cases) => {
            ensure(matches!(finding.anomaly, Anomaly::NoOrder(_)), || "cases of what?".into())?;
            auditor.cases(cases, &mut Vec::new())
        }
        Proof::Exhausted { transactions } => ensure(transactions.len() > 1, || "nothing to exhaust".into()),
        plain => auditor.plain(finding.anomaly, plain),
    }
}

struct Auditor<'a> {
    history: &'a Transactions,
}

impl Auditor<'_> {
    fn is_ok(&self, at: u32) -> bool {
        self.history.outcome(at) == Outcome::Ok
    }

    fn writes(&self, at: u32, version: u32) -> bool {
        self.history.steps(at).any(|mop| mop.writes() == Some(version))
    }

    fn last_write(&self, at: u32, key: u32) -> Option<u32> {
        self.history.steps(at).filter(|mop| mop.key() == key).filter_map(Mop::writes).next_back()
    }

    /// What a transaction that is ok saw of a key: each a list, for a register of one element or none.
    fn sights(&self, at: u32, key: u32) -> Vec<Vec<u32>> {
        if !self.is_ok(at) {
            return Vec::new();
        }
        let of_key = self.history.steps(at).filter(|mop| mop.key() == key);
        of_key
            .filter_map(|mop| match mop {
                Mop::Read { seen: Seen::Version(version), .. } => Some(vec![version]),
                Mop::Read { seen: Seen::List(list), .. } => Some(self.history.list(list).to_vec()),
                _ => None,
            })
            .collect()
    }

    fn all_sights(&self, key: u32) -> Vec<Vec<u32>> {
        (0..self.history.len()).flat_map(|at| self.sights(at, key)).collect()
    }

    fn is_list(&self) -> bool {
        self.history.objects() == Objects::Lists
    }

    /// What a transaction saw of others: the lists without its own elements at the end.
    fn sights_of_others(&self, at: u32, key: u32) -> Vec<Vec<u32>> {
        let mut sights = self.sights(at, key);
        for sight in &mut sights {
            while self.is_list() && sight.last().is_some_and(|last| self.writes(at, *last)) {
                sight.pop();
            }
        }
        sights
    }

    fn saw(&self, at: u32, version: u32) -> bool {
        let sights = self.sights_of_others(at, self.history.key_of(version));
        sights.iter().any(|sight| sight.last() == Some(&version))
    }

    /// Whether a register or list was seen as it was at first.
    fn is_initial(&self, version: u32) -> bool {
        self.history.initial(self.history.key_of(version)) == version
    }

    fn circle(&self, links: &[Link], supposed: &[(u32, u32)]) -> Audit {
        ensure(links.len() >= 2, || format!("{} links", links.len()))?;
        for (place, link) in links.iter().enumerate() {
            let next = &links[(place + 1) % links.len()];
            ensure(link.to == next.from, || format!("{link:?} does not lead to {next:?}"))?;
            self.link(link, supposed)?;
        }
        let froms: BTreeSet<u32> = links.iter().map(|link| link.from).collect();
        ensure(froms.len() == links.len(), || "the circle meets itself".into())
    }

    fn link(&self, link: &Link, supposed: &[(u32, u32)]) -> Audit {
        let (from, to) = (link.from, link.to);
        let failed = |at| self.history.outcome(at) == Outcome::Failed;
        ensure(!failed(from) && !failed(to), || format!("{link:?} is about one that failed"))?;
        let fits = match &link.because {
            Because::Process => {
                self.is_ok(from) && from < to && self.history.process(from) == self.history.process(to)
            }
            Because::Time => self.history.precedes(from, to),
            Because::Saw { version } => self.writes(from, *version) && self.saw(to, *version),
            Because::Overwrote { earlier, later } => {
                self.writes(from, *earlier) && self.writes(to, *later) && self.follows(*earlier, *later)
            }
            Because::Missed { seen, written } => {
                self.writes(to, *written) && self.missed(from, to, *seen, *written, supposed)
            }
            Because::Must { reader, seen, other, via } => {
                let mut at = from;
                for step in via {
                    let is_cause = matches!(step.because, Because::Saw { .. } | Because::Process);
                    ensure(is_cause && step.from == at, || format!("{step:?} is no cause"))?;
                    self.link(step, supposed)?;
                    at = step.to;
                }
                at == *reader
                    && !via.is_empty()
                    && self.history.key_of(*seen) == self.history.key_of(*other)
                    && self.writes(from, *other)
                    && self.writes(to, *seen)
                    && self.saw(*reader, *seen)
            }
            Because::Supposed => supposed.contains(&(from, to)),
        };
        ensure(fits, || format!("{link:?} is not so (supposed {supposed:?})"))
    }

    /// Whether reads of a list show one element before the other: wherever the later one is seen, the earlier one
    /// is before it, and somebody has seen the earlier one.
    fn follows(&self, earlier: u32, later: u32) -> bool {
        let key = self.history.key_of(later);
        let lists = self.all_sights(key);
        let place = |list: &[u32], version| list.iter().position(|other| *other == version);
        self.history.key_of(earlier) == key
            && lists.iter().any(|list| place(list, earlier).is_some())
            && lists.iter().all(|list| match (place(list, earlier), place(list, later)) {
                (Some(early), Some(late)) => early < late,
                (None, Some(_)) => false,
                _ => true,
            })
    }

    fn missed(&self, from: u32, to: u32, seen: u32, written: u32, supposed: &[(u32, u32)]) -> bool {
        let key = self.history.key_of(written);
        if self.history.key_of(seen) != key {
            return false;
        }
        let sights = self.sights_of_others(from, key);
        if self.is_list() {
            let end = if self.is_initial(seen) { None } else { Some(&seen) };
            let lists = self.all_sights(key);
            // What it saw is the beginning of every longer list, and what was written is in none up to there.
            return sights.iter().filter(|sight| sight.last() == end).any(|sight| {
                !sight.contains(&written)
                    && lists.iter().all(|list| {
                        let shared = list.iter().zip(sight).take_while(|(a, b)| a == b).count();
                        shared == list.len().min(sight.len())
                    })
            });
        }
        let saw = sights.iter().any(|sight| sight[..] == [seen]);
        let replaces = self.is_first(seen)
            || self.saw(to, seen)
            || supposed.iter().any(|(first, second)| *second == to && self.writes(*first, seen));
        saw && self.last_write(to, key) == Some(written) && replaces
    }

    /// Whether a version of a register is what the key held at first.
    fn is_first(&self, version: u32) -> bool {
        let unwritten = (0..self.history.len())
            .all(|at| !self.writes(at, version) || self.history.outcome(at) == Outcome::Failed);
        self.is_initial(version) || unwritten
    }

    /// Whether a circle is of the shape and leans on the orders that the anomaly says.
    fn shape(&self, anomaly: Anomaly, links: &[Link]) -> Audit {
        let count = |is: fn(&Because) -> bool| links.iter().filter(|link| is(&link.because)).count();
        let missed = |link: &Link| matches!(link.because, Because::Missed { .. });
        let misses = links.iter().filter(|link| missed(link)).count();
        let musts = count(|because| matches!(because, Because::Must { .. }));
        let saw = count(|because| matches!(because, Because::Saw { .. }));
        let overwrote = count(|because| matches!(because, Because::Overwrote { .. }));
        let by_process = count(|because| matches!(because, Because::Process));
        let by_time = count(|because| matches!(because, Because::Time));
        let adjacent =
            (0..links.len()).any(|place| missed(&links[place]) && missed(&links[(place + 1) % links.len()]));
        let fits_order = |order: Order| match order {
            Order::Data => by_process + by_time == 0,
            Order::Process => by_process > 0 && by_time == 0,
            Order::RealTime => by_time > 0,
        };
        let fits = match anomaly {
            Anomaly::Graph(shape, order) => {
                let is_shape = match shape {
                    Shape::G0 => saw == 0 && misses == 0 && overwrote > 0,
                    Shape::G1c => misses == 0 && saw + overwrote > 0,
                    Shape::GSingleItem => misses == 1,
                    Shape::GNonadjacentItem => misses > 1 && !adjacent,
                    Shape::G2Item => misses > 1 && adjacent,
                    _ => false,
                };
                is_shape && fits_order(order) && musts == 0
            }
            Anomaly::GUpdate => {
                let readers = links
                    .iter()
                    .filter(|link| self.history.steps(link.from).all(|mop| mop.writes().is_none()));
                misses > 0 && readers.count() <= 1 && fits_order(Order::Data)
            }
            Anomaly::Vanished(order) | Anomaly::Fractured(order) | Anomaly::NotCausal(order) => {
                let processes = order != Order::Data || by_process == 0;
                (musts > 0 && misses == 0 || misses == 1 && musts == 0) && by_time == 0 && processes
            }
            Anomaly::NoOrder(_) => true,
            _ => false,
        };
        ensure(fits, || format!("this is no {anomaly}"))
    }

    fn cases(&self, cases: &Cases, supposed: &mut Vec<(u32, u32)>) -> Audit {
        match cases {
            Cases::Circle(links) => self.circle(links, supposed),
            Cases::Either { key, first, second, if_first, if_second } => {
                for at in [first, second] {
                    ensure(self.last_write(*at, *key).is_some(), || format!("{at} did not write"))?;
                }
                for (pair, cases) in [((*first, *second), if_first), ((*second, *first), if_second)] {
                    supposed.push(pair);
                    self.cases(cases, supposed)?;
                    supposed.pop();
                }
                Ok(())
            }
        }
    }

    fn plain(&self, anomaly: Anomaly, proof: &Proof) -> Audit {
        let any_sight = |at: u32, version: u32| {
            self.sights(at, self.history.key_of(version)).iter().any(|sight| sight.contains(&version))
        };
        let failed = |at: u32| self.history.outcome(at) == Outcome::Failed;
        let fits = match (anomaly, proof) {
            (Anomaly::G1a, Proof::Aborted { reader, writer, version }) => {
                failed(*writer) && self.writes(*writer, *version) && any_sight(*reader, *version)
            }
            (Anomaly::G1b, Proof::Intermediate { reader, writer, version }) => {
                let key = self.history.key_of(*version);
                reader != writer
                    && any_sight(*reader, *version)
                    && self.writes(*writer, *version)
                    && self.last_write(*writer, key) != Some(*version)
            }
            (Anomaly::DirtyUpdate, Proof::DirtyUpdate { reader, failed: bad, version, by, later }) => {
                let key = self.history.key_of(*version);
                let place = |sight: &[u32], version| sight.iter().position(|other| *other == version);
                failed(*bad)
                    && !failed(*by)
                    && self.writes(*bad, *version)
                    && self.writes(*by, *later)
                    && self.sights(*reader, key).iter().any(|sight| {
                        matches!((place(sight, *version), place(sight, *later)), (Some(a), Some(b)) if a < b)
                    })
            }
            (Anomaly::IncompatibleOrder, Proof::Incompatible { key, first, second, at }) => {
                let at = *at as usize;
                self.sights(*first, *key).iter().any(|a| {
                    self.sights(*second, *key)
                        .iter()
                        .any(|b| a.len() > at && b.len() > at && a[at] != b[at] && a[..at] == b[..at])
                })
            }
            (Anomaly::IncompatibleOrder, Proof::OutOfOrder { reader, writer, earlier, later }) => {
                let key = self.history.key_of(*earlier);
                let own: Vec<u32> = self.history.steps(*writer).filter_map(Mop::writes).collect();
                let place = |list: &[u32], version| list.iter().position(|other| *other == version);
                let sights = self.sights(*reader, key);
                place(&own, *earlier) < place(&own, *later)
                    && place(&own, *earlier).is_some()
                    && sights.iter().any(|sight| {
                        place(sight, *later).is_some_and(|late| !sight[..late].contains(earlier))
                    })
            }
            (Anomaly::FutureRead, Proof::Future { transaction, version }) => {
                let steps: Vec<Mop> = self.history.steps(*transaction).collect();
                let wrote = steps.iter().position(|mop| mop.writes() == Some(*version));
                let saw = steps.iter().position(|mop| match mop {
                    Mop::Read { seen: Seen::Version(seen), .. } => seen == version,
                    Mop::Read { seen: Seen::List(list), .. } => self.history.list(*list).contains(version),
                    _ => false,
                });
                matches!((saw, wrote), (Some(saw), Some(wrote)) if saw < wrote)
            }
            (Anomaly::DuplicateElements, Proof::Duplicate { reader, version }) => {
                let sights = self.sights(*reader, self.history.key_of(*version));
                sights.iter().any(|sight| sight.iter().filter(|other| *other == version).count() > 1)
            }
            (Anomaly::Internal, Proof::Internal { transaction, step, expected }) => {
                let mop = self.history.steps(*transaction).nth(*step as usize);
                let sight = match mop {
                    Some(Mop::Read { seen: Seen::Version(version), .. }) => vec![version],
                    Some(Mop::Read { seen: Seen::List(list), .. }) => self.history.list(list).to_vec(),
                    _ => return Err("no read there".into()),
                };
                match expected {
                    Expected::Version(version) => sight[..] != [*version],
                    Expected::List(list) => sight != *list,
                    Expected::Ending(end) => !sight.ends_with(end),
                }
            }
            (Anomaly::NonRepeatableRead, Proof::NotRepeated { transaction, first, second }) => {
                first != second && any_sight(*transaction, *first) && any_sight(*transaction, *second)
            }
            (Anomaly::LostUpdate, Proof::LostUpdate { first, second, version }) => {
                let key = self.history.key_of(*version);
                let end = if self.is_list() && self.is_initial(*version) { None } else { Some(version) };
                let did = |at: u32| {
                    let saw = self.sights(at, key).iter().any(|sight| sight.last() == end);
                    saw && self.last_write(at, key).is_some()
                };
                first != second && did(*first) && did(*second)
            }
            (Anomaly::UnwrittenRead, Proof::Unwritten { reader, version }) => {
                any_sight(*reader, *version) && (0..self.history.len()).all(|at| !self.writes(at, *version))
            }
            _ => false,
        };
        ensure(fits, || format!("{proof:?} does not show {anomaly}"))
    }
}
