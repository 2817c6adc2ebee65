//! The concept set to another value: which genes scVI then expects more or less of, beside their attribution.

use std::sync::Arc;

use cellprism_app::task::{Job, Said, steer::Request};
use cellprism_core::{
    attribution::order_by_score,
    bundle::{ModelKind, path},
    cells::{Column, NO_LABEL},
    steering::{SteeredConcept, Target, mean},
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{score, significant, thousands},
    plots::{self, Point},
    worker::{self, Slot},
};

/// Genes in the table.
const LISTED: usize = 12;
/// Largest multiple of the present activation.
const MOST: f32 = 4.0;

/// Where a computation is.
#[derive(Clone)]
enum State {
    Idle,
    Working,
    Failed(String),
    Done(Arc<SteeredConcept>, f32),
}

/// What the listed genes are ordered by.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Ratio,
    Counts,
}

/// The section.
pub fn view(shown: &Shown) -> AnyView {
    let bundle = &shown.bundle;
    let why_not = if bundle.manifest.model.kind != ModelKind::Scvi {
        Some("only scVI has a decoder, which tells the expected counts of every gene")
    } else if !bundle.manifest.model.in_browser || bundle.entry(path::MODEL_DECODER).is_none() {
        Some(
            "this bundle holds no decoder that runs in a browser; `cellprism steer` does the same on the cells",
        )
    } else {
        None
    };
    let inside = match why_not {
        Some(why) => view! { <p class="na"><b>"Not available"</b>{format!(": {why}")}</p> }.into_any(),
        None => panel(shown),
    };
    view! {
        <section class="section" id="steer">
            <header><h2>"What if it were stronger, or gone?"</h2><p>"The prototypes’ embeddings are moved along the concept’s direction, and scVI’s decoder tells what it then expects of every gene. A prediction of the model, not of an experiment."</p></header>
            {inside}
        </section>
    }
    .into_any()
}

fn panel(shown: &Shown) -> AnyView {
    let factor = RwSignal::new(2.0f32);
    let state = RwSignal::new(State::Idle);
    let order = RwSignal::new(Order::Counts);
    let running = Slot::new();
    let start_of = shown.clone();
    let start = Callback::new(move |to: f32| {
        factor.set(to);
        running.stop();
        state.set(State::Working);
        spawn(&start_of, to, state, running);
    });
    let preset = |name: &'static str, to: f32| {
        view! { <button type="button" aria-pressed=move || (factor.get() == to && !matches!(state.get(), State::Idle)).to_string() on:click=move |_| start.run(to)>{name}</button> }
    };
    let read = |e: leptos::ev::Event| event_target_value(&e).parse::<f32>().unwrap_or(1.0).clamp(0.0, MOST);
    let present = shown.concept.detail.prototypes.iter().map(|p| p.activation).collect::<Vec<_>>();
    let present = mean(&present);
    let answer_of = shown.clone();
    let out = move || {
        match state.get() {
        State::Idle => view! { <p class="small muted">"Choose a value; the page embeds the prototypes from their counts and decodes them before and after."</p> }.into_any(),
        State::Working => view! { <p class="small" role="status">"Computing …"</p> }.into_any(),
        State::Failed(what) => view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
        State::Done(found, by) => done(&answer_of, &found, by, order),
    }
    };
    view! {
        <div class="panel recompute">
            <div class="row steering" role="group" aria-label="The concept’s activation">
                <div class="seg">{preset("Take it away", 0.0)}{preset("Halve", 0.5)}{preset("Double", 2.0)}</div>
                <label class="row"><span class="small">"Activation ×"</span>
                    <input type="range" min="0" max=MOST.to_string() step="0.25" data-testid="steer" prop:value=move || factor.get().to_string() on:input=move |e| factor.set(read(e)) on:change=move |e| start.run(read(e)) /></label>
                <output class="small num">{move || format!("{:.2}: mean {} → {}", factor.get(), significant(present), significant(present * f64::from(factor.get())))}</output>
            </div>
            <div data-testid="steered" aria-live="polite">{out}</div>
        </div>
    }
    .into_any()
}

/// Starts the worker on the bundle's files.
fn spawn(shown: &Shown, factor: f32, state: RwSignal<State>, running: Slot) {
    let fixed = [path::MODEL_ENCODER, path::MODEL_DECODER, path::SAE_CONFIG, path::SAE_WEIGHTS];
    let names = fixed.map(str::to_owned).into_iter().chain([path::samples(shown.row.id)]).collect();
    let request = Request { concept: shown.row.id, target: Target::Scale(factor), columns: columns(shown) };
    let job = Job::Steer(Box::new(request));
    worker::start_on(shown.bundle.clone(), names, job, running, move |said| {
        state.try_set(match said {
            Said::Steered(found) => State::Done(Arc::new(*found), factor),
            Said::Failed(what) => State::Failed(what),
            Said::Progress(_) => State::Working,
            Said::Recomputed(_) | Said::Epoch(_) | Said::Trained(_) => {
                State::Failed("the worker answered something else".into())
            }
        });
    });
}

/// The bundle's columns with the labels of the prototypes.
fn columns(shown: &Shown) -> Vec<Column> {
    let bundle = &shown.bundle;
    let prototypes = &shown.concept.detail.prototypes;
    let of = |codes: &[u16]| {
        prototypes.iter().map(|p| codes.get(p.cell.index()).copied().unwrap_or(NO_LABEL)).collect()
    };
    let columns = bundle.cells.columns.iter().zip(&bundle.codes);
    columns
        .map(|(c, codes)| Column { name: c.name.clone(), labels: c.labels.clone(), codes: of(codes) })
        .collect()
}

fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

fn done(shown: &Shown, found: &Arc<SteeredConcept>, factor: f32, order: RwSignal<Order>) -> AnyView {
    if factor == 1.0 {
        return view! { <p class="small">"The present value: nothing changes."</p> }.into_any();
    }
    let scores = &shown.concept.scores;
    let (rows_of, rows_found) = (shown.clone(), found.clone());
    let rows = move || {
        let genes = &rows_found.genes;
        let ordered = match order.get() {
            Order::Ratio => genes.by_change(),
            Order::Counts => genes.by_difference(),
        };
        ordered
            .into_iter()
            .take(LISTED)
            .map(|gene| {
                let attribution = f64::from(rows_of.concept.scores.get(gene).copied().unwrap_or(0.0));
                view! { <tr><td class="gene">{rows_of.bundle.genes.symbols[gene].clone()}</td><td class="n">{signed(genes.log2_ratio[gene])}</td><td class="n">{format!("{} → {}", significant(genes.before[gene]), significant(genes.after[gene]))}</td><td class="n">{score(attribution)}</td></tr> }
            })
            .collect::<Vec<_>>()
    };
    let (csv_of, csv_found) = (shown.clone(), found.clone());
    let csv = move |_| {
        let genes = &csv_found.genes;
        let rows = genes.by_change().into_iter().map(|gene| {
            vec![
                csv_of.bundle.genes.symbols[gene].clone(),
                genes.log2_ratio[gene].to_string(),
                genes.difference(gene).to_string(),
                genes.before[gene].to_string(),
                genes.after[gene].to_string(),
                csv_of.concept.scores[gene].to_string(),
            ]
        });
        let header = ["gene", "log2_ratio", "difference", "before", "after", "attribution"];
        browser::download_csv(&csv_of.file(&format!("steered-x{factor}.csv")), &header, rows);
    };
    let choice = |name: &'static str, of: Order| {
        view! { <button type="button" aria-pressed=move || (order.get() == of).to_string() on:click=move |_| order.set(of)>{name}</button> }
    };
    let cells = found.old.len();
    let again = mean(&found.read_again);
    view! {
        <p class="small muted">{format!("{cells} prototypes: mean activation {} set to {}; the dictionary reads {} in the moved embeddings, where other concepts compete for a place.", significant(mean(&found.old)), significant(mean(&found.new)), significant(again))}</p>
        <div class="grid" style="margin-top:var(--s4)">
            <figure class="fig c6"><header><h3>"Genes that change most"</h3>
                <div class="row"><div class="seg" role="group" aria-label="Order by">{choice("Counts", Order::Counts)}{choice("log₂ ratio", Order::Ratio)}</div><span class="tools"><button on:click=csv>"CSV"</button></span></div></header>
                <div class="scroll" tabindex="0" role="region" aria-label="Genes that change most"><table class="tight" data-testid="steered-genes"><thead><tr><th>"Gene"</th><th class="n">"log₂ ratio"</th><th class="n">"Expected count"</th><th class="n">"Attribution"</th></tr></thead><tbody>{rows}</tbody></table></div></figure>
            {beside_attribution(shown, found, scores)}
        </div>
    }
    .into_any()
}

/// Predicted change against attribution.
fn beside_attribution(shown: &Shown, found: &SteeredConcept, scores: &[f32]) -> AnyView {
    let genes = &found.genes;
    if scores.len() != genes.log2_ratio.len() {
        return view! { <figure class="fig c6"><header><h3>"Beside attribution"</h3></header><p class="na"><b>"Not available"</b>": no gene scores of this concept"</p></figure> }.into_any();
    }
    let driving = order_by_score(scores).into_iter().map(|gene| gene as usize);
    let first: Vec<usize> = driving.filter(|&gene| scores[gene] > 0.0).take(5).collect();
    let changed: Vec<usize> = genes.by_change().into_iter().take(3).filter(|g| !first.contains(g)).collect();
    let at = |gene: usize| (genes.log2_ratio[gene], f64::from(scores[gene]));
    let named = |gene: usize, colour: &str| Point {
        at: at(gene),
        colour: colour.into(),
        size: 7.0,
        name: Some(shown.bundle.genes.symbols[gene].clone()),
    };
    let plain = (0..scores.len()).filter(|gene| !first.contains(gene) && !changed.contains(gene));
    let mut points: Vec<Point> = plain
        .map(|gene| Point { at: at(gene), colour: "var(--ink-3)".into(), size: 3.0, name: None })
        .collect();
    points.extend(changed.iter().map(|&gene| named(gene, "var(--oi-orange)")));
    points.extend(first.iter().map(|&gene| named(gene, "var(--accent)")));
    let (mut x, mut y) = ((-0.1f64, 0.1f64), (0.0f64, 0.05f64));
    for point in &points {
        x = (x.0.min(point.at.0), x.1.max(point.at.0));
        y = (y.0.min(point.at.1), y.1.max(point.at.1));
    }
    let margin = ((x.1 - x.0) * 0.06, (y.1 - y.0) * 0.08);
    let said = |value: Option<f64>| {
        value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}").replace('-', "−"))
    };
    let (all, scored) = (found.agreement(scores, false), found.agreement(scores, true));
    let caption = format!(
        "Named: the genes of highest attribution and, in orange, those of largest change. Spearman correlation, towards more activation: {} over {} genes, {} over the {} with a score.",
        said(all.log2_ratio),
        thousands(all.genes as u64),
        said(scored.log2_ratio),
        thousands(scored.genes as u64)
    );
    let label = format!("Predicted change against attribution of {} genes", points.len());
    view! {
        <figure class="fig c6"><header><h3>"Beside attribution"</h3></header>
            {plots::points(points, 300, (x.0 - margin.0, x.1 + margin.0, "Predicted log₂ ratio of expected counts"), (y.0 - margin.1, y.1 + margin.1, "Attribution"), label)}
            <figcaption>{caption}</figcaption></figure>
    }
    .into_any()
}
