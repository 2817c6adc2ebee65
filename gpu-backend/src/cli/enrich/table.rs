//! The table in GSEApy's columns.

use cellprism_core::gsea::{Matched, Peak, Prerank, Ranking};
use serde_json::{Value, json};

use super::{Args, Convention};

/// Columns of both conventions.
pub const COLUMNS: &str = "Term,ES,NES,NOM p-val,FDR q-val,FWER p-val,Tag %,Gene %,Lead_genes";

/// GSEApy's table: furthest NES first.
pub fn table(args: &Args, ranking: &Ranking, matched: &Matched, result: &Prerank) -> String {
    let mut order: Vec<usize> = (0..result.sets.len()).collect();
    order.sort_by(|&a, &b| {
        let nes = |i: usize| result.sets[i].nes.abs();
        nes(b).total_cmp(&nes(a)).then_with(|| matched.sets[b].term.cmp(&matched.sets[a].term))
    });
    let mut out = parameters(args, ranking, matched);
    out += "# p and FDR of 0 mean below the resolution of the permutations\n";
    out += COLUMNS;
    out.push('\n');
    for i in order {
        let (set, s) = (&matched.sets[i], &result.sets[i]);
        let (tag, share, genes) = edge(ranking, set.size, &s.peak);
        let term = quoted(&set.term);
        out += &format!(
            "{term},{:?},{:?},{:?},{:?},{:?},{tag},{share},{genes}\n",
            s.es, s.nes, s.p, s.fdr, s.fwer
        );
    }
    out
}

/// Tag %, Gene % and the leading edge as GSEApy writes them.
pub fn edge(ranking: &Ranking, size: usize, peak: &Peak) -> (String, String, String) {
    let genes: Vec<&str> =
        peak.leading_edge.iter().map(|&place| ranking.genes()[place as usize].as_str()).collect();
    let share = format!("{:.2}%", peak.gene_share * 100.0);
    (format!("{}/{size}", genes.len()), share, quoted(&genes.join(";")))
}

/// What was asked for, as comments.
pub fn parameters(args: &Args, ranking: &Ranking, matched: &Matched) -> String {
    let convention = match args.convention {
        Convention::Gseapy => "gseapy",
        Convention::Canonical => "canonical",
    };
    let mut out = format!(
        "# cellprism {} enrich, convention {convention}\n\
         # ranking: {} genes, {} of them in no set; gene sets: {} tested, {} with fewer than {} genes, {} with more than {}\n\
         # permutations {}, seed {}, weight {}\n",
        env!("CARGO_PKG_VERSION"),
        ranking.genes().len(),
        matched.genes_in_no_set,
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
    out
}

/// The set of highest score, for the report.
pub fn highest(matched: &Matched, result: &Prerank) -> Option<Value> {
    let best = result.sets.iter().zip(&matched.sets).max_by(|a, b| a.0.es.total_cmp(&b.0.es));
    best.map(|(s, set)| json!({"term": set.term, "es": s.es, "nes": s.nes, "p": s.p, "fdr": s.fdr}))
}

/// A CSV field.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with('#') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
