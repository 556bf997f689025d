//! Every fault, one at a time, on a cluster of puppets: what it does, when it ends, what it leaves alone.

use crate::support;

mod links;
mod nodes;
mod order;

use sim::{ActorId, Time};
use support::Run;
use support::puppet::Puppets;

/// Runs puppets with these commands up to a second.
fn puppets(commands: &[&str]) -> Run<Puppets> {
    Run::new(&[], commands).after(1_000)
}

fn puppets_with(set: &[&str], commands: &[&str]) -> Run<Puppets> {
    Run::new(set, commands).after(1_000)
}

impl Run<Puppets> {
    /// What happened to a node, each with the millisecond of its own clock: `10 n1 hello`.
    fn seen(&self, node: u16) -> Vec<String> {
        let seen = self.world.actor(ActorId::node(node)).map(|puppet| puppet.seen.clone());
        seen.unwrap_or_default().into_iter().map(|(at, what)| format!("{at} {what}")).collect()
    }

    fn recovered(&self, node: u16) -> String {
        self.world
            .actor(ActorId::node(node))
            .map_or_else(|| "down".to_owned(), |puppet| puppet.recovered.clone())
    }
}

const fn ms(n: u64) -> Time {
    Time::millis(n)
}
