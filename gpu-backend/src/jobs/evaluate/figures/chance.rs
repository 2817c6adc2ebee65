//! Labels against what chance gives.

use cellprism_figures::{Colour, Dots, Mark, Panel, Panels, Row, Series};

use super::{
    Chart,
    rows::{distinct, name, panel, plain, rows},
};
use crate::jobs::evaluate::Found;

/// The figure.
pub fn charts(found: &Found) -> Vec<Chart> {
    let series = vec![
        Series::coloured("labelled", Colour::Ramp(2)),
        Series::coloured("expected by chance", Colour::Faint),
        Series::coloured("above chance", Colour::Accent),
    ];
    let mut panels = Panels::default();
    let mut silent: Vec<String> = Vec::new();
    for bundle in &found.bundles {
        let own = rows(found, "labels", &[("bundle", bundle)]);
        for reading in distinct(&own, "reading") {
            for library in distinct(&own, "library") {
                let of = own.iter().filter(|row| row.is("reading", &reading) && row.is("library", &library));
                let lines: Vec<Row> = of
                    .filter_map(|row| {
                        let tested = row.number("tested").filter(|&tested| tested > 0.0)?;
                        let share = |count: Option<f64>| count.map(|count| count / tested * 100.0);
                        let labelled = row.number("weak").zip(row.number("strong")).map(|(a, b)| a + b);
                        let shares = [
                            share(labelled),
                            share(row.number("expected_by_chance")),
                            share(row.number("above_chance")),
                        ];
                        let marks = shares
                            .iter()
                            .enumerate()
                            .filter_map(|(i, share)| share.map(|share| Mark::of(i, share)))
                            .collect();
                        let label = format!("{} ({tested})", name(&row.text("subject")));
                        Some(Row { label, marks })
                    })
                    .collect();
                if lines.is_empty() {
                    continue;
                }
                let what = format!("{}, {}", plain(&reading), plain(&library));
                let most = lines.iter().flat_map(|row| &row.marks).map(|mark| mark.value).fold(0.0, f64::max);
                if most == 0.0 {
                    silent.push(panel(found, bundle, &what));
                    continue;
                }
                let chart = Dots {
                    x_title: "Share of tested items (%)".into(),
                    series: series.clone(),
                    rows: lines,
                    // Where nothing is above chance, the axis must not make a hair of it.
                    range: (most < 5.0).then_some((0.0, 5.0)),
                    references: Vec::new(),
                };
                panels.0.push((panel(found, bundle, &what), Panel::Dots(chart)));
            }
        }
    }
    let mut caption = String::from(
        "Share of each subject's tested items (their number in brackets) that earn a label, that would earn one by chance \
         (random rankings through the same rule), and whose own chance stays at or below 0.1 after Benjamini and \
         Hochberg's adjustment. A label that is not above chance is a hint at best.",
    );
    if !silent.is_empty() {
        caption +=
            &format!(" Not drawn, since no item of any subject earned a label: {}.", silent.join("; "));
    }
    vec![Chart {
        name: "labels_chance",
        title: "Labels against chance",
        item: "beyond the paper",
        caption,
        tables: &["labels", "label_items"],
        panels,
    }]
}
