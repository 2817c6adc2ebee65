//! Results as JSON.

use cellprism_core::gsea::{Matched, Ranking, prerank_weights, running_sum};
use serde_json::{Map, Value, json};

use super::{
    Args,
    rows::{Numbers, Row},
    table::parameters,
};

/// All rows with their leading edges; running sums for the first `--curves`.
pub fn document(args: &Args<'_>, ranking: &Ranking, matched: &Matched, rows: &[Row]) -> Value {
    let weights = prerank_weights(ranking.scores(), args.weight);
    let sets: Vec<Value> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let set = &matched.sets[row.set];
            let mut out = Map::new();
            out.insert("term".into(), json!(set.term));
            out.insert("size".into(), json!(set.size));
            match &row.numbers {
                Ok(numbers) => put(&mut out, ranking, numbers),
                Err(reason) => {
                    out.insert("not_available".into(), json!(reason.to_string()));
                }
            }
            if let Some(set) = row.representative {
                out.insert("representative".into(), json!(matched.sets[set].term));
            }
            if i < args.curves && row.numbers.is_ok() {
                out.insert("curve".into(), curve(&weights, &set.hits));
            }
            Value::Object(out)
        })
        .collect();
    json!({
        "parameters": {
            "convention": args.convention.name(), "permutations": args.permutations, "seed": args.seed,
            "weight": args.weight, "min_size": args.min_size, "max_size": args.max_size,
            "notes": parameters(args, ranking, matched),
        },
        "genes": ranking.genes().len(), "genes_in_no_set": matched.genes_in_no_set,
        "too_small": matched.too_small, "too_large": matched.too_large,
        "sets": sets,
    })
}

fn put(out: &mut Map<String, Value>, ranking: &Ranking, numbers: &Numbers) {
    let genes: Vec<&str> =
        numbers.peak.leading_edge.iter().map(|&place| ranking.genes()[place as usize].as_str()).collect();
    for (name, value) in [
        ("es", json!(numbers.es)),
        ("nes", json!(numbers.nes)),
        ("p", json!(numbers.p)),
        ("fdr", json!(numbers.fdr)),
        ("fwer", json!(numbers.fwer)),
        ("log2_error", json!(numbers.log2_error)),
        ("method", json!(numbers.method)),
        ("gene_share", json!(numbers.peak.gene_share)),
        ("leading_edge", json!(genes)),
    ] {
        out.insert(name.into(), value);
    }
}

/// Corners of the running sum: `[place, sum]` before and at every gene of the set, and at the end.
fn curve(weights: &[f64], hits: &[u32]) -> Value {
    let sum = running_sum(weights, hits);
    let mut corners: Vec<u32> = hits.iter().flat_map(|&hit| [hit.saturating_sub(1), hit]).collect();
    corners.push(weights.len() as u32 - 1);
    corners.dedup();
    corners.iter().map(|&place| json!([place, sum[place as usize]])).collect()
}
