//! The table of labels: which cells are fitted to, which are predicted.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use anyhow::ensure;

use crate::files::csv;

/// Labelled cells.
#[derive(Debug)]
pub(super) struct Labelled {
    /// Labels of the training cells, sorted.
    pub(super) classes: Vec<String>,
    /// Cells fitted to.
    pub(super) train: Cells,
    /// Cells predicted.
    pub(super) test: Cells,
}

/// Cells of one part.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Rows of the features.
    pub(super) rows: Vec<usize>,
    /// Labels.
    pub(super) labels: Vec<String>,
    /// Places of the labels among the classes; training cells only.
    pub(super) codes: Vec<usize>,
}

/// Reads cell, label, part; `cells` are the ids of the features' rows. Cells that the table leaves out take no part.
///
/// # Errors
/// Names the line and the cell that is unknown, ambiguous or there twice, the part that is neither train nor test, or the
/// part that is empty.
pub(super) fn read(path: &Path, cells: &[String]) -> anyhow::Result<Labelled> {
    let mut places: HashMap<&str, Option<usize>> = HashMap::with_capacity(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        places.entry(cell).and_modify(|row| *row = None).or_insert(Some(row));
    }
    let (mut train, mut test) = (Cells::default(), Cells::default());
    let mut taken = vec![false; cells.len()];
    csv::read(path, ["cell", "label", "part"], |[cell, label, part]| {
        let Some(row) = places.get(cell) else { return Err(format!("the features have no cell {cell:?}")) };
        let Some(row) = *row else { return Err(format!("several cells of the features are named {cell:?}")) };
        if std::mem::replace(&mut taken[row], true) {
            return Err(format!("cell {cell:?} is there twice"));
        }
        if label.is_empty() {
            return Err(format!("cell {cell:?} has no label: leave its line out"));
        }
        let to = match part {
            "train" => &mut train,
            "test" => &mut test,
            other => return Err(format!("part {other:?} is neither train nor test")),
        };
        to.rows.push(row);
        to.labels.push(label.to_owned());
        Ok(())
    })?;
    for (part, cells) in [("train", &train), ("test", &test)] {
        ensure!(!cells.rows.is_empty(), "{}: no cell of part {part:?}", path.display());
    }
    let classes: Vec<String> = train.labels.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
    train.codes = train.labels.iter().map(|label| classes.partition_point(|class| class < label)).collect();
    Ok(Labelled { classes, train, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &str) -> anyhow::Result<Labelled> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("cell,label,part\n{rows}")).unwrap();
        let cells: Vec<String> = ["a", "b", "c", "d", "d"].iter().map(|&cell| cell.to_owned()).collect();
        read(file.path(), &cells)
    }

    #[test]
    fn cells_are_found_by_their_ids() {
        let found = table("c,y,train\na,x,test\nb,x,train\n").unwrap();
        assert_eq!(found.classes, ["x", "y"]);
        assert_eq!((found.train.rows, found.train.codes), (vec![2, 1], vec![1, 0]));
        assert_eq!((found.test.rows, found.test.labels), (vec![0], vec!["x".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |rows: &str| format!("{:#}", table(rows).unwrap_err());
        assert!(refused("nobody,x,train\n").contains("line 2: the features have no cell \"nobody\""));
        assert!(refused("d,x,train\n").contains("several cells"));
        assert!(refused("a,x,train\na,x,test\n").contains("line 3: cell \"a\" is there twice"));
        assert!(refused("a,x,validation\n").contains("\"validation\" is neither"));
        assert!(refused("a,,train\n").contains("no label"));
        assert!(refused("a,x,train\n").contains("no cell of part \"test\""));
    }
}
