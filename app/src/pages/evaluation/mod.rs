//! What the dictionary is worth: the paper's claims beside baselines, every figure and table of `cellprism evaluate`.
//!
//! | file | part |
//! |---|---|
//! | `claims` | each claim with its figure, its best baseline, and whether it holds |
//! | `figures` | published figures in the page's colours |
//! | `tables` | every table, opened on request |
//! | `subjects` | what concepts are held against |
//! | `missing` | what to do where a bundle has no evaluation |

mod claims;
mod figures;
pub mod missing;
pub mod subjects;
mod tables;

use std::sync::Arc;

use cellprism_core::bundle::{EvaluationFileKind, EvaluationIndex};
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle},
    components::{
        bundle_file,
        states::{Failed, Load, Loading},
    },
};

/// The page.
#[component]
pub fn Evaluation() -> impl IntoView {
    let bundle = bundle::current();
    if !bundle.is_evaluated() {
        return view! { <h1>"Evaluation"</h1>{missing::view(&bundle)} }.into_any();
    }
    let index = RwSignal::new(Load::<Arc<EvaluationIndex>>::Waiting);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        index.try_set(match fetched.evaluation().await {
            Ok(found) => Load::Ready(Arc::new(found)),
            Err(error) => Load::Failed(error),
        });
    });
    let inside = move || match index.get() {
        Load::Waiting => view! { <Loading what="the evaluation" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The evaluation" error=error /> }.into_any(),
        Load::Ready(index) => parts(&bundle, &index),
    };
    view! { <h1>"Evaluation"</h1>{inside} }.into_any()
}

fn parts(bundle: &Arc<Bundle>, index: &EvaluationIndex) -> AnyView {
    let of = |kind| index.files.iter().filter(move |file| file.kind == kind);
    let claims = of(EvaluationFileKind::Claims).next().map(|file| claims::view(bundle, &file.file));
    let drawn = of(EvaluationFileKind::Figure).cloned().collect::<Vec<_>>();
    let report = of(EvaluationFileKind::Page).next().map(|file| {
        bundle_file::button(bundle, &format!("evaluation/{}", file.file), "All of it as one page")
    });
    let seed = format!("{}, seed {}", index.software, index.seed);
    let parameters = index.parameters.iter().map(|(name, value)| {
        view! { <div><dt>{name.clone()}</dt><dd>{value.clone()}</dd></div> }
    });
    let skipped = (!index.skipped.is_empty())
        .then(|| view! { <p class="notice">{format!("Left out when this was made: {}.", index.skipped.join(", "))}</p> });
    view! {
        {claims}
        <div class="row" style="margin-top:var(--s5)"><a class="btn" href="#/tasks">"What the concepts are good for"</a>{report}</div>
        {skipped}
        {figures::view(bundle, index, drawn)}
        {tables::view(bundle, index)}
        {subjects::view()}
        <section class="section" id="parameters">
            <header><h2>"Parameters"</h2><p>{seed}</p></header>
            <dl class="facts wide">{parameters.collect_view()}</dl>
        </section>
    }
    .into_any()
}
