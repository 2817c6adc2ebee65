//! A table of shares, or of values below and above zero, as squares with their numbers: both sides in hues of their own.

use plotters::prelude::DrawingBackend;

use crate::{
    Colour,
    pen::{Drawn, Pen, SMALL, Side, TITLE, fitted, width_of},
    svg::Figure,
};

/// Height of a row.
const ROW: f64 = 24.0;

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// What rows are.
    pub y_title: String,
    /// What columns are.
    pub x_title: String,
    /// Names of rows.
    pub rows: Vec<String>,
    /// Names of columns; drawn as numbers with a key below where they are long.
    pub columns: Vec<String>,
    /// Values by row; `None` where there is none.
    pub values: Vec<Vec<Option<f64>>>,
    /// The value that is drawn darkest.
    pub most: f64,
    /// Digits after the point.
    pub digits: usize,
}

impl Heat {
    fn label_width(&self) -> f64 {
        self.rows.iter().map(|row| width_of(row, SMALL)).fold(60.0, f64::max).min(210.0) + 12.0
    }

    /// Width of a column, and whether names fit above them.
    fn columns(&self, width: f64) -> (f64, bool) {
        let own = ((width - self.label_width()) / self.columns.len().max(1) as f64).min(90.0);
        (own, self.columns.iter().all(|name| width_of(name, SMALL) + 6.0 <= own))
    }

    /// Names of columns below the table, where they do not fit above.
    fn key(&self, width: f64) -> Vec<String> {
        if self.columns(width).1 {
            return Vec::new();
        }
        self.columns.iter().enumerate().map(|(i, name)| format!("{} {name}", i + 1)).collect()
    }

    fn key_columns(&self, width: f64) -> (usize, f64) {
        let widest = self.key(width).iter().map(|name| width_of(name, SMALL)).fold(80.0, f64::max).min(360.0);
        (((width / (widest + 20.0)).floor() as usize).max(1), widest + 20.0)
    }
}

impl Figure for Heat {
    fn size(&self) -> (f64, f64) {
        let width = 760.0;
        let key = self.key(width).len().div_ceil(self.key_columns(width).0) as f64;
        (width, 52.0 + self.rows.len() as f64 * ROW + 10.0 + key * 18.0)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB> {
        let left = self.label_width();
        let (width, fits) = self.columns(pen.width);
        pen.words(&self.y_title, (0.0, 38.0), Side::Right, TITLE, Colour::Ink)?;
        pen.words(&self.x_title, (left, 10.0), Side::Right, TITLE, Colour::Ink)?;
        let top = 50.0;
        for (j, name) in self.columns.iter().enumerate() {
            let number = (j + 1).to_string();
            let name = if fits { name } else { &number };
            pen.words(name, (left + (j as f64 + 0.5) * width, 38.0), Side::Middle, SMALL, Colour::Soft)?;
        }
        for (i, (name, values)) in self.rows.iter().zip(&self.values).enumerate() {
            let y = top + i as f64 * ROW;
            let name = fitted(name, SMALL, left - 10.0);
            pen.words(&name, (left - 10.0, y + ROW / 2.0), Side::Left, SMALL, Colour::Ink)?;
            for (j, value) in values.iter().enumerate() {
                let Some(value) = value else { continue };
                let share = (value.abs() / self.most.max(1e-12)).min(1.0);
                let colour = match share {
                    share if share < 0.005 => Colour::Ramp(0),
                    share if *value > 0.0 => Colour::Ramp(1 + (share * 4.99) as usize),
                    _ => Colour::Below((share * 4.99) as usize),
                };
                let x = left + j as f64 * width;
                pen.rectangle((x + 1.0, y + 1.0), (x + width - 1.0, y + ROW - 1.0), colour)?;
                let label = crate::scale::words(*value, self.digits);
                if share >= 0.005 && width_of(&label, SMALL) + 4.0 <= width {
                    let on = pen.theme.readable_on(colour);
                    pen.words(&label, (x + width / 2.0, y + ROW / 2.0), Side::Middle, SMALL, on)?;
                }
            }
        }
        let (across, wide) = self.key_columns(pen.width);
        let below = top + self.rows.len() as f64 * ROW + 18.0;
        for (i, name) in self.key(pen.width).iter().enumerate() {
            let place = ((i % across) as f64 * wide, below + (i / across) as f64 * 18.0);
            pen.words(&fitted(name, SMALL, wide - 12.0), place, Side::Right, SMALL, Colour::Soft)?;
        }
        Ok(())
    }
}
