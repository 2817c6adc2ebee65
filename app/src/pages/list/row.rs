//! One row of the list.

use cellprism_core::bundle::{ConceptClass, ConceptRow, Side, SideLabel};
use leptos::prelude::*;

use super::Shown;
use crate::{
    certainty,
    components::{
        stackbar::{self, share_and_name},
        title,
    },
    format::{percent, thousands},
    notes,
    pages::concept::paper::strength,
    plots, route,
    term::term_name,
};

/// The row; `paper` adds the column of the paper's readings.
pub fn view(shown: &Shown, row: &ConceptRow, paper: bool) -> AnyView {
    let id = row.id.0;
    let name = shown.listing.name(id);
    let link = shown.listing.subject.link(id);
    let to = link.clone();
    let histogram = if row.cells > 0 {
        plots::sparkline(&row.histogram, format!("Activation of {name}")).into_any()
    } else {
        view! { <span class="faint small">"none"</span> }.into_any()
    };
    let composition = (row.cells > 0).then(|| stackbar::composition(&shown.bundle, row));
    let commonest = view! {
        <td class="spc">{composition}<span>{share_and_name(&shown.bundle, row)}</span></td>
    };
    let (what, cells) = if shown.read {
        let title = view! { <span class="what">{title::view(row)}</span>{title::survivors(row)} };
        (view! { <td class="ti">{title}</td> }.into_any(), Some(commonest))
    } else {
        (commonest.into_any(), None)
    };
    view! {
        <tr on:click=move |_| route::go(&to)>
            <td><a class="mono idl" href=link>{name}</a></td>
            <td class="sp">{histogram}</td>
            <td class="n">{thousands(row.cells)}</td>
            {what}{cells}
            {shown.read.then(|| view! { <td class="pw">{nearest(row)}</td> })}
            {paper.then(|| view! { <td class="pw">{as_in_the_paper(shown, row)}</td> })}
            {own(shown, id)}
        </tr>
    }
    .into_any()
}

/// The reader's label.
fn own(shown: &Shown, id: u32) -> AnyView {
    let note = notes::of(&shown.bundle.manifest.tag, (shown.listing.subject, id));
    let unnamed = note.is_empty();
    view! { <td class="small ex" class:faint=unnamed>{if unnamed { "None".to_owned() } else { note }}</td> }
        .into_any()
}

/// The more certain of the two sides' labels.
pub fn more_certain(row: &ConceptRow) -> Option<(Side, &SideLabel)> {
    let labels = Side::BOTH.into_iter().filter_map(|side| Some((side, row.labels.of(side)?)));
    labels.min_by(|a, b| b.1.survives.cmp(&a.1.survives).then(a.1.chance.total_cmp(&b.1.chance)))
}

fn nearest(row: &ConceptRow) -> AnyView {
    let Some((side, label)) = more_certain(row) else {
        let why = match row.class {
            ConceptClass::Dead => "",
            _ if row.not_described => "not described",
            _ => "not tested",
        };
        return view! { <span class="faint">{why}</span> }.into_any();
    };
    let lacks = (side == Side::Absence).then(|| view! { <span class="faint">"lacks: "</span> });
    let (name, _) = term_name(&label.term);
    view! {
        <span class="pl" class:faint=!label.survives>{lacks}{name}</span>
        <span class="pm">{certainty::of_label(label)}</span>
    }
    .into_any()
}

fn as_in_the_paper(shown: &Shown, row: &ConceptRow) -> AnyView {
    let important = shown.bundle.manifest.parameters.attribution.important;
    let gene = |(i, g): (usize, &cellprism_core::bundle::GeneScore)| {
        let strong = f64::from(g.score) > important;
        view! { {(i > 0).then_some(", ")}<span class:imp=strong>{g.gene.clone()}</span> }
    };
    let genes = row.genes.iter().take(5).enumerate().map(gene).collect_view();
    let chance = match (row.chance, row.class) {
        (_, ConceptClass::Dead) => String::new(),
        (Some(chance), _) => format!("chance {}", percent(chance)),
        (None, _) => "chance not computed".to_owned(),
    };
    let label = row.pathway.as_ref().map_or_else(
        || view! { <span class="faint">"no label"</span> }.into_any(),
        |label| view! { {strength(label.strength)}<span>{term_name(&label.term).0}</span> }.into_any(),
    );
    view! {
        <span class="gene gs pl">{genes}</span>
        <span class="pm">{label}<span class="faint nowrap">{chance}</span></span>
    }
    .into_any()
}
