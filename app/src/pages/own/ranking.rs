//! Gene sets of a ranking: the settings of Recompute, the bundle's sets or own ones, and a table.

use std::sync::Arc;

use cellprism_app::task::{
    Files, Job, Said,
    own::ranking::{Answer, ENRICHMENT, OWN_SETS, RANKING, Request},
};
use cellprism_core::{
    bundle::path,
    gsea::{Convention, EnrichmentParameters},
};
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::{Shown, begin::LARGEST_TABLE};
use crate::{
    browser,
    bundle::Bundle,
    format::{p_value, thousands},
    term::{library_name, term_name},
    worker::{self, Slot, Written},
};

/// Sets shown at first.
const FIRST: usize = 20;

#[derive(Clone)]
enum State {
    Idle,
    Working(f64),
    Failed(String),
    Done(Arc<Answer>, Arc<Request>, Written),
}

#[derive(Clone, Copy)]
struct Fields {
    /// A place among the bundle's libraries; beyond them the own file.
    library: RwSignal<usize>,
    own: RwSignal<Option<web_sys::File>, LocalStorage>,
    convention: RwSignal<Convention>,
    permutations: RwSignal<String>,
    seed: RwSignal<String>,
    min_size: RwSignal<String>,
    max_size: RwSignal<String>,
}

/// Libraries of the bundle.
fn libraries(bundle: &Bundle) -> Vec<String> {
    bundle.manifest.files.keys().filter_map(|file| path_library(file)).collect()
}

fn path_library(file: &str) -> Option<String> {
    path::library_of(file).map(str::to_owned)
}

/// Settings and results.
pub fn view(bundle: &Arc<Bundle>, shown: Shown) -> AnyView {
    let p: EnrichmentParameters = bundle.manifest.parameters.enrichment.clone();
    let fields = Fields {
        library: RwSignal::new(0),
        own: RwSignal::new_local(None),
        convention: RwSignal::new(p.convention),
        permutations: RwSignal::new(p.permutations.to_string()),
        seed: RwSignal::new(p.seed.to_string()),
        min_size: RwSignal::new(p.min_size.to_string()),
        max_size: RwSignal::new(p.max_size.to_string()),
    };
    let state = RwSignal::new_local(State::Idle);
    let running = Slot::new();
    let begin = {
        let bundle = bundle.clone();
        move || start(&bundle, shown, fields, state, running)
    };
    // The published settings, at once, where the bundle has sets.
    if !libraries(bundle).is_empty() {
        begin();
    }
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        begin();
    };
    let out = move || match state.get() {
        State::Idle => ().into_any(),
        State::Working(share) => {
            let percent = format!("{:.0}%", share * 100.0);
            let cancel = move |_| {
                running.stop();
                state.set(State::Idle);
            };
            view! {
                <div role="status">
                    <p class="small">{format!("Permuting, {percent}")}</p>
                    <div class="prog"><i style=format!("width:{percent}")></i></div>
                    <p style="margin-top:var(--s3)"><button class="btn" type="button" on:click=cancel>"Cancel"</button></p>
                </div>
            }
            .into_any()
        }
        State::Failed(what) => {
            view! { <p class="notice bad" role="alert" data-testid="own-failed">{what}</p> }.into_any()
        }
        State::Done(answer, request, written) => outcome(&answer, &request, &written),
    };
    view! {
        <section class="section" id="enrichment">
            <header><h2>"Gene set enrichment"</h2></header>
            <div class="panel recompute">
                <form aria-label="Enrichment" on:submit=send>{form(bundle, fields)}</form>
                <div data-testid="own-enrichment" aria-live="polite">{out}</div>
            </div>
        </section>
    }
    .into_any()
}

fn form(bundle: &Bundle, fields: Fields) -> AnyView {
    let names = libraries(bundle);
    let own = names.len();
    let options = names
        .iter()
        .enumerate()
        .map(|(i, name)| view! { <option value=i.to_string()>{library_name(name)}</option> })
        .collect_view();
    let choose = move |event| fields.library.set(event_target_value(&event).parse().unwrap_or(0));
    let take = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        let file = input.files().and_then(|files| files.get(0));
        fields.library.set(if file.is_some() { own } else { 0 });
        fields.own.set(file);
    };
    let convention = move |event| {
        fields.convention.set(if event_target_value(&event) == "canonical" {
            Convention::Canonical
        } else {
            Convention::Gseapy
        });
    };
    let is_canonical = fields.convention.get_untracked() == Convention::Canonical;
    let field = |title: &'static str, value: RwSignal<String>, hint: &'static str| {
        let typed = move |event| value.set(event_target_value(&event));
        view! {
            <label class="field"><span>{title}</span>
                <input class="num" inputmode="numeric" prop:value=move || value.get() on:input=typed />
                <span class="hint">{hint}</span></label>
        }
    };
    view! {
        <label class="field"><span>"Gene sets"</span>
            <select prop:value=move || fields.library.get().to_string() on:change=choose>
                {options}<option value=own.to_string()>"My own (.gmt)"</option>
            </select>
            <span class="hint">"the bundle’s hold the model’s genes only"</span></label>
        <label class="field"><span>"My own sets"</span>
            <input type="file" accept=".gmt,.gz,.txt" data-testid="own-gmt" on:change=take />
            <span class="hint">".gmt, packed or not"</span></label>
        <label class="field"><span>"p-values"</span>
            <select on:change=convention>
                <option value="gseapy" selected=!is_canonical>"as GSEApy"</option>
                <option value="canonical" selected=is_canonical>"never 0, small ones exact"</option>
            </select></label>
        {field("Permutations", fields.permutations, "100 to 10,000")}
        {field("Seed", fields.seed, "any whole number")}
        {field("Smallest set", fields.min_size, "genes in the ranking")}
        {field("Largest set", fields.max_size, "genes in the ranking")}
        <div class="row"><button class="btn primary" type="submit">"Test"</button></div>
    }
    .into_any()
}

impl Fields {
    fn request(self, bundle: &Bundle, name: String) -> Result<Request, String> {
        let number = |field: RwSignal<String>, name: &str, low: u64, high: u64| {
            let typed = field.get_untracked().replace([',', ' '], "");
            typed.parse::<u64>().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
                format!(
                    "{name}: {typed:?} is not a whole number from {} to {}",
                    thousands(low),
                    thousands(high)
                )
            })
        };
        let min_size = number(self.min_size, "Smallest set", 1, 1_000_000)? as u32;
        let max_size = number(self.max_size, "Largest set", 1, 1_000_000)? as u32;
        if min_size > max_size {
            return Err(format!("Smallest set: {min_size} is more than the largest, {max_size}"));
        }
        Ok(Request {
            name,
            library: libraries(bundle).get(self.library.get_untracked()).cloned(),
            symbols: bundle.genes.symbols.clone(),
            convention: self.convention.get_untracked(),
            permutations: number(self.permutations, "Permutations", 100, 10_000)? as u32,
            seed: number(self.seed, "Seed", 0, u64::MAX)?,
            min_size,
            max_size,
            weight: bundle.manifest.parameters.enrichment.weight,
        })
    }
}

fn start(
    bundle: &Arc<Bundle>,
    shown: Shown,
    fields: Fields,
    state: RwSignal<State, LocalStorage>,
    running: Slot,
) {
    running.stop();
    let Some(chosen) = shown.chosen.get_untracked() else { return };
    let request = match fields.request(bundle, chosen.file.name()) {
        Ok(request) => Arc::new(request),
        Err(what) => return state.set(State::Failed(what)),
    };
    state.set(State::Working(0.0));
    let (bundle, own) = (bundle.clone(), fields.own.get_untracked());
    leptos::task::spawn_local(async move {
        let files = match files(&bundle, &request, &chosen.file, own).await {
            Ok(files) => files,
            Err(what) => {
                state.try_set(State::Failed(what));
                return;
            }
        };
        let job = Job::Rank(Box::new((*request).clone()));
        let tell = move |said, _, written| {
            state.try_set(match said {
                Said::Progress(share) => State::Working(share),
                Said::Ranked(answer) => State::Done(Arc::new(*answer), request.clone(), written),
                Said::Failed(what) => State::Failed(what),
                _ => return,
            });
        };
        match worker::start_with(&job, &files, None, tell) {
            Ok(started) => running.hold(started),
            Err(what) => {
                state.try_set(State::Failed(what));
            }
        }
    });
}

async fn files(
    bundle: &Bundle,
    request: &Request,
    ranking: &web_sys::File,
    own: Option<web_sys::File>,
) -> Result<Files, String> {
    let mut files = Files::default();
    let whole = async |file: &web_sys::File| {
        if file.size() > LARGEST_TABLE {
            return Err(format!(
                "{}: larger than {} MB, which no table of genes is",
                file.name(),
                LARGEST_TABLE / 1e6
            ));
        }
        browser::content(file).await
    };
    files.insert(RANKING, whole(ranking).await?);
    match &request.library {
        Some(library) => {
            let name = path::gene_sets(library);
            let bytes =
                bundle.bytes(&name).await.map_err(|error| format!("{}: {}", error.file, error.what))?;
            files.insert(&name, bytes);
        }
        None => {
            let own = own.ok_or("choose a .gmt file under “My own sets” first")?;
            files.insert(OWN_SETS, whole(&own).await?);
        }
    }
    Ok(files)
}

fn outcome(answer: &Arc<Answer>, request: &Arc<Request>, written: &Written) -> AnyView {
    let all = RwSignal::new(false);
    let n = answer.sets.len();
    let (rows_of, permutations) = (answer.clone(), request.permutations);
    let rows = move || {
        let shown = if all.get() { n } else { FIRST.min(n) };
        let row = |set: &cellprism_app::task::own::ranking::SetRow| {
            let (name, id) = term_name(&set.term);
            let signed = |x: f64| format!("{x:.2}").replace('-', "−");
            let genes: Vec<&str> = set.leading_edge.iter().take(6).map(String::as_str).collect();
            let rest = if set.leading_edge.len() > 6 { " …" } else { "" };
            view! {
                <tr data-term=set.term.clone()>
                    <td title=id>{name}</td><td class="n">{thousands(set.size)}</td><td class="n">{signed(set.nes)}</td>
                    <td class="n">{p_value(set.p, permutations)}</td><td class="n">{p_value(set.fdr, permutations)}</td>
                    <td class="gene">{format!("{}{rest}", genes.join(", "))}</td>
                </tr>
            }
        };
        rows_of.sets[..shown].iter().map(row).collect_view()
    };
    let more = move || {
        if all.get() {
            format!("Show the first {FIRST}")
        } else {
            format!("Show all {}", thousands(n as u64))
        }
    };
    let blob = written.get(ENRICHMENT).cloned().map(StoredValue::new_local);
    let save = move |_| {
        if let Some(blob) = blob.and_then(|blob| blob.try_get_value()) {
            browser::download_blob(ENRICHMENT, &blob);
        }
    };
    let said = format!(
        "{} genes ranked, {} of them in no set; {} sets tested, {} with fewer and {} with more genes than asked for. {} permutations, \
         seed {}, as cellprism enrich counts them.",
        thousands(answer.genes),
        thousands(answer.genes_in_no_set),
        thousands(n as u64),
        thousands(answer.too_small),
        thousands(answer.too_large),
        thousands(request.permutations),
        request.seed
    );
    view! {
        <div class="row"><span class="small muted">"Save"</span><button class="btn" type="button" data-file=ENRICHMENT on:click=save>{ENRICHMENT}</button></div>
        <div class="scroll" tabindex="0" role="region" aria-label="Gene sets of the ranking" style="margin-top:var(--s3)">
            <table class="tight" data-testid="own-sets">
                <thead><tr><th>"Gene set"</th><th class="n">"Genes"</th><th class="n">"NES"</th><th class="n">"p"</th><th class="n">"FDR"</th><th>"Leading edge"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {(n > FIRST).then(|| view! {
            <p class="more"><button class="btn quiet" type="button" aria-expanded=move || all.get().to_string()
                on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
        })}
        <p class="caption">{said}</p>
    }
    .into_any()
}
