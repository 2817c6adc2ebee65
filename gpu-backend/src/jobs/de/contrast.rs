//! From labels or lists of cells to the side of every cell.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, anyhow, bail, ensure};
use cellprism_core::{
    cells::Column,
    stats::differential::{Contrast, Side},
};

use super::Groups;
use crate::files::{h5ad::H5ad, lines};

/// The side of every cell.
///
/// # Errors
/// Names the column, label or cell that is unknown, the cell that is on both sides, or the side that is too small.
pub(super) fn of(groups: &Groups, cells: &H5ad, path: &Path) -> anyhow::Result<Contrast> {
    let sides = match groups {
        Groups::Column { column, group, reference } => {
            by_column(column_of(cells, column, path)?, group, reference.as_deref())
        }
        Groups::Files { group, reference } => by_lists(cells.names(), group, reference.as_deref()),
    }?;
    Ok(Contrast::new(sides)?)
}

/// A column of the metadata.
fn column_of<'a>(cells: &'a H5ad, name: &str, path: &Path) -> anyhow::Result<&'a Column> {
    if let Some(found) = cells.columns().iter().find(|column| column.name == name) {
        return Ok(found);
    }
    if let Some((_, reason)) = cells.skipped_columns().iter().find(|(skipped, _)| skipped == name) {
        bail!("{}: column {name:?} names no groups: {reason}", path.display());
    }
    let known: Vec<&str> = cells.columns().iter().map(|column| column.name.as_str()).collect();
    bail!("{}: no column {name:?}; there are {}", path.display(), known.join(", "))
}

fn by_column(column: &Column, group: &str, reference: Option<&str>) -> anyhow::Result<Vec<Option<Side>>> {
    let code = |label: &str| {
        let place = column.labels.iter().position(|known| known == label);
        place.map(|place| place as u16).ok_or_else(|| {
            anyhow!("column {:?} has no label {label:?}; it has {}", column.name, column.labels.join(", "))
        })
    };
    ensure!(reference != Some(group), "{group:?} is the group and the reference: nothing to compare");
    let (group, reference) = (code(group)?, reference.map(code).transpose()?);
    let side = |&code: &u16| match reference {
        _ if code == group => Some(Side::Group),
        Some(reference) => (code == reference).then_some(Side::Reference),
        None => Some(Side::Reference),
    };
    Ok(column.codes.iter().map(side).collect())
}

fn by_lists(names: &[String], group: &Path, reference: Option<&Path>) -> anyhow::Result<Vec<Option<Side>>> {
    let mut places: HashMap<&str, Option<usize>> = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        places.entry(name).and_modify(|place| *place = None).or_insert(Some(place));
    }
    let mut sides = vec![None; names.len()];
    let mut take = |list: &Path, side: Side| -> anyhow::Result<()> {
        for name in lines::read(list)? {
            let place = places
                .get(name.as_str())
                .with_context(|| format!("{}: no cell {name:?} in the data", list.display()))?
                .with_context(|| {
                    format!("{}: several cells of the data are named {name:?}", list.display())
                })?;
            let taken = sides[place].replace(side);
            ensure!(taken.is_none_or(|taken| taken == side), "cell {name:?} is in both lists");
        }
        Ok(())
    };
    take(group, Side::Group)?;
    match reference {
        Some(list) => take(list, Side::Reference)?,
        None => sides.iter_mut().for_each(|side| *side = side.or(Some(Side::Reference))),
    }
    Ok(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sides: &[Option<Side>]) -> String {
        let letter =
            |side: &Option<Side>| side.map_or('.', |side| if side == Side::Group { 'g' } else { 'r' });
        sides.iter().map(letter).collect()
    }

    #[test]
    fn labels_make_groups_and_the_rest_holds_cells_without() {
        let column = Column::from_texts("kind", &["a", "b", "", "c", "a"]).unwrap();
        assert_eq!(texts(&by_column(&column, "a", None).unwrap()), "grrrg");
        assert_eq!(texts(&by_column(&column, "a", Some("b")).unwrap()), "gr..g");
        let error = by_column(&column, "none such", None).unwrap_err().to_string();
        assert!(error.contains("none such") && error.contains("a, b, c"), "{error}");
        assert!(by_column(&column, "a", Some("a")).is_err());
    }

    #[test]
    fn lists_make_groups() {
        let folder = tempfile::tempdir().unwrap();
        let list = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        let names: Vec<String> = ["x", "y", "z", "z"].iter().map(|&name| name.to_owned()).collect();
        let (group, reference) = (list("g", "y\n"), list("r", "x\n"));
        assert_eq!(texts(&by_lists(&names, &group, None).unwrap()), "rgrr");
        assert_eq!(texts(&by_lists(&names, &group, Some(&reference)).unwrap()), "rg..");
        let refused =
            |text: &str| format!("{:#}", by_lists(&names, &group, Some(&list("b", text))).unwrap_err());
        assert!(refused("nobody").contains("no cell \"nobody\""));
        assert!(refused("z").contains("several cells"));
        assert!(refused("y").contains("\"y\" is in both lists"));
    }
}
