//! Lines, areas and words in pixels, fractions included: plotters' backends count in whole ones, so that a figure is drawn
//! larger than it is shown.

use plotters::{
    coord::Shift,
    drawing::{DrawingArea, DrawingAreaErrorKind},
    element::{Circle, PathElement, Polygon, Rectangle, Text},
    prelude::DrawingBackend,
    style::{
        Color, IntoFont, RGBAColor, ShapeStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::theme::{Colour, Theme};

/// What drawing gives.
pub type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Size of words at ticks and rows, in pixels: nothing is smaller.
pub(crate) const SMALL: f64 = 12.0;
/// plotters divides sizes by this when it writes SVG.
const POINTS: f64 = 1.24;
/// Size of titles.
pub(crate) const TITLE: f64 = 13.0;

/// Where words stand from their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// They begin there.
    Right,
    /// They are around it.
    Middle,
    /// They end there.
    Left,
}

/// Draws within a rectangle of an area.
pub struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    /// Colours.
    pub theme: &'a Theme,
    times: f64,
    left: f64,
    top: f64,
    /// Width, in pixels as they are shown.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    /// A pen for a whole area, which is `times` as large as it is shown.
    pub fn new(area: &'a DrawingArea<DB, Shift>, theme: &'a Theme, times: f64) -> Self {
        let (width, height) = area.dim_in_pixel();
        Self {
            area,
            theme,
            times,
            left: 0.0,
            top: 0.0,
            width: f64::from(width) / times,
            height: f64::from(height) / times,
        }
    }

    /// The same pen within a part of its rectangle.
    pub fn within(&self, left: f64, top: f64, width: f64, height: f64) -> Self {
        Self { left: self.left + left, top: self.top + top, width, height, ..*self }
    }

    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let place = |v: f64| (v * self.times).round() as i32;
        (place(self.left + x), place(self.top + y))
    }

    fn style(&self, colour: Colour, opacity: f64, width: f64) -> ShapeStyle {
        let colour: RGBAColor = self.theme.of(colour).mix(opacity);
        let stroke_width = (width * self.times).round().max(1.0) as u32;
        ShapeStyle { color: colour, filled: false, stroke_width }
    }

    /// A filled rectangle.
    pub fn rectangle(&self, from: (f64, f64), to: (f64, f64), colour: Colour) -> Drawn<DB> {
        let style = self.style(colour, 1.0, 1.0).filled();
        self.area.draw(&Rectangle::new([self.at(from), self.at(to)], style))
    }

    /// A line through places.
    pub fn line(&self, places: &[(f64, f64)], colour: Colour, width: f64) -> Drawn<DB> {
        let style = self.style(colour, 1.0, width);
        self.area
            .draw(&PathElement::new(places.iter().map(|&place| self.at(place)).collect::<Vec<_>>(), style))
    }

    /// A line of dashes between two places of one height or one column.
    pub fn dashes(&self, from: (f64, f64), to: (f64, f64), colour: Colour) -> Drawn<DB> {
        let length = (to.0 - from.0).abs() + (to.1 - from.1).abs();
        let (dash, gap) = (4.0, 3.0);
        let along = |at: f64| {
            let share = (at / length.max(1e-9)).min(1.0);
            (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
        };
        let mut at = 0.0;
        while at < length {
            self.line(&[along(at), along(at + dash)], colour, 1.0)?;
            at += dash + gap;
        }
        Ok(())
    }

    /// A filled area, see-through.
    pub fn area(&self, places: &[(f64, f64)], colour: Colour, opacity: f64) -> Drawn<DB> {
        let style = self.style(colour, opacity, 1.0).filled();
        self.area.draw(&Polygon::new(places.iter().map(|&place| self.at(place)).collect::<Vec<_>>(), style))
    }

    /// A filled dot.
    pub fn dot(&self, place: (f64, f64), radius: f64, colour: Colour, opacity: f64) -> Drawn<DB> {
        let style = self.style(colour, opacity, 1.0).filled();
        self.area.draw(&Circle::new(self.at(place), (radius * self.times).round() as i32, style))
    }

    /// Words, centred on the height of their place.
    pub fn words(&self, text: &str, place: (f64, f64), side: Side, size: f64, colour: Colour) -> Drawn<DB> {
        let along = match side {
            Side::Right => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Left => HPos::Right,
        };
        let style = ("sans-serif", size * self.times * POINTS)
            .into_font()
            .color(&self.theme.of(colour))
            .pos(Pos::new(along, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), self.at(place), style))
    }
}

/// Width of words in pixels, as in the widest of the usual faces (DejaVu Sans, Verdana): whoever shows the figure chooses.
pub(crate) fn width_of(text: &str, size: f64) -> f64 {
    let of = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.32,
        't' | 'f' | 'r' | ' ' | '(' | ')' | '-' | '/' => 0.40,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
        'A'..='Z' => 0.73,
        '−' | '+' | '=' | '≤' | '≥' => 0.84,
        _ => 0.63,
    };
    text.chars().map(of).sum::<f64>() * size
}

/// Words cut to a width, with an ellipsis where something is missing.
pub(crate) fn fitted(text: &str, size: f64, width: f64) -> String {
    if width_of(text, size) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for letter in text.chars() {
        if width_of(&cut, size) + width_of("m…", size) > width {
            break;
        }
        cut.push(letter);
    }
    cut.trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_where_they_do_not_fit() {
        assert_eq!(fitted("B cells", 12.0, 200.0), "B cells");
        let cut = fitted("CD14+ monocytes of the blood", 12.0, 80.0);
        assert!(cut.ends_with('…') && width_of(&cut, 12.0) <= 80.0, "{cut}");
    }
}
