//! Cells in a plane, coloured by label.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour, Series, legend,
    pen::{Drawn, Pen, SMALL, Side},
    svg::Figure,
};

/// A map of cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Labels, most common first.
    pub series: Vec<Series>,
    /// Cells.
    pub places: Vec<Place>,
    /// What the plane is.
    pub note: String,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// From the left and from the bottom, both from 0 to 1.
    pub at: (f64, f64),
    /// Its label.
    pub series: usize,
}

impl Figure for Map {
    fn size(&self) -> (f64, f64) {
        (760.0, legend::height(&self.series, 760.0) + 480.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        legend::draw(pen, &self.series)?;
        let top = legend::height(&self.series, pen.width) + 6.0;
        let (height, width) = (pen.height - top - 26.0, pen.width - 12.0);
        // Many cells are drawn smaller, so that dense places stay readable.
        let radius = (90.0 / (self.places.len().max(1) as f64).sqrt()).clamp(0.75, 3.0);
        for place in &self.places {
            let colour = self.series.get(place.series).map_or(Colour::Faint, |one| one.colour);
            let at = (6.0 + place.at.0 * width, top + (1.0 - place.at.1) * height);
            pen.dot(at, radius, colour, 0.7)?;
        }
        pen.words(&self.note, (0.0, pen.height - 10.0), Side::Right, SMALL, Colour::Soft)
    }
}
