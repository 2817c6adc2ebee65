//! How many genes matter to an item (Figure 2 C).

use crate::jobs::evaluate::{Evaluation, Table, Value, items::ItemReading};

/// Classes of sizes with their least and largest.
const SIZES: [(&str, u32, u32); 5] =
    [("0", 0, 0), ("1-3", 1, 3), ("4-10", 4, 10), ("11-50", 11, 50), ("51+", 51, u32::MAX)];

/// The table: active items by the number of genes with a score above the importance threshold.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let columns = ["bundle", "subject", "reading", "size", "count"];
    let title = "Items by the number of genes above the threshold";
    let mut table = Table::new("gene_set_sizes", title, "Figure 2 C", &columns);
    for evidence in &evaluation.bundles {
        for (kind, readings) in evidence.readings() {
            let mut row = |reading: &str, size: &str, count: Value, missing: Option<&str>| {
                let name = evidence.name.as_str();
                table.row([name.into(), kind.name().into(), reading.into(), size.into(), count], missing);
            };
            let readings = match readings {
                Ok(readings) => readings,
                Err(reason) => {
                    row("", "", Value::Empty, Some(reason));
                    continue;
                }
            };
            type Genes = fn(&ItemReading) -> Option<u32>;
            let of: [(&str, Genes); 3] = [
                ("paper", |item| Some(item.important)),
                ("presence", |item| item.important_sides.map(|both| both[0])),
                ("absence", |item| item.important_sides.map(|both| both[1])),
            ];
            for (reading, genes) in of {
                let found: Vec<u32> = readings.items.iter().filter_map(genes).collect();
                if found.is_empty() {
                    let reason = if readings.items.is_empty() {
                        "no active item"
                    } else {
                        "the bundle holds the paper's readings only"
                    };
                    row(reading, "", Value::Empty, Some(reason));
                    continue;
                }
                for (size, least, most) in SIZES {
                    row(
                        reading,
                        size,
                        found.iter().filter(|&&n| (least..=most).contains(&n)).count().into(),
                        None,
                    );
                }
            }
        }
    }
    Ok(vec![table])
}
