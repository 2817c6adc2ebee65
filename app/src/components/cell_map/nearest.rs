//! The cell nearest to a place of the map, among hundreds of thousands.

/// Squares along each side.
const SIDE: usize = 256;

/// Cells by the square they lie in.
#[derive(Debug, PartialEq)]
pub struct Nearest {
    /// Where each square's cells begin in `cells`; one more at the end.
    starts: Vec<u32>,
    cells: Vec<u32>,
}

fn square(v: f32) -> usize {
    ((v.clamp(0.0, 1.0) * SIDE as f32) as usize).min(SIDE - 1)
}

impl Nearest {
    /// Sorts cells into squares.
    pub fn of(map: &[[f32; 2]]) -> Self {
        let place = |&[x, y]: &[f32; 2]| square(y) * SIDE + square(x);
        let mut starts = vec![0u32; SIDE * SIDE + 1];
        for at in map {
            starts[place(at) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut cells = vec![0u32; map.len()];
        for (cell, at) in map.iter().enumerate() {
            let slot = &mut next[place(at)];
            cells[*slot as usize] = cell as u32;
            *slot += 1;
        }
        Self { starts, cells }
    }

    /// The cell nearest to `at` among those that `shown` lets through, no further than `reach`; `unit` are pixels of one unit
    /// across and up, since distances are those on the screen. Of equally near ones the last, which is drawn on top.
    pub fn find(
        &self,
        map: &[[f32; 2]],
        at: [f64; 2],
        unit: [f64; 2],
        reach: f64,
        shown: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let side = |axis: usize| {
            let radius = reach / unit[axis];
            let (low, high) = (at[axis] - radius, at[axis] + radius);
            square(low as f32)..square(high as f32) + 1
        };
        let mut best = (reach * reach, None);
        for row in side(1) {
            for column in side(0) {
                let own = row * SIDE + column;
                for &cell in &self.cells[self.starts[own] as usize..self.starts[own + 1] as usize] {
                    let [x, y] = map[cell as usize];
                    let (dx, dy) = ((f64::from(x) - at[0]) * unit[0], (f64::from(y) - at[1]) * unit[1]);
                    let distance = dx * dx + dy * dy;
                    if distance <= best.0 && shown(cell) {
                        best = (distance, Some(cell));
                    }
                }
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_one_is_the_one_that_a_look_at_all_finds() {
        let map: Vec<[f32; 2]> =
            (0..2_000).map(|i| [(i as f32 * 0.618_034).fract(), (i as f32 * 0.754_878).fract()]).collect();
        let (nearest, unit) = (Nearest::of(&map), [600.0, 400.0]);
        for step in 0..200 {
            let at = [f64::from(step) / 200.0, (f64::from(step) * 0.37).fract()];
            let distance = |cell: u32| {
                let [x, y] = map[cell as usize];
                (f64::from(x) - at[0]).mul_add(unit[0], 0.0).hypot((f64::from(y) - at[1]) * unit[1])
            };
            let even = |cell: u32| cell.is_multiple_of(2);
            let naive = (0..2_000).filter(|&c| even(c)).min_by(|&a, &b| distance(a).total_cmp(&distance(b)));
            let naive = naive.filter(|&cell| distance(cell) <= 12.0);
            assert_eq!(nearest.find(&map, at, unit, 12.0, even), naive);
        }
        assert_eq!(Nearest::of(&[]).find(&[], [0.5, 0.5], unit, 9.0, |_| true), None);
    }
}
