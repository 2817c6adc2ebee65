//! Concepts like it, and where the numbers come from.

use cellprism_core::bundle::{Input, InputRole, Related};
use leptos::prelude::*;

use super::Shown;
use crate::{
    components::stackbar,
    format::{score, thousands},
};

/// Concepts active in the same cells, and concepts that point the same way.
pub fn related(shown: &Shown) -> AnyView {
    let detail = &shown.concept.detail;
    view! {
        <section class="section" id="related">
            <header><h2>"Related concepts"</h2></header>
            <div class="grid">
                <figure class="fig c6"><header><h3>"Active in the same cells"</h3></header>{table(shown, &detail.coactive)}</figure>
                <figure class="fig c6"><header><h3>"Pointing the same way in the dictionary"</h3></header>{table(shown, &detail.alike)}</figure>
            </div>
        </section>
    }
    .into_any()
}

fn table(shown: &Shown, list: &[Related]) -> AnyView {
    let rows = list
        .iter()
        .filter_map(|r| Some((r, shown.bundle.row(r.id.0)?)))
        .map(|(r, row)| {
            let genes = row.genes.iter().take(4).map(|g| g.gene.clone()).collect::<Vec<_>>().join(", ");
            view! {
                <tr><td><a class="mono idl" href=format!("#/concept/{}", r.id.0)>{format!("C{}", r.id.0)}</a></td><td style="min-width:84px">{stackbar::composition(&shown.bundle, row)}</td>
                    <td class="gene">{genes}</td><td class="n">{format!("{} of {}", thousands(r.shared), thousands(row.cells))}</td><td class="n">{format!("{:.2}", r.jaccard)}</td><td class="n">{score(f64::from(r.cosine))}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return view! { <p class="notice">"None."</p> }.into_any();
    }
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Related concepts"><table><thead><tr><th>"Concept"</th><th>"Cells"</th><th>"Genes"</th><th class="n">"Shared cells"</th><th class="n">"Jaccard"</th><th class="n">"Cosine"</th></tr></thead><tbody>{rows}</tbody></table></div>
    }
    .into_any()
}

/// Everything needed to get these numbers again.
pub fn provenance(shown: &Shown) -> AnyView {
    let m = &shown.bundle.manifest;
    let p = &m.parameters;
    let input = |role: InputRole| -> Option<&Input> { m.inputs.iter().find(|i| i.role == role) };
    let named = |role: InputRole| {
        input(role).map(|i| format!("{} · sha256 {}…", i.file, i.sha256.get(..12).unwrap_or(&i.sha256)))
    };
    let mut facts: Vec<(&str, String)> = Vec::new();
    let cells = named(InputRole::Cells).unwrap_or_default();
    facts.push((
        "Cells",
        format!(
            "{cells} · {} × {} measured genes",
            thousands(m.counts.cells),
            thousands(m.counts.genes_measured)
        ),
    ));
    facts.push((
        "Model",
        format!(
            "{} ({}) · {} genes to {} dimensions · {}",
            m.model.name,
            m.model.kind,
            thousands(m.counts.genes_model),
            m.counts.embedding,
            m.model.preprocessing
        ),
    ));
    facts.push((
        "Dictionary",
        format!(
            "TopK SAE, c {}, k {}, {}",
            thousands(p.sae.concepts),
            p.sae.active,
            p.sae.training_in_words()
        ),
    ));
    facts.push((
        "Attribution",
        format!(
            "{} prototypes × {} counterfactuals, after TopK, 32-bit arithmetic",
            p.attribution.prototypes, p.attribution.counterfactuals
        ),
    ));
    let sets = named(InputRole::GeneSets).unwrap_or_else(|| "no gene sets".into());
    facts.push((
        "Enrichment",
        format!(
            "{sets} · {} convention, weight {}, {} permutations, seed {}",
            p.enrichment.convention,
            p.enrichment.weight,
            thousands(p.enrichment.permutations),
            p.enrichment.seed
        ),
    ));
    facts.push((
        "Chance",
        format!(
            "{} random rankings, scores dealt again within strata of detection rate",
            thousands(p.enrichment.null_rankings)
        ),
    ));
    facts.push((
        "Software",
        format!(
            "cellprism {}{}",
            m.software.version,
            m.software.onnxruntime.clone().map(|v| format!(", ONNX Runtime {v}")).unwrap_or_default()
        ),
    ));
    let rows = facts
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
        .collect::<Vec<_>>();
    view! {
        <section class="section" id="provenance">
            <header><h2>"Provenance"</h2><p>"Everything needed to get these numbers again."</p></header>
            <dl class="facts wide">{rows}</dl>
            <p class="row" style="margin-top:var(--s4)"><a class="btn" href="#/about">"Methods and limits"</a><a class="btn" href=format!("{}manifest.json", shown.bundle.base) target="_blank" rel="noopener">"Manifest"</a></p>
        </section>
    }
    .into_any()
}
