//! What a disk holds: a server's own posts, and which of them were told; the time server's last grant.

use super::post::{Post, Shelf};
use serde::Serialize;
use sim::ActorId;
use std::sync::Arc;

/// One write.
#[derive(Clone, Debug, Serialize)]
pub enum Entry {
    /// A post was stamped here. Nobody hears of it before this is durable.
    Post(Arc<Post>),
    /// Posts up to this number were told. Nothing waits for this to be durable: what is told twice is known.
    Told(u32),
    /// The lease was granted.
    Granted {
        /// Its number.
        epoch: u64,
        /// To whom.
        holder: ActorId,
    },
}

/// What they come to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log {
    /// The node's own posts.
    pub posts: Shelf,
    /// The number of the last that was told.
    pub told: u32,
    /// The last grant: its number, and to whom.
    pub lease: Option<(u64, ActorId)>,
}

impl Log {
    /// Folds one write.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Post(post) => self.posts.push(Arc::clone(post)),
            Entry::Told(number) => self.told = self.told.max(*number),
            Entry::Granted { epoch, holder } => self.lease = Some((*epoch, *holder)),
        }
    }
}
