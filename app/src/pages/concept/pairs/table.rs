//! Genes of one pair by the effect of their swap.

use cellprism_app::task::samples::Samples;
use cellprism_core::bundle::{GeneAttribution, Maybe};
use leptos::prelude::*;

use super::{Shown, places};
use crate::{browser, format::score};

/// Genes listed.
const ROWS: usize = 12;

/// One gene of the pair.
struct Line<'a> {
    gene: &'a GeneAttribution,
    own: f32,
    other: f32,
    effect: f32,
}

/// The table.
pub fn view(shown: &Shown, samples: &Samples, prototype: usize, near: usize) -> AnyView {
    let Maybe::Value(attribution) = &shown.concept.detail.attribution else { return ().into_any() };
    let Some((a, b)) = places(samples, prototype, near) else {
        return view! { <p class="notice">"This prototype has no such counterfactual."</p> }.into_any();
    };
    let used = shown.bundle.manifest.parameters.attribution.counterfactuals as usize;
    let before = shown.concept.detail.prototypes[..prototype].iter();
    let pair = before.map(|p| p.counterfactuals.len().min(used)).sum::<usize>() + near;
    let genes = attribution.genes.iter().zip(&shown.concept.pair_scores);
    let mut lines: Vec<Line<'_>> = genes
        .filter_map(|(gene, pairs)| {
            let column = gene.gene.0 as usize;
            let (own, other) = (samples.counts.get(a, column), samples.counts.get(b, column));
            Some(Line { gene, own, other, effect: *pairs.get(pair)? })
        })
        .collect();
    cellprism_core::order::sort_by(&mut lines, |x, y| y.effect.abs().total_cmp(&x.effect.abs()));
    let largest = lines.first().map_or(1.0, |l| l.effect.abs()).max(f32::MIN_POSITIVE);
    let rows = lines.iter().take(ROWS).map(|line| row(shown, line, largest)).collect_view();
    let csv_rows: Vec<Vec<String>> = lines.iter().map(csv_line).collect();
    let file = shown.file(&format!("pair-{}-{}.csv", prototype + 1, near + 1));
    let header = ["gene", "prototype_count", "counterfactual_count", "this_pair", "mean"];
    let csv = move |_| browser::download_csv(&file, &header, csv_rows.clone());
    let caption = format!(
        "Among the {} genes of highest mean effect as in the paper; each gene is swapped alone.",
        attribution.genes.len()
    );
    view! {
        <figure class="fig">
            <header>
                <h3>{format!("Genes of prototype {}, by effect of the swap", prototype + 1)}</h3>
                <span class="tools"><button on:click=csv>"CSV"</button></span>
            </header>
            <div class="scroll" tabindex="0" role="region" aria-label="Genes of this pair"><table class="pairt">
                <thead><tr>
                    <th>"Gene"</th><th class="gd">"Description"</th><th class="n">"Prototype count"</th>
                    <th class="n">"Counterfactual count"</th><th>"Fall in activation"</th><th class="n">"This pair"</th>
                    <th class="n mm">{format!("Mean of {}", attribution.pairs)}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

fn row(shown: &Shown, line: &Line<'_>, largest: f32) -> AnyView {
    let width = format!("width:{:.1}%", 50.0 * line.effect.abs() / largest);
    let side = if line.effect < 0.0 { "neg" } else { "" };
    let symbol = line.gene.symbol.clone();
    view! {
        <tr>
            <td class="gene"><a class="gene" href=format!("#/gene/{symbol}")>{symbol.clone()}</a></td>
            <td class="gd">{shown.descriptions.name(symbol)}</td>
            <td class="n">{line.own}</td>
            <td class="n">{line.other}</td>
            <td style="width:30%"><div class="div"><i class=side style=width></i></div></td>
            <td class="n"><b>{score(f64::from(line.effect))}</b></td>
            <td class="n faint mm">{score(f64::from(line.gene.mean))}</td>
        </tr>
    }
    .into_any()
}

fn csv_line(line: &Line<'_>) -> Vec<String> {
    vec![
        line.gene.symbol.clone(),
        line.own.to_string(),
        line.other.to_string(),
        line.effect.to_string(),
        line.gene.mean.to_string(),
    ]
}
