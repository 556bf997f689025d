//! The invariants by looking at everything: slow, and written without a glance at the monitor, which is tested against
//! it. Whatever a look at one moment can show broken, the monitor must have reported by then.

use super::Pbft;
use super::invariants::At;
use super::replica::Replica;
use sim::ActorId;
use sim::protocol::Cluster;

/// What is broken now.
pub(super) fn scan(cluster: &Cluster<'_, Pbft>) -> Vec<(usize, String)> {
    let replicas: Vec<(ActorId, &Replica)> =
        cluster.actors.iter().filter_map(|(id, actor, _)| Some((*id, actor.as_ref()?.replica()?))).collect();
    let mut broken = Vec::new();
    for (at, (a, one)) in replicas.iter().enumerate() {
        for (b, two) in &replicas[at + 1..] {
            executed_agree(*a, one, *b, two, &mut broken);
            prepared_agree(*a, one, *b, two, &mut broken);
            states_agree(*a, one, *b, two, &mut broken);
        }
    }
    broken
}

/// Section 4.5.1: what both have executed and still remember is the same.
fn executed_agree(a: ActorId, one: &Replica, b: ActorId, two: &Replica, broken: &mut Vec<(usize, String)>) {
    let upto = one.executed().min(two.executed());
    for number in one.slots().keys().filter(|number| **number <= upto) {
        if let (Some(x), Some(y)) = (one.committed(*number), two.committed(*number))
            && x != y
        {
            broken.push((At::Agreement.place(), format!("{number} is {x} at {a}, {y} at {b}")));
        }
    }
}

/// Section 4.2: two certificates of one view and number are for one request.
fn prepared_agree(a: ActorId, one: &Replica, b: ActorId, two: &Replica, broken: &mut Vec<(usize, String)>) {
    for (number, certificate) in one.hard().prepared.iter() {
        let (x, y) = (certificate.pre_prepare, two.hard().prepared.get(number).map(|c| c.pre_prepare));
        if let Some(y) = y.filter(|y| y.view == x.view && y.digest != x.digest) {
            broken.push((At::Prepared.place(), format!("{x} prepared at {a}, {y} at {b}")));
        }
    }
}

/// Section 4.3: states after the same number are the same.
fn states_agree(a: ActorId, one: &Replica, b: ActorId, two: &Replica, broken: &mut Vec<(usize, String)>) {
    for (number, snapshot) in &one.hard().snapshots {
        if two.hard().snapshots.get(number).is_some_and(|other| other.digest != snapshot.digest) {
            broken.push((At::States.place(), format!("{a} and {b} have different states after {number}")));
        }
    }
}
