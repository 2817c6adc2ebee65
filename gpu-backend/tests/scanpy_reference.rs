//! Highly variable genes, cell-cycle phases and differential expression against scanpy 1.11 on PBMC 3k (reference tables in the shared folder).

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{io::Read as _, path::PathBuf};

use cellprism_core::{
    cells::{Cells, hvg},
    ids::CellId,
    stats::{cell_cycle, differential},
};
use cellprism_gpu_backend::files::h5ad;

/// The shared data folder, or `None` after saying that the test is skipped.
fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CELLPRISM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("data").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {file} in the shared data folder (set CELLPRISM_SHARED)");
    None
}

fn pbmc3k() -> Option<Cells> {
    Some(h5ad::read(&shared("pbmc3k.h5ad")?, &h5ad::Options::default()).unwrap())
}

/// Rows of a gzip-compressed CSV table, the header first. Quoted fields keep their commas.
fn table(file: &str) -> Option<Vec<Vec<String>>> {
    let bytes = std::fs::read(shared(file)?).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    Some(text.lines().map(fields).collect())
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

fn compare(
    selection: &hvg::Selection,
    table: &[Vec<String>],
    spread: &str,
    normalised: &str,
    tolerance: f64,
) {
    let column = |name: &str| table[0].iter().position(|field| field == name).unwrap();
    let (flag, mean, spread, normalised) =
        (column("highly_variable"), column("means"), column(spread), column(normalised));
    let chosen: Vec<u32> =
        (0..selection.mean.len() as u32).filter(|&g| table[1 + g as usize][flag] == "True").collect();
    for (gene, row) in table[1..].iter().enumerate() {
        let close = |ours: f64, theirs: &str| {
            let theirs: f64 = theirs.parse().unwrap_or(f64::NAN);
            (ours.is_nan() && theirs.is_nan()) || (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0)
        };
        assert!(close(selection.mean[gene], &row[mean]), "mean of {}: {}", row[0], selection.mean[gene]);
        assert!(
            close(selection.spread[gene], &row[spread]),
            "spread of {}: {}",
            row[0],
            selection.spread[gene]
        );
        let (ours, theirs) = (selection.normalised[gene], &row[normalised]);
        assert!(close(ours, theirs), "normalised {}: {ours}, scanpy {theirs}", row[0]);
    }
    assert_eq!(selection.genes, chosen);
}

#[test]
fn seurat_v3_chooses_scanpys_1200_genes() {
    let (Some(cells), Some(table)) = (pbmc3k(), table("reference/scanpy/pbmc3k_hvg1200_seurat_v3.csv.gz"))
    else {
        return;
    };
    let selection = hvg::seurat_v3(&cells.counts, 1200, hvg::SPAN).unwrap();
    compare(&selection, &table, "variances", "variances_norm", 1e-10);
}

#[test]
fn seurat_chooses_scanpys_1200_genes() {
    let (Some(cells), Some(table)) = (pbmc3k(), table("reference/scanpy/pbmc3k_hvg1200_seurat.csv.gz"))
    else {
        return;
    };
    let selection = hvg::seurat(&cells.counts, 1200).unwrap();
    compare(&selection, &table, "dispersions", "dispersions_norm", 1e-9);
}

#[test]
fn cell_cycle_scores_and_phases_are_scanpys() {
    let (Some(cells), Some(table), Some(control)) = (
        pbmc3k(),
        table("reference/scanpy/pbmc3k_cell_cycle.csv.gz"),
        shared("reference/scanpy/pbmc3k_cell_cycle_control_genes.json"),
    ) else {
        return;
    };
    let control: serde_json::Value = serde_json::from_slice(&std::fs::read(control).unwrap()).unwrap();
    let columns = |names: &[&str]| -> Vec<u32> {
        names
            .iter()
            .filter_map(|name| cells.genes.index.iter().position(|g| g == name))
            .map(|c| c as u32)
            .collect()
    };
    let (s, g2m) = (columns(&cell_cycle::S_GENES), columns(&cell_cycle::G2M_GENES));
    assert_eq!((s.len(), g2m.len()), (36, 44));
    for (size, ending) in [(50, ""), (43, "_cc43")] {
        let ours = cell_cycle::cell_cycle(&cells.counts, &s, &g2m, size).unwrap();
        for (scores, name) in [(&ours.s, "S"), (&ours.g2m, "G2M")] {
            let mut theirs: Vec<&str> = control[format!("{name}_ctrl{size}")]["control_genes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|gene| gene.as_str().unwrap())
                .collect();
            theirs.sort_unstable();
            let mut drawn: Vec<&str> =
                scores.control.iter().map(|&g| cells.genes.index[g as usize].as_str()).collect();
            drawn.sort_unstable();
            assert_eq!(drawn, theirs, "{name}, {size} control genes a bin");
            let column = table[0].iter().position(|field| *field == format!("{name}_score{ending}")).unwrap();
            for (score, row) in scores.scores.iter().zip(&table[1..]) {
                assert!((score - row[column].parse::<f64>().unwrap()).abs() < 1e-12, "{name} of {}", row[0]);
            }
        }
        let column = table[0].iter().position(|field| *field == format!("phase{ending}")).unwrap();
        for (phase, row) in ours.phases.iter().zip(&table[1..]) {
            assert_eq!(format!("{phase:?}"), row[column], "phase of {}", row[0]);
        }
    }
}

#[test]
fn differential_expression_is_scanpys() {
    let (Some(cells), Some(table)) =
        (pbmc3k(), table("reference/scanpy/pbmc3k_rank_genes_cd14mono_ttest.csv.gz"))
    else {
        return;
    };
    let column = cells.columns.iter().find(|column| column.name == "cell_type").unwrap();
    let (group, rest): (Vec<CellId>, Vec<CellId>) = (0..cells.counts.rows)
        .map(CellId::from)
        .partition(|cell| column.label(cell.index()) == Some("CD14+ Mono"));
    let ours = differential::welch(&cells.counts, &cells.counts.row_sums(), &group, &rest);
    let adjusted = differential::benjamini_hochberg(&ours.p);
    let genes: std::collections::HashMap<&str, usize> =
        cells.genes.index.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
    let relative = |a: f64, b: f64| (a - b).abs() / b.abs().max(1e-300);
    assert_eq!(table.len() - 1, genes.len());
    for row in &table[1..] {
        let gene = genes[row[0].as_str()];
        let number = |i: usize| row[i].parse::<f64>().unwrap();
        // scanpy keeps t and the fold change as f32.
        assert!(relative(ours.t[gene], number(1)) < 1e-5, "t of {}: {}", row[0], ours.t[gene]);
        let change = ours.log2_fold_change[gene];
        assert!((change - number(2)).abs() < 2e-5, "fold change of {}: {change}, {}", row[0], row[2]);
        for (p, theirs) in [(ours.p[gene], number(3)), (adjusted[gene], number(4))] {
            assert!(p == theirs || relative(p, theirs) < 1e-7, "p of {}: {p}, scanpy {theirs}", row[0]);
        }
    }
}
