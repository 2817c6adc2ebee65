//! A table with the columns that are promised. Numbers are finite or absent, and what is absent says why.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing: the row's `not_available` says why.
    Empty,
    /// Yes or no.
    Truth(bool),
    /// A whole number.
    Count(u64),
    /// Any finite number.
    Number(f64),
    /// Words.
    Text(String),
}

impl Value {
    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The words, where it is some.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// As in the file: numbers by their shortest digits that give them back.
    pub fn to_text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Truth(truth) => truth.to_string(),
            Self::Count(count) => count.to_string(),
            // Without an exponent a small p would be a line of zeros.
            Self::Number(number) if *number != 0.0 && !(1e-5..1e15).contains(&number.abs()) => {
                format!("{number:e}")
            }
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Empty }
    }
}

impl From<f32> for Value {
    fn from(number: f32) -> Self {
        Self::from(f64::from(number))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Count(u64::from(count))
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// The last column of every table.
pub const NOT_AVAILABLE: &str = "not_available";

/// A table of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its file's stem.
    pub name: String,
    /// For people.
    pub title: String,
    /// The paper's figure or table that it is made for; empty where there is none.
    pub item: String,
    /// Columns, `not_available` last.
    pub columns: Vec<String>,
    /// Rows, as long as the columns.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// An empty table; `not_available` is added to the columns.
    pub fn new(name: &str, title: &str, item: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().chain([&NOT_AVAILABLE]).map(|&column| column.to_owned()).collect();
        Self { name: name.into(), title: title.into(), item: item.into(), columns, rows: Vec::new() }
    }

    /// Adds a row of all columns but the last; `missing` says why a value is empty, where one is.
    ///
    /// # Panics
    /// If there are not as many values as columns: a mistake of the program that its tests would see.
    pub fn row<const N: usize>(&mut self, values: [Value; N], missing: Option<&str>) {
        assert_eq!(N + 1, self.columns.len(), "columns of {}", self.name);
        let mut row = values.to_vec();
        let is_short = row.contains(&Value::Empty);
        row.push(match missing {
            Some(reason) => reason.into(),
            None if is_short => "not a finite number".into(),
            None => Value::Empty,
        });
        self.rows.push(row);
    }

    /// Adds a row of which only the first columns are known, and why.
    ///
    /// # Panics
    /// If there are more values than columns.
    pub fn nothing<const N: usize>(&mut self, known: [Value; N], reason: &str) {
        assert!(N < self.columns.len(), "columns of {}", self.name);
        let mut row = known.to_vec();
        row.resize(self.columns.len() - 1, Value::Empty);
        row.push(reason.into());
        self.rows.push(row);
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// A value by its row and its column's name; empty where there is no such column.
    pub fn at<'a>(&'a self, row: &'a [Value], column: &str) -> &'a Value {
        self.column(column).and_then(|place| row.get(place)).unwrap_or(&Value::Empty)
    }

    /// Rows in which columns hold these words.
    pub fn rows_with<'a>(
        &'a self,
        words: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a [Value]> + 'a {
        self.rows
            .iter()
            .map(Vec::as_slice)
            .filter(move |row| words.iter().all(|(column, word)| self.at(row, column).text() == Some(*word)))
    }

    /// The number in `column` of the first row in which columns hold these words.
    pub fn number(&self, words: &[(&str, &str)], column: &str) -> Option<f64> {
        self.rows_with(words).next().and_then(|row| self.at(row, column).number())
    }

    /// As CSV: a header, quotes where they are needed.
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        line(&mut out, self.columns.iter().map(String::as_str));
        for row in &self.rows {
            let texts: Vec<String> = row.iter().map(Value::to_text).collect();
            line(&mut out, texts.iter().map(String::as_str));
        }
        out
    }
}

fn line<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (place, field) in fields.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let quoted = field.contains([',', '"', '\n', '\r']);
        let _ = if quoted {
            write!(out, "{comma}\"{}\"", field.replace('"', "\"\""))
        } else {
            write!(out, "{comma}{field}")
        };
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_finite_or_absent_with_a_reason() {
        let mut table = Table::new("t", "T", "", &["name", "value", "count"]);
        table.row(["a, \"b\"".into(), f64::NAN.into(), 3usize.into()], None);
        table.nothing(["c".into(), 0.1f64.into()], "no cells");
        table.row(["d".into(), 2.5e-9.into(), 0u32.into()], None);
        let csv = table.to_csv();
        assert_eq!(
            csv,
            "name,value,count,not_available\n\"a, \"\"b\"\"\",,3,not a finite number\nc,0.1,,no cells\nd,2.5e-9,0,\n"
        );
        assert_eq!(table.number(&[("name", "c")], "value"), Some(0.1));
        assert_eq!(table.number(&[("name", "x")], "value"), None);
        let again: Table = serde_json::from_slice(&serde_json::to_vec(&table).unwrap()).unwrap();
        assert_eq!(again.to_csv(), csv);
    }
}
