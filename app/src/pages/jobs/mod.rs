//! Jobs of the server: what waits, runs and is done, and a form for the next one.
//!
//! | file | part |
//! |---|---|
//! | `known` | what the server knows: jobs, datasets, models, gene sets |
//! | `rows` | the jobs |
//! | `submit` | the form |
//! | `add` | files brought to the server |

mod add;
mod known;
mod rows;
mod submit;

use std::time::Duration;

use leptos::prelude::*;

use known::Known;

/// Time between two looks at the jobs.
const PAUSE: Duration = Duration::from_secs(2);

/// The page.
#[component]
pub fn Jobs() -> impl IntoView {
    let known = Known::new();
    known.look();
    known.look_at_jobs();
    if let Ok(timer) = set_interval_with_handle(move || known.look_at_jobs(), PAUSE) {
        on_cleanup(move || timer.clear());
    }
    let problem = move || {
        known
            .problem
            .get()
            .map(|problem| view! { <div class="notice bad" role="alert"><p>{problem}</p></div> })
    };
    view! {
        <h1>"Jobs"</h1>
        <p class="lead">
            "Cells and a model become a bundle on the server, as by "<span class="mono">"cellprism run"</span>". A job goes on \
             when the server is started anew; what is done here can be done by programs, too: "<a href="docs">"the API"</a>"."
        </p>
        {problem}
        <div class="section">{rows::view(known)}</div>
        <div class="section jobs-below">
            <section aria-label="New job"><h2>"New job"</h2>{submit::view(known)}</section>
            <section aria-label="Bring files"><h2>"Bring files"</h2>{add::view(known)}</section>
        </div>
    }
}
