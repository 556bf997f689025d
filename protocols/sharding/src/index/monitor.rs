//! Watches the invariants as things happen; and the same by looking at one moment alone, which is how the monitor is
//! tested.

use super::fact::Fact;
use super::invariants::At;
use super::settings::Settings;
use super::{Actor, Index};
use sim::protocol::{Cluster, Happening, Monitor, Report};
use sim::{ActorId, Parameters, Time};
use smallvec::SmallVec;

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Index servers that restart by order.
    away: SmallVec<[ActorId; 4]>,
    /// Storage servers in service.
    serving: SmallVec<[ActorId; 16]>,
}

impl Monitor<Index> for Watch {
    fn new(_settings: &Settings, _parameters: &Parameters) -> Self {
        Self { away: SmallVec::new(), serving: SmallVec::new() }
    }

    fn observe(
        &mut self,
        _at: Time,
        actor: ActorId,
        happening: &Happening<'_, Index>,
        _state: Option<&Actor>,
        report: &mut Report,
    ) {
        match happening {
            Happening::Fact(fact) => self.fact(actor, fact, report),
            Happening::Crashed => {
                self.away.retain(|away| *away != actor);
                self.serving.retain(|serving| *serving != actor);
            }
            _ => {}
        }
    }
}

impl Watch {
    fn fact(&mut self, actor: ActorId, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Loads { ordered } => {
                self.away.retain(|away| *away != actor);
                if *ordered {
                    report.reached(At::Restarted.place());
                    if let Some(other) = self.away.first() {
                        let sentence = format!("{actor} restarts by order, and {other} is not back yet");
                        report.broken(At::One.place(), sentence);
                    }
                    self.away.push(actor);
                }
            }
            Fact::Serves => self.away.retain(|away| *away != actor),
            Fact::InService => self.serving.push(actor),
            Fact::Leased { back: true, .. } => {
                report.reached(At::Back.place());
                self.serving.push(actor);
            }
            Fact::OutOfService => {
                report.reached(At::Out.place());
                self.serving.retain(|serving| *serving != actor);
                if self.serving.is_empty() {
                    report.reached(At::Nobody.place());
                }
            }
            Fact::Waits { .. } => report.reached(At::Waited.place()),
            Fact::Watches { unsure: true } => report.reached(At::OrderSurvives.place()),
            Fact::Late { .. } => report.reached(At::Late.place()),
            Fact::Full { .. } => report.reached(At::Full.place()),
            Fact::Failed => report.reached(At::Failed.place()),
            _ => {}
        }
    }
}

/// What is broken now, by the states of all alone.
pub(super) fn scan(cluster: &Cluster<'_, Index>) -> Vec<(usize, String)> {
    let servers = cluster.actors.iter().filter_map(|(id, state, _)| match state {
        Some(Actor::Index(server)) => Some((*id, server)),
        _ => None,
    });
    let away = servers.filter(|(_, server)| server.is_away_by_order()).map(|(id, _)| id);
    let away: Vec<ActorId> = away.collect();
    if away.len() > 1 { vec![(At::One.place(), format!("{away:?} restart by order"))] } else { Vec::new() }
}
