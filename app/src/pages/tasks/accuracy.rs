//! How well each kind of feature tells the labels apart, on cells that were not trained on.

use leptos::prelude::*;

use super::{Choice, Tables, called};
use crate::{
    browser,
    format::{score, thousands},
    table::Table,
};

/// What is known of a subject.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    subject: String,
    /// Within the paper's iterations, and at the optimum.
    accuracy: [Option<f64>; 2],
    balanced: Option<f64>,
    test: String,
    missing: String,
}

/// Rows of a task, a line a subject: the one with fewer iterations first.
fn lines(table: &Table, task: &str) -> Vec<Line> {
    let own = table.values("subject").into_iter().map(|subject| {
        let wanted = [("task", task), ("subject", subject.as_str())];
        let mut rows: Vec<&Vec<String>> = table.of(&wanted).collect();
        cellprism_core::order::sort_by(&mut rows, |a, b| {
            let most = |row| table.number(row, "max_iterations").unwrap_or(f64::MAX);
            most(a).total_cmp(&most(b))
        });
        let of = |row: Option<&&Vec<String>>, name: &str| row.and_then(|row| table.number(row, name));
        let text = |name: &str| rows.last().map_or("", |row| table.at(row, name)).to_owned();
        Line {
            accuracy: [of(rows.first(), "accuracy"), of(rows.last(), "accuracy")],
            balanced: of(rows.last(), "balanced_accuracy"),
            test: text("n_test"),
            missing: text("not_available"),
            subject,
        }
    });
    own.collect()
}

/// The table.
pub fn view(tables: &Tables, choice: Choice) -> AnyView {
    let (table, saved) = (tables.classification.clone(), tables.classification.clone());
    let name = format!("{}-classification.csv", tables.bundle.manifest.name);
    let csv = move |_| {
        let header: Vec<&str> = saved.columns.iter().map(String::as_str).collect();
        browser::download_csv(&name, &header, saved.rows.clone());
    };
    let counted = table.clone();
    let said = move || {
        let task = choice.task.get();
        let wanted = [("task", task.as_str())];
        let first = counted.of(&wanted).next();
        let of = |name: &str| first.map_or("", |row| counted.at(row, name)).to_owned();
        let number = |text: String| text.parse::<u64>().map_or(text, thousands);
        let left_out = of("left_out");
        let left_out = if left_out.is_empty() {
            String::new()
        } else {
            format!(" Left out, with too few cells: {left_out}.")
        };
        format!(
            "{} classes, {} cells to learn from, {} to test on.{left_out}",
            of("classes"),
            number(of("n_train")),
            number(of("n_test"))
        )
    };
    let rows = move || {
        let lines = lines(&table, &choice.task.get());
        let best = lines.iter().filter_map(|line| line.accuracy[1]).fold(f64::MIN, f64::max);
        lines.iter().map(|line| row(line, best)).collect_view()
    };
    view! {
        <section class="section" id="accuracy">
            <header><h2>"How well labels are told apart"</h2><p>{said}</p></header>
            <figure class="fig">
                <div class="row" style="justify-content:flex-end"><span class="tools"><button on:click=csv>"CSV"</button></span></div>
                <div class="scroll" tabindex="0" role="region" aria-label="Accuracy"><table data-testid="accuracy">
                    <thead><tr>
                        <th>"Features"</th><th class="n">"Accuracy, the paper’s iterations"</th><th class="n">"Accuracy at the optimum"</th>
                        <th class="n">"Balanced over classes"</th><th>"Share of the best"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
                <figcaption>"Chance and size of classes count: a model that names the commonest class is right as often as that class is common. Balanced accuracy is the mean over classes."</figcaption>
            </figure>
        </section>
    }
    .into_any()
}

fn row(line: &Line, best: f64) -> AnyView {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), score);
    let bar = line.accuracy[1].map(|own| {
        let colour = if line.subject == "sae" { "var(--accent)" } else { "var(--ink-3)" };
        let style = format!("width:{:.1}%;--c:{colour}", 100.0 * own / best.max(f64::MIN_POSITIVE));
        view! { <div class="bar" aria-hidden="true"><i style=style></i></div> }
    });
    let missing =
        (!line.missing.is_empty()).then(|| view! { <span class="small faint">{line.missing.clone()}</span> });
    view! {
        <tr class:on=line.subject == "sae" data-subject=line.subject.clone()>
            <td><b>{called(&line.subject)}</b></td>
            <td class="n">{number(line.accuracy[0])}</td><td class="n">{number(line.accuracy[1])}</td>
            <td class="n">{number(line.balanced)}</td><td style="min-width:120px">{bar}{missing}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_with_fewer_iterations_is_the_papers() {
        let text = "subject,task,accuracy,n_test,max_iterations,balanced_accuracy,not_available\n\
                    sae,t,0.9,10,20000,0.8,\nsae,t,0.7,10,50,0.6,\nsae,u,0.1,10,50,0.1,\npca,t,,,50,,why\n";
        let lines = lines(&Table::parse(text).unwrap(), "t");
        assert_eq!((lines[0].accuracy, lines[0].balanced), ([Some(0.7), Some(0.9)], Some(0.8)));
        assert_eq!((lines[1].accuracy, lines[1].missing.as_str()), ([None, None], "why"));
    }
}
