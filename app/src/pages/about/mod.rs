//! Methods, citation, glossary, limits, provenance, licences.

mod cite;
mod glossary;
mod methods;
mod tables;

use leptos::prelude::*;

use crate::bundle;

/// The page about the bundle and the methods.
#[component]
pub fn About() -> impl IntoView {
    let bundle = bundle::current();
    let m = &bundle.manifest;
    let runtime = m.software.onnxruntime.as_ref().map(|v| format!(" with ONNX Runtime {v}"));
    view! {
        <h1>"About this bundle"</h1>
        <p class="lead">
            {m.title.clone()}" · written "{m.created.clone()}" by cellprism "{m.software.version.clone()}{runtime}
        </p>
        {methods::view(m)}
        {cite::view(m)}
        {glossary::view(m)}
        <Limits />
        {tables::view(&bundle)}
    }
}

#[component]
fn Limits() -> impl IntoView {
    const LIMITS: [&str; 5] = [
        "A pathway can only be named where the gene sets hold it, and well-studied processes have more sets: it is a streetlight. Genes in no set are invisible to it.",
        "A score says what this model reacts to, cell by cell. It is not evidence that a gene causes anything in a cell.",
        "Random rankings deal scores among genes of about the same mean count; they ignore that genes are expressed together. Where labels survive among permuted activations, the overview says so.",
        "Another seed or another data set gives another dictionary; concepts that come back are worth more than concepts that do not.",
        "Cells of one donor are no independent witnesses. Claims about labels name the donors where the data have several.",
    ];
    let items = LIMITS.map(|text| view! { <li>{text}</li> }).collect_view();
    view! { <section class="section" id="limits"><header><h2>"Limits"</h2></header><ul class="stack">{items}</ul></section> }
}
