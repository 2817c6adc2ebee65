//! Preranked gene set enrichment analysis with GSEApy's numbers.

use cellprism_core::gsea::{GeneSet, GeneSets, Order, PrerankOptions, Ranking, match_sets, prerank_within};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyDict};

use crate::{errors, watch::Watcher};

/// One null score each; more would take the machine's memory.
const MOST_NULL_SCORES: usize = 500_000_000;

/// Sets of a GMT file's content, packed or not: a list of (term, genes).
#[pyfunction]
pub(crate) fn read_gene_sets(content: &[u8]) -> PyResult<Vec<(String, Vec<String>)>> {
    let sets = GeneSets::parse(content).map_err(|error| errors::value(&error))?;
    Ok(sets.sets.into_iter().map(|set| (set.term, set.genes)).collect())
}

/// What the table holds, column by column, furthest NES first.
#[derive(Default)]
struct Columns {
    term: Vec<String>,
    es: Vec<f64>,
    nes: Vec<f64>,
    p: Vec<f64>,
    fdr: Vec<f64>,
    fwer: Vec<f64>,
    tag: Vec<String>,
    gene: Vec<String>,
    lead: Vec<String>,
}

/// GSEApy's table of a ranking as a dictionary of columns.
#[pyfunction]
#[pyo3(signature = (genes, scores, sets, min_size, max_size, permutations, weight, ascending, seed, threads, progress))]
#[expect(clippy::too_many_arguments, reason = "they are GSEApy's, by name in the Python function")]
pub(crate) fn prerank<'py>(
    py: Python<'py>,
    genes: Vec<String>,
    scores: Vec<f64>,
    sets: Vec<(String, Vec<String>)>,
    min_size: usize,
    max_size: usize,
    permutations: usize,
    weight: f64,
    ascending: Option<bool>,
    seed: u64,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let order = match ascending {
        Some(false) => Order::Descending,
        Some(true) => Order::Ascending,
        None => Order::Given,
    };
    let sets = GeneSets { sets: sets.into_iter().map(|(term, genes)| GeneSet { term, genes }).collect() };
    let options = PrerankOptions { permutations, seed, weight };
    let columns = py.detach(|| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| PyValueError::new_err(format!("threads: {error}")))?;
        let ranking = Ranking::ordered(genes, scores, order).map_err(|error| errors::value(&error))?;
        pool.install(|| table(&ranking, &sets, min_size, max_size, &options, progress))
    })?;
    let out = PyDict::new(py);
    out.set_item("Term", columns.term)?;
    out.set_item("ES", columns.es)?;
    out.set_item("NES", columns.nes)?;
    out.set_item("NOM p-val", columns.p)?;
    out.set_item("FDR q-val", columns.fdr)?;
    out.set_item("FWER p-val", columns.fwer)?;
    out.set_item("Tag %", columns.tag)?;
    out.set_item("Gene %", columns.gene)?;
    out.set_item("Lead_genes", columns.lead)?;
    Ok(out)
}

fn table(
    ranking: &Ranking,
    sets: &GeneSets,
    min_size: usize,
    max_size: usize,
    options: &PrerankOptions,
    progress: Option<Py<PyAny>>,
) -> PyResult<Columns> {
    let matched = match_sets(ranking, sets, min_size, max_size);
    if matched.sets.is_empty() {
        return Err(PyValueError::new_err(format!(
            "no gene set has {min_size} to {max_size} of the ranking's genes ({} sets have fewer, {} more): do both name \
             genes the same way (the ranking has {:?}, the sets {:?})?",
            matched.too_small,
            matched.too_large,
            ranking.genes().iter().take(3).collect::<Vec<_>>(),
            sets.sets.iter().flat_map(|set| &set.genes).take(3).collect::<Vec<_>>(),
        )));
    }
    if matched.sets.len().saturating_mul(options.permutations) > MOST_NULL_SCORES {
        return Err(PyValueError::new_err(format!(
            "{} sets × {} permutations are too many to keep: at most {MOST_NULL_SCORES} null scores",
            matched.sets.len(),
            options.permutations,
        )));
    }
    let mut watcher = Watcher::new(progress);
    let found = prerank_within(ranking.scores(), matched.distinct, &matched.sets, options, &mut |share| {
        watcher.at(share)
    });
    watcher.finish()?;
    let found = found.map_err(|_| PyValueError::new_err("stopped"))?;
    let mut order: Vec<usize> = (0..matched.sets.len()).collect();
    order.sort_by(|&a, &b| {
        let nes = |i: usize| found.sets[i].nes.abs();
        nes(b).total_cmp(&nes(a)).then_with(|| matched.sets[b].term.cmp(&matched.sets[a].term))
    });
    let mut columns = Columns::default();
    for i in order {
        let (set, s) = (&matched.sets[i], &found.sets[i]);
        let lead: Vec<&str> =
            s.peak.leading_edge.iter().map(|&place| ranking.genes()[place as usize].as_str()).collect();
        columns.term.push(set.term.clone());
        columns.es.push(s.es);
        columns.nes.push(s.nes);
        columns.p.push(s.p);
        columns.fdr.push(s.fdr);
        columns.fwer.push(s.fwer);
        columns.tag.push(format!("{}/{}", lead.len(), set.size));
        columns.gene.push(format!("{:.2}%", s.peak.gene_share * 100.0));
        columns.lead.push(lead.join(";"));
    }
    Ok(columns)
}
