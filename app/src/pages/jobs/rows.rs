//! The jobs, the newest first.

use leptos::prelude::*;

use super::known::{Job, Known};
use crate::format::thousands;

/// The table.
pub fn view(known: Known) -> impl IntoView {
    move || {
        let jobs = known.jobs.get();
        if jobs.is_empty() {
            return view! { <p class="small muted">"No job yet: bring cells, choose a model, submit."</p> }
                .into_any();
        }
        let rows = jobs.into_iter().map(|job| row(job, known)).collect::<Vec<_>>();
        view! {
            <table class="jobs" data-testid="jobs">
                <thead><tr><th>"Job"</th><th>"State"</th><th><span class="vh">"Actions"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

fn row(job: Job, known: Known) -> AnyView {
    let short: String = job.id.chars().take(8).collect();
    let title = job.parameters["title"].as_str().map(|title| view! { <span>{title.to_owned()}</span> });
    let asked = &job.parameters["concepts"];
    let concepts = asked
        .as_u64()
        .map_or_else(|| "concepts by the data".to_owned(), |n| format!("{} concepts", thousands(n)));
    let model = job.parameters["model"].as_str().unwrap_or_default().to_owned();
    let created = job.created.replace('T', " ").replace('Z', " UTC");
    let error = job.error.clone().map(|error| view! { <div class="small bad">{error}</div> });
    let state = progress(&job);
    view! {
        <tr>
            <td>
                <div class="row"><span class="mono" title=job.id.clone()>{short}</span>{title}</div>
                <div class="small muted">{format!("{model} · {concepts}")}</div>
                <div class="small muted">{created}</div>
            </td>
            <td>{state}{error}</td>
            <td>{actions(job, known)}</td>
        </tr>
    }
    .into_any()
}

fn progress(job: &Job) -> AnyView {
    let kind = format!("job-state {}", job.state);
    let state = view! { <span class=kind>{job.state.clone()}</span> };
    if job.state != "running" || job.stage.is_empty() {
        return state.into_any();
    }
    let said = format!("{}: {} of {}", job.stage, thousands(job.done), thousands(job.total));
    view! {
        {state}
        <div class="small">{said}</div>
        <progress aria-label=job.stage.clone() max=job.total.max(1).to_string() value=job.done.to_string()></progress>
    }
    .into_any()
}

fn actions(job: Job, known: Known) -> AnyView {
    let button = |title: &'static str, method: &'static str, path: String| {
        view! { <button class="btn" on:click=move |_| known.ask(method, path.clone())>{title}</button> }
    };
    match (job.state.as_str(), job.bundle) {
        ("succeeded", Some(bundle)) => {
            view! { <a class="btn" href=format!("?bundle={bundle}#/")>"Open"</a> }.into_any()
        }
        ("failed" | "cancelled", _) => view! {
            <span class="row actions">
                {button("Retry", "POST", format!("jobs/{}/retry", job.id))}
                {button("Remove", "DELETE", format!("jobs/{}", job.id))}
            </span>
        }
        .into_any(),
        _ => button("Cancel", "POST", format!("jobs/{}/cancel", job.id)).into_any(),
    }
}
