//! Columns of a data frame in any of anndata's encodings, decoded to plain values.

use std::collections::HashMap;

use cellprism_core::cells::{Column, NO_LABEL, NoNumbers, Numbers};
use hdf5_pure::AttrValue;

use super::{
    array::{Array, Kind},
    container::Container,
    error::H5adError,
    lookup::Node,
};

/// A column of texts or declared categories is metadata if it has at most this many labels …
const MOST_LABELS: usize = 2000;
/// … and a column of whole numbers if it has at most this many.
const MOST_LABELLED: usize = 100;

/// A decoded column.
#[derive(Debug)]
pub(super) enum Values {
    Texts(Vec<String>),
    /// Labels, and a code a row; negative where there is none.
    Codes(Vec<String>, Vec<i64>),
    Integers(Vec<Option<i64>>),
    Bools(Vec<Option<bool>>),
    /// Measurements: no labels.
    Numbers(Vec<f64>),
    /// Something else.
    Other,
}

impl Values {
    /// Reads the column under `name`, if there is one; where the number of rows is known, nothing else is unpacked.
    pub(super) fn read(
        container: &Container,
        frame: &str,
        name: &str,
        rows: Option<u64>,
    ) -> Result<Option<Self>, H5adError> {
        let path = format!("{frame}/{name}");
        Ok(match container.find(&path)? {
            None => None,
            Some(Node::Array(array)) => Some(Self::from_array(container, frame, name, &array, rows)?),
            Some(Node::Group(attrs)) => Some(Self::from_group(container, &path, &attrs, rows)?),
        })
    }

    fn from_array(
        container: &Container,
        frame: &str,
        name: &str,
        array: &Array,
        rows: Option<u64>,
    ) -> Result<Self, H5adError> {
        if array.shape.len() != 1 {
            return Ok(Self::Other);
        }
        array.expect_rows(container, rows)?;
        let values = Self::plain(container, array)?;
        // anndata 0.7: codes in the column, labels beside it.
        if let Self::Integers(codes) = &values
            && array.attr("categories").is_some()
            && let Some(labels) = container.find_array(&format!("{frame}/__categories/{name}"))?
        {
            let labels = Self::plain(container, &labels)?.into_texts();
            let codes = codes.iter().map(|code| code.unwrap_or(-1)).collect();
            return Self::coded(container, &format!("{frame}/{name}"), labels, codes);
        }
        Ok(values)
    }

    /// Labels and codes, each code that of a label, or −1 for none: as in pandas, which refuses others, too.
    pub(super) fn coded(
        container: &Container,
        path: &str,
        labels: Vec<String>,
        codes: Vec<i64>,
    ) -> Result<Self, H5adError> {
        let last = labels.len() as i64;
        match codes.iter().position(|code| !(-1..last).contains(code)) {
            None => Ok(Self::Codes(labels, codes)),
            Some(row) => Err(container
                .damaged(path, format!("row {row} has code {}, but there are {last} labels", codes[row]))),
        }
    }

    pub(super) fn plain(container: &Container, array: &Array) -> Result<Self, H5adError> {
        Ok(match array.kind {
            Kind::Text | Kind::VariableText => Self::Texts(array.all_texts(container)?),
            Kind::Integer => Self::Integers(array.all_integers(container)?.into_iter().map(Some).collect()),
            Kind::Bool => {
                Self::Bools(array.all_integers(container)?.into_iter().map(|v| Some(v != 0)).collect())
            }
            Kind::F32 | Kind::Float => Self::Numbers(array.all_numbers(container)?),
            Kind::Record | Kind::Other => Self::Other,
        })
    }

    fn from_group(
        container: &Container,
        path: &str,
        attrs: &HashMap<String, AttrValue>,
        rows: Option<u64>,
    ) -> Result<Self, H5adError> {
        let encoding = attrs.get("encoding-type").and_then(AttrValue::as_str).unwrap_or_default();
        let part = |part: &str| container.array(&format!("{path}/{part}"));
        let by_row = |name: &str| {
            let array = part(name)?;
            array.expect_rows(container, rows)?;
            Ok::<_, H5adError>(array)
        };
        Ok(match encoding {
            "categorical" => {
                let codes = by_row("codes")?.all_integers(container)?;
                let labels = Self::plain(container, &part("categories")?)?.into_texts();
                Self::coded(container, path, labels, codes)?
            }
            "nullable-integer" | "nullable-boolean" | "nullable-string-array" => {
                let missing = by_row("mask")?.all_integers(container)?;
                Self::plain(container, &by_row("values")?)?.masked(&missing)
            }
            _ => Self::Other,
        })
    }

    /// What it measures, where it is no labels but numbers.
    pub(super) fn numbers(&self, name: &str) -> Option<Result<Numbers, NoNumbers>> {
        match self {
            Self::Numbers(values) => Some(Numbers::quantise(name, values)),
            Self::Integers(values) if !are_labels(values) => {
                let values: Vec<f64> = values.iter().map(|v| v.map_or(f64::NAN, |v| v as f64)).collect();
                Some(Numbers::quantise(name, &values))
            }
            _ => None,
        }
    }

    fn masked(self, missing: &[i64]) -> Self {
        let keep = |row: usize| missing.get(row).is_some_and(|&flag| flag == 0);
        match self {
            Self::Texts(mut texts) => {
                for (row, text) in texts.iter_mut().enumerate() {
                    if !keep(row) {
                        text.clear();
                    }
                }
                Self::Texts(texts)
            }
            Self::Integers(values) => Self::Integers(
                values.into_iter().enumerate().map(|(row, v)| v.filter(|_| keep(row))).collect(),
            ),
            Self::Bools(values) => {
                Self::Bools(values.into_iter().enumerate().map(|(row, v)| v.filter(|_| keep(row))).collect())
            }
            Self::Numbers(values) => Self::Numbers(
                values.into_iter().enumerate().map(|(row, v)| if keep(row) { v } else { f64::NAN }).collect(),
            ),
            other => other,
        }
    }

    /// Rows; `None` for what is not decoded.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Self::Texts(texts) => Some(texts.len()),
            Self::Codes(_, codes) => Some(codes.len()),
            Self::Integers(values) => Some(values.len()),
            Self::Bools(values) => Some(values.len()),
            Self::Numbers(values) => Some(values.len()),
            Self::Other => None,
        }
    }

    /// One text a row, empty where there is no value.
    pub(super) fn into_texts(self) -> Vec<String> {
        match self {
            Self::Texts(texts) => texts,
            Self::Codes(labels, codes) => codes
                .into_iter()
                .map(|code| {
                    usize::try_from(code).ok().and_then(|code| labels.get(code)).cloned().unwrap_or_default()
                })
                .collect(),
            Self::Integers(values) => texts_of(&values),
            Self::Bools(values) => {
                values.iter().map(|v| v.map_or("", |v| if v { "True" } else { "False" }).to_owned()).collect()
            }
            Self::Numbers(values) => {
                values.iter().map(|v| if v.is_nan() { String::new() } else { v.to_string() }).collect()
            }
            Self::Other => Vec::new(),
        }
    }

    /// A categorical column, or why this is none.
    pub(super) fn into_column(self, name: &str) -> Result<Column, String> {
        let column = match self {
            Self::Codes(labels, codes) => {
                if labels.len() > MOST_LABELS {
                    return Err(format!("{} labels; at most {MOST_LABELS} are kept", labels.len()));
                }
                let last = labels.len() as i64;
                if let Some(row) = codes.iter().position(|&code| code >= last) {
                    return Err(format!("row {row} has code {}, but there are {last} labels", codes[row]));
                }
                let code = |code: &i64| u16::try_from(*code).unwrap_or(NO_LABEL);
                Some(Column { name: name.into(), codes: codes.iter().map(code).collect(), labels })
            }
            Self::Texts(texts) => Column::from_texts(name, &texts).filter(|column| few(column, MOST_LABELS)),
            Self::Bools(_) => Column::from_texts(name, &self.into_texts()),
            Self::Integers(values) if are_labels(&values) => numbered(name, &values),
            Self::Integers(_) => None,
            Self::Numbers(_) => return Err("numbers, not labels".into()),
            Self::Other => return Err("in an encoding that is not read".into()),
        };
        column.ok_or_else(|| "too many different values to be labels".into())
    }
}

fn texts_of(values: &[Option<i64>]) -> Vec<String> {
    values.iter().map(|value| value.map_or_else(String::new, |value| value.to_string())).collect()
}

/// Whether values repeat often enough to be labels rather than measurements or names.
fn few(column: &Column, most: usize) -> bool {
    column.labels.len() <= most.min((column.codes.len() / 5).max(10))
}

/// Whether whole numbers repeat often enough to be labels.
fn are_labels(values: &[Option<i64>]) -> bool {
    let most = MOST_LABELLED.min((values.len() / 5).max(10));
    let mut distinct = std::collections::BTreeSet::new();
    values.iter().flatten().all(|value| {
        distinct.insert(*value);
        distinct.len() <= most
    })
}

/// A column of whole numbers, its labels in numerical order.
fn numbered(name: &str, values: &[Option<i64>]) -> Option<Column> {
    let distinct: std::collections::BTreeSet<i64> = values.iter().flatten().copied().collect();
    let labels: Vec<i64> = distinct.into_iter().take(usize::from(NO_LABEL)).collect();
    let code = |value: &Option<i64>| match value {
        None => Some(NO_LABEL),
        Some(value) => labels.binary_search(value).ok().and_then(|place| u16::try_from(place).ok()),
    };
    Some(Column {
        name: name.into(),
        codes: values.iter().map(code).collect::<Option<_>>()?,
        labels: labels.iter().map(i64::to_string).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_labels_only_where_they_repeat() {
        let clusters: Vec<Option<i64>> = (0..200).map(|row| Some(row % 12)).collect();
        let column = Values::Integers(clusters).into_column("leiden").unwrap();
        assert_eq!(column.labels[..3], ["0", "1", "2"]);
        assert_eq!(column.label(10), Some("10"));
        let totals: Vec<Option<i64>> = (0..200).map(Some).collect();
        let totals = Values::Integers(totals);
        let counts = totals.numbers("n_counts").unwrap().unwrap();
        assert_eq!((counts.most, counts.step, counts.value(counts.codes[7])), (199.0, 1.0, Some(7.0)));
        assert!(totals.into_column("n_counts").is_err());
    }

    #[test]
    fn a_missing_value_has_no_label() {
        let column = Values::Codes(vec!["B".into()], vec![0, -1]).into_column("cell_type").unwrap();
        assert_eq!(column.codes, [0, NO_LABEL]);
        assert!(Values::Codes(vec!["B".into()], vec![1]).into_column("cell_type").is_err());
        let masked = Values::Integers(vec![Some(3), Some(4)]).masked(&[1, 0]).into_column("x").unwrap();
        assert_eq!((masked.labels, masked.codes), (vec!["4".to_owned()], vec![NO_LABEL, 0]));
    }
}
