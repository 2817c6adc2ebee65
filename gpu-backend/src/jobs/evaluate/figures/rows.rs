//! What figures ask of a table; names and colours of subjects.

use cellprism_figures::{Colour, Series};

use crate::jobs::evaluate::{Found, Table, Value};

/// A row with the names of its columns.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    values: &'a [Value],
}

impl<'a> Row<'a> {
    /// Words of a column; of numbers their digits; empty where there is nothing.
    pub fn text(&self, column: &str) -> String {
        self.table.at(self.values, column).to_text()
    }

    /// The number of a column.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.table.at(self.values, column).number()
    }

    /// Whether a column holds these words.
    pub fn is(&self, column: &str, word: &str) -> bool {
        self.table.at(self.values, column).text() == Some(word)
    }
}

/// Rows of a table that hold these words; none where the table was left out.
pub fn rows<'a>(found: &'a Found, table: &str, words: &[(&str, &str)]) -> Vec<Row<'a>> {
    let Some(table) = found.table(table) else { return Vec::new() };
    let all = table.rows.iter().map(|values| Row { table, values });
    all.filter(|row| words.iter().all(|(column, word)| row.is(column, word))).collect()
}

/// Different words of a column, in the order in which they come.
pub fn distinct(rows: &[Row<'_>], column: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for row in rows {
        let text = row.text(column);
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

/// A subject for people.
pub fn name(subject: &str) -> &str {
    match subject {
        "sae" => "SAE concepts",
        "pca" => "PCA",
        "ica" => "ICA",
        "semi-nmf" => "semi-NMF",
        "random" => "random dictionary",
        "frozen-decoder" => "frozen decoder",
        "shuffled" => "concepts, cells shuffled",
        other => other,
    }
}

/// A subject with its colour, the same in all figures.
pub fn subject(subject: &str) -> Series {
    let colour = match subject {
        "sae" => Colour::Accent,
        "neurons" => Colour::Category(0),
        "pca" => Colour::Category(1),
        "ica" => Colour::Category(2),
        "semi-nmf" => Colour::Category(6),
        "frozen-decoder" => Colour::Category(5),
        "random" => Colour::Faint,
        _ => Colour::Soft,
    };
    Series::coloured(name(subject), colour)
}

/// The title of a panel: what it shows, of which bundle where there are several.
pub fn panel(found: &Found, bundle: &str, what: &str) -> String {
    match (found.bundles.len() > 1, what.is_empty()) {
        (false, _) => what.to_owned(),
        (true, true) => bundle.to_owned(),
        (true, false) => format!("{bundle}: {what}"),
    }
}

/// A bundle beside others: what all their names begin with is left out.
pub fn short<'a>(found: &Found, bundle: &'a str) -> &'a str {
    let Some((first, others)) = found.bundles.split_first() else { return bundle };
    let shared = |word: &&(usize, char)| others.iter().all(|other| other.starts_with(&first[..=word.0]));
    let spaces: Vec<(usize, char)> = first.char_indices().filter(|(_, letter)| *letter == ' ').collect();
    match spaces.iter().rfind(shared) {
        Some((at, _)) if !others.is_empty() && bundle.starts_with(&first[..=*at]) => &bundle[at + 1..],
        _ => bundle,
    }
}

/// A task or a column for people.
pub fn plain(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::short;
    use crate::jobs::evaluate::{Found, Table};

    #[test]
    fn names_that_begin_alike_are_told_apart_by_the_rest() {
        let found = |names: &[&str]| Found {
            bundles: names.iter().map(|&name| name.to_owned()).collect(),
            parameters: Vec::new(),
            tables: Vec::new(),
            claims: Table::new("claims", "", "", &[]),
            figures: Vec::new(),
            page: None,
        };
        let two = found(&["pbmc scvi 9e99", "pbmc scvi f678"]);
        assert_eq!([short(&two, "pbmc scvi f678"), short(&two, "5 other seeds")], ["f678", "5 other seeds"]);
        assert_eq!(short(&found(&["pbmc scvi"]), "pbmc scvi"), "pbmc scvi");
        assert_eq!(short(&found(&["a b", "c b"]), "a b"), "a b");
    }
}
