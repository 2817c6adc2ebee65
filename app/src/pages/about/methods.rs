//! What was computed, in the order in which it was.

use cellprism_core::{
    bundle::{Manifest, ReadingParameters},
    readings::HITS,
};
use leptos::prelude::*;

use crate::format::{percent, thousands};

/// One paragraph a step.
pub fn view(m: &Manifest) -> AnyView {
    let mut steps = vec![
        ("Embedding", embedding(m)),
        ("Genes", genes(m)),
        ("Concepts", concepts(m)),
        ("Cells", cells(m)),
        ("Swaps", swaps(m)),
    ];
    match &m.parameters.reading {
        Some(reading) => steps.extend(beyond(reading)),
        None => steps.push(("Readings", "This bundle holds the paper’s readings only.".to_owned())),
    }
    steps.extend([("As in the paper", paper(m)), ("Its chance", paper_chance(m))]);
    let steps = steps.into_iter().map(|(name, text)| view! { <p><b>{name}". "</b>{text}</p> }).collect_view();
    view! {
        <section class="section" id="methods">
            <header><h2>"What was computed"</h2></header><div class="stack">{steps}</div>
        </section>
    }
    .into_any()
}

fn embedding(m: &Manifest) -> String {
    format!(
        "{} ({}), {} genes to {} dimensions. {}",
        m.model.name,
        m.model.kind,
        thousands(m.counts.genes_model),
        m.counts.embedding,
        m.model.preprocessing
    )
}

fn genes(m: &Manifest) -> String {
    let a = &m.gene_audit;
    format!(
        "{} of the model’s {} genes were found in the data, {} more by an alias; {} were ambiguous and {} absent, both read as zero. The genes found hold {} of all counts.",
        thousands(a.matched),
        thousands(a.model_genes),
        a.by_alias,
        a.ambiguous,
        a.lost,
        percent(a.counts_share)
    )
}

fn concepts(m: &Manifest) -> String {
    let p = &m.parameters.sae;
    format!(
        "A TopK sparse autoencoder with {} concepts, {} active per cell, {}.",
        thousands(p.concepts),
        p.active,
        p.training_in_words()
    )
}

fn cells(m: &Manifest) -> String {
    let s = &m.parameters.specificity;
    let lift = m.parameters.reading.as_ref().map_or_else(String::new, |r| {
        format!(" A claim is made only where that is at least {} times the label’s share of all cells, in two donors where there are donors.", r.lift)
    });
    format!(
        "A concept is specific to a label that at least {} of its active cells share; below {} active cells it counts as rare, and no claim is made.{lift}",
        percent(s.ratio),
        s.min_cells
    )
}

fn swaps(m: &Manifest) -> String {
    let a = &m.parameters.attribution;
    format!(
        "Each of the {} strongest cells is given, one gene at a time, the count of one of its {} nearest cells that do not activate the concept. The effect of a gene is how far activation falls.",
        a.prototypes, a.counterfactuals
    )
}

fn beyond(r: &ReadingParameters) -> Vec<(&'static str, String)> {
    let carried = format!(
        "A swap speaks for presence where the cell has more of the gene than the other one, for absence where it has less; each list is the mean over all pairs, the other direction as zero. At the edge of TopK, where the smallest change brings another concept first, effects are those before that choice. A gene is carried by a cell where it takes more than {} of the activation, counted in {} cells that did not rank the genes; headline genes need {} of them.",
        percent(r.carried_effect),
        r.held_out,
        percent(r.carried_share)
    );
    let typical = format!(
        "Beside the nearest cells, {} typical ones that do not activate the concept are compared with each strong cell, of the same total count, drawn evenly from every label.",
        r.typical
    );
    let pathways = format!(
        "Each list is tested for enrichment in all libraries together. The best set is held against the best sets of {} random rankings (up to {} where none does as well, fewer once {HITS} do), in which the scores are dealt again among genes of about the same mean count: chance = (hits + 1) / (rankings + 1). Where typical cells were compared, the larger chance of both contrasts counts. It stands where that is at most {} after Benjamini-Hochberg over all concepts and both lists.",
        thousands(r.rankings),
        thousands(r.most_rankings),
        percent(r.survives)
    );
    vec![("Has and lacks", carried), ("Typical cells", typical), ("Pathways", pathways)]
}

fn paper(m: &Manifest) -> String {
    let (a, e) = (&m.parameters.attribution, &m.parameters.enrichment);
    format!(
        "One ranking, by the mean effect whichever way the counts differ; above {} a gene is called important. Preranked enrichment as GSEApy computes it ({} permutations, seed {}, sets of {} to {} ranked genes). The label is the set with {} (weak) or {} (strong; a p below one over the permutations means that none of them reached the score).",
        a.important,
        thousands(e.permutations),
        e.seed,
        e.min_size,
        e.max_size,
        e.label_rule(),
        e.strong_limit()
    )
}

fn paper_chance(m: &Manifest) -> String {
    format!(
        "The same rule is applied to {} random rankings of each concept, in which its scores are dealt again among genes detected about as often. The chance of a label is the share of them that earns one at least as good.",
        thousands(m.parameters.enrichment.null_rankings)
    )
}
