//! Rows that numbers link to, and the whole as CSV.

use super::{
    Content,
    claims::Linked,
    html::{cell, escaped},
};
use crate::jobs::evaluate::Table;

/// Rows that are shown of each table, and those that are linked to.
const SHOWN: usize = 60;
/// Largest CSV that the page holds.
const MOST_BYTES: usize = 100_000;

/// All tables.
pub fn section(content: Content<'_>, linked: &Linked) -> String {
    let mut out = String::from(
        "<section id=\"tables\"><h2>Tables</h2><p>What figures and claims are drawn from. A value that could not be computed is empty, and \
         the last column says why. All rows are in the files beside this page.</p>\n",
    );
    for table in content.tables {
        out += &one(table, linked);
    }
    out + "</section>\n"
}

fn one(table: &Table, linked: &Linked) -> String {
    let item = if table.item.is_empty() { String::new() } else { format!(" · {}", escaped(&table.item)) };
    let mut out = format!(
        "<details id=\"table-{}\"><summary><b>{}</b> <span class=\"faint\">{}, {} rows{item}</span></summary>\n",
        table.name,
        escaped(&table.title),
        table.name,
        table.rows.len()
    );
    let csv = table.to_csv();
    out += &if csv.len() <= MOST_BYTES {
        format!(
            "<p><a download=\"{0}.csv\" href=\"data:text/csv;charset=utf-8,{1}\">All rows as CSV</a> (tables/{0}.csv)</p>",
            table.name,
            percent(&csv)
        )
    } else {
        format!("<p>All rows are in tables/{}.csv.</p>", table.name)
    };
    // A column in which every row is available says nothing.
    let last = table.columns.len() - 1;
    let short = table.rows.iter().any(|row| row.get(last).is_some_and(|value| !value.to_text().is_empty()));
    let columns = if short { last + 1 } else { last };
    out += "<div class=\"wide\"><table><thead><tr><th class=\"n\">row</th>";
    for column in &table.columns[..columns] {
        out += &format!("<th>{}</th>", escaped(column));
    }
    out += "</tr></thead><tbody>\n";
    let is_linked = |at: usize| linked.iter().any(|(name, row)| *name == table.name && *row == at);
    for (at, row) in table.rows.iter().enumerate().filter(|&(at, _)| at < SHOWN || is_linked(at)) {
        out += &format!("<tr id=\"{}-{}\"><td class=\"n faint\">{}</td>", table.name, at + 1, at + 1);
        row.iter().take(columns).for_each(|value| out += &cell(value));
        out += "</tr>\n";
    }
    out += "</tbody></table></div>";
    if table.rows.len() > SHOWN {
        out += &format!(
            "<p class=\"faint\">The first {SHOWN} rows, and those that a number above leads to.</p>"
        );
    }
    out + "</details>\n"
}

/// Bytes of a `data:` address.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b',' => out.push(char::from(byte)),
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}
