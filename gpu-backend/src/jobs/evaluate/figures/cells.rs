//! The map of cells.

use cellprism_figures::{Map, Panel, Panels, Place, Series};

use super::{
    Chart,
    rows::{distinct, panel, plain, rows},
};
use crate::jobs::evaluate::Found;

/// Labels with a colour of their own.
const COLOURS: usize = 8;

/// The figure.
pub fn charts(found: &Found) -> Vec<Chart> {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "map", &[("bundle", bundle)]);
        for column in distinct(&all, "column") {
            let of: Vec<_> = all.iter().filter(|row| row.is("column", &column)).copied().collect();
            let mut labels: Vec<(usize, String)> = distinct(&of, "label")
                .into_iter()
                .map(|label| (of.iter().filter(|row| row.is("label", &label)).count(), label))
                .collect();
            labels.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut series: Vec<Series> = labels
                .iter()
                .take(COLOURS)
                .enumerate()
                .map(|(i, (_, label))| Series::named(label, i))
                .collect();
            if labels.len() > COLOURS {
                let rest = format!("{} other labels", labels.len() - COLOURS);
                series.push(Series::coloured(&rest, cellprism_figures::Colour::Faint));
            }
            let places: Vec<Place> = of
                .iter()
                .filter_map(|row| {
                    let label = row.text("label");
                    let place = labels.iter().position(|(_, known)| *known == label)?;
                    Some(Place { at: (row.number("x")?, row.number("y")?), series: place.min(COLOURS) })
                })
                .collect();
            if places.is_empty() {
                continue;
            }
            let note = format!("{} cells; distances between clusters mean little", places.len());
            let chart = Map { series, places, note };
            panels.0.push((panel(found, bundle, &plain(&column)), Panel::Map(chart)));
        }
    }
    vec![Chart {
        name: "map",
        title: "Cells in the plane",
        item: "Figures 6 and 7",
        caption: "UMAP of the cells, by label. Colours are Okabe and Ito's; labels beyond eight share grey."
            .into(),
        tables: &["map"],
        panels,
    }]
}
