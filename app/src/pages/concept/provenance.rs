//! Everything needed to get these numbers again.

use cellprism_core::bundle::{Input, InputRole, Manifest, ReadingParameters, path};
use leptos::prelude::*;

use super::Shown;
use crate::{
    components::bundle_file,
    format::{digest_start, percent, thousands},
};

/// The section.
pub fn view(shown: &Shown) -> AnyView {
    let rows = facts(&shown.bundle.manifest)
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
        .collect_view();
    let manifest = bundle_file::button(&shown.bundle, path::MANIFEST, "Manifest");
    view! {
        <section class="section" id="provenance">
            <header><h2>"Provenance"</h2><p>"Everything needed to get these numbers again."</p></header>
            <dl class="facts wide">{rows}</dl>
            <p class="row" style="margin-top:var(--s4)">
                <a class="btn" href="#/about">"Methods and limits"</a>
                {manifest}
            </p>
        </section>
    }
    .into_any()
}

/// A file of the job, with the start of its checksum.
fn input(m: &Manifest, role: InputRole) -> Option<String> {
    let found: &Input = m.inputs.iter().find(|i| i.role == role)?;
    Some(format!("{} · sha256 {}…", found.file, digest_start(&found.sha256)))
}

fn facts(m: &Manifest) -> Vec<(&'static str, String)> {
    let p = &m.parameters;
    let cells = input(m, InputRole::Cells).unwrap_or_default();
    let (n, genes) = (thousands(m.counts.cells), thousands(m.counts.genes_measured));
    let model = format!(
        "{} ({}) · {} genes to {} dimensions · {}",
        m.model.name,
        m.model.kind,
        thousands(m.counts.genes_model),
        m.counts.embedding,
        m.model.preprocessing
    );
    let dictionary = format!(
        "TopK SAE, c {}, k {}, {}",
        thousands(p.sae.concepts),
        p.sae.active,
        p.sae.training_in_words()
    );
    let attribution = format!(
        "{} prototypes × {} counterfactuals, after TopK, 32-bit arithmetic",
        p.attribution.prototypes, p.attribution.counterfactuals
    );
    let sets = input(m, InputRole::GeneSets).unwrap_or_else(|| "no gene sets".into());
    let enrichment = format!(
        "{sets} · {} convention, weight {}, {} permutations, seed {}",
        p.enrichment.convention,
        p.enrichment.weight,
        thousands(p.enrichment.permutations),
        p.enrichment.seed
    );
    let paper_chance = format!(
        "{} random rankings, scores dealt again within strata of detection rate",
        thousands(p.enrichment.null_rankings)
    );
    let runtime = m.software.onnxruntime.as_ref().map(|v| format!(", ONNX Runtime {v}")).unwrap_or_default();
    let mut facts = vec![
        ("Cells", format!("{cells} · {n} × {genes} measured genes")),
        ("Model", model),
        ("Dictionary", dictionary),
        ("Swaps", attribution),
    ];
    facts.extend(p.reading.as_ref().map(|reading| ("Readings", reading_words(reading))));
    facts.extend([
        ("Paper’s enrichment", enrichment),
        ("Paper’s chance", paper_chance),
        ("Software", format!("cellprism {}{runtime}", m.software.version)),
    ]);
    facts
}

fn reading_words(r: &ReadingParameters) -> String {
    format!(
        "carried above {} of a cell’s activation, headline from {} of {} held-out cells · {} typical cells a prototype · {} to {} random rankings · survives at {} · lift {} · seed {}",
        percent(r.carried_effect),
        percent(r.carried_share),
        r.held_out,
        r.typical,
        thousands(r.rankings),
        thousands(r.most_rankings),
        percent(r.survives),
        r.lift,
        r.seed
    )
}
