//! Marker genes that a reader brings, as gene sets whose terms name labels.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use cellprism_core::{bundle::GeneIndex, cells::strip_version};

use crate::files::gene_sets;

/// Markers by the name of a label.
#[derive(Clone, Debug, Default)]
pub struct Markers {
    by_name: HashMap<String, Vec<String>>,
}

impl Markers {
    /// From files of gene sets (GMT); sets of one name are put together.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut by_name: HashMap<String, Vec<String>> = HashMap::new();
        for path in paths {
            for set in gene_sets::read(path)?.sets {
                by_name.entry(plain(&set.term)).or_default().extend(set.genes);
            }
        }
        Ok(Self { by_name })
    }

    /// Those of a label that the model reads, by symbol or Ensembl identifier, as places among its genes; none where no set bears
    /// the label's name.
    pub fn of(&self, label: &str, genes: &GeneIndex) -> Option<HashSet<u32>> {
        let names = self.by_name.get(&plain(label))?;
        let names: HashSet<&str> = names.iter().map(|name| strip_version(name)).collect();
        let known = genes.symbols.iter().zip(&genes.ensembl).enumerate();
        let read = known.filter(|(_, (symbol, ensembl))| {
            names.contains(symbol.as_str()) || names.contains(ensembl.as_str())
        });
        Some(read.map(|(place, _)| place as u32).collect())
    }
}

/// A name without what is written one way here and another there: `B-cells`, `B cells` and `B cell` are the same.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let singular = |word: &'_ str| match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 => stem.to_owned(),
        _ => word.to_owned(),
    };
    words.map(singular).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_meet_their_markers_however_both_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("markers.gmt");
        std::fs::write(&path, "B-cells\tatlas\tCD79A\tENSG00000156738.18\nNK cell\tatlas\tNKG7\n").unwrap();
        let markers = Markers::read(&[path]).unwrap();
        let genes = GeneIndex {
            symbols: ["NKG7", "CD79A", "MS4A1"].map(String::from).to_vec(),
            ensembl: ["", "", "ENSG00000156738"].map(String::from).to_vec(),
            ..GeneIndex::default()
        };
        assert_eq!(markers.of("B cells", &genes), Some(HashSet::from([1, 2])));
        assert_eq!(markers.of("nk cells", &genes), Some(HashSet::from([0])));
        assert_eq!(markers.of("T cells", &genes), None);
        assert_eq!((plain("CD14+ Monocytes"), plain("gas")), ("cd14 monocyte".into(), "gas".into()));
    }
}
