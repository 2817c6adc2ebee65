//! The report as one page that opens alone: verdict and claims, figures, tables, parameters. No script, nothing fetched; light
//! and dark; a page to print.
//!
//! | file | idea |
//! |---|---|
//! | `claims` | verdict, and each claim beside its baseline |
//! | `figures` | drawings with captions; their colours in the dark |
//! | `tables` | rows that numbers link to, and the whole as CSV |
//! | `html` | words that are safe in a page, numbers as they are read |

mod claims;
mod figures;
mod html;
mod tables;

use html::escaped;

use super::{Table, figures::Drawing};

/// Colours, type and space of the explorer.
const TOKENS: &str = include_str!("../../../../../app/static/tokens.css");
const STYLE: &str = include_str!("report.css");

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Names of the bundles.
    pub bundles: &'a [String],
    /// What was asked, by name.
    pub parameters: &'a [(String, String)],
    /// Finished tables.
    pub tables: &'a [Table],
    /// The paper's claims.
    pub claims: &'a Table,
    /// Figures.
    pub drawings: &'a [Drawing],
}

/// The page.
pub fn page(content: Content<'_>) -> String {
    let title = content.bundles.join(" and ");
    let verdict = claims::verdict(content);
    let linked = claims::linked(content);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{} · evaluation · cellprism</title>\n\
         <style>\n{TOKENS}{STYLE}{}</style>\n</head>\n<body>\n<main>\n",
        escaped(&title),
        figures::dark()
    );
    out += &format!(
        "<header><p class=\"eyebrow\">Evaluation · cellprism {}</p><h1>{}</h1><p class=\"lead\">{verdict}</p>{}</header>\n",
        env!("CARGO_PKG_VERSION"),
        escaped(&title),
        contents(content)
    );
    out += &claims::section(content);
    out += &figures::section(content);
    out += SUBJECTS;
    out += &tables::section(content, &linked);
    out += &parameters(content);
    out += "</main>\n</body>\n</html>\n";
    out
}

fn contents(content: Content<'_>) -> String {
    let mut out = String::from("<nav aria-label=\"Contents\"><a href=\"#claims\">Claims</a>");
    for (number, drawing) in content.drawings.iter().enumerate() {
        out +=
            &format!("<a href=\"#figure-{}\">{}. {}</a>", drawing.name, number + 1, escaped(&drawing.title));
    }
    out + "<a href=\"#subjects\">Subjects</a><a href=\"#tables\">Tables</a><a href=\"#parameters\">Parameters</a></nav>"
}

fn parameters(content: Content<'_>) -> String {
    let mut out = String::from("<section id=\"parameters\"><h2>Parameters and provenance</h2><dl>");
    out += &format!("<dt>software</dt><dd>cellprism {}</dd>", env!("CARGO_PKG_VERSION"));
    for (name, value) in content.parameters {
        out += &format!("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
    }
    out + "</dl><p class=\"note\">A bundle's tag is the digest of everything that decides its numbers; its manifest lists parameters, \
           inputs and their checksums. The same bundles, cells and seed give the same tables to the last bit.</p></section>\n"
}

/// What stands side by side.
const SUBJECTS: &str = "<section id=\"subjects\"><h2>Subjects</h2><p>What the dictionary is held against. Frozen and random dictionaries \
    have been found to come close to trained ones on common metrics (arXiv 2602.14111): a claim that they match as well is no claim \
    about training, and is counted as one that does not hold.</p><dl>\
    <dt>SAE concepts</dt><dd>the bundle's trained dictionary</dd>\
    <dt>neurons</dt><dd>each dimension of the embedding, positive and negated side apart</dd>\
    <dt>PCA, ICA</dt><dd>all components of the centred embeddings, both sides apart (ICA: FastICA, logcosh, seeded)</dd>\
    <dt>semi-nmf</dt><dd>non-negative activations of as many components, with a penalty that makes them sparse</dd>\
    <dt>random dictionary</dt><dd>as many concepts, as many active, encoder rows drawn at random, never trained</dd>\
    <dt>frozen decoder</dt><dd>trained with the same schedule, its decoder left at its random start</dd>\
    <dt>concepts, cells shuffled</dt><dd>the dictionary's own activations, dealt again among the cells: what labels alone would give</dd>\
    </dl></section>\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn content<'a>(tables: &'a [Table], claims: &'a Table, drawings: &'a [Drawing]) -> Content<'a> {
        const PARAMETERS: &[(String, String)] = &[];
        const BUNDLES: &[String] = &[];
        Content { bundles: BUNDLES, parameters: PARAMETERS, tables, claims, drawings }
    }

    #[test]
    fn a_number_of_a_claim_links_to_its_row_and_nothing_leaves_the_page() {
        let mut table = Table::new("reconstruction", "Rebuilt", "Table 3", &["bundle", "subject", "r2"]);
        for (subject, r2) in [("random", 0.5f64), ("sae", 0.987_654)] {
            table.row(["b <1>".into(), subject.into(), r2.into()], None);
        }
        let columns = ["claim", "item", "paper", "here", "baseline", "agrees", "why"];
        let mut claims = Table::new("claims", "", "", &columns);
        claims.row(
            [
                "near perfect".into(),
                "Table 3".into(),
                "0.99".into(),
                0.987_654f64.into(),
                0.5f64.into(),
                "yes".into(),
                "w".into(),
            ],
            None,
        );
        let tables = [table];
        let page = page(content(&tables, &claims, &[]));
        assert!(page.contains("<a href=\"#reconstruction-2\" title=\"0.987654\">0.988</a>"), "{page}");
        assert!(page.contains("id=\"reconstruction-2\"") && page.contains("b &lt;1&gt;"));
        assert!(page.contains("1 of 1"));
        let links = page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1));
        for link in links {
            assert!(link.starts_with('#') || link.starts_with("data:"), "{}", &link[..40.min(link.len())]);
        }
    }
}
