//! What a subject recovers of planted programs: which item follows each, whether several share it, and whether an item of a
//! part hides that of the whole.

use ndarray::Array2;

use super::Subject;
use crate::{concepts::ActiveCells, ids::ConceptId, stats::maximum_assignment};

/// Smallest gain of F1 for which a further item counts as a part of a program.
const GAIN: f64 = 0.03;
/// Most parts that are counted.
const MOST_PARTS: usize = 20;

/// A planted program.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// The program that it is a part of, by its place.
    pub parent: Option<usize>,
    /// Activity in each cell; 0 where it is not active.
    pub activity: Vec<f32>,
}

/// What became of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovered {
    /// The item given to it, one to one, so that the sum of correlations is largest.
    pub id: ConceptId,
    /// How well that item's activation tells cells with the program from those without; none where all cells have it or none.
    pub auroc: Option<f64>,
    /// Correlation of activation and activity over the cells; none where one of the two does not vary.
    pub correlation: Option<f64>,
    /// Items that tell its cells together: 1 where one is enough. Each further one raises F1 by at least .03.
    pub splitting: usize,
    /// Of the cells with the program, those in which its item is silent and the item of one of its parts active; none where it
    /// has no parts.
    pub absorption: Option<f64>,
}

/// Scores every program; none for a program that no item is left for.
///
/// # Panics
/// If a program's activity is not one number a cell.
pub fn recover(programs: &[Program], subject: &Subject) -> Vec<Option<Recovered>> {
    let cells = subject.activations.cells;
    assert!(programs.iter().all(|program| program.activity.len() == cells), "one activity a cell");
    let alive: Vec<ConceptId> =
        subject.activations.iter().filter(|(_, active)| !active.is_empty()).map(|(id, _)| id).collect();
    let of = |item: usize| subject.activations.of(alive[item]);
    let correlation = Array2::from_shape_fn((programs.len(), alive.len()), |(program, item)| {
        correlation(of(item), &programs[program].activity).unwrap_or(0.0) as f32
    });
    let given = assign(&correlation);
    let score = |place: usize| -> Option<Recovered> {
        let program = &programs[place];
        let item = given[place]?;
        let has: Vec<bool> = program.activity.iter().map(|&activity| activity > 0.0).collect();
        let parts: Vec<usize> = (0..programs.len())
            .filter(|&other| programs[other].parent == Some(place))
            .filter_map(|other| given[other])
            .collect();
        let absorbed = |item: usize| -> Option<f64> {
            let own = of(item).mask(cells);
            let others: Vec<Vec<bool>> = parts.iter().map(|&part| of(part).mask(cells)).collect();
            let with: Vec<usize> = (0..cells).filter(|&cell| has[cell]).collect();
            let hidden =
                with.iter().filter(|&&cell| !own[cell] && others.iter().any(|other| other[cell])).count();
            (!with.is_empty() && !others.is_empty()).then(|| hidden as f64 / with.len() as f64)
        };
        Some(Recovered {
            id: alive[item],
            auroc: auroc(of(item), &has),
            correlation: self::correlation(of(item), &program.activity),
            splitting: parts_of(&has, (0..alive.len()).map(of)),
            absorption: absorbed(item),
        })
    };
    (0..programs.len()).map(score).collect()
}

/// For each row its column in the assignment of largest sum, where there is one.
fn assign(weights: &Array2<f32>) -> Vec<Option<usize>> {
    let (rows, columns) = weights.dim();
    if rows == 0 || columns == 0 {
        return vec![None; rows];
    }
    if rows <= columns {
        return maximum_assignment(weights.view()).into_iter().map(Some).collect();
    }
    let mut found = vec![None; rows];
    for (column, row) in maximum_assignment(weights.t()).into_iter().enumerate() {
        found[row] = Some(column);
    }
    found
}

/// Pearson's correlation of an activation, 0 where it is not active, with a value of every cell.
pub fn correlation(active: &ActiveCells, values: &[f32]) -> Option<f64> {
    let n = values.len() as f64;
    let (mut x, mut xx, mut xy) = (0.0, 0.0, 0.0);
    for (cell, &activation) in active.cells.iter().zip(&active.values) {
        let (a, v) = (f64::from(activation), f64::from(values[cell.index()]));
        x += a;
        xx += a * a;
        xy += a * v;
    }
    let y: f64 = values.iter().map(|&v| f64::from(v)).sum();
    let yy: f64 = values.iter().map(|&v| f64::from(v).powi(2)).sum();
    let spread = (xx - x * x / n) * (yy - y * y / n);
    Some((xy - x * y / n) / spread.sqrt()).filter(|found| found.is_finite())
}

/// Area under the curve of receiver operating characteristic of an activation; equal activations count half.
pub fn auroc(active: &ActiveCells, has: &[bool]) -> Option<f64> {
    let positives = has.iter().filter(|has| **has).count();
    let negatives = has.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut order: Vec<(f32, bool)> =
        active.cells.iter().zip(&active.values).map(|(cell, &value)| (value, has[cell.index()])).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut above, mut won, mut seen) = (0.0, 0.0, 0.0);
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let p = group.iter().filter(|(_, has)| *has).count() as f64;
        let q = group.len() as f64 - p;
        // Each negative of this group loses to all positives above it, and to half of those beside it.
        won += q * (above + p / 2.0);
        above += p;
        seen += q;
    }
    let silent = (positives as f64 - above, negatives as f64 - seen);
    won += silent.1 * (above + silent.0 / 2.0);
    Some(won / (positives as f64 * negatives as f64))
}

/// Items whose active cells together are the program's: the best by F1, then each that raises it enough.
fn parts_of<'a>(has: &[bool], items: impl Iterator<Item = &'a ActiveCells>) -> usize {
    let items: Vec<&ActiveCells> = items.collect();
    let positives = has.iter().filter(|has| **has).count();
    let mut taken = vec![false; has.len()];
    let (mut hits, mut all, mut best, mut parts) = (0usize, 0usize, 0.0f64, 0usize);
    while parts < MOST_PARTS {
        let with = |item: &ActiveCells| {
            let new = item.cells.iter().filter(|cell| !taken[cell.index()]);
            let (mut h, mut a) = (hits, all);
            for cell in new {
                a += 1;
                h += usize::from(has[cell.index()]);
            }
            (2.0 * h as f64 / (a + positives).max(1) as f64, h, a)
        };
        let next =
            items.iter().map(|item| (with(item), item)).reduce(|x, y| if y.0.0 > x.0.0 { y } else { x });
        let Some(((f1, h, a), item)) = next else { break };
        if f1 < best + GAIN {
            break;
        }
        item.cells.iter().for_each(|cell| taken[cell.index()] = true);
        (hits, all, best) = (h, a, f1);
        parts += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::{concepts::Activations, ids::CellId};

    fn active(cells: &[u32], value: f32) -> ActiveCells {
        ActiveCells { cells: cells.iter().map(|&c| CellId(c)).collect(), values: vec![value; cells.len()] }
    }

    /// A whole of twelve cells with two parts of six: one item for the whole misses four cells of the first part.
    fn subject() -> Subject {
        let concepts = vec![
            active(&[4, 5, 6, 7, 8, 9, 10, 11], 1.0),
            active(&[0, 1, 2, 3, 4, 5], 2.0),
            active(&[6, 7, 8, 9, 10, 11], 2.0),
            ActiveCells::default(),
        ];
        let x = Array2::<f32>::zeros((20, 2));
        let mut subject = Subject::random(x.view(), (4, 1), 0).unwrap();
        subject.activations = Activations::of_concepts(20, concepts);
        subject
    }

    fn program(parent: Option<usize>, cells: std::ops::Range<usize>) -> Program {
        let activity = (0..20).map(|cell| if cells.contains(&cell) { 1.0 } else { 0.0 }).collect();
        Program { name: format!("{cells:?}"), parent, activity }
    }

    #[test]
    fn a_whole_with_two_parts() {
        let programs =
            [program(None, 0..12), program(Some(0), 0..6), program(Some(0), 6..12), program(None, 19..20)];
        let found = recover(&programs, &subject());
        let whole = found[0].unwrap();
        assert_eq!(
            (whole.id, found[1].unwrap().id, found[2].unwrap().id),
            (ConceptId(0), ConceptId(1), ConceptId(2))
        );
        assert_eq!(whole.absorption, Some(4.0 / 12.0));
        assert_eq!((found[1].unwrap().splitting, found[1].unwrap().absorption), (1, None));
        assert_eq!(whole.splitting, 2, "F1 .8 alone, 1 with the first part");
        assert_eq!(found[3], None, "three items are alive");
        assert!((found[1].unwrap().correlation.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn auroc_by_hand() {
        let has: Vec<bool> = (0..6).map(|cell| cell < 3).collect();
        let item = ActiveCells { cells: vec![CellId(0), CellId(1), CellId(3)], values: vec![3.0, 1.0, 1.0] };
        // positives 3, 1, 0 against negatives 1, 0, 0
        assert_eq!(auroc(&item, &has), Some((3.0 + 0.5 + 2.0 + 1.0) / 9.0));
        assert_eq!(auroc(&item, &[true; 6]), None);
    }
}
