//! Which labels are taken for which, as shares of each label's test cells.

use cellprism_figures::{Heat, Panel};
use leptos::prelude::*;

use super::{Tables, called, words};
use crate::{
    components::{
        drawing,
        figure_menu::{self, Behind},
    },
    format::{percent, thousands},
    table::Table,
};

/// Counts by true and predicted label.
#[derive(Clone, Debug, PartialEq)]
struct Confusion {
    labels: Vec<String>,
    counts: Vec<Vec<f64>>,
}

impl Confusion {
    fn of(table: &Table, task: &str, subject: &str) -> Self {
        let wanted = [("task", task), ("subject", subject)];
        let mut labels: Vec<String> = Vec::new();
        for row in table.of(&wanted) {
            for name in [table.at(row, "label"), table.at(row, "predicted")] {
                if !name.is_empty() && !labels.iter().any(|known| known == name) {
                    labels.push(name.to_owned());
                }
            }
        }
        let mut counts = vec![vec![0.0; labels.len()]; labels.len()];
        let place = |name: &str| labels.iter().position(|known| known == name);
        for row in table.of(&wanted) {
            let found = place(table.at(row, "label")).zip(place(table.at(row, "predicted")));
            if let Some(((i, j), count)) = found.zip(table.number(row, "count")) {
                counts[i][j] += count;
            }
        }
        Self { labels, counts }
    }

    /// Shares of each row; nothing in a row without test cells.
    fn shares(&self) -> Vec<Vec<Option<f64>>> {
        let row = |row: &Vec<f64>| {
            let total: f64 = row.iter().sum();
            row.iter().map(|count| (total > 0.0).then(|| count / total)).collect()
        };
        self.counts.iter().map(row).collect()
    }

    /// The pair that is mixed up most often.
    fn worst(&self) -> Option<(usize, usize, f64)> {
        let shares = self.shares();
        let apart =
            (0..shares.len()).flat_map(|i| (0..shares.len()).map(move |j| (i, j))).filter(|(i, j)| i != j);
        apart
            .filter_map(|(i, j)| Some((i, j, shares[i][j]?)))
            .filter(|found| found.2 > 0.0)
            .max_by(|a, b| a.2.total_cmp(&b.2))
    }
}

/// The figure.
pub fn view(tables: &Tables, task: &str, subject: &str) -> AnyView {
    let found = Confusion::of(&tables.confusion, task, subject);
    if found.labels.is_empty() {
        return view! { <section class="section"><p class="notice">{format!("No confusion was computed for {} on {}.", called(subject), words(task))}</p></section> }
            .into_any();
    }
    let title = format!("{}, by {}", crate::format::capital(&words(task)), called(subject));
    let (listed, drawn) = (found.clone(), found.clone());
    let rows = move || {
        let all = (0..listed.labels.len()).flat_map(|i| (0..listed.labels.len()).map(move |j| (i, j)));
        all.map(|(i, j)| {
            vec![listed.labels[i].clone(), listed.labels[j].clone(), listed.counts[i][j].to_string()]
        })
        .collect()
    };
    let chart = move || {
        Panel::Heat(Heat {
            y_title: "Label".into(),
            x_title: "Taken for (share of the label’s test cells)".into(),
            rows: drawn.labels.clone(),
            columns: drawn.labels.clone(),
            values: drawn.shares(),
            most: 1.0,
            digits: 2,
        })
    };
    let file = format!("{}-confusion-{task}-{subject}", tables.bundle.manifest.name);
    let behind = Behind::new(file, title.clone(), &["label", "predicted", "count"], rows, chart);
    let cells: f64 = found.counts.iter().flatten().sum();
    let worst = found.worst().map(|(i, j, share)| {
        format!(
            " Most often mixed up: {} of {} are taken for {}.",
            percent(share),
            found.labels[i],
            found.labels[j]
        )
    });
    let caption = format!("{} test cells.{}", thousands(cells as u64), worst.unwrap_or_default());
    let alt = format!("{title}: share of each label’s cells that are taken for each label. {caption}");
    view! {
        <section class="section" id="confusion">
            <header><h2>"What is taken for what"</h2></header>
            <figure class="fig">
                <header><h3>{title}</h3>{figure_menu::view(behind.clone())}</header>
                {drawing::view(&behind, alt)}
                <figcaption data-testid="confusion">{caption}</figcaption>
            </figure>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_true_label() {
        let text = "subject,task,label,predicted,count\nsae,t,A,A,3\nsae,t,A,B,1\nsae,t,B,B,5\npca,t,A,B,9\nsae,t,C,,\n";
        let found = Confusion::of(&Table::parse(text).unwrap(), "t", "sae");
        assert_eq!(found.labels, ["A", "B", "C"]);
        let shares = found.shares();
        assert_eq!((shares[0][0], shares[0][1], shares[1][1]), (Some(0.75), Some(0.25), Some(1.0)));
        assert_eq!((shares[2][0], found.worst()), (None, Some((0, 1, 0.25))));
    }
}
