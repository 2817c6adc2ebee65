//! Preranked gene set enrichment analysis of any ranking, and over-representation of its top.
//!
//! | file | idea |
//! |---|---|
//! | `options` | [`Options`]: what is asked for |
//! | `names` | one name a gene |
//! | `rows`, `list` | results, best first |
//! | `table`, `json` | the same as a table, as JSON |
//! | `batch` | thousands of rankings at once |

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use cellprism_core::gsea::{
    Convention, GeneSet, GeneSets, LARGEST_FILE, Matched, Order, PrerankOptions, Ranking,
    canonical as canonical_gsea, match_sets, prerank_within,
};
use serde_json::{Value, json};

use crate::{
    files::gene_sets,
    work::{output::OutputFile, progress::Progress, regular},
};

mod batch;
mod chance;
mod json;
mod list;
mod names;
mod options;
mod rows;
mod table;

pub use self::options::{Options, SortOrder};
pub(super) use self::table::quoted;
use self::{names::Names, options::multilevel, rows::Row};

/// What is asked for, and what the gene table changed of it.
struct Args<'a> {
    options: &'a Options,
    /// In words.
    renamed: Option<String>,
}

impl std::ops::Deref for Args<'_> {
    type Target = Options;

    fn deref(&self) -> &Options {
        self.options
    }
}

/// 8 GB while they are gathered.
const MOST_NULL_SCORES: usize = 500_000_000;

/// Tests, and writes the table; the report as JSON.
///
/// # Errors
/// If a file cannot be read, no set has genes in the ranking, or the table cannot be written.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Value> {
    options.check()?;
    let order = options.sorted()?;
    let mut names = Names::read(options.gene_info.as_deref())?;
    if let Some(path) = &options.rankings {
        return batch::run(options, path, names, progress);
    }
    let Some(path) = &options.ranking else { bail!("neither --ranking nor --rankings is given") };
    let mut clock = Clock::start();
    let out = OutputFile::claim(&options.out, "enrich", &options.inputs())?;
    let ranking = read_ranking(path, order, &mut names)?;
    let sets = names.rename_sets(read_libraries(&options.gene_sets)?);
    let args = Args { options, renamed: names.line() };
    let reading = clock.lap();
    let (text, highest, tested, computing) = with_threads(args.threads, || {
        let matched = matched(&args, &ranking, &sets)?;
        let json = args.out.extension().is_some_and(|extension| extension == "json");
        let (text, highest, computing) = if args.over_representation {
            let listed = list::test(&args, &ranking, &matched)?;
            let text = if json {
                list::document(&args, &ranking, &matched, &listed).to_string()
            } else {
                list::table(&args, &ranking, &matched, &listed)
            };
            (text, Value::Null, clock.lap())
        } else {
            let mut rows = rows(&args, &ranking, &matched, progress)?;
            if let Some(overlap) = args.group {
                rows::group(&mut rows, overlap);
            }
            let computing = clock.lap();
            let text = if json {
                json::document(&args, &ranking, &matched, &rows).to_string()
            } else {
                table::table(&args, &ranking, &matched, &rows)
            };
            (text, highest(&matched, &rows), computing)
        };
        let tested = json!({
            "tested": matched.sets.len(), "too_small": matched.too_small, "too_large": matched.too_large,
            "genes": ranking.genes().len(), "genes_in_no_set": matched.genes_in_no_set,
            "names": names.known().then(|| json!({"ranking": names.ranking, "gene_sets": names.sets})),
        });
        anyhow::Ok((text, highest, tested, computing))
    })??;
    out.finish(text.as_bytes())?;
    let mut report = tested;
    report["highest"] = highest;
    report["seconds"] = json!({"reading": reading, "computing": computing, "writing": clock.lap()});
    Ok(report)
}

/// The sets that can be tested.
fn matched(args: &Args<'_>, ranking: &Ranking, sets: &GeneSets) -> anyhow::Result<Matched> {
    let matched = match_sets(ranking, sets, args.min_size, args.max_size);
    if matched.sets.is_empty() {
        bail!(
            "no gene set of {} has {} to {} genes in {} ({} sets have fewer, {} more): do both name genes the same \
             way (the ranking has {:?}, the sets {:?})? --min-size and --max-size change the limits",
            args.gene_sets[0].display(),
            args.min_size,
            args.max_size,
            args.source().display(),
            matched.too_small,
            matched.too_large,
            ranking.genes().iter().take(3).collect::<Vec<_>>(),
            sets.sets.iter().flat_map(|s| &s.genes).take(3).collect::<Vec<_>>(),
        );
    }
    if matched.sets.len().saturating_mul(args.permutations as usize) > MOST_NULL_SCORES {
        bail!(
            "{} sets × {} permutations are too many to keep: at most {MOST_NULL_SCORES} null scores",
            matched.sets.len(),
            args.permutations,
        );
    }
    Ok(matched)
}

/// GSEA in the convention asked for.
fn rows(
    args: &Args<'_>,
    ranking: &Ranking,
    matched: &Matched,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<Row>> {
    let options =
        PrerankOptions { permutations: args.permutations as usize, seed: args.seed, weight: args.weight };
    let rows = watched(options.permutations, progress, |watch| match args.convention {
        Convention::Gseapy => {
            let result = prerank_within(ranking.scores(), matched.distinct, &matched.sets, &options, watch)?;
            anyhow::Ok(rows::of_gseapy(matched, result))
        }
        Convention::Canonical => {
            let options_of_tails = multilevel(args.options)?;
            let found =
                canonical_gsea(ranking.scores(), &matched.sets, &options, options_of_tails.as_ref(), watch)?;
            Ok(rows::of_canonical(matched, found))
        }
    })?;
    if rows.iter().filter_map(|row| row.numbers.as_ref().ok()).any(|numbers| !numbers.es.is_finite()) {
        bail!(
            "{}: the sum of the scores to the power of --weight {:?} is no number that can be divided by: scale the scores, \
             for instance to a largest one of 1, or change --weight",
            args.source().display(),
            args.weight
        );
    }
    Ok(rows)
}

/// The set of highest score, for the report.
fn highest(matched: &Matched, rows: &[Row]) -> Value {
    let known = rows.iter().filter_map(|row| Some((row.set, row.numbers.as_ref().ok()?)));
    let best = known.max_by(|a, b| a.1.es.total_cmp(&b.1.es));
    best.map_or(
        Value::Null,
        |(set, n)| json!({"term": matched.sets[set].term, "es": n.es, "nes": n.nes, "p": n.p, "fdr": n.fdr}),
    )
}

/// Seconds since the last question.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> f64 {
        let before = std::mem::replace(&mut self.0, Instant::now());
        (self.0 - before).as_secs_f64()
    }
}

fn read_ranking(path: &Path, order: Order, names: &mut Names) -> anyhow::Result<Ranking> {
    let bytes =
        regular::read(path, LARGEST_FILE).with_context(|| format!("cannot read {}", path.display()))?;
    let place = || path.display().to_string();
    if !names.known() {
        return Ranking::parse_ordered(&bytes, order).with_context(place);
    }
    let given = Ranking::parse_ordered(&bytes, Order::Given).with_context(place)?;
    let mut genes = given.genes().to_vec();
    names.rename_ranking(&mut genes);
    Ranking::ordered(genes, given.scores().to_vec(), order).with_context(place)
}

/// One library as it is; several with their file names before the terms, so that each has its own FDR.
fn read_libraries(paths: &[PathBuf]) -> anyhow::Result<GeneSets> {
    if let [path] = paths {
        return gene_sets::read(path);
    }
    let mut all = GeneSets::default();
    for (library, path) in gene_sets::library_names(paths)?.into_iter().zip(paths) {
        let prefixed = |set: GeneSet| GeneSet { term: format!("{library}__{}", set.term), genes: set.genes };
        all.sets.extend(gene_sets::read(path)?.sets.into_iter().map(prefixed));
    }
    Ok(all)
}

/// Runs `work` on so many threads.
fn with_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    match threads {
        None => Ok(work()),
        Some(0) => bail!("--threads 0: at least one is needed"),
        Some(n) => Ok(rayon::ThreadPoolBuilder::new().num_threads(n).build()?.install(work)),
    }
}

/// Runs `work` with a progress line that counts permutations.
fn watched<T>(
    permutations: usize,
    progress: &dyn Progress,
    work: impl FnOnce(&mut dyn FnMut(f64) -> ControlFlow<()>) -> T,
) -> T {
    let steps = progress.begin("enrich", permutations as u64, "permutations");
    let mut told = 0;
    let result = work(&mut |share: f64| {
        let done = (share * permutations as f64) as u64;
        steps.advance(done.saturating_sub(told));
        told = done;
        ControlFlow::Continue(())
    });
    steps.finish();
    result
}
