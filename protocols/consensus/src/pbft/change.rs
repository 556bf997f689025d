//! View changes (section 4.4), and when there are to be any (4.5.2).
//!
//! A replica that waits too long asks for the next view and takes part in the old one no more. It says what prepared at
//! it, with proof. The next primary needs 2f+1 who ask, and has no choice: for each number the request with the newest
//! proof keeps it, a number without any gets the null request. Whoever is told of a new view works that order out anew
//! from the same messages, and so a primary that lies about it gains nothing.
//!
//! For progress: who asks for a view waits for 2f+1 who ask for it or a later one before its patience begins to run, and
//! twice as long each time; and it joins f+1 others who ask for later views than its own, in the earliest of those. The
//! paper counts those who ask for just this view, for there nothing that was sent is lost; here one may have moved on
//! before its question was heard, and its later one says as much.

use super::Context;
use super::Timer;
use super::fact::{Fact, Falsehood, Why};
use super::hard::Write;
use super::keys::{self, Digest};
use super::message::{Certificate, Message, NewView, Number, Phase, View, ViewChange, Vote};
use super::replica::{Replica, Role};
use super::settings::Settings;
use sim::ActorId;
use sim::ordered::{SortedMap, SortedSet};
use std::sync::Arc;

/// What follows from 2f+1 view-change messages: the last stable checkpoint any of them proves (min-s), and the request of
/// each number from there to the last that prepared anywhere (max-s): the one with the newest proof, or the null request.
pub(super) fn order_of(changes: &[Arc<ViewChange>]) -> (Number, Vec<(Number, Digest)>) {
    let stable = changes.iter().map(|change| change.stable).max().unwrap_or_default();
    let mut newest: SortedMap<Number, (View, Digest)> = SortedMap::new();
    for certificate in changes.iter().flat_map(|change| change.prepared.iter()) {
        let Vote { view, number, digest, .. } = certificate.pre_prepare;
        let known = newest.entry(number).or_insert((view, digest));
        if known.0 < view {
            *known = (view, digest);
        }
    }
    let last = newest.last_key_value().map_or(stable, |(number, _)| *number);
    let request = |number: Number| newest.get(&number).map_or(Digest::NULL, |(_, digest)| *digest);
    let numbers = (stable.0 + 1..=last.0).map(Number);
    (stable, numbers.map(|number| (number, request(number))).collect())
}

impl Replica {
    /// Waited in vain: for a request, or for the view it asked for.
    pub(super) fn on_patience_lost(&mut self, context: &mut Context<'_>) {
        let why = if self.hard.changing { Why::Expired } else { Why::Waited };
        self.ask_for(self.view().next(), why, context);
    }

    /// A hand's order.
    pub(super) fn on_suspect(&mut self, context: &mut Context<'_>) {
        self.ask_for(self.view().next(), Why::Told, context);
    }

    /// Asks for a view, and takes part in no earlier one any more.
    /// Section 4.5.2: with a view behind it in which it executed nothing, it waits twice as long.
    fn ask_for(&mut self, view: View, why: Why, context: &mut Context<'_>) {
        if !std::mem::take(&mut self.fruitful) {
            self.patience = (self.patience * 2).min(context.settings().patience_max);
        }
        self.persist(Write::Change(view), context);
        self.role = Role::Changing;
        context.cancel_timer(Timer::Suspect);
        context.fact(Fact::Changing { view, why });
        let change = Arc::new(self.own_change(context));
        self.changes.insert(self.id, Arc::clone(&change));
        self.tell_all(&Message::ViewChange(change), context);
        self.consider(context);
    }

    /// What it says when it asks for its view: its last stable checkpoint with its proof, and what prepared since.
    pub(super) fn own_change(&self, context: &Context<'_>) -> ViewChange {
        let (view, stable, proof) = (self.view(), self.stable(), Arc::clone(&self.hard.proof));
        let prepared: Arc<[Arc<Certificate>]> = self.hard.prepared.values().cloned().collect();
        let signature = keys::sign(&ViewChange::statement(view, stable, &proof, &prepared), context);
        ViewChange { view, stable, proof, prepared, by: self.id, signature }
    }

    /// Another asks for a view.
    pub(super) fn on_view_change(
        &mut self,
        from: ActorId,
        change: Arc<ViewChange>,
        context: &mut Context<'_>,
    ) {
        let (view, by) = (change.view, change.by);
        if by == self.id || self.changes.get(&by).is_some_and(|known| known.view >= view) {
            return;
        }
        if view < self.view() || (view == self.view() && !self.hard.changing) {
            context.note(|| format!("{by} asks for view {view}, which is no news in view {}", self.view()));
            return self.help_into_view(by, context);
        }
        if let Err((what, reason)) = self.check_change(&change, context) {
            context.note(|| format!("the view-change of {by} does not count: {reason}"));
            return self.refuse(what, from, by, context);
        }
        self.changes.insert(by, change);
        self.consider(context);
    }

    /// Who asks for which view: join them, begin to wait, or begin the view?
    fn consider(&mut self, context: &mut Context<'_>) {
        let view = self.view();
        let settings = context.settings();
        let (weak, quorum) = (usize::from(settings.weak()), usize::from(settings.quorum()));
        let primary = settings.primary(view);
        // Section 4.5.2: f+1 others who ask for later views; the smallest of them.
        let later: Vec<View> = self.changes.values().map(|c| c.view).filter(|other| *other > view).collect();
        if later.len() >= weak
            && let Some(smallest) = later.iter().min()
        {
            return self.ask_for(*smallest, Why::Joined, context);
        }
        if !self.hard.changing {
            return;
        }
        let as_far = self.changes.values().filter(|change| change.view >= view).count();
        if as_far >= quorum && !context.timer_is_set(Timer::Suspect) {
            context.set_timer(Timer::Suspect, self.patience);
        }
        let here: Arc<[Arc<ViewChange>]> =
            self.changes.values().filter(|change| change.view == view).cloned().collect();
        if primary == self.id && here.len() >= quorum {
            self.begin(here, context);
        }
    }

    /// The new primary has its 2f+1 messages: it says which they are and what follows from them.
    fn begin(&mut self, changes: Arc<[Arc<ViewChange>]>, context: &mut Context<'_>) {
        let view = self.view();
        let (_, order) = order_of(&changes);
        let vote = |(number, digest): &(Number, Digest)| {
            let signature = keys::sign(&Vote::statement(Phase::PrePrepare, view, *number, *digest), context);
            Vote { phase: Phase::PrePrepare, view, number: *number, digest: *digest, by: self.id, signature }
        };
        let proposals: Arc<[Vote]> = order.iter().map(vote).collect();
        let signature = keys::sign(&NewView::statement(view, &changes, &proposals), context);
        let new = Arc::new(NewView { view, changes, proposals, by: self.id, signature });
        self.enter(&new, context);
        self.tell_all(&Message::NewView(new), context);
        self.propose(context);
    }

    /// A primary says that its view begins.
    pub(super) fn on_new_view(&mut self, from: ActorId, new: &Arc<NewView>, context: &mut Context<'_>) {
        let view = new.view;
        if view < self.view() || (view == self.view() && !self.hard.changing) {
            return;
        }
        let settings = context.settings();
        let signed = new.by == settings.primary(view)
            && new.by != self.id
            && settings.keys.verify(new.by, &new.signed(), &new.signature);
        if !signed {
            return self.refuse(Falsehood::Signature, from, new.by, context);
        }
        if !context.settings().potholes.unchecked_new_view
            && let Err((what, reason)) = self.check_new_view(new, context)
        {
            context.note(|| format!("view {view} of {} is not entered: {reason}", new.by));
            return self.refuse(what, from, new.by, context);
        }
        self.enter(new, context);
        let stable = self.stable();
        for order in new.proposals.iter().filter(|order| order.number > stable) {
            let prepare = self.vote(Phase::Prepare, order.number, order.digest, context);
            self.cast(prepare, context);
        }
    }

    /// Takes part in a new view. What it accepted in earlier ones gives way to the new order.
    fn enter(&mut self, new: &Arc<NewView>, context: &mut Context<'_>) {
        self.persist(Write::Enter(Arc::clone(new)), context);
        self.changes.retain(|_, change| change.view > new.view);
        context.cancel_timer(Timer::Suspect);
        let (from, _) = order_of(&new.changes);
        let named = |vote: &Vote| (vote.number, vote.digest, self.hard.text(vote.digest));
        let order = new.proposals.iter().map(named).collect();
        context.fact(Fact::Entered { view: new.view, from, order });
        self.become_what_it_is(context);
        let newest = new.changes.iter().max_by_key(|change| change.stable);
        if let Some(change) = newest.filter(|change| change.stable > self.stable())
            && self.proves_stable(&change.proof, change.stable, context)
        {
            self.become_stable(Arc::clone(&change.proof), context);
        }
        self.mind_patience(false, context);
    }

    /// Shows one who is behind how this replica came where it is.
    pub(super) fn help_into_view(&mut self, who: ActorId, context: &mut Context<'_>) {
        if self.hard.changing {
            if let Some(change) = self.changes.get(&self.id).cloned() {
                self.tell(who, Message::ViewChange(change), context);
            }
        } else if let Some(new) = self.hard.new_view.clone() {
            self.tell(who, Message::NewView(new), context);
        }
    }

    // --- certificates ---

    /// Whether a view-change message is valid: signed, its checkpoint proven, and each request that it says prepared
    /// vouched for by that view's primary and 2f backups.
    fn check_change(&self, change: &ViewChange, context: &Context<'_>) -> Result<(), (Falsehood, String)> {
        let settings = context.settings();
        if !settings.is_member(change.by)
            || !settings.keys.verify(change.by, &change.signed(), &change.signature)
        {
            return Err((Falsehood::Signature, format!("{} did not sign it", change.by)));
        }
        let malformed = |reason: String| Err((Falsehood::Malformed, reason));
        if change.stable > Number(0) && !self.proves_stable(&change.proof, change.stable, context) {
            return malformed(format!("its checkpoint {} is not proven", change.stable));
        }
        let mut last = change.stable;
        for certificate in change.prepared.iter() {
            let order = &certificate.pre_prepare;
            if order.number <= last
                || !settings.within(change.stable, order.number)
                || order.view >= change.view
            {
                return malformed(format!("number {} does not belong there", order.number));
            }
            if !proves_prepared(certificate, settings) {
                return malformed(format!("that {order} prepared is not proven"));
            }
            last = order.number;
        }
        Ok(())
    }

    /// Whether a new-view message is valid: 2f+1 who ask for it, and the order that follows from what they say.
    fn check_new_view(&self, new: &NewView, context: &Context<'_>) -> Result<(), (Falsehood, String)> {
        let settings = context.settings();
        let false_order = |reason: String| Err((Falsehood::NewView, reason));
        let who: SortedSet<ActorId> = new.changes.iter().map(|change| change.by).collect();
        if who.len() < usize::from(settings.quorum()) || who.len() < new.changes.len() {
            return false_order(format!("{} ask for it, {} must", who.len(), settings.quorum()));
        }
        for change in new.changes.iter() {
            if change.view != new.view {
                return false_order(format!("{} asks for view {}", change.by, change.view));
            }
            self.check_change(change, context)?;
        }
        let (_, order) = order_of(&new.changes);
        let said: Vec<(Number, Digest)> = new.proposals.iter().map(|v| (v.number, v.digest)).collect();
        if said != order {
            return false_order("its order is not the one that follows from its view-changes".to_owned());
        }
        let signed = |vote: &Vote| {
            vote.phase == Phase::PrePrepare
                && (vote.view, vote.by) == (new.view, new.by)
                && settings.keys.verify(vote.by, &vote.signed(), &vote.signature)
        };
        if new.proposals.iter().all(signed) {
            Ok(())
        } else {
            Err((Falsehood::Signature, format!("{} did not sign its order", new.by)))
        }
    }
}

/// Whether a request prepared: the primary's order, and 2f backups who say the same, each signed.
fn proves_prepared(certificate: &Certificate, settings: &Settings) -> bool {
    let order = &certificate.pre_prepare;
    let signed = |vote: &Vote| settings.keys.verify(vote.by, &vote.signed(), &vote.signature);
    let good = |vote: &&Vote| {
        vote.phase == Phase::Prepare
            && vote.matches(order)
            && vote.by != order.by
            && settings.is_member(vote.by)
            && signed(vote)
    };
    let who: SortedSet<ActorId> = certificate.prepares.iter().filter(good).map(|vote| vote.by).collect();
    order.phase == Phase::PrePrepare
        && order.view > View(0)
        && order.by == settings.primary(order.view)
        && signed(order)
        && who.len() >= usize::from(settings.prepares())
}

#[cfg(test)]
mod tests {
    use super::super::keys::Signature;
    use super::*;
    use proptest::prelude::*;

    const NONE: Signature = Signature::Tag(0);

    fn d(n: u64) -> Digest {
        if n == 0 { Digest::NULL } else { Digest([n, 0, 0, 0]) }
    }

    /// What a replica says: its stable checkpoint, and (number, view, request) for what prepared.
    fn change(by: u16, stable: u64, prepared: &[(u64, u64, u64)]) -> Arc<ViewChange> {
        let certificate = |(number, view, request): &(u64, u64, u64)| {
            let pre_prepare = Vote {
                phase: Phase::PrePrepare,
                view: View(*view),
                number: Number(*number),
                digest: d(*request),
                by: ActorId::node(1),
                signature: NONE,
            };
            Arc::new(Certificate { pre_prepare, prepares: [].into() })
        };
        Arc::new(ViewChange {
            view: View(9),
            stable: Number(stable),
            proof: [].into(),
            prepared: prepared.iter().map(certificate).collect(),
            by: ActorId::node(by),
            signature: NONE,
        })
    }

    /// Section 4.4: min-s, max-s, and for each number between the newest proof or null.
    #[test]
    fn the_order_of_a_new_view_follows_from_what_prepared() {
        type Said = (u64, &'static [(u64, u64, u64)]);
        type Row = (&'static str, [Said; 3], u64, &'static [(u64, u64)]);
        let table: [Row; 6] = [
            ("nothing prepared", [(0, &[]), (0, &[]), (0, &[])], 0, &[]),
            ("one knows of it", [(0, &[(1, 1, 7)]), (0, &[]), (0, &[])], 0, &[(1, 7)]),
            (
                "a gap gets null",
                [(0, &[(1, 1, 7)]), (0, &[(3, 1, 8)]), (0, &[])],
                0,
                &[(1, 7), (2, 0), (3, 8)],
            ),
            (
                "the newest view counts",
                [(0, &[(1, 1, 7)]), (0, &[(1, 3, 8)]), (0, &[(1, 2, 9)])],
                0,
                &[(1, 8)],
            ),
            (
                "a null request may be the newest",
                [(0, &[(1, 1, 7)]), (0, &[(1, 2, 0)]), (0, &[])],
                0,
                &[(1, 0)],
            ),
            (
                "what is stable is over",
                [(10, &[(11, 2, 7)]), (0, &[(9, 1, 8), (10, 1, 9)]), (0, &[])],
                10,
                &[(11, 7)],
            ),
        ];
        for (what, said, stable, order) in table {
            let changes: Vec<Arc<ViewChange>> =
                (1..).zip(said).map(|(by, (stable, prepared))| change(by, stable, prepared)).collect();
            let order: Vec<(Number, Digest)> = order.iter().map(|(n, r)| (Number(*n), d(*r))).collect();
            assert_eq!(order_of(&changes), (Number(stable), order), "{what}");
        }
    }

    proptest! {
        /// Section 4.5.1: what is committed in a view, and so prepared there at f+1 who tell the truth, is in the order
        /// that follows from any 2f+1, whatever f of them and those who know nothing of it say: older certificates for
        /// other requests, newer ones for the same, or none.
        #[test]
        fn what_is_committed_is_in_every_order_that_follows(
            f in 1u16..=3,
            view in 2u64..6,
            says in prop::collection::vec((0u64..8, 1u64..4), 10),
            first in any::<prop::sample::Index>(),
            shuffle in Just((0u16..10).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let count = 3 * f + 1;
            let committed = 9;
            // f+1 in a row, anywhere, tell the truth and saw it prepared.
            let first = u16::try_from(first.index(usize::from(count))).unwrap();
            let saw = |by: u16| (by + count - first) % count <= f;
            let change_of = |by: u16| {
                let (at, request) = says[usize::from(by)];
                let certificate = match at {
                    _ if saw(by) => Some((1, view, committed)),
                    0 => None,
                    older if older < view => Some((1, older, request)),
                    newer => Some((1, newer, committed)),
                };
                change(by + 1, 0, certificate.as_slice())
            };
            let quorum: Vec<u16> = shuffle.into_iter().filter(|by| *by < count).take(usize::from(2 * f + 1)).collect();
            let changes: Vec<Arc<ViewChange>> = quorum.into_iter().map(change_of).collect();
            let (_, order) = order_of(&changes);
            prop_assert_eq!(order, vec![(Number(1), d(committed))]);
        }
    }
}
