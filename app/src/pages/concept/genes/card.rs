//! What is known of a gene: beside its row while it is pointed at or has the focus; on a phone, at the foot of the screen.

use cellprism_core::bundle::{Side, SideGene};
use leptos::{ev, prelude::*};

use super::{super::screened::how_scored, Shown, shown_first::reads_counts};
use crate::{
    components::gene_card,
    format::{mean_count, percent, score},
};

/// Which gene's card is open; Esc closes it.
pub fn open() -> RwSignal<Option<u32>> {
    let open = RwSignal::new(None::<u32>);
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            open.set(None);
        }
    });
    on_cleanup(move || handle.remove());
    open
}

/// The card.
pub fn view(
    shown: &Shown,
    gene: &SideGene,
    side: Side,
    held_out: u32,
    open: RwSignal<Option<u32>>,
) -> AnyView {
    let card =
        gene_card::card(&shown.bundle, shown.descriptions, &gene.symbol, facts(shown, gene, side, held_out));
    view! { <aside class="pop genecard beside" id="genecard" aria-label="Gene description" aria-live="polite">{gene_card::close(move || open.set(None))}{card}</aside> }
        .into_any()
}

fn facts(shown: &Shown, gene: &SideGene, side: Side, held_out: u32) -> Vec<(String, String)> {
    let place = gene.gene.0 as usize;
    let at = |values: &[f32]| values.get(place).map(|&value| score(f64::from(value)));
    let detection = shown.bundle.genes.detection.get(place).copied().unwrap_or(0.0);
    let arrays = shown.concept.side(side);
    let mut facts = vec![("Against the nearest cells".to_owned(), score(f64::from(gene.score)))];
    facts.extend(at(&arrays.typical).map(|value| ("Against typical cells".to_owned(), value)));
    facts.extend(how_scored(shown, gene.gene));
    facts.push(("Carried by".into(), format!("{} of {held_out} cells", gene.carried_by)));
    facts.extend(at(&shown.concept.scores).map(|value| ("As in the paper, both ways".to_owned(), value)));
    facts.push(("Detected in all cells".into(), percent(f64::from(detection))));
    let unit = if reads_counts(shown) { "Mean count" } else { "Mean of the model’s input" };
    let (own, other) =
        (mean_count(f64::from(gene.value_prototypes)), mean_count(f64::from(gene.value_others)));
    facts.push((format!("{unit}, cell / other"), format!("{own} / {other}")));
    let change = shown.concept.fold_change.get(place).filter(|change| change.is_finite());
    facts.extend(change.map(|change| {
        ("log₂ fold change, active cells".to_owned(), format!("{change:.2}").replace('-', "−"))
    }));
    facts
}
