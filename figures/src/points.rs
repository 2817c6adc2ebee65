//! Two quantities of many things: a dot each, with names for those to be read.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour, Series, legend,
    pen::{Drawn, Pen, SMALL, Side, TITLE, width_of},
    scale::{Scale, range_of},
    svg::Figure,
};

/// Dots in a plane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Quantity and unit under the axis.
    pub x_title: String,
    /// Quantity and unit above the axis, where they can be read.
    pub y_title: String,
    /// What colours stand for.
    pub series: Vec<Series>,
    /// The dots, those behind first.
    pub points: Vec<Point>,
}

/// A dot.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Both quantities.
    pub at: (f64, f64),
    /// Which series.
    pub series: usize,
    /// Its radius in pixels.
    pub radius: f64,
    /// Its name, where it is one to read.
    pub name: Option<String>,
}

impl Figure for Points {
    fn size(&self) -> (f64, f64) {
        (760.0, legend::height(&self.series, 760.0) + 430.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        legend::draw(pen, &self.series)?;
        let above = legend::height(&self.series, pen.width);
        pen.words(&self.y_title, (0.0, above + 10.0), Side::Right, TITLE, Colour::Ink)?;
        let (left, right) = (58.0, pen.width - 22.0);
        let (top, bottom) = (above + 32.0, pen.height - 50.0);
        let x = Scale { range: range_of(self.points.iter().map(|p| p.at.0)), pixels: (left, right) };
        let y = Scale { range: range_of(self.points.iter().map(|p| p.at.1)), pixels: (bottom, top) };
        for (tick, label) in y.ticks(5) {
            pen.line(&[(left, y.at(tick)), (right, y.at(tick))], Colour::Line, 1.0)?;
            pen.words(&label, (left - 8.0, y.at(tick)), Side::Left, SMALL, Colour::Soft)?;
        }
        for (tick, label) in x.ticks(6) {
            pen.line(&[(x.at(tick), bottom), (x.at(tick), bottom + 4.0)], Colour::Soft, 1.0)?;
            pen.words(&label, (x.at(tick), bottom + 14.0), Side::Middle, SMALL, Colour::Soft)?;
        }
        pen.words(&self.x_title, ((left + right) / 2.0, bottom + 36.0), Side::Middle, TITLE, Colour::Ink)?;
        for point in &self.points {
            let colour = self.series.get(point.series).map_or(Colour::Faint, |one| one.colour);
            pen.dot((x.at(point.at.0), y.at(point.at.1)), point.radius, colour, 0.8)?;
        }
        for point in &self.points {
            let Some(name) = &point.name else { continue };
            let (at, wide) = (x.at(point.at.0), width_of(name, SMALL));
            let (place, side) = match at + wide + 8.0 > right {
                true => (at - point.radius - 4.0, Side::Left),
                false => (at + point.radius + 4.0, Side::Right),
            };
            pen.words(name, (place, y.at(point.at.1)), side, SMALL, Colour::Ink)?;
        }
        Ok(())
    }
}
