//! The time server. Its monotonic clock is the time that all others mean; and it grants the lease.
//!
//! One clock that runs on is all that the others need to agree: whether it is right is another matter. A lease that was
//! granted is not granted to anybody else before it has run out by this node's clock, also where the node was down in
//! between and does not remember how long ago that was.

use super::log::{Entry, Log};
use super::message::Message;
use super::{Context, Fact};
use serde::Serialize;
use sim::{ActorId, Recovery, Time};

/// A lease that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Its number.
    pub epoch: u64,
    /// To whom.
    pub holder: ActorId,
    /// Over then, by the monotonic clock here.
    pub until: Time,
    /// Over then, by the wall clock here.
    pub until_wall: Time,
}

/// The time server.
#[derive(Clone, Debug, Serialize)]
pub struct Master {
    grant: Option<Grant>,
}

impl Master {
    /// Starts, from its disk.
    pub fn start(log: &Log, _recovery: Recovery, context: &mut Context<'_>) -> Self {
        context.fact(Fact::Keeps);
        let grant = log.lease.map(|(epoch, holder)| {
            context.note(|| {
                format!("{holder} was granted lease {epoch}, I know not when: it may have begun just now")
            });
            Self::grant(epoch, holder, context)
        });
        Self { grant }
    }

    /// The lease that was granted last.
    pub fn granted(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }

    /// From now on for as long as a lease lasts.
    fn grant(epoch: u64, holder: ActorId, context: &Context<'_>) -> Grant {
        let lasts = context.settings().lease;
        Grant { epoch, holder, until: context.monotonic() + lasts, until_wall: context.wall() + lasts }
    }

    /// A message arrived.
    pub fn on_message(&mut self, from: ActorId, message: &Message, context: &mut Context<'_>) {
        match message {
            Message::Poll { number, sent } => {
                let received = context.monotonic();
                context
                    .send(from, Message::Told { number: *number, sent: *sent, received, answered: received });
            }
            Message::AskLease { number } => self.on_ask(from, *number, context),
            _ => {}
        }
    }

    fn on_ask(&mut self, from: ActorId, number: u64, context: &mut Context<'_>) {
        let held = self.grant.filter(|grant| grant.holder != from && !Self::is_over(grant, context));
        if let Some(Grant { epoch, holder, .. }) = held {
            context.note(|| format!("{holder} holds lease {epoch}, which is not over by my clock"));
            return context.send(from, Message::Taken { holder });
        }
        let epoch = match self.grant {
            Some(grant) if grant.holder == from => grant.epoch,
            Some(grant) => grant.epoch + 1,
            None => 1,
        };
        let grant = Self::grant(epoch, from, context);
        self.grant = Some(grant);
        context.write(Entry::Granted { epoch, holder: from });
        let sync = context.sync();
        context.fact(Fact::Granted { epoch, holder: from });
        context.send_after(sync, from, Message::Lease { number, epoch, until: grant.until_wall });
    }

    fn is_over(grant: &Grant, context: &Context<'_>) -> bool {
        if context.settings().potholes.lease_on_wall {
            context.wall() >= grant.until_wall
        } else {
            context.monotonic() >= grant.until
        }
    }
}
