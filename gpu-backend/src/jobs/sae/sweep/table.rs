//! The runs of a sweep as tables.

use std::fmt::Write;

use super::{Divided, Row};
use crate::jobs::enrich::quoted;

/// Table 3 of the paper with all definitions of R², as Markdown.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::from(
        "| cells | c | k | lr | seed | epochs | R² | R² per dimension | R² scalar mean | sd over cells | active | dead | L0 | sparsity | best |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for Row { dataset, metrics: m, seed, r2_cell_sd, best } in rows {
        let star = if *best { "*" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {dataset} | {} | {} | {:e} | {seed} | {} | {:.4} | {:.4} | {:.4} | {r2_cell_sd:.4} | {} | {} | {:.2} | {:.4} | {star} |",
            m.concepts,
            m.active_per_cell,
            m.learning_rate,
            m.epochs,
            m.r2,
            m.r2_per_dimension,
            m.r2_scalar_mean,
            m.active,
            m.dead,
            m.l0,
            m.sparsity
        );
    }
    out
}

/// One line a run.
pub fn csv(rows: &[Row]) -> String {
    let mut out = String::from(
        "concepts,active_per_cell,learning_rate,seed,epochs,r2,r2_per_dimension,r2_scalar_mean,r2_cell_sd,active,dead,l0,sparsity,best,dataset\n",
    );
    for Row { dataset, metrics: m, seed, r2_cell_sd, best } in rows {
        let _ = writeln!(
            out,
            "{},{},{},{seed},{},{},{},{},{r2_cell_sd},{},{},{},{},{best},{}",
            m.concepts,
            m.active_per_cell,
            m.learning_rate,
            m.epochs,
            m.r2,
            m.r2_per_dimension,
            m.r2_scalar_mean,
            m.active,
            m.dead,
            m.l0,
            m.sparsity,
            quoted(dataset)
        );
    }
    out
}

/// How many concepts of each run fall into each part: `classes.csv` and `gene_set_sizes.csv`.
pub fn divided<'a>(part: &str, rows: impl Iterator<Item = &'a Divided>) -> String {
    let mut out = format!("dataset,concepts,active_per_cell,learning_rate,seed,column,{part},count\n");
    for row in rows {
        let column = row.column.as_deref().unwrap_or("");
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{}",
            quoted(&row.dataset),
            row.concepts,
            row.active,
            row.learning_rate,
            row.seed,
            quoted(column),
            row.part,
            row.count
        );
    }
    out
}
