//! Watches the invariants as things happen.
//!
//! [`Watch`] knows what was before what from what nodes say that they stamped and heard, never from the stamps: for each
//! node it keeps a [`Past`], counts and the largest stamps of all that is before now, and holds every new post against
//! that. And it alone knows when something really happened.

use super::fact::{Fact, Put};
use super::invariants::At;
use super::post::{Key, Post};
use super::settings::{Order, Settings};
use super::{Actor, Board};
use crate::logical::{Hybrid, Lamport, Vector};
use crate::sync::part;
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Span, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// All orders of the board. A pothole may be switched on and off in the middle of a run.
const ORDERS: [Order; 4] = [Order::Hybrid, Order::Lamport, Order::Commit, Order::Wall];

/// What was before now at some node: how many posts of each, and the largest stamps among them.
#[derive(Clone, Debug, Default)]
struct Past {
    counts: Vector,
    /// Something was heard so late that what was before it is forgotten: there may be more than this.
    partial: bool,
    /// By each order that the board may be sorted by, in that of [`ORDERS`].
    keys: [Option<Key>; ORDERS.len()],
    lamport: Option<Lamport>,
    hybrid: Option<Hybrid>,
    wall: Option<Time>,
}

impl Past {
    fn new(servers: u16) -> Self {
        Self { counts: Vector::new(servers), ..Self::default() }
    }

    /// A post and all that was before it.
    fn with(&mut self, post: &Post) {
        for (key, order) in self.keys.iter_mut().zip(ORDERS) {
            *key = (*key).max(Some(Settings::key_by(order, post)));
        }
        self.lamport = self.lamport.max(Some(post.stamps.lamport));
        self.hybrid = self.hybrid.max(Some(post.stamps.hybrid));
        self.wall = self.wall.max(Some(post.stamps.wall));
    }

    /// The largest by that order.
    fn key(&self, order: Order) -> Option<Key> {
        self.keys.iter().zip(ORDERS).find(|(_, by)| *by == order).and_then(|(key, _)| *key)
    }

    fn merge(&mut self, other: &Self) {
        self.counts.hear(&other.counts);
        self.partial |= other.partial;
        for (key, other) in self.keys.iter_mut().zip(other.keys) {
            *key = (*key).max(other);
        }
        self.lamport = self.lamport.max(other.lamport);
        self.hybrid = self.hybrid.max(other.hybrid);
        self.wall = self.wall.max(other.wall);
    }
}

/// A post and its past, itself included.
#[derive(Clone, Debug)]
struct Seen {
    post: Arc<Post>,
    past: Arc<Past>,
}

/// What was seen at a node.
#[derive(Clone, Debug, Default)]
struct Node {
    past: Past,
    /// Its newest posts: as many as it may forget in a crash, and those that others may still hear late.
    posts: VecDeque<Seen>,
    /// The latest that its wall clock has shown, as far as it was told.
    wall: Time,
}

/// Posts of a node that are remembered: more than any shelf.
const KEPT: usize = 96;
/// Posts that a new one is compared with, whoever knew of whom.
const RECENT: usize = 12;

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    settings: Arc<Settings>,
    nodes: SortedMap<ActorId, Node>,
    recent: VecDeque<Arc<Post>>,
    /// Of the posts that were told: the one with the latest commit time, and the one with the largest hybrid stamp.
    told: Option<(Time, String)>,
    told_hybrid: Option<Hybrid>,
    /// The last grant.
    granted: Option<(u64, ActorId)>,
}

impl Monitor<Board> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        let node = || Node { past: Past::new(settings.servers), ..Node::default() };
        Self {
            nodes: settings.boards().map(|id| (id, node())).collect(),
            settings: Arc::new(settings.clone()),
            recent: VecDeque::new(),
            told: None,
            told_hybrid: None,
            granted: None,
        }
    }

    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, Board>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        match happening {
            Happening::Fact(fact) => self.fact(at, actor, fact, report),
            Happening::Started => self.started(actor, state, report),
            Happening::Crashed | Happening::Healed | Happening::Disturbed => {}
        }
    }
}

impl Watch {
    fn fact(&mut self, at: Time, actor: ActorId, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Posted { post, order } => self.posted(at, post, *order, report),
            Fact::Released { id, text, commit } => self.released(actor, *commit, format!("{id} “{text}”")),
            Fact::Heard { post, hybrid, wall } => self.heard(actor, post, *hybrid, *wall, report),
            Fact::Refused { .. } => report.reached(At::Refused.place()),
            Fact::Adjusted { how, .. } => match how {
                Put::Slewed => report.reached(At::Slewed.place()),
                Put::Stepped => report.reached(At::Stepped.place()),
                Put::Stands => report.reached(At::Stands.place()),
                Put::Back => {}
            },
            Fact::Granted { epoch, holder } => {
                if self.granted.is_some_and(|(_, before)| before != *holder) {
                    report.reached(At::Changes.place());
                }
                self.granted = Some((*epoch, *holder));
            }
            Fact::Lapsed { .. } => report.reached(At::RunsOut.place()),
            Fact::Pinned { epoch, text } => self.pinned(actor, *epoch, text, report),
            Fact::Recognised { .. } => report.reached(At::Known.place()),
            Fact::GaveUp { .. } => report.reached(At::GaveUp.place()),
            _ => {}
        }
    }

    /// A post is stamped: it is held against all that was before it, and against the time.
    fn posted(&mut self, at: Time, post: &Arc<Post>, order: Order, report: &mut Report) {
        let key = Settings::key_by(order, post);
        self.against_time(at, post, report);
        self.against_told(post, report);
        self.against_recent(post, report);
        let Some(node) = self.nodes.get_mut(&post.id.origin) else { return };
        node.past.counts.tick(Settings::place(post.id.origin));
        let (stamps, past) = (&post.stamps, &node.past);
        if let Some(before) = past.key(order).filter(|before| *before >= key) {
            let sentence =
                format!("{} “{}” stands before {}, which its node knew", post.id, post.text, before.id);
            report.broken(At::Causal.place(), sentence);
        }
        if let Some(before) = past.lamport.filter(|before| *before >= stamps.lamport) {
            report.broken(
                At::Lamport.place(),
                format!("{} has {}, and {before} was before it", post.id, stamps.lamport),
            );
        }
        if let Some(before) = past.hybrid.filter(|before| *before >= stamps.hybrid) {
            report.broken(
                At::Hybrid.place(),
                format!("{} has {}, and {before} was before it", post.id, stamps.hybrid),
            );
        }
        if past.counts != stamps.vector && !(past.partial && past.counts < stamps.vector) {
            let sentence = format!("{} has {}, and {} was before it", post.id, stamps.vector, past.counts);
            report.broken(At::Vector.place(), sentence);
        }
        if past.wall.is_some_and(|before| before > stamps.wall) {
            report.reached(At::Inverted.place());
        }
        if let Some(earlier) = node.posts.back().filter(|earlier| earlier.post.stamps.wall > stamps.wall) {
            let sentence = format!(
                "{} showed {} at {}, and {} at {} after it",
                post.id.origin, earlier.post.stamps.wall, earlier.post.id, stamps.wall, post.id
            );
            report.broken(At::NeverBack.place(), sentence);
        }
        node.past.with(post);
        if node.posts.len() == KEPT {
            node.posts.pop_front();
        }
        node.posts.push_back(Seen { post: Arc::clone(post), past: Arc::new(node.past.clone()) });
        let (hybrid, wall) = (stamps.hybrid, stamps.wall);
        self.bounded(post.id.origin, hybrid, wall, report);
    }

    /// A node hears of a post, and so of all that was before it.
    fn heard(&mut self, who: ActorId, post: &Arc<Post>, hybrid: Hybrid, wall: Time, report: &mut Report) {
        let seen = |node: &Node| {
            node.posts.iter().find(|seen| seen.post.id == post.id).map(|seen| Arc::clone(&seen.past))
        };
        let past = self.nodes.get(&post.id.origin).and_then(seen);
        if let Some(node) = self.nodes.get_mut(&who) {
            match past {
                Some(past) => node.past.merge(&past),
                None => node.past.partial = true,
            }
        }
        self.bounded(who, hybrid, wall, report);
    }

    /// How far a hybrid clock is ahead of the latest that its own wall clock has shown.
    fn bounded(&mut self, who: ActorId, hybrid: Hybrid, wall: Time, report: &mut Report) {
        let ahead = self.settings.ahead;
        let Some(node) = self.nodes.get_mut(&who) else { return };
        node.wall = node.wall.max(wall);
        if hybrid.count > 0 {
            report.reached(At::Counts.place());
        }
        if hybrid.latest > node.wall + ahead {
            let by = hybrid.latest.since(node.wall);
            let sentence = format!("the hybrid clock of {who} is {by} ahead of any wall clock it ever had");
            report.broken(At::Bounded.place(), sentence);
        }
    }

    /// The time lies in the interval, as far as the time server's clock is right: it may drift as any clock.
    fn against_time(&self, at: Time, post: &Post, report: &mut Report) {
        let interval = post.stamps.interval;
        let right = Span(part(at.0, self.settings.drift_limit()).unsigned_abs());
        if interval.earliest > at + right || interval.latest + right < at {
            let sentence = format!("{} was stamped at {at}, which is not in {interval}", post.id);
            report.broken(At::Interval.place(), sentence);
        }
    }

    /// What was told before this was stamped has the earlier commit time.
    fn against_told(&self, post: &Post, report: &mut Report) {
        if let Some((commit, told)) = self.told.as_ref().filter(|(commit, _)| *commit >= post.stamps.commit) {
            let by = commit.since(post.stamps.commit);
            let sentence = format!(
                "{told} was told before {} “{}” was stamped, and has a commit time {by} later",
                post.id, post.text
            );
            report.broken(At::External.place(), sentence);
        }
        if self.told_hybrid.is_some_and(|told| told > post.stamps.hybrid) {
            report.reached(At::Missed.place());
        }
    }

    /// What clocks say of posts that neither knew of the other.
    fn against_recent(&mut self, post: &Arc<Post>, report: &mut Report) {
        for other in &self.recent {
            let (a, b) = (&other.stamps, &post.stamps);
            if a.vector.partial_cmp(&b.vector).is_some() {
                continue;
            }
            report.reached(At::Neither.place());
            if a.lamport != b.lamport {
                report.reached(At::Spurious.place());
            }
            if a.interval.before(&b.interval) {
                report.reached(At::Apart.place());
            } else if !b.interval.before(&a.interval) {
                report.reached(At::Overlap.place());
            }
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::clone(post));
    }

    fn released(&mut self, who: ActorId, commit: Time, name: String) {
        if self.told.as_ref().is_none_or(|(latest, _)| *latest < commit) {
            self.told = Some((commit, name));
        }
        let Some(node) = self.nodes.get(&who) else { return };
        let seen = node.posts.iter().find(|seen| seen.post.stamps.commit == commit);
        self.told_hybrid = self.told_hybrid.max(seen.map(|seen| seen.post.stamps.hybrid));
    }

    fn pinned(&self, who: ActorId, epoch: u64, text: &str, report: &mut Report) {
        let Some((newest, holder)) = self.granted else { return };
        if (epoch, who) != (newest, holder) {
            let sentence = format!(
                "{who} pins “{text}” under lease {epoch}, and lease {newest} has been granted to {holder}"
            );
            report.broken(At::OneHolder.place(), sentence);
        }
    }

    /// What a node found in its log is all that was before now there.
    fn started(&mut self, who: ActorId, state: Option<&Actor>, report: &mut Report) {
        let Some(Actor::Server(server)) = state else { return };
        let servers = self.settings.servers;
        let Some(node) = self.nodes.get_mut(&who) else { return };
        if server.pending().next().is_some() {
            report.reached(At::Survives.place());
        }
        let (found, seen) = (server.stamped(), node.posts.len());
        node.posts.retain(|seen| seen.post.id.number <= found);
        if node.posts.len() < seen {
            report.reached(At::Lost.place());
        }
        node.past = node.posts.back().map_or_else(|| Past::new(servers), |seen| Past::clone(&seen.past));
    }
}
