//! Where else a gene is described. These sites learn nothing of the page one comes from.

use leptos::prelude::*;

/// Links by its symbol, Ensembl identifier and NCBI's number, as far as they are known.
pub fn view(symbol: &str, ensembl: Option<&str>, ncbi: Option<&str>) -> AnyView {
    let named = String::from(js_sys::encode_uri_component(symbol));
    let mut links = vec![(
        "Human Protein Atlas",
        match ensembl {
            Some(id) => format!("https://www.proteinatlas.org/{id}"),
            None => format!("https://www.proteinatlas.org/search/{named}"),
        },
    )];
    links.push((
        "NCBI Gene",
        match ncbi {
            Some(id) => format!("https://www.ncbi.nlm.nih.gov/gene/{id}"),
            None => format!("https://www.ncbi.nlm.nih.gov/gene/?term={named}%5Bsym%5D"),
        },
    ));
    links.push(("PubMed", format!("https://pubmed.ncbi.nlm.nih.gov/?term={named}%5Btiab%5D")));
    if let Some(id) = ensembl {
        links.push(("Ensembl", format!("https://www.ensembl.org/id/{id}")));
    }
    let link = |(name, href): (&'static str, String)| view! { <a href=href rel="noreferrer">{name}</a> };
    let links = links.into_iter().map(link).collect_view();
    view! { <p class="row small genelinks" data-testid="gene-links">{links}</p> }.into_any()
}
