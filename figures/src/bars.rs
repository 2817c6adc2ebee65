//! How many there are of each size: bars that stand side by side.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour,
    pen::{Drawn, Pen, SMALL, Side, TITLE},
    scale::{Scale, range_of},
    svg::Figure,
};

/// A histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Quantity and unit under the axis.
    pub x_title: String,
    /// What is counted, above the axis.
    pub y_title: String,
    /// Counts of bars of equal width, from left to right.
    pub counts: Vec<f64>,
    /// Where the first bar begins and the last one ends.
    pub range: (f64, f64),
}

impl Figure for Bars {
    fn size(&self) -> (f64, f64) {
        (760.0, 290.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        pen.words(&self.y_title, (0.0, 10.0), Side::Right, TITLE, Colour::Ink)?;
        let (left, right) = (64.0, pen.width - 22.0);
        let (top, bottom) = (32.0, pen.height - 50.0);
        let x = Scale { range: self.range, pixels: (left, right) };
        let (_, most) = range_of(self.counts.iter().copied().chain([0.0, 1.0]));
        let y = Scale { range: (0.0, most), pixels: (bottom, top) };
        for (tick, label) in y.ticks(4) {
            pen.line(&[(left, y.at(tick)), (right, y.at(tick))], Colour::Line, 1.0)?;
            pen.words(&label, (left - 8.0, y.at(tick)), Side::Left, SMALL, Colour::Soft)?;
        }
        let width = (right - left) / self.counts.len().max(1) as f64;
        for (i, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let from = left + i as f64 * width;
            let gap = (width * 0.06).max(0.25);
            pen.rectangle((from + gap, y.at(count)), (from + width - gap, bottom), Colour::Accent)?;
        }
        for (tick, label) in x.ticks(6) {
            pen.line(&[(x.at(tick), bottom), (x.at(tick), bottom + 4.0)], Colour::Soft, 1.0)?;
            pen.words(&label, (x.at(tick), bottom + 14.0), Side::Middle, SMALL, Colour::Soft)?;
        }
        pen.words(&self.x_title, ((left + right) / 2.0, bottom + 36.0), Side::Middle, TITLE, Colour::Ink)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Bars, Theme, svg};

    #[test]
    fn an_empty_bar_is_not_drawn_and_a_full_one_reaches_its_count() {
        let bars = |counts: Vec<f64>| Bars { counts, range: (0.0, 2.0), ..Bars::default() };
        let drawn = |counts| svg(&bars(counts), &Theme::light(), "t").unwrap().matches("<rect").count();
        assert_eq!([drawn(vec![0.0, 0.0]), drawn(vec![3.0, 0.0]), drawn(vec![3.0, 9.0])], [0, 1, 2]);
    }
}
