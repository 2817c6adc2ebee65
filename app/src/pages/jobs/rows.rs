//! The jobs, the newest first.

use leptos::prelude::*;

use super::known::{Job, Known};
use crate::format::thousands;

/// The table.
pub fn view(known: Known) -> impl IntoView {
    move || {
        let jobs = known.jobs.get();
        if jobs.is_empty() {
            return view! { <p class="small muted">"No job yet."</p> }.into_any();
        }
        let rows = jobs.into_iter().map(|job| row(job, known)).collect::<Vec<_>>();
        view! {
            <div class="scroll"><table data-testid="jobs">
                <thead><tr><th>"Job"</th><th>"Submitted"</th><th>"State"</th><th>"Concepts"</th><th></th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any()
    }
}

fn row(job: Job, known: Known) -> AnyView {
    let short: String = job.id.chars().take(8).collect();
    let created = job.created.replace('T', " ").trim_end_matches('Z').to_owned();
    let asked = &job.parameters["concepts"];
    let concepts = asked.as_u64().map_or_else(|| "by the data".to_owned(), thousands);
    let error = job.error.clone().map(|error| view! { <div class="small bad">{error}</div> });
    let state = progress(&job);
    view! {
        <tr>
            <td class="mono" title=job.id.clone()>{short}</td>
            <td class="n">{created}</td>
            <td>{state}{error}</td>
            <td class="n">{concepts}</td>
            <td>{actions(job, known)}</td>
        </tr>
    }
    .into_any()
}

fn progress(job: &Job) -> AnyView {
    if job.state != "running" || job.stage.is_empty() {
        return view! { <span>{job.state.clone()}</span> }.into_any();
    }
    let (done, total) = (thousands(job.done), thousands(job.total));
    view! {
        <span>{format!("{}: {done} of {total} ", job.stage)}</span>
        <progress max=job.total.max(1).to_string() value=job.done.to_string()></progress>
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
            <span class="row">
                {button("Retry", "POST", format!("jobs/{}/retry", job.id))}
                {button("Remove", "DELETE", format!("jobs/{}", job.id))}
            </span>
        }
        .into_any(),
        _ => button("Cancel", "POST", format!("jobs/{}/cancel", job.id)).into_any(),
    }
}
