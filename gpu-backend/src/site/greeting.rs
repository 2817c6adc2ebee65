//! What a visitor reads before the program runs: of the first bundle title and verdict in `index.html`, and title and verdict
//! of its concepts in `heads/NN.json`, a hundred a file, which the page's first script fetches for an address of a concept.

use std::fmt::Write as _;

use cellprism_core::{
    bundle::{
        ConceptDetail, ConceptIndex, File as _, Manifest,
        opening::{self, Piece, Style},
        path,
        verify::Folder as _,
    },
    ids::ConceptId,
    parallel,
};
use serde::Serialize;

use super::App;
use crate::files::bundle::BundleFolder;

/// The heading in `index.html` in whose place the words come.
const PLACE: &str = "<h1 class=\"vh\" id=\"hero\">cellprism</h1>";
/// What names the bundle's words in it.
const GREETING: &str = "id=\"greeting\"";
/// Concepts of a file.
pub const HEADS: u32 = 100;

/// A concept's title and verdict.
#[derive(Serialize)]
struct Head {
    id: u32,
    title: Vec<Piece>,
    verdict: Vec<Piece>,
}

/// Puts the bundle's first words into the app's `index.html`, where that has a place for them.
///
/// # Errors
/// If the bundle's index cannot be read.
pub fn greet(app: &mut App, folder: &BundleFolder, manifest: &Manifest) -> anyhow::Result<()> {
    let Some(html) = app.files.get("index.html").and_then(|html| std::str::from_utf8(html).ok()) else {
        return Ok(());
    };
    if !html.contains(PLACE) {
        return Ok(());
    }
    let index = index(folder)?;
    let html = html.replacen(PLACE, &words(manifest, &index), 1);
    app.files.insert("index.html".into(), html.into_bytes());
    Ok(())
}

/// Adds the concepts' heads to the app.
///
/// # Errors
/// If a concept cannot be read.
pub fn add_heads(app: &mut App, folder: &BundleFolder, manifest: &Manifest) -> anyhow::Result<()> {
    let index = index(folder)?;
    let all = manifest.counts.cells;
    let one = |place: usize| -> anyhow::Result<Option<Head>> {
        let row = &index.rows[place];
        if row.cells == 0 || row.title.is_empty() {
            return Ok(None);
        }
        let name = path::concept(ConceptId::from(place));
        let detail = ConceptDetail::from_bytes(&name, &folder.read(&name)?)?;
        let title = opening::told(&row.title, &opening::genes(&row.title_parts));
        Ok(Some(Head { id: row.id.0, title, verdict: opening::verdict(&detail, all) }))
    };
    let heads = parallel::map(index.rows.len(), one).into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    for (number, some) in heads.chunks(HEADS as usize).enumerate() {
        let some: Vec<&Head> = some.iter().flatten().collect();
        app.files.insert(format!("heads/{number:02}.json"), serde_json::to_vec(&some)?);
    }
    // The first script asks for no others.
    if let Some(html) = app.files.get_mut("index.html") {
        let counted = format!("{GREETING} data-concepts=\"{}\"", index.rows.len());
        *html = String::from_utf8_lossy(html).replacen(GREETING, &counted, 1).into_bytes();
    }
    Ok(())
}

fn index(folder: &BundleFolder) -> anyhow::Result<ConceptIndex> {
    Ok(ConceptIndex::from_bytes(path::CONCEPT_INDEX, &folder.read(path::CONCEPT_INDEX)?)?)
}

/// The page's head as the program will show it; addresses of other pages and bundles hide it (`theme.js`, `app.css`).
fn words(manifest: &Manifest, index: &ConceptIndex) -> String {
    let (name, title) = (escaped(&manifest.name), escaped(&manifest.title));
    let lead = set(&opening::lead(&manifest.counts));
    let verdict = match index.verdict.as_str() {
        "" => String::new(),
        verdict => {
            format!("<div class=\"notice verdict\"><p class=\"said\">{}</p></div>", escaped(verdict))
        }
    };
    format!(
        "<h1 class=\"vh\" id=\"hero\">cellprism</h1><div {GREETING}><div class=\"ohead grid\"><div class=\"c8\">\
         <p class=\"eyebrow\">Bundle · {name}</p><h1>{title}</h1><p class=\"lead\" style=\"margin-top:var(--s4)\">{lead}</p>\
         </div><div class=\"c4 oact\"><a class=\"btn primary\" href=\"#/concepts\">Browse the concepts</a></div></div>{verdict}</div>"
    )
}

fn set(pieces: &[Piece]) -> String {
    let mut html = String::new();
    for Piece { text, style } in pieces {
        let text = escaped(text);
        let _ = match style {
            Style::Plain => write!(html, "{text}"),
            Style::Strong => write!(html, "<b>{text}</b>"),
            Style::Gene => write!(html, "<span class=\"gene\">{text}</span>"),
        };
    }
    html
}

/// Text of a bundle, which anybody may have written, as text of a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::manifest;

    #[test]
    fn words_of_a_bundle_are_text_and_nothing_else() {
        let mut m = manifest("x", "1");
        m.title = "<script>alert(1)</script>".into();
        let index = ConceptIndex { verdict: "4 of 9 & more".into(), ..ConceptIndex::default() };
        let html = words(&m, &index);
        assert!(html.contains("<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>"), "{html}");
        assert!(
            html.contains("<p class=\"said\">4 of 9 &amp; more</p>") && !html.contains("<script"),
            "{html}"
        );
        assert!(html.contains("<b>0 candidate concepts</b>"));
    }
}
