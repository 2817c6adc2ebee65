//! What swapping genes does: deletion and insertion curves, their areas, and how attribution scores are distributed.

use cellprism_figures::{Colour, Curve, Curves, Dots, Mark, Panel, Panels, Row, Series};

use super::{
    Chart,
    rows::{distinct, name, panel, plain, rows, subject},
};
use crate::jobs::evaluate::Found;

/// Smallest attribution score that is drawn.
const LEAST: f64 = 1e-3;

/// The figures.
pub fn charts(found: &Found) -> Vec<Chart> {
    vec![deletion(found), area(found), distribution(found)]
}

/// An order of genes with its colour, the same in both figures.
fn order(word: &str) -> Series {
    let colour = match word {
        "attribution" => Colour::Accent,
        "attribution_held_out" => Colour::Ramp(2),
        "presence" => Colour::Category(2),
        "fold_change" => Colour::Category(0),
        "t" => Colour::Category(5),
        "mean_difference" => Colour::Category(1),
        "random" => Colour::Faint,
        _ => Colour::Soft,
    };
    Series::coloured(&plain(word), colour)
}

fn deletion(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "deletion", &[("bundle", bundle), ("subject", "sae")]);
        let on = distinct(&own, "on");
        let on = if on.is_empty() { vec![String::new()] } else { on };
        for direction in distinct(&own, "direction") {
            for on in &on {
                let of: Vec<_> = own
                    .iter()
                    .filter(|row| row.is("direction", &direction) && row.text("on") == *on)
                    .copied()
                    .collect();
                let curves: Vec<Curve> = distinct(&of, "order")
                    .into_iter()
                    .map(|word| {
                        let points = of.iter().filter(|row| row.is("order", &word));
                        let mut places: Vec<(f64, f64)> = points
                            .filter_map(|row| Some((row.number("step")?, row.number("mean")?)))
                            .collect();
                        places.sort_by(|a, b| a.0.total_cmp(&b.0));
                        Curve { series: order(&word), places, band: Vec::new(), dots: false }
                    })
                    .filter(|curve| curve.places.len() > 1)
                    .collect();
                if curves.is_empty() {
                    continue;
                }
                // from nothing to all in every panel, so that panels can be compared
                let heights = curves.iter().flat_map(|curve| &curve.places).map(|place| place.1);
                let range = heights.fold((0.0, 1.0), |(low, high): (f64, f64), y| (low.min(y), high.max(y)));
                let most = of.iter().filter_map(|row| row.number("n")).fold(0.0, f64::max);
                let cells = match on.as_str() {
                    "held-out" => ", in cells that did not rank the genes",
                    "prototypes" => ", in the cells that ranked the genes",
                    _ => "",
                };
                let chart = Curves {
                    x_title: "Genes swapped".into(),
                    y_title: format!("Activation (share of the cell's own), mean of {most} concepts"),
                    curves,
                    x_range: None,
                    y_range: Some(range),
                };
                panels.0.push((panel(found, bundle, &format!("{direction}{cells}")), Panel::Curves(chart)));
            }
        }
    }
    Chart {
        name: "deletion",
        title: "Activation while genes are swapped one after another",
        item: "Figure 8",
        caption: "Mean over concepts of the activation that is left when genes take the values of a similar cell without the \
                  concept (deletion), or come back (insertion), in the order of each ranking. A ranking is the more faithful the \
                  faster deletion falls. Curves in cells that ranked the genes favour attribution; those in other cells do not."
            .into(),
        tables: &["deletion"],
        panels,
    }
}

fn area(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "deletion_area", &[("bundle", bundle), ("direction", "deletion")]);
        let subjects = distinct(&own, "subject");
        let mut keys: Vec<(String, String)> = Vec::new();
        for row in &own {
            let key = (row.text("order"), row.text("on"));
            if !key.0.is_empty() && !keys.contains(&key) {
                keys.push(key);
            }
        }
        let lines: Vec<Row> = keys
            .iter()
            .filter_map(|(word, on)| {
                let marks: Vec<Mark> = own
                    .iter()
                    .filter(|row| row.is("order", word) && row.text("on") == *on)
                    .filter_map(|row| {
                        let series = subjects.iter().position(|subject| row.is("subject", subject))?;
                        let interval = row.number("low").zip(row.number("high"));
                        Some(Mark { series, value: row.number("mean")?, interval })
                    })
                    .collect();
                let label = if on.is_empty() { plain(word) } else { format!("{}, {on}", plain(word)) };
                (!marks.is_empty()).then_some(Row { label, marks })
            })
            .collect();
        if lines.is_empty() {
            continue;
        }
        let chart = Dots {
            x_title: "Area under the deletion curve (0: gone with the first gene)".into(),
            series: subjects.iter().map(|one| subject(one)).collect(),
            rows: lines,
            range: None,
            references: Vec::new(),
        };
        panels.0.push((panel(found, bundle, ""), Panel::Dots(chart)));
    }
    Chart {
        name: "deletion_area",
        title: "Faithfulness of rankings, subject by subject",
        item: "Figure 8",
        caption: "Mean area under each item's deletion curve with 95 % bootstrap intervals over items: lower is more faithful."
            .into(),
        tables: &["deletion_area"],
        panels,
    }
}

fn distribution(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "attribution_distribution", &[("bundle", bundle)]);
        let curves: Vec<Curve> = distinct(&own, "subject")
            .into_iter()
            .map(|word| {
                let of = own.iter().filter(|row| row.is("subject", &word));
                // Scores span orders of magnitude, and nearly all genes have none: what is above each is seen better.
                let mut places: Vec<(f64, f64)> = of
                    .filter_map(|row| Some((row.number("score")?, row.number("cumulative")?)))
                    .filter(|(score, _)| *score >= LEAST)
                    .map(|(score, cumulative)| (score.log10(), (1.0 - cumulative) * 100.0))
                    .collect();
                places.sort_by(|a, b| a.0.total_cmp(&b.0));
                Curve { series: subject(&word), places, band: Vec::new(), dots: false }
            })
            .filter(|curve| curve.places.len() > 1)
            .collect();
        if curves.is_empty() {
            continue;
        }
        let chart = Curves {
            x_title: "Attribution score, log10 of units of activation".into(),
            y_title: "Genes with a higher score (%)".into(),
            curves,
            x_range: None,
            y_range: None,
        };
        panels.0.push((panel(found, bundle, ""), Panel::Curves(chart)));
    }
    let what = format!("{}, {} and the rest", name("sae"), name("neurons"));
    Chart {
        name: "attribution_distribution",
        title: "Distribution of attribution scores",
        item: "Figure 11",
        caption: format!(
            "Share of all genes of all active items whose mean score is higher, for {what}. Most genes do nothing; the few on the \
             right are what an item is read by. The paper draws the share that is not higher; the table holds that."
        ),
        tables: &["attribution_distribution"],
        panels,
    }
}
