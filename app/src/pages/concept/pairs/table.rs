//! Genes of one pair by the effect of their swap.

use cellprism_app::task::samples::Samples;
use cellprism_core::bundle::{AttributionDetail, GeneAttribution, Maybe};
use leptos::prelude::*;

use super::{Shown, counts::Counts, places};
use crate::{browser, components::states::Load, format::score};

/// Genes listed.
const ROWS: usize = 12;

/// One gene of the pair.
struct Line<'a> {
    gene: &'a GeneAttribution,
    /// Counts of prototype and counterfactual, once they are there.
    counts: Option<[f32; 2]>,
    effect: f32,
}

/// Genes by the size of their effect; with counts where there are any.
fn lines<'a>(
    shown: &'a Shown,
    attribution: &'a AttributionDetail,
    samples: Option<&Samples>,
    prototype: usize,
    near: usize,
) -> Vec<Line<'a>> {
    let used = shown.bundle.manifest.parameters.attribution.counterfactuals as usize;
    let before = shown.concept.detail.prototypes[..prototype].iter();
    let pair = before.map(|p| p.counterfactuals.len().min(used)).sum::<usize>() + near;
    let cells = samples.and_then(|samples| Some((samples, places(samples, prototype, near)?)));
    let genes = attribution.genes.iter().zip(&shown.concept.pair_scores);
    let mut lines: Vec<Line<'_>> = genes
        .filter_map(|(gene, pairs)| {
            let column = gene.gene.0 as usize;
            let counts = cells.map(|(samples, (a, b))| [a, b].map(|row| samples.counts.get(row, column)));
            Some(Line { gene, counts, effect: *pairs.get(pair)? })
        })
        .collect();
    cellprism_core::order::sort_by(&mut lines, |x, y| y.effect.abs().total_cmp(&x.effect.abs()));
    lines
}

/// All of them as a file, with their counts.
fn save(shown: &Shown, samples: &Samples, prototype: usize, near: usize) {
    let Maybe::Value(attribution) = &shown.concept.detail.attribution else { return };
    let lines = lines(shown, attribution, Some(samples), prototype, near);
    let file = shown.file(&format!("pair-{}-{}.csv", prototype + 1, near + 1));
    let header = ["gene", "prototype_count", "counterfactual_count", "this_pair", "mean"];
    browser::download_csv(&file, &header, lines.iter().map(csv_line));
}

/// The table: effects at once, counts once they are there.
pub fn view(shown: &Shown, counts: Counts, prototype: usize, near: usize) -> AnyView {
    let Maybe::Value(attribution) = &shown.concept.detail.attribution else { return ().into_any() };
    let samples = &counts.state.get();
    let found = match samples {
        Load::Ready(samples) if places(samples, prototype, near).is_none() => {
            return view! { <p class="notice">"This prototype has no such counterfactual."</p> }.into_any();
        }
        Load::Ready(samples) => Some(samples.as_ref()),
        _ => None,
    };
    let lines = lines(shown, attribution, found, prototype, near);
    let largest = lines.first().map_or(1.0, |l| l.effect.abs()).max(f32::MIN_POSITIVE);
    let rows = lines.iter().take(ROWS).map(|line| row(shown, line, largest)).collect_view();
    let saved = shown.clone();
    let csv = move |_| {
        let saved = saved.clone();
        counts.then(move |samples| save(&saved, samples, prototype, near));
    };
    let said = match samples {
        Load::Ready(_) => None,
        Load::Waiting => Some(
            view! { <span class="micro muted" role="status">"Counts are being loaded …"</span> }.into_any(),
        ),
        Load::Failed(_) => {
            Some(view! { <span class="micro muted">"Counts could not be loaded"</span> }.into_any())
        }
    };
    let failed = match samples {
        Load::Failed(error) => {
            let what = format!("{}: {}", error.file, error.what);
            Some(view! { <p class="notice bad" role="alert">{what}</p> })
        }
        _ => None,
    };
    let caption = format!(
        "Among the {} genes of highest mean effect as in the paper; each gene is swapped alone.",
        attribution.genes.len()
    );
    view! {
        <figure class="fig">
            <header>
                <h3>{format!("Genes of prototype {}, by effect of the swap", prototype + 1)}</h3>
                {said}<span class="tools"><button on:click=csv>"CSV"</button></span>
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
            {failed}
        </figure>
    }
    .into_any()
}

fn row(shown: &Shown, line: &Line<'_>, largest: f32) -> AnyView {
    let width = format!("width:{:.1}%", 50.0 * line.effect.abs() / largest);
    let side = if line.effect < 0.0 { "neg" } else { "" };
    let symbol = line.gene.symbol.clone();
    let [own, other] =
        line.counts.map_or(["…", "…"].map(str::to_owned), |counts| counts.map(|n| n.to_string()));
    view! {
        <tr>
            <td class="gene"><a class="gene" href=format!("#/gene/{symbol}")>{symbol.clone()}</a></td>
            <td class="gd">{shown.descriptions.name(symbol)}</td>
            <td class="n">{own}</td>
            <td class="n">{other}</td>
            <td style="width:30%"><div class="div"><i class=side style=width></i></div></td>
            <td class="n"><b>{score(f64::from(line.effect))}</b></td>
            <td class="n faint mm">{score(f64::from(line.gene.mean))}</td>
        </tr>
    }
    .into_any()
}

fn csv_line(line: &Line<'_>) -> Vec<String> {
    let [own, other] =
        line.counts.map_or([const { String::new() }; 2], |counts| counts.map(|n| n.to_string()));
    vec![line.gene.symbol.clone(), own, other, line.effect.to_string(), line.gene.mean.to_string()]
}
