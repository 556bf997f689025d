//! Whether a command makes sense in a lab: whom it names exists, what it names is known there. A lesson, a link or a
//! script is checked once, before it runs; a command that then finds nothing to do is no error.

use super::error::{nearest, shown};
use super::{BadCommand, Command, LinkSelector, MessageSelector, Who};
use crate::ids::ActorId;
use crate::lab::Verb;
use crate::parameter::{BadParameter, Parameters};
use crate::protocol::{Population, Protocol};
use std::sync::Arc;

/// Checks a command against a lab under these parameters.
///
/// # Errors
/// Says who or what is not there, and what is: `no node n6 here (n1 to n5)`.
pub fn check<P: Protocol>(command: &Command, parameters: &Parameters) -> Result<(), BadCommand> {
    let here = Here {
        population: P::population(&P::settings(parameters)),
        parameters,
        roles: P::roles(),
        timers: P::timers(),
        lies: P::lies(),
        verbs: P::verbs(),
        check_verb: P::check_verb,
    };
    here.command(command)
}

/// What there is in a lab.
struct Here<'a> {
    population: Population,
    parameters: &'a Parameters,
    roles: &'static [&'static str],
    timers: &'static [&'static str],
    lies: &'static [&'static str],
    verbs: &'static [Verb],
    check_verb: fn(&str, &[Arc<str>]) -> Result<(), String>,
}

impl Here<'_> {
    fn resolved(&self, word: &Arc<str>) -> Arc<str> {
        match word.strip_prefix('@') {
            Some(role) if self.roles.contains(&role) => "n1".into(),
            _ => Arc::clone(word),
        }
    }

    fn command(&self, command: &Command) -> Result<(), BadCommand> {
        match command {
            Command::Cut { groups, .. } => groups.iter().try_for_each(|group| self.all(group)),
            Command::CutOneWay { from, to, .. } => self.all(from).and_then(|()| self.all(to)),
            Command::Mend(cut) => cut.as_deref().map_or(Ok(()), |cut| self.command(cut)),
            Command::Crash { who, .. } => self.node("crash", who),
            Command::Restart(who) => self.node("restart", who),
            Command::Disk { who, .. } => self.node("disk", who),
            Command::Pause { who, .. }
            | Command::Resume(who)
            | Command::Slow { who, .. }
            | Command::Clock { who, .. } => self.who(who),
            Command::Lie { who, how, to, .. } => {
                self.who(who)?;
                self.all(to)?;
                if &**how == "off" { Ok(()) } else { known("lie", how, self.lies) }
            }
            Command::Link { links, .. } | Command::Hold(links) | Command::Release(links) => self.links(links),
            Command::Drop(which)
            | Command::DropNext { which, .. }
            | Command::Delay { which, .. }
            | Command::Deliver(which)
            | Command::Duplicate(which) => self.message(which),
            Command::Bend { which, how } => {
                self.message(which)?;
                known("lie", how, self.lies)
            }
            Command::Fire { who, timer } => {
                self.who(who)?;
                known("timer", timer, self.timers)
            }
            Command::Set { parameter, value } => self.set(parameter, value),
            Command::Redraw(_) => Ok(()),
            Command::Heal(names) => self.all(names),
            Command::Verb { verb, who, words } => self.verb(verb, who, words),
        }
    }

    fn who(&self, who: &Who) -> Result<(), BadCommand> {
        match who {
            Who::Actor(id) => self.actor(*id),
            Who::Role(role) => known("role", role, self.roles),
        }
    }

    fn actor(&self, who: ActorId) -> Result<(), BadCommand> {
        let Population { nodes, spares, clients } = self.population;
        let (first, most) =
            if who.is_client() { ('c', clients) } else { ('n', nodes.saturating_add(spares)) };
        if (1..=most).contains(&who.number()) {
            return Ok(());
        }
        let there = match most {
            0 => "there are none".to_owned(),
            1 => format!("{first}1 is the only one"),
            most => format!("{first}1 to {first}{most}"),
        };
        Err(BadCommand::Nobody { who, there })
    }

    fn node(&self, command: &str, who: &Who) -> Result<(), BadCommand> {
        self.kind(command, who, false)
    }

    /// Somebody there, and a client or a node as the command wants. What a role stands for is seen when it runs.
    fn kind(&self, command: &str, who: &Who, client: bool) -> Result<(), BadCommand> {
        self.who(who)?;
        match who {
            Who::Actor(id) if id.is_client() != client => {
                Err(BadCommand::WrongKind { command: command.to_owned(), who: *id })
            }
            _ => Ok(()),
        }
    }

    fn all(&self, names: &[Who]) -> Result<(), BadCommand> {
        names.iter().try_for_each(|who| self.who(who))
    }

    fn links(&self, links: &LinkSelector) -> Result<(), BadCommand> {
        match links {
            LinkSelector::All => Ok(()),
            LinkSelector::Of(who) => self.who(who),
            LinkSelector::Directed(from, to) | LinkSelector::Both(from, to) => {
                self.who(from).and_then(|()| self.who(to))
            }
        }
    }

    fn message(&self, which: &MessageSelector) -> Result<(), BadCommand> {
        which.from.iter().chain(&which.to).try_for_each(|who| self.who(who))
    }

    fn set(&self, parameter: &str, value: &str) -> Result<(), BadCommand> {
        let (_, spec) = self.parameters.find(parameter)?;
        if !spec.live {
            return Err(BadParameter::Fixed(spec.id.to_owned()).into());
        }
        spec.read(value)?;
        Ok(())
    }

    fn verb(&self, verb: &str, who: &Who, words: &[Arc<str>]) -> Result<(), BadCommand> {
        let Some(found) = self.verbs.iter().find(|known| known.name == verb) else {
            let names: Vec<&str> = self.verbs.iter().map(|known| known.name).collect();
            let near = nearest(verb, super::KERNEL_WORDS.iter().chain(&names).copied());
            let known = format!("{}, and in every lab {}", list(&names), super::KERNEL_WORDS.join(", "));
            return Err(BadCommand::NoSuch { what: "command", name: shown(verb), known, near });
        };
        self.kind(verb, who, found.client)?;
        let refused = |reason| BadCommand::Verb { verb: verb.to_owned(), reason };
        // A role among the words is resolved when the command runs: any node stands for it here.
        let resolved: Vec<Arc<str>> = words.iter().map(|word| self.resolved(word)).collect();
        (self.check_verb)(verb, &resolved).map_err(refused)
    }
}

fn known(what: &'static str, name: &str, names: &[&'static str]) -> Result<(), BadCommand> {
    if names.contains(&name) {
        return Ok(());
    }
    let near = nearest(name, names.iter().copied());
    Err(BadCommand::NoSuch { what, name: shown(name), known: list(names), near })
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "there are none".to_owned() } else { format!("there are {}", names.join(", ")) }
}
