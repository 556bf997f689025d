//! All invariants by looking at everything: slow, and written without a glance at the monitor, which is tested against
//! it. Whatever a look at one moment can show broken, the monitor must have reported by then.

use super::RaftStore;
use super::invariants::At;
use super::log::{EntryId, LogIndex};
use super::node::Raft;
use sim::ActorId;
use sim::protocol::Cluster;

/// What is broken now.
pub(super) fn scan(cluster: &Cluster<'_, RaftStore>) -> Vec<(usize, String)> {
    let servers: Vec<(ActorId, &Raft)> =
        cluster.actors.iter().filter_map(|(id, actor, _)| Some((*id, actor.as_ref()?.server()?))).collect();
    let mut broken = Vec::new();
    for (at, (a, one)) in servers.iter().enumerate() {
        for (b, two) in &servers[at + 1..] {
            if one.leads() && two.leads() && one.term() == two.term() {
                broken.push((At::Election.place(), format!("{a} and {b} both lead term {}", one.term())));
            }
            logs_match(*a, one, *b, two, &mut broken);
            committed_agree(*a, one, *b, two, &mut broken);
            complete(*a, one, *b, two, &mut broken);
            complete(*b, two, *a, one, &mut broken);
        }
    }
    broken
}

/// §5.3: the same index and term, the same entry, and the same before it.
fn logs_match(a: ActorId, one: &Raft, b: ActorId, two: &Raft, broken: &mut Vec<(usize, String)>) {
    let mut agreed = false;
    for (id, entry) in one.hard().log.iter().rev() {
        let other = two.entry(id.index);
        match other {
            Some(other) if other.term == id.term => {
                agreed = true;
                if other != entry {
                    broken.push((At::Matching.place(), format!("{a} and {b} hold different entries {id}")));
                }
            }
            Some(other) if agreed => {
                let theirs = EntryId { term: other.term, index: id.index };
                broken.push((
                    At::Matching.place(),
                    format!("{a} holds {id} and {b} {theirs}, yet they agree later"),
                ));
            }
            _ => {}
        }
    }
}

/// §5.4.3: where both know an entry to be committed, it is the same.
fn committed_agree(a: ActorId, one: &Raft, b: ActorId, two: &Raft, broken: &mut Vec<(usize, String)>) {
    let upto = one.committed().min(two.committed());
    for (id, entry) in one.hard().log.iter().take_while(|(id, _)| id.index <= upto) {
        if let Some(other) = two.entry(id.index).filter(|other| *other != entry) {
            let theirs = EntryId { term: other.term, index: id.index };
            let (ours, other) = (entry.payload.text(), other.payload.text());
            broken.push((At::Machine.place(), format!("{a} applied {id} {ours}, {b} {theirs} {other}")));
        }
    }
}

/// §5.4: a leader has what a node of an earlier term knows to be committed.
fn complete(a: ActorId, leader: &Raft, b: ActorId, other: &Raft, broken: &mut Vec<(usize, String)>) {
    if !leader.leads() || other.term() >= leader.term() {
        return;
    }
    let covered = leader.hard().log.base().index;
    for (id, _) in other.hard().log.iter().take_while(|(id, _)| id.index <= other.committed()) {
        if id.index > covered.max(LogIndex(0)) && !leader.hard().log.has(id) {
            let sentence = format!("{a} leads term {} without {id}, which {b} committed", leader.term());
            broken.push((At::Completeness.place(), sentence));
        }
    }
}
