//! What pulls and pushes a point: its neighbours, and points drawn at random.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

use super::{LayoutOptions, graph::Graph, power::power};

/// Curve 1 / (1 + a·x^(2b)) for a minimal distance of 0.3 and a spread of 1 (fitted as umap-learn does).
const A: f32 = 0.992_175;
const B: f32 = 1.112_256;
/// Random points that push away, for each edge that pulls.
const REPULSIONS: usize = 5;
/// They are computed together, in as many lanes.
const LANES: usize = 8;
/// Longest step along an axis.
const LONGEST: f32 = 4.0;
/// Added where a distance may be 0.
const TINY: f32 = 1e-30;

/// One pass over the edges.
#[derive(Clone, Copy)]
pub(super) struct Forces {
    epoch: usize,
    rate: f32,
    seed: u64,
}

impl Forces {
    pub(super) fn new(epoch: usize, options: LayoutOptions) -> Self {
        Self { epoch, rate: 1.0 - epoch as f32 / options.epochs as f32, seed: options.seed }
    }
}

/// Where a point is after a pass over its own edges, all others staying where they are. In UMAP an edge moves both of its
/// ends; as every edge is here in both directions, its own end is pulled twice as far and the other one not at all.
pub(super) fn moved(place: &[[f32; 2]], graph: &Graph, point: usize, forces: Forces) -> [f32; 2] {
    let mut at = place[point];
    let own = (forces.seed << 40) ^ ((forces.epoch as u64) << 32) ^ point as u64;
    let mut rng = SplitMix64::seed_from_u64(own.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for (other, pulls) in graph.of(point, forces.epoch) {
        for _ in 0..pulls {
            for _ in 0..2 {
                at = stepped(at, attraction(at, place[other]), forces.rate);
            }
            let drawn = std::array::from_fn(|lane| {
                if lane >= REPULSIONS {
                    return at;
                }
                // The high half of a product draws without a division.
                let random = (((rng.next_u64() >> 32) * place.len() as u64) >> 32) as usize;
                // From where it is, a point pushes nothing: so it does not push itself.
                if random == point { at } else { place[random] }
            });
            at = stepped(at, repulsion(at, drawn), forces.rate);
        }
    }
    at
}

fn stepped(at: [f32; 2], step: [f32; 2], rate: f32) -> [f32; 2] {
    [at[0] + step[0] * rate, at[1] + step[1] * rate]
}

#[inline]
fn clip(step: f32) -> f32 {
    step.clamp(-LONGEST, LONGEST)
}

#[inline]
fn attraction(at: [f32; 2], other: [f32; 2]) -> [f32; 2] {
    let delta = [at[0] - other[0], at[1] - other[1]];
    let squared = delta[0] * delta[0] + delta[1] * delta[1] + TINY;
    let power = power(squared, B);
    let force = -2.0 * A * B * (power / squared) / (1.0 + A * power);
    delta.map(|d| clip(force * d))
}

/// Of all lanes together; each is a loop of its own so that the compiler computes them at once.
#[inline]
fn repulsion(at: [f32; 2], others: [[f32; 2]; LANES]) -> [f32; 2] {
    let x: [f32; LANES] = std::array::from_fn(|i| at[0] - others[i][0]);
    let y: [f32; LANES] = std::array::from_fn(|i| at[1] - others[i][1]);
    let force: [f32; LANES] = std::array::from_fn(|i| {
        let squared = x[i] * x[i] + y[i] * y[i];
        2.0 * B / ((0.001 + squared) * (1.0 + A * power(squared + TINY, B)))
    });
    let sum = |delta: [f32; LANES]| (0..REPULSIONS).fold(0.0, |sum, i| sum + clip(force[i] * delta[i]));
    [sum(x), sum(y)]
}
