//! The generator behind `numpy.random.seed`: MT19937 (Matsumoto & Nishimura 1998), with numpy's legacy way of
//! choosing without replacement.

const SIZE: usize = 624;
const SHIFT: usize = 397;

/// The generator's state.
pub(super) struct Mersenne {
    state: [u32; SIZE],
    next: usize,
}

impl Mersenne {
    /// As `numpy.random.seed(seed)`.
    pub(super) fn new(seed: u32) -> Self {
        let mut state = [seed; SIZE];
        for at in 1..SIZE {
            let last = state[at - 1];
            state[at] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        Self { state, next: SIZE }
    }

    fn next_u32(&mut self) -> u32 {
        if self.next == SIZE {
            self.turn();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn turn(&mut self) {
        for at in 0..SIZE {
            let joined = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % SIZE] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[at] = self.state[(at + SHIFT) % SIZE] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    /// A number in `0 ..= most`, by rejection under a mask of ones.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let value = self.next_u32() & mask;
            if value <= most {
                return value;
            }
        }
    }

    /// As `numpy.random.choice(total, count, replace=False)`: the head of a shuffled range.
    pub(super) fn choose(&mut self, total: usize, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..total).collect();
        for last in (1..total).rev() {
            order.swap(last, self.up_to(last as u32) as usize);
        }
        order.truncate(count);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_numpys() {
        // np.random.seed(0); np.random.choice(10, 5, replace=False); np.random.permutation(7)
        let mut random = Mersenne::new(0);
        assert_eq!(random.choose(10, 5), [2, 8, 4, 9, 1]);
        assert_eq!(random.choose(7, 7), [3, 1, 2, 6, 5, 0, 4]);
    }

    #[test]
    fn words_are_those_of_the_published_generator() {
        // The reference implementation's first outputs for init_genrand(5489).
        let mut random = Mersenne::new(5489);
        assert_eq!([random.next_u32(), random.next_u32()], [3_499_211_612, 581_869_302]);
    }
}
