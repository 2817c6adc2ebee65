//! Genes and counts of a file of cells, in the words of the command line.

use cellprism_app::task::own::Opened;
use leptos::prelude::*;

use super::Shown;
use crate::format::{percent, thousands};

/// Missing genes that are named at once.
const NAMED: usize = 12;

/// The audit.
pub fn view(opened: &Opened, shown: Shown) -> AnyView {
    let audit = &opened.audit;
    let found = audit.matched + audit.by_alias;
    let share = f64::from(found) / f64::from(audit.model_genes.max(1));
    let ways = [
        (opened.by_index, "by the file’s own names"),
        (opened.by_symbol, "by a column of symbols"),
        (opened.by_ensembl, "by Ensembl identifier"),
        (audit.by_alias, "by alias"),
    ];
    let ways: Vec<String> =
        ways.iter().filter(|(n, _)| *n > 0).map(|(n, how)| format!("{} {how}", thousands(*n))).collect();
    let missing = opened.missing.len();
    let on_model = move || {
        shown
            .done
            .get()
            .and_then(|done| done.counts_share)
            .map(|share| format!("{} of the counts so read", percent(share)))
    };
    let raw = format!(
        "Counts from {}: whole numbers from 0 on, as the model wants them; a value that is none stops the reading.",
        opened.counts_source
    );
    let raw = if shown.any_number.get_untracked() {
        format!("Values from {}, taken as they are.", opened.counts_source)
    } else {
        raw
    };
    view! {
        <section class="section" id="genes" data-testid="audit">
            <header><h2>"Genes and counts"</h2></header>
            <div class="panel">
                <p class="audit">
                    <span><b>{format!("{} of {}", thousands(found), thousands(audit.model_genes))}</b>" genes of the model matched"</span>
                    <span>{ways.join(", ")}</span>
                    <span>{format!("{} ambiguous", thousands(audit.ambiguous))}</span>
                    <span>{format!("{} lost and read as zero", thousands(audit.lost))}</span>
                    <span>{format!("{} genes of the file unused", thousands(audit.unused))}</span>
                    <span>{on_model}</span>
                </p>
                <p class="small muted">{format!("{} cells, {} genes. {raw}", thousands(opened.cells), thousands(opened.genes))}</p>
                {(share < 0.5).then(|| view! {
                    <p class="notice warn" role="status">{format!(
                        "Only {} of the model’s genes are in this file: what the model says of these cells is little worth.", percent(share)
                    )}</p>
                })}
                {opened.mouse.then(|| view! {
                    <p class="notice warn">"The names look like genes of mouse, and the model’s do not: map them to its species first."</p>
                })}
                {opened.repeated.clone().map(|(n, first)| view! {
                    <p class="notice warn">{format!(
                        "{} cell names are there more than once (for example {first:?}): activations.csv does not tell them apart. anndata’s \
                         obs_names_make_unique() gives each a name of its own.", thousands(n)
                    )}</p>
                })}
                {(missing > 0).then(|| missing_genes(&opened.missing))}
                {(!opened.skipped.is_empty()).then(|| skipped(&opened.skipped))}
            </div>
        </section>
    }
    .into_any()
}

fn missing_genes(missing: &[String]) -> AnyView {
    let first: Vec<String> = missing.iter().take(NAMED).cloned().collect();
    let rest = missing.len() > NAMED;
    let all = missing.join(", ");
    view! {
        <details class="small">
            <summary>{format!("{} missing: {}{}", thousands(missing.len() as u64), first.join(", "), if rest { " …" } else { "" })}</summary>
            <p class="small gene" style="max-height:12em;overflow:auto" tabindex="0">{all}</p>
        </details>
    }
    .into_any()
}

fn skipped(columns: &[(String, String)]) -> AnyView {
    let lines = columns
        .iter()
        .map(|(name, why)| view! { <li><b>{name.clone()}</b>": "{why.clone()}</li> })
        .collect_view();
    view! {
        <details class="small"><summary>{crate::format::count(columns.len() as u32, "column") + " of obs not used as labels"}</summary><ul>{lines}</ul></details>
    }
    .into_any()
}
