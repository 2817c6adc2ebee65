//! How counts divide: a bar a row, from nothing to all, with the counts in it.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour, Series, legend,
    pen::{Drawn, Pen, SMALL, Side, TITLE, fitted, width_of},
    scale::{Scale, words},
    svg::Figure,
};

/// Height of a row.
const ROW: f64 = 24.0;

/// Bars of counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stacked {
    /// What is counted: stands under the axis.
    pub x_title: String,
    /// Parts, first on the left.
    pub series: Vec<Series>,
    /// Rows, first on top.
    pub bars: Vec<Bar>,
    /// What the number at the end of a row counts, for instance "concepts".
    pub of: String,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// A count for each part.
    pub counts: Vec<f64>,
}

impl Stacked {
    fn label_width(&self) -> f64 {
        self.bars.iter().map(|bar| width_of(&bar.label, SMALL)).fold(60.0, f64::max).min(230.0) + 12.0
    }
}

impl Figure for Stacked {
    fn size(&self) -> (f64, f64) {
        (760.0, legend::height(&self.series, 760.0) + self.bars.len() as f64 * ROW + 54.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        legend::draw(pen, &self.series)?;
        let top = legend::height(&self.series, pen.width) + 4.0;
        let bottom = top + self.bars.len() as f64 * ROW;
        let scale = Scale { range: (0.0, 100.0), pixels: (self.label_width(), pen.width - 92.0) };
        for (tick, label) in scale.ticks(5) {
            let x = scale.at(tick);
            pen.line(&[(x, top), (x, bottom)], Colour::Line, 1.0)?;
            pen.words(&label, (x, bottom + 12.0), Side::Middle, SMALL, Colour::Soft)?;
        }
        let middle = (scale.pixels.0 + scale.pixels.1) / 2.0;
        pen.words(&self.x_title, (middle, bottom + 34.0), Side::Middle, TITLE, Colour::Ink)?;
        for (i, bar) in self.bars.iter().enumerate() {
            let y = top + i as f64 * ROW;
            let name = fitted(&bar.label, SMALL, scale.pixels.0 - 10.0);
            pen.words(&name, (scale.pixels.0 - 10.0, y + ROW / 2.0), Side::Left, SMALL, Colour::Ink)?;
            let total: f64 = bar.counts.iter().sum();
            let told = format!("{} {}", words(total, 0), self.of);
            pen.words(&told, (scale.pixels.1 + 8.0, y + ROW / 2.0), Side::Right, SMALL, Colour::Soft)?;
            if total <= 0.0 {
                continue;
            }
            let mut before = 0.0;
            for (&count, one) in bar.counts.iter().zip(&self.series) {
                let (from, to) =
                    (scale.at(before / total * 100.0), scale.at((before + count) / total * 100.0));
                before += count;
                if to - from < 0.3 {
                    continue;
                }
                pen.rectangle((from, y + 4.0), (to, y + ROW - 4.0), one.colour)?;
                let label = words(count, 0);
                if width_of(&label, SMALL) + 6.0 <= to - from {
                    let on = pen.theme.readable_on(one.colour);
                    pen.words(&label, ((from + to) / 2.0, y + ROW / 2.0), Side::Middle, SMALL, on)?;
                }
            }
        }
        Ok(())
    }
}
