//! A node: the front, a service or the store. All of them are servers, the first two are callers as well.

use super::cache::Cache;
use super::caller::{Caller, Cause, Done};
use super::message::{Answer, Key, Message};
use super::server::{Job, Manners, Server, job};
use super::settings::{FRONT, Order, Settings};
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::{ActorId, Recovery, Span};

/// What a node is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Part {
    /// Knows nothing itself, and asks a service.
    Front,
    /// Answers from its cache, and asks the store for what is not in it.
    Service,
    /// Has everything, for good; a read takes long.
    Store,
}

impl Part {
    /// The part of a node.
    pub fn of(node: ActorId, settings: &Settings) -> Self {
        match node {
            FRONT => Part::Front,
            node if node == settings.store() => Part::Store,
            _ => Part::Service,
        }
    }

    /// How it treats those who ask.
    pub fn manners(self, settings: &Settings) -> Manners {
        let &Settings { front_work, work, refusal, store_work, queue, order, .. } = settings;
        match self {
            Part::Front => Manners {
                work: front_work,
                refusal: Span::ZERO,
                limit: queue.saturating_mul(4),
                looks: true,
                order,
            },
            Part::Service => Manners { work, refusal, limit: queue, looks: true, order },
            // Bought, and not built: it takes what comes, in the order in which it comes.
            Part::Store => Manners {
                work: store_work,
                refusal: Span::ZERO,
                limit: STORE_QUEUE,
                looks: false,
                order: Order::Fifo,
            },
        }
    }
}

/// How many may wait at the store.
const STORE_QUEUE: u32 = 2_000;

/// A node.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    part: Part,
    server: Server,
    caller: Caller,
    cache: Cache,
    /// The most reads it ever was allowed to have on their way at once: what may be lowered while they are.
    bulkhead: u32,
}

impl Node {
    /// It starts, with nothing in memory.
    pub fn start(recovery: Recovery, context: &mut Context<'_>) -> Self {
        let part = Part::of(context.me(), context.settings());
        context.fact(Fact::Serves { part });
        if part == Part::Service {
            context.fact(Fact::Cold);
        }
        if part == Part::Front && recovery.starts > 0 {
            for client in 1..=context.settings().clients {
                context.send(ActorId::client(client), Message::Hello);
            }
        }
        Self {
            part,
            server: Server::default(),
            caller: Caller::new(recovery),
            cache: Cache::default(),
            bulkhead: context.settings().fetches,
        }
    }

    /// What it is there for.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Its queue.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Its calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Its cache.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// How many reads of the store it may have on their way.
    pub fn bulkhead(&self) -> u32 {
        self.bulkhead
    }

    /// How many wait that it has begun to serve: for a service, for a read.
    pub fn held(&self) -> u32 {
        match self.part {
            Part::Front => self.caller.open(),
            // Those that read for themselves are calls of their own.
            Part::Service => self.cache.waiting().max(self.caller.open()),
            Part::Store => 0,
        }
    }

    /// A message.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Request { call, attempt, key, left } => {
                let job = job(from, call, attempt, key, left, context);
                let manners = self.part.manners(context.settings());
                self.server.arrive(job, self.held(), &manners, context);
            }
            Message::Reply { call, attempt, key, answer } => {
                // Too late for whoever asked, and still good for the cache: but not where each reads for itself.
                if answer == Answer::Ok
                    && self.part == Part::Service
                    && !context.settings().potholes.cold_cache_open
                {
                    self.keep(key, context);
                }
                let done = self.caller.on_reply(from, call, attempt, answer, context);
                self.on_done(done, context);
            }
            Message::Hello => {}
        }
        self.go_on(context);
    }

    /// A timer.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        let done = match timer {
            Timer::Next => {
                if let Some(job) = self.server.on_slice(context) {
                    self.served(job, context);
                }
                None
            }
            Timer::Attempt(call) => self.caller.on_attempt_over(call, context),
            Timer::Hedge(call) => {
                self.caller.on_hedge(call, context);
                None
            }
            Timer::Retry(call) => self.caller.on_retry(call, context),
            Timer::Due(call) => self.caller.on_due(call, context),
            Timer::Tick(_) | Timer::Calm => None,
        };
        self.on_done(done, context);
        self.go_on(context);
    }

    /// By hand: the cache is emptied.
    pub fn flush(&mut self, context: &mut Context<'_>) {
        if self.part == Part::Service {
            self.cache.flush();
            context.fact(Fact::Cold);
        }
    }

    /// Serves the next one, and tells how many wait.
    fn go_on(&mut self, context: &mut Context<'_>) {
        let manners = self.part.manners(context.settings());
        self.server.begin(&manners, context);
        self.server.tell(self.held(), context);
    }

    /// The work on a request is done: it can be answered, or somebody else must be asked.
    fn served(&mut self, job: Job, context: &mut Context<'_>) {
        match self.part {
            Part::Store => job.answer(Answer::Ok, context),
            Part::Front => {
                let done = self.caller.begin(Cause::Job(job), job.key, job.left(context), context);
                self.on_done(done, context);
            }
            Part::Service if self.cache.has(job.key, context.monotonic()) => job.answer(Answer::Ok, context),
            Part::Service if context.settings().potholes.cold_cache_open => {
                let done = self.caller.begin(Cause::Job(job), job.key, job.left(context), context);
                self.fetches(job.key, context);
                self.on_done(done, context);
            }
            Part::Service => {
                if self.cache.joined(job) {
                    context.fact(Fact::Shares { key: job.key });
                }
                self.fetch(context);
            }
        }
    }

    /// Reads what somebody waits for, as far as the bulkhead lets it.
    fn fetch(&mut self, context: &mut Context<'_>) {
        self.bulkhead = self.bulkhead.max(context.settings().fetches);
        while self.caller.open() < context.settings().fetches {
            let Some(key) = self.cache.turn() else { break };
            let settings = context.settings();
            let time = settings.store_timeout * u64::from(settings.attempts(context.me()));
            let done = self.caller.begin(Cause::Cache, key, time, context);
            self.fetches(key, context);
            if let Some(done) = done {
                self.fetched(&done, context);
            }
        }
    }

    fn fetches(&self, key: Key, context: &mut Context<'_>) {
        context.fact(Fact::Fetches { key, on_way: self.caller.open() });
    }

    /// A call is over.
    fn on_done(&mut self, done: Option<Done>, context: &mut Context<'_>) {
        let Some(done) = done else { return };
        match done.cause {
            Cause::Job(job) => {
                if done.answer == Answer::Ok && self.part == Part::Service {
                    self.keep(done.key, context);
                }
                job.answer(done.answer, context);
            }
            Cause::Cache => {
                self.fetched(&done, context);
                self.fetch(context);
            }
            Cause::Wish(_) => {}
        }
    }

    /// A read for the cache is over: whoever waited for it is answered.
    fn fetched(&mut self, done: &Done, context: &mut Context<'_>) {
        let answer = if done.answer == Answer::Ok { Answer::Ok } else { Answer::Failed };
        for job in self.cache.waiters(done.key) {
            job.answer(answer, context);
        }
    }

    fn keep(&mut self, key: Key, context: &mut Context<'_>) {
        let mut draw = context.draw();
        let life = context.settings().around(context.settings().cached, &mut draw);
        let until = context.monotonic() + life;
        self.cache.keep(key, until);
        context.fact(Fact::Keeps { key, size: self.cache.kept() });
    }
}
