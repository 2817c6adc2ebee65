//! The same numbers, computed in the page by the functions of the backend, beside the published ones.

use std::sync::Arc;

use cellprism_app::task::{
    Job, Said,
    recompute::{Answer, Request},
};
use cellprism_core::{
    attribution::order_by_score,
    bundle::{EnrichmentDetail, EnrichmentParameters, ModelKind, path},
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{p_value, score, thousands},
    pages::concepts::term_name,
    worker::{self, Slot},
};

/// Largest difference of two scores that are called equal: the worker's arithmetic is the backend's.
const SAME: f64 = 1e-6;

/// Where a recomputation is.
#[derive(Clone)]
enum State {
    Idle,
    Fetching,
    Working(f64),
    Failed(String),
    Done(Arc<Answer>, EnrichmentParameters, u32),
}

/// Form fields, as text until they are read.
#[derive(Clone, Copy)]
struct Fields {
    prototypes: RwSignal<String>,
    counterfactuals: RwSignal<String>,
    permutations: RwSignal<String>,
    seed: RwSignal<String>,
    library: RwSignal<usize>,
}

/// Settings, progress, and the answer beside the published one.
pub fn view(shown: &Shown) -> AnyView {
    let m = &shown.bundle.manifest;
    let libraries = shown.concept.detail.enrichment.iter().map(|e| e.library.clone()).collect::<Vec<_>>();
    let why_not = if m.model.kind != ModelKind::Scvi {
        let title = m.model.kind.title();
        Some(format!(
            "{title} does not run in a browser (only scVI does): the numbers above stay as they were made"
        ))
    } else if !m.model.in_browser {
        let why = "this bundle holds no encoder that runs in a browser (only scVI without covariates does)";
        Some(why.to_owned())
    } else if libraries.is_empty() {
        Some("the bundle has no gene sets".to_owned())
    } else {
        None
    };
    let inside = match why_not {
        Some(why) => view! { <p class="na"><b>"Not available"</b>{format!(": {why}")}</p> }.into_any(),
        None => panel(shown, libraries),
    };
    view! {
        <section class="section" id="recompute">
            <header><h2>"Recompute here"</h2><p>"The model, the dictionary and the sampled cells’ counts are in the bundle. This page computes the ranking and the pathways again, with the same code, beside the published ones; nothing leaves this computer."</p></header>
            {inside}
        </section>
    }
    .into_any()
}

fn panel(shown: &Shown, libraries: Vec<String>) -> AnyView {
    let p = shown.bundle.manifest.parameters.clone();
    let fields = Fields {
        prototypes: RwSignal::new(p.attribution.prototypes.to_string()),
        counterfactuals: RwSignal::new(p.attribution.counterfactuals.to_string()),
        permutations: RwSignal::new(p.enrichment.permutations.to_string()),
        seed: RwSignal::new(p.enrichment.seed.to_string()),
        library: RwSignal::new(0),
    };
    let state = RwSignal::new(State::Idle);
    let running = Slot::new();
    let kept = shown.concept.detail.prototypes.iter().map(|p| p.counterfactuals.len()).max().unwrap_or(0);
    let most = shown.concept.detail.prototypes.len();
    let (start_of, names) = (shown.clone(), libraries.clone());
    let start = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        running.stop();
        match request(&start_of, fields, most, kept) {
            Err(what) => state.set(State::Failed(what)),
            Ok(request) => {
                let library = names.get(fields.library.get_untracked()).cloned().unwrap_or_default();
                state.set(State::Fetching);
                spawn(&start_of, &library, request, state, running);
            }
        }
    };
    let field = |title: &'static str, value: RwSignal<String>, published: String, hint: String| {
        let is_published = published.clone();
        view! {
            <label class="field"><span>{title}</span><input class="num" inputmode="numeric" class:changed=move || value.get() != is_published prop:value=move || value.get() on:input=move |e| value.set(event_target_value(&e)) />
                <span class="hint">{hint}</span></label>
        }
    };
    let options = libraries
        .iter()
        .enumerate()
        .map(|(i, name)| view! { <option value=i.to_string()>{name.replace('_', " ")}</option> })
        .collect::<Vec<_>>();
    let answer_of = shown.clone();
    let answer_names = libraries.clone();
    let reset = {
        let p = p.clone();
        move |_| {
            fields.prototypes.set(p.attribution.prototypes.to_string());
            fields.counterfactuals.set(p.attribution.counterfactuals.to_string());
            fields.permutations.set(p.enrichment.permutations.to_string());
            fields.seed.set(p.enrichment.seed.to_string());
        }
    };
    let out = move || {
        match state.get() {
        State::Idle => view! { <p class="small muted">"With the published settings the numbers come out the same; change one, and see what it changes."</p> }.into_any(),
        State::Fetching => view! { <p class="small" role="status">"Fetching the model, the dictionary and the counts …"</p> }.into_any(),
        State::Working(share) => view! {
            <div role="status"><p class="small">{format!("Computing, {:.0}%", share * 100.0)}</p><div class="prog"><i style=format!("width:{:.0}%", share * 100.0)></i></div>
                <p style="margin-top:var(--s3)"><button class="btn" on:click=move |_| { running.stop(); state.set(State::Idle); }>"Cancel"</button></p></div>
        }.into_any(),
        State::Failed(what) => view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
        State::Done(answer, parameters, taken) => {
            let published = answer_of.concept.detail.enrichment.iter().find(|e| answer_names.contains(&e.library) && e.library == answer.enrichment.library);
            done(&answer_of, &answer, &parameters, published, taken)
        }
    }
    };
    view! {
        <div class="panel recompute">
            <form aria-label="Settings" on:submit=start>
                {field("Prototypes", fields.prototypes, p.attribution.prototypes.to_string(), format!("1 to {most}"))}
                {field("Counterfactuals per prototype", fields.counterfactuals, p.attribution.counterfactuals.to_string(), format!("1 to {kept}"))}
                <label class="field"><span>"Gene sets"</span><select on:change=move |e| fields.library.set(event_target_value(&e).parse().unwrap_or(0))>{options}</select></label>
                {field("Permutations", fields.permutations, p.enrichment.permutations.to_string(), "100 to 10,000".into())}
                {field("Seed", fields.seed, p.enrichment.seed.to_string(), "any whole number".into())}
                <div class="row"><button class="btn primary" type="submit" data-testid="recompute">"Recompute"</button><button class="btn quiet" type="button" on:click=reset>"Published settings"</button></div>
            </form>
            <div data-testid="answer" aria-live="polite">{out}</div>
        </div>
    }
    .into_any()
}

/// Reads the form.
fn request(shown: &Shown, fields: Fields, most: usize, kept: usize) -> Result<Request, String> {
    let number = |text: RwSignal<String>, name: &str, low: u64, high: u64| {
        let typed = text.get_untracked().replace([',', ' '], "");
        typed.parse::<u64>().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
            format!("{name}: {typed:?} is not a whole number from {} to {}", thousands(low), thousands(high))
        })
    };
    let prototypes = number(fields.prototypes, "Prototypes", 1, most as u64)?;
    let counterfactuals = number(fields.counterfactuals, "Counterfactuals", 1, kept as u64)?;
    let mut enrichment = shown.bundle.manifest.parameters.enrichment.clone();
    enrichment.permutations = number(fields.permutations, "Permutations", 100, 10_000)? as u32;
    enrichment.seed = number(fields.seed, "Seed", 0, u64::MAX)?;
    let library = shown.concept.detail.enrichment.get(fields.library.get_untracked());
    // Where no chance rate is published, none is computed here.
    let no_null = library.and_then(|l| match &l.null {
        cellprism_core::bundle::Maybe::Missing { not_available } => Some(not_available.clone()),
        cellprism_core::bundle::Maybe::Value(_) => None,
    });
    Ok(Request {
        concept: shown.row.id,
        prototypes: prototypes as usize,
        counterfactuals: counterfactuals as usize,
        enrichment,
        symbols: shown.bundle.genes.symbols.clone(),
        detection: shown.bundle.genes.detection.clone(),
        no_null,
    })
}

/// Starts the worker on the bundle's files.
fn spawn(shown: &Shown, library: &str, request: Request, state: RwSignal<State>, running: Slot) {
    let names = vec![
        path::MODEL_ENCODER.to_owned(),
        path::SAE_CONFIG.to_owned(),
        path::SAE_WEIGHTS.to_owned(),
        path::samples(shown.row.id),
        path::gene_sets(library),
    ];
    let parameters = request.enrichment.clone();
    let mut began = None;
    let job = Job::Recompute(Box::new(request));
    worker::start_on(shown.bundle.clone(), names, job, running, move |said| {
        let began = *began.get_or_insert_with(js_sys::Date::now);
        state.try_set(match said {
            Said::Progress(share) => State::Working(share),
            Said::Recomputed(answer) => {
                let taken = (js_sys::Date::now() - began).max(0.0) as u32;
                State::Done(Arc::new(*answer), parameters.clone(), taken)
            }
            Said::Failed(what) => State::Failed(what),
            Said::Epoch(_) | Said::Steered(_) | Said::Trained(_) => {
                State::Failed("the worker answered something else".into())
            }
        });
    });
}

/// The answer beside the published one.
fn done(
    shown: &Shown,
    answer: &Answer,
    parameters: &EnrichmentParameters,
    published: Option<&EnrichmentDetail>,
    taken: u32,
) -> AnyView {
    let old = &shown.concept.scores;
    let largest = old.iter().zip(&answer.scores).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    let (before, after) = (order_by_score(old), order_by_score(&answer.scores));
    let common = before.iter().take(10).filter(|gene| after[..after.len().min(10)].contains(gene)).count();
    let sets_same = published.is_some_and(|p| same_sets(p, &answer.enrichment));
    let same = largest <= SAME && sets_same;
    let verdict = if same {
        view! { <p class="agree" data-testid="verdict">"The published numbers, again: every gene score and every gene set agree."</p> }.into_any()
    } else {
        view! { <p data-testid="verdict"><b>"Different from the published numbers"</b>{format!(": {common} of the 10 first genes are the same; largest change of a gene score {}.", score(largest))}</p> }.into_any()
    };
    let genes = after
        .iter()
        .take(10)
        .map(|&gene| {
            let i = gene as usize;
            let (was, is) = (f64::from(old.get(i).copied().unwrap_or(0.0)), f64::from(answer.scores[i]));
            view! { <tr><td class="gene">{shown.bundle.genes.symbols[i].clone()}</td><td class="n">{score(was)}</td><td class="n">{score(is)}</td><td class="n diff">{difference(is - was)}</td></tr> }
        })
        .collect::<Vec<_>>();
    let n = parameters.permutations;
    let sets = answer
        .enrichment
        .sets
        .iter()
        .take(8)
        .map(|set| {
            let was = published.and_then(|p| p.sets.iter().find(|s| s.term == set.term));
            let old_n = shown.bundle.manifest.parameters.enrichment.permutations;
            view! {
                <tr data-term=set.term.clone()><td>{term_name(&set.term).0}</td><td class="n">{format!("{:.3}", set.es).replace('-', "−")}</td><td class="n">{format!("{:.3}", set.nes).replace('-', "−")}</td><td class="n">{p_value(set.p, n)}</td><td class="n">{p_value(set.fdr, n)}</td>
                    <td class="n diff">{was.map_or_else(|| "not in the published list".to_owned(), |w| format!("{:.3} · {} · {}", w.nes, p_value(w.p, old_n), p_value(w.fdr, old_n)))}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    let label = match &answer.enrichment.label {
        cellprism_core::bundle::Maybe::Value(label) => term_name(&label.term).0,
        cellprism_core::bundle::Maybe::Missing { not_available } => format!("none: {not_available}"),
    };
    let csv_of = answer.enrichment.sets.clone();
    let file = shown.file("recomputed.csv");
    let csv = move |_| {
        let rows = csv_of.iter().map(|s| {
            vec![
                s.term.clone(),
                s.size.to_string(),
                s.es.to_string(),
                s.nes.to_string(),
                s.p.to_string(),
                s.fdr.to_string(),
                s.leading_edge.join(";"),
            ]
        });
        browser::download_csv(&file, &["term", "genes", "es", "nes", "p", "fdr", "leading_edge"], rows);
    };
    view! {
        {verdict}
        <p class="small muted">{format!("{} pairs, {} permutations, seed {}: computed in this page in {:.2} s. Label: {label}.", answer.pairs, thousands(n), parameters.seed, f64::from(taken) / 1000.0)}</p>
        <div class="grid" style="margin-top:var(--s4)">
            <figure class="fig c4"><header><h3>"Gene scores"</h3></header><table class="tight"><thead><tr><th>"Gene"</th><th class="n">"Published"</th><th class="n">"Here"</th><th class="n">"Difference"</th></tr></thead><tbody>{genes}</tbody></table></figure>
            <figure class="fig c8"><header><h3>"Gene sets"</h3><span class="tools"><button on:click=csv>"CSV"</button></span></header>
                <div class="scroll" tabindex="0" role="region" aria-label="Recomputed gene sets"><table class="tight" data-testid="recomputed-sets"><thead><tr><th>"Gene set"</th><th class="n">"ES"</th><th class="n">"NES"</th><th class="n">"p"</th><th class="n">"FDR"</th><th class="n">"Published NES · p · FDR"</th></tr></thead><tbody>{sets}</tbody></table></div></figure>
        </div>
    }
    .into_any()
}

fn difference(value: f64) -> String {
    if value.abs() < 0.0005 { "0".into() } else { format!("{value:+.3}").replace('-', "−") }
}

/// Whether two lists hold the same sets with the same numbers, to the last digit.
fn same_sets(a: &EnrichmentDetail, b: &EnrichmentDetail) -> bool {
    let key = |e: &EnrichmentDetail| {
        e.sets
            .iter()
            .map(|s| (s.term.clone(), s.es.to_bits(), s.nes.to_bits(), s.p.to_bits(), s.fdr.to_bits()))
            .collect::<Vec<_>>()
    };
    key(a) == key(b)
}
