//! All invariants by looking at everything: slow, and written without a glance at the monitor, which is tested against
//! it. What was before what is read from the vectors; that these are right, the monitor alone can say.

use super::invariants::At;
use super::post::Post;
use super::settings::Settings;
use super::{Actor, Board};
use sim::ordered::SortedMap;
use sim::protocol::Cluster;
use std::sync::Arc;

/// Every post that is on some board.
fn posts(cluster: &Cluster<'_, Board>) -> Vec<Arc<Post>> {
    let mut all = SortedMap::new();
    for (_, actor, _) in &cluster.actors {
        if let Some(Actor::Server(server)) = actor {
            let shelved = server.shelves().iter().flat_map(|shelf| shelf.iter());
            all.extend(shelved.map(|post| (post.id, Arc::clone(post))));
        }
    }
    all.into_values().collect()
}

/// What is broken now.
pub(super) fn scan(cluster: &Cluster<'_, Board>) -> Vec<(usize, String)> {
    compare(&posts(cluster), cluster.settings)
}

/// What is broken between these posts.
pub(super) fn compare(posts: &[Arc<Post>], settings: &Settings) -> Vec<(usize, String)> {
    let mut broken = Vec::new();
    for a in posts {
        for b in posts.iter().filter(|b| a.stamps.vector < b.stamps.vector) {
            let mut wrong = |holds: bool, at: At, what: &str| {
                if !holds {
                    broken.push((at.place(), format!("{} was before {}, {what}", a.id, b.id)));
                }
            };
            let (one, two) = (&a.stamps, &b.stamps);
            wrong(one.lamport < two.lamport, At::Lamport, "not by Lamport's clock");
            wrong(one.hybrid < two.hybrid, At::Hybrid, "not by the hybrid clock");
            wrong(settings.key(a) < settings.key(b), At::Causal, "not on the board");
            if a.id.origin == b.id.origin {
                wrong(one.wall <= two.wall, At::NeverBack, "not by the wall clock there");
            }
        }
    }
    broken
}
