//! A post and its stamps: the same moment by five clocks.

use crate::logical::{Hybrid, Lamport, Vector};
use crate::truetime::Interval;
use serde::Serialize;
use sim::{ActorId, Time};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// Names a post: who took it, and the how-manieth of that node's it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PostId {
    /// Who took it.
    pub origin: ActorId,
    /// The how-manieth, from 1.
    pub number: u32,
}

impl fmt::Display for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.origin, self.number)
    }
}

/// What five clocks showed when a post was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamps {
    /// The node's wall clock.
    pub wall: Time,
    /// Lamport's.
    pub lamport: Lamport,
    /// What was known of each node's posts, this one included.
    pub vector: Vector,
    /// The hybrid one.
    pub hybrid: Hybrid,
    /// When it surely was.
    pub interval: Interval,
    /// Its commit time: no earlier than the end of the interval.
    pub commit: Time,
}

/// A post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Which.
    pub id: PostId,
    /// Whose request it was.
    pub client: ActorId,
    /// The number of that request.
    pub request: u64,
    /// What it says.
    pub text: Arc<str>,
    /// When, by five clocks.
    pub stamps: Stamps,
}

/// Where a post stands on the board: by a clock, and among equals by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// What the clock showed.
    pub major: u64,
    /// The count of a hybrid clock.
    pub minor: u32,
    /// Which.
    pub id: PostId,
}

/// Posts of one node that another one remembers; older ones fall off.
pub const SHELF: usize = 48;

/// Some node's newest posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    posts: VecDeque<Arc<Post>>,
    last: u32,
}

impl Shelf {
    /// The number of the newest.
    pub fn last(&self) -> u32 {
        self.last
    }

    /// The number of the oldest that is remembered; one more than the newest where none is.
    pub fn first(&self) -> u32 {
        self.posts.front().map_or(self.last + 1, |post| post.id.number)
    }

    /// Puts the next one on it.
    pub fn push(&mut self, post: Arc<Post>) {
        self.last = post.id.number;
        if self.posts.len() == SHELF {
            self.posts.pop_front();
        }
        self.posts.push_back(post);
    }

    /// From the oldest on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Post>> {
        self.posts.iter()
    }

    /// Those after a number.
    pub fn after(&self, number: u32) -> impl Iterator<Item = &Arc<Post>> {
        self.posts.iter().filter(move |post| post.id.number > number)
    }
}
