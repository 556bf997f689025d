//! The keeper of the map: one node that decides who keeps what, and sees to it that it comes so.
//!
//! It is no part of any request. Clients ask it where things are; servers are told to hand shards over, to cut them, and
//! what has become of those they gave up. Every change of the map is durable before anybody hears of it, and what is not
//! done yet stands in the map as a task; so a keeper that went down picks up where it was, by giving its orders again.
//!
//! Each window it adds up what the servers were asked for. A range that takes more than its share is cut where the load on
//! both sides is most alike, and the upper part goes to the server that was asked least.

use super::fact::{Fact, Named};
use super::hard::{Hard, Write};
use super::map::{Shard, ShardId, ShardMap, Task};
use super::message::{Message, Order};
use super::plan;
use super::settings::{MOST_SHARDS, Settings};
use super::{Context, Timer};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, SyncId};
use std::sync::Arc;

/// Fewer requests in a window say nothing of what is hot.
const LEAST: u32 = 12;

/// The keeper.
#[derive(Clone, Debug, Serialize)]
pub struct Keeper {
    map: Arc<ShardMap>,
    /// Not done before this the map is not durable.
    pending: Option<SyncId>,
    /// Requests for each position, from the last report of each server.
    reports: SortedMap<ActorId, Arc<[(u16, u32)]>>,
    /// The same as last added up.
    heat: SortedMap<u16, u32>,
    /// And for each server.
    load: SortedMap<ActorId, u32>,
}

impl Keeper {
    /// With the map that is on its disk, or the first one.
    pub fn start(hard: &Hard, context: &mut Context<'_>) -> Self {
        let map = hard.map.clone().unwrap_or_else(|| Arc::new(context.settings().first_map()));
        let keeper = Self {
            map,
            pending: None,
            reports: SortedMap::new(),
            heat: SortedMap::new(),
            load: SortedMap::new(),
        };
        keeper.tell_epoch(context);
        let (drive, window) = (context.settings().drive, context.settings().window);
        context.set_timer(Timer::Drive, drive);
        context.set_timer(Timer::Window, window);
        keeper
    }

    /// The map, durable or not.
    pub fn map(&self) -> &ShardMap {
        &self.map
    }

    /// Requests for each position in the last window.
    pub fn heat(&self) -> &SortedMap<u16, u32> {
        &self.heat
    }

    // --- events ---

    /// A message came.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Fetch => self.send_map(from, context),
            Message::Done { shard, epoch } => self.on_done(from, shard, epoch, context),
            Message::Report { counts } => {
                self.reports.insert(from, counts);
            }
            _ => {}
        }
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Drive => {
                self.drive(context);
                self.publish(context);
                context.set_timer(Timer::Drive, context.settings().drive);
            }
            Timer::Window => {
                self.add_up();
                self.cool(context);
                context.set_timer(Timer::Window, context.settings().window);
            }
            _ => {}
        }
    }

    /// What was written is durable.
    pub fn on_synced(&mut self, sync: SyncId) {
        self.pending.take_if(|pending| *pending == sync);
    }

    // --- the map changes ---

    fn tell_epoch(&self, context: &mut Context<'_>) {
        context.fact(Fact::Epoch { epoch: self.map.epoch, shards: self.map.shards.len() as u64 });
    }

    /// Makes a changed map the one that holds, and has everybody hear of it once it is durable.
    fn adopt(&mut self, map: ShardMap, context: &mut Context<'_>) {
        self.map = Arc::new(map);
        context.write(Write::Map(Arc::clone(&self.map)));
        self.pending = Some(context.sync());
        self.tell_epoch(context);
        self.publish(context);
    }

    /// Sends a message that speaks of the map as it is now: not before that is durable.
    fn send(&self, to: ActorId, message: Message, context: &mut Context<'_>) {
        match self.pending {
            Some(sync) => context.send_after(sync, to, message),
            None => context.send(to, message),
        }
    }

    fn send_map(&self, to: ActorId, context: &mut Context<'_>) {
        self.send(to, Message::Map(Arc::clone(&self.map)), context);
    }

    /// To the servers: those that gave a shard up may drop it.
    fn publish(&self, context: &mut Context<'_>) {
        let settings = context.settings();
        let last = 1 + settings.servers + settings.spares;
        (2..=last).map(ActorId::node).for_each(|server| self.send_map(server, context));
    }

    /// Gives the order for a shard's task.
    fn order(&self, shard: &Shard, context: &mut Context<'_>) {
        let (epoch, order) = match shard.task {
            Task::None => return,
            Task::Moving { to, epoch } => (epoch, Order::HandOver { to }),
            Task::Splitting { at, upper, epoch } => (epoch, Order::Split { at, upper }),
        };
        self.send(shard.owner, Message::Order { shard: shard.id, epoch, order }, context);
    }

    /// Begins what is due, and gives all orders again that nobody has reported done.
    fn drive(&mut self, context: &mut Context<'_>) {
        let mut map = ShardMap::clone(&self.map);
        if map.begin_moves(usize::from(context.settings().moves)) > 0 {
            self.tell_moves(&map, context);
            self.adopt(map, context);
        }
        let map = Arc::clone(&self.map);
        map.shards.iter().for_each(|shard| self.order(shard, context));
    }

    fn tell_moves(&self, map: &ShardMap, context: &mut Context<'_>) {
        for shard in &map.shards {
            if let Task::Moving { to, epoch } = shard.task
                && epoch == map.epoch
            {
                context.fact(Fact::Moving { shard: context.settings().named(shard), to, epoch });
            }
        }
    }

    fn on_done(&mut self, from: ActorId, id: ShardId, epoch: u64, context: &mut Context<'_>) {
        let Some(shard) = self.map.shard(id).copied() else { return };
        let mut map = ShardMap::clone(&self.map);
        match shard.task {
            Task::Moving { to, .. } if map.arrived(id, from, epoch) => {
                context.fact(Fact::Moved { shard: context.settings().named(&shard), to, epoch });
            }
            Task::Splitting { at, upper, .. } => {
                let to = self.coolest(&map, &shard, at);
                if !map.was_split(id, epoch, to) {
                    return;
                }
                let named = |id| map.shard(id).map(|shard| context.settings().named(shard));
                if let (Some(lower), Some(upper)) = (named(id), named(upper)) {
                    context.fact(Fact::Split { lower, upper, to });
                }
            }
            _ => return context.note(|| format!("{id}@{epoch} is done: known already")),
        }
        self.adopt(map, context);
        self.drive(context);
    }

    // --- members ---

    /// A hand has a server join or leave.
    pub fn on_change(&mut self, node: ActorId, joins: bool, context: &mut Context<'_>) {
        let mut map = ShardMap::clone(&self.map);
        let place = map.members.iter().position(|member| *member == node);
        match (place, joins) {
            _ if !context.settings().is_server(node) => {
                return self.decline(format!("{node} is no server"), context);
            }
            (Some(_), true) => return self.decline(format!("{node} is a member already"), context),
            (None, false) => return self.decline(format!("{node} is no member"), context),
            (Some(_), false) if map.members.len() == 1 => {
                return self.decline(format!("{node} is the last member"), context);
            }
            (None, true) => {
                map.before = map.members.clone();
                map.members.push(node);
            }
            (Some(place), false) => {
                map.before = map.members.clone();
                map.members.swap_remove(place);
            }
        }
        let before: Vec<ActorId> = map.shards.iter().map(|shard| shard.wanted).collect();
        plan::replan(&mut map, node, joins, context.settings());
        let moved = before.iter().zip(&map.shards).filter(|(before, shard)| **before != shard.wanted);
        let (mut moves, mut needless) = (0, 0);
        for (before, shard) in moved {
            moves += 1;
            needless += u64::from(if joins { shard.wanted != node } else { *before != node });
        }
        context.fact(match joins {
            true => Fact::Joined { node, moves, needless },
            false => Fact::Left { node, moves, needless },
        });
        map.epoch += 1;
        self.adopt(map, context);
        self.drive(context);
    }

    fn decline(&self, reason: String, context: &mut Context<'_>) {
        context.fact(Fact::Declined { reason: reason.into() });
    }

    // --- load ---

    fn add_up(&mut self) {
        self.heat.clear();
        self.load.clear();
        for (server, counts) in std::mem::take(&mut self.reports) {
            for (position, count) in counts.iter() {
                *self.heat.entry(*position).or_default() += count;
                *self.load.entry(server).or_default() += count;
            }
        }
    }

    /// Requests for a shard in the last window.
    pub fn asked(&self, shard: &Shard) -> u32 {
        self.heat.range(shard.low..shard.high).map(|(_, count)| count).sum()
    }

    /// Cuts the hottest range that takes more than its share and has more than one key.
    fn cool(&mut self, context: &mut Context<'_>) {
        let total: u32 = self.heat.values().sum();
        if total < LEAST {
            return;
        }
        let wide = self.map.shards.iter().filter(|shard| shard.high - shard.low > 1);
        let Some(hottest) = wide.max_by_key(|shard| (self.asked(shard), shard.low)).copied() else { return };
        let share = self.asked(&hottest) * 100 / total;
        if share <= context.settings().hot {
            return;
        }
        let shard = context.settings().named(&hottest);
        context.fact(Fact::Hot { shard, share: u64::from(share) });
        if context.settings().potholes.no_split || self.map.shards.len() >= MOST_SHARDS {
            return context.note(|| format!("{share} % for one range, and it stays whole"));
        }
        let at = self.middle(&hottest);
        self.split(hottest.id, at, context);
    }

    /// Where a shard is best cut: so that the hotter of the parts is as cool as can be.
    fn middle(&self, shard: &Shard) -> u16 {
        let all = self.asked(shard);
        let hotter = |at: &u16| {
            let below: u32 = self.heat.range(shard.low..*at).map(|(_, count)| count).sum();
            below.max(all - below)
        };
        (shard.low + 1..shard.high).min_by_key(hotter).unwrap_or(shard.low)
    }

    fn split(&mut self, id: ShardId, at: u16, context: &mut Context<'_>) -> bool {
        let mut map = ShardMap::clone(&self.map);
        if !map.begin_split(id, at) {
            context.note(|| format!("{id} cannot be cut before {at} now"));
            return false;
        }
        self.adopt(map, context);
        self.drive(context);
        true
    }

    /// A hand has a range cut before a key.
    pub fn on_split(&mut self, at: u16, context: &mut Context<'_>) {
        let shard = self.map.at(at).map(|shard| shard.id);
        let may = context.settings().by_range() && self.map.shards.len() < MOST_SHARDS;
        let cut = may && shard.is_some_and(|shard| self.split(shard, at, context));
        if !cut {
            self.decline(format!("no range can be split before k{at} now"), context);
        }
    }

    /// Who was asked least, apart from what is being cut off: the one who has it keeps it if nobody is cooler.
    fn coolest(&self, map: &ShardMap, shard: &Shard, at: u16) -> ActorId {
        let upper: u32 = self.heat.range(at..shard.high).map(|(_, count)| count).sum();
        let load = |node: &ActorId| {
            let load = self.load.get(node).copied().unwrap_or(0);
            if *node == shard.owner { load.saturating_sub(upper) } else { load }
        };
        let key = |node: &&ActorId| (load(node), map.wanted_at(**node), **node != shard.owner, **node);
        map.members.iter().min_by_key(key).copied().unwrap_or(shard.owner)
    }
}

impl Settings {
    /// A shard as it is spoken of.
    pub fn named(&self, shard: &Shard) -> Named {
        Named { id: shard.id, range: self.range_name(shard.low, shard.high) }
    }

    /// `k0–k3`, or `k0` for a single one.
    pub fn range_name(&self, low: u16, high: u16) -> Arc<str> {
        let last = high.saturating_sub(1);
        if last <= low {
            return self.position_name(low).into();
        }
        format!("{}–{}", self.position_name(low), self.position_name(last)).into()
    }
}
