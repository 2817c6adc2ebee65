//! Comma-separated tables with a row of names at the head.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::work::regular;

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The file cannot be opened.
    #[error("cannot read {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// It is no such table.
    #[error("{path}: {problem}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        problem: String,
    },
}

/// Some columns of a table, a row at a time with its line: every name must be at the head, in any order, beside others.
///
/// # Errors
/// If the file cannot be read, a column is missing, a row is as long as no other, or `each` refuses one.
pub fn read<const N: usize>(
    path: &Path,
    columns: [&str; N],
    mut each: impl FnMut([&str; N]) -> Result<(), String>,
) -> Result<usize, CsvError> {
    let wrong = |problem: String| CsvError::Table { path: path.to_owned(), problem };
    let file = regular::open(path).map_err(|source| CsvError::Open { path: path.to_owned(), source })?;
    let mut reader = csv::Reader::from_reader(io::BufReader::new(file));
    let head = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(columns) {
        *place =
            head.iter().position(|field| field.trim_start_matches('\u{feff}') == name).ok_or_else(|| {
                let found: Vec<&str> = head.iter().collect();
                wrong(format!("no column {name:?} at the head of the table; it has {found:?}"))
            })?;
    }
    let mut row = csv::StringRecord::new();
    let mut rows = 0;
    while reader.read_record(&mut row).map_err(|e| wrong(e.to_string()))? {
        let line = row.position().map_or(0, csv::Position::line);
        each(places.map(|place| &row[place])).map_err(|problem| wrong(format!("line {line}: {problem}")))?;
        rows += 1;
    }
    Ok(rows)
}

/// A table, as text.
#[derive(Debug)]
pub struct Table(csv::Writer<Vec<u8>>);

impl Table {
    /// A table of these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self(csv::Writer::from_writer(Vec::new()));
        table.row(columns);
        table
    }

    /// Adds a row, as long as the head.
    ///
    /// # Panics
    /// If it is not.
    pub fn row<I>(&mut self, fields: I)
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        self.0.write_record(fields).expect("rows are as long as the head, and memory takes them");
    }

    /// The bytes of the file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes every byte")
    }
}

/// A number with as few digits as give it back.
pub fn number(value: f64) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let table = file("\u{feff}part,cell,more\ntrain,\"a,1\",x\r\ntest,b,\"y\"\"\"\n");
        let mut found = Vec::new();
        let rows = read(table.path(), ["cell", "part"], |[cell, part]| {
            found.push((cell.to_owned(), part.to_owned()));
            Ok(())
        });
        assert_eq!(rows.unwrap(), 2);
        assert_eq!(found, [("a,1".into(), "train".into()), ("b".into(), "test".into())]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let refuse = |content: &str| {
            let each = |[cell]: [&str; 1]| if cell == "x" { Err("x is no cell".into()) } else { Ok(()) };
            read(file(content).path(), ["cell"], each).unwrap_err().to_string()
        };
        assert!(refuse("a,b\n").contains("no column \"cell\""));
        assert!(refuse("cell,b\n1,2\n3\n").contains("line: 3"));
        assert!(refuse("cell\n1\nx\n").contains("line 3: x is no cell"));
    }

    #[test]
    fn numbers_come_back_to_the_bit() {
        let mut table = Table::new(&["a", "b"]);
        table.row(["x\"y".to_owned(), number(1.0e-240)]);
        assert_eq!(String::from_utf8(table.into_bytes()).unwrap(), "a,b\n\"x\"\"y\",1e-240\n");
        assert_eq!(number(0.1 + 0.2).parse::<f64>().unwrap(), 0.1 + 0.2);
    }
}
