//! `--over-representation`: the hypergeometric test of the genes above a score.

use anyhow::bail;
use cellprism_core::gsea::{Matched, OverRepresentation, Ranking, over_representation};
use serde_json::{Value, json};

use super::{Args, table::quoted};

/// 2 GB.
const MOST_DEALT: usize = 500_000_000;

/// Results, smallest p first, with the length of the list.
pub struct Listed {
    length: usize,
    /// (set, its test)
    rows: Vec<(usize, OverRepresentation)>,
}

/// Tests the genes with a score above `--above`.
pub fn test(args: &Args<'_>, ranking: &Ranking, matched: &Matched) -> anyhow::Result<Listed> {
    let length = ranking.scores().partition_point(|&score| score > args.above);
    if length == 0 {
        bail!("no gene of {} has a score above {}: lower --above", args.source().display(), args.above);
    }
    if length.saturating_mul(args.random_lists as usize) > MOST_DEALT {
        bail!(
            "{} random lists of {length} genes are too many to keep: lower --random-lists",
            args.random_lists
        );
    }
    let genes = ranking.genes().len();
    let found = over_representation(genes, length, &matched.sets, args.random_lists as usize, args.seed);
    let mut rows: Vec<(usize, OverRepresentation)> = found.into_iter().enumerate().collect();
    let term = |set: usize| &matched.sets[set].term;
    rows.sort_by(|(a, x), (b, y)| x.p.total_cmp(&y.p).then_with(|| term(*a).cmp(term(*b))));
    Ok(Listed { length, rows })
}

/// Enrichr's columns, and the chance of a p as small.
pub fn table(args: &Args<'_>, ranking: &Ranking, matched: &Matched, listed: &Listed) -> String {
    let mut out = format!(
        "# cellprism {} enrich, over-representation of the {} genes of {} with a score above {}\n\
         # Chance: share of {} random lists of as many genes (seed {}) in which any set of the library has a p as small\n\
         Term,Overlap,P-value,Adjusted P-value,Chance,Genes\n",
        env!("CARGO_PKG_VERSION"),
        listed.length,
        ranking.genes().len(),
        args.above,
        args.random_lists,
        args.seed,
    );
    for (set, s) in &listed.rows {
        let set = &matched.sets[*set];
        out += &format!(
            "{},{}/{},{:?},{:?},{:?},{}\n",
            quoted(&set.term),
            s.overlap.len(),
            set.size,
            s.p,
            s.fdr,
            s.chance,
            quoted(&genes(ranking, s).join(";")),
        );
    }
    out
}

/// The same as JSON.
pub fn document(args: &Args<'_>, ranking: &Ranking, matched: &Matched, listed: &Listed) -> Value {
    let row = |(set, s): &(usize, OverRepresentation)| {
        let set = &matched.sets[*set];
        json!({"term": set.term, "size": set.size, "overlap": genes(ranking, s), "p": s.p, "fdr": s.fdr, "chance": s.chance})
    };
    json!({
        "parameters": {"above": args.above, "random_lists": args.random_lists, "seed": args.seed},
        "genes": ranking.genes().len(), "list": listed.length,
        "sets": listed.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn genes<'a>(ranking: &'a Ranking, found: &OverRepresentation) -> Vec<&'a str> {
    found.overlap.iter().map(|&place| ranking.genes()[place as usize].as_str()).collect()
}
