//! The whole: a sequence read once, and the same with tokens exchanged.

use super::{exchange::FirstLayer, features::Features, layer, style::Style, weights::LayerWeights};

/// Layers with normalisation after attention and after the feed-forward part, a rectifier in the latter.
#[derive(Clone, Debug)]
pub struct Transformer {
    width: usize,
    style: Style,
    layers: Vec<LayerWeights>,
}

/// A sequence that was read: all that its exchanges share.
#[derive(Clone, Debug)]
pub struct Read(Start);

#[derive(Clone, Debug)]
enum Start {
    /// The layers after the first change everywhere.
    FirstLayer(Box<FirstLayer>),
    /// The only layer is the last one.
    Inputs(Features),
}

impl Transformer {
    /// A transformer of these layers; `None` where they, the width and the heads do not fit each other.
    pub fn new(width: usize, heads: usize, epsilon: f32, layers: Vec<LayerWeights>) -> Option<Self> {
        let whole = heads > 0 && width > 0 && width.is_multiple_of(heads) && !layers.is_empty();
        let fits = whole && layers.iter().all(|layer| layer.fits(width));
        fits.then_some(Self { width, style: Style { heads, epsilon }, layers })
    }

    /// Length of the vectors.
    pub fn width(&self) -> usize {
        self.width
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn layers(&self) -> &[LayerWeights] {
        &self.layers
    }

    /// Reads a sequence, `[width, positions]`.
    pub fn read(&self, x: Features) -> Read {
        match &self.layers[..] {
            [first, _, ..] => Read(Start::FirstLayer(Box::new(FirstLayer::of(first, x, self.style)))),
            _ => Read(Start::Inputs(x)),
        }
    }

    /// The last layer's vector at the first position of a sequence that was read, without the positions `removed` (which
    /// increase, and are not the first) and with the vectors `added`. The order of positions means nothing.
    pub fn first_of(&self, read: &Read, removed: &[usize], added: &[Vec<f32>]) -> Vec<f32> {
        let Some((last, before)) = self.layers.split_last() else { return Vec::new() };
        let mut x = match &read.0 {
            Start::Inputs(x) => x.with(removed, added),
            Start::FirstLayer(first) => first.exchanged(&self.layers[0], removed, added, self.style),
        };
        for weights in before.iter().skip(1) {
            x = layer::all(weights, &x, self.style);
        }
        layer::first(last, &x, self.style)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::naive, *};
    use crate::embedding::transformer::{Affine, Normalisation};

    /// Numbers between −size and size, by a hash of their place.
    fn numbers(seed: &mut u32, n: usize, size: f32) -> Vec<f32> {
        (0..n)
            .map(|_| {
                *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((*seed >> 8) as f32 / 8_388_608.0 - 1.0) * size
            })
            .collect()
    }

    fn wide(vector: Vec<f32>) -> Vec<f64> {
        vector.into_iter().map(f64::from).collect()
    }

    fn random(width: usize, heads: usize, layers: usize, sharp: f32, mut seed: u32) -> Transformer {
        let seed = &mut seed;
        let mut affine = |inputs: usize, outputs: usize, size: f32| Affine {
            weights: numbers(seed, inputs * outputs, size * (3.0 / inputs as f32).sqrt()),
            bias: numbers(seed, outputs, 0.2),
        };
        let mut made = Vec::new();
        for _ in 0..layers {
            made.push(LayerWeights {
                query: affine(width, width, sharp),
                key: affine(width, width, sharp),
                value: affine(width, width, 1.0),
                out: affine(width, width, 1.0),
                linear1: affine(width, 2 * width - 1, 1.0),
                linear2: affine(2 * width - 1, width, 1.0),
                ..LayerWeights::default()
            });
        }
        for layer in &mut made {
            for norm in [&mut layer.norm1, &mut layer.norm2] {
                let scale = affine(1, width, 0.2).bias.into_iter().map(|v| v + 1.0).collect();
                *norm = Normalisation { scale, shift: affine(1, width, 0.2).bias };
            }
        }
        Transformer::new(width, heads, 1e-5, made).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Dull and sharp attention: where a token that goes held nearly all weight, positions are asked anew.
        #[test]
        fn exchanges_equal_the_whole_pass(
            seed in any::<u32>(),
            (width, heads) in prop::sample::select(vec![(8, 2), (12, 4), (16, 1), (20, 2), (32, 2)]),
            layers in 1usize..4,
            positions in prop_oneof![4 => 2usize..70, 1 => 120usize..300],
            sharp in prop::sample::select(vec![0.5f32, 2.0, 8.0, 20.0]),
            removed in prop::collection::btree_set(1usize..70, 0..4),
            added in 0usize..4,
        ) {
            let model = random(width, heads, layers, sharp, seed);
            let mut seed = seed ^ 77;
            let x: Vec<Vec<f32>> = (0..positions).map(|_| numbers(&mut seed, width, 1.7)).collect();
            let new: Vec<Vec<f32>> = (0..added).map(|_| numbers(&mut seed, width, 1.7)).collect();
            let removed: Vec<usize> = removed.into_iter().filter(|&r| r < positions).collect();
            let read = model.read(Features::of_positions(&x.iter().map(Vec::as_slice).collect::<Vec<_>>()));
            let found = model.first_of(&read, &removed, &new);
            let kept = x.iter().enumerate().filter(|(i, _)| !removed.contains(i)).map(|(_, vector)| vector.clone());
            let expected = naive::first(&model.layers, heads, 1e-5, kept.chain(new).map(wide).collect());
            // Sharp attention multiplies what rounding does to scores: in single precision no order of sums does better.
            let allowed = if sharp > 4.0 { 1e-3 } else { 1e-5 };
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert!((f64::from(*found) - expected).abs() <= allowed * (1.0 + expected.abs()), "{found} {expected}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// The gradient, against differences of the definition in double precision.
        #[test]
        fn the_gradient_is_that_of_the_definition(
            seed in any::<u32>(),
            (width, heads) in prop::sample::select(vec![(8, 2), (12, 4), (16, 1), (20, 2)]),
            layers in 1usize..4,
            positions in prop_oneof![4 => 1usize..40, 1 => 120usize..160],
        ) {
            let model = random(width, heads, layers, 1.0, seed);
            let mut seed = seed ^ 99;
            let x: Vec<Vec<f32>> = (0..positions).map(|_| numbers(&mut seed, width, 1.7)).collect();
            let of = numbers(&mut seed, width, 1.0);
            let step: Vec<Vec<f32>> = (0..positions).map(|_| numbers(&mut seed, width, 1.0)).collect();
            let gradient = model.gradient(&Features::of_positions(&x.iter().map(Vec::as_slice).collect::<Vec<_>>()), |_| of.clone());
            let found: f64 = (0..positions)
                .flat_map(|p| gradient.at(p).into_iter().zip(step[p].clone()))
                .map(|(g, s)| f64::from(g) * f64::from(s))
                .sum();
            let value = |h: f64| -> f64 {
                let moved = |x: &Vec<f32>, s: &Vec<f32>| -> Vec<f64> {
                    x.iter().zip(s).map(|(&x, &s)| f64::from(x) + h * f64::from(s)).collect()
                };
                let moved = x.iter().zip(&step).map(|(x, s)| moved(x, s)).collect();
                naive::first(&model.layers, heads, 1e-5, moved).iter().zip(&of).map(|(y, &w)| y * f64::from(w)).sum()
            };
            // So short that hardly any rectifier changes its side on the way; doubles have digits to spare for it.
            let h = 1.0 / f64::from(1 << 24);
            let expected = (value(h) - value(-h)) / (2.0 * h);
            let size: f64 = gradient.at(0).iter().map(|g| f64::from(*g).abs()).sum::<f64>() + expected.abs() + 1.0;
            prop_assert!((found - expected).abs() <= 2e-2 * size, "{} {}", found, expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_no_transformer() {
        let layers = || random(8, 2, 2, 1.0, 1).layers;
        assert!(Transformer::new(8, 2, 1e-5, layers()).is_some());
        assert!(Transformer::new(8, 3, 1e-5, layers()).is_none());
        assert!(Transformer::new(16, 2, 1e-5, layers()).is_none());
        assert!(Transformer::new(8, 2, 1e-5, Vec::new()).is_none());
    }
}
