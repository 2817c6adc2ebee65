//! `cellprism enrich`: preranked gene set enrichment analysis of any ranking.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use cellprism_core::gsea::{
    GeneSet, GeneSets, Matched, Order, Prerank, PrerankOptions, Ranking, match_sets, prerank_within,
};
use clap::Args as ClapArgs;
use serde_json::json;

use super::{Global, Progress};
use crate::io::{atomic, gene_sets};

/// Preranked gene set enrichment analysis of a ranking.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism enrich --ranking concept.rnk --gene-sets GO_Biological_Process_2025.gmt --out go.csv"
)]
pub struct Args {
    /// Genes and scores, tab-separated, in any order (.rnk)
    #[arg(long, value_name = "RNK")]
    ranking: PathBuf,
    /// Gene sets (.gmt or .gmt.gz); several libraries get a separate false-discovery rate each
    #[arg(long, value_name = "GMT", required = true, num_args = 1..)]
    gene_sets: Vec<PathBuf>,
    /// Table to write
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
    /// gseapy: the numbers of GSEApy 1.1 and later, to the bit
    #[arg(long, value_enum, default_value_t = Convention::Gseapy)]
    convention: Convention,
    /// Permutations
    #[arg(long, default_value_t = 1000)]
    permutations: u32,
    /// Seed of Xoshiro256++
    #[arg(long, default_value_t = 123)]
    seed: u64,
    /// Fewest genes of a set found in the ranking
    #[arg(long, default_value_t = 15)]
    min_size: usize,
    /// Most genes of a set found in the ranking
    #[arg(long, default_value_t = 500)]
    max_size: usize,
    /// Exponent of the scores
    #[arg(long, default_value_t = 1.0)]
    weight: f64,
    /// How the ranking is sorted: descending, ascending, or as given (GSEApy's ascending=False, True and None)
    #[arg(long, value_enum, default_value_t = SortOrder::Descending)]
    order: SortOrder,
    /// Threads (default: one a core); the result is the same for any number
    #[arg(long)]
    threads: Option<usize>,
}

/// How p-values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Convention {
    /// As GSEApy does.
    Gseapy,
}

/// How the ranking is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SortOrder {
    /// Highest score first.
    Descending,
    /// Lowest score first.
    Ascending,
    /// As in the file.
    Given,
}

impl From<SortOrder> for Order {
    fn from(order: SortOrder) -> Self {
        match order {
            SortOrder::Descending => Self::Descending,
            SortOrder::Ascending => Self::Ascending,
            SortOrder::Given => Self::Given,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, no set has genes in the ranking, or the table cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    if !args.weight.is_finite() || args.weight < 0.0 {
        bail!("--weight {} is not a number from 0 on", args.weight);
    }
    if args.permutations == 0 || args.permutations > 10_000_000 {
        bail!("--permutations {} is not between 1 and 10,000,000", args.permutations);
    }
    if args.min_size > args.max_size {
        bail!("--min-size {} is larger than --max-size {}", args.min_size, args.max_size);
    }
    let ranking = read_ranking(&args.ranking, args.order.into())?;
    let sets = read_libraries(&args.gene_sets)?;
    let matched = match_sets(&ranking, &sets, args.min_size, args.max_size);
    if matched.sets.is_empty() {
        bail!(
            "no gene set of {} has {} to {} genes in {} ({} sets have fewer, {} more): do both name genes the same \
             way (the ranking has {:?}, the sets {:?})? --min-size and --max-size change the limits",
            args.gene_sets[0].display(),
            args.min_size,
            args.max_size,
            args.ranking.display(),
            matched.too_small,
            matched.too_large,
            ranking.genes().iter().take(3).collect::<Vec<_>>(),
            sets.sets.iter().flat_map(|s| &s.genes).take(3).collect::<Vec<_>>(),
        );
    }
    let options =
        PrerankOptions { permutations: args.permutations as usize, seed: args.seed, weight: args.weight };
    let result = with_threads(args.threads, || compute(&ranking, &matched, &options, global))??;
    let table = table(&args, &ranking, &matched, &result);
    atomic::write_file(&args.out, table.as_bytes())
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    if global.json {
        let best = result.sets.iter().zip(&matched.sets).max_by(|a, b| a.0.es.total_cmp(&b.0.es));
        let report = json!({
            "tested": matched.sets.len(), "too_small": matched.too_small, "too_large": matched.too_large,
            "genes": ranking.genes().len(), "genes_in_no_set": matched.genes_in_no_set,
            "highest": best.map(|(s, set)| json!({"term": set.term, "es": s.es, "nes": s.nes, "p": s.p, "fdr": s.fdr})),
        });
        println!("{report}");
    }
    Ok(())
}

fn read_ranking(path: &Path, order: Order) -> anyhow::Result<Ranking> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ranking::parse_ordered(&bytes, order).with_context(|| path.display().to_string())
}

/// One library as it is; several with their file names before the terms, so that each has its own FDR.
fn read_libraries(paths: &[PathBuf]) -> anyhow::Result<GeneSets> {
    if let [path] = paths {
        return gene_sets::read(path);
    }
    let mut all = GeneSets::default();
    for path in paths {
        let library = gene_sets::library_name(path);
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

fn compute(
    ranking: &Ranking,
    matched: &Matched,
    options: &PrerankOptions,
    global: &Global,
) -> anyhow::Result<Prerank> {
    let progress = Progress::new("enrich", options.permutations as u64, "permutations", global.quiet);
    let mut told = 0;
    let mut watch = |share: f64| {
        let done = (share * options.permutations as f64) as u64;
        progress.advance(done.saturating_sub(told));
        told = done;
        ControlFlow::Continue(())
    };
    let result = prerank_within(ranking.scores(), matched.distinct, &matched.sets, options, &mut watch)?;
    progress.finish();
    Ok(result)
}

fn table(args: &Args, ranking: &Ranking, matched: &Matched, result: &Prerank) -> String {
    let mut order: Vec<usize> = (0..result.sets.len()).collect();
    order.sort_by(|&a, &b| {
        result.sets[b]
            .nes
            .abs()
            .total_cmp(&result.sets[a].nes.abs())
            .then(matched.sets[a].term.cmp(&matched.sets[b].term))
    });
    let mut out = format!(
        "# cellprism {} enrich, convention {}\n# ranking: {} genes; gene sets: {} tested, {} with fewer than {} genes, {} with more than {}\n\
         # permutations {}, seed {}, weight {}; p and FDR of 0 mean below the resolution of the permutations\n",
        env!("CARGO_PKG_VERSION"),
        match args.convention {
            Convention::Gseapy => "gseapy",
        },
        ranking.genes().len(),
        matched.sets.len(),
        matched.too_small,
        args.min_size,
        matched.too_large,
        args.max_size,
        args.permutations,
        args.seed,
        args.weight,
    );
    if matched.upper_case {
        out += "# genes were compared in upper case, because the sets are in upper case and the ranking is not\n";
    }
    out += "Term,ES,NES,NOM p-val,FDR q-val,FWER p-val,Tag %,Gene %,Lead_genes\n";
    for i in order {
        let (set, s) = (&matched.sets[i], &result.sets[i]);
        let edge: Vec<&str> =
            s.peak.leading_edge.iter().map(|&place| ranking.genes()[place as usize].as_str()).collect();
        out += &format!(
            "{},{:?},{:?},{:?},{:?},{:?},{}/{},{:.2}%,{}\n",
            quoted(&set.term),
            s.es,
            s.nes,
            s.p,
            s.fdr,
            s.fwer,
            edge.len(),
            set.size,
            s.peak.gene_share * 100.0,
            quoted(&edge.join(";")),
        );
    }
    out
}

/// A CSV field.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) || text.starts_with('#') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
