//! Counts of one concept's prototypes and counterfactuals.

use super::{Bundle, Report, arrays::Arrays, cells::Cells};
use crate::bundle::{ConceptDetail, GeneIndex, path};

pub(super) fn check(
    bundle: &Bundle<'_>,
    detail: &ConceptDetail,
    cells: &Cells,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) {
    let file = path::samples(detail.id);
    let Some(bytes) = bundle.content(&file, report) else { return };
    let Some(arrays) = Arrays::open(&file, &bytes, report) else { return };
    let Some(names) = arrays.u32("cells", &[None], report) else { return };
    report.expect(names.iter().all(|&cell| (cell as usize) < cells.count), &file, || {
        format!("tensor \"cells\" has a cell beyond {}", cells.count)
    });
    counts(&file, &arrays, names.len(), genes.map_or(usize::MAX, |genes| genes.symbols.len()), report);
    let prototypes = arrays.u32("prototypes", &[Some(detail.prototypes.len())], report);
    let counterfactuals = arrays.u32("counterfactuals", &[Some(detail.prototypes.len()), None], report);
    let (Some(prototypes), Some(counterfactuals)) = (prototypes, counterfactuals) else { return };
    let name = |place: u32| names.get(place as usize).copied();
    let fits = detail.prototypes.iter().zip(&prototypes).all(|(p, &place)| name(place) == Some(p.cell.0));
    report.expect(fits, &file, || "tensor \"prototypes\" does not point at the concept's prototypes".into());
    let width = counterfactuals.len() / prototypes.len().max(1);
    for (prototype, row) in detail.prototypes.iter().zip(counterfactuals.chunks(width.max(1))) {
        let there = prototype.counterfactuals.iter().map(|c| Some(c.cell.0)).chain(std::iter::repeat(None));
        // More may be sampled than the page lists, never others.
        let fits = row.iter().zip(there).all(|(&place, listed)| match listed {
            Some(cell) => name(place) == Some(cell),
            None => place == u32::MAX || name(place).is_some(),
        });
        if !fits {
            return report.note(
                &file,
                format!("tensor \"counterfactuals\" does not fit prototype {}", prototype.name),
            );
        }
    }
}

/// Compressed sparse rows: one a cell, columns in order and below the number of genes, no negative count.
fn counts(file: &str, arrays: &Arrays<'_>, rows: usize, genes: usize, report: &mut Report) {
    let Some(indptr) = arrays.u32("indptr", &[Some(rows + 1)], report) else { return };
    let Some(indices) = arrays.narrow_u32("indices", &[None], report) else { return };
    let Some(values) = arrays.narrow_f32("values", &[Some(indices.len())], report) else { return };
    let whole = indptr.first() == Some(&0)
        && indptr.last().is_some_and(|&end| end as usize == indices.len())
        && indptr.windows(2).all(|pair| pair[0] <= pair[1]);
    if !whole {
        return report.note(file, "tensor \"indptr\" is not a list of row ends");
    }
    let rows = || indptr.windows(2).map(|pair| &indices[pair[0] as usize..pair[1] as usize]);
    let ordered = rows().all(|row| {
        row.windows(2).all(|pair| pair[0] < pair[1]) && row.last().is_none_or(|&gene| (gene as usize) < genes)
    });
    report.expect(ordered, file, || "tensor \"indices\" does not hold genes in order".into());
    report.expect(values.iter().all(|&v| v >= 0.0), file, || "tensor \"values\" has a negative count".into());
}
