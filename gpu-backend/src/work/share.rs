//! A share of a stage: the second of five, say. All shares together are the stage, and no two have anything in common.

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};

/// The `part`-th of `of` shares, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Which one, from 1.
    pub part: u32,
    /// How many there are.
    pub of: u32,
}

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self { part: 1, of: 1 };

    /// Its stretch of `n` things in a row: those of all shares are as long as each other, but for one.
    ///
    /// ```
    /// use cellprism_gpu_backend::work::share::Share;
    /// let shares = [1, 2, 3].map(|part| Share { part, of: 3 }.range(7));
    /// assert_eq!(shares, [0..2, 2..4, 4..7]);
    /// ```
    pub fn range(self, n: usize) -> Range<usize> {
        let from = |part: u32| (n as u128 * u128::from(part) / u128::from(self.of.max(1))) as usize;
        from(self.part.saturating_sub(1)).min(n)..from(self.part).min(n)
    }

    /// Whether it has the thing at a place, where things are dealt out in turn: of concepts that are dear by where they stand
    /// each share gets as many.
    pub fn has(self, place: usize) -> bool {
        place % self.of.max(1) as usize + 1 == self.part as usize
    }

    /// Whether nothing is left out.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.part, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn shares_leave_nothing_out_and_nothing_double() {
        for of in 1..9 {
            let shares: Vec<Share> = (1..=of).map(|part| Share { part, of }).collect();
            for n in [0, 1, 5, 8, 100] {
                let stretches: Vec<usize> = shares.iter().flat_map(|share| share.range(n)).collect();
                assert_eq!(stretches, (0..n).collect::<Vec<_>>());
                assert!((0..n).all(|place| shares.iter().filter(|share| share.has(place)).count() == 1));
            }
        }
        assert!(Share::WHOLE.is_whole() && Share::WHOLE.range(3) == (0..3) && Share::WHOLE.has(2));
        assert_eq!(Share { part: 2, of: 5 }.to_string(), "2-of-5");
    }
}
