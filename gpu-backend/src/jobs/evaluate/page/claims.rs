//! Verdict, and each claim beside its baseline.

use super::{
    Content,
    html::{escaped, number},
};
use crate::jobs::evaluate::{Table, Value};

/// Rows that numbers of the page link to: table and row, from 0.
pub type Linked = Vec<(String, usize)>;

fn agrees(claims: &Table, word: &str) -> usize {
    claims.rows.iter().filter(|row| claims.at(row, "agrees").text() == Some(word)).count()
}

/// In one sentence.
pub fn verdict(claims: &Table) -> String {
    let (yes, no, missing) = (agrees(claims, "yes"), agrees(claims, "no"), agrees(claims, "not available"));
    if yes + no == 0 {
        return "None of the paper’s claims could be asked of these bundles; the table says why.".into();
    }
    let mut out = format!(
        "<b>{yes} of {} of the paper’s claims hold here</b> and are not matched by a baseline that was never trained; {no} do not",
        yes + no
    );
    out += match missing {
        0 => "",
        1 => "; one more could not be asked",
        _ => "",
    };
    if missing > 1 {
        out += &format!("; {missing} more could not be asked");
    }
    out + "."
}

/// The row that holds exactly the figure of a claim.
fn source(content: Content<'_>, figure: f64) -> Option<(String, usize)> {
    let exact = |value: &Value| matches!(value, Value::Number(number) if *number == figure);
    let own = |table: &Table, row: &[Value]| {
        let bundle = content.bundles.first().map(String::as_str);
        bundle.is_none() || table.column("bundle").is_none() || table.at(row, "bundle").text() == bundle
    };
    // 0 and 1 are figures of many rows: none of them would be the one.
    if figure == 0.0 || figure == 1.0 {
        return None;
    }
    content.tables.iter().find_map(|table| {
        let at = table.rows.iter().position(|row| own(table, row) && row.iter().any(exact))?;
        Some((table.name.clone(), at))
    })
}

/// Rows of all claims' figures.
pub fn linked(content: Content<'_>) -> Linked {
    let claims = content.claims;
    let figures = claims.rows.iter().flat_map(|row| ["here", "baseline"].map(|c| claims.at(row, c).number()));
    figures.flatten().filter_map(|figure| source(content, figure)).collect()
}

fn figure(content: Content<'_>, value: &Value) -> String {
    let Some(figure) = value.number() else { return "<span class=\"faint\">none</span>".into() };
    let text = number(figure);
    match source(content, figure) {
        Some((table, row)) => {
            format!("<a href=\"#{table}-{}\" title=\"{}\">{text}</a>", row + 1, value.to_text())
        }
        None => format!("<span title=\"{}\">{text}</span>", value.to_text()),
    }
}

/// All claims.
pub fn section(content: Content<'_>) -> String {
    let claims = content.claims;
    let mut out = String::from(
        "<section id=\"claims\"><h2>Claims</h2><p>The paper’s claims, each beside its figure there, the figure here, and the best of the \
         baselines that were never trained. A number leads to its row.</p>\n<div class=\"wide\"><table class=\"claims\"><thead><tr><th>Claim</th>\
         <th>Holds here</th><th class=\"n\">Paper</th><th class=\"n\">Here</th><th class=\"n\">Best baseline</th><th>Why</th></tr></thead><tbody>\n",
    );
    for row in &claims.rows {
        let text = |column: &str| escaped(&claims.at(row, column).to_text());
        let (class, word) = match claims.at(row, "agrees").text() {
            Some("yes") => ("good", "✓ yes"),
            Some("no") => ("bad", "✕ no"),
            _ => ("none", "– not asked"),
        };
        let item = match claims.at(row, "item").text() {
            None | Some("none" | "") => "beyond the paper".to_owned(),
            Some(item) => escaped(item),
        };
        let subject = text("baseline_subject");
        let subject =
            if subject.is_empty() { subject } else { format!("<br><span class=\"faint\">{subject}</span>") };
        out += &format!(
            "<tr><td><b>{}</b><br><span class=\"faint\">{}</span></td><td><span class=\"badge {class}\">{word}</span></td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}{subject}</td><td>{}</td></tr>\n",
            text("claim"),
            item,
            text("paper"),
            figure(content, claims.at(row, "here")),
            figure(content, claims.at(row, "baseline")),
            text("why")
        );
    }
    out + "</tbody></table></div></section>\n"
}
