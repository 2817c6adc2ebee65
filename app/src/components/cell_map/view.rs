//! The part of the map that is seen, and where a cell lies on the screen.

/// Most times that a map is enlarged: places have 16 bits, and at this zoom their steps become visible.
const MOST: f64 = 200.0;

/// The middle of what is seen, in the map's own coordinates (0 to 1, y upwards), and how many times it is enlarged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Middle, left to right.
    pub x: f64,
    /// Middle, bottom to top.
    pub y: f64,
    /// 1 shows the whole map.
    pub zoom: f64,
}

impl View {
    /// The whole map.
    pub const WHOLE: Self = Self { x: 0.5, y: 0.5, zoom: 1.0 };

    fn kept(x: f64, y: f64, zoom: f64) -> Self {
        let zoom = zoom.clamp(1.0, MOST);
        let half = 0.5 / zoom;
        Self { x: x.clamp(half, 1.0 - half), y: y.clamp(half, 1.0 - half), zoom }
    }

    /// Enlarged by `factor`; the place `[x, y]` stays where it is on the screen.
    #[must_use]
    pub fn zoomed(self, factor: f64, [x, y]: [f64; 2]) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, MOST);
        let share = self.zoom / zoom;
        Self::kept(x + (self.x - x) * share, y + (self.y - y) * share, zoom)
    }

    /// Moved by shares of what is seen, to the right and upwards.
    #[must_use]
    pub fn moved(self, right: f64, up: f64) -> Self {
        Self::kept(self.x + right / self.zoom, self.y + up / self.zoom, self.zoom)
    }

    /// "0.512,0.250,4.00"; empty for the whole map.
    pub fn to_text(self) -> String {
        if self.zoom <= 1.0 {
            return String::new();
        }
        format!("{:.4},{:.4},{:.2}", self.x, self.y, self.zoom)
    }

    /// What an address says; the whole map where it says nothing that makes sense.
    pub fn from_text(text: &str) -> Self {
        let mut numbers = text.split(',').map(|part| part.parse::<f64>().ok().filter(|n| n.is_finite()));
        match (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten()) {
            (Some(x), Some(y), Some(zoom)) => Self::kept(x, y, zoom),
            _ => Self::WHOLE,
        }
    }
}

/// A picture of the map: its size and margin in CSS pixels, and what is seen of the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Room at each edge, so that no dot of the whole map is cut.
    pub margin: f64,
    /// What is seen.
    pub view: View,
}

impl Frame {
    fn inner(&self) -> [f64; 2] {
        [(self.width - 2.0 * self.margin).max(1.0), (self.height - 2.0 * self.margin).max(1.0)]
    }

    /// Where a place of the map lies, from the upper left corner.
    pub fn at(&self, [x, y]: [f32; 2]) -> (f64, f64) {
        let [width, height] = self.inner();
        let View { x: cx, y: cy, zoom } = self.view;
        let right = (f64::from(x) - cx) * zoom + 0.5;
        let down = 0.5 - (f64::from(y) - cy) * zoom;
        (self.margin + right * width, self.margin + down * height)
    }

    /// Which place of the map lies there.
    pub fn place(&self, x: f64, y: f64) -> [f64; 2] {
        let [width, height] = self.inner();
        let View { x: cx, y: cy, zoom } = self.view;
        [cx + ((x - self.margin) / width - 0.5) / zoom, cy - ((y - self.margin) / height - 0.5) / zoom]
    }

    /// Pixels of one unit of the map, across and up.
    pub fn unit(&self) -> [f64; 2] {
        self.inner().map(|length| length * self.view.zoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_the_pointer_stays_there_while_one_zooms() {
        let mut frame = Frame { width: 620.0, height: 500.0, margin: 10.0, view: View::WHOLE };
        for _ in 0..12 {
            let place = frame.place(400.0, 120.0);
            frame.view = frame.view.zoomed(1.3, place);
            let (x, y) = frame.at(place.map(|v| v as f32));
            assert!((x - 400.0).abs() < 0.01 && (y - 120.0).abs() < 0.01, "{x} {y}");
        }
        assert_eq!(frame.view.zoomed(1e-9, [0.3, 0.9]), View::WHOLE);
    }

    #[test]
    fn the_map_cannot_be_left_and_addresses_are_read_again() {
        let near = View::WHOLE.zoomed(4.0, [0.5, 0.5]).moved(10.0, -10.0);
        assert_eq!((near.x, near.y), (0.875, 0.125));
        assert_eq!(View::from_text(&near.to_text()), near);
        for odd in ["", "1", "a,b,c", "NaN,0,3"] {
            assert_eq!(View::from_text(odd), View::WHOLE);
        }
        assert_eq!(View::from_text("9,9,1e99").zoom, MOST);
    }
}
