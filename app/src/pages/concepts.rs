//! The list of concepts: find them by what they do.

use std::{cmp::Ordering, sync::Arc};

use cellprism_core::bundle::{ConceptClass, ConceptRow, LabelStrength};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::{
    browser,
    bundle::{self, Bundle},
    components::{
        dictionary_map,
        stackbar::{self, share_and_name},
    },
    format::{percent, thousands},
    notes, plots, route,
};

/// Rows shown before "show more".
const FIRST: usize = 40;

/// A gene set's name without its identifier, capitalised, and the identifier.
///
/// GO: "antigen processing (GO:0019882)"; others stay as they are.
pub fn term_name(term: &str) -> (String, Option<String>) {
    let (name, id) = match term.rsplit_once(" (") {
        Some((name, id)) if id.ends_with(')') && id.contains(':') => {
            (name, Some(id.trim_end_matches(')').to_owned()))
        }
        _ => (term, None),
    };
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    (first + letters.as_str(), id)
}

/// A filter: its name in the address, its words.
const FILTERS: [(&str, &str); 8] = [
    ("", "Enough cells"),
    ("specific", "Specific"),
    ("mixed", "Mixed"),
    ("rare", "Rare"),
    ("dead", "Dead"),
    ("label", "Pathway label"),
    ("chance", "Chance ≤ 5%"),
    ("all", "All"),
];

fn passes(row: &ConceptRow, filter: &str) -> bool {
    match filter {
        "specific" => row.class == ConceptClass::Specific,
        "mixed" => row.class == ConceptClass::Mixed,
        "rare" => row.class == ConceptClass::Rare,
        "dead" => row.class == ConceptClass::Dead,
        "label" => row.pathway.is_some(),
        "chance" => row.pathway.is_some() && row.chance.is_some_and(|c| c <= 0.05),
        "all" => true,
        _ => matches!(row.class, ConceptClass::Specific | ConceptClass::Mixed),
    }
}

/// Everything that a search looks at, in lower case.
fn haystack(bundle: &Bundle, row: &ConceptRow) -> String {
    let mut text = format!("c{} {}", row.id.0, row.reads_as);
    for gene in &row.genes {
        text += " ";
        text += &gene.gene;
    }
    for label in &row.specific {
        text += " ";
        text += &label.label;
    }
    if let Some((code, _)) = row.composition.first() {
        text += " ";
        text += bundle.primary_labels().get(usize::from(*code)).map_or("", String::as_str);
    }
    if let Some(pathway) = &row.pathway {
        text += " ";
        text += &pathway.term;
    }
    text += " ";
    text += &notes::of(&bundle.manifest.tag, row.id.0);
    text.to_lowercase()
}

fn order(a: &ConceptRow, b: &ConceptRow, by: &str) -> Ordering {
    let first = |row: &ConceptRow| row.composition.first().map_or(u16::MAX, |c| c.0);
    let share = |row: &ConceptRow| {
        row.composition.first().map_or(0.0, |c| f64::from(c.1) / f64::from(row.cells.max(1)))
    };
    let chance = |row: &ConceptRow| row.chance.filter(|_| row.pathway.is_some()).unwrap_or(2.0);
    let primary = match by {
        "id" => Ordering::Equal,
        "type" => first(a).cmp(&first(b)).then(share(b).total_cmp(&share(a))),
        "genes" => b.important.cmp(&a.important),
        "pathway" => chance(a).total_cmp(&chance(b)),
        _ => b.cells.cmp(&a.cells),
    };
    primary.then(a.id.cmp(&b.id))
}

/// The list.
#[component]
pub fn Concepts() -> impl IntoView {
    let bundle = bundle::current();
    let route = route::current();
    let texts: Arc<Vec<String>> =
        Arc::new(bundle.index.rows.iter().map(|row| haystack(&bundle, row)).collect());
    let query = Memo::new(move |_| route.with(|r| r.get("q").to_owned()));
    let filter = Memo::new(move |_| route.with(|r| r.get("show").to_owned()));
    let sort = Memo::new(move |_| route.with(|r| r.get("sort").to_owned()));
    let limit = RwSignal::new(FIRST);
    let known = bundle.clone();
    let found = Memo::new(move |_| {
        let (query, filter, sort) = (query.get().trim().to_lowercase(), filter.get(), sort.get());
        let fits = |i: &usize| query.split_whitespace().all(|word| word_found(&texts[*i], word));
        let rows = &known.index.rows;
        let mut found: Vec<usize> =
            (0..rows.len()).filter(|&i| passes(&rows[i], &filter)).filter(fits).collect();
        found.sort_by(|&a, &b| order(&rows[a], &rows[b], &sort));
        found
    });
    move_by_keys();
    let active = bundle.manifest.counts.active_concepts;
    let total = bundle.manifest.counts.concepts;
    let shown = bundle.clone();
    let table = move || {
        found
            .get()
            .into_iter()
            .take(limit.get())
            .map(|i| row_view(&shown, &shown.index.rows[i]))
            .collect::<Vec<_>>()
    };
    let csv_of = bundle.clone();
    let csv = move |_| csv(&csv_of, &found.get_untracked());
    let more = move || {
        let left = found.get().len().saturating_sub(limit.get());
        (left > 0).then(|| view! {
            <p style="text-align:center;margin-top:var(--s5)"><button class="btn" on:click=move |_| limit.update(|n| *n += 200)>{format!("Show {} more", left.min(200))}</button></p>
        })
    };
    let random_of = bundle.clone();
    let random = move |_| {
        let active: Vec<u32> = random_of.index.rows.iter().filter(|r| r.cells > 0).map(|r| r.id.0).collect();
        if let Some(id) = active.get((js_sys::Math::random() * active.len() as f64) as usize) {
            route::go(&format!("#/concept/{id}"));
        }
    };
    let kind = bundle.cells.primary.clone().map_or_else(|| "label".to_owned(), |p| p.replace('_', " "));
    view! {
        <div class="grid lhead">
            <div class="c7 stack-l">
                <div><h1>"Concepts"</h1>
                    <p class="lead" style="margin-top:var(--s3)">{format!("{} of {} concepts respond to at least one cell. Find them by what they do: a gene that drives them, a pathway, a {kind}, a label of your own.", thousands(active), thousands(total))}</p></div>
                <div class="bigfind">
                    <label class="vh" for="q">"Search concepts"</label>
                    <input id="q" class="input" type="search" placeholder=example(&bundle) autocomplete="off"
                        prop:value=move || query.get() on:input=move |e| route::set(route, "q", &event_target_value(&e)) />
                    <button class="btn" on:click=random>"Random"</button>
                </div>
                {filters(&bundle)}
                <p class="caption">{chance_note(&bundle)}</p>
            </div>
            {dictionary_map::view(&bundle, found)}
        </div>
        <section class="section" style="margin-top:var(--s5)">
            <div class="row between" style="margin-bottom:var(--s2)">
                <p class="small" aria-live="polite"><b data-testid="count">{move || { let n = found.get().len(); format!("{} concept{}", thousands(n as u64), if n == 1 { "" } else { "s" }) }}</b></p>
                <div class="row"><span class="small faint wide-only"><kbd>"j"</kbd>" "<kbd>"k"</kbd>" move  "<kbd>"Enter"</kbd>" open"</span>
                    <span class="tools"><button on:click=|_| browser::copy_link()>"Copy link"</button><button on:click=csv>"CSV"</button></span></div>
            </div>
            <div class="scroll" tabindex="0" role="region" aria-label="Concepts">
                <table class="clist"><thead><tr>
                    <th aria-sort=move || (sort.get() == "id").then_some("ascending")>{sorter("id", "Id")}</th><th>"Activation"</th>
                    <th class="n" aria-sort=move || sort.get().is_empty().then_some("descending")>{sorter("", "Cells")}</th>
                    <th aria-sort=move || (sort.get() == "type").then_some("ascending")>{sorter("type", "Commonest")}</th>
                    <th aria-sort=move || (sort.get() == "genes").then_some("descending")>{sorter("genes", "Genes that drive it")}" "<span class="faint">{format!("(bold: above {})", bundle.manifest.parameters.attribution.important)}</span></th>
                    <th aria-sort=move || (sort.get() == "pathway").then_some("ascending")>{sorter("pathway", "Pathway, and what chance would earn")}</th>
                    <th>"Your label"</th></tr></thead>
                <tbody>{table}</tbody></table>
            </div>
            {move || found.get().is_empty().then(|| view! { <p class="notice">"No concept fits. Try another filter, for instance “All”, or a shorter search."</p> })}
            {more}
        </section>
    }
}

/// "b" alone must be a word, longer pieces may be inside one.
fn word_found(text: &str, word: &str) -> bool {
    if word.len() <= 2 || word.strip_prefix('c').is_some_and(|n| n.parse::<u32>().is_ok()) {
        text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
    } else {
        text.contains(word)
    }
}

fn example(bundle: &Bundle) -> String {
    let best = bundle.index.rows.iter().filter(|r| r.class == ConceptClass::Specific).max_by_key(|r| r.cells);
    let gene = best.and_then(|r| r.genes.first()).map_or("CD74", |g| g.gene.as_str());
    let id = best.map_or(0, |r| r.id.0);
    format!("Try {gene}, immune response, C{id}")
}

fn chance_note(bundle: &Bundle) -> String {
    let e = &bundle.manifest.parameters.enrichment;
    format!(
        "Chance: how often a random ranking, matched for how often genes are detected, earns a label at least as good ({} draws). With {} permutations, strong can only mean that none of them reached the score.",
        thousands(e.null_rankings),
        thousands(e.permutations)
    )
}

fn filters(bundle: &Arc<Bundle>) -> AnyView {
    let route = route::current();
    let filter = Memo::new(move |_| route.with(|r| r.get("show").to_owned()));
    let least = bundle.manifest.parameters.specificity.min_cells;
    let chips = FILTERS
        .into_iter()
        .map(|(name, title)| {
            let n = bundle.index.rows.iter().filter(|row| passes(row, name)).count();
            let title = if name.is_empty() { format!("At least {least} cells") } else { title.to_owned() };
            view! { <button class="chip" aria-pressed=move || (filter.get() == name).to_string() on:click=move |_| route::set(route, "show", name)>{title}" "<b>{thousands(n as u64)}</b></button> }
        })
        .collect::<Vec<_>>();
    view! { <div class="row filters" role="group" aria-label="Filters">{chips}</div> }.into_any()
}

fn sorter(name: &'static str, title: &'static str) -> impl IntoView {
    let route = route::current();
    let arrow = move || {
        let on = route.with(|r| r.get("sort") == name);
        on.then_some(if matches!(name, "" | "genes") { "↓" } else { "↑" })
    };
    view! { <button on:click=move |_| route::set(route, "sort", name)>{title}" "{arrow}</button> }
}

fn row_view(bundle: &Arc<Bundle>, row: &ConceptRow) -> AnyView {
    let id = row.id.0;
    let link = format!("#/concept/{id}");
    let to = link.clone();
    let important = bundle.manifest.parameters.attribution.important;
    let genes = row
        .genes
        .iter()
        .take(5)
        .enumerate()
        .map(|(i, g)| {
            let strong = f64::from(g.score) > important;
            view! { {(i > 0).then_some(", ")}<span class:imp=strong>{g.gene.clone()}</span> }
        })
        .collect::<Vec<_>>();
    let note = notes::of(&bundle.manifest.tag, id);
    let unnamed = note.is_empty();
    let histogram = if row.cells > 0 {
        plots::sparkline(&row.histogram, format!("Activation of concept {id}")).into_any()
    } else {
        view! { <span class="faint small">"none"</span> }.into_any()
    };
    view! {
        <tr on:click=move |_| route::go(&to)>
            <td><a class="mono idl" href=link>{format!("C{id}")}</a></td><td>{histogram}</td><td class="n">{thousands(row.cells)}</td>
            <td class="spc">{stackbar::composition(bundle, row)}<span>{share_and_name(bundle, row)}</span></td>
            <td class="gene gs">{genes}</td><td class="pw">{pathway(row)}</td>
            <td class="small ex" class:faint=unnamed>{if unnamed { "None".to_owned() } else { note }}</td>
        </tr>
    }
    .into_any()
}

fn pathway(row: &ConceptRow) -> AnyView {
    let Some(label) = &row.pathway else {
        let chance = match (row.chance, row.class) {
            (_, ConceptClass::Dead) => String::new(),
            (Some(chance), _) => format!("chance earns one in {}", percent(chance)),
            (None, _) => "chance not computed for so few cells".to_owned(),
        };
        return view! { <span class="faint">"None passes"</span><span class="pm faint">{chance}</span> }
            .into_any();
    };
    let chance = row.chance.map(|chance| view! { <span class="chn"><i style=format!("width:{:.0}%", (chance * 250.0).min(100.0))></i></span><span>{format!("chance {}", percent(chance))}</span> });
    view! { <span class="pl">{term_name(&label.term).0}</span><span class="pm">{strength(label.strength)}{chance}</span> }.into_any()
}

/// "weak" or "strong".
pub fn strength(strength: LabelStrength) -> impl IntoView {
    match strength {
        LabelStrength::Weak => view! { <span class="badge">"weak"</span> },
        LabelStrength::Strong => view! { <span class="badge solid">"strong"</span> },
    }
}

fn csv(bundle: &Bundle, rows: &[usize]) {
    let header = [
        "concept",
        "class",
        "active_cells",
        "commonest",
        "specific_to",
        "genes",
        "important_genes",
        "pathway",
        "p",
        "fdr",
        "chance",
        "your_label",
    ];
    let line = |&i: &usize| {
        let row = &bundle.index.rows[i];
        let p = row.pathway.as_ref();
        vec![
            row.id.0.to_string(),
            format!("{:?}", row.class).to_lowercase(),
            row.cells.to_string(),
            row.reads_as.clone(),
            row.specific.iter().map(|s| format!("{}={}", s.column, s.label)).collect::<Vec<_>>().join("; "),
            row.genes.iter().map(|g| g.gene.as_str()).collect::<Vec<_>>().join(" "),
            row.important.to_string(),
            p.map(|p| p.term.clone()).unwrap_or_default(),
            p.map(|p| p.p.to_string()).unwrap_or_default(),
            p.map(|p| p.fdr.to_string()).unwrap_or_default(),
            row.chance.map(|c| c.to_string()).unwrap_or_default(),
            notes::of(&bundle.manifest.tag, row.id.0),
        ]
    };
    browser::download_csv(&format!("{}-concepts.csv", bundle.manifest.name), &header, rows.iter().map(line));
}

/// `j` and `k` move along the links of the list; Enter opens, as on any link.
fn move_by_keys() {
    let handle = window_event_listener(ev::keydown, move |event| {
        let step = match event.key().as_str() {
            "j" => 1i64,
            "k" => -1,
            _ => return,
        };
        if browser::in_field() || event.ctrl_key() || event.meta_key() {
            return;
        }
        let Ok(links) = document().query_selector_all(".clist .idl") else { return };
        let focused = document().active_element();
        let at = (0..links.length()).find(|&i| {
            links.item(i).is_some_and(|n| focused.as_ref().is_some_and(|f| n.is_same_node(Some(f))))
        });
        let next = at.map_or(0, |at| (i64::from(at) + step).clamp(0, i64::from(links.length()) - 1));
        if let Some(link) = links.item(next.max(0) as u32) {
            let _ = link.unchecked_into::<HtmlElement>().focus();
        }
    });
    on_cleanup(move || handle.remove());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_lose_their_identifier() {
        assert_eq!(
            term_name("defense response (GO:0006952)"),
            ("Defense response".into(), Some("GO:0006952".into()))
        );
        assert_eq!(term_name("HALLMARK_HYPOXIA"), ("HALLMARK_HYPOXIA".into(), None));
        assert_eq!(term_name("mRNA splicing (fast)"), ("MRNA splicing (fast)".into(), None));
    }

    #[test]
    fn short_words_are_whole() {
        assert!(word_found("c12 86% b cells", "b"));
        assert!(!word_found("c120 cebpb", "c12"));
        assert!(word_found("c120 cebpb", "ceb"));
    }
}
