//! Values of several subjects beside each other: a row each, a dot a value, a line for its interval.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour, Series, legend,
    pen::{Drawn, Pen, SMALL, Side, TITLE, fitted, width_of},
    scale::{Scale, range_of},
    svg::Figure,
};

/// Height of a row with one series; each further one needs as much as a dot.
const ROW: f64 = 22.0;

/// Rows of dots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dots {
    /// Quantity and unit: stands under the axis.
    pub x_title: String,
    /// What colours stand for.
    pub series: Vec<Series>,
    /// Rows, first on top.
    pub rows: Vec<Row>,
    /// Ends of the axis; from the values where not given.
    pub range: Option<(f64, f64)>,
    /// Values that are marked over all rows, with what they are.
    pub references: Vec<(f64, String)>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its name.
    pub label: String,
    /// Its values.
    pub marks: Vec<Mark>,
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Which series.
    pub series: usize,
    /// The value.
    pub value: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
}

impl Mark {
    /// A value without interval.
    pub fn of(series: usize, value: f64) -> Self {
        Self { series, value, interval: None }
    }
}

impl Dots {
    fn label_width(&self) -> f64 {
        self.rows.iter().map(|row| width_of(&row.label, SMALL)).fold(60.0, f64::max).min(250.0) + 12.0
    }

    fn row_height(&self) -> f64 {
        ROW + 3.0 * (self.series.len().clamp(1, 4) - 1) as f64
    }

    fn references_height(&self) -> f64 {
        18.0 * self.references.len() as f64
    }

    fn range(&self) -> (f64, f64) {
        let marks = self.rows.iter().flat_map(|row| &row.marks);
        let of = |mark: &Mark| [Some(mark.value), mark.interval.map(|i| i.0), mark.interval.map(|i| i.1)];
        self.range.unwrap_or_else(|| {
            range_of(marks.flat_map(of).flatten().chain(self.references.iter().map(|reference| reference.0)))
        })
    }
}

impl Figure for Dots {
    fn size(&self) -> (f64, f64) {
        let rows = self.rows.len() as f64 * self.row_height();
        (760.0, legend::height(&self.series, 760.0) + self.references_height() + rows + 54.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        legend::draw(pen, &self.series)?;
        let above = legend::height(&self.series, pen.width) + 4.0;
        let top = above + self.references_height();
        let height = self.row_height();
        let bottom = top + self.rows.len() as f64 * height;
        let scale = Scale { range: self.range(), pixels: (self.label_width(), pen.width - 16.0) };
        let ticks = ((scale.pixels.1 - scale.pixels.0) / 90.0).floor().clamp(2.0, 6.0) as usize;
        for (tick, label) in scale.ticks(ticks) {
            let x = scale.at(tick);
            pen.line(&[(x, top), (x, bottom)], Colour::Line, 1.0)?;
            pen.words(&label, (x, bottom + 12.0), Side::Middle, SMALL, Colour::Soft)?;
        }
        let middle = (scale.pixels.0 + scale.pixels.1) / 2.0;
        pen.words(&self.x_title, (middle, bottom + 34.0), Side::Middle, TITLE, Colour::Ink)?;
        for (i, (value, name)) in self.references.iter().enumerate() {
            let (x, y) = (scale.at(*value), above + 18.0 * i as f64 + 9.0);
            pen.dashes((x, y + 8.0), (x, bottom), Colour::Soft)?;
            // Words stay within the plot, on whichever side there is room.
            let half = width_of(name, SMALL) / 2.0;
            let at = x.clamp(scale.pixels.0 + half, (scale.pixels.1 - half).max(scale.pixels.0 + half));
            pen.words(name, (at, y), Side::Middle, SMALL, Colour::Soft)?;
        }
        for (i, row) in self.rows.iter().enumerate() {
            let y = top + i as f64 * height;
            let name = fitted(&row.label, SMALL, scale.pixels.0 - 10.0);
            pen.words(&name, (scale.pixels.0 - 10.0, y + height / 2.0), Side::Left, SMALL, Colour::Ink)?;
            let lanes = self.series.len().clamp(1, 4);
            // the first series is drawn last, over the others
            for mark in row.marks.iter().rev() {
                // Equal values of different series do not hide each other.
                let lane = (mark.series % lanes) as f64 - (lanes as f64 - 1.0) / 2.0;
                let at = y + height / 2.0 + lane * (height - 8.0) / lanes as f64;
                let colour = self.series.get(mark.series).map_or(Colour::Accent, |one| one.colour);
                if let Some((low, high)) = mark.interval {
                    pen.line(&[(scale.at(low), at), (scale.at(high), at)], colour, 1.5)?;
                }
                pen.dot((scale.at(mark.value), at), 4.0, colour, 1.0)?;
            }
        }
        Ok(())
    }
}
