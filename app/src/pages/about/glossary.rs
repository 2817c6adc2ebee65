//! Words of the pages, for readers who work with cells.

use cellprism_core::bundle::Manifest;
use leptos::prelude::*;

/// A word and what it means here.
const WORDS: [(&str, &str); 20] = [
    (
        "Concept",
        "A direction in the model’s view of a cell that few cells share. The dictionary has many; each cell activates only a handful.",
    ),
    ("Activation", "How strongly a cell shows a concept. Most cells have exactly 0."),
    (
        "Neuron",
        "One dimension of the model’s own view, its positive or its negative side: what one would read without a dictionary.",
    ),
    (
        "Dictionary",
        "All concepts together, learned so that a few of them rebuild each cell’s embedding (a sparse autoencoder).",
    ),
    ("Embedding", "The list of numbers that the model makes of a cell’s counts."),
    (
        "Strongest cells, prototypes",
        "The cells of highest activation; the readings of genes begin with them.",
    ),
    (
        "Counterfactual, neighbour",
        "A cell that does not activate the concept and is nearest to a strong cell.",
    ),
    (
        "Typical cell",
        "A cell that does not activate the concept, of the same total count, drawn evenly from every label.",
    ),
    (
        "Swap",
        "A strong cell is given the other cell’s count of one gene; the effect is how far the activation falls.",
    ),
    ("Has, presence", "Genes that the strong cells have more of, and whose swap lowers the activation."),
    (
        "Lacks, absence",
        "Genes that they have less of, and whose swap lowers the activation: the concept responds to their being absent.",
    ),
    (
        "Carried by n of N",
        "Of N strong cells that did not rank the genes, those in which the gene alone takes a noticeable share of the activation.",
    ),
    ("Headline gene", "A gene that enough of those cells carry. Titles name no others."),
    (
        "At the edge",
        "A cell where another concept is almost as strong: the smallest change brings that one first, and this one falls to 0 at once.",
    ),
    ("Lift", "A label’s share of the active cells over its share of all cells. 1 says nothing."),
    (
        "NES",
        "Normalised enrichment score: how far up a list a gene set’s genes stand, made comparable between sets of different size.",
    ),
    ("FDR", "False-discovery rate: of the sets at least this good, the share expected from chance."),
    (
        "Chance, n in N",
        "How many of N random rankings have a best set at least as good, the real one counted along: it is never 0.",
    ),
    (
        "Stands, likely, a hint, as chance",
        "One scale for every pathway: it stands where its chance survives after every concept was asked; likely up to 1 in 20; a hint up to 1 in 5; else as chance.",
    ),
    (
        "Dead, rare, mixed, specific",
        "No active cell; too few to say anything; no label has most of the cells; one label has.",
    ),
];

/// The list.
pub fn view(m: &Manifest) -> AnyView {
    let item = |(word, meaning): (&'static str, &'static str)| {
        view! { <div><dt>{word}</dt><dd>{meaning}</dd></div> }
    };
    let k = format!("Here each cell activates {} concepts.", m.counts.active_per_cell);
    view! {
        <section class="section" id="glossary">
            <header><h2>"Glossary"</h2><p>{k}</p></header>
            <dl class="facts wide glossary">{WORDS.map(item).collect_view()}</dl>
        </section>
    }
    .into_any()
}
