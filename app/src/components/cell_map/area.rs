//! An area that was drawn on the map, and the cells inside it.

/// Most corners that are kept: an area is part of the address.
const MOST: usize = 120;

/// A closed line in the map's own coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Area(Vec<[f32; 2]>);

impl Area {
    /// Of a line's points; none where they enclose nothing.
    pub fn new(line: &[[f64; 2]]) -> Option<Self> {
        let step = line.len().div_ceil(MOST).max(1);
        let thousandths = |v: f64| (v.clamp(-1.0, 2.0) * 1000.0).round() as f32 / 1000.0;
        let mut kept: Vec<[f32; 2]> = line.iter().step_by(step).map(|p| p.map(thousandths)).collect();
        kept.dedup();
        (kept.len() > 2).then_some(Self(kept))
    }

    /// A rectangle between two corners.
    pub fn rectangle([x, y]: [f64; 2], [to_x, to_y]: [f64; 2]) -> Option<Self> {
        Self::new(&[[x, y], [to_x, y], [to_x, to_y], [x, to_y]])
    }

    /// Its corners.
    pub fn corners(&self) -> &[[f32; 2]] {
        &self.0
    }

    /// Whether a place lies inside (even–odd rule).
    pub fn holds(&self, [x, y]: [f32; 2]) -> bool {
        let mut inside = false;
        let mut before = self.0.len() - 1;
        for (i, &[ax, ay]) in self.0.iter().enumerate() {
            let [bx, by] = self.0[before];
            if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
                inside = !inside;
            }
            before = i;
        }
        inside
    }

    /// Places of the cells inside, rising.
    pub fn cells(&self, map: &[[f32; 2]]) -> Vec<u32> {
        let range = |axis: usize| {
            let along = self.0.iter().map(|corner| corner[axis]);
            along.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (low, high)) = (range(0), range(1));
        let near = |&[x, y]: &[f32; 2]| x >= left && x <= right && y >= low && y <= high;
        let inside = map.iter().enumerate().filter(|(_, place)| near(place) && self.holds(**place));
        inside.map(|(cell, _)| cell as u32).collect()
    }

    /// Thousandths: "120-455_300-210".
    pub fn to_text(&self) -> String {
        let corner = |[x, y]: &[f32; 2]| format!("{:.0}~{:.0}", x * 1000.0, y * 1000.0);
        self.0.iter().map(corner).collect::<Vec<_>>().join("_")
    }

    /// What an address says.
    pub fn from_text(text: &str) -> Option<Self> {
        let number = |part: &str| part.parse::<i32>().ok().map(|n| f64::from(n) / 1000.0);
        let corner = |part: &str| {
            let (x, y) = part.split_once('~')?;
            Some([number(x)?, number(y)?])
        };
        Self::new(&text.split('_').map(corner).collect::<Option<Vec<_>>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_inside_are_found_also_where_the_line_is_not_convex() {
        let corner =
            Area::new(&[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.8, 0.9], [0.8, 0.2], [0.1, 0.2]]).unwrap();
        let map = [[0.5, 0.15], [0.5, 0.5], [0.85, 0.8], [0.05, 0.15], [0.95, 0.5]];
        assert_eq!(corner.cells(&map), [0, 2]);
        assert_eq!(Area::from_text(&corner.to_text()), Some(corner));
    }

    #[test]
    fn a_rectangle_has_two_ways_round_and_a_click_encloses_nothing() {
        let one = Area::rectangle([0.2, 0.2], [0.6, 0.7]).unwrap();
        let other = Area::rectangle([0.6, 0.7], [0.2, 0.2]).unwrap();
        let map = [[0.3, 0.3], [0.7, 0.3]];
        assert_eq!((one.cells(&map), other.cells(&map)), (vec![0], vec![0]));
        assert_eq!(Area::new(&[[0.5, 0.5]; 30]), None);
        assert_eq!([Area::from_text(""), Area::from_text("1~x_2~2_3~3")], [None, None]);
    }
}
