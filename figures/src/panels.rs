//! Charts under each other, each with a letter and a title.

use plotters::prelude::DrawingBackend;

use crate::{
    Bars, Colour, Curves, Dots, Heat, Map, Points, Stacked,
    pen::{Drawn, Pen, Side, TITLE},
    svg::Figure,
};

/// Height of a title.
const HEAD: f64 = 30.0;
/// Space after a chart.
const AFTER: f64 = 18.0;

/// Any chart.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    /// Bars side by side.
    Bars(Bars),
    /// Bars of counts.
    Stacked(Stacked),
    /// Rows of dots.
    Dots(Dots),
    /// Lines.
    Curves(Curves),
    /// Dots in a plane.
    Points(Points),
    /// A table.
    Heat(Heat),
    /// Cells in a plane.
    Map(Map),
}

impl Figure for Panel {
    fn size(&self) -> (f64, f64) {
        match self {
            Self::Bars(chart) => chart.size(),
            Self::Stacked(chart) => chart.size(),
            Self::Dots(chart) => chart.size(),
            Self::Curves(chart) => chart.size(),
            Self::Points(chart) => chart.size(),
            Self::Heat(chart) => chart.size(),
            Self::Map(chart) => chart.size(),
        }
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        match self {
            Self::Bars(chart) => chart.draw(pen),
            Self::Stacked(chart) => chart.draw(pen),
            Self::Dots(chart) => chart.draw(pen),
            Self::Curves(chart) => chart.draw(pen),
            Self::Points(chart) => chart.draw(pen),
            Self::Heat(chart) => chart.draw(pen),
            Self::Map(chart) => chart.draw(pen),
        }
    }
}

/// Charts with their titles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panels(pub Vec<(String, Panel)>);

impl Figure for Panels {
    fn size(&self) -> (f64, f64) {
        let heights = self.0.iter().map(|(title, chart)| self.head(title) + chart.size().1 + AFTER);
        (760.0, heights.sum::<f64>().max(1.0))
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        pen.rectangle((0.0, 0.0), (pen.width, pen.height), Colour::Page)?;
        let mut top = 0.0;
        for (i, (title, chart)) in self.0.iter().enumerate() {
            let head = self.head(title);
            if head > 0.0 {
                let letter = char::from(b'A' + (i % 26) as u8);
                let text = if self.0.len() > 1 { format!("{letter}   {title}") } else { title.clone() };
                pen.words(&text, (0.0, top + 10.0), Side::Right, TITLE + 1.0, Colour::Ink)?;
            }
            let (width, height) = chart.size();
            chart.draw(&pen.within(0.0, top + head, width, height))?;
            top += head + height + AFTER;
        }
        Ok(())
    }
}

impl Panels {
    /// A single chart has its title in the caption.
    fn head(&self, title: &str) -> f64 {
        if title.is_empty() { 0.0 } else { HEAD }
    }
}
