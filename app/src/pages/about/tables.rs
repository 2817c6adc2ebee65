//! Inputs, stages, sources, and columns that were not tested.

use leptos::prelude::*;

use crate::{bundle::Bundle, format::thousands};

/// The tables.
pub fn view(bundle: &Bundle) -> AnyView {
    let skipped = skipped(bundle);
    view! { {inputs(bundle)}{stages(bundle)}{sources(bundle)}{skipped} }.into_any()
}

fn inputs(bundle: &Bundle) -> AnyView {
    let row = |i: &cellprism_core::bundle::Input| {
        view! {
            <tr>
                <td>{i.role.to_string().replace('_', " ")}</td><td>{i.file.clone()}</td>
                <td class="n">{thousands(i.bytes)}</td><td class="mono micro">{i.sha256.clone()}</td>
                <td>{i.note.clone().unwrap_or_default()}</td>
            </tr>
        }
    };
    let rows = bundle.manifest.inputs.iter().map(row).collect_view();
    view! {
        <section class="section" id="inputs">
            <header><h2>"Inputs"</h2></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Inputs"><table>
                <thead><tr>
                    <th>"Role"</th><th>"File"</th><th class="n">"Bytes"</th><th>"SHA-256"</th><th>"Note"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn stages(bundle: &Bundle) -> AnyView {
    let row = |s: &cellprism_core::bundle::Stage| {
        view! {
            <tr>
                <td>{s.name.name()}</td><td class="n">{format!("{:.1}", s.seconds)}</td>
                <td>{s.provider.clone().unwrap_or_else(|| "processor".into())}</td>
                <td>{s.precision.clone().unwrap_or_default()}</td>
            </tr>
        }
    };
    let rows = bundle.manifest.stages.iter().map(row).collect_view();
    view! {
        <section class="section" id="stages">
            <header><h2>"Stages"</h2></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Stages"><table>
                <thead><tr><th>"Stage"</th><th class="n">"Seconds"</th><th>"Where"</th><th>"Precision"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn sources(bundle: &Bundle) -> AnyView {
    let row = |s: &cellprism_core::bundle::Source| {
        view! { <tr><td>{s.part.clone()}</td><td>{s.source.clone()}</td><td>{s.licence.clone()}</td></tr> }
    };
    let rows = bundle.manifest.sources.iter().map(row).collect_view();
    view! {
        <section class="section" id="sources">
            <header><h2>"Sources and licences"</h2></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Sources and licences"><table>
                <thead><tr><th>"Part"</th><th>"Source"</th><th>"Licence"</th></tr></thead><tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn skipped(bundle: &Bundle) -> Option<AnyView> {
    let row = |(name, reason): &(String, String)| {
        let reason = format!(": {reason}");
        view! { <tr><td>{name.clone()}</td><td class="na"><b>"Not tested"</b>{reason}</td></tr> }
    };
    let skipped = &bundle.concepts.index.skipped_columns;
    let rows = skipped.iter().map(row).collect_view();
    (!skipped.is_empty()).then(|| {
        view! {
            <section class="section" id="columns">
                <header><h2>"Columns that were not tested"</h2></header>
                <div class="scroll" tabindex="0" role="region" aria-label="Columns that were not tested"><table>
                    <thead><tr><th>"Column"</th><th>"Reason"</th></tr></thead><tbody>{rows}</tbody>
                </table></div>
            </section>
        }
        .into_any()
    })
}
