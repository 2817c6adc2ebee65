//! One concept's readings against its row, its arrays and the rest of the bundle.

use super::{Bundle, Report, arrays::Arrays, cells::Cells, samples};
use crate::{
    bundle::{
        AttributionDetail, ConceptClass, ConceptDetail, ConceptIndex, ConceptRow, GeneIndex, Maybe, path,
    },
    ids::CellId,
};

pub(super) fn check(
    bundle: &Bundle<'_>,
    index: &ConceptIndex,
    place: usize,
    cells: &Cells,
    genes: Option<&GeneIndex>,
) -> Report {
    let mut report = Report::default();
    let row = &index.rows[place];
    if row.id.index() != place {
        return report;
    }
    let (file, arrays) = (path::concept(row.id), path::concept_arrays(row.id));
    let damaged = |name: &str| !bundle.has(name) && bundle.folder.read(name).is_ok();
    // A dead concept has no cells, no scores and so no arrays.
    let needed = if row.class == ConceptClass::Dead { vec![&file] } else { vec![&file, &arrays] };
    for needed in needed {
        // A file that is there but not as listed has been reported already.
        report.expect(bundle.has(needed) || damaged(needed), needed, || {
            format!("{} has this concept, but the file is not listed or not there", path::CONCEPT_INDEX)
        });
    }
    let Some(detail) = bundle.json::<ConceptDetail>(&file, &mut report) else { return report };
    agree_with_row(&file, &detail, row, &mut report);
    refer_to_cells(&file, &detail, cells, &mut report);
    refer_to_others(bundle, &file, &detail, index, genes, &mut report);
    if row.class == ConceptClass::Dead {
        return report;
    }
    numbers(bundle, &arrays, &detail, cells, genes, &mut report);
    samples::check(bundle, &detail, cells, genes, &mut report);
    report
}

fn agree_with_row(file: &str, detail: &ConceptDetail, row: &ConceptRow, report: &mut Report) {
    let by = path::CONCEPT_INDEX;
    report.same(file, "concept", detail.id.0, row.id.0, by);
    report.same(file, "active cells", detail.cells, row.cells, by);
    report.expect(detail.class == row.class, file, || {
        format!("class {:?}, but {:?} by {by}", detail.class, row.class)
    });
    report.expect(detail.max == row.max, file, || {
        format!("largest activation {}, but {} by {by}", detail.max, row.max)
    });
    let binned: u64 = detail.histogram.iter().map(|&n| u64::from(n)).sum();
    report.same(file, "cells in its histogram", binned, detail.cells, "its number of active cells");
}

fn refer_to_cells(file: &str, detail: &ConceptDetail, cells: &Cells, report: &mut Report) {
    let own = detail.prototypes.iter().map(|p| (p.cell, &p.name));
    let near = detail.prototypes.iter().flat_map(|p| p.counterfactuals.iter().map(|c| (c.cell, &c.name)));
    for (cell, name) in own.chain(near) {
        if cell.index() >= cells.count {
            return report.note(file, format!("cell {}, but there are {}", cell.0, cells.count));
        }
        if let Some(known) = cells.names.as_ref().map(|names| &names[cell.index()])
            && known != name
        {
            let message = format!("cell {} is named {name:?}, but {known:?} in {}", cell.0, path::CELL_NAMES);
            return report.note(file, message);
        }
    }
    let Some(metadata) = &cells.metadata else { return };
    for column in &detail.columns {
        let known = metadata.columns.iter().find(|known| known.name == column.column);
        let Some(known) = known else {
            report.note(file, format!("{:?} is no column of {}", column.column, path::CELL_METADATA));
            continue;
        };
        let stranger = column.labels.iter().find(|l| !known.labels.contains(&l.label) || l.active > l.total);
        if let Some(label) = stranger {
            report.note(file, format!("column {:?}: label {:?} does not fit", column.column, label.label));
        }
    }
}

fn refer_to_others(
    bundle: &Bundle<'_>,
    file: &str,
    detail: &ConceptDetail,
    index: &ConceptIndex,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) {
    let concepts = index.rows.len();
    let related = detail.coactive.iter().chain(&detail.alike);
    if let Some(other) = related.into_iter().find(|other| other.id.index() >= concepts) {
        report.note(file, format!("related to concept {}, but there are {concepts}", other.id.0));
    }
    for enrichment in &detail.enrichment {
        let sets = path::gene_sets(&enrichment.library);
        report.expect(bundle.manifest.files.contains_key(&sets), file, || {
            format!("pathways of {:?}, but {sets} is not in the bundle", enrichment.library)
        });
        let beyond = enrichment.sets.iter().find(|set| set.hits.iter().any(|&hit| hit >= enrichment.genes));
        if let Some(set) = beyond {
            report.note(file, format!("{:?} has a place beyond {} genes", set.term, enrichment.genes));
        }
    }
    if let (Maybe::Value(attribution), Some(genes)) = (&detail.attribution, genes) {
        let shown = attribution.genes.iter().chain(&attribution.lowest);
        let stranger = shown.into_iter().find(|g| genes.symbols.get(g.gene.index()) != Some(&g.symbol));
        if let Some(gene) = stranger {
            let message = format!("gene {} is not {:?} in {}", gene.gene.0, gene.symbol, path::GENE_INDEX);
            report.note(file, message);
        }
    }
    if let Maybe::Value(deletion) = &detail.deletion {
        let points = deletion.steps.len();
        let uneven = deletion.curves.iter().find(|c| c.mean.len() != points || c.sd.len() != points);
        if let Some(curve) = uneven {
            report.note(file, format!("curve {:?} does not have {points} points", curve.order));
        }
    }
}

fn numbers(
    bundle: &Bundle<'_>,
    file: &str,
    detail: &ConceptDetail,
    cells: &Cells,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) {
    let Some(bytes) = bundle.content(file, report) else { return };
    let Some(arrays) = Arrays::open(file, &bytes, report) else { return };
    let active = Some(detail.cells as usize);
    if let Some(found) = arrays.u32("cells", &[active], report) {
        let rising = found.windows(2).all(|pair| pair[0] < pair[1]);
        let within = found.last().is_none_or(|&cell| CellId(cell).index() < cells.count);
        report.expect(rising && within, file, || {
            format!("tensor \"cells\" does not hold different cells below {} in order", cells.count)
        });
    }
    if let Some(found) = arrays.f32("activations", &[active], false, report) {
        let max = found.iter().copied().fold(0.0, f32::max);
        report.expect(found.iter().all(|&v| v > 0.0) && max == detail.max, file, || {
            format!("activations up to {max} that are not all above 0, or not up to {}", detail.max)
        });
    }
    if let (Maybe::Value(attribution), Some(genes)) = (&detail.attribution, genes) {
        scores(file, &arrays, attribution, genes.symbols.len(), report);
    }
}

fn scores(
    file: &str,
    arrays: &Arrays<'_>,
    attribution: &AttributionDetail,
    genes: usize,
    report: &mut Report,
) {
    let all = arrays.f32("scores", &[Some(genes)], false, report);
    arrays.f32("scores_pre_topk", &[Some(genes)], false, report);
    for name in ["log2_fold_change", "p_value"] {
        if arrays.has(name) {
            arrays.f32(name, &[Some(genes)], true, report);
        }
    }
    if let Some(top) = arrays.u32("top_genes", &[None], report) {
        report.expect(top.iter().all(|&gene| (gene as usize) < genes), file, || {
            format!("tensor \"top_genes\" has a gene beyond {genes}")
        });
        let shape = [Some(top.len()), Some(attribution.pairs as usize)];
        arrays.f32("pair_scores", &shape, false, report);
    }
    if let Some(all) = all {
        let differs = attribution
            .genes
            .iter()
            .chain(&attribution.lowest)
            .find(|g| all.get(g.gene.index()).is_some_and(|&score| score != g.mean));
        if let Some(gene) = differs {
            report.note(file, format!("the score of {} is not the one of the concept's JSON", gene.symbol));
        }
    }
}
