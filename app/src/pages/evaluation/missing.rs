//! What to do where a bundle has no evaluation.

use cellprism_core::bundle::InputRole;
use leptos::prelude::*;

use crate::bundle::Bundle;

/// Words, and the command that makes one.
pub fn view(bundle: &Bundle) -> AnyView {
    let inputs = &bundle.manifest.inputs;
    let cells = inputs
        .iter()
        .find(|input| input.role == InputRole::Cells)
        .map_or("CELLS.h5ad", |input| input.file.as_str());
    let name = &bundle.manifest.name;
    let command = format!(
        "cellprism evaluate BUNDLE --cells {cells} --out {name}-report --into-bundle {name}-evaluated"
    );
    view! {
        <p class="lead" data-testid="not-evaluated">
            "This bundle holds no evaluation: it says what its concepts are, not what that is worth beside baselines. Nothing was computed, and nothing is claimed."
        </p>
        <p>"The command below holds every claim of the paper against neurons, PCA, ICA, random and half-trained dictionaries, and writes a copy of the bundle with the tables and figures that this page shows. BUNDLE is the folder of this bundle."</p>
        <pre class="command" tabindex="0">{command}</pre>
    }
    .into_any()
}
