//! The form: what is not said is as `cellprism run` has it.

use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::known::{Known, Named};
use crate::{client, format::thousands};

/// The form.
pub fn view(known: Known) -> impl IntoView {
    let (dataset, model) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let libraries = RwSignal::new(Vec::<String>::new());
    let numbers = ["concepts", "active", "epochs", "seed"].map(|name| (name, RwSignal::new(String::new())));
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        // Before a choice is made the first one is shown as chosen.
        let chosen = |of: RwSignal<String>, all: RwSignal<Vec<Named>>| {
            let said = of.get_untracked();
            if said.is_empty() {
                all.with_untracked(|all| all.first().map(|one| one.id.clone()))
            } else {
                Some(said)
            }
        };
        let mut asked = Map::new();
        asked.insert("dataset".into(), json!(chosen(dataset, known.datasets).unwrap_or_default()));
        asked.insert("model".into(), json!(chosen(model, known.models).unwrap_or_default()));
        asked.insert("gene_sets".into(), json!(libraries.get_untracked()));
        for (name, typed) in numbers {
            let typed = typed.get_untracked().replace([',', ' '], "");
            if typed.is_empty() {
                continue;
            }
            let Ok(number) = typed.parse::<u64>() else {
                known.problem.set(Some(format!("{name}: {typed:?} is no whole number")));
                return;
            };
            asked.insert(name.into(), json!(number));
        }
        leptos::task::spawn_local(async move {
            let said = client::ask("POST", "jobs", Some(&Value::Object(asked))).await;
            let _ = known.problem.try_set(said.err());
            known.look_at_jobs();
        });
    };
    let fields = numbers.map(|(name, typed)| {
        let typing = move |event| typed.set(event_target_value(&event));
        let title = name[..1].to_uppercase() + &name[1..];
        let hint = if name == "seed" { "0" } else { "by the data" };
        view! {
            <label class="field">
                <span>{title}</span>
                <input class="num" inputmode="numeric" placeholder=hint prop:value=move || typed.get() on:input=typing />
            </label>
        }
    });
    view! {
        <form class="job-form" aria-label="New job" on:submit=send>
            <div class="fields">
                {choice("Cells", dataset, known.datasets)}
                {choice("Model", model, known.models)}
            </div>
            {checks(libraries, known.gene_sets)}
            <div class="fields numbers">{fields.into_iter().collect::<Vec<_>>()}</div>
            <div class="row">
                <button class="btn primary" type="submit" data-testid="submit"
                    disabled=move || known.datasets.with(Vec::is_empty) || known.models.with(Vec::is_empty)>
                    "Submit"
                </button>
            </div>
        </form>
    }
}

fn choice(title: &'static str, chosen: RwSignal<String>, all: RwSignal<Vec<Named>>) -> AnyView {
    let options = move || {
        let described = |one: &Named| match (one.cells, &one.kind) {
            (Some(cells), _) => format!("{} ({} cells)", one.name, thousands(cells)),
            (None, Some(kind)) => format!("{} ({kind})", one.name),
            (None, None) => one.name.clone(),
        };
        all.get()
            .iter()
            .map(|one| view! { <option value=one.id.clone()>{described(one)}</option> })
            .collect::<Vec<_>>()
    };
    view! {
        <label class="field">
            <span>{title}</span>
            <select on:change=move |event| chosen.set(event_target_value(&event))>{options}</select>
            <span class="hint">{move || if all.with(Vec::is_empty) { "none on this server yet" } else { "" }}</span>
        </label>
    }
    .into_any()
}

fn checks(chosen: RwSignal<Vec<String>>, all: RwSignal<Vec<Named>>) -> AnyView {
    let one = move |library: Named| {
        let id = library.id.clone();
        let switch = move |_| {
            chosen.update(|chosen| match chosen.iter().position(|known| *known == id) {
                Some(place) => drop(chosen.remove(place)),
                None => chosen.push(id.clone()),
            });
        };
        view! { <label class="check small"><input type="checkbox" on:change=switch />{library.name}</label> }
    };
    view! {
        <div class="field">
            <span>"Gene sets"</span>
            <div>{move || all.get().into_iter().map(one).collect::<Vec<_>>()}</div>
            <span class="hint">{move || if all.with(Vec::is_empty) { "none yet: concepts get no pathway labels" } else { "" }}</span>
        </div>
    }
    .into_any()
}
