//! Draws every form of chart: `cargo run --release -p cellprism-figures --example all_forms > forms.svg`.

use cellprism_figures::{
    Bar, Bars, Colour, Curve, Curves, Dots, Heat, Map, Mark, Panel, Panels, Place, Row, Series, Stacked,
    Theme, svg,
};

fn main() -> Result<(), String> {
    let curve = |name: &str, colour, fall: f64| Curve {
        series: Series { name: name.into(), colour },
        places: (0..=50).map(|i| (f64::from(i), (-fall * f64::from(i)).exp())).collect(),
        band: (0..=50).map(|i| (-fall * f64::from(i)).exp()).map(|y| (y * 0.9, (y * 1.1).min(1.0))).collect(),
        dots: false,
    };
    let forms = vec![
        (
            "Counts".into(),
            Panel::Stacked(Stacked {
                x_title: "Share of items (%)".into(),
                of: "items".into(),
                series: vec![
                    Series::coloured("strong", Colour::Accent),
                    Series::coloured("weak", Colour::Ramp(1)),
                    Series::coloured("none", Colour::Ramp(0)),
                ],
                bars: vec![
                    Bar { label: "concepts".into(), counts: vec![12.0, 40.0, 300.0] },
                    Bar {
                        label: "neurons, positive and negated side apart".into(),
                        counts: vec![1.0, 20.0, 1079.0],
                    },
                ],
            }),
        ),
        (
            "Histogram".into(),
            Panel::Bars(Bars {
                x_title: "Activation (no unit)".into(),
                y_title: "Cells".into(),
                counts: (0..24).map(|i| (900.0 * (-0.2 * f64::from(i)).exp()).round()).collect(),
                range: (0.0, 3.2),
            }),
        ),
        (
            "Values".into(),
            Panel::Dots(Dots {
                x_title: "AUROC on held-out cells".into(),
                series: vec![
                    Series::coloured("concepts", Colour::Accent),
                    Series::named("neurons", 0),
                    Series::named("random", 2),
                ],
                rows: [
                    "B cells",
                    "CD14+ monocytes",
                    "a label that is longer than any row may be, and then some",
                ]
                .iter()
                .enumerate()
                .map(|(i, label)| Row {
                    label: (*label).into(),
                    marks: (0..3)
                        .map(|series| Mark {
                            series,
                            value: 0.98 - 0.1 * series as f64 - 0.05 * i as f64,
                            interval: Some((
                                0.9 - 0.1 * series as f64 - 0.05 * i as f64,
                                1.0 - 0.1 * series as f64,
                            )),
                        })
                        .collect(),
                })
                .collect(),
                range: Some((0.5, 1.0)),
                references: vec![(0.5, "chance".into())],
            }),
        ),
        (
            "Curves".into(),
            Panel::Curves(Curves {
                x_title: "Genes swapped".into(),
                y_title: "Activation left (share of the start)".into(),
                curves: vec![
                    curve("attribution", Colour::Accent, 0.15),
                    curve("fold change", Colour::Category(0), 0.05),
                    curve("random", Colour::Faint, 0.01),
                ],
                x_range: Some((0.0, 50.0)),
                y_range: Some((0.0, 1.0)),
            }),
        ),
        (
            "Table".into(),
            Panel::Heat(Heat {
                y_title: "True label".into(),
                x_title: "Predicted (share of the row)".into(),
                rows: ["B cells", "CD4 T cells", "NK cells"].map(str::to_owned).to_vec(),
                columns: ["B cells", "CD4 T cells that are long", "NK cells"].map(str::to_owned).to_vec(),
                values: vec![
                    vec![Some(0.97), Some(0.02), None],
                    vec![Some(0.0), Some(0.8), Some(0.2)],
                    vec![Some(-0.3), Some(0.3), Some(0.7)],
                ],
                most: 1.0,
                digits: 2,
            }),
        ),
        (
            "Map".into(),
            Panel::Map(Map {
                series: (0..6).map(|i| Series::named(&format!("type {i}"), i)).collect(),
                places: (0..3000)
                    .map(|i| {
                        let (a, b) = (f64::from(i) * 2.4, f64::from(i % 97) / 97.0);
                        Place {
                            at: (0.5 + 0.45 * b * a.cos(), 0.5 + 0.45 * b * a.sin()),
                            series: (i % 6) as usize,
                        }
                    })
                    .collect(),
                note: "UMAP of the model's embeddings; 3,000 cells".into(),
            }),
        ),
    ];
    println!("{}", svg(&Panels(forms), &Theme::light(), "Every form of chart")?);
    Ok(())
}
