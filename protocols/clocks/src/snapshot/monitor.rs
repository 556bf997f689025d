//! Watches the invariants as things happen.
//!
//! [`Watch`] counts what every node has sent to and got from every other one. Held against these counts as they stood when
//! sender and receiver recorded, what a snapshot says of a channel can be right in one way only.

use super::fact::Fact;
use super::invariants::At;
use super::message::SnapshotId;
use super::settings::Settings;
use super::{Actor, Moving};
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// Money that was sent, or has come, from one node to another so far.
type Flow = SortedMap<(ActorId, ActorId), u64>;

/// What is known of a snapshot on its way.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// What each node had when it recorded.
    accounts: SortedMap<ActorId, u64>,
    /// What each had sent to the others by then, and had got from them.
    sent: Flow,
    got: Flow,
    /// What it says of channels.
    channels: Flow,
    /// The how-manieth change of any account came before the first recording.
    since: u64,
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    nodes: Vec<ActorId>,
    total: u64,
    accounts: SortedMap<ActorId, u64>,
    sent: Flow,
    got: Flow,
    snapshots: Arc<SortedMap<SnapshotId, Seen>>,
    /// All accounts after each of the latest changes, and how many changes there were.
    past: VecDeque<Arc<SortedMap<ActorId, u64>>>,
    changes: u64,
}

/// Changes that are remembered.
const PAST: usize = 200;
/// Snapshots that may be on their way as far as the monitor knows; older ones never came to an end.
const OPEN: usize = 32;

impl Monitor<Moving> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        let accounts: SortedMap<ActorId, u64> = settings.all().map(|node| (node, settings.opening)).collect();
        Self {
            nodes: settings.all().collect(),
            total: settings.total(),
            past: VecDeque::from([Arc::new(accounts.clone())]),
            accounts,
            sent: Flow::new(),
            got: Flow::new(),
            snapshots: Arc::default(),
            changes: 0,
        }
    }

    fn observe(
        &mut self,
        _at: Time,
        actor: ActorId,
        happening: &Happening<'_, Moving>,
        _state: Option<&Actor>,
        report: &mut Report,
    ) {
        let Happening::Fact(fact) = happening else { return };
        match fact {
            Fact::Opens { coins } => self.change(actor, *coins),
            Fact::Paid { coins, to } => {
                *self.sent.entry((actor, *to)).or_default() += coins;
                self.change(actor, self.account(actor).saturating_sub(*coins));
            }
            Fact::Got { coins, from } => {
                *self.got.entry((*from, actor)).or_default() += coins;
                self.change(actor, self.account(actor) + coins);
            }
            Fact::Short { .. } => report.reached(At::TooLittle.place()),
            Fact::Begins { .. } => {
                if !self.snapshots.is_empty() {
                    report.reached(At::TwoAtOnce.place());
                }
            }
            Fact::Records { snapshot, coins, .. } => self.records(actor, *snapshot, *coins),
            Fact::Closes { snapshot, from, coins, .. } => {
                if let Some(seen) = Arc::make_mut(&mut self.snapshots).get_mut(snapshot) {
                    seen.channels.insert((*from, actor), *coins);
                }
            }
            Fact::Taken { snapshot, accounts, channels } => {
                self.taken(*snapshot, accounts + channels, report)
            }
            Fact::Recognised { .. } => report.reached(At::Known.place()),
            Fact::GaveUp { .. } => report.reached(At::GaveUp.place()),
            Fact::Waited { .. } => report.reached(At::Late.place()),
            Fact::Asked { .. } | Fact::Retried { .. } | Fact::Answered { .. } => {}
        }
    }
}

fn of(flow: &Flow, from: ActorId, to: ActorId) -> u64 {
    flow.get(&(from, to)).copied().unwrap_or(0)
}

impl Watch {
    fn account(&self, who: ActorId) -> u64 {
        self.accounts.get(&who).copied().unwrap_or(0)
    }

    fn change(&mut self, who: ActorId, coins: u64) {
        self.accounts.insert(who, coins);
        self.changes += 1;
        if self.past.len() == PAST {
            self.past.pop_front();
        }
        self.past.push_back(Arc::new(self.accounts.clone()));
    }

    fn records(&mut self, who: ActorId, snapshot: SnapshotId, coins: u64) {
        let snapshots = Arc::make_mut(&mut self.snapshots);
        if snapshots.len() >= OPEN && !snapshots.contains_key(&snapshot) {
            snapshots.pop_first();
        }
        let changes = self.changes;
        let seen = snapshots.entry(snapshot).or_insert_with(|| Seen { since: changes, ..Seen::default() });
        seen.accounts.insert(who, coins);
        for other in &self.nodes {
            seen.sent.insert((who, *other), of(&self.sent, who, *other));
            seen.got.insert((*other, who), of(&self.got, *other, who));
        }
    }

    fn taken(&mut self, snapshot: SnapshotId, total: u64, report: &mut Report) {
        let Some(seen) = Arc::make_mut(&mut self.snapshots).remove(&snapshot) else { return };
        report.reached(At::Taken.place());
        if seen.channels.values().any(|coins| *coins > 0) {
            report.reached(At::OnItsWay.place());
        }
        for from in &self.nodes {
            for to in self.nodes.iter().filter(|to| *to != from) {
                let (sent, got) = (of(&seen.sent, *from, *to), of(&seen.got, *from, *to));
                let says = of(&seen.channels, *from, *to);
                if sent < got {
                    let sentence = format!(
                        "snapshot {snapshot}: {to} had got {got} from {from}, which had sent {sent}: something came before it was sent"
                    );
                    report.broken(At::Consistent.place(), sentence);
                } else if sent - got != says {
                    let sentence = format!(
                        "snapshot {snapshot} says that {says} were on their way from {from} to {to}, and {} were",
                        sent - got
                    );
                    report.broken(At::Consistent.place(), sentence);
                }
            }
        }
        if total != self.total {
            let sentence = format!("snapshot {snapshot} shows {total}, and there are {}", self.total);
            report.broken(At::Conservation.place(), sentence);
        }
        self.ever_was(&seen, report);
    }

    /// Whether at some instant since the first recording all accounts held together what the snapshot says.
    fn ever_was(&self, seen: &Seen, report: &mut Report) {
        // As many as there were changes since, and the state before them.
        let wanted = self.changes - seen.since + 1;
        if wanted <= self.past.len() as u64 {
            let since = self.past.iter().rev().take(usize::try_from(wanted).unwrap_or(PAST));
            if !since.into_iter().any(|accounts| **accounts == seen.accounts) {
                report.reached(At::NeverWas.place());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::PARAMETERS;
    use super::*;

    const N1: ActorId = ActorId::node(1);
    const N2: ActorId = ActorId::node(2);
    const FIRST: SnapshotId = SnapshotId { by: N1, number: 1 };

    /// What is said to be broken after these facts, of two nodes with 100 each.
    fn after(facts: &[(ActorId, Fact)]) -> Vec<usize> {
        let mut parameters = Parameters::defaults(PARAMETERS);
        parameters.assign("nodes=2").unwrap();
        let mut watch = Watch::new(&Settings::of(&parameters), &parameters);
        let mut report = Report::default();
        for (actor, fact) in facts {
            watch.observe(Time::ZERO, *actor, &Happening::Fact(fact), None, &mut report);
        }
        let text = format!("{report:?}");
        let broken = text.split("reached").next().unwrap_or_default().to_owned();
        [At::Consistent.place(), At::Conservation.place()]
            .into_iter()
            .filter(|at| broken.contains(&format!("({at}, ")))
            .collect()
    }

    fn records(coins: u64) -> Fact {
        Fact::Records { snapshot: FIRST, coins, waits: false }
    }

    fn closes(from: ActorId, coins: u64) -> Fact {
        Fact::Closes { snapshot: FIRST, from, coins, waits: false }
    }

    fn taken(accounts: u64, channels: u64) -> Fact {
        Fact::Taken { snapshot: FIRST, accounts, channels }
    }

    #[test]
    fn money_on_its_way_is_in_the_channel_or_the_cut_is_wrong() {
        let paid = (N1, Fact::Paid { coins: 20, to: N2 });
        let got = (N2, Fact::Got { coins: 20, from: N1 });
        let cut = |channel| {
            [
                paid.clone(),
                (N1, records(80)),
                (N2, records(100)),
                (N1, closes(N2, 0)),
                got.clone(),
                (N2, closes(N1, channel)),
                (N1, taken(180, channel)),
            ]
        };
        assert_eq!(after(&cut(20)), []);
        assert_eq!(after(&cut(0)), [At::Consistent.place(), At::Conservation.place()]);
    }

    #[test]
    fn what_came_before_it_was_sent_is_seen() {
        let facts = [
            (N1, records(100)),
            (N1, Fact::Paid { coins: 20, to: N2 }),
            (N2, Fact::Got { coins: 20, from: N1 }),
            (N2, records(120)),
            (N1, taken(220, 0)),
        ];
        assert_eq!(after(&facts), [At::Consistent.place(), At::Conservation.place()]);
    }
}
