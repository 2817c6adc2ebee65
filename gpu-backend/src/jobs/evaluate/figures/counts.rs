//! How items divide: by class, by number of genes, by label.

use cellprism_figures::{Bar, Colour, Panel, Panels, Series, Stacked};

use super::{
    Chart,
    rows::{distinct, name, panel, plain, rows},
};
use crate::jobs::evaluate::Found;

/// The figures.
pub fn charts(found: &Found) -> Vec<Chart> {
    vec![classes(found), sizes(found), labels(found)]
}

fn classes(found: &Found) -> Chart {
    let parts = [
        ("specific", Colour::Accent),
        ("mixed", Colour::Ramp(1)),
        ("rare", Colour::Category(3)),
        ("dead", Colour::Line),
    ];
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "classes", &[("bundle", bundle)]);
        for column in distinct(&own, "column").into_iter().take(3) {
            let words = [("bundle", bundle.as_str()), ("column", column.as_str())];
            let of = rows(found, "classes", &words);
            let bars = bars(&of, "class", &parts);
            let title = panel(found, bundle, &format!("specific by {}", plain(&column)));
            panels.0.push((title, stacked("Share of items (%)", &parts, bars)));
        }
    }
    Chart {
        name: "classes",
        title: "Items that are specific for a label",
        item: "Figure 2 B",
        caption: "Each bar is a subject, its items divided by class: specific where most active cells share one label, mixed, rare \
                  (too few active cells to tell), dead (no active cell). Counts stand in the bars. Baselines that were never \
                  trained stand beside the dictionary: what they reach as well is no merit of training."
            .into(),
        tables: &["classes"],
        panels,
    }
}

fn sizes(found: &Found) -> Chart {
    let parts = [
        ("0", Colour::Line),
        ("1-3", Colour::Ramp(1)),
        ("4-10", Colour::Ramp(2)),
        ("11-50", Colour::Ramp(4)),
        ("51+", Colour::Ramp(5)),
    ];
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "gene_set_sizes", &[("bundle", bundle)]);
        for reading in distinct(&own, "reading") {
            let words = [("bundle", bundle.as_str()), ("reading", reading.as_str())];
            let bars = bars(&rows(found, "gene_set_sizes", &words), "size", &parts);
            let what = match reading.as_str() {
                "paper" => "important genes, as in the paper".to_owned(),
                other => format!("genes of {other}"),
            };
            panels.0.push((panel(found, bundle, &what), stacked("Share of active items (%)", &parts, bars)));
        }
    }
    Chart {
        name: "gene_set_sizes",
        title: "Genes that an item depends on",
        item: "Figure 2 C",
        caption: "Items by the number of genes that score above the threshold of importance (the paper's reading), or that \
                  several cells carry (presence and absence). Counts stand in the bars."
            .into(),
        tables: &["gene_set_sizes"],
        panels,
    }
}

fn labels(found: &Found) -> Chart {
    let parts = [("strong", Colour::Accent), ("weak", Colour::Ramp(1)), ("none", Colour::Line)];
    let series: Vec<Series> = parts.iter().map(|&(name, colour)| Series::coloured(name, colour)).collect();
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "labels", &[("bundle", bundle), ("reading", "paper")]);
        for library in distinct(&own, "library") {
            let bars = own
                .iter()
                .filter(|row| row.is("library", &library))
                .filter_map(|row| {
                    let (tested, weak, strong) =
                        (row.number("tested")?, row.number("weak")?, row.number("strong")?);
                    let counts = vec![strong, weak, (tested - weak - strong).max(0.0)];
                    Some(Bar { label: name(&row.text("subject")).into(), counts })
                })
                .collect();
            let chart = Stacked {
                x_title: "Share of tested items (%)".into(),
                of: "tested".into(),
                series: series.clone(),
                bars,
            };
            panels.0.push((panel(found, bundle, &plain(&library)), Panel::Stacked(chart)));
        }
    }
    panels.0.retain(|(_, panel)| has_bars(panel));
    Chart {
        name: "labels",
        title: "Pathway labels by the paper's rule",
        item: "Figure 3 A",
        caption: "Items whose best gene set passes the paper's thresholds: strong (p ≤ 5e-5), weak (p ≤ 5e-3). The rule finds \
                  labels for random rankings, too: the next figure holds these counts against chance."
            .into(),
        tables: &["labels", "label_items"],
        panels,
    }
}

fn has_bars(panel: &Panel) -> bool {
    !matches!(panel, Panel::Stacked(chart) if chart.bars.is_empty())
}

/// A bar for each subject that has counts.
fn bars(of: &[super::rows::Row<'_>], column: &str, parts: &[(&str, Colour)]) -> Vec<Bar> {
    distinct(of, "subject")
        .into_iter()
        .filter_map(|subject| {
            let count = |part: &str| {
                of.iter()
                    .find(|row| row.is("subject", &subject) && row.is(column, part))
                    .and_then(|row| row.number("count"))
            };
            let counts: Vec<Option<f64>> = parts.iter().map(|(part, _)| count(part)).collect();
            counts.iter().any(Option::is_some).then(|| Bar {
                label: name(&subject).into(),
                counts: counts.into_iter().map(|count| count.unwrap_or(0.0)).collect(),
            })
        })
        .collect()
}

fn stacked(x_title: &str, parts: &[(&str, Colour)], bars: Vec<Bar>) -> Panel {
    let series = parts.iter().map(|&(name, colour)| Series::coloured(name, colour)).collect();
    Panel::Stacked(Stacked { x_title: x_title.into(), of: "items".into(), series, bars })
}
