//! The network a lab begins with: how long messages take, what links lose. The state of links is in [`crate::kernel`].

use crate::ids::ActorId;
use crate::random::Draw;
use crate::time::Span;
use serde::Serialize;
use std::sync::Arc;

/// How long a message is on its way: a distribution, all in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Latency {
    /// Always this long.
    Fixed(Span),
    /// Uniform between these, the upper one left out.
    Uniform(Span, Span),
    /// At least `min`, plus an exponential of this mean.
    Exponential {
        /// At least this.
        min: Span,
        /// The mean of what is added.
        mean: Span,
    },
    /// Pareto: `scale · U^(-1/shape)`; the shape in thousandths.
    Pareto {
        /// The smallest value.
        scale: Span,
        /// Thousandths.
        shape_milli: u32,
    },
    /// One of several, with weights in basis points; what is missing to 10,000 goes to the last.
    Mixture(Arc<[(u32, Latency)]>),
}

impl Latency {
    /// One draw. Bit for bit the same everywhere (`libm`, not the platform's).
    #[inline]
    pub fn draw(&self, mut draw: Draw) -> Span {
        match self {
            Latency::Fixed(span) => *span,
            Latency::Uniform(low, high) => Span(draw.between(low.0, high.0)),
            other => other.draw_tail(draw),
        }
    }

    fn draw_tail(&self, mut draw: Draw) -> Span {
        match self {
            Latency::Fixed(_) | Latency::Uniform(..) => self.draw(draw),
            Latency::Exponential { min, mean } => {
                let added = -libm::log(draw.unit()) * mean.0 as f64;
                *min + Span(bounded(added))
            }
            Latency::Pareto { scale, shape_milli } => {
                let power = -1000.0 / f64::from((*shape_milli).max(1));
                Span(bounded(scale.0 as f64 * libm::pow(draw.unit(), power)))
            }
            Latency::Mixture(parts) => {
                let mut pick = draw.below(10_000) as u32;
                for (weight, part) in parts.iter() {
                    if pick < *weight {
                        return part.draw(draw);
                    }
                    pick -= weight;
                }
                parts.last().map_or(Span::ZERO, |(_, part)| part.draw(draw))
            }
        }
    }
}

/// At most an hour: a tail must not run past the end of time.
fn bounded(nanos: f64) -> u64 {
    nanos.clamp(0.0, 3_600e9) as u64
}

/// What a link is like.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// How long messages take.
    pub latency: Latency,
    /// Lost, in basis points. On a stream a lost message is sent again: it is late instead, by twice the latency.
    pub loss: u32,
    /// Arriving twice, in basis points; never on a stream.
    pub duplicate: u32,
    /// Held up by up to five latencies so that later ones overtake, in basis points; never on a stream.
    pub reorder: u32,
    /// Bytes a second; none is unlimited. Messages queue at the sender's end.
    pub bandwidth: Option<u64>,
    /// In the order they were sent, as one connection keeps them.
    pub stream: bool,
}

impl Profile {
    /// A link with this latency that loses, doubles and reorders nothing.
    pub const fn clean(latency: Latency) -> Self {
        Self { latency, loss: 0, duplicate: 0, reorder: 0, bandwidth: None, stream: false }
    }

    /// Whether all that happens to a message is its latency.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        (self.loss | self.duplicate | self.reorder) == 0 && self.bandwidth.is_none() && !self.stream
    }
}

/// The network a lab begins with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    /// Between nodes.
    pub nodes: Profile,
    /// Between a client and a node, either way.
    pub clients: Profile,
    /// The region of each actor, in the order nodes, spares, clients; region 0 for those left out.
    pub regions: Arc<[u8]>,
    /// Added between regions: `between[a][b]`; nothing where it has no entry.
    pub between: Arc<[Arc<[Span]>]>,
    /// Whether nodes are all linked with each other (drawn as lines).
    pub mesh: bool,
}

impl Network {
    /// One region, these profiles.
    pub fn flat(nodes: Profile, clients: Profile) -> Self {
        Self { nodes, clients, regions: Arc::from([]), between: Arc::from([]), mesh: true }
    }

    /// What a link is like before anything was done to it.
    #[inline]
    pub fn profile(&self, from: ActorId, to: ActorId) -> &Profile {
        if from.is_client() || to.is_client() { &self.clients } else { &self.nodes }
    }
}
