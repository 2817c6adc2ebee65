//! Sparse probes: how well one item, and five of them, tell cells with a label from the others on cells that were held out.

use ndarray::Array2;

use super::{Folds, Population, SortedCells, auroc};
use crate::{
    cells::Column,
    classification::{Features, Logistic, LogisticOptions},
    concepts::Activations,
    ids::ConceptId,
    parallel,
};

/// Items of the regression.
const FEW: usize = 5;
/// Cells that a regression is fitted to at most.
const MOST_CELLS: usize = 50_000;
/// Cells that a label has at least.
pub const LEAST_CELLS: u32 = 10;

/// What was found of one label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// The item that is best on the training cells of most folds; as many: the better one over all cells.
    pub id: ConceptId,
    /// Its area over all cells.
    pub auroc_all: f64,
    /// Mean over the folds: the area of each fold's best item on its training cells.
    pub auroc_train: f64,
    /// … on the cells held out.
    pub auroc_test: f64,
    /// Mean over the folds: the area of a logistic regression on the five best items, on the cells held out; none where no
    /// fold could be fitted.
    pub auroc5_test: Option<f64>,
    /// Folds that have cells with and without the label on both sides.
    pub folds: usize,
}

/// Probes of every label of a column, or why a label has none. An item is scored by its activation, higher meaning the
/// label; cells without a label are such that do not have it.
pub fn probes(activations: &Activations, column: &Column, folds: &Folds) -> Vec<Result<Probe, String>> {
    let labels = column.labels.len();
    let sorted: Vec<SortedCells> =
        parallel::map(activations.len(), |item| SortedCells::of(activations.of(ConceptId::from(item))));
    let inside = |test: bool, fold: usize| {
        Population::new(&column.codes, labels, move |cell| (folds.of(cell) == Some(fold as u32)) == test)
    };
    let over_all = areas(&sorted, &Population::new(&column.codes, labels, |_| true));
    let train: Vec<Areas> = (0..folds.count).map(|fold| areas(&sorted, &inside(false, fold))).collect();
    let test: Vec<Population<'_>> = (0..folds.count).map(|fold| inside(true, fold)).collect();
    let counts = column.label_counts();
    let one = |label: usize| {
        if counts[label] < LEAST_CELLS {
            return Err(format!("{} cells; a label is probed from {LEAST_CELLS} on", counts[label]));
        }
        let used: Vec<Used> = (0..folds.count)
            .filter_map(|fold| {
                let best = best(&train[fold], label);
                let &first = best.first()?;
                let held_out = sorted[first].aurocs(&test[fold])[label]?;
                Some(Used { fold, train: train[fold][first][label]?, held_out, best })
            })
            .collect();
        if used.is_empty() {
            return Err("no fold has cells with and without the label on both sides".into());
        }
        let id = most_often(&used.iter().map(|of| of.best[0]).collect::<Vec<_>>(), &over_all, label);
        let mean = |value: fn(&Used) -> f64| used.iter().map(value).sum::<f64>() / used.len() as f64;
        let few: Vec<f64> = used
            .iter()
            .filter_map(|Used { best, fold, .. }| {
                few(activations, &best[..best.len().min(FEW)], column, label, folds, *fold)
            })
            .collect();
        Ok(Probe {
            id: ConceptId::from(id),
            auroc_all: over_all[id][label].ok_or("all cells have the label")?,
            auroc_train: mean(|of| of.train),
            auroc_test: mean(|of| of.held_out),
            auroc5_test: (!few.is_empty()).then(|| few.iter().sum::<f64>() / few.len() as f64),
            folds: used.len(),
        })
    };
    parallel::map(labels, one)
}

/// A fold in which a label can be probed: its best items by the training cells, and what the first of them reaches.
struct Used {
    fold: usize,
    best: Vec<usize>,
    train: f64,
    held_out: f64,
}

/// Of each item, of each label.
type Areas = Vec<Vec<Option<f64>>>;

fn areas(sorted: &[SortedCells], population: &Population<'_>) -> Areas {
    parallel::map(sorted.len(), |item| sorted[item].aurocs(population))
}

/// Items by falling area for a label, ties to the first.
fn best(areas: &Areas, label: usize) -> Vec<usize> {
    let mut items: Vec<(usize, f64)> =
        areas.iter().enumerate().filter_map(|(item, of)| Some((item, of[label]?))).collect();
    items.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    items.truncate(FEW);
    items.into_iter().map(|(item, _)| item).collect()
}

fn most_often(chosen: &[usize], over_all: &Areas, label: usize) -> usize {
    let count = |item: usize| chosen.iter().filter(|&&other| other == item).count();
    let area = |item: usize| over_all[item][label].unwrap_or(0.0);
    let better = |a: usize, b: usize| {
        let order = count(a).cmp(&count(b)).then(area(a).total_cmp(&area(b))).then(b.cmp(&a));
        if order.is_lt() { b } else { a }
    };
    chosen.iter().copied().reduce(better).unwrap_or(0)
}

/// The area of a regression on some items, fitted without a fold, on that fold.
fn few(
    activations: &Activations,
    items: &[usize],
    column: &Column,
    label: usize,
    folds: &Folds,
    fold: usize,
) -> Option<f64> {
    let mut values = Array2::zeros((activations.cells, items.len()));
    for (place, &item) in items.iter().enumerate() {
        let active = activations.of(ConceptId::from(item));
        active
            .cells
            .iter()
            .zip(&active.values)
            .for_each(|(cell, &value)| values[[cell.index(), place]] = value);
    }
    let features = Features::Dense(values);
    let is = |cell: usize| usize::from(column.codes[cell]) == label;
    let (test, mut train): (Vec<usize>, Vec<usize>) =
        (0..activations.cells).partition(|&cell| folds.of(cell) == Some(fold as u32));
    if train.len() > MOST_CELLS {
        train = train.into_iter().step_by(activations.cells.div_ceil(MOST_CELLS)).collect();
    }
    let classes: Vec<usize> = train.iter().map(|&cell| usize::from(is(cell))).collect();
    if !classes.contains(&1) || !classes.contains(&0) {
        return None;
    }
    let fitted = Logistic::fit(&features, &train, &classes, 2, &LogisticOptions::default()).ok()?;
    let positive: Vec<bool> = test.iter().map(|&cell| is(cell)).collect();
    auroc(&fitted.scores(&features, &test, 1), &positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 120 cells of three kinds, item 1 active in those of the second kind and item 0 in a few at random.
    fn setting() -> (Activations, Column) {
        let kinds: Vec<&str> = (0..120).map(|cell| ["a", "b", "c"][cell % 3]).collect();
        let indices: Vec<u32> = (0..120).map(|cell| if cell % 3 == 1 { 1 } else { 0 }).collect();
        let values: Vec<f32> = (0..120)
            .map(|cell| if cell % 3 == 1 { 1.0 + cell as f32 / 500.0 } else { f32::from(cell % 7 == 0) })
            .collect();
        let column = Column::from_texts("kind", &kinds).unwrap();
        (Activations::from_codes(120, 3, 1, &indices, &values), column)
    }

    #[test]
    fn an_item_of_a_label_is_found_and_holds_on_cells_held_out() {
        let (activations, column) = setting();
        let folds = Folds::by_cell(&column, 5, 3);
        let found = probes(&activations, &column, &folds);
        let second = found[1].clone().unwrap();
        assert_eq!((second.id, second.auroc_all, second.auroc_test), (ConceptId(1), 1.0, 1.0));
        assert!(second.auroc5_test.unwrap() > 0.99 && second.folds == 5);
        assert!(found[0].clone().unwrap().auroc_test < 0.8);
    }

    #[test]
    fn what_cannot_be_probed_says_why() {
        let (activations, mut column) = setting();
        column.codes =
            column.codes.iter().enumerate().map(|(cell, &code)| if cell < 3 { code } else { 0 }).collect();
        let found = probes(&activations, &column, &Folds::by_cell(&column, 5, 3));
        assert!(found[1].clone().unwrap_err().contains("1 cells"));
        let one = Column::from_texts("one", &vec!["x"; 120]).unwrap();
        let found = probes(&activations, &one, &Folds::by_cell(&one, 5, 3));
        assert!(found[0].clone().unwrap_err().contains("no fold"));
    }
}
