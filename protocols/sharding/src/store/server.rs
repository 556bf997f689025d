//! A server: keeps shards, answers for their keys, hands them over.
//!
//! # Whom it answers
//! Whoever asks for a shard that it keeps, under the epoch in which it keeps it ([`Server::on_request`]). All others it
//! tells “not here”, and does nothing. An answer leaves once all it is made of is durable.
//!
//! # A hand-over
//! Told to hand a shard over, it first writes down that it no longer keeps it. Once that is durable it sends all of it, under
//! the new epoch, and again whenever the keeper gives the order again. Who receives it writes it down, and from then on
//! answers for it; once that is durable the keeper hears of it. Between the two nobody answers: that is the price of there
//! never being two. What was given up is dropped when the keeper's map says that it has arrived.

use super::fact::{Fact, Named};
use super::hard::{Hard, Held, Standing, Write};
use super::map::{ShardId, ShardMap};
use super::message::{Answer, Ask, Message, Order, Request};
use super::settings::Settings;
use super::{Context, Timer};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, SyncId};
use std::sync::Arc;

/// A server.
#[derive(Clone, Debug, Serialize)]
pub struct Server {
    hard: Hard,
    /// Not done before this some of that is not durable.
    pending: Option<SyncId>,
    /// Requests for each position in this window.
    counts: SortedMap<u16, u32>,
    /// Requests a second in the last one.
    rate: u64,
}

impl Server {
    /// With what is on its disk. A shard that it was given at the start, and of which its disk knows nothing, is as empty as
    /// it was then: every change of it would have left a trace.
    pub fn start(hard: &Hard, context: &mut Context<'_>) -> Self {
        let mut server = Self { hard: hard.clone(), pending: None, counts: SortedMap::new(), rate: 0 };
        let me = context.me();
        for shard in context.settings().first_map().shards.iter().filter(|shard| shard.owner == me) {
            if server.hard.held(shard.id).is_none() {
                let held = Held::new(shard.low, shard.high, shard.epoch).into();
                server.write(Write::Took { shard: shard.id, held }, context);
            }
        }
        let epoch = server.hard.serving().map(|(_, held)| held.epoch).max().unwrap_or(0);
        let handing =
            server.hard.shards.values().any(|held| matches!(held.standing, Standing::Handing { .. }));
        context.fact(Fact::Serves { shards: server.hard.serving().count() as u64, epoch, handing });
        context.set_timer(Timer::Window, context.settings().window);
        server
    }

    /// What it has written.
    pub fn hard(&self) -> &Hard {
        &self.hard
    }

    /// Requests a second in the last window.
    pub fn rate(&self) -> u64 {
        self.rate
    }

    // --- events ---

    /// A message came.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Request(request) => self.on_request(from, request, context),
            Message::Order { shard, epoch, order: Order::HandOver { to } } => {
                self.on_hand_over(shard, epoch, to, context);
            }
            Message::Order { shard, epoch, order: Order::Split { at, upper } } => {
                self.on_split(shard, epoch, at, upper, context);
            }
            Message::Install { shard, held } => self.on_install(from, shard, held, context),
            Message::Map(map) => self.on_map(&map, context),
            _ => {}
        }
    }

    /// A window is over: what was asked for is told to the keeper.
    pub fn on_window(&mut self, context: &mut Context<'_>) {
        let window = context.settings().window;
        let total: u64 = self.counts.values().map(|count| u64::from(*count)).sum();
        let rate = total * 1_000_000_000 / window.0.max(1);
        if rate != self.rate {
            self.rate = rate;
            context.fact(Fact::Load { rate });
        }
        let counts = std::mem::take(&mut self.counts).into_iter().collect();
        context.send(Settings::KEEPER, Message::Report { counts });
        context.set_timer(Timer::Window, window);
    }

    /// What was written is durable.
    pub fn on_synced(&mut self, sync: SyncId) {
        self.pending.take_if(|pending| *pending == sync);
    }

    // --- disk ---

    fn write(&mut self, write: Write, context: &mut Context<'_>) {
        self.hard.apply(&write);
        context.write(write);
        self.pending = Some(context.sync());
    }

    /// Sends what must not be heard before all that was written is durable.
    fn send_durable(&self, to: ActorId, message: Message, context: &mut Context<'_>) {
        match self.pending {
            Some(sync) => context.send_after(sync, to, message),
            None => context.send(to, message),
        }
    }

    fn named(&self, shard: ShardId, context: &Context<'_>) -> Named {
        let range = self.hard.held(shard).map(|held| context.settings().range_name(held.low, held.high));
        Named { id: shard, range: range.unwrap_or_default() }
    }

    // --- requests ---

    fn on_request(&mut self, client: ActorId, request: Request, context: &mut Context<'_>) {
        context.work(context.settings().serve);
        let position = context.settings().position(request.key);
        *self.counts.entry(position).or_default() += 1;
        let held = self.hard.held(request.shard);
        let mine = held.map_or(0, |held| held.epoch);
        let is_mine = held.is_some_and(|held| held.serves(position) && held.epoch == request.epoch);
        let unchecked = context.settings().potholes.epoch_unchecked && held.is_some();
        if !is_mine && !unchecked {
            let (text, asked) = (request.label().into(), request.epoch);
            context.fact(Fact::NotHere { client, text, asked, mine });
            let answer = Answer::NotHere { epoch: mine };
            return context.send(client, Message::Reply { sequence: request.sequence, answer });
        }
        self.serve(client, request, position, context);
    }

    fn serve(&mut self, client: ActorId, request: Request, position: u16, context: &mut Context<'_>) {
        let Some(held) = self.hard.held(request.shard) else { return };
        let text: Arc<str> = request.label().into();
        let Request { sequence, shard, key, ask, .. } = request;
        let answer = match ask {
            Ask::Get => {
                let found = held.data.get(&key).cloned();
                context.fact(Fact::Serving { client, text, position, again: false });
                Answer::Found(found)
            }
            Ask::Put(value) => {
                let last = held.done.get(&client).copied().unwrap_or(0);
                if last > sequence {
                    return context.note(|| format!("{client} has long gone on to request {last}"));
                }
                context.fact(Fact::Serving { client, text, position, again: last == sequence });
                if last < sequence {
                    self.write(Write::Put { shard, key, value, client, sequence }, context);
                }
                Answer::Stored
            }
        };
        self.send_durable(client, Message::Reply { sequence, answer }, context);
    }

    // --- shards come and go ---

    fn on_hand_over(&mut self, shard: ShardId, epoch: u64, to: ActorId, context: &mut Context<'_>) {
        let Some(held) = self.hard.held(shard) else {
            return context.note(|| format!("{shard} is not known here"));
        };
        let gives_up = held.standing == Standing::Serving && held.epoch < epoch;
        let sends_again = held.standing == Standing::Handing { to } && held.epoch == epoch;
        if !gives_up && !sends_again {
            let known = held.epoch;
            return context.note(|| format!("{shard}@{epoch} is an old order: {known} is known here"));
        }
        let mut copy = held.clone();
        (copy.standing, copy.epoch) = (Standing::Serving, epoch);
        if gives_up && !context.settings().potholes.serve_while_moving {
            context.fact(Fact::HandsOver { shard: self.named(shard, context), to, epoch });
            self.write(Write::Hands { shard, to, epoch }, context);
        }
        let install = Message::Install { shard, held: copy.into() };
        if context.settings().potholes.handover_before_fsync {
            context.send(to, install);
        } else {
            self.send_durable(to, install, context);
        }
    }

    fn on_install(&mut self, from: ActorId, shard: ShardId, held: Arc<Held>, context: &mut Context<'_>) {
        let epoch = held.epoch;
        let mine = self.hard.held(shard).map(|mine| (mine.epoch, mine.standing));
        match mine {
            Some((known, standing)) if known >= epoch => {
                context.fact(Fact::Late { shard, epoch, mine: known });
                if (known, standing) != (epoch, Standing::Serving) {
                    return;
                }
            }
            _ => {
                let values = held.data.len() as u64;
                let range = context.settings().range_name(held.low, held.high);
                self.write(Write::Took { shard, held }, context);
                context.fact(Fact::Took { shard: Named { id: shard, range }, from, epoch, values });
            }
        }
        self.send_durable(Settings::KEEPER, Message::Done { shard, epoch }, context);
    }

    fn on_split(&mut self, shard: ShardId, epoch: u64, at: u16, upper: ShardId, context: &mut Context<'_>) {
        let Some(held) = self.hard.held(shard).filter(|held| held.standing == Standing::Serving) else {
            return context.note(|| format!("{shard} is not kept here"));
        };
        if held.epoch > epoch {
            return context.note(|| format!("{shard}@{epoch} is an old order"));
        }
        if held.epoch < epoch {
            self.write(Write::Split { shard, at, upper, epoch }, context);
            let (lower, upper) = (self.named(shard, context), self.named(upper, context));
            context.fact(Fact::Cut { lower, upper });
        }
        self.send_durable(Settings::KEEPER, Message::Done { shard, epoch }, context);
    }

    /// What somebody else keeps by now is dropped.
    fn on_map(&mut self, map: &ShardMap, context: &mut Context<'_>) {
        let me = context.me();
        for shard in map.shards.iter().filter(|shard| shard.owner != me) {
            let drops = |held: &Held| held.standing != Standing::Gone && held.epoch <= shard.epoch;
            if self.hard.held(shard.id).is_some_and(drops) {
                let named = self.named(shard.id, context);
                context.fact(Fact::Dropped { shard: named });
                self.write(Write::Gone { shard: shard.id, epoch: shard.epoch }, context);
            }
        }
    }
}
