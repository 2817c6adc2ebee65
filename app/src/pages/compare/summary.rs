//! How many pairs are more than chance, and how well each dictionary rebuilds the other's cells.

use cellprism_app::task::compare::Answer;
use cellprism_core::sae::matching::{Null95, Shape};
use leptos::prelude::*;

use super::{Compared, With};
use crate::{
    bundle::Bundle,
    format::{percent, score, thousands},
};

/// Figures of the pairs.
pub struct Counted {
    /// Pairs.
    pub pairs: usize,
    /// Above the cosine that one random pair in twenty exceeds.
    pub above: Option<usize>,
    /// Mean cosine.
    pub mean: Option<f64>,
}

impl Counted {
    /// Of an answer.
    pub fn of(answer: &Answer) -> Self {
        let pairs = answer.pairs.len();
        let limit = answer.null.map(|null| null.directions.p95);
        let above = limit.map(|limit| answer.pairs.iter().filter(|pair| pair.cosine > limit).count());
        let sum: f64 = answer.pairs.iter().map(|pair| f64::from(pair.cosine)).sum();
        Self { pairs, above, mean: (pairs > 0).then(|| sum / pairs as f64) }
    }

    /// In one sentence.
    pub fn said(&self, answer: &Answer, name: &str) -> String {
        if self.pairs == 0 {
            return format!("No concept of either side counts: nothing can be paired with {name}.");
        }
        let mean = self.mean.map_or_else(String::new, |mean| format!(" The mean cosine is {}", score(mean)));
        let (Some(above), Some(null)) = (self.above, answer.null) else {
            return format!("{} pairs.{mean}; what chance gives could not be told.", self.pairs);
        };
        format!(
            "{} of {} pairs agree more than chance: their cosine exceeds {}, which one random pair in twenty does.{mean}, that of random pairs {}.",
            thousands(above as u64),
            thousands(self.pairs as u64),
            score(f64::from(null.directions.p95)),
            score(null.directions.mean)
        )
    }
}

/// Sentence, nulls, and R² of both dictionaries on both sets of cells.
pub fn view(bundle: &Bundle, compared: &Compared) -> AnyView {
    let answer = &compared.answer;
    let counted = Counted::of(answer);
    let name = compared.with.name();
    let title = match &compared.with {
        With::Other(other) if !other.title.is_empty() => format!("{} · {}", other.title, other.tag),
        With::Other(_) => "A dictionary without a bundle: its concepts have no description.".to_owned(),
        With::Neurons => "Each dimension of the embedding, both sides. Where a concept’s pair is above chance, the dictionary has mostly renamed a neuron.".to_owned(),
    };
    let nulls = answer
        .null
        .map(|null| [Some(null.directions), null.cells].into_iter().flatten().map(null_row).collect_view());
    let shares = counted.above.map(|above| percent(above as f64 / counted.pairs.max(1) as f64));
    view! {
        <section class="section" id="summary">
            <header><h2>{format!("{} beside {name}", bundle.manifest.name)}</h2><p>{title}</p></header>
            <p class="lead" data-testid="compared">{counted.said(answer, &name)}</p>
            <div class="grid" style="margin-top:var(--s5)">
                <figure class="fig c6">
                    <h3>"Against chance"</h3>
                    <div class="scroll" tabindex="0" role="region" aria-label="Against chance"><table class="tight">
                        <thead><tr><th>"Pairs of"</th><th class="n">"Pairs"</th><th class="n">"Mean cosine"</th><th class="n">"One in twenty exceeds"</th></tr></thead>
                        <tbody>
                            <tr class="on"><td><b>"these dictionaries"</b></td><td class="n">{thousands(counted.pairs as u64)}</td>
                                <td class="n">{counted.mean.map(score)}</td>
                                <td class="n">{shares.map(|share| format!("{share} above chance"))}</td></tr>
                            {nulls}
                        </tbody>
                    </table></div>
                </figure>
                {rebuilt(bundle, compared)}
            </div>
        </section>
    }
    .into_any()
}

fn null_row(null: Null95) -> AnyView {
    let name = match null.shape {
        Shape::Isotropic => "random directions (no cells were published)",
        Shape::Covariance => "random directions as the cells are spread",
        Shape::Cells => "random cells",
    };
    view! {
        <tr><td>{name}</td><td class="n">{thousands(null.pairs as u64)}</td><td class="n">{score(null.mean)}</td>
            <td class="n">{score(f64::from(null.p95))}</td></tr>
    }
    .into_any()
}

/// R² by dictionary and cells; what is not published is said, never 0.
fn rebuilt(bundle: &Bundle, compared: &Compared) -> AnyView {
    if matches!(compared.with, With::Neurons) {
        return ().into_any();
    }
    let name = compared.with.name();
    let names = [bundle.manifest.name.clone(), name];
    let cell = |value: Option<f64>| match value {
        Some(value) => view! { <td class="n">{score(value)}</td> }.into_any(),
        None => view! { <td class="n faint">"not published"</td> }.into_any(),
    };
    let row = |(name, r2): (String, [Option<f64>; 2])| view! { <tr><td>{name}</td>{r2.map(cell)}</tr> };
    let heads = names.clone().map(|name| view! { <th class="n">{format!("cells of {name}")}</th> });
    let rows = names.into_iter().zip(compared.answer.r2).map(row).collect_view();
    view! {
        <figure class="fig c6">
            <h3>"R² on own and on the other’s cells"</h3>
            <div class="scroll" tabindex="0" role="region" aria-label="R² across"><table class="tight areas" data-testid="across">
                <thead><tr><th>"Dictionary of"</th>{heads}</tr></thead><tbody>{rows}</tbody>
            </table></div>
            <figcaption>"From the embeddings that a bundle holds (up to 16 MB). A dictionary that describes the model, not one data set, rebuilds the other’s cells almost as well."</figcaption>
        </figure>
    }
    .into_any()
}
