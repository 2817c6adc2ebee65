//! One prototype and one of its counterfactuals: the counts that were swapped, and what it did.

use std::sync::Arc;

use cellprism_app::task::recompute::Samples;
use cellprism_core::bundle::{Maybe, path};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    components::states::Load,
    format::{score, significant, thousands},
};

/// Genes listed.
const ROWS: usize = 12;

/// Choice of a pair, facts, and the table of genes.
pub fn view(shown: &Shown) -> AnyView {
    let detail = &shown.concept.detail;
    let p = &shown.bundle.manifest.parameters.attribution;
    if detail.prototypes.is_empty() {
        return ().into_any();
    }
    let prototype = RwSignal::new(0usize);
    let near = RwSignal::new(0usize);
    let samples = RwSignal::new(Load::<Arc<Samples>>::Waiting);
    let fetched = shown.clone();
    leptos::task::spawn_local(async move {
        let name = path::samples(fetched.row.id);
        let found = fetched.bundle.bytes(&name).await;
        samples.try_set(match found {
            Err(error) => Load::Failed(error),
            Ok(bytes) => match Samples::read(&bytes, fetched.bundle.genes.symbols.len()) {
                Ok(read) => Load::Ready(Arc::new(read)),
                Err(what) => Load::Failed(crate::client::FetchError { file: name, what }),
            },
        });
    });
    let used = p.counterfactuals as usize;
    let choose = |i: usize, of: RwSignal<usize>, text: String| {
        view! { <button aria-pressed=move || (of.get() == i).to_string() on:click=move |_| of.set(i)>{text}</button> }
    };
    let prototypes = (0..detail.prototypes.len())
        .map(|i| view! { <button aria-pressed=move || (prototype.get() == i).to_string() on:click=move |_| { prototype.set(i); near.set(0); }>{i + 1}</button> })
        .collect::<Vec<_>>();
    let known = shown.clone();
    let nears = move || {
        let n = known
            .concept
            .detail
            .prototypes
            .get(prototype.get())
            .map_or(0, |p| p.counterfactuals.len().min(used));
        (0..n)
            .map(|i| {
                choose(
                    i,
                    near,
                    match i {
                        0 => "nearest".into(),
                        1 => "2nd".into(),
                        2 => "3rd".into(),
                        _ => format!("{}th", i + 1),
                    },
                )
            })
            .collect::<Vec<_>>()
    };
    let (facts_of, table_of) = (shown.clone(), shown.clone());
    let facts = move || facts(&facts_of, prototype.get(), near.get(), samples.get());
    let table = move || match samples.get() {
        Load::Waiting => view! { <p class="small muted" role="status">"Loading the counts …"</p> }.into_any(),
        Load::Failed(error) => {
            view! { <p class="notice bad" role="alert">{format!("{}: {}", error.file, error.what)}</p> }
                .into_any()
        }
        Load::Ready(samples) => table(&table_of, &samples, prototype.get(), near.get()),
    };
    view! {
        <section class="section" id="pairs">
            <header><h2>"A prototype and its counterfactual"</h2>
                <p>{format!("A prototype is one of the {} most active cells. Its counterfactual is the nearest cell, in the model’s embedding, with activation exactly 0.", detail.prototypes.len())}</p></header>
            <div class="grid">
                <div class="c4 stack-l">
                    <div class="stack"><p class="small muted">"Prototype, most active first"</p><div class="seg wrapseg" role="group" aria-label="Prototype">{prototypes}</div></div>
                    <div class="stack"><p class="small muted">"Counterfactual"</p><div class="seg wrapseg" role="group" aria-label="Counterfactual">{nears}</div></div>
                    {facts}
                </div>
                <div class="c8">{table}</div>
            </div>
        </section>
    }
    .into_any()
}

/// Places of the two cells among the samples.
fn places(samples: &Samples, prototype: usize, near: usize) -> Option<(usize, usize)> {
    let other = samples.counterfactuals.get(prototype)?.get(near)?;
    Some((*samples.prototypes.get(prototype)? as usize, *other as usize))
}

fn facts(shown: &Shown, prototype: usize, near: usize, samples: Load<Arc<Samples>>) -> AnyView {
    let Some(p) = shown.concept.detail.prototypes.get(prototype) else { return ().into_any() };
    let Some(c) = p.counterfactuals.get(near) else { return ().into_any() };
    let label = |label: &Option<String>| label.clone().unwrap_or_else(|| "unlabelled".into());
    let colour = |label: &Option<String>| {
        label.as_ref().map_or("var(--oi-grey)", |l| shown.bundle.colour_of(l)).to_owned()
    };
    let sums = match &samples {
        Load::Ready(s) => places(s, prototype, near).map(|(a, b)| {
            let sum = |row: usize| s.counts.row(row).1.iter().map(|&v| f64::from(v)).sum::<f64>();
            (sum(a), sum(b), differing(s, a, b))
        }),
        _ => None,
    };
    let counts = |sum: Option<f64>| {
        sum.map(|s| view! { <span class="micro faint">{format!(" {} counts in the model’s genes", thousands(s as u64))}</span> })
    };
    view! {
        <dl class="facts">
            <div><dt>"Prototype"</dt><dd><i class="swatch" style=format!("--c:{}", colour(&p.label))></i>{format!(" {}, activation {}", label(&p.label), significant(f64::from(p.activation)))}<br/><span class="mono micro faint">{p.name.clone()}</span>{counts(sums.map(|s| s.0))}</dd></div>
            <div><dt>"Counterfactual"</dt><dd><i class="swatch" style=format!("--c:{}", colour(&c.label))></i>{format!(" {}, activation 0", label(&c.label))}<br/><span class="mono micro faint">{c.name.clone()}</span>{counts(sums.map(|s| s.1))}</dd></div>
            <div><dt>"Distance"</dt><dd>{format!("{} in {} dimensions (L2)", significant(f64::from(c.distance)), shown.bundle.manifest.counts.embedding)}</dd></div>
            {sums.map(|s| view! { <div><dt>"Genes that differ"</dt><dd>{format!("{} of {}", thousands(s.2 as u64), thousands(shown.bundle.genes.symbols.len() as u64))}</dd></div> })}
        </dl>
    }
    .into_any()
}

/// Genes whose counts differ between two rows.
fn differing(samples: &Samples, a: usize, b: usize) -> usize {
    let ((columns_a, _), (columns_b, _)) = (samples.counts.row(a), samples.counts.row(b));
    let mut genes: Vec<u32> = columns_a.iter().chain(columns_b).copied().collect();
    genes.sort_unstable();
    genes.dedup();
    genes.iter().filter(|&&g| samples.counts.get(a, g as usize) != samples.counts.get(b, g as usize)).count()
}

fn table(shown: &Shown, samples: &Samples, prototype: usize, near: usize) -> AnyView {
    let Maybe::Value(attribution) = &shown.concept.detail.attribution else { return ().into_any() };
    let Some((a, b)) = places(samples, prototype, near) else {
        return view! { <p class="notice">"This prototype has no such counterfactual."</p> }.into_any();
    };
    let used = shown.bundle.manifest.parameters.attribution.counterfactuals as usize;
    let before: usize =
        shown.concept.detail.prototypes[..prototype].iter().map(|p| p.counterfactuals.len().min(used)).sum();
    let of_pair = |rank: usize| shown.concept.pair_scores.get(rank)?.get(before + near).copied();
    let mut rows: Vec<(usize, f32)> =
        (0..attribution.genes.len()).filter_map(|rank| Some((rank, of_pair(rank)?))).collect();
    rows.sort_by(|x, y| y.1.abs().total_cmp(&x.1.abs()));
    let largest = rows.first().map_or(1.0, |r| r.1.abs()).max(f32::MIN_POSITIVE);
    let line = |&(rank, effect): &(usize, f32)| {
        let gene = &attribution.genes[rank];
        let column = gene.gene.0 as usize;
        (gene, samples.counts.get(a, column), samples.counts.get(b, column), effect)
    };
    let csv_rows: Vec<Vec<String>> = rows
        .iter()
        .map(line)
        .map(|(gene, from, to, effect)| {
            vec![
                gene.symbol.clone(),
                from.to_string(),
                to.to_string(),
                effect.to_string(),
                gene.mean.to_string(),
            ]
        })
        .collect();
    let file = shown.file(&format!("pair-{}-{}.csv", prototype + 1, near + 1));
    let shown_rows = rows
        .iter()
        .take(ROWS)
        .map(line)
        .map(|(gene, from, to, effect)| {
            let width = 50.0 * effect.abs() / largest;
            let side = if effect < 0.0 { "neg" } else { "" };
            view! {
                <tr><td class="gene"><a class="gene" href=format!("#/gene/{}", gene.symbol)>{gene.symbol.clone()}</a></td><td class="gd">{shown.descriptions.name(gene.symbol.clone())}</td><td class="n">{from}</td><td class="n">{to}</td>
                    <td style="width:30%"><div class="div"><i class=side style=format!("width:{width:.1}%")></i></div></td><td class="n"><b>{score(f64::from(effect))}</b></td><td class="n faint mm">{score(f64::from(gene.mean))}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <figure class="fig">
            <header><h3>{format!("Genes of prototype {}, by effect of the swap", prototype + 1)}</h3><span class="tools"><button on:click=move |_| browser::download_csv(&file, &["gene", "prototype_count", "counterfactual_count", "this_pair", "mean"], csv_rows.clone())>"CSV"</button></span></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Genes of this pair"><table class="pairt"><thead><tr><th>"Gene"</th><th class="gd">"Description"</th><th class="n">"Prototype count"</th><th class="n">"Counterfactual count"</th><th>"Fall in activation"</th><th class="n">"This pair"</th><th class="n mm">{format!("Mean of {}", attribution.pairs)}</th></tr></thead><tbody>{shown_rows}</tbody></table></div>
            <figcaption>{format!("Among the {} genes of highest mean attribution; each gene is swapped alone.", attribution.genes.len())}</figcaption>
        </figure>
    }
    .into_any()
}
