//! How a replica may lie, one way at a time; up to f of them may, and nothing that was promised breaks.
//!
//! A liar works as the others do, and what it sends is bent on its way out: it signs whatever it likes with its own key,
//! and has nobody else's. So what it says in another's name has a false signature.
//!
//! | lie | what it does |
//! |-|-|
//! | `equivocate` | tells every replica with an odd number another order: numbers 1 and 2 change places, 3 and 4, … |
//! | `swap` | tells that order to everyone it is told to lie to |
//! | `skip` | gives out numbers three further on, and leaves a gap |
//! | `silent` | says nothing |
//! | `forge` | in place of its own vote sends votes for another order, in everybody's name |
//! | `contradict` | orders and votes for the null request instead, and vouches for another state |
//! | `falsify` | tells clients false results, and hands out states with a value that nobody wrote, asked for or not |
//! | `rewrite` | says that nothing prepared, or something else, or asks for a view far off; as new primary leaves out what prepared, or those who say so |
//! | `whim` | lies in one of these ways, or not at all, each time anew |

use super::keys::{Digest, sign_alone};
use super::message::{
    Certificate, Message, NewView, Number, Phase, Relayed, Reply, Snapshot, View, ViewChange, Vote,
};
use crate::raft::store::{Command, LIST, Operation, Response, Store};
use sim::ActorId;
use std::sync::Arc;

/// The names of the lies.
pub(super) const LIES: &[&str] =
    &["equivocate", "swap", "skip", "silent", "forge", "contradict", "falsify", "rewrite", "whim"];

/// The value that nobody wrote.
const INVENTED: &str = "lies";
/// How wide a gap is left.
const GAP: u64 = 3;

/// The lie that a whim is this time; `truth` is none.
fn whim(draw: u64) -> &'static str {
    const WHIMS: [&str; 10] =
        ["swap", "skip", "silent", "forge", "contradict", "falsify", "rewrite", "truth", "truth", "truth"];
    // The low bits are spent by what is chosen within a lie.
    WHIMS[usize::try_from((draw >> 8) % 10).unwrap_or_default()]
}

/// A message as the liar sends it; none where that lie does not change it.
pub(super) fn bend(message: &Message, how: &str, to: ActorId, draw: u64) -> Option<Message> {
    let how = if how == "whim" { whim(draw) } else { how };
    match (how, message) {
        ("equivocate", _) if !is_lied_to(to) => None,
        ("equivocate" | "swap", _) => renumbered(message, partner),
        ("skip", _) => renumbered(message, |number| Number(number.0 + GAP)),
        ("forge", Message::Vote(vote)) if vote.phase != Phase::Checkpoint => Some(forged(vote, to)),
        ("contradict", Message::PrePrepare { vote, request }) => {
            let vote = resigned(Vote { digest: Digest::NULL, ..*vote });
            Some(Message::PrePrepare { vote, request: Arc::clone(request) })
        }
        ("contradict", Message::Vote(vote)) => {
            let digest = if vote.phase == Phase::Checkpoint { Digest([draw; 4]) } else { Digest::NULL };
            Some(Message::Vote(resigned(Vote { digest, ..*vote })))
        }
        ("falsify", _) => falsified(message),
        ("rewrite", Message::ViewChange(change)) => Some(rewritten_change(change, draw)),
        ("rewrite", Message::NewView(new)) => rewritten_view(new, draw),
        _ => None,
    }
}

/// Whether the liar keeps a message back: all of them, or what would show those it lies to what it told the others.
pub(super) fn withholds(message: &Message, how: &str, to: ActorId, draw: u64) -> bool {
    let tells = matches!(message, Message::Relay(_) | Message::Status(_));
    match if how == "whim" { whim(draw) } else { how } {
        "silent" => true,
        "equivocate" => tells && is_lied_to(to),
        "swap" | "skip" => tells,
        _ => false,
    }
}

fn is_lied_to(to: ActorId) -> bool {
    to.is_node() && to.number() % 2 == 1
}

/// 1 and 2, 3 and 4, … are each other's.
fn partner(number: Number) -> Number {
    if number.0 % 2 == 1 { number.next() } else { Number(number.0.saturating_sub(1)) }
}

/// With a good signature of its speaker: the liar's own.
fn resigned(vote: Vote) -> Vote {
    Vote { signature: sign_alone(vote.by, vote.signature.scheme(), &vote.signed()), ..vote }
}

/// The same order or vote for another number.
fn renumbered(message: &Message, other: impl Fn(Number) -> Number) -> Option<Message> {
    let renumbered = |vote: &Vote| resigned(Vote { number: other(vote.number), ..*vote });
    match message {
        Message::PrePrepare { vote, request } => {
            Some(Message::PrePrepare { vote: renumbered(vote), request: Arc::clone(request) })
        }
        Message::Vote(vote) if vote.phase != Phase::Checkpoint => Some(Message::Vote(renumbered(vote))),
        _ => None,
    }
}

/// “They all prepared and committed it, as another number.” Signed with the liar's key, for it has no other.
fn forged(vote: &Vote, to: ActorId) -> Message {
    let (liar, number) = (vote.by, partner(vote.number));
    // As many as there may be, going by the names it knows.
    let f = (liar.number().max(to.number()).max(2) + 1) / 3;
    let claim = |phase, by| {
        let said = Vote { phase, number, ..*vote };
        Vote { by, signature: sign_alone(liar, vote.signature.scheme(), &said.signed()), ..said }
    };
    let names = || (1..=3 * f + 1).map(ActorId::node);
    let prepares = names().map(|by| claim(Phase::Prepare, by));
    let votes = prepares.chain(names().map(|by| claim(Phase::Commit, by))).collect();
    Message::Relay([Relayed { number, pre_prepare: None, request: None, votes }].into())
}

fn false_reply(reply: &Reply) -> Option<Message> {
    let response = match &reply.response {
        Response::Value(_) => Response::Value(Some(INVENTED.into())),
        Response::Mismatch(_) => Response::Done,
        Response::Done | Response::Late => return None,
    };
    let mut reply = Reply { response, ..reply.clone() };
    reply.signature = sign_alone(reply.by, reply.signature.scheme(), &reply.signed());
    Some(Message::Reply(Arc::new(reply)))
}

/// It hides what prepared, which nobody can tell; or says that something else did, which its certificates do not bear
/// out; or asks for a view that nobody else thinks of.
fn rewritten_change(change: &ViewChange, draw: u64) -> Message {
    let moved = |certificate: &Arc<Certificate>| {
        let moved = |vote: &Vote| Vote { number: partner(vote.number), ..*vote };
        let pre_prepare = moved(&certificate.pre_prepare);
        Arc::new(Certificate { pre_prepare, prepares: certificate.prepares.iter().map(moved).collect() })
    };
    let mut bent = change.clone();
    match draw % 3 {
        0 => bent.prepared = [].into(),
        1 => {
            let mut prepared: Vec<_> = change.prepared.iter().map(moved).collect();
            prepared.sort_by_key(|certificate| certificate.pre_prepare.number);
            bent.prepared = prepared.into();
        }
        _ => bent.view = View(change.view.0 + 5),
    }
    bent.signature = sign_alone(bent.by, bent.signature.scheme(), &bent.signed());
    Message::ViewChange(Arc::new(bent))
}

/// As new primary: null requests in place of everything that earlier views left; or an order that follows from those
/// alone who have nothing to report.
fn rewritten_view(new: &NewView, draw: u64) -> Option<Message> {
    let null = |vote: &Vote| resigned(Vote { digest: Digest::NULL, ..*vote });
    let mut bent = new.clone();
    if draw.is_multiple_of(2) {
        bent.proposals = new.proposals.iter().map(null).collect();
    } else {
        bent.changes = new.changes.iter().filter(|change| change.prepared.is_empty()).cloned().collect();
        bent.proposals = [].into();
    }
    bent.signature = sign_alone(bent.by, bent.signature.scheme(), &bent.signed());
    (bent.proposals != new.proposals).then(|| Message::NewView(Arc::new(bent)))
}

/// False results to clients, false states to replicas, asked for or not.
fn falsified(message: &Message) -> Option<Message> {
    match message {
        Message::Reply(reply) => false_reply(reply),
        Message::State { proof, snapshot } => Some(false_state(proof, snapshot.number, &snapshot.store)),
        Message::Proof(proof) => Some(false_state(proof, proof.first()?.number, &Store::default())),
        Message::Vote(vote) if vote.phase == Phase::Checkpoint => {
            Some(false_state(&[*vote].into(), vote.number, &Store::default()))
        }
        _ => None,
    }
}

/// “Take this, it is the state after that number.”
fn false_state(proof: &Arc<[Vote]>, number: Number, store: &Store) -> Message {
    let mut store = store.clone();
    let key = store.values().next().map_or_else(|| LIST.into(), |(key, _)| Arc::clone(key));
    let operation = Operation::Put { key, value: INVENTED.into() };
    store.apply(&Command { client: ActorId::client(0), sequence: 1, operation });
    Message::State { proof: Arc::clone(proof), snapshot: Arc::new(Snapshot::new(number, store)) }
}

#[cfg(test)]
mod tests {
    use super::super::keys::{Keys, Scheme};
    use super::super::message::View;
    use super::*;

    fn vote(phase: Phase, by: u16, number: u64) -> Vote {
        let (view, by, digest) = (View(1), ActorId::node(by), Digest([5, 6, 7, 8]));
        let number = Number(number);
        let signature = sign_alone(by, Scheme::Ed25519, &Vote::statement(phase, view, number, digest));
        Vote { phase, view, number, digest, by, signature }
    }

    #[test]
    fn what_a_liar_says_for_itself_is_signed_and_what_it_says_for_others_is_not() {
        let keys = Keys::new(Scheme::Ed25519);
        let genuine = |vote: &Vote| keys.verify(vote.by, &vote.signed(), &vote.signature);
        let own = vote(Phase::Commit, 4, 1);
        assert!(genuine(&own));
        let to = ActorId::node(3);
        for lie in ["equivocate", "swap", "skip", "contradict"] {
            let Some(Message::Vote(bent)) = bend(&Message::Vote(own), lie, to, 1) else { panic!("{lie}") };
            assert!(genuine(&bent) && bent != own, "{lie}");
        }
        let Some(Message::Relay(all)) = bend(&Message::Vote(own), "forge", to, 1) else { panic!("forge") };
        let votes = &all[0].votes;
        assert_eq!((all[0].number, votes.len()), (Number(2), 8));
        for vote in votes.iter() {
            assert_eq!(genuine(vote), vote.by == own.by, "{vote}");
        }
    }

    #[test]
    fn numbers_change_places_in_pairs() {
        let pairs: Vec<u64> = (1..=6).map(|number| partner(Number(number)).0).collect();
        assert_eq!(pairs, [2, 1, 4, 3, 6, 5]);
    }

    #[test]
    fn who_equivocates_tells_some_the_truth_and_who_is_silent_nobody_anything() {
        let own = Message::Vote(vote(Phase::Prepare, 2, 1));
        let changed = |lie: &str, to: u16| bend(&own, lie, ActorId::node(to), 0).is_some();
        assert!(changed("equivocate", 3) && !changed("equivocate", 4) && changed("swap", 4));
        assert!(withholds(&own, "silent", ActorId::node(4), 0));
        assert!(!withholds(&own, "equivocate", ActorId::node(3), 0));
        let relay = Message::Relay([].into());
        assert!(withholds(&relay, "equivocate", ActorId::node(3), 0));
        assert!(!withholds(&relay, "equivocate", ActorId::node(4), 0));
    }

    #[test]
    fn every_lie_is_in_the_table_above() {
        let text = include_str!("lies.rs");
        for lie in LIES {
            assert!(text.contains(&format!("//! | `{lie}` |")), "{lie}");
        }
    }
}
