//! What colours stand for: above a chart, in as many lines as it takes.

use plotters::prelude::DrawingBackend;

use crate::{
    Series,
    pen::{Drawn, Pen, SMALL, Side, width_of},
};

/// Height of a line.
const LINE: f64 = 20.0;
/// Square, and space after an entry.
const SQUARE: f64 = 10.0;
const AFTER: f64 = 18.0;

/// Place of each entry, from the left and from the top.
fn places(series: &[Series], width: f64) -> Vec<(f64, f64)> {
    let (mut x, mut y) = (0.0, 0.0);
    series
        .iter()
        .map(|one| {
            let own = SQUARE + 6.0 + width_of(&one.name, SMALL);
            if x > 0.0 && x + own > width {
                (x, y) = (0.0, y + LINE);
            }
            let place = (x, y);
            x += own + AFTER;
            place
        })
        .collect()
}

/// Height that a legend takes; 0 where there is nothing to tell apart.
pub(crate) fn height(series: &[Series], width: f64) -> f64 {
    if series.len() < 2 {
        return 0.0;
    }
    places(series, width).last().map_or(0.0, |&(_, y)| y + LINE + 6.0)
}

/// Draws it from the top left on.
pub(crate) fn draw<DB: DrawingBackend>(pen: &Pen<'_, DB>, series: &[Series]) -> Drawn<DB> {
    if series.len() < 2 {
        return Ok(());
    }
    for (one, (x, y)) in series.iter().zip(places(series, pen.width)) {
        let middle = y + LINE / 2.0;
        pen.rectangle((x, middle - SQUARE / 2.0), (x + SQUARE, middle + SQUARE / 2.0), one.colour)?;
        pen.words(&one.name, (x + SQUARE + 6.0, middle), Side::Right, SMALL, crate::Colour::Soft)?;
    }
    Ok(())
}
