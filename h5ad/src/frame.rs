//! `obs` and `var`: data frames as a group of columns, or, before anndata 0.7, as one table of records.

use std::collections::HashMap;

use hdf5_pure::AttrValue;

use super::{container::Container, error::H5adError, lookup::Node, records::Records, values::Values};

/// An open data frame.
pub(super) struct Frame {
    path: String,
    index: Vec<String>,
    form: Form,
}

enum Form {
    /// Column names without the index.
    Group(Vec<String>),
    Table(Records),
}

impl Frame {
    /// Opens the frame under `path`, if there is one; its rows may be known from the matrix.
    pub(super) fn open(
        container: &Container,
        path: &str,
        rows: Option<u64>,
    ) -> Result<Option<Self>, H5adError> {
        match container.find(path)? {
            None => Ok(None),
            Some(Node::Group(attrs)) => Self::from_group(container, path, &attrs, rows).map(Some),
            Some(Node::Array(array)) => {
                array.expect_rows(container, rows)?;
                let table = Records::new(container, &array)?;
                let index = table
                    .index()
                    .ok_or_else(|| container.damaged(path, "a table without a column of names"))?;
                Ok(Some(Self { path: path.into(), index, form: Form::Table(table) }))
            }
        }
    }

    fn from_group(
        container: &Container,
        path: &str,
        attrs: &HashMap<String, AttrValue>,
        rows: Option<u64>,
    ) -> Result<Self, H5adError> {
        let named = attrs.get("_index").and_then(AttrValue::as_str).unwrap_or("_index").to_owned();
        let members = container.members(path)?;
        let name =
            [named.as_str(), "index", "_index"].into_iter().find(|name| members.iter().any(|m| m == name));
        let name =
            name.ok_or_else(|| container.damaged(path, format!("it has no index ({named:?} is not there)")))?;
        let index = Values::read(container, path, name, rows)?.map(Values::into_texts).unwrap_or_default();
        let mut columns = match attrs.get("column-order").and_then(AttrValue::as_strings) {
            Some(order) => order.iter().filter(|column| members.contains(column)).cloned().collect(),
            None => Vec::new(),
        };
        let rest: Vec<String> = members
            .into_iter()
            .filter(|m| m != name && m != "__categories" && !columns.contains(m))
            .collect();
        columns.extend(rest);
        Ok(Self { path: path.into(), index, form: Form::Group(columns) })
    }

    /// Names of the rows.
    pub(super) fn index(&self) -> &[String] {
        &self.index
    }

    /// Names of the columns, in the file's order.
    pub(super) fn columns(&self) -> Vec<String> {
        match &self.form {
            Form::Group(columns) => columns.clone(),
            Form::Table(table) => table.columns(),
        }
    }

    /// A column, checked to be as long as the index.
    pub(super) fn values(&self, container: &Container, name: &str) -> Result<Option<Values>, H5adError> {
        let values = match &self.form {
            Form::Group(_) => Values::read(container, &self.path, name, Some(self.index.len() as u64))?,
            Form::Table(table) => table.values(container, name)?,
        };
        if let Some(len) = values.as_ref().and_then(Values::len)
            && len != self.index.len()
        {
            let problem = format!("{len} values for {} rows", self.index.len());
            return Err(container.damaged(&format!("{}/{name}", self.path), problem));
        }
        Ok(values)
    }

    /// The first of some columns that is there, as texts.
    pub(super) fn texts(
        &self,
        container: &Container,
        names: &[&str],
    ) -> Result<Option<Vec<String>>, H5adError> {
        let columns = self.columns();
        for name in names.iter().filter(|name| columns.iter().any(|column| column == *name)) {
            if let Some(texts) = self.values(container, name)?.map(Values::into_texts)
                && texts.len() == self.index.len()
            {
                return Ok(Some(texts));
            }
        }
        Ok(None)
    }
}
