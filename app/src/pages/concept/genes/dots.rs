//! A gene's effect in each cell: dots, the middle half as a bar, the median as a stroke.

use cellprism_core::bundle::SideGene;
use leptos::prelude::*;

use crate::plots;

/// Units of the drawing's width.
const WIDTH: f64 = 1000.0;
/// How many times as far out the last dots may be as the others.
const SQUEEZED: f64 = 1.6;
/// Half a dot, so that one at the end of the axis is seen.
const HALF: f64 = 8.0;

/// The axis that both sides share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Wide enough for zero and the dots of some genes; without the last 2 % where those would squeeze all others together.
    pub fn of<'a>(genes: impl Iterator<Item = &'a SideGene>) -> Self {
        let mut values: Vec<f64> = genes.flat_map(|gene| &gene.by_prototype).map(|&v| f64::from(v)).collect();
        cellprism_core::order::sort_by(&mut values, f64::total_cmp);
        let beyond = values.len() / 100;
        let end = |all: Option<&f64>, inner: Option<&f64>| {
            let (all, inner) = (all.copied().unwrap_or(0.0), inner.copied().unwrap_or(0.0));
            if all.abs() > SQUEEZED * inner.abs() { inner } else { all }
        };
        let low = end(values.first(), values.get(beyond)).min(0.0);
        let high = end(values.last(), values.iter().rev().nth(beyond)).max(0.02);
        let margin = (high - low) * 0.04;
        Self { low: low - margin, high: high + margin }
    }

    /// Whether a value is beyond its ends.
    fn misses(self, value: f64) -> bool {
        value < self.low || value > self.high
    }

    fn at(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low) * WIDTH).clamp(HALF, WIDTH - HALF)
    }

    fn ticks(self) -> Vec<f64> {
        plots::ticks(self.low, self.high, 4)
    }

    /// Numbers above the column.
    pub fn head(self) -> AnyView {
        let number = |value: f64| {
            let left = format!("left:{:.2}%", self.at(value) / WIDTH * 100.0);
            view! { <span style=left>{plots::tick_text(value)}</span> }
        };
        view! { <div class="axis-x">{self.ticks().into_iter().map(number).collect_view()}</div> }.into_any()
    }
}

/// Lower quartile, median, upper quartile, between neighbouring values where they fall between.
pub fn quartiles(values: &[f32]) -> Option<[f64; 3]> {
    let mut sorted = values.to_vec();
    cellprism_core::order::sort_by(&mut sorted, f32::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some([0.25, 0.5, 0.75].map(|share| {
        let place = share * last as f64;
        let (below, part) = (place.floor() as usize, place.fract());
        let (a, b) = (f64::from(sorted[below]), f64::from(sorted[(below + 1).min(last)]));
        a + (b - a) * part
    }))
}

/// The drawing; what it shows stands in the row's other cells.
pub fn drawing(axis: Axis, values: &[f32]) -> AnyView {
    let grid: String = axis.ticks().into_iter().map(|v| format!("M{:.1} 0V80", axis.at(v))).collect();
    let middle = quartiles(values).map(|[low, median, high]| {
        let bar = format!("M{:.1} 40H{:.1}", axis.at(low), axis.at(high).max(axis.at(low) + 1.0));
        let stroke = format!("M{:.1} 22V58", axis.at(median));
        view! { <path class="iqr" d=bar /><path class="med" d=stroke /> }
    });
    let dots = |out: bool| {
        let drawn = values.iter().map(|&v| f64::from(v)).filter(|&v| axis.misses(v) == out);
        drawn.map(|v| format!("M{:.1} 40h0", axis.at(v))).collect::<String>()
    };
    let beyond = dots(true);
    let beyond = (!beyond.is_empty()).then(|| view! { <path class="beyond" d=beyond /> });
    view! {
        <svg viewBox="0 0 1000 80" preserveAspectRatio="none" aria-hidden="true">
            <path class="grid-line" d=grid />{middle}<g class="dots"><path d=dots(false) />{beyond}</g>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use cellprism_core::ids::GeneId;

    use super::*;

    #[test]
    fn quartiles_lie_between_neighbours() {
        assert_eq!(quartiles(&[4.0, 1.0, 2.0, 3.0]), Some([1.75, 2.5, 3.25]));
        assert_eq!(quartiles(&[7.0]), Some([7.0; 3]));
        assert_eq!(quartiles(&[]), None);
    }

    #[test]
    fn one_cell_far_out_does_not_squeeze_the_others() {
        let gene = |values: &[f32]| SideGene {
            gene: GeneId(0),
            symbol: "G".into(),
            score: 0.1,
            typical_score: None,
            carried_by: 1,
            by_prototype: values.to_vec(),
            value_prototypes: 1.0,
            value_others: 0.0,
        };
        let mut values: Vec<f32> = (0..100).map(|i| i as f32 / 1000.0).collect();
        let whole = Axis::of([gene(&values)].iter());
        assert!(!whole.misses(0.099) && whole.misses(0.2) && !whole.misses(0.0));
        values.push(9.0);
        let trimmed = Axis::of([gene(&values)].iter());
        assert!(trimmed.misses(9.0) && !trimmed.misses(0.098));
    }
}
