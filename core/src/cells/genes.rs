//! The names under which a gene of the data may be known.

/// Names of the genes of a data set, one entry a column of the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneNames {
    /// As the file's index has them.
    pub index: Vec<String>,
    /// Symbols; the index where the file has nothing better.
    pub symbols: Vec<String>,
    /// Ensembl identifiers without version, empty where unknown.
    pub ensembl: Vec<String>,
}

impl GeneNames {
    /// Names from an index alone: identifiers where it has identifiers, otherwise symbols.
    pub fn from_index(index: Vec<String>) -> Self {
        let ensembl = index
            .iter()
            .map(|name| if is_ensembl(name) { strip_version(name).to_owned() } else { String::new() });
        Self { ensembl: ensembl.collect(), symbols: index.clone(), index }
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no gene.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
}

/// Whether a name is an Ensembl gene identifier, of any species, with or without version.
///
/// ```
/// # use cellprism_core::cells::is_ensembl;
/// assert!(is_ensembl("ENSG00000156738") && is_ensembl("ENSMUSG00000024673.12"));
/// assert!(!is_ensembl("MS4A1") && !is_ensembl("ENSA"));
/// ```
pub fn is_ensembl(name: &str) -> bool {
    let stem = strip_version(name);
    let Some(rest) = stem.strip_prefix("ENS") else { return false };
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let species = &rest[..rest.len() - digits.len()];
    species.ends_with('G') && digits.len() == 11 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// An Ensembl identifier without its version; any other name unchanged. The copies of GENCODE's pseudo-autosomal
/// region (`…_PAR_Y`) stay as they are: they are other loci.
///
/// ```
/// # use cellprism_core::cells::strip_version;
/// assert_eq!(strip_version("ENSG00000156738.18"), "ENSG00000156738");
/// assert_eq!(strip_version("RP11-34P13.7"), "RP11-34P13.7");
/// ```
pub fn strip_version(name: &str) -> &str {
    match name.split_once('.') {
        Some((stem, version))
            if stem.starts_with("ENS")
                && !version.is_empty()
                && version.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            stem
        }
        _ => name,
    }
}
