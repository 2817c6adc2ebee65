//! Reads a bundle and prints its concepts.
//!
//! ```text
//! cargo run --release --package cellprism-core --example read_bundle BUNDLE
//! ```
//!
//! Without a bundle, one of its files is written and read in memory.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

use cellprism_core::bundle::{ConceptDetail, ConceptIndex, File, GeneIndex, Manifest, Maybe, path};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = env::args().nth(1) else { return in_memory() };
    let read = |name: &str| fs::read(Path::new(&folder).join(name)).map_err(|e| format!("{name}: {e}"));
    let manifest = Manifest::from_bytes(path::MANIFEST, &read(path::MANIFEST)?)?;
    println!("{}\n{} cells, {} concepts", manifest.title, manifest.counts.cells, manifest.counts.concepts);
    let index = ConceptIndex::from_bytes(path::CONCEPT_INDEX, &read(path::CONCEPT_INDEX)?)?;
    for row in index.rows.iter().filter(|row| row.cells > 0).take(10) {
        let file = path::concept(row.id);
        let detail = ConceptDetail::from_bytes(&file, &read(&file)?)?;
        let genes = match &detail.attribution {
            Maybe::Value(found) => {
                found.genes.iter().take(5).map(|gene| gene.symbol.as_str()).collect::<Vec<_>>().join(", ")
            }
            Maybe::Missing { not_available } => format!("no genes: {not_available}"),
        };
        println!("{:>5} {:>6} cells  {}  {genes}", row.id.0, row.cells, row.reads_as);
    }
    Ok(())
}

/// The same functions on files that are nowhere on disk.
fn in_memory() -> Result<(), Box<dyn Error>> {
    let genes = GeneIndex { symbols: vec!["CD79A".into(), "LYZ".into()], ..GeneIndex::default() };
    let files = BTreeMap::from([(path::GENE_INDEX, genes.to_bytes()?)]);
    for (name, bytes) in &files {
        let read = GeneIndex::from_bytes(name, bytes)?;
        println!("{name}: {} bytes, genes {}", bytes.len(), read.symbols.join(", "));
    }
    let error = Manifest::from_bytes(
        path::MANIFEST,
        br#"{"schema": "cellprism-bundle", "version": {"major": 99, "minor": 0}}"#,
    );
    println!("a bundle of the future: {}", error.err().ok_or("it should be refused")?);
    Ok(())
}
