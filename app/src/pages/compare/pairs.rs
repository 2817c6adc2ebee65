//! The pairs: cosines beside what chance gives, and what each pair shares.

use std::{collections::BTreeSet, sync::Arc};

use cellprism_core::{
    bundle::{ConceptRow, Side},
    sae::matching::Pair,
};
use cellprism_figures::{Colour, Curve, Curves, Panel, Series};
use leptos::prelude::*;

use super::{Compared, With};
use crate::{
    bundle::{Bundle, Listing, Subject},
    components::{
        drawing,
        figure_menu::{self, Behind},
        title,
    },
    format::score,
    term::term_name,
};

/// Pairs shown at first.
const FIRST: usize = 25;

const HEADER: [&str; 9] = [
    "left",
    "right",
    "cosine",
    "above_chance",
    "correlation_left_cells",
    "correlation_right_cells",
    "shared_genes",
    "shared_pathways",
    "right_title",
];

/// A pair, with what its concepts share.
#[derive(Clone)]
struct Line {
    pair: Pair,
    above: Option<bool>,
    correlations: [Option<f64>; 2],
    /// None where one side has no description.
    genes: Option<Vec<String>>,
    terms: Option<Vec<String>>,
    right: Option<ConceptRow>,
    right_name: String,
}

/// Genes that two concepts have among their first ones, carried ones first.
fn shared_genes(left: &ConceptRow, right: &ConceptRow) -> Vec<String> {
    let of = |row: &ConceptRow| -> Vec<String> {
        row.title_parts.has.iter().cloned().chain(row.genes.iter().map(|gene| gene.gene.clone())).collect()
    };
    let other: BTreeSet<String> = of(right).into_iter().collect();
    let mut seen = BTreeSet::new();
    of(left).into_iter().filter(|gene| other.contains(gene) && seen.insert(gene.clone())).collect()
}

/// Best sets of either side, and of the paper's rule, that both concepts have.
fn shared_terms(left: &ConceptRow, right: &ConceptRow) -> Vec<String> {
    let of = |row: &ConceptRow| -> BTreeSet<String> {
        let sides = Side::BOTH.into_iter().filter_map(|side| Some(row.labels.of(side)?.term.clone()));
        sides.chain(row.pathway.iter().map(|label| label.term.clone())).collect()
    };
    of(left).intersection(&of(right)).cloned().collect()
}

fn lines(bundle: &Bundle, compared: &Compared) -> Vec<Line> {
    let answer = &compared.answer;
    let limit = answer.null.map(|null| null.directions.p95);
    let neurons = Listing {
        subject: Subject::Neurons,
        index: Default::default(),
        dimensions: bundle.manifest.counts.embedding,
    };
    let line = |(place, &pair): (usize, &Pair)| {
        let left = bundle.row(pair.left.0);
        let right = match &compared.with {
            With::Other(other) => other.rows.get(pair.right.index()).cloned(),
            With::Neurons => None,
        };
        let both = left.zip(right.as_ref());
        Line {
            pair,
            above: limit.map(|limit| pair.cosine > limit),
            correlations: [0, 1].map(|side| answer.correlations[side].get(place).copied().flatten()),
            genes: both.map(|(left, right)| shared_genes(left, right)),
            terms: both.map(|(left, right)| shared_terms(left, right)),
            right_name: match &compared.with {
                With::Other(_) => format!("C{}", pair.right.0),
                With::Neurons => neurons.name(pair.right.0),
            },
            right,
        }
    };
    let mut lines: Vec<Line> = answer.pairs.iter().enumerate().map(line).collect();
    cellprism_core::order::sort_by(&mut lines, |a, b| {
        b.pair.cosine.total_cmp(&a.pair.cosine).then(a.pair.left.cmp(&b.pair.left))
    });
    lines
}

fn fields(line: &Line) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let list =
        |values: &Option<Vec<String>>| values.as_ref().map(|values| values.join("; ")).unwrap_or_default();
    vec![
        format!("C{}", line.pair.left.0),
        line.right_name.replace('−', "-"),
        line.pair.cosine.to_string(),
        line.above.map(|above| above.to_string()).unwrap_or_default(),
        number(line.correlations[0]),
        number(line.correlations[1]),
        list(&line.genes),
        list(&line.terms),
        line.right.as_ref().map(title::text).unwrap_or_default(),
    ]
}

/// Figure and table.
pub fn view(bundle: &Arc<Bundle>, compared: &Arc<Compared>) -> AnyView {
    let lines = Arc::new(lines(bundle, compared));
    let name = compared.with.name();
    let saved = lines.clone();
    let drawn: Vec<(f64, f64)> =
        lines.iter().enumerate().map(|(i, line)| ((i + 1) as f64, f64::from(line.pair.cosine))).collect();
    let null = compared.answer.null;
    let chart = move || {
        let n = drawn.len().max(1) as f64;
        let level = |name: &str, value: f64, colour| Curve {
            series: Series::coloured(name, colour),
            places: vec![(1.0, value), (n, value)],
            band: Vec::new(),
            dots: false,
        };
        let mut curves = vec![Curve {
            series: Series::coloured("pairs", Colour::Accent),
            places: drawn.clone(),
            band: Vec::new(),
            dots: drawn.len() <= 120,
        }];
        if let Some(null) = null {
            curves.push(level(
                "one random pair in twenty exceeds this",
                f64::from(null.directions.p95),
                Colour::Category(0),
            ));
            curves.push(level("mean of random pairs", null.directions.mean, Colour::Faint));
        }
        Panel::Curves(Curves {
            x_title: "Pairs, best first".into(),
            y_title: "Cosine of the two directions".into(),
            curves,
            x_range: Some((1.0, n.max(2.0))),
            y_range: None,
        })
    };
    let file = format!("{}-and-{}", bundle.manifest.name, name.replace(' ', "-"));
    let rows = move || saved.iter().map(fields).collect();
    let behind = Behind::new(file, format!("Pairs with {name}"), &HEADER, rows, chart);
    let alt = format!("Cosines of {} pairs, best first, beside those of random pairs.", lines.len());
    view! {
        <section class="section" id="pairs">
            <header class="row between"><h2>"Pairs"</h2>{figure_menu::view(behind.clone())}</header>
            {drawing::view(&behind, alt)}
            {table(bundle, compared, lines)}
        </section>
    }
    .into_any()
}

fn table(bundle: &Arc<Bundle>, compared: &Arc<Compared>, lines: Arc<Vec<Line>>) -> AnyView {
    let all = RwSignal::new(false);
    let n = lines.len();
    let described = lines.iter().any(|line| line.genes.is_some());
    let known: [bool; 2] = [0, 1].map(|side| lines.iter().any(|line| line.correlations[side].is_some()));
    let (bundle, with) = (bundle.clone(), compared.clone());
    let rows = move || {
        let most = if all.get() { n } else { FIRST };
        lines.iter().take(most).map(|line| row(&bundle, &with.with, line, described, known)).collect_view()
    };
    let more = (n > FIRST).then(|| {
        let text = move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show all {n}") };
        view! { <p class="more"><button class="btn quiet" aria-expanded=move || all.get().to_string() on:click=move |_| all.update(|all| *all = !*all)>{text}</button></p> }
    });
    let correlated = ["this bundle’s cells", "the other’s cells"];
    let heads = (0..2)
        .filter(|&side| known[side])
        .map(|side| view! { <th class="n">{format!("Correlation on {}", correlated[side])}</th> })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Pairs"><table data-testid="pairs">
            <thead><tr><th>"Here"</th><th>"There"</th><th class="n">"Cosine"</th><th>"Chance"</th>{heads}
                {described.then(|| view! { <th>"Shared genes"</th><th>"Shared pathways"</th> })}</tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
        {more}
    }
    .into_any()
}

fn row(bundle: &Bundle, with: &With, line: &Line, described: bool, known: [bool; 2]) -> AnyView {
    let id = line.pair.left.0;
    let there = line.pair.right.0;
    let link = match with {
        With::Other(other) => other.link(there),
        With::Neurons => Some(Subject::Neurons.link(there)),
    };
    let name = line.right_name.clone();
    let name = match link {
        Some(link) => view! { <a class="mono idl" href=link>{name}</a> }.into_any(),
        None => view! { <span class="mono">{name}</span> }.into_any(),
    };
    let chance = match line.above {
        Some(true) => view! { <span class="agree">"above"</span> }.into_any(),
        Some(false) => view! { <span class="faint">"as chance"</span> }.into_any(),
        None => view! { <span class="faint">"not known"</span> }.into_any(),
    };
    let correlations = (0..2)
        .filter(|&side| known[side])
        .map(|side| {
            let text = line.correlations[side].map_or_else(|| "–".to_owned(), score);
            view! { <td class="n">{text}</td> }
        })
        .collect_view();
    let list = |values: &Option<Vec<String>>, class: &'static str, named: fn(&str) -> String| {
        let text = values.as_ref().map_or_else(
            || "not described".to_owned(),
            |values| values.iter().map(|v| named(v)).collect::<Vec<_>>().join(", "),
        );
        view! { <td class=class>{if text.is_empty() { "none".to_owned() } else { text }}</td> }
    };
    let shared = described.then(|| {
        view! { {list(&line.genes, "gene small", str::to_owned)}{list(&line.terms, "small", |term| term_name(term).0)} }
    });
    view! {
        <tr>
            <td><a class="mono idl" href=format!("#/concept/{id}")>{format!("C{id}")}</a>" "<span class="small">{bundle.row(id).map(title::view)}</span></td>
            <td>{name}" "<span class="small">{line.right.as_ref().map(title::text)}</span></td>
            <td class="n">{score(f64::from(line.pair.cosine))}</td><td>{chance}</td>{correlations}{shared}
        </tr>
    }
    .into_any()
}
