//! Tables that a bundle holds as CSV.

/// Columns by name, rows as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, as long as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads CSV with a header.
    ///
    /// # Errors
    /// If a row is of another length than the header, or a quote is not closed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = records(text)?.into_iter();
        let columns = lines.next().ok_or("it is empty")?;
        let rows: Vec<Vec<String>> = lines.collect();
        if let Some(at) = rows.iter().position(|row| row.len() != columns.len()) {
            return Err(format!(
                "row {} has {} fields, the header {}",
                at + 1,
                rows[at].len(),
                columns.len()
            ));
        }
        Ok(Self { columns, rows })
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|own| own == name)
    }

    /// A row's field, empty where there is no such column.
    pub fn at<'a>(&self, row: &'a [String], name: &str) -> &'a str {
        self.column(name).and_then(|at| row.get(at)).map_or("", String::as_str)
    }

    /// A row's number, where there is one.
    pub fn number(&self, row: &[String], name: &str) -> Option<f64> {
        self.at(row, name).parse().ok()
    }

    /// Different values of a column, in the order in which they come.
    pub fn values(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for row in &self.rows {
            let value = self.at(row, name);
            if !found.iter().any(|known| known == value) {
                found.push(value.to_owned());
            }
        }
        found
    }

    /// The rows in which columns have these values.
    pub fn of<'a>(&'a self, wanted: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = &'a Vec<String>> {
        self.rows.iter().filter(move |row| wanted.iter().all(|(name, value)| self.at(row, name) == *value))
    }
}

fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut records = Vec::new();
    let (mut record, mut field) = (Vec::new(), String::new());
    let (mut quoted, mut any) = (false, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        any = true;
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
                any = false;
            }
            other => field.push(other),
        }
    }
    if quoted {
        return Err("a quote is not closed".into());
    }
    if any {
        record.push(field);
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_empty_fields() {
        let table = Table::parse("id,name,p\r\n1,\"a, \"\"b\"\"\",\n2,,0.5\n").unwrap();
        assert_eq!(table.rows, [["1", "a, \"b\"", ""], ["2", "", "0.5"]]);
        assert_eq!((table.number(&table.rows[0], "p"), table.number(&table.rows[1], "p")), (None, Some(0.5)));
        assert_eq!((table.at(&table.rows[0], "none"), table.values("name").len()), ("", 2));
        assert_eq!(table.of(&[("id", "2")]).count(), 1);
        assert!(Table::parse("a,b\n1\n").unwrap_err().contains("row 1 has 1"));
        assert!(Table::parse("a\n\"1\n").is_err() && Table::parse("").is_err());
    }
}
