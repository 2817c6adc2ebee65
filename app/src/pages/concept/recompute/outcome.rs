//! The verdict, and the tables of what came out.

use cellprism_app::task::recompute::{Answer, Request, Sides};
use cellprism_core::{
    attribution::order_by_score,
    bundle::{Maybe, Side, SideLabel},
    readings::settle_one,
};
use leptos::prelude::*;

use super::{
    Shown,
    compare::{Comparison, arrays, other_chances},
};
use crate::{
    browser, certainty,
    format::{count, p_value, score, significant, thousands},
    term::term_name,
};

/// The answer beside the published one.
pub fn view(shown: &Shown, answer: &Answer, request: &Request, taken: u32) -> AnyView {
    let published = shown.concept.detail.enrichment.iter().find(|e| e.library == answer.enrichment.library);
    let compared = Comparison::of(&shown.concept, answer, published);
    let k = request
        .k
        .map(|k| format!(", top-k {k} (the prototypes are those of the published one)"))
        .unwrap_or_default();
    let what = format!(
        "{} pairs, {} permutations, seed {}{k}: computed in this page in {:.2} s. {}",
        answer.pairs,
        thousands(request.enrichment.permutations),
        request.enrichment.seed,
        f64::from(taken) / 1000.0,
        paper_label(answer)
    );
    let sides = answer.sides.as_ref().map(|sides| sides_view(shown, sides));
    view! {
        {verdict(&compared, answer.sides.is_some())}
        <p class="small muted">{what}</p>
        {sides}
        <div class="grid" style="margin-top:var(--s4)">
            <figure class="fig c4">
                <header><h3>"Genes as in the paper"</h3></header>
                {genes(shown, &shown.concept.scores, &answer.scores, None)}
            </figure>
            {gene_sets(shown, answer, request)}
        </div>
    }
    .into_any()
}

fn paper_label(answer: &Answer) -> String {
    match &answer.enrichment.label {
        Maybe::Value(label) => format!("Label as in the paper: {}.", term_name(&label.term).0),
        Maybe::Missing { not_available } => format!("Label as in the paper: none, {not_available}."),
    }
}

/// "The same", or what changed, the label first.
fn verdict(compared: &Comparison, with_sides: bool) -> AnyView {
    if compared.same() {
        let all = if with_sides {
            "every gene’s score, what its cells have and lack, the cells that carry it, both labels and every gene set agree."
        } else {
            "every gene score and every gene set agree."
        };
        return view! { <p class="agree" data-testid="recomputed">{format!("The same: the published numbers, again; {all}")}</p> }
            .into_any();
    }
    let label = |(side, old, new): &(Side, String, String)| {
        let words = if *side == Side::Presence { "has" } else { "lacks" };
        if old == new {
            format!("Chance of the label changed ({words}: {}). ", term_name(old).0)
        } else {
            format!("Label changed ({words}): {} → {}. ", term_name(old).0, term_name(new).0)
        }
    };
    let labels: String = compared.labels.iter().map(label).collect();
    let sets = match compared.sets {
        Some(true) => "the paper’s gene sets agree",
        Some(false) => "the paper’s gene sets differ",
        None => "these gene sets are yours: nothing of them is published",
    };
    let rest = format!(
        ": {} of the 10 first genes as in the paper are the same; largest change of a gene score {}; {} carried by another number of cells; {sets}.",
        compared.common,
        significant(compared.largest),
        count(compared.carried as u32, "gene")
    );
    view! { <p data-testid="recomputed">{labels}<b>"Different from the published numbers"</b>{rest}</p> }
        .into_any()
}

/// Both sides: genes, and the label with its certainty.
fn sides_view(shown: &Shown, sides: &Sides) -> AnyView {
    let figure = |side: Side, title: &'static str| {
        let (old, new) = (shown.concept.side(side), arrays(sides, side));
        let table = genes(shown, &old.scores, &new.scores, Some((&old.carried_by, &new.carried_by)));
        view! {
            <figure class="fig c6"><header><h3>{title}</h3></header>{table}{label(shown, sides, side)}</figure>
        }
    };
    view! {
        <div class="grid" style="margin-top:var(--s4)">
            {figure(Side::Presence, "What its cells have")}{figure(Side::Absence, "What its cells lack")}
        </div>
    }
    .into_any()
}

/// The new label, held against the published ones of all other concepts.
fn label(shown: &Shown, sides: &Sides, side: Side) -> AnyView {
    let mut labels = sides.labels.clone();
    let rows = shown.listing.index.rows.iter().map(|row| (row.id == shown.row.id, &row.labels));
    let survives = shown.bundle.manifest.parameters.reading.clone().unwrap_or_default().survives;
    settle_one(&mut labels, side, &other_chances(rows, side), survives);
    let said = |label: Option<&SideLabel>| match label {
        None => view! { <span class="faint">"none"</span> }.into_any(),
        Some(label) => view! { {term_name(&label.term).0}" "{certainty::of_label(label)} }.into_any(),
    };
    view! {
        <p class="small">"Published: "{said(shown.concept.detail.labels.of(side))}</p>
        <p class="small">"Here: "{said(labels.of(side))}</p>
    }
    .into_any()
}

/// The ten first genes of a ranking beside the published one.
fn genes(shown: &Shown, old: &[f32], new: &[f32], carried: Option<(&[u32], &[u32])>) -> AnyView {
    let row = |&gene: &u32| {
        let i = gene as usize;
        let (was, is) = (f64::from(old.get(i).copied().unwrap_or(0.0)), f64::from(new[i]));
        let cells = carried.map(|(old, new)| {
            let at = |counts: &[u32]| counts.get(i).map_or_else(|| "–".to_owned(), u32::to_string);
            view! { <td class="n">{format!("{} / {}", at(old), at(new))}</td> }
        });
        view! {
            <tr>
                <td class="gene">{shown.bundle.genes.symbols[i].clone()}</td><td class="n">{score(was)}</td>
                <td class="n">{score(is)}</td><td class="n diff">{difference(is - was)}</td>{cells}
            </tr>
        }
    };
    let rows = order_by_score(new).iter().take(10).map(row).collect_view();
    let cells = carried.map(|_| view! { <th class="n">"Carried by, before / here"</th> });
    view! {
        <table class="tight">
            <thead><tr>
                <th>"Gene"</th><th class="n">"Published"</th><th class="n">"Here"</th><th class="n">"Difference"</th>{cells}
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn difference(value: f64) -> String {
    if value.abs() < 0.0005 { "0".into() } else { format!("{value:+.3}").replace('-', "−") }
}

fn gene_sets(shown: &Shown, answer: &Answer, request: &Request) -> AnyView {
    let published = shown.concept.detail.enrichment.iter().find(|e| e.library == answer.enrichment.library);
    let (n, old_n) =
        (request.enrichment.permutations, shown.bundle.manifest.parameters.enrichment.permutations);
    let row = |set: &cellprism_core::bundle::SetResult| {
        let was = published.and_then(|p| p.sets.iter().find(|s| s.term == set.term));
        let was = was.map_or_else(
            || "not in the published list".to_owned(),
            |w| format!("{:.3} · {} · {}", w.nes, p_value(w.p, old_n), p_value(w.fdr, old_n)),
        );
        view! {
            <tr data-term=set.term.clone()>
                <td>{term_name(&set.term).0}</td>
                <td class="n">{format!("{:.3}", set.es).replace('-', "−")}</td>
                <td class="n">{format!("{:.3}", set.nes).replace('-', "−")}</td>
                <td class="n">{p_value(set.p, n)}</td><td class="n">{p_value(set.fdr, n)}</td><td class="n diff">{was}</td>
            </tr>
        }
    };
    let rows = answer.enrichment.sets.iter().take(8).map(row).collect_view();
    let (csv_of, file) = (answer.enrichment.sets.clone(), shown.file("recomputed.csv"));
    let csv = move |_| {
        let rows = csv_of.iter().map(|s| {
            let numbers = [s.size.to_string(), s.es.to_string(), s.nes.to_string()];
            let p = [browser::csv_p(s.p, n), browser::csv_p(s.fdr, n), s.leading_edge.join(";")];
            [s.term.clone()].into_iter().chain(numbers).chain(p).collect()
        });
        browser::download_csv(&file, &["term", "genes", "es", "nes", "p", "fdr", "leading_edge"], rows);
    };
    view! {
        <figure class="fig c8">
            <header>
                <h3>"Gene sets as in the paper"</h3><span class="tools"><button on:click=csv>"CSV"</button></span>
            </header>
            <div class="scroll" tabindex="0" role="region" aria-label="Recomputed gene sets">
                <table class="tight" data-testid="recomputed-sets">
                    <thead><tr>
                        <th>"Gene set"</th><th class="n">"ES"</th><th class="n">"NES"</th><th class="n">"p"</th>
                        <th class="n">"FDR"</th><th class="n">"Published NES · p · FDR"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </figure>
    }
    .into_any()
}
