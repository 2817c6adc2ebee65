//! Results as a table in GSEApy's columns.

use cellprism_core::gsea::{Convention, Matched, Ranking};

use super::{Args, SortOrder, rows::Row};

const COLUMNS: &str = "Term,ES,NES,NOM p-val,FDR q-val,FWER p-val,Tag %,Gene %,Lead_genes";

/// GSEApy's columns; for the canonical convention also the error of log2 p, where p comes from, and why a set has
/// none; where redundancy was looked for, the set that stands for each.
pub fn table(args: &Args<'_>, ranking: &Ranking, matched: &Matched, rows: &[Row]) -> String {
    let canonical = args.convention == Convention::Canonical;
    let mut out = String::new();
    for line in parameters(args, ranking, matched) {
        out += &format!("# {line}\n");
    }
    if args.convention == Convention::Gseapy {
        out += &format!("# {}\n", recipe(args, ranking));
    }
    out += COLUMNS;
    out += if canonical { ",log2err,Method,Not available" } else { "" };
    out += if args.group.is_some() { ",Representative\n" } else { "\n" };
    for row in rows {
        let set = &matched.sets[row.set];
        out += &quoted(&set.term);
        match &row.numbers {
            Ok(n) => {
                let genes: Vec<&str> = n
                    .peak
                    .leading_edge
                    .iter()
                    .map(|&place| ranking.genes()[place as usize].as_str())
                    .collect();
                out += &format!(",{:?},{:?},{:?},{:?},{:?}", n.es, n.nes, n.p, n.fdr, n.fwer);
                let share = n.peak.gene_share * 100.0;
                out += &format!(",{}/{},{share:.2}%,{}", genes.len(), set.size, quoted(&genes.join(";")));
                if canonical {
                    let error = n.log2_error.map_or(String::new(), |error| format!("{error:?}"));
                    out += &format!(",{error},{},", n.method);
                }
            }
            Err(reason) => out += &format!(",,,,,,,,,,,{}", quoted(&reason.to_string())),
        }
        if args.group.is_some() {
            let term = row.representative.map_or("", |set| &matched.sets[set].term);
            out += &format!(",{}", quoted(term));
        }
        out.push('\n');
    }
    out
}

/// What was asked for, a line each.
pub fn parameters(args: &Args<'_>, ranking: &Ranking, matched: &Matched) -> Vec<String> {
    let mut lines = vec![
        format!("cellprism {} enrich, convention {}", env!("CARGO_PKG_VERSION"), args.convention.name()),
        format!(
            "ranking: {} genes, {} of them in no set; gene sets: {} tested, {} with fewer than {} genes, {} with more \
             than {}",
            ranking.genes().len(),
            matched.genes_in_no_set,
            matched.sets.len(),
            matched.too_small,
            args.min_size,
            matched.too_large,
            args.max_size,
        ),
        format!("permutations {}, seed {}, weight {}", args.permutations, args.seed, args.weight),
    ];
    lines.push(match args.convention {
        Convention::Gseapy => "p and FDR of 0 mean below the resolution of the permutations".into(),
        Convention::Canonical if args.smallest_p > 0.0 => format!(
            "multilevel p down to {:?} with {} random sets, where more exact than the permutations",
            args.smallest_p, args.sample_size
        ),
        Convention::Canonical => "p = (hits + 1) / (n + 1)".into(),
    });
    if let Some(overlap) = args.group {
        lines.push(format!(
            "represented by a better set that shares {overlap} of the shorter leading edge, FDR ≤ 0.25"
        ));
    }
    lines.extend(args.renamed.clone());
    if matched.upper_case {
        lines.push(
            "genes were compared in upper case: the sets are in upper case and the ranking is not".into(),
        );
    }
    lines
}

/// How GSEApy is asked so that its digits are the same: its own sort of equal scores differs between processors.
fn recipe(args: &Args<'_>, ranking: &Ranking) -> String {
    let tied = ranking.scores().windows(2).filter(|pair| pair[0] == pair[1]).count();
    let sort = match args.order {
        SortOrder::Descending => ".sort_values(ascending=False, kind=\"stable\")",
        SortOrder::Ascending => ".sort_values(ascending=True, kind=\"stable\")",
        SortOrder::Given => "",
    };
    format!(
        "{tied} genes have the score of the gene before; equal scores keep the order given. The same digits by GSEApy: \
         gseapy.prerank(rnk=ranking{sort}, ascending=None, permutation_num={}, seed={}, weight={}, min_size={}, \
         max_size={}), the ranking a pandas Series with genes as its index",
        args.permutations, args.seed, args.weight, args.min_size, args.max_size
    )
}

/// A CSV field.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with('#') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
