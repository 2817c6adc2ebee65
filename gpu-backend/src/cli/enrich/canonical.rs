//! Convention `canonical`: its options and its table.

use anyhow::bail;
use cellprism_core::gsea::{
    CanonicalStatistics, Matched, Method, Multilevel, NotAvailable, PrerankOptions, Ranking, canonical,
};
use serde_json::{Value, json};

use super::{
    Args,
    table::{COLUMNS, edge, parameters, quoted},
    watched,
};
use crate::cli::Global;

type Found = Vec<Result<CanonicalStatistics, NotAvailable>>;

/// The options of multilevel splitting, if it is wanted.
pub fn multilevel(args: &Args) -> anyhow::Result<Option<Multilevel>> {
    if !(0.0..1.0).contains(&args.smallest_p) || args.smallest_p != 0.0 && args.smallest_p < 1e-300 {
        bail!("--smallest-p {}: it is 0, or from 1e-300 to below 1", args.smallest_p);
    }
    if args.sample_size < 11 || args.sample_size > 100_001 || args.sample_size.is_multiple_of(2) {
        bail!("--sample-size {}: an odd number from 11 to 100,001", args.sample_size);
    }
    let options =
        Multilevel { smallest: args.smallest_p, sample_size: args.sample_size, ..Multilevel::default() };
    Ok((args.smallest_p > 0.0).then_some(options))
}

/// Statistics of all sets.
pub fn compute(
    ranking: &Ranking,
    matched: &Matched,
    options: &PrerankOptions,
    multilevel: Option<&Multilevel>,
    global: &Global,
) -> anyhow::Result<Found> {
    Ok(watched(options.permutations, global, |watch| {
        canonical(ranking.scores(), &matched.sets, options, multilevel, watch)
    })?)
}

/// GSEApy's columns, the error of p, where p comes from, and why a set has none.
pub fn table(args: &Args, ranking: &Ranking, matched: &Matched, found: &Found) -> String {
    let mut order: Vec<usize> = (0..found.len()).collect();
    let key = |i: usize| found[i].as_ref().map_or((1.0, 0.0), |s| (s.p, -s.nes.abs()));
    order.sort_by(|&a, &b| {
        let ((p, nes), (other_p, other_nes)) = (key(a), key(b));
        p.total_cmp(&other_p)
            .then(nes.total_cmp(&other_nes))
            .then_with(|| matched.sets[a].term.cmp(&matched.sets[b].term))
    });
    let mut out = parameters(args, ranking, matched);
    if args.smallest_p > 0.0 {
        out += &format!(
            "# multilevel p down to {:?} with {} random sets, where more exact than the permutations\n",
            args.smallest_p, args.sample_size
        );
    }
    out += &format!("{COLUMNS},log2err,Method,Not available\n");
    for i in order {
        let set = &matched.sets[i];
        let term = quoted(&set.term);
        match &found[i] {
            Ok(s) => {
                let (tag, share, genes) = edge(ranking, set.size, &s.peak);
                let error = s.log2_error.map_or(String::new(), |error| format!("{error:?}"));
                let method = match s.method {
                    Method::Permutations => "permutations",
                    Method::Multilevel => "multilevel",
                    Method::Bound => "bound",
                };
                out += &format!(
                    "{term},{:?},{:?},{:?},{:?},{:?},{tag},{share},{genes},{error},{method},\n",
                    s.es, s.nes, s.p, s.fdr, s.fwer
                );
            }
            Err(reason) => out += &format!("{term},,,,,,,,,,,{}\n", quoted(&reason.to_string())),
        }
    }
    out
}

/// The set of highest score, for the report.
pub fn highest(matched: &Matched, found: &Found) -> Option<Value> {
    let known = found.iter().zip(&matched.sets).filter_map(|(s, set)| Some((s.as_ref().ok()?, set)));
    let best = known.max_by(|a, b| a.0.es.total_cmp(&b.0.es));
    best.map(|(s, set)| json!({"term": set.term, "es": s.es, "nes": s.nes, "p": s.p, "fdr": s.fdr}))
}
