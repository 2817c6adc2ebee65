//! Figure 2: reconstruction over the number of concepts, and how concepts divide at each size.

use cellprism_figures::{Bar, Colour, Curve, Curves, Panel, Panels, Series, Stacked, Theme, svg as drawn};

use super::{
    Divided, Row,
    read_as::{CLASSES, SIZES},
};

/// The figure in light colours; of each size the best run of each set of cells.
///
/// # Errors
/// If drawing fails.
pub fn svg(rows: &[Row], divided: &[Divided]) -> anyhow::Result<String> {
    let best: Vec<&Row> = rows.iter().filter(|row| row.best).collect();
    let mut panels = Panels::default();
    for (title, y_title, value, range) in [
        ("Reconstruction", "R² (share of variance rebuilt)", r2 as fn(&Row) -> f64, Some((0.0, 1.0))),
        ("Concepts that any cell activates", "Active concepts", |row| f64::from(row.metrics.active), None),
    ] {
        panels.0.push((title.into(), Panel::Curves(curves(&best, y_title, value, range))));
    }
    let mut columns: Vec<Option<&str>> = Vec::new();
    for row in divided {
        if !columns.contains(&row.column.as_deref()) {
            columns.push(row.column.as_deref());
        }
    }
    for column in columns {
        let (title, parts): (String, Vec<(&str, Colour)>) = match column {
            Some(name) => {
                let colours = [Colour::Accent, Colour::Ramp(1), Colour::Category(3), Colour::Line];
                (
                    format!("Classes by {}", name.replace('_', " ")),
                    CLASSES.iter().map(|c| c.1).zip(colours).collect(),
                )
            }
            None => {
                let colours =
                    [Colour::Line, Colour::Ramp(1), Colour::Ramp(2), Colour::Ramp(4), Colour::Ramp(5)];
                ("Genes with a score above 0.05".into(), SIZES.iter().map(|s| s.0).zip(colours).collect())
            }
        };
        let bars = best.iter().filter_map(|row| bar(row, divided, column, &parts)).collect();
        let series = parts.iter().map(|&(name, colour)| Series::coloured(name, colour)).collect();
        let of = "concepts".to_owned();
        panels.0.push((
            title,
            Panel::Stacked(Stacked { x_title: "Share of concepts (%)".into(), of, series, bars }),
        ));
    }
    drawn(&panels, &Theme::light(), "Sizes of a dictionary").map_err(anyhow::Error::msg)
}

fn r2(row: &Row) -> f64 {
    row.metrics.r2.max(0.0)
}

/// A line for each set of cells and number of active concepts where several sizes share it, else one for each set.
fn curves(best: &[&Row], y_title: &str, value: fn(&Row) -> f64, y_range: Option<(f64, f64)>) -> Curves {
    let mut names: Vec<&str> = Vec::new();
    for row in best {
        if !names.contains(&row.dataset.as_str()) {
            names.push(&row.dataset);
        }
    }
    let line = |(place, name): (usize, &&str)| {
        let own = best.iter().filter(|row| row.dataset == **name);
        let mut places: Vec<(f64, f64)> =
            own.map(|row| (f64::from(row.metrics.concepts), value(row))).collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Curve {
            series: Series::named(name, [4, 0, 2, 5, 6][place % 5]),
            places,
            band: Vec::new(),
            dots: true,
        }
    };
    Curves {
        x_title: "Concepts in the dictionary (c)".into(),
        y_title: y_title.into(),
        curves: names.iter().enumerate().map(line).collect(),
        x_range: None,
        y_range,
    }
}

fn bar(row: &Row, divided: &[Divided], column: Option<&str>, parts: &[(&str, Colour)]) -> Option<Bar> {
    let own = |of: &&Divided| {
        of.dataset == row.dataset
            && of.concepts == row.metrics.concepts
            && of.active == row.metrics.active_per_cell
            && of.learning_rate == row.metrics.learning_rate
            && of.seed == row.seed
            && of.column.as_deref() == column
    };
    let counts: Vec<f64> = parts
        .iter()
        .map(|(part, _)| {
            divided.iter().filter(own).find(|of| of.part == *part).map_or(0.0, |of| of.count as f64)
        })
        .collect();
    let label = format!("{}, c {}, k {}", row.dataset, row.metrics.concepts, row.metrics.active_per_cell);
    divided.iter().any(|of| own(&of)).then_some(Bar { label, counts })
}
