//! Reconstruction, matches of two bundles, stability.

use cellprism_figures::{Colour, Curve, Curves, Dots, Mark, Panel, Panels, Row, Series};

use super::{
    Chart,
    rows::{distinct, name, panel, rows, short},
};
use crate::jobs::evaluate::Found;

/// The figures.
pub fn charts(found: &Found) -> Vec<Chart> {
    vec![reconstruction(found), matches(found), stability(found)]
}

fn reconstruction(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let own = rows(found, "reconstruction", &[("bundle", bundle)]);
        let on = distinct(&own, "on");
        let series = on
            .iter()
            .enumerate()
            .map(|(i, on)| match on.as_str() {
                "own" => Series::coloured("own cells", Colour::Accent),
                other => Series::named(&format!("cells of {}", short(found, other)), [0, 2, 4, 6][i % 4]),
            })
            .collect();
        let lines: Vec<Row> = distinct(&own, "subject")
            .iter()
            .filter_map(|subject| {
                let marks: Vec<Mark> = own
                    .iter()
                    .filter(|row| row.is("subject", subject))
                    .filter_map(|row| {
                        let place = on.iter().position(|on| row.is("on", on))?;
                        Some(Mark::of(place, row.number("r2")?))
                    })
                    .collect();
                (!marks.is_empty()).then(|| Row { label: name(subject).into(), marks })
            })
            .collect();
        let lowest = lines.iter().flat_map(|row| &row.marks).map(|mark| mark.value).fold(0.0, f64::min);
        if !lines.is_empty() {
            let chart = Dots {
                x_title: "R² (share of the embeddings' variance that is rebuilt)".into(),
                series,
                rows: lines,
                range: Some((if lowest < 0.0 { lowest.max(-1.0) } else { 0.0 }, 1.0)),
                references: Vec::new(),
            };
            panels.0.push((panel(found, bundle, ""), Panel::Dots(chart)));
        }
    }
    Chart {
        name: "reconstruction",
        title: "How well the embeddings are rebuilt",
        item: "Tables 3, 4 and 5; Figure 4 A",
        caption: "R² over all entries (1 − SSE/SST around each dimension's mean), on the bundle's own cells and on those of other \
                  bundles of the same model. Neurons, PCA and ICA keep all dimensions, so that 1 is theirs by construction; a \
                  value below −1 is drawn at −1."
            .into(),
        tables: &["reconstruction"],
        panels,
    }
}

fn matches(found: &Found) -> Chart {
    let mut panels = Panels::default();
    let all = rows(found, "matches", &[]);
    let colours = [Colour::Accent, Colour::Category(0), Colour::Category(2), Colour::Category(4)];
    let mut curves = Vec::new();
    let mut shared = Vec::new();
    for left in distinct(&all, "left") {
        for right in distinct(&all, "right") {
            let own: Vec<_> =
                all.iter().filter(|row| row.is("left", &left) && row.is("right", &right)).collect();
            let mut cosines: Vec<f64> = own.iter().filter_map(|row| row.number("cosine")).collect();
            if cosines.is_empty() {
                continue;
            }
            cosines.sort_by(|a, b| b.total_cmp(a));
            let n = cosines.len() as f64;
            let colour = colours[(curves.len() / 2) % colours.len()];
            let pair = format!("{} and {}", short(found, &left), short(found, &right));
            curves.push(Curve {
                series: Series::coloured(&pair, colour),
                places: share_curve(&cosines, n),
                band: Vec::new(),
                dots: false,
            });
            let words = [("left", left.as_str()), ("right", right.as_str())];
            if let Some(null) = rows(found, "stability", &words).iter().find_map(|row| row.number("null_95"))
            {
                curves.push(Curve {
                    series: Series::coloured("95 % of unrelated dictionaries are below", Colour::Faint),
                    places: vec![(0.0, null), (100.0, null)],
                    band: Vec::new(),
                    dots: false,
                });
            }
            let mut genes: Vec<f64> = own.iter().filter_map(|row| row.number("shared_top10")).collect();
            genes.sort_by(|a, b| b.total_cmp(a));
            if !genes.is_empty() {
                let n = genes.len() as f64;
                shared.push(Curve {
                    series: Series::coloured(&pair, colour),
                    places: share_curve(&genes, n),
                    band: Vec::new(),
                    dots: false,
                });
            }
        }
    }
    if !curves.is_empty() {
        panels.0.push((
            "direction".into(),
            Panel::Curves(Curves {
                x_title: "Matched concepts, best first (%)".into(),
                y_title: "Cosine of the dictionaries' columns".into(),
                curves,
                x_range: Some((0.0, 100.0)),
                y_range: Some((0.0, 1.0)),
            }),
        ));
    }
    if !shared.is_empty() {
        panels.0.push((
            "genes".into(),
            Panel::Curves(Curves {
                x_title: "Matched concepts, most shared genes first (%)".into(),
                y_title: "Genes shared among the first ten".into(),
                curves: shared,
                x_range: Some((0.0, 100.0)),
                y_range: Some((0.0, 10.0)),
            }),
        ));
    }
    Chart {
        name: "matches",
        title: "Concepts of two bundles, matched one to one",
        item: "Figure 4 B and C",
        caption: "Concepts alive in both bundles, matched so that the sum of cosines is largest (Hungarian algorithm), best pair \
                  first, and how many of their ten first genes such pairs share. Below the grey line a match is no better than \
                  one between unrelated dictionaries."
            .into(),
        tables: &["matches", "stability"],
        panels,
    }
}

/// Sorted values over their share.
fn share_curve(sorted: &[f64], n: f64) -> Vec<(f64, f64)> {
    sorted.iter().enumerate().map(|(i, &value)| ((i as f64 + 0.5) / n * 100.0, value)).collect()
}

fn stability(found: &Found) -> Chart {
    let lines: Vec<Row> = rows(found, "stability", &[])
        .iter()
        .filter_map(|row| {
            let kinds = ["mean_cosine", "random_mean", "null_95"];
            let marks: Vec<Mark> =
                kinds.iter().enumerate().filter_map(|(i, c)| row.number(c).map(|v| Mark::of(i, v))).collect();
            let (left, right) = (row.text("left"), row.text("right"));
            let label = format!("{} and {}", short(found, &left), short(found, &right));
            (!marks.is_empty()).then_some(Row { label, marks })
        })
        .collect();
    let chart = Dots {
        x_title: "Cosine of matched dictionary columns".into(),
        series: vec![
            Series::coloured("mean of matched pairs", Colour::Accent),
            Series::coloured("mean of a random dictionary's", Colour::Faint),
            Series::coloured("95th percentile of unrelated dictionaries", Colour::Category(0)),
        ],
        rows: lines,
        range: Some((0.0, 1.0)),
        references: Vec::new(),
    };
    let panels = if chart.rows.is_empty() { Vec::new() } else { vec![(String::new(), Panel::Dots(chart))] };
    Chart {
        name: "stability",
        title: "What comes back from other seeds and other data",
        item: "Figure 4 B",
        caption: "Mean cosine of concepts that were matched one to one, beside what a random dictionary of the same size would \
                  match, matched the same way."
            .into(),
        tables: &["stability"],
        panels: Panels(panels),
    }
}
