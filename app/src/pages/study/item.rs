//! What an item shows: its genes, their mean, and the score of each cell, nothing else.

use cellprism_core::study::SheetGene;
use leptos::prelude::*;

use super::given::Given;

/// From 0, nothing, to 5, the item's largest.
fn level(score: f64) -> usize {
    if score <= 0.0 { 0 } else { 1 + [0.1, 0.25, 0.5, 0.75].iter().filter(|&&bound| score >= bound).count() }
}

/// The table.
pub fn view(given: &Given, place: usize) -> AnyView {
    let Some(sheet) = given.items().get(place).and_then(|item| given.sheets.get(item)) else {
        return view! { <p class="notice bad" role="alert">"The file of this item is missing."</p> }
            .into_any();
    };
    let averages = RwSignal::new(false);
    let most = sheet.genes.iter().map(|gene| gene.mean).fold(1e-9, f64::max);
    let cells = sheet.genes.first().map_or(0, |gene| gene.cells.len());
    let rows = sheet.genes.iter().map(|gene| row(given, gene, most)).collect_view();
    let choice = |name: &'static str, only: bool| {
        view! { <button type="button" aria-pressed=move || (averages.get() == only).to_string() on:click=move |_| averages.set(only)>{name}</button> }
    };
    view! {
        <section class="c7" aria-labelledby="evidence">
            <div class="row between">
                <h2 id="evidence">"Genes of this item"</h2>
                <div class="seg" role="group" aria-label="Show">{choice("Average and cells", false)}{choice("Average only", true)}</div>
            </div>
            <p class="small muted">"How far the signal falls when a gene takes the value of a similar cell that lacks the signal. All scores are relative to the item’s largest."</p>
            <div class="sevid"><table class="studyt" class:averages=move || averages.get() data-testid="sheet">
                <thead><tr><th class="gn">"Gene"</th><th class="gd">"Full name"</th><th class="sb">"Average"</th>
                    <th class="n"><span class="vh">"Average in per cent"</span></th><th class="heat">{format!("Each of {cells} cells")}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            <p class="small muted heatlegend" aria-hidden="true">
                <span class="heatkey">{(0..6).map(|i| view! { <i class=format!("l{i}")></i> }).collect_view()}</span>" none to the item’s largest "
                <span class="heatkey"><i class="neg"></i></span>" works against the signal"
            </p>
        </section>
    }
    .into_any()
}

fn row(given: &Given, gene: &SheetGene, most: f64) -> AnyView {
    let known = given.names.get(&gene.gene);
    let name = known.map(|known| known.name.clone()).unwrap_or_default();
    let encoded = |text: &str| String::from(js_sys::encode_uri_component(text));
    let href = match known.and_then(|known| known.ncbi.as_ref()) {
        Some(id) => format!("https://www.ncbi.nlm.nih.gov/gene/{}", encoded(id)),
        None => format!(
            "https://www.ncbi.nlm.nih.gov/gene/?term={}",
            encoded(&format!("{}[sym] AND human[orgn]", gene.gene))
        ),
    };
    let width = format!("width:{:.1}%", (gene.mean / most).max(0.0) * 100.0);
    let said = gene.cells.iter().map(|score| format!("{score:.2}")).collect::<Vec<_>>().join(", ");
    let square = |&score: &f64| {
        let class = if score < 0.0 { "neg".to_owned() } else { format!("l{}", level(score)) };
        view! { <i class=class title=format!("{score:.2}")></i> }
    };
    view! {
        <tr>
            <th scope="row" class="gn"><a class="gene" href=href target="_blank" rel="noreferrer">{gene.gene.clone()}</a></th>
            <td class="gd" title=name.clone()>{name.clone()}</td>
            <td class="sb"><div class="bar" aria-hidden="true"><i style=width></i></div></td>
            <td class="n">{format!("{:.1}", gene.mean * 100.0)}</td>
            <td class="heat"><span class="vh">{said}</span><div aria-hidden="true">{gene.cells.iter().map(square).collect_view()}</div></td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    #[test]
    fn steps_are_those_of_the_form_alone() {
        assert_eq!(
            [-0.1, 0.0, 0.05, 0.1, 0.3, 0.5, 0.74, 0.75, 1.0].map(super::level),
            [0, 0, 1, 2, 3, 4, 4, 5, 5]
        );
    }
}
