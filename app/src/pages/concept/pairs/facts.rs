//! The two cells of a pair.

use std::sync::Arc;

use cellprism_app::task::samples::Samples;
use leptos::prelude::*;

use super::{Shown, places};
use crate::{
    components::states::Load,
    format::{significant, thousands},
};

/// What a number is while it is not there.
const NOT_YET: &str = "…";

/// Who they are, how far apart, and in how many genes they differ; the last is known once the counts are there.
pub fn view(shown: &Shown, prototype: usize, near: usize, samples: &Load<Arc<Samples>>) -> AnyView {
    let Some(p) = shown.concept.detail.prototypes.get(prototype) else { return ().into_any() };
    let Some(c) = p.counterfactuals.get(near) else { return ().into_any() };
    let number = |n: usize| thousands(n as u64);
    let [sum_p, sum_c, differ] = match samples {
        Load::Ready(s) => places(s, prototype, near).map_or(["–"; 3].map(str::to_owned), |(a, b)| {
            let sum = |row: usize| s.counts.row(row).1.iter().map(|&v| f64::from(v)).sum::<f64>() as usize;
            [number(sum(a)), number(sum(b)), number(differing(s, a, b))]
        }),
        Load::Waiting => [NOT_YET; 3].map(str::to_owned),
        Load::Failed(_) => ["–"; 3].map(str::to_owned),
    };
    let edge = if p.edge { ", at the edge" } else { "" };
    let activation = format!("activation {}{edge}", significant(f64::from(p.activation)));
    let distance = format!(
        "{} in {} dimensions (L2)",
        significant(f64::from(c.distance)),
        shown.bundle.manifest.counts.embedding
    );
    let differ = format!("{differ} of {}", number(shown.bundle.genes.symbols.len()));
    view! {
        <dl class="facts">
            {cell(shown, "Prototype", p.label.as_deref(), &activation, &p.name, &sum_p)}
            {cell(shown, "Counterfactual", c.label.as_deref(), "activation 0", &c.name, &sum_c)}
            <div><dt>"Distance"</dt><dd>{distance}</dd></div>
            <div><dt>"Genes that differ"</dt><dd>{differ}</dd></div>
        </dl>
    }
    .into_any()
}

fn cell(
    shown: &Shown,
    role: &'static str,
    label: Option<&str>,
    activation: &str,
    name: &str,
    sum: &str,
) -> AnyView {
    let colour = label.map_or("var(--oi-grey)", |l| shown.bundle.colour_of(l));
    let text = format!(" {}, {activation}", label.unwrap_or("unlabelled"));
    let counts = format!(" {sum} counts in the model’s genes");
    view! {
        <div>
            <dt>{role}</dt>
            <dd>
                <i class="swatch" style=format!("--c:{colour}")></i>{text}<br />
                <span class="mono micro faint">{name.to_owned()}</span><span class="micro faint">{counts}</span>
            </dd>
        </div>
    }
    .into_any()
}

/// Genes whose counts differ between two rows.
fn differing(samples: &Samples, a: usize, b: usize) -> usize {
    let ((columns_a, _), (columns_b, _)) = (samples.counts.row(a), samples.counts.row(b));
    let mut genes: Vec<u32> = columns_a.iter().chain(columns_b).copied().collect();
    genes.sort_unstable();
    genes.dedup();
    genes.iter().filter(|&&g| samples.counts.get(a, g as usize) != samples.counts.get(b, g as usize)).count()
}
