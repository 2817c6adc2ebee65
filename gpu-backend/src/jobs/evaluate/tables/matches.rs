//! Concepts of two bundles that point the same way, one to one, and what such pairs share (Figure 4 B); how much of that
//! comes back from other seeds, and how much a random dictionary would match.

use std::collections::HashSet;

use cellprism_core::{
    evaluation::{Subject, SubjectKind, mean, median},
    ids::ConceptId,
    sae::{
        SaeWeights,
        matching::{Pair, match_dictionaries, null},
        size::sample,
        train::TrainOptions,
    },
};
use ndarray::{Array2, ArrayView2, Axis};

use crate::jobs::evaluate::{
    Evaluation, Evidence, Table, Value,
    items::ItemReading,
    subjects::{self, Asked},
};

/// Genes of each ranking that are compared.
const GENES: usize = 10;
/// Cosine above which a pair is usually called the same.
const SAME: f32 = 0.7;

/// Both tables.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let columns = ["left", "right", "left_id", "right_id", "cosine", "shared_top10", "shared_terms"];
    let mut matches =
        Table::new("matches", "Concepts of two bundles that point the same way", "Figure 4 B", &columns);
    let columns = [
        "left",
        "right",
        "mean_cosine",
        "median_cosine",
        "share_above_0.7",
        "null_95",
        "share_above_null",
        "random_mean",
        "seeds",
        "pairs",
        "r2_mean",
        "r2_low",
        "r2_high",
    ];
    let title = "How much of a dictionary comes back from other data and other seeds";
    let mut stability = Table::new("stability", title, "Figure 4 B", &columns);
    for (place, left) in evaluation.bundles.iter().enumerate() {
        for right in &evaluation.bundles[place + 1..] {
            pair(evaluation, left, right, (&mut matches, &mut stability))?;
        }
        seeds(evaluation, left, &mut stability)?;
    }
    if evaluation.bundles.len() < 2 {
        let name = evaluation.bundles[0].name.as_str();
        matches.nothing([name.into()], "one bundle only: give two or more");
    }
    Ok(vec![matches, stability])
}

/// A dictionary that says which of its concepts no cell of its own activates.
fn told(weights: &SaeWeights, dead: impl Iterator<Item = ConceptId>) -> anyhow::Result<SaeWeights> {
    let mut weights = weights.clone();
    let mut origin = weights.config.origin()?;
    origin.dead = Some(dead.collect());
    weights.config.set_origin(&origin)?;
    Ok(weights)
}

/// The bundle's, which says which of its concepts are dead by its index.
fn dictionary(evidence: &Evidence) -> anyhow::Result<SaeWeights> {
    let dead = evidence.concepts.rows.iter().filter(|row| row.cells == 0).map(|row| row.id);
    told(&evidence.sae, dead)
}

fn pair(
    evaluation: &Evaluation<'_>,
    left: &Evidence,
    right: &Evidence,
    (matches, stability): (&mut Table, &mut Table),
) -> anyhow::Result<()> {
    let names = (left.name.as_str(), right.name.as_str());
    if let Some(reason) = left.other_model(right) {
        matches.nothing([names.0.into(), names.1.into()], &reason);
        missing(stability, names, &reason);
        return Ok(());
    }
    let (a, b) = (dictionary(left)?, dictionary(right)?);
    let pairs = match_dictionaries(&a, &b)?;
    let (of_left, of_right) = (left.items(SubjectKind::Sae), right.items(SubjectKind::Sae));
    let find = |items: &'_ [ItemReading], id: ConceptId| items.iter().position(|item| item.id == id);
    for Pair { left: l, right: r, cosine } in &pairs {
        let both = find(of_left, *l).zip(find(of_right, *r)).map(|(l, r)| (&of_left[l], &of_right[r]));
        matches.row(
            [
                names.0.into(),
                names.1.into(),
                l.0.into(),
                r.0.into(),
                (*cosine).into(),
                both.map(|both| shared_genes(left, right, both)).into(),
                both.map(|(l, r)| shared_terms(l, r)).into(),
            ],
            both.is_none().then_some("not described"),
        );
    }
    let seen = match evaluation.null_cells(left) {
        Ok(seen) => seen,
        Err(reason) => {
            missing(stability, names, reason);
            return Ok(());
        }
    };
    let measured = Measured::of(&[pairs], &a, &b, &seen, evaluation.options.seed)?;
    measured.row(stability, names, None, &[]);
    Ok(())
}

fn shared_genes(left: &Evidence, right: &Evidence, (l, r): (&ItemReading, &ItemReading)) -> usize {
    let symbols = |evidence: &'_ Evidence, item: &ItemReading| -> HashSet<String> {
        let first = item.top[0].iter().take(GENES);
        first.filter_map(|&gene| evidence.genes.symbols.get(gene as usize).cloned()).collect()
    };
    symbols(left, l).intersection(&symbols(right, r)).count()
}

fn shared_terms(l: &ItemReading, r: &ItemReading) -> usize {
    let terms = |item: &'_ ItemReading| -> HashSet<(String, String)> {
        let of = |label: &'_ crate::jobs::evaluate::items::PaperLabel| {
            let library = label.library.clone();
            label.enriched.clone().into_iter().map(move |term| (library.clone(), term))
        };
        item.paper.iter().flat_map(of).collect()
    };
    terms(l).intersection(&terms(r)).count()
}

/// Cosines of some matchings of dictionaries of the same sizes, beside what chance gives.
struct Measured {
    cosines: Vec<f64>,
    same: usize,
    null_95: Option<f32>,
    above: Option<usize>,
    random_mean: Option<f64>,
}

impl Measured {
    fn of(
        matchings: &[Vec<Pair>],
        left: &SaeWeights,
        right: &SaeWeights,
        cells: &Array2<f32>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let all = || matchings.iter().flatten();
        let null_95 = null(left, right, Some(cells.view()), seed)?.map(|null| null.directions.p95);
        let alive = right.alive()?.len();
        let random = Subject::random(cells.view(), (alive.max(1), 1), seed).ok();
        let random = random.map(|random| match_dictionaries(left, &random.weights)).transpose()?;
        let random: Vec<f64> = random.iter().flatten().map(|pair| f64::from(pair.cosine)).collect();
        Ok(Self {
            cosines: all().map(|pair| f64::from(pair.cosine)).collect(),
            same: all().filter(|pair| pair.cosine > SAME).count(),
            above: null_95.map(|p95| all().filter(|pair| pair.cosine > p95).count()),
            null_95,
            random_mean: mean(&random),
        })
    }

    fn row(&self, table: &mut Table, (left, right): (&str, &str), seeds: Option<u32>, r2: &[f64]) {
        let n = self.cosines.len();
        let share = |count: usize| (n > 0).then(|| count as f64 / n as f64);
        let lowest = r2.iter().copied().reduce(f64::min);
        let highest = r2.iter().copied().reduce(f64::max);
        table.row(
            [
                left.into(),
                right.into(),
                mean(&self.cosines).into(),
                median(&self.cosines).into(),
                share(self.same).into(),
                self.null_95.into(),
                self.above.and_then(share).into(),
                self.random_mean.into(),
                seeds.unwrap_or(0).into(),
                n.into(),
                mean(r2).into(),
                lowest.into(),
                highest.into(),
            ],
            if n == 0 {
                Some("no concept is alive in both")
            } else {
                r2.is_empty().then_some("nothing was trained again")
            },
        );
    }
}

/// The same training with other seeds, matched with the bundle's dictionary.
fn seeds(evaluation: &Evaluation<'_>, evidence: &Evidence, table: &mut Table) -> anyhow::Result<()> {
    let wished = evaluation.options.seeds;
    let right = format!("{wished} other seeds");
    if wished == 0 {
        missing(table, (&evidence.name, "other seeds"), "no other seed was asked for (--seeds)");
        return Ok(());
    }
    let x = match evidence.embeddings() {
        Ok(x) => x,
        Err(reason) => {
            missing(table, (&evidence.name, &right), reason);
            return Ok(());
        }
    };
    let own = dictionary(evidence)?;
    let asked = Asked { manifest: evidence.manifest(), seed: evaluation.options.seed };
    let options = subjects::training(evidence.manifest(), &evidence.sae);
    let (mut matchings, mut r2, mut last) = (Vec::new(), Vec::new(), None);
    for number in 1..=u64::from(wished) {
        let options = TrainOptions { seed: options.seed.wrapping_add(number), ..options.clone() };
        let (work, progress) = (evaluation.work, evaluation.progress);
        let weights = match subjects::trained(&asked, "seed", x, options, work, progress)? {
            Ok(weights) => weights,
            Err(reason) => {
                missing(table, (&evidence.name, &right), &reason);
                return Ok(());
            }
        };
        matchings.push(match_dictionaries(&own, &weights)?);
        let found = cellprism_core::sae::metrics::evaluate(&weights, x).r2;
        r2.extend(Some(found).filter(|r2| r2.is_finite()));
        last = Some(weights);
    }
    if let Some(last) = last {
        let seen = null_cells(x, evaluation.options.seed);
        let measured = Measured::of(&matchings, &own, &last, &seen, evaluation.options.seed)?;
        measured.row(table, (&evidence.name, &right), Some(wished), &r2);
    }
    Ok(())
}

fn missing(table: &mut Table, (left, right): (&str, &str), reason: &str) {
    let mut row: [Value; 9] = std::array::from_fn(|_| Value::Empty);
    (row[0], row[1], row[8]) = (left.into(), right.into(), 0u32.into());
    table.nothing(row, reason);
}

impl Evaluation<'_> {
    /// Embeddings that a null is drawn from, or why there are none.
    fn null_cells<'e>(&self, evidence: &'e Evidence) -> Result<Array2<f32>, &'e str> {
        evidence.embeddings().map(|x| null_cells(x, self.options.seed))
    }
}

/// All cells, or a seeded sample.
fn null_cells(x: ArrayView2<'_, f32>, seed: u64) -> Array2<f32> {
    x.select(Axis(0), &sample(x.nrows(), seed))
}
