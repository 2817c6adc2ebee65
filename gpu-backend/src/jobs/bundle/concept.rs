//! One concept: which cells, which genes, which pathways; its files in the bundle and its row in the index.

use std::ops::ControlFlow;

use cellprism_core::{
    attribution::{
        Attribution, ConceptCells, DeletionOptions, GeneInfo, GeneOrder, Perturb, Screened, attribute,
        deletion_curves, describe as describe_attribution, order_by_score,
    },
    bundle::{
        ConceptArrays, ConceptClass, ConceptDetail, ConceptRow, Counterfactual, DeletionOrder, File as _,
        GeneAttribution, GeneScore, Maybe, Prototype, SideLabels, TitleParts, path,
    },
    cells::plural_label,
    concepts::{ActiveCells, classify, column_specificity, composition, histogram, related},
    gsea::{ConceptEnrichment, OverLibraries, enrich_libraries},
    ids::{CellId, ConceptId},
    stats::differential::Differential,
};

use super::{
    compared::{self, Compared},
    context::Context,
    reading,
    samples::samples,
    subject::Subject,
    work::Work,
};

/// Genes listed with their spread and pairs.
const SHOWN_GENES: usize = 50;
/// Genes in the index.
const INDEX_GENES: usize = 8;
/// Largest p of the genes that are swapped in the order of their fold change (Appendix C).
const FOLD_CHANGE_P: f64 = 5e-3;

/// Describes a concept, writes its files, and returns its row.
pub fn describe(
    context: &Context,
    subject: &Subject,
    compared: &Compared,
    test: Option<&Differential>,
    work: &Work,
) -> anyhow::Result<ConceptRow> {
    let id = compared.concept;
    let (mut row, mut detail) = without_readings(context, subject, id, "no active cell");
    let mut arrays = ConceptArrays::default();
    if row.class != ConceptClass::Dead {
        let outputs = (&mut row, &mut detail, &mut arrays);
        fill(context, subject, (compared, test), outputs, work)?;
    }
    let folder = subject.folder;
    if row.class != ConceptClass::Dead {
        work.put(&path::arrays(folder, id), &arrays.to_bytes()?)?;
    }
    work.put(&path::readings(folder, id), &detail.to_bytes()?)?;
    work.finish_row(folder, &row)?;
    Ok(row)
}

/// What is known of a concept by its activations alone; `why` there is nothing else.
pub fn without_readings(
    context: &Context,
    subject: &Subject,
    id: ConceptId,
    why: &str,
) -> (ConceptRow, ConceptDetail) {
    let active = subject.activations.of(id);
    let parameters = &context.parameters;
    let columns: Vec<_> = context
        .columns
        .iter()
        .map(|column| column_specificity(active, column, &parameters.specificity))
        .collect();
    let class = classify(active, columns.first(), &parameters.specificity);
    let max = active.max();
    let row = ConceptRow {
        composition: context.primary().map_or_else(Vec::new, |column| composition(active, column, 5)),
        specific: columns.iter().filter_map(|c| c.specific.value().cloned()).collect(),
        reads_as: reads_as(context, active),
        ..ConceptRow::of_cells(id, class, active.len() as u32, max, histogram(&active.values, max, 20))
    };
    let detail = ConceptDetail {
        id,
        class,
        cells: row.cells,
        max,
        mean: active.mean(),
        histogram: histogram(&active.values, max, 40),
        columns,
        prototypes: Vec::new(),
        attribution: Maybe::missing(why),
        enrichment: Vec::new(),
        deletion: Maybe::missing(why),
        coactive: Vec::new(),
        alike: Vec::new(),
        title: String::new(),
        title_parts: TitleParts::default(),
        verdict: String::new(),
        labels: SideLabels::default(),
        edge: 0,
        reading: Maybe::missing(why),
    };
    (row, detail)
}

fn fill(
    context: &Context,
    subject: &Subject,
    (compared, test): (&Compared, Option<&Differential>),
    (row, detail, arrays): (&mut ConceptRow, &mut ConceptDetail, &mut ConceptArrays),
    work: &Work,
) -> anyhow::Result<()> {
    let id = compared.concept;
    let active = subject.activations.of(id);
    let p = &context.parameters.attribution;
    let n_counterfactuals = p.counterfactuals as usize;
    let cells = &compared.cells;
    let fetched = context.fetch(compared.swapped())?;
    let every_gene = &*context.swapper.get()?.among(fetched.counted())?;
    let screened = screened(context, subject, compared, every_gene)?;
    let swaps: &dyn Perturb = screened.as_ref().map_or(every_gene, |screened| screened);
    let attribution = attribute(swaps, &subject.reader, id, cells, n_counterfactuals)?;
    let fold_change: Vec<f32> =
        test.map_or_else(Vec::new, |t| t.log2_fold_change.iter().map(|&v| v as f32).collect());
    let info = GeneInfo { symbols: &context.symbols, log2_fold_change: &fold_change };
    let mut described = describe_attribution(&attribution, cells, swaps, info, p.important, SHOWN_GENES);
    described.screened = screened.as_ref().map(|screened| screened.outcome(&attribution, p.important));
    described.swapped_genes = screened.as_ref().map(Screened::swapped).unwrap_or_default();
    row.screened.clone_from(&described.screened);

    detail.prototypes = prototypes(context, cells);
    let enriched = enrich(context, &attribution, active.len())?;
    detail.enrichment = enriched.libraries;
    let orders = orders(&attribution, test);
    let options = DeletionOptions { counterfactuals: n_counterfactuals, ..context.deletion };
    let curves = deletion_curves(swaps, &subject.reader, id, cells, &orders, options)?;
    detail.deletion = match curves.pairs {
        0 => Maybe::missing("no pair of a prototype and a cell without the concept"),
        _ => Maybe::Value(curves),
    };
    (detail.coactive, detail.alike) = related(&subject.activations, subject.weights.w_dec.view(), id, 5);

    row.important = described.important;
    row.genes = described
        .genes
        .iter()
        .take(INDEX_GENES)
        .filter(|gene| gene.mean > 0.0)
        .map(|gene| GeneScore { gene: gene.symbol.clone(), score: gene.mean })
        .collect();
    row.pathway = enriched.label;
    row.chance = enriched.chance;
    row.any_label_by_chance = enriched.any;

    *arrays = concept_arrays(active, &attribution, &described.genes, test);
    match reading::read(context, subject, compared, swaps, &attribution, test)? {
        Some(found) => reading::fill(context, active, found, row, detail, arrays),
        None => detail.reading = Maybe::missing("only the paper's readings were asked for"),
    }
    detail.attribution = Maybe::Value(described);
    if subject.recomputable() {
        let kept = samples(context, compared, &fetched, compared::kept(p));
        work.put(&path::samples_of(subject.folder, id), &kept.to_bytes()?)?;
    }
    Ok(())
}

/// The model with which only some genes are swapped, where that was asked for.
///
/// # Errors
/// If the model cannot be run, or has no gradient.
pub fn screened<'a>(
    context: &Context,
    subject: &Subject,
    compared: &Compared,
    swaps: &'a dyn Perturb,
) -> anyhow::Result<Option<Screened<'a, dyn Perturb + 'a>>> {
    let p = &context.parameters.attribution;
    let Some(screening) = &p.screening else { return Ok(None) };
    let n = p.counterfactuals as usize;
    Ok(Some(Screened::choose(swaps, &subject.reader, compared.concept, &compared.cells, n, screening)?))
}

/// "86% B cells", or the two commonest labels.
fn reads_as(context: &Context, active: &ActiveCells) -> String {
    if active.is_empty() {
        return "no active cell".into();
    }
    let Some(column) = context.primary() else { return String::new() };
    let named = |&(code, cells): &(u16, u32)| {
        format!(
            "{:.0}% {}",
            f64::from(cells) / active.len() as f64 * 100.0,
            plural_label(&column.labels[usize::from(code)])
        )
    };
    let parts = composition(active, column, 2);
    let first_share = parts.first().map_or(0.0, |p| f64::from(p.1) / active.len() as f64);
    let shown = if first_share >= 0.6 { 1 } else { 2 };
    parts.iter().take(shown).map(named).collect::<Vec<_>>().join(", ")
}

fn prototypes(context: &Context, cells: &ConceptCells) -> Vec<Prototype> {
    let label =
        |cell: CellId| context.primary().and_then(|column| column.label(cell.index())).map(str::to_owned);
    cells
        .prototypes
        .iter()
        .zip(&cells.counterfactuals)
        .map(|(&(cell, activation), near)| Prototype {
            cell,
            name: context.names[cell.index()].clone(),
            label: label(cell),
            activation,
            edge: false,
            counterfactuals: near
                .iter()
                .map(|found| Counterfactual {
                    cell: found.cell,
                    name: context.names[found.cell.index()].clone(),
                    label: label(found.cell),
                    distance: found.distance as f32,
                })
                .collect(),
        })
        .collect()
}

/// Pathways as in the paper: whether there are enough cells for a chance rate decides on that only.
pub fn enrich(context: &Context, attribution: &Attribution, cells: usize) -> anyhow::Result<OverLibraries> {
    let min_cells = context.parameters.specificity.min_cells;
    let few =
        (cells < min_cells as usize).then(|| format!("{cells} active cells; computed from {min_cells} on"));
    let request = |sets| ConceptEnrichment {
        sets,
        symbols: &context.symbols,
        detection: &context.detection,
        parameters: &context.parameters.enrichment,
        no_null: few.as_deref(),
        deck: Some(&context.deck),
    };
    Ok(enrich_libraries(&attribution.scores, &context.sets, request, &mut |_| ControlFlow::Continue(()))?)
}

/// Orders in which genes are swapped as in the paper.
pub fn orders(attribution: &Attribution, test: Option<&Differential>) -> Vec<GeneOrder> {
    let mut orders =
        vec![GeneOrder { name: DeletionOrder::Attribution, genes: order_by_score(&attribution.scores) }];
    if let Some(test) = test {
        let mut genes: Vec<u32> =
            (0..test.p.len() as u32).filter(|&g| test.p[g as usize] <= FOLD_CHANGE_P).collect();
        let size = |g: u32| test.log2_fold_change[g as usize].abs();
        genes.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(a.cmp(&b)));
        orders.push(GeneOrder { name: DeletionOrder::FoldChange, genes });
    }
    orders
}

fn concept_arrays(
    active: &ActiveCells,
    attribution: &Attribution,
    shown: &[GeneAttribution],
    test: Option<&Differential>,
) -> ConceptArrays {
    let pairs = attribution.pairs.len();
    let pair_score = |gene: u32, pair: usize| {
        let swaps = &attribution.pairs[pair].swaps;
        swaps.binary_search_by_key(&gene, |s| s.gene).map_or(0.0, |place| swaps[place].post)
    };
    let of_test = |values: fn(&Differential) -> &[f64]| {
        test.map_or_else(Vec::new, |test| values(test).iter().map(|&v| v as f32).collect())
    };
    ConceptArrays {
        cells: active.cells.iter().map(|c| c.0).collect(),
        activations: active.values.clone(),
        scores: attribution.scores.clone(),
        scores_pre_topk: attribution.scores_pre_topk.clone(),
        top_genes: shown.iter().map(|g| g.gene.0).collect(),
        pair_scores: shown
            .iter()
            .flat_map(|g| (0..pairs).map(move |pair| pair_score(g.gene.0, pair)))
            .collect(),
        pairs,
        log2_fold_change: of_test(|test| &test.log2_fold_change),
        p_value: of_test(|test| &test.p),
        ..ConceptArrays::default()
    }
}
