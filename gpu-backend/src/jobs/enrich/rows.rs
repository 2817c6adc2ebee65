//! Results of either convention as rows, best first.

use cellprism_core::gsea::{
    CanonicalStatistics, Matched, Method, NotAvailable, Peak, Prerank, representatives,
};

/// Largest FDR of results that are looked at for redundancy.
const GROUPED_FDR: f64 = 0.25;

/// One set.
pub struct Row {
    /// Its place among the matched sets.
    pub set: usize,
    /// Its numbers, or why there are none.
    pub numbers: Result<Numbers, NotAvailable>,
    /// The set that stands for it, where redundancy was looked for.
    pub representative: Option<usize>,
}

/// Numbers of one set.
pub struct Numbers {
    pub es: f64,
    pub nes: f64,
    pub p: f64,
    pub fdr: f64,
    pub fwer: f64,
    pub log2_error: Option<f64>,
    pub method: &'static str,
    pub peak: Peak,
}

/// GSEApy's order: furthest NES first.
pub fn of_gseapy(matched: &Matched, result: Prerank) -> Vec<Row> {
    let mut rows: Vec<Row> = result
        .sets
        .into_iter()
        .enumerate()
        .map(|(set, s)| {
            let (es, nes, p, fdr, fwer, peak) = (s.es, s.nes, s.p, s.fdr, s.fwer, s.peak);
            let numbers = Numbers { es, nes, p, fdr, fwer, log2_error: None, method: "permutations", peak };
            Row { set, numbers: Ok(numbers), representative: None }
        })
        .collect();
    let nes = |row: &Row| row.numbers.as_ref().map_or(0.0, |n| n.nes.abs());
    let term = |row: &Row| &matched.sets[row.set].term;
    rows.sort_by(|a, b| nes(b).total_cmp(&nes(a)).then_with(|| term(b).cmp(term(a))));
    rows
}

/// Smallest p first, sets without a result last.
pub fn of_canonical(matched: &Matched, found: Vec<Result<CanonicalStatistics, NotAvailable>>) -> Vec<Row> {
    let row = |(set, s): (usize, Result<CanonicalStatistics, NotAvailable>)| {
        let numbers = s.map(|s| Numbers {
            es: s.es,
            nes: s.nes,
            p: s.p,
            fdr: s.fdr,
            fwer: s.fwer,
            log2_error: s.log2_error,
            method: match s.method {
                Method::Permutations => "permutations",
                Method::Multilevel => "multilevel",
                Method::Bound => "bound",
            },
            peak: s.peak,
        });
        Row { set, numbers, representative: None }
    };
    let mut rows: Vec<Row> = found.into_iter().enumerate().map(row).collect();
    let key = |row: &Row| row.numbers.as_ref().map_or((2.0, 0.0), |n| (n.p, -n.nes.abs()));
    rows.sort_by(|a, b| {
        let ((p, nes), (other_p, other_nes)) = (key(a), key(b));
        let term = |row: &Row| &matched.sets[row.set].term;
        p.total_cmp(&other_p).then(nes.total_cmp(&other_nes)).then_with(|| term(a).cmp(term(b)))
    });
    rows
}

/// Finds for every result of FDR ≤ 0.25 the one that stands for it, separately up and down the ranking.
pub fn group(rows: &mut [Row], overlap: f64) {
    for up in [true, false] {
        let members: Vec<usize> = (0..rows.len())
            .filter(|&i| rows[i].numbers.as_ref().is_ok_and(|n| n.fdr <= GROUPED_FDR && (n.es >= 0.0) == up))
            .collect();
        let edges: Vec<&[u32]> = members
            .iter()
            .filter_map(|&i| Some(rows[i].numbers.as_ref().ok()?.peak.leading_edge.as_slice()))
            .collect();
        let found = representatives(&edges, overlap);
        for (&i, representative) in members.iter().zip(found) {
            rows[i].representative = Some(rows[members[representative]].set);
        }
    }
}
