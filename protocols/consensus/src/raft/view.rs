//! What only Raft knows about its actors, for an inspector and for the strip of logs.
//!
//! Fields by their names in conditions. Of a node: `term`, `voted`, `leader`, `committed`, `applied`, `last` (index and
//! term of its newest entry), `durable` (written and durable index), `members`, `snapshot`, `values`; of a leader also
//! `matched`, `reads` and, where it is used, `lease`. Of a client: `asks`, `waits`, `queue`, `believes`.

use super::hard::Hard;
use super::log::{Log, LogIndex};
use super::node::{Raft, Role};
use super::{Actor, KvClient, RaftStore};
use sim::ActorId;
use sim::protocol::Cluster;
use sim::story::{Rank, Role as Shown};
use sim::view::{ActorView, Body, Cell, CellState, Row, Strip};

/// The newest cells of a row that are shown.
const CELLS: u64 = 200;

pub(super) fn fill(id: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
    match state {
        Some(Actor::Server(raft)) => server(raft, view),
        Some(Actor::Client(client)) => client_fields(client, view),
        None if id.is_client() => {}
        None => down(durable, view),
    }
}

fn capital(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn server(raft: &Raft, view: &mut ActorView) {
    let term = raft.term();
    let (rank, label) = match raft.role() {
        Role::Leader(_) => (Rank::Leader, "leader"),
        Role::Candidate(_) => (Rank::Candidate, "candidate"),
        Role::PreCandidate(_) => (Rank::Candidate, "pre-candidate"),
        Role::Follower { .. } if raft.is_voter() => (Rank::Follower, "follower"),
        Role::Follower { .. } => (Rank::Learner, "not a member"),
    };
    view.role = Some(Shown { rank, label, version: term.0 });
    view.headline = match raft.role() {
        Role::Leader(_) => format!("Leader of term {term}"),
        Role::Candidate(_) => format!("Candidate in term {term}"),
        _ => format!("{} in term {term}", capital(label)),
    };
    view.subline = subline(raft, view.reaches);
    let none = || "nobody".to_owned();
    view.field("term", "term", term, "follower");
    view.field("voted", "voted for", raft.hard().vote.map_or_else(none, |id| id.to_string()), "voted");
    if !raft.leads() {
        view.field("leader", "leader", raft.leader().map_or_else(none, |id| id.to_string()), "follows");
    }
    view.field("committed", "committed", raft.committed(), "committed");
    view.field("applied", "applied", raft.applied(), "applied");
    let last = raft.last();
    view.field("last", "last entry", format!("{}, term {}", last.index, last.term), "appended");
    view.field("durable", "written, durable", format!("{}, {}", last.index, raft.durable()), "appended");
    view.field("members", "members", raft.members(), "members");
    hard_fields(raft.hard(), view);
    let values: Vec<String> = raft.store().values().map(|(key, value)| format!("{key}={value}")).collect();
    view.field(
        "values",
        "values",
        if values.is_empty() { "none".to_owned() } else { values.join(" ") },
        "applied",
    );
    if let Role::Leader(leader) = raft.role() {
        let matched: Vec<String> =
            leader.progress.iter().map(|(node, progress)| format!("{node} {}", progress.matched)).collect();
        view.field("matched", "others have", matched.join(", "), "");
        view.field("reads", "reads waiting", leader.reads.len(), "");
        if let Some(lease) = leader.lease {
            view.field("lease", "lease until, by its clock", lease.monotonic, "");
        }
        if let Some(transfer) = leader.transfer {
            view.field("transfer", "gives its office to", transfer.to, "transferring");
        }
        if let Some(joining) = leader.joining {
            view.field("joining", "catches up", joining.node, "catching-up");
        }
    }
}

fn subline(raft: &Raft, reaches: u16) -> String {
    let of = raft.members().voters().len();
    match raft.role() {
        Role::Leader(_) if reaches <= 1 && of > 1 => format!("hears 1 of {of} nodes: itself"),
        Role::Leader(_) => format!("hears {} of {of} nodes", of.min(usize::from(reaches))),
        Role::Follower { leader: Some(leader) } => format!("follows {leader}"),
        Role::Follower { leader: None } => "knows no leader".to_owned(),
        Role::PreCandidate(votes) => {
            format!("{} of {of} would vote for it", votes.granted.len())
        }
        Role::Candidate(votes) => format!("{} of {of} votes", votes.granted.len()),
    }
}

fn hard_fields(hard: &Hard, view: &mut ActorView) {
    if let Some(snapshot) = &hard.snapshot {
        view.field("snapshot", "snapshot up to", snapshot.last.index, "compacted");
    }
}

/// What would be found on the disk of a node that is down.
fn down(hard: &Hard, view: &mut ActorView) {
    let last = hard.log.last();
    view.field("term", "term on disk", hard.term, "");
    if let Some(vote) = hard.vote {
        view.field("voted", "voted for", vote, "voted");
    }
    view.field("last", "last entry", format!("{}, term {}", last.index, last.term), "");
    hard_fields(hard, view);
}

fn client_fields(client: &KvClient, view: &mut ActorView) {
    view.role = Some(Shown { rank: Rank::Client, label: "client", version: 0 });
    view.headline = "Client".to_owned();
    match (client.open(), client.next()) {
        (Some(open), _) => {
            let label = open.ask.operation.label();
            view.field("asks", "asks", &label, "asked");
            view.field("waits", "waits for", open.node, "asked");
            view.subline = format!("waits for {}", open.node);
            view.waiting = Some((label, format!("waits for {}", open.node)));
        }
        (None, Some(ask)) => view.waiting = Some((ask.operation.label(), "about to".to_owned())),
        (None, None) => view.subline = "waits for nothing".to_owned(),
    }
    if client.queued() > 0 {
        view.field("queue", "then", client.queued(), "");
    }
    if let Some(leader) = client.leader() {
        view.field("believes", "believes to lead", leader, "answered");
    }
}

/// The logs, one row a node.
pub(super) fn strip(cluster: &Cluster<'_, RaftStore>) -> Strip {
    let mut rows = Vec::new();
    for (id, state, durable) in cluster.actors.iter().filter(|(id, ..)| id.is_node()) {
        let spare = id.number() > cluster.settings.nodes;
        match state.and_then(Actor::server) {
            Some(raft) => {
                let state_of = |index: LogIndex| {
                    if index <= raft.applied() {
                        CellState::Applied
                    } else if index <= raft.committed() {
                        CellState::Committed
                    } else if index <= raft.durable() {
                        CellState::Durable
                    } else {
                        CellState::Written
                    }
                };
                rows.push(row(*id, &raft.hard().log, state_of));
            }
            None if spare && durable.log.last().index == LogIndex(0) => {}
            None => rows.push(row(*id, &durable.log, |_| CellState::Durable)),
        }
    }
    Strip {
        title: "Logs",
        legend: "number and colour: term; filled: this node knows it is committed",
        body: Body::Cells(rows),
    }
}

fn row(actor: ActorId, log: &Log, state_of: impl Fn(LogIndex) -> CellState) -> Row {
    let base = log.base();
    let mut cells: Vec<Cell> = log
        .iter()
        .rev()
        .take(usize::try_from(CELLS).unwrap_or(usize::MAX))
        .map(|(id, entry)| Cell {
            column: id.index.0,
            version: id.term.0,
            text: entry.payload.text(),
            state: state_of(id.index),
        })
        .collect();
    if base.index > LogIndex(0) && (cells.len() as u64) < CELLS {
        cells.push(Cell {
            column: base.index.0,
            version: base.term.0,
            text: "snapshot".into(),
            state: CellState::Snapshot,
        });
    }
    cells.reverse();
    Row { actor, cells, first: base.index.0 + 1 }
}
