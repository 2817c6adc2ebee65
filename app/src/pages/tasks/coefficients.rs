//! The concepts that decide a class: coefficient, what they read as, the share of the class's markers among their genes.

use leptos::prelude::*;

use super::{Choice, Tables, called, words};
use crate::{
    browser,
    bundle::Bundle,
    format::{percent, score},
    table::Table,
};

/// Rows shown of a class before all are asked for.
const FIRST: usize = 6;

/// Classes, each with its concepts.
pub fn view(tables: &Tables, choice: Choice) -> AnyView {
    let (of, saved) = (tables.clone(), tables.coefficients.clone());
    let name = format!("{}-coefficients.csv", tables.bundle.manifest.name);
    let csv = move |_| {
        let header: Vec<&str> = saved.columns.iter().map(String::as_str).collect();
        browser::download_csv(&name, &header, saved.rows.clone());
    };
    let classes = move || {
        let (task, subject) = (choice.task.get(), choice.subject.get());
        let found = by_class(&of.coefficients, &task, &subject);
        if found.is_empty() {
            let what =
                format!("No coefficients were published for {} on {}.", called(&subject), words(&task));
            return view! { <p class="notice">{what}</p> }.into_any();
        }
        let linked = subject == "sae";
        let shown =
            found.into_iter().map(|(name, rows)| class(&of.bundle, &of.coefficients, &name, rows, linked));
        view! { <div class="grid classes">{shown.collect_view()}</div> }.into_any()
    };
    view! {
        <section class="section" id="coefficients">
            <header>
                <h2>"What decides"</h2>
                <p>"The features of largest coefficient for each class: above zero they speak for it, below zero against it. Where markers of the class are known, the share of them among the feature’s twenty best genes."</p>
            </header>
            <div class="row" style="justify-content:flex-end"><span class="tools"><button on:click=csv>"CSV"</button></span></div>
            {classes}
        </section>
    }
    .into_any()
}

/// Rows of each class, largest coefficient first, whichever its sign.
fn by_class(table: &Table, task: &str, subject: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let wanted = [("task", task), ("subject", subject)];
    let mut classes: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for row in table.of(&wanted).filter(|row| table.number(row, "coefficient").is_some()) {
        let name = table.at(row, "class");
        match classes.iter_mut().find(|(known, _)| known == name) {
            Some((_, rows)) => rows.push(row.clone()),
            None => classes.push((name.to_owned(), vec![row.clone()])),
        }
    }
    for (_, rows) in &mut classes {
        let size = |row: &Vec<String>| table.number(row, "coefficient").map_or(0.0, f64::abs);
        cellprism_core::order::sort_by(rows, |a, b| size(b).total_cmp(&size(a)));
    }
    classes
}

fn class(bundle: &Bundle, table: &Table, name: &str, rows: Vec<Vec<String>>, linked: bool) -> AnyView {
    let all = RwSignal::new(false);
    let n = rows.len();
    let markers = rows.iter().any(|row| table.number(row, "marker_overlap").is_some());
    let swatch = format!("--c:{}", bundle.colour_of(name));
    let lines: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let overlap = table.number(row, "marker_overlap").map_or_else(|| "–".to_owned(), percent);
            let number = table.number(row, "coefficient").map_or_else(|| "–".to_owned(), score);
            [table.at(row, "id").to_owned(), number, table.at(row, "reads_as").to_owned(), overlap]
        })
        .collect();
    let shown = move || {
        let most = if all.get() { n } else { FIRST };
        let line = |[id, number, reads, overlap]: &[String; 4]| {
            let id = match linked {
                true => view! { <a class="mono idl" href=format!("#/concept/{id}")>{format!("C{id}")}</a> }
                    .into_any(),
                false => view! { <span class="mono">{id.clone()}</span> }.into_any(),
            };
            view! {
                <tr><td>{id}</td><td class="n">{number.clone()}</td><td>{reads.clone()}</td>
                    {markers.then(|| view! { <td class="n">{overlap.clone()}</td> })}</tr>
            }
        };
        lines.iter().take(most).map(line).collect_view()
    };
    let more = move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {n}") };
    let region = format!("Features that decide {name}");
    view! {
        <figure class="fig c6">
            <h3><span class="named"><i class="swatch" style=swatch></i>{name.to_owned()}</span></h3>
            <div class="scroll" tabindex="0" role="region" aria-label=region><table class="tight" data-class=name.to_owned()>
                <thead><tr><th>"Feature"</th><th class="n">"Coefficient"</th><th>"Reads as"</th>{markers.then(|| view! { <th class="n">"Markers"</th> })}</tr></thead>
                <tbody>{shown}</tbody>
            </table></div>
            {(n > FIRST).then(|| view! {
                <p class="more"><button class="btn quiet" aria-expanded=move || all.get().to_string()
                    on:click=move |_| all.update(|all| *all = !*all)>{more}</button></p>
            })}
        </figure>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_coefficient_is_first_whichever_its_sign() {
        let text = "subject,task,class,id,coefficient,reads_as\nsae,t,A,1,0.5,x\nsae,t,A,2,-0.9,y\nsae,t,B,3,0.1,z\nsae,t,B,,,\n";
        let table = Table::parse(text).unwrap();
        let classes = by_class(&table, "t", "sae");
        let ids: Vec<Vec<&str>> =
            classes.iter().map(|(_, rows)| rows.iter().map(|row| table.at(row, "id")).collect()).collect();
        assert_eq!(ids, [vec!["2", "1"], vec!["3"]]);
    }
}
