//! Whether the cells that activate a concept share a metadata label (section 3.1 of the paper).

use super::{
    ActiveCells,
    labels::{ColumnSpecificity, ConceptClass, LabelCount, SpecificLabel, SpecificityParameters},
};
use crate::{
    cells::{Column, NO_LABEL},
    maybe::Maybe,
};

/// Active cells of each label code.
fn active_by_label(active: &ActiveCells, column: &Column) -> Vec<u32> {
    let mut counts = vec![0; column.labels.len()];
    for cell in &active.cells {
        let code = column.codes[cell.index()];
        if code != NO_LABEL {
            counts[code as usize] += 1;
        }
    }
    counts
}

/// The labels of one column among the cells that activate a concept, and the label that reaches the ratio.
///
/// ```
/// use cellprism_core::{
///     cells::Column,
///     concepts::{ActiveCells, SpecificityParameters, column_specificity},
///     ids::CellId,
/// };
///
/// let column = Column::from_texts("cell_type", &["B", "B", "B", "T", "T"]).expect("few labels");
/// let active = ActiveCells { cells: vec![CellId(0), CellId(1), CellId(2)], values: vec![2.0, 1.0, 0.5] };
/// let parameters = SpecificityParameters { ratio: 0.7, min_cells: 3 };
/// let found = column_specificity(&active, &column, &parameters);
/// assert_eq!(found.specific.value().map(|label| label.label.as_str()), Some("B"));
/// ```
pub fn column_specificity(
    active: &ActiveCells,
    column: &Column,
    parameters: &SpecificityParameters,
) -> ColumnSpecificity {
    let counts = active_by_label(active, column);
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then(a.cmp(&b)));
    let totals = column.label_counts();
    let labels = order
        .iter()
        .map(|&i| {
            let base_rate = f64::from(totals[i]) / column.codes.len().max(1) as f64;
            let ratio = f64::from(counts[i]) / active.len().max(1) as f64;
            LabelCount {
                label: column.labels[i].clone(),
                active: counts[i],
                total: totals[i],
                base_rate,
                lift: lift(ratio, base_rate),
            }
        })
        .collect();
    let specific = specific_label(active.len(), &counts, order.first().copied(), column, parameters);
    ColumnSpecificity { column: column.name.clone(), labels, specific }
}

fn specific_label(
    cells: usize,
    counts: &[u32],
    most: Option<usize>,
    column: &Column,
    parameters: &SpecificityParameters,
) -> Maybe<SpecificLabel> {
    let present = column.label_counts().iter().filter(|&&n| n > 0).count();
    let Some(most) = most.filter(|_| present > 1) else {
        return Maybe::missing(format!(
            "one label only ({})",
            column.labels.first().map_or("none", String::as_str)
        ));
    };
    if cells == 0 {
        return Maybe::missing("no active cell");
    }
    if cells < parameters.min_cells as usize {
        return Maybe::missing(format!("{cells} active cells; computed from {} on", parameters.min_cells));
    }
    let ratio = f64::from(counts[most]) / cells as f64;
    if ratio < parameters.ratio {
        return Maybe::missing(format!("no label reaches {:.0}%", parameters.ratio * 100.0));
    }
    let base_rate = f64::from(column.label_counts()[most]) / column.codes.len().max(1) as f64;
    Maybe::Value(SpecificLabel {
        column: column.name.clone(),
        label: column.labels[most].clone(),
        ratio,
        base_rate,
        lift: lift(ratio, base_rate),
        donors: None,
        p_adjusted: None,
        beyond_base_rate: false,
    })
}

/// A share over the share among all cells; 0 where that is 0.
pub fn lift(share: f64, base_rate: f64) -> f64 {
    if base_rate > 0.0 { share / base_rate } else { 0.0 }
}

/// The class of a concept, by the primary column where there is one.
pub fn classify(
    active: &ActiveCells,
    primary: Option<&ColumnSpecificity>,
    parameters: &SpecificityParameters,
) -> ConceptClass {
    if active.is_empty() {
        ConceptClass::Dead
    } else if active.len() < parameters.min_cells as usize {
        ConceptClass::Rare
    } else if primary.is_some_and(|column| column.specific.value().is_some()) {
        ConceptClass::Specific
    } else {
        ConceptClass::Mixed
    }
}

/// The `n` most common labels among active cells: code and cells, most first.
pub fn composition(active: &ActiveCells, column: &Column, n: usize) -> Vec<(u16, u32)> {
    let mut found: Vec<(u16, u32)> = active_by_label(active, column)
        .into_iter()
        .enumerate()
        .filter(|&(_, count)| count > 0)
        .map(|(code, count)| (code as u16, count))
        .collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(n);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CellId;

    fn active(cells: &[u32]) -> ActiveCells {
        ActiveCells { cells: cells.iter().map(|&c| CellId(c)).collect(), values: vec![1.0; cells.len()] }
    }

    fn column(labels: &[&str], codes: &[u16]) -> Column {
        Column {
            name: "type".into(),
            labels: labels.iter().map(|&l| l.into()).collect(),
            codes: codes.to_vec(),
        }
    }

    const ALL: SpecificityParameters = SpecificityParameters { ratio: 0.7, min_cells: 2 };

    #[test]
    fn the_commonest_label_must_reach_the_ratio() {
        let column = column(&["B", "T"], &[0, 0, 0, 1, 1]);
        let found = column_specificity(&active(&[0, 1, 2, 3]), &column, &ALL);
        assert_eq!(found.specific.value().unwrap().label, "B");
        assert_eq!(
            found.labels[0],
            LabelCount { label: "B".into(), active: 3, total: 3, base_rate: 0.6, lift: 0.75 / 0.6 }
        );
        let mixed = column_specificity(&active(&[0, 1, 3, 4]), &column, &ALL);
        assert!(mixed.specific.value().is_none());
    }

    #[test]
    fn few_cells_and_single_labels_say_why() {
        let two = column(&["B", "T"], &[0, 1]);
        let few = column_specificity(&active(&[0]), &two, &ALL);
        assert_eq!(few.specific, Maybe::missing("1 active cells; computed from 2 on"));
        let one = column(&["blood"], &[0, 0]);
        let single = column_specificity(&active(&[0, 1]), &one, &ALL);
        assert_eq!(single.specific, Maybe::missing("one label only (blood)"));
        assert_eq!(classify(&active(&[]), None, &ALL), ConceptClass::Dead);
        assert_eq!(classify(&active(&[0]), None, &ALL), ConceptClass::Rare);
    }
}
