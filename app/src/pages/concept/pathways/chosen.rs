//! The chosen set: its running sum, its genes, and the best scores of random rankings beside its own.

use cellprism_core::bundle::{Reading, Side, SideEnrichment, SideSet};
use leptos::prelude::*;

use super::{Shown, enrichment, running};
use crate::{
    format::thousands,
    plots::{self, Curve},
    term::{library_name, term_name},
};

/// Genes of the leading edge that are named.
const NAMED: usize = 24;

/// Both figures, where there is such a set.
pub fn view(shown: &Shown, reading: &Reading, side: Side, place: usize) -> Option<AnyView> {
    let found = enrichment(reading, side)?;
    let set = found.sets.get(place)?;
    let (name, id) = term_name(&set.term);
    let words = if side == Side::Presence { "what its cells have" } else { "what its cells lack" };
    let named = set.leading_edge.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let rest = set.leading_edge.len().saturating_sub(NAMED);
    let more = (rest > 0).then(|| format!(" and {rest} more"));
    let sum = running::view(
        &shown.concept.side(side).scores,
        shown.bundle.manifest.parameters.enrichment.weight,
        (&name, &set.hits),
        "Genes by score on this side; ticks mark the genes of the set",
    );
    let id = id.map(|id| format!(" {id}")).unwrap_or_default();
    let from = format!("{}{id}, in {words}", library_name(&set.library));
    Some(
        view! {
            <div class="grid chosen" aria-live="polite">
                <figure class="fig c6"><header><h3>{name}</h3><span class="micro faint">{from}</span></header>{sum}</figure>
                <div class="c6 stack-l">
                    <figure class="fig"><header><h3>"What chance earns"</h3></header>{chance(found, set)}</figure>
                    <p class="small">
                        <b>{format!("{} of its {} genes lead: ", set.leading_edge.len(), set.size)}</b>
                        <span class="gene">{named}</span>{more}
                    </p>
                </div>
            </div>
        }
        .into_any(),
    )
}

/// Best scores of random rankings, with this set's own as a line.
fn chance(found: &SideEnrichment, set: &SideSet) -> AnyView {
    if found.null_best.is_empty() || found.null_max <= 0.0 {
        return view! { <p class="na"><b>"Not available"</b>": no random rankings were kept"</p> }.into_any();
    }
    let width = found.null_max / found.null_best.len() as f64;
    let most = found.null_best.iter().copied().max().unwrap_or(1).max(1);
    let mut points = vec![(0.0, 0.0)];
    for (i, &n) in found.null_best.iter().enumerate() {
        let height = f64::from(n);
        points.extend([(i as f64 * width, height), ((i + 1) as f64 * width, height)]);
    }
    points.push((found.null_max, 0.0));
    let end = found.null_max.max(set.nes) * 1.05;
    let own = Curve {
        name: format!("this set, NES {:.2}", set.nes),
        colour: "var(--ink)".into(),
        points: vec![(set.nes, 0.0), (set.nes, f64::from(most) * 1.05)],
        band: vec![],
        dashed: true,
    };
    let null = Curve {
        name: "best set of a random ranking".into(),
        colour: "var(--accent)".into(),
        points,
        band: vec![],
        dashed: false,
    };
    let label = format!("Best scores of {} random rankings beside {:.2}", found.rankings, set.nes);
    let caption = format!(
        "{} random rankings: the scores of this side dealt again among genes of about the same mean count.",
        thousands(found.rankings)
    );
    view! {
        {plots::curves(
            vec![null, own],
            120,
            (0.0, end, "Normalised enrichment score (NES)"),
            (0.0, f64::from(most) * 1.05, "Random rankings"),
            label,
            ().into_any(),
        )}
        <figcaption>{caption}</figcaption>
    }
    .into_any()
}
