//! Where this comes from, in one line.

use std::sync::Arc;

use cellprism_core::bundle::{Input, path};
use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    components::bundle_file,
    format::{digest_start, thousands},
};

/// Inputs, seeds, software.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let m = &bundle.manifest;
    let input = |i: &Input| {
        let (role, digest) = (i.role.to_string().replace('_', " "), digest_start(&i.sha256));
        view! { {format!("{role}: {} ", i.file)}<span class="mono faint">{format!("{digest}… ")}</span>" · " }
    };
    let inputs = m.inputs.iter().map(input).collect_view();
    let p = &m.parameters;
    let rest = format!(
        "dictionary: TopK SAE, seed {} · swaps: {} prototypes × {} counterfactuals · enrichment: {} permutations, seed {} · cellprism {}",
        p.sae.seed,
        p.attribution.prototypes,
        p.attribution.counterfactuals,
        thousands(p.enrichment.permutations),
        p.enrichment.seed,
        m.software.version
    );
    let manifest = bundle_file::button(bundle, path::MANIFEST, "Manifest");
    view! {
        <section class="section provline">
            <p class="small"><b>"Where this comes from. "</b>{inputs}{rest}</p>
            <div class="row">
                {manifest}
                <a class="btn" href="#/about">"How this was made"</a>
            </div>
        </section>
    }
    .into_any()
}
