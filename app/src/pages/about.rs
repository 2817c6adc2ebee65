//! Methods, provenance, licences, limits.

use leptos::prelude::*;

use crate::{
    bundle,
    format::{percent, thousands},
};

/// The page about the bundle and the methods.
#[component]
pub fn About() -> impl IntoView {
    let bundle = bundle::current();
    let m = &bundle.manifest;
    let p = &m.parameters;
    let a = &m.gene_audit;
    let inputs = m
        .inputs
        .iter()
        .map(|i| view! { <tr><td>{i.role.to_string().replace('_', " ")}</td><td>{i.file.clone()}</td><td class="n">{thousands(i.bytes)}</td><td class="mono micro">{i.sha256.clone()}</td><td>{i.note.clone().unwrap_or_default()}</td></tr> })
        .collect::<Vec<_>>();
    let stages = m
        .stages
        .iter()
        .map(|s| view! { <tr><td>{s.name.name()}</td><td class="n">{format!("{:.1}", s.seconds)}</td><td>{s.provider.clone().unwrap_or_else(|| "processor".into())}</td><td>{s.precision.clone().unwrap_or_default()}</td></tr> })
        .collect::<Vec<_>>();
    let sources = m
        .sources
        .iter()
        .map(|s| view! { <tr><td>{s.part.clone()}</td><td>{s.source.clone()}</td><td>{s.licence.clone()}</td></tr> })
        .collect::<Vec<_>>();
    let skipped = bundle
        .index
        .skipped_columns
        .iter()
        .map(|(name, reason)| view! { <tr><td>{name.clone()}</td><td class="na"><b>"Not tested"</b>{format!(": {reason}")}</td></tr> })
        .collect::<Vec<_>>();
    view! {
        <h1>"About this bundle"</h1>
        <p class="lead">{m.title.clone()}" · written "{m.created.clone()}" by cellprism "{m.software.version.clone()}
            {m.software.onnxruntime.clone().map(|v| format!(" with ONNX Runtime {v}"))}</p>

        <section class="section" id="methods"><header><h2>"What was computed"</h2></header>
            <div class="stack">
                <p><b>"Embedding. "</b>{format!("{} ({}), {} genes to {} dimensions. {}", m.model.name, m.model.kind, thousands(m.counts.genes_model), m.counts.embedding, m.model.preprocessing)}</p>
                <p><b>"Genes. "</b>{format!("{} of the model’s {} genes were found in the data, {} more by an alias; {} were ambiguous and {} absent, both read as zero. The genes found hold {} of all counts.", thousands(a.matched), thousands(a.model_genes), a.by_alias, a.ambiguous, a.lost, percent(a.counts_share))}</p>
                <p><b>"Concepts. "</b>{format!("A TopK sparse autoencoder with {} concepts, {} active per cell, {}.", thousands(p.sae.concepts), p.sae.active, p.sae.training_in_words())}</p>
                <p><b>"Cells. "</b>{format!("A concept is specific to a label that at least {} of its active cells share; below {} active cells it counts as rare, and no claim is made.", percent(p.specificity.ratio), p.specificity.min_cells)}</p>
                <p><b>"Genes that drive it. "</b>{format!("Each of the {} most active cells is given, one gene at a time, the count of one of its {} nearest cells that do not activate the concept. The score of a gene is the mean fall in activation after TopK. Above {} a gene is called important.", p.attribution.prototypes, p.attribution.counterfactuals, p.attribution.important)}</p>
                <p><b>"Pathways. "</b>{format!("Preranked gene set enrichment of all genes by that score, as GSEApy computes it ({} permutations, seed {}, sets of {} to {} ranked genes). The label is the set with {} (weak) or {} (strong; a p below one over the permutations means that none of them reached the score).", thousands(p.enrichment.permutations), p.enrichment.seed, p.enrichment.min_size, p.enrichment.max_size, p.enrichment.label_rule(), p.enrichment.strong_limit())}</p>
                <p><b>"Chance. "</b>{format!("The same rule is applied to {} random rankings of each concept, in which its scores are dealt again among genes detected about as often. The chance of a label is the share of them that earns one at least as good.", thousands(p.enrichment.null_rankings))}</p>
            </div>
        </section>
        <section class="section" id="limits"><header><h2>"Limits"</h2></header>
            <ul class="stack">
                <li>"A pathway label can only name what is already in the gene sets, and well-studied processes have more sets: it is a streetlight. Genes in no set are invisible to it."</li>
                <li>"Attribution says what this model reacts to, cell by cell. It is not evidence that a gene causes anything in a cell."</li>
                <li>"Another seed or another data set gives another dictionary; concepts that come back are worth more than concepts that do not."</li>
                <li>"Many labels are tested. Where chance alone would label almost as many concepts, a single label means little."</li>
            </ul>
        </section>
        <section class="section" id="inputs"><header><h2>"Inputs"</h2></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Inputs"><table><thead><tr><th>"Role"</th><th>"File"</th><th class="n">"Bytes"</th><th>"SHA-256"</th><th>"Note"</th></tr></thead><tbody>{inputs}</tbody></table></div>
        </section>
        <section class="section" id="stages"><header><h2>"Stages"</h2></header>
            <table><thead><tr><th>"Stage"</th><th class="n">"Seconds"</th><th>"Where"</th><th>"Precision"</th></tr></thead><tbody>{stages}</tbody></table>
        </section>
        <section class="section" id="sources"><header><h2>"Sources and licences"</h2></header>
            <table><thead><tr><th>"Part"</th><th>"Source"</th><th>"Licence"</th></tr></thead><tbody>{sources}</tbody></table>
        </section>
        {(!skipped.is_empty()).then(|| view! {
            <section class="section" id="columns"><header><h2>"Columns that were not tested"</h2></header>
                <table><thead><tr><th>"Column"</th><th>"Reason"</th></tr></thead><tbody>{skipped}</tbody></table></section>
        })}
    }
}
