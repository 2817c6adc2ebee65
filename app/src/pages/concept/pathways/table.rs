//! The sets of one side, best first, with one scale of certainty.

use cellprism_core::bundle::{Side, SideEnrichment, SideSet};
use leptos::prelude::*;

use super::{Chosen, Shown};
use crate::{
    certainty,
    format::{p_value, thousands},
    term::{library_name, term_name},
};

/// Sets shown at first.
const FIRST: usize = 5;

/// The table.
pub fn view(shown: &Shown, found: &SideEnrichment, side: Side, chosen: Chosen) -> AnyView {
    let all = RwSignal::new(false);
    let n = found.sets.len();
    let rows = {
        let (shown, found) = (shown.clone(), found.clone());
        let label = shown.concept.detail.labels.of(side).cloned();
        let limit = shown.listing.limit();
        move || {
            let n = if all.get() { n } else { FIRST.min(n) };
            let sets = found.sets[..n].iter().enumerate();
            let permutations = shown.bundle.manifest.parameters.enrichment.permutations;
            sets.map(|(place, set)| {
                let certain = certainty::of_set(set, label.as_ref(), found.rankings, limit);
                row(set, (side, place), chosen, certain, permutations)
            })
            .collect_view()
        }
    };
    let more = move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {n} sets") };
    let tested = format!(
        "{} sets tested; certainty from the best set, of any library, of {} random rankings, of the best set’s two contrasts the less certain one.",
        thousands(found.tested),
        thousands(found.rankings)
    );
    let id = if side == Side::Presence { "pathways-presence" } else { "pathways-absence" };
    view! {
        <table class="paths" data-testid=id>
            <thead><tr><th>"Gene set"</th><th class="n">"NES"</th><th class="n">"FDR"</th><th>"Certainty"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        {(n > FIRST).then(|| view! {
            <p class="more"><button class="btn quiet" aria-expanded=move || all.get().to_string()
                on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
        })}
        <figcaption>{tested}</figcaption>
    }
    .into_any()
}

fn row(set: &SideSet, own: (Side, usize), chosen: Chosen, certain: AnyView, permutations: u32) -> AnyView {
    let (name, id) = term_name(&set.term);
    let current = move || (chosen.get() == Some(own)).then_some("true");
    view! {
        <tr aria-current=current data-term=set.term.clone()>
            <td>
                <button class="plain" title=id on:click=move |_| chosen.set(Some(own))>{name}</button>" "
                <span class="micro faint">{library_name(&set.library)}</span>
            </td>
            <td class="n" data-l="NES">{format!("{:.2}", set.nes).replace('-', "−")}</td>
            <td class="n" data-l="FDR">{p_value(set.fdr, permutations)}</td>
            <td class="cert">{certain}</td>
        </tr>
    }
    .into_any()
}
