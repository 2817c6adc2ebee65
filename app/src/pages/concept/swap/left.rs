//! What is left of the activation, beside what as many genes of the paper's order and of a random one leave.

use cellprism_app::task::occlude::Answer;
use cellprism_core::{attribution::DeletionOrder, bundle::Maybe};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{count, percent, significant, thousands},
};

/// In words, and gene by gene.
pub fn view(shown: &Shown, answer: &Answer) -> AnyView {
    let n = answer.genes.len();
    let (Some(&before), Some(&after), Some(&share)) =
        (answer.mean.first(), answer.mean.get(n), answer.share.get(n))
    else {
        return ().into_any();
    };
    if answer.pairs == 0 {
        let what = "No prototype is active when it is embedded again: there is nothing to take away.";
        return view! { <p class="notice">{what}</p> }.into_any();
    }
    let silent = match answer.silent.get(n) {
        Some(&silent) if silent > 0 => format!(", {silent} of them at 0"),
        _ => String::new(),
    };
    let said = format!(
        " of the activation is left with {} swapped: mean {} → {} over {} pairs{silent}. {}",
        count(n as u32, "gene"),
        significant(before),
        significant(after),
        thousands(answer.pairs as u64),
        beside(shown, n)
    );
    let symbol = |i: usize| {
        let gene = answer.genes.get(i).copied().unwrap_or_default() as usize;
        shown.bundle.genes.symbols.get(gene).cloned().unwrap_or_default()
    };
    let row = |i: usize| {
        let share = answer.share[i + 1];
        let width = format!("width:{:.1}%", 100.0 * share.clamp(0.0, 1.0));
        let name = symbol(i);
        view! {
            <tr data-gene=name.clone()>
                <td class="rk">{i + 1}</td><td class="gene"><a class="gene" href=format!("#/gene/{name}")>{name.clone()}</a></td>
                <td style="width:45%"><div class="prog"><i style=width></i></div></td>
                <td class="n"><b>{percent(share)}</b></td><td class="n faint">{significant(answer.mean[i + 1])}</td>
            </tr>
        }
    };
    let rows = (0..n).map(row).collect_view();
    let lines: Vec<Vec<String>> = (0..n)
        .map(|i| {
            vec![
                (i + 1).to_string(),
                symbol(i),
                answer.share[i + 1].to_string(),
                answer.mean[i + 1].to_string(),
            ]
        })
        .collect();
    let file = shown.file("swapped.csv");
    let csv = move |_| {
        browser::download_csv(&file, &["swapped", "gene", "share_left", "mean_activation"], lines.clone());
    };
    view! {
        <p data-testid="left-said"><b>{percent(share)}</b>{said}</p>
        <figure class="fig">
            <header><h4>"Swapped, in this order"</h4><span class="tools"><button on:click=csv>"CSV"</button></span></header>
            <table class="tight">
                <thead><tr>
                    <th class="rk"><span class="vh">"Order"</span></th><th>"Gene"</th><th>"Activation left"</th>
                    <th class="n">"Share"</th><th class="n">"Mean"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </figure>
    }
    .into_any()
}

/// The published curves at the same number of genes.
fn beside(shown: &Shown, n: usize) -> String {
    let Maybe::Value(deletion) = &shown.concept.detail.deletion else { return String::new() };
    let at = |order: DeletionOrder| {
        let curve = deletion.curves.iter().find(|curve| curve.order == order)?;
        let place = deletion.steps.iter().position(|&step| step as usize == n)?;
        curve.mean.get(place).map(|&mean| percent(f64::from(mean)))
    };
    match (at(DeletionOrder::Attribution), at(DeletionOrder::Random)) {
        (Some(first), Some(random)) => format!(
            "The first {} in the paper’s order would leave {first}, as many random ones {random}.",
            count(n as u32, "gene")
        ),
        _ => String::new(),
    }
}
