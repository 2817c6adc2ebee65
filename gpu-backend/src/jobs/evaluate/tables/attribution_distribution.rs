//! How attribution scores are distributed over all genes and items (Figure 11).

use crate::jobs::evaluate::{Evaluation, Table, items::thresholds};

/// The table: the share of all scores that are at most as high.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let columns = ["bundle", "subject", "score", "cumulative"];
    let title = "Cumulative distribution of attribution scores";
    let mut table = Table::new("attribution_distribution", title, "Figure 11", &columns);
    for evidence in &evaluation.bundles {
        for (kind, readings) in evidence.readings() {
            let place = || [evidence.name.as_str().into(), kind.name().into()];
            let items = match readings {
                Ok(readings) => &readings.items,
                Err(reason) => {
                    table.nothing(place(), reason);
                    continue;
                }
            };
            let all: u64 = items.iter().map(|item| item.genes).sum();
            if all == 0 {
                table.nothing(place(), "no active item");
                continue;
            }
            for (i, threshold) in thresholds().into_iter().enumerate() {
                let below: u64 = items.iter().map(|item| item.up_to[i]).sum();
                let [a, b] = place();
                table.row([a, b, threshold.into(), (below as f64 / all as f64).into()], None);
            }
        }
    }
    Ok(vec![table])
}
