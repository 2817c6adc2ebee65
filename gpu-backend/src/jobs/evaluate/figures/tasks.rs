//! What activations are good for: accuracy, confusion, coefficients.

use cellprism_figures::{Colour, Dots, Heat, Mark, Panel, Panels, Row, Series};

use super::{
    Chart,
    rows::{distinct, name, panel, plain, rows},
};
use crate::jobs::evaluate::Found;

/// Labels of a table that can still be read.
const MOST_LABELS: usize = 24;
/// Items of highest coefficient shown for each class.
const ITEMS: usize = 2;
/// Columns of coefficients in all.
const MOST_ITEMS: usize = 16;

/// The figures.
pub fn charts(found: &Found) -> Vec<Chart> {
    vec![accuracy(found), confusion(found), coefficients(found)]
}

fn accuracy(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "classification", &[("bundle", bundle)]);
        for task in distinct(&all, "task") {
            let of: Vec<_> = all.iter().filter(|row| row.is("task", &task)).copied().collect();
            let lines: Vec<Row> = distinct(&of, "subject")
                .iter()
                .filter_map(|subject| {
                    let own: Vec<_> = of.iter().filter(|row| row.is("subject", subject)).collect();
                    let done = |row: &super::rows::Row<'_>| row.text("converged") == "true";
                    let at = |converged: bool| own.iter().find(|row| done(row) == converged);
                    let mark = |(series, row): (usize, Option<&&super::rows::Row<'_>>)| {
                        let interval = row?.number("low").zip(row?.number("high"));
                        Some(Mark { series, value: row?.number("accuracy")?, interval })
                    };
                    let marks: Vec<Mark> =
                        [at(false), at(true)].into_iter().enumerate().filter_map(mark).collect();
                    (!marks.is_empty()).then(|| Row { label: name(subject).into(), marks })
                })
                .collect();
            if lines.is_empty() {
                continue;
            }
            let counts = of.iter().find_map(|row| Some((row.number("n_test")?, row.number("classes")?)));
            let (n, classes) = counts.unwrap_or_default();
            let chart = Dots {
                x_title: format!("Accuracy on {n} test cells of {classes} classes"),
                series: vec![
                    Series::coloured("stopped at the paper's iterations", Colour::Category(0)),
                    Series::coloured("converged", Colour::Accent),
                ],
                rows: lines,
                // from nothing to all: an axis cut to the values makes differences of a few cells look large
                range: Some((0.0, 1.0)),
                references: of
                    .iter()
                    .find_map(|row| row.number("most_common"))
                    .map(|share| (share, "the most common label alone".to_owned()))
                    .into_iter()
                    .collect(),
            };
            panels.0.push((panel(found, bundle, &plain(&task)), Panel::Dots(chart)));
        }
    }
    Chart {
        name: "accuracy",
        title: "What activations are good for",
        item: "Figure 5; Table 4",
        caption: "Multinomial logistic regression (L2, C = 1) on the items' activations, on cells that it was not fitted to. A fit \
                  that reached its optimum is one dot; where the paper's number of iterations stopped it earlier, that is the other. Lines are \
                  95 % intervals of the test cells (Wilson); the dashed line is what always answering the most common label gives."
            .into(),
        tables: &["classification", "split"],
        panels,
    }
}

fn confusion(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "confusion", &[("bundle", bundle), ("subject", "sae")]);
        for task in distinct(&all, "task") {
            let of: Vec<_> = all.iter().filter(|row| row.is("task", &task)).copied().collect();
            let mut labels = distinct(&of, "label");
            for predicted in distinct(&of, "predicted") {
                if !labels.contains(&predicted) {
                    labels.push(predicted);
                }
            }
            if labels.is_empty() || labels.len() > MOST_LABELS {
                continue;
            }
            let count = |label: &str, predicted: &str| {
                let cell = of.iter().find(|row| row.is("label", label) && row.is("predicted", predicted));
                cell.and_then(|row| row.number("count"))
            };
            let values = labels
                .iter()
                .map(|label| {
                    let total: f64 = labels.iter().filter_map(|predicted| count(label, predicted)).sum();
                    let share = |predicted: &String| {
                        (total > 0.0).then(|| count(label, predicted).unwrap_or(0.0) / total * 100.0)
                    };
                    labels.iter().map(share).collect()
                })
                .collect();
            let chart = Heat {
                y_title: "True label".into(),
                x_title: "Predicted (% of the test cells of each true label)".into(),
                rows: labels.clone(),
                columns: labels,
                values,
                most: 100.0,
                digits: 0,
            };
            panels.0.push((panel(found, bundle, &plain(&task)), Panel::Heat(chart)));
        }
    }
    Chart {
        name: "confusion",
        title: "Which labels concepts confuse",
        item: "Figure 5",
        caption: "Test cells by true and predicted label, from the concepts' activations.".into(),
        tables: &["confusion"],
        panels,
    }
}

fn coefficients(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "coefficients", &[("bundle", bundle), ("subject", "sae")]);
        for task in distinct(&all, "task") {
            let of: Vec<_> = all.iter().filter(|row| row.is("task", &task)).copied().collect();
            let classes = distinct(&of, "class");
            let mut items: Vec<(String, String)> = Vec::new();
            for class in &classes {
                let mut own: Vec<_> = of
                    .iter()
                    .filter(|row| row.is("class", class))
                    .filter_map(|row| {
                        Some((row.number("coefficient")?, row.text("id"), row.text("reads_as")))
                    })
                    .collect();
                own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                for (_, id, reads_as) in own.into_iter().take(ITEMS) {
                    if items.len() < MOST_ITEMS && !items.iter().any(|(known, _)| *known == id) {
                        items.push((id, reads_as));
                    }
                }
            }
            if items.is_empty() || classes.len() > MOST_LABELS {
                continue;
            }
            let value = |class: &str, id: &str| {
                of.iter()
                    .find(|row| row.is("class", class) && row.text("id") == id)
                    .and_then(|row| row.number("coefficient"))
            };
            let values: Vec<Vec<Option<f64>>> =
                classes.iter().map(|class| items.iter().map(|(id, _)| value(class, id)).collect()).collect();
            let most = values.iter().flatten().flatten().map(|v| v.abs()).fold(0.0, f64::max);
            let column = |(id, reads_as): &(String, String)| {
                if reads_as.is_empty() { format!("C{id}") } else { format!("C{id}: {reads_as}") }
            };
            let chart = Heat {
                y_title: "Class".into(),
                x_title: "Coefficient of the concepts with the highest of each class".into(),
                rows: classes,
                columns: items.iter().map(column).collect(),
                values,
                most,
                digits: 1,
            };
            panels.0.push((panel(found, bundle, &plain(&task)), Panel::Heat(chart)));
        }
    }
    Chart {
        name: "coefficients",
        title: "Which concepts tell classes apart",
        item: "Figure 10",
        caption: "Coefficients of the logistic regression: how much a concept's activation speaks for a class (violet) or against it \
                  (brown). Activations are not scaled, so that coefficients of different concepts are compared with care."
            .into(),
        tables: &["coefficients"],
        panels,
    }
}
