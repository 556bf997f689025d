//! What must survive a crash, as the fold of typed writes.
//!
//! The paper's replicas do not crash and come back: one that forgets what it said is simply faulty, one of the f. Here
//! all of them may crash, and none of them lies by that. So whatever a replica says is on its disk first: which view it
//! asked for, which request it accepted under a number, what it saw prepared, the state behind a checkpoint message, the
//! new view it began. Commits and executed requests need not be kept: what is committed is prepared at f+1 replicas that
//! tell the truth, and is executed again from the last checkpoint on. Only where reads are answered at once must a replica
//! remember how far it was: a client counted on it, and it may not answer from less.

use super::keys::Digest;
use super::message::{Certificate, NewView, Number, Request, Snapshot, View, Vote};
use serde::Serialize;
use sim::ordered::SortedMap;
use std::sync::Arc;

/// One write to the disk.
#[derive(Clone, Debug, Serialize)]
pub enum Write {
    /// It asks for this view, and takes part in no earlier one any more.
    Change(View),
    /// It accepts this request under this number.
    Accept {
        /// The primary's word.
        vote: Vote,
        /// The request.
        request: Arc<Request>,
    },
    /// A request it lacked.
    Body {
        /// Under this number.
        number: Number,
        /// Its digest.
        digest: Digest,
        /// The request.
        request: Arc<Request>,
    },
    /// A request prepared.
    Prepared(Arc<Certificate>),
    /// It enters (or begins) this view.
    Enter(Arc<NewView>),
    /// The state after a number.
    Checkpoint(Arc<Snapshot>),
    /// The proof that a checkpoint is stable: what lies before it goes.
    Stable(Arc<[Vote]>),
    /// It executed up to here; written where reads are answered at once.
    Executed(Number),
}

/// Everything that survives a crash. Copies share what is large.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hard {
    /// The view it is in, or asks for; 0 stands for 1, before anything was written.
    view: View,
    /// Whether it asks for it, and has not entered it.
    pub changing: bool,
    /// How it came into its view; none in the first.
    pub new_view: Option<Arc<NewView>>,
    /// Proof of the last stable checkpoint; empty before the first.
    pub proof: Arc<[Vote]>,
    /// Its own states at checkpoints, the stable one and those after it.
    pub snapshots: SortedMap<Number, Arc<Snapshot>>,
    /// What it accepted in this view, by number.
    pub accepted: Arc<SortedMap<Number, Vote>>,
    /// What prepared, in the newest view each.
    pub prepared: Arc<SortedMap<Number, Arc<Certificate>>>,
    /// How far it had executed, where reads are answered at once: with less it must not answer any.
    pub reached: Number,
    /// Requests, each with the newest number it may have.
    bodies: Arc<SortedMap<Digest, (Number, Arc<Request>)>>,
}

impl Hard {
    /// The view it is in, or asks for.
    pub fn view(&self) -> View {
        self.view.max(View(1))
    }

    /// The number of the last stable checkpoint: h, the low watermark.
    pub fn stable(&self) -> Number {
        self.proof.first().map_or(Number(0), |vote| vote.number)
    }

    /// The newest state it holds.
    pub fn newest(&self) -> Option<&Arc<Snapshot>> {
        self.snapshots.last_key_value().map(|(_, snapshot)| snapshot)
    }

    /// A request by its digest.
    pub fn body(&self, digest: Digest) -> Option<&Arc<Request>> {
        self.bodies.get(&digest).map(|(_, request)| request)
    }

    /// A request in a word; its digest where it is not held.
    pub fn text(&self, digest: Digest) -> Arc<str> {
        self.body(digest).map_or_else(|| digest.to_string().into(), |request| request.text())
    }

    /// All requests it holds, by digest.
    pub fn requests(&self) -> impl Iterator<Item = (Digest, &Arc<Request>)> {
        self.bodies.iter().map(|(digest, (_, request))| (*digest, request))
    }

    /// Folds one write.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Change(view) => (self.view, self.changing) = (*view, true),
            Write::Accept { vote, request } => {
                Arc::make_mut(&mut self.accepted).insert(vote.number, *vote);
                self.keep(vote.number, vote.digest, request);
            }
            Write::Body { number, digest, request } => self.keep(*number, *digest, request),
            Write::Prepared(certificate) => {
                let number = certificate.pre_prepare.number;
                Arc::make_mut(&mut self.prepared).insert(number, Arc::clone(certificate));
            }
            Write::Enter(new) => {
                (self.view, self.changing) = (new.view, false);
                self.accepted = Arc::new(new.proposals.iter().map(|vote| (vote.number, *vote)).collect());
                self.new_view = Some(Arc::clone(new));
                self.forget();
            }
            Write::Checkpoint(snapshot) => {
                self.snapshots.insert(snapshot.number, Arc::clone(snapshot));
            }
            Write::Executed(number) => self.reached = self.reached.max(*number),
            Write::Stable(proof) => {
                self.proof = Arc::clone(proof);
                self.forget();
            }
        }
    }

    fn keep(&mut self, number: Number, digest: Digest, request: &Arc<Request>) {
        let kept = Arc::make_mut(&mut self.bodies);
        let entry = kept.entry(digest).or_insert_with(|| (number, Arc::clone(request)));
        entry.0 = entry.0.max(number);
    }

    /// Section 4.3: what lies up to the stable checkpoint is of no more use.
    fn forget(&mut self) {
        let stable = self.stable();
        self.snapshots.retain(|number, _| *number >= stable);
        Arc::make_mut(&mut self.accepted).retain(|number, _| *number > stable);
        Arc::make_mut(&mut self.prepared).retain(|number, _| *number > stable);
        Arc::make_mut(&mut self.bodies).retain(|_, (number, _)| *number > stable);
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Signature;
    use super::super::message::Phase;
    use super::*;
    use crate::raft::store::{Operation, Store};
    use sim::ActorId;

    const NONE: Signature = Signature::Tag(0);

    fn vote(phase: Phase, view: u64, number: u64, digest: Digest) -> Vote {
        let by = ActorId::node(1);
        Vote { phase, view: View(view), number: Number(number), digest, by, signature: NONE }
    }

    fn request(value: &str) -> Arc<Request> {
        let operation = Operation::Put { key: "list".into(), value: value.into() };
        let client = ActorId::client(1);
        Arc::new(Request { client, timestamp: 1, operation, direct: false, signature: NONE })
    }

    fn accept(number: u64, value: &str) -> Write {
        let request = request(value);
        Write::Accept { vote: vote(Phase::PrePrepare, 1, number, request.digest()), request }
    }

    #[test]
    fn a_stable_checkpoint_takes_the_place_of_what_lies_before_it() {
        let mut hard = Hard::default();
        for (number, value) in [(1, "milk"), (2, "tea"), (3, "rice")] {
            hard.apply(&accept(number, value));
        }
        // The same request under a later number is kept until that one goes.
        hard.apply(&accept(4, "milk"));
        for number in [2, 4] {
            let snapshot = Snapshot::new(Number(number), Store::default());
            hard.apply(&Write::Checkpoint(Arc::new(snapshot)));
        }
        hard.apply(&Write::Stable(Arc::new([vote(Phase::Checkpoint, 0, 2, Digest::NULL)])));
        assert_eq!(hard.stable(), Number(2));
        assert_eq!(hard.accepted.keys().map(|n| n.0).collect::<Vec<_>>(), [3, 4]);
        assert!(
            hard.body(request("tea").digest()).is_none() && hard.body(request("milk").digest()).is_some()
        );
        assert_eq!(hard.snapshots.keys().map(|n| n.0).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn a_new_view_replaces_what_was_accepted_and_keeps_what_prepared() {
        let mut hard = Hard::default();
        assert_eq!((hard.view(), hard.changing), (View(1), false));
        hard.apply(&accept(1, "milk"));
        hard.apply(&accept(2, "tea"));
        let pre_prepare = vote(Phase::PrePrepare, 1, 1, request("milk").digest());
        hard.apply(&Write::Prepared(Arc::new(Certificate { pre_prepare, prepares: [].into() })));
        hard.apply(&Write::Change(View(2)));
        assert_eq!((hard.view(), hard.changing, hard.accepted.len()), (View(2), true, 2));
        let proposals = [vote(Phase::PrePrepare, 2, 1, request("milk").digest())];
        let (by, view) = (ActorId::node(2), View(2));
        let new = NewView { view, changes: [].into(), proposals: proposals.into(), by, signature: NONE };
        hard.apply(&Write::Enter(Arc::new(new)));
        assert_eq!((hard.view(), hard.changing), (View(2), false));
        assert_eq!(hard.accepted.iter().map(|(n, v)| (n.0, v.view.0)).collect::<Vec<_>>(), [(1, 2)]);
        assert_eq!(hard.prepared.len(), 1);
        assert!(hard.body(request("tea").digest()).is_some());
    }
}
