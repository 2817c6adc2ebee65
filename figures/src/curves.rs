//! What falls or rises: a line a series, a band where its spread is known, its name at its end or above.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour, Series, legend,
    pen::{Drawn, Pen, SMALL, Side, TITLE},
    scale::{Scale, range_of},
    svg::Figure,
};

/// Lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Quantity and unit under the axis.
    pub x_title: String,
    /// Quantity and unit above the axis, where they can be read.
    pub y_title: String,
    /// The lines.
    pub curves: Vec<Curve>,
    /// Ends of the horizontal axis; from the places where not given.
    pub x_range: Option<(f64, f64)>,
    /// Ends of the vertical axis; from the values where not given.
    pub y_range: Option<(f64, f64)>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name and colour.
    pub series: Series,
    /// From left to right.
    pub places: Vec<(f64, f64)>,
    /// Lower and upper end at each place; empty where not known.
    pub band: Vec<(f64, f64)>,
    /// Whether each place is marked.
    pub dots: bool,
}

impl Curves {
    fn names(&self) -> Vec<Series> {
        let mut names: Vec<Series> = Vec::new();
        for curve in &self.curves {
            if !names.contains(&curve.series) {
                names.push(curve.series.clone());
            }
        }
        names
    }
}

impl Figure for Curves {
    fn size(&self) -> (f64, f64) {
        (760.0, legend::height(&self.names(), 760.0) + 330.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        let names = self.names();
        legend::draw(pen, &names)?;
        let above = legend::height(&names, pen.width);
        pen.words(&self.y_title, (0.0, above + 10.0), Side::Right, TITLE, Colour::Ink)?;
        let (left, right) = (52.0, pen.width - 22.0);
        let (top, bottom) = (above + 32.0, pen.height - 50.0);
        let places = || self.curves.iter().flat_map(|curve| curve.places.iter().copied());
        let bands =
            self.curves.iter().flat_map(|curve| curve.band.iter().flat_map(|&(low, high)| [low, high]));
        let x_range = self.x_range.unwrap_or_else(|| range_of(places().map(|(x, _)| x)));
        let y_range = self.y_range.unwrap_or_else(|| range_of(places().map(|(_, y)| y).chain(bands)));
        let (x, y) = (
            Scale { range: x_range, pixels: (left, right) },
            Scale { range: y_range, pixels: (bottom, top) },
        );
        for (tick, label) in y.ticks(5) {
            pen.line(&[(left, y.at(tick)), (right, y.at(tick))], Colour::Line, 1.0)?;
            pen.words(&label, (left - 8.0, y.at(tick)), Side::Left, SMALL, Colour::Soft)?;
        }
        for (tick, label) in x.ticks(((right - left) / 90.0).floor().clamp(2.0, 7.0) as usize) {
            pen.line(&[(x.at(tick), bottom), (x.at(tick), bottom + 4.0)], Colour::Soft, 1.0)?;
            pen.words(&label, (x.at(tick), bottom + 14.0), Side::Middle, SMALL, Colour::Soft)?;
        }
        pen.words(&self.x_title, ((left + right) / 2.0, bottom + 36.0), Side::Middle, TITLE, Colour::Ink)?;
        for curve in &self.curves {
            if curve.band.len() == curve.places.len() && !curve.band.is_empty() {
                let along =
                    |upper: bool| {
                        curve.places.iter().zip(&curve.band).map(move |(&(at, _), &(low, high))| {
                            (x.at(at), y.at(if upper { high } else { low }))
                        })
                    };
                let mut outline: Vec<_> = along(true).collect();
                outline.extend(along(false).rev());
                pen.area(&outline, curve.series.colour, 0.14)?;
            }
        }
        for curve in &self.curves {
            let line: Vec<_> = curve.places.iter().map(|&(at, value)| (x.at(at), y.at(value))).collect();
            pen.line(&line, curve.series.colour, 2.0)?;
            for &place in line.iter().filter(|_| curve.dots) {
                pen.dot(place, 3.5, curve.series.colour, 1.0)?;
            }
        }
        Ok(())
    }
}
