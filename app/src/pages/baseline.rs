//! Concepts beside the embedding's own dimensions: what the dictionary adds.

use std::sync::Arc;

use cellprism_core::bundle::{ConceptClass, ConceptRow, LabelStrength};
use leptos::prelude::*;

use crate::{
    browser,
    bundle::{Bundle, Listing},
    components::{
        states::{Failed, Load, Loading},
        title,
    },
    format::{percent, thousands},
};

/// The comparison, where the bundle has the baseline.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    if !bundle.manifest.parameters.neurons {
        return ().into_any();
    }
    let neurons = RwSignal::new(Load::<Arc<Listing>>::Waiting);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        // Gone with its page, if that was left in the meantime.
        neurons.try_set(match fetched.short_neurons().await {
            Ok(listing) => Load::Ready(listing),
            Err(error) => Load::Failed(error),
        });
    });
    let shown = bundle.clone();
    let inside = move || match neurons.get() {
        Load::Waiting => view! { <Loading what="the baseline" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The baseline" error=error /> }.into_any(),
        Load::Ready(listing) => table(&shown, &listing),
    };
    view! {
        <section class="section" id="baseline">
            <header>
                <h2>"Concepts beside neurons"</h2>
                <p>
                    "A neuron is one dimension of the embedding, its positive or its negative side, read in the same way: "
                    <a href="#/neurons">"all neurons"</a>". What a dictionary is worth is what it adds to that."
                </p>
            </header>
            {inside}
        </section>
    }
    .into_any()
}

/// Figures of one of the two.
struct Summary {
    name: &'static str,
    tested: usize,
    cells: u32,
    specific: usize,
    /// With a pathway that stands, where there are readings beyond the paper's.
    standing: Option<usize>,
    strong: usize,
    weak: usize,
    by_chance: Option<f64>,
}

impl Summary {
    fn of(name: &'static str, listing: &Listing, min_cells: u32) -> Self {
        let rows: Vec<&ConceptRow> = listing.index.rows.iter().filter(|row| row.cells >= min_cells).collect();
        let labelled = |strength: LabelStrength| {
            rows.iter().filter(|row| row.pathway.as_ref().is_some_and(|p| p.strength == strength)).count()
        };
        let read = listing.is_read();
        let specific = |row: &&&ConceptRow| match read {
            true => title::strongest(row).is_some(),
            false => row.class == ConceptClass::Specific,
        };
        Self {
            name,
            tested: rows.len(),
            cells: median(rows.iter().map(|row| row.cells)),
            specific: rows.iter().filter(specific).count(),
            standing: read.then(|| rows.iter().filter(|row| row.survives).count()),
            strong: labelled(LabelStrength::Strong),
            weak: labelled(LabelStrength::Weak),
            by_chance: listing.index.labelled_by_chance,
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

fn table(bundle: &Bundle, neurons: &Listing) -> AnyView {
    let least = bundle.manifest.parameters.specificity.min_cells;
    let both =
        [Summary::of("Concepts", &bundle.concepts, least), Summary::of("Neurons, each side", neurons, least)];
    let lines: Vec<Vec<String>> = both.iter().map(line).collect();
    let file = format!("{}-baseline.csv", bundle.manifest.name);
    let csv = move |_| {
        let head = ["", "tested", "cells", "specific", "standing", "strong", "weak", "labels_by_chance"];
        browser::download_csv(&file, &head, lines.clone());
    };
    let caption = "As in the paper: labels by p alone. By chance: how many of those random rankings would earn, matched for how often genes are detected; only what exceeds them says something.";
    view! {
        <figure class="fig">
            <header><h3>"Of each, how many"</h3><span class="tools"><button on:click=csv>"CSV"</button></span></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Concepts and neurons"><table class="met">
                <thead><tr>
                    <th>"Directions"</th><th class="n">{format!("With {least} cells or more")}</th>
                    <th class="n">"Cells, median"</th><th class="n">"Mostly one kind of cell"</th>
                    <th class="n">"With a pathway that stands"</th><th>"As in the paper"</th><th class="n">"strong"</th>
                    <th class="n">"weak"</th><th class="n">"by chance"</th>
                </tr></thead>
                <tbody>{both.iter().map(row).collect_view()}</tbody>
            </table></div>
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

fn row(s: &Summary) -> AnyView {
    let of = |n: usize| {
        let share = format!(" · {}", percent(s.share(n)));
        view! { <td class="n">{thousands(n as u64)}<span class="faint">{share}</span></td> }.into_any()
    };
    let part = |n: usize, colour: &str, what: &str| {
        let style = format!("width:{:.2}%;--c:{colour}", s.share(n) * 100.0);
        view! { <i style=style title=format!("{what}: {n}")></i> }
    };
    let none = s.tested.saturating_sub(s.strong + s.weak);
    let bar = view! {
        {part(s.strong, "var(--act-4)", "strong label")}{part(s.weak, "var(--act-2)", "weak label")}
        {part(none, "var(--act-0)", "no label")}
    };
    let missing = || view! { <td class="n faint">"–"</td> }.into_any();
    view! {
        <tr>
            <td><b>{s.name}</b></td>
            <td class="n">{thousands(s.tested as u64)}</td>
            <td class="n">{thousands(s.cells)}</td>
            {of(s.specific)}
            {s.standing.map_or_else(missing, of)}
            <td class="lab"><div class="stackbar" aria-hidden="true">{bar}</div></td>
            {of(s.strong)}{of(s.weak)}
            <td class="n">{s.by_chance.map_or_else(|| "–".to_owned(), |n| format!("{n:.1}"))}</td>
        </tr>
    }
    .into_any()
}

fn line(s: &Summary) -> Vec<String> {
    vec![
        s.name.to_owned(),
        s.tested.to_string(),
        s.cells.to_string(),
        s.specific.to_string(),
        s.standing.map(|n| n.to_string()).unwrap_or_default(),
        s.strong.to_string(),
        s.weak.to_string(),
        s.by_chance.map(|n| n.to_string()).unwrap_or_default(),
    ]
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
