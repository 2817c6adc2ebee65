//! Gene set enrichment of a ranking of the reader's, against the bundle's sets or sets of the reader's own.

use std::ops::ControlFlow;

use cellprism_core::{
    bundle::{File, path},
    gsea::{
        Convention, GeneSet, GeneSetFile, GeneSets, Multilevel, Order, PrerankOptions, Ranking, canonical,
        match_sets, prerank_within,
    },
    limits,
};
use serde::{Deserialize, Serialize};

use super::readings::quoted;
use crate::task::{Said, files::Files, place::Place};

/// The ranking, among a job's files.
pub const RANKING: &str = "ranking";
/// Sets of the reader's own, among a job's files.
pub const OWN_SETS: &str = "own.gmt";
/// The table that the reader can save.
pub const ENRICHMENT: &str = "enrichment.csv";
/// Most null scores in a page: 400 MB are too many, this is a tenth.
const MOST_NULL_SCORES: usize = 5_000_000;

/// What is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The file's name.
    pub name: String,
    /// The bundle's library; none where own sets are sent along.
    pub library: Option<String>,
    /// Symbols of the model's genes, which the bundle's sets are places in.
    pub symbols: Vec<String>,
    /// How p-values are counted.
    pub convention: Convention,
    /// Permutations.
    pub permutations: u32,
    /// Seed.
    pub seed: u64,
    /// Fewest genes of a set in the ranking.
    pub min_size: u32,
    /// Most genes of a set in the ranking.
    pub max_size: u32,
    /// Exponent of the scores.
    pub weight: f64,
}

/// What came out, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Genes in the ranking.
    pub genes: u32,
    /// Of those, in no set.
    pub genes_in_no_set: u32,
    /// Sets with too few genes in it.
    pub too_small: u32,
    /// Sets with too many.
    pub too_large: u32,
    /// Sets.
    pub sets: Vec<SetRow>,
}

/// One set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetRow {
    /// Name.
    pub term: String,
    /// Genes found in the ranking.
    pub size: u32,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// p; 0 is below what the permutations can tell.
    pub p: f64,
    /// False-discovery rate.
    pub fdr: f64,
    /// Family-wise error rate.
    pub fwer: f64,
    /// Genes of the leading edge.
    pub leading_edge: Vec<String>,
}

/// Does the work, with the functions of `cellprism enrich`.
///
/// # Errors
/// In words: what is wrong with the ranking or the sets, where, and what to do.
pub fn run(request: &Request, files: &Files, place: &mut dyn Place) -> Result<Answer, String> {
    limits::PERMUTATIONS.check("permutations", request.permutations).map_err(|e| e.to_string())?;
    let order = match request.convention {
        Convention::Gseapy => Order::Descending,
        Convention::Canonical => Order::TiesByName,
    };
    let ranking = Ranking::parse_ordered(files.get(RANKING)?, order)
        .map_err(|error| format!("{}: {error}", request.name))?;
    let sets = sets(request, files)?;
    let matched = match_sets(&ranking, &sets, request.min_size as usize, request.max_size as usize);
    if matched.sets.is_empty() {
        let some =
            |names: Vec<&String>| names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ");
        return Err(format!(
            "no gene set has {} to {} genes in {} ({} sets have fewer, {} more): do both name genes the same way (the \
             ranking has {}, the sets {})?",
            request.min_size,
            request.max_size,
            request.name,
            matched.too_small,
            matched.too_large,
            some(ranking.genes().iter().take(3).collect()),
            some(sets.sets.iter().flat_map(|set| &set.genes).take(3).collect()),
        ));
    }
    if matched.sets.len().saturating_mul(request.permutations as usize) > MOST_NULL_SCORES {
        return Err(format!(
            "{} sets × {} permutations are too many for a page (at most {MOST_NULL_SCORES} together): lower the permutations, \
             or use `cellprism enrich`",
            matched.sets.len(),
            request.permutations
        ));
    }
    let options = PrerankOptions {
        permutations: request.permutations as usize,
        seed: request.seed,
        weight: request.weight,
    };
    let mut told = 0.0;
    let mut watch = |share: f64| {
        if share - told >= 0.01 {
            told = share;
            place.say(Said::Progress(share));
        }
        ControlFlow::Continue(())
    };
    let row = |set: usize, [es, nes, p, fdr, fwer]: [f64; 5], edge: &[u32]| SetRow {
        term: matched.sets[set].term.clone(),
        size: matched.sets[set].size as u32,
        es,
        nes,
        p,
        fdr,
        fwer,
        leading_edge: edge.iter().map(|&at| ranking.genes()[at as usize].clone()).collect(),
    };
    let mut rows: Vec<SetRow> = match request.convention {
        Convention::Gseapy => {
            let found =
                prerank_within(ranking.scores(), matched.distinct, &matched.sets, &options, &mut watch)
                    .map_err(|e| e.to_string())?;
            let of = found.sets.iter().enumerate();
            of.map(|(set, s)| row(set, [s.es, s.nes, s.p, s.fdr, s.fwer], &s.peak.leading_edge)).collect()
        }
        Convention::Canonical => {
            let found = canonical(
                ranking.scores(),
                &matched.sets,
                &options,
                Some(&Multilevel::default()),
                &mut watch,
            )
            .map_err(|e| e.to_string())?;
            let known = found.iter().enumerate().filter_map(|(set, s)| Some((set, s.as_ref().ok()?)));
            known.map(|(set, s)| row(set, [s.es, s.nes, s.p, s.fdr, s.fwer], &s.peak.leading_edge)).collect()
        }
    };
    rows.sort_by(|a, b| {
        let by_score = b.nes.abs().total_cmp(&a.nes.abs()).then_with(|| b.term.cmp(&a.term));
        match request.convention {
            Convention::Gseapy => by_score,
            Convention::Canonical => {
                a.p.total_cmp(&b.p)
                    .then(b.nes.abs().total_cmp(&a.nes.abs()))
                    .then_with(|| a.term.cmp(&b.term))
            }
        }
    });
    write(request, &rows, place);
    Ok(Answer {
        genes: ranking.genes().len() as u32,
        genes_in_no_set: matched.genes_in_no_set as u32,
        too_small: matched.too_small as u32,
        too_large: matched.too_large as u32,
        sets: rows,
    })
}

/// The bundle's sets hold the model's genes only; own ones are whole.
fn sets(request: &Request, files: &Files) -> Result<GeneSets, String> {
    let Some(library) = &request.library else {
        return GeneSets::parse(files.get(OWN_SETS)?).map_err(|e| e.to_string());
    };
    let name = path::gene_sets(library);
    let file = GeneSetFile::from_bytes(&name, files.get(&name)?).map_err(|e| e.to_string())?;
    let symbol = |gene: &cellprism_core::ids::GeneId| request.symbols.get(gene.index()).cloned();
    let set = |(term, genes): &(String, Vec<_>)| GeneSet {
        term: term.clone(),
        genes: genes.iter().filter_map(symbol).collect(),
    };
    Ok(GeneSets { sets: file.sets.iter().map(set).collect() })
}

fn write(request: &Request, rows: &[SetRow], place: &mut dyn Place) {
    let sets = request.library.as_deref().unwrap_or("own gene sets");
    place.write(
        ENRICHMENT,
        &format!(
            "# {} against {sets}, convention {}, {} permutations, seed {}, weight {}, sets of {} to {} genes\n\
             term,size,es,nes,p,fdr,fwer,leading_edge\n",
            request.name,
            request.convention,
            request.permutations,
            request.seed,
            request.weight,
            request.min_size,
            request.max_size
        ),
    );
    // No permutation scored as far: less than one of them, not 0.
    let least = 1.0 / f64::from(request.permutations.max(1));
    let chance = |p: f64| if p == 0.0 { format!("<{least}") } else { p.to_string() };
    for row in rows {
        let numbers = [chance(row.p), chance(row.fdr), chance(row.fwer)].join(",");
        let (term, genes) = (quoted(&row.term), quoted(&row.leading_edge.join(";")));
        place.write(ENRICHMENT, &format!("{term},{},{},{},{numbers},{genes}\n", row.size, row.es, row.nes));
    }
}
