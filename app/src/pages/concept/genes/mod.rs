//! B: which genes drive it, what its cells have apart from what they lack.
//!
//! | file | idea |
//! |---|---|
//! | `table` | one side |
//! | `dots` | one gene: a dot a cell, the middle half, the median |
//! | `card` | what is known of a gene, beside its row |
//! | `picture` | the side as a file: table, CSV, SVG, PNG |
//! | `csv` | every gene as a file |
//! | `shown_first` | how many genes at first, and in what unit |

mod card;
mod csv;
mod dots;
mod picture;
mod shown_first;
mod table;

use cellprism_core::bundle::{Maybe, Reading, Side, SideGene};
use leptos::prelude::*;

use super::{Shown, paper, screened};
use crate::{
    format::{percent, thousands},
    route,
};
use dots::Axis;
use shown_first::FIRST;
use table::SideTable;

/// Which other cells a concept's cells are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contrast {
    /// The nearest ones that do not activate it.
    Nearest,
    /// Typical ones.
    Typical,
}

impl Contrast {
    /// Genes of a side.
    pub fn genes(self, reading: &Reading, side: Side) -> &[SideGene] {
        match self {
            Self::Nearest => &reading.side(side).genes,
            Self::Typical => &reading.side(side).typical_genes,
        }
    }

    /// A gene's mean effect.
    pub fn score(self, gene: &SideGene) -> f32 {
        match self {
            Self::Nearest => gene.score,
            Self::Typical => gene.typical_score.unwrap_or(gene.score),
        }
    }
}

/// The section.
pub fn view(shown: &Shown, reading: &Reading) -> AnyView {
    let route = route::current();
    let contrast = Memo::new(move |_| match route.with(|r| r.get("contrast") == "typical") {
        true => Contrast::Typical,
        false => Contrast::Nearest,
    });
    let n = shown.concept.detail.prototypes.len();
    let what = move || {
        let other = match contrast.get() {
            Contrast::Nearest => "a similar cell that does not activate it",
            Contrast::Typical => "a typical cell that does not activate it",
        };
        format!(
            "Each of the {n} strongest cells is given, one gene at a time, the count of {other}. A gene that the cell has "
        )
    };
    let tables = {
        let (shown, reading) = (shown.clone(), reading.clone());
        move || both(&shown, &reading, contrast.get())
    };
    view! {
        <section class="section" id="genes">
            <header>
                <h2><span class="letter">"B"</span>"Which genes drive it"</h2>
                <p>{what}<b>"more"</b>" of speaks for presence, one it has "<b>"less"</b>" of for absence."</p>
            </header>
            <div class="row between contrast">{switch(reading, contrast)}{paper::fold_genes(shown)}</div>
            {screened::view(shown)}
            {tables}
        </section>
    }
    .into_any()
}

fn switch(reading: &Reading, contrast: Memo<Contrast>) -> AnyView {
    let route = route::current();
    let missing = match &reading.typical {
        Maybe::Value(_) => None,
        Maybe::Missing { not_available } => Some(format!("Not available: {not_available}")),
    };
    let choice = |of: Contrast, name: &'static str, value: &'static str| {
        let off = (of == Contrast::Typical).then(|| missing.clone()).flatten();
        view! {
            <button aria-pressed=move || (contrast.get() == of).to_string() disabled=off.is_some() title=off
                on:click=move |_| route::set(route, "contrast", value)>{name}</button>
        }
    };
    view! {
        <div class="seg" role="group" aria-label="Compared with">
            {choice(Contrast::Nearest, "Nearest other cells", "")}
            {choice(Contrast::Typical, "Typical other cells", "typical")}
        </div>
    }
    .into_any()
}

fn both(shown: &Shown, reading: &Reading, contrast: Contrast) -> AnyView {
    let axis = Axis::of(Side::BOTH.iter().flat_map(|&side| contrast.genes(reading, side).iter().take(FIRST)));
    let side = |side: Side, title: &'static str| {
        let genes = contrast.genes(reading, side).to_vec();
        let (shown, reading) = (shown.clone(), reading.clone());
        view! { <SideTable shown=shown reading=reading side=side contrast=contrast axis=axis genes=genes title=title /> }
    };
    view! {
        <div class="stack-l">
            {side(Side::Presence, "What its cells have")}
            {side(Side::Absence, "What its cells lack")}
            <p class="caption">{caption(shown, reading, contrast)}</p>
        </div>
    }
    .into_any()
}

fn caption(shown: &Shown, reading: &Reading, contrast: Contrast) -> AnyView {
    let n = shown.concept.detail.prototypes.len();
    let parameters = shown.bundle.manifest.parameters.reading.clone().unwrap_or_default();
    let held_out = if reading.held_out_are_prototypes {
        format!("the same {} cells, as there are no others", reading.held_out)
    } else {
        format!("of the {} cells next in activation, which did not rank the genes,", reading.held_out)
    };
    let dots = match (contrast, &reading.typical) {
        (Contrast::Typical, Maybe::Value(typical)) => {
            let over = typical.balanced_over.as_ref().map_or_else(
                || " drawn at random".to_owned(),
                |column| format!(" drawn evenly from every {}", column.replace('_', " ")),
            );
            format!("{} pairs with cells of the same total count,{over}", thousands(typical.pairs))
        }
        _ => {
            format!("the mean of its {} swaps", shown.bundle.manifest.parameters.attribution.counterfactuals)
        }
    };
    let edge = match shown.concept.detail.edge {
        0 => String::new(),
        1 => " One of them is at the edge, where the smallest change brings another concept before this one: it counts before that choice is made.".into(),
        edge => format!(" {edge} of them are at the edge, where the smallest change brings another concept before this one: they count before that choice is made."),
    };
    let share = percent(parameters.carried_effect);
    let headline = reading.headline;
    view! {
        {format!("A dot is one of the {n} cells ({dots}); the bar is the middle half, the stroke the median; a paler dot at the end lies beyond it.{edge} ")}
        <b>"Carried by"</b>
        {format!(": {held_out} those in which the gene alone takes more than {share} of the activation. Genes carried by fewer than {headline} are never headlines; they stand here in grey. {}", both_ways(reading))}
    }
    .into_any()
}

/// Genes that both contrasts show.
fn both_ways(reading: &Reading) -> String {
    if reading.typical.value().is_none() {
        return String::new();
    }
    let side = reading.side(Side::Presence);
    let first: Vec<_> = side.genes.iter().take(FIRST).collect();
    let typical = || side.typical_genes.iter().take(2 * FIRST);
    let both = first.iter().filter(|gene| typical().any(|other| other.gene == gene.gene)).count();
    format!(
        "Of the first {} genes that its cells have, {both} are among the first {} against typical cells, too: those are the concept, the others tell it from its neighbours.",
        first.len(),
        2 * FIRST
    )
}
