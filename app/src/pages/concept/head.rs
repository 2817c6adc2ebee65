//! Title, summary and the four answers.

use std::sync::Arc;

use cellprism_core::{
    bundle::{ConceptClass, ConceptRow, LabelStrength, Maybe},
    ids::ConceptId,
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    bundle::Bundle,
    components::stackbar,
    format::{count, p_value, percent, score, thousands},
    notes,
    pages::concepts::{strength, term_name},
};

/// The active concepts before and after this one.
pub fn neighbours(bundle: &Bundle, id: ConceptId) -> (Option<u32>, Option<u32>) {
    let active = || bundle.index.rows.iter().filter(|r| r.cells > 0).map(|r| r.id.0);
    (active().rfind(|&other| other < id.0), active().find(|&other| other > id.0))
}

/// What the concept is called here: its pathway, or what its cells are.
pub fn title(row: &ConceptRow) -> String {
    match (&row.pathway, row.class) {
        (Some(pathway), _) => term_name(&pathway.term).0,
        (None, ConceptClass::Dead) => "no active cell".into(),
        (None, _) if row.reads_as.is_empty() => count(row.cells, "active cell"),
        (None, _) => row.reads_as.clone(),
    }
}

/// Everything above the four answers; it needs the index only.
pub fn head(bundle: &Arc<Bundle>, row: &Arc<ConceptRow>) -> AnyView {
    let id = row.id.0;
    let (before, after) = neighbours(bundle, row.id);
    let active = bundle.manifest.counts.active_concepts;
    let place = bundle.index.rows.iter().filter(|r| r.cells > 0 && r.id.0 <= id).count();
    let step = |to: Option<u32>, rel: &'static str, text: fn(u32) -> String| {
        to.map(|to| view! { <a class="btn quiet" href=format!("#/concept/{to}") rel=rel title=if rel == "prev" { "Previous active concept (k)" } else { "Next active concept (j)" }>{text(to)}</a> })
    };
    let own = notes::of(&bundle.manifest.tag, id);
    view! {
        <div class="chead">
            <div class="row between">
                <p class="eyebrow"><a href="#/concepts">"Concepts"</a><span aria-hidden="true">" / "</span>{format!("C{id} ")}{badges(row)}</p>
                <div class="row pager">{step(before, "prev", |to| format!("← C{to}"))}
                    <span class="small faint">{if row.cells > 0 { format!("{} of {} active", thousands(place as u64), thousands(active)) } else { "dead".to_owned() }}</span>
                    {step(after, "next", |to| format!("C{to} →"))}</div>
            </div>
            <div class="row between title">
                <h1><span class="cid">{format!("C{id}")}</span>{title(row)}</h1>
                <div class="row"><button class="btn" on:click=|_| browser::copy_link()>"Copy link"</button>
                    <button class="btn wide-only" on:click=|_| browser::scroll_to("provenance")>"How this was made"</button></div>
            </div>
            <p class="lead">{lead(bundle, row)}{(!own.is_empty()).then(|| view! { " Your label: "<b>{own}</b>"." })}</p>
        </div>
    }
    .into_any()
}

fn badges(row: &ConceptRow) -> AnyView {
    let label = row.pathway.as_ref().map(|p| match p.strength {
        LabelStrength::Weak => view! { <span class="badge warn">"weak pathway label"</span>" " },
        LabelStrength::Strong => view! { <span class="badge good">"strong pathway label"</span>" " },
    });
    let specific = row
        .specific
        .iter()
        .map(|s| view! { <span class="badge">{format!("{} specific", s.label)}</span>" " })
        .collect::<Vec<_>>();
    let class = match row.class {
        ConceptClass::Rare => Some("rare: too few cells to classify"),
        ConceptClass::Dead => Some("dead"),
        ConceptClass::Mixed if row.specific.is_empty() => Some("mixed"),
        _ => None,
    };
    view! { {label}{specific}{class.map(|c| view! { <span class="badge line">{c}</span> })} }.into_any()
}

fn lead(bundle: &Bundle, row: &ConceptRow) -> AnyView {
    let all = bundle.manifest.counts.cells;
    if row.cells == 0 {
        return format!("None of {} cells activates it.", thousands(all)).into_any();
    }
    let share = percent(f64::from(row.cells) / f64::from(all.max(1)));
    let genes = row
        .genes
        .iter()
        .take(4)
        .enumerate()
        .map(|(i, g)| {
            let n = row.genes.len().min(4);
            let before = if i == 0 {
                ""
            } else if i + 1 == n {
                " or "
            } else {
                ", "
            };
            view! { {before}<span class="gene">{g.gene.clone()}</span> }
        })
        .collect::<Vec<_>>();
    let drive = (!row.genes.is_empty())
        .then(|| view! { " Giving its cells a neighbour’s count of "{genes}" lowers it most." });
    let caution = row.pathway.as_ref().map(|p| {
        let limit = bundle.manifest.parameters.enrichment.weak_limit();
        if p.fdr > 0.05 {
            format!(
                " The pathway name passes {limit} but not a false-discovery rate of 0.05: read it as a hint."
            )
        } else {
            format!(" The pathway name passes {limit} and a false-discovery rate of 0.05.")
        }
    });
    view! {
        "Active in "<b>{format!("{} of {} cells", thousands(row.cells), thousands(all))}</b>{format!(" ({share})")}
        {(!row.reads_as.is_empty()).then(|| format!(": {}", row.reads_as))}"."{drive}{caution}
    }
    .into_any()
}

/// The four answers, each a link to its part.
pub fn readings(shown: &Shown) -> AnyView {
    let (row, detail) = (&shown.row, &shown.concept.detail);
    let first = detail.columns.first().and_then(|c| c.labels.first());
    let cells = first.map_or_else(String::new, |l| {
        format!(
            "{} of {} active cells; {} of all {} cells",
            thousands(l.active),
            thousands(row.cells),
            percent(f64::from(l.active) / f64::from(l.total.max(1))),
            l.label
        )
    });
    let (genes, gene_note) = match &detail.attribution {
        Maybe::Value(a) => {
            let names = a
                .genes
                .iter()
                .filter(|g| g.mean > 0.0)
                .take(4)
                .map(|g| g.symbol.clone())
                .collect::<Vec<_>>()
                .join(", ");
            let limit = shown.bundle.manifest.parameters.attribution.important;
            let leader = a
                .genes
                .first()
                .map(|g| format!("; {} leads at {}", g.symbol, score(f64::from(g.mean))))
                .unwrap_or_default();
            (
                names,
                format!(
                    "{} above {limit}, the mean of {} swaps each{leader}",
                    count(a.important, "gene"),
                    a.pairs
                ),
            )
        }
        Maybe::Missing { not_available } => (String::new(), format!("Not available: {not_available}")),
    };
    let e = &shown.bundle.manifest.parameters.enrichment;
    let (pathway, pathway_note) = match (&row.pathway, row.chance) {
        (Some(p), chance) => (
            Some(term_name(&p.term).0),
            view! { {strength(p.strength)}{format!(" p {}, FDR {}. ", p_value(p.p, e.permutations), p_value(p.fdr, e.permutations))}
                {chance.map(|c| view! { "Chance earns a label this good in "<b>{percent(c)}</b>" of matched random rankings" })} }.into_any(),
        ),
        (None, Some(chance)) => (None, format!("Chance would earn one in {} of matched random rankings", percent(chance)).into_any()),
        (None, None) => (None, "Chance was not computed for so few cells".into_any()),
    };
    let tag = shown.bundle.manifest.tag.clone();
    let own = notes::of(&tag, shown.id());
    let reading = |to: &'static str, letter: &'static str, name: &'static str, inside: AnyView| {
        let go = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            browser::scroll_to(to);
        };
        view! { <a class="reading" href=format!("#/concept/{}", shown.id()) on:click=go><h2><span class="letter">{letter}</span>{name}</h2>{inside}</a> }
    };
    let reads_as = if row.reads_as.is_empty() { count(row.cells, "cell") } else { row.reads_as.clone() };
    let a = view! { <p class="answer">{reads_as}</p>{stackbar::composition(&shown.bundle, row)}<p class="sub">{cells}</p> }.into_any();
    let b = view! { <p class="answer"><span class="gene">{genes}</span></p><p class="sub">{gene_note}</p> }
        .into_any();
    let c = match pathway {
        Some(name) => view! { <p class="answer">{name}</p><p class="sub">{pathway_note}</p> }.into_any(),
        None => {
            view! { <p class="answer unset">"No set passes"</p><p class="sub">{pathway_note}</p> }.into_any()
        }
    };
    let d = if own.is_empty() {
        view! { <p class="answer unset">"Not labelled yet"</p><p class="sub">"What would you call it? Your label stays in this browser."</p> }.into_any()
    } else {
        view! { <p class="answer">{own}</p><p class="sub">"Your label, kept in this browser"</p> }.into_any()
    };
    view! {
        <section class="four" aria-label="Four readings of this concept">
            {reading("cells", "A", "Cells", a)}{reading("genes", "B", "Genes", b)}{reading("pathways", "C", "Pathways", c)}{reading("label", "D", "Label", d)}
        </section>
    }
    .into_any()
}
