//! Verdict, and each claim beside its baseline.

use super::{
    Content,
    html::{escaped, number},
};
use crate::jobs::evaluate::{Table, Value};

/// Rows that numbers of the page link to: table and row, from 0.
pub type Linked = Vec<(String, usize)>;

/// Whether a claim is about one bundle, or about all where none is named.
fn is_about(claims: &Table, row: &[Value], bundle: &str) -> bool {
    claims.column("bundle").is_none() || claims.at(row, "bundle").text() == Some(bundle)
}

/// What each group of claims is about: a bundle, or all of them together.
fn groups(content: Content<'_>) -> Vec<String> {
    let mut groups = content.bundles.to_vec();
    if groups.len() != 1 {
        groups.push(content.bundles.join(" and "));
    }
    groups
}

/// In a sentence a bundle.
pub fn verdict(content: Content<'_>) -> String {
    let claims = content.claims;
    let several = content.bundles.len() > 1;
    let mut sentences = Vec::new();
    for group in groups(content) {
        let count = |word: &str| {
            let of = claims.rows.iter().filter(|row| is_about(claims, row, &group));
            of.filter(|row| claims.at(row, "agrees").text() == Some(word)).count()
        };
        let (yes, no, missing) = (count("yes"), count("no"), count("not available"));
        if yes + no == 0 {
            continue;
        }
        let of = match several {
            false => "here".to_owned(),
            true => format!("in {}", escaped(&group)),
        };
        let mut sentence = format!("<b>{yes} of {} of the paper’s claims hold {of}</b>", yes + no);
        if sentences.is_empty() {
            sentence += &format!(" and are not matched by a baseline that was never trained; {no} do not");
        }
        match missing {
            0 => {}
            1 => sentence += "; one more could not be asked",
            _ => sentence += &format!("; {missing} more could not be asked"),
        }
        sentences.push(sentence + ".");
    }
    if sentences.is_empty() {
        return "None of the paper’s claims could be asked of these bundles; the table says why.".into();
    }
    sentences.join(" ")
}

/// The row that holds exactly the figure of a claim about a bundle.
fn source(content: Content<'_>, bundle: Option<&str>, figure: f64) -> Option<(String, usize)> {
    let exact = |value: &Value| matches!(value, Value::Number(number) if *number == figure);
    let one = bundle.filter(|bundle| content.bundles.iter().any(|known| known == bundle));
    let own = |table: &Table, row: &[Value]| {
        one.is_none() || table.column("bundle").is_none() || table.at(row, "bundle").text() == one
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

fn bundle_of<'a>(claims: &'a Table, row: &'a [Value]) -> Option<&'a str> {
    claims.column("bundle").and_then(|_| claims.at(row, "bundle").text())
}

/// Rows of all claims' figures.
pub fn linked(content: Content<'_>) -> Linked {
    let claims = content.claims;
    let of_row = |row: &Vec<Value>| {
        let bundle = bundle_of(claims, row);
        let figures = ["here", "baseline"].map(|column| claims.at(row, column).number());
        figures.map(|figure| figure.and_then(|figure| source(content, bundle, figure)))
    };
    claims.rows.iter().flat_map(of_row).flatten().collect()
}

fn figure(content: Content<'_>, bundle: Option<&str>, value: &Value) -> String {
    let Some(figure) = value.number() else { return "<span class=\"faint\">none</span>".into() };
    let text = number(figure);
    match source(content, bundle, figure) {
        Some((table, row)) => {
            format!("<a href=\"#{table}-{}\" title=\"{}\">{text}</a>", row + 1, value.to_text())
        }
        None => format!("<span title=\"{}\">{text}</span>", value.to_text()),
    }
}

/// All claims, a table for each bundle.
pub fn section(content: Content<'_>) -> String {
    let claims = content.claims;
    let mut out = String::from(
        "<section id=\"claims\"><h2>Claims</h2><p>The paper’s claims, each beside its figure there, the figure here, and the best of the \
         baselines that were never trained. A number leads to its row.</p>\n",
    );
    for group in groups(content) {
        let rows: Vec<_> = claims.rows.iter().filter(|row| is_about(claims, row, &group)).collect();
        if rows.is_empty() {
            continue;
        }
        if content.bundles.len() > 1 {
            out += &format!("<h3>{}</h3>\n", escaped(&group));
        }
        out += "<div class=\"wide\"><table class=\"claims\"><thead><tr><th>Claim</th><th>Holds here</th><th class=\"n\">Paper</th>\
                <th class=\"n\">Here</th><th class=\"n\">Best baseline</th><th>Why</th></tr></thead><tbody>\n";
        rows.into_iter().for_each(|row| out += &line(content, row));
        out += "</tbody></table></div>\n";
    }
    out + "</section>\n"
}

fn line(content: Content<'_>, row: &[Value]) -> String {
    let claims = content.claims;
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
    let bundle = bundle_of(claims, row);
    format!(
        "<tr><td><b>{}</b><br><span class=\"faint\">{item}</span></td><td><span class=\"badge {class}\">{word}</span></td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}{subject}</td><td>{}</td></tr>\n",
        text("claim"),
        text("paper"),
        figure(content, bundle, claims.at(row, "here")),
        figure(content, bundle, claims.at(row, "baseline")),
        text("why")
    )
}
