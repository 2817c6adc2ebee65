//! Places of genes in a ranking, of many permutations side by side, and the weights that are looked up by them.

use crate::simd::Simd;

/// Permutations sorted side by side: as many places of two bytes as the widest registers hold.
pub(super) const LANES: usize = 32;
/// A place in the ranking in as few bits as its length allows.
pub(super) trait Place: Copy + Default + Ord + Send + Sync {
    /// From an index that fits.
    fn from_index(index: usize) -> Self;
    /// As a number.
    fn number(self) -> i32;
    /// Weights in ranking order, so that none has to ask whether a place is in the ranking.
    type Table<W: Weight>: Send + Sync;
    /// Of a ranking.
    fn table<W: Weight>(ranking: &[f64]) -> Self::Table<W>;
    /// The weight at a place.
    fn weight<W: Weight>(self, weights: &Self::Table<W>) -> W;
    /// None comes after it.
    const LAST: Self;
    /// As many places as a register holds.
    type Vector<S: Simd>: Copy;
    /// A row in registers.
    fn vectors<S: Simd>(row: &[Self; LANES]) -> &[Self::Vector<S>];
    /// The same, to be changed.
    fn vectors_mut<S: Simd>(row: &mut [Self; LANES]) -> &mut [Self::Vector<S>];
    /// The smaller of each two.
    fn least<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// The greater of each two.
    fn most<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
}

/// What a place of so many bits has in common with the others.
macro_rules! in_registers {
    ($place:ident, $vectors:ident, $vectors_mut:ident, $least:ident, $most:ident, $vector:ident) => {
        const LAST: Self = $place::MAX;
        type Vector<S: Simd> = S::$vector;
        #[inline(always)]
        fn vectors<S: Simd>(row: &[Self; LANES]) -> &[S::$vector] {
            S::$vectors(row).0
        }
        #[inline(always)]
        fn vectors_mut<S: Simd>(row: &mut [Self; LANES]) -> &mut [S::$vector] {
            S::$vectors_mut(row).0
        }
        #[inline(always)]
        fn least<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
            simd.$least(a, b)
        }
        #[inline(always)]
        fn most<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
            simd.$most(a, b)
        }
    };
}

impl Place for u16 {
    in_registers!(u16, as_simd_u16s, as_mut_simd_u16s, min_u16s, max_u16s, u16s);
    type Table<W: Weight> = Box<[W; 1 << 16]>;

    #[inline(always)]
    fn from_index(index: usize) -> Self {
        index as u16
    }
    #[inline(always)]
    fn number(self) -> i32 {
        i32::from(self)
    }
    fn table<W: Weight>(ranking: &[f64]) -> Self::Table<W> {
        let mut all = vec![W::default(); 1 << 16];
        all.iter_mut().zip(ranking).for_each(|(weight, &value)| *weight = W::of(value));
        all.try_into().unwrap_or_else(|_| unreachable!("the length of an array"))
    }
    #[inline(always)]
    fn weight<W: Weight>(self, weights: &Self::Table<W>) -> W {
        weights[usize::from(self)]
    }
}

impl Place for u32 {
    in_registers!(u32, as_simd_u32s, as_mut_simd_u32s, min_u32s, max_u32s, u32s);
    type Table<W: Weight> = Vec<W>;

    #[inline(always)]
    fn from_index(index: usize) -> Self {
        index as u32
    }
    #[inline(always)]
    fn number(self) -> i32 {
        self as i32
    }
    fn table<W: Weight>(ranking: &[f64]) -> Self::Table<W> {
        ranking.iter().map(|&value| W::of(value)).collect()
    }
    #[inline(always)]
    fn weight<W: Weight>(self, weights: &Self::Table<W>) -> W {
        weights[self as usize]
    }
}

/// A weight as it is looked up: computed with in double precision.
pub(super) trait Weight: Copy + Default + Send + Sync {
    /// Nearest to a number.
    fn of(value: f64) -> Self;
    /// As a number.
    fn number(self) -> f64;
}

impl Weight for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }
    #[inline(always)]
    fn number(self) -> f64 {
        self.into()
    }
}

impl Weight for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn number(self) -> f64 {
        self
    }
}

/// Weights of a ranking. Scores are single numbers, so their weights mostly are, and twice as many of those are found at
/// once.
pub(super) enum Weights<P: Place> {
    Single(P::Table<f32>),
    Double(P::Table<f64>),
}

impl<P: Place> Weights<P> {
    pub(super) fn of(ranking: &[f64]) -> Self {
        let single = ranking.iter().all(|&weight| f64::from(weight as f32).to_bits() == weight.to_bits());
        if single { Self::Single(P::table(ranking)) } else { Self::Double(P::table(ranking)) }
    }
}
