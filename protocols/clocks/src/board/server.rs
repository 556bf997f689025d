//! A server: stamps posts by five clocks, tells them, hears those of others, and pins while it holds the lease.
//!
//! # Stamping      [`Server::on_post`]: all clocks at once; then the disk, then the wait ([`Server::release`])
//! # Hearing       [`Server::on_news`]: what was heard moves the logical clocks
//! # Missed posts  [`Server::on_have`]: now and then each asks another one what it has missed
//! # The time      [`Server::on_told`]; # The lease: [`super::tenure`]

use super::fact::Put;
use super::log::{Entry, Log};
use super::message::{Answer, Ask, Message};
use super::post::{Post, PostId, Shelf, Stamps};
use super::settings::{Adjust, Settings};
use super::tenure::Tenure;
use super::{Context, Fact, Timer};
use crate::logical::{Hybrid, Lamport, Vector};
use crate::sync::{Exchange, Manner, NodeClock, difference};
use crate::truetime::{Interval, TrueTime};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, Recovery, Span, SyncId, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// Posts that may wait at once for disk and time.
const PENDING: usize = 24;
/// Posts of one node in one message.
const BATCH: usize = 16;
/// Errors of a clock below this are not worth a word.
const NOTEWORTHY: u64 = 100_000;
/// How soon a node that knows no time asks again.
const EAGER: Span = Span::millis(100);

/// A post that nobody has heard of yet.
#[derive(Clone, Debug, Serialize)]
pub struct Pending {
    /// It.
    pub post: Arc<Post>,
    /// The sync that makes it durable; none once it is.
    pub sync: Option<SyncId>,
}

/// A server.
#[derive(Clone, Debug, Serialize)]
pub struct Server {
    place: u16,
    lamport: Lamport,
    vector: Vector,
    hybrid: Hybrid,
    clock: NodeClock,
    truetime: TrueTime,
    /// The latest commit time that was given here.
    last: Time,
    /// What is on the board, by the place of who took it.
    shelves: Vec<Shelf>,
    pending: VecDeque<Pending>,
    /// The number of the last question for the time.
    poll: u64,
    /// The newest request of each client.
    requests: SortedMap<ActorId, u64>,
    /// What is pinned here, and under which lease.
    pinned: Option<(u64, Arc<str>)>,
    tenure: Tenure,
}

impl Server {
    /// Starts, from its disk.
    pub fn start(log: &Log, _recovery: Recovery, context: &mut Context<'_>) -> Self {
        let (servers, place) = (context.settings().servers, Settings::place(context.me()));
        let newest = log.posts.iter().next_back();
        let stamps = newest.map(|post| &post.stamps);
        let mut shelves = vec![Shelf::default(); usize::from(servers)];
        let (told, untold): (Vec<_>, Vec<_>) = log.posts.iter().partition(|post| post.id.number <= log.told);
        if let Some(shelf) = shelves.get_mut(usize::from(place)) {
            told.into_iter().for_each(|post| shelf.push(Arc::clone(post)));
        }
        let mut requests = SortedMap::new();
        for post in log.posts.iter() {
            requests.insert(post.client, post.request);
        }
        context.fact(Fact::Serves { posts: log.posts.last() });
        context.set_timer(Timer::Poll, Span(1));
        context.set_timer(Timer::Gossip, context.settings().gossip);
        Self {
            place,
            lamport: stamps.map_or(Lamport::default(), |stamps| stamps.lamport),
            vector: stamps.map_or_else(|| Vector::new(servers), |stamps| stamps.vector.clone()),
            hybrid: stamps.map_or(Hybrid::default(), |stamps| stamps.hybrid),
            clock: NodeClock::new(stamps.map_or(Time::ZERO, |stamps| stamps.wall)),
            truetime: TrueTime::default(),
            last: stamps.map_or(Time::ZERO, |stamps| stamps.commit),
            shelves,
            pending: untold.into_iter().map(|post| Pending { post: Arc::clone(post), sync: None }).collect(),
            poll: 0,
            requests,
            pinned: None,
            tenure: Tenure::start(context),
        }
    }

    // --- what it shows ---

    /// Its clocks, as they stand.
    pub fn clocks(&self) -> (Lamport, &Vector, Hybrid) {
        (self.lamport, &self.vector, self.hybrid)
    }

    /// Its wall clock.
    pub fn clock(&self) -> &NodeClock {
        &self.clock
    }

    /// What it knows of the time.
    pub fn truetime(&self) -> &TrueTime {
        &self.truetime
    }

    /// What is on its board, by the place of who took it.
    pub fn shelves(&self) -> &[Shelf] {
        &self.shelves
    }

    /// Posts of its own that nobody has heard of yet.
    pub fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.pending.iter()
    }

    /// How many posts it has stamped.
    pub fn stamped(&self) -> u32 {
        let shelf = self.shelves.get(usize::from(self.place)).map_or(0, Shelf::last);
        self.pending.back().map_or(shelf, |pending| pending.post.id.number)
    }

    /// Its lease.
    pub fn tenure(&self) -> &Tenure {
        &self.tenure
    }

    /// What is pinned here, and under which lease.
    pub fn pinned(&self) -> Option<&(u64, Arc<str>)> {
        self.pinned.as_ref()
    }

    // --- what happens ---

    /// A message arrived.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Told { number, sent, received, answered } if number == self.poll => {
                let exchange = Exchange { sent, received, answered, heard: context.monotonic() };
                self.on_told(&exchange, context);
            }
            Message::News { posts, skip } => self.on_news(&posts, skip, context),
            Message::Have { counts } => self.on_have(from, &counts, context),
            Message::Lease { number, epoch, until } => self.tenure.on_lease(number, epoch, until, context),
            Message::Taken { holder } => self.tenure.on_taken(holder),
            Message::Request { number, ask } => self.on_request(from, number, ask, context),
            _ => {}
        }
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Poll => self.ask_for_time(context),
            Timer::Release => self.release(context),
            Timer::Gossip => self.gossip(context),
            Timer::Ask => self.tenure.ask(context),
            Timer::Lapse => {
                let wall = self.read(context);
                self.tenure.lapse(wall, context);
            }
            Timer::Think | Timer::Retry | Timer::GiveUp => {}
        }
    }

    /// What was written up to that sync is durable.
    pub fn on_synced(&mut self, sync: SyncId, context: &mut Context<'_>) {
        for pending in self.pending.iter_mut().filter(|pending| pending.sync.is_some_and(|of| of <= sync)) {
            pending.sync = None;
        }
        self.release(context);
    }

    fn on_request(&mut self, client: ActorId, number: u64, ask: Ask, context: &mut Context<'_>) {
        let answer = match ask {
            Ask::Post(text) => return self.on_post(client, number, text, context),
            Ask::Read => Answer::Last(self.newest(context.settings()).map(|post| Arc::clone(&post.text))),
            Ask::Pin(text) => {
                let wall = self.read(context);
                match self.tenure.valid(wall, context) {
                    Some(epoch) => {
                        context.fact(Fact::Pinned { epoch, text: Arc::clone(&text) });
                        self.pinned = Some((epoch, text));
                        Answer::Pinned(epoch)
                    }
                    None => Answer::NotMine(self.tenure.hint()),
                }
            }
        };
        context.send(client, Message::Reply { number, answer });
    }

    /// The last post on the board.
    pub fn newest(&self, settings: &Settings) -> Option<&Arc<Post>> {
        self.shelves.iter().flat_map(Shelf::iter).max_by_key(|post| settings.key(post))
    }

    // --- stamping ---

    /// The wall clock, as programs on this node read it.
    fn read(&mut self, context: &Context<'_>) -> Time {
        self.clock.read(context.wall(), context.monotonic(), context.settings().potholes.set_back)
    }

    /// The time, as far as it is known.
    fn now(&self, context: &Context<'_>) -> Option<Interval> {
        self.truetime.now(context.monotonic(), context.settings().rate)
    }

    fn on_post(&mut self, client: ActorId, request: u64, text: Arc<str>, context: &mut Context<'_>) {
        if self.requests.get(&client).is_some_and(|newest| request <= *newest) {
            return self.recognise(client, request, context);
        }
        let Some(interval) = self.now(context) else {
            return context.note(|| "I do not know the time yet, and take no post".to_owned());
        };
        if self.pending.len() >= PENDING {
            return context.note(|| format!("{PENDING} posts wait already: I take no other"));
        }
        self.requests.insert(client, request);
        let wall = self.read(context);
        self.vector.tick(self.place);
        let stamps = Stamps {
            wall,
            lamport: self.lamport.tick(),
            vector: self.vector.clone(),
            hybrid: self.hybrid.tick(wall),
            interval,
            commit: interval.latest.max(self.last + Span(1)),
        };
        self.last = stamps.commit;
        let id = PostId { origin: context.me(), number: self.vector.of(self.place) };
        let post = Arc::new(Post { id, client, request, text, stamps });
        context.fact(Fact::Posted { post: Arc::clone(&post), order: context.settings().order });
        context.write(Entry::Post(Arc::clone(&post)));
        let sync = Some(context.sync());
        self.pending.push_back(Pending { post, sync });
    }

    /// A request that was made before: answered again if it was answered, else it will be.
    fn recognise(&mut self, client: ActorId, request: u64, context: &mut Context<'_>) {
        context.fact(Fact::Recognised { client, number: request });
        let own = self.shelves.get(usize::from(self.place));
        let known =
            own.and_then(|shelf| shelf.iter().find(|post| (post.client, post.request) == (client, request)));
        if let Some(post) = known {
            let answer = Answer::Posted(post.stamps.commit);
            context.send(client, Message::Reply { number: request, answer });
        }
    }

    /// Commit wait (Corbett et al., section 4.1.2): nobody hears of a post before its time has surely passed.
    fn release(&mut self, context: &mut Context<'_>) {
        while let Some(Pending { post, sync: None }) = self.pending.front() {
            let (rate, commit) = (context.settings().rate, post.stamps.commit);
            if !context.settings().potholes.no_commit_wait {
                let Some(now) = self.now(context) else { return };
                if let Some(wait) = TrueTime::wait(now, commit, rate) {
                    context
                        .note(|| format!("it may still be {}: {commit} has not surely passed", now.earliest));
                    return context.set_timer(Timer::Release, wait);
                }
            }
            let Some(Pending { post, .. }) = self.pending.pop_front() else { return };
            context.write(Entry::Told(post.id.number));
            context.fact(Fact::Released { id: post.id, text: Arc::clone(&post.text), commit });
            context
                .send(post.client, Message::Reply { number: post.request, answer: Answer::Posted(commit) });
            let news: Arc<[Arc<Post>]> = Arc::from([Arc::clone(&post)]);
            for other in self.others(context) {
                context.send(other, Message::News { posts: Arc::clone(&news), skip: false });
            }
            if let Some(shelf) = self.shelves.get_mut(usize::from(self.place)) {
                shelf.push(post);
            }
        }
    }

    // --- hearing ---

    fn others(&self, context: &Context<'_>) -> Vec<ActorId> {
        let me = context.me();
        context.settings().boards().filter(|node| *node != me).collect()
    }

    fn on_news(&mut self, posts: &[Arc<Post>], skip: bool, context: &mut Context<'_>) {
        for (at, post) in posts.iter().enumerate() {
            let place = Settings::place(post.id.origin);
            let Some(last) = self.shelves.get(usize::from(place)).map(Shelf::last) else { return };
            if place == self.place || post.id.number <= last {
                continue;
            }
            if post.id.number > last + 1 && !(skip && at == 0) {
                return context
                    .note(|| format!("{} comes after one that I missed: I will ask for it", post.id));
            }
            if !self.hear(post, usize::from(place), context) {
                return;
            }
        }
    }

    /// Takes another node's post, if its stamp can be followed.
    fn hear(&mut self, post: &Arc<Post>, place: usize, context: &mut Context<'_>) -> bool {
        let wall = self.read(context);
        let ahead = post.stamps.hybrid.latest.since(wall);
        if ahead > context.settings().ahead && !context.settings().potholes.follow_any_clock {
            context.fact(Fact::Refused { id: post.id, ahead });
            return false;
        }
        self.lamport.hear(post.stamps.lamport);
        self.vector.hear(&post.stamps.vector);
        self.hybrid.hear(post.stamps.hybrid, wall);
        context.fact(Fact::Heard { post: Arc::clone(post), hybrid: self.hybrid, wall });
        if let Some(shelf) = self.shelves.get_mut(place) {
            shelf.push(Arc::clone(post));
        }
        true
    }

    // --- missed posts ---

    fn gossip(&mut self, context: &mut Context<'_>) {
        context.set_timer(Timer::Gossip, context.settings().gossip);
        let others = self.others(context);
        let pick = context.draw().below(others.len() as u64);
        let Some(other) = usize::try_from(pick).ok().and_then(|pick| others.get(pick)) else { return };
        let counts = self.shelves.iter().map(Shelf::last).collect();
        context.send(*other, Message::Have { counts });
    }

    /// Tells another one the posts that it has missed.
    fn on_have(&mut self, from: ActorId, counts: &[u32], context: &mut Context<'_>) {
        for (shelf, count) in self.shelves.iter().zip(counts).filter(|(shelf, count)| shelf.last() > **count)
        {
            let posts: Arc<[Arc<Post>]> = shelf.after(*count).take(BATCH).cloned().collect();
            context.send(from, Message::News { posts, skip: shelf.first() > count + 1 });
        }
    }

    // --- the time ---

    fn ask_for_time(&mut self, context: &mut Context<'_>) {
        self.poll += 1;
        let known = self.now(context);
        if let Some(now) = known {
            self.tell_doubt(now, context);
        }
        context.send(Settings::MASTER, Message::Poll { number: self.poll, sent: context.monotonic() });
        let poll = context.settings().poll;
        context.set_timer(Timer::Poll, if known.is_some() { poll } else { poll.min(EAGER) });
    }

    fn tell_doubt(&self, now: Interval, context: &mut Context<'_>) {
        let doubt = now.doubt();
        context.fact(Fact::Doubts { doubt, behind: self.behind(context) });
    }

    /// How far the wall clock here is behind by what is known of the time.
    fn behind(&self, context: &Context<'_>) -> i64 {
        let monotonic = context.monotonic();
        let likely = self.truetime.likely(monotonic, context.settings().rate);
        likely.map_or(0, |likely| difference(likely, self.clock.bare(context.wall(), monotonic)))
    }

    /// The time server answered: doubt shrinks, and the wall clock is put right.
    fn on_told(&mut self, exchange: &Exchange, context: &mut Context<'_>) {
        let settings = context.settings();
        self.truetime.hear(exchange, settings.rate);
        let behind = self.behind(context);
        let small = behind.unsigned_abs() <= settings.step_over.0 && settings.adjust == Adjust::Slew;
        let (manner, how) = match (settings.potholes.set_back, small, behind < 0) {
            (true, _, true) => (Manner::Stepped, Put::Back),
            (true, _, false) | (false, false, false) => (Manner::Stepped, Put::Stepped),
            (false, false, true) => (Manner::Stepped, Put::Stands),
            (false, true, _) => (Manner::Slewed(settings.slew), Put::Slewed),
        };
        // What was shown up to here was shown: a clock that stands still stands at that.
        self.read(context);
        self.clock.adjust(behind, context.monotonic(), manner);
        if let Some(now) = self.now(context) {
            context.fact(Fact::Doubts { doubt: now.doubt(), behind });
        }
        if behind.unsigned_abs() >= NOTEWORTHY {
            context.note(|| {
                format!("offset {} ns, delay {} ns by this exchange", exchange.offset(), exchange.delay())
            });
            context.fact(Fact::Adjusted { behind, how });
        }
        self.release(context);
    }
}
