//! What the cells of a concept are, for its title: labels on which its activation falls more often than their share of
//! the data explains, and which its strongest cells have.

use crate::{
    bundle::{ReadingParameters, TitleCells},
    cells::{Column, NO_LABEL, plural_label},
    concepts::{ActiveCells, lift},
    ids::CellId,
};

/// Share of the activation that a label needs where its base rate is too high for a lift.
const NEARLY_ALL: f64 = 0.9;
/// Share of the activation below which the label of most prototypes is named beside the one that has more.
const ALONE: f64 = 0.4;
/// Share of the prototypes that two labels need together.
const BOTH: f64 = 0.8;
/// Share of the activation on a label of a further column.
const FURTHER: f64 = 0.7;
/// … over what the concept's cell types alone would give.
const BEYOND_TYPES: f64 = 1.3;

/// Labels for a title, the first column's before at most one of the others'. Columns named in `individuals` (donors,
/// samples) and labels that are plain numbers are no description.
pub fn title_cells(
    active: &ActiveCells,
    prototypes: &[CellId],
    columns: &[Column],
    individuals: &[&str],
    parameters: &ReadingParameters,
) -> Vec<TitleCells> {
    let Some(first) = columns.first().filter(|_| !active.is_empty() && !prototypes.is_empty()) else {
        return Vec::new();
    };
    let shares = Shares::of(active, prototypes, first);
    let mut found = of_first(&shares, first, parameters);
    let further = columns[1..]
        .iter()
        .filter(|column| !individuals.contains(&column.name.as_str()))
        .filter_map(|column| further(active, prototypes, &shares, first, column, parameters))
        .next();
    found.extend(further);
    found
}

/// Shares of one column's labels.
struct Shares {
    weight: Vec<f64>,
    ratio: Vec<f64>,
    base: Vec<f64>,
    prototypes: Vec<u32>,
    n_prototypes: usize,
}

impl Shares {
    fn of(active: &ActiveCells, prototypes: &[CellId], column: &Column) -> Self {
        let labels = column.labels.len();
        let (mut weight, mut ratio) = (vec![0.0; labels], vec![0.0; labels]);
        let total: f64 = active.values.iter().map(|&value| f64::from(value)).sum();
        for (cell, &value) in active.cells.iter().zip(&active.values) {
            let code = column.codes[cell.index()];
            if code != NO_LABEL {
                weight[usize::from(code)] += f64::from(value) / total;
                ratio[usize::from(code)] += 1.0 / active.len() as f64;
            }
        }
        let cells = column.codes.len().max(1) as f64;
        let base = column.label_counts().into_iter().map(|n| f64::from(n) / cells).collect();
        let mut of = vec![0; labels];
        for cell in prototypes {
            let code = column.codes[cell.index()];
            if code != NO_LABEL {
                of[usize::from(code)] += 1;
            }
        }
        Self { weight, ratio, base, prototypes: of, n_prototypes: prototypes.len() }
    }

    fn lift(&self, label: usize) -> f64 {
        lift(self.weight[label], self.base[label])
    }

    fn title(&self, column: &Column, label: usize) -> TitleCells {
        TitleCells {
            column: column.name.clone(),
            label: column.labels[label].clone(),
            words: words(&column.labels[label]),
            weight: self.weight[label],
            ratio: self.ratio[label],
            base_rate: self.base[label],
            lift: self.lift(label),
            prototypes: self.prototypes[label],
        }
    }
}

/// As a reader would say it; two abbreviations of experiments that everyone uses are written out.
fn words(label: &str) -> String {
    match label.to_lowercase().as_str() {
        "ctrl" => "control".into(),
        "stim" => "stimulated".into(),
        _ => plural_label(label),
    }
}

fn of_first(shares: &Shares, column: &Column, parameters: &ReadingParameters) -> Vec<TitleCells> {
    let says_something =
        |&label: &usize| shares.lift(label) >= parameters.lift || shares.weight[label] >= NEARLY_ALL;
    let mut order: Vec<usize> = (0..shares.weight.len()).filter(says_something).collect();
    order.sort_by(|&a, &b| {
        shares.prototypes[b]
            .cmp(&shares.prototypes[a])
            .then(shares.weight[b].total_cmp(&shares.weight[a]))
            .then(a.cmp(&b))
    });
    let n = shares.n_prototypes;
    match order[..] {
        [one, ..] if 2 * shares.prototypes[one] as usize > n => {
            // The strongest cells of a concept may be of a kind that few of its cells are of.
            let most = order
                .iter()
                .copied()
                .max_by(|&a, &b| shares.weight[a].total_cmp(&shares.weight[b]).then(b.cmp(&a)));
            let further = most.filter(|&most| most != one && shares.weight[one] < ALONE);
            [Some(one), further].into_iter().flatten().map(|label| shares.title(column, label)).collect()
        }
        [one, two, ..]
            if shares.prototypes[two] > 1
                && f64::from(shares.prototypes[one] + shares.prototypes[two]) >= BOTH * n as f64 =>
        {
            vec![shares.title(column, one), shares.title(column, two)]
        }
        _ => Vec::new(),
    }
}

/// The label of another column that nearly all of the activation falls on, more than the cell types explain.
fn further(
    active: &ActiveCells,
    prototypes: &[CellId],
    types: &Shares,
    first: &Column,
    column: &Column,
    parameters: &ReadingParameters,
) -> Option<TitleCells> {
    let shares = Shares::of(active, prototypes, column);
    let label = (0..shares.weight.len())
        .max_by(|&a, &b| shares.weight[a].total_cmp(&shares.weight[b]).then(b.cmp(&a)))?;
    let agree = f64::from(shares.prototypes[label]) >= BOTH * shares.n_prototypes as f64;
    let number = column.labels[label].trim().parse::<f64>().is_ok();
    if number || !agree || shares.weight[label] < FURTHER || shares.lift(label) < parameters.lift {
        return None;
    }
    let expected = expected(types, first, column, label);
    (shares.weight[label] >= BEYOND_TYPES * expected).then(|| shares.title(column, label))
}

/// Share of a label among cells of the concept's types, in the concept's proportions.
fn expected(types: &Shares, first: &Column, column: &Column, label: usize) -> f64 {
    let mut of_type = vec![(0u32, 0u32); first.labels.len()];
    for (&kind, &code) in first.codes.iter().zip(&column.codes) {
        if kind != NO_LABEL {
            let (with, all) = &mut of_type[usize::from(kind)];
            *all += 1;
            *with += u32::from(usize::from(code) == label);
        }
    }
    let share = |&(with, all): &(u32, u32)| if all == 0 { 0.0 } else { f64::from(with) / f64::from(all) };
    of_type.iter().map(share).zip(&types.weight).map(|(share, weight)| share * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, labels: &[&str], codes: Vec<u16>) -> Column {
        Column { name: name.into(), labels: labels.iter().map(|&l| l.into()).collect(), codes }
    }

    fn cells(ids: impl IntoIterator<Item = u32>) -> ActiveCells {
        let cells: Vec<CellId> = ids.into_iter().map(CellId).collect();
        ActiveCells { values: vec![1.0; cells.len()], cells }
    }

    fn read(active: &ActiveCells, columns: &[Column]) -> Vec<String> {
        let prototypes: Vec<CellId> = active.cells.iter().copied().take(10).collect();
        said(&title_cells(active, &prototypes, columns, &["donor_id"], &ReadingParameters::default()))
    }

    fn said(found: &[TitleCells]) -> Vec<String> {
        found.iter().map(|cells| cells.words.clone()).collect()
    }

    #[test]
    fn cells_are_named_where_they_are_more_than_their_share() {
        // 100 cells: 80 T, 10 B, 10 NK; half of every type is control.
        let kinds = (0..100)
            .map(|i| {
                if i < 80 {
                    0
                } else if i < 90 {
                    1
                } else {
                    2
                }
            })
            .collect();
        let types = column("cell_type", &["T", "B", "NK"], kinds);
        let stim = column("stim", &["CTRL", "STIM"], (0..100).map(|i| i % 2).collect());
        let columns = [types, stim];
        assert_eq!(read(&cells(80..90), &columns), ["B cells"]);
        assert_eq!(read(&cells((80..90).step_by(2)), &columns), ["B cells", "control"]);
        assert_eq!(read(&cells(81..99), &columns), ["B cells"], "nine of ten prototypes");
        assert_eq!(read(&cells((85..95).chain(0..1)), &columns), ["B cells", "NK cells"]);
        assert_eq!(read(&cells((0..40).chain(80..85)), &columns), Vec::<String>::new(), "too common to say");
        assert_eq!(read(&cells(0..80), &columns), ["T cells"], "all of it");
        let mut few = cells((80..84).chain(90..100));
        few.values[..4].fill(1.5);
        let found = title_cells(&few, &few.cells[..6], &columns, &[], &ReadingParameters::default());
        assert_eq!(said(&found), ["B cells", "NK cells"], "four strong cells among ten others");
    }

    #[test]
    fn a_column_that_repeats_the_types_or_names_a_donor_adds_nothing() {
        let types = column("cell_type", &["T", "B"], (0..100).map(|i| u16::from(i >= 80)).collect());
        let same = column("lineage", &["t-like", "b-like"], types.codes.clone());
        let donor = column("donor_id", &["d1", "d2"], (0..100).map(|i| i % 2).collect());
        assert_eq!(read(&cells((80..100).step_by(2)), &[types, same, donor]), ["B cells"]);
    }
}
