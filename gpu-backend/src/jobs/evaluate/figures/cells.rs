//! The map of cells.

use std::collections::HashMap;

use cellprism_figures::{Colour, Map, Panel, Panels, Place, Series, of_labels};

use super::{
    Chart,
    rows::{distinct, panel, plain, rows},
};
use crate::jobs::evaluate::Found;

/// Labels with a colour of their own: nine, and three paler ones of each.
const COLOURS: usize = 36;

/// The figure.
pub fn charts(found: &Found) -> Vec<Chart> {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "map", &[("bundle", bundle)]);
        for column in distinct(&all, "column") {
            let of: Vec<_> = all.iter().filter(|row| row.is("column", &column)).copied().collect();
            // as the explorer colours them: by the order of the column's labels
            let mut known: Vec<(usize, String)> = distinct(&of, "label")
                .into_iter()
                .map(|label| {
                    let place =
                        of.iter().find(|row| row.is("label", &label)).and_then(|row| row.number("place"));
                    (place.map_or(usize::MAX, |place| place as usize), label)
                })
                .collect();
            known.sort();
            let names: Vec<String> = known.into_iter().map(|(_, label)| label).collect();
            let mut labels: Vec<(usize, String, Colour)> = of_labels(&names)
                .into_iter()
                .zip(names)
                .map(|(colour, label)| {
                    (of.iter().filter(|row| row.is("label", &label)).count(), label, colour)
                })
                .collect();
            labels.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut series: Vec<Series> = labels
                .iter()
                .take(COLOURS)
                .map(|(_, label, colour)| Series::coloured(label, *colour))
                .collect();
            if labels.len() > COLOURS {
                let rest = format!("{} other labels", labels.len() - COLOURS);
                series.push(Series::coloured(&rest, Colour::Line));
            }
            let place_of: HashMap<&str, usize> =
                labels.iter().enumerate().map(|(place, (_, label, _))| (label.as_str(), place)).collect();
            let places: Vec<Place> = of
                .iter()
                .filter_map(|row| {
                    let series = (*place_of.get(row.text("label").as_str())?).min(COLOURS);
                    Some(Place { at: (row.number("x")?, row.number("y")?), series })
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
        caption: "UMAP of the cells, by label, in the explorer's colours: Okabe and Ito's, paler beyond nine labels."
            .into(),
        tables: &["map"],
        panels,
    }]
}
