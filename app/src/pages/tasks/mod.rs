//! What concepts are good for: labels told apart by them, which concepts decide, and what those read as.
//!
//! | file | part |
//! |---|---|
//! | `accuracy` | every subject, within the paper's iterations and at the optimum |
//! | `confusion` | which labels are taken for which |
//! | `coefficients` | the concepts that decide a class, beside its markers |
//! | `cycle` | phases of the cell cycle |

mod accuracy;
mod coefficients;
mod confusion;
mod cycle;

use std::sync::Arc;

use futures::future::try_join;
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle, table_named},
    client::FetchError,
    components::states::{Failed, Load, Loading},
    pages::evaluation::{missing, subjects::called},
    route,
    table::Table,
};

/// Tables of one bundle's tasks.
#[derive(Clone, Debug)]
struct Tables {
    bundle: Arc<Bundle>,
    classification: Arc<Table>,
    confusion: Arc<Table>,
    coefficients: Arc<Table>,
    /// None where phases were not computed.
    cycle: Option<Arc<Table>>,
}

/// What is looked at: in the address.
#[derive(Clone, Copy)]
struct Choice {
    task: Memo<String>,
    subject: Memo<String>,
}

/// The page.
#[component]
pub fn Tasks() -> impl IntoView {
    let bundle = bundle::current();
    let head = view! {
        <p class="eyebrow"><a href="#/evaluation">"Evaluation"</a>" / Tasks"</p>
        <h1>"What the concepts are good for"</h1>
    };
    if !bundle.is_evaluated() {
        return view! { {head}{missing::view(&bundle)} }.into_any();
    }
    let tables = RwSignal::new(Load::<Option<Tables>>::Waiting);
    leptos::task::spawn_local(async move {
        tables.try_set(match fetched(bundle).await {
            Ok(found) => Load::Ready(found),
            Err(error) => Load::Failed(error),
        });
    });
    let inside = move || {
        match tables.get() {
        Load::Waiting => view! { <Loading what="the tasks" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The tasks" error=error /> }.into_any(),
        Load::Ready(None) => view! {
            <p class="notice">"The evaluation of this bundle left classification out, or the cells have no labels: there is no task. Run it again without --skip."</p>
        }
        .into_any(),
        Load::Ready(Some(tables)) => parts(&tables),
    }
    };
    let what = "A logistic regression tells labels apart by the activations of concepts alone, and by other features of the same cells. What is preserved of the model’s view stands in the accuracy; what decided stands in the coefficients.";
    view! { {head}<p class="lead">{what}</p>{inside} }.into_any()
}

async fn fetched(bundle: Arc<Bundle>) -> Result<Option<Tables>, FetchError> {
    let index = bundle.evaluation().await?;
    let named = |name: &str| table_named(&index, name);
    let (Some(classification), Some(confusion), Some(coefficients)) =
        (named("classification"), named("confusion"), named("coefficients"))
    else {
        return Ok(None);
    };
    let ((classification, confusion), coefficients) = try_join(
        try_join(bundle.evaluation_table(&classification), bundle.evaluation_table(&confusion)),
        bundle.evaluation_table(&coefficients),
    )
    .await?;
    let cycle = match named("cell_cycle") {
        Some(file) => Some(Arc::new(own(&bundle, bundle.evaluation_table(&file).await?))),
        None => None,
    };
    let classification = own(&bundle, classification);
    if classification.rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(Tables {
        classification: Arc::new(classification),
        confusion: Arc::new(own(&bundle, confusion)),
        coefficients: Arc::new(own(&bundle, coefficients)),
        cycle,
        bundle,
    }))
}

/// The rows of this bundle: an evaluation may be of several. Bundles of one name are told apart by their tags there, so that
/// a table without this name keeps all rows.
fn own(bundle: &Bundle, table: Table) -> Table {
    let Some(at) = table.column("bundle") else { return table };
    let name = bundle.manifest.name.as_str();
    let is_own = |row: &Vec<String>| row.get(at).is_some_and(|of| of == name);
    if !table.rows.iter().any(is_own) {
        return table;
    }
    let Table { columns, rows } = table;
    Table { columns, rows: rows.into_iter().filter(is_own).collect() }
}

/// "cell type", "cell cycle".
fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn parts(tables: &Tables) -> AnyView {
    let route = route::current();
    let (tasks, subjects) = (tables.classification.values("task"), tables.confusion.values("subject"));
    let chosen = |key: &'static str, known: &[String], usual: &str| {
        let known = known.to_vec();
        let first = known.iter().find(|one| *one == usual).or(known.first()).cloned().unwrap_or_default();
        Memo::new(move |_| {
            let asked = route.with(|r| r.get(key).to_owned());
            if known.contains(&asked) { asked } else { first.clone() }
        })
    };
    let choice =
        Choice { task: chosen("task", &tasks, "cell_type"), subject: chosen("subject", &subjects, "sae") };
    let segment = |key: &'static str,
                   name: &'static str,
                   values: &[String],
                   now: Memo<String>,
                   named: fn(&str) -> String| {
        let button = |value: &String| {
            let (own, text) = (value.clone(), named(value));
            let pressed = move || now.with(|now| *now == own).to_string();
            let value = value.clone();
            view! { <button aria-pressed=pressed on:click=move |_| route::set(route, key, &value)>{text}</button> }
        };
        view! { <div class="seg wrapseg" role="group" aria-label=name>{values.iter().map(button).collect_view()}</div> }
    };
    let (of, cycle) = (tables.clone(), tables.clone());
    view! {
        <div class="row" style="margin-top:var(--s5)">{segment("task", "Task", &tasks, choice.task, words)}</div>
        {accuracy::view(tables, choice)}
        <div class="row" style="margin-top:var(--s6)">{segment("subject", "Features", &subjects, choice.subject, called)}</div>
        {move || confusion::view(&of, &choice.task.get(), &choice.subject.get())}
        {coefficients::view(tables, choice)}
        {move || (choice.task.get() == "cell_cycle").then(|| cycle::view(&cycle))}
    }
    .into_any()
}
