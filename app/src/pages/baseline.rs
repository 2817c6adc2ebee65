//! Concepts beside the embedding's own dimensions: what the dictionary adds.

use std::sync::Arc;

use cellprism_core::bundle::{ConceptClass, ConceptIndex, ConceptRow, LabelStrength};
use leptos::prelude::*;

use crate::{
    browser,
    bundle::Bundle,
    components::states::{Failed, Load, Loading},
    format::{percent, thousands},
};

/// The comparison, where the bundle has the baseline.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    if !bundle.manifest.parameters.neurons {
        return ().into_any();
    }
    let neurons = RwSignal::new(Load::<Arc<ConceptIndex>>::Waiting);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        // Gone with its page, if that was left in the meantime.
        neurons.try_set(match fetched.neurons().await {
            Ok(index) => Load::Ready(Arc::new(index)),
            Err(error) => Load::Failed(error),
        });
    });
    let shown = bundle.clone();
    let inside = move || match neurons.get() {
        Load::Waiting => view! { <Loading what="the baseline" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The baseline" error=error /> }.into_any(),
        Load::Ready(index) => table(&shown, &index),
    };
    view! {
        <section class="section" id="baseline">
            <header><h2>"Concepts beside neurons"</h2>
                <p>"A neuron is one dimension of the embedding, its positive or its negative side, described in the same way. What a dictionary is worth is what it adds to that."</p></header>
            {inside}
        </section>
    }
    .into_any()
}

/// Figures of one of the two.
struct Summary {
    name: &'static str,
    tested: usize,
    specific: usize,
    strong: usize,
    weak: usize,
    by_chance: Option<f64>,
    cells: u32,
    important: u32,
}

impl Summary {
    fn of(name: &'static str, index: &ConceptIndex, min_cells: u32) -> Self {
        let rows: Vec<&ConceptRow> = index.rows.iter().filter(|row| row.cells >= min_cells).collect();
        let labelled = |strength: LabelStrength| {
            rows.iter().filter(|row| row.pathway.as_ref().is_some_and(|p| p.strength == strength)).count()
        };
        Self {
            name,
            tested: rows.len(),
            specific: rows.iter().filter(|row| row.class == ConceptClass::Specific).count(),
            strong: labelled(LabelStrength::Strong),
            weak: labelled(LabelStrength::Weak),
            by_chance: index.labelled_by_chance,
            cells: median(rows.iter().map(|row| row.cells)),
            important: median(rows.iter().map(|row| row.important)),
        }
    }

    fn share(&self, n: usize) -> f64 {
        n as f64 / self.tested.max(1) as f64
    }
}

fn median(numbers: impl Iterator<Item = u32>) -> u32 {
    let mut sorted: Vec<u32> = numbers.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

fn table(bundle: &Bundle, neurons: &ConceptIndex) -> AnyView {
    let least = bundle.manifest.parameters.specificity.min_cells;
    let both =
        [Summary::of("Concepts", &bundle.index, least), Summary::of("Neurons, each side", neurons, least)];
    let of = |s: &Summary, n: usize| {
        view! { <td class="n">{thousands(n as u64)}<span class="faint">{format!(" · {}", percent(s.share(n)))}</span></td> }
    };
    let rows = both
        .iter()
        .map(|s| {
            let none = s.tested - s.strong - s.weak;
            let chance = s.by_chance.map_or_else(|| "–".to_owned(), |n| format!("{n:.1}"));
            let part = |n: usize, colour: &str, what: &str| {
                let style = format!("width:{:.2}%;--c:{colour}", s.share(n) * 100.0);
                view! { <i style=style title=format!("{what}: {n}")></i> }
            };
            view! {
                <tr><td><b>{s.name}</b></td><td class="n">{thousands(s.tested as u64)}</td><td class="n">{thousands(s.cells)}</td><td class="n">{thousands(s.important)}</td>{of(s, s.specific)}
                    <td class="lab"><div class="stackbar" aria-hidden="true">{part(s.strong, "var(--act-4)", "strong label")}{part(s.weak, "var(--act-2)", "weak label")}{part(none, "var(--act-0)", "no label")}</div></td>
                    {of(s, s.strong)}{of(s, s.weak)}{of(s, none)}<td class="n">{chance}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    let lines: Vec<Vec<String>> = both
        .iter()
        .map(|s| {
            let numbers = [s.tested, s.cells as usize, s.important as usize, s.specific, s.strong, s.weak];
            let chance = s.by_chance.map_or_else(String::new, |n| n.to_string());
            std::iter::once(s.name.to_owned()).chain(numbers.map(|n| n.to_string())).chain([chance]).collect()
        })
        .collect();
    let file = format!("{}-baseline.csv", bundle.manifest.name);
    let csv = move |_| {
        let head =
            ["", "tested", "cells", "important_genes", "specific", "strong", "weak", "labels_by_chance"];
        browser::download_csv(&file, &head, lines.clone());
    };
    let primary = bundle.cells.primary.clone().unwrap_or_else(|| "label".into()).replace('_', " ");
    let specific = format!("Specific to one {primary}");
    view! {
        <figure class="fig"><header><h3>"Of each, how many"</h3><span class="tools"><button on:click=csv>"CSV"</button></span></header>
        <div class="scroll" tabindex="0" role="region" aria-label="Concepts and neurons"><table class="met">
            <thead><tr><th>"Directions"</th><th class="n">{format!("With {least} cells or more")}</th><th class="n">"Cells, median"</th><th class="n">"Important genes, median"</th><th class="n">{specific}</th>
                <th>"Pathway labels"</th><th class="n">"strong"</th><th class="n">"weak"</th><th class="n">"none"</th><th class="n">"Labels by chance"</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
        <figcaption>"Labels by chance: how many labels random rankings, matched for how often genes are detected, would earn. Only what exceeds them says something."</figcaption></figure>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_of_an_even_number_is_the_upper_one() {
        assert_eq!(
            (median([3, 1, 2].into_iter()), median([4, 1].into_iter()), median([].into_iter())),
            (2, 4, 0)
        );
    }
}
